//! An overview as Markdown, as the report of one repository.

use super::model::Overview;
use super::sheets::sheets;
use crate::report::markdown::{Page, plain};
use crate::report::words::{Clock, counted};

/// An overview as Markdown. Of a long table it has the beginning; the workpapers have them all.
#[must_use]
pub fn overview_markdown(overview: &Overview) -> String {
    let period = &overview.population.period;
    let clock = Clock(period.offset);
    let mut page = Page { report: overview, clock, text: String::new() };
    page.cover();
    page.sheets(&sheets(overview));
    page.heading("What this is relative to, and what it cannot show");
    for line in overview.population.claim.iter().chain(&overview.limits) {
        page.line(format_args!("- {}", plain(line)));
    }
    page.text
}

impl Page<'_, Overview> {
    fn cover(&mut self) {
        let Overview { population, position, .. } = self.report;
        let period = &population.period;
        let (first, last) = self.clock.days(period);
        self.line(format_args!("# {}: access control, {}\n", plain(self.report.whose()), plain(&period.name)));
        self.line(format_args!(
            "{first} to {last}, days begin at {offset}. As of {} ({offset}), as are all times here. Made by Countersign {}.\n",
            self.clock.minute(self.report.as_of),
            plain(&self.report.version),
            offset = period.offset,
        ));
        let all = counted(population.repositories.len() as u64, "repository", "repositories");
        let landed = counted(population.landed, "landing", "landings");
        let missing = match &population.listed {
            Some(_) => format!("{} missing", self.report.missing()),
            None => "which others there are is not known".to_owned(),
        };
        if population.complete {
            let before = if self.report.judged { " before it landed" } else { "" };
            self.line(format_args!(
                "**Complete:** each of {landed} has an evaluation that passed{before}; {missing}.\n"
            ));
        } else {
            let complete = self.report.complete();
            self.line(format_args!("**Not complete:** {complete} of {all} complete; {missing}.\n"));
        }
        self.line(format_args!("- {} of {landed} got past the gate", population.ungated));
        self.line(format_args!(
            "- {} at the end, {} at the beginning; records accept {}",
            counted(position.closing, "finding", "findings"),
            position.opening,
            position.closing_accepted
        ));
        self.line(format_args!("- {} of them critical or high, and not accepted", self.report.severe()));
    }
}
