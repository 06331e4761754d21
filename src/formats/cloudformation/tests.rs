//! Whole trees: which units they make, what they declare, and what one broken section costs.

mod functions;

use crate::formats::trees::{read, run_trees, show, units};

/// Runs every `testdata/formats/cloudformation-*/`: a tree, its units and facts in `facts.snap`.
#[test]
fn cases() {
    run_trees("cloudformation-*", &["cloudformation"]);
}

#[test]
fn templates_are_known_by_what_they_say() {
    let bucket = "Resources:\n  B:\n    Type: AWS::S3::Bucket\n";
    for (path, text, is_template) in [
        ("a.yaml", "AWSTemplateFormatVersion: '2010-09-09'\nResources: []\n", true),
        ("a.yml", bucket, true),
        ("a.json", "{\"Resources\": {\"B\": {\"Type\": \"Custom::Thing\"}}}", true),
        ("a.template", "AWSTemplateFormatVersion: '2010-09-09'\nResources: {}\n", true),
        ("a.yaml", "Resources:\n  Fn::ForEach::X: [N, [a], {}]\n", true),
        ("a.yaml", "Resources:\n  cpu:\n    Type: limit\n", false),
        ("README.md", "Start with AWSTemplateFormatVersion: '2010-09-09'\n```\n- {\n", false),
    ] {
        assert_eq!(units(&read(&[(path, text)]), "cloudformation").len(), usize::from(is_template), "{path}: {text}");
    }
}

#[test]
fn a_broken_template_is_said_and_one_that_is_yet_to_be_filled_in_too() {
    let reading = read(&[
        ("bad.yaml", "AWSTemplateFormatVersion: '2010-09-09'\nResources:\n  - {\n"),
        ("jinja.yaml", "AWSTemplateFormatVersion: '2010-09-09'\nResources:\n{% for x in y %}\n  {{ x }}: [\n"),
        ("twice.json", "{\"Resources\": {\"B\": {\"Type\": \"AWS::S3::Bucket\"}}, \"Resources\": {}}"),
    ]);
    let found: Vec<String> =
        reading.not_lowered.iter().map(|own| format!("{} {} {:?}", own.file, own.format, own.gap)).collect();
    assert_eq!(
        found,
        ["bad.yaml cloudformation Broken", "jinja.yaml cloudformation Unsupported", "twice.json cloudformation Broken"]
    );
}

const NESTING: &str = "Resources:\n  Inner:\n    Type: AWS::CloudFormation::Stack\n    Properties:\n      \
                       TemplateURL: ./inner.yaml\n      Parameters: {Name: ann}\n";

#[test]
fn a_template_that_another_nests_is_evaluated_with_it() {
    let reading = read(&[
        ("outer.yaml", NESTING),
        (
            "inner.yaml",
            "Parameters:\n  Name: {Type: String}\nResources:\n  U:\n    Type: AWS::IAM::User\n    Properties: {UserName: \
             !Ref Name}\n",
        ),
    ]);
    assert_eq!(units(&reading, "cloudformation"), [["outer.yaml", "inner.yaml"]]);
    let names: Vec<&str> = reading.units[0].facts.accounts.iter().map(|own| &*own.id.name).collect();
    assert_eq!(names, ["user/ann"]);
}

#[test]
fn templates_that_nest_each_other_end() {
    let ring = |other: &str| NESTING.replace("inner.yaml", other);
    let reading = read(&[("a.yaml", &ring("b.yaml")), ("b.yaml", &ring("a.yaml"))]);
    assert_eq!(units(&reading, "cloudformation"), [["a.yaml", "b.yaml"]]);
    let reasons: Vec<&str> = reading.units[0].facts.unresolved.iter().map(|own| own.reason.as_str()).collect();
    assert_eq!(reasons, ["more than 16 levels or 2000 stacks are nested"]);
}

const EXPORTING: &str = "Resources:\n  R:\n    Type: AWS::IAM::Group\n    Properties: {GroupName: \
                         payers}\nOutputs:\n  Group:\n    Value: !Ref R\n    Export: {Name: pay-group}\n";

const IMPORTING: &str = "Resources:\n  U:\n    Type: AWS::IAM::User\n    Properties:\n      UserName: ann\n      Groups: \
                         [!ImportValue pay-group]\n";

#[test]
fn an_import_finds_what_another_template_of_the_tree_exports() {
    let reading = read(&[("a.yaml", IMPORTING), ("b.yaml", EXPORTING), ("c.yaml", NESTING)]);
    assert_eq!(units(&reading, "cloudformation"), [vec!["a.yaml", "b.yaml"], vec!["c.yaml"]]);
    let facts = &reading.units[0].facts;
    assert_eq!(facts.memberships[0].group, facts.groups[0].id);
    assert!(facts.unresolved.is_empty(), "{:?}", facts.unresolved);
}

#[test]
fn an_import_that_no_template_exports_is_unknown() {
    let reading = read(&[("a.yaml", IMPORTING)]);
    let found = &reading.units[0].facts.unresolved[0];
    assert_eq!(found.reason, "no template of the tree exports `pay-group`");
    assert_eq!(reading.units[0].facts.memberships.len(), 1, "the membership is not lost");
}

