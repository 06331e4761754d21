//! Why a record counts: each of its approvers is proven, independent, and together they have the authority.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::authorship::Authorship;
use super::independence;
use crate::gate::decide::CHANGED_RULES;
use crate::gate::finding::WhoMay;
use crate::gate::staff::{Addresses, Login, Staff};
use crate::keys::{AllowedSigners, Refused};
use crate::rules::{Asked, Authority, Bench, ForgeReview, RecordKind, Records, ReviewState, RuleFile, Terms, day};
use crate::store::Digest;

/// What proves that somebody gave a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::gate) enum Proof {
    /// It stands on the target branch.
    Landed,
    /// Their key signed it.
    Signature,
    /// They approved the change in review.
    Review,
}

/// What a record must rest on: everything of it comes from the target, except the review.
pub(in crate::gate) struct Trust<'a> {
    /// Who may approve what.
    pub(in crate::gate) authority: &'a Authority,
    /// The keys that may sign.
    pub(in crate::gate) signers: Option<&'a AllowedSigners>,
    /// Who works here.
    pub(in crate::gate) staff: &'a Staff<'a>,
    /// Who made the change.
    pub(in crate::gate) authorship: &'a Authorship,
    /// The forge's review of the change.
    pub(in crate::gate) review: Option<&'a ForgeReview>,
    /// The digests of the record files that stand on the target.
    landed: BTreeSet<Digest>,
    /// Those of them over which the target has a signature.
    signed: BTreeSet<Digest>,
    /// The instant of the evaluation, in epoch seconds.
    pub(in crate::gate) as_of: i64,
}

impl<'a> Trust<'a> {
    pub(in crate::gate) fn new(
        authority: &'a Authority,
        signers: Option<&'a AllowedSigners>,
        staff: &'a Staff<'a>,
        authorship: &'a Authorship,
        review: Option<&'a ForgeReview>,
        target: &Records,
        as_of: i64,
    ) -> Self {
        let landed = target.files.iter().map(|file| Digest::of(&file.bytes)).collect();
        let signed = target.terms().filter(|terms| !terms.signatures.is_empty());
        let signed = signed.map(|terms| Digest::of(&terms.file.bytes)).collect();
        Self { authority, signers, staff, authorship, review, landed, signed, as_of }
    }

    /// Whether a record stands on the target as it is, signatures included. One that was signed there and is signed no
    /// longer has not: a signature that fits no more would otherwise only have to be removed.
    pub(in crate::gate) fn has_landed(&self, terms: &Terms) -> bool {
        let landed = |file: &RuleFile| self.landed.contains(&Digest::of(&file.bytes));
        landed(&terms.file) && terms.signatures.iter().all(landed) && !self.lost_its_signatures(terms)
    }

    fn lost_its_signatures(&self, terms: &Terms) -> bool {
        terms.signatures.is_empty() && self.signed.contains(&Digest::of(&terms.file.bytes))
    }

    /// Whether a record counts for what is asked, and what proves it.
    pub(in crate::gate) fn counts(
        &self,
        terms: &Terms,
        asked: &Asked<'_>,
        beneficiaries: &[String],
    ) -> Result<Vec<(String, Proof)>, String> {
        self.given(terms, beneficiaries, &self.authority.over(asked, self.as_of))
    }

    /// Whether a record counts for changed rules.
    pub(in crate::gate) fn counts_for_rules(&self, terms: &Terms) -> Result<Vec<(String, Proof)>, String> {
        // Whoever makes the rules benefits from them like everybody else; independence from the authors is what counts.
        self.given(terms, &[], &[self.authority.of_rules(self.as_of)])
    }

    fn given(
        &self,
        terms: &Terms,
        beneficiaries: &[String],
        benches: &[Bench],
    ) -> Result<Vec<(String, Proof)>, String> {
        if terms.not_before.is_some_and(|from| from > self.as_of) {
            let from = terms.not_before.map(day).unwrap_or_default();
            return Err(format!("{} only counts from {from}", name(terms)));
        }
        let mut given = Vec::new();
        let mut refused = None;
        for approver in &terms.approvers {
            let independent = independence::check(approver, beneficiaries, self.staff, self.authorship);
            match independent.and_then(|()| self.proof(terms, approver)) {
                Ok(proof) => given.push((approver.clone(), proof)),
                Err(why) => refused = refused.or(Some(why)),
            }
        }
        enough(given, refused, benches, || name(terms))
    }

    /// Whether whoever a record names gave it, by a signature or in review.
    pub(in crate::gate) fn is_given(&self, terms: &Terms) -> Result<(), String> {
        if let Some(from) = terms.not_before.filter(|from| *from > self.as_of) {
            return Err(format!("{} only counts from {}", name(terms), day(from)));
        }
        terms.approvers.iter().try_for_each(|approver| self.proof(terms, approver).map(|_| ()))
    }

