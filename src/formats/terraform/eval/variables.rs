//! The values of a root module's variables (Terraform documentation, "Variable Definitions Files").
//!
//! `terraform.tfvars` and `*.auto.tfvars` count as Terraform has it: the later name wins. Any other variable file, beside
//! the module or in a folder below it without a module of its own, may be named when the configuration is applied, and
//! nothing in the tree says which. So a variable that such files set has each of their values, and the value that it has
//! without them, as what it can be; where all agree, it has that value.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use super::encode::decode;
use super::steps::one_of;
use super::{Evaluator, Failed, Instance, Place};
use crate::facts::{Gap, Origin, Text};
use crate::formats::configuration::value::{Unknown, Value, Why};
use crate::formats::terraform::module::{folder_of, is_module_file};
use crate::formats::terraform::roots::is_automatic;
use crate::syntax::Span;

type Values = BTreeMap<Text, Value>;

impl Evaluator<'_> {
    /// The values of a root's variables, as far as files give them.
    pub(super) fn root_variables(&self, root: &Rc<Instance>) -> Values {
        let folder = &*root.module.folder;
        let below = self.files.below(folder);
        let modules: std::collections::BTreeSet<&str> =
            below.iter().filter(|path| is_module_file(path)).map(|path| folder_of(path)).collect();
        let mut automatic = Values::new();
        let mut others: Vec<Values> = Vec::new();
        for path in below {
            let (own, name) = (folder_of(path), path.rsplit('/').next().unwrap_or(path));
            if !name.ends_with(".tfvars") && !name.ends_with(".tfvars.json") || own != folder && modules.contains(own) {
                continue;
            }
            let values = self.variable_file(root, path);
            if own == folder && is_automatic(name) {
                automatic.extend(values);
            } else {
                others.push(values);
            }
        }
        self.combine(root, automatic, &others)
    }

    fn combine(&self, root: &Rc<Instance>, automatic: Values, others: &[Values]) -> Values {
        let mut values = automatic.clone();
        for (name, declared) in &root.module.variables {
            let mut candidates: Vec<Value> = others.iter().filter_map(|own| own.get(name).cloned()).collect();
            if candidates.is_empty() {
                continue;
            }
            let without = automatic
                .get(name)
                .cloned()
                .or_else(|| declared.attribute("default").map(|default| self.located(&default, root, None)));
            candidates.extend(without);
            let why = Why::Differs { variable: name.clone() };
            let unknown = Unknown { why, origin: declared.origin(), candidates: Vec::new() };
            values.insert(name.clone(), one_of(&unknown, candidates, declared.origin()));
        }
        values
    }

    fn variable_file(&self, root: &Rc<Instance>, path: &str) -> Values {
        if path.ends_with(".json") {
            return self.variable_json(path);
        }
        let Some((file, parsed)) = self.files.body(path) else { return Values::new() };
        let place = Place { instance: root, file, names: None };
        match &*parsed {
            Ok(body) => body
                .attributes
                .iter()
                .map(|own| {
                    let value = self.expression(&own.value, place).unwrap_or_else(Failed::into_value);
                    (own.name.clone(), value)
                })
                .collect(),
            Err(error) => {
                self.broken_variables(Origin { file, span: error.span }, error.message.clone());
                Values::new()
            }
        }
    }

    fn variable_json(&self, path: &str) -> Values {
        let Some(file) = self.files.read(path) else { return Values::new() };
        let origin = Origin { file: file.place, span: Span::new(0, file.bytes.len()) };
        let decoded = match std::str::from_utf8(&file.bytes) {
            Ok(text) => decode(&Value::text(text, origin)),
            Err(_) => Err("the file is not UTF-8 text".to_owned()),
        };
        match decoded {
            Ok(value) => value
                .as_map()
                .map(|members| Arc::clone(&members.known))
                .iter()
                .flat_map(|known| known.iter())
                .map(|(name, own)| (name.clone(), own.value.clone()))
                .collect(),
            Err(reason) => {
                self.broken_variables(origin, reason);
                Values::new()
            }
        }
    }

    fn broken_variables(&self, origin: Origin, reason: String) {
        self.unresolved(Gap::Broken, origin, reason, "the values in this variable file are not known");
    }
}
