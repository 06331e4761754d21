//! Records that need somebody: about to end, of no use, or not counting.

use super::super::Group;
use super::super::check::RecordReport;
use super::super::words::{count, number};
use super::Page;
use super::style::{Ink, clean};
use crate::gate::RecordState;

/// Records named unless all are asked for.
const NAMED: usize = 8;

impl Page<'_, '_> {
    /// One line a record that needs somebody; the others are counted.
    pub(super) fn records(&mut self) {
        let all = self.writer.style.options.show.contains(&Group::Records);
        let report = self.report;
        let wanted = |record: &&RecordReport| all || record.state != RecordState::InForce;
        let shown: Vec<&RecordReport> = report.records.iter().filter(wanted).collect();
        if shown.is_empty() {
            return;
        }
        let total = count(report.records.len(), "record", "records");
        let need = report.records.iter().filter(|record| record.state != RecordState::InForce).count();
        let needs = if need == 1 { "needs" } else { "need" };
        self.note(&format!("{total}, {} {needs} somebody:", number(need)));
        let most = if all { usize::MAX } else { NAMED };
        for record in shown.iter().take(most) {
            let style = self.writer.style;
            let ink = match record.state {
                RecordState::InForce | RecordState::NotYet => Ink::Dim,
                RecordState::EndsSoon | RecordState::Unused | RecordState::Ended => Ink::Warning,
                RecordState::Lapsed | RecordState::Refused => Ink::Error,
            };
            let because = if record.because.is_empty() { String::new() } else { format!(": {}", record.because) };
            let text =
                format!("{} {}{}  {}", record.kind.as_str(), record.id, because, format_args!("({})", record.owner));
            let text = format!("{}  {}", clean(&text), style.file(&record.file, None));
            let mark = format!("   {} ", style.paint(ink, style.sign("·", "-")));
            self.writer.push(&text, &mark, "     ");
        }
        let rest = shown.len().saturating_sub(most);
        if rest > 0 {
            self.writer.push(&format!("and {} more; `--show records` lists them", number(rest)), "     ", "     ");
        }
        self.writer.out.push('\n');
    }
}
