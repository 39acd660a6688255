//! The right engine over a store with a mistake, and over answers that are misread.

use std::collections::BTreeSet;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use futures_executor::block_on;
use lastfm_core::archive::{
    ArchiveStore, ArchivedUser, Book, Claim, Count, Covered, Doubt, Hole, MemoryStore, Observation,
    Part, Place, Removals, RemovedPlay, Replaced, Revision, Span, StoreResult, StoredPlay, UserId,
    WorkerId,
};
use lastfm_core::testing::oracle::Planted;
use lastfm_core::testing::stories::{Stage, Story, until_cut};
use lastfm_core::testing::{Cut, Cutting, Happening};
use lastfm_core::transport::{Request, Response, Transport, TransportError};
use lastfm_core::{Play, Timestamp, Username};

use super::{caught, schedule};
use crate::polls::acknowledged_is_there;
use crate::support::World;

type Written = Pin<Box<dyn Future<Output = StoreResult<Replaced>> + Send>>;
type Store = Arc<dyn ArchiveStore>;
/// Does the work of `replace` in a way of its own.
type Twist = Arc<dyn Fn(Store, UserId, Span, Vec<Play>, Observation) -> Written + Send + Sync>;

/// A store that does everything right but `replace`.
struct Twisted {
    inner: Store,
    twist: Twist,
}

impl std::fmt::Debug for Twisted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Twisted").finish_non_exhaustive()
    }
}

macro_rules! all_but_replace {
    ($($name:ident($($arg:ident: $type:ty),*) -> $out:ty;)*) => {
        #[async_trait]
        impl ArchiveStore for Twisted {
            async fn replace(
                &self,
                user: UserId,
                span: Span,
                plays: Vec<Play>,
                observation: Observation,
            ) -> StoreResult<Replaced> {
                (self.twist)(Arc::clone(&self.inner), user, span, plays, observation).await
            }
            fn fenced(&self, worker: &WorkerId) -> Store {
                let inner = self.inner.fenced(worker);
                Arc::new(Twisted { inner, twist: Arc::clone(&self.twist) })
            }
            $(async fn $name(&self, $($arg: $type),*) -> StoreResult<$out> {
                self.inner.$name($($arg),*).await
            })*
        }
    };
}

all_but_replace! {
    user(name: &Username) -> Option<ArchivedUser>;
    users() -> Vec<ArchivedUser>;
    add_user(name: &Username, registered_at: Option<Timestamp>) -> ArchivedUser;
    rename_user(user: UserId, name: &Username, registered_at: Option<Timestamp>) -> ();
    remove_user(user: UserId) -> ();
    revision(user: UserId) -> Revision;
    coverage(user: UserId) -> Vec<Covered>;
    count(user: UserId, span: Span) -> Count;
    bounds(user: UserId) -> Option<(Timestamp, Timestamp)>;
    moments(user: UserId, span: Span, skip: u64, limit: usize) -> Vec<Timestamp>;
    plays(user: UserId, span: Span, after: Option<Place>, limit: usize) -> Vec<StoredPlay>;
    removed_count(user: UserId) -> u64;
    removed(user: UserId, span: Span, after: Option<Place>, limit: usize) -> Vec<RemovedPlay>;
    recount(user: UserId) -> Count;
    doubts(user: UserId) -> Vec<Doubt>;
    withdraw_doubts(user: UserId, span: Span) -> ();
    holes(user: UserId) -> Vec<Hole>;
    set_hole(user: UserId, hole: Hole) -> ();
    book(user: UserId) -> Book;
    set_book(user: UserId, book: Book) -> ();
    restore(user: UserId, part: Part) -> ();
    claim(user: UserId, worker: &WorkerId, lease: Duration) -> Claim;
    release(user: UserId, worker: &WorkerId) -> ();
}

fn twisted<W>(
    twist: impl Fn(Store, UserId, Span, Vec<Play>, Observation) -> W + Send + Sync + 'static,
) -> Twist
where
    W: Future<Output = StoreResult<Replaced>> + Send + 'static,
{
    Arc::new(move |store, user, span, plays, observation| {
        Box::pin(twist(store, user, span, plays, observation))
    })
}

