//! CODEOWNERS: whose review a change of the rules needs.
//!
//! GitHub's rules: one file counts, the first of `.github/`, the root and `docs/`; patterns are those of `.gitignore`
//! without `!`, `[ ]` and an escaped `#`; the last pattern that matches a path decides; a pattern without owners leaves
//! a path to nobody; a line that is not understood is passed over; a file above 3 MB is not read.
//! Source: <https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners>.

use std::collections::{BTreeMap, BTreeSet};

use glob::Pattern;

use super::repository::repositories;
use super::{CODE_OWNER, Known, grant, unit};
use crate::facts::{Facts, Gap, Holder, Native, Origin, Text, Unresolved, Validity};
use crate::formats::github::speaks_github;
use crate::formats::{LoweredUnit, text};
use crate::rules::{CONFIG_FILE, POLICIES, RULESETS, Rules, SIGNERS, is_record_path};
use crate::source::{SourceFile, Tree};
use crate::syntax::Span;

/// Where GitHub looks for the file; the first that is there counts.
pub const CODEOWNERS_PLACES: &[&str] = &[".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"];

/// Most bytes of a file that GitHub reads.
const MOST_BYTES: usize = 3 << 20;

/// Lowers a tree's code owners of the rules; `owner` is who owns the repository.
pub(super) fn lower(tree: &Tree, rules: &Rules, known: &Known<'_>, owner: &str) -> Option<LoweredUnit> {
    let file = CODEOWNERS_PLACES.iter().find_map(|place| tree.get(place))?;
    let bytes = file.bytes().filter(|bytes| bytes.len() <= MOST_BYTES)?;
    let lines: Vec<Line<'_>> = lines(bytes).collect();
    let mut owners: BTreeMap<&str, Span> = BTreeMap::new();
    for path in rule_paths(tree, rules) {
        let Some(line) = lines.iter().rev().find(|line| line.matches(&path)) else { continue };
        for (name, span) in &line.owners {
            owners.entry(name).and_modify(|first| *first = (*first).min(*span)).or_insert(*span);
        }
    }
    let directory = Directory::new(known);
    let mut facts = Facts::default();
    for (name, span) in owners {
        let origin = Origin { file: 0, span };
        match directory.who(name, owner) {
            Some(to) => {
                facts.grants.push(grant(to, CODE_OWNER, known.policy_repository(), Validity::default(), origin));
            }
            None => facts.unresolved.push(Unresolved {
                gap: Gap::Dangling,
                reason: format!("the code owner {name} is no person who is declared here"),
                consequence: "that they approve changes of the rules counts for nobody".to_owned(),
                origin,
            }),
        }
    }
    Some(unit(&file.path, facts))
}

/// The files that govern the gate, those that may yet come included. Records are signed by who gives them.
fn rule_paths(tree: &Tree, rules: &Rules) -> BTreeSet<String> {
    let config = &rules.config;
    let there = tree.files.iter().map(|file| &*file.path).filter(|path| config.is_rule(path) && !is_record_path(path));
    let rulesets = config.rulesets.iter().filter_map(|entry| entry.path.as_ref()).map(|path| path.as_str());
    let mut paths: BTreeSet<String> = there.chain(rulesets).chain([CONFIG_FILE, SIGNERS]).map(str::to_owned).collect();
    paths.extend([format!("{RULESETS}own.yaml"), format!("{POLICIES}own.rego")]);
    paths
}

/// Whom the tree knows by the names that owners have.
struct Directory<'a> {
    /// The system that stands for an organisation: the one whose definitions speak of its repositories.
    systems: BTreeMap<&'a str, &'a Text>,
    /// Teams by system and slug; the group is called as its definition calls it.
    teams: BTreeMap<(&'a Text, String), &'a Native>,
    /// Whose an e-mail address is, in lower case.
    people: BTreeMap<String, BTreeSet<&'a Text>>,
}

impl<'a> Directory<'a> {
    fn new(known: &Known<'a>) -> Self {
        let mut directory = Self { systems: BTreeMap::new(), teams: BTreeMap::new(), people: BTreeMap::new() };
        for unit in known.units {
            let facts: &'a Facts = &unit.facts;
            for person in &facts.people {
                for email in &person.emails {
                    directory.people.entry(email.to_lowercase()).or_default().insert(&person.id);
                }
            }
            if !speaks_github(unit) {
                continue;
            }
            for grant in &facts.grants {
                let owners = repositories(&grant.scope).filter_map(|name| name.split_once('/'));
                for (owner, _) in owners {
                    directory.systems.entry(owner).or_insert(&grant.system);
                }
            }
            for group in &facts.groups {
                directory.teams.entry((&group.id.system, slug(&group.id.name))).or_insert(&group.id);
            }
        }
        directory
    }

    fn system(&self, organisation: &str) -> Text {
        self.systems.get(organisation).map_or_else(|| text(&format!("github:{organisation}")), |known| (*known).clone())
    }

