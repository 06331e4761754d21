//! Credentials that resources of the provider `google` declare.
//!
//! Arguments by the provider's documentation, registry.terraform.io/providers/hashicorp/google/latest/docs/resources/NAME.
//! That keys of service accounts have no end: IAM documentation, "Service account keys"; of HMAC keys: Cloud Storage
//! documentation, "HMAC keys".

use super::row::{
    Declared,
    Form::{Date, Seconds},
    NEVER,
    Rotates::Period,
    row, until_if_said,
};
use crate::facts::CredentialKind::{AccessKey, EncryptionKey, Password, Secret, ServiceAccountKey, Token};

const GCP: &str = "gcp";

pub(super) const ROWS: &[Declared] = &[
    row("google_service_account_key", GCP, ServiceAccountKey).of("service_account_id").always().lives(NEVER),
    row("google_storage_hmac_key", GCP, AccessKey).of("service_account_email").always().lives(NEVER),
    row("google_apikeys_key", GCP, Token).of("name").always().lives(NEVER),
    row("google_sql_user", GCP, Password)
        .of("name")
        .value(&["password"])
        .lives(until_if_said(&[("password_policy.password_expiration_duration", Seconds)])),
    row("google_sql_database_instance", GCP, Password).of("name").value(&["root_password"]),
    row("google_alloydb_cluster", GCP, Password).of("initial_user.user").value(&["initial_user.password"]),
    row("google_alloydb_user", GCP, Password).of("user_id").value(&["password"]),
    row("google_secret_manager_secret", GCP, Secret).of("secret_id").always().rotates(Period(&[
        ("rotation.rotation_period", Seconds),
        ("rotation.next_rotation_time", Date),
        ("ttl", Seconds),
        ("expire_time", Date),
    ])),
    row("google_secret_manager_secret_version", GCP, Secret).of("secret").value(&["secret_data"]),
    row("google_kms_crypto_key", GCP, EncryptionKey)
        .of("name")
        .always()
        .only(&[("purpose", "ENCRYPT_DECRYPT"), ("import_only", "false")])
        .rotates(Period(&[("rotation_period", Seconds)])),
];
