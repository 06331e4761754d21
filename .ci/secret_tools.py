"""Secret scanners of others and this one: how each is run on a folder, and where it says that something is.

Each is looked for in the PATH under its own name, but for this project's binary, and runs without a network: nothing is
verified with a provider. `found(name, folder, binary)` gives triples of path, line and tier, `commands(name, folder,
binary)` what is run.
"""

import json
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

# Secretlint does not end on some thousand files in one run: the folders by the first digit of their names.
PARTS = {"secretlint": "0123456789abcdef"}
SECRETLINT = {"rules": [{"id": "@secretlint/secretlint-rule-preset-recommend"}]}


def lines(text):
    for line in text.splitlines():
        if line.startswith("{"):
            yield json.loads(line)


def countersign(text, _):
    for hit in json.loads(text)["hits"]:
        yield hit["path"], hit["line"], hit["tier"]


def kingfisher(text, _):
    for line in lines(text):
        if "finding" in line:
            first = line["finding"]["line"]
            yield line["finding"]["path"], first, "found"


def detect_secrets(text, _):
    for path, hits in json.loads(text)["results"].items():
        for hit in hits:
            yield path, hit["line_number"], "found"


def credsweeper(_, report):
    for hit in json.loads(report.read_text()) if report.exists() else []:
        for line in hit["line_data_list"][:1]:
            yield line["path"], line["line_num"], "found"


def secretlint(_, report):
    for file in json.loads(report.read_text()) if report.exists() else []:
        for message in file["messages"]:
            yield file["filePath"], message["loc"]["start"]["line"], "found"


def ripsecrets(text, _):
    for line in text.splitlines():
        if match := re.match(r"(.+?):(\d+):", line):
            yield match[1], int(match[2]), "found"


def keyspoor(text, _):
    for hit in json.loads(text)["findings"]:
        yield hit["path"], hit["line"], "found"


# What is run, and what reads its answer. `{folder}` and `{report}` are filled in.
TOOLS = {
    "countersign": (["countersign", "secrets", "--path", "{folder}", "--format", "json"], countersign),
    "kingfisher": (["kingfisher", "scan", "--no-validate", "--no-dedup", "--format", "jsonl", "{folder}"], kingfisher),
    "keyspoor": (["keyspoor", "scan", "--format", "json", "{folder}"], keyspoor),
    "credsweeper": (["credsweeper", "--path", "{folder}", "--save-json", "{report}", "--no-stdout"], credsweeper),
    "detect-secrets": (["detect-secrets", "-C", "{folder}", "scan", "--no-verify", "--all-files", "."], detect_secrets),
    "ripsecrets": (["ripsecrets", "{folder}"], ripsecrets),
    "secretlint": (
        ["secretlint", "--secretlintrcJSON", json.dumps(SECRETLINT), "--format", "json", "--output", "{report}", "{folder}/{part}*/**/*"],
        secretlint,
    ),
}


def commands(name, folder, binary=None, report="report.json"):
    """The runs, each its arguments: none where the tool is not installed."""
    words = TOOLS[name][0]
    program = str(Path(binary).resolve()) if name == "countersign" and binary else shutil.which(words[0])
    for part in PARTS.get(name, "*") if program else ():
        put = {"{folder}": str(folder), "{report}": str(report), "{part}": part}
        yield [program, *(re.sub(r"\{(folder|report|part)\}", lambda match: put[match[0]], word) for word in words[1:])]


def found(name, folder, binary=None, said=None, limit=3600):
    """A set of path from the folder, line and tier; or what went wrong. `said` gets all that the tool writes."""
    base = os.path.realpath(folder)
    rows = set()
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch) / "report.json"
        runs = list(commands(name, base, binary, report))
        if not runs:
            return "not installed"
        # Where npm put the rules is found from where its program is.
        place = Path(runs[0][0]).parent.parent.parent if name == "secretlint" else Path(scratch)
        for words in runs:
            report.unlink(missing_ok=True)
            try:
                done = subprocess.run(words, cwd=place, capture_output=True, timeout=limit, check=False)
                text = done.stdout.decode("utf-8", "replace")
                if said is not None:
                    written = report.read_bytes() if report.exists() else b""
                    said += [text, done.stderr.decode("utf-8", "replace"), written.decode("utf-8", "replace")]
                rows.update(TOOLS[name][1](text, report))
            except subprocess.TimeoutExpired:
                return f"not ended in {limit} s"
            except (ValueError, KeyError) as error:
                return f"ended with {done.returncode}: {error!r} {done.stderr.decode('utf-8', 'replace')[-300:]}"
    return {(os.path.relpath(os.path.join(base, path), base), line, tier) for path, line, tier in rows}
