//! What resources of statements call the things of a graph.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::graph::{Graph, NodeId};
use super::pattern::{covers, intersects};
use crate::facts::{AccountKind, Holder, Native, Patterns, Text};

/// What stands for the account of a thing whose account is not known; no account has this number.
const SOME_ACCOUNT: &str = "000000000000";

/// What stands for the partition in the name of a thing of which only the account and the name are known.
const SOME_PARTITION: &str = "?";

/// What stands for the user name of those who have none; no name has this character.
const NOBODY: &str = "\u{2}";

/// The type of the systems whose resources are named by ARN.
const AWS: &str = "aws";

impl Graph {
    /// The thing of a native name, as permissions on it name it, for a holder who asks.
    #[must_use]
    pub fn named(&self, native: &Native, asking: Option<NodeId>) -> Named {
        Named {
            name: self.resource_name(native),
            variables: asking.map(|node| self.variables(node)).unwrap_or_default(),
        }
    }

    /// What permissions on a thing name: in AWS its ARN, of which the account is known only where the system is named after
    /// it; elsewhere its own name.
    #[must_use]
    pub fn resource_name(&self, native: &Native) -> String {
        let is_aws = self
            .systems
            .find(&native.system)
            .and_then(|idx| self.systems.get(idx))
            .is_some_and(|own| *own.kind == *AWS);
        if !is_aws || native.name.starts_with("arn:") {
            return native.name.to_string();
        }
        format!("arn:{SOME_PARTITION}:iam::{}:{}", account_of(native).unwrap_or(SOME_ACCOUNT), native.name)
    }

    /// What policy variables stand for when this holder asks (IAM user guide, "AWS global condition context keys").
    #[must_use]
    pub fn variables(&self, asking: NodeId) -> BTreeMap<String, String> {
        let mut known = BTreeMap::new();
        let Some(node) = self.node(asking) else { return known };
        let Holder::Account(native) = &node.holder else { return known };
        let account = account_of(native).unwrap_or(SOME_ACCOUNT);
        known.insert("aws:principalaccount".to_owned(), account.to_owned());
        let user = match node.account {
            Some(AccountKind::User) => native.name.rsplit('/').next(),
            // Whoever acts as a role has no user name, so that what is named by it is nothing.
            Some(AccountKind::AssumedRole) => Some(NOBODY),
            _ => None,
        };
        if let Some(name) = user {
            known.insert("aws:username".to_owned(), name.to_owned());
        }
        known
    }
}

/// The account that a thing of AWS belongs to, if that is known.
fn account_of(native: &Native) -> Option<&str> {
    native.system.split_once(':').map(|(_, account)| account).filter(|account| is_account(account))
}

fn is_account(text: &str) -> bool {
    text.len() == SOME_ACCOUNT.len() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// One thing by the name that resources of statements have it by, and who asks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The name. An ARN whose account is not known has zeros for it, and one whose partition is not known a `?`: it is in
    /// those that are spoken of.
    pub name: String,
    /// What policy variables stand for, in lower case without their braces. The value of one that is not here is not known.
    pub variables: BTreeMap<String, String>,
}

/// Whether a use is let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reached {
    /// It is not.
    No,
    /// It depends on what is not known.
    Perhaps,
    /// It is.
    Yes,
}

