//! The archive engine: a client on one side, a store on the other.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::audit::Audit;
use super::progress::Run;
use super::reader::{Reader, Settings};
use super::store::{ArchiveStore, WorkerId};
use super::sync::{self, Goal};
use crate::recent_tracks::LARGEST_PAGE;
use crate::{Client, SessionKey, Span, Username};

/// Brings archives up to date.
///
/// Cheap to clone; clones share the client's rate and the stop flag. Runs of different users may
/// be at work at the same time; of one user, one run works and the others wait.
///
/// # Cancel safety
///
/// A [`Run`] may be dropped, and the process killed, at any instant: what is not covered is not
/// covered, and the next run goes on from there.
///
/// # Example
///
/// ```
/// # #[cfg(feature = "testing")]
/// # futures_executor::block_on(async {
/// # use lastfm_core::testing::{FakeLastfm, FakeLastfmTransport, Scenario, VirtualClock};
/// # use lastfm_core::{ApiKey, Client, Credentials, Timestamp};
/// # let start = Timestamp::from_unix(1_780_000_000);
/// # let clock = Arc::new(VirtualClock::new(start));
/// # let fake = Arc::new(std::sync::Mutex::new(FakeLastfm::new(1, &Scenario::still(2500), start)));
/// # let transport = Arc::new(FakeLastfmTransport::new(fake, clock.clone()));
/// # let client = Client::builder(
/// #     Credentials::read_only(ApiKey::new("key")?), transport, clock.clone()).build();
/// use std::sync::Arc;
///
/// use futures_util::TryStreamExt as _;
/// use lastfm_core::archive::{Archiver, MemoryStore, Progress, WorkerId};
///
/// let store = Arc::new(MemoryStore::new(clock));
/// let archiver = Archiver::new(client, store, WorkerId("this machine".to_owned()));
/// let mut run = archiver.sync("rj".parse()?);
/// while let Some(progress) = run.try_next().await? {
///     match progress {
///         Progress::Archived { held, total, .. } => println!("{held} of {total:?} plays"),
///         Progress::Finished(report) => assert_eq!(report.held, 2500),
///         _ => {}
///     }
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
/// ```
#[derive(Debug, Clone)]
pub struct Archiver(pub(super) Settings);

impl Archiver {
    /// An archiver that reads with `client`, writes to `store`, and is called `worker` there:
    /// a name that no other process or machine uses at the same time.
    pub fn new(client: Client, store: Arc<dyn ArchiveStore>, worker: WorkerId) -> Self {
        Self(Settings {
            client,
            store,
            worker,
            page_size: LARGEST_PAGE,
            patience: Duration::from_secs(15 * 60),
            lease: Duration::from_secs(50),
            stop: Arc::new(AtomicBool::new(false)),
        })
    }

    /// Plays asked for at once, 1 to 1000. Default: 1000. The service may send fewer.
    pub fn with_page_size(mut self, plays: u32) -> Self {
        self.0.page_size = plays.clamp(1, LARGEST_PAGE);
        self
    }

