//! Who may approve, under rules that bind: each of the keys `control_owners` (with `control_quorum`), `approvers` and
//! `deputies` stands where it is first given, and giving it again is an error. So is a deputy of somebody whose authority
//! is given there: it would hand that authority on.

use std::collections::BTreeSet;

use super::place::key;
use crate::rules::authority::AuthorityConfig;
use crate::rules::error::{RuleError, RuleFile};

/// Every key that is given again.
pub(super) fn check(
    under: Option<&AuthorityConfig>,
    own: Option<&AuthorityConfig>,
    file: &RuleFile,
    errors: &mut Vec<RuleError>,
) {
    let (Some(under), Some(own)) = (under, own) else { return };
    let keys = [
        ("control_owners", !under.control_owners.is_empty(), !own.control_owners.is_empty()),
        ("control_quorum", !under.control_owners.is_empty(), own.control_quorum.is_some()),
        ("approvers", !under.approvers.is_empty(), !own.approvers.is_empty()),
        ("deputies", !under.deputies.is_empty(), !own.deputies.is_empty()),
    ];
    for (name, _, _) in keys.into_iter().filter(|(_, there, here)| *there && *here) {
        let message = format!("`authority.{name}` is given by the rules that these extend");
        let help = format!("leave `{name}` out, or have it changed where it is given");
        errors.push(file.error(key(file, &["authority", name]), message).with_help(help));
    }
    let rows = under.approvers.iter().flat_map(|row| &row.people);
    let given: BTreeSet<&str> = under.control_owners.iter().chain(rows).map(|person| person.as_str()).collect();
    for deputy in own.deputies.iter().filter(|deputy| given.contains(deputy.of.as_str())) {
        let message = format!("{} has authority by the rules that these extend", deputy.of.value);
        errors.push(file.error(deputy.of.span, message).with_help("a deputy for it is named where it is given"));
    }
}

/// What both give together.
pub(super) fn merge(under: Option<&AuthorityConfig>, own: Option<&AuthorityConfig>) -> Option<AuthorityConfig> {
    let (under, own) = match (under, own) {
        (None, one) | (one, None) => return one.cloned(),
        (Some(under), Some(own)) => (under, own),
    };
    let owners = if under.control_owners.is_empty() { own } else { under };
    Some(AuthorityConfig {
        control_owners: owners.control_owners.clone(),
        control_quorum: owners.control_quorum.clone(),
        approvers: if under.approvers.is_empty() { &own.approvers } else { &under.approvers }.clone(),
        deputies: if under.deputies.is_empty() { &own.deputies } else { &under.deputies }.clone(),
    })
}
