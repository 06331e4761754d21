//! What a policy may not contain, so that a verdict can be reproduced anywhere and evaluation always ends.
//!
//! Only builtins are allowed on which the engine and OPA agree and that depend on nothing but their arguments: no
//! clock, randomness, network or environment. Functions may not call themselves through any chain (the engine would
//! exhaust its stack), and brackets may not nest deeper than [`MAX_NESTING`] (the parser's time grows fourfold with
//! every two levels).

use std::collections::{BTreeMap, BTreeSet};

use crate::rules::{RuleError, RuleFile};
use crate::syntax::{Span, nearest};

/// Deepest nesting of brackets.
pub const MAX_NESTING: usize = 10;

/// Builtins that a policy may call.
const ALLOWED: &[&str] = &[
    "abs",
    "all",
    "and",
    "any",
    "array.concat",
    "array.reverse",
    "array.slice",
    "bits.and",
    "bits.lsh",
    "bits.negate",
    "bits.or",
    "bits.rsh",
    "bits.xor",
    "ceil",
    "concat",
    "contains",
    "count",
    "endswith",
    "floor",
    "format_int",
    "glob.match",
    "glob.quote_meta",
    "graph.reachable",
    "graph.reachable_paths",
    "indexof",
    "indexof_n",
    "intersection",
    "is_array",
    "is_boolean",
    "is_null",
    "is_number",
    "is_object",
    "is_set",
    "is_string",
    "json.filter",
    "json.remove",
    "lower",
    "max",
    "min",
    "minus",
    "mul",
    "numbers.range",
    "object.filter",
    "object.get",
    "object.keys",
    "object.remove",
    "object.subset",
    "object.union",
    "object.union_n",
    "or",
    "plus",
    "product",
    "regex.match",
    "regex.replace",
    "regex.split",
    "regex.find_n",
    "regex.is_valid",
    "replace",
    "round",
    "sort",
    "split",
    "sprintf",
    "startswith",
    "strings.any_prefix_match",
    "strings.any_suffix_match",
    "strings.count",
    "strings.replace_n",
    "strings.reverse",
    "substring",
    "sum",
    "to_number",
    "trim",
    "trim_left",
    "trim_prefix",
    "trim_right",
    "trim_space",
    "trim_suffix",
    "type_name",
    "union",
    "upper",
    "walk",
];

/// Words that may stand before a bracket without being a call.
const KEYWORDS: &[&str] =
    &["if", "in", "not", "some", "every", "else", "contains", "with", "as", "default", "import", "package"];

/// A piece of Rego that the checks need.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Token<'a> {
    Name(&'a str),
    Open(char),
    Close(char),
    Other(char),
    NewLine,
}

/// Checks one policy; finds every problem.
pub(super) fn check(file: &RuleFile, text: &str) -> Vec<RuleError> {
    let tokens = tokens(text);
    let mut errors = Vec::new();
    nesting(file, &tokens, &mut errors);
    let functions = functions(&tokens);
    calls(file, &tokens, &functions, &[], &mut errors);
    recursion(file, &tokens, &functions, &mut errors);
    errors
}

/// Checks a file that is tried out rather than asked by a check: it may print, and a test may call what it likes.
pub(super) fn to_run(file: &RuleFile, text: &str, policy: bool) -> Vec<RuleError> {
    let tokens = tokens(text);
    let mut errors = Vec::new();
    nesting(file, &tokens, &mut errors);
    let functions = functions(&tokens);
    if policy {
        calls(file, &tokens, &functions, &["print"], &mut errors);
    }
    recursion(file, &tokens, &functions, &mut errors);
    errors
}

/// Splits a text into names and brackets; comments and strings are passed over.
fn tokens(text: &str) -> Vec<(Token<'_>, Span)> {
    let bytes = text.as_bytes();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let start = at;
        match byte {
            b'#' => {
                while bytes.get(at).is_some_and(|b| *b != b'\n') {
                    at += 1;
                }
            }
            b'"' => {
                at += 1;
                while bytes.get(at).is_some_and(|b| *b != b'"' && *b != b'\n') {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
                at += 1;
                tokens.push((Token::Other('"'), Span::new(start, at.min(bytes.len()))));
            }
            b'`' => {
                at += 1;
                while bytes.get(at).is_some_and(|b| *b != b'`') {
                    at += 1;
                }
                at += 1;
                tokens.push((Token::Other('`'), Span::new(start, at.min(bytes.len()))));
            }
            b'\n' => {
                at += 1;
                tokens.push((Token::NewLine, Span::new(start, at)));
            }
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => {
                while bytes.get(at).is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_' || *b == b'.') {
                    at += 1;
                }
                tokens.push((Token::Name(&text[start..at]), Span::new(start, at)));
            }
            b'(' | b'[' | b'{' => {
                at += 1;
                tokens.push((Token::Open(byte as char), Span::new(start, at)));
            }
            b')' | b']' | b'}' => {
                at += 1;
                tokens.push((Token::Close(byte as char), Span::new(start, at)));
            }
            _ if byte.is_ascii() => {
                at += 1;
                if !byte.is_ascii_whitespace() {
                    tokens.push((Token::Other(byte as char), Span::new(start, at)));
                }
            }
            _ => at += 1,
        }
    }
    tokens
}

