//! `countersign evidence show`.

use std::path::{Path, PathBuf};

use clap::Args;

use super::place::{Opened, StoreArgs};
use crate::cli::error::CliError;
use crate::cli::{Env, Exit, table};
use crate::evidence::{EvidenceError, PREDICATE_TYPE, RecordId, Role, Statement, Survey, TreeInfo, findings_of};
use crate::keys::{EVIDENCE_NAMESPACE, PublicKey};
use crate::store::write_durably;

/// Show a record as a person reads it.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// The record, by its id or the beginning of it.
    record: String,
    /// Print the statement as it is signed.
    #[arg(long)]
    raw: bool,
    /// Write the record, its signatures and proofs, and the log's public keys to a folder, for other people's tools.
    #[arg(long, value_name = "DIR", conflicts_with = "raw")]
    files: Option<PathBuf>,
    #[command(flatten)]
    store: StoreArgs,
}

/// Runs the command.
pub(super) fn run(args: &ShowArgs, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let store = args.store.open(env)?;
    let ledger = store.ledger();
    let id = ledger.find(&args.record)?;
    if let Some(folder) = &args.files {
        return files(&ledger, id, folder, env);
    }
    let payload = ledger.payload(id)?;
    if args.raw || ledger.predicate_type(id)? != PREDICATE_TYPE {
        table::print(env, &format!("{}\n", String::from_utf8_lossy(&payload)))?;
        return Ok(Exit::Clean);
    }
    let statement: Statement = ledger.statement(id)?;
    let predicate = &statement.predicate;
    let tree = |tree: &TreeInfo| {
        let git = tree.git_tree.as_ref().map(|tree| format!(", tree {tree}")).unwrap_or_default();
        format!(
            "{}{}{git}",
            tree.label,
            tree.git_commit.as_ref().map(|id| format!(", commit {id}")).unwrap_or_default()
        )
    };
    let mut rows: Vec<(&str, String)> = vec![
        ("record", id.to_string()),
        ("verdict", format!("{} ({})", predicate.verdict, predicate.outcome)),
        ("judged", tree(&predicate.head)),
    ];
    rows.extend(predicate.base.as_ref().map(|base| ("against", tree(base))));
    rows.extend([
        ("as of", predicate.evaluation_time.clone()),
        ("made", format!("{}, mode {}", predicate.invocation.finished_on, predicate.invocation.mode)),
        (
            "by",
            format!(
                "{} {}, regorus {}",
                predicate.engine.name, predicate.engine.version, predicate.engine.regorus_version
            ),
        ),
    ]);
    let files: usize = predicate.population.files.values().sum();
    let principals: usize = predicate.population.principals.values().sum();
    rows.push((
        "looked at",
        format!(
            "{files} files, {principals} principals, {} grants, {} policies",
            predicate.population.grants,
            predicate.rules_evaluated.len()
        ),
    ));
    let counts: Vec<String> =
        predicate.findings.counts.iter().map(|(state, count)| format!("{count} {state}")).collect();
    rows.push(("findings", if counts.is_empty() { "none".to_owned() } else { counts.join(", ") }));
    rows.extend(predicate.retention.as_ref().map(|kept| {
        let until = kept.until.clone().unwrap_or_else(|| "without an end".to_owned());
        ("kept until", format!("{until} ({})", kept.class.as_str()))
    }));
    rows.extend(predicate.ci.iter().map(|(name, value)| ("CI", format!("{name} {value}"))));
    rows.push(("result", predicate.result_digest.get("sha256").cloned().unwrap_or_default()));
    for (name, bundle) in ledger.bundles(id)? {
        rows.push(("signed", format!("by {} ({name})", bundle.hint)));
    }
    let mut text: String = rows.iter().map(|(name, value)| format!("{name:<10} {value}\n")).collect();
    let findings = match findings_of(&statement, &ledger) {
        Err(EvidenceError::NoObject(object)) if Survey::read(&store.storage)?.excuses(id, &object) => {
            text.push_str("erased     what was found was removed, as the log says\n");
            Vec::new()
        }
        findings => findings?,
    };
    for finding in findings.iter().filter(|finding| finding["decision"]["blocks"] == true) {
        let field = |key: &str| finding[key].as_str().unwrap_or_default().to_owned();
        let subject = finding["subject"]["id"].as_str().unwrap_or_default();
        let about = finding["conflict"].as_str().map_or_else(String::new, |conflict| format!(" {conflict}"));
        text.push_str(&format!("blocks     {} {} {subject}{about}\n", field("policy"), field("severity")));
    }
    table::print(env, &text)?;
    Ok(Exit::Clean)
}

/// What the names of a key's files have of its fingerprint.
fn short(key: &PublicKey) -> String {
    key.fingerprint().to_string().get(..16).unwrap_or_default().to_owned()
}

/// Writes what other people's tools read.
fn files(ledger: &Opened<'_>, id: RecordId, folder: &Path, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let root = env.cwd.join(folder);
    let write = |name: &str, bytes: &[u8]| write_durably(&root.join(name), bytes).map_err(CliError::Store);
    let mut told = format!("wrote to {}\n", folder.display());
    let (mut signatures, trust) = (Vec::new(), ledger.trust()?);
    for (suffix, bytes) in ledger.files_of(id)? {
        let name = format!("record{suffix}");
        write(&name, &bytes)?;
        if name.ends_with(".sshsig") {
            signatures.push(name.clone());
        }
        told.push_str(&format!("  {name}\n"));
    }
    let mut signers = String::new();
    for own in trust.keys.iter().filter(|own| own.role == Role::Recorder) {
        let name = format!("{}.pem", short(&own.key));
        write(&name, own.key.to_pem().as_bytes())?;
        told.push_str(&format!("  {name}: the key {}\n", own.key.fingerprint()));
        signers.push_str(&format!("{} namespaces=\"{EVIDENCE_NAMESPACE}\" {}\n", trust.origin, own.key.to_openssh()));
    }
    if !signers.is_empty() {
        write("allowed_signers", signers.as_bytes())?;
        told.push_str("  allowed_signers\n");
    }
    // Whose signature another one is, the log does not know.
    let of_log =
        |name: &String| trust.keys.iter().any(|own| own.role == Role::Recorder && name.contains(&short(&own.key)));
    signatures.retain(of_log);
    if !signatures.is_empty() {
        told.push_str(&format!("in {}:\n", folder.display()));
    }
    for name in signatures {
        told.push_str(&format!(
            "  ssh-keygen -Y verify -f allowed_signers -I {} -n {EVIDENCE_NAMESPACE} -s {name} < record.json\n",
            trust.origin
        ));
    }
    table::print(env, &told)?;
    Ok(Exit::Clean)
}
