//! Reads the service's list of loved tracks whole, page by page into the store.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_core::Stream;
use futures_core::stream::BoxStream;
use futures_util::{StreamExt as _, stream};

use super::{Loved, LovedError, LovedPage, LovedTracks, NewLove, ReadingId, Shown};
use crate::methods::user::{GetLovedTracks, LovedTrack};
use crate::{Error, Method as _, Page, Pages};

/// One step of an import.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ImportProgress {
    /// A page was read and written down.
    #[non_exhaustive]
    Read {
        /// Tracks that this reading has shown so far.
        read_count: u64,
        /// Tracks on the service's list, if it says so.
        total: Option<u64>,
    },
    /// The list has to be read again before anything is believed to be gone.
    #[non_exhaustive]
    Again {
        /// Why, in words for a person.
        reason: &'static str,
        /// How long until then.
        wait: Duration,
    },
    /// The import has ended; nothing comes after it.
    Finished(ImportReport),
}

/// What an import did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct ImportReport {
    /// Tracks that the store did not have.
    pub added: u64,
    /// Tracks that are loved again.
    pub revived: u64,
    /// Tracks that are no longer loved.
    pub unloved: Vec<Loved>,
    /// Tracks that are loved now, as the store has it.
    pub loved_count: u64,
    /// Tracks on the service's list, if it says so.
    pub total: Option<u64>,
    /// Whether the list was read whole while it stood still. If not, all that was seen is written
    /// down, but nothing was taken for unloved.
    pub is_whole: bool,
}

/// An import at work: a stream of [`ImportProgress`] that ends with [`ImportProgress::Finished`] or
/// an error.
///
/// Every page is written down before the next one is asked for. An import that died, or ended with
/// an error, is gone on with by the next one, from the page where it was, for a day.
///
/// That a track is no longer loved is believed only when two readings in a row do not show it, each
/// of the whole list, 20 seconds apart, and neither of them met a list that changed. What a person
/// loves or unloves meanwhile through [`LovedTracks`] stays as the person wants it. If the list
/// does not stand still in five readings, nothing is taken for unloved.
///
/// # Cancel safety
///
/// Nothing happens unless it is polled. Dropping it at any moment loses nothing that was read.
#[must_use = "an import does nothing unless it is polled"]
pub struct Import(BoxStream<'static, Result<ImportProgress, LovedError>>);

/// How long to wait until what was not shown is looked for again.
const CONFIRM: Duration = Duration::from_secs(20);
/// How long to wait when the list moved.
const MOVED: Duration = Duration::from_secs(2);
/// How many readings of a list are enough.
const READINGS: u32 = 5;
/// How old a reading may be that is gone on with, in seconds.
const OLDEST: Duration = Duration::from_secs(24 * 60 * 60);

impl Import {
    pub(super) fn new(tracks: LovedTracks) -> Self {
        let work = Work {
            tracks,
            current: None,
            readings: 0,
            last: None,
            confirmed_since: None,
            wait: Duration::ZERO,
            report: ImportReport::default(),
        };
        let steps = stream::try_unfold(Some(work), |work| async move {
            let Some(mut work) = work else { return Ok(None) };
            let progress = work.step().await?;
            let is_over = matches!(progress, ImportProgress::Finished(_));
            Ok(Some((progress, (!is_over).then_some(work))))
        });
        Self(steps.boxed())
    }

    /// Runs to the end without looking at the steps.
    ///
    /// # Errors
    ///
    /// [`LovedError`] if the import could not go on; the next one does.
    pub async fn finish(mut self) -> Result<ImportReport, LovedError> {
        loop {
            match self.next().await {
                Some(Ok(ImportProgress::Finished(report))) => return Ok(report),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error),
                // The stream ends only after one of the two above.
                None => unreachable!("an import was polled after its end"),
            }
        }
    }
}

impl Stream for Import {
    type Item = Result<ImportProgress, LovedError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_next_unpin(context)
    }
}

impl fmt::Debug for Import {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Import").finish_non_exhaustive()
    }
}

struct Work {
    tracks: LovedTracks,
    current: Option<Current>,
    /// How many readings began.
    readings: u32,
    /// What the reading before came to, if the list stood still.
    last: Option<(u64, Option<u64>)>,
    /// The first of two readings that agree about what is gone.
    confirmed_since: Option<ReadingId>,
    wait: Duration,
    report: ImportReport,
}

/// A reading, and what it has met.
struct Current {
    id: ReadingId,
    pages: Pages<GetLovedTracks>,
    /// Tracks and tracks a page, as the last page said.
    numbers: Option<(Option<u64>, Option<u64>)>,
    moved: bool,
}

