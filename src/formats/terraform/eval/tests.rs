//! Expressions and functions, against what the language's documentation says of them.

mod console;
mod functions;
mod modules;
mod properties;
mod unknowns;

use std::sync::{Arc, LazyLock};

use super::*;
use crate::facts::Text;
use crate::formats::configuration::value::{Part, number_text};
use crate::formats::documents::{Documents, Language};
use crate::formats::trees::tree;
use crate::rules::Rules;
use crate::store::Digest;

fn parse(path: &str, bytes: &[u8], _digest: Digest) -> Arc<Documents> {
    Arc::new(Documents::parse(Language::of(path), bytes))
}

/// Does something with the files of a tree.
pub(super) fn with_files<T>(files: &[(&str, &str)], work: impl FnOnce(&Files<'_>) -> T) -> T {
    static RULES: LazyLock<Rules> = LazyLock::new(|| Rules::built_in().unwrap());
    work(&Files::new(&tree(files), &RULES, &parse))
}

/// The configuration whose root is the root of a tree.
pub(super) fn evaluate(files: &[(&str, &str)]) -> Configuration {
    with_files(files, |files| configuration(files, "").unwrap())
}

/// The value of `local.x` in the root module of a tree.
fn local(files: &[(&str, &str)]) -> Value {
    with_files(files, |files| {
        let evaluator = Evaluator::new(files);
        let module = evaluator.module("").unwrap();
        let inputs = Inputs::Root(BTreeMap::new());
        let root = Rc::new(Instance::new(module, "".into(), Arc::from([]), Arc::from([]), inputs, None));
        evaluator.local(&root, &Text::from("x"), Origin { file: 0, span: Span::default() })
    })
}

/// The value of one expression, as text.
fn shown(expression: &str) -> String {
    show(&local(&[("main.tf", &format!("locals {{\n x = {expression}\n}}\n"))]))
}

/// A value in the language's own notation; what is not known stands in angle brackets, and `...` after what may be more.
fn show(value: &Value) -> String {
    let mark = |unknown: &Unknown| match &unknown.why {
        Why::Fails { reason } => format!("<fails: {reason}>"),
        Why::Limit { limit } => format!("<limit: {limit}>"),
        _ if unknown.candidates.is_empty() => format!("<{}>", unknown.short()),
        _ => format!("<{}: {}>", unknown.short(), unknown.candidates.iter().map(show).collect::<Vec<_>>().join(" or ")),
    };
    let list = |items: &crate::formats::configuration::value::Items| {
        let mut own: Vec<String> = items.known.iter().map(show).collect();
        own.extend(items.rest.as_ref().map(|rest| format!("...{}", mark(rest))));
        own.join(", ")
    };
    match &value.kind {
        Kind::Null => "null".to_owned(),
        Kind::Bool(flag) => flag.to_string(),
        Kind::Number(number) => number_text(*number),
        Kind::Text(written) => format!("{:?}", written.text),
        Kind::Template(parts) => {
            let parts = parts.iter().map(|part| match part {
                Part::Known(text, _) => text.to_string(),
                Part::Unknown(unknown) => mark(unknown),
            });
            format!("{:?}", parts.collect::<String>())
        }
        Kind::List(items) => format!("[{}]", list(items)),
        Kind::Set(items) => format!("set({})", list(items)),
        Kind::Map(members) => {
            let mut own: Vec<String> =
                members.known.iter().map(|(key, own)| format!("{key} = {}", show(&own.value))).collect();
            own.extend(members.rest.as_ref().map(|rest| format!("...{}", mark(rest))));
            format!("{{{}}}", own.join(", "))
        }
        Kind::Unknown(unknown) => mark(unknown),
    }
}

fn table(rows: &[(&str, &str)]) {
    for (expression, expected) in rows {
        assert_eq!(shown(expression), *expected, "{expression}");
    }
}

#[test]
fn operators_and_conditionals() {
    table(&[
        ("1 + 2 * 3 - 4 / 2", "5"),
        ("7 % 4", "3"),
        ("-3 + 1", "-2"),
        ("1 / 0", "<fails: division by zero>"),
        ("\"2\" + 1", "3"),
        ("!true || 1 < 2 && \"a\" != \"b\"", "true"),
        // `==` never converts.
        ("\"1\" == 1", "false"),
        ("[1, 2] == [1, 2]", "true"),
        ("{a = 1} == {a = 2}", "false"),
        ("null == null", "true"),
        ("true ? \"a\" : \"b\"", "\"a\""),
        ("\"false\" ? 1 : 2", "2"),
        ("1 >= 1 && 2 <= 1", "false"),
    ]);
}

#[test]
fn templates() {
    table(&[
        ("\"a-${1 + 1}-${true}\"", "\"a-2-true\""),
        ("\"${[1]}\"", "[1]"),
        ("\"x${[1]}\"", "<fails: a list cannot stand in text>"),
        ("\"%{ if 1 < 2 }yes%{ else }no%{ endif }\"", "\"yes\""),
        ("\"%{ for k, v in {a = 1, b = 2} }${k}=${v};%{ endfor }\"", "\"a=1;b=2;\""),
        ("<<-EOT\n  a:\n    - ${1}\n  EOT\n", "\"a:\\n  - 1\\n\""),
        ("\"0.10 is ${0.10} and 1e3 is ${1000}\"", "\"0.10 is 0.1 and 1e3 is 1000\""),
    ]);
}

#[test]
fn for_expressions() {
    table(&[
        ("[for v in [1, 2, 3] : v * 2 if v != 2]", "[2, 6]"),
        ("[for i, v in [\"a\", \"b\"] : \"${i}${v}\"]", "[\"0a\", \"1b\"]"),
        ("{for k, v in {b = 1, a = 2} : v => k}", "{1 = \"b\", 2 = \"a\"}"),
        // Maps are walked in the order of their keys.
        ("[for k, v in {b = 1, a = 2} : k]", "[\"a\", \"b\"]"),
        ("{for v in [\"ax\", \"bx\", \"ay\"] : substr(v, 0, 1) => v...}", "{a = [\"ax\", \"ay\"], b = [\"bx\"]}"),
        ("[for v in toset([\"b\", \"a\", \"b\"]) : v]", "[\"a\", \"b\"]"),
        ("[for v in 1 : v]", "<fails: `for` walks lists, sets and maps, not a number>"),
        ("[for a in [1, 2] : [for b in [3] : a + b]]", "[[4], [5]]"),
    ]);
}

#[test]
fn members_and_splats() {
    table(&[
        ("{a = {b = [1, 2]}}.a.b[1]", "2"),
        ("{a = 1}[\"a\"]", "1"),
        ("[{a = 1}, {a = 2}][*].a", "[1, 2]"),
        ("[{a = [1]}, {a = [2]}].*.a[0]", "[1]"),
        ("[{a = [1]}, {a = [2]}][*].a[0]", "[1, 2]"),
        ("null[*]", "[]"),
        ("{a = 1}[*].a", "[1]"),
        ("[1][3]", "<fails: there is no element 3>"),
        ("{a = 1}.b", "<fails: there is no member `b`>"),
        ("{(\"a-b\") = 1, \"c\" : 2}", "{a-b = 1, c = 2}"),
    ]);
}

#[test]
fn a_literal_keeps_its_place_wherever_it_goes() {
    let text = "locals {\n x = flatten([for k, v in merge(local.a, {}) : concat(v, [])])\n a = { k = [\"here\"] }\n}\n";
    let value = local(&[("main.tf", text)]);
    let origin = value.one_or_many()[0].origin;
    assert_eq!(&text[origin.span.start as usize..origin.span.end as usize], "\"here\"");
}

#[test]
fn a_decoded_text_keeps_the_places_of_its_members() {
    let text = "locals {\n x = jsondecode(<<-EOT\n    {\"a\": [\"one\",\n     \"${1 + 1}\"]}\n    EOT\n )\n}\n";
    let value = local(&[("main.tf", text)]);
    let Kind::Map(members) = &value.kind else { panic!("{value:?}") };
    let items = members.known["a"].value.one_or_many();
    let at = |value: &Value| &text[value.origin.span.start as usize..value.origin.span.end as usize];
    assert_eq!(at(&items[0]), "\"one\"");
    assert_eq!(items[1].as_str(), Some("2"));
}

#[test]
fn what_needs_itself_is_a_cycle_and_ends() {
    let value = local(&[("main.tf", "locals {\n x = local.y\n y = [local.x]\n}\n")]);
    assert_eq!(show(&value), "[<local.x>]");
    let found =
        evaluate(&[("main.tf", "locals {\n x = local.y\n y = local.x\n}\nresource \"a\" \"b\" {\n c = local.x\n}\n")]);
    assert_eq!(found.unresolved[0].reason, "`local.x` needs its own value");
}

#[test]
fn growth_ends_at_a_limit() {
    let mut text = String::from("locals {\n x0 = \"0123456789\"\n");
    for at in 1..64 {
        text.push_str(&format!(" x{at} = \"${{local.x{}}}${{local.x{}}}\"\n", at - 1, at - 1));
    }
    text.push_str(" x = local.x63\n}\n");
    assert_eq!(show(&local(&[("main.tf", &text)])), "<limit: a text grows over 4 MB here>");
    let mut text = String::from("locals {\n x0 = [1, 2]\n");
    for at in 1..64 {
        text.push_str(&format!(" x{at} = [local.x{}, local.x{}]\n", at - 1, at - 1));
    }
    text.push_str(" x = jsonencode(local.x63)\n}\n");
    let shown = show(&local(&[("main.tf", &text)]));
    assert!(shown.starts_with("<limit: this configuration takes more than") || shown.contains("4 MB"), "{shown}");
}

#[test]
fn a_function_cannot_make_what_is_too_large() {
    let big = "join(\"\", [for a in range(1000) : \"0123456789\"])";
    for expression in [
        format!("replace({big}, \"1\", {big})"),
        format!("replace({big}, \"/[0-9]/\", {big})"),
        format!("length(setproduct(split(\"\", {big}), split(\"\", {big})))"),
        format!("length(flatten([for a in range(1000) : split(\"\", {big})]))"),
        format!("length(concat([for a in range(1000) : split(\"\", {big})]...))"),
        format!("length(formatlist(\"%s\", [for a in range(1000) : join(\"\", [for b in range(1000) : {big}])]))"),
    ] {
        assert!(shown(&expression).starts_with("<limit: "), "{expression}: {}", shown(&expression));
    }
    // What is large and no larger than that, is made.
    let pairs = "[for a in range(1000) : [for b in range(100) : b]]";
    assert_eq!(shown(&format!("length(flatten({pairs})) + length(concat({pairs}...))")), "200000");
}

#[test]
fn a_long_chain_ends_at_a_limit_and_not_at_the_stack() {
    let mut text = String::from("resource \"a\" \"b\" {\n c = local.x0\n}\nlocals {\n");
    for at in 0..5_000 {
        text.push_str(&format!(" x{at} = [local.x{}]\n", at + 1));
    }
    text.push_str(" x5000 = 1\n}\n");
    let found = evaluate(&[("main.tf", &text)]);
    let reason = found.resources[0].attributes.first_unknown().unwrap().why.to_string();
    assert_eq!(reason, "more than 1500 expressions need each other here");
}
