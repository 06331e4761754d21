//! Any text as a realm of Keycloak and as an answer of Okta's API, under names that say whose it is.

#![no_main]

use libfuzzer_sys::fuzz_target;

const PATHS: [&str; 5] =
    ["apps/0oa1/groups.json", "groups/00g1/roles.json", "groups/00g1/users.json", "realm.json", "users/00u1/roles.json"];

fuzz_target!(|data: &[u8]| {
    countersign_fuzz::hold(&PATHS.map(|path| (path, data)));
});
