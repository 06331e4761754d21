"""The entry of the pre-commit framework's hook: asks `countersign check` what the stage is about.

Before a commit or a merge, and by hand, that is what is staged, against HEAD. Before a push, and with `--from-ref` and
`--to-ref`, it is the commits that the framework names, as they would merge. Further arguments go to `countersign check`.
"""

import os
import shutil
import subprocess
import sys


def commit(revision):
    """The commit that a revision names, or nothing."""
    asked = subprocess.run(
        ["git", "rev-parse", "--quiet", "--verify", "--end-of-options", revision + "^{commit}"],
        stdout=subprocess.PIPE, text=True, check=False,
    )
    return asked.stdout.strip() if asked.returncode == 0 else None


def question(environment):
    """The arguments that say what to judge; nothing where there is nothing to compare with."""
    base, head = environment.get("PRE_COMMIT_FROM_REF"), environment.get("PRE_COMMIT_TO_REF")
    remote = environment.get("PRE_COMMIT_REMOTE_NAME")
    if remote:
        # The branch that the remote calls HEAD is where changes are judged; what it has of this branch is next to it.
        base = commit("refs/remotes/" + remote + "/HEAD") or base
    if head and base:
        return ["--base", commit(base) or base, "--head", commit(head) or head, "--no-record"]
    if remote:
        return None
    return ["--staged"]


def main():
    """Runs the program that lies beside this one."""
    asked = question(os.environ)
    if asked is None:
        print("countersign: nobody knows what the remote has, so that this push is not judged: git remote set-head REMOTE --auto")
        return 0
    beside = os.path.dirname(os.path.abspath(sys.argv[0]))
    program = shutil.which("countersign", path=beside) or "countersign"
    return subprocess.run([program, "check", *asked, *sys.argv[1:]], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
