//! What a tracker says of findings: an export as CSV, one row a finding.

use std::collections::BTreeMap;
use std::fmt;

use miette::Diagnostic;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::facts::date::Date;

/// The fewest characters of a fingerprint that name a finding.
const FEWEST: usize = 12;

/// A ticket's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TicketState {
    /// Somebody works on it, or nobody does.
    Open,
    /// Somebody says that it is done.
    Closed,
}

/// A ticket about a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// The finding's fingerprint, or its beginning.
    pub finding: String,
    /// The ticket.
    pub ticket: String,
    /// Who answers for it.
    pub owner: Option<String>,
    /// The first second after the day by which it is due.
    pub due: Option<i64>,
    /// Its state.
    pub state: TicketState,
}

/// Tickets by the findings that they are about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tickets(BTreeMap<String, Ticket>);

/// Why an export of a tracker cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TicketError {
    /// The file.
    pub file: String,
    /// The row, the header being the first; nothing where it is the file.
    pub row: Option<u64>,
    /// What is wrong.
    pub what: String,
}

impl fmt::Display for TicketError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.row {
            Some(row) => write!(f, "{}, row {row}: {}", self.file, self.what),
            None => write!(f, "{}: {}", self.file, self.what),
        }
    }
}

impl std::error::Error for TicketError {}

impl Diagnostic for TicketError {
    fn help(&self) -> Option<Box<dyn fmt::Display + '_>> {
        Some(Box::new(
            "write a header and a row a finding: finding,ticket,owner,due,state (a fingerprint of `countersign report`, \
             a day such as 2026-12-31, open or closed); owner and due may be empty",
        ))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    finding: String,
    ticket: String,
    #[serde(default)]
    owner: String,
    #[serde(default)]
    due: String,
    state: TicketState,
}

impl Tickets {
    /// Reads an export.
    ///
    /// # Errors
    /// [`TicketError`], with its row: a column that is not known, a day or a state that is none, a fingerprint that is too
    /// short to name a finding, one that another row has.
    pub fn read(file: &str, bytes: &[u8]) -> Result<Self, TicketError> {
        let wrong = |row: Option<u64>, what: String| TicketError { file: file.to_owned(), row, what };
        let text = std::str::from_utf8(bytes).map_err(|_| wrong(None, "it is not UTF-8 text".to_owned()))?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
        let mut all: BTreeMap<String, Ticket> = BTreeMap::new();
        for (row, read) in (2u64..).zip(reader.deserialize::<Row>()) {
            let own = read.map_err(|error| wrong(Some(row), error.to_string()))?;
            let finding = own.finding.to_ascii_lowercase();
            if finding.len() < FEWEST || !finding.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                return Err(wrong(
                    Some(row),
                    format!("`{}` is no fingerprint of {FEWEST} digits or more", own.finding),
                ));
            }
            let due = match own.due.as_str() {
                "" => None,
                day => Some(Date::parse(day).ok_or_else(|| wrong(Some(row), format!("`{day}` is not a day")))?.end),
            };
            let owner = (!own.owner.is_empty()).then_some(own.owner);
            let ticket = Ticket { finding: finding.clone(), ticket: own.ticket, owner, due, state: own.state };
            if all.insert(finding, ticket).is_some() {
                return Err(wrong(Some(row), "another row is about the same finding".to_owned()));
            }
        }
        Ok(Self(all))
    }

    /// The ticket about a finding.
    #[must_use]
    pub fn of(&self, fingerprint: &str) -> Option<&Ticket> {
        // What begins a text sorts before it, and nothing that begins it otherwise stands between.
        self.0
            .range(..=fingerprint.to_owned())
            .next_back()
            .map(|(_, own)| own)
            .filter(|own| fingerprint.starts_with(&own.finding))
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "finding,ticket,owner,due,state\n";

    fn read(rows: &str) -> Result<Tickets, TicketError> {
        Tickets::read("tickets.csv", format!("{HEADER}{rows}").as_bytes())
    }

    #[test]
    fn a_ticket_is_found_by_the_beginning_of_a_fingerprint() {
        let tickets = read("ABCDEF012345,IAM-1,person:ann,2026-12-31,closed\nabcdef0123ff,IAM-2,,,open\n").unwrap();
        let own = tickets.of("abcdef01234567890").unwrap();
        assert_eq!(
            (own.ticket.as_str(), own.state, own.owner.as_deref()),
            ("IAM-1", TicketState::Closed, Some("person:ann"))
        );
        assert_eq!(own.due, Some(1_798_761_600));
        assert_eq!(tickets.of("abcdef0123ff00").map(|own| own.ticket.as_str()), Some("IAM-2"));
        assert_eq!(tickets.of("abcdef01230000"), None);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_row() {
        for (rows, row, what) in [
            ("abc,IAM-1,,,open\n", Some(2), "no fingerprint"),
            ("abcdef012345,IAM-1,,,open\nabcdef012345,IAM-2,,,open\n", Some(3), "another row"),
            ("abcdef012345,IAM-1,,31.12.2026,open\n", Some(2), "is not a day"),
            ("abcdef012345,IAM-1,,,done\n", Some(2), "done"),
            ("abcdef012345,IAM-1\n", Some(2), ""),
        ] {
            let error = read(rows).unwrap_err();
            assert_eq!(error.row, row, "{error}");
            assert!(error.what.contains(what), "{error}");
        }
        assert!(Tickets::read("t", b"finding,ticket,state,secret\n").unwrap().is_empty());
        assert!(Tickets::read("t", b"finding,ticket,state,secret\nabcdef012345,A,open,x\n").is_err());
        assert_eq!(Tickets::read("t", &[0xff, 0xfe]).unwrap_err().row, None);
    }
}
