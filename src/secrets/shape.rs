//! What a token looks like, and how it is recognised: fixed text, runs of a class of signs, boundaries.

/// A set of ASCII signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Class(u128);

impl Class {
    /// The class of a name, with the signs that follow the name.
    fn named(text: &str) -> Option<Self> {
        let name_end = text.find(|sign: char| !sign.is_ascii_alphanumeric()).unwrap_or(text.len());
        let (name, extra) = text.split_at(name_end);
        let base = match name {
            "digit" => "0123456789",
            "lower" => "abcdefghijklmnopqrstuvwxyz",
            "upper" => "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
            "alpha" => "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
            "hex" => "0123456789abcdef",
            "upperhex" => "0123456789ABCDEF",
            "xdigit" => "0123456789abcdefABCDEF",
            "alnum" => "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
            "loweralnum" => "0123456789abcdefghijklmnopqrstuvwxyz",
            "upperalnum" => "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
            "base32" => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
            "base32lower" => "abcdefghijklmnopqrstuvwxyz234567",
            "bech32" => "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L",
            _ => return None,
        };
        let mask = base.bytes().chain(extra.bytes()).filter(u8::is_ascii).fold(0, |mask, byte| mask | 1 << byte);
        Some(Self(mask))
    }

    /// Whether a byte belongs to it.
    #[inline]
    pub(super) fn has(self, byte: u8) -> bool {
        byte < 128 && self.0 >> byte & 1 == 1
    }

    /// How many signs it has.
    pub(super) fn size(self) -> u32 {
        self.0.count_ones()
    }

    /// Its signs.
    #[cfg(test)]
    pub(super) fn signs(self) -> Vec<u8> {
        (0..128).filter(|byte| self.has(*byte)).collect()
    }
}

/// A part of a shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Segment {
    /// This text.
    Fixed(Box<[u8]>),
    /// So many signs of a class.
    Run {
        /// The class.
        class: Class,
        /// The least.
        min: usize,
        /// The most.
        max: usize,
    },
    /// It may be missing.
    Optional(Box<Segment>),
}

/// The form of a token: what stands before and after the text that is searched for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shape {
    /// Everything, from left to right.
    pub(super) segments: Vec<Segment>,
    /// Which segment is searched for; none for a kind that only a name tells.
    pub(super) anchor: Option<usize>,
}

impl Shape {
    /// Reads `prefix_{class:20}[-{digit:1}]`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn parse(text: &str, anchor: Option<&str>) -> Result<Self, String> {
        let mut segments = Vec::new();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let (segment, after) = match first {
                '{' => run(rest)?,
                '[' => {
                    let (inner, after) = rest
                        .strip_prefix('[')
                        .and_then(|rest| rest.split_once(']'))
                        .ok_or_else(|| format!("`{text}` has a `[` that nothing closes"))?;
                    let parts = Self::parse(inner, None)?.segments;
                    segments.extend(parts.into_iter().map(|part| Segment::Optional(Box::new(part))));
                    rest = after;
                    continue;
                }
                _ => {
                    let end = rest.find(['{', '[']).unwrap_or(rest.len());
                    let (fixed, after) = rest.split_at(end);
                    // The anchor is a segment of its own.
                    if let Some((before, behind)) = anchor.and_then(|anchor| fixed.split_once(anchor)) {
                        let parts = [before, anchor.unwrap_or_default(), behind];
                        segments.extend(parts.iter().filter(|part| !part.is_empty()).map(|part| fixed_text(part)));
                        rest = after;
                        continue;
                    }
                    (fixed_text(fixed), after)
                }
            };
            segments.push(segment);
            rest = after;
        }
        let place = match anchor {
            Some(anchor) => Some(
                segments
                    .iter()
                    .position(|part| *part == fixed_text(anchor))
                    .ok_or_else(|| format!("`{text}` does not hold its anchor `{anchor}`"))?,
            ),
            None => segments.first().filter(|first| matches!(first, Segment::Fixed(_))).map(|_| 0),
        };
        Ok(Self { segments, anchor: place })
    }

    /// The text that is searched for.
    pub(super) fn searched(&self) -> Option<&[u8]> {
        match self.anchor.and_then(|at| self.segments.get(at)) {
            Some(Segment::Fixed(text)) => Some(text),
            _ => None,
        }
    }

    /// The token around an anchor that starts at `at`; boundaries are held.
    pub(super) fn around(&self, bytes: &[u8], at: usize) -> Option<(usize, usize)> {
        let anchor = self.anchor?;
        let (before, after) = (self.segments.get(..anchor)?, self.segments.get(anchor..)?);
        let start = back(before, bytes, at)?;
        if !left_free(bytes, start) {
            return None;
        }
        Some((start, forth(after, bytes, at)?))
    }

    /// Where a token ends that starts at `at`; the right boundary is held.
    pub(super) fn from(&self, bytes: &[u8], at: usize) -> Option<usize> {
        forth(&self.segments, bytes, at)
    }

    /// The bytes that stand in runs: what was drawn by chance. Fixed text inside of a token is left out, but for signs
    /// that separate.
    pub(super) fn body(&self, token: &[u8]) -> Vec<u8> {
        let fixed = |own: &Segment| if let Segment::Fixed(text) = own { text.len() } else { 0 };
        let front: usize = self.segments.iter().map(fixed).take_while(|length| *length > 0).sum();
        let mut body = token.get(front..).unwrap_or_default().to_vec();
        for own in self.segments.iter().skip(1) {
            let Segment::Fixed(text) = own else { continue };
            if let Some(at) = memchr::memmem::find(&body, text).filter(|_| text.len() > 2) {
                body.drain(at..at + text.len());
            }
        }
        body
    }

    /// The size of the largest class, for what entropy can be expected.
    pub(super) fn alphabet(&self) -> u32 {
        self.segments
            .iter()
            .map(|part| match part {
                Segment::Run { class, .. } => class.size(),
                _ => 0,
            })
            .max()
            .unwrap_or(64)
    }
}

