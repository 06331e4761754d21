use super::*;

#[test]
fn tracked_files_even_if_ignored_and_others_unless_ignored() {
    let repo = Repo::new();
    repo.write(".gitignore", "*.log\nbuild/\n");
    repo.write("tracked.log", "tracked");
    repo.write("gone.yaml", "gone");
    repo.write("kept.yaml", "committed");
    repo.git(&["add", "-f", "tracked.log"]);
    repo.commit("one");
    repo.write("kept.yaml", "changed");
    repo.write("new/file.yaml", "new");
    repo.write("ignored.log", "ignored");
    repo.write("build/out", "ignored");
    fs::remove_file(repo.root.join("gone.yaml")).unwrap();
    let comparison = repo.open(Head::WorkTree, None).unwrap();
    assert_eq!(paths(&comparison.head), [".gitignore", "kept.yaml", "new/file.yaml", "tracked.log"]);
    assert_eq!(text(&comparison.head, "kept.yaml"), "changed");
    assert_eq!(comparison.root, repo.root);
    assert_eq!(comparison.rules, RulesFrom::Head);
    assert!(comparison.base.is_none() && comparison.head.commit.is_none());
    assert_eq!(comparison.rules_tree().files, comparison.head.files);
}

#[test]
fn our_own_evidence_belongs_to_no_tree_unless_it_is_committed() {
    let repo = Repo::new();
    repo.write(".countersign/evidence/log/0", "x");
    repo.write(".countersign/evidence-of.yaml", "x");
    repo.write(".countersign/rules.yaml", "x");
    repo.commit("one");
    repo.write(".countersign/evidence/new", "x");
    for head in [Head::WorkTree, Head::Staged, Head::Revision("HEAD")] {
        let comparison = repo.open(head, None).unwrap();
        let listed = [".countersign/evidence-of.yaml", ".countersign/evidence/log/0", ".countersign/rules.yaml"];
        assert_eq!(paths(&comparison.head), listed, "{head:?}");
    }
}

#[test]
fn a_subfolder_stands_for_the_whole_work_tree() {
    let repo = Repo::new();
    repo.write("a.yaml", "a");
    repo.write("sub/deep/b.yaml", "b");
    repo.commit("one");
    repo.write("sub/c.yaml", "c");
    for (cwd, path) in [("", "sub/deep"), ("sub", "deep"), ("sub/deep", "."), ("sub", "..")] {
        let comparison = repo.open_at(&repo.root.join(cwd), Path::new(path), Head::WorkTree, None).unwrap();
        assert_eq!(comparison.root, repo.root);
        assert_eq!(paths(&comparison.head), ["a.yaml", "sub/c.yaml", "sub/deep/b.yaml"]);
    }
    let staged = repo.open_at(&repo.root.join("sub"), Path::new("deep"), Head::Staged, None).unwrap();
    assert_eq!(paths(&staged.head), ["a.yaml", "sub/deep/b.yaml"]);
    let revision = repo.open_at(&repo.root, Path::new("sub"), Head::Revision("HEAD"), None).unwrap();
    assert_eq!(paths(&revision.head), ["a.yaml", "sub/deep/b.yaml"]);
}

#[test]
fn with_a_base_revision_it_is_compared_with_the_merge_base() {
    let repo = Repo::new();
    repo.write("a.yaml", "old");
    repo.write("rules.yaml", "old rules");
    let fork = repo.commit("fork");
    repo.git(&["checkout", "-q", "-b", "feature"]);
    repo.write("a.yaml", "feature");
    repo.commit("feature");
    repo.git(&["checkout", "-q", "main"]);
    repo.write("rules.yaml", "new rules");
    let tip = repo.commit("main goes on");
    repo.git(&["checkout", "-q", "feature"]);
    repo.write("b.yaml", "not committed");
    let comparison = repo.open(Head::WorkTree, Some("main")).unwrap();
    let base = comparison.base.as_ref().unwrap();
    assert_eq!(base.commit.as_deref(), Some(&*fork));
    assert_eq!(text(base, "a.yaml"), "old");
    assert_eq!(text(&comparison.head, "a.yaml"), "feature");
    assert_eq!(text(&comparison.head, "b.yaml"), "not committed");
    assert_eq!(comparison.rules, RulesFrom::Base);
    assert_eq!(comparison.rules_tree().commit.as_deref(), Some(&*tip));
    assert_eq!(text(comparison.rules_tree(), "rules.yaml"), "new rules");
    let merge = comparison.merge.as_ref().unwrap();
    assert_eq!((&merge.strategy, &*merge.merge_base), (&MergeStrategy::MergeBase, &*fork));
    // Where the base has not moved on there is no third tree.
    let comparison = repo.open(Head::WorkTree, Some(&fork)).unwrap();
    assert!(comparison.rules_tree.is_none());
    assert_eq!(text(comparison.rules_tree(), "rules.yaml"), "old rules");
}

