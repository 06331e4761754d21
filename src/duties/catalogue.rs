//! The duty catalogue in a form that matches quickly.
//!
//! Every permission that a binding names is a *leaf*. A permission that confers its duty alone (most do) is found by
//! one look-up; bindings with `all` are worked out from their leaves afterwards.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, OnceLock};

use super::escalation::{ADMINISTRATOR, EscalationRules};
use super::names::NameIndex;
use super::wanted::{Use, Wanted};
use crate::facts::scope::Dimension;
use crate::facts::{Level, Text};
use crate::rules::{
    ConflictAccounts, ConflictKind, Defined, Definitions, Duty as DutyRule, Requirement, Severity, are_built_in,
};

/// A duty in the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DutyIdx(pub u32);

/// A conflict in the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConflictIdx(pub u32);

/// A permission that a binding names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LeafIdx(pub u32);

/// One permission that a binding asks for.
#[derive(Debug, Clone)]
pub struct Leaf {
    /// Its name.
    pub permission: Text,
    /// The least level that confers.
    pub level: Level,
    /// What the held resource must cover.
    pub resource: Option<Text>,
    /// What the fields of the one authorization that is held must give: for each field, any of the values.
    pub fields: Vec<(Text, Vec<Text>)>,
    /// The duty that names it.
    pub duty: DutyIdx,
    /// Whether it confers the duty alone.
    pub alone: bool,
}

impl Leaf {
    /// The use of a permission that confers it.
    pub(super) fn used(&self) -> Use<'_> {
        let wanted = self.resource.as_deref().map_or(Wanted::Anything, Wanted::Every);
        Use { permission: &self.permission, wanted, with: None }
    }
}

/// A binding with `all` somewhere in it.
#[derive(Debug, Clone)]
pub enum Expression {
    /// One leaf.
    Leaf(LeafIdx),
    /// All parts.
    All(Vec<Expression>),
    /// Any part.
    Any(Vec<Expression>),
}

/// A duty with what follows from it.
#[derive(Debug, Clone)]
pub struct Duty {
    /// Its id.
    pub id: Text,
    /// The ruleset that defines it.
    pub ruleset: Text,
    /// Its title, a verb phrase.
    pub title: Text,
    /// Its process.
    pub process: Text,
    /// What someone with it can do.
    pub description: Text,
    /// Whether it alone needs an approval, and how bad it is without.
    pub privileged: Option<Severity>,
    /// Whether it stands for everything of a kind, what the system will add to it too.
    pub open_ended: bool,
    /// Everything that holding it means, through any number of steps.
    pub includes: BTreeSet<DutyIdx>,
    /// Duties any of which confers it.
    pub any_duty: Vec<DutyIdx>,
    /// Bindings that need more than one permission, by type of system.
    pub joint: BTreeMap<Text, Vec<Expression>>,
    /// The types of system that have a binding.
    pub kinds: BTreeSet<Text>,
}

/// Duties that must not be held together.
#[derive(Debug, Clone)]
pub struct Conflict {
    /// Its id.
    pub id: Text,
    /// The ruleset that defines it.
    pub ruleset: Text,
    /// Its title.
    pub title: Text,
    /// The duties, in the order written.
    pub duties: Vec<DutyIdx>,
    /// How many of them together are a conflict.
    pub at_least: usize,
    /// Whether they must sit in different accounts.
    pub distinct_accounts: bool,
    /// How bad it is.
    pub severity: Severity,
    /// On what they must meet.
    pub dimensions: Vec<Dimension>,
    /// Whether access alone can tell.
    pub kind: ConflictKind,
    /// What can go wrong.
    pub risk: Text,
    /// Who owns the risk.
    pub owner: Text,
}

/// The duties and conflicts in force.
#[derive(Debug, Default)]
pub struct Catalogue {
    duties: Vec<Duty>,
    conflicts: Vec<Conflict>,
    leaves: Vec<Leaf>,
    kinds: HashMap<Text, NameIndex<LeafIdx>>,
    ids: HashMap<Text, DutyIdx>,
    /// What can be made of permissions beyond what they say.
    pub escalations: EscalationRules,
    /// For each duty, the conflicts that name it.
    pub(super) conflicts_of: Vec<Vec<ConflictIdx>>,
    /// Duties that are conferred by other duties, in an order in which each comes after those it needs.
    pub(super) derived: Vec<DutyIdx>,
}

