//! What is read, where definitions are expected, whose system they belong to, and which accounts are linked.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use super::super::side;
use super::{Effect, EffectKind, Sides, Weight, some};
use crate::access::Links;
use crate::facts::CredentialKind;
use crate::formats::Reading;
use crate::rules::{Config, CredentialConfig, Keep, RetentionClass};
use crate::syntax::Spanned;

pub(super) fn effects(sides: &Sides<'_>) -> Vec<Effect> {
    let files = Files::of(sides);
    let mut effects = read(sides, &files);
    effects.extend(in_scope(sides, &files));
    effects.extend(systems(sides, &files));
    effects.extend(links(sides));
    effects.extend(credentials(sides));
    effects.extend(super::grants::effects(sides));
    let evidence = |config: &Config| config.evidence.path.as_deref().map(|path| path.trim_end_matches('/').to_owned());
    let (before, after) = (evidence(&sides.base.config), evidence(&sides.head.config));
    if before != after {
        let place = |path: Option<String>| path.unwrap_or_else(|| "its default place".to_owned());
        let text = format!("evidence would be kept in {} instead of {}", place(after), place(before));
        effects.push(
            Effect::new(Weight::Alters, EffectKind::EvidenceMoved, text).at(sides.in_config(&["evidence", "path"])),
        );
    }
    effects.extend(retention(sides));
    effects
}

/// How long evidence would be kept that is recorded from then on, and whether it would name people.
fn retention(sides: &Sides<'_>) -> Vec<Effect> {
    let (before, after) = (&sides.base.config.evidence.retention, &sides.head.config.evidence.retention);
    let changed = RetentionClass::ALL.into_iter().filter_map(|class| {
        let (was, is) = (before.keep(class), after.keep(class));
        // As long as from now on: months and days have no length of their own.
        let end = |keep: Keep| keep.until(sides.task.as_of).unwrap_or(i64::MAX);
        let (weight, kind) = match end(is).cmp(&end(was)) {
            Ordering::Equal => return None,
            Ordering::Less => (Weight::Weakens, EffectKind::RetentionShortened),
            Ordering::Greater => (Weight::Tightens, EffectKind::RetentionLengthened),
        };
        let text = format!("evidence of class `{}` would be kept for {is} instead of {was}", class.as_str());
        Some(Effect::new(weight, kind, text).at(sides.in_config(&["evidence", "retention"])))
    });
    let pseudonyms = match (sides.base.config.evidence.pseudonyms, sides.head.config.evidence.pseudonyms) {
        (true, false) => {
            let text = "evidence would name people, and no longer have pseudonyms for them";
            Some(Effect::new(Weight::Weakens, EffectKind::PseudonymsDropped, text))
        }
        (false, true) => {
            let text = "evidence would have pseudonyms for people";
            Some(Effect::new(Weight::Tightens, EffectKind::PseudonymsAdded, text))
        }
        _ => None,
    };
    let pseudonyms = pseudonyms.map(|effect| effect.at(sides.in_config(&["evidence", "pseudonyms"])));
    changed.chain(pseudonyms).collect()
}

/// The files of both trees, apart from rules.
struct Files {
    all: BTreeSet<String>,
    /// Those that hold definitions under the target's rules, whether they could be evaluated or not.
    definitions: BTreeSet<String>,
}

impl Files {
    fn of(sides: &Sides<'_>) -> Self {
        let comparison = sides.task.comparison;
        let trees = [Some(&comparison.head), comparison.base.as_ref()].into_iter().flatten();
        let paths = trees.flat_map(|tree| &tree.files).map(|file| file.path.to_string());
        let readings = [Some(&sides.record.head), sides.record.base.as_ref()].into_iter().flatten();
        let held = |reading: &Reading| {
            let broken = reading.not_lowered.iter().map(|found| found.file.to_string());
            reading.formats.keys().map(ToString::to_string).chain(broken).collect::<Vec<_>>()
        };
        Self {
            all: paths.filter(|path| !crate::rules::is_rule_path(path)).collect(),
            definitions: readings.flat_map(held).collect(),
        }
    }
}

fn written(patterns: &[Spanned<String>]) -> BTreeSet<&str> {
    patterns.iter().map(|pattern| pattern.trim_start_matches("./").trim_end_matches('/')).collect()
}

