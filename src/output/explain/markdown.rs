//! An explanation as a page.

use std::fmt::Write as _;

use super::human::does;
use super::{ExampleFile, ExampleReport, ExplainReport};

/// Writes an explanation as Markdown.
#[must_use]
pub fn explain_markdown(report: &ExplainReport) -> String {
    let mut out = format!("# {}: {}\n", report.id, plain(&report.title));
    let what = [report.severity.map(|severity| severity.to_string()), report.enforcement.map(does)];
    let what: Vec<String> = what.into_iter().flatten().collect();
    if !what.is_empty() {
        let _ = writeln!(out, "\n{}.", what.join("; "));
    }
    if let Some(finding) = &report.finding {
        let place = finding.place.as_ref().map(|place| format!(" (`{place}`)")).unwrap_or_default();
        let _ =
            writeln!(out, "\n## Here\n\n{}{place}\n\nfingerprint `{}`", plain(&finding.message), finding.fingerprint);
    }
    paragraphs(&mut out, &report.meaning);
    if !report.rests_on.is_empty() {
        out.push('\n');
        for line in &report.rests_on {
            let _ = writeln!(out, "- {}", plain(line));
        }
    }
    if let Some(examples) = &report.examples {
        out.push_str("\n## It finds\n");
        example(&mut out, &examples.fires, &examples.beside);
        out.push_str("\n## It leaves alone\n");
        example(&mut out, &examples.silent, &[]);
    }
    for (heading, text) in [("What to do", &report.fix), ("Who can let it pass", &report.unblock)] {
        if !text.is_empty() {
            let _ = writeln!(out, "\n## {heading}");
            paragraphs(&mut out, text);
        }
    }
    if !report.next.is_empty() {
        out.push_str("\n## Next\n\n");
        for next in &report.next {
            let _ = writeln!(out, "- `{}`: {}", next.command, plain(&next.what));
        }
    }
    if !report.serves.is_empty() {
        out.push_str("\n## Serves\n\n");
        for served in &report.serves {
            let _ = writeln!(out, "- {} {} {}", served.framework, served.control, plain(&served.title));
        }
    }
    out
}

fn paragraphs(out: &mut String, paragraphs: &[String]) {
    for paragraph in paragraphs {
        let _ = writeln!(out, "\n{}", plain(paragraph));
    }
}

fn example(out: &mut String, example: &ExampleReport, beside: &[ExampleFile]) {
    let _ = writeln!(out, "\n{}", plain(&example.says));
    beside.iter().for_each(|own| file(out, own, ""));
    example.before.iter().for_each(|own| file(out, own, ", before"));
    let after = if example.before.is_empty() { "" } else { ", after" };
    example.files.iter().for_each(|own| file(out, own, after));
    if let Some(people) = &example.people {
        let _ = writeln!(out, "\n`people.csv`, imported:\n\n```csv\n{people}```");
    }
}

fn file(out: &mut String, file: &ExampleFile, what: &str) {
    let path = file.path.as_deref().map_or("the document that the policy reads".to_owned(), |path| format!("`{path}`"));
    let line = file.line.map(|line| format!(", line {line} matters")).unwrap_or_default();
    let ending = file.path.as_deref().and_then(|path| path.rsplit_once('.')).map_or("json", |(_, ending)| ending);
    let _ = writeln!(out, "\n{path}{what}{line}:\n\n```{ending}\n{}\n```", file.text.trim_end());
}

/// Text that is no markup by chance, outside of what is written as code.
fn plain(text: &str) -> String {
    let mut out = String::new();
    for (number, part) in text.split('`').enumerate() {
        if number > 0 {
            out.push('`');
        }
        let code = number % 2 == 1;
        for c in part.chars() {
            if !code && matches!(c, '*' | '_' | '<' | '[' | '\\') {
                out.push('\\');
            }
            out.push(c);
        }
    }
    out
}
