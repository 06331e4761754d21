//! Functions, a table a kind. Most rows are the examples of the functions' own pages.

use super::*;

#[test]
fn collections() {
    table(&[
        ("length([1, 2])", "2"),
        ("length(\"héllo\")", "5"),
        ("concat([\"a\"], [\"b\", \"c\"])", "[\"a\", \"b\", \"c\"]"),
        ("flatten([[\"a\", [\"b\"]], [], [\"c\"]])", "[\"a\", \"b\", \"c\"]"),
        ("merge({a = 1, b = 2}, null, {b = 3})", "{a = 1, b = 3}"),
        ("merge([{a = 1}, {b = 2}]...)", "{a = 1, b = 2}"),
        ("lookup({a = \"ay\"}, \"c\", \"what?\")", "\"what?\""),
        ("keys({b = 1, a = 2})", "[\"a\", \"b\"]"),
        ("values({b = 1, a = 2})", "[2, 1]"),
        ("element([\"a\", \"b\", \"c\"], 3)", "\"a\""),
        ("index([\"a\", \"b\"], \"b\")", "1"),
        ("contains([\"a\", \"b\"], \"a\")", "true"),
        ("contains([\"a\"], \"b\")", "false"),
        ("coalesce(\"\", null, \"b\")", "\"b\""),
        ("coalescelist([], [\"c\"])", "[\"c\"]"),
        ("compact([\"a\", \"\", null, \"b\"])", "[\"a\", \"b\"]"),
        ("distinct([\"a\", \"b\", \"a\"])", "[\"a\", \"b\"]"),
        ("slice([\"a\", \"b\", \"c\", \"d\"], 1, 3)", "[\"b\", \"c\"]"),
        ("chunklist([1, 2, 3], 2)", "[[1, 2], [3]]"),
        ("reverse([1, 2])", "[2, 1]"),
        ("sort([\"e\", \"d\", \"a\"])", "[\"a\", \"d\", \"e\"]"),
        ("zipmap([\"a\", \"b\"], [1, 2])", "{a = 1, b = 2}"),
        ("transpose({a = [\"1\", \"2\"], b = [\"2\", \"3\"]})", "{1 = [\"a\"], 2 = [\"a\", \"b\"], 3 = [\"b\"]}"),
        ("matchkeys([\"i-1\", \"i-2\"], [\"w\", \"e\"], [\"e\"])", "[\"i-2\"]"),
        ("one([])", "null"),
        ("one([\"a\"])", "\"a\""),
        ("one([1, 2])", "<fails: `one`: the list has more than one member>"),
        ("range(3)", "[0, 1, 2]"),
        ("range(1, 8, 3)", "[1, 4, 7]"),
        ("range(4, 1)", "[4, 3, 2]"),
        ("alltrue([])", "true"),
        ("alltrue([\"true\", false])", "false"),
        ("anytrue([false, true])", "true"),
        ("toset([\"c\", \"b\", \"b\"])", "set(\"b\", \"c\")"),
        ("setunion([\"a\", \"b\"], [\"b\", \"c\"])", "set(\"a\", \"b\", \"c\")"),
        ("setintersection([\"a\", \"b\"], [\"b\", \"c\"])", "set(\"b\")"),
        ("setsubtract([\"a\", \"b\", \"c\"], [\"a\", \"c\"])", "set(\"b\")"),
        ("setproduct([\"a\", \"b\"], [1])", "[[\"a\", 1], [\"b\", 1]]"),
        ("tolist(toset([\"b\", \"a\"]))", "[\"a\", \"b\"]"),
        ("tostring(1.5)", "\"1.5\""),
        ("tonumber(\"15\")", "15"),
        ("tobool(\"true\")", "true"),
        ("sensitive(\"s\")", "\"s\""),
        ("sum([1, 2.5])", "3.5"),
        ("max(5, 12, 9)", "12"),
        ("min([5, 12]...)", "5"),
        ("ceil(5.1) + floor(4.9) + abs(-1) + signum(-13)", "10"),
        ("pow(3, 2)", "9"),
        ("parseint(\"FF\", 16)", "255"),
    ]);
}

