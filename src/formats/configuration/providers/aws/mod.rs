//! AWS: identities, roles, policies and who may act as whom.
//!
//! The account that a configuration is applied in is rarely written in it. It is that of the system that
//! `countersign.yaml` names for the folder (`aws:111122223333`), and otherwise the system `aws`. In a known account
//! everything is known by its ARN; otherwise by the part of the ARN after the account, such as `role/service/deployer`.

mod computed;
mod credentials;
mod document;
mod eks;
mod iam;
mod identity_center;
pub(super) mod names;
mod organizations;
mod resource_policies;

use super::{Compute, Row};

/// The resource types of the provider `aws` that declare access.
pub const ROWS: &[&[Row]] =
    &[iam::ROWS, credentials::ROWS, eks::ROWS, identity_center::ROWS, organizations::ROWS, resource_policies::ROWS];

/// The resource types whose names and ARNs are made of their arguments.
pub const COMPUTED: &[(&str, Compute)] = computed::ROWS;
