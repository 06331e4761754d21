//! Pictures: nothing stands on anything else, and no name is more than a name.

use proptest::prelude::*;

use super::layout::{Placed, lay};
use super::*;
use crate::facts::Native;

/// Names that are something else where they are not quoted.
const HOSTILE: &[&str] = &[
    "\"];evil [label=\"",
    "a\\",
    "\\\"",
    "\\N",
    "<b>bold</b>",
    "</text><script>alert(1)</script>",
    "]]></style><script>",
    "#quot;",
    "a|b",
    "`x`",
    "**x**",
    "end",
    "https://evil.example",
    "click me call alert()",
    "%%{init: {}}%%",
    "a\nb",
    "\u{202e}gpj",
    "\u{0}",
    "{}();",
    "",
];

fn group(name: &str) -> Stop {
    Stop::Holder(Holder::Group(Native::new("sap", name)))
}

fn trail(names: &[&str]) -> Trail {
    let hops = names.windows(2).map(|pair| Hop {
        from: group(pair[0]),
        to: group(pair[1]),
        verb: "belongs to".to_owned(),
        place: None,
    });
    Trail { hops: hops.collect(), certainty: Certainty::Certain, conditions: Vec::new() }
}

fn draw(trails: &[Trail]) -> Lane {
    lane("", trails, &|_| "groups.yaml:3".to_owned(), ("way", "ways"))
}

fn hostile(name: &str) -> Picture {
    let mut lane = draw(&[trail(&["one", "two"])]);
    lane.title = name.to_owned();
    lane.left_out = name.to_owned();
    for node in &mut lane.nodes {
        name.clone_into(&mut node.name);
        name.clone_into(&mut node.kind);
    }
    lane.edges[0].label = name.to_owned();
    lane.edges[0].at = name.to_owned();
    Picture { title: name.to_owned(), description: name.to_owned(), lanes: vec![lane] }
}

/// The tokens of Graphviz's language: quoted strings as they are meant, signs and words.
fn dot_tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' => {
                let mut own = String::from("\"");
                loop {
                    match chars.next().expect("a string has an end") {
                        '"' => break,
                        // The scanner knows one escape; the others are the label's.
                        '\\' if chars.peek() == Some(&'"') => own.extend(chars.next()),
                        '\\' if chars.peek() == Some(&'\\') => {
                            chars.next();
                            own.push_str("\\\\");
                        }
                        c => own.push(c),
                    }
                }
                tokens.push(own);
            }
            '{' | '}' | '[' | ']' | ';' | ',' | '=' => tokens.push(c.to_string()),
            '-' if chars.peek() == Some(&'>') => {
                chars.next();
                tokens.push("->".to_owned());
            }
            c if c.is_whitespace() => {}
            c if c.is_ascii_alphanumeric() || c == '_' => {
                let mut own = c.to_string();
                while let Some(c) = chars.peek().filter(|c| c.is_ascii_alphanumeric() || **c == '_') {
                    own.push(*c);
                    chars.next();
                }
                tokens.push(own);
            }
            c => panic!("`{c}` stands outside of quotes in\n{text}"),
        }
    }
    tokens
}

/// Tokens with every string alike.
fn shape(text: &str) -> Vec<String> {
    let alike = |token: String| if token.starts_with('"') { "\"\"".to_owned() } else { token };
    dot_tokens(text).into_iter().map(alike).collect()
}

#[test]
fn no_name_is_more_than_a_string_to_graphviz() {
    let plain = shape(&picture_dot(&hostile("plain")));
    for name in HOSTILE.iter().filter(|name| !name.is_empty()) {
        let text = picture_dot(&hostile(name));
        assert_eq!(shape(&text), plain, "{name:?}\n{text}");
        // In a label a backslash is written twice and a line ends with `\n`, so a name is read back from it.
        let doubled = shown(name).replace('\\', "\\\\");
        assert!(dot_tokens(&text).contains(&format!("\"{doubled}\\n{doubled}")), "{name:?}\n{text}");
    }
}

