//! What a script of Postgres says beside roles and privileges, and the passwords that it gives to roles.
//!
//! A script may hold rows of any table. Everything is blanked but the statements that are read again; their punctuation
//! stays, so that the script falls into the same statements.

use std::ops::Range;

use crate::formats::postgres::{WORDS_IN_CODE, may_count};
use crate::syntax::sql::{Statement, WordKind, begins_rows, parse};

/// Everything that is not read again.
pub(super) fn outside_access(bytes: &[u8]) -> Vec<Range<usize>> {
    let Ok(script) = parse(bytes) else { return std::iter::once(0..bytes.len()).collect() };
    let mut kept = lines(bytes);
    for statement in &script.statements {
        if may_count(statement) {
            keep(statement, bytes, &mut kept);
        }
    }
    rest(kept, bytes.len())
}

fn keep(statement: &Statement, bytes: &[u8], kept: &mut Vec<Range<usize>>) {
    let mut until = false;
    for word in &statement.words {
        let range = word.span.start as usize..word.span.end as usize;
        match &word.kind {
            // Until when a password works decides.
            WordKind::Text(_) if until => kept.push(range),
            WordKind::Text(_) | WordKind::Body(_) => {
                let body = bytes.get(range.clone()).unwrap_or_default().to_ascii_uppercase();
                for own in WORDS_IN_CODE {
                    let found = memchr::memmem::find_iter(&body, own.as_bytes());
                    kept.extend(found.map(|at| range.start + at..range.start + at + own.len()));
                }
            }
            _ => kept.push(range),
        }
        until = word.is("UNTIL");
    }
}

/// Lines that are told by their first sign, or by their words, whatever is around them.
fn lines(bytes: &[u8]) -> Vec<Range<usize>> {
    let mut kept = Vec::new();
    let mut at = 0;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let start = at + line.len() - line.trim_ascii_start().len();
        if line.trim_ascii() == b"\\." {
            kept.push(start..start + 2);
        } else if line.trim_ascii_start().starts_with(b"\\") {
            kept.push(start..start + 1);
        } else if std::str::from_utf8(line).is_ok_and(begins_rows) {
            kept.push(start..at + line.len());
        }
        at += line.len();
    }
    kept
}

fn rest(mut kept: Vec<Range<usize>>, length: usize) -> Vec<Range<usize>> {
    kept.sort_by_key(|range| (range.start, range.end));
    let mut ranges = Vec::new();
    let mut at = 0;
    for range in kept {
        if range.start > at {
            ranges.push(at..range.start);
        }
        at = at.max(range.end);
    }
    ranges.push(at..length);
    ranges
}

#[cfg(test)]
mod tests {
    use super::super::{ReadBy, redacted};
    use crate::syntax::sql::parse;

    #[test]
    fn what_is_no_access_is_blanked_and_the_statements_stay() {
        let text = "-- it's Mira's\nCREATE USER app PASSWORD 'hunter2' VALID UNTIL '2027-01-31';\nINSERT INTO t VALUES \
                    ('Mira; Vale', $$ x $$);\nCOPY t FROM stdin;\nO'Hara\n\\.\n\\connect d'b\nDO $$ BEGIN EXECUTE 'GRANT \
                    a TO b'; PERFORM 'hunter3'; END $$;\nGRANT SELECT ON t TO app;\n";
        let blanked = String::from_utf8(redacted(text.as_bytes(), ReadBy::Script, &[]).unwrap()).unwrap();
        for secret in ["hunter2", "hunter3", "Mira", "Hara"] {
            assert!(!blanked.contains(secret), "{blanked}");
        }
        for kept in
            ["CREATE USER app PASSWORD 'xxxxxxx' VALID UNTIL '2027-01-31'", "GRANT SELECT ON t TO app", "GRANT "]
        {
            assert!(blanked.contains(kept), "{blanked}");
        }
        let script = "CREATE GROUP g;\nDROP GROUP g;\n";
        assert_eq!(redacted(script.as_bytes(), ReadBy::Script, &[]), None, "what is read stays");
        let spans = |text: &str| parse(text.as_bytes()).unwrap().statements.into_iter().map(|own| own.span);
        assert!(spans(text).eq(spans(&blanked)), "{blanked}");
    }
}
