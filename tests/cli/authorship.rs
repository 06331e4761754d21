//! Who made a change, proven by the keys that signed its commits; and signing with a key that an agent holds.

use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use countersign::cli::Exit;
use countersign::keys::SigningKey;

use super::places::{COMMITTER, Folder, Repository};
use super::records::{APPROVE, AUTHORITY, OLGA_KEY, TARA_KEY, company, private, public};
use super::runner::{Ran, check, countersign};
use super::world::{ADMIN, APPROVAL, repository};

/// An address that belongs to nobody who is declared.
const STRANGER: (&str, &str) = ("Nora", "nora@home.example.org");
const NORA_KEY: &str = "ecdsa384";
const UNPROVEN: &str = "the author nora@home.example.org is no active person who is declared here";

/// A repository where Tara has approved, and where these keys count.
fn known(signers: &str) -> Repository {
    let place = repository(&[APPROVAL, ("countersign.yaml", AUTHORITY), (".countersign/allowed_signers", signers)]);
    place.branch("admin", "main").write(&[ADMIN]);
    place
}

fn signer(who: &str, options: &str, key: &str) -> String {
    format!("{who} {options}{}\n", public(key).trim())
}

/// Signs the commit that is checked out as `git commit -S` does with an SSH key, after `edit`, which is not signed.
pub(super) fn sign_commit(place: &Repository, key: &str, edit: fn(String) -> String) {
    let raw = format!("{}\n", place.git("cat-file commit HEAD"));
    let key = SigningKey::read(Path::new(&private(key)), Vec::new()).unwrap();
    let signature = key.sign("git", raw.as_bytes()).unwrap();
    let (head, message) = edit(raw).split_once("\n\n").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    let signed = format!("{head}\ngpgsig {}\n\n{message}", signature.trim_end().replace('\n', "\n "));
    let mut git = Command::new("git")
        .args(["hash-object", "-t", "commit", "-w", "--stdin"])
        .current_dir(place.path())
        .envs([("GIT_CONFIG_NOSYSTEM", "1"), ("GIT_CONFIG_GLOBAL", "/dev/null")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    git.stdin.take().unwrap().write_all(signed.as_bytes()).unwrap();
    let output = git.wait_with_output().unwrap();
    assert!(output.status.success());
    place.git(&format!("reset --quiet --soft {}", String::from_utf8(output.stdout).unwrap().trim()));
}

fn judge(place: &Repository) -> Ran {
    check("--base main --head admin", place.path())
}

#[test]
fn a_known_key_says_who_made_a_commit_whatever_its_address() {
    let place = known(&signer("nora.lind@example.com", "", NORA_KEY));
    place.commit_as("On call", STRANGER);
    judge(&place).exits(Exit::Blocked).says(UNPROVEN);
    sign_commit(&place, NORA_KEY, |raw| raw);
    judge(&place).exits(Exit::Clean).says("person:tara.moss approved it");
    // Every commit has to be.
    place.write(&[("notes.txt", "one\n")]).commit_as("Note", STRANGER);
    judge(&place).exits(Exit::Blocked).says(UNPROVEN);
    sign_commit(&place, NORA_KEY, |raw| raw);
    judge(&place).exits(Exit::Clean);
}

#[test]
fn whoever_signed_a_commit_made_it_and_approves_nothing_of_it() {
    let place = known(&(signer("person:nora.lind", "", NORA_KEY) + &signer("tara.moss@example.com", "", TARA_KEY)));
    place.commit_as("On call", COMMITTER);
    judge(&place).exits(Exit::Clean);
    sign_commit(&place, TARA_KEY, |raw| raw);
    judge(&place).exits(Exit::Blocked).says("person:tara.moss signed a commit of this change");
}

#[test]
fn a_key_that_the_target_does_not_list_for_commits_proves_nothing() {
    for signers in [
        signer("olga.brandt@example.com", "", OLGA_KEY),
        signer("nobody@example.com", "", NORA_KEY),
        signer("nora.lind@example.com", "valid-before=\"20260101Z\" ", NORA_KEY),
        signer("nora.lind@example.com", "valid-after=\"20270101Z\" ", NORA_KEY),
        signer("nora.lind@example.com", "namespaces=\"approval@countersign.dev\" ", NORA_KEY),
    ] {
        let place = known(&signers);
        place.commit_as("On call", STRANGER);
        sign_commit(&place, NORA_KEY, |raw| raw);
        judge(&place).exits(Exit::Blocked).says(UNPROVEN);
    }
    // Neither does one that the change lists itself.
    let place = known(&signer("olga.brandt@example.com", "", OLGA_KEY));
    place.write(&[(".countersign/allowed_signers", &signer("nora.lind@example.com", "", NORA_KEY))]);
    place.commit_as("On call", STRANGER);
    sign_commit(&place, NORA_KEY, |raw| raw);
    judge(&place).exits(Exit::Blocked).says(UNPROVEN).says("would sign records as nora.lind@example.com");
}

#[test]
fn a_commit_that_is_edited_after_signing_is_not_signed() {
    let place = known(&signer("nora.lind@example.com", "", NORA_KEY));
    for edit in [
        |raw: String| raw.replace("On call", "On duty"),
        |raw: String| raw.replace("author Nora <nora@home", "author Nora <nora@home2"),
        |raw: String| raw.replace("committer Nora", "committer Tara"),
    ] {
        place.commit_as("On call", STRANGER);
        sign_commit(&place, NORA_KEY, edit);
        judge(&place).exits(Exit::Blocked).says("is no active person who is declared here");
        place.git("reset --quiet --soft main");
    }
}

/// An agent that goes away with this value.
struct Agent(Child);

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// OpenSSH, where it is installed, keeps the private half of a key in its agent.
#[test]
fn an_agent_signs_with_the_key_that_a_public_key_names() {
    let installed = |program: &str| Command::new(program).arg("-?").output().is_ok();
    if !["ssh-agent", "ssh-add", "ssh-keygen"].into_iter().all(installed) {
        return;
    }
    let keys = Folder::new();
    let socket = keys.path.join("agent");
    let mut agent = Command::new("ssh-agent");
    agent.arg("-D").arg("-a").arg(&socket).stdout(Stdio::null()).stderr(Stdio::null());
    let _agent = Agent(agent.spawn().unwrap());
    let started = Instant::now();
    while !socket.exists() {
        assert!(started.elapsed() < Duration::from_secs(60), "the agent does not start");
        std::thread::sleep(Duration::from_millis(5));
    }
    // `ssh-add` refuses a private key that others may read.
    let mut add = Command::new("ssh-add")
        .args(["-q", "-"])
        .env("SSH_AUTH_SOCK", &socket)
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    add.stdin.take().unwrap().write_all(&std::fs::read(private(TARA_KEY)).unwrap()).unwrap();
    assert!(add.wait().unwrap().success());

    let place = company();
    place.branch("admin", "main").write(&[ADMIN]);
    countersign(APPROVE, place.path()).run().exits(Exit::Clean);
    let sign = |key: &str| {
        let public = keys.path.join(format!("{key}.pub"));
        std::fs::copy(format!("{}.pub", private(key).trim_end_matches("_TEST_ONLY")), &public).unwrap();
        let run = countersign("approval sign nights --key", place.path()).with([public]);
        run.var("SSH_AUTH_SOCK", socket.to_str().unwrap()).run()
    };
    sign(TARA_KEY).exits(Exit::Clean).says("it verifies: SHA256:").says("as tara.moss@example.com");
    place.commit("Let Sam administer the cluster");
    judge(&place).exits(Exit::Clean).says("person:tara.moss approved it until");
    // A key that the agent does not hold.
    let ran = sign(OLGA_KEY);
    assert_ne!(ran.exit, Exit::Clean, "{ran:?}");
    ran.complains("did not sign").complains("`ssh-add -l` lists what the agent holds");
}

#[test]
fn without_openssh_a_key_in_an_agent_does_not_sign_and_that_is_said() {
    let place = company();
    place.branch("admin", "main").write(&[ADMIN]);
    countersign(APPROVE, place.path()).run().exits(Exit::Clean);
    // Git alone is in this path.
    let tools = Folder::new();
    let path = std::env::var_os("PATH").unwrap();
    let git = std::env::split_paths(&path).map(|folder| folder.join("git")).find(|path| path.is_file()).unwrap();
    std::os::unix::fs::symlink(git, tools.path.join("git")).unwrap();
    let key = private(TARA_KEY).replace("_TEST_ONLY", ".pub");
    let ran = countersign("approval sign nights --key", place.path())
        .with([key])
        .var("PATH", tools.path.to_str().unwrap())
        .run();
    assert_ne!(ran.exit, Exit::Clean, "{ran:?}");
    ran.complains("ssh-keygen cannot be run").complains("sign with an Ed25519 key that has no passphrase");
}
