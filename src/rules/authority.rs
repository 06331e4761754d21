//! Who may approve what: control owners for the rules, rows of approvers for everything that records tolerate.

use std::collections::BTreeSet;

use glob::Pattern;
use schemars::JsonSchema;
use serde::Deserialize;

use super::config::Config;
use super::dates::Day;
use super::error::{RuleError, RuleFile};
use super::record::{OneOrMany, RecordKind, scope};
use super::ruleset::Severity;
use crate::facts::scope::Scope;
use crate::syntax::Spanned;

/// Who may approve what, as it is configured. Without any of it every active person may approve.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AuthorityConfig {
    /// Who may approve changes of the rules: `person:ID`.
    #[serde(default)]
    pub control_owners: Vec<Spanned<String>>,
    /// How many control owners a change of the rules needs. Default 1.
    #[serde(default)]
    pub control_quorum: Option<Spanned<u32>>,
    /// Who may approve access, exceptions and emergencies. Without a row the control owners may.
    #[serde(default)]
    pub approvers: Vec<ApproverRow>,
    /// Who acts for whom, and when.
    #[serde(default)]
    pub deputies: Vec<Deputy>,
}

/// One row of the matrix. A key that is left out does not limit.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApproverRow {
    /// Who: `person:ID`.
    pub people: Vec<Spanned<String>>,
    /// For which records: `approval`, `exception`, `emergency`, `register`.
    #[serde(default)]
    pub records: Vec<RecordKind>,
    /// Up to which severity of the finding.
    #[serde(default)]
    pub up_to: Option<Severity>,
    /// For which policies.
    #[serde(default)]
    pub policies: Vec<String>,
    /// For which conflicts and duties, by id.
    #[serde(default)]
    pub about: Vec<String>,
    /// For which systems: globs of ids; every system of a finding must be meant.
    #[serde(default)]
    pub systems: Vec<Spanned<String>>,
    /// How far: a value, a list, or `*`, by dimension.
    #[serde(default)]
    pub scope: std::collections::BTreeMap<String, OneOrMany>,
    /// How many people of this row must approve. Default 1.
    #[serde(default)]
    pub quorum: Option<Spanned<u32>>,
}

/// Somebody who acts for somebody else for a time.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Deputy {
    /// Whose authority: `person:ID`.
    pub of: Spanned<String>,
    /// Who has it meanwhile: `person:ID`.
    pub person: Spanned<String>,
    /// The first day.
    pub from: Day,
    /// The last day.
    pub until: Day,
}

/// What an approval of some kind is asked for.
#[derive(Debug, Clone)]
pub struct Asked<'a> {
    /// The record that would give it.
    pub record: RecordKind,
    /// How bad the finding is.
    pub severity: Severity,
    /// Its policy.
    pub policy: &'a str,
    /// Its conflict and duties.
    pub about: Vec<&'a str>,
    /// Its systems.
    pub systems: Vec<&'a str>,
    /// Its extent.
    pub scopes: Vec<&'a Scope>,
}

/// People who together may give an approval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bench {
    /// Who, deputies included: `person:ID`. `None` means every active person.
    pub people: Option<BTreeSet<String>>,
    /// How many of them it takes.
    pub quorum: usize,
}

/// Who may approve what.
#[derive(Debug, Clone, Default)]
pub struct Authority {
    /// Control owners.
    pub control_owners: Vec<String>,
    control_quorum: usize,
    rows: Vec<Row>,
    deputies: Vec<(String, String, i64, i64)>,
    /// Whether anything is configured.
    pub configured: bool,
}

#[derive(Debug, Clone)]
struct Row {
    people: Vec<String>,
    records: Vec<RecordKind>,
    up_to: Option<Severity>,
    policies: Vec<String>,
    about: Vec<String>,
    systems: Vec<Pattern>,
    scope: Scope,
    quorum: usize,
}

