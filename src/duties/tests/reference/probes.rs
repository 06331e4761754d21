//! Questions with the answers that people gave by the vendor's pages, as a table: `tests/probes/*.yaml`. Each is put to the
//! product, and to the reference, which must agree with the table as well.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::accounts::{ANN, APP, Account};
use super::{ACTIONS, NO_DUTIES, RESOURCES, Share, share};
use crate::duties::Certainty;

/// Some statements, and what follows from them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Probe {
    why: String,
    /// The version of the policy language; the current one when absent.
    version: Option<String>,
    #[serde(default)]
    user: Vec<Value>,
    #[serde(default)]
    managed: Vec<Value>,
    #[serde(default)]
    group: Vec<Value>,
    #[serde(default)]
    role: Vec<Value>,
    #[serde(default)]
    boundary: Vec<Value>,
    #[serde(default)]
    control: Vec<Value>,
    /// `ACTION on RESOURCE` or `ACTION on RESOURCE as app`, and the answer.
    answers: BTreeMap<String, Answer>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Answer {
    Yes,
    No,
    If,
}

impl Probe {
    fn account(&self) -> Account {
        let version = self.version.as_deref().unwrap_or("2012-10-17");
        let document = |statements: &Vec<Value>| {
            (!statements.is_empty()).then(|| json!({"Version": version, "Statement": statements}))
        };
        Account {
            user: document(&self.user).into_iter().collect(),
            managed: document(&self.managed),
            group: document(&self.group).into_iter().collect(),
            role: document(&self.role).into_iter().collect(),
            boundary: document(&self.boundary),
            control: document(&self.control),
        }
    }
}

/// The action, the resource and who asks.
fn question(text: &str) -> (&'static str, &'static str, &'static str) {
    let (text, who) = text.strip_suffix(" as app").map_or((text, ANN), |text| (text, APP));
    let (action, resource) = text.split_once(" on ").unwrap();
    let named = |list: &[&'static str], parts: [&str; 2], wanted: &str| {
        let ends = |own: &&&str| parts.iter().any(|part| own.ends_with(&format!("{part}{wanted}")));
        *list.iter().find(ends).unwrap_or_else(|| panic!("the universe has no {wanted}"))
    };
    (named(&ACTIONS, [":", ":"], action), named(&RESOURCES, ["/", "/"], resource), who)
}

#[test]
fn every_probe_has_the_answer_of_the_table() {
    let mut asked = 0;
    let mut wrong = Vec::new();
    insta::glob!("../probes", "*.yaml", |path| {
        let text = std::fs::read_to_string(path).unwrap();
        let node = crate::syntax::parse(text.as_bytes()).unwrap().remove(0);
        let probes: Vec<Probe> = crate::syntax::decode(&node).unwrap_or_else(|error| panic!("{error:?}"));
        for probe in probes {
            let account = probe.account();
            let judged = account.judged(&NO_DUTIES);
            for (text, answer) in &probe.answers {
                asked += 1;
                let (action, resource, who) = question(text);
                let requests = share(&account, who, action, resource);
                let expected = match answer {
                    Answer::Yes => Share::All,
                    Answer::No => Share::None,
                    Answer::If => Share::Some,
                };
                assert_eq!(requests, expected, "the table is wrong: {}: {text}", probe.why);
                let own = match judged.answer(who, action, resource) {
                    None => Share::None,
                    Some(Certainty::Certain) => Share::All,
                    Some(_) => Share::Some,
                };
                if own != expected {
                    wrong.push(format!("{}: {text}: {own:?}, not {expected:?}", probe.why));
                }
            }
        }
    });
    assert!(asked >= 218, "{asked} probes");
    assert!(wrong.is_empty(), "{} of {asked} probes:\n{}", wrong.len(), wrong.join("\n"));
}
