"""What the constant expressions of a Go source come to: strings, slices, maps and structs, as rule tests write them.

`bindings(source, functions)` yields `(function, name, value)` for every assignment and `(function, "return", call)` for
every returned call, in order. What cannot be known is `UNKNOWN`; a slice holds it in the place of an element.
"""

import base64
import re

UNKNOWN = type("Unknown", (), {"__repr__": lambda self: "UNKNOWN"})()
TOKEN = re.compile(
    r"""(?P<space>[ \t\r]+)|(?P<newline>\n)|(?P<line>//[^\n]*)|(?P<block>/\*.*?\*/)|(?P<raw>`[^`]*`)"""
    r"""|(?P<string>"(?:[^"\\\n]|\\.)*")|(?P<rune>'(?:[^'\\\n]|\\.[^']*)')|(?P<number>\d[\w.]*)|(?P<name>[^\W\d]\w*)"""
    r"""|(?P<operator>:=|\.\.\.|<-|&&|\|\||[=!<>+\-*/%&|^]=|<<|>>|\+\+|--|.)""",
    re.S,
)
ESCAPE = re.compile(r"\\(?:([abfnrtv\\'\"])|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3}))")
PLAIN = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
ENDS = {"return", "break", "continue", "fallthrough", ")", "]", "}", "++", "--"}


class Unreadable(Exception):
    """The source is not what this reads."""


def number(text):
    try:
        return float(text) if "." in text else int(text, 0)
    except ValueError:
        return UNKNOWN


def unescape(text):
    def one(found):
        plain, *codes, octal = found.groups()
        if plain:
            return PLAIN.get(plain, plain)
        return chr(int(octal, 8)) if octal else chr(int(next(code for code in codes if code), 16))

    return ESCAPE.sub(one, text)


def tokens(source):
    """Pairs of kind and text, with the semicolons that the language puts at line ends."""
    found, at = [], 0
    while at < len(source):
        match = TOKEN.match(source, at)
        kind, text, at = match.lastgroup, match[0], match.end()
        if kind == "newline" or (kind == "block" and "\n" in text):
            if found and (found[-1][0] in ("raw", "string", "rune", "number") or found[-1][1] in ENDS or found[-1][0] == "name"):
                found.append(("operator", ";"))
        elif kind == "raw":
            found.append((kind, text[1:-1].replace("\r", "")))
        elif kind in ("string", "rune"):
            found.append((kind, unescape(text[1:-1])))
        elif kind not in ("space", "line", "block"):
            found.append((kind, text))
    return found + [("end", "")]


