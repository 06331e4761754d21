//! From a kustomization to the objects that it comes to.

use std::collections::BTreeMap;

use super::patch::{self, Target};
use super::references;
use super::{FORMAT, file_in};
use crate::facts::{Facts, Gap, Origin, Text, Unresolved};
use crate::formats::Files;
use crate::formats::documents::Documents;
use crate::formats::kubernetes::{Kind, embedded};
use crate::formats::paths::join;
use crate::formats::places::{Places, append};
use crate::syntax::{Entry, Node, Span, Value as Data, parse};

/// Most levels of kustomizations that use each other.
const MAX_LEVELS: usize = 32;

/// Most objects that one root may come to, over all its levels.
const MAX_OBJECTS: usize = 50_000;

/// An object on its way through the levels.
pub(super) struct Item {
    pub(super) node: Node,
    pub(super) kind: Kind,
    /// The names and namespaces that it had at earlier levels: patches may name it by any of them.
    pub(super) before: Vec<(String, String)>,
}

impl Item {
    pub(super) fn name(&self) -> &str {
        self.node.at(&["metadata", "name"]).and_then(Node::as_str).unwrap_or_default()
    }

    pub(super) fn namespace(&self) -> &str {
        self.node.at(&["metadata", "namespace"]).and_then(Node::as_str).unwrap_or_default()
    }

    /// Whether the object stands in a namespace at all.
    pub(super) fn namespaced(&self) -> bool {
        !matches!(self.kind, Kind::ClusterRole | Kind::ClusterRoleBinding)
    }
}

/// One level: the file of a kustomization.
pub(super) struct Level<'l> {
    pub(super) folder: &'l str,
    pub(super) node: &'l Node,
    pub(super) file: u32,
}

impl Level<'_> {
    pub(super) fn at(&self, node: &Node) -> Origin {
        Origin { file: self.file, span: node.span }
    }
}

pub(super) struct Build<'b, 't> {
    tree: &'b Files<'t>,
    pub(super) places: Places,
    pub(super) facts: Facts,
    objects: usize,
}

/// The facts of what a kustomization comes to.
pub(super) fn facts(tree: &Files<'_>, folder: &str, system: &Text) -> Facts {
    let mut build = Build { tree, places: Places::default(), facts: Facts::default(), objects: 0 };
    let items = build.level(folder, Vec::new(), &mut Vec::new());
    let mut own = Facts::default();
    embedded::documents(items.iter().map(|item| &item.node), system, &mut own);
    build.places.settle(&mut own);
    append(&mut build.facts, own);
    build.facts
}

impl Build<'_, '_> {
    pub(super) fn unresolved(&mut self, gap: Gap, origin: Origin, reason: impl Into<String>, consequence: &str) {
        self.facts.unresolved.push(Unresolved { gap, reason: reason.into(), consequence: consequence.into(), origin });
    }

    /// What a folder's kustomization makes of these objects and its own.
    fn level(&mut self, folder: &str, mut items: Vec<Item>, above: &mut Vec<String>) -> Vec<Item> {
        let Some(path) = file_in(self.tree, folder) else { return items };
        let Some((file, parsed)) = self.tree.documents(&path) else { return items };
        let Documents::Data(Ok(documents)) = &*parsed else {
            let origin = Origin { file, span: Span::default() };
            self.unresolved(Gap::Broken, origin, "this kustomization does not parse", "nothing in it is evaluated");
            return items;
        };
        above.push(folder.to_owned());
        for node in documents.iter().filter(|document| FORMAT.recognise.data(&path, document)) {
            *self.facts.tally.entry("kustomization").or_default() += 1;
            let level = Level { folder, node, file };
            self.not_read(&level);
            for key in ["resources", "bases"] {
                for entry in node.get(key).and_then(Node::as_list).unwrap_or_default() {
                    items.extend(self.resource(&level, entry, above));
                }
            }
            for entry in node.get("components").and_then(Node::as_list).unwrap_or_default() {
                if let Some(folder) = self.used_folder(&level, entry, above) {
                    items = self.level(&folder, items, above);
                }
            }
            self.transform(&level, &mut items);
        }
        above.pop();
        items
    }

