//! Names and texts in the forms that OSCAL asks for.

use std::fmt;

use serde::{Serialize, Serializer};
use sha1::{Digest as _, Sha1};
use uuid::{Builder, Uuid};

use super::model::{NIST, NS, Prop};
use crate::report::markdown::plain;
use crate::report::words::visible;

/// What a text is called that has no letters to show.
const NAMELESS: &str = "unnamed";

/// A UUID, written as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Id(Uuid);

impl Id {
    /// As a link to a resource of the same file.
    pub(super) fn href(self) -> String {
        format!("#{}", self.0)
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// A UUID of a name within a namespace (RFC 9562, section 5.5). `uuid` has it too, behind a second crate for SHA-1.
fn version_5(namespace: Uuid, name: &str) -> Uuid {
    let digest = Sha1::new().chain_update(namespace.as_bytes()).chain_update(name.as_bytes()).finalize();
    let mut bytes = [0; 16];
    for (byte, of) in bytes.iter_mut().zip(digest.iter()) {
        *byte = *of;
    }
    Builder::from_sha1_bytes(bytes).into_uuid()
}

/// A place that UUIDs are made in. The same names give the same UUID, in every report of the same evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Namespace(Uuid);

impl Namespace {
    /// Everything that this program names.
    pub(super) fn ours() -> Self {
        Self(version_5(Uuid::NAMESPACE_URL, NS))
    }

    /// A place within this one. Each name is hashed apart, so no two lists of names come to the same.
    pub(super) fn within(self, names: &[&str]) -> Self {
        Self(self.id(names).0)
    }

    /// The UUID of something.
    pub(super) fn id(self, names: &[&str]) -> Id {
        Id(names.iter().fold(self.0, |within, name| version_5(within, name)))
    }
}

/// A text of one line without space around it, as OSCAL's `string`; nothing where there is nothing to show.
pub(super) fn string(text: &str) -> Option<String> {
    let line = visible(text).replace(['\u{2028}', '\u{2029}'], " ");
    let line = line.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    (!line.is_empty()).then(|| line.to_owned())
}

/// A line of Markdown in which what strangers wrote is text, as OSCAL's `markup-line`.
pub(super) fn line(text: &str) -> String {
    string(&plain(text)).unwrap_or_else(|| NAMELESS.to_owned())
}

/// A text as OSCAL's `token`: it begins with a letter or `_`, and goes on with letters, digits, `.`, `-` and `_`. Anything
/// else becomes `-`.
pub(super) fn token(text: &str) -> String {
    let of = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' };
    let mut token: String = text.chars().map(of).collect();
    if !token.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        token.insert(0, '_');
    }
    token
}

/// A name and a value of ours; nothing for a value that has nothing to show.
pub(super) fn prop(name: &'static str, value: impl ToString) -> Option<Prop> {
    Some(Prop { name, ns: NS, value: string(&value.to_string())? })
}

/// A name and a value of OSCAL's own.
pub(super) fn of_nist(name: &'static str, value: &str) -> Prop {
    Prop { name, ns: NIST, value: value.to_owned() }
}

/// The frameworks that NIST publishes as OSCAL catalogues, in this program's words for them.
const NIST_800_53: &str = "nist-800-53r5";
const NIST_CSF: &str = "nist-csf-2.0";

/// The control of a requirement, `FRAMEWORK ID`. Those of SP 800-53 and CSF have the ids of NIST's own catalogues (`AC-6(5)`
/// is `ac-6.5` there, `PR.AA-05` is itself; usnistgov/oscal-content); of the others there is none that everybody uses, so
/// their framework stands before them.
pub(super) fn control(requirement: &str) -> String {
    match requirement.split_once(' ') {
        Some((NIST_800_53, id)) => token(&id.replace('(', ".").replace(')', "").to_lowercase()),
        Some((NIST_CSF, id)) => token(id),
        Some((framework, id)) => token(&format!("{framework}_{id}")),
        None => token(requirement),
    }
}

/// The objective of a control that a policy speaks of: one of our own below NIST's name for the control's objective, since
/// no policy is all of a control.
pub(super) fn objective(control: &str, policy: &str) -> String {
    format!("{control}_obj.{}", token(policy).to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vector_of_the_specification_holds() {
        // RFC 9562, appendix A.4.
        let id = version_5(Uuid::NAMESPACE_DNS, "www.example.com");
        assert_eq!(id.to_string(), "2ed6657d-e927-568b-95e1-2665a8aea6a2");
    }

    #[test]
    fn names_that_are_cut_otherwise_are_others() {
        let ours = Namespace::ours();
        assert_ne!(ours.id(&["ab", "c"]), ours.id(&["a", "bc"]));
        assert_eq!(ours.within(&["a"]).id(&["b"]), ours.id(&["a", "b"]));
    }

    #[test]
    fn controls_of_sp_800_53_have_the_ids_of_its_catalogue() {
        assert_eq!(control("nist-800-53r5 AC-6(5)"), "ac-6.5");
        assert_eq!(control("nist-800-53r5 CA-7"), "ca-7");
        assert_eq!(control("nist-csf-2.0 PR.AA-05"), "PR.AA-05");
        assert_eq!(control("owasp-nhi-2025 NHI1:2025"), "owasp-nhi-2025_NHI1-2025");
        assert_eq!(control("7.2.2"), "_7.2.2");
        assert_eq!(objective("ac-6.5", "CS-GRANT-001"), "ac-6.5_obj.cs-grant-001");
    }

    #[test]
    fn a_string_has_no_space_around_it_and_one_line() {
        assert_eq!(string(" a\u{2028}b\r\n").as_deref(), Some("a b"));
        assert_eq!(string("\u{feff} \n"), None);
        assert_eq!(line("<b>"), "&lt;b&gt;");
        assert_eq!(line(" "), NAMELESS);
    }
}
