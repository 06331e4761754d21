use miette::Diagnostic as _;

use super::*;

fn help(error: &SourceError) -> String {
    error.help().unwrap().to_string()
}

#[test]
fn contradictions() {
    let repo = Repo::new();
    repo.commit("one");
    let error = repo.open(Head::Staged, Some("main")).unwrap_err();
    assert!(matches!(error, SourceError::StagedWithBase));
    assert_eq!(error.class(), ErrorClass::Usage);
    let error = repo.open(Head::WorkTree, Some("")).unwrap_err();
    assert!(matches!(error, SourceError::EmptyRevision { option: "--base" }));
    let error = repo.open(Head::Revision(" "), None).unwrap_err();
    assert!(matches!(error, SourceError::EmptyRevision { option: "--head" }));
    repo.write("dir/a.yaml", "a");
    let error = repo.open(Head::Revision("HEAD"), Some("dir")).unwrap_err();
    assert!(matches!(error, SourceError::FolderWithHead { .. }));
}

#[test]
fn paths_that_are_not_there() {
    let repo = Repo::new();
    repo.write("file", "x");
    let open = |path: &str, base| repo.open_at(&repo.root, Path::new(path), Head::WorkTree, base).unwrap_err();
    assert!(matches!(open("missing", None), SourceError::PathMissing { .. }));
    assert!(matches!(open("file/below", None), SourceError::PathMissing { .. }));
    assert!(matches!(open("file", None), SourceError::PathNotFolder { .. }));
    assert!(matches!(open(".", Some("./missing")), SourceError::PathMissing { .. }));
}

#[test]
fn a_base_that_is_a_revision_and_a_folder() {
    let repo = Repo::new();
    repo.write("main/a.yaml", "a");
    repo.commit("one");
    let error = repo.open(Head::WorkTree, Some("main")).unwrap_err();
    assert!(matches!(error, SourceError::AmbiguousBase { .. }));
    assert!(help(&error).contains("./main") && help(&error).contains("refs/heads/main"));
    let folder = repo.open(Head::WorkTree, Some("./main")).unwrap();
    assert!(folder.repository.is_none());
    assert_eq!(paths(folder.base.as_ref().unwrap()), ["a.yaml"]);
    let revision = repo.open(Head::WorkTree, Some("refs/heads/main")).unwrap();
    assert_eq!(paths(revision.base.as_ref().unwrap()), ["main/a.yaml"]);
    // From another working directory there is no such folder.
    let elsewhere = repo.open_at(&repo.root.join("main"), Path::new("."), Head::WorkTree, Some("main")).unwrap();
    assert!(elsewhere.repository.is_some());
}

#[test]
fn a_tag_does_not_shadow_a_branch() {
    let repo = Repo::new();
    repo.write("a.yaml", "a");
    repo.commit("one");
    repo.git(&["checkout", "-q", "-b", "feature"]);
    repo.commit("two");
    repo.git(&["tag", "main"]);
    repo.git(&["config", "core.warnAmbiguousRefs", "false"]);
    let error = repo.open(Head::WorkTree, Some("main")).unwrap_err();
    assert!(matches!(&error, SourceError::AmbiguousReference { revision } if revision == "main"), "{error:?}");
    assert!(help(&error).contains("refs/heads/main"));
    repo.open(Head::WorkTree, Some("refs/heads/main")).unwrap();
}

#[test]
fn unknown_revisions() {
    let repo = Repo::new();
    repo.write("a.yaml", "a");
    let commit = repo.commit("one");
    repo.git(&["update-ref", "refs/remotes/origin/release", &commit]);
    let error = repo.open(Head::WorkTree, Some("release")).unwrap_err();
    assert!(
        help(&error).contains("`origin/release`") && help(&error).contains("git fetch origin release"),
        "{error:?}"
    );
    let error = repo.open(Head::WorkTree, Some("origin/gone")).unwrap_err();
    assert!(help(&error).contains("git fetch origin gone"), "{}", help(&error));
    assert_eq!(error.class(), ErrorClass::Git);
    let tree = format!("{commit}^{{tree}}");
    for name in
        ["-h", "--all", "--help", "^main", "main..HEAD", "main:a.yaml", "a\0b", "a\nb", "@{", &tree, &"0".repeat(40)]
    {
        let error = repo.open(Head::Revision(name), None).unwrap_err();
        assert!(
            matches!(&error, SourceError::UnknownRevision { revision, .. } if revision == name),
            "{name}: {error:?}"
        );
        assert!(repo.open(Head::WorkTree, Some(name)).is_err(), "{name}");
    }
}

