//! Who works here: what manifests declare of people, under what was imported of them.
//!
//! Imported facts stand above declared ones, with one exception: whoever either of them says has left has left. A
//! change edits manifests, and an export can be stale; neither brings anybody back.

use std::collections::{BTreeMap, BTreeSet};

use super::units::UnitFacts;
use crate::facts::{PersonStatus, Text, Validity};
use crate::rules::{Employment, People};

/// Who says something of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Told {
    /// A manifest.
    Declared,
    /// An imported file.
    Imported,
    /// Both.
    Both,
}

impl Told {
    fn and(self, other: Self) -> Self {
        if self == other { self } else { Self::Both }
    }
}

/// That somebody has left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Departure {
    /// The first second after it, in epoch seconds, where somebody gives a date.
    pub ended: Option<i64>,
    /// Who says so.
    pub told: Told,
}

impl Departure {
    fn and(self, other: Self) -> Self {
        // Imported dates stand above declared ones; of equals the first counts.
        let (first, second) = if other.told == Told::Imported { (other, self) } else { (self, other) };
        Self { ended: first.ended.or(second.ended), told: self.told.and(other.told) }
    }
}

/// Who has left, by person id.
pub type Departures = BTreeMap<Text, Departure>;

/// Everyone who has left by one account or another.
#[must_use]
pub fn union(a: &Departures, b: &Departures) -> Departures {
    let mut both = a.clone();
    for (id, departure) in b {
        both.entry(id.clone()).and_modify(|known| *known = known.and(*departure)).or_insert(*departure);
    }
    both
}

/// What one manifest declares of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Declared {
    status: PersonStatus,
    employed: Validity,
    manager: Option<Text>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Worker {
    /// Every definition: an id that is defined twice counts as both.
    declared: Vec<Declared>,
    imported: Option<Employment>,
}

/// Everyone who is declared or imported.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Workforce {
    people: BTreeMap<Text, Worker>,
}

impl Workforce {
    /// The people of a tree, with what was imported.
    #[must_use]
    pub fn of(units: &[UnitFacts], imported: Option<&People>) -> Self {
        let mut people: BTreeMap<Text, Worker> = BTreeMap::new();
        for person in units.iter().flat_map(|unit| &unit.facts.people) {
            let declared =
                Declared { status: person.status, employed: person.employed, manager: person.manager.clone() };
            people.entry(person.id.clone()).or_default().declared.push(declared);
        }
        for (id, employment) in imported.into_iter().flat_map(People::iter) {
            people.entry(id.clone()).or_default().imported = Some(employment.clone());
        }
        Self { people }
    }

    /// Whether a manifest declares a person.
    #[must_use]
    pub fn declares(&self, id: &str) -> bool {
        self.people.get(id).is_some_and(|worker| !worker.declared.is_empty())
    }

    /// What a person is at an instant; `None` for whoever is neither declared nor imported.
    #[must_use]
    pub fn status(&self, id: &str, as_of: i64) -> Option<PersonStatus> {
        let worker = self.people.get(id)?;
        if worker.departure(as_of).is_some() {
            return Some(PersonStatus::Departed);
        }
        let imported = worker.imported.as_ref().and_then(|employment| employment.status);
        // A row without a status says that the person is there.
        Some(imported.or(worker.declared.iter().map(|own| own.status).max()).unwrap_or(PersonStatus::Active))
    }

    /// Whether a person is declared and works here at an instant. Whoever is only imported is nobody whose e-mail
    /// addresses are known, and so nobody who could be told from an author.
    #[must_use]
    pub fn is_active(&self, id: &str, as_of: i64) -> bool {
        self.declares(id) && self.status(id, as_of) != Some(PersonStatus::Departed)
    }

    /// Whether and how a person has left. An end that has passed is a departure, whatever the status says.
    #[must_use]
    pub fn departure(&self, id: &str, as_of: i64) -> Option<Departure> {
        self.people.get(id)?.departure(as_of)
    }

