//! The sections of templates, and the templates that a unit reads.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use super::recognise;
use crate::facts::{Gap, Origin, Unresolved};
use crate::formats::Files;
use crate::formats::documents::Documents;
use crate::syntax::{Entry, Node, Span};

/// A file that holds a template.
struct File {
    path: String,
    place: u32,
    documents: Arc<Documents>,
}

/// Every template that a unit may need: its roots, and what they nest.
pub(super) struct Library {
    files: Vec<File>,
    places: HashMap<String, usize>,
}

impl Library {
    /// Reads templates and, from them, the templates that they nest.
    pub(super) fn load(tree: &Files<'_>, roots: &[&str]) -> Self {
        let mut library = Self { files: Vec::new(), places: HashMap::new() };
        let mut open: Vec<String> = roots.iter().rev().map(|path| (*path).to_owned()).collect();
        while let Some(path) = open.pop() {
            if library.places.contains_key(&path) {
                continue;
            }
            let Some((place, documents)) = tree.documents(&path) else { continue };
            let file = File { path: path.clone(), place, documents };
            let Some(template) = file.template() else { continue };
            open.extend(template.nested().map(|(_, nested)| nested));
            library.places.insert(path, library.files.len());
            library.files.push(file);
        }
        library
    }

    /// The template at a path.
    pub(super) fn template(&self, path: &str) -> Option<Template<'_>> {
        self.files.get(*self.places.get(path)?)?.template()
    }
}

impl File {
    fn template(&self) -> Option<Template<'_>> {
        let Documents::Data(Ok(documents)) = &*self.documents else { return None };
        let mut own = documents.iter().filter(|document| recognise(&self.path, document));
        Some(Template { path: &self.path, place: self.place, root: own.next()?, second: own.next() })
    }
}

/// One template.
#[derive(Clone, Copy)]
pub(super) struct Template<'t> {
    /// Its path from the root of the tree.
    pub(super) path: &'t str,
    place: u32,
    /// The whole document.
    pub(super) root: &'t Node,
    /// Another template in the same file.
    second: Option<&'t Node>,
}

impl<'t> Template<'t> {
    /// The origin of a range in this template.
    pub(super) fn at(&self, span: Span) -> Origin {
        Origin { file: self.place, span }
    }

    /// The entries of a section; none if it is not there or of another type.
    pub(super) fn section(&self, name: &str) -> &'t [Entry] {
        self.root.get(name).and_then(Node::as_map).unwrap_or_default()
    }

    /// The path without its extension: what the stack's resources are told apart by, where they have no names.
    pub(super) fn name(&self) -> &'t str {
        let file = self.path.rsplit('/').next().unwrap_or(self.path);
        let kept = file.split_once('.').map_or(file, |(stem, _)| stem).len();
        let folder = self.path.len() - file.len();
        self.path.get(..folder + kept).filter(|_| kept > 0).unwrap_or(self.path)
    }

    /// The resources that are stacks of templates in the tree, with the template's path.
    pub(super) fn nested(&self) -> impl Iterator<Item = (&'t str, String)> {
        let template = *self;
        self.section("Resources").iter().filter_map(move |entry| Some((&*entry.key, template.nested_by(&entry.value)?)))
    }

    /// The path of the template that a resource nests, if it is a path. What the CDK writes out names it in the metadata
    /// (CDK developer guide, "Assets"; CloudFormation user guide, `AWS::CloudFormation::Stack`, what `aws cloudformation
    /// package` uploads).
    fn nested_by(&self, resource: &Node) -> Option<String> {
        let property = match resource.get("Type").and_then(Node::as_str)? {
            "AWS::CloudFormation::Stack" => "TemplateURL",
            "AWS::Serverless::Application" => "Location",
            _ => return None,
        };
        let local = |path: &&str| !path.contains("://") && !path.starts_with('/') && !path.contains("${");
        let written = resource.at(&["Properties", property]).filter(|node| node.tag.is_none()).and_then(Node::as_str);
        let asset = resource.at(&["Metadata", "aws:asset:path"]).and_then(Node::as_str);
        join(self.path, asset.into_iter().chain(written).find(local)?)
    }

    /// Says which sections are not what they should be. Each costs itself.
    pub(super) fn check(&self, unresolved: &RefCell<Vec<Unresolved>>) {
        let sections = [
            ("Parameters", "what refers to parameters is not known"),
            ("Mappings", "what is looked up in mappings is not known"),
            ("Conditions", "what depends on conditions is not known"),
            ("Resources", "nothing of this template is evaluated"),
            ("Outputs", "what other stacks import from here is not known"),
            ("Globals", "what functions have in common is not evaluated"),
        ];
        for (name, consequence) in sections {
            if let Some(node) = self.root.get(name).filter(|node| node.as_map().is_none()) {
                unresolved.borrow_mut().push(Unresolved {
                    gap: Gap::Broken,
                    reason: format!("the section `{name}` is {}, not a map", node.kind()),
                    consequence: consequence.to_owned(),
                    origin: self.at(node.span),
                });
            }
        }
        if let Some(second) = self.second {
            unresolved.borrow_mut().push(Unresolved {
                gap: Gap::Unsupported,
                reason: "this file holds several templates; CloudFormation takes files of one".to_owned(),
                consequence: "those behind the first are not evaluated".to_owned(),
                origin: self.at(second.span),
            });
        }
        if self.root.get("Resources").is_none() {
            unresolved.borrow_mut().push(Unresolved {
                gap: Gap::Broken,
                reason: "the template has no section `Resources`".to_owned(),
                consequence: "nothing of this template is evaluated".to_owned(),
                origin: self.at(self.root.span),
            });
        }
        for transform in self.root.get("Transform").map(Node::one_or_many).unwrap_or_default() {
            let name = transform.as_str().or_else(|| transform.get("Name").and_then(Node::as_str)).unwrap_or("?");
            if !KNOWN_TRANSFORMS.iter().any(|known| name.starts_with(known)) {
                unresolved.borrow_mut().push(Unresolved {
                    gap: Gap::Unknown,
                    reason: format!("the macro `{name}` is not run"),
                    consequence: "the template is evaluated as it is written; what the macro adds or changes is not"
                        .to_owned(),
                    origin: self.at(transform.span),
                });
            }
        }
    }
}

/// Transforms that are evaluated here, or that add nothing to who may do what.
const KNOWN_TRANSFORMS: [&str; 3] = ["AWS::Serverless-", "AWS::LanguageExtensions", "AWS::CodeDeployBlueGreen"];

/// A path that a file names, from the root of the tree. None when it leaves the tree.
fn join(file: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = file.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            _ => parts.push(part),
        }
    }
    Some(parts.join("/"))
}
