//! What the gate would have made of what landed before.

use countersign::cli::Exit;

use super::places::Repository;
use super::runner::countersign;
use super::world;

/// A branch on which a conflict landed in two steps, and was taken away.
fn past() -> Repository {
    let repository = Repository::with(world::START);
    repository.write(&[world::BILLS]).commit("Let Mira enter invoices");
    repository.write(&[world::PAYMENTS]).commit("Let Mira pay, too");
    repository.write(&[("notes.md", "plain\n")]).commit("Notes");
    std::fs::remove_file(repository.path().join(world::PAYMENTS.0)).unwrap();
    repository.commit("Let Mira pay no more");
    repository
}

#[test]
fn a_change_that_brought_a_conflict_would_have_been_stopped_and_no_other() {
    let repository = past();
    let said = countersign("backtest --since 30d", repository.path()).run().exits(Exit::Clean).stdout;
    for line in [
        "4 changes landed on HEAD",
        "1  would have been stopped (25.0 % of 4)",
        "3  would have passed without a word",
        "CS-SOD-001 P2P-",
        "Let Mira pay, too",
    ] {
        assert!(said.contains(line), "{line} is not in\n{said}");
    }
    assert!(!said.contains("Let Mira enter invoices"), "{said}");
    // It leaves nothing behind.
    assert_eq!(repository.git("status --porcelain"), "");
    assert!(!repository.path().join(".git/countersign").exists());
}

#[test]
fn the_rules_of_today_judge_unless_those_of_then_are_asked_for() {
    let repository = past();
    let soft = format!("{}enforcement: {{policies: {{CS-SOD-001: warn}}}}\n", world::CONFIG);
    repository.write(&[("countersign.yaml", &soft)]);
    countersign("backtest --since 2026-11-01", repository.path())
        .run()
        .exits(Exit::Clean)
        .says("0 would have been stopped")
        .says("1 would have passed with a warning");
    countersign("backtest --since 2026-11-01 --own-rules", repository.path())
        .run()
        .exits(Exit::Clean)
        .says("1 would have been stopped");
}

#[test]
fn only_what_landed_since_counts_and_what_is_no_time_is_refused() {
    let repository = past();
    countersign("backtest --since 2026-11-21", repository.path()).run().exits(Exit::Clean).says("0 changes landed");
    for wrong in ["soon", "-3d", "", "3"] {
        countersign("backtest", repository.path()).with(["--since", wrong]).run().exits(Exit::Usage);
    }
}

#[test]
fn a_change_that_cannot_be_judged_is_said_and_hides_no_other() {
    let repository = past();
    repository.write(&[("countersign.yaml", "version: 1\nno_such_key: 1\n")]).commit("Break the rules");
    repository.write(&[("countersign.yaml", world::CONFIG), world::PAYMENTS]).commit("Mend them, and pay again");
    repository.write(&[("more.md", "plain\n")]).commit("More");
    let ran = countersign("backtest --own-rules --format json", repository.path()).run().exits(Exit::Clean);
    let report = ran.json();
    // What breaks the rules is warned about by those before it.
    let counts = ["landings", "stopped", "warned", "not_judged"].map(|name| report[name].as_u64().unwrap());
    assert_eq!(counts, [7, 1, 1, 1]);
    let failed = &report["changes"][0];
    assert_eq!(failed["subject"], "Mend them, and pay again");
    assert!(failed["because"].as_str().unwrap().contains("no_such_key"), "{failed}");
}
