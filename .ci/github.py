#!/usr/bin/env python3
"""Runs what the workflows run, as far as that goes without GitHub: github.py BINARY

Needs git, jq, unzip and what `.ci/requirements.txt` lists. The remote is a repository on this disk; GitHub's own command is
a stand-in that answers from a file and writes down what it is told. Before it come zizmor, shellcheck and GitHub's own
schemas, over every workflow, action and example. Not run here: GitHub's part of it (events, tokens, environments, the
`$/` of `uses`), and the release workflow. Ends with status 1 at the first thing that is not as it should be.
"""

import datetime
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

from ruamel.yaml import YAML

sys.path.insert(0, str(Path(__file__).resolve().parent))
from end_to_end import Failure, hold  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
TOOLS = Path(sys.executable).parent
SCRIPTS, ACTIONS = ROOT / ".github/actions/scripts", ROOT / ".github/actions"
TOKEN = "stand-in-of-a-token"
VERSION = re.search(r'^version = "(.+)"$', (ROOT / "Cargo.toml").read_text(), re.M)[1]
JUDGE = ".github/workflows/countersign.yml"

CONFIG = """\
version: 1
systems: [{paths: ["k8s/**"], id: "kubernetes:prod"}]
authority:
  approvers: [{people: [person:omar.haddad], records: [approval], systems: ["kubernetes:*"], up_to: critical}]
"""
PEOPLE = """\
apiVersion: countersign.dev/v1
kind: Person
metadata: {id: omar.haddad}
spec: {emails: [omar.haddad@acme.example], accounts: [{system: "github:acme", name: omar-h}]}
---
apiVersion: countersign.dev/v1
kind: Person
metadata: {id: li.wei}
spec: {emails: [li.wei@acme.example], accounts: [{system: "github:acme", name: li-w}]}
---
apiVersion: countersign.dev/v1
kind: Person
metadata: {id: kim.alvarez}
spec: {emails: [kim.alvarez@acme.example], accounts: [{system: "kubernetes:prod", name: kim.alvarez}]}
---
apiVersion: countersign.dev/v1
kind: ServiceIdentity
metadata: {id: nightly}
spec: {type: bot, owner: person:omar.haddad}
"""
KIM = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: upgrade}
subjects: [{kind: User, name: kim.alvarez, apiGroup: rbac.authorization.k8s.io}]
roleRef: {kind: ClusterRole, name: cluster-admin, apiGroup: rbac.authorization.k8s.io}
"""

# Answers as `gh api` does, from a file, and writes down what would have been changed.
GH = """#!{python}
import json, os, subprocess, sys
from pathlib import Path
words, method, query, expression, body, silent, path = sys.argv[1:], "GET", [], None, None, False, None
if words[:2] == ["attestation", "verify"]:
    sys.exit("gh: no attestation is known here")
assert words.pop(0) == "api", sys.argv
while words:
    word = words.pop(0)
    if word == "--method": method = words.pop(0)
    elif word == "--paginate": pass
    elif word == "--silent": silent = True
    elif word == "--jq": expression = words.pop(0)
    elif word == "-f": query.append(words.pop(0))
    elif word == "-F":
        name, _, value = words.pop(0).partition("=")
        assert (name, value[:1]) == ("body", "@"), value
        body = Path(value[1:]).read_text()
    else:
        assert path is None and not word.startswith("-"), word
        path = word
assert os.environ.get("GH_TOKEN"), "no token"
place = Path(os.environ["GH_ANSWERS"])
if query: path += "?" + "&".join(query)
if method != "GET":
    with open(place / "changes", "a") as changes: changes.write(json.dumps([method, path, body]) + "\\n")
    sys.exit(0)
answers = json.loads((place / "answers.json").read_text())
if path not in answers: sys.exit(f"gh: Not Found (HTTP 404): {{path}}")
answer = answers[path]
if isinstance(answer, str):
    sys.stdout.buffer.write(Path(answer).read_bytes())
elif isinstance(answer, dict) and "pages" in answer:
    for page in answer["pages"]: print(json.dumps(page))
elif expression is not None:
    sys.exit(subprocess.run(["jq", "-r", expression], input=json.dumps(answer), text=True).returncode)
else:
    print(json.dumps(answer))
