#!/usr/bin/env python3
"""Holds what we evaluate against the inventories of cloud-foundation-fabric, by hand: needs a copy of that repository.

    .ci/inventories.py EVALUATE FABRIC [MODULE]

FABRIC's own tests plan its modules, with variable files (`tests/modules/**/tftest.yaml`) and as the examples of their pages
(`modules/**/README.md`), and state what Terraform comes to: `values:` by address, and `counts:` by type. Each of them is
evaluated here; counted are addresses that are there and arguments that agree, those of resources of access by themselves.
"""

import collections
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

import yaml

ACCESS = re.compile(r'_iam_|service_account|custom_role|_access_|workload_identity|cloud_identity|privileged_access|_acl|_service_identity')


class Loader(yaml.CSafeLoader if hasattr(yaml, 'CSafeLoader') else yaml.SafeLoader):
    """YAML whose dates stay texts."""


Loader.yaml_implicit_resolvers = {key: [own for own in rules if own[0] != 'tag:yaml.org,2002:timestamp']
                                  for key, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()}


def load(path):
    with open(path, encoding='utf-8') as file:
        return yaml.load(file, Loader) or {}


def cases_of_files(fabric, only):
    """Tests of modules with variable files: a name, what to do with an empty tree, the inventory."""
    for folder, _, names in sorted(os.walk(f'{fabric}/tests/modules')):
        if 'tftest.yaml' not in names:
            continue
        spec = load(f'{folder}/tftest.yaml')
        module = spec['module']
        if only and os.path.basename(module) != only:
            continue
        for name, own in (spec.get('tests') or {}).items():
            own = own or {}
            variables = spec.get('common_tfvars', []) + [f'{name}.tfvars'] + own.get('tfvars', [])
            inventories = own.get('inventory', [f'{name}.yaml'])
            inventories = [inventories] if isinstance(inventories, str) else inventories
            extra = [os.path.normpath(f'{fabric}/{module}/{path}') for path in own.get('extra_dirs', [])]

            def make(tree, module=module, variables=variables, folder=folder, extra=extra):
                os.mkdir(f'{tree}/modules')
                for sibling in os.listdir(f'{fabric}/modules'):
                    os.symlink(f'{fabric}/modules/{sibling}', f'{tree}/modules/{sibling}')
                root = f'{tree}/modules/tested'
                shutil.copytree(f'{fabric}/{module}', root)
                for place, path in enumerate(variables):
                    if os.path.exists(f'{folder}/{path}'):
                        shutil.copy(f'{folder}/{path}', f'{root}/{place:03}.auto.tfvars')
                for path in extra:
                    os.symlink(path, f'{root}/{os.path.basename(path)}')
                return 'modules/tested'

            for inventory in inventories:
                if os.path.exists(f'{folder}/{inventory}'):
                    yield f'{module}:{name}', make, f'{folder}/{inventory}'


def cases_of_pages(fabric, only):
    """Examples of modules' pages."""
    for folder, _, names in sorted(os.walk(f'{fabric}/modules')):
        if 'README.md' not in names or only and os.path.basename(folder) != only:
            continue
        with open(f'{folder}/README.md', encoding='utf-8') as file:
            fences = re.findall(r'^```(\w+)\n(.*?)^```', file.read(), re.MULTILINE | re.DOTALL)
        files, fixtures = {}, {}
        for _, text in fences:
            if found := re.search(r'^# tftest-file +id=(\S+) +path=(\S+)', text, re.MULTILINE):
                files[found[1]] = (found[2], text)
            if found := re.search(r'^# tftest-fixture +id=(\S+)', text, re.MULTILINE):
                fixtures[found[1]] = text
        module = os.path.relpath(folder, fabric)
        for number, (language, text) in enumerate(fences):
            found = re.search(r'^# tftest +(.*)$', text, re.MULTILINE)
            if language != 'hcl' or not found or 'skip' in found[1]:
                continue
            said = dict(part.split('=', 1) for part in found[1].split() if '=' in part)
            if not all(name in files for name in filter(None, said.get('files', '').split(','))):
                continue
            inventory = f"{fabric}/tests/{module.replace('-', '_')}/examples/{said.get('inventory')}"
            if not os.path.exists(inventory):
                continue

            def make(tree, text=text, said=said, files=files, fixtures=fixtures, module=module):
                os.mkdir(f'{tree}/fabric')
                os.symlink(f'{fabric}/modules', f'{tree}/fabric/modules')
                shutil.copy(f'{fabric}/tests/examples/variables.tf', f'{tree}/variables.tf')
                with open(f'{tree}/main.tf', 'w', encoding='utf-8') as file:
                    file.write(text)
                assets = f"{fabric}/tests/{module.replace('-', '_')}/assets"
                if os.path.exists(assets):
                    os.symlink(assets, f'{tree}/assets')
                for name in filter(None, said.get('files', '').split(',')):
                    path, content = files[name]
                    os.makedirs(os.path.dirname(f'{tree}/{path}'), exist_ok=True)
                    with open(f'{tree}/{path}', 'w', encoding='utf-8') as file:
                        file.write(content)
                for name in filter(None, said.get('fixtures', '').split(',')):
                    if name.startswith('fixtures/'):
                        shutil.copy(f'{fabric}/tests/{name}', tree)
                    else:
                        with open(f'{tree}/{name}.tf', 'w', encoding='utf-8') as file:
                            file.write(fixtures[name])
                return ''

            yield f'{module}/README.md#{number}', make, inventory


