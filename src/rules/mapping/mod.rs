//! Mappings: how files of a house's own form are read as manifests.
//!
//! A mapping is a rule, since it decides what a file says. It stands below `.countersign/mappings/`: there nothing is read
//! as a definition, and every edit is a change of the rules, so that a change is read under the target's mappings. What
//! can be wrong with a mapping by itself is found here; whether it fits its files, where they are read.

mod form;
mod path;
#[cfg(test)]
mod tests;

use form::EachSpec;
pub use form::{EmittedKind, HouseFormat, MappingFile};
pub use path::{Path, Piece, Step, Without};

use super::error::{RuleError, RuleFile};
use super::globs::Globs;
use crate::store::Digest;
use crate::syntax::table::Dialect;
use crate::syntax::{Node, Span, Spanned, Value, nearest, parse};

/// The name that is bound to a whole file.
const FILE: &str = "file";

/// Rows within rows, at most.
const MOST_LEVELS: usize = 8;

/// A mapping that was read.
#[derive(Debug, Clone)]
pub struct Mapping {
    /// Its id.
    pub id: String,
    /// Where it is written.
    pub file: RuleFile,
    /// Where its globs stand.
    pub at: Span,
    /// The digest of the file that it stands in.
    pub digest: Digest,
    files: Globs,
    format: Option<HouseFormat>,
    /// How tables are written.
    pub dialect: Dialect,
    /// The rows of a file.
    pub each: Vec<Each>,
    /// Every path in it, by its number.
    pub paths: Vec<MappedPath>,
    /// Whether it is of rules that these extend.
    pub extended: bool,
}

/// A path of a mapping, and whether it is an error when no row has what it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappedPath {
    /// As it is written.
    pub text: Box<str>,
    /// Where.
    pub span: Span,
    /// Whether some row must have it.
    pub required: bool,
}

/// Rows, and what each of them means.
#[derive(Debug, Clone)]
pub struct Each {
    /// Where they are.
    pub rows: Path,
    /// The name of a row.
    pub item: Option<Box<str>>,
    /// The name of the key of a row.
    pub key: Option<Box<str>>,
    /// What parts a text into rows.
    pub split: Option<Box<str>>,
    /// Which count.
    pub conditions: Vec<Condition>,
    /// The manifests that a row means.
    pub emit: Vec<Emission>,
    /// Rows within a row.
    pub each: Vec<Each>,
}

/// What holds of a row.
#[derive(Debug, Clone)]
pub struct Condition {
    /// Of which value.
    pub path: Path,
    /// What holds of it.
    pub test: Test,
}

/// What holds of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    /// It is one of these.
    Is(Vec<String>),
    /// It is none of these.
    IsNot(Vec<String>),
    /// Something is there, or nothing is.
    Present(bool),
}

/// One manifest with holes.
#[derive(Debug, Clone)]
pub struct Emission {
    /// Its kind.
    pub kind: EmittedKind,
    /// The whole document.
    pub template: Template,
    /// The same as it is written, for checks.
    pub written: Node,
}

/// A value with holes.
#[derive(Debug, Clone)]
pub enum Template {
    /// Without holes.
    Fixed(Node),
    /// A text.
    Text(Vec<Piece>),
    /// A list.
    List(Vec<Template>),
    /// A map.
    Map(Vec<(Box<str>, Template)>),
}

impl Mapping {
    /// Reads every mapping of a file; `extended` says whether the file is of rules that these extend, `pseudonyms` whether
    /// people have some in what is kept.
    pub(super) fn read_all(
        file: &RuleFile,
        extended: bool,
        pseudonyms: bool,
        into: &mut Vec<Self>,
        errors: &mut Vec<RuleError>,
    ) {
        match parse(&file.bytes) {
            Err(error) => errors.push(RuleError::syntax(file, error)),
            Ok(documents) => {
                for node in documents.iter().filter(|node| !node.is_null()) {
                    match super::read::<MappingFile>(file, node) {
                        Ok(form) => {
                            into.extend(
                                Self::of(file, node, form, pseudonyms, errors).map(|own| Self { extended, ..own }),
                            );
                        }
                        Err(error) => errors.push(error),
                    }
                }
            }
        }
    }

