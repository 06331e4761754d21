use super::*;
use crate::facts::{CredentialKind, Granted, Lifetime};
use crate::formats::SystemHint;
use crate::formats::cases::{claimed, lines, lower as lower_file, members, receivers, run_cases};
use crate::syntax::parse;

fn facts(text: &str) -> Facts {
    lower_file(&FORMAT, "rbac.yaml", text, None)
}

fn is_ours(text: &str) -> bool {
    claimed("file.yaml", &parse(text.as_bytes()).unwrap()[0]) == Some(FORMAT.name)
}

fn suspected(text: &str) -> Option<Gap> {
    suspect("file.yaml", text, &parse(text.as_bytes()).unwrap_err())
}

const HEAD: &str = "apiVersion: rbac.authorization.k8s.io/v1\n";

/// A cluster role with these rules, in flow style.
fn cluster_role(rules: &str) -> String {
    format!("{HEAD}kind: ClusterRole\nmetadata: {{name: r}}\nrules: {rules}\n")
}

/// `actions on resources` of every statement of the only role.
fn permitted(rules: &str) -> Vec<String> {
    let facts = facts(&cluster_role(rules));
    assert_eq!(facts.unresolved, [], "{rules}");
    facts.roles[0]
        .statements
        .iter()
        .map(|statement| format!("{} on {}", statement.actions.list.join(" "), statement.resources.list.join(" ")))
        .collect()
}

/// The gap and the reason for every piece of this text that is not evaluated.
fn gaps(text: &str) -> Vec<(Gap, String)> {
    facts(text).unresolved.into_iter().map(|unresolved| (unresolved.gap, unresolved.reason)).collect()
}

fn binding(kind: &str, rest: &str) -> String {
    format!("{HEAD}kind: {kind}\nmetadata: {{name: b, namespace: team-a}}\n{rest}\n")
}

#[test]
fn cases() {
    run_cases(&[FORMAT], "kubernetes");
}

#[test]
fn only_cluster_roles_carry_labels_that_aggregate() {
    let labelled = |kind: &str| {
        let text =
            format!("{HEAD}kind: {kind}\nmetadata: {{name: r, namespace: a, labels: {{tier: top}}}}\nrules: []\n");
        facts(&text).roles[0].labels.len()
    };
    assert_eq!((labelled("ClusterRole"), labelled("Role")), (1, 0));
}

#[test]
fn version_and_kind_decide_what_is_ours() {
    for version in ["v1", "v1beta1", "v1alpha1"] {
        assert!(is_ours(&format!("apiVersion: rbac.authorization.k8s.io/{version}\nkind: Role\n")), "{version}");
    }
    assert!(is_ours("apiVersion: v1\nkind: ServiceAccount\n"));
    assert!(is_ours("apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleList\nitems: []\n"));
    assert!(is_ours("apiVersion: v1\nkind: Pod\n"));
    assert!(is_ours("apiVersion: apps/v1\nkind: Deployment\n"));
    assert!(!is_ours("apiVersion: v1\nkind: Deployment\n"));
    assert!(!is_ours("apiVersion: v1\nkind: ConfigMap\n"));
    assert!(!is_ours("apiVersion: v1\nkind: Role\n"));
    assert!(!is_ours("apiVersion: iam.aws.crossplane.io/v1beta1\nkind: Role\n"));
    assert!(!is_ours("apiVersion: rbac.authorization.k8s.io.example.com/v1\nkind: Role\n"));
    assert!(!is_ours("kind: ClusterRole\n"));
    assert!(!is_ours("[]"));
}

#[test]
fn only_secrets_that_hold_account_tokens_are_ours() {
    assert!(is_ours("apiVersion: v1\nkind: Secret\ntype: kubernetes.io/service-account-token\n"));
    assert!(!is_ours("apiVersion: v1\nkind: Secret\ntype: Opaque\n"));
    assert!(!is_ours("apiVersion: v1\nkind: Secret\n"));
    assert!(!is_ours("apiVersion: v1\nkind: SecretList\nitems: [{type: Opaque}]\n"));
    assert!(is_ours("apiVersion: v1\nkind: SecretList\nitems: [{type: kubernetes.io/service-account-token}]\n"));
}