    /// How long a run goes on without an answer of the service that can be believed. Default:
    /// 15 minutes.
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.0.patience = patience;
        self
    }

    /// How long the place at work on a user is kept after a worker's last sign of life (it gives
    /// five in that time): so long others wait for a worker that died. Default: 50 s. If it is
    /// shorter than the wait for a slow answer, somebody else may take the work over meanwhile.
    pub fn with_lease(mut self, lease: Duration) -> Self {
        self.0.lease = lease;
        self
    }

    /// The same, reading in the name of the user of this session. The stop flag stays shared.
    ///
    /// For an archive whose user hides the history: nobody else's session shows it. Without a
    /// [shared secret](crate::SharedSecret) in the client it changes nothing, because what is
    /// read in a user's name is signed.
    ///
    /// ```
    /// # #[cfg(feature = "testing")]
    /// # futures_executor::block_on(async {
    /// # use std::sync::{Arc, Mutex};
    /// # use lastfm_core::archive::{Archiver, MemoryStore, SyncError, WorkerId};
    /// # use lastfm_core::testing::{FakeLastfm, FakeLastfmTransport, Scenario, VirtualClock};
    /// # use lastfm_core::{ApiKey, Client, Credentials, SessionKey, SharedSecret, Timestamp};
    /// # let start = Timestamp::from_unix(1_780_000_000);
    /// # let clock = Arc::new(VirtualClock::new(start));
    /// # let mut scenario = Scenario::still(2500);
    /// # scenario.service.hidden = true;
    /// # scenario.service.session_key = Some("d580d57f".to_owned());
    /// # let fake = Arc::new(Mutex::new(FakeLastfm::new(1, &scenario, start)));
    /// # let transport = Arc::new(FakeLastfmTransport::new(fake.clone(), clock.clone()));
    /// # let credentials = Credentials::read_only(ApiKey::new("key")?)
    /// #     .with_secret(SharedSecret::new("secret")?);
    /// # let client = Client::builder(credentials, transport, clock.clone()).build();
    /// # let store = Arc::new(MemoryStore::new(clock));
    /// let archiver = Archiver::new(client, store, WorkerId("this machine".to_owned()));
    /// let refused = archiver.sync("rj".parse()?).finish().await.unwrap_err();
    /// assert!(matches!(refused, SyncError::Hidden { .. }));
    ///
    /// let session = SessionKey::new("d580d57f")?;
    /// let report = archiver.with_session(session).sync("rj".parse()?).finish().await?;
    /// assert_eq!(report.held, 2500);
    /// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    pub fn with_session(mut self, session: SessionKey) -> Self {
        self.0.client = self.0.client.with_session(session);
        self
    }

    /// Brings the whole archive of `user` up to now: what is not covered is read, newest first;
    /// then the counts are compared, and what differs is found and read again. Once a day the
    /// last 15 days are read again in any case, and of the rest the pages that were read longest
    /// ago: a thirtieth of the history, so that a round takes about a month of daily runs.
    pub fn sync(&self, user: Username) -> Run {
        self.run(user, Goal::Whole)
    }

    /// Archives the plays of one span: what of it is not covered is read; if all of it is covered,
    /// it is read again.
    pub fn sync_span(&self, user: Username, span: Span) -> Run {
        self.run(user, Goal::Part(span))
    }

    /// Brings the whole archive of `user` up to now, then compares it with the service: the count
    /// of every year, and where counts differ, smaller and smaller spans, down to what is read
    /// again; or, if asked to, reads everything again. That costs about a request a year, or one a
    /// page. A reading of everything that is interrupted is gone on with for two days.
    ///
    /// ```
    /// # #[cfg(feature = "testing")]
    /// # futures_executor::block_on(async {
    /// # use std::sync::{Arc, Mutex};
    /// # use lastfm_core::testing::{FakeLastfm, FakeLastfmTransport, Scenario, VirtualClock};
    /// # use lastfm_core::{ApiKey, Client, Credentials, Timestamp};
    /// # let start = Timestamp::from_unix(1_780_000_000);
    /// # let clock = Arc::new(VirtualClock::new(start));
    /// # let fake = Arc::new(Mutex::new(FakeLastfm::new(1, &Scenario::still(2500), start)));
    /// # let transport = Arc::new(FakeLastfmTransport::new(fake.clone(), clock.clone()));
    /// # let client = Client::builder(
    /// #     Credentials::read_only(ApiKey::new("key")?), transport, clock.clone()).build();
    /// # let store = Arc::new(lastfm_core::archive::MemoryStore::new(clock));
    /// use lastfm_core::archive::{Archiver, Audit, WorkerId};
    ///
    /// let archiver = Archiver::new(client, store, WorkerId("this machine".to_owned()));
    /// archiver.sync("rj".parse()?).finish().await?;
    /// # let edited = fake.lock().unwrap().truth()[100].id;
    /// # fake.lock().unwrap().edit_where(|play| play.id == edited, "Another Title");
    /// // Then somebody gives an old play another title. No count tells that.
    /// let audit = Audit { deep: true, accept_removals: false };
    /// let report = archiver.audit("rj".parse()?, audit).finish().await?;
    /// assert_eq!(report.replaced.changed, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    pub fn audit(&self, user: Username, audit: Audit) -> Run {
        self.run(user, Goal::Audit(audit))
    }

    /// Asks all runs of this archiver and its clones, also those that begin later, to stop after
    /// the page in flight. They end with a report that says what is missing, or with
    /// [`SyncError::NotNow`](super::SyncError::NotNow) if there is no archive of the user yet.
    pub fn stop(&self) {
        self.0.stop.store(true, Ordering::Relaxed);
    }

    fn run(&self, user: Username, goal: Goal) -> Run {
        Run::new(|events| sync::run(Reader::new(self.0.clone(), user, events), goal))
    }
}
