//! From the library's tree to ours.

use std::sync::Arc;

use hcl_edit::Span as _;
use hcl_edit::expr::{
    self, BinaryOperator as Binary, Expression as Their, ObjectKey, TraversalOperator, UnaryOperator as Unary,
};
use hcl_edit::structure::{self, Structure};
use hcl_edit::template::{Directive, Element, HeredocTemplate, Strip, Template};

use super::{
    Attribute, BinaryOperator, Block, Body, Call, Expression, ExpressionKind, For, ForDirective, IfDirective, Step,
    StepKind, TemplatePart, UnaryOperator,
};
use crate::syntax::{Span, SyntaxError};

/// Converts trees of one text. The library bounds the depth, so recursion is bounded.
pub(super) struct Converter<'t> {
    text: &'t str,
    offset: usize,
    /// The place of everything, where places inside the text are not known.
    fixed: Option<Span>,
}

type Range = Option<std::ops::Range<usize>>;
type Converted<T> = Result<T, SyntaxError>;

impl<'t> Converter<'t> {
    /// A converter; `offset` is added to every position.
    pub(super) fn new(text: &'t str, offset: usize) -> Self {
        Self { text, offset, fixed: None }
    }

    /// A converter for a text whose inner places are not known.
    pub(super) fn at(text: &'t str, place: Span) -> Self {
        Self { text, offset: 0, fixed: Some(place) }
    }

    fn span(&self, range: Range) -> Span {
        let moved = |range: std::ops::Range<usize>| Span::new(range.start + self.offset, range.end + self.offset);
        self.fixed.unwrap_or_else(|| range.map_or(Span::default(), moved))
    }

    pub(super) fn body(&self, body: &structure::Body) -> Converted<Body> {
        let mut converted = Body::default();
        for structure in body {
            match structure {
                Structure::Attribute(attribute) => converted.attributes.push(Attribute {
                    name: attribute.key.as_str().into(),
                    name_span: self.span(attribute.key.span()),
                    value: Arc::new(self.expression(&attribute.value)?),
                }),
                Structure::Block(block) => converted.blocks.push(Arc::new(self.block(block)?)),
            }
        }
        Ok(converted)
    }

    fn block(&self, block: &structure::Block) -> Converted<Block> {
        let mut heading = self.span(block.ident.span());
        let mut labels = Vec::with_capacity(block.labels.len());
        for label in &block.labels {
            let span = self.span(label.span());
            if span != Span::default() {
                heading = heading.to(span);
            }
            labels.push((Arc::from(label.as_str()), span));
        }
        Ok(Block { kind: block.ident.as_str().into(), labels, heading, body: self.body(&block.body)? })
    }

