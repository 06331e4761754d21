#!/usr/bin/env python3
"""Holds the outputs of `check` against what their readers take: outputs.py BINARY

Acme and cases of `testdata/check` are judged once each, with every output. JUnit is validated by the XSD of Jenkins' xUnit
plugin, which pytest's sources bring; Code Quality by the fields that GitLab documents; annotations by what a runner of
GitHub reads; SARIF by the tool of those who wrote the standard, with GitHub's rules too. What is made wrong must be refused,
so that each check can fail. Needs npm and what `.ci/requirements.txt` lists. Ends with status 1 at the first thing that is
not as it should be.
"""

import copy
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from xml.etree import ElementTree

import xmlschema

ROOT = Path(__file__).resolve().parent.parent
AS_OF = "2026-11-21T00:00:00Z"
OUTPUTS = {
    "json": "json", "sarif": "sarif", "github": "txt", "gitlab": "gitlab.json", "junit": "xml", "markdown": "md",
    "human": "human.txt",
}
# A case of every status and of every kind of subject.
CASES = {
    "sod-two-harmless-files": 1,
    "grant-without-approval": 1,
    "credential-never-expires": 1,
    "role-conflict-introduced": 1,
    "rules-weakened-by-head": 1,
    "leaver-with-access-removed": 0,
    "sod-grant-removed": 0,
    "file-broken-introduced": 4,
    "file-broken-before": 0,
    "file-broken-and-a-conflict": 1,
    "file-helm-template": 0,
    "outcome-in-scope-empty": 3,
    "outcome-nothing-there": 0,
}
PYTEST = "8.4.2"
XSD = "a1a816f58d1bf95ebabf371994df0b9246dee66ea9572fbec4f9296f1b2c0ff6"
MULTITOOL = "@microsoft/sarif-multitool@5.7.0"
# What the SARIF tool may note, and why that stays. It has no error and no warning.
EXPLAINED = {
    "SARIF2002": "a message is made for its finding, in one language; readers show `text`",
    "SARIF2003": "a plain folder is in no repository; `repository` below has its provenance",
    "SARIF2009": "ids of policies are words of their own, and a house's are what the house calls them",
    "SARIF2010": "source text is left out, since a location may hold a secret",
    "SARIF2011": "source text is left out, since a location may hold a secret",
    "SARIF2012": "no policy has a page; `help` has what there is to say",
}
# What it notes where it reaches no network: it asks for the page of the schema.
UNREACHED = "SARIF2006"
# How much of a log GitHub takes.
RUNS, RESULTS, LOCATIONS, TAGS = 20, 25_000, 1_000, 20


class Failure(Exception):
    """Something is not as it should be."""


def hold(condition, message):
    if not condition:
        raise Failure(message)


def judged(binary, work):
    """The outputs of each case, by its name."""
    folders = {"acme": (ROOT / "testdata" / "acme", 1)}
    folders.update({name: (ROOT / "testdata" / "check" / name, status) for name, status in CASES.items()})
    # Away from this repository, whose root would be judged else.
    for name, (folder, status) in folders.items():
        place = work / name
        shutil.copytree(folder, place, ignore=shutil.ignore_patterns("quarter", "*.snap"))
        line = [binary, "check", "head", "--as-of", AS_OF, "--no-record"]
        if (place / "base").is_dir():
            line += ["--base", "base"]
        for output, ending in OUTPUTS.items():
            line += ["--output", f"{output}=out/{name}.{ending}"]
        ran = subprocess.run(line, cwd=place, capture_output=True, text=True, check=False)
        hold(ran.returncode == status, f"{name} ends with status {ran.returncode}, not {status}: {ran.stdout}{ran.stderr}")
        hold(ran.stdout == "" and ran.stderr == "", f"{name}: {ran.stdout}{ran.stderr}")
        yield name, status, {output: place / "out" / f"{name}.{ending}" for output, ending in OUTPUTS.items()}


