//! `countersign report verify`.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::Value;

use super::formats::{Output, Written};
use super::make::make;
use super::rendered;
use crate::cli::error::CliError;
use crate::cli::population::{MOST, OfArgs, Opened};
use crate::cli::table::print;
use crate::cli::{Env, Exit, files};
use crate::report::{self, REPORT_SCHEMA};
use crate::store::Digest;

/// Make a report again from git and the evidence, and name what differs.
///
/// The period, the entity and the time are the report's; the branch is asked as it was at the tip that the report names.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit status: 0 it comes out the same, 5 something in it is otherwise, 2 it cannot be made again")]
pub(super) struct VerifyReportArgs {
    /// The report, as JSON or as a page of HTML.
    report: PathBuf,
    /// What a tracker said of findings, where the report was made with it.
    #[arg(long, value_name = "FILE")]
    tickets: Option<PathBuf>,
    /// Another format of the report and where it stands, `FORMAT=PATH`, which is to say the same; may be given several times.
    #[arg(long, value_name = "FORMAT=PATH")]
    also: Vec<Output>,
    #[command(flatten)]
    of: OfArgs,
}

/// Runs the command.
pub(super) fn verify(args: &VerifyReportArgs, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let read = read(&args.report, WhatFor { schema: REPORT_SCHEMA, command: "countersign report" }, env)?;
    let at = Stated::of(&read.stated["log"], &read.stated["completeness"]["frame"]["tip"]);
    let mut opened = args.of.open(env, at.earlier())?;
    at.rewind(&mut opened, read.as_of, &args.report.display().to_string())?;
    let entity = read.stated["entity"].as_str().unwrap_or_default();
    let again = make(&args.of, &opened, entity, args.tickets.as_deref(), read.as_of, env)?;
    let drawn = read.page.is_some().then(|| report::html(&again)).transpose().map_err(|error| rendered(&error))?;
    let value = serde_json::to_value(&again).map_err(|error| rendered(&error.into()))?;
    let mut differences = differences(&read.stated, &value, read.page.as_deref().zip(drawn.as_deref()));
    for output in &args.also {
        differences.extend(in_files(output, Written::One(&again), env)?);
    }
    told(&differences, env)
}

/// Where the files of another format say something else than the report that was made again.
pub(super) fn in_files(output: &Output, again: Written<'_>, env: &Env<'_>) -> Result<Vec<Difference>, CliError> {
    let files = output.files(again)?;
    let mut differences = Vec::new();
    for (path, text) in &files {
        let place = path.display().to_string();
        if !env.cwd.join(path).exists() {
            differences.push(Difference {
                place,
                stated: "nothing".to_owned(),
                again: "a file of the report".to_owned(),
            });
            continue;
        }
        let bytes = files::read(path, MOST, "check the path and its permissions", env)?;
        // What is no text differs from every text.
        let stated = String::from_utf8_lossy(&bytes);
        if stated.as_bytes() != text.as_bytes() {
            let at = otherwise(&stated, text).unwrap_or_else(|| Difference {
                place: "its end".to_owned(),
                stated: format!("{} bytes", bytes.len()),
                again: format!("{} bytes", text.len()),
            });
            differences.push(Difference { place: format!("{place}, {}", at.place), ..at });
        }
    }
    let Some(ending) = output.format.folder_of() else { return Ok(differences) };
    // A file that the report does not have would be taken for one of it.
    let beside = files::listed(&output.path, env)?;
    for path in beside.into_iter().filter(|path| path.extension().is_some_and(|own| own.eq_ignore_ascii_case(ending))) {
        if files.iter().all(|(own, _)| *own != path) {
            let again = "no file of the report".to_owned();
            differences.push(Difference { place: path.display().to_string(), stated: "a file".to_owned(), again });
        }
    }
    Ok(differences)
}

/// Which kind of report is verified.
#[derive(Debug, Clone, Copy)]
pub(super) struct WhatFor {
    /// Its schema.
    pub(super) schema: &'static str,
    /// The command that writes it.
    pub(super) command: &'static str,
}

/// A report that is to be made again.
pub(super) struct ReadReport {
    /// What it says.
    pub(super) stated: Value,
    /// When it was made, in epoch seconds.
    pub(super) as_of: i64,
    /// The page, where it is one.
    pub(super) page: Option<String>,
}

/// Reads a report, as JSON or as a page.
pub(super) fn read(path: &Path, wanted: WhatFor, env: &Env<'_>) -> Result<ReadReport, CliError> {
    let none = |why: &str| {
        let name = path.display();
        let command = wanted.command;
        CliError::other(
            format!("{name} is no report: {why}"),
            format!("give what `{command} --output json=FILE` wrote"),
        )
    };
    let bytes = files::read(path, MOST, "check the path and its permissions", env)?;
    let page = std::str::from_utf8(&bytes).ok().filter(|text| report::is_page(text));
    let data = match page {
        Some(page) => report::data_of(page).ok_or_else(|| none("the page has no data"))?.as_bytes(),
        None => &bytes,
    };
    let stated: Value = serde_json::from_slice(data).map_err(|error| none(&error.to_string()))?;
    if stated["schema"] != wanted.schema {
        return Err(none("it is of a kind or version that this command does not verify"));
    }
    let as_of = stated["as_of"].as_str().ok_or_else(|| none("it does not say when it was made"))?;
    let as_of = crate::cli::check::instant(as_of)?;
    Ok(ReadReport { as_of, page: page.map(str::to_owned), stated })
}

