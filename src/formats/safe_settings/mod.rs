//! Settings of repositories as the app safe-settings keeps them: `.github/settings.yml` for all repositories of an
//! organisation, `.github/suborgs/*.yml` for some of them and `.github/repos/*.yml` for one each. What is nearer to a
//! repository counts (github/safe-settings, README, "The hierarchy of settings"). The app Settings, which it stems from,
//! reads the same `.github/settings.yml` for the repository that it names.

mod lower;
mod protection;

use super::{Format, Grouping, Recognise};
use crate::facts::Gap;
use crate::syntax::{Node, SyntaxError};

/// The row of the format table.
pub const FORMAT: Format = Format {
    name: "safe-settings",
    recognise: Recognise::Data(recognise),
    suspect,
    unit: Grouping::Together(|path, _| root(path).to_owned()),
    lower: lower::lower,
};

/// For which repositories a file is, by where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layer<'p> {
    /// All of the organisation.
    Organisation,
    /// Those that the file lists.
    Some,
    /// The one that the file is named after.
    One(&'p str),
}

/// The names of files are the tool's own.
fn layer(path: &str) -> Option<Layer<'_>> {
    let stem = path.strip_suffix(".yml").or_else(|| path.strip_suffix(".yaml"))?;
    let inner = match stem.rfind(".github/") {
        Some(at) if at == 0 || stem.get(..at).is_some_and(|before| before.ends_with('/')) => stem.get(at + 8..)?,
        _ => return None,
    };
    match inner.split_once('/') {
        None if inner == "settings" => Some(Layer::Organisation),
        Some(("suborgs", name)) if !name.contains('/') => Some(Layer::Some),
        Some(("repos", name)) if !name.contains('/') => Some(Layer::One(name)),
        _ => None,
    }
}

/// The folder whose files belong together.
fn root(path: &str) -> &str {
    path.rfind(".github/").and_then(|at| path.get(..at + 7)).unwrap_or(path)
}

fn recognise(path: &str, document: &Node) -> bool {
    layer(path).is_some()
        && ["repository", "collaborators", "teams", "branches", "rulesets", "environments", "suborgrepos"]
            .iter()
            .any(|key| document.entry(key).is_some())
}

fn suspect(path: &str, _text: &str, _error: &SyntaxError) -> Option<Gap> {
    layer(path).map(|_| Gap::Broken)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::trees::run_trees;

    #[test]
    fn cases() {
        run_trees("safe-settings-*", &[FORMAT.name]);
    }

    #[test]
    fn files_are_known_by_the_names_that_the_app_prescribes() {
        assert_eq!(layer(".github/settings.yml"), Some(Layer::Organisation));
        assert_eq!(layer("admin/.github/repos/ledger.yaml"), Some(Layer::One("ledger")));
        assert_eq!(layer(".github/suborgs/finance.yml"), Some(Layer::Some));
        assert_eq!(layer("my.github/settings.yml"), None);
        assert_eq!(layer("settings.yml"), None);
        assert_eq!(layer(".github/repos/deep/er.yml"), None);
        assert_eq!(root("admin/.github/repos/ledger.yml"), "admin/.github");
    }
}
