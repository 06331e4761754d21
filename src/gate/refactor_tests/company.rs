//! Made-up companies: people with accounts in four systems, roles, groups, grants, service identities.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use serde_json::{Value, json};

pub(super) const PEOPLE: usize = 4;
const LEDGER: &[&str] =
    &["Bills", "Pay Bills", "Vendors", "Vendor Bill Approval", "Purchase Order", "Manage Users", "*"];
const BANK: &[&str] = &["F110", "FK02", "SU01", "PFCG", "FB60", "MIRO", "SAP_ALL"];
const LEVELS: &[&str] = &["view", "create", "edit", "full"];
const ENTITIES: &[&str] = &["DE01", "US01", "FR01"];
const CLUSTER: &[&str] = &["cluster-admin", "deployers", "readers", "no-such-role"];

/// A company as documents; each is a map.
#[derive(Debug, Clone)]
pub(super) struct Company {
    pub(super) documents: Vec<Value>,
}

/// A grant before it is a document.
#[derive(Debug, Clone)]
pub(super) struct Grant {
    bank: bool,
    to: usize,
    role: usize,
    entities: Vec<usize>,
    until: Option<usize>,
}

pub(super) fn grant() -> impl Strategy<Value = Grant> {
    // Mostly to people, since what meets in one hand is what is looked for.
    let to = prop_oneof![4 => 0..PEOPLE, 1 => PEOPLE..PEOPLE + 3];
    (any::<bool>(), to, 0..5_usize, vec(0..ENTITIES.len(), 0..4), option::weighted(0.3, 0..3_usize))
        .prop_map(|(bank, to, role, entities, until)| Grant { bank, to, role, entities, until })
}

type Permission = (usize, usize, bool, Option<usize>);

#[derive(Debug, Clone)]
struct Role {
    bank: bool,
    permissions: Vec<Permission>,
    includes: Vec<usize>,
}

fn role() -> impl Strategy<Value = Role> {
    let number = prop_oneof![12 => 0..6_usize, 1 => Just(6_usize)];
    let permission = (number, 0..5_usize, prop::bool::weighted(0.2), option::weighted(0.2, 0..ENTITIES.len()));
    (any::<bool>(), vec(permission, 1..4), vec(0..5_usize, 0..2)).prop_map(|(bank, permissions, includes)| Role {
        bank,
        permissions,
        includes,
    })
}

fn ours(kind: &str, id: Option<&str>, spec: &Value) -> Value {
    let mut document = json!({ "apiVersion": "countersign.dev/v1", "kind": kind, "spec": spec });
    if let Some(id) = id {
        document["metadata"] = json!({ "id": id });
    }
    document
}

fn system(bank: bool) -> &'static str {
    if bank { "bank" } else { "ledger" }
}

fn permission((number, level, deny, entity): Permission, bank: bool, denies: bool) -> Value {
    let names = if bank { BANK } else { LEDGER };
    let mut full = json!({ "permission": names[number % names.len()] });
    if let Some(level) = LEVELS.get(level) {
        full["level"] = json!(level);
    }
    if deny && denies {
        full["effect"] = json!("deny");
    }
    if let Some(entity) = entity {
        full["scope"] = json!({ "legal_entity": ENTITIES[entity] });
    }
    full
}

impl Grant {
    fn document(&self) -> Value {
        let system = system(self.bank);
        let to = match self.to.checked_sub(PEOPLE) {
            None => format!("account:{system}/U{}", self.to),
            Some(0) => format!("account:{system}/stray"),
            Some(group) => format!("group:{system}/G{group}"),
        };
        let mut spec = json!({ "system": system, "to": [to], "role": format!("R{}", self.role) });
        if !self.entities.is_empty() {
            let mut entities: Vec<&str> = self.entities.iter().map(|entity| ENTITIES[*entity]).collect();
            entities.sort_unstable();
            entities.dedup();
            spec["scope"] = json!({ "legal_entity": entities });
        }
        if let Some(until) = self.until {
            spec["until"] = json!(["2026-10-31", "2026-12-31", "2027-06-30"][until]);
        }
        ours("Grant", None, &spec)
    }
}

