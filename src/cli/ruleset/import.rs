//! `countersign ruleset import`: a matrix that somebody keeps elsewhere, as a ruleset.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;

use clap::Args;

use super::super::check::read_rule_file;
use super::super::error::CliError;
use super::super::{Env, Exit, table};
use crate::rules::{MatrixFile, MatrixWish, RuleFile, Severity, draw, matrix_yaml, misread};

/// Lines of what was left out that are printed; the file has them all.
const LISTED: usize = 50;

/// Draw a ruleset from a matrix of duties: a square with marks, a list of risks, or the files of SAP's Access Control.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  countersign ruleset import matrix.csv --id acme      a square of functions with marks
  countersign ruleset import risks.csv --id acme       a risk and its functions in each row
  countersign ruleset import grc/*.txt --id acme --system sap
  countersign ruleset import matrix.csv --id acme --output rules/sod.yaml --level 1=critical

It writes `add:` with duties and conflicts, each with the file and line that it comes from, and never writes over a file. \
What cannot be carried over is listed line by line, here and at the end of the file. Nothing counts until countersign.yaml \
names the file, and conflicts over the names of an ERP system only warn until somebody adopts it.

SAP's risk levels 0, 1, 2 and 3 are read as medium, high, low and critical; --level says otherwise.

Exit status: 0 all was carried over, 1 something was left out, 2 nothing could be drawn")]
pub struct RulesetImportArgs {
    /// The files; those of one download belong together.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The ruleset's id.
    #[arg(long)]
    id: String,
    /// A name for people; default: the id.
    #[arg(long)]
    title: Option<String>,
    /// What the ids of its duties and conflicts begin with; default: the id in capitals and `-`.
    #[arg(long)]
    prefix: Option<String>,
    /// The type of system whose actions the files name.
    #[arg(long, value_name = "TYPE", default_value = "sap")]
    system: String,
    /// On what the sides of a conflict must meet.
    #[arg(long, value_name = "DIMENSION", default_value = "legal_entity")]
    dimension: String,
    /// How bad a mark is that does not say.
    #[arg(long, value_parser = severity, value_name = "SEVERITY", default_value = "high")]
    severity: Severity,
    /// What a risk level means, such as 1=critical; may be given several times.
    #[arg(long, value_parser = level, value_name = "LEVEL=SEVERITY")]
    level: Vec<(String, Severity)>,
    /// Who owns the risks.
    #[arg(long, default_value = "the risk owner")]
    owner: String,
    /// Where to write it; default: rulesets/ID.yaml.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

fn severity(word: &str) -> Result<Severity, String> {
    let all = [Severity::Low, Severity::Medium, Severity::High, Severity::Critical];
    all.into_iter().find(|own| own.as_str() == word).ok_or_else(|| "write low, medium, high or critical".to_owned())
}

fn level(text: &str) -> Result<(String, Severity), String> {
    let (level, word) = text.split_once('=').ok_or_else(|| "write LEVEL=SEVERITY, such as 1=critical".to_owned())?;
    Ok((level.trim().to_lowercase(), severity(word.trim())?))
}

/// Runs the command.
pub(super) fn run(args: &RulesetImportArgs, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let wish = wish(args)?;
    let mut files = Vec::new();
    for path in &args.files {
        let file = read_rule_file(&env.cwd, path)?;
        files.push(MatrixFile { path: path.display().to_string(), bytes: file.bytes.to_vec() });
    }
    let drawn = draw(&files, &wish).map_err(|error| CliError::other(error.message, error.help))?;
    let text = matrix_yaml(&drawn, &wish);
    let path = args.output.clone().unwrap_or_else(|| PathBuf::from(format!("rulesets/{}.yaml", args.id)));
    let wrong = misread(&RuleFile::new(path.display().to_string(), text.as_bytes()));
    if !wrong.is_empty() {
        return Err(CliError::Rules(wrong));
    }
    let failed = |error: std::io::Error| {
        if error.kind() == std::io::ErrorKind::AlreadyExists {
            CliError::other(
                format!("{} is there already, and nothing is written over", path.display()),
                "name another file with --output, or take that one away",
            )
        } else {
            CliError::other(format!("{} cannot be written: {error}", path.display()), "name another file with --output")
        }
    };
    let target = env.cwd.join(&path);
    if let Some(folder) = target.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let mut file = OpenOptions::new().write(true).create_new(true).open(&target).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    let mut out = format!(
        "wrote {}: {}, {}\n",
        path.display(),
        counted(drawn.duties.len(), "duty", "duties"),
        counted(drawn.conflicts.len(), "conflict", "conflicts")
    );
    if !drawn.left_out.is_empty() {
        let _ = writeln!(out, "\nnot carried over ({}):", drawn.left_out.len());
        for own in drawn.left_out.iter().take(LISTED) {
            let _ = writeln!(out, "  {}: {}", own.at, own.why);
        }
        if drawn.left_out.len() > LISTED {
            let _ = writeln!(out, "  and {} more, at the end of the file", drawn.left_out.len() - LISTED);
        }
    }
    let _ = writeln!(
        out,
        "\nnext: look at it, and name it in countersign.yaml with who adopts it:\n  rulesets: [{{path: {}, owner: \
         person:WHO}}]\nthen: countersign ruleset tune",
        path.display()
    );
    table::print(env, &out)?;
    Ok(if drawn.left_out.is_empty() { Exit::Clean } else { Exit::Blocked })
}

fn wish(args: &RulesetImportArgs) -> Result<MatrixWish, CliError> {
    let word = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    for (what, text) in [("id", &args.id), ("type of system", &args.system), ("dimension", &args.dimension)] {
        if !word(text) {
            return Err(CliError::other(format!("`{text}` is no {what}"), "write letters, digits and `-`"));
        }
    }
    let prefix = args.prefix.clone().unwrap_or_else(|| format!("{}-", args.id.to_ascii_uppercase()));
    if args.id.to_ascii_lowercase().starts_with("cs-") || prefix.to_ascii_uppercase().starts_with("CS-") {
        return Err(CliError::other("ids that begin with `CS-` are reserved", "choose an id of your own"));
    }
    let known = [("0", Severity::Medium), ("1", Severity::High), ("2", Severity::Low), ("3", Severity::Critical)];
    let mut levels: BTreeMap<String, Severity> =
        known.into_iter().map(|(level, severity)| (level.to_owned(), severity)).collect();
    levels.extend(args.level.iter().cloned());
    Ok(MatrixWish {
        id: args.id.clone(),
        title: args.title.clone().unwrap_or_else(|| args.id.clone()),
        prefix,
        system: args.system.clone(),
        dimension: args.dimension.clone(),
        severity: args.severity,
        owner: args.owner.clone(),
        levels,
    })
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