    /// Says what of a kustomization is not read although it may give access.
    fn not_read(&mut self, level: &Level<'_>) {
        for (key, what) in [
            ("helmCharts", "a chart is not rendered"),
            ("helmChartInflationGenerator", "a chart is not rendered"),
            ("generators", "a generator is not run"),
            ("transformers", "a transformer is not run"),
            ("replacements", "replacements are not evaluated"),
            ("vars", "variables are not filled in"),
        ] {
            let Some(entry) = level.node.entry(key).filter(|entry| entry.value.as_list().is_none_or(|l| !l.is_empty()))
            else {
                continue;
            };
            if entry.value.is_null() || key == "replacements" && !may_concern_access(&entry.value) {
                continue;
            }
            let origin = Origin { file: level.file, span: entry.key_span };
            let reason = format!("{what} (`{key}`); build the kustomization (`kustomize build`) and check the output");
            self.unresolved(Gap::Unsupported, origin, reason, "what it would change or add is not evaluated");
        }
    }

    /// The objects of one entry of `resources`: a file, or another kustomization.
    fn resource(&mut self, level: &Level<'_>, entry: &Node, above: &mut Vec<String>) -> Vec<Item> {
        let Some(name) = entry.as_str() else {
            let reason = format!("a resource is {}, not a path", entry.kind());
            self.unresolved(Gap::Broken, level.at(entry), reason, "it is not evaluated");
            return Vec::new();
        };
        let path = join(level.folder, name).filter(|_| !is_remote(name));
        if let Some((file, parsed)) = path.as_ref().and_then(|path| self.tree.documents(path)) {
            let mut items = Vec::new();
            match &*parsed {
                Documents::Data(Ok(documents)) => {
                    documents.iter().for_each(|document| self.add(document, file, &mut items));
                }
                Documents::Data(Err(_)) | Documents::Hcl(_) | Documents::Sql(_) => {
                    let reason = format!("`{name}` does not parse");
                    self.unresolved(Gap::Broken, level.at(entry), reason, "what it declares is not evaluated");
                }
            }
            return items;
        }
        match self.used_folder(level, entry, above) {
            Some(folder) => self.level(&folder, Vec::new(), above),
            None => Vec::new(),
        }
    }

    /// The folder of another kustomization that an entry names.
    fn used_folder(&mut self, level: &Level<'_>, entry: &Node, above: &[String]) -> Option<String> {
        const NOTHING: &str = "what it declares is not evaluated";
        let name = entry.as_str()?;
        if is_remote(name) {
            let reason = format!("`{name}` stands elsewhere and is not fetched");
            self.unresolved(Gap::Unknown, level.at(entry), reason, NOTHING);
            return None;
        }
        let folder = join(level.folder, name).filter(|folder| file_in(self.tree, folder).is_some());
        let Some(folder) = folder else {
            let reason = format!("`{name}` is not in the tree");
            self.unresolved(Gap::Dangling, level.at(entry), reason, NOTHING);
            return None;
        };
        if above.contains(&folder) || above.len() >= MAX_LEVELS {
            let reason = if above.contains(&folder) {
                format!("`{name}` uses this kustomization in turn")
            } else {
                format!("kustomizations use each other over more than {MAX_LEVELS} levels")
            };
            self.unresolved(Gap::Broken, level.at(entry), reason, NOTHING);
            return None;
        }
        Some(folder)
    }

    /// The objects of a document that declare access, with their places.
    fn add(&mut self, document: &Node, file: u32, items: &mut Vec<Item>) {
        let field = |key| document.get(key).and_then(Node::as_str);
        let (Some(version), Some(kind)) = (field("apiVersion"), field("kind")) else { return };
        if kind.ends_with("List")
            && let Some(list) = document.get("items").and_then(Node::as_list)
        {
            list.iter().for_each(|item| self.add(item, file, items));
            return;
        }
        let Some(kind) = Kind::of(version, kind) else { return };
        self.objects += 1;
        if self.objects > MAX_OBJECTS {
            if self.objects == MAX_OBJECTS + 1 {
                let reason = format!("a kustomization comes to more than {MAX_OBJECTS} objects");
                let origin = Origin { file, span: document.span };
                self.unresolved(Gap::Unsupported, origin, reason, "the rest is not evaluated");
            }
            return;
        }
        let node = self.placed(document, &|span| Origin { file, span });
        items.push(Item { node, kind, before: Vec::new() });
    }

    /// A document with numbers in place of its bytes.
    pub(super) fn placed(&mut self, node: &Node, at: &dyn Fn(Span) -> Origin) -> Node {
        let value = match &node.value {
            Data::List(items) => Data::List(items.iter().map(|item| self.placed(item, at)).collect()),
            Data::Map(entries) => {
                let mut own = Vec::with_capacity(entries.len());
                for entry in entries {
                    let key_span = self.places.span(at(entry.key_span));
                    own.push(Entry { key: entry.key.clone(), key_span, value: self.placed(&entry.value, at) });
                }
                Data::Map(own)
            }
            other => other.clone(),
        };
        Node::new(self.places.span(at(node.span)), value)
    }

