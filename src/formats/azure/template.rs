//! Azure Resource Manager templates: the role definitions and assignments in them (template reference,
//! `Microsoft.Authorization/roleDefinitions` and `roleAssignments`).

use super::exports::Reader;
use super::expressions::Names;
use super::{Place, PrincipalKind, condition};
use crate::facts::{Facts, Gap};
use crate::formats::mentioned::Mentioned;
use crate::formats::{Format, Grouping, Recognise, Unit};
use crate::syntax::{Node, SyntaxError};

/// Templates with role definitions or assignments.
pub const FORMAT: Format = Format {
    name: "azure-template",
    recognise: Recognise::Data(|_, document| is_template(document) && declares_access(document, 0)),
    suspect,
    unit: Grouping::Alone,
    lower,
};

/// Copies of one resource (Azure's own limit is 800).
const MAX_COPIES: u64 = 800;

/// Deepest deployment inside a deployment.
const MAX_DEPTH: usize = 8;

fn is_template(document: &Node) -> bool {
    let schema = document.get("$schema").and_then(Node::as_str).unwrap_or_default();
    schema.to_ascii_lowercase().contains("deploymenttemplate.json")
}

fn suspect(_path: &str, text: &str, _error: &SyntaxError) -> Option<Gap> {
    let ours = text.contains("eploymentTemplate.json") && text.contains("Microsoft.Authorization/role");
    ours.then_some(Gap::Broken)
}

/// The resources of a template: a list, or an object by symbolic name.
fn resources(template: &Node) -> Vec<&Node> {
    let Some(all) = template.get("resources") else { return Vec::new() };
    match all.as_map() {
        Some(entries) => entries.iter().map(|entry| &entry.value).collect(),
        None => all.as_list().unwrap_or_default().iter().collect(),
    }
}

/// What a resource is for access.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Definition,
    Assignment,
    Deployment,
}

fn kind_of(resource: &Node) -> Option<Kind> {
    let kind = resource.get("type").and_then(Node::as_str)?.to_ascii_lowercase();
    // An assignment on another resource may be written as a part of that: `…/providers/roleAssignments`.
    match kind.as_str() {
        "microsoft.authorization/roledefinitions" => Some(Kind::Definition),
        "microsoft.resources/deployments" => Some(Kind::Deployment),
        _ if kind.ends_with("/roleassignments") => Some(Kind::Assignment),
        _ => None,
    }
}

fn declares_access(template: &Node, depth: usize) -> bool {
    depth < MAX_DEPTH
        && resources(template).into_iter().any(|own| match kind_of(own) {
            Some(Kind::Deployment) => {
                own.at(&["properties", "template"]).is_some_and(|inner| declares_access(inner, depth + 1))
            }
            Some(_) => true,
            None => resources(own).into_iter().any(|own| kind_of(own).is_some()),
        })
}

fn lower(unit: &Unit<'_>) -> Facts {
    let mut facts = Facts::default();
    for (place, file) in unit.files.iter().enumerate() {
        let mut mentioned = Mentioned::default();
        for document in &file.documents {
            let mut reader = Reader::new(&mut facts, &mut mentioned, file, place);
            reader.template(document, Names::of(document), &deployed_to(document), 0);
        }
        mentioned.settle(&mut facts);
    }
    facts
}

/// What a template is deployed to, by its schema (Azure documentation, "Understand the structure and syntax of ARM
/// templates").
fn deployed_to(template: &Node) -> Place {
    let schema = template.get("$schema").and_then(Node::as_str).unwrap_or_default().to_ascii_lowercase();
    match () {
        () if schema.contains("subscriptiondeploymenttemplate") => Place::Subscription(None),
        () if schema.contains("managementgroupdeploymenttemplate") => Place::ManagementGroup(None),
        () if schema.contains("tenantdeploymenttemplate") => Place::Root,
        () => Place::ResourceGroup { subscription: None, group: None },
    }
}

