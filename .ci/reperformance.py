#!/usr/bin/env python3
"""Judges generated repositories and judges them again under other surroundings: reperformance.py BINARY [COUNT]

COUNT repositories (1,000) follow from a seed: several formats, records, broken and odd files, a base and a head, some in
git. Each is recorded under surroundings of its own: time zone, locale, number of threads, folder, home, umask. All records
are judged again under several others, and everything that is written must be the same, to the byte. Then it measures what a
record adds to the evidence. Needs git. Ends with status 1 at the first thing that is not as it should be.
"""

import collections
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SEED = 20261121
ZONES = ["UTC", "Pacific/Kiritimati", "America/St_Johns", "Asia/Kathmandu", "Pacific/Apia", "Europe/Istanbul"]
LOCALES = ["C", "C.UTF-8", "tr_TR.UTF-8", "ja_JP.eucJP", "de_DE.ISO-8859-1", "ar_EG.UTF-8"]
THREADS = ["1", "2", "8"]
# How often all records are judged again.
AGAIN = 4
# The most that one changed file in 2,000 may add, in bytes.
ONE_FILE = 20_000


class Failure(Exception):
    """Something is not as it should be."""


def hold(condition, message):
    if not condition:
        raise Failure(message)


def surroundings(number, homes):
    """Surroundings that differ in everything that a program may look at by accident."""
    home = homes / f"home {number % 5}"
    home.mkdir(exist_ok=True)
    locale = LOCALES[number % len(LOCALES)]
    return {
        "env": {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "TMPDIR": str(home),
            "TZ": ZONES[number % len(ZONES)],
            "LC_ALL": locale,
            "LANG": locale,
            "RAYON_NUM_THREADS": THREADS[number % len(THREADS)],
            "GIT_CONFIG_NOSYSTEM": "1",
            "COLUMNS": str(40 + number % 100),
            "NO_COLOR": "1" if number % 2 else "",
        },
        "cwd": home,
        "umask": [0o022, 0o077, 0o002][number % 3],
    }


PERMISSIONS = {
    "netsuite": ["Bills", "Pay Bills", "Vendors", "Vendor Prepayment", "Make Journal Entry", "Enter Vendor Payments"],
    "kubernetes": ["get", "list", "create", "*", "escalate", "impersonate"],
}
NAMES = ["mira.vale", "omar.haddad", "li.wei", "ines.roth", "kim.osei", "tara.moss", "nora.lind", "ben.oduya"]
TEXTS = ["covers payables", "İstanbul'da ı ve i", "Straße, naïve", "\u65e5\u672c\u8a9e", "e\u0301 and \u00e9", "\U0001f511 nights"]


