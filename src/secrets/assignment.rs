//! `name op value`, in whatever language a file is written.

/// Longest value that is looked at.
const MOST: usize = 512;

/// A value that something is assigned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Assignment {
    /// The first byte of the name.
    pub(super) name_start: usize,
    /// One past the last byte of the name.
    pub(super) name_end: usize,
    /// The first byte of the value, inside of its quotes.
    pub(super) start: usize,
    /// One past the value's last byte.
    pub(super) end: usize,
    /// The quote around it.
    pub(super) quote: Option<u8>,
    /// What stands between the two.
    pub(super) operator: Operator,
}

/// What stands between name and value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    /// `=`, `:=`, `=>`, `<-` and the like.
    Equals,
    /// `:`.
    Colon,
    /// `==`, `!=`.
    Comparison,
    /// `,` or `(`: an argument follows.
    Argument,
    /// `>`: the text of an XML element.
    Element,
    /// A blank: an option of a command.
    Blank,
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-' || byte == b'.'
}

/// The assignment to the name in which the word of `word_start..word_end` stands. `loose` names may have blanks in them.
pub(super) fn parse(bytes: &[u8], word_start: usize, word_end: usize, loose: bool) -> Option<Assignment> {
    let before = bytes.get(word_start.saturating_sub(64)..word_start)?;
    let name_start = word_start - before.iter().rev().take_while(|byte| is_name(**byte)).count();
    let mut at = word_end;
    let length = if loose {
        run(bytes, at, 24, |byte| is_name(byte) || byte == b' ' || byte == b'\t')
    } else {
        run(bytes, at, 40, is_name)
    };
    let name_end = word_end + length;
    at = name_end;
    // What closes the name: `"password"`, `['password']`, `{password}`.
    at += run(bytes, at, 4, |byte| matches!(byte, b'"' | b'\'' | b'`' | b']' | b')' | b'\\' | b' ' | b'\t'));
    let beside = value_beside(bytes, name_end);
    at = beside.unwrap_or(at);
    let mut operator = match (bytes.get(at)?, bytes.get(at + 1), bytes.get(at + 2)) {
        (b'=', Some(b'='), Some(b'=')) | (b'!', Some(b'='), Some(b'=')) => (Operator::Comparison, 3),
        (b'=', Some(b'='), _) | (b'!', Some(b'='), _) => (Operator::Comparison, 2),
        (b'=', Some(b'>' | b'~'), _) => (Operator::Equals, 2),
        (b'=', ..) => (Operator::Equals, 1),
        (b':', Some(b':'), Some(b'=')) => (Operator::Equals, 3),
        (b':', Some(b':'), Some(b':')) if bytes.get(at + 3) == Some(&b'=') => (Operator::Equals, 4),
        (b':', Some(b'='), _) => (Operator::Equals, 2),
        (b':', Some(b':'), _) => return None,
        (b':', ..) => (Operator::Colon, 1),
        (b'?' | b'+' | b'.' | b'~', Some(b'='), _) => (Operator::Equals, 2),
        (b'|', Some(b'|'), Some(b'=')) => (Operator::Equals, 3),
        (b'|', Some(b'|'), _) => (Operator::Equals, 2),
        (b'<', Some(b'-'), _) | (b'-', Some(b'>'), _) => (Operator::Equals, 2),
        // The text of an element may stand on a line of its own.
        (b'>', ..) => (Operator::Element, 1 + run(bytes, at + 1, 64, |byte| byte.is_ascii_whitespace())),
        // Notes have `name - 'value'`.
        (b'-', Some(b' '), Some(b'"' | b'\'')) => (Operator::Equals, 1),
        (b',' | b'(', ..) => (Operator::Argument, 1),
        _ if at > name_end && matches!(bytes.get(at - 1), Some(b' ' | b'\t')) => (Operator::Blank, 0),
        _ => return None,
    };
    // A type behind the name: `password string = "x"`.
    if operator.0 == Operator::Blank {
        let kind = run(bytes, at, 16, |byte| byte.is_ascii_alphanumeric());
        let after = at + kind + run(bytes, at + kind, 4, |byte| byte == b' ');
        if kind > 0
            && bytes.get(after) == Some(&b'=')
            && matches!(bytes.get(after + 1..after + 3), Some(b" \"" | b" \'" | b" `"))
        {
            at = after;
            operator = (Operator::Equals, 1);
        }
    }
    at += operator.1;
    // A type between name and value: `password: string = "x"`.
    if operator.0 == Operator::Colon {
        let blank = run(bytes, at, 4, |byte| byte == b' ');
        let kind = run(bytes, at + blank, 16, |byte| byte.is_ascii_alphanumeric() || byte == b'&' || byte == b'\'');
        let after = at + blank + kind + run(bytes, at + blank + kind, 4, |byte| byte == b' ');
        if kind > 0 && bytes.get(after) == Some(&b'=') && bytes.get(after + 1) == Some(&b' ') {
            at = after + 1;
            operator = (Operator::Equals, 1);
        }
    }
    at += run(bytes, at, 32, |byte| matches!(byte, b' ' | b'\t'));
    // `= ("x")`, `= b"x"`, `= @"x"`, `= 'x'.freeze`.
    if bytes.get(at) == Some(&b'(') {
        at += 1 + run(bytes, at + 1, 8, |byte| matches!(byte, b' ' | b'\t'));
    }
    if matches!(bytes.get(at), Some(b'b' | b'r' | b'u' | b'f' | b'@' | b'L'))
        && matches!(bytes.get(at + 1), Some(b'"' | b'\''))
    {
        at += 1;
    }
    let mut escaped = false;
    if bytes.get(at) == Some(&b'\\') && matches!(bytes.get(at + 1), Some(b'"' | b'\'')) {
        at += 1;
        escaped = true;
    }
    let quote = bytes.get(at).copied().filter(|byte| matches!(byte, b'"' | b'\'' | b'`'));
    let Some(mark) = quote else {
        let plain = |byte: u8| {
            byte > b' '
                && byte < 0x7f
                && !matches!(byte, b'"' | b'\'' | b'`' | b';' | b',' | b'<' | b'>' | b'\\' | b'|')
        };
        let length = run(bytes, at, MOST + 1, plain);
        let closed = length <= MOST && length > 0 && operator.0 != Operator::Argument;
        return closed.then_some(Assignment {
            name_start,
            name_end,
            start: at,
            end: at + length,
            quote: None,
            operator: operator.0,
        });
    };
    at += 1;
    // Three quotes open a text block.
    if bytes.get(at) == Some(&mark) && bytes.get(at + 1) == Some(&mark) {
        at += 2;
    }
    let length = run(bytes, at, MOST + 1, |byte| byte != mark && byte != b'\n' && byte != b'\r');
    if bytes.get(at + length) != Some(&mark) {
        return None;
    }
    let end = at + length - usize::from(escaped && length > 0 && bytes.get(at + length - 1) == Some(&b'\\'));
    Some(Assignment { name_start, name_end, start: at, end, quote: Some(mark), operator: operator.0 })
}

