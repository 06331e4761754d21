//! AWS: identities, roles, policies and who may act as whom.

use super::Row;

/// The resource types of the provider `aws` that declare access.
pub const ROWS: &[Row] = &[];
