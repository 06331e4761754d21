#!/usr/bin/env python3
"""Runs the auditor's lines of README as they stand there: auditor.py BINARY

Needs git and what `.ci/requirements.txt` lists; where `jq` or `openssl` is not installed, another program does the same in
its place, and that is said. The lines are taken from README; only FINGERPRINT, RECORD and
KEY are filled in, as an auditor does. Afterwards evidence is altered, and the same lines must say so. Ends with status 1
at the first thing that is not as it should be.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from end_to_end import Countersign, Failure, hold  # noqa: E402
from interop import ORIGIN, repository  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
LINES = 10

# What the lines of README ask of two programs, where those are not installed.
STAND_INS = {
    "jq": """
import json, sys
_, flag, path, file = sys.argv
assert flag == "-r", flag
value = json.load(open(file))
for name in path.strip(".").replace("[", ".").replace("]", "").split("."):
    value = value[int(name) if name.isdigit() else name]
print(value)
""",
    "openssl": """
import sys
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
command, *rest = sys.argv[1:]
if command == "pkey":
    key = serialization.load_pem_public_key(open(rest[rest.index("-in") + 1], "rb").read())
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    sys.stdout.buffer.write(key.public_bytes(serialization.Encoding.DER, form))
else:
    assert (command, rest[:2]) == ("dgst", ["-sha256", "-verify"]), sys.argv
    key = serialization.load_pem_public_key(open(rest[2], "rb").read())
    signature, signed = (open(rest[at], "rb").read() for at in (4, 5))
    key.verify(signature, signed, ec.ECDSA(hashes.SHA256()))
    print("Verified OK")
""",
}


def blocks():
    """The lines with our binary, and those without."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    section = readme.split("What an auditor runs, offline, on a copy of the folder", 1)[1]
    found = re.findall(r"\n```\n(.*?)\n```\n", section, re.DOTALL)[:2]
    hold(len(found) == 2, f"{len(found)} blocks")
    ours, others = (block.splitlines() for block in found)
    hold(len(ours) + len(others) == LINES, f"{len(ours) + len(others)} lines, not {LINES}")
    hold(all(line.startswith("countersign evidence ") for line in ours), f"not our binary: {ours}")
    hold(not any("countersign evidence" in line for line in others), f"our binary: {others}")
    return ours, others


class Auditor:
    """A folder with a copy of the evidence, and a shell."""

    def __init__(self, binary, work, names):
        self.work, self.names = work, names
        tools = work / "tools"
        tools.mkdir()
        (tools / "countersign").symlink_to(Path(binary).resolve())
        # `python` is the one with the packages.
        (tools / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', encoding="utf-8")
        (tools / "python").chmod(0o755)
        for name, program in STAND_INS.items():
            if shutil.which(name) is None or "--stand-ins" in sys.argv:
                print(f"     {name} is not asked: a program of our own stands for it")
                (tools / name).write_text(f"#!{sys.executable}{program}", encoding="utf-8")
                (tools / name).chmod(0o755)
        self.environment = {"PATH": f"{tools}:{os.environ['PATH']}", "HOME": str(work), "LC_ALL": "C.UTF-8"}

    def run(self, line):
        """A line as it stands, with names in the place of words."""
        for word, name in self.names.items():
            line = re.sub(rf"\b{word}\b", name, line)
        ran = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", line],
            cwd=self.work,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return ran.returncode, ran.stdout, ran.stderr

    def succeeds(self, line, *said):
        status, out, err = self.run(line)
        hold(status == 0, f"`{line}` ended with status {status}\n{out}{err}")
        for text in said:
            hold(text in out, f"`{line}` does not say `{text}`:\n{out}{err}")
        return out

    def fails(self, line):
        status, out, err = self.run(line)
        hold(status != 0, f"`{line}` says nothing of what was altered:\n{out}{err}")


def evidence(tool, work):
    """A copy of a log, its checkpoint from elsewhere, and what its keeper told the auditor."""
    root = repository(tool, work / "repository")
    key = work / "recorder.pem"
    tool.run(f"evidence keygen {key}", root, 0)
    tool.run(f"evidence trust init --origin {ORIGIN} --key {key}", root, 0)
    tool.run(f"record --key {key} --anchor {work / 'checkpoint.txt'}", root, 0)
    shutil.copytree(root / ".git" / "countersign" / "evidence", work / "evidence")
    listed = json.loads(tool.run("evidence list --verdict blocked --format json", root, 0).stdout)
    record = next(row["record"] for row in listed["records"] if row["what"] == "record")
    fingerprint = json.loads(tool.run("evidence verify --format json", root, 0).stdout)["genesis"]
    return {"FINGERPRINT": fingerprint, "RECORD": record, "KEY": fingerprint[:16]}


def main(binary):
    ours, others = blocks()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder).resolve()
        names = evidence(Countersign(binary, work), work)
        auditor = Auditor(binary, work, names)
        verify, reperform, show, export = ours
        auditor.succeeds(verify, "it verifies", "consistent with 1 checkpoints")
        auditor.succeeds(reperform, "2 of 2 came out the same, to the byte")
        auditor.succeeds(show, f"record.{names['KEY']}.sigstore.json")
        auditor.succeeds(export, "documents")
        key, pae, named, signature, signed, again = others
        auditor.succeeds(key, names["FINGERPRINT"])
        auditor.succeeds(pae)
        auditor.succeeds(named, names["RECORD"])
        auditor.succeeds(signature)
        auditor.succeeds(signed, "Verified OK")
        said = auditor.succeeds(again, "0 differences")
        print(f"ok   the {LINES} lines hold: {said.splitlines()[0]}")

        # A verdict that was written otherwise.
        statement = work / "record" / "record.json"
        text = statement.read_text(encoding="utf-8")
        statement.write_text(text.replace('"verdict":"blocked"', '"verdict":"passing"'), encoding="utf-8")
        auditor.succeeds(pae)
        hold(names["RECORD"] not in auditor.succeeds(named), "an altered record has the same name")
        auditor.fails(signed)
        statement.write_text(text, encoding="utf-8")
        # A finding that nobody expects.
        expected = work / "opa" / "expected.json"
        value = json.loads(expected.read_text(encoding="utf-8"))
        for found in value["countersign"]["exported"]["expected"].values():
            found.clear()
        expected.write_text(json.dumps(value), encoding="utf-8")
        auditor.fails(again)
        # Kept bytes that were altered.
        objects = sorted((work / "evidence" / "objects").rglob("*.zst"), key=lambda path: path.stat().st_size)
        whole = objects[-1].read_bytes()
        objects[-1].write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        auditor.fails(verify)
        objects[-1].write_bytes(whole)
        auditor.succeeds(verify)
        hold(hashlib.sha256(statement.read_bytes()).hexdigest() != names["RECORD"], "a record is named by its PAE")
        print("ok   what is altered is told")


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except Failure as failure:
        print(f"FAIL {failure}")
        sys.exit(1)
