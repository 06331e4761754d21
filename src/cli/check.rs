//! `countersign check`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use clap::Args;

use super::conftest::ConftestArgs;
use super::error::CliError;
use super::imports::{self, ImportArgs};
use super::own_binary::OwnBinary;
use super::policy_files::read_policies;
use super::progress::Progress;
use super::untouched::{Full, Staged};
use super::{Env, Exit, forge, table, told};
use crate::evidence::log::FolderStorage;
use crate::evidence::{self, Ledger, Objects, Word};
use crate::formats::Reader;
use crate::formats::terraform::plan;
use crate::gate::{
    self, Judgement, Outcome, Record, SearchedFile, Secrets, Side, Stage, Task, Texts, policy_data, rule_files,
};
use crate::output::{self, CheckReport, Evidence, Format, Group, Options, Output, OutputError};
use crate::policy::Bundle;
use crate::policy::conftest::{Conftest, ConftestFiles};
use crate::policy::untrusted::Isolation;
use crate::rules::{ForgeReview, People, RuleFile, Rules};
use crate::source::{self, Comparison, Head, Request, RulesFrom, SourceFile};
use crate::store::{Digest, write_durably};

/// Larger files are listed and not read.
pub(super) const READ_LIMIT: u64 = 512 * 1024 * 1024;

/// Judge a folder, a work tree, a revision or what is staged.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  countersign check                                 judge this work tree; all counts as introduced
  countersign check --base origin/main              judge what this branch would bring to main
  countersign check --base origin/main --head HEAD  the same for a commit, as it would merge
  countersign check --staged                        judge what the next commit would bring
  countersign check new/ --base old/                compare two folders
  countersign check infra/ --plans                  judge what plans of Terraform there would bring
  countersign check --output human --output sarif=countersign.sarif
  countersign check --output github --output markdown=check.md   in a workflow of GitHub
  countersign check --conftest policy/              ask Conftest policies about every file, too

Exit status: 0 clean, 1 blocked, 2 wrong usage, configuration or git state, 3 nothing collected,
             4 a definition could not be evaluated")]
pub struct CheckArgs {
    /// The folder to judge; in a git work tree its root is found.
    #[arg(default_value = ".")]
    pub(super) path: PathBuf,
    /// What to compare with: the target branch's revision, or a folder.
    #[arg(long, value_name = "REV|DIR")]
    pub(super) base: Option<String>,
    /// Judge this revision instead of the files on disk; with --base, as it would merge.
    #[arg(long, value_name = "REV", conflicts_with = "staged")]
    pub(super) head: Option<String>,
    /// Judge the index against HEAD, as a pre-commit hook does; records nothing.
    #[arg(long, conflicts_with = "base")]
    pub(super) staged: bool,
    /// Compare the plans of Terraform in the folder (terraform show -json) with the state before them, for want of
    /// another tree.
    #[arg(long, conflicts_with_all = ["base", "head", "staged"])]
    pub(super) plans: bool,
    /// Judge as of this instant instead of now.
    #[arg(long, value_name = "RFC3339")]
    pub(super) as_of: Option<String>,
    /// Use this configuration instead of countersign.yaml.
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Add the policies of this folder or bundle (PATH@sha256:DIGEST); may be given several times.
    #[arg(long, value_name = "DIR")]
    pub(super) policy: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) conftest: ConftestArgs,
    /// The forge's review of the change, as its API answers: pull_request, reviews, activity, run.
    #[arg(long, value_name = "FILE", requires = "head")]
    pub(super) reviews: Option<PathBuf>,
    /// Employment facts from those who keep them, as CSV or JSON: id, status, start, end, manager, position,
    /// position_since. Nothing of them is written anywhere; the evidence has the file's digest.
    #[arg(long, value_name = "FILE")]
    pub(super) people: Option<PathBuf>,
    #[command(flatten)]
    pub(super) imports: ImportArgs,
    /// The table of pseudonyms that stand for people in the evidence, where the configuration asks for them.
    #[arg(long, value_name = "FILE")]
    pseudonyms: Option<PathBuf>,
    /// Write the result as human, json, sarif, github (annotations), gitlab (Code Quality), junit or markdown (a comment),
    /// to a file or to standard output; may be given several times.
    #[arg(long, value_name = "FORMAT[=PATH]", default_value = "human", value_parser = parse::<Output>)]
    output: Vec<Output>,
    /// What else the human output lists: existing, resolved, recorded, implied, holders, records, unresolved,
    /// source.
    #[arg(long, value_name = "GROUP", value_delimiter = ',', value_parser = parse::<Group>)]
    show: Vec<Group>,
    /// Keep no evidence.
    #[arg(long, conflicts_with = "require_evidence")]
    no_record: bool,
    /// Fail when the evidence cannot be kept.
    #[arg(long, conflicts_with = "staged")]
    require_evidence: bool,
    /// Treat what is uncertain or conditional as certain.
    #[arg(long)]
    pub(super) strict: bool,
}

