//! Properties of the comparison over made-up companies: rewriting files changes nothing, a grant only adds, and taking
//! a link away hides nothing.

mod company;
mod layout;

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use proptest::prelude::*;

use self::company::{Company, company};
use self::layout::{Rng, files};
use super::judging::AS_OF;
use super::*;
use crate::policy::Bundle;
use crate::policy::untrusted::Isolation;
use crate::rules::{RuleFile, Rules};
use crate::source::{Comparison, Content, FileKind, SourceFile, Tree};
use crate::store::Digest;

const CONFIG: &str = r#"version: 1
in_scope: ["**"]
systems: [{paths: ["**"], id: "kubernetes:blue"}]
rulesets:
  - {id: cs-p2p, owner: person:p0}
  - {id: cs-it, owner: person:p0}
  - {id: cs-sets, owner: person:p0}
"#;

static RULES: LazyLock<(Rules, Bundle)> = LazyLock::new(|| {
    let rules = Rules::load(&[RuleFile::new("countersign.yaml", CONFIG.as_bytes().to_vec())], None).unwrap();
    let bundle = Bundle::load(&rules.policies, policy_data(AS_OF)).unwrap();
    (rules, bundle)
});

fn tree(files: &[(String, String)]) -> Tree {
    let mut files: Vec<SourceFile> = files
        .iter()
        .map(|(path, text)| SourceFile {
            path: path.as_str().into(),
            kind: FileKind::Regular,
            content: Content::Bytes { bytes: Arc::from(text.as_bytes()), digest: Digest::of(text.as_bytes()) },
        })
        .collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Tree { files, commit: None, tree: None }
}

fn compare(base: &[(String, String)], head: &[(String, String)]) -> Judgement {
    let (rules, bundle) = &*RULES;
    let comparison = Comparison::of("/".into(), tree(head), Some(tree(base)));
    let secrets = Secrets::default();
    let task = Task { isolation: &Isolation::InProcess, ..Task::new(&comparison, rules, bundle, AS_OF, &secrets) };
    run(&task).unwrap().judgement
}

fn plain(company: &Company) -> Vec<(String, String)> {
    files(company, None)
}

fn fingerprints(judgement: &Judgement, wanted: impl Fn(&Judged) -> bool) -> BTreeSet<Fingerprint> {
    judgement.findings.iter().filter(|judged| wanted(judged)).map(|judged| judged.finding.fingerprint).collect()
}

fn blocking(judgement: &Judgement) -> BTreeSet<Fingerprint> {
    fingerprints(judgement, |judged| judged.decision.blocks)
}

