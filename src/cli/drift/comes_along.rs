//! What systems come with that nobody gave, told from what somebody did.

use std::sync::Arc;

use crate::access::{Aspect, Line, Outcome, UnitFacts, covers};
use crate::facts::{Granted, Holder, Native};
use crate::output::LineOutcome;
use crate::rules::{ComesWith, comes_with};

/// Exports without what systems come with.
pub(super) fn without_what_comes_along(units: &[UnitFacts], kind: &dyn Fn(&str) -> String) -> Vec<UnitFacts> {
    units
        .iter()
        .map(|unit| {
            let mut facts = (*unit.facts).clone();
            facts.grants.retain(|grant| {
                let Some((native, word)) = of_system(&grant.to) else { return true };
                let Some(known) = comes_with(&kind(&native.system)) else { return true };
                let given = match &grant.what {
                    Granted::Role(role) => known.gives(&role.name, &format!("{word}:{}", native.name)),
                    Granted::Statements(_) => false,
                };
                !given && !is_own_account(known, &native.name)
            });
            facts.trusts.retain(|trust| {
                let known = comes_with(&kind(&trust.target.system));
                !known.is_some_and(|known| is_own_account(known, &trust.target.name))
            });
            UnitFacts { facts: Arc::new(facts), files: unit.files.clone() }
        })
        .collect()
}

/// A holder that belongs to a system, and the word for such.
fn of_system(holder: &Holder) -> Option<(&Native, &'static str)> {
    match holder {
        Holder::Account(native) => Some((native, "account")),
        Holder::Group(native) => Some((native, "group")),
        Holder::Person(_) | Holder::Service(_) => None,
    }
}

/// Whether an account is one that the system alone can make.
fn is_own_account(known: &ComesWith, name: &str) -> bool {
    known.accounts.iter().any(|pattern| fits(pattern, name))
}

/// The parts of an ARN (AWS general reference, "Amazon Resource Names").
const PARTS: usize = 6;

/// Whether a name fits a pattern part by part. A `*` stays in its part: a path may have colons in it, and whoever makes a
/// role chooses its path.
fn fits(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.splitn(PARTS, ':').zip(name.splitn(PARTS, ':'));
    let count = |text: &str| text.splitn(PARTS, ':').count();
    count(pattern) == count(name) && parts.all(|(pattern, part)| covers(pattern, part, false))
}

/// What becomes of a line, and why where a system comes with it.
pub(super) fn outcome(line: &Line, known: Option<&ComesWith>) -> (LineOutcome, Option<String>) {
    let outcome = match line.outcome {
        Outcome::NotDeclared => LineOutcome::NotDeclared,
        Outcome::NotObserved => LineOutcome::NotObserved,
        Outcome::Inconclusive => LineOutcome::Inconclusive,
        Outcome::NotCompared => LineOutcome::NotCompared,
        Outcome::Reconciled => LineOutcome::Reconciled,
    };
    let Some(known) = known.filter(|_| line.observed.is_some() && line.declared.is_none()) else {
        return (outcome, None);
    };
    let name = |word: &str, text: &str| {
        text.strip_prefix(word)?.strip_prefix(&*line.system)?.strip_prefix('/').map(str::to_owned)
    };
    let holder = |word: &str| name(&format!("{word}:"), &line.subject).map(|name| format!("{word}:{name}"));
    let role = line.role.as_ref().map(|role| &*role.name);
    let comes = match line.aspect {
        Aspect::Grant => {
            let to = holder("account").or_else(|| holder("group"));
            role.zip(to).is_some_and(|(role, to)| known.gives(role, &to))
        }
        Aspect::Role | Aspect::Permission | Aspect::Include => {
            role.is_some_and(|role| known.roles.iter().any(|own| own == role))
        }
        Aspect::Membership | Aspect::ActsAs | Aspect::Boundary => false,
    };
    let accounts = [name("account:", &line.subject), name("account:", &line.what)];
    let own = accounts.into_iter().flatten().any(|account| is_own_account(known, &account));
    if comes || own { (LineOutcome::ComesWith, Some(known.why.clone())) } else { (outcome, None) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_only_looks_like_that_of_a_service_is_somebodys() {
        let known = comes_with("aws").unwrap();
        for (name, own) in [
            ("arn:aws:iam::111122223333:role/aws-service-role/support.amazonaws.com/AWSServiceRoleForSupport", true),
            ("arn:aws-cn:iam::111122223333:role/aws-service-role/x.amazonaws.com.cn/Y", true),
            ("arn:aws:iam::111122223333:role/a:role/aws-service-role/x/Y", false),
            ("arn:aws:iam::111122223333:role/team/aws-service-role/x/Y", false),
            ("arn:aws:iam::111122223333:user/aws-service-role/x/Y", false),
            ("role/aws-service-role/x/Y", false),
        ] {
            assert_eq!(is_own_account(known, name), own, "{name}");
        }
    }
}
