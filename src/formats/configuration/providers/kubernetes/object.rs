//! Values to objects of Kubernetes, and those to facts.
//!
//! What is not known is read so that no access is missed: an unknown verb, group or resource of a rule is every one, and
//! a rule whose names of objects are not known counts for all objects. Other texts keep a mark for what is not known.

use std::borrow::Cow;

use crate::facts::{Facts, Gap, Holder, Origin, Text, Trusted};
use crate::formats::configuration::providers::Lowering;
use crate::formats::configuration::providers::aws::names::Names;
use crate::formats::configuration::resource::Configuration;
use crate::formats::configuration::value::{Kind, Reference, Unknown, Value, Why, number_text};
use crate::formats::kubernetes::{DEFAULT_SYSTEM, embedded};
use crate::formats::places::{Places, append};
use crate::syntax::{Entry, Node, Value as Data};

/// One object on its way to the reader of manifests.
pub(super) struct Sheet<'c> {
    configuration: &'c Configuration,
    places: Places,
    /// What AWS's roles are called, for annotations that name them.
    aws: Names,
    /// What is not known, and what that means.
    unknown: Vec<(String, Origin, &'static str)>,
}

impl<'c> Sheet<'c> {
    pub(super) fn new(lowering: &Lowering<'c>) -> Self {
        let (configuration, aws) = (lowering.configuration, Names::of(lowering));
        Self { configuration, places: Places::default(), aws, unknown: Vec::new() }
    }

    /// Lowers an object in the cluster of the configuration.
    pub(super) fn lower(self, object: &Node, lowering: &mut Lowering<'_>) {
        let mut facts = Facts::default();
        embedded::documents([object], &lowering.system_of(DEFAULT_SYSTEM), &mut facts);
        self.places.settle(&mut facts);
        for trust in &mut facts.trusts {
            self.aws.settle(&mut trust.target);
            if let Trusted::Holder(Holder::Account(account)) = &mut trust.trusted {
                self.aws.settle(account);
            }
        }
        // Resources are counted by their type.
        facts.tally.retain(|kind, _| matches!(*kind, "rule" | "subject"));
        append(lowering.facts, facts);
        for (reason, origin, consequence) in self.unknown {
            lowering.unresolved(Gap::Unknown, origin, reason, consequence);
        }
    }

    pub(super) fn say(&mut self, unknown: &Unknown, origin: Origin, consequence: &'static str) {
        self.unknown.push((unknown.why.to_string(), origin, consequence));
    }

    /// A map of these entries.
    pub(super) fn map(&mut self, origin: Origin, entries: Vec<Entry>) -> Node {
        Node::new(self.places.span(origin), Data::Map(entries))
    }

    pub(super) fn list(&mut self, origin: Origin, items: Vec<Node>) -> Node {
        Node::new(self.places.span(origin), Data::List(items))
    }

    pub(super) fn entry(&mut self, key: &str, origin: Origin, value: Node) -> Entry {
        Entry { key: key.into(), key_span: self.places.span(origin), value }
    }

    /// An entry with a text that the configuration does not write.
    pub(super) fn fixed(&mut self, key: &str, text: &str, origin: Origin) -> Entry {
        let value = Node::new(self.places.span(origin), Data::String(text.into()));
        self.entry(key, origin, value)
    }

    /// A value with a mark for what is not known. The evaluation bounds the depth.
    pub(super) fn plain(&mut self, value: &Value) -> Node {
        let data = match &value.kind {
            Kind::Null => Data::Null,
            Kind::Bool(flag) => Data::Bool(*flag),
            Kind::Number(number) => Data::Number(number_text(*number).into()),
            Kind::List(items) | Kind::Set(items) => Data::List(items.known.iter().map(|own| self.plain(own)).collect()),
            Kind::Map(members) => {
                let mut entries = Vec::new();
                for (key, member) in &*members.known {
                    let value = self.plain(&member.value);
                    entries.push(self.entry(key, member.key_origin, value));
                }
                Data::Map(entries)
            }
            Kind::Text(_) | Kind::Template(_) | Kind::Unknown(_) => {
                let aws = &self.aws;
                let named = |reference: &Reference| {
                    is_name(reference).then(|| self.configuration.resource(&reference.address)).flatten()
                };
                let text = value.render(|unknown| match (aws.meant(unknown), &unknown.why) {
                    (Some(meant), _) => Cow::Borrowed(meant),
                    (None, Why::AfterApply(reference)) => Cow::Owned(match named(reference) {
                        Some(resource) => unnamed(&resource.lasting_name),
                        None => format!("${{{}}}", unknown.short()),
                    }),
                    (None, _) => Cow::Owned(format!("${{{}}}", unknown.short())),
                });
                Data::String(text.unwrap_or_default().into())
            }
        };
        Node::new(self.places.span(value.telling_origin()), data)
    }

