#!/usr/bin/env python3
"""A long history in which few changes touch access, and how long `countersign timeline` takes over it.

    timeline.py BINARY [COMMITS] [SHARE]

SHARE (0.02) of the commits change access. What the history declares is known from how it is made: every interval that the command tells is held against that.
"""

import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

FIRST = 1_700_000_000
STEP = 3_600
PEOPLE = 200
OTHERS = 600

CONFIG = "version: 1\nrulesets: [{id: cs-p2p, owner: person:p0}]\n"
SYSTEM = "apiVersion: countersign.dev/v1\nkind: System\nmetadata: {id: ledger}\nspec: {type: netsuite}\n"
ROLES = "".join(
    f"---\napiVersion: countersign.dev/v1\nkind: Role\nmetadata: {{id: {name}}}\n"
    f"spec: {{system: ledger, permissions: [{permission}]}}\n"
    for name, permission in (("clerk", "Bills"), ("payer", "Pay Bills"))
)


def person(number):
    return (
        f"apiVersion: countersign.dev/v1\nkind: Person\nmetadata: {{id: p{number}}}\n"
        f"spec: {{emails: [p{number}@example.com], accounts: [{{system: ledger, name: P{number}}}]}}\n"
    )


def grant(number, role):
    return (
        "apiVersion: countersign.dev/v1\nkind: Grant\n"
        f"spec: {{system: ledger, to: account:ledger/P{number}, role: {role}, scope: {{legal_entity: DE01}}}}\n"
    )


def make(folder, commits, share):
    """Writes the history, and returns when each person had the conflict: from, and to or nothing."""
    chance = random.Random(7)
    files = {"countersign.yaml": CONFIG, "systems.yaml": SYSTEM, "roles.yaml": ROLES}
    files |= {f"people/p{number}.yaml": person(number) for number in range(PEOPLE)}
    files |= {f"grants/p{number}-clerk.yaml": grant(number, "clerk") for number in range(PEOPLE)}
    files |= {f"src/f{number}.py": f"print({number})\n" for number in range(OTHERS)}
    files |= {f"deploy/d{number}.yaml": f"replicas: {number}\n" for number in range(OTHERS)}
    spans = {number: [] for number in range(PEOPLE)}
    subprocess.run(["git", "init", "--quiet", "--initial-branch=main", folder], check=True)
    git = subprocess.Popen(["git", "-C", folder, "fast-import", "--quiet"], stdin=subprocess.PIPE)
    put = git.stdin.write

    def commit(at, message, changes):
        put(f"commit refs/heads/main\ncommitter N <n@example.com> {at} +0000\ndata {len(message)}\n{message}\n".encode())
        for path, text in changes.items():
            if text is None:
                put(f"D {path}\n".encode())
            else:
                put(f"M 100644 inline {path}\ndata {len(text.encode())}\n{text}\n".encode())

    commit(FIRST, "Start", files)
    for number in range(1, commits):
        at = FIRST + number * STEP
        kind = chance.random()
        if kind < share:
            who = chance.randrange(PEOPLE)
            path = f"grants/p{who}-payer.yaml"
            if spans[who] and spans[who][-1][1] is None:
                spans[who][-1][1] = at
                commit(at, "Take", {path: None})
            else:
                spans[who].append([at, None])
                commit(at, "Give", {path: grant(who, "payer")})
        elif kind < share + (1 - share) / 3:
            commit(at, "Deploy", {f"deploy/d{chance.randrange(OTHERS)}.yaml": f"replicas: {number}\n"})
        else:
            commit(at, "Code", {f"src/f{chance.randrange(OTHERS)}.py": f"print('{number}')\n"})
    git.stdin.close()
    assert git.wait() == 0
    subprocess.run(["git", "-C", folder, "reset", "--quiet", "--hard"], check=True)
    return spans


def instant(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def ask(binary, folder):
    began = time.monotonic()
    ran = subprocess.run(
        [binary, "timeline", "--since", "2023-01-01", "--format", "json"], cwd=folder, check=True, stdout=subprocess.PIPE
    )
    return json.loads(ran.stdout), time.monotonic() - began


def main():
    binary = str(Path(sys.argv[1]).resolve())
    commits = int(sys.argv[2]) if len(sys.argv) > 2 else 10_000
    share = float(sys.argv[3]) if len(sys.argv) > 3 else 0.02
    with tempfile.TemporaryDirectory() as folder:
        spans = make(folder, commits, share)
        cold, cold_seconds = ask(binary, folder)
        warm, warm_seconds = ask(binary, folder)
        cold.pop("to"), warm.pop("to")
        assert cold["items"] == warm["items"] and cold["totals"] == warm["totals"]
        told = {
            item["subject"]: [(span["from"], span.get("to")) for span in item["spans"]]
            for item in cold["items"]
            if item["kind"] == "conflict"
        }
        made = {
            f"person:p{number}": [(instant(start), end and instant(end)) for start, end in own]
            for number, own in spans.items()
            if own
        }
        assert told == made, "the intervals are not those that were made"
        with open(f"{folder}/src/f0.py", "a") as file:
            file.write("print()\n")
        subprocess.run(
            ["git", "-C", folder, "-c", "user.name=N", "-c", "user.email=n@example.com", "commit", "-qam", "One more"],
            check=True,
        )
        _, next_seconds = ask(binary, folder)
        changes = sum(len(own) + sum(end is not None for _, end in own) for own in spans.values())
        size = sum(file.stat().st_size for file in Path(folder, ".git/countersign/cache/timeline").iterdir())
    print(f"{commits} commits, {changes} of them change access, {len(made)} people with {sum(map(len, made.values()))} conflicts")
    print(f"cold {cold_seconds:.1f} s, warm {warm_seconds:.2f} s, after one commit more {next_seconds:.2f} s, kept {size} bytes")


main()
