//! Records: dated files in which named people tolerate something, each with a signature or a review behind it.
//!
//! A record stands under `.countersign/` in a folder of its kind. Signatures stand beside it, as `NAME.yaml.WHO.sig`,
//! in the form of `ssh-keygen -Y sign`. What makes a record *count* (signature, authority, independence) is judged by
//! the gate; here they are only read.

mod approval;
mod campaign;
mod emergency;
mod exception;
mod extent;
mod register;
mod review;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

pub use approval::{Approval, ApprovalFile, Approved};
pub use campaign::{
    AccessReviewFile, CLOSING_FILE, Campaign, ClosedFile, Closing, ClosingFile, Covers, Decided, DecisionsFile, Flag,
    FrozenItem, FrozenItems, ITEMS_FILE, ITEMS_SCHEMA, ItemDecision, ItemKind, LastChange, OPENING_FILE, Opening,
    ReviewerFile, ReviewerRule, SHEET_COLUMNS, campaign_path, is_campaign_id,
};
pub use emergency::{Emergency, EmergencyFile, LandedSpec};
pub use exception::{CompensatingControl, Exception, ExceptionFile, Frequency};
pub use extent::{ExtentEntry, HeldWord, OneOrMany, scope};
pub use register::{Register, RegisterEntry, RegisterFile};
pub use review::{Disposition, ReviewDecision, ReviewDecisionFile};

use super::dates::Day;
use super::error::{RuleError, RuleFile};
use super::{collect, is_yaml};
use crate::syntax::{Span, Spanned};

/// What kind of record a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RecordKind {
    /// Of a privileged grant, or of changed rules.
    Approval,
    /// To one finding.
    Exception,
    /// Access for hours, reviewed afterwards.
    Emergency,
    /// What somebody decided about another record.
    ReviewDecision,
    /// The findings that were there when the gate was adopted.
    Register,
    /// What people decide, item by item, about the access that was declared when a campaign was opened.
    AccessReview,
}

impl RecordKind {
    /// Every kind.
    pub const ALL: [Self; 6] =
        [Self::Approval, Self::Exception, Self::Emergency, Self::ReviewDecision, Self::Register, Self::AccessReview];

    /// The word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Approval => "approval",
            Self::Exception => "exception",
            Self::Emergency => "emergency",
            Self::ReviewDecision => "review decision",
            Self::Register => "register",
            Self::AccessReview => "access review",
        }
    }

    /// The folder of its files, with a slash at its end.
    #[must_use]
    pub fn folder(self) -> &'static str {
        match self {
            Self::Approval => ".countersign/approvals/",
            Self::Exception => ".countersign/exceptions/",
            Self::Emergency => ".countersign/emergencies/",
            Self::ReviewDecision => ".countersign/reviews/",
            Self::Register => ".countersign/register/",
            Self::AccessReview => ".countersign/campaigns/",
        }
    }

    /// The namespace of its signatures, so that a signature over one kind is none over another.
    #[must_use]
    pub fn namespace(self) -> &'static str {
        match self {
            Self::Approval => "approval@countersign.dev",
            Self::Exception => "exception@countersign.dev",
            Self::Emergency => "emergency@countersign.dev",
            Self::ReviewDecision => "review@countersign.dev",
            Self::Register => "register@countersign.dev",
            Self::AccessReview => "access-review@countersign.dev",
        }
    }

    /// The kind whose folder a path is in.
    #[must_use]
    pub fn of_path(path: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| path.starts_with(kind.folder()))
    }
}

/// Whether a path is a record or a signature over one.
#[must_use]
pub fn is_record_path(path: &str) -> bool {
    RecordKind::of_path(path).is_some() && (is_text(path) || path.ends_with(".sig"))
}

/// Whether a path is a file of an access review.
#[must_use]
pub fn is_campaign_file(path: &str) -> bool {
    RecordKind::of_path(path) == Some(RecordKind::AccessReview) && is_record_path(path)
}

/// Whether a path of a record is one that is signed, rather than a signature.
fn is_text(path: &str) -> bool {
    is_yaml(path) || campaign::is_sheet(path)
}

/// The id of a record.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordMetadata {
    /// Unique among records of its kind.
    pub id: Spanned<String>,
}

/// What every record has.
#[derive(Debug, Clone, PartialEq)]
pub struct Terms {
    /// What it is.
    pub kind: RecordKind,
    /// Its id.
    pub id: String,
    /// The file.
    pub file: RuleFile,
    /// Signatures that stand beside the file.
    pub signatures: Vec<RuleFile>,
    /// Who gives it, as `person:ID`.
    pub approvers: Vec<String>,
    /// Why.
    pub reason: String,
    /// The ticket.
    pub ticket: Option<String>,
    /// The first second at which it counts, in epoch seconds.
    pub not_before: Option<i64>,
    /// The first second at which it no longer counts, in epoch seconds.
    pub expires: i64,
}

