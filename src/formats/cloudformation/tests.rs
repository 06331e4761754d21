//! Whole trees, and every intrinsic function by a table.
