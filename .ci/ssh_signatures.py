#!/usr/bin/env python3
"""Holds evidence that SSH keys signed against OpenSSH: ssh_signatures.py BINARY

Keys of both kinds, in a file and in a real `ssh-agent`, sign a record; `ssh-keygen -Y verify` agrees, by the very line that
`evidence show --files` prints, and refuses an altered one. Needs git and OpenSSH. Ends with status 1 at the first thing
that is not as it should be.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from end_to_end import Countersign, Failure, hold  # noqa: E402
from interop import ORIGIN, repository  # noqa: E402


def openssh(arguments, **more):
    ran = subprocess.run(arguments, capture_output=True, text=True, check=False, **more)
    hold(ran.returncode == 0, f"{arguments} ended with {ran.returncode}: {ran.stdout}{ran.stderr}")
    return ran.stdout


class Agent:
    """An `ssh-agent` of its own."""

    def __init__(self, folder):
        self.socket = folder / "agent"
        self.process = subprocess.Popen(["ssh-agent", "-D", "-a", str(self.socket)], stdout=subprocess.DEVNULL)
        for _ in range(1000):
            if self.socket.exists():
                return
            time.sleep(0.01)
        raise Failure("the agent does not start")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


def signed(tool, work, key, **variables):
    """A record that a key signed is verified by us and by OpenSSH."""
    root = repository(tool, work / "repository")
    tool.run(f"evidence trust init --origin {ORIGIN} --key {key}", root, 0, **variables)
    tool.run(f"record --key {key}", root, 0, **variables)
    said = tool.run("evidence verify", root, 0).stdout
    hold("2 signatures for ssh-keygen beside them" in said, said)
    listed = tool.run("evidence list --verdict blocked --format csv", root, 0).stdout
    record = next(line.split(",")[0] for line in listed.splitlines() if ",record," in line)
    said = tool.run(f"evidence show {record} --files {work / 'files'}", root, 0).stdout
    lines = re.findall(r"^  (ssh-keygen -Y verify .*)$", said, re.MULTILINE)
    hold(len(lines) == 1, said)

    def verify():
        return subprocess.run(["sh", "-c", lines[0]], cwd=work / "files", capture_output=True, text=True, check=False)

    ran = verify()
    hold(ran.returncode == 0 and "Good" in ran.stdout, f"OpenSSH refuses it: {ran.stdout}{ran.stderr}")
    statement = work / "files" / "record.json"
    statement.write_bytes(statement.read_bytes().replace(b'"verdict":"blocked"', b'"verdict":"passing"'))
    hold(verify().returncode != 0, "OpenSSH accepts an altered record")


def main(binary):
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder).resolve()
        tool = Countersign(binary, work)
        for kind, bits in (("ed25519", []), ("ecdsa", ["-b", "256"])):
            place = work / kind
            place.mkdir()
            key = place / "key"
            openssh(["ssh-keygen", "-q", "-t", kind, *bits, "-N", "", "-C", "recorder", "-f", str(key)])
            signed(tool, place / "file", str(key))
            with Agent(place) as agent:
                environment = {**os.environ, "SSH_AUTH_SOCK": str(agent.socket)}
                openssh(["ssh-add", "-q", str(key)], env=environment)
                # The agent alone has it now.
                key.rename(place / "elsewhere")
                signed(tool, place / "in-agent", f"agent:{key}.pub", SSH_AUTH_SOCK=str(agent.socket))
            # The same key with a passphrase is refused, with what to do.
            encrypted = place / "elsewhere"
            openssh(["ssh-keygen", "-q", "-p", "-P", "", "-N", "a passphrase", "-f", str(encrypted)])
            said = tool.run(f"evidence trust init --origin a.example --key {encrypted} --store dir:{place}/none", place, 2)
            hold("with a passphrase" in said.stderr and "agent" in said.stderr, said.stderr)
            print(f"ok   {kind}: ssh-keygen agrees with a file and with ssh-agent")


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except Failure as failure:
        print(f"FAIL {failure}")
        sys.exit(1)
