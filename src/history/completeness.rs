//! Is this everything? What landed on a branch in a period, held against the evidence.
//!
//! The population comes from git and not from our own log: the commits that the branch went through, first parents
//! alone. Each has an evaluation that passed, or is listed. What a clone cannot know is said to be unknown.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use schemars::{JsonSchema, Schema};
use serde::Serialize;

use super::bypasses::{ShownBy, Taken, Way, WayReport, ways};
use super::evaluations::{Evaluation, Evaluations, Evaluator, Proof};
use super::forge_audit::ForgeAudit;
use super::landings::{Landing, Needs, State, landings};
use super::period::Period;
use super::population::{Frame, Item, PopulationKind};
use crate::evidence::{AttachmentPurpose, RecordId, Verification};
use crate::rules::Instant;
use crate::source::{AuthorKind, Branch, BranchCommit, BranchReader, SourceError, Standing};

/// The name of this version of the format.
pub const COMPLETENESS_SCHEMA: &str = "countersign.dev/completeness/v1";

/// The JSON Schema of a statement of completeness.
#[must_use]
pub fn completeness_schema() -> Schema {
    schemars::schema_for!(Completeness)
}

/// What git can be asked beyond the branch itself.
pub trait AsksGit {
    /// How a commit stands to the branch.
    ///
    /// # Errors
    /// [`SourceError`] when git does not tell.
    fn standing(&self, commit: &str) -> Result<Standing, SourceError>;

    /// The paths that a commit changed.
    ///
    /// # Errors
    /// [`SourceError`] when git does not tell.
    fn changed(&self, commit: &BranchCommit) -> Result<Vec<String>, SourceError>;

    /// The other repositories whose commit each commit of the branch changed: the commit, and the path.
    ///
    /// # Errors
    /// [`SourceError`] when git does not tell.
    fn repinned(&self) -> Result<Vec<(String, String)>, SourceError>;
}

/// What is asked, and of what.
pub struct Question<'a> {
    /// The branch, as a clone has it.
    pub branch: &'a Branch,
    /// Git, for what is not in it.
    pub git: &'a dyn AsksGit,
    /// Every evaluation that is kept.
    pub evaluations: &'a Evaluations,
    /// How the evidence verifies.
    pub verified: &'a Verification,
    /// An export of the forge.
    pub audit: Option<&'a ForgeAudit>,
    /// The period.
    pub period: &'a Period,
    /// Which evaluation a landing needs.
    pub needs: Needs,
    /// What to call the repository where it is fetched from nowhere.
    pub folder: &'a str,
    /// When it is asked, in epoch seconds.
    pub as_of: i64,
}

impl<'a> Question<'a> {
    /// Everything that landed on the branch, with what stands behind it.
    #[must_use]
    pub fn landings(&self) -> Vec<Landing<'a>> {
        landings(&self.branch.commits, &self.evaluations.all, self.needs)
    }
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Completeness {
    /// Always [`COMPLETENESS_SCHEMA`].
    pub schema: String,
    /// When it was asked.
    pub as_of: Instant,
    /// The period, the repository, the branch and its tip.
    pub frame: Frame,
    /// Whether every change that landed in the period has its evaluation, and nothing contradicts it.
    pub complete: bool,
    /// The claim in words: relative to what, and what is unknown.
    pub claim: Vec<String>,
    /// The first commit of the branch that was evaluated; what landed before is not judged by the gate.
    pub gate_since: Option<GateSince>,
    /// How many landed in the period.
    pub landed: u64,
    /// How many of them are in which state; all states, so that zero is said.
    pub states: BTreeMap<State, u64>,
    /// Each of them, oldest first.
    pub landings: Vec<LandingReport>,
    /// Every way around the gate.
    pub ways: Vec<WayReport>,
    /// Evaluations in the period.
    pub evaluated: EvaluatedReport,
    /// Each day of the period.
    pub days: Vec<DayReport>,
    /// The versions of the program and of the rules, in the order in which they were first used.
    pub versions: Vec<VersionReport>,
    /// Records that do not verify.
    pub refused: Vec<RefusedReport>,
}