#[test]
fn a_branch_whose_name_starts_with_a_dash_is_no_option() {
    let repo = Repo::new();
    repo.write("a.yaml", "a");
    let commit = repo.commit("one");
    repo.git(&["update-ref", "refs/heads/--all", &commit]);
    assert_eq!(repo.open(Head::Revision("--all"), None).unwrap().head.commit, Some(commit));
}

#[test]
fn before_the_first_commit() {
    let repo = Repo::new();
    repo.write("a.yaml", "a");
    for (head, base) in [(Head::Revision("HEAD"), None), (Head::WorkTree, Some("HEAD"))] {
        let error = repo.open(head, base).unwrap_err();
        assert!(matches!(error, SourceError::UnbornHead), "{error:?}");
        assert!(help(&error).contains("--staged"));
    }
    let error = repo.open(Head::Revision("main"), None).unwrap_err();
    assert!(matches!(error, SourceError::UnknownRevision { .. }));
    let other = Repo::new();
    other.commit("one");
    repo.git(&["fetch", "-q", other.root.to_str().unwrap(), "main:there"]);
    let error = repo.open(Head::WorkTree, Some("there")).unwrap_err();
    assert!(matches!(error, SourceError::UnbornHead), "{error:?}");
}

#[test]
fn outside_of_a_repository() {
    let repo = Repo::empty();
    let error = repo.open(Head::Revision("main"), None).unwrap_err();
    assert!(matches!(error, SourceError::NotARepository { .. }));
    assert!(matches!(repo.open(Head::Staged, None).unwrap_err(), SourceError::NotARepository { .. }));
    assert!(matches!(repo.open(Head::WorkTree, Some("main")).unwrap_err(), SourceError::BaseMissing { .. }));
    // A broken link to a repository is not taken for a plain folder.
    repo.write(".git", "gitdir: /nowhere\n");
    assert!(matches!(repo.open(Head::WorkTree, None).unwrap_err(), SourceError::GitFailed { .. }));
}

#[test]
fn no_common_ancestor() {
    let repo = Repo::new();
    repo.write("a.yaml", "a");
    repo.commit("one");
    repo.git(&["checkout", "-q", "--orphan", "other"]);
    repo.commit("unrelated");
    for head in [Head::WorkTree, Head::Revision("other")] {
        let error = repo.open(head, Some("main")).unwrap_err();
        assert!(matches!(error, SourceError::NoMergeBase { shallow: false, .. }), "{error:?}");
        assert_eq!(error.class(), ErrorClass::Git);
        assert!(help(&error).contains("fetch-depth: 0"));
    }
}

#[test]
fn a_shallow_clone_names_how_to_fetch_more() {
    let repo = Repo::new();
    repo.write("a.yaml", "a");
    repo.commit("fork");
    repo.git(&["checkout", "-q", "-b", "feature"]);
    repo.commit("feature");
    repo.git(&["checkout", "-q", "main"]);
    repo.commit("main");
    let clone = repo.outside().join("clone");
    let url = format!("file://{}", repo.root.display());
    repo.git(&["clone", "-q", "--depth=1", "--no-single-branch", &url, clone.to_str().unwrap()]);
    for head in [Head::WorkTree, Head::Revision("origin/feature")] {
        let base = if head == Head::WorkTree { "origin/feature" } else { "origin/main" };
        let error = repo.open_at(&clone, Path::new("."), head, Some(base)).unwrap_err();
        assert!(matches!(error, SourceError::NoMergeBase { shallow: true, .. }), "{error:?}");
        assert!(help(&error).contains("fetch-depth: 0") && help(&error).contains("git fetch --unshallow"));
    }
    repo.open_at(&clone, Path::new("."), Head::Revision("HEAD"), None).unwrap();
}

