"""Makes the folders of cases: message, message.sig, allowed_signers and case.json, and the keys in `keys`.

case.json: identity, namespace, at (seconds since 1970), expected (`ok` or the name of a reason), and where ssh-keygen
answers otherwise `ssh_keygen` (`ok`, `refused`, or `either` by version) with a note that says why. Start it through generate.sh.
"""

import base64
import hashlib
import json
import shutil
import struct
import subprocess
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
KEYS = HERE / "keys"
AT = 1767225600  # 2026-01-01T00:00:00Z
ME = "alice@example.com"
MESSAGE = b"approve exception 42\n"


def run(*words, data=None):
    return subprocess.run([str(word) for word in words], input=data, check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE).stdout


def text(value):
    value = value.encode() if isinstance(value, str) else value
    return struct.pack(">I", len(value)) + value


def number(value):
    return text(value.to_bytes(value.bit_length() // 8 + 1, "big") if value else b"")


def armour(blob):
    encoded = base64.b64encode(blob).decode()
    lines = [encoded[at : at + 70] for at in range(0, len(encoded), 70)]
    return "\n".join(["-----BEGIN SSH SIGNATURE-----", *lines, "-----END SSH SIGNATURE-----", ""]).encode()


def dearmour(signature):
    return base64.b64decode(b"".join(signature.split(b"\n")[1:-2]))


def to_sign(namespace="file", message=MESSAGE, digest="sha512"):
    return b"SSHSIG" + text(namespace) + text(b"") + text(digest) + text(hashlib.new(digest, message).digest())


def blob(key, raw, namespace="file", digest="sha512", version=1):
    return b"SSHSIG" + struct.pack(">I", version) + text(key) + text(namespace) + text(b"") + text(digest) + text(raw)


def generate(name, *options):
    path = KEYS / f"{name}_TEST_ONLY"
    run("ssh-keygen", "-q", "-N", "", "-C", name, "-f", path, *options)
    (KEYS / f"{name}_TEST_ONLY.pub").rename(KEYS / f"{name}.pub")


def public(name):
    return " ".join((KEYS / f"{name}.pub").read_text().split()[:2])


def key_blob(name):
    return base64.b64decode(public(name).split()[1])


def sign(name, namespace="file", message=MESSAGE, *options):
    path = KEYS / f"{name}_TEST_ONLY"
    return run("ssh-keygen", "-q", "-Y", "sign", "-n", namespace, "-f", path, *options, data=message)


def openssl_sign(pem, data, *options):
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "data"
        file.write_bytes(data)
        return run("openssl", *options, pem, *(["-rawin", "-in", file] if "pkeyutl" in options else [file]))


def der_numbers(der):
    # SEQUENCE { INTEGER, INTEGER }, short lengths
    first = der[3]
    return int.from_bytes(der[4 : 4 + first], "big"), int.from_bytes(der[6 + first :], "big")


class SecurityKey:
    """A security key in software: what OpenSSH's PROTOCOL.u2f says that the hardware signs."""

    def __init__(self, folder, ecdsa):
        self.ecdsa = ecdsa
        self.pem = Path(folder) / ("sk_ecdsa" if ecdsa else "sk_ed25519")
        curve = ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"] if ecdsa else ["ED25519"]
        run("openssl", "genpkey", "-algorithm", *curve, "-out", self.pem)
        der = run("openssl", "pkey", "-in", self.pem, "-pubout", "-outform", "DER")
        self.kind = "sk-ecdsa-sha2-nistp256@openssh.com" if ecdsa else "sk-ssh-ed25519@openssh.com"
        middle = text("nistp256") + text(der[-65:]) if ecdsa else text(der[-32:])
        self.blob = text(self.kind) + middle + text("ssh:")

    def public(self):
        return f"{self.kind} {base64.b64encode(self.blob).decode()}"

    def sign(self, flags=1):
        data = hashlib.sha256(b"ssh:").digest() + bytes([flags]) + struct.pack(">I", 7) + hashlib.sha256(to_sign()).digest()
        if self.ecdsa:
            raw = b"".join(number(n) for n in der_numbers(openssl_sign(self.pem, data, "dgst", "-sha256", "-sign")))
        else:
            raw = openssl_sign(self.pem, data, "pkeyutl", "-sign", "-inkey")
        return armour(blob(self.blob, text(self.kind) + text(raw) + bytes([flags]) + struct.pack(">I", 7)))


def case(name, signers, signature, expected="ok", identity=ME, namespace="file", at=AT, message=MESSAGE, note=None, ssh_keygen=None):
    folder = HERE / name
    folder.mkdir()
    (folder / "message").write_bytes(message)
    (folder / "message.sig").write_bytes(signature)
    (folder / "allowed_signers").write_bytes(signers.encode() if isinstance(signers, str) else signers)
    case = {"identity": identity, "namespace": namespace, "at": at, "expected": expected}
    if note:
        case |= {"ssh_keygen": ssh_keygen, "note": note}
    (folder / "case.json").write_text(json.dumps(case, indent=2) + "\n")


def main():
    for old in HERE.iterdir():
        if old.is_dir():
            shutil.rmtree(old)
    KEYS.mkdir()
    generate("ed25519", "-t", "ed25519")
    generate("other", "-t", "ed25519")
    for bits in (256, 384, 521):
        generate(f"ecdsa{bits}", "-t", "ecdsa", "-b", str(bits))
    for bits in (1024, 2048, 3072, 4096):
        generate(f"rsa{bits}", "-t", "rsa", "-b", str(bits))
    shutil.copy(KEYS / "ed25519_TEST_ONLY", KEYS / "encrypted_TEST_ONLY")
    run("ssh-keygen", "-q", "-p", "-P", "", "-N", "correct horse", "-f", KEYS / "encrypted_TEST_ONLY")
    run("ssh-keygen", "-q", "-s", KEYS / "other_TEST_ONLY", "-I", "alice", "-n", ME, KEYS / "ed25519.pub")

    key, other = public("ed25519"), public("other")
    good = sign("ed25519")
    line = f"{ME} {key}\n"

    for name in ("ed25519", "ecdsa256", "ecdsa384", "ecdsa521", "rsa2048", "rsa3072", "rsa4096"):
        case(f"ok-{name}", f"{ME} {public(name)}\n", sign(name))
    for name in ("ed25519", "ecdsa256", "ecdsa384", "ecdsa521", "rsa2048"):
        case(f"ok-{name}-sha256", f"{ME} {public(name)}\n", sign(name, "file", MESSAGE, "-O", "hashalg=sha256"))
        case(f"tampered-message-{name}", f"{ME} {public(name)}\n", sign(name), "Mismatch", message=MESSAGE + b".")
    with tempfile.TemporaryDirectory() as folder:
        for ecdsa in (False, True):
            sk = SecurityKey(folder, ecdsa)
            name = "sk-ecdsa" if ecdsa else "sk-ed25519"
            case(f"ok-{name}", f"{ME} {sk.public()}\n", sk.sign())
            case(f"ok-{name}-verified", f"{ME} {sk.public()}\n", sk.sign(flags=5))
            case(f"untouched-{name}", f"{ME} {sk.public()}\n", sk.sign(flags=0), "Untouched", ssh_keygen="ok", note="ssh-keygen -Y verify does not look at the flag that says that somebody touched the key; a signature that a program can make alone is no act of a person")
            case(f"tampered-message-{name}", f"{ME} {sk.public()}\n", sk.sign(), "Mismatch", message=b"other")
    case("rsa1024", f"{ME} {public('rsa1024')}\n", sign("rsa1024"), "RsaSize", ssh_keygen="ok", note="1024 bits are within reach of factoring; ssh-keygen's minimum is from another time")
    pem = KEYS / "pem"
    shutil.copy(KEYS / "rsa2048_TEST_ONLY", pem)
    pem.chmod(0o600)
    run("ssh-keygen", "-q", "-p", "-P", "", "-N", "", "-m", "PEM", "-f", pem)
    sha1 = openssl_sign(pem, to_sign(), "dgst", "-sha1", "-sign")
    pem.unlink()
    case("rsa-sha1", f"{ME} {public('rsa2048')}\n", armour(blob(key_blob("rsa2048"), text("ssh-rsa") + text(sha1))), "Algorithm")

    raw = dearmour(good)
    case("message-empty", line, sign("ed25519", "file", b""), message=b"")
    case("message-binary", line, sign("ed25519", "file", bytes(range(256))), message=bytes(range(256)))
    case("tampered-signature", line, armour(raw[:-1] + bytes([raw[-1] ^ 1])), "Mismatch")
    case("tampered-scalar-top-bit", line, armour(raw[:-1] + bytes([raw[-1] ^ 0x80])), "Mismatch")
    case("tampered-namespace", line, armour(raw.replace(text("file"), text("mail"))), "Mismatch", namespace="mail")
    case("tampered-hash-name", line, armour(raw.replace(text("sha512"), text("sha256"))), "Mismatch")
    case("hash-unknown", line, armour(raw.replace(text("sha512"), text("sha384"))), "Hash")
    case("version-2", line, armour(raw[:6] + b"\0\0\0\2" + raw[10:]), "Version")
    case("version-0", line, armour(raw[:6] + b"\0\0\0\0" + raw[10:]))
    case("trailing-data", line, armour(raw + b"\0"), "Malformed")
    case("blob-short", line, armour(raw[:-10]), "Malformed")
    case("armour-truncated", line, good[:-20], "Malformed")
    case("armour-crlf", line, good.replace(b"\n", b"\r\n"), ssh_keygen="either", note="older versions of ssh-keygen, as 9.2, want a bare line feed behind the first line; newer ones take both")
    case("armour-text-behind", line, good + b"and more\n")
    case("armour-text-before", line, b"\n" + good, "NotASignature")
    case("armour-one-line", line, b"-----BEGIN SSH SIGNATURE-----\n" + base64.b64encode(raw) + b"\n-----END SSH SIGNATURE-----")
    case("armour-bad-letter", line, good.replace(b"U1NI", b"U1N!"), "Malformed")
    case("garbage", line, b"\xff\x00garbage", "NotASignature")
    case("empty-signature", line, b"", "NotASignature")
    pgp = b"-----BEGIN PGP SIGNATURE-----\n\niQEzBAABCAAdFiEE\n-----END PGP SIGNATURE-----\n"
    case("pgp", line, pgp, "NotASignature")
    cert = (KEYS / "ed25519-cert.pub").read_text().split()
    shutil.copy(KEYS / "ed25519-cert.pub", KEYS / "ed25519_TEST_ONLY-cert.pub")
    key_length = struct.unpack(">I", raw[10:14])[0]
    certified = raw[:10] + text(base64.b64decode(cert[1])) + raw[14 + key_length :]
    (KEYS / "ed25519_TEST_ONLY-cert.pub").unlink()
    case("certificate", f"{ME} cert-authority {other}\n", armour(certified), "Certificate", ssh_keygen="ok", note="certificates are not supported yet: refused, never taken for the key inside")
    case("certificate-authority-signs", f"{ME} cert-authority {key}\n", good, "KeyNotListed")

    case("wrong-namespace", line, sign("ed25519", "mail"), "Namespace")
    case("wrong-identity", line, good, "OtherIdentity", identity="bob@example.com")
    case("identity-case", line, good, "OtherIdentity", identity="Alice@example.com")
    case("wrong-key", f"{ME} {other}\n", good, "KeyNotListed")
    case("no-signers", "", good, "KeyNotListed")
    case("comments-only", "# nobody\n\n   # nor here\n", good, "KeyNotListed")

    def options(name, text, expected="ok", **more):
        case(name, f"{ME} {text} {key}\n", good, expected, **more)

    options("namespace-listed", 'namespaces="git,file"')
    options("namespace-wildcard", 'namespaces="f*"')
    options("namespace-not-listed", 'namespaces="git"', "NamespaceNotAllowed")
    options("namespace-negated", 'namespaces="*,!file"', "NamespaceNotAllowed")
    options("namespace-empty-list", 'namespaces=""', "NamespaceNotAllowed")
    options("option-upper-case", 'NAMESPACES="file"')
    options("valid", 'valid-after="20250101Z",valid-before="20270101Z"')
    options("not-yet-valid", 'valid-after="20270101Z"', "NotYetValid")
    options("expired", 'valid-before="20250101Z"', "NoLongerValid")
    options("after-to-the-second", 'valid-after="20260101000000Z"')
    options("after-a-second-early", 'valid-after="20260101000001Z"', "NotYetValid")
    options("before-to-the-second", 'valid-before="20260101000000Z"')
    options("before-a-second-late", 'valid-before="20251231235959Z"', "NoLongerValid")
    options("minutes", 'valid-before="202512312359Z"', "NoLongerValid")
    options("time-without-zone", 'valid-before="20260101"')
    options("option-unknown", "no-touch-required", "file")
    options("option-without-quotes", "namespaces=file", "file")
    options("option-twice", 'namespaces="file",namespaces="git"', "file")
    options("time-nonsense", 'valid-before="tomorrow"', "file")
    options("never-valid", 'valid-after="20270101Z",valid-before="20260101Z"', "file")
    options("day-that-is-none", 'valid-before="20270231Z"', "file", ssh_keygen="ok", note="ssh-keygen takes 31 February for 3 March; a mistake in a date is better seen")

    case("wildcard", f"*@example.com {key}\n", good)
    case("question-mark", f"?lice@example.com {key}\n", good)
    case("wildcard-other-domain", f"*@example.org {key}\n", good, "OtherIdentity")
    case("negated", f"*@example.com,!{ME} {key}\n", good, "OtherIdentity")
    case("negated-first", f"!{ME},*@example.com {key}\n", good, "OtherIdentity")
    case("negated-other", f"!bob@example.com,*@example.com {key}\n", good)
    case("negated-only", f"!bob@example.com {key}\n", good, "OtherIdentity")
    case("list", f"bob@example.com,{ME} {key}\n", good)
    case("quoted", f'"{ME}" {key}\n', good)
    case("quoted-blank", f'"Alice A,{ME}" {key}\n', good, identity="Alice A")
    case("quote-inside", f'alice"@example.com" {key}\n', good)
    case("two-entries-second-good", f'{ME} valid-before="20250101Z" {key}\n{ME} {key}\n', good)
    case("two-entries-other-identity", f"bob@example.com {key}\n{line}", good)
    case("two-keys-of-one", f"{ME} {other}\n{line}", good)
    case("two-entries-none-good", f'{ME} valid-before="20250101Z" {key}\n{ME} namespaces="git" {key}\n', good, "NoLongerValid")
    case("crlf", f"# c\r\n\r\n{ME} {key}\r\n", good)
    case("crlf-comment", f'{ME} namespaces="file" {key} a comment\r\n', good)
    case("no-final-newline", line.strip(), good)
    case("blanks", f" \t{ME}  \t{key}   c\n", good)
    case("no-key", f"{ME}\n", good, "file")
    case("damaged-key", f"{ME} {key[:-6]}\n", good, "file")
    case("type-differs", f"{ME} ssh-rsa {key.split()[1]}\n", good, "file")
    case("bad-line-for-another", f"bob@example.com nonsense {other}\n{line}", good, "file", ssh_keygen="ok", note="ssh-keygen skips lines that it cannot read; a list that is half understood is refused whole")

    # In hexadecimal digits, so that nothing that looks for keys in text finds one here; tests put them together again.
    for path in sorted(KEYS.glob("*_TEST_ONLY")):
        digits = path.read_bytes().hex()
        lines = [digits[at : at + 96] for at in range(0, len(digits), 96)]
        path.with_name(path.name + ".hex").write_text("\n".join(lines) + "\n")
        path.unlink()


main()
