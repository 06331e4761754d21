//! Jobs of a workflow, and of the workflows that it calls.

use std::collections::BTreeMap;

use super::expressions::{Known, Scope, is_proposed};
use super::permissions::Permissions;
use super::{Names, Tree, document, recognise, tokens};
use crate::facts::{
    AccountFact, AccountKind, Facts, Gap, GrantFact, Granted, Holder, JobFact, JobToken, Native, Origin, Text,
    TokenWay, TrustFact, Trusted,
};
use crate::formats::Lowering;
use crate::formats::tokens::GITHUB;
use crate::syntax::{Entry, Node, Value};

/// Workflows that call each other ("Reusing workflows", limitations: ten levels).
const MAX_CALLS: usize = 10;

/// Reads one workflow that starts by itself, and all that it uses.
pub(super) struct Reader<'f> {
    pub(super) tree: Tree<'f>,
    pub(super) system: Text,
    /// What the workflow is called.
    pub(super) name: Text,
    pub(super) facts: &'f mut Facts,
}

/// How a workflow is called.
pub(super) struct Call {
    /// The jobs that lead to it, each with a slash behind it.
    prefix: String,
    inputs: Names,
    secrets: Names,
    /// The permissions of the calling job, which are the most that the called one can have.
    outer: Option<Permissions>,
    is_exposed: bool,
    /// How its jobs come to a token, by what starts the outermost one.
    ways: Vec<TokenWay>,
    depth: usize,
}

impl Call {
    /// A workflow that nobody calls.
    pub(super) fn of_itself() -> Self {
        Self {
            prefix: String::new(),
            inputs: Names::new(),
            secrets: Names::new(),
            outer: None,
            is_exposed: false,
            ways: Vec::new(),
            depth: 0,
        }
    }
}

/// A job while it is read.
pub(super) struct Job {
    pub(super) account: Native,
    pub(super) permissions: Permissions,
    pub(super) place: u32,
    /// Whether others may have it run what they propose, by what starts the workflow.
    pub(super) is_exposed: bool,
}

