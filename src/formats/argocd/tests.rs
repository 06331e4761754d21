use super::csv::{Rule, lines};
use super::*;
use crate::formats::cases::claimed;
use crate::formats::trees::run_trees;
use crate::syntax::parse;

#[test]
fn cases() {
    run_trees("argocd-*", &[FORMAT.name]);
}

#[test]
fn other_config_maps_are_other_peoples() {
    let is_ours = |text: &str| claimed("a.yaml", &parse(text.as_bytes()).unwrap()[0]) == Some(FORMAT.name);
    assert!(is_ours("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: argocd-rbac-cm}\n"));
    assert!(is_ours("apiVersion: argoproj.io/v1alpha1\nkind: AppProject\n"));
    assert!(!is_ours("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: argocd-notifications-cm}\n"));
    assert!(!is_ours("apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: argocd-rbac-cm}\n"));
}

#[test]
fn a_line_is_found_where_it_stands() {
    let text = "a: |\n  p, x, applications, get, */*, allow\n\n  # p, y\n  p, x\n";
    let documents = parse(text.as_bytes()).unwrap();
    let node = documents[0].get("a").unwrap();
    let found = lines(node.as_str().unwrap(), node, text.as_bytes());
    let shown: Vec<&str> = found.iter().map(|line| &text[line.span.start as usize..line.span.end as usize]).collect();
    assert_eq!(shown, ["p, x, applications, get, */*, allow", "p, x"]);
    assert!(matches!(found[1].rule, Rule::Broken(_)));
}
