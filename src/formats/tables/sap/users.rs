//! Users of SAP: roles and profiles they are given, when they may log on, and whose authorizations they use.

use std::collections::BTreeMap;

use super::{Clients, KINDS, LOGONS, PROFILES, REFERENCES, ROLE_USERS, each, named};
use crate::facts::date::Date;
use crate::facts::scope::Scope;
use crate::facts::{
    AccountFact, AccountKind, Condition, Constrains, Facts, Gap, Holder, Native, Origin, Text, TrustFact, Trusted,
    Unresolved, Validity,
};
use crate::formats::tables::roles::grant;
use crate::formats::tables::{Record, TableUnit, broken_row};

/// Locks that an administrator set: for this client (64) and for the central user administration (32). The lock after
/// wrong passwords (128) is lifted by the user.
const ADMINISTRATIVE_LOCKS: u32 = 32 | 64;

/// Logon data of one user.
#[derive(Clone)]
struct Logon {
    validity: Validity,
    locked: bool,
}

/// The users of a unit.
pub(super) struct Users {
    logons: BTreeMap<Native, Logon>,
    /// The first row that names a user who has no logon data, by system, and how many there are.
    missing: BTreeMap<Text, BTreeMap<Native, Origin>>,
}

impl Users {
    pub(super) fn read(unit: &TableUnit<'_>, clients: &mut Clients, facts: &mut Facts) -> Self {
        let mut logons = BTreeMap::new();
        each(unit, LOGONS, clients, facts, &mut |system, record, facts| {
            let Some([name]) = KINDS.get(LOGONS).and_then(|kind| named(record, kind, [1], facts)) else { return };
            let id = Native::new(system.clone(), name);
            let flag = record.get(4);
            let locks: Option<u32> = if flag.is_empty() { Some(0) } else { flag.parse().ok() };
            if locks.is_none() {
                broken_row(record, facts, "the lock in `UFLAG` is not a number", "the user counts as not locked");
            }
            let kind = match record.get(5) {
                "B" | "C" | "S" => AccountKind::ServiceAccount,
                _ => AccountKind::User,
            };
            let validity = period(record, [2, 3], facts);
            let locked = locks.unwrap_or_default() & ADMINISTRATIVE_LOCKS != 0;
            facts.accounts.push(AccountFact { id: id.clone(), kind, boundary: None, origin: record.origin() });
            logons.insert(id, Logon { validity, locked });
        });
        Self { logons, missing: BTreeMap::new() }
    }

    /// Adds the grants of the unit.
    pub(super) fn finish(mut self, unit: &TableUnit<'_>, clients: &mut Clients, facts: &mut Facts) {
        each(unit, ROLE_USERS, clients, facts, &mut |system, record, facts| {
            let columns = KINDS.get(ROLE_USERS).and_then(|kind| named(record, kind, [1, 2], facts));
            let Some([role, user]) = columns else { return };
            let validity = period(record, [3, 4], facts);
            self.give(system, user, role.into(), validity, record, facts);
        });
        let lists_roles: Vec<Text> = unit.of_kind(ROLE_USERS).map(|(_, file)| unit.system(file)).collect();
        each(unit, PROFILES, clients, facts, &mut |system, record, facts| {
            let columns = KINDS.get(PROFILES).and_then(|kind| named(record, kind, [1, 2], facts));
            let Some([user, profile]) = columns else { return };
            // The profiles that roles generate are those roles, which AGR_USERS lists with their validity.
            if profile.starts_with("T-") && lists_roles.contains(system) {
                return;
            }
            self.give(system, user, format!("profile:{profile}"), Validity::default(), record, facts);
        });
        each(unit, REFERENCES, clients, facts, &mut |system, record, facts| {
            let reference = record.get(2);
            let Some([user]) = KINDS.get(REFERENCES).and_then(|kind| named(record, kind, [1], facts)) else { return };
            if reference.is_empty() {
                return;
            }
            let user = Native::new(system.clone(), user);
            facts.trusts.push(TrustFact {
                target: Native::new(system.clone(), reference),
                conditions: self.conditions(&user),
                trusted: Trusted::Holder(Holder::Account(user)),
                origin: record.origin(),
            });
        });
        for (system, users) in self.missing {
            let Some(origin) = users.values().next().copied() else { continue };
            let names: Vec<&str> = users.keys().take(3).map(|user| &*user.name).collect();
            facts.unresolved.push(Unresolved {
                gap: Gap::Dangling,
                reason: format!(
                    "USR02 of {system} does not list {} users with access, such as {}",
                    users.len(),
                    names.join(", ")
                ),
                consequence: "they count as able to log on; one of the exports may be incomplete".to_owned(),
                origin,
            });
        }
    }

    fn give(
        &mut self,
        system: &Text,
        user: &str,
        role: String,
        validity: Validity,
        record: &Record<'_>,
        facts: &mut Facts,
    ) {
        let user = Native::new(system.clone(), user);
        let conditions = self.conditions(&user);
        let validity = match self.logons.get(&user) {
            Some(logon) => validity.intersect(logon.validity),
            None => {
                if self.logons.keys().any(|known| known.system == *system) {
                    let missing = self.missing.entry(system.clone()).or_default();
                    missing.entry(user.clone()).or_insert(record.origin());
                }
                validity
            }
        };
        let role = Native::new(system.clone(), role);
        facts.grants.push(grant(user, role, Scope::unknown(), validity, conditions, record.origin()));
    }

    /// What must hold before a user can log on.
    fn conditions(&self, user: &Native) -> Vec<Condition> {
        let locked = self.logons.get(user).is_some_and(|logon| logon.locked);
        let unlock = || Condition::new("sap:unlocked", "an administrator unlocks the user", Constrains::Yes);
        locked.then(unlock).into_iter().collect()
    }
}

/// From one day to the end of another one. Both may be open.
fn period(record: &Record<'_>, columns: [usize; 2], facts: &mut Facts) -> Validity {
    let [from, until] = columns.map(|column| date(record.get(column)));
    if from.is_err() || until.is_err() {
        broken_row(record, facts, "a date here is not one, such as 20261231", "it counts as not limited in time");
    }
    let (from, until) = (from.ok().flatten(), until.ok().flatten());
    Validity { from: from.map(|date| date.start), until: until.map(|date| date.end) }
}

/// A date as SAP stores it (`20261231`) or shows it (`31.12.2026`, `2026-12-31`). Without a day, and for the last day
/// that SAP knows, there is none.
fn date(written: &str) -> Result<Option<Date>, ()> {
    let digits: String = written.chars().filter(char::is_ascii_digit).collect();
    let parts: Vec<&str> = written.split(['.', '-', '/']).collect();
    let iso = match parts.as_slice() {
        [""] => return Ok(None),
        [all] if all.len() == 8 && digits.len() == 8 => {
            format!("{}-{}-{}", all.get(..4).unwrap_or(""), all.get(4..6).unwrap_or(""), all.get(6..).unwrap_or(""))
        }
        [day, month, year] if year.len() == 4 && written.contains('.') => format!("{year}-{month}-{day}"),
        [year, month, day] if year.len() == 4 => format!("{year}-{month}-{day}"),
        _ => return Err(()),
    };
    if digits.chars().all(|digit| digit == '0') || iso == "9999-12-31" {
        return Ok(None);
    }
    Date::parse(&iso).map(Some).ok_or(())
}
