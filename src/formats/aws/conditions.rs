//! Conditions of statements, and whether they narrow anything.
//!
//! A condition narrows when it is plainly false for some requests that whoever holds the permission could make, and
//! they cannot help it. It narrows nothing when it is true for practically every request. What is neither, or not
//! listed here, is unknown. Operators are those of the IAM user guide, "IAM JSON policy elements: Condition
//! operators"; what is known of the keys is from "AWS global condition context keys" and, for `iam:` keys, from the
//! Service Authorization Reference.

use std::sync::Arc;

use super::Fault;
use super::policy::{is_template, placeholder};
use crate::facts::{Admits, Condition, Constrains, Effect, Gap};
use crate::formats::text;
use crate::syntax::Node;

/// Keys whose value the holder of a permission does not choose, so that comparing them narrows.
const NARROWING: [&str; 21] = [
    "aws:calledvia",
    "aws:calledviafirst",
    "aws:calledvialast",
    "aws:principalarn",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:requestedregion",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "iam:associatedresourcearn",
    "iam:awsservicename",
    "iam:passedtoservice",
    "iam:permissionsboundary",
    "iam:policyarn",
    "kms:viaservice",
    "sts:externalid",
    "sts:sourceidentity",
];

/// Keys that only some requests have, which those who make them cannot help: to demand any value at all narrows too.
const SOMETIMES_PRESENT: [&str; 5] =
    ["aws:calledvia", "aws:calledviafirst", "aws:calledvialast", "aws:sourcevpc", "aws:sourcevpce"];

/// Keys that are in the context of every signed request, so that `…IfExists` changes nothing.
const ALWAYS_PRESENT: [&str; 2] = ["aws:principalarn", "aws:requestedregion"];

/// A date before this year is past whenever this program runs, so a comparison with it has one outcome.
const CERTAINLY_PAST_BEFORE_YEAR: u32 = 2026;

/// The first second of that year.
const CERTAINLY_PAST_BEFORE: u64 = 1_767_225_600;

/// Most conditions of one statement. IAM refuses policies over some 10,000 characters (IAM user guide, "IAM and AWS
/// STS quotas"), so no real statement comes near; what comes near is made to be slow.
const MAX_CONDITIONS: usize = 1_000;

/// What is known of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    /// One of [`NARROWING`], or a tag of the request.
    Narrowing,
    /// A tag of a principal or of an existing resource: that there is one at all narrows too.
    Tag,
    /// The subject of a federated token (`token.actions.githubusercontent.com:sub`).
    Subject,
    /// The account of the resource.
    ResourceAccount,
    MultiFactor,
    MultiFactorAge,
    SecureTransport,
    /// The time of the request.
    Now,
    /// The time when the caller's temporary credentials were issued; absent with long-term ones.
    TokenIssueTime,
    SourceAddress,
    Unlisted,
}

impl Key {
    /// Keys are compared without regard to case, tag names aside.
    fn of(key: &str) -> Self {
        let key = key.to_ascii_lowercase();
        match key.as_str() {
            "aws:resourceaccount" => Self::ResourceAccount,
            "aws:multifactorauthpresent" => Self::MultiFactor,
            "aws:multifactorauthage" => Self::MultiFactorAge,
            "aws:securetransport" => Self::SecureTransport,
            "aws:currenttime" | "aws:epochtime" => Self::Now,
            "aws:tokenissuetime" => Self::TokenIssueTime,
            "aws:sourceip" | "aws:vpcsourceip" => Self::SourceAddress,
            _ if NARROWING.contains(&key.as_str()) || key.starts_with("aws:requesttag/") => Self::Narrowing,
            _ if key.starts_with("aws:principaltag/") || key.contains(":resourcetag/") => Self::Tag,
            _ if key.ends_with(":sub") => Self::Subject,
            _ => Self::Unlisted,
        }
    }
}