MARKS = ('$unknown', '$fails', '$limit', '$text', '$more')


def reason(value):
    """Why a value is not known in full, if it is not."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in MARKS:
                return f'{key} {inner if isinstance(inner, str) else reason(inner)}'
            if found := reason(inner):
                return found
    if isinstance(value, list):
        return next(filter(None, map(reason, value)), None)
    return None


def nothing(value):
    return value in (None, [], '', False, 0, {}) or isinstance(value, list) and all(map(nothing, value)) or isinstance(value, dict) and all(map(nothing, value.values()))


def scalar(value):
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value == int(value):
        return str(int(value))
    return str(value)


def agrees(wanted, own, inside=False):
    """Whether a value is the one that is stated; what a provider fills in where nothing is said counts for nothing."""
    if own is None:
        return inside or nothing(wanted)
    if nothing(own) and nothing(wanted):
        return True
    if isinstance(wanted, dict):
        return isinstance(own, dict) and all(agrees(inner, own.get(key), True) for key, inner in wanted.items())
    if isinstance(wanted, list):
        own = own if isinstance(own, list) else [own]
        if len(own) != len(wanted):
            return nothing(wanted) and nothing(own)
        if all(not isinstance(item, (dict, list)) for item in wanted + own):
            return sorted(map(scalar, wanted)) == sorted(map(scalar, own))
        left = list(own)
        for item in wanted:
            at = next((place for place, other in enumerate(left) if agrees(item, other, True)), None)
            if at is None:
                return False
            del left[at]
        return True
    if isinstance(own, (dict, list)):
        return False
    if isinstance(wanted, str) and isinstance(own, str) and wanted[:1] in '{[':
        try:
            return json.loads(wanted) == json.loads(own)
        except ValueError:
            pass
    return scalar(wanted) == scalar(own) or nothing(wanted) and nothing(own)


def main():
    evaluate, fabric = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    only = sys.argv[3] if len(sys.argv) > 3 else None
    counts, reasons, shown = collections.Counter(), collections.Counter(), int(os.environ.get('SHOW', '40'))
    for name, make, inventory in [*cases_of_files(fabric, only), *cases_of_pages(fabric, only)]:
        stated = load(inventory)
        with tempfile.TemporaryDirectory() as tree:
            root = make(tree)
            run = subprocess.run([evaluate, tree, root], capture_output=True, text=True, check=False, timeout=300)
        counts['tests'] += 1
        if run.returncode:
            counts['tests that cannot be evaluated'] += 1
            print(f'{name}: {run.stderr[-300:]}')
            continue
        found, said = {}, []
        for line in map(json.loads, run.stdout.splitlines()):
            if 'address' in line:
                found[line['address']] = line
            else:
                said.append(line['unresolved'])
        for address, values in (stated.get('values') or {}).items():
            kind = 'access' if ACCESS.search(address) else 'other'
            counts[f'addresses, {kind}'] += 1
            own = found.get(address)
            if own is None:
                counts[f'addresses missing, {kind}'] += 1
                base = re.sub(r'\[[^\]]*\]$', '', address)
                near = [other for other in found if other.startswith(base)]
                why = 'under other keys' if near else 'not there'
                uncertain = next((found[other]['uncertain'] for other in near if found[other]['uncertain']), None)
                reasons[f'address {why}: {uncertain or ""}'] += 1
                if shown > 0 and not uncertain:
                    shown -= 1
                    print(f'{name}\n    {address} is {why}: {near[:2]} {said[:2]}')
                continue
            for key, wanted in (values or {}).items():
                counts[f'arguments, {kind}'] += 1
                mine = own['values'].get(key)
                why = reason(mine)
                if agrees(wanted, mine):
                    counts[f'arguments agree, {kind}'] += 1
                elif why:
                    counts[f'arguments unknown, {kind}'] += 1
                    reasons[re.sub(r'`[^`]*`', '`…`', why)[:120]] += 1
                elif mine is None:
                    counts[f'arguments that the provider fills in, {kind}'] += 1
                else:
                    counts[f'arguments differ, {kind}'] += 1
                    if shown > 0:
                        shown -= 1
                        print(f'{name}\n    {address} {key}\n    stated    {json.dumps(wanted)[:300]}\n    evaluated {json.dumps(mine)[:300]}')
        made = collections.Counter(line['type'] for line in found.values())
        for kind, count in (stated.get('counts') or {}).items():
            if kind in ('modules', 'resources') or kind not in made and not kind.startswith('google_'):
                continue
            if ACCESS.search(kind):
                counts['counts of types of access'] += 1
                counts['counts of types of access that agree'] += made[kind] == count
                if made[kind] != count:
                    print(f'{name}: {kind} is {count} times in the plan and {made[kind]} times here')
    for what, count in sorted(counts.items()):
        print(f'{count:7} {what}')
    for why, count in reasons.most_common(25):
        print(f'{count:7} {why}')


if __name__ == '__main__':
    main()
