//! Kubernetes: roles, bindings, service accounts, tokens and workloads, as the providers `kubernetes` and `kubectl`
//! write them.
//!
//! Each resource is turned into the object that it declares, which is then lowered by the code that reads manifests. So
//! the same access in HCL and in YAML comes to the same facts. Arguments are named by the schema of the provider
//! (registry.terraform.io, hashicorp/kubernetes), which writes the fields of the API with underscores.

mod object;
mod rows;

use super::Row;

/// The resource types of Kubernetes that declare access.
pub const ROWS: &[&[Row]] = &[rows::ROWS];
