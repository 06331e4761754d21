//! What to write so that an account trusts those whom it means, in the language of the file.

use super::side::Tree;
use crate::access::Place;
use crate::policy::input::TrustInput;

/// How a condition of a policy document is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Writing {
    /// A block of Terraform's policy documents.
    Block,
    /// An object of Terraform.
    Object,
    Json,
    Yaml,
}

/// How far before a principal the word stands that tells a block from an object.
const BEFORE: usize = 200;

impl Writing {
    fn of(tree: &Tree<'_>, place: &Place) -> Self {
        let file = &place.file;
        if file.ends_with(".json") {
            return Self::Json;
        }
        if ![".tf", ".tofu", ".hcl"].iter().any(|ending| file.ends_with(ending)) {
            return Self::Yaml;
        }
        let at = place.span.start as usize;
        let before = tree.files.get(file).and_then(|file| file.bytes()).and_then(|bytes| {
            let before = bytes.get(at.saturating_sub(BEFORE)..at)?;
            Some(String::from_utf8_lossy(before).into_owned())
        });
        if before.is_some_and(|text| text.contains("identifiers")) { Self::Block } else { Self::Object }
    }

    fn equals(self, key: &str, value: &str) -> String {
        match self {
            Self::Block => {
                format!(
                    "a `condition` with `test = \"StringEquals\"`, `variable = \"{key}\"`, `values = [\"{value}\"]`"
                )
            }
            Self::Object => format!("`Condition = {{ StringEquals = {{ \"{key}\" = \"{value}\" }} }}`"),
            Self::Json => format!("`\"Condition\": {{\"StringEquals\": {{\"{key}\": \"{value}\"}}}}`"),
            Self::Yaml => format!("`Condition: {{StringEquals: {{\"{key}\": \"{value}\"}}}}`"),
        }
    }
}

/// What to write instead of a trust. None where nothing better can be said than of all.
pub(super) fn remedy(tree: &Tree<'_>, trust: &TrustInput, place: &Place, key: &str) -> Option<String> {
    let writing = Writing::of(tree, place);
    let kind = trust.system.split(':').next().unwrap_or_default();
    let matter = key.rsplit(": ").next().unwrap_or_default();
    Some(match (trust.kind, kind) {
        ("anyone", "aws") => format!(
            "Name the accounts or roles that may act as it; where these are all of your organisation, add {}.",
            writing.equals("aws:PrincipalOrgID", "o-…"),
        ),
        ("account", _) => format!(
            "Of a vendor's account, add {} with a value that only both know; of your own, test `aws:PrincipalOrgID`, \
             describe it as a system, or list it under `trusted_accounts` in countersign.yaml.",
            writing.equals("sts:ExternalId", "…"),
        ),
        ("federation", cloud) => federated(trust, cloud, matter, writing)?,
        ("public", _) => format!("Give {} to a group or account of people and workloads that you know.", trust.name),
        _ => return None,
    })
}

fn federated(trust: &TrustInput, cloud: &str, matter: &str, writing: Writing) -> Option<String> {
    let issuer = trust.issuer.as_ref()?;
    let host = issuer.host.as_deref().unwrap_or(&trust.party);
    if matter == "audience" {
        let audience = if issuer.kind == "gitlab" { format!("https://{host}") } else { "sts.amazonaws.com".to_owned() };
        return Some(format!("Add {}.", writing.equals(&format!("{host}:aud"), &audience)));
    }
    let subject = narrow_subject(issuer.kind, trust.subjects.first().map_or("", String::as_str))?;
    if matter == "nobody" {
        return Some(format!(
            "Name a subject in full, as in `{subject}`; a `*` stands for other characters under `StringLike` alone.",
        ));
    }
    Some(match cloud {
        "aws" => format!("Name the subject in full: {}.", writing.equals(&format!("{host}:sub"), &subject)),
        "gcp" => format!(
            "Trust `principal://iam.googleapis.com/…/subject/{subject}`, or give the pool's provider an \
             `attribute_condition` that tests `assertion.sub`.",
        ),
        _ => format!("Name the subject in full, such as `{subject}`."),
    })
}

/// A subject that is one, as near to what is written as can be.
fn narrow_subject(issuer: &str, written: &str) -> Option<String> {
    let literal = written.split(['*', '?']).next().unwrap_or_default();
    let project = |stem: &str| {
        let rest = literal.strip_prefix(stem).unwrap_or(literal);
        let project = rest.split(':').next().unwrap_or_default();
        match project.rsplit_once('/') {
            Some((owner, name)) if !owner.is_empty() && !name.is_empty() => project.to_owned(),
            Some((owner, _)) if !owner.is_empty() => format!("{owner}/NAME"),
            _ => "OWNER/NAME".to_owned(),
        }
    };
    Some(match issuer {
        "github" => format!("repo:{}:environment:production", project("repo:")),
        "gitlab" => format!("project_path:{}:ref_type:branch:ref:main", project("project_path:")),
        "kubernetes" => {
            let rest = literal.strip_prefix("system:serviceaccount:").unwrap_or_default();
            let namespace = rest.split_once(':').map_or("NAMESPACE", |(namespace, _)| namespace);
            format!("system:serviceaccount:{namespace}:NAME")
        }
        "terraform" => "organization:NAME:project:NAME:workspace:NAME:run_phase:apply".to_owned(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects_keep_what_is_named_in_them() {
        for (issuer, written, wanted) in [
            ("github", "repo:acme/*", "repo:acme/NAME:environment:production"),
            ("github", "repo:acme/app:*", "repo:acme/app:environment:production"),
            ("github", "*", "repo:OWNER/NAME:environment:production"),
            ("github", "", "repo:OWNER/NAME:environment:production"),
            ("gitlab", "project_path:a/b/c:*", "project_path:a/b/c:ref_type:branch:ref:main"),
            ("kubernetes", "system:serviceaccount:shop:*", "system:serviceaccount:shop:NAME"),
            ("kubernetes", "system:serviceaccount:*", "system:serviceaccount:NAMESPACE:NAME"),
        ] {
            assert_eq!(narrow_subject(issuer, written).as_deref(), Some(wanted), "{issuer} {written}");
        }
        assert_eq!(narrow_subject("other", "x"), None);
    }

    #[test]
    fn conditions_are_written_as_the_file_is() {
        assert_eq!(Writing::Json.equals("k", "v"), "`\"Condition\": {\"StringEquals\": {\"k\": \"v\"}}`");
        assert_eq!(Writing::Object.equals("k", "v"), "`Condition = { StringEquals = { \"k\" = \"v\" } }`");
    }
}
