#!/usr/bin/env python3
"""Scores this scanner on lines that others annotated: secret_annotated.py BINARY REPOSITORY [--list]

REPOSITORY is a clone of semgrep-rules (measured at 157ae4706d7f54aa33647332f234dd68f30da195). Its tests of rules about
secrets and hard-coded credentials say `ruleid: RULE` before a line that has to be found and `ok: RULE` before one that
must not be. Nothing was tuned on them. Each line is a case by itself.
"""

import argparse
import hashlib
import json
import re
import subprocess
import tempfile
from pathlib import Path

ANNOTATED = re.compile(r"(?<!todo)\b(ok|ruleid)\s*:\s*([\w.-]+)")


def git(repository, *words):
    return subprocess.run(["git", "-C", repository, *words], capture_output=True, check=True).stdout


def cases(repository):
    """Name, whether it holds a secret, ending, text."""
    for path in git(repository, "ls-tree", "-r", "HEAD", "--name-only").decode().splitlines():
        rule = path.endswith((".yaml", ".yml")) and "test" not in path
        if rule or not ("secrets" in path or "hardcoded" in path):
            continue
        lines = git(repository, "show", f"HEAD:{path}").decode(errors="replace").splitlines()
        for line, following in zip(lines, lines[1:]):
            found = ANNOTATED.search(line)
            if found and following.strip():
                name = hashlib.sha256((path + following).encode()).hexdigest()[:16]
                yield name, found[1] == "ruleid", Path(path).suffix, following


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("binary")
    arguments.add_argument("repository")
    arguments.add_argument("--list", action="store_true", help="name what is found and should not be")
    given = arguments.parse_args()
    labels, texts = {}, {}
    with tempfile.TemporaryDirectory() as place:
        for name, label, ending, text in cases(given.repository):
            labels[name], texts[name] = label, text
            folder = Path(place) / name
            folder.mkdir(exist_ok=True)
            (folder / f"case{ending}").write_text(text + "\n")
        words = [given.binary, "secrets", "--path", place, "--format", "json"]
        report = json.loads(subprocess.run(words, capture_output=True, check=False).stdout)
    tiers = {"blocking": set(), "advisory": set(), "record": set()}
    for hit in report["hits"]:
        tiers[hit["tier"]].add(hit["path"].split("/")[0])
    positive = {name for name, label in labels.items() if label}
    negative = set(labels) - positive
    print(f"{len(labels)} lines: {len(positive)} with a secret, {len(negative)} without\n")
    print("| tier | right | wrong | P | R | FPR |\n|---|---|---|---|---|---|")
    for title, hits in (("blocks", tiers["blocking"]), ("reports", tiers["blocking"] | tiers["advisory"])):
        right, wrong = len(hits & positive), len(hits & negative)
        precision = right / (right + wrong) if right + wrong else 0
        print(f"| {title} | {right} | {wrong} | {precision:.3f} | {right / len(positive):.3f} | {wrong / len(negative):.3f} |")
    if given.list:
        for name in sorted((tiers["blocking"] | tiers["advisory"]) & negative):
            print(f"{'blocks' if name in tiers['blocking'] else 'warns'}: {texts[name].strip()[:140]!r}")


if __name__ == "__main__":
    main()
