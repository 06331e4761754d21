//! Modules, variables, instances and blocks.

use super::*;

/// The addresses of a configuration, with the value of `v` in each.
fn addresses(found: &Configuration) -> Vec<String> {
    found
        .resources
        .iter()
        .map(|own| {
            let value = own.get("v").map(show).unwrap_or_default();
            let maybe = if own.uncertain.is_some() { "?" } else { "" };
            format!("{}{maybe} {value}", own.name).trim().to_owned()
        })
        .collect()
}

#[test]
fn count_and_for_each_make_instances() {
    let found = evaluate(&[(
        "main.tf",
        "resource \"a\" \"n\" {\n count = 2\n v = count.index\n}\n\
         resource \"a\" \"m\" {\n for_each = {x = 1, y = 2}\n v = \"${each.key}${each.value}\"\n}\n\
         resource \"a\" \"s\" {\n for_each = toset([\"p\"])\n v = each.value\n}\n\
         resource \"a\" \"none\" {\n count = false ? 1 : 0\n}\n\
         resource \"a\" \"one\" {\n v = one(a.none[*].v)\n}\n",
    )]);
    assert_eq!(
        addresses(&found),
        ["a.n[0] 0", "a.n[1] 1", "a.m[\"x\"] \"x1\"", "a.m[\"y\"] \"y2\"", "a.s[\"p\"] \"p\"", "a.one"]
    );
    assert_eq!(found.unresolved, []);
}

#[test]
fn an_instance_that_may_not_exist_is_there_and_says_so() {
    let found = evaluate(&[(
        "main.tf",
        "variable \"v\" {}\n\
         resource \"a\" \"c\" {\n count = var.v ? 1 : 0\n v = 1\n}\n\
         resource \"a\" \"e\" {\n for_each = merge({x = 1}, var.v)\n v = each.key\n}\n\
         resource \"a\" \"k\" {\n for_each = var.v ? {x = 1, y = 2} : {x = 3}\n v = each.value\n}\n\
         resource \"a\" \"r\" {\n v = a.e[\"z\"].name\n}\n",
    )]);
    assert_eq!(
        addresses(&found),
        [
            "a.c[0]? 1",
            "a.e[\"x\"] \"x\"",
            "a.e[?]? <var.v>",
            "a.k[\"x\"] <var.v: 1 or 3>",
            "a.k[\"y\"]? 2",
            "a.r <a.e[?].name>"
        ]
    );
    let (target, attribute) = found.resolve(found.resources[5].get("v").unwrap()).unwrap();
    assert_eq!((&*target.name, attribute), ("a.e[?]", "name"));
}

#[test]
fn modules_take_inputs_and_give_outputs() {
    let found = evaluate(&[
        (
            "main.tf",
            "module \"team\" {\n source = \"./modules/team\"\n for_each = {a = \"x\"}\n name = each.value\n}\n\
             resource \"a\" \"after\" {\n v = module.team[\"a\"].name\n}\n",
        ),
        (
            "modules/team/main.tf",
            "variable \"name\" {}\nvariable \"extra\" {\n default = \"d\"\n}\n\
             resource \"a\" \"own\" {\n v = \"${var.name}-${var.extra}\"\n}\n\
             output \"name\" {\n value = a.own.v\n}\n",
        ),
    ]);
    assert_eq!(addresses(&found), ["a.after \"x-d\"", "module.team[\"a\"].a.own \"x-d\""]);
    assert_eq!(found.resources[1].trail[0].key, Key::Text("a".into()));
    // A value that went through a module still refers to the resource that it comes from.
    let (target, attribute) = found.resolve(found.resources[0].get("v").unwrap()).unwrap();
    assert_eq!((&*target.name, attribute), ("module.team[\"a\"].a.own", "v"));
}

#[test]
fn a_list_that_may_be_empty_is_one_of_two() {
    let value = |expression: &str| {
        let main = format!(
            "variable \"v\" {{}}\nresource \"a\" \"c\" {{\n count = var.v ? 1 : 0\n n = \"x\"\n}}\nlocals {{\n x = {expression}\n}}\n"
        );
        show(&local(&[("main.tf", &main)]))
    };
    for (expression, expected) in [
        ("a.c[0].n", "\"x\""),
        ("a.c[*].n", "<var.v: [] or [\"x\"]>"),
        ("length(a.c)", "<var.v: 0 or 1>"),
        ("one(a.c[*].n)", "<var.v: null or \"x\">"),
        ("[for own in a.c : own.n]", "<var.v: [] or [\"x\"]>"),
        ("length(a.c) > 3", "false"),
    ] {
        assert_eq!(value(expression), expected, "{expression}");
    }
}

