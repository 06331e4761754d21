//! `countersign ruleset`.

mod import;
mod tune;

use std::fmt::Write as _;

use clap::{Args, Subcommand};

use super::error::CliError;
use super::model::TreeArgs;
use super::table::{self, ListFormat};
use super::{Env, Exit};
use crate::facts::AccountKind;
use crate::rules::{
    Becomes, Conflict, ConflictKind, Definitions, Duty, Escalation, On, Requirement, Rules, TargetKind,
};
use crate::syntax::nearest;

/// List the rulesets in force, or show a ruleset, a duty, a conflict or an escalation.
#[derive(Debug, Subcommand)]
pub enum RulesetCommand {
    /// List the rulesets in force, or all duties, conflicts or escalations.
    List(RulesetListArgs),
    /// Show a ruleset, a duty, a conflict or an escalation in words.
    Show(RulesetShowArgs),
    /// Draw a ruleset from a matrix of duties: a square with marks, a list of risks, or the files of SAP's Access Control.
    Import(import::RulesetImportArgs),
    /// Say which roles and groups make the conflicts of a tree, and what mending each would leave.
    Tune(tune::RulesetTuneArgs),
}

/// What to list.
#[derive(Debug, Args)]
pub struct RulesetListArgs {
    /// List the duties instead.
    #[arg(long, conflicts_with = "conflicts")]
    duties: bool,
    /// List the conflicts instead.
    #[arg(long, conflicts_with = "escalations")]
    conflicts: bool,
    /// List the escalations instead: ways to administer a system.
    #[arg(long, conflicts_with = "duties")]
    escalations: bool,
    /// How to write the list.
    #[arg(long, value_enum, default_value = "table")]
    format: ListFormat,
    #[command(flatten)]
    tree: TreeArgs,
}

/// What to show.
#[derive(Debug, Args)]
pub struct RulesetShowArgs {
    /// The id of a ruleset, a duty, a conflict or an escalation: cs-p2p, VBANK, P2P-03, AWS-IAM-007.
    id: String,
    #[command(flatten)]
    tree: TreeArgs,
}

/// Runs the command.
pub(super) fn run(command: &RulesetCommand, env: &mut Env<'_>) -> Result<Exit, CliError> {
    let text = match command {
        RulesetCommand::Import(args) => return import::run(args, env),
        RulesetCommand::Tune(args) => return tune::run(args, env),
        RulesetCommand::List(args) => list(&args.tree.open(env)?.1, args)?,
        RulesetCommand::Show(args) => show(&args.tree.open(env)?.1, &args.id)?,
    };
    table::print(env, &text)?;
    Ok(Exit::Clean)
}

fn list(rules: &Rules, args: &RulesetListArgs) -> Result<String, CliError> {
    let definitions = &rules.definitions;
    let (name, header, rows): (&str, &[&str], Vec<Vec<String>>) = if args.duties {
        let rows = definitions.duties.iter().map(|(id, duty)| {
            let privileged = duty.value.severity.filter(|_| duty.value.privileged);
            vec![
                id.clone(),
                duty.ruleset.to_string(),
                privileged.map_or_else(String::new, |severity| format!("privileged, {severity}")),
                duty.value.title.clone(),
            ]
        });
        ("duties", &["id", "ruleset", "needs approval", "title"], rows.collect())
    } else if args.conflicts {
        let rows = definitions.conflicts.iter().map(|(id, conflict)| {
            vec![
                id.clone(),
                conflict.ruleset.to_string(),
                conflict.value.severity.to_string(),
                match conflict.value.kind {
                    ConflictKind::Static => "evaluated".to_owned(),
                    ConflictKind::Dynamic => "needs events".to_owned(),
                },
                conflict.value.title.clone(),
            ]
        });
        ("conflicts", &["id", "ruleset", "severity", "kind", "title"], rows.collect())
    } else if args.escalations {
        let rows = definitions.escalations.iter().map(|(id, own)| {
            vec![id.clone(), own.ruleset.to_string(), own.value.system.clone(), own.value.title.clone()]
        });
        ("escalations", &["id", "ruleset", "system", "title"], rows.collect())
    } else {
        let rows = rules.rulesets.iter().map(|ruleset| {
            let of = |from: &str| *from == *ruleset.id;
            let duties = definitions.duties.values().filter(|duty| of(&duty.ruleset)).count();
            let conflicts = definitions.conflicts.values().filter(|conflict| of(&conflict.ruleset)).count();
            vec![
                ruleset.id.to_string(),
                ruleset.version.clone(),
                duties.to_string(),
                conflicts.to_string(),
                ruleset.owner.clone().unwrap_or_else(|| "nobody yet".to_owned()),
                ruleset.title.clone(),
            ]
        });
        ("rulesets", &["id", "version", "duties", "conflicts", "adopted by", "title"], rows.collect())
    };
    Ok(match args.format {
        ListFormat::Table => table::aligned(header, &rows),
        ListFormat::Csv => table::rows_csv(header, &rows),
        ListFormat::Json => table::rows_json("countersign.dev/rulesets/v1", name, header, &rows),
    })
}

