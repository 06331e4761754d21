//! Evidence: what each evaluation leaves for an auditor.
//!
//! One statement a run, as canonical JSON named by its digest under `records/`; everything that several runs share
//! (manifests, findings, rule lists) is stored once under `objects/`. Statements are unsigned in this version.

mod error;
pub mod export;
mod inputs;
pub mod log;
mod manifest;
mod objects;
mod record;
mod redact;
mod reperform;
mod statement;

pub use error::EvidenceError;
pub use manifest::{Objects, Pieces};
pub use objects::ReadObjects;
pub use record::{Kept, Run, keep, statement_of};
pub use reperform::{Difference, Reperformed, reperform};
pub use statement::{
    DigestSet, EngineInfo, FindingsInfo, Invocation, Listed, MergeInfo, PREDICATE_TYPE, PopulationInfo, Predicate,
    ResourceDescriptor, RuleResult, STATEMENT_TYPE, Statement, TreeInfo, Word, sha256,
};

#[cfg(test)]
mod reperform_tests;
#[cfg(test)]
mod tests;
