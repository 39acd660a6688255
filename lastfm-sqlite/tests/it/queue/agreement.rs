//! The queue in a file does what the one in memory does, number for number.

use lastfm_core::testing::queue_conformance::agrees_with_memory;

use crate::support::{Scratch, setting};

#[tokio::test]
async fn any_sequence_of_calls_is_answered_as_by_the_queue_in_memory() {
    for seed in 0..setting("QUEUE_SEEDS").unwrap_or(12) {
        let scratch = Scratch::new();
        agrees_with_memory(&scratch.queue().await, seed).await;
    }
}
