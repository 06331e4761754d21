//! The gate over literal secrets: what a change brings is blocked, named by its digest and never shown.

use std::fs;

use countersign::cli::Exit;
use serde_json::Value;

use super::places::{Folder, Repository, contents};
use super::records::{AUTHORITY, OLGA_KEY, public, sign};
use super::runner::{Ran, countersign};
use super::world::{BILLS, repository};

/// A DigitalOcean token that is put together here; `seed` makes others.
pub(super) fn token(seed: usize) -> String {
    let sign = |at: usize| char::from(b"0123456789abcdef"[(at * 7 + at / 5 * 3 + at * at + seed * (at % 11)) % 16]);
    ["dop", "_v1_", &(0..64).map(sign).collect::<String>()].concat()
}

fn script(token: &str) -> String {
    format!("#!/bin/sh\ncurl -H \"Authorization: Bearer {token}\" https://api.example.com/v2/droplets\n")
}

/// A repository whose change writes some files.
fn change(landed: &[(&str, &str)], files: &[(&str, &str)]) -> Repository {
    let all: Vec<(&str, &str)> = [BILLS].into_iter().chain(landed.iter().copied()).collect();
    let place = repository(&all);
    place.branch("change", "main").write(files).commit("Change");
    place
}

fn judge(place: &Repository, more: &str) -> Ran {
    countersign(&format!("check --base main --head change {more}"), place.path()).run()
}

fn about_secrets(report: &Value) -> Vec<&Value> {
    let findings = report["findings"].as_array().unwrap();
    findings.iter().filter(|finding| finding["policy"].as_str().unwrap().starts_with("CS-SECRET")).collect()
}

#[test]
fn a_change_that_brings_a_secret_is_blocked_and_shows_none_of_it() {
    let secret = token(0);
    let place = change(&[], &[("deploy.sh", &script(&secret))]);
    let ran = judge(&place, "").exits(Exit::Blocked);
    ran.says("CS-SECRET-001")
        .says("DigitalOcean")
        .says("deploy.sh:2:32")
        .says("nothing in it says that it ends")
        .says("countersign exception new CS-SECRET-001 --subject secret:");
    for format in super::outputs::FORMATS {
        let ran = judge(&place, &format!("--output {format} --show source,recorded")).exits(Exit::Blocked);
        assert!(
            !ran.stdout.contains(&secret[8..20]) && !ran.stderr.contains(&secret[8..20]),
            "{format}: {}",
            ran.stdout
        );
    }
    let report = judge(&place, "--output json").json();
    let [finding] = about_secrets(&report)[..] else { panic!("{report:#}") };
    assert_eq!((&finding["subject"]["kind"], &finding["state"]), (&"secret".into(), &"introduced".into()));
    assert_eq!(finding["decision"]["blocks"], true);
    for (path, _) in contents(&place.path().join(".git/countersign/evidence")) {
        let Ok(bytes) = fs::read(place.path().join(".git/countersign/evidence").join(&path)) else { continue };
        let bytes = countersign::store::decompress(&bytes).unwrap_or(bytes);
        assert!(memchr::memmem::find(&bytes, &secret.as_bytes()[8..20]).is_none(), "{path}");
    }
    countersign("evidence reperform --all", place.path()).run().exits(Exit::Clean);
    countersign("evidence verify", place.path()).run().exits(Exit::Clean);
}

#[test]
fn one_that_landed_blocks_nobody_wherever_it_moves() {
    let secret = token(0);
    let landed = script(&secret);
    for file in ["deploy.sh", "jobs/deploy.sh"] {
        let place = change(&[("deploy.sh", &landed)], &[(file, &format!("# later\n\n\n{landed}"))]);
        let report = judge(&place, "--output json").exits(Exit::Clean).json();
        let states: Vec<&Value> = about_secrets(&report).iter().map(|finding| &finding["state"]).collect();
        assert_eq!(states, ["existing"], "{file}");
    }
    let other = change(&[("deploy.sh", &landed)], &[("deploy.sh", &script(&token(3)))]);
    let report = judge(&other, "--output json").exits(Exit::Blocked).json();
    let states: Vec<&Value> = about_secrets(&report).iter().map(|finding| &finding["state"]).collect();
    assert_eq!(states, ["introduced", "resolved"], "another secret is another finding");
}

