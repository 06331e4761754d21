//! Who can let a finding pass as it is, and the command that asks for it: one for all findings of one cause where one
//! record can answer them.

use std::collections::BTreeMap;

use super::check::{FindingReport, NotReport, WhoMayReport};
use super::groups::FindingGroup;
use super::words::list;
use crate::rules::{CONFIG_FILE, REPOSITORY, RecordKind};

/// What stands between the parts of a long command, as a shell takes it.
pub(super) const CONTINUED: &str = " \\\n  ";
/// Most subjects of one command. Beyond them, an approval of the role says the same.
const SUBJECTS: usize = 20;

/// Who can let findings pass as they are, and how.
pub(super) struct Unblock {
    /// In a sentence.
    pub(super) who: String,
    /// Who has the authority and may not use it here, and why.
    pub(super) not: Vec<String>,
    /// The command that writes what they give, complete but for the words in capitals; a long one has several lines, as
    /// a shell takes them.
    pub(super) command: String,
}

/// How the findings of a group can pass as they are; `None` when they can only be mended.
pub(super) fn unblock(group: &FindingGroup<'_>) -> Option<Unblock> {
    let lead = group.lead;
    let give = lead.decision.who_may.as_ref()?.give;
    let alike = |other: &&FindingReport| {
        let may = other.decision.who_may.as_ref();
        other.policy == lead.policy && may.is_some_and(|may| may.give == give)
    };
    let mut findings = vec![lead];
    findings.extend(group.others.iter().copied().filter(alike));
    let together = (give != RecordKind::Exception).then(|| together(&findings)).flatten();
    match (together, findings.len()) {
        (Some(who_may), n) => said(&findings, &who_may, if n > 1 { format!(" all {n}") } else { String::new() }),
        (None, n) => {
            let mut one = said(&[lead], lead.decision.who_may.as_ref()?, String::new())?;
            if n > 1 {
                one.who.push_str(&format!("; each of the {n} has to be asked for by itself"));
            }
            Some(one)
        }
    }
}

/// Who may give one record for all of some findings; `None` where nobody may who may give one for some of them.
fn together(findings: &[&FindingReport]) -> Option<WhoMayReport> {
    let mut all: Option<WhoMayReport> = None;
    for finding in findings {
        let own = finding.decision.who_may.as_ref()?;
        all = Some(match all {
            None => own.clone(),
            Some(mut all) => {
                all.people.retain(|person| own.people.contains(person));
                all.anyone &= own.anyone;
                all.quorum = all.quorum.max(own.quorum);
                all.not.extend(own.not.iter().cloned());
                all
            }
        });
    }
    let mut all = all?;
    // Whoever is kept from one of them is kept from the record for all.
    let not: BTreeMap<String, String> = all.not.into_iter().map(|not| (not.person, not.because)).collect();
    all.people.retain(|person| !not.contains_key(person));
    all.not = not.into_iter().map(|(person, because)| NotReport { person, because }).collect();
    let lost = all.people.is_empty() && !all.anyone;
    let had =
        findings.iter().any(|finding| finding.decision.who_may.as_ref().is_some_and(|own| !own.people.is_empty()));
    (!(lost && had)).then_some(all)
}

