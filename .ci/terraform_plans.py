#!/usr/bin/env python3
"""Holds our evaluation of whole configurations against the plans of Terraform itself, by hand: needs `terraform`.

    .ci/terraform_plans.py EVALUATE [HOW_MANY [SEED]]

Configurations are generated: typed variables with defaults and variable files, locals, nested local modules with `count`
and `for_each`, outputs, and resources of the built-in type `terraform_data`. Compared are the addresses and the known
`input` of every resource with `planned_values` of `terraform show -json`.
"""

import collections
import json
import os
import random
import subprocess
import sys
import tempfile

from terraform_console import Generator, marks, same, terraform

TYPES = [
    ('string', ['"a"', '12', 'true', '"x-${local.name}"']),
    ('number', ['"7"', '3', 'length(local.names)']),
    ('bool', ['"true"', 'false', 'local.count > 1']),
    ('list(string)', ['["a", 1, true]', 'local.names', 'toset(local.names)', 'keys(local.people)', '[]']),
    ('set(string)', ['["b", "a", "b"]', 'local.names', '[1, 2]']),
    ('map(string)', ['{ a = 1, b = "x" }', '{ for n in local.names : n => upper(n) }', '{}']),
    ('any', ['local.people', '[1, "a"]', '"text"', 'null', '{ a = [1], b = { c = null } }']),
    ('map(object({ role = string, teams = optional(list(string), ["all"]), level = optional(number) }))',
     ['local.people', '{ z = { role = 5, extra = "dropped" } }', '{ y = { role = "r", teams = null, level = "3" } }']),
    ('object({ a = optional(string, "d"), b = optional(object({ c = optional(bool, true) }), {}) })', ['{}', '{ a = null, b = { c = "false" } }', '{ b = {} , x = 1 }']),
    ('tuple([string, number])', ['[1, "2"]']),
    ('list(object({ n = string, on = optional(bool, false) }))', ['[{ n = "p" }, { n = 2, on = true }]', '[for n in local.names : { n = n }]']),
]

COLLECTIONS = [
    'toset(local.names)', '{ for n in local.names : n => length(n) }', 'local.people', 'toset([])',
    '{ for k, v in local.people : upper(k) => v if v.role != "r" }',
    'toset([for p in setproduct(local.names, ["x", "y"]) : join("/", p)])',
]


class Configuration:
    """One configuration, file by file."""

    def __init__(self, seed, pool):
        self.random, self.pool, self.files = random.Random(seed), pool, {}
        self.module('', 0)

    def expression(self, values):
        """Something that has a value."""
        return self.random.choice([
            lambda: self.random.choice(self.pool), lambda: self.random.choice(values), lambda: self.random.choice(values),
            lambda: f'jsonencode({self.random.choice(values)})', lambda: f'[{self.random.choice(values)}, {self.random.choice(values)}]',
            lambda: f'{{ v = {self.random.choice(values)}, w = {self.random.choice(self.pool)} }}', lambda: f'try({self.random.choice(values)}.a, {self.random.choice(values)}[0], "none")',
            lambda: f'length(jsonencode({self.random.choice(values)}))',
        ])()

    def repeated(self, values):
        """How often something is there: the argument, and what it brings."""
        return self.random.choice([
            lambda: ('', []), lambda: ('', []),
            lambda: (f'count = {self.random.choice(["2", "length(local.names)", "local.count", "local.count > 1 ? 1 : 0", "0", "1"])}', ['count.index']),
            lambda: (f'for_each = {self.random.choice(COLLECTIONS)}', ['each.key', 'each.value']),
        ])()

    def module(self, folder, depth):
        text, values = '', ['local.name', 'local.names', 'local.people', 'local.count', 'path.module']
        choose = self.random.choice
        for number in range(self.random.randint(1, 4)):
            kind, given = choose(TYPES)
            nullable = choose(['', '', '  nullable = false\n'])
            plain = [own for own in given if 'local.' not in own]
            if nullable:
                plain = [own for own in plain if own != 'null']
            default = choose(plain) if plain else None
            needed = depth > 0 and number == 0
            text += f'variable "v{number}" {{\n  type = {kind}\n' + ('' if needed or default is None and depth else f'  default = {default or "null"}\n') + (nullable if default or depth else '') + '}\n'
            values.append(f'var.v{number}')
            if depth == 0 and default is None:
                default = 'null'
            self.files.setdefault('inputs', {}).setdefault(folder, []).append((f'v{number}', given, needed or default is None, bool(nullable)))
        names = choose(['["n1", "n2"]', '["a b", "é", "x.y"]', '["one"]', 'sort(["q", "B", "10", "9"])'])
        text += f'locals {{\n  name = "{choose(["svc", "a-b", "x.y"])}"\n  names = {names}\n  count = length(local.names)\n' \
                '  people = { ann = { role = "r" }, bob = { role = "s", teams = ["t"] } }\n'
        for number in range(self.random.randint(1, 4)):
            text += f'  l{number} = {self.expression(values)}\n'
            values.append(f'local.l{number}')
        text += '}\n'
        for number in range(self.random.randint(1, 3) if depth < 2 else 0):
            child = f'{folder}/m{number}'.lstrip('/')
            self.module(child, depth + 1)
            repeat, brings = self.repeated(values)
            text += f'module "m{number}" {{\n  source = "./{"m" + str(number)}"\n  {repeat}\n'
            for name, given, needed, never_null in self.files['inputs'][child]:
                if needed or choose([True, False]):
                    options = given + (['each.key'] if 'each.key' in brings and given[0] == '"a"' else [])
                    text += f'  {name} = {choose([own for own in options if own != "null" or not never_null])}\n'
            text += '}\n'
            whole = f'module.m{number}'
            values += [f'{whole}.out'] if not repeat else [f'{whole}[*].out' if 'count' in repeat else f'[for k, m in {whole} : {{ k = k, o = m.out }}]', f'keys({whole})' if 'for_each' in repeat else f'length({whole})']
        for number in range(self.random.randint(1, 3)):
            repeat, brings = self.repeated(values)
            text += f'resource "terraform_data" "r{number}" {{\n  {repeat}\n  input = {{\n    a = {self.expression(values + brings)}\n    b = {self.expression(values + brings + brings)}\n' + ''.join(f'    {own.replace(".", "_")} = {own}\n' for own in brings) + '  }\n}\n'
            whole = f'terraform_data.r{number}'
            values.append(f'{whole}.input' if not repeat else f'{whole}[*].input.a' if 'count' in repeat else f'{{ for k, r in {whole} : k => r.input.b }}')
        text += f'output "out" {{\n  value = {self.expression(values)}\n}}\n'
        self.files[f'{folder}/main.tf'.lstrip('/')] = text
        if depth == 0:
            given = [(name, choose([own for own in options if 'local.' not in own and 'toset' not in own] or ['null']), never_null) for name, options, _, never_null in self.files['inputs'][folder]]
            given = [own for own in given if self.random.random() < 0.5 and not (own[2] and own[1] == 'null')]
            self.files['terraform.tfvars'] = ''.join(f'{name} = {value}\n' for name, value, _ in given if '{ for' not in value)

    def write(self, folder):
        for path, text in self.files.items():
            if path != 'inputs':
                os.makedirs(os.path.dirname(f'{folder}/{path}') or folder, exist_ok=True)
                with open(f'{folder}/{path}', 'w', encoding='utf-8') as file:
                    file.write(text)


