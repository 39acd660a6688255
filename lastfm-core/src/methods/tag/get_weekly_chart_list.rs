//! `tag.getWeeklyChartList` — API key only.
//!
//! The weeks that have charts of a tag.

use crate::methods::arguments::not_blank;
use crate::wire::Object;
use crate::{Authentication, ChartWeek, DecodeError, InvalidArgument, Method, Params, Verb};

/// Asks for the weeks that have charts of a tag, the oldest first.
///
/// Service documentation: <https://www.last.fm/api/show/tag.getWeeklyChartList>.
///
/// ```
/// use lastfm_core::Method;
/// use lastfm_core::methods::tag::GetWeeklyChartList;
///
/// let weeks = GetWeeklyChartList::decode(
///     r#"{"weeklychartlist":{"chart":[{"from":"1108296000","to":"1108900800"}]}}"#,
/// )?;
/// assert_eq!(weeks[0].from.to_string(), "2005-02-13T12:00:00Z");
/// # Ok::<(), lastfm_core::DecodeError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetWeeklyChartList {
    tag: String,
}

impl GetWeeklyChartList {
    /// The weeks of this tag.
    pub fn new(tag: impl Into<String>) -> Self {
        Self { tag: tag.into() }
    }
}

impl Method for GetWeeklyChartList {
    const NAME: &'static str = "tag.getWeeklyChartList";
    const VERB: Verb = Verb::Read;
    const AUTHENTICATION: Authentication = Authentication::ApiKey;
    type Response = Vec<ChartWeek>;

    fn params(&self, params: &mut Params) {
        params.set("tag", &self.tag);
    }

    fn check(&self) -> Result<(), InvalidArgument> {
        not_blank("tag", &self.tag)
    }

    fn decode(body: &str) -> Result<Vec<ChartWeek>, DecodeError> {
        Object::read(body)?.object("weeklychartlist")?.list("chart")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::methods::harness;

    #[test]
    fn it_keeps_its_contract() {
        harness::method::<GetWeeklyChartList>()
            .sends(GetWeeklyChartList::new("slowcore"), "tag=slowcore")
            .refuses(&GetWeeklyChartList::new(" "), "tag")
            .reads(
                r##"{"weeklychartlist":{"chart":[{"#text":"","from":"1","to":"2"},{"#text":"",
                    "from":"2","to":"3"}],"@attr":{}}}"##,
                |weeks| {
                    assert_eq!((weeks[0].from.as_unix(), weeks[0].to.as_unix()), (1, 2));
                    assert_eq!((weeks[1].from.as_unix(), weeks[1].to.as_unix()), (2, 3));
                },
            )
            .reads(r#"{"weeklychartlist":{"chart":{"from":1,"to":2}}}"#, |weeks| {
                assert_eq!(weeks.len(), 1);
            })
            .reads(r#"{"weeklychartlist":{"chart":"\n "}}"#, |weeks| assert_eq!(weeks, []))
            .rejects([
                "{}",
                r#"{"weeklychartlist":7}"#,
                r#"{"weeklychartlist":{"chart":[7]}}"#,
                r#"{"weeklychartlist":{"chart":[{"from":"1"}]}}"#,
                r#"{"weeklychartlist":{"chart":[{"from":"1","to":"x"}]}}"#,
            ]);
    }
}
