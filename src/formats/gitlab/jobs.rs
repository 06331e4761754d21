//! Jobs of a pipeline, and of the child pipelines that it starts.

use std::collections::{BTreeMap, BTreeSet};

use super::tree::{Tree, What};
use crate::facts::{
    AccountFact, AccountKind, CredentialDetail, CredentialFact, Facts, Gap, Holder, JobFact, JobToken, Native, Origin,
    Text, TrustFact, Trusted,
};
use crate::formats::Files;
use crate::formats::credentials::{Means, is_literal, of_variable, target};
use crate::formats::tokens::GITLAB;

/// Keys of a configuration that are no jobs ("CI/CD YAML syntax reference", global keywords and those that are older).
const KEYWORDS: [&str; 11] = [
    "default",
    "include",
    "stages",
    "variables",
    "workflow",
    "image",
    "services",
    "cache",
    "before_script",
    "after_script",
    "spec",
];

/// Pipelines that start each other (GitLab allows two levels of child pipelines).
const MAX_CHILDREN: usize = 3;

/// Variables that name each other.
const MAX_EXPANSIONS: usize = 10;

/// Bytes of a text that variables are put into.
const MAX_TEXT: usize = 16 << 10;

/// What an identity that is not known means.
const TAKEN: &str = "which identity this job takes on is not known";

/// Reads one pipeline, and those that it starts.
pub(super) struct Reader<'f> {
    pub(super) tree: &'f Files<'f>,
    pub(super) system: Text,
    pub(super) facts: &'f mut Facts,
    /// What is said not to be known, and where: once each.
    pub(super) said: BTreeSet<(Gap, Origin)>,
    /// How many values may still be looked at.
    pub(super) budget: usize,
}

/// A pipeline while its jobs are read.
struct Pipeline<'p> {
    whole: &'p Tree,
    /// The variables of all jobs.
    variables: Option<&'p Tree>,
    /// What jobs are called by.
    prefix: &'p str,
    depth: usize,
}

/// A value of a variable.
#[derive(Clone)]
struct Known {
    text: Text,
    origin: Origin,
}

type Variables = BTreeMap<Text, Known>;

/// What a text comes to.
struct Expanded {
    text: String,
    /// Variables that the tree does not set.
    open: Vec<Text>,
}