impl<'f> Reader<'f> {
    pub(super) fn lowering(&mut self, place: u32) -> Lowering<'_> {
        Lowering { facts: self.facts, file: place }
    }

    pub(super) fn workflow(&mut self, workflow: &Node, place: u32, call: &Call) {
        let triggers = triggers(workflow);
        // One that is only called is read where it is called.
        if call.depth == 0 && !triggers.is_empty() && triggers.iter().all(|own| &**own == "workflow_call") {
            return;
        }
        let mut lowering = Lowering { facts: self.facts, file: place };
        let outer = call.outer.clone().unwrap_or_default();
        let permissions = Permissions::of(workflow, &outer, &mut lowering);
        let empty = Names::new();
        let inputs = inputs(workflow, call, place);
        let scope = Scope { env: &empty, inputs: &inputs, secrets: &call.secrets, matrix: &empty };
        let env = env(workflow, place, &scope, &empty);
        let jobs = workflow.get("jobs").and_then(Node::as_map).unwrap_or_default();
        let exposing = |own: &Text| matches!(&**own, "pull_request_target" | "workflow_run" | "issue_comment");
        let is_exposed = call.is_exposed || triggers.iter().any(exposing);
        let own_ways = if call.depth == 0 { tokens::ways(workflow) } else { call.ways.clone() };
        let ways = &own_ways;
        let mut silent = None;
        for entry in jobs {
            if entry.value.as_map().is_none() {
                let reason = format!("the job `{}` is {}, not a map", entry.key, entry.value.kind());
                self.lowering(place).unresolved(Gap::Broken, entry.key_span, reason, "this job is not evaluated");
                continue;
            }
            let permissions = Permissions::of(&entry.value, &permissions, &mut self.lowering(place));
            if !permissions.said {
                silent.get_or_insert(entry.key_span);
            }
            self.job(entry, permissions, place, &Surroundings { call, inputs: &inputs, env: &env, is_exposed, ways });
        }
        if let Some(span) = silent {
            self.lowering(place).unresolved(
                Gap::Unknown,
                span,
                "this workflow does not say what its token may do (`permissions`), so a setting of the repository decides",
                "its jobs may be able to write to the repository",
            );
        }
    }

    fn job(&mut self, entry: &Entry, permissions: Permissions, place: u32, around: &Surroundings<'_>) {
        let node = &entry.value;
        let call = around.call;
        let matrix = matrix(node, place, around);
        let scope = Scope { env: around.env, inputs: around.inputs, secrets: &call.secrets, matrix: &matrix };
        if let Some(uses) = node.entry("uses") {
            self.called(entry, uses, &permissions, place, around, &scope);
            return;
        }
        self.lowering(place).count("job");
        let account = Native::new(self.system.clone(), format!("workflow/{}/{}{}", self.name, call.prefix, entry.key));
        let origin = Origin { file: place, span: entry.key_span };
        self.facts.accounts.push(AccountFact {
            id: account.clone(),
            kind: AccountKind::ServiceAccount,
            boundary: None,
            origin,
        });
        let environment = environment(node, &scope, origin);
        let token = permissions.says_it_may_identify().then(|| JobToken {
            issuer: GITHUB.into(),
            ways: match node.get("environment") {
                Some(_) => vec![tokens::of_environment(environment.as_ref())],
                None => around.ways.to_vec(),
            },
        });
        self.facts.jobs.push(JobFact { account: account.clone(), environment, token, origin });
        let statements = permissions.statements();
        if !statements.is_empty() {
            self.facts.grants.push(GrantFact::new(
                Holder::Account(account.clone()),
                self.system.clone(),
                Granted::Statements(statements),
                permissions.actions.first().map_or(origin, |(_, origin)| *origin),
            ));
        }
        let job = Job { account, permissions, place, is_exposed: around.is_exposed };
        let env = env(node, place, &scope, around.env);
        self.variables(&env, around.env, &job);
        // What stands at the workflow counts for each of its jobs.
        self.variables(around.env, &Names::new(), &job);
        let scope = Scope { env: &env, ..scope };
        self.steps(node, &job, &scope, 0);
    }

    /// A workflow that a job calls.
    fn called(
        &mut self,
        entry: &Entry,
        uses: &Entry,
        permissions: &Permissions,
        place: u32,
        around: &Surroundings<'_>,
        scope: &Scope<'_>,
    ) {
        let span = uses.value.span;
        let path = uses.value.as_str().unwrap_or_default();
        let lost = format!("what the job `{}` may do is not known", entry.key);
        let Some(path) = path.strip_prefix("./") else {
            let reason = format!("the workflow `{path}` is not in the tree");
            return self.lowering(place).unresolved(Gap::Unknown, span, reason, lost);
        };
        if around.call.depth >= MAX_CALLS {
            let reason = format!("workflows call each other more than {MAX_CALLS} levels deep");
            return self.lowering(place).unresolved(Gap::Unsupported, span, reason, lost);
        }
        let found = self.tree.documents(path);
        let called = found.as_ref().and_then(|(at, own)| Some((*at, document(own, |node| recognise(path, node))?)));
        let Some((at, workflow)) = called else {
            let reason = format!("the workflow `./{path}` is not in the tree");
            return self.lowering(place).unresolved(Gap::Dangling, span, reason, lost);
        };
        let values = |key: &str| -> Names {
            let entries = entry.value.get(key).and_then(Node::as_map).unwrap_or_default();
            let value = |own: &Entry| scope.value(&own.value, Origin { file: place, span: own.value.span });
            entries.iter().map(|own| (Text::from(&*own.key), value(own))).collect()
        };
        let inherits = entry.value.get("secrets").and_then(Node::as_str) == Some("inherit");
        let call = Call {
            prefix: format!("{}{}/", around.call.prefix, entry.key),
            inputs: values("with"),
            secrets: if inherits { around.call.secrets.clone() } else { values("secrets") },
            outer: Some(permissions.clone()),
            is_exposed: around.is_exposed,
            ways: around.ways.to_vec(),
            depth: around.call.depth + 1,
        };
        self.workflow(workflow, at, &call);
    }

    /// Somebody, or anybody, may have a job do what they say.
    pub(super) fn trust(&mut self, target: Native, trusted: Trusted, origin: Origin) {
        self.facts.trusts.push(TrustFact { target, trusted, conditions: Vec::new(), origin });
    }

    /// What a job runs that others propose, runs for them.
    pub(super) fn exposure(&mut self, text: &str, job: &Job, origin: Origin) {
        if job.is_exposed && is_proposed(text) {
            self.trust(job.account.clone(), Trusted::Anyone, origin);
        }
    }
}

