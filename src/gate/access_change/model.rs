//! What a change does to effective access, as a value.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

use super::super::finding::{Side, Step, SubjectKind};
use crate::access::Place;
use crate::duties::{Part, Shift};
use crate::facts::{Gap, Text};
use crate::rules::Severity;

/// What a change does to effective access. Everything is sorted by who it is about.
#[derive(Debug, Clone, Default)]
pub struct AccessChange {
    /// Duties that somebody holds in one tree and not, or not as far, in the other.
    pub duties: Vec<DutyChange>,
    /// Conflicts that somebody meets.
    pub conflicts: Vec<ConflictChange>,
    /// Ways by which somebody could come to administer a system.
    pub escalations: Vec<EscalationChange>,
    /// Permissions that make no duty.
    pub permissions: Vec<PermissionChange>,
    /// Accounts, memberships and whose accounts are whose.
    pub beside: Vec<BesideChange>,
    /// What the change brings that could not be told.
    pub not_told: Vec<NotTold>,
    /// How much could not be told before and can be now, or is gone.
    pub told_now: usize,
    /// What it edits that is no access.
    pub rules: RulesTouched,
    /// What was looked at.
    pub counted: Counted,
}

impl AccessChange {
    /// Whether the change brings a definition that could not be evaluated.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.not_told.iter().any(|found| found.gap == Gap::Broken)
    }
}

/// How much was looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Counted {
    /// The principals of head.
    pub principals: usize,
    /// The principals of base.
    pub principals_before: usize,
    /// Those of either that reach something that differs, and were compared one by one.
    pub touched: usize,
    /// The grants of head.
    pub grants: usize,
    /// The grants of base.
    pub grants_before: usize,
}

/// What the change edits that is no access.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RulesTouched {
    /// Files of rules, by path.
    pub rules: Vec<String>,
    /// Files of records, by path.
    pub records: Vec<String>,
    /// Systems that are described otherwise. What base says of them holds here.
    pub systems: Vec<String>,
}

/// What of a way the other tree has not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Because {
    /// The first step that only one tree has, in words.
    pub text: String,
    /// Where it is written.
    pub place: Option<(Side, Place)>,
    /// The same without whose it is, so that what many have alike can be told once.
    pub alike: String,
}

/// One way: the path, and what of it the other tree has not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Way {
    /// The steps, from the principal to the permission.
    pub steps: Vec<Step>,
    /// What of it is new, or gone. `None` where every step is in the other tree too: something that limited it differs.
    pub because: Option<Because>,
}

/// What becomes of a duty that somebody holds in a system.
#[derive(Debug, Clone)]
pub struct DutyChange {
    /// Who.
    pub who: String,
    /// What kind of principal, or a role: a policy document that stands alone, for whoever will hold it.
    pub kind: SubjectKind,
    /// The duty.
    pub duty: Text,
    /// Its title.
    pub title: Text,
    /// Whether it alone needs an approval.
    pub privileged: bool,
    /// The system.
    pub system: Text,
    /// What becomes of it.
    pub shift: Shift,
    /// How it was held.
    pub before: Vec<Part>,
    /// How it is held.
    pub after: Vec<Part>,
    /// The wider duty that it comes along with, if all that differs does.
    pub along: Option<Text>,
    /// The way that gives it now, or that gave it before.
    pub way: Way,
}

/// What becomes of a conflict that somebody meets.
#[derive(Debug, Clone)]
pub struct ConflictChange {
    /// Who.
    pub who: String,
    /// What kind of principal, or a role: a policy document that stands alone, for whoever will hold it.
    pub kind: SubjectKind,
    /// The conflict.
    pub conflict: Text,
    /// Its title.
    pub title: Text,
    /// How bad it is.
    pub severity: Severity,
    /// The systems of its duties.
    pub systems: BTreeSet<Text>,
    /// What becomes of it.
    pub shift: Shift,
    /// How the duties met.
    pub before: Vec<Part>,
    /// How they meet.
    pub after: Vec<Part>,
    /// The wider duty that gives it, if all that differs comes by it.
    pub along: Option<Text>,
    /// Each duty with its title and the way to it.
    pub legs: Vec<(Text, Text, Way)>,
}

/// What becomes of the ways by which somebody could come to administer a system.
#[derive(Debug, Clone)]
pub struct EscalationChange {
    /// Who.
    pub who: String,
    /// What kind of principal, or a role: a policy document that stands alone, for whoever will hold it.
    pub kind: SubjectKind,
    /// The system.
    pub system: Text,
    /// What becomes of it.
    pub shift: Shift,
    /// On what, before.
    pub before: Vec<Part>,
    /// On what, now.
    pub after: Vec<Part>,
    /// What is not declared and decides.
    pub unknowns: BTreeSet<Text>,
    /// The way; after the steps to each permission stands what comes of it.
    pub steps: Vec<Step>,
}

/// A permission by itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Permission {
    /// Its system.
    pub system: Text,
    /// What, in words: `viewer permits s3:GetObject on bucket/*`.
    pub text: String,
    /// Whether it cannot be told what it permits: nothing defines the role.
    pub unknown: bool,
    /// Where it is written.
    pub place: Option<(Side, Place)>,
}

/// Permissions that somebody gains or loses and that make no duty.
#[derive(Debug, Clone)]
pub struct PermissionChange {
    /// Who.
    pub who: String,
    /// What kind of principal, or a role: a policy document that stands alone, for whoever will hold it.
    pub kind: SubjectKind,
    /// What is held now and was not.
    pub gained: Vec<Permission>,
    /// What was held and is not.
    pub lost: Vec<Permission>,
}

/// What kind of fact beside duties.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BesideKind {
    /// An account that is there in one tree only.
    Account,
    /// Whose an account is.
    Owner,
    /// A membership in a group.
    Membership,
    /// The right to act as an account.
    ActsAs,
}

/// Something that one tree says of accounts and groups and the other does not.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct BesideChange {
    /// What kind.
    pub kind: BesideKind,
    /// Whether head has it.
    pub gained: bool,
    /// Who has it: an account, a person, a group.
    pub who: String,
    /// The group, or the account; absent of an account by itself.
    pub what: Option<String>,
    /// Where it is written.
    pub place: Option<(Side, Place)>,
}

/// Something that the change brings and that could not be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotTold {
    /// Which kind.
    pub gap: Gap,
    /// Why.
    pub reason: String,
    /// What follows.
    pub consequence: String,
    /// Where.
    pub place: Option<Place>,
}
