//! Any text as a workflow and as a composite action, beside a workflow that uses both.

#![no_main]

use libfuzzer_sys::fuzz_target;

const USING: &[u8] = b"on: push\npermissions: {id-token: write}\njobs:\n  call:\n    uses: ./.github/workflows/main.yml\n    secrets: \
    inherit\n    with: {role: 'arn:aws:iam::111122223333:role/r'}\n  act:\n    runs-on: self-hosted\n    steps:\n    - uses: \
    ./action\n      with: {role: '${{ secrets.ROLE }}'}\n";

fuzz_target!(|data: &[u8]| {
    countersign_fuzz::hold(&[
        (".github/workflows/main.yml", data),
        (".github/workflows/using.yml", USING),
        ("action/action.yml", data),
    ]);
});