/// Where the operator of a field `value` stands that follows a name in a field of its own: `name: X` and `value: …` of a
/// container's environment, `key="X" value="…"` of an element.
fn value_beside(bytes: &[u8], name_end: usize) -> Option<usize> {
    let quoted = run(bytes, name_end, 1, |byte| matches!(byte, b'"' | b'\''));
    let mut at = name_end + quoted;
    let gap = run(bytes, at, 64, |byte| byte.is_ascii_whitespace() || byte == b',');
    at += gap;
    at += run(bytes, at, 1, |byte| matches!(byte, b'"' | b'\''));
    let field = bytes.get(at..at + 5).filter(|word| gap > 0 && word.eq_ignore_ascii_case(b"value"))?;
    at += field.len();
    at += run(bytes, at, 1, |byte| matches!(byte, b'"' | b'\''));
    at += run(bytes, at, 2, |byte| byte == b' ');
    matches!(bytes.get(at), Some(b':' | b'=')).then_some(at)
}

fn run(bytes: &[u8], from: usize, most: usize, of: impl Fn(u8) -> bool) -> usize {
    bytes.get(from..).unwrap_or_default().iter().take(most).take_while(|byte| of(**byte)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Option<(&str, Operator)> {
        let at = text.find("word")?;
        let own = parse(text.as_bytes(), at, at + 4, false)?;
        Some((&text[own.start..own.end], own.operator))
    }

    #[test]
    fn values_are_found_in_many_languages() {
        for text in [
            "password = 'v1'",
            "\"password\": \"v1\"",
            "PASSword=v1 ",
            "password: v1\n",
            "password => 'v1'",
            "password := `v1`",
            "x['password'] = \"v1\"",
            "password <- \"v1\"",
            "<password>v1</password>",
            "password: String = \"v1\"",
            "--password v1 ",
            "\\\"password\\\": \\\"v1\\\"",
            "setpassword(\"v1\")",
            "password = b\"v1\"",
            "password ||= 'v1'",
            "password :::= \"v1\"",
            "- name: DB_password\n  value: v1\n",
            "{\"name\": \"password\", \"value\": \"v1\"}",
            "<add key=\"password\" value=\"v1\"/>",
            "var password string = \"v1\"",
            "<password>\n    v1\n</password>",
            "password - 'v1'",
        ] {
            assert_eq!(value(text).map(|found| found.0), Some("v1"), "{text}");
        }
        assert_eq!(value("password == 'v1'").map(|found| found.1), Some(Operator::Comparison));
        assert_eq!(value("password::new()"), None);
        assert_eq!(value("password - other").map(|found| found.1), Some(Operator::Blank));
        assert_eq!(value("password = \"v1\n"), None);
    }
}
