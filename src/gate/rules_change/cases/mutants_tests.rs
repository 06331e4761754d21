//! The claim, tried: mutants of every built-in policy are labelled by brute force over a small domain that is written
//! here by hand, and the comparison must flag what is weaker and nothing that is the same.

use std::collections::BTreeMap;

use rayon::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::gate::judging::AS_OF;
use crate::gate::policy_data;
use crate::policy::BUILT_IN;
use crate::policy::untrusted::Isolation;
use crate::rules::RuleFile;

const DAY: i64 = 86_400;

/// The policies whose every field the bounded domain below spans. The others read employment, records or changed rules,
/// for which it says nothing.
const MUTATED: &[&str] = &[
    "coverage/not_evaluated.rego",
    "credential/long_lived.rego",
    "grant/privileged_duty.rego",
    "identity/unlinked_account.rego",
    "sod/principal_conflict.rego",
    "sod/role_conflict.rego",
];

/// A policy as text: what stands before the rules, and the rules.
#[derive(Clone)]
struct Source {
    scope: Scope,
    when: Option<When>,
    head: String,
    rules: String,
}

impl Source {
    /// A built-in policy under an id and a package of one's own.
    fn own(path: &str, text: &str) -> Self {
        let scope = match path {
            "coverage/not_evaluated.rego" => Scope::Document,
            "credential/long_lived.rego" => Scope::Credential,
            "identity/service_owner.rego" => Scope::ServiceIdentity,
            "sod/role_conflict.rego" => Scope::Role,
            _ => Scope::Principal,
        };
        let when = match path {
            "sod/role_conflict.rego" | "sod/principal_conflict.rego" => Some(When::Conflicts),
            "grant/privileged_duty.rego" => Some(When::PrivilegedDuties),
            "identity/unlinked_account.rego" => Some(When::Unlinked),
            _ => None,
        };
        let text = text.replace("id: CS-", "id: OWN-").replace("package countersign.", "package own.");
        let (head, rules) = text.split_once("import rego.v1\n").unwrap();
        Self { scope, when, head: format!("{head}import rego.v1\n"), rules: rules.to_owned() }
    }

    fn text(&self) -> String {
        format!("{}{}", self.head, self.rules)
    }

    fn session(&self) -> Result<Session, NotEvaluated> {
        let file = RuleFile::new("own.rego", self.text().into_bytes());
        Session::open(&Isolation::InProcess, &[file], "own.rego", &policy_data(AS_OF))
    }

    /// The blocks between empty lines: rules, comments, tables.
    fn blocks(&self) -> Vec<String> {
        self.rules.split("\n\n").map(|block| block.trim_matches('\n').to_owned()).filter(|b| !b.is_empty()).collect()
    }

    fn with_blocks(&self, blocks: &[String]) -> Self {
        Self { rules: format!("\n{}\n", blocks.join("\n\n")), ..self.clone() }
    }
}

fn is_rule(block: &str) -> bool {
    block.contains("finding contains")
}

/// Whether a line of a rule is a condition: not the head, not the finding, not what binds a variable.
fn is_condition(line: &str) -> bool {
    let code = line.trim();
    line.starts_with('\t')
        && !line.starts_with("\t\t")
        && !code.contains(":=")
        && !code.starts_with("some ")
        && code != "}"
        && code != "),"
}

/// Rewrites one block.
fn at(source: &Source, n: usize, block: String) -> Source {
    let mut blocks = source.blocks();
    blocks[n] = block;
    source.with_blocks(&blocks)
}

/// Rewrites one line of one block; an empty text takes it out.
fn line_at(source: &Source, n: usize, line: usize, new: &str) -> Source {
    let blocks = source.blocks();
    let mut lines: Vec<&str> = blocks[n].lines().collect();
    if new.is_empty() {
        lines.remove(line);
    } else {
        lines[line] = new;
    }
    at(source, n, lines.join("\n"))
}

