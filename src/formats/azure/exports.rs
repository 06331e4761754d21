//! Role definitions and assignments as the command line answers with them and takes them (`az role definition list`,
//! `az role assignment list`, `New-AzRoleDefinition -InputFile`), in JSON or YAML.

use super::roles::Block;
use super::{Cloud, Place, PrincipalKind, condition, last_part};
use crate::facts::{Facts, Gap, Origin, Text};
use crate::formats::mentioned::Mentioned;
use crate::formats::{Format, Grouping, Recognise, Unit, UnitFile};
use crate::syntax::{Node, Span, SyntaxError};

/// Answers with definitions and assignments.
pub const FORMAT: Format = Format {
    name: "azure-roles",
    recognise: Recognise::Data(|_, document| {
        let all = things(document);
        !all.is_empty() && all.iter().all(|own| is_definition(own) || is_assignment(own))
    }),
    suspect,
    unit: Grouping::Alone,
    lower,
};

/// An answer is a list, or one thing; an answer of the interface itself has the list in `value`.
fn things(document: &Node) -> &[Node] {
    match document.get("value").and_then(Node::as_list) {
        Some(list) => list,
        None => document.one_or_many(),
    }
}

/// A field, in the root of a thing or in its `properties`, whatever the case of its first letter.
fn field<'n>(thing: &'n Node, name: &str) -> Option<&'n Node> {
    let own = |node: &'n Node| {
        node.as_map()?.iter().find(|entry| entry.key.eq_ignore_ascii_case(name)).map(|entry| &entry.value)
    };
    own(thing).or_else(|| own(thing.get("properties")?))
}

fn text<'n>(thing: &'n Node, name: &str) -> Option<&'n str> {
    field(thing, name).and_then(Node::as_str).filter(|text| !text.is_empty())
}

fn is_definition(thing: &Node) -> bool {
    let actions = field(thing, "permissions").is_some_and(|own| own.as_list().is_some())
        || field(thing, "actions").is_some_and(|own| own.as_list().is_some());
    actions && field(thing, "assignableScopes").is_some()
}

fn is_assignment(thing: &Node) -> bool {
    let has = |name: &str| text(thing, name).is_some();
    has("principalId") && has("scope") && (has("roleDefinitionId") || has("roleDefinitionName"))
}

fn suspect(_path: &str, text: &str, _error: &SyntaxError) -> Option<Gap> {
    let has = |part: &str| text.contains(part);
    let is_template = has("$schema") || has("\"resources\"");
    let ours = has("\"roleDefinitionId\"") && has("\"principalId\"") || has("\"assignableScopes\"");
    (ours && !is_template).then_some(Gap::Broken)
}

fn lower(unit: &Unit<'_>) -> Facts {
    let mut facts = Facts::default();
    for (place, file) in unit.files.iter().enumerate() {
        let mut mentioned = Mentioned::default();
        for document in &file.documents {
            let mut reader = Reader::new(&mut facts, &mut mentioned, file, place);
            for thing in things(document) {
                if is_definition(thing) {
                    reader.count("role definition");
                    let name = text(thing, "roleName").or_else(|| text(thing, "name")).unwrap_or("?");
                    reader.definition(thing, name, thing.span);
                } else {
                    reader.count("role assignment");
                    reader.answered(thing);
                }
            }
        }
        mentioned.settle(&mut facts);
    }
    facts
}

/// Reads documents of one file.
pub(super) struct Reader<'f> {
    pub(super) cloud: Cloud<'f>,
    file: u32,
}

impl<'f> Reader<'f> {
    pub(super) fn new(facts: &'f mut Facts, mentioned: &'f mut Mentioned, file: &UnitFile<'_>, place: usize) -> Self {
        let (azure, entra) = super::systems(file.system.as_ref().map(|hint| &hint.id));
        let cloud = Cloud { facts, mentioned, azure, entra };
        Self { cloud, file: u32::try_from(place).unwrap_or(u32::MAX) }
    }

    pub(super) fn at(&self, span: Span) -> Origin {
        Origin { file: self.file, span }
    }

    pub(super) fn count(&mut self, kind: &'static str) {
        *self.cloud.facts.tally.entry(kind).or_default() += 1;
    }

    /// A role with its blocks of permissions. Before there were several, the actions stood in the definition itself.
    pub(super) fn definition(&mut self, thing: &Node, name: &str, span: Span) {
        let blocks = field(thing, "permissions").map_or(std::slice::from_ref(thing), Node::one_or_many);
        let mut statements = Vec::new();
        for own in blocks {
            let block = Block {
                actions: self.actions(own, "actions"),
                not_actions: self.actions(own, "notActions").into_iter().map(|(name, _)| name).collect(),
                data_actions: self.actions(own, "dataActions"),
                not_data_actions: self.actions(own, "notDataActions").into_iter().map(|(name, _)| name).collect(),
            };
            let (own, inexact) = block.statements();
            statements.extend(own);
            for (action, origin) in inexact {
                let reason = format!("something is subtracted from `{action}`, which cannot be said exactly");
                self.cloud.unresolved(Gap::Unsupported, origin, reason, "this role may permit less than shown");
            }
        }
        let id = self.cloud.role(name);
        let title = text(thing, "description").map(Text::from);
        let origin = self.at(span);
        self.cloud.define(id, title, statements, origin);
    }

    fn actions(&mut self, block: &Node, name: &str) -> Vec<(String, Origin)> {
        let mut found = Vec::new();
        for action in field(block, name).map(Node::one_or_many).unwrap_or_default() {
            let origin = self.at(action.span);
            match action.as_str() {
                Some(name) => found.push((name.to_owned(), origin)),
                None if action.one_or_many().is_empty() => {}
                None => {
                    let reason = format!("an action is expected here, and this is {}", action.kind());
                    self.cloud.unresolved(Gap::Broken, origin, reason, "this action is not evaluated");
                }
            }
        }
        found
    }

    /// An assignment as it is answered: names stand beside the ids.
    fn answered(&mut self, thing: &Node) {
        let kind = text(thing, "principalType").map_or(PrincipalKind::Unknown, PrincipalKind::of);
        let id = text(thing, "principalId").unwrap_or_default();
        // A service principal is shown by its application's id, which says less than its own does.
        let named = text(thing, "principalName").filter(|_| kind != PrincipalKind::Application);
        let role = text(thing, "roleDefinitionName").or_else(|| text(thing, "roleDefinitionId")).unwrap_or_default();
        let scope = text(thing, "scope").unwrap_or_default();
        let narrowed = text(thing, "condition").and_then(condition);
        let span = field(thing, "principalId").map_or(thing.span, |own| own.span);
        self.assign(kind, named.unwrap_or(id), role, &Place::of(scope), narrowed, span);
    }

    pub(super) fn assign(
        &mut self,
        kind: PrincipalKind,
        principal: &str,
        role: &str,
        place: &Place,
        narrowed: Option<crate::facts::Condition>,
        span: Span,
    ) {
        let origin = self.at(span);
        if let Some(consequence) = place.open() {
            let reason = "it is not known on what this assignment is";
            self.cloud.unresolved(Gap::Unknown, origin, reason, consequence);
        }
        let to = self.cloud.principal(kind, principal, origin);
        let role = self.cloud.role(if role.starts_with("${") { role } else { last_part_of_id(role) });
        self.cloud.assign(to, role, place.scope(), narrowed.into_iter().collect(), origin);
    }
}

/// The GUID of an id; a name stays what it is.
fn last_part_of_id(role: &str) -> &str {
    if role.starts_with('/') { last_part(role) } else { role }
}
