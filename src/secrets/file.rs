//! From a file to pages of text: what is no text, what is compressed, what is in UTF-16, what is too large for memory.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use encoding_rs::{CoderResult, Decoder, UTF_16BE, UTF_16LE};

use super::engine::{self, Candidate, Page};
use super::{Hit, Lines, MOST_CANDIDATES, MOST_HITS, Scan, Scanner, Unread, is_configuration};

/// How a file is cut into pages.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cut {
    /// How many bytes are looked at in one go. What is shorter is one page.
    pub(super) body: usize,
    /// How far behind a place its recogniser looks: a key of 64 KiB and what follows it.
    pub(super) ahead: usize,
    /// How far before a place its recogniser looks.
    pub(super) back: usize,
}

impl Default for Cut {
    fn default() -> Self {
        Self { body: 1024 * 1024, ahead: 80 * 1024, back: 8 * 1024 }
    }
}

/// How far a byte that is zero is looked for: a file that has one there is no text. Git looks as far.
const SNIFF: usize = 8 * 1024;

/// What a thread keeps from file to file, so that it is allocated once.
#[derive(Debug, Default)]
pub struct Buffer {
    page: Vec<u8>,
    raw: Vec<u8>,
}

impl Buffer {
    /// How many bytes it keeps.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.page.capacity() + self.raw.capacity()
    }
}

/// What archives and compressed files start with.
const ARCHIVES: &[(&str, usize, &[u8])] = &[
    ("zip", 0, b"PK\x03\x04"),
    ("zip", 0, b"PK\x05\x06"),
    ("gzip", 0, b"\x1f\x8b\x08"),
    ("bzip2", 0, b"BZh"),
    ("xz", 0, b"\xfd7zXZ\0"),
    ("zstd", 0, b"\x28\xb5\x2f\xfd"),
    ("7-Zip", 0, b"7z\xbc\xaf\x27\x1c"),
    ("rar", 0, b"Rar!\x1a\x07"),
    ("lz4", 0, b"\x04\x22\x4d\x18"),
    ("tar", 257, b"ustar"),
    ("Debian package", 0, b"!<arch>\ndebian"),
    ("RPM package", 0, b"\xed\xab\xee\xdb"),
    ("Microsoft cabinet", 0, b"MSCF\0\0\0\0"),
];

/// Which archive a file is, by its first bytes.
fn archive(front: &[u8]) -> Option<&'static str> {
    let is = |(_, at, magic): &&(&str, usize, &[u8])| front.get(*at..).is_some_and(|rest| rest.starts_with(magic));
    // `BZh` and `ustar` could start a text; a byte that is zero or no text says that it is none.
    let text = std::str::from_utf8(front.get(..front.len().min(64)).unwrap_or_default()).is_ok() && !front.contains(&0);
    ARCHIVES.iter().find(is).map(|(name, ..)| *name).filter(|_| !text)
}

/// A reader of UTF-8, whatever the file is in.
enum Text<'r> {
    Plain(&'r mut dyn Read),
    Utf16 { reader: &'r mut dyn Read, decoder: Box<Decoder>, ended: bool },
}

impl Text<'_> {
    /// Appends up to `most` bytes; 0 at the end. `raw` is scratch.
    fn append(&mut self, page: &mut Vec<u8>, most: usize, raw: &mut Vec<u8>) -> io::Result<usize> {
        match self {
            Self::Plain(reader) => {
                let before = page.len();
                Read::take(&mut **reader, most as u64).read_to_end(page)?;
                Ok(page.len() - before)
            }
            Self::Utf16 { reader, decoder, ended } => {
                let before = page.len();
                while !*ended && page.len() - before < most {
                    raw.clear();
                    let count = Read::take(&mut **reader, 64 * 1024).read_to_end(raw)?;
                    *ended = count == 0;
                    let mut rest = raw.as_slice();
                    loop {
                        let mut out = [0_u8; 4096];
                        let (result, read, written, _) = decoder.decode_to_utf8(rest, &mut out, *ended);
                        page.extend_from_slice(out.get(..written).unwrap_or_default());
                        rest = rest.get(read..).unwrap_or_default();
                        if result == CoderResult::InputEmpty {
                            break;
                        }
                    }
                }
                Ok(page.len() - before)
            }
        }
    }
}

