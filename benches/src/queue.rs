//! Plays into the queue and out of it again, each change on the disk before it is acknowledged:
//! ours beside a plain Python loop that waits for the disk as often.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use benches::print_lines;
use clap::ValueEnum as _;
use lastfm_core::scrobble::{
    Account, Receipt, Repeats, ScrobbleQueue as _, State, Submission, Verdict,
};
use lastfm_core::{NewPlay, PlayerTrack, Service, Timestamp};
use lastfm_sqlite::SqliteQueue;

use crate::arguments::{Load, Way};
use crate::measure::{Outcome, Stopwatch};
use crate::service::USER;
use crate::table::{median, met, said, words};
use crate::{Trouble, goals, programs, rivals};

/// Plays of one request, at most.
const BATCH: usize = 50;
const NOW: Timestamp = Timestamp::from_unix(1_790_000_000);

impl Way {
    fn words(self) -> &'static str {
        match self {
            Self::Single => "in, each by itself",
            Self::Batches => "in, 50 at a time",
            Self::Drain => "out: take 50, settle 50",
        }
    }

    /// How many plays go that way in a round.
    fn plays(self) -> usize {
        match self {
            Self::Single => 1_000,
            Self::Batches | Self::Drain => 20_000,
        }
    }
}

/// Lets plays go one way, in a process of its own.
pub(crate) async fn work(load: &Load) -> Result<Outcome, Trouble> {
    let queue = SqliteQueue::open(&load.db).await?;
    let account = Account::new(&Service::last_fm(), USER.parse()?);
    let plays: Vec<Submission> = (0..load.plays).map(play).collect();
    let at_a_time = if load.way == Way::Single { 1 } else { BATCH };
    if load.way == Way::Drain {
        queue.enqueue(&account, plays.clone(), Repeats::Same, NOW).await?;
    }
    let watch = Stopwatch::start()?;
    if load.way == Way::Drain {
        drain(&queue, &account).await?;
    } else {
        for plays in plays.chunks(at_a_time) {
            queue.enqueue(&account, plays.to_vec(), Repeats::Same, NOW).await?;
        }
    }
    let counts = queue.counts(&account, NOW).await?;
    let kept = counts.of(if load.way == Way::Drain { State::Accepted } else { State::Ready });
    drop(queue);
    watch.stop(load.plays as u64, kept)
}

async fn drain(queue: &SqliteQueue, account: &Account) -> Result<(), Trouble> {
    loop {
        let batch = queue.take(account, BATCH, Duration::from_secs(120), NOW).await?;
        if batch.plays.is_empty() {
            return Ok(());
        }
        let accepted = Verdict::Accepted(Receipt::default());
        let verdicts = batch.plays.iter().map(|play| (play.id, accepted.clone())).collect();
        queue.settle(account, batch.attempt, verdicts, NOW).await?;
    }
}

fn play(number: usize) -> Submission {
    let (artist, name) = (format!("artist {}", number % 97), format!("track {}", number % 977));
    let played_at = i64::try_from(200 * number).unwrap_or_default();
    let track = PlayerTrack::new(artist, name).album("an album");
    Submission::new(NewPlay::new(track, Timestamp::from_unix(1_776_000_000 + played_at)))
}

/// What was measured each way: ours and Python's, one run a round.
#[derive(Debug)]
pub(crate) struct Queued {
    runs: Vec<(Way, Vec<Outcome>, Vec<Outcome>)>,
    note: String,
}

/// Lets both go each way, in turns.
pub(crate) fn measure(folder: &Path, rounds: usize) -> Result<Queued, Trouble> {
    let (python, note) = match rivals::queue_loop() {
        Ok((script, version)) => (Some(script), format!("The rival is {version}.")),
        Err(why) => (None, format!("Python was left out: {why}")),
    };
    let ways = Way::value_variants().iter();
    let mut runs: Vec<_> = ways.map(|way| (*way, Vec::new(), Vec::new())).collect();
    for round in 0..rounds.max(1) {
        for (way, ours, theirs) in &mut runs {
            ours.push(run(folder, programs::ourselves("queue")?, *way)?);
            if let Some(script) = &python {
                let mut command = Command::new("python3");
                command.arg(script);
                theirs.push(run(folder, command, *way)?);
            }
        }
        eprintln!("queue: round {} of {}", round + 1, rounds.max(1));
    }
    Ok(Queued { runs, note })
}

/// One run on a new file. A figure counts only if the work was done.
fn run(folder: &Path, mut command: Command, way: Way) -> Result<Outcome, Trouble> {
    let files = tempfile::tempdir_in(folder)?;
    let name = way.to_possible_value().ok_or("a way without a name")?;
    command.arg(name.get_name()).arg(way.plays().to_string()).arg(files.path().join("queue.db"));
    let outcome: Outcome = programs::hear(command)?;
    if (outcome.plays, outcome.kept) != (way.plays() as u64, way.plays() as u64) {
        return Err(format!("not all plays went {}: {outcome:?}", way.words()).into());
    }
    Ok(outcome)
}

impl Queued {
    /// Prints what was measured.
    pub(crate) fn print(&self) {
        let head = [
            "queue",
            "plays/s",
            "us CPU/play",
            "Python plays/s",
            "us CPU",
            "x Python",
            "goal",
            "met",
        ];
        let mut lines = vec![head.map(str::to_owned)];
        for (way, ours, theirs) in &self.runs {
            let ratios = || ours.iter().zip(theirs).map(|(ours, theirs)| rate(ours) / rate(theirs));
            let goals = goals::of_queue(median(ratios()));
            lines.push([
                way.words().to_owned(),
                said(ours.iter().map(rate)),
                said(ours.iter().map(cpu)),
                said(theirs.iter().map(rate)),
                said(theirs.iter().map(cpu)),
                said(ratios()),
                words(&goals),
                met(&goals),
            ]);
        }
        println!();
        print_lines(&lines);
        println!();
        println!(
            "* WAL, synchronous = FULL: every change waits for the disk. {} plays by themselves, {} \
             in batches and out again, in each of {} rounds, on new files, in turns: medians (least \
             to most), the ratio of one round's plays a second.",
            Way::Single.plays(),
            Way::Batches.plays(),
            self.runs.first().map_or(0, |(_, ours, _)| ours.len())
        );
        println!(
            "* Ours keeps every step of a play besides, finds repeats by folded names, and hands each \
             change to a thread of its own."
        );
        println!("* {}", self.note);
    }
}

fn rate(run: &Outcome) -> f64 {
    float(run.plays) / run.seconds
}

/// Microseconds of processor a play.
fn cpu(run: &Outcome) -> f64 {
    run.cpu_seconds * 1e6 / float(run.plays)
}

#[allow(clippy::cast_precision_loss, reason = "for printing")]
fn float(count: u64) -> f64 {
    count as f64
}
