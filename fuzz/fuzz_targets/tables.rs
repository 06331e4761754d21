//! Any bytes under a name that is no document's, in every encoding and as every system's export: recognised, lowered and
//! joined without a panic.

#![no_main]

use countersign::access::{Graph, Links, UnitFacts};
use countersign::formats::LoweredUnit;
use countersign::formats::tables::{TABLES, TableFile, TableUnit, recognise};
use countersign::rules::ExportKind;
use countersign::syntax::table::{Dialect, TextEncoding};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let [choice, bytes @ ..] = data else { return };
    let encodings = [TextEncoding::Utf8, TextEncoding::Utf16Le, TextEncoding::Windows1252, TextEncoding::Latin1];
    let kinds =
        [ExportKind::Sap, ExportKind::Netsuite, ExportKind::Workday, ExportKind::Fusion, ExportKind::D365];
    let dialect = Dialect {
        encoding: encodings[usize::from(choice % 4)],
        header_row: (choice & 0x80 != 0).then_some(2),
        ..Dialect::default()
    };
    let Some(claim) = recognise(bytes, dialect, Some(kinds[usize::from(choice / 4 % 5)])) else { return };
    let Some(format) = TABLES.get(claim.format) else { return };
    let file = TableFile { path: "t.csv", bytes, kind: claim.kind, dialect, system: None, expected: None };
    let facts = (format.lower)(&TableUnit { format, files: vec![file] });
    let unit = LoweredUnit { format: format.name, files: ["t.csv".into()].into(), facts: facts.into() };
    let units: Vec<UnitFacts> = vec![(&unit).into()];
    let (links, _) = Links::of_tree(&units, &[]);
    let _ = Graph::build(units, &links, &countersign::rules::BroughtAlong::default()).principals();
});
