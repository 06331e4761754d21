//! Roles that nothing in the tree defines: those that their system brings along, and those of which nothing is known.

use std::sync::Arc;

use super::build::Builder;
use super::covers;
use super::graph::{Container, ContainerId};
use super::units::Site;
use crate::facts::{Condition, Constrains, Effect, Gap, Native, Origin, Patterns, RoleKind, Statement, Text};
use crate::rules::KnownStatement;
use crate::syntax::Span;

impl Builder<'_> {
    /// The container of a role that something names; reported when neither a file nor its system defines it.
    pub(super) fn referenced_role(&mut self, role: &Native, site: Site) -> Option<ContainerId> {
        if let Some(id) = self.graph.roles.get(role) {
            return Some(*id);
        }
        let system = self.graph.systems.intern(&role.system);
        let kind = self.graph.systems.get(system).map(|system| system.kind.clone())?;
        let Some((name, known)) = self.known.role(&kind, &role.name) else {
            self.unknown_role(role, &kind, site);
            return None;
        };
        if *name != *role.name {
            return self.referenced_role(&Native::new(role.system.clone(), name), site);
        }
        if !known.whole {
            self.in_part(role, &kind, site);
        }
        let statements = known.statements.iter();
        let container = Container {
            role: Some(role.clone()),
            kind: RoleKind::Role,
            title: known.title.as_deref().map(Text::from),
            system,
            statements: statements.map(|statement| (Arc::new(known_statement(statement)), None)).collect(),
            includes: Vec::new(),
            site: None,
            granted: true,
        };
        let id = self.new_container(container);
        self.graph.roles.insert(role.clone(), id);
        Some(id)
    }

    /// Tells that nothing is known of a role.
    fn unknown_role(&mut self, role: &Native, kind: &str, site: Site) {
        let predefined = self.known.predefined(kind).any(|pattern| covers(pattern, &role.name, false));
        if !predefined {
            self.graph.gap(
                Gap::Dangling,
                site,
                format!("the role {role} is not defined here"),
                "what it gives is unknown and counts for nothing in the findings",
            );
        } else if self.unlisted.insert(role.clone()) {
            self.graph.gap(
                Gap::Unknown,
                site,
                format!("what the predefined role {role} permits is not listed"),
                "whatever it permits confers no duty, wherever it is given",
            );
        }
    }

    /// Tells once a type of system that rulesets ask for permissions that its roles are not listed with.
    fn in_part(&mut self, role: &Native, kind: &Text, site: Site) {
        let missing = self.known.not_looked_for(kind);
        let Some(first) = missing.first() else { return };
        if self.in_part.insert(kind.clone()) {
            let others = match missing.len() - 1 {
                0 => String::new(),
                1 => " nor 1 other permission that rulesets ask for".to_owned(),
                more => format!(" nor {more} other permissions that rulesets ask for"),
            };
            self.graph.gap(
                Gap::Unknown,
                site,
                format!("whether roles such as {role} permit `{first}` is not listed{others}"),
                "nobody counts as having it by a role that the system brings along",
            );
        }
    }
}

/// A statement of a role that a system brings along.
fn known_statement(known: &KnownStatement) -> Statement {
    let either = |list: &[String], except: &[String]| {
        let texts = |own: &[String]| own.iter().map(|text| Text::from(text.as_str())).collect::<Vec<_>>();
        match (list, except) {
            ([], []) => Patterns::any(),
            ([], except) => Patterns { negated: true, ..Patterns::of(texts(except)) },
            (list, _) => Patterns::of(texts(list)),
        }
    };
    let effect = known.effect.unwrap_or(Effect::Allow);
    let mut conditions: Vec<Condition> = known.condition.iter().map(|text| narrowed(text)).collect();
    if let Some(own) = &known.conditions {
        conditions.extend(crate::formats::aws::known_conditions(own, effect));
    }
    let (actions, resources) =
        (either(&known.actions, &known.not_actions), either(&known.resources, &known.not_resources));
    let nowhere = Origin { file: 0, span: Span::default() };
    Statement { effect, conditions, ..Statement::allow(actions, resources, nowhere) }
}

/// What is known to narrow a statement of a role that a system brings along.
fn narrowed(text: &str) -> Condition {
    Condition::new("condition", text, Constrains::Yes)
}
