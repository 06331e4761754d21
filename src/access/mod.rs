//! The access model: who is granted what, where it is written, and how far it reaches.

pub use crate::facts;
pub use crate::facts::scope;
