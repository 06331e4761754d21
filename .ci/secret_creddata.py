#!/usr/bin/env python3
"""Scores this scanner and others on code that people labelled: secret_creddata.py BINARY CREDDATA SOURCES DATA

CREDDATA is a checkout of github.com/Samsung/CredData at the commit below and SOURCES a folder of git clones (bare ones do)
of the repositories below, each as NAME, which hold the commits that CREDDATA's `snapshot.json` pins. DATA is a folder to
write: CREDDATA's own script puts the labelled files there and replaces what is secret in them by noise (of private keys
all but the first 64 characters). It needs `pybase62` of PyPI. DATA is used as it is when it exists.

The unit is a labelled place. A true one is found when a tool says anything on a line of it. A line that a tool names and
that no true label covers is wrong: on a line that is labelled false, or on one without a label. `core` leaves out what
is no secret by itself: UUIDs, nonces, salts and names of buckets, domains and application ids. Printed are, of each tool,
recall of all and of the core, precision over labelled lines and over all lines, and recall by category; `--list` names
the wrong lines and the missed places of this scanner. `--parity` takes the files whose SHA-256 is even or odd.
"""

import argparse
import binascii
import csv
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from pathlib import Path

import secret_tools

CREDDATA = "c2e5761aa1923330eaf7460e44a20bdd0dc86926"
REPOSITORIES = """CTFd/CTFd PostgREST/postgrest authelia/authelia cloudfoundry/credhub cloudskiff/driftctl docker/docker-py
go-acme/lego juice-shop/juice-shop kataras/iris nats-io/nats-server nats-io/nats.docs open-falcon/falcon-plus
oracle/docker-images paramiko/paramiko phpseclib/phpseclib plotly/falcon""".split()
SOFT = {"UUID", "Nonce", "Salt", "AWS S3 Bucket", "Firebase Domain", "Tencent WeChat API App ID", "AWS Client ID"}
# One word for the groups of the table; the first that a label has.
GROUPS = ["PEM Private Key", "JSON Web Token", "URL Credentials", "NKEY Seed", "Password", "Key", "Secret", "Token", "Auth"]


def snapshot(creddata):
    """Of each repository the identifier, its commit and its short identifier."""
    names = json.loads((creddata / "snapshot.json").read_text())
    for identifier, url in names.items():
        name = url.removeprefix("https://github.com/")
        if name in REPOSITORIES:
            yield name, identifier, url, f"{binascii.crc32(binascii.unhexlify(identifier)):08x}"


def rows(creddata, short):
    with open(creddata / "meta" / f"{short}.csv", newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file)


def write(creddata, sources, data):
    """The labelled files, by CREDDATA's own script in a folder that has these repositories only."""
    with tempfile.TemporaryDirectory() as scratch:
        work, kept = Path(scratch), {}
        for file in [*creddata.glob("*.py"), *creddata.glob("*.json")]:
            shutil.copy(file, work)
        (work / "meta").mkdir()
        for name, identifier, url, short in snapshot(creddata):
            wanted = {row["FileID"] for row in rows(creddata, short)}
            got = checkout(sources / name.split("/")[1], identifier[:40], wanted, work / "tmp" / identifier)
            print(f"{name} {identifier[:40]}: {len(got)} of {len(wanted)} labelled files")
            if got:
                lines = [row for row in rows(creddata, short) if row["FileID"] in got]
                with open(work / "meta" / f"{short}.csv", "w", newline="", encoding="utf-8") as file:
                    writer = csv.DictWriter(file, lines[0].keys())
                    writer.writeheader()
                    writer.writerows(lines)
                kept[identifier] = url
        (work / "snapshot.json").write_text(json.dumps(kept))
        script = [sys.executable, "download_data.py", "--skip_download", "--data_dir", "data"]
        subprocess.run(script, cwd=work, check=True, stderr=subprocess.DEVNULL)
        shutil.move(work / "data", data)
        shutil.move(work / "meta", data / "meta")