def judged_in_a_repository(binary, work):
    """The same for a change to a repository with a remote."""
    place = work / "repository"
    place.mkdir()
    identity = {f"GIT_{who}_{what}": f"nora.lind@{what.lower()}.example" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    environment = {**os.environ, **identity, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}

    def git(*words):
        ran = subprocess.run(["git", *words], cwd=place, env=environment, capture_output=True, text=True, check=False)
        hold(ran.returncode == 0, f"git {words}: {ran.stderr}")

    git("init", "--quiet", "--initial-branch", "main")
    git("remote", "add", "origin", "https://github.com/acme/access")
    for branch, side in [("main", "base"), ("change", "head")]:
        if branch != "main":
            git("checkout", "--quiet", "-b", branch)
        shutil.copytree(ROOT / "testdata" / "acme" / side, place, dirs_exist_ok=True)
        git("add", "--all")
        git("commit", "--quiet", "--message", side)
    line = [binary, "check", "--base", "main", "--head", "change", "--as-of", AS_OF, "--no-record"]
    outputs = {output: work / f"repository.{ending}" for output, ending in OUTPUTS.items()}
    for output, path in outputs.items():
        line += ["--output", f"{output}={path}"]
    ran = subprocess.run(line, cwd=place, env=environment, capture_output=True, text=True, check=False)
    hold(ran.returncode == 1, f"the repository ends with status {ran.returncode}: {ran.stdout}{ran.stderr}")
    return 1, outputs


# JUnit.


def the_xsd():
    """The schema, downloaded once."""
    kept = ROOT / "target" / "junit-10.xsd"
    if not kept.is_file():
        with tempfile.TemporaryDirectory() as folder:
            line = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
            subprocess.run([*line, "--no-binary", ":all:", "--dest", folder, f"pytest=={PYTEST}"], check=True)
            with tarfile.open(Path(folder) / f"pytest-{PYTEST}.tar.gz") as sources:
                file = sources.extractfile(f"pytest-{PYTEST}/testing/example_scripts/junit-10.xsd")
                kept.write_bytes(file.read())
    digest = hashlib.sha256(kept.read_bytes()).hexdigest()
    hold(digest == XSD, f"{kept} has the digest {digest}: it is another schema; look at it, and delete it")
    return xmlschema.XMLSchema(str(kept))


def wrong_in_junit(root, schema):
    """What is wrong with a file of JUnit, nothing if all is right."""
    root = copy.deepcopy(root)
    # How many were skipped stands at the root too, where Jenkins reads it not and its schema has no word for it; GitLab and
    # others read it there.
    if root.attrib.pop("skipped", None) is None:
        return "the root does not say how many were skipped"
    errors = [f"{error.path}: {error.reason}" for error in schema.iter_errors(root)]
    if errors:
        return errors[0]
    whole = dict.fromkeys(("tests", "failures", "errors", "skipped"), 0)
    for suite in root:
        cases = suite.findall("testcase")
        counts = {
            "tests": len(cases),
            "failures": len(suite.findall("testcase/failure")),
            "errors": len(suite.findall("testcase/error")),
            "skipped": len(suite.findall("testcase/skipped")),
        }
        for count, number in counts.items():
            whole[count] += number
            if suite.get(count) != str(number):
                return f"the suite {suite.get('name')} says {suite.get(count)} {count} and has {number}"
    for count in ("tests", "failures", "errors"):
        if root.get(count) != str(whole[count]):
            return f"the file says {root.get(count)} {count} and has {whole[count]}"
    return None


def junit_is_what_its_schema_says(files, schema):
    for name, (status, outputs) in files.items():
        root = ElementTree.parse(outputs["junit"]).getroot()
        wrong = wrong_in_junit(root, schema)
        hold(wrong is None, f"{name}: {wrong}")
        fails = root.find(".//failure") is not None or root.find(".//error") is not None
        hold(fails == (status != 0), f"{name}: the status is {status}, and JUnit's XML {'fails' if fails else 'passes'}")
        report = json.loads(outputs["json"].read_text(encoding="utf-8"))
        suites = [suite.get("name") for suite in root][1:]
        hold(suites == [policy["id"] for policy in report["policies"]], f"{name}: these suites: {suites}")
    root = ElementTree.parse(files["acme"][1]["junit"]).getroot()
    for change in [
        lambda root: root[0].set("failures", "7"),
        lambda root: root.set("tests", "0"),
        lambda root: root[0].attrib.pop("name"),
        lambda root: root[0].set("colour", "green"),
        lambda root: root[0].append(ElementTree.Element("verdict")),
    ]:
        broken = copy.deepcopy(root)
        change(broken)
        hold(wrong_in_junit(broken, schema) is not None, "JUnit's XML that is made wrong is taken")


# Code Quality of GitLab, by the table of fields of its documentation.


def wrong_in_quality(entries):
    if not isinstance(entries, list):
        return "it is no list"
    prints = set()
    for entry in entries:
        for field in ("description", "check_name", "fingerprint"):
            if not isinstance(entry.get(field), str) or not entry[field]:
                return f"`{field}` is missing: {entry}"
        if entry.get("severity") not in ("info", "minor", "major", "critical", "blocker"):
            return f"`{entry.get('severity')}` is no severity"
        location = entry.get("location", {})
        path, begin = location.get("path"), location.get("lines", {}).get("begin")
        if not isinstance(path, str) or not path or path.startswith(("./", "/")):
            return f"`{path}` is no path from the root of the repository"
        if not isinstance(begin, int) or isinstance(begin, bool) or begin < 1:
            return f"`{begin}` is no line"
        if entry["fingerprint"] in prints:
            return f"two are {entry['fingerprint']}"
        prints.add(entry["fingerprint"])
    return None


def code_quality_has_the_fields_that_gitlab_reads(files):
    for name, (_, outputs) in files.items():
        text = outputs["gitlab"].read_bytes()
        hold(not text.startswith(b"\xef\xbb\xbf"), f"{name}: there is a byte order mark")
        wrong = wrong_in_quality(json.loads(text))
        hold(wrong is None, f"{name}: {wrong}")
    entries = json.loads(files["acme"][1]["gitlab"].read_text(encoding="utf-8"))
    first = entries[0]
    for broken in [
        {"severity": "high"}, {"description": ""}, {"fingerprint": entries[1]["fingerprint"]},
        {"location": {"path": "./a", "lines": {"begin": 1}}}, {"location": {"path": "a", "lines": {"begin": 0}}},
    ]:
        hold(wrong_in_quality([{**first, **broken}, *entries[1:]]) is not None, f"{broken} is taken")


# Annotations and comments of GitHub.


def annotations_are_commands_of_a_runner(files):
    command = re.compile(r"::(error|warning|notice) ((?:[A-Za-z]+=[^,:\r\n]*)(?:,[A-Za-z]+=[^,:\r\n]*)*)::(.+)")
    for name, (status, outputs) in files.items():
        kinds = {"error": 0, "warning": 0, "notice": 0}
        for line in outputs["github"].read_text(encoding="utf-8").splitlines():
            if line.startswith("Countersign: "):
                continue
            match = command.fullmatch(line)
            hold(match, f"{name}: no runner reads this:\n{line}")
            kinds[match[1]] += 1
            known = {"file", "line", "endLine", "col", "title"}
            own = {pair.split("=")[0] for pair in match[2].split(",")}
            hold(own <= known and "title" in own, f"{name}: {own}")
        hold(max(kinds.values()) <= 10, f"{name}: GitHub shows ten of a kind, and there are {kinds}")
        hold((kinds["error"] > 0) == (status != 0), f"{name}: the status is {status}, with {kinds}")


def comments_fit_and_are_found_again(files):
    for name, (_, outputs) in files.items():
        text = outputs["markdown"].read_text(encoding="utf-8")
        hold(text.startswith("<!-- countersign/check -->\n"), f"{name}: the marker is missing")
        length = len(text.encode("utf-16-le")) // 2
        hold(length <= 60_000, f"{name}: a comment of {length} characters")


# SARIF, by the tool of those who wrote the standard.


def the_multitool(work):
    npm = shutil.which("npm")
    hold(npm is not None, "npm is not installed; it brings the SARIF validator")
    place = work / "multitool"
    place.mkdir()
    install = subprocess.run(
        [npm, "install", "--no-fund", "--no-audit", "--ignore-scripts", MULTITOOL],
        cwd=place, capture_output=True, text=True, check=False,
    )
    hold(install.returncode == 0, f"npm could not install the SARIF validator:\n{install.stdout}{install.stderr}")
    found = sorted(place.glob("node_modules/@microsoft/sarif-multitool-*/Sarif.Multitool*"))
    programs = [path for path in found if path.name in ("Sarif.Multitool", "Sarif.Multitool.exe")]
    hold(len(programs) == 1, f"the SARIF validator has no program for this machine: {found}")
    programs[0].chmod(0o755)
    return programs[0]


def complaints(program, log, place):
    """What the tool has to say of a log: the rule, how bad it is, and the words."""
    report = place / "report.sarif"
    validated = subprocess.run(
        [
            str(program), "validate", str(log), "--output", str(report), "--log", "ForceOverwrite",
            "--level", "Error;Warning;Note", "--kind", "Fail", "--rule-kind", "Sarif;Ghas",
        ],
        cwd=place,
        env={**os.environ, "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"},
        capture_output=True, text=True, check=False,
    )
    # Its exit status says nothing of warnings; its own log does.
    hold(report.is_file(), f"the SARIF validator failed:\n{validated.stdout}{validated.stderr}")
    runs = json.loads(report.read_text(encoding="utf-8-sig"))["runs"]
    results = [result for run in runs for result in run.get("results") or []]
    report.unlink()
    return [(result["ruleId"], result.get("level", "warning"), json.dumps(result["message"])) for result in results]


def sarif_is_what_its_authors_and_github_take(files, work):
    program = the_multitool(work)
    noted = set()
    for name, (_, outputs) in files.items():
        log = json.loads(outputs["sarif"].read_text(encoding="utf-8"))
        hold(len(log["runs"]) <= RUNS, f"{name}: {len(log['runs'])} runs")
        for run in log["runs"]:
            hold(len(run["results"]) <= RESULTS, f"{name}: {len(run['results'])} results")
            for result in run["results"]:
                places = len(result["locations"]) + len(result.get("relatedLocations", []))
                hold(places <= LOCATIONS, f"{name}: {places} locations")
            for rule in run["tool"]["driver"]["rules"]:
                hold(len(rule["properties"]["tags"]) <= TAGS, f"{name}: {rule['id']} has too many tags")
            for provenance in run.get("versionControlProvenance", []):
                hold(provenance["mappedTo"]["uriBaseId"], f"{name}: the repository is mapped to nothing")
        for rule, level, words in complaints(program, outputs["sarif"], work):
            known = rule in EXPLAINED or rule == UNREACHED
            hold(known and level == "note", f"{name}: {rule} ({level}) of the SARIF validator:\n{words}")
            hold(rule != "SARIF2003" or name != "repository", "the provenance of a repository is missing")
            noted.add(rule)
    hold(noted >= set(EXPLAINED), f"explained, and no longer noted: {sorted(set(EXPLAINED) - noted)}")
    log = json.loads(files["acme"][1]["sarif"].read_text(encoding="utf-8"))
    log["runs"][0]["results"][0]["ruleIndex"] = 10_000
    broken = work / "broken.sarif"
    broken.write_text(json.dumps(log), encoding="utf-8")
    hold(complaints(program, broken, work), "the SARIF validator takes a log that is made wrong")


def main():
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_file():
        sys.exit("usage: outputs.py BINARY")
    with tempfile.TemporaryDirectory(prefix="countersign-outputs-") as folder:
        work = Path(folder).resolve()
        try:
            schema = the_xsd()
            binary = str(Path(sys.argv[1]).resolve())
            files = {name: (status, outputs) for name, status, outputs in judged(binary, work)}
            files["repository"] = judged_in_a_repository(binary, work)
            print(f"ok   {len(files)} cases are judged with every output", flush=True)
            for step in [
                lambda: junit_is_what_its_schema_says(files, schema),
                lambda: code_quality_has_the_fields_that_gitlab_reads(files),
                lambda: annotations_are_commands_of_a_runner(files),
                lambda: comments_fit_and_are_found_again(files),
                lambda: sarif_is_what_its_authors_and_github_take(files, work),
            ]:
                step()
                print(f"ok   {step.__code__.co_names[0].replace('_', ' ')}", flush=True)
        except Failure as failure:
            print(f"FAIL {failure}", file=sys.stderr)
            sys.exit(1)


if __name__ == "__main__":
    main()