impl CheckArgs {
    /// Whether nothing is asked for but what a hook asks for: what is staged, judged now, by its own rules, for people.
    pub(super) fn is_plain(&self) -> bool {
        let for_people = matches!(self.output.as_slice(), [Output { format: Format::Human, path: None }]);
        let by_its_own = self.config.is_none() && self.policy.is_empty() && self.as_of.is_none();
        let alone = self.people.is_none() && self.imports.is_none() && self.reviews.is_none();
        let alone = alone && self.conftest.options().next().is_none();
        self.staged && for_people && by_its_own && alone && self.show.is_empty() && !self.strict
    }
}

fn parse<T: FromStr<Err = OutputError>>(text: &str) -> Result<T, OutputError> {
    text.parse()
}

/// Runs the command.
pub(super) fn run(args: &CheckArgs, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let started = (env.now)();
    distinct(args.output.iter().map(|output| output.path.as_deref()), "sarif=countersign.sarif")?;
    let as_of = match &args.as_of {
        Some(text) => instant(text)?,
        None => started,
    };
    let staged = Staged::of(args, env);
    if let Some(untouched) = staged.as_ref().and_then(|staged| staged.untouched(as_of)) {
        table::print(env, &untouched.page())?;
        return Ok(Exit::Clean);
    }
    let git = env.git();
    let comparison = source::open(&Request {
        cwd: &env.cwd,
        path: &args.path,
        base: args.base.as_deref(),
        head: match (&args.head, args.staged) {
            (Some(revision), _) => Head::Revision(revision),
            (None, true) => Head::Staged,
            (None, false) => Head::WorkTree,
        },
        read_limit: READ_LIMIT,
        env: &git,
    })?;
    let mut comparison = if args.plans { with_plans(comparison)? } else { comparison };
    let config = args.config.as_ref().map(|path| read_rule_file(&env.cwd, path)).transpose()?;
    for path in args.config.iter().chain(&args.people) {
        forge::not_edited(path, env, &comparison)?;
    }
    let imported = args.imports.read(env)?;
    args.imports.apply(&imported, env, &mut comparison)?;
    let reader = staged.is_some().then(Reader::default);
    let mut given = Given { config, imported, reader, ..Given::default() };
    let own_binary = (!args.staged && !args.no_record).then(|| OwnBinary::of(env));
    let judged = match judge(args, env, &comparison, as_of, &mut given) {
        Ok(judged) => judged,
        Err(error) => {
            if let (Some(why), Some(own_binary)) = (error.failure(), own_binary) {
                keep_failure(args, env, &comparison, &given, own_binary, (as_of, started), why)?;
            }
            return Err(error);
        }
    };
    let Judged { rules, bundle, record, secrets, review } = judged;
    if let (Some(staged), Some(reader)) = (&staged, &given.reader) {
        staged.remember(args, env, &Full { comparison: &comparison, rules: &rules, record: &record, reader });
    }
    let evidence = if let Some(own_binary) = own_binary {
        let run = evidence::Run {
            comparison: &comparison,
            rules: &rules,
            bundle: &bundle,
            record: &record,
            secrets: &secrets,
            mode: "gate",
            strict: args.strict,
            review: review.as_ref(),
            started_on: table::instant(started),
            finished_on: table::instant((env.now)()),
            version: env.version,
            binary: own_binary.digest(),
            ci: ci(env),
        };
        keep(args, env, &run)?
    } else {
        Evidence {
            because: Some(if args.staged { "the index is not recorded" } else { "--no-record was given" }.to_owned()),
            ..Evidence::default()
        }
    };
    let info = told::info(args, &comparison, &rules, as_of, evidence);
    let report = CheckReport::new(&record.judgement, &info, &comparison);
    let shown = Shown(&comparison, &secrets);
    for output in &args.output {
        write(output, &report, &shown, &args.show, env)?;
    }
    Ok(exit(&record.judgement))
}

