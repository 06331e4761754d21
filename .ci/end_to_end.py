#!/usr/bin/env python3
"""Runs the binary as its users do: end_to_end.py BINARY

Needs git and what `.ci/requirements.txt` lists. Nothing of it is in the tests of the crate, which run in one process: here are the real binary, real
hooks and pipes, and other people's tools. Ends with status 1 at the first thing that is not as it should be.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import zstandard

ROOT = Path(__file__).resolve().parent.parent
AS_OF = "2026-11-21T00:00:00Z"
# Where the README tells people to start.
README_COMMAND = "check testdata/acme/head --base testdata/acme/base"
BLOCKING = ["CS-CRED-001 credential:netsuite-prod/intake-backfill", "CS-GRANT-001 person:kim.alvarez", "CS-SOD-001 person:alice.ng"]


class Failure(Exception):
    """Something is not as it should be."""


def hold(condition, message):
    if not condition:
        raise Failure(message)


class Countersign:
    """The binary, with surroundings of its own."""

    def __init__(self, binary, home):
        self.binary = str(Path(binary).resolve())
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": "Nora Lind",
            "GIT_AUTHOR_EMAIL": "nora.lind@example.com",
            "GIT_COMMITTER_NAME": "Nora Lind",
            "GIT_COMMITTER_EMAIL": "nora.lind@example.com",
        }

    def run(self, line, cwd, status, **variables):
        """Runs a line and returns what it writes; fails unless it ends with `status`."""
        ran = subprocess.run(
            [self.binary, *line.split()],
            cwd=cwd,
            env={**self.environment, **variables},
            capture_output=True,
            text=True,
            check=False,
        )
        hold(
            ran.returncode == status,
            f"`countersign {line}` ended with status {ran.returncode}, not {status}\n{ran.stdout}{ran.stderr}",
        )
        return ran

    def git(self, line, cwd, status=0):
        """Runs git."""
        ran = subprocess.run(
            ["git", *line.split()], cwd=cwd, env=self.environment, capture_output=True, text=True, check=False
        )
        hold(
            (ran.returncode == 0) == (status == 0),
            f"`git {line}` ended with status {ran.returncode}\n{ran.stdout}{ran.stderr}",
        )
        return ran.stdout.strip()


# What stands in the repositories of the flows: Mira may enter invoices or pay them, and not both.

START = {
    "countersign.yaml": "version: 1\nrulesets: [{id: cs-p2p, owner: person:olga.brandt}]\n",
    "access/people.yaml": """\
apiVersion: countersign.dev/v1
kind: Person
metadata: {id: olga.brandt}
spec: {}
---
apiVersion: countersign.dev/v1
kind: Person
metadata: {id: mira.vale}
spec: {accounts: [{system: ledger, name: MVALE}]}
""",
    "access/ledger.yaml": """\
apiVersion: countersign.dev/v1
kind: System
metadata: {id: ledger}
spec: {type: netsuite}
---
apiVersion: countersign.dev/v1
kind: Role
metadata: {id: clerk}
spec: {system: ledger, permissions: [Bills]}
---
apiVersion: countersign.dev/v1
kind: Role
metadata: {id: payer}
spec: {system: ledger, permissions: [Pay Bills]}
""",
}


def grant(role):
    return f"""\
apiVersion: countersign.dev/v1
kind: Grant
spec: {{system: ledger, to: account:ledger/MVALE, role: {role}, scope: {{legal_entity: DE01}}}}
"""


def write(root, files):
    for path, text in files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


def repository(tool, root):
    root.mkdir()
    tool.git("init --quiet --initial-branch=main", root)
    write(root, START)
    tool.git("add --all", root)
    tool.git("commit --quiet --message start", root)
    return root


def digest(data):
    return hashlib.sha256(data).hexdigest()


def canonical(value):
    """RFC 8785 for what a record holds: ASCII keys, whole numbers."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


# The example of the README.


