//! What every renderer holds to.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, reason = "a test may")]

mod charts;
mod fixture;
mod oscal;
mod overview;
mod pages;
mod tables;

use std::fs;

/// The examples stand where `.ci/report_page.py` opens them in a browser.
#[test]
fn the_examples_are_written_for_a_browser() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("target/report-page");
    fs::create_dir_all(&folder).unwrap();
    for (name, report) in [
        ("rich", fixture::rich()),
        ("empty", fixture::empty()),
        ("hostile", fixture::hostile()),
        ("many", fixture::many(5_000)),
    ] {
        let page = super::html(&report).unwrap();
        assert!(super::is_page(&page) && page.trim_end().ends_with("</html>"), "{name}");
        // The others are like the first to a browser.
        if matches!(name, "many" | "empty") {
            continue;
        }
        fs::write(folder.join(format!("{name}.html")), page).unwrap();
    }
}
