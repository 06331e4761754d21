//! Stacks: the instances of templates, with their resources, parameters and outputs.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

use super::template::{Library, Template};
use crate::facts::{Gap, Origin, Text, Unresolved};
use crate::formats::configuration::value::{Unknown, Value, Why};
use crate::syntax::{Node, Span};

/// Deepest nesting of stacks.
const MAX_NESTED: usize = 16;

/// Most stacks of one unit.
const MAX_STACKS: usize = 2_000;

/// Most resources of one unit.
const MAX_RESOURCES: usize = 200_000;

/// Most steps of one unit: a value, an entry that a loop writes, or 64 bytes of text that are put together.
const MAX_STEPS: u64 = 2_000_000;

/// Deepest chain of values inside each other, across parameters, conditions and attributes.
const MAX_DEPTH: usize = 100;

/// What a loop binds to its identifier, innermost first.
pub(super) struct Binding<'t> {
    pub(super) name: &'t str,
    pub(super) value: Value,
    pub(super) outer: Option<Rc<Binding<'t>>>,
}

/// Where an expression is evaluated.
#[derive(Clone)]
pub(super) struct Place<'t> {
    /// The stack.
    pub(super) stack: usize,
    /// The loops around the expression.
    pub(super) loops: Option<Rc<Binding<'t>>>,
}

/// What becomes of a resource that is a stack.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Nested {
    /// It is none, or its template is not in the tree.
    None,
    /// It is this stack.
    Stack(usize),
    /// It is one too many, as has been said.
    TooMany,
}

/// A resource as it is declared, in one turn of the loops around it.
pub(super) struct Declared<'t> {
    pub(super) place: Place<'t>,
    /// The logical id.
    pub(super) id: Text,
    pub(super) id_span: Span,
    pub(super) node: &'t Node,
    /// The stack that it makes.
    pub(super) nested: Nested,
}

impl<'t> Declared<'t> {
    /// The type, such as `AWS::IAM::Role`.
    pub(super) fn kind(&self) -> &'t str {
        self.node.get("Type").and_then(Node::as_str).unwrap_or_default()
    }
}

/// An output of a stack.
pub(super) struct Output<'t> {
    pub(super) place: Place<'t>,
    pub(super) node: &'t Node,
}

/// One instance of a template.
pub(super) struct Stack<'t> {
    pub(super) template: Template<'t>,
    /// What the addresses of its resources start with.
    prefix: String,
    /// Of a nested stack: where the resource that makes it stands, and the resource.
    pub(super) outer: Option<(Place<'t>, &'t Node)>,
    pub(super) resources: Vec<Declared<'t>>,
    places: HashMap<Text, usize>,
    pub(super) outputs: HashMap<Text, Output<'t>>,
    depth: usize,
}

impl<'t> Stack<'t> {
    /// The resource with a logical id.
    pub(super) fn resource(&self, id: &str) -> Option<&Declared<'t>> {
        self.resources.get(*self.places.get(id)?)
    }
}

/// What is evaluated once, or is being evaluated.
pub(super) enum Progress<T> {
    Open,
    Done(T),
}

/// Every stack of a unit.
pub(super) struct Stacks<'t> {
    pub(super) stacks: Vec<Stack<'t>>,
    unresolved: RefCell<Vec<Unresolved>>,
    steps: Cell<u64>,
    depth: Cell<usize>,
    /// What needs its own value: names of what is being evaluated.
    open: RefCell<HashSet<(usize, String)>>,
    done: RefCell<HashMap<(usize, String), Value>>,
    pub(super) conditions: RefCell<HashMap<(usize, Text), Progress<super::conditions::Truth>>>,
    pub(super) exports: RefCell<Option<Rc<super::references::Exports>>>,
}

impl<'t> Stacks<'t> {
    /// The stacks of root templates, and those that they nest.
    pub(super) fn of(library: &'t Library, roots: &[&str]) -> Self {
        let mut stacks = Self {
            stacks: Vec::new(),
            unresolved: RefCell::default(),
            steps: Cell::new(0),
            depth: Cell::new(0),
            open: RefCell::default(),
            done: RefCell::default(),
            conditions: RefCell::default(),
            exports: RefCell::default(),
        };
        let mut checked = HashSet::new();
        for path in roots {
            if let Some(template) = library.template(path) {
                let stack = Stack {
                    template,
                    prefix: format!("{}#", template.name()),
                    outer: None,
                    resources: Vec::new(),
                    places: HashMap::new(),
                    outputs: HashMap::new(),
                    depth: 0,
                };
                stacks.stacks.push(stack);
            }
        }
        let mut at = 0;
        let mut count = 0;
        while at < stacks.stacks.len() {
            if let Some(template) = stacks.stacks.get(at).map(|stack| stack.template)
                && checked.insert(template.path)
            {
                template.check(&stacks.unresolved);
            }
            count += stacks.declare(at, library, MAX_RESOURCES.saturating_sub(count));
            at += 1;
        }
        stacks
    }

