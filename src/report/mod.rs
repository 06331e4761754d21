//! The report of a period: what landed, what was evaluated, what was found and for how long, and what nobody can know.
//!
//! One [`Report`] is made of git and the evidence; each renderer reads it and nothing else. Whoever has both makes the
//! same report again, to the byte.

mod build;
mod charts;
mod csv;
mod declared;
mod error;
mod html;
mod markdown;
mod model;
mod oscal;
mod overview;
mod policies;
mod remediation;
mod sheets;
mod words;

pub use build::{ReportError, Sources, report};
pub use csv::{csv_files, sheet_csv};
pub use declared::{
    Can, CredentialReport, Declared, MatrixRow, PrivilegedReport, ProcessReport, ServiceReport, SystemReport, Tip,
    declared,
};
pub use error::RenderError;
pub use html::{data_of, html, is_page};
pub(crate) use markdown::escape;
pub use markdown::markdown;
pub use model::{
    AcceptedReport, Examples, FrameworkReport, LogReport, PolicyReport, Position, REPORT_SCHEMA, Report,
    SeverityPosition, SourceReport, report_schema,
};
pub use oscal::oscal_files;
pub use overview::{
    AcrossReport, EvaluatedSummary, OVERVIEW_SCHEMA, OpenFinding, Overview, Part, RepositorySummary, UngatedLanding,
    Whole, overview, overview_csv, overview_html, overview_markdown, overview_schema,
};
pub use policies::Knowledge;
pub use remediation::{Closure, Disagreement, Remediation, Ticket, TicketError, TicketState, Tickets};
pub use sheets::{Cell, Column, Sheet, matrix_sheet, services_sheet, systems_sheet};

#[cfg(test)]
mod tests;
