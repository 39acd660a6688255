//! The tracks of albums that lists name, asked of Last.fm in the background: a page waits for a
//! moment, says how far it is, and finds the rest when it is asked for again.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::{StreamExt, stream};
use lastfm_core::scrobble::Album;
use lastfm_core::{PlayerTrack, Username};
use moka::future::Cache;
use tokio::sync::Semaphore;
use tokio::task::{AbortHandle, JoinHandle};

use crate::app::App;
use crate::failure::Failure;

/// How long a page waits: less than for the answer to one question.
const PATIENCE: Duration = Duration::from_secs(7);
/// Albums of a list that are asked for at once: others ask Last.fm meanwhile, at the same pace.
const AT_ONCE: usize = 2;
/// Lists that are looked up at a time.
const LISTS: usize = 4;
/// How long a list is looked up at most: 200 albums at the slowest pace take less.
const LONGEST: Duration = Duration::from_mins(10);
/// How long an answer is kept.
const KEPT: Duration = Duration::from_mins(30);
/// Tracks that are kept at a time.
const TRACKS: u64 = 200_000;
/// How long a list waits for a place.
const PLACE: Duration = Duration::from_secs(1);

/// An album, by artist and title.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Named {
    pub(crate) artist: String,
    pub(crate) album: String,
}

impl Named {
    /// As Last.fm compares names.
    fn folded(&self) -> Self {
        let folded = |name: &str| name.trim().to_lowercase();
        Self { artist: folded(&self.artist), album: folded(&self.album) }
    }
}

/// The tracks of an album; none if Last.fm shows none.
type Tracks = Arc<[PlayerTrack]>;

/// What was asked lately.
pub(crate) struct Tracklists {
    known: Cache<Named, Tracks>,
    /// The list of each user that is looked up, by the name in lower case.
    runs: Mutex<HashMap<String, AbortHandle>>,
    places: Arc<Semaphore>,
}

impl Tracklists {
    pub(crate) fn new() -> Self {
        let weight = |_: &Named, tracks: &Tracks| u32::try_from(tracks.len() + 1).unwrap_or(1);
        Self {
            known: Cache::builder().max_capacity(TRACKS).weigher(weight).time_to_live(KEPT).build(),
            runs: Mutex::default(),
            places: Arc::new(Semaphore::new(LISTS)),
        }
    }

    /// From now on this is the list of the user that is looked up.
    fn replace(&self, user: &Username, run: Option<AbortHandle>) {
        // Nothing that holds the lock can panic.
        let mut runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        runs.retain(|_, run| !run.is_finished());
        let before = match run {
            Some(run) => runs.insert(user.folded(), run),
            None => runs.remove(&user.folded()),
        };
        if let Some(before) = before {
            before.abort();
        }
    }
}

impl App {
    /// The tracks of these albums, as far as they are known in a moment; the rest is looked up
    /// meanwhile, in place of what was looked up for the same user before.
    pub(crate) async fn tracklists(
        self: &Arc<Self>,
        user: &Username,
        albums: &[Named],
    ) -> Result<HashMap<Named, Tracks>, Failure> {
        let known = &self.tracklists.known;
        let (mut seen, mut open) = (HashSet::new(), Vec::new());
        for named in albums {
            if seen.insert(named.folded()) && known.get(&named.folded()).await.is_none() {
                open.push(named.clone());
            }
        }
        if !open.is_empty() {
            let run = self.look_up(user, open).await?;
            // Whoever stops waiting leaves it at work.
            if let Ok(Ok(Err(failure))) = tokio::time::timeout(PATIENCE, run).await {
                return Err(failure);
            }
        }
        let mut found = HashMap::new();
        for named in albums {
            if let Some(tracks) = known.get(&named.folded()).await {
                found.insert(named.clone(), tracks);
            }
        }
        Ok(found)
    }

    async fn look_up(
        self: &Arc<Self>,
        user: &Username,
        albums: Vec<Named>,
    ) -> Result<JoinHandle<Result<(), Failure>>, Failure> {
        self.tracklists.replace(user, None);
        let place = Arc::clone(&self.tracklists.places).acquire_owned();
        let place = tokio::time::timeout(PLACE, place).await;
        let Ok(Ok(place)) = place else {
            let (what, retry_after) = ("Too many lists are looked up", Duration::from_mins(1));
            return Err(Failure::Full { what, retry_after });
        };
        let app = Arc::clone(self);
        let run = tokio::spawn(async move {
            let _place = place;
            let mut stopping = app.stopping.subscribe();
            tokio::select! {
                asked = tokio::time::timeout(LONGEST, app.ask(albums)) => asked.unwrap_or(Ok(())),
                _ = stopping.wait_for(|stopping| *stopping) => Ok(()),
            }
        });
        self.tracklists.replace(user, Some(run.abort_handle()));
        Ok(run)
    }

    /// Asks for all of them, whatever becomes of one.
    async fn ask(&self, albums: Vec<Named>) -> Result<(), Failure> {
        let asked = stream::iter(albums).map(|named: Named| async move {
            let info = self.album(&named.artist, &named.album, None).await?;
            let album = info.as_ref().map(Album::from_info).unwrap_or_default();
            self.tracklists.known.insert(named.folded(), album.tracks().into()).await;
            Ok(())
        });
        let came = |so_far: Result<(), Failure>, one| async { so_far.and(one) };
        asked.buffer_unordered(AT_ONCE).fold(Ok(()), came).await
    }
}
