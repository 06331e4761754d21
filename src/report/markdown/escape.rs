//! Texts of others in Markdown. Names and sentences come from a repository, so none of them is trusted: here each becomes
//! something in which neither Markdown nor a forge finds a link, a mention, an image, HTML or the end of a table.

/// What has no width, and ends a word for a forge that looks for mentions and references.
const BREAK: char = '\u{200b}';

/// A text in one line, without signs that have no shape or turn what stands beside them.
#[must_use]
pub(crate) fn shown(text: &str) -> String {
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{61c}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    text.chars()
        .map(|c| match c {
            '\n' | '\r' | '\t' => ' ',
            c if hidden(c) => char::REPLACEMENT_CHARACTER,
            c => c,
        })
        .collect()
}

/// A text of at most so many characters; a longer one is cut and says so.
#[must_use]
pub(crate) fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// A sentence that says what it says and nothing else, in one line: every sign that could mean something to Markdown
/// stands behind a backslash, and what a forge looks for in the text that remains is broken.
#[must_use]
pub(crate) fn inert(text: &str) -> String {
    let text = shown(text);
    // Spaces at the beginning of an entry would make it a block of code.
    let text = text.trim();
    let mut out = String::with_capacity(text.len() + 8);
    for (at, c) in text.char_indices() {
        if c.is_ascii_punctuation() {
            out.push('\\');
        }
        out.push(c);
        let (before, after) = (text.get(..at).unwrap_or_default(), text.get(at + c.len_utf8()..).unwrap_or_default());
        if is_found(before, c, after) {
            out.push(BREAK);
        }
    }
    out
}

/// Whether a forge may find something that goes on behind a sign: a mention, a reference, an address, an emoji.
fn is_found(before: &str, c: char, after: &str) -> bool {
    let is_short = |c: char| c.is_ascii_alphanumeric() || "_+-".contains(c);
    match c {
        '@' | '#' => true,
        '!' | '$' | '%' | '~' | '&' | '^' => after.starts_with(|c: char| c.is_alphanumeric() || c == '"'),
        ':' => {
            after.starts_with("//")
                || after.split_once(':').is_some_and(|(word, _)| !word.is_empty() && word.chars().all(is_short))
        }
        '.' => ends_with(before, "www"),
        '-' => ends_with(before, "gh"),
        _ => false,
    }
}

/// Whether a text ends with a word, in whatever case.
fn ends_with(text: &str, word: &str) -> bool {
    let end = text.len().checked_sub(word.len()).and_then(|start| text.get(start..));
    end.is_some_and(|end| end.eq_ignore_ascii_case(word))
}

/// A name as code. The mark around it is longer than any in it.
#[must_use]
pub(crate) fn code(text: &str) -> String {
    let text = shown(text);
    let mark = "`".repeat(longest_run(&text) + 1);
    let pad = if text.contains('`') || text.trim() != text || text.is_empty() { " " } else { "" };
    format!("{mark}{pad}{text}{pad}{mark}")
}

/// A name as code in a table, where not even code may have a bar that nothing stands before. The backslash of a name that
/// stands before one would undo that.
#[must_use]
pub(crate) fn cell(text: &str) -> String {
    code(&text.replace("\\|", "\u{29f5}|")).replace('|', "\\|")
}

/// Lines as a block of code. The fence around them is longer than any in them.
#[must_use]
pub(crate) fn fenced(lines: &[String]) -> String {
    let lines: Vec<String> = lines.iter().map(|line| shown(line)).collect();
    let longest = lines.iter().map(|line| longest_run(line)).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}sh\n{}\n{fence}\n", lines.join("\n"))
}

fn longest_run(text: &str) -> usize {
    let (mut longest, mut run) = (0, 0);
    for c in text.chars() {
        run = if c == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_does_not_end_early() {
        assert_eq!(code("a"), "`a`");
        assert_eq!(code("a`b``c"), "``` a`b``c ```");
        assert_eq!(code("a|b"), "`a|b`");
        assert_eq!(cell("a|b"), "`a\\|b`");
        assert_eq!(fenced(&["a ```` b".to_owned()]), "`````sh\na ```` b\n`````\n");
    }

    #[test]
    fn a_forge_finds_nothing_in_a_sentence() {
        assert_eq!(inert("@a"), "\\@\u{200b}a");
        assert_eq!(inert("!12 !"), "\\!\u{200b}12 \\!");
        assert_eq!(inert("https://a"), "https\\:\u{200b}\\/\\/a");
        assert_eq!(inert("www.a :key: GH-7"), "www\\.\u{200b}a \\:\u{200b}key\\: GH\\-\u{200b}7");
        assert_eq!(inert("person:a.b holds"), "person\\:a\\.b holds");
    }

    #[test]
    fn a_cut_text_says_so() {
        assert_eq!(cut("äöü", 3), "äöü");
        assert_eq!(cut("äöü", 2), "äö…");
    }
}
