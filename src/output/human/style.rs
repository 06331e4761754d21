//! Colours, links, wrapping, and what keeps text from a repository from playing tricks on a terminal.

use std::borrow::Cow;

use textwrap::{WordSeparator, WordSplitter, WrapAlgorithm};

use super::super::Options;

/// The least width that is laid out for; narrower terminals wrap by themselves.
const MIN_WIDTH: usize = 40;
/// The most: longer lines of prose are hard to read.
const MAX_WIDTH: usize = 120;

/// How a piece of text is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ink {
    Plain,
    Bold,
    Dim,
    Error,
    Warning,
    Good,
    File,
    Command,
}

impl Ink {
    fn code(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Bold => "1",
            Self::Dim => "2",
            Self::Error => "1;31",
            Self::Warning => "1;33",
            Self::Good => "1;32",
            Self::File => "36",
            Self::Command => "1;36",
        }
    }
}

/// How one report is laid out.
pub(super) struct Style<'a> {
    pub(super) options: &'a Options,
    pub(super) width: usize,
}

impl<'a> Style<'a> {
    pub(super) fn new(options: &'a Options) -> Self {
        Self { options, width: options.width.clamp(MIN_WIDTH, MAX_WIDTH) }
    }

    /// One of two spellings: the second where only ASCII is drawn.
    pub(super) fn sign(&self, unicode: &'static str, ascii: &'static str) -> &'static str {
        if self.options.unicode { unicode } else { ascii }
    }

    /// Text in a colour, without what it must not do to a terminal.
    pub(super) fn paint(&self, ink: Ink, text: &str) -> String {
        let text = clean(text);
        if self.options.colour && ink != Ink::Plain && !text.is_empty() {
            format!("\u{1b}[{}m{text}\u{1b}[0m", ink.code())
        } else {
            text.into_owned()
        }
    }

    /// A file and line, as a link where links are wanted.
    pub(super) fn file(&self, file: &str, line: Option<u32>) -> String {
        let text = match line {
            Some(line) => format!("{file}:{line}"),
            None => file.to_owned(),
        };
        self.link(file, self.paint(Ink::File, &text))
    }

    /// Makes text a link to a file of the tree.
    pub(super) fn link(&self, file: &str, text: String) -> String {
        let Some(root) = &self.options.links else { return text };
        let url = format!("file://{}/{}", percent(root.trim_end_matches('/')), percent(file));
        format!("\u{1b}]8;;{url}\u{1b}\\{text}\u{1b}]8;;\u{1b}\\")
    }

    /// Lines of painted text under an indent.
    pub(super) fn wrap(&self, text: &str, first: &str, rest: &str) -> Vec<String> {
        let options = wrapping(self.width).initial_indent(first).subsequent_indent(rest);
        textwrap::wrap(text, options).into_iter().map(Cow::into_owned).collect()
    }
}

/// How text is broken. Words are kept whole, so that ids and paths can be copied.
pub(in crate::output) fn wrapping<'o>(width: usize) -> textwrap::Options<'o> {
    textwrap::Options::new(width)
        .break_words(false)
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation)
        .wrap_algorithm(WrapAlgorithm::FirstFit)
}

/// How many columns a text takes.
pub(super) fn columns(text: &str) -> usize {
    textwrap::core::display_width(text)
}

/// Text that only says what it says: control characters would move the cursor or colour the screen, and marks of
/// writing direction can make a line read otherwise than it is.
pub(in crate::output) fn clean(text: &str) -> Cow<'_, str> {
    if text.chars().any(is_trick) { Cow::Owned(text.chars().map(tame).collect()) } else { Cow::Borrowed(text) }
}

/// A character that a terminal would obey rather than show.
fn is_trick(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The character to show for one.
pub(super) fn tame(c: char) -> char {
    match c {
        '\n' | '\r' | '\t' => ' ',
        c if is_trick(c) => char::REPLACEMENT_CHARACTER,
        c => c,
    }
}

/// A path as part of a URL.
fn percent(path: &str) -> String {
    let mut url = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/:@".contains(&byte) {
            url.push(char::from(byte));
        } else {
            url.push_str(&format!("%{byte:02X}"));
        }
    }
    url
}
