use base64ct::{Base64, Encoding as _};
use proptest::prelude::*;

use super::*;

fn text(bytes: &str) -> Option<String> {
    redacted(bytes.as_bytes(), ReadBy::ItsOwn, &[]).map(|bytes| String::from_utf8(bytes).unwrap())
}

/// What is left of a definition.
fn definition(bytes: impl AsRef<[u8]>) -> Vec<u8> {
    redacted(bytes.as_ref(), ReadBy::Syntax, &[]).unwrap_or_else(|| bytes.as_ref().to_vec())
}

fn has(bytes: &[u8], word: &str) -> bool {
    memmem::find(bytes, word.as_bytes()).is_some()
}

#[test]
fn values_of_secrets_are_blanked_and_nothing_else() {
    let written = "kind: Role\nmetadata: {name: reader}\n---\nkind: Secret\nmetadata: {name: db}\nstringData:\n  \
                   password: \"hunter\\\"2 geheim\u{e4}\"\n  pem: |\n    line one\n    two: three\n  n: 42\ndata: {k: aHVudGVy}\n";
    let blanked = text(written).unwrap();
    assert!(blanked.starts_with("kind: Role\nmetadata: {name: reader}\n---\nkind: Secret\nmetadata: {name: db}\n"));
    for word in ["hunter", "geheim", "line", "three", "42", "aHVudGVy"] {
        assert!(!blanked.contains(word), "{word}: {blanked}");
    }
    assert_eq!(blanked.len(), written.len());
    assert_eq!(blanked.lines().count(), written.lines().count());
    let names = |text: &str| -> Vec<String> {
        let documents = parse(text.as_bytes()).unwrap();
        let secret = documents[1].get("stringData").unwrap().as_map().unwrap();
        secret.iter().map(|entry| entry.key.to_string()).collect()
    };
    assert_eq!(names(&blanked), names(written));
    assert_eq!(text("kind: Role\nmetadata: {name: Secret}\n"), None);
}

#[test]
fn literal_secrets_of_a_template_are_blanked_and_what_it_refers_to_stays() {
    let written = "Parameters:\n  Pin: {Type: String, NoEcho: true, Default: geheim1}\n  DbPassword: {Type: String, Default: \
                   geheim2}\n  Stage: {Type: String, Default: prod}\nResources:\n  Db:\n    Type: AWS::RDS::DBInstance\n    \
                   Properties:\n      MasterUsername: admin\n      MasterUserPassword: geheim3\n  Own:\n    Type: \
                   AWS::SecretsManager::Secret\n    Properties: {SecretString: geheim4}\n  Other:\n    Type: \
                   AWS::RDS::DBInstance\n    Properties: {MasterUserPassword: !Ref DbPassword}\n";
    let blanked = String::from_utf8(definition(written)).unwrap();
    assert!(!blanked.contains("geheim"), "{blanked}");
    assert_eq!(
        blanked,
        written
            .replace("geheim1", "xxxxxxx")
            .replace("geheim2", "xxxxxxx")
            .replace("geheim3", "xxxxxxx")
            .replace("geheim4", "xxxxxxx")
    );
    let other = "Db:\n  MasterUserPassword: geheim\n";
    assert_eq!(definition(other), other.as_bytes());
}

#[test]
fn literal_secrets_of_a_configuration_are_blanked_and_what_it_computes_stays() {
    let written = "variable \"db_password\" {\n  default = \"hunter2\"\n}\nresource \"x\" \"y\" {\n  admin_password = \"geheim\"\n  \
                   settings = { token = \"tok-${var.a}\", name = \"clerk\" }\n  policy = \"secretsmanager:GetSecretValue\"\n}\n";
    let blanked = redacted(written.as_bytes(), ReadBy::Configuration, &[]).unwrap();
    let blanked = String::from_utf8(blanked).unwrap();
    for word in ["hunter2", "geheim", "tok-"] {
        assert!(!blanked.contains(word), "{blanked}");
    }
    for word in ["clerk", "GetSecretValue", "var.a", "db_password"] {
        assert!(blanked.contains(word), "{blanked}");
    }
    assert_eq!(blanked.len(), written.len());
    // A template of a policy is no HCL and no JSON, and every character of it counts.
    let template =
        b"{\"Action\": \"secretsmanager:GetSecretValue\", \"Resource\": \"${arn}\", %{ if x }\"a\": 1%{ endif }}";
    assert_eq!(redacted(template, ReadBy::Configuration, &[]), None);
}

