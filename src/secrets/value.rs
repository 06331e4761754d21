//! Whether a text is drawn by chance, a word, a placeholder or a reference.

use super::Refutation;
use super::checks::find;

/// Texts that stand where a secret is to be put. In lower case.
const FILLERS: &[&str] = &[
    "example",
    "exampl",
    "xxxx",
    "placeholder",
    "changeme",
    "change_me",
    "change-me",
    "changeit",
    "dummy",
    "redacted",
    "replace",
    "insert",
    "your_",
    "your-",
    "yourtoken",
    "yourkey",
    "yourpass",
    "yoursecret",
    "yourapi",
    "<your",
    "my_secret",
    "mysecret",
    "foobar",
    "sample",
    "notreal",
    "not_real",
    "not-real",
    "invalid",
    "fake",
    "lorem",
    "deadbeef",
    "cafebabe",
    "hunter2",
    "todo",
    "fixme",
    "masked",
    "hidden",
    "secret_here",
    "_here",
    "-here",
    "testtest",
    "removed",
    "obfuscated",
    "super_secret",
    "supersecret",
    "super-secret",
    "topsecret",
    "********",
    "........",
    "undefined",
    "optional",
];

/// How sure it is that signs which were to be drawn by chance were put there by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Filler {
    /// Nothing says so.
    No,
    /// A row of digits or letters stands among others: people make up tokens so, and few issuers draw them.
    Perhaps,
    /// A word for it, one sign again and again, or one text repeated.
    Sure,
}

/// Whether signs that were to be drawn by chance were put there by hand.
pub(super) fn is_filler(body: &[u8], alphabet: u32) -> bool {
    filler(body, alphabet) != Filler::No
}

/// How many signs a text was drawn from, by its looks: hexadecimal digits, letters of one case, or all.
pub(super) fn alphabet(text: &[u8]) -> u32 {
    if text.iter().all(u8::is_ascii_hexdigit) {
        16
    } else if text.iter().any(u8::is_ascii_lowercase) && text.iter().any(u8::is_ascii_uppercase) {
        62
    } else {
        36
    }
}

/// How sure it is that signs that were to be drawn by chance were put there by hand.
pub(super) fn filler(body: &[u8], alphabet: u32) -> Filler {
    let lower = body.to_ascii_lowercase();
    let length = body.len();
    // Runs of hexadecimal digits hold short words by chance.
    let fits = |own: &str| alphabet > 16 || own.len() >= 6;
    let holds = |own: &str| find(&lower, own.as_bytes());
    if FILLERS.iter().filter(|own| fits(own)).any(|own| holds(own)) {
        return Filler::Sure;
    }
    if length < 8 {
        return if ROWS.iter().any(|own| holds(own)) { Filler::Sure } else { Filler::No };
    }
    if longest(body, |a, b| a == b) >= if length < 24 { 4 } else { 6 } {
        return Filler::Sure;
    }
    if (1..=length / 2).any(|period| body.iter().zip(body.iter().skip(period)).all(|(a, b)| a == b)) {
        return Filler::Sure;
    }
    #[allow(clippy::cast_precision_loss, reason = "lengths are small")]
    let most = (length as f64).log2().min(f64::from(alphabet.max(2)).log2());
    if entropy(body) < 0.68 * most {
        return Filler::Sure;
    }
    let row =
        longest(&lower, |a, b| b == a.wrapping_add(1)) >= 6 || longest(&lower, |a, b| a == b.wrapping_add(1)) >= 6;
    if row || ROWS.iter().any(|own| holds(own)) { Filler::Perhaps } else { Filler::No }
}

/// Rows of signs that people type.
const ROWS: &[&str] = &["123456", "654321", "987654321", "abcdef", "qwerty", "asdf", "a1b2c3", "1a2b3c"];