#[test]
fn a_list_is_ours_when_one_item_is() {
    let list = |items: &str| format!("apiVersion: v1\nkind: List\nitems: [{items}]\n");
    let map = "{apiVersion: v1, kind: ConfigMap, metadata: {name: p}}";
    let account = "{apiVersion: v1, kind: ServiceAccount, metadata: {name: a}}";
    assert!(!is_ours(&list(map)));
    assert!(is_ours(&list(&format!("{map}, {account}"))));
    let facts = facts(&list(&format!("{map}, {account}")));
    assert_eq!(facts.accounts.len(), 1);
    assert_eq!(facts.unresolved, []);
}

#[test]
fn items_of_a_typed_list_inherit_version_and_kind() {
    let facts = facts(&format!("{HEAD}kind: RoleList\nitems:\n- metadata: {{name: a, namespace: n}}\n  rules: []\n"));
    assert_eq!(&*facts.roles[0].id.name, "role/n/a");
    assert_eq!(
        gaps(&format!("{HEAD}kind: RoleList\nitems: 3\n")),
        [(Gap::Broken, "`items` of a RoleList is not a list".to_owned())]
    );
}

#[test]
fn the_configured_system_names_everything() {
    let hint = SystemHint { id: "prod-eu".into(), guardrail: false };
    let text = binding("RoleBinding", "roleRef: {kind: Role, name: r}\nsubjects: [{kind: User, name: ann}]");
    let facts = lower_file(&FORMAT, "b.yaml", &text, Some(hint));
    assert_eq!(facts.grants[0].to.to_string(), "account:prod-eu/ann");
    assert_eq!(&*facts.grants[0].system, "prod-eu");
    assert_eq!(facts.grants[0].scope.to_string(), "namespace prod-eu/team-a");
}

#[test]
fn a_service_account_is_in_the_groups_that_the_api_server_gives_it() {
    let facts =
        facts("apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: robot, namespace: ci}\nsecrets: [{name: t}]\n");
    assert_eq!(&*facts.accounts[0].id.name, "system:serviceaccount:ci:robot");
    for group in ["system:serviceaccounts", "system:serviceaccounts:ci", "system:authenticated"] {
        assert_eq!(members(&facts, group), ["system:serviceaccount:ci:robot"], "{group}");
    }
    assert!(facts.groups.iter().all(|group| !group.members_listed));
    // The list of secrets that old clusters kept is no credential by itself.
    assert_eq!(facts.credentials, []);
}

#[test]
fn an_object_without_a_namespace_is_in_the_default_one() {
    let account = facts("apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: robot}\n");
    assert_eq!(&*account.accounts[0].id.name, "system:serviceaccount:default:robot");
    let role = facts(&format!("{HEAD}kind: Role\nmetadata: {{name: r, namespace: ''}}\n"));
    assert_eq!(&*role.roles[0].id.name, "role/default/r");
}

#[test]
fn a_subject_takes_its_own_namespace_then_the_bindings_then_the_default_one() {
    let subjects = "subjects: [{kind: ServiceAccount, name: a}, {kind: ServiceAccount, name: b, namespace: other}]";
    let role = "roleRef: {kind: ClusterRole, name: view}";
    let narrow = facts(&binding("RoleBinding", &format!("{role}\n{subjects}")));
    assert_eq!(
        receivers(&narrow).into_iter().collect::<Vec<_>>(),
        ["account:kubernetes/system:serviceaccount:other:b", "account:kubernetes/system:serviceaccount:team-a:a"]
    );
    // A cluster-wide binding has no namespace, whatever its metadata say.
    let wide = facts(&binding("ClusterRoleBinding", &format!("{role}\n{subjects}")));
    assert!(receivers(&wide).contains("account:kubernetes/system:serviceaccount:default:a"));
}

#[test]
fn a_binding_reaches_its_namespace_and_a_cluster_binding_every_one() {
    let rest = "roleRef: {kind: ClusterRole, name: admin}\nsubjects: [{kind: Group, name: devs}]";
    let narrow = facts(&binding("RoleBinding", rest));
    assert_eq!(narrow.grants[0].scope.to_string(), "namespace kubernetes/team-a");
    assert_eq!(narrow.grants[0].what, Granted::Role(Native::new("kubernetes", "clusterrole/admin")));
    let wide = facts(&binding("ClusterRoleBinding", rest));
    assert_eq!(wide.grants[0].scope.to_string(), "namespace kubernetes/*");
    assert_eq!(wide.unresolved, [], "a role of another file is no gap here");
}

