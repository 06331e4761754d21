//! Azure and Entra ID: the providers `azurerm` and `azuread`.
//!
//! What things are called and what an assignment means is told in [`azure`](crate::formats::azure).

mod applications;
mod assignments;
mod computed;
mod directory;
mod principals;
mod vaults;

use super::{Compute, Lowering, Row};
use crate::formats::azure::{Cloud, systems};

/// The resource types that declare access.
pub const ROWS: &[&[Row]] = &[&[
    ("azurerm_role_definition", assignments::definition),
    ("azurerm_role_assignment", assignments::assignment),
    ("azurerm_pim_active_role_assignment", assignments::assignment),
    ("azurerm_pim_eligible_role_assignment", assignments::eligible),
    ("azurerm_key_vault", vaults::vault),
    ("azurerm_key_vault_access_policy", vaults::policy),
    ("azurerm_user_assigned_identity", applications::identity),
    ("azurerm_federated_identity_credential", applications::identity_federation),
    ("azuread_user", directory::user),
    ("azuread_group", directory::group),
    ("azuread_group_member", directory::member),
    ("azuread_directory_role", |_, _| {}),
    ("azuread_directory_role_assignment", directory::role_assignment),
    ("azuread_directory_role_member", directory::role_member),
    ("azuread_directory_role_eligibility_schedule_request", directory::role_eligibility),
    ("azuread_custom_directory_role", directory::custom_role),
    ("azuread_application", applications::application),
    ("azuread_application_registration", applications::application),
    ("azuread_application_owner", applications::owner),
    ("azuread_service_principal", applications::service_principal),
    ("azuread_application_password", applications::password),
    ("azuread_service_principal_password", applications::password),
    ("azuread_application_certificate", applications::certificate),
    ("azuread_service_principal_certificate", applications::certificate),
    ("azuread_application_federated_identity_credential", applications::application_federation),
    ("azuread_application_flexible_federated_identity_credential", applications::flexible_federation),
    ("azuread_app_role_assignment", applications::app_role_assignment),
]];

/// The resource types whose ids are made of their arguments.
pub const COMPUTED: &[(&str, Compute)] = computed::ROWS;

/// What collects the facts of Azure and its directory here.
fn cloud<'l>(lowering: &'l mut Lowering<'_>) -> Cloud<'l> {
    let (azure, entra) = systems(lowering.system.as_ref());
    Cloud { azure, entra, facts: &mut *lowering.facts, mentioned: &mut *lowering.mentioned }
}
