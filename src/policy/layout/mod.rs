//! How a module of Rego is laid out: tabs by what is open, one space where tokens part, one empty line where there were
//! several.
//!
//! Lines are where their author broke them, as `gofmt` leaves them, and no token is added, taken away or moved: what a module
//! means cannot change. What `opa fmt` writes stays as it is.

mod pieces;
mod spaces;

use std::fmt;

use self::pieces::{Kind, Piece, pieces};

/// Why a module cannot be laid out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayoutError {
    /// What is wrong, with its line where the engine's lexer says so.
    pub message: String,
}

impl fmt::Display for LayoutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for LayoutError {}

/// The text of a module as it should be laid out. `name` is what errors call it.
///
/// # Errors
/// [`LayoutError`] where the text is no Rego.
pub fn laid_out(name: &str, text: &str) -> Result<String, LayoutError> {
    let before = pieces(name, text)?;
    let after = written(&before);
    // Whatever mistake is made here, it does not come to anybody's file.
    let again = pieces(name, &after)?;
    let same = before.len() == again.len() && before.iter().zip(&again).all(|(one, other)| one.text == other.text);
    if same {
        Ok(after)
    } else {
        Err(LayoutError { message: format!("{name}: its tokens would not be the same afterwards") })
    }
}

/// A bracket that is open.
struct Open {
    /// The indentation of the line that opened it.
    indent: usize,
    /// Whether statements stand in it.
    body: bool,
}

fn written(pieces: &[Piece<'_>]) -> String {
    let bodies = pieces::bodies(pieces);
    let mut out = String::new();
    let mut open: Vec<Open> = Vec::new();
    let mut indent = 0;
    for (at, own) in pieces.iter().enumerate() {
        let before = at.checked_sub(1).map(|at| &pieces[at]);
        if own.begins {
            if let Some(before) = before {
                out.push('\n');
                let apart = own.apart && before.kind != Kind::Opener && own.kind != Kind::Closer;
                if apart || separates(pieces, at) {
                    out.push('\n');
                }
            }
            indent = indentation(pieces, at, &open);
            out.extend(std::iter::repeat_n('\t', indent));
        } else if spaces::between(pieces, &bodies, at) {
            out.push(' ');
        }
        out.push_str(own.text);
        match own.kind {
            Kind::Opener => open.push(Open { indent, body: bodies[at] }),
            Kind::Closer => drop(open.pop()),
            _ => {}
        }
    }
    if !out.is_empty() {
        out.push('\n');
    }
    out
}

/// How far a line is moved in.
fn indentation(pieces: &[Piece<'_>], at: usize, open: &[Open]) -> usize {
    let closers = pieces[at..]
        .iter()
        .enumerate()
        .take_while(|(place, own)| own.kind == Kind::Closer && (*place == 0 || !own.begins));
    match closers.count() {
        0 => {
            let inside = open.last().map_or(0, |own| own.indent + 1);
            inside + usize::from(goes_on(pieces, at, open.last().is_some_and(|own| own.body)))
        }
        many => open.get(open.len().saturating_sub(many)).map_or(0, |own| own.indent),
    }
}

/// Whether a line goes on with what the line before it began.
fn goes_on(pieces: &[Piece<'_>], at: usize, in_body: bool) -> bool {
    let own = &pieces[at];
    if own.kind == Kind::Comment {
        return false;
    }
    let Some(before) = pieces[..at].iter().rev().find(|own| own.kind != Kind::Comment) else { return false };
    // What is left of the bar of a comprehension stands on the line of its bracket.
    let wants_more = match before.kind {
        Kind::Operator => before.text != "|",
        Kind::Colon => true,
        Kind::Keyword => before.text != "null",
        Kind::Comma => in_body,
        _ => false,
    };
    let belongs = match own.kind {
        Kind::Operator => own.text != "|" && !spaces::is_sign(pieces, at),
        Kind::Keyword => matches!(own.text, "with" | "as" | "in" | "if"),
        _ => false,
    };
    wants_more || belongs
}

/// Whether an empty line belongs before a line: behind the package, and between the imports and the rules.
fn separates(pieces: &[Piece<'_>], at: usize) -> bool {
    let line = pieces[..at].iter().rposition(|own| own.begins).unwrap_or(0);
    match pieces[line].text {
        "package" => true,
        "import" => pieces[at].kind != Kind::Comment && pieces[at].text != "import",
        _ => false,
    }
}

#[cfg(test)]
mod tests;
