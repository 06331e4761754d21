//! The gate where a commit is made: hooks that the real git runs, with the real binary.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use countersign::cli::Exit;

use super::places::{COMMITTER, Folder, Repository, write};
use super::runner::countersign;
use super::world;

/// Each is harmless alone.
const CONFLICT: [(&str, &str); 2] = [world::BILLS, world::PAYMENTS];
const BINARY: &str = env!("CARGO_BIN_EXE_countersign");

/// Runs a program in a folder with the binary's folder on PATH, or without it.
fn run(folder: &Path, program: &str, arguments: &[&str], with_binary: bool) -> Output {
    let mut path: Vec<PathBuf> = std::env::split_paths(&std::env::var_os("PATH").unwrap()).collect();
    if with_binary {
        path.insert(0, Path::new(BINARY).parent().unwrap().to_owned());
    }
    let mut command = Command::new(program);
    command
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("PATH", std::env::join_paths(path).unwrap())
        .env("HOME", folder)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .envs([("GIT_AUTHOR_NAME", COMMITTER.0), ("GIT_AUTHOR_EMAIL", COMMITTER.1)])
        .envs([("GIT_COMMITTER_NAME", COMMITTER.0), ("GIT_COMMITTER_EMAIL", COMMITTER.1)]);
    loop {
        match command.output() {
            // A process that another test began in the moment in which the hook was written holds it open until it has
            // become the program that it is to be.
            Err(error) if error.kind() == ErrorKind::ExecutableFileBusy => std::thread::yield_now(),
            ran => return ran.unwrap(),
        }
    }
}

fn git(folder: &Path, arguments: &[&str]) -> Output {
    run(folder, "git", arguments, true)
}

fn done(output: Output) -> String {
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}");
    said
}

fn stopped(output: Output) -> String {
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(!output.status.success(), "{said}");
    said
}

/// A repository of the small world, with hooks.
fn hooked(hooks: &str) -> Repository {
    let repository = Repository::with(world::START);
    countersign(&format!("hook install {hooks}"), repository.path()).run().exits(Exit::Clean).says("wrote ");
    repository
}

#[test]
fn a_commit_that_brings_a_conflict_is_stopped_where_it_is_made() {
    let repository = hooked("");
    repository.write(&CONFLICT).git("add --all");
    let said = stopped(git(repository.path(), &["commit", "--message", "Both"]));
    assert!(said.contains("CS-SOD-001") && said.contains("blocked"), "{said}");
    // What is not staged is not judged.
    repository.git("reset --quiet");
    repository.write(&[("notes.md", "plain\n")]).git("add notes.md");
    let said = done(git(repository.path(), &["commit", "--message", "Notes"]));
    assert!(!said.contains("CS-SOD-001"), "{said}");
    // git's own way past it.
    repository.git("add --all");
    done(git(repository.path(), &["commit", "--no-verify", "--message", "Both"]));
}

#[test]
fn a_commit_of_some_paths_is_judged_by_what_it_commits() {
    let repository = hooked("");
    repository.write(&CONFLICT).git("add --all");
    repository.write(&[("notes.md", "plain\n")]).git("add notes.md");
    // git makes an index of its own for such a commit, and names it to its hooks.
    done(git(repository.path(), &["commit", "--message", "Notes", "--only", "notes.md"]));
    stopped(git(repository.path(), &["commit", "--message", "The rest"]));
}

#[test]
fn it_is_installed_for_linked_work_trees_too() {
    let repository = hooked("");
    let linked = Folder::new();
    let at = linked.path.join("linked");
    repository.git(&format!("worktree add --quiet {} -b other", at.display()));
    CONFLICT.iter().for_each(|(path, text)| write(&at, path, text));
    done(git(&at, &["add", "--all"]));
    assert!(stopped(git(&at, &["commit", "--message", "Both"])).contains("CS-SOD-001"));
}

#[test]
fn a_merge_of_branches_that_are_harmless_alone_is_stopped() {
    let repository = hooked("--hook pre-commit --hook pre-merge-commit");
    let [bills, payments] = CONFLICT;
    for (name, side) in [("bills", bills), ("payments", payments)] {
        repository.git(&format!("checkout --quiet -b {name} main"));
        repository.write(&[side]).git("add --all");
        done(git(repository.path(), &["commit", "--quiet", "--message", name]));
    }
    let said = stopped(git(repository.path(), &["merge", "--no-edit", "bills"]));
    assert!(said.contains("CS-SOD-001") && said.contains("blocked"), "{said}");
    repository.git("merge --abort");
    done(git(repository.path(), &["merge", "--no-edit", "--no-verify", "bills"]));
}

