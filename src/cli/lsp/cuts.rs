//! Pieces of a text that can be taken out so that what is left still reads: an item of a list, an entry of a map, a
//! document, a block, a row.

use crate::gate::Taken;
use crate::syntax::{Node, Span, Value, parse};

/// A piece of a text, and what stands in its place afterwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cut {
    /// The first byte that goes.
    pub(super) from: usize,
    /// The first byte behind it that stays.
    pub(super) to: usize,
    /// What is written instead; mostly nothing.
    pub(super) instead: String,
}

impl Cut {
    fn out(from: usize, to: usize) -> Self {
        Self { from, to, instead: String::new() }
    }

    /// The text after it.
    pub(super) fn applied(&self, text: &str) -> String {
        let head = text.get(..self.from).unwrap_or_default();
        let tail = text.get(self.to..).unwrap_or_default();
        format!("{head}{}{tail}", self.instead)
    }
}

/// The cuts that take away what stands at a place, the smallest first.
pub(super) fn cuts(path: &str, text: &str, span: Span, taken: &Taken) -> Vec<Cut> {
    let place = (span.start as usize, (span.end as usize).min(text.len()));
    let place = match taken {
        Taken::All => Some(place),
        Taken::Permission(name) => text
            .get(place.0..place.1)
            .and_then(|inner| word(inner, name))
            .map(|(from, to)| (place.0 + from, place.0 + to)),
        Taken::Rewritten => None,
    };
    let Some((from, to)) = place.filter(|(from, to)| from < to) else { return Vec::new() };
    let ends = |endings: &[&str]| endings.iter().any(|ending| path.ends_with(ending));
    let mut found = if ends(&[".yaml", ".yml", ".json"]) {
        tree(text, from, to)
    } else if ends(&[".tf", ".tofu", ".hcl"]) {
        element(text, from, to).into_iter().chain(block(text, from)).collect()
    } else if ends(&[".csv", ".tsv"]) {
        let (from, to) = whole_lines(text, from, to);
        vec![Cut::out(from, to)]
    } else {
        Vec::new()
    };
    found.dedup();
    found
}

/// The one place of a word that stands for itself in a text.
fn word(text: &str, name: &str) -> Option<(usize, usize)> {
    let (lower, name) = (text.to_ascii_lowercase(), name.to_ascii_lowercase());
    let is_end = |c: Option<char>| c.is_none_or(|c| c.is_whitespace() || "\"',[]{}".contains(c));
    let mut places = lower.match_indices(&*name).map(|(at, own)| (at, at + own.len())).filter(|(from, to)| {
        is_end(text.get(..*from).and_then(|own| own.chars().next_back()))
            && is_end(text.get(*to..).and_then(|own| own.chars().next()))
    });
    // Where it stands twice, it is not clear which is meant.
    let first = places.next()?;
    places.next().is_none().then_some(first)
}

/// One level around a place.
struct Around<'n> {
    node: &'n Node,
    /// Of an item: its list, and the key of that with its value's map.
    inside: Inside<'n>,
}

