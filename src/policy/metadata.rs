//! The `# METADATA` block of a policy: OPA's annotation format, with Countersign's keys under `custom`.
//!
//! Source of the format: <https://www.openpolicyagent.org/docs/policy-language#metadata>.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::rules::{NoControl, RuleError, RuleFile, Severity, no_control};
use crate::syntax::{Span, decode, parse};

/// What a policy is given, one at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// A principal and everything it holds.
    Principal,
    /// A role and what it gives.
    Role,
    /// A service identity.
    ServiceIdentity,
    /// A declared credential.
    Credential,
    /// A literal secret in a text.
    Secret,
    /// A file that is recognised as a definition.
    Document,
    /// An approval, an exception, an emergency, a review decision or a register.
    Record,
    /// The whole tree with its rules, once.
    Repository,
}

impl Scope {
    /// The word, as metadata and input schemas write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Principal => "principal",
            Self::Role => "role",
            Self::ServiceIdentity => "service_identity",
            Self::Credential => "credential",
            Self::Secret => "secret",
            Self::Document => "document",
            Self::Record => "record",
            Self::Repository => "repository",
        }
    }

    /// Every scope.
    pub const ALL: [Self; 8] = [
        Self::Principal,
        Self::Role,
        Self::ServiceIdentity,
        Self::Credential,
        Self::Secret,
        Self::Document,
        Self::Record,
        Self::Repository,
    ];
}

/// Which list of the input must not be empty for the policy to be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// The subject meets some conflict.
    Conflicts,
    /// The subject holds some privileged duty.
    PrivilegedDuties,
    /// The subject could come to administer a system.
    Escalations,
    /// Some account was unlinked from the subject.
    Unlinked,
    /// The subject holds some duty.
    Duties,
    /// The subject has some credential.
    Credentials,
    /// The subject is a person who has left, has come back by this change, or has another position than before.
    Employment,
    /// The subject is an account that several claim, or that nobody does and that holds much.
    Attribution,
    /// The subject lets somebody act as it who is not described here.
    Trusts,
    /// The change removes or weakens some guard of the subject.
    Guards,
    /// The subject is asked for an end of the privileged duties that it holds.
    GrantLimits,
    /// The subject meets some conflict by way of something that it controls.
    IndirectConflicts,
    /// The subject is a service identity that holds more than is declared of it.
    Excess,
    /// The subject is a service identity of the type `ai_agent`.
    AiAgent,
}

/// A policy's metadata.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Metadata {
    /// What is wrong when the policy finds something, as a short clause.
    pub title: String,
    /// Why it matters.
    #[serde(default)]
    pub description: String,
    /// Countersign's own keys.
    pub custom: Custom,
}

/// Countersign's own keys of a policy's metadata.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Custom {
    /// The policy's id; never used for another policy. The prefix `CS-` is Countersign's own.
    pub id: String,
    /// How bad a finding is, unless the finding says so itself.
    pub severity: Severity,
    /// What the policy is given.
    pub scope: Scope,
    /// The version of the input that it reads, such as `principal/v1`.
    pub input: String,
    /// Which list of the input must not be empty.
    #[serde(default)]
    pub when: Option<When>,
    /// Controls that it serves, beside those of the built-in mappings: `FRAMEWORK CONTROL`.
    #[serde(default)]
    pub frameworks: Vec<String>,
    /// What to do about a finding.
    #[serde(default)]
    pub remediation: String,
}

/// Reads the metadata block that stands before the `package` line.
pub(super) fn read(file: &RuleFile, text: &str) -> Result<Metadata, RuleError> {
    let Some((start, yaml, lines)) = block(text) else {
        return Err(file
            .error(None, "the policy has no `# METADATA` block before its `package` line")
            .with_help("`countersign policy show CS-SOD-001` shows one"));
    };
    // Errors inside the YAML are reported on the block's first line or the line that they name.
    let place = |span: Option<Span>| {
        let offset = span.map_or(0, |span| span.start as usize).min(yaml.len());
        let line = yaml.get(..offset).map_or(0, |before| before.matches('\n').count());
        lines.get(line).copied().unwrap_or(start)
    };
    let mut documents = parse(yaml.as_bytes())
        .map_err(|error| file.error(place(Some(error.span)), format!("in the metadata: {}", error.message)))?;
    if documents.is_empty() {
        return Err(file.error(start, "the metadata block is empty"));
    }
    let metadata: Metadata = decode(&documents.remove(0)).map_err(|error| {
        let mut found = file.error(place(error.span), format!("in the metadata: {}", error.message));
        found.help = error.help;
        found
    })?;
    for requirement in &metadata.custom.frameworks {
        if let Some(NoControl { what, help }) = no_control(requirement) {
            let names = |line: &&Span| {
                text.get(line.start as usize..line.end as usize).is_some_and(|line| line.contains(requirement.as_str()))
            };
            let line = lines.iter().find(names).copied().unwrap_or(start);
            return Err(file.error(line, format!("in the metadata: {what}")).with_help(help));
        }
    }
    Ok(metadata)
}

/// The block's first line, its YAML, and where each line of the YAML stands in the file.
fn block(text: &str) -> Option<(Span, String, Vec<Span>)> {
    let mut offset = 0;
    let mut found: Option<(Span, String, Vec<Span>)> = None;
    for line in text.split_inclusive('\n') {
        let span = Span::new(offset, offset + line.trim_end().len());
        offset += line.len();
        let trimmed = line.trim();
        if trimmed.starts_with("package ") {
            break;
        }
        match (&mut found, trimmed.strip_prefix('#')) {
            (None, Some(rest)) if rest.trim() == "METADATA" => found = Some((span, String::new(), Vec::new())),
            (Some((_, yaml, lines)), Some(rest)) => {
                yaml.push_str(rest.strip_prefix(' ').unwrap_or(rest));
                yaml.push('\n');
                lines.push(span);
            }
            // A block ends at the first line that is no comment; a later block may follow.
            (Some(_), None) => break,
            _ => {}
        }
    }
    found
}