impl Work {
    async fn step(&mut self) -> Result<ImportProgress, LovedError> {
        self.tracks.client.clock().sleep(std::mem::take(&mut self.wait)).await;
        if self.current.is_none() {
            self.current = Some(self.begin().await?);
            self.readings += 1;
        }
        let Some(current) = &mut self.current else { unreachable!("it was begun just now") };
        let Some(page) = current.pages.next_page().await? else { return self.judge().await };
        let account = &self.tracks.account;
        if page.of.as_deref().is_some_and(|of| of.to_lowercase() != account.user.folded()) {
            return Err(contradiction("the list of another user came").into());
        }
        let numbers = (page.total, page.per_page);
        current.moved |= current.numbers.is_some_and(|before| before != numbers);
        current.numbers = Some(numbers);
        let page = written_down(page, current.pages.number());
        let written = self.tracks.store.add_page(account, current.id, page).await?;
        self.report.added += written.added;
        self.report.revived += written.revived;
        let shown = self.tracks.store.shown(account, current.id).await?.shown;
        Ok(ImportProgress::Read { read_count: shown, total: numbers.0 })
    }

    /// Goes on with the reading that somebody left, or begins one.
    async fn begin(&self) -> Result<Current, LovedError> {
        let LovedTracks { client, store, account, page_size } = &self.tracks;
        let now = self.tracks.now();
        let left = store.reading(account).await?.filter(|left| {
            self.readings == 0 && left.next_page > 1 && now.since(left.begun_at) <= OLDEST
        });
        let (reading, numbers, page) = match left {
            // The page before is read once more: that there is such a page is certain.
            Some(left) => {
                (left.id, Some((left.total, left.per_page)), left.next_page.saturating_sub(1))
            }
            None => (store.begin(account, now).await?.id, None, 1),
        };
        let method = GetLovedTracks::new(account.user.clone()).limit(*page_size).page(page);
        Ok(Current { id: reading, pages: client.pages(method), numbers, moved: false })
    }

    /// What a reading that came to its end is worth.
    async fn judge(&mut self) -> Result<ImportProgress, LovedError> {
        let Some(current) = self.current.take() else { unreachable!("nothing was read") };
        let LovedTracks { store, account, .. } = &self.tracks;
        let since = self.confirmed_since.unwrap_or(current.id);
        let Shown { shown, .. } = store.shown(account, current.id).await?;
        let Shown { missing, .. } = store.shown(account, since).await?;
        // A list without tracks has no page: its count is what its first answer said.
        let total = current.numbers.map_or(current.pages.total(), |numbers| numbers.0);
        let numbers = (shown, total);
        let moved = current.moved || current.pages.moved();
        // Where the service counts more than it shows, two readings have to come to the same.
        let is_whole = !moved && (Some(shown) == total || self.last == Some(numbers));
        self.last = (!moved).then_some(numbers);
        self.report.total = total;
        self.report.is_whole = is_whole;
        if is_whole && (missing == 0 || self.confirmed_since.is_some()) {
            return self.finish(since).await;
        }
        if self.readings == READINGS {
            self.report.is_whole = false;
            return self.finish(ReadingId(0)).await;
        }
        let (reason, wait) = if is_whole {
            self.confirmed_since = Some(current.id);
            ("tracks are missing that were there before", CONFIRM)
        } else if moved {
            ("the list changed while it was read", MOVED)
        } else {
            ("the list is not as long as it says", CONFIRM)
        };
        self.wait = wait;
        Ok(ImportProgress::Again { reason, wait })
    }

    async fn finish(&mut self, since: ReadingId) -> Result<ImportProgress, LovedError> {
        let LovedTracks { store, account, .. } = &self.tracks;
        self.report.unloved = store.finish(account, since, self.tracks.now()).await?;
        self.report.loved_count = store.counts(account).await?.loved;
        Ok(ImportProgress::Finished(std::mem::take(&mut self.report)))
    }
}

fn written_down(page: Page<LovedTrack>, next_page: u32) -> LovedPage {
    let tracks = page.items.into_iter().map(|LovedTrack { track, loved_at }| NewLove {
        artist: track.artist.name,
        track: track.name,
        mbid: track.mbid,
        loved_at,
    });
    let mut written = LovedPage::new(tracks.collect(), next_page);
    (written.total, written.per_page) = (page.total, page.per_page);
    written
}

fn contradiction(what: &'static str) -> Error {
    Error::Contradiction { method: GetLovedTracks::NAME, what, second: None }
}
