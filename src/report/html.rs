//! The report as one page: for the screen, for paper, and for whoever verifies it.
//!
//! The page loads nothing. Its style and its script are named by their digests in its content security policy, so that a
//! name of a person or a commit that got into markup would still not run. Templates escape whatever they are given; what
//! is given as markup is made in this module and in `charts` alone, from numbers and escaped text.

mod anchors;
mod back;
mod found;
mod front;
mod landed;
mod sheets;

use base64ct::{Base64, Encoding as _};
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value, context, escape_formatter};
use serde::Serialize;

pub(super) use self::anchors::Anchors;
pub(super) use self::front::moment;
pub(super) use self::sheets::Cells;
use super::error::RenderError;
use super::model::Report;
use super::words::{Clock, counted, visible, whose};
use crate::store::Digest;

pub(super) const STYLE: &str = include_str!("templates/report.css");
pub(super) const SCRIPT: &str = include_str!("templates/report.js");

/// Templates by their names; the first is the page.
const TEMPLATES: [(&str, &str); 10] = [
    ("report.html", include_str!("templates/report.html")),
    ("parts.html", include_str!("templates/parts.html")),
    ("cover.html", include_str!("templates/cover.html")),
    ("front.html", include_str!("templates/front.html")),
    ("landed.html", include_str!("templates/landed.html")),
    ("found.html", include_str!("templates/found.html")),
    ("contents.html", include_str!("templates/contents.html")),
    ("sheets.html", include_str!("templates/sheets.html")),
    ("foot.html", include_str!("templates/foot.html")),
    ("back.html", include_str!("templates/back.html")),
];

/// What the sections read: the report, and how it names and dates things.
struct Page<'a> {
    report: &'a Report,
    clock: Clock,
    anchors: Anchors<'a>,
}

/// The report as one page of HTML.
///
/// # Errors
/// [`RenderError::Json`] when an instant is outside of the calendar, [`RenderError::Template`] when a template is wrong.
pub fn html(report: &Report) -> Result<String, RenderError> {
    let data = embedded(report)?;
    let frame = &report.completeness.frame;
    let page = Page { report, clock: Clock(frame.period.offset), anchors: Anchors::of(report) };
    let environment = environment(&TEMPLATES)?;
    let (first, last) = page.clock.days(&frame.period);
    let text = environment.get_template("report.html")?.render(context! {
        policy => content_policy(),
        style => markup(STYLE),
        script => markup(SCRIPT),
        digest => Digest::of(data.as_bytes()).to_string(),
        data => markup(&data),
        entity => whose(report),
        schema => report.schema,
        version => report.version,
        as_of => page.at(report.as_of),
        period => context! {
            name => frame.period.name, offset => frame.period.offset.to_string(), first => first, last => last,
        },
        repository => frame.repository,
        branch => frame.branch,
        tip => frame.tip,
        judged => report.judged,
        sections => sections(report),
        cover => page.cover(),
        results => page.results(),
        scope => page.scope(),
        completeness => page.completeness(),
        coverage => page.coverage(),
        findings => page.findings(),
        exposure => page.exposure(),
        accepted => page.accepted(),
        sheets => page.sheets(),
        tests => page.tests(),
        versions => page.versions(),
        frameworks => page.frameworks(),
        sources => page.sources(),
        verify => page.verify(),
    })?;
    Ok(text)
}

/// What renders templates: everything is escaped, and nothing that is missing is passed over.
pub(super) fn environment(templates: &[(&'static str, &'static str)]) -> Result<Environment<'static>, RenderError> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_formatter(|out, state, value| match value.as_str().filter(|_| !value.is_safe()) {
        Some(text) => escape_formatter(out, state, &Value::from(visible(text))),
        None => escape_formatter(out, state, value),
    });
    environment.set_trim_blocks(true);
    environment.set_lstrip_blocks(true);
    environment.add_filter("counted", |count: u64, one: &str, many: &str| counted(count, one, many));
    for (name, source) in templates {
        environment.add_template(name, source)?;
    }
    Ok(environment)
}

/// The sections by their anchors, in their order.
fn sections(report: &Report) -> Vec<Value> {
    let before = [
        ("results", "Results on one page"),
        ("scope", "Scope, and what this report cannot show"),
        ("completeness", "Completeness: is this everything?"),
        ("coverage", "Coverage, day by day"),
        ("findings", "Findings from beginning to end"),
        ("exposure", "Exposure between the dates"),
        ("accepted", "Accepted records"),
    ];
    let after = [
        ("tests", "Tests of one"),
        ("versions", "Versions of program and rules"),
        ("frameworks", "Framework crosswalk"),
        ("sources", "Register of information used"),
        ("verify", "How to verify this without us"),
    ];
    let sheets = super::sheets::sheets(report);
    let own = sheets.iter().map(|sheet| (sheet.id, sheet.title));
    let all = before.into_iter().chain(own).chain(after).zip(1_u64..);
    all.map(|((id, title), number)| context! { id, title, number }).collect()
}

/// Markup of ours, which templates do not escape: charts, style, script, data.
pub(super) fn markup(text: &str) -> Value {
    Value::from_safe_string(text.to_owned())
}

/// The report as JSON that can stand inside of a script element: nothing in it ends the element or begins a comment.
/// Both sequences occur within strings alone, where an escape means the same.
pub(super) fn embedded(report: &impl Serialize) -> Result<String, RenderError> {
    let text = serde_json::to_string(report)?;
    Ok(text.replace("</", r"<\/").replace("<!--", r"<\u0021--"))
}

/// Whether a text is a page of HTML, ours or not.
#[must_use]
pub fn is_page(text: &str) -> bool {
    const BEGINS: &str = "<!doctype html";
    text.get(..BEGINS.len()).is_some_and(|front| front.eq_ignore_ascii_case(BEGINS))
}

/// The JSON that a page of [`html`] holds; nothing if it holds none.
#[must_use]
pub fn data_of(page: &str) -> Option<&str> {
    let (_, behind) = page.split_once("<script type=\"application/json\" id=\"report\">")?;
    behind.split_once("</script>").map(|(data, _)| data)
}

/// What the page may load and run: this style, this script, images within the page.
pub(super) fn content_policy() -> String {
    let digest = |text: &str| Base64::encode_string(&Digest::of(text.as_bytes()).0);
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; img-src data:; base-uri 'none'; form-action 'none'",
        digest(STYLE),
        digest(SCRIPT)
    )
}
