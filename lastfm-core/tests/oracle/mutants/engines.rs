//! Whole programs as people write them: each restates one known way to read a history.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use lastfm_core::archive::{ArchiveStore, Observation, Removals, Span, UserId};
use lastfm_core::methods::user::{GetRecentTracks, RecentTracksPage};
use lastfm_core::testing::oracle::{Planted, schedule_clock};
use lastfm_core::transport::{Request, Response, Transport, TransportError};
use lastfm_core::{Client, Clock, Play, Timestamp, Username};

use super::{caught, schedule_of, short};

/// A program of old: it only ever adds plays.
struct Naive {
    client: Client,
    store: Arc<dyn ArchiveStore>,
    name: Username,
    id: UserId,
}

/// A page, or the end of the run.
type Step<T> = Option<T>;

impl Naive {
    async fn page(
        &self,
        from: Option<Timestamp>,
        to: Option<Timestamp>,
        page: u32,
    ) -> Step<RecentTracksPage> {
        self.client.call(&self.question(from, to, page)).await.ok()
    }

    fn question(
        &self,
        from: Option<Timestamp>,
        to: Option<Timestamp>,
        page: u32,
    ) -> GetRecentTracks {
        let mut question = GetRecentTracks::new(self.name.clone()).limit(100).page(page);
        if let Some(from) = from {
            question = question.from(from);
        }
        if let Some(to) = to {
            question = question.to(to);
        }
        question
    }

    /// Adds what the archive does not hold, repeats included.
    async fn add(&self, plays: Vec<Play>) -> Step<()> {
        let key = |play: &Play| {
            let track = play.track();
            (play.played_at(), track.artist, track.name, track.album)
        };
        let first = plays.iter().map(Play::played_at).min();
        let last = plays.iter().map(Play::played_at).max();
        let (Some(first), Some(last)) = (first, last) else { return Some(()) };
        let span = Span::new(first, last.plus(1));
        let held = self.store.plays(self.id, span, None, usize::MAX).await.ok()?;
        let mut all: Vec<Play> = held.into_iter().map(|stored| stored.play).collect();
        let mut known = BTreeMap::new();
        for play in &all {
            *known.entry(key(play)).or_insert(0) += 1;
        }
        for play in plays {
            let known = known.entry(key(&play)).or_insert(0);
            *known -= 1;
            if *known < 0 {
                all.push(play);
            }
        }
        let revision = self.store.revision(self.id).await.ok()?;
        let at = self.client.clock().wall();
        let observation = Observation { revision, at, removals: Removals::Confirm };
        self.store.replace(self.id, span, all, observation).await.ok().map(drop)
    }

    async fn oldest(&self) -> Step<Option<Timestamp>> {
        Some(self.store.bounds(self.id).await.ok()?.map(|bounds| bounds.0))
    }

    async fn newest(&self) -> Step<Option<Timestamp>> {
        Some(self.store.bounds(self.id).await.ok()?.map(|bounds| bounds.1))
    }

    /// What the program remembers.
    async fn cursor(&self) -> Step<Option<Timestamp>> {
        Some(self.store.book(self.id).await.ok()?.last_success_at)
    }

    async fn remember(&self, cursor: Timestamp) -> Step<()> {
        let mut book = self.store.book(self.id).await.ok()?;
        book.last_success_at = Some(cursor);
        self.store.set_book(self.id, book).await.ok()
    }

    /// Reads a window as it should be read.
    async fn read(&self, window: Span) -> Step<()> {
        let mut history = self.client.recent_tracks(self.name.clone()).within(window);
        while let Some(stretch) = history.next_page().await.ok()? {
            self.add(stretch.plays).await?;
        }
        Some(())
    }
}

/// A slower network, as a rate of one request in so much time makes it.
#[derive(Debug)]
struct Slow(Arc<dyn Transport>, Arc<dyn Clock>, Duration);

#[async_trait]
impl Transport for Slow {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        self.1.sleep(self.2).await;
        self.0.send(request).await
    }
}

