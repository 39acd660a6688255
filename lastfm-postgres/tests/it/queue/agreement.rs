//! The queue in a database does what the one in memory does, number for number.
//!
//! `QUEUE_SEEDS=100 cargo test -p lastfm-postgres --test it queue::agreement`

use lastfm_core::testing::queue_conformance::agrees_with_memory;

use super::{Scratch, setting};

#[tokio::test]
async fn any_sequence_of_calls_is_answered_as_by_the_queue_in_memory() {
    for seed in 0..setting("QUEUE_SEEDS").unwrap_or(6) {
        let scratch = Scratch::new();
        agrees_with_memory(&scratch.queue().await, seed).await;
    }
}
