//! Everything that ends a command early, shown the same way.

use std::fmt;

use miette::Diagnostic;

use crate::evidence::export::ExportError;
use crate::evidence::log::{AnchorError, LocationError};
use crate::evidence::{EvidenceError, told};
use crate::gate::RunError;
use crate::keys::SignError;
use crate::rules::{PeopleError, RuleError};
use crate::source::SourceError;
use crate::store::StoreError;

/// Why a command ended early. All of these are exit status 2.
#[derive(Debug)]
pub enum CliError {
    /// Trees could not be opened.
    Source(SourceError),
    /// Rules are wrong: all the errors found.
    Rules(Vec<RuleError>),
    /// An imported file is wrong: all the errors found, up to a screenful.
    People(Vec<PeopleError>),
    /// The forge's review that was given is none.
    Reviews(RuleError),
    /// A policy failed.
    Run(RunError),
    /// A record could not be signed.
    Sign(SignError),
    /// A file could not be written.
    Store(StoreError),
    /// Evidence could not be kept or used.
    Evidence(EvidenceError),
    /// A place for evidence that cannot be opened.
    Location(LocationError),
    /// A place for checkpoints that cannot be used.
    Anchor(AnchorError),
    /// Nothing was exported.
    Export(ExportError),
    /// Something else, with what to do.
    Other {
        /// What is wrong.
        message: String,
        /// What to do.
        help: Option<String>,
    },
}

impl CliError {
    /// An error with what to do.
    pub fn other(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self::Other { message: message.into(), help: Some(help.into()) }
    }

    /// Another layer's error, with what it says to do.
    pub fn told<E: Diagnostic>(error: &E) -> Self {
        Self::Other { message: error.to_string(), help: error.help().map(|help| help.to_string()) }
    }

    /// Why a run came to no judgement, for its evidence; `None` for what was wrong before it began.
    #[must_use]
    pub fn failure(&self) -> Option<String> {
        match self {
            Self::Rules(errors) => Some(told(errors)),
            Self::Run(error) => Some(error.to_string()),
            _ => None,
        }
    }

    /// The errors to show, one by one.
    #[must_use]
    pub fn diagnostics(&self) -> Vec<&dyn Diagnostic> {
        match self {
            Self::Source(error) => vec![error],
            Self::Rules(errors) => errors.iter().map(|error| error as &dyn Diagnostic).collect(),
            Self::People(errors) => errors.iter().map(|error| error as &dyn Diagnostic).collect(),
            Self::Reviews(error) => vec![error],
            Self::Run(RunError::Records(errors) | RunError::Mappings(errors)) => {
                errors.iter().map(|error| error as &dyn Diagnostic).collect()
            }
            Self::Run(error) => vec![error],
            Self::Sign(error) => vec![error],
            Self::Store(error) => vec![error],
            Self::Evidence(error) => vec![error],
            Self::Location(error) => vec![error],
            Self::Anchor(error) => vec![error],
            Self::Export(ExportError::Run(RunError::Records(errors) | RunError::Mappings(errors))) => {
                errors.iter().map(|error| error as &dyn Diagnostic).collect()
            }
            Self::Export(error) => vec![error],
            Self::Other { .. } => vec![self],
        }
    }
}

impl CliError {
    /// The errors in one line, with what to do.
    #[must_use]
    pub fn one_line(&self) -> String {
        let one = |own: &&dyn Diagnostic| match own.help() {
            Some(help) => format!("{own}; {help}"),
            None => own.to_string(),
        };
        self.diagnostics().iter().map(one).collect::<Vec<_>>().join("; ")
    }
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Source(error) => error.fmt(f),
            Self::Rules(errors) => match errors.as_slice() {
                [one] => one.fmt(f),
                many => write!(f, "{} errors in rule files", many.len()),
            },
            Self::People(errors) => match errors.as_slice() {
                [one] => one.fmt(f),
                many => write!(f, "{} errors in the imported file", many.len()),
            },
            Self::Reviews(error) => error.fmt(f),
            Self::Run(error) => error.fmt(f),
            Self::Sign(error) => error.fmt(f),
            Self::Store(error) => error.fmt(f),
            Self::Evidence(error) => error.fmt(f),
            Self::Location(error) => error.fmt(f),
            Self::Anchor(error) => error.fmt(f),
            Self::Export(error) => error.fmt(f),
            Self::Other { message, .. } => f.write_str(message),
        }
    }
}

impl std::error::Error for CliError {}

impl Diagnostic for CliError {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        match self {
            Self::Other { help, .. } => help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>),
            _ => None,
        }
    }
}

impl From<SourceError> for CliError {
    fn from(error: SourceError) -> Self {
        Self::Source(error)
    }
}

impl From<Vec<RuleError>> for CliError {
    fn from(errors: Vec<RuleError>) -> Self {
        Self::Rules(errors)
    }
}

impl From<Vec<PeopleError>> for CliError {
    fn from(errors: Vec<PeopleError>) -> Self {
        Self::People(errors)
    }
}

impl From<EvidenceError> for CliError {
    fn from(error: EvidenceError) -> Self {
        Self::Evidence(error)
    }
}

impl From<SignError> for CliError {
    fn from(error: SignError) -> Self {
        Self::Sign(error)
    }
}

impl From<RunError> for CliError {
    fn from(error: RunError) -> Self {
        Self::Run(error)
    }
}

impl From<std::io::Error> for CliError {
    fn from(error: std::io::Error) -> Self {
        Self::Other { message: error.to_string(), help: None }
    }
}
