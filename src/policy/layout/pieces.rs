//! A module as the tokens and comments that it is written of.

use std::num::NonZeroU32;

use super::LayoutError;
use crate::policy::engine::ast::{Lexer, Source, TokenKind};

/// Most pieces of a module. The engine reads no file that has as many.
const MOST: usize = 4_000_000;

/// Most characters of a line of a message.
const LONGEST: usize = 120;

/// Words that are no names, unless they follow a dot.
const KEYWORDS: [&str; 13] =
    ["as", "contains", "default", "else", "every", "if", "import", "in", "not", "null", "package", "some", "with"];

/// What a piece is to its neighbours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Opener,
    Closer,
    Comma,
    Colon,
    Semicolon,
    Dot,
    /// Between two terms, or before one.
    Operator,
    Keyword,
    /// A name, a number or a text.
    Term,
    Comment,
}

/// A token or a comment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece<'a> {
    pub(super) text: &'a str,
    pub(super) kind: Kind,
    /// Whether it is the first of its line.
    pub(super) begins: bool,
    /// Whether an empty line stands before it.
    pub(super) apart: bool,
    /// Whether nothing stands between it and the piece before.
    pub(super) touches: bool,
}

/// The pieces of a text, in their order.
pub(super) fn pieces<'a>(name: &str, text: &'a str) -> Result<Vec<Piece<'a>>, LayoutError> {
    let fails = |error: &dyn std::fmt::Display| LayoutError { message: shortened(&error.to_string()) };
    let source = Source::from_contents(name.to_owned(), text.to_owned()).map_err(|error| fails(&error))?;
    let mut lexer = Lexer::new(&source);
    // How long a line may be is no question of layout.
    lexer.set_max_col(NonZeroU32::MAX);
    let mut all: Vec<Piece<'a>> = Vec::new();
    let mut end = 0;
    loop {
        let token = lexer.next_token().map_err(|error| fails(&error))?;
        // Of a text in quotes the engine tells what is between them.
        let quotes = usize::from(matches!(token.0, TokenKind::String | TokenKind::RawString));
        let last = matches!(token.0, TokenKind::Eof);
        let from = if last { text.len() } else { (token.1.start as usize).saturating_sub(quotes) };
        let to = if last { text.len() } else { token.1.end as usize + quotes };
        let (Some(gap), Some(own)) = (text.get(end..from), text.get(from..to)) else {
            return Err(LayoutError { message: format!("{name}: a token ends within a character") });
        };
        comments(gap, &mut all);
        if last {
            return Ok(all);
        }
        // The engine reads `set(` as one.
        let (own, bracket) = match own.split_at_checked(3) {
            Some((name, bracket @ "(")) if token.0 == TokenKind::Ident => (name, Some(bracket)),
            _ => (own, None),
        };
        let kind = kind(own, &token.0, all.last());
        let (begins, apart, touches) = place(gap, all.is_empty());
        // What is taken away from a term the engine reads as a negative number that follows it.
        let split = (token.0 == TokenKind::Number && own.starts_with('-') && !begins)
            .then(|| all.last().filter(|before| before.is_operand()))
            .flatten();
        if split.is_some() {
            let (sign, number) = own.split_at(1);
            all.push(Piece { text: sign, kind: Kind::Operator, begins, apart, touches });
            all.push(Piece { text: number, kind: Kind::Term, begins: false, apart: false, touches: true });
        } else {
            all.push(Piece { text: own, kind, begins, apart, touches });
        }
        let more = bracket.map(|text| Piece { text, kind: Kind::Opener, begins: false, apart: false, touches: true });
        all.extend(more);
        if all.len() > MOST {
            return Err(LayoutError { message: format!("{name}: it has more than {MOST} tokens") });
        }
        end = to;
    }
}

/// What the engine says, with no line of the module that is too long to be read.
fn shortened(message: &str) -> String {
    let lines = message.trim().lines().map(|line| match line.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

impl Piece<'_> {
    /// Whether a term may end here.
    pub(super) fn is_operand(&self) -> bool {
        matches!(self.kind, Kind::Term | Kind::Closer) || self.text == "null"
    }
}

fn kind(text: &str, token: &TokenKind, before: Option<&Piece<'_>>) -> Kind {
    if !matches!(token, TokenKind::Symbol | TokenKind::Ident) {
        return Kind::Term;
    }
    match text {
        "{" | "[" | "(" => Kind::Opener,
        "}" | "]" | ")" => Kind::Closer,
        "," => Kind::Comma,
        ":" => Kind::Colon,
        ";" => Kind::Semicolon,
        "." => Kind::Dot,
        _ if *token == TokenKind::Symbol => Kind::Operator,
        _ if KEYWORDS.contains(&text) && before.is_none_or(|own| own.kind != Kind::Dot) => Kind::Keyword,
        _ => Kind::Term,
    }
}

/// Whether what follows a gap begins a line, stands apart from the line before, and touches what is before the gap.
fn place(gap: &str, first: bool) -> (bool, bool, bool) {
    // A comment has taken the gap up to its end.
    let rest = gap.rfind('#').map_or(gap, |at| &gap[at..]);
    let breaks = rest.matches('\n').count();
    (first || breaks > 0, breaks > 1, gap.is_empty())
}

/// The comments of what stands between two tokens.
fn comments<'a>(gap: &'a str, all: &mut Vec<Piece<'a>>) {
    let mut rest = gap;
    while let Some(at) = rest.find('#') {
        let (before, from) = rest.split_at(at);
        let end = from.find('\n').unwrap_or(from.len());
        let breaks = before.matches('\n').count();
        all.push(Piece {
            text: from[..end].trim_end(),
            kind: Kind::Comment,
            begins: all.is_empty() || breaks > 0,
            apart: breaks > 1,
            touches: false,
        });
        rest = &from[end..];
    }
}

/// Which braces begin and end statements: a rule's body, and that of `every` and `else`.
pub(super) fn bodies(pieces: &[Piece<'_>]) -> Vec<bool> {
    let mut before: Option<&Piece<'_>> = None;
    let mut all = Vec::with_capacity(pieces.len());
    let mut open = Vec::new();
    for own in pieces {
        let follows_head = || before.is_some_and(|before| before.is_operand() || matches!(before.text, "if" | "else"));
        all.push(match own.kind {
            Kind::Opener => {
                open.push(own.text == "{" && !own.begins && follows_head());
                open.last().copied().unwrap_or_default()
            }
            Kind::Closer => open.pop().unwrap_or_default(),
            _ => false,
        });
        if own.kind != Kind::Comment {
            before = Some(own);
        }
    }
    all
}
