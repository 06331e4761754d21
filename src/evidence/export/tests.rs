//! Every case of the tests is exported and derived again by the crate's own engine.

mod cases;
