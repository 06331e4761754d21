//! One line on a terminal's standard error that says what is being done; gone at the end.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::Env;
use crate::gate::Stage;

/// A line that comes and goes. There is none where nobody watches.
pub(super) struct Progress(Option<ProgressBar>);

impl Progress {
    /// Tells the stages of one run.
    pub(super) fn of_stages(env: &Env<'_>) -> Self {
        let bar = Self::watched(env).then(ProgressBar::new_spinner);
        if let Some(bar) = &bar {
            bar.enable_steady_tick(Duration::from_millis(120));
        }
        Self(bar)
    }

    /// Counts up to `all`; the words have `{pos}`, `{len}` and `{eta}`.
    pub(super) fn counting(env: &Env<'_>, all: usize, words: &str) -> Self {
        let bar = Self::watched(env).then(|| ProgressBar::new(u64::try_from(all).unwrap_or(u64::MAX)));
        if let (Some(bar), Ok(style)) = (&bar, ProgressStyle::with_template(words)) {
            bar.set_style(style);
        }
        Self(bar)
    }

    fn watched(env: &Env<'_>) -> bool {
        env.stderr_is_terminal && env.var("CI").is_none()
    }

    /// Says what a run is doing.
    pub(super) fn tell(&self, stage: Stage) {
        let Some(bar) = &self.0 else { return };
        bar.set_message(match stage {
            Stage::Searching(files) => format!("searching {files} files for secrets"),
            Stage::Reading(files) => format!("reading {files} files"),
            Stage::EvaluatingBase => "evaluating the base".to_owned(),
            Stage::EvaluatingHead => "evaluating the head".to_owned(),
            Stage::Deciding => "comparing".to_owned(),
            Stage::ComparingRules => "comparing the rules".to_owned(),
        });
    }

    /// One more is done.
    pub(super) fn step(&self) {
        if let Some(bar) = &self.0 {
            bar.inc(1);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
