//! From a branch and its evidence to its report.

use std::path::Path;

use crate::cli::check::READ_LIMIT;
use crate::cli::error::CliError;
use crate::cli::model::Model;
use crate::cli::population::{MOST, OfArgs, Opened};
use crate::cli::{Env, files};
use crate::gate::{policy_data, rule_files};
use crate::policy::Bundle;
use crate::report::{self, Declared, Knowledge, Report, ReportError, SourceReport, Sources, Tickets};
use crate::rules::{CONFIG_FILE, RecordKind, Rules};
use crate::source::{self, Head, Request};
use crate::store::Digest;

/// Makes the report of what was opened.
pub(super) fn make(
    args: &OfArgs,
    opened: &Opened,
    entity: &str,
    tickets: Option<&Path>,
    as_of: i64,
    env: &Env<'_>,
) -> Result<Report, CliError> {
    let git = env.git();
    let tip = opened.branch.commits.last().map(|tip| tip.commit.as_str()).unwrap_or_default();
    let comparison = source::open(&Request {
        cwd: &env.cwd,
        path: &args.store.path,
        base: None,
        head: Head::Revision(tip),
        read_limit: READ_LIMIT,
        env: &git,
    })?;
    // What the policies are called does not depend on whether the rules of the tip can be read.
    let own = Rules::load_in(&rule_files(comparison.rules_tree()), None, comparison.repository.as_ref());
    let (rules, declared) = match own {
        Ok(own) => (own.clone(), declared_at(Model::join(comparison, own, as_of, None), tip)),
        Err(errors) => (Rules::built_in()?, declared_at(Err(CliError::Rules(errors)), tip)),
    };
    let bundle = Bundle::load(&rules.policies, policy_data(as_of))?;
    let files = opened.files.iter().map(|(name, digest)| SourceReport {
        what: format!("the forge's export {}", name.rsplit('/').next().unwrap_or(name)),
        digest: digest.to_string(),
    });
    let mut files: Vec<SourceReport> = files.collect();
    let tickets = match tickets {
        Some(path) => {
            let bytes = files::read(path, MOST, "check the path and its permissions", env)?;
            let name = path.display().to_string();
            let read = Tickets::read(&name, &bytes).map_err(|error| CliError::told(&error))?;
            let count = read.len();
            files.push(SourceReport {
                what: format!("{count} tickets of the tracker's export {}", name.rsplit('/').next().unwrap_or(&name)),
                digest: Digest::of(&bytes).to_string(),
            });
            read
        }
        None => Tickets::default(),
    };
    let folders = RecordKind::ALL.map(|kind| kind.folder().trim_end_matches('/'));
    let folders: Vec<&str> = folders.into_iter().chain([CONFIG_FILE]).collect();
    let records = opened.git.versions(&folders, READ_LIMIT)?;
    let ledger = opened.store.ledger();
    let sources = Sources {
        question: opened.question(as_of),
        ledger: &ledger,
        knowledge: Knowledge { policies: &bundle.policies, frameworks: &rules.frameworks, records: &rules.records },
        entity,
        version: env.version,
        declared,
        tickets: &tickets,
        records: &records,
        files,
    };
    report::report(&sources).map_err(|error| match error {
        ReportError::Source(error) => error.into(),
        ReportError::Evidence(error) => error.into(),
    })
}

/// What the tip declares, or why that cannot be told.
fn declared_at(model: Result<Model, CliError>, tip: &str) -> Declared {
    match model {
        Ok(model) => report::declared(&model.tip()),
        Err(error) => {
            Declared { commit: Some(tip.to_owned()), unreadable: Some(error.to_string()), ..Declared::default() }
        }
    }
}
