#!/usr/bin/env python3
"""Holds evidence that SSH keys signed against other people's programs: ssh_signatures.py BINARY

Keys of both kinds sign a record; `sshsig` (PyPI), which knows Ed25519, agrees and refuses an altered one. Where OpenSSH is installed, so does
`ssh-keygen -Y verify`, by the very line that `evidence show --files` prints, and a real `ssh-agent` signs too. Needs git and
what `.ci/requirements.txt` lists. Ends with status 1 at the first thing that is not as it should be.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import sshsig
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

sys.path.insert(0, str(Path(__file__).resolve().parent))
from end_to_end import Countersign, Failure, hold  # noqa: E402
from interop import ORIGIN, repository  # noqa: E402

OPENSSH = all(shutil.which(name) for name in ("ssh-keygen", "ssh-agent", "ssh-add"))
NAMESPACE = "countersign-evidence"


def new_key(kind, path, passphrase=None):
    """A key pair as OpenSSH keeps it."""
    key = ed25519.Ed25519PrivateKey.generate() if kind == "ed25519" else ec.generate_private_key(ec.SECP256R1())
    secret = serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
    path.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, secret))
    path.chmod(0o600)
    public = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    Path(f"{path}.pub").write_bytes(public + b" recorder\n")


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
    """A record that a key signed is verified by us and by others."""
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

    statement = work / "files" / "record.json"
    public = Path(f"{key.removeprefix('agent:').removesuffix('.pub')}.pub").read_text()
    # It knows no ECDSA.
    keys = [sshsig.PublicKey.from_openssh_str(public)] if public.startswith("ssh-ed25519") else []
    signature = next((work / "files").glob("*.sshsig")).read_text()
    if keys:
        sshsig.verify(statement.read_bytes(), signature, keys, NAMESPACE)

    def verify():
        return subprocess.run(["sh", "-c", lines[0]], cwd=work / "files", capture_output=True, text=True, check=False)

    if OPENSSH:
        ran = verify()
        hold(ran.returncode == 0 and "Good" in ran.stdout, f"OpenSSH refuses it: {ran.stdout}{ran.stderr}")
    statement.write_bytes(statement.read_bytes().replace(b'"verdict":"blocked"', b'"verdict":"passing"'))
    try:
        if keys:
            sshsig.verify(statement.read_bytes(), signature, keys, NAMESPACE)
            raise Failure("sshsig accepts an altered record")
    except sshsig.InvalidSignature:
        pass
    hold(not OPENSSH or verify().returncode != 0, "OpenSSH accepts an altered record")


def main(binary):
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder).resolve()
        tool = Countersign(binary, work)
        for kind in ("ed25519", "ecdsa"):
            place = work / kind
            place.mkdir()
            key = place / "key"
            new_key(kind, key)
            signed(tool, place / "file", str(key))
            encrypted = place / "encrypted"
            new_key(kind, encrypted, b"a passphrase")
            said = tool.run(f"evidence trust init --origin a.example --key {encrypted} --store dir:{place}/none", place, 2)
            hold("with a passphrase" in said.stderr and "agent" in said.stderr, said.stderr)
            asked = "sshsig agrees" if kind == "ed25519" else "it verifies, and sshsig knows no such keys"
            print(f"ok   {kind}: {asked}; a key with a passphrase is refused with what to do")
            if not OPENSSH:
                print(f"     {kind}: OpenSSH is not installed, and was not asked")
                continue
            with Agent(place) as agent:
                environment = {**os.environ, "SSH_AUTH_SOCK": str(agent.socket)}
                openssh(["ssh-add", "-q", str(key)], env=environment)
                # The agent alone has it now.
                key.rename(place / "elsewhere")
                signed(tool, place / "in-agent", f"agent:{key}.pub", SSH_AUTH_SOCK=str(agent.socket))
            print(f"ok   {kind}: ssh-keygen agrees with a file and with ssh-agent")


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except Failure as failure:
        print(f"FAIL {failure}")
        sys.exit(1)
