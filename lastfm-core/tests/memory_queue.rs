//! The queue in memory keeps every promise.

use lastfm_core::scrobble::MemoryQueue;

lastfm_core::scrobble_queue_conformance!(async { MemoryQueue::new() });
