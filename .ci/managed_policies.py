#!/usr/bin/env python3
"""Compares what is privileged with the verdicts of three tools: managed_policies.py BINARY POLICIES VERDICTS

POLICIES is a folder of managed policies, one JSON file each, and VERDICTS a CSV file with a row a policy and the columns
`policy`, `cs_privesc`, `parliament_privesc` and `ds_privesc`: what cloudsplaining, parliament and the tags of iam-dataset
say of it. The three define privilege escalation differently, so each definition is a query of its own, written as a
ruleset:

- cloudsplaining: all actions of a method, each by an allow on `*` without a condition.
- parliament: all actions of a method, on whatever resource and under whatever condition.
- iam-dataset: any of the tagged actions, on whatever resource and under whatever condition.

Every policy becomes a user with that policy alone. Printed are the agreement with each tool, every disagreement with its
reason, and how long it takes to classify all of them by the built-in rules. It ends with 1 when a disagreement has no
reason. Needs PyYAML.
"""

import csv
import json
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
ACCOUNT = "arn:aws:iam::111122223333"
# One action alone.
ALONE = """iam:CreateAccessKey iam:CreateLoginProfile iam:UpdateLoginProfile iam:AddUserToGroup iam:CreatePolicyVersion
iam:SetDefaultPolicyVersion iam:AttachUserPolicy iam:AttachGroupPolicy iam:PutUserPolicy iam:PutGroupPolicy
glue:UpdateDevEndpoint lambda:UpdateFunctionCode""".split()
# With a role that is passed.
PASSED = """ec2:RunInstances
lambda:CreateFunction lambda:InvokeFunction
lambda:CreateFunction lambda:CreateEventSourceMapping
glue:CreateDevEndpoint
cloudformation:CreateStack
datapipeline:CreatePipeline"""
# What of the escalations that the rulesets know cloudsplaining does not, and the other way round.
NOT_CLOUDSPLAINING = {
    "apprunner-002", "cloudformation-002", "codebuild-002", "codebuild-003", "ssm-001", "ssm-002", "sts-001",
}
TAGGED = """codestar:AssociateTeamMember codestar:CreateProject ec2-instance-connect:SendSSHPublicKey glue:UpdateDevEndpoint
iam:AddUserToGroup iam:AttachGroupPolicy iam:AttachRolePolicy iam:AttachUserPolicy iam:CreateAccessKey
iam:CreateLoginProfile iam:CreatePolicyVersion iam:CreateServiceLinkedRole iam:CreateVirtualMFADevice
iam:DeleteRolePermissionsBoundary iam:DeleteUserPermissionsBoundary iam:EnableMFADevice iam:PassRole iam:PutGroupPolicy
iam:PutRolePermissionsBoundary iam:PutRolePolicy iam:PutUserPermissionsBoundary iam:PutUserPolicy iam:ResyncMFADevice
iam:SetDefaultPolicyVersion iam:UpdateAssumeRolePolicy iam:UpdateLoginProfile kms:CreateGrant""".split()
# What parliament 1.6.4 refuses to read, of what is in the policies.
PARLIAMENT_UNKNOWN = ["sagemaker-unified-studio-mcp:", "datazone:BatchUpdateNotifications"]


def many(value):
    return value if isinstance(value, list) else [value]


def passed():
    return [["iam:PassRole", *line.split()] for line in PASSED.splitlines()]


def cloudsplaining():
    """Its methods: those of parliament that one action makes, and the paths of pathfinding.cloud."""
    methods = [[one] for one in ALONE + ["iam:AttachRolePolicy", "iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy"]]
    methods += passed()
    ruleset = yaml.safe_load((ROOT / "policies/rulesets/escalations-aws.yaml").read_text())
    for escalation in ruleset["add"]["escalations"].values():
        path = re.search(r"pathfinding\.cloud ([\w-]+)", escalation["origin"])
        if path and path[1] not in NOT_CLOUDSPLAINING:
            names = [many(need["permission"])[0] for need in escalation["needs"]]
            methods.append(names + (["ec2:DescribeInstances"] if path[1] == "ec2instanceconnect-003" else []))
    return methods


def parliament():
    assume = ["iam:AttachRolePolicy", "iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy"]
    return [[one] for one in ALONE] + [[one, "sts:AssumeRole"] for one in assume] + passed()


