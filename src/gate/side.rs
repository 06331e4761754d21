//! Evaluates one tree: every subject is given to every policy of its scope.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use rayon::prelude::*;
use serde::Serialize;

use super::credentials::Around;
use super::describe::Describe;
use super::finding::{Finding, Side};
use super::guards::LostGuards;
use super::indirect::{Directness, meetings};
use super::inputs;
use super::parts::Parts;
use super::proof::Keys;
use super::purpose;
use super::secrets::SecretsOf;
use super::standing::{self, Basis, Standing};
use super::trusting::Strangers;
use super::witness::{Document, Witness};
use crate::access::{Graph, LinkGap, Links, NodeId, PrincipalKind, Site};
use crate::duties::{Catalogue, Escalations, Matcher, Matches};
use crate::facts::{Gap, Holder, RoleKind, SystemFact, Text};
use crate::formats::Reading;
use crate::policy::input::{DocumentInput, PrincipalInput, UnlinkedInput};
use crate::policy::{Bundle, Engine, EngineError, Input, Policy, RawFinding, Scope as PolicyScope, When};
use crate::rules::{BroughtAlong, Rules};
use crate::store::Digest;

/// One tree, joined and matched.
pub(super) struct Tree<'a> {
    pub(super) side: Side,
    pub(super) files: &'a crate::source::Tree,
    pub(super) reading: &'a Reading,
    pub(super) graph: Graph,
    pub(super) matches: Matches,
    /// How subjects could come to administer systems; looked for when first asked.
    escalations: OnceLock<Escalations>,
    pub(super) link_gaps: Vec<LinkGap>,
    pub(super) standing: Standing,
    /// The links by which subjects are called, where they are judged under others.
    pub(super) names: Option<&'a Links>,
    /// Guards that base has and this has not.
    pub(super) lost_guards: LostGuards,
    /// What was found in its texts.
    pub(super) secrets: SecretsOf<'a>,
}

/// What a tree is joined under.
pub(super) struct Under<'u> {
    /// Whose accounts are whose.
    pub(super) links: &'u Links,
    /// What the tree's own links leave open.
    pub(super) link_gaps: Vec<LinkGap>,
    /// Descriptions that stand instead of the tree's own of the same systems.
    pub(super) systems: &'u [SystemFact],
    /// Who works here.
    pub(super) standing: &'u Standing,
}

impl<'a> Tree<'a> {
    /// Joins a reading under what is known beside it.
    pub(super) fn join(
        side: Side,
        files: &'a crate::source::Tree,
        reading: &'a Reading,
        catalogue: &Catalogue,
        known: &BroughtAlong,
        under: Under<'_>,
    ) -> Self {
        let Under { links, link_gaps, systems, standing } = under;
        let mut graph = Graph::build_under(units(reading), links, known, systems, standing.people.clone());
        let unknown = purpose::unknown_names(&graph, catalogue);
        graph.gaps.extend(unknown);
        let matches = Matches::new(&graph, catalogue);
        let (escalations, standing) = (OnceLock::new(), standing.clone());
        Self {
            side,
            files,
            reading,
            graph,
            matches,
            escalations,
            link_gaps,
            standing,
            names: None,
            lost_guards: LostGuards::default(),
            secrets: SecretsOf::default(),
        }
    }

    /// How subjects could come to administer systems.
    pub(super) fn escalations(&self, matcher: &Matcher<'_>) -> &Escalations {
        self.escalations.get_or_init(|| Escalations::new(matcher))
    }

    /// The systems of which ways to administer them are told together, with how many scopes that concerns.
    pub(super) fn joined_goals(&self) -> Vec<(Text, usize)> {
        let joined = self.escalations.get().into_iter().flat_map(Escalations::joined);
        joined.filter_map(|(idx, count)| Some((self.graph.systems.get(idx)?.id.clone(), count))).collect()
    }

    /// What a principal is called: itself, or whoever it counts as under the links that give the names.
    pub(super) fn name<'h>(&'h self, holder: &'h Holder) -> &'h Holder {
        match (self.names, holder) {
            (Some(links), Holder::Account(account)) => links.owner(account).unwrap_or(holder),
            (Some(links), identity) => links.identity(identity),
            (None, _) => holder,
        }
    }
}

/// The units of a reading as the graph takes them.
pub(super) fn units(reading: &Reading) -> Vec<crate::access::UnitFacts> {
    reading.units.iter().map(Into::into).collect()
}

