//! A process that works on a queue and says what was acknowledged, to be killed.
//!
//! A test program is its own worker: it starts itself with one ignored test wanted, which calls
//! [`work`] or [`take_all`]. Whoever started it hears what was acknowledged, kills it, opens the
//! queue again, and asks [`Kept::lost`] what of that is not there.

#![allow(
    clippy::missing_panics_doc,
    clippy::unwrap_used,
    reason = "a test panics: that is how it fails"
)]

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use super::Dice;
use super::conformance::time;
use super::queue_conformance::{plays, seen};
use crate::Timestamp;
use crate::scrobble::{
    Account, Batch, Enqueued, PlayId, Receipt, Refusal, Repeats, ScrobbleQueue, State, Step,
    StepId, Verdict,
};

/// Plays that are added at a time.
const ADDED: u8 = 3;
/// How long a worker has for what it took.
const LEASE: Duration = Duration::from_secs(60);

/// What a worker said before its end.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Said {
    /// What it knows to be acknowledged, as lines: steps of the history, or plays that it took.
    pub lines: Vec<String>,
    /// How many steps the call makes that it began and did not end.
    pub begun: usize,
}

/// One at work.
#[derive(Debug)]
pub struct Worker {
    process: Child,
    lines: Receiver<String>,
    said: Said,
}

impl Worker {
    /// Starts this test program with one ignored test wanted, which has these variables.
    pub fn start<'v>(test: &str, vars: impl IntoIterator<Item = (&'v str, &'v str)>) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", test, "--ignored", "--nocapture"]).envs(vars);
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let said = BufReader::new(process.stdout.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in said.lines().map_while(Result::ok) {
                let Some((_, line)) = line.split_once("@ ") else { continue };
                if sender.send(line.to_owned()).is_err() {
                    return;
                }
            }
        });
        Self { process, lines, said: Said::default() }
    }

    /// The process's number.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Hears what it says for so long, from its first acknowledgement on.
    pub fn hear(&mut self, time: Duration) {
        while self.said.lines.is_empty() {
            let line = self.lines.recv_timeout(Duration::from_secs(60));
            self.note(&line.expect("it works"));
        }
        let end = std::time::Instant::now() + time;
        loop {
            let rest = end.saturating_duration_since(std::time::Instant::now());
            match self.lines.recv_timeout(rest) {
                Ok(line) => self.note(&line),
                Err(RecvTimeoutError::Timeout) => return,
                Err(RecvTimeoutError::Disconnected) => panic!("it ended by itself"),
            }
        }
    }

    /// Kills it, and gives all that it said.
    pub fn kill(mut self) -> Said {
        self.process.kill().unwrap();
        self.end()
    }

    /// Waits for its end, and gives all that it said.
    pub fn end(mut self) -> Said {
        while let Ok(line) = self.lines.recv() {
            self.note(&line);
        }
        self.process.wait().unwrap();
        self.said
    }

    fn note(&mut self, line: &str) {
        match line.split_once(' ') {
            Some(("begin", steps)) => self.said.begun = steps.parse().unwrap(),
            Some(("done", steps)) => {
                let steps = steps.split(';').filter(|step| !step.is_empty());
                self.said.lines.extend(steps.map(str::to_owned));
                self.said.begun = 0;
            }
            _ => panic!("{line}"),
        }
    }
}

/// What a queue is known to keep, whoever died at work on it.
#[derive(Debug, Default)]
pub struct Kept(Vec<String>);

impl Kept {
    /// Steps that were acknowledged and are not in the queue. Asserts that those that are there
    /// come in their order, that what is there beyond them is one whole call, and that the queue
    /// agrees with its history.
    pub async fn lost(
        &mut self,
        queue: &dyn ScrobbleQueue,
        account: &Account,
        said: Said,
    ) -> usize {
        let mut acknowledged = std::mem::take(&mut self.0);
        acknowledged.extend(said.lines);
        self.0 = sound_history(queue, account).await;
        let both = self.0.len().min(acknowledged.len());
        assert_eq!(self.0[..both], acknowledged[..both]);
        let beyond = self.0.len() - both;
        assert!(beyond == 0 || beyond == said.begun, "{beyond} of {} steps", said.begun);
        acknowledged.len() - both
    }

    /// Steps that are there.
    pub fn step_count(&self) -> usize {
        self.0.len()
    }
}

