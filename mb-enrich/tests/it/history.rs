//! The albums of a whole history: who is asked for, when, and what comes of it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use futures_executor::block_on;
use lastfm_core::Mbid;
use lastfm_core::albums::{AlbumId, AlbumStore, Correction, KnownAlbum};
use lastfm_core::archive::{MemoryStore, Span, UserId};
use lastfm_core::testing::conformance::{Given, of_album};
use lastfm_core::testing::stories::polled;
use lastfm_core::testing::{Dice, VirtualClock};
use mb_enrich::{
    Answers, Effort, Enricher, MemorySource, Names, Progress, ReleaseGroup, Source, Status, Tracks,
    Works,
};

use crate::outages::Flaky;
use crate::support::{NOW, albums, catalogue, mbid};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A user with a history of these albums, each played so often.
struct World {
    clock: Arc<VirtualClock>,
    store: Arc<MemoryStore>,
    user: UserId,
}

impl World {
    fn new(played: &[(&str, &str, &str, i64)]) -> Self {
        let clock = Arc::new(VirtualClock::new(NOW));
        let store = Arc::new(MemoryStore::new(clock.clone()));
        let mut plays = Vec::new();
        for (artist, title, mbid, count) in played {
            for _ in 0..*count {
                let at = i64::try_from(plays.len()).unwrap();
                plays.push(of_album(at, artist, title, mbid));
            }
        }
        let user = block_on(async {
            let given = Given::user(&*store, "rj").await;
            given.replace(0, 100_000, &plays, 200_000).await;
            given.user
        });
        Self { clock, store, user }
    }

    fn enricher(&self, source: impl Source) -> Enricher {
        Enricher::new(Arc::new(source), self.clock.clone())
    }

    fn run(&self, source: impl Source) -> Progress {
        self.run_with(&self.enricher(source))
    }

    fn run_with(&self, enricher: &Enricher) -> Progress {
        let run = enricher.history(self.store.clone(), self.user, Span::EVER);
        block_on(run.finish()).unwrap()
    }

    fn albums(&self) -> Vec<KnownAlbum> {
        block_on(async {
            let played = self.store.played_albums(self.user, Span::EVER).await.unwrap();
            let ids: Vec<AlbumId> = played.albums.iter().map(|album| album.id).collect();
            self.store.albums(&ids).await.unwrap()
        })
    }

    fn standing(&self) -> BTreeMap<String, (Status, Option<String>)> {
        let albums = self.albums().into_iter();
        let standing = albums.map(|album| {
            let date = album.first_release().map(|date| date.to_string());
            (format!("{} – {}", album.artist, album.title), (album.status(), date))
        });
        standing.collect()
    }

    fn status(&self, title: &str) -> Status {
        self.albums().iter().find(|album| album.title == title).unwrap().status()
    }

    fn id(&self, title: &str) -> AlbumId {
        self.albums().iter().find(|album| album.title == title).unwrap().id
    }
}

/// All albums of the catalogue's tests, as plays say them.
fn all() -> World {
    let albums: Vec<(String, String, String)> = albums()
        .into_iter()
        .map(|album| {
            let mbid = album.mbids.first().map(ToString::to_string);
            (album.artist, album.title, mbid.unwrap_or_default())
        })
        .collect();
    let played = albums.iter().map(|(artist, title, mbid)| (&**artist, &**title, &**mbid, 2));
    World::new(&played.collect::<Vec<_>>())
}

