//! One resource of a template on its way to the shared lowering: its properties, and what is made of them.

use std::sync::Arc;

use super::stacks::{Declared, Stacks};
use super::types::shared_kind;
use crate::facts::{Gap, Origin, Text};
use crate::formats::configuration::providers::is_read;
use crate::formats::configuration::resource::{Address, Key, Mode, Resource};
use crate::formats::configuration::value::{Kind, Member, Reference, Unknown, Value, Why};
use crate::syntax::Node;

/// One resource of a template on its way to the shared lowering.
pub(super) struct Making<'s, 't> {
    pub(super) stacks: &'s Stacks<'t>,
    pub(super) declared: &'s Declared<'t>,
    pub(super) kind: &'static str,
    pub(super) origin: Origin,
    /// Why it is not known whether it exists. Said once, with the first resource that is made.
    pub(super) uncertain: Option<Arc<Unknown>>,
    /// Where properties stand that all resources of the type have in common.
    pub(super) globals: Option<&'t Node>,
    pub(super) made: &'s mut Vec<Resource>,
}

impl<'t> Making<'_, 't> {
    pub(super) fn properties_are_a_map(&self) -> bool {
        let Some(node) = self.declared.node.get("Properties") else { return true };
        let Some(entries) = node.as_map().filter(|_| node.tag.is_none()) else {
            let origin = self.stacks.at(&self.declared.place, node.span);
            let reason = format!("`Properties` is {}, not a map", node.kind());
            self.stacks.report(Gap::Broken, origin, reason, format!("`{}` is not evaluated", self.declared.id));
            return false;
        };
        if let Some(entry) = entries.iter().find(|entry| &*entry.key == "Fn::Transform") {
            let origin = self.stacks.at(&self.declared.place, entry.key_span);
            let reason = "what a macro adds to these properties is not known";
            self.stacks.report(Gap::Unknown, origin, reason, "this resource may give more access than shown");
        }
        true
    }

    /// The node of a property.
    pub(super) fn node(&self, property: &str) -> Option<&'t Node> {
        let own = self.declared.node.at(&["Properties", property]);
        own.or_else(|| self.globals.and_then(|globals| globals.get(property)))
    }

    /// A property that is set.
    pub(super) fn get(&self, property: &str) -> Option<Value> {
        let value = self.stacks.value(self.node(property)?, &self.declared.place);
        (!value.is_null()).then_some(value)
    }

    /// A property that must be set. One that is not is unknown, and its use says so.
    pub(super) fn required(&self, property: &str) -> Value {
        let missing = || Value::unknown(Why::Missing { property: property.into() }, self.origin);
        self.get(property).unwrap_or_else(missing)
    }

    /// The address of what is made here.
    pub(super) fn address(&self) -> Text {
        self.stacks.address(&self.declared.place, &self.declared.id)
    }

    /// This resource, as another names it.
    pub(super) fn own(&self, attribute: &str) -> Value {
        self.named(&self.address(), shared_kind(self.kind), attribute)
    }

    /// Something that is made here, as another names it.
    pub(super) fn named(&self, address: &str, kind: &str, attribute: &str) -> Value {
        let reference =
            Reference { address: address.into(), kind: kind.into(), data: false, attribute: attribute.into() };
        Value::unknown(Why::AfterApply(reference), self.origin)
    }

    /// Adds a resource of the shared lowering, whose address ends like this.
    pub(super) fn add<'a>(&mut self, kind: &str, suffix: &str, arguments: impl IntoIterator<Item = (&'a str, Value)>) {
        let origin = self.origin;
        self.add_at(kind, suffix, arguments, origin);
    }

    /// The same, of something that is written elsewhere in the resource.
    pub(super) fn add_at<'a>(
        &mut self,
        kind: &str,
        suffix: &str,
        arguments: impl IntoIterator<Item = (&'a str, Value)>,
        origin: Origin,
    ) {
        if !is_read(kind) {
            let reason = format!("`{}` is not evaluated in full yet", self.kind);
            let consequence = format!("what access `{}` gives besides is not known", self.declared.id);
            return self.stacks.report(Gap::Unsupported, self.origin, reason, consequence);
        }
        let members = arguments
            .into_iter()
            .map(|(name, value)| {
                if let Some(unknown) = value.as_unknown().filter(|_| name == "name")
                    && matches!(unknown.why, Why::Cycle { .. } | Why::Fails { .. } | Why::Limit { .. })
                {
                    let consequence = format!("`{}` is known by its logical id", self.declared.id);
                    self.report(Gap::Unknown, value.origin, unknown.why.to_string(), consequence);
                }
                let value = if DOCUMENTS.contains(&name) { as_document(value) } else { value };
                (Text::from(name), Member { key_origin: value.origin, value })
            })
            .collect();
        let name = Text::from(format!("{}{suffix}", self.address()));
        let address = Address {
            module: Arc::from([]),
            mode: Mode::Managed,
            kind: kind.into(),
            name: name.clone(),
            key: Key::None,
        };
        self.made.push(Resource {
            address,
            name: name.clone(),
            attributes: Value::map(members, origin),
            origin,
            provider: None,
            uncertain: self.uncertain.take(),
            trail: Arc::from([]),
            lasting_name: name,
        });
    }

    /// Adds a resource whose arguments are properties under other names.
    pub(super) fn rename(&mut self, kind: &str, names: &[(&'static str, &'static str)]) {
        let arguments: Vec<(&str, Value)> =
            names.iter().filter_map(|(property, argument)| Some((*argument, self.get(property)?))).collect();
        self.add(kind, "", arguments);
    }

    pub(super) fn report(&self, gap: Gap, origin: Origin, reason: impl Into<String>, consequence: impl Into<String>) {
        self.stacks.report(gap, origin, reason, consequence);
    }

    /// The members of a list property, one by one. What may be there too is said.
    pub(super) fn each(&self, value: &Value, consequence: &str, mut work: impl FnMut(usize, &Value)) {
        let (members, rest) = value.possible_members();
        if let Some(rest) = rest {
            let consequence = if members.is_empty() { consequence } else { "each value that it can have is evaluated" };
            self.report(Gap::Unknown, value.origin, rest.why.to_string(), consequence);
        }
        for (at, member) in members.into_iter().enumerate() {
            member.candidates().iter().filter(|candidate| !candidate.is_null()).for_each(|own| work(at, own));
        }
    }

    /// What holds policies: inline ones, and managed ones by ARN.
    pub(super) fn held(&mut self, argument: &'static str, holder: &Value) {
        let kind = format!("aws_iam_{argument}");
        if let Some(policies) = self.get("Policies") {
            let mut found: Vec<(usize, Value)> = Vec::new();
            self.each(&policies, "what these inline policies permit is not evaluated", |at, policy| {
                found.push((at, policy.clone()));
            });
            for (at, policy) in found {
                if let Some(unknown) = policy.as_unknown() {
                    let consequence = "what this inline policy permits is not evaluated";
                    self.report(Gap::Unknown, policy.origin, unknown.why.to_string(), consequence);
                    continue;
                }
                if policy.as_map().is_none() {
                    let reason = format!("an inline policy is {}, not a map", policy.kind_name());
                    self.report(Gap::Broken, policy.origin, reason, "what it permits is not evaluated");
                    continue;
                }
                let missing = || Value::unknown(Why::Missing { property: "PolicyDocument".into() }, policy.origin);
                let document = policy.get("PolicyDocument").cloned().unwrap_or_else(missing);
                let arguments = [(argument, holder.clone()), ("policy", document)];
                self.add_at(&format!("{kind}_policy"), &format!(".Policies[{at}]"), arguments, policy.origin);
            }
        }
        if let Some(arns) = self.get("ManagedPolicyArns") {
            let origin = arns.origin;
            let arguments = [(argument, holder.clone()), ("policy_arn", arns)];
            self.add_at(&format!("{kind}_policy_attachment"), ".ManagedPolicyArns", arguments, origin);
        }
    }
}

/// The arguments that are documents in a text.
const DOCUMENTS: [&str; 4] = ["assume_role_policy", "policy", "inline_policy", "content"];

/// A document, which may be written as a map here, as the text that encodes it.
fn as_document(value: Value) -> Value {
    match &value.kind {
        Kind::Map(_) => Value { encodes: Some(Arc::new(value.clone())), ..value },
        Kind::Unknown(unknown) if !unknown.candidates.is_empty() => {
            let candidates = unknown.candidates.iter().cloned().map(as_document).collect();
            let kind = Kind::Unknown(Arc::new(Unknown { candidates, ..Unknown::clone(unknown) }));
            Value { kind, ..value }
        }
        _ => value,
    }
}