    /// What proves that somebody gave a record.
    fn proof(&self, terms: &Terms, approver: &str) -> Result<Proof, String> {
        let landed = self.has_landed(terms);
        if !terms.signatures.is_empty() {
            return self.signature(terms, approver, landed);
        }
        if landed {
            return Ok(Proof::Landed);
        }
        match self.review {
            Some(review) => self.reviewed(review, approver),
            None if self.lost_its_signatures(terms) => {
                Err(format!("{} is signed on the target, and this change takes the signature away", name(terms)))
            }
            None => Err(format!(
                "{} arrives with this change, and nothing proves that {approver} gave it: it is not signed",
                name(terms)
            )),
        }
    }

    fn signature(&self, terms: &Terms, approver: &str, landed: bool) -> Result<Proof, String> {
        let Some(signers) = self.signers else {
            return Err(format!(
                "{} is signed, and the target has no {} to say whose keys count",
                name(terms),
                crate::rules::SIGNERS
            ));
        };
        // A key that has ended since may have signed what landed in its time. What arrives only now is signed now.
        let at = terms.not_before.unwrap_or(self.as_of);
        let instants: &[i64] = if landed { &[at] } else { &[at, self.as_of] };
        match signed_by(signers, terms, approver, &self.staff.addresses, instants) {
            Ok(_) => Ok(Proof::Signature),
            Err(why) => Err(format!("{}: {why}", name(terms))),
        }
    }

    /// Whether somebody approved the commit that is judged.
    fn reviewed(&self, review: &ForgeReview, approver: &str) -> Result<Proof, String> {
        let own =
            review.reviews.values().filter(|own| self.staff.of_login(&own.login) == Login::Person(approver.to_owned()));
        // With two accounts, the one that asks for changes counts.
        let states: Vec<ReviewState> = own.map(|own| own.state).collect();
        if states.contains(&ReviewState::ChangesRequested) {
            return Err(format!("{approver} asks for changes in {}", review.label));
        }
        if states.contains(&ReviewState::Approved) {
            return Ok(Proof::Review);
        }
        Err(if states.contains(&ReviewState::ApprovedEarlier) {
            format!("{approver} approved an earlier state of {}, not the commit that is judged", review.label)
        } else if states.contains(&ReviewState::Dismissed) {
            format!("the approval of {approver} in {} was dismissed", review.label)
        } else {
            format!("{approver} has not approved {}", review.label)
        })
    }

    /// Whether the review alone answers what is asked: who approved the change, as far as the matrix lets them.
    pub(in crate::gate) fn approved_in_review(
        &self,
        asked: &Asked<'_>,
        beneficiaries: &[String],
    ) -> Option<Result<Vec<(String, Proof)>, String>> {
        self.by_review(beneficiaries, &self.authority.over(asked, self.as_of))
    }

    /// Who may give a record that would answer a finding.
    pub(in crate::gate) fn who_may(
        &self,
        give: RecordKind,
        finding: &crate::gate::Finding,
        beneficiaries: &[String],
    ) -> WhoMay {
        let benches = if *finding.policy == *CHANGED_RULES {
            vec![self.authority.of_rules(self.as_of)]
        } else {
            self.authority.over(&asked(give, finding), self.as_of)
        };
        let named: BTreeSet<&String> = benches.iter().filter_map(|bench| bench.people.as_ref()).flatten().collect();
        let mut who = WhoMay {
            give,
            people: Vec::new(),
            anyone: benches.iter().any(|bench| bench.people.is_none()),
            not: Vec::new(),
            quorum: benches.iter().map(|bench| bench.quorum).min().unwrap_or(1),
        };
        for person in named {
            match independence::check(person, beneficiaries, self.staff, self.authorship) {
                Ok(()) => who.people.push(person.clone()),
                Err(why) => who.not.push((person.clone(), why)),
            }
        }
        if who.anyone {
            let part = beneficiaries.iter().map(String::as_str).chain(self.authorship.people());
            let part: BTreeSet<&str> = part.filter(|person| self.staff.is_active(person)).collect();
            who.not = part
                .into_iter()
                .filter_map(|person| {
                    let why = independence::check(person, beneficiaries, self.staff, self.authorship).err()?;
                    Some((person.to_owned(), why))
                })
                .collect();
        }
        who
    }

    /// Whether control owners approved the change in review.
    pub(in crate::gate) fn rules_approved_in_review(&self) -> Option<Result<Vec<(String, Proof)>, String>> {
        self.by_review(&[], &[self.authority.of_rules(self.as_of)])
    }

