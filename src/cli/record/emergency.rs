//! `countersign emergency`.

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use super::approval::next_steps;
use super::decision::DecisionArgs;
use super::{PlaceArgs, file, judge, list, sign};
use crate::cli::check::READ_LIMIT;
use crate::cli::error::CliError;
use crate::cli::{Env, Exit, table};
use crate::gate::{Judged, State, rule_files};
use crate::rules::{Disposition, RecordKind, Rules};
use crate::source::{self, Head, Request};

const HOUR: i64 = 3_600;

/// Write, sign, list and review emergencies, and answer for what landed past the gate.
#[derive(Debug, Subcommand)]
pub enum EmergencyCommand {
    /// Write an emergency: access for hours, for an incident.
    New(Box<NewArgs>),
    /// Sign an emergency with an SSH key.
    Sign(sign::SignArgs),
    /// List the emergencies and what became of each.
    List(list::ListArgs),
    /// Check the signatures of emergencies.
    Verify(list::VerifyArgs),
    /// Write what somebody else decided about an emergency, afterwards.
    Review(ReviewArgs),
    /// Answer for a commit that landed past the gate: judge it now, and write down what it brought.
    Reconcile(ReconcileArgs),
}

#[derive(Debug, Args)]
pub struct NewArgs {
    /// The incident.
    #[arg(long)]
    incident: String,
    /// Who receives access: `person:ID` …
    #[arg(long, value_name = "ID")]
    subject: String,
    /// The conflict or duty that it is about; default: whatever the subject's findings are about.
    #[arg(long, value_name = "ID")]
    about: Option<String>,
    /// The system.
    #[arg(long, value_name = "ID")]
    system: Option<String>,
    /// Who issues it; may be given several times.
    #[arg(long, value_name = "person:ID", required = true)]
    approver: Vec<String>,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// For how many hours, from now.
    #[arg(long, value_name = "N")]
    hours: u32,
    /// Its id; default: made from the incident.
    #[arg(long)]
    id: Option<String>,
    #[command(flatten)]
    place: PlaceArgs,
}

#[derive(Debug, Args)]
pub struct ReviewArgs {
    /// The emergency's id.
    emergency: String,
    /// That it must end; default: that it was right.
    #[arg(long)]
    revoke: bool,
    #[command(flatten)]
    decision: DecisionArgs,
}

#[derive(Debug, Args)]
pub struct ReconcileArgs {
    /// The commit that landed.
    commit: String,
    /// The incident.
    #[arg(long)]
    incident: String,
    /// Who answers for it; may be given several times.
    #[arg(long, value_name = "person:ID", required = true)]
    approver: Vec<String>,
    /// Why it landed past the gate.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// For how many hours its access may stay, from now.
    #[arg(long, value_name = "N", default_value_t = 24)]
    hours: u32,
    /// Its id; default: made from the commit.
    #[arg(long)]
    id: Option<String>,
    #[command(flatten)]
    place: PlaceArgs,
}

/// Runs the command.
pub(in crate::cli) fn run(command: &EmergencyCommand, env: &mut Env<'_>) -> Result<Exit, CliError> {
    match command {
        EmergencyCommand::New(args) => new(args, env),
        EmergencyCommand::Sign(args) => sign::run(RecordKind::Emergency, args, env),
        EmergencyCommand::List(args) => list::run(RecordKind::Emergency, args, env),
        EmergencyCommand::Verify(args) => list::verify(RecordKind::Emergency, args, env),
        EmergencyCommand::Review(args) => review(args, env),
        EmergencyCommand::Reconcile(args) => reconcile(args, env),
    }
}

/// Hours that an emergency may last.
fn hours(asked: u32, rules: &Rules) -> Result<i64, CliError> {
    let most = rules.config.limits.emergency_hours();
    if asked == 0 || asked > most {
        return Err(CliError::other(
            format!("an emergency of {asked} hours is not one: {most} is the most"),
            "ask for an approval or an exception instead",
        ));
    }
    Ok(i64::from(asked))
}

