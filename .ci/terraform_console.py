#!/usr/bin/env python3
"""Holds our evaluation of expressions against that of Terraform itself, by hand: needs `terraform`.

    .ci/terraform_console.py EVALUATE [HOW_MANY [SEED]]

EVALUATE is `target/debug/examples/evaluate`. Expressions are generated: every function that is evaluated, operators,
`for`, splats, conditionals, templates, heredocs, numbers, null, empty collections, conversions and places that are not
there. Terraform evaluates all of them in one `terraform console`. What has a value there must have that value here, or be
unknown for one of the reasons in UNKNOWN_FOR: what differs is printed, and makes it fail. What fails there may have a value
here: types that do not go together are not refused, and `try` and `can` then tell another story.
"""

import base64
import collections
import json
import math
import os
import random
import re
import subprocess
import sys
import tempfile

STRINGS = ['""', '"a"', '"b"', '"abc"', '"héllo wörld"', '"日本"', '"e\\u0301"', '"👩‍👩‍👧"', '"a,b,c"', '"A-b_c d"', '"  pad\\t"', '"10"', '"-3"', '"1.5"',
           '"true"', '"false"', '"null"', '"<a&b>"', '"line1\\nline2\\n"', '"$${x}"', '"%%{if}"', '"\\\\d+"', '"q\\"q"', '"10.0.0.0/8"', '"aws:iam"',
           '"1e3"', '"0x1f"', '"007"', '"ab12cd34"']
NUMBERS = ['0', '1', '2', '3', '-1', '7', '10', '1.5', '-2.25', '0.1', '255', '1000000', '1e3', '9007199254740993',
           '12345678901234567890', '-0', '1e21', '1e-7', '100', '4294967296']
REGEXES = ['"[a-z]+"', '"(\\\\d+)"', '"^a"', '"(?P<first>[a-z])(?P<second>[a-z])"', '"b|c"', '"^$"', '"."', '"([a-z])(\\\\d)?"', '"\\\\s+"', '"[^a-z]"']

REPLACEMENTS = ['""', '"<$0>"', '"$1-"', '"[$1]$$"', '"$x"', '"x"']

YAML = ["1", "yes", "~", "[x, y]", "0x1F", "1.50", "'q'", "2001-01-01", "!!str 5", "1_000", ".inf", "007", "1e3", "on", "No", "null", "0o17", "+1", "1.", ".5"]


