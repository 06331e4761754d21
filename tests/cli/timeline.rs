//! From when until when a branch declared each access, from git itself.

use std::fs;
use std::path::PathBuf;

use countersign::cli::Exit;
use serde_json::{Value, json};

use super::places::Repository;
use super::runner::{NOW, countersign};
use super::world;

fn remove(repository: &Repository, path: &str) {
    fs::remove_file(repository.path().join(path)).unwrap();
}

/// A branch on which a conflict came, went, came back under another name of its file, was not readable for two days, and
/// went by a merge; and a privileged duty that was approved late and not for long.
fn past() -> Repository {
    let repository = Repository::unborn();
    repository.write(world::START).commit_on("2026-09-01", "Start");
    repository.write(&[world::BILLS]).commit_on("2026-09-05", "Let Mira enter invoices");
    repository.write(&[world::PAYMENTS]).commit_on("2026-09-10", "Let Mira pay, too");
    repository.write(&[("notes.md", "plain\n")]).commit_on("2026-09-11", "Notes");
    repository.git("mv grants/payments.yaml grants/pay.yaml");
    repository.commit_on("2026-09-12", "Call it otherwise");
    remove(&repository, "grants/pay.yaml");
    repository.commit_on("2026-09-20", "Let Mira pay no more");
    // A change of two commits that lands as one.
    repository.branch("again", "main").write(&[("a.md", "one\n")]).commit_on("2026-09-30", "Think");
    repository.write(&[world::PAYMENTS]).commit_on("2026-10-01", "Let Mira pay again");
    repository.git("checkout --quiet main");
    repository.git("merge --quiet --squash again");
    repository.commit_on("2026-10-02", "Let Mira pay again (#7)");
    repository.write(&[(world::PAYMENTS.0, "kind: [\n")]).commit_on("2026-10-04", "Break it");
    repository.write(&[world::PAYMENTS, world::ADMIN]).commit_on("2026-10-06", "Mend it, and let Sam administer");
    let approval = world::APPROVAL.1.replace("2026-12-31", "2026-10-19");
    repository.write(&[(world::APPROVAL.0, &approval)]).commit_on("2026-10-10", "Approve that");
    repository.branch("less", "main");
    remove(&repository, world::PAYMENTS.0);
    repository.commit_on("2026-10-11", "Let Mira pay no more");
    repository.git("checkout --quiet main");
    repository.write(&[("b.md", "two\n")]).commit_on("2026-10-12", "More notes");
    repository.git_on("2026-10-14", "merge --quiet --no-ff --no-edit less");
    repository
}

fn asked(line: &str, repository: &Repository) -> Value {
    let line = format!("timeline --format json {line}");
    countersign(&line, repository.path()).run().exits(Exit::Clean).json()
}

/// The items of a kind, each by its subject and what it is.
fn items<'v>(report: &'v Value, kind: &str) -> Vec<&'v Value> {
    report["items"].as_array().unwrap().iter().filter(|item| item["kind"] == kind).collect()
}

/// The spans of an item as days, with what the commits are called.
fn spans(item: &Value, repository: &Repository) -> Vec<String> {
    let subject = |commit: &Value| match commit.as_str() {
        Some(commit) => repository.git(&format!("log -1 --format=%s {commit}")),
        None => "-".to_owned(),
    };
    let day = |at: &Value| at.as_str().map_or("now", |at| &at[..10]).to_owned();
    let span = |own: &Value| {
        let (from, to) = (day(&own["from"]), day(&own["to"]));
        format!("{from} {} .. {to} {}, {}", subject(&own["from_commit"]), subject(&own["to_commit"]), own["days"])
    };
    item["spans"].as_array().unwrap().iter().map(span).collect()
}

#[test]
fn a_conflict_has_an_interval_each_time_that_it_was_there() {
    let repository = past();
    let report = asked("--since 2026-09-01", &repository);
    let conflicts = items(&report, "conflict");
    let [own] = conflicts.as_slice() else { panic!("{conflicts:#?}") };
    assert_eq!((&own["subject"], &own["conflict"]), (&json!("person:mira.vale"), &json!("P2P-13")));
    // A file under another name changes nothing, a squashed change lands once, and a merge when it was merged.
    assert_eq!(
        spans(own, &repository),
        [
            "2026-09-10 Let Mira pay, too .. 2026-09-20 Let Mira pay no more, 10",
            "2026-10-02 Let Mira pay again (#7) .. 2026-10-14 Merge branch 'less', 10",
        ]
    );
    // What was broken is neither there nor gone.
    let part = json!([{"from": "2026-10-04T12:00:00Z", "to": "2026-10-06T12:00:00Z", "days": 2}]);
    assert_eq!(own["spans"][1]["not_known"], part);
    assert_eq!((&own["came_back"], &own["days"], &own["days_not_known"]), (&json!(1), &json!(20), &json!(2)));
    assert_eq!(own["days_without_record"], 20);
    let broken = &report["not_read"][0];
    assert_eq!((&broken["file"], &broken["to"]), (&json!(world::PAYMENTS.0), &json!("2026-10-06T12:00:00Z")));
    let totals = &report["totals"][0];
    let remediation =
        json!({"counted": 2, "not_counted": 0, "median_seconds": 11 * 86_400, "longest_seconds": 12 * 86_400});
    assert_eq!(totals["remediation"], remediation);
    let counts = ["items", "at_start", "came", "went", "at_end", "came_back", "items_that_came_back", "days"];
    assert_eq!(counts.map(|name| totals[name].as_u64().unwrap()), [1, 0, 2, 2, 0, 1, 1, 20]);
    let duties: Vec<&Value> = items(&report, "duty").iter().map(|own| &own["duties"][0]).collect();
    assert_eq!(duties, ["INV", "PAY"]);
}

