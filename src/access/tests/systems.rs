//! How a system's own dimensions join the shared ones.

use crate::access::fixture::{World, allow, node, scope};
use crate::facts::scope::Scope;
use crate::facts::{DimensionMap, Gap};

fn map(native: &str, shared: &str, values: &[(&str, &[&str])]) -> DimensionMap {
    DimensionMap {
        native: native.into(),
        shared: shared.into(),
        values: values
            .iter()
            .map(|(native, shared)| ((*native).into(), shared.iter().map(|value| (*value).into()).collect()))
            .collect(),
    }
}

/// What a grant's scope becomes in a system.
fn shared(build: impl FnOnce(&mut World), native: &[(&str, &str)]) -> Scope {
    let mut world = World::default();
    build(&mut world);
    world.permit("person:p", "erp", vec![allow(&["x"])]).scope = scope(native);
    let graph = world.graph();
    let grant = graph.grant(graph.grants_of(node(&graph, "person:p"))[0]).unwrap();
    (**graph.scope(grant.scope).unwrap()).clone()
}

#[test]
fn native_dimensions_and_values_become_shared_ones() {
    let build = |world: &mut World| {
        world.system("erp", "netsuite").maps =
            vec![map("subsidiary", "legal_entity", &[("Acme GmbH", &["DE01"]), ("Acme Inc", &["US01", "US02"])])];
    };
    assert_eq!(
        shared(build, &[("subsidiary", "Acme GmbH")]),
        scope(&[("subsidiary", "Acme GmbH"), ("legal_entity", "DE01"), ("system", "erp")])
    );
    assert_eq!(
        shared(build, &[("subsidiary", "Acme GmbH|Acme Inc|Other")])
            .get(&crate::facts::scope::Dimension::new("legal_entity")),
        scope(&[("x", "DE01|US01|US02|Other")]).get(&crate::facts::scope::Dimension::new("x"))
    );
    assert_eq!(
        shared(build, &[("subsidiary", "*")]),
        scope(&[("subsidiary", "*"), ("legal_entity", "*"), ("system", "erp")])
    );
    assert_eq!(shared(build, &[]), scope(&[("system", "erp")]), "an unknown dimension stays unknown");
    assert_eq!(
        shared(build, &[("subsidiary", "Acme Inc"), ("legal_entity", "US02|DE01")]),
        scope(&[("subsidiary", "Acme Inc"), ("legal_entity", "US02"), ("system", "erp")]),
        "what is said twice holds twice"
    );
}

#[test]
fn values_of_hierarchies_are_mapped_by_path_or_by_last_segment() {
    let build = |world: &mut World| {
        world.system("erp", "kubernetes").maps = vec![map(
            "namespace",
            "environment",
            &[("payments", &["prod"]), ("erp/sandbox", &["test"]), ("other/deep/billing", &["other"])],
        )];
    };
    let environment = |native: &[(&str, &str)]| {
        let all = shared(build, native);
        Scope::unknown().with(
            crate::facts::scope::Dimension::new("e"),
            all.get(&crate::facts::scope::Dimension::new("environment")).unwrap().clone(),
        )
    };
    assert_eq!(environment(&[("namespace", "erp/payments")]), scope(&[("e", "prod")]));
    assert_eq!(environment(&[("namespace", "payments")]), scope(&[("e", "prod")]));
    assert_eq!(environment(&[("namespace", "erp/sandbox")]), scope(&[("e", "test")]));
    assert_eq!(environment(&[("namespace", "other/sandbox")]), scope(&[("e", "other/sandbox")]));
    // A whole subtree is at least everything that the map names inside it.
    assert_eq!(environment(&[("namespace", "erp/*")]), scope(&[("e", "erp/*|prod|test")]));
}

#[test]
fn a_dimension_may_keep_its_name_while_its_values_change() {
    let build = |world: &mut World| {
        world.system("erp", "sap").maps = vec![map("legal_entity", "legal_entity", &[("1000", &["DE01"])])];
    };
    assert_eq!(shared(build, &[("legal_entity", "1000")]), scope(&[("legal_entity", "DE01"), ("system", "erp")]));
}

#[test]
fn what_a_system_fixes_is_in_every_scope() {
    let build = |world: &mut World| {
        world.system("erp", "sap").fixed = scope(&[("legal_entity", "DE01"), ("system", "ledger")]);
    };
    assert_eq!(shared(build, &[]), scope(&[("legal_entity", "DE01"), ("system", "ledger")]));
    assert_eq!(
        shared(build, &[("legal_entity", "*"), ("plant", "P1")]),
        scope(&[("legal_entity", "DE01"), ("plant", "P1"), ("system", "ledger")])
    );
}

#[test]
fn two_descriptions_of_a_system_count_together_and_are_reported() {
    let mut world = World::default();
    let first = world.system("erp", "sap");
    first.fixed = scope(&[("legal_entity", "DE01"), ("plant", "P1")]);
    first.maps = vec![map("company_code", "legal_entity", &[("1000", &["DE01"])])];
    let second = world.system("erp", "netsuite");
    second.fixed = scope(&[("legal_entity", "US01")]);
    second.maps = vec![map("company_code", "legal_entity", &[("1000", &["US01"])])];
    world.permit("person:p", "erp", vec![allow(&["x"])]);
    world.permit("person:p", "erp", vec![allow(&["x"])]).scope = scope(&[("company_code", "1000")]);
    let graph = world.graph();
    let system = graph.systems.get(graph.systems.find("erp").unwrap()).unwrap();
    assert_eq!((&*system.kind, system.described), ("sap", true), "the first type stands");
    let grants = graph.grants_of(node(&graph, "person:p"));
    let of = |at: usize| (**graph.scope(graph.grant(grants[at]).unwrap().scope).unwrap()).clone();
    // Were the two intersected, a second manifest would put every permission of the system nowhere.
    assert_eq!(of(0), scope(&[("legal_entity", "DE01|US01"), ("plant", "P1"), ("system", "erp")]));
    assert_eq!(
        of(1),
        scope(&[("company_code", "1000"), ("legal_entity", "DE01|US01"), ("plant", "P1"), ("system", "erp")])
    );
    let told: Vec<(Gap, &str)> = graph.gaps.iter().map(|(gap, _)| (gap.gap, gap.reason.as_str())).collect();
    assert_eq!(told, [(Gap::DefinedTwice, "the system erp is defined twice")]);
}

#[test]
fn a_system_without_manifest_takes_its_type_from_its_id() {
    let mut world = World::default();
    world.permit("person:p", "aws:111122223333", vec![allow(&["x"])]);
    world.permit("person:p", "netsuite", vec![allow(&["x"])]);
    let graph = world.graph();
    let kinds: Vec<(&str, bool)> = graph.systems.iter().map(|system| (&*system.kind, system.described)).collect();
    assert_eq!(kinds, [("aws", false), ("netsuite", false)]);
}

#[test]
fn a_statement_that_says_nothing_of_dimensions_narrows_nothing() {
    let mut world = World::default();
    world.system("erp", "sap").fixed = scope(&[("legal_entity", "DE01")]);
    let graph = world.graph();
    let system = graph.systems.iter().next().unwrap();
    assert_eq!(system.share_statement(&Scope::unknown()), Scope::unknown());
    assert_eq!(
        system.share_statement(&scope(&[("plant", "P1")])),
        scope(&[("legal_entity", "DE01"), ("plant", "P1"), ("system", "erp")])
    );
}
