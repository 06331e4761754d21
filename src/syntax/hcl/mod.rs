//! HCL native syntax (the HashiCorp configuration language) and its JSON form, read into one tree with positions.
//!
//! [`parse`] reads the native syntax, [`from_json`] the JSON form, in which every text is a template. Nothing is
//! evaluated here, and nothing is known of what blocks mean. Only this folder names the library that reads the text.

mod convert;
mod json;
mod newlines;
#[cfg(test)]
mod tests;

pub use json::from_json;

use std::sync::Arc;

use super::{Span, SyntaxError, SyntaxErrorKind};

/// Largest HCL file that is parsed, in bytes. Files that people write stay below 200 KB.
pub const MAX_HCL_BYTES: usize = 2 * 1024 * 1024;

/// Most members of one object, or lines of one block. The library compares each key with every other.
pub const MAX_HCL_MEMBERS: usize = 10_000;

/// What stands between the braces of a block, or in a file.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Body {
    /// The arguments, in the order written; each name once.
    pub attributes: Vec<Attribute>,
    /// The blocks, in the order written.
    pub blocks: Vec<Arc<Block>>,
}

/// `name = expression`.
#[derive(Debug, Clone, PartialEq)]
pub struct Attribute {
    /// The name.
    pub name: Arc<str>,
    /// The name's bytes.
    pub name_span: Span,
    /// The value.
    pub value: Arc<Expression>,
}

/// `kind "label" "label" { … }`.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    /// What it is called, such as `resource`.
    pub kind: Arc<str>,
    /// The labels with their bytes.
    pub labels: Vec<(Arc<str>, Span)>,
    /// Kind and labels.
    pub heading: Span,
    /// What stands in it.
    pub body: Body,
}

impl Body {
    /// The argument with this name.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| &*attribute.name == name)
    }

    /// The blocks of a kind.
    pub fn blocks_of<'b>(&'b self, kind: &'b str) -> impl Iterator<Item = &'b Arc<Block>> {
        self.blocks.iter().filter(move |block| &*block.kind == kind)
    }
}

/// An expression and its bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct Expression {
    /// The bytes.
    pub span: Span,
    /// What it is.
    pub kind: ExpressionKind,
}

/// What an [`Expression`] is.
#[derive(Debug, Clone, PartialEq)]
pub enum ExpressionKind {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(f64),
    /// Text without anything to fill in.
    Text(Arc<str>),
    /// Text with places to fill in, or with lines whose indentation was taken away.
    Template(Vec<TemplatePart>),
    /// `[a, b]`.
    List(Vec<Expression>),
    /// `{ key = value }`.
    Object(Vec<(Expression, Expression)>),
    /// A name that stands alone: a root of references, or a variable of a `for`.
    Variable(Arc<str>),
    /// `base.name`, `base[index]`, `base.*`, `base[*]` and any chain of them.
    Traversal(Box<Expression>, Vec<Step>),
    /// `if ? then : otherwise`.
    Conditional(Box<[Expression; 3]>),
    /// `name(arguments)`.
    Call(Call),
    /// `!x`, `-x`.
    Unary(UnaryOperator, Box<Expression>),
    /// `a + b`.
    Binary(BinaryOperator, Box<[Expression; 2]>),
    /// `[for … ]` or `{for … }`.
    For(Box<For>),
}

/// One step of a traversal, with its bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The bytes.
    pub span: Span,
    /// What it does.
    pub kind: StepKind,
}

/// What a [`Step`] does.
#[derive(Debug, Clone, PartialEq)]
pub enum StepKind {
    /// `.name`.
    Attribute(Arc<str>),
    /// `[expression]`, or the older `.0`.
    Index(Expression),
    /// `.*`: the attributes that follow are read from each element.
    AttributeSplat,
    /// `[*]`: everything that follows is done to each element.
    FullSplat,
}

/// A function call.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// The name, with its namespace before `::`.
    pub name: Arc<str>,
    /// The arguments.
    pub arguments: Vec<Expression>,
    /// Whether the last argument is followed by `...` and stands for many.
    pub expand_last: bool,
}

/// A `for` expression.
#[derive(Debug, Clone, PartialEq)]
pub struct For {
    /// The name for the key or place, if there are two.
    pub key: Option<Arc<str>>,
    /// The name for the value.
    pub value: Arc<str>,
    /// What is walked.
    pub collection: Expression,
    /// The key of each result, for objects.
    pub result_key: Option<Expression>,
    /// Each result.
    pub result: Expression,
    /// Whether results with one key are grouped (`...`).
    pub grouped: bool,
    /// Which elements count.
    pub condition: Option<Expression>,
}

