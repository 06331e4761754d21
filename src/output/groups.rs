//! Which findings are said together: one cause is printed once.

use std::collections::BTreeMap;

use super::check::FindingReport;
use crate::gate::SubjectKind;
use crate::rules::Enforcement;

/// Findings with one cause.
#[derive(Debug)]
pub(super) struct FindingGroup<'a> {
    /// The one to print: the role's own finding if it has one.
    pub(super) lead: &'a FindingReport,
    /// The others: mostly people who hold the role.
    pub(super) others: Vec<&'a FindingReport>,
}

impl<'a> FindingGroup<'a> {
    /// A finding by itself.
    pub(super) fn one(lead: &'a FindingReport) -> Self {
        Self { lead, others: Vec::new() }
    }

    /// How many findings it stands for.
    pub(super) fn len(&self) -> usize {
        1 + self.others.len()
    }
}

/// Groups findings by cause, in the order of the first of each.
pub(super) fn group<'a>(findings: impl IntoIterator<Item = &'a FindingReport>) -> Vec<FindingGroup<'a>> {
    let mut groups: Vec<FindingGroup<'a>> = Vec::new();
    let mut known = BTreeMap::new();
    for finding in findings {
        let Some(cause) = cause(finding) else {
            groups.push(FindingGroup::one(finding));
            continue;
        };
        let number = *known.entry(cause).or_insert(groups.len());
        match groups.get_mut(number) {
            Some(group)
                if finding.subject.kind == SubjectKind::Role && group.lead.subject.kind != SubjectKind::Role =>
            {
                group.others.insert(0, group.lead);
                group.lead = finding;
            }
            Some(group) => group.others.push(finding),
            None => groups.push(FindingGroup::one(finding)),
        }
    }
    groups
}

/// What makes findings one group: the role, what it gives, and what the gate makes of them.
fn cause(finding: &FindingReport) -> Option<impl Ord + '_> {
    let role = match finding.subject.kind {
        SubjectKind::Role => &finding.subject.id,
        _ => finding.explained_by.as_ref()?,
    };
    let about: Vec<&str> = match &finding.conflict {
        Some(conflict) => vec![&conflict.id],
        None => finding.duties.iter().map(|duty| &*duty.id).collect(),
    };
    // An approval or a lapse is one holder's own, so those are not said of others.
    let decision = (finding.decision.blocks, finding.decision.enforcement, finding.decision.record.as_deref());
    // What is held indirectly is not what the role gives by itself.
    let indirect = finding.policy == "CS-SOD-003";
    (!about.is_empty()).then_some((role, about, indirect, finding.state, finding.change, finding.cause, decision))
}

/// Parts findings into those that stand for themselves and those for which a wider one speaks.
///
/// What the gate only records is left to the wider duty in any case: a role has its holders to speak for it. Anything
/// else only if the wider finding is there and weighs as much: one that blocks is never hidden behind one that does not.
pub(super) fn part_implied(findings: &[FindingReport]) -> (Vec<&FindingReport>, Vec<&FindingReport>) {
    let wide: BTreeMap<(&str, &str), bool> = findings
        .iter()
        .filter(|finding| finding.conflict.is_none() && finding.under.is_none())
        .filter_map(|finding| Some((finding, finding.duties.first()?)))
        .fold(BTreeMap::new(), |mut wide, (finding, duty)| {
            *wide.entry((&*finding.subject.id, &*duty.id)).or_default() |= finding.decision.blocks;
            wide
        });
    findings.iter().partition(|finding| {
        let Some(under) = &finding.under else { return true };
        let recorded = finding.decision.enforcement == Enforcement::Record && !finding.decision.blocks;
        let speaker = wide.get(&(&*finding.subject.id, &**under));
        !recorded && speaker.is_none_or(|blocks| finding.decision.blocks && !blocks)
    })
}