/// The number of a policy, and the digest of the document that it was asked about.
type Asked = (usize, Digest);

/// What the policies of a scope say of one subject, with the digest of its document.
type Answers<'p> = (Digest, Vec<(&'p Policy, RawFinding)>);

/// Answers of the engine, shared by all trees of a run: an input is asked about once.
#[derive(Default)]
pub(super) struct Memo {
    answers: Mutex<HashMap<Asked, Arc<Vec<RawFinding>>>>,
    pub(super) asked: AtomicUsize,
    pub(super) reused: AtomicUsize,
}

/// What a tree came to.
#[derive(Default)]
pub(super) struct Evaluated {
    pub(super) findings: Vec<Finding>,
    /// How many subjects each scope has.
    pub(super) subjects: BTreeMap<PolicyScope, usize>,
    /// The digest of the document of each subject that a policy was asked about, to tell which ones a change touches.
    pub(super) documents: HashMap<Arc<str>, Digest>,
    pub(super) principals: BTreeMap<&'static str, usize>,
    /// How many documents of configuration files Conftest's policies were asked about.
    pub(super) configurations: usize,
}

/// What evaluation needs beside the tree.
pub(super) struct Evaluator<'a> {
    pub(super) rules: &'a Rules,
    pub(super) catalogue: &'a Catalogue,
    pub(super) bundle: &'a Bundle,
    pub(super) memo: &'a Memo,
    pub(super) as_of: i64,
    /// Who is told of every document.
    pub(super) witness: Option<&'a dyn Witness>,
}

