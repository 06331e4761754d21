//! Canonical JSON (RFC 8785), which is what evidence is written in.

use serde::Serialize;

/// A value as canonical JSON.
pub(super) fn canonical<T: Serialize>(value: &T) -> Vec<u8> {
    match serde_json::to_vec(value) {
        Ok(plain) if is_in_order(&plain) => plain,
        // Only maps with other keys than text fail, and none is used.
        _ => serde_json_canonicalizer::to_vec(value).unwrap_or_default(),
    }
}

/// Whether JSON that `serde_json` wrote without space is canonical already, as far as is told without sorting anything: each
/// object's keys are in order, and numbers are integers that doubles hold. It escapes what RFC 8785 does, and nothing else.
/// Characters that UTF-16 orders otherwise than UTF-8 are left to the canonicaliser, and so are escapes in keys.
fn is_in_order(plain: &[u8]) -> bool {
    /// Digits of the largest integers of which every one is a double.
    const DIGITS: usize = 15;
    let mut open: Vec<Option<&[u8]>> = Vec::new();
    let mut rest = plain;
    while let [first, behind @ ..] = rest {
        rest = behind;
        match first {
            b'"' => {
                let Some(end) = string_end(behind) else { return false };
                let (text, after) = behind.split_at(end);
                rest = after.get(1..).unwrap_or_default();
                if rest.first() == Some(&b':') {
                    let escaped = text.iter().any(|byte| *byte == b'\\' || *byte >= 0xf0);
                    match open.last_mut() {
                        Some(before) if !escaped && before.is_none_or(|before| before < text) => *before = Some(text),
                        _ => return false,
                    }
                }
            }
            b'{' => open.push(None),
            b'}' => drop(open.pop()),
            b'-' | b'0'..=b'9' => {
                let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
                if digits >= DIGITS || matches!(rest.get(digits), Some(b'.' | b'e' | b'E')) {
                    return false;
                }
                rest = rest.get(digits..).unwrap_or_default();
            }
            _ => {}
        }
    }
    true
}

/// The place of the quote that ends a string.
fn string_end(text: &[u8]) -> Option<usize> {
    let mut from = 0;
    loop {
        let at = from + memchr::memchr2(b'"', b'\\', text.get(from..)?)?;
        if text.get(at) == Some(&b'"') {
            return Some(at);
        }
        from = at + 2;
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may")]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Map, Value, json};

    use super::*;

    fn values() -> impl Strategy<Value = Value> {
        let text = prop_oneof!["[a-c\"\\\\/\u{0}-\u{7f}\u{e9}\u{e000}\u{ffff}\u{10000}\u{1f600}]{0,4}", "[a-z]{0,3}"];
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            (-1000_i64..1000).prop_map(Value::from),
            any::<f64>().prop_filter("finite", |own| own.is_finite()).prop_map(Value::from),
            text.clone().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 6, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::vec((text.clone(), inner), 0..5)
                    .prop_map(|own| Value::Object(own.into_iter().collect::<Map<_, _>>())),
            ]
        })
    }

    /// Writes an object's fields as they come.
    struct AsTheyCome(Vec<(String, Value)>);

    impl Serialize for AsTheyCome {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
        }
    }

    proptest! {
        #[test]
        fn it_is_what_the_canonicaliser_writes(value in values()) {
            prop_assert_eq!(canonical(&value), serde_json_canonicalizer::to_vec(&value).unwrap());
        }

        #[test]
        fn in_whatever_order_fields_come(mut fields in prop::collection::btree_map(
            prop_oneof!["[a-c]{0,3}", "[\u{7f}\u{e000}\u{ffff}\u{10000}\u{1f600}\"\\\\]{0,3}"], values(), 0..6,
        ).prop_map(|own| own.into_iter().collect::<Vec<_>>()), swap in any::<prop::sample::Index>()) {
            if fields.len() > 1 {
                let at = swap.index(fields.len() - 1);
                fields.swap(at, at + 1);
            }
            let own = AsTheyCome(fields);
            prop_assert_eq!(canonical(&own), serde_json_canonicalizer::to_vec(&own).unwrap());
        }
    }

    #[test]
    fn only_what_is_in_order_is_taken_as_it_is() {
        for plain in [&br#"{"a":{"b":1,"c":[{"a":"}\""}]},"b":-2}"#[..], b"[]", b"\"b\"", b"{}", b"999999999999999"] {
            assert!(is_in_order(plain), "{}", String::from_utf8_lossy(plain));
        }
        for plain in [
            &br#"{"b":1,"a":2}"#[..],
            br#"{"a":1,"a":2}"#,
            br#"{"a":[{"d":1,"c":2}]}"#,
            br#"{"a\"":1,"b":2}"#,
            "{\"\u{1f600}\":1}".as_bytes(),
            b"1.5",
            b"-1e9",
            b"[1000000000000000]",
        ] {
            assert!(!is_in_order(plain), "{}", String::from_utf8_lossy(plain));
        }
    }

    #[test]
    fn a_record_needs_no_sorting() {
        let statement = crate::evidence::tests::full_statement();
        let plain = serde_json::to_vec(&statement).unwrap();
        assert!(is_in_order(&plain), "{}", json!(statement));
        assert!(is_in_order(&serde_json::to_vec(&statement.predicate.result()).unwrap()));
        assert!(is_in_order(&serde_json::to_vec(&crate::evidence::statement::test_result(&statement)).unwrap()));
    }
}
