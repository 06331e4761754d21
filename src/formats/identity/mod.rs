//! Exports of identity providers: Okta as its API answers, and realms of Keycloak.

mod keycloak;
mod okta;
#[cfg(test)]
mod tests;

pub use keycloak::FORMAT as KEYCLOAK;
pub use okta::FORMAT as OKTA;