#[test]
fn a_role_without_a_name_is_told_from_that_of_another_template() {
    let role = "Resources:\n  Role:\n    Type: AWS::IAM::Role\n    Properties:\n      AssumeRolePolicyDocument: {Version: \
                2012-10-17, Statement: []}\n";
    let reading = read(&[("a/template.yaml", role), ("b/template.yaml", role)]);
    let names: Vec<&str> =
        reading.units.iter().flat_map(|unit| &unit.facts.accounts).map(|own| &*own.id.name).collect();
    assert_eq!(names, ["role/a/template#Role", "role/b/template#Role"]);
}

/// Every section of a template in a type that is not its own, with what is lost.
#[test]
fn a_section_of_another_type_costs_that_section() {
    let user = "  Ann:\n    Type: AWS::IAM::User\n    Properties: {UserName: ann}\n";
    for (broken, place, reason) in [
        ("Parameters: []\n", "1:13", "the section `Parameters` is a list, not a map"),
        ("Mappings: none\n", "1:11", "the section `Mappings` is text, not a map"),
        ("Conditions: []\n", "1:13", "the section `Conditions` is a list, not a map"),
        ("Outputs: 1\n", "1:10", "the section `Outputs` is a number, not a map"),
        ("Transform: Ours\n", "1:12", "the macro `Ours` is not run"),
    ] {
        let text = format!("{broken}Resources:\n{user}");
        let shown = show(&[("t.yaml", &text)], &["cloudformation"]);
        assert!(shown.contains(&format!("t.yaml:{place} ")) && shown.contains(reason), "{broken}{shown}");
        assert!(shown.contains("account aws/user/ann"), "{broken}{shown}");
    }
    for (broken, reason) in [
        ("  Bad: []\n", "a resource is a list, not a map"),
        ("  Bad: {Properties: {}}\n", "this resource has no `Type` that is text"),
        ("  Bad: {Type: [AWS::IAM::User]}\n", "this resource has no `Type` that is text"),
        ("  Bad: {Type: AWS::IAM::User, Properties: []}\n", "`Properties` is a list, not a map"),
        ("  Bad: {Type: AWS::IAM::User, Condition: Nowhere}\n", "`Nowhere` is not declared"),
        ("  Bad: {Type: AWS::IAM::User, Condition: []}\n", "the condition of a resource is not named by text"),
        ("  Bad: {Type: AWS::IAM::User, Properties: {Policies: [1]}}\n", "an inline policy is text, not a map"),
        ("  Bad: {Type: AWS::IAM::Policy, Properties: {PolicyDocument: {}}}\n", "this policy names no `Roles`"),
        ("  Bad: {Type: AWS::IAM::Role}\n", "the property `AssumeRolePolicyDocument` is not set"),
        ("  Bad: {Type: AWS::IAM::ManagedPolicy}\n", "the property `PolicyDocument` is not set"),
        (
            "  Bad: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: []}}\n",
            "the policy document cannot be read: a list is no document",
        ),
        ("  Fn::ForEach::Bad: [N, [a]]\n", "a loop has an identifier, a collection and a map of what is repeated"),
    ] {
        let text = format!("Resources:\n{broken}{user}");
        let shown = show(&[("t.yaml", &text)], &["cloudformation"]);
        assert!(shown.contains(reason), "{broken}{shown}");
        assert!(shown.contains("account aws/user/ann"), "{broken}{shown}");
    }
}

#[test]
fn what_runs_without_end_is_stopped() {
    let chain: String = (0..300)
        .map(|at| format!("  C{at}: !Not [!Condition C{}]\n", at + 1))
        .chain(["  C300: !Equals [a, a]\n".to_owned()])
        .collect();
    let user = "    Type: AWS::IAM::User\n    Condition: C0\n    Properties: {UserName: ann}\n";
    for (text, reason) in [
        (format!("Conditions:\n{chain}Resources:\n  U:\n{user}"), "values need each other in a chain of more than 100"),
        (
            format!("Conditions:\n  C0: !Not [!Condition C1]\n  C1: !Not [!Condition C0]\nResources:\n  U:\n{user}"),
            "`C0` needs its own value",
        ),
        (
            "Resources:\n  A:\n    Type: AWS::IAM::User\n    Properties: {UserName: !Ref B, Groups: [!Ref B]}\n  B:\n    \
             Type: AWS::IAM::Group\n    Properties: {GroupName: !Ref A}\n"
                .to_owned(),
            "needs its own value",
        ),
        (
            format!(
                "Resources:\n  Fn::ForEach::A:\n    - A\n    - [{}]\n    - Fn::ForEach::B:\n        - B\n        - [{}]\n        - \
                 'U${{A}}x${{B}}': {{Type: AWS::IAM::User}}\n",
                (0..200).map(|at| at.to_string()).collect::<Vec<_>>().join(","),
                (0..200).map(|at| at.to_string()).collect::<Vec<_>>().join(",")
            ),
            "the loops of this map write more than 10000 entries, or take too many steps",
        ),
    ] {
        let reading = read(&[("t.yaml", &text)]);
        let unresolved = &reading.units[0].facts.unresolved;
        assert!(unresolved.iter().any(|own| own.reason.contains(reason)), "{reason}: {:?}", unresolved.first());
    }
}
