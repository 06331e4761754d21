//! Files that are no plain text, too large for memory, or not what they say.

use std::io::{self, Read};

use super::tokens::{Chance, placed, valid};
use super::*;

fn token(table: &Table) -> Vec<u8> {
    let kind = table.kind("digitalocean_token").unwrap();
    valid(kind, &kind.shapes[0], &mut Chance::new(11))
}

#[test]
fn utf_16_is_read() {
    let table = table();
    let text = format!("é key: {}\r\n", String::from_utf8(token(table)).unwrap());
    for big in [false, true] {
        let units = std::iter::once(0xfeff).chain(text.encode_utf16());
        let bytes: Vec<u8> = units.flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect();
        let scan = scanner(table).scan("a.ps1", &bytes);
        assert_eq!(scan.unread, None);
        assert_eq!(scan.hits.len(), 1);
        assert_eq!((scan.hits[0].place.line, scan.hits[0].place.column), (1, 8));
    }
}

#[test]
fn of_what_is_no_text_keys_and_tokens_are_found_and_the_rest_is_said() {
    let table = table();
    let (text, _) = placed(table.kind("digitalocean_token").unwrap(), &token(table));
    let scan =
        scanner(table).scan("a.bin", &[b"\x7fELF\0\0".to_vec(), text, b"\0password: Tr0ub4dor3x\n".to_vec()].concat());
    assert_eq!(scan.unread, Some(Unread::Binary));
    assert_eq!(scan.hits.iter().map(|hit| &*hit.kind).collect::<Vec<_>>(), ["digitalocean_token"]);
}

#[test]
fn bytes_that_are_not_utf_8_are_searched_as_they_are() {
    let table = table();
    let (text, at) = placed(table.kind("digitalocean_token").unwrap(), &token(table));
    let scan = scanner(table).scan("a.txt", &[b"\xff\xfa\xe9 ".to_vec(), text].concat());
    assert_eq!(scan.unread, None);
    assert_eq!(scan.hits[0].place.start, at as u64 + 4);
}

#[test]
fn archives_are_said_and_not_opened() {
    let table = table();
    for (front, format) in [(&b"PK\x03\x04\x14\0"[..], "zip"), (b"\x1f\x8b\x08\0", "gzip"), (b"\xfd7zXZ\0", "xz")] {
        let scan = scanner(table).scan("a", front);
        assert_eq!(scan.unread, Some(Unread::Archive { format }));
    }
    assert_eq!(scanner(table).scan("a.txt", b"BZh is how bzip2 starts\n").unread, None);
}

/// A reader that gives less than its length says.
struct Shrinking(u64);

impl Read for Shrinking {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = usize::try_from(self.0.min(buffer.len() as u64)).unwrap();
        buffer[..count].fill(b'a');
        self.0 -= count as u64;
        Ok(count)
    }
}

#[test]
fn a_file_that_becomes_shorter_is_no_pass() {
    let table = table();
    let scan = scanner(table).stream("a.txt", &mut Shrinking(1000), Some(5000), &mut Buffer::default()).unwrap();
    assert_eq!(scan.unread, Some(Unread::Shrank));
    let scan = scanner(table).stream("a.txt", &mut Shrinking(5000), Some(5000), &mut Buffer::default()).unwrap();
    assert_eq!(scan.unread, None);
}

#[test]
fn a_file_that_is_gone_or_no_file_is_no_pass() {
    let table = table();
    let folder = tempfile::tempdir().unwrap();
    for at in [folder.path().join("none"), folder.path().to_owned()] {
        let (scan, _) = scanner(table).scan_file("a", &at, &mut Buffer::default());
        assert!(matches!(scan.unread, Some(Unread::Refused { .. })), "{scan:?}");
        assert!(scan.unread.unwrap().is_failure());
    }
}

#[test]
fn a_long_line_is_read_page_by_page() {
    let table = table();
    let (text, at) = placed(table.kind("digitalocean_token").unwrap(), &token(table));
    let front: u64 = 3 * 1024 * 1024;
    let mut reader = Shrinking(front).chain(io::Cursor::new([b" ".to_vec(), text].concat()));
    let mut buffer = Buffer::default();
    let scan = scanner(table).stream("a.txt", &mut reader, None, &mut buffer).unwrap();
    assert_eq!(scan.hits.len(), 1);
    let place = scan.hits[0].place;
    assert_eq!(place.start, front + 1 + at as u64);
    assert_eq!((place.line, u64::from(place.column)), (1, place.start + 1));
    assert!(buffer.capacity() < 5 * 1024 * 1024 / 2, "{}", buffer.capacity());
}

#[test]
fn line_ends_before_a_page_are_counted() {
    let table = table();
    let (text, _) = placed(table.kind("digitalocean_token").unwrap(), &token(table));
    let lines = "é\n".repeat(40_000);
    let mut small = scanner(table);
    small.cut.body = 1000;
    let scan = small.scan("a.txt", &[lines.as_bytes(), b"\xc3\xa9 ", &text].concat());
    assert_eq!((scan.hits[0].place.line, scan.hits[0].place.column), (40_001, 8));
}
