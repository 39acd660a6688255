//! What a reader was lied to about, and has not been told the truth about since.

use std::ops::Range;

use crate::testing::SentRequest;

/// The windows of the recent tracks about which the last word was a lie.
#[derive(Debug, Default)]
pub(super) struct Lies(Vec<Range<i64>>);

impl Lies {
    /// Whether a lie in answer to this would be the first one in a row about all of its seconds.
    pub(super) fn is_first(&self, asked: &SentRequest) -> bool {
        let about = window(asked);
        !self.0.iter().any(|lied| lied.start < about.end && about.start < lied.end)
    }

    /// The answer to this was a lie.
    pub(super) fn lied(&mut self, asked: &SentRequest) {
        self.0.push(window(asked));
    }

    /// The answer to this was the truth.
    pub(super) fn told(&mut self, asked: &SentRequest) {
        let about = window(asked);
        self.0.retain(|lied| lied.start < about.start || about.end < lied.end);
    }
}

fn window(asked: &SentRequest) -> Range<i64> {
    let second = |name: &str| asked.param(name).and_then(|text| text.parse().ok());
    second("from").unwrap_or(i64::MIN)..second("to").unwrap_or(i64::MAX)
}
