//! `countersign ruleset import`. Each folder of `testdata/imports` is one download: what is said and written stands beside
//! it as `said.snap` and `ruleset.snap`.

use std::fs;
use std::path::{Path, PathBuf};

use countersign::cli::Exit;
use proptest::prelude::*;

use super::places::{Folder, contents, write};
use super::runner::{check, countersign, findings};

fn cases() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/imports");
    let mut all: Vec<PathBuf> = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    all.sort();
    assert!(all.len() >= 6);
    all
}

/// Copies a case and imports all of it under the id `acme`.
fn import(case: &Path) -> (Folder, super::runner::Ran) {
    let place = Folder::new();
    let mut names: Vec<String> = Vec::new();
    for entry in fs::read_dir(case).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|ending| ending != "snap") {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            fs::copy(&path, place.path.join(&name)).unwrap();
            names.push(name);
        }
    }
    names.sort();
    let ran = countersign(&format!("ruleset import {} --id acme", names.join(" ")), &place.path).run();
    (place, ran)
}

#[test]
fn each_download_is_drawn_as_its_snapshots_say_and_loads() {
    for case in cases() {
        let (place, ran) = import(&case);
        assert_eq!(ran.stderr, "", "{}", case.display());
        let written = fs::read_to_string(place.path.join("rulesets/acme.yaml")).unwrap();
        insta::with_settings!({ snapshot_path => &case, prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!("said", ran.stdout);
            insta::assert_snapshot!("ruleset", written);
        });
        let left_out = written.contains("# Not carried over:");
        assert_eq!(ran.exit, if left_out { Exit::Blocked } else { Exit::Clean }, "{}", case.display());
        write(
            &place.path,
            "countersign.yaml",
            "version: 1\nrulesets: [{path: rulesets/acme.yaml, owner: person:olga.brandt}]\n",
        );
        countersign("ruleset show acme", &place.path).run().exits(Exit::Clean).without_complaint().says("conflict");
    }
}