/// The first commit of a branch that was evaluated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct GateSince {
    /// It.
    pub commit: String,
    /// When it was committed.
    pub at: Instant,
}

/// One landing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LandingReport {
    /// The commit that the branch went to.
    pub commit: String,
    /// When it was committed, by its own word.
    pub at: Instant,
    /// Its authors, as git has them.
    pub authors: Vec<String>,
    /// The first line of its message.
    pub subject: String,
    /// What stands behind it.
    pub state: State,
    /// The record of the evaluation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evaluation: Option<RecordId>,
    /// Whether somebody signed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proof: Option<Proof>,
    /// The record of the judge's evaluation from before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub judged: Option<RecordId>,
    /// The records that let something pass.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub accepted_by: Vec<String>,
    /// The paths that it changed, of what got past the gate.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changed: Vec<String>,
}

/// Evaluations in a period.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct EvaluatedReport {
    /// By the judge.
    pub by_judge: u64,
    /// By the recorder.
    pub by_recorder: u64,
    /// By the judge, of what did not land: changes that were given up, or judged again.
    pub not_landed: u64,
    /// Recorded commits of which the branch knows nothing, and that another branch or tag has.
    pub elsewhere: u64,
}

/// One day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DayReport {
    /// Its date.
    pub day: String,
    /// How many landed.
    pub landed: u64,
    /// How many of them got past the gate.
    pub ungated: u64,
    /// How many evaluations ended.
    pub evaluated: u64,
    /// Whether anybody looked at the day, whatever landed on it.
    pub night: Night,
}

/// Whether a day was looked at for what comes by the passing of time: ends, leavers, drift. The nightly workflow does, and
/// attaches what it came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Night {
    /// It was, and a key that counts signed what it came to.
    Evidenced,
    /// Nothing shows that it was.
    NotEvidenced,
    /// It has not ended yet.
    Open,
}

impl Night {
    /// In words.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Evidenced => "evidenced",
            Self::NotEvidenced => "not evidenced",
            Self::Open => "not over",
        }
    }
}

/// A version of the program with one of the rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct VersionReport {
    /// Of the program.
    pub engine: String,
    /// The digest of all rule files.
    pub rules: String,
    /// The first evaluation by them.
    pub first: Instant,
    /// The last one.
    pub last: Instant,
    /// How many.
    pub evaluations: u64,
}

/// A record that does not verify.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RefusedReport {
    /// Which.
    pub record: RecordId,
    /// What is wrong.
    pub what: String,
}

/// Most landings whose paths are listed.
const MOST_LISTED: usize = 1_000;

