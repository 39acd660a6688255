//! What a user has played most in a stretch of time.

use super::Timestamp;
use crate::DecodeError;
use crate::wire::{Entry, Object};

/// What a user has played most in a stretch of time, as a rule a week.
///
/// Everything but the items is `None` where the service does not say.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct WeeklyChart<T> {
    /// Whose chart it is, as the service spells the name.
    pub of: Option<String>,
    /// Where the stretch begins.
    pub from: Option<Timestamp>,
    /// Where it ends.
    pub to: Option<Timestamp>,
    /// The items, most played first.
    pub items: Vec<T>,
}

impl<T> WeeklyChart<T> {
    /// Reads the list called `items` of the member `chart` of an answer.
    pub(crate) fn read(body: &str, chart: &str, items: &str) -> Result<Self, DecodeError>
    where
        T: Entry,
    {
        let chart = Object::read(body)?.object(chart)?;
        let items = chart.list(items)?;
        let attributes = chart.attributes();
        Ok(Self {
            of: attributes.text("user"),
            from: attributes.moment("from")?,
            to: attributes.moment("to")?,
            items,
        })
    }
}
