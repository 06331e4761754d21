#!/usr/bin/env python3
"""Runs the hook as the pre-commit framework does: pre_commit.py

Builds the wheel of python/pyproject.toml from what `cargo build` left in target/, serves it from a folder, and has the real
`pre-commit` install this repository's hook in a scratch repository, without a network and without a compiler. Then it
commits, merges, pushes and asks by hand, and reads what a person sees. Needs cargo, git and what `.ci/requirements.txt`
lists. Ends with status 1 at the first thing that is not as it should be.
"""

import hashlib
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from end_to_end import Failure, hold  # noqa: E402
from population import BASIS, GRANT  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
TOOLS = Path(sys.executable).parent
WHEELS = ROOT / "target/wheels-of-ci"
# Each is harmless alone.
BILLS, PAYMENTS = GRANT.format("clerk"), GRANT.format("payer")


def run(*words, at, status=0, **environment):
    """Runs a program with a small environment of its own, and returns what a person sees."""
    ran = subprocess.run([str(word) for word in words], cwd=at, env=environment, capture_output=True, text=True)
    said = ran.stdout + ran.stderr
    hold((ran.returncode == 0) == (status == 0), f"{' '.join(map(str, words))} ended with status {ran.returncode}\n{said}")
    return said


def versions():
    """The shim, the wheel and the program have one version."""
    version = re.search(r'^version = "(.+)"$', (ROOT / "Cargo.toml").read_text(), re.M)[1]
    shim = (ROOT / "pyproject.toml").read_text()
    hold(f'version = "{version}"' in shim and f'"countersign=={version}"' in shim, "pyproject.toml installs another version than this one")
    return version


def wheel(version):
    """The wheel, and what is in it."""
    for old in WHEELS.glob("*.whl"):
        old.unlink()
    words = [TOOLS / "maturin", "build", "--quiet", "--profile", "dev", "--locked", "--auditwheel", "skip", "--target-dir", ROOT / "target", "--out", WHEELS]
    run(*words, at=ROOT / "python", **{**os.environ, "CARGO_INCREMENTAL": "0"})
    [made] = WHEELS.glob(f"countersign-{version}-py3-none-*.whl")
    with zipfile.ZipFile(made) as opened:
        names = opened.namelist()
    hold(any(name.endswith(".data/scripts/countersign") for name in names), f"the wheel has no program: {names}")
    hold(not any(name.endswith(".py") for name in names), f"the wheel has more than the program: {names}")
    # What builds the shim itself, for a machine without a network.
    run(TOOLS / "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--dest", WHEELS, "setuptools", at=ROOT, **os.environ)


def release(version, folder):
    """The archive that the release workflow packs from a wheel is the one that the action installs."""
    [made] = WHEELS.glob("countersign-*.whl")
    out = folder / f"v{version}"
    scripts, temp = ROOT / ".github/actions/scripts", folder / "temp"
    temp.mkdir()
    # This build is not linked statically, which the target of a release must be and package.sh holds.
    packed = {"WHEEL": str(made), "VERSION": version, "OUT": str(out), "PATH": os.environ["PATH"]}
    said = run("bash", scripts / "package.sh", at=folder, status=1, **packed, TARGET="x86_64-unknown-linux-musl")
    hold("is not linked statically" in said, said)
    run("bash", scripts / "package.sh", at=folder, **packed, TARGET="of-this-machine")
    [archive] = out.iterdir()
    with tarfile.open(archive) as packed:
        names = packed.getnames()
    for name in ("countersign", "man/man1/countersign-check.1", "completions/countersign.bash"):
        hold(name in names, f"the archive has no {name}: {names}")
    archive = archive.rename(out / f"countersign-{version}-{os.uname().machine}-unknown-linux-musl.tar.gz")
    (out / "SHA256SUMS").write_text(f"{hashlib.sha256(archive.read_bytes()).hexdigest()}  {archive.name}\n")
    said = run("bash", scripts / "install.sh", at=folder, VERSION=version, RELEASES=f"file://{folder}", RUNNER_TEMP=str(temp), PATH=os.environ["PATH"])
    hold(f"countersign {version}" in said, said)


