"""Holds `check --conftest` against what Conftest's own acceptance tests say of its examples.

usage: conftest_examples.py COUNTERSIGN CONFTEST

CONFTEST is a clone of https://github.com/open-policy-agent/conftest; nothing is fetched. Each row is a test of
`acceptance.bats` or `tests/*/test.bats` whose files this reads (YAML, JSON, TOML, HCL): policies, files, namespaces, data,
and how many failures and warnings Conftest counts, as far as its test says, with a message. Rules of one message in one
document are one finding here and two results there. Exits with 1 when something differs.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

# name, policies, files, namespaces, data, failures, warnings, a message
EXAMPLES = [
    ("service with a warning", "examples/kubernetes/policy", ["examples/kubernetes/service.yaml"], [], None, 0, 1,
     "Found service hello-kubernetes but services are not allowed"),
    ("deployment with root containers", "examples/kubernetes/policy", ["examples/kubernetes/deployment.yaml"], [], None,
     4, 0, "Containers must not run as root in Deployment hello-kubernetes"),
    ("deployment, all namespaces", "examples/kubernetes/policy", ["examples/kubernetes/deployment.yaml"], ["*"], None, 4,
     0, None),
    ("two kinds of input", "examples/kubernetes/policy",
     ["examples/traefik/traefik.toml", "examples/kubernetes/service.yaml"], [], None, 0, 1, None),
    ("toml", "examples/traefik/policy", ["examples/traefik/traefik.toml"], [], None, 1, 0, "ciphers are not allowed"),
    ("plan of Terraform", "examples/hcl1/policy/base.rego", ["examples/hcl1/gke-show.json"], [], None, 1, 0,
     "Terraform plan will change prohibited resources in the following namespaces: google_iam, google_container"),
    ("nested namespace", "examples/hcl1/policy", ["examples/hcl1/gke.tf"], ["main.gke"], None, 1, 0, None),
    ("one resource in HCL", "examples/hcl1/policy/gke.rego", ["examples/hcl1/gke.tf"], [], None, 0, 0, None),
    ("hcl", "examples/hcl2/policy", ["examples/hcl2/terraform.tf"], [], None, None, 0,
     "ALB `my-alb-listener` is using HTTP rather than HTTPS"),
    ("both files of HCL", "examples/hcl2/policy",
     ["examples/hcl2/terraform.tf", "examples/hcl2/policy/unencrypted_azure_disk.tf"], [], None, 7, 0, None),
    ("data", "examples/data/policy", ["examples/data/service.yaml"], [], "examples/data/exclusions", 1, 0,
     "Cannot expose port"),
    ("compose", "examples/compose/policy", ["examples/compose/docker-compose.yml"], [], None, 2, 0,
     "No images tagged latest"),
    ("compose that conforms", "examples/compose/policy", ["examples/compose/docker-compose-valid.yml"], [], None, 0, 0,
     None),
    ("exceptions", "examples/exceptions/policy", ["examples/exceptions/deployments.yaml"], [], None, 1, 0, None),
    ("two folders", "tests/multidir/org tests/multidir/team", ["tests/multidir/data.json"], [], None, 2, 0, None),
    ("first of overlapping names", "tests/nested/policy", ["tests/nested/data.json"], ["group1"], None, 1, 0, None),
    ("both of overlapping names", "tests/nested/policy", ["tests/nested/data.json"], ["group1", "group2"], None, 2, 0,
     None),
    ("contains and if", "tests/problematic-if/policy/valid.rego", ["tests/problematic-if/data.yaml"], [], None, 1, 0,
     None),
    ("if without contains", "tests/problematic-if/policy/invalid.rego", ["tests/problematic-if/data.yaml"], [], None,
     "error", 0, None),
    ("a rule without a message", "tests/problematic-if/policy/valid_bare_deny.rego",
     ["tests/problematic-if/data.yaml"], [], None, 0, 0, None),
    ("Rego v0", "tests/rego-version/policy/v0.rego", ["tests/rego-version/data.yaml"], [], None, 0, 0, None),
    ("Rego v1", "tests/rego-version/policy/v1.rego", ["tests/rego-version/data.yaml"], [], None, 0, 0, None),
    ("several failures", "tests/return-multiple-failures/policy.rego", ["tests/return-multiple-failures/file.json"], [],
     None, 3, 0, None),
]

# What differs, and why.
KNOWN = {
    "a rule without a message": "Conftest lets `deny if …` pass whatever it says; here it is an error",
}


def ask(countersign, conftest, row):
    """How many findings there are that block and that warn, and what they say."""
    _, policies, files, namespaces, data, *_ = row
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        (folder / "tree").mkdir()
        for file in files:
            shutil.copy(conftest / file, folder / "tree" / Path(file).name)
        line = [countersign, "check", folder / "tree", "--no-record", "--output", "json"]
        for number, policy in enumerate(policies.split()):
            if (conftest / policy).is_file():
                # A folder is named, and never a file.
                (folder / f"policy{number}").mkdir()
                shutil.copy(conftest / policy, folder / f"policy{number}")
                line += ["--conftest", folder / f"policy{number}"]
            else:
                line += ["--conftest", conftest / policy]
        for namespace in namespaces:
            line += ["--namespace", namespace]
        if data:
            line += ["--conftest-data", conftest / data]
        ran = subprocess.run(line, capture_output=True, text=True, check=False)
    if ran.returncode == 2:
        return "error", 0, [ran.stderr]
    found = [own for own in json.loads(ran.stdout)["findings"] if own["policy"].startswith("conftest/")]
    blocking = sum(own["decision"]["blocks"] for own in found)
    return blocking, len(found) - blocking, [own["message"] for own in found]


def main():
    countersign, conftest = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
    differ = 0
    for row in EXAMPLES:
        name, *_, failures, warnings, message = row
        blocking, warning, said = ask(countersign, conftest, row)
        same = (blocking == failures or (failures is None and blocking)) and warning == warnings
        same = same and (message is None or any(message in own for own in said))
        if same == (name in KNOWN):
            differ += 1
            print(f"{name}: {blocking} block and {warning} warn, Conftest counts {failures} and {warnings}: {said}")
        elif not same:
            print(f"{name}: {KNOWN[name]}")
    print(f"{len(EXAMPLES)} examples of Conftest, {differ} differ")
    sys.exit(1 if differ or not EXAMPLES else 0)


if __name__ == "__main__":
    main()