/// The length of the longest run in which each two neighbours stand in a relation.
fn longest(text: &[u8], related: impl Fn(u8, u8) -> bool) -> usize {
    let (mut best, mut run) = (1, 1);
    for (a, b) in text.iter().zip(text.iter().skip(1)) {
        run = if related(*a, *b) { run + 1 } else { 1 };
        best = best.max(run);
    }
    best
}

/// Shannon's entropy, in bits a sign.
pub(super) fn entropy(text: &[u8]) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in text {
        if let Some(count) = counts.get_mut(usize::from(*byte)) {
            *count += 1;
        }
    }
    #[allow(clippy::cast_precision_loss, reason = "lengths are small")]
    let length = text.len().max(1) as f64;
    counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| {
            let share = f64::from(*count) / length;
            -share * share.log2()
        })
        .sum()
}

/// Pairs of letters that are frequent in words.
const PAIRS: &[u8] =
    b"eresinonreteenedattintsestdelecooralioanrotsmenenscevearacraitrstalioueaheloringecicsimatolactndolge\
    prpapechssunusllisthasetomfitrepponaemdiadutnccaplexapamkeigieelidowainisuoshomiopilmprtevbeclurlsag\
    dsodvavippsafodaefovnootmorgabivauegluulgisohagrblcrooeeayckrubodoweimttrmshhigardocferypusctyiauept\
    ifubccudldpswhrvwociupgnpinnwiumspksogwaipewrcrnokgsrkysnfbuuagutcdmqultbairmscu";

fn is_frequent(a: u8, b: u8) -> bool {
    PAIRS.chunks_exact(2).any(|pair| pair == [a, b])
}

/// The share of neighbouring letters that words have, of all neighbouring letters; and how many there are.
pub(super) fn wordiness(text: &[u8]) -> (f64, u32) {
    let (mut frequent, mut all) = (0_u32, 0_u32);
    for (a, b) in text.iter().zip(text.iter().skip(1)) {
        // A change of case inside of a word is a border.
        if a.is_ascii_alphabetic() && b.is_ascii_alphabetic() && !(a.is_ascii_lowercase() && b.is_ascii_uppercase()) {
            all += 1;
            frequent += u32::from(is_frequent(a.to_ascii_lowercase(), b.to_ascii_lowercase()));
        }
    }
    (if all == 0 { 0.0 } else { f64::from(frequent) / f64::from(all) }, all)
}

/// Whether a text reads like words.
pub(super) fn is_wordy(text: &[u8]) -> bool {
    let (share, pairs) = wordiness(text);
    let letters = text.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
    pairs >= 5 && share >= 0.62 && letters * 10 >= text.len() * 6
}

/// Whether a text looks drawn by chance from many signs: a key, not a word, a path or a version.
pub(super) fn is_drawn(text: &[u8]) -> bool {
    let has = |own: fn(&u8) -> bool| text.iter().any(own);
    let digits = text.iter().filter(|byte| byte.is_ascii_digit()).count();
    // Of letters alone, or nearly so, chance changes between upper and lower case at every second sign.
    if digits * 20 < text.len() || digits == 0 {
        return is_shuffled(text);
    }
    let is_hex = text.len() >= 32 && text.strip_prefix(b"0x").unwrap_or(text).iter().all(u8::is_ascii_hexdigit);
    if !has(u8::is_ascii_alphabetic) || !is_hex && is_wordy(text) {
        return false;
    }
    #[allow(clippy::cast_precision_loss, reason = "lengths are small")]
    let most = (text.len() as f64).log2();
    let classes = if !is_hex && has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase) { 5.95 } else { 4.0 };
    entropy(text) >= 0.72 * most.min(classes)
}

/// Whether letters change between upper and lower case as no name of a program does.
fn is_shuffled(text: &[u8]) -> bool {
    let letters =
        text.iter().zip(text.iter().skip(1)).filter(|(a, b)| a.is_ascii_alphabetic() && b.is_ascii_alphabetic());
    let (pairs, changes) = letters.fold((0_usize, 0_usize), |(pairs, changes), (a, b)| {
        (pairs + 1, changes + usize::from(a.is_ascii_uppercase() != b.is_ascii_uppercase()))
    });
    text.len() >= 20 && pairs * 10 >= text.len() * 7 && changes * 100 >= pairs * 38 && wordiness(text).0 < 0.6
}