/// What an operator does with the key's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    /// The value is one of those listed; in the second form, they may have wildcards.
    Equal,
    Like,
    /// The value is none of those listed, or there is no value.
    NotEqual,
    /// An instant or number beyond the one given.
    Greater,
    Less,
    Boolean,
    Address,
    NotAddress,
    /// Whether the key is absent.
    Null,
    Other,
}

/// How an operator treats a key with many values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quantifier {
    None,
    /// All values must match; true when there are none.
    All,
    /// Some value must match.
    Any,
}

#[derive(Debug, Clone, Copy)]
struct Operator {
    quantifier: Quantifier,
    comparison: Comparison,
    if_exists: bool,
}

impl Operator {
    /// None for a text that is no operator.
    fn of(name: &str) -> Option<Self> {
        let (quantifier, rest) = match name.split_once(':') {
            None => (Quantifier::None, name),
            Some((first, rest)) if first.eq_ignore_ascii_case("ForAllValues") => (Quantifier::All, rest),
            Some((first, rest)) if first.eq_ignore_ascii_case("ForAnyValue") => (Quantifier::Any, rest),
            Some(_) => return None,
        };
        let lower = rest.to_ascii_lowercase();
        let (base, if_exists) = lower.strip_suffix("ifexists").map_or((lower.as_str(), false), |base| (base, true));
        let comparison = match base {
            "stringequals" | "stringequalsignorecase" => Comparison::Equal,
            // `ArnEquals` takes wildcards as `ArnLike` does.
            "stringlike" | "arnlike" | "arnequals" => Comparison::Like,
            "stringnotequals" | "stringnotequalsignorecase" | "stringnotlike" | "arnnotequals" | "arnnotlike" => {
                Comparison::NotEqual
            }
            "dategreaterthan" | "dategreaterthanequals" | "numericgreaterthan" | "numericgreaterthanequals" => {
                Comparison::Greater
            }
            "datelessthan" | "datelessthanequals" | "numericlessthan" | "numericlessthanequals" => Comparison::Less,
            "bool" => Comparison::Boolean,
            "ipaddress" => Comparison::Address,
            "notipaddress" => Comparison::NotAddress,
            "null" if !if_exists => Comparison::Null,
            "dateequals" | "datenotequals" | "numericequals" | "numericnotequals" | "binaryequals" => Comparison::Other,
            _ => return None,
        };
        Some(Self { quantifier, comparison, if_exists })
    }
}

/// One operator on one key.
struct Test<'n> {
    name: &'n str,
    operator: Operator,
    key: &'n str,
    values: Vec<&'n str>,
}

/// The conditions of a statement, in the order written; all must hold.
pub(super) fn conditions(node: Option<&Node>, effect: Effect) -> Result<Vec<Condition>, Fault> {
    let Some(node) = node else { return Ok(Vec::new()) };
    let tests = tests(node)?;
    Ok(tests
        .iter()
        .map(|test| Condition {
            key: text(test.key),
            text: format!("{} {} = {}", test.name, test.key, test.values.join(", ")).into(),
            constrains: test.constrains(&tests, effect),
            admits: test.admits().map(Arc::new),
        })
        .collect())
}

/// The conditions of a statement that a table of known roles has, as JSON. One that cannot be read narrows nobody knows
/// what.
pub(super) fn known(written: &serde_json::Value, effect: Effect) -> Vec<Condition> {
    let text = written.to_string();
    let read = crate::syntax::parse(text.as_bytes()).ok().and_then(|documents| {
        let found = conditions(documents.first(), effect);
        found.ok()
    });
    read.unwrap_or_else(|| vec![Condition::new("condition", text, Constrains::Unknown)])
}

/// Whether conditions are such that no request meets them, ever again: the statement that has them says nothing.
pub(super) fn never_hold(node: Option<&Node>) -> bool {
    let tests = node.and_then(|node| tests(node).ok()).unwrap_or_default();
    tests.iter().any(|test| {
        // Sessions that old have ended, and who signs with a key of long standing has no such time.
        matches!(Key::of(test.key), Key::Now | Key::TokenIssueTime)
            && test.operator.comparison == Comparison::Less
            && test.operator.quantifier == Quantifier::None
            && !test.operator.if_exists
            && !test.values.is_empty()
            && test.is_past()
    })
}

