//! Evidence: what each evaluation leaves for an auditor.
//!
//! One statement a run, as canonical JSON named by its digest under `records/`; everything that several runs share
//! (manifests, findings, rule lists) is stored once under `objects/`. Statements are unsigned in this version. [`log`] is
//! the append-only tree that records will stand in.

pub mod log;
mod manifest;
mod record;
mod statement;

pub use manifest::{Objects, Pieces};
pub use record::{Kept, Run, keep, statement_of};
pub use statement::{
    DigestSet, EngineInfo, FindingsInfo, Invocation, Listed, MergeInfo, PREDICATE_TYPE, PopulationInfo, Predicate,
    ResourceDescriptor, RuleResult, STATEMENT_TYPE, Statement, TreeInfo, sha256,
};

#[cfg(test)]
mod tests;