    fn of(
        file: &RuleFile,
        node: &Node,
        form: MappingFile,
        pseudonyms: bool,
        errors: &mut Vec<RuleError>,
    ) -> Option<Self> {
        let before = errors.len();
        let spec = form.spec;
        let at = node.at(&["spec", "files"]).map_or(node.span, |files| files.span);
        if spec.files.is_empty() {
            errors.push(file.error(at, "this mapping reads no files").with_help("name at least one glob in `files`"));
        }
        let files = Globs::read(Some(file), &spec.files).unwrap_or_else(|error| {
            errors.push(error);
            Globs::default()
        });
        let table = spec.table.as_ref().map(|table| table.config()).unwrap_or_default();
        table.check(file, pseudonyms, errors);
        let written = node.at(&["spec", "each"]);
        let mut reading = Reading { file, errors, names: vec![FILE.into()], paths: Vec::new(), level: 0 };
        let each = reading.all(&spec.each, written);
        if spec.each.is_empty() {
            let at = written.map_or(node.span, |each| each.span);
            reading.wrong(at, "this mapping says nothing of its files", "add rows with what they mean to `each`");
        }
        let Reading { paths, .. } = reading;
        (errors.len() == before).then(|| Self {
            id: form.metadata.id.value,
            file: file.clone(),
            at,
            digest: Digest::of(&file.bytes),
            files,
            format: spec.format,
            dialect: table.dialect(),
            each,
            paths,
            extended: false,
        })
    }

    /// Whether it reads a file.
    #[must_use]
    pub fn reads(&self, path: &str) -> bool {
        self.files.matches(path)
    }

    /// The language of a file that it reads; `None` where nothing tells it.
    #[must_use]
    pub fn format_of(&self, path: &str) -> Option<HouseFormat> {
        self.format.or_else(|| HouseFormat::of_path(path))
    }
}

/// Two mappings of one id would be taken for one.
pub(super) fn check_ids(mappings: &[Mapping], errors: &mut Vec<RuleError>) {
    for (number, mapping) in mappings.iter().enumerate() {
        if let Some(earlier) = mappings.iter().take(number).find(|earlier| earlier.id == mapping.id) {
            let message = format!("the mapping `{}` is there already, in {}", mapping.id, earlier.file.path);
            errors.push(mapping.file.error(None, message).with_help("give one of them another `metadata.id`"));
        }
    }
}

/// What is read of one mapping.
struct Reading<'a> {
    file: &'a RuleFile,
    errors: &'a mut Vec<RuleError>,
    /// The names that are bound, the innermost last.
    names: Vec<Box<str>>,
    paths: Vec<MappedPath>,
    level: usize,
}