impl Catalogue {
    /// Compiles what the rulesets say; once a process what the built-in ones say.
    #[must_use]
    pub fn of(definitions: &Arc<Definitions>) -> Arc<Self> {
        static BUILT_IN: OnceLock<Arc<Catalogue>> = OnceLock::new();
        if are_built_in(definitions) {
            return BUILT_IN.get_or_init(|| Arc::new(Self::new(definitions))).clone();
        }
        Arc::new(Self::new(definitions))
    }

    /// Compiles what the rulesets say. Names that do not resolve were refused when the rules were read.
    #[must_use]
    pub fn new(definitions: &Definitions) -> Self {
        let mut catalogue = Self { escalations: EscalationRules::new(&definitions.escalations), ..Self::default() };
        for (number, id) in (0u32..).zip(definitions.duties.keys()) {
            catalogue.ids.insert(id.as_str().into(), DutyIdx(number));
        }
        for (id, duty) in &definitions.duties {
            catalogue.add_duty(id, duty);
        }
        let direct: Vec<BTreeSet<DutyIdx>> = catalogue.duties.iter().map(|duty| duty.includes.clone()).collect();
        for duty in &mut catalogue.duties {
            let mut open: Vec<DutyIdx> = duty.includes.iter().copied().collect();
            while let Some(next) = open.pop() {
                for further in &direct[next.0 as usize] {
                    if duty.includes.insert(*further) {
                        open.push(*further);
                    }
                }
            }
        }
        catalogue.derived = derived_order(&catalogue.duties);
        catalogue.conflicts_of = vec![Vec::new(); catalogue.duties.len()];
        for (number, (id, conflict)) in (0u32..).zip(&definitions.conflicts) {
            let rule = &conflict.value;
            let duties: Vec<DutyIdx> =
                rule.duties.iter().filter_map(|duty| catalogue.ids.get(duty.as_str()).copied()).collect();
            for duty in &duties {
                catalogue.conflicts_of[duty.0 as usize].push(ConflictIdx(number));
            }
            let dimensions = rule.scope.dimension.iter().chain(&rule.scope.dimensions);
            catalogue.conflicts.push(Conflict {
                id: id.as_str().into(),
                ruleset: conflict.ruleset.clone(),
                title: rule.title.as_str().into(),
                at_least: rule.at_least.unwrap_or(duties.len()),
                duties,
                distinct_accounts: rule.accounts == ConflictAccounts::Distinct,
                severity: rule.severity,
                dimensions: dimensions.map(|name| Dimension::new(name)).collect(),
                kind: rule.kind,
                risk: rule.risk.as_str().into(),
                owner: rule.owner.as_str().into(),
            });
        }
        catalogue
    }

    fn add_duty(&mut self, id: &str, defined: &Defined<DutyRule>) {
        let rule = &defined.value;
        let idx = DutyIdx(u32::try_from(self.duties.len()).unwrap_or(u32::MAX));
        let resolve = |names: &[crate::syntax::Spanned<String>], ids: &HashMap<Text, DutyIdx>| -> Vec<DutyIdx> {
            names.iter().filter_map(|name| ids.get(name.as_str()).copied()).collect()
        };
        let mut duty = Duty {
            id: id.into(),
            ruleset: defined.ruleset.clone(),
            title: rule.title.as_str().into(),
            process: rule.process.as_str().into(),
            description: rule.description.as_str().into(),
            privileged: if rule.privileged { rule.severity } else { None },
            open_ended: rule.open_ended,
            includes: resolve(&rule.includes, &self.ids).into_iter().collect(),
            any_duty: resolve(&rule.any_duty, &self.ids),
            joint: BTreeMap::new(),
            kinds: rule.bindings.keys().map(|kind| kind.as_str().into()).collect(),
        };
        for (kind, binding) in &rule.bindings {
            let kind: Text = kind.as_str().into();
            let mut joint = Vec::new();
            for requirement in &binding.any {
                self.add_requirement(&kind, idx, requirement, &mut joint);
            }
            if !joint.is_empty() {
                duty.joint.insert(kind, joint);
            }
        }
        self.duties.push(duty);
    }

    /// Adds one alternative of a binding: a leaf that confers alone, or an expression.
    fn add_requirement(&mut self, kind: &Text, duty: DutyIdx, requirement: &Requirement, joint: &mut Vec<Expression>) {
        match requirement {
            Requirement::Name(_) | Requirement::Permission(_) => {
                self.leaf(kind, duty, requirement, true);
            }
            Requirement::Any { any } => {
                for part in any {
                    self.add_requirement(kind, duty, part, joint);
                }
            }
            Requirement::All { .. } => joint.push(self.expression(kind, duty, requirement)),
        }
    }

