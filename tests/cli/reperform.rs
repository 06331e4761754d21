//! Judging again, by this program and by those of other versions.

use std::fs;
use std::path::Path;

use countersign::cli::Exit;
use serde_json::{Value, json};

use super::places::Folder;
use super::runner::{Ran, binary, check, countersign};
use super::world::{BILLS, PAYMENTS, folder};

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A folder that was judged by a program of some version.
fn judged_by(version: &'static str) -> Folder {
    let place = folder(&[BILLS, PAYMENTS]);
    countersign("check", &place.path).of_version(version).run().exits(Exit::Blocked);
    place
}

fn reperform(place: &Folder, more: &str) -> Ran {
    countersign(&format!("evidence reperform --all {more}"), &place.path).run()
}

fn with(binary: &Path) -> String {
    format!("--binary {}", binary.display())
}

#[test]
fn a_record_of_another_version_is_judged_by_this_one_and_that_is_said() {
    let place = judged_by("0.0.9");
    let ran = reperform(&place, "").exits(Exit::Clean).says("1 of 1 came out the same");
    assert!(ran.stdout.contains("judged then by countersign 0.0.9 with regorus "), "{}", ran.stdout);
    assert!(ran.stdout.contains(&format!(", now by countersign {VERSION} with regorus ")), "{}", ran.stdout);
    let ran = reperform(&judged_by(VERSION), "").exits(Exit::Clean);
    assert!(!ran.stdout.contains("judged then by"), "{}", ran.stdout);
}

/// A later program has the one that made the record judge, which is a real one of its own here.
#[test]
fn the_program_of_the_recorded_version_judges_where_it_is_given() {
    let place = judged_by(VERSION);
    let later = |more: &str| {
        countersign(&format!("evidence reperform --all {more}"), &place.path)
            .of_version("9.9.9")
            .run()
            .exits(Exit::Clean)
    };
    later("").says(&format!("judged then by countersign {VERSION}")).says("now by countersign 9.9.9");
    let ran = later(&with(&binary())).says("1 of 1 came out the same, to the byte");
    assert!(!ran.stdout.contains("judged then by"), "{}", ran.stdout);
    let report = later(&format!("{} --format json", with(&binary()))).json();
    assert_eq!(report["schema"], "countersign.dev/reperformance/v1");
    assert_eq!(report["judge"]["version"], VERSION);
    assert_eq!(report["records"][0]["now"], report["records"][0]["recorded"]);
}

#[test]
fn a_program_of_another_version_than_the_recorded_one_is_told() {
    reperform(&judged_by("0.0.9"), &with(&binary()))
        .exits(Exit::Clean)
        .says(&format!("is countersign {VERSION}: give the program of version 0.0.9"))
        .says("judged then by countersign 0.0.9");
}

#[test]
fn employment_facts_are_handed_on() {
    let place = folder(&[BILLS]);
    fs::create_dir(place.path.join("hr")).unwrap();
    fs::write(place.path.join("hr/people.csv"), "id,status\nmira.vale,departed\n").unwrap();
    check("--people hr/people.csv", &place.path);
    reperform(&place, &with(&binary())).exits(Exit::EvidenceInvalid).says("which are never kept");
    reperform(&place, &format!("{} --people hr/people.csv", with(&binary()))).exits(Exit::Clean).says("1 of 1");
}

#[test]
fn a_file_that_is_no_program_of_ours_is_refused() {
    let place = judged_by(VERSION);
    reperform(&place, "--binary nowhere").exits(Exit::Usage).complains("nowhere cannot be run");
    let ran = reperform(&place, "--binary /bin/false").exits(Exit::Usage);
    assert!(ran.stderr.contains("does not answer as countersign does"), "{}", ran.stderr);
}

