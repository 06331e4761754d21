//! Who made a change, as people: nobody of them approves it.

use std::collections::{BTreeMap, BTreeSet};

use super::super::staff::{Login, Staff};
use crate::keys::AllowedSigners;
use crate::rules::{ForgeReview, is_record_path};
use crate::source::{Author, AuthorKind, Commit, Comparison};

/// Who made a change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::gate) struct Authorship {
    /// People who took part, as `person:ID`, and how.
    people: BTreeMap<String, &'static str>,
    /// Why somebody may have taken part who is not known.
    pub(in crate::gate) unproven: Option<String>,
}

/// The committer of what is made in GitHub's web interface.
const WEB_FLOW: &str = "noreply@github.com";
/// The end of the addresses that GitHub gives to people who hide theirs: `ID+LOGIN@…`.
const HIDDEN: &str = "@users.noreply.github.com";

impl Authorship {
    /// Everybody who took part in a change: authors, committers and co-authors of its commits, whoever signed them,
    /// whoever would commit what is not committed, and whom the forge names.
    ///
    /// A commit that only adds records makes nobody an author, and neither does one that changes nothing (a branch that
    /// was brought up to date). GitHub's own committer is nobody.
    pub(in crate::gate) fn of(
        comparison: &Comparison,
        staff: &Staff<'_>,
        signers: Option<&AllowedSigners>,
        review: Option<&ForgeReview>,
        as_of: i64,
    ) -> Self {
        let mut all = Self::default();
        for commit in comparison.commits.iter().filter(|commit| counts(commit)) {
            let signed = signed_by(commit, staff, signers, as_of);
            for person in &signed {
                all.add(person, "signed a commit of this change");
            }
            for author in &commit.authors {
                all.take(author, staff, !signed.is_empty());
            }
        }
        for author in &comparison.uncommitted {
            all.take(author, staff, false);
        }
        if let Some(review) = review {
            if review.names_pusher {
                // The forge knows who pushed, so an address in a commit leaves nothing open.
                all.unproven = None;
            }
            for login in &review.bots {
                if staff.of_login(login) != Login::Service {
                    all.unproven = Some(format!(
                        "{login} pushed to this change, and no declared service identity has that account"
                    ));
                }
            }
            for login in &review.authors {
                match staff.of_login(login) {
                    Login::Person(person) => all.add(&person, "proposed, pushed or triggered this change"),
                    Login::Service => {}
                    Login::Unknown => {
                        all.unproven = Some(format!("the author {login} on the forge is no declared person's account"));
                    }
                }
            }
        }
        all
    }

    /// How a person took part; `None` for everybody else.
    pub(in crate::gate) fn part_of(&self, person: &str) -> Option<&'static str> {
        self.people.get(person).copied()
    }

    /// The people who took part.
    pub(in crate::gate) fn people(&self) -> impl Iterator<Item = &str> {
        self.people.keys().map(String::as_str)
    }

    fn add(&mut self, person: &str, how: &'static str) {
        self.people.entry(person.to_owned()).or_insert(how);
    }

    fn take(&mut self, author: &Author, staff: &Staff<'_>, proven: bool) {
        if author.kind == AuthorKind::Committer && author.email.eq_ignore_ascii_case(WEB_FLOW) {
            return;
        }
        let how = match author.kind {
            AuthorKind::Author => "is an author of this change",
            AuthorKind::Committer => "committed a part of this change",
            AuthorKind::CoAuthor => "is a co-author of this change",
            AuthorKind::WorkTree => "is making this change",
        };
        if let Some(person) = staff.of_email(&author.email) {
            return self.add(&person, how);
        }
        if let Some(login) = hidden_login(&author.email) {
            match staff.of_login(login) {
                Login::Person(person) => return self.add(&person, how),
                Login::Service => return,
                Login::Unknown => {}
            }
        }
        if !proven {
            let who = if author.email.is_empty() { &author.name } else { &author.email };
            self.unproven = Some(format!("the author {who} is no active person who is declared here"));
        }
    }
}

/// Whether a commit makes its authors authors of the change.
fn counts(commit: &Commit) -> bool {
    commit.paths.as_ref().is_none_or(|paths| paths.iter().any(|path| !is_record_path(path)))
}

fn hidden_login(email: &str) -> Option<&str> {
    let local = email.to_ascii_lowercase().strip_suffix(HIDDEN)?.len();
    let local = email.get(..local)?;
    Some(local.split_once('+').map_or(local, |(_, login)| login))
}

/// The people whose keys signed a commit.
fn signed_by(commit: &Commit, staff: &Staff<'_>, signers: Option<&AllowedSigners>, as_of: i64) -> BTreeSet<String> {
    let Some(signers) = signers else { return BTreeSet::new() };
    // A commit whose signature does not count says no more than one without.
    let signed = commit.signature.as_ref().map(|signature| signers.verify_commit(signature, as_of));
    let Some(Ok(signed)) = signed else { return BTreeSet::new() };
    let identities = signed.entries.iter().flat_map(|entry| &entry.principals);
    identities.filter_map(|identity| staff.of_identity(identity)).collect()
}
