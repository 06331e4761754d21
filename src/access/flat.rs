//! Roles inside roles: everything a container holds, each with the shortest way down as proof.

use std::collections::{HashSet, VecDeque};

use super::graph::{ContainerId, Graph};

/// A container inside another, and how it got there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Inner {
    /// The container.
    pub container: ContainerId,
    /// The place in the list of the one that includes it; `None` for the outermost.
    pub parent: Option<u32>,
    /// Which of the parent's includes it is.
    pub include: u32,
}

/// A container and everything inside it, breadth first; each container once, so cycles end.
#[must_use]
pub fn flatten(graph: &Graph, outermost: ContainerId) -> Vec<Inner> {
    let mut all = vec![Inner { container: outermost, parent: None, include: 0 }];
    if graph.container(outermost).is_none_or(|container| container.includes.is_empty()) {
        return all;
    }
    let mut seen = HashSet::from([outermost]);
    let mut open = VecDeque::from([0u32]);
    while let Some(at) = open.pop_front() {
        let Some(container) = graph.container(all[at as usize].container) else { continue };
        for (include, (inner, _)) in (0u32..).zip(&container.includes) {
            if seen.insert(*inner) {
                open.push_back(u32::try_from(all.len()).unwrap_or(u32::MAX));
                all.push(Inner { container: *inner, parent: Some(at), include });
            }
        }
    }
    all
}
