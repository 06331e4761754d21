//! A forge's own records of a branch: what no clone can show.
//!
//! Read are a GitHub organisation's audit log, the activity of a repository and the results of its rules, and a GitLab
//! project's audit events: one array of JSON, pages of such arrays, or one event a line, as the forge gives them.
//! Which event is which stands in `policies/forge-events.yaml`.

use std::fmt;

use jiff::Timestamp;
use miette::Diagnostic;
use serde_json::Value;

use crate::rules::{ForgeEventKind, forge_exports};

/// An event of a forge, of those that are about branches and their guards.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ForgeEvent {
    /// When, in epoch seconds.
    pub at: i64,
    /// What it is about.
    pub kind: ForgeEventKind,
    /// The forge's word for it.
    pub event: String,
    /// Who did it, by their login.
    pub actor: String,
    /// The repository, where the event names one: `acme/access`.
    pub repository: Option<String>,
    /// The branch, where the event names one.
    pub branch: Option<String>,
    /// The commit that the branch went to, where the event names one.
    pub after: Option<String>,
}

/// What an export holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ForgeAudit {
    /// Events about branches and their guards, by time.
    pub events: Vec<ForgeEvent>,
    /// The kinds of which such an export says something: without an event, there was none.
    pub speaks_of: Vec<ForgeEventKind>,
    /// How many events it has, of whatever kind.
    pub total: u64,
    /// From when to when it reaches, by its first and last event.
    pub reach: Option<(i64, i64)>,
}

/// Why an export cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForgeAuditError {
    /// The file.
    pub file: String,
    /// Which event, from 1; 0 for the file as a whole.
    pub event: usize,
    /// What is wrong.
    pub why: String,
}

impl fmt::Display for ForgeAuditError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.event {
            0 => write!(f, "{}: {}", self.file, self.why),
            event => write!(f, "{}: event {event}: {}", self.file, self.why),
        }
    }
}

impl std::error::Error for ForgeAuditError {}

impl Diagnostic for ForgeAuditError {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(
            "export it again, say by `gh api --paginate /repos/OWNER/NAME/activity` or `/orgs/OWNER/audit-log`: \
             `docs/population.md` lists what is read",
        ))
    }
}

impl ForgeAudit {
    /// Reads an export.
    ///
    /// # Errors
    /// [`ForgeAuditError`]: it is no JSON, or an event has no time. An event that no row of the table names is counted.
    pub fn read(file: &str, bytes: &[u8]) -> Result<Self, ForgeAuditError> {
        let wrong = |event, why: String| ForgeAuditError { file: file.to_owned(), event, why };
        let mut audit = Self::default();
        let mut number = 0;
        for read in serde_json::Deserializer::from_slice(bytes).into_iter::<Value>() {
            let value = read.map_err(|error| wrong(0, format!("it is no JSON: {error}")))?;
            let events = match value {
                Value::Array(events) => events,
                event @ Value::Object(_) => vec![event],
                _ => return Err(wrong(0, "it holds no events".to_owned())),
            };
            for event in &events {
                number += 1;
                audit.add(event).map_err(|why| wrong(number, why))?;
            }
        }
        audit.events.sort();
        audit.speaks_of.sort();
        audit.speaks_of.dedup();
        Ok(audit)
    }

    /// Adds what another export holds.
    pub fn join(&mut self, other: Self) {
        self.events.extend(other.events);
        self.events.sort();
        self.speaks_of.extend(other.speaks_of);
        self.speaks_of.sort();
        self.speaks_of.dedup();
        self.total += other.total;
        self.reach = match (self.reach, other.reach) {
            (Some((from, to)), Some((first, last))) => Some((from.min(first), to.max(last))),
            (own, other) => own.or(other),
        };
    }

