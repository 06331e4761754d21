//! Authorizations of roles, instance by instance.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::{AUTHORIZATIONS, Clients, KINDS, LEVELS, each, named};
use crate::facts::scope::{Dimension, Scope, Values};
use crate::facts::{
    Effect, Facts, Fields, Gap, Level, NameRange, Native, Origin, Patterns, PermitFact, Statement, Text, Unresolved,
};
use crate::formats::tables::TableUnit;
use crate::formats::tables::roles::Roles;
use crate::syntax::Span;

/// The object that lets a transaction be started, and its field.
const START: (&str, &str) = ("S_TCODE", "TCD");

/// The field that grades what may be done, and its values that only show.
const ACTIVITY: &str = "ACTVT";
const SHOWS: &[&str] = &["03", "08"];

/// Fields that say where something may be done: organisational levels of the standard delivery.
const ORGANISATION: &[&str] =
    &["BUKRS", "EKGRP", "EKORG", "GSBER", "KKBER", "KOKRS", "LGNUM", "PERSA", "SPART", "VKORG", "VTWEG", "WERKS"];

/// The origin of what is written in many places.
const NOWHERE: Origin = Origin { file: 0, span: Span { start: 0, end: 0 } };

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

/// One authorization while its rows are collected.
struct Instance {
    object: Text,
    authorization: Text,
    /// Each row's field and value; a map of its own would be most of an instance's size.
    rows: Vec<(Text, Value)>,
    origin: Origin,
}

/// The authorizations of one role while its rows are collected.
#[derive(Default)]
struct Open {
    instances: Vec<Instance>,
    /// By object and authorization, where one is in the list.
    known: HashMap<(Text, Text), usize>,
}

impl Open {
    /// The authorization that a row belongs to. Most rows belong to that of the row before.
    fn instance(
        &mut self,
        names: &mut Interner,
        object: &str,
        authorization: &str,
        origin: Origin,
    ) -> Option<&mut Instance> {
        let same = |own: &&mut Instance| &*own.object == object && &*own.authorization == authorization;
        let at = match self.instances.last_mut().filter(same) {
            Some(_) => self.instances.len() - 1,
            None => {
                let key = (names.text(object), Text::from(authorization));
                *self.known.entry(key.clone()).or_insert_with(|| {
                    let (object, authorization) = key;
                    self.instances.push(Instance { object, authorization, rows: Vec::new(), origin });
                    self.instances.len() - 1
                })
            }
        };
        self.instances.get_mut(at)
    }
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

/// Organisational levels: system, role, variable.
type Levels = HashMap<(Text, Text, Text), Patterns>;

/// Reads the authorizations of a unit.
pub(super) fn read(unit: &TableUnit<'_>, clients: &mut Clients, roles: &mut Roles, facts: &mut Facts) {
    let mut names = Interner::default();
    let mut levels = Levels::new();
    each(unit, LEVELS, clients, facts, &mut |system, record, facts| {
        let columns = KINDS.get(LEVELS).and_then(|kind| named(record, kind, [1, 2], facts));
        let Some([role, variable]) = columns else { return };
        let key = (system.clone(), names.text(role), names.text(variable));
        let value = value(&mut names, record.get(3), record.get(4));
        add(levels.entry(key).or_default(), &value);
    });
    // An export has the rows of a role side by side, so that one role at a time has to be kept. Of one that has not,
    // every role is.
    for side_by_side in [true, false] {
        let (mut own, mut admitted) = (Facts::default(), clients.clone());
        let mut reading = Reading::new(&levels, side_by_side);
        if !reading.read(unit, &mut names, &mut admitted, &mut own) {
            continue;
        }
        *clients = admitted;
        let Reading { permits, unknown, .. } = reading;
        for permit in &permits {
            let first = permit.statements.first().map_or(NOWHERE, |(_, origin)| *origin);
            roles.role(&permit.role, first);
        }
        facts.permits.extend(permits);
        facts.unresolved.append(&mut own.unresolved);
        facts.tally.append(&mut own.tally);
        for ((role, variable), (origin, count)) in unknown {
            facts.unresolved.push(Unresolved {
                gap: Gap::Unknown,
                reason: format!("no row of AGR_1252 says what {variable} is for the role {role}"),
                consequence: format!("{count} of its authorizations count as holding everywhere"),
                origin,
            });
        }
        return;
    }
}

/// The authorizations of a unit while they are read.
struct Reading<'l> {
    levels: &'l Levels,
    /// Whether a role is finished where the rows of another one begin.
    side_by_side: bool,
    /// Roles whose rows are being collected; one at most where they stand side by side.
    open: BTreeMap<RoleName, Open>,
    finished: HashSet<RoleName>,
    /// Derived roles repeat the authorizations of the role that they come from.
    shared: HashSet<Arc<Statement>>,
    permits: Vec<PermitFact>,
    /// Variables without a value, by role: the first authorization with one, and how many there are.
    unknown: BTreeMap<(Text, Text), (Origin, u64)>,
}

