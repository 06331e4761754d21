//! `countersign population repositories`.

use std::path::{Path, PathBuf};

use clap::Args;

use super::error::CliError;
use super::evidence::StoreArgs;
use super::population::{AnswerFormat, AskedArgs, MOST, OfArgs};
use super::table::{aligned, print};
use super::{Env, Exit, files};
use crate::history::{CloneAnswer, Forged, Repositories, completeness, forge_list, forge_name, reconcile};
use crate::output::pretty;

/// Hold many clones against their evidence, and against the list of repositories that the forge has.
///
/// Each clone is a folder below DIR. The branch is what --branch names, else the default branch that the forge lists, else
/// HEAD. What the forge lists and no clone is of is missing; archived repositories are told apart, since nothing lands there.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gh api --paginate /orgs/acme/repos > repos.json
  countersign population repositories clones --period 2026Q4 --forge-list repos.json

Exit status: 0 all are complete and none is missing, 1 something is not complete or missing,
             5 evidence does not verify, 2 it cannot be read")]
pub struct RepositoriesArgs {
    #[command(flatten)]
    clones: ClonesArgs,
    /// How the answer is written.
    #[arg(long, value_enum, default_value = "human")]
    format: AnswerFormat,
}

/// Which clones, and what is asked of each.
#[derive(Debug, Args)]
pub(super) struct ClonesArgs {
    /// The folder that the clones are in.
    #[arg(value_name = "DIR")]
    pub(super) folder: PathBuf,
    /// The repositories that the forge has (`gh api --paginate /orgs/OWNER/repos`); may be given several times.
    #[arg(long, value_name = "FILE")]
    pub(super) forge_list: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) asked: AskedArgs,
    /// Where the evidence of each clone is: `git:REF`, or `git:REF@REMOTE`. Default: where `check` keeps it, as its
    /// countersign.yaml says.
    #[arg(long, value_name = "STORE")]
    pub(super) store: Option<String>,
}

/// A clone, and how it is asked.
pub(super) struct AskedClone {
    /// Its folder, as it is written.
    pub(super) folder: String,
    /// Its name at the forge, where it is fetched from one.
    pub(super) name: Option<String>,
    /// What is asked of it.
    pub(super) of: OfArgs,
}

impl ClonesArgs {
    /// What the forge lists, where its list was given.
    pub(super) fn listed(&self, env: &Env<'_>) -> Result<Option<Vec<Forged>>, CliError> {
        listed(&self.forge_list, env)
    }

    /// The clones below the folder, by name.
    pub(super) fn asked(&self, listed: Option<&[Forged]>, env: &Env<'_>) -> Result<Vec<AskedClone>, CliError> {
        let folders = clones_below(&self.folder, env)?;
        if folders.is_empty() {
            return Err(CliError::other(
                format!("no folder below {} is a clone", self.folder.display()),
                "name the folder that the clones are in, one folder a repository",
            ));
        }
        Ok(folders.into_iter().map(|folder| self.one(folder, listed, env)).collect())
    }

    fn one(&self, folder: PathBuf, listed: Option<&[Forged]>, env: &Env<'_>) -> AskedClone {
        let address = crate::source::remote_url(&env.cwd, &folder, &env.git()).ok().flatten();
        let name = address.as_deref().and_then(forge_name);
        let mut asked = self.asked.clone();
        let forged = listed.into_iter().flatten().find(|own| Some(&own.name) == name.as_ref());
        if let (true, Some(branch)) = (asked.branch == "HEAD", forged.and_then(|own| own.branch.as_ref())) {
            branch.clone_into(&mut asked.branch);
        }
        let shown = folder.display().to_string();
        AskedClone {
            folder: shown,
            name,
            of: OfArgs { asked, store: StoreArgs { store: self.store.clone(), path: folder } },
        }
    }
}