    /// Lists what a stack declares, and adds the stacks that it nests.
    fn declare(&mut self, at: usize, library: &'t Library, room: usize) -> usize {
        let Some((template, prefix, depth)) =
            self.stacks.get(at).map(|stack| (stack.template, stack.prefix.clone(), stack.depth))
        else {
            return 0;
        };
        let place = Place { stack: at, loops: None };
        let nested: HashMap<&str, String> = template.nested().collect();
        let mut resources = Vec::new();
        for (id, entry_span, node, place) in self.expand(template.section("Resources"), &place) {
            if resources.len() >= room {
                let reason = format!("this unit has more than {MAX_RESOURCES} resources");
                self.report(Gap::Unsupported, template.at(entry_span), reason, "the rest is not evaluated");
                break;
            }
            let child = nested.get(&*id).and_then(|path| library.template(path));
            let nested = match child {
                None => Nested::None,
                Some(_) if depth >= MAX_NESTED || self.stacks.len() >= MAX_STACKS => {
                    let reason = format!("more than {MAX_NESTED} levels or {MAX_STACKS} stacks are nested");
                    self.report(Gap::Unsupported, template.at(entry_span), reason, "this stack is not evaluated");
                    Nested::TooMany
                }
                Some(child) => {
                    self.stacks.push(Stack {
                        template: child,
                        prefix: format!("{prefix}{id}."),
                        outer: Some((place.clone(), node)),
                        resources: Vec::new(),
                        places: HashMap::new(),
                        outputs: HashMap::new(),
                        depth: depth + 1,
                    });
                    Nested::Stack(self.stacks.len() - 1)
                }
            };
            resources.push(Declared { place, id, id_span: entry_span, node, nested });
        }
        let outputs: HashMap<Text, Output<'t>> = self
            .expand(template.section("Outputs"), &place)
            .into_iter()
            .map(|(id, _, node, place)| (id, Output { place, node }))
            .collect();
        let count = resources.len();
        if let Some(stack) = self.stacks.get_mut(at) {
            stack.places = resources.iter().enumerate().map(|(at, own)| (own.id.clone(), at)).collect();
            stack.resources = resources;
            stack.outputs = outputs;
        }
        count
    }

    /// The root that a stack is nested in, or itself.
    pub(super) fn outermost(&self, mut at: usize) -> usize {
        while let Some((outer, _)) = self.stacks.get(at).and_then(|stack| stack.outer.as_ref()) {
            at = outer.stack;
        }
        at
    }

    /// The stack of a place.
    pub(super) fn stack(&self, place: &Place<'t>) -> Option<&Stack<'t>> {
        self.stacks.get(place.stack)
    }

    /// Where a range of the place's template is.
    pub(super) fn at(&self, place: &Place<'t>, span: Span) -> Origin {
        self.stack(place).map_or(Origin { file: 0, span }, |stack| stack.template.at(span))
    }

    /// The address of a resource, which tells it from those of other stacks.
    pub(super) fn address(&self, place: &Place<'t>, id: &str) -> Text {
        let prefix = self.stack(place).map_or("", |stack| &stack.prefix);
        Text::from(format!("{prefix}{id}"))
    }

    /// Records something that cannot be told.
    pub(super) fn report(&self, gap: Gap, origin: Origin, reason: impl Into<String>, consequence: impl Into<String>) {
        let found = Unresolved { gap, reason: reason.into(), consequence: consequence.into(), origin };
        let mut unresolved = self.unresolved.borrow_mut();
        if unresolved.last() != Some(&found) {
            unresolved.push(found);
        }
    }

    /// One step of the evaluation, one level deeper; or the limit that it reaches.
    pub(super) fn deeper<T>(&self, origin: Origin, work: impl FnOnce() -> T) -> Result<T, Arc<Unknown>> {
        let (steps, depth) = (self.steps.get(), self.depth.get());
        let limit = if steps >= MAX_STEPS {
            format!("this unit takes more than {MAX_STEPS} steps")
        } else if depth >= MAX_DEPTH {
            format!("values need each other in a chain of more than {MAX_DEPTH}")
        } else {
            self.steps.set(steps + 1);
            self.depth.set(depth + 1);
            let done = work();
            self.depth.set(depth);
            return Ok(done);
        };
        Err(Arc::new(Unknown { why: Why::Limit { limit: limit.into() }, origin, candidates: Vec::new() }))
    }

    /// Counts further steps. False when there are too many.
    pub(super) fn charge(&self, steps: usize) -> bool {
        let steps = self.steps.get().saturating_add(u64::try_from(steps).unwrap_or(u64::MAX));
        self.steps.set(steps);
        steps < MAX_STEPS
    }

    /// Evaluates once what has a name, unless that is being evaluated already.
    pub(super) fn once(&self, key: (usize, String), origin: Origin, work: impl FnOnce() -> Value) -> Value {
        if let Some(value) = self.done.borrow().get(&key) {
            return value.clone();
        }
        if !self.open.borrow_mut().insert(key.clone()) {
            return Value::unknown(Why::Cycle { name: key.1.trim().into() }, origin);
        }
        let value = work();
        self.open.borrow_mut().remove(&key);
        self.done.borrow_mut().insert(key, value.clone());
        value
    }

    /// What the evaluation could not tell, apart from unknown values.
    pub(super) fn finish(self) -> Vec<Unresolved> {
        self.unresolved.into_inner()
    }
}
