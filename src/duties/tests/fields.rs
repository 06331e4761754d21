//! Fields of an authorization: what a binding asks of several fields must be given by one and the same authorization.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;

use super::{Judged, catalogue};
use crate::access::fixture::{World, allow};
use crate::duties::Catalogue;
use crate::facts::{Facts, NameRange, Patterns, Statement};
use crate::formats::tables::{TABLES, TableFile, TableUnit, recognise};
use crate::syntax::table::Dialect;

/// A ruleset whose duties are conferred by one binding each, for SAP.
fn bound(bindings: &[(&str, &str)]) -> Catalogue {
    let duties: String = bindings
        .iter()
        .map(|(id, any)| {
            format!(
                "    {id}: {{title: t, process: p, description: d, scope: entity, \
                 bindings: {{sap: {{origin: o, any: [{any}]}}}}}}\n"
            )
        })
        .collect();
    catalogue(&format!("  duties:\n{duties}"))
}

fn held(catalogue: &Catalogue, world: &World) -> Vec<String> {
    let judged = Judged::new(world, catalogue);
    let holdings = judged.of("person:p");
    holdings.duties.iter().map(|held| catalogue.duty(held.duty).unwrap().id.to_string()).collect()
}

fn with(action: &str, fields: &[(&str, Patterns)]) -> Statement {
    let fields: BTreeMap<_, _> = fields.iter().map(|(field, values)| ((*field).into(), values.clone())).collect();
    Statement { fields: Some(Arc::new(fields)), ..allow(&[action]) }
}

fn world(statements: Vec<Statement>) -> World {
    let mut world = World::default();
    world.system("erp", "sap");
    world.person("p", &["erp/P"]);
    world.permit("account:erp/P", "erp", statements);
    world
}

#[test]
fn a_binding_asks_for_fields_of_the_authorization() {
    let catalogue = bound(&[("D", "{permission: OBJ, fields: {ACTVT: ['01', '02'], KIND: [K]}}")]);
    let some = |activity: &[&str], kind: &[&str]| {
        let of = |values: &[&str]| Patterns::of(values.iter().copied());
        with("OBJ", &[("ACTVT", of(activity)), ("KIND", of(kind))])
    };
    let holds = |statements: Vec<Statement>| held(&catalogue, &world(statements)) == ["D"];
    assert!(holds(vec![some(&["02"], &["K"])]));
    assert!(holds(vec![some(&["*"], &["*"])]));
    assert!(holds(vec![some(&["0*"], &["A", "K"])]));
    assert!(!holds(vec![some(&["03"], &["K"])]));
    assert!(!holds(vec![some(&["01"], &["A"])]));
    // Each authorization has one half of it.
    assert!(!holds(vec![some(&["01"], &["A"]), some(&["03"], &["K"])]));
    // A field that the authorization does not have gives nothing; what says nothing of fields gives all.
    assert!(!holds(vec![with("OBJ", &[("ACTVT", Patterns::any())])]));
    assert!(holds(vec![allow(&["OBJ"])]));
}

#[test]
fn an_action_is_held_with_its_object_where_the_binding_says_so() {
    let catalogue = bound(&[("D", "{all: [FK01, {permission: OBJ, fields: {ACTVT: ['01']}}]}"), ("E", "FK01")]);
    let object = |activity: &str| with("OBJ", &[("ACTVT", Patterns::of([activity]))]);
    assert_eq!(held(&catalogue, &world(vec![allow(&["FK01"])])), ["E"]);
    assert_eq!(held(&catalogue, &world(vec![allow(&["FK01"]), object("03")])), ["E"]);
    assert_eq!(held(&catalogue, &world(vec![object("01")])), Vec::<String>::new());
    assert_eq!(held(&catalogue, &world(vec![allow(&["FK01"]), object("01")])), ["D", "E"]);
}

#[test]
fn a_range_of_actions_holds_what_stands_between_its_ends() {
    let catalogue = bound(&[("D", "FK02"), ("E", "FL00"), ("F", "FK")]);
    let range = |low: &str, high: &str| {
        let ranges = vec![NameRange { low: low.into(), high: high.into() }];
        let actions = Patterns { ranges, ..Patterns::default() };
        held(&catalogue, &world(vec![Statement { actions, ..allow(&[]) }]))
    };
    assert_eq!(range("FK01", "FK99"), ["D"]);
    assert_eq!(range("fk01", "fk99"), ["D"]);
    assert_eq!(range("FK02", "FL00"), ["D", "E"]);
    assert_eq!(range("FK", "FK*"), ["D", "F"]);
    assert_eq!(range("FK03", "FK99"), Vec::<String>::new());
    assert_eq!(range("FL01", "FK01"), Vec::<String>::new());
}

