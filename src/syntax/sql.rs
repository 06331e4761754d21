//! SQL in the dialect of Postgres, as statements of words with their places.
//!
//! Only what gives a text its shape is read here (quotes, bodies between `$$`, comments), by the tokenizer of `sqlparser`;
//! what a statement means, its reader finds in the words. A text that is no SQL at some place costs the statement there.
//! Commands of psql, which begin a line with `\`, and rows behind `COPY … FROM stdin` are no SQL and left out.

use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::tokenizer::{Location, Token, TokenWithSpan, Tokenizer};

use super::{Span, SyntaxError, SyntaxErrorKind};

/// Faults after which a text is given up: it is no SQL.
const MOST_FAULTS: usize = 20;

/// Longest text that is read, in bytes. What is longer is a dump of rows, and each of its words would be kept.
pub const MOST_BYTES: usize = 8 * 1024 * 1024;

/// A text in SQL.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Script {
    /// The statements, in order.
    pub statements: Vec<Statement>,
    /// Where the text is no SQL, and why. What stands there up to the next `;` is not among the statements.
    pub faults: Vec<(Span, String)>,
}

/// One statement, without its `;`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Its words, of which it has at least one.
    pub words: Vec<Word>,
    /// From the first to the last.
    pub span: Span,
}

impl Statement {
    /// Whether it begins with these words.
    #[must_use]
    pub fn begins(&self, words: &[&str]) -> bool {
        words.iter().enumerate().all(|(at, word)| self.words.get(at).is_some_and(|own| own.is(word)))
    }
}

/// One word or sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// What it is.
    pub kind: WordKind,
    /// Where.
    pub span: Span,
}

impl Word {
    /// Whether it is this word, in any case and without quotes.
    #[must_use]
    pub fn is(&self, word: &str) -> bool {
        matches!(&self.kind, WordKind::Plain(own) if own.eq_ignore_ascii_case(word))
    }

    /// Whether it is this sign.
    #[must_use]
    pub fn is_sign(&self, sign: &str) -> bool {
        matches!(&self.kind, WordKind::Sign(own) if &**own == sign)
    }
}

/// What a word is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WordKind {
    /// A keyword, or a name without quotes.
    Plain(Box<str>),
    /// A name in quotes.
    Quoted(Box<str>),
    /// A text.
    Text(Box<str>),
    /// What stands between `$$`.
    Body(Box<str>),
    /// Anything else.
    Sign(Box<str>),
}

/// Reads a text.
///
/// # Errors
/// A text that is too long or not UTF-8.
pub fn parse(bytes: &[u8]) -> Result<Script, SyntaxError> {
    if bytes.len() > MOST_BYTES {
        let (has, most) = (bytes.len() / 1_048_576, MOST_BYTES / 1_048_576);
        let message = format!("the script has {has} MB; scripts over {most} MB are not read");
        return Err(SyntaxError { span: Span::default(), message, kind: SyntaxErrorKind::TooLarge });
    }
    let text = super::utf8(bytes)?;
    let plain = without_rows(text);
    let mut script = Script::default();
    let mut from = if plain.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    while let Some(rest) = plain.get(from..).filter(|rest| !rest.is_empty()) {
        let mut tokens: Vec<TokenWithSpan> = Vec::new();
        let fault = Tokenizer::new(&PostgreSqlDialect {}, rest).tokenize_with_location_into_buf(&mut tokens).err();
        let mut places = Places { text: rest, offset: from, line: 1, column: 1, at: 0 };
        let mut words: Vec<Word> = Vec::new();
        for token in tokens {
            let span = places.span(token.span.start, token.span.end);
            if matches!(token.token, Token::SemiColon) {
                script.add(&mut words);
            } else if let Some(kind) = kind(token.token) {
                words.push(Word { kind, span });
            }
        }
        let Some(fault) = fault else {
            script.add(&mut words);
            break;
        };
        // What was read of the statement at fault is not all of it.
        let at = places.at(fault.location).max(words.last().map_or(0, |last| last.span.end as usize - from));
        let start = words.first().map_or(from + at, |first| first.span.start as usize);
        script.faults.push((Span::new(start, from + at), fault.message));
        if script.faults.len() >= MOST_FAULTS {
            break;
        }
        // A quote that is never closed is found at the end: what stands behind the statement's own line may be sound.
        let behind = words.last().map_or(start, |last| last.span.end as usize).max(start);
        match plain.get(behind..).and_then(|rest| rest.find(";\n")) {
            Some(end) => from = behind + end + 1,
            None => break,
        }
    }
    Ok(script)
}

