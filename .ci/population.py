#!/usr/bin/env python3
"""Holds a scripted branch against its evidence: population.py BINARY [MERGES] [PAGE]

A repository gets MERGES (300) ordinary changes, in turn a merge commit, a squash, a rebase of three commits, commits that
are pushed as they are, and a change that is blocked, mended and judged again; each is judged before it lands, by the
binary, and lands with git's own plumbing. Among them stands every way around the gate that git proves. Each must be found,
no ordinary landing may be accused, and the frozen population must be what `git rev-list` counts. The report of the branch is written to PAGE, as HTML, and
must come out the same again. Needs git. Ends with
status 1 at the first thing that is not as it should be.
"""

import collections
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BASIS = {
    "countersign.yaml": "version: 1\nrulesets: [{id: cs-p2p, owner: person:olga.brandt}]\n",
    "people.yaml": "apiVersion: countersign.dev/v1\nkind: Person\nmetadata: {id: olga.brandt}\nspec: {emails: [olga.brandt@example.com]}\n"
    "---\napiVersion: countersign.dev/v1\nkind: Person\nmetadata: {id: mira.vale}\n"
    "spec:\n  emails: [mira.vale@example.com]\n  accounts: [{system: ledger, name: MVALE}]\n",
    "systems.yaml": "apiVersion: countersign.dev/v1\nkind: System\nmetadata: {id: ledger}\nspec: {type: netsuite}\n",
    "roles.yaml": "apiVersion: countersign.dev/v1\nkind: Role\nmetadata: {id: clerk}\nspec: {system: ledger, permissions: [Bills]}\n"
    "---\napiVersion: countersign.dev/v1\nkind: Role\nmetadata: {id: payer}\nspec: {system: ledger, permissions: [Pay Bills]}\n",
}
GRANT = "apiVersion: countersign.dev/v1\nkind: Grant\nspec: {{system: ledger, to: account:ledger/MVALE, role: {}, scope: {{legal_entity: DE01}}}}\n"
# A role of its own for somebody else: no conflict.
CONFLICT = {"grants/bills.yaml": GRANT.format("clerk"), "grants/payments.yaml": GRANT.format("payer")}
ORDINARY = ("merge", "squash", "rebase", "pushed as it is", "mended")
AROUND = ("direct_push", "merge_not_evaluated", "other_tree", "stale", "not_passed", "again", "other_repository")


class Failure(Exception):
    """Something is not as it should be."""


def hold(condition, message):
    if not condition:
        raise Failure(message)


