//! Cases: every folder of `testdata/formats` that begins with a system's name holds tables of one unit, and the facts
//! that they come to in `facts.snap`. A file `system` holds what the configuration says of the folder: the id, then
//! perhaps how the tables are written (`windows-1252`, `header-row=3`).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::*;
use crate::facts::Level;
use crate::formats::cases::render_files;
use crate::rules::ExportKind;

const PREFIXES: &[(&str, ExportKind)] = &[
    ("sap-", ExportKind::Sap),
    ("netsuite-", ExportKind::Netsuite),
    ("workday-", ExportKind::Workday),
    ("oracle-fusion-", ExportKind::Fusion),
    ("d365-", ExportKind::D365),
];

fn lower(files: &[(&str, &[u8])], system: Option<&str>, export: Option<ExportKind>, dialect: Dialect) -> Facts {
    let claims: Vec<Claim> = files
        .iter()
        .map(|(name, bytes)| recognise(bytes, dialect, export).unwrap_or_else(|| panic!("{name} is no table")))
        .collect();
    let format = &TABLES[claims[0].format];
    assert!(claims.iter().all(|claim| claim.format == claims[0].format), "one format a folder");
    let files = files.iter().zip(&claims).map(|((path, bytes), claim)| TableFile {
        path,
        bytes,
        kind: claim.kind,
        dialect,
        system: system.map(Text::from),
        expected: None,
    });
    (format.lower)(&TableUnit { format, files: files.collect() })
}

fn sap(files: &[(&str, &str)]) -> Facts {
    let files: Vec<(&str, &[u8])> = files.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
    lower(&files, None, None, Dialect::default())
}

#[test]
fn every_case_lowers_as_its_snapshot_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/formats");
    let mut folders: Vec<PathBuf> = std::fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for folder in folders {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let Some((prefix, export)) = PREFIXES.iter().find(|(prefix, _)| name.starts_with(prefix)) else { continue };
        *seen.entry(prefix).or_default() += 1;
        let hint = std::fs::read_to_string(folder.join("system")).unwrap_or_default();
        let mut words = hint.split_whitespace();
        let system = words.next();
        let mut dialect = Dialect::default();
        for word in words {
            match word.split_once('=') {
                Some(("header-row", row)) => dialect.header_row = Some(row.parse().unwrap()),
                _ => {
                    assert_eq!(word, "windows-1252");
                    dialect.encoding = TextEncoding::Windows1252;
                }
            }
        }
        let mut files: Vec<(String, Vec<u8>)> = std::fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| !path.to_string_lossy().ends_with(".snap") && !path.ends_with("system"))
            .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(&path).unwrap()))
            .collect();
        files.sort();
        let files: Vec<(&str, &[u8])> = files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
        let facts = lower(&files, system, Some(*export), dialect);
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(&folder);
        settings.set_prepend_module_to_snapshot(false);
        settings.remove_snapshot_suffix();
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!("facts", render_files(&facts, &files)));
    }
    assert_eq!(seen.len(), PREFIXES.len(), "{seen:?}");
}

#[test]
fn sap_tables_are_known_anywhere_and_others_where_the_configuration_says_what_they_are() {
    let known = |text: &str, named: Option<ExportKind>| {
        let claim = recognise(text.as_bytes(), Dialect::default(), named)?;
        Some((TABLES[claim.format].name, TABLES[claim.format].kinds[claim.kind].name))
    };
    assert_eq!(known("mandt;agr_name;uname;from_dat;to_dat\n", None), Some(("sap", "AGR_USERS")));
    assert_eq!(known("Role,Permission,Level\n", None), None);
    assert_eq!(known("Role,Permission,Level\n", Some(ExportKind::Netsuite)), Some(("netsuite", "role permission")));
    assert_eq!(known("Role,Duty,Privilege\n", Some(ExportKind::D365)), Some(("d365", "duty of a role")));
    assert_eq!(known("Role,Privilege\n", Some(ExportKind::Fusion)), Some(("fusion", "privilege of a role")));
    assert_eq!(known("Role,Privilege\n", Some(ExportKind::Sap)), None);
    assert_eq!(known("AGR_NAME,OBJECT\n", None), None);
    assert_eq!(known("no table at all\n", Some(ExportKind::Sap)), None);
}