/// Answers, by the question's [landings](Question::landings).
///
/// # Errors
/// [`SourceError`] when git does not tell.
pub fn completeness(question: &Question<'_>, all: &[Landing<'_>]) -> Result<Completeness, SourceError> {
    let Question { branch, period, evaluations, verified, .. } = question;
    let gate_since = all
        .iter()
        .find(|own| own.state != State::BeforeTheGate)
        .map(|own| GateSince { commit: own.commit.commit.clone(), at: Instant::from_seconds(own.commit.at) });
    let own: Vec<&Landing<'_>> = all.iter().filter(|own| period.contains(own.commit.at)).collect();
    let mut states: BTreeMap<State, u64> = State::ALL.into_iter().map(|state| (state, 0)).collect();
    for landing in &own {
        *states.entry(landing.state).or_default() += 1;
    }
    let (mut reports, mut proven) = (Vec::new(), Vec::new());
    let mut listed = 0;
    for landing in &own {
        let mut report = LandingReport::of(landing);
        if let Some(way) = Way::of(landing) {
            listed += 1;
            if listed <= MOST_LISTED {
                report.changed = question.git.changed(landing.commit)?;
            }
            proven.push((way, taken(landing.commit, what(&report))));
        }
        reports.push(report);
    }
    let (gone, elsewhere) = replaced(question)?;
    proven.extend(gone.iter().map(|(own, what)| {
        (
            Way::HistoryReplaced,
            Taken {
                at: Instant::from_seconds(own.at),
                commit: own.commit.clone(),
                who: String::new(),
                what: (*what).to_owned(),
            },
        )
    }));
    let by_commit: BTreeMap<&str, &BranchCommit> =
        own.iter().map(|own| (own.commit.commit.as_str(), own.commit)).collect();
    for (commit, path) in question.git.repinned()? {
        if let Some(commit) = by_commit.get(commit.as_str()) {
            proven.push((Way::OtherRepository, taken(commit, path)));
        }
    }
    let ways = ways(proven, question.audit, (branch.remote_url.as_deref(), &branch.name), period);
    let ungated: u64 = states.iter().filter(|(state, _)| state.is_ungated()).map(|(_, count)| count).sum();
    let before = states.get(&State::BeforeTheGate).copied().unwrap_or_default();
    let log_holds = verified.problems.is_empty() && evaluations.refused.is_empty();
    let cut = branch.shallow && branch.commits.first().is_some_and(|first| period.from <= first.at);
    let frame = Frame {
        kind: PopulationKind::Merges,
        period: (*period).clone(),
        repository: branch.remote_url.clone().unwrap_or_else(|| question.folder.to_owned()),
        branch: branch.name.clone(),
        tip: branch.commits.last().map(|tip| tip.commit.clone()).unwrap_or_default(),
    };
    let mut claim = relative(question, &frame);
    claim.extend(unknown(&ways));
    if cut {
        claim.push("the clone is shallow: what landed before its first commit is not known".to_owned());
    }
    Ok(Completeness {
        schema: COMPLETENESS_SCHEMA.to_owned(),
        as_of: Instant::from_seconds(question.as_of),
        // What came before the first evaluation was not evaluated either: else taking the evidence away would complete it.
        complete: ungated + before == 0 && gone.is_empty() && log_holds && !cut,
        claim,
        gate_since,
        landed: own.len() as u64,
        states,
        landings: reports,
        ways,
        evaluated: evaluated(question, all, elsewhere),
        days: days(question, &own),
        versions: versions(period, &evaluations.all),
        refused: refused(evaluations),
        frame,
    })
}

impl Completeness {
    /// The landings as the items of a population.
    #[must_use]
    pub fn items(&self) -> Vec<Item> {
        self.landings.iter().map(|own| Item::new(own.commit.clone(), own.at.seconds(), &own.subject)).collect()
    }

    /// How many landed before there was a gate.
    #[must_use]
    pub fn before_the_gate(&self) -> u64 {
        self.states.get(&State::BeforeTheGate).copied().unwrap_or_default()
    }

    /// How many days of it are over, and of how many of them nothing shows that they were looked at.
    #[must_use]
    pub fn nights(&self) -> (u64, u64) {
        let count = |wanted: &dyn Fn(Night) -> bool| self.days.iter().filter(|day| wanted(day.night)).count() as u64;
        (count(&|night| night != Night::Open), count(&|night| night == Night::NotEvidenced))
    }

    /// How many got past the gate.
    #[must_use]
    pub fn ungated(&self) -> u64 {
        self.states.iter().filter(|(state, _)| state.is_ungated()).map(|(_, count)| count).sum()
    }
}

impl LandingReport {
    fn of(landing: &Landing<'_>) -> Self {
        let Landing { commit, state, evaluation, judged, again: _ } = landing;
        Self {
            commit: commit.commit.clone(),
            at: Instant::from_seconds(commit.at),
            authors: authors(commit),
            subject: commit.subject.clone(),
            state: *state,
            evaluation: evaluation.map(|own| own.id),
            proof: evaluation.map(|own| own.proof),
            judged: judged.map(|own| own.id),
            accepted_by: evaluation.map(|own| own.accepted_by.clone()).unwrap_or_default(),
            changed: Vec::new(),
        }
    }
}

