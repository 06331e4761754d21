//! What a change makes of the rules.

use super::super::rules_change::{FlipReport, RulesChangeReport};
use super::super::words::{count, number};
use super::Page;
use super::style::{Ink, clean};
use crate::gate::{FlipKind, Weight};

/// Effects that are printed, of each weight.
const EFFECTS: usize = 12;
/// Findings that are named.
const FLIPS: usize = 8;

impl Page<'_, '_> {
    /// The rules that the change brings, by effect: weakening first, then what would become of head's findings.
    pub(super) fn rules_change(&mut self) {
        let report = self.report;
        let Some(change) = report.rules_change.as_ref().filter(|change| !change.is_silent()) else { return };
        let style = self.writer.style;
        let whose = report.base.as_ref().map_or("the target", |base| &base.label);
        let of = |weight: Weight| change.effects.iter().filter(move |effect| effect.weight == weight);
        let mut kinds = Vec::new();
        for (weight, one, many) in [
            (Weight::Weakens, "weakens", "weaken"),
            (Weight::Alters, "alters", "alter"),
            (Weight::Tightens, "tightens", "tighten"),
        ] {
            match of(weight).count() {
                0 => {}
                1 => kinds.push(format!("1 {one}")),
                n => kinds.push(format!("{} {many}", number(n))),
            }
        }
        let what = if kinds.is_empty() { "no effect".to_owned() } else { kinds.join(", ") };
        self.note(&format!("rules this change brings ({what}); those of {whose} judged it:"));
        for (weight, ink, mark) in [
            (Weight::Weakens, Ink::Error, style.sign("▼", "v")),
            (Weight::Alters, Ink::Warning, style.sign("◆", "*")),
            (Weight::Tightens, Ink::Good, style.sign("▲", "^")),
        ] {
            let first = format!("   {} ", style.paint(ink, mark));
            for effect in of(weight).take(EFFECTS) {
                let at = effect.file.as_ref().map(|file| format!("  {}", style.file(file, effect.line)));
                let author = if effect.concerns_author { " (concerns an author of this change)" } else { "" };
                let text = format!("{}{}", clean(&format!("{}{author}", effect.text)), at.unwrap_or_default());
                self.writer.push(&text, &first, "     ");
                if let Some(witness) = &effect.witness {
                    let text = style.paint(Ink::Dim, &format!("shown by {witness}"));
                    self.writer.push(&text, "       ", "       ");
                }
            }
            let rest = of(weight).count().saturating_sub(EFFECTS);
            if rest > 0 {
                self.writer.push(&format!("and {} more; `--output json` has them all", number(rest)), "     ", "     ");
            }
        }
        for same in &change.rewritten {
            let text = format!("{} is rewritten; no difference in {} cases", same.policy, number(same.cases));
            self.writer.push(&style.paint(Ink::Dim, &text), "     ", "     ");
        }
        self.flips(change);
        self.writer.out.push('\n');
    }

    fn flips(&mut self, change: &RulesChangeReport) {
        let Some(said) = change.flips_in_words() else { return };
        let authors = change.flips.iter().any(|flip| flip.concerns_author && flip.kind.weakens());
        let text = format!("under them {said}");
        let ink = if authors { Ink::Error } else { Ink::Warning };
        let text = self.writer.style.paint(ink, &text);
        self.writer.push(&text, "   ", "     ");
        for flip in change.flips.iter().take(FLIPS) {
            self.flip(flip);
        }
        let rest = change.flips.len().saturating_sub(FLIPS);
        if rest > 0 {
            let more = count(rest, "more", "more");
            self.writer.push(&format!("and {more}; `--output json` has them all"), "     ", "     ");
        }
    }

    fn flip(&mut self, flip: &FlipReport) {
        let style = self.writer.style;
        let sign = match flip.kind {
            FlipKind::Vanishes => "-",
            FlipKind::StopsBlocking | FlipKind::StartsBlocking => "~",
            FlipKind::Appears => "+",
        };
        let text = format!("{} {}", style.paint(Ink::Bold, &flip.policy), clean(&flip.message));
        self.writer.push(&text, &format!("     {sign} "), "       ");
    }
}