impl Named {
    /// A thing that nobody in particular asks for.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), variables: BTreeMap::new() }
    }

    /// Whether patterns of resources speak of it.
    #[must_use]
    pub fn reached(&self, by: &Patterns) -> Reached {
        let of_one = |pattern: &Text| {
            let (pattern, is_known) = self.filled(pattern);
            let (pattern, name) = (self.comparable(&pattern), self.comparable(&self.name));
            match (covers(&pattern, &name, false), is_known) {
                (false, _) => Reached::No,
                (true, false) => Reached::Perhaps,
                (true, true) => Reached::Yes,
            }
        };
        let listed = by.list.iter().map(of_one).max().unwrap_or(Reached::No);
        match (by.negated, listed) {
            (false, listed) => listed,
            (true, Reached::No) => Reached::Yes,
            (true, Reached::Perhaps) => Reached::Perhaps,
            (true, Reached::Yes) => Reached::No,
        }
    }

    /// An ARN in the partition and account of the thing, where those are not known.
    fn comparable<'p>(&self, arn: &'p str) -> Cow<'p, str> {
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let &["arn", partition, service, region, account, resource] = parts.as_slice() else { return arn.into() };
        let own = |place| self.name.splitn(6, ':').nth(place);
        let (is_open, is_anywhere) = (own(4) == Some(SOME_ACCOUNT), own(1) == Some(SOME_PARTITION));
        let partition = if is_anywhere && !partition.contains('*') { SOME_PARTITION } else { partition };
        let account = if is_open && is_account(account) { SOME_ACCOUNT } else { account };
        ["arn", partition, service, region, account, resource].join(":").into()
    }

    /// A pattern with its variables filled in, and whether all of them are known (IAM user guide, "IAM policy elements:
    /// Variables and tags"): what is not known may be anything.
    pub(crate) fn filled<'p>(&self, pattern: &'p str) -> (Cow<'p, str>, bool) {
        if !pattern.contains("${") {
            return (pattern.into(), true);
        }
        let (mut filled, mut is_known, mut rest) = (String::new(), true, pattern);
        while let Some((before, from)) = rest.split_once("${") {
            filled.push_str(before);
            let Some((variable, after)) = from.split_once('}') else {
                filled.push_str("${");
                rest = from;
                continue;
            };
            // A default stands behind the name: `${aws:PrincipalTag/team, 'none'}`.
            let name = variable.split(',').next().unwrap_or_default().trim().to_ascii_lowercase();
            match (name.as_str(), self.variables.get(&name)) {
                // Characters that would be wildcards: the nearest that can be said is any one.
                ("*" | "?", _) => filled.push('?'),
                ("$", _) => filled.push('$'),
                (_, Some(value)) => filled.push_str(value),
                (_, None) => {
                    filled.push('*');
                    is_known = false;
                }
            }
            rest = after;
        }
        filled.push_str(rest);
        (filled.into(), is_known)
    }
}

/// What tells one resource from others of its kind: of an ARN what follows the account.
#[must_use]
pub fn resource_part(name: &str) -> &str {
    if name.starts_with("arn:") { name.splitn(6, ':').nth(5).unwrap_or(name) } else { name }
}

/// Whether two patterns of resources share one. Of ARNs each part is held against the same part of the other.
#[must_use]
pub fn share_a_resource(a: &str, b: &str) -> bool {
    let parts =
        |text: &'_ str| text.starts_with("arn:").then(|| text.splitn(6, ':').map(str::to_owned).collect::<Vec<_>>());
    match (parts(a), parts(b)) {
        (Some(a), Some(b)) if a.len() == 6 && b.len() == 6 => {
            a.iter().zip(&b).all(|(one, other)| intersects(one, other, false))
        }
        _ => intersects(a, b, false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reached(list: &[&str], negated: bool, name: &str, variables: &[(&str, &str)]) -> Reached {
        let variables = variables.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let by = Patterns { negated, ..Patterns::of(list.iter().copied()) };
        Named { name: name.to_owned(), variables }.reached(&by)
    }

    #[test]
    fn resources_speak_of_one_thing_by_its_name() {
        let ann = "arn:?:iam::000000000000:user/ann";
        for (list, expected) in [
            (&["*"][..], Reached::Yes),
            (&["arn:aws:iam::111122223333:user/ann"], Reached::Yes),
            (&["arn:aws:iam::*:user/a*"], Reached::Yes),
            (&["arn:aws:iam::aws:user/ann"], Reached::No),
            (&["arn:aws:iam::*:user/bob"], Reached::No),
            (&["arn:aws:iam::*:role/ann", "arn:aws:iam::*:user/ANN"], Reached::No),
            (&[], Reached::No),
        ] {
            assert_eq!(reached(list, false, ann, &[]), expected, "{list:?}");
        }
        assert_eq!(reached(&["arn:aws:iam::*:user/bob"], true, ann, &[]), Reached::Yes);
        assert_eq!(reached(&["arn:aws:iam::*:user/*"], true, ann, &[]), Reached::No);
    }

    #[test]
    fn policy_variables_stand_for_what_is_known_of_who_asks() {
        let ann = "arn:?:iam::000000000000:user/ann";
        let own = &["arn:aws:iam::*:user/${aws:username}"];
        assert_eq!(reached(own, false, ann, &[("aws:username", "ann")]), Reached::Yes);
        assert_eq!(reached(own, false, ann, &[("aws:username", "bob")]), Reached::No);
        assert_eq!(reached(&["arn:aws:iam::*:user/${aws:PrincipalTag/name}"], false, ann, &[]), Reached::Perhaps);
        assert_eq!(reached(&["arn:aws:iam::*:user/${aws:PrincipalTag/name}"], true, ann, &[]), Reached::Perhaps);
        assert_eq!(reached(&["arn:aws:iam::*:user/an${"], false, ann, &[]), Reached::No);
        assert_eq!(reached(&["a${$}b"], false, "a$b", &[]), Reached::Yes);
    }
}
