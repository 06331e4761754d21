//! Any text as settings of an organisation, of a part of it and of a repository, in safe-settings layout.

#![no_main]

use libfuzzer_sys::fuzz_target;

const SETTINGS: &[u8] = b"repository: {private: true}\nteams:\n  - {name: core, permission: push}\ncollaborators:\n  - {username: \
    ann, permission: admin}\n";

fuzz_target!(|data: &[u8]| {
    countersign_fuzz::hold(&[(".github/settings.yml", data), (".github/repos/ledger.yml", SETTINGS)]);
    countersign_fuzz::hold(&[(".github/settings.yml", SETTINGS), (".github/suborgs/pay.yml", data), (".github/repos/ledger.yml", data)]);
});