class World:
    """The files of one tree, from a source of chance."""

    def __init__(self, chance, store):
        self.chance, self.files = chance, {}
        self.people = chance.sample(NAMES, chance.randint(3, len(NAMES)))
        self.config(store)
        self.manifests()
        for add in (self.kubernetes, self.aws, self.github, self.odd, self.records):
            if chance.random() < 0.7:
                add()

    def put(self, path, text):
        self.files[path] = text if isinstance(text, bytes) else text.encode()

    def config(self, store):
        owner = self.people[0]
        lines = ["version: 1", f"evidence: {{path: {json.dumps(str(store))}}}"]
        lines.append(f"rulesets: [{{id: cs-p2p, owner: person:{owner}}}]")
        lines.append('systems: [{paths: ["rbac/**"], id: "kubernetes:blue"}]')
        if self.chance.random() < 0.5:
            level = self.chance.choice(["record", "warn", "block"])
            lines.append(f"enforcement: {{conflicts: {{P2P-13: {level}}}, severities: {{medium: {level}}}}}")
        if self.chance.random() < 0.5:
            lines.append(f"authority: {{control_owners: [person:{owner}]}}")
        if self.chance.random() < 0.3:
            lines.append('in_scope: ["erp/**"]')
        self.put("countersign.yaml", "\n".join(lines) + "\n")

    def manifest(self, kind, identity, **spec):
        metadata = {"metadata": {"id": identity}} if identity else {}
        return json.dumps({"apiVersion": "countersign.dev/v1", "kind": kind, **metadata, "spec": spec}, ensure_ascii=False)

    def manifests(self):
        people = []
        for name in self.people:
            accounts = [{"system": "ledger", "name": name.split(".")[0].upper()}]
            if self.chance.random() < 0.5:
                accounts.append({"system": "kubernetes:blue", "name": name})
            people.append(self.manifest("Person", name, accounts=accounts, emails=[f"{name}@example.com"]))
        self.put("people.yaml", "\n---\n".join(people))
        roles = [self.manifest("System", "ledger", type="netsuite")]
        for number in range(self.chance.randint(2, 5)):
            permissions = self.chance.sample(PERMISSIONS["netsuite"], self.chance.randint(1, 3))
            roles.append(self.manifest("Role", f"role-{number}", system="ledger", permissions=permissions))
        self.put("erp/roles.yaml", "\n---\n".join(roles))
        for number in range(self.chance.randint(1, 8)):
            self.grant(number, len(roles) - 1)

    def grant(self, number, roles):
        spec = {"system": "ledger", "to": f"person:{self.chance.choice(self.people)}"}
        spec["role"] = f"role-{self.chance.randrange(roles)}"
        if self.chance.random() < 0.6:
            spec["scope"] = {"legal_entity": self.chance.choice(["DE01", "FR02", "TR03"])}
        if self.chance.random() < 0.3:
            spec["until"] = self.chance.choice(["2026-11-20", "2026-11-21", "2027-06-30"])
        spec["justification"] = self.chance.choice(TEXTS)
        self.put(f"erp/grants/{number}-{self.chance.choice(['a', 'B', 'ı', 'é'])}.yaml", self.manifest("Grant", None, **spec))

    def kubernetes(self):
        documents = []
        group = "rbac.authorization.k8s.io"
        for number in range(self.chance.randint(1, 4)):
            rules = [{"apiGroups": [""], "resources": ["secrets"], "verbs": self.chance.sample(PERMISSIONS["kubernetes"], 2)}]
            documents.append({"kind": "ClusterRole", "metadata": {"name": f"r{number}"}, "rules": rules})
            role = self.chance.choice([f"r{number}", "cluster-admin", "view"])
            subject = {"kind": "User", "name": self.chance.choice(self.people), "apiGroup": group}
            binding = {"kind": "ClusterRoleBinding", "metadata": {"name": f"b{number}"}, "subjects": [subject]}
            documents.append({**binding, "roleRef": {"kind": "ClusterRole", "name": role, "apiGroup": group}})
        documents = [{"apiVersion": f"{group}/v1", **document} for document in documents]
        documents.append({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"a": "hunter2"}})
        self.put("rbac/all.yaml", "\n---\n".join(json.dumps(document) for document in documents))

    def aws(self):
        actions = self.chance.sample(["iam:*", "s3:GetObject", "sts:AssumeRole", "iam:PassRole", "*"], 2)
        statement = {"Effect": self.chance.choice(["Allow", "Deny"]), "Action": actions, "Resource": "*"}
        if self.chance.random() < 0.5:
            statement["Condition"] = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
        self.put("aws/policy.json", json.dumps({"Version": "2012-10-17", "Statement": [statement]}))

    def github(self):
        members = self.chance.sample(self.people, 2)
        teams = {"platform": {"members": members, "repos": {"access": self.chance.choice(["read", "write", "admin"])}}}
        self.put("github/org.yaml", json.dumps({"orgs": {"acme": {"admins": [members[0]], "members": members, "teams": teams}}}))

    def odd(self):
        broken = "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nkind: Role\nsecret: hunter2\n"
        forms = [
            broken.encode(),
            broken.encode("utf-16"),
            broken.replace("\n", "\r\n").encode(),
            b"\xef\xbb\xbf" + broken.encode(),
            broken.encode() + b"# \xe4\n",
            b"kind: Role\napiVersion: rbac.authorization.k8s.io/v1\nmetadata: {name: {{ .Values.name }}}\n",
        ]
        self.put("odd/file.yaml", self.chance.choice(forms))

    def records(self):
        approver, subject = self.chance.sample(self.people, 2)
        spec = {"policy": "CS-GRANT-001", "subject": f"person:{subject}", "duty": "SUPER", "system": "kubernetes:blue"}
        spec.update(approver=f"person:{approver}", reason=self.chance.choice(TEXTS))
        spec["expires"] = self.chance.choice(["2026-11-21", "2026-12-31"])
        self.put(".countersign/approvals/one.yaml", self.manifest("Approval", "one", **spec))

    def write(self, root):
        for path, data in self.files.items():
            file = root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)


def git(root, *arguments):
    who = {"GIT_AUTHOR_NAME": "Nora", "GIT_AUTHOR_EMAIL": "nora.lind@example.com", "GIT_CONFIG_NOSYSTEM": "1"}
    who |= {"GIT_COMMITTER_NAME": "Nora", "GIT_COMMITTER_EMAIL": "nora.lind@example.com", "PATH": os.environ["PATH"]}
    dates = {"GIT_AUTHOR_DATE": "2026-11-20T12:00:00Z", "GIT_COMMITTER_DATE": "2026-11-20T12:00:00Z", "HOME": str(root)}
    subprocess.run(["git", *arguments], cwd=root, env=who | dates, check=True, capture_output=True)


