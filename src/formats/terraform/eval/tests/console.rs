//! Expressions whose value here was not the one of `terraform console` (1.11). `.ci/terraform_console.py` finds such.

use super::*;

#[test]
fn collections_have_one_type() {
    table(&[
        ("tolist([true, \"x\", 1.5])", "[\"true\", \"x\", \"1.5\"]"),
        ("tomap({a = 1, b = \"2\"})", "{a = \"1\", b = \"2\"}"),
        ("toset([\"x\", 1])", "set(\"1\", \"x\")"),
        ("toset([3, 10, 2])", "set(2, 3, 10)"),
        ("setunion(toset([1, 2]), [\"\", \"x\"])", "set(\"\", \"1\", \"2\", \"x\")"),
        ("distinct([\"1\", 1])", "[\"1\"]"),
        // What is equal is one member, wherever it is written.
        ("setunion([{a = \"x\", b = [1]}], [{a = \"x\", b = [1]}])", "set({a = \"x\", b = [1]})"),
        ("distinct([{a = \"x\"}, {a = \"${\"x\"}\"}])", "[{a = \"x\"}]"),
        ("sort([1, \"b\", 10])", "[\"1\", \"10\", \"b\"]"),
        ("chunklist([true, \"x\", 1.5], 0)", "[[\"true\", \"x\", \"1.5\"]]"),
        ("coalesce(\"${1000000}\", \"x\")", "\"1000000\""),
        ("setsubtract(toset([\"x\", 1]), toset([1, 2]))", "set(\"x\")"),
        ("setintersection(toset([\"x\", 1]), toset([1]))", "set(\"1\")"),
        ("coalesce({a = 1}, tomap({k = \"v\"}))", "{a = \"1\"}"),
        ("true ? 1 : \"a\"", "\"1\""),
        ("true ? [1, \"a\"] : []", "[\"1\", \"a\"]"),
        ("false ? {a = \"x\", b = \"y\"} : {a = 1, b = \"2\"}", "{a = \"1\", b = \"2\"}"),
        ("true ? 1 : null", "1"),
        // Objects and tuples keep the type of each member.
        ("[1, \"a\"]", "[1, \"a\"]"),
        ("{a = 1, b = \"2\"}", "{a = 1, b = \"2\"}"),
    ]);
}

#[test]
fn a_product_with_a_set_is_a_set() {
    table(&[
        ("setproduct(toset([\"v\"]), [\"b\", \"10\", \"9\"])", "set([\"v\", \"10\"], [\"v\", \"9\"], [\"v\", \"b\"])"),
        ("setproduct([\"b\", \"a\"], [\"x\"])", "[[\"b\", \"x\"], [\"a\", \"x\"]]"),
    ]);
}

#[test]
fn what_terraform_refuses_fails() {
    table(&[
        ("{ for s in [\"a\", \"b\", \"a\"] : s => s }", "<fails: two members of this `for` have the key `a`>"),
        ("{ for s in [\"a\", \"b\", \"a\"] : s => 1... }", "{a = [1, 1], b = [1]}"),
        ("formatlist(\"%s.%s\", [\"a\", \"b\"], [\"x\"])", "<fails: `formatlist`: the lists differ in length>"),
        ("sum([])", "<fails: `sum`: the list is empty>"),
        ("try(one(null), \"none\")", "\"none\""),
        ("format(\"%s\", \"a\", \"b\")", "<fails: `format`: there are more arguments than verbs>"),
        ("format(\"%d\", 0.5)", "<fails: `format`: %d takes a whole number>"),
        ("format(\"%d\", -0)", "\"0\""),
        ("toset([\"a\"])[0]", "<fails: a set has no members>"),
        ("toset([\"a\"])[*]", "[\"a\"]"),
        ("cidrhost(\"10.0.0.0/8\", 1.5)", "<fails: `cidrhost`: the host is no whole number>"),
        ("can(cidrhost(\"10.0.0.0/33\", 1))", "false"),
        ("can(cidrnetmask(\"::/129\"))", "false"),
    ]);
}

