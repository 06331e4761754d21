//! The open buffers, and positions in them as the protocol counts.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Component, Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use lsp_types::{Position, PositionEncodingKind, Range, TextDocumentContentChangeEvent, Uri};

use crate::syntax;

/// How columns are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Encoding {
    /// In bytes.
    Utf8,
    /// In code units of UTF-16, as the protocol does unless something else is agreed.
    #[default]
    Utf16,
}

impl Encoding {
    /// Bytes where the client can count so, since nothing has to be converted then.
    pub(super) fn agreed(offered: Option<&[PositionEncodingKind]>) -> Self {
        match offered {
            Some(offered) if offered.contains(&PositionEncodingKind::UTF8) => Self::Utf8,
            _ => Self::Utf16,
        }
    }

    pub(super) fn kind(self) -> PositionEncodingKind {
        match self {
            Self::Utf8 => PositionEncodingKind::UTF8,
            Self::Utf16 => PositionEncodingKind::UTF16,
        }
    }

    /// How many columns the character takes that begins with a byte; none for a byte within one.
    fn columns(self, byte: u8) -> u32 {
        match (self, byte) {
            (Self::Utf8, _) => 1,
            (Self::Utf16, 0x80..=0xBF) => 0,
            (Self::Utf16, 0xF0..) => 2,
            (Self::Utf16, _) => 1,
        }
    }
}

/// The lines of a text, as the protocol ends them: with `\n`, `\r\n` or `\r`.
#[derive(Debug)]
pub(super) struct Lines<'a> {
    text: &'a [u8],
    encoding: Encoding,
    /// Where each line starts, and where what stands in it ends.
    lines: Vec<(usize, usize)>,
}

impl<'a> Lines<'a> {
    pub(super) fn new(text: &'a [u8], encoding: Encoding) -> Self {
        let mut lines = Vec::new();
        let (mut start, mut at) = (0, 0);
        while let Some(byte) = text.get(at) {
            let end = at;
            at += match (byte, text.get(at + 1)) {
                (b'\r', Some(b'\n')) => 2,
                _ => 1,
            };
            if matches!(byte, b'\n' | b'\r') {
                lines.push((start, end));
                start = at;
            }
        }
        lines.push((start, text.len()));
        Self { text, encoding, lines }
    }

    /// Where a byte stands; beyond the end, where the text ends.
    pub(super) fn position(&self, offset: usize) -> Position {
        let offset = offset.min(self.text.len());
        let number = self.lines.partition_point(|(start, _)| *start <= offset).saturating_sub(1);
        let (start, end) = self.lines.get(number).copied().unwrap_or_default();
        let before = self.text.get(start..offset.clamp(start, end)).unwrap_or_default();
        let columns = before.iter().fold(0, |sum: u32, byte| sum.saturating_add(self.encoding.columns(*byte)));
        Position { line: u32::try_from(number).unwrap_or(u32::MAX), character: columns }
    }

    /// The byte at a position: beyond the end of a line, where the line ends; within a character, where that begins.
    pub(super) fn offset(&self, position: Position) -> usize {
        let Some((start, end)) = self.lines.get(position.line as usize).copied() else { return self.text.len() };
        let mut columns = 0_u32;
        let mut at = start;
        let line = self.text.get(start..end).unwrap_or_default();
        for (number, byte) in line.iter().enumerate() {
            if (*byte & 0xC0) != 0x80 {
                // A character begins here.
                if columns >= position.character {
                    return start + number;
                }
                at = start + number;
            }
            columns = columns.saturating_add(self.encoding.columns(*byte));
            if columns > position.character {
                return at;
            }
        }
        end
    }

    /// The byte at a place as people name it.
    pub(super) fn offset_of(&self, place: syntax::Position) -> usize {
        let index = syntax::LineIndex::new(self.text);
        let Some(start) = index.offset(place.line) else { return self.text.len() };
        let start = start as usize;
        let rest = self.text.get(start..).unwrap_or_default();
        let is_first = |byte: u8| (byte & 0xC0) != 0x80;
        let wanted = (place.column as usize).saturating_sub(1);
        let characters = rest.iter().enumerate().filter(|(_, byte)| is_first(**byte));
        let line = characters.take_while(|(_, byte)| **byte != b'\n');
        line.map(|(at, _)| start + at).nth(wanted).unwrap_or_else(|| {
            let length = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
            start + length
        })
    }

