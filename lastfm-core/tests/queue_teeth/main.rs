//! Does the conformance suite of queues bite? For each case a queue that breaks the promise it is
//! about, and keeps the others as well as it can: the case must fail on it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod flawed;

use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;

use flawed::Flawed;
use futures_util::FutureExt as _;
use lastfm_core::testing::queue_conformance::{CASES, Case};

/// A promise that a queue does not keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flaw {
    AJobLeavesRepeatsOut,
    AThousandAtMost,
    AccountsBackwards,
    AccountsWithPlaysOnly,
    AddsPlaysOfTheJobAgain,
    AnyAttemptSettles,
    AttemptsFall,
    BatchAsItWasBefore,
    CancelsWhateverIsMeant,
    CancelledStillRepeats,
    ChosenByUser,
    CountsAtTheEndOfTime,
    DueStaysAsItWas,
    EmptyNamesAreNone,
    ExpiredHoldIsHidden,
    ForgetsASecondMore,
    ForgetsWhatIsRefused,
    ForgetsWhatWasEverCancelled,
    HoldIsIgnored,
    HoldOutlivesItsTime,
    JobFilterIsIgnored,
    JobsAreEqualToOthers,
    JobsInAnyCase,
    JobsOldestFirst,
    LastWordCounts,
    LeaseEndsASecondLate,
    LeaseOfAnHour,
    LiftsAnything,
    LosesFractionsOfSeconds,
    MovesByOneSecondOnly,
    NamesBySpelling,
    NoLeaseIsTooLong,
    NobodyIsAnError,
    NumbersAreGivenAgain,
    PausedIsDue,
    PausesNothingAlone,
    PlaceIsIncluded,
    PlaysOfJobsAreOfNone,
    ProofIsLost,
    QueueIsNewestFirst,
    ReadsBeforeItTakes,
    ReasonsAreLost,
    RefusedIsSent,
    RefusedMayBeRepeated,
    RefusedWithoutWords,
    RepeatsBySpelling,
    ResumedIsDueNow,
    RetriesAllThatIsCancelled,
    RevivesInPlaceOfAnother,
    SaysThatItWasMoved,
    ServicesAreOne,
    SettledByNumber,
    SettlesOneByOne,
    SinceIsExcluded,
    SpanEndIsIncluded,
    StepPlaceIsIncluded,
    StepsHaveNoReasons,
    StopsAtAStranger,
    TakesASecondEarly,
    TheFirstHoldStays,
    TheNewestHoldWins,
    TooOldIncludesTheEdge,
    UnknownIsFinal,
    WritesByHalves,
    ZeroIsNoLimit,
}

