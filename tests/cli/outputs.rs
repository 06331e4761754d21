//! What is written, where, and how it looks.

use std::fs;

use countersign::cli::Exit;
use serde_json::Value;

use super::places::{contents, write};
use super::runner::{Ran, check, countersign};
use super::world::{ADMIN, BILLS, BROKEN, CONFIG, PAYMENTS, folder};

/// Every format, as it is asked for.
pub(crate) const FORMATS: [&str; 7] = ["human", "json", "sarif", "github", "gitlab", "junit", "markdown"];

const ESCAPE: char = '\u{1b}';

#[test]
fn several_outputs_are_written_in_one_run() {
    let place = folder(&[BILLS, PAYMENTS]);
    let line = "--output human --output json=out/deep/a.json --output sarif=a.sarif --output json=b.json \
                --output github=a.txt --output gitlab=quality.json --output junit=a.xml --output markdown=a.md";
    check(line, &place.path).exits(Exit::Blocked).says("blocked: 1 finding must be cleared").without_complaint();
    let read = |name: &str| fs::read_to_string(place.path.join(name)).unwrap();
    let (a, b): (Value, Value) =
        (serde_json::from_str(&read("out/deep/a.json")).unwrap(), serde_json::from_str(&read("b.json")).unwrap());
    assert_eq!(a, b);
    assert_eq!(a["verdict"], "blocked");
    let sarif: Value = serde_json::from_str(&read("a.sarif")).unwrap();
    assert_eq!(sarif["version"], "2.1.0");
    assert!(read("a.txt").starts_with("::error file=grants/bills.yaml,line="), "{}", read("a.txt"));
    let quality: Value = serde_json::from_str(&read("quality.json")).unwrap();
    assert_eq!(quality[0]["severity"], "blocker");
    assert!(read("a.xml").contains("failures=\"1\""), "{}", read("a.xml"));
    assert!(read("a.md").starts_with("<!-- countersign/check -->\n### "), "{}", read("a.md"));
}

#[test]
fn a_file_says_the_same_as_standard_output() {
    let place = folder(&[BILLS, PAYMENTS]);
    for format in FORMATS {
        let line = format!("--no-record --output {format}=file");
        check(&line, &place.path).exits(Exit::Blocked);
        let file = fs::read_to_string(place.path.join("file")).unwrap();
        fs::remove_file(place.path.join("file")).unwrap();
        assert_eq!(check(&format!("--no-record --output {format}"), &place.path).stdout, file);
        assert_eq!(check(&format!("--no-record --output {format}=-"), &place.path).stdout, file);
    }
}

#[test]
fn two_outputs_to_one_place_are_2_and_nothing_is_done() {
    let place = folder(&[BILLS, PAYMENTS]);
    let before = contents(&place.path);
    for (line, at) in [
        ("--output human --output json", "standard output"),
        ("--output human --output json=-", "standard output"),
        ("--output sarif=a --output json=a", "a"),
        ("--output sarif=a --output json=./a", "./a"),
    ] {
        check(line, &place.path).exits(Exit::Usage).complains(&format!("two outputs go to {at}"));
    }
    assert_eq!(contents(&place.path), before);
}

#[test]
fn an_output_that_cannot_be_written_is_2() {
    let place = folder(&[BILLS]);
    check("--output json=people.yaml/a.json", &place.path).exits(Exit::Usage).complains("people.yaml");
    fs::create_dir(place.path.join("taken")).unwrap();
    check("--output json=taken", &place.path).exits(Exit::Usage).complains("taken");
}

#[test]
fn json_is_as_its_schema_says() {
    let place = folder(&[]);
    let schema: Value = countersign("schema check", &place.path).run().json();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let holds = |report: &Value| {
        let wrong: Vec<String> =
            schema.iter_errors(report).map(|error| format!("{}: {error}", error.instance_path)).collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
    };
    let scoped = format!("{CONFIG}in_scope: [\"erp/**\"]\n");
    for more in
        [vec![], vec![BILLS, PAYMENTS, ADMIN], vec![BROKEN], vec![("countersign.yaml", scoped.as_str())], vec![BILLS]]
    {
        let head = folder(&more);
        holds(&check("--output json", &head.path).json());
        let base = folder(&[PAYMENTS, ADMIN]);
        holds(&countersign("check --output json --base", &head.path).with([&base.path]).run().json());
    }
    let acme = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/acme");
    let ran = check("head --base base --no-record --output json", &acme).exits(Exit::Blocked);
    holds(&ran.json());
    let mut broken = ran.json();
    broken["verdict"] = "maybe".into();
    assert!(!schema.is_valid(&broken));
}

