#!/usr/bin/env python3
"""Scores this scanner and others on labelled cases: secret_scanners.py BINARY CASES [--parity odd] [--only NAME] [--list]

CASES is what `secret_cases.py` writes. A case is flagged when a tool finds anything in it. The tools are looked for in
the PATH (`kingfisher-bin`, `detect-secrets` and `credsweeper` of PyPI, `secretlint` with its recommended preset of npm,
`ripsecrets` and `keyspoor` of cargo); what is not there is left out and said.

Of this scanner there are two rows: what blocks, and what is reported (blocks or warns). `--list` names its false
positives and, by family, what it misses. Printed of each tool:

- precision, recall, false-positive rate and F1 over all cases of the parity (`even` tunes, `odd` reports);
- `valid`: recall without the positive cases whose tokens have a checksum or structure that does not hold;
- `clear`: precision and false-positive rate without the negative cases that hold what their scanner finds elsewhere;
- `agreed`: the same without the negative cases with a word of 20 and more signs that any scanner's positive case has: one
  scanner's test that another provider's token is none of its own says nothing about whether it is a secret;
- `foreign`: precision and recall without the cases of sources that the tool shares rules with;
- `shown`: how many of the words of 20 and more letters and digits that only the positive cases hold it writes anywhere.
"""

import argparse
import json
import re
from collections import Counter, defaultdict
from pathlib import Path

import secret_tools
from secret_cases import KIN

WORD = re.compile(r"[A-Za-z0-9]{20,}")


def words(text):
    return {word for word in WORD.findall(text) if re.search(r"\d", word) and re.search(r"[A-Za-z]", word)}


def flagged(name, given, every):
    """By tier, the cases in which it finds something, and `shown`; or what went wrong."""
    kept = given.keep and given.keep / f"{name}.json"
    if kept and kept.exists() and name != "countersign":
        return {tier: set(cases) for tier, cases in json.loads(kept.read_text()).items()}
    said = []
    answer = secret_tools.found(name, given.cases / "cases", given.binary, said)
    if isinstance(answer, str):
        return answer
    tiers = {"blocking": set(), "advisory": set(), "record": set(), "found": set()}
    for path, _, tier in answer:
        tiers[tier].add(Path(path).parts[0])
    secret = {word for one in every if one["label"] for word in words(one["text"])}
    secret -= {word for one in every if not one["label"] for word in words(one["text"])}
    tiers["shown"] = secret & {word for text in said for word in words(text)}
    if kept and name != "countersign":
        given.keep.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps({tier: sorted(cases) for tier, cases in tiers.items()}))
    return tiers


def rates(cases, hits):
    """Precision, recall, false-positive rate."""
    counts = Counter((one["label"], one["id"] in hits) for one in cases)
    right, missed, wrong, silent = (counts[key] for key in ((True, True), (True, False), (False, True), (False, False)))
    share = lambda part, whole: part / whole if whole else 0.0
    return share(right, right + wrong), share(right, right + missed), share(wrong, wrong + silent), right, wrong


VALUE = re.compile(r"[\w-]{20,}")


def agreed(cases, every):
    """The cases without the negative ones that hold what some scanner calls a secret."""
    secret = {value for one in every if one["label"] for value in VALUE.findall(one["text"])}
    return [one for one in cases if one["label"] or not secret & set(VALUE.findall(one["text"]))]


def row(name, title, cases, hits, shown, every):
    precision, recall, false, right, wrong = rates(cases, hits)
    both = 2 * precision * recall / (precision + recall) if right else 0
    valid = rates([one for one in cases if one["proof"] != "fails"], hits)
    clear = rates([one for one in cases if not one["contradicted"]], hits)
    kin = KIN.get(name, set())
    foreign = rates([one for one in cases if one["source"] not in kin], hits)
    same = rates(agreed(cases, every), hits)
    numbers = (precision, recall, false, both, valid[1], clear[0], clear[2], same[0], same[2], foreign[0], foreign[1])
    print(f"| {title} | {right} | {wrong} | " + " | ".join(f"{number:.3f}" for number in numbers) + f" | {shown} |")


def listing(cases, tiers):
    """What to look at: false positives with their text, and what is missed by family."""
    blocks, reports = tiers["blocking"], tiers["blocking"] | tiers["advisory"]
    for title, hits in (("block", blocks), ("only warn", reports - blocks)):
        wrong = [one for one in cases if not one["label"] and one["id"] in hits]
        print(f"\n{len(wrong)} false positives that {title}:")
        for one in sorted(wrong, key=lambda one: (one["source"], one["family"])):
            mark = " (its scanner finds this elsewhere)" if one["contradicted"] else ""
            print(f"  {one['id']} {one['source']} {one['family']}{mark}: {one['text'].strip()[:140]!r}")
    families = defaultdict(Counter)
    example = {}
    for one in cases:
        if one["label"]:
            key = f"{one['source']} {one['family']}"
            state = "blocks" if one["id"] in blocks else "warns" if one["id"] in reports else "missed"
            if state == "missed" and one["id"] in tiers["record"]:
                state = "record"
            families[key][state] += 1
            if state in ("missed", "record"):
                example.setdefault(key, one)
    print("\nwhat is missed, by family: missed, only on record, warns, blocks, an example")
    for key, counts in sorted(families.items(), key=lambda item: (-item[1]["missed"] - item[1]["record"], item[0])):
        if one := example.get(key):
            numbers = " ".join(f"{counts[state]:4}" for state in ("missed", "record", "warns", "blocks"))
            print(f"  {numbers}  {key}: {one['id']} {one['text'].strip()[:110]!r}")


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("binary")
    arguments.add_argument("cases", type=Path)
    arguments.add_argument("--parity", choices=("even", "odd", "all"), default="odd")
    arguments.add_argument("--only", choices=list(secret_tools.TOOLS), action="append")
    arguments.add_argument("--list", action="store_true")
    arguments.add_argument("--keep", type=Path, help="a folder for the answers of the tools, read instead of a new run")
    given = arguments.parse_args()
    with open(given.cases / "cases.jsonl", encoding="utf-8") as rows:
        every = [json.loads(line) for line in rows]
    cases = [one for one in every if given.parity in (one["parity"], "all")]
    counts = Counter(one["label"] for one in cases)
    print(f"{len(cases)} cases ({given.parity}): {counts[True]} positive, {counts[False]} negative\n")
    print("| tool | right | wrong | P | R | FPR | F1 | R valid | P clear | FPR clear | P agreed | FPR agreed | P foreign | R foreign | shown |")
    print("|---" * 15 + "|")
    mine = None
    for name in given.only or secret_tools.TOOLS:
        tiers = flagged(name, given, every)
        if isinstance(tiers, str):
            print(f"| {name} | {tiers} |")
        elif name == "countersign":
            mine = tiers
            row(name, "countersign, blocks", cases, tiers["blocking"], len(tiers["shown"]), every)
            row(name, "countersign, reports", cases, tiers["blocking"] | tiers["advisory"], len(tiers["shown"]), every)
        else:
            row(name, name, cases, tiers["found"], len(tiers["shown"]) if "shown" in tiers else "not counted", every)
    if given.list and mine is not None:
        listing(cases, mine)


if __name__ == "__main__":
    main()