#[test]
fn equal_bytes_are_kept_once() {
    let repo = Repo::new();
    repo.write("a.yaml", "same");
    repo.write("copy/b.yaml", "same");
    repo.commit("one");
    let comparison = repo.open(Head::WorkTree, Some("HEAD")).unwrap();
    let head = comparison.head.get("a.yaml").unwrap().bytes().unwrap();
    let copy = comparison.head.get("copy/b.yaml").unwrap().bytes().unwrap();
    let base = comparison.base.as_ref().unwrap().get("a.yaml").unwrap().bytes().unwrap();
    assert!(Arc::ptr_eq(head, base) && Arc::ptr_eq(head, copy));
    assert!(comparison.head.get("b.yaml").is_none() && comparison.head.get("zzz").is_none());
}

#[test]
fn submodules_and_nested_repositories_are_named_and_not_read() {
    let repo = Repo::new();
    let other = Repo::new();
    other.write("inside.yaml", "x");
    let pinned = other.commit("one");
    repo.git(&["submodule", "add", "-q", other.root.to_str().unwrap(), "mod"]);
    repo.commit("submodule");
    fs::create_dir(repo.root.join("nested")).unwrap();
    repo.git(&["init", "-q", "nested"]);
    repo.write("nested/file.yaml", "x");
    repo.git_at(&repo.root.join("nested"), &["add", "file.yaml"]);
    repo.git_at(&repo.root.join("nested"), &["commit", "-qm", "x"]);
    let unborn = repo.root.join("unborn");
    fs::create_dir(&unborn).unwrap();
    repo.git(&["init", "-q", "unborn"]);
    repo.write("unborn/file.yaml", "x");
    let comparison = repo.open(Head::WorkTree, Some("HEAD")).unwrap();
    assert_eq!(paths(&comparison.head), [".gitmodules", "mod", "nested", "unborn"]);
    let module = comparison.head.get("mod").unwrap();
    assert_eq!(module.kind, FileKind::Submodule { commit: pinned.clone() });
    assert_eq!(module.content, Content::NotRead(NotRead::Submodule));
    assert_eq!(comparison.head.get("nested").unwrap().kind, FileKind::Submodule { commit: String::new() });
    assert_eq!(comparison.base.unwrap().get("mod").unwrap().kind, FileKind::Submodule { commit: pinned });
    // A path below the nested repository means that one.
    let nested = repo.open_at(&repo.root, Path::new("nested"), Head::WorkTree, None).unwrap();
    assert_eq!(paths(&nested.head), ["file.yaml"]);
}

#[cfg(unix)]
#[test]
fn links_are_not_followed() {
    use std::os::unix::fs::symlink;
    let repo = Repo::new();
    repo.write("dir/real.yaml", "real");
    symlink("dir/real.yaml", repo.root.join("in")).unwrap();
    symlink("../../home", repo.root.join("dir/out")).unwrap();
    symlink("/etc/passwd", repo.root.join("absolute")).unwrap();
    symlink("dir/out/secret", repo.root.join("roundabout")).unwrap();
    symlink("dir", repo.root.join("folder")).unwrap();
    repo.commit("links");
    for head in [Head::WorkTree, Head::Staged, Head::Revision("HEAD")] {
        let tree = repo.open(head, None).unwrap().head;
        assert_eq!(paths(&tree), ["absolute", "dir/out", "dir/real.yaml", "folder", "in", "roundabout"], "{head:?}");
        for (path, target, inside) in [
            ("in", "dir/real.yaml", true),
            ("folder", "dir", true),
            ("dir/out", "../../home", false),
            ("absolute", "/etc/passwd", false),
            ("roundabout", "dir/out/secret", false),
        ] {
            let file = tree.get(path).unwrap();
            assert_eq!(file.kind, FileKind::Symlink { target: target.to_owned() });
            assert_eq!(file.content, Content::NotRead(NotRead::Link { inside }), "{path}");
        }
    }
}