enum Inside<'n> {
    Item { list: &'n Node, key_end: Option<usize> },
    Entry { map: &'n Node, key: Span },
    Document,
}

/// The cuts in YAML and JSON, from the innermost level outwards.
fn tree(text: &str, from: usize, to: usize) -> Vec<Cut> {
    let Ok(documents) = parse(text.as_bytes()) else { return Vec::new() };
    let holds = |span: Span| span.start as usize <= from && to <= span.end as usize;
    let Some(root) = documents.iter().find(|document| holds(document.span)) else { return Vec::new() };
    let mut levels = vec![Around { node: root, inside: Inside::Document }];
    let mut at = root;
    let mut key_end = None;
    loop {
        let next = match &at.value {
            Value::List(items) => {
                let item = items.iter().find(|item| holds(item.span));
                item.map(|item| Around { node: item, inside: Inside::Item { list: at, key_end } })
            }
            Value::Map(entries) => {
                let entry = entries.iter().find(|entry| holds(entry.span()));
                entry.map(|entry| {
                    key_end = Some(entry.key_span.end as usize);
                    Around { node: &entry.value, inside: Inside::Entry { map: at, key: entry.key_span } }
                })
            }
            _ => None,
        };
        let Some(next) = next else { break };
        if matches!(next.inside, Inside::Item { .. }) {
            key_end = None;
        }
        at = next.node;
        levels.push(next);
    }
    let mut found = Vec::new();
    for level in levels.iter().rev() {
        match level.inside {
            Inside::Item { list, key_end } => found.extend(item(text, level.node, list, key_end)),
            // A manifest without one of its entries is another manifest, or none.
            Inside::Entry { .. } if root.get("apiVersion").is_some() => {}
            Inside::Entry { map, key } => found.extend(entry(text, level.node, map, key)),
            Inside::Document => found.extend(document(text, from)),
        }
    }
    found
}

/// An item of a list. The last one leaves an empty list.
fn item(text: &str, node: &Node, list: &Node, key_end: Option<usize>) -> Option<Cut> {
    let (from, to) = trimmed(text, node.span);
    let is_only = list.as_list().is_some_and(|items| items.len() == 1);
    match dash(text, from) {
        None => element(text, from, to),
        Some(_) if is_only => {
            // `key:` and the list below it become `key: []`.
            let colon = key_end.and_then(|end| Some(end + text.get(end..)?.find(':')? + 1))?;
            let (_, end) = trimmed(text, list.span);
            Some(Cut { from: colon, to: end, instead: " []".to_owned() })
        }
        // Two dashes on one line are two lists.
        Some(at) if text.get(line_start(text, at)..at)?.trim().is_empty() => {
            let (_, end) = whole_lines(text, at, to);
            Some(Cut::out(line_start(text, at), end))
        }
        Some(_) => None,
    }
}

/// The dash of block style before an item.
fn dash(text: &str, from: usize) -> Option<usize> {
    let before = text.get(..from)?.trim_end();
    before.ends_with('-').then(|| before.len() - 1)
}

/// An entry of a map that has others.
fn entry(text: &str, value: &Node, map: &Node, key: Span) -> Option<Cut> {
    if map.as_map().is_none_or(|entries| entries.len() < 2) {
        return None;
    }
    let from = key.start as usize;
    let (_, to) = trimmed(text, key.to(value.span));
    let quoted = text.get(..from)?.ends_with(['"', '\'']);
    let from = if quoted { from - 1 } else { from };
    let is_alone =
        text.get(line_start(text, from)..from)?.trim().is_empty() && !text.trim_start().starts_with(['{', '[']);
    if is_alone {
        let (start, end) = whole_lines(text, from, to);
        return Some(Cut::out(start, end));
    }
    element(text, from, to)
}

/// Something between `[`, `,` and `]`, with one comma.
fn element(text: &str, from: usize, to: usize) -> Option<Cut> {
    let (mut from, mut to) = (from, to);
    for quote in ['"', '\''] {
        if text.get(..from)?.ends_with(quote) && text.get(to..)?.starts_with(quote) {
            (from, to) = (from - 1, to + 1);
        }
    }
    let before = text.get(..from)?.trim_end();
    let after = text.get(to..)?;
    let gap = after.len() - after.trim_start().len();
    let next = after.trim_start().chars().next()?;
    match (before.chars().next_back()?, next) {
        // The last of several goes with the comma before it.
        (',', ']' | '}') => Some(Cut::out(before.len() - 1, to)),
        ('[' | '{' | ',', ',') => {
            let behind = to + gap + 1;
            let rest = text.get(behind..)?;
            Some(Cut::out(from, behind + (rest.len() - rest.trim_start().len())))
        }
        ('[', ']') => Some(Cut::out(before.len(), to + gap)),
        _ => None,
    }
}

/// A document of several in one file.
fn document(text: &str, at: usize) -> Option<Cut> {
    let mut marks: Vec<(usize, usize)> = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if line.trim_end() == "---" || line.starts_with("--- ") {
            marks.push((start, start + line.len()));
        }
        start += line.len();
    }
    let own = marks.iter().rev().find(|(from, _)| *from <= at);
    let next = marks.iter().find(|(from, _)| *from > at);
    match (own, next) {
        // Up to the next document, whose mark then stands where this one's stood.
        (Some((from, _)), Some((next, _))) => Some(Cut::out(*from, *next)),
        (Some((from, _)), None) if !is_first(text, *from) => Some(Cut::out(*from, text.len())),
        // What is said of the whole file at its top stays.
        (None, Some((_, behind))) => {
            let mut from = 0;
            for line in text.split_inclusive('\n') {
                if !line.trim().is_empty() && !line.starts_with('#') {
                    break;
                }
                from += line.len();
            }
            Some(Cut::out(from, *behind))
        }
        _ => None,
    }
}

/// Whether nothing but comments stands before a byte.
fn is_first(text: &str, at: usize) -> bool {
    text.get(..at).unwrap_or_default().lines().all(|line| line.trim().is_empty() || line.starts_with('#'))
}

/// The block of HCL that begins on the line of a byte.
fn block(text: &str, at: usize) -> Option<Cut> {
    let start = line_start(text, at);
    let rest = text.get(start..)?;
    let mut depth = 0_usize;
    let mut in_text = false;
    let mut escaped = false;
    for (number, c) in rest.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if in_text => escaped = true,
            '"' => in_text = !in_text,
            '{' if !in_text => depth += 1,
            '}' if !in_text => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    let (_, end) = whole_lines(text, start, start + number + 1);
                    // The empty line behind it would be one too many.
                    let gap =
                        text.get(end..).and_then(|rest| rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix('\n')));
                    return Some(Cut::out(start, gap.map_or(end, |rest| text.len() - rest.len())));
                }
            }
            '\n' if depth == 0 => return None,
            _ => {}
        }
    }
    None
}

fn line_start(text: &str, at: usize) -> usize {
    text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1)
}

/// The whole lines that a place is on, with the end of the last.
fn whole_lines(text: &str, from: usize, to: usize) -> (usize, usize) {
    let rest = text.get(to..).unwrap_or_default();
    (line_start(text, from), rest.find('\n').map_or(text.len(), |at| to + at + 1))
}