/// All records of one tree.
#[derive(Debug, Clone, Default)]
pub struct Records {
    /// Approvals.
    pub approvals: Vec<Approval>,
    /// Exceptions.
    pub exceptions: Vec<Exception>,
    /// Emergencies.
    pub emergencies: Vec<Emergency>,
    /// Review decisions.
    pub reviews: Vec<ReviewDecision>,
    /// Registers.
    pub registers: Vec<Register>,
    /// Access reviews.
    pub campaigns: Vec<Campaign>,
    /// Every file of them, signatures included.
    pub files: Vec<RuleFile>,
}

impl Records {
    /// Reads the records among the files of a tree.
    ///
    /// # Errors
    /// Every error in every record: a malformed file, an id that is used twice, a signature over no record.
    pub fn load(tree: &[RuleFile]) -> Result<Self, Vec<RuleError>> {
        let mut errors = Vec::new();
        let mut records = Self::default();
        let mut signatures: BTreeMap<&str, Vec<RuleFile>> = BTreeMap::new();
        let files: Vec<&RuleFile> = tree.iter().filter(|file| is_record_path(&file.path)).collect();
        let paths: BTreeSet<&str> = files.iter().map(|file| &*file.path).collect();
        for file in files.iter().copied().filter(|file| file.path.ends_with(".sig")) {
            records.files.push(file.clone());
            match signed_path(&file.path, &paths) {
                Some(record) => signatures.entry(record).or_default().push(file.clone()),
                None => errors.push(file.error(None, "this signature stands beside no record").with_help(
                    "a signature over a.yaml is called a.yaml.sig or a.yaml.NAME.sig; remove it if its record is gone",
                )),
            }
        }
        let (campaigns, files): (Vec<&RuleFile>, Vec<&RuleFile>) = files
            .into_iter()
            .filter(|file| is_text(&file.path))
            .partition(|file| RecordKind::of_path(&file.path) == Some(RecordKind::AccessReview));
        records.files.extend(campaigns.iter().copied().cloned());
        match campaign::load(&campaigns, &signatures) {
            Ok(read) => records.campaigns = read,
            Err(found) => errors.extend(found),
        }
        for file in files {
            records.files.push(file.clone());
            let signed = signatures.get(&*file.path).cloned().unwrap_or_default();
            records.add(file, signed, &mut errors);
        }
        if errors.is_empty() { Ok(records) } else { Err(errors) }
    }

    /// What every record has, of each of them.
    pub fn terms(&self) -> impl Iterator<Item = &Terms> {
        let approvals = self.approvals.iter().map(Record::terms);
        let exceptions = self.exceptions.iter().map(Record::terms);
        let emergencies = self.emergencies.iter().map(Record::terms);
        let reviews = self.reviews.iter().map(Record::terms);
        let decisions = self.campaigns.iter().flat_map(|own| &own.reviewers).map(|file| &file.terms);
        let registers = self.registers.iter().map(Record::terms);
        approvals.chain(exceptions).chain(emergencies).chain(reviews).chain(registers).chain(decisions)
    }

    /// Every instant, in epoch seconds, at which a record begins or ceases to count. In no order; the same may come
    /// several times.
    pub fn instants(&self) -> impl Iterator<Item = i64> {
        let begins = self.emergencies.iter().map(|own| own.begins);
        self.terms().flat_map(|terms| terms.not_before.into_iter().chain([terms.expires])).chain(begins)
    }

    fn add(&mut self, file: &RuleFile, signatures: Vec<RuleFile>, errors: &mut Vec<RuleError>) {
        match RecordKind::of_path(&file.path) {
            Some(RecordKind::Approval) => read_all(file, &signatures, Approval::read, &mut self.approvals, errors),
            Some(RecordKind::Exception) => read_all(file, &signatures, Exception::read, &mut self.exceptions, errors),
            Some(RecordKind::Emergency) => read_all(file, &signatures, Emergency::read, &mut self.emergencies, errors),
            Some(RecordKind::ReviewDecision) => {
                read_all(file, &signatures, ReviewDecision::read, &mut self.reviews, errors);
            }
            Some(RecordKind::Register) => read_all(file, &signatures, Register::read, &mut self.registers, errors),
            // These belong together and are read as one.
            Some(RecordKind::AccessReview) | None => {}
        }
    }
}

/// The record that a signature is over: the longest one that its name begins with.
fn signed_path<'a>(signature: &str, paths: &BTreeSet<&'a str>) -> Option<&'a str> {
    let mut name = signature;
    while let Some((shorter, _)) = name.rsplit_once('.') {
        if let Some(path) = paths.get(shorter).filter(|path| is_text(path)) {
            return Some(path);
        }
        name = shorter;
    }
    None
}

/// What has terms.
pub trait Record {
    /// Its terms.
    fn terms(&self) -> &Terms;
}