    /// A text that names something, with what it means that it is not known.
    pub(super) fn name(&mut self, value: &Value, consequence: &'static str) -> Node {
        if let Some(unknown) = value.first_unknown().cloned()
            && self.aws.meant(&unknown).is_none()
            // A name that the API server makes stands for the object, which is declared here.
            && !matches!(&unknown.why, Why::AfterApply(reference) if is_name(reference))
        {
            self.say(&unknown, value.origin, consequence);
        }
        self.plain(value)
    }

    /// Verbs, groups or resources of a rule: one that is not known is every one.
    pub(super) fn wide(&mut self, value: &Value) -> Node {
        const WIDE: &str = "this is read as `*`, so this rule may permit less than shown";
        let (members, rest) = value.possible_members();
        let mut nodes = Vec::new();
        for member in members {
            match member.first_unknown().cloned() {
                Some(unknown) => {
                    self.say(&unknown, member.origin, WIDE);
                    nodes.push(Node::new(self.places.span(member.origin), Data::String("*".into())));
                }
                None => nodes.push(self.plain(member)),
            }
        }
        match rest {
            Some(rest) if rest.candidates.is_empty() => {
                self.say(&rest.clone(), value.origin, WIDE);
                nodes.push(Node::new(self.places.span(value.origin), Data::String("*".into())));
            }
            Some(rest) => self.say(
                &rest.clone(),
                value.origin,
                "each value that it can have is read, so this rule may permit less than shown",
            ),
            None => {}
        }
        self.list(value.origin, nodes)
    }

    /// A rule, whose arguments are called so and whose fields so.
    pub(super) fn rule(&mut self, value: &Value, fields: [&'static str; 5]) -> Node {
        const FIELDS: [&str; 5] = ["verbs", "apiGroups", "resources", "nonResourceURLs", "resourceNames"];
        let mut entries = Vec::new();
        for (argument, field) in fields.into_iter().zip(FIELDS) {
            let Some(own) = value.get(argument) else { continue };
            let node = if field == "resourceNames" { self.names(own) } else { Some(self.wide(own)) };
            if let Some(node) = node {
                entries.push(self.entry(field, own.origin, node));
            }
        }
        self.map(value.origin, entries)
    }

    /// The rules of a role.
    pub(super) fn rules(&mut self, value: Option<&Value>, origin: Origin, fields: [&'static str; 5]) -> Node {
        let (members, rest) = value.map(Value::possible_members).unwrap_or_default();
        if let Some(rest) = rest.cloned() {
            self.say(&rest, origin, "this role may have other rules than shown");
        }
        let mut rules = Vec::new();
        for own in members {
            match own.as_unknown().cloned() {
                Some(unknown) => self.say(&unknown, own.origin, "this rule is not evaluated"),
                None => rules.push(self.rule(own, fields)),
            }
        }
        self.list(origin, rules)
    }

    /// An object that is written in the words of the API.
    pub(super) fn object(&mut self, value: &Value) -> Node {
        const FIELDS: [&str; 5] = ["verbs", "apiGroups", "resources", "nonResourceURLs", "resourceNames"];
        let Some(members) = value.as_map() else { return self.plain(value) };
        let mut entries = Vec::new();
        for (key, member) in &*members.known {
            let own = &member.value;
            let node = match &**key {
                "rules" if own.first_unknown().is_some() => self.rules(Some(own), own.origin, FIELDS),
                "subjects" if own.first_unknown().is_some() => {
                    const UNKNOWN: &str = "who gets this is not known; it is granted to whoever that is";
                    if let Some(unknown) = own.first_unknown().cloned() {
                        self.say(&unknown, own.origin, UNKNOWN);
                    }
                    let subjects = own.one_or_many().iter().map(|subject| self.plain(subject)).collect();
                    self.list(own.origin, subjects)
                }
                _ => self.plain(own),
            };
            entries.push(self.entry(key, member.key_origin, node));
        }
        self.map(value.origin, entries)
    }

    /// The names of the objects that a rule is about; none when they are not all known, so that it is about all.
    pub(super) fn names(&mut self, value: &Value) -> Option<Node> {
        if let Some(unknown) = value.first_unknown().cloned() {
            let consequence = "this rule is read as one about all objects, so it may permit less than shown";
            self.say(&unknown, value.origin, consequence);
            return None;
        }
        Some(self.plain(value))
    }
}

/// Whether this is the name of an object that the API server makes.
fn is_name(reference: &Reference) -> bool {
    reference.attribute.starts_with("metadata") && reference.attribute.ends_with("name")
}

/// A text that an argument has for certain.
pub(super) fn certain<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    value.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// The cluster-wide name that stands for a resource whose own is not known.
pub(super) fn unnamed(address: &Text) -> String {
    format!("${{{address}}}")
}
