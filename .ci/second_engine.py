"""Derives exported verdicts again with engines that are not ours.

usage: second_engine.py COUNTERSIGN

`regopy` (rego-cpp) is asked about one document and one principal at a time. Where an `opa` of 1.x is on the path, it is
asked what the export's README says. What is compared: everything that policies found, and the duties and conflicts that
the gate joined. Exits with 1 when something differs, or when there was nothing to compare.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from regopy import Interpreter

ROOT = Path(__file__).resolve().parent.parent
AS_OF = "2026-11-21T00:00:00Z"
CASES = ["testdata/acme", "testdata/check/sod-cross-account", "testdata/check/sod-deny-removed"]


def merged(*files):
    """JSON files laid over each other, as OPA loads them: rego-cpp does not merge below the second level."""

    def lay(under, over):
        for key, value in over.items():
            if isinstance(value, dict) and isinstance(under.get(key), dict):
                lay(under[key], value)
            else:
                under[key] = value
        return under

    data = {}
    for file in files:
        lay(data, json.loads(file.read_text()))
    return data


def ask(modules, data, document, rule):
    """The value of a rule in an interpreter of its own."""
    rego = Interpreter()
    for module in modules:
        rego.add_module(module.name, module.read_text())
    rego.add_data(data)
    rego.set_input(document)
    output = rego.query(f"x := {rule}")
    # The text of a failed answer cannot be read: the library crashes.
    if not output.ok():
        raise SystemExit(f"regopy cannot evaluate {rule}")
    return json.loads(str(output))["bindings"]["x"]


def canonical(answers):
    return sorted(json.dumps(answer, sort_keys=True) for answer in answers)


def documents(folder):
    """What policies found in each document, compared."""
    exported = merged(folder / "inputs.json", folder / "expected.json")["countersign"]["exported"]
    # `compare.rego` asks about all documents at once by `with`, which rego-cpp refuses over rules that format texts.
    modules = [*sorted((folder / "policies").glob("*.rego")), folder / "all.rego"]
    data = merged(folder / "data.json")
    wrong, findings = [], 0
    files = sorted((folder / "inputs").glob("*.json"))
    if {file.stem for file in files} != set(exported["inputs"]) or set(exported["inputs"]) != set(exported["expected"]):
        wrong.append(f"{folder}: the lists of documents differ")
    for file in files:
        document = json.loads(file.read_text())
        if document != exported["inputs"][file.stem]:
            wrong.append(f"{file}: inputs.json has another document")
        rule = exported["subjects"][file.stem]["query"]
        found = canonical(ask(modules, data, document, f"data.countersign.export.{rule}"))
        expected = canonical(exported["expected"][file.stem])
        findings += len(found)
        if found != expected:
            wrong.append(f"{file}:\n  found    {found}\n  expected {expected}")
    return len(files), findings, wrong


def principals(folder):
    """The duties and conflicts of each sampled principal, compared."""
    derive = folder / "derive"
    data = merged(folder / "data.json", derive / "atoms.json", derive / "expected.json")
    sample = data["countersign"]["atoms"]["sample"]
    joined = data["countersign"]["joined"]
    wrong, derived = [], 0
    for principal in sample:
        found = ask([derive / "derive.rego"], data, {"principal": principal}, "data.countersign.derive.of_principal")
        if found["differences"]:
            wrong.append(f"{folder}: {principal}: {found['differences']}")
        # Not by the module's own comparison alone.
        for name in ("duties", "conflicts"):
            expected = [tuple_ for tuple_ in joined[name] if tuple_[0] == principal]
            derived += len(expected)
            if canonical(found[name]) != canonical(expected):
                wrong.append(f"{folder}: {principal}: {name}\n  found    {found[name]}\n  expected {expected}")
    return len(sample), derived, wrong


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
            asked, findings, differ = documents(folder)
            sampled, derived, differ_too = principals(folder)
            print(f"{case}: {asked} documents, {findings} findings; {sampled} principals, {derived} duties and conflicts")
            wrong += differ + differ_too
            if not (asked and findings and sampled and derived):
                wrong.append(f"{case}: there was nothing to compare")
            if binary is not None:
                wrong += opa(binary, folder)
    for difference in wrong:
        print(f"DIFFERS {difference}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    raise SystemExit(main(str(Path(sys.argv[1]).resolve())))
