//! The evaluation of AWS policies against a slow, obviously correct one ([`vendor`]) that shares no code with the product.
//!
//! Accounts are written as the vendor's client lists them, and go in as text. In a small universe of actions, resources
//! and contexts every request is enumerated and decided by the vendor's rules. The product's answer must agree:
//!
//! - *certain* only if every request is allowed, and *nothing* only if none is. These hold for every account.
//! - The other way round holds as long as at most one statement that matters is conditional. Beyond that three values are
//!   coarser than the requests: two allows under opposite conditions come to *conditional*, though one of them always
//!   holds; so do an allow and a denial under the same condition, though never both let a request through.
//! - What a service control policy allows is no limit here: AWS attaches one that allows everything to each account, and
//!   whether that was taken away, no policy says. So in the universe it stands beside the denials.
//! - ARNs are compared without their partition: an account is in one partition, and so is all that its policies name.
//! - *Conditional* and *unknown* both mean that some requests are allowed; which of the two, the requests cannot tell.

mod accounts;
mod documents;
mod probes;
mod vendor;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use proptest::prelude::*;

use super::catalogue;
use crate::access::{Named, NodeId};
use crate::duties::{Catalogue, Certainty, Matcher, Use, Wanted};
use accounts::{ANN, APP, Account, SYSTEM};
use vendor::{Request, allowed};

const ACTIONS: [&str; 6] =
    ["iam:PutUserPolicy", "iam:PassRole", "s3:GetObject", "s3:PutObject", "sts:AssumeRole", "ec2:RunInstances"];

const RESOURCES: [&str; 6] = [
    ANN,
    "arn:aws:iam::111122223333:user/bob",
    APP,
    "arn:aws:iam::111122223333:role/admin",
    "arn:aws:s3:::data/a",
    "arn:aws:s3:::data/b",
];

/// No duty is asked for: permissions are.
static NO_DUTIES: LazyLock<Catalogue> = LazyLock::new(|| catalogue("  duties: {}\n"));

/// The product's answer to one question.
fn ask(matcher: &Matcher<'_>, who: NodeId, action: &str, resource: &str) -> Option<Certainty> {
    let named = Named { name: resource.to_owned(), variables: matcher.graph.variables(who) };
    let used = Use { permission: action, wanted: Wanted::Named(&named), with: None };
    let system = matcher.graph.systems.find(SYSTEM)?;
    matcher.ask(who, system, &used).iter().map(|support| support.certainty).max()
}

/// How many of the requests are allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Share {
    None,
    Some,
    All,
}

/// Every context in which an action is asked for: one value or none for each key, as far as the vendor sets it.
fn contexts(action: &str) -> Vec<BTreeMap<String, String>> {
    let services: &[Option<&str>] = match action {
        "iam:PassRole" => &[Some("ec2.amazonaws.com"), Some("lambda.amazonaws.com")],
        _ => &[None],
    };
    let mut found = Vec::new();
    for service in services {
        for second_factor in [None, Some("true"), Some("false")] {
            for region in ["eu-central-1", "us-east-1"] {
                for team in [None, Some("red"), Some("blue")] {
                    let keys = [
                        ("iam:PassedToService", *service),
                        ("aws:MultiFactorAuthPresent", second_factor),
                        ("aws:RequestedRegion", Some(region)),
                        ("aws:PrincipalTag/team", team),
                    ];
                    let set = keys.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?.to_owned())));
                    found.push(set.collect());
                }
            }
        }
    }
    found
}

/// The vendor's answer to one question.
fn share(account: &Account, who: &str, action: &str, resource: &str) -> Share {
    let export = account.export();
    let contexts = contexts(action);
    let all = contexts.len();
    let ask =
        |context| allowed(&export, account.control.as_ref(), &Request { principal: who, action, resource, context });
    match contexts.into_iter().filter(|context| ask(context.clone())).count() {
        0 => Share::None,
        some if some == all => Share::All,
        _ => Share::Some,
    }
}

/// Compares every answer, and gives the faults in words. `exact` asks for the other direction as well.
fn faults(account: &Account, exact: bool) -> Vec<String> {
    let judged = account.judged(&NO_DUTIES);
    let mut found: Vec<String> = judged.unresolved.clone();
    for who in [ANN, APP] {
        for action in ACTIONS {
            for resource in RESOURCES {
                let share = share(account, who, action, resource);
                let answer = judged.answer(who, action, resource);
                let agrees = match (answer, share) {
                    (None, share) => share == Share::None,
                    (Some(Certainty::Certain), share) => share == Share::All,
                    (Some(_), share) => !exact || share == Share::Some,
                };
                if !agrees {
                    found.push(format!("{who} {action} on {resource}: {answer:?}, but {share:?} of the requests"));
                }
            }
        }
    }
    found
}

fn told(account: &Account, faults: &[String]) -> String {
    let limits = account.control.as_ref().map(ToString::to_string).unwrap_or_default();
    format!("{}\n{}\n{limits}", faults.join("\n"), serde_json::to_string_pretty(&account.export()).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_missed_and_nothing_is_certain_that_is_not(account in documents::account(true)) {
        let faults = faults(&account, false);
        prop_assert!(faults.is_empty(), "{}", told(&account, &faults));
    }

    #[test]
    fn without_conditions_the_answers_are_those_of_the_vendor(account in documents::account(false)) {
        let faults = faults(&account, true);
        prop_assert!(faults.is_empty(), "{}", told(&account, &faults));
    }

    #[test]
    fn one_condition_is_as_good_as_the_requests_that_meet_it(account in documents::account_with_one_condition()) {
        let faults = faults(&account, true);
        prop_assert!(faults.is_empty(), "{}", told(&account, &faults));
    }
}
