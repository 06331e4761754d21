//! What is supposed: grants as the manifest that would give them, and grants of the tree that are left out.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::{SimulateArgs, resolve};
use crate::access::reach;
use crate::cli::error::CliError;
use crate::cli::model::Model;
use crate::facts::scope::Scope;
use crate::facts::{Gap, Granted, Holder, Native, Text};
use crate::formats::Revoked;
use crate::gate::Judgement;
use crate::output::{Supposed, SupposedReport};
use crate::syntax::nearest;

/// Grants that are supposed.
pub(super) struct Given {
    grants: Vec<(Holder, Native)>,
    scope: BTreeMap<String, Vec<String>>,
    until: Option<String>,
}

impl Given {
    pub(super) fn of(args: &SimulateArgs, model: &Model) -> Result<Self, CliError> {
        let mut grants = Vec::new();
        for (wanted, to) in pairs(&args.grant, &args.to, ("grant", "to"))? {
            let holder = resolve::holder(model, to)?;
            let role = resolve::role(model, wanted, &holder)?;
            grants.push((resolve::account_in(model, holder, &role.system)?, role));
        }
        Ok(Self { grants, scope: scope(&args.scope, model)?, until: args.until.clone() })
    }

    /// The manifest that would give them; `None` when nothing is given.
    pub(super) fn manifest(&self) -> Option<String> {
        let documents: Vec<String> = self.grants.iter().map(|grant| self.document(grant)).collect();
        (!documents.is_empty()).then(|| documents.join("---\n"))
    }

    fn document(&self, (holder, role): &(Holder, Native)) -> String {
        // A text of JSON is a text of YAML.
        let mut text = format!(
            "apiVersion: countersign.dev/v1\nkind: Grant\nspec:\n  system: {}\n  to: {}\n  role: {}\n",
            json!(&*role.system),
            json!(holder.to_string()),
            json!(&*role.name)
        );
        if !self.scope.is_empty() {
            text.push_str(&format!("  scope: {}\n", json!(self.scope)));
        }
        if let Some(until) = &self.until {
            text.push_str(&format!("  until: {}\n", json!(until)));
        }
        text
    }

    pub(super) fn reports(&self) -> impl Iterator<Item = SupposedReport> {
        self.grants.iter().map(|(holder, role)| SupposedReport {
            action: Supposed::Grant,
            role: role.name.to_string(),
            system: role.system.to_string(),
            holder: holder.to_string(),
            scope: self.scope.clone(),
            until: self.until.clone(),
        })
    }
}

/// Grants of the tree that are supposed to be gone.
pub(super) struct Taken {
    /// As the definitions write them.
    pub(super) revoked: Vec<Revoked>,
    meant: Vec<(Holder, Native)>,
}

impl Taken {
    pub(super) fn of(args: &SimulateArgs, model: &Model) -> Result<Self, CliError> {
        let mut revoked = BTreeSet::new();
        let mut meant = Vec::new();
        for (wanted, from) in pairs(&args.revoke, &args.from, ("revoke", "from"))? {
            let holder = resolve::holder(model, from)?;
            let role = resolve::role(model, wanted, &holder)?;
            let own = grants_of(model, &holder, &role);
            if own.is_empty() {
                return Err(not_given(model, &holder, &role));
            }
            revoked.extend(own);
            meant.push((holder, role));
        }
        Ok(Self { revoked: revoked.into_iter().collect(), meant })
    }

    pub(super) fn reports(&self) -> impl Iterator<Item = SupposedReport> {
        self.meant.iter().map(|(holder, role)| SupposedReport {
            action: Supposed::Revoke,
            role: role.name.to_string(),
            system: role.system.to_string(),
            holder: holder.to_string(),
            scope: BTreeMap::new(),
            until: None,
        })
    }
}

/// Each role with who receives or loses it: one for all, or one for each.
fn pairs<'a>(
    roles: &'a [String],
    holders: &'a [String],
    (role, holder): (&str, &str),
) -> Result<Vec<(&'a str, &'a str)>, CliError> {
    match holders {
        [one] => Ok(roles.iter().map(|role| (role.as_str(), one.as_str())).collect()),
        several if several.len() == roles.len() => {
            Ok(roles.iter().map(String::as_str).zip(several.iter().map(String::as_str)).collect())
        }
        several => Err(CliError::other(
            format!("--{role} is given {} times and --{holder} {} times", roles.len(), several.len()),
            format!("give --{holder} once for all roles, or once for each"),
        )),
    }
}

