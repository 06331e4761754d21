//! Expressions in texts, `${{ … }}`: what is known of them without running anything.

use super::Names;
use crate::facts::{Origin, Text};
use crate::syntax::{Node, Value};

/// What is known of one value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Known {
    /// The values that it can have; none where nothing is known.
    pub(super) texts: Vec<Text>,
    /// The secrets that it holds, by name.
    pub(super) secrets: Vec<Text>,
    /// What of it is not known, as it is written.
    pub(super) unknown: Option<Text>,
    pub(super) origin: Origin,
}

/// Values that one text can have.
const MAX_TEXTS: usize = 64;

/// The token that GitHub makes for each job, and which ends with it ("Automatic token authentication").
const OWN_TOKEN: &str = "GITHUB_TOKEN";

/// What expressions can name.
pub(super) struct Scope<'a> {
    pub(super) env: &'a Names,
    pub(super) inputs: &'a Names,
    /// What a reusable workflow calls the secrets that it is given.
    pub(super) secrets: &'a Names,
    /// The values of the job's matrix, by key.
    pub(super) matrix: &'a Names,
}

impl Known {
    fn none(origin: Origin) -> Self {
        Self { texts: vec![Text::from("")], secrets: Vec::new(), unknown: None, origin }
    }

    /// This and then another.
    fn then(mut self, next: &Self) -> Self {
        let mut texts = Vec::new();
        for before in &self.texts {
            texts.extend(next.texts.iter().map(|after| Text::from(format!("{before}{after}"))));
        }
        texts.truncate(MAX_TEXTS);
        self.texts = texts;
        self.secrets.extend(next.secrets.iter().cloned());
        self.unknown = self.unknown.or_else(|| next.unknown.clone());
        self
    }
}

impl Scope<'_> {
    /// What a value of a workflow comes to.
    pub(super) fn value(&self, node: &Node, origin: Origin) -> Known {
        match &node.value {
            Value::String(text) => self.text(text, origin),
            Value::Number(text) => Known { texts: vec![Text::from(&**text)], ..Known::none(origin) },
            Value::Bool(flag) => Known { texts: vec![Text::from(flag.to_string())], ..Known::none(origin) },
            Value::Null => Known::none(origin),
            Value::List(_) | Value::Map(_) => Known { texts: Vec::new(), ..Known::none(origin) },
        }
    }

    fn text(&self, text: &str, origin: Origin) -> Known {
        let mut known = Known::none(origin);
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${{") {
            let (expression, after) = after.split_once("}}").unwrap_or((after, ""));
            known = known.then(&Known { texts: vec![before.into()], ..Known::none(origin) });
            known = known.then(&self.expression(expression.trim(), origin));
            rest = after;
        }
        known.then(&Known { texts: vec![rest.into()], ..Known::none(origin) })
    }

    /// An expression that only names something, or says what to take in its place.
    fn expression(&self, expression: &str, origin: Origin) -> Known {
        if let Some(alternatives) = alternatives(expression) {
            let mut all = Known { texts: Vec::new(), ..Known::none(origin) };
            for own in alternatives {
                let own = self.expression(own, origin);
                all.texts.extend(own.texts);
                all.secrets.extend(own.secrets);
                all.unknown = all.unknown.or(own.unknown);
            }
            return all;
        }
        if let Some(literal) = expression.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
            return Known { texts: vec![literal.replace("''", "'").into()], ..Known::none(origin) };
        }
        let unknown = || Known { texts: Vec::new(), unknown: Some(expression.into()), ..Known::none(origin) };
        let Some((context, name)) = expression.split_once('.') else { return unknown() };
        let found = match context.trim() {
            "secrets" if name.eq_ignore_ascii_case(OWN_TOKEN) => return Known { texts: Vec::new(), ..unknown() },
            "secrets" => match self.secrets.get(name) {
                Some(given) => Some(given),
                None => {
                    return Known { texts: Vec::new(), secrets: vec![name.into()], ..Known::none(origin) };
                }
            },
            "env" => self.env.get(name),
            "inputs" => self.inputs.get(name),
            "matrix" => self.matrix.get(name),
            "github" => name.strip_prefix("event.inputs.").and_then(|name| self.inputs.get(name)),
            _ => None,
        };
        found.cloned().unwrap_or_else(unknown)
    }
}

/// The parts of `a || b`, outside of quotes and brackets. None where there is nothing to choose from.
fn alternatives(expression: &str) -> Option<Vec<&str>> {
    if !expression.contains("||") || expression.contains(['(', '"', '&']) {
        return None;
    }
    let parts: Vec<&str> = expression.split("||").map(str::trim).collect();
    parts.iter().all(|part| !part.is_empty() && part.matches('\'').count() % 2 == 0).then_some(parts)
}

/// Whether a text runs what somebody proposes who need not be trusted: the head of a pull request or of the run that
/// started this one (GitHub Security Lab, "Preventing pwn requests").
pub(super) fn is_proposed(text: &str) -> bool {
    ["github.event.pull_request.head", "github.head_ref", "github.event.workflow_run.head", "refs/pull/"]
        .iter()
        .any(|part| text.contains(part))
}
