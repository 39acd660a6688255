//! Everything about a fake Last.fm that can be chosen, as one value or one JSON file.

mod random;

use serde::{Deserialize, Serialize};

use super::{Faults, Happening};

/// What kind of listener, what happens to the account, how the service reads a request, and what
/// goes wrong.
///
/// A field that a JSON file leaves out has the value of [`calm`](Self::calm); an unknown one is
/// refused.
///
/// ```
/// use lastfm_core::testing::Scenario;
///
/// let scenario: Scenario = serde_json::from_str(
///     r#"{"history": {"plays": 300}, "service": {"max_per_page": 200},
///         "faults": {"random": [{"rate": 0.01, "fault": {"error": {"code": 8, "status": 500}}}]}}"#,
/// )?;
/// assert_eq!(scenario.history.plays, 300);
/// assert_eq!(scenario.user, "rj");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Scenario {
    /// The account's name, in its own spelling. Default `rj`.
    pub user: String,
    /// What the account holds at the start.
    pub history: HistoryKnobs,
    /// What happens by and by.
    pub life: LifeKnobs,
    /// What happens at a fixed time, in any order.
    pub scheduled: Vec<Scheduled>,
    /// How the service reads a request and writes an answer.
    pub service: ServiceKnobs,
    /// What goes wrong.
    pub faults: Faults,
    /// Seconds that the service cannot read.
    pub poison: PoisonKnobs,
}

/// The listening history at the start.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct HistoryKnobs {
    /// Plays in sessions over the years, beside those that the knobs below add. Default 5000.
    pub plays: usize,
    /// How long the history is. Years, default 17.
    pub years: f64,
    /// The share of tracks without an album. Default: drawn from 0.15 to 0.35.
    pub without_album: Option<f64>,
    /// The share of tracks with a name that breaks careless code. Default 0.02.
    pub hostile_names: f64,
    /// The share of plays in the same second as the one before. Default 0.01.
    pub same_second: f64,
    /// The share of plays that are exact repeats of the one before, second included. Default
    /// 0.01.
    pub exact_repeats: f64,
    /// Single seconds with this many plays each, as an old player's sync leaves them. Default
    /// none; 1500 is known to happen.
    pub dense_seconds: Vec<usize>,
    /// Plays at second 0. Default 0.
    pub at_second_zero: usize,
    /// Plays from the ten years before the registration. Default 0.
    pub before_registration: usize,
    /// Plays from before 1970. Default 0.
    pub before_1970: usize,
    /// Plays up to a year ahead of the service's time. Default 0.
    pub in_the_future: usize,
}

/// What happens to the account by and by, at random times.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct LifeKnobs {
    /// New plays a day. They appear when the track ends, with the time of its start. Default 30.
    pub plays_per_day: f64,
    /// How often a day an offline device delivers 20 to 60 plays, up to 13 days old. Default 0.
    pub late_batches_per_day: f64,
    /// Single plays deleted a day. Default 0.
    pub deletes_per_day: f64,
    /// Plays a day whose track or album is renamed, the second unchanged. Default 0.
    pub edits_per_day: f64,
    /// Tracks a day whose mbids and images change, for all their plays. Default 0.
    pub touches_per_day: f64,
    /// When all this stops. Seconds after the start, default never.
    pub until: Option<u64>,
}

/// Something that happens at a fixed time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scheduled {
    /// Seconds after the start.
    pub after: u64,
    /// What happens.
    pub happening: Happening,
}