class Branch:
    """A branch `main` that grows by plumbing, without a checkout."""

    def __init__(self, binary, place):
        self.binary, self.place = binary, place
        self.at = int(time.time()) + 3600
        self.files, self.expected, self.made = dict(BASIS), collections.defaultdict(list), 0
        self.git("init", "--quiet", "--initial-branch=main")
        self.tip = None
        self.lands(self.commit(self.tree(self.files), [], "Start"))

    def git(self, *words, stdin=None, **variables):
        when = f"{self.at} +0000"
        surroundings = {
            **os.environ, "GIT_AUTHOR_NAME": "Nora Lind", "GIT_AUTHOR_EMAIL": "nora.lind@example.com",
            "GIT_COMMITTER_NAME": "Nora Lind", "GIT_COMMITTER_EMAIL": "nora.lind@example.com", "GIT_AUTHOR_DATE": when,
            "GIT_COMMITTER_DATE": when, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1", **variables,
        }
        run = subprocess.run(["git", *words], cwd=self.place, input=stdin, capture_output=True, text=True, env=surroundings)
        hold(run.returncode == 0, f"git {' '.join(words)}: {run.stderr}")
        return run.stdout.strip()

    def countersign(self, *words, allowed=(0,)):
        run = subprocess.run([self.binary, *words], cwd=self.place, capture_output=True, text=True)
        hold(run.returncode in allowed, f"countersign {' '.join(words)}: {run.returncode}\n{run.stdout}{run.stderr}")
        return run.stdout

    def tree(self, files, pinned=None):
        index = str(Path(self.place) / ".git" / "scripted-index")
        Path(index).unlink(missing_ok=True)
        blobs = []
        for path, text in sorted(files.items()):
            blobs.append(f"100644 {self.blob(text)}\t{path}")
        if pinned:
            blobs.append(f"160000 {pinned}\tvendor/library")
        self.git("update-index", "--index-info", stdin="\n".join(blobs) + "\n", GIT_INDEX_FILE=index)
        return self.git("write-tree", GIT_INDEX_FILE=index)

    def blob(self, text, known={}):
        if text not in known:
            known[text] = self.git("hash-object", "-w", "--stdin", stdin=text)
        return known[text]

    def commit(self, tree, parents, message):
        self.at += 7
        return self.git("commit-tree", tree, *[word for parent in parents for word in ("-p", parent)], "-m", message)

    def lands(self, commit):
        self.git("update-ref", "refs/heads/main", commit)
        self.tip = commit
        self.at += 600
        return commit

    def judged(self, head, allowed=(0,), base=None):
        self.countersign("check", "--base", base or self.tip, "--head", head, "--output", "json", allowed=allowed)

    def note(self):
        """A harmless change: a few notes are written over and over, so that the tree stays small."""
        self.made += 1
        self.files = {**self.files, f"notes/{self.made % 40}.md": f"note {self.made}\n"}
        return self.tree(self.files)

    def head(self, tree):
        return self.commit(tree, [self.tip], f"Change {self.made}")

    def merged(self, tree, head):
        return self.lands(self.commit(tree, [self.tip, head], f"Merge change {self.made}"))

    def change(self, way):
        if way == "pushed as it is":
            parts = [self.tip]
            for _ in range(3):
                self.at += 2_000
                parts.append(self.commit(self.note(), [parts[-1]], f"Change {self.made}"))
            self.judged(parts[-1])
            return self.lands(parts[-1])
        if way in ("mended", "not_passed"):
            blocked = self.head(self.tree({**self.files, **CONFLICT}))
            self.judged(blocked, allowed=(1,))
            if way == "not_passed":
                found = self.merged(self.tree({**self.files, **CONFLICT}), blocked)
                self.expected["not_passed"].append(found)
                # It is taken back by a change that passes.
                head = self.head(self.tree(self.files))
                self.judged(head)
                return self.merged(self.tree(self.files), head)
        tree = self.note()
        head = self.head(tree)
        if way == "direct_push":
            return self.expected[way].append(self.lands(head))
        if way == "merge_not_evaluated":
            return self.expected[way].append(self.merged(tree, head))
        if way == "other_repository":
            tree = self.tree(self.files, pinned=self.tip)
            head = self.head(tree)
            self.judged(head, allowed=(0, 1, 4))
            found = self.merged(tree, head)
            self.expected[way].append(found)
            # It is taken out again, which is such a change too.
            head = self.head(self.tree(self.files))
            self.judged(head, allowed=(0, 1, 4))
            return self.expected[way].append(self.merged(self.tree(self.files), head))
        self.judged(head)
        if way in ("merge", "mended"):
            self.merged(tree, head)
        elif way == "squash":
            self.lands(self.commit(tree, [self.tip], f"Change {self.made} (squashed)"))
        elif way == "rebase":
            # A forge writes one date into all of them.
            for part in range(2):
                between = self.tree({**self.files, "between.md": f"{self.made} {part}\n"})
                self.tip = self.commit(between, [self.tip], f"Part {part}")
            self.lands(self.commit(tree, [self.tip], f"Change {self.made}"))
        elif way == "other_tree":
            changed = self.note()
            self.expected[way].append(self.lands(self.commit(changed, [self.tip], "Squashed, with something more")))
        elif way == "stale":
            # Something else landed since it was judged.
            base = self.tip
            tree = self.note()
            other = self.commit(tree, [base], f"Change {self.made}")
            self.judged(other)
            self.merged(tree, other)
            self.expected["other_tree"].append(self.merged(self.note(), head))
        elif way == "again":
            before = {**self.files}
            self.merged(tree, head)
            reverted = self.tree({path: text for path, text in before.items() if not path.startswith("notes/")})
            head = self.head(reverted)
            self.judged(head)
            self.merged(reverted, head)
            self.expected["direct_push"].append(self.lands(self.commit(tree, [self.tip], "Bring it back")))


