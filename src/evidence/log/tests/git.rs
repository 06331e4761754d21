//! What a git reference does besides what every storage does, with real git.

use std::fs;
use std::path::Path;

use super::kinds::{Kind as _, References, Repositories};
use super::*;

const REFERENCE: &str = "refs/countersign/evidence";

fn told(error: &(impl miette::Diagnostic + ?Sized)) -> String {
    format!("{error}: {}", error.help().unwrap())
}

/// A bare repository, and two clones of it.
fn clones() -> (Repositories, [std::path::PathBuf; 2]) {
    let repositories = Repositories::new();
    let work = repositories.make("work", &[]);
    repositories.git(&work, &["commit", "-q", "--allow-empty", "-m", "one"]);
    repositories.git(&work, &["commit", "-q", "--allow-empty", "-m", "two"]);
    repositories.git(&repositories.path(""), &["clone", "-q", "--bare", "work", "central.git"]);
    let clones = ["a", "b"].map(|name| {
        repositories.git(&repositories.path(""), &["clone", "-q", "central.git", name]);
        repositories.path(name)
    });
    (repositories, clones)
}

#[test]
fn a_log_in_a_reference_is_a_tree_of_plain_files() {
    let kind = References::new();
    let storage = kind.empty();
    let log = create(&storage);
    log.append(&leaves(0..300)).unwrap();
    let git = |arguments: &[&str]| kind.repositories.git(&kind.repository, arguments);
    let reference = storage.reference();
    let names = git(&["ls-tree", "--name-only", reference]);
    assert_eq!(names.lines().collect::<Vec<_>>(), [".evidence", "checkpoint", "head", "index", "staged", "tile"]);
    assert_eq!(git(&["cat-file", "-s", &format!("{reference}:tile/0/000")]), "8192");
    git(&["fsck", "--strict"]);
    let history = git(&["log", "--format=%an <%ae> %at %s", reference]);
    let subjects = history.lines().map(|line| line.strip_prefix("Recorder <r@example.com> 1700000000 ").unwrap());
    let kinds: Vec<&str> = subjects.map(|subject| subject.split(['/', '&']).next().unwrap()).collect();
    let expected =
        ["change checkpoint", "create index", "change head", "create staged", "change checkpoint", "change head"];
    assert_eq!(kinds, expected, "one commit for many objects");
    // What is removed leaves the tree, and not the history.
    storage.remove_all(&["tile/0/000".to_owned()]).unwrap();
    assert_eq!(storage.read("tile/0/000").unwrap(), None);
    assert_eq!(git(&["cat-file", "-s", &format!("{reference}~:tile/0/000")]), "8192");
    assert!(storage.keeps().unwrap().contains(reference));
    // A repository that was packed while it was read is read on.
    git(&["gc", "-q", "--prune=now"]);
    assert_eq!(reader(&storage).leaf(299).unwrap(), leaf(299));
    assert_eq!(log.append(&leaves([299, 300])).unwrap().positions, [299, 300]);
}

#[test]
fn a_repository_with_other_digests_holds_a_log() {
    let repositories = Repositories::new();
    let repository = repositories.make("repository", &["--bare", "--object-format=sha256"]);
    let storage = repositories.open(&repository, REFERENCE, None).unwrap();
    create(&storage).append(&leaves(0..20)).unwrap();
    assert_eq!(all_leaves(&reader(&storage)).len(), 20);
}

#[test]
fn a_reference_that_holds_something_else_is_left_alone() {
    let (repositories, [clone, _]) = clones();
    repositories.git(&clone, &["branch", "other"]);
    repositories.git(&clone, &["update-ref", "refs/x/tree", "HEAD^{tree}"]);
    for (reference, what) in [("refs/heads/other", "a commit of other files"), ("refs/x/tree", "a tree")] {
        let before = repositories.git(&clone, &["rev-parse", reference]);
        let storage = repositories.open(&clone, reference, None).unwrap();
        for error in [
            storage.read("tile/0/000").unwrap_err(),
            storage.create("tile/0/000", b"x").unwrap_err(),
            storage.swap_slot(Slot::Head, None, b"x").unwrap_err(),
            storage.list("").unwrap_err(),
        ] {
            let text = told(&error);
            assert!(text.contains(&format!("`{reference}` is {what}")) && text.contains("git:refs/"), "{text}");
        }
        assert_eq!(repositories.git(&clone, &["rev-parse", reference]), before);
    }
    let refused = |reference: &str| told(&repositories.open(&clone, reference, None).err().unwrap());
    assert!(refused("refs/heads/main").contains("checked out"));
    for reference in ["evidence", "refs/evidence", "refs/a/../b", "refs/a/b.lock", "refs/a/b c", "refs/a/-x", "refs/a/"]
    {
        assert!(refused(reference).contains("cannot hold evidence"), "{reference}");
    }
    let outside = repositories.path("home");
    assert!(told(&repositories.open(&outside, REFERENCE, None).err().unwrap()).contains("git init"));
}

