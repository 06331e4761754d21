//! `countersign report repositories`.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::Value;

use super::formats::{Output, Written};
use super::make::make;
use super::verify::{Stated, WhatFor, differences, in_files, read, told};
use super::{rendered, write};
use crate::cli::error::CliError;
use crate::cli::repositories::{AskedClone, ClonesArgs};
use crate::cli::table::print;
use crate::cli::{Env, Exit, files};
use crate::history::{CloneAnswer, reconcile};
use crate::output::pretty;
use crate::report::{self, OVERVIEW_SCHEMA, Overview, Part, Report, SourceReport, Whole, overview};
use crate::store::Digest;

/// Write one report of many repositories: of each the numbers of its own report, and what is open in any of them.
///
/// Each clone is a folder below DIR, with its evidence. The branch is what --branch names, else the default branch that the
/// forge lists, else HEAD.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gh api --paginate /orgs/acme/repos > repos.json
  countersign report repositories clones --period 2026Q4 --forge-list repos.json \\
      --output html=all.html
  countersign report repositories clones --period 2026Q4 --output json=all.json --each reports
  countersign report repositories clones --period 2026Q4 --verify all.html

Exit status: 0 it is written, or comes out the same; 5 something in it is otherwise; 2 it cannot be made")]
pub(super) struct RepositoriesReportArgs {
    #[command(flatten)]
    clones: ClonesArgs,
    /// Whose report it is, as they want to be called.
    #[arg(long, value_name = "NAME", default_value = "")]
    entity: String,
    /// html, csv, markdown or json, and where it is written, `FORMAT=PATH`; may be given several times. What is there is never
    /// overwritten.
    #[arg(long, value_name = "FORMAT=PATH", required_unless_present = "verify")]
    output: Vec<Output>,
    /// Write each repository's own report into this folder too, as a page and as JSON.
    #[arg(long, value_name = "DIR")]
    each: Option<PathBuf>,
    /// Make this report again instead, and name what differs.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["output", "each", "entity"])]
    verify: Option<PathBuf>,
    /// Another format of that report and where it stands, which is to say the same; may be given several times.
    #[arg(long, value_name = "FORMAT=PATH", requires = "verify", conflicts_with = "output")]
    also: Vec<Output>,
}

/// Runs the command.
pub(super) fn run(args: &RepositoriesReportArgs, env: &mut Env<'_>) -> Result<Exit, CliError> {
    args.also.iter().try_for_each(Output::check_for_many)?;
    if let Some(path) = &args.verify {
        return verify(args, path, env);
    }
    args.output.iter().try_for_each(Output::check_for_many)?;
    let as_of = (env.now)();
    let made = all(args, &args.entity, as_of, &Value::Null, env)?;
    for output in &args.output {
        for (path, text) in output.files(Written::Many(&made))? {
            write(&path, &text, env)?;
        }
        print(env, &format!("wrote {}\n", output.path.display()))?;
    }
    let population = &made.population;
    let complete = population.repositories.iter().filter(|own| own.complete).count();
    print(
        env,
        &format!(
            "{complete} of {} repositories complete; {} landed in {}, {} got past the gate; {} findings at its beginning, {} at \
             its end\n",
            population.repositories.len(),
            population.landed,
            population.period.name,
            population.ungated,
            made.position.opening,
            made.position.closing
        ),
    )?;
    Ok(Exit::Clean)
}

/// One clone after the other, so that no more than one is in memory. `stated` is the report that is made again, if one is.
fn all(
    args: &RepositoriesReportArgs,
    entity: &str,
    as_of: i64,
    stated: &Value,
    env: &Env<'_>,
) -> Result<Overview, CliError> {
    let listed = args.clones.listed(env)?;
    let (mut answers, mut parts) = (Vec::new(), Vec::new());
    for clone in args.clones.asked(listed.as_deref(), env)? {
        let answer = match one(&clone, entity, as_of, stated, env) {
            Ok((made, part)) => {
                if let Some(folder) = &args.each {
                    each(folder, &clone, &made, env)?;
                }
                parts.push(part);
                Ok(made.completeness)
            }
            Err(error) => Err(error.to_string()),
        };
        answers.push(CloneAnswer { folder: clone.folder, name: clone.name, answer });
    }
    let population = reconcile(&args.clones.asked.period()?, as_of, listed.as_deref(), answers);
    let mut files = Vec::new();
    for path in args.clones.forge_list.iter().chain(&args.clones.asked.forge_audit) {
        let bytes = files::read(path, crate::cli::population::MOST, "check the path and its permissions", env)?;
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let digest = Digest::of(&bytes).to_string();
        files.push(SourceReport { what: format!("the forge's export {name}"), digest });
    }
    let judged = args.clones.asked.judged;
    Ok(overview(population, parts, Whole { entity, version: env.version, as_of, judged, files }))
}

fn one(
    clone: &AskedClone,
    entity: &str,
    as_of: i64,
    stated: &Value,
    env: &Env<'_>,
) -> Result<(Report, Part), CliError> {
    let summaries = stated["repositories"].as_array();
    let own = summaries.into_iter().flatten().find(|own| own["folder"] == clone.folder.as_str());
    let at = own.map(|own| Stated::of(&own["log"], &own["tip"]));
    let mut opened = clone.of.open(env, at.as_ref().and_then(Stated::earlier))?;
    if let Some(at) = &at {
        at.rewind(&mut opened, as_of, &clone.folder)?;
    }
    let made = make(&clone.of, &opened, entity, None, as_of, env)?;
    let digest = Digest::of(pretty(&made).as_bytes()).to_string();
    let name = clone.name.as_deref().unwrap_or(&clone.folder);
    let part = Part::of(&made, (name, &clone.folder), &opened.evaluations.all, digest);
    Ok((made, part))
}

fn each(folder: &Path, clone: &AskedClone, made: &Report, env: &Env<'_>) -> Result<(), CliError> {
    let name = clone.name.as_deref().unwrap_or(&clone.folder);
    let name: String = name.chars().map(|own| if matches!(own, '/' | '\\' | ':') { '-' } else { own }).collect();
    let name = name.trim_start_matches(['.', '-']);
    write(&folder.join(format!("{name}.json")), &pretty(made), env)?;
    write(&folder.join(format!("{name}.html")), &report::html(made).map_err(|error| rendered(&error))?, env)
}

fn verify(args: &RepositoriesReportArgs, path: &Path, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let read = read(path, WhatFor { schema: OVERVIEW_SCHEMA, command: "countersign report repositories" }, env)?;
    let entity = read.stated["entity"].as_str().unwrap_or_default();
    let again = all(args, entity, read.as_of, &read.stated, env)?;
    let drawn = read.page.is_some().then(|| report::overview_html(&again)).transpose();
    let drawn = drawn.map_err(|error| rendered(&error))?;
    let value = serde_json::to_value(&again).map_err(|error| rendered(&error.into()))?;
    let mut differences = differences(&read.stated, &value, read.page.as_deref().zip(drawn.as_deref()));
    for output in &args.also {
        differences.extend(in_files(output, Written::Many(&again), env)?);
    }
    told(&differences, env)
}
