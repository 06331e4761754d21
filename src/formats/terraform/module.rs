//! A module: what the files of one folder declare together (Terraform documentation, "Files and Configuration
//! Structure" and "Override Files").
//!
//! Files are read in the order of their names; those that override are merged last. OpenTofu reads `x.tofu` in place of
//! `x.tf`; which of the two programs runs is not known, so both are read, and what both declare counts twice.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::facts::{Gap, Origin, Text, Unresolved};
use crate::formats::Files;
use crate::formats::configuration::resource::Mode;
pub(super) use crate::formats::paths::{folder_of, join};
use crate::syntax::Span;
use crate::syntax::hcl::{Block, Body, Expression, ExpressionKind, StepKind};

/// The endings of files that a module is made of.
pub(super) const ENDINGS: [&str; 4] = [".tf", ".tofu", ".tf.json", ".tofu.json"];

/// An expression and the file that it stands in.
#[derive(Debug, Clone)]
pub(super) struct Located {
    pub file: u32,
    pub expression: Arc<Expression>,
}

impl Located {
    pub(super) fn origin(&self) -> Origin {
        Origin { file: self.file, span: self.expression.span }
    }
}

/// A block with the blocks that override it, the last of which wins.
#[derive(Debug, Clone)]
pub(super) struct Layers(Vec<(u32, Arc<Block>)>);

impl Layers {
    /// An argument: as the last block that has it says.
    pub(super) fn attribute(&self, name: &str) -> Option<Located> {
        self.0.iter().rev().find_map(|(file, block)| {
            let own = block.body.attribute(name)?;
            Some(Located { file: *file, expression: own.value.clone() })
        })
    }

    /// The arguments, each once, in the order written.
    pub(super) fn attributes(&self) -> Vec<(Arc<str>, Located)> {
        let mut found: Vec<(Arc<str>, Located)> = Vec::new();
        for (file, block) in &self.0 {
            for own in &block.body.attributes {
                let located = Located { file: *file, expression: own.value.clone() };
                match found.iter_mut().find(|(name, _)| *name == own.name) {
                    Some((_, earlier)) => *earlier = located,
                    None => found.push((own.name.clone(), located)),
                }
            }
        }
        found
    }

    /// The nested blocks. One that overrides has blocks of a kind in place of all of that kind; a dynamic block is of
    /// the kind that it makes.
    pub(super) fn blocks(&self) -> Vec<(u32, Arc<Block>)> {
        let mut found: Vec<(u32, Arc<Block>)> = Vec::new();
        for (file, block) in &self.0 {
            found.retain(|(_, earlier)| !block.body.blocks.iter().any(|own| made(own) == made(earlier)));
            found.extend(block.body.blocks.iter().map(|own| (*file, own.clone())));
        }
        found
    }

    /// Where the first block is written.
    pub(super) fn origin(&self) -> Origin {
        self.0.first().map_or(Origin { file: 0, span: Span::default() }, |(file, block)| Origin {
            file: *file,
            span: block.heading,
        })
    }

    pub(super) fn override_with(&mut self, file: u32, block: &Arc<Block>) {
        self.0.push((file, block.clone()));
    }
}

/// The kind of block that a block makes.
fn made(block: &Block) -> &str {
    match (&*block.kind, block.labels.first()) {
        ("dynamic", Some((label, _))) => label,
        (kind, _) => kind,
    }
}

/// A resource or data source.
#[derive(Debug, Clone)]
pub(super) struct Declared {
    pub mode: Mode,
    pub kind: Text,
    pub name: Text,
    pub layers: Layers,
}

/// A call of another module.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub name: Text,
    pub layers: Layers,
}

impl Call {
    /// The source, if it is written as plain text, as it must be.
    pub(super) fn source(&self) -> Option<Text> {
        match &self.layers.attribute("source")?.expression.kind {
            ExpressionKind::Text(text) => Some(text.clone()),
            _ => None,
        }
    }
}