/// Writes down what it is asked for.
#[derive(Debug, Clone)]
struct Listening {
    source: Arc<MemorySource>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Listening {
    fn new() -> Self {
        Self { source: Arc::new(catalogue()), asked: Arc::default() }
    }

    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

#[async_trait]
impl Source for Listening {
    async fn by_ids(&self, ids: &[Mbid]) -> Answers<Option<ReleaseGroup>> {
        self.asked.lock().unwrap().extend(ids.iter().map(ToString::to_string));
        self.source.by_ids(ids).await
    }

    async fn by_names(&self, questions: &[Names]) -> Answers<Vec<ReleaseGroup>> {
        let names = questions.iter().map(|names| names.title.spelled().to_owned());
        self.asked.lock().unwrap().extend(names);
        self.source.by_names(questions).await
    }

    async fn of_artists(&self, questions: &[Works]) -> Answers<Vec<ReleaseGroup>> {
        self.source.of_artists(questions).await
    }

    async fn with_tracks(&self, questions: &[Tracks]) -> Answers<Vec<Mbid>> {
        self.source.with_tracks(questions).await
    }
}

#[test]
fn every_album_of_a_history_is_looked_up_once() {
    let world = all();
    let listening = Listening::new();
    let progress = world.run(listening.clone());
    assert_eq!((progress.asked, progress.trouble), (progress.due, None));
    assert_eq!(progress.due, world.albums().len() as u64);
    assert_eq!(progress.standing.values().sum::<u64>(), progress.due);
    for (status, count) in progress.standing {
        let albums = world.albums();
        let so = albums.iter().filter(|album| album.status() == status).count();
        assert_eq!(so as u64, count, "{status:?}");
    }
    assert!(!listening.asked().is_empty());
    // Nothing is due for as long as nothing new is known.
    let again = world.run(listening.clone());
    assert_eq!((again.due, again.asked), (0, 0));
    assert_eq!(listening.asked(), [""; 0]);
}

#[test]
fn the_most_played_are_asked_for_first() {
    let titles: Vec<String> = (0..250).map(|number| format!("Record {number:03}")).collect();
    let played: Vec<_> =
        titles.iter().zip(1_i64..).map(|(title, plays)| ("Low", &**title, "", plays)).collect();
    let world = World::new(&played);
    let mut run = world.enricher(catalogue()).history(world.store.clone(), world.user, Span::EVER);
    let asked = |progress: Option<Progress>| progress.map(|progress| progress.asked);
    assert_eq!(asked(block_on(run.next()).unwrap()), Some(0));
    assert_eq!(asked(block_on(run.next()).unwrap()), Some(50));
    assert_eq!(world.status("Record 249"), Status::NotFound);
    assert_eq!(world.status("Record 200"), Status::NotFound);
    assert_eq!(world.status("Record 199"), Status::Pending);
    assert_eq!(asked(block_on(run.next()).unwrap()), Some(150));
    assert_eq!(asked(block_on(run.next()).unwrap()), Some(250));
    assert_eq!(asked(block_on(run.next()).unwrap()), None);
}

#[test]
fn all_albums_of_an_artist_are_asked_for_together() {
    let played = [("Low", "Trust", "", 3), ("Dirty Three", "Hex", "", 4), ("Low", "Owl", "", 2)];
    let world = World::new(&played);
    let listening = Listening::new();
    world.run(listening.clone());
    assert_eq!(listening.asked()[..3], ["Trust", "Owl", "Hex"]);
}

#[test]
fn only_the_span_is_looked_up() {
    let world = World::new(&[("Low", "Trust", "", 5), ("Low", "Owl", "", 5)]);
    let enricher = world.enricher(catalogue());
    let span =
        Span::new(lastfm_core::Timestamp::from_unix(0), lastfm_core::Timestamp::from_unix(5));
    let progress = block_on(enricher.history(world.store.clone(), world.user, span).finish());
    assert_eq!(progress.unwrap().asked, 1);
    assert_eq!((world.status("Trust"), world.status("Owl")), (Status::Matched, Status::Pending));
}

#[test]
fn names_are_asked_for_after_identifiers_alone() {
    let id = mbid(1002).to_string();
    let world = World::new(&[("Low", "Trust", &id, 1), ("Low", "Murderer", "", 1)]);
    let listening = Listening::new();
    let quick = world.enricher(listening.clone()).effort(Effort::Identifiers);
    assert_eq!(world.run_with(&quick).asked, 2);
    assert_eq!(listening.asked(), [id]);
    let statuses = || (world.status("Trust"), world.status("Murderer"));
    assert_eq!(statuses(), (Status::Matched, Status::Pending));
    assert_eq!(world.run_with(&quick).due, 0);
    let progress = world.run(listening.clone());
    assert_eq!((progress.asked, listening.asked()), (1, vec!["Murderer".to_owned()]));
    assert_eq!(statuses(), (Status::Matched, Status::Matched));
}

#[test]
fn what_was_not_found_is_asked_for_again_after_30_days() {
    let world = World::new(&[("Nobody", "Nothing", "", 1)]);
    world.run(catalogue());
    assert_eq!(world.status("Nothing"), Status::NotFound);
    for (days, due) in [(29, 0), (1, 1), (1, 0)] {
        world.clock.advance(DAY * days);
        assert_eq!(world.run(catalogue()).due, due);
    }
}

#[test]
fn an_outage_takes_nothing_away_that_was_found() {
    let world = World::new(&[("Low", "Trust Fire", "", 1)]);
    world.run(catalogue());
    let before = world.albums().remove(0).outcome.unwrap();
    assert_eq!(before.status, Status::NotFound);
    assert!(!before.near.is_empty());
    world.clock.advance(DAY * 31);
    assert!(world.run(Failing).trouble.is_some());
    let after = world.albums().remove(0).outcome.unwrap();
    assert_eq!((after.status, &after.near), (Status::Pending, &before.near));
}

#[test]
fn an_album_that_somebody_else_has_found_meanwhile_is_not_asked_for() {
    let world = World::new(&[("Low", "Trust", "", 2), ("Nobody", "Nothing", "", 1)]);
    let listening = Listening::new();
    let enricher = world.enricher(listening.clone());
    let mut run = enricher.history(world.store.clone(), world.user, Span::EVER);
    assert_eq!(block_on(run.next()).unwrap().unwrap().due, 2);
    world.run(catalogue());
    block_on(run.finish()).unwrap();
    assert_eq!(listening.asked(), [""; 0]);
    assert_eq!(world.status("Trust"), Status::Matched);
}

/// Answers nothing.
#[derive(Debug)]
struct Failing;

impl Failing {
    fn none<T>(count: usize) -> Answers<T> {
        Answers::none(count, mb_enrich::SourceError::outage("the line is down"))
    }
}

#[async_trait]
impl Source for Failing {
    async fn by_ids(&self, ids: &[Mbid]) -> Answers<Option<ReleaseGroup>> {
        Self::none(ids.len())
    }

    async fn by_names(&self, questions: &[Names]) -> Answers<Vec<ReleaseGroup>> {
        Self::none(questions.len())
    }

    async fn of_artists(&self, questions: &[Works]) -> Answers<Vec<ReleaseGroup>> {
        Self::none(questions.len())
    }

    async fn with_tracks(&self, questions: &[Tracks]) -> Answers<Vec<Mbid>> {
        Self::none(questions.len())
    }
}

#[test]
fn what_a_person_says_is_not_asked_for() {
    let world = World::new(&[("Low", "Trust", "", 1), ("Nobody", "Nothing", "", 1)]);
    block_on(lastfm_core::albums::collect(&*world.store, world.user)).unwrap();
    for title in ["Trust", "Nothing"] {
        let said = Some(Correction::undated(NOW));
        block_on(world.store.correct_album(world.id(title), said)).unwrap();
    }
    let listening = Listening::new();
    assert_eq!(world.run(listening.clone()).due, 0);
    assert_eq!(listening.asked(), [""; 0]);
    block_on(world.store.correct_album(world.id("Trust"), None)).unwrap();
    assert_eq!(world.run(listening).due, 1);
    assert_eq!((world.status("Trust"), world.status("Nothing")), (Status::Matched, Status::NoDate));
}

/// 100 schedules of outages and kills: whatever is written down meanwhile is true, and when the
/// source answers again, the end is the same.
#[test]
fn outages_and_kills_cost_nothing_but_time() {
    let truth = {
        let world = all();
        world.run(catalogue());
        world.standing()
    };
    let (mut waited, mut killed) = (0, 0);
    for seed in 0..100 {
        let world = all();
        let mut dice = Dice::new(seed);
        for _ in 0..dice.below(6) {
            let enricher = world.enricher(Flaky::new(dice.below(1_000_000)));
            let run = enricher.history(world.store.clone(), world.user, Span::EVER);
            match block_on(polled(run.finish(), 1 + dice.index(40))) {
                Some(progress) if progress.as_ref().unwrap().trouble.is_some() => waited += 1,
                Some(_) => {}
                None => killed += 1,
            }
            for (name, (status, date)) in world.standing() {
                if status != Status::Pending {
                    assert_eq!((status, date), truth[&name], "seed {seed}: {name}");
                }
            }
            world.clock.advance(Duration::from_secs(dice.below(7_200)));
        }
        world.clock.advance(DAY * 2);
        world.run(catalogue());
        assert_eq!(world.standing(), truth, "seed {seed}");
    }
    assert!(waited > 20 && killed > 20, "{waited} waited, {killed} were killed");
}