    /// Everyone who has left at an instant.
    #[must_use]
    pub fn departures(&self, as_of: i64) -> Departures {
        self.people.iter().filter_map(|(id, worker)| Some((id.clone(), worker.departure(as_of)?))).collect()
    }

    /// Since when a person has had another position than before, where the import says so and it has begun. Whoever
    /// has had the same one since the first day has not moved.
    #[must_use]
    pub fn moved(&self, id: &str, as_of: i64) -> Option<i64> {
        let worker = self.people.get(id)?;
        let imported = worker.imported.as_ref()?;
        let declared = worker.declared.iter().filter_map(|own| own.employed.from).min();
        let hired = imported.employed.from.or(declared);
        imported.position_since.filter(|since| *since <= as_of && hired.is_none_or(|hired| *since > hired))
    }

    /// Whether one person reports to another, over any number of managers. Nobody reports to themselves.
    #[must_use]
    pub fn reports_to(&self, person: &str, boss: &str) -> bool {
        let mut seen: BTreeSet<&str> = BTreeSet::from([person]);
        let mut open = self.managers(person);
        while let Some(manager) = open.pop() {
            if manager == boss {
                return person != boss;
            }
            if seen.insert(manager) {
                open.extend(self.managers(manager));
            }
        }
        false
    }

    /// A person's managers: the imported one, else every one that is declared.
    #[must_use]
    pub fn managers(&self, id: &str) -> Vec<&str> {
        let Some(worker) = self.people.get(id) else { return Vec::new() };
        match worker.imported.as_ref().and_then(|employment| employment.manager.as_deref()) {
            Some(manager) => vec![manager],
            None => worker.declared.iter().filter_map(|own| own.manager.as_deref()).collect(),
        }
    }
}

