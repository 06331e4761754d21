//! Countersign.
pub mod access;
pub mod duties;
pub mod facts;
pub mod formats;
pub mod policy;
pub mod rules;
pub mod source;
pub mod store;
pub mod syntax;
