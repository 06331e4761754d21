//! `countersign exception`.

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Map, Value, json};

use super::super::imports::ImportArgs;
use super::approval::next_steps;
use super::decision::DecisionArgs;
use super::subject::{Wanted, abouts, find};
use super::{PlaceArgs, file, list, sign};
use crate::cli::error::CliError;
use crate::cli::{Env, Exit, table};
use crate::gate::{Meanings, extent_entries};
use crate::rules::{Disposition, RecordKind, RuleFile};
use crate::store::write_durably;
use crate::syntax::{decode, parse};

/// Write, sign, list, renew and end exceptions.
#[derive(Debug, Subcommand)]
pub enum ExceptionCommand {
    /// Write an exception to one exact finding.
    New(Box<NewArgs>),
    /// Sign an exception with an SSH key.
    Sign(sign::SignArgs),
    /// List the exceptions and what became of each.
    List(list::ListArgs),
    /// Check the signatures of exceptions.
    Verify(list::VerifyArgs),
    /// Let an exception hold longer; it must be signed again.
    Renew(RenewArgs),
    /// End an exception now, by a decision to revoke it.
    Expire(ExpireArgs),
}

/// How often a control operates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FrequencyArg {
    // No documentation comments: each would turn into a paragraph of the command's help.
    Daily,
    Weekly,
    Monthly,
    Quarterly,
}

impl FrequencyArg {
    fn as_str(self) -> &'static str {
        match self {
            Self::Daily => "daily",
            Self::Weekly => "weekly",
            Self::Monthly => "monthly",
            Self::Quarterly => "quarterly",
        }
    }
}

#[derive(Debug, Args)]
pub struct NewArgs {
    /// The policy of the finding.
    policy: String,
    /// The finding's subject: `person:ID`, `service:ID`, `role:SYSTEM/NAME` …
    #[arg(long, value_name = "ID")]
    subject: String,
    /// The finding's conflict, duty or credential, where the subject has several.
    #[arg(long, value_name = "ID")]
    about: Option<String>,
    /// The finding's system, where the subject has several.
    #[arg(long, value_name = "ID")]
    system: Option<String>,
    /// Who approves; may be given several times.
    #[arg(long, value_name = "person:ID", required = true)]
    approver: Vec<String>,
    /// Who answers for it.
    #[arg(long, value_name = "person:ID")]
    owner: String,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// The compensating control's id in your own list.
    #[arg(long, value_name = "ID")]
    control: String,
    /// What the compensating control does.
    #[arg(long, value_name = "TEXT")]
    control_does: String,
    /// Who answers for the compensating control; default: the exception's owner.
    #[arg(long, value_name = "person:ID")]
    control_owner: Option<String>,
    /// Who operates it.
    #[arg(long, value_name = "person:ID")]
    monitor: String,
    /// How often.
    #[arg(long)]
    frequency: FrequencyArg,
    /// The ticket.
    #[arg(long)]
    ticket: Option<String>,
    /// The first day on which it counts; default: today.
    #[arg(long, value_name = "DAY")]
    not_before: Option<String>,
    /// The last day on which it counts; default: as long as the finding's severity allows, at most 90 days.
    #[arg(long, value_name = "DAY")]
    expires: Option<String>,
    /// Its id; default: made from the subject and what it is about.
    #[arg(long)]
    id: Option<String>,
    #[command(flatten)]
    place: PlaceArgs,
    #[command(flatten)]
    imports: ImportArgs,
}

#[derive(Debug, Args)]
pub struct RenewArgs {
    /// The exception's file or id.
    exception: String,
    /// The new last day.
    #[arg(long, value_name = "DAY")]
    expires: String,
    /// Why, if the reason has changed.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    place: PlaceArgs,
}

#[derive(Debug, Args)]
pub struct ExpireArgs {
    /// The exception's id.
    exception: String,
    #[command(flatten)]
    decision: DecisionArgs,
}

/// Runs the command.
pub(in crate::cli) fn run(command: &ExceptionCommand, env: &mut Env<'_>) -> Result<Exit, CliError> {
    match command {
        ExceptionCommand::New(args) => new(args, env),
        ExceptionCommand::Sign(args) => sign::run(RecordKind::Exception, args, env),
        ExceptionCommand::List(args) => list::run(RecordKind::Exception, args, env),
        ExceptionCommand::Verify(args) => list::verify(RecordKind::Exception, args, env),
        ExceptionCommand::Renew(args) => renew(args, env),
        ExceptionCommand::Expire(args) => expire(args, env),
    }
}

