//! Any text as a kustomization and as a patch that it may name, beside a base and a component.

#![no_main]

use libfuzzer_sys::fuzz_target;

const BASE: &[u8] = b"resources: [rbac.yaml]\nnamePrefix: b-\n";
const RBAC: &[u8] = b"apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: r, namespace: n}\nrules:\n- \
    {apiGroups: [''], resources: [secrets], verbs: [get]}\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\n\
    metadata: {name: b, namespace: n}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}\nsubjects:\n- {kind: \
    ServiceAccount, name: s}\n---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: s, namespace: n}\n";
const COMPONENT: &[u8] = b"kind: Component\npatches:\n- target: {kind: Role}\n  patch: |-\n    - {op: add, path: /rules/-, value: \
    {apiGroups: ['*'], resources: ['*'], verbs: ['*']}}\n";

fuzz_target!(|data: &[u8]| {
    countersign_fuzz::hold(&[
        ("base/kustomization.yaml", BASE),
        ("base/rbac.yaml", RBAC),
        ("component/kustomization.yaml", COMPONENT),
        ("overlay/kustomization.yaml", data),
        ("overlay/patch.yaml", data),
    ]);
});
