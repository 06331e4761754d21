//! What one statement says beside another: whether it gives, denies or asks as much.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use super::super::proof::statement_words;
use super::{INDIRECT, MOST_COMPARED};
use crate::access::{Container, covers};
use crate::facts::{Condition, Constrains, Effect, Origin, Patterns, Statement};
use crate::syntax::Span;

/// Whether a condition keeps somebody out.
pub(super) fn guards(condition: &Condition) -> bool {
    condition.constrains == Constrains::Yes && &*condition.key != INDIRECT
}

/// What became of a condition among others; nothing where it is asked as before.
pub(super) fn lost_of(condition: &Condition, among: &[Condition]) -> Option<&'static str> {
    let mut same_key = among.iter().filter(|own| own.key.eq_ignore_ascii_case(&condition.key)).peekable();
    if same_key.peek().is_none() {
        return Some("removed");
    }
    same_key.all(|own| is_wider(own, condition)).then_some("weakened")
}

/// Whether a condition surely admits more than another one on the same key.
pub(super) fn is_wider(own: &Condition, other: &Condition) -> bool {
    if own == other {
        return false;
    }
    if own.constrains != Constrains::Yes {
        return true;
    }
    let (Some(own), Some(other)) = (own.admits.as_deref(), other.admits.as_deref()) else { return false };
    if own.negated != other.negated || own.negated {
        return own.negated && !other.negated;
    }
    if own.values.len().saturating_mul(other.values.len()) > MOST_COMPARED {
        return true;
    }
    let within = |value: &Arc<str>| {
        other
            .values
            .iter()
            .any(|known| if other.wildcards { covers(known, value, other.folds) } else { known == value })
    };
    own.absent && !other.absent || !own.values.iter().all(within)
}

/// The statements of a document, to see at once whether one is among them as it was.
pub(super) struct Kept(HashSet<Statement>);

impl Kept {
    pub(super) fn of(statements: &[&Statement]) -> Self {
        Self(statements.iter().map(|own| Self::nowhere(own)).collect())
    }

    pub(super) fn has(&self, statement: &Statement) -> bool {
        self.0.contains(&Self::nowhere(statement))
    }

    /// A statement wherever it is written.
    fn nowhere(statement: &Statement) -> Statement {
        Statement { origin: Origin { file: 0, span: Span::default() }, ..statement.clone() }
    }
}

/// Whether two documents are short enough to be compared pattern by pattern.
pub(super) fn is_short<'s>(own: impl Iterator<Item = &'s Statement>, others: &[&Statement]) -> bool {
    let values = |own: &Condition| own.admits.as_ref().map_or(1, |admits| admits.values.len() + 1);
    let weight = |own: &Statement| {
        let patterns = [&own.actions, &own.resources].map(|own| own.list.len() + own.ranges.len());
        1 + patterns.iter().sum::<usize>() + own.conditions.iter().map(values).sum::<usize>()
    };
    let (own, others): (usize, usize) = (own.map(weight).sum(), others.iter().map(|own| weight(own)).sum());
    own.saturating_mul(others) <= MOST_COMPARED
}

/// Whether two statements say the same, wherever they are written.
pub(super) fn same(a: &Statement, b: &Statement) -> bool {
    (a.effect, &a.actions, &a.resources, a.level) == (b.effect, &b.actions, &b.resources, b.level)
        && (&a.conditions, &a.scope, &a.fields) == (&b.conditions, &b.scope, &b.fields)
}

/// Whether patterns give all that others give.
pub(super) fn cover_all(own: &Patterns, others: &Patterns, fold: bool) -> bool {
    if own == others {
        return true;
    }
    if others.negated {
        // All but some is within all, or within all but fewer.
        return if own.negated {
            own.list.iter().all(|left_out| others.list.iter().any(|other| covers(other, left_out, fold)))
        } else {
            own.cover("*", fold)
        };
    }
    others.ranges.iter().all(|range| own.ranges.contains(range) || own.cover("*", fold))
        && others.list.iter().all(|pattern| own.cover(pattern, fold))
}

pub(super) fn gives_as_much(own: &Statement, other: &Statement) -> bool {
    cover_all(&own.actions, &other.actions, true)
        && cover_all(&own.resources, &other.resources, false)
        && (own.fields == other.fields || own.fields.is_none())
        && own.scope.covers(&other.scope)
}

/// Whether a denial takes all that another one takes, and whenever that does.
pub(super) fn denies_as_much(own: &Statement, other: &Statement) -> bool {
    gives_as_much(own, other)
        && own.conditions.iter().all(|asked| {
            asked.constrains == Constrains::No
                || other
                    .conditions
                    .iter()
                    .any(|known| known.key.eq_ignore_ascii_case(&asked.key) && !is_narrower(asked, known))
        })
}

/// Whether a condition on the same key surely admits less.
pub(super) fn is_narrower(own: &Condition, other: &Condition) -> bool {
    if own == other {
        return false;
    }
    match (own.admits.as_deref(), other.admits.as_deref()) {
        (Some(a), Some(b)) if a.negated && b.negated => !a.values.iter().all(|value| b.values.contains(value)),
        _ => is_wider(other, own),
    }
}

/// What of a denial others do not deny, action by action; nothing where they deny it all. Several may share it.
pub(super) fn left_open(statement: &Statement, others: &[&Statement]) -> Option<Statement> {
    if others.iter().any(|own| denies_as_much(own, statement)) {
        return None;
    }
    if statement.actions.negated || !statement.actions.ranges.is_empty() {
        return Some(statement.clone());
    }
    let is_open = |action: &&Arc<str>| {
        let one = Statement { actions: Patterns::of([(*action).clone()]), ..statement.clone() };
        !others.iter().any(|own| denies_as_much(own, &one))
    };
    let open: Vec<Arc<str>> = statement.actions.list.iter().filter(is_open).cloned().collect();
    (!open.is_empty()).then(|| Statement { actions: Patterns::of(open), ..statement.clone() })
}