def judged(binary, work, store, number):
    """Generates a repository and records what it comes to."""
    chance = random.Random(f"{SEED} {number}")
    place = work / f"repository {number}"
    base, head = World(chance, store), World(chance, store)
    # What a change leaves alone is most of it.
    for path, data in base.files.items():
        if chance.random() < 0.7 or path == "countersign.yaml":
            head.files[path] = data
    instant = f"2026-11-21T{number % 24:02}:{number // 24 % 60:02}:{number // 1440 % 60:02}Z"
    if number % 10 == 0:
        place.mkdir()
        git(place, "init", "--quiet", "--initial-branch", "main")
        base.write(place)
        git(place, "add", "--all")
        git(place, "commit", "--quiet", "--message", "base")
        git(place, "checkout", "--quiet", "-b", "change")
        head.write(place)
        git(place, "add", "--all")
        git(place, "commit", "--quiet", "--allow-empty", "--message", "hunter2")
        line = ["check", str(place), "--base", "main", "--head", "change"]
    else:
        base.write(place / "base")
        head.write(place / "head")
        line = ["check", str(place / "head"), "--base", str(place / "base")]
    line += ["--as-of", instant, "--output", "json", "--require-evidence"]
    if number % 7 == 0:
        line.append("--strict")
    ran = subprocess.run([binary, *line], capture_output=True, check=False, **surroundings(number, work))
    shutil.rmtree(place)
    # A configuration that does not load is evidence too.
    hold(ran.returncode in (0, 1, 2, 3, 4), f"repository {number}: {ran.returncode}: {ran.stderr.decode()}")
    return ran.returncode


def again(binary, work, store, number):
    """All records, judged again under other surroundings; what is written."""
    line = [binary, "evidence", "reperform", "--all", "--store", f"dir:{store}", "--format", "json"]
    ran = subprocess.run(line, capture_output=True, check=False, **surroundings(1000 + 7 * number, work))
    hold(ran.returncode == 0, f"something came out otherwise: {ran.stdout.decode()[-2000:]}{ran.stderr.decode()}")
    return ran.stdout


def generated(binary, work, count):
    store = work / "evidence"
    began = time.monotonic()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        statuses = collections.Counter(pool.map(lambda number: judged(binary, work, store, number), range(count)))
        recorded = time.monotonic() - began
        written = list(pool.map(lambda number: again(binary, work, store, number), range(AGAIN)))
    hold(len(set(written)) == 1, "what is written about the records differs")
    records = json.loads(written[0])["records"]
    hold(len(records) == count, f"{len(records)} records of {count} repositories")
    hold(all(row["now"] == row["recorded"] for row in records), "a digest differs")
    verdicts = collections.Counter(row["verdict"] for row in records)
    distinct = len({row["recorded"] for row in records})
    hold(distinct > count * 0.9 and len(verdicts) > 1, f"too much alike: {distinct} results, {verdicts}")
    print(
        f"{count} records of generated repositories came out the same, to the byte, {AGAIN} times under other time zones, "
        f"locales and numbers of threads; {distinct} different results, {dict(verdicts)}, statuses {dict(statuses)}; "
        f"recorded in {recorded:.0f} s, judged again in {time.monotonic() - began - recorded:.0f} s",
        flush=True,
    )


def size(folder):
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def growth(binary, work, count):
    """What each record of one repository adds."""
    place = work / "one"
    shutil.copytree(ROOT / "testdata" / "acme" / "head", place / "head", ignore=shutil.ignore_patterns(".countersign"))
    shutil.copytree(ROOT / "testdata" / "acme" / "base", place / "base", ignore=shutil.ignore_patterns("evidence"))
    store = place / "head" / ".countersign" / "evidence"

    def check(number):
        at = f"2026-11-21T00:{number // 60:02}:{number % 60:02}Z"
        line = [binary, "check", "head", "--base", "base", "--as-of", at, "--output", "json"]
        ran = subprocess.run(line, cwd=place, capture_output=True, check=False, env={"PATH": os.environ["PATH"]})
        hold(ran.returncode == 1, ran.stderr.decode())

    check(0)
    first = size(store)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(check, range(1, count)))
    added = (size(store) - first) / (count - 1)
    print(f"{count} records of one repository: {first:,} bytes for the first, {added:,.0f} for each further one", flush=True)


def one_file(binary, work):
    """What a record adds of a tree in which one file of 2,000 changed."""
    place = work / "many"
    for number in range(2000):
        file = place / "erp" / f"{number % 40}" / f"{number}.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"apiVersion: countersign.dev/v1\nkind: Role\nmetadata: {{id: r{number}}}\nspec: {{system: s, permissions: [p{number}]}}\n")
    store = place / ".countersign" / "evidence"

    def check():
        line = [binary, "check", str(place), "--as-of", "2026-11-21T00:00:00Z"]
        subprocess.run(line, capture_output=True, check=False, env={"PATH": os.environ["PATH"]})
        return size(store)

    first = check()
    (place / "erp" / "7" / "7.yaml").write_text("apiVersion: countersign.dev/v1\nkind: Role\nmetadata: {id: r7}\nspec: {system: s, permissions: [q]}\n")
    added = check() - first
    print(f"one changed file in 2,000 adds {added:,} bytes to {first:,}", flush=True)
    hold(0 < added <= ONE_FILE, f"that is more than {ONE_FILE:,}")


def main():
    binary = str(Path(sys.argv[1]).resolve())
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder).resolve()
        generated(binary, work, count)
        growth(binary, work, count)
        one_file(binary, work)


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        print(f"FAIL {failure}")
        sys.exit(1)