    /// A text of the kustomization, or what it says at a path that it names: a patch.
    fn documents_of(&mut self, level: &Level<'_>, source: &Node, inline: bool) -> Vec<Node> {
        let Some(text) = source.as_str() else { return Vec::new() };
        if inline {
            let origin = level.at(source);
            return match parse(text.as_bytes()) {
                Ok(documents) => documents.iter().map(|document| self.placed(document, &|_| origin)).collect(),
                Err(error) => {
                    let reason = format!("this patch does not parse: {error}");
                    self.unresolved(Gap::Broken, origin, reason, "what it changes is not evaluated");
                    Vec::new()
                }
            };
        }
        let found = join(level.folder, text).and_then(|path| self.tree.documents(&path));
        match found.as_ref().map(|(file, parsed)| (*file, &**parsed)) {
            Some((file, Documents::Data(Ok(documents)))) => {
                documents.iter().map(|document| self.placed(document, &|span| Origin { file, span })).collect()
            }
            Some(_) => {
                let reason = format!("the patch `{text}` does not parse");
                self.unresolved(Gap::Broken, level.at(source), reason, "what it changes is not evaluated");
                Vec::new()
            }
            None => {
                let reason = format!("the patch `{text}` is not in the tree");
                self.unresolved(Gap::Dangling, level.at(source), reason, "what it changes is not evaluated");
                Vec::new()
            }
        }
    }

    /// What a level does to the objects, in the order in which `kustomize` does it
    /// (`kusttarget_configplugin.go` in kubernetes-sigs/kustomize).
    fn transform(&mut self, level: &Level<'_>, items: &mut Vec<Item>) {
        for entry in level.node.get("patchesStrategicMerge").and_then(Node::as_list).unwrap_or_default() {
            let inline = entry.as_str().is_some_and(|text| text.contains('\n'));
            for document in self.documents_of(level, entry, inline) {
                self.apply(level, entry, &document, None, items);
            }
        }
        self.patches(level, "patches", items);
        let before: Vec<(String, String)> =
            items.iter().map(|item| (item.name().to_owned(), item.namespace().to_owned())).collect();
        if let Some(namespace) = level.node.get("namespace").filter(|own| own.as_str().is_some_and(|n| !n.is_empty())) {
            let namespace = self.placed(namespace, &|span| Origin { file: level.file, span });
            for item in items.iter_mut().filter(|item| item.namespaced()) {
                self.set(&mut item.node, &["metadata", "namespace"], &namespace);
            }
            references::default_accounts(items, &namespace);
        }
        let part = |key| level.node.get(key).and_then(Node::as_str).unwrap_or_default();
        let (prefix, suffix) = (part("namePrefix"), part("nameSuffix"));
        if !prefix.is_empty() || !suffix.is_empty() {
            for item in items.iter_mut() {
                let Some(name) = patch::at_mut(&mut item.node, &["metadata", "name"]) else { continue };
                if let Data::String(text) = &mut name.value {
                    *text = format!("{prefix}{text}{suffix}").into();
                }
            }
        }
        references::follow(items, &before);
        for (item, before) in items.iter_mut().zip(before) {
            if before != (item.name().to_owned(), item.namespace().to_owned()) {
                item.before.push(before);
            }
        }
        self.pairs(level, level.node.get("commonLabels"), "labels", items);
        for labels in level.node.get("labels").and_then(Node::as_list).unwrap_or_default() {
            self.pairs(level, labels.get("pairs"), "labels", items);
        }
        self.pairs(level, level.node.get("commonAnnotations"), "annotations", items);
        self.patches(level, "patchesJson6902", items);
    }

    fn patches(&mut self, level: &Level<'_>, key: &str, items: &mut Vec<Item>) {
        for entry in level.node.get(key).and_then(Node::as_list).unwrap_or_default() {
            let (source, inline) = match (entry.get("path"), entry.get("patch")) {
                (Some(path), _) => (path, false),
                (None, Some(text)) => (text, true),
                (None, None) => continue,
            };
            let target = entry.get("target").map(Target::of);
            if let Some(Err(selector)) = target {
                let origin = Origin { file: level.file, span: selector };
                let reason = "this target of a patch is not evaluated: only names, and labels that are equal, are";
                self.unresolved(Gap::Unsupported, origin, reason, "what the patch changes is not evaluated");
                continue;
            }
            let target = target.and_then(Result::ok);
            for document in self.documents_of(level, source, inline) {
                self.apply(level, entry, &document, target.as_ref(), items);
            }
        }
    }

