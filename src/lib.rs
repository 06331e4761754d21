//! Countersign judges the access that a repository declares.
//!
//! It reads definitions (cloud IAM, Kubernetes RBAC, GitHub organisations, ERP and SaaS roles), works out who can do
//! what, evaluates Rego policies over that, compares the result with the target branch, and keeps evidence of every
//! evaluation. This page is the pipeline; each module's page says what it does and why.
//!
//! # One run, from left to right
//!
//! `countersign check --base main` goes like this:
//!
//! 1. [`source`] opens the trees: head (a work tree, a revision, a predicted merge, the index, a folder), the base it is
//!    compared with, and the tip that rules come from. Every file is bytes with a digest; nothing is executed.
//! 2. [`rules`] reads `countersign.yaml`, rulesets, approvals and policies of the *target*, so that a change cannot vote
//!    on itself, and those of an organisation that bind it. Any error in them ends the run. Employment facts may be
//!    imported beside them.
//! 3. [`formats`] recognises documents by content, parses them with [`syntax`] (one tree with positions for YAML, JSON
//!    and TOML, one for HCL, words for SQL), evaluates configurations that compute, reads files of a house's own form as
//!    mappings among the rules say, and lowers each unit of files to [`facts`]: who is
//!    granted what, and where it is written. What could not be read becomes an outcome with a reason. Two trees share
//!    whatever they have in common. Who has power over the gate itself is lowered beside them, so that the gate is judged
//!    like any system.
//! 4. [`access`] links accounts to people and service identities, nests groups and roles, and searches what each
//!    principal reaches, with a shortest path as proof.
//! 5. [`duties`] matches permissions against the catalogue ("maintain supplier bank details") and finds conflicts between
//!    duties that meet on a scope. Facts are three-valued: certain, conditional, unknown.
//! 6. [`policy`] gives each subject, as a versioned document, to the Rego policies of its scope. Records are documents
//!    too, judged once it is known what else is found.
//! 7. [`gate`] turns answers into findings with fingerprint and extent, compares head with base (both under the union of
//!    their links and departures), matches records, decides, and proves a fix.
//!    A change that edits rules is judged by the target's; beside that head is judged under its own, both rule sets are
//!    compared by effect, and policies that nobody has accepted are asked in a process that can be killed.
//! 8. [`evidence`] writes an in-toto statement with the digest of everything that went in, and exports what other engines
//!    need to derive the verdict again.
//! 9. [`output`] renders what a person or a program reads, and [`cli`] ends with the exit status.
//!
//! Months later [`history`] says what was so in a period: it freezes the population of what happened, and draws the sample
//! that an auditor's seed selects. [`report`] puts all of that into one model with several renderers.
//!
//! # Layers
//!
//! A module may use what stands above it in this table. `tests/layers.rs` reads the source and holds it.
//!
//! | layer | what it knows |
//! |---|---|
//! | [`store`] | bytes by digest, on disk |
//! | [`keys`] | SSH signatures and who may make them; keys and envelopes of evidence |
//! | [`source`] | trees of files |
//! | [`syntax`] | text to trees with positions |
//! | [`facts`] | the words in which formats and the graph talk |
//! | [`rules`] | everything that governs the gate |
//! | [`formats`] | one file or folder a format |
//! | [`secrets`] | literal secrets in text |
//! | [`access`] | the graph and reach |
//! | [`duties`] | the catalogue and its matcher |
//! | [`policy`] | Rego: metadata, inputs, engine |
//! | [`gate`] | evaluate, compare, decide |
//! | [`evidence`] | statements, manifests, the log |
//! | [`history`] | periods, populations, samples, findings over time |
//! | [`report`] | the report of a period |
//! | [`output`] | renderers, called by `cli` alone |
//! | [`cli`] | one file a command |
//!
//! Rust holds mechanism, Rego holds judgement (`policies/**/*.rego`), YAML holds knowledge (`policies/rulesets/`,
//! `policies/roles/`, `policies/frameworks/`). Nothing is ambient: time, environment, folders and writers are values of
//! [`cli::Env`].

pub mod access;
pub mod cli;
pub mod duties;
pub mod evidence;
pub mod facts;
pub mod formats;
pub mod gate;
pub mod history;
pub mod keys;
pub mod output;
pub mod policy;
pub mod report;
pub mod rules;
pub mod secrets;
pub mod source;
pub mod store;
pub mod syntax;

/// The allocator of the binary, so that tests take as long as it does.
#[cfg(test)]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
