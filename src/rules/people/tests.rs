use super::*;

fn read(text: &str) -> Result<People, Vec<PeopleError>> {
    People::read(&RuleFile::new("hr.csv", text.as_bytes()))
}

#[track_caller]
fn refused(text: &str) -> String {
    let errors = read(text).unwrap_err();
    errors
        .iter()
        .map(|error| format!("{error} | {}", error.help.as_deref().unwrap_or("no help")))
        .collect::<Vec<_>>()
        .join("\n")
}

const DAY: i64 = 86_400;
/// 2026-10-01.
const OCTOBER: i64 = 1_790_812_800;

#[test]
fn csv_and_json_say_the_same() {
    let csv = "id,status,start,end,manager,position,position_since\n\
               person:ann,active,2020-01-01,,ben,\"Payables, EU\",2026-10-01\n\
               ben,departed,,2026-10-01,,,\n";
    let json = r#"[
        {"id": "ann", "status": "active", "start": "2020-01-01", "manager": "person:ben", "end": null,
         "position": "Payables, EU", "position_since": "2026-10-01"},
        {"id": "person:ben", "status": "departed", "end": "2026-10-01"}
    ]"#;
    let (csv, json) = (read(csv).unwrap(), read(json).unwrap());
    assert!(csv.iter().eq(json.iter()));
    assert_ne!(csv.digest, json.digest);
    assert_eq!(csv.len(), 2);
    let ann = csv.get("ann").unwrap();
    assert_eq!((ann.manager.as_deref(), ann.position.as_deref()), (Some("ben"), Some("Payables, EU")));
    assert_eq!(ann.position_since, Some(OCTOBER));
    // The last day still counts.
    assert_eq!(csv.get("ben").unwrap().employed.until, Some(OCTOBER + DAY));
}

#[test]
fn what_spreadsheets_write_is_read() {
    for text in [
        "\u{feff}id;status\r\nann;leave\r\n",
        "id\tstatus\nann\tleave\n",
        "id, status\n\n ann , leave \n",
        "status,id\nleave,ann",
        "\u{feff}[{\"id\": \"ann\", \"status\": \"leave\"}]",
    ] {
        assert_eq!(read(text).unwrap().get("ann").unwrap().status, Some(PersonStatus::Leave), "{text:?}");
    }
    // Personnel numbers are numbers in JSON.
    assert!(read("[{\"id\": 1007}]").unwrap().get("1007").is_some());
}

#[test]
fn every_error_names_its_place_and_what_to_do() {
    let cases = [
        ("id,end\nann,31.12.2026\n", "hr.csv:2:5: the `end` is not a date | write it as `2026-12-31`"),
        ("id,end\nann,20261231\n", "hr.csv:2:5: the `end` is not a date | write it as `2026-12-31`"),
        ("id,staus\nann,active\n", "hr.csv:1:4: unknown column `staus` | did you mean `status`?"),
        ("id,salary\nann,1\n", "hr.csv:1:4: unknown column `salary` | known columns: id, status, start, end"),
        ("id,status,id\n", "hr.csv:1:11: the column `id` is there twice"),
        ("status\nactive\n", "hr.csv:1:1: there is no column `id`"),
        ("id,status\nann,active\nben,active\nann,leave\n", "hr.csv:4:1: the person `ann` is there twice"),
        ("id,status\nperson:ann,active\nann,leave\n", "hr.csv:3:1: the person `ann` is there twice"),
        ("id,status\nann,activ\n", "hr.csv:2:5: the `status` is not known | did you mean `active`?"),
        ("id,status\nann,gone fishing\n", "hr.csv:2:5: the `status` is not known | one of: active, leave, departed"),
        ("id,status\n,active\n", "hr.csv:2:1: this person has no `id`"),
        ("id,manager\nann,Ben Cole\n", "hr.csv:2:5: the `manager` is not a person's id"),
        ("id,status\nservice:bot,active\n", "hr.csv:2:1: the `id` is not a person's id"),
        ("id,start,end\nann,2026-02-01,2026-01-01\n", "the `end` is before the `start`"),
        ("id,status\nann\n", "hr.csv:2:1: this line has 1 values, the header has 2"),
        ("", "hr.csv:1:1: the file names nobody"),
        ("id\n", "hr.csv:1:1: the file names nobody"),
        ("[]", "hr.csv:1:1: the file names nobody"),
        ("{\"id\": \"ann\"}", "hr.csv:1:1: a list of people is expected"),
        ("[\n  \"ann\"]", "hr.csv:2:3: a person is expected, found text"),
        ("[{\"id\": \"ann\", \"end\": \"soon\"}]", "hr.csv:1:23: the `end` is not a date"),
        ("[{\"id\": \"ann\", \"manger\": \"ben\"}]", "unknown column `manger` | did you mean `manager`?"),
        ("[{\"id\": [\"ann\"]}]", "`id` is text, found a list"),
        ("[{\"id\": \"ann\"", "this is not JSON that can be read"),
    ];
    for (text, wanted) in cases {
        let found = refused(text);
        assert!(found.contains(wanted), "{text:?}: {found}");
    }
    let latin = People::read(&RuleFile::new("hr.csv", b"id,position\nann,Pr\xfcfer\n".to_vec())).unwrap_err();
    assert_eq!(latin[0].to_string(), "hr.csv:2:1: this line is not UTF-8 text");
}

#[test]
fn errors_and_debug_text_repeat_no_employment() {
    for text in ["ann,departed,2026-10-01\n", "id,end,position\nann,dismissed for cause,x\n"] {
        let found = format!("{:?}", read(text).unwrap_err());
        for private in ["2026-10-01", "dismissed"] {
            assert!(!found.contains(private), "{found}");
        }
    }
    let people = read("id,status,position\nann,departed,Payables\n").unwrap();
    assert!(!format!("{people:?}").contains("Payables"));
    assert!(!format!("{people:?}").contains("Departed"));
}

#[test]
fn errors_fill_no_more_than_a_screen() {
    let rows: String = (0..100).map(|n| format!("p{n},soon\n")).collect();
    let errors = read(&format!("id,end\n{rows}")).unwrap_err();
    assert_eq!(errors.len(), 20);
    assert!(errors[19].message.ends_with("(and 80 more errors)"));
}

proptest::proptest! {
    /// Whatever stands in a file, it is read or refused.
    #[test]
    fn any_bytes_are_read_or_refused(
        start in proptest::sample::select(vec!["", "id,status\n", "id;end\nann;", "[{\"id\": \"ann\", \"end\": ", "\u{feff}id\t"]),
        rest in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..80),
        quoted in "[\"',;\r\n a-c{}:\\[\\]-]{0,40}",
    ) {
        for more in [rest.as_slice(), quoted.as_bytes()] {
            let bytes = [start.as_bytes(), more].concat();
            let _ = People::read(&RuleFile::new("hr", bytes));
        }
    }
}