fn new(args: &NewArgs, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let (comparison, rules) = args.place.open(env)?;
    let as_of = args.place.as_of(env)?;
    let hours = hours(args.hours, &rules)?;
    let approvers = file::people("approver", &args.approver)?;
    let mut spec = Map::new();
    let mut set = |key: &str, value: Value| spec.insert(key.to_owned(), value);
    set("incident", json!(args.incident));
    set("subject", json!(args.subject));
    for (key, value) in [("about", &args.about), ("system", &args.system)] {
        if let Some(value) = value {
            set(key, json!(value));
        }
    }
    set("approver", file::one_or_many(&approvers));
    set("reason", json!(args.reason));
    set("begins", json!(table::instant(as_of)));
    set("ends", json!(table::instant(as_of + hours * HOUR)));
    let id = args.id.clone().unwrap_or_else(|| args.incident.clone());
    let document = file::document("Emergency", &id, Value::Object(spec));
    let path = file::create(&comparison.root, &rules.records, RecordKind::Emergency, &id, &document)?;
    let days = rules.config.limits.review_days();
    let text = format!(
        "{}somebody else reviews it within {days} days: countersign emergency review {id}\n",
        next_steps(&path, "emergency", &approvers)
    );
    table::print(env, &text)?;
    Ok(Exit::Clean)
}

fn review(args: &ReviewArgs, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let (comparison, rules) = args.decision.place.open(env)?;
    let reviewer = file::person("reviewer", &args.decision.reviewer)?;
    let found = rules.records.emergencies.iter().find(|own| own.terms.id == args.emergency).ok_or_else(|| {
        let help = "`countersign emergency list` names them";
        CliError::other(format!("there is no emergency `{}`", args.emergency), help)
    })?;
    if found.terms.approvers.contains(&reviewer) || found.subject.as_ref() == Some(&reviewer) {
        return Err(CliError::other(format!("{reviewer} issued or used this emergency"), "somebody else reviews it"));
    }
    let (about, at) = ((RecordKind::Emergency, args.emergency.as_str()), (&comparison, &rules));
    let disposition = if args.revoke { Disposition::Revoke } else { Disposition::Keep };
    let unsigned = format!("commit it; it counts once {reviewer} approved the pull request\n");
    let text = args.decision.write(about, disposition, at, &unsigned, env)?;
    table::print(env, &text)?;
    Ok(Exit::Clean)
}

/// Judges a commit against its first parent by today's rules, and writes down what would have blocked.
fn reconcile(args: &ReconcileArgs, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let (work_tree, rules) = args.place.open(env)?;
    let as_of = args.place.as_of(env)?;
    let hours = hours(args.hours, &rules)?;
    let approvers = file::people("approver", &args.approver)?;
    let git = env.git();
    let parent = format!("{}^1", args.commit);
    let comparison = source::open(&Request {
        cwd: &env.cwd,
        path: &args.place.path,
        base: Some(&parent),
        head: Head::Revision(&args.commit),
        read_limit: READ_LIMIT,
        env: &git,
    })?;
    let commit = comparison.head.commit.clone().unwrap_or_default();
    let rules_then = Rules::load_in(&rule_files(comparison.rules_tree()), None, comparison.repository.as_ref())?;
    let judgement = judge(&comparison, &rules_then, as_of)?.1.judgement;
    let blocking = |own: &&Judged| own.decision.blocks && own.state == State::Introduced;
    let found: Vec<&Judged> = judgement.findings.iter().filter(blocking).collect();
    let landed = comparison.commits.iter().find(|own| own.id == commit).map(|own| own.at).ok_or_else(|| {
        CliError::other(format!("{} brings nothing of its own", args.commit), "name the commit that landed")
    })?;
    let id = args.id.clone().unwrap_or_else(|| format!("landed-{}", commit.get(..12).unwrap_or(&commit)));
    let document = file::document(
        "Emergency",
        &id,
        json!({
            "incident": args.incident,
            "landed": {
                "commit": commit,
                "at": table::instant(landed),
                "reconciled": table::instant(as_of),
                "findings": found.iter().map(|own| own.finding.fingerprint.0).collect::<Vec<_>>(),
            },
            "approver": file::one_or_many(&approvers),
            "reason": args.reason,
            "begins": table::instant(as_of),
            "ends": table::instant(as_of + hours * HOUR),
        }),
    );
    let path = file::create(&work_tree.root, &rules.records, RecordKind::Emergency, &id, &document)?;
    let mut text = format!("{} of {} would have blocked:\n", found.len(), judgement.findings.len());
    for own in found.iter().take(20) {
        text.push_str(&format!("  {} {}\n", own.finding.policy, own.finding.message));
    }
    let limit = i64::from(rules.config.limits.reconcile_hours());
    if as_of - landed > limit * HOUR {
        text.push_str(&format!("it landed more than {limit} hours ago: CS-GATE-002 will say so\n"));
    }
    text.push_str(&next_steps(&path, "emergency", &approvers));
    table::print(env, &text)?;
    Ok(Exit::Clean)
}