def the_example_is_blocked_for_three_reasons(tool, work):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    hold(README_COMMAND in readme, f"the README no longer says `{README_COMMAND}`: follow it here")
    shutil.copytree(
        ROOT / "testdata" / "acme", work / "testdata" / "acme", ignore=shutil.ignore_patterns("evidence", "*.snap")
    )
    outputs = "--output human --output json=out/acme.json"
    ran = tool.run(f"{README_COMMAND} --as-of {AS_OF} {outputs}", work, 1)
    hold(ran.stderr == "", f"something is said on standard error:\n{ran.stderr}")
    hold("\x1b" not in ran.stdout, "there are colours although standard output is no terminal")
    hold("blocked: 3 findings must be cleared" in ran.stdout, f"the verdict is missing:\n{ran.stdout}")
    report = json.loads((work / "out" / "acme.json").read_text(encoding="utf-8"))
    blocking = [
        f"{finding['policy']} {finding['subject']['id']}"
        for finding in report["findings"]
        if finding["decision"]["blocks"]
    ]
    hold(sorted(blocking) == BLOCKING, f"these findings block: {blocking}")
    hold(report["verdict"] == "blocked" and report["summary"]["blocking"] == 3, "the summary does not add up")
    for text in ["erp/grants/treasury.yaml:52", "erp/roles/suppliers.yaml:16"]:
        hold(text in ran.stdout, f"{text} is not shown")