/// Why a value that something is assigned is no literal, if it is none.
pub(super) fn reference(value: &[u8]) -> Option<Refutation> {
    let has = |part: &[u8]| find(value, part);
    let starts = |part: &[u8]| value.len() >= part.len() && value[..part.len()].eq_ignore_ascii_case(part);
    if has(b"ENC[") || starts(b"$ANSIBLE_VAULT") || starts(b"AgA") && value.len() > 200 {
        return Some(Refutation::Ciphertext);
    }
    let filled =
        [&b"${"[..], b"{{", b"$(", b"#{", b"<%", b"%{", b"@{", b"}}", b"${{", b"!!{"].iter().any(|own| has(own))
            || has(b"%s")
            || has(b"%v")
            || has(b"%d")
            || has(b"{0}");
    let named = [
        &b"var."[..],
        b"local.",
        b"data.",
        b"module.",
        b"secrets.",
        b"env.",
        b"os.environ",
        b"os.getenv",
        b"process.env",
        b"getenv",
        b"config.",
        b"settings.",
        b"self.",
        b"this.",
        b"params.",
        b"args.",
        b"vault:",
        b"ssm:",
        b"arn:",
        b"http://",
        b"https://",
        b"file:",
        b"/run/secrets",
        b"op://",
        b"keyvault",
        b"ref+",
        b"secretsmanager:",
        b"sops:",
    ]
    .iter()
    .any(|own| starts(own));
    let marked = matches!(value.first(), Some(b'$' | b'<' | b'{' | b'%' | b'[' | b'(' | b'&' | b'*' | b'!'))
        && matches!(value.get(1), Some(b'A'..=b'Z' | b'a'..=b'z' | b'_' | b'{' | b'('))
        && value.iter().skip(1).all(|byte| byte.is_ascii_alphanumeric() || b"_.-{}()<>[]%:/# $,'\"".contains(byte));
    (filled || named || marked).then_some(Refutation::Reference)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_there_by_hand_is_told_from_chance() {
        for filler in [
            "xxxxxxxxxxxxxxxxxxxx",
            "00000000000000000000",
            "abcdefghijklmnopqrst",
            "1234567890123456789",
            "abab1abab1abab1abab1",
        ] {
            assert!(is_filler(filler.as_bytes(), 62), "{filler}");
        }
        for drawn in ["k3Jv9QmZ1xTfB7wLh2Rd", "9f86d081884c7d659a2feaa0c55ad015"] {
            assert!(!is_filler(drawn.as_bytes(), 62), "{drawn}");
            assert!(is_drawn(drawn.as_bytes()), "{drawn}");
        }
        assert!(is_drawn(b"dFZqvIPCmhFhwNuGSZyboxnWjFLrzDrS"));
        for words in [
            "getAuthTokenOfServiceIdInUseByMe",
            "ndiawudh1_wdajwoidjajawdeps",
            "kubernetes-dashboard-token1",
            "getAuthenticationToken2",
            "application_secret_name_1",
        ] {
            assert!(!is_drawn(words.as_bytes()), "{words}");
        }
    }

    #[test]
    fn references_are_told_from_literals() {
        for own in [
            "${var.password}",
            "{{ .Values.x }}",
            "$DB_PASSWORD",
            "var.db",
            "<password>",
            "%(pass)s",
            "$(cat x)",
            "arn:aws:x",
        ] {
            assert_eq!(reference(own.as_bytes()), Some(Refutation::Reference), "{own}");
        }
        assert_eq!(reference(b"ENC[AES256_GCM,data:x]"), Some(Refutation::Ciphertext));
        assert_eq!(reference(b"Tr0ub4dor&3"), None);
    }
}