"""

# Writes down what git is told, and goes on to git.
GIT = """#!/bin/sh
for word; do printf '%s\\037' "$word"; done >> "${GIT_WORDS:-/dev/null}"; echo >> "${GIT_WORDS:-/dev/null}"
PATH=${PATH#*:} exec git "$@"
"""


def documented(binary):
    """Every command of ours that a page names is there, with its options; every file that it links to, too."""
    seen = 0
    for name in ("docs/github.md", "docs/gitlab.md", "docs/pre-commit.md", "docs/hook.md", "SECURITY.md", "CONTRIBUTING.md"):
        page = ROOT / name
        text = page.read_text()
        for found in re.findall(r"(?:@COMMIT # |rev: )v(\S+)", text):
            hold(found == VERSION, f"{name} names {found}, and this is {VERSION}")
        for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
            hold((page.parent / link).exists(), f"{name} links to {link}, which is not there")
        for line in re.findall(r"^countersign (.+)$|`countersign ([^`]+)`", text, re.M):
            words = re.split(r"\s{2,}", "".join(line))[0].split()
            command = []
            for word in words:
                if not re.fullmatch(r"[a-z][a-z-]*", word):
                    break
                command.append(word)
            helped = subprocess.run([str(binary), *command, "--help"], capture_output=True, text=True)
            hold(helped.returncode == 0, f"{name}: there is no `countersign {' '.join(command)}`")
            for option in re.findall(r"--[a-z][a-z-]*", " ".join(words)):
                hold(re.search(re.escape(option) + r"\b", helped.stdout), f"{name}: `countersign {' '.join(command)}` has no {option}")
            seen += 1
    hold(seen >= 15, f"only {seen} commands were found in the pages")


class Place:
    """A remote, somebody who pushes to it, and a runner."""

    def __init__(self, binary, folder):
        self.binary, self.folder = binary, folder
        self.remote, self.work = folder / "remote.git", folder / "work"
        self.tools, self.temp, self.answers = folder / "tools", folder / "temp", folder / "answers"
        for each in (self.tools, self.temp, self.answers):
            each.mkdir()
        for name, text in (("gh", GH.format(python=sys.executable)), ("git", GIT)):
            (self.tools / name).write_text(text)
            (self.tools / name).chmod(0o755)
        self.say({})
        self.git("init", "--quiet", "--bare", "--initial-branch=main", self.remote, at=folder)
        self.git("-C", self.remote, "config", "uploadpack.allowReachableSHA1InWant", "true", at=folder)
        self.git("clone", "--quiet", self.remote, self.work, at=folder)
        self.git("checkout", "--quiet", "-b", "main")
        self.basis = self.commit("main", {"countersign.yaml": CONFIG, "people.yaml": PEOPLE})

    def git(self, *words, at=None):
        who = {f"GIT_{role}_{what}": value for role in ("AUTHOR", "COMMITTER") for what, value in (("NAME", "Li Wei"), ("EMAIL", "li.wei@acme.example"))}
        run = subprocess.run(["git", *map(str, words)], cwd=at or self.work, capture_output=True, text=True, env={**os.environ, **who, "GIT_CONFIG_GLOBAL": "/dev/null"})
        hold(run.returncode == 0, f"git {words}: {run.stderr}")
        return run.stdout.strip()

    def commit(self, branch, files, number=None, upon=None):
        """Commits files, pushes them as a branch and as a pull request's head, and says which commit that is."""
        if upon:
            self.git("checkout", "--quiet", "-B", branch, upon)
        for path, text in files.items():
            (self.work / path).parent.mkdir(parents=True, exist_ok=True)
            (self.work / path).write_text(text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", f"Change {branch}")
        refs = [f"+HEAD:refs/heads/{branch}"] + ([f"+HEAD:refs/pull/{number}/head"] if number else [])
        self.git("push", "--quiet", "origin", *refs)
        return self.git("rev-parse", "HEAD")

    def say(self, answers):
        (self.answers / "answers.json").write_text(json.dumps(answers))

    def changes(self):
        path = self.answers / "changes"
        lines = path.read_text().splitlines() if path.exists() else []
        path.unlink(missing_ok=True)
        return [json.loads(line) for line in lines]

    def run(self, script, status=0, **variables):
        """Runs a script as a step of a job does, and returns what it printed, its summary and its outputs."""
        files = {name: self.temp / name.lower() for name in ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT", "GITHUB_PATH")}
        for file in files.values():
            file.write_text("")
        words = self.temp.parent / "git-words"
        words.write_text("")
        before = set(self.temp.iterdir())
        environment = {
            "PATH": f"{self.tools}:{os.environ['PATH']}", "HOME": str(self.folder), "RUNNER_TEMP": str(self.temp),
            "GITHUB_ACTIONS": "true", "GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "ACME/iam", "GITHUB_RUN_ID": "99",
            "GH_ANSWERS": str(self.answers), "GH_TOKEN": TOKEN, "TOKEN": TOKEN, "GIT_WORDS": str(words), "REMOTE": str(self.remote),
            "COUNTERSIGN": str(self.binary), **{name: str(file) for name, file in files.items()}, **{k: str(v) for k, v in variables.items()},
        }
        run = subprocess.run(["bash", str(script)], cwd=self.temp, env=environment, capture_output=True, text=True)
        said = run.stdout + run.stderr
        hold(run.returncode == status, f"{script} ended with status {run.returncode}, not {status}\n{said}")
        hold(TOKEN not in said, f"{script} prints its token")
        told = words.read_text()
        hold(TOKEN not in told, f"{script} gives its token to git as an argument")
        self.told = [line.split("\x1f")[:-1] for line in told.splitlines()]
        left = {path.name for path in set(self.temp.iterdir()) - before if path.name.startswith("countersign-git.")}
        hold(not left, f"{script} leaves secrets behind: {left}")
        return said, files["GITHUB_STEP_SUMMARY"].read_text(), dict(line.split("=", 1) for line in files["GITHUB_OUTPUT"].read_text().splitlines())


def forge(head, review=None, number=7, ref="upgrade"):
    """What GitHub answers of a pull request."""
    li = {"login": "li-w", "type": "User"}
    reviews = [{"id": 1, "user": {"login": "omar-h", "type": "User"}, "state": review, "commit_id": head, "submitted_at": "2026-11-20T10:01:00Z"}] if review else []
    return {
        f"repos/ACME/iam/pulls/{number}": {
            "number": number, "html_url": f"https://github.com/ACME/iam/pull/{number}", "user": li,
            "head": {"sha": head, "ref": ref, "repo": {"full_name": "ACME/iam"}}, "base": {"repo": {"full_name": "ACME/iam"}},
        },
        f"repos/ACME/iam/pulls/{number}/reviews": {"pages": [reviews, []]},
        f"repos/ACME/iam/activity?ref=refs/heads/{ref}": {"pages": [[{"actor": li, "activity_type": "push", "after": head}]]},
        "repos/ACME/iam/actions/runs/99": {"actor": li, "triggering_actor": li},
    }


def step(text):
    print(text, flush=True)


def lint():
    """zizmor, shellcheck, schemas; versions and pins."""
    workflows = sorted((ROOT / ".github/workflows").glob("*.yml"))
    actions = [ROOT / "action.yml", *sorted(ACTIONS.glob("*/action.yml"))]
    examples = sorted((ROOT / ".github/examples").glob("*.yml"))
    scripts = [*sorted(SCRIPTS.glob("*.sh")), *sorted(ACTIONS.glob("*/run.sh"))]
    hold(len(workflows) >= 6 and len(examples) >= 5 and len(actions) >= 6 and len(scripts) >= 9, "something was not found")

    def tool(*words):
        run = subprocess.run([str(TOOLS / words[0]), *map(str, words[1:])], cwd=ROOT, capture_output=True, text=True)
        hold(run.returncode == 0, f"{words[0]}:\n{run.stdout}{run.stderr}")

    with tempfile.TemporaryDirectory() as folder:
        # As a user has them: with a commit in the place of the word.
        used = Path(folder) / ".github/workflows"
        used.mkdir(parents=True)
        for example in examples:
            text = example.read_text()
            hold("uses: countersign-dev/" not in text or "@COMMIT # v" in text, f"{example} does not say COMMIT")
            (used / example.name).write_text(text.replace("@COMMIT", "@" + "0123456789" * 4))
        copies = sorted(used.glob("*.yml"))
        tool("zizmor", "--offline", "--quiet", "--persona=pedantic", "--strict-collection", *workflows, *actions, *copies, ROOT / ".pre-commit-hooks.yaml")
        tool("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *workflows, *copies)
    tool("check-jsonschema", "--builtin-schema", "vendor.github-actions", *actions)
    tool("check-jsonschema", "--builtin-schema", "vendor.gitlab-ci", ROOT / ".gitlab/countersign.yml")
    tool("shellcheck", "--external-sources", *scripts)

    version = VERSION
    for path in [*workflows, *actions, *examples]:
        text = path.read_text()
        for found in re.findall(r"description: The release that [^\n]*\n(?:\s+type: string\n)?\s+default: (\S+)", text):
            hold(found == version, f"{path} installs {found}, and this is {version}")
        for found in re.findall(r"uses: countersign-dev/\S+ # v(\S+)", text):
            hold(found == version, f"{path} names {found}, and this is {version}")
        for pin in re.findall(r"uses: ([^$./\s]\S*)(.*)", text):
            hold(re.search(r"@([0-9a-f]{40}|COMMIT)$", pin[0]) and re.match(r" # v\d+\.\d+\.\d+$", pin[1]), f"{path}: {pin[0]} is not pinned")
        for block in re.findall(r"run: \|\n((?:\s{8,}.*\n)+)|run: ([^|\n].*)", text):
            hold("${{" not in "".join(block), f"{path}: an expression stands in a script")
        if path not in actions:
            hold("\npermissions: {}\n" in text, f"{path} does not begin without permissions")
    gitlab = (ROOT / ".gitlab/countersign.yml").read_text()
    hold(f'COUNTERSIGN_VERSION: "{version}"' in gitlab, ".gitlab/countersign.yml installs another version")


def judges(place):
    """A change is blocked, approved by review, judged in the queue; nothing of it is checked out."""
    script = ACTIONS / "judge/run.sh"
    results = place.temp / "results"
    head = place.commit("upgrade", {"k8s/upgrade.yaml": KIM}, 7, "main")
    event = {"EVENT": "pull_request_target", "BRANCH": "main", "NUMBER": 7, "HEAD_SHA": head, "RESULTS": results}

    place.say(forge(head))
    said, summary, outputs = place.run(script, 1, **event)
    hold("person:omar.haddad may approve it, in review of this change" in " ".join(said.split()), f"it is not said who may approve\n{said}")
    hold(outputs["status"] == "1" and (results / "status").read_text().strip() == "1", f"the status is not told: {outputs}")
    stop = re.search(r"^::stop-commands::([0-9a-f]{32})$", said, re.M)
    hold(stop, "commands are not stopped while names of the change are printed")
    human, _, after = said.partition(f"::{stop[1]}::\n")
    hold("CS-GRANT-001" in human and "::error" not in human, "what a person reads stands outside of it")
    hold(re.search(r"^::error .*file=", after, re.M), f"there is no annotation\n{after}")
    hold(summary.startswith("<!-- countersign/check -->") and "CS-GRANT-001" in summary, f"the job has no summary\n{summary}")
    hold(json.loads((results / "countersign.sarif").read_text())["version"] == "2.1.0", "there is no SARIF")
    hold(list((results / "evidence/records").rglob("*.json")), "the evidence is not kept")
    for words in place.told:
        hold(not {"checkout", "switch", "restore", "reset", "worktree", "read-tree", "checkout-index", "submodule", "stash"} & set(words), f"git {words}")
    hold(any("fetch" in words for words in place.told), "git was not seen")

    # An approving review of this very commit; a second look after somebody asks for changes.
    place.say(forge(head, "APPROVED"))
    said, _, _ = place.run(script, 0, **event)
    hold("approved it in https://github.com/ACME/iam/pull/7" in " ".join(said.split()), f"the review does not count\n{said}")
    place.say(forge(head, "CHANGES_REQUESTED"))
    place.run(script, 1, **event)
    place.say(forge(head, "APPROVED"))
    place.run(script, 1, **event, REVIEWS="false")

    # In the queue: the same files upon the base, so the review of the pull request counts.
    place.git("checkout", "--quiet", "-B", "queue", "origin/main")
    place.git("merge", "--quiet", "--no-ff", "--message", "Merge 7", head)
    group = place.git("rev-parse", "HEAD")
    ref = f"refs/heads/gh-readonly-queue/main/pr-7-{place.basis}"
    place.git("push", "--quiet", "origin", f"+HEAD:{ref}")
    queue = {"EVENT": "merge_group", "BRANCH": "refs/heads/main", "HEAD_SHA": group, "QUEUE_BASE": place.basis, "QUEUE_REF": ref, "RESULTS": results}
    place.run(script, 0, **queue)
    # Something else than the merge: the queue's commit is judged, and no review is about it.
    (place.work / "more.yaml").write_text(KIM.replace("name: upgrade", "name: more").replace("kim.alvarez", "li.wei"))
    place.git("add", "--all")
    place.git("commit", "--quiet", "--amend", "--no-edit")
    place.git("push", "--quiet", "origin", f"+HEAD:{ref}")
    said, _, _ = place.run(script, 1, **{**queue, "HEAD_SHA": place.git("rev-parse", "HEAD")})
    hold("the queue made something else" in said, said)

    # The pull request moved on: the commit of the event is judged, and reviews of another one are left aside.
    later = place.commit("upgrade", {"note.md": "More.\n"}, 7, head)
    place.say(forge(later, "APPROVED"))
    said, _, _ = place.run(script, 1, **event)
    hold("another head by now" in said, said)
    place.git("push", "--quiet", "origin", f"+{head}:refs/heads/upgrade", f"+{head}:refs/pull/7/head")

    # The target moved on: judged against what is there now.
    place.commit("main", {"note.md": "Landed meanwhile.\n"}, upon="main")
    place.say(forge(head, "APPROVED"))
    said, _, _ = place.run(script, 0, **event)
    hold(f"as merged into {place.git('rev-parse', '--short=9', 'main')}" in said, f"it is judged against another base\n{said}")

    # Names that look like commands to the runner.
    hostile = KIM.replace("name: upgrade", 'name: "x\\n::add-mask::main\\n::error::gotcha"')
    bad = place.commit("hostile", {"k8s/hostile.yaml": hostile}, 8, "main")
    place.say(forge(bad, number=8, ref="hostile"))
    said, _, _ = place.run(script, 1, **{**event, "NUMBER": 8, "HEAD_SHA": bad})
    _, _, after = said.partition("::stop-commands::")
    _, _, after = after.partition("::\n")
    hold("::add-mask::" not in after, f"a name became a command\n{after}")

    # Broken: what cannot be judged is told, with a summary.
    said, summary, _ = place.run(script, 2, **{**event, "EVENT": "pull_request"})
    hold("::error title=nothing was judged::" in said, said)
    place.say(forge(head, "APPROVED"))
    said, summary, outputs = place.run(script, 2, **event, ARGUMENTS="--config\n/nowhere.yaml")
    hold("could not judge" in summary and outputs["status"] == "2", summary)
    place.run(script, 0, **event)
    return head, results


def comments(place, results):
    """One comment, kept up to date; somebody else's with the marker is left."""
    script = ACTIONS / "comment/run.sh"
    marker = "<!-- countersign/check -->"
    where = "repos/ACME/iam/issues/7/comments"
    place.say({where: []})
    place.run(script, NUMBER=7, RESULTS=results)
    hold(place.changes() == [], "a clean change gets a comment")
    (results / "status").write_text("1\n")
    place.say({where: [{"id": 1, "body": marker, "user": {"login": "mallory"}}]})
    place.run(script, NUMBER=7, RESULTS=results)
    [[method, path, body]] = place.changes()
    hold((method, path) == ("POST", where) and body.startswith(marker) and body.count(marker) == 1, f"{method} {path} {body}")
    place.say({where: {"pages": [[{"id": 1, "body": "hello", "user": {"login": "github-actions[bot]"}}], [{"id": 2, "body": body, "user": {"login": "github-actions[bot]"}}]]}})
    (results / "status").write_text("0\n")
    place.run(script, NUMBER=7, RESULTS=results)
    [[method, path, _]] = place.changes()
    hold((method, path) == ("PATCH", "repos/ACME/iam/issues/comments/2"), f"{method} {path}")
    place.run(script, NUMBER=7, RESULTS=place.temp / "nothing")
    hold("could not judge this change" in place.changes()[0][2], "that nothing was found is not told")


def judges_again(place, head):
    """A review has the judge's run started again, and no other."""
    script = ACTIONS / "rejudge/run.sh"
    checks = f"repos/ACME/iam/commits/{head}/check-runs?check_name=countersign / judge&filter=latest"
    left = f"repos/ACME/iam/actions/artifacts?name=countersign-judged-{head}"

    def check(number, slug="github-actions"):
        return {"details_url": f"https://github.com/ACME/iam/actions/runs/{number}/job/1", "app": {"slug": slug}}

    def run(event, path):
        return {"event": event, "path": path, "status": "completed"}

    answers = {
        left: {"artifacts": []},
        "repos/ACME/iam/actions/runs/40": run("pull_request_target", JUDGE),
        "repos/ACME/iam/actions/runs/41": run("pull_request", JUDGE),
        "repos/ACME/iam/actions/runs/42": run("pull_request_target", ".github/workflows/labels.yml"),
    }
    event = {"HEAD_SHA": head, "CHECK": "countersign / judge", "JUDGES": JUDGE}
    by_check = {checks: {"check_runs": [check(40), check(41), check(42), check(50, "somebody")]}}
    by_artifact = {checks: {"check_runs": []}, left: {"artifacts": [{"workflow_run": {"id": number}} for number in (40, 41, 42)]}}
    for found in (by_check, by_artifact):
        place.say({**answers, **found})
        place.run(script, **event)
        hold([change[:2] for change in place.changes()] == [["POST", "repos/ACME/iam/actions/runs/40/rerun"]], "another run is started again")
    place.say({**answers, checks: {"check_runs": [check(41)]}})
    said, _, _ = place.run(script, **event)
    hold(place.changes() == [] and "nothing to run again" in said, said)
    place.run(script, 2, **{**event, "HEAD_SHA": "main"})


def records(place, head, results):
    """What landed is recorded with what the judge kept, if the judge left it; the night is attached."""
    key = place.folder / "recorder.pem"
    store = "git:refs/countersign/evidence@origin"

    def countersign(*words, status=0):
        run = subprocess.run([str(place.binary), *map(str, words)], cwd=place.work, capture_output=True, text=True)
        hold(run.returncode == status, f"countersign {words}: {run.returncode}\n{run.stdout}{run.stderr}")
        return run.stdout

    countersign("evidence", "keygen", key)
    countersign("evidence", "trust", "init", "--origin", "acme.example/evidence", "--key", key, "--store", store)
    place.git("checkout", "--quiet", "main")
    place.git("merge", "--quiet", "--no-ff", "--message", "Merge 7", head)
    landed = place.git("rev-parse", "HEAD")
    place.git("push", "--quiet", "origin", "main")

    archive = place.folder / "judged.zip"
    with zipfile.ZipFile(archive, "w") as written:
        for path in sorted(results.rglob("*")):
            if path.is_file():
                written.write(path, path.relative_to(results))
    artifacts = f"repos/ACME/iam/actions/artifacts?name=countersign-judged-{head}"
    answers = {
        f"repos/ACME/iam/commits/{landed}/pulls": [{"head": {"sha": head}}],
        artifacts: {"artifacts": [{"id": 5, "expired": False, "workflow_run": {"id": 60}}, {"id": 6, "expired": True, "workflow_run": {"id": 61}}]},
        "repos/ACME/iam/actions/artifacts/5/zip": str(archive),
        "repos/ACME/iam/actions/runs/60": {"event": "pull_request_target", "path": f"{JUDGE}@refs/heads/main"},
    }
    script = ACTIONS / "record/run.sh"
    event = {"BRANCH": "main", "COMMIT": landed, "STORE": store, "JUDGES": JUDGE}

    place.say(answers)
    said, _, _ = place.run(script, 2, **event)
    hold("no key is given" in said, said)
    # Another workflow's artifact of the same name is not the judge's.
    place.say({**answers, "repos/ACME/iam/actions/runs/60": {"event": "pull_request", "path": ".github/workflows/mine.yml@refs/pull/7/merge"}})
    said, summary, _ = place.run(script, **event, KEY=key.read_text(), ANCHORS="git-tag:checkpoints@origin")
    hold("is named like the judge's and is not" in said and "the judge's evidence of" not in said, said)
    hold("## Recorded" in summary, summary)
    place.git("fetch", "--quiet", "origin", "+refs/countersign/evidence:refs/countersign/evidence")
    hold("checkpoints/" in place.git("ls-remote", "origin"), "the checkpoint is kept nowhere else")

    # The judge's own: it is logged beside the recorder's.
    place.commit("main", {"note.md": "Another.\n"}, upon="main")
    second = place.commit("second", {"k8s/second.yaml": KIM.replace("name: upgrade", "name: second")}, 9, "main")
    place.say(forge(second, "APPROVED", 9, "second"))
    place.run(ACTIONS / "judge/run.sh", 0, EVENT="pull_request_target", BRANCH="main", NUMBER=9, HEAD_SHA=second, RESULTS=results)
    with zipfile.ZipFile(archive, "w") as written:
        for path in sorted(results.rglob("*")):
            if path.is_file():
                written.write(path, path.relative_to(results))
    place.git("checkout", "--quiet", "main")
    place.git("merge", "--quiet", "--no-ff", "--message", "Merge 9", second)
    landed = place.git("rev-parse", "HEAD")
    place.git("push", "--quiet", "origin", "main")
    answers = {
        **answers,
        f"repos/ACME/iam/commits/{landed}/pulls": [{"head": {"sha": second}}],
        f"repos/ACME/iam/actions/artifacts?name=countersign-judged-{second}": answers[artifacts],
    }
    place.say(answers)
    said, _, _ = place.run(script, **{**event, "COMMIT": landed}, KEY=key.read_text())
    hold(f"the judge's evidence of {second} comes from run 60" in said, said)
    place.git("fetch", "--quiet", "origin", "+refs/countersign/evidence:refs/countersign/evidence")
    countersign("evidence", "verify", "--all", "--store", "git:refs/countersign/evidence")
    population = json.loads(countersign("population", "verify", "--period", "2020-01-01..2030-12-31", "--branch", "main", "--store", "git:refs/countersign/evidence", "--format", "json", status=1))
    states = {each["commit"]: each["state"] for each in population["landings"]}
    # It passed by a review, which is a record.
    hold(states[landed] in ("judged", "accepted"), f"what was judged counts as {states[landed]}")

    # A command that signs, and no key in the job.
    place.commit("main", {"note.md": "A third.\n"}, upon="main")
    third = place.git("rev-parse", "HEAD")
    place.say({f"repos/ACME/iam/commits/{third}/pulls": []})
    public = (place.folder / "recorder.pem.pub").read_text()
    place.run(script, **{**event, "COMMIT": third}, KEY_COMMAND=f"openssl dgst -sha256 -sign {key}", PUBLIC_KEY=public)
    return key, store


def nights(place, key, store):
    """The night passes whatever it finds, says what each part came to, and is attached."""
    script = ACTIONS / "nightly/run.sh"
    export = place.folder / "rbac.yaml"
    export.write_text(KIM.replace("kim.alvarez", "li.wei"))
    people = place.folder / "people.csv"
    people.write_text("id,status,start,end,manager,position,position_since\nkim.alvarez,departed,,2026-11-09,,Secret Position,\n")
    activity = [{"id": 1, "activity_type": "force_push", "ref": "refs/heads/main", "timestamp": "2026-11-20T10:00:00Z", "actor": {"login": "li-w"}, "before": "0" * 40, "after": place.basis}]
    place.say({"repos/ACME/iam/activity": {"pages": [activity, []]}, "repos/ACME/iam/rulesets": [{"id": 1, "name": "main"}]})
    night = {"BRANCH": "main", "STORE": store, "RUN_BY": "service:nightly", "RESULTS": place.temp / "night"}
    said, summary, _ = place.run(script, **night, KEY=key.read_text(), PEOPLE=people, OBSERVED=f"kubernetes=kubernetes:prod {export}\naws /nowhere.json")
    for row in ("| evidence | verifies |", "| activity | 1 |", "| rulesets | 1 |", "| rulesets/rule-suites | not read: the token may not |", "| drift of aws | failed, status 2 |", "| drift of kubernetes=kubernetes:prod | something is on one side alone |"):
        hold(row in summary, f"{row} is missing\n{summary}\n{said}")
    hold("| findings | 2: 1 critical, 1 high, 0 medium, 0 low;" in summary, summary)
    hold(re.search(r"\| leavers and movers \| [1-9]\d* findings \|", summary), summary)
    hold(re.search(r"\| what landed in \d{4}Q\d \| something was not evaluated", summary), summary)
    hold("2026-11-09" not in summary + said and "Secret Position" not in summary + said, "employment facts are told")
    place.git("fetch", "--quiet", "origin", "+refs/countersign/evidence:refs/countersign/evidence")
    listed = subprocess.run([str(place.binary), "evidence", "list", "--store", "git:refs/countersign/evidence"], cwd=place.work, capture_output=True, text=True).stdout
    for file in ("nightly.md", "activity.json", "rulesets.json"):
        hold(file in listed, f"{file} is not attached\n{listed}")
    year, month = datetime.date.today().year, datetime.date.today().month
    period = f"{year}Q{(month + 2) // 3}"
    asked = subprocess.run([str(place.binary), "population", "verify", "--period", period, "--branch", "main", "--store", "git:refs/countersign/evidence", "--format", "json"], cwd=place.work, capture_output=True, text=True)
    evidenced = [day["day"] for day in json.loads(asked.stdout)["days"] if day["night"] == "evidenced"]
    hold(len(evidenced) == 1, f"the night is not shown: {evidenced} {asked.stderr}")
    # Without a key, without exports, without anything that the forge says.
    place.say({})
    _, summary, _ = place.run(script, **night)
    hold("| drift | not looked for: no export was given |" in summary and "not looked for: no employment facts" in summary, summary)


def installs(place):
    """A release is held against what was pinned, or against its list; what differs is refused."""
    script = SCRIPTS / "install.sh"
    releases = place.folder / "releases"
    version = "9.9.9"
    folder = releases / f"v{version}"
    folder.mkdir(parents=True)
    program = b"#!/bin/sh\necho countersign 9.9.9\n"
    machine = {"x86_64": "x86_64", "amd64": "x86_64", "arm64": "aarch64", "aarch64": "aarch64"}[os.uname().machine]
    system = {"Linux": "unknown-linux-musl", "Darwin": "apple-darwin"}[os.uname().sysname]
    archive = folder / f"countersign-{version}-{machine}-{system}.tar.gz"
    with tarfile.open(archive, "w:gz") as written:
        entry = tarfile.TarInfo("countersign")
        entry.size, entry.mode = len(program), 0o755
        written.addfile(entry, io.BytesIO(program))
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    given = {"VERSION": version, "RELEASES": f"file://{releases}"}
    said, _, _ = place.run(script, 2, **given)
    hold("SHA256SUMS cannot be downloaded" in said, said)
    (folder / "SHA256SUMS").write_text(f"{digest}  {archive.name}\n")
    said, _, outputs = place.run(script, **given)
    hold("countersign 9.9.9" in said and "pin its sha256" in said, said)
    hold(Path(outputs["program"]).is_file() and (place.temp / "github_path").read_text().strip() == str(Path(outputs["program"]).parent), "it is not on PATH")
    said, _, _ = place.run(script, **given, SHA256=digest)
    hold("pin its sha256" not in said, said)
    for wrong, why in (({"SHA256": "0" * 64}, "is expected"), ({"SHA256": "ABC"}, "64 digits"), ({"VERSION": "../9.9.9"}, "is no version"), ({"PROVENANCE": "required"}, "cannot be verified here"), ({"VERSION": "9.9.8"}, "cannot be downloaded")):
        said, _, _ = place.run(script, 2, **{**given, **wrong})
        hold(why in said, f"{wrong}: {said}")
    archive.write_bytes(archive.read_bytes() + b"x")
    said, _, _ = place.run(script, 2, **given)
    hold("is expected" in said, said)
    _, _, outputs = place.run(script, PROGRAM=place.binary)
    hold(outputs["program"] == str(place.binary), outputs)


def checks(place):
    """The action at the root: a folder with findings, outputs beside the log, the status passed through."""
    script = SCRIPTS / "check.sh"
    acme = ROOT / "testdata/acme"
    sarif, markdown = place.temp / "a.sarif", place.temp / "a.md"
    said, summary, outputs = place.run(script, 1, FOLDER=acme / "head", BASE=acme / "base", RESULTS=place.temp / "r", ARGUMENTS="--no-record\r\n--show\nexisting\n", SARIF=sarif, MARKDOWN=markdown)
    hold("blocked: 3 findings must be cleared" in said and outputs["status"] == "1", said)
    hold(sarif.is_file() and markdown.read_text() == summary, "not everything is written")
    place.run(script, 0, FOLDER=acme / "base", BASE=acme / "base", RESULTS=place.temp / "r", ARGUMENTS="--no-record")


def merge_requests(place, head, key):
    """GitLab's job, as its file has it: the same change blocked, with what GitLab shows."""
    text = YAML(typ="safe").load((ROOT / ".gitlab/countersign.yml").read_text())
    template, job = text[".countersign"], text["countersign"]
    hold(template["variables"]["GIT_STRATEGY"] == "none", "GitLab checks the change out")
    script = place.folder / "gitlab.sh"
    script.write_text("\n".join([*template["before_script"], *job["script"]]))
    project = place.folder / "gitlab"
    project.mkdir()
    # GitLab asks for the remote with `.git`, and keeps a request's head under another name.
    shutil.copytree(place.remote, project / "iam.git")
    place.git("--git-dir", project / "iam.git", "update-ref", "refs/merge-requests/3/head", head)
    (place.tools / "countersign").unlink(missing_ok=True)
    (place.tools / "countersign").symlink_to(place.binary)
    variables = {name: str(value) for name, value in text["variables"].items()}
    event = {
        **variables, "CI_SERVER_URL": "https://gitlab.example", "CI_JOB_TOKEN": TOKEN, "CI_PROJECT_URL": project / "iam", "CI_PROJECT_DIR": project / "out",
        "CI_MERGE_REQUEST_IID": 3, "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main", "CI_COMMIT_SHA": head, "GITHUB_ACTIONS": "", "GITLAB_CI": "true",
    }
    # It is on main by now: judged against what was before it.
    place.git("--git-dir", project / "iam.git", "update-ref", "refs/heads/main", place.basis)
    said, _, _ = place.run(script, 1, **event)
    hold("CS-GRANT-001" in said, said)
    out = project / "out/countersign"
    quality = json.loads((out / "code-quality.json").read_text())
    hold(isinstance(quality, list) and (out / "junit.xml").is_file() and (out / "evidence/records").is_dir(), "GitLab has nothing to show")
    night = place.folder / "night.sh"
    night.write_text("\n".join([*template["before_script"], *text["countersign-night"]["script"]]))
    said, _, _ = place.run(night, 0, **event, CI_COMMIT_BRANCH="main")
    hold("attached" not in said, said)
    said, _, _ = place.run(night, 0, **{**event, "CI_COMMIT_BRANCH": "main", "COUNTERSIGN_EVIDENCE_KEY": key, "COUNTERSIGN_RUN_BY": "service:nightly"})
    hold(re.search("attached [0-9a-f]{64} as [0-9a-f]{64} at ", said), said)
    record = place.folder / "record.sh"
    record.write_text("\n".join([*template["before_script"], *text["countersign-record"]["script"]]))
    tip = place.commit("main", {"note.md": "On GitLab.\n"}, upon="main")
    place.git("push", "--quiet", project / "iam.git", f"+{tip}:refs/heads/main")
    said, _, _ = place.run(record, 0, **{**event, "CI_COMMIT_SHA": tip, "CI_COMMIT_BRANCH": "main", "COUNTERSIGN_EVIDENCE_KEY": key})
    hold(tip[:9] in said, said)
    # What is downloaded is held against its digest, too. An empty folder stands in for a system without the program.
    (place.tools / "countersign").unlink()
    releases = place.folder / "releases"
    said, _, _ = place.run(script, 1, **{**event, "COUNTERSIGN_VERSION": "9.9.9", "COUNTERSIGN_RELEASES": f"file://{releases}", "COUNTERSIGN_SHA256": "0" * 64})
    hold("FAILED" in said and "CS-GRANT-001" not in said, said)


def main():
    binary = Path(sys.argv[1]).resolve()
    try:
        for name in ("jq", "unzip", "git", "openssl"):
            hold(shutil.which(name), f"{name} is not installed")
        lint()
        step("workflows, actions and examples: zizmor, shellcheck, schemas, pins, versions")
        documented(binary)
        step("pages: commands, options, links")
        with tempfile.TemporaryDirectory() as folder:
            place = Place(binary, Path(folder).resolve())
            installs(place)
            step("install: pinned, listed, refused where it differs")
            checks(place)
            step("check: log, annotations, summary, files, status")
            head, results = judges(place)
            step("judge: blocked, approved by review, in the queue, without a checkout")
            comments(place, results)
            judges_again(place, head)
            step("comment and second look")
            key, store = records(place, head, results)
            step("recorder: with the judge's evidence, by a key and by a command")
            nights(place, key, store)
            step("night: everything told, nothing stopped, the day attached")
            merge_requests(place, head, key)
            step("GitLab: a merge request, a night, what landed")
    except Failure as failure:
        print(f"FAILED: {failure}", file=sys.stderr)
        sys.exit(1)


main()