impl Reader<'_> {
    fn template(&mut self, template: &Node, names: Names<'_>, place: &Place, depth: usize) {
        if depth >= MAX_DEPTH {
            let origin = self.at(template.span);
            let reason = format!("deployments stand over {MAX_DEPTH} levels deep in each other");
            return self.cloud.unresolved(Gap::Unsupported, origin, reason, "this one is not evaluated");
        }
        for resource in resources(template) {
            let declares = kind_of(resource).is_some()
                || resources(resource).into_iter().any(|inner| kind_of(inner) == Some(Kind::Assignment));
            if declares {
                for copy in self.copies(resource, names) {
                    self.resource(resource, copy, place, depth);
                }
            }
        }
    }

    fn resource(&mut self, resource: &Node, names: Names<'_>, place: &Place, depth: usize) {
        if !self.exists(resource, names) {
            return;
        }
        match kind_of(resource) {
            Some(Kind::Definition) => self.role_definition(resource, names),
            Some(Kind::Assignment) => self.role_assignment(resource, names, place, None),
            Some(Kind::Deployment) => self.deployment(resource, names, place, depth),
            // What stands inside another resource is about that.
            None => {
                for inner in resources(resource) {
                    if kind_of(inner) == Some(Kind::Assignment) {
                        for copy in self.copies(inner, names) {
                            if self.exists(inner, copy) {
                                self.role_assignment(inner, copy, place, Some(resource));
                            }
                        }
                    }
                }
            }
        }
    }

    /// Whether a resource exists, by its condition; one that cannot be told counts as existing.
    fn exists(&mut self, resource: &Node, names: Names<'_>) -> bool {
        let Some(condition) = resource.get("condition") else { return true };
        match names.plain(condition).map(|own| own.to_ascii_lowercase()).as_deref() {
            Some("true") => true,
            Some("false") => false,
            _ => {
                let origin = self.at(condition.span);
                let reason = "whether this condition holds is known only when the template is deployed";
                let consequence = "the resource is evaluated as if it exists";
                self.cloud.unresolved(Gap::Unknown, origin, reason, consequence);
                true
            }
        }
    }

    /// The names of each copy of a resource (template reference, "Resource iteration in ARM templates").
    fn copies<'n>(&mut self, resource: &'n Node, names: Names<'n>) -> Vec<Names<'n>> {
        let Some(copy) = resource.get("copy").filter(|own| own.as_map().is_some()) else { return vec![names] };
        let name = copy.get("name").and_then(Node::as_str).unwrap_or_default();
        let count = copy.get("count").and_then(|own| names.plain(own)).and_then(|own| own.parse::<u64>().ok());
        let origin = self.at(copy.span);
        match count {
            Some(count) if count <= MAX_COPIES => {
                (0..count).map(|index| Names { copy: Some((name, index)), ..names }).collect()
            }
            Some(count) => {
                let reason = format!("a loop makes {count} copies; {MAX_COPIES} of them are evaluated");
                self.cloud.unresolved(Gap::Unsupported, origin, reason, "the others count for nothing in the findings");
                (0..MAX_COPIES).map(|index| Names { copy: Some((name, index)), ..names }).collect()
            }
            None => {
                let reason = "how many copies a loop makes is known only when the template is deployed";
                let consequence = "it is evaluated once, for whichever copy that is";
                self.cloud.unresolved(Gap::Unknown, origin, reason, consequence);
                vec![Names { copy: None, ..names }]
            }
        }
    }

    /// A template inside a template. Where it is evaluated by itself, what it is given is not followed.
    fn deployment(&mut self, resource: &Node, names: Names<'_>, place: &Place, depth: usize) {
        let Some(inner) = resource.at(&["properties", "template"]) else { return };
        let evaluated = resource.at(&["properties", "expressionEvaluationOptions", "scope"]).and_then(Node::as_str);
        let own = Names::of(inner);
        let names = if evaluated.is_some_and(|own| own.eq_ignore_ascii_case("inner")) { own } else { names };
        let text = |key: &str| resource.get(key).and_then(Node::as_str).map(|own| names.text(own));
        let place = match (text("scope"), text("subscriptionId"), text("resourceGroup")) {
            (Some(scope), ..) => Place::of(&format!("/providers/{}", scope.trim_start_matches("/providers/"))),
            (None, Some(id), Some(group)) => Place::of(&format!("/subscriptions/{id}/resourceGroups/{group}")),
            (None, Some(id), None) => Place::of(&format!("/subscriptions/{id}")),
            (None, None, Some(group)) => Place::of(&format!("/subscriptions/${{subscription}}/resourceGroups/{group}")),
            (None, None, None) => place.clone(),
        };
        self.template(inner, names, &place, depth + 1);
    }

    fn role_definition(&mut self, resource: &Node, names: Names<'_>) {
        self.count("role definition");
        let named = resource.at(&["properties", "roleName"]).or_else(|| resource.get("name")).and_then(Node::as_str);
        let name = names.text(named.unwrap_or_default());
        self.definition(resource, &name, resource.span);
    }

    fn role_assignment(&mut self, resource: &Node, names: Names<'_>, place: &Place, of: Option<&Node>) {
        self.count("role assignment");
        let property = |key: &str| resource.at(&["properties", key]).filter(|own| own.as_str().is_some());
        let text = |node: &Node| names.text(node.as_str().unwrap_or_default());
        let (Some(principal), Some(role)) = (property("principalId"), property("roleDefinitionId")) else {
            let reason = "an assignment has a `principalId` and a `roleDefinitionId`; this one does not";
            let origin = self.at(resource.span);
            return self.cloud.unresolved(Gap::Broken, origin, reason, "it is not evaluated");
        };
        let kind = property("principalType").map_or(PrincipalKind::Unknown, |own| PrincipalKind::of(&text(own)));
        let name = text(principal);
        let origin = self.at(principal.span);
        if name.starts_with("${") {
            let reason = format!(
                "who `{}` is, is known only when the template is deployed",
                principal.as_str().unwrap_or_default()
            );
            let consequence = "who gets this is not known; it is granted to whoever that is";
            self.cloud.unresolved(Gap::Unknown, origin, reason, consequence);
        }
        let scope = resource.get("scope").and_then(Node::as_str).map(|own| names.text(own));
        let outer = of.and_then(|own| Some((own.get("type")?.as_str()?, own.get("name")?.as_str()?)));
        let on = match (scope, outer) {
            (Some(scope), _) if scope.starts_with('/') => Place::of(&scope),
            // A scope may leave out where the template is deployed to.
            (Some(scope), _) => named_in(place, &scope),
            (None, Some((kind, name))) => named_in(place, &format!("{kind}/{}", names.text(name))),
            (None, None) => self.extended(resource, names, place),
        };
        let narrowed = property("condition").and_then(|own| condition(&text(own)));
        let role = text(role);
        if role.starts_with("${") {
            let reason = format!("which role `{role}` is, is known only when the template is deployed");
            let consequence = "which role this gives is not known; whoever gets it is shown";
            self.cloud.unresolved(Gap::Unknown, origin, reason, consequence);
        }
        self.assign(kind, &name, &role, &on, narrowed, principal.span);
    }

    /// `Microsoft.A/b/providers/roleAssignments` with the name `x/Microsoft.Authorization/…` is on `Microsoft.A/b/x`.
    fn extended(&self, resource: &Node, names: Names<'_>, place: &Place) -> Place {
        let kind = resource.get("type").and_then(Node::as_str).unwrap_or_default();
        let Some((of, _)) = kind.split_once("/providers/") else { return place.clone() };
        let name = resource.get("name").and_then(Node::as_str).map(|own| names.text(own)).unwrap_or_default();
        named_in(place, &format!("{of}/{}", name.split('/').next().unwrap_or_default()))
    }
}

/// A resource of the place that a template is deployed to, by its type and name.
fn named_in(place: &Place, name: &str) -> Place {
    let (subscription, group) = match place {
        Place::ResourceGroup { subscription, group } => (subscription.clone(), group.clone()),
        Place::Subscription(id) => (id.clone(), None),
        _ => (None, None),
    };
    let name = (!name.contains("${")).then(|| name.to_ascii_lowercase().into());
    Place::Resource { subscription, group, name }
}
