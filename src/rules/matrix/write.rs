//! A drawn ruleset as YAML. Texts are written as JSON strings, which YAML reads as they are.

use std::fmt::Write as _;

use super::{Drawn, DrawnDuty, MatrixWish, Object};

pub(super) fn yaml(drawn: &Drawn, wish: &MatrixWish) -> String {
    let mut out = String::from(
        "# Drawn from a matrix by `countersign ruleset import`. Look at each line before somebody adopts it.\n",
    );
    let _ = writeln!(
        out,
        "apiVersion: countersign.dev/v1\nkind: Ruleset\nmetadata:\n  id: {}\n  version: \"1\"\n  title: {}\nadd:",
        text(&wish.id),
        text(&wish.title)
    );
    out.push_str("  duties:\n");
    for (id, own) in &drawn.duties {
        duty(&mut out, id, own, wish);
    }
    if !drawn.conflicts.is_empty() {
        out.push_str("  conflicts:\n");
    }
    for (id, own) in &drawn.conflicts {
        let titles: Vec<&str> = own.duties.iter().filter_map(|id| Some(drawn.duties.get(id)?.title.as_str())).collect();
        let duties: Vec<String> = own.duties.iter().map(|id| text(id)).collect();
        let _ = writeln!(
            out,
            "    # {}\n    {}:\n      title: {}\n      duties: [{}]\n      severity: {}\n      scope: {{dimension: {}}}\n      \
             kind: static\n      risk: {}\n      owner: {}",
            own.at,
            text(id),
            text(&titles.join(" + ")),
            duties.join(", "),
            own.severity,
            text(&wish.dimension),
            text(&own.risk),
            text(&wish.owner),
        );
    }
    if !drawn.left_out.is_empty() {
        out.push_str("# Not carried over:\n");
        for own in &drawn.left_out {
            let _ = writeln!(out, "#   {}: {}", own.at, own.why);
        }
    }
    out
}

fn duty(out: &mut String, id: &str, own: &DrawnDuty, wish: &MatrixWish) {
    let _ = writeln!(
        out,
        "    # {}\n    {}:\n      title: {}\n      process: {}",
        own.at,
        text(id),
        text(&own.title),
        text(&own.process)
    );
    if let Some(severity) = own.alone {
        let _ = writeln!(out, "      privileged: true\n      severity: {severity}");
    }
    if own.actions.is_empty() {
        return;
    }
    let _ = writeln!(
        out,
        "      bindings:\n        {}:\n          origin: {}\n          any:",
        text(&wish.system),
        text(&format!("imported from {}", own.actions_at))
    );
    for (action, objects) in &own.actions {
        if objects.is_empty() {
            let _ = writeln!(out, "            - {}", text(action));
            continue;
        }
        let objects: Vec<String> = objects.iter().map(object).collect();
        let _ = writeln!(out, "            - all: [{}, {}]", text(action), objects.join(", "));
    }
}

fn object(own: &Object) -> String {
    let fields: Vec<String> = own
        .fields
        .iter()
        .map(|(field, values)| {
            let values: Vec<String> = values.iter().map(|value| text(value)).collect();
            format!("{}: [{}]", text(field), values.join(", "))
        })
        .collect();
    format!("{{permission: {}, level: view, fields: {{{}}}}}", text(&own.name), fields.join(", "))
}

fn text(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}