fn tests(node: &Node) -> Result<Vec<Test<'_>>, Fault> {
    let not_a_map = |node: &Node| Fault::broken(node.span, format!("a condition is {}, not an object", node.kind()));
    let mut tests = Vec::new();
    for block in node.as_map().ok_or_else(|| not_a_map(node))? {
        if is_template(&block.key) {
            return Err(placeholder(block.key_span));
        }
        let operator = Operator::of(&block.key).ok_or_else(|| {
            Fault::broken(
                block.key_span,
                format!("there is no condition operator `{}`; AWS refuses this document", block.key),
            )
        })?;
        for entry in block.value.as_map().ok_or_else(|| not_a_map(&block.value))? {
            let values = entry
                .value
                .one_or_many()
                .iter()
                .map(|value| {
                    let reason = || format!("a condition compares with {}, not text", value.kind());
                    value.as_text().ok_or_else(|| Fault::broken(value.span, reason()))
                })
                .collect::<Result<_, _>>()?;
            if tests.len() == MAX_CONDITIONS {
                return Err(Fault {
                    gap: Gap::Unsupported,
                    span: entry.key_span,
                    reason: format!("this statement has more than {MAX_CONDITIONS} conditions"),
                });
            }
            tests.push(Test { name: &block.key, operator, key: &entry.key, values });
        }
    }
    Ok(tests)
}