#[test]
fn an_exception_names_one_secret_and_outlives_its_place() {
    let signers = format!("person:olga.brandt {}\n", public(OLGA_KEY).trim());
    let rules = [("countersign.yaml", AUTHORITY), (".countersign/allowed_signers", &*signers)];
    let place = change(&rules, &[("deploy.sh", &script(&token(0)))]);
    let report = judge(&place, "--output json").exits(Exit::Blocked).json();
    let subject = about_secrets(&report)[0]["subject"]["id"].as_str().unwrap().to_owned();
    place.git("checkout --quiet change");
    let line = format!(
        "exception new CS-SECRET-001 --subject {subject} --approver person:olga.brandt --owner person:nora.lind \
         --reason rotated-tomorrow --control MC-7 --control-does watch-its-use --monitor person:tara.moss \
         --frequency weekly --id rotated"
    );
    countersign(&line, place.path()).run().exits(Exit::Clean);
    sign(&place, "exception sign rotated", OLGA_KEY);
    place.commit("Except");
    judge(&place, "").exits(Exit::Clean);
    place.write(&[("deploy.sh", "true\n"), ("jobs/later.sh", &format!("\n\n{}", script(&token(0))))]).commit("Move");
    judge(&place, "").exits(Exit::Clean);
    place.write(&[("jobs/more.sh", &script(&token(5)))]).commit("Another");
    judge(&place, "").exits(Exit::Blocked).says("jobs/more.sh");
}

#[test]
fn what_only_looks_like_one_is_recorded() {
    let filler = ["ghp", "_", "0123456789abcdefghijklmnopqrstuvwxyz"].concat();
    let place = change(&[], &[("README.md", &format!("Set TOKEN={filler}\n"))]);
    let report = judge(&place, "--output json").exits(Exit::Clean).json();
    let [finding] = about_secrets(&report)[..] else { panic!("{report:#}") };
    assert_eq!((&finding["policy"], &finding["decision"]["enforcement"]), (&"CS-SECRET-003".into(), &"record".into()));
}

#[test]
fn the_hook_stops_a_secret_before_it_is_committed() {
    let place = repository(&[BILLS]);
    place.write(&[("deploy.sh", &script(&token(0)))]).git("add --all");
    countersign("check --staged", place.path()).run().exits(Exit::Blocked).says("deploy.sh:2");
}

#[test]
fn rules_of_ones_own_are_the_targets() {
    let rule = |sign: &str| {
        format!("[[rules]]\nid = \"acme\"\nregex = '''{sign}-([a-z0-9]{{8}})'''\nkeywords = [\"{sign}\"]\n")
    };
    let config = ("countersign.yaml", "version: 1\nsecrets:\n  rules: [rules/secrets.toml]\n");
    let (own, other) = (rule("acme"), rule("nothing"));
    let landed = [config, ("rules/secrets.toml", &*own)];
    let place = change(&landed, &[("a.txt", "acme-k3v9q2m1\n")]);
    judge(&place, "").exits(Exit::Blocked).says("secret of the rule acme");
    let weaker = change(&landed, &[("rules/secrets.toml", &*other), ("a.txt", "acme-k3v9q2m1\n")]);
    let report = judge(&weaker, "--output json").exits(Exit::Blocked).json();
    let kinds: Vec<&Value> =
        report["rules_change"]["effects"].as_array().unwrap().iter().map(|effect| &effect["kind"]).collect();
    assert_eq!(kinds, ["secret_rules_changed"]);
    let wrong = change(&[config], &[("a.txt", "x\n")]);
    judge(&wrong, "").exits(Exit::Usage).complains("the file of rules for secrets `rules/secrets.toml` does not exist");
}

#[test]
fn rules_that_hold_a_secret_are_refused_without_showing_it() {
    let secret = token(0);
    let place = Folder::with(&[("countersign.yaml", &format!("version: 1\n# {secret}\n"))]);
    let ran = countersign("check", &place.path).run().exits(Exit::Usage).complains("countersign.yaml:2 holds a secret");
    assert!(!ran.stderr.contains(&secret[8..20]), "{}", ran.stderr);
}
