//! From one leg of a conflict to the other, and from the use of a name to where it is defined.

use lsp_types::{Location, Range, TextDocumentPositionParams};

use super::documents::Lines;
use super::session::Asked;
use super::subjects::{Subject, defined, named, words_at};
use crate::access::{Place, place};
use crate::gate::{Side, State};

/// Where a place leads to: what is defined under the name that stands there, and the other places of the findings that
/// rest on it.
pub(super) fn definition(asked: &Asked<'_>, at: &TextDocumentPositionParams) -> Option<Vec<Location>> {
    let document = asked.documents.get(&at.text_document.uri)?;
    let file = document.path.as_deref()?;
    let lines = Lines::new(document.text.as_bytes(), asked.client.encoding);
    let offset = lines.offset(at.position);
    let mut places: Vec<Place> = Vec::new();
    if let Some(model) = asked.snapshot.model() {
        for (from, to) in words_at(&document.text, offset) {
            let word = document.text.get(from..to).unwrap_or_default();
            let subjects = named(word, file, &document.text, model, &asked.snapshot.bundle);
            let sites = subjects.iter().filter(|own| !matches!(own, Subject::Permission(_)));
            places.extend(sites.filter_map(|own| place(&model.graph.units, defined(own, model)?)));
            if !subjects.is_empty() {
                break;
            }
        }
    }
    // Places of findings are those of the text that was judged.
    if asked.snapshot.text(file).is_some_and(|text| **text == *document.text.as_bytes()) {
        places.extend(other_legs(asked, file, offset));
    }
    let is_here =
        |place: &Place| *place.file == *file && (place.span.start as usize..=place.span.end as usize).contains(&offset);
    places.retain(|place| !is_here(place));
    let mut known = Vec::new();
    places.retain(|place| {
        let is_new = !known.contains(place);
        known.push(place.clone());
        is_new
    });
    let found: Vec<Location> = places.iter().filter_map(|place| location(asked, place)).collect();
    (!found.is_empty()).then_some(found)
}

/// The other places of the findings that rest on a place, the nearest around it first.
fn other_legs(asked: &Asked<'_>, file: &str, offset: usize) -> Vec<Place> {
    let mut found: Vec<(u32, Vec<Place>)> = Vec::new();
    for judged in &asked.snapshot.judgement.findings {
        if judged.state == State::Resolved {
            continue;
        }
        let head = judged.finding.locations.iter().filter(|location| location.side == Side::Head);
        let head: Vec<&Place> = head.map(|location| &location.place).collect();
        let here = head.iter().filter(|place| {
            *place.file == *file && (place.span.start as usize..=place.span.end as usize).contains(&offset)
        });
        // Legs of conflicts before everything else that a finding shows.
        let rank = u32::from(judged.finding.conflict.is_none());
        if let Some(width) = here.map(|place| place.span.end - place.span.start).min() {
            let others = head.into_iter().cloned().collect();
            found.push((rank.saturating_mul(1 << 30).saturating_add(width.min(1 << 29)), others));
        }
    }
    found.sort_by_key(|(width, _)| *width);
    found.into_iter().flat_map(|(_, places)| places).collect()
}

/// A place as the protocol names it.
pub(super) fn location(asked: &Asked<'_>, place: &Place) -> Option<Location> {
    let text = asked.snapshot.text(&place.file)?;
    let lines = Lines::new(text, asked.client.encoding);
    let Range { start, end } = lines.range(place.span.start as usize, place.span.end as usize);
    Some(Location { uri: asked.uri(&place.file)?, range: Range { start, end } })
}
