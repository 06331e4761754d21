//! Writes a graph: one document of JSON, a fact a line, so that a line of it shows one fact.

use serde_json::{Value, json};

use super::document::entries;
use super::read::{About, KIND, VERSION};
use crate::facts::Origin;
use crate::formats::LoweredUnit;

/// The document. `place` says where something is written in the repository, such as `roles/ap.yaml:14`.
#[must_use]
pub fn write(units: &[LoweredUnit], about: &About, place: &dyn Fn(&LoweredUnit, Origin) -> String) -> String {
    let mut lines: Vec<String> = Vec::new();
    for unit in units {
        for (entry, origin) in entries(&unit.facts) {
            let Ok(Value::Object(mut fact)) = serde_json::to_value(&entry) else { continue };
            fact.insert("at".to_owned(), place(unit, origin).into());
            lines.push(Value::Object(fact).to_string());
        }
    }
    lines.sort_unstable();
    lines.dedup();
    let metadata = json!({
        "of": about.of,
        "commit": about.commit,
        "generated": about.instant(),
        "unresolved": about.unresolved,
    });
    format!(
        "{{\n\"apiVersion\": {},\n\"kind\": {},\n\"metadata\": {metadata},\n\"facts\": [\n{}\n]\n}}\n",
        json!(VERSION),
        json!(KIND),
        lines.join(",\n")
    )
}