#[test]
fn a_role_is_named_within_the_bindings_namespace() {
    let rest = "roleRef: {kind: Role, name: r}\nsubjects: [{kind: Group, name: g}]";
    let facts = facts(&binding("RoleBinding", rest));
    assert_eq!(facts.grants[0].what, Granted::Role(Native::new("kubernetes", "role/team-a/r")));
}

#[test]
fn a_cluster_binding_cannot_name_a_namespaced_role() {
    let text = binding("ClusterRoleBinding", "roleRef: {kind: Role, name: r}\nsubjects: [{kind: Group, name: g}]");
    assert_eq!(facts(&text).grants, []);
    assert!(matches!(&gaps(&text)[..], [(Gap::Broken, reason)] if reason.contains("can only name a ClusterRole")));
}

#[test]
fn everybody_is_a_user_called_star_in_the_first_version_only() {
    let text = |version: &str| {
        format!(
            "apiVersion: rbac.authorization.k8s.io/{version}\nkind: ClusterRoleBinding\nmetadata: {{name: b}}\n\
             roleRef: {{kind: ClusterRole, name: r}}\nsubjects: [{{kind: User, name: '*'}}]\n"
        )
    };
    assert!(receivers(&facts(&text("v1alpha1"))).contains("group:kubernetes/system:authenticated"));
    assert!(receivers(&facts(&text("v1"))).contains("account:kubernetes/*"));
}

#[test]
fn a_rule_is_the_product_of_verbs_groups_and_resources() {
    assert_eq!(
        permitted("[{verbs: [get, list], apiGroups: ['', apps], resources: [pods, pods/exec]}]"),
        ["get:core/pods get:core/pods/exec get:apps/pods get:apps/pods/exec \
         list:core/pods list:core/pods/exec list:apps/pods list:apps/pods/exec on *"]
    );
    assert_eq!(permitted("[{verbs: ['*'], apiGroups: ['*'], resources: ['*']}]"), ["*:*/* on *"]);
    assert_eq!(
        permitted("[{verbs: [get], nonResourceURLs: [/metrics, '/health/*', '*']}]"),
        ["get:url//metrics get:url//health/* get:url/* on *"]
    );
    assert_eq!(
        permitted("[{verbs: [update], apiGroups: [apps], resources: ['*/scale']}]"),
        ["update:apps/*/scale on *"]
    );
}

#[test]
fn names_restrict_no_request_that_carries_none() {
    // Creating and deleting a collection carry no name: such a rule never matches them.
    assert_eq!(
        permitted(
            "[{verbs: [create, get, list, deletecollection], apiGroups: [''], resources: [secrets], resourceNames: [a, b]}]"
        ),
        ["get:core/secrets list:core/secrets on a b"]
    );
    assert_eq!(
        permitted("[{verbs: [create, deletecollection], apiGroups: [''], resources: [secrets], resourceNames: [a]}]"),
        [""; 0]
    );
    // Creating a subresource carries the name of the object that it is created on.
    assert_eq!(
        permitted("[{verbs: [create], apiGroups: [''], resources: [pods/exec, pods, '*'], resourceNames: [web-0]}]"),
        ["create:core/pods/exec create:core/*/* on web-0"]
    );
}

#[test]
fn the_empty_name_opens_the_collection_and_a_star_is_a_name() {
    let rule = |name: &str| {
        format!("[{{verbs: [create, get], apiGroups: [''], resources: [secrets], resourceNames: ['{name}']}}]")
    };
    assert_eq!(permitted(&rule("")), ["create:core/secrets get:core/secrets on *"]);
    assert_eq!(permitted(&rule("*")), [""; 0]);
}

#[test]
fn a_star_that_the_authorizer_compares_literally_grants_nothing() {
    assert_eq!(
        permitted("[{verbs: ['get*', list], apiGroups: ['*.example.com', apps], resources: ['pods/*', pods]}]"),
        ["list:apps/pods on *"]
    );
    assert_eq!(permitted("[{verbs: ['impersonat?'], apiGroups: [''], resources: [users]}]"), [""; 0]);
    assert_eq!(permitted("[{verbs: [get], nonResourceURLs: ['/a*b', '/c']}]"), ["get:url//c on *"]);
}

