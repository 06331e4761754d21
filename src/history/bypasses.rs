//! The ways around the gate: which of them git proves, which a forge's export shows, and which nobody can tell.

use schemars::JsonSchema;
use serde::Serialize;

use super::forge_audit::{ForgeAudit, ForgeEvent};
use super::landings::{Landing, State};
use super::period::Period;
use crate::rules::{ForgeEventKind, Instant};

/// A way around the gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// A commit of its own landed, and nothing was evaluated.
    DirectPush,
    /// A merge landed, and nothing was evaluated.
    MergeNotEvaluated,
    /// Another tree landed than the one that was evaluated: a squash that was changed, or a check that was stale.
    OtherTree,
    /// It landed although it did not pass.
    NotPassed,
    /// What was recorded on the branch is on it no more.
    HistoryReplaced,
    /// The commit of another repository was changed, whose files the gate does not read.
    OtherRepository,
    /// The forge let somebody pass by a rule of the branch.
    Override,
    /// What guards the branch was changed at the forge.
    ProtectionChanged,
    /// The forge saw history replaced, or a push that was no merge.
    PushedAtTheForge,
    /// A branch was deleted at the forge.
    BranchDeleted,
    /// A tag was moved that something is pinned by.
    TagMoved,
    /// Somebody else pushed than the commits say.
    OtherPusher,
}

/// What shows a way around the gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ShownBy {
    /// Git and the evidence prove it.
    Git,
    /// An export of the forge shows it.
    ForgeExport,
    /// Neither does.
    Nothing,
}

/// Whether it was looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Looked {
    /// All period long.
    Yes,
    /// For a part of the period: the export does not reach further.
    InPart,
    /// Not at all: no export that would show it was given, or there is none.
    No,
}

impl Way {
    /// Every way, in the order in which they are told.
    pub const ALL: [Self; 12] = [
        Self::DirectPush,
        Self::MergeNotEvaluated,
        Self::OtherTree,
        Self::NotPassed,
        Self::HistoryReplaced,
        Self::OtherRepository,
        Self::Override,
        Self::ProtectionChanged,
        Self::PushedAtTheForge,
        Self::BranchDeleted,
        Self::TagMoved,
        Self::OtherPusher,
    ];

    /// What shows it.
    #[must_use]
    pub fn shown_by(self) -> ShownBy {
        match self {
            Self::DirectPush
            | Self::MergeNotEvaluated
            | Self::OtherTree
            | Self::NotPassed
            | Self::HistoryReplaced
            | Self::OtherRepository => ShownBy::Git,
            Self::Override | Self::ProtectionChanged | Self::PushedAtTheForge | Self::BranchDeleted => {
                ShownBy::ForgeExport
            }
            Self::TagMoved | Self::OtherPusher => ShownBy::Nothing,
        }
    }

    /// In words.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::DirectPush => "a commit that nothing evaluated",
            Self::MergeNotEvaluated => "a merge that nothing evaluated",
            Self::OtherTree => "another tree landed than was evaluated",
            Self::NotPassed => "it landed and did not pass",
            Self::HistoryReplaced => "recorded commits are gone from the branch",
            Self::OtherRepository => "another repository's commit was changed",
            Self::Override => "the forge let somebody pass by a rule",
            Self::ProtectionChanged => "what guards the branch was changed",
            Self::PushedAtTheForge => "pushed at the forge without a merge",
            Self::BranchDeleted => "a branch was deleted",
            Self::TagMoved => "a tag was moved",
            Self::OtherPusher => "pushed by somebody else than the commits say",
        }
    }

    /// The way that a landing took, if it got past the gate.
    #[must_use]
    pub fn of(landing: &Landing<'_>) -> Option<Self> {
        match landing.state {
            State::NotPassed => Some(Self::NotPassed),
            State::OtherTree => Some(Self::OtherTree),
            State::NotEvaluated if landing.commit.parents.len() > 1 => Some(Self::MergeNotEvaluated),
            State::NotEvaluated => Some(Self::DirectPush),
            State::Judged | State::Recorded | State::Accepted | State::Together | State::BeforeTheGate => None,
        }
    }

    fn of_event(kind: ForgeEventKind) -> Self {
        match kind {
            ForgeEventKind::Override => Self::Override,
            ForgeEventKind::Protection => Self::ProtectionChanged,
            ForgeEventKind::ForcePush | ForgeEventKind::DirectPush => Self::PushedAtTheForge,
            ForgeEventKind::Deletion => Self::BranchDeleted,
        }
    }
}

/// One time that a way was taken.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Taken {
    /// When.
    pub at: Instant,
    /// The commit, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// Who, as git or the forge says.
    pub who: String,
    /// What, in a line.
    pub what: String,
}

/// A way around the gate, whether it was looked for, and every time that it was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct WayReport {
    /// Which.
    pub way: Way,
    /// In words.
    pub title: String,
    /// What shows it.
    pub shown_by: ShownBy,
    /// Whether it was looked for.
    pub looked: Looked,
    /// Every time, oldest first.
    pub taken: Vec<Taken>,
}

/// Every way, with those times that git proves, and those that a forge's export shows of a branch of a repository.
#[must_use]
pub(super) fn ways(
    mut proven: Vec<(Way, Taken)>,
    audit: Option<&ForgeAudit>,
    (repository, branch): (Option<&str>, &str),
    period: &Period,
) -> Vec<WayReport> {
    let events = audit.into_iter().flat_map(|audit| &audit.events);
    let own = events.filter(|event| period.contains(event.at) && concerns(event, repository, branch));
    proven.extend(own.map(|event| {
        let on = event.branch.as_ref().map(|branch| format!(" on {branch}")).unwrap_or_default();
        let taken = Taken {
            at: Instant::from_seconds(event.at),
            commit: event.after.clone(),
            who: event.actor.clone(),
            what: format!("{}{on}", event.event),
        };
        (Way::of_event(event.kind), taken)
    }));
    proven.sort();
    proven.dedup();
    let report = |way: Way| WayReport {
        way,
        title: way.title().to_owned(),
        shown_by: way.shown_by(),
        looked: looked(way, audit, period),
        taken: proven.iter().filter(|(own, _)| *own == way).map(|(_, taken)| taken.clone()).collect(),
    };
    Way::ALL.into_iter().map(report).collect()
}

/// Whether an event is about this branch of this repository, or does not say which.
fn concerns(event: &ForgeEvent, repository: Option<&str>, branch: &str) -> bool {
    let same = match (&event.repository, repository) {
        (Some(named), Some(own)) => own == named || own.trim_end_matches(".git").ends_with(&format!("/{named}")),
        _ => true,
    };
    let on_branch = event.branch.as_ref().is_none_or(|named| branch == named || branch.ends_with(&format!("/{named}")));
    same && (on_branch || event.kind == ForgeEventKind::Deletion)
}

fn looked(way: Way, audit: Option<&ForgeAudit>, period: &Period) -> Looked {
    match (way.shown_by(), audit) {
        (ShownBy::Git, _) => Looked::Yes,
        (ShownBy::ForgeExport, Some(audit)) if audit.speaks_of.iter().any(|kind| Way::of_event(*kind) == way) => {
            // Where nothing happened before the first event and after the last, nobody can tell how far it reaches.
            match audit.reach {
                Some((from, to)) if from <= period.from && to >= period.to => Looked::Yes,
                _ => Looked::InPart,
            }
        }
        _ => Looked::No,
    }
}