fn fixed_text(text: &str) -> Segment {
    Segment::Fixed(text.as_bytes().into())
}

fn run(text: &str) -> Result<(Segment, &str), String> {
    let wrong = || format!("`{text}` does not start with {{class:length}}");
    let (inner, after) = text.strip_prefix('{').and_then(|rest| rest.split_once('}')).ok_or_else(wrong)?;
    let (name, length) = inner.rsplit_once(':').ok_or_else(wrong)?;
    let class = Class::named(name).ok_or_else(|| format!("there is no class `{name}`"))?;
    let (min, max) = length.split_once('-').unwrap_or((length, length));
    let (Ok(min), Ok(max)) = (min.parse::<usize>(), max.parse::<usize>()) else { return Err(wrong()) };
    if min > max || max == 0 {
        return Err(wrong());
    }
    Ok((Segment::Run { class, min, max }, after))
}

/// Matches segments from `at` on; longer runs first.
fn forth(segments: &[Segment], bytes: &[u8], at: usize) -> Option<usize> {
    let Some((first, rest)) = segments.split_first() else { return right_free(bytes, at).then_some(at) };
    match first {
        Segment::Fixed(text) => {
            if !bytes.get(at..)?.starts_with(text) {
                return None;
            }
            forth(rest, bytes, at + text.len())
        }
        Segment::Run { class, min, max } => {
            let window = bytes.get(at..)?;
            let run = window.iter().take(max.saturating_add(1)).take_while(|byte| class.has(**byte)).count();
            // At the end a run must be over; inside, what follows says where it ends.
            if rest.is_empty() {
                return (run >= *min && run <= *max && right_free(bytes, at + run)).then_some(at + run);
            }
            let longest = run.min(*max);
            if longest < *min {
                return None;
            }
            if min == max {
                return forth(rest, bytes, at + min);
            }
            // Few lengths fit what follows: a run mostly ends where its class does.
            (*min..=longest).rev().take(MOST_LENGTHS).find_map(|length| forth(rest, bytes, at + length))
        }
        Segment::Optional(part) => {
            forth(&[std::slice::from_ref(&**part), rest].concat(), bytes, at).or_else(|| forth(rest, bytes, at))
        }
    }
}

/// Most lengths of one run that are tried.
const MOST_LENGTHS: usize = 512;

/// Matches segments that end at `at`, from right to left.
fn back(segments: &[Segment], bytes: &[u8], at: usize) -> Option<usize> {
    let Some((last, rest)) = segments.split_last() else { return Some(at) };
    match last {
        Segment::Fixed(text) => {
            let start = at.checked_sub(text.len())?;
            (bytes.get(start..at)? == &**text).then(|| back(rest, bytes, start)).flatten()
        }
        Segment::Run { class, min, max } => {
            let window = bytes.get(..at)?;
            let run = window.iter().rev().take(*max).take_while(|byte| class.has(**byte)).count();
            if run < *min {
                return None;
            }
            if rest.is_empty() {
                return Some(at - run);
            }
            (*min..=run).rev().find_map(|length| back(rest, bytes, at - length))
        }
        Segment::Optional(part) => {
            back(&[rest, std::slice::from_ref(&**part)].concat(), bytes, at).or_else(|| back(rest, bytes, at))
        }
    }
}

