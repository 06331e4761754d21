//! Findings that are open, by how long they have been there and how severe they are.

use super::super::model::Report;
use super::super::remediation::Closure;
use super::super::words::counted;
use super::{Behind, Svg, WIDTH, scaled, steps};

const LEFT: i64 = 130;
const LENGTH: i64 = WIDTH - LEFT - 150;
const TOP: i64 = 30;
const ROW: i64 = 34;
const TALL: i64 = 24;

/// Classes of age, each with its last day: those after which findings of each severity are due.
const CLASSES: [(&str, i64); 5] = [
    ("up to 7 days", 7),
    ("8 to 30 days", 30),
    ("31 to 90 days", 90),
    ("91 to 180 days", 180),
    ("over 180 days", i64::MAX),
];

/// Severities as they are drawn: the last is that of policies which this binary does not know.
const NAMES: [&str; 5] = ["critical", "high", "medium", "low", "not known"];

/// The open findings of one class.
#[derive(Default)]
struct Aged {
    /// By severity, in the order of [`NAMES`].
    by: [u64; 5],
    overdue: u64,
}

impl Aged {
    fn all(&self) -> u64 {
        self.by.iter().sum()
    }
}

fn aged(report: &Report) -> [Aged; 5] {
    let mut all: [Aged; 5] = Default::default();
    let open = report.remediations.iter().filter(|own| own.closure == Closure::Open);
    for own in open {
        let class = CLASSES.iter().zip(&mut all).find(|((_, last), _)| own.age_days <= *last);
        let Some((_, aged)) = class else { continue };
        let at = NAMES.iter().position(|name| *name == own.severity).unwrap_or(NAMES.len() - 1);
        if let Some(count) = aged.by.get_mut(at) {
            *count += 1;
        }
        aged.overdue += u64::from(own.overdue);
    }
    all
}

/// The chart, if anything is open.
pub(super) fn ageing(report: &Report) -> Option<String> {
    let all = aged(report);
    let largest = all.iter().map(Aged::all).max().filter(|largest| *largest > 0)?;
    let open: u64 = all.iter().map(Aged::all).sum();
    let overdue: u64 = all.iter().map(|own| own.overdue).sum();
    let mut svg = Svg::new(
        "remediation",
        "How long open findings have been there",
        format!(
            "{} of this section open, {overdue} of them overdue. {}.",
            counted(open, "finding", "findings"),
            CLASSES
                .iter()
                .zip(&all)
                .filter(|(_, own)| own.all() > 0)
                .map(|((name, _), own)| format!("{name}: {}", own.all()))
                .collect::<Vec<_>>()
                .join("; ")
        ),
    );
    let bottom = TOP + 5 * ROW;
    for step in steps(largest) {
        let x = LEFT + scaled(step, largest, LENGTH);
        svg.line("axis", (x, TOP - 4), (x, bottom));
        svg.text("tick middle", (x, TOP - 10), step);
    }
    let mut y = TOP;
    for ((class, _), own) in CLASSES.iter().zip(&all) {
        svg.text("label end", (LEFT - 12, y + 20), class);
        let mut x = LEFT;
        for (name, count) in NAMES.iter().zip(own.by).filter(|(_, count)| *count > 0) {
            let width = scaled(count, largest, LENGTH).max(3);
            svg.rect(class_of(name), (x, y + 4), (width, TALL), &format!("{class}, {name}: {count}"));
            if width >= 40 {
                let (left, top) = (x + width / 2 - 16, y + 10);
                svg.put(format_args!(r#"<rect class="plate" x="{left}" y="{top}" width="32" height="12" rx="3"/>"#));
                svg.text("plated middle", (x + width / 2, y + 20), count);
            }
            x += width;
        }
        let overdue = if own.overdue > 0 { format!(", {} overdue", own.overdue) } else { String::new() };
        svg.text("number haloed", (x + 8, y + 20), format_args!("{}{overdue}", own.all()));
        y += ROW;
    }
    svg.line("base", (LEFT, TOP - 4), (LEFT, bottom));
    let mut x = LEFT;
    for name in NAMES.iter().zip(0_usize..).filter(|(_, at)| *at < 4 || shows(&all, *at)).map(|(name, _)| name) {
        svg.rect(class_of(name), (x, y + 8), (18, 14), "");
        svg.text("legend", (x + 25, y + 20), name);
        x += 100;
    }
    svg.height = y + 32;
    Some(svg.finish())
}

fn shows(all: &[Aged; 5], severity: usize) -> bool {
    all.iter().any(|own| own.by.get(severity).is_some_and(|count| *count > 0))
}

fn class_of(name: &str) -> &'static str {
    match name {
        "critical" => "segment critical",
        "high" => "segment high",
        "medium" => "segment medium",
        "low" => "segment low",
        _ => "bar before",
    }
}

/// The table behind it: every class, the empty ones too.
pub(super) fn ageing_table(report: &Report) -> Behind {
    let row = |((name, _), own): (&(&str, i64), &Aged)| {
        let numbers = own.by.into_iter().chain([own.all(), own.overdue]);
        ((*name).to_owned(), numbers.map(|number| number.to_string()).collect())
    };
    Behind {
        caption: "Open findings of this section by age and severity",
        first: "There for",
        columns: NAMES.into_iter().chain(["all", "of these overdue"]).collect(),
        rows: CLASSES.iter().zip(&aged(report)).map(row).collect(),
    }
}
