//! Line ends that the language takes for spaces.
//!
//! Between parentheses and brackets, in `{for …}` and in `${…}`, a line end is a space (HCL specification, "Collection
//! Values" and "Template Expressions"). The library reads most of them so; where it does not, the text is read again with
//! spaces in their place. Nothing moves, so every position stays.

/// What a bracket encloses.
#[derive(Clone, Copy, PartialEq)]
enum Inside {
    /// `(…)`, `[…]`, `{for …}`, `${…}`, `%{…}`: line ends are spaces.
    Spaced,
    /// A block or an object: line ends separate.
    Lines,
    /// A quoted text.
    Quoted,
}

/// The text with line ends, and comments that end a line, replaced by spaces where they mean nothing. None when there
/// are none, or when the brackets do not match.
pub(super) fn as_spaces(text: &str) -> Option<String> {
    let mut bytes = text.as_bytes().to_vec();
    let mut inside: Vec<Inside> = Vec::new();
    let mut at = 0;
    let mut changed = false;
    while let Some(byte) = bytes.get(at).copied() {
        let rest = bytes.get(at..).unwrap_or_default();
        if inside.last() == Some(&Inside::Quoted) {
            match byte {
                b'"' => _ = inside.pop(),
                b'\\' => at += 1,
                b'$' | b'%' if rest.get(1) == Some(&byte) && rest.get(2) == Some(&b'{') => at += 2,
                b'$' | b'%' if rest.get(1) == Some(&b'{') => {
                    inside.push(Inside::Spaced);
                    at += 1;
                }
                _ => {}
            }
            at += 1;
            continue;
        }
        let spaced = inside.last() == Some(&Inside::Spaced);
        match byte {
            b'"' => inside.push(Inside::Quoted),
            b'(' | b'[' => inside.push(Inside::Spaced),
            b'{' => inside.push(if starts_for(rest) { Inside::Spaced } else { Inside::Lines }),
            b')' | b']' | b'}' => _ = inside.pop()?,
            b'#' => at = blank_line(&mut bytes, at, spaced, &mut changed),
            b'/' if rest.starts_with(b"//") => at = blank_line(&mut bytes, at, spaced, &mut changed),
            b'/' if rest.starts_with(b"/*") => at += 3 + find(rest.get(2..)?, b"*/")?,
            b'<' if rest.starts_with(b"<<") => {
                if let Some(length) = heredoc(rest) {
                    at += length;
                    continue;
                }
            }
            b'\r' | b'\n' if spaced => {
                if let Some(own) = bytes.get_mut(at) {
                    *own = b' ';
                    changed = true;
                }
            }
            _ => {}
        }
        at += 1;
    }
    // Only bytes of ASCII were replaced, each by one.
    (changed && inside.is_empty()).then(|| String::from_utf8(bytes).ok()).flatten()
}

/// Passes over a comment that ends the line, blanking it where the line end will be a space. Returns its last byte.
fn blank_line(bytes: &mut [u8], from: usize, spaced: bool, changed: &mut bool) -> usize {
    let rest = bytes.get_mut(from..).unwrap_or_default();
    let length = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
    if spaced {
        rest.iter_mut().take(length).for_each(|byte| *byte = b' ');
        *changed = true;
    }
    from + length.saturating_sub(1)
}

/// Whether a brace opens a `for` expression.
fn starts_for(rest: &[u8]) -> bool {
    let inner = rest.get(1..).unwrap_or_default();
    let inner = inner.get(inner.iter().take_while(|byte| byte.is_ascii_whitespace()).count()..).unwrap_or_default();
    inner.strip_prefix(b"for").and_then(|rest| rest.first()).is_some_and(u8::is_ascii_whitespace)
}

/// How many bytes a heredoc has up to and with its end marker.
fn heredoc(rest: &[u8]) -> Option<usize> {
    let head = rest.strip_prefix(b"<<")?;
    let name_at = 2 + usize::from(head.first() == Some(&b'-'));
    let name = rest.get(name_at..)?;
    let name = name.get(..name.iter().position(|byte| *byte == b'\n')?)?.trim_ascii();
    if name.is_empty() || !name.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')) {
        return None;
    }
    let mut at = rest.iter().position(|byte| *byte == b'\n')? + 1;
    loop {
        let line = rest.get(at..).filter(|rest| !rest.is_empty())?;
        let length = line.iter().position(|byte| *byte == b'\n').unwrap_or(line.len());
        let content = line.get(..length)?;
        let blank = content.len() - content.trim_ascii_start().len();
        let after = content.get(blank..).and_then(|content| content.strip_prefix(name));
        if after.is_some_and(|after| !after.first().is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')) {
            return Some(at + blank + name.len());
        }
        at += length + 1;
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    memchr::memmem::find(haystack, needle)
}