fn new(args: &NewArgs, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let judged = args.place.judge(&args.imports, env)?;
    let wanted = Wanted {
        policy: &args.policy,
        subject: &args.subject,
        about: args.about.as_deref(),
        system: args.system.as_deref(),
    };
    let finding = find(&judged.judgement, &wanted)?;
    let approvers = file::people("approver", &args.approver)?;
    let owner = file::person("owner", &args.owner)?;
    for (option, given, unwritten) in [("control", &args.control, "ID"), ("control-does", &args.control_does, "WHAT")] {
        if given.trim().is_empty() || given == unwritten {
            let message = format!("--{option} says nothing of the compensating control");
            return Err(CliError::other(message, "name the control that makes up for the finding, and what it does"));
        }
    }
    let control_owner = args.control_owner.as_ref().map(|who| file::person("control owner", who)).transpose()?;
    let meanings = Meanings::new(&judged.bundle, &judged.rules, judged.judgement.kinds());
    let most = i64::from(judged.rules.config.limits.exception_days(finding.severity));
    let about = abouts(finding).join("+");
    let mut spec = Map::new();
    let mut set = |key: &str, value: Value| spec.insert(key.to_owned(), value);
    set("policy", json!(args.policy));
    set("subject", json!(args.subject));
    if !about.is_empty() {
        set("about", json!(about));
    }
    set("finding", json!(finding.fingerprint.0));
    set("meaning", json!(meanings.of(finding)));
    set("extent", json!(extent_entries(&finding.extent)));
    set("owner", json!(owner));
    set("approver", file::one_or_many(&approvers));
    set("reason", json!(args.reason));
    set(
        "compensating_control",
        json!({
            "id": args.control,
            "description": args.control_does,
            "owner": control_owner.as_ref().unwrap_or(&owner),
            "monitor": file::person("monitor", &args.monitor)?,
            "frequency": args.frequency.as_str(),
        }),
    );
    if let Some(ticket) = &args.ticket {
        set("ticket", json!(ticket));
    }
    set("not_before", json!(file::day_or(args.not_before.as_deref(), judged.as_of, 0)?));
    // The last day belongs to it.
    set("expires", json!(file::day_or(args.expires.as_deref(), judged.as_of, most.min(90) - 1)?));
    let id = args.id.clone().unwrap_or_else(|| format!("{}-{about}", finding.subject.name));
    let document = file::document("Exception", &id, Value::Object(spec));
    let records = &judged.rules.records;
    let path = file::create(&judged.comparison.root, records, RecordKind::Exception, &id, &document)?;
    let text = next_steps(&path, "exception", &approvers) + &judged.of_strangers(&approvers);
    table::print(env, &text)?;
    Ok(Exit::Clean)
}

fn renew(args: &RenewArgs, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let (comparison, rules) = args.place.open(env)?;
    let terms = file::find(&rules.records, &comparison.root, &env.cwd, RecordKind::Exception, &args.exception)?;
    let renewals = rules.records.exceptions.iter().find(|own| own.terms.id == terms.id).map_or(0, |own| own.renewals);
    let most = rules.config.limits.renewals();
    if renewals >= most {
        return Err(CliError::other(
            format!("{} was renewed {renewals} times already, and {most} is the most", terms.id),
            "clear the finding, or raise `limits.exceptions.max_renewals` in countersign.yaml",
        ));
    }
    let mut document = one_document(&terms.file)?;
    let spec = document.get_mut("spec").and_then(Value::as_object_mut);
    let Some(spec) = spec else {
        return Err(CliError::other(format!("{} has no `spec`", terms.file.path), "write it anew"));
    };
    let as_of = args.place.as_of(env)?;
    spec.insert("not_before".to_owned(), json!(file::day_or(None, as_of, 0)?));
    spec.insert("expires".to_owned(), json!(file::day_or(Some(&args.expires), as_of, 0)?));
    spec.insert("renewals".to_owned(), json!(renewals + 1));
    if let Some(reason) = &args.reason {
        spec.insert("reason".to_owned(), json!(reason));
    }
    let text = file::readable(&rules.records, &terms.file.path, &document)?;
    write_durably(&comparison.root.join(&*terms.file.path), text.as_bytes()).map_err(CliError::Store)?;
    // What was signed was the old term.
    for signature in &terms.signatures {
        std::fs::remove_file(comparison.root.join(&*signature.path))?;
    }
    table::print(env, &next_steps(&terms.file.path, "exception", &terms.approvers))?;
    Ok(Exit::Clean)
}

/// The only document of a file.
fn one_document(file: &RuleFile) -> Result<Value, CliError> {
    let documents = parse(&file.bytes).unwrap_or_default();
    match documents.as_slice() {
        [one] => decode(one).map_err(|error| CliError::Other { message: error.message, help: error.help }),
        _ => Err(CliError::other(
            format!("{} holds several documents", file.path),
            "change `expires` and `renewals` in the file, and have it signed again",
        )),
    }
}

fn expire(args: &ExpireArgs, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let (comparison, rules) = args.decision.place.open(env)?;
    let terms = file::find(&rules.records, &comparison.root, &env.cwd, RecordKind::Exception, &args.exception)?;
    let (about, at) = ((RecordKind::Exception, terms.id.as_str()), (&comparison, &rules));
    let mut text = args.decision.write(about, Disposition::Revoke, at, "", env)?;
    text.push_str(&format!("{} no longer holds once this is committed\n", terms.id));
    table::print(env, &text)?;
    Ok(Exit::Clean)
}
