//! What role definitions permit (Azure documentation, "Understand Azure role definitions").
//!
//! Actions on data are a space of their own: they are named with `data:` before them, and `*` among the actions does not
//! reach them. What `notActions` names is subtracted from the actions of the same block; another role may give it back.

use crate::facts::{Origin, Patterns, Statement, Text};
use crate::formats::wildcards::matches;

/// What stands before the names of actions on data.
const DATA: &str = "data:";

/// One block of permissions.
#[derive(Debug, Clone, Default)]
pub(in crate::formats) struct Block {
    pub(in crate::formats) actions: Vec<(String, Origin)>,
    pub(in crate::formats) not_actions: Vec<String>,
    pub(in crate::formats) data_actions: Vec<(String, Origin)>,
    pub(in crate::formats) not_data_actions: Vec<String>,
}

impl Block {
    /// Its statements. What cannot be subtracted exactly is left in and named in the second list, with where.
    pub(in crate::formats) fn statements(&self) -> (Vec<Statement>, Vec<(String, Origin)>) {
        let mut inexact = Vec::new();
        let mut statements = Vec::new();
        match self.actions.iter().find(|(action, _)| action == "*") {
            // All but what is subtracted, and but the data.
            Some((_, origin)) => {
                let mut list: Vec<Text> = self.not_actions.iter().map(|own| Text::from(own.as_str())).collect();
                list.push(format!("{DATA}*").into());
                statements.push(statement(Patterns { negated: true, ..Patterns::of(list) }, *origin));
            }
            None => statements.extend(remaining(&self.actions, &self.not_actions, "", &mut inexact)),
        }
        statements.extend(remaining(&self.data_actions, &self.not_data_actions, DATA, &mut inexact));
        (statements, inexact)
    }
}

/// What is left of actions when others are subtracted.
fn remaining(
    actions: &[(String, Origin)],
    subtracted: &[String],
    before: &str,
    inexact: &mut Vec<(String, Origin)>,
) -> Option<Statement> {
    let mut list = Vec::new();
    let mut origin = None;
    for (action, at) in actions {
        if subtracted.iter().any(|own| matches(own, action)) {
            continue;
        }
        if action.contains('*') && subtracted.iter().any(|own| may_meet(own, action)) {
            inexact.push((action.clone(), *at));
        }
        origin = origin.or(Some(*at));
        list.push(format!("{before}{action}"));
    }
    Some(statement(Patterns::of(list), origin?))
}

/// Whether two patterns may have an action in common: what stands before their first wildcards agrees.
fn may_meet(a: &str, b: &str) -> bool {
    let fixed = |pattern: &str| pattern.split(['*', '?']).next().unwrap_or_default().to_ascii_lowercase();
    let (a, b) = (fixed(a), fixed(b));
    a.starts_with(&b) || b.starts_with(&a)
}

fn statement(actions: Patterns, origin: Origin) -> Statement {
    Statement::allow(actions, Patterns::any(), origin)
}

/// What an access policy of a key vault permits, in the words of roles (Azure documentation, "Migrate from vault access
/// policy to an Azure role-based access control permission model"). `kind` is `secrets`, `keys`, `certificates` or
/// `storage`.
pub(in crate::formats) fn vault_permissions(kind: &str, permissions: &[(String, Origin)]) -> Option<Statement> {
    let origin = permissions.first()?.1;
    let actions = permissions.iter().map(|(permission, _)| {
        let permission = permission.to_ascii_lowercase();
        let operation = match (kind, permission.as_str()) {
            (_, "all") => "*",
            ("secrets", "get") => "getSecret/action",
            ("secrets", "list") => "readMetadata/action",
            ("secrets", "set") => "setSecret/action",
            ("keys" | "certificates" | "storage", "get" | "list") => "read",
            (_, "delete") => "delete",
            ("keys", "update") => "write",
            ("keys", "unwrapkey") => "unwrap/action",
            ("keys", "wrapkey") => "wrap/action",
            ("certificates", "update") => "write",
            (_, other) => return format!("{DATA}Microsoft.KeyVault/vaults/{kind}/{other}/action"),
        };
        format!("{DATA}Microsoft.KeyVault/vaults/{kind}/{operation}")
    });
    Some(statement(Patterns::of(actions.collect::<Vec<_>>()), origin))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::Span;

    fn shown(actions: &[&str], not_actions: &[&str], data: &[&str]) -> (String, Vec<String>) {
        let origin = Origin { file: 0, span: Span::default() };
        let at = |list: &[&str]| list.iter().map(|own| ((*own).to_owned(), origin)).collect();
        let block = Block {
            actions: at(actions),
            not_actions: not_actions.iter().map(|own| (*own).to_owned()).collect(),
            data_actions: at(data),
            not_data_actions: Vec::new(),
        };
        let (statements, inexact) = block.statements();
        let lines = statements.iter().map(|own| {
            let not = if own.actions.negated { "all but " } else { "" };
            format!("{not}{}", own.actions.list.join(" "))
        });
        (lines.collect::<Vec<_>>().join("; "), inexact.into_iter().map(|(action, _)| action).collect())
    }

    #[test]
    fn what_is_subtracted_is_not_permitted() {
        let none: Vec<String> = Vec::new();
        assert_eq!(
            shown(&["*"], &["A/*/write"], &["B/x"]),
            ("all but A/*/write data:*; data:B/x".into(), none.clone())
        );
        assert_eq!(shown(&["a/b/write", "A/c"], &["A/*/write"], &[]), ("A/c".into(), none.clone()));
        assert_eq!(shown(&["A/b", "A/b/*"], &["A/*"], &[]), (String::new(), none));
        assert_eq!(shown(&["A/*"], &["A/b/write"], &["*"]), ("A/*; data:*".into(), vec!["A/*".into()]));
    }
}
