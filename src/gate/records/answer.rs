//! Which record answers a finding.

use std::collections::BTreeMap;

use super::extent::extent_of;
use super::meaning::Meanings;
use super::trust::{Proof, Trust, asked, name};
use crate::gate::decide::CHANGED_RULES;
use crate::gate::finding::{Finding, RecordRef};
use crate::rules::{
    Approval, Approved, Asked, Disposition, Emergency, Enforcement, Exception, LimitsConfig, Record, RecordKind,
    Records, Register, ReviewDecision, Severity, Terms, day, minute,
};
use crate::store::Digest;

const DAY: i64 = 86_400;

/// What the records say of a finding.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::gate) enum Answer {
    /// It is tolerated, by a record or by the review alone.
    By {
        /// The record.
        record: Option<RecordRef>,
        /// Who says so and until when, in words.
        text: String,
    },
    /// It was, and no longer is.
    Lapsed {
        /// The record.
        record: RecordRef,
        /// Why not any more.
        why: String,
        /// Whether this change takes it away.
        by_change: bool,
    },
    /// A record is there and does not count, for this reason.
    No(String),
    /// There is none.
    None,
}

/// The records in force for a change: those of head, trusted by what the target says.
pub(in crate::gate) struct Answers<'a> {
    /// What records rest on.
    pub(in crate::gate) trust: &'a Trust<'a>,
    /// The records of head.
    pub(in crate::gate) head: &'a Records,
    /// The records of the target, for what head takes away.
    pub(in crate::gate) target: &'a Records,
    /// What findings mean.
    pub(in crate::gate) meanings: &'a Meanings<'a>,
    /// How long records may hold.
    pub(in crate::gate) limits: &'a LimitsConfig,
    /// The digest of the rules that the change brings, where it brings any.
    pub(in crate::gate) rules: Option<Digest>,
}

/// Why a record does not answer.
enum Not {
    /// It did before.
    Lapsed(String),
    /// It never did.
    Refused(String),
}

