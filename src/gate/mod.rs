//! The gate: evaluate both trees, compare, match records, decide.

mod finding;
mod judgement;

pub use finding::{
    Cause, Change, ConflictRef, ControlRef, Decision, DutyRef, Extent, ExtentPart, Finding, Fingerprint, Fix, Judged,
    Leg, Location, LocationRole, Side, State, Step, Subject, SubjectKind, Tier,
};
pub use judgement::{Judgement, Outcome, PolicyRun, Population, RulesDiffer, Texts, UnresolvedAt, Verdict};
