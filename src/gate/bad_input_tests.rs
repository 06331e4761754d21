//! Input that is broken, huge or made to harm: it is reported at its place, and nothing is passed over in silence.

use std::fs;
use std::path::{Path, PathBuf};

use super::tests::judge;
use super::*;
use crate::facts::Gap;

const GRANT: &str =
    "apiVersion: countersign.dev/v1\nkind: Grant\nspec:\n  system: ledger\n  to: account:ledger/MVALE\n";

/// A base and a head that differ in what is added to head.
struct Trees {
    dir: tempfile::TempDir,
}

impl Trees {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        for side in ["base", "head"] {
            fs::create_dir(dir.path().join(side)).unwrap();
            fs::write(dir.path().join(side).join("grants.yaml"), format!("{GRANT}  role: clerk\n")).unwrap();
        }
        Self { dir }
    }

    fn head(&self, name: &str) -> PathBuf {
        self.dir.path().join("head").join(name)
    }

    fn judge(&self) -> Judgement {
        judge(&self.dir.path().join("head"), Some(&self.dir.path().join("base")))
    }
}

fn judge_text(name: &str, text: impl AsRef<[u8]>) -> Judgement {
    let trees = Trees::new();
    fs::write(trees.head(name), text).unwrap();
    trees.judge()
}

/// The one thing that is introduced is that a file could not be evaluated, for a reason with these words.
#[track_caller]
fn assert_not_evaluated(judgement: &Judgement, file: &str, words: &str) {
    let introduced: Vec<&Judged> =
        judgement.findings.iter().filter(|judged| judged.state == State::Introduced).collect();
    let [judged] = *introduced else { panic!("{introduced:?}") };
    assert_eq!((&*judged.finding.policy, judged.decision.blocks), ("CS-COVER-001", true));
    assert!(judged.finding.message.contains(words), "{}", judged.finding.message);
    assert_eq!(&*judged.finding.locations[0].place.file, file);
    assert_eq!((judgement.verdict, judgement.outcome), (Verdict::Error, Outcome::NotEvaluated));
}

/// A file is named among what could not be told, and nothing of it counts.
#[track_caller]
fn assert_unresolved(judgement: &Judgement, file: &str, words: &str) {
    let found =
        judgement.unresolved.iter().find(|found| found.place.as_ref().is_some_and(|place| &*place.file == file));
    let found = found.unwrap_or_else(|| panic!("{:?}", judgement.unresolved));
    assert_eq!((found.gap, found.existing), (Gap::NotRead, false));
    assert!(found.reason.contains(words), "{}", found.reason);
    assert_eq!(judgement.population.grants, 1);
}