def a_reader_who_stops_reading_changes_nothing(tool, work):
    line = f"{README_COMMAND} --as-of {AS_OF} --no-record --output json"
    with subprocess.Popen(
        [tool.binary, *line.split()],
        cwd=work,
        env=tool.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        process.stdout.close()
        complaint = process.stderr.read()
        status = process.wait()
    hold(status == 1, f"with a closed pipe the status is {status}, not 1")
    hold(complaint == b"", f"a closed pipe is complained about: {complaint!r}")


# The JSON report against its schema.


def mismatch(value, schema, root, at="$"):
    """The first way in which a value is not what a schema says, for the words of JSON Schema that ours uses."""
    known = {
        "$schema", "$ref", "$defs", "title", "description", "type", "const", "enum", "properties", "required", "items",
        "additionalProperties", "oneOf", "anyOf", "format", "minimum", "maximum", "pattern",
    }
    if schema is True:
        return None
    unknown = set(schema) - known
    if unknown:
        return f"{at}: the schema says {sorted(unknown)}, which this script does not know"
    if "$ref" in schema:
        target = root
        for part in schema["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        wrong = mismatch(value, target, root, at)
        if wrong:
            return wrong
    kinds = {
        "object": dict, "array": list, "string": str, "integer": int, "number": (int, float), "boolean": bool,
    }
    if "type" in schema and not isinstance(value, kinds[schema["type"]]):
        return f"{at}: {value!r} is not of type {schema['type']}"
    if "const" in schema and value != schema["const"]:
        return f"{at}: {value!r} is not {schema['const']!r}"
    if "enum" in schema and value not in schema["enum"]:
        return f"{at}: {value!r} is none of {schema['enum']}"
    for word in ("oneOf", "anyOf"):
        if word in schema and all(mismatch(value, choice, root, at) for choice in schema[word]):
            return f"{at}: {value!r} is none of the choices"
    if isinstance(value, dict):
        for name in schema.get("required", []):
            if name not in value:
                return f"{at}: `{name}` is missing"
        properties, more = schema.get("properties", {}), schema.get("additionalProperties", True)
        for name, member in value.items():
            if name not in properties and more is False:
                return f"{at}: `{name}` is not in the schema"
            if name not in properties and properties and more is True:
                return f"{at}: `{name}` is not described by the schema"
            wrong = mismatch(member, properties.get(name, more), root, f"{at}.{name}")
            if wrong:
                return wrong
    if isinstance(value, list) and "items" in schema:
        for number, member in enumerate(value):
            wrong = mismatch(member, schema["items"], root, f"{at}[{number}]")
            if wrong:
                return wrong
    return None


def the_json_report_is_as_its_schema_says(tool, work):
    schema = json.loads(tool.run("schema check", work, 0).stdout)
    report = json.loads((work / "out" / "acme.json").read_text(encoding="utf-8"))
    wrong = mismatch(report, schema, schema)
    hold(wrong is None, f"the report is not as the schema says: {wrong}")
    # The check checks: a report without a member, or with another verdict, is refused.
    for broken in [{**report, "verdict": "maybe"}, {key: report[key] for key in report if key != "findings"}]:
        hold(mismatch(broken, schema, schema) is not None, "the schema accepts a report that is none")


# Evidence, with nothing but a hash function.


def object_bytes(store, name):
    file = store / "objects" / name[:2] / f"{name[2:]}.zst"
    hold(file.is_file(), f"the object {name} is named and not there")
    data = zstandard.ZstdDecompressor().decompressobj().decompress(file.read_bytes())
    hold(digest(data) == name, f"the object {name} has the digest {digest(data)}")
    return data


def entries_of(store, name, seen):
    """The entries of a list: its root names pieces, or `depth` levels of lists of pieces."""
    seen.add(name)
    root = json.loads(object_bytes(store, name))
    level = root["pieces"]
    for _ in range(root["depth"] + 1):
        seen.update(level)
        level = [entry for piece in level for entry in json.loads(object_bytes(store, piece))]
    hold(len(level) == root["count"], f"the list {name} has {len(level)} entries, not {root['count']}")
    return level


def files_of(store, name, seen, folder=""):
    """The files of a manifest, by path."""
    files = {}
    for entry in entries_of(store, name, seen):
        path = folder + entry["name"]
        if "folder" in entry:
            files.update(files_of(store, entry["folder"], seen, path + "/"))
        else:
            files[path] = entry["sha256"]
    return files


def inputs_of(store, predicate, seen):
    """What it takes to judge again; every object that it names is added to `seen`."""
    name = predicate["inputs"]["digest"]["sha256"]
    seen.add(name)
    inputs = json.loads(object_bytes(store, name))
    for file in entries_of(store, inputs["kept"], seen):
        seen.add(file.get("redacted") or file["sha256"])
    seen.update(file["sha256"] for file in entries_of(store, predicate["rules"]["digest"]["sha256"], seen))
    seen.update(policy["digest"]["sha256"] for policy in predicate["policy"])
    for name in seen:
        object_bytes(store, name)
    # What was found in texts: of base only where it is not what was found in head.
    for side in ("head", "base", "target"):
        found = inputs["secrets"].get(side)
        if found:
            for file in entries_of(store, found["found"], seen):
                hold(file.get("hits") or file.get("failure"), "a file is listed in which nothing was found")
    return inputs


def record_of(work, report):
    """The record that a report names, checked against its digest."""
    evidence = report["evidence"]
    record = work / evidence["record"]
    data = record.read_bytes()
    hold(digest(data) == evidence["digest"], f"{record} has the digest {digest(data)}")
    # What is signed is DSSE's PAE of the statement, and its digest is the record's id.
    kind = b"application/vnd.in-toto+json"
    name = digest(b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(data), data))
    hold(record.parts[-2:] == (name[:2], f"{name[2:]}.json"), f"{record} is not named by its id {name}")
    statement = json.loads(data)
    hold(canonical(statement) == data, "the record is not canonical JSON")
    return record.parent.parent.parent, statement


def the_evidence_can_be_followed_to_the_byte(tool, work):
    report = json.loads((work / "out" / "acme.json").read_text(encoding="utf-8"))
    store, statement = record_of(work, report)
    hold(statement["_type"] == "https://in-toto.io/Statement/v1", "it is not an in-toto statement")
    predicate = statement["predicate"]
    seen = set()
    for side in ["head", "base"]:
        files = files_of(store, predicate[side]["manifest"]["sha256"], seen)
        root = work / "testdata" / "acme" / side
        there = {
            path.relative_to(root).as_posix(): digest(path.read_bytes())
            for path in root.rglob("*")
            if path.is_file() and ".countersign/evidence/" not in path.as_posix()
        }
        hold(files == there, f"the manifest of {side} differs from the files: {set(files.items()) ^ set(there.items())}")
    subjects = {subject["name"]: subject["digest"] for subject in statement["subject"]}
    hold(subjects["population-manifest"] == predicate["head"]["manifest"], "the subject is not the head's manifest")
    hold(predicate["population"]["digest"] == predicate["head"]["manifest"], "the population is not the head's")
    findings = entries_of(store, predicate["findings"]["digest"]["sha256"], seen)
    blocking = sorted(finding["fingerprint"] for finding in findings if finding["decision"]["blocks"])
    hold(blocking == predicate["findings"]["blocking"], "the blocking findings are not those of the list")
    told = sorted(finding["fingerprint"] for finding in report["findings"])
    hold(sorted(finding["fingerprint"] for finding in findings) == told, "evidence and report have other findings")
    rules = {entry["path"]: entry["sha256"] for entry in entries_of(store, predicate["rules"]["digest"]["sha256"], seen)}
    config = (work / "testdata" / "acme" / "base" / "countersign.yaml").read_bytes()
    hold(rules["countersign.yaml"] == digest(config), "the rules are not those of the base")
    hold(predicate["config"]["digest"]["sha256"] == digest(config), "the configuration is not that of the base")
    unresolved = entries_of(store, predicate["unresolved"]["digest"]["sha256"], seen)
    hold(len(unresolved) == predicate["unresolved"]["count"], "what could not be told is not counted right")
    inputs = inputs_of(store, predicate, seen)
    hold(inputs["head"]["manifest"] == predicate["head"]["manifest"]["sha256"], "the inputs are of another head")
    binary = digest(Path(tool.binary).read_bytes())
    hold(predicate["engine"]["digest"]["sha256"] == binary, "the engine is not this binary")
    stored = {
        folder.name + file.name.removesuffix(".zst") for folder in (store / "objects").iterdir() for file in folder.iterdir()
    }
    hold(stored == seen, f"objects that nothing names: {sorted(stored - seen)}")
    result = {
        "base": predicate["base"]["manifest"],
        "evaluationTime": predicate["evaluationTime"],
        "findings": predicate["findings"]["digest"],
        "head": predicate["head"]["manifest"],
        "outcome": predicate["outcome"],
        "policy": predicate["policy"],
        "rules": predicate["rules"]["digest"],
        "rulesEvaluated": predicate["rulesEvaluated"],
        "strict": predicate["strict"],
        "unresolved": predicate["unresolved"]["digest"],
        "verdict": predicate["verdict"],
    }
    hold(digest(canonical(result)) == predicate["resultDigest"]["sha256"], "resultDigest is not that of the result")


def a_second_run_comes_to_the_same_result(tool, work):
    line = f"{README_COMMAND} --as-of {AS_OF} --output json"
    first, second = (json.loads(tool.run(line, work, 1).stdout) for _ in range(2))
    results = {record_of(work, report)[1]["predicate"]["resultDigest"]["sha256"] for report in (first, second)}
    hold(len(results) == 1, "two runs over the same files come to different results")


# Flows in a repository.


def the_hook_stops_the_commit_that_makes_a_conflict(tool, work):
    root = repository(tool, work / "hook")
    hook = root / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f'#!/bin/sh\nexec "{tool.binary}" check --staged\n', encoding="utf-8")
    hook.chmod(0o755)
    write(root, {"access/bills.yaml": grant("clerk")})
    tool.git("add --all", root)
    tool.git("commit --quiet --message bills", root)
    before = tool.git("rev-parse HEAD", root)
    write(root, {"access/payments.yaml": grant("payer")})
    tool.git("add --all", root)
    # What counts is staged, not what the work tree holds by now.
    (root / "access" / "payments.yaml").unlink()
    tool.git("commit --quiet --message payments", root, status=1)
    hold(tool.git("rev-parse HEAD", root) == before, "the hook did not stop the commit")
    tool.git("reset --quiet", root)
    tool.run("check --staged", root, 0)
    # What it leaves to be quick the next time is no record.
    left = {path.name for path in (root / ".git" / "countersign").glob("*")}
    hold(left <= {"cache"}, f"the hook left a record: {left}")


