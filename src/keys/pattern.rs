//! Pattern lists, as `ssh_config(5)`, section PATTERNS, defines them.

/// A pattern this long or longer matches nothing, and neither does its list from there on: OpenSSH's limit.
const TOO_LONG: usize = 1023;

/// The patterns of a list. A comma at the end starts no further one.
pub(super) fn split(list: &str) -> Vec<String> {
    let list = list.strip_suffix(',').unwrap_or(list);
    if list.is_empty() { Vec::new() } else { list.split(',').map(str::to_owned).collect() }
}

/// Whether a list accepts a text: some pattern matches it, and none that starts with `!` does.
pub(super) fn accepts(list: &[String], text: &str) -> bool {
    let mut found = false;
    for pattern in list {
        let (negated, pattern) = match pattern.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, pattern.as_str()),
        };
        if pattern.len() >= TOO_LONG {
            return false;
        }
        if matches(pattern.as_bytes(), text.as_bytes()) {
            if negated {
                return false;
            }
            found = true;
        }
    }
    found
}

/// `*` stands for any bytes, `?` for one. Goes back to the last `*` only, so it takes at most length times length.
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while let Some(byte) = text.get(t) {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(wanted) if *wanted == b'?' || wanted == byte => {
                p += 1;
                t += 1;
            }
            _ => match &mut star {
                Some((at, from)) => {
                    *from += 1;
                    p = *at + 1;
                    t = *from;
                }
                None => return false,
            },
        }
    }
    pattern.get(p..).unwrap_or_default().iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_match_as_ssh_config_says() {
        for (list, text, expected) in [
            ("a@x", "a@x", true),
            ("a@x", "A@x", false),
            ("*@x", "a@x", true),
            ("*@x", "a@xy", false),
            ("?@x", "ab@x", false),
            ("*a*b*", "xxaxxbxx", true),
            ("*,!b@x", "b@x", false),
            ("!b@x,*", "b@x", false),
            ("!b@x", "a@x", false),
            ("a@x,", "", false),
            ("a@x,,b", "", true),
            ("", "", false),
            ("*", "", true),
        ] {
            assert_eq!(accepts(&split(list), text), expected, "{list} {text}");
        }
        assert!(!accepts(&split(&format!("{},*", "a".repeat(1023))), "b"));
    }
}
