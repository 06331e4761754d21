//! From marks to what the protocol shows beside code.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use lsp_types::{
    Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, Location, NumberOrString, Position, Range,
};

use super::documents::{Encoding, Lines, Root};
use super::judge::{Fault, Snapshot};
use super::session::Client;
use crate::output::{Mark, MarkPlace, Weight, marks};
use crate::syntax::Span;

/// Most other places that are shown beside one message.
const OTHERS: usize = 20;
/// Who says so.
const SOURCE: &str = "countersign";
/// The policy about definitions that cannot be read.
const UNREADABLE: &str = "CS-COVER-001";

/// Diagnostics by file.
pub(super) type ByFile = BTreeMap<String, Vec<Diagnostic>>;

/// Everything that a judgement shows.
pub(super) fn of_snapshot(snapshot: &Snapshot, root: &Root, client: Client) -> ByFile {
    let places = Places::new(snapshot, client.encoding);
    let mut all = ByFile::new();
    for mark in marks(&snapshot.report) {
        let own = diagnostic(&mark, &places, root, client);
        let file = all.entry(mark.place.file).or_default();
        // One cause may hold of many subjects at one place; what reads the same is read once.
        if !file.contains(&own) {
            file.push(own);
        }
    }
    // Of a file that cannot be read nothing else is known, and places in its last text would be wrong.
    all.extend(of_faults(&snapshot.unreadable, client.encoding));
    all
}

/// What is wrong in files, by file.
pub(super) fn of_faults(faults: &[Fault], encoding: Encoding) -> ByFile {
    let mut all = ByFile::new();
    for fault in faults {
        let lines = Lines::new(&fault.text, encoding);
        let Span { start, end } = fault.span.unwrap_or_default();
        all.entry(fault.file.clone()).or_default().push(Diagnostic {
            range: shown(&lines, start as usize, end as usize),
            severity: Some(DiagnosticSeverity::ERROR),
            code: Some(NumberOrString::String(UNREADABLE.to_owned())),
            source: Some(SOURCE.to_owned()),
            message: fault.message.clone(),
            ..Diagnostic::default()
        });
    }
    all
}

fn diagnostic(mark: &Mark, places: &Places<'_>, root: &Root, client: Client) -> Diagnostic {
    let mut message = mark.text.clone();
    let mut related = Vec::new();
    for (place, text) in mark.others.iter().take(OTHERS) {
        match root.uri(&place.file).filter(|_| client.related) {
            Some(uri) => related.push(DiagnosticRelatedInformation {
                location: Location { uri, range: places.range(place) },
                message: text.clone(),
            }),
            // An editor that shows no other places is told where they are.
            None => {
                let line = place.range.map(|(start, _)| format!(":{}", start.line)).unwrap_or_default();
                message.push_str(&format!("\nAt: {}{line}: {text}", place.file));
            }
        }
    }
    Diagnostic {
        range: places.range(&mark.place),
        severity: Some(match mark.weight {
            Weight::Blocks => DiagnosticSeverity::ERROR,
            Weight::Warns => DiagnosticSeverity::WARNING,
            Weight::Tells => DiagnosticSeverity::INFORMATION,
        }),
        code: mark.policy.clone().map(NumberOrString::String),
        source: Some(SOURCE.to_owned()),
        message,
        related_information: (!related.is_empty()).then_some(related),
        ..Diagnostic::default()
    }
}

/// Places of one judgement as the protocol counts them; the lines of each file are found once.
pub(super) struct Places<'a> {
    texts: HashMap<&'a str, (&'a Arc<[u8]>, Lines<'a>)>,
}

impl<'a> Places<'a> {
    pub(super) fn new(snapshot: &'a Snapshot, encoding: Encoding) -> Self {
        let files = snapshot.report.findings.iter().flat_map(|finding| &finding.locations).map(|place| &*place.file);
        let unresolved = snapshot.report.unresolved.iter().filter_map(|found| found.file.as_deref());
        let mut texts = HashMap::new();
        for file in files.chain(unresolved) {
            if let (false, Some(text)) = (texts.contains_key(file), snapshot.text(file)) {
                texts.insert(file, (text, Lines::new(text, encoding)));
            }
        }
        Self { texts }
    }

    /// What to mark of a place: the part on its first line, since more would be too much to underline.
    pub(super) fn range(&self, place: &MarkPlace) -> Range {
        match (self.bytes(place), self.texts.get(&*place.file)) {
            (Some((from, to)), Some((_, lines))) => shown(lines, from, to),
            _ => Range::default(),
        }
    }

    /// From which byte to which a place goes.
    pub(super) fn bytes(&self, place: &MarkPlace) -> Option<(usize, usize)> {
        let (_, lines) = self.texts.get(&*place.file)?;
        let (start, end) = place.range?;
        Some((lines.offset_of(start), lines.offset_of(end)))
    }
}

/// A range on one line, with something in it.
fn shown(lines: &Lines<'_>, from: usize, to: usize) -> Range {
    let range = lines.range(from, to);
    if range.start.line == range.end.line && range.start != range.end {
        return range;
    }
    let line = range.start.line;
    let end = lines.position(lines.offset(Position { line, character: u32::MAX }));
    Range { start: range.start, end }
}
