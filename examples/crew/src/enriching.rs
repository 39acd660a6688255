//! Release years: albums of a history are looked up, some at a time, for as long as a slice is.

use std::sync::atomic::Ordering;
use std::time::Duration;

use jobs::{Done, Ending, Progress, Setback, Slice, Task};
use lastfm_core::albums::{ReleaseYears, Status};
use lastfm_core::archive::{ArchivedUser, Span, StoreResult};
use lastfm_core::{Timestamp, Username};
use mb_enrich::{Effort, HistoryRun};
use terminal::musicbrainz::MusicBrainz;
use terminal::{dates, show};
use tokio::time::Instant;

use crate::Upstream;
use crate::outage::Permission;
use crate::slices::{Ended, Slices, of_store};

/// The phase of a job that counts albums.
pub const FINDING_YEARS: &str = "finding release years";
/// What a job says that finds nobody to ask for release years: words for whoever runs the program.
pub const NO_CONTACT: &str =
    "nobody has said whom MusicBrainz can write to: set MUSICBRAINZ_CONTACT";
/// Albums asked for at first, as long as that many can be done in a slice. By names they take some seconds of the one pace that there is.
pub(crate) const FIRST_PORTION: usize = 8;
/// Albums asked for at a time, at most.
const LARGEST_PORTION: usize = 500;
/// How long what is asked for may still take once the time is up.
const LAST_PORTION: Duration = Duration::from_secs(6);

/// How far a run came.
enum RunOutcome {
    /// Nothing is left to ask.
    Through,
    /// It was asked to end.
    Ending,
    /// MusicBrainz cannot answer, for this reason; when to ask again.
    Outage(String, Option<Timestamp>),
}

/// A run in a slice.
struct Looking<'a> {
    slice: &'a Slice,
    run: HistoryRun,
    progress: Progress,
    /// Albums of the job that were looked up in slices before.
    before: u64,
    began: Instant,
}

impl Slices {
    /// Looks up albums by identifiers and names.
    pub(crate) async fn enrich(&self, task: &Task, slice: &Slice, year: Option<Span>) -> Ended {
        let Some(source) = &self.context.musicbrainz else {
            return Ended::unasked(Err(Setback::GiveUp(NO_CONTACT.to_owned())));
        };
        let is_look = match self.musicbrainz_outage.leave(Instant::now()) {
            Permission::Ask => false,
            Permission::Look => true,
            Permission::Rest(after, reason) => {
                return Ended::unasked(Err(Setback::Wait { after, reason }));
            }
        };
        match self.look_up(task, slice, year.unwrap_or(Span::EVER), source, is_look).await {
            Ok(ended) => ended,
            Err(error) => Ended::new("store", Err(of_store(&error))),
        }
    }

    async fn look_up(
        &self,
        task: &Task,
        slice: &Slice,
        span: Span,
        source: &MusicBrainz,
        is_look: bool,
    ) -> StoreResult<Ended> {
        let Some(user) = self.context.db.store.user(&task.user).await? else {
            if self.is_forgotten(task).await {
                return Ok(Ended::forgotten());
            }
            let words = format!("{} is not archived, so there are no albums to look up", task.user);
            return Ok(Ended::unasked(Err(Setback::GiveUp(words))));
        };
        let albums = self.context.db.albums.clone();
        let run = source.enricher(Effort::Names).history(albums, user.id, span);
        let mut progress = task.progress.clone();
        progress.message = None;
        let (before, began) = (task.progress.done, Instant::now());
        let mut looking = Looking { slice, run, progress, before, began };
        let came = self.go_on(&mut looking).await?;
        Ok(match came {
            RunOutcome::Through => {
                let words = self.share(&user, span).await?;
                let looked_up = show::count(looking.progress.done, "album");
                let words = format!("{looked_up} looked up, {words}");
                Ended::new("finished", Ok(Done::Finished(words)))
            }
            RunOutcome::Ending => Ended::new("more", Ok(Done::More { after: Duration::ZERO })),
            RunOutcome::Outage(reason, next_try) => {
                self.out_of_reach(source, reason, next_try, is_look)
            }
        })
    }

    /// What identifiers tell of the years of new albums, beside a sync that has come to its end:
    /// for as long as its slice is. Whatever is left is for later, whatever happens no part of how
    /// the sync ended.
    pub(crate) async fn enrich_beside(&self, user: &Username, slice: &Slice, progress: &Progress) {
        let Some(source) = &self.context.musicbrainz else { return };
        let leave = self.musicbrainz_outage.leave(Instant::now());
        if matches!(leave, Permission::Rest(..)) || source.source.broken().is_some() {
            return;
        }
        let Ok(Some(user)) = self.context.db.store.user(user).await else { return };
        let albums = self.context.db.albums.clone();
        let run = source.enricher(Effort::Identifiers).history(albums, user.id, Span::EVER);
        // What was new with the sync stays to be seen.
        let Progress { added, changed, removed, .. } = *progress;
        let of_albums = Progress { added, changed, removed, ..Progress::default() };
        let (before, began) = (0, Instant::now());
        let mut looking = Looking { slice, run, progress: of_albums, before, began };
        if let Ok(RunOutcome::Outage(reason, next_try)) = self.go_on(&mut looking).await {
            self.out_of_reach(source, reason, next_try, false);
        }
        slice.report(progress.clone());
    }

