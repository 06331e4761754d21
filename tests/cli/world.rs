//! The texts that stand in the places of the tests: a ledger with two duties that conflict, and a cluster with a role
//! that needs an approval.

use super::places::{Folder, Repository};

/// The rules: somebody has adopted the rulesets that conflict.
pub(crate) const CONFIG: &str = "\
version: 1
systems: [{paths: [\"rbac/**\"], id: \"kubernetes:blue\"}]
rulesets: [{id: cs-p2p, owner: person:olga.brandt}]
";

const PEOPLE: &str = "\
apiVersion: countersign.dev/v1
kind: Person
metadata: {id: olga.brandt}
spec: {emails: [olga.brandt@example.com]}
---
apiVersion: countersign.dev/v1
kind: Person
metadata: {id: nora.lind}
spec: {emails: [nora.lind@example.com]}
---
apiVersion: countersign.dev/v1
kind: Person
metadata: {id: tara.moss}
spec: {emails: [tara.moss@example.com]}
---
apiVersion: countersign.dev/v1
kind: Person
metadata: {id: mira.vale}
spec:
  emails: [mira.vale@example.com]
  accounts: [{system: ledger, name: MVALE}]
---
apiVersion: countersign.dev/v1
kind: Person
metadata: {id: sam.reed}
spec:
  emails: [sam.reed@example.com]
  accounts: [{system: \"kubernetes:blue\", name: sam.reed}]
";

const SYSTEMS: &str = "\
apiVersion: countersign.dev/v1
kind: System
metadata: {id: ledger}
spec: {type: netsuite}
---
apiVersion: countersign.dev/v1
kind: System
metadata: {id: \"kubernetes:blue\"}
spec: {type: kubernetes}
";

const ROLES: &str = "\
apiVersion: countersign.dev/v1
kind: Role
metadata: {id: clerk}
spec: {system: ledger, permissions: [Bills]}
---
apiVersion: countersign.dev/v1
kind: Role
metadata: {id: payer}
spec: {system: ledger, permissions: [Pay Bills]}
";

/// What stands before any change: nobody holds anything.
pub(crate) const START: &[(&str, &str)] =
    &[("countersign.yaml", CONFIG), ("people.yaml", PEOPLE), ("systems.yaml", SYSTEMS), ("roles.yaml", ROLES)];

/// Lets Mira enter invoices: harmless alone.
pub(crate) const BILLS: (&str, &str) = (
    "grants/bills.yaml",
    "\
apiVersion: countersign.dev/v1
kind: Grant
spec: {system: ledger, to: account:ledger/MVALE, role: clerk, scope: {legal_entity: DE01}}
",
);

/// Lets Mira pay: harmless alone.
pub(crate) const PAYMENTS: (&str, &str) = (
    "grants/payments.yaml",
    "\
apiVersion: countersign.dev/v1
kind: Grant
spec: {system: ledger, to: account:ledger/MVALE, role: payer, scope: {legal_entity: DE01}}
",
);

/// Makes Sam administrator of the cluster, which needs an approval.
pub(crate) const ADMIN: (&str, &str) = (
    "rbac/on-call.yaml",
    "\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: on-call}
subjects: [{kind: User, name: sam.reed, apiGroup: rbac.authorization.k8s.io}]
roleRef: {kind: ClusterRole, name: cluster-admin, apiGroup: rbac.authorization.k8s.io}
",
);

/// Tara's approval of it.
pub(crate) const APPROVAL: (&str, &str) = (
    ".countersign/approvals/sam.yaml",
    "\
apiVersion: countersign.dev/v1
kind: Approval
metadata: {id: sam-on-call}
spec:
  policy: CS-GRANT-001
  subject: person:sam.reed
  duty: SUPER
  system: \"kubernetes:blue\"
  approver: person:tara.moss
  reason: keeps the cluster running at night
  expires: 2026-12-31
",
);

/// A definition with a key that is written twice.
pub(crate) const BROKEN: (&str, &str) = (
    "grants/broken.yaml",
    "\
apiVersion: countersign.dev/v1
kind: Grant
spec: {system: ledger, to: account:ledger/MVALE, role: clerk, role: payer}
",
);

/// The finding of the conflict, as the runner lists it.
pub(crate) const CONFLICT: &str = "introduced CS-SOD-001 person:mira.vale!";

/// A folder that holds the start and some more.
pub(crate) fn folder(more: &[(&str, &str)]) -> Folder {
    Folder::with(START).and(more)
}

/// A repository whose branch `main` holds the start and some more.
pub(crate) fn repository(more: &[(&str, &str)]) -> Repository {
    Repository::with(&[START, more].concat())
}