impl Answers<'_> {
    /// What answers a finding that the change introduces, or that was there before. `beneficiaries` are the people who
    /// receive what it is about.
    pub(in crate::gate) fn to(
        &self,
        finding: &Finding,
        enforcement: Enforcement,
        introduced: bool,
        beneficiaries: &[String],
    ) -> Answer {
        if *finding.policy == *CHANGED_RULES {
            return self.to_rules();
        }
        let mut lapsed = None;
        let mut refused = None;
        let mut take = |terms: &Terms, answer: Result<String, Not>| -> Option<Answer> {
            match answer {
                Ok(text) => return Some(Answer::By { record: Some(reference(terms)), text }),
                // What arrives with the change has never held, so it cannot have lapsed.
                Err(Not::Lapsed(why)) if self.trust.has_landed(terms) => {
                    lapsed = lapsed.take().or(Some(Answer::Lapsed { record: reference(terms), why, by_change: false }));
                }
                Err(Not::Lapsed(why) | Not::Refused(why)) => refused = refused.take().or(Some(why)),
            }
            None
        };
        for exception in self.head.exceptions.iter().filter(|own| own.finding == finding.fingerprint.0) {
            if let Some(answer) = take(&exception.terms, self.exception(exception, finding, beneficiaries)) {
                return answer;
            }
        }
        if enforcement == Enforcement::Approve {
            for approval in self.head.approvals.iter().filter(|own| is_about(own, finding)) {
                if let Some(answer) = take(&approval.terms, self.approval(approval, finding, beneficiaries)) {
                    return answer;
                }
            }
        }
        if enforcement >= Enforcement::Approve {
            for emergency in self.head.emergencies.iter().filter(|own| is_for(own, finding)) {
                if let Some(answer) = take(&emergency.terms, self.emergency(emergency, finding, beneficiaries)) {
                    return answer;
                }
            }
        }
        // Whoever approves a change says nothing of what was there before it.
        if enforcement == Enforcement::Approve && introduced {
            let asked = asked(RecordKind::Approval, finding);
            match self.trust.approved_in_review(&asked, beneficiaries) {
                Some(Ok(given)) => {
                    let review = self.trust.review.map_or("review", |review| &review.label);
                    return Answer::By { record: None, text: format!("{} approved it in {review}", people(&given)) };
                }
                Some(Err(why)) => refused = refused.or(Some(why)),
                None => {}
            }
        }
        match (lapsed.or_else(|| self.taken_away(finding)), refused) {
            // What was given in its place, and does not count, is what somebody has to mend.
            (Some(Answer::Lapsed { record, why, by_change }), Some(refused)) => {
                Answer::Lapsed { record, why: format!("{why}; {refused}"), by_change }
            }
            (Some(lapsed), _) => lapsed,
            (None, Some(why)) => Answer::No(why),
            (None, None) => Answer::None,
        }
    }

    /// What answers changed rules: control owners, in review or by an approval that names the new rules.
    fn to_rules(&self) -> Answer {
        let mut refused = None;
        for approval in &self.head.approvals {
            let Approved::Rules(digest) = &approval.approved else { continue };
            let terms = &approval.terms;
            if approval.policy != CHANGED_RULES || Some(*digest) != self.rules {
                refused = Some(format!("{} is of other rules", name(terms)));
            } else if terms.expires <= self.trust.as_of {
                refused = Some(format!("{} ended on {}", name(terms), day(terms.expires - 1)));
            } else {
                match self.trust.counts_for_rules(terms) {
                    Ok(given) => {
                        let text = format!("{} approved these rules", people(&given));
                        return Answer::By { record: Some(reference(terms)), text };
                    }
                    Err(why) => refused = Some(why),
                }
            }
        }
        match self.trust.rules_approved_in_review() {
            Some(Ok(given)) => {
                let review = self.trust.review.map_or("review", |review| &review.label);
                Answer::By { record: None, text: format!("{} approved it in {review}", people(&given)) }
            }
            Some(Err(why)) => Answer::No(refused.unwrap_or(why)),
            None => refused.map_or(Answer::None, Answer::No),
        }
    }

    /// Whether a register counts.
    pub(in crate::gate) fn register_counts(&self, register: &Register) -> Result<Vec<(String, Proof)>, String> {
        let asked = Asked {
            record: RecordKind::Register,
            severity: Severity::Critical,
            policy: "",
            about: Vec::new(),
            systems: Vec::new(),
            scopes: Vec::new(),
        };
        self.trust.counts(&register.terms, &asked, &[])
    }

    /// A record of the target that answered a finding and that head takes away.
    fn taken_away(&self, finding: &Finding) -> Option<Answer> {
        let gone = |terms: &Terms| {
            let kept = |own: &Terms| own.id == terms.id && own.file.bytes == terms.file.bytes;
            let still = match terms.kind {
                RecordKind::Exception => self.head.exceptions.iter().any(|own| kept(&own.terms)),
                _ => self.head.approvals.iter().any(|own| kept(&own.terms)),
            };
            // One that has ended too: what it leaves behind would otherwise look as if it had never been tolerated.
            !still
        };
        let exceptions = self.target.exceptions.iter().filter(|own| own.finding == finding.fingerprint.0);
        let approvals = self.target.approvals.iter().filter(|own| is_about(own, finding));
        exceptions.map(Record::terms).chain(approvals.map(Record::terms)).find(|terms| gone(terms)).map(|terms| {
            let why = format!("this change removes or rewrites {}", name(terms));
            Answer::Lapsed { record: reference(terms), why, by_change: true }
        })
    }

    fn exception(&self, exception: &Exception, finding: &Finding, beneficiaries: &[String]) -> Result<String, Not> {
        let terms = &exception.terms;
        let what = name(terms);
        let control = &exception.compensating_control;
        if exception.policy != *finding.policy || exception.subject != *finding.subject.id {
            return Err(Not::Refused(format!(
                "{what} names the finding of {} and another policy or subject",
                finding.subject.id
            )));
        }
        if terms.expires <= self.trust.as_of {
            return Err(Not::Lapsed(format!("{what} ended on {}", day(terms.expires - 1))));
        }
        if exception.meaning != self.meanings.of(finding) {
            return Err(Not::Lapsed(format!(
                "{what} was given when {} meant something else: its policy or definitions changed",
                finding.conflict.as_ref().map_or(&finding.policy, |conflict| &conflict.id)
            )));
        }
        if !extent_of(&exception.extent).covers(&finding.extent) && !finding.extent.0.is_empty() {
            return Err(Not::Lapsed(format!("{what} was given for less: the access has widened")));
        }
        if !control.effective {
            return Err(Not::Lapsed(format!(
                "the compensating control {} of {what} is recorded as ineffective",
                control.id
            )));
        }
        if let Some(review) = self.revoked(exception) {
            return Err(Not::Lapsed(format!("{} revoked {what}", review.terms.approvers.join(" and "))));
        }
        let most = i64::from(self.limits.exception_days(finding.severity));
        let days = (terms.expires - terms.not_before.unwrap_or(self.trust.as_of)) / DAY;
        if days > most {
            return Err(Not::Refused(format!(
                "{what} holds for {days} days, and one to a {} finding may hold for {most}",
                finding.severity
            )));
        }
        let (renewals, most) = (self.renewals(exception), self.limits.renewals());
        if renewals > most {
            let how = if renewals > exception.renewals { ", as earlier exceptions to the same count" } else { "" };
            return Err(Not::Refused(format!("{what} was renewed {renewals} times{how}, and {most} is the most")));
        }
        let mut beneficiaries = beneficiaries.to_vec();
        // Whoever answers for an exception asks for it.
        beneficiaries.push(exception.owner.clone());
        let given =
            self.trust.counts(terms, &asked(RecordKind::Exception, finding), &beneficiaries).map_err(Not::Refused)?;
        Ok(format!(
            "{what} tolerates it until {}: {} gave it, and {} makes up for it",
            day(terms.expires - 1),
            people(&given),
            control.id
        ))
    }

    /// The decision that an exception must end. One that the change takes away holds on, unless the exception is given
    /// anew.
    fn revoked(&self, exception: &Exception) -> Option<&ReviewDecision> {
        let terms = &exception.terms;
        let given_before = self.target.exceptions.iter().any(|own| own.terms.file.bytes == terms.file.bytes);
        let taken_away = self.target.reviews.iter().filter(|_| given_before);
        self.head.reviews.iter().chain(taken_away).find(|review| {
            review.of == RecordKind::Exception && review.id == terms.id && review.disposition == Disposition::Revoke
        })
    }

    /// How often an exception was renewed. One to the same finding under another id, that ends earlier and reaches as
    /// far, is a renewal too: otherwise a new name would start the count again.
    fn renewals(&self, exception: &Exception) -> u32 {
        let extent = extent_of(&exception.extent);
        let mut earlier: BTreeMap<&str, u32> = BTreeMap::new();
        for own in self.head.exceptions.iter().chain(&self.target.exceptions) {
            if own.finding != exception.finding
                || own.terms.expires >= exception.terms.expires
                || !extent_of(&own.extent).covers(&extent)
            {
                continue;
            }
            let count = earlier.entry(&own.terms.id).or_default();
            *count = (*count).max(own.renewals.saturating_add(1));
        }
        // What an exception says of itself counts as far as it is no less than what the target knows of it.
        let own = earlier.remove(exception.terms.id.as_str()).unwrap_or_default().max(exception.renewals);
        earlier.into_values().fold(own, u32::saturating_add)
    }

    /// Whether an approval holds for no more days than the target allows.
    pub(super) fn no_longer_than_allowed(&self, approval: &Approval) -> Result<(), String> {
        let terms = &approval.terms;
        let most = i64::from(self.limits.approval_days());
        // What has landed without a first day was measured when it arrived; what arrives now begins now.
        let from = terms.not_before.or((!self.trust.has_landed(terms)).then_some(self.trust.as_of));
        match from.map(|from| (terms.expires - from) / DAY).filter(|days| *days > most) {
            Some(days) => Err(format!("{} holds for {days} days, and {most} is the most", name(terms))),
            None => Ok(()),
        }
    }

    fn approval(&self, approval: &Approval, finding: &Finding, beneficiaries: &[String]) -> Result<String, Not> {
        let terms = &approval.terms;
        let what = name(terms);
        if !finding.extent.0.iter().all(|part| approval.scope.covers(&part.scope)) {
            return Err(Not::Refused(format!("{what} does not cover as much")));
        }
        self.no_longer_than_allowed(approval).map_err(Not::Refused)?;
        let given =
            self.trust.counts(terms, &asked(RecordKind::Approval, finding), beneficiaries).map_err(Not::Refused)?;
        if terms.expires <= self.trust.as_of {
            return Err(Not::Lapsed(format!("{what} ended on {}", day(terms.expires - 1))));
        }
        Ok(format!("{} approved it until {}", people(&given), day(terms.expires - 1)))
    }

    fn emergency(&self, emergency: &Emergency, finding: &Finding, beneficiaries: &[String]) -> Result<String, Not> {
        let terms = &emergency.terms;
        let what = name(terms);
        let most = i64::from(self.limits.emergency_hours());
        let hours = (terms.expires - emergency.begins + 3599) / 3600;
        if hours > most {
            return Err(Not::Refused(format!("{what} is for {hours} hours, and {most} is the most")));
        }
        if emergency.landed.is_none() && !finding.extent.0.iter().all(|part| emergency.scope.covers(&part.scope)) {
            return Err(Not::Refused(format!("{what} does not cover as much")));
        }
        let given =
            self.trust.counts(terms, &asked(RecordKind::Emergency, finding), beneficiaries).map_err(Not::Refused)?;
        if terms.expires <= self.trust.as_of {
            return Err(Not::Lapsed(format!(
                "{what} ended on {}, and the access is still there",
                minute(terms.expires)
            )));
        }
        Ok(format!(
            "{} let it pass for the incident {} until {}",
            people(&given),
            emergency.incident,
            minute(terms.expires)
        ))
    }
}

