//! Countersign.
pub mod access;
pub mod formats;
pub mod source;
pub mod store;
pub mod syntax;
