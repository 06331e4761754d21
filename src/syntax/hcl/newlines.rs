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

/// What a look at the brackets of a text gives.
pub(super) struct Look {
    /// The text with line ends, and comments that end a line, replaced by spaces where they mean nothing. None when there
    /// are none, or when the brackets do not match.
    pub(super) spaced: Option<String>,
    /// The most members that one pair of braces can hold: what separates them, and one.
    pub(super) widest: usize,
}

/// Looks at the brackets of a text.
pub(super) fn look(text: &str) -> Look {
    let mut look = Looking { bytes: text.as_bytes().to_vec(), inside: Vec::new(), changed: false, widest: 0 };
    let matched = look.walk().is_some() && look.inside.is_empty();
    // Only bytes of ASCII were replaced, each by one.
    let spaced = (look.changed && matched).then(|| String::from_utf8(look.bytes).ok()).flatten();
    Look { spaced, widest: look.widest }
}

struct Looking {
    bytes: Vec<u8>,
    /// The open brackets, and how many separators stood in each.
    inside: Vec<(Inside, usize)>,
    changed: bool,
    widest: usize,
}

impl Looking {
    fn is_in(&self, wanted: Inside) -> bool {
        self.inside.last().is_some_and(|(inside, _)| *inside == wanted)
    }

    fn open(&mut self, inside: Inside) {
        self.inside.push((inside, 0));
    }

    fn separator(&mut self) {
        if let Some((Inside::Lines, count)) = self.inside.last_mut() {
            *count += 1;
            self.widest = self.widest.max(*count + 1);
        }
    }

    /// None where the brackets do not match, or a comment or heredoc has no end.
    fn walk(&mut self) -> Option<()> {
        let mut at = 0;
        while let Some(byte) = self.bytes.get(at).copied() {
            let rest = self.bytes.get(at..).unwrap_or_default();
            let next = rest.get(1).copied();
            if self.is_in(Inside::Quoted) {
                match byte {
                    b'"' => _ = self.inside.pop(),
                    b'\\' => at += 1,
                    b'$' | b'%' if next == Some(byte) && rest.get(2) == Some(&b'{') => at += 2,
                    b'$' | b'%' if next == Some(b'{') => {
                        self.open(Inside::Spaced);
                        at += 1;
                    }
                    _ => {}
                }
                at += 1;
                continue;
            }
            let spaced = self.is_in(Inside::Spaced);
            match byte {
                b'"' => self.open(Inside::Quoted),
                b'(' | b'[' => self.open(Inside::Spaced),
                b'{' if starts_for(rest) => self.open(Inside::Spaced),
                b'{' => self.open(Inside::Lines),
                b')' | b']' | b'}' => _ = self.inside.pop()?,
                b'#' => at = self.blank_line(at, spaced),
                b'/' if next == Some(b'/') => at = self.blank_line(at, spaced),
                b'/' if next == Some(b'*') => at += 3 + memchr::memmem::find(rest.get(2..)?, b"*/")?,
                b'<' if next == Some(b'<') => {
                    if let Some(length) = heredoc(rest) {
                        at += length;
                        continue;
                    }
                }
                b'\r' | b'\n' if spaced => {
                    if let Some(own) = self.bytes.get_mut(at) {
                        *own = b' ';
                        self.changed = true;
                    }
                }
                b'\n' | b',' => self.separator(),
                _ => {}
            }
            at += 1;
        }
        Some(())
    }

    /// Passes over a comment that ends the line, blanking it where the line end will be a space. Returns its last byte.
    fn blank_line(&mut self, from: usize, spaced: bool) -> usize {
        let rest = self.bytes.get_mut(from..).unwrap_or_default();
        let length = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
        if spaced {
            rest.iter_mut().take(length).for_each(|byte| *byte = b' ');
            self.changed = true;
        }
        from + length.saturating_sub(1)
    }
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
