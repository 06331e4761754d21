//! Any text as objects of Kubernetes, beside a kustomization that takes them in and changes them.

#![no_main]

use libfuzzer_sys::fuzz_target;

const KUSTOMIZATION: &[u8] = b"resources: [../objects.yaml]\nnamespace: other\nnameSuffix: -x\npatches:\n- target: {kind: \
    ServiceAccount}\n  patch: |-\n    apiVersion: v1\n    kind: ServiceAccount\n    metadata:\n      name: any\n      annotations: \
    {eks.amazonaws.com/role-arn: 'arn:aws:iam::111122223333:role/r'}\n";

fuzz_target!(|data: &[u8]| {
    countersign_fuzz::hold(&[("objects.yaml", data)]);
    countersign_fuzz::hold(&[("objects.yaml", data), ("k/kustomization.yaml", KUSTOMIZATION)]);
});