impl Script {
    fn add(&mut self, words: &mut Vec<Word>) {
        let words = std::mem::take(words);
        if let (Some(first), Some(last)) = (words.first(), words.last()) {
            let span = first.span.to(last.span);
            self.statements.push(Statement { words, span });
        }
    }
}

fn kind(token: Token) -> Option<WordKind> {
    Some(match token {
        Token::Whitespace(_) | Token::EOF => return None,
        Token::Word(word) if word.quote_style.is_some() => WordKind::Quoted(word.value.into()),
        Token::Word(word) => WordKind::Plain(word.value.into()),
        Token::SingleQuotedString(text)
        | Token::EscapedStringLiteral(text)
        | Token::NationalStringLiteral(text)
        | Token::UnicodeStringLiteral(text) => WordKind::Text(text.into()),
        Token::DollarQuotedString(body) => WordKind::Body(body.value.into()),
        other => WordKind::Sign(other.to_string().into()),
    })
}

/// The text with the same places, where lines that are no SQL are comments: commands of psql, and rows behind `COPY … FROM
/// stdin` up to `\.`.
fn without_rows(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rows = false;
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim();
        let command =
            trimmed.strip_prefix('\\').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic()));
        if rows || command || trimmed == "\\." {
            rows &= trimmed != "\\.";
            let ending = line.len() - line.trim_end_matches(['\r', '\n']).len();
            // The tokenizer makes a token of every space, and one of a comment.
            let (mark, length) = (if line.len() - ending > 1 { "-" } else { " " }, line.len() - ending);
            plain.push_str(&mark.repeat(length));
            plain.push_str(line.get(length..).unwrap_or_default());
            continue;
        }
        rows = begins_rows(trimmed);
        plain.push_str(line);
    }
    plain
}

/// Whether a line is a `COPY` whose rows follow.
pub fn begins_rows(line: &str) -> bool {
    let line = line.trim().to_ascii_lowercase();
    line.starts_with("copy ") && line.ends_with(';') && line.contains(" from stdin")
}

/// Lines and columns, which the tokenizer counts in characters, as places in bytes. They are asked for in order.
struct Places<'t> {
    text: &'t str,
    offset: usize,
    line: u64,
    column: u64,
    at: usize,
}

impl Places<'_> {
    fn span(&mut self, start: Location, end: Location) -> Span {
        let start = self.at(start);
        let end = self.at(end);
        Span::new(self.offset + start, self.offset + end)
    }

    fn at(&mut self, location: Location) -> usize {
        for c in self.text.get(self.at..).unwrap_or_default().chars() {
            if (self.line, self.column) >= (location.line, location.column) {
                break;
            }
            self.at += c.len_utf8();
            if c == '\n' {
                (self.line, self.column) = (self.line + 1, 1);
            } else {
                self.column += 1;
            }
        }
        self.at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let script = parse(text.as_bytes()).unwrap();
        let of = |span: Span| text[span.start as usize..span.end as usize].to_owned();
        let statements = script.statements.iter().map(|own| of(own.span));
        statements.chain(script.faults.iter().map(|(span, _)| format!("fault {}", of(*span)))).collect()
    }

    #[test]
    fn statements_have_their_places() {
        assert_eq!(
            shown("\u{feff}-- é; no\nGRANT a TO \"b;c\";\n/* x; /* y */ */ DO $x$ a; b $x$; select 'it''s;'"),
            ["GRANT a TO \"b;c\"", "DO $x$ a; b $x$", "select 'it''s;'"]
        );
    }

    #[test]
    fn what_is_no_sql_is_left_out() {
        assert_eq!(
            shown("\\connect x'y\ncopy t (a) from stdin;\nit's\tme;\n\\.\nGRANT a TO b;"),
            ["copy t (a) from stdin", "GRANT a TO b"]
        );
    }

    #[test]
    fn a_quote_that_is_never_closed_costs_its_statement() {
        let found = shown("GRANT a TO b;\nselect 'oops;\nGRANT c TO d;\n");
        assert_eq!(found.first().map(String::as_str), Some("GRANT a TO b"));
        assert!(found.iter().any(|own| own == "GRANT c TO d"), "{found:?}");
        assert!(found.iter().any(|own| own.starts_with("fault select")), "{found:?}");
    }
}