#[test]
fn what_somebody_else_wrote_is_left() {
    let repository = Repository::with(world::START);
    let hooks = repository.path().join(".git/hooks");
    write(&hooks, "pre-push", "#!/bin/sh\nexit 0\n");
    countersign("hook install --hook pre-commit --hook pre-push", repository.path())
        .run()
        .exits(Exit::Usage)
        .complains("somebody else wrote it")
        .complains("countersign check --base");
    assert!(!hooks.join("pre-commit").exists(), "one of two is worse than none");
    countersign("hook status", repository.path()).run().says("pre-commit not there").says("pre-push somebody else's");
    countersign("hook install", repository.path()).run().exits(Exit::Clean);
    countersign("hook status", repository.path()).run().says("pre-commit installed");
    countersign("hook uninstall", repository.path()).run().says("removed ").says("left ");
    assert_eq!(std::fs::read_to_string(hooks.join("pre-push")).unwrap(), "#!/bin/sh\nexit 0\n");
    assert!(!hooks.join("pre-commit").exists());
}

#[test]
fn one_of_another_version_is_renewed() {
    let repository = hooked("");
    let path = repository.path().join(".git/hooks/pre-commit");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, format!("{text}# more\n")).unwrap();
    countersign("hook status", repository.path()).run().says("renews it");
    countersign("hook install", repository.path()).run().exits(Exit::Clean);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
}

#[test]
fn a_folder_that_other_repositories_may_share_is_left() {
    let repository = Repository::with(world::START);
    repository.git("config core.hooksPath .githooks");
    countersign("hook install", repository.path())
        .run()
        .exits(Exit::Usage)
        .complains("core.hooksPath names")
        .complains("countersign check --staged");
    assert!(!repository.path().join(".githooks").exists());
    countersign("hook status", repository.path()).run().says(".githooks (by core.hooksPath)");
    countersign("hook install --path .", &Folder::new().path).run().exits(Exit::Usage);
}

#[test]
fn without_the_program_nothing_passes_in_silence() {
    let repository = hooked("");
    repository.write(&[("notes.md", "plain\n")]).git("add --all");
    let said = stopped(run(repository.path(), "git", &["commit", "--message", "Notes"], false));
    assert!(said.contains("countersign is not on PATH"), "{said}");
    // The binary that installs it is found without PATH, however it is called.
    let odd = Folder::new();
    let binary = odd.path.join("it's here");
    std::fs::copy(BINARY, &binary).unwrap();
    done(run(repository.path(), binary.to_str().unwrap(), &["hook", "install"], false));
    done(run(repository.path(), "git", &["commit", "--message", "Notes"], false));
}

#[test]
fn each_pushed_commit_is_judged_as_it_would_merge() {
    let remote = Folder::new();
    done(git(&remote.path, &["init", "--quiet", "--bare", "--initial-branch=main"]));
    let repository = hooked("--hook pre-push");
    repository.git(&format!("remote add origin {}", remote.path.display()));
    // Nobody knows yet what the remote calls HEAD, and there is nothing to merge into.
    let said = done(git(repository.path(), &["push", "origin", "main"]));
    assert!(said.contains("git remote set-head origin --auto"), "{said}");
    repository.git("remote set-head origin main");
    repository.branch("conflict", "main").write(&CONFLICT).commit("Both");
    assert!(stopped(git(repository.path(), &["push", "origin", "conflict"])).contains("CS-SOD-001"));
    done(git(repository.path(), &["push", "--no-verify", "origin", "conflict"]));
    repository.branch("notes", "main").write(&[("notes.md", "plain\n")]).commit("Notes");
    done(git(repository.path(), &["push", "origin", "notes"]));
    done(git(repository.path(), &["push", "origin", ":conflict"]));
    // One of several is enough.
    assert!(stopped(git(repository.path(), &["push", "origin", "notes:more", "conflict"])).contains("CS-SOD-001"));
}