def checkout(clone, commit, wanted, target):
    """Writes the files of the commit whose path has one of the wanted hashes; gives the hashes that are there."""
    git = ["git", "-C", str(clone)]
    listed = subprocess.run([*git, "ls-tree", "-r", "-z", commit], capture_output=True, check=False)
    got = set()
    for line in filter(None, listed.stdout.split(b"\0")):
        meta, path = line.split(b"\t", 1)
        name = hashlib.sha256(path).hexdigest()[:8]
        if name not in wanted or path.endswith(b".xml") or meta.startswith(b"120000"):
            continue
        blob = subprocess.run(
            [*git, "cat-file", "blob", meta.split()[2]], capture_output=True, check=False, env=os.environ | {"GIT_NO_LAZY_FETCH": "1"}
        )
        if blob.returncode == 0:
            file = target / os.fsdecode(path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(blob.stdout)
            got.add(name)
    return got


class Labels:
    """The labelled places of the files of a parity."""

    def __init__(self, data, parity):
        self.true, self.false, self.files = defaultdict(list), defaultdict(set), set()
        for file in sorted((data / "meta").glob("*.csv")):
            for row in rows(data, file.stem):
                path = row["FilePath"].removeprefix("data/")
                odd = hashlib.sha256((data / path).read_bytes()).digest()[-1] % 2
                if parity not in ("all", "odd" if odd else "even"):
                    continue
                self.files.add(path)
                span = range(int(row["LineStart"]), int(row["LineEnd"]) + 1)
                if row["GroundTruth"] == "T":
                    self.true[path].append((span, frozenset(row["Category"].split(":"))))
                else:
                    self.false[path].update(span)

    def judge(self, hits):
        """The places found, and the lines that are wrong: labelled false, without a label."""
        lines = defaultdict(set)
        for path, line in hits:
            if path in self.files:
                lines[path].add(line)
        found, right, false, unlabelled = [], 0, [], []
        for path, places in self.true.items():
            for span, kinds in places:
                found.append((path, span, kinds, any(line in span for line in lines[path])))
        for path, named in lines.items():
            covered = {line for span, _ in self.true.get(path, ()) for line in span}
            right += len(named & covered)
            false += [(path, line) for line in sorted(named - covered) if line in self.false[path]]
            unlabelled += [(path, line) for line in sorted(named - covered) if line not in self.false[path]]
        return found, right, false, unlabelled


def group(kinds):
    return next((name for name in GROUPS if name in kinds), "other")


def core(kinds):
    return not kinds <= SOFT


def share(part, whole):
    return f"{part / whole:.3f}" if whole else "-"


def table(labels, answers):
    print("| tool | R all | R core | P labelled | P all | wrong, labelled | wrong, no label |\n" + "|---" * 7 + "|")
    judged = {}
    for title, hits in answers.items():
        found, right, false, unlabelled = judged[title] = labels.judge(hits)
        inner = [one[3] for one in found if core(one[2])]
        print(
            f"| {title} | {share(sum(one[3] for one in found), len(found))} | {share(sum(inner), len(inner))} "
            f"| {share(right, right + len(false))} | {share(right, right + len(false) + len(unlabelled))} "
            f"| {len(false)} | {len(unlabelled)} |"
        )
    totals = Counter(group(kinds) for places in labels.true.values() for _, kinds in places if core(kinds))
    names = [name for name, _ in totals.most_common()]
    print("\n| found of | " + " | ".join(f"{name} {totals[name]}" for name in names) + " |\n" + "|---" * (len(names) + 1) + "|")
    for title, (found, *_) in judged.items():
        counts = Counter(group(one[2]) for one in found if core(one[2]) and one[3])
        print(f"| {title} | " + " | ".join(str(counts[name]) for name in names) + " |")
    return judged


def listing(data, judged):
    text = lambda path, line: ((data / path).read_text("utf-8", "replace").split("\n") + [""])[line - 1].strip()[:140]
    found, _, false, unlabelled = judged
    for title, places in (("labelled false", false), ("without a label", unlabelled)):
        print(f"\n{len(places)} wrong lines, {title}:")
        for path, line in places:
            print(f"  {path}:{line}: {text(path, line)!r}")
    missed = [one for one in found if not one[3] and core(one[2])]
    print(f"\n{len(missed)} places of the core missed:")
    for path, span, kinds, _ in sorted(missed, key=lambda one: (group(one[2]), one[0], one[1].start)):
        print(f"  {':'.join(sorted(kinds))} {path}:{span.start}: {text(path, span.start)!r}")


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("binary")
    arguments.add_argument("creddata", type=Path)
    arguments.add_argument("sources", type=Path)
    arguments.add_argument("data", type=Path)
    arguments.add_argument("--parity", choices=("even", "odd", "all"), default="all")
    arguments.add_argument("--only", choices=list(secret_tools.TOOLS), action="append")
    arguments.add_argument("--list", choices=("blocks", "reports"))
    arguments.add_argument("--keep", type=Path, help="a folder for the answers of the tools, read instead of a new run")
    given = arguments.parse_args()
    if not given.data.exists():
        write(given.creddata, given.sources, given.data)
    labels = Labels(given.data, given.parity)
    true = [kinds for places in labels.true.values() for _, kinds in places]
    print(f"{len(labels.files)} files ({given.parity}), {len(true)} true places, {sum(map(core, true))} in the core\n")
    answers = {}
    for name in given.only or secret_tools.TOOLS:
        kept = given.keep and given.keep / f"{name}-creddata.json"
        if kept and kept.exists() and name != "countersign":
            answer = [tuple(one) for one in json.loads(kept.read_text())]
        else:
            answer = secret_tools.found(name, given.data, given.binary)
        if isinstance(answer, str):
            print(f"{name}: {answer}")
            continue
        if kept and name != "countersign":
            given.keep.mkdir(parents=True, exist_ok=True)
            kept.write_text(json.dumps(sorted(answer)))
        tiers = defaultdict(set)
        for path, line, tier in answer:
            tiers[tier].add((path, line))
        if name == "countersign":
            answers["countersign, blocks"] = tiers["blocking"]
            answers["countersign, reports"] = tiers["blocking"] | tiers["advisory"]
        else:
            answers[name] = tiers["found"]
    judged = table(labels, answers)
    if given.list and f"countersign, {given.list}" in judged:
        listing(given.data, judged[f"countersign, {given.list}"])


if __name__ == "__main__":
    main()
