//! Access reviews as of an instant: what was decided, by whom, and what came of it.
//!
//! Every count stands beside what it is a part of. That something was decided shows that somebody decided it: whether
//! the control operated is for whoever tests it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::access::Graph;
use crate::gate::{ItemNow, standing};
use crate::rules::{Campaign, Covers, Day, Instant, ItemDecision, Records};

/// The schema that the document names.
pub const REVIEW_SCHEMA: &str = "countersign.dev/review/v1";

/// Every campaign of a tree as of an instant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reviews {
    /// What the document is.
    pub schema: String,
    /// As of when.
    pub as_of: Instant,
    /// The campaigns, by when they were opened.
    pub campaigns: Vec<CampaignReport>,
}

/// One campaign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CampaignReport {
    /// Its id.
    pub id: String,
    /// When it was opened.
    pub opened: Instant,
    /// The commit whose access was frozen.
    pub commit: String,
    /// What of the tree it covers.
    pub covers: Covers,
    /// The last day for decisions.
    pub due: String,
    /// The first day on which it is late.
    pub late_from: String,
    /// When it was closed.
    pub closed: Option<Instant>,
    /// How many days after the decision revoked access may still be there.
    pub revoke_within_days: u32,
    /// How many items were frozen: what every other count is a part of.
    pub items: usize,
    /// How many were frozen that take part in a conflict or give a privileged duty.
    pub flagged: usize,
    /// How many somebody decided: kept, revoked or modified.
    pub decided: usize,
    /// How many are to stay.
    pub kept: usize,
    /// How many are to go.
    pub revoked: usize,
    /// How many are to become others.
    pub modified: usize,
    /// About how many whoever was asked abstained, and nobody else decided.
    pub abstained: usize,
    /// About how many nobody has said anything.
    pub undecided: usize,
    /// About how many nobody could be asked.
    pub unassigned: usize,
    /// How many were kept and have changed since they were frozen.
    pub stale: usize,
    /// How many are undecided although it is late.
    pub overdue: usize,
    /// How many were decided after it was late.
    pub decided_late: usize,
    /// How many were decided by somebody whose access it is.
    pub self_reviewed: usize,
    /// How many flagged items were kept without a reason.
    pub unexplained: usize,
    /// Of those to go or to change: how many have, in this tree.
    pub executed: usize,
    /// Of those to go or to change: how many have not.
    pub not_executed: usize,
    /// Of those that have not: how many should have by now.
    pub not_executed_late: usize,
    /// Files that are not as they were when it was closed.
    pub altered: Vec<String>,
    /// By whom was asked.
    pub reviewers: Vec<ReviewerReport>,
    /// What was to go or to change and has not.
    pub remaining: Vec<RemainingReport>,
}

/// One reviewer's part.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReviewerReport {
    /// Who was asked: `person:ID`. Nobody, where nobody could be.
    pub reviewer: Option<String>,
    /// About how many items.
    pub items: usize,
    /// How many of them somebody decided.
    pub decided: usize,
    /// How many of them are to stay.
    pub kept: usize,
    /// How many of them are to go.
    pub revoked: usize,
    /// How many of them are to become others.
    pub modified: usize,
    /// About how many of them they abstained.
    pub abstained: usize,
    /// How many of them are undecided although it is late.
    pub overdue: usize,
}

/// What was to go or to change and has not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RemainingReport {
    /// The item.
    pub item: String,
    /// Who holds it.
    pub principal: String,
    /// What is held.
    pub what: String,
    /// What was decided: revoke or modify.
    pub decision: ItemDecision,
    /// By whom.
    pub by: String,
    /// When.
    pub decided: Instant,
    /// By when it has to have happened.
    pub by_then: Instant,
    /// What this tree holds of it.
    pub now: String,
}

/// The JSON Schema of the document.
#[must_use]
pub fn reviews_schema() -> schemars::Schema {
    schemars::schema_for!(Reviews)
}