/// The facts of one table of SAP's.
fn sap(text: &str) -> Facts {
    let claim = recognise(text.as_bytes(), Dialect::default(), None).unwrap();
    let format = &TABLES[claim.format];
    let (kind, dialect) = (claim.kind, Dialect::default());
    let file =
        TableFile { path: "a.csv", bytes: text.as_bytes(), kind, dialect, system: Some("erp".into()), expected: None };
    let facts = (format.lower)(&TableUnit { format, files: vec![file] });
    assert!(facts.unresolved.is_empty(), "{:?}", facts.unresolved);
    facts
}

fn of_rows(rows: &str) -> World {
    world(permitted(sap(&format!("AGR_NAME,OBJECT,AUTH,FIELD,LOW,HIGH,DELETED\n{rows}"))))
}

/// All that the roles of some facts permit.
fn permitted(facts: Facts) -> Vec<Statement> {
    let own = facts.roles.into_iter().flat_map(|role| role.statements);
    let shared = facts.permits.into_iter().flat_map(|permit| permit.statements);
    own.chain(shared.map(|(statement, _)| Statement::clone(&statement))).collect()
}

#[test]
fn whoever_may_start_every_transaction_holds_no_object_and_no_profile() {
    let catalogue = bound(&[
        ("CODE", "FK01"),
        ("OBJ", "{permission: F_LFA1_BUK, fields: {ACTVT: ['01']}}"),
        ("OTHER", "{permission: S_DEVELOP, resource: DEBUG}"),
        ("ROLE", "SAP_GRAC_RISK_OWNER"),
        ("SUPER", "'*'"),
        ("TOP", "SAP_ALL"),
        ("Z", "ZZ99"),
    ]);
    for values in ["*,", "*,,\nR,S_TCODE,T2,TCD,SAP*,", "A,Z*", "A,ZZZZ"] {
        let world = of_rows(&format!("R,S_TCODE,T1,TCD,{values},\n"));
        assert_eq!(held(&catalogue, &world), ["CODE", "Z"], "{values}");
    }
    assert_eq!(held(&catalogue, &of_rows("R,S_TCODE,T1,TCD,FK*,,\n")), ["CODE"]);
    assert_eq!(held(&catalogue, &of_rows("R,S_TCODE,T1,TCD,ZZ99,,\n")), ["Z"]);
    assert_eq!(held(&catalogue, &of_rows("R,S_TCODE,T1,TCD,FK01,,X\n")), Vec::<String>::new());
    assert_eq!(held(&catalogue, &of_rows("R,F_LFA1_BUK,T1,ACTVT,*,,\n")), ["OBJ"]);
}

/// One row: role and authorization, field, low, high.
type Cell = ((u8, u8), u8, u8, Option<u8>);

/// Whether some one authorization gives a value of the first field and one of the second, by looking at every row.
fn naive(rows: &[Cell], wanted: [u8; 2]) -> bool {
    (0..6u8).map(|number| (number % 2, number / 2)).any(|authorization| {
        (0..2u8).all(|field| {
            rows.iter().any(|(own, at, low, high)| {
                let between = *low <= wanted[usize::from(field)] && wanted[usize::from(field)] <= high.unwrap_or(*low);
                *own == authorization && *at == field && between
            })
        })
    })
}

proptest! {
    #[test]
    fn values_of_two_authorizations_never_make_one(
        rows in prop::collection::vec(((0..2u8, 0..3u8), 0..2u8, 0..6u8, prop::option::of(0..6u8)), 1..12),
        // Exports have the rows of a role side by side; files that somebody sorted otherwise have not.
        side_by_side in any::<bool>(),
        wanted in prop::array::uniform2(0..6u8),
    ) {
        let mut text = String::from("AGR_NAME,OBJECT,AUTH,FIELD,LOW,HIGH,DELETED\n");
        let mut rows = rows;
        if side_by_side {
            rows.sort_by_key(|((role, _), ..)| *role);
        }
        for ((role, authorization), field, low, high) in &rows {
            let high = high.map(|high| format!("{high:02}")).unwrap_or_default();
            text.push_str(&format!("R{role},OBJ,T{authorization},F{field},{low:02},{high},\n"));
        }
        let statements = permitted(sap(&text));
        let [a, b] = wanted;
        let catalogue = bound(&[("D", &format!("{{permission: OBJ, fields: {{F0: ['{a:02}'], F1: ['{b:02}']}}}}"))]);
        prop_assert_eq!(held(&catalogue, &world(statements)) == ["D"], naive(&rows, wanted), "{}", text);
    }
}