def two_branches_that_are_clean_alone_are_blocked_together(tool, work):
    root = repository(tool, work / "merge")
    for name, role in [("bills", "clerk"), ("payments", "payer")]:
        tool.git(f"checkout --quiet -b {name} main", root)
        write(root, {f"access/{name}.yaml": grant(role)})
        tool.git("add --all", root)
        tool.git(f"commit --quiet --message {name}", root)
        tool.run(f"check --base main --head {name}", root, 0)
    tool.git("checkout --quiet main", root)
    tool.git("merge --quiet --no-ff --no-edit bills", root)
    report = json.loads(tool.run("check --base main --head payments --output json", root, 1).stdout)
    hold(report["merge"]["strategy"] == "predicted", "the merge was not predicted")
    store, statement = record_of(root, report)
    hold(store == root / ".git" / "countersign" / "evidence", f"the evidence is in {store}")
    subjects = {subject["name"]: subject["digest"] for subject in statement["subject"]}
    hold(subjects["commit"]["gitCommit"] == tool.git("rev-parse payments", root), "another commit was judged")
    tool.git("merge --quiet --no-ff --no-edit payments", root)
    merged = tool.git("rev-parse HEAD^{tree}", root)
    hold(subjects["evaluated-tree"]["gitTree"] == merged, "git merges to another tree than was predicted")
    hold(tool.git("status --porcelain", root) == "", "the work tree is not as git left it")
    # A clone without history cannot tell what a branch brings.
    tool.git(f"clone --quiet --depth 1 --no-single-branch file://{root} shallow", work)
    ran = tool.run("check --base origin/bills --head origin/payments", work / "shallow", 2)
    hold("fetch-depth: 0" in ran.stderr, f"a shallow clone is not explained:\n{ran.stderr}")


