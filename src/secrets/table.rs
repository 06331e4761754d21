//! The knowledge of kinds, read from YAML.

/// All kinds of tokens, and the words that secrets are assigned to.
#[derive(Debug, Default)]
pub struct Table {
    kinds: Vec<Kind>,
}

/// How long tokens of a kind live, where the token itself does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KindLifetime {
    /// Until somebody revokes them.
    Unbounded,
    /// Minutes or hours.
    Temporary,
    /// The issuer decides for each.
    Unknown,
}

/// A kind of token.
#[derive(Debug)]
pub struct Kind {
    /// Its id: `github_token`.
    pub id: String,
    /// Its name for people.
    pub title: String,
    /// Who issues it.
    pub provider: String,
    /// How long it lives.
    pub lifetime: KindLifetime,
    /// What to do when one was published, in a line.
    pub revoke: String,
}

impl Table {
    /// The table that ships with the binary.
    #[must_use]
    pub fn built_in() -> &'static Self {
        static TABLE: std::sync::LazyLock<Table> = std::sync::LazyLock::new(Table::default);
        &TABLE
    }

    /// Every kind, in the order of the file.
    #[must_use]
    pub fn kinds(&self) -> &[Kind] {
        &self.kinds
    }

    /// The kind of an id.
    #[must_use]
    pub fn kind(&self, id: &str) -> Option<&Kind> {
        self.kinds.iter().find(|kind| kind.id == id)
    }
}