fn authors(commit: &BranchCommit) -> Vec<String> {
    let authors = commit.authors.iter().filter(|own| own.kind == AuthorKind::Author);
    authors.map(|own| format!("{} <{}>", own.name, own.email)).collect()
}

fn taken(commit: &BranchCommit, what: String) -> Taken {
    Taken {
        at: Instant::from_seconds(commit.at),
        commit: Some(commit.commit.clone()),
        who: authors(commit).join(", "),
        what,
    }
}

/// What a landing changed, in a line.
fn what(report: &LandingReport) -> String {
    match report.changed.as_slice() {
        [] => report.subject.clone(),
        [one] => format!("{}: {one}", report.subject),
        [one, rest @ ..] => format!("{}: {one} and {} more", report.subject, rest.len()),
    }
}

/// The evaluation of a recorded commit that the branch does not have, and how that is told.
type Gone<'a> = (&'a Evaluation, &'static str);

/// Recorded commits that the branch does not have, and how many of them other branches or tags have.
fn replaced<'a>(question: &Question<'a>) -> Result<(Vec<Gone<'a>>, u64), SourceError> {
    let on_branch: BTreeSet<&str> = question.branch.commits.iter().map(|own| own.commit.as_str()).collect();
    let (mut gone, mut elsewhere) = (Vec::new(), 0);
    let mut seen = BTreeSet::new();
    for evaluation in &question.evaluations.all {
        let Some(commit) = evaluation.commit.as_deref().filter(|_| evaluation.by == Evaluator::Recorder) else {
            continue;
        };
        if on_branch.contains(commit) || !question.period.contains(evaluation.at) || !seen.insert(commit) {
            continue;
        }
        match question.git.standing(commit)? {
            Standing::OnAnother => elsewhere += 1,
            Standing::Reached => gone.push((evaluation, "it was recorded as a landing, and a merge brought it")),
            Standing::Apart => gone.push((evaluation, "it was recorded as a landing, and nothing leads to it")),
            Standing::Missing => gone.push((evaluation, "it was recorded as a landing, and this clone lacks it")),
        }
    }
    Ok((gone, elsewhere))
}

fn relative(question: &Question<'_>, frame: &Frame) -> Vec<String> {
    let Verification { origin, size, anchors, witnesses, .. } = question.verified;
    let mut claim = vec![format!(
        "relative to this clone of {} at {}",
        frame.repository,
        frame.tip.get(..12).unwrap_or(&frame.tip)
    )];
    claim.push(match origin {
        Some(origin) => {
            let kept = match (anchors, witnesses.len()) {
                (0, 0) => ", which no checkpoint from elsewhere holds to".to_owned(),
                (anchors, witnesses) => {
                    let s = |count: usize| if count == 1 { "" } else { "s" };
                    let es = if witnesses == 1 { "" } else { "es" };
                    format!(", held to by {anchors} checkpoint{} and {witnesses} witness{es}", s(*anchors))
                }
            };
            format!("relative to the log {origin} of {size} records{kept}")
        }
        None => "there is no log: whoever can write to the evidence could have written every record".to_owned(),
    });
    let last = question.evaluations.all.iter().rev().find(|own| own.by == Evaluator::Recorder && own.commit.is_some());
    if let Some(commit) = last.and_then(|own| own.commit.as_deref()) {
        claim.push(format!("relative to the last recorded tip, {}", commit.get(..12).unwrap_or(commit)));
    }
    if let Some(audit) = question.audit {
        claim.push(format!("relative to an export of the forge with {} events", audit.total));
    }
    claim
}

