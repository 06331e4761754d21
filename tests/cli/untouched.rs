//! What is staged and touches nothing: known from the run before, and never wrongly.

use std::fs;
use std::path::{Path, PathBuf};

use countersign::cli::Exit;

use super::places::Repository;
use super::runner::{Ran, countersign};
use super::{secrets_gate, world};

const CODE: (&str, &str) = ("src/sum.py", "def add(a, b):\n    return a + b\n");
/// What the short answer says and the long one does not.
const SHORT: &str = "declares no access and holds no secret";

fn check(repository: &Repository) -> Ran {
    repository.git("add --all");
    countersign("check --staged", repository.path()).with_its_binary().run()
}

fn cache(repository: &Repository) -> PathBuf {
    repository.path().join(".git/countersign/cache")
}

/// A repository that was judged once.
fn judged(files: &[(&str, &str)]) -> Repository {
    let repository = Repository::with(world::START);
    repository.write(files);
    let ran = check(&repository);
    assert!(!ran.stdout.contains(SHORT), "{}", ran.stdout);
    if !files.is_empty() {
        repository.commit("Judged");
    }
    repository
}

#[test]
fn what_declares_nothing_is_answered_from_the_run_before() {
    let repository = judged(&[world::BILLS]);
    repository.write(&[CODE]);
    check(&repository).exits(Exit::Clean).without_complaint().says(SHORT);
    repository.commit("Code");
    // The answer is the next one's ground.
    repository.write(&[(CODE.0, "def add(a, b, c):\n    return a + b + c\n")]);
    check(&repository).exits(Exit::Clean).says(SHORT);
    repository.commit("More code");
    fs::remove_file(repository.path().join(CODE.0)).unwrap();
    check(&repository).exits(Exit::Clean).says(SHORT);
}

#[test]
fn what_declares_something_is_judged_in_full() {
    let repository = judged(&[world::BILLS]);
    repository.write(&[CODE, world::PAYMENTS]);
    check(&repository).exits(Exit::Blocked).says("CS-SOD-001");
    // In a file that is called like code, too.
    repository.git("reset --quiet --hard");
    repository.write(&[("src/grants.py", world::PAYMENTS.1)]);
    let ran = check(&repository);
    assert!(!ran.stdout.contains(SHORT), "{}", ran.stdout);
    // And what stops declaring something.
    repository.git("reset --quiet --hard");
    fs::remove_file(repository.path().join(world::BILLS.0)).unwrap();
    let ran = check(&repository);
    assert!(!ran.stdout.contains(SHORT), "{}", ran.stdout);
}

#[test]
fn a_secret_in_code_is_found() {
    let repository = judged(&[]);
    let script = format!("import os\nos.environ[\"DIGITALOCEAN_TOKEN\"] = \"{}\"\n", secrets_gate::token(1));
    repository.write(&[("src/deploy.py", &script)]);
    let ran = check(&repository);
    assert!(!ran.stdout.contains(SHORT), "{}", ran.stdout);
    assert!(ran.stdout.contains("CS-SECRET-001"), "{}", ran.stdout);
}

/// A role whose action stands in a file that nothing would take for a definition.
const READS: (&str, &str) = (
    "infra/main.tf",
    "resource \"aws_iam_role_policy\" \"p\" {\n  role = \"r\"\n  policy = jsonencode({\n    Version = \"2012-10-17\"\n    \
     Statement = [{ Effect = \"Allow\", Action = trimspace(file(\"${path.module}/action.py\")), Resource = \"*\" }]\n  })\n}\n\
     resource \"aws_iam_role\" \"r\" {\n  name = \"r\"\n  assume_role_policy = jsonencode({\n    Version = \"2012-10-17\"\n    \
     Statement = [{ Effect = \"Allow\", Action = \"sts:AssumeRole\", Principal = { Service = \"ec2.amazonaws.com\" } }]\n  \
     })\n}\n",
);

#[test]
fn a_file_that_a_definition_reads_is_a_part_of_it() {
    let repository = judged(&[READS, ("infra/action.py", "s3:GetObject\n")]);
    repository.write(&[("infra/action.py", "*\n")]);
    check(&repository).exits(Exit::Blocked);
    // One that it looked for and did not find, too.
    let repository = judged(&[READS]);
    repository.write(&[("infra/action.py", "*\n")]);
    check(&repository).exits(Exit::Blocked);
}

#[test]
fn rules_and_whatever_hides_are_judged_in_full() {
    let repository = judged(&[]);
    for path in
        ["countersign.yaml", ".countersign/notes.py", ".github/CODEOWNERS", "CODEOWNERS", "Makefile", "a.tfvars"]
    {
        let text = fs::read_to_string(repository.path().join(path)).unwrap_or_default();
        repository.write(&[(path, &format!("{text}\n# more\n"))]);
        let ran = check(&repository);
        assert!(!ran.stdout.contains(SHORT), "{path}: {}", ran.stdout);
        repository.git("reset --quiet --hard");
    }
}

#[test]
fn whatever_else_is_asked_for_is_judged_in_full() {
    let repository = judged(&[]);
    repository.write(&[CODE]).git("add --all");
    for more in ["--output json", "--strict", "--show existing", "--as-of 2026-11-20T00:00:00Z"] {
        let ran = countersign(&format!("check --staged {more}"), repository.path()).with_its_binary().run();
        assert!(!ran.stdout.contains(SHORT), "{more}");
    }
}

fn every_entry(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn what_was_damaged_another_program_left_or_cannot_be_written_is_not_relied_on() {
    let repository = judged(&[]);
    repository.write(&[CODE]);
    let entries = every_entry(&cache(&repository));
    assert!(!entries.is_empty());
    for entry in &entries {
        fs::write(entry, "nonsense").unwrap();
    }
    let ran = check(&repository).exits(Exit::Clean);
    assert!(!ran.stdout.contains(SHORT), "{}", ran.stdout);
    // Another program.
    let ran = countersign("check --staged", repository.path()).with_its_binary().of_version("9.9.9").run();
    assert!(!ran.exits(Exit::Clean).stdout.contains(SHORT));
    // A file where the folder should be.
    fs::remove_dir_all(cache(&repository)).unwrap();
    fs::write(cache(&repository), "in the way").unwrap();
    check(&repository).exits(Exit::Clean).without_complaint();
}

#[test]
fn a_blocked_run_leaves_nothing_to_rely_on() {
    let repository = Repository::with(world::START);
    repository.write(&[world::BILLS, world::PAYMENTS]);
    check(&repository).exits(Exit::Blocked);
    assert!(!cache(&repository).exists());
}