    fn add(&mut self, event: &Value) -> Result<(), String> {
        let text = |field: &str| event.get(field).and_then(Value::as_str).map(str::to_owned);
        let (row, word) = forge_exports()
            .iter()
            .find_map(|row| Some((row, text(&row.field)?)))
            .ok_or("it has none of the fields that name an event")?;
        let at = time(event).ok_or("it says no time")?;
        self.total += 1;
        self.reach = Some(self.reach.map_or((at, at), |(from, to)| (from.min(at), to.max(at))));
        self.speaks_of.extend(row.kinds.keys());
        let Some((kind, _)) = row.kinds.iter().find(|(_, words)| words.contains(&word)) else { return Ok(()) };
        let actor = event.get("actor").map_or_else(
            || text("actor_name").or_else(|| text("author_name")),
            |actor| actor.as_str().or_else(|| actor.get("login")?.as_str()).map(str::to_owned),
        );
        let named = text("ref").or_else(|| text("branch"));
        self.events.push(ForgeEvent {
            at,
            kind: *kind,
            event: word,
            actor: actor.unwrap_or_default(),
            repository: text("repo").or_else(|| text("repository_name")),
            branch: named.map(|name| name.trim_start_matches("refs/heads/").to_owned()),
            after: text("after").or_else(|| text("after_sha")),
        });
        Ok(())
    }
}

/// When an event was: milliseconds in an audit log, a text elsewhere.
fn time(event: &Value) -> Option<i64> {
    ["@timestamp", "created_at", "timestamp", "pushed_at"].iter().find_map(|field| match event.get(*field)? {
        Value::String(text) => Some(text.parse::<Timestamp>().ok()?.as_second()),
        number => Some(Timestamp::from_millisecond(number.as_i64()?).ok()?.as_second()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_audit_log_an_activity_and_results_of_rules_are_read() {
        let log = br#"[{"@timestamp": 1791806400000, "action": "protected_branch.policy_override", "actor": "mira",
            "repo": "acme/access", "branch": "main", "after": "aa"},
            {"@timestamp": 1791806401000, "action": "repo.create", "actor": "mira"}]"#;
        let mut audit = ForgeAudit::read("log.json", log).unwrap();
        let own = &audit.events[0];
        assert_eq!((own.kind, &*own.actor, own.at), (ForgeEventKind::Override, "mira", 1_791_806_400));
        assert_eq!((own.repository.as_deref(), own.branch.as_deref()), (Some("acme/access"), Some("main")));
        assert_eq!((audit.events.len(), audit.total), (1, 2));
        assert!(!audit.speaks_of.contains(&ForgeEventKind::ForcePush));
        let activity = b"{\"activity_type\": \"force_push\", \"timestamp\": \"2026-10-13T00:00:00Z\", \"ref\": \
            \"refs/heads/main\", \"after\": \"bb\", \"actor\": {\"login\": \"kim\"}}\n\
            {\"activity_type\": \"pr_merge\", \"timestamp\": \"2026-10-14T00:00:00Z\", \"ref\": \"refs/heads/main\"}";
        let activity = ForgeAudit::read("activity.ndjson", activity).unwrap();
        assert_eq!(activity.events.len(), 1);
        assert_eq!((activity.events[0].kind, &*activity.events[0].actor), (ForgeEventKind::ForcePush, "kim"));
        audit.join(activity);
        assert_eq!((audit.events.len(), audit.total), (2, 4));
        assert!(audit.speaks_of.contains(&ForgeEventKind::Deletion));
        let suites = br#"[{"id": 1, "actor_name": "root", "ref": "refs/heads/main", "result": "bypass",
            "pushed_at": "2026-10-15T00:00:00Z", "after_sha": "cc", "repository_name": "access"}]"#;
        let suites = ForgeAudit::read("suites.json", suites).unwrap();
        assert_eq!((&*suites.events[0].actor, suites.events[0].after.as_deref()), ("root", Some("cc")));
    }

    #[test]
    fn what_is_no_export_is_refused_with_its_place() {
        let refused = |text: &str| ForgeAudit::read("x.json", text.as_bytes()).unwrap_err().to_string();
        assert!(refused("[{\"action\": ").starts_with("x.json: it is no JSON: EOF"));
        assert_eq!(refused("7"), "x.json: it holds no events");
        assert_eq!(refused("[{\"action\": \"repo.create\"}]"), "x.json: event 1: it says no time");
        assert!(refused("[{\"b\": 1}]").contains("event 1: it has none of the fields"));
        assert_eq!(ForgeAudit::read("x.json", b"").unwrap(), ForgeAudit::default());
    }
}