#[test]
fn a_repository_that_cannot_be_written_is_named() {
    let kind = References::new();
    let storage = kind.empty();
    storage.create("a/b", b"x").unwrap();
    let objects = kind.repository.join("objects");
    let moved = kind.repository.join("moved");
    // Permissions do not stop whoever may do everything, which tests run as in containers.
    fs::rename(&objects, &moved).unwrap();
    fs::create_dir(&objects).unwrap();
    fs::write(objects.join("pack"), "in the way").unwrap();
    fs::create_dir(objects.join("info")).unwrap();
    fs::write(objects.join("info/alternates"), "../moved\n").unwrap();
    let error = told(&storage.create("a/c", b"x").unwrap_err());
    assert!(error.contains("the log's `a/c`: `git fast-import` failed") && error.contains("can be written"), "{error}");
    assert_eq!(storage.read("a/b").unwrap().unwrap(), b"x");
    fs::remove_dir_all(&objects).unwrap();
    fs::rename(&moved, &objects).unwrap();
    // A lock that a killed git left behind.
    let lock = kind.repository.join(format!("{}.lock", storage.reference()));
    fs::write(&lock, "").unwrap();
    let error = told(&storage.create("a/c", b"x").unwrap_err());
    assert!(error.contains("delete the file"), "{error}");
    fs::remove_file(&lock).unwrap();
    storage.create("a/c", b"x").unwrap();
}

/// A partial clone has trees and not the files in them: what is not here is not taken for absent.
#[test]
fn objects_that_are_not_here_are_not_absent() {
    let (repositories, [clone, _]) = clones();
    let storage = repositories.open(&clone, REFERENCE, Some("origin")).unwrap();
    create(&storage).append(&leaves(0..3)).unwrap();
    let shared = repositories.path("central.git");
    repositories.git(&shared, &["config", "uploadpack.allowFilter", "true"]);
    let url = format!("file://{}", shared.display());
    repositories.git(&repositories.path(""), &["clone", "-q", "--filter=blob:none", &url, "partial"]);
    let partial = repositories.path("partial");
    repositories.git(&partial, &["fetch", "-q", "origin", "+refs/countersign/*:refs/countersign/*"]);
    let storage = repositories.open(&partial, REFERENCE, None).unwrap();
    let error = told(&storage.read("tile/0/000.p/3").unwrap_err());
    assert!(error.contains("lacks the object") && error.contains("--filter"), "{error}");
    assert!(storage.create("tile/0/000.p/3", b"other").is_err());
    assert!(storage.swap_slot(Slot::Head, None, b"other").is_err());
}

#[test]
fn two_clones_race_for_one_remote() {
    let (repositories, clones) = clones();
    let open_at = |clone: &Path| repositories.open(clone, REFERENCE, Some("origin")).unwrap();
    create(open_at(&clones[0]));
    let rounds = 3;
    std::thread::scope(|scope| {
        for (number, clone) in (0..).zip(&clones) {
            scope.spawn(move || {
                let (log, _) = open(open_at(clone));
                for round in 0..rounds {
                    let batch = leaves([round, 100 * (number + 1) + round]);
                    assert_eq!(log.append(&batch).unwrap().positions.len(), 2);
                }
            });
        }
    });
    let storage = open_at(&clones[0]);
    let reader = reader(&storage);
    assert_eq!(reader.size(), 3 * rounds);
    let all = all_leaves(&reader);
    assert_eq!(oracle::root(&all), reader.root());
    for number in [0, 1, 2, 100, 101, 102, 200, 201, 202] {
        assert!(all.contains(&leaf(number).to_bytes()), "{number}");
    }
    // The remote has it all, and nothing but it.
    let shared = repositories.path("central.git");
    let direct = repositories.open(&shared, REFERENCE, None).unwrap();
    assert_eq!(all_leaves(&super::reader(&direct)), all);
    let references = repositories.git(&shared, &["for-each-ref", "--format=%(refname)"]);
    assert_eq!(references, "refs/countersign/evidence\nrefs/heads/main");
}

