//! Countersign.
pub mod access;
pub mod formats;
pub mod syntax;