class Reader:
    """Reads expressions into trees: tuples whose first item says what they are."""

    def __init__(self, found):
        self.tokens, self.at = found, 0

    def peek(self, ahead=0):
        place = self.at + ahead
        return self.tokens[place] if place < len(self.tokens) else ("end", "")

    def sees(self, text):
        return self.peek()[1] == text and self.peek()[0] in ("operator", "name")

    def takes(self, text):
        if self.sees(text):
            self.at += 1
            return True
        return False

    def needs(self, text):
        if not self.takes(text):
            raise Unreadable(f"{text} expected, {self.peek()} found")

    def skip(self, opening, closing):
        """Past the bracket that closes the one that was taken."""
        depth = 1
        while depth:
            kind, text = self.peek()
            if kind == "end":
                raise Unreadable("unclosed")
            self.at += 1
            if kind == "operator":
                depth += (text == opening) - (text == closing)

    def expression(self):
        left = self.unary()
        while self.peek()[0] == "operator" and self.peek()[1] in (
            "+", "-", "*", "/", "%", "&&", "||", "==", "!=", "<=", ">=", "<", ">", "&", "|", "^", "<<", ">>",
        ):
            operator = self.peek()[1]
            self.at += 1
            left = ("binary", operator, left, self.unary())
        return left

    def unary(self):
        for operator in ("&", "*", "!", "-", "+", "^", "<-"):
            if self.takes(operator):
                return ("unary", operator, self.unary())
        return self.primary()

    def primary(self):
        kind, text = self.peek()
        if kind in ("raw", "string"):
            self.at += 1
            tree = ("value", text)
        elif kind in ("rune", "number"):
            self.at += 1
            tree = ("value", number(text) if kind == "number" else UNKNOWN)
        elif self.takes("("):
            tree = self.expression()
            self.needs(")")
        elif self.sees("[") or (kind == "name" and text in ("map", "struct", "func", "interface", "chan")):
            tree = self.type()
        elif kind == "name":
            self.at += 1
            tree = ("name", text)
        else:
            raise Unreadable(f"{text} where an expression starts")
        while True:
            if self.takes("."):
                if self.takes("("):
                    self.skip("(", ")")
                else:
                    tree = ("member", tree, self.peek()[1])
                    self.at += 1
            elif self.takes("("):
                tree = ("call", tree, self.arguments())
            elif self.sees("[") and tree[0] != "type":
                self.at += 1
                tree = self.part(tree)
            elif self.sees("{") and tree[0] in ("type", "name", "member"):
                self.at += 1
                tree = ("composite", tree, self.elements())
            elif self.sees("{") and tree[0] == "function":
                self.at += 1
                self.skip("{", "}")
            else:
                return tree

    def part(self, tree):
        """An element or a slice of what stands before the bracket."""
        low = None if self.sees(":") else self.expression()
        if self.takes("]"):
            return ("element", tree, low)
        self.needs(":")
        high = None if self.sees("]") else self.expression()
        self.needs("]")
        return ("slice", tree, low, high)

    def arguments(self):
        found = []
        while not self.takes(")"):
            found.append(self.expression())
            if self.takes("..."):
                found[-1] = ("spread", found[-1])
            self.takes(";")
            if not self.takes(","):
                self.takes(";")
                self.needs(")")
                break
        return found

    def elements(self):
        """Of a composite literal: pairs of key and value."""
        found = []
        while not self.takes("}"):
            key, value = None, self.element()
            if self.takes(":"):
                key, value = value, self.element()
            found.append((key, value))
            if not self.takes(","):
                self.takes(";")
                self.needs("}")
                break
        return found

    def element(self):
        if self.takes("{"):
            return ("composite", None, self.elements())
        return self.expression()

    def type(self):
        """A type, as far as values need it: what it is made of and the names of its fields."""
        if self.takes("["):
            length = self.peek()[1]
            self.skip("[", "]")
            return ("type", "slice" if length in ("]", "...") or length.isdigit() else "generic", self.type())
        if self.takes("*"):
            return self.type()
        if self.takes("map"):
            self.needs("[")
            self.skip("[", "]")
            return ("type", "map", self.type())
        if self.takes("struct"):
            self.needs("{")
            return ("type", "struct", self.fields())
        if self.takes("interface"):
            self.needs("{")
            self.skip("{", "}")
            return ("type", "interface", None)
        if self.takes("func"):
            self.needs("(")
            self.skip("(", ")")
            if self.takes("("):
                self.skip("(", ")")
            elif not self.sees("{"):
                self.type()
            return ("function",)
        if self.takes("chan"):
            return self.type()
        if self.peek()[0] != "name":
            raise Unreadable(f"{self.peek()} where a type starts")
        tree = ("name", self.peek()[1])
        self.at += 1
        while self.takes("."):
            tree = ("member", tree, self.peek()[1])
            self.at += 1
        return ("type", "named", tree)

    def fields(self):
        """Pairs of name and type."""
        found = []
        while not self.takes("}"):
            if self.takes(";"):
                continue
            names = [self.peek()[1]]
            self.at += 1
            while self.takes(","):
                names.append(self.peek()[1])
                self.at += 1
            kind = None if self.sees(";") or self.sees("}") else self.type()
            if kind == ("function",) or self.peek()[0] in ("raw", "string"):
                self.at += self.peek()[0] in ("raw", "string")
            found += [(name, kind) for name in names]
        return found


def dotted(tree):
    """`a.b.c` of a chain of members."""
    if tree[0] == "name":
        return tree[1]
    if tree[0] == "type" and tree[1] == "named":
        return dotted(tree[2])
    return f"{dotted(tree[1])}.{tree[2]}" if tree[0] == "member" else "?"


def sprintf(form, *values):
    """The verbs that tests use."""
    values = list(values)

    def one(found):
        if found[2] == "%":
            return "%"
        if not values or values[0] is UNKNOWN:
            raise Unreadable("a value that is not known")
        value = values.pop(0)
        if found[2] == "q":
            return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'
        return str(value)

    return re.sub(r"%([-+#\d.]*)([a-zA-Z%])", one, form)


def texts(function):
    """Unknown when an argument is."""

    def call(*values):
        return UNKNOWN if any(value is UNKNOWN for value in values) else function(*values)

    return call