/// A program that answers as a file says, and writes down what it was given.
#[cfg(unix)]
fn program(folder: &Path, answer: &Value) -> std::path::PathBuf {
    use std::os::unix::fs::PermissionsExt as _;
    fs::write(folder.join("answer"), answer.to_string()).unwrap();
    let path = folder.join("program");
    let at = folder.display();
    fs::write(&path, format!("#!/bin/sh\n/usr/bin/env > {at}/env\n/bin/pwd > {at}/cwd\n/bin/cat {at}/answer\n"))
        .unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

/// What came out is held against the record here, whatever the program says of it.
#[cfg(unix)]
#[test]
fn a_program_that_lies_is_found_out() {
    let place = judged_by(VERSION);
    let report = reperform(&place, "--format json").exits(Exit::Clean).json();
    let tools = Folder::new();
    let of = |change: &dyn Fn(&mut Value)| {
        let mut report = report.clone();
        change(&mut report);
        countersign("evidence reperform --all", &place.path)
            .var("GITHUB_TOKEN", "secret")
            .with(["--binary".into(), program(&tools.path, &report)])
            .run()
    };
    of(&|_| {}).exits(Exit::Clean);
    let given = fs::read_to_string(tools.path.join("env")).unwrap();
    assert!(!given.contains("GITHUB_TOKEN") && !given.contains("HOME="), "{given}");
    let cwd = fs::read_to_string(tools.path.join("cwd")).unwrap();
    assert!(!Path::new(cwd.trim()).starts_with(&place.path) && !Path::new(cwd.trim()).exists(), "{cwd}");
    let other = "0".repeat(64);
    of(&|report| report["records"][0]["now"] = json!(other)).exits(Exit::EvidenceInvalid).says("says not what differs");
    of(&|report| {
        // It changes what was recorded as well.
        report["records"][0]["now"] = json!(other);
        report["records"][0]["recorded"] = json!(other);
    })
    .exits(Exit::EvidenceInvalid);
    of(&|report| report["records"] = json!([])).exits(Exit::EvidenceInvalid).says("says nothing of it");
    of(&|report| {
        report["records"][0]["now"] = json!(other);
        report["records"][0]["difference"] = json!({"field": "verdict", "recorded": "blocked", "now": "pass"});
    })
    .exits(Exit::EvidenceInvalid)
    .says("verdict: \"blocked\" then, \"pass\" now");
    of(&|report| report["schema"] = json!("other/v1")).exits(Exit::Usage).complains("does not answer");
}

/// Chance that follows from a seed (Knuth's MMIX generator).
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % most
    }

    fn of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len())]
    }
}