fn read(sides: &Sides<'_>, files: &Files) -> Vec<Effect> {
    let (base, head) = (sides.base, sides.head);
    let lost: Vec<String> = files.all.iter().filter(|path| base.reads(path) && !head.reads(path)).cloned().collect();
    let gained: Vec<String> = files.all.iter().filter(|path| !base.reads(path) && head.reads(path)).cloned().collect();
    let hidden: Vec<String> = lost.iter().filter(|path| files.definitions.contains(*path)).cloned().collect();
    let place = || sides.in_config(&["exclude"]).or_else(|| sides.in_config(&["include"]));
    let mut effects = Vec::new();
    if !hidden.is_empty() {
        let text = format!("definitions would no longer be read: {}", some(&hidden));
        let concerns = sides.concerns(|flip| flip.kind == super::FlipKind::Vanishes);
        effects.push(
            Effect::new(Weight::Weakens, EffectKind::FilesNoLongerRead, text)
                .at(place())
                .shown_by(hidden.first().cloned().unwrap_or_default())
                .concerning(concerns),
        );
    } else if !lost.is_empty() {
        let text = format!("files would no longer be read, none of them with definitions now: {}", some(&lost));
        effects.push(Effect::new(Weight::Alters, EffectKind::FilesNoLongerRead, text).at(place()));
    }
    if !gained.is_empty() {
        let text = format!("files would be read that are not read now: {}", some(&gained));
        effects.push(Effect::new(Weight::Tightens, EffectKind::FilesReadAnew, text).at(place()));
    }
    let same = written(&base.config.include) == written(&head.config.include)
        && written(&base.config.exclude) == written(&head.config.exclude);
    if effects.is_empty() && !same {
        let text = "`include` or `exclude` is written otherwise; no file that is there now is affected";
        effects.push(Effect::new(Weight::Alters, EffectKind::PathsRewritten, text).at(place()));
    }
    effects
}

fn in_scope(sides: &Sides<'_>, files: &Files) -> Vec<Effect> {
    let (base, head) = (&sides.base.in_scope, &sides.head.in_scope);
    let place = || sides.in_config(&["in_scope"]);
    let lost: Vec<String> =
        files.all.iter().filter(|path| base.matches(path) && !head.matches(path)).cloned().collect();
    let gained: Vec<String> =
        files.all.iter().filter(|path| !base.matches(path) && head.matches(path)).cloned().collect();
    let mut effects = Vec::new();
    if !base.is_empty() && head.is_empty() {
        let text = "definitions would be expected nowhere: to find none would be no error";
        effects.push(Effect::new(Weight::Weakens, EffectKind::ScopeNarrowed, text).at(place()));
    } else if !lost.is_empty() {
        let counts = lost.iter().any(|path| files.definitions.contains(path));
        let weight = if counts { Weight::Weakens } else { Weight::Alters };
        let text =
            format!("files would no longer be in scope, so what is unknown there would only warn: {}", some(&lost));
        effects.push(Effect::new(weight, EffectKind::ScopeNarrowed, text).at(place()));
    }
    if !gained.is_empty() {
        let text = format!("files would be in scope that are not now: {}", some(&gained));
        effects.push(Effect::new(Weight::Tightens, EffectKind::ScopeWidened, text).at(place()));
    }
    if effects.is_empty() && written(&sides.base.config.in_scope) != written(&sides.head.config.in_scope) {
        let text = "`in_scope` is written otherwise; no file that is there now is affected";
        effects.push(Effect::new(Weight::Alters, EffectKind::PathsRewritten, text).at(place()));
    }
    effects
}

