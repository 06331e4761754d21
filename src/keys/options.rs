//! The options of an entry: what narrows the use of a key.

use std::ops::Range;

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

use super::pattern;

/// What the options of one entry say.
#[derive(Debug, Default)]
pub(super) struct Options {
    pub(super) certificate_authority: bool,
    pub(super) namespaces: Option<Vec<String>>,
    pub(super) valid_after: Option<i64>,
    pub(super) valid_before: Option<i64>,
}

/// What is wrong, where in the text of the options, and what to do.
pub(super) type Wrong = (Range<usize>, String, &'static str);

const KNOWN: &str =
    "the options are `cert-authority`, `namespaces=\"…\"`, `valid-after=\"…\"` and `valid-before=\"…\"`";
const QUOTES: &str = "write the value in double quotes, as in `namespaces=\"git\"`";
const TIMES: &str = "write YYYYMMDDZ or YYYYMMDDHHMMSSZ, in UTC: `valid-before=\"20271231Z\"`";

/// The length of the options at the start of `text`: up to the first blank outside quotes.
pub(super) fn length(text: &str) -> usize {
    let mut quoted = false;
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b' ' | b'\t' if !quoted => return at,
            b'"' if !escaped => quoted = !quoted,
            _ => {}
        }
        escaped = byte == b'\\' && !escaped;
    }
    text.len()
}

/// Reads options. Names are taken in any case.
pub(super) fn parse(text: &str) -> Result<Options, Wrong> {
    let mut options = Options::default();
    let mut at = 0;
    loop {
        let rest = text.get(at..).unwrap_or_default();
        let end = rest.find(['=', ',']).unwrap_or(rest.len());
        let name = rest.get(..end).unwrap_or_default();
        let place = at..at + end;
        let repeated = || (place.clone(), format!("the option `{name}` is given twice"), "keep one of them");
        let lower = name.to_ascii_lowercase();
        let mut after = at + end;
        match (lower.as_str(), rest.as_bytes().get(end)) {
            ("cert-authority", None | Some(b',')) => options.certificate_authority = true,
            ("namespaces" | "valid-after" | "valid-before", Some(b'=')) => {
                let (value, length) = quoted(text.get(after + 1..).unwrap_or_default())
                    .ok_or_else(|| (place.clone(), format!("the value of `{name}` is not quoted"), QUOTES))?;
                let value_place = after + 1..after + 1 + length;
                after = value_place.end;
                if lower == "namespaces" {
                    if options.namespaces.replace(pattern::split(&value)).is_some() {
                        return Err(repeated());
                    }
                } else {
                    let time = instant(&value)
                        .ok_or_else(|| (value_place, format!("`{value}` is not a time for `{name}`"), TIMES))?;
                    let field = match lower.as_str() {
                        "valid-after" => &mut options.valid_after,
                        _ => &mut options.valid_before,
                    };
                    if field.replace(time).is_some() {
                        return Err(repeated());
                    }
                }
            }
            ("namespaces" | "valid-after" | "valid-before", _) => {
                return Err((place, format!("the option `{name}` lacks its value"), QUOTES));
            }
            _ => return Err((place, format!("`{name}` is not an option or a type of key"), KNOWN)),
        }
        match text.as_bytes().get(after) {
            None => break,
            Some(b',') => at = after + 1,
            Some(_) => return Err((after..text.len(), "something follows the quoted value".to_owned(), KNOWN)),
        }
    }
    if let (Some(after), Some(before)) = (options.valid_after, options.valid_before)
        && before <= after
    {
        let help = "the key would never be valid: swap the two times or correct one";
        return Err((0..text.len(), "`valid-before` is not later than `valid-after`".to_owned(), help));
    }
    Ok(options)
}

/// A quoted value with `\"` for a quote in it, and how many bytes it took.
fn quoted(text: &str) -> Option<(String, usize)> {
    let mut value = String::new();
    let mut letters = text.char_indices().peekable();
    letters.next().filter(|(_, letter)| *letter == '"')?;
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some((value, at + 1)),
            '\\' if letters.peek().is_some_and(|(_, next)| *next == '"') => {
                value.push('"');
                letters.next();
            }
            _ => value.push(letter),
        }
    }
    None
}

/// Seconds since 1970 of YYYYMMDD, YYYYMMDDHHMM or YYYYMMDDHHMMSS, with or without `Z`: always UTC. The epoch itself
/// and what was before it are no times, as in `ssh-keygen`, where zero stands for none.
fn instant(text: &str) -> Option<i64> {
    let digits = text.strip_suffix(['Z', 'z']).unwrap_or(text);
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) || ![8, 12, 14].contains(&digits.len()) {
        return None;
    }
    // A missing part is zero.
    let part = |from: usize| digits.get(from..from + 2).map_or(Some(0), |part| part.parse::<i8>().ok());
    let date = Date::new(digits.get(..4)?.parse().ok()?, part(4)?, part(6)?).ok()?;
    let time = Time::new(part(8)?, part(10)?, part(12)?, 0).ok()?;
    let seconds = TimeZone::UTC.to_timestamp(date.to_datetime(time)).ok()?.as_second();
    (seconds > 0).then_some(seconds)
}
