//! Reading private keys as OpenSSH keeps them (PROTOCOL.key of OpenSSH).
//!
//! OpenSSH reads more than it writes, and so must we: lines of any width, a private scalar without its leading zeros (one
//! key in 256 that `ssh-keygen` makes), and a whole block of padding, which other programs add. The library reads only
//! what it writes itself, so that keys without a passphrase are brought into that form first.

use base64ct::{Base64, Encoding as _};
use ssh_key::PrivateKey;
use zeroize::Zeroizing;

const BEGIN: &str = "-----BEGIN OPENSSH PRIVATE KEY-----";
const END: &str = "-----END OPENSSH PRIVATE KEY-----";
const MAGIC: &[u8] = b"openssh-key-v1\0";
const P256: &[u8] = b"ecdsa-sha2-nistp256";
const ED25519: &[u8] = b"ssh-ed25519";
/// Bytes of a scalar of P-256.
const SCALAR: usize = 32;
/// What a key without a passphrase is padded to.
const BLOCK: usize = 8;

/// Reads a private key.
///
/// # Errors
/// That of the library, when it is no such key or a damaged one.
pub(super) fn private_key(text: &str) -> Result<PrivateKey, ssh_key::Error> {
    let body = text.trim().strip_prefix(BEGIN).and_then(|rest| rest.strip_suffix(END));
    let digits = body.map(|body| Zeroizing::new(body.split_ascii_whitespace().collect::<String>()));
    match digits.and_then(|digits| Base64::decode_vec(&digits).ok()).map(Zeroizing::new) {
        Some(bytes) => PrivateKey::from_bytes(as_written(&bytes).as_ref().unwrap_or(&bytes)),
        None => PrivateKey::from_openssh(text),
    }
}

/// A key as the library writes it; `None` of a key with a passphrase, of another kind, or damaged.
fn as_written(bytes: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let mut rest = bytes.strip_prefix(MAGIC)?;
    let outside = bytes.get(MAGIC.len()..)?;
    let (cipher, _function, _options) = (string(&mut rest)?, string(&mut rest)?, string(&mut rest)?);
    let count = take(&mut rest, 4)?;
    let _public = string(&mut rest)?;
    let outside = outside.get(..outside.len() - rest.len())?;
    let mut secret = string(&mut rest)?;
    if cipher != b"none" || count != [0, 0, 0, 1] || !rest.is_empty() {
        return None;
    }
    let mut inside = Zeroizing::new(take(&mut secret, 8)?.to_vec());
    let kind = string(&mut secret)?;
    put(&mut inside, kind);
    match kind {
        P256 => {
            let (curve, point, scalar) = (string(&mut secret)?, string(&mut secret)?, string(&mut secret)?);
            put(&mut inside, curve);
            put(&mut inside, point);
            let first = scalar.iter().position(|byte| *byte != 0)?;
            let scalar = scalar.get(first..).filter(|scalar| scalar.len() <= SCALAR)?;
            let mut whole = Zeroizing::new(vec![0; SCALAR + 1 - scalar.len()]);
            whole.extend_from_slice(scalar);
            put(&mut inside, &whole);
        }
        ED25519 => {
            put(&mut inside, string(&mut secret)?);
            put(&mut inside, string(&mut secret)?);
        }
        _ => return None,
    }
    put(&mut inside, string(&mut secret)?);
    if secret.iter().zip(1_u8..).any(|(byte, number)| *byte != number) {
        return None;
    }
    for number in (1_u8..).take((BLOCK - inside.len() % BLOCK) % BLOCK) {
        inside.push(number);
    }
    let mut whole = Zeroizing::new([MAGIC, outside].concat());
    put(&mut whole, &inside);
    Some(whole)
}

/// The next bytes.
fn take<'a>(rest: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (taken, after) = rest.split_at_checked(count)?;
    *rest = after;
    Some(taken)
}

/// The next string: its length in four bytes, then its bytes (RFC 4251, section 5).
fn string<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = take(rest, 4)?.try_into().ok().map(u32::from_be_bytes)?;
    take(rest, usize::try_from(length).ok()?)
}

fn put(into: &mut Vec<u8>, string: &[u8]) {
    // What is put was read with a length of four bytes, or has fewer than a hundred bytes.
    into.extend_from_slice(&u32::try_from(string.len()).unwrap_or_default().to_be_bytes());
    into.extend_from_slice(string);
}

#[cfg(test)]
mod tests {
    use p256::ecdsa::SigningKey;
    use ssh_key::LineEnding;
    use ssh_key::private::{Ed25519Keypair, KeypairData};

    use super::*;

    fn ed25519() -> PrivateKey {
        PrivateKey::from(Ed25519Keypair::from_seed(&[7; 32]))
    }

    fn text(bytes: &[u8]) -> String {
        format!("{BEGIN}\n{}\n{END}\n", Base64::encode_string(bytes))
    }

    #[test]
    fn lines_may_have_any_width() {
        let key = ed25519();
        let text = key.to_openssh(LineEnding::LF).unwrap();
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

    /// A P-256 key, written with its scalar in so many bytes and with so many bytes of padding.
    fn p256(key: &SigningKey, scalar: &[u8], padding: u8) -> Vec<u8> {
        let point = key.verifying_key().to_encoded_point(false);
        let mut public = Vec::new();
        let mut secret = vec![1, 2, 3, 4, 1, 2, 3, 4];
        for part in [P256, b"nistp256", point.as_bytes()] {
            put(&mut public, part);
            put(&mut secret, part);
        }
        put(&mut secret, scalar);
        put(&mut secret, b"comment");
        secret.extend(1..=padding);
        let mut whole = MAGIC.to_vec();
        put(&mut whole, b"none");
        put(&mut whole, b"none");
        put(&mut whole, b"");
        whole.extend([0, 0, 0, 1]);
        put(&mut whole, &public);
        put(&mut whole, &secret);
        whole
    }

    #[test]
    fn scalars_may_lack_zeros_and_padding_may_fill_a_block() {
        for zeros in 0..4 {
            let mut scalar = [0xA5; SCALAR];
            scalar[..zeros].fill(0);
            let key = SigningKey::from_slice(&scalar).unwrap();
            for written in [&scalar[zeros..], &scalar[..], &[&[0], &scalar[..]].concat()] {
                for padding in 0..=16 {
                    let read = private_key(&text(&p256(&key, written, padding))).unwrap();
                    let KeypairData::Ecdsa(pair) = read.key_data() else { panic!("{read:?}") };
                    assert_eq!(pair.private_key_bytes(), scalar);
                    assert_eq!(read.comment(), "comment");
                }
            }
        }
    }

    #[test]
    fn what_is_damaged_stays_so() {
        let key = SigningKey::from_slice(&[0xA5; SCALAR]).unwrap();
        let good = p256(&key, &[0xA5; SCALAR], 3);
        assert!(private_key(&text(&good)).is_ok());
        for end in 0..good.len() {
            assert!(private_key(&text(&good[..end])).is_err(), "{end}");
        }
        let mut padded = good.clone();
        *padded.last_mut().unwrap() = 9;
        assert!(private_key(&text(&padded)).is_err());
        let other = SigningKey::from_slice(&[0x5A; SCALAR]).unwrap();
        let longer = [&[1_u8][..], &[0xA5; SCALAR]].concat();
        for wrong in [p256(&key, &longer, 3), p256(&key, &[0; SCALAR], 3), p256(&other, &[0; 4], 3)] {
            assert!(private_key(&text(&wrong)).is_err());
        }
    }
}
