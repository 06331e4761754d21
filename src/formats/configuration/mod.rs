//! What languages that declare infrastructure have in common: resources with their attributes, known or not.
//!
//! Each language evaluates its files into a [`resource::Configuration`] of [`value`]s, in the words of the Terraform
//! providers, and [`providers`] says what each resource type means for access. So access that is written in HCL, in a
//! plan or in a template comes to the same facts.

pub mod providers;
pub mod resource;
mod unknown;
pub mod value;
