//! What is not known stays what it is: with its reason, and with as much of it as is known.

use super::*;

/// The value of an expression in a module with things that are not known.
fn open(expression: &str) -> String {
    let main = format!(
        "variable \"v\" {{}}\nvariable \"l\" {{ type = list(string) }}\n\
         resource \"aws_sqs_queue\" \"q\" {{\n name = \"jobs\"\n}}\n\
         resource \"aws_iam_role\" \"r\" {{\n count = 2\n name = \"r${{count.index}}\"\n}}\n\
         data \"aws_caller_identity\" \"me\" {{}}\n\
         locals {{\n x = {expression}\n}}\n"
    );
    show(&local(&[("main.tf", &main)]))
}

#[test]
fn a_value_keeps_what_is_known_of_it() {
    for (expression, expected) in [
        ("var.v", "<var.v>"),
        ("\"a-${var.v}-b\"", "\"a-<var.v>-b\""),
        ("upper(\"a-${var.v}\")", "\"A-<var.v>\""),
        ("aws_sqs_queue.q.name", "\"jobs\""),
        ("aws_sqs_queue.q.arn", "<aws_sqs_queue.q.arn>"),
        ("aws_sqs_queue.q.a[0].b", "<aws_sqs_queue.q.a[0].b>"),
        ("data.aws_caller_identity.me.account_id", "<data.aws_caller_identity.me.account_id>"),
        ("aws_iam_role.r[*].name", "[\"r0\", \"r1\"]"),
        ("length(aws_iam_role.r)", "2"),
        ("concat([\"a\"], var.l)", "[\"a\", ...<var.l>]"),
        ("[for m in concat([\"a\"], var.l) : \"user:${m}\"]", "[\"user:a\", ...<var.l>]"),
        ("merge({a = 1}, var.v)", "{a = <var.v>, ...<var.v>}"),
        ("merge(var.v, {a = 1}).a", "1"),
        ("flatten([[\"a\"], var.l])", "[\"a\", ...<var.l>]"),
        ("toset([\"a\", var.v])", "set(\"a\", <var.v>)"),
        ("join(\",\", [\"a\", var.v])", "\"a,<var.v>\""),
        ("format(\"%s/%s\", \"a\", var.v)", "\"a/<var.v>\""),
        ("jsonencode({a = var.v})", "\"{\\\"a\\\":<var.v>}\""),
        ("jsondecode(jsonencode({a = var.v, b = 1})).b", "1"),
        ("jsondecode(\"{\\\"a\\\": \\\"x-${var.v}\\\", \\\"b\\\": ${var.v}}\")", "{a = \"x-<var.v>\", b = <var.v>}"),
        ("contains([\"a\", var.v], \"a\")", "true"),
        ("contains([\"a\", var.v], \"b\")", "<var.v>"),
        ("length(var.l)", "<var.l>"),
        ("length([var.v])", "1"),
        ("timestamp()", "<timestamp()>"),
        ("templatestring(\"$${a}-$${b}\", merge(var.v, {a = \"k\"}))", "\"k-<var.v>\""),
        ("templatestring(\"%%{ for x in [a] }$${x}-$${b}%%{ endfor }\", merge(var.v, {a = \"k\"}))", "\"k-<var.v>\""),
        ("provider::x::y(1)", "<provider::x::y()>"),
        ("terraform.workspace", "<terraform.workspace>"),
    ] {
        assert_eq!(open(expression), expected, "{expression}");
    }
}

#[test]
fn a_condition_that_is_not_known_leaves_both_branches() {
    for (expression, expected) in [
        ("var.v ? \"a\" : \"b\"", "<var.v: \"a\" or \"b\">"),
        ("var.v ? \"a\" : \"a\"", "\"a\""),
        ("(var.v ? {k = 1} : {k = 2}).k", "<var.v: 1 or 2>"),
        ("\"${var.v ? \"a\" : \"b\"}-c\"", "\"<var.v: \\\"a\\\" or \\\"b\\\">-c\""),
        ("upper(var.v ? \"a\" : \"b\")", "<var.v: \"A\" or \"B\">"),
        ("(var.v ? \"a\" : \"b\") == \"c\"", "false"),
        ("var.v && false", "false"),
        ("true || var.v", "true"),
        ("var.v || false", "<var.v>"),
        ("\"x-${var.v}\" == \"\"", "false"),
        ("\"x-${var.v}\" == \"y\"", "false"),
        ("startswith(\"arn:${var.v}\", \"arn:\")", "true"),
        ("startswith(\"arn:${var.v}\", \"arn:aws\")", "<var.v>"),
        ("[for a in [1, 2] : a if var.v]", "[1, 2, ...<var.v>]"),
    ] {
        assert_eq!(open(expression), expected, "{expression}");
    }
}

#[test]
fn a_broken_file_makes_what_it_may_declare_unknown_and_nothing_else() {
    let files = [("main.tf", "locals {\n x = [local.gone, 1]\n}\n"), ("broken.tf", "locals {\n")];
    assert_eq!(show(&local(&files)), "[<local.gone>, 1]");
    let why = local(&files).first_unknown().unwrap().why.to_string();
    assert_eq!(why, "`local.gone` is not declared in any file that could be read");
}
