//! Frozen populations: the root against its definition, and everything that may be done to a file.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{block, frame, frozen, item};
use crate::evidence::log::empty_root;
use crate::history::{Frame, Item, Population, PopulationError, population_schema};
use crate::store::Digest;

/// The root as RFC 6962 defines it, section 2.1.
fn root_by_definition(leaves: &[Vec<u8>]) -> Digest {
    match leaves {
        [] => Digest::of(b""),
        [leaf] => Digest::of(&[&[0], leaf.as_slice()].concat()),
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            let (left, right) = (root_by_definition(left), root_by_definition(right));
            Digest::of(&[[1].as_slice(), &left.0, &right.0].concat())
        }
    }
}

fn file(population: &Population) -> Value {
    serde_json::from_str(&population.to_json().unwrap()).unwrap()
}

fn read(value: &Value) -> Result<Population, PopulationError> {
    Population::read(value.to_string().as_bytes())
}

#[test]
fn the_example_of_the_document_reads_and_writes_as_it_stands_there() {
    let text = block("{\n  \"schema\": \"countersign.dev/population/v1\"");
    let population = Population::read(text.as_bytes()).unwrap();
    assert_eq!(population.to_json().unwrap().trim_end(), text);
    assert_eq!((population.count(), population.outside()), (6, 0));
}

