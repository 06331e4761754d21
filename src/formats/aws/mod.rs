//! AWS access documents in JSON (or YAML): policy documents, trust policies, service control policies, and what the
//! command line client answers.
//!
//! A document is known by the shape of its root, so that a template or a state file that holds policy documents
//! somewhere inside is left to its own format. Rules are those of the IAM user guide; the page is named where a rule
//! is applied.

pub(super) mod arn;
mod conditions;
pub(super) mod embedded;
mod export;
mod nested;
mod policy;
pub(super) mod resource;
#[cfg(test)]
mod tests;
mod trust;

use std::collections::BTreeSet;

use policy::Purpose;

use super::{Format, Grouping, Lowering, Recognise, Unit, UnitFile, stem, text};
use crate::facts::{Condition, Effect, Facts, Gap, Native, Text};
use crate::syntax::{Node, Span, SyntaxError};

/// Policy documents that stand alone, and wrappers that hold one.
pub const POLICY: Format =
    Format { name: "aws-policy", recognise: Recognise::Data(recognise_policy), suspect, unit: Grouping::Alone, lower };

/// Exports of accounts and roles.
pub const EXPORT: Format = Format {
    name: "aws-account",
    recognise: Recognise::Data(recognise_export),
    suspect: never,
    unit: Grouping::Alone,
    lower,
};

/// The system of documents that name no account, where the configuration names none either.
const DEFAULT_SYSTEM: &str = "aws";

