use super::*;

fn objects(repo: &Repo) -> Objects {
    repo.open(Head::WorkTree, None).unwrap().repository.unwrap().objects
}

/// A repository that has the objects of another one's commit, and no reference to it.
fn with_commit_of_another() -> (Repo, Repo, String) {
    let (repo, other) = (Repo::new(), Repo::new());
    repo.write("own.yaml", "own");
    repo.commit("own");
    other.write("rules/a.yaml", "a");
    other.write("rules/deep/b.yaml", "b");
    other.write("rulesets.yaml", "c");
    let commit = other.commit("rules");
    repo.git(&["fetch", "-q", "--depth=1", other.root.to_str().unwrap(), &commit]);
    (repo, other, commit)
}

#[test]
fn a_commit_that_was_fetched_is_read_whatever_is_checked_out() {
    let (repo, _other, commit) = with_commit_of_another();
    let tree = objects(&repo).files(&commit, None).unwrap().unwrap();
    assert_eq!(
        shown(&tree).keys().copied().collect::<Vec<_>>(),
        ["rules/a.yaml", "rules/deep/b.yaml", "rulesets.yaml"]
    );
    assert_eq!(tree.commit.as_deref(), Some(&*commit));
    let tree = objects(&repo).files(&commit, Some("rules")).unwrap().unwrap();
    assert_eq!(shown(&tree).keys().copied().collect::<Vec<_>>(), ["rules/a.yaml", "rules/deep/b.yaml"]);
    assert!(objects(&repo).files(&commit, Some("nowhere")).unwrap().unwrap().files.is_empty());
}

#[test]
fn a_commit_that_is_not_here_is_nothing() {
    let (repo, other, commit) = with_commit_of_another();
    other.write("more.yaml", "d");
    let later = other.commit("more");
    assert_eq!(objects(&repo).files(&later, None).unwrap(), None);
    // Neither an abbreviation nor a tag stands for it.
    assert_eq!(objects(&repo).files(&commit[..12], None).unwrap(), None);
    repo.git(&["tag", "-a", "-m", "x", "release", &commit]);
    let tag = repo.git(&["rev-parse", "release"]);
    assert_eq!(objects(&repo).files(&tag, None).unwrap(), None);
    // Nor does an object of another kind.
    let tree = repo.git(&["rev-parse", &format!("{commit}^{{tree}}")]);
    assert_eq!(objects(&repo).files(&tree, None).unwrap(), None);
}

#[test]
fn nothing_stands_for_a_commit_by_replacement() {
    let (repo, _other, commit) = with_commit_of_another();
    let own = repo.git(&["rev-parse", "HEAD"]);
    repo.git(&["replace", &commit, &own]);
    let tree = objects(&repo).files(&commit, None).unwrap().unwrap();
    assert!(tree.get("rules/a.yaml").is_some() && tree.get("own.yaml").is_none());
}

#[test]
fn a_commit_of_which_a_part_lacks_is_an_error() {
    let (repo, _other, commit) = with_commit_of_another();
    let blob = repo.git(&["rev-parse", &format!("{commit}:rules/a.yaml")]);
    let loose = repo.root.join(".git/objects").join(&blob[..2]).join(&blob[2..]);
    if !loose.exists() {
        explode(&repo);
    }
    fs::remove_file(&loose).unwrap();
    let error = objects(&repo).files(&commit, None).unwrap_err();
    assert!(matches!(error, SourceError::MissingObjects { .. }), "{error}");
}

/// Makes a file of every object.
fn explode(repo: &Repo) {
    let folder = repo.root.join(".git/objects/pack");
    let packs: Vec<PathBuf> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    let aside = repo.home.join("aside");
    fs::create_dir_all(&aside).unwrap();
    for pack in &packs {
        fs::rename(pack, aside.join(pack.file_name().unwrap())).unwrap();
    }
    for pack in packs.iter().filter(|pack| pack.extension().is_some_and(|ending| ending == "pack")) {
        let file = fs::File::open(aside.join(pack.file_name().unwrap())).unwrap();
        let status = repo.command(&repo.root).args(["unpack-objects", "-q"]).stdin(file).status().unwrap();
        assert!(status.success());
    }
}