    /// Whom an owner's name means: `@login`, `@org/team` or an e-mail address; `owner` owns the repository.
    fn who(&self, name: &str, owner: &str) -> Option<Holder> {
        let Some(handle) = name.strip_prefix('@') else {
            let people = self.people.get(&name.to_lowercase())?;
            // An address of two people is nobody's.
            return people.first().filter(|_| people.len() == 1).map(|id| Holder::Person((*id).clone()));
        };
        let Some((org, team)) = handle.split_once('/') else {
            return Some(Holder::Account(Native::new(self.system(owner), handle.to_lowercase())));
        };
        let system = self.system(&org.to_lowercase());
        let named = self.teams.get(&(&system, slug(team))).map(|known| (*known).clone());
        Some(Holder::Group(named.unwrap_or_else(|| Native::new(system, team))))
    }
}

/// A team's name as GitHub writes it in addresses.
fn slug(name: &str) -> String {
    let name = name.to_lowercase();
    let words = name.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-")
}

/// One line that says who owns what.
struct Line<'a> {
    pattern: Vec<Segment>,
    /// Whether what is inside a folder that matches belongs to it.
    deep: bool,
    owners: Vec<(&'a str, Span)>,
}

enum Segment {
    /// Any number of folders.
    Any,
    /// One name.
    Name(Pattern),
}

/// The lines that are understood, in order.
fn lines(written: &[u8]) -> impl Iterator<Item = Line<'_>> {
    let mut offset = 0;
    written.split_inclusive(|byte| *byte == b'\n').filter_map(move |line| {
        let start = offset;
        offset += line.len();
        Line::read(std::str::from_utf8(line).ok()?, start)
    })
}

impl<'a> Line<'a> {
    fn read(line: &'a str, start: usize) -> Option<Self> {
        let mut words = words(line).take_while(|(_, word)| !word.starts_with('#'));
        let (_, written) = words.next()?;
        let owners: Vec<(&str, Span)> =
            words.map(|(at, word)| (word, Span::new(start + at, start + at + word.len()))).collect();
        if !owners.iter().all(|(name, _)| name.contains('@')) {
            return None;
        }
        let (pattern, deep) = pattern(&written.replace("\\ ", " "))?;
        Some(Self { pattern, deep, owners })
    }

    /// Whether the line is about a path. Linear in both lengths multiplied: a pattern cannot be made to run away.
    fn matches(&self, path: &str) -> bool {
        let names: Vec<&str> = path.split('/').collect();
        let mut reached: BTreeSet<usize> = BTreeSet::from([0]);
        for segment in &self.pattern {
            if reached.is_empty() {
                return false;
            }
            reached = match segment {
                Segment::Any => reached.first().map(|first| (*first..=names.len()).collect()).unwrap_or_default(),
                Segment::Name(name) => reached
                    .into_iter()
                    .filter(|at| names.get(*at).is_some_and(|own| name.matches(own)))
                    .map(|at| at + 1)
                    .collect(),
            };
        }
        reached.contains(&names.len()) || (self.deep && !reached.is_empty())
    }
}

/// A pattern's segments, and whether it takes in what is inside a folder that it matches.
fn pattern(written: &str) -> Option<(Vec<Segment>, bool)> {
    if written.starts_with(['!', '\\']) || written.contains(['[', ']']) {
        return None;
    }
    let folder = written.ends_with('/');
    let rooted = written.trim_end_matches('/').contains('/');
    let mut segments = Vec::new();
    if !rooted {
        segments.push(Segment::Any);
    }
    let names: Vec<&str> = written.split('/').filter(|name| !name.is_empty()).collect();
    for name in &names {
        segments.push(if *name == "**" { Segment::Any } else { Segment::Name(Pattern::new(name).ok()?) });
    }
    // `docs/*` is the files of that folder alone.
    let deep = folder || !(rooted && names.last() == Some(&"*"));
    if folder {
        // What is in the folder, and not a file of its name.
        segments.push(Segment::Name(Pattern::new("*").ok()?));
    }
    (!names.is_empty()).then_some((segments, deep))
}

/// The words of a line with where they begin; an escaped space does not part them.
fn words(line: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut from = 0;
    std::iter::from_fn(move || {
        let rest = line.get(from..)?;
        let begin = from + rest.find(|c: char| !c.is_whitespace())?;
        let mut escaped = false;
        let word = line.get(begin..)?;
        let end = word.char_indices().find(|(_, c)| {
            let ends = c.is_whitespace() && !escaped;
            escaped = *c == '\\' && !escaped;
            ends
        });
        let end = begin + end.map_or(word.len(), |(at, _)| at);
        from = end;
        Some((begin, line.get(begin..end)?))
    })
}

/// The code owners of a path in a tree, as they are written there.
#[must_use]
pub fn code_owners<'t>(tree: &'t Tree, path: &str) -> Vec<&'t str> {
    let file = CODEOWNERS_PLACES.iter().find_map(|place| tree.get(place));
    let bytes = file.and_then(SourceFile::bytes).filter(|bytes| bytes.len() <= MOST_BYTES);
    bytes.map(|bytes| owners_of(bytes, path)).unwrap_or_default()
}

pub(super) fn owners_of<'t, T: AsRef<[u8]> + ?Sized>(written: &'t T, path: &str) -> Vec<&'t str> {
    let lines: Vec<Line<'_>> = lines(written.as_ref()).collect();
    let found = lines.into_iter().rev().find(|line| line.matches(path));
    found.map(|line| line.owners.into_iter().map(|(name, _)| name).collect()).unwrap_or_default()
}
