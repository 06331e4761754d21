//! The gate: evaluate both trees, compare, match records, decide.

mod compare;
mod decide;
mod describe;
mod finding;
mod fix;
mod inputs;
mod judgement;
mod parts;
mod proof;
mod repository;
mod run;
mod side;
mod standing;

pub use finding::{
    Cause, Change, ConflictRef, ControlRef, Decision, DutyRef, Extent, ExtentPart, Finding, Fingerprint, Fix, Judged,
    Leg, Location, LocationRole, Side, State, Step, Subject, SubjectKind, Tier,
};
pub use judgement::{Judgement, Outcome, PolicyRun, Population, RulesDiffer, Texts, UnresolvedAt, Verdict};
pub use proof::path;
pub use run::{Record, RunError, Stage, Task, policy_data, rule_files, run};

#[cfg(test)]
mod bad_input_tests;
#[cfg(test)]
mod people_tests;
#[cfg(test)]
mod refactor_tests;
#[cfg(test)]
mod tests;
