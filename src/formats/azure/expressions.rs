//! Expressions of Azure's templates, as far as role assignments need them (Azure documentation, "ARM template functions").
//!
//! What cannot be told is a mark, `${…}`, with the expression in it.

use std::collections::BTreeMap;

use crate::syntax::Node;

/// Deepest nesting of one expression, and longest chain of variables.
const MAX_DEPTH: usize = 32;

/// Longest text that an expression may make, in bytes.
const MAX_TEXT: usize = 20_000;

/// What names in expressions refer to.
#[derive(Clone, Copy)]
pub(super) struct Names<'n> {
    pub(super) parameters: Option<&'n Node>,
    pub(super) variables: Option<&'n Node>,
}

impl Names<'_> {
    /// The text that a property's text comes to. `[[` is a bracket.
    pub(super) fn text(&self, text: &str) -> String {
        self.at(text, 0)
    }

    fn at(&self, text: &str, depth: usize) -> String {
        let expression = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        match expression {
            Some(_) if text.starts_with("[[") => text.get(1..).unwrap_or_default().to_owned(),
            Some(expression) => {
                let found = Parser { names: self, rest: expression, depth }.whole();
                found.filter(|found| found.len() <= MAX_TEXT).unwrap_or_else(|| mark(expression))
            }
            None => text.to_owned(),
        }
    }

    fn call(&self, name: &str, arguments: &[String], depth: usize) -> Option<String> {
        let first = arguments.first();
        Some(match name.to_ascii_lowercase().as_str() {
            "parameters" => {
                let declared = self.parameters?.get(first?)?;
                self.at(declared.get("defaultValue")?.as_str()?, depth)
            }
            "variables" => self.at(self.variables?.get(first?)?.as_str()?, depth),
            "concat" => arguments.concat(),
            "format" => {
                let places: BTreeMap<String, &String> =
                    arguments.iter().skip(1).enumerate().map(|(at, own)| (format!("{{{at}}}"), own)).collect();
                let mut text = first?.clone();
                for (place, own) in places {
                    text = text.replace(&place, own);
                }
                text
            }
            "tolower" => first?.to_ascii_lowercase(),
            "subscription" => "/subscriptions/${subscription}".to_owned(),
            "resourcegroup" => "/subscriptions/${subscription}/resourceGroups/${resourceGroup}".to_owned(),
            "subscriptionresourceid" => format!("/subscriptions/${{subscription}}/providers/{}", arguments.join("/")),
            "tenantresourceid" => format!("/providers/{}", typed(arguments)?),
            "resourceid" => {
                format!(
                    "/subscriptions/${{subscription}}/resourceGroups/${{resourceGroup}}/providers/{}",
                    typed(arguments)?
                )
            }
            "extensionresourceid" => {
                let (base, rest) = arguments.split_first()?;
                format!("{base}/providers/{}", typed(rest)?)
            }
            "managementgroup" => "/providers/Microsoft.Management/managementGroups/${managementGroup}".to_owned(),
            _ => return None,
        })
    }
}

/// A type with its names between its parts: `Microsoft.A/b/x` of `Microsoft.A/b` and `x`. What stands before the type
/// (a subscription, a resource group) is not read.
fn typed(arguments: &[String]) -> Option<String> {
    let at = arguments.iter().position(|own| own.contains('/'))?;
    let (kind, names) = arguments.get(at..)?.split_first()?;
    let mut parts = kind.split('/');
    let mut text = parts.next()?.to_owned();
    for (part, name) in parts.zip(names) {
        text.push_str(&format!("/{part}/{name}"));
    }
    Some(text)
}

fn mark(expression: &str) -> String {
    let short: String = expression.chars().filter(|c| !matches!(c, '{' | '}' | '/')).take(80).collect();
    format!("${{{short}}}")
}

struct Parser<'p> {
    names: &'p Names<'p>,
    rest: &'p str,
    depth: usize,
}