impl Evaluator<'_> {
    /// Evaluates a tree. `unlinked` are the accounts that the change takes away, by the principal they are judged
    /// with; `base` tells what is new.
    pub(super) fn evaluate(
        &self,
        tree: &Tree<'_>,
        unlinked: &HashMap<Holder, Vec<UnlinkedInput>>,
        base: Option<&Keys>,
    ) -> Result<Evaluated, EngineError> {
        let describe = Describe { tree, evaluator: self, base };
        let mut all = Evaluated::default();
        self.principals(tree, unlinked, &describe, &mut all)?;
        self.roles(tree, &describe, &mut all)?;
        self.lost_guardrails(tree, &describe, &mut all)?;
        self.services(tree, &describe, &mut all)?;
        self.credentials(tree, &describe, &mut all)?;
        self.secrets(tree, &describe, &mut all)?;
        self.documents(tree, &describe, &mut all)?;
        self.repository(tree, &describe, &mut all)?;
        self.conftest(tree, &describe, &mut all)?;
        // Of what is said of one thing twice the worse stands.
        all.findings.sort_by_key(|finding| (finding.fingerprint, std::cmp::Reverse(finding.severity)));
        // Two files with the same broken bytes are one document: its first place stands for it. What goes further in
        // the second place (a credential that two files declare) counts.
        all.findings.dedup_by(|later, first| {
            let same = later.fingerprint == first.fingerprint;
            if same {
                let further = later.extent.0.drain(..).filter(|part| !first.extent.0.contains(part));
                let further: Vec<_> = further.collect();
                first.extent.0.extend(further);
            }
            same
        });
        Ok(all)
    }

    pub(super) fn matcher<'t>(&'t self, tree: &'t Tree<'_>) -> Matcher<'t> {
        Matcher { graph: &tree.graph, catalogue: self.catalogue, matches: &tree.matches, as_of: self.as_of }
    }

    fn principals(
        &self,
        tree: &Tree<'_>,
        unlinked: &HashMap<Holder, Vec<UnlinkedInput>>,
        describe: &Describe<'_>,
        all: &mut Evaluated,
    ) -> Result<(), EngineError> {
        let matcher = self.matcher(tree);
        let escalations = tree.escalations(&matcher);
        let principals = tree.graph.principals();
        all.subjects.insert(PolicyScope::Principal, principals.len());
        for (_, kind) in &principals {
            *all.principals.entry(inputs::kind_word(*kind)).or_default() += 1;
        }
        let claimed = standing::claimed(&tree.graph, &tree.link_gaps);
        let strangers = Strangers::of_tree(tree, self.rules, self.as_of);
        // An account that several claim here and one on the other side is judged as that one's; that it is shared is
        // asked all the same.
        let principals: Vec<(NodeId, PrincipalKind, Option<When>)> = principals
            .into_iter()
            .map(|(node, kind)| (node, kind, None))
            .chain(
                claimed
                    .keys()
                    .filter(|node| tree.graph.node(**node).is_some_and(|node| node.owned))
                    .map(|node| (*node, PrincipalKind::Account, Some(When::Attribution))),
            )
            .collect();
        let found: Result<Vec<_>, EngineError> = principals
            .par_iter()
            .map_init(
                || self.bundle.engine(),
                |engine, (node, kind, only)| {
                    let mut holdings = matcher.principal(*node);
                    holdings.escalations = escalations.of(&matcher, *node);
                    let claim = claimed.get(node).copied();
                    let much = self.holds_privileged(&holdings);
                    let mut basis =
                        standing::basis(&tree.graph, &tree.standing, *node, claim, &holdings, much, self.as_of);
                    if only.is_none() {
                        basis.trusts = strangers.of(*node);
                        basis.guards = tree.lost_guards.of(&tree.graph, *node, &holdings);
                    }
                    let lost = tree.graph.node(*node).is_some_and(|node| unlinked.contains_key(&node.holder));
                    if !self.wanted(tree, &holdings, lost, &basis) {
                        return Ok(None);
                    }
                    let input = self.principal_input(tree, *node, *kind, unlinked, &holdings, &basis);
                    let (digest, answers) =
                        self.ask(engine, (tree.side, PolicyScope::Principal), &input.id, &input, *only)?;
                    let findings: Vec<Finding> = answers
                        .iter()
                        .map(|(policy, raw)| describe.principal(policy, raw, *node, *kind, &holdings, &basis))
                        .collect();
                    Ok(Some((Arc::<str>::from(input.id), digest, findings)))
                },
            )
            .collect();
        for (id, digest, findings) in found?.into_iter().flatten() {
            all.documents.insert(id, digest);
            all.findings.extend(findings);
        }
        Ok(())
    }

    /// Whether some policy could find something about a principal: its document is only made if so.
    fn wanted(&self, tree: &Tree<'_>, holdings: &crate::duties::Holdings, lost: bool, basis: &Basis) -> bool {
        let meets = |which| holdings.conflicts.iter().any(|met| !meetings(&tree.graph, met, which).is_empty());
        self.bundle.of_scope(PolicyScope::Principal).any(|policy| match policy.metadata.custom.when {
            None => true,
            Some(When::Conflicts) => meets(Directness::Direct),
            Some(When::IndirectConflicts) => meets(Directness::Indirect),
            Some(When::PrivilegedDuties) => self.holds_privileged(holdings),
            Some(When::Escalations) => !holdings.escalations.is_empty(),
            Some(When::Unlinked) => lost,
            Some(When::Employment) => basis.employment.is_some(),
            Some(When::Attribution) => basis.attribution.is_some(),
            Some(When::Duties) => !holdings.duties.is_empty(),
            Some(When::Trusts) => !basis.trusts.is_empty(),
            Some(When::Guards) => !basis.guards.is_empty(),
            Some(When::GrantLimits) => self.rules.config.grants.privileged.max_days.is_some(),
            Some(When::Credentials | When::Excess | When::AiAgent) => false,
        })
    }

    fn holds_privileged(&self, holdings: &crate::duties::Holdings) -> bool {
        let privileged = |duty| self.catalogue.duty(duty).is_some_and(|duty| duty.privileged.is_some());
        holdings.duties.iter().any(|held| privileged(held.duty))
    }

    fn principal_input(
        &self,
        tree: &Tree<'_>,
        node: NodeId,
        kind: PrincipalKind,
        unlinked: &HashMap<Holder, Vec<UnlinkedInput>>,
        holdings: &crate::duties::Holdings,
        basis: &Basis,
    ) -> PrincipalInput {
        let holder = tree.graph.node(node).map(|node| &node.holder);
        let status = match holder {
            Some(Holder::Person(id)) => tree.graph.people.status(id, self.as_of),
            _ => None,
        };
        let lost = holder.and_then(|holder| unlinked.get(holder)).cloned().unwrap_or_default();
        let input = inputs::principal(&tree.graph, self.catalogue, node, kind, status, holdings, lost, basis);
        self.with_limits(input, tree, node, kind, holdings)
    }

    fn roles(&self, tree: &Tree<'_>, describe: &Describe<'_>, all: &mut Evaluated) -> Result<(), EngineError> {
        let matcher = self.matcher(tree);
        let escalations = tree.escalations(&matcher);
        let roles: Vec<_> = tree
            .graph
            .containers()
            .filter(|(_, container)| {
                container.role.is_some() && container.site.is_some() && container.kind != RoleKind::Guardrail
            })
            .collect();
        all.subjects.insert(PolicyScope::Role, roles.len());
        let found: Result<Vec<_>, EngineError> = roles
            .par_iter()
            .map_init(
                || self.bundle.engine(),
                |engine, (id, container)| {
                    let mut holdings = matcher.role(*id);
                    let stands_alone = container.kind == RoleKind::Document && !container.granted;
                    if stands_alone {
                        holdings.escalations = escalations.of_role(&matcher, *id);
                    }
                    let Some(input) = inputs::role(&tree.graph, self.catalogue, container, &holdings) else {
                        return Ok(Vec::new());
                    };
                    let (_, answers) = self.ask(engine, (tree.side, PolicyScope::Role), &input.id, &input, None)?;
                    let mut findings: Vec<Finding> =
                        answers.iter().map(|(policy, raw)| describe.role(policy, raw, container, &holdings)).collect();
                    // A document that stands alone is judged for whoever will hold it.
                    if stands_alone {
                        let mut input = inputs::future_holder(&input);
                        let guards = tree.lost_guards.of_role(*id);
                        input.guards = guards.iter().map(|guard| guard.input.clone()).collect();
                        let (_, answers) =
                            self.ask(engine, (tree.side, PolicyScope::Principal), &input.id, &input, None)?;
                        findings.extend(answers.iter().map(|(policy, raw)| {
                            let mut finding = describe.role(policy, raw, container, &holdings);
                            describe.place_guards(&mut finding, policy, raw, &guards);
                            finding
                        }));
                    }
                    Ok(findings)
                },
            )
            .collect();
        all.findings.extend(found?.into_iter().flatten());
        Ok(())
    }

    fn credentials(&self, tree: &Tree<'_>, describe: &Describe<'_>, all: &mut Evaluated) -> Result<(), EngineError> {
        let mut engine = self.bundle.engine();
        let mut count = 0;
        let around = Around::of(&tree.graph);
        for (unit, facts) in (0u32..).zip(tree.graph.units.iter().map(|unit| &unit.facts)) {
            for fact in &facts.credentials {
                count += 1;
                let input = around.input(fact, &self.rules.config.credentials);
                let id = format!("credential:{}", fact.id);
                let (_, answers) = self.ask(&mut engine, (tree.side, PolicyScope::Credential), &id, &input, None)?;
                let site = Site { unit, origin: fact.origin };
                all.findings.extend(answers.iter().map(|(policy, raw)| describe.credential(policy, raw, fact, site)));
            }
        }
        all.subjects.insert(PolicyScope::Credential, count);
        Ok(())
    }

    fn documents(&self, tree: &Tree<'_>, describe: &Describe<'_>, all: &mut Evaluated) -> Result<(), EngineError> {
        let mut engine = self.bundle.engine();
        all.subjects.insert(PolicyScope::Document, tree.reading.units.iter().map(|unit| unit.files.len()).sum());
        for found in &tree.reading.not_lowered {
            let input = DocumentInput {
                file: found.file.to_string(),
                format: found.format.to_owned(),
                gap: inputs::gap_word(found.gap),
                reason: found.reason.clone(),
                in_scope: self.rules.in_scope.matches(&found.file),
            };
            let (_, answers) = self.ask(&mut engine, (tree.side, PolicyScope::Document), &found.file, &input, None)?;
            all.findings.extend(answers.iter().map(|(policy, raw)| describe.file(policy, raw, found)));
        }
        // Parts of a file that could not be lowered, although the file itself could be read.
        let mut parts = Parts::of(tree.files);
        for (unit, facts) in (0u32..).zip(tree.graph.units.iter().map(|unit| &unit.facts)) {
            let joined = tree.graph.gaps.iter().filter(|(_, own)| *own == Some(unit)).map(|(found, _)| found);
            let found = facts.unresolved.iter().chain(joined);
            for unresolved in found.filter(|found| matches!(found.gap, Gap::Broken | Gap::Unsupported)) {
                let site = Site { unit, origin: unresolved.origin };
                let Some(place) = crate::access::place(&tree.graph.units, site) else { continue };
                let format = tree.reading.units.get(unit as usize).map_or("", |unit| unit.format);
                let input = DocumentInput {
                    file: place.file.to_string(),
                    format: format.to_owned(),
                    gap: inputs::gap_word(unresolved.gap),
                    reason: unresolved.reason.clone(),
                    in_scope: self.rules.in_scope.matches(&place.file),
                };
                let (_, answers) =
                    self.ask(&mut engine, (tree.side, PolicyScope::Document), &place.file, &input, None)?;
                let identity = parts.identity(&place, unresolved.gap);
                all.findings.extend(
                    answers
                        .iter()
                        .map(|(policy, raw)| describe.part(policy, raw, &place, &identity, &unresolved.reason)),
                );
            }
        }
        Ok(())
    }

    /// Gives one subject to every policy of a scope that could find something; `only` to those that wait for that.
    pub(super) fn ask<'p, T: Serialize + Whens>(
        &'p self,
        engine: &mut Engine,
        (side, scope): (Side, PolicyScope),
        subject: &str,
        input: &T,
        only: Option<When>,
    ) -> Result<Answers<'p>, EngineError> {
        let bytes = serde_json::to_vec(input).unwrap_or_default();
        let digest = Digest::of(&bytes);
        let mut prepared: Option<Input> = None;
        let mut answers = Vec::new();
        let mut asked = 0;
        for (number, policy) in self.bundle.policies.iter().enumerate() {
            let custom = &policy.metadata.custom;
            let waits = only.is_none() || custom.when == only;
            if custom.scope != scope || !waits || custom.when.is_some_and(|when| !input.has(when)) {
                continue;
            }
            asked += 1;
            let known = self.memo.answers.lock().ok().and_then(|answers| answers.get(&(number, digest)).cloned());
            let raw = if let Some(known) = known {
                self.memo.reused.fetch_add(1, Ordering::Relaxed);
                known
            } else if !policy.accepted {
                let document = || serde_json::to_value(input).unwrap_or_default();
                self.bundle.outside.answer(number, digest, subject, document)
            } else {
                let document =
                    prepared.get_or_insert_with(|| Input::new(serde_json::to_value(input).unwrap_or_default()));
                let fresh = Arc::new(engine.evaluate(policy, subject, document)?);
                self.memo.asked.fetch_add(1, Ordering::Relaxed);
                if let Ok(mut answers) = self.memo.answers.lock() {
                    answers.insert((number, digest), fresh.clone());
                }
                fresh
            };
            answers.extend(raw.iter().cloned().map(|raw| (policy, raw)));
        }
        if let Some(witness) = self.witness.filter(|_| asked > 0) {
            witness.asked(Document {
                side,
                scope,
                only,
                subject: subject.to_owned(),
                input: serde_json::to_value(input).unwrap_or_default(),
                findings: answers.iter().map(|(policy, raw)| (policy.id.clone(), raw.clone())).collect(),
            });
        }
        Ok((digest, answers))
    }
}

