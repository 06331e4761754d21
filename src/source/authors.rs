//! Who takes part in a change, and where the repository comes from.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::SourceError;
use super::git::{Git, GitEnv, failed};
use super::list::records;

/// Someone who took part in a change, as git names them. Nothing here is proven: a commit can claim any name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Author {
    /// The name, possibly empty.
    pub name: String,
    /// The address, possibly empty; as it is written, case included.
    pub email: String,
    /// How they took part.
    pub kind: AuthorKind,
}

/// How someone took part in a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthorKind {
    /// The author of a commit.
    Author,
    /// Who committed it.
    Committer,
    /// Named in a `Co-authored-by:` trailer.
    CoAuthor,
    /// The identity that git would commit the work tree or the index with.
    WorkTree,
}

pub(super) fn add(authors: &mut BTreeSet<Author>, name: &str, email: &str, kind: AuthorKind) {
    let (name, email) = (name.trim().to_owned(), email.trim().to_owned());
    if !name.is_empty() || !email.is_empty() {
        authors.insert(Author { name, email, kind });
    }
}

/// How git is to write the author and the committer of a commit: a line each, with a letter in front, so that the line of
/// somebody without name and address is not empty.
pub(super) const PEOPLE: &str = "a%an%x00%ae%nc%cn%x00%ce";

/// Who made a commit, by two lines as [`PEOPLE`] has them; nothing if they are not that.
pub(super) fn people<'l>(lines: &mut impl Iterator<Item = &'l str>) -> Option<BTreeSet<Author>> {
    let mut authors = BTreeSet::new();
    for (letter, kind) in [('a', AuthorKind::Author), ('c', AuthorKind::Committer)] {
        let (name, email) = lines.next()?.strip_prefix(letter)?.split_once('\0')?;
        add(&mut authors, name, email, kind);
    }
    Some(authors)
}

/// Splits `Name <address>`; a text without brackets is an address if it has an `@`, else a name.
pub(super) fn person(text: &str) -> (&str, &str) {
    match text.rsplit_once('<') {
        Some((name, email)) => (name, email.split_once('>').map_or(email, |(email, _)| email)),
        None if text.contains('@') => ("", text),
        None => (text, ""),
    }
}

/// What the configuration says of the person and of the repository's origin.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Configured {
    /// Who would commit.
    pub(super) authors: BTreeSet<Author>,
    /// Where `origin`, or else the first remote by name, is fetched from; without user and password.
    pub(super) remote_url: Option<String>,
}

/// Reads both from the configuration, and who commits also from what git tells its hooks.
pub(super) fn configured(git: &Git, env: &GitEnv) -> Result<Configured, SourceError> {
    let pattern = r"^((user|author|committer)\.(name|email)|remote\..*\.url)$";
    let arguments = ["config", "-z", "--get-regexp", pattern];
    let output = git.output(&arguments)?;
    // Status 1: nothing matches.
    if !output.status.success() && output.status.code() != Some(1) {
        return Err(failed(&arguments, &output.stderr));
    }
    let mut values: Vec<(String, String)> = Vec::new();
    for record in records(&output.stdout) {
        let text = String::from_utf8_lossy(record);
        if let Some((key, value)) = text.split_once('\n') {
            values.push((key.to_owned(), value.to_owned()));
        }
    }
    let last = |key: &str| values.iter().rev().find(|(known, _)| known == key).map(|(_, value)| value.clone());
    let variable = |name: &str| env.get(name).map(|value| value.to_string_lossy().into_owned());
    let mut authors = BTreeSet::new();
    // All of them, not only the one that git would use: each is someone who may not approve this change.
    for (name, email) in [
        (variable("GIT_AUTHOR_NAME"), variable("GIT_AUTHOR_EMAIL")),
        (variable("GIT_COMMITTER_NAME"), variable("GIT_COMMITTER_EMAIL")),
        (last("author.name"), last("author.email")),
        (last("committer.name"), last("committer.email")),
        (last("user.name"), last("user.email")),
    ] {
        if let Some(email) = email {
            let name = name.or_else(|| last("user.name")).unwrap_or_default();
            add(&mut authors, &name, &email, AuthorKind::WorkTree);
        }
    }
    Ok(Configured { authors, remote_url: remote(&values) })
}

fn remote(values: &[(String, String)]) -> Option<String> {
    let mut remotes = values.iter().filter_map(|(key, value)| {
        let name = key.strip_prefix("remote.")?.strip_suffix(".url")?;
        Some((name, value))
    });
    // The first address of a remote is the one that is fetched from.
    let origin = remotes.clone().find(|(name, _)| *name == "origin").map(|(_, url)| url);
    let first = origin.or_else(|| {
        let least = remotes.clone().map(|(name, _)| name).min()?;
        remotes.find(|(name, _)| *name == least).map(|(_, url)| url)
    })?;
    Some(without_credentials(first))
}

/// An address without what may be secret in it. The user of an SSH address stays: it is part of the place.
fn without_credentials(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let authority = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(authority);
    let Some((user, host)) = authority.rsplit_once('@') else { return url.to_owned() };
    if scheme.contains("ssh") {
        let user = user.split_once(':').map_or(user, |(user, _)| user);
        format!("{scheme}://{user}@{host}{path}")
    } else {
        format!("{scheme}://{host}{path}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_cut_out_of_addresses() {
        for (url, expected) in [
            ("https://example.com/a/b.git", "https://example.com/a/b.git"),
            ("https://token@example.com/a/b@c.git", "https://example.com/a/b@c.git"),
            ("https://me:p@ss@example.com:8443/a", "https://example.com:8443/a"),
            ("ssh://git@example.com/a", "ssh://git@example.com/a"),
            ("ssh://git:pw@example.com/a", "ssh://git@example.com/a"),
            ("git@example.com:a/b.git", "git@example.com:a/b.git"),
            ("/srv/git/a.git", "/srv/git/a.git"),
        ] {
            assert_eq!(without_credentials(url), expected);
        }
    }

    #[test]
    fn origin_wins_then_the_first_by_name() {
        let value = |key: &str, url: &str| (format!("remote.{key}.url"), url.to_owned());
        assert_eq!(remote(&[value("a", "/a"), value("origin", "/o"), value("origin", "/o2")]).as_deref(), Some("/o"));
        assert_eq!(remote(&[value("z.z", "/z"), value("b", "/b")]).as_deref(), Some("/b"));
        assert_eq!(remote(&[]), None);
    }

    #[test]
    fn people() {
        assert_eq!(person("Ann <a@x.org>"), ("Ann ", "a@x.org"));
        assert_eq!(person("a@x.org"), ("", "a@x.org"));
        assert_eq!(person("Ann"), ("Ann", ""));
        assert_eq!(person("<a@x.org"), ("", "a@x.org"));
    }
}