/// What a reader of a failure wants to see.
fn told(judgement: &Judgement) -> String {
    let line = |judged: &Judged| {
        let finding = &judged.finding;
        format!("{:?} {:?} {} {} {}", judged.state, judged.change, finding.policy, finding.subject.id, finding.message)
    };
    judgement.findings.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn show(files: &[(String, String)]) -> String {
    files.iter().map(|(path, text)| format!("== {path}\n{text}")).collect()
}

fn settings(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(settings(40))]

    #[test]
    fn rewriting_files_changes_no_finding(company in company(true), seed: u64) {
        let (base, head) = (plain(&company), files(&company, Some(&mut Rng::new(seed))));
        let (there, back) = (compare(&base, &head), compare(&head, &base));
        for judgement in [&there, &back] {
            let same = judgement.findings.iter().all(|judged| judged.state == State::Existing);
            prop_assert!(same, "{}\n{}\n---- base\n{}", told(judgement), show(&head), show(&base));
        }
        prop_assert_eq!(fingerprints(&there, |_| true), fingerprints(&back, |_| true));
    }

    #[test]
    fn a_tree_compared_with_itself_has_only_existing_findings(company in company(true), seed: u64) {
        let same = files(&company, Some(&mut Rng::new(seed)));
        let judgement = compare(&same, &same);
        let existing = judgement.findings.iter().all(|judged| judged.state == State::Existing);
        prop_assert!(existing && blocking(&judgement).is_empty(), "{}", told(&judgement));
    }

    #[test]
    fn a_grant_removes_nothing_and_what_it_brings_goes_with_it(company in company(false), grant in company::grant()) {
        let mut more = company.clone();
        more.add_grant(&grant);
        let (without, with) = (plain(&company), plain(&more));
        let added = compare(&without, &with);
        let resolved = fingerprints(&added, |judged| judged.state == State::Resolved);
        prop_assert!(resolved.is_empty(), "{}\n{}", told(&added), show(&with));
        let removed = compare(&with, &without);
        let introduced = fingerprints(&removed, |judged| judged.state == State::Introduced);
        prop_assert!(introduced.is_empty(), "{}\n{}", told(&removed), show(&with));
        prop_assert_eq!(
            fingerprints(&added, |judged| judged.change == Some(Change::New)),
            fingerprints(&removed, |judged| judged.state == State::Resolved)
        );
    }

    #[test]
    fn taking_a_link_away_blocks_no_less(
        company in company(false),
        grant in company::grant(),
        person in 0..company::PEOPLE,
        which: usize,
    ) {
        let mut before = company.clone();
        before.add_desk(person);
        let mut kept = before.clone();
        kept.add_grant(&grant);
        kept.add_runner(person);
        let mut cut = kept.clone();
        cut.unlink(which);
        let base = plain(&before);
        let (kept, cut) = (compare(&base, &plain(&kept)), compare(&base, &plain(&cut)));
        prop_assert!(
            blocking(&kept).is_subset(&blocking(&cut)),
            "kept:\n{}\ncut:\n{}\n{}", told(&kept), told(&cut), show(&base)
        );
    }
}

/// A made-up company whose one person has the clerk's role on many entities by as many grants.
fn many_grants(order: impl Iterator<Item = usize>) -> Vec<(String, String)> {
    let head = "apiVersion: countersign.dev/v1\n";
    let mut all = vec![(
        "company.yaml".to_owned(),
        format!(
            "{head}kind: System\nmetadata: {{id: ledger}}\nspec: {{type: netsuite, owner: 'person:p0', processes: {{name: purchase to pay}}}}\n\
             ---\n{head}kind: Person\nmetadata: {{id: p0}}\nspec: {{accounts: [{{system: ledger, name: U0}}]}}\n\
             ---\n{head}kind: Role\nmetadata: {{id: clerk}}\nspec: {{system: ledger, permissions: [Bills]}}\n\
             ---\n{head}kind: Role\nmetadata: {{id: payer}}\nspec: {{system: ledger, permissions: [Pay Bills]}}\n\
             ---\n{head}kind: Grant\nspec: {{system: ledger, to: account:ledger/U0, role: payer, scope: {{legal_entity: [E03, E55]}}}}\n"
        ),
    )];
    for (place, entity) in order.enumerate() {
        all.push((
            format!("grants/{place:02}.yaml"),
            format!(
                "{head}kind: Grant\nspec:\n  system: ledger\n  to: account:ledger/U0\n  role: clerk\n  \
                 scope: {{legal_entity: E{entity:02}}}\n"
            ),
        ));
    }
    all
}

#[test]
fn no_grant_among_many_is_overlooked_in_any_order() {
    let (up, down) = (many_grants(0..60), many_grants((0..60).rev()));
    let judgement = compare(&up, &down);
    let [judged] = &*judgement.findings else { panic!("{}", told(&judgement)) };
    assert_eq!(judged.state, State::Existing);
    let scopes: BTreeSet<String> = judged.finding.extent.0.iter().map(|part| part.scope.to_string()).collect();
    assert_eq!(scopes, BTreeSet::from(["legal entity E03".to_owned(), "legal entity E55".to_owned()]));
}
