//! Short stories of an archive, to be stopped at every step: whatever happens in the middle, they
//! end the same.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use super::{Cut, Cutting, FakeLastfm, FakeLastfmTransport, Happening, Scenario, VirtualClock};
use crate::archive::{
    ArchiveStatus, ArchiveStore, Archiver, Replaced, Run, Span, SyncError, WorkerId,
};
use crate::transport::Transport;
use crate::{ApiKey, Client, Clock, Credentials, Timestamp, Username};

const START: Timestamp = Timestamp::from_unix(1_780_000_000);
const HOUR: Duration = Duration::from_secs(3600);
const PAGE_SIZE: u32 = 25;
const PLAYS: usize = 110;
/// A play of the story that has a hole.
const REFUSED: usize = 60;

/// What happens between the first import and the run that is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)] // The names say all there is.
pub enum Story {
    FirstImport,
    HourlyUpdate,
    LateBatch,
    DeletionRepaired,
    Edit,
    Hole,
    DenseSecond,
}

/// How a story ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// The service's objects of all plays, in order.
    pub plays: Vec<String>,
    /// How many plays were removed.
    pub removed: u64,
    /// What the service refuses.
    pub holes: Vec<Span>,
}

impl Story {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::FirstImport,
        Self::HourlyUpdate,
        Self::LateBatch,
        Self::DeletionRepaired,
        Self::Edit,
        Self::Hole,
        Self::DenseSecond,
    ];

    /// Whether the run that is stopped is the first one.
    fn begins_empty(self) -> bool {
        match self {
            Self::FirstImport | Self::Hole | Self::DenseSecond => true,
            Self::HourlyUpdate | Self::LateBatch | Self::DeletionRepaired | Self::Edit => false,
        }
    }

    fn account(self) -> FakeLastfm {
        let mut scenario = Scenario::still(PLAYS);
        if self == Self::DenseSecond {
            scenario.history.dense_seconds = vec![40];
            scenario.service.max_per_page = PAGE_SIZE.into();
        }
        let mut fake = FakeLastfm::new(3, &scenario, START);
        if self == Self::Hole {
            let second = fake.truth()[REFUSED].at;
            fake.poison(second);
        }
        fake
    }

    fn goes_on(self, fake: &mut FakeLastfm) {
        let happening = match self {
            Self::FirstImport | Self::Hole | Self::DenseSecond => return,
            Self::HourlyUpdate => {
                for number in 1..=3 {
                    let at = fake.now().plus(-200 * number);
                    fake.insert(at, "Low", "Monkey", None);
                }
                return;
            }
            Self::LateBatch => Happening::LateBatch { plays: 12, oldest_days: 9 },
            Self::DeletionRepaired => Happening::DeleteRandom { plays: 2 },
            Self::Edit => {
                let recent = fake.now().plus(-2 * 86_400);
                fake.insert(recent, "Low", "Monkey", None);
                return;
            }
        };
        fake.happen(&happening);
    }
}

/// A story on its way.
#[derive(Debug)]
pub struct Stage {
    story: Story,
    clock: VirtualClock,
    fake: Arc<Mutex<FakeLastfm>>,
    user: Username,
}

impl Stage {
    /// The story at its beginning. The store to play it on is empty, and has this clock.
    #[allow(clippy::missing_panics_doc)] // The name is a name.
    pub fn new(story: Story, clock: VirtualClock) -> Self {
        let fake = Arc::new(Mutex::new(story.account()));
        // The name of the default scenario is a name.
        let user = "rj".parse().expect("a name");
        Self { story, clock, fake, user }
    }

    /// The clock of every story.
    pub fn clock() -> VirtualClock {
        VirtualClock::new(START)
    }

    /// Plays up to the run that is to be stopped.
    ///
    /// # Errors
    ///
    /// What the run fails with.
    pub async fn prepare(&self, store: &Arc<dyn ArchiveStore>) -> Result<(), SyncError> {
        if self.story.begins_empty() {
            return Ok(());
        }
        if self.story == Story::Edit {
            self.change();
        }
        self.run(store, &Cut::never()).finish().await?;
        self.clock.advance(25 * HOUR);
        if self.story == Story::Edit {
            self.fake().edit_where(|play| &*play.track == "Monkey", "Donkey");
        } else {
            self.change();
        }
        Ok(())
    }

    /// The run that is to be stopped, as `cut` says.
    pub fn run(&self, store: &Arc<dyn ArchiveStore>, cut: &Cut) -> Run {
        self.run_of("story", store, cut)
    }