#[test]
fn secrets_that_resources_and_kustomizations_make_are_blanked() {
    let written = "resource \"kubernetes_secret_v1\" \"a\" {\n  type = \"Opaque\"\n  data = { \"app.conf\" = \"geheim\" }\n}\n\
                   resource \"github_actions_secret\" \"a\" {\n  plaintext_value = \"hunter2\"\n}\n";
    let blanked = String::from_utf8(redacted(written.as_bytes(), ReadBy::Configuration, &[]).unwrap()).unwrap();
    assert!(!blanked.contains("geheim") && !blanked.contains("hunter2") && blanked.contains("Opaque"), "{blanked}");
    let kustomization = "resources: [a.yaml]\nsecretGenerator:\n  - name: a\n    literals: [key=geheim]\n";
    let blanked = text(kustomization).unwrap();
    assert!(!blanked.contains("geheim") && blanked.contains("a.yaml"), "{blanked}");
    // A policy of Vault is no data: every character of it counts.
    assert_eq!(redacted(b"path \"secret/x\" { capabilities = [\"read\"] }\n", ReadBy::Configuration, &[]), None);
}

#[test]
fn secrets_in_lists_of_objects_are_blanked() {
    let blanked = text(r#"{"kind": "List", "items": [{"kind": "Secret", "data": {"a": "c2VjcmV0"}}]}"#).unwrap();
    assert_eq!(blanked, r#"{"kind": "List", "items": [{"kind": "Secret", "data": {"a": "xxxxxxxx"}}]}"#);
}

#[test]
fn private_keys_are_blanked_wherever_they_stand() {
    let key = |body: &str| format!("a\n-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\nb: visible\n");
    let twice = format!("{}{}", key("MIIEvQ=="), key("AbC/"));
    assert_eq!(text(&twice).unwrap(), format!("{}{}", key("xxxxxx=="), key("xxx/")));
}

#[test]
fn a_file_that_does_not_parse_keeps_no_long_words() {
    let blanked = text("kind: Secret\nkind: Secret\ndata: {token: c2VjcmV0LXRva2Vu, short: abc}\n").unwrap();
    assert!(!blanked.contains("c2VjcmV0LXRva2Vu") && blanked.contains("short: abc"), "{blanked}");
}

/// Where a value stands once and is used as a secret elsewhere, by an alias or a merge.
#[test]
fn values_behind_aliases_are_blanked_where_their_anchors_stand() {
    for written in [
        "x: &pw hunter2\nkind: Secret\nstringData: {a: *pw}\n",
        "x: &all {a: hunter2}\nkind: Secret\nstringData: *all\n",
        "x: &all {a: hunter2}\nkind: Secret\nstringData: {<<: *all, b: c}\n",
        "x: &own\n  stringData:\n    a: hunter2\nkind: Secret\n<<: *own\n",
        "x: &kind Secret\nkind: *kind\ndata: {a: hunter2}\n",
        "kind: !!binary U2VjcmV0\ndata: {a: hunter2}\n",
        "kind: \"\\u0053ecret\"\ndata: {a: hunter2}\n",
        "kind: SecretList\nitems: [{data: {a: hunter2}}]\n",
        "kind: Secret\ndata: {a: geheim} # was hunter2\n# hunter2\n",
    ] {
        let blanked = definition(written);
        assert!(!has(&blanked, "hunter2"), "{}", String::from_utf8_lossy(&blanked));
        assert_eq!(blanked.len(), written.len());
        // It is the same document as before, but for its values.
        assert_eq!(parse(&blanked).unwrap().len(), parse(written.as_bytes()).unwrap().len());
    }
}

#[test]
fn documents_with_secrets_inside_of_others_are_blanked() {
    let secret = r#"{"kind":"Secret","data":{"a":"hunter2-hunter2"}}"#;
    let key = "-----BEGIN PRIVATE KEY-----\nhunter2hunter2\n-----END PRIVATE KEY-----\n";
    let quoted = serde_json::to_string(secret).unwrap();
    let once = |text: &str| Base64::encode_string(text.as_bytes());
    let over_lines = |text: &str| {
        let lines: Vec<String> =
            text.as_bytes().chunks(20).map(|l| format!("  {}\n", String::from_utf8_lossy(l))).collect();
        lines.concat()
    };
    let wide: Vec<u8> = std::iter::once(0xfeff).chain(secret.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    for hidden in [
        quoted.clone(),
        serde_json::to_string(key).unwrap(),
        once(secret),
        once(key),
        once(&once(key)),
        once(&once(&once(secret))),
        once(key).replace('=', ""),
        Base64::encode_string(&wide),
        format!("|\n{}", over_lines(&once(&once(key)))),
    ] {
        let written = format!("kind: Role\nmetadata: {{name: r}}\nother: {hidden}\n");
        // A word of the same file is a hint that it is looked through; the encoded ones need none.
        let hinted = format!("# Secret\n{written}");
        let blanked = definition(&hinted);
        let text = String::from_utf8(blanked).unwrap();
        let (_, value) = text.split_once("other: ").unwrap();
        assert!(value.bytes().all(|byte| !byte.is_ascii_alphanumeric() || byte == b'x'), "{hidden}: {value}");
        assert!(text.starts_with("# Secret\nkind: Role\nmetadata: {name: r}\nother: "), "{text}");
    }
    // What only looks like base64 is left alone.
    let written = format!("kind: Role\nother: {}\n", once("nothing at all is hidden in this text"));
    assert_eq!(definition(&written), written.as_bytes());
}

/// Nobody can tell which of its words is a secret, however short.
#[test]
fn of_a_definition_that_does_not_parse_keys_and_kinds_are_left() {
    let written = "\u{feff}apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nkind: Role\nmetadata:\n  - name: hunter2\n\
                   url: postgres://me:hunter2@host\n\"quoted\":\"hunter2\"\n{{ if .x }}\nflow: {a: hunter2, b: [hunter2]}\n# hunter2\n";
    let left = String::from_utf8(definition(written)).unwrap();
    assert!(!left.contains("hunter2"), "{left}");
    for kept in [
        "\u{feff}apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\n",
        "- name: x",
        "\"quoted\":\"",
        "{{ xx .x }}",
        "flow: {a: ",
    ] {
        assert!(left.contains(kept), "{kept}: {left}");
    }
    assert_eq!(left.len(), written.len());
    // It is refused for the same reason, at the same place.
    let error = |text: &str| parse(text.as_bytes()).unwrap_err();
    assert_eq!(error(&left), error(written));
}

#[test]
fn of_a_text_in_utf_16_keys_and_kinds_are_left() {
    let written = "kind: Role\r\nkind: Role\r\nnames: hunter2 geheim\u{e4} \u{1f511}\r\n";
    for big in [true, false] {
        let of = |unit: u16| if big { unit.to_be_bytes() } else { unit.to_le_bytes() };
        let encode =
            |text: &str| -> Vec<u8> { std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(of).collect() };
        // A byte too many, as where a file was cut off.
        for more in [&b""[..], b"h"] {
            let blanked = definition([&encode(written)[..], more].concat());
            let tail: &[u8] = if more.is_empty() { b"" } else { b"x" };
            let expected = encode("kind: Role\r\nkind: Role\r\nnames: xxxxxxx xxxxxxx xx\r\n");
            assert_eq!(blanked, [&expected[..], tail].concat());
        }
    }
}

#[test]
fn a_text_in_another_encoding_is_refused_for_the_same() {
    let written = b"kind: Secret\nname: geheim\xe4\ndata: {a: hunter2}\n";
    let blanked = definition(written);
    assert!(!has(&blanked, "hunter2"));
    assert_eq!(parse(&blanked).unwrap_err(), parse(written).unwrap_err());
}

#[test]
fn keys_of_openpgp_are_blanked_too() {
    let written = "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nlQOYBF\n-----END PGP PRIVATE KEY BLOCK-----\n";
    assert_eq!(text(written).unwrap(), written.replace("lQOYBF", "xxxxxx"));
}

#[test]
fn a_key_without_an_end_takes_nothing_along() {
    let written =
        "key: |\n  -----BEGIN PRIVATE KEY-----\n  Proc-Type: 4,ENCRYPTED\n\n  MIIEvQ==\nkind: Role\nname: clerk\n";
    let blanked = written.replace("MIIEvQ", "xxxxxx").replace("Proc-Type: 4,ENCRYPTED", "xxxx-xxxx: x,xxxxxxxxx");
    assert_eq!(text(written).unwrap(), blanked);
    let begin = ["-----BEGIN", "PRIVATE KEY-----"].join(" ");
    let one_line = format!(r#"{{"key": "{begin}\nMIIEvQ", "name": "clerk"}}"#);
    assert_eq!(text(&one_line).unwrap(), format!(r#"{{"key": "{begin}xxxxxxxx", "name": "clerk"}}"#));
}

#[test]
fn a_text_that_blanking_breaks_is_blanked_as_one_that_was_broken() {
    // Blanked, its two keys are one that is written twice.
    let written = "# -----BEGIN PRIVATE KEY-----\na: 1\nb: 2\n# -----END PRIVATE KEY-----\nname: clerk\n";
    let once = redacted(written.as_bytes(), ReadBy::Syntax, &[]).unwrap();
    assert_eq!(redacted(&once, ReadBy::Syntax, &[]), None);
}

#[test]
fn secrets_of_a_plan_are_blanked_and_it_stays_a_plan() {
    let plan = r#"{"format_version": "1.2", "terraform_version": "1.11.4",
  "variables": {"pin": {"value": 4711}, "who": {"value": "hidden1"}},
  "planned_values": {"outputs": {"o": {"sensitive": true, "value": "hidden2"}}, "root_module": {"resources": [
    {"address": "a.b", "values": {"user": "ann", "key": ["hidden3"]}, "sensitive_values": {"key": [true]}}]}},
  "resource_changes": [{"address": "a.b", "type": "a", "name": "b", "change": {"actions": ["update"],
    "before": {"user": "ann", "password": "hidden4"}, "before_sensitive": {},
    "after": {"user": "ann", "note": {"inner": "hidden5"}}, "after_sensitive": {"note": {"inner": true}}}}],
  "output_changes": {"o": {"before": "hidden6", "after": "hidden7", "after_sensitive": true}},
  "configuration": {"root_module": {"variables": {"who": {"default": "hidden8"}},
    "resources": [{"address": "a.b", "expressions": {"password": {"constant_value": "hidden9"}, "api_key": {"references": ["var.who"]}}}]}}}"#;
    let blanked = String::from_utf8(definition(plan)).unwrap();
    assert!(!blanked.contains("hidden") && !blanked.contains("4711"), "{blanked}");
    assert_eq!(blanked.matches("xxxxxxx").count(), 9, "{blanked}");
    assert!(blanked.contains(r#""references": ["var.who"]"#) && blanked.matches("\"ann\"").count() == 3, "{blanked}");
    let documents = parse(blanked.as_bytes()).unwrap();
    assert!(crate::formats::terraform::plan::FORMAT.recognise.data("", &documents[0]));
}

proptest! {
    /// Whatever a file holds: as many bytes as before, and blanking again changes nothing.
    #[test]
    fn blanking_keeps_the_length_and_is_done_once(bytes in any_text(), own in any::<bool>()) {
        let read_by = if own { ReadBy::ItsOwn } else { ReadBy::Syntax };
        let once = redacted(&bytes, read_by, &[]).unwrap_or_else(|| bytes.clone());
        prop_assert_eq!(once.len(), bytes.len());
        prop_assert_eq!(redacted(&once, read_by, &[]), None);
    }
}

/// Bytes that look like definitions more often than chance has it.
fn any_text() -> impl Strategy<Value = Vec<u8>> {
    let word = prop_oneof![
        Just("kind: Secret\n"),
        Just("data:\n"),
        Just("  a: b\n"),
        Just("stringData: {a: &x b, c: *x}\n"),
        Just("---\n"),
        Just("\"a\": \"\\\"b\"\n"),
        Just("# c\n"),
        Just("-----BEGIN PRIVATE KEY-----\nabc\n"),
        Just("-----END PRIVATE KEY-----\n"),
        Just("k: LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0tCmE=\n"),
        Just("\u{e4}"),
        Just("{"),
        Just("|\n"),
    ];
    let words = proptest::collection::vec(word.prop_map(|word| word.as_bytes().to_vec()), 0..12)
        .prop_map(|words| words.concat());
    prop_oneof![
        words,
        proptest::collection::vec(any::<u8>(), 0..64),
        proptest::collection::vec(any::<u8>(), 0..32).prop_map(|tail| [vec![0xff, 0xfe], tail].concat())
    ]
}
