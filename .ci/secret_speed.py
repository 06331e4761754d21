#!/usr/bin/env python3
"""Times this scanner and others on one tree, in turns: secret_speed.py BINARY TREE [--rounds 5] [--part 8]

TREE is a folder with at least 300 MB of text, say the checkouts of some public repositories without their `.git`. It is
read once, so that it is in memory; then each tool takes its turn in every round, and the median counts. Two measures of
what the machine can do run with them: `cat` of every file, and `rg` for one literal that is not there. Tools that take
minutes for that get a part of the tree, of `--part` MB: their MB/s are of that part. `one file` is the time for a folder
with one file of six bytes, `2,000 files` that for so many of the tree. The memory is never less than that of this script,
about 40 MB: measure one that comes near by itself. The tools are looked for in the PATH.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import secret_tools

SLOW = ("credsweeper", "detect-secrets", "ripsecrets", "secretlint")
LITERAL = "a literal that nothing holds"


def runs(name, folder, binary, report):
    if name == "cat":
        return [["sh", "-c", f"find '{folder}' -type f -print0 | xargs -0 cat"]]
    if name == "rg":
        program = shutil.which("rg")
        return [[program, "--no-config", "-uuu", "-F", LITERAL, str(folder)]] if program else []
    if name == "kingfisher --turbo":
        return [[*words[:2], "--turbo", *words[2:]] for words in secret_tools.commands("kingfisher", folder, binary, report)]
    return list(secret_tools.commands(name, folder, binary, report))


def timed(name, folder, binary):
    """Seconds, seconds of the processors, and the largest memory in MB."""
    with tempfile.TemporaryDirectory() as scratch:
        wall = spent = memory = 0
        for words in runs(name, folder, binary, Path(scratch) / "report"):
            place = Path(words[0]).parent.parent.parent if name == "secretlint" else Path(scratch)
            at = time.perf_counter()
            child = subprocess.Popen(words, cwd=place, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            _, _, usage = os.wait4(child.pid, 0)
            child.returncode = 0
            wall += time.perf_counter() - at
            spent += usage.ru_utime + usage.ru_stime
            memory = max(memory, usage.ru_maxrss / 1024)
        return wall, spent, memory


def files(tree):
    for folder, _, names in os.walk(tree):
        for name in sorted(names):
            path = Path(folder) / name
            if not path.is_symlink():
                yield path


def text(path):
    """The bytes of a file without a NUL in its first 8 KiB."""
    data = path.read_bytes()
    return 0 if b"\0" in data[:8192] else len(data)


def copy(paths, target):
    for place, path in enumerate(paths):
        folder = target / f"{place % 16:x}"
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, folder / f"{place}{path.suffix}")


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("binary")
    arguments.add_argument("tree", type=Path)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--part", type=float, default=8)
    arguments.add_argument("--only", action="append")
    given = arguments.parse_args()
    names = ["cat", "rg", "countersign", "kingfisher", "kingfisher --turbo", "keyspoor", *SLOW]
    names = [name for name in given.only or names if runs(name, given.tree, given.binary, "report")]
    sizes = {path: size for path in files(given.tree) if (size := text(path))}
    total = sum(sizes.values()) / 1e6
    with tempfile.TemporaryDirectory() as scratch:
        part, some, one = (Path(scratch) / name for name in ("part", "some", "one"))
        ordered = sorted(sizes)
        step = max(1, round(total / given.part))
        copy(ordered[::step], part)
        copy(ordered[:: max(1, len(ordered) // 2000)][:2000], some)
        one.mkdir()
        (one / "0.txt").write_text("hello\n")
        small = sum(sizes[path] for path in ordered[::step]) / 1e6
        print(f"{len(sizes)} text files, {total:.0f} MB; the part: {len(ordered[::step])} files, {small:.1f} MB")
        print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.2f} at the start", flush=True)
        taken = {name: {"tree": [], "one": [], "some": []} for name in names}
        for name in names:
            timed(name, one, given.binary)
        for _ in range(given.rounds):
            for name in names:
                slow = name in SLOW
                taken[name]["tree"].append(timed(name, part if slow else given.tree, given.binary))
                if name not in ("cat", "rg"):
                    taken[name]["one"].append(timed(name, one, given.binary))
                if not slow:
                    taken[name]["some"].append(timed(name, some, given.binary))
            print(f"a round, load {os.getloadavg()[0]:.2f}", flush=True)
        print("\n| tool | s | least | most | MB/s | cpu s | RSS MB | one file ms | 2,000 files ms |\n" + "|---" * 9 + "|")
        for name, times in taken.items():
            middle = lambda rows, place: statistics.median(row[place] for row in rows) if rows else float("nan")
            walls = [row[0] for row in times["tree"]]
            wall = statistics.median(walls)
            size = small if name in SLOW else total
            print(
                f"| {name}{' (part)' if name in SLOW else ''} | {wall:.2f} | {min(walls):.2f} | {max(walls):.2f} | {size / wall:.1f} "
                f"| {middle(times['tree'], 1):.2f} | {max(row[2] for row in times['tree']):.0f} "
                f"| {middle(times['one'], 0) * 1000:.0f} | {middle(times['some'], 0) * 1000:.0f} |"
            )


if __name__ == "__main__":
    main()