fn reference(terms: &Terms) -> RecordRef {
    RecordRef { kind: terms.kind, id: terms.id.clone() }
}

/// Whether an approval is about a finding, however far it goes.
pub(in crate::gate) fn is_about(approval: &Approval, finding: &Finding) -> bool {
    let duty_of = |duty: &String| finding.duties.iter().any(|known| *known.id == **duty);
    approval.policy == *finding.policy
        && approval.system.as_ref().is_none_or(|system| finding.systems.iter().all(|own| **own == **system))
        && match &approval.approved {
            Approved::Duty { subjects, duty } => {
                duty_of(duty) && subjects.iter().any(|subject| **subject == *finding.subject.id)
            }
            // Another way to the same duty beside the role is not what was approved.
            Approved::ByRole { role, duty } => {
                duty_of(duty) && matches!(finding.via_roles.as_slice(), [Some(only)] if **only == **role)
            }
            Approved::Rules(_) => false,
        }
}

/// Whether an emergency is for a finding, however far it goes.
pub(in crate::gate) fn is_for(emergency: &Emergency, finding: &Finding) -> bool {
    if let Some(landed) = &emergency.landed {
        return landed.findings.contains(&finding.fingerprint.0);
    }
    let about = |id: &String| {
        finding.conflict.as_ref().is_some_and(|conflict| *conflict.id == **id)
            || finding.duties.iter().any(|duty| *duty.id == **id)
    };
    emergency.subject.as_deref() == Some(&*finding.subject.id)
        && emergency.about.as_ref().is_none_or(about)
        && emergency.system.as_ref().is_none_or(|system| finding.systems.iter().all(|own| **own == **system))
}

/// Who gave something, and how that is known.
pub(super) fn people(given: &[(String, Proof)]) -> String {
    let names: Vec<&str> = given.iter().map(|(person, _)| person.as_str()).collect();
    names.join(" and ")
}
