//! What a change makes of each finding: introduced, existing or resolved, and by what.

use std::collections::{BTreeMap, BTreeSet};

use super::finding::{Cause, Change, Extent, ExtentPart, Finding, Fingerprint, State};
use super::outside::Outside;

/// A finding with its state, before anything is decided.
#[derive(Debug, Clone)]
pub(super) struct Compared {
    pub(super) finding: Finding,
    pub(super) state: State,
    pub(super) change: Option<Change>,
    pub(super) cause: Cause,
    pub(super) delta: Vec<ExtentPart>,
    /// Whether an imported export brings it, for which nobody's change answers.
    pub(super) from_outside: bool,
}

/// Compares head with base. `base` is judged under the union of both sides' links; `before` is base under its own
/// links, given only where those differ: what base had all along but could not see is revealed, by knowledge.
///
/// `head` is judged under what the target knows of systems; `revealed` is what head's own descriptions show instead.
/// `outside` tells what imported exports bring: head and base both have them, so that no change does.
pub(super) fn compare(
    head: Vec<Finding>,
    base: Option<Vec<Finding>>,
    before: Option<&[Finding]>,
    revealed: Vec<Finding>,
    outside: Option<&Outside>,
) -> Vec<Compared> {
    let Some(base) = base else {
        let own = |finding: Finding| match outside.is_some_and(|outside| outside.brings(&finding)) {
            true => existing(finding, true),
            false => introduced(finding, Change::New, Cause::Access, Vec::new()),
        };
        return head.into_iter().map(own).collect();
    };
    let mut base: BTreeMap<Fingerprint, Finding> =
        base.into_iter().map(|finding| (finding.fingerprint, finding)).collect();
    // What somebody held by themselves is no more when they hold it by way of something that they control.
    let direct = |finding: &Finding| finding.indirect.map(|indirect| indirect.direct);
    let direct_before: BTreeMap<Fingerprint, Extent> =
        head.iter().filter_map(&direct).filter_map(|own| Some((own, base.get(&own)?.extent.clone()))).collect();
    let before: Option<BTreeMap<Fingerprint, &Finding>> =
        before.map(|before| before.iter().map(|finding| (finding.fingerprint, finding)).collect());
    let mut all = Vec::with_capacity(head.len());
    let known: BTreeSet<Fingerprint> =
        head.iter().map(|finding| finding.fingerprint).chain(base.keys().copied()).collect();
    let revealed = revealed.into_iter().filter(|finding| !known.contains(&finding.fingerprint));
    all.extend(revealed.map(|finding| introduced(finding, Change::New, Cause::Knowledge, Vec::new())));
    for finding in head {
        let known = base.remove(&finding.fingerprint);
        if direct(&finding).and_then(|own| direct_before.get(&own)).is_some_and(|own| own.covers(&finding.extent)) {
            let from_outside = outside.is_some_and(|outside| outside.brings(&finding));
            all.push(existing(finding, from_outside));
            continue;
        }
        let Some(known) = known else {
            all.push(introduced(finding, Change::New, Cause::Access, Vec::new()));
            continue;
        };
        if !known.extent.covers(&finding.extent) {
            let delta = finding.extent.beyond(&known.extent).into_iter().cloned().collect();
            all.push(introduced(finding, Change::Widened, Cause::Access, delta));
            continue;
        }
        match before.as_ref().map(|before| before.get(&finding.fingerprint)) {
            Some(None) => all.push(introduced(finding, Change::New, Cause::Knowledge, Vec::new())),
            Some(Some(earlier)) if !earlier.extent.covers(&finding.extent) => {
                let delta = finding.extent.beyond(&earlier.extent).into_iter().cloned().collect();
                all.push(introduced(finding, Change::Widened, Cause::Knowledge, delta));
            }
            _ => {
                let from_outside = outside.is_some_and(|outside| outside.brings(&finding));
                all.push(existing(finding, from_outside));
            }
        }
    }
    all.extend(base.into_values().map(|finding| Compared {
        finding,
        state: State::Resolved,
        change: None,
        cause: Cause::Access,
        delta: Vec::new(),
        from_outside: false,
    }));
    all
}

fn introduced(finding: Finding, change: Change, cause: Cause, delta: Vec<ExtentPart>) -> Compared {
    Compared { finding, state: State::Introduced, change: Some(change), cause, delta, from_outside: false }
}

fn existing(finding: Finding, from_outside: bool) -> Compared {
    let (state, cause) = (State::Existing, Cause::Access);
    Compared { finding, state, change: None, cause, delta: Vec::new(), from_outside }
}