class Generator:
    """Expressions by the kind that they mostly have."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def pick(self, options):
        return self.random.choice(options)

    def any(self, depth):
        kind = self.pick(['text', 'text', 'number', 'boolean', 'list', 'list', 'set', 'map', 'map', 'null'])
        return getattr(self, kind)(depth)

    def null(self, _depth):
        return 'null'

    def wrong(self, depth, kind):
        """Mostly of that kind."""
        return self.any(depth) if self.random.random() < 0.04 else getattr(self, kind)(depth)

    def text(self, depth):
        if depth <= 0:
            return self.pick(STRINGS)
        t = lambda: self.wrong(depth - 1, 'text')
        n = lambda: self.wrong(depth - 1, 'number')
        l = lambda: self.wrong(depth - 1, 'texts')
        b = lambda: self.wrong(depth - 1, 'boolean')
        make = self.pick([
            lambda: self.pick(STRINGS), lambda: self.pick(STRINGS),
            lambda: f'"{{${{{self.any(depth - 1)}}}}}"', lambda: f'"${{{self.any(depth - 1)}}}"',
            lambda: f'"x-${{{t()}}}-${{{n()}}}"',
            lambda: f'"%{{ if {b()} }}yes ${{{t()}}}%{{ else }}no%{{ endif }}!"',
            lambda: f'"%{{ for v in {l()} ~}} <${{v}}> %{{~ endfor }}"',
            lambda: f'"%{{ for k, v in {self.wrong(depth - 1, "map")} }}${{k}}=${{v}};%{{ endfor }}"',
            lambda: f'<<EOT\n  one ${{{t()}}}\n    two\nEOT\n',
            lambda: f'<<-EOT\n      one ${{{t()}}}\n        two\n      %{{ if {b()} ~}}\n      three\n      %{{ endif ~}}\n    EOT\n',
            lambda: f'<<-EOT\n    %{{ for v in {l()} ~}}\n    - ${{v}}\n    %{{ endfor ~}}\n  EOT\n',
            lambda: f'upper({t()})', lambda: f'lower({t()})', lambda: f'title({t()})', lambda: f'trimspace({t()})', lambda: f'chomp({t()})',
            lambda: f'trim({t()}, {t()})', lambda: f'trimprefix({t()}, {t()})', lambda: f'trimsuffix({t()}, {t()})', lambda: f'strrev({t()})',
            lambda: f'substr({t()}, {self.pick(["0", "1", "-1", "-3", "2", "100"])}, {self.pick(["-1", "0", "1", "3", "100"])})',
            lambda: f'replace({t()}, {t()}, {t()})', lambda: f'replace({t()}, "/{self.pick(REGEXES)[1:-1]}/", {self.pick(REPLACEMENTS)})',
            lambda: f'join({t()}, {l()})', lambda: f'indent({self.pick(["0", "2", "4"])}, {t()})',
            lambda: f'format({self.pick(FORMATS)}, {", ".join(self.any(depth - 1) for _ in range(self.random.randint(0, 3)))})'.replace(', )', ')'),
            lambda: f'format("%s=%d|%v", {t()}, {n()}, {self.any(depth - 1)})',
            lambda: f'format({self.pick(NUMBER_FORMATS)}, {n()})', lambda: f'format({self.pick(TEXT_FORMATS)}, {t()})',
            lambda: f'tostring({self.any(depth - 1)})', lambda: f'jsonencode({self.any(depth - 1)})',
            lambda: f'base64encode({t()})', lambda: f'base64decode(base64encode({t()}))', lambda: f'urlencode({t()})', lambda: f'md5({t()})', lambda: f'sha1({t()})',
            lambda: f'sha256({t()})', lambda: f'sha512({t()})', lambda: f'base64sha256({t()})', lambda: f'base64sha512({t()})', lambda: f'uuidv5("dns", {t()})',
            lambda: f'regex({self.pick(REGEXES)}, {t()})', lambda: f'element({l()}, {n()})', lambda: f'coalesce({t()}, {t()})',
            lambda: f'({b()} ? {t()} : {t()})', lambda: f'lookup({self.wrong(depth - 1, "map")}, {t()}, {t()})', lambda: f'try({self.any(depth - 1)}, {t()})',
            lambda: f'basename({t()})', lambda: f'dirname({t()})', lambda: f'one({l()})', lambda: f'{l()}[{self.pick(["0", "1", "2", "-1"])}]',
            lambda: f'cidrhost({self.pick(CIDRS)}, {self.pick(["0", "1", "5", "-1", "-2", "256", "1.5"])})', lambda: f'cidrnetmask({self.pick(CIDRS)})',
            lambda: f'cidrsubnet({self.pick(CIDRS)}, {self.pick(["0", "1", "4", "8", "16"])}, {self.pick(["0", "1", "3", "15", "16"])})',
            lambda: f'sort({l()})[0]', lambda: f'join(",", [for s in {l()} : upper(s)])', lambda: f'yamldecode(yamlencode({t()}))', lambda: f'nonsensitive(sensitive({t()}))',
        ])
        return make()

    def number(self, depth):
        if depth <= 0:
            return self.pick(NUMBERS)
        n = lambda: self.wrong(depth - 1, 'number')
        t = lambda: self.wrong(depth - 1, 'text')
        make = self.pick([
            lambda: self.pick(NUMBERS), lambda: self.pick(NUMBERS),
            lambda: f'({n()} {self.pick(["+", "-", "*", "/", "%"])} {n()})', lambda: f'({n()} {self.pick(["+", "-", "*", "%"])} {self.pick(["1", "2", "3"])})', lambda: f'(-{n()})',
            lambda: f'length({self.pick([self.list, self.map, self.text, self.set])(depth - 1)})',
            lambda: f'abs({n()})', lambda: f'ceil({n()})', lambda: f'floor({n()})', lambda: f'signum({n()})', lambda: f'pow({n()}, {self.pick(["0", "1", "2", "3", "0.5"])})',
            lambda: f'log({n()}, {self.pick(["2", "10"])})', lambda: f'max({n()}, {n()})', lambda: f'min({n()}, {n()}, {n()})', lambda: f'sum([{n()}, {n()}])',
            lambda: f'parseint({t()}, {self.pick(["2", "8", "10", "16", "36", "62", "1"])})', lambda: f'tonumber({self.any(depth - 1)})',
            lambda: f'index({self.list(depth - 1)}, {self.any(depth - 1)})', lambda: f'max({self.wrong(depth - 1, "numbers")}...)', lambda: f'sum({self.wrong(depth - 1, "numbers")})',
            lambda: f'try({n()}, 0)', lambda: f'({self.boolean(depth - 1)} ? {n()} : {n()})',
        ])
        return make()

    def boolean(self, depth):
        if depth <= 0:
            return self.pick(['true', 'false'])
        b = lambda: self.wrong(depth - 1, 'boolean')
        x = lambda: self.any(depth - 1)
        n = lambda: self.wrong(depth - 1, 'number')
        t = lambda: self.wrong(depth - 1, 'text')
        make = self.pick([
            lambda: self.pick(['true', 'false']), lambda: f'!{b()}', lambda: f'({b()} && {b()})', lambda: f'({b()} || {b()})',
            lambda: f'({x()} == {x()})', lambda: f'({x()} != {x()})', lambda: f'({t()} == {t()})', lambda: f'({n()} == {t()})',
            lambda: f'({n()} {self.pick(["<", "<=", ">", ">=", "==", "!="])} {n()})',
            lambda: f'contains({self.list(depth - 1)}, {x()})', lambda: f'contains({self.texts(depth - 1)}, {t()})', lambda: f'can({x()})', lambda: f'tobool({x()})',
            lambda: f'startswith({t()}, {t()})', lambda: f'endswith({t()}, {t()})', lambda: f'strcontains({t()}, {t()})', lambda: f'alltrue([{b()}, {b()}])', lambda: f'anytrue([{b()}, {b()}])',
            lambda: f'can(regex({self.pick(REGEXES)}, {t()}))',
        ])
        return make()

    def texts(self, depth):
        if depth <= 0:
            return self.pick(['[]', '["a"]', '["a", "b"]', '["b", "a", "b"]', '["", "x"]', 'tolist(["p", "q"])', '["B", "a", "é", "10", "9"]'])
        l = lambda: self.wrong(depth - 1, 'texts')
        t = lambda: self.wrong(depth - 1, 'text')
        make = self.pick([
            lambda: '[' + ', '.join(t() for _ in range(self.random.randint(0, 4))) + ']',
            lambda: f'split({t()}, {t()})', lambda: f'split(",", {t()})', lambda: f'keys({self.wrong(depth - 1, "map")})', lambda: f'concat({l()}, {l()})', lambda: f'distinct({l()})', lambda: f'compact({l()})',
            lambda: f'sort({l()})', lambda: f'reverse({l()})', lambda: f'tolist({self.set(depth - 1)})', lambda: f'regexall({self.pick(REGEXES)}, {t()})',
            lambda: f'formatlist("%s-%v", {l()}, {t()})', lambda: f'formatlist("%s.%s", {l()}, {l()})', lambda: f'[for i, s in {l()} : "${{i}}:${{s}}"]', lambda: f'[for s in {l()} : lower(s) if s != "a"]',
            lambda: f'slice({l()}, 0, 1)', lambda: f'coalescelist({l()}, {l()})', lambda: f'{l()}[*]', lambda: f'cidrsubnets({self.pick(CIDRS)}, {self.pick(["1", "4", "8"])}, {self.pick(["4", "8"])})',
            lambda: f'matchkeys({l()}, {l()}, {l()})', lambda: f'setintersection({l()}, {l()})', lambda: f'[for k, v in {self.wrong(depth - 1, "map")} : k]',
        ])
        return make()

    def numbers(self, depth):
        if depth <= 0:
            return self.pick(['[]', '[1]', '[1, 2, 3]', '[3, 1, 2.5]', 'range(4)'])
        n = lambda: self.wrong(depth - 1, 'number')
        make = self.pick([
            lambda: '[' + ', '.join(n() for _ in range(self.random.randint(0, 4))) + ']', lambda: f'range({self.pick(["0", "3", "-2"])})',
            lambda: f'range({self.pick(["0", "1", "5"])}, {self.pick(["4", "0", "-3"])})', lambda: f'range({n()}, {self.pick(["4", "2"])}, {self.pick(["1", "2", "-1", "0.5", "0"])})',
            lambda: f'[for v in {self.numbers(depth - 1)} : v * 2]', lambda: f'reverse({self.numbers(depth - 1)})', lambda: f'tolist(toset({self.numbers(depth - 1)}))',
        ])
        return make()

    def list(self, depth):
        if depth <= 0:
            return self.pick(['[]', '[1, "a"]', '[null]', '[true, "x", 1.5]', '[[1], [2]]', '[{a = 1}, {a = 2, b = 3}]', '["a", null]', 'tolist([])'])
        x = lambda: self.any(depth - 1)
        l = lambda: self.wrong(depth - 1, 'list')
        make = self.pick([
            lambda: self.texts(depth), lambda: self.numbers(depth), lambda: '[' + ', '.join(x() for _ in range(self.random.randint(0, 3))) + ']',
            lambda: f'flatten({l()})', lambda: f'concat({l()}, {l()})', lambda: f'values({self.wrong(depth - 1, "map")})', lambda: f'chunklist({l()}, {self.pick(["0", "1", "2"])})', lambda: f'distinct({l()})',
            lambda: f'[for v in {l()} : v]', lambda: f'[for v in {l()} : v if v != null]', lambda: f'[{{a = {x()}}}, {{a = {x()}}}][*].a', lambda: f'{x()}[*]', lambda: f'setproduct({self.texts(depth - 1)}, {self.texts(depth - 1)})',
            lambda: f'setproduct({self.set(depth - 1)}, {self.texts(depth - 1)})', lambda: f'tolist({l()})', lambda: f'slice({l()}, {self.pick(["0", "1"])}, {self.pick(["0", "1", "2"])})', lambda: f'jsondecode(jsonencode({l()}))', lambda: f'csvdecode("a,b\\n1,{{{self.pick("xyz")}}}\\n2,\\"q,r\\"\\n")',
            lambda: f'[for k, v in {self.wrong(depth - 1, "map")} : {{ key = k, value = v }}]', lambda: f'try({x()}, {l()})', lambda: f'reverse({l()})', lambda: f'element({l()}, {self.pick(["0", "1", "5", "-1"])})[*]', lambda: f'index({l()}, {x()})[*]',
            lambda: f'tolist({self.set(depth - 1)})', lambda: f'({self.boolean(depth - 1)} ? {l()} : {l()})', lambda: f'one({l()})[*]', lambda: f'yamldecode(yamlencode({l()}))', lambda: f'[{l()}...]' if False else f'concat([{l()}, {l()}]...)',
        ])
        return make()

    def set(self, depth):
        if depth <= 0:
            return self.pick(['toset([])', 'toset(["b", "a", "b"])', 'toset([1, 2])', 'toset(["x", 1])', 'toset([true, "z"])'])
        l = lambda: self.wrong(depth - 1, 'texts')
        s = lambda: self.wrong(depth - 1, 'set')
        make = self.pick([
            lambda: f'toset({l()})', lambda: f'toset({self.list(depth - 1)})', lambda: f'setunion({s()}, {l()})', lambda: f'setintersection({s()}, {s()})', lambda: f'setsubtract({s()}, {s()})',
            lambda: f'toset([for v in {s()} : v if v != "a"])', lambda: f'setsubtract({l()}, {l()})', lambda: f'toset(keys({self.wrong(depth - 1, "map")}))', lambda: f'toset({self.numbers(depth - 1)})',
        ])
        return make()

    def map(self, depth):
        if depth <= 0:
            return self.pick(['{}', '{a = 1}', '{a = "x", b = "y"}', '{b = 1, a = null}', '{a = {b = {c = "deep"}}}', 'tomap({k = "v"})', 'tomap({a = 1, b = "2"})', '{"a b" = true, (upper("k")) = []}', '{é = 1, z = 2, A = 3}'])
        x = lambda: self.any(depth - 1)
        m = lambda: self.wrong(depth - 1, 'map')
        l = lambda: self.wrong(depth - 1, 'texts')
        make = self.pick([
            lambda: f'{{ a = {x()}, b = {x()} }}', lambda: f'{{ ({self.text(depth - 1)}) = {x()} }}', lambda: f'merge({m()}, {m()})', lambda: f'merge({m()}, null, {m()})', lambda: f'{{ for k, v in {m()} : upper(k) => v }}',
            lambda: f'{{ for s in {l()} : s => length(s)... }}', lambda: f'{{ for s in {l()} : s => s }}', lambda: f'{{ for i, s in {l()} : i => s }}', lambda: f'{{ for k, v in {m()} : k => v if v != null }}', lambda: f'zipmap({l()}, {self.list(depth - 1)})',
            lambda: f'zipmap({l()}, {l()})', lambda: f'tomap({m()})', lambda: f'transpose({{ for s in {l()} : s => {l()} }})', lambda: f'jsondecode(jsonencode({m()}))', lambda: f'try({m()}.a, {m()})', lambda: f'{m()}.a', lambda: f'regex("(?P<x>[a-z])(?P<y>.)?", {self.text(depth - 1)})',
            lambda: f'yamldecode("a: {self.pick(YAML)}\\nb: {{c: d}}\\n")', lambda: f'({self.boolean(depth - 1)} ? {m()} : {m()})', lambda: f'merge([{m()}, {m()}]...)', lambda: f'element([{m()}], 0)',
            lambda: f'setproduct({l()}, {l()}) == [] ? {m()} : {m()}' if False else f'coalesce({m()}, {m()})', lambda: f'{{ for p in setproduct({l()}, {l()}) : "${{p[0]}}/${{p[1]}}" => p... }}',
        ])
        return make()


FORMATS = ['"%s"', '"%v"', '"%s %s"', '"%%"', '"%d"', '"%q"', '"%#v"', '"%t"', '"%[1]s %[1]s"', '"%[2]v-%[1]v"', '"%s %v %d"', '"plain"']
NUMBER_FORMATS = ['"%d"', '"%5d|"', '"%-5d|"', '"%05d"', '"%+d"', '"%x"', '"%X"', '"%o"', '"%b"', '"%f"', '"%.2f"', '"%8.3f"', '"%e"', '"%g"', '"%E"', '"%G"', '"%s"', '"%v"', '"%q"', '"% d"', '"%#x"']
TEXT_FORMATS = ['"%s"', '"%10s|"', '"%-10s|"', '"%.2s"', '"%q"', '"%v"', '"%5.1s|"', '"%d"', '"%x"', '"%X"', '"%t"', '"%#v"', '"%05s"']
CIDRS = ['"10.0.0.0/8"', '"10.0.0.0/33"', '"192.168.1.17/24"', '"10.1.2.0/30"', '"fd00:fd12:3456:7890::/56"', '"0.0.0.0/0"', '"2001:db8::/64"', '"1.2.3.4/32"', '"010.0.0.0/8"']

# Why something may be unknown here that Terraform knows.
UNKNOWN_FOR = {
    'function': r'the function `.*` is not evaluated',
    'digits': r'more digits than are kept',
    'limit': r'\$limit',
    'infinite': r'division by zero|the result is no number',
}


def terraform(expressions):
    """The value of each as JSON text; None for what fails. What cannot be read at all is left out and fails."""
    environment = {'PATH': os.environ['PATH'], 'HOME': '/nonexistent', 'TF_CLI_CONFIG_FILE': os.devnull, 'CHECKPOINT_DISABLE': '1'}
    alive = dict(enumerate(expressions))
    with tempfile.TemporaryDirectory() as folder:
        while True:
            lines = {}
            with open(f'{folder}/main.tf', 'w', encoding='utf-8') as file:
                at = 1
                for number, expression in alive.items():
                    text = f'locals {{\n  e{number} = try(jsonencode([{expression}\n]), null)\n}}\n'
                    for line in range(text.count('\n')):
                        lines[at + line] = number
                    at += text.count('\n')
                    file.write(text)
            # A local that cannot be evaluated at all is not known to the console.
            with open(f'{folder}/all.tf', 'w', encoding='utf-8') as file:
                answers = ''.join(f'    e{number} = local.e{number} == null ? "" : base64encode(local.e{number})\n' for number in alive)
                file.write(f'locals {{\n  all = {{\n{answers}  }}\n}}\n')
            run = subprocess.run(['terraform', 'console'], input='local.all\n', cwd=folder, env=environment, capture_output=True, text=True, check=False)
            answers = dict(re.findall(r'^  "e(\d+)" = (.*)$', run.stdout, re.MULTILINE))
            if run.returncode == 0 and len(answers) == len(alive):
                decoded = {int(number): base64.b64decode(text.strip('"')).decode() for number, text in answers.items() if text.startswith('"')}
                return [decoded.get(number) or None for number in range(len(expressions))]
            said = re.sub(r'\x1b\[[0-9;]*m', '', run.stderr + run.stdout)
            broken = {lines[int(line)] for line in re.findall(r'on main\.tf line (\d+)', said) if int(line) in lines}
            if not broken:
                sys.exit(f'terraform fails:\n{said[:3000]}')
            for number in broken:
                del alive[number]


def ours(evaluate, expressions):
    """The value of each as `evaluate` prints it."""
    with tempfile.TemporaryDirectory() as folder:
        for number, expression in enumerate(expressions):
            with open(f'{folder}/e{number}.tf', 'w', encoding='utf-8') as file:
                file.write(f'resource "terraform_data" "e{number}" {{\n  input = [{expression}\n]\n}}\n')
        run = subprocess.run([evaluate, folder], stdout=subprocess.PIPE, text=True, check=True)
    found = {}
    for line in run.stdout.splitlines():
        resource = json.loads(line)
        if 'address' in resource:
            found[int(resource['address'].split('.e')[1])] = resource['values'].get('input')
    return [found.get(number, {'$fails': 'the file is not read'}) for number in range(len(expressions))]


def marks(value):
    """What is not known in a value."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in ("$unknown", "$fails", "$limit", "$text", "$more"):
                yield f'{key} {inner}'
            else:
                yield from marks(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from marks(inner)


def same(a, b):
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, (int, float)) and isinstance(b, (int, float)):
        return math.isclose(a, b, rel_tol=1e-14, abs_tol=1e-300)
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    return a == b


