//! Whole trees: which units they make, what they declare, and what two trees share.

use std::sync::Arc;

use super::{configuration, providers};
use crate::formats::trees::{read, rules, run_trees, tree, units};
use crate::formats::{Class, Reader};

/// Runs every `testdata/formats/terraform-*/`: a tree, its units and facts in `facts.snap`.
#[test]
fn cases() {
    run_trees("terraform-*", &["terraform"]);
}

#[test]
fn each_root_is_a_unit_with_the_modules_that_it_calls() {
    let call = "module \"m\" {\n source = \"../m\"\n}\n";
    let reading = read(&[
        ("a/main.tf", call),
        ("b/main.tf", call),
        ("b/terraform.tfvars", ""),
        ("m/main.tf", "resource \"x\" \"y\" {\n v = file(\"${path.module}/v.txt\")\n}\n"),
        ("m/v.txt", "v"),
        ("ring/one/main.tf", "module \"m\" {\n source = \"../two\"\n}\n"),
        ("ring/two/main.tf", "module \"m\" {\n source = \"../one\"\n}\n"),
    ]);
    assert_eq!(
        units(&reading, "terraform"),
        [
            vec!["a/main.tf", "m/main.tf", "m/v.txt"],
            vec!["b/main.tf", "b/terraform.tfvars", "m/main.tf", "m/v.txt"],
            vec!["ring/one/main.tf", "ring/two/main.tf"],
        ]
    );
    // What a unit reads is part of what it declares.
    assert!(reading.classes.iter().all(|class| *class == Class::Definition), "{:?}", reading.classes);
}

#[test]
fn two_trees_share_a_configuration_until_something_that_it_read_differs() {
    let files = [
        ("a/main.tf", "module \"m\" {\n source = \"../m\"\n}\nlocals {\n f = fileset(path.module, \"*.json\")\n}\n"),
        ("b/main.tf", "resource \"x\" \"y\" {\n for_each = fileset(path.module, \"*.json\")\n}\n"),
        ("m/main.tf", "resource \"x\" \"y\" {\n v = fileexists(\"${path.module}/v.txt\")\n}\n"),
    ];
    let (reader, rules) = (Reader::default(), rules("version: 1\n"));
    let facts = |files: &[(&str, &str)]| {
        let reading = reader.read(&tree(files), &rules);
        let of =
            |folder: &str| reading.units.iter().find(|unit| unit.files[0].starts_with(folder)).unwrap().facts.clone();
        (of("a/"), of("b/"))
    };
    let with = |path: &'static str| files.iter().copied().chain([(path, "x")]).collect::<Vec<_>>();
    let base = facts(&files);
    for (head, same_a, same_b) in [
        (files.to_vec(), true, true),
        (with("c/unrelated.txt"), true, true),
        (with("m/v.txt"), false, true),
        (with("b/new.json"), true, false),
    ] {
        let own = facts(&head);
        assert_eq!((Arc::ptr_eq(&base.0, &own.0), Arc::ptr_eq(&base.1, &own.1)), (same_a, same_b), "{head:?}");
    }
}

#[test]
fn a_broken_file_costs_that_file() {
    let reading = read(&[
        ("good.tf", "resource \"aws_iam_user\" \"a\" {\n name = \"a\"\n}\n"),
        ("bad.tf", "resource \"aws_iam_user\" \"b\" {\n name = \n}\n"),
    ]);
    assert_eq!(reading.not_lowered.len(), 1);
    assert_eq!(&*reading.not_lowered[0].file, "bad.tf");
    assert_eq!(reading.units[0].facts.accounts.len(), 1);
}

#[test]
fn what_is_excluded_is_not_read() {
    let rules = rules("version: 1\nexclude: [\"m/**\"]\n");
    let files = [
        ("main.tf", "module \"m\" {\n source = \"./m\"\n}\n"),
        ("m/main.tf", "resource \"aws_iam_user\" \"a\" {\n name = \"a\"\n}\n"),
    ];
    let reading = Reader::default().read(&tree(&files), &rules);
    assert_eq!(units(&reading, "terraform"), [vec!["main.tf"]]);
    assert_eq!(reading.units[0].facts.unresolved[0].reason, "the module `./m` is not in the tree");
}

#[test]
fn each_instance_can_be_looked_at_by_itself() {
    let text = "resource \"aws_iam_user\" \"a\" {\n  name = \"ann\"\n}\nresource \"aws_iam_unheard_of\" \"b\" {}\n\
        resource \"aws_instance\" \"c\" {}\n";
    let configuration = configuration(&tree(&[("main.tf", text)]), &rules("version: 1\n"), "").unwrap();
    let told: Vec<_> = providers::lower_each(&configuration)
        .into_iter()
        .map(|(resource, facts)| (resource.kind(), facts.accounts.len(), facts.unresolved.len()))
        .collect();
    assert_eq!(told, [("aws_iam_user", 1, 0), ("aws_iam_unheard_of", 0, 1)]);
}
