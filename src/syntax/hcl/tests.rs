//! What is read, where it stands, and what is refused.

use super::*;

fn read(text: &str) -> Body {
    parse(text.as_bytes()).unwrap()
}

/// The value of the argument `a`.
fn value(text: &str) -> Expression {
    Expression::clone(&read(text).attribute("a").unwrap().value)
}

fn bytes(text: &str, span: Span) -> &str {
    &text[span.start as usize..span.end as usize]
}

#[test]
fn blocks_have_kind_labels_and_body() {
    let text = "resource \"aws_iam_role\" this {\n  name = \"x\"\n  tags {\n  }\n}\n";
    let body = read(text);
    let block = &body.blocks[0];
    let labels: Vec<&str> = block.labels.iter().map(|(label, _)| &**label).collect();
    assert_eq!((&*block.kind, labels), ("resource", vec!["aws_iam_role", "this"]));
    assert_eq!(bytes(text, block.heading), "resource \"aws_iam_role\" this");
    assert_eq!(block.body.blocks[0].kind.as_ref(), "tags");
    assert_eq!(bytes(text, block.body.attributes[0].value.span), "\"x\"");
}

#[test]
fn expressions_stand_where_they_are_written() {
    for (text, whole) in [
        ("a = var.x[0].y", "var.x[0].y"),
        ("a = 1 + 2 * 3", "1 + 2 * 3"),
        ("a = f(x, [y...])", ""),
        ("a = x ? \"é\" : null", "x ? \"é\" : null"),
        ("\u{feff}a = [for k, v in m : v if k != \"\"]", "[for k, v in m : v if k != \"\"]"),
    ] {
        match parse(text.as_bytes()) {
            Ok(body) => assert_eq!(bytes(text, body.attributes[0].value.span), whole, "{text}"),
            Err(error) => assert!(whole.is_empty(), "{text}: {error:?}"),
        }
    }
}

#[test]
fn interpolation_alone_and_among_text() {
    let ExpressionKind::Template(parts) = value("a = \"x-${b}-y\"\n").kind else { panic!() };
    assert!(matches!(&parts[..], [TemplatePart::Text(x, _), TemplatePart::Interpolation(_), TemplatePart::Text(y, _)]
        if &**x == "x-" && &**y == "-y"));
    let ExpressionKind::Template(parts) = value("a = \"${b}\"\n").kind else { panic!() };
    assert!(matches!(&parts[..], [TemplatePart::Interpolation(_)]));
    assert_eq!(value("a = \"$${b} %%{c} 50%\"\n").kind, ExpressionKind::Text("${b} %{c} 50%".into()));
}

/// The text of a template without anything to fill in.
fn plain(parts: &[TemplatePart]) -> String {
    parts
        .iter()
        .map(|part| match part {
            TemplatePart::Text(text, _) => text.to_string(),
            _ => "?".to_owned(),
        })
        .collect()
}

#[test]
fn an_indented_heredoc_loses_what_all_lines_share_and_keeps_its_places() {
    let text = "a = <<-EOT\n    {\n      \"x\": \"${b}\"\n\n    }\n    EOT\n";
    let ExpressionKind::Template(parts) = value(text).kind else { panic!() };
    assert_eq!(plain(&parts), "{\n  \"x\": \"?\"\n\n}\n");
    for part in &parts {
        if let TemplatePart::Text(own, span) = part {
            assert_eq!(bytes(text, *span), &**own);
        }
    }
}

#[test]
fn a_plain_heredoc_keeps_its_indentation() {
    let text = "a = <<EOT\n  x\nEOT\n";
    let ExpressionKind::Template(parts) = value(text).kind else { panic!() };
    assert!(
        matches!(&parts[..], [TemplatePart::Text(own, span)] if &**own == "  x\n" && bytes(text, *span) == "  x\n")
    );
}

#[test]
fn markers_trim_what_stands_beside_them() {
    let ExpressionKind::Template(parts) = value("a = \"x  ${~ b ~}  y\"\n").kind else { panic!() };
    assert_eq!(plain(&parts), "x?y");
    let text = "a = <<EOT\n%{ for x in l ~}\nline\n%{ endfor ~}\nend\nEOT\n";
    let ExpressionKind::Template(parts) = value(text).kind else { panic!() };
    let [TemplatePart::For(own), TemplatePart::Text(end, _)] = &parts[..] else { panic!("{parts:?}") };
    assert_eq!((plain(&own.result), &**end), ("line\n".to_owned(), "end\n"));
    // In lines, a marker trims its own line only.
    let text = "a = <<EOT\nx\n\n  %{ if b ~}\n  y\n  %{~ endif }\nEOT\n";
    let ExpressionKind::Template(parts) = value(text).kind else { panic!() };
    let [TemplatePart::Text(x, _), TemplatePart::If(own), ..] = &parts[..] else { panic!("{parts:?}") };
    assert_eq!((&**x, plain(&own.then)), ("x\n\n  ", "  y\n".to_owned()));
}

