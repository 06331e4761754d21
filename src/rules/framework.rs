//! Which control of which framework a policy serves: knowledge, as YAML.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::builtin;
use super::error::{RuleError, RuleFile};
use super::ruleset::ApiVersion;
use crate::syntax::Spanned;

/// `kind: Framework`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum FrameworkKind {
    /// The only value.
    Framework,
}

/// A framework's controls and the policies that serve them.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Framework {
    /// The version of this format.
    #[serde(rename = "apiVersion")]
    pub api_version: ApiVersion,
    /// What the file is.
    pub kind: FrameworkKind,
    /// Which framework.
    pub metadata: FrameworkMetadata,
    /// Its controls.
    pub controls: Vec<Control>,
    /// Every id of this version, where they are few enough to be listed; any id is taken where none is.
    #[serde(default)]
    pub ids: Vec<String>,
    /// Ids that this version has no more, and those that say the same in it; none where none does.
    #[serde(default)]
    pub withdrawn: BTreeMap<String, Vec<String>>,
}

/// An id that no control of a framework has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoControl {
    /// What is wrong.
    pub what: String,
    /// What to write instead.
    pub help: String,
}

impl Framework {
    /// Why no control of this version has an id; nothing where one has.
    #[must_use]
    pub fn no_control(&self, id: &str) -> Option<NoControl> {
        let version = format!("{} {}", self.metadata.title, self.metadata.version);
        if let Some(instead) = self.withdrawn.get(id) {
            let help = match instead.as_slice() {
                [] => format!("nothing of {version} says the same; leave it out"),
                ids => format!("write {}", ids.join(", ")),
            };
            return Some(NoControl { what: format!("`{id}` was withdrawn from {version}"), help });
        }
        let known = self.ids.is_empty() || self.ids.iter().any(|own| own == id);
        let help = || {
            format!("its ids look like {}; {} has them", self.ids.first().map_or("", |own| own), self.metadata.source)
        };
        (!known).then(|| NoControl { what: format!("`{id}` is no control of {version}"), help: help() })
    }

    /// The ids of this file that its version does not have.
    pub(super) fn check(&self, file: &RuleFile, errors: &mut Vec<RuleError>) {
        for control in &self.controls {
            if let Some(found) = self.no_control(&control.id) {
                errors.push(file.error(control.id.span, found.what).with_help(found.help));
            }
        }
    }
}

/// Why a requirement, `FRAMEWORK CONTROL`, names no control of a framework that ships. Of other frameworks nothing is
/// known, and any control of theirs is taken.
#[must_use]
pub fn no_control(requirement: &str) -> Option<NoControl> {
    let Some((framework, id)) = requirement.split_once(' ') else {
        return Some(NoControl {
            what: format!("`{requirement}` names no control"),
            help: "write the framework and the control, such as `nist-csf-2.0 PR.AA-05`".to_owned(),
        });
    };
    let mut own = builtin::READ.frameworks.iter().map(|(_, own)| own);
    own.find(|own| own.metadata.id.value == framework)?.no_control(id)
}

/// Which framework.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FrameworkMetadata {
    /// A short id, such as `nist-800-53r5`.
    pub id: Spanned<String>,
    /// Its name.
    pub title: String,
    /// Its version.
    pub version: String,
    /// Where it is published.
    pub source: String,
}

/// One control.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Control {
    /// Its id in the framework.
    pub id: Spanned<String>,
    /// Its name.
    pub title: String,
    /// The policies that serve it.
    pub policies: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn csf() -> &'static Framework {
        builtin::READ.frameworks.iter().map(|(_, own)| own).find(|own| *own.metadata.id == "nist-csf-2.0").unwrap()
    }

    #[test]
    fn an_id_of_an_earlier_version_is_refused_with_its_successor() {
        for id in ["PR.AC-4", "PR.AC-04"] {
            let found = csf().no_control(id).unwrap();
            assert_eq!(found.what, format!("`{id}` was withdrawn from NIST Cybersecurity Framework 2.0"));
            assert_eq!(found.help, "write PR.AA-05");
        }
        // What 1.1 meant by it is elsewhere, although 2.0 has ids that look alike.
        assert_eq!(csf().no_control("DE.CM-8").unwrap().help, "write ID.RA-01");
    }

    #[test]
    fn an_unknown_id_is_refused_and_a_known_one_is_not() {
        let found = csf().no_control("DE.CM-08").unwrap();
        assert_eq!(found.what, "`DE.CM-08` was withdrawn from NIST Cybersecurity Framework 2.0");
        let found = csf().no_control("PR.AA-07").unwrap();
        assert_eq!(found.what, "`PR.AA-07` is no control of NIST Cybersecurity Framework 2.0");
        assert_eq!(csf().no_control("PR.AA-05"), None);
        assert_eq!(no_control("nist-csf-2.0 PR.AA-05"), None);
        assert_eq!(no_control("acme-itgc 4.2"), None, "of others nothing is known");
        assert!(no_control("owasp-nhi-2025 NHI-03").is_some() && no_control("owasp-nhi-2025 NHI3:2025").is_none());
        assert!(no_control("PR.AA-05").is_some());
    }

    #[test]
    fn a_framework_that_maps_a_withdrawn_id_is_wrong_at_its_place() {
        let text = "\
apiVersion: countersign.dev/v1
kind: Framework
metadata: {id: nist-csf-2.0, title: NIST Cybersecurity Framework, version: \"2.0\", source: x}
controls:
  - {id: PR.AC-4, title: Access, policies: [CS-SOD-001]}
ids: [PR.AA-05]
withdrawn: {PR.AC-4: [PR.AA-05]}
";
        let file = RuleFile::new("frameworks/csf.yaml", text.as_bytes());
        let (mut found, mut errors) = (Vec::<Framework>::new(), Vec::new());
        super::super::collect(&file, &mut found, &mut errors);
        assert_eq!(errors, []);
        found[0].check(&file, &mut errors);
        let [error] = errors.as_slice() else { panic!("{errors:?}") };
        let span = error.span.unwrap();
        assert_eq!(&text[span.start as usize..span.end as usize], "PR.AC-4");
        assert_eq!(error.help.as_deref(), Some("write PR.AA-05"));
    }

    #[test]
    fn what_is_written_instead_of_a_withdrawn_id_is_an_id() {
        for (file, own) in &builtin::READ.frameworks {
            for (id, instead) in &own.withdrawn {
                assert!(!own.ids.contains(id), "{}: {id} is an id", file.path);
                for id in instead {
                    assert!(own.ids.is_empty() || own.ids.contains(id), "{}: {id}", file.path);
                }
            }
        }
        assert_eq!(csf().ids.len(), 106, "the subcategories of CSF 2.0");
    }
}
