//! The files of a campaign as people read and edit them.

use std::fmt::Write as _;

use super::{count, short};
use crate::cli::table::{instant, rows_csv};
use crate::rules::{Covers, Flag, FrozenItem, ReviewerRule, SHEET_COLUMNS, day};
use crate::store::Digest;

/// A campaign as it is opened.
pub(super) struct Campaign<'a> {
    pub(super) id: &'a str,
    pub(super) commit: &'a str,
    pub(super) opened: String,
    pub(super) due: String,
    pub(super) grace_days: u32,
    pub(super) revoke_within_days: u32,
    pub(super) rule: ReviewerRule,
    pub(super) covers: &'a Covers,
}

/// A text as YAML: in quotes, as JSON writes it.
fn quoted(text: &str) -> String {
    // YAML reads these as line breaks or not at all, also in quotes.
    let odd = |c: char| matches!(c, '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}');
    let json = serde_json::Value::String(text.to_owned()).to_string();
    json.chars().fold(String::with_capacity(json.len()), |mut all, c| {
        if odd(c) {
            let _ = write!(all, "\\u{:04x}", u32::from(c));
        } else {
            all.push(c);
        }
        all
    })
}

/// A text as a comment may hold it: on one line.
fn in_comment(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c }).collect()
}

fn list(texts: &[String]) -> String {
    format!("[{}]", texts.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(", "))
}

/// A file's name for a reviewer.
pub(super) fn file_name(reviewer: &str, ending: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c.to_ascii_lowercase() } else { '-' };
    let name: String = reviewer.chars().map(plain).collect();
    format!("{name}.{ending}")
}

impl Campaign<'_> {
    /// The opening.
    pub(super) fn opening(&self, items: &[FrozenItem], snapshot: &Digest) -> String {
        let mut covers = Vec::new();
        if !self.covers.systems.is_empty() {
            covers.push(format!("systems: {}", list(&self.covers.systems)));
        }
        if !self.covers.principals.is_empty() {
            covers.push(format!("principals: {}", list(&self.covers.principals)));
        }
        if self.covers.privileged {
            covers.push("privileged: true".to_owned());
        }
        format!(
            "# The opening of an access review. Nothing here is edited once it is committed: every file beside it names its digest.\n\
             apiVersion: countersign.dev/v1\nkind: AccessReview\nmetadata: {{id: {}}}\nspec:\n  commit: \"{}\"\n  opened: {}\n  \
             due: {}\n  grace_days: {}\n  revoke_within_days: {}\n  reviewer: {}\n  covers: {{{}}}\n  items: {}\n  \
             # The digest of items.json, which holds what was frozen.\n  snapshot: \"{snapshot}\"\n",
            quoted(self.id),
            self.commit,
            self.opened,
            self.due,
            self.grace_days,
            self.revoke_within_days,
            self.rule,
            covers.join(", "),
            items.len(),
        )
    }

    /// A reviewer's file as YAML.
    pub(super) fn sheet(&self, reviewer: &str, items: &[&FrozenItem], opening: &Digest) -> String {
        let mut text = format!(
            "# Access review {}: {} for {}, due {}.\n\
             #\n\
             # At each item write what you decide:\n\
             #   decision: keep | revoke | modify | abstain\n\
             #   reason:   needed where you abstain, and where you keep what has `conflicts` or is `privileged`\n\
             # Above the items write when you decided, once: decided: {}\n\
             # (or at an item, where that was another time).\n\
             #\n\
             # Then sign the file: countersign review sign {}/{} --key FILE\n\
             # or approve the pull request that it comes with. Everything else is for you to read: a decision is about the\n\
             # item as it was frozen at {}.\n",
            self.id,
            count(items.len(), "item"),
            in_comment(reviewer),
            self.due,
            self.opened,
            self.id,
            in_comment(reviewer.strip_prefix("person:").unwrap_or(reviewer)),
            short(self.commit),
        );
        let _ = write!(
            text,
            "apiVersion: countersign.dev/v1\nkind: AccessReviewDecisions\nmetadata: {{campaign: {}, reviewer: {}}}\n\
             spec:\n  opening: \"{opening}\"\n  decided:\n  items:\n",
            quoted(self.id),
            quoted(reviewer)
        );
        for item in items {
            text.push_str(&one(item));
        }
        text
    }

    /// A reviewer's file as a table.
    pub(super) fn table(&self, reviewer: &str, items: &[&FrozenItem], opening: &Digest) -> String {
        let rows: Vec<Vec<String>> = items
            .iter()
            .map(|item| {
                let cell = |name: &str| match name {
                    "campaign" => self.id.to_owned(),
                    "opening" => opening.to_string(),
                    "reviewer" => reviewer.to_owned(),
                    "item" => item.item.to_string(),
                    "who" => item.principal.clone(),
                    "what" => item.what.clone(),
                    "scope" => scope(item),
                    "until" => item.until.map(|until| day(until.seconds() - 1)).unwrap_or_default(),
                    "conditions" => item.conditions.join("; "),
                    "permits" => item.permits.join("; "),
                    "why" => item.why.join(" | "),
                    "justification" => item.justifications.join("; "),
                    "ticket" => item.tickets.join(", "),
                    "duties" => duties(item).join("; "),
                    "conflicts" => flags(&item.conflicts).join("; "),
                    "privileged" => flags(&item.privileged).join("; "),
                    "last_change" => last_change(item).unwrap_or_default(),
                    "approval" => item.approvals.join(", "),
                    _ => String::new(),
                };
                SHEET_COLUMNS.iter().map(|name| cell(name)).collect()
            })
            .collect();
        rows_csv(&SHEET_COLUMNS, &rows)
    }
}

