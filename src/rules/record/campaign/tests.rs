//! Campaigns that are read, and everything that is wrong with one.

use std::collections::BTreeMap;

use super::*;
use crate::rules::Records;

const MAX: &str = "person-max.yaml";

/// An item that somebody holds.
pub(super) fn item(number: u8) -> FrozenItem {
    FrozenItem {
        item: Digest::of(&[number]),
        principal: "person:ann".to_owned(),
        what: format!("role:erp/r{number}"),
        kind: ItemKind::Grant,
        system: "erp".to_owned(),
        scope: BTreeMap::new(),
        from: None,
        until: None,
        conditions: Vec::new(),
        contents: Digest::of(b"VIEW"),
        permits: Vec::new(),
        accounts: Vec::new(),
        subjects: vec!["person:ann".to_owned()],
        why: vec!["person:ann is granted it".to_owned()],
        justifications: Vec::new(),
        tickets: Vec::new(),
        duties: Vec::new(),
        conflicts: Vec::new(),
        privileged: Vec::new(),
        changed: None,
        approvals: Vec::new(),
        reviewer: Some("person:max".to_owned()),
    }
}

/// A campaign of two items, with the decisions that stand under `items:`.
fn files(spec: &str) -> Vec<(String, String)> {
    let items =
        FrozenItems { schema: ITEMS_SCHEMA.to_owned(), campaign: "R1".to_owned(), items: vec![item(1), item(2)] };
    let items = serde_json::to_string(&items).unwrap();
    let opening = format!(
        "apiVersion: countersign.dev/v1\nkind: AccessReview\nmetadata: {{id: R1}}\nspec:\n  commit: {}\n  \
         opened: 2026-11-01T00:00:00Z\n  due: 2026-11-30\n  grace_days: 5\n  revoke_within_days: 14\n  \
         reviewer: manager\n  covers: {{}}\n  items: 2\n  snapshot: {}\n",
        "a".repeat(40),
        Digest::of(items.as_bytes())
    );
    let decisions = format!(
        "apiVersion: countersign.dev/v1\nkind: AccessReviewDecisions\nmetadata: {{campaign: R1, reviewer: person:max}}\n\
         spec:\n  opening: {}\n{spec}",
        Digest::of(opening.as_bytes())
    );
    [(OPENING_FILE, opening), (ITEMS_FILE, items), (MAX, decisions)]
        .map(|(name, text)| (campaign_path("R1", name), text))
        .to_vec()
}

fn load(files: &[(String, String)]) -> Result<Records, String> {
    let files: Vec<RuleFile> =
        files.iter().map(|(path, text)| RuleFile::new(path.as_str(), text.as_bytes().to_vec())).collect();
    Records::load(&files).map_err(|errors| {
        let told = errors.iter().map(|error| {
            let line = error.span.map(|span| {
                let before = error.file.bytes.get(..span.start as usize).unwrap_or_default();
                1 + before.iter().filter(|byte| **byte == b'\n').count()
            });
            let name = error.file.path.rsplit('/').next().unwrap_or_default();
            format!("{name}:{}: {error}", line.unwrap_or_default())
        });
        told.collect::<Vec<_>>().join("\n")
    })
}

fn decisions(of: &str) -> String {
    format!("  decided: 2026-11-02T00:00:00Z\n  items:\n    - item: {}\n{of}", Digest::of(&[1]))
}

/// The error of a campaign whose first item has this beside it.
fn wrong(of: &str) -> String {
    load(&files(&decisions(of))).unwrap_err()
}

/// The error of a campaign in which some text of a file is another one.
fn edited(name: &str, from: &str, to: &str) -> String {
    let mut all = files(&decisions("      decision: keep\n"));
    let (_, text) = all.iter_mut().find(|(path, _)| path.ends_with(name)).unwrap();
    assert!(text.contains(from), "{text}");
    *text = text.replace(from, to);
    load(&all).unwrap_err()
}

#[test]
fn a_campaign_is_read_with_its_items_and_its_decisions() {
    let records = load(&files(&decisions("      decision: revoke\n      reason: moved\n"))).unwrap();
    let [campaign] = records.campaigns.as_slice() else { panic!("{records:#?}") };
    assert_eq!((campaign.items.len(), campaign.reviewers.len()), (2, 1));
    let decisions = campaign.decisions();
    let (file, decided) = decisions[&Digest::of(&[1])];
    assert_eq!((&*file.reviewer, decided.decision, &*decided.reason), ("person:max", ItemDecision::Revoke, "moved"));
    assert!(!decisions.contains_key(&Digest::of(&[2])));
    // What is signed is found by its own id.
    assert_eq!(records.terms().map(|terms| terms.id.as_str()).collect::<Vec<_>>(), ["R1/max"]);
    // The last day is the whole day, and five more.
    let day = |text: &str| text.parse::<jiff::Timestamp>().unwrap().as_second();
    assert_eq!(campaign.opening.due_until, day("2026-12-01T00:00:00Z"));
    assert_eq!(campaign.late_from(), day("2026-12-06T00:00:00Z"));
}

