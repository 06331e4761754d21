//! A slow evaluator of AWS policy documents, written from the vendor's pages alone: "Policy evaluation logic", "IAM JSON
//! policy elements" (Action, Resource, Condition, Version), "IAM JSON policy elements: Condition operators" and "Variables
//! and tags" of the IAM user guide. It answers for one request at a time and shares no code with the product.

use std::collections::BTreeMap;

use serde_json::Value;

/// One request: who asks for what, and what the context says. A key that is absent is not in it.
#[derive(Debug, Clone)]
pub(super) struct Request<'r> {
    pub(super) principal: &'r str,
    pub(super) action: &'r str,
    pub(super) resource: &'r str,
    pub(super) context: BTreeMap<String, String>,
}

/// Whether the account's policies let a request through: no explicit denial anywhere, and an allow in the identity's own
/// policies, in its boundary if it has one, and in the service control policy if there is one.
pub(super) fn allowed(export: &Value, control: Option<&Value>, request: &Request<'_>) -> bool {
    let Some(own) = entry(export, request.principal) else { return false };
    let mut identity = documents(export, own);
    for group in list(&own["GroupList"]) {
        let named = |other: &&Value| other["GroupName"] == *group;
        identity.extend(list(&export["GroupDetailList"]).iter().filter(named).flat_map(|own| documents(export, own)));
    }
    let boundary = own["PermissionsBoundary"]["PermissionsBoundaryArn"].as_str();
    let boundary = boundary.map(|arn| managed(export, arn).into_iter().collect::<Vec<_>>());
    let limits: Vec<Vec<&Value>> = boundary.into_iter().chain(control.map(|document| vec![document])).collect();
    let says = |documents: &[&Value], effect: &str| documents.iter().any(|document| speaks(document, effect, request));
    let denied = says(&identity, "Deny") || limits.iter().any(|limit| says(limit, "Deny"));
    !denied && says(&identity, "Allow") && limits.iter().all(|limit| says(limit, "Allow"))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn entry<'v>(export: &'v Value, arn: &str) -> Option<&'v Value> {
    ["UserDetailList", "RoleDetailList"].iter().flat_map(|key| list(&export[key])).find(|own| own["Arn"] == arn)
}

/// The documents that stand in an identity or are attached to it.
fn documents<'v>(export: &'v Value, own: &'v Value) -> Vec<&'v Value> {
    let inline = ["UserPolicyList", "GroupPolicyList", "RolePolicyList"];
    let mut found: Vec<&Value> =
        inline.iter().flat_map(|key| list(&own[key])).map(|policy| &policy["PolicyDocument"]).collect();
    let attached = list(&own["AttachedManagedPolicies"]).iter().filter_map(|policy| policy["PolicyArn"].as_str());
    found.extend(attached.filter_map(|arn| managed(export, arn)));
    found
}

/// The default version of a managed policy.
fn managed<'v>(export: &'v Value, arn: &str) -> Option<&'v Value> {
    let policy = list(&export["Policies"]).iter().find(|policy| policy["Arn"] == arn)?;
    let versions = list(&policy["PolicyVersionList"]);
    versions.iter().find(|version| version["IsDefaultVersion"] == true).map(|version| &version["Document"])
}

/// Whether a statement of this effect matches the request.
fn speaks(document: &Value, effect: &str, request: &Request<'_>) -> bool {
    let has_variables = document["Version"] == "2012-10-17";
    let statements = match &document["Statement"] {
        Value::Array(many) => many.as_slice(),
        one => std::slice::from_ref(one),
    };
    statements.iter().any(|own| own["Effect"] == effect && matches(own, has_variables, request))
}

fn texts(value: &Value) -> Vec<String> {
    let one = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    match value {
        Value::Array(many) => many.iter().map(one).collect(),
        other => vec![one(other)],
    }
}

