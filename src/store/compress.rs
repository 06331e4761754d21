//! Objects are compressed with Zstandard (RFC 8878): one frame each, so that `zstd -d` reads them too.

use std::io::{self, Read as _};

/// Higher levels cost more time than they save space on files of this kind.
const LEVEL: i32 = 3;
/// Larger objects are not read: nothing that is kept comes near, so such a frame was made to exhaust memory.
const MOST_BYTES: u64 = 4 << 30;

/// Bytes as one frame.
///
/// # Errors
/// What the library reports; it does not for bytes in memory.
pub fn compress(bytes: &[u8]) -> io::Result<Vec<u8>> {
    zstd::bulk::compress(bytes, LEVEL)
}

/// The bytes of a frame.
///
/// # Errors
/// [`io::ErrorKind::InvalidData`] and its like, when it is no frame, a damaged one, or one of more than 4 GiB.
pub fn decompress(frame: &[u8]) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    zstd::Decoder::with_buffer(frame)?.take(MOST_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}
