//! Evaluates the records that a tree keeps, as documents: whether they are dealt with in time, and whether somebody
//! stands behind them. What they tolerate is decided elsewhere, and no policy sees it.

use std::collections::{BTreeSet, HashMap};

use super::beneficiaries::Beneficiaries;
use super::describe::{Describe, Substance};
use super::finding::{Finding, Location, LocationRole, Side, Subject, SubjectKind, Tier};
use super::proof::Keys;
use super::records::{is_about, is_for};
use super::reviews::{Beside, Freezing, place_of, unlike};
use super::side::{Evaluated, Evaluator, Tree};
use crate::access::{Links, Place};
use crate::duties::Matcher;
use crate::facts::Holder;
use crate::policy::campaign_input::UnlikeInput;
use crate::policy::input::{
    ControlInput, LandedInput, OwnerInput, RecordInput, RecordLimitsInput, ReviewInput, UnlinkedInput,
};
use crate::policy::{EngineError, Policy, RawFinding, Scope};
use crate::rules::{
    Approved, Campaign, Disposition, Emergency, Exception, RecordKind, Records, ReviewDecision, RuleFile, Terms,
};
use crate::syntax::{Node, Span, parse};

/// The records of one tree.
pub(super) struct Kept<'a> {
    /// Those that it has.
    pub(super) own: &'a Records,
    /// Those of the tree that it is compared with.
    pub(super) before: Option<&'a Records>,
    /// Whose accounts are whose.
    pub(super) links: &'a Links,
}

impl Kept<'_> {
    /// Emergencies that are no longer kept. Taking the file away undoes nothing of what it let through.
    fn removed(&self) -> impl Iterator<Item = &Emergency> {
        let kept = |id: &str| self.own.emergencies.iter().any(|own| own.terms.id == id);
        let before = self.before.into_iter().flat_map(|records| &records.emergencies);
        before.filter(move |emergency| !kept(&emergency.terms.id))
    }

    /// Access reviews that are no longer kept.
    fn removed_campaigns(&self) -> impl Iterator<Item = &Campaign> {
        let kept = |id: &str| self.own.campaigns.iter().any(|own| own.id == id);
        let before = self.before.into_iter().flat_map(|records| &records.campaigns);
        before.filter(move |campaign| !kept(&campaign.id))
    }

    /// What was decided about a record; of one that goes, also by decisions that go with it.
    fn reviews(&self, terms: &Terms, removed: bool) -> Vec<ReviewInput> {
        let about = |review: &&ReviewDecision| review.of == terms.kind && review.id == terms.id;
        let before = self.before.filter(|_| removed).into_iter().flat_map(|records| &records.reviews);
        let all = self.own.reviews.iter().chain(before);
        let decided = all.filter(about).flat_map(|review| {
            review.terms.approvers.iter().map(|reviewer| ReviewInput {
                decided: review.decided,
                reviewer: reviewer.clone(),
                disposition: match review.disposition {
                    Disposition::Keep => "keep",
                    Disposition::Revoke => "revoke",
                },
            })
        });
        decided.collect::<BTreeSet<_>>().into_iter().collect()
    }
}

