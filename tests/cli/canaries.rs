//! Secrets that stand anywhere in a repository or its surroundings, and never in what is kept, printed or exported.

use std::fs;
use std::path::Path;

use base64ct::{Base64, Base64Unpadded, Encoding as _};
use countersign::cli::Exit;
use countersign::store::decompress;
use serde_json::json;

use super::authorship::sign_commit;
use super::places::{Folder, Repository};
use super::records::TARA_KEY;
use super::runner::countersign;
use super::world::{ADMIN, BILLS, PAYMENTS, repository};

/// The secrets, each for one place. They are short on purpose: a rule that looks for long words finds none.
#[derive(Default)]
struct Canaries(Vec<String>);

impl Canaries {
    /// Another secret.
    fn next(&mut self, place: &str) -> String {
        let canary = format!("{place}Qz7{}", self.0.len());
        self.0.push(canary.clone());
        canary
    }

    /// Holds that none of them is in some bytes, in whatever form.
    #[track_caller]
    fn absent(&self, place: &str, bytes: &[u8]) {
        for canary in &self.0 {
            for (form, wanted) in forms(canary) {
                let found = memchr::memmem::find(bytes, &wanted);
                let around =
                    found.map(|at| String::from_utf8_lossy(&bytes[at.saturating_sub(300)..bytes.len().min(at + 80)]));
                assert!(found.is_none(), "{canary} is in {place} as {form}:\n{}", around.unwrap_or_default());
            }
        }
    }

    /// The same of every file below a folder, after decompression.
    #[track_caller]
    fn absent_below(&self, folder: &Path) -> usize {
        let mut count = 0;
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                count += self.absent_below(&path);
                continue;
            }
            let bytes = fs::read(&path).unwrap();
            self.absent(&path.display().to_string(), &bytes);
            if path.extension().is_some_and(|extension| extension == "zst") {
                self.absent(&path.display().to_string(), &decompress(&bytes).unwrap());
            }
            count += 1;
        }
        count
    }
}

/// What a secret looks like: as it is, in UTF-16, and within base64 of anything, at each of its three places there; once
/// and twice.
fn forms(canary: &str) -> Vec<(&'static str, Vec<u8>)> {
    let mut forms = vec![("itself", canary.as_bytes().to_vec())];
    for (name, bytes) in [
        ("UTF-16LE", canary.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>()),
        ("UTF-16BE", canary.encode_utf16().flat_map(u16::to_be_bytes).collect()),
    ] {
        forms.push((name, bytes));
    }
    for once in within_base64(canary.as_bytes()) {
        forms.extend(within_base64(&once).into_iter().map(|twice| ("base64 of base64", twice)));
        forms.push(("base64", once));
    }
    forms
}

/// The characters of base64 that depend on these bytes alone, whatever stands before and behind them.
fn within_base64(bytes: &[u8]) -> Vec<Vec<u8>> {
    (0..3)
        .map(|before| {
            let encoded = Base64Unpadded::encode_string(&[&vec![0; before], bytes].concat());
            let whole = (before + bytes.len()) * 8 / 6;
            encoded.as_bytes()[(before * 8).div_ceil(6)..whole].to_vec()
        })
        .collect()
}

fn base64(text: &str) -> String {
    Base64::encode_string(text.as_bytes())
}

fn key(canary: &str) -> String {
    format!("-----BEGIN PRIVATE KEY-----\n{canary}\n-----END PRIVATE KEY-----\n")
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {line}\n")).collect()
}

fn utf16(text: &str, big: bool) -> Vec<u8> {
    let of = |unit: u16| if big { unit.to_be_bytes() } else { unit.to_le_bytes() };
    std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(of).collect()
}

/// A binding, so that whatever else stands in its file is kept.
const BINDING: &str = "\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: reads}
subjects: [{kind: User, name: sam.reed, apiGroup: rbac.authorization.k8s.io}]
roleRef: {kind: ClusterRole, name: view, apiGroup: rbac.authorization.k8s.io}
";