/// Each step that the queue tells of, as a line. Asserts that all that it tells agrees with it.
async fn sound_history(queue: &dyn ScrobbleQueue, account: &Account) -> Vec<String> {
    let end_of_time = time(i64::MAX - 1);
    let seen = seen(queue, account, end_of_time).await.unwrap();
    let mut states = BTreeMap::<PlayId, State>::new();
    for step in &seen.steps {
        states.insert(step.play, step.state);
    }
    assert_eq!(seen.plays.len() % usize::from(ADDED), 0, "half a call");
    assert_eq!(seen.plays.len(), states.len(), "a play for each that the history tells of");
    for (kept, (id, state)) in seen.plays.iter().zip(states) {
        assert_eq!((kept.id, kept.state(end_of_time)), (id, state));
        let added = plays([kept.play.played_at.as_unix()]);
        assert_eq!(kept.play, added[0], "as it was added");
    }
    seen.steps.iter().map(line).collect()
}

/// A step as a line.
fn line(step: &Step) -> String {
    format!("{} {} {} {}", step.id.0, step.play.0, step.at.as_unix(), step.state)
}

/// Adds, takes and settles plays, for ever.
pub async fn work(queue: &dyn ScrobbleQueue, account: &Account, seed: u64) {
    let mut dice = Dice::stream(seed, 0xC1);
    // Whoever worked before is dead.
    let earlier = queue.history(account, None, None, usize::MAX).await.unwrap();
    let mut told = earlier.last().map_or(StepId(0), |step| step.id);
    let mut now = earlier.last().map_or(1, |step| step.at.as_unix() + 1);
    let sending = queue.counts(account, time(now)).await.unwrap().of(State::Sending);
    say(&format!("begin {sending}"));
    queue.refresh(account, Timestamp::MIN, Duration::ZERO, time(now)).await.unwrap();
    let mut taken: Option<Batch> = None;
    loop {
        // Which steps were acknowledged, in one line, which nothing tears.
        let steps = queue.history(account, None, Some(told), usize::MAX).await.unwrap();
        told = steps.last().map_or(told, |step| step.id);
        say(&format!("done {}", steps.iter().map(line).collect::<Vec<_>>().join(";")));
        now += 1;
        if let Some(batch) = taken.take() {
            say(&format!("begin {}", batch.plays.len()));
            let ids = batch.plays.iter().map(|play| play.id);
            let verdicts = ids.zip(verdicts()).collect();
            queue.settle(account, batch.attempt, verdicts, time(now)).await.unwrap();
        } else if dice.chance(0.5) {
            say(&format!("begin {ADDED}"));
            let first = now * 10;
            let new = plays(first..first + i64::from(ADDED)).into_iter().map(Into::into).collect();
            let added = queue.enqueue(account, new, Repeats::Same, time(now)).await.unwrap();
            assert!(added.iter().all(|added| matches!(added, Enqueued::Added(_))), "{added:?}");
        } else {
            let ready = queue.counts(account, time(now)).await.unwrap().of(State::Ready);
            let limit = 1 + dice.below(5);
            say(&format!("begin {}", ready.min(limit)));
            let limit = usize::try_from(limit).unwrap();
            let batch = queue.take(account, limit, LEASE, time(now)).await.unwrap();
            taken = Some(batch).filter(|batch| !batch.plays.is_empty());
        }
    }
}

/// Takes plays again and again until there are none, and says which.
pub async fn take_all(queue: &dyn ScrobbleQueue, account: &Account, seed: u64) {
    let mut dice = Dice::stream(seed, 0xC1);
    loop {
        let limit = 1 + dice.index(4);
        let batch = queue.take(account, limit, LEASE, time(10)).await.unwrap();
        if batch.plays.is_empty() {
            return;
        }
        for play in batch.plays {
            say(&format!("done {}", play.id.0));
        }
    }
}

/// One of each, again and again.
fn verdicts() -> impl Iterator<Item = Verdict> {
    let verdicts = [
        Verdict::Accepted(Receipt::default()),
        Verdict::Unknown { reason: "the answer was lost".to_owned() },
        Verdict::Accepted(Receipt { artist: Some("Low.".to_owned()), ..Receipt::default() }),
        Verdict::Again { due_at: time(0), reason: "too many calls".to_owned() },
        Verdict::Refused(Refusal::TooShort),
    ];
    verdicts.into_iter().cycle()
}

/// Says a line at once, in one piece.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    out.write_all(format!("@ {line}\n").as_bytes()).unwrap();
    out.flush().unwrap();
}
