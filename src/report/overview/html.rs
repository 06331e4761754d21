//! An overview as one page. It loads nothing, as the page of one repository's report does.

use minijinja::{Value, context};

use super::model::Overview;
use super::sheets::sheets;
use crate::report::error::RenderError;
use crate::report::html::{Anchors, Cells, SCRIPT, STYLE, content_policy, embedded, environment, markup, moment};
use crate::report::words::Clock;
use crate::store::Digest;

const TEMPLATES: [(&str, &str); 5] = [
    ("overview.html", include_str!("../templates/overview.html")),
    ("parts.html", include_str!("../templates/parts.html")),
    ("contents.html", include_str!("../templates/contents.html")),
    ("sheets.html", include_str!("../templates/sheets.html")),
    ("foot.html", include_str!("../templates/foot.html")),
];

/// An overview as one page of HTML.
///
/// # Errors
/// [`RenderError::Json`] when an instant is outside of the calendar, [`RenderError::Template`] when a template is wrong.
pub fn overview_html(overview: &Overview) -> Result<String, RenderError> {
    let data = embedded(overview)?;
    let period = &overview.population.period;
    let clock = Clock(period.offset);
    let anchors = Anchors::default();
    let cells = Cells { clock, anchors: &anchors };
    let all = sheets(overview);
    let sections: Vec<Value> = all
        .iter()
        .zip(1_u64..)
        .map(|(sheet, number)| context! { id => sheet.id, title => sheet.title, number })
        .collect();
    let (first, last) = clock.days(period);
    let population = &overview.population;
    let text = environment(&TEMPLATES)?.get_template("overview.html")?.render(context! {
        policy => content_policy(),
        style => markup(STYLE),
        script => markup(SCRIPT),
        digest => Digest::of(data.as_bytes()).to_string(),
        data => markup(&data),
        entity => overview.whose(),
        schema => overview.schema,
        version => overview.version,
        as_of => moment(clock, overview.as_of),
        period => context! { name => period.name, offset => period.offset.to_string(), first => first, last => last },
        judged => overview.judged,
        whole => population.complete,
        complete => overview.complete(),
        repositories => population.repositories.len() as u64,
        missing => overview.missing(),
        listed => population.listed.is_some(),
        landed => population.landed,
        ungated => population.ungated,
        position => overview.position,
        severe => overview.severe(),
        engines => overview.engines,
        claim => population.claim,
        limits => overview.limits,
        sections,
        sheets => all.iter().map(|sheet| cells.sheet(sheet, None)).collect::<Vec<_>>(),
    })?;
    Ok(text)
}