#[cfg(unix)]
#[test]
fn a_tracked_file_below_a_link_is_gone() {
    let repo = Repo::new();
    repo.write("dir/a.yaml", "tracked");
    repo.commit("one");
    fs::remove_dir_all(repo.root.join("dir")).unwrap();
    let elsewhere = repo.outside().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    fs::write(elsewhere.join("a.yaml"), "from outside").unwrap();
    std::os::unix::fs::symlink(&elsewhere, repo.root.join("dir")).unwrap();
    let tree = repo.open(Head::WorkTree, None).unwrap().head;
    assert_eq!(shown(&tree).into_iter().collect::<Vec<_>>(), [("dir", "Link { inside: false }".to_owned())]);
}

#[cfg(unix)]
#[test]
fn names_that_are_not_utf8() {
    use std::os::unix::ffi::OsStrExt as _;
    let repo = Repo::new();
    let name = std::ffi::OsStr::from_bytes(b"caf\xe9.yaml");
    if fs::write(repo.root.join(name), "x").is_err() {
        return; // this file system has UTF-8 names only
    }
    repo.write("caf\u{fffd}.yaml", "honest");
    repo.write("tab\tline\nquote\".yaml", "odd");
    repo.commit("one");
    for head in [Head::WorkTree, Head::Staged, Head::Revision("HEAD")] {
        let tree = repo.open(head, None).unwrap().head;
        assert_eq!(paths(&tree), ["caf\u{fffd}.yaml", "caf\u{fffd}.yaml", "tab\tline\nquote\".yaml"]);
        assert!(tree.get("caf\u{fffd}.yaml").unwrap().bytes().is_some(), "the honest name is found first");
        assert_eq!(tree.files[1].content, Content::NotRead(NotRead::PathNotUtf8));
        assert_eq!(tree.files[1].kind, FileKind::Regular);
    }
}

#[test]
fn a_file_over_the_limit_is_listed_and_not_read() {
    let repo = Repo::new();
    repo.write("big.yaml", &"x".repeat(1001));
    repo.write("fits.yaml", &"x".repeat(1000));
    repo.write("next.yaml", "y");
    repo.commit("one");
    for head in [Head::WorkTree, Head::Staged, Head::Revision("HEAD")] {
        let tree = repo.open(head, None).unwrap().head;
        assert_eq!(tree.get("big.yaml").unwrap().content, Content::NotRead(NotRead::TooLarge { bytes: 1001 }));
        assert_eq!(text(&tree, "fits.yaml").len(), 1000);
        assert_eq!(text(&tree, "next.yaml"), "y");
    }
}

#[cfg(unix)]
#[test]
fn what_cannot_be_read_is_an_entry_that_says_so() {
    let repo = Repo::new();
    repo.write("pipe.yaml", "x");
    repo.write("folder.yaml", "x");
    repo.commit("one");
    fs::remove_file(repo.root.join("pipe.yaml")).unwrap();
    assert!(Command::new("mkfifo").arg(repo.root.join("pipe.yaml")).status().unwrap().success());
    // Git calls a file gone that a folder has taken the place of.
    fs::remove_file(repo.root.join("folder.yaml")).unwrap();
    repo.write("folder.yaml/inside", "y");
    let tree = repo.open(Head::WorkTree, None).unwrap().head;
    assert_eq!(paths(&tree), ["folder.yaml/inside", "pipe.yaml"]);
    let reason = "not a regular file".to_owned();
    assert_eq!(tree.get("pipe.yaml").unwrap().content, Content::NotRead(NotRead::Unreadable { reason }));
}