#[test]
fn json_is_the_same_from_run_to_run() {
    let acme = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/acme");
    let run = || check("head --base base --no-record --output json", &acme).stdout;
    assert_eq!(run(), run());
}

#[test]
fn sarif_has_what_code_scanning_asks_for() {
    let base = folder(&[]);
    let head = folder(&[BILLS, PAYMENTS]);
    let ran = countersign("check --output sarif --base", &head.path).with([&base.path]).run().exits(Exit::Blocked);
    let log = ran.json();
    assert_eq!(log["version"], "2.1.0");
    assert!(log["$schema"].as_str().unwrap().contains("sarif-schema-2.1.0"));
    let run = &log["runs"][0];
    let driver = &run["tool"]["driver"];
    assert_eq!(driver["name"], "Countersign");
    let rules: Vec<&str> = driver["rules"].as_array().unwrap().iter().map(|r| r["id"].as_str().unwrap()).collect();
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 1);
    let result = &results[0];
    assert_eq!(result["ruleId"], "CS-SOD-001");
    assert_eq!(rules[usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()], "CS-SOD-001");
    assert_eq!(result["level"], "error");
    assert!(result["message"]["text"].as_str().unwrap().contains("mira.vale"));
    assert!(!result["partialFingerprints"].as_object().unwrap().is_empty());
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], BILLS.0);
    assert_eq!(place["region"]["startLine"], 3);
}

#[test]
fn whoever_is_blocked_is_told_everywhere_who_can_unblock_it_and_how_to_see_it_again() {
    let place = folder(&[BILLS, PAYMENTS]);
    for format in FORMATS.into_iter().filter(|format| *format != "json") {
        let ran = check(&format!("--no-record --output {format}"), &place.path).exits(Exit::Blocked);
        let text = ran.stdout.replace("\\", "");
        for words in
            ["may tolerate it for a time", "countersign exception new CS-SOD-001", "countersign check --as-of "]
        {
            assert!(text.contains(words), "{format} lacks `{words}`:\n{text}");
        }
    }
}

#[test]
fn the_formats_of_forges_stand_in_docs_as_they_are() {
    let docs = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/outputs.md");
    let docs = fs::read_to_string(docs).unwrap();
    for format in FORMATS {
        assert!(docs.contains(&format!("| `{format}` |")), "docs/outputs.md has no row for {format}");
    }
    let acme = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/acme");
    for (format, fence) in
        [("github", "```text\n"), ("gitlab", "```json\n"), ("junit", "```xml\n"), ("markdown", "````markdown\n")]
    {
        let ran = check(&format!("head --base base --no-record --output {format}"), &acme).exits(Exit::Blocked);
        let (_, section) = docs.split_once(&format!("\n## `{format}`\n")).unwrap();
        let example = section.split_once(fence).unwrap().1;
        let mut lines =
            example.lines().take_while(|line| !line.starts_with("```") || fence.contains("````") && *line != "````");
        assert!(lines.clone().count() > 2, "{format}");
        let missing = lines.find(|line| {
            !line.trim().is_empty() && line.trim() != "…" && !ran.stdout.contains(line.trim_end_matches(" …"))
        });
        assert_eq!(missing, None, "docs/outputs.md shows of {format} what is not written:\n{}", ran.stdout);
    }
}

/// Whether a line ends early, with an error.
fn complains(line: &str) -> bool {
    line.contains("--bass") || line.contains("nowhere")
}

fn coloured(ran: &Ran) -> bool {
    ran.stdout.contains(ESCAPE) || ran.stderr.contains(ESCAPE)
}

