//! The promises of [`ScrobbleQueue`], each a case that any queue can run.
//!
//! ```
//! use lastfm_core::scrobble::MemoryQueue;
//!
//! lastfm_core::scrobble_queue_conformance!(async { MemoryQueue::new() });
//! ```
//!
//! It is used as [the one of stores](super::conformance): one line makes one test of each case,
//! and the block opens a queue without accounts. What no case can see is whether an
//! acknowledged play is on the disk: that is for a queue's own tests.

#![allow(
    clippy::missing_panics_doc,
    clippy::unwrap_used,
    reason = "a case panics: that is how it fails"
)]

mod adding;
mod given;
mod jobs;
mod taking;

use std::future::Future;
use std::pin::Pin;

pub use adding::*;
pub use given::{Given, Seen, play, play_of, plays, seen};
pub use jobs::*;
pub use taking::*;

use super::conformance::Opened;
use crate::scrobble::ScrobbleQueue;

impl<Q: ScrobbleQueue> Opened<dyn ScrobbleQueue> for Q {
    fn store(&self) -> &(dyn ScrobbleQueue + 'static) {
        self
    }
}

impl<Q: ScrobbleQueue, Guard> Opened<dyn ScrobbleQueue> for (Q, Guard) {
    fn store(&self) -> &(dyn ScrobbleQueue + 'static) {
        &self.0
    }
}

/// A case, as a value.
pub type Case = for<'a> fn(&'a dyn ScrobbleQueue) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// All cases with their names.
pub const CASES: &[(&str, Case)] = scrobble_queue_conformance!(@all @values);

/// Makes a test of each promise of [`ScrobbleQueue`]; see
/// [`testing::queue_conformance`](crate::testing::queue_conformance).
#[macro_export]
macro_rules! scrobble_queue_conformance {
    (@all $($then:tt)*) => {
        $crate::scrobble_queue_conformance! {
            $($then)*
            every_play_is_kept_whole
            a_play_told_twice_is_the_same_play
            another_play_of_a_second_is_moved
            at_the_ends_of_time_no_play_is_moved
            only_a_cancelled_play_may_be_queued_again
            what_is_refused_from_the_start_is_kept
            a_large_queue_is_kept_whole
            a_job_is_added_with_all_its_plays
            a_job_is_added_once
            repeats_in_a_job_are_moved
            jobs_are_listed_newest_first
            what_is_taken_is_being_sent
            a_lease_may_have_any_length
            plays_are_taken_oldest_first_and_jobs_last
            no_more_is_taken_than_was_asked_for
            only_what_is_due_is_taken
            a_later_attempt_has_a_higher_number
            nothing_is_taken_while_a_hold_is_in_force
            two_senders_never_take_the_same_play
        }
    };
    (@tests $attributes:tt $open:tt $($case:ident)*) => {
        $($crate::scrobble_queue_conformance! { @test $attributes $open $case })*
    };
    (@test { $(#[$test:meta])* } { $open:expr } $case:ident) => {
        $(#[$test])*
        async fn $case() {
            let opened = $open.await;
            let queue: &dyn $crate::scrobble::ScrobbleQueue =
                $crate::testing::conformance::Opened::store(&opened);
            $crate::testing::queue_conformance::$case(queue).await;
        }
    };
    (@values $($case:ident)*) => {
        &[$((
            stringify!($case),
            |queue| Box::pin($crate::testing::queue_conformance::$case(queue))
        )),*]
    };
    ($(#[$test:meta])+ $open:expr) => {
        $crate::scrobble_queue_conformance! { @all @tests { $(#[$test])+ } { $open } }
    };
    ($open:expr) => {
        $crate::scrobble_queue_conformance! { @all @tests { #[tokio::test] } { $open } }
    };
}
use scrobble_queue_conformance;