#[test]
fn no_name_is_more_than_text_to_mermaid() {
    let lines = |name: &str| picture_mermaid(&hostile(name)).lines().count();
    for name in HOSTILE.iter().filter(|name| !name.is_empty()) {
        let text = picture_mermaid(&hostile(name));
        assert_eq!(lines(name), lines("plain"), "{name:?}\n{text}");
        for line in text.lines() {
            let quoted: Vec<&str> = line.split('"').collect();
            assert!(quoted.len() == 1 || quoted.len() == 3, "{name:?}: {line}");
            if let [_, inside, _] = quoted.as_slice() {
                let inside = inside.replace("<br/>", "");
                assert!(!inside.contains(['<', '>', '`', '*', '[', ']', '|', '\\']), "{name:?}: {line}");
                let numbers = inside.split('#').skip(1);
                for number in numbers {
                    let (digits, _) = number.split_once(';').unwrap_or_else(|| panic!("{line}"));
                    assert!(digits.chars().all(|c| c.is_ascii_digit()), "{line}");
                }
            }
        }
        assert!(!text.contains("https://"), "{text}");
    }
}

/// What is opened and closed, each once: a long name takes more lines, and no other element.
fn tags(text: &str) -> std::collections::BTreeSet<&str> {
    let tags = text.split('<').skip(1).map(|rest| rest.split([' ', '>']).next().unwrap_or_default());
    let all: std::collections::BTreeSet<&str> = tags.collect();
    for tag in ["text", "g", "title", "li", "svg"] {
        let (open, close) = (format!("<{tag}"), format!("</{tag}>"));
        let opened = text.matches(&format!("{open} ")).count() + text.matches(&format!("{open}>")).count();
        assert_eq!(opened, text.matches(&close).count(), "{tag}\n{text}");
    }
    all
}

#[test]
fn no_name_is_markup_and_nothing_is_loaded() {
    for name in HOSTILE.iter().filter(|name| !name.is_empty()) {
        let (own, page) = (picture_svg(&hostile(name)), picture_html(&hostile(name)));
        assert_eq!(tags(&own), tags(&picture_svg(&hostile("plain"))), "{name:?}\n{own}");
        assert_eq!(tags(&page), tags(&picture_html(&hostile("plain"))), "{name:?}\n{page}");
        for text in [&own, &page] {
            for loads in ["src=", "href=", "@import", "url(http", "<script"] {
                assert!(!text.contains(loads), "{name:?}: {loads}");
            }
        }
    }
    assert!(picture_html(&hostile("x")).contains("default-src 'none'"));
    assert!(picture_svg(&hostile("x")).contains("<title id=\"cs-title\">x</title>"));
}

#[test]
fn what_does_not_fit_is_counted() {
    let names: Vec<String> = (0..200).map(|n| format!("g{n}")).collect();
    let trails: Vec<Trail> = names.iter().map(|name| trail(&[name, "payers"])).collect();
    let lane = draw(&trails);
    assert_eq!(lane.nodes.len(), 48);
    assert_eq!(lane.left_out, "and 153 ways that are not drawn");
    let picture = Picture { title: "t".to_owned(), description: "d".to_owned(), lanes: vec![lane] };
    for text in [picture_dot(&picture), picture_mermaid(&picture), picture_svg(&picture), picture_html(&picture)] {
        assert!(text.contains("and 153 ways that are not drawn"), "{text}");
    }
}

#[test]
fn what_ways_share_is_drawn_once() {
    let lane = draw(&[trail(&["a", "b", "c"]), trail(&["x", "b", "c"])]);
    assert_eq!((lane.nodes.len(), lane.edges.len()), (4, 3));
}

fn apart(a: &Placed, b: &Placed) -> bool {
    a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn nothing_stands_on_anything_else(
        ways in prop::collection::vec(prop::collection::vec(0_usize..9, 2..6), 1..10),
        long in any::<bool>(),
    ) {
        let name = |n: &usize| if long { format!("a-group-of-{n}/with:a-very.long_name@example {n}").repeat(n + 1) } else { n.to_string() };
        let trails: Vec<Trail> = ways
            .iter()
            .map(|way| {
                let names: Vec<String> = way.iter().map(name).collect();
                trail(&names.iter().map(String::as_str).collect::<Vec<_>>())
            })
            .collect();
        let lane = draw(&trails);
        let laid = lay(&lane);
        let labels = laid.lines.iter().map(|line| &line.label);
        let all: Vec<&Placed> = laid.boxes.iter().chain(labels).collect();
        for (at, one) in all.iter().enumerate() {
            prop_assert!(one.x >= 0 && one.y >= 0 && one.x + one.width <= laid.width && one.y + one.height <= laid.height);
            for other in &all[at + 1..] {
                prop_assert!(apart(one, other), "{:?} {:?}", one, other);
            }
        }
        // Laid out again it is the same.
        let again = lay(&lane);
        prop_assert_eq!(laid.boxes, again.boxes);
        prop_assert_eq!(laid.lines, again.lines);
    }
}