/// A company; with `odd` also denies, definitions that are broken, and roles and systems that are not defined.
pub(super) fn company(odd: bool) -> impl Strategy<Value = Company> {
    (
        vec(prop_oneof![2 => any::<u8>(), 3 => Just(0b1111)], PEOPLE),
        vec(role(), 5),
        vec(vec(0..PEOPLE + 2, 0..3), 2),
        vec(grant(), 3..10),
        vec((0..PEOPLE, 0..CLUSTER.len()), 0..3),
        any::<[bool; PEOPLE]>(),
        vec((option::of(0..PEOPLE + 1), option::of(0..3_usize)), 0..3),
        (0..4_usize, prop::bool::weighted(0.3)),
    )
        .prop_map(move |(links, roles, groups, grants, bindings, admins, services, (broken, denies))| {
            let mut documents = vec![
                ours("System", Some("ledger"), &json!({ "type": "netsuite" })),
                ours("System", Some("bank"), &json!({ "type": "sap" })),
            ];
            documents.extend(people(&links));
            for (number, role) in roles.iter().enumerate() {
                let permissions: Vec<Value> =
                    role.permissions.iter().map(|one| permission(*one, role.bank, odd && denies)).collect();
                let includes: Vec<String> = role.includes.iter().map(|other| format!("R{other}")).collect();
                // Both systems have roles of one name, so that a grant in the wrong system is found out.
                let mut spec = json!({ "system": system(role.bank), "permissions": permissions });
                if !includes.is_empty() {
                    spec["includes"] = json!(includes);
                }
                documents.push(ours("Role", Some(&format!("R{number}")), &spec));
            }
            for (number, members) in groups.iter().enumerate() {
                documents.extend(group(number + 1, members));
            }
            documents.extend(grants.iter().map(Grant::document));
            documents.extend(cluster(&bindings));
            documents.push(organisation(admins));
            documents.extend(services.iter().enumerate().map(|(number, made)| service(number, *made)));
            if odd {
                for number in 0..broken {
                    documents.push(ours("Grant", None, &json!({ "system": "ledger", "rol": format!("R{number}") })));
                }
            }
            Company { documents }
        })
}

fn people(links: &[u8]) -> Vec<Value> {
    let accounts = |number: usize, bits: u8| {
        let all = [
            ("ledger", format!("U{number}")),
            ("bank", format!("U{number}")),
            ("kubernetes:blue", format!("user{number}")),
            ("github:acme", format!("login{number}")),
        ];
        let linked = all.iter().enumerate().filter(|(bit, _)| bits >> bit & 1 == 1);
        linked.map(|(_, (system, name))| json!({ "system": system, "name": name })).collect::<Vec<_>>()
    };
    let person = |(number, bits): (usize, &u8)| {
        ours("Person", Some(&format!("p{number}")), &json!({ "accounts": accounts(number, *bits) }))
    };
    links.iter().enumerate().map(person).collect()
}

fn group(number: usize, members: &[usize]) -> Vec<Value> {
    [false, true]
        .into_iter()
        .map(|bank| {
            let system = system(bank);
            let mut members: Vec<String> = members
                .iter()
                .map(|member| match member.checked_sub(PEOPLE) {
                    None => format!("account:{system}/U{member}"),
                    Some(group) => format!("group:{system}/G{}", group + 1),
                })
                .collect();
            members.sort();
            members.dedup();
            ours("Group", Some(&format!("G{number}")), &json!({ "system": system, "members": members }))
        })
        .collect()
}

