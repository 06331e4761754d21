//! Sections that are a sentence and a table.

use super::super::sheets::{Cell, Sheet};
use super::super::words::short;
use super::{Page, all, code, plain};

/// Most rows that are shown of one table; the workpapers have them all.
const MOST: usize = 100;

impl<R> Page<'_, R> {
    pub(in crate::report) fn sheets(&mut self, sheets: &[Sheet]) {
        for sheet in sheets {
            self.sheet(sheet);
        }
    }

    fn sheet(&mut self, sheet: &Sheet) {
        self.heading(sheet.title);
        let lead = plain(&sheet.lead);
        self.line(format_args!("{lead}\n"));
        if sheet.rows.is_empty() {
            let none = plain(&sheet.none);
            self.line(format_args!("{none}"));
            return;
        }
        let header: Vec<String> = sheet
            .columns
            .iter()
            .map(|column| if column.is_number { format!("#{}", column.title) } else { column.title.to_owned() })
            .collect();
        let header: Vec<&str> = header.iter().map(String::as_str).collect();
        let rows = sheet.rows.iter().take(MOST).map(|row| row.iter().map(|cell| self.cell(cell)).collect());
        let rows: Vec<Vec<String>> = rows.collect();
        self.table(&header, rows);
        let more = sheet.rows.len().saturating_sub(MOST);
        if more > 0 {
            let id = sheet.id;
            self.line(format_args!("\n{more} more rows stand in `{id}.csv`."));
        }
    }

    fn cell(&self, cell: &Cell) -> String {
        match cell {
            Cell::Text(text) | Cell::Severity(text) | Cell::Policy(text) => plain(text),
            Cell::List(list) | Cell::Records(list) => all(list, |own| plain(own)),
            Cell::Number(number) => number.map(|number| number.to_string()).unwrap_or_default(),
            Cell::At(at) => at.map(|at| self.clock.minute(at)).unwrap_or_default(),
            Cell::Until(end) => Cell::last(*end).map(|at| self.clock.minute(at)).unwrap_or_default(),
            Cell::Is(is) => if *is { "yes" } else { "no" }.to_owned(),
            Cell::Finding(digest) | Cell::Landing(digest) => code(short(digest)),
            Cell::Digest(digest) => code(digest),
            Cell::Blank => String::new(),
        }
    }
}
