//! A drift as evidence of its own: its document, signed and logged as what a system showed.

use std::collections::BTreeMap;

use super::DriftArgs;
use crate::cli::error::CliError;
use crate::cli::evidence::{StoreArgs, wanted};
use crate::cli::{Env, table};
use crate::evidence::{AttachmentPredicate, AttachmentStatement, AttachmentTier, Objects, Recorder, Retention};
use crate::output::{DriftReport, pretty};
use crate::rules::RetentionClass;
use crate::source::Comparison;
use crate::store::Digest;

/// Signs and logs a report where a key is given; says what was done.
pub(super) fn sign(
    args: &DriftArgs,
    report: &DriftReport,
    comparison: &Comparison,
    env: &Env<'_>,
) -> Result<Option<String>, CliError> {
    // A key that the environment names signs what is to be signed anyway, and asks for nothing.
    if args.run_by.is_none() && !args.key.is_named() {
        return Ok(None);
    }
    let help = "write it as `--run-by person:ID` or `--run-by service:ID`";
    let run_by = args.run_by.clone().ok_or_else(|| CliError::other("it is not said who runs this", help))?;
    if !["person:", "service:"].iter().any(|kind| run_by.len() > kind.len() && run_by.starts_with(kind)) {
        return Err(CliError::other(format!("`{run_by}` is neither a person nor a service identity"), help));
    }
    let key = args.key.open(env)?;
    let store = StoreArgs { store: args.store.clone(), path: args.tree.path.clone() }.open(env)?;
    let document = pretty(report);
    let (digest, now) = (Digest::of(document.as_bytes()), (env.now)());
    // It names people by their accounts, and where evidence has pseudonyms it may not.
    let kept = !wanted(comparison);
    let mut parameters: BTreeMap<String, String> =
        report.observed.iter().map(|own| (own.file.clone(), own.sha256.to_string())).collect();
    parameters.insert("drift".to_owned(), report.drift.to_string());
    parameters.extend(report.declared.commit.iter().map(|commit| ("declared".to_owned(), commit.clone())));
    let statement = AttachmentStatement::new(
        "drift.json".to_owned(),
        digest,
        AttachmentPredicate {
            tier: AttachmentTier::Observed,
            source: report
                .systems
                .iter()
                .filter(|system| system.compared)
                .map(|system| system.system.as_str())
                .collect::<Vec<_>>()
                .join(", "),
            query: Some("countersign drift".to_owned()),
            parameters,
            run_by,
            run_at: table::instant(now),
            rows: Some(report.lines.len() as u64),
            control_total: None,
            of: None,
            kept,
            at: table::instant(now),
            retention: Some(Retention::of(
                RetentionClass::Attachment,
                now,
                &store.retention.clone().unwrap_or_default(),
            )),
        },
    );
    let mut objects = Objects::default();
    if kept {
        objects.add_bytes(&document.into_bytes().into());
    }
    let (recorder, _) = Recorder::open(&store.storage, key)?;
    recorder.check_clock(now)?;
    let logged = recorder.attach_keeping(&statement, objects)?;
    let aside = if kept {
        ""
    } else {
        "the document itself is not kept, since evidence here has pseudonyms for people: write it with --format json\n"
    };
    Ok(Some(format!("signed as {} at {}\n{aside}", logged.id, logged.index)))
}
