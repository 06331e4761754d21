//! Histories are judged against slow, obvious ways to the same answers, and against what other tools answer.

mod bounds;
mod exposures;
mod intervals;
mod landings;
mod observed;
mod owners;
mod period;
mod population;
mod records;
mod sample;

use super::{Frame, Item, Offset, Period, Population, PopulationKind};

/// The document that says how a sample is drawn, with its example.
const DOCUMENT: &str = include_str!("../../../docs/sampling.md");

/// The one block of code in the document that begins so.
fn block(begins: &str) -> &'static str {
    let blocks = DOCUMENT.split("\n```").skip(1).step_by(2).filter_map(|block| block.split_once('\n'));
    let found: Vec<&str> = blocks.map(|(_, block)| block).filter(|block| block.starts_with(begins)).collect();
    let [one] = found.as_slice() else { panic!("{} blocks begin with {begins}", found.len()) };
    one
}

fn frame() -> Frame {
    Frame {
        kind: PopulationKind::Merges,
        period: Period::parse("2026Q4", Offset::UTC).unwrap(),
        repository: "github.com/acme/access".to_owned(),
        branch: "main".to_owned(),
        tip: "89aa31cbad1e06023bdbb7bbcd521cebdd0699b9".to_owned(),
    }
}

/// An item in the fourth quarter of 2026.
fn item(id: impl Into<String>) -> Item {
    Item::new(id, 1_793_000_000, "Give a role")
}

fn frozen(ids: impl IntoIterator<Item = impl Into<String>>) -> Population {
    Population::freeze(frame(), ids.into_iter().map(item).collect()).unwrap()
}
