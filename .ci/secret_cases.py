#!/usr/bin/env python3
"""Writes labelled cases for secret scanners from the rule tests of other scanners: secret_cases.py SOURCES CASES

SOURCES is a folder of git clones (bare ones do), each named as in `PINNED` below and holding the commit there: a clone of
github.com/OWNER/NAME. What a source lacks is said and left out. CASES is a folder to write: `cases.jsonl`, a line a case,
and `cases/ID/FILE`, the text of each.

A case is a text that a test says holds a secret (`label` true) or does not. Its `id` is the start of the SHA-256 of the
text; `parity` is that of the whole hash: tune on `even`, report on `odd`. Generated tokens are generated here, by the
same patterns, from a seed: the cases are the same at each run. Each is put in eight of the forms of gitleaks. Texts with two labels are left out.

`proof` says whether what a token carries to be checked by itself holds in a positive case: `holds`, `fails` or `none`.
`contradicted` is a negative whose text holds a value that the same scanner finds in another case: it tests where that
scanner looks or which of its rules does, not what a secret is. Needs PyYAML.
"""

import hashlib
import json
import math
import random
import re
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path

import yaml

import go_literals
from secret_proofs import proof

try:
    import re._parser as parser
except ImportError:
    import sre_parse as parser

PINNED = {
    "gitleaks": ("gitleaks/gitleaks", "b58d3f102cf3a2c84cb7f923d05c25c9b1aed84b"),
    "betterleaks": ("betterleaks/betterleaks", "6381fa45ae946c588e2e1334d8396a15e5171ad6"),
    "trufflehog": ("trufflesecurity/trufflehog", "3ab759fef4bb5935d4fe9ac68b503d05346b8364"),
    "noseyparker": ("praetorian-inc/noseyparker", "2e6e7f36ce36619852532bbe698d8cb7a26d2da7"),
    "kingfisher": ("mongodb/kingfisher", "ee7c0db3ef87575768f817820c24736249ffcdef"),
    "secretlint": ("secretlint/secretlint", "18346ba31b8173d52060b971221ab38c1943def0"),
    "osv-scalibr": ("google/osv-scalibr", "c2094f2d68e3994551d9998a54e2e97985a18a39"),
}
# Sources that a tool shares rules with.
KIN = {
    "keyspoor": {"gitleaks", "betterleaks"},
    "kingfisher": {"gitleaks", "betterleaks", "osv-scalibr"},
    "secretlint": {"secretlint"},
}
# In how many of the forms of gitleaks a generated secret is tried, of about 25: all of them would outweigh all else.
FORMS = 8
POSIX = {
    "alnum": "0-9A-Za-z", "alpha": "A-Za-z", "digit": "0-9", "lower": "a-z", "upper": "A-Z", "xdigit": "0-9A-Fa-f",
    "word": r"\w", "space": r"\s", "punct": r"!-/:-@\[-`{-~",
}
WORD = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
ANY = [chr(code) for code in range(33, 127)]


