//! Workloads that act as identities of clouds by their tokens: whether the trust that is written lets them.
//!
//! A job or service account says as whom it means to act; whether it may is said by the other side. Where both are in
//! the tree they are held against each other: a step that never works is none, and is told; one that works for some of
//! the ways in which the workload comes to its token holds under that condition. Trust that names a workload which does
//! not ask for it lets it in all the same.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::build::Builder;
use super::federation::{Federation, Verdict, verdict};
use super::graph::EdgeKind;
use super::link::canonical;
use super::units::Site;
use crate::facts::{Condition, Constrains, Facts, Gap, Holder, Native, TokenFact, TrustFact, Trusted, Validity};

/// The key of the condition under which a token gets its holder in.
const TOKEN: &str = "token";

/// Most pairs of a workload and an account that are looked at. A tree of 1,000 jobs with 100 roles that trust their
/// issuer has 100,000.
const MOST_PAIRS: usize = 500_000;

/// What both sides say.
#[derive(Default)]
pub(super) struct Asked<'f> {
    tokens: HashMap<Native, &'f TokenFact>,
    /// Whom each account lets in by tokens, with where.
    trusts: BTreeMap<Native, Vec<(Federation, Site)>>,
}

impl<'f> Asked<'f> {
    pub(super) fn of(facts: &'f [Arc<Facts>]) -> Self {
        let mut found = Self::default();
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
                    found.trusts.entry(canonical(&trust.target)).or_default().push((federation, site));
                }
            }
        }
        found
    }

    /// What the target makes of somebody who means to act as it. None where nothing here says.
    fn verdict(&self, trust: &TrustFact) -> Option<(Verdict, &'f TokenFact)> {
        let Trusted::Holder(Holder::Account(account)) = &trust.trusted else { return None };
        if account.system == trust.target.system || !trust.conditions.is_empty() {
            return None;
        }
        let token = self.tokens.get(&canonical(account))?;
        let trusts: Vec<Federation> =
            self.trusts.get(&canonical(&trust.target))?.iter().map(|(own, _)| own.clone()).collect();
        Some((verdict(&trusts, token)?, token))
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
        let mut pairs = 0;
        let index = Index::of(&asked);
        for (account, token) in tokens {
            let Some(from) = self.graph.find(&Holder::Account((*account).clone())) else { continue };
            for (target, trusts) in index.candidates(&asked, token) {
                pairs += 1;
                if pairs > MOST_PAIRS {
                    let Some((_, site)) = trusts.first() else { return };
                    let reason = format!("more than {MOST_PAIRS} pairs of workloads and accounts that trust tokens");
                    self.graph.gap(Gap::Unsupported, *site, reason, "some who may act by a token are not shown");
                    return;
                }
                let own: Vec<Federation> = trusts.iter().map(|(own, _)| own.clone()).collect();
                let (Some(verdict), Some((_, site))) = (verdict(&own, token), trusts.first()) else { continue };
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
                self.edge(from, to, EdgeKind::ActsAs, Validity::default(), conditions, *site);
            }
        }
    }
}

/// What stands behind the account's number in an ARN.
fn short(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

fn condition(text: String, constrains: Constrains) -> Condition {
    Condition::new(TOKEN, text, constrains)
}

type Trusts<'t> = (&'t Native, &'t Vec<(Federation, Site)>);

/// The accounts by the subject that they name, so that thousands of workloads and roles of a cluster are not all held
/// against each other.
struct Index<'t> {
    named: HashMap<&'t str, Vec<&'t Native>>,
    open: Vec<Trusts<'t>>,
}

impl<'t> Index<'t> {
    fn of(asked: &'t Asked<'_>) -> Self {
        let mut found = Self { named: HashMap::new(), open: Vec::new() };
        for (target, trusts) in &asked.trusts {
            let named: Option<Vec<&str>> =
                trusts.iter().map(|(own, _)| exact_subjects(own)).collect::<Option<Vec<_>>>().map(|all| all.concat());
            match named {
                Some(subjects) => {
                    for subject in subjects {
                        found.named.entry(subject).or_default().push(target);
                    }
                }
                None => found.open.push((target, trusts)),
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
