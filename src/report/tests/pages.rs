//! The page.

use std::collections::BTreeSet;

use base64ct::{Base64, Encoding as _};

use super::fixture::{empty, hostile, many, rich};
use crate::report::html;
use crate::report::model::Report;
use crate::store::Digest;

/// What stands between two texts, each time.
pub(super) fn between<'a>(text: &'a str, before: &str, after: &str) -> Vec<&'a str> {
    text.split(before).skip(1).filter_map(|rest| rest.split_once(after)).map(|(own, _)| own).collect()
}

pub(super) fn data(page: &str) -> &str {
    between(page, r#"<script type="application/json" id="report">"#, "</script>")[0]
}

/// The page without what is not markup: the style, the script, the data.
pub(super) fn markup(page: &str) -> String {
    let mut rest = page.to_owned();
    for (begin, end) in [("<style>", "</style>"), ("<script type", "</script>"), ("<script>", "</script>")] {
        let (before, after) = rest.split_once(begin).unwrap();
        let (_, after) = after.split_once(end).unwrap();
        rest = format!("{before}{after}");
    }
    rest
}

fn all() -> [(&'static str, Report); 3] {
    [("rich", rich()), ("empty", empty()), ("hostile", hostile())]
}

#[test]
fn the_same_report_gives_the_same_page() {
    for (name, report) in all() {
        assert_eq!(html(&report).unwrap(), html(&report.clone()).unwrap(), "{name}");
    }
}

#[test]
fn the_data_is_the_report() {
    for (name, report) in all() {
        let page = html(&report).unwrap();
        let found: serde_json::Value = serde_json::from_str(data(&page)).unwrap();
        assert_eq!(found, serde_json::to_value(&report).unwrap(), "{name}");
        assert!(!data(&page).contains("<!--") && !data(&page).contains('\n'), "{name}");
        let digest = Digest::of(data(&page).as_bytes()).to_string();
        assert_eq!(page.matches(&digest).count(), 2, "{name}: on the cover and at the foot");
    }
}

#[test]
fn strangers_write_no_markup() {
    let page = html(&hostile()).unwrap();
    let markup = markup(&page);
    assert!(!markup.contains("<script"), "no script but ours");
    assert!(!markup.contains("<img") && !markup.contains("javascript:alert(5)\""), "no element, no address");
    assert!(page.contains("&lt;script&gt;alert(1)&lt;&#x2f;script&gt;"), "it is shown as text");
    assert!(page.contains("{{ report }}"), "a template of a stranger is text");
    assert!(!markup.chars().any(|c| c.is_control() && c != '\n' || c == '\u{202e}'), "what has no shape has a number");
    assert!(markup.contains("\\u{202e}gnp.exe"), "and is shown");
    // Outside of quoted attributes there is no handler: each tag is as one of a page with plain names.
    for tag in between(&markup, "<", ">") {
        let bare: String = tag.split('"').step_by(2).collect();
        assert!(!bare.to_lowercase().contains(" on"), "{tag}");
        assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
    }
    assert!(!markup.contains("style=\""), "the policy forbids styles in attributes");
}

#[test]
fn commands_are_safe_to_paste() {
    let page = html(&hostile()).unwrap();
    let quoted = r"--branch 'main'\''; rm -rf /; echo '\'''".replace('\'', "&#x27;").replace('/', "&#x2f;");
    assert!(page.contains(&quoted), "{}", between(&page, "population verify", "<")[0]);
}

#[test]
fn every_link_leads_to_an_anchor_and_every_anchor_is_there_once() {
    for (name, report) in all() {
        let page = markup(&html(&report).unwrap());
        let ids = between(&page, " id=\"", "\"");
        let known: BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(ids.len(), known.len(), "{name}: an id is there twice");
        for href in between(&page, "href=\"", "\"") {
            assert!(href == "data:," || known.contains(href.strip_prefix('#').unwrap()), "{name}: {href}");
        }
        for named in ["aria-labelledby=\"", "aria-describedby=\""] {
            for id in between(&page, named, "\"").into_iter().flat_map(str::split_whitespace) {
                assert!(known.contains(id), "{name}: {id}");
            }
        }
    }
}

#[test]
fn findings_landings_and_policies_can_be_linked_to() {
    let report = rich();
    let page = html(&report).unwrap();
    for own in &report.exposures {
        assert!(page.contains(&format!("id=\"finding-{}\"", &own.fingerprint[..12])));
    }
    for own in &report.completeness.landings {
        let listed = page.contains(&format!("id=\"landing-{}\"", &own.commit[..12]));
        assert_eq!(listed, !own.state.is_gated() || own.state == crate::history::State::Accepted, "{:?}", own.state);
    }
    assert!(page.contains("id=\"policy-CS-SOD-001\""));
    assert!(page.contains("countersign evidence show "));
}

#[test]
fn the_page_loads_nothing() {
    for (name, report) in all() {
        let page = html(&report).unwrap();
        let markup = markup(&page);
        for attribute in ["src=\"", "srcset=\"", "action=\"", "poster=\"", "xlink:href=\""] {
            assert!(!markup.contains(&format!(" {attribute}")), "{name}: {attribute}");
        }
        let style = between(&page, "<style>", "</style>")[0];
        assert!(!style.contains("@import") && !style.contains("http") && !style.contains("@font-face"), "{name}");
        assert!(between(style, "url(", ")").iter().all(|own| own.starts_with('#')), "{name}");
        let script = between(&page, "<script>", "</script>")[0];
        for word in ["http", "fetch(", "XMLHttpRequest", "innerHTML", "eval(", "import("] {
            assert!(!script.contains(word), "{name}: {word}");
        }
    }
}

#[test]
fn the_policy_names_this_style_and_this_script() {
    let page = html(&rich()).unwrap();
    let policy =
        between(&page, "Content-Security-Policy\" content=\"", "\"")[0].replace("&#x27;", "'").replace("&#x2f;", "/");
    assert!(policy.starts_with("default-src 'none'; ") && !policy.contains("unsafe"), "{policy}");
    for (rule, tag) in [("style-src", "style"), ("script-src", "script")] {
        let text = between(&page, &format!("<{tag}>"), &format!("</{tag}>"))[0];
        let digest = Base64::encode_string(&Digest::of(text.as_bytes()).0);
        assert!(policy.contains(&format!("{rule} 'sha256-{digest}'")), "{rule}: {policy}");
    }
}

#[test]
fn an_empty_report_says_zero_of_what() {
    let page = html(&empty()).unwrap();
    assert!(page.contains("each of 0 landings has an evaluation that passed"));
    assert!(page.contains("0 of 0 landings; each was held against the evidence."));
    assert!(page.contains("0 records let something pass, among 0 landings and 0 findings."));
    assert!(page.contains("0 conflicts of duties among 0 findings of the period."));
    assert!(!page.contains("NaN") && !page.contains('%') || !markup(&page).contains("%</"));
}

#[test]
fn numbers_of_the_report_stand_on_the_page() {
    let report = rich();
    let page = html(&report).unwrap();
    let (position, complete) = (report.position, &report.completeness);
    assert!(page.contains(&format!(
        "{} at the beginning, {} came and {} went, {} at the end",
        position.opening, position.introduced, position.resolved, position.closing
    )));
    assert!(
        page.contains(&format!(
            "<strong>Not complete:</strong> {} of 60 landings got past the gate",
            complete.ungated()
        ))
    );
    assert_eq!(page.matches("none in the period").count(), 20 * 4 - count_examples(&report));
    for own in &complete.refused {
        assert!(page.contains(&own.record.to_string()[..12]));
    }
}

fn count_examples(report: &Report) -> usize {
    let each = report.policies.iter().map(|own| &own.examples);
    each.map(|own| [own.allowed, own.denied, own.accepted, own.error].iter().flatten().count()).sum()
}

#[test]
fn ordinary_landings_are_counted_and_not_listed() {
    let report = many(5_000);
    let page = html(&report).unwrap();
    let listed = page.matches("<article class=\"landing\"").count();
    assert_eq!(listed as u64, report.completeness.ungated());
    let without = page.len() - data(&page).len();
    assert!(without < 2_000_000, "{without} bytes beside the data");
}

#[test]
fn a_report_of_nobody_is_named_by_its_repository() {
    let mut report = empty();
    report.entity.clear();
    assert!(html(&report).unwrap().contains("<h1>github.com&#x2f;acme&#x2f;access "));
}

#[test]
fn instants_outside_of_the_calendar_are_an_error_and_no_panic() {
    let mut report = rich();
    report.completeness.landings[0].at = crate::rules::Instant::from_seconds(i64::MAX);
    assert!(html(&report).is_err());
    report.completeness.landings[0].at = crate::rules::Instant::from_seconds(0);
    report.completeness.landed = u64::MAX;
    report.position.opening = u64::MAX;
    report.completeness.frame.period.to = report.completeness.frame.period.from;
    assert!(html(&report).is_ok());
}

#[test]
fn zero_is_said_of_what_was_looked_at_alone() {
    let page = markup(&html(&rich()).unwrap());
    let ways = between(&page, "id=\"ways-title\"", "</table>")[0];
    let times = between(ways, "<td class=\"n\">", "</td>");
    assert_eq!(times, ["1", "1", "1", "1", "0", "0", "0 or more", "1 or more", "?", "?", "?", "?"]);
    let markdown = crate::report::markdown(&rich());
    assert!(markdown.contains("| a tag was moved | nothing | no | ? |"));
    assert!(markdown.contains(
        "| the forge let somebody pass by a rule | an export of the forge | for a part of the period | 0 or more |"
    ));
}

#[test]
fn every_chart_says_what_it_shows() {
    let page = html(&rich()).unwrap();
    let charts = between(&page, "<svg class=\"chart\"", "</svg>");
    assert_eq!(charts.len(), 10);
    for own in charts {
        assert!(own.contains("role=\"img\"") && own.contains("<title id=") && own.contains("<desc id="));
    }
    assert!(page.contains("Of 60 landings, 4 got past the gate and 0 are not explained by any state."));
    assert!(page.contains("<title>landed, by git: 60 of 60</title>"));
    assert!(
        page.contains("<title>2026-11-23: 1 landed, 1 of them past the gate, 0 evaluated; night not evidenced</title>")
    );
    let mut plain = rich();
    plain.exposures.iter_mut().for_each(|own| own.conflict = None);
    assert_eq!(between(&html(&plain).unwrap(), "<svg class=\"chart\"", "</svg>").len(), 9);
}

#[test]
fn what_no_state_explains_is_left_over() {
    let mut report = rich();
    report.completeness.landed = 63;
    assert!(html(&report).unwrap().contains("4 got past the gate and 3 are not explained by any state."));
}

#[test]
fn a_year_is_drawn_in_blocks_of_weeks() {
    let mut report = rich();
    let period = crate::history::Period::parse("2026", crate::history::Offset::UTC).unwrap();
    let day = |day: crate::history::PeriodDay| crate::history::DayReport {
        day: day.name,
        landed: 1,
        ungated: 0,
        evaluated: 0,
        night: crate::history::Night::NotEvidenced,
    };
    report.completeness.days = period.days().map(day).collect();
    report.completeness.frame.period = period;
    let page = html(&report).unwrap();
    let calendar = between(&page, "id=\"chart-calendar\"", "</svg>")[0];
    assert_eq!(calendar.matches("<title>2026-").count(), 365);
    assert_eq!(calendar.matches(">Mon<").count(), 4, "53 weeks in blocks of 14");
}
