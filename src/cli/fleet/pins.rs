//! Which versions of Countersign the workflows and hooks of a repository name.

use crate::output::VersionPin;
use crate::source::Tree;
use crate::syntax::{Node, Value, parse};

/// The hooks of the pre-commit framework: <https://pre-commit.com/#adding-pre-commit-plugins-to-your-project>.
const PRE_COMMIT: &str = ".pre-commit-config.yaml";
/// Where GitHub reads workflows: <https://docs.github.com/en/actions/concepts/workflows-and-actions/workflows>.
const WORKFLOWS: &str = ".github/workflows/";
/// What GitLab runs: <https://docs.gitlab.com/ci/yaml/>.
const GITLAB: &str = ".gitlab-ci.yml";

/// What the files of a tree name of Countersign, in the order of files.
pub(super) fn pins(tree: &Tree) -> Vec<VersionPin> {
    let mut found = Vec::new();
    for file in &tree.files {
        let is_read = *file.path == *PRE_COMMIT || *file.path == *GITLAB || file.path.starts_with(WORKFLOWS);
        let Some(bytes) = file.bytes().filter(|_| is_read) else { continue };
        // What cannot be read names nothing; the gate says of it what there is to say.
        for document in parse(bytes).unwrap_or_default() {
            walk(&document, &file.path, &mut found);
        }
    }
    found.sort();
    found.dedup();
    found
}

fn walk(node: &Node, file: &str, found: &mut Vec<VersionPin>) {
    let mut pin = |what: &str, version: &str| {
        if what.to_ascii_lowercase().contains("countersign") && !version.is_empty() {
            found.push(VersionPin { file: file.to_owned(), what: what.to_owned(), version: version.to_owned() });
        }
    };
    // An action or reusable workflow, and a component of GitLab: `NAME@VERSION`.
    for key in ["uses", "component"] {
        if let Some((what, version)) = node.get(key).and_then(Node::as_str).and_then(|text| text.rsplit_once('@')) {
            pin(what, version);
        }
    }
    if let (Some(what), Some(version)) =
        (node.get("repo").and_then(Node::as_str), node.get("rev").and_then(Node::as_str))
    {
        pin(what, version);
    }
    match &node.value {
        Value::List(items) => items.iter().for_each(|own| walk(own, file, found)),
        Value::Map(entries) => entries.iter().for_each(|own| walk(&own.value, file, found)),
        _ => {}
    }
}