/// Compares what the plans of a tree do with the state before them.
pub(super) fn with_plans(comparison: Comparison) -> Result<Comparison, CliError> {
    let (base, plans) = plan::before(&comparison.head);
    if plans == 0 {
        return Err(CliError::other(
            format!("{} has no plan of Terraform", comparison.root.display()),
            "write one there: terraform plan -out=plan.bin && terraform show -json plan.bin > plan.json",
        ));
    }
    let base_label = Some(format!("the state before {}", if plans == 1 { "its plan" } else { "its plans" }));
    Ok(Comparison { base: Some(base), base_label, rules: RulesFrom::Base, ..comparison })
}

/// What a run was given beside the tree, as far as it was read.
#[derive(Default)]
struct Given {
    config: Option<RuleFile>,
    policies: Vec<RuleFile>,
    conftest: Option<ConftestFiles>,
    imported: Vec<SourceFile>,
    /// The rules, once they are loaded.
    rules: Option<Rules>,
    /// What was found in the texts, once they are searched.
    secrets: Option<Secrets>,
    /// What reads the trees, where it is asked afterwards what it has looked at.
    reader: Option<Reader>,
}

/// A judgement with what it rests on.
struct Judged {
    rules: Rules,
    bundle: Bundle,
    record: Record,
    secrets: Secrets,
    review: Option<ForgeReview>,
}

fn judge(
    args: &CheckArgs,
    env: &Env<'_>,
    comparison: &Comparison,
    as_of: i64,
    given: &mut Given,
) -> Result<Judged, CliError> {
    let files = rule_files(comparison.rules_tree());
    let rules = Rules::load_in(&files, given.config.clone(), comparison.repository.as_ref())?;
    given.rules = Some(rules.clone());
    imports::check(&given.imported, &rules)?;
    let mut policies = rules.policies.clone();
    for folder in &args.policy {
        let own = read_policies(&env.cwd, folder)?;
        own.iter().try_for_each(|file| forge::not_edited(Path::new(&*file.path), env, comparison))?;
        policies.extend(own.iter().cloned());
        given.policies.extend(own);
    }
    given.conftest = args.conftest.read(env, comparison)?;
    let conftest = given.conftest.clone().map(|files| Conftest::load(files, as_of)).transpose()?;
    let bundle = Bundle::load(&policies, policy_data(as_of))?.with_conftest(conftest.map(Arc::new));
    rules.check_policies(bundle.severities())?;
    let people = args.people.as_ref().map(|path| read_people(&env.cwd, path)).transpose()?;
    let review = args.reviews.as_ref().map(|path| forge::read(path, env, comparison, &rules)).transpose()?;
    let isolation = Isolation::of(env.binary.clone());
    let progress = Progress::of_stages(env);
    let told = |stage: Stage| progress.tell(stage);
    told(Stage::Searching(comparison.head.files.len()));
    let secrets = given.secrets.insert(gate::search(comparison, &rules, as_of)?).clone();
    let task = Task {
        people: people.as_ref(),
        strict: args.strict,
        review: review.as_ref(),
        isolation: &isolation,
        reader: given.reader.as_ref(),
        progress: &told,
        ..Task::new(comparison, &rules, &bundle, as_of, &secrets)
    };
    let record = gate::run(&task)?;
    drop(progress);
    Ok(Judged { rules, bundle, record, secrets, review })
}

