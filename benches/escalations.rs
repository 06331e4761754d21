//! Time and memory of the search for ways to administer a system, at 1,000, 10,000 and 100,000 principals of AWS, over the
//! built-in escalations. `cargo bench --bench escalations` runs each size in a process of its own, so that peak memory is
//! that size's.
//!
//! A tenth of the principals are roles; one role in a hundred administers the account. Everybody has a policy of twelve
//! actions, and one in five has some that an escalation takes, on everything, on roles of one path, or on itself.

#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::expect_used, missing_docs, reason = "a benchmark's report")]

use std::sync::Arc;
use std::time::Instant;

use countersign::access::{Graph, Links, UnitFacts};
use countersign::duties::{Catalogue, Escalations, Matcher, Matches};
use countersign::facts::{
    AccountFact, AccountKind, Facts, GrantFact, Granted, Holder, Native, Origin, Patterns, Statement, TrustFact,
    Trusted,
};
use countersign::rules::Rules;
use countersign::syntax::Span;
use rayon::prelude::*;

/// The allocator of the binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const SIZES: [usize; 3] = [1_000, 10_000, 100_000];
const AS_OF: i64 = 1_795_219_200;
const SYSTEM: &str = "aws:111122223333";

/// What some have of what escalations take.
const TAKEN: [&[&str]; 6] = [
    &["iam:PassRole", "ec2:RunInstances"],
    &["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"],
    &["iam:CreateAccessKey"],
    &["iam:UpdateAssumeRolePolicy"],
    &["iam:PutUserPolicy", "iam:PutRolePolicy"],
    &["lambda:UpdateFunctionCode"],
];
const ON: [&str; 4] = [
    "*",
    "arn:aws:iam::111122223333:role/team-7/*",
    "arn:aws:iam::111122223333:*/team-3/*",
    "arn:aws:iam::*:user/${aws:username}",
];
const SERVICES: [&str; 3] = ["ec2.amazonaws.com", "lambda.amazonaws.com", "glue.amazonaws.com"];

fn world(principals: usize) -> Facts {
    let origin = Origin { file: 0, span: Span::default() };
    let mut facts = Facts::default();
    for number in 0..principals {
        let is_role = number % 10 == 0;
        let kind = if is_role { "role" } else { "user" };
        let id = Native::new(SYSTEM, format!("arn:aws:iam::111122223333:{kind}/team-{}/p-{number}", number % 97));
        let account_kind = if is_role { AccountKind::AssumedRole } else { AccountKind::User };
        facts.accounts.push(AccountFact { id: id.clone(), kind: account_kind, boundary: None, origin });
        let actions = (0..12).map(|action| format!("service-{}:Get{action}", (number * 7 + action) % 400));
        let mut statements = vec![Statement::allow(Patterns::of(actions), Patterns::any(), origin)];
        if number % 5 == 1 {
            let taken = TAKEN[number / 5 % TAKEN.len()];
            let on = Patterns::of([ON[number / 31 % ON.len()]]);
            statements.extend(taken.iter().map(|own| {
                let on = if own.starts_with("iam:") { on.clone() } else { Patterns::any() };
                Statement::allow(Patterns::of([*own]), on, origin)
            }));
        }
        if number % 1_000 == 0 {
            statements.push(Statement::allow(Patterns::any(), Patterns::any(), origin));
        }
        if is_role {
            let trusted = Trusted::Service(SERVICES[number / 10 % SERVICES.len()].into());
            facts.trusts.push(TrustFact { target: id.clone(), trusted, conditions: Vec::new(), origin });
        }
        facts.grants.push(GrantFact::new(Holder::Account(id), SYSTEM.into(), Granted::Statements(statements), origin));
    }
    facts
}

/// The most memory that this process has had, in megabytes.
fn peak() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse::<f64>().ok().map(|kilobytes| kilobytes / 1_024.0)
}

fn measure(principals: usize) {
    let rules = Rules::built_in().unwrap();
    let catalogue = Catalogue::new(&rules.definitions);
    let units = vec![UnitFacts { facts: Arc::new(world(principals)), files: Arc::from(["bench".into()]) }];
    let (links, _) = Links::of_tree(&units, &[]);
    let graph = Graph::build(units, &links, &rules.known_roles);
    let before = peak();
    let start = Instant::now();
    let matches = Matches::new(&graph, &catalogue);
    let matched = start.elapsed();
    let matcher = Matcher { graph: &graph, catalogue: &catalogue, matches: &matches, as_of: AS_OF };
    let start = Instant::now();
    let escalations = Escalations::new(&matcher);
    let searched = start.elapsed();
    let start = Instant::now();
    let all = graph.principals();
    let ways: usize = all.par_iter().map(|(node, _)| escalations.of(&matcher, *node).len()).sum();
    let told = start.elapsed();
    let megabytes = |peak: Option<f64>| peak.map_or_else(|| "?".to_owned(), |peak| format!("{peak:.0} MB"));
    println!(
        "{principals:>7} principals  match {:>7.3} s  search {:>7.3} s  tell {:>7.3} s  {ways:>6} ways  {} before, {} at most",
        matched.as_secs_f64(),
        searched.as_secs_f64(),
        told.as_secs_f64(),
        megabytes(before),
        megabytes(peak()),
    );
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(size) = arguments.iter().skip_while(|argument| *argument != "--size").nth(1) {
        measure(size.parse().expect("a number of principals"));
        return;
    }
    let own = std::env::current_exe().unwrap();
    for size in SIZES {
        let status = std::process::Command::new(&own).args(["--size", &size.to_string()]).status().unwrap();
        assert!(status.success());
    }
}
