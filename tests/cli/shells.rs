//! `countersign completions` and `countersign man`.

use std::path::Path;
use std::process::Command;

use countersign::cli::Exit;

use super::places::Folder;
use super::runner::countersign;

const SHELLS: [&str; 5] = ["bash", "zsh", "fish", "powershell", "elvish"];

#[test]
fn every_shell_is_given_every_command() {
    let place = Folder::new();
    for shell in SHELLS {
        let text = countersign(&format!("completions {shell}"), &place.path).run().exits(Exit::Clean).stdout;
        for word in ["who-can", "reperform", "markdown", "population"] {
            assert!(text.contains(word), "{shell} does not know {word}");
        }
        assert!(!text.contains("evaluate-policies"), "{shell} offers what only the program itself starts");
    }
    countersign("completions tcsh", &place.path).run().exits(Exit::Usage).complains("bash");
}

/// What bash offers for a line whose last word is being typed.
#[cfg(unix)]
fn offered(script: &Path, line: &[&str]) -> Vec<String> {
    let words = line.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" ");
    let (last, before) = (line.last().unwrap(), line.get(line.len().wrapping_sub(2)).unwrap_or(&""));
    let program = format!(
        "source '{}'\nCOMP_WORDS=({words})\nCOMP_CWORD={}\n_countersign countersign '{last}' '{before}'\n\
         printf '%s\\n' \"${{COMPREPLY[@]}}\"\n",
        script.display(),
        line.len() - 1
    );
    let ran = Command::new("bash").args(["--norc", "--noprofile", "-c", &program]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&ran.stderr), "");
    String::from_utf8(ran.stdout).unwrap().split_whitespace().map(str::to_owned).collect()
}

#[cfg(unix)]
#[test]
fn bash_completes_commands_options_and_values() {
    let place = Folder::new();
    let script = place.path.join("countersign.bash");
    let text = countersign("completions bash", &place.path).run().exits(Exit::Clean).stdout;
    std::fs::write(&script, text).unwrap();
    assert_eq!(offered(&script, &["countersign", "expl"]), ["explain"]);
    assert_eq!(offered(&script, &["countersign", "evidence", "rep"]), ["reperform"]);
    assert_eq!(offered(&script, &["countersign", "check", "--sta"]), ["--staged"]);
    assert_eq!(offered(&script, &["countersign", "explain", "--format", "m"]), ["markdown"]);
    assert_eq!(offered(&script, &["countersign", "no-such-command", "zzz"]), [""; 0]);
}

/// The lines of a page that troff would obey, each of a macro that pages have.
fn obeyed(page: &str) -> Vec<&str> {
    let known = ["TH", "SH", "PP", "TP", "RS", "RE", "IP", "br", "sp", "nf", "fi", "ie", "el"];
    let macros = page.lines().filter_map(|line| line.strip_prefix('.'));
    macros.filter(|line| !known.contains(&line.split_whitespace().next().unwrap_or_default())).collect()
}

#[test]
fn every_command_has_a_page_with_its_options_and_examples() {
    let place = Folder::new();
    countersign("man pages/man1", &place.path).run().exits(Exit::Clean).says("pages to pages/man1");
    let folder = place.path.join("pages/man1");
    let names: Vec<String> =
        std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert!(names.len() > 90, "{}", names.len());
    assert!(!names.iter().any(|name| name.contains("evaluate-policies") || name.contains("-help")), "{names:?}");
    for name in &names {
        let page = std::fs::read_to_string(folder.join(name)).unwrap();
        for heading in [".TH ", ".SH NAME", ".SH SYNOPSIS", ".SH DESCRIPTION", ".SH OPTIONS", ".SH EXAMPLES"] {
            // What says first how it works has its examples in the notes.
            let notes = heading == ".SH EXAMPLES" && page.contains(".SH NOTES") && page.contains("Examples:");
            assert!(page.contains(heading) || notes, "{name} has no {heading}");
        }
        assert!(page.is_ascii(), "{name}");
        assert_eq!(obeyed(&page), [""; 0], "{name}");
        assert_eq!(page.matches("\n.nf").count(), page.matches("\n.fi").count(), "{name}");
    }
    let page = std::fs::read_to_string(folder.join("countersign-evidence-verify.1")).unwrap();
    assert!(page.contains("countersign evidence verify \\-\\-all"), "{page}");
    // A page of yesterday is written anew.
    countersign("man pages/man1", &place.path).run().exits(Exit::Clean);
}

/// What is on every machine that formats pages: groff where man-db is, mandoc elsewhere.
#[cfg(unix)]
#[test]
fn pages_are_formatted_without_a_warning() {
    let place = Folder::new();
    countersign("man man", &place.path).run().exits(Exit::Clean);
    let tools: [(&str, &[&str]); 2] =
        [("mandoc", &["-T", "lint", "-W", "warning"]), ("groff", &["-man", "-T", "utf8", "-ww", "-z"])];
    let mut formatted = 0;
    for entry in std::fs::read_dir(place.path.join("man")).unwrap() {
        let page = entry.unwrap().path();
        let ran = tools.iter().filter_map(|(tool, options)| Command::new(tool).args(*options).arg(&page).output().ok());
        for ran in ran {
            let said = [String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr)].concat();
            assert_eq!(said, "", "{}", page.display());
            formatted += 1;
        }
    }
    assert!(formatted > 90, "neither mandoc nor groff is here");
}