/// How the world is for a trial.
#[derive(Default)]
struct Conditions {
    pace: Duration,
    /// Seconds by which the local clock is wrong.
    wall_error: i64,
    deletes_per_day: Option<f64>,
    plays_per_day: Option<f64>,
}

type Runs = Arc<dyn Fn(Naive) -> Pin<Box<dyn Future<Output = Step<()>> + Send>> + Send + Sync>;

/// A program that only adds keeps what was deleted: what it must be caught at is a loss, where
/// one that reads everything again in every run has none.
fn loses<F>(name: &str, conditions: &Conditions, run: fn(Naive) -> F)
where
    F: Future<Output = Step<()>> + Send + 'static,
{
    let wrong: Runs = Arc::new(move |naive| Box::pin(run(naive)));
    let right: Runs = Arc::new(|naive| Box::pin(async move { naive.read(Span::EVER).await }));
    let trial = |seed| loss(seed, conditions, &wrong);
    caught(name, trial, |seed| loss(seed, conditions, &right));
}

fn loss(seed: u64, conditions: &Conditions, runs: &Runs) -> Result<(), String> {
    let clock = schedule_clock();
    clock.set_wall_error(conditions.wall_error);
    let (of_network, pace, runs) = (clock.clone(), conditions.pace, Arc::clone(runs));
    let planted = Planted {
        transport: Some(Arc::new(move |inner| -> Arc<dyn Transport> {
            Arc::new(Slow(inner, Arc::new(of_network.clone()), pace))
        })),
        engine: Some(Arc::new(move |client, store, name| {
            let runs = Arc::clone(&runs);
            Box::pin(async move {
                let Ok(user) = store.add_user(&name, None).await else { return };
                let id = user.id;
                let _ = runs(Naive { client, store, name, id }).await;
            })
        })),
        ..Planted::default()
    };
    let mut scenario = short(seed);
    let life = &mut scenario.life;
    life.deletes_per_day = conditions.deletes_per_day.unwrap_or(life.deletes_per_day);
    life.plays_per_day = conditions.plays_per_day.unwrap_or(life.plays_per_day);
    match schedule_of(seed, scenario, clock, planted) {
        Err(wrong) if wrong.contains("after one sync: lost") => Err(wrong),
        _ => Ok(()),
    }
}

#[test]
fn from_the_newest_play_on_newest_page_first_loses_and_is_caught() {
    loses("from the newest play on", &Conditions::default(), |naive| async move {
        let from = naive.newest().await?;
        for number in 1.. {
            let page = naive.page(from, None, number).await?;
            if page.plays.is_empty() {
                break;
            }
            naive.add(page.plays).await?;
        }
        Some(())
    });
}

#[test]
fn up_to_the_last_play_seen_loses_and_is_caught() {
    loses("up to the last play seen", &Conditions::default(), |naive| async move {
        let is_done = naive.cursor().await?.is_some();
        let from = if is_done { naive.newest().await? } else { None };
        let mut to = if is_done { None } else { naive.oldest().await? };
        loop {
            let page = naive.page(from, to, 1).await?;
            let Some(last) = page.plays.last().map(Play::played_at) else { break };
            naive.add(page.plays).await?;
            if to == Some(last) {
                break;
            }
            to = Some(last);
        }
        naive.remember(naive.client.clock().wall()).await
    });
}

#[test]
fn pages_from_the_last_to_the_first_lose_what_arrivals_shift_and_are_caught() {
    let busy = Conditions {
        pace: Duration::from_secs(60),
        plays_per_day: Some(300.0),
        deletes_per_day: Some(0.0),
        ..Conditions::default()
    };
    loses("pages from the last to the first", &busy, |naive| async move {
        let from = naive.newest().await?.map(|newest| newest.plus(1));
        let pages = naive.page(from, None, 1).await?.total_pages;
        for number in (1..=u32::try_from(pages).unwrap()).rev() {
            let page = naive.page(from, None, number).await?;
            naive.add(page.plays).await?;
        }
        Some(())
    });
}