/// Keeps the evidence of a run that came to no judgement. That it cannot be kept hides no error of the run itself.
fn keep_failure(
    args: &CheckArgs,
    env: &Env<'_>,
    comparison: &Comparison,
    given: &Given,
    own_binary: OwnBinary,
    (as_of, started): (i64, i64),
    why: String,
) -> Result<(), CliError> {
    // What was read is kept without its secrets, whatever else failed.
    let secrets = match &given.secrets {
        Some(secrets) => secrets.clone(),
        None => gate::search(comparison, &Rules::built_in()?, as_of)?,
    };
    let run = evidence::FailedRun {
        comparison,
        secrets: &secrets,
        rules: given.rules.as_ref(),
        config: given.config.as_ref(),
        policies: &given.policies,
        conftest: given.conftest.as_ref(),
        review: None,
        mode: "gate",
        as_of,
        strict: args.strict,
        why,
        started_on: table::instant(started),
        finished_on: table::instant((env.now)()),
        version: env.version,
        binary: own_binary.digest(),
        ci: ci(env),
    };
    let mut objects = Objects::default();
    let Some(statement) = evidence::statement_of_failure(&run, &mut objects) else { return Ok(()) };
    let folder = super::evidence::folder(&super::evidence::own_config(comparison), comparison);
    let pseudonyms = pseudonyms(args, comparison, given.config.as_ref(), &folder);
    let kept = pseudonyms
        .apply(env, statement, objects)
        .and_then(|(statement, objects)| Ledger::new(FolderStorage::new(folder)).keep(&statement, objects));
    match kept {
        Err(error) if args.require_evidence => Err(CliError::Evidence(error)),
        _ => Ok(()),
    }
}

/// Which pseudonyms stand for people in what is kept.
fn pseudonyms<'a>(
    args: &'a CheckArgs,
    comparison: &Comparison,
    config: Option<&RuleFile>,
    folder: &Path,
) -> super::evidence::Pseudonyms<'a> {
    super::evidence::Pseudonyms {
        file: args.pseudonyms.as_deref(),
        wanted: config.map_or_else(|| super::evidence::wanted(comparison), super::evidence::asked_for),
        apart: vec![comparison.root.clone(), folder.to_owned()],
    }
}

/// The CI run, as evidence has it.
pub(super) fn ci(env: &Env<'_>) -> BTreeMap<Word, String> {
    env.ci().into_iter().map(|(name, value)| (name.into(), value)).collect()
}

/// How a run ends that comes to a judgement.
pub(super) fn exit(judgement: &Judgement) -> Exit {
    match judgement.outcome {
        Outcome::Clean | Outcome::NotApplicable => Exit::Clean,
        Outcome::Blocked => Exit::Blocked,
        Outcome::NotEvaluated => Exit::NotEvaluated,
        Outcome::NothingCollected => Exit::NothingCollected,
    }
}

/// Two outputs to one place would overwrite each other. `example` is one that goes to a file.
pub(super) fn distinct<'a>(outputs: impl IntoIterator<Item = Option<&'a Path>>, example: &str) -> Result<(), CliError> {
    let mut places = BTreeSet::new();
    for path in outputs {
        // `./a` is `a`: parts that name nothing are dropped.
        let place = path.map(|path| path.components().filter(|part| *part != Component::CurDir).collect::<PathBuf>());
        if !places.insert(place) {
            let place = path.map_or_else(|| "standard output".to_owned(), |path| path.display().to_string());
            return Err(CliError::other(
                format!("two outputs go to {place}"),
                format!("give all but one of them a file: `--output {example}`"),
            ));
        }
    }
    Ok(())
}