/// A role's system and name.
type RoleName = (Text, Text);

impl<'l> Reading<'l> {
    fn new(levels: &'l Levels, side_by_side: bool) -> Self {
        Self {
            levels,
            side_by_side,
            open: BTreeMap::new(),
            finished: HashSet::new(),
            shared: HashSet::new(),
            permits: Vec::new(),
            unknown: BTreeMap::new(),
        }
    }

    /// Reads the rows; `false` where those of a role do not stand side by side and must.
    fn read(&mut self, unit: &TableUnit<'_>, names: &mut Interner, clients: &mut Clients, facts: &mut Facts) -> bool {
        let mut scattered = false;
        let mut last: Option<RoleName> = None;
        each(unit, AUTHORIZATIONS, clients, facts, &mut |system, record, facts| {
            let columns = KINDS.get(AUTHORIZATIONS).and_then(|kind| named(record, kind, [1, 2, 3, 4], facts));
            let Some([role, object, authorization, field]) = columns else { return };
            // What was deleted in the role's maintenance stays in the table and gives nothing.
            if scattered || record.get(7).eq_ignore_ascii_case("X") {
                return;
            }
            if last.as_ref().is_none_or(|(own, name)| own != system || &**name != role) {
                let next = (system.clone(), names.text(role));
                if self.side_by_side {
                    self.finish();
                    scattered = self.finished.contains(&next);
                }
                last = Some(next);
            }
            let Some(name) = &last else { return };
            let open = match self.open.get_mut(name) {
                Some(open) => open,
                None => self.open.entry(name.clone()).or_default(),
            };
            let value = value(names, record.get(5), record.get(6));
            if let Some(instance) = open.instance(names, object, authorization, record.origin()) {
                instance.rows.push((names.text(field), value));
            }
        });
        self.finish();
        !scattered
    }

    /// Makes each authorization of the open roles a statement.
    fn finish(&mut self) {
        for (name, open) in std::mem::take(&mut self.open) {
            let statements = open.instances.iter().map(|instance| (self.shared(&name, instance), instance.origin));
            let statements: Vec<_> = statements.collect();
            self.permits.push(PermitFact { role: Native::new(name.0.clone(), name.1.clone()), statements });
            self.finished.insert(name);
        }
    }

    fn shared(&mut self, role: &RoleName, instance: &Instance) -> Arc<Statement> {
        let fresh = self.statement(role, instance);
        if let Some(known) = self.shared.get(&fresh) {
            return known.clone();
        }
        let fresh = Arc::new(fresh);
        self.shared.insert(fresh.clone());
        fresh
    }

    fn statement(&mut self, (system, role): &RoleName, instance: &Instance) -> Statement {
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
                let key = (system.clone(), role.clone(), variable.clone());
                match self.levels.get(&key) {
                    Some(level) => {
                        own.list.extend(level.list.iter().cloned());
                        own.ranges.extend(level.ranges.iter().cloned());
                    }
                    None => {
                        known = false;
                        let first = self.unknown.entry((role.clone(), variable.clone()));
                        first.or_insert((instance.origin, 0)).1 += 1;
                        own.list.push("*".into());
                    }
                }
            }
            if let (true, true, Some(values)) = (organisation, known, places(&own)) {
                scope = scope.with(Dimension(field.clone()), values);
            }
            fields.insert(field.clone(), own);
        }
        let (actions, resources) = if *instance.object == *START.0 {
            // A start without a code starts nothing. Its fields stay beside it, so that a start never is an object.
            (fields.get(START.1).map(transactions).unwrap_or_default(), Patterns::of([START.1]))
        } else {
            (Patterns::of([instance.object.clone()]), Patterns::any())
        };
        Statement {
            effect: Effect::Allow,
            actions,
            resources,
            level: level(&fields),
            conditions: Vec::new(),
            scope,
            fields: Some(Arc::new(fields)),
            // Where each role has it is told beside it.
            origin: NOWHERE,
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