#[test]
fn an_empty_decision_is_none() {
    let records = load(&files(&decisions("      decision:\n      reason:\n"))).unwrap();
    assert!(records.campaigns[0].decisions().is_empty());
}

#[test]
fn what_a_reviewer_writes_wrong_is_told_at_its_line() {
    for (of, told) in [
        ("      decision: kepp\n", "person-max.yaml:9: `kepp` is no decision"),
        ("      decision: keep\n      colour: red\n", "person-max.yaml:10: "),
        ("      who: person:bob\n      decision: keep\n", "person-max.yaml:9: this item is of `person:ann`"),
        ("      what: role:erp/other\n      decision: keep\n", "person-max.yaml:9: this item is of `role:erp/r1`"),
        (
            "      decision: keep\n      decided: 2026-10-31T23:59:59Z\n",
            "person-max.yaml:10: this was decided before the access review was opened, on 2026-11-01 00:00 UTC",
        ),
        ("      decision: keep\n      decided: yesterday\n", "person-max.yaml:10: `yesterday` is not an instant"),
        ("      decision: [keep]\n", "person-max.yaml:9: "),
        ("      decision: \"keep\\u202e\\n\"\n", "person-max.yaml:9: `keep"),
    ] {
        let found = wrong(of);
        assert!(found.starts_with(told), "{of}: {found}");
    }
    let unknown =
        format!("  decided: 2026-11-02T00:00:00Z\n  items:\n    - item: {}\n      decision: keep\n", Digest::of(b"x"));
    let found = load(&files(&unknown)).unwrap_err();
    assert!(found.starts_with("person-max.yaml:8: no such item was frozen"), "{found}");
    let undated = decisions("      decision: keep\n").replace("  decided: 2026-11-02T00:00:00Z\n", "");
    let found = load(&files(&undated)).unwrap_err();
    assert!(found.starts_with("person-max.yaml:8: nothing says when this was decided"), "{found}");
}

#[test]
fn an_opening_or_frozen_items_that_were_edited_are_told() {
    let found = edited(OPENING_FILE, "due: 2026-11-30", "due: 2026-12-30");
    assert!(found.contains("the opening of the access review `R1` was edited: its digest is "), "{found}");
    let found = edited(ITEMS_FILE, "role:erp/r2", "role:erp/r3");
    assert!(found.starts_with("items.json:0: the frozen items of the access review `R1` were edited"), "{found}");
    let found = edited(OPENING_FILE, "kind: AccessReview\n", "kind: AccessReviews\n");
    assert!(found.contains("this is no file of an access review"), "{found}");
    let found = edited(OPENING_FILE, "countersign.dev/v1", "countersign.dev/v2");
    assert!(found.starts_with("campaign.yaml:1: "), "{found}");
    let found = edited(OPENING_FILE, "{id: R1}", "{id: R2}");
    assert!(found.contains("the access review `R2` stands in the folder `R1`"), "{found}");
    let found = edited(OPENING_FILE, &"a".repeat(40), "HEAD");
    assert!(found.contains("`HEAD` is not the full name of a commit"), "{found}");
    let found = edited(OPENING_FILE, "due: 2026-11-30", "due: 2026-10-31");
    assert!(found.contains("it is due before it was opened"), "{found}");
    let found = edited(MAX, "reviewer: person:max", "reviewer: max");
    assert!(found.contains("the reviewer `max` is not a person"), "{found}");
    let found = edited(MAX, "campaign: R1", "campaign: R2");
    assert!(found.contains("this is of the access review `R2`, in the folder of `R1`"), "{found}");
}

#[test]
fn files_that_are_cut_off_or_missing_are_told() {
    let whole = files(&decisions("      decision: keep\n"));
    for (at, told) in [(0, "has no opening"), (1, "the frozen items of the access review `R1` are gone")] {
        let mut less = whole.clone();
        less.remove(at);
        let found = load(&less).unwrap_err();
        assert!(found.contains(told), "{found}");
    }
    for at in 0..whole.len() {
        let mut cut = whole.clone();
        let text = &mut cut[at].1;
        text.truncate(text.len() / 2);
        assert!(load(&cut).is_err(), "{}", whole[at].0);
    }
    let mut outside = whole;
    outside[2].0 = ".countersign/campaigns/max.yaml".to_owned();
    assert!(load(&outside).unwrap_err().contains("is not in the folder of one"));
}

#[test]
fn one_item_is_decided_once_and_an_abstention_is_no_decision() {
    let mut all = files(&decisions("      decision: keep\n"));
    let second = |decision: &str| all[2].1.replace("person:max", "person:eve").replace("keep", decision);
    let (twice, abstains) = (second("revoke"), second("abstain"));
    all.push((campaign_path("R1", "person-eve.yaml"), twice));
    let found = load(&all).unwrap_err();
    assert!(found.starts_with("person-max.yaml:9: this item is decided twice"), "{found}");
    all[3].1 = abstains;
    let records = load(&all).unwrap();
    assert_eq!(records.campaigns[0].decisions()[&Digest::of(&[1])].1.decision, ItemDecision::Keep);
}