KNOWN = {
    "fmt.Sprintf": texts(sprintf),
    "fmt.Sprint": texts(lambda *values: "".join(map(str, values))),
    "strings.Repeat": texts(lambda text, times: text * times),
    "strings.ToUpper": texts(str.upper),
    "strings.ToLower": texts(str.lower),
    "strings.TrimSpace": texts(str.strip),
    "strings.Join": texts(lambda parts, by: by.join(parts)),
    "strings.ReplaceAll": texts(lambda text, old, new: text.replace(old, new)),
    "strings.Replace": texts(lambda text, old, new, times: text.replace(old, new, times)),
    "base64.StdEncoding.EncodeToString": texts(lambda text: base64.b64encode(text.encode()).decode()),
    "base64.RawURLEncoding.EncodeToString": texts(lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")),
    "string": texts(lambda text: text),
    "len": texts(len),
}


class Values:
    """What trees come to, with the names that are bound."""

    def __init__(self, functions):
        self.functions, self.names, self.types = KNOWN | functions, {}, {}

    def of(self, tree, expected=None):
        try:
            return self.value(tree, expected)
        except (Unreadable, TypeError, ValueError, AttributeError, KeyError, IndexError):
            return UNKNOWN

    def value(self, tree, expected):
        kind = tree[0]
        if kind == "value":
            return tree[1]
        if kind == "name":
            return {"nil": None, "true": True, "false": False}.get(tree[1], self.names.get(tree[1], UNKNOWN))
        if kind == "binary" and tree[1] == "+":
            left, right = self.of(tree[2]), self.of(tree[3])
            return UNKNOWN if UNKNOWN in (left, right) else left + right
        if kind == "binary" and tree[1] == "-":
            return self.of(tree[2]) - self.of(tree[3])
        if kind == "slice":
            low, high = (self.of(one) if one else None for one in tree[2:])
            text = self.of(tree[1])
            return UNKNOWN if UNKNOWN in (low, high, text) else text[low:high]
        if kind == "element":
            return self.of(tree[1])[self.of(tree[2])]
        if kind == "unary" and tree[1] in "&*":
            return self.of(tree[2], expected)
        if kind == "call":
            return self.call(tree)
        if kind == "composite":
            return self.composite(tree, tree[1] or expected)
        if kind == "member":
            return self.names.get(dotted(tree), UNKNOWN)
        return UNKNOWN

    def call(self, tree):
        target, arguments = tree[1], []
        for one in tree[2]:
            if one[0] == "spread":
                arguments += self.of(one[1]) or []
            else:
                arguments.append(self.of(one))
        if target[0] == "type":
            return arguments[0]
        name = dotted(target)
        if name == "append":
            first, *more = arguments
            return UNKNOWN if first is UNKNOWN else (first or []) + more
        return self.functions[name](*arguments) if name in self.functions else UNKNOWN

    def composite(self, tree, kind):
        if kind and kind[0] == "name":
            kind = self.types.get(kind[1], kind)
        if kind and kind[0] == "type" and kind[1] == "named" and kind[2][0] == "name":
            kind = self.types.get(kind[2][1], kind)
        shape, inner = (kind[1], kind[2]) if kind and kind[0] == "type" else (None, None)
        if shape == "slice":
            return [self.of(value, inner) for _, value in tree[2]]
        if shape == "map":
            return {self.of(key): self.of(value, inner) for key, value in tree[2]}
        fields = inner if shape == "struct" else []
        found = {"": dotted(kind)} if kind and shape != "struct" else {}
        found |= {name: absent(of) for name, of in fields}
        for place, (key, value) in enumerate(tree[2]):
            if key is None:
                name, of = fields[place] if place < len(fields) else (place, None)
            else:
                name = key[1] if key[0] == "name" else self.of(key)
                of = dict(fields).get(name)
            found[name] = self.of(value, of)
        return found


def absent(kind):
    """What a field is that is left out."""
    if kind and kind[0] == "type" and kind[1] == "named":
        return {"string": "", "bool": False, "int": 0}.get(dotted(kind), None)
    return None


def bindings(source, functions):
    """Every assignment and returned call of a source; the top level first."""
    found = tokens(source)
    yield from walk(found, Values(functions))


def walk(found, values):
    starts = declarations(found)
    for place, end in starts:
        if found[place][1] != "func":
            yield from block(found, place, end, values, "")
    outer = dict(values.names)
    for place, end in starts:
        if found[place][1] == "func":
            values.names = dict(outer)
            name = found[place + 1][1] if found[place + 1][0] == "name" else "method"
            yield from block(found, place, end, values, name)


def declarations(found):
    """Start and end of each declaration of the top level."""
    depth, start, all_of = 0, None, []
    for place, (kind, text) in enumerate(found):
        if depth == 0 and start is None and kind == "name" and text in ("func", "var", "const", "type"):
            start = place
        if kind == "operator":
            depth += (text in "({[") - (text in ")}]") if len(text) == 1 else 0
            if depth == 0 and text == ";" and start is not None:
                all_of.append((start, place))
                start = None
    return all_of


def block(found, start, end, values, function):
    place = start
    while place < end:
        kind, text = found[place]
        after = found[place + 1] if place + 1 < end else ("end", "")
        reader = Reader(found)
        try:
            if kind == "name" and text == "type" and after[0] == "name":
                reader.at = place + 2
                values.types[after[1]] = reader.type()
                place = reader.at
                continue
            if kind == "name" and text == "return" and after[1] != ";":
                reader.at = place + 1
                tree = reader.expression()
                if tree[0] == "call":
                    arguments = [values.of(one) for one in tree[2]]
                    yield function, "return", (dotted(tree[1]), arguments)
                place = reader.at
                continue
            if kind == "name" and after == ("operator", "="):
                expected = None
            elif kind == "name" and after == ("operator", ":="):
                expected = None
            elif kind == "name" and found[place - 1][1] in ("var", "const", "(", ";") and after[1] in ("string", "[", "map"):
                reader.at = place + 1
                expected = reader.type()
                after = reader.peek()
                place = reader.at - 1
            else:
                place += 1
                continue
            if after[1] not in ("=", ":=") or found[place + 2][1] == "range":
                place += 1
                continue
            reader.at = place + 2
            tree = reader.expression()
            value = values.of(tree, expected)
            values.names[text] = value
            yield function, text, value
            # A literal holds nothing else; a call may hold a function with assignments of its own.
            place = reader.at if tree[0] in ("composite", "value", "binary") else place + 2
        except Unreadable:
            place += 1