/// Conditions to put into a rule, by scope.
fn narrowing(scope: Scope) -> &'static [&'static str] {
    match scope {
        Scope::Principal => &[
            "input.id != \"person:alice\"",
            "not startswith(input.id, \"person:b\")",
            "input.kind == \"person\"",
            "count(input.accounts) < 2",
            "not input.status",
            "input.status != \"departed\"",
        ],
        Scope::Role => &["input.name != \"clerk\"", "not endswith(input.name, \"erk\")", "count(input.conflicts) > 1"],
        Scope::ServiceIdentity => {
            &["input.name != \"bot\"", "input.purpose", "count(input.accounts) > 0", "input.review_by < 1800000000"]
        }
        Scope::Credential => &[
            "input.kind != \"token\"",
            "input.holder.kind == \"service\"",
            "input.holder.id != \"person:alice\"",
            "input.max_age_days > 30",
            "not input.created",
        ],
        Scope::Document => {
            &["input.in_scope", "input.format != \"kubernetes\"", "not startswith(input.file, \"legacy/\")"]
        }
        #[allow(unreachable_patterns, reason = "a scope that has no built-in policy has no mutants")]
        _ => &[],
    }
}

/// Every mutant of a policy, with how it was made.
fn mutants(source: &Source) -> Vec<(String, Source)> {
    let mut all: Vec<(String, Source)> = Vec::new();
    let blocks = source.blocks();
    for (n, block) in blocks.iter().enumerate() {
        let lines: Vec<&str> = block.lines().collect();
        if !is_rule(block) {
            for (l, line) in lines.iter().enumerate().filter(|(_, line)| line.contains("\": \"")) {
                all.push(("drop an entry".into(), line_at(source, n, l, "")));
                all.push(("rename an entry".into(), line_at(source, n, l, &line.replacen("\": \"", "z\": \"", 1))));
            }
            continue;
        }
        let mut fewer = blocks.clone();
        fewer.remove(n);
        if fewer.iter().any(|block| is_rule(block)) {
            all.push(("drop a rule".into(), source.with_blocks(&fewer)));
        }
        let inside = lines.iter().position(|line| line.ends_with("if {"));
        for (l, line) in lines.iter().enumerate() {
            if is_condition(line) && inside.is_some_and(|start| l > start) {
                let code = line.trim();
                all.push(("drop a condition".into(), line_at(source, n, l, "")));
                match code.strip_prefix("not ") {
                    Some(rest) => all.push(("remove not".into(), line_at(source, n, l, &format!("\t{rest}")))),
                    None => all.push(("negate".into(), line_at(source, n, l, &format!("\tnot {code}")))),
                }
                for (from, to) in [(" == ", " != "), (" > ", " >= "), (" > ", " < "), (" > ", " == "), (" > ", " != ")]
                {
                    if code.contains(from) {
                        all.push((format!("{from}becomes{to}"), line_at(source, n, l, &line.replace(from, to))));
                    }
                }
                if let Some((left, right)) = code.split_once(" == ") {
                    all.push(("turn round".into(), line_at(source, n, l, &format!("\t{right} == {left}"))));
                    all.push(("double negation".into(), {
                        let mut mutant = line_at(source, n, l, &format!("\tnot differs_{l}"));
                        mutant.rules.push_str(&format!("\ndiffers_{l} if not same_{l}\n\nsame_{l} if {code}\n"));
                        mutant
                    }));
                    all.push(("membership".into(), line_at(source, n, l, &format!("\t{left} in {{{right}, \"zz\"}}"))));
                    all.push(("same membership".into(), line_at(source, n, l, &format!("\t{left} in [{right}]"))));
                }
                if let Some((left, right)) = code.split_once(" > ") {
                    all.push(("turn round".into(), line_at(source, n, l, &format!("\t{right} < {left}"))));
                    all.push(("one more".into(), line_at(source, n, l, &format!("\t{left} > {right} + 1"))));
                    all.push(("one less".into(), line_at(source, n, l, &format!("\t{left} > {right} - 1"))));
                }
                if code.contains('"') {
                    all.push((
                        "change a text".into(),
                        line_at(source, n, l, &format!("\t{}", code.replacen('"', "\"z", 1))),
                    ));
                }
                all.push(("twice".into(), line_at(source, n, l, &format!("\t{code}\n\t{code}"))));
                all.push(("to the end".into(), {
                    let mut moved: Vec<&str> = lines.clone();
                    let line = moved.remove(l);
                    let end = moved.len() - 1;
                    moved.insert(end, line);
                    at(source, n, moved.join("\n"))
                }));
                all.push(("helper".into(), {
                    if code.contains("link.") || code.contains("days") || code.contains("duty.") {
                        source.clone()
                    } else {
                        let mut mutant = line_at(source, n, l, &format!("\thelper_{l}"));
                        mutant.rules.push_str(&format!("\nhelper_{l} if {{\n\t{code}\n}}\n"));
                        mutant
                    }
                }));
            }
            let code = line.trim();
            if code.starts_with("\"severity\"") {
                all.push(("no severity".into(), line_at(source, n, l, "")));
                all.push(("low".into(), line_at(source, n, l, "\t\t\"severity\": \"low\",")));
                all.push(("critical".into(), line_at(source, n, l, "\t\t\"severity\": \"critical\",")));
            }
            if code.starts_with("\"systems\"") || code.starts_with("\"conflict\"") || code.starts_with("\"duty\"") {
                all.push(("drop what it is about".into(), line_at(source, n, l, "")));
            }
            if code.starts_with("some ") {
                for other in ["duties", "conflicts", "privileged_duties"] {
                    let Some((start, list)) = line.rsplit_once('.') else { continue };
                    if list != other && source.scope == Scope::Principal {
                        all.push((format!("some in {other}"), line_at(source, n, l, &format!("{start}.{other}"))));
                    }
                }
                let (variable, list) = code.trim_start_matches("some ").split_once(" in ").unwrap();
                all.push(("first only".into(), line_at(source, n, l, &format!("\t{variable} := {list}[0]"))));
                all.push(("by number".into(), line_at(source, n, l, &format!("\tsome i\n\t{variable} := {list}[i]"))));
                all.push(("only if one".into(), line_at(source, n, l, &format!("\tcount({list}) == 1\n{line}"))));
                all.push((
                    "rename a variable".into(),
                    at(
                        source,
                        n,
                        block
                            .replace(&format!("{variable}."), "renamed.")
                            .replace(&format!("some {variable} "), "some renamed "),
                    ),
                ));
            }
            if code.contains("86400") {
                for other in ["86401", "604800", "43200"] {
                    all.push(("change a number".into(), line_at(source, n, l, &line.replace("86400", other))));
                }
                all.push(("a product".into(), line_at(source, n, l, &line.replace("86400", "(24 * 3600)"))));
                all.push(("round up".into(), line_at(source, n, l, &line.replace("floor", "ceil"))));
            }
            if code.contains("data.countersign.as_of") {
                all.push(("another start".into(), line_at(source, n, l, &line.replace("data.countersign.as_of", "0"))));
            }
        }
        if let Some(start) = inside {
            for condition in narrowing(source.scope) {
                let with = |condition: &str| {
                    let mut lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
                    lines.insert(start + 1, format!("\t{condition}"));
                    lines.join("\n")
                };
                all.push((format!("add {condition}"), at(source, n, with(condition))));
                let negated = match condition.strip_prefix("not ") {
                    Some(rest) => rest.to_owned(),
                    None => format!("not {condition}"),
                };
                all.push((
                    format!("split by {condition}"),
                    at(source, n, format!("{}\n\n{}", with(condition), with(&negated))),
                ));
            }
            all.push((
                "add what is always true".into(),
                at(
                    source,
                    n,
                    block
                        .replacen("if {", "if {\n\tis_string(input.message_of_nobody) == false\n\ttrue", 1)
                        .replace("is_string(input.message_of_nobody) == false\n\t", ""),
                ),
            ));
        }
        all.push(("comment".into(), at(source, n, format!("# {} \"x\" == input.kind\n{block}", "why"))));
        all.push(("reformat".into(), at(source, n, block.replace('\t', "        "))));
        all.push((
            "another message".into(),
            at(source, n, block.replacen("\"message\": sprintf(\"", "\"message\": sprintf(\"note: ", 1)),
        ));
    }
    for condition in narrowing(source.scope) {
        let mut more = blocks.clone();
        more.push(format!("finding contains {{\"message\": \"m\", \"key\": \"more\"}} if {condition}"));
        all.push((format!("also if {condition}"), source.with_blocks(&more)));
    }
    all.push(("turn the rules round".into(), source.with_blocks(&blocks.iter().rev().cloned().collect::<Vec<_>>())));
    let mut seen = std::collections::BTreeSet::from([source.text()]);
    all.retain(|(_, mutant)| seen.insert(mutant.text()));
    all
}

