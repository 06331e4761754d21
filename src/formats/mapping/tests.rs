//! What mappings make of files, and what they say of files that do not fit.

use super::{LIMITS, Limits, misfits, read};
use crate::formats::Reader;
use crate::formats::trees::{run_trees, tree};
use crate::rules::{RuleFile, Rules};

#[test]
fn cases() {
    run_trees("mapping-*", &[super::NAME]);
}

/// Rules with one mapping that has this `spec`.
fn rules(spec: &str) -> Rules {
    let text = format!("apiVersion: countersign.dev/v1\nkind: Mapping\nmetadata: {{id: house}}\nspec:\n{spec}");
    Rules::load(&[RuleFile::new(".countersign/mappings/house.yaml", text.into_bytes())], None).unwrap()
}

const GRANTS: &str = "  files: [a.yaml]\n  each:\n    - in: file.access[]\n      as: row\n      emit:\n        - kind: \
                      Grant\n          spec: {system: erp, to: 'account:erp/{row.login}', role: '{row.role}'}\n";

/// What is unresolved in a file under a mapping, and the grants.
fn read_text(spec: &str, path: &str, text: &str, limits: Limits) -> (Vec<String>, Vec<String>) {
    let rules = rules(spec);
    let mapped = read(&rules.mappings[0], path, text.as_bytes(), None, limits).unwrap();
    let place = |start: u32| text.get(start as usize..).and_then(|rest| rest.split(['\n', ',', '}']).next()).unwrap();
    let unresolved = mapped.facts.unresolved.iter();
    (
        unresolved
            .map(|own| format!("{} | {}; {}", place(own.origin.span.start), own.reason, own.consequence))
            .collect(),
        mapped.facts.grants.iter().map(|own| own.to.to_string()).collect(),
    )
}

#[test]
fn a_row_without_a_value_is_said_where_it_stands() {
    let text = "access:\n- {login: a, role: x}\n- {login: b}\n- {login: c, role: }\n";
    let (unresolved, grants) = read_text(GRANTS, "a.yaml", text, LIMITS);
    assert_eq!(grants, ["account:erp/a"]);
    let said = "`row.role` of the mapping `house` has no value in this row; this Grant is not evaluated";
    assert_eq!(unresolved, [format!("login: b | {said}"), format!("login: c | {said}")]);
}

#[test]
fn values_of_another_kind_are_said_where_they_stand() {
    for (text, said) in [
        ("access: none\n", "none | this is text, and `file.access[]` of the mapping `house` wants a list"),
        ("access: [7]\n", "7] | this is a number, and `row.login` of the mapping `house` wants a map"),
        (
            "access: [{login: [a], role: x}]\n",
            "[a] | this is a list, and `row.login` of the mapping `house` wants one value",
        ),
        ("access: [{login: a, role: [x, y]}]\n", "[x | expected text, found a list (by the mapping `house`)"),
    ] {
        let (unresolved, grants) = read_text(GRANTS, "a.yaml", text, LIMITS);
        assert!(unresolved[0].starts_with(said), "{unresolved:?}");
        assert_eq!((unresolved.len(), grants.len()), (1, 0));
    }
}

#[test]
fn too_many_rows_end_at_a_row_and_say_so() {
    let rows: String = (0..10).map(|n| format!("- {{login: l{n}, role: x}}\n")).collect();
    let (unresolved, grants) =
        read_text(GRANTS, "a.yaml", &format!("access:\n{rows}"), Limits { rows: 4, unresolved: 1_000 });
    assert_eq!(grants.len(), 4);
    assert_eq!(
        unresolved,
        [
            "login: l4 | the mapping `house` makes more than 4 rows of this file; this row and those behind it are not evaluated"
        ]
    );
}

#[test]
fn what_is_said_of_many_rows_is_counted() {
    let rows = "- {login: a}\n".repeat(10);
    let (unresolved, _) = read_text(GRANTS, "a.yaml", &format!("access:\n{rows}"), Limits { rows: 100, unresolved: 2 });
    assert_eq!(unresolved.len(), 3);
    assert!(unresolved[2].contains("8 more places of this file do not fit the mapping `house`"));
}