    /// Asks for some albums after the other, until there are none or something keeps it.
    async fn go_on(&self, looking: &mut Looking<'_>) -> StoreResult<RunOutcome> {
        let mut portion = self.first_portion.load(Ordering::Relaxed);
        let mut last = Duration::ZERO;
        let mut total = looking.progress.total.unwrap_or_default();
        FINDING_YEARS.clone_into(&mut looking.progress.phase);
        loop {
            // Twice as many take twice as long: what will not be done in time is not begun.
            let left = looking.slice.time_left();
            if looking.slice.should_end().is_some() {
                return Ok(RunOutcome::Ending);
            }
            while portion > 1 && last * 2 > left {
                (portion, last) = (portion / 2, last / 2);
            }
            looking.run.ask_at_most(portion);
            let asked_at = Instant::now();
            let step = tokio::select! {
                step = looking.run.next() => step?,
                ending = self.out_of_time(looking.slice) => {
                    return Ok(self.cut_off(ending, portion, last));
                }
            };
            let Some(step) = step else { return Ok(RunOutcome::Through) };
            if let Some(trouble) = step.trouble {
                return Ok(RunOutcome::Outage(trouble, step.next_try));
            }
            if step.asked == 0 {
                // What slices before this one have settled is no longer due.
                total = total.max(step.due);
                looking.before = total - step.due;
            } else {
                self.musicbrainz_answered();
                self.first_portion.store(FIRST_PORTION, Ordering::Relaxed);
                last = asked_at.elapsed();
                portion = (portion * 2).min(LARGEST_PORTION);
            }
            let progress = &mut looking.progress;
            (progress.done, progress.total) = (looking.before + step.asked, Some(total));
            progress.rate = rate(step.asked, looking.began.elapsed());
            let many = |status| step.standing.get(&status).copied().unwrap_or_default();
            progress.matched = many(Status::Matched);
            progress.fuzzy_matched = many(Status::FuzzyMatched);
            progress.not_found = many(Status::NotFound);
            looking.slice.report(progress.clone());
        }
    }

    /// Returns when a portion in flight is given up: some seconds after the time is up, at once if
    /// the worker stops or nobody wants it any more.
    async fn out_of_time(&self, slice: &Slice) -> Ending {
        let ending = slice.ended().await;
        if ending == Ending::TimeIsUp {
            tokio::time::sleep(LAST_PORTION / self.context.hurry).await;
        }
        ending
    }

    /// What it means that a slice ended with so many albums asked for, and those before in this time.
    fn cut_off(&self, ending: Ending, portion: usize, last: Duration) -> RunOutcome {
        if ending != Ending::TimeIsUp || !last.is_zero() {
            return RunOutcome::Ending;
        }
        if portion > 1 {
            // Fewer may be done in time.
            self.first_portion.store(portion / 2, Ordering::Relaxed);
            return RunOutcome::Ending;
        }
        RunOutcome::Outage("MusicBrainz does not answer in time".to_owned(), None)
    }

    fn musicbrainz_answered(&self) {
        if self.musicbrainz_outage.is_over() {
            self.context.figures.musicbrainz_outage(false);
            self.context.observer.outage_ended(Upstream::MusicBrainz);
        }
    }

    /// What follows when MusicBrainz cannot answer. Albums without an answer wait for one.
    fn out_of_reach(
        &self,
        source: &MusicBrainz,
        reason: String,
        next_try: Option<Timestamp>,
        is_look: bool,
    ) -> Ended {
        if let Some(what) = source.source.broken() {
            return Ended::new("refused", Err(Setback::GiveUp(what)));
        }
        let (rest, is_news) = self.musicbrainz_outage.begins(&reason, is_look, Instant::now());
        self.context.figures.musicbrainz_outage(true);
        if is_news {
            self.context.observer.outage_began(Upstream::MusicBrainz, &reason);
        }
        // Nothing is due before.
        let due = next_try.map(|at| at.since(dates::now()) + Duration::from_secs(1));
        let after = rest.max(due.unwrap_or_default());
        Ended::new("outage", Err(Setback::Wait { after, reason }))
    }

    /// `91 % of 185,212 plays have a year`
    async fn share(&self, user: &ArchivedUser, span: Span) -> StoreResult<String> {
        let played = self.context.db.albums.played_albums(user.id, span).await?;
        Ok(show::share(&ReleaseYears::of(&played)))
    }
}

/// Albums a second, once that can be told.
fn rate(albums: u64, took: Duration) -> Option<f64> {
    // Counts of albums are far below where `f64` gets coarse.
    #[allow(clippy::cast_precision_loss)]
    (took >= Duration::from_secs(2)).then(|| albums as f64 / took.as_secs_f64())
}