    /// A run of the worker of this name.
    #[allow(clippy::missing_panics_doc)] // The key is not blank.
    pub fn run_of(&self, worker: &str, store: &Arc<dyn ArchiveStore>, cut: &Cut) -> Run {
        let clock: Arc<dyn Clock> = Arc::new(self.clock.clone());
        let transport = FakeLastfmTransport::new(Arc::clone(&self.fake), Arc::clone(&clock));
        let transport: Arc<dyn Transport> = Arc::new(Cutting::new(transport, cut.clone()));
        let store: Arc<dyn ArchiveStore> = Arc::new(Cutting::new(Arc::clone(store), cut.clone()));
        // The key is not blank.
        let credentials = Credentials::read_only(ApiKey::new("key").expect("a key"));
        let client = Client::builder(credentials, transport, clock).jitter_seed(1).build();
        let worker = WorkerId(worker.to_owned());
        Archiver::new(client, store, worker).with_page_size(PAGE_SIZE).sync(self.user.clone())
    }

    /// Runs once more, and an hour later, and tells how it ended. A third run must find nothing
    /// to change.
    ///
    /// # Errors
    ///
    /// What a run or the store fails with, and what the third run changed, in words.
    pub async fn end(&self, store: &Arc<dyn ArchiveStore>) -> Result<Ending, String> {
        let failed = |error: SyncError| format!("{error}");
        self.run(store, &Cut::never()).finish().await.map_err(failed)?;
        self.clock.advance(HOUR);
        self.run(store, &Cut::never()).finish().await.map_err(failed)?;
        let ending = self.ending(store).await?;
        self.clock.advance(HOUR);
        let report = self.run(store, &Cut::never()).finish().await.map_err(failed)?;
        if report.replaced != Replaced::default() {
            return Err(format!("a further run changes something: {:?}", report.replaced));
        }
        if self.ending(store).await? != ending {
            return Err("a further run changes something unsaid".to_owned());
        }
        Ok(ending)
    }

    /// How the archive stands; it must be complete.
    ///
    /// # Errors
    ///
    /// What the store fails with, and what is missing, in words.
    pub async fn ending(&self, store: &Arc<dyn ArchiveStore>) -> Result<Ending, String> {
        let failed = |error: crate::archive::StoreError| format!("{error:?}");
        let user = store.user(&self.user).await.map_err(failed)?;
        let user = user.ok_or_else(|| "there is no user".to_owned())?;
        let stored = store.plays(user.id, Span::EVER, None, 100_000).await.map_err(failed)?;
        let mut plays: Vec<String> =
            stored.iter().map(|stored| stored.play.raw().to_owned()).collect();
        plays.sort_unstable();
        let status = ArchiveStatus::read(store.as_ref(), user).await.map_err(failed)?;
        if !status.is_complete() || status.count.doubted > 0 {
            return Err(format!("missing {:?}, {:?}", status.missing, status.count));
        }
        let holes = status.holes.iter().map(|hole| hole.span).collect();
        Ok(Ending { plays, removed: status.removed_count, holes })
    }

    /// How the story must end.
    pub fn expected(&self) -> Ending {
        let fake = self.fake();
        let holes: Vec<Span> = fake.poisoned().map(Span::second).collect();
        let truth = fake.truth();
        let shown = truth.iter().filter(|play| !holes.iter().any(|hole| hole.contains(play.at)));
        let mut plays: Vec<String> = shown.map(|play| fake.object(play)).collect();
        plays.sort_unstable();
        let removed = if self.story == Story::DeletionRepaired { 2 } else { 0 };
        Ending { plays, removed, holes }
    }

    fn change(&self) {
        let mut fake = self.fake();
        fake.advance_to(self.clock.now());
        self.story.goes_on(&mut fake);
    }

    fn fake(&self) -> MutexGuard<'_, FakeLastfm> {
        self.fake.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Polls `work` to its end, or until it is cut.
pub async fn until_cut<F: Future + Unpin>(work: &mut F, cut: &Cut) -> Option<F::Output> {
    std::future::poll_fn(|context| match Pin::new(&mut *work).poll(context) {
        Poll::Ready(outcome) => Poll::Ready(Some(outcome)),
        Poll::Pending if cut.is_cut() => Poll::Ready(None),
        Poll::Pending => Poll::Pending,
    })
    .await
}

/// Polls `work` at most so many times; nothing if that was not enough.
pub async fn polled<F: Future>(work: F, times: usize) -> Option<F::Output> {
    let mut work = Box::pin(work);
    let mut left = times;
    std::future::poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        match work.as_mut().poll(context) {
            Poll::Ready(outcome) => Poll::Ready(Some(outcome)),
            Poll::Pending if left == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}