/// Everything that one folder declares.
#[derive(Debug, Default)]
pub(super) struct Module {
    /// The folder, from the root of the tree.
    pub folder: Text,
    pub variables: BTreeMap<Text, Layers>,
    pub locals: HashMap<Text, Located>,
    pub outputs: BTreeMap<Text, Layers>,
    pub resources: Vec<Declared>,
    pub calls: Vec<Call>,
    /// Provider configurations by name, with the alias if they have one: `github.other`.
    pub providers: Vec<(Text, Layers)>,
    /// Old and new address, as written, inside this module.
    pub moved: Vec<(Text, Text)>,
    /// Files that do not parse: a name that is not declared may be declared in them.
    pub broken: Vec<Text>,
    /// What is wrong with the whole.
    pub unresolved: Vec<Unresolved>,
    resource_places: HashMap<(Mode, Text, Text), Vec<usize>>,
}

impl Module {
    /// Reads the module in a folder. None when there is no file of a module.
    pub(super) fn read(files: &Files<'_>, folder: &str) -> Option<Self> {
        let mut paths: Vec<&str> = files.folder(folder).into_iter().filter(|path| is_module_file(path)).collect();
        if paths.is_empty() {
            return None;
        }
        paths.sort_by_key(|path| (overrides(path), *path));
        let mut module = Self { folder: folder.into(), ..Self::default() };
        for path in paths {
            match files.body(path) {
                Some((file, parsed)) => match &*parsed {
                    Ok(body) => module.add(file, body, overrides(path)),
                    Err(_) => module.broken.push(path.into()),
                },
                None => module.broken.push(path.into()),
            }
        }
        Some(module)
    }

    /// The declarations with this type and name; two when it is declared twice.
    pub(super) fn resource(&self, mode: Mode, kind: &str, name: &str) -> &[usize] {
        self.resource_places.get(&(mode, kind.into(), name.into())).map(Vec::as_slice).unwrap_or_default()
    }

    fn add(&mut self, file: u32, body: &Body, overriding: bool) {
        for block in &body.blocks {
            let label = |at: usize| block.labels.get(at).map(|(label, _)| label.clone());
            match (&*block.kind, label(0), label(1)) {
                ("variable", Some(name), _) => self.named(file, block, name, overriding, |own| &mut own.variables),
                ("output", Some(name), _) => self.named(file, block, name, overriding, |own| &mut own.outputs),
                ("locals", ..) => self.add_locals(file, block, overriding),
                ("resource", Some(kind), Some(name)) => {
                    self.add_resource(file, block, (Mode::Managed, kind, name), overriding);
                }
                ("data", Some(kind), Some(name)) => {
                    self.add_resource(file, block, (Mode::Data, kind, name), overriding)
                }
                ("module", Some(name), _) => self.add_call(file, block, name, overriding),
                ("provider", Some(kind), _) => self.add_provider(file, block, &kind),
                ("moved", ..) => self.add_moved(block),
                _ => {}
            }
        }
    }

    fn named(
        &mut self,
        file: u32,
        block: &Arc<Block>,
        name: Text,
        overriding: bool,
        table: fn(&mut Self) -> &mut BTreeMap<Text, Layers>,
    ) {
        match table(self).get_mut(&name) {
            Some(layers) if overriding => layers.override_with(file, block),
            Some(_) => self.twice(file, block.heading, &format!("{} `{name}`", block.kind)),
            None => _ = table(self).insert(name, Layers(vec![(file, block.clone())])),
        }
    }

    fn add_locals(&mut self, file: u32, block: &Block, overriding: bool) {
        for own in &block.body.attributes {
            let located = Located { file, expression: own.value.clone() };
            if self.locals.contains_key(&own.name) && !overriding {
                self.twice(file, own.name_span, &format!("local `{}`", own.name));
                continue;
            }
            self.locals.insert(own.name.clone(), located);
        }
    }

