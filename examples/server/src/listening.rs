//! What somebody listened to, as pages show it: made from the archive once for many equal requests,
//! kept in a bounded cache, and made anew when what it is made from has changed.

use std::sync::Arc;
use std::time::Duration;

use lastfm_core::Timestamp;
use lastfm_core::albums::{PlayedAlbum, ReleaseYears, Status};
use lastfm_core::archive::{ArchivedUser, Revision, Span, UserId, Year};
use moka::future::Cache;
use terminal::dates;

use crate::app::App;
use crate::failure::Failure;
use crate::standing::Standing;
use crate::tops::Tops;

/// How long what is known of albums may be behind: other people's jobs, and corrections by hand, find
/// years without anybody being told.
const ALBUMS: Duration = Duration::from_secs(30);
/// How long a profile may be behind the clock.
const PROFILE: Duration = Duration::from_mins(5);
/// How long charts are kept that nobody looks at.
const TOPS: Duration = Duration::from_hours(24);
const DAY: i64 = 86_400;

/// Which years the music of one year is from.
#[derive(Debug)]
pub(crate) struct YearOf {
    pub(crate) years: ReleaseYears,
    /// Each album, the most played first.
    pub(crate) albums: Vec<PlayedAlbum>,
    /// Changes whenever the chart does.
    pub(crate) version: String,
}

impl YearOf {
    /// Whether some of its albums were never looked up.
    pub(crate) fn is_pending(&self) -> bool {
        self.years.undated.contains_key(&Status::Pending)
    }
}

/// What a profile shows of the archive.
#[derive(Debug)]
pub(crate) struct Profile {
    /// Calendar years, newest first.
    pub(crate) years: Vec<Year>,
    /// Plays of each of the last 24 months, oldest first, by the first second of the month; nothing
    /// where not all of them are archived.
    pub(crate) months: Vec<(Timestamp, Option<u64>)>,
    /// What was played most in the last twelve months, if all of them are archived.
    pub(crate) tops: Option<Tops>,
}

/// A year of somebody's plays, as they are now.
type YearKey = (UserId, i16, Revision, i64);

/// What was made lately.
pub(crate) struct Listening {
    years: Cache<YearKey, Arc<YearOf>>,
    profiles: Cache<(UserId, Revision), Arc<Profile>>,
    /// By the day on which they end and how much was played: an archive that grows elsewhere does
    /// not change them.
    tops: Cache<(UserId, i64, u64), Arc<Tops>>,
}

impl Listening {
    /// Keeps so many bytes at most, about.
    pub(crate) fn new(bytes: u64) -> Self {
        let weight = |_: &YearKey, year: &Arc<YearOf>| {
            let albums = year.albums.len() * size_of::<PlayedAlbum>();
            u32::try_from(1024 + albums).unwrap_or(u32::MAX)
        };
        Self {
            years: Cache::builder()
                .weigher(weight)
                .max_capacity(bytes)
                .time_to_live(ALBUMS)
                .build(),
            profiles: Cache::builder().max_capacity(1000).time_to_live(PROFILE).build(),
            tops: Cache::builder().max_capacity(1000).time_to_idle(TOPS).build(),
        }
    }
}

impl App {
    /// Which years the music of `year` is from. `change` rises with what a job finds out about its
    /// albums.
    pub(crate) async fn year_of(
        &self,
        standing: &Standing,
        year: i16,
        change: i64,
    ) -> Result<Arc<YearOf>, Failure> {
        let user = standing.status.user.id;
        let key = (user, year, standing.revision, change);
        let made = async {
            self.figures.made_pages.inc();
            let span = Span::year(year).unwrap_or(Span::EVER);
            let played = self.db.albums.played_albums(user, span).await?;
            let years = ReleaseYears::of(&played);
            let mut albums = played.albums;
            albums.sort_by_key(|album| (std::cmp::Reverse(album.plays), album.id));
            let version = xxhash_rust::xxh3::xxh3_64(format!("{years:?}").as_bytes());
            let version = format!("{version:016x}");
            Ok::<_, Failure>(Arc::new(YearOf { years, albums, version }))
        };
        let made = self.listening.years.try_get_with(key, made).await;
        made.map_err(|failure| (*failure).clone())
    }

    /// What a profile shows of the archive.
    pub(crate) async fn profile_of(&self, standing: &Standing) -> Result<Arc<Profile>, Failure> {
        let key = (standing.status.user.id, standing.revision);
        let made = async {
            self.figures.made_pages.inc();
            self.make_profile(standing).await.map(Arc::new)
        };
        let made = self.listening.profiles.try_get_with(key, made).await;
        made.map_err(|failure| (*failure).clone())
    }

    async fn make_profile(&self, standing: &Standing) -> Result<Profile, Failure> {
        let (store, user) = (&*self.db.store, &standing.status.user);
        let now = dates::now();
        let mut years = Year::archived(store, user, now).await?;
        years.reverse();
        let mut months = Vec::with_capacity(24);
        for month in dates::months(Span::new(two_years_before(now), now)) {
            // The last one goes on.
            let end = if month.end < now { month.end } else { Timestamp::MAX };
            let plays = if standing.covers(Span::new(month.start, end)) {
                Some(store.count(user.id, month).await?.plays)
            } else {
                None
            };
            months.push((month.start, plays));
        }
        let tops = self.tops_of(standing, user, now).await?;
        Ok(Profile { years, months, tops })
    }

    /// What was played most in the twelve months up to the last midnight that is archived.
    async fn tops_of(
        &self,
        standing: &Standing,
        user: &ArchivedUser,
        now: Timestamp,
    ) -> Result<Option<Tops>, Failure> {
        let end = standing.end().unwrap_or(now).min(now).as_unix();
        let end = end - end.rem_euclid(DAY);
        let last = Span::new(Timestamp::from_unix(end - 365 * DAY), Timestamp::from_unix(end));
        if !standing.covers(last) {
            return Ok(None);
        }
        let plays = self.db.store.count(user.id, last).await?.plays;
        let key = (user.id, end, plays);
        let store = &*self.db.store;
        let made = async { Ok::<_, Failure>(Tops::count(store, user.id, last).await?.into()) };
        let made = self.listening.tops.try_get_with(key, made).await;
        let made: Arc<Tops> = made.map_err(|failure| (*failure).clone())?;
        Ok(Some((*made).clone()))
    }
}

/// The first second of the month 23 months ago.
fn two_years_before(now: Timestamp) -> Timestamp {
    let at = jiff::Timestamp::from_second(now.as_unix()).unwrap_or_default();
    let today = jiff::tz::TimeZone::UTC.to_datetime(at).date();
    let first = today.first_of_month().checked_sub(jiff::Span::new().months(23));
    let midnight = first.ok().and_then(|first| first.to_zoned(jiff::tz::TimeZone::UTC).ok());
    midnight.map_or(now, |midnight| Timestamp::from_unix(midnight.timestamp().as_second()))
}
