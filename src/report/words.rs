//! What every renderer says the same way: instants, short ids, states, commands.

use std::borrow::Cow;

use super::model::{PolicyReport, Report};
use crate::history::{Looked, Offset, Period, Proof, ShownBy, State, WayReport};
use crate::rules::{self, Instant};

/// Characters of a digest that people see.
const SHORT: usize = 12;

/// The severities, worst first.
pub(super) const SEVERITIES: [&str; 4] = ["critical", "high", "medium", "low"];

/// The place of a severity in a sorted table: the worst is the largest.
pub(super) fn rank(severity: &str) -> u8 {
    match severity {
        "critical" => 4,
        "high" => 3,
        "medium" => 2,
        "low" => 1,
        _ => 0,
    }
}

/// The beginning of a digest, by which people name it.
pub(super) fn short(digest: &str) -> &str {
    digest.char_indices().nth(SHORT).and_then(|(end, _)| digest.get(..end)).unwrap_or(digest)
}

/// A text as it can be seen: breaks become spaces, and what has no shape, or turns the direction of what stands beside
/// it, is shown by its number.
pub(super) fn visible(text: &str) -> Cow<'_, str> {
    let hidden = |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if !text.chars().any(hidden) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' => out.push(' '),
            c if hidden(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// Instants as people read them, on the clock by which the days of the period begin.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock(pub(super) Offset);

impl Clock {
    /// To the minute: `2026-12-31 18:30`. The offset is told once, beside the table or on the cover.
    pub(super) fn minute(self, at: Instant) -> String {
        let text = rules::minute(at.seconds().saturating_add(self.0.seconds()));
        text.strip_suffix(" UTC").map(str::to_owned).unwrap_or(text)
    }

    /// To the day: `2026-12-31`.
    pub(super) fn day(self, at: Instant) -> String {
        rules::day(at.seconds().saturating_add(self.0.seconds()))
    }

    /// The first and the last day of a period.
    pub(super) fn days(self, period: &Period) -> (String, String) {
        let last = Instant::from_seconds(period.to.saturating_sub(1));
        (self.day(Instant::from_seconds(period.from)), self.day(last))
    }
}

/// An instant as machines read it.
pub(super) fn machine(at: Instant) -> String {
    serde_json::to_value(at)
        .ok()
        .and_then(|value| value.as_str().map(str::to_owned))
        .unwrap_or_else(|| at.seconds().to_string())
}

/// Whose report it is: as they want to be called, else by the repository.
pub(super) fn whose(report: &Report) -> &str {
    if report.entity.is_empty() { &report.completeness.frame.repository } else { &report.entity }
}

/// A count with its noun: `1 landing`, `2 landings`.
pub(super) fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// The word of a state, as files have it.
pub(super) fn state(state: State) -> &'static str {
    match state {
        State::Judged => "judged",
        State::Recorded => "recorded",
        State::Accepted => "accepted",
        State::Together => "together",
        State::NotPassed => "not_passed",
        State::OtherTree => "other_tree",
        State::NotEvaluated => "not_evaluated",
        State::BeforeTheGate => "before_the_gate",
    }
}

/// The word of a proof, as files have it.
pub(super) fn proof(proof: Option<Proof>) -> &'static str {
    match proof {
        Some(Proof::Signed) => "signed",
        Some(Proof::Unsigned) => "unsigned",
        None => "no record",
    }
}

/// What shows a way around the gate.
pub(super) fn shown_by(shown: ShownBy) -> &'static str {
    match shown {
        ShownBy::Git => "git and the evidence",
        ShownBy::ForgeExport => "an export of the forge",
        ShownBy::Nothing => "nothing",
    }
}

/// Whether a way was looked for.
pub(super) fn looked(looked: Looked) -> &'static str {
    match looked {
        Looked::Yes => "yes",
        Looked::InPart => "for a part of the period",
        Looked::No => "no",
    }
}

/// How often a way was taken, as far as anybody looked: zero is only said by whoever looked.
pub(super) fn times(way: &WayReport) -> String {
    match way.looked {
        Looked::No if way.taken.is_empty() => "?".to_owned(),
        Looked::No | Looked::InPart => format!("{} or more", way.taken.len()),
        Looked::Yes => way.taken.len().to_string(),
    }
}

/// Where a policy stands, in a shape and in words; neither says whether the control is effective.
pub(super) fn standing(policy: &PolicyReport) -> (&'static str, String) {
    if policy.open > 0 {
        return ("▲", format!("{} open at the end", policy.open));
    }
    match (policy.evaluations, policy.failed) {
        (0, _) => ("○", "not evaluated in the period".to_owned()),
        (evaluations, 0) => ("●", format!("found nothing in {}", counted(evaluations, "evaluation", "evaluations"))),
        (_, failed) => ("◆", format!("found in {failed}, none open at the end")),
    }
}

/// One argument of a command, quoted where a shell would take it for more than a word.
pub(super) fn argument(text: &str) -> Cow<'_, str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._/:@%+=-".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(format!("'{}'", text.replace('\'', r"'\''")))
}

/// Commands by which somebody else comes to the same: what they show, and what to type.
pub(super) fn commands(report: &Report) -> Vec<(&'static str, String)> {
    let frame = &report.completeness.frame;
    let (from, last) = (frame.period.from, frame.period.to.saturating_sub(1));
    let of = format!(
        "--period {} --offset={} --branch {}",
        argument(&frame.period.name),
        frame.period.offset,
        argument(&frame.branch)
    );
    let judged = if report.judged { " --judged" } else { "" };
    let genesis = report.log.genesis.as_deref().unwrap_or("FINGERPRINT");
    vec![
        (
            "How many landed, by git alone: the number that section 3 begins with.",
            format!(
                "git rev-list --first-parent --count --since-as-filter=@{from} --until=@{last} {}",
                argument(&frame.tip)
            ),
        ),
        (
            "The data of the page, as it was written into it.",
            r#"sed -n 's|^<script type="application/json" id="report">\(.*\)</script>$|\1|p' REPORT.html | tr -d '\n' | tee report.json | sha256sum"#.to_owned(),
        ),
        (
            "Every signature, digest and place in the log, against a checkpoint that you kept.",
            format!("countersign evidence verify --genesis {} --anchor CHECKPOINT", argument(genesis)),
        ),
        (
            "Every landing against the evidence, by your own clone; add --forge-audit with your own export.",
            format!("countersign population verify {of}{judged}"),
        ),
        ("The list of landings with a root that speaks for it.", format!("countersign population merges {of} --output merges.json")),
        (
            "Your sample: publish the root first, choose the seed afterwards.",
            "countersign sample --population merges.json --n 25 --seed SEED --frozen-root ROOT".to_owned(),
        ),
        ("One record as it was signed, with its files.", "countersign evidence show RECORD --files record".to_owned()),
        (
            "Judge again from the stored bytes, without repository, network or clock.",
            "countersign evidence reperform --sample 25 --seed SEED".to_owned(),
        ),
        ("The same verdict by another engine.", "countersign evidence export --record RECORD --opa opa".to_owned()),
        ("Every number of this report, made again from git and the evidence.", format!("countersign report verify report.json {of}{judged}")),
    ]
}