/// Runs the command.
pub(super) fn run(args: &RepositoriesArgs, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let as_of = (env.now)();
    let listed = args.clones.listed(env)?;
    let mut refused = false;
    let mut clones = Vec::new();
    for clone in args.clones.asked(listed.as_deref(), env)? {
        let answer = ask(clone, as_of, env);
        refused |= answer.answer.as_ref().is_ok_and(|answer| !answer.refused.is_empty());
        clones.push(answer);
    }
    let period = args.clones.asked.period()?;
    let told = reconcile(&period, as_of, listed.as_deref(), clones);
    let text = match args.format {
        AnswerFormat::Human => human(&told),
        AnswerFormat::Json => pretty(&told),
    };
    print(env, &text)?;
    Ok(if refused {
        Exit::EvidenceInvalid
    } else if told.complete {
        Exit::Clean
    } else {
        Exit::Blocked
    })
}

fn listed(paths: &[PathBuf], env: &Env<'_>) -> Result<Option<Vec<Forged>>, CliError> {
    if paths.is_empty() {
        return Ok(None);
    }
    let mut all = Vec::new();
    for path in paths {
        let bytes = files::read(path, MOST, "check the path and its permissions", env)?;
        all.extend(forge_list(&path.display().to_string(), &bytes).map_err(|error| CliError::told(&error))?);
    }
    all.sort();
    all.dedup_by(|a, b| a.name == b.name);
    Ok(Some(all))
}

/// The clones below a folder: those with a `.git`, and bare ones.
pub(super) fn clones_below(below: &Path, env: &Env<'_>) -> Result<Vec<PathBuf>, CliError> {
    let cannot = |error: std::io::Error| {
        CliError::other(format!("{} cannot be read: {error}", below.display()), "check the path and its permissions")
    };
    let mut all = Vec::new();
    for entry in std::fs::read_dir(env.cwd.join(below)).map_err(cannot)? {
        let path = entry.map_err(cannot)?.path();
        let is_bare = path.join("HEAD").is_file() && path.join("objects").is_dir();
        if let Some(name) = path.file_name().filter(|_| path.join(".git").exists() || is_bare) {
            all.push(below.join(name));
        }
    }
    all.sort();
    Ok(all)
}

fn ask(clone: AskedClone, as_of: i64, env: &Env<'_>) -> CloneAnswer {
    let asked = clone.of.open(env, None).and_then(|opened| {
        let question = opened.question(as_of);
        Ok(completeness(&question, &question.landings())?)
    });
    CloneAnswer { folder: clone.folder, name: clone.name, answer: asked.map_err(|error| error.to_string()) }
}

fn human(told: &Repositories) -> String {
    let rows: Vec<Vec<String>> = told
        .repositories
        .iter()
        .map(|own| {
            let standing = match (&own.problem, own.complete, own.ungated) {
                (Some(why), ..) => why.clone(),
                (None, true, _) => "complete".to_owned(),
                (None, false, 0) if own.before_the_gate > 0 => "not complete: from before the gate".to_owned(),
                (None, false, 0) => "not complete: see population verify".to_owned(),
                (None, false, count) => format!("not complete: {count} past the gate"),
            };
            let tip = own.tip.as_deref().and_then(|tip| tip.get(..12)).unwrap_or_default();
            vec![own.name.clone(), own.landed.to_string(), own.ungated.to_string(), tip.to_owned(), standing]
        })
        .collect();
    let mut text = aligned(&["repository", "landed", "past the gate", "tip", "standing"], &rows);
    text.push('\n');
    for own in &told.missing {
        let note = if own.archived { " (archived: nothing lands there)" } else { "" };
        text.push_str(&format!("missing: {}{note}\n", own.name));
    }
    for name in &told.unlisted {
        text.push_str(&format!("not listed by the forge: {name}\n"));
    }
    let missing = told.missing.iter().filter(|own| !own.archived).count();
    let of = told
        .listed
        .map_or_else(|| "of as many as were given".to_owned(), |count| format!("of {count} that the forge lists"));
    text.push_str(&format!(
        "{} repositories, {of}; {missing} missing; {} landings in {}, {} past the gate\n",
        told.repositories.len(),
        told.landed,
        told.period.name,
        told.ungated
    ));
    for claim in &told.claim {
        text.push_str(&format!("  {claim}\n"));
    }
    text
}