/// A span without the spaces and ends of lines at its end.
fn trimmed(text: &str, span: Span) -> (usize, usize) {
    let (from, to) = (span.start as usize, (span.end as usize).min(text.len()));
    let inner = text.get(from..to).unwrap_or_default();
    (from, from + inner.trim_end().len())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is left of a text without what stands between `‹` and `›`, by each cut.
    fn left(path: &str, marked: &str, taken: &Taken) -> Vec<String> {
        let from = marked.find('‹').unwrap();
        let to = marked.find('›').unwrap() - '‹'.len_utf8();
        let text = marked.replace(['‹', '›'], "");
        cuts(path, &text, Span::new(from, to), taken).iter().map(|cut| cut.applied(&text)).collect()
    }

    #[test]
    fn items_go_with_their_lines() {
        let all = |text: &str| left("a.yaml", text, &Taken::All);
        assert_eq!(all("m:\n  - a\n  - ‹b›  # why\n  - c\n")[0], "m:\n  - a\n  - c\n");
        assert_eq!(all("m:\n  - a: ‹1›\n    b: 2\n  - c: 3\n")[0], "m:\n  - c: 3\n");
        assert_eq!(all("m:\n  - ‹a›\nn: 1\n")[0], "m: []\nn: 1\n");
        assert_eq!(all("m: [a, ‹b›, c]\n")[0], "m: [a, c]\n");
        assert_eq!(all("m: [a, ‹b›]\n")[0], "m: [a]\n");
        assert_eq!(all("m: [‹a›]\n")[0], "m: []\n");
        assert_eq!(all("m: [\"‹a›\", b]\n")[0], "m: [b]\n");
        assert_eq!(all("m:\r\n  - a\r\n  - ‹ü›\r\n")[0], "m:\r\n  - a\r\n");
    }

    #[test]
    fn an_entry_goes_where_others_are_left() {
        let all = |text: &str| left("a.yaml", text, &Taken::All);
        assert_eq!(all("r:\n  a: x\n  b: ‹y›\n")[0], "r:\n  a: x\n");
        assert_eq!(all("r: {a: x, b: ‹y›}\n")[0], "r: {a: x}\n");
        assert!(all("b: ‹y›\n").is_empty());
    }

    #[test]
    fn a_document_goes_with_one_of_its_marks() {
        let all = |text: &str| left("a.yaml", text, &Taken::All);
        assert_eq!(all("# all\n\na: ‹1›\n---\nb: 2\n"), ["# all\n\nb: 2\n"]);
        assert_eq!(all("a: 1\n---\n# of b\nb: ‹2›\n---\nc: 3\n"), ["a: 1\n---\nc: 3\n"]);
        assert_eq!(all("a: 1\n---\nb: ‹2›\n"), ["a: 1\n"]);
        assert!(all("---\nb: ‹2›\n").is_empty());
    }

    #[test]
    fn json_stays_json() {
        let all = |text: &str| left("a.json", text, &Taken::All);
        for text in [
            "{\"m\": [{\"a\": 1}, ‹{\"b\": 2}›]}",
            "{\"m\": [\n  ‹\"a\"›,\n  \"b\"\n]}",
            "{\"m\": [‹\"a\"›], \"n\": 1}",
            "{\n  \"m\": ‹1›,\n  \"n\": 2\n}",
        ] {
            let found = all(text);
            assert!(!found.is_empty(), "{text}");
            for left in found {
                serde_json::from_str::<serde_json::Value>(&left).unwrap_or_else(|error| panic!("{left}: {error}"));
            }
        }
    }

    #[test]
    fn one_permission_goes_and_one_that_stands_twice_does_not() {
        let taken = Taken::Permission("iam:PassRole".into());
        let text = "‹{\"Action\": [\"iam:passrole\", \"s3:Get*\"]}›";
        assert_eq!(left("a.json", text, &taken)[0], "{\"Action\": [\"s3:Get*\"]}");
        assert!(left("a.json", "‹[\"iam:PassRole\", \"iam:PassRole\"]›", &taken).is_empty());
        assert!(left("a.json", "‹[\"iam:PassRoleX\"]›", &taken).is_empty());
        assert!(left("a.json", text, &Taken::Rewritten).is_empty());
    }

    #[test]
    fn a_block_of_terraform_and_a_row_of_a_table_go_as_a_whole() {
        let text = "a = 1\n\n‹resource \"x\" \"y\"› {\n  v = \"}\"\n  w { z = 1 }\n}\n\nresource \"b\" \"c\" {}\n";
        assert_eq!(left("a.tf", text, &Taken::All), ["a = 1\n\nresource \"b\" \"c\" {}\n"]);
        assert_eq!(left("a.tf", "m = [\"a\", ‹\"b\"›]\n", &Taken::All), ["m = [\"a\"]\n"]);
        assert_eq!(left("a.csv", "u,r\r\na,‹x›\r\nb,y\r\n", &Taken::All), ["u,r\r\nb,y\r\n"]);
    }
}
