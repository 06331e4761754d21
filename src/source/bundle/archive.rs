//! A tar, plain or compressed.

use std::io::{self, Read};

use flate2::bufread::MultiGzDecoder;
use tar::{Archive, EntryType};

use super::{BundleError, Files};

/// Unpacks an archive. How it is compressed its first bytes say (RFC 1952 §2.3.1, RFC 8878 §3.1.1).
pub(super) fn unpack(bytes: &[u8], files: &mut Files) -> Result<(), BundleError> {
    match bytes {
        [0x1f, 0x8b, ..] => unpack_tar(MultiGzDecoder::new(bytes), files),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => unpack_tar(zstd::Decoder::with_buffer(bytes).map_err(not_whole)?, files),
        _ => unpack_tar(bytes, files),
    }
}

fn unpack_tar(reader: impl Read, files: &mut Files) -> Result<(), BundleError> {
    // What is skipped counts too: else an archive of empty entries, or one that unpacks to nothing but skipped bytes, would
    // be read without an end.
    let mut archive = Archive::new(Measured { reader, left: 2 * super::MOST_BYTES });
    for entry in archive.entries().map_err(not_whole)? {
        let mut entry = entry.map_err(not_whole)?;
        let path = entry.path_bytes().into_owned();
        match entry.header().entry_type() {
            EntryType::Regular | EntryType::Continuous => {
                let mut bytes = Vec::new();
                entry.by_ref().take(files.room() + 1).read_to_end(&mut bytes).map_err(not_whole)?;
                if (bytes.len() as u64) < entry.size() && bytes.len() as u64 <= files.room() {
                    return Err(BundleError::NotWhole { why: "it ends in the middle of a file".to_owned() });
                }
                files.add(&path, bytes)?;
            }
            EntryType::Directory | EntryType::XGlobalHeader => {}
            _ => return Err(BundleError::NoFile { path: String::from_utf8_lossy(&path).into_owned() }),
        }
    }
    // A tar ends before what it is compressed with does: the checksum comes last.
    io::copy(&mut archive.into_inner(), &mut io::sink()).map_err(not_whole)?;
    Ok(())
}

fn not_whole(error: io::Error) -> BundleError {
    if error.get_ref().is_some_and(|error| error.is::<Spent>()) {
        return BundleError::TooLarge;
    }
    BundleError::NotWhole { why: error.to_string() }
}

/// A reader that fails after so many bytes.
struct Measured<R> {
    reader: R,
    left: u64,
}

/// More was read than may be.
#[derive(Debug)]
struct Spent;

impl std::fmt::Display for Spent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("too much is in it")
    }
}

impl std::error::Error for Spent {}

impl<R: Read> Read for Measured<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let n = self.reader.read(into)?;
        match self.left.checked_sub(n as u64) {
            Some(left) => self.left = left,
            None => return Err(io::Error::other(Spent)),
        }
        Ok(n)
    }
}
