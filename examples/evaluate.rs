//! Evaluates a root module and prints what each resource comes to, a line of JSON each, so that it can be held against
//! what Terraform plans. `.ci/terraform_console.py` and `.ci/inventories.py` do that.
//!
//! ```text
//! evaluate TREE [FOLDER]       the root module in this folder of a tree of files; the tree's own root by default
//! evaluate --access TREE       every resource instance of all roots and templates that bears on access: whether who has it
//!                              and what it is are known, and why not. `.ci/real_repositories.py` counts them
//! ```
//!
//! What is not known is an object with the one key `$unknown`, `$fails`, `$limit` or `$text` (a text with unknown parts);
//! a collection that may have more members has the member `$more`.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it is a program of its own")]

use std::error::Error;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use countersign::facts::{Facts, Granted, Holder};
use countersign::formats::configuration::providers::lower_each;
use countersign::formats::configuration::resource::Mode;
use countersign::formats::configuration::value::{Kind, Part, Unknown, Value, Why};
use countersign::formats::terraform::configuration;
use countersign::formats::{Reader, cloudformation};
use countersign::rules::Rules;
use countersign::source::{Content, FileKind, SourceFile, Tree};
use countersign::store::Digest;
use serde_json::{Value as Json, json};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments.as_slice() {
        ["--access", tree] => access(Path::new(tree)),
        [tree] => evaluate(Path::new(tree), ""),
        [tree, folder] => evaluate(Path::new(tree), folder.trim_end_matches('/')),
        _ => Err("usage: evaluate TREE [FOLDER], or evaluate --access TREE".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("evaluate: {error}");
            ExitCode::FAILURE
        }
    }
}

fn tree_of(root: &Path) -> Result<Tree, Box<dyn Error>> {
    let mut files = Vec::new();
    files_below(root, root, &mut files)?;
    files.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(Tree { files, commit: None, tree: None })
}

fn access(root: &Path) -> Result<(), Box<dyn Error>> {
    let tree = tree_of(root)?;
    let rules = Rules::built_in().map_err(|_| "the built-in rules cannot be read")?;
    for unit in &Reader::default().read(&tree, &rules).units {
        let Some(first) = unit.files.first() else { continue };
        let (root, configuration) = match unit.format {
            "terraform" => {
                let folder = first.rsplit_once('/').map_or("", |(folder, _)| folder);
                (folder, configuration(&tree, &rules, folder).ok_or("no thread to evaluate it in")?)
            }
            "cloudformation" => (&**first, cloudformation::configuration(&tree, &rules, &[first])),
            _ => continue,
        };
        let inputs = configuration.resources.iter().any(|resource| needs_inputs(&resource.attributes));
        for (resource, facts) in lower_each(&configuration) {
            let line = json!({
                "format": unit.format,
                "root": root,
                "needs_inputs": inputs,
                "address": &*resource.name,
                "type": resource.kind(),
                "who": knows_who(&facts),
                "what": knows_what(&facts),
                "reasons": facts.unresolved.iter().map(|found| found.reason.as_str()).collect::<Vec<_>>(),
            });
            println!("{line}");
        }
    }
    Ok(())
}

/// Whether something in a value is a variable or parameter of the root without any value: the module is made to be called.
fn needs_inputs(value: &Value) -> bool {
    let open = |unknown: &Unknown| matches!(unknown.why, Why::NoValue { .. } | Why::Parameter { .. });
    match &value.kind {
        Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::Text(_) => false,
        Kind::Template(parts) => parts.iter().any(|part| matches!(part, Part::Unknown(unknown) if open(unknown))),
        Kind::List(items) | Kind::Set(items) => {
            items.rest.as_deref().is_some_and(open) || items.known.iter().any(needs_inputs)
        }
        Kind::Map(members) => {
            members.rest.as_deref().is_some_and(open) || members.known.values().any(|own| needs_inputs(&own.value))
        }
        Kind::Unknown(unknown) => open(unknown),
    }
}

