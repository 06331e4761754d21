//! The state before the plans of a tree: what they are compared with where there is no other tree to compare with.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::source::{Content, SourceFile, Tree};
use crate::store::Digest;

/// The same tree with each plan replaced by the state that it begins with, and how many there are. Everything else is as
/// it is, so that whatever differs is what the plans do.
#[must_use]
pub fn before(tree: &Tree) -> (Tree, usize) {
    let mut plans = 0;
    let files = tree
        .files
        .iter()
        .map(|file| {
            let Some(state) = state_before(file) else { return file.clone() };
            plans += 1;
            let bytes: Arc<[u8]> = state.into();
            SourceFile { content: Content::Bytes { digest: Digest::of(&bytes), bytes }, ..file.clone() }
        })
        .collect();
    (Tree { files, ..tree.clone() }, plans)
}

/// The state that a plan begins with, in the form in which a state is shown. None of what is no plan.
fn state_before(file: &SourceFile) -> Option<Vec<u8>> {
    if !file.path.ends_with(".json") {
        return None;
    }
    let bytes = file.bytes()?;
    memchr::memmem::find(bytes, b"\"resource_changes\"")
        .or_else(|| memchr::memmem::find(bytes, b"\"planned_values\""))?;
    let mut plan: Map<String, Value> = serde_json::from_slice(bytes).ok()?;
    let version = plan.remove("format_version")?;
    let terraform = plan.remove("terraform_version")?;
    // Without a state there is nothing before the plan.
    let values = plan.get_mut("prior_state").and_then(|state| state.get_mut("values")).map(Value::take);
    let values = values.unwrap_or_else(|| json!({"root_module": {}}));
    let state = json!({
        "format_version": version,
        "terraform_version": terraform,
        "values": values,
        "configuration": plan.remove("configuration"),
    });
    serde_json::to_vec(&state).ok()
}
