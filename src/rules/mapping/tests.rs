//! Mappings that cannot be read, each with what it says.

use super::super::Rules;
use super::*;

/// The errors of a mapping with this `spec`.
fn errors(spec: &str) -> Vec<String> {
    let text = format!("apiVersion: countersign.dev/v1\nkind: Mapping\nmetadata: {{id: house}}\nspec:\n{spec}");
    let file = RuleFile::new(".countersign/mappings/house.yaml", text.into_bytes());
    let Err(errors) = Rules::load(&[file], None) else { return Vec::new() };
    errors.iter().map(|error| format!("{}; {}", error.message, error.help.as_deref().unwrap_or_default())).collect()
}

/// The errors of rows that mean one grant.
fn of_rows(rows: &str) -> Vec<String> {
    errors(&format!("  files: [a.yaml]\n  each:\n    - {rows}\n"))
}

#[test]
fn what_is_wrong_with_a_mapping_is_said() {
    let grant = "emit: [{kind: Grant, spec: {system: erp, to: 'account:erp/{row.login}', role: '{row.role}'}}]";
    assert_eq!(of_rows(&format!("{{in: 'file[]', as: row, {grant}}}")), Vec::<String>::new());
    for (rows, said) in [
        (format!("{{inn: 'file[]', as: row, {grant}}}"), "unknown key `inn`; did you mean `in`?"),
        (format!("{{in: 'fil[]', as: row, {grant}}}"), "no name `fil` is bound here; did you mean `file`?"),
        (format!("{{in: 'file[]', as: rows, {grant}}}"), "no name `row` is bound here; did you mean `rows`?"),
        (format!("{{in: 'file[]x', as: row, {grant}}}"), "behind a key comes `.KEY`, `.*` or `[]`, not `x`"),
        (format!("{{in: 'file.', as: row, {grant}}}"), "a key is missing before ``"),
        (format!("{{in: 'file[]', as: row, key: k, {grant}}}"), "the rows of `file[]` have no keys"),
        (format!("{{in: 'file[]', as: file, {grant}}}"), "the name `file` is bound already"),
        (format!("{{in: 'file[]', as: row, split: '', {grant}}}"), "nothing parts no text"),
        (format!("{{in: 'file[]', as: row, where: [{{value: row.a}}], {grant}}}"), "a condition says one thing"),
        (format!("{{in: 'file[]', as: row, where: [{{value: 'row.*', is: [a]}}], {grant}}}"), "is several values"),
        ("{in: 'file[]', as: row}".to_owned(), "these rows mean nothing"),
        ("{in: 'file[]', emit: [{kind: Rolle, spec: {}}]}".to_owned(), "did you mean `Role`?"),
        ("{in: 'file[]', emit: [{kind: Role, spec: {a: '{'}}]}".to_owned(), "a brace stands alone"),
        ("{in: 'file[]', emit: [{kind: Role, spec: {a: '{file[]}'}}]}".to_owned(), "is several values"),
        ("{in: 'file[]', emit: [{kind: Role, spec: {'{a}': b}}]}".to_owned(), "values are filled in, keys are not"),
        ("{in: 3, emit: {}}".to_owned(), "expected a list, found a map"),
    ] {
        let found = of_rows(&rows).join("\n");
        assert!(found.contains(said), "{rows}: {found}");
    }
    assert!(errors("  files: []\n  each: []\n").join("\n").contains("this mapping reads no files"));
    assert!(errors("  files: ['[']\n  each: []\n").join("\n").contains("is not a glob"));
    assert!(errors("  files: [a]\n  each: []\n  table: {delimiter: ab}\n").join("\n").contains("not one character"));
}

#[test]
fn rows_within_rows_end_somewhere() {
    let mut rows = "{in: file, emit: [{kind: Role, spec: {}}]}".to_owned();
    for level in 0..30 {
        rows = format!("{{in: file, as: a{level}, key: b{level}, each: [{rows}]}}");
    }
    assert!(of_rows(&rows).join("\n").contains("too deep"));
}

#[test]
fn braces_that_are_doubled_mean_themselves() {
    let pieces = path::pieces("a{{b}}{row.\"on call\"?}", Span::default()).unwrap();
    let [Piece::Text(text), Piece::Hole { path, without: Without::Field }] = &*pieces else { panic!("{pieces:?}") };
    assert_eq!(&**text, "a{b}");
    assert_eq!(path.steps, [Step::Key("on call".into())]);
}
