//! `countersign sample`.

use std::path::PathBuf;

use clap::Args;
use miette::Diagnostic;

use super::error::CliError;
use super::table::{self, ListFormat};
use super::{Env, Exit, files};
use crate::history::{BoundReport, Confidence, Population, PopulationKind, Sample, Seed, Share, SizeReport};
use crate::output::pretty;
use crate::store::Digest;

/// Most bytes of a population's file: some five million items.
const MOST: u64 = 1024 * 1024 * 1024;
const GIVE: &str = "give the file of a frozen population with `countersign sample --population FILE`";
const KEEP: &str = "choose another name with --output: a sample that somebody relies on is not overwritten";

/// Draw a sample from a frozen population by an auditor's seed.
///
/// The items are those with the lowest SHA-256 of the population's root, the seed and their id, so whoever has the file
/// and the seed draws the same ones, and a larger sample has all of a smaller one. Freeze the population and publish its
/// root first, then let the auditor choose the seed. docs/sampling.md says how to do it without this program.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  countersign sample --population merges.json --n 25 --seed 4146235
  countersign sample --population merges.json --n 25 --seed 4146235 --frozen-root b7b39746...
  countersign sample --population merges.json --n 25 --seed 4146235 --output sample.json
  countersign sample --population merges.json --n 40 --seed 4146235 --format csv

Exit status: 0 drawn, 2 wrong usage or a file that cannot be read,
             5 the population is not the one that was frozen")]
pub struct SampleArgs {
    /// The frozen population.
    #[arg(long, value_name = "FILE")]
    population: PathBuf,
    /// How many items; whoever audits sets the size.
    #[arg(long, value_name = "COUNT")]
    n: u64,
    /// A text that the auditor chose after the root was published.
    #[arg(long, value_name = "TEXT")]
    seed: String,
    /// The root that was published before the seed was known; a population with another one is refused.
    #[arg(long, value_name = "SHA256")]
    frozen_root: Option<Digest>,
    /// Write the sample as JSON to a new file, too; one that is there is never overwritten.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// How to write the sample to standard output.
    #[arg(long, value_enum, default_value = "table")]
    format: ListFormat,
}

/// Runs the command.
pub(super) fn run(args: &SampleArgs, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let seed = Seed::new(&args.seed).map_err(|error| CliError::told(&error))?;
    let bytes = files::read(&args.population, MOST, GIVE, env)?;
    let population = match Population::read(&bytes) {
        Ok(population) => population,
        Err(error) => {
            let help = error.help().map(|help| help.to_string()).unwrap_or_default();
            let told = CliError::other(format!("{}: {error}", args.population.display()), help);
            return if error.altered() { Ok(refused(&told, env)) } else { Err(told) };
        }
    };
    if let Some(frozen) = args.frozen_root.filter(|frozen| *frozen != population.root()) {
        let message = format!("{}: its root is {}, not {frozen}", args.population.display(), population.root());
        let help = "take the file that was frozen when the root was published: give it with `countersign sample --population \
                    FILE`";
        return Ok(refused(&CliError::other(message, help), env));
    }
    let sample = Sample::draw(&population, Digest::of(&bytes), args.n, seed).map_err(|error| CliError::told(&error))?;
    let record = pretty(&sample);
    if let Some(path) = &args.output {
        files::create(path, record.as_bytes(), KEEP, env)?;
    }
    let text = match args.format {
        ListFormat::Json => record,
        ListFormat::Csv => table::rows_csv(&["rank", "digest", "id", "at", "what"], &rows(&sample, Whole::Yes)),
        ListFormat::Table => human(&sample, &population, args),
    };
    table::print(env, &text)?;
    Ok(Exit::Clean)
}

/// Shows why a population does not verify.
fn refused(error: &CliError, env: &mut Env<'_>) -> Exit {
    super::show(error, env);
    Exit::EvidenceInvalid
}

/// Whether digests are written with all their digits.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whole {
    Yes,
    No,
}

fn rows(sample: &Sample, whole: Whole) -> Vec<Vec<String>> {
    let digest = |digest: Digest| {
        let text = digest.to_string();
        if whole == Whole::Yes { text } else { text.get(..12).unwrap_or_default().to_owned() }
    };
    let items = sample.items.iter();
    items
        .map(|own| {
            let at = table::instant(own.at.seconds());
            vec![own.rank.to_string(), digest(own.digest), own.id.clone(), at, own.what.clone()]
        })
        .collect()
}

fn human(sample: &Sample, population: &Population, args: &SampleArgs) -> String {
    let from = &sample.population;
    let mut text = format!(
        "selected {} of {} {} in {} on {} of {}\n\n",
        sample.items.len(),
        from.count,
        from.kind,
        from.period,
        from.branch,
        from.repository
    );
    text.push_str(&format!("root       {}\n", from.root));
    text.push_str(&format!("seed       {}\n", sample.seed.as_str()));
    text.push_str(&format!("algorithm  {}\n", sample.algorithm));
    text.push_str(match args.frozen_root {
        Some(_) => "the root is the one that was published\n",
        None => "compare the root with the one that was published, or give that with --frozen-root\n",
    });
    match population.outside() {
        0 => {}
        1 => text.push_str("1 item of the population has an instant outside of the period: ask why it belongs to it\n"),
        n => text.push_str(&format!(
            "{n} items of the population have an instant outside of the period: ask why they belong to it\n"
        )),
    }
    if !sample.items.is_empty() {
        text.push('\n');
        text.push_str(&table::aligned(&["rank", "digest", "id", "at", "what"], &rows(sample, Whole::No)));
        text.push_str(&format!("\n{}\n", sample.information));
        text.push_str(&bounds(&sample.bounds, from.count));
        text.push_str(&sizes(&sample.sizes));
    }
    text.push_str(&next(sample, args));
    text
}

fn bounds(bounds: &[BoundReport], count: u64) -> String {
    let rows: Vec<Vec<String>> = bounds
        .iter()
        .map(|own| {
            vec![
                own.exceptions.to_string(),
                percent(own.confidence),
                share(own.rate_at_most),
                format!("{} of {count}", own.items_at_most),
            ]
        })
        .collect();
    table::aligned(&["exceptions", "confidence", "rate at most", "items at most"], &rows)
}

/// The sizes for each tolerable rate in a line.
fn sizes(sizes: &[SizeReport]) -> String {
    let lines = sizes.chunk_by(|one, other| one.tolerable_rate == other.tolerable_rate).filter_map(|own| {
        let rate = share(own.first()?.tolerable_rate);
        let sizes: Vec<String> =
            own.iter().map(|size| format!("{} at {}", size.size, percent(size.confidence))).collect();
        Some(format!("to say without an exception that less than {rate} deviates: {}\n", sizes.join(", ")))
    });
    lines.collect()
}

fn percent(confidence: u8) -> String {
    Confidence::of_percent(confidence).map(|own| own.to_string()).unwrap_or_default()
}

fn share(points: u16) -> String {
    Share::of_basis_points(points).map(|own| own.to_string()).unwrap_or_default()
}

/// What to do with it.
fn next(sample: &Sample, args: &SampleArgs) -> String {
    let keep = match &args.output {
        Some(path) => format!("wrote {}\n", path.display()),
        None => "keep it with the population: add `--output FILE`\n".to_owned(),
    };
    let look = sample.items.first().map(|own| match sample.population.kind {
        PopulationKind::Merges => format!("next: countersign evidence list --commit {}\n", own.id),
        PopulationKind::Evaluations => format!("next: countersign evidence show {}\n", own.id),
    });
    format!("\n{keep}{}", look.unwrap_or_default())
}