fn scope(item: &FrozenItem) -> String {
    let dimensions = item.scope.iter();
    dimensions.map(|(name, values)| format!("{name}: {}", values.join(", "))).collect::<Vec<_>>().join("; ")
}

fn flags(flags: &[Flag]) -> Vec<String> {
    flags.iter().map(|flag| format!("{} {}", flag.id, flag.title)).collect()
}

/// Most duties that are told one by one; the frozen items have them all.
const MOST_DUTIES: usize = 12;

/// What an item lets its holder do.
fn duties(item: &FrozenItem) -> Vec<String> {
    let mut all: Vec<String> = item.duties.iter().take(MOST_DUTIES).map(|duty| duty.title.clone()).collect();
    if item.duties.len() > MOST_DUTIES {
        all.push(format!("and {} more", item.duties.len() - MOST_DUTIES));
    }
    all
}

fn last_change(item: &FrozenItem) -> Option<String> {
    let change = item.changed.as_ref()?;
    let who = change.person.as_deref().unwrap_or(&change.author);
    Some(format!("{} on {} by {who}", short(&change.commit), day(change.at.seconds())))
}

/// One item for whoever decides about it.
fn one(item: &FrozenItem) -> String {
    let mut text = format!(
        "    - item: \"{}\"\n      who: {}\n      what: {}\n",
        item.item,
        quoted(&item.principal),
        quoted(&item.what)
    );
    let mut say = |name: &str, value: String| {
        let gap = if value.starts_with('\n') { "" } else { " " };
        let _ = writeln!(text, "      {name}:{gap}{value}");
    };
    if !item.scope.is_empty() {
        say("scope", quoted(&scope(item)));
    }
    if let Some(until) = item.until {
        say("until", quoted(&instant(until.seconds())));
    }
    let all = |texts: &[String]| texts.iter().map(|text| format!("\n        - {}", quoted(text))).collect::<String>();
    for (name, texts) in [("conditions", &item.conditions), ("permits", &item.permits), ("why", &item.why)] {
        if !texts.is_empty() {
            say(name, all(texts));
        }
    }
    for (name, texts) in [("justification", &item.justifications), ("ticket", &item.tickets)] {
        if !texts.is_empty() {
            say(name, quoted(&texts.join("; ")));
        }
    }
    if !item.duties.is_empty() {
        say("duties", list(&duties(item)));
    }
    for (name, own) in [("conflicts", &item.conflicts), ("privileged", &item.privileged)] {
        if !own.is_empty() {
            say(name, all(&flags(own)));
        }
    }
    if let Some(change) = last_change(item) {
        say("last_change", quoted(&change));
    }
    if !item.approvals.is_empty() {
        say("approval", quoted(&item.approvals.join(", ")));
    }
    text.push_str("      decision:\n      reason:\n");
    text
}
