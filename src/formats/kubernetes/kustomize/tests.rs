use crate::formats::trees::{run_trees, show};

const FORMATS: [&str; 2] = ["kustomize", "kubernetes-rbac"];

/// What the kustomization at the root comes to, without the places.
fn said(files: &[(&str, &str)]) -> Vec<String> {
    let shown = show(files, &FORMATS);
    shown.lines().skip(2).map(|line| line.trim_start().split_once(' ').unwrap().1.to_owned()).collect()
}

const ROLE: &str = "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: r, namespace: a}\n\
                    rules: [{apiGroups: [''], resources: [pods], verbs: [get]}]\n";

#[test]
fn cases() {
    run_trees("kustomize-*", &FORMATS);
}

#[test]
fn without_a_transformation_it_is_what_the_files_say() {
    let alone = show(&[("role.yaml", ROLE)], &FORMATS);
    let kustomized = show(&[("kustomization.yaml", "resources: [role.yaml]\n"), ("role.yaml", ROLE)], &FORMATS);
    let facts = |shown: &str| -> Vec<String> {
        let lines = shown.lines().skip(2);
        lines.map(|line| line.trim_start().split_once(' ').unwrap().1.to_owned()).collect()
    };
    assert_eq!(facts(&alone), ["role kubernetes/role/a/r (Role)", "allow get:core/pods on *"]);
    assert_eq!(facts(&kustomized), facts(&alone));
}

#[test]
fn a_patch_replaces_rules_and_never_the_name() {
    let patch = "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: r}\n\
                 rules: [{apiGroups: [''], resources: [secrets], verbs: ['*']}]\n";
    let found = said(&[
        ("kustomization.yaml", "resources: [role.yaml]\npatches: [{path: patch.yaml, target: {name: 'r|s'}}]\n"),
        ("role.yaml", ROLE),
        ("patch.yaml", patch.replace("name: r", "name: other").as_str()),
    ]);
    assert_eq!(found, ["role kubernetes/role/a/r (Role)", "allow *:core/secrets on *"]);
}

#[test]
fn an_earlier_name_finds_the_object() {
    let found = said(&[
        (
            "kustomization.yaml",
            "resources: [base]\npatches:\n  - target: {kind: Role, name: r}\n    patch: '[{op: remove, path: /rules/0}]'\n",
        ),
        ("base/kustomization.yaml", "resources: [role.yaml]\nnamePrefix: x-\nnamespace: b\n"),
        ("base/role.yaml", ROLE),
    ]);
    assert_eq!(found, ["role kubernetes/role/b/x-r (Role)"]);
}

#[test]
fn a_ring_ends_and_is_said() {
    let shown = show(
        &[
            ("a/kustomization.yaml", "resources: [../b, role.yaml]\n"),
            ("a/role.yaml", ROLE),
            ("b/kustomization.yaml", "resources: [../a]\n"),
        ],
        &FORMATS,
    );
    assert!(shown.contains("`../a` uses this kustomization in turn"), "{shown}");
    assert_eq!(shown.matches("role kubernetes/role/a/r").count(), 1, "{shown}");
}

#[test]
fn another_tool_of_the_same_name_is_not_this_one() {
    let flux = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nspec: {path: ./x}\n";
    assert_eq!(show(&[("kustomization.yaml", flux)], &FORMATS), "");
    assert_eq!(show(&[("resources.yaml", "resources: [a.yaml]\n")], &FORMATS), "");
}
