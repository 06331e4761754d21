//! What the gate decides about each finding: enforcement, records, and why.

use super::beneficiaries::Beneficiaries;
use super::compare::Compared;
use super::finding::{Cause, Decision, Finding, RecordRef, State, SubjectKind, WhoMay};
use super::records::{Answer, Answers, Registered, registered};
use crate::duties::Certainty;
use crate::rules::{EnforcedBy, EnforcedOn, Enforcement, RecordKind, Register, Rules};

/// The policy over changed rules.
pub(super) const CHANGED_RULES: &str = "CS-GATE-001";

/// What decisions rest on.
pub(super) struct Deciding<'a> {
    pub(super) rules: &'a Rules,
    /// Who benefits, as head says.
    pub(super) beneficiaries: Beneficiaries<'a>,
    pub(super) answers: &'a Answers<'a>,
    /// The registers that count.
    pub(super) registers: Vec<&'a Register>,
    pub(super) as_of: i64,
    pub(super) strict: bool,
}

impl Deciding<'_> {
    /// Decides. `touched` says whether the change touches the finding's subject.
    pub(super) fn decide(&self, compared: &mut Compared, touched: bool) -> Decision {
        let finding = &compared.finding;
        if compared.state == State::Resolved {
            return record("this change resolves it");
        }
        if let Some(under) = &finding.under {
            return record(&format!("it comes along with {under}, whose finding speaks for it"));
        }
        let (enforcement, because) = self.enforcement(finding);
        let existing = compared.state == State::Existing;
        let answer = self.answers.to(finding, enforcement, !existing, &self.beneficiaries.of(&finding.subject.id));
        if existing {
            return match answer {
                Answer::By { record: by, text } => Decision { record: by, ..record(&text) },
                Answer::Lapsed { record, why, by_change } => {
                    let (enforcement, _) = self.weigh(compared, enforcement, String::new());
                    let touched = match (by_change, touched) {
                        (true, _) => Touched::Record,
                        (false, true) => Touched::Subject,
                        (false, false) => Touched::Nothing,
                    };
                    lapsed(compared, record, &why, enforcement, touched)
                }
                Answer::No(_) | Answer::None => self.standing(compared, enforcement),
            };
        }
        if let Answer::By { record, text } = answer {
            return Decision { enforcement, because: text, record, lapsed: false, blocks: false };
        }
        let (because, gone) = match answer {
            Answer::No(why) => (format!("{because}; {why}"), None),
            Answer::Lapsed { record, why, .. } => (format!("{because}; {why}"), Some(record)),
            _ => (because, None),
        };
        let (enforcement, because) = self.weigh(compared, enforcement, because);
        Decision {
            enforcement,
            because,
            lapsed: gone.is_some(),
            record: gone,
            blocks: matches!(enforcement, Enforcement::Block | Enforcement::Approve),
        }
    }

    /// A finding that was there before, and that no record answers: whether somebody accounts for it.
    fn standing(&self, compared: &mut Compared, enforcement: Enforcement) -> Decision {
        // What would only warn lands with a passing evaluation.
        let would_block = {
            let (enforcement, _) = self.weigh(compared, enforcement, String::new());
            enforcement >= Enforcement::Approve
        };
        // Time brings what is found about records: it stops nobody who comes by, and must not go unseen.
        if compared.finding.subject.kind == SubjectKind::Record {
            compared.cause = Cause::Time;
            let because = "it was there before this change, and nobody has dealt with it";
            return Decision { enforcement: enforcement.min(Enforcement::Warn), ..record(because) };
        }
        match registered(&self.registers, &compared.finding, self.answers.meanings, self.as_of) {
            Registered::Listed { id, text, overdue } => {
                let reference = RecordRef { kind: RecordKind::Register, id };
                let decision = Decision { record: Some(reference), ..record(&text) };
                if overdue && would_block { Decision { enforcement: Enforcement::Warn, ..decision } } else { decision }
            }
            // Nobody's change brought it, and no gate saw it: it stays in sight until somebody answers for it.
            _ if compared.from_outside && enforcement >= Enforcement::Warn => {
                compared.state = State::Escaped;
                compared.cause = Cause::Time;
                let because = "an imported export shows it, which no change of this repository brought; clear it where \
                               it was given, or give a record that answers for it";
                Decision { enforcement: Enforcement::Warn, ..record(because) }
            }
            _ if compared.from_outside => record("an imported export shows it"),
            Registered::Escaped if would_block => {
                compared.state = State::Escaped;
                let because = "it landed without a passing evaluation and is not in the register; \
                               `countersign emergency reconcile COMMIT` answers for what landed past the gate";
                Decision { enforcement: Enforcement::Warn, ..record(because) }
            }
            Registered::Revealed if would_block => {
                compared.state = State::Revealed;
                compared.cause = Cause::Knowledge;
                let because = "what finds it is newer than the register: clear it, or sign a register that lists it";
                Decision { enforcement: Enforcement::Warn, ..record(because) }
            }
            _ => record("it was there before this change"),
        }
    }

    /// Who may let a finding pass that stops the change.
    pub(super) fn who_may(&self, finding: &Finding) -> Option<WhoMay> {
        // Nobody answers for a file that cannot be read, and Conftest has exceptions of its own.
        if matches!(finding.subject.kind, SubjectKind::Document | SubjectKind::Configuration) {
            return None;
        }
        let (enforcement, _) = self.enforcement(finding);
        let give = if enforcement == Enforcement::Approve { RecordKind::Approval } else { RecordKind::Exception };
        Some(self.answers.trust.who_may(give, finding, &self.beneficiaries.of(&finding.subject.id)))
    }

    /// What the rules ask for: by conflict, then by policy, then by severity.
    fn enforcement(&self, finding: &Finding) -> (Enforcement, String) {
        let conflict = finding.conflict.as_ref().map(|conflict| &*conflict.id);
        let on = EnforcedOn { conflict, policy: &finding.policy, severity: finding.severity };
        let enforced = self.rules.config.enforcement.decide(on, self.as_of);
        let of = match enforced.by {
            EnforcedBy::Approval => return (enforced.enforcement, "it needs an approval".to_owned()),
            EnforcedBy::Indirect => {
                return (
                    enforced.enforcement,
                    "a conflict that is held indirectly warns unless the configuration asks for more".to_owned(),
                );
            }
            EnforcedBy::Default(severity) => return (enforced.enforcement, format!("it is {severity}")),
            EnforcedBy::Conflict(id) | EnforcedBy::Policy(id) => id.to_owned(),
            EnforcedBy::Severity(severity) => format!("{severity} findings"),
        };
        let who = if enforced.extended { "the organisation's rules say" } else { "the configuration says" };
        let next = enforced.next.map(|(next, day)| format!(", and {} from {day}", next.as_str()));
        (enforced.enforcement, format!("{who} so for {of}{}", next.unwrap_or_default()))
    }

    /// What softens an introduced finding: knowledge, conditions, doubt, a ruleset that nobody adopted.
    fn weigh(&self, compared: &Compared, enforcement: Enforcement, because: String) -> (Enforcement, String) {
        let finding = &compared.finding;
        if enforcement < Enforcement::Approve {
            return (enforcement, because);
        }
        let warn = |why: String| (Enforcement::Warn, why);
        if compared.cause == Cause::Knowledge {
            return warn("the change only reveals it: the access was there before".to_owned());
        }
        match finding.extent.held() {
            // What the rules ask of indirect findings they ask of those that nothing else narrows.
            Certainty::Conditional if finding.indirect.is_some_and(|indirect| indirect.unguarded) => {}
            Certainty::Conditional if !self.strict => {
                return warn("it is held only under a condition that narrows it".to_owned());
            }
            Certainty::Unknown if !finding.in_scope && !self.strict => {
                return warn(
                    "it cannot be told whether it is held, and its files are not declared in scope".to_owned(),
                );
            }
            _ => {}
        }
        if let Some(conflict) = &finding.conflict
            && finding.erp
            && !self.adopted(&conflict.ruleset)
        {
            return warn(format!(
                "nobody has adopted the ruleset {}; name an owner for it under `rulesets` in countersign.yaml",
                conflict.ruleset
            ));
        }
        (enforcement, because)
    }

    fn adopted(&self, ruleset: &str) -> bool {
        self.rules.ruleset_owner(ruleset).is_some_and(|owner| self.answers.trust.staff.is_active(owner))
    }
}

/// A finding that stops nothing.
fn record(because: &str) -> Decision {
    Decision {
        enforcement: Enforcement::Record,
        because: because.to_owned(),
        record: None,
        lapsed: false,
        blocks: false,
    }
}

/// What a change touches of a finding that was there before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Touched {
    /// The record that answered it.
    Record,
    /// Its subject.
    Subject,
    /// Nothing of it.
    Nothing,
}

/// A finding that was there before, and whose record no longer holds.
fn lapsed(
    compared: &mut Compared,
    record: RecordRef,
    why: &str,
    enforcement: Enforcement,
    touched: Touched,
) -> Decision {
    compared.state = State::Lapsed;
    compared.cause = Cause::Time;
    let stops = enforcement >= Enforcement::Approve;
    let (enforcement, tail) = match (stops, touched) {
        (true, Touched::Record) | (false, _) => (enforcement, ""),
        (true, Touched::Subject) => (enforcement, ", and this change touches its subject"),
        (true, Touched::Nothing) => (Enforcement::Warn, "; this change does not touch its subject"),
    };
    Decision {
        enforcement,
        because: format!("{why}{tail}"),
        record: Some(record),
        lapsed: true,
        blocks: stops && touched != Touched::Nothing,
    }
}
