//! The report of a period: what landed, what was evaluated, what was found and for how long, and what nobody can know.
//!
//! One [`Report`] is made of git and the evidence; each renderer reads it and nothing else. Whoever has both makes the
//! same report again, to the byte.

mod build;
mod model;
mod policies;

pub use build::{ReportError, Sources, report};
pub use model::{
    AcceptedReport, Examples, FrameworkReport, LogReport, PolicyReport, Position, REPORT_SCHEMA, Report,
    SeverityPosition, SourceReport, report_schema,
};
pub use policies::Knowledge;
