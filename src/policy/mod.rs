//! Policies: Rego modules with metadata, the documents they read, and the engine that asks them.
//!
//! [`Bundle::load`] reads, lints and loads them; [`input`] holds the versioned documents; [`Engine`] alone names the
//! Rego library. Policies see the model and never a format, an approval or an enforcement.

mod beside;
mod bundle;
pub mod campaign_input;
mod credential_input;
mod engine;
pub mod input;
mod lifecycle_input;
mod lint;
mod meaning;
mod metadata;
mod outside;
mod trust_input;
pub mod untrusted;
mod words;

pub use beside::{Tried, Tries, tried};
pub use bundle::{BUILT_IN, Bundle, Policy};
pub use engine::{Engine, EngineError, Input, RawFinding};
pub use lint::MAX_NESTING;
pub use metadata::{Custom, Metadata, Scope, When};
pub use outside::Outside;
pub use words::Words;

#[cfg(test)]
mod tests;
