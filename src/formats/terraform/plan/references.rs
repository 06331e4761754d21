//! What the configuration of a plan says an attribute refers to.
//!
//! A plan has the expressions of the files only as the names that they use, the most precise first (Terraform
//! documentation, "JSON Output Format", expression representation). That is enough to follow an attribute that is not
//! known yet to the resource that it belongs to.

use std::collections::HashSet;

use crate::facts::Text;
use crate::formats::configuration::resource::Key;
use crate::formats::configuration::value::Reference;
use crate::syntax::Node;

/// The module calls that lead somewhere, with their keys.
pub(super) type Steps = Vec<(Text, Key)>;

/// Variables that are handed on and outputs that are handed back, in one chain.
const MAX_CHAIN: usize = 64;

/// The expressions of a plan, and the addresses that it has.
pub(super) struct References<'n> {
    pub(super) root: Option<&'n Node>,
    pub(super) addresses: HashSet<Text>,
}

impl<'n> References<'n> {
    /// The expressions of a resource's block, by argument.
    pub(super) fn expressions(&self, steps: &[(Text, Key)], kind: &str, name: &str) -> Option<&'n Node> {
        let resources = self.module(steps)?.get("resources")?.as_list()?;
        let is_own = |node: &&Node| {
            let text = |key| node.get(key).and_then(Node::as_str);
            text("type") == Some(kind) && text("name") == Some(name)
        };
        resources.iter().find(is_own)?.get("expressions")
    }

    fn module(&self, steps: &[(Text, Key)]) -> Option<&'n Node> {
        let mut module = self.root?;
        for (name, _) in steps {
            module = module.at(&["module_calls", name, "module"])?;
        }
        Some(module)
    }

    /// The attribute of a resource that an expression comes down to, seen from a module. `key` is that of the instance
    /// that the expression belongs to: instances that are chained share their keys.
    pub(super) fn target(&self, expression: &Node, steps: &[(Text, Key)], key: &Key) -> Option<Reference> {
        self.follow(expression, steps, key, 0)
    }

    fn follow(&self, expression: &Node, steps: &[(Text, Key)], key: &Key, chain: usize) -> Option<Reference> {
        if chain > MAX_CHAIN {
            return None;
        }
        let names = expression.get("references")?.as_list()?;
        names.iter().filter_map(Node::as_str).find_map(|name| self.name(name, steps, key, chain))
    }

    fn name(&self, name: &str, steps: &[(Text, Key)], key: &Key, chain: usize) -> Option<Reference> {
        if let Some(variable) = name.strip_prefix("var.") {
            let ((call, call_key), outer) = steps.split_last()?;
            let variable = variable.split(['.', '[']).next()?;
            let given = self.module(outer)?.at(&["module_calls", call, "expressions", variable])?;
            return self.follow(given, outer, call_key, chain + 1);
        }
        let (inner, rest) = steps_of(name)?;
        if let [(call, call_key)] = &inner[..] {
            let output = rest.split(['.', '[']).next()?;
            let expression =
                self.module(steps)?.at(&["module_calls", call, "module", "outputs", output, "expression"])?;
            let keys = [call_key, key, &Key::None];
            return keys.into_iter().find_map(|own| {
                let below: Steps = steps.iter().cloned().chain([(call.clone(), own.clone())]).collect();
                self.follow(expression, &below, key, chain + 1)
            });
        }
        if !inner.is_empty() {
            return None;
        }
        self.resource(rest, steps, key)
    }

    /// `data.TYPE.NAME[KEY].ATTRIBUTE` or the same without `data`.
    fn resource(&self, name: &str, steps: &[(Text, Key)], key: &Key) -> Option<Reference> {
        let (data, rest) = match name.strip_prefix("data.") {
            Some(rest) => (true, rest),
            None => (false, name),
        };
        let (kind, rest) = rest.split_once('.')?;
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        let (label, rest) = rest.split_at(end);
        let (own_key, attribute) = key_of(rest)?;
        let mut before = String::new();
        for (call, key) in steps {
            before.push_str(&format!("module.{call}{key}."));
        }
        let data_word = if data { "data." } else { "" };
        let keys = if own_key == Key::None { [&Key::None, key] } else { [&own_key, &own_key] };
        let address = keys.into_iter().find_map(|key| {
            let address = Text::from(format!("{before}{data_word}{kind}.{label}{key}"));
            self.addresses.contains(&address).then_some(address)
        })?;
        let attribute = attribute.strip_prefix('.').unwrap_or(attribute);
        Some(Reference { address, kind: kind.into(), data, attribute: attribute.into() })
    }
}

/// The module calls that an address begins with, and what is behind them. None when it is no address.
pub(super) fn steps_of(address: &str) -> Option<(Steps, &str)> {
    let mut steps = Steps::new();
    let mut rest = address;
    while let Some(after) = rest.strip_prefix("module.") {
        let end = after.find(['.', '[']).unwrap_or(after.len());
        let (name, after) = after.split_at(end);
        let (key, after) = key_of(after)?;
        steps.push((name.into(), key));
        rest = after.strip_prefix('.').unwrap_or(after);
    }
    Some((steps, rest))
}

/// A key in brackets, if there is one, and what is behind it. None for one that does not end.
fn key_of(text: &str) -> Option<(Key, &str)> {
    let Some(inner) = text.strip_prefix('[') else { return Some((Key::None, text)) };
    if inner.starts_with('"') {
        // The key is written as a text of JSON.
        let mut read = serde_json::Deserializer::from_str(inner).into_iter::<String>();
        let key = read.next()?.ok()?;
        let rest = inner.get(read.byte_offset()..)?;
        return Some((Key::Text(key.into()), rest.strip_prefix(']')?));
    }
    let (number, rest) = inner.split_once(']')?;
    Some((number.parse().map_or(Key::Unknown, Key::Number), rest))
}
