//! Any text as definitions of Argo CD, and as the CSV of a policy.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    countersign_fuzz::hold(&[("argocd.yaml", data)]);
    if let Ok(policy) = std::str::from_utf8(data) {
        let map = serde_json::json!({
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "argocd-rbac-cm"}, "data": {"policy.csv": policy},
        });
        countersign_fuzz::hold(&[("argocd.yaml", map.to_string().as_bytes())]);
    }
});