fn over(twist: &Twist) -> Planted {
    let twist = Arc::clone(twist);
    let plant = move |inner| -> Store { Arc::new(Twisted { inner, twist: Arc::clone(&twist) }) };
    Planted { store: Some(Arc::new(plant)), ..Planted::default() }
}

fn is_caught(name: &str, twist: &Twist) {
    caught(name, |seed| schedule(seed, over(twist)), right);
}

/// The schedule without a mistake.
fn right(seed: u64) -> Result<(), String> {
    schedule(seed, Planted::default())
}

/// Stores only the first of the plays that `of` makes equal.
fn keeping<K: Ord>(of: impl Fn(&Play) -> K + Copy + Send + Sync + 'static) -> Twist {
    twisted(move |store, user, span, mut plays, observation| {
        let mut known = BTreeSet::new();
        plays.retain(|play| known.insert(of(play)));
        async move { store.replace(user, span, plays, observation).await }
    })
}

#[test]
fn a_unique_second_artist_and_track_is_caught() {
    let key = |play: &Play| (play.played_at(), play.track().artist, play.track().name);
    is_caught("a unique (second, artist, track)", &keeping(key));
}

#[test]
fn one_play_a_second_is_caught() {
    is_caught("a unique second", &keeping(Play::played_at));
}

#[test]
fn moments_of_32_bits_without_a_sign_are_caught() {
    let twist = twisted(|store, user, span, mut plays, observation| async move {
        plays.retain(|play| u32::try_from(play.played_at().as_unix()).is_ok());
        store.replace(user, span, plays, observation).await
    });
    is_caught("moments of 32 bits", &twist);
}

/// A first import, killed at this step of the store: what is covered then must be held.
fn killed_import(step: u64, twist: Option<&Twist>) -> Result<(), String> {
    let clock = Stage::clock();
    let stage = Stage::new(Story::FirstImport, clock.clone());
    let memory: Store = Arc::new(MemoryStore::new(Arc::new(clock)));
    let cut = Cut::after(step);
    let mut store: Store = Arc::new(Cutting::new(Arc::clone(&memory), cut.clone()));
    if let Some(twist) = twist {
        store = Arc::new(Twisted { inner: store, twist: Arc::clone(twist) });
    }
    let run = stage.run(&store, &Cut::never()).finish();
    block_on(until_cut(&mut Box::pin(run), &cut));
    let truth: Vec<Play> =
        stage.expected().plays.into_iter().map(|object| Play::from_json(object).unwrap()).collect();
    for user in block_on(memory.users()).unwrap() {
        for Covered { span, .. } in block_on(memory.coverage(user.id)).unwrap() {
            let held = block_on(memory.count(user.id, span)).unwrap().plays;
            let there = truth.iter().filter(|play| span.contains(play.played_at())).count() as u64;
            if held != there {
                return Err(format!("killed at step {step}: {held} of {there} plays in {span:?}"));
            }
        }
    }
    Ok(())
}

#[test]
fn coverage_before_rows_is_caught() {
    let twist = twisted(|store, user, span, plays, observation| async move {
        store.replace(user, span, Vec::new(), observation).await?;
        let revision = store.revision(user).await?;
        store.replace(user, span, plays, Observation { revision, ..observation }).await
    });
    // The counts bring back what is missing: it shows where the program was killed.
    let trial = |twist: Option<&Twist>| (1..60).try_for_each(|step| killed_import(step, twist));
    caught("coverage before rows", |_| trial(Some(&twist)), |_| trial(None));
}

#[test]
fn a_stale_write_that_is_accepted_is_caught() {
    let twist = twisted(|store, user, span, plays, observation| async move {
        let revision = store.revision(user).await?;
        store.replace(user, span, plays, Observation { revision, ..observation }).await
    });
    // The counts bring back what it spoiled: it shows at once.
    let trial = |twist: Option<&Twist>| {
        let world = World::still(3);
        world.sync();
        let mut store = Arc::clone(&world.store);
        if let Some(twist) = twist.cloned() {
            store = Arc::new(Twisted { inner: store, twist });
        }
        let at = world.clock.now();
        let stale = Observation { revision: Revision(0), at, removals: Removals::Confirm };
        let user = world.only_user().id;
        let written = block_on(store.replace(user, Span::new(at.plus(-9_000), at), vec![], stale));
        written.map_or(Ok(()), |_| Err("an observation older than the archive is taken".to_owned()))
    };
    caught("a stale write", |_| trial(Some(&twist)), |_| trial(None));
}

