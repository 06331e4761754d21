//! What things are called: accounts, groups and policies by ARN, or by what of it is known.

use std::borrow::Cow;

use crate::facts::{Native, Text};
use crate::formats::aws::arn;
use crate::formats::configuration::providers::Lowering;
use crate::formats::configuration::resource::Resource;
use crate::formats::configuration::value::{Meaning, Unknown, Value};

/// The type of system, which is also the system of a configuration whose account is not known.
const KIND: &str = "aws";

/// What stands for the account of the configuration while a text is put together; no account has this number.
const OWN_ACCOUNT: &str = "000000000000";

/// The partition that is assumed where it is asked for: the catalogue's patterns name it.
const PARTITION: &str = "aws";

/// The account whose number a value is, as a system; None for what is no number of one.
pub(super) fn account_system(value: &Value) -> Option<Text> {
    value.as_text().filter(|text| arn::is_account(text)).map(|number| arn::system(&number).into())
}

/// The names of one configuration.
#[derive(Clone)]
pub(in crate::formats::configuration::providers) struct Names {
    pub(super) system: Text,
}

impl Names {
    pub(in crate::formats::configuration::providers) fn of(lowering: &Lowering<'_>) -> Self {
        Self { system: lowering.system_of(KIND) }
    }

    /// The number of the account that the configuration is applied in, or what stands for it.
    fn account(&self) -> &str {
        self.system.strip_prefix("aws:").unwrap_or(OWN_ACCOUNT)
    }

    /// What is known of an unknown part all the same: the account, the partition and its domain.
    pub(in crate::formats::configuration::providers) fn meant(&self, unknown: &Unknown) -> Option<&str> {
        match unknown.meaning()? {
            Meaning::Account => Some(self.account()),
            Meaning::Partition => Some(PARTITION),
            Meaning::DnsSuffix => Some("amazonaws.com"),
            Meaning::Region => Some("*"),
        }
    }

    /// A text with a mark for what is not known.
    pub(super) fn text(&self, value: &Value) -> Option<String> {
        value.render(|unknown| match self.meant(unknown) {
            Some(meant) => Cow::Borrowed(meant),
            None => Cow::Owned(format!("${{{}}}", unknown.short())),
        })
    }

    /// A thing of the configuration's own account by its ARN, whatever is known of the account.
    pub(super) fn native(&self, name: &str) -> Native {
        let own = name
            .strip_prefix("arn:")
            .and_then(|rest| rest.split_once(":iam::"))
            .and_then(|(_, rest)| rest.strip_prefix(OWN_ACCOUNT)?.strip_prefix(':'));
        Native::new(self.system.clone(), own.unwrap_or(name))
    }

    /// The same of a name that was made with what stands for the account.
    pub(in crate::formats::configuration::providers) fn settle(&self, native: &mut Native) {
        if *native.system == *format!("aws:{OWN_ACCOUNT}") {
            *native = self.native(&native.name);
        }
    }

    /// The system that is meant by what stands for the account.
    pub(super) fn settle_system(&self, system: &mut Text) {
        if **system == *format!("aws:{OWN_ACCOUNT}") {
            *system = self.system.clone();
        }
    }

    /// The identity of a user, group, role or policy that a block declares. One whose name is not known is known by its
    /// address.
    pub(super) fn identity(&self, resource: &Resource, kind: IamKind) -> Native {
        let path = resource.get("path").and_then(|path| self.text(path)).unwrap_or_else(|| "/".to_owned());
        let name = resource.get("name").filter(|name| name.as_unknown().is_none()).and_then(|name| self.text(name));
        let name = name.unwrap_or_else(|| resource.lasting_name.to_string());
        self.named(kind, &path, &name)
    }

    fn named(&self, kind: IamKind, path: &str, name: &str) -> Native {
        let word = kind.word();
        let slash = if path.ends_with('/') { "" } else { "/" };
        self.native(&format!("arn:{PARTITION}:iam::{}:{word}{path}{slash}{name}", self.account()))
    }

    /// A policy of an account by its path and name.
    pub(super) fn customer_policy(&self, path: &str, name: &str) -> Native {
        self.named(IamKind::Policy, path, name)
    }

    /// The identity that an argument names: by reference, by ARN or by name.
    pub(super) fn referred(&self, value: &Value, kind: IamKind, lowering: &Lowering<'_>) -> Option<Native> {
        if let Some((resource, _)) = lowering.resolve(value)
            && resource.kind() == kind.resource()
        {
            return Some(self.identity(resource, kind));
        }
        let text = self.text(value)?;
        if text.starts_with("arn:") {
            return Some(self.native(&text));
        }
        match lowering.configuration.named(kind.resource(), &text) {
            Some(resource) => Some(self.identity(resource, kind)),
            None => Some(self.named(kind, "/", &text)),
        }
    }

    /// The managed policy that an argument names: one that the configuration declares, or one by ARN. A data source that
    /// looks a policy up by name finds AWS's own where the configuration has none of that name.
    pub(super) fn policy(&self, value: &Value, lowering: &Lowering<'_>) -> Option<Native> {
        if let Some((resource, _)) = lowering.resolve(value)
            && resource.kind() == IamKind::Policy.resource()
        {
            if resource.address.mode == crate::formats::configuration::resource::Mode::Managed {
                return Some(self.identity(resource, IamKind::Policy));
            }
            if let Some(arn) = resource.get("arn") {
                return self.policy(arn, lowering);
            }
            let name = resource.get("name").and_then(|name| self.text(name))?;
            return Some(match lowering.configuration.named(IamKind::Policy.resource(), &name) {
                Some(own) => self.identity(own, IamKind::Policy),
                None => self.native(&format!("arn:{PARTITION}:iam::aws:policy/{name}")),
            });
        }
        self.text(value).map(|text| self.native(&text))
    }
}

/// The things of IAM that have ARNs and are declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum IamKind {
    User,
    Group,
    Role,
    Policy,
}

impl IamKind {
    fn word(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Group => "group",
            Self::Role => "role",
            Self::Policy => "policy",
        }
    }

    fn resource(self) -> &'static str {
        match self {
            Self::User => "aws_iam_user",
            Self::Group => "aws_iam_group",
            Self::Role => "aws_iam_role",
            Self::Policy => "aws_iam_policy",
        }
    }
}
