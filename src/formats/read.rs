//! From a tree of files to lowered units.
//!
//! Every text file is looked at. Files that end like data are parsed; others only when they look like one of the
//! formats, so that a manifest with another name still counts and prose is left alone. Parsing is remembered by the
//! bytes and lowering by the unit's members, so that two trees share whatever they have in common.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

use rayon::prelude::*;

pub use self::places::ReadPlaces;
pub use self::tables::importable;
use self::tables::{Recognised, TableCandidate};
use super::azure::bicep;
use super::documents::{Claims, Documents, Language};
use super::files::{Asked, Files};
use super::mapping::Use;
use super::revoked::{Revoked, revoke};
use super::tables::TABLES;
use super::{FORMATS, Format, Grouping, SystemHint, TAKES_IN, Unit, UnitFile};
use crate::facts::{Facts, Gap, Text};
use crate::rules::{Rules, is_evidence_path, is_rule_path};
use crate::source::{Content, FileKind, NotRead, SourceFile, Tree};
use crate::store::Digest;
use crate::syntax::table::Dialect;
use crate::syntax::{Span, SyntaxErrorKind};

/// Endings of files that are parsed whatever they look like.
const DATA_ENDINGS: &[&str] = &[".yaml", ".yml", ".json", ".tf", ".tofu", ".hcl", ".sql"];

/// A unit that was lowered.
#[derive(Debug, Clone)]
pub struct LoweredUnit {
    /// The format's name.
    pub format: &'static str,
    /// The members' paths, in the order that origins count.
    pub files: Arc<[Text]>,
    /// What it declares.
    pub facts: Arc<Facts>,
}

/// A recognised file that was not lowered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotLowered {
    /// Its path.
    pub file: Text,
    /// The digest of its bytes, if they were read.
    pub digest: Option<Digest>,
    /// The format that recognises it; empty when none can tell.
    pub format: &'static str,
    /// Why in one word.
    pub gap: Gap,
    /// Why in words.
    pub reason: String,
    /// Where, when one place is at fault.
    pub span: Option<Span>,
}

/// What became of one file, for the manifest of what was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// It holds definitions that were evaluated.
    Definition,
    /// It is recognised and was not evaluated.
    NotEvaluated,
    /// It is a rule or record of the gate itself.
    Rule,
    /// The configuration excludes it.
    Excluded,
    /// Nothing in it is a definition.
    Other,
    /// It is a link, a nested repository, or could not be read.
    NotRead,
}

impl Class {
    /// The word in the manifest.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Definition => "definition",
            Self::NotEvaluated => "not_evaluated",
            Self::Rule => "rule",
            Self::Excluded => "excluded",
            Self::Other => "other",
            Self::NotRead => "not_read",
        }
    }
}

/// Everything that one tree's files came to.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    /// The units, by format and members.
    pub units: Vec<LoweredUnit>,
    /// Recognised files that were not lowered.
    pub not_lowered: Vec<NotLowered>,
    /// Each file's class, in the order of the tree.
    pub classes: Vec<Class>,
    /// Each file's formats, by path; only of files with definitions.
    pub formats: BTreeMap<Text, BTreeSet<&'static str>>,
    /// Files under `in_scope` that hold definitions.
    pub in_scope: usize,
    /// What each mapping of the rules came to, in their order.
    pub mapped: Vec<Use>,
}

impl Reading {
    /// Whether a file was read as a table.
    #[must_use]
    pub fn is_table(&self, path: &str) -> bool {
        self.formats.get(path).is_some_and(|names| TABLES.iter().any(|format| names.contains(format.name)))
    }

    /// Drops the units of files that a unit of another format has taken in.
    fn take_in(&mut self) {
        for (outer, inner) in TAKES_IN {
            let taken: BTreeSet<Text> =
                self.units.iter().filter(|unit| unit.format == *outer).flat_map(|unit| unit.files.to_vec()).collect();
            self.units.retain(|unit| unit.format != *inner || !unit.files.iter().all(|file| taken.contains(file)));
        }
    }

    /// A file that a unit read is part of what it declares, whatever the file is by itself.
    fn add_members(&mut self, tree: &Tree) {
        for unit in &self.units {
            for path in &*unit.files {
                let at = tree.files.partition_point(|file| *file.path < **path);
                if let Some(class @ Class::Other) = self.classes.get_mut(at) {
                    *class = Class::Definition;
                    self.formats.entry(path.clone()).or_default().insert(unit.format);
                }
            }
        }
    }

