#!/usr/bin/env python3
"""Compares what subjects of Kubernetes hold with kubescape's own cases: kubernetes_rbac.py BINARY CASES VERDICTS

CASES is a folder of kubescape's test cases (`RULE/CASE/input/…`) and VERDICTS a CSV file with a row a case: `rule`, `case`,
`n_expected`. Each rule is asked as a question of its own: who holds certain permissions, where a rule is about that, or what
is granted to a default service account. The number of subjects is compared with the number of alerts expected. Printed are
the agreement and, for every difference, its reason. It ends with 1 when a difference has no reason. Needs PyYAML.
"""

import csv
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

APPROVAL = "certificates.k8s.io/certificatesigningrequests/approval"
HOOKS = [
    f"admissionregistration.k8s.io/{kind}webhookconfigurations" for kind in ("mutating", "validating")
]
# What a rule asks for: any of these.
HELD = {
    "cluster-admin-role": ["*:core/*"],
    "rule-list-all-cluster-admins-v1": ["*:core/*"],
    "rule-can-approve-cert-signing-request": [f"update:{APPROVAL}", f"patch:{APPROVAL}", "approve:certificates.k8s.io/signers"],
    "rule-can-create-pod": ["create:core/pods"],
    "rule-can-modify-admission-webhooks": [f"{verb}:{hook}" for hook in HOOKS for verb in ("create", "update", "patch", "delete")],
    "rule-can-portforward-v1": ["create:core/pods/portforward"],
    "rule-can-update-configmap-v1": ["update:core/configmaps", "patch:core/configmaps"],
    "workload-with-administrative-roles": ["*:core/*"],
    "workload-with-cluster-takeover-roles": ["create:core/pods", "get:core/secrets", "list:core/secrets", "watch:core/secrets"],
}
DEFAULT = "system:serviceaccount:"
NAMESPACED = "a binding in one namespace: held there, which the rule does not count"
# Why a case differs, by rule and case.
REASONS = {
    ("cluster-admin-role", "clusterrole-rolebinding"): NAMESPACED,
    ("role-in-default-namespace", "role"): "where a role stands is no access: nobody holds it",
    ("rule-can-ssh-to-pod-v1", "pod"): "which port a service opens is no access of anybody",
    ("rule-can-ssh-to-pod-v1", "workloads"): "which port a service opens is no access of anybody",
    ("rule-can-portforward-v1", "clusterrole-clusterrolebinding"):
        "`pods/*` names nothing: Kubernetes knows `*` and `*/SUBRESOURCE` alone, so the rule's subjects may not do it",
    ("ensure-default-service-accounts-has-only-default-roles", "passed_rolebinding_one_subject"):
        "a label says that the binding comes with the cluster; a label that whoever writes it chooses proves nothing",
}


def ruleset(permissions):
    duty = {
        "title": "asked for",
        "process": "IT",
        "bindings": {"kubernetes": {"origin": "this comparison", "any": [
            {"permission": name, "level": "view"} for name in permissions
        ]}},
    }
    metadata = {"id": "comparison", "version": "1", "title": "what a rule of another tool asks for"}
    head = {"apiVersion": "countersign.dev/v1", "kind": "Ruleset", "metadata": metadata}
    return yaml.safe_dump(head | {"add": {"duties": {"ASKED": duty}}})


def run(binary, folder, *arguments):
    done = subprocess.run([binary, "access", *arguments], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1, 3, 4):
        sys.exit(f"{folder}: {arguments}: {done.returncode}\n{done.stderr}")
    return done.stdout


def holders(binary, root):
    """Subjects that hold what is asked for, and whether everywhere."""
    found = {}
    for one in json.loads(run(binary, root, "--format", "json"))["holdings"]:
        if one["duty"] == "ASKED":
            found[one["principal"]] = found.get(one["principal"], False) or "/*," in one["scope"]
    return found


def granted(binary, root):
    """Accounts that are granted something, with the role."""
    run(binary, root, "export", "-o", "export.json")
    facts = json.loads((root / "export.json").read_text())["facts"]
    grants = [fact for fact in facts if fact["fact"] == "grant" and "account" in fact["to"]]
    return {(fact["to"]["account"][1], fact["role"][1], fact["at"].split(":")[0]) for fact in grants}


def pods(root):
    """The service accounts of pods and workloads that have their token mounted."""
    found = set()
    for path in root.rglob("*"):
        if path.suffix not in (".yaml", ".yml", ".json"):
            continue
        for one in yaml.safe_load_all(path.read_text()):
            if isinstance(one, dict) and one.get("kind") == "Pod" and one["spec"].get("automountServiceAccountToken", True):
                namespace = one["metadata"].get("namespace", "default")
                found.add(f"{DEFAULT}{namespace}:{one['spec'].get('serviceAccountName', 'default')}")
    return found


def answer(binary, rule, root):
    """How many alerts follow from what the product says."""
    if rule == "access-container-service-account-v1":
        return len({name for name, _, _ in granted(binary, root) if name.startswith(DEFAULT)})
    if rule == "ensure-default-service-accounts-has-only-default-roles":
        return len({at for name, _, at in granted(binary, root) if name.startswith(DEFAULT) and name.endswith(":default")})
    if rule not in HELD:
        return 0
    held = holders(binary, root)
    if rule.startswith("workload-"):
        mounted = {f"account:kubernetes/{name}" for name in pods(root)}
        return len([name for name in held if name in mounted])
    if rule == "cluster-admin-role":
        return len([name for name, everywhere in held.items() if everywhere])
    return len(held)


def main():
    binary, cases, verdicts = sys.argv[1:4]
    binary = str(Path(binary).resolve())
    with open(verdicts, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    agree, differ, unexplained = 0, [], 0
    for row in rows:
        rule, case, expected = row["rule"], row["case"], int(row["n_expected"])
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            shutil.copytree(Path(cases) / rule / case / "input", root / "input")
            (root / ".countersign/rulesets").mkdir(parents=True)
            (root / ".countersign/rulesets/comparison.yaml").write_text(ruleset(HELD.get(rule, ["none:none/none"])))
            own = answer(binary, rule, root)
        if own == expected:
            agree += 1
            continue
        reason = REASONS.get((rule, case))
        unexplained += reason is None
        differ.append(f"| {rule} | {case} | {expected} | {own} | {reason or 'NOT EXPLAINED'} |")
    print(f"{len(rows)} cases, {agree} agree, {len(differ)} differ")
    print("| rule | case | alerts expected | ours | why |\n|---|---|---|---|---|")
    print("\n".join(differ))
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