#[test]
fn an_approval_covers_from_the_landing_that_brought_it_to_its_last_day() {
    let repository = past();
    let report = asked("--since 2026-09-01", &repository);
    let privileged = items(&report, "privileged_duty");
    let [own] = privileged.as_slice() else { panic!("{privileged:#?}") };
    assert_eq!((&own["subject"], &own["duties"]), (&json!("person:sam.reed"), &json!(["SUPER"])));
    let span = &own["spans"][0];
    let record =
        json!({"record": "approval sam-on-call", "from": "2026-10-10T12:00:00Z", "to": "2026-10-20T00:00:00Z"});
    assert_eq!(span["records"], json!([record]));
    let parts: Vec<(&str, u64)> = span["without_record"]
        .as_array()
        .unwrap()
        .iter()
        .map(|own| (&own["from"].as_str().unwrap()[..10], own["days"].as_u64().unwrap()))
        .collect();
    assert_eq!(parts, [("2026-10-06", 4), ("2026-10-20", 32)]);
    assert_eq!((&own["days"], &own["days_without_record"]), (&json!(46), &json!(36)));
    // Who does not ask for approvals yet learns of those that there are all the same.
    let soft = format!("{}enforcement: {{policies: {{CS-GRANT-001: warn}}}}\n", world::CONFIG);
    repository.write(&[("countersign.yaml", &soft)]);
    assert_eq!(items(&asked("--since 2026-09-01", &repository), "privileged_duty"), privileged);
}

#[test]
fn a_grant_with_a_last_day_ends_without_a_landing() {
    let repository = Repository::unborn();
    let until = world::PAYMENTS.1.replace("scope:", "until: 2026-09-15, scope:");
    repository.write(world::START).write(&[world::BILLS, (world::PAYMENTS.0, &until)]).commit_on("2026-09-01", "Start");
    repository.write(&[("notes.md", "plain\n")]).commit_on("2026-10-01", "Notes");
    let report = asked("--since 2026-09-10", &repository);
    let own = items(&report, "conflict")[0];
    assert_eq!(spans(own, &repository), ["2026-09-01 Start .. 2026-09-16 -, 6"]);
    assert_eq!((&own["at_start"], &own["at_end"]), (&json!(true), &json!(false)));
}

#[test]
fn a_period_ends_where_it_ends_whatever_came_later() {
    let repository = past();
    let report = asked("--period 2026-09-15..2026-10-05", &repository);
    let own = items(&report, "conflict")[0];
    assert_eq!(
        spans(own, &repository),
        [
            "2026-09-10 Let Mira pay, too .. 2026-09-20 Let Mira pay no more, 6",
            "2026-10-02 Let Mira pay again (#7) .. now -, 2",
        ]
    );
    assert_eq!((&own["at_start"], &own["at_end"]), (&json!(true), &json!(true)));
    assert!(items(&report, "privileged_duty").is_empty());
    countersign("timeline --period 2027Q1", repository.path()).run().exits(Exit::Usage).complains("has not begun");
}