/// What a job is given by its workflow.
struct Surroundings<'a> {
    call: &'a Call,
    inputs: &'a Names,
    env: &'a Names,
    is_exposed: bool,
    ways: &'a [TokenWay],
}

/// The events that start a workflow.
fn triggers(workflow: &Node) -> Vec<Text> {
    match workflow.get("on").map(|on| &on.value) {
        Some(Value::Map(entries)) => entries.iter().map(|entry| Text::from(&*entry.key)).collect(),
        Some(Value::List(items)) => items.iter().filter_map(Node::as_str).map(Text::from).collect(),
        Some(Value::String(one)) => vec![Text::from(&**one)],
        _ => Vec::new(),
    }
}

/// The environment that a job names, by itself or in a map, where one name alone is possible.
fn environment(job: &Node, scope: &Scope<'_>, origin: Origin) -> Option<Text> {
    let named = job.get("environment")?;
    let known = scope.value(named.get("name").unwrap_or(named), origin);
    match &*known.texts {
        [one] if known.unknown.is_none() && !one.is_empty() => Some(one.clone()),
        _ => None,
    }
}

/// The inputs of a workflow: what it is called with, else their defaults.
fn inputs(workflow: &Node, call: &Call, place: u32) -> Names {
    let mut found = BTreeMap::new();
    let empty = Names::new();
    let scope = Scope { env: &empty, inputs: &empty, secrets: &empty, matrix: &empty };
    for event in ["workflow_call", "workflow_dispatch"] {
        for entry in workflow.at(&["on", event, "inputs"]).and_then(Node::as_map).unwrap_or_default() {
            let name = Text::from(&*entry.key);
            let default =
                entry.value.get("default").map(|node| scope.value(node, Origin { file: place, span: node.span }));
            // Whoever starts it by hand may say something else.
            let value = call.inputs.get(&name).cloned().or_else(|| {
                let by_hand = event == "workflow_dispatch" && call.depth == 0;
                default.map(
                    |own| if by_hand { Known { unknown: Some(format!("inputs.{name}").into()), ..own } } else { own },
                )
            });
            found.extend(value.map(|value| (name, value)));
        }
    }
    found
}

/// The environment of a workflow, job or step over that around it.
pub(super) fn env(holder: &Node, place: u32, scope: &Scope<'_>, outer: &Names) -> Names {
    let mut found = outer.clone();
    for entry in holder.get("env").and_then(Node::as_map).unwrap_or_default() {
        let value = scope.value(&entry.value, Origin { file: place, span: entry.span() });
        found.insert(Text::from(&*entry.key), value);
    }
    found
}

/// The values that each key of a job's matrix can have.
fn matrix(job: &Node, place: u32, around: &Surroundings<'_>) -> Names {
    let mut found = Names::new();
    let empty = Names::new();
    let scope = Scope { env: around.env, inputs: around.inputs, secrets: &around.call.secrets, matrix: &empty };
    let mut add = |key: &str, node: &Node| {
        let own = scope.value(node, Origin { file: place, span: node.span });
        match found.get_mut(key) {
            Some(known) => {
                known.texts.extend(own.texts);
                known.secrets.extend(own.secrets);
                known.unknown = known.unknown.take().or(own.unknown);
            }
            None => _ = found.insert(Text::from(key), own),
        }
    };
    for entry in job.at(&["strategy", "matrix"]).and_then(Node::as_map).unwrap_or_default() {
        let members = entry.value.one_or_many();
        let is_list_of_entries = members.iter().any(|member| member.as_map().is_some());
        for member in members {
            if &*entry.key == "include" || is_list_of_entries {
                let prefix = if &*entry.key == "include" { String::new() } else { format!("{}.", entry.key) };
                for own in member.as_map().unwrap_or_default() {
                    add(&format!("{prefix}{}", own.key), &own.value);
                }
            } else if &*entry.key != "exclude" {
                add(&entry.key, member);
            }
        }
    }
    found
}
