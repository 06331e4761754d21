use crate::rules::RuleFile;
use crate::secrets::tests::NOW;
use crate::secrets::{DigestKey, Hit, Scanner, Table, Tier, Verdict};

use super::{OwnRules, read};

fn rules(text: &str) -> OwnRules {
    read(&RuleFile::new("own.toml", text.as_bytes()), &mut |_| None).unwrap_or_else(|errors| panic!("{errors:?}"))
}

fn hits(text: &str, path: &str, file: &str) -> Vec<Hit> {
    let scanner = Scanner::new(Table::built_in(), DigestKey::new([1; 32]), NOW, rules(text).rules);
    scanner.scan(path, file.as_bytes()).hits.into_iter().filter(|hit| hit.kind.starts_with("own/")).collect()
}

const RULE: &str = "[[rules]]\nid = 'acme'\nregex = '''(?i)acme[_-]([a-z0-9]{8})\\b'''\nkeywords = ['acme']\n";

#[test]
fn a_rule_finds_its_group() {
    let found = hits(RULE, "a.txt", "x = ACME_k3v9q2m1;\n");
    assert_eq!(found.len(), 1);
    assert_eq!((&*found[0].kind, found[0].tier, found[0].verdict), ("own/acme", Tier::Blocking, Verdict::Shape));
    assert_eq!((found[0].place.start, found[0].place.end, found[0].length), (9, 17, 8));
    assert_eq!(hits(RULE, "a.txt", "x = ACM_k3v9q2m1;\n"), []);
}

#[test]
fn entropy_must_be_passed() {
    let text = format!("{RULE}entropy = 2.5\n");
    assert_eq!(hits(&text, "a", "acme-k3v9q2m1 acme-aaaaaaab").len(), 1);
}

#[test]
fn lists_allow_by_path_expression_and_word() {
    let file = "acme-k3v9q2m1 # ok\n";
    let with = |list: &str| hits(&format!("{RULE}[[rules.allowlists]]\n{list}"), "src/a.txt", file);
    assert_eq!(with("paths = ['^src/']"), []);
    assert_eq!(with("stopwords = ['K3V9']")[0].tier, Tier::Record);
    assert_eq!(with("regexes = ['^acme']")[0].tier, Tier::Blocking);
    assert_eq!(with("regexTarget = 'match'\nregexes = ['^acme']")[0].tier, Tier::Record);
    assert_eq!(with("regexTarget = 'line'\nregexes = ['# ok$']")[0].tier, Tier::Record);
    assert_eq!(with("condition = 'AND'\npaths = ['^src/']\nregexes = ['none']")[0].tier, Tier::Blocking);
    assert_eq!(with("condition = 'AND'\npaths = ['^src/']\nregexes = ['k3']")[0].tier, Tier::Record);
    assert_eq!(with("commits = ['abc']")[0].tier, Tier::Blocking);
    assert_eq!(hits(&format!("{RULE}\n[allowlist]\nstopwords = ['k3']"), "a", file)[0].tier, Tier::Record);
}

#[test]
fn a_rule_may_be_about_paths_alone() {
    let text = "[[rules]]\nid = 'p12'\npath = '''\\.p12$'''\n";
    assert_eq!(hits(text, "a/b.p12", "x").len(), 1);
    assert_eq!(hits(text, "a/b.txt", "x").len(), 0);
}

#[test]
fn a_file_extends_another() {
    let mut read_file = |path: &str| (path == "base.toml").then(|| RuleFile::new("base.toml", RULE.as_bytes()));
    let text = "[extend]\npath = 'base.toml'\nuseDefault = true\n[[rules]]\nid = 'acme'\nentropy = 3.9\n";
    let own = read(&RuleFile::new("own.toml", text.as_bytes()), &mut read_file).unwrap();
    assert_eq!(own.rules.len(), 1);
    assert_eq!(own.rules[0].entropy, Some(3.9));
    assert!(own.rules[0].regex.is_some());
    assert_eq!(own.notes.len(), 1, "that the default rules are not ours is said");
    let off = "[extend]\npath = 'base.toml'\ndisabledRules = ['acme']\n";
    assert_eq!(read(&RuleFile::new("own.toml", off.as_bytes()), &mut read_file).unwrap().rules.len(), 0);
    let gone = "[extend]\npath = 'none.toml'\n";
    let errors = read(&RuleFile::new("own.toml", gone.as_bytes()), &mut read_file).unwrap_err();
    assert_eq!(errors[0].message, "`none.toml` cannot be read");
    let mut circle = |_: &str| Some(RuleFile::new("own.toml", &b"[extend]\npath = 'own.toml'\n"[..]));
    read(&RuleFile::new("own.toml", &b"[extend]\npath = 'own.toml'\n"[..]), &mut circle).unwrap_err();
}

#[test]
fn mistakes_have_a_place() {
    for (text, part) in [
        ("[[rules]]\nid = 'a'\nregex = '''(unclosed'''\n", "unclosed group"),
        ("[[rules]]\nid = 'a'\nregex = '''(?=x)'''\n", "look-around"),
        ("[[rules]]\nid = 'a'\n", "neither `regex` nor `path`"),
        ("[[rules]]\nid = 'a'\nregex = 'x'\n[[rules.allowlists]]\ncondition = 'XOR'\n", "there is no condition `XOR`"),
        ("[[rules]\n", "not TOML"),
    ] {
        let errors = read(&RuleFile::new("own.toml", text.as_bytes()), &mut |_| None).unwrap_err();
        assert!(errors[0].message.contains(part), "{errors:?}");
        assert!(errors[0].span.is_some() && errors[0].help.is_some(), "{errors:?}");
    }
}

#[test]
fn word_signs_mean_ascii_and_what_is_beyond_still_compiles() {
    let text = "[[rules]]\nid = 'a'\nregex = '''zug-(\\w{4})'''\n[[rules]]\nid = 'b'\nregex = '''zug[é]([a-z]{4})'''\n";
    assert_eq!(hits(text, "a", "zug-aéé1 ").len(), 0);
    assert_eq!(hits(text, "a", "zugéabcd ").len(), 1);
}

#[test]
fn braces_that_repeat_nothing_stand_for_themselves() {
    let text = r"[[rules]]
id = 'a'
regex = '''x\$\{?{([a-z]{3})}\x{2f}[{}]+'''
";
    for (file, place) in [("x${abc}/{} ", (3, 6)), ("x${{abc}/{} ", (4, 7))] {
        let found = hits(text, "a", file);
        assert_eq!((found[0].place.start, found[0].place.end), place);
    }
    assert_eq!(hits(text, "a", "x$abc/{} "), []);
}
