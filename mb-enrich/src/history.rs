//! A whole history at a time: which of its albums are to be asked for, and how far that is.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use lastfm_core::Timestamp;
use lastfm_core::albums::{AlbumId, AlbumStore, KnownAlbum, collect};
use lastfm_core::archive::{Span, StoreResult, UserId};

use crate::{Effort, Enricher, Outcome, Status};

/// Albums asked for at first, so that something shows in a few seconds. Then twice as many each time.
const FIRST_PORTION: usize = 50;
/// Albums asked for at a time, at most: more would cost fewer requests, but only a twentieth, and
/// these take the web service a minute and a half already.
const LARGEST_PORTION: usize = 500;
/// Albums whose outcomes are read at a time.
const PAGE: usize = 1_000;

/// Looks up the albums that a user played in a span and writes down what comes of each:
/// [`Enricher::history`] begins it. The artists with the most plays come first, and all albums of
/// one together, for which a source can often be asked at once.
///
/// Asked for is what nobody asked for yet, what was left without an answer once its time has come,
/// and what was not found, or had no date, 30 days ago. What a person has corrected is not asked
/// for. When the source cannot answer, the run ends, and [`Progress::trouble`] says why.
///
/// # Cancel safety
///
/// [`next`](Self::next) may be dropped, and the program killed, at any instant: what was written
/// down stays, a new run goes on with the rest. At most 500 albums are asked for a second time.
///
/// ```
/// # futures_executor::block_on(async {
/// # use std::sync::Arc;
/// # use lastfm_core::Timestamp;
/// # use lastfm_core::archive::{MemoryStore, Span};
/// # use lastfm_core::testing::VirtualClock;
/// # use lastfm_core::testing::conformance::{Given, of_album};
/// # use mb_enrich::{Enricher, MemorySource, ReleaseGroup};
/// # let clock = Arc::new(VirtualClock::new(Timestamp::from_unix(1_780_000_000)));
/// # let store = Arc::new(MemoryStore::new(clock.clone()));
/// # let given = Given::user(&*store, "rj").await;
/// # given.replace(0, 99, &[of_album(5, "Low", "Hex", "")], 100).await;
/// # let user = given.user;
/// # let mut source = MemorySource::new();
/// # let id = lastfm_core::Mbid::new("f5093c06-23e3-404f-aeaa-40f72885ee3a").unwrap();
/// # source.add(ReleaseGroup::new(id, "Low", "Hex").first_release("1995".parse()?));
/// # let enricher = Enricher::new(Arc::new(source), clock);
/// use lastfm_core::albums::{AlbumStore, ReleaseYears};
///
/// let mut run = enricher.history(store.clone(), user, Span::EVER);
/// while let Some(progress) = run.next().await? {
///     println!("{} of {} albums", progress.asked, progress.due);
/// }
/// let years = ReleaseYears::of(&store.played_albums(user, Span::EVER).await?);
/// assert_eq!(years.years[&1995].plays, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
/// ```
#[derive(Debug)]
#[must_use = "nothing happens until `next` is called"]
pub struct HistoryRun {
    enricher: Enricher,
    store: Arc<dyn AlbumStore>,
    user: UserId,
    span: Span,
    /// What is to be asked for; nothing before the first step.
    left: Option<VecDeque<AlbumId>>,
    portion: usize,
    progress: Progress,
}

/// How far a [`HistoryRun`] is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Progress {
    /// Albums that were to be asked for when the run began.
    pub due: u64,
    /// Those of them that were asked for.
    pub asked: u64,
    /// How all albums of the span stand now, corrections counted.
    pub standing: BTreeMap<Status, u64>,
    /// Why the source cannot answer, in words for a person: the run is over.
    pub trouble: Option<String>,
    /// When the first of those without an answer is to be asked for again.
    pub next_try: Option<Timestamp>,
}

impl Enricher {
    /// Looks up the albums that a user played in a span; see [`HistoryRun`].
    pub fn history(&self, store: Arc<dyn AlbumStore>, user: UserId, span: Span) -> HistoryRun {
        let (enricher, progress) = (self.clone(), Progress::default());
        HistoryRun { enricher, store, user, span, left: None, portion: FIRST_PORTION, progress }
    }
}

