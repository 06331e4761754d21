//! The report of a period: what landed, what was evaluated, what was found and for how long, and what nobody can know.
//!
//! One [`Report`] is made of git and the evidence; each renderer reads it and nothing else. Whoever has both makes the
//! same report again, to the byte.

mod build;
mod charts;
mod csv;
mod error;
mod html;
mod markdown;
mod model;
mod oscal;
mod policies;
mod words;

pub use build::{ReportError, Sources, report};
pub use csv::csv_files;
pub use error::RenderError;
pub use html::{data_of, html, is_page};
pub use markdown::markdown;
pub use model::{
    AcceptedReport, Examples, FrameworkReport, LogReport, PolicyReport, Position, REPORT_SCHEMA, Report,
    SeverityPosition, SourceReport, report_schema,
};
pub use oscal::oscal_files;
pub use policies::Knowledge;

#[cfg(test)]
mod tests;