#[test]
fn a_rule_that_the_api_server_refuses_is_broken_and_the_others_count() {
    for (rule, reason) in [
        ("{apiGroups: [''], resources: [pods]}", "names no `verbs`"),
        ("{verbs: [], apiGroups: [''], resources: [pods]}", "names no `verbs`"),
        ("{verbs: [get], resources: [pods]}", "names no `apiGroups`"),
        ("{verbs: [get], apiGroups: ['']}", "names no `resources`"),
        ("{verbs: get, apiGroups: [''], resources: [pods]}", "`verbs` is text, not a list"),
        ("{verbs: [get, 7], apiGroups: [''], resources: [pods]}", "`verbs` holds a number, not text"),
        ("{verbs: [get], apiGroups: [''], resources: [pods], nonResourceURLs: [/x]}", "both resources and"),
        ("get", "a rule is text, not a map"),
    ] {
        let text = cluster_role(&format!("[{rule}, {{verbs: [list], apiGroups: [''], resources: [pods]}}]"));
        let facts = facts(&text);
        assert_eq!(facts.roles[0].statements.len(), 1, "{rule}");
        let [unresolved] = &facts.unresolved[..] else { panic!("{rule}: {:?}", facts.unresolved) };
        assert_eq!(unresolved.gap, Gap::Broken, "{rule}");
        assert!(unresolved.reason.contains(reason), "{rule}: {}", unresolved.reason);
        assert_eq!(facts.tally.get("rule"), Some(&2));
    }
    let namespaced =
        format!("{HEAD}kind: Role\nmetadata: {{name: r}}\nrules: [{{verbs: [get], nonResourceURLs: [/x]}}]\n");
    assert!(gaps(&namespaced)[0].1.contains("cannot hold `nonResourceURLs`"));
}

#[test]
fn rules_that_are_no_list_leave_a_role_that_permits_nothing_and_say_so() {
    let facts = facts(&cluster_role("everything"));
    assert_eq!(facts.roles[0].statements, []);
    assert_eq!(facts.unresolved[0].gap, Gap::Broken);
}

#[test]
fn a_rule_cannot_expand_without_end() {
    let many = (0..1100).map(|i| format!("v{i}")).collect::<Vec<_>>().join(", ");
    let text = cluster_role(&format!(
        "[{{verbs: [{many}], apiGroups: [''], resources: [{many}]}}, {{verbs: [get], apiGroups: [''], resources: [pods]}}]"
    ));
    let facts = facts(&text);
    assert_eq!(facts.unresolved[0].gap, Gap::Unsupported);
    assert!(facts.unresolved[0].reason.contains("1210000 actions"));
    assert_eq!(facts.roles[0].statements.len(), 1);
}

#[test]
fn the_budget_of_actions_is_that_of_the_file() {
    let many = (0..900).map(|i| format!("v{i}")).collect::<Vec<_>>().join(", ");
    let rule = format!("{{verbs: [{many}], apiGroups: [''], resources: [{many}]}}");
    let facts = facts(&cluster_role(&format!("[{rule}, {rule}]")));
    assert_eq!((facts.roles[0].statements.len(), facts.unresolved.len()), (1, 1));
}

#[test]
fn an_aggregating_role_takes_in_roles_and_loses_its_own_rules() {
    let facts = facts(&format!(
        "{HEAD}kind: ClusterRole\nmetadata: {{name: admin, labels: {{tier: top}}}}\n\
         aggregationRule:\n  clusterRoleSelectors:\n  - matchLabels: {{to-admin: 'true'}}\n\
         \x20   matchExpressions: [{{key: a, operator: In, values: [x]}}, {{key: b, operator: NotIn, values: [y]}},\n\
         \x20     {{key: c, operator: Exists}}, {{key: d, operator: DoesNotExist}}]\n  - {{}}\n\
         rules: [{{verbs: ['*'], apiGroups: ['*'], resources: ['*']}}]\n"
    ));
    let role = &facts.roles[0];
    assert_eq!(role.statements, []);
    assert_eq!(facts.unresolved, []);
    assert_eq!(role.labels.get("tier").map(|value| &**value), Some("top"));
    assert_eq!(role.aggregates.len(), 2);
    assert_eq!(role.aggregates[0].match_expressions.len(), 4);
    assert_eq!(role.aggregates[1], crate::facts::Selector::default());
}

#[test]
fn a_broken_selector_is_told_and_the_others_count() {
    let text = format!(
        "{HEAD}kind: ClusterRole\nmetadata: {{name: a}}\naggregationRule:\n  clusterRoleSelectors:\n\
         \x20 - matchExpressions: [{{key: a, operator: Has}}]\n  - matchLabels: {{b: c}}\n"
    );
    let facts = facts(&text);
    assert_eq!(facts.roles[0].aggregates.len(), 1);
    assert!(facts.unresolved[0].reason.contains("none of In, NotIn, Exists and DoesNotExist"));
}