#[test]
fn numbers_as_text() {
    table(&[
        ("format(\"%v\", 123456789012)", "\"1.23456789012e+11\""),
        ("format(\"%v\", 21000000)", "\"2.1e+07\""),
        ("format(\"%v|%v\", 100000, 0.00001)", "\"100000|1e-05\""),
        ("format(\"%s\", 123456789012)", "\"123456789012\""),
        ("format(\"%e\", 1234567)", "\"1.234567e+06\""),
        ("format(\"%E\", 7)", "\"7.000000E+00\""),
        ("format(\"%g|%G\", 1234567, 1e-7)", "\"1.234567e+06|1E-07\""),
        ("format(\"%#x|% d|%+d\", 5, 5, 0)", "\"0x5| 5|+0\""),
        ("format(\"%q|%#v\", 1, \"a\")", "\"\\\"1\\\"|\\\"a\\\"\""),
        ("format(\"%05s\", \"é\")", "\"0000é\""),
        ("\"${0.1 + 0.2} ${3 * 0.1} ${1 / 10}\"", "\"0.3 0.3 0.1\""),
        ("\"x${-0} ${0 + -0}\"", "\"x-0 0\""),
        ("0.1 + 0.2 == 0.3", "true"),
        ("\"third: ${1 / 3}\"", "<limit: this number has more digits than are kept>"),
        ("ceil(10 / 3)", "4"),
        ("format(\"%d\", 12345678901234567890)", "<limit: this number has more digits than are kept>"),
        ("9007199254740993 - 1", "<limit: this number has more digits than are kept>"),
    ]);
}

#[test]
fn characters_and_words() {
    table(&[
        // A letter and its accent are one character, however they are written.
        ("\"e\\u0301\" == \"é\"", "true"),
        ("length(\"e\\u0301x\")", "2"),
        ("length(\"👩‍👩‍👧\")", "<limit: characters that are put together of several are not counted>"),
        ("substr(\"abc\", -1, 0)", "\"c\""),
        ("substr(\"abc\", 1, 0)", "\"\""),
        ("parseint(\"abc\", 62)", "39134"),
        ("element([\"a\"], -1)", "\"a\""),
        ("basename(\"\")", "\".\""),
        ("upper(\"ß\")", "\"ß\""),
        ("title(\"it's a-b c_d\")", "\"It'S A-B C_d\""),
        ("contains([1], \"1\")", "false"),
        ("cidrsubnet(\"010.0.0.0/8\", 8, 15)", "\"10.15.0.0/16\""),
    ]);
}

#[test]
fn markers_trim_a_heredoc_before_its_indentation_is_taken_away() {
    table(&[
        (
            "<<-EOT\n    %{ for v in [\"a\", \"b\"] ~}\n    - ${v}\n    %{ endfor ~}\n  EOT\n",
            "\"    - a\\n    - b\\n\"",
        ),
        (
            "<<-EOT\n      one\n        two\n      %{ if true ~}\n      three\n      %{ endif ~}\n    EOT\n",
            "\"one\\n  two\\n      three\\n\"",
        ),
    ]);
}

#[test]
fn words_and_dates_of_older_yaml() {
    table(&[
        ("yamldecode(\"[No, on, y, tRUE, 'no']\")", "[false, true, true, \"tRUE\", \"no\"]"),
        ("yamldecode(\"[0o17, 0x1F, 017, 0b11, 1_000]\")", "[15, 31, 17, \"0b11\", \"1_000\"]"),
        ("yamldecode(\"a: 2012-10-17\")", "{a = \"2012-10-17T00:00:00Z\"}"),
        ("jsondecode(\"[\\\"no\\\", \\\"2012-10-17\\\"]\")", "[\"no\", \"2012-10-17\"]"),
    ]);
}
