//! SIGKILL again and again, until the archive is complete all the same.
//!
//! `KILLS_FIRST=0 KILLS=1000 cargo test --release -p archiver --test hard kills -- --nocapture`

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::Child;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use lastfm_core::testing::{Dice, Happening, LogEntry, Scenario, TruePlay};

use crate::afterwards::{assert_complete, assert_sound};
use crate::setting;
use crate::stage::{Stage, end};

/// Plays that are written down together, at most, beside those of the page that made it so many.
const TRANSACTION: usize = 2000;
/// After so many kills a history is let finish: an account that lives on may have more to look after
/// than any run is given time for.
const KILLS: u64 = 80;
/// Plays that two pages share, because a page is asked for a second wider than its span.
const SHARED: usize = 20;

#[test]
fn kills_lose_nothing_and_cost_no_more_than_a_transaction() {
    let (first, wanted) = (setting("KILLS_FIRST", 0), setting("KILLS", 24));
    let next = AtomicU64::new(first);
    let (kills, most_again) = (AtomicU64::new(0), AtomicUsize::new(0));
    let violations = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while kills.load(Ordering::Relaxed) < wanted {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    let mut run = Killed::new(seed);
                    let done = catch_unwind(AssertUnwindSafe(|| run.until_complete()));
                    kills.fetch_add(run.kills, Ordering::Relaxed);
                    most_again.fetch_max(run.most_again, Ordering::Relaxed);
                    if done.is_err() {
                        eprintln!("again: KILLS_FIRST={seed} KILLS=1, after {} kills", run.kills);
                        violations.lock().unwrap().push(seed);
                    }
                }
            });
        }
    });
    let violations = violations.into_inner().unwrap();
    let seeds = next.into_inner() - first;
    println!(
        "{} kills in {seeds} histories: {} violations; after a kill, at most {} plays were read again",
        kills.into_inner(),
        violations.len(),
        most_again.into_inner()
    );
    assert!(violations.is_empty(), "seeds {violations:?}");
}

/// One history, and the program that is not let finish it.
struct Killed {
    dice: Dice,
    stage: Stage,
    /// Whether the account changes meanwhile.
    is_alive: bool,
    page_size: usize,
    kills: u64,
    /// The most plays that a run read which the service had sent to an earlier one.
    most_again: usize,
}

impl Killed {
    fn new(seed: u64) -> Self {
        let mut dice = Dice::stream(seed, 0x9);
        let mut scenario = Scenario::still(6_000 + dice.index(6_000));
        let is_alive = seed % 2 == 1;
        if is_alive {
            scenario.life.plays_per_day = 200.0;
            scenario.life.late_batches_per_day = 2.0;
            scenario.life.deletes_per_day = 3.0;
        }
        let page_size = *dice.pick(&[100, 250, 1000]);
        let stage = Stage::new(&scenario);
        Self { dice, stage, is_alive, page_size, kills: 0, most_again: 0 }
    }

    fn until_complete(&mut self) {
        let truth = (!self.is_alive).then(|| self.stage.truth());
        let file = self.stage.path("scrobbles.db");
        let mut begins = Vec::new();
        let child = loop {
            begins.push(self.stage.requests());
            let mut child = self.start();
            if self.kills == KILLS || !self.is_worth_killing(&mut child) {
                break child;
            }
            // A process that has ended meanwhile is not killed any more.
            child.kill().unwrap();
            if child.wait().unwrap().code().is_some() {
                break self.start();
            }
            self.kills += 1;
            assert_sound(&file, truth.as_deref());
            self.live_on();
        };
        end(child).ok();
        if let Some(truth) = &truth {
            self.most_again = most_read_again(self.stage.server.lastfm().log(), &begins, truth);
            let most = TRANSACTION + self.page_size + SHARED;
            assert!(self.most_again <= most, "{} plays were read again", self.most_again);
        }
        self.settle();
        assert_complete(&self.stage);
    }

    fn start(&self) -> Child {
        let page_size = self.page_size.to_string();
        self.stage.command(&["sync", "rj", "--page-size", &page_size]).spawn().unwrap()
    }

    /// Waits until it is time to kill it; false if it has come to its end before.
    fn is_worth_killing(&mut self, child: &mut Child) -> bool {
        let most = *self.dice.pick(&[1, 4, 15, 60]);
        let requests = self.stage.requests() + self.dice.index(most);
        let rest = Duration::from_micros(self.dice.below(30_000));
        let mut seen_at = None;
        loop {
            if child.try_wait().unwrap().is_some() {
                return false;
            }
            if self.stage.requests() >= requests {
                let at = *seen_at.get_or_insert_with(Instant::now);
                if at.elapsed() >= rest {
                    return true;
                }
            }
            std::thread::sleep(Duration::from_micros(500));
        }
    }

    /// What happens to a living account until the next run.
    fn live_on(&mut self) {
        if !self.is_alive {
            return;
        }
        self.stage.server.advance(Duration::from_secs(self.dice.below(6 * 3600)));
        if self.dice.chance(0.2) {
            let happening = match self.dice.below(3) {
                0 => Happening::LateBatch { plays: 30, oldest_days: 13 },
                1 => Happening::DeleteRandom { plays: 8 },
                _ => Happening::DeleteNewest { plays: 3 },
            };
            self.stage.server.lastfm().happen(&happening);
        }
    }

    /// Lets a living account rest, and gives the archive the runs it needs to catch up.
    fn settle(&self) {
        if !self.is_alive {
            return;
        }
        self.stage.server.lastfm().rest();
        for hours in [25, 1, 1] {
            self.stage.server.advance(Duration::from_secs(hours * 3600));
            self.stage.run(&["sync", "rj"]).ok();
        }
    }
}

/// The most plays that one run read although an earlier one had been sent them. The newest page
/// does not count, which every run asks for.
fn most_read_again(log: &[LogEntry], begins: &[usize], truth: &[TruePlay]) -> usize {
    let mut was_sent = vec![false; truth.len()];
    let mut most = 0;
    for (run, begin) in begins.iter().enumerate() {
        let log = &log[*begin..begins.get(run + 1).copied().unwrap_or(log.len())];
        let sent: Vec<_> = log.iter().map(|entry| places(entry, truth)).collect();
        let older = log.iter().zip(&sent).filter(|(entry, _)| entry.param("to").is_some());
        let again = older.flat_map(|(_, places)| places.clone()).filter(|place| was_sent[*place]);
        most = most.max(again.count());
        sent.into_iter().flatten().for_each(|place| was_sent[place] = true);
    }
    most
}

/// Which plays the service sent, as numbers of `truth`.
fn places(entry: &LogEntry, truth: &[TruePlay]) -> std::ops::Range<usize> {
    let number = |name: &str| entry.param(name).map(|text| text.parse::<i64>().unwrap());
    let place = |second: i64| truth.partition_point(|play| play.at.as_unix() < second);
    let end = number("to").map_or(truth.len(), place);
    let page = usize::try_from(number("page").unwrap_or(1)).unwrap();
    let limit = usize::try_from(number("limit").unwrap_or(50)).unwrap();
    let end = end.saturating_sub((page - 1) * limit);
    end - entry.plays.min(end)..end
}