fn systems(sides: &Sides<'_>, files: &Files) -> Vec<Effect> {
    let mut moved: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    let (mut limited, mut freed, mut reread) = (Vec::new(), Vec::new(), Vec::new());
    for path in &files.definitions {
        let (before, after) = (sides.base.system_of(path), sides.head.system_of(path));
        let id = |system: Option<&crate::rules::SystemOfPath>| {
            system.map_or_else(|| "what the definition says".to_owned(), |system| system.id.to_string())
        };
        let guardrail = |system: Option<&crate::rules::SystemOfPath>| system.is_some_and(|system| system.guardrail);
        if id(before) != id(after) {
            moved.entry((id(before), id(after))).or_default().push(path.clone());
        }
        let table = |system: Option<&crate::rules::SystemOfPath>| {
            system.map(|own| (own.export, own.dialect)).unwrap_or_default()
        };
        let document = [".yaml", ".yml", ".json"].iter().any(|ending| path.ends_with(ending));
        if !document && table(before) != table(after) {
            reread.push(path.clone());
        }
        match (guardrail(before), guardrail(after)) {
            (false, true) => limited.push(path.clone()),
            (true, false) => freed.push(path.clone()),
            _ => {}
        }
    }
    let place = || sides.in_config(&["systems"]);
    let mut effects: Vec<Effect> = moved
        .into_iter()
        .map(|((before, after), paths)| {
            let text = format!("definitions would belong to {after} instead of {before}: {}", some(&paths));
            Effect::new(Weight::Alters, EffectKind::SystemRemapped, text).at(place())
        })
        .collect();
    if !limited.is_empty() {
        let text = format!("policy documents would count as guardrails, which grant nothing: {}", some(&limited));
        effects.push(Effect::new(Weight::Weakens, EffectKind::GuardrailSet, text).at(place()));
    }
    if !reread.is_empty() {
        // A table that is read in another encoding or from another row may be no table at all.
        let text = format!("tables would be read otherwise, or no longer: {}", some(&reread));
        effects.push(Effect::new(Weight::Weakens, EffectKind::SystemRemapped, text).at(place()));
    }
    if !freed.is_empty() {
        let text = format!("guardrails would count as grants, and no longer limit: {}", some(&freed));
        effects.push(Effect::new(Weight::Alters, EffectKind::GuardrailLifted, text).at(place()));
    }
    effects
}

fn links(sides: &Sides<'_>) -> Vec<Effect> {
    let of = |config: &Config| -> BTreeSet<(String, String)> {
        config.links.iter().map(|rule| (rule.system.value.clone(), rule.account.value.clone())).collect()
    };
    let (base, head) = (&sides.base.config, &sides.head.config);
    if of(base) == of(head) {
        return Vec::new();
    }
    let place = || sides.in_config(&["links"]);
    let (mut lost, mut gained) = (BTreeMap::new(), BTreeMap::new());
    for reading in [Some(&sides.record.head), sides.record.base.as_ref()].into_iter().flatten() {
        let units = side::units(reading);
        let (before, _) = Links::of_tree(&units, &base.links);
        let (after, _) = Links::of_tree(&units, &head.links);
        for (account, was, now) in Links::lost(&before, &after) {
            lost.insert(account.to_string(), (was.to_string(), now.map(ToString::to_string)));
        }
        for (account, is, was) in Links::lost(&after, &before) {
            if was.is_none() {
                gained.insert(account.to_string(), is.to_string());
            }
        }
    }
    let mut effects: Vec<Effect> = Vec::new();
    for (account, (was, now)) in lost {
        let text = match &now {
            Some(now) => format!("account:{account} would belong to {now} instead of {was}"),
            None => format!("account:{account} would no longer be linked to {was}"),
        };
        effects.push(
            Effect::new(Weight::Weakens, EffectKind::AccountUnlinked, text)
                .at(place())
                .concerning(sides.authors.contains(&was)),
        );
    }
    for (account, is) in gained {
        let text = format!("account:{account} would be linked to {is}");
        effects.push(Effect::new(Weight::Tightens, EffectKind::AccountLinked, text).at(place()));
    }
    if effects.is_empty() {
        let text = "`links` is written otherwise; no account that is there now is affected";
        effects.push(Effect::new(Weight::Alters, EffectKind::LinksRewritten, text).at(place()));
    }
    effects
}

fn credentials(sides: &Sides<'_>) -> Vec<Effect> {
    const KINDS: [CredentialKind; 9] = CredentialKind::ALL;
    let mut changed: BTreeMap<(u32, u32), Vec<String>> = BTreeMap::new();
    for kind in KINDS {
        let days = |config: &CredentialConfig| config.days(kind);
        let (before, after) = (days(&sides.base.config.credentials), days(&sides.head.config.credentials));
        if before != after {
            changed.entry((before, after)).or_default().push(kind.as_str().replace('_', " "));
        }
    }
    changed
        .into_iter()
        .map(|((before, after), kinds)| {
            let whose = if kinds.len() == KINDS.len() { "credentials".to_owned() } else { kinds.join(", ") };
            let text = format!("{whose} might live {after} days instead of {before}");
            let (weight, kind) = if after > before {
                (Weight::Weakens, EffectKind::CredentialAgeRaised)
            } else {
                (Weight::Tightens, EffectKind::CredentialAgeLowered)
            };
            Effect::new(weight, kind, text).at(sides.in_config(&["credentials"]))
        })
        .collect()
}
