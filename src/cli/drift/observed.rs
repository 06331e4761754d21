//! Exports of what systems really have: which kinds are read, and as which system's.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::str::FromStr;

use crate::access::{System, UnitFacts};
use crate::cli::Env;
use crate::cli::error::CliError;
use crate::cli::imports;
use crate::facts::{Facts, Gap, Holder, Text};
use crate::formats::{LoweredUnit, Reader, Reading, importable};
use crate::rules::{ExportKind, Globs, Rules, SystemOfPath};
use crate::source::{SourceFile, Tree};

/// A kind of export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kind {
    /// The word, which is the type of such systems too.
    pub(super) word: &'static str,
    /// The format that reads it.
    format: &'static str,
    /// The ending that its files have, where they are documents.
    ending: Option<&'static str>,
    /// Whether it lists everything of a system, so that what it does not show is not there.
    pub(super) lists_all: bool,
    /// What makes one.
    made_by: &'static str,
}

const fn table(word: &'static str) -> Kind {
    Kind { word, format: word, ending: None, lists_all: false, made_by: "the tables of docs/formats/exports.md" }
}

/// The kinds that are read.
pub(super) const KINDS: [Kind; 9] = [
    Kind {
        word: "aws",
        format: "aws-account",
        ending: Some(".json"),
        lists_all: true,
        made_by: "aws iam get-account-authorization-details",
    },
    Kind {
        word: "kubernetes",
        format: "kubernetes-rbac",
        ending: Some(".yaml"),
        lists_all: false,
        made_by: "kubectl get roles,rolebindings,clusterroles,clusterrolebindings,serviceaccounts -A -o yaml",
    },
    Kind {
        word: "github",
        format: "peribolos",
        ending: Some(".yaml"),
        lists_all: false,
        made_by: "peribolos --dump ORG",
    },
    Kind {
        word: "okta",
        format: "okta",
        ending: Some(".json"),
        lists_all: false,
        made_by: "docs/formats/okta-snowflake-vault.md",
    },
    table("sap"),
    table("netsuite"),
    table("workday"),
    table("fusion"),
    table("d365"),
];

/// What a file is given as: `KIND` or `KIND=SYSTEM`.
#[derive(Debug, Clone)]
pub(super) struct GivenAs {
    pub(super) kind: Kind,
    system: Option<String>,
}

impl FromStr for GivenAs {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (word, system) = match text.split_once('=') {
            Some((word, system)) => (word, Some(system)),
            None => (text, None),
        };
        let known = || KINDS.map(|kind| kind.word).join(", ");
        let kind = KINDS.into_iter().find(|kind| kind.word == word);
        let kind = kind.ok_or_else(|| format!("`{word}` is no kind of export that is read: {}", known()))?;
        match system {
            Some("") => Err("no system is named after `=`".to_owned()),
            system => Ok(Self { kind, system: system.map(str::to_owned) }),
        }
    }
}

/// A file and what it is given as.
pub(super) struct Given<'a> {
    pub(super) path: &'a Path,
    pub(super) as_kind: &'a GivenAs,
    pub(super) file: SourceFile,
    /// What counts its rows, if that stands beside it.
    beside: Option<SourceFile>,
}

/// Reads the files.
pub(super) fn given<'a>(
    files: impl Iterator<Item = (&'a Path, &'a GivenAs)>,
    env: &Env<'_>,
) -> Result<Vec<Given<'a>>, CliError> {
    let mut all: Vec<Given<'a>> = Vec::new();
    for (path, as_kind) in files {
        let kind = as_kind.kind;
        let mut name = imports::file_name(path);
        // Documents are known by their endings, and whoever kept this one may have given it another.
        if let Some(ending) = kind.ending
            && ![".json", ".yaml", ".yml"].iter().any(|own| name.ends_with(own))
        {
            name.push_str(ending);
        }
        let file = imports::read(&env.cwd.join(path), path, kind.word, &name)?;
        if all.iter().any(|own| own.file.path == file.path) {
            return Err(CliError::other(
                format!("two exports are called `{}`", file.path),
                "give one of them another name: it is what the report calls them",
            ));
        }
        let counted = imports::beside(path);
        let beside = if kind.ending.is_none() && env.cwd.join(&counted).is_file() {
            Some(imports::read(&env.cwd.join(&counted), &counted, kind.word, &imports::file_name(&counted))?)
        } else {
            None
        };
        all.push(Given { path, as_kind, file, beside });
    }
    Ok(all)
}

