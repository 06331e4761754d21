//! The formats of a report, and the files of each.

use std::path::PathBuf;
use std::str::FromStr;

use clap::ValueEnum;

use super::rendered;
use crate::cli::error::CliError;
use crate::output::pretty;
use crate::report::{self, Overview, RenderError, Report};

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

/// What is written.
#[derive(Debug, Clone, Copy)]
pub(super) enum Written<'a> {
    /// The report of one repository.
    One(&'a Report),
    /// That of many.
    Many(&'a Overview),
}

/// A format and where it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Output {
    pub(super) format: ReportFormat,
    pub(super) path: PathBuf,
}

impl Output {
    /// Each file that a report has in this format, and where it stands.
    ///
    /// # Errors
    /// What cannot be drawn of it, and a format that it does not have.
    pub(super) fn files(&self, written: Written<'_>) -> Result<Vec<(PathBuf, String)>, CliError> {
        if matches!(written, Written::Many(_)) {
            self.check_for_many()?;
        }
        self.drawn(written).map_err(|error| rendered(&error))
    }

    fn drawn(&self, written: Written<'_>) -> Result<Vec<(PathBuf, String)>, RenderError> {
        let file = |text: String| vec![(self.path.clone(), text)];
        let folder = |files: Vec<(String, String)>| {
            files.into_iter().map(|(name, text)| (self.path.join(name), text)).collect::<Vec<_>>()
        };
        Ok(match (self.format, written) {
            (ReportFormat::Html, Written::One(report)) => file(report::html(report)?),
            (ReportFormat::Html, Written::Many(overview)) => file(report::overview_html(overview)?),
            (ReportFormat::Markdown, Written::One(report)) => file(report::markdown(report)),
            (ReportFormat::Markdown, Written::Many(overview)) => file(report::overview_markdown(overview)),
            (ReportFormat::Json, Written::One(report)) => file(pretty(report)),
            (ReportFormat::Json, Written::Many(overview)) => file(pretty(overview)),
            (ReportFormat::Csv, Written::One(report)) => folder(report::csv_files(report)),
            (ReportFormat::Csv, Written::Many(overview)) => folder(report::overview_csv(overview)),
            (ReportFormat::Oscal, Written::One(report)) => folder(report::oscal_files(report)?),
            (ReportFormat::Oscal, Written::Many(_)) => Vec::new(),
        })
    }

    /// Refuses what the report of many repositories is not written as.
    ///
    /// # Errors
    /// The formats that there are.
    pub(super) fn check_for_many(&self) -> Result<(), CliError> {
        match self.format {
            ReportFormat::Oscal => Err(CliError::other(
                "a report of many repositories is written as html, csv, markdown or json",
                "OSCAL assesses one system: `countersign report --path CLONE --output oscal=DIR` writes it of each",
            )),
            ReportFormat::Html | ReportFormat::Markdown | ReportFormat::Csv | ReportFormat::Json => Ok(()),
        }
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
