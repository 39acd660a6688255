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

mod accounts;
mod adding;
mod agreement;
mod changing;
mod dropping;
mod given;
mod jobs;
mod reading;
mod settling;
mod taking;

use std::future::Future;
use std::pin::Pin;

pub use accounts::*;
pub use adding::*;
pub use agreement::agrees_with_memory;
pub use changing::*;
pub use dropping::*;
pub use given::{Given, Seen, play, play_of, plays, seen};
pub use jobs::*;
pub use reading::*;
pub use settling::*;
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
            each_verdict_puts_a_play_in_its_place
            a_receipt_is_kept_whole
            a_play_that_waits_again_is_taken_when_it_is_due
            an_overtaken_attempt_changes_nothing
            an_unknown_play_can_still_be_settled
            a_play_is_settled_once
            only_plays_of_the_attempt_are_settled
            a_play_whose_sender_is_dead_is_unknown
            a_lease_too_far_ahead_counts_as_dead
            a_play_that_is_too_old_is_refused
            what_waits_can_be_paused
            what_is_paused_can_wait_again
            what_is_not_being_sent_can_be_cancelled
            what_failed_can_be_tried_again
            a_play_that_was_queued_again_is_not_revived
            only_what_is_over_is_forgotten
            a_plays_number_is_never_given_again
            what_was_revived_is_not_forgotten
            plays_are_listed_by_filter
            plays_are_read_in_pages
            counts_agree_with_the_plays
            the_next_due_play_is_told
            accepted_plays_are_counted_since_a_moment
            every_change_is_one_step
            history_is_read_in_pages
            accounts_are_apart
            an_account_is_found_in_any_spelling
            accounts_are_listed_by_service_and_name
            an_untouched_account_is_empty
            a_hold_is_told_until_it_is_lifted
            a_hold_gives_way_unless_it_outranks
            only_its_own_reason_lifts_a_hold
            a_dropped_call_has_happened_whole_or_not_at_all
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