#[test]
fn one_subject_one_duty_or_one_conflict_is_told_alone_and_what_nobody_knows_is_refused() {
    let repository = past();
    let kinds = |line: &str| -> Vec<String> {
        let report = asked(&format!("--since 2026-09-01 {line}"), &repository);
        report["items"].as_array().unwrap().iter().map(|own| own["kind"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(kinds("--subject sam.reed"), ["privileged_duty"]);
    assert_eq!(kinds("--duty PAY"), ["conflict", "duty"]);
    assert_eq!(kinds("--conflict P2P-13"), ["conflict"]);
    for (line, near) in [("--subject sam.red", "sam.reed"), ("--conflict P2P-133", "P2P-13"), ("--duty PAI", "PAY")] {
        countersign(&format!("timeline {line}"), repository.path()).run().exits(Exit::Usage).complains(near);
    }
}

#[test]
fn a_landing_whose_records_cannot_be_read_is_not_known() {
    let repository = past();
    repository.write(&[(".countersign/approvals/x.yaml", "kind: Approval\n")]).commit_on("2026-11-01", "Half a record");
    repository.write(&[("notes.md", "other\n")]).commit_on("2026-11-02", "Notes");
    remove(&repository, ".countersign/approvals/x.yaml");
    repository.commit_on("2026-11-03", "Take it away");
    let report = asked("--since 2026-09-01", &repository);
    let own = items(&report, "privileged_duty")[0];
    assert_eq!((own["spans"].as_array().unwrap().len(), &own["days_not_known"]), (1, &json!(2)));
    let gap = report["not_read"].as_array().unwrap().iter().find(|own| own.get("file").is_none()).unwrap();
    assert_eq!((&gap["from"], &gap["to"]), (&json!("2026-11-01T12:00:00Z"), &json!("2026-11-03T12:00:00Z")));
}

#[test]
fn each_landing_is_judged_by_its_own_rules_where_that_is_asked_for() {
    let repository = past();
    let without = format!("{}exclude: [\"grants/**\"]\n", world::CONFIG);
    repository.write(&[("countersign.yaml", &without)]).commit_on("2026-11-01", "Look away");
    assert!(items(&asked("--since 2026-09-01", &repository), "conflict").is_empty());
    let report = asked("--since 2026-09-01 --own-rules", &repository);
    assert_eq!(items(&report, "conflict")[0]["spans"].as_array().unwrap().len(), 2);
}

#[test]
fn a_shallow_clone_does_not_know_since_when() {
    let repository = past();
    let other = Repository::unborn();
    let source = format!("file://{}", repository.path().display());
    other.git(&format!("fetch --quiet --depth 7 {source} main"));
    other.git("checkout --quiet -B main FETCH_HEAD");
    let report = asked("--since 2026-09-01", &other);
    assert_eq!(report["shallow"], true);
    let duties = items(&report, "duty");
    let since: Vec<&Value> = duties.iter().map(|own| &own["spans"][0]["since_before"]).collect();
    assert_eq!(since, [&json!(true), &json!(false)]);
}

/// The entries of the cache.
fn cache(repository: &Repository) -> Vec<PathBuf> {
    let folder = repository.path().join(".git/countersign/cache/timeline");
    let entries = fs::read_dir(folder).map(|all| all.map(|entry| entry.unwrap().path()).collect());
    entries.unwrap_or_default()
}

#[test]
fn what_is_kept_changes_nothing_but_the_time_that_it_takes() {
    let repository = past();
    let ask = |at: i64| {
        let run = countersign("timeline --format json --since 2026-09-01", repository.path()).at(at);
        let kept = run.with_its_binary().run().exits(Exit::Clean).stdout;
        let run = countersign("timeline --format json --since 2026-09-01", repository.path()).at(at);
        let fresh = run.run().exits(Exit::Clean).stdout;
        assert_eq!(kept, fresh);
        kept
    };
    let day = 86_400;
    // The approval's last day comes between two runs, and then landings that are older than that day.
    let early = NOW - 33 * day;
    repository.git("branch whole");
    repository.git("reset --quiet --hard whole~2");
    ask(early);
    let [entry] = &*cache(&repository) else { panic!("{:?}", cache(&repository)) };
    let first = fs::read(entry).unwrap();
    ask(early);
    ask(early + 5);
    assert_eq!(fs::read(entry).unwrap(), first, "nothing is new, and it is written again");
    ask(NOW - 10 * day);
    assert_ne!(fs::read(entry).unwrap(), first);
    repository.git("reset --quiet --hard whole");
    let whole = ask(NOW);
    // Another history under the same name.
    repository.git("reset --quiet --hard whole~6");
    assert_ne!(ask(NOW), whole);
    repository.git("reset --quiet --hard whole");
    ask(NOW);
    // What is damaged is not relied on, and neither is what cannot be read.
    for damaged in [&b"no digest"[..], &first[..first.len() - 1], b""] {
        fs::write(entry, damaged).unwrap();
        assert_eq!(ask(NOW), whole);
    }
    fs::remove_file(entry).unwrap();
    fs::create_dir(entry).unwrap();
    assert_eq!(ask(NOW), whole);
    // Other rules keep their own.
    let strict = format!("{}limits: {{approvals: {{max_days: 5}}}}\n", world::CONFIG);
    repository.write(&[("countersign.yaml", &strict)]);
    ask(NOW);
}

#[test]
fn a_timeline_in_a_terminal_and_as_a_table() {
    let repository = past();
    let ran = countersign("timeline --since 2026-09-01", repository.path()).run().exits(Exit::Clean);
    insta::assert_snapshot!("timeline", ran.stdout);
    let ran = countersign("timeline --since 2026-09-01 --format csv", repository.path()).run().exits(Exit::Clean);
    insta::assert_snapshot!("timeline_csv", ran.stdout);
    assert_eq!(repository.git("status --porcelain"), "");
}

#[test]
fn a_timeline_is_as_its_schema_says() {
    let repository = past();
    let schema = countersign("schema timeline", repository.path()).run().json();
    let report = asked("--since 2026-09-01", &repository);
    let schema = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = schema.iter_errors(&report).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}
