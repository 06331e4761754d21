//! A plan and the files that it is made of, as one configuration.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::read::{Plan, Planned};
use super::references::References;
use super::values::{Attribute, agrees};
use crate::facts::{Gap, Origin, Text, Unresolved};
use crate::formats::configuration::resource::{Configuration, Key, Mode, Resource};
use crate::formats::configuration::value::{Member, Reference, Value, Why};
use crate::syntax::Node;

/// What names a resource, which a plan may know although the files leave it to the provider.
const NAMES: [&str; 3] = ["name", "id", "arn"];

/// A block of the files: the module calls that lead to it, without their keys, and what it is called.
type Block = (Vec<Text>, Mode, Text, Text);

fn block_of(resource: &Resource) -> Block {
    let own = &resource.address;
    (own.module.iter().map(|(name, _)| name.clone()).collect(), own.mode, own.kind.clone(), own.name.clone())
}

/// What a plan and the files of its folder come to. Every resource of the plan is there as the plan has it, and one that
/// the files declare for certain and the plan lacks is there as the files have it.
pub(super) fn configuration(plan: &Plan<'_>, files: Option<&Configuration>, folder: &str) -> Configuration {
    let declared: &[Resource] = files.map(|files| &files.resources[..]).unwrap_or_default();
    let by_address: HashMap<&str, &Resource> = declared.iter().map(|own| (&*own.name, own)).collect();
    let mut by_block: HashMap<Block, &Resource> = HashMap::new();
    for resource in declared {
        by_block.entry(block_of(resource)).or_insert(resource);
    }
    let addresses: HashSet<Text> = plan.resources.iter().map(|own| own.name.clone()).collect();
    let join = Join { references: References { root: plan.root, addresses }, folder };
    let mut resources = Vec::with_capacity(plan.resources.len());
    let mut unresolved = plan.unresolved.clone();
    let mut seen: HashSet<&str> = HashSet::new();
    for planned in &plan.resources {
        if !seen.insert(&planned.name) {
            continue;
        }
        let own = by_address.get(&*planned.name).copied();
        let block = own.or_else(|| {
            let steps = planned.steps.iter().map(|(name, _)| name.clone()).collect();
            let address = &planned.address;
            by_block.get(&(steps, address.mode, address.kind.clone(), address.name.clone())).copied()
        });
        resources.push(join.resource(planned, own, block));
    }
    for resource in declared.iter().filter(|own| !seen.contains(&*own.name)) {
        let certain = resource.uncertain.is_none()
            && resource.address.key != Key::Unknown
            && resource.address.module.iter().all(|(_, key)| *key != Key::Unknown);
        match resource.address.mode {
            Mode::Data => resources.push(resource.clone()),
            Mode::Managed if certain && plan.is_plan => {
                unresolved.push(Unresolved {
                    gap: Gap::Unknown,
                    reason: format!(
                        "the plan does not have `{}`: it is older than the files, or of a part",
                        resource.name
                    ),
                    consequence: "it is evaluated as the files have it".to_owned(),
                    origin: resource.origin,
                });
                resources.push(resource.clone());
            }
            // A state has what is there, and not what will be.
            Mode::Managed => {}
        }
    }
    // What the evaluation of the files could not tell, the plan tells; what is broken stays broken.
    let broken = |own: &&Unresolved| matches!(own.gap, Gap::Broken | Gap::DefinedTwice);
    unresolved.extend(files.iter().flat_map(|files| &files.unresolved).filter(broken).cloned());
    // What providers are configured for stands in the files.
    let providers = files.map(|files| files.providers().clone()).unwrap_or_default();
    Configuration::new(resources, unresolved).with_providers(providers)
}

struct Join<'n> {
    references: References<'n>,
    folder: &'n str,
}

impl Join<'_> {
    /// `own` is the same instance in the files, `block` any instance of its block.
    fn resource(&self, planned: &Planned<'_>, own: Option<&Resource>, block: Option<&Resource>) -> Resource {
        let origin = block.map_or(planned.origin, |block| block.origin);
        let address = &planned.address;
        let expressions = self.references.expressions(&planned.steps, &address.kind, &address.name);
        let mut members: BTreeMap<Text, Member> = BTreeMap::new();
        let mut keys: Vec<&str> = Vec::new();
        for node in [Some(planned.values), planned.unknown].into_iter().flatten() {
            keys.extend(node.as_map().unwrap_or_default().iter().map(|entry| &*entry.key));
        }
        keys.extend(
            own.and_then(|own| own.attributes.as_map()).iter().flat_map(|own| own.known.keys()).map(|key| &**key),
        );
        keys.sort_unstable();
        keys.dedup();
        for key in keys {
            let in_block = block.and_then(|block| block.get(key));
            let expression = expressions.and_then(|own| own.get(key));
            // What nobody wrote is the provider's answer, which says again what other resources say.
            let written = match (block, expressions) {
                (Some(_), _) => in_block.is_some(),
                (None, Some(_)) => expression.is_some(),
                (None, None) => true,
            };
            if written || NAMES.contains(&key) {
                let origin = in_block.map_or(origin, |value| value.origin);
                let value = self.attribute(planned, key, own.and_then(|own| own.get(key)), expression, origin);
                if let Some(value) = value {
                    let key_origin =
                        block.and_then(|own| own.attributes.member(key)).map_or(origin, |own| own.key_origin);
                    members.insert(key.into(), Member { key_origin, value });
                }
            }
        }
        let lasting = own.map(|own| own.lasting_name.clone()).unwrap_or_else(|| {
            let name = planned.previous.as_ref().unwrap_or(&planned.name);
            if self.folder.is_empty() { name.clone() } else { format!("{}#{name}", self.folder).into() }
        });
        Resource {
            address: address.clone(),
            name: planned.name.clone(),
            attributes: Value::map(members, origin),
            origin,
            provider: block.and_then(|block| block.provider.clone()),
            uncertain: None,
            trail: block.map(|block| block.trail.clone()).unwrap_or_default(),
            lasting_name: lasting,
        }
    }

    /// One attribute: as the files have it where they say the same or know more, else as the plan has it.
    fn attribute(
        &self,
        planned: &Planned<'_>,
        key: &str,
        in_files: Option<&Value>,
        expression: Option<&Node>,
        origin: Origin,
    ) -> Option<Value> {
        let attribute = Attribute {
            node: planned.values.get(key),
            unknown: planned.unknown.and_then(|marks| marks.get(key)),
            sensitive: planned.sensitive.and_then(|marks| marks.get(key)),
        };
        let address = &planned.address;
        let own = Reference {
            address: planned.name.clone(),
            kind: address.kind.clone(),
            data: address.mode == Mode::Data,
            attribute: key.into(),
        };
        let target = || self.references.target(expression?, &planned.steps, &address.key);
        match in_files {
            Some(value) if !attribute.is_known() => Some(value.clone()),
            Some(value) if attribute.node.is_some_and(|node| agrees(value, node)) => Some(value.clone()),
            _ if !attribute.is_known() => match target() {
                Some(target) if attribute.node.is_none() => Some(Value::unknown(Why::AfterApply(target), origin)),
                // Without an expression it is the provider that fills it in.
                _ if attribute.node.is_none() && expression.is_none() => None,
                _ => Some(attribute.value(&own, origin)),
            },
            _ => {
                let value = attribute.value(&own, origin);
                let reference = in_files.and_then(|own| own.reference.clone()).or_else(|| target().map(Into::into));
                (!value.is_null()).then_some(Value { reference, ..value })
            }
        }
    }
}
