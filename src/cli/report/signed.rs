//! A report as evidence of its own: its files, and the exports that it was made with, signed and logged by their digests.

use std::collections::BTreeMap;
use std::path::Path;

use clap::Args;

use crate::cli::error::CliError;
use crate::cli::evidence::{KeyArgs, Store, attachment, who_signs};
use crate::cli::population::MOST;
use crate::cli::{Env, files, table};
use crate::evidence::{AttachmentPredicate, AttachmentTier, Recorder};
use crate::report::Report;

/// Who signs the report, and with which key.
#[derive(Debug, Args)]
pub(super) struct SignedArgs {
    #[command(flatten)]
    key: KeyArgs,
    /// Who makes the report, where it is signed: `person:ID` or `service:ID`.
    #[arg(long, value_name = "ID")]
    run_by: Option<String>,
}

impl SignedArgs {
    /// Who makes it; nothing where it is not signed. A key that the environment names signs nothing by itself.
    pub(super) fn run_by(&self) -> Result<Option<&str>, CliError> {
        who_signs(self.run_by.as_deref(), &self.key, "it is not said who makes the report")
    }

    /// Signs and logs the files of a report and the exports that it was made with; says what was done. The exports are kept:
    /// what no clone shows is there for whoever makes the report again.
    pub(super) fn sign(
        &self,
        (report, run_by): (&Report, &str),
        (written, exports): (&[&Path], &[&Path]),
        store: &Store,
        env: &Env<'_>,
    ) -> Result<String, CliError> {
        let now = (env.now)();
        let frame = &report.completeness.frame;
        let mut parameters: BTreeMap<String, String> = BTreeMap::from([
            ("period".to_owned(), frame.period.name.clone()),
            ("branch".to_owned(), frame.branch.clone()),
            ("tip".to_owned(), frame.tip.clone()),
        ]);
        parameters.extend(report.log.root.iter().map(|root| ("root".to_owned(), root.clone())));
        let (recorder, _) = Recorder::open(&store.storage, self.key.open(env)?)?;
        recorder.check_clock(now)?;
        let mut text = String::new();
        let all = exports.iter().map(|path| (*path, true)).chain(written.iter().map(|path| (*path, false)));
        for (path, is_export) in all {
            let bytes = files::read(path, MOST, "check the path and its permissions", env)?;
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            let (source, query) = if is_export {
                ("what the report was made with", None)
            } else {
                ("countersign", Some("countersign report".to_owned()))
            };
            let (statement, objects) = attachment(
                store,
                now,
                (name.clone(), bytes),
                AttachmentPredicate {
                    tier: if is_export { AttachmentTier::Observed } else { AttachmentTier::Attested },
                    source: source.to_owned(),
                    query,
                    parameters: parameters.clone(),
                    run_by: run_by.to_owned(),
                    run_at: table::instant(report.as_of.seconds()),
                    rows: None,
                    control_total: None,
                    of: None,
                    purpose: None,
                    systems: Vec::new(),
                    covers: None,
                    kept: is_export,
                    at: table::instant(now),
                    retention: None,
                },
            );
            let logged = recorder.attach_keeping(&statement, objects)?;
            text.push_str(&format!("signed {name} as {} at {}\n", logged.id, logged.index));
        }
        Ok(text)
    }
}
