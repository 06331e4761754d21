//! Where a cursor stands in YAML that is being written: no parser reads half a line, so lines and indents are looked at.

/// One step from the top of a document down to the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// Into the value of a key.
    Key(String),
    /// Into an item of a list.
    Item,
}

/// Where the cursor stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spot {
    /// The way down to the map, or to the value, that is being written.
    pub(super) path: Vec<Step>,
    /// What is being written.
    pub(super) writes: Writes,
    /// Where the word begins that is being written, up to the cursor.
    pub(super) from: usize,
    /// Keys that the map has already.
    pub(super) present: Vec<String>,
    /// The `kind` of the document, as far as it is written.
    pub(super) kind: Option<String>,
    /// Whether what follows the cursor on its line begins a value already.
    pub(super) has_colon: bool,
    /// Whether the word stands between quotes.
    pub(super) is_quoted: bool,
    /// Values of the document at its first two levels, such as `spec.system`.
    pub(super) system: Option<String>,
}

/// What is being written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Writes {
    /// A key of a map.
    Key,
    /// The value of a key.
    Value,
    /// An item of a list, which may be a value or begin a map.
    Item,
}

/// A level that is open: its indent, and the step that led there.
type Level = (usize, Step);

/// Where a byte stands. `None` within a comment.
pub(super) fn spot(text: &str, offset: usize) -> Option<Spot> {
    let start = text.get(..offset)?.rfind('\n').map_or(0, |at| at + 1);
    let (from, to) = document(text, start);
    let mut levels: Vec<Level> = Vec::new();
    for line in text.get(from..start)?.lines() {
        if let Some(line) = Line::of(line) {
            line.open(&mut levels);
            if let Some((key, _)) = line.entry() {
                levels.push((line.indent, Step::Key(key.to_owned())));
            }
        }
    }
    let rest = text.get(offset..to)?.split(['\n', '\r']).next().unwrap_or_default();
    let written = text.get(start..offset)?;
    let line = Line::of_unfinished(written)?;
    line.open(&mut levels);
    let doc = text.get(from..to)?;
    let mut spot = Spot {
        path: Vec::new(),
        writes: Writes::Key,
        from: offset,
        present: Vec::new(),
        kind: value_of(doc, "kind"),
        has_colon: rest.trim_start().starts_with(':'),
        is_quoted: false,
        system: doc.lines().find_map(|line| line.trim_start().strip_prefix("system:").map(unquoted)),
    };
    let (content, at) = match line.entry() {
        Some((key, value)) => {
            levels.push((line.indent, Step::Key(key.to_owned())));
            spot.writes = Writes::Value;
            (value, offset - value.len())
        }
        None => {
            spot.writes = if line.is_item { Writes::Item } else { Writes::Key };
            (line.content, offset - line.content.len())
        }
    };
    spot.path = levels.into_iter().map(|(_, step)| step).collect();
    if spot.writes != Writes::Value {
        spot.present = siblings(doc, start - from, line.indent);
    }
    flow(content, at, rest, &mut spot);
    let word = text.get(spot.from..offset).unwrap_or_default();
    if word.starts_with(['"', '\'']) {
        spot.from += 1;
        spot.is_quoted = true;
    }
    Some(spot)
}

/// From where to where the document goes that a line is in.
fn document(text: &str, line: usize) -> (usize, usize) {
    let is_end = |line: &str| line.trim_end() == "---" || line.starts_with("--- ");
    let (mut from, mut at) = (0, 0);
    for own in text.split_inclusive('\n') {
        if is_end(own) {
            if at >= line && at > from {
                return (from, at);
            }
            from = at + own.len();
        }
        at += own.len();
    }
    (from.min(text.len()), text.len())
}

/// One line of block style.
struct Line<'a> {
    /// The indent of what stands behind its dashes.
    indent: usize,
    /// The indents of its dashes.
    dashes: Vec<usize>,
    is_item: bool,
    content: &'a str,
}

impl<'a> Line<'a> {
    /// A line that says something.
    fn of(line: &'a str) -> Option<Self> {
        let own = Self::of_unfinished(line.trim_end())?;
        (!own.content.is_empty() || own.is_item).then_some(own)
    }

    fn of_unfinished(line: &'a str) -> Option<Self> {
        let mut content = line.trim_start_matches(' ');
        let mut indent = line.len() - content.len();
        let mut dashes = Vec::new();
        while let Some(rest) = content.strip_prefix('-').filter(|rest| rest.is_empty() || rest.starts_with(' ')) {
            dashes.push(indent);
            let inner = rest.trim_start_matches(' ');
            indent += content.len() - inner.len();
            content = inner;
        }
        (!content.starts_with('#')).then_some(Self { indent, is_item: !dashes.is_empty(), dashes, content })
    }