impl Evaluator<'_> {
    /// Evaluates a tree and then its records, which are judged by what was found beside them.
    pub(super) fn evaluate_kept(
        &self,
        tree: &Tree<'_>,
        unlinked: &HashMap<Holder, Vec<UnlinkedInput>>,
        base: Option<&Keys>,
        kept: &Kept<'_>,
    ) -> Result<Evaluated, EngineError> {
        let mut all = self.evaluate(tree, unlinked, base)?;
        self.records(tree, kept, &mut all)?;
        Ok(all)
    }

    fn records(&self, tree: &Tree<'_>, kept: &Kept<'_>, all: &mut Evaluated) -> Result<(), EngineError> {
        let describe = Describe { tree, evaluator: self, base: None };
        let inputs = self.record_inputs(tree, kept, &all.findings);
        all.subjects.insert(Scope::Record, inputs.len());
        let mut engine = self.bundle.engine();
        for (input, file) in &inputs {
            let id = format!("record:{}/{}", input.kind, input.id);
            let (digest, answers) = self.ask(&mut engine, (tree.side, Scope::Record), &id, input, None)?;
            let campaign = kept.own.campaigns.iter().find(|own| input.campaign.is_some() && own.id == input.id);
            all.findings.extend(answers.iter().map(|(policy, raw)| {
                let mut finding = describe.record(policy, raw, &id, input, file);
                // What is said of one decision is shown where that is written.
                let place = campaign.and_then(|campaign| place_of(campaign, raw.key.as_deref()));
                if let (Some(place), Some(location)) = (place, finding.locations.first_mut()) {
                    location.place = place;
                    location.text = "is decided here".to_owned();
                }
                finding
            }));
            all.documents.insert(id.into(), digest);
        }
        Ok(())
    }

    fn record_inputs<'k>(
        &self,
        tree: &Tree<'_>,
        kept: &'k Kept<'_>,
        findings: &[Finding],
    ) -> Vec<(RecordInput, &'k RuleFile)> {
        let count = |about: &dyn Fn(&Finding) -> bool| findings.iter().filter(|finding| about(finding)).count();
        let behind = Beneficiaries::new(&tree.graph, kept.links, &tree.link_gaps);
        let record = |terms: &Terms, subject: Option<&String>, answers: usize| {
            let beneficiaries = subject.map(|subject| behind.of(subject)).unwrap_or_default();
            self.record(tree, kept, terms, subject, beneficiaries, answers)
        };
        let mut all = Vec::new();
        for approval in &kept.own.approvals {
            let subject = match &approval.approved {
                Approved::Duty { subjects, .. } => match subjects.as_slice() {
                    [one] => Some(one),
                    _ => None,
                },
                Approved::ByRole { .. } | Approved::Rules(_) => None,
            };
            let answers = count(&|finding| is_about(approval, finding));
            all.push((record(&approval.terms, subject, answers), &approval.terms.file));
        }
        for exception in &kept.own.exceptions {
            let answers = count(&|finding| finding.fingerprint.0 == exception.finding);
            let mut input = record(&exception.terms, Some(&exception.subject), answers);
            input.owner = Some(self.owner(&tree.graph.people, &exception.owner));
            input.compensating_control = Some(self.control(tree, exception));
            all.push((input, &exception.terms.file));
        }
        let own = kept.own.emergencies.iter().map(|emergency| (emergency, false));
        for (emergency, removed) in own.chain(kept.removed().map(|emergency| (emergency, true))) {
            // Without anything named an emergency is for whatever its subject holds; other findings are no access.
            let holds = |finding: &Finding| finding.conflict.is_some() || !finding.duties.is_empty();
            let answers =
                count(&|finding| is_for(emergency, finding) && (emergency.landed.is_some() || holds(finding)));
            let mut input = record(&emergency.terms, emergency.subject.as_ref(), answers);
            input.access_remains = answers > 0;
            input.removed = removed;
            input.reviews = kept.reviews(&emergency.terms, removed);
            input.landed = emergency.landed.as_ref().map(|landed| LandedInput {
                commit: landed.commit.clone(),
                at: landed.at.seconds(),
                reconciled: landed.reconciled.seconds(),
            });
            all.push((input, &emergency.terms.file));
        }
        for review in &kept.own.reviews {
            all.push((record(&review.terms, None, 0), &review.terms.file));
        }
        for register in &kept.own.registers {
            let answers = count(&|finding| register.findings.contains_key(&finding.fingerprint.0));
            all.push((record(&register.terms, None, answers), &register.terms.file));
        }
        let own = kept.own.campaigns.iter().map(|campaign| (campaign, false));
        for (campaign, removed) in own.chain(kept.removed_campaigns().map(|campaign| (campaign, true))) {
            all.push((self.campaign(tree, kept, campaign, removed), &campaign.file));
        }
        all
    }

    /// An access review: it tolerates nothing, and what it asks for is in its own part.
    fn campaign(&self, tree: &Tree<'_>, kept: &Kept<'_>, campaign: &Campaign, removed: bool) -> RecordInput {
        let beside =
            Beside { graph: &tree.graph, authority: &self.rules.authority, before: kept.before, as_of: self.as_of };
        let terms = Terms {
            kind: RecordKind::AccessReview,
            id: campaign.id.clone(),
            file: campaign.file.clone(),
            signatures: Vec::new(),
            approvers: Vec::new(),
            reason: String::new(),
            ticket: None,
            not_before: Some(campaign.opening.opened),
            expires: campaign.opening.due_until,
        };
        let mut input = self.record(tree, kept, &terms, None, Vec::new(), 0);
        input.removed = removed;
        let mut document = beside.document(campaign, &|people, id| self.owner(people, id));
        let is_new = kept.before.is_some_and(|before| before.campaigns.iter().all(|own| own.id != campaign.id));
        if is_new {
            let matcher = Matcher { as_of: campaign.opening.opened, ..self.matcher(tree) };
            let covers = &campaign.opening.covers;
            let (missing, otherwise) = unlike(campaign, &Freezing { matcher: &matcher, records: kept.own, covers });
            document.unlike = (missing + otherwise > 0).then_some(UnlikeInput { missing, otherwise });
        }
        input.campaign = Some(document);
        input
    }

    fn record(
        &self,
        tree: &Tree<'_>,
        kept: &Kept<'_>,
        terms: &Terms,
        subject: Option<&String>,
        beneficiaries: Vec<String>,
        answers: usize,
    ) -> RecordInput {
        let people = &tree.graph.people;
        let limits = &self.rules.config.limits;
        RecordInput {
            kind: kind_word(terms.kind),
            id: terms.id.clone(),
            path: terms.file.path.to_string(),
            subject: subject.cloned(),
            beneficiaries,
            owner: None,
            approvers: terms.approvers.iter().map(|approver| self.owner(people, approver)).collect(),
            reason: terms.reason.clone(),
            begins: terms.not_before,
            ends: (terms.expires != i64::MAX).then_some(terms.expires),
            landed: None,
            reviews: kept.reviews(terms, false),
            answers,
            access_remains: false,
            removed: false,
            limits: RecordLimitsInput {
                max_hours: limits.emergency_hours(),
                review_within_days: limits.review_days(),
                reconcile_within_hours: limits.reconcile_hours(),
            },
            compensating_control: None,
            campaign: None,
        }
    }

    fn control(&self, tree: &Tree<'_>, exception: &Exception) -> ControlInput {
        let (people, control) = (&tree.graph.people, &exception.compensating_control);
        ControlInput {
            id: control.id.clone(),
            owner: self.owner(people, &control.owner),
            monitor: self.owner(people, &control.monitor),
            frequency_days: control.frequency.days(),
            last_operated: control.last_operated,
            effective: control.effective,
        }
    }
}