class Place:
    """A repository of a person who uses the framework."""

    def __init__(self, folder):
        self.folder, self.remote = folder / "work", folder / "remote.git"
        hooks = folder / "hooks"
        # No cargo, no rustc: whoever uses the hook has neither.
        self.environment = {
            "PATH": f"{TOOLS}:/usr/local/bin:/usr/bin:/bin", "HOME": str(folder), "PRE_COMMIT_HOME": str(folder / "framework"),
            "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(WHEELS), "GIT_CONFIG_NOSYSTEM": "1", "NO_COLOR": "1",
            **{f"GIT_{role}_{what}": value for role in ("AUTHOR", "COMMITTER") for what, value in (("NAME", "Mira Vale"), ("EMAIL", "mira.vale@example.com"))},
        }
        for name in (hooks, self.folder):
            name.mkdir()
        # What a user's `rev` names: the files of this repository that pre-commit needs. All of it would do; git clones it.
        self.git("init", "--quiet", "--initial-branch=main", at=hooks)
        for name in (".pre-commit-hooks.yaml", "pyproject.toml", "python/hook/countersign_hook.py", "Cargo.toml", "src/main.rs"):
            (hooks / name).parent.mkdir(parents=True, exist_ok=True)
            (hooks / name).write_bytes((ROOT / name).read_bytes())
        self.git("add", "--all", at=hooks)
        self.git("commit", "--quiet", "--message", "Release", at=hooks)
        revision = self.git("rev-parse", "HEAD", at=hooks).strip()
        self.git("init", "--quiet", "--bare", "--initial-branch=main", self.remote, at=folder)
        self.git("init", "--quiet", "--initial-branch=main")
        self.git("remote", "add", "origin", self.remote)
        self.write({**BASIS, ".pre-commit-config.yaml": f"repos:\n  - repo: {hooks}\n    rev: {revision}\n    hooks:\n      - id: countersign\n"})
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "Start")
        self.git("push", "--quiet", "--set-upstream", "origin", "main")
        self.git("remote", "set-head", "origin", "main")

    def git(self, *words, at=None, status=0):
        return run("git", *words, at=at or self.folder, status=status, **self.environment)

    def framework(self, *words, status=0):
        return run(TOOLS / "pre-commit", *words, at=self.folder, status=status, **self.environment)

    def write(self, files):
        for path, text in files.items():
            (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / path).write_text(text)


def shows(said, why):
    """What somebody who is stopped must see: the finding, both legs, who may let it pass, how it ends."""
    for text in ("countersign", "Failed", "CS-SOD-001", "mira.vale", "grants/bills.yaml", "grants/payments.yaml", "blocked: 1 finding must be cleared"):
        hold(text in said, f"{why}: `{text}` is not shown\n{said}")


def commits(place):
    said = place.framework("install", "--install-hooks", "--hook-type", "pre-commit", "--hook-type", "pre-merge-commit", "--hook-type", "pre-push")
    hold("pre-push" in said, said)

    place.write({"grants/bills.yaml": BILLS})
    place.git("add", "--all")
    said = place.git("commit", "--message", "Bills")
    hold(re.search(r"countersign\.+Passed", said), f"a harmless commit does not pass\n{said}")

    place.write({"grants/payments.yaml": PAYMENTS})
    place.git("add", "--all")
    shows(place.git("commit", "--message", "Payments", status=1), "a commit that brings a conflict")
    shows(place.framework("run", "--all-files", status=1), "--all-files")
    shows(place.framework("run", "--hook-stage", "manual", "countersign", status=1), "by hand")
    place.git("reset", "--quiet", "--hard")

    # What only lies in the work tree is no part of the commit.
    place.write({"note.md": "Hello.\n", "grants/payments.yaml": PAYMENTS})
    place.git("add", "note.md")
    place.git("commit", "--quiet", "--message", "Note")
    (place.folder / "grants/payments.yaml").unlink()
    # A commit that only removes something is judged as well.
    place.git("rm", "--quiet", "note.md")
    said = place.git("commit", "--message", "No note")
    hold(re.search(r"countersign\.+Passed", said), said)


def merges_and_pushes(place):
    # Two branches, each harmless alone.
    place.git("checkout", "--quiet", "-b", "payments", "origin/main")
    place.write({"grants/payments.yaml": PAYMENTS})
    place.git("add", "--all")
    place.git("commit", "--quiet", "--message", "Payments")
    shows(place.git("merge", "--no-edit", "main", status=1), "a merge that brings a conflict")
    place.git("merge", "--abort")

    # Past the commit's hook, and stopped at the push.
    place.git("merge", "--quiet", "--no-edit", "--no-verify", "main")
    shows(place.git("push", "origin", "payments", status=1), "a push of a conflict")
    place.git("checkout", "--quiet", "main")
    said = place.git("push", "origin", "main")
    hold(re.search(r"countersign\.+Passed", said), said)

    # As a job asks that has no index: these commits.
    shows(place.framework("run", "--from-ref", "origin/main", "--to-ref", "payments", status=1), "commits that are named")
    # A remote whose HEAD nobody knows: against what it has.
    place.git("remote", "set-head", "origin", "--delete")
    place.git("push", "--quiet", "--no-verify", "origin", "payments~1:refs/heads/payments")
    shows(place.git("push", "origin", "payments", status=1), "a push to a remote whose HEAD is not known")


def main():
    try:
        version = versions()
        wheel(version)
        print("the wheel holds the program, and one version stands everywhere", flush=True)
        with tempfile.TemporaryDirectory() as folder:
            release(version, Path(folder).resolve())
        print("what a release packs, the action installs", flush=True)
        with tempfile.TemporaryDirectory() as folder:
            place = Place(Path(folder).resolve())
            commits(place)
            print("commits: blocked with both legs shown, passed, all files, by hand", flush=True)
            merges_and_pushes(place)
            print("merges and pushes", flush=True)
    except Failure as failure:
        print(f"FAILED: {failure}", file=sys.stderr)
        sys.exit(1)


main()
