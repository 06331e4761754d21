use super::statement::{Unread, read};
use super::{FORMAT, by_number};
use crate::formats::trees::{run_trees, show};
use crate::syntax::sql::parse;

#[test]
fn cases() {
    run_trees("postgres-*", &[FORMAT.name]);
}

#[test]
fn statements_of_other_databases_are_told() {
    for text in [
        "GRANT SELECT ON db.* TO 'app'@'%'",
        "GRANT ALL PRIVILEGES ON *.* TO 'root'@'localhost' WITH GRANT OPTION",
        "GRANT SELECT ON TABLE a.b TO ROLE analyst",
        "GRANT ROLE a TO USER b",
        "GRANT USAGE ON WAREHOUSE w TO ROLE r",
        "CREATE USER 'x'@'%' IDENTIFIED BY 'y'",
        "CREATE USER x IDENTIFIED BY y",
        "CREATE USER x FOR LOGIN y",
        "GRANT CREATE SESSION TO x",
        "ALTER USER x DEFAULT_ROLE = y",
    ] {
        let script = parse(text.as_bytes()).unwrap();
        assert_eq!(read(&script.statements[0]).err(), Some(Unread::Foreign), "{text}");
    }
}

#[test]
fn a_name_that_is_filled_in_elsewhere_is_said() {
    let found = show(&[("db/a.sql", "GRANT SELECT ON t TO {{ app }};\nGRANT a TO b;\n")], &[FORMAT.name]);
    assert!(found.contains("db/a.sql:1:22 Unsupported: a name here is filled in by another program"), "{found}");
    assert!(found.contains("includes postgres/role/a"), "{found}");
}

#[test]
fn a_script_that_is_too_long_is_broken_if_it_speaks_of_privileges() {
    let rows = "INSERT INTO t VALUES (1);\n".repeat(400_000);
    let found = show(&[("db/a.sql", &format!("{rows}GRANT a TO b;\n"))], &[FORMAT.name]);
    assert!(found.starts_with("db/a.sql Broken: the script has 9 MB"), "{found}");
    assert_eq!(show(&[("db/a.sql", &rows)], &[FORMAT.name]), "");
}

#[test]
fn names_are_counted_as_people_count() {
    let mut names = ["V10__a.sql", "V2__b.sql", "V1__c.sql"];
    names.sort_by_cached_key(|name| by_number(name));
    assert_eq!(names, ["V1__c.sql", "V2__b.sql", "V10__a.sql"]);
}

#[test]
fn a_script_without_such_statements_is_nobodys() {
    let text = "CREATE TABLE grants (role text);\nINSERT INTO grants VALUES ('GRANT a TO b');\nSELECT 1;\n";
    assert_eq!(show(&[("db/a.sql", text)], &[FORMAT.name]), "");
}

#[test]
fn what_a_later_file_takes_away_is_gone() {
    let one = ("db/V1__a.sql", "CREATE ROLE app LOGIN;\nGRANT SELECT, DELETE ON TABLE pay.runs TO app;\n");
    let two = ("db/V2__b.sql", "REVOKE DELETE ON pay.runs FROM app;\nREVOKE ALL ON nothing FROM nobody;\n");
    let both = show(&[one, two], &[FORMAT.name]);
    assert!(both.contains("allow SELECT:TABLE on pay.runs") && !both.contains("DELETE"), "{both}");
    // In the other order nothing is taken away.
    let other = show(&[("db/V3__a.sql", one.1), two], &[FORMAT.name]);
    assert!(other.contains("allow DELETE:TABLE on pay.runs"), "{other}");
}