impl Reader<'_> {
    /// A pipeline of these files; `prefix` is what its jobs are called by.
    pub(super) fn pipeline(&mut self, paths: &[String], prefix: &str, depth: usize) {
        let Some(whole) = self.whole(paths) else { return };
        let variables = whole.get("variables").map(|own| self.settled(own, &whole, 0));
        let pipeline = Pipeline { whole: &whole, variables: variables.as_ref(), prefix, depth };
        let names: Vec<(Text, Origin)> = whole
            .members()
            .iter()
            .filter(|own| !KEYWORDS.contains(&&*own.key) && !own.key.starts_with('.'))
            .map(|own| (own.key.clone(), own.origin))
            .collect();
        for (name, origin) in names {
            if whole.get(&name).is_some_and(|own| !matches!(own.what, What::Map(_))) {
                continue;
            }
            let Some(job) = self.extended(&name, &whole, 0) else { continue };
            let job = self.settled(&job, &whole, 0);
            self.job(&name, origin, &job, &pipeline);
        }
        if self.budget == 0 {
            self.spent(whole.origin);
        }
    }

    fn job(&mut self, name: &Text, origin: Origin, job: &Tree, pipeline: &Pipeline<'_>) {
        let &Pipeline { whole, prefix, depth, .. } = pipeline;
        if let Some(trigger) = job.get("trigger") {
            let files: Vec<Tree> = trigger.get("include").map(|own| own.one_or_many().to_vec()).unwrap_or_default();
            let paths: Vec<String> = files.iter().filter_map(|file| self.local(file)).collect();
            if depth >= MAX_CHILDREN {
                let reason = format!("pipelines start each other more than {MAX_CHILDREN} levels deep");
                self.unresolved(Gap::Unsupported, origin, reason, "the jobs from here on are not evaluated");
            } else if !paths.is_empty() {
                self.pipeline(&paths, &format!("{prefix}{name}/"), depth + 1);
            }
            return;
        }
        *self.facts.tally.entry("job").or_default() += 1;
        let account = Native::new(self.system.clone(), format!("{prefix}{name}"));
        self.facts.accounts.push(AccountFact {
            id: account.clone(),
            kind: AccountKind::ServiceAccount,
            boundary: None,
            origin,
        });
        let variables = self.variables(job, pipeline);
        let environment = job.get("environment").and_then(|own| own.get("name").unwrap_or(own).as_text().cloned());
        let environment = environment.map(|own| expand(&own, &variables)).filter(|own| own.open.is_empty());
        let tokens = inherited(job, whole, "id_tokens").filter(|own| !own.members().is_empty());
        self.facts.jobs.push(JobFact {
            account: account.clone(),
            environment: environment.map(|own| own.text.into()),
            token: tokens.is_some().then(|| JobToken { issuer: GITLAB.into(), ways: super::tokens::ways(job) }),
            origin,
        });
        let mut takes = false;
        for (variable, known) in &variables {
            let Some(means) = of_variable(variable) else { continue };
            match means {
                Means::Credential(..) => self.credential(variable, known, means, &account, &variables),
                _ if tokens.is_some() => {
                    takes |= self.identity(&known.text, known.origin, means, &account, &variables);
                }
                // Without a token there is nothing to exchange.
                _ => {}
            }
        }
        if let Some(tokens) = tokens {
            for part in ["before_script", "script", "after_script"] {
                let lines = inherited(job, whole, part).map(|own| self.settled(own, whole, 0));
                for line in lines.iter().flat_map(lines_of) {
                    for (means, value) in line.as_text().map(|text| flags(text)).unwrap_or_default() {
                        takes |= self.identity(value, line.origin, means, &account, &variables);
                    }
                }
            }
            if !takes {
                let reason = "nothing here says for which identity this job exchanges its token";
                self.unresolved(Gap::Unknown, tokens.origin, reason, TAKEN);
            }
        }
    }

    /// The variables of a job over those of all jobs.
    fn variables(&mut self, job: &Tree, pipeline: &Pipeline<'_>) -> Variables {
        let inherit = job.get("inherit").and_then(|own| own.get("variables"));
        let mut found = Variables::new();
        let own = job.get("variables").map(|own| self.settled(own, pipeline.whole, 0));
        for (own, is_job) in [(pipeline.variables, false), (own.as_ref(), true)] {
            for member in own.into_iter().flat_map(Tree::members) {
                if !is_job && !inherits(inherit, &member.key) {
                    continue;
                }
                let value = member.value.get("value").unwrap_or(&member.value);
                if let Some(text) = value.as_text() {
                    found.insert(member.key.clone(), Known { text: text.clone(), origin: member.origin });
                }
            }
        }
        found
    }

    /// A credential that a variable holds: written here, or taken from a variable that GitLab keeps.
    fn credential(&mut self, name: &Text, known: &Known, means: Means, account: &Native, variables: &Variables) {
        let Means::Credential(kind, lifetime, pipeline) = means else { return };
        let expanded = expand(&known.text, variables);
        if expanded.text.is_empty() && expanded.open.is_empty() {
            return;
        }
        // The token that GitLab makes for each job ends with it.
        let kept: Vec<&Text> = expanded.open.iter().filter(|own| &***own != "CI_JOB_TOKEN").collect();
        if kept.is_empty() && !expanded.open.is_empty() {
            return;
        }
        let is_literal = kept.is_empty() && is_literal(name, &expanded.text);
        let names = if kept.is_empty() { vec![name] } else { kept };
        for kept in names {
            self.facts.credentials.push(CredentialFact {
                id: Native::new(self.system.clone(), format!("variable/{kept}")),
                holder: Holder::Account(account.clone()),
                kind,
                lifetime,
                created: None,
                detail: CredentialDetail { is_literal, pipeline, ..CredentialDetail::of(name) },
                origin: known.origin,
            });
        }
    }

    /// A job takes on an identity, or one that is not known.
    fn identity(&mut self, text: &str, origin: Origin, means: Means, account: &Native, variables: &Variables) -> bool {
        let expanded = expand(text, variables);
        if let Some(open) = expanded.open.first() {
            let reason = format!("`${open}` is set in GitLab, not in the tree");
            self.unresolved(Gap::Unknown, origin, reason, TAKEN);
            return true;
        }
        match target(means, &expanded.text) {
            Ok(None) => return false,
            Ok(Some(target)) => {
                let trusted = Trusted::Holder(Holder::Account(account.clone()));
                let fact = TrustFact { target, trusted, conditions: Vec::new(), origin };
                // Those of this job are the last.
                let mut own = self.facts.trusts.iter().rev().take_while(|own| own.trusted == fact.trusted);
                if !own.any(|own| own.target == fact.target) {
                    self.facts.trusts.push(fact);
                }
            }
            Err(reason) => self.unresolved(Gap::Unknown, origin, reason, TAKEN),
        }
        true
    }
}

/// What a job says under a key, or all jobs by `default` or, as it was written before, by the key itself.
fn inherited<'t>(job: &'t Tree, whole: &'t Tree, key: &str) -> Option<&'t Tree> {
    let inherit = job.get("inherit").and_then(|own| own.get("default"));
    let all = || whole.get("default").and_then(|own| own.get(key)).or_else(|| whole.get(key));
    job.get(key).or_else(|| all().filter(|_| inherits(inherit, key)))
}