/// Whether a document's list is not empty.
pub(super) trait Whens {
    fn has(&self, when: When) -> bool;
}

impl Whens for PrincipalInput {
    fn has(&self, when: When) -> bool {
        match when {
            When::Conflicts => !self.conflicts.is_empty(),
            When::IndirectConflicts => !self.indirect_conflicts.is_empty(),
            When::PrivilegedDuties => !self.privileged_duties.is_empty(),
            When::Escalations => !self.escalations.is_empty(),
            When::Unlinked => !self.unlinked.is_empty(),
            When::Duties => !self.duties.is_empty(),
            When::Employment => self.employment.is_some(),
            When::Attribution => self.attribution.is_some(),
            When::Trusts => !self.trusts.is_empty(),
            When::Guards => !self.guards.is_empty(),
            When::GrantLimits => self.grant_limits.is_some(),
            When::Credentials | When::Excess | When::AiAgent => false,
        }
    }
}

impl Whens for crate::policy::input::RoleInput {
    fn has(&self, when: When) -> bool {
        match when {
            When::Conflicts => !self.conflicts.is_empty(),
            When::PrivilegedDuties => !self.privileged_duties.is_empty(),
            When::Duties => !self.duties.is_empty(),
            When::Escalations => !self.escalations.is_empty(),
            _ => false,
        }
    }
}

impl Whens for crate::policy::input::CredentialInput {
    fn has(&self, _: When) -> bool {
        true
    }
}

impl Whens for DocumentInput {
    fn has(&self, _: When) -> bool {
        true
    }
}

impl Whens for crate::policy::input::RecordInput {
    fn has(&self, _: When) -> bool {
        true
    }
}

impl Whens for crate::policy::input::RepositoryInput {
    fn has(&self, _: When) -> bool {
        true
    }
}
