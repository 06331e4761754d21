//! Data flows one way: a module may use what stands to its left. This test reads every `crate::` path under `src/` and
//! holds the table in the crate documentation.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The pipeline, from left to right. `output` stands apart: it renders, and only `cli` calls it.
const ORDER: &[&str] = &[
    "store", "keys", "source", "syntax", "facts", "rules", "formats", "secrets", "access", "duties", "policy", "gate",
    "evidence", "history", "report", "output", "cli",
];

/// Who may use `output`.
const CALLS_OUTPUT: &[&str] = &["cli"];

fn rust_files(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, into);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            into.push(path);
        }
    }
}

/// The layers that a text names by `crate::`, and the lines that do.
fn named(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let code = line.split("//").next().unwrap_or_default();
        for part in code.split("crate::").skip(1) {
            let name: String = part.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            found.push((number + 1, name));
        }
    }
    found
}

#[test]
fn every_module_uses_only_what_stands_to_its_left() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&src, &mut files);
    let mut wrong = Vec::new();
    let mut seen = BTreeSet::new();
    for file in &files {
        let relative = file.strip_prefix(&src).unwrap();
        let own =
            relative.components().next().unwrap().as_os_str().to_string_lossy().trim_end_matches(".rs").to_owned();
        if matches!(own.as_str(), "main" | "lib") {
            continue;
        }
        let Some(place) = ORDER.iter().position(|layer| *layer == own) else {
            panic!("{} is in no layer: add it to the table", relative.display());
        };
        seen.insert(own.clone());
        // Tests may look anywhere.
        if relative
            .components()
            .any(|part| matches!(part.as_os_str().to_str(), Some("tests" | "tests.rs" | "cases.rs" | "fixture.rs")))
            || relative.to_string_lossy().ends_with("_tests.rs")
        {
            continue;
        }
        for (line, name) in named(&fs::read_to_string(file).unwrap()) {
            let Some(used) = ORDER.iter().position(|layer| *layer == name) else { continue };
            let right_of = used > place;
            let output = name == "output" && own != "output" && !CALLS_OUTPUT.contains(&own.as_str());
            if right_of || output {
                wrong.push(format!("{}:{line} uses {name}", relative.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "against the direction of the pipeline:\n{}", wrong.join("\n"));
    assert_eq!(seen.len(), ORDER.len(), "a layer of the table has no module");
}

#[test]
fn the_crate_documentation_shows_the_same_table() {
    let lib = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    let mut last = 0;
    for layer in ORDER {
        let row = format!("//! | [`{layer}`] |");
        let at = lib.find(&row).unwrap_or_else(|| panic!("src/lib.rs has no row `{row}`"));
        assert!(at > last, "the row of {layer} is out of order");
        last = at;
    }
}

#[test]
fn no_file_is_longer_than_six_hundred_lines() {
    let mut files = Vec::new();
    rust_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    let long: Vec<String> = files
        .iter()
        .map(|file| (file, fs::read_to_string(file).unwrap().lines().count()))
        .filter(|(_, lines)| *lines > 600)
        .map(|(file, lines)| format!("{} has {lines}", file.display()))
        .collect();
    assert!(long.is_empty(), "a file past 600 lines wants to be two:\n{}", long.join("\n"));
}

#[test]
fn the_engine_alone_names_the_rego_library() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&src, &mut files);
    let naming: Vec<String> = files
        .iter()
        .filter(|file| fs::read_to_string(file).unwrap().contains("regorus::"))
        .map(|file| file.strip_prefix(&src).unwrap().display().to_string())
        .collect();
    assert_eq!(naming, ["policy/engine.rs"]);
}

#[test]
fn every_file_of_tests_is_compiled_into_them() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let registered = fs::read_to_string(folder.join("cli.rs")).unwrap();
    let mut files = Vec::new();
    rust_files(&folder.join("cli"), &mut files);
    assert!(files.len() > 40, "{} files", files.len());
    for file in files {
        let module = format!("mod {};", file.file_stem().unwrap().to_string_lossy());
        assert!(registered.lines().any(|line| line.trim() == module), "tests/cli.rs lacks `{module}`");
    }
}