    pub(super) fn range(&self, from: usize, to: usize) -> Range {
        Range { start: self.position(from), end: self.position(to.max(from)) }
    }
}

/// One open buffer.
#[derive(Debug, Clone)]
pub(super) struct Document {
    /// As the client names it.
    pub(super) uri: Uri,
    /// The file, from the root of the tree; none for what is not a file there.
    pub(super) path: Option<String>,
    pub(super) version: i32,
    pub(super) text: String,
}

impl Document {
    /// Applies what the client says has changed, in its order.
    pub(super) fn change(&mut self, version: i32, changes: Vec<TextDocumentContentChangeEvent>, encoding: Encoding) {
        self.version = version;
        for change in changes {
            match change.range {
                None => self.text = change.text,
                Some(range) => {
                    let lines = Lines::new(self.text.as_bytes(), encoding);
                    let (from, to) = (lines.offset(range.start), lines.offset(range.end));
                    self.text.replace_range(from.min(to)..to.max(from), &change.text);
                }
            }
        }
    }
}

/// The open buffers, by what the client calls them, and the folder that they stand in.
#[derive(Debug, Default)]
pub(super) struct Documents {
    open: BTreeMap<String, Document>,
}

impl Documents {
    pub(super) fn open(&mut self, document: Document) {
        self.open.insert(document.uri.as_str().to_owned(), document);
    }

    pub(super) fn close(&mut self, uri: &Uri) {
        self.open.remove(uri.as_str());
    }

    pub(super) fn get(&self, uri: &Uri) -> Option<&Document> {
        self.open.get(uri.as_str())
    }

    pub(super) fn get_mut(&mut self, uri: &Uri) -> Option<&mut Document> {
        self.open.get_mut(uri.as_str())
    }

    /// The open buffer of a file of the tree.
    pub(super) fn at(&self, path: &str) -> Option<&Document> {
        self.open.values().find(|document| document.path.as_deref() == Some(path))
    }

    /// The texts of those that are files of the tree.
    pub(super) fn texts(&self) -> BTreeMap<String, Arc<[u8]>> {
        let of_tree = self.open.values().filter_map(|own| Some((own.path.clone()?, own.text.as_bytes().into())));
        of_tree.collect()
    }

    /// The version of each that is a file of the tree.
    pub(super) fn versions(&self) -> BTreeMap<String, i32> {
        self.open.values().filter_map(|own| Some((own.path.clone()?, own.version))).collect()
    }
}

/// The root of the tree, as the disk and as the client name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Root {
    /// Links resolved.
    real: PathBuf,
    /// The client's own name of it, which may go through links.
    named: PathBuf,
}

impl Root {
    /// The root of the tree that `opened`, a folder as the client names it, is in.
    pub(super) fn new(root: &Path, opened: &Path) -> Self {
        let real = std::fs::canonicalize(root).unwrap_or_else(|_| root.to_owned());
        let below = std::fs::canonicalize(opened).unwrap_or_else(|_| opened.to_owned());
        let named = match below.strip_prefix(&real) {
            Ok(rest) => opened.ancestors().nth(rest.components().count()).unwrap_or(&real).to_owned(),
            Err(_) => real.clone(),
        };
        Self { real, named }
    }

    /// The file of the tree that a document is.
    pub(super) fn path(&self, uri: &Uri) -> Option<String> {
        let file = file_of(uri)?;
        let inside = |root: &Path, file: &Path| file.strip_prefix(root).ok().and_then(slashed);
        inside(&self.named, &file).or_else(|| inside(&self.real, &file)).or_else(|| {
            // A buffer may be of a file that is not there yet; its folder is.
            let folder = std::fs::canonicalize(file.parent()?).ok()?;
            inside(&self.real, &folder.join(file.file_name()?))
        })
    }

