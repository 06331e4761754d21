"""Derives exported verdicts again with engines that are not ours.

usage: second_engine.py COUNTERSIGN

`regopy` (rego-cpp) is asked by the export's own `check.py`. Where an `opa` of 1.x is on the path, it is
asked what the export's README says. What is compared: everything that policies found, and the duties and conflicts that
the gate joined. Exits with 1 when something differs, or when there was nothing to compare.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
AS_OF = "2026-11-21T00:00:00Z"
CASES = ["testdata/acme", "testdata/check/sod-cross-account", "testdata/check/sod-deny-removed"]


def regopy(folder):
    """The script of the export."""
    ran = subprocess.run([sys.executable, folder / "check.py"], capture_output=True, text=True, check=False)
    counts = [int(word) for word in ran.stdout.replace(",", " ").replace(";", " ").split() if word.isdigit()]
    if ran.returncode != 0 or len(counts) != 5 or not all(counts[:4]):
        return ran.stdout, [f"{folder}: check.py ended with {ran.returncode}: {ran.stdout}{ran.stderr}"]
    return ran.stdout.splitlines()[0], []


def told(folder):
    """Whether the script tells a finding that is expected and not found."""
    expected = folder / "expected.json"
    value = json.loads(expected.read_text())
    for found in value["countersign"]["exported"]["expected"].values():
        found.clear()
    expected.write_text(json.dumps(value))
    ran = subprocess.run([sys.executable, folder / "check.py"], capture_output=True, text=True, check=False)
    return [] if ran.returncode == 1 and "DIFFERS" in ran.stderr else [f"{folder}: check.py misses what differs"]


def opa(binary, folder):
    """The one command of the README."""
    command = next(line for line in (folder / "README.md").read_text().splitlines() if "export.report" in line)
    command = command.split("`")[1].split()
    assert command[:2] == ["opa", "eval"], command
    arguments = ["json" if word == "pretty" else word for word in command[1:]]
    ran = subprocess.run([binary, *arguments], cwd=folder, capture_output=True, text=True, check=False)
    if ran.returncode != 0:
        return [f"{folder}: opa ended with {ran.returncode}: {ran.stdout}{ran.stderr}"]
    report = json.loads(ran.stdout)["result"][0]["expressions"][0]["value"]
    counts = {name: value for name, value in report.items() if name != "differences"}
    print(f"  opa: {counts}")
    return [f"{folder}: opa: {difference}" for difference in report["differences"]] + [
        f"{folder}: opa compared no {name}" for name, value in counts.items() if value == 0
    ]


def main(countersign):
    binary = shutil.which("opa")
    if binary is None:
        print("no opa on the path: regopy alone is asked")
    wrong = []
    with tempfile.TemporaryDirectory() as place:
        for case in CASES:
            folder = Path(place) / case.replace("/", "-")
            command = [countersign, "evidence", "export", "--opa", folder, "--path", ROOT / case / "head"]
            command += ["--base", ROOT / case / "base", "--as-of", AS_OF]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            said, differ = regopy(folder)
            print(f"{case}: {said}")
            wrong += differ
            if binary is not None:
                wrong += opa(binary, folder)
            wrong += told(folder)
    for difference in wrong:
        print(f"DIFFERS {difference}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    raise SystemExit(main(str(Path(sys.argv[1]).resolve())))