#[test]
fn a_partial_clone_is_not_fetched_into() {
    let repo = Repo::new();
    repo.write("a.yaml", "old");
    repo.commit("one");
    repo.write("a.yaml", "new");
    repo.commit("two");
    repo.git(&["config", "uploadpack.allowFilter", "true"]);
    let url = format!("file://{}", repo.root.display());
    for filter in ["blob:none", "tree:0"] {
        let clone = repo.outside().join(filter.replace(':', "-"));
        let filtered = format!("--filter={filter}");
        repo.git(&["clone", "-q", &filtered, &url, clone.to_str().unwrap()]);
        let before = snapshot(&clone.join(".git"));
        let error = repo.open_at(&clone, Path::new("."), Head::WorkTree, Some("HEAD~1")).unwrap_err();
        assert!(matches!(error, SourceError::MissingObjects { .. }), "{filter}: {error:?}");
        assert!(help(&error).contains("--filter"));
        assert_eq!(snapshot(&clone.join(".git")), before);
        repo.open_at(&clone, Path::new("."), Head::Staged, None).unwrap();
    }
}

#[test]
fn a_damaged_object_is_an_error() {
    let repo = Repo::new();
    repo.write("a.yaml", "a");
    repo.commit("one");
    let blob = repo.git(&["rev-parse", "HEAD:a.yaml"]);
    let object = repo.root.join(".git/objects").join(&blob[..2]).join(&blob[2..]);
    fs::remove_file(&object).unwrap();
    fs::write(&object, b"not zlib").unwrap();
    let error = repo.open(Head::Revision("HEAD"), None).unwrap_err();
    assert!(error.class() == ErrorClass::Git, "{error:?}");
    assert!(help(&error).contains("git fsck"));
}

#[cfg(unix)]
#[test]
fn an_old_git_is_named_when_a_merge_is_asked_for() {
    use std::os::unix::fs::PermissionsExt as _;
    let repo = Repo::new();
    repo.write("a.yaml", "a");
    repo.commit("one");
    let real = repo.env().program().unwrap();
    let bin = repo.home.join("bin");
    fs::create_dir(&bin).unwrap();
    let script = format!(
        "#!/bin/sh\nfor word; do [ \"$word\" = version ] && echo 'git version 2.34.1' && exit; done\nexec {} \"$@\"\n",
        real.display()
    );
    fs::write(bin.join("git"), script).unwrap();
    fs::set_permissions(bin.join("git"), fs::Permissions::from_mode(0o755)).unwrap();
    let variables = repo.variables().into_iter().filter(|(name, _)| name != "PATH");
    let env_old = GitEnv::new(variables.chain([("PATH".into(), bin.clone().into())]), repo.home.join("tmp"));
    let request = Request {
        cwd: &repo.root,
        path: Path::new("."),
        base: Some("main"),
        head: Head::Revision("main"),
        read_limit: 1000,
        env: &env_old,
    };
    let error = open(&request).unwrap_err();
    assert!(error.to_string().starts_with("git version 2.34.1 is too old for predicting a merge"), "{error}");
    assert!(help(&error).contains("2.38"));
    open(&Request { head: Head::WorkTree, ..request }).unwrap();
}

#[cfg(unix)]
#[test]
fn a_repository_of_another_user_is_not_trusted() {
    let repo = Repo::new();
    repo.write("a.yaml", "a");
    repo.commit("one");
    // Only a superuser gives files away.
    if [repo.root.clone(), repo.root.join(".git")].iter().any(|it| std::os::unix::fs::chown(it, Some(1), None).is_err())
    {
        return;
    }
    let error = repo.open(Head::WorkTree, None).unwrap_err();
    assert!(matches!(&error, SourceError::DubiousOwnership { path } if *path == repo.root), "{error:?}");
    assert!(help(&error).contains("safe.directory"));
}

#[test]
fn versions() {
    use crate::source::git::version;
    assert_eq!(version("git version 2.47.3"), Some((2, 47)));
    assert_eq!(version("git version 2.39.5 (Apple Git-154)"), Some((2, 39)));
    assert_eq!(version("git version 3.0-rc1"), Some((3, 0)));
    assert_eq!(version("something else"), None);
}
