//! One quiet line that is redrawn at a terminal while something is waited for.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::output::{self, Mode};

/// Takes its line away when it is dropped.
pub(crate) struct Waiting(Option<ProgressBar>);

impl Waiting {
    pub(crate) fn new(mode: Mode) -> Self {
        Self((mode == Mode::Terminal).then(|| {
            let bar = ProgressBar::new_spinner();
            let style = ProgressStyle::with_template("  {spinner} {msg}");
            bar.set_style(style.expect("the template is a valid one"));
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        }))
    }

    /// Shows what is waited for now.
    pub(crate) fn say(&self, what: impl Into<String>) {
        if let Some(bar) = &self.0 {
            bar.set_message(what.into());
        }
    }

    /// A line of the result, above the one that is redrawn.
    pub(crate) fn line(&self, text: &str) {
        self.above(|| output::line(text));
    }

    /// A line on the side, above the one that is redrawn.
    pub(crate) fn note(&self, text: &str) {
        self.above(|| output::note(text));
    }

    fn above(&self, say: impl FnOnce()) {
        match &self.0 {
            Some(bar) => bar.suspend(say),
            None => say(),
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