    /// What the client calls a file of the tree.
    pub(super) fn uri(&self, path: &str) -> Option<Uri> {
        uri_of(&self.named.join(path))
    }
}

/// A relative path with slashes; none for one that leads out of the tree.
fn slashed(path: &Path) -> Option<String> {
    let parts: Option<Vec<&str>> = path
        .components()
        .map(|part| match part {
            Component::Normal(name) => name.to_str(),
            _ => None,
        })
        .collect();
    parts.map(|parts| parts.join("/")).filter(|path| !path.is_empty())
}

/// The file that a URI names.
pub(super) fn file_of(uri: &Uri) -> Option<PathBuf> {
    let (scheme, rest) = uri.as_str().split_once(':')?;
    if !scheme.eq_ignore_ascii_case("file") {
        return None;
    }
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let path = match rest.strip_prefix("//") {
        // A host of its own is a share of Windows.
        Some(rest) => match rest.split_once('/') {
            Some(("" | "localhost", path)) => format!("/{path}"),
            Some((host, path)) => format!("//{host}/{path}"),
            None => return None,
        },
        None => rest.to_owned(),
    };
    let decoded = decoded(&path)?;
    // `/C:/folder` is `C:/folder` there.
    let bytes = decoded.as_bytes();
    let has_drive = cfg!(windows) && bytes.get(1).is_some_and(u8::is_ascii_alphabetic) && bytes.get(2) == Some(&b':');
    Some(PathBuf::from(if has_drive { decoded.get(1..)? } else { &decoded }))
}

fn decoded(path: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let high = char::from(rest.next()?).to_digit(16)?;
        let low = char::from(rest.next()?).to_digit(16)?;
        bytes.push(u8::try_from(high * 16 + low).ok()?);
    }
    String::from_utf8(bytes).ok()
}

