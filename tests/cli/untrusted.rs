//! Policies that nobody accepted run in a process of their own, and whatever they do is an outcome.

use std::time::{Duration, Instant};

use countersign::policy::untrusted::{Answer, Child, Isolation, Limits, NotEvaluated, Session};
use countersign::rules::RuleFile;
use serde_json::json;

use super::places::scratch;
use super::runner::binary;

fn policy(body: &str) -> RuleFile {
    let text = format!(
        "# METADATA\n# title: t\n# custom:\n#   id: A-1\n#   severity: low\n#   scope: principal\n#   input: \
         principal/v1\npackage a.b\n\nimport rego.v1\n\n{body}\n"
    );
    RuleFile::new("a.rego", text.into_bytes())
}

fn child(limits: Limits) -> Isolation {
    Isolation::Child(Child { binary: binary(), limits })
}

/// Loads a policy in a child and asks about some documents.
fn ask(body: &str, documents: &[serde_json::Value], limits: Limits) -> Result<Vec<Answer>, NotEvaluated> {
    let started = Instant::now();
    let result = Session::open(&child(limits), &[policy(body)], "a.rego", &json!({}))
        .and_then(|mut session| session.ask(&documents.iter().collect::<Vec<_>>()));
    assert!(started.elapsed() < limits.deadline + Duration::from_secs(5), "it hangs");
    result
}

const SOON: Limits = Limits { deadline: Duration::from_millis(1500), output: 1 << 20, memory: 1 << 28 };
const ROOMY: Limits = Limits { deadline: Duration::from_secs(60), ..SOON };

#[test]
fn a_policy_that_behaves_answers_in_order() {
    let body = "finding contains {\"message\": \"x\", \"key\": input.id} if count(input.accounts) > 1";
    let documents: Vec<_> = (0..3000).map(|n| json!({"id": format!("p{n}"), "accounts": vec!["a"; n % 3]})).collect();
    let answers = ask(body, &documents, ROOMY).unwrap();
    assert_eq!(answers.len(), 3000);
    for (n, answer) in answers.iter().enumerate() {
        let Answer::Findings(findings) = answer else { panic!("{answer:?}") };
        let keys: Vec<_> = findings.iter().filter_map(|finding| finding.key.clone()).collect();
        assert_eq!(keys, if n % 3 == 2 { vec![format!("p{n}")] } else { vec![] });
    }
}

#[test]
fn a_policy_that_loops_is_stopped_at_the_deadline() {
    for body in [
        "finding contains {\"message\": \"x\"} if {\n  some a in numbers.range(0, 60000)\n  some b in \
         numbers.range(0, 60000)\n  some c in numbers.range(0, 60000)\n  ((a + b) + c) == -1\n}",
        "n := count([1 | some a in numbers.range(1, 90000); some b in numbers.range(1, 90000); a * b == 0])\nfinding \
         contains {\"message\": \"x\"} if n == 1",
    ] {
        assert_eq!(ask(body, &[json!({})], SOON), Err(NotEvaluated::Late(SOON.deadline)));
    }
}

#[test]
fn a_policy_that_eats_memory_ends_its_own_process_only() {
    for body in [
        "xs := numbers.range(0, 2000000000)\nfinding contains {\"message\": \"x\"} if count(xs) > 1",
        "s0 := concat(\"\", [\"aaaaaaaaaaaaaaaa\" | some _ in numbers.range(1, 100000)])\ns1 := concat(\"\", [s0 | \
         some _ in numbers.range(1, 4000)])\nfinding contains {\"message\": s1}",
    ] {
        assert_eq!(ask(body, &[json!({})], ROOMY), Err(NotEvaluated::Ended), "{body}");
    }
}

#[test]
fn a_policy_that_floods_is_cut_off() {
    let body = "finding contains {\"message\": sprintf(\"%d\", [n])} if some n in numbers.range(1, 10000)";
    let few = Limits { output: 1 << 16, ..ROOMY };
    assert_eq!(ask(body, &[json!({})], few), Err(NotEvaluated::TooMuch(few.output)));
    let body = "finding contains {\"message\": concat(\"\", [\"aaaaaaaa\" | some _ in numbers.range(1, 1000)])}";
    assert_eq!(ask(body, &vec![json!({}); 1000], ROOMY), Err(NotEvaluated::TooMuch(ROOMY.output)));
}

#[test]
fn a_policy_that_does_not_load_is_refused_with_its_reason() {
    for (body, wanted) in [
        ("finding contains := if", "not Rego"),
        ("finding contains {\"message\": \"x\"} if time.now_ns() > 1", "time.now_ns"),
        ("f(x) := f(x)\nfinding contains {\"message\": f(1)}", "calls itself"),
    ] {
        match ask(body, &[json!({})], ROOMY) {
            Err(NotEvaluated::Refused(why)) => assert!(why.contains(wanted), "{why}"),
            other => panic!("{body}: {other:?}"),
        }
    }
}

#[test]
fn nesting_without_brackets_ends_its_own_process_at_worst() {
    let deep = [
        format!("finding contains {{\"message\": \"x\"}} if {{\n  x := {}1\n  x == 1\n}}", "-".repeat(200_000)),
        format!("finding contains {{\"message\": \"x\"}} if {{\n  x := 1{}\n  x > 1\n}}", " + 1".repeat(200_000)),
        format!("finding contains {{\"message\": \"x\"}} if {{\n  {}false\n}}", "not ".repeat(200_000)),
        format!(
            "x := 1 if {{ false }}{}\nfinding contains {{\"message\": \"x\"}} if x == 1",
            " else := 1 if { false }".repeat(50_000)
        ),
        format!("finding contains {{\"message\": \"x\"}} if input{} == 1", ".a".repeat(200_000)),
    ];
    for body in deep {
        // Whatever comes of it, it comes back.
        let _ = ask(&body, &[json!({})], SOON);
    }
}

#[cfg(unix)]
#[test]
fn the_process_has_an_empty_environment() {
    use std::os::unix::fs::PermissionsExt;
    let folder = scratch();
    let script = folder.path().join("countersign");
    // The shell itself sets three.
    let text = "#!/bin/sh\necho \"{\\\"refused\\\":\\\"$(env | grep -cvE '^(PWD|SHLVL|_)=')\\\"}\"\n";
    std::fs::write(&script, text).unwrap();
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
    let place = Isolation::Child(Child { binary: script, limits: ROOMY });
    let error = Session::open(&place, &[policy("")], "a.rego", &json!({})).unwrap_err();
    assert_eq!(error, NotEvaluated::Refused("0".to_owned()));
}

#[test]
fn a_binary_that_is_something_else_is_not_understood() {
    let other = Isolation::Child(Child { binary: "/bin/echo".into(), limits: SOON });
    let error = Session::open(&other, &[policy("")], "a.rego", &json!({})).unwrap_err();
    assert!(matches!(error, NotEvaluated::NotUnderstood | NotEvaluated::Ended), "{error}");
}