/// The files of a tree: several formats, texts that a locale may read otherwise, a file that is broken in some way.
fn generated(chance: &mut Chance, store: &Path) -> Vec<(String, Vec<u8>)> {
    let config = format!(
        "version: 1\nevidence: {{path: {:?}}}\nrulesets: [{{id: cs-p2p, owner: person:olga}}]\n\
         systems: [{{paths: [\"rbac/**\"], id: \"kubernetes:blue\"}}]\n",
        store.display().to_string()
    );
    let people = ["olga", "mira", "sam"].map(|id| {
        format!(
            "apiVersion: countersign.dev/v1\nkind: Person\nmetadata: {{id: {id}}}\nspec: {{accounts: [{{system: ledger, \
             name: {}}}, {{system: \"kubernetes:blue\", name: {id}}}]}}\n",
            id.to_uppercase()
        )
    });
    let mut files = vec![("countersign.yaml".to_owned(), config), ("people.yaml".to_owned(), people.join("---\n"))];
    let mut roles =
        "apiVersion: countersign.dev/v1\nkind: System\nmetadata: {id: ledger}\nspec: {type: netsuite}\n".to_owned();
    for number in 0..3 {
        let permissions = (chance.of(&["Bills", "Vendors"]), chance.of(&["Pay Bills", "Make Journal Entry"]));
        let permissions = match chance.below(4) {
            0 => format!("[{}, {}]", permissions.0, permissions.1),
            1 => format!("[{}]", permissions.0),
            _ => format!("[{}]", permissions.1),
        };
        roles.push_str(&format!(
            "---\napiVersion: countersign.dev/v1\nkind: Role\nmetadata: {{id: r{number}}}\n\
             spec: {{system: ledger, permissions: {permissions}}}\n"
        ));
    }
    files.push(("erp/roles.yaml".to_owned(), roles));
    for number in 0..=chance.below(4) {
        let text = format!(
            "apiVersion: countersign.dev/v1\nkind: Grant\nspec: {{system: ledger, to: \"person:{}\", role: r{}, \
             scope: {{legal_entity: {}}}, until: {}, justification: \"{}\"}}\n",
            chance.of(&["olga", "mira", "sam"]),
            chance.below(3),
            chance.of(&["DE01", "TR03"]),
            chance.of(&["2026-11-20", "2026-11-21", "2027-01-01"]),
            chance.of(&["İstanbul'da ı", "Straße", "e\u{301}", "\u{1f511}"])
        );
        files.push((format!("erp/grants/{number}-{}.yaml", chance.of(&["a", "B", "ı", "é"])), text));
    }
    let role = chance.of(&["cluster-admin", "view", "view", "view"]);
    files.push((
        "rbac/all.yaml".to_owned(),
        format!(
            "{}---\nkind: Secret\nstringData: {{a: hunter2}}\n",
            super::world::ADMIN.1.replace("cluster-admin", role)
        ),
    ));
    let broken = "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nkind: Role\nsecret: hunter2\n";
    let wide = || std::iter::once(0xfeff).chain(broken.encode_utf16());
    let odd = match chance.below(5) {
        0 => broken.as_bytes().to_vec(),
        1 => wide().flat_map(u16::to_le_bytes).collect(),
        2 => wide().flat_map(u16::to_be_bytes).collect(),
        3 => [broken.as_bytes(), b"# \xe4\n"].concat(),
        _ => broken.replace("kind: Role\nsecret", "metadata: {name: {{ .Values.name }}}\nsecret").into_bytes(),
    };
    let mut files: Vec<_> = files.into_iter().map(|(path, text)| (path, text.into_bytes())).collect();
    files.push(("odd/file.yaml".to_owned(), odd));
    files
}

fn write_all(root: &Path, files: &[(String, Vec<u8>)]) {
    for (path, bytes) in files {
        let file = root.join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, bytes).unwrap();
    }
}

/// Time zone, locale, threads and folder are no inputs. (`.ci/reperformance.py` does the same with a thousand.)
#[test]
fn records_of_generated_repositories_come_out_the_same_under_any_surroundings() {
    let store = Folder::new();
    let mut verdicts = std::collections::BTreeSet::new();
    for seed in 1..=16_u64 {
        let place = Folder::new();
        // Seeds that lie together begin alike.
        let mut chance = Chance(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        for side in ["base", "head"] {
            write_all(&place.path.join(side), &generated(&mut chance, &store.path));
        }
        let ran = check("head --base base --output json --require-evidence", &place.path);
        verdicts.insert(ran.json()["verdict"].as_str().unwrap().to_owned());
    }
    assert!(verdicts.len() > 1, "{verdicts:?}");
    let line = format!("evidence reperform --all --format json --store dir:{}", store.path.display());
    let mut written = std::collections::BTreeSet::new();
    for (zone, locale, threads) in [
        ("UTC", "C", "1"),
        ("Pacific/Kiritimati", "tr_TR.UTF-8", "2"),
        ("America/St_Johns", "ja_JP.eucJP", "8"),
        ("Pacific/Apia", "ar_EG.UTF-8", "3"),
    ] {
        let elsewhere = Folder::new();
        let run = countersign(&line, &elsewhere.path).var("TZ", zone).var("LC_ALL", locale).var("LANG", locale);
        written.insert(run.var("RAYON_NUM_THREADS", threads).run_the_binary().exits(Exit::Clean).stdout);
    }
    let [one] = written.iter().collect::<Vec<_>>()[..] else { panic!("what is written differs: {written:?}") };
    let report: Value = serde_json::from_str(one).unwrap();
    assert_eq!(report["records"].as_array().unwrap().len(), 16);
}