impl Authority {
    /// Checks the configured matrix.
    ///
    /// # Errors
    /// Every name without a kind, empty row, impossible quorum, glob or span of days.
    pub(super) fn read(file: Option<&RuleFile>, config: &Config) -> Result<Self, Vec<RuleError>> {
        let (Some(file), Some(written)) = (file, &config.authority) else { return Ok(Self::default()) };
        let mut errors = Vec::new();
        let mut person = |name: &Spanned<String>| {
            if name.strip_prefix("person:").is_none_or(str::is_empty) {
                errors.push(
                    file.error(name.span, format!("`{}` is not a person", name.value))
                        .with_help(format!("write it as `person:{}`", name.value)),
                );
            }
            name.value.clone()
        };
        let control_owners: Vec<String> = written.control_owners.iter().map(&mut person).collect();
        let people: Vec<Vec<String>> =
            written.approvers.iter().map(|row| row.people.iter().map(&mut person).collect()).collect();
        let deputies: Vec<_> = written
            .deputies
            .iter()
            .map(|deputy| (person(&deputy.of), person(&deputy.person), deputy.from.starts(), deputy.until.ends()))
            .collect();
        for (deputy, (_, _, from, until)) in written.deputies.iter().zip(&deputies) {
            if from >= until {
                errors.push(file.error(deputy.person.span, "the deputy's last day is before the first"));
            }
        }
        let quorum = |asked: &Option<Spanned<u32>>, of: usize, errors: &mut Vec<RuleError>| {
            let Some(asked) = asked else { return 1 };
            let quorum = usize::try_from(asked.value).unwrap_or(usize::MAX);
            if quorum == 0 || quorum > of {
                errors.push(file.error(asked.span, format!("a quorum of {quorum} cannot be met by {of} people")));
            }
            quorum
        };
        let control_quorum = quorum(&written.control_quorum, control_owners.len(), &mut errors);
        let mut rows = Vec::new();
        for (row, people) in written.approvers.iter().zip(people) {
            if people.is_empty() {
                errors.push(file.error(None, "a row of `authority.approvers` names no people"));
            }
            let mut systems = Vec::new();
            for glob in &row.systems {
                match Pattern::new(glob) {
                    Ok(pattern) => systems.push(pattern),
                    Err(error) => {
                        errors.push(file.error(glob.span, format!("`{}` is not a glob: {}", glob.value, error.msg)));
                    }
                }
            }
            rows.push(Row {
                quorum: quorum(&row.quorum, people.len(), &mut errors),
                people,
                records: row.records.clone(),
                up_to: row.up_to,
                policies: row.policies.clone(),
                about: row.about.clone(),
                systems,
                scope: scope(&row.scope),
            });
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        Ok(Self { control_owners, control_quorum, rows, deputies, configured: true })
    }

    /// What this gives under rules that bind it: each key stands where it is first given.
    #[must_use]
    pub(super) fn under(self, binding: Self) -> Self {
        let owned = !binding.control_owners.is_empty();
        let (control_owners, control_quorum) = if owned {
            (binding.control_owners, binding.control_quorum)
        } else {
            (self.control_owners, self.control_quorum)
        };
        Self {
            control_owners,
            control_quorum,
            rows: if binding.rows.is_empty() { self.rows } else { binding.rows },
            deputies: if binding.deputies.is_empty() { self.deputies } else { binding.deputies },
            configured: self.configured || binding.configured,
        }
    }

    /// Who may approve a change of the rules at an instant. Nobody when no control owner is named.
    #[must_use]
    pub fn of_rules(&self, at: i64) -> Bench {
        Bench { people: Some(self.with_deputies(&self.control_owners, at)), quorum: self.control_quorum.max(1) }
    }

    /// The benches of which one must approve, at an instant; none when nobody may.
    #[must_use]
    pub fn over(&self, asked: &Asked<'_>, at: i64) -> Vec<Bench> {
        if self.rows.is_empty() {
            // Before anybody is named every active person may, as long as they are independent of the change.
            return vec![if self.control_owners.is_empty() {
                Bench { people: None, quorum: 1 }
            } else {
                Bench { people: Some(self.with_deputies(&self.control_owners, at)), quorum: 1 }
            }];
        }
        let rows = self.rows.iter().filter(|row| row.covers(asked));
        let mut benches: Vec<Bench> =
            rows.map(|row| Bench { people: Some(self.with_deputies(&row.people, at)), quorum: row.quorum }).collect();
        // What existed when the gate was adopted is for whoever owns the gate to answer for.
        if asked.record == RecordKind::Register {
            benches.push(self.of_rules(at));
        }
        benches
    }

    /// Whether somebody acts for somebody else at an instant.
    #[must_use]
    pub fn acts_for(&self, person: &str, of: &str, at: i64) -> bool {
        self.deputies
            .iter()
            .any(|(own, deputy, from, until)| own == of && deputy == person && (*from..*until).contains(&at))
    }

    /// Everybody whom the matrix names, deputies of any day included.
    #[must_use]
    pub fn people(&self) -> BTreeSet<&str> {
        let rows = self.rows.iter().flat_map(|row| &row.people);
        let deputies = self.deputies.iter().map(|(_, person, _, _)| person);
        self.control_owners.iter().chain(rows).chain(deputies).map(String::as_str).collect()
    }

    fn with_deputies(&self, people: &[String], at: i64) -> BTreeSet<String> {
        let mut all: BTreeSet<String> = people.iter().cloned().collect();
        // A deputy's deputy is not one: authority is handed on once.
        for (of, person, from, until) in &self.deputies {
            if people.contains(of) && (*from..*until).contains(&at) {
                all.insert(person.clone());
            }
        }
        all
    }
}

impl Row {
    fn covers(&self, asked: &Asked<'_>) -> bool {
        (self.records.is_empty() || self.records.contains(&asked.record))
            && self.up_to.is_none_or(|most| asked.severity <= most)
            && (self.policies.is_empty() || self.policies.iter().any(|policy| policy == asked.policy))
            && (self.about.is_empty() || asked.about.iter().any(|id| self.about.iter().any(|own| own == id)))
            && (self.systems.is_empty()
                || !asked.systems.is_empty()
                    && asked.systems.iter().all(|id| self.systems.iter().any(|glob| glob.matches(id))))
            && asked.scopes.iter().all(|scope| self.scope.covers(scope))
    }
}
