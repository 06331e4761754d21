//! What the files of a pipeline say together: values that know which file wrote them.

use std::collections::BTreeMap;

use crate::facts::{Origin, Text};
use crate::syntax::{Node, Value};

/// A value with where it is written.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tree {
    pub(super) origin: Origin,
    pub(super) what: What,
}

/// What a [`Tree`] holds.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum What {
    /// A text, number or truth value, as text; nothing for null.
    Scalar(Option<Text>),
    List(Vec<Tree>),
    Map(Members),
    /// `!reference [job, key …]`: what stands there.
    Reference(Vec<Text>),
}

/// One key and its value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Member {
    pub(super) key: Text,
    pub(super) origin: Origin,
    pub(super) value: Tree,
}

/// The members of a map, in order and by key.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Members {
    list: Vec<Member>,
    places: BTreeMap<Text, usize>,
}

impl Members {
    fn get(&self, key: &str) -> Option<&Member> {
        self.places.get(key).and_then(|at| self.list.get(*at))
    }

    fn get_mut(&mut self, key: &str) -> Option<&mut Member> {
        self.places.get(key).and_then(|at| self.list.get_mut(*at))
    }

    fn push(&mut self, member: Member) {
        self.places.entry(member.key.clone()).or_insert(self.list.len());
        self.list.push(member);
    }
}

impl FromIterator<Member> for Members {
    fn from_iter<I: IntoIterator<Item = Member>>(members: I) -> Self {
        let mut all = Self::default();
        members.into_iter().for_each(|member| all.push(member));
        all
    }
}

impl Tree {
    /// What a file says; every value costs one of the budget, and nothing follows when that is used up.
    pub(super) fn of(node: &Node, file: u32, budget: &mut usize) -> Self {
        let origin = Origin { file, span: node.span };
        if *budget == 0 {
            return Self { origin, what: What::Scalar(None) };
        }
        *budget -= 1;
        let what = match &node.value {
            Value::List(items) if node.tag.as_deref() == Some("!reference") => {
                What::Reference(items.iter().filter_map(Node::as_text).map(Text::from).collect())
            }
            Value::List(items) => What::List(items.iter().map(|item| Self::of(item, file, budget)).collect()),
            Value::Map(entries) => What::Map(
                entries
                    .iter()
                    .map(|entry| Member {
                        key: Text::from(&*entry.key),
                        origin: Origin { file, span: entry.key_span },
                        value: Self::of(&entry.value, file, budget),
                    })
                    .collect(),
            ),
            Value::Null => What::Scalar(None),
            Value::Bool(flag) => What::Scalar(Some(flag.to_string().into())),
            Value::Number(text) | Value::String(text) => What::Scalar(Some(Text::from(&**text))),
        };
        Self { origin, what }
    }

    pub(super) fn members(&self) -> &[Member] {
        match &self.what {
            What::Map(members) => &members.list,
            _ => &[],
        }
    }

    pub(super) fn member(&self, key: &str) -> Option<&Member> {
        match &self.what {
            What::Map(members) => members.get(key),
            _ => None,
        }
    }

    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        self.member(key).map(|own| &own.value)
    }

    pub(super) fn as_text(&self) -> Option<&Text> {
        match &self.what {
            What::Scalar(text) => text.as_ref(),
            _ => None,
        }
    }

    /// The elements of a list, or this itself.
    pub(super) fn one_or_many(&self) -> &[Self] {
        match &self.what {
            What::List(items) => items,
            What::Scalar(None) => &[],
            _ => std::slice::from_ref(self),
        }
    }

    /// How much there is.
    pub(super) fn size(&self) -> usize {
        match &self.what {
            What::List(items) => 1 + items.iter().map(Self::size).sum::<usize>(),
            What::Map(members) => 1 + members.list.iter().map(|own| own.value.size()).sum::<usize>(),
            What::Scalar(_) | What::Reference(_) => 1,
        }
    }

    /// Lays this under another: maps are joined key by key, and anything else is what the other says ("Merge method for
    /// `include`", and `extends`).
    pub(super) fn under(self, over: Self) -> Self {
        match (self.what, over.what) {
            (What::Map(mut below), What::Map(above)) => {
                for member in above.list {
                    match below.get_mut(&member.key) {
                        Some(own) => {
                            let before = std::mem::replace(
                                &mut own.value,
                                Self { origin: member.origin, what: What::Scalar(None) },
                            );
                            own.origin = member.origin;
                            own.value = before.under(member.value);
                        }
                        None => below.push(member),
                    }
                }
                Self { origin: over.origin, what: What::Map(below) }
            }
            (_, what) => Self { origin: over.origin, what },
        }
    }
}
