//! `countersign review status`.

use clap::Args;

use super::{count, find, short};
use crate::cli::error::CliError;
use crate::cli::model::{Model, ModelArgs};
use crate::cli::table::{self, ListFormat};
use crate::cli::{Env, Exit};
use crate::history::{CampaignReport, reviews};
use crate::rules::day;

/// Say what was decided, what is late, and what was revoked and is still there.
///
/// What became of each item is read from what the tree declares. That something was decided shows that somebody decided it, and
/// nothing more: whether the control operated is for whoever tests it.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  countersign review status
  countersign review status UAR-2026Q4 --as-of 2026-12-01T00:00:00Z
  countersign review status --head main --format json

Exit status: 0 whatever it says; what stops a change are CS-REVIEW-001 to CS-REVIEW-007")]
pub struct StatusArgs {
    /// The access review; none means all of them.
    id: Option<String>,
    /// How it is written.
    #[arg(long, value_enum, default_value = "table")]
    format: ListFormat,
    #[command(flatten)]
    model: ModelArgs,
}

/// Runs the command.
pub(super) fn run(args: &StatusArgs, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let model = Model::open(&args.model, None, env)?;
    let mut all = reviews(&model.rules.records, &model.graph, model.as_of);
    if let Some(id) = &args.id {
        find(&model.rules, id)?;
        all.campaigns.retain(|own| own.id == *id);
    }
    match args.format {
        ListFormat::Json => table::print_json(env, &all)?,
        ListFormat::Csv => {
            let rows: Vec<Vec<String>> = all.campaigns.iter().flat_map(rows).collect();
            table::print(env, &table::rows_csv(&HEADER, &rows))?;
        }
        ListFormat::Table if all.campaigns.is_empty() => {
            table::print(env, "there is no access review; `countersign review open --id ID --due DAY` opens one\n")?;
        }
        ListFormat::Table => {
            let shown: Vec<String> = all.campaigns.iter().map(human).collect();
            table::print(env, &shown.join("\n"))?;
        }
    }
    Ok(Exit::Clean)
}

const HEADER: [&str; 11] = [
    "campaign",
    "due",
    "closed",
    "reviewer",
    "items",
    "decided",
    "kept",
    "revoked",
    "modified",
    "abstained",
    "overdue",
];

fn rows(campaign: &CampaignReport) -> Vec<Vec<String>> {
    let closed = campaign.closed.map(|at| table::instant(at.seconds())).unwrap_or_default();
    let reviewers = campaign.reviewers.iter().map(|own| {
        let counts = [own.items, own.decided, own.kept, own.revoked, own.modified, own.abstained, own.overdue];
        let mut row =
            vec![campaign.id.clone(), campaign.due.clone(), closed.clone(), own.reviewer.clone().unwrap_or_default()];
        row.extend(counts.iter().map(ToString::to_string));
        row
    });
    reviewers.collect()
}

fn human(campaign: &CampaignReport) -> String {
    let state = match campaign.closed {
        Some(at) => format!("closed on {}", day(at.seconds())),
        None if campaign.overdue > 0 => format!("late since {}", campaign.late_from),
        None => "open".to_owned(),
    };
    let mut text = format!(
        "{}  {state}\nopened on {} over {} at {}; due {}, late from {}\n\n",
        campaign.id,
        day(campaign.opened.seconds()),
        count(campaign.items, "item"),
        short(&campaign.commit),
        campaign.due,
        campaign.late_from,
    );
    let to_do = campaign.revoked + campaign.modified;
    let flagged_kept = "flagged and kept without a reason";
    // What is never nothing to hear stands there always; the rest only when there is some of it.
    let lines: [(&str, usize, usize, &str, bool); 11] = [
        ("decided", campaign.decided, campaign.items, "items", true),
        ("kept", campaign.kept, campaign.decided, "decided", true),
        ("to be revoked", campaign.revoked, campaign.decided, "decided", true),
        ("to be modified", campaign.modified, campaign.decided, "decided", true),
        ("revoked or modified in the tree", campaign.executed, to_do, "to be revoked or modified", true),
        ("not yet, and past their time", campaign.not_executed_late, to_do, "to be revoked or modified", to_do > 0),
        ("abstained", campaign.abstained, campaign.items, "items", campaign.abstained > 0),
        ("undecided and late", campaign.overdue, campaign.items, "items", campaign.overdue > 0),
        ("decided late", campaign.decided_late, campaign.items, "items", campaign.decided_late > 0),
        ("kept and changed since", campaign.stale, campaign.kept, "kept", campaign.stale > 0),
        ("decided by whose access it is", campaign.self_reviewed, campaign.items, "items", campaign.self_reviewed > 0),
    ];
    for (what, number, of, noun, shown) in lines {
        if shown {
            text.push_str(&format!("  {what:<32} {number} of {of} {noun}\n"));
        }
    }
    if campaign.unexplained > 0 {
        text.push_str(&format!("  {flagged_kept:<32} {} of {} flagged\n", campaign.unexplained, campaign.flagged));
    }
    text.push('\n');
    let rows: Vec<Vec<String>> = campaign
        .reviewers
        .iter()
        .map(|own| {
            let left = own.items - own.decided - own.abstained;
            let who = own.reviewer.clone().unwrap_or_else(|| "nobody".to_owned());
            let counts = [own.items, own.kept, own.revoked, own.modified, own.abstained, left];
            std::iter::once(who).chain(counts.iter().map(ToString::to_string)).collect()
        })
        .collect();
    let header = ["asked", "items", "keep", "revoke", "modify", "abstain", "undecided"];
    text.push_str(&table::aligned(&header, &rows));
    if !campaign.remaining.is_empty() {
        text.push_str("\nstill there:\n");
    }
    for item in &campaign.remaining {
        text.push_str(&format!(
            "  {} of {}: {} by {} on {}, to be done before {}\n",
            item.what,
            item.principal,
            match item.decision {
                crate::rules::ItemDecision::Modify => "to be modified, decided",
                _ => "revoked",
            },
            item.by,
            day(item.decided.seconds()),
            day(item.by_then.seconds()),
        ));
    }
    for file in &campaign.altered {
        text.push_str(&format!("\n{file} is not as it was when this was closed\n"));
    }
    text
}