fn unknown(ways: &[WayReport]) -> impl Iterator<Item = String> + '_ {
    use super::bypasses::Looked;
    ways.iter().filter_map(|own| match (own.looked, own.shown_by) {
        (Looked::Yes, _) => None,
        (Looked::InPart, _) => {
            Some(format!("known for a part of the period, as far as the export reaches: {}", own.title))
        }
        (Looked::No, ShownBy::Nothing) => Some(format!("not known, and nothing shows it: {}", own.title)),
        (Looked::No, _) => Some(format!("not known without an export of the forge: {}", own.title)),
    })
}

fn evaluated(question: &Question<'_>, all: &[Landing<'_>], elsewhere: u64) -> EvaluatedReport {
    let landed: BTreeSet<RecordId> =
        all.iter().flat_map(|own| own.evaluation.into_iter().chain(own.judged)).map(|own| own.id).collect();
    let mut report = EvaluatedReport { elsewhere, ..EvaluatedReport::default() };
    for evaluation in question.evaluations.all.iter().filter(|own| question.period.contains(own.at)) {
        match evaluation.by {
            Evaluator::Recorder => report.by_recorder += 1,
            Evaluator::Judge => {
                report.by_judge += 1;
                report.not_landed += u64::from(!landed.contains(&evaluation.id));
            }
        }
    }
    report
}

fn days(question: &Question<'_>, landings: &[&Landing<'_>]) -> Vec<DayReport> {
    let period = question.period;
    let begun = period.days().map(|day| {
        let night = if question.as_of < day.to { Night::Open } else { Night::NotEvidenced };
        (day.from, DayReport { day: day.name, landed: 0, ungated: 0, evaluated: 0, night })
    });
    let mut days: Vec<(i64, DayReport)> = begun.collect();
    let mut on = |at: i64, count: &dyn Fn(&mut DayReport)| {
        let place = days.partition_point(|(from, _)| *from <= at).checked_sub(1);
        if let Some((_, day)) = place.and_then(|place| days.get_mut(place)).filter(|_| period.contains(at)) {
            count(day);
        }
    };
    for landing in landings {
        on(landing.commit.at, &|day| {
            day.landed += 1;
            day.ungated += u64::from(landing.state.is_ungated());
        });
    }
    for evaluation in &question.evaluations.all {
        on(evaluation.at, &|day| day.evaluated += 1);
    }
    for own in question.verified.told.iter().filter(|own| own.purpose == AttachmentPurpose::Night) {
        on(own.at, &|day| day.night = Night::Evidenced);
    }
    days.into_iter().map(|(_, day)| day).collect()
}

fn versions(period: &Period, evaluations: &[Evaluation]) -> Vec<VersionReport> {
    let mut versions: Vec<VersionReport> = Vec::new();
    let mut places: HashMap<(&str, &str), usize> = HashMap::new();
    for own in evaluations.iter().filter(|own| period.contains(own.at)) {
        let at = Instant::from_seconds(own.at);
        let place = *places.entry((&own.engine, &own.rules)).or_insert(versions.len());
        match versions.get_mut(place) {
            Some(known) => {
                known.last = at;
                known.evaluations += 1;
            }
            None => versions.push(VersionReport {
                engine: own.engine.clone(),
                rules: own.rules.clone(),
                first: at,
                last: at,
                evaluations: 1,
            }),
        }
    }
    versions
}

fn refused(evaluations: &Evaluations) -> Vec<RefusedReport> {
    let refused = evaluations.refused.iter();
    refused.map(|(record, what)| RefusedReport { record: *record, what: what.clone() }).collect()
}

impl AsksGit for BranchReader {
    fn standing(&self, commit: &str) -> Result<Standing, SourceError> {
        Self::standing(self, commit)
    }

    fn changed(&self, commit: &BranchCommit) -> Result<Vec<String>, SourceError> {
        Self::changed(self, commit)
    }

    fn repinned(&self) -> Result<Vec<(String, String)>, SourceError> {
        Self::repinned(self)
    }
}
