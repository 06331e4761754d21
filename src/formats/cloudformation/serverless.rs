//! SAM: the roles that it makes, and the policy templates that they are given (AWS SAM developer guide,
//! "AWS::Serverless::Function", "AWS::Serverless::StateMachine" and "AWS SAM policy template list").

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::making::Making;
use super::stacks::{Place, Stacks};
use crate::facts::{Gap, Origin, Text};
use crate::formats::configuration::value::{Member, Value, Why};
use crate::syntax::{Node, Value as Data, parse};

/// What is particular to a type for which SAM makes a role.
pub(super) struct Maker {
    kind: &'static str,
    /// The section of `Globals`.
    globals: &'static str,
    /// The service that acts as the role.
    service: &'static str,
    /// The managed policy that every such role has.
    always: &'static [&'static str],
    /// The property that names the role's path.
    path: &'static str,
}

pub(super) const FUNCTION: Maker = Maker {
    kind: "AWS::Serverless::Function",
    globals: "Function",
    service: "lambda.amazonaws.com",
    always: &["service-role/AWSLambdaBasicExecutionRole"],
    path: "RolePath",
};

pub(super) const STATE_MACHINE: Maker = Maker {
    kind: "AWS::Serverless::StateMachine",
    globals: "StateMachine",
    service: "states.amazonaws.com",
    always: &[],
    path: "RolePath",
};

/// Managed policies that SAM finds by name and that stand below `service-role/` (AWS managed policy reference).
const SERVICE_ROLE: [&str; 9] = [
    "AWSLambdaBasicExecutionRole",
    "AWSLambdaDynamoDBExecutionRole",
    "AWSLambdaENIManagementAccess",
    "AWSLambdaKinesisExecutionRole",
    "AWSLambdaMSKExecutionRole",
    "AWSLambdaRole",
    "AWSLambdaSQSQueueExecutionRole",
    "AWSLambdaVPCAccessExecutionRole",
    "AWSStepFunctionsFullAccess",
];

/// The policy templates: for each name its statements, which allow.
static TEMPLATES: LazyLock<Option<Node>> = LazyLock::new(|| {
    let documents = parse(include_bytes!("serverless_policies.yaml")).ok()?;
    documents.into_iter().next()
});

/// Whether SAM makes a role for a type, unless the resource names one.
pub(super) fn makes_role(kind: &str) -> bool {
    [FUNCTION.kind, STATE_MACHINE.kind].contains(&kind)
}

/// The role that SAM makes for a resource that names none.
pub(super) fn role(making: &mut Making<'_, '_>, maker: &Maker) {
    let stack = making.stacks.stack(&making.declared.place);
    making.globals = stack.and_then(|stack| stack.template.root.at(&["Globals", maker.globals]));
    // One that may be left out leaves the role to SAM.
    if making.get("Role").is_some_and(|role| !role.candidates().iter().any(Value::is_null)) {
        return;
    }
    let origin = making.origin;
    let text = |text: &str| Value::text(text, origin);
    let trust = making.get("AssumeRolePolicyDocument").unwrap_or_else(|| {
        let statement = map(
            [
                ("Effect", text("Allow")),
                ("Action", text("sts:AssumeRole")),
                ("Principal", map([("Service", text(maker.service))], origin)),
            ],
            origin,
        );
        map([("Version", text("2012-10-17")), ("Statement", Value::list(vec![statement], origin))], origin)
    });
    let mut arguments = vec![("assume_role_policy", trust)];
    arguments.extend(making.get(maker.path).map(|path| ("path", path)));
    arguments.extend(making.get("PermissionsBoundary").map(|own| ("permissions_boundary", own)));
    making.add("aws_iam_role", "Role", arguments);
    let own = making.named(&format!("{}Role", making.address()), "aws_iam_role", "name");

    let mut managed: Vec<Value> = maker.always.iter().map(|name| text(&managed_arn(name))).collect();
    if making.get("VpcConfig").is_some() {
        managed.push(text(&managed_arn("service-role/AWSLambdaVPCAccessExecutionRole")));
    }
    let mut inline = Vec::new();
    if let Some(policies) = making.get("Policies") {
        making.each(&policies, "what these policies permit is not evaluated", |at, policy| {
            match (policy.as_text(), policy.as_map()) {
                (Some(name), _) if !name.starts_with("arn:") && policy.reference.is_none() => {
                    let folder = if SERVICE_ROLE.contains(&&*name) { "service-role/" } else { "" };
                    managed.push(Value::text(managed_arn(&format!("{folder}{name}")), policy.origin));
                }
                (None, Some(_)) => inline.push((at, policy.clone())),
                _ => managed.push(policy.clone()),
            }
        });
    }
    for (at, policy) in inline {
        if let Some(document) = document(making, &policy) {
            let arguments = [("role", own.clone()), ("policy", document)];
            making.add_at("aws_iam_role_policy", &format!("Role.Policies[{at}]"), arguments, policy.origin);
        }
    }
    if !managed.is_empty() {
        let arguments = [("role", own), ("policy_arn", Value::list(managed, origin))];
        making.add("aws_iam_role_policy_attachment", "Role.ManagedPolicyArns", arguments);
    }
}

