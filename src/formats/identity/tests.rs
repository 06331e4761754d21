use super::{KEYCLOAK, OKTA};
use crate::formats::trees::{run_trees, show};

#[test]
fn cases() {
    run_trees("keycloak-*", &[KEYCLOAK.name]);
    run_trees("okta-export-*", &[OKTA.name]);
}

#[test]
fn documents_that_look_alike_are_nobodys() {
    for text in [
        r#"{"realm": "x", "auth-server-url": "https://a.example", "resource": "app", "clients": []}"#,
        r#"{"users": [{"id": "1", "name": "a"}], "groups": [{"id": "g", "name": "b"}]}"#,
        r#"[{"id": "1", "type": "x", "status": "ACTIVE"}]"#,
    ] {
        assert_eq!(show(&[("a.json", text)], &[KEYCLOAK.name, OKTA.name]), "", "{text}");
    }
}