/// Whether something of all jobs counts for one, by what that says under `inherit`.
fn inherits(said: Option<&Tree>, key: &str) -> bool {
    match said {
        None => true,
        Some(own) if own.as_text().map(|text| &**text) == Some("false") => false,
        Some(Tree { what: What::List(names), .. }) => {
            names.iter().any(|name| name.as_text().is_some_and(|own| **own == *key))
        }
        Some(_) => true,
    }
}

/// The lines of a script, whose lists may lie in each other.
fn lines_of(script: &Tree) -> Vec<&Tree> {
    script
        .one_or_many()
        .iter()
        .flat_map(|own| if matches!(own.what, What::List(_)) { lines_of(own) } else { vec![own] })
        .collect()
}

/// A text with the values of variables for `$NAME` and `${NAME}`; `$$` is a dollar sign.
fn expand(text: &str, variables: &Variables) -> Expanded {
    let mut at = Expanded { text: text.to_owned(), open: Vec::new() };
    for _ in 0..MAX_EXPANSIONS {
        let (next, changed) = once(&at.text, variables);
        at = next;
        if !changed || at.text.len() > MAX_TEXT {
            break;
        }
    }
    at
}

fn once(text: &str, variables: &Variables) -> (Expanded, bool) {
    let mut found = Expanded { text: String::new(), open: Vec::new() };
    let mut changed = false;
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        found.text.push_str(before);
        let (name, after) = match after.strip_prefix('{').and_then(|own| own.split_once('}')) {
            Some((name, after)) => (name, after),
            None => {
                let end = after.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(after.len());
                after.split_at(end)
            }
        };
        match variables.get(name) {
            // A text that is too long names nothing.
            _ if found.text.len() > MAX_TEXT => {
                found.open.push(name.into());
                return (found, false);
            }
            Some(known) => {
                found.text.push_str(&known.text);
                changed = true;
            }
            None if name.is_empty() => {
                found.text.push('$');
                rest = after.strip_prefix('$').unwrap_or(after);
                continue;
            }
            None => {
                found.text.push_str(&format!("${{{name}}}"));
                found.open.push(name.into());
            }
        }
        rest = after;
    }
    found.text.push_str(rest);
    (found, changed)
}

/// The identities that a line of a script names to the tools that exchange a token for them.
fn flags(line: &str) -> Vec<(Means, &str)> {
    let mut found = Vec::new();
    let mut words = line.split_whitespace().map(|word| word.trim_matches(['"', '\'', '\\', ')'])).peekable();
    while let Some(word) = words.next() {
        let (flag, value) = word.split_once('=').map_or((word, None), |(flag, value)| (flag, Some(value)));
        let means = match flag {
            "--role-arn" => Means::AwsRole,
            "--service-account" if line.contains("create-cred-config") => Means::GoogleServiceAccount,
            _ => continue,
        };
        let value = value.map(|own| own.trim_matches(['"', '\''])).or_else(|| words.peek().copied());
        found.extend(value.filter(|own| !own.is_empty()).map(|own| (means, own)));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::Span;

    #[test]
    fn variables_stand_for_what_is_written_and_others_are_named() {
        let here = Origin { file: 0, span: Span::default() };
        let known = |text: &str| Known { text: text.into(), origin: here };
        let variables = Variables::from([
            ("A".into(), known("x")),
            ("B".into(), known("${A}y")),
            ("LOOP".into(), known("$LOOP")),
            ("MANY".into(), known(&"$MANY".repeat(2_000))),
        ]);
        for (text, wanted, open) in [
            ("$A-${B}", "x-xy", vec![]),
            ("a$$b", "a$b", vec![]),
            ("$OTHER/$A", "${OTHER}/x", vec!["OTHER"]),
            ("plain", "plain", vec![]),
            ("end$", "end$", vec![]),
        ] {
            let found = expand(text, &variables);
            assert_eq!(found.text, wanted, "{text}");
            assert_eq!(found.open, open.into_iter().map(Text::from).collect::<Vec<_>>(), "{text}");
        }
        assert!(expand("$LOOP", &variables).text.len() < 100);
        let many = expand("$MANY", &variables);
        assert!(many.text.len() < 2 * MAX_TEXT && !many.open.is_empty());
    }

    #[test]
    fn flags_of_tools_name_identities() {
        assert_eq!(flags("aws sts assume-role-with-web-identity --role-arn \"$R\" --x y"), [(Means::AwsRole, "$R")]);
        assert_eq!(flags("x --role-arn=arn:y"), [(Means::AwsRole, "arn:y")]);
        assert_eq!(flags("gcloud run deploy --service-account a@b"), []);
    }
}