    /// Adds what the tree says of the gate itself. A file that says it defines access, whatever else it is; rules stay
    /// rules.
    fn add_gate(&mut self, tree: &Tree, rules: &Rules) {
        let units = super::gate::units(tree, rules, &self.units);
        let defining: BTreeSet<&Text> = units.iter().flat_map(|unit| &*unit.files).collect();
        for (file, class) in tree.files.iter().zip(&mut self.classes) {
            if !matches!(class, Class::Rule | Class::Definition) && defining.contains(&file.path) {
                *class = Class::Definition;
                self.formats.entry(file.path.clone()).or_default().insert(super::gate::NAME);
            }
        }
        self.units.extend(units);
    }
}

type Parsed = Arc<Documents>;

type UnitKey = (&'static str, Vec<(Text, Digest, Option<(Text, bool)>, Dialect)>);

/// Reads trees, remembering what several have in common.
#[derive(Debug, Default)]
pub struct Reader {
    /// Trees that a unit may still need. That of a file that is lowered alone is dropped then: its facts are kept.
    parsed: Mutex<HashMap<(Digest, Language), Parsed>>,
    claimed: Mutex<HashMap<(Text, Digest), Claims>>,
    lowered: Mutex<HashMap<UnitKey, Arc<Facts>>>,
    /// Units that read the tree, by what they start from: what each asked, which files it read, and what it declares.
    reached: Mutex<HashMap<UnitKey, Vec<Arc<Reached>>>>,
    /// What was asked of trees to see which units there are.
    started: Mutex<Vec<Asked>>,
    /// Files that mappings read.
    mapped: Mutex<HashMap<UnitKey, Arc<mapped::MappedFile>>>,
}

/// A unit that read the tree.
#[derive(Debug)]
struct Reached {
    asked: Vec<Asked>,
    files: Arc<[Text]>,
    facts: Arc<Facts>,
}

/// One file that was parsed, with the documents that each format claims.
struct Candidate<'a> {
    file: &'a SourceFile,
    digest: Digest,
    claims: Claims,
}

