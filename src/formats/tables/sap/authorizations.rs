//! Authorizations of roles, instance by instance.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::{AUTHORIZATIONS, Clients, KINDS, LEVELS, each, named};
use crate::facts::scope::{Dimension, Scope, Values};
use crate::facts::{
    Effect, Facts, Fields, Gap, Level, NameRange, Native, Origin, Patterns, Statement, Text, Unresolved,
};
use crate::formats::tables::TableUnit;
use crate::formats::tables::roles::Roles;

/// The object that lets a transaction be started, and its field.
const START: (&str, &str) = ("S_TCODE", "TCD");

/// The field that grades what may be done, and its values that only show.
const ACTIVITY: &str = "ACTVT";
const SHOWS: &[&str] = &["03", "08"];

/// Fields that say where something may be done: organisational levels of the standard delivery.
const ORGANISATION: &[&str] =
    &["BUKRS", "EKGRP", "EKORG", "GSBER", "KKBER", "KOKRS", "LGNUM", "PERSA", "SPART", "VKORG", "VTWEG", "WERKS"];

/// Texts that many rows repeat, each kept once.
#[derive(Default)]
struct Interner(HashSet<Text>);

impl Interner {
    fn text(&mut self, written: &str) -> Text {
        if let Some(known) = self.0.get(written) {
            return known.clone();
        }
        let fresh = Text::from(written);
        self.0.insert(fresh.clone());
        fresh
    }
}

/// What makes rows one authorization.
#[derive(PartialEq, Eq, PartialOrd, Ord, Hash, Clone)]
struct Key {
    system: Text,
    role: Text,
    object: Text,
    authorization: Text,
}

/// One authorization while its rows are collected.
struct Instance {
    key: Key,
    /// Each row's field and value; a map of its own would be most of an instance's size.
    rows: Vec<(Text, Value)>,
    origin: Origin,
}

/// One row's value.
#[derive(Clone)]
enum Value {
    /// A value, or with `*` at its end all that start so.
    One(Text),
    /// From one value to another.
    Range(NameRange),
    /// The organisational level of the role of this name, such as `$BUKRS`.
    Level(Text),
}

/// All authorizations of a unit, in the order of the rows.
pub(super) struct Authorizations {
    instances: Vec<Instance>,
    levels: HashMap<(Text, Text, Text), Patterns>,
}

impl Authorizations {
    pub(super) fn read(unit: &TableUnit<'_>, clients: &mut Clients, facts: &mut Facts) -> Self {
        let mut names = Interner::default();
        let mut levels: HashMap<(Text, Text, Text), Patterns> = HashMap::new();
        each(unit, LEVELS, clients, facts, &mut |system, record, facts| {
            let columns = KINDS.get(LEVELS).and_then(|kind| named(record, kind, [1, 2], facts));
            let Some([role, variable]) = columns else { return };
            let key = (system.clone(), names.text(role), names.text(variable));
            let value = value(&mut names, record.get(3), record.get(4));
            add(levels.entry(key).or_default(), &value);
        });
        let mut instances: Vec<Instance> = Vec::new();
        let mut known: HashMap<Key, usize> = HashMap::new();
        each(unit, AUTHORIZATIONS, clients, facts, &mut |system, record, facts| {
            let columns = KINDS.get(AUTHORIZATIONS).and_then(|kind| named(record, kind, [1, 2, 3, 4], facts));
            let Some([role, object, authorization, field]) = columns else { return };
            // What was deleted in the role's maintenance stays in the table and gives nothing.
            if record.get(7).eq_ignore_ascii_case("X") {
                return;
            }
            let key = Key {
                system: system.clone(),
                role: names.text(role),
                object: names.text(object),
                authorization: names.text(authorization),
            };
            let value = value(&mut names, record.get(5), record.get(6));
            let number = *known.entry(key.clone()).or_insert_with(|| {
                instances.push(Instance { key, rows: Vec::new(), origin: record.origin() });
                instances.len() - 1
            });
            if let Some(instance) = instances.get_mut(number) {
                instance.rows.push((names.text(field), value));
            }
        });
        Self { instances, levels }
    }

    /// Makes each authorization a statement of its role.
    pub(super) fn finish(self, roles: &mut Roles, facts: &mut Facts) {
        let mut unknown: BTreeMap<(Text, Text), (Origin, u64)> = BTreeMap::new();
        // Derived roles repeat the authorizations of the role that they come from.
        let mut shared: HashSet<Arc<Fields>> = HashSet::new();
        for instance in &self.instances {
            let id = Native::new(instance.key.system.clone(), instance.key.role.clone());
            let mut statement = self.statement(instance, &mut |variable| {
                let first = unknown.entry((instance.key.role.clone(), variable.clone()));
                first.or_insert((instance.origin, 0)).1 += 1;
            });
            if let Some(fields) = &mut statement.fields {
                match shared.get(fields) {
                    Some(known) => *fields = known.clone(),
                    None => {
                        shared.insert(fields.clone());
                    }
                }
            }
            roles.role(&id, instance.origin).statements.push(statement);
        }
        for ((role, variable), (origin, count)) in unknown {
            facts.unresolved.push(Unresolved {
                gap: Gap::Unknown,
                reason: format!("no row of AGR_1252 says what {variable} is for the role {role}"),
                consequence: format!("{count} of its authorizations count as holding everywhere"),
                origin,
            });
        }
    }