fn nesting(file: &RuleFile, tokens: &[(Token<'_>, Span)], errors: &mut Vec<RuleError>) {
    let mut depth = 0usize;
    for (token, span) in tokens {
        match token {
            Token::Open(_) => depth += 1,
            Token::Close(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_NESTING {
            errors.push(
                file.error(*span, format!("brackets nest deeper than {MAX_NESTING} levels"))
                    .with_help("give inner parts a name of their own"),
            );
            return;
        }
    }
}

/// Functions defined in the module: a name at the start of a line with `(` right behind it. Where each body ends is
/// where the next definition begins.
fn functions<'a>(tokens: &[(Token<'a>, Span)]) -> BTreeMap<&'a str, Vec<(usize, usize)>> {
    let mut definitions: Vec<(usize, Option<&'a str>)> = Vec::new();
    let mut depth = 0usize;
    let mut line_start = true;
    for (i, (token, span)) in tokens.iter().enumerate() {
        match token {
            Token::NewLine => {
                line_start = true;
                continue;
            }
            Token::Name(name) if line_start && depth == 0 => {
                let is_function = !KEYWORDS.contains(name)
                    && tokens.get(i + 1).is_some_and(|(next, at)| *next == Token::Open('(') && at.start == span.end);
                definitions.push((i, is_function.then_some(*name)));
            }
            Token::Open(_) => depth += 1,
            Token::Close(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
        line_start = false;
    }
    let mut functions: BTreeMap<&str, Vec<(usize, usize)>> = BTreeMap::new();
    for (n, (start, name)) in definitions.iter().enumerate() {
        if let Some(name) = name {
            let end = definitions.get(n + 1).map_or(tokens.len(), |(next, _)| *next);
            functions.entry(name).or_default().push((*start, end));
        }
    }
    functions
}

/// Every name with `(` right behind it, from one place to another.
fn called<'a, 't>(
    tokens: &'t [(Token<'a>, Span)],
    from: usize,
    to: usize,
) -> impl Iterator<Item = (&'a str, Span)> + 't {
    (from..to).filter_map(move |i| match (tokens.get(i), tokens.get(i + 1)) {
        (Some((Token::Name(name), span)), Some((Token::Open('('), next)))
            if next.start == span.end && !KEYWORDS.contains(name) | (*name == "contains") =>
        {
            Some((*name, *span))
        }
        _ => None,
    })
}

/// By which names a text calls the library: whole, and as it imports it.
fn libraries<'a>(tokens: &[(Token<'a>, Span)]) -> Vec<&'a str> {
    const WHOLE: &str = "data.countersign.lib";
    let mut names = vec![WHOLE];
    for window in tokens.windows(4) {
        if let [(Token::Name("import"), _), (Token::Name(WHOLE), _), (then, _), (name, _)] = window {
            names.push(match (then, name) {
                (Token::Name("as"), Token::Name(own)) => own,
                _ => "lib",
            });
        }
    }
    names
}

/// The fields that a text reads of its input, each where it first stands. `input.a.b` is `a`.
#[must_use]
pub fn names_of_input(text: &str) -> Vec<(String, Span)> {
    let mut found: Vec<(String, Span)> = Vec::new();
    for (token, span) in tokens(text) {
        let Token::Name(name) = token else { continue };
        let Some(field) = name.strip_prefix("input.").and_then(|rest| rest.split('.').next()) else { continue };
        if !field.is_empty() && !found.iter().any(|(own, _)| own == field) {
            found.push((field.to_owned(), span));
        }
    }
    found
}