def run(binary, merges, page):
    with tempfile.TemporaryDirectory() as folder:
        place, keys = Path(folder) / "repository", Path(folder) / "keys"
        place.mkdir()
        keys.mkdir()
        branch = Branch(binary, place)
        key = str(keys / "key.pem")
        branch.countersign("evidence", "keygen", key)
        branch.countersign("evidence", "trust", "init", "--origin", "example.org/evidence", "--key", key)
        branch.countersign("record", "--key", key)
        # What was recorded is replaced.
        start, files = branch.tip, dict(branch.files)
        branch.change("merge")
        branch.countersign("record", "--key", key)
        branch.expected["history_replaced"].append(branch.tip)
        branch.lands(start)
        branch.files = files
        landed, around = 0, 0
        every = max(1, merges // 12)
        for number in range(merges):
            branch.change(ORDINARY[number % len(ORDINARY)])
            if number % every == every // 2:
                branch.change(AROUND[around % len(AROUND)])
                around += 1
        seconds = time.perf_counter()
        year = time.gmtime().tm_year
        period = f"{year}-01-01..{year + 1}-12-31"
        of = ["--period", period, "--branch", "main"]
        answer = json.loads(branch.countersign("population", "verify", *of, "--format", "json", allowed=(1,)))
        seconds = time.perf_counter() - seconds
        for way in answer["ways"]:
            if way["shown_by"] == "git":
                found = sorted(taken["commit"] for taken in way["taken"])
                hold(found == sorted(branch.expected[way["way"]]), f"{way['way']}: found {found}, made {sorted(branch.expected[way['way']])}")
                hold(found, f"{way['way']} was never taken")
        accused = sum(answer["states"][state] for state in ("not_passed", "other_tree", "not_evaluated"))
        made = sum(len(branch.expected[way]) for way in ("direct_push", "merge_not_evaluated", "other_tree", "not_passed"))
        hold(accused == made, f"{accused} landings are accused, {made} got past the gate")
        landed = int(branch.git("rev-list", "--count", "--first-parent", "main"))
        hold(answer["landed"] == landed, f"{answer['landed']} landings, git counts {landed}")
        frozen = str(keys / "merges.json")
        branch.countersign("population", "merges", *of, "--output", frozen)
        with open(frozen, encoding="utf-8") as file:
            hold(json.load(file)["count"] == landed, "the frozen population is another one")
        if page:
            Path(page).parent.mkdir(parents=True, exist_ok=True)
            Path(page).unlink(missing_ok=True)
            branch.countersign("report", *of, "--entity", "Example", "--output", f"html={page}")
            branch.countersign("report", "verify", page, *of)
        print(
            f"{merges} ordinary changes in {landed} landings: {made} got past the gate and were found, "
            f"{sum(map(len, branch.expected.values()))} ways taken in all; verified in {seconds:.1f} s"
        )


def main():
    binary = str(Path(sys.argv[1]).resolve())
    try:
        page = str(Path(sys.argv[3]).resolve()) if len(sys.argv) > 3 else None
        run(binary, int(sys.argv[2]) if len(sys.argv) > 2 else 300, page)
    except Failure as failure:
        sys.exit(f"population: {failure}")


if __name__ == "__main__":
    main()