    fn by_review(&self, beneficiaries: &[String], benches: &[Bench]) -> Option<Result<Vec<(String, Proof)>, String>> {
        let review = self.review?;
        let mut given = Vec::new();
        let mut refused = None;
        for own in review.reviews.values().filter(|own| own.state != ReviewState::Dismissed) {
            let Login::Person(person) = self.staff.of_login(&own.login) else {
                let why = format!("the reviewer {} is no declared person's account", own.login);
                refused = refused.or(Some(why));
                continue;
            };
            let independent = independence::check(&person, beneficiaries, self.staff, self.authorship);
            match independent.and_then(|()| self.reviewed(review, &person)) {
                Ok(proof) if given.iter().all(|(known, _)| *known != person) => given.push((person, proof)),
                Ok(_) => {}
                Err(why) => refused = refused.or(Some(why)),
            }
        }
        Some(enough(given, refused, benches, || format!("the review in {}", review.label)))
    }
}

/// A signature over a record that verifies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedBy {
    /// The key's fingerprint, as `SHA256:…`.
    pub fingerprint: String,
    /// As whom the list of signers knows it.
    pub identity: String,
    /// The signature's file.
    pub path: Arc<str>,
}

/// Whether somebody signed a record, with a key that counts at every one of some instants.
///
/// # Errors
/// Why the nearest of the signatures does not count.
pub fn signed_by(
    signers: &AllowedSigners,
    terms: &Terms,
    approver: &str,
    addresses: &Addresses<'_>,
    instants: &[i64],
) -> Result<SignedBy, String> {
    let (namespace, bytes) = (terms.kind.namespace(), &terms.file.bytes);
    let mut refused = None;
    for signature in &terms.signatures {
        for identity in addresses.identities(approver) {
            let verified = instants
                .iter()
                .try_fold(None, |_, at| signers.verify(&identity, namespace, bytes, &signature.bytes, *at).map(Some));
            match verified {
                Ok(Some(signer)) => {
                    let fingerprint = signer.fingerprint.to_string();
                    return Ok(SignedBy { fingerprint, identity, path: signature.path.clone() });
                }
                Ok(None) => {}
                Err(why) => refused = Some(Refused::nearer(refused, why)),
            }
        }
    }
    Err(refused.map_or_else(|| "no signature fits".to_owned(), |why| why.to_string()))
}

/// Whether those who gave something have the authority together.
fn enough(
    given: Vec<(String, Proof)>,
    refused: Option<String>,
    benches: &[Bench],
    what: impl Fn() -> String,
) -> Result<Vec<(String, Proof)>, String> {
    let on = |bench: &Bench| {
        given.iter().filter(|(person, _)| bench.people.as_ref().is_none_or(|people| people.contains(person))).count()
    };
    if benches.iter().any(|bench| on(bench) >= bench.quorum) {
        return Ok(given);
    }
    Err(match (given.as_slice(), refused) {
        ([], Some(why)) => why,
        (_, Some(why)) if benches.iter().any(|bench| on(bench) > 0) => {
            format!("{}; {why}", short_of(benches, &on, &what()))
        }
        ([], None) => format!("{} names nobody who approves", what()),
        (given, _) if benches.iter().all(|bench| on(bench) == 0) => {
            let people: Vec<&str> = given.iter().map(|(person, _)| person.as_str()).collect();
            format!("{} has no authority over this", people.join(" and "))
        }
        _ => short_of(benches, &on, &what()),
    })
}

fn short_of(benches: &[Bench], on: &dyn Fn(&Bench) -> usize, what: &str) -> String {
    let nearest = benches.iter().filter(|bench| on(bench) > 0).min_by_key(|bench| bench.quorum - on(bench));
    nearest.map_or_else(
        || format!("nobody has the authority over this that {what} would need"),
        |bench| format!("{what} has {} of the {} approvers that it takes", on(bench), bench.quorum),
    )
}

/// A record in a sentence: `the approval a1`.
pub(super) fn name(terms: &Terms) -> String {
    format!("the {} {}", terms.kind.as_str(), terms.id)
}

/// What a record of a kind is asked for is never asked of another kind.
#[must_use]
pub(super) fn asked<'f>(record: RecordKind, finding: &'f crate::gate::Finding) -> Asked<'f> {
    let conflict = finding.conflict.iter().map(|conflict| &*conflict.id);
    Asked {
        record,
        severity: finding.severity,
        policy: &finding.policy,
        about: conflict.chain(finding.duties.iter().map(|duty| &*duty.id)).collect(),
        systems: finding.systems.iter().map(|system| &**system).collect(),
        scopes: finding.extent.0.iter().map(|part| &part.scope).collect(),
    }
}
