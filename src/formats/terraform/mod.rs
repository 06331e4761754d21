//! Terraform and OpenTofu, read as a configuration: modules, variables and all that they compute.

pub mod providers;
pub mod resource;
pub mod value;