#[test]
fn outputs_of_one_module_may_need_each_other_through_its_caller() {
    let found = evaluate(&[
        (
            "main.tf",
            "module \"m\" {\n source = \"./m\"\n in = a.b.v\n}\nresource \"a\" \"b\" {\n v = module.m.first\n}\n\
             resource \"a\" \"c\" {\n v = module.m.second\n}\n",
        ),
        (
            "m/main.tf",
            "variable \"in\" {}\noutput \"first\" {\n value = 1\n}\noutput \"second\" {\n value = var.in\n}\n",
        ),
    ]);
    assert_eq!(addresses(&found), ["a.b 1", "a.c 1"]);
    assert_eq!(found.unresolved, []);
}

#[test]
fn a_module_that_is_not_in_the_tree_is_unknown_with_its_reach() {
    let main = "module \"r\" {\n source = \"terraform-aws-modules/iam/aws\"\n}\nresource \"a\" \"b\" {\n v = module.r.arn\n}\n";
    let found = evaluate(&[("main.tf", main)]);
    assert_eq!(addresses(&found), ["a.b <terraform-aws-modules/iam/aws>"]);
    assert_eq!(found.unresolved[0].reason, "the module `terraform-aws-modules/iam/aws` is not in the tree");
    assert_eq!(found.unresolved[0].consequence, "what `module.r` declares is not evaluated");
    // The copy that was installed is used where the tree has it.
    let found = evaluate(&[
        ("main.tf", main),
        (".terraform/modules/modules.json", "{\"Modules\": [{\"Key\": \"r\", \"Dir\": \".terraform/modules/r\"}]}"),
        (".terraform/modules/r/main.tf", "output \"arn\" {\n value = \"known\"\n}\n"),
    ]);
    assert_eq!(addresses(&found), ["a.b \"known\""]);
}

#[test]
fn a_module_that_calls_itself_ends() {
    let found = evaluate(&[("main.tf", "module \"self\" {\n source = \"./\"\n}\nresource \"a\" \"b\" {}\n")]);
    assert_eq!(found.resources.len(), MAX_MODULES_DEEP + 1);
    assert_eq!(found.unresolved[0].gap, Gap::Unsupported);
    assert!(found.unresolved[0].reason.ends_with("does a module call itself?"), "{:?}", found.unresolved);
}

#[test]
fn too_many_instances_are_refused() {
    let found = evaluate(&[("main.tf", "resource \"a\" \"b\" {\n count = 1000000\n}\n")]);
    assert_eq!(found.resources.len(), 0);
    assert_eq!(found.unresolved[0].reason, "this makes 1000000 instances; more than 10000 are not evaluated");
}

#[test]
fn variable_files_count_as_terraform_has_it() {
    let main = "variable \"a\" {\n default = 1\n}\nvariable \"b\" {}\nvariable \"c\" {\n default = 0\n}\n\
                resource \"x\" \"y\" {\n v = [var.a, var.b, var.c]\n}\n";
    let found = evaluate(&[
        ("main.tf", main),
        ("terraform.tfvars", "a = 2\nb = 2\n"),
        ("z.auto.tfvars", "b = 3\n"),
        ("z.auto.tfvars.json", "{\"c\": 4}"),
    ]);
    assert_eq!(addresses(&found), ["x.y [2, 3, 4]"]);
}

#[test]
fn variable_files_that_disagree_leave_what_the_value_can_be() {
    let main = "variable \"a\" {\n default = 1\n}\nvariable \"b\" {}\nresource \"x\" \"y\" {\n v = [var.a, var.b]\n}\n";
    let found =
        evaluate(&[("main.tf", main), ("dev.tfvars", "a = 1\nb = 5\n"), ("envs/prod.tfvars", "a = 2\nb = 5\n")]);
    assert_eq!(addresses(&found), ["x.y [<var.a: 1 or 2>, 5]"]);
}

#[test]
fn types_convert_and_fill_in_defaults() {
    let main = "variable \"v\" {\n type = object({\n  n = string\n  l = optional(set(string), [\"d\"])\n  \
                o = optional(object({\n   p = optional(bool, true)\n  }), {})\n  q = optional(number)\n })\n \
                default = { n = 1, gone = 2 }\n}\nresource \"x\" \"y\" {\n v = var.v\n}\n";
    let found = evaluate(&[("main.tf", main)]);
    assert_eq!(addresses(&found), ["x.y {l = set(\"d\"), n = \"1\", o = {p = true}, q = null}"]);
}

