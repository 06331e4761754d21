#!/usr/bin/env python3
"""Holds our evidence against other people's tools: interop.py BINARY

Needs git, npm and what `.ci/requirements.txt` lists. A ledger is made with the real binary, once with each kind of key,
and then read without it: signatures by securesystemslib and by Sigstore's library, statements by in-toto's, the log by
the words of its specifications (c2sp.org/tlog-tiles, c2sp.org/tlog-proof, RFC 6962) and a hash function.
"""

import base64
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from google.protobuf import json_format
from in_toto_attestation.v1 import statement_pb2
from in_toto_attestation.v1.statement import Statement
from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey

sys.path.insert(0, str(Path(__file__).resolve().parent))
from end_to_end import Countersign, Failure, hold  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
ORIGIN = "acme.example/evidence"


def repository(tool, root):
    """A repository in which a change landed that was judged before."""

    def git(*arguments):
        subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True, env=tool.environment)

    def commit(side, message):
        shutil.copytree(ROOT / "testdata" / "acme" / side, root, dirs_exist_ok=True)
        git("add", "--all")
        git("commit", "--quiet", "--message", message)

    root.mkdir(parents=True)
    git("init", "--quiet", "--initial-branch", "main")
    commit("base", "Base")
    git("checkout", "--quiet", "-b", "change")
    commit("head", "Change")
    tool.run("check --base main --head change", root, 1)
    git("checkout", "--quiet", "main")
    git("merge", "--quiet", "--no-ff", "--message", "Merge", "change")
    return root


def ledger(tool, work, algorithm):
    """A ledger whose records a key of a kind signed, and the key's public half."""
    root = repository(tool, work / algorithm / "repository")
    key = work / algorithm / "key.pem"
    tool.run(f"evidence keygen {key} --algorithm {algorithm}", root, 0)
    tool.run(f"evidence trust init --origin {ORIGIN} --key {key}", root, 0)
    tool.run(f"record --key {key}", root, 0)
    tool.run("evidence verify", root, 0)
    tool.run("evidence reperform --all", root, 0)
    return root / ".git" / "countersign" / "evidence", Path(f"{key}.pub")


def records(store):
    """The statements of records, with what stands beside each."""
    for path in sorted((store / "records").rglob("*.json")):
        if "." not in path.stem:
            yield path, sorted(path.parent.glob(f"{path.stem}.*"))


def statements_are_in_totos(store):
    count = 0
    for path in (store / "records").rglob("*.json"):
        if path.name.endswith(".sigstore.json"):
            continue
        raw = json.loads(path.read_bytes())
        message = json_format.ParseDict(raw, statement_pb2.Statement())
        Statement.copy_from_pb(message).validate()
        count += 1
    hold(count >= 4, f"only {count} statements")


def test_results_are_in_totos(store):
    from in_toto_attestation.predicates.test_result.v0.test_result_pb2 import TestResult

    found = list((store / "records").rglob("*.test-result.json"))
    for path in found:
        raw = json.loads(path.read_bytes())
        hold(raw["predicateType"] == "https://in-toto.io/attestation/test-result/v0.1", "another predicate")
        message = json_format.ParseDict(raw["predicate"], TestResult())
        hold(message.result == "FAILED" and message.configuration and message.failed_tests, f"{path}: {message}")
    hold(len(found) == 2, f"{len(found)} test results")


def bundles(store):
    return sorted((store / "records").rglob("*.sigstore.json"))


def securesystemslib_accepts_the_envelopes(store, public):
    kind = serialization.load_pem_public_key(public.read_bytes())
    for path in bundles(store):
        bundle = json.loads(path.read_bytes())
        envelope = Envelope.from_dict(json.loads(json.dumps(bundle["dsseEnvelope"])))
        keyid = next(iter(envelope.signatures))
        key = SSlibKey.from_crypto(kind, keyid)
        hold(keyid in envelope.verify([key], 1), f"{path} is refused")
        envelope.payload = envelope.payload + b" "
        try:
            envelope.verify([key], 1)
        except Exception:  # noqa: BLE001  whatever it raises, it refuses
            continue
        raise Failure(f"{path} is accepted with another payload")


def sigstore_accepts_the_bundles(store, public, modules):
    ran = subprocess.run(
        ["node", str(ROOT / ".ci" / "interop.mjs"), str(modules), str(public), *map(str, bundles(store))],
        capture_output=True,
        text=True,
        check=False,
    )
    hold(ran.returncode == 0, f"Sigstore's library refuses a bundle:\n{ran.stdout}{ran.stderr}")