#[test]
fn the_root_is_that_of_the_definition() {
    for count in (0..20).chain([31, 32, 33, 255, 256, 257, 600]) {
        let population = frozen((0..count).map(|n| format!("item-{n}")));
        let leaf = |own: &Item| {
            let at = "2026-10-26T07:33:20Z";
            format!(r#"{{"at":"{at}","id":"{}","what":"Give a role"}}"#, own.id).into_bytes()
        };
        let leaves: Vec<Vec<u8>> = population.items().iter().map(leaf).collect();
        assert_eq!(population.root(), root_by_definition(&leaves), "{count}");
    }
    assert_eq!(frozen(Vec::<String>::new()).root(), empty_root());
}

#[test]
fn the_order_in_which_items_come_does_not_count() {
    let (one, other) = (frozen(["b", "a", "ä", "B", "10", "9"]), frozen(["9", "10", "B", "ä", "a", "b"]));
    assert_eq!(one, other);
    let ids: Vec<&str> = one.items().iter().map(|own| own.id.as_str()).collect();
    assert_eq!(ids, ["10", "9", "B", "a", "b", "ä"]);
}

#[test]
fn what_something_is_becomes_one_line() {
    assert_eq!(Item::new("a", 0, " Give\ta role\r\n\nto \u{1b}[31mBen\u{2028}").what, "Give a role to [31mBen");
    let nothing = Population::freeze(frame(), vec![Item::new("a", 0, "\n")]).unwrap();
    assert_eq!(read(&file(&nothing)).unwrap(), nothing);
}

#[test]
fn what_is_not_one_line_is_not_frozen() {
    for wrong in ["", " a", "a ", "a\nb", "a\u{1b}", "\u{85}"] {
        let refused = |frame: Frame, id: &str| {
            let error = Population::freeze(frame, vec![item(id)]).unwrap_err();
            assert!(matches!(error, PopulationError::Text { .. }) && !error.altered(), "{error}");
            assert!(!error.to_string().contains(['\n', '\u{1b}']), "{error}");
        };
        refused(frame(), wrong);
        refused(Frame { repository: wrong.to_owned(), ..frame() }, "a");
        refused(Frame { branch: wrong.to_owned(), ..frame() }, "a");
        refused(Frame { tip: wrong.to_owned(), ..frame() }, "a");
    }
    let far = Population::freeze(frame(), vec![Item::new("a", i64::MAX, "")]).unwrap_err();
    assert_eq!(far, PopulationError::Instant { id: "a".to_owned() });
    let twice = Population::freeze(frame(), vec![item("a"), item("b"), item("a")]).unwrap_err();
    assert_eq!(twice, PopulationError::Twice { id: "a".to_owned() });
}

#[test]
fn dates_outside_of_the_period_are_counted_and_kept() {
    let period = frame().period;
    let at = [period.from - 1, period.from, period.to - 1, period.to];
    let items = (0..).zip(at).map(|(n, at)| Item::new(format!("{n}"), at, "")).collect();
    let population = Population::freeze(frame(), items).unwrap();
    assert_eq!((population.count(), population.outside()), (4, 2));
}

#[test]
fn everything_that_may_be_done_to_the_items_is_refused() {
    let whole = frozen(["a", "b", "c", "d"]);
    type Change = fn(&mut Vec<Value>);
    let changes: [(&str, Change); 9] = [
        ("dropped", |items| drop(items.remove(1))),
        ("the last dropped", |items| items.truncate(3)),
        ("all dropped", Vec::clear),
        ("added", |items| items.push(json!({ "id": "e", "at": "2026-10-26T07:33:20Z", "what": "" }))),
        ("there twice", |items| items.insert(1, items[1].clone())),
        ("in another order", |items| items.swap(1, 2)),
        ("another one's id", |items| items[1]["id"] = json!("bb")),
        ("at another instant", |items| items[1]["at"] = json!("2026-10-26T07:33:21Z")),
        ("something else", |items| items[1]["what"] = json!("Give a rule")),
    ];
    for (what, change) in changes {
        let mut value = file(&whole);
        change(value["items"].as_array_mut().unwrap());
        let error = read(&value).unwrap_err();
        assert!(error.altered(), "{what}: {error}");
        // A count that agrees does not help.
        value["count"] = json!(value["items"].as_array().unwrap().len());
        let error = read(&value).unwrap_err();
        assert!(error.altered(), "{what}: {error}");
        assert!(miette::Diagnostic::help(&error).unwrap().to_string().contains("sha256sum"));
    }
    let mut value = file(&whole);
    value["root"] = json!(Digest::of(b"another"));
    assert!(matches!(read(&value).unwrap_err(), PopulationError::Root { .. }));
    value["count"] = json!(5);
    assert_eq!(read(&value).unwrap_err(), PopulationError::Count { said: 5, found: 4 });
}

#[test]
fn what_is_of_another_form_is_told_from_what_was_altered() {
    let whole = file(&frozen(["a"]));
    let with = |field: &str, to: Value| {
        let mut value = whole.clone();
        value[field] = to;
        read(&value).unwrap_err()
    };
    let newer = with("schema", json!("countersign.dev/population/v2"));
    assert!(newer.to_string().contains("this release reads"), "{newer}");
    assert!(miette::Diagnostic::help(&newer).unwrap().to_string().contains("update countersign"));
    let other = with("schema", json!("countersign.dev/sample/v1"));
    assert_eq!(other.to_string(), "`countersign.dev/sample/v1` is not a frozen population");
    let wrong = [
        with("colour", json!("red")),
        with("kind", json!("hopes")),
        with("root", json!("B7")),
        with("period", json!({ "name": "2026Q4", "offset": "UTC" })),
        with("items", json!([{ "id": "a", "at": "2026-10-26T07:33:20Z" }])),
        with("items", json!([{ "id": "a", "at": "2026-10-26T07:33:20Z", "what": "", "who": "" }])),
        with("items", json!([{ "id": "a", "at": "2026-10-26T07:33:20.5Z", "what": "" }])),
        with("items", json!([{ "id": "a", "at": "2026-10-26T08:33:20+01:00", "what": "" }])),
        with("items", json!([{ "id": "a", "at": 1_793_000_000, "what": "" }])),
    ];
    for error in wrong {
        assert!(matches!(error, PopulationError::Malformed { truncated: false, .. }) && !error.altered(), "{error}");
        assert!(miette::Diagnostic::help(&error).unwrap().to_string().contains("countersign schema population"));
    }
    for bytes in [b"".as_slice(), b"null", b"[]", b"\xff", b"{\"schema\": 1}", b"{\"schema\":\"\\ud800\"}"] {
        assert!(!Population::read(bytes).unwrap_err().altered(), "{bytes:?}");
    }
}

#[test]
fn a_file_that_is_cut_off_is_said_to_be() {
    let text = frozen(["a", "b"]).to_json().unwrap();
    for end in 1..text.trim_end().len() {
        let error = Population::read(&text.as_bytes()[..end]).unwrap_err();
        assert!(matches!(error, PopulationError::Malformed { truncated: true, .. }), "{end}: {error}");
    }
}

/// Every byte of the file, changed to each of a few others.
#[test]
fn no_byte_of_a_frozen_item_can_be_changed() {
    let whole = frozen(["a", "b", "c"]);
    let text = whole.to_json().unwrap().into_bytes();
    let mut still_read = 0;
    for at in 0..text.len() {
        for other in [b' ', b'"', b'\\', b'0', b'1', b'a', b'b', b',', b'}', 0xff, text[at] ^ 1, text[at] ^ 0x20] {
            let mut changed = text.clone();
            changed[at] = other;
            if let Ok(read) = Population::read(&changed) {
                still_read += 1;
                assert_eq!((read.items(), read.root()), (whole.items(), whole.root()), "{at}");
            }
        }
    }
    // Layout, and what the file says of itself beside the items.
    assert!(still_read > 0);
}

#[test]
fn the_schema_takes_what_is_written_and_refuses_what_is_not() {
    let schema = jsonschema::validator_for(&population_schema().to_value()).unwrap();
    let whole = file(&frozen(["a", "b"]));
    assert!(schema.is_valid(&whole));
    for (field, wrong) in [("colour", json!("red")), ("schema", json!("v2")), ("root", json!("")), ("count", json!(-1))]
    {
        let mut value = whole.clone();
        value[field] = wrong;
        assert!(!schema.is_valid(&value), "{field}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the texts, what is frozen reads as what it was; and any other item makes another root.
    #[test]
    fn what_is_frozen_reads_as_it_was(
        items in proptest::collection::btree_map("[a-c\"\\\\/é€😀]{1,4}", ("[ab\"\\\\é\u{7f}\u{2028}😀 ]{0,6}", 0_i64..4_000_000_000), 1..12),
        which in any::<prop::sample::Index>(),
        what in "[ab\"é]{1,6}",
    ) {
        let items: Vec<Item> = items.into_iter().map(|(id, (what, at))| Item::new(id, at, &what)).collect();
        let whole = Population::freeze(frame(), items.clone()).unwrap();
        prop_assert_eq!(&Population::read(whole.to_json().unwrap().as_bytes()).unwrap(), &whole);
        let mut changed = items.clone();
        let own = which.get(&items);
        let at = items.iter().position(|item| item == own).unwrap();
        changed[at].what = what;
        let other = Population::freeze(frame(), changed.clone()).unwrap();
        prop_assert_eq!(other.root() == whole.root(), changed == items);
        let claimed = file(&whole);
        let mut value = file(&other);
        value["root"] = claimed["root"].clone();
        prop_assert_eq!(read(&value).is_err(), changed != items);
    }
}
