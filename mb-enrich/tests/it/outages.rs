//! A source that stops in the middle of its answers says nothing about what it has not answered.

use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use futures_executor::block_on;
use lastfm_core::Mbid;
use lastfm_core::testing::Dice;
use mb_enrich::{
    Album, Answers, MemorySource, Names, Outcome, ReleaseGroup, Source, SourceError, Status,
    Tracks, Works,
};

use crate::support::{NOW, albums, catalogue, engine};

/// Answers as the catalogue does, until chance says otherwise.
#[derive(Debug)]
pub(crate) struct Flaky {
    source: MemorySource,
    dice: Mutex<Dice>,
    /// The part of all calls that fail, in percent.
    failing: u64,
}

impl Flaky {
    pub(crate) fn new(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let failing = *dice.pick(&[10, 30, 60, 100]);
        Self { source: catalogue(), dice: Mutex::new(dice), failing }
    }

    /// Takes some of the answers away: all, those from some place on, or any.
    fn spoil<T>(&self, mut answers: Answers<T>) -> Answers<T> {
        let mut dice = self.dice.lock().unwrap();
        if dice.below(100) >= self.failing {
            return answers;
        }
        let count = answers.answers.len();
        let cut = dice.index(count + 1);
        let holes = dice.below(2) == 0;
        for (place, answer) in answers.answers.iter_mut().enumerate() {
            if (holes && dice.below(2) == 0) || place >= cut {
                *answer = None;
            }
        }
        // A source that forgets to say why is not believed either.
        let asked = Some(Duration::from_secs(dice.below(600)));
        let told = dice.below(4) > 0;
        answers.trouble = told.then(|| SourceError::outage("the line is down").retry_after(asked));
        answers
    }
}

#[async_trait]
impl Source for Flaky {
    async fn by_ids(&self, ids: &[Mbid]) -> Answers<Option<ReleaseGroup>> {
        self.spoil(self.source.by_ids(ids).await)
    }

    async fn by_names(&self, questions: &[Names]) -> Answers<Vec<ReleaseGroup>> {
        self.spoil(self.source.by_names(questions).await)
    }

    async fn of_artists(&self, questions: &[Works]) -> Answers<Vec<ReleaseGroup>> {
        self.spoil(self.source.of_artists(questions).await)
    }

    async fn with_tracks(&self, questions: &[Tracks]) -> Answers<Vec<Mbid>> {
        self.spoil(self.source.with_tracks(questions).await)
    }
}

fn enrich(source: impl Source) -> Vec<Outcome> {
    block_on(engine(source).enrich(&albums()))
}

#[test]
fn no_outage_turns_into_not_found() {
    let truth = enrich(catalogue());
    let (mut waiting, mut known) = (0, 0);
    for seed in 0..500 {
        for (outcome, truth) in enrich(Flaky::new(seed)).iter().zip(&truth) {
            if outcome.status == Status::Pending {
                assert!(outcome.next_try.unwrap() > NOW, "{seed}: {outcome:?}");
                assert!(outcome.trouble.is_some() && outcome.found.is_none());
                waiting += 1;
            } else {
                assert_eq!(
                    (outcome.status, &outcome.found),
                    (truth.status, &truth.found),
                    "{seed}"
                );
                known += 1;
            }
        }
    }
    assert!(waiting > 500 && known > 500, "{waiting} waited, {known} were known");
}

#[test]
fn the_next_try_is_later_after_each_failure() {
    let down = || {
        let source = Flaky { failing: 100, ..Flaky::new(1) };
        source.dice.lock().unwrap().below(7);
        source
    };
    let wait = |failure_count| {
        let album = Album::new("Nobody", "Nothing").failure_count(failure_count);
        let outcome = block_on(engine(down()).enrich(&[album])).remove(0);
        outcome.next_try.map(|at| at.since(NOW).as_secs())
    };
    let waits: Vec<Option<u64>> = [0, 4, 8].map(wait).into();
    assert!(waits.is_sorted() && waits[2] > waits[0], "{waits:?}");
}
