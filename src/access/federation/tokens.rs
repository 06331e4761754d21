//! Whether the tokens that a workload can have get through what an account asks of tokens.

use super::super::pattern::{covers, intersects};
use super::{ClaimTest, Federation, Issuer};
use crate::facts::{Text, TokenFact, TokenWay};

/// How the tokens of one way meet one trust; the greater lets in more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    /// None gets in.
    None,
    /// It cannot be told.
    Unknown,
    /// Some get in.
    Some,
    /// Each gets in.
    All,
}

/// What follows for a workload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It may act, however it comes to its token.
    Always,
    /// It may act when it comes to its token in one of these ways.
    When(Vec<Text>),
    /// It cannot be told.
    Unknown,
    /// It never may.
    Never,
}

impl Federation {
    /// Whether it is about tokens of this issuer, as far as that can be told.
    #[must_use]
    pub fn is_of(&self, issuer: &str) -> bool {
        match self.issuer.as_deref() {
            // A pool hides who issues; what is asked of the claims tells.
            None => true,
            Some(own) if issuer == "kubernetes" => self.is_kind(own, Issuer::Kubernetes),
            Some(own) if issuer == "gitlab" => self.is_kind(own, Issuer::GitLab),
            Some(own) => own.eq_ignore_ascii_case(issuer),
        }
    }

    fn is_kind(&self, host: &str, kind: Issuer) -> bool {
        match Issuer::of(host) {
            Issuer::Other => self.issuer_by_tests() == kind,
            own => own == kind,
        }
    }

    fn fit(&self, way: &TokenWay) -> Fit {
        self.tests.iter().map(|test| of_test(test, way)).min().unwrap_or(Fit::All)
    }
}

/// What all that lets tokens of an issuer in makes of a workload. None where nothing is about that issuer.
pub(in crate::access) fn verdict(trusts: &[Federation], token: &TokenFact) -> Option<Verdict> {
    let about: Vec<&Federation> = trusts.iter().filter(|trust| trust.is_of(&token.issuer)).collect();
    if about.is_empty() || token.ways.is_empty() {
        return None;
    }
    let best = |way: &TokenWay| about.iter().map(|trust| trust.fit(way)).max().unwrap_or(Fit::None);
    let fits: Vec<(Fit, &TokenWay)> = token.ways.iter().map(|way| (best(way), way)).collect();
    let every = |wanted: Fit| fits.iter().all(|(fit, _)| *fit == wanted);
    if every(Fit::All) {
        return Some(Verdict::Always);
    }
    if every(Fit::None) {
        return Some(Verdict::Never);
    }
    let mut when: Vec<Text> =
        fits.iter().filter(|(fit, _)| *fit >= Fit::Some).map(|(_, way)| way.when.clone()).collect();
    when.dedup();
    Some(if when.is_empty() { Verdict::Unknown } else { Verdict::When(when) })
}

fn of_test(test: &ClaimTest, way: &TokenWay) -> Fit {
    // Whoever asks for a token says for whom it is.
    if matches!(&*test.claim, "aud" | "iss") {
        return Fit::All;
    }
    let (Some(admits), Some(claim)) = (&test.admits, way.claims.get(&test.claim)) else { return Fit::Unknown };
    let some = if way.is_settled { Fit::Some } else { Fit::Unknown };
    // A star that is one is compared as any other character: no claim has it.
    let usable = |value: &Text| admits.wildcards || !value.contains(['*', '?']);
    let values = || admits.values.iter().filter(|value| usable(value));
    let touches = values().any(|value| intersects(value, claim, true));
    let within = values().any(|value| covers(value, claim, admits.folds));
    match (admits.negated, within, touches) {
        (false, true, _) | (true, _, false) => Fit::All,
        (false, _, false) | (true, true, _) => Fit::None,
        // Names that differ in case alone may be the same or not.
        _ if !values().any(|value| intersects(value, claim, admits.folds)) => Fit::Unknown,
        _ => some,
    }
}
