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
    /// Which copy of a loop this is, and the loop's name.
    pub(super) copy: Option<(&'n str, u64)>,
}

impl<'n> Names<'n> {
    /// Names of a template that is evaluated by itself.
    pub(super) fn of(template: &'n Node) -> Self {
        Self { parameters: template.get("parameters"), variables: template.get("variables"), copy: None }
    }

    /// What a property comes to that is a truth value, a number or a text.
    pub(super) fn plain(&self, node: &Node) -> Option<String> {
        self.scalar(node, 0)
    }

    fn scalar(&self, node: &Node, depth: usize) -> Option<String> {
        if let Some(flag) = node.as_bool() {
            return Some(flag.to_string());
        }
        node.as_text().map(|text| self.at(text, depth))
    }

    /// What a parameter stands for where nothing is given, or a variable.
    fn declared(&self, name: &str, argument: &str) -> Option<&'n Node> {
        match name.to_ascii_lowercase().as_str() {
            "parameters" => self.parameters?.get(argument)?.get("defaultValue"),
            "variables" => self.variables?.get(argument),
            _ => None,
        }
    }

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
        let truth = |at: usize| arguments.get(at).and_then(|own| own.to_ascii_lowercase().parse::<bool>().ok());
        Some(match name.to_ascii_lowercase().as_str() {
            "parameters" | "variables" => self.scalar(self.declared(name, first?)?, depth)?,
            "true" | "false" => name.to_ascii_lowercase(),
            "bool" => truth(0)?.to_string(),
            "not" => (!truth(0)?).to_string(),
            // What is known decides where it is enough.
            "and" | "or" => {
                let deciding = name.eq_ignore_ascii_case("or");
                let all: Vec<Option<bool>> = (0..arguments.len()).map(truth).collect();
                match all.contains(&Some(deciding)) {
                    true => deciding.to_string(),
                    false => all.into_iter().collect::<Option<Vec<bool>>>().map(|_| (!deciding).to_string())?,
                }
            }
            "equals" => {
                let second = arguments.get(1)?;
                if first?.contains("${") || second.contains("${") {
                    return None;
                }
                (first? == second).to_string()
            }
            "empty" if !first?.contains("${") => first?.is_empty().to_string(),
            "if" => arguments.get(if truth(0)? { 1 } else { 2 })?.clone(),
            "add" => first?.parse::<u64>().ok()?.checked_add(arguments.get(1)?.parse().ok()?)?.to_string(),
            "copyindex" => {
                let (loop_name, index) = self.copy?;
                let mut offset = 0;
                for own in arguments {
                    match own.parse::<u64>() {
                        Ok(own) => offset = own,
                        Err(_) if own.eq_ignore_ascii_case(loop_name) => {}
                        Err(_) => return None,
                    }
                }
                index.checked_add(offset)?.to_string()
            }
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
        if name.eq_ignore_ascii_case("length") {
            let found = self.length();
            self.depth -= 1;
            return found;
        }
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
        let inside = self.names.declared(name, arguments.first().map_or("", String::as_str));
        if self.rest.starts_with(['[', '.'])
            && let Some(node) = inside
        {
            let found = self.inside(node);
            self.depth -= 1;
            let expression = start.get(..start.len() - self.rest.len())?;
            return Some(found.unwrap_or_else(|| mark(expression)));
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

impl Parser<'_> {
    /// An element or a property of what a name stands for. Reads to the end of the path whatever is found.
    fn inside(&mut self, node: &Node) -> Option<String> {
        let mut at = Some(node);
        loop {
            if let Some(rest) = self.rest.strip_prefix('[') {
                self.rest = rest;
                let index = self.value()?;
                self.rest = self.rest.trim_start().strip_prefix(']')?;
                let by_index = |own: &Node, index: usize| own.as_list().is_some_and(|list| index < list.len());
                at = at.and_then(|own| match index.parse::<usize>() {
                    Ok(number) if by_index(own, number) => own.as_list()?.get(number),
                    _ => own.get(&index),
                });
            } else if let Some(rest) = self.rest.strip_prefix('.') {
                let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
                let (property, rest) = rest.split_at(end);
                self.rest = rest;
                at = at.and_then(|own| own.get(property));
            } else {
                return self.names.scalar(at?, self.depth);
            }
        }
    }

    /// How many elements a list has that a name stands for; what else may have a length is not followed.
    fn length(&mut self) -> Option<String> {
        let (inner, rest) = self.rest.split_once("))")?;
        self.rest = rest;
        let (name, argument) = inner.trim().split_once('(')?;
        let argument = argument.trim().strip_prefix('\'')?.strip_suffix('\'')?;
        let list = self.names.declared(name.trim(), argument)?.as_list()?;
        Some(list.len().to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::parse;

    #[test]
    fn expressions_come_to_texts_with_marks() {
        let template = parse(
            b"{\"parameters\": {\"a\": {\"defaultValue\": \"x\"}, \"b\": {\"type\": \"string\"}, \"r\": {\"defaultValue\": \"[parameters('r')]\"},
                \"on\": {\"defaultValue\": true}, \"list\": {\"defaultValue\": [\"p\", {\"id\": \"q\"}]}},
               \"variables\": {\"v\": \"[concat(parameters('a'), '-it''s')]\"}}",
        )
        .unwrap();
        let names = Names { copy: Some(("loop", 1)), ..Names::of(&template[0]) };
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
            ("[parameters('on')]", "true"),
            ("[not(parameters('on'))]", "false"),
            ("[and(parameters('on'), equals(parameters('a'), 'x'))]", "true"),
            ("[and(false(), parameters('b'))]", "false"),
            ("[or(false(), parameters('b'))]", "${or(false(), parameters('b'))}"),
            ("[equals(parameters('b'), 'x')]", "${equals(parameters('b'), 'x')}"),
            ("[if(parameters('on'), 'y', 'n')]", "y"),
            ("[parameters('list')[0]]", "p"),
            ("[parameters('list')[copyIndex()].id]", "q"),
            ("[parameters('list')[copyIndex('other')]]", "${parameters('list')[copyIndex('other')]}"),
            ("[parameters('list')[7]]", "${parameters('list')[7]}"),
            ("[concat('x', copyIndex('loop', 1))]", "x2"),
            ("[length(parameters('list'))]", "2"),
            ("[length(parameters('b'))]", "${length(parameters('b'))}"),
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
