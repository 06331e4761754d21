//! Secrets in exports of Okta and Keycloak: passwords and their hashes, secrets of clients, keys of realms.

use std::ops::Range;

use super::configuration::is_secret;
use super::texts;
use crate::syntax::{Node, Value};

/// Keys whose texts are secrets in such an export, beside those whose names say it.
const KEYS: [&str; 12] = [
    "secretdata",
    "credentialdata",
    "hashedsaltedvalue",
    "salt",
    "bindcredential",
    "clientsecret",
    "privatekey",
    "registrationaccesstoken",
    "answer",
    "hash",
    "saml.signing.private.key",
    "saml.encryption.private.key",
];

/// The secrets of a document, if it is such an export.
pub(super) fn literals(document: &Node, ranges: &mut Vec<Range<usize>>) {
    let is_user = |node: &Node| {
        node.at(&["profile", "login"]).is_some() || node.get("username").is_some() && node.get("credentials").is_some()
    };
    let first = |key: &str| document.get(key).and_then(Node::as_list).and_then(<[_]>::first);
    let realm = document.get("realm").is_some()
        && ["users", "clients", "roles", "components"].iter().any(|key| document.get(key).is_some());
    let okta = first("users").is_some_and(is_user) || document.as_list().and_then(<[_]>::first).is_some_and(is_user);
    let apps = |node: &Node| node.get("signOnMode").is_some();
    let apps = first("apps").is_some_and(apps) || document.as_list().and_then(<[_]>::first).is_some_and(apps);
    if realm || okta || apps {
        below(document, false, ranges);
    }
}

/// `within` says whether a node stands in a list of credentials, where a secret is called `value`.
fn below(node: &Node, within: bool, ranges: &mut Vec<Range<usize>>) {
    match &node.value {
        Value::Map(entries) => {
            for entry in entries {
                let key = entry.key.to_ascii_lowercase();
                let credentials = within || key == "credentials";
                // What kind of credential something is, stands under such a name too, in a map.
                let secret = is_secret(&key) || KEYS.contains(&key.as_str()) || within && key == "value";
                match &entry.value.value {
                    Value::Map(_) => below(&entry.value, credentials, ranges),
                    _ if secret => texts(&entry.value, ranges),
                    _ => below(&entry.value, credentials, ranges),
                }
            }
        }
        Value::List(items) => items.iter().for_each(|item| below(item, within, ranges)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::super::shown;

    #[test]
    fn secrets_of_a_realm_are_not_shown_and_the_rest_is() {
        let realm = r#"{"realm": "acme", "smtpServer": {"password": "hidden1"}, "clients": [
  {"clientId": "a", "secret": "hidden2", "attributes": {"saml.signing.private.key": "hidden3"}}],
  "users": [{"username": "mira", "credentials": [
    {"type": "password", "value": "hidden4", "secretData": "{\"value\":\"hidden5\"}"}]}],
  "components": {"keys": [{"config": {"privateKey": ["hidden6"], "priority": ["100"]}}]}}"#;
        let blanked = String::from_utf8(shown("realm.json", &realm.as_bytes().into(), &[]).to_vec()).unwrap();
        assert!(!blanked.contains("hidden"), "{blanked}");
        for kept in ["\"mira\"", "\"type\": \"password\"", "\"priority\": [\"100\"]", "\"clientId\": \"a\""] {
            assert!(blanked.contains(kept), "{blanked}");
        }
    }

    #[test]
    fn secrets_of_okta_are_not_shown() {
        let users = r#"[{"id": "1", "status": "ACTIVE", "profile": {"login": "mira"}, "credentials":
  {"password": {"value": "hidden1", "hash": {"value": "hidden2"}}, "recovery_question": {"question": "x", "answer": "hidden3"}}}]"#;
        let blanked = String::from_utf8(shown("users.json", &users.as_bytes().into(), &[]).to_vec()).unwrap();
        assert!(!blanked.contains("hidden") && blanked.contains("\"mira\""), "{blanked}");
    }

    #[test]
    fn a_password_in_sql_is_not_shown() {
        let script = "CREATE USER app PASSWORD 'hidden';\n";
        let blanked = shown("a.sql", &script.as_bytes().into(), &[]);
        assert_eq!(&*blanked, script.replace("hidden", "xxxxxx").as_bytes());
    }
}
