//! `countersign review open`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde_json::Value;

use super::sheet::{self, Campaign as Shown};
use super::{count, short};
use crate::access::Place;
use crate::cli::error::CliError;
use crate::cli::model::{Model, ModelArgs};
use crate::cli::{Env, Exit, check, table};
use crate::gate::{Addresses, Draft, Freezing, assign, freeze, may_review};
use crate::output::pretty;
use crate::rules::{
    CONFIG_FILE, Covers, Day, FrozenItem, FrozenItems, ITEMS_FILE, ITEMS_SCHEMA, Instant, LastChange, OPENING_FILE,
    ReviewerRule, campaign_path, is_campaign_id,
};
use crate::source::{LineChange, line_changes};
use crate::store::{Digest, create_durably};
use crate::syntax::LineIndex;

const KEEP: &str = "an access review that was opened is never written over: choose another --id";

/// Freeze what is declared at a commit, and write one file a reviewer.
///
/// An item is one role, or permissions without one, that one principal holds in one system on one scope. A person's manager
/// reviews what they hold, or else the owner of the system, as `reviews:` in countersign.yaml says; never the person, and never
/// whoever wrote the grant. Of a service identity it is its owner's manager, never whoever operates it.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  countersign review open --id UAR-2026Q4 --due 2026-11-30
  countersign review open --id ERP-2026Q4 --due 2026-11-30 --system 'netsuite*' --privileged
  countersign review open --id BOTS-2026 --due 2026-11-30 --principal 'service:*' --sheets csv

Exit status: 0 opened, 1 opened, and there are items that nobody can review,
             2 wrong usage, or nothing is declared that it covers")]
pub struct OpenArgs {
    /// Its id, which is the name of its folder under .countersign/campaigns/.
    #[arg(long)]
    id: String,
    /// The last day for decisions.
    #[arg(long, value_name = "DAY")]
    due: String,
    /// Review only what counts in this system, by id or glob; may be given several times.
    #[arg(long = "system", value_name = "ID")]
    systems: Vec<String>,
    /// Review only what this principal holds, by id or glob; may be given several times.
    #[arg(long = "principal", value_name = "ID")]
    principals: Vec<String>,
    /// Review only what gives a privileged duty or takes part in a conflict.
    #[arg(long)]
    privileged: bool,
    /// Who reviews; default: as countersign.yaml says, else manager.
    #[arg(long, value_enum, value_name = "RULE")]
    reviewer: Option<RuleWord>,
    /// How reviewers' files are written.
    #[arg(long, value_enum, default_value = "yaml")]
    sheets: SheetFormat,
    /// The commit whose access is frozen.
    #[arg(long, value_name = "REV", default_value = "HEAD")]
    head: String,
    /// The folder of the tree; in a git work tree its root is found.
    #[arg(long, value_name = "DIR", default_value = ".")]
    path: PathBuf,
    /// Open it as of this instant instead of now.
    #[arg(long, value_name = "RFC3339")]
    as_of: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum RuleWord {
    Manager,
    #[value(name = "system_owner")]
    SystemOwner,
}

/// How reviewers' files are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum SheetFormat {
    Yaml,
    Csv,
}