/// What an entry of `Policies` says: a document, or a policy template with its parameters.
fn document(making: &Making<'_, '_>, policy: &Value) -> Option<Value> {
    if policy.get("Statement").is_some() {
        return Some(policy.clone());
    }
    let nothing = "what this policy permits is not evaluated";
    let members = policy.as_map().map(|members| members.known.clone()).unwrap_or_default();
    let [(name, parameters)] = &*members.iter().collect::<Vec<_>>() else {
        let reason = "a policy is a document with `Statement`, or one policy template with its parameters";
        making.stacks.report(Gap::Broken, policy.origin, reason, nothing);
        return None;
    };
    let Some(statements) = TEMPLATES.as_ref().and_then(|templates| templates.get(name)).and_then(Node::as_list) else {
        let reason = format!("SAM has no policy template `{name}`");
        making.stacks.report(Gap::Broken, policy.origin, reason, nothing);
        return None;
    };
    let filling = Filling {
        stacks: making.stacks,
        place: &making.declared.place,
        parameters: &parameters.value,
        origin: parameters.key_origin,
    };
    let statements = statements.iter().map(|statement| filling.statement(statement)).collect();
    let version = Value::text("2012-10-17", filling.origin);
    let entries = [("Version", version), ("Statement", Value::list(statements, filling.origin))];
    Some(map(entries, filling.origin))
}

/// A policy template on its way to a document. It is written where it is used.
struct Filling<'a, 't> {
    stacks: &'a Stacks<'t>,
    place: &'a Place<'t>,
    parameters: &'a Value,
    origin: Origin,
}

impl Filling<'_, '_> {
    fn statement(&self, statement: &Node) -> Value {
        let mut entries = vec![("Effect", Value::text("Allow", self.origin))];
        for name in ["Action", "Resource", "Condition"] {
            entries.extend(statement.get(name).map(|node| (name, self.value(node))));
        }
        map(entries, self.origin)
    }

    fn value(&self, node: &Node) -> Value {
        match &node.value {
            Data::List(items) => Value::list(items.iter().map(|item| self.value(item)).collect(), self.origin),
            Data::Map(entries) => map(entries.iter().map(|entry| (&*entry.key, self.value(&entry.value))), self.origin),
            _ => self.stacks.fill(node.as_text().unwrap_or_default(), self.origin, |name| {
                if name.starts_with("AWS::") {
                    return self.stacks.reference(name, self.place, self.origin);
                }
                let missing = || Value::unknown(Why::Missing { property: name.into() }, self.origin);
                self.parameters.get(name).cloned().unwrap_or_else(missing)
            }),
        }
    }
}

/// What a connector permits depends on what it joins.
pub(super) fn connector(making: &mut Making<'_, '_>) {
    let reason = "connectors of SAM are not evaluated yet";
    let consequence = format!("what `{}` permits is not known", making.declared.id);
    making.stacks.report(Gap::Unsupported, making.origin, reason, consequence);
}

fn managed_arn(name: &str) -> String {
    format!("arn:aws:iam::aws:policy/{name}")
}

fn map<'k>(entries: impl IntoIterator<Item = (&'k str, Value)>, origin: Origin) -> Value {
    let members: BTreeMap<Text, Member> =
        entries.into_iter().map(|(key, value)| (Text::from(key), Member { key_origin: origin, value })).collect();
    Value::map(members, origin)
}