/// A file as a URI.
pub(super) fn uri_of(path: &Path) -> Option<Uri> {
    let path = path.to_str()?;
    let path = if cfg!(windows) { path.trim_start_matches(r"\\?\").replace('\\', "/") } else { path.to_owned() };
    let mut text = String::from(if path.starts_with('/') { "file://" } else { "file:///" });
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
    }
    Uri::from_str(&text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Every position of every character of a text, found slowly: by cutting it into lines and characters.
    fn slow(text: &str, encoding: Encoding) -> Vec<(usize, Position)> {
        let mut found = Vec::new();
        let (mut line, mut column, mut at) = (0, 0, 0);
        let characters: Vec<char> = text.chars().collect();
        for (number, c) in characters.iter().enumerate() {
            // Between the two signs of an end of a line nothing stands.
            let within = *c == '\n' && number > 0 && characters[number - 1] == '\r';
            if !within {
                found.push((at, Position { line, character: column }));
            }
            at += c.len_utf8();
            let ends = *c == '\n' || (*c == '\r' && characters.get(number + 1) != Some(&'\n'));
            if ends {
                (line, column) = (line + 1, 0);
            } else if *c != '\r' {
                column += match encoding {
                    Encoding::Utf8 => c.len_utf8() as u32,
                    Encoding::Utf16 => c.len_utf16() as u32,
                };
            }
        }
        found.push((at, Position { line, character: column }));
        found
    }

    proptest! {
        #[test]
        fn offsets_and_positions_agree_with_the_slow_way(text in "[a\u{e9}\u{20ac}\u{1f600}\r\n\t ]{0,40}") {
            for encoding in [Encoding::Utf8, Encoding::Utf16] {
                let lines = Lines::new(text.as_bytes(), encoding);
                for (offset, position) in slow(&text, encoding) {
                    prop_assert_eq!(lines.position(offset), position);
                    prop_assert_eq!(lines.offset(position), offset);
                }
            }
        }

        #[test]
        fn any_position_is_between_two_characters(text in "[a\u{e9}\u{1f600}\r\n]{0,30}", line in 0_u32..20, character in 0_u32..30) {
            for encoding in [Encoding::Utf8, Encoding::Utf16] {
                let lines = Lines::new(text.as_bytes(), encoding);
                let offset = lines.offset(Position { line, character });
                prop_assert!(text.is_char_boundary(offset));
            }
        }

        #[test]
        fn a_place_for_people_is_the_same_byte(text in "[a\u{e9}\u{1f600}\n\r]{0,40}", at in 0_usize..80) {
            let offset = (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
            let lines = Lines::new(text.as_bytes(), Encoding::Utf16);
            let place = syntax::LineIndex::new(text.as_bytes()).position(u32::try_from(offset).unwrap());
            prop_assert_eq!(lines.offset_of(place), offset);
        }

        #[test]
        fn edits_in_pieces_make_the_same_text(text in "[a\u{e9}\u{1f600}\r\n]{0,30}", new in "[b\u{20ac}\n]{0,5}", a in 0_usize..40, b in 0_usize..40) {
            for encoding in [Encoding::Utf8, Encoding::Utf16] {
                let places = slow(&text, encoding);
                let (from, to) = (places[a % places.len()], places[b % places.len()]);
                let (from, to) = if from.0 <= to.0 { (from, to) } else { (to, from) };
                let mut document = Document { uri: Uri::from_str("file:///a").unwrap(), path: None, version: 1, text: text.clone() };
                let change = TextDocumentContentChangeEvent { range: Some(Range { start: from.1, end: to.1 }), range_length: None, text: new.clone() };
                document.change(2, vec![change], encoding);
                prop_assert_eq!(document.text, format!("{}{new}{}", &text[..from.0], &text[to.0..]));
            }
        }
    }

    #[test]
    fn positions_beyond_what_is_there_are_the_nearest_that_are() {
        let lines = Lines::new("ab\r\ncd".as_bytes(), Encoding::Utf16);
        assert_eq!(lines.offset(Position { line: 0, character: 99 }), 2);
        assert_eq!(lines.offset(Position { line: 9, character: 0 }), 6);
        assert_eq!(lines.position(99), Position { line: 1, character: 2 });
        // Between the two signs of an end of a line.
        assert_eq!(lines.position(3), Position { line: 0, character: 2 });
        // Within a character that takes two units.
        assert_eq!(Lines::new("😀x".as_bytes(), Encoding::Utf16).offset(Position { line: 0, character: 1 }), 0);
    }

    #[test]
    fn uris_are_files_and_back() {
        for (path, uri) in
            [("/a/b c/ü#?.yaml", "file:///a/b%20c/%C3%BC%23%3F.yaml"), ("/a/100%.yaml", "file:///a/100%25.yaml")]
        {
            assert_eq!(uri_of(Path::new(path)).unwrap().as_str(), uri);
            assert_eq!(file_of(&Uri::from_str(uri).unwrap()), Some(PathBuf::from(path)));
        }
        assert_eq!(file_of(&Uri::from_str("file://localhost/a").unwrap()), Some(PathBuf::from("/a")));
        for other in ["untitled:Untitled-1", "git:/a?x", "file:///a%zz"] {
            assert_eq!(Uri::from_str(other).ok().and_then(|uri| file_of(&uri)), None, "{other}");
        }
    }

    #[test]
    fn a_file_is_named_as_the_client_names_its_folder() {
        let place = tempfile::tempdir().unwrap();
        let real = std::fs::canonicalize(place.path()).unwrap();
        std::fs::create_dir_all(real.join("tree/sub")).unwrap();
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(real.join("tree"), real.join("link")).unwrap();
            let root = Root::new(&real.join("tree"), &real.join("link/sub"));
            assert_eq!(root.uri("a b.yaml"), uri_of(&real.join("link/a b.yaml")));
            for folder in ["tree", "link"] {
                assert_eq!(
                    root.path(&uri_of(&real.join(folder).join("sub/x.yaml")).unwrap()).as_deref(),
                    Some("sub/x.yaml")
                );
            }
            assert_eq!(root.path(&uri_of(&real.join("elsewhere.yaml")).unwrap()), None);
        }
    }
}
