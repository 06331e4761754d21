//! What the parsed file says of a hit.

use super::*;

/// Kind, tier and the text that is meant.
fn found(path: &str, text: &str) -> Vec<(String, Tier, String)> {
    let hits = scanner(table()).scan(path, text.as_bytes()).hits;
    let part = |hit: &Hit| text[hit.place.start as usize..hit.place.end as usize].to_owned();
    hits.iter().map(|hit| (hit.kind.to_string(), hit.tier, part(hit))).collect()
}

fn one(path: &str, text: &str) -> Option<(String, Tier, String)> {
    let all = found(path, text);
    assert!(all.len() < 2, "{all:?}");
    all.into_iter().next()
}

#[test]
fn a_literal_at_a_known_attribute_blocks_and_a_reference_is_none() {
    let tf =
        |value: &str| one("main.tf", &format!("resource \"aws_db_instance\" \"a\" {{\n  password = {value}\n}}\n"));
    let word = ["winter", "storm"].concat();
    assert_eq!(tf(&format!("\"{word}\"")), Some(("password".to_owned(), Tier::Blocking, word.clone())));
    assert_eq!(tf("var.password"), None);
    assert_eq!(tf("\"${random_password.a.result}\"").map(|hit| hit.1), None);
    assert_eq!(tf("\"changeme\"").map(|hit| hit.1), Some(Tier::Record));
    // The same word warns nowhere else.
    assert_eq!(one("a.py", &format!("password = \"{word}\"\n")), None);
}

#[test]
fn values_of_a_kubernetes_secret_block_and_sealed_ones_do_not() {
    let secret = |kind: &str, field: &str, value: &str| {
        one(
            "a.yaml",
            &format!("apiVersion: v1\nkind: {kind}\nmetadata:\n  name: a\n{field}:\n  db-password: {value}\n"),
        )
    };
    let word = ["winter", "storm"].concat();
    assert_eq!(secret("Secret", "stringData", &word), Some(("password".to_owned(), Tier::Blocking, word.clone())));
    let wrapped = <base64ct::Base64 as base64ct::Encoding>::encode_string(word.as_bytes());
    assert_eq!(secret("Secret", "data", &wrapped), Some(("password".to_owned(), Tier::Blocking, wrapped.clone())));
    assert_eq!(secret("Secret", "stringData", "'{{ .Values.password }}'").map(|hit| hit.1), Some(Tier::Record));
    assert_eq!(secret("ConfigMap", "data", &word), None);
    let drawn = ["k9VzQm3", "tR7xLw2P"].concat();
    assert_eq!(secret("SealedSecret", "stringData", &drawn).map(|hit| hit.1), Some(Tier::Record));
}

#[test]
fn digests_in_documents_of_ours_are_identifiers() {
    let digest = "b7d66d44176359a12a5a8f86e4551916bc796e93b80d94bcc5fc366fb3de95e0";
    let register = |version: &str| {
        format!("apiVersion: {version}\nkind: Register\nspec:\n  meanings:\n    SECRET_TOKEN: {digest}\n")
    };
    let ours = found("register.yaml", &register("countersign.dev/v1"));
    assert!(ours.iter().all(|(_, tier, _)| *tier == Tier::Record), "{ours:?}");
    let other = found("register.yaml", &register("example.com/v1"));
    assert!(other.iter().any(|(_, tier, _)| *tier != Tier::Record), "{other:?}");
}

#[test]
fn digests_of_lock_files_are_identifiers() {
    let drawn = ["9f86d081884c7d65", "9a2feaa0c55ad015"].concat();
    let text = format!("{{\n  \"token\": \"{drawn}\"\n}}\n");
    assert_eq!(one("package-lock.json", &text).map(|hit| hit.1), Some(Tier::Record));
    assert_eq!(one("settings.json", &text).map(|hit| hit.1), Some(Tier::Advisory));
}

#[test]
fn names_that_hold_no_secret_are_passed_over() {
    let drawn = ["9f86d081884c7d65", "9a2feaa0c55ad015"].concat();
    for name in ["token_url", "secretName", "password_policy", "secret_arn", "publicKeyToken", "tokenizer"] {
        assert_eq!(one("a.py", &format!("{name} = \"{drawn}\"\n")), None, "{name}");
    }
    assert!(one("a.py", &format!("session_token = \"{drawn}\"\n")).is_some());
}

#[test]
fn a_secret_key_is_found_beside_its_id() {
    let mut chance = tokens::Chance::new(21);
    let kind = table().kind("aws_access_key").unwrap();
    let id = String::from_utf8(tokens::valid(kind, &kind.shapes[0], &mut chance)).unwrap();
    let kind = table().kind("aws_secret_key").unwrap();
    let secret = String::from_utf8(tokens::valid(kind, &kind.shapes[0], &mut chance)).unwrap();
    let kinds: Vec<String> = found("a.csv", &format!("{id},{secret}\n")).into_iter().map(|hit| hit.0).collect();
    assert_eq!(kinds, ["aws_access_key", "aws_secret_key"]);
}

