//! The change of every case, against the same with everybody looked at.

use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::*;
use crate::gate::judging::{AS_OF, Opened};

/// The cases that have a base and can be read.
fn cases() -> Vec<(PathBuf, Opened)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    let mut folders: Vec<PathBuf> = ["bypass", "check"]
        .iter()
        .flat_map(|name| std::fs::read_dir(root.join(name)).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("base").is_dir())
        .collect();
    folders.push(root.join("acme"));
    folders.sort();
    let opened = folders.into_par_iter().filter_map(|folder| Some((folder.clone(), Opened::case(&folder).ok()?)));
    opened.collect()
}

/// Everybody of two graphs, as if everything differed.
pub(super) fn everything(base: &Graph, head: &Graph) -> Touched {
    let mut all = touched(base, head);
    all.any = true;
    for graph in [base, head] {
        let principals = graph.principals().into_iter().filter_map(|(id, _)| graph.node(id));
        all.principals.extend(principals.map(|node| node.holder.clone()));
    }
    all
}

fn told(change: &AccessChange) -> String {
    let AccessChange { duties, conflicts, escalations, permissions, beside, not_told, .. } = change;
    format!("{duties:#?}{conflicts:#?}{escalations:#?}{permissions:#?}{beside:#?}{not_told:#?}")
}

fn of(opened: &Opened, whom: Whom) -> Option<AccessChange> {
    change(&opened.comparison, &opened.rules, AS_OF, whom).ok()
}

#[test]
fn whoever_is_not_touched_holds_the_same() {
    let all = cases();
    assert!(all.len() > 20, "{} cases", all.len());
    all.par_iter().for_each(|(folder, opened)| {
        let touched = of(opened, Whom::Touched).map(|change| told(&change));
        let everybody = of(opened, Whom::Everybody).map(|change| told(&change));
        assert!(touched == everybody, "{}", folder.display());
    });
}

#[test]
fn a_tree_differs_from_itself_in_nothing() {
    cases().par_iter().for_each(|(folder, opened)| {
        let itself = Comparison { base: Some(opened.comparison.head.clone()), ..opened.comparison.clone() };
        let change = change(&itself, &opened.rules, AS_OF, Whom::Everybody).unwrap();
        assert_eq!(told(&change), told(&AccessChange::default()), "{}", folder.display());
        assert_eq!((change.told_now, change.rules), (0, RulesTouched::default()), "{}", folder.display());
    });
}

#[test]
fn there_and_back_gains_what_it_loses() {
    cases().par_iter().for_each(|(folder, opened)| {
        let (Some(base), head) = (&opened.comparison.base, &opened.comparison.head) else { return };
        let back = Comparison { base: Some(head.clone()), head: base.clone(), ..opened.comparison.clone() };
        let systems = |tree: &AccessChange| tree.rules.systems.is_empty();
        let there = change(&opened.comparison, &opened.rules, AS_OF, Whom::Touched).unwrap();
        let back = change(&back, &opened.rules, AS_OF, Whom::Touched).unwrap();
        // Where systems are described otherwise, each way stands under another description.
        if !systems(&there) || !systems(&back) {
            return;
        }
        // Whoever has an account on either side has it on both, by head's word; there and back that is not the same.
        if there.beside.iter().any(|own| own.kind == BesideKind::Owner) {
            return;
        }
        let lists = |change: &AccessChange, lost: bool| {
            let is = |shift: &crate::duties::Shift| match shift {
                crate::duties::Shift::Gained => !lost,
                crate::duties::Shift::Lost => lost,
                crate::duties::Shift::Changed(_) => true,
            };
            let duties = change.duties.iter().filter(|own| is(&own.shift));
            let conflicts = change.conflicts.iter().filter(|own| is(&own.shift));
            let escalations = change.escalations.iter().filter(|own| is(&own.shift));
            let mut all: Vec<String> = duties.map(|own| format!("{} {} {}", own.who, own.duty, own.system)).collect();
            all.extend(conflicts.map(|own| format!("{} {} {:?}", own.who, own.conflict, own.systems)));
            all.extend(escalations.map(|own| format!("{} {}", own.who, own.system)));
            all
        };
        assert_eq!(lists(&there, false), lists(&back, true), "{}", folder.display());
        assert_eq!(lists(&there, true), lists(&back, false), "{}", folder.display());
    });
}
