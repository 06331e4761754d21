#!/usr/bin/env python3
"""What of real repositories can be resolved, by hand: needs copies of them.

    .ci/real_repositories.py BINARY EVALUATE FOLDER…

BINARY is `countersign`, EVALUATE is `target/debug/examples/evaluate`, each FOLDER a plain folder with the files of a
repository. Prints tables in Markdown. A resource of Terraform or CloudFormation bears on access when what it declares by
itself grants, denies, defines or holds access, or when its type does and is not read. It is wholly unresolved when neither
who has something nor what it is is known. A root that needs a variable without any value is made to be called by others;
counted are all roots, and those that can be evaluated as they stand.
"""

import collections
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time


def timed(command):
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return run, time.monotonic() - began, used


def general(reason):
    """A reason without the names in it."""
    reason = re.sub(r'`[^`]*`', '`…`', reason)
    return re.sub(r'`…`(, `…`)+', '`…`', reason)


def share(part, whole):
    return f'{part} ({100 * part / whole:.1f} %)' if whole else '0'


def main():
    binary, evaluate, folders = sys.argv[1], sys.argv[2], sys.argv[3:]
    rows, reasons_everywhere, remaining, kinds = [], collections.Counter(), collections.Counter(), collections.Counter()
    totals = collections.Counter()
    for folder in folders:
        name = os.path.basename(folder.rstrip('/'))
        with tempfile.TemporaryDirectory() as scratch:
            check, wall, cpu = timed([binary, 'check', folder, '--output', f'json={scratch}/check.json', '--no-record'])
            with open(f'{scratch}/check.json', encoding='utf-8') as file:
                verdict = json.load(file)
        export, _, _ = timed([binary, 'access', 'export', '--path', folder])
        facts = collections.Counter(fact['fact'] for fact in json.loads(export.stdout)['facts'])
        listed, _, _ = timed([evaluate, '--access', folder])
        resources = [json.loads(line) for line in listed.stdout.splitlines()]
        if check.returncode not in (0, 1, 3, 4) or listed.returncode:
            sys.exit(f'{name}: {check.stderr}{listed.stderr}')
        wholly = [own for own in resources if not own['who'] and not own['what']]
        standing = [own for own in resources if not own['needs_inputs']]
        standing_wholly = [own for own in wholly if not own['needs_inputs']]
        for own in wholly:
            remaining[general(own['reasons'][0]) if own['reasons'] else 'its name is not known, and there is nothing else to know'] += 1
            kinds[own['type']] += 1
        totals.update(resources=len(resources), wholly=len(wholly), standing=len(standing), standing_wholly=len(standing_wholly))
        coverage, unresolved = verdict['population'], verdict['unresolved']
        for own in unresolved:
            reasons_everywhere[general(own['reason'])] += 1
        rows.append((name, coverage, facts, len(unresolved), len(resources), len(wholly), len(standing), len(standing_wholly), wall, cpu))
    print('| repository | files | definitions | grants | principals | unresolved | resources that bear on access | wholly unresolved | of roots that stand by themselves | wholly unresolved | wall s | CPU s |')
    print('|---|---|---|---|---|---|---|---|---|---|---|---|')
    for name, coverage, facts, unresolved, all_of, wholly, standing, standing_wholly, wall, cpu in rows:
        print(f"| {name} | {coverage['files']} | {sum(coverage['definitions'].values())} | {facts['grant']} | {sum(coverage['principals'].values())} | {unresolved} | {all_of} | {share(wholly, all_of)} | {standing} | {share(standing_wholly, standing)} | {wall:.2f} | {cpu:.2f} |")
    print(f"| all | | | | | | {totals['resources']} | {share(totals['wholly'], totals['resources'])} | {totals['standing']} | {share(totals['standing_wholly'], totals['standing'])} | | |")
    for title, counter in [('Unresolved, by reason', reasons_everywhere), ('Wholly unresolved resources, by first reason', remaining), ('Wholly unresolved resources, by type', kinds)]:
        print(f'\n{title}:\n')
        for reason, count in counter.most_common(30):
            print(f'- {count} × {reason}')


if __name__ == '__main__':
    main()