#[test]
fn a_sparse_checkout_leaves_nothing_out() {
    let repo = Repo::new();
    repo.write("in/a.yaml", "a");
    repo.write("out/b.yaml", "b");
    repo.write("out/c.yaml", "c");
    repo.commit("one");
    repo.git(&["sparse-checkout", "set", "in"]);
    assert!(!repo.root.join("out").exists());
    repo.write("out/c.yaml", "written over");
    let tree = repo.open(Head::WorkTree, None).unwrap().head;
    assert_eq!(paths(&tree), ["in/a.yaml", "out/b.yaml", "out/c.yaml"]);
    assert_eq!(text(&tree, "out/b.yaml"), "b");
    assert_eq!(text(&tree, "out/c.yaml"), "written over");
}

#[test]
fn linked_work_trees_share_the_repository() {
    let repo = Repo::new();
    repo.write("a.yaml", "main");
    repo.commit("one");
    let linked = repo.outside().join("linked");
    repo.git(&["worktree", "add", "-q", "-b", "side", linked.to_str().unwrap()]);
    fs::write(linked.join("a.yaml"), "linked").unwrap();
    let comparison = repo.open_at(&linked, Path::new("."), Head::WorkTree, Some("main")).unwrap();
    assert_eq!(comparison.root, linked);
    assert_eq!(paths(&comparison.head), ["a.yaml"]);
    assert_eq!(text(&comparison.head, "a.yaml"), "linked");
    assert_eq!(comparison.repository.unwrap().git_common_dir, repo.root.join(".git"));
}

#[test]
fn conversions_do_not_apply() {
    let repo = Repo::new();
    repo.write(".gitattributes", "*.yaml text eol=crlf ident filter=spoil\n");
    repo.write("a.yaml", "one\n$Id$\n");
    repo.commit("one");
    repo.git(&["config", "filter.spoil.smudge", "echo spoiled"]);
    repo.git(&["config", "filter.spoil.clean", "echo spoiled"]);
    repo.git(&["config", "core.autocrlf", "true"]);
    let comparison = repo.open(Head::WorkTree, Some("HEAD")).unwrap();
    assert_eq!(text(&comparison.head, "a.yaml"), "one\n$Id$\n");
    assert_eq!(text(comparison.base.as_ref().unwrap(), "a.yaml"), "one\n$Id$\n");
}

#[cfg(unix)]
#[test]
fn nothing_that_the_repository_configures_is_run() {
    use std::os::unix::fs::PermissionsExt as _;
    let repo = Repo::new();
    repo.write("a.yaml", "a");
    repo.commit("one");
    let trap = repo.home.join("trap");
    fs::write(&trap, format!("#!/bin/sh\ntouch {}\n", repo.home.join("sprung").display())).unwrap();
    fs::set_permissions(&trap, fs::Permissions::from_mode(0o755)).unwrap();
    for key in ["core.fsmonitor", "core.pager", "core.sshCommand", "merge.spoil.driver", "diff.external"] {
        repo.git(&["config", key, trap.to_str().unwrap()]);
    }
    repo.git(&["config", "core.hooksPath", repo.home.to_str().unwrap()]);
    repo.write(".gitattributes", "* merge=spoil diff=spoil filter=spoil\n");
    for (head, base) in [(Head::WorkTree, None), (Head::Staged, None), (Head::WorkTree, Some("HEAD"))] {
        repo.open(head, base).unwrap();
    }
    assert!(!repo.home.join("sprung").exists());
}

#[test]
fn the_configured_person_is_an_author_of_the_work_tree() {
    let repo = Repo::new();
    repo.write("a.yaml", "a");
    repo.commit("one");
    assert_eq!(repo.open(Head::WorkTree, None).unwrap().authors, []);
    repo.git(&["config", "user.email", "Bob@example.com"]);
    repo.git(&["config", "user.name", "Bob"]);
    repo.git(&["remote", "add", "origin", "https://token@example.com/a/b.git"]);
    let bob = Author { name: "Bob".to_owned(), email: "Bob@example.com".to_owned(), kind: AuthorKind::WorkTree };
    for head in [Head::WorkTree, Head::Staged] {
        let comparison = repo.open(head, None).unwrap();
        assert_eq!(comparison.authors, std::slice::from_ref(&bob));
        assert_eq!(comparison.repository.unwrap().remote_url.as_deref(), Some("https://example.com/a/b.git"));
    }
    assert_eq!(repo.open(Head::Revision("HEAD"), None).unwrap().authors, []);
}