#[test]
fn a_namespaced_role_does_not_aggregate() {
    let facts = facts(&format!(
        "{HEAD}kind: Role\nmetadata: {{name: a}}\naggregationRule: {{clusterRoleSelectors: [{{}}]}}\n\
         rules: [{{verbs: [get], apiGroups: [''], resources: [pods]}}]\n"
    ));
    assert_eq!((facts.roles[0].aggregates.len(), facts.roles[0].statements.len()), (0, 1));
}

#[test]
fn a_token_secret_is_a_credential_without_end_and_its_data_stay_out() {
    let text = "apiVersion: v1\nkind: Secret\ntype: kubernetes.io/service-account-token\n\
                metadata:\n  name: t\n  namespace: ci\n  creationTimestamp: '2024-01-02T00:00:00Z'\n\
                \x20 annotations: {kubernetes.io/service-account.name: robot}\ndata: {token: c2VjcmV0}\n";
    let facts = facts(text);
    let credential = &facts.credentials[0];
    assert_eq!(credential.id, Native::new("kubernetes", "secret/ci/t"));
    assert_eq!(credential.holder.to_string(), "account:kubernetes/system:serviceaccount:ci:robot");
    assert_eq!((credential.kind, credential.lifetime), (CredentialKind::Token, Lifetime::Unbounded));
    assert_eq!(credential.created, Some(1_704_153_600));
    assert!(!format!("{facts:?}").contains("c2VjcmV0"));
}

#[test]
fn a_token_without_its_annotation_is_broken() {
    let text = "apiVersion: v1\nkind: Secret\ntype: kubernetes.io/service-account-token\nmetadata: {name: t}\n";
    assert_eq!(facts(text).credentials, []);
    assert_eq!(gaps(text)[0].0, Gap::Broken);
}

#[test]
fn broken_bindings_and_subjects_say_what_is_not_evaluated() {
    let role = "roleRef: {kind: ClusterRole, name: r}\n";
    for (rest, reason, consequence) in [
        ("subjects: []".to_owned(), "has no `roleRef`", "this binding is not evaluated"),
        ("roleRef: {kind: ClusterRole}".to_owned(), "`roleRef.name` is missing", "this binding is not evaluated"),
        ("roleRef: {name: x}".to_owned(), "`roleRef.kind` is missing", "this binding is not evaluated"),
        ("roleRef: {kind: Group, name: x}".to_owned(), "`roleRef.kind` is `Group`", "this binding is not evaluated"),
        (
            "roleRef: {kind: ClusterRole, name: x, apiGroup: apps}".to_owned(),
            "`roleRef.apiGroup` can only be",
            "this binding is not evaluated",
        ),
        (format!("{role}subjects: ann"), "`subjects` is text", "this binding is not evaluated"),
        (format!("{role}subjects: [{{kind: User}}]"), "no name", "this subject is not evaluated"),
        (format!("{role}subjects: [{{kind: User, name: 12}}]"), "no name", "this subject is not evaluated"),
        (format!("{role}subjects: [{{name: a}}]"), "has no kind", "this subject is not evaluated"),
        (format!("{role}subjects: [{{kind: Robot, name: a}}]"), "of the kind `Robot`", "this subject is not evaluated"),
        (
            format!("{role}subjects: [{{kind: ServiceAccount, name: a, namespace: 1}}]"),
            "namespace is not text",
            "this subject is not evaluated",
        ),
    ] {
        let text = binding("RoleBinding", &rest);
        let facts = facts(&text);
        assert_eq!(facts.grants, [], "{rest}");
        let [unresolved] = &facts.unresolved[..] else { panic!("{rest}: {:?}", facts.unresolved) };
        assert_eq!(unresolved.gap, Gap::Broken);
        assert!(unresolved.reason.contains(reason), "{rest}: {}", unresolved.reason);
        assert!(unresolved.consequence.starts_with(consequence), "{rest}: {}", unresolved.consequence);
    }
    let one_good = binding("RoleBinding", &format!("{role}subjects: [{{kind: User}}, {{kind: User, name: ann}}]"));
    assert!(receivers(&facts(&one_good)).contains("account:kubernetes/ann"));
}

