//! The access model: who is granted what, where it is written, and how far it reaches.

pub mod facts;
pub mod scope;
