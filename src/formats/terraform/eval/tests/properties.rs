//! What holds for any value.

use proptest::prelude::*;

use super::*;

/// An expression of literals, and the JSON that it is by the language's own rules.
fn literal() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(serde_json::Value::from),
        any::<i32>().prop_map(serde_json::Value::from),
        "[ -~éß\"\\\\<>&\n\t]{0,12}".prop_map(serde_json::Value::from),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(serde_json::Value::from),
            prop::collection::btree_map("[a-z]{1,4}", inner, 0..4)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

/// A value as an expression.
fn written(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::Array(items) => {
            format!("[{}]", items.iter().map(written).collect::<Vec<_>>().join(", "))
        }
        serde_json::Value::Object(members) => {
            let members = members.iter().map(|(key, own)| format!("{key} = {}", written(own)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
        }
        serde_json::Value::String(text) => {
            // `${` and `%{` open a template unless they are doubled.
            serde_json::to_string(text).unwrap().replace("${", "$${").replace("%{", "%%{")
        }
        other => other.to_string(),
    }
}

proptest! {
    #[test]
    fn json_says_what_the_value_says(value in literal()) {
        let encoded = local(&[("main.tf", &format!("locals {{\n x = jsonencode({})\n}}\n", written(&value)))]);
        let read: serde_json::Value = serde_json::from_str(encoded.as_str().unwrap()).unwrap();
        prop_assert_eq!(read, value);
    }

    #[test]
    fn what_is_encoded_and_decoded_is_the_same(value in literal()) {
        let text = written(&value);
        let there = shown(&text);
        prop_assert_eq!(&shown(&format!("jsondecode(jsonencode({text}))")), &there);
        // Without what is kept beside the text: through the text itself.
        prop_assert_eq!(&shown(&format!("jsondecode(trimspace(jsonencode({text})))")), &there);
    }

    #[test]
    fn merging_is_the_last_of_each_key(
        a in prop::collection::btree_map("[a-d]", 0..9_i32, 0..4),
        b in prop::collection::btree_map("[a-d]", 0..9_i32, 0..4),
    ) {
        let object = |map: &BTreeMap<String, i32>| {
            let members: Vec<String> = map.iter().map(|(key, value)| format!("{key} = {value}")).collect();
            format!("{{{}}}", members.join(", "))
        };
        let mut all = a.clone();
        all.extend(b.clone());
        prop_assert_eq!(shown(&format!("merge({}, {})", object(&a), object(&b))), object(&all));
    }

    #[test]
    fn a_part_of_a_range_is_in_it_and_apart_from_the_others(
        bits in any::<u32>(), fixed in 0..=24_u32, more in 1..=6_u32, a in any::<u8>(), b in any::<u8>(),
    ) {
        let count = 1_u32 << more;
        let (a, b) = (u32::from(a) % count, u32::from(b) % count);
        let part = |number: u32| {
            let range = std::net::Ipv4Addr::from_bits(bits);
            let text = shown(&format!("cidrsubnet(\"{range}/{fixed}\", {more}, {number})"));
            let (address, own) = text.trim_matches('"').split_once('/').unwrap();
            let start = address.parse::<std::net::Ipv4Addr>().unwrap().to_bits();
            assert_eq!(own.parse::<u32>().unwrap(), fixed + more);
            u64::from(start)..u64::from(start) + (1_u64 << (32 - fixed - more))
        };
        let whole = u64::from(bits) >> (32 - fixed) << (32 - fixed);
        let (own, other) = (part(a), part(b));
        prop_assert!(own.start >= whole && own.end <= whole + (1_u64 << (32 - fixed)));
        prop_assert_eq!(own.start < other.end && other.start < own.end, a == b);
    }
}
