//! Reading private keys as OpenSSH keeps them.

use ssh_key::PrivateKey;
use zeroize::Zeroizing;

const BEGIN: &str = "-----BEGIN OPENSSH PRIVATE KEY-----";
const END: &str = "-----END OPENSSH PRIVATE KEY-----";
/// How many characters a line has that OpenSSH writes, and the only width that the library reads.
const WIDTH: usize = 70;

/// Reads a private key. OpenSSH takes lines of any width, and other programs write other widths.
///
/// # Errors
/// That of the library, when it is no such key or a damaged one.
pub(super) fn private_key(text: &str) -> Result<PrivateKey, ssh_key::Error> {
    let body = text.trim().strip_prefix(BEGIN).and_then(|rest| rest.strip_suffix(END));
    let Some(body) = body.filter(|body| body.is_ascii()) else { return PrivateKey::from_openssh(text) };
    let digits: Zeroizing<Vec<u8>> = Zeroizing::new(body.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect());
    let mut wrapped = Zeroizing::new(String::with_capacity(text.len() + text.len() / WIDTH + 2));
    wrapped.push_str(BEGIN);
    wrapped.push('\n');
    for line in digits.chunks(WIDTH) {
        wrapped.extend(line.iter().map(|byte| char::from(*byte)));
        wrapped.push('\n');
    }
    wrapped.push_str(END);
    wrapped.push('\n');
    PrivateKey::from_openssh(wrapped.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_may_have_any_width() {
        let key = ssh_key::private::Ed25519Keypair::from_seed(&[7; 32]);
        let key = PrivateKey::from(key);
        let text = key.to_openssh(ssh_key::LineEnding::LF).unwrap();
        let body: String = text.lines().filter(|line| !line.starts_with('-')).collect();
        for (width, end) in [(64, "\n"), (70, "\r\n"), (76, "\n"), (usize::MAX, "\n")] {
            let lines: Vec<&str> =
                body.as_bytes().chunks(width).map(|line| std::str::from_utf8(line).unwrap()).collect();
            let other = [BEGIN, &lines.join(end), END, ""].join(end);
            assert_eq!(private_key(&other).unwrap(), key, "{width}");
        }
        for wrong in ["", BEGIN, &text.replace("b3Bl", "b3B-"), &text[..text.len() / 2]] {
            assert!(private_key(wrong).is_err(), "{wrong}");
        }
    }
}
