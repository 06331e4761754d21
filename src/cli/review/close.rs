//! `countersign review close`.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;

use super::{count, find};
use crate::cli::error::CliError;
use crate::cli::model::{Model, ModelArgs};
use crate::cli::{Env, Exit, table};
use crate::history::{CampaignReport, campaign_report};
use crate::rules::{CLOSING_FILE, Campaign, RecordKind, RuleFile, campaign_path};
use crate::store::{Digest, create_durably};

/// Write down what came of an access review, once everything is decided.
///
/// The closing names every file of the review with its digest. What is changed of them afterwards is CS-REVIEW-007; what was
/// revoked has to go within its days all the same.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  countersign review close UAR-2026Q4

Exit status: 0 closed, 1 something is undecided and nothing was written, 2 wrong usage")]
pub struct CloseArgs {
    /// The access review.
    id: String,
    #[command(flatten)]
    place: CloseAt,
}

/// Where and when it is closed.
#[derive(Debug, Args)]
struct CloseAt {
    /// The folder of the tree; in a git work tree its root is found.
    #[arg(long, value_name = "DIR", default_value = ".")]
    path: PathBuf,
    /// Close it as of this instant instead of now.
    #[arg(long, value_name = "RFC3339")]
    as_of: Option<String>,
}

/// Most undecided items that are told one by one.
const MOST: usize = 20;

/// Runs the command.
pub(super) fn run(args: &CloseArgs, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let model = Model::open(&ModelArgs::of_work_tree(&args.place.path, args.place.as_of.as_deref()), None, env)?;
    let campaign = find(&model.rules, &args.id)?;
    if campaign.closing.is_some() {
        return Err(CliError::other(
            format!("{} is closed", args.id),
            format!("`countersign review status {}` says what came of it", args.id),
        ));
    }
    let report = campaign_report(campaign, &model.graph, model.as_of);
    if report.undecided > 0 {
        table::print(env, &missing(campaign, &report, model.as_of))?;
        return Ok(Exit::Blocked);
    }
    let all = beside(campaign, &model.rules.records.files);
    let path = campaign_path(&args.id, CLOSING_FILE);
    let text = closing(campaign, &report, &all, model.as_of);
    if !create_durably(&model.comparison.root.join(&path), text.as_bytes()).map_err(CliError::Store)? {
        return Err(CliError::other(format!("{path} is there already"), "an access review is closed once"));
    }
    let unsigned: Vec<&str> = campaign
        .reviewers
        .iter()
        .filter(|file| file.terms.signatures.is_empty())
        .map(|file| &*file.terms.file.path)
        .collect();
    let mut text = format!(
        "wrote {path}\n{}: {} kept, {} to be revoked, {} to be modified, {} abstained\n",
        count(report.items, "item"),
        report.kept,
        report.revoked,
        report.modified,
        report.abstained
    );
    if report.not_executed > 0 {
        text.push_str(&format!(
            "{} still there; each has to go within {} days of its decision\n",
            count(report.not_executed, "item"),
            report.revoke_within_days
        ));
    }
    for path in unsigned {
        text.push_str(&format!("{path} is not signed: it counts by review, or once it has landed\n"));
    }
    text.push_str("commit it; nothing of the access review is edited from now on\n");
    table::print(env, &text)?;
    Ok(Exit::Clean)
}

/// What nobody has decided yet.
fn missing(campaign: &Campaign, report: &CampaignReport, as_of: i64) -> String {
    let decisions = campaign.decisions();
    let open = |item: &&crate::rules::FrozenItem| decisions.get(&item.item).is_none_or(|(_, own)| own.at > as_of);
    let mut text = format!(
        "{} cannot be closed: {} of {} undecided\n",
        campaign.id,
        report.undecided,
        count(report.items, "item")
    );
    for item in campaign.items.iter().filter(open).take(MOST) {
        let who = item.reviewer.as_deref().unwrap_or("nobody; an owner of the controls decides");
        let _ = writeln!(text, "  {} of {}, asked: {who}", item.what, item.principal);
    }
    if report.undecided > MOST {
        let _ = writeln!(text, "  and {} more", report.undecided - MOST);
    }
    text
}

/// The files of a campaign, signatures included, by name.
fn beside<'f>(campaign: &Campaign, files: &'f [RuleFile]) -> Vec<(&'f str, &'f RuleFile)> {
    let folder = format!("{}{}/", RecordKind::AccessReview.folder(), campaign.id);
    let mut all: Vec<(&str, &RuleFile)> =
        files.iter().filter_map(|file| Some((file.path.strip_prefix(folder.as_str())?, file))).collect();
    all.sort_by_key(|(name, _)| *name);
    all
}

fn closing(campaign: &Campaign, report: &CampaignReport, files: &[(&str, &RuleFile)], as_of: i64) -> String {
    let mut text = format!(
        "# What came of an access review. Nothing beside it is edited from now on.\n\
         apiVersion: countersign.dev/v1\nkind: AccessReviewClosing\nmetadata: {{campaign: \"{}\"}}\nspec:\n  \
         opening: \"{}\"\n  closed: {}\n  \
         items: {{all: {}, kept: {}, revoked: {}, modified: {}, abstained: {}}}\n  files:\n",
        campaign.id,
        campaign.digest,
        table::instant(as_of),
        report.items,
        report.kept,
        report.revoked,
        report.modified,
        report.abstained,
    );
    for (name, file) in files {
        let name = serde_json::Value::String((*name).to_owned());
        let _ = writeln!(text, "    - {{file: {name}, sha256: \"{}\"}}", Digest::of(&file.bytes));
    }
    text
}