#[test]
fn removals_that_are_never_believed_are_caught() {
    let twist = twisted(|store, user, span, mut plays, observation| async move {
        let key = |play: &Play| {
            let track = play.track();
            (play.played_at(), track.artist, track.name, track.album)
        };
        let shown: BTreeSet<_> = plays.iter().map(key).collect();
        let held = store.plays(user, span, None, usize::MAX).await?;
        let held = held.into_iter().map(|stored| stored.play);
        plays.extend(held.filter(|play| !shown.contains(&key(play))));
        store.replace(user, span, plays, observation).await
    });
    is_caught("removals are never believed", &twist);
}

#[test]
fn removals_that_are_believed_at_once_are_caught() {
    let twist = twisted(|store, user, span, plays, observation| async move {
        let replaced = store.replace(user, span, plays.clone(), observation).await?;
        let revision = store.revision(user).await?;
        let at_once = Observation { revision, removals: Removals::Accept, ..observation };
        store.replace(user, span, plays, at_once).await?;
        Ok(replaced)
    });
    // At the end of a schedule what was removed too early has come back: it shows in between.
    let trial = |twist: Option<Twist>| {
        let mut world = World::still(100);
        if let Some(twist) = twist {
            world.store = Arc::new(Twisted { inner: world.store, twist });
        }
        world.sync();
        world.fake().happen(&Happening::EmptyHistory);
        world.hourly(2);
        let left = world.archived().len();
        if left == 100 { Ok(()) } else { Err(format!("{left} of 100 plays after two hours")) }
    };
    let name = "removals are believed at once";
    caught(name, |_| trial(Some(Arc::clone(&twist))), |_| trial(None));
}

#[test]
fn a_write_that_is_lost_after_another_was_dropped_is_caught() {
    struct Dropped(Arc<AtomicBool>, bool);
    impl Drop for Dropped {
        fn drop(&mut self) {
            if !self.1 {
                self.0.store(true, Ordering::SeqCst);
            }
        }
    }
    let spoiled = Arc::new(AtomicBool::new(false));
    let twist = twisted(move |store, user, span, plays, observation| {
        let spoiled = Arc::clone(&spoiled);
        async move {
            if spoiled.swap(false, Ordering::SeqCst) {
                return Ok(Replaced { added: plays.len() as u64, ..Replaced::default() });
            }
            let mut dropped = Dropped(spoiled, false);
            let done = store.replace(user, span, plays, observation).await;
            dropped.1 = true;
            done
        }
    });
    // The engine reads again what the counts miss; a caller who was told that it is there would not.
    let store = || World::still(0).store;
    let trial = |_| acknowledged_is_there(&Twisted { inner: store(), twist: Arc::clone(&twist) });
    caught("a write is lost after a dropped one", trial, |_| acknowledged_is_there(&*store()));
}

/// Dates what is playing now as if it had been played.
#[derive(Debug)]
struct NowIsAPlay(Arc<dyn Transport>);

#[async_trait]
impl Transport for NowIsAPlay {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let mut response = self.0.send(request).await?;
        let date = response.headers.get("date").and_then(|date| date.to_str().ok());
        if let Some(now) = date.and_then(Timestamp::from_http_date) {
            let playing = r#""@attr":{"nowplaying":"true"}"#;
            let dated = format!(r##""date":{{"uts":"{}","#text":""}}"##, now.as_unix());
            let body = String::from_utf8_lossy(&response.body).replace(playing, &dated);
            response.body = body.into();
        }
        Ok(response)
    }
}

#[test]
fn what_is_playing_now_dated_as_now_is_caught() {
    let plant = |inner| -> Arc<dyn Transport> { Arc::new(NowIsAPlay(inner)) };
    let planted = Planted { transport: Some(Arc::new(plant)), ..Planted::default() };
    caught("what is playing now is a play", |seed| schedule(seed, planted.clone()), right);
}
