//! Amazon resource names (AWS General Reference, "Amazon Resource Names"):
//! `arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE`.

/// The parts of an ARN that say whose it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Arn<'t> {
    pub partition: &'t str,
    pub service: &'t str,
    pub account: &'t str,
    /// Type, path and name, such as `role/service/deployer`.
    pub resource: &'t str,
}

impl<'t> Arn<'t> {
    /// Splits an ARN; None for any other text.
    pub(super) fn of(text: &'t str) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        if parts.next() != Some("arn") {
            return None;
        }
        let (partition, service, _region) = (parts.next()?, parts.next()?, parts.next()?);
        Some(Self { partition, service, account: parts.next()?, resource: parts.next()? })
    }

    /// The account, if it is somebody's (AWS's own policies belong to the account `aws`).
    pub(super) fn customer_account(self) -> Option<&'t str> {
        is_account(self.account).then_some(self.account)
    }
}

/// Whether a text is an account id: twelve digits.
pub(in crate::formats) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The system instance of an account.
pub(in crate::formats) fn system(account: &str) -> String {
    format!("aws:{account}")
}
