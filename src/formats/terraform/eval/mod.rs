//! The static evaluation of one root module and all modules that it calls.
//!
//! Evaluation is lazy and remembers: a local, variable, output or resource is evaluated when something needs it, once for
//! each module instance. What needs its own value is a cycle. What cannot be told is a value like any other
//! ([`Kind::Unknown`]); a failure ([`Failed`]) ends one expression, as the language has it, and becomes such a value where
//! the expression is an argument.

mod body;
mod digits;
mod encode;
mod expression;
mod functions;
mod names;
mod operators;
mod policy_document;
mod repeat;
mod steps;
mod template;
#[cfg(test)]
mod tests;
mod types;
mod unify;
mod variables;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use super::module::{Layers, Module, join};
use crate::facts::{Gap, Origin, Text, Unresolved};
use crate::formats::configuration::resource::{Address, CallSite, Configuration, Key, ModulePath, Resource};
use crate::formats::configuration::value::{Kind, Member, Unknown, Value, Why};
use crate::formats::{Files, ReadFile};
use crate::syntax::Span;
use body::Evaluated;
pub use encode::decode;
use repeat::Repeated;

/// Most steps of one configuration: expressions evaluated and members walked. The largest public configurations take
/// under three million.
const MAX_STEPS: u64 = 30_000_000;

/// Deepest chain of expressions that need each other.
const MAX_CHAIN: u32 = 1_500;

/// Most instances of one resource or module.
const MAX_INSTANCES: usize = 10_000;

/// Most resource instances of one configuration.
const MAX_RESOURCES: usize = 200_000;

/// Longest text that an expression may make, in bytes.
const MAX_TEXT: usize = 4 * 1024 * 1024;

/// How many bytes of text that is made count as one step.
const BYTES_A_STEP: usize = 16;

/// Most members that a function may make.
const MAX_MEMBERS: usize = 200_000;

/// Deepest module calls.
const MAX_MODULES_DEEP: usize = 32;

/// Stack of the thread that evaluates, in bytes: what the longest chain needs, several times over.
const STACK: usize = 256 * 1024 * 1024;

/// Why an expression has no value.
#[derive(Debug, Clone)]
struct Failed {
    why: Why,
    origin: Origin,
}

type Evaluation = Result<Value, Failed>;

impl Failed {
    fn new(reason: impl Into<Text>, origin: Origin) -> Self {
        Self { why: Why::Fails { reason: reason.into() }, origin }
    }

    fn limit(limit: String, origin: Origin) -> Self {
        Self { why: Why::Limit { limit: limit.into() }, origin }
    }

    fn into_value(self) -> Value {
        Value::unknown(self.why, self.origin)
    }
}

/// What is remembered of one thing in one module instance.
#[derive(Debug, Clone)]
enum Slot<T> {
    /// It is being evaluated: whatever asks for it now is a cycle.
    Busy,
    Done(T),
}

type Memory<K, T> = RefCell<HashMap<K, Slot<T>>>;

/// A name in a module instance.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Item {
    Variable(Text),
    Local(Text),
    Output(Text),
}

/// Where a module instance has its variables from.
#[derive(Debug)]
enum Inputs {
    /// A root: the values in the tree's variable files.
    Root(BTreeMap<Text, Value>),
    /// A call.
    Call { caller: Rc<Instance>, layers: Layers, names: Vec<(Text, Value)> },
}

/// One instance of a module.
#[derive(Debug)]
struct Instance {
    module: Rc<Module>,
    /// The root module's folder.
    root: Text,
    path: ModulePath,
    trail: Arc<[CallSite]>,
    inputs: Inputs,
    uncertain: Option<Arc<Unknown>>,
    values: Memory<Item, Value>,
    repeats: Memory<usize, Rc<Vec<Repeated>>>,
    bodies: Memory<(usize, usize), Rc<Evaluated>>,
    calls: Memory<Text, Rc<Vec<Child>>>,
}

/// One instance of a module call.
#[derive(Debug, Clone)]
struct Child {
    key: Key,
    uncertain: Option<Arc<Unknown>>,
    /// None for a module that is not in the tree, with why.
    instance: Result<Rc<Instance>, Arc<Unknown>>,
}

/// Names that a `for`, `dynamic`, `count` or `for_each` brings.
struct Names<'s> {
    own: &'s [(Text, Value)],
    outer: Option<&'s Names<'s>>,
    /// What any other name stands for, where not all names are known.
    rest: Option<Value>,
}