impl HistoryRun {
    /// Goes on by one step: finds out what is to be asked for, then asks for some of it at a time.
    /// Nothing after the end.
    ///
    /// # Errors
    ///
    /// Whatever the store fails with; called again, it goes on.
    pub async fn next(&mut self) -> StoreResult<Option<Progress>> {
        let Some(left) = &self.left else {
            let due = self.due().await?;
            self.progress.due = due.len() as u64;
            self.left = Some(due);
            return Ok(Some(self.progress.clone()));
        };
        if left.is_empty() || self.progress.trouble.is_some() {
            return Ok(None);
        }
        let portion: Vec<AlbumId> = left.iter().take(self.portion).copied().collect();
        // Somebody else may have asked meanwhile: albums are everybody's.
        let now = self.enricher.clock.wall();
        let mut before = self.store.albums(&portion).await?;
        before.retain(|album| self.enricher.is_due(album, now));
        let due: Vec<AlbumId> = before.iter().map(|album| album.id).collect();
        let (ids, albums): (Vec<_>, Vec<_>) =
            self.store.questions(self.user, &due).await?.into_iter().unzip();
        let mut outcomes = self.enricher.enrich(&albums).await;
        let known: HashMap<AlbumId, &KnownAlbum> =
            before.iter().map(|album| (album.id, album)).collect();
        for (id, outcome) in ids.iter().zip(&mut outcomes) {
            if let Some(before) = known.get(id).and_then(|album| album.outcome.as_ref()) {
                outcome.keep_evidence_of(before);
            }
        }
        let counted: Vec<(Status, Option<Timestamp>, Option<String>)> = outcomes
            .iter()
            .map(|outcome| (outcome.status, outcome.next_try, outcome.trouble.clone()))
            .collect();
        self.store.record_outcomes(ids.iter().copied().zip(outcomes).collect()).await?;
        for (id, (status, next_try, trouble)) in ids.iter().zip(counted) {
            if let Some(album) = known.get(id) {
                self.progress.moves(album.status(), status);
            }
            if trouble.is_some() {
                self.progress.trouble = trouble;
                let next = self.progress.next_try.into_iter().chain(next_try).min();
                self.progress.next_try = next;
            }
        }
        self.portion = (self.portion * 2).min(LARGEST_PORTION);
        self.progress.asked += portion.len() as u64;
        if let Some(left) = &mut self.left {
            left.drain(..portion.len());
        }
        Ok(Some(self.progress.clone()))
    }

    /// Asks for at most so many albums at the next step, instead of as many as it would: for whoever
    /// has little time. Each further step asks for twice as many.
    pub fn ask_at_most(&mut self, albums: usize) {
        self.portion = albums.clamp(1, LARGEST_PORTION);
    }

    /// Goes on to the end, which it returns.
    ///
    /// # Errors
    ///
    /// Whatever the store fails with.
    pub async fn finish(mut self) -> StoreResult<Progress> {
        while self.next().await?.is_some() {}
        Ok(self.progress)
    }

    /// What is to be asked for, in order. Counts how all albums stand.
    async fn due(&mut self) -> StoreResult<VecDeque<AlbumId>> {
        collect(&*self.store, self.user).await?;
        let mut played = self.store.played_albums(self.user, self.span).await?.albums;
        self.progress = Progress::default();
        for album in &played {
            *self.progress.standing.entry(album.status).or_default() += 1;
        }
        played.retain(|album| !album.status.is_settled());
        let plays: HashMap<AlbumId, u64> =
            played.iter().map(|album| (album.id, album.plays)).collect();
        let mut by_artist: HashMap<String, (u64, Vec<AlbumId>)> = HashMap::new();
        let now = self.enricher.clock.wall();
        for played in played.chunks(PAGE) {
            let ids: Vec<AlbumId> = played.iter().map(|album| album.id).collect();
            for album in self.store.albums(&ids).await? {
                if self.enricher.is_due(&album, now) {
                    let (plays_of_artist, albums) = by_artist.entry(album.artist).or_default();
                    *plays_of_artist += plays[&album.id];
                    albums.push(album.id);
                }
            }
        }
        let mut artists: Vec<_> = by_artist.into_values().collect();
        artists.sort_by_key(|(plays, albums)| (Reverse(*plays), albums.first().copied()));
        let mut due = VecDeque::new();
        for (_, mut albums) in artists {
            albums.sort_by_key(|id| (Reverse(plays[id]), *id));
            due.extend(albums);
        }
        Ok(due)
    }
}

impl Progress {
    fn moves(&mut self, from: Status, to: Status) {
        if let Some(count) = self.standing.get_mut(&from) {
            *count = count.saturating_sub(1);
        }
        *self.standing.entry(to).or_default() += 1;
        self.standing.retain(|_, count| *count > 0);
    }
}

impl Enricher {
    /// Whether an album is to be asked for at this time.
    fn is_due(&self, album: &KnownAlbum, now: Timestamp) -> bool {
        let Some(outcome) = &album.outcome else {
            return album.correction.is_none();
        };
        let has_come = |outcome: &Outcome| outcome.next_try.map(|next_try| next_try <= now);
        let by_names = self.effort == Effort::Names;
        album.correction.is_none()
            && match (outcome.status, has_come(outcome)) {
                // Only its identifiers were asked for.
                (Status::Pending, None) => by_names,
                (Status::Pending, Some(has_come)) => has_come,
                (_, Some(has_come)) => by_names && has_come,
                (_, None) => false,
            }
    }
}
