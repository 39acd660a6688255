//! The same calls on the store in memory and on this one end in the same archive.
//!
//! `AGREEMENT_CASES=500 cargo test -p lastfm-sqlite --test it agreement`

use lastfm_core::testing::conformance::agrees_with_memory;

use crate::support::{Scratch, setting};

#[tokio::test]
async fn any_sequence_of_calls_ends_in_the_archive_that_memory_has() {
    let scratch = Scratch::new();
    let store = scratch.open().await;
    for seed in 0..setting("AGREEMENT_CASES").unwrap_or(48) {
        agrees_with_memory(&store, seed).await;
    }
}