TOOLS = {
    "cs_privesc": ("cloudsplaining", cloudsplaining, True),
    "parliament_privesc": ("parliament", parliament, False),
    "ds_privesc": ("iam-dataset", lambda: [[one] for one in TAGGED], False),
}


def ruleset():
    """A duty for each tool."""
    duties = {}
    for column, (_, methods, whole) in TOOLS.items():
        need = (lambda name: {"permission": name, "resource": "*"}) if whole else (lambda name: name)
        unique = {tuple(sorted(method)) for method in methods()}
        alternatives = [{"all": [need(name) for name in method]} for method in sorted(unique)]
        duties["TOOL-" + column.split("_")[0].upper()] = {
            "title": column,
            "process": "IT",
            "bindings": {"aws": {"origin": "this comparison", "any": alternatives}},
        }
    metadata = {"id": "comparison", "version": "1", "title": "definitions of other tools"}
    head = {"apiVersion": "countersign.dev/v1", "kind": "Ruleset", "metadata": metadata}
    return yaml.safe_dump(head | {"add": {"duties": duties}}, sort_keys=False)


def export(policies):
    """An account with a user for every policy."""
    users, managed = [], []
    for name, document in policies.items():
        arn = f"{ACCOUNT}:policy/{name}"
        users.append({"Arn": f"{ACCOUNT}:user/{name}", "UserName": name, "AttachedManagedPolicies": [{"PolicyArn": arn}]})
        version = {"VersionId": "v1", "IsDefaultVersion": True, "Document": document}
        managed.append({"Arn": arn, "PolicyName": name, "PolicyVersionList": [version]})
    return json.dumps({"UserDetailList": users, "Policies": managed})


def reason(column, document, ours):
    """Why a verdict differs, from the text of the policy."""
    if column == "parliament_privesc" and ours and any(name in json.dumps(document) for name in PARLIAMENT_UNKNOWN):
        return "parliament gives up on a policy that names a service or action that it does not know"
    return None


def run(binary, folder, *arguments):
    command = [binary, *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1, 3, 4):
        sys.exit(f"{' '.join(command)}: {done.returncode}\n{done.stderr}")
    return done.stdout


def main():
    binary, source, verdicts = sys.argv[1:4]
    binary = str(Path(binary).resolve())
    policies = {path.stem: json.loads(path.read_text()) for path in sorted(Path(source).glob("*.json"))}
    with open(verdicts, newline="", encoding="utf-8") as file:
        theirs = {row["policy"]: row for row in csv.DictReader(file)}
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "account.json").write_text(export(policies))
        started = []
        for _ in range(5):
            at = time.perf_counter()
            run(binary, folder, "check", "--no-record", "--output", "json")
            started.append(time.perf_counter() - at)
        (root / ".countersign/rulesets").mkdir(parents=True)
        (root / ".countersign/rulesets/comparison.yaml").write_text(ruleset())
        answer = json.loads(run(binary, folder, "access", "--format", "json"))
    held = defaultdict(set)
    for one in answer["holdings"]:
        certain = one.get("held") == "certain"
        name = one["principal"].rsplit("/", 1)[1]
        for column, (_, _, whole) in TOOLS.items():
            if one["duty"] == "TOOL-" + column.split("_")[0].upper() and (certain or not whole):
                held[column].add(name)
    unexplained = 0
    print(f"{len(policies)} policies, {len(theirs)} verdicts")
    print("| tool | it says so | we say so | both agree | differ |\n|---|---|---|---|---|")
    for column, (tool, _, _) in TOOLS.items():
        own = {name for name in policies if theirs[name][column] not in ("", "0")}
        differ = own ^ held[column]
        print(f"| {tool} | {len(own)} | {len(held[column])} | {len(policies) - len(differ)} of {len(policies)} | {len(differ)} |")
    for column, (tool, _, _) in TOOLS.items():
        own = {name for name in policies if theirs[name][column] not in ("", "0")}
        why = defaultdict(list)
        for name in sorted(own ^ held[column]):
            side = (name in own, name in held[column])
            found = reason(column, policies[name], side[1])
            unexplained += found is None
            why[("only " + tool if side[0] else "only we", found or "NOT EXPLAINED")].append(name)
        for (side, text), names in sorted(why.items()):
            print(f"\n{tool}: {side}, {len(names)}: {text}\n  {', '.join(names)}")
    print(f"\nclassified by the built-in rules in {min(started):.3f} s (the best of {len(started)})")
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