def pae(payload):
    kind = b"application/vnd.in-toto+json"
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def leaves(store, size):
    """The leaves of a log of at most 256, from its bundle of entries."""
    hold(size <= 256, "more than one tile")
    data = (store / "tile" / "entries" / f"000.p" / str(size)).read_bytes()
    found = []
    while data:
        length = int.from_bytes(data[:2], "big")
        found.append(data[2 : 2 + length])
        data = data[2 + length :]
    hold(len(found) == size, f"{len(found)} leaves of {size}")
    return found


def root_of(hashes_):
    """RFC 6962, section 2.1, as it is written."""
    if len(hashes_) == 1:
        return hashes_[0]
    split = 1
    while split * 2 < len(hashes_):
        split *= 2
    return hashlib.sha256(b"\x01" + root_of(hashes_[:split]) + root_of(hashes_[split:])).digest()


def included(index, size, leaf, path):
    """The root that an inclusion proof leads to (RFC 9162, section 2.1.3.2)."""
    node, last, result = index, size - 1, leaf
    for sibling in path:
        if node & 1 or node == last:
            result = hashlib.sha256(b"\x01" + sibling + result).digest()
            while not node & 1 and node:
                node >>= 1
                last >>= 1
        else:
            result = hashlib.sha256(b"\x01" + result + sibling).digest()
        node >>= 1
        last >>= 1
    hold(last == 0, "the proof is too short")
    return result


def opened(note, public):
    """Size and root of a checkpoint whose signature fits."""
    text, _, signatures = note.partition("\n\n")
    text += "\n"
    name, encoded = signatures.removeprefix("— ").split("\n")[0].split(" ")
    hold(name == ORIGIN, f"signed as {name}")
    key, raw = serialization.load_pem_public_key(public.read_bytes()), base64.b64decode(encoded)
    if isinstance(key, ed25519.Ed25519PublicKey):
        material = name.encode() + b"\n\x01" + key.public_bytes_raw()
        key.verify(raw[4:], text.encode())
    else:
        material = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        key.verify(raw[4:], text.encode(), ec.ECDSA(hashes.SHA256()))
    hold(raw[:4] == hashlib.sha256(material).digest()[:4], "the key's id is not that of its signature's type")
    origin, size, root = text.splitlines()
    hold(origin == ORIGIN, f"a checkpoint of {origin}")
    return int(size), base64.b64decode(root)


def the_log_is_as_its_specifications_say(store, public):
    size, root = opened((store / "checkpoint").read_text(encoding="utf-8"), public)
    entries = leaves(store, size)
    hashed = [hashlib.sha256(b"\x00" + entry).digest() for entry in entries]
    hold((store / "tile" / "0" / "000.p" / str(size)).read_bytes() == b"".join(hashed), "the tile has other hashes")
    hold(root_of(hashed) == root, "the root is not that of the leaves")
    by_record = {}
    for number, entry in enumerate(entries):
        spec = json.loads(entry)["spec"]
        spec = spec.get("hashedRekordV002", spec)
        by_record[base64.b64decode(spec["data"]["digest"]).hex()] = number
    for path, _ in records(store):
        digest = hashlib.sha256(pae(path.read_bytes())).hexdigest()
        hold(path.parent.name + path.stem == digest, f"{path} is not named by what is signed")
        proof = (path.parent / f"{path.stem}.tlog-proof").read_text(encoding="utf-8")
        head, _, note = proof.partition("\n\n")
        kind, index, *hashes_ = head.split("\n")
        hold(kind == "c2sp.org/tlog-proof@v1", f"a proof of {kind}")
        index = int(index.removeprefix("index "))
        hold(by_record[digest] == index, f"{path} is at another place")
        size, root = opened(note, public)
        leads_to = included(index, size, hashed[index], [base64.b64decode(one) for one in hashes_])
        hold(leads_to == root, f"the proof of {path} leads elsewhere")


def main(binary):
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        tool = Countersign(binary, work)
        modules = ROOT / "target" / "ci-npm"
        modules.mkdir(parents=True, exist_ok=True)
        (modules / "package.json").write_text('{"private": true}\n')
        subprocess.run(
            ["npm", "install", "--no-audit", "--no-fund", "--silent", "@sigstore/bundle@5.0.1", "@sigstore/verify@4.1.3"],
            cwd=modules,
            check=True,
        )
        for algorithm in ["p256", "ed25519"]:
            store, public = ledger(tool, work, algorithm)
            for check in [
                lambda: statements_are_in_totos(store),
                lambda: test_results_are_in_totos(store),
                lambda: securesystemslib_accepts_the_envelopes(store, public),
                lambda: sigstore_accepts_the_bundles(store, public, modules),
                lambda: the_log_is_as_its_specifications_say(store, public),
            ]:
                check()
            print(f"ok   {algorithm}: {len(bundles(store))} bundles, other people's tools agree")


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except Failure as failure:
        print(f"FAIL {failure}")
        sys.exit(1)
