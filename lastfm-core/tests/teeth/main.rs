//! Does the conformance suite bite? For each case a store that breaks the promise it is about,
//! and keeps the others as well as it can: the case must fail on it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod flawed;

use std::collections::BTreeSet;
use std::ops::Range;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;
use lastfm_core::testing::conformance::{CASES, Case, agrees_with_memory};

use self::flawed::Flawed;

/// A promise that a store does not keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flaw {
    NamesBySpelling,
    UsersAsAdded,
    AddingOverwrites,
    RenamingEmpties,
    NoConflict,
    RemovesOnlyTheName,
    NumbersAreGivenAgain,
    NobodyIsEmpty,
    OneHoleListForAll,
    BornWithAHole,
    RawWritten,
    OnePlayASecond,
    EveryReadingAdds,
    RevisionStandsStill,
    NeverStale,
    StaleEverywhere,
    DropsOutside,
    EmptySpanCounts,
    OlderTextStays,
    RemovesAtOnce,
    DoubtStays,
    RevivedIsStillRemoved,
    EditIsRemoved,
    BelievesEverything,
    AcceptsTooMuch,
    ForgetsDoubtsElsewhere,
    WithdrawsEverywhere,
    OneDoubtForAll,
    AThousandAtMost,
    WritesByHalves,
    CoversNothing,
    CoverageIsNotCut,
    DoubtIsVerified,
    HolesStay,
    CountsRemoved,
    BoundsAreOfCoverage,
    SkipIsIgnored,
    PlaceIsIncluded,
    EditsAreNotRemoved,
    RecountsRemoved,
    NothingBefore1970,
    DoubtHasNoTime,
    CopiesForgetEdits,
    WhatIsThereStays,
    HalfACopyIsCovered,
    RestoresOver,
    DropsElsewhere,
    RestoresByHalves,
    HolesPileUp,
    BookLosesItsError,
    WorkForAll,
    LeaseForever,
    AnyoneGivesBack,
    FenceIsOpen,
    FenceKeepsOut,
}

/// Each case with a flaw that it must find.
const TEETH: &[(&str, Flaw)] = &[
    ("a_user_is_found_in_any_case", Flaw::NamesBySpelling),
    ("users_are_listed_by_name", Flaw::UsersAsAdded),
    ("adding_a_user_again_changes_nothing", Flaw::AddingOverwrites),
    ("a_renamed_user_keeps_the_archive", Flaw::RenamingEmpties),
    ("a_name_that_another_user_has_is_refused", Flaw::NoConflict),
    ("a_removed_user_leaves_nothing", Flaw::RemovesOnlyTheName),
    ("a_users_number_is_never_given_again", Flaw::NumbersAreGivenAgain),
    ("an_unknown_user_is_refused_by_every_method", Flaw::NobodyIsEmpty),
    ("users_are_apart", Flaw::OneHoleListForAll),
    ("a_new_archive_is_empty", Flaw::BornWithAHole),
    ("every_play_is_kept_byte_for_byte", Flaw::RawWritten),
    ("plays_of_one_second_are_a_multiset", Flaw::OnePlayASecond),
    ("the_same_plays_again_change_nothing", Flaw::EveryReadingAdds),
    ("the_revision_rises_with_every_replace", Flaw::RevisionStandsStill),
    ("a_stale_observation_changes_nothing", Flaw::NeverStale),
    ("an_observation_of_other_ground_is_not_stale", Flaw::StaleEverywhere),
    ("a_play_outside_the_span_changes_nothing", Flaw::DropsOutside),
    ("an_empty_span_changes_nothing", Flaw::EmptySpanCounts),
    ("a_newer_text_is_taken_over", Flaw::OlderTextStays),
    ("a_missing_play_is_doubted_and_then_removed", Flaw::RemovesAtOnce),
    ("a_doubted_play_that_shows_again_is_trusted", Flaw::DoubtStays),
    ("a_removed_play_that_comes_back_is_not_doubled", Flaw::RevivedIsStillRemoved),
    ("an_edit_is_no_removal", Flaw::EditIsRemoved),
    ("many_missing_plays_stay_until_they_are_accepted", Flaw::BelievesEverything),
    ("accepting_removes_only_what_was_doubted_before", Flaw::AcceptsTooMuch),
    ("doubts_elsewhere_make_a_removal_surprising", Flaw::ForgetsDoubtsElsewhere),
    ("a_withdrawn_doubt_begins_anew", Flaw::WithdrawsEverywhere),
    ("doubts_are_listed_by_covered_span", Flaw::OneDoubtForAll),
    ("a_large_answer_is_kept_whole", Flaw::AThousandAtMost),
    ("two_workers_do_not_undo_each_other", Flaw::NeverStale),
    ("a_dropped_replace_has_happened_whole_or_not_at_all", Flaw::WritesByHalves),
    ("a_replaced_span_is_covered", Flaw::CoversNothing),
    ("coverage_is_cut_at_the_edges_of_a_span", Flaw::CoverageIsNotCut),
    ("a_span_in_doubt_is_not_verified", Flaw::DoubtIsVerified),
    ("a_replaced_span_forgets_its_holes", Flaw::HolesStay),
    ("counts_agree_with_the_plays", Flaw::CountsRemoved),
    ("the_bounds_are_the_first_and_the_last_play", Flaw::BoundsAreOfCoverage),
    ("moments_are_read_in_pages", Flaw::SkipIsIgnored),
    ("plays_are_read_in_pages", Flaw::PlaceIsIncluded),
    ("removed_plays_are_read_in_pages", Flaw::EditsAreNotRemoved),
    ("a_recount_changes_nothing_that_is_right", Flaw::RecountsRemoved),
    ("the_ends_of_time_are_ordinary", Flaw::NothingBefore1970),
    ("a_doubted_play_says_since_when", Flaw::DoubtHasNoTime),
    ("a_copy_is_the_same_archive", Flaw::CopiesForgetEdits),
    ("a_restored_part_takes_the_place_of_what_was_there", Flaw::WhatIsThereStays),
    ("half_of_a_copy_covers_nothing", Flaw::HalfACopyIsCovered),
    ("an_archive_is_not_restored_over", Flaw::RestoresOver),
    ("a_play_is_restored_in_its_own_second", Flaw::DropsElsewhere),
    ("a_dropped_restore_has_happened_whole_or_not_at_all", Flaw::RestoresByHalves),
    ("a_hole_takes_the_place_of_those_it_overlaps", Flaw::HolesPileUp),
    ("the_book_is_remembered", Flaw::BookLosesItsError),
    ("work_belongs_to_one_worker", Flaw::WorkForAll),
    ("a_lease_that_has_passed_is_free", Flaw::LeaseForever),
    ("only_the_worker_gives_the_work_back", Flaw::AnyoneGivesBack),
    ("a_fence_refuses_whoever_is_not_at_work", Flaw::FenceIsOpen),
    ("a_fence_lets_the_worker_through", Flaw::FenceKeepsOut),
];