/// The errors of a tree under one mapping.
fn misfits_of(spec: &str, files: &[(&str, &str)]) -> Vec<String> {
    let rules = rules(spec);
    let own = String::from_utf8(rules.mappings[0].file.bytes.to_vec()).unwrap();
    let mut files = files.to_vec();
    files.push((".countersign/mappings/house.yaml", &own));
    let tree = tree(&files);
    let reading = Reader::default().read(&tree, &rules);
    let found = misfits(&rules, &[&reading], &tree, &tree);
    let at = |error: &crate::rules::RuleError| {
        let span = error.span.unwrap();
        own[span.start as usize..span.end as usize].to_owned()
    };
    found.iter().map(|own| format!("{} | {}; {}", at(own), own.message, own.help.as_deref().unwrap())).collect()
}

#[test]
fn a_mapping_that_matches_nothing_is_an_error_at_its_line() {
    let file = ("a.yaml", "access: [{login: a, role: x}]\n");
    assert_eq!(misfits_of(GRANTS, &[file]), Vec::<String>::new());
    assert_eq!(
        misfits_of(GRANTS, &[("b.yaml", file.1)]),
        [
            "[a.yaml] | the mapping `house` matches no file; correct `files`, or remove the mapping; files that are excluded \
          are not read"
        ]
    );
    assert_eq!(
        misfits_of(GRANTS, &[("a.yaml", "accesses: []\n")]),
        ["file.access[] | the mapping `house` matches nothing: no row has `access` of `file.access[]`; did you mean \
          `accesses`?"]
    );
    assert_eq!(
        misfits_of(GRANTS, &[("a.yaml", "access: [{login: a, rolle: x}, {login: b}]\n")]),
        ["'{row.role}' | the mapping `house` matches nothing: no row has `role` of `row.role`; did you mean `rolle`?"]
    );
    // A list that is empty today is there.
    assert_eq!(misfits_of(GRANTS, &[("a.yaml", "access: []\n")]), Vec::<String>::new());
    // A filter that names nothing would hide every row.
    let filtered = GRANTS.replace("      emit:", "      where: [{value: row.stat, is: [on]}]\n      emit:");
    assert_eq!(
        misfits_of(&filtered, &[("a.yaml", "access: [{login: a, role: x, state: on}]\n")]),
        ["row.stat | the mapping `house` matches nothing: no row has `stat` of `row.stat`; did you mean `state`?"]
    );
}

#[test]
fn manifests_that_are_none_are_errors_at_their_line() {
    let file = ("a.yaml", "access: [{login: a, role: x}]\n");
    for (from, to, said) in [
        ("role: '{", "rol: '{", "rol | unknown key `rol`; did you mean `role`?"),
        ("to: 'account:erp/{row.login}', ", "", "system | the key `to` is missing; add `to`"),
        ("role: '{row.role}'", "scope: {plant: '{row.role}'}, until: ['{row.login}']", ""),
        ("role: '{row.role}'", "permissions: [{permision: '{row.role}'}]", "did you mean `permission`?"),
    ] {
        let found = misfits_of(&GRANTS.replace(from, to), &[file]).join("\n");
        assert!(found.contains(said) && found.is_empty() == said.is_empty(), "{to}: {found}");
    }
}

#[test]
fn a_broken_file_is_no_error_of_the_mapping() {
    let rules = rules(GRANTS);
    let tree = tree(&[("a.yaml", "access: [\n")]);
    let reading = Reader::default().read(&tree, &rules);
    let [found] = &*reading.not_lowered else { panic!("{:?}", reading.not_lowered) };
    assert_eq!((found.format, &*found.file), ("mapping", "a.yaml"));
    assert!(misfits(&rules, &[&reading], &tree, &tree).is_empty());
}

#[test]
fn both_mappings_of_a_file_count() {
    let one = format!("apiVersion: countersign.dev/v1\nkind: Mapping\nmetadata: {{id: one}}\nspec:\n{GRANTS}");
    let two = one.replace("id: one", "id: two").replace("account:erp/", "account:erp/x-");
    let load = |text: String| Rules::load(&[RuleFile::new(".countersign/mappings/a.yaml", text.into_bytes())], None);
    let rules = load(format!("{one}---\n{two}")).unwrap();
    let reading = Reader::default().read(&tree(&[("a.yaml", "access: [{login: a, role: x}]\n")]), &rules);
    let grants = reading.units.iter().flat_map(|unit| &unit.facts.grants).map(|own| own.to.to_string());
    assert_eq!(grants.collect::<Vec<_>>(), ["account:erp/a", "account:erp/x-a"]);
    let errors = load(format!("{one}---\n{one}")).unwrap_err();
    assert!(errors[0].message.contains("the mapping `one` is there already"));
}
