//! The formats of a report, and the files of each.

use std::path::PathBuf;
use std::str::FromStr;

use clap::ValueEnum;

use crate::output::pretty;
use crate::report::{self, RenderError, Report};

/// A format of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ReportFormat {
    Html,
    Markdown,
    Csv,
    Json,
    Oscal,
}

impl ReportFormat {
    /// How the files of a format that is a folder end; nothing of one that is a file.
    pub(super) fn folder_of(self) -> Option<&'static str> {
        match self {
            Self::Csv => Some("csv"),
            Self::Oscal => Some("json"),
            Self::Html | Self::Markdown | Self::Json => None,
        }
    }
}

/// A format and where it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Output {
    pub(super) format: ReportFormat,
    pub(super) path: PathBuf,
}

impl Output {
    /// Each file that the report has in this format, and where it stands.
    ///
    /// # Errors
    /// What cannot be drawn of the report.
    pub(super) fn files(&self, report: &Report) -> Result<Vec<(PathBuf, String)>, RenderError> {
        let one = |text: String| vec![(self.path.clone(), text)];
        let below = |(name, text): (String, String)| (self.path.join(name), text);
        Ok(match self.format {
            ReportFormat::Html => one(report::html(report)?),
            ReportFormat::Markdown => one(report::markdown(report)),
            ReportFormat::Json => one(pretty(report)),
            ReportFormat::Csv => report::csv_files(report)?.into_iter().map(below).collect(),
            ReportFormat::Oscal => report::oscal_files(report)?.into_iter().map(below).collect(),
        })
    }
}

impl FromStr for Output {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (format, path) = text.split_once('=').ok_or("write it as FORMAT=PATH, such as json=report.json")?;
        let format = ReportFormat::from_str(format, false).map_err(|_| {
            let known = ReportFormat::value_variants().iter().filter_map(ValueEnum::to_possible_value);
            let known: Vec<String> = known.map(|own| own.get_name().to_owned()).collect();
            format!("`{format}` is no format of the report: {}", known.join(", "))
        })?;
        if path.is_empty() { Err("no path is given".to_owned()) } else { Ok(Self { format, path: path.into() }) }
    }
}