class Source:
    """The files of a commit of a clone."""

    def __init__(self, folder, commit):
        self.git, self.commit = ["git", "-C", str(folder)], commit
        listed = self.run("ls-tree", "-r", "-z", commit).split(b"\0")
        rows = [row.split(b"\t", 1) for row in listed if row]
        self.blobs = {path.decode(): meta.split()[2] for meta, path in rows if meta.split()[1] == b"blob"}
        self.process = subprocess.Popen([*self.git, "cat-file", "--batch"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def run(self, *arguments):
        return subprocess.run([*self.git, *arguments], capture_output=True, check=True).stdout

    def bytes(self, path):
        self.process.stdin.write(self.blobs[path] + b"\n")
        self.process.stdin.flush()
        head = self.process.stdout.readline().split()
        if len(head) < 3:
            return b""
        found = self.process.stdout.read(int(head[2]))
        self.process.stdout.read(1)
        return found

    def texts(self, pattern):
        for path in sorted(self.blobs):
            if match := re.fullmatch(pattern, path):
                yield match, self.bytes(path).decode("utf-8", "replace")


class Generator:
    """Texts that a pattern matches."""

    def __init__(self, seed):
        self.seed, self.count = seed, 0

    def secret(self, pattern):
        self.count += 1
        self.random = random.Random(f"{self.seed} {self.count} {pattern}")
        pattern = re.sub(r"\[:(\w+):\]", lambda found: POSIX[found[1]], pattern).replace(r"\z", r"\Z")
        caseless = "(?i)" in pattern
        tree = parser.parse(pattern.replace("(?i)", ""), re.I if caseless else 0)
        return "".join(self.walk(tree, caseless))

    def walk(self, tree, caseless):
        for operation, value in tree:
            name = str(operation)
            if name == "LITERAL":
                yield chr(value)
            elif name in ("NOT_LITERAL", "ANY", "IN"):
                yield self.cased(self.random.choice(self.choices(name, value)), caseless)
            elif name == "BRANCH":
                yield from self.walk(self.random.choice(value[1]), caseless)
            elif name == "SUBPATTERN":
                yield from self.walk(value[3], (caseless or bool(value[1] & re.I)) and not value[2] & re.I)
            elif name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
                low, high, inner = value
                high = max(low, 1) if high == parser.MAXREPEAT else high
                for _ in range(self.random.randint(low, high)):
                    yield from self.walk(inner, caseless)

    def cased(self, character, caseless):
        return self.random.choice((character.lower(), character.upper())) if caseless else character

    def choices(self, name, value):
        if name == "ANY":
            return ANY
        if name == "NOT_LITERAL":
            return [one for one in ANY if one != chr(value)]
        found, negated = set(), False
        for operation, one in value:
            kind = str(operation)
            if kind == "NEGATE":
                negated = True
            elif kind == "LITERAL":
                found.add(chr(one))
            elif kind == "RANGE":
                found.update(chr(code) for code in range(one[0], one[1] + 1))
            elif kind == "CATEGORY":
                name = str(one)
                inside = set("0123456789") if "DIGIT" in name else set(" ") if "SPACE" in name else set(WORD)
                found |= set(ANY) - inside if "NOT" in name else inside
        return sorted(set(ANY) - found if negated else found)

    def with_entropy(self, pattern, least):
        for _ in range(10):
            secret = self.secret(pattern)
            if entropy(secret) >= least:
                break
        return secret


def entropy(text):
    return -sum(count / len(text) * math.log2(count / len(text)) for count in Counter(text).values()) if text else 0


def samples(source):
    """The forms in which gitleaks tries a secret, of its own source: `{i}`, `{I}` and `{s}` stand for what is put in."""
    found = source.texts(r"cmd/generate/config/utils/generate\.go")
    for _, name, value in go_literals.bindings(next(found)[1], {}):
        if name == "samples":
            return [form for _, form in sorted(value.items())]
    return []


def rule_tests(source):
    """Of gitleaks and betterleaks, whose rules are built with what they must and must not find."""
    forms = samples(source)

    def many(identifier, secret):
        unknown = go_literals.UNKNOWN in (identifier, secret)
        put = {"{i}": identifier, "{I}": identifier if unknown else identifier.upper(), "{s}": secret}
        swap = lambda form: re.sub(r"\{[iIs]\}", lambda found: put[found[0]], form)
        if unknown:
            return [go_literals.UNKNOWN]
        order = sorted(forms, key=lambda form: hashlib.sha256((form + secret).encode()).digest())
        return [swap(form) for form in order[:FORMS]]

    for match, text in source.texts(r"cmd/generate/config/rules/(\w+)\.go"):
        generator = Generator(match[1])
        helpers = {
            "secrets.NewSecret": go_literals.texts(generator.secret),
            "secrets.NewSecretWithEntropy": go_literals.texts(generator.with_entropy),
            "utils.GenerateSampleSecret": go_literals.texts(lambda name, secret: f'{name}_api_token = "{secret}"'),
            "utils.GenerateSampleSecrets": many,
            "utils.Numeric": lambda size: f"[0-9]{{{size}}}",
            "utils.Hex": lambda size: f"[a-f0-9]{{{size}}}",
            "utils.AlphaNumeric": lambda size: f"[a-z0-9]{{{size}}}",
            "utils.AlphaNumericExtendedShort": lambda size: f"[a-z0-9_-]{{{size}}}",
            "utils.AlphaNumericExtended": lambda size: f"[a-z0-9=_\\-]{{{size}}}",
            "utils.AlphaNumericExtendedLong": lambda size: f"[a-z0-9\\/=_\\+\\-]{{{size}}}",
            "utils.Hex8_4_4_4_12": lambda: "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        }
        rule = match[1]
        for _, name, value in go_literals.bindings(text, helpers):
            if isinstance(value, dict) and isinstance(value.get("RuleID"), str):
                rule = value["RuleID"]
            if name != "return" or not value[0].startswith("utils.Validate"):
                continue
            for label, given in zip((True, False), value[1][1:]):
                if given is go_literals.UNKNOWN:
                    yield rule, None, None, label, []
                    continue
                pairs = given.items() if isinstance(given, dict) else ((None, one) for one in given or [])
                for path, one in pairs:
                    yield rule, path, one, label, []


def detector_tests(source, pattern):
    """Of trufflehog and osv-scalibr: tables of inputs and what must be found in them."""
    for match, text in source.texts(pattern):
        if "//go:build detectors" in text:
            continue
        for function, name, value in go_literals.bindings(text, {}):
            rows = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
            for row in rows:
                if not isinstance(row, dict):
                    continue
                given = next((row[key] for key in ("input", "data") if key in row), None)
                if given is None or not isinstance(given, str | type(go_literals.UNKNOWN)):
                    continue
                if re.search("NoMatch|[Nn]egative", function) and "want" not in row:
                    yield match[1], None, given, False, []
                elif "want" in row and (row["want"] is None or isinstance(row["want"], list)):
                    wanted = row["want"] or []
                    found = [one for one in wanted if isinstance(one, str)]
                    yield match[1], None, given, bool(wanted), found


def rule_examples(source, folder):
    """Of noseyparker and kingfisher, whose rules give examples."""
    for match, text in source.texts(re.escape(folder) + r"/([\w.-]+)\.ya?ml"):
        for rule in yaml.safe_load(text).get("rules") or []:
            for key, label in (("examples", True), ("negative_examples", False)):
                for one in rule.get(key) or []:
                    yield rule["id"], None, one, label, []


def snapshots(source):
    """Of secretlint: folders `ok.NAME` and `ng.NAME` with a file `input.EXTENSION`."""
    for match, text in source.texts(r"packages/@secretlint/secretlint-rule-([\w-]+)/test/snapshots/(ok|ng)\.[^/]+/(input[^/]*)"):
        if not match[1].startswith(("preset", "internal", "example", "filter", "pattern", "no-")):
            yield match[1], match[3], text, match[2] == "ng", []


READERS = {
    "gitleaks": rule_tests,
    "betterleaks": rule_tests,
    "trufflehog": lambda source: detector_tests(source, r"pkg/detectors/(.+)/[^/]+_test\.go"),
    "osv-scalibr": lambda source: detector_tests(source, r"veles/secrets/(.+)/[^/]+_test\.go"),
    "noseyparker": lambda source: rule_examples(source, "crates/noseyparker/data/default/builtin/rules"),
    "kingfisher": lambda source: rule_examples(source, "data/rules"),
    "secretlint": snapshots,
}


def case(origin, family, path, text, label):
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    name = re.sub(r"[^\w.-]", "_", Path(path).name) if path else "case.txt"
    return {
        "id": digest[:16], "parity": "odd" if int(digest, 16) % 2 else "even", "label": label, "source": origin,
        "family": family, "file": name, "proof": proof(text) if label else "none", "contradicted": False, "text": text,
    }


def main():
    sources, target = map(Path, sys.argv[1:3])
    kept, labels, values = {}, defaultdict(set), defaultdict(set)
    print("| source | commit | positive | negative | not read |\n|---|---|---|---|---|")
    for origin, reader in READERS.items():
        project, commit = PINNED[origin]
        folder = next((one for one in (sources / origin, sources / f"{origin}.git") if one.exists()), None)
        if folder is None:
            print(f"| {origin} | no clone of github.com/{project} | | | |")
            continue
        counts = Counter()
        for family, path, text, label, found in reader(Source(folder, commit)):
            if not isinstance(text, str) or not text.strip():
                counts["not read"] += 1
                continue
            one = case(origin, family, path, text, label)
            counts[label] += 1
            labels[one["id"]].add(label)
            values[origin].update(value for value in found if len(value) >= 16)
            kept.setdefault(one["id"], one)
        print(f"| {origin} | {commit} | {counts[True]} | {counts[False]} | {counts['not read']} |")
    cases = [one for one in kept.values() if len(labels[one["id"]]) == 1]
    target.mkdir(parents=True, exist_ok=True)
    with open(target / "cases.jsonl", "w", encoding="utf-8") as lines:
        for one in sorted(cases, key=lambda one: one["id"]):
            if not one["label"]:
                one["contradicted"] = any(value in one["text"] for value in values[one["source"]])
            text = one["text"].encode("utf-8", "surrogatepass")
            folder = target / "cases" / one["id"]
            folder.mkdir(parents=True, exist_ok=True)
            (folder / one["file"]).write_bytes(text)
            lines.write(json.dumps(one, ensure_ascii=True) + "\n")
    print(f"\n{len(cases)} cases with a text of their own, {len(kept) - len(cases)} left out with two labels:")
    for label in (True, False):
        mine = [one for one in cases if one["label"] == label]
        split = Counter(one["parity"] for one in mine)
        print(f"  {'positive' if label else 'negative'}: {len(mine)} ({split['even']} even, {split['odd']} odd)")
    proofs = Counter(one["proof"] for one in cases if one["label"])
    print(f"  positive, by what a token says of itself: {dict(proofs)}")
    print(f"  negative, with a value that the same scanner finds elsewhere: {sum(one['contradicted'] for one in cases)}")


if __name__ == "__main__":
    main()
