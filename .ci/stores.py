#!/usr/bin/env python3
"""Holds every kind of storage for evidence against the real thing: stores.py BINARY APPEND [SCALE|full]

APPEND is the example `append`. Many of them write to one log at once and are killed at random; afterwards every record
that was acknowledged must be in the log exactly once, at its place, and the log must verify. SCALE divides the load, for
a quick look; `full` is 32 writers of 200 records on each of them, which takes the better part of an hour. Needs git and what `.ci/requirements.txt` lists. Ends with status 1 at the first thing that is not as it should be.
"""

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import boto3
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from s3_server import Server

ROOT = Path(__file__).resolve().parent.parent
SEED = 7
FULL = 0


class Failure(Exception):
    """Something is not as it should be."""


def hold(condition, message):
    if not condition:
        raise Failure(message)


def variables(home, **more):
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "TMPDIR": str(home),
        "GIT_CONFIG_NOSYSTEM": "1",
        **more,
    }


def run(command, cwd, env, expected=0, text=None):
    ran = subprocess.run(command, cwd=cwd, env=env, input=text, capture_output=True, text=True, check=False)
    hold(ran.returncode == expected, f"{command} ended with {ran.returncode}: {ran.stdout}{ran.stderr}")
    return ran.stdout + ran.stderr


