//! No key shows in what is logged, told to whoever watches, or written down for later.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_executor::block_on;
use futures_util::StreamExt as _;
use lastfm_core::archive::{ArchiveStore as _, Archiver, MemoryStore, WorkerId};
use lastfm_core::scrobble::{Filter, MemoryQueue, Repeats, ScrobbleQueue as _, Sender};
use lastfm_core::testing::VirtualClock;
use lastfm_core::transport::{Transport, TransportErrorKind};
use lastfm_core::{Client, NewPlay, PlayerTrack, Timestamp};

use super::{API_KEY, Broken, SECRET, SESSION, answers, assert_clean, credentials, printed};
use crate::support::Canned;

/// A log that is read afterwards.
#[derive(Debug, Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A client at such a service, and its clock.
fn at(transport: impl Transport) -> (Client, VirtualClock) {
    let clock = VirtualClock::new(Timestamp::from_unix(1_780_012_800));
    let builder = Client::builder(credentials(), Arc::new(transport), Arc::new(clock.clone()));
    (builder.build(), clock)
}

/// What a sender leaves behind that meets such a service.
async fn sent(transport: impl Transport) -> String {
    let (client, clock) = at(transport);
    let queue = Arc::new(MemoryQueue::new());
    let sender = Sender::new(client, queue.clone(), "rj".parse().unwrap());
    let play = NewPlay::new(PlayerTrack::new("Low", "Words"), clock.now().plus(-600));
    sender.enqueue([play], Repeats::Same).await.unwrap();
    let told: Vec<_> = sender.drain(Duration::from_secs(180)).collect().await;
    let mut left = String::new();
    if let Err(error) = sender.now_playing(&PlayerTrack::new("Low", "Words")).await {
        left += &printed(&error);
    }
    let (account, now) = (sender.account(), clock.now());
    let plays = queue.plays(account, Filter::all(), None, 100, now).await.unwrap();
    assert_eq!(plays.len(), 1);
    let steps = queue.history(account, None, None, 100).await.unwrap();
    let hold = queue.held(account).await.unwrap();
    assert!(!told.is_empty(), "nothing was told");
    left + &format!("{told:?} {plays:?} {steps:?} {hold:?} {sender:?}")
}

/// What an archiver leaves behind that meets such a service.
async fn archived(transport: impl Transport) -> String {
    let (client, clock) = at(transport);
    let store = Arc::new(MemoryStore::new(Arc::new(clock.clone())));
    let name = "rj".parse().unwrap();
    let user = store.add_user(&name, None).await.unwrap();
    let archiver = Archiver::new(client, store.clone(), WorkerId("worker".to_owned()))
        .with_patience(Duration::from_secs(600));
    let mut left = format!("{archiver:?}");
    let mut run = archiver.sync(name);
    while let Some(step) = run.next().await {
        match step {
            Ok(step) => left = format!("{left}{step:?}"),
            Err(error) => left += &printed(&error),
        }
    }
    let (book, holes) = (store.book(user.id).await.unwrap(), store.holes(user.id).await.unwrap());
    left + &format!("{book:?} {holes:?}")
}

#[test]
fn no_log_book_or_queue_shows_a_key() {
    let log = Log::default();
    let writer = log.clone();
    let lines = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE);
    let lines = lines.with_writer(move || writer.clone()).finish();
    let mut meetings = 0;
    tracing::subscriber::with_default(lines, || {
        let mut check = |left: String| {
            assert_clean(&left);
            meetings += 1;
        };
        for canary in [API_KEY, SECRET, SESSION] {
            for answer in answers(canary) {
                check(block_on(sent(Canned(answer.clone()))));
                check(block_on(archived(Canned(answer))));
            }
        }
        for kind in [TransportErrorKind::Connect, TransportErrorKind::Setup] {
            check(block_on(sent(Broken(kind))));
            check(block_on(archived(Broken(kind))));
        }
    });
    assert!(meetings >= 50, "{meetings}");
    let logged = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(logged.contains("***"), "what a service said is not in the log");
    assert_clean(&logged);
}
