//! Albums in memory keep every promise.

use std::sync::Arc;

use lastfm_core::Timestamp;
use lastfm_core::archive::MemoryStore;
use lastfm_core::testing::VirtualClock;

lastfm_core::album_store_conformance!(async {
    (MemoryStore::new(Arc::new(VirtualClock::new(Timestamp::from_unix(0)))), ())
});