    /// Closes the levels that this line ends, and opens those of its dashes.
    fn open(&self, levels: &mut Vec<Level>) {
        let first = self.dashes.first().copied().unwrap_or(self.indent);
        // A list may stand at the indent of the key that it belongs to.
        let is_over = |level: &Level| match (self.is_item, &level.1) {
            (true, Step::Key(_)) => level.0 > first,
            _ => level.0 >= first,
        };
        while levels.last().is_some_and(is_over) {
            levels.pop();
        }
        levels.extend(self.dashes.iter().map(|indent| (*indent, Step::Item)));
    }

    /// Key and value, where the line has both or a key alone.
    fn entry(&self) -> Option<(&'a str, &'a str)> {
        if self.content.starts_with(['{', '[']) {
            return None;
        }
        let at = match self.content.strip_prefix(['"', '\'']) {
            Some(rest) => rest
                .find(['"', '\''])
                .map(|at| at + 2)
                .filter(|at| self.content.get(*at..).is_some_and(|own| own.starts_with(':')))?,
            None => self.content.find(": ").or_else(|| self.content.strip_suffix(':').map(str::len))?,
        };
        let key = self.content.get(..at)?.trim_matches(['"', '\'']);
        Some((key, self.content.get(at + 1..)?.trim_start_matches(' ')))
    }
}

/// The keys of the map that a line belongs to, but for its own.
fn siblings(doc: &str, line: usize, indent: usize) -> Vec<String> {
    let mut keys = Vec::new();
    let mut at = 0;
    let mut in_map = true;
    for own in doc.split_inclusive('\n') {
        let begins = at;
        at += own.len();
        let Some(parsed) = Line::of(own) else { continue };
        if begins == line {
            in_map = true;
            if parsed.is_item {
                keys.clear();
            }
            continue;
        }
        let outer = parsed.dashes.first().copied().unwrap_or(parsed.indent);
        let leaves = outer < indent;
        if leaves && begins > line {
            break;
        }
        if leaves {
            keys.clear();
            in_map = parsed.indent == indent;
        }
        if let (true, true, Some((key, _))) = (in_map || !leaves, parsed.indent == indent, parsed.entry()) {
            keys.push(key.to_owned());
        }
    }
    keys
}

/// Goes down into what `{` and `[` open on the line.
fn flow(content: &str, at: usize, rest: &str, spot: &mut Spot) {
    let mut open: Vec<Flow> = Vec::new();
    let mut quote: Option<char> = None;
    let mut from = 0;
    for (number, c) in content.char_indices() {
        if let Some(own) = quote {
            if c == own {
                quote = None;
            }
            continue;
        }
        let next = content.get(number + c.len_utf8()..).unwrap_or_default();
        match c {
            '"' | '\'' if content.get(from..number).is_some_and(|word| word.trim().is_empty()) => quote = Some(c),
            '{' | '[' if content.get(from..number).is_some_and(|word| word.trim().is_empty()) => {
                open.push(Flow { is_map: c == '{', key: None, keys: Vec::new() });
                from = number + 1;
            }
            '}' | ']' => {
                open.pop();
                from = number + 1;
            }
            ',' if !open.is_empty() => {
                if let Some(own) = open.last_mut() {
                    own.key = None;
                }
                from = number + 1;
            }
            ':' if next.is_empty() || next.starts_with(' ') => {
                if let Some(own) = open.last_mut().filter(|own| own.is_map && own.key.is_none()) {
                    let key = content.get(from..number).unwrap_or_default().trim().trim_matches(['"', '\'']);
                    own.key = Some(key.to_owned());
                    own.keys.push(key.to_owned());
                    from = number + 1;
                }
            }
            _ => {}
        }
    }
    let begun = content.get(from..).unwrap_or_default();
    spot.from = at + from + (begun.len() - begun.trim_start().len());
    if spot.from < at {
        spot.from = at;
    }
    if open.is_empty() {
        return;
    }
    if spot.writes == Writes::Key {
        // What opens here is no key.
        spot.writes = Writes::Value;
    }
    for own in &open {
        match (own.is_map, &own.key) {
            (true, Some(key)) => spot.path.push(Step::Key(key.clone())),
            (true, None) => {}
            (false, _) => spot.path.push(Step::Item),
        }
    }
    let Some(last) = open.pop() else { return };
    spot.present.clear();
    spot.writes = match (last.is_map, &last.key) {
        (true, None) => {
            spot.present = last.keys;
            let behind = rest.split(['}', ']']).next().unwrap_or_default();
            spot.present.extend(
                behind.split(',').skip(1).filter_map(|own| own.split_once(':')).map(|(key, _)| key.trim().to_owned()),
            );
            Writes::Key
        }
        (true, Some(_)) => Writes::Value,
        (false, _) => {
            spot.path.pop();
            spot.path.push(Step::Item);
            Writes::Item
        }
    };
}