/// How the service reads a request and writes an answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
#[allow(clippy::struct_excessive_bools)] // Each is a switch of its own.
pub struct ServiceKnobs {
    /// Whether `from` is part of the window. Default inclusive, as recorded in 2026.
    pub from_edge: Edge,
    /// Whether `to` is part of the window. Default exclusive, as recorded in 2026.
    pub to_edge: Edge,
    /// Whether `from=0` and `to=0` count as not given. Default true.
    pub zero_is_unset: bool,
    /// The order of plays within a second. Default stable.
    pub ties: Ties,
    /// The longest page; longer ones are cut to it. 1 to 1000, default 1000.
    pub max_per_page: u64,
    /// What is on top of every page while a track is playing. Default while playing.
    pub now_playing: NowPlaying,
    /// Whether a page of one item has an object instead of a list. Default false.
    pub single_as_object: bool,
    /// How an empty page is written. Default a list without items.
    pub empty_page: EmptyPage,
    /// How far `total` is behind. Seconds, default 0.
    pub total_lag: u64,
    /// How much the profile's play count is above what the pages hold. Default 0.
    pub playcount_error: i64,
    /// Whether answers have a `Date`. Default true.
    pub date_header: bool,
    /// How wrong `Date` is. Seconds ahead, default 0.
    pub date_error: i64,
    /// The `Retry-After` of answers with 429 and 503. Seconds, default none.
    pub retry_after: Option<u64>,
    /// More requests than this in a second are answered with error 29. Default no limit.
    pub max_per_second: Option<u32>,
    /// Pages longer than this fail with error 8, until faults end. Default none.
    pub pages_fail_above: Option<u64>,
    /// The only key that is known. Default: any that is not empty.
    pub api_key: Option<String>,
    /// The secret that a signature is checked with, if
    /// [no other](super::FakeLastfm::know_app) is known for the key. Default: unchecked.
    pub shared_secret: Option<String>,
    /// A session of the first account, there from the start. Default none.
    pub session_key: Option<String>,
    /// The password of every account, for `auth.getMobileSession`. Default `password`.
    pub password: String,
    /// How many scrobbles of an account are accepted in a day (UTC). Default 600.
    pub scrobbles_per_day: usize,
    /// What becomes of the rest. Default ignored, as documented.
    pub daily_limit: DailyLimit,
    /// How late a day's count starts anew. Hours after 00:00 UTC, default 0.
    pub day_is_late: u64,
    /// Whether a scrobble of the same artist, track and second as one before is dropped, and told
    /// as accepted all the same; in 2013 it was stored again. Default true, as in 2026.
    pub drops_repeats: bool,
    /// How long it can take until an accepted scrobble is among the recent tracks and the plays of
    /// its track; each takes a time of its own. Seconds, default 0.
    pub shown_after: u64,
    /// Whether what is said of the scrobbles of a request comes in another order than they did.
    /// Default false.
    pub shuffles_verdicts: bool,
    /// The longest body of a request. Bytes, default no limit.
    pub longest_request: Option<usize>,
    /// What becomes of a longer one. Default status 413.
    pub too_long: TooLong,
    /// Artists whose scrobbles are ignored with code 1, in any case of letters. Default `Various`,
    /// `Unknown Artist`, and what broken programs send: `undefined` and `null`.
    pub filtered_artists: Vec<String>,
    /// Tracks whose scrobbles are ignored with code 2, in any case of letters. Default none.
    pub filtered_tracks: Vec<String>,
    /// What becomes of a scrobble that is older than 14 days. Default ignored, as documented.
    pub old_scrobbles: OldScrobbles,
    /// Whether the history is hidden: it takes the user's session to read recent tracks and the
    /// plays of a track. Whether charts are hidden too is not known; here they are not.
    /// Default false.
    pub hidden: bool,
}

/// Seconds that the service cannot read: asking for them fails with error 8.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct PoisonKnobs {
    /// These seconds. Default none.
    pub seconds: Vec<i64>,
    /// So many more, of plays that the history holds at the start. Default 0.
    pub random: usize,
    /// What fails. Default every window that holds such a play.
    pub scope: PoisonScope,
}

/// Whether an end of a window belongs to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // The names say all there is.
pub enum Edge {
    Inclusive,
    Exclusive,
}

/// The order of plays within one second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ties {
    /// The same in every answer.
    Stable,
    /// Another one in every answer.
    Random,
}

/// Whether a track without a date is on top of every page, beyond its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NowPlaying {
    /// Never.
    Never,
    /// While a track is playing.
    WhilePlaying,
    /// Always, as if the last track lingered.
    Always,
}

