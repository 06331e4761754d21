//! What is wrong with a rule or record file, at its place.

use std::fmt;
use std::sync::Arc;

use miette::{Diagnostic, LabeledSpan, SourceCode};

use crate::keys::SignersError;
use crate::syntax::{DecodeError, Span, SyntaxError};

/// One file of rules or records, as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleFile {
    /// Path for people: from the root of the tree, or as the user named it.
    pub path: Arc<str>,
    /// The bytes.
    pub bytes: Arc<[u8]>,
}

impl RuleFile {
    /// A file from its path and text.
    pub fn new(path: impl Into<Arc<str>>, bytes: impl Into<Arc<[u8]>>) -> Self {
        Self { path: path.into(), bytes: bytes.into() }
    }

    /// An error in this file.
    pub fn error(&self, span: impl Into<Option<Span>>, message: impl Into<String>) -> RuleError {
        RuleError { file: self.clone(), span: span.into(), message: message.into(), help: None }
    }
}

/// An error in a rule or record file. Rules that are wrong stop the run: nothing is judged by half a rule set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleError {
    /// The file.
    pub file: RuleFile,
    /// The bytes at fault, when one place is.
    pub span: Option<Span>,
    /// What is wrong, lower case, one sentence.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

impl RuleError {
    /// Adds what to do.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    pub(super) fn syntax(file: &RuleFile, error: SyntaxError) -> Self {
        file.error(error.span, error.message)
    }

    pub(super) fn signers(file: &RuleFile, error: SignersError) -> Self {
        file.error(Span::new(error.span.start, error.span.end), error.message).with_help(error.help)
    }

    pub(super) fn decode(file: &RuleFile, error: DecodeError) -> Self {
        Self { file: file.clone(), span: error.span, message: error.message, help: error.help }
    }
}

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for RuleError {}

impl Diagnostic for RuleError {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(self)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let span = self.span?;
        let length = (span.end - span.start) as usize;
        Some(Box::new(std::iter::once(LabeledSpan::new(None, span.start as usize, length))))
    }
}

impl SourceCode for RuleError {
    fn read_span<'a>(
        &'a self,
        span: &miette::SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn miette::SpanContents<'a> + 'a>, miette::MietteError> {
        // The named source cannot be kept in the error (it is not `Clone`), so it is made when shown.
        let inner = (*self.file.bytes).read_span(span, before, after)?;
        let named = miette::MietteSpanContents::new_named(
            self.file.path.to_string(),
            inner.data(),
            *inner.span(),
            inner.line(),
            inner.column(),
            inner.line_count(),
        );
        Ok(Box::new(named))
    }
}
