//! Countersign.
pub mod access;
pub mod duties;
pub mod facts;
pub mod formats;
pub mod rules;
pub mod syntax;
