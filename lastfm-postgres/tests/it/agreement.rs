//! The same calls on the store in memory and on this one end in the same archive.
//!
//! `AGREEMENT_CASES=5000 cargo test -p lastfm-postgres --test it agreement`

use futures_util::{StreamExt, stream};
use lastfm_core::testing::conformance::agrees_with_memory;

use crate::support::{Scratch, setting};

#[tokio::test(flavor = "multi_thread")]
async fn any_sequence_of_calls_ends_in_the_archive_that_memory_has() {
    let scratch = Scratch::new();
    let store = scratch.open().await;
    let cases = setting("AGREEMENT_CASES").unwrap_or(200);
    // Each waits for the database most of the time.
    let at_a_time = 4;
    let agreements = stream::iter(0..cases).map(|seed| agrees_with_memory(&store, seed));
    agreements.buffer_unordered(at_a_time).collect::<()>().await;
}