/// The sentences, and the command.
fn said(findings: &[&FindingReport], who_may: &WhoMayReport, all: String) -> Option<Unblock> {
    let lead = findings.first()?;
    let it = if all.is_empty() { " it" } else { &all };
    let (verb, command) = match who_may.give {
        RecordKind::Exception => (format!("tolerate{it} for a time"), exception(lead, who_may)),
        _ => (format!("approve{it}"), approval(findings, who_may)?),
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
    let not = who_may.not.iter().map(|not| match not.because.strip_prefix(&not.person) {
        Some(because) => format!("not {}, who{because}", not.person),
        None => format!("not {}: {}", not.person, not.because),
    });
    Some(Unblock { who, not: not.collect(), command })
}

/// The command that writes the approval which would answer findings of one policy and duty.
fn approval(findings: &[&FindingReport], who_may: &WhoMayReport) -> Option<String> {
    let lead = findings.first()?;
    let approver = approver(who_may);
    if lead.subject.id == REPOSITORY {
        return Some(format!("countersign approval new --rules {approver} --reason WHY"));
    }
    let duty = shell(&lead.duties.first()?.id);
    let policy = &lead.policy;
    if let [_, _, ..] = findings {
        let role = lead.explained_by.as_ref().filter(|_| findings.len() > SUBJECTS);
        let whose = match (role, lead.systems.as_slice()) {
            (Some(role), [system]) => {
                format!("--role {}{CONTINUED}--duty {duty} --system {} ", shell(role), shell(system))
            }
            _ => {
                let each = findings.iter().map(|finding| format!("--subject {}", shell(&finding.subject.id)));
                format!("{}{CONTINUED}--duty {duty} ", each.collect::<Vec<_>>().join(CONTINUED))
            }
        };
        return Some(format!("countersign approval new {policy} {whose}{approver} --reason WHY"));
    }
    let subject = shell(&lead.subject.id);
    Some(format!("countersign approval new {policy} --subject {subject} --duty {duty} {approver} --reason WHY"))
}

/// The command that writes the exception which would answer a finding.
fn exception(finding: &FindingReport, who_may: &WhoMayReport) -> String {
    let conflict = finding.conflict.as_ref().map(|conflict| &conflict.id);
    let about = conflict.or_else(|| finding.duties.first().map(|duty| &duty.id)).or(finding.credential.as_ref());
    let about = about.map(|about| format!(" --about {}", shell(about))).unwrap_or_default();
    format!(
        "countersign exception new {} --subject {}{about} {}{CONTINUED}--owner person:WHO --reason WHY --control ID \
         --control-does WHAT --monitor person:WHO --frequency weekly",
        finding.policy,
        shell(&finding.subject.id),
        approver(who_may)
    )
}

/// As many approvers as it takes; `WHO` for what only its reader knows.
fn approver(who: &WhoMayReport) -> String {
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
    use super::super::check::CheckReport;
    use super::*;

    fn blocking<'r>(report: &'r CheckReport, policy: &str) -> &'r FindingReport {
        report.findings.iter().find(|own| own.decision.blocks && own.policy == policy).unwrap()
    }

    /// The finding of a policy, and as many of others like it whose id and approvers are given.
    fn alike(policy: &str, others: &[(&str, &[&str])]) -> Vec<FindingReport> {
        let report = crate::output::fixture::blocked().report();
        let lead = blocking(&report, policy);
        let mut all = vec![lead.clone()];
        for (id, people) in others {
            let mut other = lead.clone();
            other.subject.id = (*id).to_owned();
            if let Some(who) = &mut other.decision.who_may {
                who.people = people.iter().map(|person| format!("person:{person}")).collect();
            }
            all.push(other);
        }
        all
    }

    fn of(findings: &[FindingReport]) -> Unblock {
        let (lead, others) = findings.split_first().unwrap();
        unblock(&FindingGroup { lead, others: others.iter().collect() }).unwrap()
    }

    #[test]
    fn a_choice_ends_with_or() {
        let people = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(list_or(&people(&["a"]), 5), "a");
        assert_eq!(list_or(&people(&["a", "b", "c"]), 5), "a, b or c");
    }

    #[test]
    fn the_proposed_command_names_the_finding() {
        assert_eq!(
            of(&alike("CS-GRANT-001", &[])).command,
            "countersign approval new CS-GRANT-001 --subject person:kim.alvarez --duty SUPER \
             --approver person:omar.haddad --reason WHY"
        );
        assert_eq!(
            of(&alike("CS-SOD-001", &[])).command,
            "countersign exception new CS-SOD-001 --subject person:ada.okoro --about P2P-12 \
             --approver person:omar.haddad \\\n  --owner person:WHO --reason WHY --control ID --control-does WHAT \
             --monitor person:WHO --frequency weekly"
        );
        assert_eq!(shell("a'b"), r"'a'\''b'");
    }

    #[test]
    fn one_approval_answers_all_findings_of_one_cause_by_whoever_may_answer_each() {
        let asked = of(&alike("CS-GRANT-001", &[("person:b", &["ines.roth"]), ("service:c", &["ines.roth", "x.y"])]));
        assert_eq!(asked.who, "person:ines.roth may approve all 3, in review of this change or with a signature");
        assert_eq!(
            asked.command.lines().collect::<Vec<_>>(),
            [
                r"countersign approval new CS-GRANT-001 --subject person:kim.alvarez \",
                r"  --subject person:b \",
                r"  --subject service:c \",
                "  --duty SUPER --approver person:ines.roth --reason WHY",
            ]
        );
        assert_eq!(asked.not.len(), 1, "said once: {:?}", asked.not);
    }

    #[test]
    fn where_nobody_may_answer_all_one_is_asked_for_and_it_says_so() {
        let asked = of(&alike("CS-GRANT-001", &[("person:b", &["x.y"])]));
        assert!(asked.who.ends_with("each of the 2 has to be asked for by itself"), "{}", asked.who);
        assert!(!asked.command.contains("person:b"), "{}", asked.command);
    }

    #[test]
    fn an_exception_answers_one_finding() {
        let asked = of(&alike("CS-SOD-001", &[("person:b", &["omar.haddad"])]));
        assert!(asked.who.ends_with("each of the 2 has to be asked for by itself"), "{}", asked.who);
        assert!(!asked.command.contains("person:b"), "{}", asked.command);
    }

    #[test]
    fn many_holders_are_approved_by_their_role() {
        let ids: Vec<String> = (0..30).map(|n| format!("person:p{n}")).collect();
        let others: Vec<(&str, &[&str])> = ids.iter().map(|id| (&**id, &["omar.haddad"] as &[&str])).collect();
        let mut findings = alike("CS-GRANT-001", &others);
        for finding in &mut findings {
            finding.explained_by = Some("role:aws:1/admin".to_owned());
            finding.systems = vec!["aws:1".to_owned()];
        }
        assert_eq!(
            of(&findings).command,
            "countersign approval new CS-GRANT-001 --role role:aws:1/admin \\\n  --duty SUPER --system aws:1 \
             --approver person:omar.haddad --reason WHY"
        );
    }
}
