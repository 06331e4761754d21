//! Path globs of the configuration.

use glob::{MatchOptions, Pattern};

use super::error::{RuleError, RuleFile};
use crate::syntax::Spanned;

/// Path globs: `*` stays inside a folder, `**` does not. A pattern without wildcard also means everything below it.
#[derive(Debug, Clone, Default)]
pub struct Globs {
    patterns: Vec<Pattern>,
    folders: Vec<String>,
}

/// Case counts, `*` does not cross `/`, and a leading dot is like any other character.
const OPTIONS: MatchOptions =
    MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: false };

impl Globs {
    /// Compiles patterns as they are written in a file.
    ///
    /// # Errors
    /// The first pattern that is not a glob, at its place.
    pub fn read(file: Option<&RuleFile>, patterns: &[Spanned<String>]) -> Result<Self, RuleError> {
        let mut globs = Self::default();
        for pattern in patterns {
            globs.add(pattern.as_str()).map_err(|message| {
                let file = file.cloned().unwrap_or_else(|| RuleFile::new("", Vec::new()));
                file.error(pattern.span, format!("`{}` is not a glob: {message}", pattern.value))
            })?;
        }
        Ok(globs)
    }

    /// Exactly these paths, whatever characters are in them.
    #[must_use]
    pub fn of_paths<'p>(paths: impl IntoIterator<Item = &'p str>) -> Self {
        Self { patterns: Vec::new(), folders: paths.into_iter().map(str::to_owned).collect() }
    }

    fn add(&mut self, pattern: &str) -> Result<(), String> {
        let pattern = pattern.trim_start_matches("./");
        if pattern.contains(['*', '?', '[']) {
            self.patterns.push(Pattern::new(pattern).map_err(|error| error.msg.to_owned())?);
        } else {
            self.folders.push(pattern.trim_end_matches('/').to_owned());
        }
        Ok(())
    }

    /// Whether a path from the root of the tree matches one.
    #[must_use]
    pub fn matches(&self, path: &str) -> bool {
        self.patterns.iter().any(|pattern| pattern.matches_with(path, OPTIONS))
            || self.folders.iter().any(|folder| {
                folder == "."
                    || path == folder
                    || path.strip_prefix(folder.as_str()).is_some_and(|rest| rest.starts_with('/'))
            })
    }

    /// Adds those of another list.
    pub fn extend(&mut self, other: &Self) {
        self.patterns.extend(other.patterns.iter().cloned());
        self.folders.extend(other.folders.iter().cloned());
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.patterns.is_empty() && self.folders.is_empty()
    }
}
