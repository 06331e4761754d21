use super::*;
use crate::facts::Effect;
use crate::formats::trees::run_trees;
use crate::syntax::Span;
use crate::syntax::hcl::parse;

#[test]
fn cases() {
    run_trees("vault-*", &[FORMAT.name]);
}

/// `effect actions on resource` of each path.
fn permitted(text: &str) -> Vec<String> {
    let mut facts = Facts::default();
    let statements =
        policy::statements(&parse(text.as_bytes()).unwrap(), &|span: Span| Origin { file: 0, span }, &mut facts);
    let words = |own: &crate::facts::Statement| {
        let effect = if own.effect == Effect::Allow { "allow" } else { "deny" };
        format!("{effect} {}", own.actions.list.join(" "))
    };
    let gaps = facts.unresolved.iter().map(|own| own.reason.clone());
    statements.iter().map(words).chain(gaps).collect()
}

#[test]
fn paths_are_patterns_in_vaults_own_way() {
    let one = |path: &str| permitted(&format!("path \"{path}\" {{ capabilities = [\"read\"] }}"));
    assert_eq!(one("secret/*"), ["allow read:secret/*"]);
    assert_eq!(one("secret/+/team"), ["allow read:secret/*/team"]);
    assert_eq!(one("secret/team"), ["allow read:secret/team"]);
    assert_eq!(one("secret/{{identity.entity.id}}/x"), ["allow read:secret/*/x"]);
}

#[test]
fn a_denial_counts_where_nothing_can_be_more_specific() {
    assert_eq!(permitted("path \"secret/top\" { capabilities = [\"read\", \"deny\"] }"), ["deny *:secret/top"]);
    let wide = permitted("path \"secret/*\" { capabilities = [\"deny\"] }");
    assert_eq!(wide, ["the denial of the pattern `secret/*` yields to any path that is more specific"]);
}

#[test]
fn only_policies_are_ours() {
    let is_ours = |path: &str, text: &str| recognise(path, &parse(text.as_bytes()).unwrap());
    assert!(is_ours("a.hcl", "path \"x\" { capabilities = [] }"));
    assert!(!is_ours("a.hcl", "job \"x\" { path = 1 }"));
    assert!(!is_ours("a.tf", "path \"x\" { capabilities = [] }"));
}