fn cluster(bindings: &[(usize, usize)]) -> Vec<Value> {
    let rbac = "rbac.authorization.k8s.io";
    let role = |name: &str, groups: &[&str], resources: &[&str], verbs: &[&str]| {
        json!({
            "apiVersion": format!("{rbac}/v1"), "kind": "ClusterRole", "metadata": { "name": name },
            "rules": [{ "apiGroups": groups, "resources": resources, "verbs": verbs }],
        })
    };
    let mut all = vec![
        role("deployers", &["apps"], &["deployments", "statefulsets"], &["create", "patch"]),
        role("readers", &["", "apps"], &["pods", "secrets"], &["get", "list"]),
    ];
    all.extend(bindings.iter().enumerate().map(|(number, (user, role))| {
        json!({
            "apiVersion": format!("{rbac}/v1"), "kind": "ClusterRoleBinding",
            "metadata": { "name": format!("binding{number}") },
            "subjects": [{ "kind": "User", "name": format!("user{user}"), "apiGroup": rbac }],
            "roleRef": { "kind": "ClusterRole", "name": CLUSTER[*role], "apiGroup": rbac },
        })
    }));
    all
}

fn organisation(admins: [bool; PEOPLE]) -> Value {
    let of = |admin: bool| -> Vec<String> {
        admins.iter().enumerate().filter(|(_, is)| **is == admin).map(|(number, _)| format!("login{number}")).collect()
    };
    json!({ "orgs": { "acme": {
        "admins": of(true), "members": of(false),
        "teams": { "makers": { "privacy": "closed", "members": of(false), "repos": { "shop": "write" } } },
    } } })
}

fn service(number: usize, (owner, key): (Option<usize>, Option<usize>)) -> Value {
    let mut spec = json!({ "purpose": "carries files" });
    if let Some(owner) = owner {
        spec["owner"] = json!(format!("person:p{owner}"));
    }
    if let Some(key) = key {
        let expires = ["never", "2026-12-15", "2028-12-15"][key];
        spec["credentials"] = json!([{ "id": "key", "kind": "token", "created": "2026-11-20", "expires": expires }]);
    }
    ours("ServiceIdentity", Some(&format!("s{number}")), &spec)
}

impl Company {
    pub(super) fn add_grant(&mut self, grant: &Grant) {
        self.documents.push(grant.document());
    }

    /// Two roles that conflict, one in each book, and the first of them for somebody.
    pub(super) fn add_desk(&mut self, person: usize) {
        let role = |id: &str, system: &str, name: &str| {
            ours("Role", Some(id), &json!({ "system": system, "permissions": [name] }))
        };
        self.documents.extend([role("desk", "ledger", "Vendors"), role("runner", "bank", "F110")]);
        let spec = json!({ "system": "ledger", "to": format!("account:ledger/U{person}"), "role": "desk" });
        self.documents.push(ours("Grant", None, &spec));
    }

    /// The second of them.
    pub(super) fn add_runner(&mut self, person: usize) {
        let spec = json!({ "system": "bank", "to": format!("account:bank/U{person}"), "role": "runner" });
        self.documents.push(ours("Grant", None, &spec));
    }

    /// Takes one linked account in the ledger or the bank from its person, if any is linked.
    pub(super) fn unlink(&mut self, which: usize) {
        let books = |account: &Value| account["system"] == "ledger" || account["system"] == "bank";
        let lists = self.documents.iter_mut().filter(|document| document["kind"] == "Person");
        let lists: Vec<&mut Vec<Value>> =
            lists.filter_map(|document| document["spec"]["accounts"].as_array_mut()).collect();
        let places: Vec<(usize, usize)> = lists
            .iter()
            .enumerate()
            .flat_map(|(person, list)| (0..list.len()).filter(|at| books(&list[*at])).map(move |at| (person, at)))
            .collect();
        let Some((person, at)) = which.checked_rem(places.len()).map(|number| places[number]) else { return };
        lists.into_iter().nth(person).unwrap().remove(at);
    }
}
