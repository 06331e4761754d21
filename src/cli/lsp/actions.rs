//! The quick fix: the edit that the gate has proven, where it can be made by taking one piece out of one text.
//!
//! The gate proves that something can go; this looks for the piece of text that says it, takes it out, and judges again.
//! What does not clear the finding, brings another, or takes away more than was meant is not offered.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use lsp_types::{
    CodeAction, CodeActionKind, CodeActionOrCommand, CodeActionParams, Diagnostic, Range, TextEdit, Uri, WorkspaceEdit,
};

use super::cuts::{Cut, cuts};
use super::diagnostics::Places;
use super::documents::Lines;
use super::judge::Snapshot;
use super::session::Asked;
use crate::access::Place;
use crate::gate::{Fingerprint, Judged, Judgement, State};
use crate::output::{Mark, marks};
use crate::store::Digest;

/// Most cuts that are tried for one finding; each takes a judgement.
const MOST: usize = 4;
/// Most findings whose fixes are looked for at one place.
const FINDINGS: usize = 3;

/// Cuts that were proven, of one state.
#[derive(Debug, Default)]
pub(super) struct Proven {
    number: u64,
    by_finding: HashMap<Digest, Option<Cut>>,
}

/// Answers the request.
pub(super) fn actions(asked: &Asked<'_>, params: &CodeActionParams, proven: &mut Proven) -> Vec<CodeActionOrCommand> {
    let only = params.context.only.as_ref();
    if only.is_some_and(|only| !only.contains(&CodeActionKind::QUICKFIX) && !only.contains(&CodeActionKind::EMPTY)) {
        return Vec::new();
    }
    let Some(document) = asked.documents.get(&params.text_document.uri) else { return Vec::new() };
    let Some(file) = document.path.as_deref() else { return Vec::new() };
    // What was judged has to be what is there: places of another text would cut at random.
    if asked.snapshot.text(file).is_none_or(|text| **text != *document.text.as_bytes()) {
        return Vec::new();
    }
    if proven.number != asked.snapshot.number {
        *proven = Proven { number: asked.snapshot.number, by_finding: HashMap::new() };
    }
    let places = Places::new(asked.snapshot, asked.client.encoding);
    let here = |mark: &Mark| mark.place.file == file && overlap(places.range(&mark.place), params.range);
    let wanted: BTreeSet<Digest> =
        marks(&asked.snapshot.report).iter().filter(|mark| here(mark)).filter_map(|mark| mark.finding).collect();
    let findings =
        asked.snapshot.judgement.findings.iter().filter(|own| {
            own.state != State::Resolved && own.fix.is_some() && wanted.contains(&own.finding.fingerprint.0)
        });
    findings.take(FINDINGS).filter_map(|judged| action(asked, params, judged, proven)).collect()
}

fn overlap(a: Range, b: Range) -> bool {
    a.start <= b.end && b.start <= a.end
}

fn action(
    asked: &Asked<'_>,
    params: &CodeActionParams,
    judged: &Judged,
    proven: &mut Proven,
) -> Option<CodeActionOrCommand> {
    let fix = judged.fix.as_ref()?;
    let place = fix.place.as_ref()?;
    let fingerprint = judged.finding.fingerprint;
    let cut = proven.by_finding.entry(fingerprint.0).or_insert_with(|| prove(asked.snapshot, judged, place)).clone()?;
    let text = asked.snapshot.text(&place.file)?;
    let lines = Lines::new(text, asked.client.encoding);
    let edit = TextEdit { range: lines.range(cut.from, cut.to), new_text: cut.instead };
    let uri: Uri = asked.uri(&place.file)?;
    #[allow(clippy::mutable_key_type, reason = "the protocol's own type; a URI is never changed in place")]
    let changes = HashMap::from([(uri, vec![edit])]);
    let is_it = |own: &&Diagnostic| own.message.contains(&judged.finding.message) || overlap(own.range, params.range);
    let diagnostics: Vec<Diagnostic> = params.context.diagnostics.iter().filter(is_it).cloned().collect();
    Some(CodeActionOrCommand::CodeAction(CodeAction {
        title: format!("Countersign: {}", fix.text),
        kind: Some(CodeActionKind::QUICKFIX),
        diagnostics: (!diagnostics.is_empty()).then_some(diagnostics),
        edit: Some(WorkspaceEdit { changes: Some(changes), ..WorkspaceEdit::default() }),
        is_preferred: Some(true),
        ..CodeAction::default()
    }))
}

/// The smallest cut after which the finding is gone and nothing else is worse.
fn prove(snapshot: &Snapshot, judged: &Judged, place: &Place) -> Option<Cut> {
    // A buffer that is judged as it last could be read is no text to cut in.
    if snapshot.unreadable.iter().any(|fault| *fault.file == *place.file) {
        return None;
    }
    let text = std::str::from_utf8(snapshot.text(&place.file)?).ok()?;
    let taken = &judged.fix.as_ref()?.taken;
    cuts(&place.file, text, place.span, taken).into_iter().take(MOST).find(|cut| {
        let after = cut.applied(text);
        snapshot
            .with(&place.file, after.as_bytes())
            .is_some_and(|after| clears(&snapshot.judgement, &after, judged.finding.fingerprint))
    })
}

/// Whether a judgement is an earlier one without a finding, and with no more missing than one grant or membership.
fn clears(before: &Judgement, after: &Judgement, fingerprint: Fingerprint) -> bool {
    let live = |judgement: &Judgement| -> BTreeMap<Fingerprint, bool> {
        let own = judgement.findings.iter().filter(|own| own.state != State::Resolved);
        own.map(|own| (own.finding.fingerprint, own.decision.blocks)).collect()
    };
    let (then, now) = (live(before), live(after));
    let is_worse = now.iter().any(|(own, blocks)| then.get(own).is_none_or(|blocked| *blocks && !blocked));
    let (was, is) = (&before.population, &after.population);
    let definitions = |all: &BTreeMap<String, u64>| all.values().sum::<u64>();
    !now.contains_key(&fingerprint)
        && !is_worse
        && after.unresolved.len() <= before.unresolved.len()
        && is.not_evaluated <= was.not_evaluated
        && is.grants + 1 >= was.grants
        && definitions(&is.definitions) + 1 >= definitions(&was.definitions)
        && is.definition_files == was.definition_files
}
