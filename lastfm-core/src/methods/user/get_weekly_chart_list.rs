//! `user.getWeeklyChartList` — API key only.
//!
//! The weeks that have charts.
//!
//! # Observed
//!
//! * 2025-11: the list starts on 13 February 2005 for everybody, whenever the account was opened.

use crate::wire::Object;
use crate::{Authentication, ChartWeek, DecodeError, Method, Params, Username, Verb};

/// Asks for the weeks that have charts, the oldest first.
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
        Object::read(body)?.object("weeklychartlist")?.list("chart")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::methods::harness::{self, rj};

    #[test]
    fn it_keeps_its_contract() {
        harness::method::<GetWeeklyChartList>()
            .sends(GetWeeklyChartList::new(rj()), "user=RJ")
            .reads(
                r##"{"weeklychartlist":{"chart":[{"#text":"","from":"1","to":"2"},{"#text":"",
                    "from":"2","to":"3"}],"@attr":{"user":"RJ"}}}"##,
                |weeks| {
                    assert_eq!((weeks[0].from.as_unix(), weeks[0].to.as_unix()), (1, 2));
                    assert_eq!((weeks[1].from.as_unix(), weeks[1].to.as_unix()), (2, 3));
                },
            )
            .reads(r##"{"weeklychartlist":{"chart":{"#text":"","from":1,"to":"2"}}}"##, |weeks| {
                assert_eq!((weeks[0].from.as_unix(), weeks[0].to.as_unix()), (1, 2));
            })
            .reads(r#"{"weeklychartlist":{"chart":"\n "}}"#, |weeks| assert_eq!(weeks, []))
            .rejects([
                "{}",
                r#"{"weeklychartlist":7}"#,
                r#"{"weeklychartlist":{"chart":[{"from":"1"}]}}"#,
                r#"{"weeklychartlist":{"chart":[{"from":"1","to":"x"}]}}"#,
                r#"{"error":6,"message":"User not found"}"#,
            ]);
    }
}
