use super::*;

/// `main` and `feature` part after one commit and change different files, or the same line.
fn parted(conflict: bool) -> (Repo, String) {
    let repo = Repo::new();
    repo.write("a.yaml", "one\ntwo\nthree\n");
    repo.write("b.yaml", "b\n");
    let fork = repo.commit("fork");
    repo.git(&["checkout", "-q", "-b", "feature"]);
    repo.write("a.yaml", "one\nfeature\nthree\n");
    repo.write("c.yaml", "c\n");
    repo.commit("feature");
    repo.git(&["checkout", "-q", "main"]);
    repo.write(if conflict { "a.yaml" } else { "b.yaml" }, "main\n");
    repo.commit("main");
    (repo, fork)
}

#[test]
fn a_revision_alone() {
    let (repo, fork) = parted(false);
    repo.write("b.yaml", "work tree");
    repo.git(&["tag", "-a", "v1", "-m", "tag", &fork]);
    for name in ["v1", "refs/tags/v1", &fork, &fork[..8], "main~1"] {
        let comparison = repo.open(Head::Revision(name), None).unwrap();
        assert_eq!(comparison.head.commit.as_deref(), Some(&*fork), "{name}: tags are peeled");
        assert_eq!(shown(&comparison.head).get("b.yaml").map(String::as_str), Some("b\n"));
        assert_eq!(comparison.rules, RulesFrom::Head);
        assert!(comparison.base.is_none() && comparison.merge.is_none() && comparison.authors.is_empty());
    }
}

#[test]
fn a_merge_is_predicted_and_the_repository_is_not_written() {
    let (repo, fork) = parted(false);
    let before = snapshot(&repo.root.join(".git"));
    let comparison = repo.open(Head::Revision("feature"), Some("main")).unwrap();
    assert_eq!(snapshot(&repo.root.join(".git")), before);
    assert_eq!(fs::read_dir(repo.home.join("tmp")).unwrap().count(), 0, "temporary objects are gone");
    assert_eq!(
        shown(&comparison.head).into_iter().collect::<Vec<_>>(),
        [("a.yaml", "one\nfeature\nthree\n"), ("b.yaml", "main\n"), ("c.yaml", "c\n")]
            .map(|(path, text)| (path, text.to_owned()))
    );
    let merge = comparison.merge.as_ref().unwrap();
    assert_eq!((&merge.strategy, &*merge.merge_base), (&MergeStrategy::Predicted, &*fork));
    assert_eq!(merge.tree, comparison.head.tree);
    assert_eq!(comparison.head.commit, Some(repo.git(&["rev-parse", "feature"])));
    let base = comparison.base.as_ref().unwrap();
    assert_eq!(base.commit, Some(repo.git(&["rev-parse", "main"])));
    assert_eq!(text(base, "b.yaml"), "main\n");
    assert!(comparison.rules_tree.is_none());
    assert_eq!(comparison.rules_tree().commit, base.commit);
    // The prediction is what the merge then is.
    repo.git(&["merge", "-q", "--no-edit", "feature"]);
    assert_eq!(comparison.head.tree, Some(repo.git(&["rev-parse", "HEAD^{tree}"])));
}

#[test]
fn lines_of_one_file_are_merged_into_new_objects() {
    let repo = Repo::new();
    repo.write("a.yaml", "1\n2\n3\n4\n5\n6\n7\n8\n");
    repo.commit("fork");
    repo.git(&["checkout", "-q", "-b", "feature"]);
    repo.write("a.yaml", "1\n2\n3\n4\n5\n6\n7\nfeature\n");
    repo.commit("feature");
    repo.git(&["checkout", "-q", "main"]);
    repo.write("a.yaml", "main\n2\n3\n4\n5\n6\n7\n8\n");
    repo.commit("main");
    // Attributes in the work tree have no say.
    repo.write(".gitattributes", "* -merge\n");
    let comparison = repo.open(Head::Revision("feature"), Some("main")).unwrap();
    assert_eq!(text(&comparison.head, "a.yaml"), "main\n2\n3\n4\n5\n6\n7\nfeature\n");
}

#[test]
fn a_merge_that_conflicts_is_judged_against_the_merge_base() {
    let (repo, fork) = parted(true);
    let before = snapshot(&repo.root.join(".git"));
    let comparison = repo.open(Head::Revision("feature"), Some("main")).unwrap();
    assert_eq!(snapshot(&repo.root.join(".git")), before);
    let merge = comparison.merge.as_ref().unwrap();
    assert_eq!(merge.strategy, MergeStrategy::HeadAgainstMergeBase { conflicts: vec!["a.yaml".to_owned()] });
    assert_eq!((&*merge.merge_base, &merge.tree), (&*fork, &None));
    assert_eq!(text(&comparison.head, "a.yaml"), "one\nfeature\nthree\n");
    assert_eq!(comparison.base.as_ref().unwrap().commit.as_deref(), Some(&*fork));
    assert_eq!(comparison.rules_tree().commit, Some(repo.git(&["rev-parse", "main"])));
    assert_eq!(text(comparison.rules_tree(), "a.yaml"), "main\n");
}

