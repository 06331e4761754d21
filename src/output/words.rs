//! Phrases that several renderers share.

use super::check::{ExtentReport, FindingReport};
use crate::gate::SubjectKind;
use crate::rules::Enforcement;

/// A number that people can read: `12,345`.
pub(super) fn number(n: usize) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count with its noun: `1 finding`, `12 findings`.
pub(super) fn count(n: usize, one: &str, many: &str) -> String {
    format!("{} {}", number(n), if n == 1 { one } else { many })
}

/// The commonest count.
pub(super) fn findings(n: usize) -> String {
    count(n, "finding", "findings")
}

/// A list for people: `a, b and c`, after `most` items `a, b and 7 more`.
pub(super) fn list<S: AsRef<str>>(items: &[S], most: usize) -> String {
    let shown: Vec<&str> = items.iter().take(most).map(AsRef::as_ref).collect();
    let rest = items.len() - shown.len();
    if rest > 0 {
        return format!("{} and {} more", shown.join(", "), number(rest));
    }
    match shown.as_slice() {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// What a finding extends to, in words: `legal entity DE01 and US01`. The system is said elsewhere.
pub(super) fn extent(parts: &[ExtentReport]) -> String {
    let mut phrases: Vec<String> = Vec::new();
    for part in parts {
        let dimensions: Vec<String> = part
            .scope
            .iter()
            .filter(|(dimension, _)| *dimension != "system")
            .map(|(dimension, values)| {
                let dimension = dimension.replace('_', " ");
                match values.as_slice() {
                    [all] if all == "*" => format!("every {dimension}"),
                    values => format!("{dimension} {}", list(values, 5)),
                }
            })
            .collect();
        let phrase = dimensions.join(", ");
        if !phrase.is_empty() && !phrases.contains(&phrase) {
            phrases.push(phrase);
        }
    }
    phrases.truncate(4);
    phrases.join("; ")
}

/// Who can let a finding pass, and the command that asks for it.
pub(super) struct Unblock {
    pub(super) who: String,
    pub(super) command: String,
}

/// How a finding can pass as it is; `None` when it only can be mended.
pub(super) fn unblock(finding: &FindingReport) -> Option<Unblock> {
    let subject = shell(&finding.subject.id);
    let policy = shell(&finding.policy);
    if finding.decision.enforcement == Enforcement::Approve {
        let duty = finding.duties.first().map(|duty| format!(" --duty {}", shell(&duty.id))).unwrap_or_default();
        let system = match finding.systems.as_slice() {
            [one] => format!(" --system {}", shell(one)),
            _ => String::new(),
        };
        return Some(Unblock {
            who: "have it approved by someone who neither receives the access nor proposes the change".to_owned(),
            command: format!("countersign approval new {policy} --subject {subject}{duty}{system}"),
        });
    }
    // A file that cannot be read can hide anything, so nobody can answer for it.
    if finding.decision.enforcement != Enforcement::Block || finding.subject.kind == SubjectKind::Document {
        return None;
    }
    let owner = finding.conflict.as_ref().map(|conflict| conflict.owner.as_str()).filter(|owner| !owner.is_empty());
    let conflict =
        finding.conflict.as_ref().map(|conflict| format!(" --conflict {}", shell(&conflict.id))).unwrap_or_default();
    Some(Unblock {
        who: match owner {
            Some(owner) => format!("ask {owner}, who owns this risk, for an exception"),
            None => "ask whoever owns the rules for an exception".to_owned(),
        },
        command: format!("countersign exception new {policy} --subject {subject}{conflict}"),
    })
}

/// An argument as a POSIX shell takes it.
fn shell(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "@%+=:,./_-".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_parted_by_thousands() {
        assert_eq!(["0", "999", "1,000", "12,345,678"].map(str::to_owned), [0, 999, 1000, 12_345_678].map(number));
    }

    #[test]
    fn lists_end_with_and() {
        assert_eq!(list(&["a"], 5), "a");
        assert_eq!(list(&["a", "b", "c"], 5), "a, b and c");
        assert_eq!(list(&["a", "b", "c"], 2), "a, b and 1 more");
        assert_eq!(list::<&str>(&[], 2), "");
    }

    #[test]
    fn arguments_survive_the_shell() {
        assert_eq!(shell("person:alice.ng"), "person:alice.ng");
        assert_eq!(shell("group:erp/AP Clerks"), "'group:erp/AP Clerks'");
        assert_eq!(shell("it's"), r"'it'\''s'");
        assert_eq!(shell("$(x)"), "'$(x)'");
    }
}