    fn expression(&mut self, kind: &Text, duty: DutyIdx, requirement: &Requirement) -> Expression {
        match requirement {
            Requirement::All { all } => {
                Expression::All(all.iter().map(|part| self.expression(kind, duty, part)).collect())
            }
            Requirement::Any { any } => {
                Expression::Any(any.iter().map(|part| self.expression(kind, duty, part)).collect())
            }
            leaf => Expression::Leaf(self.leaf(kind, duty, leaf, false)),
        }
    }

    fn leaf(&mut self, kind: &Text, duty: DutyIdx, requirement: &Requirement, alone: bool) -> LeafIdx {
        let (permission, level, resource, fields) = match requirement {
            Requirement::Permission(own) => {
                (own.permission.as_str(), own.level, own.resource.as_deref(), Some(&own.fields))
            }
            Requirement::Name(name) => (name.as_str(), None, None, None),
            _ => ("", None, None, None),
        };
        let values = |values: &[String]| values.iter().map(|value| Text::from(value.as_str())).collect();
        let fields = fields.into_iter().flatten().map(|(field, list)| (Text::from(field.as_str()), values(list)));
        let idx = LeafIdx(u32::try_from(self.leaves.len()).unwrap_or(u32::MAX));
        self.leaves.push(Leaf {
            permission: permission.into(),
            level: level.unwrap_or(Level::Create),
            resource: resource.map(Text::from),
            fields: fields.collect(),
            duty,
            alone,
        });
        self.kinds.entry(kind.clone()).or_default().add(&permission.into(), idx);
        idx
    }

    /// A duty.
    #[must_use]
    pub fn duty(&self, idx: DutyIdx) -> Option<&Duty> {
        self.duties.get(idx.0 as usize)
    }

    /// A duty by id.
    #[must_use]
    pub fn find_duty(&self, id: &str) -> Option<DutyIdx> {
        self.ids.get(id).copied()
    }

    /// The duty of whoever administers a whole system.
    #[must_use]
    pub fn administrator(&self) -> Option<(DutyIdx, &Duty)> {
        let idx = self.find_duty(ADMINISTRATOR)?;
        Some((idx, self.duty(idx)?))
    }

    /// All duties with their numbers.
    pub fn duties(&self) -> impl Iterator<Item = (DutyIdx, &Duty)> {
        (0u32..).map(DutyIdx).zip(&self.duties)
    }

    /// A conflict.
    #[must_use]
    pub fn conflict(&self, idx: ConflictIdx) -> Option<&Conflict> {
        self.conflicts.get(idx.0 as usize)
    }

    /// All conflicts with their numbers.
    pub fn conflicts(&self) -> impl Iterator<Item = (ConflictIdx, &Conflict)> {
        (0u32..).map(ConflictIdx).zip(&self.conflicts)
    }

    /// Every permission that a binding names.
    pub fn leaves(&self) -> impl Iterator<Item = &Leaf> {
        self.leaves.iter()
    }

    /// A leaf.
    #[must_use]
    pub fn leaf_at(&self, idx: LeafIdx) -> Option<&Leaf> {
        self.leaves.get(idx.0 as usize)
    }

    /// Whether some binding is for this type of system.
    #[must_use]
    pub fn knows_kind(&self, kind: &str) -> bool {
        self.kinds.contains_key(kind)
    }

    pub(super) fn kind(&self, kind: &str) -> Option<&NameIndex<LeafIdx>> {
        self.kinds.get(kind)
    }
}

/// Duties with `any_duty`, each after those that it stands on.
fn derived_order(duties: &[Duty]) -> Vec<DutyIdx> {
    fn visit(at: DutyIdx, duties: &[Duty], seen: &mut BTreeSet<DutyIdx>, order: &mut Vec<DutyIdx>) {
        if !seen.insert(at) {
            return;
        }
        let Some(duty) = duties.get(at.0 as usize) else { return };
        for needed in &duty.any_duty {
            visit(*needed, duties, seen, order);
        }
        if !duty.any_duty.is_empty() {
            order.push(at);
        }
    }
    let (mut seen, mut order) = (BTreeSet::new(), Vec::new());
    for number in 0..u32::try_from(duties.len()).unwrap_or(u32::MAX) {
        visit(DutyIdx(number), duties, &mut seen, &mut order);
    }
    order
}