def loaded(writers, records, scale):
    """How many writers write how many records each."""
    return (32, 200) if scale == FULL else (writers, max(1, records // scale))


class Load:
    """Writers of one log, which are killed and go on."""

    def __init__(self, append, template, key, place):
        self.append, self.template, self.key, self.place = append, template, key, place
        self.acknowledged = []
        self.errors = []
        self.kills = 0
        self.lock = threading.Lock()
        self.running = {}

    def writer(self, number, records):
        """One writer. Killed or failed, it begins again with the first record that was not acknowledged."""
        done, starts = 0, 0
        while done < records and starts < 50 + records:
            starts += 1
            location, cwd, env = self.place(number)
            command = [self.append, "append", self.template, location, self.key, str(number), str(done), str(records)]
            process = subprocess.Popen(command, cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            with self.lock:
                self.running[number] = process
            for line in process.stdout:
                # A line without its end was not said in full.
                if line.endswith("\n"):
                    done = int(line.split(" ")[1]) + 1
                    with self.lock:
                        self.acknowledged.append(line)
            complaint = process.stderr.read()
            status = process.wait()
            with self.lock:
                del self.running[number]
                if status not in (0, -9):
                    self.errors.append(complaint.strip())
        hold(done == records, f"writer {number} got to {done} of {records}: {self.errors[-3:]}")

    def kill(self, ended, drawn, most):
        """Kills writers until the load has ended, one after another."""
        while not ended.wait(drawn.uniform(0.02, 2 * most)):
            with self.lock:
                if self.running:
                    victim = self.running[drawn.choice(sorted(self.running))]
                    victim.kill()
                    self.kills += 1

    def run(self, writers, records, pause):
        """`pause` is the mean time between two kills, in seconds."""
        location, cwd, env = self.place(0)
        run([self.append, "begin", self.template, location, self.key], cwd, env)
        ended, failures = threading.Event(), []

        def one(number):
            try:
                self.writer(number, records)
            except Exception as failure:  # noqa: BLE001 — it is raised again below
                failures.append(failure)

        began = time.monotonic()
        killer = threading.Thread(target=self.kill, args=(ended, random.Random(SEED), pause))
        killer.start()
        threads = [threading.Thread(target=one, args=(number,)) for number in range(writers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        took = time.monotonic() - began
        ended.set()
        killer.join()
        if failures:
            raise failures[0]
        hold(self.kills > 0, "nobody was killed")
        return took

    def check(self, writers, records, took):
        location, cwd, env = self.place(0)
        said = run([self.append, "verify", location, self.key], cwd, env, text="".join(self.acknowledged))
        expected = f"{writers * records + 1} leaves, 1 signed by statements about keys and {writers * records} unsigned"
        hold(expected in said and " 0 not logged" in said, f"{location}: {said}")
        rate = writers * records / took
        print(
            f"{location}: {writers} writers of {records} records, {self.kills} killed, {len(self.errors)} failed and went "
            f"on, {took:.0f} s, {rate:.1f} records/s; {said.strip()}",
            flush=True,
        )
        for error in sorted(set(self.errors))[:3]:
            print(f"    an error among them: {error}", flush=True)

    def tidy(self, before):
        """Tidies, and holds that nothing of the log was needed."""
        location, cwd, env = self.place(0)
        said = run([self.append, "tidy", location, self.key], cwd, env)
        after = run([self.append, "verify", location, self.key], cwd, env, text="".join(self.acknowledged))
        hold(before(after), f"{location}: {after}")
        print(f"    {said.strip()}", flush=True)


def template_of(binary, work):
    """Evidence of one run, whose record is the pattern of all."""
    shutil.copytree(ROOT / "testdata" / "acme", work / "acme", ignore=shutil.ignore_patterns("evidence", "*.snap", ".countersign"))
    run([binary, "check", "acme/head", "--base", "acme/base", "--as-of", "2026-11-21T00:00:00Z"], work, variables(work), expected=1)
    evidence = work / "acme" / "head" / ".countersign" / "evidence"
    hold(any(evidence.glob("records/*/*.json")), f"no record in {evidence}")
    return str(evidence)


def key_in(work):
    path = work / "key.pem"
    key = Ed25519PrivateKey.generate()
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    path.write_bytes(key.private_bytes(encoding, form, serialization.NoEncryption()))
    path.chmod(0o600)
    return str(path)


def commands(binary, place, location, env, damage, roll_back):
    """Every command over the evidence, as people run them, in a place; then an object that is gone and an older copy."""

    def countersign(line, expected=0):
        return run([binary, *line.split()], place, env, expected=expected)

    evidence = f"--store {location}"
    countersign("evidence keygen own.pem")
    countersign(f"evidence trust init --origin example.com/{place.name} --key own.pem {evidence}")
    countersign("check --base main~1 --head main", 1)
    hold("with the judge's record" in countersign(f"record main --key own.pem --anchor first {evidence}"), "no judge's record")
    hold("recorded already" in countersign(f"record main --key own.pem {evidence}"), "recorded twice")
    (place / "tickets.csv").write_text("id,what\n1,grant\n")
    countersign(
        f"evidence attach tickets.csv --source tickets.example.com --run-at 2026-11-21T00:00:00Z --run-by person:mira.vale --tier observed --key own.pem {evidence}"
    )
    older = roll_back()
    run(["git", "commit", "-q", "--allow-empty", "-m", "Nothing"], place, env)
    countersign(f"record main --key own.pem --anchor second {evidence}")
    said = countersign(f"evidence verify --anchor first --anchor second {evidence}")
    hold("consistent with 2" in said and "it verifies" in said, said)
    hold("3 of 3 came out the same" in countersign(f"evidence reperform --all {evidence}"), "not the same again")
    listed = countersign(f"evidence list --format json {evidence}")
    record = next(row["record"] for row in json.loads(listed)["records"] if row["what"] == "record")
    hold("verdict" in countersign(f"evidence show {record} {evidence}"), "not shown")
    undo = damage()
    hold("is not there" in countersign(f"evidence verify {evidence}", 5), "a lost object is not found")
    undo()
    countersign(f"evidence verify {evidence}")
    older()
    hold("the end was cut off" in countersign(f"evidence verify --anchor second {evidence}", 5), "an older copy is not found")
    print(f"    every command over {location}: {said.strip().splitlines()[-1]}", flush=True)


def judged_repository(work, name, env):
    """A repository with the example's two states as commits."""
    place = work / name
    run(["git", "init", "-q", "-b", "main", str(place)], work, env)
    for state in ("base", "head"):
        for old in place.iterdir():
            if old.name != ".git":
                shutil.rmtree(old) if old.is_dir() else old.unlink()
        shutil.copytree(work / "acme" / state, place, dirs_exist_ok=True, ignore=shutil.ignore_patterns("evidence"))
        run(["git", "add", "--all"], place, env)
        run(["git", "commit", "-q", "-m", state], place, env)
    return place


PERSON = {
    "GIT_AUTHOR_NAME": "Example",
    "GIT_AUTHOR_EMAIL": "example@example.com",
    "GIT_COMMITTER_NAME": "Example",
    "GIT_COMMITTER_EMAIL": "example@example.com",
}


def a_folder(load, work, scale):
    load = load(lambda _: (f"dir:{work}/folder", work, variables(work)))
    writers, records = loaded(32, 200, scale)
    load.check(writers, records, load.run(writers, records, 0.15))
    load.tidy(lambda said: f"{writers * records + 1} leaves" in said)


def commands_in_git(binary, work):
    """The commands over a reference of another repository."""
    env = variables(work, **PERSON)
    place = judged_repository(work, "judged-in-git", env)
    run(["git", "init", "-q", "--bare", "ledger.git"], work, env)
    shared, name = work / "ledger.git", "refs/countersign/evidence"

    def tip():
        return run(["git", "rev-parse", name], shared, env).strip()

    def damage():
        before = tip()
        victim = run(["git", "ls-tree", "-r", "--name-only", before, "objects/"], shared, env).splitlines()[0]
        index = {**env, "GIT_INDEX_FILE": str(work / "index")}
        run(["git", "read-tree", before], shared, index)
        run(["git", "update-index", "--index-info"], shared, index, text=f"0 {'0' * 40}\t{victim}\n")
        tree = run(["git", "write-tree"], shared, index).strip()
        commit = run(["git", "commit-tree", tree, "-p", before, "-m", "damage"], shared, env).strip()
        run(["git", "update-ref", name, commit], shared, env)
        return lambda: run(["git", "update-ref", name, before], shared, env)

    def roll_back():
        before = tip()
        return lambda: run(["git", "update-ref", name, before], shared, env)

    commands(binary, place, f"git:{name}@../ledger.git", env, damage, roll_back)


def a_reference(load, work, scale):
    repository = work / "repository"
    run(["git", "init", "-q", "--bare", str(repository)], work, variables(work))
    load = load(lambda _: ("git:refs/countersign/evidence", repository, variables(work)))
    writers, records = loaded(8, 50, scale)
    load.check(writers, records, load.run(writers, records, 1))
    run(["git", "fsck", "--strict"], repository, variables(work))
    load.tidy(lambda said: f"{writers * records + 1} leaves" in said)


def a_remote(load, work, scale):
    """Four clones of one bare repository, and two writers in each."""
    run(["git", "init", "-q", "--bare", "shared.git"], work, variables(work))
    clones = [f"clone-{number}" for number in range(4)]
    for clone in clones:
        run(["git", "clone", "-q", "shared.git", clone], work, variables(work))
    location = "git:refs/countersign/evidence@origin"
    load = load(lambda number: (location, work / clones[number % 4], variables(work)))
    writers, records = loaded(8, 10, scale)
    load.check(writers, records, load.run(writers, records, 2))
    run(["git", "fsck", "--strict"], work / "shared.git", variables(work))


def commands_in_bucket(binary, work, client, env):
    """The commands over a bucket."""
    env = {**env, **PERSON}
    place = judged_repository(work, "judged-in-bucket", env)

    def contents():
        names = [one["Key"] for page in client.get_paginator("list_objects_v2").paginate(Bucket="plain", Prefix="commands/") for one in page["Contents"]]
        return {name: client.get_object(Bucket="plain", Key=name)["Body"].read() for name in names}

    def damage():
        name, body = next((name, body) for name, body in contents().items() if "/objects/" in name)
        client.delete_object(Bucket="plain", Key=name)
        return lambda: client.put_object(Bucket="plain", Key=name, Body=body)

    def roll_back():
        before = contents()

        def older():
            for name in contents().keys() - before.keys():
                client.delete_object(Bucket="plain", Key=name)
            for name, body in before.items():
                client.put_object(Bucket="plain", Key=name, Body=body)

        return older

    commands(binary, place, "s3://plain/commands", env, damage, roll_back)


def a_bucket(load, work, scale, binary):
    server = Server(SEED)
    keys = {"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "us-east-1"}
    env = variables(work, AWS_ENDPOINT_URL=server.url, AWS_ALLOW_HTTP="true", **keys)
    client = boto3.client("s3", endpoint_url=server.url, aws_access_key_id="id", aws_secret_access_key="secret", region_name="us-east-1")
    client.create_bucket(Bucket="plain")
    client.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
    retention = {"Mode": "GOVERNANCE", "Days": 400}
    client.put_object_lock_configuration(
        Bucket="locked",
        ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": retention}},
    )
    place = load(lambda _: ("s3://plain/a/log", work, env))
    for bucket, expected in [("plain", "retention: \nkeeps: \n"), ("locked", "retention: GOVERNANCE, 400 days\nkeeps: the bucket")]:
        said = run([place.append, "about", f"s3://{bucket}/x"], work, env)
        hold(said.startswith(expected), f"{bucket}: {said}")
    for location, expected in [("s3://absent/x", "not there"), ("s3://plain/x", "there is no log")]:
        said = run([place.append, "append", place.template, location, place.key, "0", "0", "1"], work, env, expected=1)
        hold(expected in said, f"{location}: {said}")

    commands_in_bucket(binary, work, client, env)

    server.faults = True
    writers, records = loaded(8, 25, scale)
    place.check(writers, records, place.run(writers, records, 2))
    print(f"    {server.counts}", flush=True)
    hold(min(server.counts.values()) > 0, "a fault did not occur")
    server.faults = False
    place.tidy(lambda said: f"{writers * records + 1} leaves" in said)

    locked = load(lambda _: ("s3://locked/log", work, env))
    run([locked.append, "begin", locked.template, "s3://locked/log", locked.key], work, env)
    said = run([locked.append, "append", locked.template, "s3://locked/log", locked.key, "0", "0", "3"], work, env)
    run([locked.append, "verify", "s3://locked/log", locked.key], work, env, text=said)


def main():
    binary, append = (str(Path(path).resolve()) for path in sys.argv[1:3])
    scale = sys.argv[3] if len(sys.argv) > 3 else "1"
    scale = FULL if scale == "full" else int(scale)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder).resolve()
        template, key = template_of(binary, work), key_in(work)

        def load(place):
            return Load(append, template, key, place)

        commands_in_git(binary, work)
        for kind in (a_folder, a_reference, a_remote):
            kind(load, work, scale)
        a_bucket(load, work, scale, binary)


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        print(failure, file=sys.stderr)
        sys.exit(1)