#[tokio::test]
async fn every_case_fails_on_a_store_that_breaks_its_promise() {
    let mut toothless = Vec::new();
    for (name, flaw) in TEETH {
        if passes(case(name), Some(*flaw)).await {
            toothless.push((name, flaw));
        }
    }
    assert!(toothless.is_empty(), "these pass: {toothless:?}");
}

#[tokio::test]
async fn every_case_passes_on_the_same_store_without_a_flaw() {
    for (name, case) in CASES {
        assert!(passes(*case, None).await, "{name}");
    }
}

#[test]
fn every_case_has_a_tooth() {
    let cases: BTreeSet<_> = CASES.iter().map(|(name, _)| *name).collect();
    let teeth: BTreeSet<_> = TEETH.iter().map(|(name, _)| *name).collect();
    assert_eq!(cases, teeth);
}

/// Flaws that calls at random come upon.
const MET_BY_CHANCE: &[Flaw] = &[
    Flaw::OnePlayASecond,
    Flaw::EveryReadingAdds,
    Flaw::RevisionStandsStill,
    Flaw::NeverStale,
    Flaw::StaleEverywhere,
    Flaw::OlderTextStays,
    Flaw::RemovesAtOnce,
    Flaw::DoubtStays,
    Flaw::RevivedIsStillRemoved,
    Flaw::EditIsRemoved,
    Flaw::AcceptsTooMuch,
    Flaw::WithdrawsEverywhere,
    Flaw::OneDoubtForAll,
    Flaw::CoversNothing,
    Flaw::CoverageIsNotCut,
    Flaw::DoubtIsVerified,
    Flaw::HolesStay,
    Flaw::CountsRemoved,
    Flaw::BoundsAreOfCoverage,
    Flaw::SkipIsIgnored,
    Flaw::EditsAreNotRemoved,
    Flaw::RecountsRemoved,
    Flaw::HolesPileUp,
    Flaw::BookLosesItsError,
];

#[tokio::test]
async fn calls_at_random_meet_a_broken_promise() {
    let mut unmet = Vec::new();
    for flaw in MET_BY_CHANCE {
        if agrees(Some(*flaw), 0..30).await {
            unmet.push(flaw);
        }
    }
    assert!(unmet.is_empty(), "these agree: {unmet:?}");
}

#[tokio::test]
async fn calls_at_random_agree_on_the_same_store_without_a_flaw() {
    assert!(agrees(None, 0..100).await);
}

async fn agrees(flaw: Option<Flaw>, seeds: Range<u64>) -> bool {
    let store = Flawed::new(flaw);
    let all = async {
        for seed in seeds {
            agrees_with_memory(&store, seed).await;
        }
    };
    AssertUnwindSafe(all).catch_unwind().await.is_ok()
}

fn case(name: &str) -> Case {
    let found = CASES.iter().find(|(case, _)| *case == name);
    found.unwrap_or_else(|| panic!("no case {name}")).1
}

async fn passes(case: Case, flaw: Option<Flaw>) -> bool {
    let store = Flawed::new(flaw);
    AssertUnwindSafe(case(&store)).catch_unwind().await.is_ok()
}
