//! Which rules are found, and that they are those that are pinned.

use super::*;

const ORG: &[(&str, &str)] = &[("countersign.yaml", "in_scope: [erp/**]\n")];

fn with(entry: &str, more: &[(&str, &str)]) -> Vec<String> {
    let mut files: Vec<RuleFile> = more.iter().map(|(path, text)| file(path, text)).collect();
    files.push(file(CONFIG_FILE, entry));
    shown(&Rules::load(&files, None).err().unwrap_or_default())
}

#[test]
fn rules_that_are_not_pinned_are_an_error_that_says_their_digest() {
    let org = [("org/countersign.yaml", "in_scope: [erp/**]\n")];
    let digest = digest(&[file(org[0].0, org[0].1)]);
    assert_eq!(
        with("extends: [{folder: org}]\n", &org),
        [format!(
            "countersign.yaml | {{folder: org}} | the rules of org are not pinned | once you have read them, add \
             `digest: {digest}`"
        )]
    );
    let other = "0".repeat(64);
    assert_eq!(
        with(&format!("extends: [{{folder: ./org/, digest: '{other}'}}]\n"), &org),
        [format!(
            "countersign.yaml | '{other}' | the rules of org are not those that are pinned | once you have read what \
             differs, write `digest: {digest}`"
        )]
    );
}

#[test]
fn the_digest_is_over_the_rule_files_that_are_read_and_nothing_else() {
    let of = |more: &[(&str, &str)]| {
        let all = [("countersign.yaml", "policies: [rego]\nrulesets: [{path: a.yaml}]\n")];
        let files = all.iter().chain(more).map(|(path, text)| file(&format!("org/{path}"), text));
        digest(&files.collect::<Vec<_>>())
    };
    let alone = of(&[]);
    for path in ["README.md", "rego/a_test.rego", "other/a.rego", "b.yaml"] {
        assert_eq!(of(&[(path, "x")]), alone, "{path}");
    }
    let rules = [
        "rego/a.rego",
        "a.yaml",
        ".countersign/policies/a.rego",
        ".countersign/rulesets/a.yaml",
        ".countersign/allowed_signers",
    ];
    let mut all: Vec<String> = rules.iter().map(|path| of(&[(path, "x")])).collect();
    all.extend(rules.iter().map(|path| of(&[(path, "y")])));
    all.push(alone);
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 11, "each of them counts, with its path and its bytes");
}

#[test]
fn an_entry_says_a_folder_or_a_commit_and_where_it_is_from() {
    let id = "a".repeat(40);
    let cases = [
        ("{}".to_owned(), "has neither `folder` nor `commit` | name a folder of this repository"),
        ("{folder: ../org}".to_owned(), "../org | `../org` is not a folder below the root | write it without `..`"),
        ("{folder: /org}".to_owned(), "`/org` is not a folder below the root"),
        ("{folder: .}".to_owned(), "`.` is not a folder below the root"),
        ("{folder: org, digest: ABC}".to_owned(), "ABC | `ABC` is not a digest: a SHA-256 digest is 64"),
        ("{folder: nowhere}".to_owned(), "{folder: nowhere} | there are no rules in nowhere | the folder holds"),
        (
            "{folder: org, from: 'https://a.example/b'}".to_owned(),
            "there is no `commit` | `git ls-remote https://a.exam",
        ),
        (format!("{{commit: {id}}}"), "it is not said where this commit is fetched `from` | add `from:`"),
        (
            "{commit: main, from: 'https://a.example/b'}".to_owned(),
            "main | `main` is not a whole commit id | `git ls-remote https://a.example/b` lists whole ids",
        ),
        (
            format!("{{commit: {id}, from: 'https://a.example/b'}}"),
            "there is no git repository here to read it from | run in a clone, or copy the rules into a folder",
        ),
        ("{foldr: org}".to_owned(), "foldr | unknown key `foldr` | did you mean `folder`?"),
    ];
    for (entry, wanted) in cases {
        let found = with(&format!("extends: [{entry}]\n"), &[]);
        assert!(found.len() == 1 && found[0].contains(wanted), "{entry}: {found:?}");
    }
}

#[test]
fn an_address_is_one_that_can_be_pasted_into_a_shell() {
    let id = "a".repeat(40);
    for from in ["--upload-pack=x", "ext::sh -c x", "ext::x", "a;b", "$(x)", "https://u:secret@a.example/b", ""] {
        let found = with(&format!("extends: [{{commit: {id}, from: '{from}'}}]\n"), &[]);
        assert!(found[0].contains("is not the address of a repository"), "{from}: {found:?}");
    }
    for from in ["https://a.example/b.git", "ssh://git@a.example:22/b", "git@a.example:b/c.git", "/srv/rules"] {
        let found = with(&format!("extends: [{{commit: {id}, from: '{from}'}}]\n"), &[]);
        assert!(found[0].contains("there is no git repository here"), "{from}: {found:?}");
    }
}