#[test]
fn ten_thousand_levels_are_too_deep() {
    let lists = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let flow = format!("{GRANT}  role: {lists}\n");
    assert_not_evaluated(&judge_text("deep.yaml", flow), "deep.yaml", "recursion limit");
    let block = format!("{GRANT}  role:\n    {}deep\n", "- ".repeat(10_000));
    assert_not_evaluated(&judge_text("deep.yaml", block), "deep.yaml", "recursion limit");
    let json = format!(r#"{{"Version": "2012-10-17", "Statement": [{{"Effect": "Allow", "Action": {lists}}}]}}"#);
    assert_not_evaluated(&judge_text("deep.json", json), "deep.json", "nesting depth");
}

#[test]
fn aliases_that_expand_without_end_are_refused() {
    let mut text = format!("{GRANT}  role: clerk\n  a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n");
    for level in 1..30 {
        let before = format!("*a{}", level - 1);
        text.push_str(&format!("  a{level}: &a{level} [{}]\n", vec![before; 10].join(", ")));
    }
    assert_not_evaluated(&judge_text("lol.yaml", text), "lol.yaml", "alias");
}

#[test]
fn an_alias_of_itself_is_refused() {
    let judgement = judge_text("self.yaml", format!("{GRANT}  role: &a [*a]\n"));
    assert_not_evaluated(&judgement, "self.yaml", "alias");
}

#[test]
fn a_file_over_the_limit_is_not_evaluated() {
    let mut text = format!("{GRANT}  role: clerk\n");
    let line = format!("# {}\n", "padding ".repeat(1024));
    while text.len() <= crate::syntax::MAX_BYTES {
        text.push_str(&line);
    }
    assert_not_evaluated(&judge_text("large.yaml", text), "large.yaml", "64 MB");
}

#[test]
fn a_file_over_the_read_limit_is_not_evaluated() {
    let trees = Trees::new();
    // A hole of that size takes no room and no time.
    fs::File::create(trees.head("huge.yaml")).unwrap().set_len(1 << 40).unwrap();
    assert_not_evaluated(&trees.judge(), "huge.yaml", "limit");
    fs::rename(trees.head("huge.yaml"), trees.head("huge.mp4")).unwrap();
    let judgement = trees.judge();
    assert_unresolved(&judgement, "huge.mp4", "limit");
    // Nobody can say what stands in it.
    let [judged] = &judgement.findings[..] else { panic!("{:?}", judgement.findings) };
    assert_eq!((&*judged.finding.policy, judgement.outcome), ("CS-SECRET-004", Outcome::NotEvaluated));
}

#[test]
fn bytes_that_are_no_text_are_not_evaluated() {
    let judgement = judge_text("latin.yaml", [GRANT.as_bytes(), b"  role: \xfcbung\n"].concat());
    assert_not_evaluated(&judgement, "latin.yaml", "UTF-8");
}

#[test]
fn many_broken_definitions_in_one_file_are_all_told() {
    let broken: Vec<String> = (0..2_000).map(|number| format!("{GRANT}  rol: r{number}\n")).collect();
    let judgement = judge_text("many.yaml", broken.join("---\n"));
    let blocking = judgement.findings.iter().filter(|judged| judged.decision.blocks).count();
    assert_eq!((blocking, judgement.outcome), (2_000, Outcome::NotEvaluated));
}

#[test]
fn a_circle_of_many_roles_ends() {
    let role = |number: usize| {
        format!(
            "apiVersion: countersign.dev/v1\nkind: Role\nmetadata: {{id: R{number}}}\n\
             spec: {{system: ledger, includes: [R{}]}}\n",
            number + 1
        )
    };
    let mut roles: Vec<String> = (0..300).map(role).collect();
    roles.push(
        "apiVersion: countersign.dev/v1\nkind: System\nmetadata: {id: ledger}\nspec: {type: netsuite}\n".to_owned(),
    );
    roles.push(
        "apiVersion: countersign.dev/v1\nkind: Role\nmetadata: {id: R300}\n\
         spec: {system: ledger, permissions: [Bills, Pay Bills], includes: [R0]}\n"
            .to_owned(),
    );
    let judgement = judge_text("roles.yaml", roles.join("---\n"));
    let roles = judgement.findings.iter().filter(|judged| &*judged.finding.policy == "CS-SOD-002").count();
    assert_eq!(roles, 301);
}

#[cfg(unix)]
#[test]
fn a_link_out_of_the_tree_is_not_followed_and_is_told() {
    let trees = Trees::new();
    let outside = trees.dir.path().join("outside.yaml");
    fs::write(&outside, format!("{GRANT}  role: payer\n")).unwrap();
    std::os::unix::fs::symlink(&outside, trees.head("more.yaml")).unwrap();
    assert_unresolved(&trees.judge(), "more.yaml", "leaves the tree");
}

#[test]
fn a_repository_inside_is_not_entered_and_is_told() {
    let trees = Trees::new();
    fs::create_dir_all(trees.head("vendor/.git")).unwrap();
    fs::write(trees.head("vendor/grants.yaml"), format!("{GRANT}  role: payer\n")).unwrap();
    assert_unresolved(&trees.judge(), "vendor", "another git repository");
}

#[cfg(unix)]
#[test]
fn an_unreadable_file_is_not_evaluated() {
    use std::os::unix::fs::PermissionsExt as _;
    let trees = Trees::new();
    fs::write(trees.head("more.yaml"), format!("{GRANT}  role: payer\n")).unwrap();
    fs::set_permissions(trees.head("more.yaml"), fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read(trees.head("more.yaml")).is_ok() {
        // The superuser reads everything; what such a file comes to is also tested where files are read.
        return;
    }
    assert_not_evaluated(&trees.judge(), "more.yaml", "denied");
}

#[test]
fn folders_deeper_than_anything_are_walked() {
    let trees = Trees::new();
    let folder: PathBuf = (0..200).map(|_| Path::new("d")).collect();
    fs::create_dir_all(trees.head(folder.to_str().unwrap())).unwrap();
    let file = folder.join("more.yaml");
    fs::write(trees.head(file.to_str().unwrap()), format!("{GRANT}  rol: payer\n")).unwrap();
    assert_not_evaluated(&trees.judge(), file.to_str().unwrap(), "unknown key `rol`");
}