/// How a page without plays is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EmptyPage {
    /// `"track":[]` and `@attr`.
    List,
    /// `"#text":"\n"` and the attributes beside it, as in 2014.
    Text2014,
}

/// What becomes of scrobbles beyond those of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DailyLimit {
    /// Each is ignored with code 5.
    Ignored,
    /// Once the day has had its number, a request is refused as a whole with error 29, "Too many
    /// scrobbles in a short period".
    #[serde(rename = "error_29")]
    Error29,
}

/// What becomes of a request that is too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TooLong {
    /// Status 413 and a page of HTML.
    #[serde(rename = "status_413")]
    Status413,
    /// Error 6, as if something were missing.
    #[serde(rename = "error_6")]
    Error6,
    /// Error 13: the form was cut off, and the signature no longer goes with it.
    #[serde(rename = "error_13")]
    Error13,
}

/// What becomes of a scrobble that is older than 14 days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OldScrobbles {
    /// It is ignored with code 3.
    Ignored,
    /// It is ignored with code 1, as if its artist were filtered.
    Filtered,
    /// It is accepted, and never seen again.
    Lost,
}

/// Which requests a second fails that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PoisonScope {
    /// Each whose window holds a play of that second, on whatever page. The newest page without
    /// `from` is one of them.
    #[default]
    Window,
    /// Each that would show a play of that second.
    Page,
}

impl Scenario {
    /// A listener of 17 years, 30 new plays a day and a service without faults.
    pub fn calm() -> Self {
        Self::default()
    }

    /// A history of this many plays that never changes, read by a service without faults.
    pub fn still(plays: usize) -> Self {
        let mut scenario = Self::default();
        scenario.history.plays = plays;
        scenario.life.plays_per_day = 0.0;
        scenario
    }
}

impl Default for Scenario {
    fn default() -> Self {
        Self {
            user: "rj".to_owned(),
            history: HistoryKnobs::default(),
            life: LifeKnobs::default(),
            scheduled: Vec::new(),
            service: ServiceKnobs::default(),
            faults: Faults::default(),
            poison: PoisonKnobs::default(),
        }
    }
}

impl Default for HistoryKnobs {
    fn default() -> Self {
        Self {
            plays: 5_000,
            years: 17.0,
            without_album: None,
            hostile_names: 0.02,
            same_second: 0.01,
            exact_repeats: 0.01,
            dense_seconds: Vec::new(),
            at_second_zero: 0,
            before_registration: 0,
            before_1970: 0,
            in_the_future: 0,
        }
    }
}

impl Default for LifeKnobs {
    fn default() -> Self {
        Self {
            plays_per_day: 30.0,
            late_batches_per_day: 0.0,
            deletes_per_day: 0.0,
            edits_per_day: 0.0,
            touches_per_day: 0.0,
            until: None,
        }
    }
}

impl Default for ServiceKnobs {
    fn default() -> Self {
        Self {
            from_edge: Edge::Inclusive,
            to_edge: Edge::Exclusive,
            zero_is_unset: true,
            ties: Ties::Stable,
            max_per_page: 1_000,
            now_playing: NowPlaying::WhilePlaying,
            single_as_object: false,
            empty_page: EmptyPage::List,
            total_lag: 0,
            playcount_error: 0,
            date_header: true,
            date_error: 0,
            retry_after: None,
            max_per_second: None,
            pages_fail_above: None,
            api_key: None,
            shared_secret: None,
            session_key: None,
            password: "password".to_owned(),
            scrobbles_per_day: 600,
            daily_limit: DailyLimit::Ignored,
            day_is_late: 0,
            drops_repeats: true,
            shown_after: 0,
            shuffles_verdicts: false,
            longest_request: None,
            too_long: TooLong::Status413,
            filtered_artists: ["Various", "Unknown Artist", "undefined", "null"]
                .map(str::to_owned)
                .to_vec(),
            filtered_tracks: Vec::new(),
            old_scrobbles: OldScrobbles::Ignored,
            hidden: false,
        }
    }
}