/// What a document's root is.
enum Shape<'n> {
    /// A policy document.
    Document(&'n Node),
    /// An inline policy of an identity, with the name of both.
    Inline(&'n Node, String),
    /// An answer of AWS Organizations: its content, the name and title, and the policy type.
    Organization(&'n Node, OrganizationPolicy<'n>),
    /// An account export.
    Export(&'n Node),
    /// Roles by themselves.
    Roles(&'n [Node]),
}

struct OrganizationPolicy<'n> {
    kind: &'n str,
    name: Option<&'n str>,
    title: Option<&'n str>,
}

/// The policy types of AWS Organizations that decide about access (API reference, `PolicySummary`).
const SERVICE_CONTROL: &str = "SERVICE_CONTROL_POLICY";
const RESOURCE_CONTROL: &str = "RESOURCE_CONTROL_POLICY";

impl<'n> Shape<'n> {
    fn of(root: &'n Node) -> Option<Self> {
        let field = |node: &'n Node, key| node.get(key).and_then(Node::as_str);
        if policy::is_document(root) {
            return Some(Self::Document(root));
        }
        if export::is_export(root) {
            return Some(Self::Export(root));
        }
        if let Some(roles) = export::roles(root) {
            return Some(Self::Roles(roles));
        }
        // `aws iam get-policy-version`, which names the version and not the policy.
        if let Some(version) = root.get("PolicyVersion").filter(|version| version.get("VersionId").is_some()) {
            return version.get("Document").map(Self::Document);
        }
        // `aws iam get-role-policy` and its like; the name of an inline policy is unique in its holder only.
        if let (Some(document), Some(name)) = (root.get("PolicyDocument"), field(root, "PolicyName")) {
            let holder = ["RoleName", "UserName", "GroupName"].iter().find_map(|key| field(root, key))?;
            return Some(Self::Inline(document, format!("{holder}/{name}")));
        }
        // `aws organizations describe-policy`.
        let content = root.at(&["Policy", "Content"])?;
        let summary = root.at(&["Policy", "PolicySummary"])?;
        let kind = field(summary, "Type").filter(|kind| matches!(*kind, SERVICE_CONTROL | RESOURCE_CONTROL))?;
        let policy = OrganizationPolicy { kind, name: field(summary, "Arn"), title: field(summary, "Name") };
        Some(Self::Organization(content, policy))
    }
}

fn recognise_policy(_path: &str, document: &Node) -> bool {
    matches!(Shape::of(document), Some(Shape::Document(_) | Shape::Inline(..) | Shape::Organization(..)))
}

fn recognise_export(_path: &str, document: &Node) -> bool {
    matches!(Shape::of(document), Some(Shape::Export(_) | Shape::Roles(_)))
}

/// A broken policy document shows its two elements; a broken template, whose resources have types, is not ours.
fn suspect(_path: &str, text: &str, _error: &SyntaxError) -> Option<Gap> {
    let has = |part: &str| text.contains(part);
    (has("\"Statement\"") && has("\"Effect\"") && !has("\"AWS::") && !has("\"AWSTemplateFormatVersion\""))
        .then_some(Gap::Broken)
}

fn never(_path: &str, _text: &str, _error: &SyntaxError) -> Option<Gap> {
    None
}

fn lower(unit: &Unit<'_>) -> Facts {
    let mut facts = Facts::default();
    for (place, file) in unit.files.iter().enumerate() {
        for (index, document) in file.documents.iter().enumerate() {
            let lowering = Lowering { facts: &mut facts, file: u32::try_from(place).unwrap_or(u32::MAX) };
            let mut access = Access::new(lowering, file);
            let name = match index {
                0 => stem(file.path).to_owned(),
                _ => format!("{}#{}", stem(file.path), index + 1),
            };
            access.root(document, name, file.system.as_ref().is_some_and(|hint| hint.guardrail));
        }
    }
    facts
}

/// What narrows a statement of a role that AWS brings along, from its element `Condition`.
#[must_use]
pub fn known_conditions(written: &serde_json::Value, effect: Effect) -> Vec<Condition> {
    conditions::known(written, effect)
}

/// Why a piece is not evaluated.
#[derive(Debug)]
struct Fault {
    gap: Gap,
    span: Span,
    reason: String,
}

impl Fault {
    fn broken(span: Span, reason: impl Into<String>) -> Self {
        Self { gap: Gap::Broken, span, reason: reason.into() }
    }

    fn unknown(span: Span, reason: impl Into<String>) -> Self {
        Self { gap: Gap::Unknown, span, reason: reason.into() }
    }
}

/// The system that one document describes, while the document is lowered.
struct Access<'f> {
    lowering: Lowering<'f>,
    system: Text,
    /// Groups that have their fact.
    groups: BTreeSet<Native>,
}

impl<'f> Access<'f> {
    fn new(lowering: Lowering<'f>, file: &UnitFile<'_>) -> Self {
        let system = file.system.as_ref().map_or_else(|| text(DEFAULT_SYSTEM), |hint| hint.id.clone());
        Self { lowering, system, groups: BTreeSet::new() }
    }

    fn root(&mut self, root: &Node, file_name: String, guardrail: bool) {
        match Shape::of(root) {
            Some(Shape::Export(root)) => {
                self.name_system(export::system(export::things(root)));
                self.export(root);
            }
            Some(Shape::Roles(roles)) => {
                self.name_system(export::system(roles.iter()));
                roles.iter().for_each(|role| self.role(role));
            }
            Some(Shape::Document(node)) => self.stand_alone(node, &file_name, None, guardrail),
            Some(Shape::Inline(node, name)) => match nested::document(node) {
                Ok(document) => self.document(&document, &name, None, guardrail),
                Err(fault) => self.report(fault, "nothing of this document is evaluated"),
            },
            Some(Shape::Organization(content, policy)) if policy.kind == SERVICE_CONTROL => {
                self.stand_alone(content, policy.name.unwrap_or(&file_name), policy.title.map(text), true);
            }
            Some(Shape::Organization(content, _)) => self.unsupported(content.span),
            None => {}
        }
    }

    fn name_system(&mut self, named: Option<String>) {
        if let Some(named) = named {
            self.system = named.into();
        }
    }

    fn stand_alone(&mut self, node: &Node, name: &str, title: Option<Text>, guardrail: bool) {
        match nested::document(node) {
            Err(fault) => self.report(fault, "nothing of this document is evaluated"),
            Ok(document) => match policy::purpose(&document) {
                Purpose::Identity => self.document(&document, name, title, guardrail),
                Purpose::Trust if !guardrail => self.lone_trust(&document, name),
                Purpose::Resource if !guardrail => self.resource_policy(&document, None),
                Purpose::Trust | Purpose::Resource => self.unsupported(policy::heading(&document)),
            },
        }
    }

    fn unsupported(&mut self, span: Span) {
        self.lowering.unresolved(
            Gap::Unsupported,
            span,
            "policies that limit what others may do with resources are not evaluated",
            "less may be possible than shown",
        );
    }

    fn report(&mut self, fault: Fault, consequence: impl Into<String>) {
        self.lowering.unresolved(fault.gap, fault.span, fault.reason, consequence);
    }

    fn native(&self, name: &str) -> Native {
        Native::new(self.system.clone(), name)
    }
}