impl Scanner<'_> {
    /// The secrets of a file on the disk. A file that does not fit into a page is read page by page; no more than one
    /// page stands in memory. A link is never followed: whoever lists files leaves links out.
    #[must_use]
    pub fn scan_file(&self, path: &str, at: &Path, buffer: &mut Buffer) -> (Scan, u64) {
        let refused = |error: &io::Error| (Scan { hits: Vec::new(), unread: Some(Unread::refused(error)) }, 0);
        let opened = File::open(at).and_then(|file| Ok((file.metadata()?, file)));
        let (length, mut file) = match opened {
            Ok((found, file)) => (found.len(), file),
            Err(error) => return refused(&error),
        };
        // Room for a whole page: what is not written to takes no memory, and one that grows leaves behind what it was.
        buffer.page.clear();
        buffer.page.reserve(self.cut.body + self.cut.ahead + 1);
        match self.stream(path, &mut file, Some(length), buffer) {
            Ok(scan) => (scan, length),
            Err(error) => refused(&error),
        }
    }

    /// The secrets of whatever can be read. `length` is what its reader should give, if that is known.
    pub(super) fn stream(
        &self,
        path: &str,
        reader: &mut dyn Read,
        length: Option<u64>,
        buffer: &mut Buffer,
    ) -> io::Result<Scan> {
        let Buffer { page, raw } = buffer;
        page.clear();
        let expected = length.unwrap_or_default().min((self.cut.body + self.cut.ahead) as u64);
        // One more byte, so that the end is seen without growing.
        page.reserve(usize::try_from(expected).unwrap_or_default() + 1);
        let mut total = Read::take(&mut *reader, (self.cut.body + self.cut.ahead) as u64).read_to_end(page)? as u64;
        let front = page.get(..page.len().min(SNIFF)).unwrap_or_default();
        if let Some(format) = archive(front) {
            return Ok(Scan { hits: Vec::new(), unread: Some(Unread::Archive { format }) });
        }
        let encoding = match front {
            [0xff, 0xfe, ..] => Some(UTF_16LE),
            [0xfe, 0xff, ..] => Some(UTF_16BE),
            _ => None,
        };
        if let Some(encoding) = encoding {
            // Only the mark was needed of what was read; it is decoded from the front.
            let read = std::mem::take(page);
            let mut whole = io::Cursor::new(read).chain(reader);
            let mut text = Text::Utf16 { reader: &mut whole, decoder: Box::new(encoding.new_decoder()), ended: false };
            text.append(page, self.cut.body + self.cut.ahead, raw)?;
            return self.pages(path, &mut text, true, page, raw);
        }
        let is_text = memchr::memchr(0, front).is_none();
        let mut counted = Counted { reader, count: 0 };
        let mut scan = self.pages(path, &mut Text::Plain(&mut counted), is_text, page, raw)?;
        total += counted.count;
        if scan.unread.is_none() && length.is_some_and(|length| total < length) {
            scan.unread = Some(Unread::Shrank);
        }
        Ok(scan)
    }

    /// Looks at page after page; the first is read already.
    fn pages(
        &self,
        path: &str,
        text: &mut Text<'_>,
        is_text: bool,
        page: &mut Vec<u8>,
        raw: &mut Vec<u8>,
    ) -> io::Result<Scan> {
        let Cut { body, ahead, back } = self.cut;
        let (mut offset, mut from) = (0, 0);
        let mut found: Vec<(Candidate, Hit)> = Vec::new();
        let mut lines = Lines::default();
        let is_configuration = is_configuration(path);
        loop {
            let last = page.len() - from < body + ahead;
            let to = if last { page.len() } else { from + body };
            let is_whole = last && offset == 0;
            let own = Page { path, bytes: page, offset, is_whole, is_text, is_configuration, as_of: self.as_of };
            self.page(&own, from..to, &mut lines, &mut found);
            if last || found.len() > MOST_CANDIDATES {
                break;
            }
            lines.at(&own, to);
            let drop = to.saturating_sub(back);
            page.drain(..drop);
            offset += drop;
            from = to - drop;
            let wanted = (from + body + ahead).saturating_sub(page.len());
            text.append(page, wanted, raw)?;
        }
        let full = found.len() > MOST_CANDIDATES;
        let mut hits: Vec<Hit> = engine::settle(found).into_iter().map(|(_, hit)| hit).collect();
        let unread = if full || hits.len() > MOST_HITS {
            Some(Unread::TooManyHits)
        } else if let Some(rule) = self.own.iter().find(|own| own.failed()) {
            Some(Unread::RuleTooLarge { rule: rule.id().to_owned() })
        } else {
            (!is_text).then_some(Unread::Binary)
        };
        hits.truncate(MOST_HITS);
        hits.extend(self.by_path(path));
        hits.sort_by_key(|hit| (hit.place.start, hit.place.end));
        Ok(Scan { hits, unread })
    }
}

/// Counts what is read.
struct Counted<'r> {
    reader: &'r mut dyn Read,
    count: u64,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        self.count += count as u64;
        Ok(count)
    }
}