#[test]
fn a_merge_driver_is_not_run() {
    let (repo, _) = parted(true);
    for scope in ["--local", "--global"] {
        repo.git(&["config", scope, "merge.ours.driver", "true"]);
        repo.git(&["config", scope, "merge.default", "ours"]);
    }
    repo.write(".gitattributes", "*.yaml merge=ours\n");
    repo.write(".git/info/attributes", "*.yaml merge=ours\n");
    let strategy = repo.open(Head::Revision("feature"), Some("main")).unwrap().merge.unwrap().strategy;
    assert!(matches!(strategy, MergeStrategy::HeadAgainstMergeBase { .. }), "{strategy:?}");
}

#[test]
fn a_merge_in_a_folder_whose_name_looks_like_a_list() {
    let (repo, _) = parted(false);
    let odd = repo.outside().join("a:b \"c");
    fs::rename(&repo.root, &odd).unwrap();
    let comparison = repo.open_at(&odd, Path::new("."), Head::Revision("feature"), Some("main")).unwrap();
    assert_eq!(comparison.merge.unwrap().strategy, MergeStrategy::Predicted);
}

#[test]
fn a_clone_that_borrows_objects() {
    let (repo, _) = parted(false);
    let clone = repo.outside().join("clone");
    repo.git(&["clone", "-q", "--shared", repo.root.to_str().unwrap(), clone.to_str().unwrap()]);
    let comparison =
        repo.open_at(&clone, Path::new("."), Head::Revision("origin/feature"), Some("origin/main")).unwrap();
    assert_eq!(text(&comparison.head, "b.yaml"), "main\n");
    assert_eq!(comparison.repository.unwrap().remote_url.as_deref(), repo.root.to_str());
}

#[test]
fn authors_are_everyone_in_the_commits_of_the_change() {
    let (repo, _) = parted(false);
    repo.git(&["checkout", "-q", "feature"]);
    let message =
        "pair\n\nBody text.\n\nCo-authored-by: Cid <cid@example.com>\nco-AUTHORED-by: Dot <dot@example.com>\n";
    repo.git(&["commit", "-q", "--allow-empty", "--author", "Bob <bob@example.com>", "-m", message]);
    // Somebody without name and address is nobody, and hides nobody.
    let tree = repo.git(&["rev-parse", "HEAD^{tree}"]);
    let parent = repo.git(&["rev-parse", "HEAD"]);
    let raw = format!(
        "tree {tree}\nparent {parent}\nauthor  <> 1 +0000\ncommitter  <> 1 +0000\n\nx\n\nCo-authored-by: Eve <eve@x>\n"
    );
    repo.write("../raw", &raw);
    let commit = repo.git(&["hash-object", "-t", "commit", "--literally", "-w", "../raw"]);
    repo.git(&["reset", "-q", "--hard", &commit]);
    let person = |name: &str, email: &str, kind| Author { name: name.to_owned(), email: email.to_owned(), kind };
    let expected = [
        person("Ann", "ann@example.com", AuthorKind::Author),
        person("Ann", "ann@example.com", AuthorKind::Committer),
        person("Bob", "bob@example.com", AuthorKind::Author),
        person("Cid", "cid@example.com", AuthorKind::CoAuthor),
        person("Dot", "dot@example.com", AuthorKind::CoAuthor),
        person("Eve", "eve@x", AuthorKind::CoAuthor),
    ];
    assert_eq!(repo.open(Head::Revision("feature"), Some("main")).unwrap().authors, expected);
    assert_eq!(repo.open(Head::WorkTree, Some("main")).unwrap().authors, expected);
    assert_eq!(repo.open(Head::WorkTree, Some("feature")).unwrap().authors, []);
}

#[test]
fn replace_references_and_grafts_change_nothing() {
    let (repo, fork) = parted(false);
    let feature = repo.git(&["rev-parse", "feature"]);
    let main = repo.git(&["rev-parse", "main"]);
    let blob = repo.git(&["rev-parse", "feature:c.yaml"]);
    let other = repo.git(&["rev-parse", "main:b.yaml"]);
    repo.git(&["replace", &feature, &main]);
    repo.git(&["replace", &blob, &other]);
    // The graft would cut feature off, so that there were no merge base.
    repo.write(".git/info/grafts", &format!("{feature}\n"));
    let comparison = repo.open(Head::Revision("feature"), Some("main")).unwrap();
    assert_eq!(text(&comparison.head, "c.yaml"), "c\n");
    assert_eq!(comparison.merge.unwrap().merge_base, fork);
    let alone = repo.open(Head::Revision("feature"), None).unwrap();
    assert_eq!(text(&alone.head, "a.yaml"), "one\nfeature\nthree\n");
}