/// The `git fetch` of a process that was killed goes on without our lock, and git refuses one of two that come at once.
#[test]
fn a_fetch_that_meets_another_one_of_the_clone_is_made_again() {
    let (repositories, [busy, other]) = clones();
    let writer = repositories.open(&other, REFERENCE, Some("origin")).unwrap();
    assert_eq!(writer.swap_slot(Slot::Head, None, b"0").unwrap(), Swap::Done);
    let reader = repositories.open(&busy, REFERENCE, Some("origin")).unwrap();
    reader.read_slot(Slot::Head).unwrap().unwrap();
    let fetched =
        repositories.git(&busy, &["for-each-ref", "--format=%(refname)", "refs/countersign/remote/**/fetched"]);
    let update = format!("+{REFERENCE}:{}", fetched.trim());
    let over = std::sync::atomic::AtomicBool::new(false);
    let left_behind = || {
        while !over.load(std::sync::atomic::Ordering::Relaxed) {
            let mut fetch = std::process::Command::new("git");
            fetch.current_dir(&busy).args(["fetch", "--quiet", "--no-write-fetch-head", "origin", &update]);
            // It is refused often enough.
            let _ = fetch.output().unwrap();
        }
    };
    let told = std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(left_behind);
        }
        let round = |round: u32| {
            let (_, version) = writer.read_slot(Slot::Head).unwrap().unwrap();
            writer.swap_slot(Slot::Head, Some(&version), round.to_string().as_bytes()).unwrap();
            reader.read_slot(Slot::Head).map(|slot| slot.unwrap().0).map_err(|error| told(&error))
        };
        let told: Vec<_> = (1..=12).map(round).collect();
        over.store(true, std::sync::atomic::Ordering::Relaxed);
        told
    });
    assert_eq!(told.last().unwrap().as_deref(), Ok("12".as_bytes()));
    assert!(told.iter().all(Result::is_ok), "{told:?}");
}

#[test]
fn a_remote_holds_to_the_contract() {
    let (repositories, [clone, other]) = clones();
    let storage = repositories.open(&clone, REFERENCE, Some("../central.git")).unwrap();
    storages::holds_to_the_contract(&storage);
    // What one clone wrote another one sees: at once by a slot, and then by its objects too.
    let other = repositories.open(&other, REFERENCE, Some("origin")).unwrap();
    assert!(other.read("tile/0/000").unwrap().is_some());
    storage.create("late/one", b"1").unwrap();
    assert_eq!(other.read("late/one").unwrap(), None);
    other.read_slot(Slot::Head).unwrap();
    assert_eq!(other.read("late/one").unwrap().unwrap(), b"1");
    storage.create("late/two", b"2").unwrap();
    assert_eq!(other.create("late/two", b"3").unwrap_err().kind, StorageErrorKind::Differs);
    let (_, version) = storage.read_slot(Slot::Head).unwrap().unwrap();
    assert_eq!(storage.swap_slot(Slot::Head, Some(&version), b"next").unwrap(), Swap::Done);
    assert_eq!(other.swap_slot(Slot::Head, Some(&version), b"lost").unwrap(), Swap::Conflict);
    assert_eq!(other.read_slot(Slot::Head).unwrap().unwrap().0, b"next");
}

#[test]
fn a_shallow_clone_records_too() {
    let (repositories, [first, _]) = clones();
    create(repositories.open(&first, REFERENCE, Some("origin")).unwrap()).append(&leaves(0..3)).unwrap();
    let url = format!("file://{}", repositories.path("central.git").display());
    repositories.git(&repositories.path(""), &["clone", "-q", "--depth=1", &url, "shallow"]);
    let shallow = repositories.path("shallow");
    let cut = fs::read(shallow.join(".git/shallow")).unwrap();
    let (log, healed) = open(repositories.open(&shallow, REFERENCE, Some("origin")).unwrap());
    assert_eq!((healed, log.append(&leaves([3])).unwrap().positions), (None, vec![3]));
    assert_eq!(fs::read(shallow.join(".git/shallow")).unwrap(), cut, "the clone is as shallow as it was");
    assert_eq!(reader(repositories.open(&first, REFERENCE, Some("origin")).unwrap()).size(), 4);
}

