//! The gate: evaluate both trees, compare, match records, decide.

mod access_change;
mod beneficiaries;
mod compare;
mod conftest;
mod credentials;
mod decide;
mod dependencies;
mod describe;
mod escalation;
mod finding;
mod fix;
mod guards;
mod indirect;
mod inputs;
mod judgement;
mod kept;
mod lasting;
mod lifecycle;
mod outside;
mod parts;
mod proof;
mod purpose;
mod records;
mod remedy;
mod repository;
mod reviews;
mod rules_change;
mod run;
mod secrets;
mod services;
mod side;
mod staff;
mod standing;
mod synthetic;
mod task;
mod trail;
mod trusting;
mod unresolved;
mod witness;

pub use access_change::{
    AccessChange, Because, BesideChange, BesideKind, ConflictChange, Counted, DutyChange, EscalationChange, NotTold,
    Permission, PermissionChange, RulesTouched, Way, access_change,
};
pub use dependencies::{Dependencies, Dependency, Part, dependencies};
pub use describe::ERP_KINDS;
pub use escalation::{EscalationStage, escalation_path};
pub use finding::{
    Cause, Change, ConflictRef, ControlRef, Decision, DutyRef, Extent, ExtentPart, Finding, Fingerprint, Fix, Indirect,
    Judged, Leg, Location, LocationRole, RecordRef, Side, State, Step, Subject, SubjectKind, Taken, Tier, WhoMay,
};
pub use judgement::{Judgement, Outcome, PolicyRun, Population, Texts, UnresolvedAt, Verdict};
pub use lifecycle::systems_in_scope;
pub use proof::path;
pub use records::{Meanings, RecordState, RecordStatus, SignedBy, extent_entries, signed_by};
pub use reviews::{Draft, Freezing, ItemNow, assign, freeze, may_review, standing};
pub use rules_change::{Effect, EffectKind, Flip, FlipKind, Governing, Rewritten, RulesChange, Weight, rules_digest};
pub use run::{policy_data, rule_files, run, run_alone, run_witnessed};
pub use secrets::{Quiet, Searched, SearchedFile, Secrets, search, search_except};
pub use staff::{Addresses, is_active};
pub use synthetic::{Synthetic, SyntheticConflict, synthetic};
pub use task::{Record, RunError, Stage, Task};
pub use trail::{Hop, Stop, Trail, escalation_trail, trails};
pub use witness::{Document, Joined, Witness};

#[cfg(test)]
mod bad_input_tests;
#[cfg(test)]
mod bypass_tests;
#[cfg(test)]
pub(crate) mod judging;
#[cfg(test)]
mod people_tests;
#[cfg(test)]
mod refactor_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod unlinking_tests;
