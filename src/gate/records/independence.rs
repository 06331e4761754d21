//! Whether somebody may approve: active, neither who benefits, nor who made the change, nor somebody's report.

use super::authorship::Authorship;
use crate::gate::staff::Staff;

/// Checks one approver. `beneficiaries` are the people who receive what is approved.
pub(super) fn check(
    approver: &str,
    beneficiaries: &[String],
    staff: &Staff<'_>,
    authorship: &Authorship,
) -> Result<(), String> {
    if !approver.starts_with("person:") {
        return Err(format!("{approver} is not a person and cannot approve"));
    }
    if !staff.is_active(approver) {
        return Err(format!("{approver} is not an active person who is declared here"));
    }
    for beneficiary in beneficiaries {
        if beneficiary == approver {
            return Err(format!("{approver} would approve for themselves"));
        }
        if staff.reports_to(approver, beneficiary) {
            return Err(format!("{approver} reports to {beneficiary}"));
        }
    }
    if let Some(how) = authorship.part_of(approver) {
        return Err(format!("{approver} {how}"));
    }
    match &authorship.unproven {
        // An address in a commit is whatever its author wrote: it may be the approver's second one.
        Some(why) => Err(format!("{why}, so it is not proven that {approver} is somebody else")),
        None => Ok(()),
    }
}