    /// Applies one patch to the objects that it is for.
    fn apply(&mut self, level: &Level<'_>, at: &Node, patch: &Node, target: Option<&Target>, items: &mut Vec<Item>) {
        let operations = patch.as_list();
        let own = match (operations, target) {
            (None, None) => match Target::of_object(patch) {
                Some(target) => target,
                None => return,
            },
            (Some(_), None) => return,
            (_, Some(target)) => target.clone(),
        };
        let mut found = false;
        let mut gone = Vec::new();
        for (place, item) in items.iter_mut().enumerate().filter(|(_, item)| own.matches(item)) {
            found = true;
            match operations {
                Some(operations) => {
                    for operation in operations {
                        if let Err(reason) = patch::operate(&mut item.node, operation) {
                            let origin = self.places.origin(operation.span).unwrap_or_else(|| level.at(at));
                            let unresolved = Unresolved {
                                gap: Gap::Broken,
                                reason,
                                consequence: "what this operation changes is not evaluated".to_owned(),
                                origin,
                            };
                            self.facts.unresolved.push(unresolved);
                        }
                    }
                }
                None if patch.get("$patch").and_then(Node::as_str) == Some("delete") => gone.push(place),
                None => {
                    // Identity is not the patch's to change.
                    let (name, namespace) = (item.node.at(&["metadata", "name"]).cloned(), item.namespace().to_owned());
                    patch::merge(&mut item.node, patch);
                    if let (Some(name), Some(own)) = (name, patch::at_mut(&mut item.node, &["metadata", "name"])) {
                        *own = name;
                    }
                    if let Some(own) = patch::at_mut(&mut item.node, &["metadata", "namespace"])
                        && !namespace.is_empty()
                    {
                        own.value = Data::String(namespace.into());
                    }
                }
            }
        }
        for place in gone.into_iter().rev() {
            items.remove(place);
        }
        if !found && own.concerns_access() {
            let reason = "this patch is for an object that this kustomization does not have";
            self.unresolved(Gap::Dangling, level.at(at), reason, "what the patch changes is not evaluated");
        }
    }

    /// Labels or annotations for every object.
    fn pairs(&mut self, level: &Level<'_>, pairs: Option<&Node>, key: &str, items: &mut [Item]) {
        let Some(pairs) = pairs.filter(|pairs| pairs.as_map().is_some()) else { return };
        let pairs = self.placed(pairs, &|span| Origin { file: level.file, span });
        let mut written: BTreeMap<&str, &Node> = BTreeMap::new();
        for entry in pairs.as_map().unwrap_or_default() {
            written.insert(&entry.key, &entry.value);
        }
        for item in items {
            for (name, value) in &written {
                self.set(&mut item.node, &["metadata", key, name], value);
            }
        }
    }

    /// Sets a member of maps, which are made where they lack.
    fn set(&mut self, node: &mut Node, path: &[&str], value: &Node) {
        let Some((key, rest)) = path.split_first() else {
            *node = value.clone();
            return;
        };
        if node.as_map().is_none() {
            node.value = Data::Map(Vec::new());
        }
        let span = node.span;
        let Data::Map(entries) = &mut node.value else { return };
        let place = entries.iter().position(|entry| &*entry.key == *key).unwrap_or(entries.len());
        if place == entries.len() {
            let empty = Node::new(span, Data::Null);
            entries.push(Entry { key: (*key).into(), key_span: value.span, value: empty });
        }
        if let Some(entry) = entries.get_mut(place) {
            self.set(&mut entry.value, rest, value);
        }
    }
}

/// Whether an entry names something outside of the tree (kustomize documentation, "Remote targets").
fn is_remote(name: &str) -> bool {
    name.contains("://") || name.contains("?ref=") || name.starts_with("git@") || name.starts_with("github.com/")
}

/// Whether replacements may change what gives access.
fn may_concern_access(replacements: &Node) -> bool {
    let targets = |own: &Node| own.get("targets").and_then(Node::as_list).map(<[Node]>::to_vec);
    replacements.as_list().unwrap_or_default().iter().any(|own| {
        let Some(targets) = targets(own) else { return true };
        targets.iter().any(|target| match target.at(&["select", "kind"]).and_then(Node::as_str) {
            None => true,
            Some(kind) => ["v1", "apps/v1", "batch/v1", "rbac.authorization.k8s.io/v1"]
                .iter()
                .any(|version| !matches!(Kind::of(version, kind), None | Some(Kind::Workload(_)))),
        })
    })
}