fn kind_word(kind: RecordKind) -> &'static str {
    match kind {
        RecordKind::Approval => "approval",
        RecordKind::Exception => "exception",
        RecordKind::Emergency => "emergency",
        RecordKind::ReviewDecision => "review_decision",
        RecordKind::Register => "register",
        RecordKind::AccessReview => "access_review",
    }
}

/// Where a record begins in its file: its id.
fn id_span(file: &RuleFile, id: &str) -> Span {
    let documents = parse(&file.bytes).unwrap_or_default();
    let named = documents.iter().filter_map(|document| document.at(&["metadata", "id"]));
    named.filter(|node| node.as_text() == Some(id)).map(|node: &Node| node.span).next().unwrap_or_default()
}

impl Describe<'_> {
    /// A finding about a record.
    fn record(&self, policy: &Policy, raw: &RawFinding, id: &str, input: &RecordInput, file: &RuleFile) -> Finding {
        let subject = Subject { kind: SubjectKind::Record, id: id.into(), name: input.id.as_str().into() };
        let location = Location {
            // What the change removes can only be shown where it was.
            side: if input.removed { Side::Base } else { self.tree.side },
            place: Place { file: file.path.clone(), span: id_span(file, &input.id) },
            role: LocationRole::Primary,
            text: "is recorded here".to_owned(),
            added: false,
        };
        let mut finding = self.finding(policy, raw, subject, Substance::default());
        finding.locations.push(location);
        finding.tier = tier(input);
        finding
    }
}

/// Where what is said of the people behind a record comes from.
fn tier(input: &RecordInput) -> Tier {
    let control = input.compensating_control.iter().flat_map(|control| [&control.owner, &control.monitor]);
    let mut people = input.owner.iter().chain(&input.approvers).chain(control);
    if people.any(|who: &OwnerInput| who.imported) { Tier::Observed } else { Tier::Declared }
}
