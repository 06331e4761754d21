//! What users of IAM authenticate with (IAM user guide, "AWS security credentials").

use super::iam::{holders, required};
use super::names::{IamKind, Names};
use crate::facts::{CredentialDetail, CredentialFact, CredentialKind, Lifetime, Native};
use crate::formats::configuration::providers::{Lowering, Row};
use crate::formats::configuration::resource::Resource;

/// The rows of the table of resource types.
pub(super) const ROWS: &[Row] = &[
    // None of these ends by itself.
    ("aws_iam_access_key", |own, lowering| {
        credential(own, lowering, "user", CredentialKind::AccessKey, Lifetime::Unbounded);
    }),
    ("aws_iam_service_specific_credential", |own, lowering| {
        credential(own, lowering, "user_name", CredentialKind::Password, Lifetime::Unbounded);
    }),
    ("aws_iam_user_ssh_key", |own, lowering| {
        credential(own, lowering, "username", CredentialKind::SshKey, Lifetime::Unbounded);
    }),
    // How long a password lasts is said by the account's password policy, and a certificate by itself.
    ("aws_iam_user_login_profile", |own, lowering| {
        credential(own, lowering, "user", CredentialKind::Password, Lifetime::Unknown);
    }),
    ("aws_iam_signing_certificate", |own, lowering| {
        credential(own, lowering, "user_name", CredentialKind::Certificate, Lifetime::Unknown);
    }),
];

/// A credential of a user, known by its address: what AWS calls it is known only once it is made.
fn credential(
    resource: &Resource,
    lowering: &mut Lowering<'_>,
    argument: &str,
    kind: CredentialKind,
    lifetime: Lifetime,
) {
    // An inactive key authenticates nobody, until somebody activates it outside of this configuration.
    let Some(user) = required(resource, argument, lowering) else { return };
    let names = Names::of(lowering);
    for holder in holders(user, IamKind::User, &names, lowering) {
        lowering.facts.credentials.push(CredentialFact {
            id: Native::new(names.system.clone(), resource.lasting_name.clone()),
            holder,
            kind,
            lifetime,
            created: None,
            detail: CredentialDetail::default(),
            origin: resource.origin,
        });
    }
}