def main():
    evaluate = os.path.abspath(sys.argv[1])
    many = int(sys.argv[2]) if len(sys.argv) > 2 else 3000
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    generator = Generator(seed)
    expressions = []
    seen = set()
    while len(expressions) < many:
        expression = generator.any(generator.pick([1, 1, 2, 2, 3]))
        if expression not in seen and len(expression) < 600:
            seen.add(expression)
            expressions.append(expression)
    theirs = terraform(expressions)
    own = ours(evaluate, expressions)
    counts = collections.Counter()
    shown = collections.Counter()
    for expression, their, mine in zip(expressions, theirs, own):
        reasons = list(marks(mine))
        if their is None:
            verdict = 'both fail' if reasons else 'fails there alone'
        elif not reasons:
            verdict = 'equal' if same(json.loads(their), mine) else 'different'
        else:
            known = [name for name, pattern in UNKNOWN_FOR.items() if re.search(pattern, reasons[0])]
            verdict = f'unknown here: {known[0]}' if known else 'fails here alone'
        counts[verdict] += 1
        if verdict in ('different', 'fails here alone', 'fails there alone'):
            shown[verdict] += 1
            if shown[verdict] <= int(os.environ.get('SHOW', '40')):
                print(f'{verdict}: {expression}\n    terraform   {their}\n    countersign {reasons[:1] or json.dumps(mine, ensure_ascii=False)}')
    print(f'{len(expressions)} expressions, seed {seed}')
    for verdict, count in counts.most_common():
        print(f'{count:6} {verdict}')
    sys.exit(1 if counts['different'] or counts['fails here alone'] else 0)


if __name__ == '__main__':
    main()