    fn statement(&self, instance: &Instance, unknown: &mut dyn FnMut(&Text)) -> Statement {
        let mut scope = Scope::unknown();
        let mut fields = Fields::new();
        let mut rows: BTreeMap<&Text, Vec<&Value>> = BTreeMap::new();
        for (field, value) in &instance.rows {
            rows.entry(field).or_default().push(value);
        }
        for (field, values) in rows {
            let mut own = Patterns::default();
            let mut organisation = ORGANISATION.contains(&&**field);
            let mut known = true;
            for value in values {
                let Value::Level(variable) = value else {
                    add(&mut own, value);
                    continue;
                };
                organisation = true;
                let key = (instance.key.system.clone(), instance.key.role.clone(), variable.clone());
                match self.levels.get(&key) {
                    Some(level) => {
                        own.list.extend(level.list.iter().cloned());
                        own.ranges.extend(level.ranges.iter().cloned());
                    }
                    None => {
                        known = false;
                        unknown(variable);
                        own.list.push("*".into());
                    }
                }
            }
            if let (true, true, Some(values)) = (organisation, known, places(&own)) {
                scope = scope.with(Dimension(field.clone()), values);
            }
            fields.insert(field.clone(), own);
        }
        let (actions, resources) = if *instance.key.object == *START.0 {
            // A start without a code starts nothing. Its fields stay beside it, so that a start never is an object.
            (fields.get(START.1).map(transactions).unwrap_or_default(), Patterns::of([START.1]))
        } else {
            (Patterns::of([instance.key.object.clone()]), Patterns::any())
        };
        Statement {
            effect: Effect::Allow,
            actions,
            resources,
            level: level(&fields),
            conditions: Vec::new(),
            scope,
            fields: Some(Arc::new(fields)),
            origin: instance.origin,
        }
    }
}

/// The transactions that values name. Bindings name roles and profiles of SAP's own too, all of which begin with `SAP_`
/// as no transaction does: what ranges over transactions leaves them out, and so whoever may start every transaction
/// does not hold `SAP_ALL`.
fn transactions(codes: &Patterns) -> Patterns {
    let mut found = Patterns::default();
    let spans = codes.list.iter().filter_map(|code| {
        let prefix = code.strip_suffix('*')?;
        Some((Text::from(prefix), code.clone()))
    });
    found.list.extend(codes.list.iter().filter(|code| !code.ends_with('*')).cloned());
    for (low, high) in spans.chain(codes.ranges.iter().map(|range| (range.low.clone(), range.high.clone()))) {
        // `^` and the grave accent stand beside `_` in the order of characters.
        let (before, behind) = (Text::from("SAP^*"), Text::from("SAP`"));
        let first = NameRange { low: low.clone(), high: if top(&high) < top(&before) { high.clone() } else { before } };
        let second = NameRange { low: if low < behind { behind } else { low }, high };
        found.ranges.extend([first, second].into_iter().filter(|range| &*range.low <= top(&range.high).as_str()));
    }
    found
}

/// The last name of a range, to compare: with a `*` at its end, beyond every name that starts so.
fn top(high: &str) -> String {
    high.strip_suffix('*').map_or_else(|| high.to_owned(), |prefix| format!("{prefix}\u{10FFFF}"))
}

/// `View` of an authorization whose activities only show; none where they do more or nothing is said of them.
fn level(fields: &Fields) -> Option<Level> {
    let activities = fields.get(ACTIVITY)?;
    let shows = activities.ranges.is_empty() && activities.list.iter().all(|own| SHOWS.contains(&&**own));
    shows.then_some(Level::View)
}

/// The places that values name; none where they name more than can be listed, which counts as everywhere.
fn places(values: &Patterns) -> Option<Values> {
    if values.list.iter().any(|value| &**value == "*") {
        return Some(Values::All);
    }
    let listed = values.ranges.is_empty() && values.list.iter().all(|value| !value.contains('*'));
    listed.then(|| Values::of(values.list.iter().filter(|value| !value.is_empty())))
}

fn value(names: &mut Interner, low: &str, high: &str) -> Value {
    // A blank value is written between apostrophes.
    let bare = |text: &str| text.trim_matches('\'').trim().to_owned();
    match (low, high) {
        (low, "") if low.starts_with('$') => Value::Level(names.text(low)),
        (low, "") => Value::One(names.text(&bare(low))),
        (low, high) => Value::Range(NameRange { low: names.text(&bare(low)), high: names.text(&bare(high)) }),
    }
}

fn add(patterns: &mut Patterns, value: &Value) {
    match value {
        Value::One(text) | Value::Level(text) => patterns.list.push(text.clone()),
        Value::Range(range) => patterns.ranges.push(range.clone()),
    }
}
