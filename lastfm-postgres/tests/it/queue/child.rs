//! A process that works on a queue and says what was acknowledged, to be killed. It is this test
//! program itself, with one test wanted.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use lastfm_core::Timestamp;
use lastfm_core::scrobble::{Batch, Receipt, Refusal, ScrobbleQueue, State, Step, StepId, Verdict};
use lastfm_core::testing::Dice;
use lastfm_postgres::PostgresQueue;

use super::{add, at, rj};

/// Plays that are added at a time.
pub(super) const ADDED: u8 = 3;

/// What it does.
#[derive(Debug, Clone, Copy)]
pub(super) enum Role {
    /// Adds, takes and settles plays, for ever.
    Work,
    /// Takes plays as long as there are any.
    Take,
}

/// What it said last.
#[derive(Debug, Default)]
pub(super) struct Said {
    /// The steps of the history that it knows to be acknowledged, as lines.
    pub(super) steps: Vec<String>,
    /// How many steps the call makes that it began and did not end.
    pub(super) begun: usize,
}

/// One at work.
#[derive(Debug)]
pub(super) struct Worker {
    process: Child,
    lines: Receiver<String>,
    said: Said,
}

impl Worker {
    pub(super) fn start(role: Role, url: &str, seed: u64) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "queue::child::works_until_it_is_killed"]);
        command.args(["--ignored", "--nocapture"]);
        command.env("QUEUE_URL", url).env("QUEUE_SEED", seed.to_string());
        command.env("QUEUE_ROLE", format!("{role:?}"));
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

    /// Hears what it says for so long, from its first acknowledgement on.
    pub(super) fn hear(&mut self, time: Duration) {
        while self.said.steps.is_empty() {
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
    pub(super) fn kill(mut self) -> Said {
        self.process.kill().unwrap();
        self.end()
    }

    /// Waits for its end, and gives all that it said.
    pub(super) fn end(mut self) -> Said {
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
                self.said.steps.extend(steps.map(str::to_owned));
                self.said.begun = 0;
            }
            _ => panic!("{line}"),
        }
    }
}

/// A step as a line.
pub(super) fn line(step: &Step) -> String {
    format!("{} {} {} {}", step.id.0, step.play.0, step.at.as_unix(), step.state)
}

#[tokio::test]
#[ignore = "is started by other tests"]
async fn works_until_it_is_killed() {
    let Ok(url) = std::env::var("QUEUE_URL") else { return };
    let seed = std::env::var("QUEUE_SEED").unwrap().parse().unwrap();
    let role = std::env::var("QUEUE_ROLE").unwrap();
    let queue = PostgresQueue::open(url).await.unwrap();
    let mut working =
        Working { queue, dice: Dice::stream(seed, 0xC1), last: StepId(0), taken: None };
    if role == "Take" {
        return working.take_all().await;
    }
    working.go_on().await;
}

struct Working {
    queue: PostgresQueue,
    dice: Dice,
    /// The last step that it has told of.
    last: StepId,
    /// What it took and did not settle.
    taken: Option<Batch>,
}

impl Working {
    async fn go_on(&mut self) {
        let (queue, rj) = (self.queue.clone(), rj());
        // Whoever worked before is dead.
        let earlier = queue.history(&rj, None, None, usize::MAX).await.unwrap();
        self.last = earlier.last().map_or(StepId(0), |step| step.id);
        let mut now = earlier.last().map_or(1, |step| step.at.as_unix() + 1);
        let sending = queue.counts(&rj, at(now)).await.unwrap().of(State::Sending);
        say(&format!("begin {sending}"));
        queue.refresh(&rj, Timestamp::MIN, Duration::ZERO, at(now)).await.unwrap();
        loop {
            self.tell().await;
            now += 1;
            if let Some(batch) = self.taken.take() {
                say(&format!("begin {}", batch.plays.len()));
                let ids = batch.plays.iter().map(|play| play.id);
                let verdicts = ids.zip(verdicts()).collect();
                queue.settle(&rj, batch.attempt, verdicts, at(now)).await.unwrap();
            } else if self.dice.chance(0.5) {
                say(&format!("begin {ADDED}"));
                let first = now * 10;
                add(&queue, &rj, first..first + i64::from(ADDED), now).await;
            } else {
                let ready = queue.counts(&rj, at(now)).await.unwrap().of(State::Ready);
                let limit = 1 + self.dice.below(5);
                say(&format!("begin {}", ready.min(limit)));
                let lease = Duration::from_secs(60);
                let limit = usize::try_from(limit).unwrap();
                let batch = queue.take(&rj, limit, lease, at(now)).await.unwrap();
                self.taken = Some(batch).filter(|batch| !batch.plays.is_empty());
            }
        }
    }

    /// Tells which steps were acknowledged since it did so last. In one line, which nothing tears.
    async fn tell(&mut self) {
        let steps = self.queue.history(&rj(), None, Some(self.last), usize::MAX).await.unwrap();
        self.last = steps.last().map_or(self.last, |step| step.id);
        say(&format!("done {}", steps.iter().map(line).collect::<Vec<_>>().join(";")));
    }

    /// Takes some again and again until there are none, and tells which.
    async fn take_all(&mut self) {
        loop {
            let limit = 1 + self.dice.index(4);
            let lease = Duration::from_secs(1_000);
            let batch = self.queue.take(&rj(), limit, lease, at(10)).await.unwrap();
            if batch.plays.is_empty() {
                return;
            }
            for play in batch.plays {
                say(&format!("done {}", play.id.0));
            }
        }
    }
}

/// One of each, again and again.
fn verdicts() -> impl Iterator<Item = Verdict> {
    let verdicts = [
        Verdict::Accepted(Receipt::default()),
        Verdict::Unknown { reason: "the answer was lost".to_owned() },
        Verdict::Accepted(Receipt { artist: Some("Low.".to_owned()), ..Receipt::default() }),
        Verdict::Again { due_at: at(0), reason: "too many calls".to_owned() },
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
