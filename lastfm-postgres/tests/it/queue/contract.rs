//! The promises of every queue.

use super::Scratch;

lastfm_core::scrobble_queue_conformance!(async {
    let scratch = Scratch::new();
    (scratch.queue().await, scratch)
});