/// Every campaign of some records as of an instant, held against what a tree declares.
#[must_use]
pub fn reviews(records: &Records, graph: &Graph, as_of: i64) -> Reviews {
    let mut campaigns: Vec<&Campaign> = records.campaigns.iter().collect();
    campaigns.sort_by(|a, b| (a.opening.opened, &a.id).cmp(&(b.opening.opened, &b.id)));
    let campaigns = campaigns.into_iter().map(|campaign| campaign_report(campaign, graph, as_of)).collect();
    Reviews { schema: REVIEW_SCHEMA.to_owned(), as_of: Instant::from_seconds(as_of), campaigns }
}

/// One campaign as of an instant. Decisions and a closing that come later than that do not count yet.
#[must_use]
pub fn campaign_report(campaign: &Campaign, graph: &Graph, as_of: i64) -> CampaignReport {
    let opening = &campaign.opening;
    let day = |at: i64| Day::of(at).map(|day| day.to_string()).unwrap_or_default();
    let closed = campaign.closing.as_ref().map(|closing| closing.at).filter(|at| *at <= as_of);
    let is_late = closed.is_none() && as_of >= campaign.late_from();
    let mut report = CampaignReport {
        id: campaign.id.clone(),
        opened: Instant::from_seconds(opening.opened),
        commit: opening.commit.clone(),
        covers: opening.covers.clone(),
        due: day(opening.due_until - 1),
        late_from: day(campaign.late_from()),
        closed: closed.map(Instant::from_seconds),
        revoke_within_days: opening.revoke_within_days,
        items: campaign.items.len(),
        flagged: 0,
        decided: 0,
        kept: 0,
        revoked: 0,
        modified: 0,
        abstained: 0,
        undecided: 0,
        unassigned: 0,
        stale: 0,
        overdue: 0,
        decided_late: 0,
        self_reviewed: 0,
        unexplained: 0,
        executed: 0,
        not_executed: 0,
        not_executed_late: 0,
        altered: campaign.altered.clone(),
        reviewers: Vec::new(),
        remaining: Vec::new(),
    };
    let mut reviewers: BTreeMap<Option<&String>, ReviewerReport> = BTreeMap::new();
    let decisions = campaign.decisions();
    for (item, now) in campaign.items.iter().zip(standing(graph, campaign, as_of)) {
        let own = reviewers.entry(item.reviewer.as_ref()).or_default();
        own.items += 1;
        let flagged = item.flags().next().is_some();
        report.flagged += usize::from(flagged);
        report.unassigned += usize::from(item.reviewer.is_none());
        let Some((file, decided)) = decisions.get(&item.item).filter(|(_, decided)| decided.at <= as_of) else {
            report.undecided += 1;
            report.overdue += usize::from(is_late);
            own.overdue += usize::from(is_late);
            continue;
        };
        report.decided_late += usize::from(decided.at >= campaign.late_from());
        report.self_reviewed += usize::from(item.subjects.contains(&file.reviewer));
        if decided.decision == ItemDecision::Abstain {
            report.abstained += 1;
            own.abstained += 1;
            continue;
        }
        report.decided += 1;
        own.decided += 1;
        let done = match decided.decision {
            ItemDecision::Keep => {
                report.kept += 1;
                own.kept += 1;
                report.stale += usize::from(closed.is_none() && now == ItemNow::Changed);
                report.unexplained += usize::from(flagged && decided.reason.is_empty());
                continue;
            }
            ItemDecision::Abstain => continue,
            ItemDecision::Revoke => {
                report.revoked += 1;
                own.revoked += 1;
                now == ItemNow::Gone
            }
            ItemDecision::Modify => {
                report.modified += 1;
                own.modified += 1;
                now != ItemNow::Same
            }
        };
        if done {
            report.executed += 1;
            continue;
        }
        let by_then = decided.at + i64::from(opening.revoke_within_days) * 86_400;
        report.not_executed += 1;
        report.not_executed_late += usize::from(as_of >= by_then);
        report.remaining.push(RemainingReport {
            item: item.item.to_string(),
            principal: item.principal.clone(),
            what: item.what.clone(),
            decision: decided.decision,
            by: file.reviewer.clone(),
            decided: Instant::from_seconds(decided.at),
            by_then: Instant::from_seconds(by_then),
            now: now.as_str().to_owned(),
        });
    }
    report.reviewers =
        reviewers.into_iter().map(|(reviewer, own)| ReviewerReport { reviewer: reviewer.cloned(), ..own }).collect();
    report
}
