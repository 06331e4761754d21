//! `countersign approval`.

use std::collections::BTreeMap;

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use super::super::imports::ImportArgs;
use super::subject::{Wanted, find};
use super::{Judged, PlaceArgs, file, list, sign};
use crate::cli::error::CliError;
use crate::cli::{Env, Exit, table};
use crate::gate::{Finding, rules_digest};
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
    /// Who is approved: `person:ID`, `service:ID` …; may be given several times.
    #[arg(long, value_name = "ID", required_unless_present_any = ["rules", "role"])]
    subject: Vec<String>,
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
    let not_before = file::day_or(args.not_before.as_deref(), judged.as_of, 0)?;
    let expires = file::day_or(args.expires.as_deref(), judged.as_of, 90)?;
    let asked = if args.rules {
        vec![of_rules(&judged)]
    } else if let Some(role) = &args.role {
        vec![of_role(args, role)]
    } else {
        of_subjects(args, &judged)?
    };
    let mut documents = Vec::new();
    for (number, Asked { id, mut spec }) in (1..).zip(asked) {
        let mut set = |key: &str, value: Value| spec.insert(key.to_owned(), value);
        set("approver", file::one_or_many(&approvers));
        set("reason", json!(args.reason));
        if let Some(ticket) = &args.ticket {
            set("ticket", json!(ticket));
        }
        set("not_before", json!(not_before));
        set("expires", json!(expires));
        let id = match &args.id {
            Some(id) if number == 1 => id.clone(),
            Some(id) => format!("{id}-{number}"),
            None => id,
        };
        documents.push((file::document("Approval", &id, Value::Object(spec)), id));
    }
    let records = &judged.rules.records;
    let mut text = String::new();
    for (document, id) in &documents {
        let path = file::create(&judged.comparison.root, records, RecordKind::Approval, id, document)?;
        text.push_str(&next_steps(&path, "approval", &approvers));
    }
    text.push_str(&judged.of_strangers(&approvers));
    table::print(env, &text)?;
    Ok(Exit::Clean)
}

/// An approval that is asked for: its id, and what it is of.
struct Asked {
    id: String,
    spec: Map<String, Value>,
}

impl Asked {
    fn new<const N: usize>(id: String, of: [(&str, Value); N]) -> Self {
        Self { id, spec: of.into_iter().map(|(key, value)| (key.to_owned(), value)).collect() }
    }
}

/// Of the rules as they are in the tree.
fn of_rules(judged: &Judged) -> Asked {
    let digest = rules_digest(&judged.comparison.head, &judged.rules.config);
    Asked::new(
        format!("rules-{}", digest.to_string().get(..12).unwrap_or_default()),
        [("policy", json!("CS-GATE-001")), ("subject", json!(REPOSITORY)), ("rules", json!(digest))],
    )
}

/// Of whoever receives a duty by a role.
fn of_role(args: &NewArgs, role: &str) -> Asked {
    Asked::new(
        format!("{role}-{}", args.duty.as_deref().unwrap_or_default()),
        [
            ("policy", json!(args.policy)),
            ("role", json!(role)),
            ("duty", json!(args.duty)),
            ("system", json!(args.system)),
        ],
    )
}

/// What an approval of a finding is of, without the subject: the duty, the system if there is one, and the extent.
type Given = (String, Option<String>, BTreeMap<String, Vec<String>>);

/// Of those who are named, no wider than what is there: one approval, or one for each extent where they differ.
fn of_subjects(args: &NewArgs, judged: &Judged) -> Result<Vec<Asked>, CliError> {
    let mut given: BTreeMap<Given, Vec<&Finding>> = BTreeMap::new();
    for subject in &args.subject {
        let wanted =
            Wanted { policy: &args.policy, subject, about: args.duty.as_deref(), system: args.system.as_deref() };
        let finding = find(&judged.judgement, &wanted)?;
        let duty = finding.duties.first().map(|duty| duty.id.to_string()).unwrap_or_default();
        let system = match finding.systems.as_slice() {
            [system] => Some(system.to_string()),
            _ => None,
        };
        let mut scope = match finding.extent.0.as_slice() {
            [part] => part.scope.lists(),
            _ => BTreeMap::new(),
        };
        scope.remove("system");
        let same = given.entry((duty, system, scope)).or_default();
        if same.iter().all(|known| known.subject.id != finding.subject.id) {
            same.push(finding);
        }
    }
    let asked = given.into_iter().filter_map(|((duty, system, scope), findings)| {
        let (first, more) = findings.split_first()?;
        let name = &first.subject.name;
        let mut asked = match more.len() {
            0 => Asked::new(format!("{name}-{duty}"), [("subject", json!(&*first.subject.id))]),
            n => {
                let subjects: Vec<&str> = findings.iter().map(|finding| &*finding.subject.id).collect();
                Asked::new(format!("{name}-and-{n}-more-{duty}"), [("subjects", json!(subjects))])
            }
        };
        let mut set = |key: &str, value: Value| asked.spec.insert(key.to_owned(), value);
        set("policy", json!(args.policy));
        set("duty", json!(duty));
        if let Some(system) = system {
            set("system", json!(system));
        }
        if !scope.is_empty() {
            set("scope", json!(scope));
        }
        Some(asked)
    });
    Ok(asked.collect())
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
