//! A drift as evidence of its own: its document, signed and logged as what a system showed.

use std::collections::BTreeMap;

use super::DriftArgs;
use crate::cli::error::CliError;
use crate::cli::evidence::{StoreArgs, attachment, wanted, who_signs};
use crate::cli::{Env, table};
use crate::evidence::{AttachmentPredicate, AttachmentTier, Recorder};
use crate::output::{DriftReport, pretty};
use crate::source::Comparison;

/// Signs and logs a report where a key is given; says what was done.
pub(super) fn sign(
    args: &DriftArgs,
    report: &DriftReport,
    comparison: &Comparison,
    env: &Env<'_>,
) -> Result<Option<String>, CliError> {
    let Some(run_by) = who_signs(args.run_by.as_deref(), &args.key, "it is not said who runs this")? else {
        return Ok(None);
    };
    let key = args.key.open(env)?;
    let store = StoreArgs { store: args.store.clone(), path: args.tree.path.clone() }.open(env)?;
    let document = pretty(report);
    let now = (env.now)();
    // It names people by their accounts, and where evidence has pseudonyms it may not.
    let kept = !wanted(comparison);
    let mut parameters: BTreeMap<String, String> =
        report.observed.iter().map(|own| (own.file.clone(), own.sha256.to_string())).collect();
    parameters.insert("drift".to_owned(), report.drift.to_string());
    parameters.extend(report.declared.commit.iter().map(|commit| ("declared".to_owned(), commit.clone())));
    let (statement, objects) = attachment(
        &store,
        now,
        ("drift.json".to_owned(), document.into_bytes()),
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
            run_by: run_by.to_owned(),
            run_at: table::instant(now),
            rows: Some(report.lines.len() as u64),
            control_total: None,
            of: None,
            purpose: None,
            systems: Vec::new(),
            covers: None,
            kept,
            at: table::instant(now),
            retention: None,
        },
    );
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
