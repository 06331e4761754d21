//! What a plan or a state says of each resource.

use super::references::{Steps, steps_of};
use crate::facts::{Gap, Origin, Text, Unresolved};
use crate::formats::configuration::resource::{Address, Key, Mode};
use crate::syntax::{Node, Span, Value as Data};

/// Modules below modules, as in the files.
const MAX_MODULES: usize = 32;

/// A plan or a state.
pub(super) struct Plan<'n> {
    pub(super) resources: Vec<Planned<'n>>,
    /// The `configuration` of a plan: the root module.
    pub(super) root: Option<&'n Node>,
    /// Whether this is a plan, which names everything that there will be, apart from what it was told to leave out.
    pub(super) is_plan: bool,
    pub(super) unresolved: Vec<Unresolved>,
    place: u32,
}

/// One instance.
pub(super) struct Planned<'n> {
    pub(super) address: Address,
    /// The module calls and keys that lead to it.
    pub(super) steps: Steps,
    /// The address as text.
    pub(super) name: Text,
    /// What it was called before a `moved` block.
    pub(super) previous: Option<Text>,
    pub(super) values: &'n Node,
    /// Which values are known only after the plan is applied, in the shape of the values.
    pub(super) unknown: Option<&'n Node>,
    /// Which values are secret, in the same shape.
    pub(super) sensitive: Option<&'n Node>,
    pub(super) origin: Origin,
}

impl<'n> Plan<'n> {
    pub(super) fn of(document: &'n Node, place: u32) -> Self {
        let mut plan = Self {
            resources: Vec::new(),
            root: document.at(&["configuration", "root_module"]),
            is_plan: document.get("resource_changes").is_some() || document.get("planned_values").is_some(),
            unresolved: Vec::new(),
            place,
        };
        let major = document.get("format_version").and_then(Node::as_str).and_then(|own| own.split('.').next());
        if !matches!(major, Some("0" | "1")) {
            let span = document.get("format_version").map_or(document.span, |node| node.span);
            plan.report(Gap::Unsupported, span, "this version of the format of plans is not read");
            return plan;
        }
        if document.get("errored").and_then(Node::as_bool) == Some(true) {
            let span = document.entry("errored").map_or(document.span, |entry| entry.key_span);
            plan.report(Gap::Broken, span, "this plan failed, so that it names only some of the resources");
        }
        let changes = document.get("resource_changes");
        for change in changes.and_then(Node::as_list).unwrap_or_default() {
            plan.change(change);
        }
        if let Some(changes) = changes.filter(|changes| changes.as_list().is_none()) {
            plan.report(Gap::Broken, changes.span, &format!("`resource_changes` is {}, not a list", changes.kind()));
        }
        // What data sources found stands in the state before; a state by itself has all there is.
        let is_plan = plan.is_plan;
        let states = [document.at(&["prior_state", "values", "root_module"]), document.at(&["values", "root_module"])];
        for (at, module) in states.into_iter().enumerate() {
            if let Some(module) = module {
                plan.module(module, is_plan && at == 0, 0);
            }
        }
        plan
    }

    fn at(&self, span: Span) -> Origin {
        Origin { file: self.place, span }
    }

    fn report(&mut self, gap: Gap, span: Span, reason: &str) {
        let consequence = "what this plan says is not evaluated in full".to_owned();
        self.unresolved.push(Unresolved { gap, reason: reason.to_owned(), consequence, origin: self.at(span) });
    }

    /// A change of a resource: what it will be. One that is deleted will not be.
    fn change(&mut self, node: &'n Node) {
        let Some(change) = node.get("change") else {
            return self.report(Gap::Broken, node.span, "an entry of `resource_changes` has no `change`");
        };
        let Some(after) = change.entry("after") else {
            return self.report(Gap::Broken, change.span, "a `change` does not say what is there after it");
        };
        if matches!(after.value.value, Data::Null) {
            return;
        }
        self.add(node, &after.value, change.get("after_unknown"), change.get("after_sensitive"));
    }

    /// The resources of a module of a state, and of those below it.
    fn module(&mut self, module: &'n Node, only_data: bool, depth: usize) {
        if depth > MAX_MODULES {
            return self.report(Gap::Unsupported, module.span, "more modules are nested here than are read");
        }
        for node in module.get("resources").and_then(Node::as_list).unwrap_or_default() {
            let is_data = node.get("mode").and_then(Node::as_str) == Some("data");
            if is_data || !only_data {
                match node.get("values") {
                    Some(values) => self.add(node, values, None, node.get("sensitive_values")),
                    None => self.report(Gap::Broken, node.span, "a resource has no `values`"),
                }
            }
        }
        for child in module.get("child_modules").and_then(Node::as_list).unwrap_or_default() {
            self.module(child, only_data, depth + 1);
        }
    }

    fn add(&mut self, node: &'n Node, values: &'n Node, unknown: Option<&'n Node>, sensitive: Option<&'n Node>) {
        let text = |key| node.get(key).and_then(Node::as_str);
        let (Some(address), Some(kind), Some(name)) = (text("address"), text("type"), text("name")) else {
            return self.report(Gap::Broken, node.span, "a resource has no `address`, `type` or `name`");
        };
        if values.as_map().is_none() {
            let reason = format!("what a resource will be is {}, not an object", values.kind());
            return self.report(Gap::Broken, values.span, &reason);
        }
        let key = match node.get("index").map(|own| &own.value) {
            Some(Data::String(key)) => Key::Text(key.as_ref().into()),
            Some(Data::Number(number)) => number.parse().map_or(Key::Unknown, Key::Number),
            _ => Key::None,
        };
        let Some((steps, _)) = steps_of(address) else {
            let span = node.get("address").map_or(node.span, |own| own.span);
            return self.report(Gap::Broken, span, "the address of a resource cannot be read");
        };
        let span = node.entry("address").map_or(node.span, |entry| entry.value.span);
        self.resources.push(Planned {
            address: Address {
                module: steps.clone().into(),
                mode: if text("mode") == Some("data") { Mode::Data } else { Mode::Managed },
                kind: kind.into(),
                name: name.into(),
                key,
            },
            steps,
            name: address.into(),
            previous: text("previous_address").map(Text::from),
            values,
            unknown,
            sensitive,
            origin: self.at(span),
        });
    }
}
