//! The store in memory keeps every promise.

use std::sync::Arc;
use std::time::Duration;

use lastfm_core::archive::MemoryStore;
use lastfm_core::{Clock, Timestamp};

#[derive(Debug)]
struct StoppedClock;

#[async_trait::async_trait]
impl Clock for StoppedClock {
    fn elapsed(&self) -> Duration {
        Duration::from_secs(1)
    }

    fn wall(&self) -> Timestamp {
        Timestamp::from_unix(1)
    }

    async fn sleep(&self, _: Duration) {}
}

lastfm_core::archive_store_conformance!(async { MemoryStore::new(Arc::new(StoppedClock)) });
