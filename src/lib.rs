//! Countersign.
pub mod access;
pub mod duties;
pub mod evidence;
pub mod facts;
pub mod formats;
pub mod gate;
pub mod policy;
pub mod rules;
pub mod source;
pub mod store;
pub mod syntax;
