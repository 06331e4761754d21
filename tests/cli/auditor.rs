//! The page of an auditor's questions: every command on it runs.

use countersign::cli::Exit;

use super::report::history;
use super::runner::countersign;

const PAGE: &str = include_str!("../../docs/auditor.md");

fn rows() -> Vec<Vec<&'static str>> {
    let rows = PAGE.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| # "));
    rows.map(|row| row.trim_matches('|').split(" | ").map(str::trim).collect()).collect()
}

#[test]
fn every_question_has_an_answer_and_those_that_have_a_command_say_how() {
    let rows = rows();
    assert_eq!(rows.len(), 38);
    for (number, row) in (1..).zip(&rows) {
        assert_eq!((row[0], row.len()), (&*format!("{number}"), 4), "{row:?}");
        let known = ["answered", "in part", "needs", "not answered"].iter().any(|word| row[2].starts_with(word));
        assert!(known, "{row:?}");
        assert!(row[3].starts_with("`countersign ") || row[2].starts_with("not answered"), "{row:?}");
    }
}

#[test]
fn every_command_on_the_page_runs() {
    let (place, _keys, _) = history();
    let listed = countersign("evidence list --format csv", place.path()).run().exits(Exit::Clean).stdout;
    let evaluation = listed.lines().find(|row| row.split(',').nth(3) == Some("pass")).unwrap();
    let record = evaluation.split(',').next().unwrap().to_owned();
    for row in rows() {
        let Some(line) = row[3].trim_matches('`').strip_prefix("countersign ") else { continue };
        let ran = countersign(&line.replace("RECORD", &record), place.path()).run();
        assert_ne!(ran.exit, Exit::Usage, "{line}: {}", ran.stderr);
        assert_ne!(ran.exit, Exit::EvidenceInvalid, "{line}: {}", ran.stdout);
    }
}
