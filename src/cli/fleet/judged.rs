//! One repository, judged as it is.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::AskedRepository;
use super::kept::{Kept, KeptRepository};
use super::pins::pins;
use crate::cli::check::READ_LIMIT;
use crate::cli::error::CliError;
use crate::cli::{Env, access, record};
use crate::formats::Reading;
use crate::formats::gate::code_owners;
use crate::gate::{State, rule_files};
use crate::output::{CheckReport, FindingReport, FleetFinding, FleetRepository, RunInfo};
use crate::rules::{CONFIG_FILE, RuleFile, Rules, Severity, default_enforcement, is_record_path};
use crate::source::{self, Comparison, GitEnv, Head, Request};
use crate::store::Digest;

/// What judging takes, the same for each repository.
pub(super) struct Judging {
    cwd: PathBuf,
    git: GitEnv,
    head: String,
    version: String,
    pub(super) config: Option<RuleFile>,
    pub(super) as_of: i64,
}

/// A repository with the access that it declares.
pub(super) struct Done {
    pub(super) repository: FleetRepository,
    /// As `countersign access export` writes it.
    pub(super) access: String,
}

impl Judging {
    pub(super) fn new(env: &Env<'_>, head: String, config: Option<RuleFile>) -> Self {
        let (cwd, git, as_of) = (env.cwd.clone(), env.git(), (env.now)());
        Self { cwd, git, head, version: env.version.to_owned(), config, as_of }
    }

    /// Judges a repository, or takes what is kept of it.
    pub(super) fn repository(&self, asked: &AskedRepository, kept: Option<&Kept>) -> Result<Done, CliError> {
        if !self.cwd.join(&asked.folder).is_dir() {
            return Err(CliError::other("there is no such folder", "clone it there, or take it off the list"));
        }
        let commit = source::commit_of(&self.cwd, &asked.folder, &self.head, &self.git)?;
        let config = self.config.as_ref().map(|file| Digest::of(&file.bytes).to_string()).unwrap_or_default();
        let key = Digest::of(format!("fleet/v1 {} {commit} {config}", self.version).as_bytes());
        if let Some(own) = kept.and_then(|kept| kept.get(&asked.name, key, self.as_of)) {
            let folder = asked.folder.display().to_string();
            return Ok(Done { repository: FleetRepository { folder, ..own.repository }, access: own.access });
        }
        let done = self.judge(asked, &commit)?;
        if let Some(kept) = kept {
            let Done { repository, access } = &done;
            let own = KeptRepository { key, as_of: self.as_of, repository: repository.clone(), access: access.clone() };
            kept.put(&asked.name, &own)?;
        }
        Ok(done)
    }

    fn judge(&self, asked: &AskedRepository, commit: &str) -> Result<Done, CliError> {
        let comparison = source::open(&Request {
            cwd: &self.cwd,
            path: &asked.folder,
            base: None,
            head: Head::Revision(commit),
            read_limit: READ_LIMIT,
            env: &self.git,
        })?;
        let files = rule_files(&comparison.head);
        let rules = Rules::load_in(&files, self.config.clone(), comparison.repository.as_ref())?;
        let (_, record) = record::judge(&comparison, &rules, self.as_of)?;
        let report = CheckReport::new(&record.judgement, &RunInfo::default(), &comparison);
        let answering = Answering::of(&comparison, &rules, &record.head);
        let stands = |own: &&FindingReport| own.state != State::Resolved && own.under.is_none();
        let mut findings: Vec<FleetFinding> =
            report.findings.iter().filter(stands).map(|own| answering.finding(own)).collect();
        findings.sort_by(|a, b| {
            (b.severity, &a.policy, &a.subject, &a.fingerprint).cmp(&(
                a.severity,
                &b.policy,
                &b.subject,
                &b.fingerprint,
            ))
        });
        let population = &record.judgement.population;
        let severities = [Severity::Critical, Severity::High, Severity::Medium, Severity::Low];
        let repository = FleetRepository {
            name: asked.name.clone(),
            folder: asked.folder.display().to_string(),
            commit: Some(commit.to_owned()),
            problem: None,
            configured: comparison.head.get(CONFIG_FILE).is_some(),
            rules: digest_of(&files),
            versions: pins(&comparison.head),
            enforcement: severities.map(|own| (own, self.enforced(&rules, own))).into_iter().collect(),
            files: population.files,
            definition_files: population.definition_files,
            not_evaluated: population.not_evaluated,
            principals: population.principals.values().sum(),
            grants: population.grants,
            unlinked_accounts: population.unlinked_accounts,
            findings,
        };
        Ok(Done { repository, access: access::document(&comparison, &record.head, self.as_of) })
    }

    fn enforced(&self, rules: &Rules, severity: Severity) -> crate::rules::Enforcement {
        let ladder = rules.config.enforcement.severities.get(&severity);
        ladder.map_or_else(|| default_enforcement(severity), |ladder| ladder.at(self.as_of))
    }
}

/// The digest of the files that govern a gate, without the records that each repository has its own of.
fn digest_of(files: &[RuleFile]) -> Option<String> {
    let mut lines: Vec<String> = files
        .iter()
        .filter(|file| !is_record_path(&file.path))
        .map(|file| format!("{} {}\n", Digest::of(&file.bytes), file.path))
        .collect();
    lines.sort();
    (!lines.is_empty()).then(|| Digest::of(lines.concat().as_bytes()).to_string())
}

/// Who answers for what.
struct Answering<'a> {
    comparison: &'a Comparison,
    rules: &'a Rules,
    /// The owner of each system that names one.
    systems: BTreeMap<&'a str, &'a str>,
}

impl<'a> Answering<'a> {
    fn of(comparison: &'a Comparison, rules: &'a Rules, reading: &'a Reading) -> Self {
        let systems = reading.units.iter().flat_map(|unit| &unit.facts.systems);
        let systems = systems.filter_map(|own| Some((&*own.id, own.owner.as_deref()?))).collect();
        Self { comparison, rules, systems }
    }

    fn owners(&self, finding: &FindingReport) -> Vec<String> {
        let person = |id: &str| if id.contains(':') { id.to_owned() } else { format!("person:{id}") };
        let mut owners: Vec<String> = finding
            .systems
            .iter()
            .filter_map(|system| self.systems.get(system.as_str()))
            .map(|id| person(id))
            .collect();
        if owners.is_empty() {
            let ruleset = finding.conflict.as_ref().and_then(|own| self.rules.ruleset_owner(&own.ruleset));
            owners.extend(ruleset.map(person));
        }
        if let (true, Some(place)) = (owners.is_empty(), finding.locations.first()) {
            owners.extend(code_owners(&self.comparison.head, &place.file).into_iter().map(str::to_owned));
        }
        owners.sort();
        owners.dedup();
        owners
    }

    fn finding(&self, own: &FindingReport) -> FleetFinding {
        let place = own.locations.first().map(|place| match place.line {
            Some(line) => format!("{}:{line}", place.file),
            None => place.file.clone(),
        });
        FleetFinding {
            fingerprint: own.fingerprint.to_string(),
            policy: own.policy.clone(),
            conflict: own.conflict.as_ref().map(|conflict| conflict.id.clone()),
            severity: own.severity,
            subject: own.subject.id.clone(),
            message: own.message.clone(),
            place,
            owners: self.owners(own),
            record: own.decision.record.clone().filter(|_| !own.decision.lapsed),
        }
    }
}