#[test]
fn a_table_with_a_column_renamed_is_broken_and_tables_of_others_are_theirs() {
    let found = |text: &str, named: Option<ExportKind>| match Header::read(text.as_bytes(), Dialect::default())
        .and_then(|header| header.table(named))
    {
        Some(Found::Nearly(format, reason)) => format!("{format}: {reason}"),
        Some(Found::Table(claim)) => TABLES[claim.format].kinds[claim.kind].name.to_owned(),
        None => String::new(),
    };
    let missing = |format: &str, column: &str, table: &str| {
        format!("{format}: the column `{column}` of {table} is missing; export the table with it")
    };
    assert_eq!(found("AGR_NAME;USER;FROM_DAT;TO_DAT\n", None), missing("sap", "UNAME", "AGR_USERS"));
    assert_eq!(found("ROLE;OBJECT;AUTH;FIELD;LOW;HIGH;DELETED\n", None), missing("sap", "AGR_NAME", "AGR_1251"));
    assert_eq!(found("MANDT;BNAME;GLTGV;GLTGB;LOCKED\n", None), missing("sap", "UFLAG", "USR02"));
    // A few of such names stand in other people's tables.
    for other in ["field;low;high\n", "OBJECT;FIELD\n", "BNAME;NAME\n", "Role,Owner\n"] {
        assert_eq!(found(other, None), "", "{other}");
    }
    // Where the configuration expects them, one of the columns is enough.
    let renamed = found("Role,Right,Level\n", Some(ExportKind::Netsuite));
    assert_eq!(renamed, missing("netsuite", "Permission", "role permission"));
    assert_eq!(found("BNAME;NAME\n", Some(ExportKind::Sap)), missing("sap", "PROFILE", "UST04"));
    assert_eq!(found("Color,Shape\n", Some(ExportKind::Netsuite)), "");
}

#[test]
fn a_table_with_umlauts_in_another_encoding_is_still_recognised_and_says_so() {
    let bytes = b"AGR_NAME;UNAME;FROM_DAT;TO_DAT\nZ_A;M\xdcLLER;20260101;99991231\n";
    let facts = lower(&[("u.csv", &bytes[..])], None, None, Dialect::default());
    assert!(facts.grants.is_empty());
    assert_eq!(facts.unresolved.len(), 1);
    assert!(facts.unresolved[0].reason.contains("declare the table's encoding"), "{:?}", facts.unresolved);
}

#[test]
fn utf16_is_recognised_and_must_be_declared() {
    let text = "AGR_NAME,UNAME,FROM_DAT,TO_DAT\nZ_A,M\u{dc}LLER,,\n";
    let bytes: Vec<u8> = std::iter::once(0xFEFF).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let facts = lower(&[("u.csv", &bytes[..])], None, None, Dialect::default());
    assert!(facts.unresolved[0].reason.contains("declare the table's encoding"), "{:?}", facts.unresolved);
    let declared = Dialect { encoding: TextEncoding::Utf16Le, ..Dialect::default() };
    let facts = lower(&[("u.csv", &bytes[..])], None, None, declared);
    assert_eq!(facts.grants[0].to.to_string(), "account:sap/M\u{dc}LLER");
}

#[test]
fn what_is_wrong_with_a_table_is_told_with_its_row() {
    const HEADER: &str = "AGR_NAME,OBJECT,AUTH,FIELD,LOW,HIGH,DELETED\n";
    let told = |text: &str| {
        let facts = sap(&[("a.csv", text)]);
        let index = crate::syntax::LineIndex::new(text.as_bytes());
        let lines = facts.unresolved.iter().map(|found| {
            assert_eq!(found.gap, Gap::Broken);
            format!("{}: {}", index.position(found.origin.span.start).line, found.reason)
        });
        lines.collect::<Vec<_>>().join("\n")
    };
    let good = "Z_A,S_TCODE,T1,TCD,FK01,,\n";
    assert_eq!(told(&format!("{HEADER}{good}")), "");
    for (text, wanted) in [
        (
            "AGR_NAME,OBJECT,AUTH,FIELD,LOW,DELETED\nZ_A,S_TCODE,T1,TCD,FK01,\n".to_owned(),
            "1: the column `HIGH` is missing",
        ),
        (HEADER.replace("AUTH,", ""), "1: the column `AUTH` is missing"),
        (HEADER.replace("DELETED", "DELETED,LOW"), "1: the column `LOW` is there twice"),
        (HEADER.to_owned(), "1: the table has no rows"),
        (format!("{HEADER}{good}Z_A,S_TCODE,T1\n"), "3: this row has 3 values"),
        (format!("{HEADER}{good}Z_A,S_TCODE,,TCD,FK02,,\n"), "3: the column `AUTH` is empty"),
        (format!("{HEADER}{good}Z_A,S_TCODE,T1,TCD,\"FK"), "3: a quote is opened"),
    ] {
        assert!(told(&text).starts_with(wanted), "{text}{}", told(&text));
    }
}