#[test]
fn sha256_repositories() {
    let repo = Repo::with(&["--object-format=sha256"]);
    repo.write("a.yaml", "a");
    repo.git(&["add", "a.yaml"]);
    let unborn = repo.open(Head::Staged, None).unwrap();
    assert_eq!(unborn.base.unwrap().tree.unwrap().len(), 64);
    repo.commit("one");
    repo.git(&["checkout", "-q", "-b", "feature"]);
    repo.write("a.yaml", "feature");
    repo.write("empty.yaml", "");
    repo.commit("two");
    repo.git(&["checkout", "-q", "main"]);
    repo.write("b.yaml", "b");
    repo.commit("three");
    repo.write("intended.yaml", "i");
    repo.git(&["add", "-N", "intended.yaml"]);
    let comparison = repo.open(Head::Revision("feature"), Some("main")).unwrap();
    assert_eq!(comparison.head.commit.as_ref().unwrap().len(), 64);
    assert_eq!(text(&comparison.head, "a.yaml"), "feature");
    assert_eq!(text(&comparison.head, "b.yaml"), "b");
    assert_eq!(paths(&repo.open(Head::Staged, None).unwrap().head), ["a.yaml", "b.yaml"]);
}

#[cfg(unix)]
#[test]
fn kinds_come_from_the_tree() {
    use std::os::unix::fs::PermissionsExt as _;
    let repo = Repo::new();
    repo.write("run.sh", "#!/bin/sh\n");
    repo.write("a.yaml", "a");
    fs::set_permissions(repo.root.join("run.sh"), fs::Permissions::from_mode(0o755)).unwrap();
    repo.commit("one");
    for head in [Head::WorkTree, Head::Staged, Head::Revision("HEAD")] {
        let tree = repo.open(head, None).unwrap().head;
        assert_eq!(tree.get("run.sh").unwrap().kind, FileKind::Executable);
        assert_eq!(tree.get("a.yaml").unwrap().kind, FileKind::Regular);
    }
}

#[test]
fn a_shallow_clone_that_reaches_the_merge_base() {
    let (repo, _) = parted(false);
    repo.write("d.yaml", "d");
    repo.commit("more");
    let clone = repo.outside().join("clone");
    let url = format!("file://{}", repo.root.display());
    repo.git(&["fetch", "-q", ".", "main:newer"]);
    repo.git(&["checkout", "-q", "feature"]);
    repo.git(&["merge", "-q", "--no-edit", "newer"]);
    repo.git(&["checkout", "-q", "main"]);
    repo.write("e.yaml", "e");
    repo.commit("and more");
    repo.git(&["clone", "-q", "--depth=2", "--no-single-branch", &url, clone.to_str().unwrap()]);
    assert!(clone.join(".git/shallow").exists());
    let open = || repo.open_at(&clone, Path::new("."), Head::Revision("origin/feature"), Some("origin/main"));
    let comparison = open().unwrap();
    assert_eq!(comparison.merge.as_ref().unwrap().strategy, MergeStrategy::Predicted);
    assert_eq!(paths(&comparison.head), ["a.yaml", "b.yaml", "c.yaml", "d.yaml", "e.yaml"]);
    repo.git_at(&clone, &["fetch", "-q", "--unshallow"]);
    assert_eq!(open().unwrap().head, comparison.head);
}

#[test]
fn a_bare_repository_has_revisions() {
    let (repo, _) = parted(false);
    let bare = repo.outside().join("bare.git");
    repo.git(&["clone", "-q", "--bare", repo.root.to_str().unwrap(), bare.to_str().unwrap()]);
    let comparison = repo.open_at(&bare, Path::new("."), Head::Revision("feature"), Some("main")).unwrap();
    assert_eq!(paths(&comparison.head), ["a.yaml", "b.yaml", "c.yaml"]);
    assert_eq!(comparison.root.canonicalize().unwrap(), bare);
    for (head, base) in [(Head::WorkTree, None), (Head::Staged, None), (Head::WorkTree, Some("main"))] {
        let error = repo.open_at(&bare, Path::new("."), head, base).unwrap_err();
        assert!(matches!(error, SourceError::NoWorkTree { .. }), "{error:?}");
    }
    let error = repo.open_at(&repo.root, Path::new(".git"), Head::WorkTree, None).unwrap_err();
    assert!(matches!(error, SourceError::NoWorkTree { .. }), "{error:?}");
}
