//! Conditions, and what depends on them. What is not known makes a condition open: both of its answers count.

use std::sync::Arc;

use super::evaluate::{Argument, call, fails, one_of};
use super::stacks::{Place, Progress, Stacks};
use crate::facts::{Origin, Text};
use crate::formats::configuration::value::{Kind, Unknown, Value, Why};
use crate::syntax::Node;

/// Whether a condition holds.
#[derive(Debug, Clone)]
pub(super) enum Truth {
    Yes,
    No,
    /// It cannot be told, and why.
    Open(Arc<Unknown>),
}

impl Truth {
    fn of(flag: bool) -> Self {
        if flag { Self::Yes } else { Self::No }
    }

    fn open(why: Why, origin: Origin) -> Self {
        Self::Open(Arc::new(Unknown { why, origin, candidates: Vec::new() }))
    }

    /// Whether both hold; the other is asked only where it matters.
    pub(super) fn and(self, other: impl FnOnce() -> Self) -> Self {
        match self {
            Self::Yes => other(),
            Self::No => Self::No,
            Self::Open(unknown) => match other() {
                Self::No => Self::No,
                Self::Yes | Self::Open(_) => Self::Open(unknown),
            },
        }
    }

    fn not(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            open @ Self::Open(_) => open,
        }
    }
}

impl<'t> Stacks<'t> {
    /// Whether a condition of a stack holds.
    pub(super) fn condition(&self, name: &str, place: &Place<'t>, origin: Origin) -> Truth {
        let key = (place.stack, Text::from(name));
        match self.conditions.borrow().get(&key) {
            Some(Progress::Done(truth)) => return truth.clone(),
            Some(Progress::Open) => return Truth::open(Why::Cycle { name: name.into() }, origin),
            None => {}
        }
        let entries = self.stack(place).map(|stack| stack.template.section("Conditions")).unwrap_or_default();
        let outer = Place { stack: place.stack, loops: None };
        let found = entries.iter().find(|entry| &*entry.key == name).map(|entry| (&entry.value, outer.clone()));
        let found = found.or_else(|| {
            let has_loops = entries.iter().any(|entry| super::repeat::is_loop(&entry.key));
            let turns = if has_loops { self.expand(entries, &outer) } else { Vec::new() };
            turns.into_iter().find(|(own, ..)| &**own == name).map(|(_, _, node, place)| (node, place))
        });
        let Some((node, place)) = found else {
            return Truth::open(Why::Undeclared { name: name.into() }, origin);
        };
        self.conditions.borrow_mut().insert(key.clone(), Progress::Open);
        let truth = self.truth(node, &place);
        self.conditions.borrow_mut().insert(key, Progress::Done(truth.clone()));
        truth
    }

    /// What an expression of a condition says (CloudFormation user guide, "Condition functions").
    fn truth(&self, node: &'t Node, place: &Place<'t>) -> Truth {
        let origin = self.at(place, node.span);
        self.deeper(origin, || self.truth_within(node, place, origin)).unwrap_or_else(Truth::Open)
    }

    fn truth_within(&self, node: &'t Node, place: &Place<'t>, origin: Origin) -> Truth {
        if node.tag.is_none()
            && let Some([entry]) = node.as_map()
            && &*entry.key == "Condition"
        {
            return self.named(&entry.value, place, origin);
        }
        let Some(call) = call(node) else { return of_value(&self.value(node, place), origin) };
        let items = call.argument.items().unwrap_or_default();
        match (call.name, items) {
            ("Condition", _) => self.named(call.argument.node, place, origin),
            ("Not", [one]) => self.truth(one, place).not(),
            ("And", [_, ..]) => self.all(items, place),
            // De Morgan: one holds unless none does.
            ("Or", [_, ..]) => self.none(items, place).not(),
            ("Equals", [left, right]) => {
                let (left, right) = (self.value(left, place), self.value(right, place));
                equal(&left, &right, origin)
            }
            ("Not" | "And" | "Or" | "Equals", _) => {
                let reason = format!("`Fn::{}` has another number of conditions", call.name);
                Truth::open(Why::Fails { reason: reason.into() }, origin)
            }
            _ => of_value(&self.value(node, place), origin),
        }
    }

    fn named(&self, node: &'t Node, place: &Place<'t>, origin: Origin) -> Truth {
        match node.as_str() {
            Some(name) => self.condition(&super::repeat::bound(name, place), place, origin),
            None => Truth::open(Why::Fails { reason: "a condition is named by text".into() }, origin),
        }
    }

    fn all(&self, items: &'t [Node], place: &Place<'t>) -> Truth {
        let mut open = None;
        for item in items {
            match self.truth(item, place) {
                Truth::No => return Truth::No,
                Truth::Open(unknown) => open = open.or(Some(unknown)),
                Truth::Yes => {}
            }
        }
        open.map_or(Truth::Yes, Truth::Open)
    }

    fn none(&self, items: &'t [Node], place: &Place<'t>) -> Truth {
        let mut open = None;
        for item in items {
            match self.truth(item, place) {
                Truth::Yes => return Truth::No,
                Truth::Open(unknown) => open = open.or(Some(unknown)),
                Truth::No => {}
            }
        }
        open.map_or(Truth::Yes, Truth::Open)
    }

    /// `Fn::If`: one of two values.
    pub(super) fn choose(&self, argument: Argument<'t>, place: &Place<'t>, origin: Origin) -> Value {
        let Some([condition, yes, no]) = argument.items() else {
            return fails("`Fn::If` has a condition and two values", origin);
        };
        let truth = match condition.as_str().filter(|_| condition.tag.is_none()) {
            Some(name) => self.condition(&super::repeat::bound(name, place), place, origin),
            None => self.truth(condition, place),
        };
        match truth {
            Truth::Yes => self.value(yes, place),
            Truth::No => self.value(no, place),
            Truth::Open(unknown) => {
                let (yes, no) = (self.value(yes, place), self.value(no, place));
                if yes.kind == no.kind { yes } else { one_of(unknown.why.clone(), vec![yes, no], origin) }
            }
        }
    }
}

fn of_value(value: &Value, origin: Origin) -> Truth {
    match (value.as_bool(), value.first_unknown()) {
        (Some(flag), _) => Truth::of(flag),
        (None, Some(unknown)) => Truth::Open(unknown.bare()),
        (None, None) => {
            let reason = format!("a condition is true or false, and this is {}", value.kind_name());
            Truth::open(Why::Fails { reason: reason.into() }, origin)
        }
    }
}

/// Whether two values are equal: certain where every value that either can have is known, and all or none agree.
fn equal(left: &Value, right: &Value, origin: Origin) -> Truth {
    let texts = |value: &Value| -> Option<Vec<String>> {
        value.candidates().iter().map(|own| own.as_text().map(std::borrow::Cow::into_owned)).collect()
    };
    if let (Some(left), Some(right)) = (texts(left), texts(right)) {
        let agree = |one: &String| right.iter().filter(|other| one == *other).count();
        let pairs: usize = left.iter().map(agree).sum();
        if pairs == 0 {
            return Truth::No;
        }
        if pairs == left.len() * right.len() {
            return Truth::Yes;
        }
    }
    match left.first_unknown().or_else(|| right.first_unknown()) {
        Some(unknown) => Truth::Open(unknown.bare()),
        None => match (&left.kind, &right.kind) {
            (Kind::List(_) | Kind::Map(_), _) | (_, Kind::List(_) | Kind::Map(_)) => {
                Truth::open(Why::Fails { reason: "`Fn::Equals` compares texts".into() }, origin)
            }
            (left, right) => Truth::of(left == right),
        },
    }
}
