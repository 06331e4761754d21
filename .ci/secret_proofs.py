"""Whether what tokens carry to be checked by themselves holds: of GitHub and npm, GitLab's routable ones, age, JWT, PEM."""

import base64
import binascii
import json
import re
import zlib

BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def base(number, digits, width):
    found = ""
    while number:
        number, rest = divmod(number, len(digits))
        found = digits[rest] + found
    return found.rjust(width, digits[0])


def crc32_base62(found):
    body, check = found[1][:-6], found[1][-6:]
    return base(zlib.crc32(body.encode()), BASE62, 6) == check


def routable(found):
    """`PREFIX PAYLOAD . XX LENGTH CHECK`: the last seven are the CRC32 of all before them, in base 36."""
    return base(zlib.crc32(found[0][:-7].encode()), "0123456789abcdefghijklmnopqrstuvwxyz", 7) == found[0][-7:]


def bech32(found):
    text = found[0].lower()
    name, data = text.rsplit("1", 1)
    numbers = [ord(one) >> 5 for one in name] + [0] + [ord(one) & 31 for one in name]
    numbers += [BECH32.find(one) for one in data]
    check = 1
    for number in numbers:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ number
        for place, mask in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            check ^= mask if top >> place & 1 else 0
    return check == 1


def unpadded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def token(found):
    try:
        head, body = json.loads(unpadded(found[1])), json.loads(unpadded(found[2]))
    except ValueError:
        return False
    return isinstance(head, dict) and "alg" in head and isinstance(body, dict)


def key(found):
    joined = re.sub(r"""["']\s*[+.]\s*["']""", "\n", found[2])
    text = re.sub(r"""\\+[rnt]|[\s"',>|*#\\]""", "\n", joined)
    lines = [line for line in text.split("\n") if line and ":" not in line and not line.startswith(("=", "DEK", "Proc"))]
    try:
        data = base64.b64decode("".join(lines), validate=True)
    except binascii.Error:
        return False
    if "OPENSSH" in found[1] or data.startswith(b"openssh-key-v1\0"):
        return data.startswith(b"openssh-key-v1\0")
    if "PGP" in found[1]:
        return bool(data) and bool(data[0] & 0x80)
    if "ENCRYPTED" in found[2] or "SSH2" in found[1]:
        return len(data) > 16
    return der(data)


def der(data):
    """A sequence as long as what is there."""
    if len(data) < 2 or data[0] != 0x30:
        return False
    if data[1] < 0x80:
        return data[1] + 2 == len(data)
    width = data[1] & 0x7F
    return int.from_bytes(data[2 : 2 + width], "big") + 2 + width == len(data)


KINDS = [
    (r"(?<![A-Za-z0-9])gh[pousr]_([A-Za-z0-9]{36})(?![A-Za-z0-9])", crc32_base62),
    (r"(?<![A-Za-z0-9])npm_([A-Za-z0-9]{36})(?![A-Za-z0-9])", crc32_base62),
    (r"gl[a-z]{2,5}-[\w-]{27,300}\.[0-9a-z]{2}[0-9a-z]{7}(?![\w-])", routable),
    (r"AGE-SECRET-KEY-1[0-9A-Z]{58}", bech32),
    (r"(?<![\w-])(eyJ[\w-]{8,})\.(eyJ[\w-]{8,})\.[\w-]{8,}", token),
    (r"-----BEGIN ([A-Z0-9 ]*PRIVATE KEY[A-Z ]*)-----(.*?)-----END", key),
]


def proof(text):
    """`holds` where one holds, `fails` where there are such tokens and none does, else `none`."""
    answers = [check(found) for pattern, check in KINDS for found in re.finditer(pattern, text, re.S)]
    return "holds" if any(answers) else "fails" if answers else "none"