fn calls(
    file: &RuleFile,
    tokens: &[(Token<'_>, Span)],
    functions: &BTreeMap<&str, Vec<(usize, usize)>>,
    also: &[&str],
    errors: &mut Vec<RuleError>,
) {
    let libraries = libraries(tokens);
    for (name, span) in called(tokens, 0, tokens.len()) {
        let allowed = ALLOWED.contains(&name) || also.contains(&name);
        let of_library = |own: &&str| name.strip_prefix(*own).is_some_and(|rest| rest.starts_with('.'));
        if functions.contains_key(name) || allowed || libraries.iter().any(of_library) {
            continue;
        }
        let why = match name.split('.').next() {
            Some("time") => "it reads the clock; use `data.countersign.as_of`",
            Some("rand" | "uuid") => "its result changes from run to run",
            Some("http" | "net") => "it reaches the network",
            Some("opa") => "it reads the environment",
            Some("print") => "it is for trying a policy out; take it away when that is done",
            _ => "it is not among those on which engines agree",
        };
        let error = file.error(span, format!("the function `{name}` is not allowed: {why}"));
        errors.push(match nearest(name, ALLOWED.iter().copied()) {
            _ if name == "print" => {
                error.with_help("`countersign test` and `countersign policy eval` show what is printed")
            }
            Some(near) => error.with_help(format!("did you mean `{near}`?")),
            None => error.with_help("only functions are allowed whose result depends on nothing but their arguments"),
        });
    }
}

/// The builtins that some texts call and a policy of ours may not, functions of theirs aside.
pub(super) fn builtins_beyond(texts: &[&[u8]]) -> BTreeSet<String> {
    let texts: Vec<&str> = texts.iter().filter_map(|text| std::str::from_utf8(text).ok()).collect();
    let tokens: Vec<_> = texts.iter().map(|text| tokens(text)).collect();
    let own: BTreeSet<&str> = tokens.iter().flat_map(|tokens| functions(tokens).into_keys()).collect();
    // `import data.kubernetes` makes functions of another package `kubernetes.…`.
    let imported: BTreeSet<&str> = texts
        .iter()
        .flat_map(|text| text.lines())
        .filter_map(|line| line.trim().strip_prefix("import "))
        .filter_map(|import| import.split_whitespace().next_back()?.rsplit('.').next())
        .collect();
    let mut beyond = BTreeSet::new();
    for tokens in &tokens {
        for (name, _) in called(tokens, 0, tokens.len()) {
            let first = name.split('.').next().unwrap_or(name);
            let known = own.contains(name) || first == "data" || imported.contains(first);
            // What is printed is no part of a result.
            if !known && !ALLOWED.contains(&name) && !matches!(name, "print" | "trace") {
                beyond.insert(name.to_owned());
            }
        }
    }
    beyond
}

fn recursion(
    file: &RuleFile,
    tokens: &[(Token<'_>, Span)],
    functions: &BTreeMap<&str, Vec<(usize, usize)>>,
    errors: &mut Vec<RuleError>,
) {
    let graph: BTreeMap<&str, BTreeSet<&str>> = functions
        .iter()
        .map(|(name, bodies)| {
            let all = bodies
                .iter()
                .flat_map(|(start, end)| called(tokens, start + 1, *end))
                .map(|(called, _)| called)
                .filter(|called| functions.contains_key(called))
                .collect();
            (*name, all)
        })
        .collect();
    for (name, bodies) in functions {
        let mut seen = BTreeSet::new();
        let mut open: Vec<&str> = graph.get(name).into_iter().flatten().copied().collect();
        while let Some(at) = open.pop() {
            if at == *name {
                let span = bodies.first().and_then(|(start, _)| tokens.get(*start)).map(|(_, span)| *span);
                errors
                    .push(file.error(span, format!("the function `{name}` calls itself, directly or through others")));
                break;
            }
            if seen.insert(at) {
                open.extend(graph.get(at).into_iter().flatten());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<String> {
        let file = RuleFile::new("p.rego", text.as_bytes());
        check(&file, text).into_iter().map(|error| error.message).collect()
    }

    #[test]
    fn allowed_calls_pass() {
        let text = "package a.b\nfinding contains f if {\n  some x in input.xs\n  f := {\"message\": sprintf(\"%s\", \
                    [lower(x)])}\n}\nhelper(x) := y if { y := contains(x, \"a\") }\nok if helper(\"time.now_ns()\")\n";
        assert_eq!(problems(text), Vec::<String>::new());
    }

    #[test]
    fn the_clock_randomness_and_the_network_are_refused() {
        for call in ["time.now_ns()", "rand.intn(\"a\", 3)", "http.send({})", "opa.runtime()", "no.such(1)"] {
            let name = call.split('(').next().unwrap();
            assert!(problems(&format!("package a.b\nx := {call}\n"))[0].contains(name), "{call}");
        }
    }

    #[test]
    fn functions_that_call_each_other_in_a_circle_are_refused() {
        let found = problems("package a.b\nf(x) := g(x)\ng(x) := h(x)\nh(x) := f(x)\nk(x) := f(x)\n");
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(found.iter().all(|message| message.contains("calls itself")));
    }

    #[test]
    fn deep_brackets_are_refused_before_they_are_parsed() {
        let text = format!("package a.b\nx := {}1{}\n", "[".repeat(30), "]".repeat(30));
        assert!(problems(&text)[0].contains("nest deeper"));
        assert!(problems("package a.b\nx := [[[[1]]]]\n").is_empty());
    }

    #[test]
    fn comments_and_strings_are_not_code() {
        assert!(problems("package a.b\n# time.now_ns()\nx := `rand.intn(1)`\ny := \"http.send( \\\" (\"\n").is_empty());
    }
}
