//! The instants at which what is declared changes by itself.

use super::Facts;

impl Facts {
    /// Every instant, in epoch seconds, at which a grant, a membership, an employment or the life of a service identity
    /// begins or ends as it is written. In no order; the same may come several times.
    pub fn instants(&self) -> impl Iterator<Item = i64> {
        let grants = self.grants.iter().map(|own| own.validity);
        let memberships = self.memberships.iter().map(|own| own.validity);
        let people = self.people.iter().map(|own| own.employed);
        let spans = grants.chain(memberships).chain(people).flat_map(|own| [own.from, own.until]);
        let lives = self.services.iter().flat_map(|own| [own.lifecycle.until, own.lifecycle.retired, own.review_by]);
        spans.chain(lives).flatten()
    }
}