/// Runs the command.
pub(super) fn run(args: &OpenArgs, env: &mut Env<'_>) -> Result<Exit, CliError> {
    if !is_campaign_id(&args.id) {
        let help = "use letters, digits, `.`, `_` and `-`, as in UAR-2026Q4";
        return Err(CliError::other(format!("`{}` cannot be the id of an access review", args.id), help));
    }
    let opened = args.as_of.as_deref().map_or_else(|| Ok((env.now)()), check::instant)?;
    let due = day(&args.due)?;
    if due.ends() <= opened {
        return Err(CliError::other(format!("{due} is over"), "give a day to come with --due"));
    }
    let model = Model::open(&ModelArgs::of_revision(&args.path, &args.head, args.as_of.as_deref()), None, env)?;
    let Some(commit) = model.comparison.head.commit.clone() else {
        return Err(CliError::other("an access review freezes a commit, and this is none", "commit first"));
    };
    let covers =
        Covers { systems: args.systems.clone(), principals: args.principals.clone(), privileged: args.privileged };
    let rule = match args.reviewer {
        Some(RuleWord::Manager) => ReviewerRule::Manager,
        Some(RuleWord::SystemOwner) => ReviewerRule::SystemOwner,
        None => model.rules.config.reviews.reviewer,
    };
    let freezing = Freezing { matcher: &model.matcher(), records: &model.rules.records, covers: &covers };
    let mut drafts = freeze(&freezing).map_err(|message| CliError::other(message, "write `*` for any text"))?;
    if drafts.is_empty() {
        return Err(CliError::other(
            "nothing is declared that this access review covers",
            "`countersign access` lists who holds what; leave --system, --principal or --privileged out",
        ));
    }
    let changes = last_changes(&drafts, &model, &commit, env)?;
    assign(&mut drafts, &changes, &model.graph, rule, opened);
    let items: Vec<FrozenItem> = drafts.into_iter().map(|draft| draft.item).collect();
    let frozen = FrozenItems { schema: ITEMS_SCHEMA.to_owned(), campaign: args.id.clone(), items };
    let snapshot = pretty(&frozen);
    let items = &frozen.items;
    let shown = Shown {
        id: &args.id,
        commit: &commit,
        opened: table::instant(opened),
        due: due.to_string(),
        grace_days: model.rules.config.reviews.grace(),
        revoke_within_days: model.rules.config.reviews.revoke_within(),
        rule,
        covers: &covers,
    };
    let opening = shown.opening(items, &Digest::of(snapshot.as_bytes()));
    let digest = Digest::of(opening.as_bytes());
    let left: Vec<&FrozenItem> = items.iter().filter(|item| item.reviewer.is_none()).collect();
    let owners = &model.rules.authority.control_owners;
    // What nobody else can review the owners of the controls decide, each of them nothing of their own.
    let stand_in = |item: &FrozenItem| owners.iter().find(|own| may_review(item, own, &model.graph, opened));
    let mut parts: BTreeMap<String, Vec<&FrozenItem>> = BTreeMap::new();
    for item in items {
        if let Some(reviewer) = item.reviewer.as_ref().or_else(|| stand_in(item)) {
            parts.entry(reviewer.clone()).or_default().push(item);
        }
    }
    let root = model.comparison.root.clone();
    let mut written = Written { root: &root, paths: Vec::new() };
    written.file(&campaign_path(&args.id, OPENING_FILE), &opening)?;
    written.file(&campaign_path(&args.id, ITEMS_FILE), &snapshot)?;
    let mut rows = Vec::new();
    for (reviewer, part) in &parts {
        let (ending, text) = match args.sheets {
            SheetFormat::Yaml => ("yaml", shown.sheet(reviewer, part, &digest)),
            SheetFormat::Csv => ("csv", shown.table(reviewer, part, &digest)),
        };
        let path = campaign_path(&args.id, &sheet::file_name(reviewer, ending));
        written.file(&path, &text)?;
        let flagged = part.iter().filter(|item| item.flags().next().is_some()).count();
        rows.push(vec![reviewer.clone(), part.len().to_string(), flagged.to_string(), path]);
    }
    let principals: BTreeSet<&str> = items.iter().map(|item| item.principal.as_str()).collect();
    let systems: BTreeSet<&str> = items.iter().map(|item| item.system.as_str()).collect();
    let mut text = format!(
        "opened {}: {} of {} in {}, as declared at {}\ndue {due}, late {} days after; wrote {} and {}\n\n",
        args.id,
        count(items.len(), "item"),
        count(principals.len(), "principal"),
        count(systems.len(), "system"),
        short(&commit),
        shown.grace_days,
        campaign_path(&args.id, OPENING_FILE),
        ITEMS_FILE,
    );
    if !rows.is_empty() {
        text.push_str(&table::aligned(&["reviewer", "items", "flagged", "file"], &rows));
    }
    text.push_str(&left_out(&model));
    text.push_str(&unassigned(&left, &stand_in));
    text.push_str(&format!(
        "\ncommit these files. Reviewers write their decisions into theirs, and sign it:\n  \
         countersign review sign {}/ID --key FILE\nor approve the pull request that it comes with.\n  \
         countersign review status {}\nsays what is left.\n",
        args.id, args.id
    ));
    table::print(env, &text)?;
    Ok(if left.is_empty() { Exit::Clean } else { Exit::Blocked })
}

