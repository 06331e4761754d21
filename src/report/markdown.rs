//! The report as Markdown: for a summary beside a build, a wiki, a message. Tables are those of GitHub's Markdown.

pub(crate) mod escape;
mod rest;
mod tables;

use std::fmt::{Display, Write as _};

use super::model::{Position, Report};
use super::sheets;
use super::words::{Clock, counted, looked, short, shown_by, standing, state, times, visible, whose};
use crate::history::State;

/// A text in the making, about a report of some kind.
pub(super) struct Page<'a, R = Report> {
    pub(super) report: &'a R,
    pub(super) clock: Clock,
    pub(super) text: String,
}

/// The report as Markdown. Ordinary landings and days are counted; `landings.csv` and `days.csv` have them all.
#[must_use]
pub fn markdown(report: &Report) -> String {
    let clock = Clock(report.completeness.frame.period.offset);
    let mut page = Page { report, clock, text: String::new() };
    page.cover();
    page.results();
    page.scope();
    page.completeness();
    page.ways();
    page.coverage();
    page.findings();
    page.exposure();
    page.accepted();
    page.sheets(&sheets::sheets(report));
    page.tests();
    page.versions();
    page.frameworks();
    page.sources();
    page.verify();
    page.text
}

/// Text in which Markdown finds nothing of its own, in one line.
pub(super) fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in visible(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' | '!' | '$' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out.trim().to_owned()
}

/// Text as code.
fn code(text: &str) -> String {
    escape::code(&visible(text))
}

/// A cell: in a table not even code may have a bar that nothing stands before.
fn barred(cell: &str) -> String {
    let mut out = String::with_capacity(cell.len());
    let mut before = ' ';
    for c in cell.chars() {
        if c == '|' && before != '\\' {
            out.push('\\');
        }
        out.push(c);
        before = c;
    }
    out
}

fn all<T>(many: &[T], each: impl Fn(&T) -> String) -> String {
    if many.is_empty() { "none".to_owned() } else { many.iter().map(each).collect::<Vec<_>>().join(", ") }
}

impl<R> Page<'_, R> {
    pub(super) fn line(&mut self, text: impl Display) {
        // Writing to a string does not fail.
        let _ = writeln!(self.text, "{text}");
    }

    pub(super) fn heading(&mut self, text: &str) {
        let _ = write!(self.text, "\n## {text}\n\n");
    }

    fn minor(&mut self, text: impl Display) {
        let _ = write!(self.text, "\n### {text}\n\n");
    }

    /// A table; columns whose head begins with `#` are numbers. Cells are Markdown already.
    fn table(&mut self, heads: &[&str], rows: impl IntoIterator<Item = Vec<String>>) {
        let names: Vec<&str> = heads.iter().map(|head| head.trim_start_matches('#')).collect();
        self.line(format_args!("| {} |", names.join(" | ")));
        let rule: Vec<&str> = heads.iter().map(|head| if head.starts_with('#') { "---:" } else { "---" }).collect();
        self.line(format_args!("| {} |", rule.join(" | ")));
        for row in rows {
            let cells: Vec<String> = row.iter().map(|cell| barred(cell)).collect();
            self.line(format_args!("| {} |", cells.join(" | ")));
        }
        self.line("");
    }
}