macro_rules! has_terms {
    ($($name:ty),*) => {
        $(impl Record for $name {
            fn terms(&self) -> &Terms {
                &self.terms
            }
        })*
    };
}
has_terms!(Approval, Exception, Emergency, ReviewDecision, Register);

fn read_all<W: DeserializeOwned, R: Record>(
    file: &RuleFile,
    signatures: &[RuleFile],
    read: fn(&RuleFile, W, Vec<RuleFile>) -> Result<R, RuleError>,
    into: &mut Vec<R>,
    errors: &mut Vec<RuleError>,
) {
    let mut written: Vec<W> = Vec::new();
    collect(file, &mut written, errors);
    for one in written {
        match read(file, one, signatures.to_vec()) {
            Ok(record) => {
                let (kind, id) = (record.terms().kind, record.terms().id.clone());
                match into.iter().map(Record::terms).find(|known| known.id == id) {
                    Some(known) => errors.push(
                        file.error(None, format!("the {} id `{id}` is used twice", kind.as_str()))
                            .with_help(format!("the other one is {}", known.file.path)),
                    ),
                    None => into.push(record),
                }
            }
            Err(error) => errors.push(error),
        }
    }
}

/// A person who gives something: `person:ID`.
fn person(file: &RuleFile, what: &str, name: &Spanned<String>) -> Result<String, RuleError> {
    person_at(file, what, &name.value, name.span)
}

fn person_at(file: &RuleFile, what: &str, name: &str, at: Span) -> Result<String, RuleError> {
    if name == "person:WHO" {
        return Err(file
            .error(at, format!("the {what} is still WHO"))
            .with_help("put the id of a person in its place: `person:ID`"));
    }
    if name.strip_prefix("person:").is_some_and(|id| !id.trim().is_empty()) {
        return Ok(name.to_owned());
    }
    let bare = name.rsplit(':').next().unwrap_or_default();
    Err(file
        .error(at, format!("the {what} `{name}` is not a person"))
        .with_help(format!("write it as `person:{bare}`")))
}

/// Somebody or something that has a kind: `person:ID`, `service:ID`, `account:SYSTEM/NAME` and so on.
fn with_kind(file: &RuleFile, what: &str, name: &Spanned<String>) -> Result<String, RuleError> {
    if name.contains(':') || name.value == super::REPOSITORY {
        return Ok(name.value.clone());
    }
    Err(file
        .error(name.span, format!("the {what} `{}` has no kind", name.value))
        .with_help(format!("write it as `person:{}`", name.value)))
}

/// The approvers of a record: each once, each a person, none of them who it is about.
fn approvers(file: &RuleFile, written: &Spanned<OneOrMany>, about: &[String]) -> Result<Vec<String>, RuleError> {
    let mut all: Vec<String> = Vec::new();
    for name in written.each() {
        let approver = person_at(file, "approver", name, written.span)?;
        if about.contains(&approver) {
            return Err(file
                .error(written.span, "nobody approves anything for themselves")
                .with_help("name somebody else as the approver"));
        }
        if !all.contains(&approver) {
            all.push(approver);
        }
    }
    if all.is_empty() {
        return Err(file.error(written.span, "a record names at least one approver"));
    }
    Ok(all)
}

/// A first day and a last day as epoch seconds, the second exclusive.
fn period(file: &RuleFile, not_before: Option<Day>, expires: &Spanned<Day>) -> Result<(Option<i64>, i64), RuleError> {
    let (from, until) = (not_before.map(Day::starts), expires.ends());
    if from.is_some_and(|from| from >= until) {
        return Err(file.error(expires.span, "it ends before it begins"));
    }
    Ok((from, until))
}

fn reason(file: &RuleFile, written: &Spanned<String>, kind: RecordKind) -> Result<String, RuleError> {
    let text = written.trim();
    // What the commands write for the author to replace.
    if text.is_empty() || text == "WHY" {
        let kind = kind.as_str();
        let article = if kind.starts_with(['a', 'e']) { "an" } else { "a" };
        return Err(file
            .error(written.span, format!("{article} {kind} needs a reason"))
            .with_help("say in a sentence why this is right"));
    }
    Ok(text.to_owned())
}

/// The path of a record of a kind, from its id.
#[must_use]
pub fn record_path(kind: RecordKind, id: &str) -> String {
    format!("{}{}.yaml", kind.folder(), file_name(id))
}

/// The path of somebody's signature over a record.
#[must_use]
pub fn signature_path(record: &str, approver: &str) -> String {
    let who = approver.strip_prefix("person:").unwrap_or(approver);
    format!("{record}.{}.sig", file_name(who))
}

/// A text as a file's name: lower case, without what a path or a shell would understand.
fn file_name(text: &str) -> Arc<str> {
    let name: String = text
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || "._-".contains(c) { c.to_ascii_lowercase() } else { '-' })
        .collect();
    name.trim_start_matches('.').into()
}
