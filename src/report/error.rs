//! Why a report could not be written.

use std::fmt;

/// Why a report could not be written.
#[derive(Debug)]
pub enum RenderError {
    /// A template is wrong.
    Template(minijinja::Error),
    /// The report is no JSON: an instant is outside of the calendar.
    Json(serde_json::Error),
}

impl fmt::Display for RenderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // The alternate form tells the line of the template too.
            Self::Template(error) => write!(f, "the page of the report cannot be made: {error:#}"),
            Self::Json(error) => write!(f, "the report cannot be written as JSON: {error}"),
        }
    }
}

impl std::error::Error for RenderError {}

impl From<minijinja::Error> for RenderError {
    fn from(error: minijinja::Error) -> Self {
        Self::Template(error)
    }
}

impl From<serde_json::Error> for RenderError {
    fn from(error: serde_json::Error) -> Self {
        Self::Json(error)
    }
}
