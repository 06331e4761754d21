//! Policies: Rego modules with metadata, the documents they read, and the engine that asks them.
//!
//! [`Bundle::load`] reads, lints and loads them; [`input`] holds the versioned documents; [`Engine`] alone names the
//! Rego library. Policies see the model and never a format, an approval or an enforcement.

mod beside;
mod bundle;
pub mod campaign_input;
pub mod conftest;
mod credential_input;
mod engine;
pub mod input;
mod layout;
mod lifecycle_input;
mod lint;
mod meaning;
mod metadata;
mod outline;
mod outside;
mod rego_tests;
mod trust_input;
mod try_out;
pub mod untrusted;
mod words;

pub use beside::{Tried, Tries, tried};
pub(crate) use bundle::LIBRARY;
pub use bundle::{BUILT_IN, Bundle, Policy};
pub use engine::{Engine, EngineError, Failed, Input, RawFinding};
pub use layout::{LayoutError, laid_out};
pub use lint::MAX_NESTING;
pub use lint::names_of_input;
pub use metadata::{Custom, Metadata, Scope, When};
pub use outline::{Import, Module, Rule, Statement};
pub use outside::Outside;
pub use rego_tests::{Chosen, Covered, RegoTest, RegoTests, TestFailure, TestOutcome, module_of, run_tests};
pub use try_out::{Evaluated, EvaluatedRule, try_out};
pub use words::Words;

/// The id that a policy's metadata says; `None` where it cannot be read.
#[must_use]
pub fn policy_id(file: &crate::rules::RuleFile) -> Option<String> {
    let text = std::str::from_utf8(&file.bytes).ok()?;
    metadata::read(file, text).ok().map(|metadata| metadata.custom.id)
}

#[cfg(test)]
mod tests;
