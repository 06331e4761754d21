//! Rows come out whole, or as an error with its place.

use super::*;
use crate::syntax::LineIndex;

/// A table as it was read: its header, its rows, and where they stand.
type Whole = (Vec<String>, Vec<Vec<String>>, Vec<Span>);

fn rows(bytes: &[u8], dialect: Dialect) -> Result<Whole, SyntaxError> {
    let text = TableText::decode(bytes, dialect.encoding)?;
    let mut table = Table::open(&text, dialect).expect("a header");
    let header = table.header().to_vec();
    let (mut row, mut all, mut spans) = (Row::default(), Vec::new(), Vec::new());
    while table.next(&mut row)? {
        all.push(row.cells.clone());
        spans.push(row.span);
    }
    Ok((header, all, spans))
}

fn read(text: &str) -> (Vec<String>, Vec<Vec<String>>) {
    let (header, rows, _) = rows(text.as_bytes(), Dialect::default()).unwrap();
    (header, rows)
}

#[test]
fn the_delimiter_is_found_in_the_header_and_zeros_stay() {
    for mark in [',', ';', '\t', '|'] {
        let text = format!("A{mark}B\r\n007{mark}\"x {mark} y\"\r\n");
        let (header, rows) = read(&text);
        assert_eq!(header, ["A", "B"]);
        assert_eq!(rows, [["007".to_owned(), format!("x {mark} y")]]);
    }
}

#[test]
fn lists_of_the_data_browser_are_read_with_their_headers_repeated() {
    let text = "Table:          AGR_1252\nDisplayed Fields: 3\n-------------\n|MANDT|AGR_NAME|LOW |\n-------------\n\
                |100  |Z_A     |0001|\n|100  |Z_B     |    |\n-------------\n|MANDT|AGR_NAME|LOW |\n|-----------|\n\
                |100  |Z_C     |*   |\n-------------\n";
    let (header, rows) = read(text);
    assert_eq!(header, ["MANDT", "AGR_NAME", "LOW"]);
    assert_eq!(rows, [["100", "Z_A", "0001"], ["100", "Z_B", ""], ["100", "Z_C", "*"]]);
}

#[test]
fn a_declared_header_row_counts_and_lines_before_it_do_not() {
    let dialect = Dialect { header_row: Some(3), ..Dialect::default() };
    let (header, all, _) = rows(b"Report, of roles\nrun, today\nRole,Permission\na,b\n", dialect).unwrap();
    assert_eq!(header, ["Role", "Permission"]);
    assert_eq!(all, [["a", "b"]]);
}

#[test]
fn encodings_are_read_as_declared() {
    let latin = Dialect { encoding: TextEncoding::Latin1, ..Dialect::default() };
    let windows = Dialect { encoding: TextEncoding::Windows1252, ..Dialect::default() };
    assert_eq!(rows(b"A,B\nM\xfcller,\x80\n", windows).unwrap().1, [["M\u{fc}ller", "\u{20ac}"]]);
    assert_eq!(rows(b"A,B\nM\xfcller,x\n", latin).unwrap().1, [["M\u{fc}ller", "x"]]);
    let error = rows(b"A,B\nM\xfcller,x\n", Dialect::default()).unwrap_err();
    assert_eq!((error.kind, error.span.start), (SyntaxErrorKind::Encoding, 5));
}

#[test]
fn places_in_utf16_are_those_of_the_file() {
    let text = "A,B\nM\u{fc}ller,\u{1f600}\nlast,row\n";
    for big in [false, true] {
        let unit = |unit: u16| if big { unit.to_be_bytes() } else { unit.to_le_bytes() };
        let bytes: Vec<u8> = std::iter::once(0xFEFF).chain(text.encode_utf16()).flat_map(unit).collect();
        let encoding = if big { TextEncoding::Utf16Be } else { TextEncoding::Utf16Le };
        let dialect = Dialect { encoding, ..Dialect::default() };
        assert_eq!(TextEncoding::marked(&bytes), Some(encoding));
        let (_, all, spans) = rows(&bytes, dialect).unwrap();
        assert_eq!(all, [["M\u{fc}ller", "\u{1f600}"], ["last", "row"]]);
        let last = &bytes[spans[1].start as usize..spans[1].end as usize];
        let wanted: Vec<u8> = "last,row".encode_utf16().flat_map(unit).collect();
        assert_eq!(last, wanted);
        assert_eq!(rows(&bytes[..bytes.len() - 1], dialect).unwrap_err().kind, SyntaxErrorKind::Encoding);
        assert_eq!(rows(&bytes[2..], dialect).unwrap().1, all);
    }
}

#[test]
fn no_row_is_lost_in_silence() {
    for (text, line, said) in [
        ("A,B\n1,2\n3\n", 3, "has 1 values"),
        ("A,B\n1,2\n3,4,5\n", 3, "has 3 values"),
        ("A,B\n1,2\n3,\"cut off\n", 3, "never closed"),
        ("A,B\n1,\"2\n3,4\n5,6\"\n7,8\n", 2, "holds whole rows"),
        ("|A |B |\n|1 |2 |\nend of list\n", 3, "no row"),
        ("|A |B |\n|1 |2 |\n|3 \n", 3, "no row"),
    ] {
        let error = rows(text.as_bytes(), Dialect::default()).unwrap_err();
        assert_eq!(LineIndex::new(text.as_bytes()).position(error.span.start).line, line, "{text}");
        assert!(error.message.contains(said), "{}", error.message);
    }
}

#[test]
fn what_is_no_table_has_no_header() {
    let text = TableText::decode(b"just a line\nand another\n", TextEncoding::Utf8).unwrap();
    assert!(Table::open(&text, Dialect::default()).is_none());
    let text = TableText::decode(b"", TextEncoding::Utf8).unwrap();
    assert!(Table::open(&text, Dialect::default()).is_none());
}
