//! What a job's own token may do.

use crate::facts::{Gap, Origin, Patterns, Statement, Text};
use crate::formats::Lowering;
use crate::syntax::{Node, Value};

/// The permissions that a token can have ("Workflow syntax", `permissions`).
const PERMISSIONS: [&str; 16] = [
    "actions",
    "attestations",
    "checks",
    "contents",
    "deployments",
    "discussions",
    "id-token",
    "issues",
    "models",
    "packages",
    "pages",
    "pull-requests",
    "repository-projects",
    "security-events",
    "statuses",
    "artifact-metadata",
];

/// What `permissions` says; nothing where it is not there.
#[derive(Debug, Clone, Default)]
pub(super) struct Permissions {
    /// What is said, in the words of GitHub's permissions for apps: `contents:write`.
    pub(super) actions: Vec<(Text, Origin)>,
    /// Whether anything is said: otherwise a setting of the repository decides.
    pub(super) said: bool,
}

impl Permissions {
    /// Reads the element of a workflow or job; `outer` is what counts without it.
    pub(super) fn of(holder: &Node, outer: &Self, lowering: &mut Lowering<'_>) -> Self {
        let Some(entry) = holder.entry("permissions") else { return outer.clone() };
        let mut found = Self { actions: Vec::new(), said: true };
        match &entry.value.value {
            Value::Map(entries) => {
                for own in entries {
                    let at = lowering.at(own.span());
                    let level = own.value.as_str().unwrap_or_default();
                    if !PERMISSIONS.contains(&&*own.key) || !matches!(level, "read" | "write" | "none") {
                        let reason = format!("`{}: {level}` is no permission of a token", own.key);
                        lowering.unresolved(Gap::Broken, own.span(), reason, "GitHub refuses this workflow");
                        continue;
                    }
                    found.add(&own.key, level, at);
                }
            }
            Value::String(all) if matches!(&**all, "read-all" | "write-all") => {
                let at = lowering.at(entry.value.span);
                for permission in PERMISSIONS {
                    found.add(permission, all.strip_suffix("-all").unwrap_or_default(), at);
                }
            }
            Value::Null => {}
            _ => {
                let reason = "`permissions` is neither a map nor `read-all` or `write-all`";
                lowering.unresolved(Gap::Broken, entry.value.span, reason, "what this token may do is not known");
            }
        }
        found
    }

    fn add(&mut self, permission: &str, level: &str, at: Origin) {
        if level != "none" {
            self.actions.push((format!("{permission}:{level}").into(), at));
        }
    }

    /// Whether the token may be exchanged for an identity elsewhere.
    pub(super) fn may_identify(&self) -> bool {
        !self.said || self.actions.iter().any(|(action, _)| &**action == "id-token:write")
    }

    /// Whether it is said that the token may.
    pub(super) fn says_it_may_identify(&self) -> bool {
        self.said && self.may_identify()
    }

    /// What may be written, as statements. Reading alone gives no duty, and the identity gives nothing by itself.
    pub(super) fn statements(&self) -> Vec<Statement> {
        self.actions
            .iter()
            .filter(|(action, _)| action.ends_with(":write") && &**action != "id-token:write")
            .map(|(action, origin)| Statement::allow(Patterns::of([action.clone()]), Patterns::any(), *origin))
            .collect()
    }
}