impl Names<'_> {
    fn find(&self, name: &str) -> Option<&Value> {
        let own = self.own.iter().rev().find(|(own, _)| &**own == name).map(|(_, value)| value);
        own.or_else(|| self.outer.and_then(|outer| outer.find(name))).or(self.rest.as_ref())
    }
}

/// Where an expression stands.
#[derive(Clone, Copy)]
struct Place<'s> {
    instance: &'s Rc<Instance>,
    file: u32,
    names: Option<&'s Names<'s>>,
}

impl Place<'_> {
    fn at(&self, span: Span) -> Origin {
        Origin { file: self.file, span }
    }
}

/// The evaluation of one configuration.
struct Evaluator<'f> {
    files: &'f Files<'f>,
    modules: RefCell<HashMap<Text, Option<Rc<Module>>>>,
    installed: RefCell<Option<Rc<HashMap<String, String>>>>,
    steps: Cell<u64>,
    chain: Cell<u32>,
    unresolved: RefCell<Vec<Unresolved>>,
    resources: RefCell<Vec<Resource>>,
}

/// Evaluates the configuration whose root module is in a folder. None when the
/// system gives no thread to do it in, or when that fails: one configuration costs no other.
pub(super) fn configuration(files: &Files<'_>, folder: &str) -> Option<Configuration> {
    std::thread::scope(|scope| {
        let work = || Evaluator::new(files).configuration(folder);
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work).ok()?;
        thread.join().ok()
    })
}

impl Instance {
    fn new(
        module: Rc<Module>,
        root: Text,
        path: ModulePath,
        trail: Arc<[CallSite]>,
        inputs: Inputs,
        uncertain: Option<Arc<Unknown>>,
    ) -> Self {
        Self {
            module,
            root,
            path,
            trail,
            inputs,
            uncertain,
            values: RefCell::default(),
            repeats: RefCell::default(),
            bodies: RefCell::default(),
            calls: RefCell::default(),
        }
    }

    /// A thing of this instance as text, such as `module.a.local.x`.
    fn named(&self, what: &str) -> Text {
        let mut text = String::new();
        for (name, key) in &*self.path {
            text.push_str(&format!("module.{name}{key}."));
        }
        text.push_str(what);
        text.into()
    }

    /// The same with the folder of the root, so that two roots of a tree have no name in common.
    fn lasting(&self, what: &str) -> Text {
        let named = self.named(what);
        if self.root.is_empty() { named } else { format!("{}#{named}", self.root).into() }
    }
}

impl<'f> Evaluator<'f> {
    fn new(files: &'f Files<'f>) -> Self {
        Self {
            files,
            modules: RefCell::default(),
            installed: RefCell::default(),
            steps: Cell::new(0),
            chain: Cell::new(0),
            unresolved: RefCell::default(),
            resources: RefCell::default(),
        }
    }

    fn configuration(self, folder: &str) -> Configuration {
        let Some(module) = self.module(folder) else { return Configuration::default() };
        let root = |variables| {
            let inputs = Inputs::Root(variables);
            Rc::new(Instance::new(module.clone(), folder.into(), Arc::from([]), Arc::from([]), inputs, None))
        };
        let variables = self.root_variables(&root(BTreeMap::new()));
        let root = root(variables);
        self.walk(&root);
        let providers = module.providers.iter().map(|(name, layers)| (name.clone(), self.provider(&root, layers)));
        let providers = providers.collect();
        Configuration::new(self.resources.into_inner(), self.unresolved.into_inner()).with_providers(providers)
    }

    /// The arguments of a provider's configuration.
    fn provider(&self, root: &Rc<Instance>, layers: &Layers) -> Value {
        let arguments = layers.attributes().into_iter().map(|(name, own)| {
            let value = self.located(&own, root, None);
            (name, Member { key_origin: own.origin(), value })
        });
        Value::map(arguments.collect(), layers.origin())
    }
}