    fn expressions<'e>(&self, list: impl Iterator<Item = &'e Their>) -> Converted<Vec<Expression>> {
        list.map(|own| self.expression(own)).collect()
    }

    fn pair(&self, a: &Their, b: &Their) -> Converted<Box<[Expression; 2]>> {
        Ok(Box::new([self.expression(a)?, self.expression(b)?]))
    }

    fn expression(&self, own: &Their) -> Converted<Expression> {
        let span = self.span(own.span());
        let kind = match own {
            Their::Null(_) => ExpressionKind::Null,
            Their::Bool(value) => ExpressionKind::Bool(*value.value()),
            Their::Number(number) => {
                let value = number.value().as_f64().unwrap_or(f64::MAX);
                let negative =
                    own.span().and_then(|range| self.text.get(range)).is_some_and(|text| text.starts_with('-'));
                // The library's whole numbers have no sign of zero.
                ExpressionKind::Number(if negative && value == 0.0 { -0.0 } else { value })
            }
            Their::String(text) => ExpressionKind::Text(text.value().as_str().into()),
            Their::Array(items) => ExpressionKind::List(self.expressions(items.iter())?),
            Their::Object(object) => ExpressionKind::Object(
                object
                    .iter()
                    .map(|(key, value)| Ok((self.key(key)?, self.expression(value.expr())?)))
                    .collect::<Converted<_>>()?,
            ),
            Their::StringTemplate(template) => Self::template_kind(self.elements(template.iter(), Lines::None)?),
            // Never plain text, so that the place of its first line is kept.
            Their::HeredocTemplate(heredoc) => ExpressionKind::Template(self.heredoc(heredoc)?),
            // Parentheses matter where a splat ends, which the library's tree shows by itself.
            Their::Parenthesis(inner) => return self.expression(inner.inner()),
            Their::Variable(name) => ExpressionKind::Variable(name.as_str().into()),
            Their::Conditional(own) => ExpressionKind::Conditional(Box::new([
                self.expression(&own.cond_expr)?,
                self.expression(&own.true_expr)?,
                self.expression(&own.false_expr)?,
            ])),
            Their::FuncCall(call) => {
                let mut name = String::new();
                for part in &call.name.namespace {
                    name.push_str(part.as_str());
                    name.push_str("::");
                }
                name.push_str(call.name.name.as_str());
                ExpressionKind::Call(Call {
                    name: name.into(),
                    arguments: self.expressions(call.args.iter())?,
                    expand_last: call.args.expand_final(),
                })
            }
            Their::Traversal(traversal) => {
                let base = Box::new(self.expression(&traversal.expr)?);
                let steps = traversal.operators.iter().map(|step| self.step(step.value())).collect::<Converted<_>>()?;
                ExpressionKind::Traversal(base, steps)
            }
            Their::UnaryOp(operation) => {
                let operator = match operation.operator.value() {
                    Unary::Not => UnaryOperator::Not,
                    Unary::Neg => UnaryOperator::Negate,
                };
                ExpressionKind::Unary(operator, Box::new(self.expression(&operation.expr)?))
            }
            Their::BinaryOp(operation) => {
                let operands = self.pair(&operation.lhs_expr, &operation.rhs_expr)?;
                ExpressionKind::Binary(binary(*operation.operator.value()), operands)
            }
            Their::ForExpr(own) => ExpressionKind::For(Box::new(self.for_expression(own)?)),
        };
        Ok(Expression { span, kind })
    }

    fn key(&self, key: &ObjectKey) -> Converted<Expression> {
        match key {
            ObjectKey::Ident(name) => {
                Ok(Expression { span: self.span(name.span()), kind: ExpressionKind::Text(name.as_str().into()) })
            }
            ObjectKey::Expression(own) => self.expression(own),
        }
    }

    fn step(&self, step: &TraversalOperator) -> Converted<Step> {
        let span = self.span(step.span());
        let kind = match step {
            TraversalOperator::AttrSplat(_) => StepKind::AttributeSplat,
            TraversalOperator::FullSplat(_) => StepKind::FullSplat,
            TraversalOperator::GetAttr(name) => StepKind::Attribute(name.as_str().into()),
            TraversalOperator::Index(index) => StepKind::Index(self.expression(index)?),
            TraversalOperator::LegacyIndex(index) => {
                #[expect(clippy::cast_precision_loss, reason = "no list is that long")]
                let place = *index.value() as f64;
                StepKind::Index(Expression { span, kind: ExpressionKind::Number(place) })
            }
        };
        Ok(Step { span, kind })
    }

    fn for_expression(&self, own: &expr::ForExpr) -> Converted<For> {
        let condition = own.cond.as_ref().map(|condition| self.expression(&condition.expr)).transpose()?;
        Ok(For {
            key: own.intro.key_var.as_ref().map(|name| name.as_str().into()),
            value: own.intro.value_var.as_str().into(),
            collection: self.expression(&own.intro.collection_expr)?,
            result_key: own.key_expr.as_ref().map(|key| self.expression(key)).transpose()?,
            result: self.expression(&own.value_expr)?,
            grouped: own.grouping,
            condition,
        })
    }

    pub(super) fn template_kind(parts: Vec<TemplatePart>) -> ExpressionKind {
        match parts.as_slice() {
            [] => ExpressionKind::Text("".into()),
            [TemplatePart::Text(text, _)] => ExpressionKind::Text(text.clone()),
            _ => ExpressionKind::Template(parts),
        }
    }

    /// The parts of a template that stands by itself.
    pub(super) fn template(&self, template: &Template) -> Converted<Vec<TemplatePart>> {
        self.elements(template.iter(), Lines::Kept)
    }

    /// A heredoc; with `<<-`, the indentation that all lines share is taken away (HCL specification, "Template
    /// Expressions"). Each line is then a part of its own, so that its place stays exact.
    fn heredoc(&self, heredoc: &HeredocTemplate) -> Converted<Vec<TemplatePart>> {
        let indented =
            heredoc.span().and_then(|range| self.text.get(range)).is_some_and(|text| text.starts_with("<<-"));
        if !indented {
            return self.elements(heredoc.template.iter(), Lines::Kept);
        }
        self.elements(heredoc.template.iter(), Lines::Dedented(self.indentation(&heredoc.template)))
    }

    /// The smallest indentation of any line of a template, in bytes. A line that starts with a directive counts too;
    /// the line of the end marker does not. Markers have trimmed before: what is left of two lines that one joins is one
    /// line, and what trims its own indentation has none.
    fn indentation(&self, template: &Template) -> usize {
        let Some(range) = whole(template) else { return 0 };
        let source = self.text.get(range.clone()).unwrap_or_default();
        let mut at = range.start;
        let mut smallest = usize::MAX;
        for line in source.split_inclusive('\n') {
            let words = line.trim_start_matches([' ', '\t']);
            let own = line.len() - words.len();
            let trims = words.starts_with("%{~") || words.starts_with("${~");
            if !words.trim().is_empty() && self.begins_line(at) && !(trims && own == 0 && at > range.start) {
                smallest = smallest.min(if trims { 0 } else { own });
            }
            at += line.len();
        }
        if smallest == usize::MAX { 0 } else { smallest }
    }

    /// Whether a place is the start of a line of a template: not where a marker trims the end of the line before.
    fn begins_line(&self, at: usize) -> bool {
        let before = self.text.get(..at).unwrap_or_default();
        before.is_empty()
            || before.strip_suffix('\n').is_some_and(|line| !line.trim_end_matches([' ', '\t', '\r']).ends_with("~}"))
    }

    fn elements<'e>(&self, elements: impl Iterator<Item = &'e Element>, lines: Lines) -> Converted<Vec<TemplatePart>> {
        let mut parts = Parts { done: Vec::new(), trim_next: false, lines };
        for element in elements {
            match element {
                Element::Literal(literal) => {
                    self.literal(literal.value(), self.span(literal.span()), lines, &mut parts)
                }
                Element::Interpolation(own) => {
                    let expression = self.expression(&own.expr)?;
                    parts.push(TemplatePart::Interpolation(expression), own.strip, own.strip);
                }
                Element::Directive(directive) => self.directive(directive, lines, &mut parts)?,
            }
        }
        Ok(parts.done)
    }

    fn directive(&self, directive: &Directive, lines: Lines, parts: &mut Parts) -> Converted<()> {
        match directive {
            Directive::If(own) => {
                let then_end = own.else_expr.as_ref().map_or(own.endif_expr.strip, |other| other.strip);
                let then = self.inner(&own.if_expr.template, own.if_expr.strip, then_end, lines)?;
                let otherwise = match &own.else_expr {
                    Some(other) => self.inner(&other.template, other.strip, own.endif_expr.strip, lines)?,
                    None => Vec::new(),
                };
                let condition = self.expression(&own.if_expr.cond_expr)?;
                let part = TemplatePart::If(Box::new(IfDirective { condition, then, otherwise }));
                parts.push(part, own.if_expr.strip, own.endif_expr.strip);
            }
            Directive::For(own) => {
                let result = self.inner(&own.for_expr.template, own.for_expr.strip, own.endfor_expr.strip, lines)?;
                let part = TemplatePart::For(Box::new(ForDirective {
                    key: own.for_expr.key_var.as_ref().map(|name| name.as_str().into()),
                    value: own.for_expr.value_var.as_str().into(),
                    collection: self.expression(&own.for_expr.collection_expr)?,
                    result,
                }));
                parts.push(part, own.for_expr.strip, own.endfor_expr.strip);
            }
        }
        Ok(())
    }

    /// What stands between two markers, trimmed as the markers say.
    fn inner(&self, template: &Template, open: Strip, close: Strip, lines: Lines) -> Converted<Vec<TemplatePart>> {
        let mut parts = self.elements(template.iter(), lines)?;
        if open.strip_end() {
            trim_first(&mut parts, lines);
        }
        if close.strip_start() {
            trim_last(&mut parts, lines);
        }
        Ok(parts)
    }

    fn literal(&self, text: &str, span: Span, lines: Lines, parts: &mut Parts) {
        let indent = match lines {
            Lines::Dedented(indent) if indent > 0 => indent,
            _ => return parts.text(text.into(), span),
        };
        let start = (span.start as usize).saturating_sub(self.offset);
        let source = self.text.get(start..(span.end as usize).saturating_sub(self.offset)).unwrap_or_default();
        let mut at = start;
        for line in source.split_inclusive('\n') {
            let words = line.trim_start_matches([' ', '\t']);
            let empty = matches!(words, "\n" | "\r\n");
            let cut = if self.begins_line(at) && !empty { indent.min(line.len() - words.len()) } else { 0 };
            let kept = line.get(cut..).unwrap_or_default();
            // The escapes `$${` and `%%{` stand for `${` and `%{`.
            let plain = kept.replace("$${", "${").replace("%%{", "%{");
            if !plain.is_empty() {
                let from = at + cut + self.offset;
                parts.text(plain.into(), Span::new(from, from + kept.len()));
            }
            at += line.len();
        }
    }
}