#[test]
fn what_was_imported_finds_the_conflict_that_was_planted() {
    let case = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/imports/grc");
    let (place, _) = import(&case);
    write(
        &place.path,
        "countersign.yaml",
        "version: 1\nexclude: [\"*.txt\"]\nrulesets: [{path: rulesets/acme.yaml, owner: person:olga.brandt}]\n",
    );
    let world = |second: &str| {
        format!(
            "apiVersion: countersign.dev/v1\nkind: System\nmetadata: {{id: erp}}\nspec: {{type: sap}}\n---\n\
             apiVersion: countersign.dev/v1\nkind: Person\nmetadata: {{id: olga.brandt}}\nspec: {{}}\n---\n\
             apiVersion: countersign.dev/v1\nkind: Person\nmetadata: {{id: mira.vale}}\nspec: {{accounts: [{{system: erp, name: MVALE}}]}}\n---\n\
             apiVersion: countersign.dev/v1\nkind: Grant\nspec: {{system: erp, to: person:mira.vale, scope: {{legal_entity: DE01}}, permissions: [MIRO]}}\n---\n\
             apiVersion: countersign.dev/v1\nkind: Grant\nspec: {{system: erp, to: person:mira.vale, scope: {{legal_entity: DE01}}, permissions: [{second}]}}\n"
        )
    };
    let hits = |place: &Folder| {
        let report = check("--no-record --output json", &place.path).json();
        let all = report["findings"].as_array().unwrap();
        let own = all.iter().filter(|own| own["conflict"]["id"].as_str().is_some_and(|id| id.starts_with("ACME-")));
        own.map(|own| own["conflict"]["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    write(&place.path, "access.yaml", &world("F110"));
    assert_eq!(hits(&place), ["ACME-P001"]);
    let report = check("--no-record --output json", &place.path).exits(Exit::Blocked).json();
    assert!(
        findings(&report).contains(&"introduced CS-SOD-001 person:mira.vale!".to_owned()),
        "{:?}",
        findings(&report)
    );
    // What is not active confers nothing.
    write(&place.path, "access.yaml", &world("F-58"));
    assert_eq!(hits(&place), [""; 0]);
}

#[test]
fn nothing_is_written_over_and_nothing_is_written_of_what_cannot_be_read() {
    let place = Folder::with(&[("matrix.csv", "f,a,b\na,,X\nb,X,\n"), ("rulesets/acme.yaml", "mine")]);
    let line = "ruleset import matrix.csv --id acme";
    let before = contents(&place.path);
    countersign(line, &place.path).run().exits(Exit::Usage).complains("rulesets/acme.yaml is there already");
    countersign(&format!("{line} --output b.yaml --prefix cs-"), &place.path)
        .run()
        .exits(Exit::Usage)
        .complains("reserved");
    countersign("ruleset import matrix.csv --id ../x", &place.path)
        .run()
        .exits(Exit::Usage)
        .complains("`../x` is no id");
    countersign("ruleset import none.csv --id a", &place.path).run().exits(Exit::Usage);
    countersign("ruleset import matrix.csv --id a --level 1=bad", &place.path)
        .run()
        .exits(Exit::Usage)
        .complains("low, medium");
    let bad: [(&str, &[u8], &str); 6] = [
        ("book.csv", b"PK\x03\x04rest", "is a workbook"),
        ("binary.csv", b"a,b\n\xff\x00\x00", "is no text"),
        ("quote.csv", b"f,a,b\na,,\"X\nb,X,\nc,,\n", "a quote is opened and never closed"),
        ("plain.csv", b"name,age\nann,7\nbob,8\n", "is no matrix that is known"),
        ("empty.csv", b"", "has no table"),
        ("none.csv", b"f,a,b\na,,\nb,,\n", "no conflict is in what was given"),
    ];
    for (name, bytes, words) in bad {
        fs::write(place.path.join(name), bytes).unwrap();
        countersign(&format!("ruleset import {name} --id x"), &place.path).run().exits(Exit::Usage).complains(words);
        fs::remove_file(place.path.join(name)).unwrap();
    }
    assert_eq!(contents(&place.path), before);
}

#[test]
fn levels_systems_and_dimensions_are_what_is_asked_for() {
    let place = Folder::with(&[("risks.csv", "risk,function 1,function 2,level\nR1,a,b,1\nR2,a,c,7\n")]);
    let line = "ruleset import risks.csv --id acme --level 1=critical --level 7=low --dimension company --owner cfo";
    countersign(line, &place.path).run().exits(Exit::Blocked).says("nothing says what confers `a`");
    let text = fs::read_to_string(place.path.join("rulesets/acme.yaml")).unwrap();
    assert!(text.contains("severity: critical") && text.contains("severity: low"), "{text}");
    assert!(text.contains("dimension: \"company\"") && text.contains("owner: \"cfo\""), "{text}");
}

#[test]
fn a_large_matrix_is_drawn() {
    let names: Vec<String> = (0..300).map(|number| format!("F{number:03} - Function {number}")).collect();
    let mut text = format!("function,{}\n", names.join(","));
    for (row, name) in names.iter().enumerate() {
        let marks: Vec<&str> =
            (0..names.len()).map(|column| if column > row && (column + row) % 7 == 0 { "H" } else { "" }).collect();
        text.push_str(&format!("{name},{}\n", marks.join(",")));
    }
    let place = Folder::with(&[("matrix.csv", &text)]);
    let ran = countersign("ruleset import matrix.csv --id acme", &place.path).run();
    let marks = text.matches(",H").count();
    assert!(
        ran.stdout.starts_with(&format!("wrote rulesets/acme.yaml: 300 duties, {marks} conflicts\n")),
        "{}",
        ran.stdout
    );
    write(&place.path, "countersign.yaml", "version: 1\nrulesets: [{path: rulesets/acme.yaml}]\n");
    countersign("ruleset list", &place.path).run().exits(Exit::Clean).without_complaint();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever stands in the cells, what is written loads, or nothing is written and the reason is said.
    #[test]
    fn whatever_stands_in_the_cells_what_is_written_loads(
        cells in proptest::collection::vec("[ -~äπ\t]{0,12}", 4..24),
        width in 2usize..5,
    ) {
        let rows: Vec<String> = cells.chunks(width).map(|row| row.join(",")).collect();
        let text = format!("risk,function 1,function 2\nR1,a,b\n{}\n", rows.join("\n"));
        let place = Folder::with(&[("risks.csv", &text)]);
        let ran = countersign("ruleset import risks.csv --id acme", &place.path).run();
        if place.path.join("rulesets/acme.yaml").exists() {
            write(&place.path, "countersign.yaml", "version: 1\nrulesets: [{path: rulesets/acme.yaml}]\n");
            let listed = countersign("ruleset list", &place.path).run();
            prop_assert_eq!(listed.exit, Exit::Clean, "{}\n{}", listed.stderr, text);
        } else {
            prop_assert!(ran.exit == Exit::Usage && !ran.stderr.is_empty(), "{}", ran.stdout);
        }
    }
}