#[test]
fn rows_are_held_against_what_the_exporter_counted() {
    const TEXT: &str = "AGR_NAME,UNAME,FROM_DAT,TO_DAT\nZ_A,ANN,,\nZ_B,BEN,,\n";
    let told = |expected: &str| {
        let claim = recognise(TEXT.as_bytes(), Dialect::default(), None).unwrap();
        let format = &TABLES[claim.format];
        let file = TableFile {
            path: "u.csv",
            bytes: TEXT.as_bytes(),
            kind: claim.kind,
            dialect: Dialect::default(),
            system: None,
            expected: Some(expected.as_bytes()),
        };
        let facts = (format.lower)(&TableUnit { format, files: vec![file] });
        assert_eq!(facts.grants.len(), 2);
        facts.unresolved.iter().map(|found| found.reason.clone()).collect::<Vec<_>>().join("\n")
    };
    assert_eq!(told("rows: 2\n"), "");
    assert_eq!(told("{\"rows\": 2}"), "");
    assert_eq!(told("rows: 3\n"), "the table has 2 rows and should have 3; it may be incomplete");
    for wrong in ["", "rows: many\n", "rows: 2\nsum: 4\n", "rows: 2\n---\nrows: 2\n", "[", "\u{0}"] {
        assert!(told(wrong).contains("should count its rows is wrong"), "{wrong:?}: {}", told(wrong));
    }
}

#[test]
fn rows_of_another_client_are_told_and_do_not_count() {
    let facts =
        sap(&[("u.csv", "MANDT,AGR_NAME,UNAME,FROM_DAT,TO_DAT\n100,Z_A,ANN,,\n200,Z_B,BEN,,\n100,Z_C,ANN,,\n")]);
    assert_eq!(facts.grants.len(), 2);
    assert!(facts.unresolved[0].reason.contains("client 200"), "{:?}", facts.unresolved);
}

#[test]
fn deleted_rows_give_nothing_and_activities_that_only_show_are_told() {
    let facts = sap(&[(
        "a.csv",
        "AGR_NAME,OBJECT,AUTH,FIELD,LOW,HIGH,DELETED\n\
         Z_A,F_LFA1_BUK,T1,ACTVT,03,,\n\
         Z_A,F_LFA1_BUK,T1,ACTVT,02,,X\n\
         Z_A,F_LFA1_BUK,T2,ACTVT,01,03,\n",
    )]);
    let statements = facts.permits[0].statements.iter();
    let levels: Vec<Option<Level>> = statements.map(|(statement, _)| statement.level).collect();
    assert_eq!(levels, [Some(Level::View), None]);
}

/// Rows in the order of the export, and the same rows in an order in which those of a role do not stand together.
#[test]
fn roles_come_to_the_same_in_whatever_order_their_rows_stand() {
    const HEADER: &str = "MANDT,AGR_NAME,OBJECT,AUTH,FIELD,LOW,HIGH,DELETED\n";
    let rows = [
        "100,Z_A,F_LFA1_BUK,T1,ACTVT,01,,\n",
        "100,Z_A,F_LFA1_BUK,T1,BUKRS,$BUKRS,,\n",
        "100,Z_A,S_TCODE,T1,TCD,FK01,,\n",
        "200,Z_A,S_TCODE,T1,TCD,FK02,,\n",
        "100,Z_B,F_LFA1_BUK,T9,ACTVT,01,,\n",
        "100,Z_B,F_LFA1_BUK,T9,BUKRS,$BUKRS,,\n",
    ];
    let said = |order: [usize; 6]| {
        let text: String = std::iter::once(HEADER).chain(order.map(|row| rows[row])).collect();
        let facts = sap(&[("a.csv", &text)]);
        let permits = facts.permits.iter().map(|permit| {
            let statements = permit.statements.iter().map(|(statement, _)| format!("{statement:?}"));
            (permit.role.name.to_string(), statements.collect::<std::collections::BTreeSet<_>>())
        });
        let permits: BTreeMap<_, _> = permits.collect();
        let told = facts.unresolved.iter().map(|found| (found.reason.clone(), found.consequence.clone()));
        (permits, told.collect::<std::collections::BTreeSet<_>>(), facts.tally.clone(), facts.roles.len())
    };
    let sorted = said([0, 1, 2, 3, 4, 5]);
    assert_eq!(sorted.1.len(), 3, "{:?}", sorted.1);
    assert_eq!(sorted.2.get("AGR_1251"), Some(&6));
    for order in [[0, 4, 1, 5, 2, 3], [4, 0, 1, 2, 5, 3], [5, 1, 4, 0, 3, 2]] {
        // The first row decides of which client the table is.
        assert_eq!(said(order), sorted, "{order:?}");
    }
    // Authorizations that say the same are one.
    let facts = sap(&[("a.csv", &std::iter::once(HEADER).chain(rows).collect::<String>())]);
    let of = |number: usize, at: usize| &facts.permits[number].statements[at];
    assert!(std::sync::Arc::ptr_eq(&of(0, 0).0, &of(1, 0).0));
    assert_ne!(of(0, 0).1, of(1, 0).1);
}
