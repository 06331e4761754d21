use super::*;
use serde_json::json;

fn policy(body: &str) -> RuleFile {
    let text = format!(
        "# METADATA\n# title: t\n# custom:\n#   id: A-1\n#   severity: low\n#   scope: principal\n#   input: \
         principal/v1\npackage a.b\n\nimport rego.v1\n\n{body}\n"
    );
    RuleFile::new("a.rego", text.into_bytes())
}

const LONG: &str = "finding contains {\"message\": \"x\", \"key\": input.id} if count(input.accounts) > 1";

#[test]
fn lines_in_lines_out() {
    let job = Job::new(&[policy(LONG)], "a.rego", &json!({}), Limits { memory: u64::MAX, ..Limits::default() });
    let mut requests = serde_json::to_string(&job).unwrap();
    requests.push_str("\n{\"id\": \"p\", \"accounts\": [1, 2]}\n{\"accounts\": []}\n");
    // The limits are for a process of its own, so this stays below them.
    let mut worker = child::Worker::load(&job).unwrap();
    let answers: Vec<String> = requests
        .lines()
        .skip(1)
        .map(|line| serde_json::to_string(&worker.answer(serde_json::from_str(line).unwrap())).unwrap())
        .collect();
    assert!(answers[0].starts_with("{\"findings\":[{\"message\":\"x\""), "{answers:?}");
    assert_eq!(answers[1], "{\"findings\":[]}");
}

#[test]
fn without_a_binary_nothing_is_evaluated_and_that_is_said() {
    let error = Session::open(&Isolation::of(None), &[policy(LONG)], "a.rego", &json!({})).unwrap_err();
    assert_eq!(error, NotEvaluated::NoBinary);
    let gone = Isolation::of(Some("/nonexistent/countersign".into()));
    let error = Session::open(&gone, &[policy(LONG)], "a.rego", &json!({})).unwrap_err();
    assert!(matches!(error, NotEvaluated::NotStarted(_)), "{error}");
}

#[test]
fn a_policy_that_fails_on_a_document_says_so_and_answers_the_next() {
    let failing = policy("finding contains {\"message\": x} if x := 1 / input.zero");
    let mut session = Session::open(&Isolation::InProcess, &[failing], "a.rego", &json!({})).unwrap();
    let answers = session.ask(&[&json!({"zero": 0}), &json!({})]).unwrap();
    assert!(matches!(&answers[0], Answer::Failed(_)));
    assert_eq!(answers[1], Answer::Findings(Vec::new()));
}