#[test]
fn line_ends_are_spaces_inside_brackets() {
    for text in [
        "a = { for k, v in m : k => v\n  if v != null &&\n  v != 1 }\n",
        "a = { for k, v in m : k => v == null\n  ? 1\n  : 2 }\n",
        "a = { for k, v in m : # all\n  k => # each\n  try(v,\n 1) }\n",
    ] {
        let own = value(text);
        assert!(matches!(own.kind, ExpressionKind::For(_)), "{text}");
        assert!(bytes(text, own.span).ends_with('}'), "{text}");
    }
    // Between braces they separate.
    assert!(parse(b"a = { x = 1 +\n 2 }\n").is_err());
}

#[test]
fn what_is_broken_says_where_and_why() {
    for (text, kind, at) in [
        ("a = \n", SyntaxErrorKind::Malformed, 4),
        ("a = 1\na = 2\n", SyntaxErrorKind::DuplicateKey, 6),
        ("a = { x = 1, x = 2 }\n", SyntaxErrorKind::DuplicateKey, 13),
        ("a = \"\\q\"\n", SyntaxErrorKind::Malformed, 7),
    ] {
        let error = parse(text.as_bytes()).unwrap_err();
        assert_eq!((error.kind, error.span.start), (kind, at), "{text}: {error:?}");
        assert!(error.message.starts_with("not HCL: "), "{error:?}");
    }
    let deep = format!("a = {}1{}\n", "[".repeat(1_000), "]".repeat(1_000));
    assert_eq!(parse(deep.as_bytes()).unwrap_err().kind, SyntaxErrorKind::TooDeep);
    let object = |members: usize| {
        let members: String = (0..members).map(|at| format!("k{at} = 1\n")).collect();
        parse(format!("a = {{\n{members}}}\n").as_bytes()).map_err(|error| error.kind)
    };
    assert!(object(5_000).is_ok());
    assert_eq!(object(MAX_HCL_MEMBERS + 1), Err(SyntaxErrorKind::TooLarge));
    assert_eq!(parse(b"a = \"\xff\"").unwrap_err().kind, SyntaxErrorKind::Encoding);
    assert_eq!(parse(&vec![b' '; MAX_HCL_BYTES + 1]).unwrap_err().kind, SyntaxErrorKind::TooLarge);
}

fn labels(kind: &str) -> Option<usize> {
    match kind {
        "resource" => Some(2),
        "locals" => Some(0),
        _ => None,
    }
}

#[test]
fn json_comes_to_the_same_tree() {
    let text = r#"{"//": "note", "resource": {"role": {"a": {"name": "x-${b.c}", "dynamic": {"rule": {"for_each": ["1"],
        "content": {"n": "${rule.value}"}}}}}}, "locals": [{"k": 1}, {"l": {"m": null}}]}"#;
    let body = from_json(&crate::syntax::parse(text.as_bytes()).unwrap()[0], labels).unwrap();
    assert_eq!(body.blocks.len(), 3);
    let role = &body.blocks[0];
    assert_eq!(&*role.labels[1].0, "a");
    let ExpressionKind::Template(parts) = &role.body.attributes[0].value.kind else { panic!() };
    let [TemplatePart::Text(_, x), TemplatePart::Interpolation(b)] = &parts[..] else { panic!() };
    assert_eq!((bytes(text, *x), bytes(text, b.span)), ("x-", "b.c"));
    let rule = &role.body.blocks[0];
    assert_eq!((&*rule.kind, &*rule.labels[0].0, &*rule.body.blocks[0].kind), ("dynamic", "rule", "content"));
    let unknown = crate::syntax::parse(br#"{"resorce": {}}"#).unwrap();
    assert_eq!(from_json(&unknown[0], labels).unwrap_err().message, "there is no block `resorce`");
}

/// Expressions whose brackets hold line ends wherever the language has spaces.
fn spaced() -> impl proptest::strategy::Strategy<Value = String> {
    use proptest::prelude::*;
    let leaf = prop_oneof![Just("a".to_owned()), Just("1".to_owned()), Just("\"x {(\\n ${b}\"".to_owned())];
    leaf.prop_recursive(4, 24, 3, |inner| {
        let space = prop_oneof![Just(" "), Just("\n"), Just(" # (\n"), Just(" /* [\n */ ")];
        (prop::collection::vec((inner, space), 1..4), 0..4_u8).prop_map(|(items, shape)| {
            let list = |separator: &str| {
                items.iter().map(|(item, space)| format!("{item}{space}")).collect::<Vec<_>>().join(separator)
            };
            match shape {
                0 => format!("[{}]", list(",")),
                1 => format!("f({})", list(",")),
                2 => format!("({})", list("+ ")),
                _ => format!("[for v in [{}] : v]", list(",")),
            }
        })
    })
}

proptest::proptest! {
    #[test]
    fn spaces_for_line_ends_move_nothing_and_mean_the_same(expression in spaced()) {
        let text = format!("a = {expression}\n");
        if let Some(plain) = newlines::look(&text).spaced {
            proptest::prop_assert_eq!(plain.len(), text.len());
            proptest::prop_assert_eq!(newlines::look(&plain).spaced, None);
            proptest::prop_assert_eq!(parse(plain.as_bytes()), parse(text.as_bytes()));
        }
    }
}