/// A key of a form, its first and last line put together here.
fn pem(label: &str, body: &[u8]) -> String {
    let text = <base64ct::Base64 as base64ct::Encoding>::encode_string(body);
    let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    let dashes = "-".repeat(5);
    format!("{dashes}BEGIN {label}{dashes}\n{}\n{dashes}END {label}{dashes}\n", lines.join("\n"))
}

#[test]
fn private_keys_are_proved_wherever_they_are_wrapped() {
    let mut chance = tokens::Chance::new(22);
    let mut body = vec![0x30, 0x82, 0x01, 0x00, 2, 1, 0];
    body.extend((0..0x100 - 3).map(|_| chance.below(256) as u8));
    let key = pem("RSA PRIVATE KEY", &body);
    let tiers = |path: &str, text: &str| {
        let hits = scanner(table()).scan(path, text.as_bytes()).hits;
        hits.iter().map(|hit| (hit.kind.to_string(), hit.verdict, hit.tier)).collect::<Vec<_>>()
    };
    let proved = vec![("private_key".to_owned(), Verdict::Proved, Tier::Blocking)];
    assert_eq!(tiers("a.pem", &key), proved);
    assert_eq!(tiers("a.json", &format!("{{\"k\": \"{}\"}}", key.replace('\n', "\\n"))), proved);
    let wrapped = <base64ct::Base64 as base64ct::Encoding>::encode_string(key.as_bytes());
    assert_eq!(tiers("a.txt", &format!("x: {wrapped}\n")), proved);
    let account = format!(
        "{{\"type\": \"service_account\", \"private_key\": \"{}\"}}",
        key.replace("RSA ", "").replace('\n', "\\n")
    );
    assert_eq!(tiers("a.json", &account)[0].0, "gcp_service_account_key");
    let headed = key.replacen("KEY-----\n", "KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n", 1);
    assert_eq!(tiers("a.pem", &headed), [("encrypted_private_key".to_owned(), Verdict::Proved, Tier::Advisory)]);
    let short = pem("RSA PRIVATE KEY", b"...");
    assert_eq!(tiers("a.pem", &short)[0].1, Verdict::Refuted(Refutation::Structure));
    assert_eq!(tiers("a.pem", &pem("CERTIFICATE", &body)), []);
    let mut open = b"openssh-key-v1\0\0\0\0\x04none".to_vec();
    open.extend((0..200).map(|_| chance.below(256) as u8));
    assert_eq!(tiers("id", &pem("OPENSSH PRIVATE KEY", &open)), proved);
    open[15..23].copy_from_slice(b"\0\0\0\x0aaes2");
    assert_eq!(tiers("id", &pem("OPENSSH PRIVATE KEY", &open))[0].0, "encrypted_private_key");
}

#[test]
fn keys_in_sources_are_found_with_what_stands_around_their_lines() {
    let mut chance = tokens::Chance::new(24);
    let mut body = vec![0x30, 0x82, 0x01, 0x00, 2, 1, 0];
    body.extend((0..0x100 - 3).map(|_| chance.below(256) as u8));
    let key = pem("RSA PRIVATE KEY", &body);
    let verdict = |text: &str| scanner(table()).scan("a.txt", text.as_bytes()).hits.first().map(|hit| hit.verdict);
    let lines = |form: fn(&str) -> String| key.lines().map(form).collect::<Vec<_>>().join("\n");
    // Joined with `+` in front, as Java has it, with a remark behind the first line, and in a comment.
    assert_eq!(verdict(&lines(|line| format!("  + \"{line}\\n\""))), Some(Verdict::Proved));
    assert_eq!(verdict(&key.replacen("KEY-----\n", "KEY----- fake\n", 1)), Some(Verdict::Proved));
    assert_eq!(verdict(&lines(|line| format!("// {line}"))), Some(Verdict::Proved));
    // The parameters of a curve hold rows of one sign, also where the key does not decode.
    let rows = [&body[..60], &[0xff; 40], &body[100..]].concat();
    let altered = pem("EC PRIVATE KEY", &rows).replacen("MI", "NI", 1);
    assert_eq!(verdict(&altered), Some(Verdict::Shape));
    // A list of first lines, and a key of which lines were left out, hold none.
    let dashes = "-".repeat(5);
    let listed = format!(
        " * {dashes}BEGIN DSA PRIVATE KEY{dashes}\n * {dashes}BEGIN DSA PUBLIC KEY{dashes}\n * A key in one of these forms, and so on and on and on.\n"
    );
    assert_eq!(verdict(&listed), Some(Verdict::Refuted(Refutation::Structure)));
    let mut left: Vec<&str> = key.lines().collect();
    left.splice(3..4, ["..."]);
    assert_eq!(verdict(&left.join("\n")), Some(Verdict::Refuted(Refutation::Placeholder)));
}

