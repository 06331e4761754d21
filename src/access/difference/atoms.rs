//! A statement as the single permissions that it gives or takes, so that it does not matter how they are grouped.

use crate::facts::scope::Scope;
use crate::facts::{Condition, Constrains, Effect, Level, Patterns, Statement, Text};

/// Most permissions that one statement is taken apart into; one with more is compared as it stands.
const MOST: usize = 4_096;

/// The permissions of a statement: each as it is compared and as it is shown.
#[must_use]
pub fn of(statement: &Statement) -> Vec<(Text, Text)> {
    let rest = rest(statement);
    let verb = match statement.effect {
        Effect::Allow => "",
        Effect::Deny => "deny ",
    };
    let (actions, resources) = (each(&statement.actions), each(&statement.resources));
    let (actions, resources) = if actions.len() * resources.len() > MOST {
        (vec![whole(&statement.actions)], vec![whole(&statement.resources)])
    } else {
        (actions, resources)
    };
    let mut all = Vec::with_capacity(actions.len() * resources.len());
    for action in &actions {
        // Systems compare actions without regard to case.
        let compared = action.to_lowercase();
        for resource in &resources {
            let on = if resource == "*" { String::new() } else { format!(" on {resource}") };
            let shown = Text::from(format!("{verb}{action}{on}{rest}"));
            let text =
                if compared == *action { shown.clone() } else { Text::from(format!("{verb}{compared}{on}{rest}")) };
            all.push((text, shown));
        }
    }
    all
}

/// Each pattern by itself. Everything but some is one.
fn each(patterns: &Patterns) -> Vec<String> {
    if patterns.negated {
        return vec![whole(patterns)];
    }
    let ranges = patterns.ranges.iter().map(|range| format!("{} to {}", range.low, range.high));
    patterns.list.iter().map(ToString::to_string).chain(ranges).collect()
}

fn whole(patterns: &Patterns) -> String {
    let mut list: Vec<String> = patterns.list.iter().map(ToString::to_string).collect();
    list.extend(patterns.ranges.iter().map(|range| format!("{} to {}", range.low, range.high)));
    list.sort();
    list.dedup();
    let list = list.join(", ");
    if patterns.negated { format!("all but {list}") } else { list }
}

/// What a statement says beside its actions and resources.
fn rest(statement: &Statement) -> String {
    let mut text = String::new();
    if let Some(level) = statement.level {
        text.push_str(match level {
            Level::View => " at view",
            Level::Create => " at create",
            Level::Edit => " at edit",
            // Nothing said counts as full.
            Level::Full => "",
        });
    }
    if let Some(fields) = &statement.fields {
        for (field, values) in fields.iter() {
            text.push_str(&format!(" with {field} {}", whole(values)));
        }
    }
    if statement.scope != Scope::unknown() {
        text.push_str(&format!(" ({})", statement.scope));
    }
    text.push_str(&conditions(&statement.conditions));
    text
}

/// Conditions in one order. Those that do not narrow change nothing.
pub(super) fn conditions(all: &[Condition]) -> String {
    let narrowing = all.iter().filter(|condition| condition.constrains != Constrains::No);
    let mut texts: Vec<&str> = narrowing.map(|condition| &*condition.text).collect();
    texts.sort_unstable();
    texts.dedup();
    if texts.is_empty() { String::new() } else { format!(" if {}", texts.join(" and ")) }
}