/// The bytes of all elements together.
fn whole(template: &Template) -> Option<std::ops::Range<usize>> {
    let first = template.iter().next()?.span()?;
    let last = template.iter().last()?.span()?;
    Some(first.start..last.end)
}

/// What lines are in a template.
#[derive(Clone, Copy)]
enum Lines {
    /// It is a quoted text.
    None,
    /// They stay as they are.
    Kept,
    /// They lose so many bytes of indentation.
    Dedented(usize),
}

/// The parts of a template while its markers trim what stands beside them. A marker trims spaces of one line, its end
/// included; of a quoted text, of all of it (HCL specification, "Template Literals", where each line is one literal).
struct Parts {
    done: Vec<TemplatePart>,
    trim_next: bool,
    lines: Lines,
}

impl Parts {
    fn text(&mut self, text: Arc<str>, span: Span) {
        self.done.push(TemplatePart::Text(text, span));
        if std::mem::take(&mut self.trim_next)
            && let Some(last) = self.done.pop()
        {
            let mut only = vec![last];
            trim_first(&mut only, self.lines);
            self.done.append(&mut only);
        }
    }

    fn push(&mut self, part: TemplatePart, before: Strip, after: Strip) {
        if before.strip_start() {
            trim_last(&mut self.done, self.lines);
        }
        self.done.push(part);
        self.trim_next = after.strip_end();
    }
}

