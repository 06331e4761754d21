//! Records that arrive with a change: what carries its own authority needs no further approval, everything else is a
//! change of the rules.

use super::answer::Answers;
use crate::access::Place;
use crate::gate::finding::Side;
use crate::gate::rules_change::{Effect, EffectKind, Weight};
use crate::rules::{
    Approved, Asked, Disposition, Exception, Record, RecordKind, Records, ReviewDecision, RuleFile, Severity, Terms,
};
use crate::syntax::Span;

impl Answers<'_> {
    /// Records that the change brings and that do not count, and a register that it takes away.
    pub(in crate::gate) fn arrivals(&self) -> Vec<Effect> {
        let mut effects = Vec::new();
        for approval in &self.head.approvals {
            let given = match &approval.approved {
                Approved::Rules(_) => {
                    self.arrives(&approval.terms, |terms| self.trust.counts_for_rules(terms).map(|_| ()))
                }
                Approved::Duty { subjects, duty } => self.arrives_for(
                    &approval.terms,
                    &approval.policy,
                    Some(duty),
                    approval.system.as_deref(),
                    subjects,
                ),
                Approved::ByRole { duty, .. } => {
                    self.arrives_for(&approval.terms, &approval.policy, Some(duty), approval.system.as_deref(), &[])
                }
            };
            // One that is too long answers nothing today. Once it has landed without a first day it is not measured again.
            let short = |_: &Terms| self.no_longer_than_allowed(approval);
            effects.extend(given.or_else(|| self.arrives(&approval.terms, short)));
        }
        for exception in &self.head.exceptions {
            let about = exception.about.as_deref();
            let people = [exception.subject.clone(), exception.owner.clone()];
            effects.extend(self.arrives_for(&exception.terms, &exception.policy, about, None, &people));
        }
        for emergency in &self.head.emergencies {
            let subject = emergency.subject.as_slice();
            let about = emergency.about.as_deref();
            effects.extend(self.arrives_for(&emergency.terms, "", about, emergency.system.as_deref(), subject));
        }
        for register in &self.head.registers {
            effects.extend(self.arrives(&register.terms, |_| self.register_counts(register).map(|_| ())));
        }
        // To revoke something takes no authority: it only makes the gate stricter.
        for review in self.head.reviews.iter().filter(|review| review.disposition == Disposition::Keep) {
            effects.extend(self.arrives_for(&review.terms, "", None, None, &[]));
        }
        // Whoever decides writes their own file: what counts is that it is theirs.
        for file in self.head.campaigns.iter().flat_map(|campaign| &campaign.reviewers) {
            if !file.decided.is_empty() {
                effects.extend(self.arrives(&file.terms, |terms| self.trust.is_given(terms)));
            }
        }
        let kept = |terms: &Terms| self.head.registers.iter().any(|own| own.terms.file.bytes == terms.file.bytes);
        effects.extend(self.target.registers.iter().map(Record::terms).filter(|terms| !kept(terms)).map(|terms| {
            let text = format!("the register {} is taken away or rewritten", terms.id);
            Effect::new(Weight::Weakens, EffectKind::RecordRemoved, text)
        }));
        effects.extend(self.revocations_taken_away());
        effects
    }

    /// Decisions that an exception must end, which the change takes away before that end has come by itself: the signed
    /// exception could be brought back from history.
    fn revocations_taken_away(&self) -> impl Iterator<Item = Effect> {
        let revokes = |own: &&ReviewDecision| own.of == RecordKind::Exception && own.disposition == Disposition::Revoke;
        let gone = self.target.reviews.iter().filter(revokes).filter(move |review| {
            let kept = self.head.reviews.iter().filter(revokes).any(|own| own.id == review.id);
            let ended = |own: &&Exception| own.terms.id == review.id && own.terms.expires <= self.trust.as_of;
            !kept && !self.target.exceptions.iter().any(|own| ended(&own)) && !self.given_anew(&review.id)
        });
        gone.map(|review| {
            let text = format!("the decision that ended the exception {} is taken away", review.id);
            Effect::new(Weight::Weakens, EffectKind::RecordRemoved, text)
        })
    }

    /// Whether the change brings other terms for an exception that the target has.
    fn given_anew(&self, id: &str) -> bool {
        let of = |records: &Records| -> Vec<RuleFile> {
            let own = records.exceptions.iter().filter(|own| own.terms.id == id);
            own.map(|own| own.terms.file.clone()).collect()
        };
        let (before, after) = (of(self.target), of(self.head));
        !before.is_empty() && after.iter().any(|own| before.iter().all(|known| known.bytes != own.bytes))
    }

    fn arrives_for(
        &self,
        terms: &Terms,
        policy: &str,
        about: Option<&str>,
        system: Option<&str>,
        beneficiaries: &[String],
    ) -> Option<Effect> {
        let asked = Asked {
            record: terms.kind,
            severity: Severity::Low,
            policy,
            about: about.into_iter().collect(),
            systems: system.into_iter().collect(),
            scopes: Vec::new(),
        };
        // Whether the authority reaches as far as a finding goes is asked when the record answers one.
        self.arrives(terms, |terms| self.trust.counts(terms, &asked, beneficiaries).map(|_| ()))
    }

    fn arrives(&self, terms: &Terms, counts: impl Fn(&Terms) -> Result<(), String>) -> Option<Effect> {
        if self.trust.has_landed(terms) {
            return None;
        }
        let why = counts(terms).err()?;
        let kind = terms.kind.as_str();
        let article = if kind.starts_with(['a', 'e']) { "an" } else { "a" };
        let text = format!("{article} {kind} arrives that does not count by itself: {why}");
        let place = Place { file: terms.file.path.clone(), span: Span::default() };
        Some(Effect::new(Weight::Weakens, EffectKind::RecordDoesNotCount, text).at(Some((Side::Head, place))))
    }
}
