//! Google Cloud: policies of every kind of resource, custom roles, service accounts with their keys, workload identity
//! and groups.
//!
//! Each resource kind has three types for its policy (provider documentation, "IAM policy for …"): `_iam_policy` sets the
//! whole policy, `_iam_binding` all members of one role, `_iam_member` one member. They are read by that scheme, whatever
//! the resource. What things are called and what a binding means is told in [`gcp`](crate::formats::gcp).

mod accounts;
mod computed;
mod data;
mod deny;
mod groups;
mod iam;
mod overridden;
mod targets;

use super::{Compute, Row, Scheme, Whole};

/// The resource types of the provider `google` that declare access, apart from policies.
pub const ROWS: &[&[Row]] = &[&[
    ("google_project_iam_custom_role", iam::custom_role),
    ("google_organization_iam_custom_role", iam::custom_role),
    ("google_service_account", accounts::service_account),
    ("google_service_account_key", accounts::key),
    ("google_storage_hmac_key", accounts::hmac_key),
    ("google_iam_workload_identity_pool", accounts::pool),
    ("google_iam_workload_identity_pool_provider", accounts::pool_provider),
    ("google_cloud_identity_group", groups::group),
    ("google_cloud_identity_group_membership", groups::membership),
    ("google_bigquery_dataset", data::dataset),
    ("google_bigquery_dataset_access", data::dataset_access),
    ("google_storage_bucket_access_control", data::bucket_entity),
    ("google_storage_bucket_acl", data::bucket_acl),
    ("google_iam_deny_policy", deny::policy),
    ("google_privileged_access_manager_entitlement", deny::entitlement),
]];

/// The types for policies.
pub const SCHEMES: &[Scheme] = &[
    Scheme { name: "google_*_iam_policy", prefix: "google_", suffix: "_iam_policy", lower: iam::policy },
    Scheme { name: "google_*_iam_binding", prefix: "google_", suffix: "_iam_binding", lower: iam::binding },
    Scheme { name: "google_*_iam_member", prefix: "google_", suffix: "_iam_member", lower: iam::member },
];

/// What policies take away from each other.
pub const WHOLE: Whole = overridden::report;

/// The resource types whose names are made of their arguments.
pub const COMPUTED: &[(&str, Compute)] = computed::ROWS;
