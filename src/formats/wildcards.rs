//! Patterns of actions, as AWS and Azure match them.

/// Whether an action pattern with `*` and `?` covers an action, without regard to case.
pub(super) fn matches(pattern: &str, action: &str) -> bool {
    let (pattern, action) = (pattern.as_bytes(), action.as_bytes());
    let (mut at, mut from) = (0, 0);
    // Where to go on after the last star, should what follows it not match here.
    let mut star: Option<(usize, usize)> = None;
    while let Some(byte) = action.get(from) {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at + 1, from));
                at += 1;
            }
            Some(own) if *own == b'?' || own.eq_ignore_ascii_case(byte) => {
                at += 1;
                from += 1;
            }
            _ => match star {
                Some((after, tried)) => {
                    star = Some((after, tried + 1));
                    at = after;
                    from = tried + 1;
                }
                None => return false,
            },
        }
    }
    pattern.get(at..).unwrap_or_default().iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn action_patterns_match_as_iam_matches_them() {
        for pattern in
            ["sts:AssumeRole", "STS:assumerole", "sts:*", "*", "sts:Assume*", "sts:?ssumeRole", "*Role", "s*R*e"]
        {
            assert!(matches(pattern, "sts:AssumeRole"), "{pattern}");
        }
        for pattern in ["sts:AssumeRoleWithSAML", "sts:TagSession", "sts:Assume", "?", "", "sts:AssumeRole?", "*x"] {
            assert!(!matches(pattern, "sts:AssumeRole"), "{pattern}");
        }
    }
}
