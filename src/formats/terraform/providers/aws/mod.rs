//! AWS: identities, roles, policies and who may act as whom.

mod computed;

use super::{Compute, Row};

/// The resource types of the provider `aws` that declare access.
pub const ROWS: &[Row] = &[];

/// The resource types whose names and ARNs are made of their arguments.
pub const COMPUTED: &[(&str, Compute)] = computed::ROWS;
