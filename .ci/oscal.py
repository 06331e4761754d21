#!/usr/bin/env python3
"""Has a stock validator read the OSCAL of a report: oscal.py BINARY [FOLDER]

A repository gets a few changes, some of them past the gate, and its report is written as OSCAL. `compliance-trestle`
imports the assessment results and the plan of action and milestones and validates them, by its own commands. Writing twice
must give the same bytes, and what was made wrong must be refused, so that the check can fail. Every folder in FOLDER, where
the tests leave the OSCAL of their examples, is validated too. Ends with status 1 at the first thing that is not as it
should be.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from population import Branch, Failure, hold

KINDS = {"assessment-results.json": "assessment-results", "poam.json": "plan-of-action-and-milestones"}
TRESTLE = str(Path(sys.executable).parent / "trestle")


def trestle(workspace, *words):
    return subprocess.run([TRESTLE, *words], cwd=workspace, capture_output=True, text=True)


def refused(files):
    """What trestle has against files, nothing if it takes them: a new workspace, each imported, all validated."""
    with tempfile.TemporaryDirectory() as workspace:
        run = trestle(workspace, "init", "--local")
        hold(run.returncode == 0, f"trestle init: {run.stdout}{run.stderr}")
        for number, file in enumerate(files):
            run = trestle(workspace, "import", "-f", str(file), "-o", f"report-{number}")
            if run.returncode != 0:
                return f"import of {file}: {run.stdout}{run.stderr}"
        run = trestle(workspace, "validate", "-a")
        if run.returncode != 0:
            return f"validation: {run.stdout}{run.stderr}"
        hold(run.stdout.count("VALID") >= len(files) and "INVALID" not in run.stdout, f"trestle validated nothing: {run.stdout}")
        return None


def written(folder):
    return [folder / name for name in KINDS if (folder / name).exists()]


def mutated(folder, into):
    """The files of a folder made wrong in one way each: what is wrong, and the file."""

    def unknown_field(results):
        results["results"][0]["traffic-light"] = "green"

    def uuid_twice(results):
        findings = results["results"][0]["findings"]
        findings[1]["uuid"] = findings[0]["uuid"]

    def partly_satisfied(results):
        results["results"][0]["findings"][0]["target"]["status"]["state"] = "partial"

    def no_plan_named(results):
        del results["import-ap"]

    def no_time_zone(results):
        results["results"][0]["start"] = results["results"][0]["start"].rstrip("Z")

    def no_item(plan):
        plan["poam-items"] = []

    for name, ways in (("assessment-results.json", (unknown_field, uuid_twice, partly_satisfied, no_plan_named, no_time_zone)), ("poam.json", (no_item,))):
        for way in ways:
            text = json.loads((folder / name).read_text(encoding="utf-8"))
            way(text[KINDS[name]])
            file = into / f"{way.__name__}.json"
            file.write_text(json.dumps(text), encoding="utf-8")
            yield way.__name__, file


def report(binary, folder):
    """The OSCAL of a scripted branch, written twice by one run."""
    place, keys = folder / "repository", folder / "keys"
    place.mkdir()
    keys.mkdir()
    branch = Branch(binary, place)
    key = str(keys / "key.pem")
    branch.countersign("evidence", "keygen", key)
    branch.countersign("evidence", "trust", "init", "--origin", "example.org/evidence", "--key", key)
    branch.countersign("record", "--key", key)
    for way in ("merge", "squash", "not_passed", "direct_push", "other_tree", "mended", "merge"):
        branch.change(way)
        branch.countersign("record", "--key", key)
    year = time.gmtime().tm_year
    of = ["--period", f"{year}-01-01..{year + 1}-12-31", "--branch", "main", "--entity", "Example"]
    one, other = folder / "one", folder / "other"
    branch.countersign("report", *of, "--output", f"oscal={one}", "--output", f"oscal={other}")
    hold(len(written(one)) == len(KINDS), f"not every file is there: {written(one)}")
    for file in written(one):
        hold(file.read_bytes() == (other / file.name).read_bytes(), f"{file.name} is another when it is written again")
    return one


def main():
    binary = str(Path(sys.argv[1]).resolve())
    try:
        with tempfile.TemporaryDirectory() as temporary:
            temporary = Path(temporary)
            folder = report(binary, temporary)
            why = refused(written(folder))
            hold(why is None, f"trestle refuses the report: {why}")
            wrong = list(mutated(folder, temporary))
            for way, file in wrong:
                hold(refused([file]) is not None, f"trestle takes what was made wrong: {way}")
            examples = 0
            for example in sorted(Path(sys.argv[2]).resolve().iterdir()) if len(sys.argv) > 2 else []:
                why = refused(written(example))
                hold(why is None, f"trestle refuses the example {example.name}: {why}")
                examples += 1
            hold(len(sys.argv) < 3 or examples, f"no example is in {sys.argv[2:]}")
        print(f"trestle takes the report and {examples} examples, and refuses {len(wrong)} files that were made wrong")
    except Failure as failure:
        sys.exit(f"oscal: {failure}")


if __name__ == "__main__":
    main()