#[test]
fn texts() {
    table(&[
        ("lower(\"HELLO\")", "\"hello\""),
        ("upper(\"hello\")", "\"HELLO\""),
        ("title(\"hello world\")", "\"Hello World\""),
        ("trim(\"?!hello?!\", \"!?\")", "\"hello\""),
        ("trimspace(\"  hello\\n\")", "\"hello\""),
        ("trimprefix(\"helloworld\", \"hello\")", "\"world\""),
        ("trimsuffix(\"helloworld\", \"world\")", "\"hello\""),
        ("chomp(\"hello\\r\\n\\n\")", "\"hello\""),
        ("startswith(\"hello world\", \"hello\")", "true"),
        ("endswith(\"hello world\", \"hello\")", "false"),
        ("strcontains(\"hello\", \"ell\")", "true"),
        ("strrev(\"hello\")", "\"olleh\""),
        ("substr(\"hello world\", 1, 4)", "\"ello\""),
        ("substr(\"hello world\", -5, -1)", "\"world\""),
        ("split(\",\", \"foo,,bar\")", "[\"foo\", \"\", \"bar\"]"),
        ("join(\", \", [\"foo\", \"bar\"])", "\"foo, bar\""),
        ("indent(2, \"a\\nb\")", "\"a\\n  b\""),
        ("replace(\"1 + 2 + 3\", \"+\", \"-\")", "\"1 - 2 - 3\""),
        ("replace(\"hello world\", \"/w.*d/\", \"everybody\")", "\"hello everybody\""),
        ("replace(\"a-b\", \"/(\\\\w)-(\\\\w)/\", \"$2-$1\")", "\"b-a\""),
        ("regex(\"[a-z]+\", \"53453453.345345aaabbbccc23454\")", "\"aaabbbccc\""),
        ("regex(\"(\\\\d+)-(\\\\d+)\", \"x 12-34\")", "[\"12\", \"34\"]"),
        ("regex(\"(?P<y>\\\\d+)\", \"x 12\").y", "\"12\""),
        ("regex(\"a\", \"b\")", "<fails: `regex`: the pattern matches nothing>"),
        ("regexall(\"[a-z]+\", \"1234abcd5678efgh9\")", "[\"abcd\", \"efgh\"]"),
        (
            "format(\"Hello, %s! %d %5.2f %q %t %%\", \"A\", 3, 1.5, \"x\", true)",
            "\"Hello, A! 3  1.50 \\\"x\\\" true %\"",
        ),
        ("format(\"%03d|%-4s|%4s|%x\", 7, \"ab\", \"cd\", 255)", "\"007|ab  |  cd|ff\""),
        ("format(\"%v %v\", [1, \"a\"], null)", "\"[1,\\\"a\\\"] null\""),
        ("format(\"%[2]s %[1]s\", \"a\", \"b\")", "\"b a\""),
        ("format(\"%s\")", "<fails: `format`: there is no argument for %s>"),
        ("formatlist(\"%s-%s\", [\"a\", \"b\"], \"c\")", "[\"a-c\", \"b-c\"]"),
    ]);
}

