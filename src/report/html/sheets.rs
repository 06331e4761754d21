//! Sections that are a sentence and a table.

use minijinja::{Value, context};

use super::super::charts::{self, Drawn};
use super::super::sheets::{Cell, Sheet, sheets};
use super::super::words::{Clock, rank};
use super::anchors::Anchors;
use super::front::moment;
use super::{Page, markup};

/// Most rows that the page shows of one table; the workpapers have them all.
const MOST: usize = 400;

/// Characters of a digest that stay on one line.
const PART: usize = 16;

impl Page<'_> {
    pub(super) fn sheets(&self) -> Vec<Value> {
        let cells = Cells { clock: self.clock, anchors: &self.anchors };
        let of = |sheet: Sheet| cells.sheet(&sheet, charts::of_section(self.report, sheet.id));
        sheets(self.report).into_iter().map(of).collect()
    }
}

/// How cells name and date things.
pub(in crate::report) struct Cells<'a> {
    pub(in crate::report) clock: Clock,
    pub(in crate::report) anchors: &'a Anchors<'a>,
}

impl Cells<'_> {
    /// A sheet as its template reads it, with its chart.
    pub(in crate::report) fn sheet(&self, sheet: &Sheet, drawn: Option<Drawn>) -> Value {
        let columns: Vec<Value> =
            sheet.columns.iter().map(|column| context! { title => column.title, number => column.is_number }).collect();
        let rows: Vec<Vec<Value>> =
            sheet.rows.iter().take(MOST).map(|row| row.iter().map(|cell| self.cell(cell)).collect()).collect();
        context! {
            id => sheet.id,
            lead => sheet.lead,
            caption => sheet.caption,
            columns,
            rows,
            more => sheet.rows.len().saturating_sub(MOST),
            none => sheet.none,
            chart => drawn.map(chart),
        }
    }

    /// A cell by what it is; the template has a branch for each.
    fn cell(&self, cell: &Cell) -> Value {
        match cell {
            Cell::Text(text) => context! { text },
            Cell::List(all) => context! { text => all.join(", ") },
            Cell::Number(number) => context! { number, is_number => true },
            Cell::At(at) => context! { at => at.map(|at| moment(self.clock, at)), is_time => true },
            Cell::Until(end) => context! { at => Cell::last(*end).map(|at| moment(self.clock, at)), is_time => true },
            Cell::Severity(word) => context! { severity => word, rank => rank(word) },
            Cell::Is(is) => context! { is, is_mark => true },
            Cell::Finding(fingerprint) => context! { hash => self.anchors.finding(fingerprint) },
            Cell::Landing(commit) => context! { hash => self.anchors.landing(commit) },
            Cell::Policy(id) => context! { link => self.anchors.policy(id) },
            Cell::Records(all) => {
                context! { links => all.iter().map(|own| self.anchors.record(own)).collect::<Vec<_>>() }
            }
            Cell::Digest(digest) => context! { digest => parts(digest) },
            Cell::Blank => context! { is_blank => true },
        }
    }
}

/// A digest in parts, between which a narrow column may break it.
fn parts(digest: &str) -> Vec<String> {
    let characters: Vec<char> = digest.chars().collect();
    characters.chunks(PART).map(|part| part.iter().collect()).collect()
}

fn chart(drawn: Drawn) -> Value {
    let behind = drawn.behind.map(|own| {
        let rows: Vec<Value> = own.rows.into_iter().map(|(first, cells)| context! { first, cells }).collect();
        context! { caption => own.caption, first => own.first, columns => own.columns, rows }
    });
    context! { svg => markup(&drawn.svg), label => drawn.label, behind }
}
