//! Policy documents that other formats hold, such as Terraform's: each is lowered as if it stood in a file by itself.

use std::collections::BTreeSet;

use super::Access;
use crate::facts::{Facts, Native, Statement, Text};
use crate::formats::Lowering;
use crate::syntax::Node;

/// The statements of a document that is attached to identities. What is wrong with it goes to `facts`.
pub(in crate::formats) fn identity_statements(document: &Node, system: &Text, facts: &mut Facts) -> Vec<Statement> {
    access(system, facts).statements(document)
}

/// Who a trust policy lets act as an account. Trusts, and groups of federated users, go to `facts`.
pub(in crate::formats) fn trust(document: &Node, target: &Native, facts: &mut Facts) {
    access(&target.system, facts).trust(target, document);
}

/// Whom the policy of a resource lets do what. `resource` is what `*` means in it. Grants and groups go to `facts`.
pub(in crate::formats) fn resource(document: &Node, resource: &str, system: &Text, facts: &mut Facts) {
    access(system, facts).resource_policy(document, Some(resource));
}

fn access<'f>(system: &Text, facts: &'f mut Facts) -> Access<'f> {
    Access { lowering: Lowering { facts, file: 0 }, system: system.clone(), groups: BTreeSet::new() }
}
