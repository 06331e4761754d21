//! Phrases that several renderers share.

use super::check::{ExtentReport, FindingReport};
use crate::rules::{APPROVALS, CONFIG_FILE, Enforcement};

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

/// Who can let a finding pass as it is, and how.
pub(super) struct Unblock {
    /// In a sentence.
    pub(super) who: String,
    /// What they write, line by line; empty when it is not for this finding alone.
    pub(super) file: Vec<String>,
}

/// How a finding can pass as it is; `None` when it can only be mended. `target` is where the rules come from.
pub(super) fn unblock(finding: &FindingReport, target: Option<&str>) -> Option<Unblock> {
    let within = target.map(|target| format!(" in {target}")).unwrap_or_default();
    if finding.decision.enforcement == Enforcement::Approve {
        return Some(Unblock {
            who: format!("have it approved{within} by someone who neither receives the access nor proposes the change"),
            file: approval(finding)?,
        });
    }
    let conflict = finding.conflict.as_ref().filter(|conflict| !conflict.owner.is_empty())?;
    (finding.decision.enforcement == Enforcement::Block).then(|| Unblock {
        who: format!(
            "ask {}, who owns this risk: `enforcement` in {CONFIG_FILE}{within} can let {} pass",
            conflict.owner, conflict.id
        ),
        file: Vec::new(),
    })
}

/// The approval that would answer a finding, with gaps for what only people know.
fn approval(finding: &FindingReport) -> Option<Vec<String>> {
    let duty = finding.duties.first()?;
    let id: String = format!("{}-{}", finding.subject.name, duty.id)
        .to_ascii_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' })
        .collect();
    let mut spec = format!(
        "policy: {}, subject: {}, duty: {}",
        quoted(&finding.policy),
        quoted(&finding.subject.id),
        quoted(&duty.id)
    );
    if let [system] = finding.systems.as_slice() {
        spec.push_str(&format!(", system: {}", quoted(system)));
    }
    // No wider than what is asked for.
    if let [part] = finding.extent.as_slice() {
        let scope: Vec<String> = part
            .scope
            .iter()
            .filter(|(dimension, _)| *dimension != "system")
            .map(|(dimension, values)| {
                let values: Vec<String> = values.iter().map(|value| quoted(value)).collect();
                format!("{}: [{}]", quoted(dimension), values.join(", "))
            })
            .collect();
        if !scope.is_empty() {
            spec.push_str(&format!(", scope: {{{}}}", scope.join(", ")));
        }
    }
    Some(vec![
        format!("# {APPROVALS}{id}.yaml"),
        "apiVersion: countersign.dev/v1".to_owned(),
        "kind: Approval".to_owned(),
        format!("metadata: {{id: {id}}}"),
        format!("spec: {{{spec},"),
        r#"       approver: "person:WHO", reason: WHY, expires: YYYY-MM-DD}"#.to_owned(),
    ])
}

/// A text as YAML takes it inside braces.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
    if text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.chars().all(plain) {
        text.to_owned()
    } else {
        // JSON's strings are YAML's, too.
        serde_json::to_string(text).unwrap_or_default()
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
    fn the_proposed_approval_is_one() {
        let report = crate::output::fixture::blocked().report();
        let finding =
            report.findings.iter().find(|finding| finding.decision.blocks && finding.policy == "CS-GRANT-001");
        let lines = unblock(finding.unwrap(), Some("main")).unwrap().file;
        let text = lines.join("\n");
        let documents = crate::syntax::parse(text.as_bytes()).unwrap();
        let approval: crate::rules::ApprovalFile = crate::syntax::decode(&documents[0]).unwrap();
        assert_eq!(approval.spec.subject.value, "person:kim.alvarez");
        assert_eq!(approval.spec.system.as_deref(), Some("kubernetes:prod"));
        assert_eq!(quoted("a\"b: {c}"), r#""a\"b: {c}""#);
    }
}