CONFTEST = {
    "policy/main.rego": """package main

import rego.v1

deny contains msg if {
	input.kind == "Deployment"
	not input.spec.template.spec.securityContext.runAsNonRoot
	msg := sprintf("%s may run as %s", [input.metadata.name, data.words.who])
}
""",
    "data/words.json": '{"words": {"who": "root"}}',
}


def layout(folder, files):
    """A folder in the OCI image layout, as `conftest push` and a copy from the registry leave it; the manifest's digest."""
    blobs = folder / "blobs/sha256"
    blobs.mkdir(parents=True)

    def blob(data, kind, **more):
        digest = hashlib.sha256(data).hexdigest()
        (blobs / digest).write_bytes(data)
        return {"mediaType": kind, "digest": f"sha256:{digest}", "size": len(data), **more}

    kinds = {".rego": "policy.layer.v1+rego", ".json": "data.layer.v1+json"}
    layers = [
        blob(text.encode(), f"application/vnd.cncf.openpolicyagent.{kinds[Path(path).suffix]}", annotations={"org.opencontainers.image.title": path})
        for path, text in files.items()
    ]
    config = blob(b"{}", "application/vnd.cncf.openpolicyagent.config.v1+json")
    manifest = json.dumps({"schemaVersion": 2, "config": config, "layers": layers}).encode()
    named = blob(manifest, "application/vnd.oci.image.manifest.v1+json")
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [named]}))
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    return named["digest"]


def policies_of_conftest_judge_from_a_folder_and_from_bundles(tool, work):
    root = work / "conftest"
    write(root, {"tree/web.yaml": "kind: Deployment\nmetadata: {name: web}\nspec: {template: {spec: {containers: []}}}\n", **CONFTEST})
    archive = root / "rules.tar.gz"
    with tarfile.open(archive, "w:gz", format=tarfile.PAX_FORMAT) as packed:
        packed.add(root / "policy", "policy")
        packed.add(root / "data/words.json", "words.json")
    plain = root / "rules.tar"
    subprocess.run(["tar", "--create", "--file", plain, "--directory", root, "./policy", "--directory", root / "data", "./words.json"], check=True)
    pinned = [f"{path.name}@sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}" for path in (archive, plain)]
    pinned.append(f"layout@{layout(root / 'layout', {path.removeprefix('data/'): text for path, text in CONFTEST.items()})}")
    said = set()
    for policy, data in [("policy", "data"), *((own, own) for own in pinned)]:
        line = f"check tree --no-record --conftest {policy} --conftest-data {data} --output json"
        report = json.loads(tool.run(line, root, 1).stdout)
        said.add(json.dumps([[own["policy"], own["message"], own["fingerprint"]] for own in report["findings"]]))
    hold(len(said) == 1 and "web may run as root" in next(iter(said)), f"a bundle says something else: {said}")
    for own in (archive.name, plain.name, "layout"):
        ran = tool.run(f"check tree --no-record --conftest {own}", root, 2)
        hold("it is not pinned" in ran.stderr, ran.stderr)


def this_repository_passes_its_own_gate(tool, _work):
    ran = tool.run("check . --no-record", ROOT, 0)
    hold("kept nothing" in " ".join(ran.stdout.split()), "something was recorded")


STEPS = [
    the_example_is_blocked_for_three_reasons,
    a_reader_who_stops_reading_changes_nothing,
    the_json_report_is_as_its_schema_says,
    the_evidence_can_be_followed_to_the_byte,
    a_second_run_comes_to_the_same_result,
    the_hook_stops_the_commit_that_makes_a_conflict,
    two_branches_that_are_clean_alone_are_blocked_together,
    policies_of_conftest_judge_from_a_folder_and_from_bundles,
    this_repository_passes_its_own_gate,
]


def main():
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_file():
        sys.exit("usage: end_to_end.py BINARY")
    with tempfile.TemporaryDirectory(prefix="countersign-end-to-end-") as folder:
        work = Path(folder).resolve()
        home = work / "home"
        home.mkdir()
        tool = Countersign(sys.argv[1], home)
        for step in STEPS:
            name = step.__name__.replace("_", " ")
            try:
                step(tool, work)
            except Failure as failure:
                print(f"FAIL {name}\n{failure}", file=sys.stderr)
                sys.exit(1)
            print(f"ok   {name}", flush=True)


if __name__ == "__main__":
    main()
