//! Workloads that act as identities of clouds by their tokens: whether the trust that is written lets them.
//!
//! A job or service account says as whom it means to act; whether it may is said by the other side. Where both are in
//! the tree they are held against each other: a step that never works is none, and is told; one that works for some of
//! the ways in which the workload comes to its token holds under that condition. Trust that names a workload which does
//! not ask for it lets it in all the same.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::build::Builder;
use super::federation::{ClaimTest, Federation, Verdict, verdict};
use super::graph::EdgeKind;
use super::link::canonical;
use super::units::Site;
use crate::facts::{Condition, Constrains, Facts, Gap, Holder, Native, TokenFact, TrustFact, Trusted, Validity};

/// The key of the condition under which a token gets its holder in.
const TOKEN: &str = "token";

/// Most comparisons of a way to a token with a value that trust tests. 1,000 jobs and 1,000 roles that each name one
/// repository make a million.
const MOST_TESTS: usize = 5_000_000;

/// What both sides say.
#[derive(Default)]
pub(super) struct Asked<'f> {
    tokens: HashMap<Native, &'f TokenFact>,
    /// Whom each account lets in by tokens.
    trusts: BTreeMap<Native, Lets>,
    /// How many comparisons may still be made.
    left: usize,
}

/// Whom one account lets in by tokens.
struct Lets {
    federations: Vec<Federation>,
    /// Where the first of them is written.
    site: Site,
    /// How many values all of them test.
    weight: usize,
}

impl<'f> Asked<'f> {
    pub(super) fn of(facts: &'f [Arc<Facts>]) -> Self {
        let mut found = Self { left: MOST_TESTS, ..Self::default() };
        for token in facts.iter().flat_map(|facts| &facts.tokens) {
            found.tokens.entry(canonical(&token.account)).or_insert(token);
        }
        if found.tokens.is_empty() {
            return found;
        }
        for (unit, facts) in (0u32..).zip(facts) {
            for trust in &facts.trusts {
                if let Some(federation) = Federation::of(&trust.trusted, &trust.conditions) {
                    let site = Site { unit, origin: trust.origin };
                    let lets = found.trusts.entry(canonical(&trust.target));
                    let lets = lets.or_insert_with(|| Lets { federations: Vec::new(), site, weight: 0 });
                    let values = |own: &ClaimTest| own.admits.as_ref().map_or(1, |admits| admits.values.len() + 1);
                    lets.weight += 1 + federation.tests.iter().map(values).sum::<usize>();
                    lets.federations.push(federation);
                }
            }
        }
        found
    }

    /// What the target makes of somebody who means to act as it. None where nothing here says.
    fn verdict(&mut self, trust: &TrustFact) -> Option<(Verdict, &'f TokenFact)> {
        let Trusted::Holder(Holder::Account(account)) = &trust.trusted else { return None };
        if account.system == trust.target.system || !trust.conditions.is_empty() {
            return None;
        }
        let token = *self.tokens.get(&canonical(account))?;
        let lets = self.trusts.get(&canonical(&trust.target))?;
        afford(&mut self.left, lets, token).then_some(())?;
        Some((verdict(&lets.federations, token)?, token))
    }
}