    fn add_resource(&mut self, file: u32, block: &Arc<Block>, id: (Mode, Text, Text), overriding: bool) {
        if overriding && let Some(place) = self.resource_places.get(&id).and_then(|places| places.last()) {
            if let Some(own) = self.resources.get_mut(*place) {
                own.layers.override_with(file, block);
            }
            return;
        }
        if self.resource_places.contains_key(&id) {
            self.twice(file, block.heading, &format!("{} `{}.{}`", block.kind, id.1, id.2));
        }
        let (mode, kind, name) = id.clone();
        self.resource_places.entry(id).or_default().push(self.resources.len());
        self.resources.push(Declared { mode, kind, name, layers: Layers(vec![(file, block.clone())]) });
    }

    fn add_provider(&mut self, file: u32, block: &Arc<Block>, kind: &str) {
        let name = match block.body.attribute("alias").map(|own| &own.value.kind) {
            Some(ExpressionKind::Text(alias)) => format!("{kind}.{alias}"),
            _ => kind.to_owned(),
        };
        self.providers.push((name.into(), Layers(vec![(file, block.clone())])));
    }

    fn add_call(&mut self, file: u32, block: &Arc<Block>, name: Text, overriding: bool) {
        match self.calls.iter_mut().find(|call| call.name == name) {
            Some(call) if overriding => call.layers.override_with(file, block),
            Some(_) => self.twice(file, block.heading, &format!("module `{name}`")),
            None => self.calls.push(Call { name, layers: Layers(vec![(file, block.clone())]) }),
        }
    }

    fn add_moved(&mut self, block: &Block) {
        let address = |name: &str| address_text(&block.body.attribute(name)?.value);
        if let (Some(from), Some(to)) = (address("from"), address("to")) {
            self.moved.push((from.into(), to.into()));
        }
    }

    fn twice(&mut self, file: u32, span: Span, what: &str) {
        self.unresolved.push(Unresolved {
            gap: Gap::DefinedTwice,
            reason: format!("the {what} is declared twice in one module; Terraform refuses that"),
            consequence: "of a resource both are evaluated, of anything else the first counts".to_owned(),
            origin: Origin { file, span },
        });
    }

    /// The oldest address that `moved` blocks give an address inside this module.
    pub(super) fn moved_from(&self, address: &str) -> Option<String> {
        let mut current = address.to_owned();
        // Chains of moves are short; a ring of them ends here.
        for _ in 0..=self.moved.len() {
            let earlier = self.moved.iter().find_map(|(from, to)| {
                let rest = current.strip_prefix(&**to)?;
                (rest.is_empty() || rest.starts_with('[')).then(|| format!("{from}{rest}"))
            });
            match earlier {
                Some(earlier) => current = earlier,
                None => break,
            }
        }
        (current != address).then_some(current)
    }
}

/// An address as it is written in a `moved` block.
fn address_text(expression: &Expression) -> Option<String> {
    let ExpressionKind::Traversal(base, steps) = &expression.kind else { return None };
    let ExpressionKind::Variable(root) = &base.kind else { return None };
    let mut text = root.to_string();
    for step in steps {
        match &step.kind {
            StepKind::Attribute(name) => {
                text.push('.');
                text.push_str(name);
            }
            StepKind::Index(Expression { kind: ExpressionKind::Text(key), .. }) => text.push_str(&format!("[{key:?}]")),
            StepKind::Index(Expression { kind: ExpressionKind::Number(at), .. }) => text.push_str(&format!("[{at}]")),
            _ => return None,
        }
    }
    Some(text)
}

/// Whether a file belongs to the module of its folder.
pub fn is_module_file(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    ENDINGS.iter().any(|ending| name.ends_with(ending)) && !name.starts_with('.') && !name.ends_with('~')
}

/// Whether a file overrides what others declare.
fn overrides(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let stem = name.split('.').next().unwrap_or(name);
    stem == "override" || stem.ends_with("_override")
}
