use super::*;
use serde::Deserialize;

fn one(text: &str) -> Node {
    parse(text.as_bytes()).unwrap().remove(0)
}

fn kind(text: &str) -> SyntaxErrorKind {
    parse(text.as_bytes()).unwrap_err().kind
}

fn slice(text: &str, span: Span) -> &str {
    &text[span.start as usize..span.end as usize]
}

#[test]
fn positions_are_bytes_in_both_languages() {
    let yaml = "é: 1\nnäme:\n  - bob\n";
    let node = one(yaml);
    let entry = node.entry("näme").unwrap();
    assert_eq!(slice(yaml, entry.key_span), "näme");
    assert_eq!(slice(yaml, entry.value.as_list().unwrap()[0].span), "bob");

    let json = r#"{"é": "x", "näme": ["bob"]}"#;
    let node = one(json);
    assert_eq!(slice(json, node.entry("näme").unwrap().key_span), "\"näme\"");
    assert_eq!(slice(json, node.entry("näme").unwrap().value.as_list().unwrap()[0].span), "\"bob\"");
}

#[test]
fn a_byte_order_mark_shifts_positions_and_nothing_else() {
    let text = "\u{feff}a: b\n";
    let node = one(text);
    assert_eq!(slice(text, node.entry("a").unwrap().key_span), "a");
}

#[test]
fn crlf_reads_like_lf() {
    assert_eq!(one("a:\r\n  - b\r\n  - c\r\n").get("a").unwrap().as_list().unwrap().len(), 2);
}

#[test]
fn a_key_written_twice_is_an_error_in_both_languages() {
    assert_eq!(kind("a: 1\nb: 2\na: 3\n"), SyntaxErrorKind::DuplicateKey);
    assert_eq!(kind(r#"{"a": 1, "\u0061": 2}"#), SyntaxErrorKind::DuplicateKey);
    let many: String = (0..20).map(|i| format!("k{i}: 1\n")).collect::<String>() + "k7: 2\n";
    assert_eq!(kind(&many), SyntaxErrorKind::DuplicateKey);
}

#[test]
fn aliases_cannot_explode() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for i in 1..10 {
        text += &format!("a{i}: &a{i} [{}]\n", vec![format!("*a{}", i - 1); 9].join(", "));
    }
    assert_eq!(kind(&text), SyntaxErrorKind::AliasExpansion);
}

#[test]
fn nesting_without_end_is_an_error_and_not_a_crash() {
    assert_eq!(kind(&"[".repeat(10_000)), SyntaxErrorKind::TooDeep);
    assert_eq!(kind(&format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000))), SyntaxErrorKind::TooDeep);
    let block: String = (0..10_000).map(|i| format!("{}a:\n", " ".repeat(i))).collect();
    assert_eq!(kind(&block), SyntaxErrorKind::TooDeep);
}

#[test]
fn broken_text_names_its_place() {
    let error = parse(b"a: b\nc: [1, 2\nd: e\n").unwrap_err();
    assert_eq!(error.kind, SyntaxErrorKind::Malformed);
    assert!(error.span.start > 5, "{error:?}");
    assert_eq!(parse(&[b'a', b':', b' ', 0xff]).unwrap_err().kind, SyntaxErrorKind::Encoding);
}

#[test]
fn json_is_strict_where_yaml_is_not_meant() {
    // A flow mapping with a comment is YAML, and stays readable.
    assert_eq!(one("{a: 1} # c\n").get("a").unwrap().as_text(), Some("1"));
    assert!(parse(b"{\"a\": 1,, \"b\": 2}").is_err());
}

#[test]
fn merge_keys_apply_and_explicit_keys_win() {
    let node = one("base: &b {x: 1, y: 2}\nuse:\n  <<: *b\n  y: 3\n");
    let used = node.get("use").unwrap();
    assert_eq!(used.get("x").unwrap().as_text(), Some("1"));
    assert_eq!(used.get("y").unwrap().as_text(), Some("3"));
}