fn trim_first(parts: &mut Vec<TemplatePart>, lines: Lines) {
    let Some(TemplatePart::Text(text, span)) = parts.first_mut() else { return };
    let first = match lines {
        Lines::None => &**text,
        _ => text.split_inclusive('\n').next().unwrap_or_default(),
    };
    let cut = first.len() - first.trim_start().len();
    match text.get(cut..).filter(|kept| !kept.is_empty()) {
        Some(kept) => {
            *text = kept.into();
            span.start = span.start.saturating_add(u32::try_from(cut).unwrap_or(0)).min(span.end);
        }
        None => _ = parts.remove(0),
    }
}

fn trim_last(parts: &mut Vec<TemplatePart>, lines: Lines) {
    let Some(TemplatePart::Text(text, span)) = parts.last_mut() else { return };
    let last = match lines {
        Lines::None => &**text,
        _ => text.split_inclusive('\n').next_back().unwrap_or_default(),
    };
    let cut = last.len() - last.trim_end().len();
    match text.get(..text.len() - cut).filter(|kept| !kept.is_empty()) {
        Some(kept) => {
            *text = kept.into();
            span.end = span.end.saturating_sub(u32::try_from(cut).unwrap_or(0)).max(span.start);
        }
        None => _ = parts.pop(),
    }
}

fn binary(operator: Binary) -> BinaryOperator {
    match operator {
        Binary::Eq => BinaryOperator::Equal,
        Binary::NotEq => BinaryOperator::NotEqual,
        Binary::LessEq => BinaryOperator::LessOrEqual,
        Binary::GreaterEq => BinaryOperator::GreaterOrEqual,
        Binary::Less => BinaryOperator::Less,
        Binary::Greater => BinaryOperator::Greater,
        Binary::Plus => BinaryOperator::Add,
        Binary::Minus => BinaryOperator::Subtract,
        Binary::Mul => BinaryOperator::Multiply,
        Binary::Div => BinaryOperator::Divide,
        Binary::Mod => BinaryOperator::Modulo,
        Binary::And => BinaryOperator::And,
        Binary::Or => BinaryOperator::Or,
    }
}
