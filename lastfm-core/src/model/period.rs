//! How far back a user's charts reach.

use std::fmt;

/// How far back a user's charts reach, counted from now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Period {
    /// Everything: the service's default.
    #[default]
    Overall,
    /// The last 7 days.
    Week,
    /// The last month.
    Month,
    /// The last 3 months.
    Quarter,
    /// The last 6 months.
    HalfYear,
    /// The last 12 months.
    Year,
}

impl fmt::Display for Period {
    /// As the service writes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Overall => "overall",
            Self::Week => "7day",
            Self::Month => "1month",
            Self::Quarter => "3month",
            Self::HalfYear => "6month",
            Self::Year => "12month",
        })
    }
}
