//! The report as it is: JSON that ends with a newline.

use std::io::{self, Write};

/// A document as JSON for people to read too, with a newline at its end.
#[must_use]
pub fn pretty(document: &impl serde::Serialize) -> String {
    let mut text = serde_json::to_string_pretty(document).unwrap_or_default();
    text.push('\n');
    text
}

/// Writes a document as [`pretty`] does, without ever having the whole text in memory.
///
/// # Errors
/// Those of the writer.
pub fn write_pretty(document: &impl serde::Serialize, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, document)?;
    out.write_all(b"\n")
}