/// How many documents are made for each mutant: fewer than in a run, for the time that the test takes.
const FEWER: usize = 600;

/// Every combination of some values for some fields; `null` leaves a field out.
fn product(fields: &[(&str, Vec<Value>)]) -> Vec<Value> {
    let mut all = vec![serde_json::Map::new()];
    for (name, values) in fields {
        all = all
            .iter()
            .flat_map(|known| {
                values.iter().map(|value| {
                    let mut fields = known.clone();
                    if !value.is_null() {
                        fields.insert((*name).to_owned(), value.clone());
                    }
                    fields
                })
            })
            .collect();
    }
    all.into_iter().map(Value::Object).collect()
}

/// The small domain, by hand: every value that some mutant asks for, and one other.
fn small_domain(scope: Scope, when: Option<When>) -> Vec<Value> {
    let duty = |id: &str, severity: &str| json!({"id": id, "title": "do", "system": "erp", "held": "certain", "severity": severity, "scopes": []});
    let conflict = |id: &str, severity: &str, systems: Value| {
        json!({"id": id, "title": "a + b", "severity": severity, "duties": ["A", "B"], "systems": systems,
               "held": "certain", "apart": "combined", "on": [], "risk": "r", "owner": "o"})
    };
    let (c1, c2) = (conflict("C-1", "critical", json!(["erp"])), conflict("C-2", "low", json!(["bank", "erp"])));
    let conflicts = vec![json!([]), json!([c1]), json!([c2]), json!([c1, c2])];
    let (d1, d2) = (duty("D-1", "critical"), duty("D-2", "low"));
    let mut open = duty("D-3", "high");
    open["open_ended"] = json!(true);
    let privileged = vec![json!([]), json!([d1]), json!([d1, d2]), json!([d1, open])];
    let duties = vec![json!([]), json!([d1, d2])];
    let accounts = vec![json!([]), json!(["account:erp/a"]), json!(["account:erp/a", "account:erp/b"])];
    match scope {
        Scope::Principal => {
            let link = json!({"account": "account:erp/a", "system": "erp", "was": "person:alice"});
            let mut moved = link.clone();
            moved["now"] = json!("person:bob");
            moved["account"] = json!("account:erp/b");
            let mut other = link.clone();
            other["account"] = json!("account:erp/c");
            let mut gone = moved.clone();
            gone["account"] = json!("account:erp/d");
            let of = |lists: Vec<Value>, read: bool| if read { lists } else { lists.into_iter().take(2).collect() };
            let linking = when == Some(When::Unlinked);
            let links = [
                json!([]),
                json!([link]),
                json!([moved]),
                json!([link, moved]),
                json!([moved, link]),
                json!([link, other]),
                json!([moved, gone]),
            ]
            .to_vec();
            product(&[
                ("id", vec![json!("person:alice"), json!("person:bob")]),
                ("kind", vec![json!("person"), json!("service")]),
                ("name", vec![json!("alice")]),
                ("status", vec![Value::Null, json!("active"), json!("departed")]),
                ("accounts", accounts.into_iter().step_by(2).collect()),
                ("duties", duties),
                ("privileged_duties", of(privileged, !linking)),
                ("conflicts", of(conflicts, !linking)),
                ("unlinked", if linking { links } else { vec![json!([])] }),
                ("escalations", if when == Some(When::Escalations) { escalations() } else { vec![json!([])] }),
            ])
        }
        Scope::Role => product(&[
            ("id", vec![json!("role:erp/clerk")]),
            ("name", vec![json!("clerk"), json!("payer")]),
            ("system", vec![json!("erp")]),
            ("duties", duties),
            ("privileged_duties", privileged),
            ("conflicts", conflicts),
        ]),
        Scope::ServiceIdentity => {
            let owner = |status: &str| json!({"id": "person:alice", "status": status});
            product(&[
                ("id", vec![json!("service:bot")]),
                ("name", vec![json!("bot"), json!("agent")]),
                (
                    "owner",
                    vec![
                        Value::Null,
                        owner("active"),
                        owner("leave"),
                        owner("departed"),
                        owner("unknown"),
                        owner("zdeparted"),
                        owner("zunknown"),
                        owner("zz"),
                    ],
                ),
                ("purpose", vec![Value::Null, json!("deploys")]),
                ("accounts", accounts),
                ("review_by", vec![Value::Null, json!(1_700_000_000), json!(1_900_000_000)]),
            ])
        }
        Scope::Credential => {
            let mut lifetimes: Vec<Value> = ["temporary", "unbounded", "unknown", "zunbounded", "zz", "zbounded"]
                .map(|kind| json!({"kind": kind}))
                .to_vec();
            for days in [0, 1, 29, 30, 31, 44, 45, 46, 89, 90, 91, 92, 400, 700] {
                lifetimes.push(json!({"kind": "bounded", "until": AS_OF + days * DAY}));
            }
            lifetimes.push(json!({"kind": "bounded", "until": AS_OF + 90 * DAY + 1}));
            lifetimes.push(json!({"kind": "bounded", "until": AS_OF + 91 * DAY + 50}));
            for days in [0, 29, 30, 31, 89, 90, 91, 400] {
                lifetimes.push(json!({"kind": "bounded", "days": days}));
            }
            lifetimes.push(json!({"kind": "unknown", "days": 400}));
            lifetimes.push(json!({"kind": "zz", "until": AS_OF + 400 * DAY}));
            lifetimes.push(json!({"kind": "temporary", "until": AS_OF + 400 * DAY}));
            lifetimes.push(json!({"kind": "unknown", "until": AS_OF + 400 * DAY}));
            let holder = |kind: &str, id: &str| json!({"id": id, "kind": kind});
            product(&[
                ("id", vec![json!("key")]),
                (
                    "kind",
                    vec![
                        json!("token"),
                        json!("access_key"),
                        json!("password"),
                        json!("service_account_key"),
                        json!("certificate"),
                        json!("ssh_key"),
                        json!("federated"),
                        json!("secret"),
                        json!("encryption_key"),
                    ],
                ),
                ("system", vec![json!("erp")]),
                ("holder", vec![holder("service", "service:bot"), holder("person", "person:alice")]),
                ("lifetime", lifetimes),
                ("created", vec![Value::Null, json!(AS_OF - 30 * DAY)]),
                ("max_age_days", vec![json!(30), json!(90)]),
            ])
        }
        Scope::Document => product(&[
            ("file", vec![json!("a.yaml"), json!("legacy/a.yaml")]),
            ("format", vec![json!("kubernetes"), json!("aws"), json!("")]),
            (
                "gap",
                ["broken", "unsupported", "not_read", "dangling", "zbroken", "zunsupported", "znot_read", "zz"]
                    .map(Value::from)
                    .to_vec(),
            ),
            ("reason", vec![json!("r")]),
            ("in_scope", vec![json!(true), json!(false)]),
        ]),
        #[allow(unreachable_patterns, reason = "a scope that has no built-in policy has no mutants")]
        _ => Vec::new(),
    }
}

