#!/usr/bin/env python3
"""Writes what is known of the roles that clouds bring along: known_roles.py aws|gcp|azure SOURCE RELEASE [PERMISSION ...]

SOURCE is what a cloud says of its own roles, and RELEASE when it said so:
- aws: a folder of managed policies, one JSON file each, called as the policy is: the answer of
  `aws iam get-policy-version`, or the bare document. `arn` beside the document says its path.
- gcp: a folder of the answers of `gcloud iam roles describe ROLE --format json`.
- azure: the answer of `az role definition list --output json`.

Each role is cut to the permissions that are looked for: those that `policies/roles/CLOUD.yaml` lists as looked for, those
that the built-in rulesets bind, those that their escalations need, and those given here. The file is written anew. Needs PyYAML.
"""

import json
import re
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
POLICY = "arn:aws:iam::aws:policy/"
HEADS = {
    "aws": f"""\
# AWS managed policies: what each gives of the permissions looked for. Facts of AWS's published documents. Policies of
# service-linked roles are left out, since nobody can attach them.
SOURCE https://docs.aws.amazon.com/aws-managed-policy/latest/reference/
predefined: ["arn:*:iam::aws:policy/*"]
also_begin:
  "{POLICY}": ["arn:aws-cn:iam::aws:policy/", "arn:aws-us-gov:iam::aws:policy/"]
""",
    "gcp": """\
# Predefined roles of Google Cloud: what each gives of the permissions looked for, with which more power is gained, by
# changing policies or roles, by acting as service accounts, or by making keys. Facts of Google's published definitions.
SOURCE https://cloud.google.com/iam/docs/roles-permissions
predefined: ["roles/*"]
""",
    "azure": """\
# Built-in roles of Azure: what each gives of the permissions looked for, with which more power is gained, by writing role
# assignments, running code, listing keys, using identities or deploying templates. The general roles are whole. Actions
# on data have `data:` before them. Facts of Microsoft's published definitions.
SOURCE https://learn.microsoft.com/azure/role-based-access-control/built-in-roles
""",
}
# Two that give everything, or everything but what they leave out.
WHOLE = {
    "AdministratorAccess": [{"actions": ["*"]}],
    "PowerUserAccess": [
        {"not_actions": ["iam:*", "organizations:*", "account:*"]},
        {"actions": ["iam:CreateServiceLinkedRole", "iam:DeleteServiceLinkedRole", "iam:ListRoles"]},
    ],
}


def many(value):
    return value if isinstance(value, list) else [value]


def named(requirement):
    """The permissions that a requirement of a duty names."""
    if isinstance(requirement, str):
        return {requirement}
    if "permission" in requirement:
        return {requirement["permission"]}
    parts = requirement.get("any", []) + requirement.get("all", [])
    return set().union(*map(named, parts))


def looked_for(cloud, given):
    """The permissions to look for."""
    found = set(given) | set(yaml.safe_load((ROOT / f"policies/roles/{cloud}.yaml").read_text()).get("looked_for", []))
    for path in sorted((ROOT / "policies/rulesets").glob("*.yaml")):
        ruleset = yaml.safe_load(path.read_text())
        for duty in ruleset.get("add", {}).get("duties", {}).values():
            for requirement in duty.get("bindings", {}).get(cloud, {}).get("any", []):
                found |= named(requirement)
        for escalation in ruleset.get("add", {}).get("escalations", {}).values():
            if escalation["system"] == cloud:
                found |= {one for need in escalation["needs"] for one in many(need["permission"])}
    return sorted(found)


def gives(pattern, permission):
    """Whether a pattern gives a permission, or all that a pattern names."""
    parts = (".*" if c == "*" else "." if c == "?" else re.escape(c) for c in pattern)
    return re.fullmatch("".join(parts), permission, re.IGNORECASE) is not None


def aws(source, wanted):
    """Managed policies: name, title, other names, whether whole, statements."""
    for name, statements in WHOLE.items():
        yield POLICY + name, name, [], True, statements
    for path in sorted(Path(source).glob("*.json")):
        read = json.loads(path.read_text())
        read = read.get("PolicyVersion", read)
        document = read.get("document") or read.get("Document") or read
        arn = read.get("arn") or POLICY + path.stem
        if "/aws-service-role/" in arn or path.stem in WHOLE or "Statement" not in document:
            continue
        yield arn, arn.rsplit("/", 1)[1], [], False, aws_statements(document, wanted)