impl Test<'_> {
    fn all(&self, value: &str) -> bool {
        !self.values.is_empty() && self.values.iter().all(|own| own.eq_ignore_ascii_case(value))
    }

    /// The values under which it holds, of the operators that compare texts. What has a policy variable in it, and what
    /// has a key with many values, is not said.
    fn admits(&self) -> Option<Admits> {
        use Comparison as C;
        let Operator { comparison, if_exists, quantifier } = self.operator;
        let name = self.name.to_ascii_lowercase();
        let (wildcards, negated) = match comparison {
            C::Equal => (false, false),
            C::Like => (true, false),
            C::NotEqual => (name.contains("like") || name.contains("arn"), true),
            C::Boolean => (false, false),
            _ => return None,
        };
        if quantifier != Quantifier::None || self.values.iter().any(|value| value.contains("${")) {
            return None;
        }
        Some(Admits {
            values: self.values.iter().map(|value| text(value)).collect(),
            wildcards,
            folds: comparison == C::Boolean || name.contains("ignorecase"),
            negated,
            // An exclusion is true of a key that is not there.
            absent: if_exists || negated,
        })
    }

    fn constrains(&self, block: &[Test<'_>], effect: Effect) -> Constrains {
        use Comparison as C;
        let Operator { comparison, if_exists, quantifier } = self.operator;
        let denies = effect == Effect::Deny;
        match (Key::of(self.key), comparison) {
            // Every request that matters uses TLS, and the key is always there.
            (Key::SecureTransport, C::Boolean) if self.all("true") => Constrains::No,
            (Key::SecureTransport, C::Boolean) if self.all("false") => Constrains::Yes,

            (Key::Now | Key::TokenIssueTime, C::Greater) if self.is_past() => Constrains::No,
            (Key::Now, C::Less) if self.is_past() => Constrains::Yes,
            // Sessions that old have ended; with `IfExists` it is true of every long-term credential.
            (Key::TokenIssueTime, C::Less) if self.is_past() && !if_exists => Constrains::Yes,

            // The key is absent when long-term credentials sign, which `IfExists` lets pass.
            (Key::MultiFactor, C::Boolean) if self.all("true") && !if_exists => Constrains::Yes,
            // A denial without a second factor leaves everybody who has one.
            (Key::MultiFactor, C::Boolean) if self.all("false") && denies => Constrains::Yes,
            (Key::MultiFactor, C::Null) if self.all("true") && denies => Constrains::Yes,
            (Key::MultiFactorAge, C::Less) if !if_exists => Constrains::Yes,
            (Key::MultiFactorAge, C::Greater) if denies => Constrains::Yes,

            (Key::SourceAddress, C::Address) if self.values.iter().any(|range| range.ends_with("/0")) => Constrains::No,
            (Key::SourceAddress, C::Address) if !if_exists && !self.values.is_empty() => Constrains::Yes,
            (Key::SourceAddress, C::NotAddress) if denies => Constrains::Yes,

            // Within one account, everything is in that account.
            (Key::ResourceAccount, C::Equal | C::Like) if self.all("${aws:PrincipalAccount}") => Constrains::No,

            (Key::Tag, C::Null) if self.all("false") => Constrains::Yes,
            (Key::Subject, C::Like) if self.values.iter().any(|value| is_any_subject(value)) => Constrains::Unknown,
            (Key::Narrowing | Key::Tag | Key::Subject, C::Like)
                if self.values.iter().any(|value| is_anything(value)) =>
            {
                if self.demands_a_value() {
                    Constrains::Yes
                } else {
                    Constrains::No
                }
            }
            (Key::Narrowing | Key::Tag | Key::Subject, C::Equal | C::Like) => {
                let present = !if_exists || ALWAYS_PRESENT.iter().any(|key| self.key.eq_ignore_ascii_case(key));
                let some = quantifier != Quantifier::All || self.must_be_present(block);
                if present && some && !self.values.is_empty() { Constrains::Yes } else { Constrains::Unknown }
            }
            // An exclusion is true when the key is absent: it narrows a denial, and leaves a permission open.
            (Key::Narrowing | Key::Tag | Key::Subject, C::NotEqual) if denies && quantifier != Quantifier::All => {
                Constrains::Yes
            }
            _ => Constrains::Unknown,
        }
    }

    /// Whether it is false where the key has no value, as it may have none.
    fn demands_a_value(&self) -> bool {
        let Operator { if_exists, quantifier, .. } = self.operator;
        let is_tag = Key::of(self.key) == Key::Tag;
        let sometimes = is_tag || SOMETIMES_PRESENT.iter().any(|key| self.key.eq_ignore_ascii_case(key));
        sometimes && !if_exists && quantifier != Quantifier::All
    }

    /// Whether the block also demands that this key is there.
    fn must_be_present(&self, block: &[Test<'_>]) -> bool {
        block.iter().any(|other| {
            other.operator.comparison == Comparison::Null
                && other.key.eq_ignore_ascii_case(self.key)
                && other.all("false")
        })
    }

    /// Whether every value is an instant that is past for certain: a date by its year, or epoch seconds.
    fn is_past(&self) -> bool {
        let past = |value: &&str| match value.split_once('-') {
            Some((year, _)) => {
                year.len() == 4 && year.parse::<u32>().is_ok_and(|year| year < CERTAINLY_PAST_BEFORE_YEAR)
            }
            None => value.parse::<u64>().is_ok_and(|seconds| seconds < CERTAINLY_PAST_BEFORE),
        };
        !self.values.is_empty() && self.values.iter().all(past)
    }
}

/// Whether a pattern matches every value that the key can have: only wildcards, every AWS service, or an ARN with
/// wildcards in all places that tell things apart.
fn is_anything(pattern: &str) -> bool {
    let open = |part: &str| part.chars().all(|c| c == '*');
    open(pattern)
        || pattern == "*.amazonaws.com"
        || pattern.strip_prefix("arn:").is_some_and(|rest| {
            rest.split(':').all(|part| open(part) || matches!(part, "aws" | "aws-cn" | "aws-us-gov" | "iam" | "sts"))
        })
}

/// Whether a pattern leaves open whose token it is: `repo:*` admits every repository of the provider.
fn is_any_subject(pattern: &str) -> bool {
    !is_anything(pattern) && pattern.split_once(':').map_or(pattern, |(_, rest)| rest).starts_with('*')
}
