//! How modules are laid out.

use super::laid_out;

fn told(text: &str) -> String {
    laid_out("a.rego", text).unwrap()
}

/// A text with its tabs, that stays as it is.
#[track_caller]
fn stays(text: &str) {
    assert_eq!(told(text), text);
}

/// Every module that the program brings, its tests too.
fn own() -> Vec<(String, String)> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut open = vec![root.join("policies"), root.join("testdata")];
    let mut all = Vec::new();
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|own| own == "rego") {
                let name = path.strip_prefix(root).unwrap().display().to_string();
                all.push((name, std::fs::read_to_string(&path).unwrap().replace("\r\n", "\n")));
            }
        }
    }
    all
}

#[test]
fn every_policy_of_ours_is_laid_out_already() {
    let all = own();
    assert!(all.len() > 80, "{} modules", all.len());
    let otherwise: Vec<&str> = all
        .iter()
        .filter(|(name, text)| laid_out(name, text).is_ok_and(|own| own != *text))
        .map(|own| &*own.0)
        .collect();
    assert_eq!(otherwise, [""; 0]);
}

#[test]
fn what_lost_its_layout_gets_it_back() {
    // Only blanks are changed outside of texts in quotes, so that the tokens are the same.
    for (name, text) in own().iter().filter(|(_, text)| !text.contains('`')) {
        let Ok(right) = laid_out(name, text) else { continue };
        let flat: String = right.lines().map(|line| format!("{}  \r\n", line.trim_start())).collect();
        assert_eq!(laid_out(name, &flat).as_ref(), Ok(&right), "{name}");
        let deep: String = right.lines().map(|line| format!("      {line}\n\n\n")).collect();
        let deep = laid_out(name, &deep).unwrap();
        let lines = |text: &str| text.lines().filter(|own| !own.is_empty()).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(lines(&deep), lines(&right), "{name}");
    }
}

#[test]
fn tokens_part_by_one_space_where_they_part() {
    let module = |line: &str| format!("package a\n\n{line}\n");
    for (from, to) in [
        ("p:=1", "p := 1"),
        ("p  :=   x  [0] . y", "p := x [0].y"),
        ("p := f( x,y )", "p := f(x, y)"),
        ("p := {\"a\" :1,\"b\": [ 1,2 ]}", "p := {\"a\": 1, \"b\": [1, 2]}"),
        ("p contains   x if{some x in  input.xs}", "p contains x if { some x in input.xs }"),
        ("p := [x|some x in y]", "p := [x | some x in y]"),
        ("p := count(x)-1", "p := count(x) - 1"),
        ("p := -1+-x", "p := -1 + -x"),
        ("p := [-1,- x]", "p := [-1, -x]"),
        ("p := null", "p := null"),
        ("p := set( )", "p := set()"),
        ("p := set", "p := set"),
        ("p if not(x)", "p if not (x)"),
        ("p if contains( x,\"y\" );q", "p if contains(x, \"y\"); q"),
        ("p if x in[1]", "p if x in [1]"),
        ("p := input.in[0].if", "p := input.in[0].if"),
        ("p := []#  why", "p := [] #  why"),
        ("p := {  }", "p := {}"),
        ("p if every x in xs{x}", "p if every x in xs { x }"),
        ("p if x{y}else:=2", "p if x { y } else := 2"),
        ("p := `a  b`", "p := `a  b`"),
    ] {
        assert_eq!(told(&module(from)), module(to), "{from}");
        assert_eq!(told(&module(to)), module(to), "{to}");
    }
}

#[test]
fn lines_are_moved_in_by_what_is_open_where_they_begin() {
    stays(
        "package a\n\np if {\n\tx := f({\n\t\t\"a\": 1,\n\t\t\"b\": [\n\t\t\t2,\n\t\t],\n\t})\n\tx\n} else := 3 if {\n\ty\n}\n",
    );
    // What goes on with a line is moved in further, and what is open there counts from it.
    stays(
        "package a\n\np if {\n\tx ==\n\t\t1\n\tq with input as {\n\t\t\"a\": 1,\n\t}\n\t\twith data.b as [\n\t\t\t1,\n\t\t]\n}\n",
    );
    stays("package a\n\nids := {id |\n\tsome id in xs\n\tid != 1\n}\n");
    stays("package a\n\np if {\n\tcontains(x, \"y\")\n\tnot q\n}\n");
    // What begins a line is a set, and what stands behind a head is a body.
    stays("package a\n\np if {\n\tq(1)\n\t{x | some x in y} == {1}\n}\n");
    // A comment before a bracket that closes belongs to what is in it.
    stays("package a\n\np if {\n\tx # why\n\t# and how\n}\n");
}

#[test]
fn empty_lines_are_one_and_none_stands_at_a_bracket() {
    assert_eq!(
        told(
            "\n\n# METADATA\n# title: a\npackage a\nimport rego.v1\nimport data.b\np if {\n\n\tx\n\n\n\ty\n\n}\n\n\n\nq := 1\n\n"
        ),
        "# METADATA\n# title: a\npackage a\n\nimport rego.v1\nimport data.b\n\np if {\n\tx\n\n\ty\n}\n\nq := 1\n"
    );
    assert_eq!(told(""), "");
    assert_eq!(told("\r\n# only a note\r\n"), "# only a note\n");
}

#[test]
fn what_is_in_quotes_stays_byte_by_byte() {
    stays("package a\n\np := `x\n   y\t\n\n\n  # no comment {\n`\n\nq := \"# { \\\" é\"\n");
}

#[test]
fn what_is_no_rego_is_an_error_with_its_line() {
    let error = laid_out("a.rego", "package a\n\np := \"open\n").unwrap_err();
    assert!(error.message.contains("a.rego:3"), "{error}");
    assert!(laid_out("a.rego", "package a\n\np := @").is_err());
    assert!(laid_out("a.rego", "package a\rp := 1").is_err());
}

proptest::proptest! {
    #[test]
    fn nothing_stops_it_and_twice_is_once(text in "([ \\t\\n]|[a-c]|if|in|not|null|with|as|[-+|:=<>.,;#(){}\\[\\]]|:=|\"a b\"|`a\n b`|-1|1){0,60}") {
        if let Ok(once) = laid_out("a.rego", &text) {
            proptest::prop_assert_eq!(laid_out("a.rego", &once), Ok(once.clone()));
        }
    }
}
