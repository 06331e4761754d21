//! `countersign approval`.

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use super::super::imports::ImportArgs;
use super::subject::{Wanted, find};
use super::{PlaceArgs, file, list, sign};
use crate::cli::error::CliError;
use crate::cli::{Env, Exit, table};
use crate::gate::rules_digest;
use crate::rules::{REPOSITORY, RecordKind};

/// Write, sign, list and verify approvals.
#[derive(Debug, Subcommand)]
pub enum ApprovalCommand {
    /// Write an approval of a privileged duty, no wider than what is there; or of changed rules.
    New(Box<NewArgs>),
    /// Sign an approval with an SSH key.
    Sign(sign::SignArgs),
    /// List the approvals and what became of each.
    List(list::ListArgs),
    /// Check the signatures of approvals.
    Verify(list::VerifyArgs),
}

#[derive(Debug, Args)]
pub struct NewArgs {
    /// The policy whose finding is approved.
    #[arg(default_value = "CS-GRANT-001", conflicts_with = "rules")]
    policy: String,
    /// Who is approved: `person:ID`, `service:ID` …
    #[arg(long, value_name = "ID", required_unless_present_any = ["rules", "role"])]
    subject: Option<String>,
    /// Whoever receives the duty by this role alone: a standing approval.
    #[arg(long, value_name = "role:SYSTEM/NAME", conflicts_with = "subject", requires_all = ["duty", "system"])]
    role: Option<String>,
    /// The duty.
    #[arg(long, value_name = "ID")]
    duty: Option<String>,
    /// The system, where the duty is held in several.
    #[arg(long, value_name = "ID")]
    system: Option<String>,
    /// Approve the rules of this tree: of `countersign.yaml`, rulesets, policies and keys, whatever they changed.
    #[arg(long)]
    rules: bool,
    /// Who approves; may be given several times.
    #[arg(long, value_name = "person:ID", required = true)]
    approver: Vec<String>,
    /// Why.
    #[arg(long, value_name = "TEXT", required = true)]
    reason: String,
    /// The ticket.
    #[arg(long)]
    ticket: Option<String>,
    /// The first day on which it counts; default: today.
    #[arg(long, value_name = "DAY")]
    not_before: Option<String>,
    /// The last day on which it counts; default: 90 days from now.
    #[arg(long, value_name = "DAY")]
    expires: Option<String>,
    /// Its id; default: made from the subject and the duty.
    #[arg(long)]
    id: Option<String>,
    #[command(flatten)]
    place: PlaceArgs,
    #[command(flatten)]
    imports: ImportArgs,
}

/// Runs the command.
pub(in crate::cli) fn run(command: &ApprovalCommand, env: &mut Env<'_>) -> Result<Exit, CliError> {
    match command {
        ApprovalCommand::New(args) => new(args, env),
        ApprovalCommand::Sign(args) => sign::run(RecordKind::Approval, args, env),
        ApprovalCommand::List(args) => list::run(RecordKind::Approval, args, env),
        ApprovalCommand::Verify(args) => list::verify(RecordKind::Approval, args, env),
    }
}

fn new(args: &NewArgs, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let judged = args.place.judge(&args.imports, env)?;
    let approvers = file::people("approver", &args.approver)?;
    let mut spec = Map::new();
    let mut set = |key: &str, value: Value| spec.insert(key.to_owned(), value);
    let id;
    if args.rules {
        let digest = rules_digest(&judged.comparison.head, &judged.rules.config);
        id = format!("rules-{}", digest.to_string().get(..12).unwrap_or_default());
        set("policy", json!("CS-GATE-001"));
        set("subject", json!(REPOSITORY));
        set("rules", json!(digest));
    } else {
        set("policy", json!(args.policy));
        if let Some(role) = &args.role {
            id = format!("{role}-{}", args.duty.as_deref().unwrap_or_default());
            set("role", json!(role));
            set("duty", json!(args.duty));
            set("system", json!(args.system));
        } else {
            let subject = args.subject.clone().unwrap_or_default();
            let finding = find(
                &judged.judgement,
                &Wanted {
                    policy: &args.policy,
                    subject: &subject,
                    about: args.duty.as_deref(),
                    system: args.system.as_deref(),
                },
            )?;
            let duty = finding.duties.first().map(|duty| duty.id.to_string()).unwrap_or_default();
            id = format!("{}-{duty}", finding.subject.name);
            set("subject", json!(subject));
            set("duty", json!(duty));
            if let [system] = finding.systems.as_slice() {
                set("system", json!(&**system));
            }
            // No wider than what is there.
            if let [part] = finding.extent.0.as_slice() {
                let mut scope = part.scope.lists();
                scope.remove("system");
                if !scope.is_empty() {
                    set("scope", json!(scope));
                }
            }
        }
    }
    set("approver", file::one_or_many(&approvers));
    set("reason", json!(args.reason));
    if let Some(ticket) = &args.ticket {
        set("ticket", json!(ticket));
    }
    set("not_before", json!(file::day_or(args.not_before.as_deref(), judged.as_of, 0)?));
    set("expires", json!(file::day_or(args.expires.as_deref(), judged.as_of, 90)?));
    let id = args.id.clone().unwrap_or(id);
    let document = file::document("Approval", &id, Value::Object(spec));
    let records = &judged.rules.records;
    let path = file::create(&judged.comparison.root, records, RecordKind::Approval, &id, &document)?;
    table::print(env, &next_steps(&path, "approval", &approvers))?;
    Ok(Exit::Clean)
}

/// What to do with a record that was just written.
pub(super) fn next_steps(path: &str, command: &str, approvers: &[String]) -> String {
    let who = approvers.join(" and ");
    format!(
        "wrote {path}\n\
         commit it with the change; it counts once {who} approved the pull request in review, or signed it:\n  \
         countersign {command} sign {path} --key ~/.ssh/id_ed25519\n"
    )
}
