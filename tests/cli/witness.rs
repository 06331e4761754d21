//! Witnesses and anchors: what others keep of a log, so that its keeper cannot take anything back.

use std::fs;
use std::path::{Path, PathBuf};

use countersign::cli::Exit;

use super::places::{Folder, Repository};
use super::runner::{Ran, countersign};
use super::world::repository;

const ORIGIN: &str = "acme.example/evidence";

/// A repository with a log in it, and what others have.
struct Log {
    place: Repository,
    /// The recorder's.
    own: Folder,
    /// The witness's.
    other: Folder,
    genesis: String,
    notes: std::cell::Cell<u32>,
}

impl Log {
    fn begun() -> Self {
        let (place, own, other) = (repository(&[]), Folder::new(), Folder::new());
        let mut log = Self { place, own, other, genesis: String::new(), notes: 0.into() };
        log.run(&format!("evidence keygen {}", log.key()), Exit::Clean);
        log.run(&format!("evidence trust init --origin {ORIGIN} --key {}", log.key()), Exit::Clean);
        let found = log.run("evidence verify --format json", Exit::Clean).json();
        log.genesis = found["genesis"].as_str().unwrap().to_owned();
        log
    }

    /// One that needs a witness.
    fn with_witness() -> Self {
        let log = Self::begun();
        log.run(&format!("evidence keygen {} --algorithm ed25519", log.witness_key()), Exit::Clean);
        let line = format!(
            "evidence trust add {}.pub --role witness --name w.example --witnesses 1 --key {}",
            log.witness_key(),
            log.key()
        );
        log.run(&line, Exit::Clean);
        log
    }

    fn key(&self) -> String {
        self.own.path.join("key.pem").display().to_string()
    }

    fn witness_key(&self) -> String {
        self.other.path.join("witness.pem").display().to_string()
    }

    fn last(&self) -> PathBuf {
        self.other.path.join("last")
    }

    fn run(&self, line: &str, exit: Exit) -> Ran {
        countersign(line, self.place.path()).run().exits(exit)
    }

    /// Lets another commit land and records it.
    fn record(&self, more: &str, exit: Exit) -> Ran {
        self.notes.set(self.notes.get() + 1);
        self.place.write(&[("notes.txt", &format!("{}\n", self.notes.get()))]).commit("Note");
        self.run(&format!("record --key {} {more}", self.key()), exit)
    }

    /// Has the witness look, from a folder of its own.
    fn witness(&self, more: &str, exit: Exit) -> Ran {
        let line = format!(
            "evidence witness --name w.example --genesis {} --last {} --key {} --store dir:{} {more}",
            self.genesis,
            self.last().display(),
            self.witness_key(),
            self.store().display()
        );
        countersign(&line, &self.other.path).run().exits(exit)
    }

    fn verify(&self, more: &str, exit: Exit) -> Ran {
        self.run(&format!("evidence verify --genesis {} {more}", self.genesis), exit)
    }

    fn store(&self) -> PathBuf {
        self.place.path().join(".git/countersign/evidence")
    }

    /// Puts the log back to an earlier copy.
    fn restore(&self, copy: &Folder) {
        fs::remove_dir_all(self.store()).unwrap();
        copy_all(&copy.path, &self.store());
    }

    fn copy(&self) -> Folder {
        let copy = Folder::new();
        copy_all(&self.store(), &copy.path);
        copy
    }
}