pub(super) fn instant(text: &str) -> Result<i64, CliError> {
    text.parse::<jiff::Timestamp>()
        .map(jiff::Timestamp::as_second)
        .map_err(|_| CliError::other(format!("`{text}` is not an instant"), "write it as 2026-11-21T00:00:00Z"))
}

pub(super) fn read_rule_file(cwd: &Path, path: &Path) -> Result<RuleFile, CliError> {
    let bytes = std::fs::read(cwd.join(path)).map_err(|error| {
        CliError::other(format!("{} cannot be read: {error}", path.display()), "check the path and its permissions")
    })?;
    Ok(RuleFile::new(path.display().to_string(), bytes))
}

pub(super) fn read_people(cwd: &Path, path: &Path) -> Result<People, CliError> {
    Ok(People::read(&read_rule_file(cwd, path)?)?)
}

/// Keeps the evidence of a run where the rules say.
fn keep(args: &CheckArgs, env: &Env<'_>, run: &evidence::Run<'_>) -> Result<Evidence, CliError> {
    let folder = super::evidence::folder(&run.rules.config, run.comparison);
    let mut objects = Objects::default();
    let statement = evidence::statement_of(run, &mut objects);
    let ledger = Ledger::new(FolderStorage::new(&folder));
    let pseudonyms = pseudonyms(args, run.comparison, run.rules.config_file.as_ref(), &folder);
    let kept = pseudonyms
        .apply(env, statement, objects)
        .and_then(|(statement, objects)| ledger.keep(&statement, objects))
        .and_then(|id| Ok((id, Digest::of(&ledger.payload(id)?))));
    match kept {
        Ok((id, digest)) => Ok(Evidence {
            record: Some(shown_path(&env.cwd, &folder.join(evidence::record_name(id)))),
            digest: Some(digest),
            // A folder on this machine is gone with the machine; the recorder signs what has landed.
            durable: false,
            because: Some("it is kept on this machine only".to_owned()),
        }),
        Err(error) if args.require_evidence => Err(CliError::Evidence(error)),
        Err(error) => Ok(Evidence { because: Some(error.to_string()), ..Evidence::default() }),
    }
}

/// A path relative to the current folder when it is below it.
fn shown_path(cwd: &Path, path: &Path) -> String {
    path.strip_prefix(cwd).unwrap_or(path).display().to_string()
}

fn write(
    output: &Output,
    report: &CheckReport,
    texts: &Shown<'_>,
    show: &[Group],
    env: &mut Env<'_>,
) -> Result<(), CliError> {
    let terminal = output.path.is_none() && env.stdout_is_terminal;
    let options = Options {
        colour: output.path.is_none() && env.colour(env.stdout_is_terminal),
        unicode: env.unicode(),
        width: if terminal { env.width.unwrap_or(100).clamp(40, 140) } else { 100 },
        links: env.hyperlinks(terminal).then(|| texts.0.root.display().to_string()),
        show: show.iter().copied().collect::<BTreeSet<_>>(),
        private: terminal,
    };
    let mut bytes = Vec::new();
    output::render(output.format, report, texts, &options, &mut bytes)?;
    match &output.path {
        Some(path) => write_durably(&env.cwd.join(path), &bytes).map_err(CliError::Store),
        // A reader who stops reading (`| head`) is no error.
        None => match env.stdout.write_all(&bytes).and_then(|()| env.stdout.flush()) {
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
            other => Ok(other?),
        },
    }
}

/// The texts of a comparison as they may be shown: what a job prints is read by many.
pub(super) struct Shown<'a>(pub(super) &'a Comparison, pub(super) &'a Secrets);

impl Texts for Shown<'_> {
    fn bytes(&self, side: Side, path: &str) -> Option<Arc<[u8]>> {
        let searched = match side {
            Side::Head => &self.1.head,
            Side::Base => &self.1.base,
        };
        let hidden = searched.files.get(path).map(SearchedFile::hidden).unwrap_or_default();
        self.0.bytes(side, path).map(|bytes| evidence::shown(path, &bytes, &hidden))
    }
}
