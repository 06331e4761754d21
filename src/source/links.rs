//! Where a symbolic link leads, by the text of the links alone.

use std::collections::HashMap;
use std::sync::Arc;

/// Links that are followed for one answer; as many as Linux follows.
const MOST: usize = 40;

/// Whether the link at `path` leads to a place inside the tree. `targets` holds every link of the tree.
///
/// A link on the way is followed too. One that leads nowhere inside the tree still stays inside; one that goes round
/// in circles, into `.git`, or to an absolute path (which means something else on each machine) does not.
pub(super) fn stays_inside(path: &str, targets: &HashMap<Arc<str>, String>) -> bool {
    let mut at: Vec<&str> = Vec::new();
    // Components that remain to be walked, the next one last.
    let mut ahead: Vec<&str> = path.split('/').rev().collect();
    let mut followed = 0;
    while let Some(component) = ahead.pop() {
        match component {
            "" | "." => continue,
            ".." => {
                if at.pop().is_none() {
                    return false;
                }
                continue;
            }
            _ if component.eq_ignore_ascii_case(".git") => return false,
            _ => at.push(component),
        }
        let Some(target) = targets.get(at.join("/").as_str()) else { continue };
        followed += 1;
        if followed > MOST || target.is_empty() || target.starts_with('/') || is_windows_root(target) {
            return false;
        }
        at.pop();
        ahead.extend(target.split('/').rev());
    }
    true
}

/// A drive or a share, which only Windows takes for absolute.
fn is_windows_root(target: &str) -> bool {
    target.starts_with('\\') || matches!(target.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inside(path: &str, links: &[(&str, &str)]) -> bool {
        let targets = links.iter().map(|(path, target)| (Arc::from(*path), (*target).to_owned())).collect();
        stays_inside(path, &targets)
    }

    #[test]
    fn one_link() {
        for (path, target, expected) in [
            ("a", "b", true),
            ("a", "missing/below", true),
            ("d/a", "../b", true),
            ("d/a", "..", true),
            ("d/a", "../../b", false),
            ("a", "..", false),
            ("a", "/etc/passwd", false),
            ("a", "d/../../etc", false),
            ("a", ".git/config", false),
            ("a", "x/.GIT/config", false),
            ("a", "C:\\secrets", false),
            ("a", "", false),
            ("a", "a", false),
        ] {
            assert_eq!(inside(path, &[(path, target)]), expected, "{path} -> {target}");
        }
    }

    #[test]
    fn links_on_the_way_are_followed() {
        assert!(!inside("a", &[("a", "out/passwd"), ("out", "/etc")]));
        assert!(inside("a", &[("a", "in/file"), ("in", "d")]));
        assert!(!inside("a", &[("a", "in/../../x"), ("in", "d")]));
        assert!(inside("a", &[("a", "in/../x"), ("in", "d/e")]));
        assert!(!inside("a", &[("a", "b"), ("b", "a")]));
    }
}