/// Puts a secret in every place of a work tree.
fn plant(root: &Path, all: &mut Canaries) {
    let put = |name: &str, bytes: Vec<u8>| {
        let path = root.join("rbac").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    };
    let beside = |name: &str, other: String| put(name, format!("{BINDING}---\n{other}").into_bytes());
    let (data, plain, comment) = (all.next("data"), all.next("plain"), all.next("comment"));
    let applied = json!({"kind": "Secret", "apiVersion": "v1", "stringData": {"a": all.next("applied")}}).to_string();
    beside(
        "secret.yaml",
        format!(
            "apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\n  annotations:\n    \
             kubectl.kubernetes.io/last-applied-configuration: |\n      {applied}\ndata: {{a: {}}} # {comment}\n\
             stringData:\n  a: \"{plain}\"\n  n: 42\n",
            base64(&data)
        ),
    );
    // The annotation in which a whole Secret stands, of something that is none.
    let elsewhere = json!({"kind": "Secret", "data": {"a": base64(&all.next("elsewhere"))}}).to_string();
    let quoted = serde_json::to_string(&elsewhere).unwrap();
    beside("annotated.yaml", format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{annotations: {{a: {quoted}}}}}\n"));
    let (block, quoted) =
        (indented(&key(&all.next("pem"))), serde_json::to_string(&key(&all.next("pemline"))).unwrap());
    beside("pem.yaml", format!("kind: ConfigMap\ndata:\n  a: |\n{block}  b: {quoted}\n"));
    let twice = base64(&base64(&key(&all.next("twice"))));
    let wrapped: String = twice.as_bytes().chunks(60).map(|line| String::from_utf8_lossy(line) + "\n").collect();
    beside("twice.yaml", format!("kind: ConfigMap\ndata:\n  a: {twice}\n  # Secret\n  b: |\n{}", indented(&wrapped)));
    let (anchor, merged) = (all.next("anchor"), all.next("merged"));
    beside(
        "anchors.yaml",
        format!("x: &pw {anchor}\ny: &all {{a: {merged}}}\nkind: Secret\nstringData: {{<<: *all, b: *pw}}\n"),
    );
    let (first, second) = (all.next("first"), all.next("second"));
    beside(
        "broken.yaml",
        format!("kind: Secret\nstringData: {{token: {first}, token: {second}}}\nurl: a://b:{}@c\n", all.next("url")),
    );
    beside("aliases.yaml", format!("kind: Secret\ndata: {{a: &a {}, b: *nobody}}\n", all.next("alias")));
    let windows = format!("{BINDING}---\nkind: Secret\nstringData: {{a: {}}}\n", all.next("crlf"));
    put("windows.yaml", windows.replace('\n', "\r\n").into_bytes());
    for (name, big) in [("little.yaml", false), ("big.yaml", true)] {
        let text = format!("{BINDING}---\nkind: Secret\nstringData: {{a: {}}}\n", all.next("wide"));
        put(name, utf16(&text, big));
    }
    let latin = format!("{BINDING}---\nkind: Secret\nstringData: {{a: {}, b: ", all.next("latin"));
    put("latin.yaml", [latin.as_bytes(), b"\xe4}\n"].concat());
    // Tokens in texts of every sort, beside definitions and far from any.
    let mut token = |place: &str| {
        let canary = all.next(place);
        let rest = "k9Xw2LpV4sTm8RbYdHc3".get(canary.len()..).unwrap();
        [concat!("gl", "pat-"), &canary, rest].concat()
    };
    let annotation = token("note");
    beside(
        "noted.yaml",
        format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{annotations: {{note: {annotation}}}}}\n"),
    );
    put(
        "main.tf",
        format!("# {}\nresource \"aws_iam_user\" \"a\" {{\n  name = \"a\"\n}}\n", token("hcl")).into_bytes(),
    );
    put("notes.md", format!("Use `{}` for now.\n", token("prose")).into_bytes());
    put("deploy.sh", format!("export GITLAB={}\n", token("shell")).into_bytes());
    put("wide.txt", utf16(&format!("key = {}\n", token("widetext")), false));
    let list = json!({"apiVersion": "v1", "kind": "List", "items": [
        {"apiVersion": "v1", "kind": "Secret", "stringData": {"a": all.next("list"), "n": 7}},
        {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "r"}, "rules": []},
    ]});
    put("list.json", list.to_string().into_bytes());
}

/// What the forge answers, with whatever people wrote.
fn reviews(all: &mut Canaries, commit: &str) -> String {
    json!({
        "pull_request": {
            "number": 7, "html_url": "https://forge.example/acme/iam/pull/7", "user": {"login": "nora-l", "type": "User"},
            "title": all.next("title"), "body": all.next("body"),
            "head": {"sha": commit, "label": all.next("label")}, "base": {"repo": {"full_name": "acme/iam"}},
        },
        "reviews": [{
            "id": 1, "user": {"login": "tara-m", "type": "User", "url": all.next("user")}, "state": "APPROVED",
            "commit_id": commit, "submitted_at": "2026-11-20T10:00:00Z", "body": all.next("review"),
        }],
        "activity": [],
        "run": {"head_commit": {"message": all.next("message")}, "jobs_url": all.next("jobs")},
        "token": all.next("token"),
    })
    .to_string()
}

/// A repository with secrets in base and head and in the messages of its commits, one of them signed.
fn planted(all: &mut Canaries) -> Repository {
    let place = repository(&[BILLS]);
    plant(place.path(), all);
    place.commit(&all.next("landed"));
    place.branch("change", "main").write(&[PAYMENTS, ADMIN]).commit(&all.next("subject"));
    plant(place.path(), all);
    place.commit(&all.next("signed"));
    sign_commit(&place, TARA_KEY, |text| text);
    place
}