enum Looked<'a> {
    Candidate(Candidate<'a>),
    Table(TableCandidate<'a>),
    NotLowered(NotLowered),
    Class(Class),
}

impl Reader {
    /// Reads one tree under the given rules.
    #[must_use]
    pub fn read(&self, tree: &Tree, rules: &Rules) -> Reading {
        self.read_without(tree, rules, &[])
    }

    /// Reads one tree as if some grants were not there.
    #[must_use]
    pub fn read_without(&self, tree: &Tree, rules: &Rules, revoked: &[Revoked]) -> Reading {
        let looked: Vec<Looked<'_>> = tree.files.par_iter().map(|file| self.look(file, rules)).collect();
        let mut reading = Reading::default();
        let mut candidates = Vec::new();
        let mut tables = Vec::new();
        for looked in looked {
            reading.classes.push(match looked {
                Looked::Class(class) => class,
                Looked::Table(table) => {
                    tables.push(table);
                    Class::Definition
                }
                Looked::NotLowered(found) => {
                    let class = if found.gap == Gap::NotRead { Class::NotRead } else { Class::NotEvaluated };
                    reading.not_lowered.push(found);
                    class
                }
                Looked::Candidate(candidate) => {
                    let claimed = candidate.claims.iter().any(Option::is_some);
                    if claimed {
                        candidates.push(candidate);
                    }
                    if claimed { Class::Definition } else { Class::Other }
                }
            });
        }
        for candidate in &candidates {
            if rules.in_scope.matches(&candidate.file.path) {
                reading.in_scope += 1;
            }
            let names = candidate.claims.iter().flatten().filter_map(|number| FORMATS.get(*number));
            reading.formats.insert(candidate.file.path.clone(), names.map(|format| format.name).collect());
        }
        for (number, format) in FORMATS.iter().enumerate() {
            reading.units.extend(self.lower(number, format, &candidates, tree, rules));
        }
        for table in &mut tables {
            table.expect(tree);
        }
        let beside: BTreeMap<&str, &'static str> =
            tables.iter().filter_map(|table| Some((&*table.expected?.path, table.format().name))).collect();
        for (file, class) in tree.files.iter().zip(&mut reading.classes) {
            if let (Class::Other, Some(format)) = (*class, beside.get(&*file.path)) {
                *class = Class::Definition;
                reading.formats.insert(file.path.clone(), BTreeSet::from([*format]));
            }
        }
        for table in &tables {
            if rules.in_scope.matches(&table.file.path) {
                reading.in_scope += 1;
            }
            reading.formats.insert(table.file.path.clone(), BTreeSet::from([table.format().name]));
        }
        reading.units.extend(self.lower_tables(&tables));
        reading.take_in();
        self.map(tree, rules, &mut reading);
        revoke(&mut reading.units, revoked);
        reading.add_members(tree);
        reading.add_gate(tree, rules);
        // Last, so that what is said of the gate is said of this repository alone.
        reading.units.extend(rules.context.iter().filter_map(super::context::unit));
        // Who may write to a repository is often said in another one.
        let pipelines = super::pipelines::units(rules, &reading.units);
        let tokens = super::tokens::units(rules, &reading.units);
        reading.units.extend(pipelines.into_iter().chain(tokens));
        reading
    }

    fn look<'a>(&self, file: &'a SourceFile, rules: &Rules) -> Looked<'a> {
        if is_rule_path(&file.path) {
            return Looked::Class(Class::Rule);
        }
        // Who imports a file means it to be read, and so does who supposes one.
        let given = matches!(file.kind, FileKind::Imported | FileKind::Supposed);
        if !given && (is_evidence_path(&file.path) || !rules.reads(&file.path)) {
            return Looked::Class(Class::Excluded);
        }
        let (bytes, digest) = match &file.content {
            Content::Bytes { bytes, digest } => (bytes, *digest),
            Content::NotRead(reason) => return not_read(file, reason),
        };
        match TableCandidate::of(file, bytes, digest, rules) {
            Some(Recognised::Table(table)) => return Looked::Table(table),
            Some(Recognised::Broken(found)) => return Looked::NotLowered(found),
            None => {}
        }
        if let Some(export) = tables::expected(file, rules) {
            return Looked::NotLowered(NotLowered {
                file: file.path.clone(),
                digest: Some(digest),
                format: export.as_str(),
                gap: Gap::Unsupported,
                reason: format!("no table of {} that is read has such columns", export.as_str()),
                span: None,
            });
        }
        if bicep::declares_access(&file.path, bytes) {
            return Looked::NotLowered(NotLowered {
                file: file.path.clone(),
                digest: Some(digest),
                format: super::azure::TEMPLATE.name,
                gap: Gap::Unsupported,
                reason: bicep::REASON.to_owned(),
                span: None,
            });
        }
        let named_as_data = DATA_ENDINGS.iter().any(|ending| file.path.ends_with(ending));
        // One zero byte does not turn a definition into a program or a picture.
        if bytes.contains(&0) && !looks_utf16(bytes) && !(named_as_data && looks_like_a_definition(bytes)) {
            return Looked::Class(Class::Other);
        }
        // Prose and program text are only parsed where the configuration expects definitions or the text looks so.
        let expected = named_as_data || rules.in_scope.matches(&file.path);
        if !expected && !looks_like_a_definition(bytes) {
            return Looked::Class(Class::Other);
        }
        let claimed = (file.path.clone(), digest);
        if let Some(claims) = self.claimed.lock().ok().and_then(|claimed_by| claimed_by.get(&claimed).cloned()) {
            return Looked::Candidate(Candidate { file, digest, claims });
        }
        let parsed = self.parse(&file.path, bytes, digest);
        match parsed.error() {
            None => {
                let claims = parsed.claims(&file.path);
                if let Ok(mut claimed_by) = self.claimed.lock() {
                    claimed_by.insert(claimed, claims.clone());
                }
                let candidate = Candidate { file, digest, claims };
                self.lower_alone(&candidate, rules);
                Looked::Candidate(candidate)
            }
            Some(error) => {
                let text = readable(bytes);
                let suspected =
                    FORMATS.iter().find_map(|format| Some((format.name, (format.suspect)(&file.path, &text, error)?)));
                match suspected {
                    // Text that is not named like data and does not parse is prose that quotes a definition.
                    Some((format, gap)) if expected => Looked::NotLowered(NotLowered {
                        file: file.path.clone(),
                        digest: Some(digest),
                        format,
                        gap,
                        reason: error.message.clone(),
                        span: (error.kind != SyntaxErrorKind::TooLarge).then_some(error.span),
                    }),
                    None if rules.in_scope.matches(&file.path) && named_as_data => Looked::NotLowered(NotLowered {
                        file: file.path.clone(),
                        digest: Some(digest),
                        format: "",
                        gap: Gap::Broken,
                        reason: error.message.clone(),
                        span: Some(error.span),
                    }),
                    _ => Looked::Class(Class::Other),
                }
            }
        }
    }

    fn parse(&self, path: &str, bytes: &[u8], digest: Digest) -> Parsed {
        let language = Language::of(path);
        let key = (digest, language);
        if let Some(known) = self.parsed.lock().ok().and_then(|parsed| parsed.get(&key).cloned()) {
            return known;
        }
        let fresh = Arc::new(Documents::parse(language, bytes));
        if let Ok(mut parsed) = self.parsed.lock() {
            parsed.insert(key, fresh.clone());
        }
        fresh
    }

    /// Lowers a file for the formats whose files stand alone, while its tree is at hand, and lets go of the tree unless
    /// another format still needs it. So trees of one kind of file never pile up.
    fn lower_alone(&self, candidate: &Candidate<'_>, rules: &Rules) {
        let mut needed = false;
        let numbers: BTreeSet<usize> = candidate.claims.iter().flatten().copied().collect();
        for number in numbers {
            match FORMATS.get(number) {
                Some(format) if matches!(format.unit, Grouping::Alone) => {
                    self.lower_unit(number, format, &[candidate], rules);
                }
                _ => needed = true,
            }
        }
        if !needed && let Ok(mut parsed) = self.parsed.lock() {
            parsed.remove(&(candidate.digest, Language::of(&candidate.file.path)));
        }
    }

    fn lower(
        &self,
        number: usize,
        format: &'static Format,
        candidates: &[Candidate<'_>],
        tree: &Tree,
        rules: &Rules,
    ) -> Vec<LoweredUnit> {
        let own: Vec<&Candidate<'_>> =
            candidates.iter().filter(|candidate| candidate.claims.contains(&Some(number))).collect();
        let paths: BTreeSet<&str> = own.iter().map(|candidate| &*candidate.file.path).collect();
        if let Grouping::Reaching(start) = format.unit {
            let by_path: HashMap<&str, &Candidate<'_>> =
                own.iter().map(|candidate| (&*candidate.file.path, *candidate)).collect();
            let parse = |path: &str, bytes: &[u8], digest: Digest| self.parse(path, bytes, digest);
            let files = Files::new(tree, rules, &parse);
            let units: Vec<Vec<String>> = start(&paths, &files).into_values().collect();
            let (_, asked) = files.finish();
            if let Ok(mut started) = self.started.lock() {
                started.extend(asked);
            }
            let members = |paths: &Vec<String>| -> Vec<&Candidate<'_>> {
                paths.iter().filter_map(|path| by_path.get(path.as_str()).copied()).collect()
            };
            return units.par_iter().map(|paths| self.reach(format, &members(paths), tree, rules)).collect();
        }
        let mut units: BTreeMap<String, Vec<&Candidate<'_>>> = BTreeMap::new();
        for candidate in own {
            units.entry(format.unit.name(&candidate.file.path, &paths)).or_default().push(candidate);
        }
        let units: Vec<Vec<&Candidate<'_>>> = units.into_values().collect();
        units.par_iter().map(|members| self.lower_unit(number, format, members, rules)).collect()
    }

    fn lower_unit(
        &self,
        number: usize,
        format: &'static Format,
        members: &[&Candidate<'_>],
        rules: &Rules,
    ) -> LoweredUnit {
        let key = unit_key(format, members, rules);
        let files = members.iter().map(|member| member.file.path.clone()).collect();
        if let Some(facts) = self.lowered.lock().ok().and_then(|lowered| lowered.get(&key).cloned()) {
            return LoweredUnit { format: format.name, files, facts };
        }
        let parsed: Vec<Parsed> = members
            .iter()
            .map(|member| self.parse(&member.file.path, member.file.bytes().map_or(&[], |bytes| bytes), member.digest))
            .collect();
        let unit = Unit {
            files: members
                .iter()
                .zip(&parsed)
                .map(|(member, parsed)| UnitFile {
                    path: &member.file.path,
                    documents: match &**parsed {
                        Documents::Data(parsed) => parsed
                            .iter()
                            .flatten()
                            .zip(&*member.claims)
                            .filter(|(_, claim)| **claim == Some(number))
                            .map(|(document, _)| document)
                            .collect(),
                        Documents::Hcl(_) | Documents::Sql(_) => Vec::new(),
                    },
                    system: hint(&member.file.path, rules),
                })
                .collect(),
            tree: None,
        };
        let facts = Arc::new((format.lower)(&unit));
        if let Ok(mut lowered) = self.lowered.lock() {
            lowered.insert(key, facts.clone());
        }
        LoweredUnit { format: format.name, files, facts }
    }

    /// Lowers a unit that reads the tree, unless another tree gave the same answers to all that it asked.
    fn reach(&self, format: &'static Format, members: &[&Candidate<'_>], tree: &Tree, rules: &Rules) -> LoweredUnit {
        let parse = |path: &str, bytes: &[u8], digest: Digest| self.parse(path, bytes, digest);
        let files = Files::new(tree, rules, &parse);
        let key = unit_key(format, members, rules);
        let known = self.reached.lock().ok().and_then(|reached| reached.get(&key).cloned()).unwrap_or_default();
        let reached = known.into_iter().find(|known| files.answers_alike(&known.asked)).unwrap_or_else(|| {
            let started = members
                .iter()
                .map(|member| UnitFile {
                    path: &member.file.path,
                    documents: Vec::new(),
                    system: hint(&member.file.path, rules),
                })
                .collect();
            let facts = (format.lower)(&Unit { files: started, tree: Some(&files) });
            let (paths, asked) = files.finish();
            let fresh = Arc::new(Reached { asked, files: paths, facts: Arc::new(facts) });
            if let Ok(mut reached) = self.reached.lock() {
                reached.entry(key).or_default().push(fresh.clone());
            }
            fresh
        });
        LoweredUnit { format: format.name, files: reached.files.clone(), facts: reached.facts.clone() }
    }
}