fn matches(statement: &Value, has_variables: bool, request: &Request<'_>) -> bool {
    let action = |pattern: &String| glob(&pattern.to_lowercase(), &request.action.to_lowercase());
    let resource = |pattern: &String| match filled(pattern, has_variables, request) {
        Some(pattern) => glob(&pattern, request.resource),
        None => false,
    };
    let named = match (statement.get("Action"), statement.get("NotAction")) {
        (Some(own), _) => texts(own).iter().any(action),
        (None, Some(not)) => !texts(not).iter().any(action),
        (None, None) => false,
    };
    let reached = match (statement.get("Resource"), statement.get("NotResource")) {
        (Some(own), _) => texts(own).iter().any(resource),
        (None, Some(not)) => !texts(not).iter().any(resource),
        (None, None) => false,
    };
    named && reached && conditions(&statement["Condition"], has_variables, request)
}

/// A pattern with its variables replaced by what the context says; none where it says nothing. What a variable stands for
/// is taken as it is, so its wildcards are marked.
fn filled(pattern: &str, has_variables: bool, request: &Request<'_>) -> Option<String> {
    if !has_variables {
        return Some(pattern.to_owned());
    }
    let mut out = String::new();
    let mut rest = pattern;
    while let Some(at) = rest.find("${") {
        let end = rest[at..].find('}')? + at;
        out.push_str(&rest[..at]);
        let name = rest[at + 2..end].to_lowercase();
        let value = match name.as_str() {
            "aws:username" => request.principal.split_once(":user/").map(|(_, name)| name.to_owned()),
            other => request.context.iter().find(|(key, _)| key.to_lowercase() == other).map(|(_, own)| own.clone()),
        };
        out.push_str(&value?);
        rest = &rest[end + 1..];
    }
    out.push_str(rest);
    Some(out)
}

/// The definition of wildcards, by recursion.
fn glob(pattern: &str, text: &str) -> bool {
    fn at(pattern: &[u8], text: &[u8]) -> bool {
        match pattern.split_first() {
            None => text.is_empty(),
            Some((b'*', rest)) => (0..=text.len()).any(|n| at(rest, &text[n..])),
            Some((b'?', rest)) => !text.is_empty() && at(rest, &text[1..]),
            Some((own, rest)) => text.first() == Some(own) && at(rest, &text[1..]),
        }
    }
    at(pattern.as_bytes(), text.as_bytes())
}

/// All operators, and all keys of each, must hold.
fn conditions(block: &Value, has_variables: bool, request: &Request<'_>) -> bool {
    let Some(block) = block.as_object() else { return true };
    block.iter().all(|(operator, keys)| {
        keys.as_object().into_iter().flatten().all(|(key, values)| {
            let actual = request.context.iter().find(|(own, _)| own.eq_ignore_ascii_case(key)).map(|(_, own)| own);
            let values: Vec<String> =
                texts(values).iter().filter_map(|own| filled(own, has_variables, request)).collect();
            holds(operator, actual.map(String::as_str), &values)
        })
    })
}

/// One operator on a key with one value or none.
fn holds(operator: &str, actual: Option<&str>, values: &[String]) -> bool {
    if let Some(rest) = operator.strip_prefix("ForAllValues:") {
        return actual.is_none() || holds(rest, actual, values);
    }
    if let Some(rest) = operator.strip_prefix("ForAnyValue:") {
        return actual.is_some() && holds(rest, actual, values);
    }
    if let Some(rest) = operator.strip_suffix("IfExists") {
        return actual.is_none() || holds(rest, actual, values);
    }
    if operator == "Null" {
        return values.iter().any(|value| (value == "true") == actual.is_none());
    }
    let (negated, test): (bool, fn(&str, &str) -> bool) = match operator {
        "StringEquals" => (false, |own, value| own == value),
        "StringNotEquals" => (true, |own, value| own == value),
        "StringEqualsIgnoreCase" | "Bool" => (false, |own, value| own.eq_ignore_ascii_case(value)),
        "StringNotEqualsIgnoreCase" => (true, |own, value| own.eq_ignore_ascii_case(value)),
        "StringLike" | "ArnLike" | "ArnEquals" => (false, |own, value| glob(value, own)),
        "StringNotLike" | "ArnNotLike" | "ArnNotEquals" => (true, |own, value| glob(value, own)),
        other => panic!("the reference knows no operator {other}"),
    };
    match actual {
        // A key that is not there matches nothing, so that an exclusion holds.
        None => negated,
        Some(own) => values.iter().any(|value| test(own, value)) != negated,
    }
}