impl Builder<'_> {
    /// Under which further condition a step by a token counts. `Err` for one that never does, which is told.
    pub(super) fn by_token(&mut self, trust: &TrustFact, site: Site) -> Result<Option<Condition>, ()> {
        let Some((verdict, token)) = self.asked.verdict(trust) else { return Ok(None) };
        let name = short(&trust.target.name);
        match verdict {
            Verdict::Always => Ok(None),
            Verdict::When(ways) => Ok(Some(condition(
                format!("the trust of {name} lets its token in: {}", ways.join(", ")),
                Constrains::Yes,
            ))),
            Verdict::Unknown => {
                let text = format!("perhaps: what the trust of {name} asks of tokens is not all known here");
                Ok(Some(condition(text, Constrains::Unknown)))
            }
            Verdict::Never => {
                let own = token.ways.first().and_then(|way| way.claims.get("sub")).map_or("", |sub| sub);
                let more = if token.ways.len() > 1 { " or any other that it can have" } else { "" };
                let reason = format!(
                    "the trust of {name} does not let the subject of {} in (`{own}`{more})",
                    token.account.name
                );
                self.graph.gap(
                    Gap::Unknown,
                    site,
                    reason,
                    "it cannot act as that identity, and does not count as one who may",
                );
                Err(())
            }
        }
    }

    /// Workloads that an account lets in and that do not ask for it.
    pub(super) fn unasked(&mut self) {
        let asked = std::mem::take(&mut self.asked);
        let mut tokens: Vec<(&Native, &&TokenFact)> = asked.tokens.iter().collect();
        tokens.sort_by_key(|(account, _)| *account);
        let mut left = asked.left;
        let index = Index::of(&asked);
        for (account, token) in tokens {
            let Some(from) = self.graph.find(&Holder::Account((*account).clone())) else { continue };
            for (target, lets) in index.candidates(&asked, token) {
                if !afford(&mut left, lets, token) {
                    let reason = format!("tokens and trust in them take more than {MOST_TESTS} comparisons");
                    let lost = "whether trust lets in some who ask, or some who do not, is not known";
                    return self.graph.gap(Gap::Unsupported, lets.site, reason, lost);
                }
                let Some(verdict) = verdict(&lets.federations, token) else { continue };
                let text = match verdict {
                    Verdict::Always => "by a token, which it does not ask for here".to_owned(),
                    Verdict::When(ways) => {
                        format!("by a token, which it does not ask for here, of {}", ways.join(", "))
                    }
                    Verdict::Unknown | Verdict::Never => continue,
                };
                let to = self.holder(&Holder::Account(target.clone()));
                if self.graph.edges_of(from).iter().any(|edge| edge.to == to) {
                    continue;
                }
                let conditions = self.graph.intern_conditions(&[condition(text, Constrains::Yes)]);
                self.edge(from, to, EdgeKind::ActsAs, Validity::default(), conditions, lets.site);
            }
        }
    }
}

/// Takes what one verdict costs from what is left; whether that suffices. Once it does not, nothing is left.
fn afford(left: &mut usize, lets: &Lets, token: &TokenFact) -> bool {
    let rest = left.checked_sub(lets.weight.saturating_mul(token.ways.len()));
    *left = rest.unwrap_or(0);
    rest.is_some()
}

/// What stands behind the account's number in an ARN.
fn short(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

fn condition(text: String, constrains: Constrains) -> Condition {
    Condition::new(TOKEN, text, constrains)
}

type Trusts<'t> = (&'t Native, &'t Lets);

/// The accounts by the subject that they name, so that thousands of workloads and roles of a cluster are not all held
/// against each other.
struct Index<'t> {
    named: HashMap<&'t str, Vec<&'t Native>>,
    open: Vec<Trusts<'t>>,
}

impl<'t> Index<'t> {
    fn of(asked: &'t Asked<'_>) -> Self {
        let mut found = Self { named: HashMap::new(), open: Vec::new() };
        for (target, lets) in &asked.trusts {
            let named: Option<Vec<Vec<&str>>> = lets.federations.iter().map(exact_subjects).collect();
            match named.map(|all| all.concat()) {
                Some(subjects) => {
                    for subject in subjects {
                        found.named.entry(subject).or_default().push(target);
                    }
                }
                None => found.open.push((target, lets)),
            }
        }
        found
    }

    fn candidates(&self, asked: &'t Asked<'_>, token: &TokenFact) -> Vec<Trusts<'t>> {
        let subjects = || token.ways.iter().filter_map(|way| way.claims.get("sub"));
        if subjects().any(|subject| subject.contains('*')) {
            return asked.trusts.iter().collect();
        }
        let mut found: Vec<Trusts<'t>> = subjects()
            .filter_map(|subject| self.named.get(&**subject))
            .flatten()
            .filter_map(|target| asked.trusts.get_key_value(*target))
            .collect();
        found.extend(self.open.iter().copied());
        found
    }
}

/// The subjects that are let in, where each is named in full.
fn exact_subjects(federation: &Federation) -> Option<Vec<&str>> {
    let admits = federation.tests_of("sub").next()?.admits.as_deref()?;
    let is_plain = !admits.negated && !admits.folds && !admits.values.iter().any(|value| value.contains(['*', '?']));
    is_plain.then(|| admits.values.iter().map(|value| &**value).collect())
}