def aws_statements(document, wanted):
    """The statements of a document that give some of what is looked for, and its denials."""
    cut = []
    for statement in many(document["Statement"]):
        out = {}
        if statement["Effect"] == "Deny":
            out["effect"] = "deny"
        if "NotAction" in statement:
            out["not_actions"] = many(statement["NotAction"])
        else:
            out["actions"] = [own for own in many(statement["Action"]) if any(gives(own, one) for one in wanted)]
            if not out["actions"]:
                continue
        if "NotResource" in statement:
            out["not_resources"] = many(statement["NotResource"])
        elif many(statement["Resource"]) != ["*"]:
            out["resources"] = many(statement["Resource"])
        if statement.get("Condition"):
            out["conditions"] = statement["Condition"]
        cut.append(out)
    return cut if any(out.get("effect") != "deny" for out in cut) else []


def gcp(source, wanted):
    """Predefined roles."""
    for path in sorted(Path(source).glob("*.json")):
        role = json.loads(path.read_text())
        held = sorted(set(role.get("includedPermissions", [])) & set(wanted))
        yield role["name"], role.get("title", ""), [], False, [{"actions": held}] if held else []


def azure(source, wanted):
    """Built-in roles."""
    for role in sorted(json.loads(Path(source).read_text()), key=lambda role: role["roleName"]):
        statements, whole = [], False
        for part in role["permissions"]:
            actions = part["actions"] + [f"data:{own}" for own in part["dataActions"]]
            without = part["notActions"] + [f"data:{own}" for own in part["notDataActions"]]
            if actions == ["*"]:
                statements.append({"not_actions": without + ["data:*"]})
                whole = True
                continue
            held = [
                one
                for one in wanted
                if any(gives(own, one) and (one.startswith("data:") == own.startswith("data:")) for own in actions)
                and not any(gives(own, one) for own in without)
            ]
            if held:
                narrowed = {"condition": "only for the roles that its condition names"} if part.get("condition") else {}
                statements.append({"actions": held} | narrowed)
        yield role["roleName"], None, [role["name"]], whole, statements


def flow(value):
    return json.dumps(value, ensure_ascii=False)


def wrapped(items, indent):
    """Texts as a list, as many to a line as fit."""
    one = "[" + ", ".join(map(flow, items)) + "]"
    if indent + len(one) <= 110:
        return " " + one
    lines, line = [], ""
    for item in map(flow, items):
        if line and indent + len(line) + len(item) > 116:
            lines.append(line.rstrip())
            line = ""
        line += item + ", "
    lines.append(line.rstrip())
    pad = " " * indent
    return "\n" + pad + "[\n" + "".join(f"{pad}  {line}\n" for line in lines) + pad + "]"


def key(name):
    return name if re.fullmatch(r"[A-Za-z][\w /.:()&+-]*", name) and ": " not in name else flow(name)


def main():
    cloud, source, release = sys.argv[1:4]
    wanted = looked_for(cloud, sys.argv[4:])
    comment, rest = HEADS[cloud].split("SOURCE ")
    url, rest = rest.split("\n", 1)
    ident = {"aws": "aws-managed-policies", "gcp": "gcp-predefined-roles", "azure": "azure-built-in-roles"}[cloud]
    out = [comment, "# Written by `.ci/known_roles.py`.\n"]
    out.append(f"apiVersion: countersign.dev/v1\nkind: KnownRoles\nmetadata:\n  id: {ident}\n")
    out.append(f'  release: "{release}"\n  source: {url}\nsystem: {cloud}\n{rest}')
    out.append(f"looked_for:{wrapped(wanted, 2)}\nroles:\n")
    roles = {"aws": aws, "gcp": gcp, "azure": azure}[cloud](source, wanted)
    for name, title, aliases, whole, statements in sorted(roles, key=lambda role: role[0]):
        out.append(f"  {key(name)}:\n")
        if title and cloud != "aws":
            out.append(f"    title: {flow(title)}\n")
        if aliases:
            out.append(f"    aliases: [{', '.join(aliases)}]\n")
        if whole:
            out.append("    whole: true\n")
        out.append("    statements:" + ("\n" if statements else " []\n"))
        for statement in statements:
            mark = "      - "
            for field, value in statement.items():
                text = wrapped(value, 10) if isinstance(value, list) else " " + (flow(value) if isinstance(value, dict) else value)
                out.append(f"{mark}{field}:{text}\n")
                mark = "        "
    (ROOT / f"policies/roles/{cloud}.yaml").write_text("".join(out))


if __name__ == "__main__":
    main()