impl Evaluator<'_> {
    /// Counts steps; an error when there were too many.
    fn step(&self, count: usize, origin: Origin) -> Result<(), Failed> {
        let steps = self.steps.get().saturating_add(count as u64);
        self.steps.set(steps);
        if steps > MAX_STEPS {
            return Err(Failed::limit(format!("this configuration takes more than {MAX_STEPS} steps"), origin));
        }
        Ok(())
    }

    /// Counts a text that is made: so many bytes are a step.
    fn spend(&self, bytes: usize, origin: Origin) -> Result<(), Failed> {
        if bytes > MAX_TEXT {
            return Err(Failed::limit(format!("a text grows over {} MB here", MAX_TEXT / 1_048_576), origin));
        }
        self.step(bytes / BYTES_A_STEP, origin)
    }

    /// Goes one expression deeper.
    fn deeper<T>(&self, origin: Origin, work: impl FnOnce() -> Result<T, Failed>) -> Result<T, Failed> {
        self.step(1, origin)?;
        let chain = self.chain.get();
        if chain >= MAX_CHAIN {
            return Err(Failed::limit(format!("more than {MAX_CHAIN} expressions need each other here"), origin));
        }
        self.chain.set(chain + 1);
        let done = work();
        self.chain.set(chain);
        done
    }

    fn unresolved(&self, gap: Gap, origin: Origin, reason: impl Into<String>, consequence: impl Into<String>) {
        let found = Unresolved { gap, reason: reason.into(), consequence: consequence.into(), origin };
        let mut all = self.unresolved.borrow_mut();
        if !all.contains(&found) {
            all.push(found);
        }
    }

    /// A value that is evaluated once; needing it meanwhile is a cycle.
    fn remembered(
        &self,
        instance: &Instance,
        item: Item,
        origin: Origin,
        name: impl Fn() -> Text,
        work: impl FnOnce() -> Value,
    ) -> Value {
        if let Some(slot) = instance.values.borrow().get(&item) {
            return match slot {
                Slot::Done(value) => value.clone(),
                Slot::Busy => self.cycle(name(), origin),
            };
        }
        instance.values.borrow_mut().insert(item.clone(), Slot::Busy);
        let value = work();
        instance.values.borrow_mut().insert(item, Slot::Done(value.clone()));
        value
    }

    fn cycle(&self, name: Text, origin: Origin) -> Value {
        let why = Why::Cycle { name };
        let consequence = "what depends on it is not known; Terraform refuses this configuration";
        self.unresolved(Gap::Broken, origin, why.to_string(), consequence);
        Value::unknown(why, origin)
    }

    /// The module in a folder, read once. What is wrong with it is reported once.
    fn module(&self, folder: &str) -> Option<Rc<Module>> {
        if let Some(known) = self.modules.borrow().get(folder) {
            return known.clone();
        }
        let module = Module::read(self.files, folder).map(Rc::new);
        if let Some(module) = &module {
            self.unresolved.borrow_mut().extend(module.unresolved.iter().cloned());
        }
        self.modules.borrow_mut().insert(folder.into(), module.clone());
        module
    }

    /// Evaluates everything in an instance and below it.
    fn walk(&self, instance: &Rc<Instance>) {
        for (place, declared) in instance.module.resources.iter().enumerate() {
            let repeats = self.repeats(instance, place);
            for (number, repeated) in repeats.iter().enumerate() {
                if self.resources.borrow().len() >= MAX_RESOURCES {
                    let reason = format!("this configuration has more than {MAX_RESOURCES} resources");
                    return self.unresolved(
                        Gap::Unsupported,
                        declared.layers.origin(),
                        reason,
                        "the resources from here on are not evaluated",
                    );
                }
                let evaluated = self.evaluated(instance, place, number);
                let address = Address {
                    module: instance.path.clone(),
                    mode: declared.mode,
                    kind: declared.kind.clone(),
                    name: declared.name.clone(),
                    key: repeated.key.clone(),
                };
                let inner = Address { module: Arc::from([]), ..address.clone() }.to_string();
                let resource = Resource {
                    name: address.to_string().into(),
                    attributes: evaluated.attributes.clone(),
                    origin: declared.layers.origin(),
                    provider: evaluated.provider.clone(),
                    uncertain: instance.uncertain.clone().or_else(|| repeated.uncertain.clone()),
                    trail: instance.trail.clone(),
                    lasting_name: instance.lasting(&instance.module.moved_from(&inner).unwrap_or(inner)),
                    address,
                };
                self.resources.borrow_mut().push(resource);
            }
        }
        for call in &instance.module.calls {
            for child in self.children(instance, &call.name).iter() {
                match &child.instance {
                    Ok(own) => self.walk(own),
                    Err(unknown) => self.unresolved(
                        if matches!(unknown.why, Why::Limit { .. }) { Gap::Unsupported } else { Gap::Unknown },
                        call.layers.origin(),
                        unknown.why.to_string(),
                        format!("what `module.{}` declares is not evaluated", call.name),
                    ),
                }
            }
        }
    }

    /// The instances of a module call.
    fn children(&self, instance: &Rc<Instance>, name: &Text) -> Rc<Vec<Child>> {
        let Some(call) = instance.module.calls.iter().find(|call| call.name == *name) else { return Rc::default() };
        match instance.calls.borrow().get(name) {
            Some(Slot::Done(children)) => return children.clone(),
            Some(Slot::Busy) => {
                self.cycle(instance.named(&format!("module.{name}")), call.layers.origin());
                return Rc::default();
            }
            None => {}
        }
        instance.calls.borrow_mut().insert(name.clone(), Slot::Busy);
        let source = call.source().unwrap_or_else(|| Text::from(""));
        let found = self.source(instance, name, &source);
        let module = match found {
            _ if instance.path.len() >= MAX_MODULES_DEEP => Err(Why::Limit {
                limit: format!("modules are called over {MAX_MODULES_DEEP} levels deep; does a module call itself?")
                    .into(),
            }),
            Some(module) => Ok(module),
            None => Err(Why::RemoteModule { source }),
        };
        let origin = call.layers.origin();
        let module = module.map_err(|why| Arc::new(Unknown { why, origin, candidates: Vec::new() }));
        let repeats = self.repeat(instance, &call.layers);
        let children = repeats.into_iter().map(|repeated| {
            let uncertain = instance.uncertain.clone().or_else(|| repeated.uncertain.clone());
            let own = module.clone().map(|module| {
                let mut path = instance.path.to_vec();
                path.push((name.clone(), repeated.key.clone()));
                let mut trail = instance.trail.to_vec();
                trail.push(CallSite { name: name.clone(), key: repeated.key.clone(), origin });
                let inputs =
                    Inputs::Call { caller: instance.clone(), layers: call.layers.clone(), names: repeated.names };
                let root = instance.root.clone();
                Rc::new(Instance::new(module, root, path.into(), trail.into(), inputs, uncertain.clone()))
            });
            Child { key: repeated.key, uncertain, instance: own }
        });
        let children = Rc::new(children.collect::<Vec<_>>());
        instance.calls.borrow_mut().insert(name.clone(), Slot::Done(children.clone()));
        children
    }

    /// The module that a source names: a folder of the tree, or the copy that `terraform init` left in the tree.
    fn source(&self, instance: &Instance, name: &str, source: &str) -> Option<Rc<Module>> {
        if source.starts_with("./") || source.starts_with("../") || source == "." || source == ".." {
            return self.module(&join(&instance.module.folder, source)?);
        }
        let mut key: Vec<&str> = instance.path.iter().map(|(name, _)| &**name).collect();
        key.push(name);
        let installed = self.installed(&instance.root);
        let folder = installed.get(&key.join("."))?;
        self.module(&join(&instance.root, folder)?)
    }

    /// Where `.terraform/modules/modules.json` says that each module was installed, by its path of calls.
    fn installed(&self, root: &str) -> Rc<HashMap<String, String>> {
        if let Some(known) = &*self.installed.borrow() {
            return known.clone();
        }
        let found = self.read_installed(root).unwrap_or_default();
        let found = Rc::new(found);
        *self.installed.borrow_mut() = Some(found.clone());
        found
    }

    fn read_installed(&self, root: &str) -> Option<HashMap<String, String>> {
        let path = join(root, ".terraform/modules/modules.json")?;
        let documents = crate::syntax::parse(&self.files.read(&path)?.bytes).ok()?;
        let modules = documents.first()?.get("Modules")?.as_list()?;
        let field = |node: &crate::syntax::Node, key| node.get(key).and_then(|own| own.as_str()).map(str::to_owned);
        Some(modules.iter().filter_map(|own| Some((field(own, "Key")?, field(own, "Dir")?))).collect())
    }

    /// A file that an expression names. Terraform's working folder is the root module's; `path.module` leads from there.
    fn file(&self, place: Place<'_>, path: &str) -> Result<ReadFile, NoFile> {
        let resolved = join(&place.instance.root, path).ok_or_else(|| NoFile::Outside(path.into()))?;
        self.files.read(&resolved).ok_or_else(|| NoFile::Missing(resolved.into()))
    }
}

/// Why a file cannot be read.
enum NoFile {
    /// The tree does not reach there.
    Outside(Text),
    /// The tree does not have it.
    Missing(Text),
}

/// Whether nothing at all is known of a value.
fn wholly_unknown(value: &Value) -> Option<Arc<Unknown>> {
    match &value.kind {
        Kind::Unknown(unknown) => Some(unknown.clone()),
        _ => None,
    }
}
