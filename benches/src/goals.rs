//! What the engine should reach. Timing decides nothing elsewhere: no test fails for it.

use crate::table::Row;

/// One goal, and whether it was met.
#[derive(Debug)]
pub(crate) struct Goal {
    pub(crate) words: String,
    pub(crate) met: Option<bool>,
}

fn at_least(measured: Option<f64>, goal: f64, unit: &str) -> Goal {
    let met = measured.map(|measured| measured >= goal);
    Goal { words: format!(">= {}{unit}", crate::table::short(goal)), met }
}

fn at_most(measured: Option<f64>, goal: f64, unit: &str) -> Goal {
    let met = measured.map(|measured| measured <= goal);
    Goal { words: format!("<= {}{unit}", crate::table::short(goal)), met }
}

/// Archiving a whole history over HTTP.
pub(crate) fn of_ingest(row: &Row, plays: usize) -> Vec<Goal> {
    let mut goals = vec![
        at_least(row.rate, 100_000.0, "/s"),
        at_least(row.ratio, 8.0, "x"),
        at_most(row.cpu, 6.0, " us"),
        at_most(row.peak, most_memory(plays), " MiB"),
    ];
    // A short history repeats less.
    if plays >= 200_000 {
        goals.push(at_most(row.bytes, 220.0, " B"));
    }
    goals
}

/// Reading an archive again that has not changed.
pub(crate) fn of_again(row: &Row, plays: usize) -> Vec<Goal> {
    vec![at_least(row.rate, 300_000.0, "/s"), at_most(row.peak, most_memory(plays), " MiB")]
}

/// Count, first and last play, together.
pub(crate) fn of_counts(milliseconds: f64) -> Vec<Goal> {
    vec![at_most(Some(milliseconds), 1.0, " ms")]
}

/// A queue beside a table that keeps less, and waits for the disk as often.
pub(crate) fn of_queue(ratio: Option<f64>) -> Vec<Goal> {
    vec![at_least(ratio, 1.0, "x")]
}

/// MiB.
fn most_memory(plays: usize) -> f64 {
    if plays <= 200_000 { 25.0 } else { 64.0 }
}
