//! What a policy means: its code, without comments and layout.

use super::bundle::Policy;
use crate::store::Digest;

impl Policy {
    /// A digest of the code. Comments, metadata for people and layout do not count.
    #[must_use]
    pub fn meaning(&self) -> Digest {
        let text = String::from_utf8_lossy(&self.file.bytes);
        Digest::of(format!("{:?} {}", self.metadata.custom.scope, code(&text)).as_bytes())
    }
}

/// A text without comments, and with one space or line break where there were several. Strings stay as they are.
fn code(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    let mut gap: Option<char> = None;
    while let Some(c) = rest.next() {
        match c {
            '#' => while rest.next_if(|c| *c != '\n').is_some() {},
            // A line break can end an expression, a space cannot.
            '\n' | '\r' => gap = Some('\n'),
            c if c.is_whitespace() => gap = gap.or(Some(' ')),
            c => {
                if let Some(gap) = gap.take().filter(|_| !out.is_empty()) {
                    out.push(gap);
                }
                out.push(c);
                if c == '"' || c == '`' {
                    string(c, &mut rest, &mut out);
                }
            }
        }
    }
    out
}

/// Copies the rest of a string, its end included.
fn string(quote: char, rest: &mut std::iter::Peekable<std::str::Chars<'_>>, out: &mut String) {
    while let Some(c) = rest.next() {
        out.push(c);
        if c == quote {
            return;
        }
        // Raw strings know no escapes.
        if c == '\\' && quote == '"' {
            out.extend(rest.next());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_layout_do_not_count_and_strings_do() {
        let plain = "package a\nx if {\ny == \"#  no comment\"\n}";
        assert_eq!(code("# METADATA\n# title: x\npackage a\n\n\nx if {\n\ty ==   \"#  no comment\" # why\n}\n"), plain);
        assert_ne!(code("package a\nx if {\ny == \"# no comment\"\n}"), plain);
        assert_eq!(code("x := `a # \\` # c"), "x := `a # \\`");
        assert_ne!(code("a\nb"), code("a b"));
    }
}
