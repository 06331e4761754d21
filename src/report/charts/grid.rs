//! Conflicts against the systems that they were found in.

use std::collections::{BTreeMap, BTreeSet};

use super::super::model::Report;
use super::super::words::counted;
use super::{Svg, WIDTH, fitting};

const LEFT: i64 = 200;
const TOP: i64 = 34;
const ROW: i64 = 30;
/// Most rows and columns that are drawn; the table of findings has all.
const ROWS: usize = 20;
const COLUMNS: usize = 8;

/// What stands in a cell: findings in the period, and those of them that are there at the end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in super::super) struct Cell {
    pub(in super::super) found: u64,
    pub(in super::super) open: u64,
}

/// Conflicts, each with its cells by system. A finding across two systems counts in both.
pub(in super::super) fn by_conflict(report: &Report) -> BTreeMap<&str, BTreeMap<&str, Cell>> {
    // What was there at the last second of the period, or when the report was made.
    let last = report.completeness.frame.period.to.saturating_sub(1).min(report.as_of.seconds());
    let mut rows: BTreeMap<&str, BTreeMap<&str, Cell>> = BTreeMap::new();
    for own in &report.exposures {
        let Some(conflict) = &own.conflict else { continue };
        let systems: BTreeSet<&str> = match own.systems.as_slice() {
            [] => BTreeSet::from(["no system named"]),
            systems => systems.iter().map(String::as_str).collect(),
        };
        for system in systems {
            let cell = rows.entry(conflict).or_default().entry(system).or_default();
            cell.found += 1;
            cell.open += u64::from(own.at(last));
        }
    }
    rows
}

/// The chart, if there is any conflict.
pub(in super::super) fn conflicts(report: &Report) -> Option<String> {
    let rows = by_conflict(report);
    if rows.is_empty() {
        return None;
    }
    let systems: BTreeSet<&str> = rows.values().flat_map(BTreeMap::keys).copied().collect();
    let most = rows.values().flat_map(BTreeMap::values).map(|cell| cell.found).max().unwrap_or_default();
    let mut svg = Svg::new(
        "conflicts",
        "Conflicts by system",
        format!(
            "{} in {}. Each cell has the findings of the period and, behind a slash, those there at the end.",
            counted(rows.len() as u64, "conflict", "conflicts"),
            counted(systems.len() as u64, "system", "systems")
        ),
    );
    let columns: Vec<&str> = systems.iter().copied().take(COLUMNS).collect();
    let width = (WIDTH - LEFT) / i64::try_from(columns.len().max(3)).unwrap_or(3);
    let letters = usize::try_from(width / 7).unwrap_or(8);
    for (at, system) in (0_i64..).zip(&columns) {
        svg.text("tick middle", (LEFT + at * width + width / 2, TOP - 12), fitting(system, letters));
    }
    let mut y = TOP;
    for (conflict, cells) in rows.iter().take(ROWS) {
        svg.text("label end", (LEFT - 10, y + 19), fitting(conflict, 22));
        for (at, system) in (0_i64..).zip(&columns) {
            let cell = cells.get(system).copied().unwrap_or_default();
            let quarter = cell.found.saturating_mul(4).checked_div(most).unwrap_or_default().clamp(1, 4);
            let shade = if cell.found == 0 { 0 } else { quarter };
            let x = LEFT + at * width;
            let told = format!("{conflict}, {system}: {} found, {} at the end", cell.found, cell.open);
            svg.rect(&format!("cell shade{shade}"), (x + 1, y + 1), (width - 2, ROW - 2), &told);
            let strong = if shade >= 3 { "number middle strong" } else { "number middle" };
            let said = if cell.found == 0 { "0".to_owned() } else { format!("{} / {}", cell.found, cell.open) };
            svg.text(strong, (x + width / 2, y + 19), said);
        }
        y += ROW;
    }
    let (more_rows, more_columns) = (rows.len().saturating_sub(ROWS), systems.len().saturating_sub(COLUMNS));
    if more_rows + more_columns > 0 {
        y += 18;
        let told = format!("{more_rows} more conflicts and {more_columns} more systems stand in the table");
        svg.text("legend", (LEFT, y), told);
    }
    svg.height = y + 8;
    Some(svg.finish())
}
