//! What the process says at its end.

/// Exit status. README's table is tested against this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// Clean, or nothing expected and nothing there.
    Clean,
    /// Some finding stops the change.
    Blocked,
    /// Wrong usage, configuration or git state.
    Usage,
    /// Definitions were expected and none were collected, or no policy ran.
    NothingCollected,
    /// The change introduces a definition that could not be evaluated.
    NotEvaluated,
    /// Evidence does not verify.
    EvidenceInvalid,
}

impl Exit {
    /// Every status, in order.
    pub const ALL: [Self; 6] =
        [Self::Clean, Self::Blocked, Self::Usage, Self::NothingCollected, Self::NotEvaluated, Self::EvidenceInvalid];

    /// The number.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Clean => 0,
            Self::Blocked => 1,
            Self::Usage => 2,
            Self::NothingCollected => 3,
            Self::NotEvaluated => 4,
            Self::EvidenceInvalid => 5,
        }
    }

    /// What it means, as README's table says it.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Clean => "clean, or nothing expected and nothing there",
            Self::Blocked => "blocked: a finding must be cleared",
            Self::Usage => "wrong usage, configuration or git state",
            Self::NothingCollected => "definitions were expected and none were collected, or no policy ran",
            Self::NotEvaluated => "the change introduces a definition that could not be evaluated",
            Self::EvidenceInvalid => "evidence does not verify",
        }
    }
}
