//! A forge's review of a change: the answers of its API, as they came.
//!
//! The file is one JSON object whose keys hold GitHub's own answers: `pull_request`
//! (`GET /repos/{owner}/{repo}/pulls/{n}`), `reviews` (`…/pulls/{n}/reviews`), `activity`
//! (`/repos/{owner}/{repo}/activity?ref=refs/heads/BRANCH`), `run` (`…/actions/runs/{id}`). Sources:
//! <https://docs.github.com/en/rest/pulls/reviews>, <https://docs.github.com/en/rest/repos/repos#list-repository-activities>,
//! <https://docs.github.com/en/rest/actions/workflow-runs>. Who fetched it is who vouches for it: nothing in it is signed.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::dates::Instant;
use super::error::{RuleError, RuleFile};
use crate::store::Digest;
use crate::syntax::{decode, parse};

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Export {
    pull_request: PullRequest,
    reviews: Vec<ReviewAnswer>,
    #[serde(default)]
    activity: Vec<Activity>,
    #[serde(default)]
    run: Option<RunAnswer>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct PullRequest {
    number: u64,
    #[serde(default)]
    html_url: Option<String>,
    user: Option<User>,
    head: Head,
    base: Base,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Head {
    sha: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Base {
    repo: Repo,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Repo {
    full_name: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct User {
    login: String,
    #[serde(default, rename = "type")]
    kind: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct ReviewAnswer {
    id: u64,
    user: Option<User>,
    state: String,
    #[serde(default)]
    commit_id: Option<String>,
    #[serde(default)]
    submitted_at: Option<Instant>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Activity {
    actor: Option<User>,
    #[serde(default)]
    after: Option<String>,
    #[serde(default)]
    activity_type: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct RunAnswer {
    #[serde(default)]
    actor: Option<User>,
    #[serde(default)]
    triggering_actor: Option<User>,
}

/// What somebody's latest review says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReviewState {
    /// Approved the commit that is judged.
    Approved,
    /// Approved another commit.
    ApprovedEarlier,
    /// Asks for changes.
    ChangesRequested,
    /// The approval was taken back.
    Dismissed,
}

/// Somebody's latest review.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    /// The forge's number for it.
    pub id: u64,
    /// The reviewer's login.
    pub login: String,
    /// What it says.
    pub state: ReviewState,
    /// When, in epoch seconds.
    pub at: Option<i64>,
}

/// A forge's review of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForgeReview {
    /// What decides of the file, for the evidence: whatever else people wrote stays where it is.
    pub file: RuleFile,
    /// The digest of the file as it was given.
    pub digest: Digest,
    /// The pull request, for people.
    pub label: String,
    /// The commit that it is about.
    pub commit: String,
    /// The repository: `OWNER/NAME`.
    pub repository: String,
    /// Logins that proposed, pushed or triggered the change.
    pub authors: BTreeSet<String>,
    /// Whether the export says who pushed the commit that is judged, and it is nobody's bot: behind that anybody may be.
    pub names_pusher: bool,
    /// Logins of bots that pushed to the branch.
    pub bots: BTreeSet<String>,
    /// The latest review of each reviewer, by login in lower case.
    pub reviews: BTreeMap<String, Review>,
}

impl ForgeReview {
    /// Reads an export.
    ///
    /// # Errors
    /// That the file is not JSON or lacks what an export has, at its place.
    pub fn read(file: &RuleFile) -> Result<Self, RuleError> {
        const HELP: &str = "give the forge's answers as they came: {\"pull_request\": …, \"reviews\": […], \"activity\": […], \"run\": …}";
        let documents = parse(&file.bytes).map_err(|error| RuleError::syntax(file, error).with_help(HELP))?;
        let [document] = documents.as_slice() else {
            return Err(file.error(None, "an export of reviews is one JSON object").with_help(HELP));
        };
        let export: Export = decode(document).map_err(|error| {
            let help = error.help.clone().unwrap_or_else(|| HELP.to_owned());
            RuleError::decode(file, error).with_help(help)
        })?;
        let kept = serde_json::to_vec(&export).map_err(|error| file.error(None, error.to_string()))?;
        let commit = export.pull_request.head.sha;
        let mut authors = BTreeSet::new();
        let human = |user: &User| user.kind.as_deref() != Some("Bot");
        let run = export.run.iter().flat_map(|run| [&run.triggering_actor, &run.actor]).flatten();
        // Of a bot's change whoever set it off is the author; the bot itself cannot be asked.
        authors.extend(run.filter(|user| human(user)).map(|user| user.login.clone()));
        authors.extend(export.pull_request.user.iter().filter(|user| human(user)).map(|user| user.login.clone()));
        // Whoever merges something into the branch brings it as much as whoever pushes it.
        let brings = |activity: &&Activity| activity.activity_type.as_deref() != Some("branch_deletion");
        let mut names_pusher = false;
        let mut bots = BTreeSet::new();
        for push in export.activity.iter().filter(brings) {
            let Some(actor) = &push.actor else { continue };
            if human(actor) {
                names_pusher |= push.after.as_deref() == Some(commit.as_str());
                authors.insert(actor.login.clone());
            } else {
                bots.insert(actor.login.clone());
            }
        }
        let mut reviews: BTreeMap<String, Review> = BTreeMap::new();
        let mut answers: Vec<&ReviewAnswer> = export.reviews.iter().collect();
        answers.sort_by_key(|answer| (answer.submitted_at, answer.id));
        for answer in answers {
            let Some(user) = &answer.user else { continue };
            let here = answer.commit_id.as_deref() == Some(commit.as_str());
            let state = match answer.state.to_ascii_uppercase().as_str() {
                "APPROVED" if here => ReviewState::Approved,
                "APPROVED" => ReviewState::ApprovedEarlier,
                "CHANGES_REQUESTED" => ReviewState::ChangesRequested,
                "DISMISSED" => ReviewState::Dismissed,
                // A comment takes nothing back.
                _ => continue,
            };
            let review = Review {
                id: answer.id,
                login: user.login.clone(),
                state,
                at: answer.submitted_at.map(Instant::seconds),
            };
            reviews.insert(user.login.to_ascii_lowercase(), review);
        }
        Ok(Self {
            file: RuleFile::new(file.path.clone(), kept),
            digest: Digest::of(&file.bytes),
            label: export
                .pull_request
                .html_url
                .unwrap_or_else(|| format!("pull request {}", export.pull_request.number)),
            commit,
            repository: export.pull_request.base.repo.full_name,
            authors,
            names_pusher,
            bots,
            reviews,
        })
    }
}
