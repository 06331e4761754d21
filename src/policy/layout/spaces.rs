//! Where tokens of one line part.

use super::pieces::{Kind, Piece};

/// Whether a space stands before a piece that does not begin a line.
pub(super) fn between(pieces: &[Piece<'_>], bodies: &[bool], at: usize) -> bool {
    let (own, before) = (&pieces[at], &pieces[at - 1]);
    if own.kind == Kind::Comment {
        return true;
    }
    match (before.kind, own.kind) {
        // Statements on the line of their brace keep their distance from it; what is empty has none.
        (Kind::Opener, Kind::Closer) => false,
        (Kind::Opener, _) => bodies[at - 1],
        (_, Kind::Closer) => bodies[at],
        (_, Kind::Comma | Kind::Colon | Kind::Semicolon | Kind::Dot) | (Kind::Dot, _) => false,
        // A sign that touched a digit would be one token with it.
        (Kind::Operator, _) if is_sign(pieces, at - 1) => own.text.starts_with(|first: char| first.is_ascii_digit()),
        // `x[0]` and `f(x)`, but `x := [0]`, `x in [0]` and `not (x)`.
        (_, Kind::Opener) if own.text != "{" => !(own.touches && (before.is_operand() || before.text == "contains")),
        _ => true,
    }
}

/// Whether an operator stands before one term and behind none.
pub(super) fn is_sign(pieces: &[Piece<'_>], at: usize) -> bool {
    let before = pieces[..at].iter().rev().find(|own| own.kind != Kind::Comment);
    pieces[at].text == "-" && !before.is_some_and(Piece::is_operand)
}
