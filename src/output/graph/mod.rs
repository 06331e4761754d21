//! Who reaches what by which way, as a picture: one small document between the graph and its renderers.

mod dot;
mod html;
mod layout;
mod mermaid;
mod svg;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use super::words::{count, list};
use crate::duties::Certainty;
use crate::facts::Holder;
use crate::gate::{Hop, Stop, Trail};

pub use self::dot::picture_dot;
pub use self::html::picture_html;
pub use self::mermaid::picture_mermaid;
pub use self::svg::picture_svg;

/// Most nodes of one lane. More cannot be read; what is left out is counted.
const NODES: usize = 48;
/// Most conditions that a line names.
const CONDITIONS: usize = 2;

/// A picture: lanes below each other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Picture {
    /// What it shows, in a few words.
    pub title: String,
    /// The same in a sentence, for whoever cannot see it.
    pub description: String,
    /// The lanes, such as the legs of a conflict.
    pub lanes: Vec<Lane>,
}

/// Ways that are drawn together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lane {
    /// What it shows; empty where the picture's title says it.
    pub title: String,
    /// What stands in it. The first ones are where ways begin.
    pub nodes: Vec<PictureNode>,
    /// What leads from one to another.
    pub edges: Vec<PictureEdge>,
    /// What is not drawn, in words; empty when all is.
    pub left_out: String,
}

/// In which column something stands at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// A person, a service identity; whoever is asked about.
    Principal,
    /// An account.
    Account,
    /// A group.
    Group,
    /// A role.
    Role,
    /// A duty.
    Duty,
}

/// One thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PictureNode {
    /// In which column.
    pub layer: Layer,
    /// What it is: `person`, `role in sap-prod`, `privileged duty in kubernetes:prod`.
    pub kind: String,
    /// What it is called.
    pub name: String,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PictureEdge {
    /// From which node.
    pub from: usize,
    /// To which one.
    pub to: usize,
    /// What stands between.
    pub label: String,
    /// Where it is written: `grants.yaml:3`. Empty for what a system brings along.
    pub at: String,
    /// Whether every way through it is uncertain or conditional.
    pub doubtful: bool,
}

/// Draws ways together: what they share is drawn once. `at` names the place of a hop; `what` names what is counted.
#[must_use]
pub fn lane(title: &str, trails: &[Trail], at: &dyn Fn(&Hop) -> String, what: (&str, &str)) -> Lane {
    let mut drawing = Drawing { lane: Lane { title: title.to_owned(), ..Lane::default() }, ..Drawing::default() };
    let mut left_out = 0;
    for trail in trails {
        if drawing.new_nodes(trail) + drawing.lane.nodes.len() > NODES && !drawing.lane.nodes.is_empty() {
            left_out += 1;
        } else {
            drawing.add(trail, at);
        }
    }
    if left_out > 0 {
        drawing.lane.left_out = format!("and {} that is not drawn", count(left_out, what.0, what.1));
        if left_out > 1 {
            drawing.lane.left_out = format!("and {} that are not drawn", count(left_out, what.0, what.1));
        }
    }
    drawing.lane
}

#[derive(Default)]
struct Drawing {
    lane: Lane,
    nodes: BTreeMap<Stop, usize>,
    edges: BTreeMap<(usize, usize, String, String), usize>,
}

impl Drawing {
    fn new_nodes(&self, trail: &Trail) -> usize {
        let stops = trail.hops.iter().flat_map(|hop| [&hop.from, &hop.to]);
        stops.filter(|stop| !self.nodes.contains_key(*stop)).collect::<std::collections::BTreeSet<_>>().len()
    }

    fn node(&mut self, stop: &Stop) -> usize {
        if let Some(known) = self.nodes.get(stop) {
            return *known;
        }
        let number = self.lane.nodes.len();
        let (layer, kind, name) = match stop {
            Stop::Holder(Holder::Person(id)) => (Layer::Principal, "person".to_owned(), id.to_string()),
            Stop::Holder(Holder::Service(id)) => (Layer::Principal, "service identity".to_owned(), id.to_string()),
            Stop::Holder(Holder::Account(native)) => {
                (Layer::Account, format!("account in {}", native.system), native.name.to_string())
            }
            Stop::Holder(Holder::Group(native)) => {
                (Layer::Group, format!("group in {}", native.system), native.name.to_string())
            }
            Stop::Role { name, system, .. } => (Layer::Role, format!("role in {system}"), name.to_string()),
            Stop::Duty { id, title, system, privileged } => {
                let kind = if *privileged { "privileged duty" } else { "duty" };
                (Layer::Duty, format!("{kind} in {system}"), format!("{id} {title}"))
            }
        };
        self.lane.nodes.push(PictureNode { layer, kind, name });
        self.nodes.insert(stop.clone(), number);
        number
    }

    fn add(&mut self, trail: &Trail, at: &dyn Fn(&Hop) -> String) {
        let last = trail.hops.len().saturating_sub(1);
        let doubtful = trail.certainty != Certainty::Certain;
        for (number, hop) in trail.hops.iter().enumerate() {
            let (from, to) = (self.node(&hop.from), self.node(&hop.to));
            let mut label = hop.verb.clone();
            if number == last && doubtful {
                let why = list(&trail.conditions, CONDITIONS);
                let word = match trail.certainty {
                    Certainty::Conditional => "only if",
                    _ => "cannot be told for sure:",
                };
                label = if why.is_empty() { format!("{label} (uncertain)") } else { format!("{label} ({word} {why})") };
            }
            let key = (from, to, label.clone(), at(hop));
            if let Some(edge) = self.edges.get(&key).and_then(|known| self.lane.edges.get_mut(*known)) {
                edge.doubtful &= doubtful;
                continue;
            }
            let place = key.3.clone();
            self.edges.insert(key, self.lane.edges.len());
            self.lane.edges.push(PictureEdge { from, to, label, at: place, doubtful });
        }
    }
}

/// A text in one line, without signs that have no shape or turn what stands beside them.
fn shown(text: &str) -> String {
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{61c}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
            // Not even XML may hold these.
            || matches!(c, '\u{fffe}' | '\u{ffff}')
    };
    let tame = |c: char| match c {
        '\n' | '\r' | '\t' => ' ',
        c if hidden(c) => char::REPLACEMENT_CHARACTER,
        c => c,
    };
    text.chars().map(tame).collect()
}

/// Text as XML and HTML take it.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in shown(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}
