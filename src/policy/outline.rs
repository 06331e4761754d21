//! Modules as they are written: which rules they define, where, and of which statements.

use std::collections::BTreeSet;

use super::engine::ast;

/// A module that is loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Module {
    /// The path that it was loaded by.
    pub path: String,
    /// Its package, without `data.`.
    pub package: String,
    /// Its imports, as they are written.
    pub imports: Vec<Import>,
    /// Its rules, in their order; several of one name are several.
    pub rules: Vec<Rule>,
    /// Whether it is written in Rego v1.
    pub v1: bool,
}

/// An import of a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// Its text, from `import` on.
    pub text: String,
    /// The name that it gives.
    pub name: String,
    /// Its line.
    pub line: u32,
}

/// A rule of a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Its name, without what follows it in a head like `p.q[x]`.
    pub name: String,
    /// The line on which it begins.
    pub line: u32,
    /// Whether it takes arguments, and so cannot be asked by itself.
    pub function: bool,
    /// What its bodies hold, `else` included; none for a rule that only gives a value.
    pub bodies: Vec<Vec<Statement>>,
    /// The first lines of its value and of its statements.
    pub lines: BTreeSet<u32>,
}

/// A statement of a rule's body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Its first line.
    pub line: u32,
    /// Its last line.
    pub last_line: u32,
    /// The byte at which it begins.
    pub start: usize,
    /// Its text.
    pub text: String,
    /// Its `with` clauses, as they are written.
    pub with: String,
    /// What it compares or asks, as far as that is no literal.
    pub operands: Vec<String>,
    /// The names that it gives.
    pub names: Vec<String>,
}

/// The outline of a module.
pub(super) fn of(module: &ast::Module) -> Module {
    let package = module.package.refr.span().text().to_owned();
    let imports = module.imports.iter().map(|import| {
        let refr = import.refr.span().text();
        let name = import.r#as.as_ref().map_or_else(|| last_part(refr).to_owned(), |name| name.text().to_owned());
        let text = match &import.r#as {
            Some(name) => format!("import {refr} as {}", name.text()),
            None => format!("import {refr}"),
        };
        Import { text, name, line: import.span.line }
    });
    Module {
        path: module.package.refr.span().source.get_path().clone(),
        package,
        imports: imports.collect(),
        rules: module.policy.iter().map(|own| rule(own)).collect(),
        v1: module.rego_v1,
    }
}

fn last_part(refr: &str) -> &str {
    refr.rsplit(['.', '[']).next().unwrap_or(refr).trim_end_matches(']').trim_matches('"')
}

fn rule(rule: &ast::Rule) -> Rule {
    let line = rule.span().line;
    let mut lines = BTreeSet::new();
    let (refr, function, bodies) = match rule {
        ast::Rule::Default { refr, args, value, .. } => {
            lines.insert(value.span().line);
            (refr, !args.is_empty(), Vec::new())
        }
        ast::Rule::Spec { head, bodies, .. } => {
            let (refr, function, value) = match head {
                ast::RuleHead::Compr { refr, assign, .. } => (refr, false, assign.as_ref().map(|own| &own.value)),
                ast::RuleHead::Func { refr, assign, .. } => (refr, true, assign.as_ref().map(|own| &own.value)),
                ast::RuleHead::Set { refr, key, .. } => (refr, false, key.as_ref()),
            };
            lines.extend(value.map(|value| value.span().line));
            let bodies: Vec<Vec<Statement>> =
                bodies.iter().map(|body| body.query.stmts.iter().map(statement).collect()).collect();
            lines.extend(bodies.iter().flatten().map(|statement| statement.line));
            (refr, function, bodies)
        }
    };
    let text = refr.span().text();
    let name = text.split(['.', '[', '(', ' ']).next().unwrap_or(text).to_owned();
    Rule { name, line, function, bodies, lines }
}

/// The text of a span. Those of strings leave the quotes out.
fn text_of(span: &ast::Span) -> (usize, &str) {
    let source = span.source.get_contents();
    let (mut start, mut end) = (span.start as usize, span.end as usize);
    let quote = |at: usize| source.as_bytes().get(at).is_some_and(|byte| matches!(byte, b'"' | b'`'));
    if quote(end) {
        end += 1;
    }
    if start.checked_sub(1).is_some_and(quote) {
        start -= 1;
    }
    (start, source.get(start..end).unwrap_or_default().trim_end())
}

fn statement(statement: &ast::LiteralStmt) -> Statement {
    let span = &statement.span;
    let (start, text) = text_of(span);
    let with = statement.with_mods.first().and_then(|first| {
        let from = (first.span.start as usize).checked_sub(start)?;
        text.get(from..)
    });
    let breaks = text.bytes().filter(|byte| *byte == b'\n').count();
    let (operands, names) = parts(&statement.literal);
    Statement {
        line: span.line,
        last_line: span.line.saturating_add(u32::try_from(breaks).unwrap_or(u32::MAX)),
        start,
        text: text.to_owned(),
        with: with.unwrap_or_default().to_owned(),
        operands,
        names,
    }
}

/// What a statement compares or asks, and the names that it gives.
fn parts(literal: &ast::Literal) -> (Vec<String>, Vec<String>) {
    use ast::{Expr, Literal};
    let mut names = Vec::new();
    let asked: Vec<&ast::Ref<Expr>> = match literal {
        Literal::SomeVars { .. } => Vec::new(),
        Literal::SomeIn { key, value, collection, .. } => {
            let given = key.iter().chain([value]);
            names.extend(given.filter_map(|own| variable(own)));
            vec![collection]
        }
        Literal::NotExpr { expr, .. } => vec![expr],
        Literal::Every { domain, .. } => vec![domain],
        Literal::Expr { expr, .. } => match &**expr {
            Expr::BoolExpr { lhs, rhs, .. } => vec![lhs, rhs],
            Expr::Membership { value, collection, .. } => vec![value, collection],
            Expr::AssignExpr { lhs, rhs, .. } => {
                names.extend(variable(lhs));
                vec![rhs]
            }
            _ => vec![expr],
        },
    };
    let texts = asked.into_iter().filter(|own| !is_literal(own)).map(|own| text_of(own.span()).1.trim().to_owned());
    (texts.collect(), names)
}

fn variable(expr: &ast::Expr) -> Option<String> {
    match expr {
        ast::Expr::Var { span, .. } if span.text() != "_" => Some(span.text().to_owned()),
        _ => None,
    }
}

fn is_literal(expr: &ast::Expr) -> bool {
    use ast::Expr;
    match expr {
        Expr::String { .. } | Expr::RawString { .. } | Expr::Number { .. } | Expr::Bool { .. } | Expr::Null { .. } => {
            true
        }
        Expr::Array { items, .. } | Expr::Set { items, .. } => items.iter().all(|item| is_literal(item)),
        Expr::Object { fields, .. } => fields.iter().all(|(_, key, value)| is_literal(key) && is_literal(value)),
        _ => false,
    }
}
