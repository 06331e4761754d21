//! Enforcement under rules that bind: an entry that asks for less than they do, on whatever day, is an error.
//!
//! What they ask for is what follows from all that they say, the defaults included: without an entry of theirs a
//! critical finding blocks. Who wants to leave a conflict to the repositories says so there (`P2P-11: record`).

use std::collections::BTreeSet;

use super::place::key;
use crate::rules::dates::Day;
use crate::rules::definitions::Definitions;
use crate::rules::enforcement::{EnforcedOn, Enforcement, EnforcementConfig, Ladder};
use crate::rules::error::{RuleError, RuleFile};
use crate::rules::ruleset::Severity;

/// The policies that state conflicts.
const OF_CONFLICTS: [&str; 2] = ["CS-SOD-001", "CS-SOD-002"];

/// Every entry that asks for less. Entries of policies are held against entries of policies here, and against
/// severities once the policies are known: see [`policies`].
pub(super) fn check(
    under: &EnforcementConfig,
    own: &EnforcementConfig,
    file: &RuleFile,
    definitions: &Definitions,
    errors: &mut Vec<RuleError>,
) {
    for (id, ladder) in &own.conflicts {
        // A conflict that is unknown is told elsewhere.
        let Some(conflict) = definitions.conflicts.get(id) else { continue };
        let asked =
            OF_CONFLICTS.map(|policy| EnforcedOn { conflict: Some(id), policy, severity: conflict.value.severity });
        errors.extend(less(under, ladder, &asked).map(|less| less.error(file, "conflicts", id)));
    }
    for (id, ladder) in &own.policies {
        let asked = EnforcedOn { conflict: None, policy: id, severity: Severity::Critical };
        if under.by_policy(asked) {
            errors.extend(less(under, ladder, &[asked]).map(|less| less.error(file, "policies", id)));
        }
    }
    for (severity, ladder) in &own.severities {
        let asked = [EnforcedOn { conflict: None, policy: "", severity: *severity }];
        errors.extend(less(under, ladder, &asked).map(|less| less.error(file, "severities", severity.as_str())));
    }
}

/// Entries for policies that ask for less than the rules that bind do for findings of the policy's severity.
pub(in crate::rules) fn policies<'a>(
    own: &EnforcementConfig,
    file: &RuleFile,
    severities: impl Iterator<Item = (&'a str, Severity)>,
) -> Vec<RuleError> {
    let Some(under) = own.under() else { return Vec::new() };
    severities
        .filter_map(|(policy, severity)| {
            let ladder = own.policies.get(policy)?;
            let asked = [EnforcedOn { conflict: None, policy, severity }];
            Some(less(&under, ladder, &asked)?.error(file, "policies", policy))
        })
        .collect()
}

/// What is asked for, and what is said.
struct Less {
    wanted: Enforcement,
    said: Enforcement,
    from: Option<Day>,
}

impl Less {
    fn error(&self, file: &RuleFile, what: &str, id: &str) -> RuleError {
        let Self { wanted, said, from } = self;
        let from = from.map(|day| format!(" from {day}")).unwrap_or_default();
        let (wanted, said) = (wanted.as_str(), said.as_str());
        let of = if what == "severities" { format!("{id} findings") } else { id.to_owned() };
        file.error(
            key(file, &["enforcement", what, id]),
            format!("the rules that these extend say {wanted} for {of}{from}, and this says {said}"),
        )
        .with_help(format!("write `{wanted}`, or leave the entry out"))
    }
}

/// The first day on which a ladder asks for less than the rules that bind, if there is one.
fn less(under: &EnforcementConfig, ladder: &Ladder, asked: &[EnforcedOn<'_>]) -> Option<Less> {
    let days: BTreeSet<Day> = under.days().chain(ladder.days()).collect();
    let instants = std::iter::once(None).chain(days.into_iter().map(Some));
    instants.into_iter().find_map(|from| {
        let at = from.map_or(i64::MIN, Day::starts);
        let wanted = asked.iter().map(|asked| under.decide(*asked, at).enforcement).max()?;
        let said = ladder.at(at);
        (said < wanted).then_some(Less { wanted, said, from })
    })
}