#[test]
fn pages_from_the_first_to_the_last_lose_what_deletions_shift_and_are_caught() {
    let deleting = Conditions {
        pace: Duration::from_secs(60),
        plays_per_day: Some(0.0),
        deletes_per_day: Some(200.0),
        ..Conditions::default()
    };
    loses("page numbers while plays are deleted", &deleting, |naive| async move {
        let from = naive.cursor().await?;
        let now = naive.client.clock().wall();
        for number in 1.. {
            let page = naive.page(from, None, number).await?;
            let is_last = u64::from(number) >= page.total_pages;
            naive.add(page.plays).await?;
            if is_last {
                break;
            }
        }
        naive.remember(now).await
    });
}

#[test]
fn a_failed_page_that_is_skipped_is_caught() {
    loses("a failed page is skipped", &Conditions::default(), |naive| async move {
        let from = naive.cursor().await?;
        let now = naive.client.clock().wall();
        let pages = naive.page(from, None, 1).await?.total_pages;
        for number in 1..=u32::try_from(pages).unwrap() {
            let question = naive.question(from, None, number);
            if let Ok(reply) = naive.client.call_once(&question).await {
                naive.add(reply.value.plays).await?;
            }
        }
        naive.remember(now).await
    });
}

#[test]
fn a_cursor_that_moves_before_the_rows_is_caught() {
    loses("the cursor moves before the rows", &Conditions::default(), |naive| async move {
        let from = naive.cursor().await?;
        naive.remember(naive.client.clock().wall()).await?;
        naive.read(Span::new(from.unwrap_or(Timestamp::MIN), Timestamp::MAX)).await
    });
}

#[test]
fn an_empty_page_that_ends_the_history_is_caught() {
    loses("an empty page is the end", &Conditions::default(), |naive| async move {
        let is_done = naive.cursor().await?.is_some();
        if is_done {
            let newest = naive.newest().await?.unwrap_or(Timestamp::MIN);
            return naive.read(Span::new(newest, Timestamp::MAX)).await;
        }
        let mut to = None;
        loop {
            let page = naive.page(None, to, 1).await?;
            let Some(last) = page.plays.last().map(Play::played_at) else { break };
            naive.add(page.plays).await?;
            // A second further, and what is known already does not go on.
            if to == Some(last.plus(1)) {
                break;
            }
            to = Some(last.plus(1));
        }
        naive.remember(naive.client.clock().wall()).await
    });
}

#[test]
fn a_page_shorter_than_asked_for_that_ends_the_history_is_caught() {
    loses("a short page is the end", &Conditions::default(), |naive| async move {
        let mut to = None;
        loop {
            let question = naive.question(None, to, 1).limit(1_000);
            let page = naive.client.call(&question).await.ok()?;
            let is_last = page.plays.len() < 1_000;
            to = page.plays.last().map(|play| play.played_at().plus(1));
            naive.add(page.plays).await?;
            if is_last {
                return Some(());
            }
        }
    });
}

#[test]
fn an_update_without_a_look_back_is_caught() {
    loses("no look back", &Conditions::default(), |naive| async move {
        if naive.cursor().await?.is_none() {
            naive.read(Span::EVER).await?;
            return naive.remember(naive.client.clock().wall()).await;
        }
        let newest = naive.newest().await?.unwrap_or(Timestamp::MIN);
        naive.read(Span::new(newest, Timestamp::MAX)).await
    });
}

#[test]
fn a_local_clock_in_place_of_the_services_is_caught() {
    let ahead = Conditions { wall_error: 2 * 3_600, ..Conditions::default() };
    loses("the local clock", &ahead, |naive| async move {
        let from = naive.cursor().await?.unwrap_or(Timestamp::MIN);
        let now = naive.client.clock().wall();
        naive.read(Span::new(from, now)).await?;
        naive.remember(now).await
    });
}
