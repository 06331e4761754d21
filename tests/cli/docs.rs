//! What the documentation tells people to type exists.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use countersign::cli::Exit;

use super::places::Folder;
use super::runner::countersign;

fn pages() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut pages = vec![root.join("README.md"), root.join("CHANGELOG.md")];
    let mut open = vec![root.join("docs")];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|ending| ending == "md") {
                pages.push(path);
            }
        }
    }
    pages
}

/// The commands of a page: lines of blocks of code, and code within sentences.
fn commands(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let (mut in_block, mut continued) = (false, String::new());
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            in_block = !in_block;
            continue;
        }
        if !in_block {
            found.extend(line.split('`').skip(1).step_by(2).map(str::to_owned));
            continue;
        }
        match line.trim_end().strip_suffix('\\') {
            Some(start) => continued.push_str(start),
            None => found.push(std::mem::take(&mut continued) + line),
        }
    }
    // What stands behind two spaces says what the command is for.
    let said = |line: String| line.trim_start().split("  ").next().unwrap_or_default().to_owned();
    found.into_iter().map(said).filter(|line| line.starts_with("countersign ")).collect()
}

/// The help of a command, if it is one.
fn help_of(command: &str, place: &Folder) -> Option<String> {
    let ran = countersign(&format!("{command} --help"), &place.path).run();
    let usage = format!("countersign {command}");
    (ran.exit == Exit::Clean && ran.stdout.contains(usage.trim_end())).then_some(ran.stdout)
}

#[test]
fn every_command_in_the_documentation_exists_with_its_options() {
    let place = Folder::new();
    let mut helps: BTreeMap<String, Option<String>> = BTreeMap::new();
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for page in pages() {
        for line in commands(&fs::read_to_string(&page).unwrap()) {
            let words: Vec<&str> = line.split_whitespace().skip(1).collect();
            let named = words.iter().take_while(|word| word.chars().all(|c| c.is_ascii_lowercase() || c == '-'));
            let named: Vec<&str> = named.copied().filter(|word| !word.starts_with('-')).collect();
            // The longest start that is a command; what follows it are its arguments.
            let (command, help) = (0..=named.len().min(3))
                .rev()
                .find_map(|many| {
                    let command = named[..many].join(" ");
                    let known = helps.entry(command.clone()).or_insert_with(|| help_of(&command, &place));
                    Some((command, known.clone()?))
                })
                .unwrap();
            let start = words.first().is_some_and(|word| word.starts_with(|c: char| c.is_ascii_lowercase()));
            if command.is_empty() && start {
                wrong.push(format!("{}: `{line}` is no command", page.display()));
            }
            let options = words.iter().filter_map(|word| word.trim_matches(['[', ']']).split('=').next());
            let options =
                options.map(|word| word.trim_end_matches([',', ';', '|'])).filter(|word| word.starts_with("--"));
            for option in options.filter(|option| option.len() > 2 && !["--help", "--version"].contains(option)) {
                seen += 1;
                if !help.contains(option) {
                    wrong.push(format!("{}: `{line}` has {option}, and `{command}` has not", page.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(seen > 100, "{seen} options were looked at");
}
