//! Workflows as trees, their facts in `testdata/formats/actions-*/facts.snap`, and what expressions come to.

use proptest::prelude::*;

use super::expressions::{Known, Scope};
use super::*;
use crate::facts::Origin;
use crate::formats::trees::run_trees;
use crate::syntax::Span;

#[test]
fn cases() {
    run_trees("actions-*", &[FORMAT.name]);
}

const HERE: Origin = Origin { file: 0, span: Span { start: 0, end: 0 } };

fn known(texts: &[&str]) -> Known {
    Known {
        texts: texts.iter().map(|own| Text::from(*own)).collect(),
        secrets: Vec::new(),
        unknown: None,
        origin: HERE,
    }
}

fn value(text: &str) -> Known {
    let env = Names::from([("A".into(), known(&["x"])), ("B".into(), known(&["y", "z"]))]);
    let inputs = Names::from([("in".into(), known(&["i"]))]);
    let secrets = Names::from([("given".into(), Known { secrets: vec!["OUTER".into()], ..known(&[]) })]);
    let empty = Names::new();
    let scope = Scope { env: &env, inputs: &inputs, secrets: &secrets, matrix: &empty };
    scope.value(&Node::new(Span::default(), crate::syntax::Value::String(text.into())), HERE)
}

#[test]
fn texts_come_to_what_is_known_of_them() {
    for (text, texts) in [
        ("plain", &["plain"][..]),
        ("a-${{ env.A }}-${{inputs.in}}", &["a-x-i"]),
        ("${{ env.B }}/${{ env.B }}", &["y/y", "y/z", "z/y", "z/z"]),
        ("${{ 'it''s' }}", &["it's"]),
        ("${{ github.event.inputs.in }}", &["i"]),
        ("${{ vars.X || 'default' }}", &["default"]),
        ("${{ env.A || env.B }}", &["x", "y", "z"]),
        ("open ${{ env.A", &["open x"]),
    ] {
        assert_eq!(value(text).texts, texts.iter().map(|own| Text::from(*own)).collect::<Vec<_>>(), "{text}");
    }
}

#[test]
fn what_is_not_known_says_what_it_is_and_secrets_are_named() {
    assert_eq!(value("${{ vars.ROLE }}").unknown.as_deref(), Some("vars.ROLE"));
    assert_eq!(value("a${{ format('{0}', env.A) }}").unknown.as_deref(), Some("format('{0}', env.A)"));
    assert_eq!(value("${{ secrets.KEY }}").secrets, [Text::from("KEY")]);
    assert_eq!(value("${{ secrets.given }}").secrets, [Text::from("OUTER")]);
    assert_eq!(value("${{ secrets.GITHUB_TOKEN }}").secrets, [] as [Text; 0]);
    assert!(value("${{ vars.ROLE }}").texts.is_empty());
}

proptest! {
    /// Whatever is written, what it comes to is bounded, and says the same twice.
    #[test]
    fn any_text_comes_to_something(text in "(\\$\\{\\{|\\}\\}|env\\.B|secrets\\.K|\\|\\||'| |a){0,40}") {
        let found = value(&text);
        prop_assert!(found.texts.len() <= 64);
        prop_assert_eq!(value(&text), found);
    }
}
