//! The promises of [`ArchiveStore`], each a case that any store can run.
//!
//! ```
//! use std::sync::Arc;
//! # use std::time::Duration;
//! # use lastfm_core::{Clock, Timestamp};
//! # #[derive(Debug)]
//! # struct MyClock;
//! # #[async_trait::async_trait]
//! # impl Clock for MyClock {
//! #     fn elapsed(&self) -> Duration { Duration::ZERO }
//! #     fn wall(&self) -> Timestamp { Timestamp::from_unix(0) }
//! #     async fn sleep(&self, _: Duration) {}
//! # }
//! use lastfm_core::archive::MemoryStore;
//!
//! lastfm_core::archive_store_conformance!(async { MemoryStore::new(Arc::new(MyClock)) });
//! ```
//!
//! One line makes one `#[tokio::test]` of each case; with another attribute before the block,
//! one of that kind: `archive_store_conformance!(#[my::test] async { … })`. The block opens a
//! store without users, alone or in a pair with whatever has to live as long (a folder, say). A case
//! panics when the promise that its name says is broken.

#![allow(
    clippy::missing_panics_doc,
    clippy::unwrap_used,
    reason = "a case panics: that is how it fails"
)]

mod agreement;
mod beside;
mod given;
mod reading;
mod replacing;
mod restoring;
mod users;

use std::future::Future;
use std::pin::Pin;

pub use agreement::agrees_with_memory;
pub use beside::*;
pub use given::{Given, State, of_album, play, play_of, plays, state};
pub(super) use given::{time, username};
pub use reading::*;
pub(super) use replacing::polled;
pub use replacing::*;
pub use restoring::*;
pub use users::*;

use crate::archive::ArchiveStore;

/// What a case is run on: a store of some kind, or one and whatever has to outlive it.
pub trait Opened<Store: ?Sized> {
    /// The store.
    fn store(&self) -> &Store;
}

impl<S: ArchiveStore> Opened<dyn ArchiveStore> for S {
    fn store(&self) -> &(dyn ArchiveStore + 'static) {
        self
    }
}

impl<S: ArchiveStore, Guard> Opened<dyn ArchiveStore> for (S, Guard) {
    fn store(&self) -> &(dyn ArchiveStore + 'static) {
        &self.0
    }
}

/// A case, as a value.
pub type Case = for<'a> fn(&'a dyn ArchiveStore) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// All cases with their names.
pub const CASES: &[(&str, Case)] = archive_store_conformance!(@all @values);

/// Makes a test of each promise of [`ArchiveStore`]; see
/// [`testing::conformance`](crate::testing::conformance).
#[macro_export]
macro_rules! archive_store_conformance {
    (@all $($then:tt)*) => {
        $crate::archive_store_conformance! {
            $($then)*
            a_user_is_found_in_any_case
            users_are_listed_by_name
            adding_a_user_again_changes_nothing
            a_renamed_user_keeps_the_archive
            a_name_that_another_user_has_is_refused
            a_removed_user_leaves_nothing
            a_users_number_is_never_given_again
            an_unknown_user_is_refused_by_every_method
            users_are_apart
            a_new_archive_is_empty
            every_play_is_kept_byte_for_byte
            plays_of_one_second_are_a_multiset
            the_same_plays_again_change_nothing
            the_revision_rises_with_every_replace
            a_stale_observation_changes_nothing
            an_observation_of_other_ground_is_not_stale
            a_play_outside_the_span_changes_nothing
            an_empty_span_changes_nothing
            a_newer_text_is_taken_over
            a_missing_play_is_doubted_and_then_removed
            a_doubted_play_that_shows_again_is_trusted
            a_removed_play_that_comes_back_is_not_doubled
            an_edit_is_no_removal
            many_missing_plays_stay_until_they_are_accepted
            accepting_removes_only_what_was_doubted_before
            doubts_elsewhere_make_a_removal_surprising
            a_withdrawn_doubt_begins_anew
            doubts_are_listed_by_covered_span
            a_large_answer_is_kept_whole
            two_workers_do_not_undo_each_other
            a_dropped_replace_has_happened_whole_or_not_at_all
            a_replaced_span_is_covered
            coverage_is_cut_at_the_edges_of_a_span
            a_span_in_doubt_is_not_verified
            a_replaced_span_forgets_its_holes
            counts_agree_with_the_plays
            the_bounds_are_the_first_and_the_last_play
            moments_are_read_in_pages
            plays_are_read_in_pages
            removed_plays_are_read_in_pages
            a_recount_changes_nothing_that_is_right
            the_ends_of_time_are_ordinary
            a_doubted_play_says_since_when
            a_copy_is_the_same_archive
            a_restored_part_takes_the_place_of_what_was_there
            half_of_a_copy_covers_nothing
            an_archive_is_not_restored_over
            a_play_is_restored_in_its_own_second
            a_dropped_restore_has_happened_whole_or_not_at_all
            a_hole_takes_the_place_of_those_it_overlaps
            the_book_is_remembered
            work_belongs_to_one_worker
            a_lease_that_has_passed_is_free
            only_the_worker_gives_the_work_back
            a_fence_refuses_whoever_is_not_at_work
            a_fence_lets_the_worker_through
        }
    };
    (@tests $attributes:tt $open:tt $($case:ident)*) => {
        $($crate::archive_store_conformance! { @test $attributes $open $case })*
    };
    (@test { $(#[$test:meta])* } { $open:expr } $case:ident) => {
        $(#[$test])*
        async fn $case() {
            let opened = $open.await;
            let store: &dyn $crate::archive::ArchiveStore =
                $crate::testing::conformance::Opened::store(&opened);
            $crate::testing::conformance::$case(store).await;
        }
    };
    (@values $($case:ident)*) => {
        &[$((stringify!($case), |store| Box::pin($crate::testing::conformance::$case(store)))),*]
    };
    ($(#[$test:meta])+ $open:expr) => {
        $crate::archive_store_conformance! { @all @tests { $(#[$test])+ } { $open } }
    };
    ($open:expr) => {
        $crate::archive_store_conformance! { @all @tests { #[tokio::test] } { $open } }
    };
}
use archive_store_conformance;
