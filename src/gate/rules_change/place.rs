//! Where a rule is written.

use super::super::finding::Side;
use super::Sides;
use crate::access::Place;
use crate::rules::{RuleFile, Rules};
use crate::syntax::{Node, Span, parse};

impl Sides<'_> {
    /// Where a key of the configuration is written: in head's, or else in the target's. What neither writes may stand in
    /// rules that they extend, as far as those are files of the tree.
    pub(super) fn in_config(&self, path: &[&str]) -> Option<(Side, Place)> {
        let of = |side: Side, rules: &Rules| {
            let own = rules.extended.iter().filter(|extended| extended.commit.is_none());
            let files = rules.config_file.iter().chain(own.filter_map(|extended| extended.config_file.as_ref()));
            files.into_iter().find_map(|file| Some((side, Place { file: file.path.clone(), span: key(file, path)? })))
        };
        of(Side::Head, self.head).or_else(|| self.base_places.then(|| of(Side::Base, self.base)).flatten())
    }

    /// A whole file, where head has it.
    pub(super) fn place_of(&self, path: &str) -> Option<(Side, Place)> {
        self.task
            .comparison
            .head
            .get(path)
            .map(|file| (Side::Head, Place { file: file.path.clone(), span: Span::default() }))
    }

    /// Where a duty or a conflict (`what`) is added, overridden or disabled: in head's rulesets, or else in the target's.
    pub(super) fn in_rulesets(&self, what: &str, id: &str) -> Option<(Side, Place)> {
        let of = |side: Side, rules: &Rules| {
            let own = rules.rulesets.iter().rev().filter(|ruleset| !ruleset.built_in);
            own.map(|ruleset| &ruleset.file).find_map(|file| {
                let span = documents(file).iter().rev().find_map(|node| defined(node, what, id))?;
                Some((side, Place { file: file.path.clone(), span }))
            })
        };
        of(Side::Head, self.head).or_else(|| self.base_places.then(|| of(Side::Base, self.base)).flatten())
    }
}

fn documents(file: &RuleFile) -> Vec<Node> {
    parse(&file.bytes).unwrap_or_default()
}

fn key(file: &RuleFile, path: &[&str]) -> Option<Span> {
    let (last, before) = path.split_last()?;
    documents(file).first()?.at(before)?.entry(last).map(|entry| entry.key_span)
}

fn defined(node: &Node, what: &str, id: &str) -> Option<Span> {
    let disabled = node.at(&["disable", what]).and_then(Node::as_list).into_iter().flatten();
    let disabled = disabled.filter(|item| item.as_str() == Some(id)).map(|item| item.span);
    let written = ["override", "add"].into_iter().filter_map(|part| node.at(&[part, what])?.entry(id));
    disabled.chain(written.map(|entry| entry.key_span)).next()
}