/// Whether a token may start here: not inside a word, though an escape (`\n`, `%3D`) is none.
pub(super) fn left_free(bytes: &[u8], start: usize) -> bool {
    let Some(before) = start.checked_sub(1).and_then(|at| bytes.get(at)) else { return true };
    if !before.is_ascii_alphanumeric() && *before != b'_' {
        return true;
    }
    let earlier = |back: usize| start.checked_sub(back).and_then(|at| bytes.get(at)).copied();
    if matches!(before, b'n' | b't' | b'r') && earlier(2) == Some(b'\\') {
        return true;
    }
    before.is_ascii_hexdigit() && earlier(3) == Some(b'%') && earlier(2).is_some_and(|byte| byte.is_ascii_hexdigit())
}

/// Whether a token may end here: not inside of a word, nor before a sign that no token has and behind which it goes on.
fn right_free(bytes: &[u8], end: usize) -> bool {
    match (bytes.get(end), bytes.get(end + 1)) {
        (Some(b'-' | b'!' | b'^' | b'~' | b'*'), Some(next)) => !next.is_ascii_alphanumeric(),
        // The query of a URL has a name and `=`.
        (Some(b'?'), Some(next)) => !next.is_ascii_alphanumeric() || is_query(bytes, end + 1),
        // An escape of a URL is two digits.
        (Some(b'%'), Some(next)) => {
            !next.is_ascii_alphanumeric()
                || next.is_ascii_hexdigit() && bytes.get(end + 2).is_some_and(u8::is_ascii_hexdigit)
        }
        (Some(after), _) => !after.is_ascii_alphanumeric() && *after != b'_',
        (None, _) => true,
    }
}

fn is_query(bytes: &[u8], at: usize) -> bool {
    let rest = bytes.get(at..bytes.len().min(at + 48)).unwrap_or_default();
    let name =
        rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')).count();
    rest.get(name) == Some(&b'=')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_goes_on_is_no_token() {
        let shape = Shape::parse("ab_{hex:4}", None).unwrap();
        assert_eq!(shape.around(b"x ab_0a1b c", 2), Some((2, 9)));
        assert_eq!(shape.around(b"x ab_0a1bc", 2), None);
        assert_eq!(shape.around(b"xab_0a1b c", 1), None);
        assert_eq!(shape.around(b"x ab_0a1z ", 2), None);
        assert_eq!(shape.around(b"\\nab_0a1b", 2), Some((2, 9)));
        assert_eq!(shape.around(b"%3Dab_0a1b", 3), Some((3, 10)));
        assert_eq!(shape.around(b"ab_0a1b?c2d3", 0), None);
        assert_eq!(shape.around(b"ab_0a1b!c2d3", 0), None);
        assert_eq!(shape.around(b"ab_0a1b?wait=1", 0), Some((0, 7)));
        assert_eq!(shape.around(b"ab_0a1b%22", 0), Some((0, 7)));
    }

    #[test]
    fn what_is_searched_for_may_stand_inside() {
        let shape = Shape::parse("{hex:2-4}Q~{hex:2}[-{digit:1}]", Some("Q~")).unwrap();
        assert_eq!(shape.searched(), Some(&b"Q~"[..]));
        assert_eq!(shape.around(b"abQ~12", 2), Some((0, 6)));
        assert_eq!(shape.around(b"=abQ~12-3", 3), Some((1, 9)));
        assert_eq!(shape.around(b"aQ~12", 1), None);
    }

    #[test]
    fn a_run_gives_back_what_the_next_part_needs() {
        let shape = Shape::parse("a{alnum:2-9}b{digit:1}", None).unwrap();
        assert_eq!(shape.around(b"axbbb1", 0), Some((0, 6)));
    }

    #[test]
    fn mistakes_are_said() {
        for wrong in ["{hex}", "{none:3}", "{hex:5-2}", "a[b", "{hex:0}"] {
            Shape::parse(wrong, None).unwrap_err();
        }
        Shape::parse("{hex:3}", Some("Q")).unwrap_err();
    }
}