#[test]
fn blocks_are_lists_and_dynamic_ones_are_expanded() {
    let main = "resource \"x\" \"y\" {\n b {\n  n = 1\n }\n dynamic \"b\" {\n  for_each = [5, 6]\n  content {\n   \
                n = b.value\n   k = b.key\n  }\n }\n dynamic \"c\" {\n  for_each = {p = 1}\n  iterator = it\n  content {\n   \
                d {\n    n = it.key\n   }\n  }\n }\n lifecycle {\n  ignore_changes = [b]\n }\n}\n";
    let found = evaluate(&[("main.tf", main)]);
    assert_eq!(
        show(&found.resources[0].attributes),
        "{b = [{n = 1}, {k = 0, n = 5}, {k = 1, n = 6}], c = [{d = [{n = \"p\"}]}]}"
    );
}

#[test]
fn overrides_are_merged_last() {
    let found = evaluate(&[
        ("a_override.tf", "resource \"x\" \"y\" {\n v = 2\n c {\n  n = 9\n }\n}\nlocals {\n l = 2\n}\n"),
        (
            "main.tf",
            "resource \"x\" \"y\" {\n v = 1\n w = local.l\n c {\n  n = 1\n }\n c {\n  n = 2\n }\n}\nlocals {\n l = 1\n}\n",
        ),
    ]);
    assert_eq!(show(&found.resources[0].attributes), "{c = [{n = 9}], v = 2, w = 2}");
    assert_eq!(found.unresolved, []);
}

#[test]
fn what_is_declared_twice_is_said_and_counts_twice() {
    let found =
        evaluate(&[("a.tf", "resource \"x\" \"y\" {\n v = 1\n}\n"), ("b.tf", "resource \"x\" \"y\" {\n v = 2\n}\n")]);
    assert_eq!(addresses(&found), ["x.y 1", "x.y 2"]);
    assert_eq!(found.unresolved[0].gap, Gap::DefinedTwice);
}

#[test]
fn a_moved_resource_knows_what_it_was_called() {
    let main = "resource \"x\" \"new\" {\n count = 1\n}\nmoved {\n from = x.old\n to = x.mid\n}\nmoved {\n from = x.mid\n to = x.new\n}\n";
    let found = evaluate(&[("main.tf", main)]);
    assert_eq!(found.resources[0].lasting_name.to_string(), "x.old[0]");
}

#[test]
fn json_is_read_like_the_native_syntax() {
    let found = evaluate(&[(
        "main.tf.json",
        r#"{"variable": {"n": {"default": "x"}}, "resource": {"a": {"b": {"for_each": {"k": 1}, "v": "${var.n}-${each.key}"}}}}"#,
    )]);
    assert_eq!(addresses(&found), ["a.b[\"k\"] \"x-k\""]);
}

#[test]
fn a_policy_document_is_computed_as_the_provider_computes_it() {
    let main = "data \"aws_iam_policy_document\" \"base\" {\n statement {\n  sid = \"a\"\n  actions = [\"s3:Get*\"]\n  \
                resources = [\"*\"]\n }\n statement {\n  sid = \"b\"\n  actions = [\"s3:List*\"]\n  resources = [\"*\"]\n }\n}\n\
                data \"aws_iam_policy_document\" \"all\" {\n source_policy_documents = [data.aws_iam_policy_document.base.json]\n \
                override_policy_documents = [jsonencode({Statement = {Sid = \"b\", Effect = \"Deny\", Action = \"s3:*\", Resource = \"*\"}})]\n \
                statement {\n  sid = \"a\"\n  effect = \"Deny\"\n  not_actions = [\"iam:*\"]\n  resources = [\"x/&{aws:username}\"]\n  \
                principals {\n   type = \"*\"\n   identifiers = [\"*\"]\n  }\n  condition {\n   test = \"StringEquals\"\n   \
                variable = \"aws:x\"\n   values = [\"1\"]\n  }\n }\n}\nlocals {\n x = jsondecode(data.aws_iam_policy_document.all.json)\n}\n";
    assert_eq!(
        show(&local(&[("main.tf", main)])),
        "{Statement = [{Condition = {StringEquals = {aws:x = [\"1\"]}}, Effect = \"Deny\", NotAction = [\"iam:*\"], \
         Principal = \"*\", Resource = [\"x/${aws:username}\"], Sid = \"a\"}, \
         {Action = \"s3:*\", Effect = \"Deny\", Resource = \"*\", Sid = \"b\"}], Version = \"2012-10-17\"}"
    );
}