/// One part of a template.
#[derive(Debug, Clone, PartialEq)]
pub enum TemplatePart {
    /// Text as it stands, with its bytes.
    Text(Arc<str>, Span),
    /// `${expression}`.
    Interpolation(Expression),
    /// `%{ if … }`.
    If(Box<IfDirective>),
    /// `%{ for … }`.
    For(Box<ForDirective>),
}

/// `%{ if condition }then%{ else }otherwise%{ endif }`.
#[derive(Debug, Clone, PartialEq)]
pub struct IfDirective {
    /// The condition.
    pub condition: Expression,
    /// What counts when it is true.
    pub then: Vec<TemplatePart>,
    /// What counts otherwise.
    pub otherwise: Vec<TemplatePart>,
}

/// `%{ for key, value in collection }result%{ endfor }`.
#[derive(Debug, Clone, PartialEq)]
pub struct ForDirective {
    /// The name for the key or place, if there are two.
    pub key: Option<Arc<str>>,
    /// The name for the value.
    pub value: Arc<str>,
    /// What is walked.
    pub collection: Expression,
    /// What is repeated.
    pub result: Vec<TemplatePart>,
}

/// An operator before one operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnaryOperator {
    /// `!`.
    Not,
    /// `-`.
    Negate,
}

/// An operator between two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the operators'")]
pub enum BinaryOperator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    And,
    Or,
}

/// Reads a text in the native syntax.
///
/// # Errors
/// [`SyntaxError`] with the position; nothing of a broken file is returned.
pub fn parse(bytes: &[u8]) -> Result<Body, SyntaxError> {
    let (text, offset) = text(bytes)?;
    // Two bytes are the least that a member and what separates it take.
    if text.len() > 2 * MAX_HCL_MEMBERS && newlines::look(text).widest > MAX_HCL_MEMBERS {
        return Err(SyntaxError {
            span: Span::default(),
            message: format!("an object or block in this file has more than {MAX_HCL_MEMBERS} members"),
            kind: SyntaxErrorKind::TooLarge,
        });
    }
    let parsed = hcl_edit::parser::parse_body(text).or_else(|error| {
        // The library stops at a few line ends that the language takes for spaces.
        newlines::look(text).spaced.and_then(|plain| hcl_edit::parser::parse_body(&plain).ok()).ok_or(error)
    });
    match parsed {
        Ok(body) => convert::Converter::new(text, offset).body(&body),
        Err(error) => Err(malformed(&error, offset)),
    }
}

/// Reads a template by itself, such as a file that is filled in.
///
/// # Errors
/// [`SyntaxError`] with the position.
pub fn parse_template(bytes: &[u8]) -> Result<Vec<TemplatePart>, SyntaxError> {
    let (text, offset) = text(bytes)?;
    let template = hcl_edit::parser::parse_template(text).map_err(|error| malformed(&error, offset))?;
    convert::Converter::new(text, offset).template(&template)
}

fn text(bytes: &[u8]) -> Result<(&str, usize), SyntaxError> {
    if bytes.len() > MAX_HCL_BYTES {
        return Err(SyntaxError {
            span: Span::default(),
            message: format!("the file has over {} MB; HCL files that large are not read", MAX_HCL_BYTES / 1_048_576),
            kind: SyntaxErrorKind::TooLarge,
        });
    }
    let text = std::str::from_utf8(bytes).map_err(|error| SyntaxError {
        span: Span::new(error.valid_up_to(), error.valid_up_to() + 1),
        message: "the file is not UTF-8 text".to_owned(),
        kind: SyntaxErrorKind::Encoding,
    })?;
    let body = text.strip_prefix('\u{feff}').unwrap_or(text);
    Ok((body, text.len() - body.len()))
}

fn malformed(error: &hcl_edit::parser::Error, offset: usize) -> SyntaxError {
    let at = error.location().offset() + offset;
    let kind = match error.message() {
        message if message.contains("nesting depth") || message.contains("chained binary") => SyntaxErrorKind::TooDeep,
        message if message.contains("redefined") => SyntaxErrorKind::DuplicateKey,
        _ => SyntaxErrorKind::Malformed,
    };
    SyntaxError { span: Span::new(at, at + 1), message: format!("not HCL: {}", error.message()), kind }
}
