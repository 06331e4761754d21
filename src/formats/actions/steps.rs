//! Steps of a job, and of the composite actions that they use.

use super::expressions::{Known, Scope};
use super::identities::of_input;
use super::jobs::{Job, Reader, env};
use super::{Names, document};
use crate::facts::{CredentialDetail, CredentialFact, Gap, Holder, Native, Origin, Text, Trusted};
use crate::formats::credentials::{Means, is_literal, of_variable, target};
use crate::syntax::{Node, Span};

/// Composite actions that use each other ("Metadata syntax", `runs.steps[*].uses`: ten levels).
const MAX_LEVELS: usize = 10;

/// What takes on an identity.
const TAKEN: &str = "which identity this job takes on is not known";

impl Reader<'_> {
    /// The steps of a job or composite action.
    pub(super) fn steps(&mut self, holder: &Node, job: &Job, scope: &Scope<'_>, level: usize) {
        let Some(steps) = holder.get("steps") else { return };
        let Some(steps) = steps.as_list() else {
            let reason = format!("`steps` is {}, not a list", steps.kind());
            let place = job.place;
            return self.lowering(place).unresolved(Gap::Broken, steps.span, reason, "these steps are not evaluated");
        };
        for step in steps {
            let own = env(step, job.place, scope, scope.env);
            self.variables(&own, scope.env, job);
            let scope = Scope { env: &own, ..*scope };
            if let Some(run) = step.get("run")
                && let Some(text) = run.as_str().filter(|text| text.contains("git ") || text.contains("gh pr checkout"))
            {
                self.exposure(text, job, Origin { file: job.place, span: run.span });
            }
            if let Some(uses) = step.entry("uses") {
                match uses.value.as_str() {
                    Some(path) if path.starts_with("./") => self.local(step, path, uses.value.span, job, &scope, level),
                    Some(action) => self.action(step, action, job, &scope),
                    None => {}
                }
            }
        }
    }

    /// What an action of others is given.
    fn action(&mut self, step: &Node, action: &str, job: &Job, scope: &Scope<'_>) {
        let name = action.split('@').next().unwrap_or(action);
        for entry in step.get("with").and_then(Node::as_map).unwrap_or_default() {
            let origin = Origin { file: job.place, span: entry.span() };
            if name.eq_ignore_ascii_case("actions/checkout") && matches!(&*entry.key, "ref" | "repository") {
                self.exposure(entry.value.as_str().unwrap_or_default(), job, origin);
            }
            if let Some(means) = of_input(name, &entry.key) {
                let value = scope.value(&entry.value, origin);
                self.identity((&entry.key, means), &value, job, origin);
            }
        }
    }

    /// A composite action of the tree, with what it is given.
    fn local(&mut self, step: &Node, path: &str, span: Span, job: &Job, scope: &Scope<'_>, level: usize) {
        let folder = path.trim_start_matches("./").trim_end_matches('/');
        let names = [format!("{folder}/action.yml"), format!("{folder}/action.yaml")];
        let found = names.iter().find_map(|name| self.tree.documents(name));
        let is_action = |node: &Node| node.entry("runs").is_some();
        let Some((at, action)) = found.as_ref().and_then(|(at, own)| Some((*at, document(own, is_action)?))) else {
            let reason = format!("the action `{path}` is not in the tree");
            let lost = "what it does with what it is given is not known";
            return self.lowering(job.place).unresolved(Gap::Dangling, span, reason, lost);
        };
        if level >= MAX_LEVELS {
            let reason = format!("actions use each other more than {MAX_LEVELS} levels deep");
            let lost = "the steps from here on are not evaluated";
            return self.lowering(job.place).unresolved(Gap::Unsupported, span, reason, lost);
        }
        let mut inputs = Names::new();
        for entry in action.get("inputs").and_then(Node::as_map).unwrap_or_default() {
            let given = step.at(&["with", &entry.key]);
            let value = match given {
                Some(node) => Some(scope.value(node, Origin { file: job.place, span: node.span })),
                None => entry.value.get("default").map(|node| scope.value(node, Origin { file: at, span: node.span })),
            };
            inputs.extend(value.map(|value| (Text::from(&*entry.key), value)));
        }
        let Some(runs) = action.get("runs") else { return };
        let inner = Job {
            account: job.account.clone(),
            permissions: job.permissions.clone(),
            place: at,
            is_exposed: job.is_exposed,
        };
        self.steps(runs, &inner, &Scope { inputs: &inputs, ..*scope }, level + 1);
    }

    /// Variables that are not those around them, and what they stand for.
    pub(super) fn variables(&mut self, own: &Names, outer: &Names, job: &Job) {
        for (name, value) in own {
            if outer.get(name) != Some(value)
                && let Some(means) = of_variable(name)
            {
                self.identity((name, means), value, job, value.origin);
            }
        }
    }

    /// A credential that a job holds: one that GitHub keeps, or one that the workflow writes.
    fn credential(&mut self, id: String, (name, means): (&str, Means), is_literal: bool, job: &Job, origin: Origin) {
        let Means::Credential(kind, lifetime, pipeline) = means else { return };
        let workflow = format!("workflow/{}", self.name).into();
        self.facts.credentials.push(CredentialFact {
            id: Native::new(self.system.clone(), id),
            holder: Holder::Account(job.account.clone()),
            kind,
            lifetime,
            created: None,
            detail: CredentialDetail { is_literal, used_by: vec![workflow], pipeline, ..CredentialDetail::of(name) },
            origin,
        });
    }

    /// A job takes on an identity, or holds a credential.
    fn identity(&mut self, (name, means): (&str, Means), value: &Known, job: &Job, origin: Origin) {
        if let Means::Credential(..) = means {
            for secret in &value.secrets {
                self.credential(format!("secret/{secret}"), (name, means), false, job, origin);
            }
            let is_known = value.secrets.is_empty() && value.unknown.is_none();
            if is_known && value.texts.iter().any(|text| is_literal(name, text)) {
                self.credential(format!("{}/{name}", job.account.name), (name, means), true, job, origin);
            }
            return;
        }
        // Without that permission there is no token to exchange, and the step fails.
        if !job.permissions.may_identify() {
            return;
        }
        let not_known = value.unknown.as_ref().map(|own| format!("`{own}` is known only when the workflow runs"));
        let secret = value.secrets.first().map(|own| format!("`{own}` is a secret, which the tree does not hold"));
        if let Some(reason) = not_known.or(secret) {
            self.lowering(origin.file).unresolved(Gap::Unknown, origin.span, reason, TAKEN);
        }
        for text in &value.texts {
            match target(means, text) {
                Ok(Some(target)) => {
                    self.trust(target, Trusted::Holder(Holder::Account(job.account.clone())), origin);
                }
                Ok(None) => {}
                Err(reason) => self.lowering(origin.file).unresolved(Gap::Unknown, origin.span, reason, TAKEN),
            }
        }
    }
}