fn copy_all(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_all(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn a_log_that_needs_a_witness_verifies_with_one_alone() {
    let log = Log::with_witness();
    log.record("", Exit::Clean);
    log.verify("", Exit::EvidenceInvalid).says("the checkpoint has 0 of the 1 witnesses that it needs");
    log.witness("", Exit::Clean).says("w.example signed the checkpoint of 3 records, the first that it signs");
    log.verify("", Exit::Clean).says("witness w.example saw it at 2026-11-21T00:00:00Z").says("it verifies");
    // The next checkpoint is another one.
    log.record("", Exit::Clean);
    log.verify("", Exit::EvidenceInvalid).says("0 of the 1 witnesses");
    log.witness("", Exit::Clean).says("which begins with the 3 that it signed before");
    log.verify("", Exit::Clean);
    // Once more changes nothing but the time.
    log.witness("", Exit::Clean).says("which begins with the 4 that it signed before");
    log.verify("", Exit::Clean);
}

#[test]
fn a_witness_signs_no_log_that_was_cut_off_or_written_anew() {
    let log = Log::with_witness();
    log.record("", Exit::Clean);
    let earlier = log.copy();
    log.record("", Exit::Clean);
    log.witness("", Exit::Clean);
    let signed = fs::read(log.last()).unwrap();
    log.restore(&earlier);
    log.place.git("reset --quiet --hard HEAD~1");
    log.witness("", Exit::EvidenceInvalid).says("the log had 4 records, and 3 are left: the end was cut off");
    log.record("", Exit::Clean);
    log.witness("", Exit::EvidenceInvalid).says("the log has been rewritten since").says("nothing was written");
    assert_eq!(fs::read(log.last()).unwrap(), signed, "what it signed last stays");
    log.verify("", Exit::EvidenceInvalid).says("0 of the 1 witnesses");
}

#[test]
fn a_witness_that_may_only_read_hands_its_signature_over() {
    let log = Log::with_witness();
    let note = log.other.path.join("note");
    let (out, publish) =
        (format!("--output {}", note.display()), format!("evidence checkpoint --cosigned {}", note.display()));
    log.witness(&out, Exit::Clean);
    log.verify("", Exit::EvidenceInvalid);
    log.run(&publish, Exit::Clean).says("w.example");
    log.verify("", Exit::Clean);
    log.run(&publish, Exit::Clean);
    log.witness(&out, Exit::Clean);
    log.record("", Exit::Clean);
    log.run(&publish, Exit::Usage).complains("the witness signed a checkpoint of 2 records, and the log's is of 3 now");
    // What no witness signed is not taken.
    fs::write(&note, log.run("evidence checkpoint", Exit::Clean).stdout).unwrap();
    log.run(&publish, Exit::Usage).complains("no witness that the log knows signed this checkpoint");
}

#[test]
fn a_witness_is_told_whose_log_it_is() {
    let log = Log::with_witness();
    let run = |line: String| countersign(&line, &log.other.path).run();
    let line = |genesis: &str, name: &str| {
        format!(
            "evidence witness --name {name} --genesis {genesis} --last {} --key {} --store dir:{}",
            log.last().display(),
            log.witness_key(),
            log.store().display()
        )
    };
    run(line(&"0".repeat(64), "w.example")).exits(Exit::EvidenceInvalid).says("was confirmed");
    run(line(&log.genesis, "other.example")).exits(Exit::Usage).complains("no witness that the log knows");
    run(line(&log.genesis, "a+b")).exits(Exit::Usage).complains("cannot be the name of a log or a witness");
    let key = line(&log.genesis, "w.example").replace(&log.witness_key(), &log.key());
    run(key).exits(Exit::Usage).complains("is not a key of a log or a witness");
    // Somebody else's checkpoint in the place of the last one.
    let other = Log::begun();
    fs::write(log.last(), other.run("evidence checkpoint", Exit::Clean).stdout).unwrap();
    log.witness("", Exit::EvidenceInvalid).says("what was kept is no checkpoint of this log");
}

/// Every form of an anchor tells a log that lacks its end from one that only grew, and one that was written anew.
#[test]
fn every_anchor_tells_what_was_taken_back() {
    let far = Folder::new();
    super::places::git(&far.path, &["init", "--quiet", "--bare", "tags.git"]);
    let at = far.path.display();
    for form in [
        format!("{at}/checkpoint"),
        format!("summary:{at}/summary.md"),
        "git-tag:evidence".to_owned(),
        format!("git-tag:evidence@{at}/tags.git"),
        format!("dir:{at}/second"),
        format!("git:refs/anchors/x@{at}/tags.git"),
    ] {
        let log = Log::begun();
        let anchor = format!("--anchor {form}");
        log.verify(&anchor, Exit::Usage);
        log.record(&anchor, Exit::Clean);
        log.record(&anchor, Exit::Clean);
        let earlier = log.copy();
        log.verify(&anchor, Exit::Clean).says("checkpoints that were kept elsewhere");
        log.record(&anchor, Exit::Clean);
        log.run(&format!("evidence checkpoint {anchor}"), Exit::Clean);
        log.verify(&anchor, Exit::Clean);
        log.restore(&earlier);
        log.place.git("reset --quiet --hard HEAD~1");
        log.verify("", Exit::Clean).says("no witness and no anchor");
        log.verify(&anchor, Exit::EvidenceInvalid).says("it had 4 records, and 3 are left: the end was cut off");
        // What is kept there is not written over by what contradicts it.
        log.record(&anchor, Exit::Usage).complains("the log had 4 records, and 3 are left");
        log.record("", Exit::Clean);
        log.verify(&anchor, Exit::EvidenceInvalid).says("the log has been rewritten since");
        log.record(&anchor, Exit::Usage).complains("rewritten");
        log.verify(&anchor, Exit::EvidenceInvalid);
        for name in ["checkpoint", "summary.md"] {
            let _ = fs::remove_file(far.path.join(name));
        }
        let _ = fs::remove_dir_all(far.path.join("second"));
        fs::remove_dir_all(far.path.join("tags.git")).unwrap();
        super::places::git(&far.path, &["init", "--quiet", "--bare", "tags.git"]);
    }
}

#[test]
fn an_anchor_keeps_the_checkpoints_of_several_logs_apart() {
    let far = Folder::new();
    let anchor =
        format!("--anchor dir:{} --anchor summary:{}", far.path.join("second").display(), far.path.join("s").display());
    let one = Log::begun();
    one.record(&anchor, Exit::Clean);
    let other = repository(&[]);
    let key = one.own.path.join("other.pem").display().to_string();
    let run = |line: String| countersign(&line, other.path()).run().exits(Exit::Clean);
    run(format!("evidence keygen {key}"));
    run(format!("evidence trust init --origin other.example/log --key {key}"));
    run(format!("record --key {key} {anchor}"));
    one.verify(&anchor, Exit::Clean).says("consistent with 2 checkpoints");
    run(format!("evidence verify {anchor}")).says("consistent with 2 checkpoints");
}

#[test]
fn tags_are_annotated_named_by_size_and_never_moved() {
    let log = Log::begun();
    log.record("--anchor git-tag:evidence/log", Exit::Clean);
    let (place, name) = (&log.place, "refs/tags/evidence/log/2");
    assert_eq!(place.git(&format!("cat-file -t {name}")), "tag");
    assert_eq!(place.git(&format!("rev-parse {name}^{{commit}}")), place.git("rev-parse HEAD"));
    let note = log.run("evidence checkpoint", Exit::Clean).stdout;
    assert!(place.git(&format!("cat-file tag {name}")).ends_with(note.trim_end()), "{note}");
    place.git("fsck --strict");
    // One that somebody moved is another.
    place.git(&format!("update-ref -d {name}"));
    place.git("tag --annotate --message other evidence/log/2");
    log.run("evidence checkpoint --anchor git-tag:evidence/log", Exit::Usage).complains("is not this checkpoint");
    place.git("tag evidence/log/9");
    log.run("evidence checkpoint --anchor git-tag:evidence/log", Exit::Usage).complains("evidence/log/9");
    log.run("evidence checkpoint --anchor git-tag:..", Exit::Usage).complains("cannot hold evidence");
    log.run("evidence checkpoint --anchor git-tag:a@nowhere", Exit::Usage).complains("does not answer");
    log.run("evidence checkpoint --anchor s4://x", Exit::Usage);
}
