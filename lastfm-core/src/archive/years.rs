//! The years of a history: how many plays each has on the service, and how many are archived.

use std::collections::{HashMap, VecDeque};

use super::archiver::Archiver;
use super::coverage::Coverage;
use super::progress::{Events, SyncError};
use super::reader::{Failure, Reader};
use super::store::{ArchiveStore, ArchivedUser};
use crate::recent_tracks::{Belief, Window};
use crate::store_error::StoreResult;
use crate::{Span, Timestamp, Username};

/// The first year of the service, for accounts of which nothing is known.
const FOUNDED: i16 = 2002;

/// One calendar year, UTC, of a listening history; or all that is dated earlier.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Year {
    /// The year; nothing for all plays that are dated before the year in which the account was
    /// made.
    pub year: Option<i16>,
    /// Its seconds.
    pub span: Span,
    /// Plays that the service counts; nothing if it was not asked, because the archive covers all
    /// of it, or if it does not say.
    pub counted: Option<u64>,
    /// Plays that the archive holds.
    pub held: u64,
    /// What of it, up to now, is not archived, oldest first.
    pub missing: Vec<Span>,
}

impl Year {
    /// The years of an archive, oldest first, without asking the service: from the year in which
    /// the account was made (not known: that of the first play) up to the year of `now`.
    ///
    /// # Errors
    ///
    /// Whatever the store fails with.
    pub async fn archived(
        store: &dyn ArchiveStore,
        user: &ArchivedUser,
        now: Timestamp,
    ) -> StoreResult<Vec<Self>> {
        let first_played = store.bounds(user.id).await?.map(|(first, _)| first);
        let first = user.registered_at.or(first_played).unwrap_or(now);
        let mut years = Self::list(store, Some(user), first, now).await?;
        // What came since the last run is not missing yet; a year that no run has reached is.
        let covered = store.coverage(user.id).await?;
        let until = covered.last().map_or(Timestamp::MAX, |last| last.span.end);
        for year in years.iter_mut().filter(|year| year.span.start < until) {
            year.missing.retain(|gap| gap.start < until);
        }
        years.retain(Self::is_of_interest);
        Ok(years)
    }

    /// Plays: as the service counts them if it was asked, else as the archive holds them.
    pub fn play_count(&self) -> u64 {
        self.counted.unwrap_or(self.held)
    }

    /// Whether the archive holds all of it, up to now.
    pub fn is_covered(&self) -> bool {
        self.missing.is_empty()
    }

    async fn list(
        store: &dyn ArchiveStore,
        user: Option<&ArchivedUser>,
        first: Timestamp,
        now: Timestamp,
    ) -> StoreResult<Vec<Self>> {
        let last = now.year().unwrap_or(FOUNDED);
        let first = first.year().unwrap_or(FOUNDED).min(last);
        let coverage = match user {
            Some(user) => Coverage::new(store.coverage(user.id).await?),
            None => Coverage::default(),
        };
        let calendar = (first..=last).filter_map(|year| Some((Some(year), Span::year(year)?)));
        let calendar: Vec<_> = calendar.collect();
        let begins = calendar.first().map_or(Timestamp::MIN, |(_, span)| span.start);
        let earlier = (None, Span::new(Timestamp::MIN, begins));
        let mut years = Vec::with_capacity(calendar.len() + 1);
        for (year, span) in [earlier].into_iter().chain(calendar) {
            let held = match user {
                Some(user) => store.count(user.id, span).await?.plays,
                None => 0,
            };
            let missing = coverage.gaps(span.intersection(Span::new(Timestamp::MIN, now)));
            years.push(Self { year, span, counted: None, held, missing });
        }
        Ok(years)
    }

    /// What is dated before the account was made is told of only if there is anything.
    fn is_of_interest(&self) -> bool {
        self.year.is_some() || self.held > 0 || self.counted.is_some_and(|plays| plays > 0)
    }
}

/// The years of a history, read one after the other, oldest first.
///
/// A year that the archive covers whole is counted there. For the others the service is asked how
/// many plays come before each turn of the year, about one request a year; the difference is the
/// year's, so that every play is counted once whichever way the service reads the edges of a
/// window, and a year without plays is no empty answer, which would have to be asked twice.
///
/// The service has a list of weekly charts that looks like an answer to the same question. It
/// lists every week since 2005 for every account and says nothing about anybody's plays.
///
/// # Cancel safety
///
/// Dropping [`next`](Self::next) loses a request at most; called again, it asks again.
#[derive(Debug)]
pub struct Years {
    reader: Reader,
    left: VecDeque<Year>,
    /// The end of the last year.
    end: Timestamp,
    /// Plays before a moment, as far as they were asked for.
    before: HashMap<Timestamp, Option<u64>>,
    /// Whether the service fails on windows that reach back to the beginning: each year is asked
    /// for alone then.
    is_refused: bool,
}

