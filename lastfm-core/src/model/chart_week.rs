//! A week that has a chart.

use super::Timestamp;
use crate::DecodeError;
use crate::wire::{Entry, Object};

/// A week that has a chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChartWeek {
    /// Its beginning, as the charts want it: a Sunday at noon.
    pub from: Timestamp,
    /// Its end, which is the beginning of the next.
    pub to: Timestamp,
}

impl Entry for ChartWeek {
    fn read(item: &str) -> Result<Self, DecodeError> {
        let week = Object::read(item)?;
        let ends = week.moment("from")?.zip(week.moment("to")?);
        let (from, to) = ends.ok_or_else(|| DecodeError::new("a week has no ends"))?;
        Ok(Self { from, to })
    }
}