/// Each case with flaws that it must find.
const TEETH: &[(&str, &[Flaw])] = &[
    (
        "every_play_is_kept_whole",
        &[Flaw::LosesFractionsOfSeconds, Flaw::EmptyNamesAreNone, Flaw::ChosenByUser],
    ),
    ("a_play_told_twice_is_the_same_play", &[Flaw::RepeatsBySpelling]),
    ("another_play_of_a_second_is_moved", &[Flaw::MovesByOneSecondOnly]),
    ("at_the_ends_of_time_no_play_is_moved", &[Flaw::SaysThatItWasMoved]),
    (
        "only_a_cancelled_play_may_be_queued_again",
        &[Flaw::CancelledStillRepeats, Flaw::RefusedMayBeRepeated],
    ),
    ("what_is_refused_from_the_start_is_kept", &[Flaw::RefusedIsSent, Flaw::RefusedWithoutWords]),
    ("a_large_queue_is_kept_whole", &[Flaw::AThousandAtMost]),
    ("a_job_is_added_with_all_its_plays", &[Flaw::PlaysOfJobsAreOfNone, Flaw::DueStaysAsItWas]),
    ("a_job_is_added_once", &[Flaw::AddsPlaysOfTheJobAgain, Flaw::JobsInAnyCase]),
    ("repeats_in_a_job_are_moved", &[Flaw::AJobLeavesRepeatsOut]),
    ("jobs_are_listed_newest_first", &[Flaw::JobsOldestFirst]),
    ("what_is_taken_is_being_sent", &[Flaw::BatchAsItWasBefore]),
    ("a_lease_may_have_any_length", &[Flaw::LeaseOfAnHour]),
    (
        "plays_are_taken_oldest_first_and_jobs_last",
        &[Flaw::QueueIsNewestFirst, Flaw::JobsAreEqualToOthers],
    ),
    ("no_more_is_taken_than_was_asked_for", &[Flaw::ZeroIsNoLimit]),
    ("only_what_is_due_is_taken", &[Flaw::TakesASecondEarly]),
    ("a_later_attempt_has_a_higher_number", &[Flaw::AttemptsFall]),
    (
        "nothing_is_taken_while_a_hold_is_in_force",
        &[Flaw::HoldIsIgnored, Flaw::HoldOutlivesItsTime],
    ),
    ("two_senders_never_take_the_same_play", &[Flaw::ReadsBeforeItTakes]),
    (
        "each_verdict_puts_a_play_in_its_place",
        &[Flaw::SettledByNumber, Flaw::DueStaysAsItWas, Flaw::ReasonsAreLost],
    ),
    ("a_receipt_is_kept_whole", &[Flaw::ProofIsLost, Flaw::EmptyNamesAreNone]),
    ("a_play_that_waits_again_is_taken_when_it_is_due", &[Flaw::DueStaysAsItWas]),
    ("an_overtaken_attempt_changes_nothing", &[Flaw::AnyAttemptSettles]),
    ("an_unknown_play_can_still_be_settled", &[Flaw::UnknownIsFinal]),
    ("a_play_is_settled_once", &[Flaw::LastWordCounts]),
    ("only_plays_of_the_attempt_are_settled", &[Flaw::StopsAtAStranger, Flaw::AnyAttemptSettles]),
    ("a_play_whose_sender_is_dead_is_unknown", &[Flaw::LeaseEndsASecondLate]),
    ("a_lease_too_far_ahead_counts_as_dead", &[Flaw::NoLeaseIsTooLong]),
    ("a_play_that_is_too_old_is_refused", &[Flaw::TooOldIncludesTheEdge]),
    ("what_waits_can_be_paused", &[Flaw::PausesNothingAlone]),
    ("what_is_paused_can_wait_again", &[Flaw::ResumedIsDueNow]),
    ("what_is_not_being_sent_can_be_cancelled", &[Flaw::CancelsWhateverIsMeant]),
    ("what_failed_can_be_tried_again", &[Flaw::RetriesAllThatIsCancelled]),
    ("a_play_that_was_queued_again_is_not_revived", &[Flaw::RevivesInPlaceOfAnother]),
    ("only_what_is_over_is_forgotten", &[Flaw::ForgetsWhatIsRefused, Flaw::ForgetsASecondMore]),
    ("a_plays_number_is_never_given_again", &[Flaw::NumbersAreGivenAgain]),
    ("what_was_revived_is_not_forgotten", &[Flaw::ForgetsWhatWasEverCancelled]),
    ("plays_are_listed_by_filter", &[Flaw::SpanEndIsIncluded, Flaw::JobFilterIsIgnored]),
    ("plays_are_read_in_pages", &[Flaw::PlaceIsIncluded]),
    ("counts_agree_with_the_plays", &[Flaw::CountsAtTheEndOfTime]),
    ("the_next_due_play_is_told", &[Flaw::PausedIsDue]),
    ("accepted_plays_are_counted_since_a_moment", &[Flaw::SinceIsExcluded]),
    ("every_change_is_one_step", &[Flaw::StepsHaveNoReasons]),
    ("history_is_read_in_pages", &[Flaw::StepPlaceIsIncluded]),
    ("accounts_are_apart", &[Flaw::ServicesAreOne]),
    ("an_account_is_found_in_any_spelling", &[Flaw::NamesBySpelling]),
    (
        "accounts_are_listed_by_service_and_name",
        &[Flaw::AccountsBackwards, Flaw::AccountsWithPlaysOnly],
    ),
    ("an_untouched_account_is_empty", &[Flaw::NobodyIsAnError]),
    ("a_hold_is_told_until_it_is_lifted", &[Flaw::ExpiredHoldIsHidden]),
    ("a_hold_gives_way_unless_it_outranks", &[Flaw::TheNewestHoldWins, Flaw::TheFirstHoldStays]),
    ("only_its_own_reason_lifts_a_hold", &[Flaw::LiftsAnything]),
    (
        "a_dropped_call_has_happened_whole_or_not_at_all",
        &[Flaw::WritesByHalves, Flaw::SettlesOneByOne],
    ),
];

#[tokio::test]
async fn every_case_fails_on_a_queue_that_breaks_its_promise() {
    let mut toothless = Vec::new();
    for (name, flaws) in TEETH {
        for flaw in *flaws {
            if passes(case(name), Some(*flaw)).await {
                toothless.push((name, flaw));
            }
        }
    }
    assert!(toothless.is_empty(), "these pass: {toothless:?}");
}

#[tokio::test]
async fn every_case_passes_on_the_same_queue_without_a_flaw() {
    for (name, case) in CASES {
        assert!(passes(*case, None).await, "{name}");
    }
}

#[test]
fn every_case_has_a_tooth() {
    let cases: BTreeSet<_> = CASES.iter().map(|(name, _)| *name).collect();
    let teeth: BTreeSet<_> = TEETH.iter().map(|(name, _)| *name).collect();
    assert_eq!(cases, teeth);
    assert!(TEETH.iter().all(|(_, flaws)| !flaws.is_empty()));
}

fn case(name: &str) -> Case {
    let found = CASES.iter().find(|(case, _)| *case == name);
    found.unwrap_or_else(|| panic!("no case {name}")).1
}

async fn passes(case: Case, flaw: Option<Flaw>) -> bool {
    let queue = Flawed::new(flaw);
    AssertUnwindSafe(case(&queue)).catch_unwind().await.is_ok()
}
