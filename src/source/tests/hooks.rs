//! The index, and what git tells its hooks.

use super::*;

#[test]
fn the_index_is_compared_with_head() {
    let repo = Repo::new();
    repo.write("a.yaml", "committed");
    repo.write("b.yaml", "b");
    repo.write("removed.yaml", "r");
    let commit = repo.commit("one");
    repo.write("a.yaml", "staged");
    repo.write("empty.yaml", "");
    repo.git(&["add", "a.yaml", "empty.yaml"]);
    repo.git(&["rm", "-q", "--cached", "removed.yaml"]);
    repo.write("a.yaml", "work tree");
    repo.write("untracked.yaml", "u");
    repo.write("intended.yaml", "i");
    repo.git(&["add", "--intent-to-add", "intended.yaml"]);
    let comparison = repo.open(Head::Staged, None).unwrap();
    assert_eq!(paths(&comparison.head), ["a.yaml", "b.yaml", "empty.yaml"]);
    assert_eq!(text(&comparison.head, "a.yaml"), "staged");
    let base = comparison.base.as_ref().unwrap();
    assert_eq!(paths(base), ["a.yaml", "b.yaml", "removed.yaml"]);
    assert_eq!(text(base, "a.yaml"), "committed");
    assert_eq!(base.commit.as_deref(), Some(&*commit));
    assert_eq!(comparison.rules, RulesFrom::Base);
    assert_eq!(comparison.rules_tree().commit.as_deref(), Some(&*commit));
    // The work tree holds the intended file and the others.
    let work_tree = repo.open(Head::WorkTree, None).unwrap().head;
    assert_eq!(text(&work_tree, "a.yaml"), "work tree");
    assert!(work_tree.get("intended.yaml").is_some() && work_tree.get("removed.yaml").is_some());
}

#[test]
fn before_the_first_commit_the_index_is_compared_with_nothing() {
    let repo = Repo::new();
    repo.write("a.yaml", "a");
    repo.git(&["add", "a.yaml"]);
    let comparison = repo.open(Head::Staged, None).unwrap();
    assert_eq!(paths(&comparison.head), ["a.yaml"]);
    let base = comparison.base.unwrap();
    assert!(base.files.is_empty() && base.commit.is_none());
    assert_eq!(base.tree.as_deref(), Some("4b825dc642cb6eb9a060e54bf8d69288fbee4904"));
    assert_eq!(paths(&repo.open(Head::WorkTree, None).unwrap().head), ["a.yaml"]);
}

#[test]
fn an_unfinished_merge_in_the_index_names_its_files() {
    let repo = Repo::new();
    repo.write("a.yaml", "a");
    repo.commit("one");
    repo.git(&["checkout", "-q", "-b", "side"]);
    repo.write("a.yaml", "side");
    repo.commit("side");
    repo.git(&["checkout", "-q", "main"]);
    repo.write("a.yaml", "main");
    repo.commit("main");
    assert!(!repo.command(&repo.root).args(["merge", "-q", "side"]).output().unwrap().status.success());
    match repo.open(Head::Staged, None) {
        Err(SourceError::Unmerged { files }) => assert_eq!(files, ["a.yaml"]),
        other => panic!("{other:?}"),
    }
    let tree = repo.open(Head::WorkTree, None).unwrap().head;
    assert_eq!(paths(&tree), ["a.yaml"], "listed once");
    assert!(text(&tree, "a.yaml").contains("<<<<<<<"));
}

#[test]
fn the_index_file_that_git_names_is_the_one_that_is_read() {
    let repo = Repo::new();
    repo.write("a.yaml", "a");
    repo.write("b.yaml", "b");
    repo.commit("one");
    repo.write("a.yaml", "in the other index");
    // What `git commit a.yaml` does: its own index, while the usual one holds something else.
    fs::copy(repo.root.join(".git/index"), repo.root.join(".git/next-index")).unwrap();
    let add = repo.command(&repo.root).env("GIT_INDEX_FILE", ".git/next-index").args(["add", "a.yaml"]).status();
    assert!(add.unwrap().success());
    let open_with = |cwd: &Path, path: &Path, index: &str| {
        let env = repo.env_and(&[("GIT_INDEX_FILE", index)]);
        open(&Request { cwd, path, base: None, head: Head::Staged, read_limit: 1000, env: &env }).unwrap()
    };
    let here = open_with(&repo.root, Path::new("."), ".git/next-index");
    assert_eq!(text(&here.head, "a.yaml"), "in the other index");
    let absolute = open_with(&repo.root, Path::new("."), repo.root.join(".git/next-index").to_str().unwrap());
    assert_eq!(text(&absolute.head, "a.yaml"), "in the other index");
    assert_eq!(text(&repo.open(Head::Staged, None).unwrap().head, "a.yaml"), "a");
    // It says nothing of another repository.
    let other = Repo::new();
    other.write("other.yaml", "o");
    other.commit("one");
    let elsewhere = open_with(&repo.root, &other.root, repo.root.join(".git/next-index").to_str().unwrap());
    assert_eq!(paths(&elsewhere.head), ["other.yaml"]);
}