impl Parser<'_> {
    fn whole(mut self) -> Option<String> {
        let value = self.value()?;
        self.rest.trim().is_empty().then_some(value)
    }

    fn value(&mut self) -> Option<String> {
        if self.depth >= MAX_DEPTH {
            return None;
        }
        self.rest = self.rest.trim_start();
        if let Some(rest) = self.rest.strip_prefix('\'') {
            // Two quotes are one.
            let mut text = String::new();
            let mut from = rest;
            loop {
                let (before, after) = from.split_once('\'')?;
                text.push_str(before);
                match after.strip_prefix('\'') {
                    Some(more) => {
                        text.push('\'');
                        from = more;
                    }
                    None => {
                        self.rest = after;
                        return Some(text);
                    }
                }
            }
        }
        let end = self.rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(self.rest.len());
        let start = self.rest;
        let name = self.rest.get(..end)?;
        self.rest = self.rest.get(end..)?;
        let Some(rest) = self.rest.strip_prefix('(') else {
            return name.parse::<i64>().is_ok().then(|| name.to_owned());
        };
        self.rest = rest;
        let mut arguments = Vec::new();
        self.depth += 1;
        loop {
            self.rest = self.rest.trim_start();
            if let Some(rest) = self.rest.strip_prefix(')') {
                self.rest = rest;
                break;
            }
            arguments.push(self.value()?);
            self.rest = self.rest.trim_start();
            self.rest = self.rest.strip_prefix(',').unwrap_or(self.rest);
        }
        let called = self.names.call(name, &arguments, self.depth);
        self.depth -= 1;
        // What is read of an answer: only the ids are known.
        let end =
            self.rest.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '.' | '_')).unwrap_or(self.rest.len());
        let (property, rest) = (self.rest.get(..end)?, self.rest.get(end..)?);
        self.rest = rest;
        let expression = start.get(..start.len() - rest.len())?;
        Some(match (called, property) {
            (Some(value), "" | ".id") => value,
            _ => mark(expression),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::parse;

    #[test]
    fn expressions_come_to_texts_with_marks() {
        let template = parse(
            b"{\"parameters\": {\"a\": {\"defaultValue\": \"x\"}, \"b\": {\"type\": \"string\"}, \"r\": {\"defaultValue\": \"[parameters('r')]\"}},
               \"variables\": {\"v\": \"[concat(parameters('a'), '-it''s')]\"}}",
        )
        .unwrap();
        let names = Names { parameters: template[0].get("parameters"), variables: template[0].get("variables") };
        for (text, expected) in [
            ("plain", "plain"),
            ("[[brackets]", "[brackets]"),
            ("[parameters('a')]", "x"),
            ("[parameters('b')]", "${parameters('b')}"),
            ("[variables('v')]", "x-it's"),
            ("[format('{0}/{1}', 'a', 2)]", "a/2"),
            ("[subscription().id]", "/subscriptions/${subscription}"),
            ("[resourceGroup().location]", "${resourceGroup().location}"),
            (
                "[subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'guid')]",
                "/subscriptions/${subscription}/providers/Microsoft.Authorization/roleDefinitions/guid",
            ),
            (
                "[resourceId('Microsoft.A/b/c', 'x', 'y')]",
                "/subscriptions/${subscription}/resourceGroups/${resourceGroup}/providers/Microsoft.A/b/x/c/y",
            ),
            ("[reference('x').identity.principalId]", "${reference('x').identity.principalId}"),
            ("[concat('a'", "[concat('a'"),
            ("[concat('a']", "${concat('a'}"),
        ] {
            assert_eq!(names.text(text), expected, "{text}");
        }
        assert!(names.text("[parameters('r')]").starts_with("${"));
        assert!(names.text(&format!("[{}", "concat(".repeat(10_000))).starts_with('['));
        assert!(names.text(&format!("[{}]", "concat(".repeat(10_000))).starts_with("${"));
    }
}
