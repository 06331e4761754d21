//! An account as `aws iam get-account-authorization-details` lists it, with what the product makes of the text.

use std::sync::Arc;

use serde_json::{Value, json};

use super::super::NOW;
use super::ask;
use crate::access::{Graph, Links, UnitFacts};
use crate::duties::{Catalogue, Certainty, Matches};
use crate::facts::{Holder, Native};
use crate::formats::Reader;
use crate::rules::{RuleFile, Rules};
use crate::source::{Content, FileKind, SourceFile, Tree};
use crate::store::Digest;

pub(super) const SYSTEM: &str = "aws:111122223333";
pub(super) const ANN: &str = "arn:aws:iam::111122223333:user/ann";
pub(super) const APP: &str = "arn:aws:iam::111122223333:role/app";

/// What the policies of an account say. A document is a list of statements with its version.
#[derive(Debug, Clone, Default)]
pub(super) struct Account {
    /// Inline policies of the user.
    pub(super) user: Vec<Value>,
    /// A managed policy that is attached to the user.
    pub(super) managed: Option<Value>,
    /// Inline policies of the user's group.
    pub(super) group: Vec<Value>,
    /// Inline policies of the role.
    pub(super) role: Vec<Value>,
    /// The boundary of both.
    pub(super) boundary: Option<Value>,
    /// The service control policy.
    pub(super) control: Option<Value>,
}

impl Account {
    /// The export as the vendor would answer.
    pub(super) fn export(&self) -> Value {
        let arn = |rest: &str| format!("arn:aws:iam::111122223333:{rest}");
        let inline = |documents: &[Value]| -> Value {
            let named = documents.iter().enumerate();
            named.map(|(n, own)| json!({"PolicyName": format!("p{n}"), "PolicyDocument": own})).collect()
        };
        let managed = |name: &str, document: &Value| {
            json!({"Arn": arn(&format!("policy/{name}")), "PolicyName": name, "DefaultVersionId": "v1",
                "PolicyVersionList": [{"VersionId": "v1", "IsDefaultVersion": true, "Document": document}]})
        };
        let mut user = json!({"Arn": ANN, "UserName": "ann", "UserPolicyList": inline(&self.user), "GroupList": ["team"],
            "AttachedManagedPolicies": []});
        let mut role = json!({"Arn": APP, "RoleName": "app", "RolePolicyList": inline(&self.role),
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []}});
        if self.managed.is_some() {
            user["AttachedManagedPolicies"] = json!([{"PolicyName": "own", "PolicyArn": arn("policy/own")}]);
        }
        if self.boundary.is_some() {
            let limit = json!({"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn("policy/limit")});
            user["PermissionsBoundary"] = limit.clone();
            role["PermissionsBoundary"] = limit;
        }
        let policies = [("own", &self.managed), ("limit", &self.boundary)];
        let policies: Vec<Value> =
            policies.iter().filter_map(|(name, own)| own.as_ref().map(|own| managed(name, own))).collect();
        json!({
            "UserDetailList": [user],
            "GroupDetailList": [{"Arn": arn("group/team"), "GroupName": "team", "GroupPolicyList": inline(&self.group)}],
            "RoleDetailList": [role],
            "Policies": policies,
        })
    }

    fn control_policy(&self) -> Option<String> {
        let control = self.control.as_ref()?;
        let summary = json!({"Arn": "arn:aws:organizations::111122223333:policy/o-1/service_control_policy/p-1",
            "Name": "limits", "Type": "SERVICE_CONTROL_POLICY"});
        Some(json!({"Policy": {"PolicySummary": summary, "Content": control.to_string()}}).to_string())
    }

    /// What the product makes of it, from the text on.
    pub(super) fn judged<'c>(&self, catalogue: &'c Catalogue) -> Judged<'c> {
        let config = format!("version: 1\nsystems:\n  - paths: [\"**\"]\n    id: {SYSTEM}\n");
        let rules = Rules::load(&[RuleFile::new("countersign.yaml", config.into_bytes())], None).unwrap();
        let file = |path: &str, text: String| {
            let content = Content::Bytes { bytes: Arc::from(text.as_bytes()), digest: Digest::of(text.as_bytes()) };
            SourceFile { path: path.into(), kind: FileKind::Regular, content }
        };
        let mut files = vec![file("account.json", self.export().to_string())];
        files.extend(self.control_policy().map(|text| file("limits.json", text)));
        let reading = Reader::default().read(&Tree { files, commit: None, tree: None }, &rules);
        assert!(reading.not_lowered.is_empty(), "{:?}", reading.not_lowered);
        let unresolved: Vec<String> = reading
            .units
            .iter()
            .flat_map(|unit| &unit.facts.unresolved)
            .map(|own| format!("{}: {}", own.reason, own.consequence))
            .collect();
        let units: Vec<UnitFacts> = reading.units.iter().map(UnitFacts::from).collect();
        let (links, _) = Links::of_tree(&units, &[]);
        let graph = Graph::build(units, &links, &rules.known_roles);
        let matches = Matches::new(&graph, catalogue);
        Judged { graph, matches, catalogue, unresolved }
    }
}

/// An account in the product's eyes.
pub(super) struct Judged<'c> {
    pub(super) graph: Graph,
    matches: Matches,
    catalogue: &'c Catalogue,
    /// What the product said that it could not tell.
    pub(super) unresolved: Vec<String>,
}

impl Judged<'_> {
    /// How certainly somebody may use an action on one resource.
    pub(super) fn answer(&self, who: &str, action: &str, resource: &str) -> Option<Certainty> {
        let account = Holder::Account(Native::new(SYSTEM, who));
        let node = self.graph.find(&account)?;
        let matcher = crate::duties::Matcher {
            graph: &self.graph,
            catalogue: self.catalogue,
            matches: &self.matches,
            as_of: NOW,
        };
        ask(&matcher, node, action, resource)
    }
}