/// Everything that exports show.
pub(super) struct Observed {
    /// The files, as a tree of their own.
    pub(super) tree: Tree,
    /// The units of it that are exports of what they were given as.
    pub(super) units: Vec<LoweredUnit>,
    /// What was taken for granted of a system.
    pub(super) taken: BTreeMap<Text, String>,
}

impl Observed {
    /// Reads exports. `declared` are the systems that the tree speaks of, with their types.
    pub(super) fn read(given: &[Given<'_>], rules: &Rules, declared: &BTreeMap<Text, Text>) -> Result<Self, CliError> {
        let mut files: Vec<SourceFile> =
            given.iter().flat_map(|own| [Some(own.file.clone()), own.beside.clone()]).flatten().collect();
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let tree = Tree { files, commit: None, tree: None };
        let mut rules = rules.clone();
        let named = given.iter().filter_map(|own| Some((own, own.as_kind.system.clone()?)));
        let named: Vec<_> = named.map(|(own, system)| hint(own, &system, &rules)).collect();
        rules.systems.splice(0..0, named);
        let mut units = read(given, &tree, &rules)?;
        let mut taken = BTreeMap::new();
        for kind in KINDS {
            let own: Vec<&Given<'_>> = given.iter().filter(|own| own.as_kind.kind == kind).collect();
            let shown = units.iter().any(|unit| unit.format == kind.format && speaks(&unit.facts).contains(kind.word));
            let known: Vec<&Text> = declared.iter().filter(|(_, own)| ***own == *kind.word).map(|(id, _)| id).collect();
            // An export that does not name its system is of the one of its type that there is.
            if let ([one], true) = (known.as_slice(), shown)
                && ***one != *kind.word
            {
                let hints: Vec<_> = own.iter().map(|own| hint(own, one, &rules)).collect();
                rules.systems.splice(0..0, hints);
                let why = format!(
                    "the export does not name its system; it was taken for the only one of the type {}",
                    kind.word
                );
                taken.insert((*one).clone(), why);
            }
        }
        if !taken.is_empty() {
            units = read(given, &tree, &rules)?;
        }
        Ok(Self { tree, units, taken })
    }

    /// The units as the comparison takes them.
    pub(super) fn facts(&self) -> Vec<UnitFacts> {
        self.units.iter().map(Into::into).collect()
    }

    /// The systems that exports speak of.
    pub(super) fn systems(&self) -> BTreeSet<Text> {
        let own = |unit: &LoweredUnit| {
            let kind = KINDS.iter().find(|kind| kind.format == unit.format);
            speaks(&unit.facts).into_iter().filter(move |system| kind.is_some_and(|kind| !is_other(system, kind.word)))
        };
        self.units.iter().flat_map(own).collect()
    }

    /// Of which systems an export may lack something, and why.
    pub(super) fn incomplete(&self) -> BTreeMap<Text, String> {
        let mut all = BTreeMap::new();
        for unit in &self.units {
            let lacks = |gap| matches!(gap, Gap::Broken | Gap::NotRead | Gap::Unsupported);
            let Some(found) = unit.facts.unresolved.iter().find(|found| lacks(found.gap)) else { continue };
            for system in speaks(&unit.facts) {
                all.entry(system).or_insert_with(|| found.reason.clone());
            }
        }
        all
    }

    /// Whether the exports of a system list everything of it.
    pub(super) fn lists_all(&self, system: &str) -> bool {
        let mut own = self.units.iter().filter(|unit| speaks(&unit.facts).contains(system));
        own.any(|unit| KINDS.iter().any(|kind| kind.format == unit.format && kind.lists_all))
    }
}

/// Whether an id names a system of another type: what an export says of those in passing is not its own.
fn is_other(system: &str, kind: &str) -> bool {
    match system.split_once(':') {
        Some((own, _)) => own != kind && KINDS.iter().any(|known| known.word == own),
        None => system != kind && KINDS.iter().any(|known| known.word == system),
    }
}

fn hint(given: &Given<'_>, system: &str, rules: &Rules) -> (Globs, SystemOfPath) {
    let dialect = rules.system_of(&given.file.path).map(|own| own.dialect).unwrap_or_default();
    let export = ExportKind::of_word(given.as_kind.kind.word);
    (Globs::of_paths([&*given.file.path]), SystemOfPath { id: system.into(), guardrail: false, export, dialect })
}

fn read(given: &[Given<'_>], tree: &Tree, rules: &Rules) -> Result<Vec<LoweredUnit>, CliError> {
    let reading = Reader::default().read(tree, rules);
    for own in given {
        if let Some(why) = refused(own, &reading, rules) {
            let kind = own.as_kind.kind;
            return Err(CliError::other(
                format!("{} is no export of {} that can be read: {why}", own.path.display(), kind.word),
                format!("give what this makes: {}", kind.made_by),
            ));
        }
    }
    let wanted: BTreeSet<&str> = given.iter().map(|own| own.as_kind.kind.format).collect();
    Ok(reading.units.into_iter().filter(|unit| wanted.contains(unit.format)).collect())
}

/// Why a file is not what it was given as.
fn refused(given: &Given<'_>, reading: &Reading, rules: &Rules) -> Option<String> {
    let (file, kind) = (&given.file, given.as_kind.kind);
    if kind.ending.is_none() {
        return importable(file, rules).err();
    }
    if let Some(found) = reading.not_lowered.iter().find(|found| found.file == file.path) {
        return Some(found.reason.clone());
    }
    let formats = reading.formats.get(&file.path);
    if formats.is_some_and(|formats| formats.contains(kind.format)) {
        return None;
    }
    if let Some(Err(error)) = file.bytes().map(|bytes| crate::syntax::parse(bytes)) {
        return Some(error.message);
    }
    let others: Vec<&str> = formats.into_iter().flatten().copied().collect();
    Some(if others.is_empty() {
        "nothing in it is a definition of that kind".to_owned()
    } else {
        format!("it is {}", others.join(" and "))
    })
}

/// The systems that facts say something of: whose accounts, groups, roles and grants they are.
pub(super) fn speaks(facts: &Facts) -> BTreeSet<Text> {
    let held = |holder: &Holder| match holder {
        Holder::Account(native) | Holder::Group(native) => Some(native.system.clone()),
        Holder::Person(_) | Holder::Service(_) => None,
    };
    let accounts = facts.accounts.iter().map(|own| own.id.system.clone());
    let groups = facts.groups.iter().map(|own| own.id.system.clone());
    let roles = facts.roles.iter().map(|own| own.id.system.clone());
    let grants = facts.grants.iter().map(|own| own.system.clone());
    let members =
        facts.memberships.iter().flat_map(|own| [held(&own.member), Some(own.group.system.clone())]).flatten();
    accounts.chain(groups).chain(roles).chain(grants).chain(members).collect()
}

/// The systems of a tree that its definitions say something of, with their types.
pub(super) fn declared<'s>(
    units: &[LoweredUnit],
    systems: impl Fn(&str) -> Option<&'s System>,
) -> BTreeMap<Text, Text> {
    let own: BTreeSet<Text> = units.iter().flat_map(|unit| speaks(&unit.facts)).collect();
    // Without a manifest the id says it.
    let named = |id: &Text| Text::from(id.split_once(':').map_or(&**id, |(kind, _)| kind));
    let kind = |id: &Text| systems(id).map_or_else(|| named(id), |system| system.kind.clone());
    own.into_iter().map(|id| (id.clone(), kind(&id))).collect()
}