#[test]
fn plain_scalars_follow_the_core_schema() {
    let node = one("[on, no, 1, 0x1F, 1e3, .inf, inf, ~, true, '1', 1.2.3, 2E5x]");
    let kinds: Vec<_> = node.as_list().unwrap().iter().map(Node::kind).collect();
    assert_eq!(
        kinds,
        [
            "text",
            "text",
            "a number",
            "a number",
            "a number",
            "a number",
            "text",
            "nothing",
            "a boolean",
            "text",
            "text",
            "text"
        ]
    );
}

#[test]
fn tags_that_are_not_of_the_core_schema_are_kept() {
    let node = one("a: !Ref Bucket\n");
    assert_eq!(node.get("a").unwrap().tag.as_deref(), Some("!Ref"));
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sample {
    name: Spanned<String>,
    #[serde(default)]
    levels: Vec<Level>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Level {
    View,
    Edit,
}

#[test]
fn structs_decode_with_places_and_suggestions() {
    let text = "name: 0100\nlevels: [view, edit]\n";
    let sample: Sample = decode(&one(text)).unwrap();
    assert_eq!((sample.name.as_str(), slice(text, sample.name.span)), ("0100", "0100"));
    assert_eq!(sample.levels, [Level::View, Level::Edit]);

    let text = "name: x\nlevel: [view]\n";
    let error = decode::<Sample>(&one(text)).unwrap_err();
    assert_eq!((error.message.as_str(), slice(text, error.span.unwrap())), ("unknown key `level`", "level"));
    assert_eq!(error.help.as_deref(), Some("did you mean `levels`?"));

    let text = "name: x\nlevels: [edit, veiw]\n";
    let error = decode::<Sample>(&one(text)).unwrap_err();
    assert_eq!((error.help.as_deref(), slice(text, error.span.unwrap())), (Some("did you mean `view`?"), "veiw"));
}

#[test]
fn lines_and_columns_count_code_points() {
    let index = LineIndex::new("a\nbé€x\n".as_bytes());
    assert_eq!(index.position(0), Position { line: 1, column: 1 });
    assert_eq!(index.position(8), Position { line: 2, column: 4 });
    assert_eq!(index.line(2), "bé€x");
    assert_eq!(index.position(999), Position { line: 3, column: 1 });
}

#[test]
fn an_alias_inside_its_own_anchor_and_a_merge_of_text_are_errors() {
    let message = |text: &str| parse(text.as_bytes()).unwrap_err().message;
    assert!(
        message("a: &x [1, *x]\n").contains("refers to the collection that holds it"),
        "{}",
        message("a: &x [1, *x]\n")
    );
    assert!(message("a:\n  <<: text\n  b: 1\n").contains("a merge key (`<<`) must name a map"));
    assert!(message("? [a]\n: b\n").contains("a key must be text, not a list"));
}

#[test]
fn values_of_the_wrong_kind_are_named() {
    let message = |text: &str| decode::<Sample>(&one(text)).unwrap_err().message;
    assert_eq!(message("name: [a]\n"), "expected text, found a list");
    assert_eq!(message("name: x\nlevels: view\n"), "expected a list, found text");
    assert_eq!(message("- name\n"), "expected a map, found a list");
    assert_eq!(message("name: x\nlevels: [{view: 1}]\n"), "`view` takes no value");
    assert_eq!(message("levels: []\n"), "the key `name` is missing");
}

#[test]
fn binary_text_is_the_text_that_it_holds() {
    let value = |text: &str| parse(text.as_bytes()).unwrap()[0].get("kind").and_then(Node::as_text).map(str::to_owned);
    for written in ["!!binary Um9sZQ==", "!<tag:yaml.org,2002:binary> \"Um9sZQ==\"", "!!binary |\n  Um9s\n  ZQ=="] {
        assert_eq!(value(&format!("kind: {written}\n")).as_deref(), Some("Role"), "{written}");
    }
    assert_eq!(value("%TAG !y! tag:yaml.org,2002:\n---\nkind: !y!binary Um9sZQ==\n").as_deref(), Some("Role"));
    // What is no text stays as it is written.
    assert_eq!(value("kind: !!binary /w==\n").as_deref(), Some("/w=="));
    assert_eq!(value("kind: !binary Um9sZQ==\n").as_deref(), Some("Um9sZQ=="));
}
