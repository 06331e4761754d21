//! Expressions and functions.
