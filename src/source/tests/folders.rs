use super::*;

#[test]
fn every_file_of_a_plain_folder() {
    let repo = Repo::empty();
    repo.write("a.yaml", "a");
    repo.write("z/deep/b.yaml", "b");
    repo.write("a-b/c.yaml", "c");
    repo.write(".hidden/d.yaml", "d");
    repo.write(".gitignore", "a.yaml\n");
    repo.write(".countersign/evidence/log", "x");
    repo.write(".countersign/evidence2/log", "kept");
    let comparison = repo.open(Head::WorkTree, None).unwrap();
    assert_eq!(
        paths(&comparison.head),
        [".countersign/evidence2/log", ".gitignore", ".hidden/d.yaml", "a-b/c.yaml", "a.yaml", "z/deep/b.yaml"]
    );
    assert_eq!(comparison.rules, RulesFrom::Head);
    assert!(comparison.repository.is_none() && comparison.authors.is_empty());
    assert_eq!(comparison.root, repo.root);
}

#[cfg(unix)]
#[test]
fn links_pipes_and_repositories_in_a_plain_folder() {
    use std::os::unix::fs::symlink;
    let repo = Repo::empty();
    repo.write("a.yaml", "a");
    repo.write("big.yaml", &"x".repeat(2000));
    symlink("a.yaml", repo.root.join("in")).unwrap();
    symlink("..", repo.root.join("out")).unwrap();
    repo.write("nested/.git/HEAD", "ref: refs/heads/main");
    repo.write("nested/inside.yaml", "x");
    repo.write("module/.git", "gitdir: ../elsewhere");
    repo.write("module/inside.yaml", "x");
    assert!(Command::new("mkfifo").arg(repo.root.join("pipe")).status().unwrap().success());
    let tree = repo.open(Head::WorkTree, Some("./nested")).unwrap().head;
    let expected = [
        ("a.yaml", "a"),
        ("big.yaml", "TooLarge { bytes: 2000 }"),
        ("in", "Link { inside: true }"),
        ("module", "Submodule"),
        ("nested", "Submodule"),
        ("out", "Link { inside: false }"),
    ];
    assert_eq!(shown(&tree).into_iter().collect::<Vec<_>>(), expected.map(|(path, text)| (path, text.to_owned())));
}

#[test]
fn with_a_folder_as_base_both_are_plain_even_in_a_work_tree() {
    let repo = Repo::new();
    repo.write("old/a.yaml", "old");
    repo.write("new/a.yaml", "new");
    repo.write("new/.gitignore", "b.yaml\n");
    repo.write("new/b.yaml", "ignored, yet there");
    repo.commit("one");
    let comparison = repo.open_at(&repo.root, Path::new("new"), Head::WorkTree, Some("old")).unwrap();
    assert_eq!(paths(&comparison.head), [".gitignore", "a.yaml", "b.yaml"]);
    let base = comparison.base.as_ref().unwrap();
    assert_eq!(text(base, "a.yaml"), "old");
    assert_eq!(comparison.root, repo.root.join("new"));
    assert_eq!(comparison.rules, RulesFrom::Base);
    assert_eq!(text(comparison.rules_tree(), "a.yaml"), "old");
    assert!(comparison.repository.is_none() && comparison.merge.is_none());
    // The base is looked up from the working directory, and the root's own repository is left out.
    let comparison = repo.open_at(&repo.root.join("new"), &repo.root, Head::WorkTree, Some("../old")).unwrap();
    assert_eq!(paths(&comparison.head), ["new/.gitignore", "new/a.yaml", "new/b.yaml", "old/a.yaml"]);
}

#[test]
fn a_plain_folder_needs_no_git() {
    let repo = Repo::empty();
    repo.write("a.yaml", "a");
    let env = GitEnv::new([("PATH".into(), "/nowhere:.".into())], repo.home.join("tmp"));
    let request =
        Request { cwd: &repo.root, path: Path::new("."), base: None, head: Head::WorkTree, read_limit: 9, env: &env };
    assert_eq!(paths(&open(&request).unwrap().head), ["a.yaml"]);
    assert!(matches!(open(&Request { head: Head::Staged, ..request }), Err(SourceError::GitMissing)));
    assert!(matches!(open(&Request { base: Some("main"), ..request }), Err(SourceError::GitMissing)));
    // In a repository it would be another question, and the answer could be wrong.
    fs::create_dir(repo.root.join(".git")).unwrap();
    assert!(matches!(open(&request), Err(SourceError::GitMissing)));
}

#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_listed_is_an_entry() {
    use std::os::unix::fs::PermissionsExt as _;
    let repo = Repo::empty();
    repo.write("closed/a.yaml", "a");
    let closed = repo.root.join("closed");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).unwrap();
    let listed = fs::read_dir(&closed).is_ok();
    let tree = repo.open(Head::WorkTree, None).unwrap().head;
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o755)).unwrap();
    // A superuser lists it in spite of its mode.
    if !listed {
        assert_eq!(tree.get("closed").unwrap().kind, FileKind::Folder);
        let reason = "permission denied".to_owned();
        assert_eq!(tree.get("closed").unwrap().content, Content::NotRead(NotRead::Unreadable { reason }));
    }
}
