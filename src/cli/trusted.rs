//! `countersign access --trusted`: who may act as an account, as it is written.

use super::CliError;
use super::model::Model;
use super::table::{self, ListFormat};
use crate::access::{NodeId, Trust};
use crate::facts::Trusted;

const HEADER: [&str; 4] = ["account", "who may act as it", "only if", "written at"];

/// Whom the accounts of principals let act as them, a row each.
pub(super) fn list(model: &Model, principals: &[NodeId], format: ListFormat) -> Result<String, CliError> {
    let places = model.places();
    let graph = &model.graph;
    let mut rows = Vec::new();
    for principal in principals {
        for id in graph.with_accounts(*principal) {
            let Some(node) = graph.node(id) else { continue };
            for trust in graph.trusts_of(id) {
                let unit = model.reading.units.get(trust.site.unit as usize);
                let place = unit.map(|unit| places(unit, trust.site.origin)).unwrap_or_default();
                rows.push(vec![node.holder.to_string(), who(&trust.trusted), conditions(model, trust), place]);
            }
        }
    }
    rows.sort();
    rows.dedup();
    Ok(match format {
        ListFormat::Csv => table::rows_csv(&HEADER, &rows),
        ListFormat::Json => table::rows_json("countersign.dev/trusted/v1", "trusted", &HEADER, &rows),
        ListFormat::Table if rows.is_empty() => "no definition lets anybody act as it\n".to_owned(),
        ListFormat::Table => table::aligned(&HEADER, &rows),
    })
}

fn who(trusted: &Trusted) -> String {
    match trusted {
        Trusted::Holder(holder) => holder.to_string(),
        Trusted::WhoeverMay { system, action } => format!("whoever in {system} may {action} on it"),
        Trusted::Service(name) => format!("the service {name}"),
        Trusted::Anyone => "anybody".to_owned(),
    }
}

/// The conditions of a trust that narrow it.
fn conditions(model: &Model, trust: &Trust) -> String {
    let text = |id| model.graph.condition(id).map(|condition| condition.text.to_string());
    let all: Vec<String> = trust.conditions.iter().copied().filter_map(text).collect();
    all.join("; ")
}