/// A name says what is not known of it as `${…}`.
fn is_known(name: &str) -> bool {
    !name.is_empty() && !name.contains("${")
}

fn is_known_holder(holder: &Holder) -> bool {
    match holder {
        Holder::Person(id) | Holder::Service(id) => is_known(id),
        Holder::Account(native) | Holder::Group(native) => is_known(&native.name),
    }
}

fn knows_who(facts: &Facts) -> bool {
    facts.grants.iter().any(|grant| is_known_holder(&grant.to))
        || facts.memberships.iter().any(|own| is_known_holder(&own.member) || is_known(&own.group.name))
        || facts.accounts.iter().any(|account| is_known(&account.id.name))
        || facts.groups.iter().any(|group| is_known(&group.id.name))
        || facts.credentials.iter().any(|own| is_known_holder(&own.holder))
        || facts.trusts.iter().any(|trust| is_known(&trust.target.name))
}

fn knows_what(facts: &Facts) -> bool {
    facts.roles.iter().any(|role| is_known(&role.id.name) || !role.statements.is_empty())
        || facts.permits.iter().any(|own| !own.statements.is_empty())
        || facts.grants.iter().any(|grant| match &grant.what {
            Granted::Role(role) => is_known(&role.name),
            Granted::Statements(statements) => !statements.is_empty(),
        })
}

fn evaluate(root: &Path, folder: &str) -> Result<(), Box<dyn Error>> {
    let tree = tree_of(root)?;
    let rules = Rules::built_in().map_err(|_| "the built-in rules cannot be read")?;
    let configuration = configuration(&tree, &rules, folder).ok_or("no thread to evaluate it in")?;
    for resource in &configuration.resources {
        let line = json!({
            "address": &*resource.name,
            "type": resource.kind(),
            "data": resource.address.mode == Mode::Data,
            "uncertain": resource.uncertain.as_ref().map(|why| why.why.to_string()),
            "values": shown(&resource.attributes),
        });
        println!("{line}");
    }
    for found in &configuration.unresolved {
        println!("{}", json!({"unresolved": found.reason, "consequence": found.consequence}));
    }
    Ok(())
}

fn files_below(root: &Path, folder: &Path, into: &mut Vec<SourceFile>) -> Result<(), Box<dyn Error>> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files_below(root, &path, into)?;
        } else if path.is_file() {
            let bytes = std::fs::read(&path)?;
            let content = Content::Bytes { digest: Digest::of(&bytes), bytes: Arc::from(bytes) };
            let name = path.strip_prefix(root)?.to_string_lossy().replace('\\', "/");
            into.push(SourceFile { path: name.into(), kind: FileKind::Regular, content });
        }
    }
    Ok(())
}

fn shown(value: &Value) -> Json {
    match &value.kind {
        Kind::Null => Json::Null,
        Kind::Bool(flag) => json!(flag),
        Kind::Number(number) => json!(number),
        Kind::Text(written) => json!(&*written.text),
        Kind::Template(parts) => {
            let parts = parts.iter().map(|part| match part {
                Part::Known(text, _) => text.to_string(),
                Part::Unknown(unknown) => format!("${{{}}}", unknown.why),
            });
            json!({"$text": parts.collect::<String>()})
        }
        Kind::List(items) | Kind::Set(items) => {
            let rest = items.rest.iter().map(|why| json!({"$more": unknown(why)}));
            items.known.iter().map(shown).chain(rest).collect()
        }
        Kind::Map(members) => {
            let known = members.known.iter().map(|(key, own)| (key.to_string(), shown(&own.value)));
            let rest = members.rest.iter().map(|why| ("$more".to_owned(), unknown(why)));
            Json::Object(known.chain(rest).collect())
        }
        Kind::Unknown(why) => unknown(why),
    }
}

fn unknown(unknown: &Unknown) -> Json {
    let key = match unknown.why {
        Why::Fails { .. } => "$fails",
        Why::Limit { .. } => "$limit",
        _ => "$unknown",
    };
    json!({key: unknown.why.to_string()})
}