#[test]
fn a_remote_that_refuses_or_is_not_there_is_told() {
    let (repositories, [clone, _]) = clones();
    let hook = repositories.path("central.git/hooks/pre-receive");
    fs::create_dir_all(hook.parent().unwrap()).unwrap();
    fs::write(&hook, "#!/bin/sh\necho only robots push here\nexit 1\n").unwrap();
    #[cfg(unix)]
    fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let storage = repositories.open(&clone, REFERENCE, Some("origin")).unwrap();
    let error = told(&storage.create("a/b", b"x").unwrap_err());
    assert!(error.contains("refuses `refs/countersign/evidence`: [remote rejected]"), "{error}");
    assert!(error.contains("only robots push here") && error.contains("token"), "{error}");
    assert_eq!(storage.read("a/b").unwrap(), None, "what the remote did not take is not there");
    fs::remove_file(&hook).unwrap();
    storage.create("a/b", b"x").unwrap();

    let nowhere = repositories.open(&clone, REFERENCE, Some("../nowhere")).unwrap();
    for error in [nowhere.create("a/b", b"x").unwrap_err(), nowhere.read_slot(Slot::Head).unwrap_err()] {
        let text = told(&error);
        assert!(text.contains("does not answer") && text.contains("git ls-remote"), "{text}");
    }
    for name in ["", "--upload-pack=x", "ext::sh -c x", "a\nb"] {
        let text = told(&repositories.open(&clone, REFERENCE, Some(name)).err().unwrap());
        assert!(text.contains("is not the name, URL or path of a remote"), "{text}");
    }
}

/// The remote took the push and died before it said so: the history tells that it did.
#[test]
#[cfg(unix)]
fn an_answer_that_was_lost_is_found_out() {
    let (repositories, [clone, _]) = clones();
    let storage = repositories.open(&clone, REFERENCE, Some("origin")).unwrap();
    storage.create("a/b", b"x").unwrap();
    let hook = repositories.path("central.git/hooks/reference-transaction");
    fs::create_dir_all(hook.parent().unwrap()).unwrap();
    fs::write(&hook, "#!/bin/sh\ntest \"$1\" != committed || kill -9 $PPID\n").unwrap();
    fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    assert_eq!(storage.swap_slot(Slot::Head, None, b"one").unwrap(), Swap::Done);
    // And one that did not take it.
    fs::write(&hook, "#!/bin/sh\ntest \"$1\" != prepared || kill -9 $PPID\n").unwrap();
    let (_, version) = storage.read_slot(Slot::Head).unwrap().unwrap();
    assert!(told(&storage.swap_slot(Slot::Head, Some(&version), b"two").unwrap_err()).contains("does not answer"));
    assert_eq!(storage.read_slot(Slot::Head).unwrap().unwrap(), (b"one".to_vec(), version));
}

/// What users configure for their own work changes nothing here.
#[test]
fn configuration_and_hooks_have_no_effect() {
    let (repositories, [clone, _]) = clones();
    for (name, value) in [
        ("commit.gpgSign", "true"),
        ("push.gpgSign", "true"),
        ("push.followTags", "true"),
        ("remote.origin.prune", "true"),
        ("core.autocrlf", "true"),
        ("user.name", "Somebody"),
        ("core.hooksPath", "../hooks"),
        ("gc.auto", "1"),
        ("fetch.all", "true"),
        ("push.pushOption", "x"),
    ] {
        repositories.git(&clone, &["config", name, value]);
    }
    repositories.git(&clone, &["-c", "tag.gpgSign=false", "tag", "-a", "-m", "x", "v1"]);
    let hooks = repositories.path("hooks");
    fs::create_dir_all(&hooks).unwrap();
    for name in ["pre-push", "reference-transaction", "post-index-change"] {
        fs::write(hooks.join(name), "#!/bin/sh\ntouch \"$HOME/ran\"\nexit 1\n").unwrap();
        #[cfg(unix)]
        fs::set_permissions(hooks.join(name), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    }
    let storage = repositories.open(&clone, REFERENCE, Some("origin")).unwrap();
    storage.create("a/b", b"one\r\ntwo\n").unwrap();
    storage.create("a/c", b"x").unwrap();
    assert_eq!(storage.read("a/b").unwrap().unwrap(), b"one\r\ntwo\n");
    assert!(!repositories.path("home/ran").exists());
    let shared = repositories.path("central.git");
    assert_eq!(repositories.git(&shared, &["log", "-1", "--format=%cn %G?", REFERENCE]), "Recorder N");
    assert_eq!(repositories.git(&shared, &["tag"]), "");
}
