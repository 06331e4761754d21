//! `countersign man`: a manual page for each command.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::{Args, Command};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};

use super::completions::for_people;
use super::error::CliError;
use super::{Env, Exit, table};
use crate::rules::day;

/// Write a manual page for each command into a folder.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  countersign man ~/.local/share/man/man1      then: man countersign-check
  countersign man man && man -l man/countersign.1

Pages that are there already are written anew.")]
pub struct ManArgs {
    /// The folder; it is made where there is none.
    dir: PathBuf,
}

/// Runs the command.
pub(super) fn run(args: &ManArgs, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let folder = env.cwd.join(&args.dir);
    let failed = |error: std::io::Error| {
        CliError::other(
            format!("{} cannot be written: {error}", args.dir.display()),
            "name a folder that you may write to",
        )
    };
    std::fs::create_dir_all(&folder).map_err(failed)?;
    let mut command = for_people();
    command.build();
    let mut all = Vec::new();
    pages(&command, &about(env), &mut all).map_err(failed)?;
    for (name, page) in &all {
        std::fs::write(folder.join(name), page).map_err(failed)?;
    }
    table::print(env, &format!("wrote {} pages to {}\n", all.len(), args.dir.display()))?;
    Ok(Exit::Clean)
}

/// The program's version, and the day on which its pages are written.
struct About {
    source: String,
    day: String,
}

fn about(env: &Env<'_>) -> About {
    About { source: format!("Countersign {}", env.version), day: day((env.now)()) }
}

/// The page of a command and those of the commands under it, by file name.
fn pages(command: &Command, about: &About, all: &mut Vec<(String, String)>) -> std::io::Result<()> {
    let man = Man::new(command.clone()).manual("Countersign").source(&about.source).date(&about.day);
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    if command.get_arguments().any(|argument| !argument.is_hide_set()) {
        man.render_options_section(&mut page)?;
    }
    if command.has_subcommands() {
        man.render_subcommands_section(&mut page)?;
    }
    if let Some(text) = command.get_after_help() {
        rest(&text.to_string(), &mut page)?;
    }
    all.push((man.get_filename(), plain(&String::from_utf8_lossy(&page))));
    command.get_subcommands().try_for_each(|sub| pages(sub, about, all))
}

/// A page in ASCII, as every formatter takes it: other characters as escapes, and no break beside a paragraph.
fn plain(page: &str) -> String {
    let mut out = String::with_capacity(page.len());
    for c in page.replace("\n.br\n\n.br\n", "\n.sp\n").chars() {
        if c.is_ascii() {
            out.push(c);
        } else {
            let _ = write!(out, "\\[u{:04X}]", u32::from(c));
        }
    }
    out
}

/// What help ends with, line for line, since examples are to be copied.
fn rest(text: &str, page: &mut Vec<u8>) -> std::io::Result<()> {
    let (heading, text) = match text.strip_prefix("Examples:\n") {
        Some(examples) => ("EXAMPLES", examples),
        None => ("NOTES", text),
    };
    let mut roff = Roff::new();
    roff.control("SH", [heading]).control("nf", []);
    for line in text.lines() {
        roff.text([roman(line)]);
    }
    roff.control("fi", []);
    roff.to_writer(page)
}