#[test]
fn an_object_without_a_name_is_broken() {
    for kind in ["Role", "ClusterRole", "RoleBinding"] {
        for metadata in ["{}", "{name: 7}", "{name: ''}", "{generateName: x-}"] {
            let text = format!("{HEAD}kind: {kind}\nmetadata: {metadata}\nroleRef: {{kind: ClusterRole, name: r}}\n");
            assert_eq!(gaps(&text)[0].0, Gap::Broken, "{text}");
        }
    }
    assert!(
        gaps(&format!("{HEAD}kind: Role\nmetadata: {{name: r, namespace: 3}}\n"))[0]
            .1
            .contains("is a number, not text")
    );
}

#[test]
fn a_placeholder_that_decides_about_access_keeps_the_whole_object_out() {
    for text in [
        cluster_role("[{verbs: ['{{ .verb }}'], apiGroups: [''], resources: [pods]}]"),
        format!("{HEAD}kind: Role\nmetadata: {{name: '{{{{ .name }}}}'}}\n"),
        format!("{HEAD}kind: ClusterRole\nmetadata: {{name: r, labels: {{'{{{{ .key }}}}': 'true'}}}}\n"),
        "apiVersion: '{{ template \"rbac\" . }}'\nkind: ClusterRole\nmetadata: {name: r}\n".to_owned(),
        binding("RoleBinding", "roleRef: {kind: Role, name: r}\nsubjects: [{kind: User, name: 'x-{{ .n }}'}]"),
    ] {
        assert!(is_ours(&text), "{text}");
        let facts = facts(&text);
        assert_eq!((facts.roles.len(), facts.grants.len(), facts.tally.len()), (0, 0, 0), "{text}");
        assert_eq!(facts.unresolved[0].gap, Gap::Unsupported);
        assert!(facts.unresolved[0].reason.contains("helm template"));
    }
    let elsewhere = format!("{HEAD}kind: Role\nmetadata: {{name: r, annotations: {{note: '{{{{ x }}}}'}}}}\n");
    assert_eq!(gaps(&elsewhere), []);
}

#[test]
fn a_patch_is_not_an_object() {
    let text = format!("{HEAD}kind: ClusterRole\n$patch: delete\nmetadata: {{name: r}}\n");
    assert_eq!(facts(&text).roles, []);
    assert_eq!(gaps(&text)[0].0, Gap::Unsupported);
}

#[test]
fn a_text_that_does_not_parse_is_suspected_by_its_kinds() {
    assert_eq!(suspected("kind: ClusterRole\nmetadata:\n  name: {{ .Release.Name }}-x\n"), Some(Gap::Unsupported));
    assert_eq!(suspected("kind: ClusterRole\nrules: [\n"), Some(Gap::Broken));
    assert_eq!(
        suspected("{\"kind\": \"RoleBindingList\",\n \"items\": [}"),
        None,
        "the key is not at the start of its line"
    );
    assert_eq!(suspected("{\n  \"kind\": \"RoleBindingList\",\n \"items\": [}"), Some(Gap::Broken));
    assert_eq!(suspected("kind: ServiceAccount # ours\na: [\n"), Some(Gap::Broken));
    assert_eq!(suspected("kind: Deployment\nname: {{ x }}-y\n"), None);
    assert_eq!(suspected("kinds: Role\na: [\n"), None);
    // A key written twice is as broken as a text that is no YAML.
    assert_eq!(suspected("kind: Role\nkind: Role\n"), Some(Gap::Broken));
}

#[test]
fn origins_point_at_the_text_that_decides() {
    let text = cluster_role("[{verbs: [get], apiGroups: [''], resources: [pods]}]");
    assert!(lines(&FORMAT, "r.yaml", &text, None).contains("4:9 allow get:core/pods on *"));
    let text = binding("RoleBinding", "roleRef: {kind: Role, name: r}\nsubjects:\n- kind: User\n  name: ann");
    assert!(lines(&FORMAT, "r.yaml", &text, None).contains("6:3 account:kubernetes/ann gets role"));
}

#[test]
fn a_rule_that_expands_beyond_the_limit_is_not_evaluated_and_says_so() {
    let names = |prefix: &str| (0..101).map(|n| format!("{prefix}{n}")).collect::<Vec<_>>().join(", ");
    let rule = format!("[{{verbs: [{}], apiGroups: [{}], resources: [{}]}}]", names("v"), names("g"), names("r"));
    let found = gaps(&cluster_role(&rule));
    assert!(
        found.iter().any(|(gap, reason)| { *gap == Gap::Unsupported && reason.contains("expands to 1030301 actions") }),
        "{found:?}"
    );
}