impl Reading<'_> {
    fn wrong(&mut self, at: Span, message: impl Into<String>, help: impl Into<String>) {
        self.errors.push(self.file.error(at, message).with_help(help));
    }

    fn all(&mut self, specs: &[EachSpec], written: Option<&Node>) -> Vec<Each> {
        let nodes = written.and_then(Node::as_list).unwrap_or_default();
        self.level += 1;
        let read = specs.iter().zip(nodes).filter_map(|(spec, node)| self.each(spec, node)).collect();
        self.level -= 1;
        read
    }

    fn each(&mut self, spec: &EachSpec, node: &Node) -> Option<Each> {
        let depth = self.names.len();
        if self.level > MOST_LEVELS {
            self.wrong(node.span, "rows stand within rows too deep", format!("{MOST_LEVELS} levels are read"));
            return None;
        }
        let rows = self.path(&spec.r#in, true)?;
        if spec.key.is_some() && !rows.steps.contains(&Step::EveryValue) {
            let at = spec.key.as_ref().map_or(node.span, |key| key.span);
            self.wrong(
                at,
                format!("the rows of `{}` have no keys", rows.text),
                "`key` is that of the last `.*` in `in`",
            );
        }
        if let Some(split) = spec.split.as_ref().filter(|split| split.is_empty()) {
            self.wrong(split.span, "nothing parts no text", "write what stands between the values, such as `,`");
        }
        if spec.emit.is_empty() && spec.each.is_empty() {
            self.wrong(node.span, "these rows mean nothing", "add `emit`, or `each` with rows within them");
        }
        let item = self.bind(spec.r#as.as_ref());
        let key = self.bind(spec.key.as_ref());
        let conditions = spec.r#where.iter().filter_map(|own| self.condition(own)).collect();
        let emissions = node.get("emit").and_then(Node::as_list).unwrap_or_default();
        let emit = spec
            .emit
            .iter()
            .zip(emissions)
            .filter_map(|(own, node)| {
                let template = self.template(node)?;
                Some(Emission { kind: own.kind, template, written: node.clone() })
            })
            .collect();
        let each = self.all(&spec.each, node.get("each"));
        self.names.truncate(depth);
        let split = spec.split.as_ref().map(|split| split.as_str().into());
        Some(Each { rows, item, key, split, conditions, emit, each })
    }

    /// Binds a name for what stands within.
    fn bind(&mut self, name: Option<&Spanned<String>>) -> Option<Box<str>> {
        let name = name?;
        let plain = name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-') && !name.is_empty();
        if !plain {
            self.wrong(name.span, format!("`{}` is no name", name.value), "write letters, digits, `_` and `-`");
        } else if self.names.iter().any(|known| **known == *name.value) {
            self.wrong(name.span, format!("the name `{}` is bound already", name.value), "choose another one");
        }
        self.names.push(name.as_str().into());
        Some(name.as_str().into())
    }

    fn path(&mut self, written: &Spanned<String>, required: bool) -> Option<Path> {
        match Path::read(written, written.span) {
            Ok(path) => self.known(path, required),
            Err(message) => {
                self.wrong(written.span, message, "a path is a bound name and keys, such as `file.teams.*`");
                None
            }
        }
    }

    /// A path that begins with a name that is bound, numbered.
    fn known(&mut self, mut path: Path, required: bool) -> Option<Path> {
        if !self.names.contains(&path.name) {
            let names: Vec<&str> = self.names.iter().map(|name| &**name).collect();
            let help = nearest(&path.name, names.iter().copied())
                .map_or_else(|| format!("bound here: {}", names.join(", ")), |near| format!("did you mean `{near}`?"));
            let message = format!("no name `{}` is bound here", path.name);
            self.wrong(path.span, message, help);
            return None;
        }
        path.number = self.paths.len();
        self.paths.push(MappedPath { text: path.text.clone(), span: path.span, required });
        Some(path)
    }

    fn condition(&mut self, spec: &form::ConditionSpec) -> Option<Condition> {
        let test = match (&spec.is, &spec.is_not, spec.present) {
            (Some(list), None, None) => Test::Is(list.clone()),
            (None, Some(list), None) => Test::IsNot(list.clone()),
            (None, None, Some(present)) => Test::Present(present),
            _ => {
                let message = "a condition says one thing of a value";
                self.wrong(spec.value.span, message, "write one of `is`, `is_not` and `present`");
                return None;
            }
        };
        let path = self.path(&spec.value, !matches!(test, Test::Present(_)))?;
        if path.is_many() {
            self.wrong(path.span, format!("`{}` is several values", path.text), "a condition is about one");
        }
        Some(Condition { path, test })
    }

    fn template(&mut self, node: &Node) -> Option<Template> {
        Some(match &node.value {
            Value::String(text) => match path::pieces(text, node.span) {
                Ok(pieces) => {
                    let mut known = Vec::with_capacity(pieces.len());
                    for piece in pieces {
                        known.push(match piece {
                            Piece::Hole { path, without } => {
                                Piece::Hole { path: self.known(path, without == Without::Error)?, without }
                            }
                            text => text,
                        });
                    }
                    match <[Piece; 1]>::try_from(known) {
                        Ok([Piece::Text(text)]) => Template::Fixed(Node::new(node.span, Value::String(text))),
                        Ok(one) => Template::Text(one.into()),
                        Err(known) => Template::Text(known),
                    }
                }
                Err(message) => {
                    self.wrong(node.span, message, "`{row.login}` in a text stands for what is there");
                    return None;
                }
            },
            Value::List(items) => Template::List(items.iter().filter_map(|item| self.template(item)).collect()),
            Value::Map(entries) => {
                for entry in entries.iter().filter(|entry| entry.key.contains(['{', '}'])) {
                    let message = format!("the key `{}` has a brace in it", entry.key);
                    self.wrong(entry.key_span, message, "values are filled in, keys are not");
                }
                let filled = |entry: &crate::syntax::Entry| Some((entry.key.clone(), self.template(&entry.value)?));
                Template::Map(entries.iter().filter_map(filled).collect())
            }
            _ => Template::Fixed(node.clone()),
        })
    }
}
