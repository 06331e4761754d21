//! The report as it is: JSON that ends with a newline.

use std::io::{self, Write};

use super::check::CheckReport;

/// Writes the report as pretty JSON.
pub(super) fn write(report: &CheckReport, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, report)?;
    out.write_all(b"\n")
}
