//! `user.getWeeklyChartList` — API key only.
//!
//! The weeks that have charts.
//!
//! # Observed
//!
//! * 2025-11: the list starts on 13 February 2005 for everybody, whenever the account was opened.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{Authentication, DecodeError, Method, Params, Timestamp, Username, Verb, wire};

/// Asks for the weeks that have charts.
///
/// Service documentation: <https://www.last.fm/api/show/user.getWeeklyChartList>.
///
/// ```
/// use lastfm_core::Method;
/// use lastfm_core::methods::user::GetWeeklyChartList;
///
/// let weeks = GetWeeklyChartList::decode(
///     r#"{"weeklychartlist":{"chart":[{"from":"1108296000","to":"1108900800"}]}}"#,
/// )?;
/// assert_eq!(weeks[0].from.to_string(), "2005-02-13T12:00:00Z");
/// # Ok::<(), lastfm_core::DecodeError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetWeeklyChartList {
    user: Username,
}

impl GetWeeklyChartList {
    /// The weeks of this user.
    pub fn new(user: Username) -> Self {
        Self { user }
    }
}

impl Method for GetWeeklyChartList {
    const NAME: &'static str = "user.getWeeklyChartList";
    const VERB: Verb = Verb::Read;
    const AUTHENTICATION: Authentication = Authentication::ApiKey;
    type Response = Vec<ChartWeek>;

    fn params(&self, params: &mut Params) {
        params.set("user", &self.user);
    }

    fn decode(body: &str) -> Result<Vec<ChartWeek>, DecodeError> {
        let json = |error: serde_json::Error| DecodeError::json(&error);
        let body: Body<'_> = serde_json::from_str(body).map_err(json)?;
        wire::list(body.weeklychartlist.chart)?
            .into_iter()
            .map(|item| {
                let week: Item = serde_json::from_str(item.get()).map_err(json)?;
                let ends = week.from.zip(week.to);
                let (from, to) = ends.ok_or_else(|| DecodeError::new("a week has no ends"))?;
                Ok(ChartWeek { from: Timestamp::from_unix(from), to: Timestamp::from_unix(to) })
            })
            .collect()
    }
}

/// A week that has a chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChartWeek {
    /// Its beginning, as the charts want it: a Sunday at noon.
    pub from: Timestamp,
    /// Its end, which is the beginning of the next.
    pub to: Timestamp,
}

#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow)]
    weeklychartlist: List<'a>,
}

#[derive(Deserialize)]
struct List<'a> {
    #[serde(borrow)]
    chart: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Item {
    #[serde(default, deserialize_with = "wire::number")]
    from: Option<i64>,
    #[serde(default, deserialize_with = "wire::number")]
    to: Option<i64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_week_alone_is_a_list_too() {
        let mut params = Params::default();
        GetWeeklyChartList::new("RJ".parse().unwrap()).params(&mut params);
        assert_eq!(params.to_form(), "user=RJ");
        let one = r##"{"weeklychartlist":{"chart":{"#text":"","from":1,"to":"2"}}}"##;
        let weeks = GetWeeklyChartList::decode(one).unwrap();
        assert_eq!((weeks[0].from.as_unix(), weeks[0].to.as_unix()), (1, 2));
        let none = r#"{"weeklychartlist":{"chart":"\n "}}"#;
        assert_eq!(GetWeeklyChartList::decode(none).unwrap(), []);
    }

    #[test]
    fn a_week_without_an_end_is_an_error() {
        for body in [
            "{}",
            r#"{"weeklychartlist":{"chart":[{"from":"1"}]}}"#,
            r#"{"weeklychartlist":{"chart":[{"from":"1","to":"x"}]}}"#,
            r#"{"error":6,"message":"User not found"}"#,
        ] {
            assert!(GetWeeklyChartList::decode(body).is_err(), "{body}");
        }
    }
}
