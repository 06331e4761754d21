//! How exports of ERP and HR systems are written: what `systems:` says of the tables under its paths.

use schemars::JsonSchema;
use serde::Deserialize;

use super::error::{RuleError, RuleFile};
use crate::syntax::Spanned;
use crate::syntax::table::{Dialect, TextEncoding};

/// A system whose exports are tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ExportKind {
    /// SAP ERP and S/4HANA.
    Sap,
    /// NetSuite.
    Netsuite,
    /// Workday.
    Workday,
    /// Oracle Fusion Cloud Applications.
    Fusion,
    /// Dynamics 365 Finance.
    D365,
}

impl ExportKind {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Sap, Self::Netsuite, Self::Workday, Self::Fusion, Self::D365];

    /// The word, which is the type of such systems too.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sap => "sap",
            Self::Netsuite => "netsuite",
            Self::Workday => "workday",
            Self::Fusion => "fusion",
            Self::D365 => "d365",
        }
    }

    /// The one of a word.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|own| own.as_str() == word)
    }

    /// The one that a system's id names before its `:`.
    pub(super) fn of_system(id: &str) -> Option<Self> {
        Self::of_word(id.split_once(':').map_or(id, |(kind, _)| kind))
    }
}

/// How tables are written. What is not given is found out from their header rows.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TableConfig {
    /// What system's exports they are. Default: the part of the system's id before `:`.
    #[serde(default)]
    pub format: Option<ExportKind>,
    /// What parts values: one character of ASCII.
    #[serde(default)]
    pub delimiter: Option<Spanned<String>>,
    /// What quotes values: one character of ASCII. Default `"`.
    #[serde(default)]
    pub quote: Option<Spanned<String>>,
    /// How the bytes are to be read. Default UTF-8.
    #[serde(default)]
    pub encoding: Option<Spanned<TextEncoding>>,
    /// The line of the header, from 1.
    #[serde(default)]
    pub header_row: Option<Spanned<u32>>,
}

impl TableConfig {
    /// What it says, for reading.
    pub(super) fn dialect(&self) -> Dialect {
        Dialect {
            delimiter: self.delimiter.as_ref().and_then(|written| mark(written)),
            quote: self.quote.as_ref().and_then(|written| mark(written)),
            encoding: self.encoding.as_ref().map(|encoding| encoding.value).unwrap_or_default(),
            header_row: self.header_row.as_ref().map(|row| row.value),
        }
    }

    pub(super) fn check(&self, file: &RuleFile, pseudonyms: bool, errors: &mut Vec<RuleError>) {
        let other = self.encoding.as_ref().filter(|encoding| encoding.value != TextEncoding::Utf8);
        if let (true, Some(encoding)) = (pseudonyms, other) {
            errors.push(
                file.error(encoding.span, "names in another encoding than UTF-8 cannot become pseudonyms")
                    .with_help("export these tables as UTF-8, or leave out `pseudonyms` of `evidence`"),
            );
        }
        for written in self.delimiter.iter().chain(&self.quote) {
            if mark(written).is_none() {
                errors.push(
                    file.error(
                        written.span,
                        format!("`{}` is not one character that can part or quote", written.value),
                    )
                    .with_help("write one of ASCII that is no letter, digit or line end, such as `;` or `\"\\t\"`"),
                );
            }
        }
        if let Some(row) = self.header_row.as_ref().filter(|row| row.value == 0) {
            errors.push(file.error(row.span, "there is no line 0").with_help("the first line is 1"));
        }
    }
}

fn mark(written: &str) -> Option<u8> {
    match written.as_bytes() {
        [mark] if mark.is_ascii_punctuation() || *mark == b'\t' || *mark == b' ' => Some(*mark),
        _ => None,
    }
}