fn hint(path: &str, rules: &Rules) -> Option<SystemHint> {
    rules.system_of(path).map(|system| SystemHint { id: system.id.clone(), guardrail: system.guardrail })
}

fn unit_key(format: &Format, members: &[&Candidate<'_>], rules: &Rules) -> UnitKey {
    let key = |member: &&Candidate<'_>| {
        let path = &member.file.path;
        (path.clone(), member.digest, hint(path, rules).map(|hint| (hint.id, hint.guardrail)), Dialect::default())
    };
    (format.name, members.iter().map(key).collect())
}

/// Words without which no format recognises a document.
fn looks_like_a_definition(bytes: &[u8]) -> bool {
    [
        "countersign.dev/",
        "rbac.authorization.k8s.io",
        "kustomize.config.k8s.io",
        "\"Statement\"",
        "orgs:",
        "\"orgs\"",
        "AWSTemplateFormatVersion",
    ]
    .iter()
    .any(|word| memchr::memmem::find(bytes, word.as_bytes()).is_some())
}

/// UTF-16 text has a byte-order mark; it is reported as not UTF-8 rather than passed over as binary.
fn looks_utf16(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF])
}

/// The text of bytes that do not parse, as well as it can be read, to see what they look like.
fn readable(bytes: &[u8]) -> Cow<'_, str> {
    if !looks_utf16(bytes) {
        return String::from_utf8_lossy(bytes);
    }
    let big = bytes.starts_with(&[0xFE, 0xFF]);
    let units = bytes.chunks_exact(2).skip(1).map(|pair| {
        let pair = [pair[0], pair[1]];
        if big { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) }
    });
    Cow::Owned(char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
}

fn not_read<'a>(file: &'a SourceFile, reason: &NotRead) -> Looked<'a> {
    // A link inside the tree loses nothing: its target is read where it stands.
    if matches!(reason, NotRead::Link { inside: true }) {
        return Looked::Class(Class::NotRead);
    }
    let data = DATA_ENDINGS.iter().any(|ending| file.path.ends_with(ending));
    // A dump of a database may be as long as it likes.
    let broken =
        data && !file.path.ends_with(".sql") && matches!(reason, NotRead::TooLarge { .. } | NotRead::Unreadable { .. });
    Looked::NotLowered(NotLowered {
        file: file.path.clone(),
        digest: None,
        format: "",
        gap: if broken { Gap::Broken } else { Gap::NotRead },
        reason: reason.to_string(),
        span: None,
    })
}

mod hidden;
mod mapped;
mod places;
mod tables;
#[cfg(test)]
mod tests;
mod unparsed;