def planned(folder):
    environment = {'PATH': os.environ['PATH'], 'HOME': '/nonexistent', 'TF_CLI_CONFIG_FILE': os.devnull, 'CHECKPOINT_DISABLE': '1'}
    for command in (['init', '-backend=false', '-input=false'], ['plan', '-out=plan.bin', '-input=false', '-lock=false']):
        run = subprocess.run(['terraform', *command, '-no-color'], cwd=folder, env=environment, capture_output=True, text=True, check=False)
        if run.returncode:
            return None, run.stdout + run.stderr
    shown = subprocess.run(['terraform', 'show', '-json', 'plan.bin'], cwd=folder, env=environment, capture_output=True, text=True, check=True)
    found, queue = {}, [json.loads(shown.stdout)['planned_values'].get('root_module', {})]
    while queue:
        module = queue.pop()
        queue += module.get('child_modules', [])
        for resource in module.get('resources', []):
            found[resource['address']] = resource['values'].get('input')
    return found, ''


def main():
    evaluate = os.path.abspath(sys.argv[1])
    many = int(sys.argv[2]) if len(sys.argv) > 2 else 100
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    generator = Generator(seed)
    candidates = [own for own in (generator.any(1) for _ in range(600)) if '\n' not in own]
    pool = [own for own, value in zip(candidates, terraform(candidates)) if value is not None and 'null' not in own]
    counts, shown = collections.Counter(), int(os.environ.get('SHOW', '20'))
    for number in range(many):
        with tempfile.TemporaryDirectory() as folder:
            Configuration(seed * 100_000 + number, pool).write(folder)
            theirs, said = planned(folder)
            for name in ('plan.bin', '.terraform/modules/modules.json'):
                if os.path.exists(f'{folder}/{name}'):
                    os.remove(f'{folder}/{name}')
            if theirs is None:
                counts['configurations that Terraform refuses'] += 1
                if os.environ.get('REFUSED'):
                    print(said[:600])
                continue
            run = subprocess.run([evaluate, folder], capture_output=True, text=True, check=True)
            lines = [json.loads(line) for line in run.stdout.splitlines()]
            mine = {line['address']: line['values'].get('input') for line in lines if 'address' in line}
            counts['configurations'] += 1
            for address in sorted(theirs.keys() | mine.keys()):
                counts['addresses'] += 1
                if address not in theirs or address not in mine:
                    verdict = 'not in the plan' if address not in theirs else 'not here'
                    detail = ''
                else:
                    reasons = list(marks(mine[address]))
                    verdict = 'not known here' if reasons else 'equal' if same(theirs[address], mine[address]) else 'different'
                    detail = f'\n    terraform   {json.dumps(theirs[address], ensure_ascii=False)[:600]}\n    countersign {reasons[:1] or json.dumps(mine[address], ensure_ascii=False)[:600]}'
                counts[verdict] += 1
                if verdict != 'equal' and shown > 0:
                    shown -= 1
                    print(f'{verdict}: {seed * 100_000 + number} {address}{detail}')
                    if os.environ.get('KEEP'):
                        subprocess.run(['cp', '-r', folder, f'{os.environ["KEEP"]}/{seed * 100_000 + number}'], check=False)
    for verdict, count in counts.most_common():
        print(f'{count:6} {verdict}')
    sys.exit(1 if counts['different'] or counts['not here'] or counts['not in the plan'] else 0)


if __name__ == '__main__':
    main()
