//! Any text as a pipeline of GitLab, alone and as a file that another one includes.

#![no_main]

use libfuzzer_sys::fuzz_target;

const INCLUDING: &[u8] = b"include:\n  - local: /ci/jobs.yml\ndeploy:\n  extends: .base\n  id_tokens:\n    T: {aud: https://aws}\n  \
    script: [!reference [.base, script]]\n";

fuzz_target!(|data: &[u8]| {
    countersign_fuzz::hold(&[(".gitlab-ci.yml", data)]);
    countersign_fuzz::hold(&[(".gitlab-ci.yml", INCLUDING), ("ci/jobs.yml", data)]);
});