fn show(rules: &Rules, id: &str) -> Result<String, CliError> {
    let definitions = &rules.definitions;
    if let Some(conflict) = definitions.conflicts.get(id) {
        return Ok(conflict_words(id, &conflict.ruleset, &conflict.value, definitions));
    }
    if let Some(duty) = definitions.duties.get(id) {
        return Ok(duty_words(id, &duty.ruleset, &duty.value, definitions));
    }
    if let Some(escalation) = definitions.escalations.get(id) {
        return Ok(escalation_words(id, &escalation.ruleset, &escalation.value));
    }
    if let Some(ruleset) = rules.rulesets.iter().find(|ruleset| *ruleset.id == *id) {
        let mut out =
            format!("{}  {}, version {}\n{}\n", ruleset.id, ruleset.title, ruleset.version, ruleset.file.path);
        let owner =
            ruleset.owner.as_deref().unwrap_or("nobody; conflicts over ERP bindings only warn until somebody does");
        let _ = writeln!(out, "adopted by {owner}\n");
        for (id, duty) in definitions.duties.iter().filter(|(_, duty)| duty.ruleset == ruleset.id) {
            let _ = writeln!(out, "duty      {id:<12} {}", duty.value.title);
        }
        for (id, conflict) in definitions.conflicts.iter().filter(|(_, conflict)| conflict.ruleset == ruleset.id) {
            let _ = writeln!(out, "conflict  {id:<12} {:<9} {}", conflict.value.severity, conflict.value.title);
        }
        for (id, own) in definitions.escalations.iter().filter(|(_, own)| own.ruleset == ruleset.id) {
            let _ = writeln!(out, "escalation  {id:<24} {}", own.value.title);
        }
        return Ok(out);
    }
    let known = definitions.conflicts.keys().chain(definitions.duties.keys()).chain(definitions.escalations.keys());
    let known = known.map(String::as_str);
    let known = known.chain(rules.rulesets.iter().map(|ruleset| &*ruleset.id));
    let help = nearest(id, known).map_or_else(
        || "`countersign ruleset list`, with --duties, --conflicts or --escalations, names them all".to_owned(),
        |near| format!("did you mean `{near}`?"),
    );
    Err(CliError::other(format!("there is no ruleset, duty, conflict or escalation `{id}`"), help))
}

fn conflict_words(id: &str, ruleset: &str, conflict: &Conflict, definitions: &Definitions) -> String {
    let mut out =
        format!("{id}  {}\n{}, ruleset {ruleset}, owner {}\n\n", conflict.title, conflict.severity, conflict.owner);
    let _ = writeln!(out, "{}\n", conflict.risk);
    push_lines(&mut out, &conflict_lines(conflict, definitions));
    out
}

fn push_lines(out: &mut String, lines: &[String]) {
    for line in lines {
        let _ = writeln!(out, "{line}");
    }
}

/// What makes a conflict: lines.
pub(super) fn conflict_lines(conflict: &Conflict, definitions: &Definitions) -> Vec<String> {
    let dimensions: Vec<String> =
        conflict.scope.dimension.iter().chain(&conflict.scope.dimensions).map(|name| name.replace('_', " ")).collect();
    let count = conflict.at_least.unwrap_or(conflict.duties.len());
    let which = if count == conflict.duties.len() { "all".to_owned() } else { format!("any {count}") };
    let mut lines = vec![format!(
        "A conflict when one principal holds {which} of these, for the same {}:",
        dimensions.join(" and ")
    )];
    lines.extend(conflict.duties.iter().map(|duty| {
        let title = definitions.duties.get(duty.as_str()).map_or("", |duty| duty.value.title.as_str());
        format!("  {:<12} {title}", duty.value)
    }));
    if conflict.kind == ConflictKind::Dynamic {
        lines.push(String::new());
        lines.push(
            "It needs events (who did what to the same object) and is not evaluated from declared access.".to_owned(),
        );
    }
    lines
}

fn duty_words(id: &str, ruleset: &str, duty: &Duty, definitions: &Definitions) -> String {
    let mut out =
        format!("{id}  {}\nruleset {ruleset}, process {}\n\n{}\n", duty.title, duty.process, duty.description);
    if duty.privileged {
        let severity = duty.severity.map(|severity| severity.to_string()).unwrap_or_default();
        let _ = writeln!(out, "\nPrivileged ({severity}): holding it needs an approval.");
    }
    for line in duty_lines(id, duty, definitions) {
        let _ = if line.starts_with(' ') { writeln!(out, "{line}") } else { writeln!(out, "\n{line}") };
    }
    out
}

