//! What policies see of an access review: part of `record/v1`.

use schemars::JsonSchema;
use serde::Serialize;

use super::input::OwnerInput;

/// An access review. Instants are epoch seconds.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct CampaignInput {
    /// When it was opened.
    pub opened: i64,
    /// The first second after the last day for decisions.
    pub due: i64,
    /// The first second at which it is late.
    pub late: i64,
    /// When it was closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed: Option<i64>,
    /// How many days after the decision revoked access may still be there.
    pub revoke_within_days: u32,
    /// Whether the change edits the opening of one that was there.
    pub reopened: bool,
    /// How many items were decided on the target and are decided no more.
    pub withdrawn: usize,
    /// Of one that the change opens: how many items of the tree it leaves out, and how many it has that are not declared so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unlike: Option<UnlikeInput>,
    /// Files that are not as they were when it was closed.
    pub altered: Vec<String>,
    /// What was frozen.
    pub items: Vec<CampaignItemInput>,
}

/// In how far what was frozen is not what is declared.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct UnlikeInput {
    /// How many items are left out.
    pub missing: usize,
    /// How many are not declared so, or have a reviewer whom no rule names.
    pub otherwise: usize,
}

/// A frozen item, with what was decided and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct CampaignItemInput {
    /// Its digest.
    pub item: String,
    /// Who holds it.
    pub principal: String,
    /// What is held: `role:SYSTEM/NAME` and so on.
    pub what: String,
    /// The system that it counts in.
    pub system: String,
    /// Who was asked to review it: `person:ID`. Nobody, where nobody could.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reviewer: Option<String>,
    /// The people whose access it is.
    pub subjects: Vec<String>,
    /// Who last changed what grants it, where that is somebody declared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provisioner: Option<String>,
    /// Ids of the conflicts that it takes part in and of the privileged duties that it gives.
    pub flags: Vec<String>,
    /// What this tree holds of it: `same`, `changed` or `gone`.
    pub access: &'static str,
    /// What was decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<CampaignDecisionInput>,
}

/// A decision about an item.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct CampaignDecisionInput {
    /// `keep`, `revoke`, `modify` or `abstain`.
    pub disposition: &'static str,
    /// Why; empty where nothing is said.
    pub reason: String,
    /// When.
    pub decided: i64,
    /// Who decided.
    pub by: OwnerInput,
    /// Whether they act for whoever was asked.
    pub deputy: bool,
    /// Whether they own the controls: these decide what nobody else can.
    pub control_owner: bool,
    /// Whether it stands on the target. One that does not arrives now, whatever it says of when it was taken.
    pub landed: bool,
}
