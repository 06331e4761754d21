//! Fills the holes of a manifest.

use super::rows::{Frame, Looked};
use super::{Reader, manifest};
use crate::facts::Gap;
use crate::rules::{Emission, MappingPath, Piece, Template, Without};
use crate::syntax::{Entry, Node, Span, Value};

/// Why there is no value.
enum Unfilled {
    /// Something lacks, which was said.
    Lacking,
    /// The field is left out.
    Field,
    /// The map that the field stands in is left out.
    Map,
}

impl Reader<'_> {
    /// A manifest, with its version; `None` where something lacks that it needs, which is said.
    pub(super) fn filled(&mut self, emission: &Emission, frame: &Frame<'_>) -> Option<Node> {
        let kind = emission.kind.as_str();
        let mut node = self.fill(&emission.template, kind, frame).ok()?;
        if let Value::Map(entries) = &mut node.value {
            let value = Node::new(frame.place, Value::String(manifest::API_VERSION.into()));
            entries.push(Entry { key: "apiVersion".into(), key_span: frame.place, value });
        }
        Some(node)
    }

    fn fill(&mut self, template: &Template, kind: &str, frame: &Frame<'_>) -> Result<Node, Unfilled> {
        let value = match template {
            Template::Fixed(node) => node.value.clone(),
            Template::Text(pieces) => return self.text(pieces, kind, frame),
            Template::List(items) => {
                let mut filled = Vec::with_capacity(items.len());
                for item in items {
                    match self.fill(item, kind, frame) {
                        Ok(item) => filled.push(item),
                        Err(Unfilled::Field) => {}
                        Err(why) => return Err(why),
                    }
                }
                Value::List(filled)
            }
            Template::Map(members) => {
                let mut entries = Vec::with_capacity(members.len());
                for (key, member) in members {
                    match self.fill(member, kind, frame) {
                        Ok(value) => entries.push(Entry { key: key.clone(), key_span: frame.place, value }),
                        Err(Unfilled::Field) => {}
                        Err(Unfilled::Map) => return Err(Unfilled::Field),
                        Err(Unfilled::Lacking) => return Err(Unfilled::Lacking),
                    }
                }
                Value::Map(entries)
            }
        };
        Ok(Node::new(frame.place, value))
    }

    fn text(&mut self, pieces: &[Piece], kind: &str, frame: &Frame<'_>) -> Result<Node, Unfilled> {
        // A hole alone is whatever stands there.
        if let [Piece::Hole { path, without }] = pieces {
            let node = self.hole(path, *without, kind, frame)?;
            // What a row around this one says of it is added where this row is.
            let span = if frame.is_own(&path.name) { node.span } else { frame.place };
            return Ok(Node { span, ..node.clone() });
        }
        let mut text = String::new();
        let mut span: Option<Span> = None;
        for piece in pieces {
            match piece {
                Piece::Text(fixed) => text.push_str(fixed),
                Piece::Hole { path, without } => {
                    let node = self.hole(path, *without, kind, frame)?;
                    let Some(value) = node.as_text() else {
                        self.wrong(path, node, "one value");
                        return Err(Unfilled::Lacking);
                    };
                    text.push_str(value);
                    if frame.is_own(&path.name) {
                        span.get_or_insert(node.span);
                    }
                }
            }
        }
        Ok(Node::new(span.unwrap_or(frame.place), Value::String(text.into())))
    }

    fn hole<'n>(
        &mut self,
        path: &MappingPath,
        without: Without,
        kind: &str,
        frame: &Frame<'n>,
    ) -> Result<&'n Node, Unfilled> {
        match (self.look(path, frame), without) {
            (Looked::Found(node), _) if !node.is_null() => Ok(node),
            (Looked::Wrong, _) => Err(Unfilled::Lacking),
            (_, Without::Field) => Err(Unfilled::Field),
            (_, Without::Map) => Err(Unfilled::Map),
            (_, Without::Error) => {
                let reason = format!("`{}` of the mapping `{}` has no value in this row", path.text, self.mapping.id);
                self.untold(Gap::Broken, frame.place, reason, format!("this {kind} is not evaluated"));
                Err(Unfilled::Lacking)
            }
        }
    }
}