/// Where what is stated and what was made again differ, and where a page says something else than its data.
pub(super) fn differences(stated: &Value, again: &Value, pages: Option<(&str, &str)>) -> Vec<Difference> {
    let mut differences = Vec::new();
    differ("", stated, again, &mut differences);
    if let (Some((page, drawn)), true) = (pages, differences.is_empty()) {
        differences.extend(otherwise(page, drawn));
    }
    differences
}

/// Says each difference, or that there is none.
pub(super) fn told(differences: &[Difference], env: &mut Env<'_>) -> Result<Exit, CliError> {
    if differences.is_empty() {
        print(env, "it comes out the same: every number follows from git and the evidence\n")?;
        return Ok(Exit::Clean);
    }
    let mut text = String::new();
    for Difference { place, stated, again } in differences {
        text.push_str(&format!("{place}: the report says {stated}, and it is {again}\n"));
    }
    let places = if differences.len() == 1 { "place differs" } else { "places differ" };
    text.push_str(&format!("it does not come out the same: {} {places}\n", differences.len()));
    print(env, &text)?;
    Ok(Exit::EvidenceInvalid)
}

/// Where a branch and its log were when a report was made of them.
pub(super) struct Stated {
    size: u64,
    root: Option<Digest>,
    witnesses: Vec<String>,
    tip: String,
}

impl Stated {
    /// As a report says it.
    pub(super) fn of(log: &Value, tip: &Value) -> Self {
        let witnesses = log["witnesses"].as_array().into_iter().flatten().filter_map(Value::as_str);
        Self {
            size: log["size"].as_u64().unwrap_or_default(),
            root: log["root"].as_str().and_then(|root| root.parse().ok()),
            witnesses: witnesses.map(str::to_owned).collect(),
            tip: tip.as_str().unwrap_or_default().to_owned(),
        }
    }

    /// The size and the root that the log had, from which it is to go on.
    pub(super) fn earlier(&self) -> Option<(u64, Digest)> {
        self.root.map(|root| (self.size, root))
    }

    /// Takes away what came afterwards. That the log goes on from what it was, was verified.
    pub(super) fn rewind(&self, opened: &mut Opened, as_of: i64, name: &str) -> Result<(), CliError> {
        if opened.verified.size > self.size && self.root.is_some() {
            opened.verified.size = self.size;
            opened.verified.root = self.root;
            opened.verified.told.retain(|own| own.index < self.size);
            // Who cosigned that checkpoint, the log of today does not say.
            opened.verified.witnesses = self.witnesses.iter().map(|name| (name.clone(), 0)).collect();
        }
        let there = opened.branch.commits.iter().position(|own| own.commit == self.tip);
        let place = there.ok_or_else(|| {
            CliError::other(
                format!("the branch {} did not go through {}, at which {name} was made", opened.branch.name, self.tip),
                "name the branch that the report is of; if it is that one, its history was replaced since",
            )
        })?;
        opened.branch.commits.truncate(place + 1);
        opened.evaluations.all.retain(|own| own.at <= as_of);
        Ok(())
    }
}

/// The first line of a text that says something else than the one that was made again.
fn otherwise(page: &str, drawn: &str) -> Option<Difference> {
    let lines = |text: &str| -> Vec<String> { text.lines().map(str::to_owned).collect() };
    let (stated, again) = (lines(page), lines(drawn));
    let at = (0..stated.len().max(again.len())).find(|at| stated.get(*at) != again.get(*at))?;
    let shown = |lines: &[String]| {
        let line = lines.get(at).map(|line| line.trim().chars().take(120).collect::<String>());
        line.map_or_else(|| "nothing".to_owned(), |line| format!("`{line}`"))
    };
    Some(Difference { place: format!("line {}", at + 1), stated: shown(&stated), again: shown(&again) })
}

/// A place that differs, as a JSON pointer (RFC 6901) or a line.
pub(super) struct Difference {
    place: String,
    stated: String,
    again: String,
}

fn differ(place: &str, stated: &Value, again: &Value, into: &mut Vec<Difference>) {
    let shown = |value: Option<&Value>| value.map_or_else(|| "nothing".to_owned(), ToString::to_string);
    match (stated, again) {
        (Value::Object(one), Value::Object(other)) => {
            let keys: std::collections::BTreeSet<&String> = one.keys().chain(other.keys()).collect();
            for key in keys {
                let place = format!("{place}/{}", key.replace('~', "~0").replace('/', "~1"));
                match (one.get(key), other.get(key)) {
                    (Some(one), Some(other)) => differ(&place, one, other, into),
                    (one, other) => into.push(Difference { place, stated: shown(one), again: shown(other) }),
                }
            }
        }
        (Value::Array(one), Value::Array(other)) => {
            for at in 0..one.len().max(other.len()) {
                let place = format!("{place}/{at}");
                match (one.get(at), other.get(at)) {
                    (Some(one), Some(other)) => differ(&place, one, other, into),
                    (one, other) => into.push(Difference { place, stated: shown(one), again: shown(other) }),
                }
            }
        }
        (one, other) if one == other => {}
        (one, other) => {
            into.push(Difference { place: place.to_owned(), stated: one.to_string(), again: other.to_string() });
        }
    }
}
