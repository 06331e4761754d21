//! Why a value is not known, and what is known of it all the same.

use std::fmt;
use std::sync::Arc;

use super::value::Value;
use crate::facts::{Origin, Text};

/// An attribute of a resource or data source.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference {
    /// The address, such as `module.team["a"].aws_iam_role.this[0]`.
    pub address: Text,
    /// The type, such as `aws_iam_role`.
    pub kind: Text,
    /// Whether it is a data source.
    pub data: bool,
    /// The path inside it, such as `arn` or `identity[0].principal_id`; empty for the whole.
    pub attribute: Text,
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.address)?;
        if self.attribute.is_empty() { Ok(()) } else { write!(f, ".{}", self.attribute) }
    }
}

/// A value that cannot be told.
#[derive(Debug, Clone, PartialEq)]
pub struct Unknown {
    /// Why.
    pub why: Why,
    /// Where that arises.
    pub origin: Origin,
    /// The values that it can have, where they are known: it is one of these. Empty when nothing is known.
    pub candidates: Vec<Value>,
}

/// Why a value cannot be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// An attribute that the provider fills in.
    AfterApply(Reference),
    /// What a data source finds.
    Data(Reference),
    /// An attribute that a plan calls secret.
    Sensitive(Reference),
    /// An output of a module that is not in the tree.
    RemoteModule {
        /// The source as written.
        source: Text,
    },
    /// A variable of the root that has no default and no value in the tree.
    NoValue {
        /// Its name.
        variable: Text,
    },
    /// A variable whose value differs between the tree's variable files.
    Differs {
        /// Its name.
        variable: Text,
    },
    /// A function that is not evaluated: not of the language, or its answer changes from run to run.
    Function {
        /// Its name.
        name: Text,
    },
    /// A file that the tree does not hold.
    NoFile {
        /// The path as computed.
        path: Text,
    },
    /// A name that nothing that could be read declares.
    Undeclared {
        /// The name as written, such as `local.teams`.
        name: Text,
    },
    /// The expression fails.
    Fails {
        /// What is wrong, lower case.
        reason: Text,
    },
    /// The expression needs its own value.
    Cycle {
        /// What refers to itself.
        name: Text,
    },
    /// A limit of this evaluation was reached.
    Limit {
        /// Which, as a sentence without its end.
        limit: Text,
    },
    /// A parameter of a template that has no default.
    Parameter {
        /// Its name.
        name: Text,
    },
    /// A value that another stack exports, whose template is not in the tree.
    Export {
        /// The name of the export.
        name: Text,
    },
    /// What a macro makes of a template.
    Macro {
        /// Its name.
        name: Text,
    },
    /// A property that must be set is not.
    Missing {
        /// Its name.
        property: Text,
    },
    /// An attribute of the run, such as the workspace's name.
    Run {
        /// The expression as written.
        name: Text,
    },
}

/// What is known of an unknown text all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// The account that the configuration is applied in.
    Account,
    /// The partition of that account (`aws`, `aws-cn`, `aws-us-gov`).
    Partition,
    /// The region that the provider is configured for.
    Region,
    /// The partition's domain, such as `amazonaws.com`.
    DnsSuffix,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AfterApply(reference) => write!(f, "`{reference}` is known only after it is applied"),
            Self::Data(reference) => write!(f, "`{reference}` is looked up when it is applied"),
            Self::Sensitive(reference) => write!(f, "the plan marks `{reference}` as sensitive"),
            Self::RemoteModule { source } => write!(f, "the module `{source}` is not in the tree"),
            Self::NoValue { variable } => write!(f, "the variable `{variable}` has no value in the tree"),
            Self::Differs { variable } => {
                write!(f, "the variable `{variable}` has different values in the tree's variable files")
            }
            Self::Function { name } => write!(f, "the function `{name}` is not evaluated"),
            Self::NoFile { path } => write!(f, "the file `{path}` is not in the tree"),
            Self::Undeclared { name } => write!(f, "`{name}` is not declared in any file that could be read"),
            Self::Fails { reason } => write!(f, "the expression fails: {reason}"),
            Self::Cycle { name } => write!(f, "`{name}` needs its own value"),
            Self::Limit { limit } => f.write_str(limit),
            Self::Parameter { name } => write!(f, "the parameter `{name}` has no default"),
            Self::Export { name } => write!(f, "no template of the tree exports `{name}`"),
            Self::Macro { name } => write!(f, "the macro `{name}` is not run"),
            Self::Missing { property } => write!(f, "the property `{property}` is not set"),
            Self::Run { name } => write!(f, "`{name}` depends on the run"),
        }
    }
}

impl Unknown {
    /// The reason in a few characters, for a mark in text.
    #[must_use]
    pub fn short(&self) -> String {
        match &self.why {
            Why::AfterApply(reference) | Why::Data(reference) | Why::Sensitive(reference) => reference.to_string(),
            Why::NoValue { variable } | Why::Differs { variable } => format!("var.{variable}"),
            Why::Run { name }
            | Why::Undeclared { name }
            | Why::Cycle { name }
            | Why::Parameter { name }
            | Why::Export { name }
            | Why::Macro { name }
            | Why::Missing { property: name } => name.to_string(),
            Why::Function { name } => format!("{name}()"),
            Why::NoFile { path } => path.to_string(),
            Why::RemoteModule { source } => source.to_string(),
            Why::Fails { .. } | Why::Limit { .. } => "?".to_owned(),
        }
    }

    /// The reason alone, for another value that is not known because of it.
    #[must_use]
    pub fn bare(self: &Arc<Self>) -> Arc<Self> {
        if self.candidates.is_empty() {
            return self.clone();
        }
        Arc::new(Self { why: self.why.clone(), origin: self.origin, candidates: Vec::new() })
    }

    /// What is known of it all the same: the account, partition or region that is asked of AWS.
    #[must_use]
    pub fn meaning(&self) -> Option<Meaning> {
        let Why::Data(reference) = &self.why else { return None };
        match (&*reference.kind, &*reference.attribute) {
            ("aws_caller_identity", "account_id" | "id") => Some(Meaning::Account),
            ("aws_partition", "partition" | "id") => Some(Meaning::Partition),
            ("aws_partition", "dns_suffix") => Some(Meaning::DnsSuffix),
            ("aws_region", "name" | "id" | "region") => Some(Meaning::Region),
            _ => None,
        }
    }
}
