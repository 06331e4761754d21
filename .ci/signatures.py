#!/usr/bin/env python3
"""Holds the cases of testdata/keys against ssh-keygen: signatures.py

The same tables are held by the crate's own tests, so that both agree where a case does not say why they do not. Ends
with status 1 if a case is answered otherwise.
"""

import datetime
import json
import os
import subprocess
import sys
from pathlib import Path

CASES = Path(__file__).resolve().parent.parent / "testdata" / "keys"


def answer(folder, case):
    moment = datetime.datetime.fromtimestamp(case["at"], datetime.timezone.utc)
    command = ["ssh-keygen", "-Y", "verify", "-f", folder / "allowed_signers", "-I", case["identity"], "-n", case["namespace"]]
    command += ["-s", folder / "message.sig", f"-Overify-time={moment:%Y%m%d%H%M%S}Z"]
    with (folder / "message").open("rb") as message:
        done = subprocess.run(command, stdin=message, capture_output=True, env={**os.environ, "TZ": "UTC", "LC_ALL": "C"}, check=False)
    return "ok" if done.returncode == 0 else "refused", done.stderr.decode(errors="replace").strip()


def main():
    files = sorted(CASES.glob("*/case.json"))
    wrong = 0
    for file in files:
        case = json.loads(file.read_text())
        expected = case.get("ssh_keygen") or ("ok" if case["expected"] == "ok" else "refused")
        found, said = answer(file.parent, case)
        if expected not in (found, "either"):
            wrong += 1
            print(f"{file.parent.name}: ssh-keygen says {found}, expected {expected}: {said}", file=sys.stderr)
    print(f"{len(files) - wrong} of {len(files)} cases agree")
    return 1 if wrong or not files else 0


sys.exit(main())