#[test]
fn colours_are_for_terminals_unless_the_environment_says_otherwise() {
    let place = folder(&[BILLS, PAYMENTS]);
    let run = |line: &str, terminal: bool, variables: &[(&str, &str)]| {
        let mut run = countersign(line, &place.path);
        if terminal {
            run = run.on_a_terminal(100);
        }
        // What runs to its end would show progress there.
        if terminal && complains(line) {
            run = run.complaining_to_a_terminal();
        }
        variables.iter().fold(run, |run, (name, value)| run.var(name, value)).run()
    };
    for line in ["check --no-record", "check --help", "check --bass", "check --head nowhere"] {
        assert!(!coloured(&run(line, false, &[])), "{line}");
        assert!(coloured(&run(line, true, &[])), "{line}");
        assert!(coloured(&run(line, true, &[("NO_COLOR", "")])), "an empty NO_COLOR says nothing: {line}");
        assert!(!coloured(&run(line, true, &[("NO_COLOR", "1")])), "{line}");
        assert!(coloured(&run(line, false, &[("CLICOLOR_FORCE", "1")])), "{line}");
        assert!(!coloured(&run(line, false, &[("CLICOLOR_FORCE", "0")])), "{line}");
        assert!(!coloured(&run(line, false, &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")])), "{line}");
        assert!(!coloured(&run(line, true, &[("TERM", "dumb")])), "{line}");
        assert!(!coloured(&run(line, true, &[("CLICOLOR", "0")])), "{line}");
    }
}

#[test]
fn formats_for_programs_and_files_are_never_coloured() {
    let place = folder(&[BILLS, PAYMENTS]);
    for output in ["json", "sarif", "github", "gitlab", "junit", "markdown", "human=out.txt"] {
        let ran = countersign(&format!("check --no-record --output {output}"), &place.path)
            .on_a_terminal(100)
            .var("CLICOLOR_FORCE", "1")
            .run();
        assert!(!coloured(&ran), "{output}");
    }
    assert!(!fs::read_to_string(place.path.join("out.txt")).unwrap().contains(ESCAPE));
}

#[test]
fn a_narrow_terminal_and_a_plain_locale_are_respected() {
    let place = folder(&[BILLS, PAYMENTS]);
    let ran = countersign("check --no-record", &place.path)
        .on_a_terminal(60)
        .var("NO_COLOR", "1")
        .var("LC_ALL", "C")
        .run()
        .exits(Exit::Blocked);
    assert!(ran.stdout.is_ascii(), "{}", ran.stdout);
    // A command to copy stays as it is.
    let command = |line: &str| line.contains("countersign ") || line.contains(" --owner ");
    let long: Vec<&str> = ran.stdout.lines().filter(|line| line.chars().count() > 60 && !command(line)).collect();
    assert!(long.is_empty(), "{long:#?}");
}

#[test]
fn links_are_only_for_terminals_that_show_them() {
    let place = folder(&[BILLS, PAYMENTS]);
    let link = format!("{ESCAPE}]8;");
    let run = |name: &str, value: &str| {
        countersign("check --no-record", &place.path).on_a_terminal(100).var(name, value).run().stdout.contains(&link)
    };
    assert!(run("TERM_PROGRAM", "WezTerm"));
    assert!(!run("TERM_PROGRAM", "unknown"));
    assert!(!countersign("check", &place.path).var("TERM_PROGRAM", "WezTerm").run().stdout.contains(&link));
}

#[test]
fn a_reader_who_stops_reading_is_no_error() {
    let place = folder(&[BILLS, PAYMENTS]);
    for (line, exit) in [
        ("check", Exit::Blocked),
        ("check --output json", Exit::Blocked),
        ("access", Exit::Clean),
        ("who-can PAY --format csv", Exit::Clean),
        ("policy list", Exit::Clean),
        ("schema check", Exit::Clean),
        ("--help", Exit::Clean),
    ] {
        countersign(line, &place.path).with_a_closed_reader().run().exits(exit).without_complaint();
    }
}

#[test]
fn text_of_the_judged_tree_cannot_steer_the_terminal() {
    let evil = BILLS.1.replace("account:ledger/MVALE", "\"account:ledger/MV\\e[31mALE\"");
    let place = folder(&[(BILLS.0, &evil), PAYMENTS]);
    write(&place.path, "grants/\u{1b}[2Jx.yaml", BROKEN.1);
    for line in ["check", "check --show existing,resolved,recorded,implied,holders,unresolved,source", "access"] {
        let ran = countersign(line, &place.path).run();
        assert!(!coloured(&ran), "{line}: {:?}", ran.stdout);
    }
}
