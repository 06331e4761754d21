//! Access reviews: what a campaign freezes, and what became of it in a tree.

mod document;
mod freeze;
mod standing;
#[cfg(test)]
mod tests;

pub(super) use document::{Beside, place_of};
pub(super) use freeze::unlike;
pub use freeze::{Draft, Freezing, assign, freeze, may_review};
pub use standing::{ItemNow, standing};
