//! The section of access reviews. That somebody decided shows that they decided, and no more.

use super::super::declared::Declared;
use super::super::words::counted;
use super::{Cell, Sheet, number, words};
use crate::history::{CampaignReport, ReviewerReport};

/// Each access review by reviewer.
pub(super) fn reviews(declared: &Declared) -> Sheet {
    let all = &declared.reviews;
    let sum = |of: fn(&CampaignReport) -> usize| all.iter().map(of).sum::<usize>();
    let items = sum(|own| own.items);
    let row = |own: &CampaignReport, reviewer: &ReviewerReport| {
        vec![
            Cell::text(&own.id),
            Cell::At(Some(own.opened)),
            Cell::text(&own.due),
            Cell::At(own.closed),
            Cell::Text(reviewer.reviewer.clone().unwrap_or_else(|| "nobody".to_owned())),
            Cell::count(reviewer.items as u64),
            Cell::count(reviewer.decided as u64),
            Cell::count(reviewer.kept as u64),
            Cell::count(reviewer.revoked as u64),
            Cell::count(reviewer.modified as u64),
            Cell::count(reviewer.abstained as u64),
            Cell::count(reviewer.overdue as u64),
        ]
    };
    let rows = all.iter().flat_map(|own| own.reviewers.iter().map(move |reviewer| row(own, reviewer)));
    let after: usize = sum(|own| own.executed) + sum(|own| own.not_executed);
    Sheet {
        id: "reviews",
        title: "Access reviews",
        lead: format!(
            "{}: {} of {items} items decided, {} of them after the day; {} overdue, {} changed since they were frozen, {} \
             decided by whom they are about, {} of {} flagged ones kept without a reason or undecided. Of {after} that were \
             to go or to change, {} did, and {} are as they were, {} of these past their day. A decision shows that somebody \
             decided; whether the control operated is for whoever tests it.",
            counted(all.len() as u64, "access review", "access reviews"),
            sum(|own| own.decided),
            sum(|own| own.decided_late),
            sum(|own| own.overdue),
            sum(|own| own.stale),
            sum(|own| own.self_reviewed),
            sum(|own| own.unexplained),
            sum(|own| own.flagged),
            sum(|own| own.executed),
            sum(|own| own.not_executed),
            sum(|own| own.not_executed_late),
        ),
        caption: "Access reviews by reviewer, as the tip of the branch has them",
        columns: vec![
            words("Review", "review"),
            words("Opened", "opened"),
            words("Due", "due"),
            words("Closed", "closed"),
            words("Reviewer", "reviewer"),
            number("Items", "items"),
            number("Decided", "decided"),
            number("Kept", "kept"),
            number("Revoked", "revoked"),
            number("Modified", "modified"),
            number("Abstained", "abstained"),
            number("Overdue", "overdue"),
        ],
        rows: rows.collect(),
        none: "0 access reviews are on the branch.".to_owned(),
    }
}
