//! A fake Last.fm, a fake MusicBrainz, archives in a database of either kind, and slices on them.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use crew::{Figures, JobOutcome, Observer, Sessions, SliceContext, Slices, Upstream};
use jobs::{Done, Kind, Order, Priority, Progress, Setback, Slice, Task, Work as _};
use lastfm_core::archive::{ArchivedUser, Span, StoreResult};
use lastfm_core::testing::{FakeLastfm, FakeLastfmTransport, Scenario};
use lastfm_core::{
    ApiKey, Clock as _, Credentials, SessionKey, SharedSecret, Timestamp, TokioClock, Username,
};
use lastfm_postgres::testing::PrivateServer;
use tempfile::TempDir;
use terminal::database::{Database, Place};

use crate::musicbrainz::Fake;

/// Longer than any test.
pub(crate) const LONG: Duration = Duration::from_secs(30);

pub(crate) struct Stage {
    pub(crate) lastfm: Arc<Mutex<FakeLastfm>>,
    pub(crate) musicbrainz: Arc<Fake>,
    pub(crate) db: Database,
    pub(crate) heard: Arc<Heard>,
    pub(crate) session: Option<SessionKey>,
    pub(crate) clock: TokioClock,
    /// Removed at the end.
    pub(crate) folder: TempDir,
    pub(crate) server: Option<lastfm_postgres::testing::Database>,
}

/// Everything that was told.
#[derive(Debug, Default)]
pub(crate) struct Heard(Mutex<Vec<String>>);

impl Heard {
    pub(crate) fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    fn note(&self, line: String) {
        self.0.lock().unwrap().push(line);
    }
}

impl Observer for Heard {
    fn ended(&self, task: &Task, how: JobOutcome, words: &str) {
        self.note(format!("{} {how:?} {words}", task.kind));
    }

    fn outage_began(&self, of: Upstream, reason: &str) {
        self.note(format!("{of:?} down: {reason}"));
    }

    fn outage_ended(&self, of: Upstream) {
        self.note(format!("{of:?} up"));
    }
}

/// Those who have logged in.
struct Kept(Option<SessionKey>);

#[async_trait]
impl Sessions for Kept {
    async fn session_of(&self, _user: &Username) -> StoreResult<Option<SessionKey>> {
        Ok(self.0.clone())
    }
}

impl Stage {
    pub(crate) async fn sqlite(albums: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::File(folder.path().join("scrobbles.db"));
        Self::at(place, folder, None, albums).await
    }

    pub(crate) async fn postgres(albums: u32) -> Self {
        let server = PrivateServer::shared().database();
        let place = Place::from(PathBuf::from(server.url()));
        Self::at(place, tempfile::tempdir().unwrap(), Some(server), albums).await
    }

    /// Where rj has played so many albums, each once a day and one more often than the next.
    async fn at(
        place: Place,
        folder: TempDir,
        server: Option<lastfm_postgres::testing::Database>,
        albums: u32,
    ) -> Self {
        let clock = TokioClock::default();
        let now = clock.wall();
        let mut lastfm = FakeLastfm::new(1, &Scenario::still(0), now);
        lastfm.rest();
        lastfm.know_app("key", "secret");
        for number in 0..albums {
            let (artist, album) = (format!("Artist {number}"), format!("Album {number}"));
            let at = now.plus(-86_400 * i64::from(number + 1));
            lastfm.insert(at, &artist, "Track", Some(&album));
        }
        let session = SessionKey::new(lastfm.log_in("rj").unwrap()).unwrap();
        Self {
            lastfm: Arc::new(Mutex::new(lastfm)),
            musicbrainz: Fake::knowing(albums),
            db: Database::open(place).await.unwrap(),
            heard: Arc::default(),
            session: Some(session),
            clock,
            folder,
            server,
        }
    }

    /// Makes all that stands in the queue so many seconds older than it is.
    pub(crate) fn pretend_later(&self, seconds: i64) {
        let older = format!(
            "UPDATE queued_play SET since = since - {seconds}, \
             lease_until = lease_until - {seconds}; \
             UPDATE queue_account SET hold_until = hold_until - {seconds}, \
             hold_since = hold_since - {seconds}"
        );
        if let Some(server) = &self.server {
            server.sql(&older);
        } else {
            let file = rusqlite::Connection::open(self.folder.path().join("scrobbles.db")).unwrap();
            file.busy_timeout(Duration::from_secs(10)).unwrap();
            file.execute_batch(&older).unwrap();
        }
    }

    pub(crate) fn lastfm(&self) -> MutexGuard<'_, FakeLastfm> {
        self.lastfm.lock().unwrap()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.wall()
    }

    /// The year before this one.
    pub(crate) fn last_year(&self) -> (i16, Span) {
        let mut years = (2020..).map(|year| (year, Span::year(year).unwrap()));
        let (this, _) = years.find(|(_, span)| span.contains(self.now())).unwrap();
        (this - 1, Span::year(this - 1).unwrap())
    }

    /// What a process that begins now works with.
    pub(crate) fn means(&self) -> SliceContext {
        let network = FakeLastfmTransport::new(self.lastfm.clone(), Arc::new(self.clock.clone()));
        let credentials = Credentials::read_only(ApiKey::new("key").unwrap())
            .with_secret(SharedSecret::new("secret").unwrap());
        SliceContext {
            db: self.db.clone(),
            network: Arc::new(network.latency(Duration::from_millis(2))),
            credentials,
            service: None,
            rate: 1000.0,
            page_size: 1000,
            hurry: 1,
            musicbrainz: Some(self.musicbrainz.source()),
            sessions: Arc::new(Kept(self.session.clone())),
            observer: self.heard.clone(),
            figures: Arc::new(Figures::new("crew")),
        }
    }

    pub(crate) fn slices(&self) -> Slices {
        Slices::new(self.means())
    }

    /// Archives the plays, and nothing else.
    pub(crate) async fn archive(&self) {
        let slices = Slices::new(SliceContext { musicbrainz: None, ..self.means() });
        let (done, _) = run(&slices, &task(Kind::Sync, None), LONG).await;
        assert!(matches!(done, Ok(Done::Finished(_))), "{done:?}");
    }

    pub(crate) async fn user(&self) -> ArchivedUser {
        self.db.store.user(&rj()).await.unwrap().unwrap()
    }
}

pub(crate) fn rj() -> Username {
    "rj".parse().unwrap()
}

/// A job that somebody waits for, in its first slice.
pub(crate) fn task(kind: Kind, year: Option<i16>) -> Task {
    Task::first(Order { kind, user: rj(), year, priority: Priority::Waiting })
}

/// One slice, and what it told last.
pub(crate) async fn run(
    slices: &Slices,
    task: &Task,
    lasts: Duration,
) -> (Result<Done, Setback>, Progress) {
    let slice = Slice::alone(lasts);
    let done = slices.slice(task, &slice).await;
    (done, slice.told())
}

/// Every test with archives in both databases.
macro_rules! on_both {
    ($($name:ident($albums:expr);)+) => {
        mod on_sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(crate::stage::Stage::sqlite($albums).await).await;
            })+
        }
        mod on_postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(crate::stage::Stage::postgres($albums).await).await;
            })+
        }
    };
}
pub(crate) use on_both;
