//! Cases: `testdata/check/NAME/{base,head}` (base may be missing), judged on 2026-11-21, with what is found in
//! `judgement.snap` beside them. Employment facts may stand there too, as `people.csv` or `people.json`.

use std::fmt::Write as _;
use std::path::Path;

use super::judging::{CASES, Case, Opened};
use super::*;
use crate::rules::People;

pub(super) fn judge(head: &Path, base: Option<&Path>) -> Judgement {
    judge_with(head, base, None)
}

/// Judges with imported employment facts.
pub(super) fn judge_with(head: &Path, base: Option<&Path>, people: Option<&People>) -> Judgement {
    Opened::of(head, base, people.cloned()).and_then(judging::Judged::of).unwrap().record.judgement
}

/// A judgement in lines that a reader can check.
fn render(judgement: &Judgement) -> String {
    let mut out = format!("{:?} {:?}\n", judgement.verdict, judgement.outcome);
    let mut under = std::collections::BTreeMap::new();
    for judged in &judgement.findings {
        // What a wide duty speaks for is counted; `implies` names it.
        if let Some(wide) = &judged.finding.under {
            assert!(!judged.decision.blocks);
            let key =
                format!("{:?} {} {} under {wide}", judged.state, judged.finding.policy, judged.finding.subject.id);
            *under.entry(key).or_insert(0) += 1;
            continue;
        }
        let finding = &judged.finding;
        let change = judged.change.map(|change| format!(" {change:?}")).unwrap_or_default();
        let blocks = if judged.decision.blocks { "BLOCKS " } else { "" };
        let _ = writeln!(
            out,
            "{blocks}{:?}{change} {:?} {} {} {}: {}",
            judged.state, judged.cause, finding.severity, finding.policy, finding.subject.id, finding.message
        );
        let _ = writeln!(out, "    {:?} because {}", judged.decision.enforcement, judged.decision.because);
        if let Some(note) = &finding.private {
            let _ = writeln!(out, "    private: {note} ({:?})", finding.tier);
        }
        for part in &finding.extent.0 {
            let _ = writeln!(out, "    extent {}", render_part(part));
        }
        for part in &judged.delta {
            let _ = writeln!(out, "    beyond base: {}", render_part(part));
        }
        if !finding.implied.is_empty() {
            let _ = writeln!(out, "    implies {} more", finding.implied.len());
        }
        if let Some(role) = &finding.explained_by {
            let _ = writeln!(out, "    explained by {role}");
        }
        for location in &finding.locations {
            let added = if location.added { "+ " } else { "" };
            let _ = writeln!(out, "    {:?} {}: {added}{}", location.role, location.place.file, location.text);
        }
        for leg in &finding.legs {
            let steps: Vec<&str> = leg.steps.iter().map(|step| step.text.as_str()).collect();
            let _ = writeln!(out, "    {} by {}", leg.duty, steps.join("; "));
        }
        if let Some(fix) = &judged.fix {
            let _ = writeln!(out, "    fix: {}", fix.text);
        }
    }
    for (key, count) in under {
        let _ = writeln!(out, "{count} {key}");
    }
    for found in &judgement.unresolved {
        let place = found.place.as_ref().map_or("-", |place| &*place.file);
        let existing = if found.existing { "existing " } else { "" };
        let _ = writeln!(out, "{existing}unresolved {:?} {place}: {}", found.gap, found.reason);
    }
    if let Some(change) = &judgement.rules_change {
        let _ = writeln!(out, "rules differ in {}", change.paths.join(", "));
        for effect in &change.effects {
            let author = if effect.concerns_author { " (author)" } else { "" };
            let place = effect.place.as_ref().map(|(side, place)| format!(" at {side:?} {}", place.file));
            let _ = writeln!(
                out,
                "    {:?} {:?}{author}: {}{}",
                effect.weight,
                effect.kind,
                effect.text,
                place.unwrap_or_default()
            );
            if let Some(witness) = &effect.witness {
                let _ = writeln!(out, "        shown by {witness}");
            }
        }
        for flip in &change.flips {
            let _ = writeln!(out, "    {:?} {} {}: {}", flip.kind, flip.policy, flip.subject.id, flip.message);
        }
        for same in &change.rewritten {
            let _ = writeln!(out, "    rewritten without effect: {}", same.policy);
        }
    }
    let _ = writeln!(out, "principals {:?} grants {}", judgement.population.principals, judgement.population.grants);
    out
}

fn render_part(part: &ExtentPart) -> String {
    let apart = part.apart.map(|apart| format!(" {}", apart.as_str())).unwrap_or_default();
    let until = part.until.map(|until| format!(" until {}", crate::rules::day(until - 1))).unwrap_or_default();
    let conditions: Vec<&str> = part.conditions.iter().map(|text| &**text).collect();
    let conditions = if conditions.is_empty() { String::new() } else { format!(" under {}", conditions.join(" and ")) };
    let what = part.what.as_ref().map(|what| format!(" {what}")).unwrap_or_default();
    format!("{}{apart}{what} [{}]{until}{conditions}", part.held.as_str(), part.scope)
}

pub(super) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

fn holds(case: &Case) {
    let judged = case.judged.as_ref().unwrap();
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(&case.folder);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.remove_snapshot_suffix();
    settings.bind(|| insta::assert_snapshot!("judgement", render(&judged.record.judgement)));
}

#[test]
fn every_case_is_judged_as_its_snapshot_says() {
    let cases: Vec<&Case> = CASES.iter().filter(|case| case.is_of("check")).collect();
    assert!(!cases.is_empty());
    for case in cases {
        holds(case);
    }
}

#[test]
fn the_example_company_is_judged_as_its_readme_says() {
    holds(CASES.iter().find(|case| case.folder.ends_with("acme")).unwrap());
}
