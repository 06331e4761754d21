//! What the identities of clouds are called where others name them: an annotation of Kubernetes, a job, a federation.

use super::aws::arn::is_account;
use crate::facts::Native;

/// A role of AWS by its ARN (AWS General Reference, "Amazon Resource Names").
pub(in crate::formats) fn aws_role(arn: &str) -> Option<Native> {
    aws_identity(arn).filter(|_| arn.contains(":role/"))
}

/// A role or user of AWS by its ARN.
pub(in crate::formats) fn aws_identity(arn: &str) -> Option<Native> {
    let mut parts = arn.splitn(6, ':');
    let (Some("arn"), Some(_), Some("iam"), Some(""), Some(account), Some(resource)) =
        (parts.next(), parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return None;
    };
    let is_identity = resource.starts_with("role/") || resource.starts_with("user/");
    (is_account(account) && is_identity).then(|| Native::new(format!("aws:{account}"), arn))
}

/// A service account of Google Cloud by its e-mail address, named as policies name members.
pub(in crate::formats) fn google_service_account(email: &str) -> Option<Native> {
    email.contains('@').then(|| Native::new("gcp", format!("serviceAccount:{email}")))
}

/// An application or managed identity of Entra by its client id.
pub(in crate::formats) fn entra_client(id: &str) -> Option<Native> {
    (!id.is_empty()).then(|| Native::new("entra", format!("client:{}", id.to_lowercase())))
}