#[test]
fn a_key_of_a_named_service_blocks_by_its_form() {
    let drawn = ["9f86d081884c7d65", "9a2feaa0c55ad015"].concat();
    let tier = |text: String| one("a.py", &text).map(|hit| hit.1);
    for name in ["ACMECLOUD_API_KEY", "acmecloudToken", "acmecloud token", "test.acmecloud-secret"] {
        assert_eq!(tier(format!("{name} = \"{drawn}\"\n")), Some(Tier::Blocking), "{name}");
    }
    // Nobody is named, the name is of one with kinds of its own, or the token is one of a list or a form.
    for name in ["API_KEY", "clientSecret", "let token", "AIRTABLE_TOKEN", "next_page_token", "csrf_token"] {
        assert_eq!(tier(format!("{name} = \"{drawn}\"\n")), Some(Tier::Advisory), "{name}");
    }
    // One sign less, one that hexadecimal does not have, and a front that another issuer's tokens have.
    let (short, other) = (&drawn[1..], drawn.replacen('f', "h", 1));
    let front = ["dop_v1_", &drawn[..25]].concat();
    for altered in [short, &other, &front] {
        assert_eq!(tier(format!("ACMECLOUD_API_KEY = \"{altered}\"\n")), Some(Tier::Advisory), "{altered}");
    }
}

#[test]
fn keys_of_all_sorts_warn_where_a_service_is_named() {
    let drawn = ["9f86d081884c7d65", "9a2feaa0c55ad015"].concat();
    let tier = |name: &str| one("a.py", &format!("{name} = \"{drawn}\"\n")).map(|hit| hit.1);
    assert_eq!(tier("acmecloud_search_key"), Some(Tier::Advisory));
    assert_eq!(tier("row_key"), None);
    // Letters alone, digits alone, and 64 digits of hexadecimal, of which no text of 62 signs would be made.
    for drawn in ["dFZqvIPCmhFhwNuGSZyboxnWjFLrzDrS", "86431991616989375035020589018728", &drawn.repeat(2)[3..]] {
        assert_eq!(one("a.py", &format!("my_token = \"{drawn}\"\n")).map(|hit| hit.1), Some(Tier::Advisory), "{drawn}");
    }
    assert_eq!(one("a.py", &format!("credentials = \"{drawn}\"\n")).map(|hit| hit.1), Some(Tier::Advisory));
}

#[test]
fn logins_in_commands_and_headers_warn() {
    let drawn = ["k9VzQm3", "tR7xLw2P"].concat();
    let hit = |text: &str| one("a.md", text).map(|hit| (hit.1, hit.2));
    let found = Some((Tier::Advisory, drawn.clone()));
    assert_eq!(hit(&format!("curl -s -u 'ada:{drawn}' https://a.acme.io\n")), found);
    assert_eq!(hit(&format!("curl https://a.acme.io \\\n  --user ada:{drawn} \\\n  -d x\n")), found);
    assert_eq!(hit("curl -u ada:$PASSWORD https://a.acme.io\n").map(|hit| hit.0), Some(Tier::Record));
    assert_eq!(hit("curl -u ada:password https://a.acme.io\n").map(|hit| hit.0), Some(Tier::Record));
    assert_eq!(hit(&format!("curl https://a.acme.io\nsort -u ada:{drawn}\n")), None);
    let key = [drawn.as_str(), "4cH8b"].concat();
    assert_eq!(hit(&format!("Authorization: Api-Token {key}\n")), Some((Tier::Advisory, key.clone())));
    assert_eq!(hit(&format!("Authorization: {key}\n")), Some((Tier::Advisory, key.clone())));
}

#[test]
fn each_document_of_a_file_is_judged_by_itself() {
    let word = ["winter", "storm"].concat();
    let secret = format!("apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\nstringData:\n  db-password: {word}\n");
    let sealed = secret.replace("kind: Secret", "kind: SealedSecret").replace(&word, &["k9VzQm3", "tR7xLw2P"].concat());
    let tiers = |text: &str| found("a.yaml", text).into_iter().map(|hit| hit.1).collect::<Vec<_>>();
    assert_eq!(tiers(&format!("{sealed}---\n{secret}---\n{sealed}")), [Tier::Record, Tier::Blocking, Tier::Record]);
    // A document that is too large leaves the others as they are.
    let large = format!("a:\n{}", "- 1\n".repeat(20_000));
    assert_eq!(tiers(&format!("{large}---\n{secret}")), [Tier::Blocking]);
}

#[test]
fn what_vendors_publish_is_a_placeholder() {
    // The key of Azurite is known by its digest alone; another of its form is not.
    let kind = table().kind("azure_storage_key").unwrap();
    let token = tokens::valid(kind, &kind.shapes[0], &mut tokens::Chance::new(23));
    assert!(!table().is_published(&token));
}
