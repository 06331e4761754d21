//! Every case of the tests is exported and derived again by the crate's own engine; so are worlds made at random.

mod cases;
mod worlds;