/// What is said of dimensions, in the form `NAME=VALUE,VALUE`.
fn scope(written: &[String], model: &Model) -> Result<BTreeMap<String, Vec<String>>, CliError> {
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for text in written {
        let (name, values) =
            text.split_once('=').filter(|(name, values)| !name.is_empty() && !values.is_empty()).ok_or_else(|| {
                CliError::other(
                    format!("`{text}` is no scope"),
                    "write it as `legal_entity=DE01` or `legal_entity=DE01,US01`",
                )
            })?;
        all.entry(name.to_owned()).or_default().extend(values.split(',').map(|value| value.trim().to_owned()));
    }
    let known = dimensions(model);
    // A dimension that nothing knows would count for nothing, and the grant for everything.
    if let Some(unknown) = all.keys().find(|name| !known.contains(name.as_str())) {
        let help = match nearest(unknown, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("there are: {}", known.into_iter().collect::<Vec<_>>().join(", ")),
        };
        return Err(CliError::other(format!("no definition and no conflict has a dimension `{unknown}`"), help));
    }
    Ok(all)
}

/// The dimensions that conflicts, systems, grants and statements name.
fn dimensions(model: &Model) -> BTreeSet<&str> {
    let conflicts = model.catalogue.conflicts().flat_map(|(_, own)| &own.dimensions).map(|own| &*own.0);
    let mut all: BTreeSet<&str> = conflicts.collect();
    for facts in model.reading.units.iter().map(|unit| &unit.facts) {
        for map in facts.systems.iter().flat_map(|own| &own.maps) {
            all.extend([&*map.native, &*map.shared]);
        }
        let statements = facts.roles.iter().flat_map(|own| &own.statements);
        let scopes = facts.grants.iter().map(|own| &own.scope).chain(statements.map(|own| &own.scope));
        all.extend(scopes.flat_map(Scope::iter).map(|(dimension, _)| &*dimension.0));
    }
    all.remove("system");
    all
}

/// A role as its system writes it, by whatever name a grant has.
fn canonical(model: &Model, role: &Native) -> Text {
    let system = model.graph.systems.find(&role.system).and_then(|idx| model.graph.systems.get(idx));
    let known = system.and_then(|system| model.rules.known_roles.role(&system.kind, &role.name));
    known.map_or_else(|| role.name.clone(), |(name, _)| name.into())
}

/// The grants of a role to somebody: to themselves, or to an account of theirs.
fn grants_of(model: &Model, holder: &Holder, role: &Native) -> Vec<Revoked> {
    let mut holders = resolve::accounts(model, holder);
    holders.push(holder.clone());
    let name = canonical(model, role);
    let grants = model.reading.units.iter().flat_map(|unit| &unit.facts.grants);
    let own = grants.filter_map(|grant| match &grant.what {
        Granted::Role(given) => Some(Revoked { from: grant.to.clone(), role: given.clone() }),
        Granted::Statements(_) => None,
    });
    own.filter(|own| {
        let to = model.graph.find(&own.from).and_then(|node| model.graph.node(node)).map(|node| &node.holder);
        own.role.system == role.system
            && to.is_some_and(|to| holders.contains(to))
            && canonical(model, &own.role) == name
    })
    .collect()
}

/// That somebody is not given a role themselves; through whom they have it, if they do.
fn not_given(model: &Model, holder: &Holder, role: &Native) -> CliError {
    let reached = model.graph.find(holder).map(|node| reach(&model.graph, node, model.as_of)).unwrap_or_default();
    let wanted = model.graph.role(role);
    let through: BTreeSet<String> = reached
        .held
        .iter()
        .filter(|held| model.graph.grant(held.grant).is_some_and(|grant| Some(grant.container) == wanted))
        .filter_map(|held| model.graph.node(reached.ways.get(held.way as usize)?.node))
        .map(|node| node.holder.to_string())
        .collect();
    let help = if through.is_empty() {
        format!(
            "`countersign access {}` lists what is given",
            holder.to_string().split_once(':').map_or("", |(_, id)| id)
        )
    } else {
        let through: Vec<String> = through.into_iter().collect();
        format!("it comes by way of {}: take it --from there", through.join(", "))
    };
    CliError::other(format!("no definition here gives {role} to {holder} itself"), help)
}

/// Refuses a supposed grant that cannot be read, such as one that ends on a day which there is not.
pub(super) fn refuse_unread(judgement: &Judgement) -> Result<(), CliError> {
    let supposed = |place: &crate::access::Place| place.file.starts_with("simulated:");
    let broken = judgement
        .unresolved
        .iter()
        .find(|found| found.gap == Gap::Broken && found.place.as_ref().is_some_and(supposed));
    match broken {
        Some(found) => Err(CliError::other(
            format!("this grant cannot be supposed: {}", found.reason),
            "`countersign schema manifest` has the form of a grant",
        )),
        None => Ok(()),
    }
}