/// A statement for each of its actions, where they are listed.
pub(super) fn by_action(statement: &Statement) -> Vec<Statement> {
    if statement.actions.negated || !statement.actions.ranges.is_empty() {
        return vec![statement.clone()];
    }
    let one = |action: &Arc<str>| Statement { actions: Patterns::of([action.clone()]), ..statement.clone() };
    statement.actions.list.iter().map(one).collect()
}

pub(super) fn touches(own: &Statement, other: &Statement) -> bool {
    other.actions.list.iter().any(|pattern| own.actions.touch(pattern, true))
}

/// What a boundary lets through that another one does not, the first of it in words.
pub(super) fn beyond(own: &Container, other: &Container) -> Option<String> {
    let all = |container: &Container, effect: Effect| -> Vec<Arc<Statement>> {
        let statements = container.statements.iter().map(|(statement, _)| statement);
        statements.filter(|statement| statement.effect == effect).cloned().collect()
    };
    let others: Vec<&Statement> = other.statements.iter().map(|(own, _)| &**own).collect();
    if !is_short(own.statements.iter().map(|(own, _)| &**own), &others) {
        let texts = |container: &Container| {
            container.statements.iter().map(|(own, _)| statement_words(own)).collect::<BTreeSet<_>>()
        };
        return (texts(own) != texts(other)).then(|| "what a document of this length hides".to_owned());
    }
    let (allows, denies) = (all(own, Effect::Allow), all(own, Effect::Deny));
    let let_through = all(other, Effect::Allow);
    let within = |statement: &Statement| {
        let asks_as_much = |known: &Statement| {
            known.conditions.iter().filter(|own| guards(own)).all(|own| lost_of(own, &statement.conditions).is_none())
        };
        let_through.iter().any(|known| gives_as_much(known, statement) && asks_as_much(known))
    };
    let mut parts = allows.iter().flat_map(|own| by_action(own));
    if let Some(part) = parts.find(|own| !within(own)) {
        return Some(statement_words(&part));
    }
    let denies: Vec<&Statement> = denies.iter().map(|own| &**own).collect();
    all(other, Effect::Deny).iter().find_map(|known| left_open(known, &denies)).map(|open| statement_words(&open))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::facts::Admits;

    fn statement(effect: Effect, actions: &[&str]) -> Statement {
        let origin = Origin { file: 0, span: Span::default() };
        let actions = Patterns::of(actions.iter().map(|own| Arc::from(*own)));
        Statement { effect, ..Statement::allow(actions, Patterns::any(), origin) }
    }

    fn among(values: &[&str], wildcards: bool) -> Condition {
        let values = values.iter().map(|value| Arc::from(*value)).collect();
        let admits = Admits { values, wildcards, ..Admits::default() };
        let text = format!("{values:?}", values = admits.values);
        Condition { admits: Some(Arc::new(admits)), ..Condition::new("k", text, Constrains::Yes) }
    }

    #[test]
    fn a_condition_is_lost_when_it_is_gone_or_admits_more() {
        let was = among(&["a", "b"], false);
        assert_eq!(lost_of(&was, &[]), Some("removed"));
        assert_eq!(lost_of(&was, std::slice::from_ref(&was)), None);
        assert_eq!(lost_of(&was, &[among(&["a"], false)]), None);
        assert_eq!(lost_of(&was, &[among(&["a", "c"], false)]), Some("weakened"));
        assert_eq!(lost_of(&among(&["a*"], true), &[among(&["ab"], true)]), None);
        assert_eq!(lost_of(&was, &[Condition::new("k", "?", Constrains::Unknown)]), Some("weakened"));
        assert_eq!(lost_of(&was, &[Condition::new("other", "?", Constrains::Yes)]), Some("removed"));
    }

    #[test]
    fn a_denial_may_be_shared_by_several() {
        let both = statement(Effect::Deny, &["a:X", "a:Y"]);
        let (x, y) = (statement(Effect::Deny, &["a:X"]), statement(Effect::Deny, &["a:y"]));
        assert_eq!(left_open(&both, &[&x, &y]), None);
        assert_eq!(left_open(&both, &[&x]).unwrap().actions, Patterns::of(["a:Y"]));
        let narrowed = Statement { conditions: vec![among(&["z"], false)], ..both.clone() };
        assert_eq!(left_open(&both, &[&narrowed]).unwrap().actions, both.actions);
    }

    /// The definition, over every action of a small world.
    fn gives(patterns: &Patterns, action: &str) -> bool {
        patterns.negated != patterns.list.iter().any(|pattern| covers(pattern, action, true))
    }

    proptest! {
        /// What is said to cover does cover, action by action.
        #[test]
        fn covering_is_sound(
            own in proptest::collection::vec("[ab*]{1,3}", 1..3), own_negated: bool,
            other in proptest::collection::vec("[ab*]{1,3}", 1..3), other_negated: bool,
        ) {
            let patterns = |list: &[String], negated| Patterns {
                negated,
                ..Patterns::of(list.iter().map(|own| Arc::from(own.as_str())))
            };
            let (own, other) = (patterns(&own, own_negated), patterns(&other, other_negated));
            if cover_all(&own, &other, true) {
                for action in ["a", "b", "aa", "ab", "ba", "bb", "aaa", "aba", "abb", "bbb", "abab"] {
                    prop_assert!(!gives(&other, action) || gives(&own, action), "{own:?} {other:?} {action}");
                }
            }
        }
    }
}