#[test]
fn encodings_and_hashes() {
    table(&[
        ("jsonencode({b = [1, null, true], a = \"<x>\"})", r#""{\"a\":\"\\u003cx\\u003e\",\"b\":[1,null,true]}""#),
        ("jsondecode(\"{\\\"a\\\": [1, \\\"b\\\"]}\").a[1]", "\"b\""),
        ("jsondecode(\"[1\")", "<fails: `jsondecode`: not JSON: unterminated array>"),
        ("yamldecode(\"a:\\n  - b: 1\\n\").a[0].b", "1"),
        ("csvdecode(\"a,b\\n1,2\\n\")", "[{a = \"1\", b = \"2\"}]"),
        ("base64encode(\"Hello World\")", "\"SGVsbG8gV29ybGQ=\""),
        ("base64decode(\"SGVsbG8gV29ybGQ=\")", "\"Hello World\""),
        ("urlencode(\"Hello World & more\")", "\"Hello+World+%26+more\""),
        ("md5(\"hello world\")", "\"5eb63bbbe01eeed093cb22bb8f5acdc3\""),
        ("sha1(\"hello world\")", "\"2aae6c35c94fcfb415dbe95f408b9ce91ee846ed\""),
        ("sha256(\"hello world\")", "\"b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9\""),
        ("base64sha256(\"hello world\")", "\"uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek=\""),
    ]);
}

#[test]
fn networks() {
    table(&[
        ("cidrhost(\"10.12.112.0/20\", 16)", "\"10.12.112.16\""),
        ("cidrhost(\"10.12.112.0/20\", -2)", "\"10.12.127.254\""),
        ("cidrhost(\"fd00:fd12:3456:7890::/72\", 34)", "\"fd00:fd12:3456:7890::22\""),
        ("cidrnetmask(\"172.16.0.0/12\")", "\"255.240.0.0\""),
        ("cidrsubnet(\"172.16.0.0/12\", 4, 2)", "\"172.18.0.0/16\""),
        ("cidrsubnet(\"10.1.2.0/24\", 4, 15)", "\"10.1.2.240/28\""),
        ("cidrsubnet(\"fd00:fd12:3456:7890::/56\", 16, 162)", "\"fd00:fd12:3456:7800:a200::/72\""),
        ("cidrsubnet(\"10.0.0.0/30\", 4, 0)", "<fails: `cidrsubnet`: the range has no such part>"),
        (
            "cidrsubnets(\"10.1.0.0/16\", 4, 4, 8, 4)",
            "[\"10.1.0.0/20\", \"10.1.16.0/20\", \"10.1.32.0/24\", \"10.1.48.0/20\"]",
        ),
    ]);
}

#[test]
fn try_and_can() {
    table(&[
        ("try({a = 1}.b, [1][4], \"last\")", "\"last\""),
        ("try({a = 1}.a, 2)", "1"),
        ("try(nothing.here)", "<fails: `nothing.here` is not declared in its module>"),
        ("can({a = 1}.a)", "true"),
        ("can({a = 1}.b)", "false"),
        ("can(regex(\"^a\", \"b\"))", "false"),
        ("try(jsondecode(\"{\"), \"fallback\")", "\"fallback\""),
    ]);
}

#[test]
fn files() {
    let read = |expression: &str| {
        let main = format!("locals {{\n x = {expression}\n}}\n");
        show(&local(&[
            ("main.tf", &main),
            ("data/a.json", "{\"k\": [1]}"),
            ("data/b.txt", "bee"),
            ("data/deep/c.json", "{}"),
            ("greet.tftpl", "Hello %{ for n in names ~}\n${n}!%{ endfor }"),
        ]))
    };
    for (expression, expected) in [
        ("file(\"${path.module}/data/b.txt\")", "\"bee\""),
        ("file(\"data/../data/b.txt\")", "\"bee\""),
        ("jsondecode(file(\"data/a.json\")).k", "[1]"),
        ("fileexists(\"data/b.txt\")", "true"),
        ("fileexists(\"data/z.txt\")", "false"),
        ("file(\"data/z.txt\")", "<data/z.txt>"),
        ("file(\"../outside\")", "<../outside>"),
        ("file(\"/etc/passwd\")", "</etc/passwd>"),
        ("try(file(\"data/z.txt\"), \"none\")", "\"none\""),
        ("try(file(\"../outside\"), \"none\")", "<../outside>"),
        ("fileexists(\"../outside\")", "<../outside>"),
        ("fileset(\"data\", \"*.json\")", "set(\"a.json\")"),
        ("fileset(path.module, \"data/**/*.json\")", "set(\"data/a.json\", \"data/deep/c.json\")"),
        ("fileset(\"nowhere\", \"*\")", "set()"),
        ("templatefile(\"greet.tftpl\", {names = [\"a\", \"b\"]})", "\"Hello a!b!\""),
        ("basename(\"a/b.txt\")", "\"b.txt\""),
        ("dirname(\"a/b/c.txt\")", "\"a/b\""),
    ] {
        assert_eq!(read(expression), expected, "{expression}");
    }
    assert_eq!(read("filemd5(\"data/b.txt\")"), read("md5(\"bee\")"));
}
