//! Evidence: what each evaluation leaves for an auditor.
//!
//! One statement a run, as canonical JSON; everything that several runs share (manifests, findings, rules, the bytes of
//! files) is kept once, by digest. The [`Ledger`] holds both, with signatures and a [`log`] of all records; it can be
//! [verified](verify), and every record can be [judged again](reperform) from what it names alone.

mod canonical;
mod error;
pub mod export;
mod failed;
mod inputs;
mod ledger;
pub mod log;
mod manifest;
mod objects;
mod pseudonyms;
mod record;
mod redact;
mod references;
mod reperform;
mod secrets;
mod statement;

pub use error::EvidenceError;
pub use failed::{FailedRun, statement_of_failure, told};
pub use ledger::{
    ATTACHMENT_TYPE, Attached, AttachmentPredicate, AttachmentPurpose, AttachmentStatement, AttachmentTier, Buried,
    CoveredTime, Covers, Due, Erased, Erasing, HOLD_TYPE, HoldAction, HoldInForce, HoldPredicate, HoldStatement, Kept,
    KeptUntil, KeyInForce, Ledger, Logged, Plan, Problem, Purged, Purging, RecordId, Recorder, Retention,
    RetentionError, Role, Survey, TOMBSTONE_TYPE, TRUST_TYPE, TombstoneCause, TombstonePredicate, TombstoneStatement,
    Trust, TrustAction, TrustError, TrustPredicate, TrustStatement, Verification, Verifying, Witness, WitnessError,
    Witnessed, add_cosignatures, begins_with, erase, hold, is_who, purge, record_name, verify, verify_watched, witness,
};
pub use manifest::{Objects, Pieces};
pub use objects::ReadObjects;
pub use pseudonyms::{PseudonymError, PseudonymTable, TableFile, pseudonymise};
pub use record::{FindingPieces, Run, findings_of, imported, statement_of};
pub use redact::shown;
pub use reperform::{Difference, Judge, Reperformed, reperform, rules_of};
pub use statement::{
    DigestSet, EngineInfo, FindingsInfo, Invocation, Listed, MergeInfo, PREDICATE_TYPE, PopulationInfo, Predicate,
    ResourceDescriptor, RuleResult, STATEMENT_TYPE, Statement, TEST_RESULT_TYPE, TestResult, TreeInfo, Word, sha256,
    test_result,
};

#[cfg(test)]
mod judging;
#[cfg(test)]
mod reperform_tests;
#[cfg(test)]
mod tests;
