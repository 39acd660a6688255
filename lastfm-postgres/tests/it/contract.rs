//! The promises of every store.

use crate::support::Scratch;

lastfm_core::archive_store_conformance!(async {
    let scratch = Scratch::new();
    (scratch.open().await, scratch)
});
