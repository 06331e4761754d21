"""Derives this verdict again with rego-cpp: python check.py (needs `regopy` from PyPI; nothing of it is Countersign's).

One document and one principal at a time. Says what was compared, and ends with status 1 where anything differs or there
was nothing to compare.
"""

import json
import sys
from pathlib import Path

from regopy import Interpreter

HERE = Path(__file__).resolve().parent


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
        lay(data, json.loads(file.read_text(encoding="utf-8")))
    return data


def ask(modules, data, document, rule):
    """The value of a rule in an interpreter of its own."""
    rego = Interpreter()
    for module in modules:
        rego.add_module(module.name, module.read_text(encoding="utf-8"))
    rego.add_data(data)
    rego.set_input(document)
    output = rego.query(f"x := {rule}")
    # The text of a failed answer cannot be read: the library crashes.
    if not output.ok():
        raise SystemExit(f"regopy cannot evaluate {rule}")
    return json.loads(str(output))["bindings"]["x"]


def canonical(answers):
    return sorted(json.dumps(answer, sort_keys=True) for answer in answers)


def documents():
    """What policies found in each document, compared."""
    exported = merged(HERE / "inputs.json", HERE / "expected.json")["countersign"]["exported"]
    # `compare.rego` asks about all documents at once by `with`, which rego-cpp refuses over rules that format texts.
    modules = [*sorted((HERE / "policies").glob("*.rego")), HERE / "all.rego"]
    data = merged(HERE / "data.json")
    wrong, findings = [], 0
    files = sorted((HERE / "inputs").glob("*.json"))
    if {file.stem for file in files} != set(exported["inputs"]) or set(exported["inputs"]) != set(exported["expected"]):
        wrong.append("the lists of documents differ")
    for file in files:
        document = json.loads(file.read_text(encoding="utf-8"))
        if document != exported["inputs"].get(file.stem):
            wrong.append(f"{file.name}: inputs.json has another document")
            continue
        rule = exported["subjects"][file.stem]["query"]
        found = canonical(ask(modules, data, document, f"data.countersign.export.{rule}"))
        expected = canonical(exported["expected"].get(file.stem, []))
        findings += len(found)
        if found != expected:
            wrong.append(f"{file.name}:\n  found    {found}\n  expected {expected}")
    return len(files), findings, wrong


def principals():
    """The duties and conflicts of each sampled principal, compared."""
    derive = HERE / "derive"
    data = merged(HERE / "data.json", derive / "atoms.json", derive / "expected.json")
    sample = data["countersign"]["atoms"]["sample"]
    joined = data["countersign"]["joined"]
    wrong, derived = [], 0
    for principal in sample:
        found = ask([derive / "derive.rego"], data, {"principal": principal}, "data.countersign.derive.of_principal")
        if found["differences"]:
            wrong.append(f"{principal}: {found['differences']}")
        # Not by the module's own comparison alone.
        for name in ("duties", "conflicts"):
            expected = [one for one in joined[name] if one[0] == principal]
            derived += len(expected)
            if canonical(found[name]) != canonical(expected):
                wrong.append(f"{principal}: {name}\n  found    {found[name]}\n  expected {expected}")
    return len(sample), derived, wrong


def main():
    asked, findings, wrong = documents()
    sampled, derived, wrong_too = principals()
    print(f"{asked} documents, {findings} findings; {sampled} principals, {derived} duties and conflicts", flush=True)
    wrong += wrong_too
    if not (asked and sampled):
        wrong.append("there was nothing to compare")
    for difference in wrong:
        print(f"DIFFERS {difference}", file=sys.stderr)
    print(f"{len(wrong)} differences")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