impl Page<'_> {
    fn cover(&mut self) {
        let report = self.report;
        let (frame, log) = (&report.completeness.frame, &report.log);
        let (first, last) = self.clock.days(&frame.period);
        let whose = whose(report);
        self.line(format_args!("# {}: access control, {}\n", plain(whose), plain(&frame.period.name)));
        let offset = frame.period.offset;
        self.line(format_args!(
            "{first} to {last}, days begin at {offset}. As of {} ({offset}), as are all times here.\n",
            self.clock.minute(report.as_of)
        ));
        let complete = &report.completeness;
        let landed = counted(complete.landed, "landing", "landings");
        self.line(match (complete.complete, complete.ungated(), complete.before_the_gate()) {
            (true, ..) => format!("**Complete:** each of {landed} has an evaluation that passed.\n"),
            (false, 0, 0) => {
                format!("**Not complete:** 0 of {landed} got past the gate, and something contradicts the evidence.\n")
            }
            (false, 0, before) => format!("**Not complete:** {before} of {landed} came before there was a gate.\n"),
            (false, ungated, _) => format!("**Not complete:** {ungated} of {landed} got past the gate.\n"),
        });
        let none = || "none".to_owned();
        let rows = vec![
            vec!["Repository, branch".to_owned(), format!("{}, {}", plain(&frame.repository), plain(&frame.branch))],
            vec!["Tip".to_owned(), code(&frame.tip)],
            vec![
                "Log".to_owned(),
                log.origin.as_deref().map_or_else(none, |origin| {
                    format!("{}, {}", plain(origin), counted(log.size, "record", "records"))
                }),
            ],
            vec!["Root of the log".to_owned(), log.root.as_deref().map_or_else(none, code)],
            vec!["First key (genesis)".to_owned(), log.genesis.as_deref().map_or_else(none, code)],
            vec!["Held to by".to_owned(), format!("witnesses: {}", all(&log.witnesses, |own| plain(own)))],
            vec![
                "Evaluations".to_owned(),
                format!("{} signed by a key that counts, {} by nobody", log.signed, log.unsigned),
            ],
            vec!["Made by".to_owned(), format!("Countersign {}, {}", plain(&report.version), plain(&report.schema))],
            vec!["Prepared, reviewed, approved by".to_owned(), "left blank, for three different people".to_owned()],
        ];
        self.table(&["Seal", ""], rows);
    }

    fn results(&mut self) {
        self.heading("Results");
        self.line("Whether a control was effective is concluded by a person of management; the last column is left blank for it.\n");
        let rows: Vec<Vec<String>> = self
            .report
            .policies
            .iter()
            .map(|own| {
                let (shape, words) = standing(own);
                let title = if own.title.is_empty() { "not known to this version" } else { &own.title };
                vec![
                    format!("{} {}", code(&own.id), plain(title)),
                    plain(&own.severity),
                    own.evaluations.to_string(),
                    own.subjects.to_string(),
                    own.failed.to_string(),
                    own.blocked.to_string(),
                    own.open.to_string(),
                    format!("{shape} {words}"),
                    String::new(),
                ]
            })
            .collect();
        let heads = [
            "Policy",
            "Severity",
            "#Evaluations",
            "#Subjects",
            "#Found",
            "#Stopped",
            "#Open",
            "Where it stands",
            "Management's conclusion",
        ];
        self.table(&heads, rows);
    }

    fn scope(&mut self) {
        self.heading("Scope, and what this report cannot show");
        let report = self.report;
        for line in report.completeness.claim.iter().chain(&report.limits) {
            self.line(format_args!("- {}", plain(line)));
        }
        self.line(match &report.completeness.gate_since {
            Some(since) => {
                format!("- the gate is there since {}, {}", code(&since.commit), self.clock.minute(since.at))
            }
            None => "- nothing that the branch went through was ever evaluated".to_owned(),
        });
    }

    fn completeness(&mut self) {
        self.heading("Completeness");
        let complete = &self.report.completeness;
        let rows = State::ALL.into_iter().map(|own| {
            let count = complete.states.get(&own).copied().unwrap_or_default();
            vec![format!("{} ({})", own.title(), code(state(own))), count.to_string(), complete.landed.to_string()]
        });
        self.table(&["Landings that", "#Number", "#Of"], rows.collect::<Vec<_>>());
        let own = &complete.evaluated;
        self.line(format_args!(
            "Evaluations: {} by the judge, of which {} of changes that did not land; {} by the recorder. {} recorded \
             commits are on another branch or tag.",
            own.by_judge, own.not_landed, own.by_recorder, own.elsewhere
        ));
        for (wanted, title) in [
            (State::is_ungated as fn(State) -> bool, "Landings that got past the gate"),
            (|state| state == State::Accepted, "Landings that passed since a record let something pass"),
            (|state| state == State::BeforeTheGate, "Landings from before there was a gate"),
        ] {
            let own: Vec<_> = complete.landings.iter().filter(|own| wanted(own.state)).collect();
            self.minor(format_args!("{title}: {} of {}", own.len(), complete.landed));
            if own.is_empty() {
                continue;
            }
            let rows: Vec<Vec<String>> = own
                .into_iter()
                .map(|own| {
                    vec![
                        code(&own.commit),
                        self.clock.minute(own.at),
                        plain(&own.subject),
                        all(&own.authors, |author| plain(author)),
                        state(own.state).to_owned(),
                        own.evaluation.map_or_else(|| "none".to_owned(), |id| code(short(&id.to_string()))),
                        all(&own.accepted_by, |record| plain(record)),
                        all(&own.changed, |path| code(path)),
                    ]
                })
                .collect();
            let heads = ["Commit", "Landed", "Subject", "By", "State", "Evaluation", "Let pass by", "Changed"];
            self.table(&heads, rows);
        }
    }

    fn ways(&mut self) {
        self.minor("Ways around the gate");
        let ways = &self.report.completeness.ways;
        let rows = ways.iter().map(|own| {
            vec![plain(&own.title), shown_by(own.shown_by).to_owned(), looked(own.looked).to_owned(), times(own)]
        });
        self.table(&["Way", "Shown by", "Looked for", "#Times"], rows.collect::<Vec<_>>());
        for own in ways {
            for taken in &own.taken {
                let commit = taken.commit.as_deref().map(|commit| code(short(commit))).unwrap_or_default();
                let who = if taken.who.is_empty() { "not known".to_owned() } else { plain(&taken.who) };
                self.line(format_args!(
                    "- {}: {} {commit} {who}: {}",
                    plain(&own.title),
                    self.clock.minute(taken.at),
                    plain(&taken.what)
                ));
            }
        }
    }

    fn coverage(&mut self) {
        self.heading("Coverage, day by day");
        let days = &self.report.completeness.days;
        let busy = days.iter().filter(|day| day.landed > 0).count();
        let told: Vec<Vec<String>> = days
            .iter()
            .filter(|day| day.ungated > 0 || day.landed > 0 && day.evaluated == 0)
            .map(|day| {
                vec![day.day.clone(), day.landed.to_string(), day.ungated.to_string(), day.evaluated.to_string()]
            })
            .collect();
        self.line(format_args!(
            "Something landed on {busy} of {}. On {} something got past the gate, or landed while nothing was evaluated.\n",
            counted(days.len() as u64, "day", "days"),
            counted(told.len() as u64, "day", "days"),
        ));
        if !told.is_empty() {
            self.table(&["Day", "#Landed", "#Past the gate", "#Evaluated"], told);
        }
    }

    fn findings(&mut self) {
        self.heading("Findings from beginning to end");
        let row = |name: &str, own: &Position| {
            let numbers = [own.opening, own.introduced, own.resolved, own.closing, own.closing_accepted, own.days];
            std::iter::once(plain(name)).chain(numbers.map(|number| number.to_string())).collect::<Vec<_>>()
        };
        let mut rows: Vec<Vec<String>> =
            self.report.by_severity.iter().map(|own| row(&own.severity, &own.position)).collect();
        rows.push(row("all", &self.report.position));
        self.table(&["Severity", "#At the beginning", "#Came", "#Went", "#At the end", "#Accepted", "#Days"], rows);
    }
}

#[cfg(test)]
mod tests {
    use super::{barred, plain};

    #[test]
    fn markdown_finds_nothing_in_plain_text() {
        assert_eq!(plain("<script>|*a*\n# b"), "&lt;script&gt;\\|\\*a\\* \\# b");
        assert_eq!(plain("[x](y) ![z] `c`"), "\\[x\\](y) \\!\\[z\\] \\`c\\`");
    }

    #[test]
    fn a_cell_has_no_bare_bar() {
        assert_eq!(barred("a|b \\| `c|d`"), "a\\|b \\| `c\\|d`");
    }
}
