//! The promises of every store.

use crate::support::Scratch;

lastfm_core::archive_store_conformance!(async {
    let scratch = Scratch::new();
    (scratch.open().await, scratch)
});

/// Of every queue.
mod queue {
    use crate::support::Scratch;

    lastfm_core::scrobble_queue_conformance!(async {
        let scratch = Scratch::new();
        (scratch.queue().await, scratch)
    });
}