#[test]
fn what_is_a_repositorys_own_is_an_error_in_rules_that_are_extended() {
    for key in ["extends: []", "gate: {repository: a/b}", "evidence: {path: x}", "include: [a]", "exclude: [a]"] {
        let name = key.split(':').next().unwrap();
        let found = errors(&[("countersign.yaml", key)], &[]);
        let wanted = format!("org/countersign.yaml | {name} | `{name}` is no key of rules that are extended");
        assert!(found[0].starts_with(&wanted), "{found:?}");
    }
    let found = errors(&[ORG[0], (".countersign/approvals/a.yaml", "")], &[]);
    assert!(
        found[0].starts_with("org/.countersign/approvals/a.yaml |  | records stand in the repository"),
        "{found:?}"
    );
}

#[test]
fn errors_in_rules_that_are_extended_are_told_where_they_are_written() {
    let found = errors(&[("countersign.yaml", "inculde: [a]\n")], &[]);
    assert_eq!(found, ["org/countersign.yaml | inculde | unknown key `inculde` | did you mean `include`?"]);
    let found =
        errors(&[("countersign.yaml", "rulesets: [{path: a.yaml}]\n"), (".countersign/rulesets/b.yaml", "x: [")], &[]);
    assert!(found.iter().any(|error| error.starts_with("org/.countersign/rulesets/b.yaml")), "{found:?}");
    assert!(found.iter().any(|error| error.contains("the ruleset file `a.yaml` does not exist")), "{found:?}");
}

#[test]
fn files_of_rules_that_are_extended_are_among_those_of_the_evidence() {
    let policy = (".countersign/policies/a.rego", "package a\n");
    let own = ruleset("acme", "");
    let rules = load(&[ORG[0], policy, (".countersign/rulesets/a.yaml", &own)], &[]);
    let paths: Vec<&str> = rules.files.iter().map(|file| &*file.path).collect();
    for path in ["org/countersign.yaml", "org/.countersign/policies/a.rego", "org/.countersign/rulesets/a.yaml"] {
        assert!(paths.contains(&path), "{path}: {paths:?}");
    }
    assert_eq!(rules.policies[0].path.as_ref(), "org/.countersign/policies/a.rego");
    assert_eq!((rules.extended[0].source.as_str(), rules.extended[0].commit.as_deref()), ("org", None));
}

#[test]
fn a_folder_that_is_extended_is_made_of_rule_files() {
    let rules = load(ORG, &[]);
    assert!(rules.config.is_extended("org/README.md") && !rules.config.is_extended("organisation/a.yaml"));
}

#[test]
fn earlier_entries_bind_later_ones() {
    let first = file("first/countersign.yaml", "limits: {approvals: {max_days: 30}}\n");
    let second = file("second/countersign.yaml", "limits: {approvals: {max_days: 60}}\n");
    let entry = |file: &RuleFile, folder: &str| {
        let layer = super::super::super::layer::Layer::read(
            format!("{folder}/"),
            std::slice::from_ref(file).into(),
            None,
            &mut Vec::new(),
        );
        format!("{{folder: {folder}, digest: {}}}", layer.digest().unwrap())
    };
    let (one, two) = (entry(&first, "first"), entry(&second, "second"));
    let load = |order: [&String; 2]| {
        let config = file(CONFIG_FILE, &format!("extends: [{}, {}]\n", order[0], order[1]));
        Rules::load(&[first.clone(), second.clone(), config], None)
    };
    assert!(
        shown(&load([&one, &two]).err().unwrap_or_default())[0].starts_with("second/countersign.yaml | max_days | ")
    );
    assert_eq!(load([&two, &one]).unwrap().config.limits.approval_days(), 30);
}

#[test]
fn what_every_earlier_entry_defines_is_held_and_told_once() {
    let first = ruleset("first", "add: {duties: {ONE-A: {title: x, process: IT}}}\n");
    let second = ruleset("second", "add: {duties: {TWO-A: {title: x, process: IT}}}\n");
    let own = ruleset("own", "disable: {duties: [ONE-A, TWO-A]}\n");
    let files = [
        file("one/.countersign/rulesets/a.yaml", &first),
        file("two/.countersign/rulesets/a.yaml", &second),
        file(".countersign/rulesets/a.yaml", &own),
    ];
    let pin = |folder: &str| {
        let prefix = format!("{folder}/");
        let layer = super::super::super::layer::Layer::read(prefix, files[..].into(), None, &mut Vec::new());
        format!("{{folder: {folder}, digest: {}}}", layer.digest().unwrap())
    };
    let config = file(CONFIG_FILE, &format!("extends: [{}, {}]\n", pin("one"), pin("two")));
    let found = shown(&Rules::load(&[&files[..], &[config]].concat(), None).err().unwrap_or_default());
    let places: Vec<&str> = found.iter().map(|error| error.split(" | ").nth(1).unwrap()).collect();
    assert_eq!(places, ["ONE-A", "TWO-A"]);
}
