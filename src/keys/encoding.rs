//! Base64, as envelopes and notes hold it (RFC 4648, sections 4 and 5).

use base64ct::{Base64, Base64Unpadded, Base64Url, Base64UrlUnpadded, Encoding as _};

/// The standard alphabet, with padding.
pub(super) fn encode(bytes: &[u8]) -> String {
    Base64::encode_string(bytes)
}

/// Either alphabet, with padding or without it. DSSE lets signers choose, and verifiers must accept both (protocol.md,
/// "Either standard or URL-safe base64 encodings are allowed").
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let url_safe = text.contains(['-', '_']);
    let padded = text.ends_with('=');
    match (url_safe, padded) {
        (false, true) => Base64::decode_vec(text),
        (false, false) => Base64Unpadded::decode_vec(text),
        (true, true) => Base64Url::decode_vec(text),
        (true, false) => Base64UrlUnpadded::decode_vec(text),
    }
    .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_alphabet_is_read_and_one_is_written() {
        for (text, bytes) in [
            ("", &b""[..]),
            ("aGVsbG8gd29ybGQ=", b"hello world"),
            ("aGVsbG8gd29ybGQ", b"hello world"),
            ("+/8=", &[0xfb, 0xff]),
            ("-_8=", &[0xfb, 0xff]),
            ("-_8", &[0xfb, 0xff]),
        ] {
            assert_eq!(decode(text).as_deref(), Some(bytes), "{text}");
        }
        assert_eq!(encode(&[0xfb, 0xff]), "+/8=");
        for wrong in ["a", "a===", "+_8=", "aGVsbG8gd29ybGR=", "aGVs\nbG8=", " aGVs", "aGVs bG8="] {
            assert_eq!(decode(wrong), None, "{wrong}");
        }
    }
}