impl Archiver {
    /// Finds the years of a user, who need not be archived; nothing is added to the store.
    /// [`Years::next`] then tells how many plays each of them has.
    ///
    /// ```
    /// # #[cfg(feature = "testing")]
    /// # futures_executor::block_on(async {
    /// # use std::sync::{Arc, Mutex};
    /// # use lastfm_core::archive::{Archiver, MemoryStore, WorkerId};
    /// # use lastfm_core::testing::{FakeLastfm, FakeLastfmTransport, Scenario, VirtualClock};
    /// # use lastfm_core::{ApiKey, Client, Credentials, Timestamp};
    /// # let start = Timestamp::from_unix(1_780_000_000);
    /// # let clock = Arc::new(VirtualClock::new(start));
    /// # let fake = Arc::new(Mutex::new(FakeLastfm::new(1, &Scenario::still(2500), start)));
    /// # let transport = Arc::new(FakeLastfmTransport::new(fake, clock.clone()));
    /// # let credentials = Credentials::read_only(ApiKey::new("key")?);
    /// # let client = Client::builder(credentials, transport, clock.clone()).build();
    /// # let store = Arc::new(MemoryStore::new(clock));
    /// # let archiver = Archiver::new(client, store, WorkerId("this machine".to_owned()));
    /// let mut years = archiver.years("rj".parse()?).await?;
    /// let mut plays = 0;
    /// while let Some(year) = years.next().await? {
    ///     plays += year.play_count();
    /// }
    /// assert_eq!(plays, 2500);
    /// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// [`SyncError`] if the service does not answer, or knows no such user; the same from `next`.
    pub async fn years(&self, user: Username) -> Result<Years, SyncError> {
        let reader = Reader::new(self.0.clone(), user, Events::default());
        Years::begin(reader).await
    }
}

impl Years {
    async fn begin(mut reader: Reader) -> Result<Self, SyncError> {
        let stored = |source| SyncError::Store { source };
        let known = reader.store.user(&reader.name).await.map_err(stored)?;
        if let Some(user) = &known {
            reader.name = user.name.clone();
        }
        let name = reader.name.clone();
        let profile = reader
            .profile(&name)
            .await
            .map_err(|failure| failure.into_error("a person asked to stop"))?;
        reader.name = profile.name;
        let of_archive = known.as_ref().and_then(|user| user.registered_at);
        if let (Some(ours), Some(registered_at)) = (of_archive, profile.registered_at)
            && ours != registered_at
        {
            return Err(SyncError::AnotherAccount { name, registered_at });
        }
        let now = reader.now();
        let founded = Timestamp::start_of_year(FOUNDED).unwrap_or(Timestamp::MIN);
        let first = profile.registered_at.or(of_archive).unwrap_or(founded);
        let list = Year::list(&*reader.store, known.as_ref(), first, now).await.map_err(stored)?;
        let end = list.last().map_or(now, |year| year.span.end);
        Ok(Self { reader, left: list.into(), end, before: HashMap::new(), is_refused: false })
    }

    /// The user, as the service spells the name.
    pub fn user(&self) -> &Username {
        &self.reader.name
    }

    /// The years that are still to come, oldest first, as the archive knows them.
    pub fn left(&self) -> impl ExactSizeIterator<Item = &Year> {
        self.left.iter()
    }

    /// The next year; nothing after the last one.
    ///
    /// # Errors
    ///
    /// See [`Archiver::years`].
    pub async fn next(&mut self) -> Result<Option<Year>, SyncError> {
        while let Some(mut year) = self.left.front().cloned() {
            if !year.is_covered() {
                year.counted = match self.count(&year).await {
                    Ok(counted) => counted,
                    Err(Failure::Refused(_)) => None,
                    Err(failure) => return Err(failure.into_error("a person asked to stop")),
                };
            }
            self.left.pop_front();
            if year.is_of_interest() {
                return Ok(Some(year));
            }
        }
        Ok(None)
    }

    /// Plays of a year, as the service counts them.
    async fn count(&mut self, year: &Year) -> Result<Option<u64>, Failure> {
        let span = year.span;
        if !self.is_refused {
            let counted = match year.year {
                Some(_) => self.count_by_difference(span).await,
                None => self.count_earlier(span.end).await,
            };
            match counted {
                Err(Failure::Refused(_)) => self.is_refused = true,
                counted => return counted,
            }
        }
        self.total(Some(span.start).filter(|start| *start != Timestamp::MIN), span.end).await
    }

    async fn count_by_difference(&mut self, span: Span) -> Result<Option<u64>, Failure> {
        let before = self.before(span.start).await?;
        let until = self.before(span.end).await?;
        Ok(before.zip(until).map(|(before, until)| until.saturating_sub(before)))
    }

    /// What is dated before the account was made: most often nothing, so it is asked for only if
    /// the rest is not all there is.
    async fn count_earlier(&mut self, end: Timestamp) -> Result<Option<u64>, Failure> {
        let all = self.before(self.end).await?;
        if all.is_some() && all == self.total(Some(end.plus(-1)), self.end).await? {
            self.before.insert(end, Some(0));
        }
        self.before(end).await
    }

    /// Plays before a moment.
    async fn before(&mut self, moment: Timestamp) -> Result<Option<u64>, Failure> {
        if let Some(known) = self.before.get(&moment) {
            return Ok(*known);
        }
        let total = self.total(None, moment).await?;
        self.before.insert(moment, total);
        Ok(total)
    }

    /// How many plays there are before `to`, and not before `from` as the service reads that.
    async fn total(
        &mut self,
        from: Option<Timestamp>,
        to: Timestamp,
    ) -> Result<Option<u64>, Failure> {
        let window = Window { from, to: Some(to), page: 1, limit: Some(1) };
        // It is only counted: whoever reads the year will ask twice.
        let belief = Belief::about(window).soon();
        let page = self.reader.page_believed(window, belief).await?;
        if page.newest().is_none_or(|newest| newest < to) {
            return Ok(page.total);
        }
        // To this service `to` itself belongs to the window.
        let window = Window { to: Some(to.plus(-1)), ..window };
        Ok(self.reader.page(window).await?.total)
    }
}