fn day(text: &str) -> Result<Day, CliError> {
    let day = serde_json::from_value(Value::String(text.to_owned()));
    day.map_err(|error: serde_json::Error| CliError::other(error.to_string(), "a day is written as 2026-12-31"))
}

/// Files that are made, none over another one.
struct Written<'w> {
    root: &'w Path,
    paths: Vec<PathBuf>,
}

impl Written<'_> {
    fn file(&mut self, path: &str, text: &str) -> Result<(), CliError> {
        let at = self.root.join(path);
        if let Some(folder) = at.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let made = match create_durably(&at, text.as_bytes()) {
            Ok(true) => {
                self.paths.push(at);
                return Ok(());
            }
            Ok(false) => CliError::other(format!("{path} is there already"), KEEP),
            Err(error) => CliError::Store(error),
        };
        // What was begun and cannot be finished is no access review.
        for path in &self.paths {
            let _ = std::fs::remove_file(path);
        }
        Err(made)
    }
}

/// What could not be told of the tree, and so is in no item.
fn left_out(model: &Model) -> String {
    let within: usize = model.reading.units.iter().map(|unit| unit.facts.unresolved.len()).sum();
    match within + model.reading.not_lowered.len() {
        0 => String::new(),
        number => format!(
            "\n{} could not be told of this tree, and what they grant is in no item: see countersign check --show unresolved\n",
            count(number, "thing")
        ),
    }
}

fn unassigned<'o>(left: &[&FrozenItem], stand_in: &dyn Fn(&FrozenItem) -> Option<&'o String>) -> String {
    if left.is_empty() {
        return String::new();
    }
    let mut text = format!("\nnobody can review {}:\n", count(left.len(), "item"));
    for item in left.iter().take(20) {
        let owner = stand_in(item).map(|own| format!(": {own} owns the controls, and finds it in their file"));
        text.push_str(&format!("  {} of {}{}\n", item.what, item.principal, owner.unwrap_or_default()));
    }
    if left.len() > 20 {
        text.push_str(&format!("  and {} more\n", left.len() - 20));
    }
    if left.iter().any(|item| stand_in(item).is_none()) {
        text.push_str(&format!(
            "name managers, owners of systems, or others under `authority.control_owners` in {CONFIG_FILE}, and open it again\n"
        ));
    }
    text
}

/// The commit that last changed each place, with whoever wrote it.
fn last_changes(
    drafts: &[Draft],
    model: &Model,
    commit: &str,
    env: &Env<'_>,
) -> Result<BTreeMap<Place, LastChange>, CliError> {
    let places: BTreeSet<&Place> = drafts.iter().flat_map(|draft| &draft.places).collect();
    let paths: BTreeSet<&str> = places.iter().map(|place| &*place.file).collect();
    let root = &model.comparison.root;
    let lines = line_changes(root, root, commit, paths, &env.git()).map_err(CliError::Source)?;
    let addresses = Addresses::of(model.graph.units.iter().flat_map(|unit| &unit.facts.people));
    let mut all = BTreeMap::new();
    let mut indexes: BTreeMap<&str, LineIndex<'_>> = BTreeMap::new();
    for place in places {
        let Some(changes) = lines.get(&*place.file) else { continue };
        let Some(bytes) = model.comparison.head.get(&place.file).and_then(|file| file.bytes()) else { continue };
        let index = indexes.entry(&place.file).or_insert_with(|| LineIndex::new(bytes));
        let line = |offset: u32| index.position(offset).line.saturating_sub(1) as usize;
        let (first, last) = (line(place.span.start), line(place.span.end.saturating_sub(1).max(place.span.start)));
        let touched = changes.get(first..=last.min(changes.len().saturating_sub(1))).unwrap_or_default();
        if let Some(change) = touched.iter().max_by_key(|change| change.at) {
            all.insert(place.clone(), told(change, &addresses));
        }
    }
    Ok(all)
}

fn told(change: &LineChange, addresses: &Addresses<'_>) -> LastChange {
    LastChange {
        commit: change.commit.clone(),
        at: Instant::from_seconds(change.at),
        author: change.name.clone(),
        person: addresses.owner(&change.email),
    }
}