#[cfg(unix)]
#[test]
fn a_real_hook_sees_what_is_committed() {
    use std::os::unix::fs::PermissionsExt as _;
    let repo = Repo::new();
    repo.write("a.yaml", "a");
    repo.write("b.yaml", "b");
    repo.commit("one");
    let linked = repo.outside().join("linked");
    repo.git(&["worktree", "add", "-q", "-b", "side", linked.to_str().unwrap()]);
    // The hook refuses, so that each commit leaves things as they are, after it wrote its variables down.
    let hook = repo.root.join(".git/hooks/pre-commit");
    fs::create_dir_all(hook.parent().unwrap()).unwrap();
    let seen = repo.home.join("seen");
    fs::write(&hook, format!("#!/bin/sh\nenv >{0}\ncp \"$GIT_INDEX_FILE\" {0}.index\nexit 1\n", seen.display()))
        .unwrap();
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
    for (at, index) in [(&repo.root, false), (&linked, true)] {
        fs::write(at.join("a.yaml"), "committed by name").unwrap();
        assert!(!repo.command(at).args(["commit", "-qm", "x", "a.yaml"]).status().unwrap().success());
        let variables: Vec<(OsString, OsString)> = fs::read_to_string(&seen)
            .unwrap()
            .lines()
            .filter_map(|line| line.split_once('='))
            .map(|(name, value)| (name.into(), value.into()))
            .collect();
        assert!(variables.iter().any(|(name, _)| name == "GIT_INDEX_FILE"));
        assert_eq!(variables.iter().any(|(name, _)| name == "GIT_DIR"), index, "git sets it in linked work trees");
        let named = variables.iter().find(|(name, _)| name == "GIT_INDEX_FILE").unwrap().1.clone();
        fs::copy(repo.home.join("seen.index"), at.join(&named)).unwrap();
        let env = GitEnv::new(variables, repo.home.join("tmp"));
        let request =
            Request { cwd: at, path: Path::new("."), base: None, head: Head::Staged, read_limit: 1000, env: &env };
        let comparison = open(&request).unwrap();
        assert_eq!(comparison.root, **at);
        assert_eq!(text(&comparison.head, "a.yaml"), "committed by name");
        assert_eq!(comparison.authors.len(), 1, "git names the author to its hooks");
    }
}

#[test]
fn a_repository_that_a_hook_names_is_used_below_its_work_tree() {
    let repo = Repo::empty();
    let git_dir = repo.outside().join("elsewhere.git");
    let (git_dir_text, root_text) = (git_dir.to_str().unwrap(), repo.root.to_str().unwrap());
    repo.git(&["init", "-q", git_dir_text]);
    fs::rename(git_dir.join(".git"), repo.outside().join("g")).unwrap();
    fs::remove_dir_all(&git_dir).unwrap();
    fs::rename(repo.outside().join("g"), &git_dir).unwrap();
    repo.write("sub/a.yaml", "a");
    repo.git(&["--git-dir", git_dir_text, "--work-tree", root_text, "add", "-A"]);
    let env = repo.env_and(&[("GIT_DIR", "../elsewhere.git"), ("GIT_WORK_TREE", ".")]);
    let request = |path| Request { cwd: &repo.root, path, base: None, head: Head::Staged, read_limit: 1000, env: &env };
    for path in [".", "sub"] {
        let comparison = open(&request(Path::new(path))).unwrap();
        assert_eq!(comparison.root, repo.root);
        assert_eq!(paths(&comparison.head), ["sub/a.yaml"]);
    }
    let other = Repo::new();
    other.write("o.yaml", "o");
    other.commit("one");
    assert_eq!(paths(&open(&request(&other.root)).unwrap().head), ["o.yaml"]);
}

#[test]
fn a_push_is_judged_while_its_objects_are_still_apart() {
    let repo = Repo::new();
    repo.write("a.yaml", "a");
    repo.write("b.yaml", "b");
    repo.commit("one");
    let bare = repo.outside().join("bare.git");
    repo.git(&["clone", "-q", "--bare", repo.root.to_str().unwrap(), bare.to_str().unwrap()]);
    repo.write("a.yaml", "pushed");
    // What git sets for `pre-receive`: it runs in the bare repository, and what was received stands in a folder of its own.
    let received = bare.join("objects/incoming");
    fs::create_dir(&received).unwrap();
    let apart = |arguments: &[&str]| {
        let mut command = repo.command(&repo.root);
        command.env("GIT_DIR", &bare).env("GIT_WORK_TREE", &repo.root).env("GIT_OBJECT_DIRECTORY", &received);
        command.env("GIT_ALTERNATE_OBJECT_DIRECTORIES", bare.join("objects")).args(arguments);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    apart(&["add", "-A"]);
    let tree = apart(&["write-tree"]);
    let commit = apart(&["commit-tree", "-p", "refs/heads/main", "-m", "pushed", &tree]);
    let env = repo.env_and(&[
        ("GIT_DIR", "."),
        ("GIT_OBJECT_DIRECTORY", "objects/incoming"),
        ("GIT_ALTERNATE_OBJECT_DIRECTORIES", bare.join("objects").to_str().unwrap()),
    ]);
    for base in [None, Some("main")] {
        let head = Head::Revision(&commit);
        let request = Request { cwd: &bare, path: Path::new("."), base, head, read_limit: 1000, env: &env };
        let comparison = open(&request).unwrap();
        assert_eq!(text(&comparison.head, "a.yaml"), "pushed");
        assert_eq!(text(&comparison.head, "b.yaml"), "b");
    }
    assert!(repo.open_at(&bare, Path::new("."), Head::Revision(&commit), None).is_err(), "not received yet");
}
