//! `user.getWeeklyArtistChart` — API key only.
//!
//! The artists that a user has played most in a week.
//!
//! # Observed
//!
//! * 2020-10: a chart that names only one of its ends is not cut at either, so both are set at once.
//! * 2020-10: `limit` works up to 1000, though the service's page does not know it.
//! * 2023-10: the stretch need not be a week; one of nine months was answered.

use crate::methods::arguments::Week;
use crate::{
    ArtistEntry, Authentication, DecodeError, InvalidArgument, Method, Params, Timestamp, Username,
    Verb, WeeklyChart,
};

/// Asks for the artists that a user has played most in a week.
///
/// Each comes with its rank and the user's plays in that time.
///
/// Service documentation: <https://www.last.fm/api/show/user.getWeeklyArtistChart>.
///
/// ```
/// use lastfm_core::methods::user::GetWeeklyArtistChart;
/// use lastfm_core::{Method, Params, Timestamp};
///
/// let from = Timestamp::from_unix(1_108_296_000);
/// let mut params = Params::default();
/// GetWeeklyArtistChart::new("RJ".parse()?).between(from, from.plus(604_800)).params(&mut params);
/// assert_eq!(params.to_form(), "from=1108296000&to=1108900800&user=RJ");
/// # Ok::<(), lastfm_core::InvalidUsername>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetWeeklyArtistChart {
    week: Week,
}

impl GetWeeklyArtistChart {
    /// The chart of this user's last week.
    pub fn new(user: Username) -> Self {
        Self { week: Week::last_of(user) }
    }

    /// The chart of this time instead, in seconds, whole weeks as
    /// [`GetWeeklyChartList`](super::GetWeeklyChartList) tells them or any other. `from` must
    /// not come after `to`. Default: the last week.
    pub fn between(self, from: Timestamp, to: Timestamp) -> Self {
        Self { week: self.week.between(from, to) }
    }

    /// How many artists, 1 to 1000. Default: the service's choice.
    pub fn limit(self, limit: u32) -> Self {
        Self { week: self.week.limit(limit) }
    }
}

impl Method for GetWeeklyArtistChart {
    const NAME: &'static str = "user.getWeeklyArtistChart";
    const VERB: Verb = Verb::Read;
    const AUTHENTICATION: Authentication = Authentication::ApiKey;
    type Response = WeeklyChart<ArtistEntry>;

    fn params(&self, params: &mut Params) {
        self.week.params(params);
    }

    fn check(&self) -> Result<(), InvalidArgument> {
        self.week.check()
    }

    fn decode(body: &str) -> Result<WeeklyChart<ArtistEntry>, DecodeError> {
        WeeklyChart::read(body, "weeklyartistchart", "artist")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Mbid;
    use crate::methods::harness::{self, rj};

    #[test]
    fn it_keeps_its_contract() {
        let all = GetWeeklyArtistChart::new(rj())
            .between(Timestamp::from_unix(7), Timestamp::from_unix(9))
            .limit(1000);
        harness::method::<GetWeeklyArtistChart>()
            .sends(GetWeeklyArtistChart::new(rj()), "user=RJ")
            .sends(all, "from=7&limit=1000&to=9&user=RJ")
            .refuses(
                &GetWeeklyArtistChart::new(rj())
                    .between(Timestamp::from_unix(9), Timestamp::from_unix(8)),
                "from",
            )
            .refuses(&GetWeeklyArtistChart::new(rj()).limit(0), "limit")
            .refuses(&GetWeeklyArtistChart::new(rj()).limit(1001), "limit")
            .reads(
                r#"{"weeklyartistchart":{"artist":[{"mbid":"m","url":"u","name":"Low",
                    "@attr":{"rank":"1"},"playcount":"162"}],
                    "@attr":{"from":"1672531200","user":"RJ","to":"1697379092"}}}"#,
                |chart| {
                    assert_eq!(chart.of.as_deref(), Some("RJ"));
                    assert_eq!(chart.from, Some(Timestamp::from_unix(1_672_531_200)));
                    assert_eq!(chart.to, Some(Timestamp::from_unix(1_697_379_092)));
                    let artist = &chart.items[0];
                    assert_eq!(
                        (&*artist.name, artist.mbid.as_ref()),
                        ("Low", Mbid::new("m").as_ref())
                    );
                    assert_eq!((artist.rank, artist.play_count), (Some(1), Some(162)));
                    assert_eq!(artist.url.as_deref(), Some("u"));
                },
            )
            .reads(
                r##"{"weeklyartistchart":{"#text":"\n","user":"RJ","from":"7","to":""}}"##,
                |chart| {
                    assert_eq!((chart.of.as_deref(), chart.items.len()), (Some("RJ"), 0));
                    assert_eq!((chart.from, chart.to), (Some(Timestamp::from_unix(7)), None));
                },
            )
            .reads(r#"{"weeklyartistchart":{"artist":{"name":"x"}}}"#, |chart| {
                assert_eq!((&*chart.items[0].name, chart.items[0].rank), ("x", None));
                assert_eq!((chart.of, chart.from), (None, None));
            })
            .rejects([
                "{}",
                r#"{"weeklyartistchart":"soon"}"#,
                r#"{"weeklyartistchart":{"artist":[7]}}"#,
                r#"{"weeklyartistchart":{"artist":[],"@attr":{"from":"soon"}}}"#,
            ]);
    }
}
