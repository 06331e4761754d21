//! Exports of use, sessions and applies, and the period that they tell of.

use crate::evidence::{Attached, AttachmentPurpose, AttachmentTier};
use crate::history::{Offset, Period, observed_exports};
use crate::store::Digest;

const DAY: i64 = 86_400;

fn period() -> Period {
    Period::parse("2026-11", Offset::UTC).unwrap()
}

/// An export that was run on a day of the period, or before and after it, and tells of some days.
fn export(index: u64, purpose: AttachmentPurpose, run: i64, covers: Option<(i64, i64)>) -> Attached {
    let at = |day: i64| period().from + day * DAY;
    Attached {
        index,
        name: format!("{index}.csv"),
        file: Digest::of(index.to_string().as_bytes()),
        purpose,
        tier: AttachmentTier::Observed,
        source: "a log".to_owned(),
        query: None,
        run_by: "person:ann".to_owned(),
        run_at: at(run),
        rows: None,
        systems: vec!["ledger".to_owned()],
        covers: covers.map(|(from, to)| (at(from), at(to))),
        kept: false,
        at: at(run),
    }
}

#[test]
fn what_tells_of_any_of_the_period_is_told_whenever_it_was_run() {
    use AttachmentPurpose::{Applies, Night, Sessions, Usage};
    let all = [
        export(0, Usage, 40, Some((0, 30))),
        export(1, Usage, 40, Some((-30, 1))),
        export(2, Usage, 5, Some((-30, 0))),
        export(3, Usage, 5, Some((30, 60))),
        export(4, Sessions, 5, Some((29, 60))),
        export(5, Applies, 5, None),
        export(6, Applies, 30, None),
        export(7, Night, 5, None),
    ];
    let told: Vec<u64> = observed_exports(&all, &period()).iter().map(|own| own.index).collect();
    assert_eq!(told, [0, 1, 4, 5]);
}
