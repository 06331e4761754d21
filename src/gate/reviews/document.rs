//! An access review as policies see it, and where a finding about it stands.

use std::collections::BTreeSet;

use super::standing::{ItemNow, standing};
use crate::access::{Graph, Place, Workforce};
use crate::policy::campaign_input::{CampaignDecisionInput, CampaignInput, CampaignItemInput};
use crate::policy::input::OwnerInput;
use crate::rules::{Authority, Campaign, Decided, Records, ReviewerFile};
use crate::store::Digest;
use crate::syntax::Span;

/// What a campaign is held against.
pub(in crate::gate) struct Beside<'a> {
    pub(in crate::gate) graph: &'a Graph,
    pub(in crate::gate) authority: &'a Authority,
    /// The records of the tree that it is compared with.
    pub(in crate::gate) before: Option<&'a Records>,
    pub(in crate::gate) as_of: i64,
}

impl Beside<'_> {
    /// The document of a campaign. `owner` is what is known of somebody by their id.
    pub(in crate::gate) fn document(
        &self,
        campaign: &Campaign,
        owner: &dyn Fn(&Workforce, &str) -> OwnerInput,
    ) -> CampaignInput {
        let before = self.before.map(|records| records.campaigns.iter().find(|own| own.id == campaign.id));
        // Without a comparison everything stands where it is.
        let landed: Option<BTreeSet<Landed<'_>>> = before
            .map(|before| before.into_iter().flat_map(Campaign::decisions).map(|(item, own)| key(item, own)).collect());
        let decisions = campaign.decisions();
        let known = before.flatten().map(Campaign::decisions).unwrap_or_default();
        let withdrawn = known.keys().filter(|item| !decisions.contains_key(*item)).count();
        let items = campaign.items.iter().zip(standing(self.graph, campaign, self.as_of)).map(|(item, now)| {
            let decision = decisions.get(&item.item).map(|own| {
                let (file, decided) = *own;
                let is_landed = landed.as_ref().is_none_or(|landed| landed.contains(&key(item.item, *own)));
                self.decision(item.reviewer.as_deref(), file, decided, is_landed, owner)
            });
            CampaignItemInput {
                item: item.item.to_string(),
                principal: item.principal.clone(),
                what: item.what.clone(),
                system: item.system.clone(),
                reviewer: item.reviewer.clone(),
                subjects: item.subjects.clone(),
                provisioner: item.changed.as_ref().and_then(|change| change.person.clone()),
                flags: item.flags().map(|flag| flag.id.clone()).collect(),
                access: ItemNow::as_str(now),
                decision,
            }
        });
        CampaignInput {
            opened: campaign.opening.opened,
            due: campaign.opening.due_until,
            late: campaign.late_from(),
            closed: campaign.closing.as_ref().map(|closing| closing.at),
            revoke_within_days: campaign.opening.revoke_within_days,
            withdrawn,
            unlike: None,
            reopened: before.flatten().is_some_and(|before| before.digest != campaign.digest),
            altered: campaign.altered.clone(),
            items: items.collect(),
        }
    }

    fn decision(
        &self,
        asked: Option<&str>,
        file: &ReviewerFile,
        decided: &Decided,
        landed: bool,
        owner: &dyn Fn(&Workforce, &str) -> OwnerInput,
    ) -> CampaignDecisionInput {
        CampaignDecisionInput {
            disposition: decided.decision.as_str(),
            reason: decided.reason.clone(),
            decided: decided.at,
            by: owner(&self.graph.people, &file.reviewer),
            deputy: asked.is_some_and(|asked| self.authority.acts_for(&file.reviewer, asked, decided.at)),
            control_owner: self.authority.control_owners.contains(&file.reviewer),
            landed,
        }
    }
}

/// What makes a decision the same one in another tree.
type Landed<'a> = (Digest, &'a str, crate::rules::ItemDecision, &'a str, i64);

fn key<'a>(item: Digest, (file, decided): (&'a ReviewerFile, &'a Decided)) -> Landed<'a> {
    (item, &file.reviewer, decided.decision, &decided.reason, decided.at)
}

/// Where a finding of a campaign stands: the decision that its key names, else the opening.
pub(in crate::gate) fn place_of(campaign: &Campaign, key: Option<&str>) -> Option<Place> {
    let item: Digest = key?.rsplit('/').next()?.parse().ok()?;
    let decisions = campaign.decisions();
    let (file, decided) = decisions.get(&item)?;
    let span: Span = decided.span;
    Some(Place { file: file.terms.file.path.clone(), span })
}