/// What is open in flow style.
struct Flow {
    is_map: bool,
    /// The key whose value is being written.
    key: Option<String>,
    /// The keys that are written already.
    keys: Vec<String>,
}

fn value_of(doc: &str, key: &str) -> Option<String> {
    let value = doc.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'))?;
    Some(unquoted(value)).filter(|value| !value.is_empty())
}

fn unquoted(value: &str) -> String {
    value.split(" #").next().unwrap_or_default().trim().trim_matches(['"', '\'']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The spot at `‸`.
    fn at(text: &str) -> Spot {
        let offset = text.find('‸').unwrap();
        spot(&text.replace('‸', ""), offset).unwrap()
    }

    fn path(text: &str) -> (String, Writes, String) {
        let spot = at(text);
        let offset = text.find('‸').unwrap();
        let steps: Vec<&str> = spot
            .path
            .iter()
            .map(|step| match step {
                Step::Key(key) => key.as_str(),
                Step::Item => "-",
            })
            .collect();
        (steps.join("."), spot.writes, text[spot.from..offset].to_owned())
    }

    #[test]
    fn the_way_down_to_the_cursor() {
        use Writes::{Item, Key, Value};
        for (text, steps, writes, word) in [
            ("ki‸", "", Key, "ki"),
            ("kind: Gr‸", "kind", Value, "Gr"),
            ("kind: ‸", "kind", Value, ""),
            ("spec:\n  sys‸", "spec", Key, "sys"),
            ("spec:\n  system: ledger\n  ‸", "spec", Key, ""),
            ("spec:\n  system: ledger\n  to: person:a‸", "spec.to", Value, "person:a"),
            ("spec:\n  members:\n    - acc‸", "spec.members.-", Item, "acc"),
            ("spec:\n  members:\n  - acc‸", "spec.members.-", Item, "acc"),
            ("spec:\n  members:\n  - a\n  sys‸", "spec", Key, "sys"),
            ("spec:\n  members:\n    - member: a\n      fr‸", "spec.members.-", Key, "fr"),
            ("spec:\n  members:\n    - member: person:‸", "spec.members.-.member", Value, "person:"),
            ("metadata: {id: x, na‸}", "metadata", Key, "na"),
            ("metadata: {id: x, name: ab‸", "metadata.name", Value, "ab"),
            ("spec: {accounts: [{system: le‸", "spec.accounts.-.system", Value, "le"),
            ("  - {system: \"gi‸", "-.system", Value, "gi"),
            ("spec:\n  roles: [a, b‸]", "spec.roles.-", Item, "b"),
            ("a: 1\n---\nspec:\n  x‸\n---\nb: 2", "spec", Key, "x"),
            ("# why\nspec:\n\n  # more\n  x‸", "spec", Key, "x"),
        ] {
            assert_eq!(path(text), (steps.to_owned(), writes, word.to_owned()), "{text}");
        }
    }

    #[test]
    fn what_is_there_already_is_known() {
        assert_eq!(at("spec:\n  a: 1\n  b:\n    c: 2\n  ‸\n  d: 3\nz: 1").present, ["a", "b", "d"]);
        assert_eq!(at("x:\n  - a: 1\n    b: 2\n  - c: 3\n    ‸").present, ["c"]);
        assert_eq!(at("m: {a: 1, ‸, b: 2}").present, ["a", "b"]);
        assert_eq!(at("kind: Grant\nspec: {system: ledger, ‸}").kind.as_deref(), Some("Grant"));
        assert_eq!(
            at("kind: Role\n---\nkind: \"Grant\" # x\nspec:\n  system: \"a:b\"\n  role: ‸").kind.as_deref(),
            Some("Grant")
        );
        assert_eq!(at("kind: Role\n---\nspec:\n  system: \"a:b\"\n  role: ‸").system.as_deref(), Some("a:b"));
        assert!(at("‸: 1").has_colon);
    }

    #[test]
    fn in_a_comment_nothing_is_written() {
        assert_eq!(spot("a: 1\n# b", 8), None);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[a\u{e9}:,\\-{}\\[\\]\"'# \n\r]{0,40}", at in 0_usize..60) {
            let offset = (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
            if let Some(spot) = spot(&text, offset) {
                prop_assert!(spot.from <= offset && text.is_char_boundary(spot.from));
            }
        }
    }
}