/// Ways of every form, to one system and to two.
fn escalations() -> Vec<Value> {
    let of = |system: &str, step: Value, unknowns: Value| {
        json!({"system": system, "held": "certain",
               "ways": [{"held": "certain", "scope": {}, "steps": [step], "conditions": [], "unknowns": unknowns}]})
    };
    let alone = of("erp", json!({"id": "E-1", "title": "do", "declared": true}), json!([]));
    let reaching =
        of("bank", json!({"id": "E-2", "title": "be", "reaches": "account:bank/a", "declared": true}), json!([]));
    let elsewhere = of("erp", json!({"id": "E-3", "title": "be", "declared": false}), json!(["which there are"]));
    vec![json!([]), json!([alone]), json!([elsewhere]), json!([alone, reaching])]
}

type Verdicts = Vec<Result<BTreeMap<String, Severity>, ()>>;

/// What a policy says of every document of the small domain, with code of its own.
fn brute(source: &Source, domain: &[Value]) -> Option<Verdicts> {
    let list = match source.when {
        Some(When::Conflicts) => Some("conflicts"),
        Some(When::PrivilegedDuties) => Some("privileged_duties"),
        Some(When::Unlinked) => Some("unlinked"),
        Some(When::Escalations) => Some("escalations"),
        _ => None,
    };
    let answers = source.session().ok()?.ask(&domain.iter().collect::<Vec<_>>()).ok()?;
    let of = |(document, answer): (&Value, Answer)| {
        if list.is_some_and(|list| document[list].as_array().unwrap().is_empty()) {
            return Ok(BTreeMap::new());
        }
        let Answer::Findings(findings) = answer else { return Err(()) };
        let mut said = BTreeMap::new();
        for finding in findings {
            let mut systems = finding.systems;
            systems.sort();
            let key =
                format!("{:?}{:?}{:?}{:?}{systems:?}", finding.conflict, finding.duty, finding.credential, finding.key);
            let worst = said.entry(key).or_insert(Severity::Low);
            *worst = finding.severity.unwrap_or(Severity::High).max(*worst);
        }
        Ok(said)
    };
    Some(domain.iter().zip(answers).map(of).collect())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Label {
    Equivalent,
    Weakening,
    Tightening,
    Both,
    Fails,
}

fn label(old: &Verdicts, new: &Verdicts) -> Label {
    let (mut weaker, mut tighter, mut fails) = (false, false, false);
    for (old, new) in old.iter().zip(new) {
        let (Ok(old), Ok(new)) = (old, new) else {
            fails |= new.is_err();
            continue;
        };
        weaker |= old.iter().any(|(key, severity)| new.get(key).is_none_or(|now| now < severity));
        tighter |= new.iter().any(|(key, severity)| old.get(key).is_none_or(|before| before < severity));
    }
    match (weaker, tighter, fails) {
        (true, true, _) => Label::Both,
        (true, false, _) => Label::Weakening,
        (false, true, _) => Label::Tightening,
        (false, false, true) => Label::Fails,
        (false, false, false) => Label::Equivalent,
    }
}

#[test]
fn weaker_mutants_are_flagged_and_equivalent_ones_are_not() {
    let known = Known { as_of: AS_OF, authors: vec!["person:zoe".to_owned()] };
    let mut tried: Vec<(Label, bool, bool, String, usize)> = Vec::new();
    let mut unusable = 0;
    for (path, text) in BUILT_IN.iter().filter(|(path, _)| MUTATED.contains(path)) {
        let source = Source::own(path, text);
        let domain = small_domain(source.scope, source.when);
        let before = brute(&source, &domain).unwrap();
        let mutants = mutants(&source);
        let results: Vec<Option<_>> = mutants
            .par_iter()
            .map(|(how, mutant)| {
                let after = brute(mutant, &domain)?;
                let label = label(&before, &after);
                let (mut old, mut new) = (source.session().ok()?, mutant.session().ok()?);
                let (old_text, new_text) = (source.text(), mutant.text());
                let mut old = Asked { session: &mut old, severity: Severity::High, when: source.when, text: &old_text };
                let mut new = Asked { session: &mut new, severity: Severity::High, when: source.when, text: &new_text };
                let found = compare(source.scope, &mut old, &mut new, &[], &known, FEWER).ok()?;
                let weaker = found.lost.is_some() || found.softer.is_some();
                let tighter = found.gained.is_some() || found.harder.is_some();
                let why = found.lost.or(found.softer).or(found.gained).or(found.harder);
                let why = why.map(|witness| format!("{}: {}", witness.about, witness.document)).unwrap_or_default();
                Some((label, weaker, tighter, format!("{path}: {how} [{why}]"), found.cases))
            })
            .collect();
        unusable += results.iter().filter(|result| result.is_none()).count();
        tried.extend(results.into_iter().flatten());
    }
    let of = |label: Label| tried.iter().filter(move |(found, ..)| *found == label);
    let weakenings = || of(Label::Weakening).chain(of(Label::Both));
    let missed: Vec<&String> = weakenings().filter(|(_, weaker, ..)| !weaker).map(|(.., how, _)| how).collect();
    let wrongly: Vec<&String> =
        of(Label::Equivalent).filter(|(_, weaker, tighter, ..)| *weaker || *tighter).map(|(.., how, _)| how).collect();
    let tightenings = || of(Label::Tightening).chain(of(Label::Both));
    let seen = tightenings().filter(|(_, _, tighter, ..)| *tighter).count();
    let (weak, same, tight) = (weakenings().count(), of(Label::Equivalent).count(), tightenings().count());
    let cases: usize = tried.iter().map(|(.., cases)| cases).sum();
    let counts = format!(
        "{} mutants ({unusable} more do not load or cannot be told): {weak} weaken, {} of them flagged; {same} are equivalent, {} of \
         them flagged; {tight} tighten, {seen} of them flagged; {} only fail; {cases} cases\nmissed: {missed:#?}\nwrongly: {wrongly:#?}",
        tried.len(),
        weak - missed.len(),
        wrongly.len(),
        of(Label::Fails).count(),
    );
    println!("{counts}");
    assert!(tried.len() >= 100 && weak >= 60 && same >= 40, "{counts}");
    assert!(missed.len() * 20 <= weak, "{counts}");
    assert!(wrongly.is_empty(), "{counts}");
}
