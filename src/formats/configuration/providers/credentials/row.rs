//! One row of the table of credentials: what a resource type says of the credential that it makes or holds.

use crate::facts::{CredentialKind, Lifetime};

/// A resource type that declares a credential.
#[derive(Debug, Clone, Copy)]
pub(super) struct Declared {
    /// The type.
    pub kind: &'static str,
    /// The type of the system that takes the credential.
    pub system: &'static str,
    /// What it is.
    pub what: CredentialKind,
    /// Where it says whose it is; empty where that is the resource itself.
    pub holder: &'static str,
    /// Where its value may be written, as paths of blocks and arguments. The value of a map is every member.
    pub values: &'static [&'static str],
    /// Whether the resource declares one.
    pub made: Made,
    /// Values that arguments must have; one that is absent has the first.
    pub only: &'static [(&'static str, &'static str)],
    /// How long it lives; none where the type's own function says so.
    pub end: Option<End>,
    /// How often it is replaced by itself.
    pub rotation: Rotates,
}

/// When a resource declares a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Made {
    /// Always.
    Always,
    /// Where one of the values is set.
    WithValue,
    /// Where an argument is true.
    On(&'static str),
    /// Unless an argument is false.
    UnlessOff(&'static str),
}

/// Where the end of a credential is written.
#[derive(Debug, Clone, Copy)]
pub(super) struct End {
    /// Arguments, of which the first that is set counts.
    pub written: &'static [(&'static str, Form)],
    /// How long it lives where none is set.
    pub otherwise: Lifetime,
}

/// How a time is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// An instant by RFC 3339, or a date, whose end counts.
    Date,
    /// Seconds, perhaps with an `s` behind.
    Seconds,
    /// Days.
    Days,
    /// `240h`, `30d`, `1h30m`, or by ISO 8601 `P30D`.
    Span,
}

/// How a type says how often something is replaced by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rotates {
    /// Nothing is said, as of what nothing replaces by itself.
    Unasked,
    /// Nothing ever replaces it.
    Never,
    /// By an argument that turns it on; another says every how many days, else so many.
    Flag { on: &'static str, days: &'static str, otherwise: u32 },
    /// Every so long; an instant is the next time, which does not say how often.
    Period(&'static [(&'static str, Form)]),
    /// By another resource that names it, or by blocks of its own.
    Resource { kind: &'static str, names: &'static str, days: &'static str, own: &'static str },
}

/// A row; what it says beside is put to it.
pub(super) const fn row(kind: &'static str, system: &'static str, what: CredentialKind) -> Declared {
    Declared {
        kind,
        system,
        what,
        holder: "",
        values: &[],
        made: Made::WithValue,
        only: &[],
        end: None,
        rotation: Rotates::Unasked,
    }
}

/// Never: it lives until somebody ends it.
pub(super) const NEVER: End = End { written: &[], otherwise: Lifetime::Unbounded };

/// Nothing here says how long it lives.
pub(super) const UNSAID: End = End { written: &[], otherwise: Lifetime::Unknown };

/// By an argument; without it for ever.
pub(super) const fn until(written: &'static [(&'static str, Form)]) -> End {
    End { written, otherwise: Lifetime::Unbounded }
}

/// By an argument; without it for so many days.
pub(super) const fn until_or_days(written: &'static [(&'static str, Form)], days: i64) -> End {
    End { written, otherwise: Lifetime::For(days * 86_400) }
}

/// By an argument; without it nothing is said.
pub(super) const fn until_if_said(written: &'static [(&'static str, Form)]) -> End {
    End { written, otherwise: Lifetime::Unknown }
}

impl Declared {
    /// Whose it is.
    pub(super) const fn of(mut self, holder: &'static str) -> Self {
        self.holder = holder;
        self
    }

    /// Where its value may be written.
    pub(super) const fn value(mut self, values: &'static [&'static str]) -> Self {
        self.values = values;
        self
    }

    /// The resource is the credential.
    pub(super) const fn always(mut self) -> Self {
        self.made = Made::Always;
        self
    }

    /// There is one where an argument is true.
    pub(super) const fn on(mut self, argument: &'static str) -> Self {
        self.made = Made::On(argument);
        self
    }

    /// There is one unless an argument is false.
    pub(super) const fn unless_off(mut self, argument: &'static str) -> Self {
        self.made = Made::UnlessOff(argument);
        self
    }

    /// Only with these values.
    pub(super) const fn only(mut self, only: &'static [(&'static str, &'static str)]) -> Self {
        self.only = only;
        self
    }

    /// How long it lives.
    pub(super) const fn lives(mut self, end: End) -> Self {
        self.end = Some(end);
        self
    }

    /// How often it is replaced by itself.
    pub(super) const fn rotates(mut self, rotation: Rotates) -> Self {
        self.rotation = rotation;
        self
    }
}
