//! Exports of identity providers: Okta as its API answers, and realms of Keycloak.

mod keycloak;
mod okta;
#[cfg(test)]
mod tests;

pub use keycloak::FORMAT as KEYCLOAK;
pub use okta::FORMAT as OKTA;

use crate::syntax::Node;

/// The items of a list, if there is one.
fn items(node: Option<&Node>) -> &[Node] {
    node.and_then(Node::as_list).unwrap_or_default()
}