impl Worker {
    fn departure(&self, as_of: i64) -> Option<Departure> {
        let one = |status: Option<PersonStatus>, employed: Validity, told: Told| {
            let ended = employed.until.filter(|until| *until <= as_of);
            (ended.is_some() || status == Some(PersonStatus::Departed)).then_some(Departure { ended, told })
        };
        let imported = self.imported.as_ref().and_then(|own| one(own.status, own.employed, Told::Imported)).into_iter();
        let declared = self.declared.iter().filter_map(|own| one(Some(own.status), own.employed, Told::Declared));
        imported.chain(declared).reduce(Departure::and)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::fixture::World;
    use crate::facts::date::Date;
    use crate::rules::RuleFile;

    const AS_OF: i64 = 1_795_219_200;

    /// People by id, with what their manifests say in one line.
    fn workforce(manifests: &[(&str, &str)], csv: Option<&str>) -> Workforce {
        let mut world = World::default();
        for (id, spec) in manifests {
            world.person(id, &[]);
            let person = world.facts.people.last_mut().unwrap();
            match spec.split_once(": ") {
                Some(("status", "departed")) => person.status = PersonStatus::Departed,
                Some(("status", _)) => person.status = PersonStatus::Leave,
                Some(("end", day)) => person.employed.until = Some(Date::parse(day).unwrap().end),
                Some((_, manager)) => person.manager = Some(manager.into()),
                None => {}
            }
        }
        let people = csv.map(|csv| People::read(&RuleFile::new("hr.csv", csv.as_bytes())).unwrap());
        Workforce::of(&world.units(), people.as_ref())
    }

    #[test]
    fn whoever_either_side_says_has_left_has_left() {
        let declared = [
            ("here", ""),
            ("gone", "status: departed"),
            ("ended", "end: 2026-11-20"),
            ("ends-today", "end: 2026-11-21"),
            ("away", "status: leave"),
        ];
        let none = workforce(&declared, None);
        let status = |force: &Workforce, id: &str| force.status(id, AS_OF);
        assert_eq!(status(&none, "here"), Some(PersonStatus::Active));
        assert_eq!(status(&none, "away"), Some(PersonStatus::Leave));
        assert_eq!(status(&none, "nobody"), None);
        for id in ["gone", "ended"] {
            assert_eq!(status(&none, id), Some(PersonStatus::Departed), "{id}");
        }
        assert_eq!(status(&none, "ends-today"), Some(PersonStatus::Active));

        let csv = "id,status,end\nhere,departed,\ngone,active,\nended,active,2030-01-01\naway,active,\n\
                   ends-today,,2026-10-31\nonly-there,leave,\n";
        let both = workforce(&declared, Some(csv));
        for id in ["here", "gone", "ended", "ends-today"] {
            assert_eq!(status(&both, id), Some(PersonStatus::Departed), "{id}");
            assert!(!both.is_active(id, AS_OF), "{id}");
        }
        assert_eq!(status(&both, "away"), Some(PersonStatus::Active));
        assert_eq!(status(&both, "only-there"), Some(PersonStatus::Leave));
        assert!(!both.is_active("only-there", AS_OF));
        let told = |id: &str| both.departure(id, AS_OF).unwrap().told;
        assert_eq!((told("here"), told("gone"), told("ended")), (Told::Imported, Told::Declared, Told::Declared));
    }

    #[test]
    fn a_person_who_is_defined_twice_is_gone_when_one_definition_says_so() {
        let force = workforce(&[("ann", ""), ("ann", "status: departed")], None);
        assert!(!force.is_active("ann", AS_OF));
    }

    #[test]
    fn imported_dates_of_a_departure_stand_above_declared_ones() {
        let day = 86_400;
        let force = workforce(&[("ann", "end: 2026-11-18")], Some("id,end\nann,2026-11-19\n"));
        let departure = Departure { ended: Some(AS_OF - day), told: Told::Both };
        assert_eq!(force.departure("ann", AS_OF), Some(departure));
        let own = workforce(&[("ann", "end: 2026-11-18")], None).departures(AS_OF);
        let other = workforce(&[], Some("id,end\nann,2026-11-19\n")).departures(AS_OF);
        for both in [union(&own, &other), union(&other, &own)] {
            assert_eq!(both.get("ann"), Some(&departure));
        }
    }

    #[test]
    fn reports_are_followed_over_all_managers_and_end_in_circles() {
        let force = workforce(
            &[
                ("ann", "manager: ben"),
                ("ben", "manager: cy"),
                ("cy", "manager: dee"),
                ("dee", "manager: cy"),
                ("moved", "manager: ann"),
                ("self", "manager: self"),
            ],
            Some("id,manager\nmoved,person:eve\neve,dee\n"),
        );
        for (person, boss, expected) in [
            ("ann", "ben", true),
            ("ann", "dee", true),
            ("ann", "eve", false),
            ("ben", "ann", false),
            ("cy", "cy", false),
            ("self", "self", false),
            ("moved", "eve", true),
            ("moved", "cy", true),
            // The import stands above the manifest.
            ("moved", "ben", false),
            ("nobody", "ann", false),
        ] {
            assert_eq!(force.reports_to(person, boss), expected, "{person} to {boss}");
        }
    }

    #[test]
    fn a_move_counts_once_it_has_begun_and_a_first_position_is_none() {
        let csv = "id,start,position_since\n\
                   ann,,2026-11-21\nben,,2026-11-22\ncy,2026-11-21,2026-11-21\ndee,2026-11-20,2026-11-21\n";
        let force = workforce(&[], Some(csv));
        assert_eq!(force.moved("ann", AS_OF), Some(AS_OF));
        assert_eq!(force.moved("ben", AS_OF), None);
        // The position of the first day is no other one.
        assert_eq!(force.moved("cy", AS_OF), None);
        assert_eq!(force.moved("dee", AS_OF), Some(AS_OF));
    }
}