#[test]
fn no_secret_is_kept_printed_or_exported() {
    let mut all = Canaries::default();
    let place = planted(&mut all);
    let outside = Folder::new();
    let commit = place.git("rev-parse change");
    fs::write(outside.path.join("reviews.json"), reviews(&mut all, &commit)).unwrap();
    let people = format!("id,status,position\nmira.vale,active,{}\n", all.next("position"));
    fs::write(outside.path.join("people.csv"), people).unwrap();
    let variables: Vec<(&str, String)> =
        ["GITHUB_TOKEN", "AWS_SECRET_ACCESS_KEY", "CI_JOB_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "SSH_AUTH_SOCK"]
            .map(|name| (name, all.next("variable")))
            .to_vec();
    let run = |line: &str, exit: Exit| {
        let mut run = countersign(line, place.path()).var("GITHUB_ACTIONS", "true").var("GITHUB_ACTOR", "nora");
        for (name, value) in &variables {
            run = run.var(name, value);
        }
        let ran = run.run();
        all.absent(line, ran.stdout.as_bytes());
        all.absent(line, ran.stderr.as_bytes());
        ran.exits(exit)
    };
    let out = outside.path.display();
    let given = format!("--reviews {out}/reviews.json --people {out}/people.csv");
    let shown = "--show existing,resolved,recorded,implied,holders,records,unresolved,source";
    let formats = super::outputs::FORMATS.into_iter().filter(|format| *format != "human");
    let formats: Vec<String> = formats.map(str::to_owned).collect();
    let more: String = formats.iter().map(|format| format!(" --output {format}=out.{format}")).collect();
    run(&format!("check --base main --head change {given} {shown} --output human {more}"), Exit::Blocked);
    run("check --base main --output human --show source,unresolved", Exit::Blocked);
    run("check --output json", Exit::Blocked);
    for name in formats.iter().map(|format| format!("out.{format}")) {
        let name = &*name;
        all.absent(name, &fs::read(place.path().join(name)).unwrap());
        fs::remove_file(place.path().join(name)).unwrap();
    }
    for line in ["access sam.reed", "who-can get:secrets", "evidence list", "evidence verify"] {
        run(line, Exit::Clean);
    }
    run(&format!("evidence export --opa {out}/opa --base main --head change"), Exit::Clean);
    run(&format!("evidence export --opa {out}/tree"), Exit::Clean);
    assert!(all.absent_below(&outside.path.join("opa")) + all.absent_below(&outside.path.join("tree")) > 20);
    let key = outside.path.join("key.pem").display().to_string();
    run(&format!("evidence keygen {key}"), Exit::Clean);
    run(&format!("evidence trust init --origin a.example --key {key}"), Exit::Clean);
    place.git("checkout --quiet main");
    place.git("merge --quiet --no-ff --message Merge change");
    run(&format!("record --key {key}"), Exit::Clean);
    let listed = run("evidence list --format json", Exit::Clean).json();
    let ids: Vec<&str> =
        listed["records"].as_array().unwrap().iter().map(|row| row["record"].as_str().unwrap()).collect();
    assert!(ids.len() >= 5, "{ids:?}");
    for id in ids {
        run(&format!("evidence show {id}"), Exit::Clean);
        run(&format!("evidence show {id} --raw"), Exit::Clean);
    }
    let kept = place.path().join(".git/countersign/evidence");
    assert!(all.absent_below(&kept) > 100);
    assert!(holds(&kept, "kind: Secret") && holds(&kept, "last-applied"), "the files themselves are kept");
    // What was blanked changes nothing of what is found again.
    run(&format!("evidence reperform --all --people {out}/people.csv"), Exit::Clean);
    run("evidence verify", Exit::Clean);
}

/// Whether an object below a folder holds a text.
fn holds(folder: &Path, text: &str) -> bool {
    let objects = glob::glob(&format!("{}/objects/*/*.zst", folder.display())).unwrap();
    objects
        .map(Result::unwrap)
        .any(|path| memchr::memmem::find(&decompress(&fs::read(path).unwrap()).unwrap(), text.as_bytes()).is_some())
}

/// The search finds what it is to find.
#[test]
fn the_search_knows_a_secret_in_every_form() {
    let mut all = Canaries::default();
    let canary = all.next("form");
    for before in ["", "a", "ab", "abc", "abcd"] {
        let text = format!("{before}{canary}!!");
        for bytes in [
            text.clone().into_bytes(),
            utf16(&text, true),
            utf16(&text, false),
            base64(&text).into_bytes(),
            base64(&base64(&text)).into_bytes(),
        ] {
            assert!(
                std::panic::catch_unwind(|| all.absent("it", &bytes)).is_err(),
                "{}",
                String::from_utf8_lossy(&bytes)
            );
        }
    }
    all.absent("nothing", b"form7z formQz base64");
}
