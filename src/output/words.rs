//! Phrases that several renderers share.

use super::check::{ExtentReport, FindingReport};
use crate::rules::{CONFIG_FILE, REPOSITORY, RecordKind};

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
pub(crate) fn count(n: usize, one: &str, many: &str) -> String {
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

/// Text that ends with a full stop.
pub(super) fn sentence(text: &str) -> String {
    let text = text.trim_end();
    if text.ends_with(['.', '!', '?']) { text.to_owned() } else { format!("{text}.") }
}

/// Prose that starts with a capital letter. An id or a name at the start stays as it is.
pub(super) fn capital(text: &str) -> String {
    let word = text.split(' ').next().unwrap_or_default();
    if !word.chars().all(|c| c.is_ascii_lowercase()) || word.is_empty() {
        return text.to_owned();
    }
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + chars.as_str())
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

/// Who can let a finding pass as it is, and how.
pub(super) struct Unblock {
    /// In a sentence.
    pub(super) who: String,
    /// Who has the authority and may not use it here, and why.
    pub(super) not: Vec<String>,
    /// The command that writes what they give, complete but for the words in capitals; a long one has several lines, as
    /// a shell takes them.
    pub(super) command: String,
}

/// How a finding can pass as it is; `None` when it can only be mended.
pub(super) fn unblock(finding: &FindingReport) -> Option<Unblock> {
    let who_may = finding.decision.who_may.as_ref()?;
    let (verb, command) = match who_may.give {
        RecordKind::Exception => ("tolerate it for a time", exception(finding)),
        _ => ("approve it", approval(finding)?),
    };
    let number = |n: usize| match n {
        2 => "two of ".to_owned(),
        n => format!("{n} of "),
    };
    let quorum = if who_may.quorum > 1 { number(who_may.quorum) } else { String::new() };
    let who = if !who_may.people.is_empty() {
        format!("{quorum}{} may {verb}, in review of this change or with a signature", list_or(&who_may.people, 5))
    } else if who_may.anyone {
        format!("any active person who has no part in this change may {verb}, in review or with a signature")
    } else {
        format!("nobody who is free of this change may {verb}: `authority` in {CONFIG_FILE} names who may")
    };
    let not = who_may
        .not
        .iter()
        .map(|not| match not.because.strip_prefix(&not.person) {
            Some(because) => format!("not {}, who{because}", not.person),
            None => format!("not {}: {}", not.person, not.because),
        })
        .collect();
    Some(Unblock { who, not, command })
}

/// The command that writes the approval which would answer a finding.
fn approval(finding: &FindingReport) -> Option<String> {
    if finding.subject.id == REPOSITORY {
        return Some(format!("countersign approval new --rules {} --reason WHY", approver(finding)));
    }
    let duty = finding.duties.first()?;
    Some(format!(
        "countersign approval new {} --subject {} --duty {} {} --reason WHY",
        finding.policy,
        shell(&finding.subject.id),
        shell(&duty.id),
        approver(finding)
    ))
}

/// The command that writes the exception which would answer a finding.
fn exception(finding: &FindingReport) -> String {
    let conflict = finding.conflict.as_ref().map(|conflict| &conflict.id);
    let about = conflict.or_else(|| finding.duties.first().map(|duty| &duty.id)).or(finding.credential.as_ref());
    let about = about.map(|about| format!(" --about {}", shell(about))).unwrap_or_default();
    format!(
        "countersign exception new {} --subject {}{about} {} \\\n  --owner person:WHO --reason WHY --control ID \
         --control-does WHAT --monitor person:WHO --frequency weekly",
        finding.policy,
        shell(&finding.subject.id),
        approver(finding)
    )
}

/// As many approvers as it takes; `WHO` for what only its reader knows.
fn approver(finding: &FindingReport) -> String {
    let Some(who) = &finding.decision.who_may else { return "--approver person:WHO".to_owned() };
    let people = who.people.iter().map(|person| shell(person)).chain(std::iter::repeat("person:WHO".to_owned()));
    let options = people.take(who.quorum.max(1)).map(|person| format!("--approver {person}"));
    options.collect::<Vec<_>>().join(" ")
}

/// A word as a shell takes it.
fn shell(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+=".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// A choice for people: `a, b or c`.
fn list_or(items: &[String], most: usize) -> String {
    let all = list(items, most);
    match all.rsplit_once(" and ") {
        Some((first, last)) => format!("{first} or {last}"),
        None => all,
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
    fn names_stay_and_prose_gets_a_capital() {
        assert_eq!(capital("alice.ng would hold"), "alice.ng would hold");
        assert_eq!(capital("the token x"), "The token x");
        assert_eq!(capital("person:a has"), "person:a has");
    }

    #[test]
    fn a_choice_ends_with_or() {
        let people = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(list_or(&people(&["a"]), 5), "a");
        assert_eq!(list_or(&people(&["a", "b", "c"]), 5), "a, b or c");
    }

    #[test]
    fn the_proposed_command_names_the_finding() {
        let report = crate::output::fixture::blocked().report();
        let of = |policy: &str| {
            let finding = report.findings.iter().find(|own| own.decision.blocks && own.policy == policy).unwrap();
            unblock(finding).unwrap().command
        };
        assert_eq!(
            of("CS-GRANT-001"),
            "countersign approval new CS-GRANT-001 --subject person:kim.alvarez --duty SUPER \
             --approver person:omar.haddad --reason WHY"
        );
        assert_eq!(
            of("CS-SOD-001"),
            "countersign exception new CS-SOD-001 --subject person:ada.okoro --about P2P-12 \
             --approver person:omar.haddad \\\n  --owner person:WHO --reason WHY --control ID --control-does WHAT \
             --monitor person:WHO --frequency weekly"
        );
        assert_eq!(shell("a'b"), r"'a'\''b'");
    }
}
