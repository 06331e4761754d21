//! What the gate decides about each finding: enforcement, approvals, and why.

use super::compare::Compared;
use super::finding::{Cause, Decision, Finding, State};
use super::side::is_active;
use crate::access::Graph;
use crate::duties::Certainty;
use crate::facts::Text;
use crate::rules::{Approval, Enforcement, Rules, default_enforcement};
use crate::source::Author;

/// The policy whose findings an approval answers, by default.
const APPROVABLE: &str = "CS-GRANT-001";

/// What decisions rest on.
pub(super) struct Deciding<'a> {
    pub(super) rules: &'a Rules,
    /// The target's graph, which says who works here.
    pub(super) target: &'a Graph,
    pub(super) authors: &'a [Author],
    pub(super) as_of: i64,
    pub(super) strict: bool,
}

/// What the approvals say of a finding.
enum Approved<'a> {
    /// One counts.
    By(&'a Approval),
    /// One would, had it not expired.
    Lapsed(&'a Approval),
    /// One is there and does not count, for this reason.
    No(String),
    /// There is none.
    None,
}

impl Deciding<'_> {
    /// Decides. `touched` says whether the change touches the finding's subject.
    pub(super) fn decide(&self, compared: &mut Compared, touched: bool) -> Decision {
        let finding = &compared.finding;
        let record = |because: &str| Decision {
            enforcement: Enforcement::Record,
            because: because.to_owned(),
            record: None,
            blocks: false,
        };
        if compared.state == State::Resolved {
            return record("this change resolves it");
        }
        if let Some(under) = &finding.under {
            return record(&format!("it comes along with {under}, whose finding speaks for it"));
        }
        let (enforcement, because) = self.enforcement(finding);
        let approved = if enforcement == Enforcement::Approve { self.approved(finding) } else { Approved::None };
        if compared.state == State::Existing {
            return match approved {
                Approved::By(approval) => {
                    Decision { record: Some(approval.id.clone()), ..record("an approval covers it") }
                }
                Approved::Lapsed(approval) => self.lapsed(compared, approval, touched),
                _ => record("it was there before this change"),
            };
        }
        if let Approved::By(approval) = approved {
            return Decision {
                enforcement,
                because: format!("{} approved it until {}", approval.approver, day(approval.expires - 1)),
                record: Some(approval.id.clone()),
                blocks: false,
            };
        }
        let because = match approved {
            Approved::No(why) => format!("{because}; {why}"),
            Approved::Lapsed(approval) => {
                format!("{because}; the approval {} ended on {}", approval.id, day(approval.expires - 1))
            }
            _ => because,
        };
        let (enforcement, because) = self.weigh(compared, enforcement, because);
        Decision {
            enforcement,
            because,
            record: None,
            blocks: matches!(enforcement, Enforcement::Block | Enforcement::Approve),
        }
    }

    /// A finding that was there all along and whose approval has ended.
    fn lapsed(&self, compared: &mut Compared, approval: &Approval, touched: bool) -> Decision {
        compared.state = State::Introduced;
        compared.change = Some(super::finding::Change::New);
        compared.cause = Cause::Time;
        let ended = format!("the approval {} ended on {}", approval.id, day(approval.expires - 1));
        if touched {
            Decision {
                enforcement: Enforcement::Approve,
                because: format!("{ended}, and this change touches its subject"),
                record: None,
                blocks: true,
            }
        } else {
            Decision {
                enforcement: Enforcement::Warn,
                because: format!("{ended}; this change does not touch its subject"),
                record: None,
                blocks: false,
            }
        }
    }

    /// What the rules ask for: by conflict, then by policy, then by severity.
    fn enforcement(&self, finding: &Finding) -> (Enforcement, String) {
        let config = &self.rules.config.enforcement;
        if let Some(conflict) = &finding.conflict
            && let Some(enforcement) = config.conflicts.get(&*conflict.id)
        {
            return (*enforcement, format!("the configuration says so for {}", conflict.id));
        }
        if let Some(enforcement) = config.policies.get(&*finding.policy) {
            return (*enforcement, format!("the configuration says so for {}", finding.policy));
        }
        if &*finding.policy == APPROVABLE {
            return (Enforcement::Approve, "it needs an approval".to_owned());
        }
        if let Some(enforcement) = config.severities.get(&finding.severity) {
            return (*enforcement, format!("the configuration says so for {} findings", finding.severity));
        }
        (default_enforcement(finding.severity), format!("it is {}", finding.severity))
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
        let owner = self.rules.ruleset_owner(ruleset).and_then(|owner| owner.strip_prefix("person:"));
        owner.is_some_and(|owner| is_active(self.target, owner, self.as_of))
    }

    fn approved(&self, finding: &Finding) -> Approved<'_> {
        let about = |approval: &&Approval| {
            approval.policy == *finding.policy
                && approval.subject == *finding.subject.id
                && finding.duties.iter().any(|duty| *duty.id == *approval.duty)
                && approval.system.as_ref().is_none_or(|system| finding.systems.iter().all(|own| **own == **system))
        };
        let mut lapsed = None;
        let mut refused = None;
        for approval in self.rules.approvals.iter().filter(about) {
            if !finding.extent.0.iter().all(|part| approval.scope.covers(&part.scope)) {
                refused = Some(format!("the approval {} does not cover as much", approval.id));
            } else if let Err(why) = self.independent(approval) {
                refused = Some(why);
            } else if approval.expires <= self.as_of {
                lapsed = Some(approval);
            } else {
                return Approved::By(approval);
            }
        }
        match (lapsed, refused) {
            (Some(approval), _) => Approved::Lapsed(approval),
            (None, Some(why)) => Approved::No(why),
            (None, None) => Approved::None,
        }
    }

    /// The approver is an active person and none of the change's authors. An author who is nobody declared leaves
    /// that open, and what is open does not count.
    fn independent(&self, approval: &Approval) -> Result<(), String> {
        let Some(approver) = approval.approver.strip_prefix("person:") else {
            return Err(format!("{} is not a person and cannot approve", approval.approver));
        };
        if !is_active(self.target, approver, self.as_of) {
            return Err(format!("{} is not an active person who is declared here", approval.approver));
        }
        for author in self.authors {
            match self.person_of(&author.email) {
                Some(person) if **person == *approver => {
                    return Err(format!("{} is an author of this change", approval.approver));
                }
                Some(_) => {}
                None => {
                    return Err(format!(
                        "the author {} is no declared person, so it is not proven that {} is somebody else",
                        author.email, approval.approver
                    ));
                }
            }
        }
        Ok(())
    }

    fn person_of(&self, email: &str) -> Option<&Text> {
        self.target
            .units
            .iter()
            .flat_map(|unit| &unit.facts.people)
            .find(|person| person.emails.iter().any(|known| known.eq_ignore_ascii_case(email)))
            .map(|person| &person.id)
    }
}

/// A day, for people: `2026-12-31`.
pub(super) fn day(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds)
        .map(|instant| instant.strftime("%Y-%m-%d").to_string())
        .unwrap_or_else(|_| seconds.to_string())
}