/// What confers a duty and what it means: lines, of which those that belong to the one before are indented.
pub(super) fn duty_lines(id: &str, duty: &Duty, definitions: &Definitions) -> Vec<String> {
    let mut lines = Vec::new();
    for (kind, binding) in &duty.bindings {
        let release = binding.release.as_deref().unwrap_or("not said");
        lines.push(format!("{kind}  ({}; release {release})", binding.origin));
        lines.extend(binding.any.iter().map(|requirement| format!("  {}", requirement_words(requirement))));
    }
    let list = |names: &[crate::syntax::Spanned<String>]| {
        names.iter().map(|name| name.value.as_str()).collect::<Vec<_>>().join(", ")
    };
    if !duty.any_duty.is_empty() {
        lines.push(format!("Held by whoever holds any of: {}", list(&duty.any_duty)));
    }
    if !duty.includes.is_empty() {
        lines.push(format!("Includes: {}", list(&duty.includes)));
    }
    let conflicts: Vec<&str> = definitions
        .conflicts
        .iter()
        .filter(|(_, conflict)| conflict.value.duties.iter().any(|named| named.value == id))
        .map(|(id, _)| id.as_str())
        .collect();
    if !conflicts.is_empty() {
        lines.push(format!("Conflicts: {}", conflicts.join(", ")));
    }
    lines
}

fn escalation_words(id: &str, ruleset: &str, own: &Escalation) -> String {
    let mut out = format!("{id}  {}\n{}, ruleset {ruleset} ({})\n\n", own.title, own.system, own.origin);
    push_lines(&mut out, &escalation_lines(own));
    out
}

/// What an escalation takes and where it leads: lines.
pub(super) fn escalation_lines(own: &Escalation) -> Vec<String> {
    let actor = own.actor.map_or("an account", |actor| match actor {
        AccountKind::User => "a user",
        AccountKind::AssumedRole => "a role",
        AccountKind::ServiceAccount => "a service account",
        AccountKind::CloudService => "a cloud service",
    });
    let mut lines = vec![format!("It takes, all held by {actor}:")];
    for need in &own.needs {
        let on = match (need.on, &need.resource) {
            (_, Some(thing)) => format!(" on {thing}"),
            (On::Anything, None) => String::new(),
            (On::Same, None) => " on the same thing".to_owned(),
            (On::Itself, None) => " on itself".to_owned(),
            (On::OwnGroup, None) => " on a group that it is in".to_owned(),
            (On::OwnPolicy, None) => " on a policy that it holds".to_owned(),
            (On::Target, None) => " on the target".to_owned(),
            (On::TargetPolicy, None) => " on a policy that the target holds".to_owned(),
        };
        let with: Vec<String> = need.with.iter().map(|(key, value)| format!(", with {key} {value}")).collect();
        lines.push(format!("  {}{on}{}", need.permission.each().join(" or "), with.concat()));
    }
    let becomes = match (own.becomes, &own.target) {
        (Becomes::Target, Some(target)) => {
            let kind = match target.kind {
                Some(TargetKind::User) => "a user",
                Some(TargetKind::AssumedRole) => "a role",
                Some(TargetKind::ServiceAccount) => "a service account",
                Some(TargetKind::CloudService) => "a cloud service",
                Some(TargetKind::Group) => "a group",
                None => "an account",
            };
            let trusts: Vec<&str> = target.trusts.iter().flat_map(|own| own.each()).map(String::as_str).collect();
            let trusts =
                if trusts.is_empty() { String::new() } else { format!(" that {} may act as", trusts.join(" or ")) };
            let runs = target.workload.as_ref().map(|own| format!(", if {own} runs as it")).unwrap_or_default();
            format!("It reaches {kind}{trusts}{runs}.")
        }
        _ => "It makes an administrator, within the account's own limits.".to_owned(),
    };
    lines.push(String::new());
    lines.push(becomes);
    if let Some(perhaps) = &own.perhaps {
        lines.push(format!("It depends on whether {perhaps}, which no definition says."));
    }
    lines
}

fn requirement_words(requirement: &Requirement) -> String {
    let join = |parts: &[Requirement], word: &str| {
        let parts: Vec<String> = parts.iter().map(requirement_words).collect();
        format!("({})", parts.join(word))
    };
    match requirement {
        Requirement::Name(name) => name.clone(),
        Requirement::Permission(permission) => {
            let level = permission.level.map_or(String::new(), |level| format!(", {level:?} or more").to_lowercase());
            let resource = permission.resource.as_ref().map_or(String::new(), |resource| format!(" on {resource}"));
            let fields =
                permission.fields.iter().map(|(field, values)| format!(" with {field} {}", values.join(" or ")));
            format!("{}{level}{resource}{}", permission.permission, fields.collect::<String>())
        }
        Requirement::All { all } => join(all, " and "),
        Requirement::Any { any } => join(any, " or "),
    }
}