/// The table of the same reviewer, with these cells in its rows.
fn sheet(rows: &[(u8, &str)]) -> Vec<(String, String)> {
    let mut all = files("  items: []\n");
    let opening = Digest::of(all[0].1.as_bytes());
    let mut text = "campaign,opening,reviewer,item,who,what,decision,reason,decided\n".to_owned();
    for (number, rest) in rows {
        let item = Digest::of(&[*number]);
        text.push_str(&format!("R1,{opening},person:max,{item},'person:ann,role:erp/r{number},{rest}\n"));
    }
    all[2] = (campaign_path("R1", "person-max.csv"), text);
    all
}

#[test]
fn a_table_says_what_the_yaml_says() {
    let records = load(&sheet(&[(1, "Keep,\"a team, of three\",2026-11-02T00:00:00Z"), (2, ",,")])).unwrap();
    let decisions = records.campaigns[0].decisions();
    let (file, decided) = decisions[&Digest::of(&[1])];
    assert_eq!(
        (&*file.reviewer, decided.decision, &*decided.reason),
        ("person:max", ItemDecision::Keep, "a team, of three")
    );
    assert_eq!(decisions.len(), 1);
    // Spreadsheets of some countries part values by semicolons.
    let mut german = sheet(&[(1, "keep,,2026-11-02T00:00:00Z")]);
    german[2].1 = german[2].1.replace(',', ";");
    assert_eq!(load(&german).unwrap().campaigns[0].decisions().len(), 1);
}

#[test]
fn what_is_wrong_in_a_table_is_told_at_its_row() {
    for (rows, told) in [
        (&[(1, "keep,,02.11.2026")][..], "person-max.csv:2: `02.11.2026` is not an instant"),
        (&[(1, ",,"), (2, "sure,,2026-11-02T00:00:00Z")], "person-max.csv:3: `sure` is no decision"),
        (&[(1, "keep,,")], "person-max.csv:2: nothing says when this was decided"),
        (&[(9, "keep,,2026-11-02T00:00:00Z")], "person-max.csv:2: no such item was frozen"),
        (&[(1, "keep,,2026-11-02T00:00:00Z,more")], "person-max.csv:2: "),
        (&[], "person-max.csv:0: "),
    ] {
        let found = load(&sheet(rows)).unwrap_err();
        assert!(found.starts_with(told), "{found}");
    }
    let mut headless = sheet(&[(1, "keep,,2026-11-02T00:00:00Z")]);
    headless[2].1 = headless[2].1.replace("decision,", "verdict,");
    assert!(load(&headless).unwrap_err().contains("the column `decision` is gone"));
    let mut other = sheet(&[(1, ",,"), (2, ",,")]);
    other[2].1 = other[2].1.replacen("person:max", "person:eve", 1);
    assert!(load(&other).unwrap_err().contains("this row is of `person:max`, and those before it of `person:eve`"));
}

#[test]
fn a_closing_names_the_files_and_tells_which_were_altered() {
    let mut all = files(&decisions("      decision: keep\n"));
    let opening = Digest::of(all[0].1.as_bytes());
    let named: String = all
        .iter()
        .map(|(path, text)| {
            let name = path.rsplit('/').next().unwrap();
            format!("    - {{file: {name}, sha256: {}}}\n", Digest::of(text.as_bytes()))
        })
        .collect();
    let closing = format!(
        "apiVersion: countersign.dev/v1\nkind: AccessReviewClosing\nmetadata: {{campaign: R1}}\nspec:\n  opening: {opening}\n  \
         closed: 2026-11-20T00:00:00Z\n  items: {{all: 2}}\n  files:\n{named}"
    );
    all.push((campaign_path("R1", CLOSING_FILE), closing));
    assert!(load(&all).unwrap().campaigns[0].altered.is_empty());
    let mut changed = all.clone();
    changed[2].1 = changed[2].1.replace("decision: keep", "decision: revoke");
    assert_eq!(load(&changed).unwrap().campaigns[0].altered, [MAX]);
    let mut gone = all.clone();
    gone.remove(2);
    assert_eq!(load(&gone).unwrap().campaigns[0].altered, [MAX]);
    let mut more = all.clone();
    more.push((campaign_path("R1", "person-max.yaml.max.sig"), "late".to_owned()));
    assert_eq!(load(&more).unwrap().campaigns[0].altered, ["person-max.yaml.max.sig"]);
    all[3].1 = all[3].1.replace("2026-11-20", "2026-10-20");
    assert!(load(&all).unwrap_err().contains("it was closed before it was opened"));
}
