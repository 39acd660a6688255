//! What happens in a schedule, one turn after the other: to the machine, the session, the person and
//! the programs.

use std::time::Duration;

use super::plan::Burst;
use super::program::Program;
use super::{Schedule, Work, failed};
use crate::Clock as _;
use crate::archive::StoreErrorKind;
use crate::scrobble::{AddedJob, Change, Filter, HoldReason, QueuedPlay, Selection, State};
use crate::testing::stories::until_cut;
use crate::testing::{Cut, Failure};

/// How wrong the machine's clock is at most, either way, seconds.
const TWO_DAYS: i64 = 48 * 3_600;

impl Schedule {
    /// The machine's clock is set, the disk fills or empties, another device plays something.
    pub(super) fn things_happen(&mut self) {
        if self.dice.chance(0.05) {
            let error = *self.dice.pick(&[0, 0, 3_600, -3_600, TWO_DAYS, -TWO_DAYS]);
            self.around.clock.set_wall_error(error);
            self.note(&format!("the wall is {error} s off"));
        }
        self.around.queue.recover();
        if self.dice.chance(0.08) {
            let full = StoreErrorKind::Full;
            // In three of four cases nothing happens; in one it does, and nobody hears of it.
            let ways = [Failure::before(full), Failure::after(full)];
            let way = usize::from(self.dice.chance(0.25));
            self.around.queue.fail_next(1 + self.dice.below(12), ways[way]);
            self.note("the disk is full");
        }
        if self.dice.chance(0.05) {
            let at = self.now().plus(-self.dice.between(0, 3 * 24 * 3_600));
            let other = self.fake().insert(at, "Elsewhere", "Another Song", None);
            self.others.insert(other);
        }
    }

    pub(super) async fn log_in_and_out(&mut self) -> Result<(), String> {
        let elapsed = self.around.clock.elapsed();
        match self.logout {
            Some((from, to)) if from <= elapsed && from < to => {
                self.fake().revoke("rj");
                // It is revoked once.
                self.logout = Some((to, to));
                self.note("the session is revoked");
            }
            Some((_, to)) if to <= elapsed => self.log_in(),
            _ => {}
        }
        let account = self.account().await?;
        let held = match &account {
            Some(account) => self.queue.held(account).await.map_err(failed)?,
            None => None,
        };
        let is_held = held.is_some_and(|held| held.reason == HoldReason::Login);
        // A program of before the login can say that the session is not valid.
        if self.logout.is_none() && (self.is_new_session || is_held) {
            let session = self.session.clone();
            let told = self.act("log in", |program| Box::pin(program.logged_in(session))).await;
            self.is_new_session = !matches!(told, Some(Ok(())));
        }
        Ok(())
    }

    pub(super) fn log_in(&mut self) {
        self.logout = None;
        let session = self.fake().log_in("rj");
        self.session = session.unwrap_or_default();
        self.is_new_session = true;
        self.note("the user logs in");
    }

    /// An app tells of plays until it hears that they are safe, or is killed.
    pub(super) async fn hand_over(&mut self) -> Result<(), String> {
        let burst = self.plan.next(self.now());
        for _ in 0..3 {
            let is_over = match burst.clone() {
                Burst::Plays(plays, repeats) => {
                    let told = plays.clone();
                    let work =
                        |program: Program| -> Work<_> { Box::pin(program.enqueue(plays, repeats)) };
                    match self.act("enqueue", work).await {
                        Some(Ok(enqueued)) => {
                            self.ledger.acknowledged(&told, repeats, &enqueued)?;
                            true
                        }
                        _ => false,
                    }
                }
                Burst::Job(job) => {
                    let count = job.plays.len();
                    let added =
                        self.act("add a job", |program| Box::pin(program.add_job(job))).await;
                    match added {
                        Some(Ok(AddedJob::Added(id) | AddedJob::Exists(id))) => {
                            let plays = self.listed(Filter::all().job(id)).await?;
                            if plays.len() != count {
                                return Err(format!("a job of {count} has {} plays", plays.len()));
                            }
                            for play in &plays {
                                self.ledger.is_of_a_job(play);
                            }
                            true
                        }
                        _ => false,
                    }
                }
            };
            // Whoever was killed while telling tells again, or does not know that there was
            // anything to tell.
            if is_over || self.dice.chance(0.2) {
                break;
            }
        }
        Ok(())
    }

    pub(super) async fn a_person_acts(&mut self) -> Result<(), String> {
        let waiting = [State::Ready, State::Scheduled, State::Paused, State::Unknown];
        let some = self.listed(Filter::states(waiting)).await?;
        let one = (!some.is_empty()).then(|| self.dice.pick(&some).clone());
        let (which, change) = match (self.dice.below(8), one) {
            (0, _) => {
                self.act("pause everything", |program| Box::pin(program.pause())).await;
                return Ok(());
            }
            (1..=3, _) => {
                self.act("go on with everything", |program| Box::pin(program.resume())).await;
                (Selection::All, Change::Resume)
            }
            (4, Some(QueuedPlay { job: Some(job), .. })) => (Selection::Job(job), Change::Pause),
            (5, Some(play)) => (Selection::Play(play.id), Change::Pause),
            (6, Some(play)) => {
                self.ledger.cancelled(play.id);
                (Selection::Play(play.id), Change::Cancel)
            }
            (7, _) => (Selection::All, Change::Retry),
            _ => return Ok(()),
        };
        let what = format!("{change:?} {which:?}");
        self.act(&what, |program| Box::pin(program.change(which, change))).await;
        Ok(())
    }

    pub(super) async fn send(&mut self) {
        let patience = Duration::from_secs(*self.dice.pick(&[0, 180, 180, 600]));
        let what = format!("send, patience {patience:?}");
        self.act(&what, |program| Box::pin(program.drain(patience))).await;
    }

    /// A program is stopped for a while, another one takes over, and then the first one goes on.
    pub(super) async fn one_is_paused(&mut self) {
        let cut = Cut::after(1 + self.dice.below(60));
        let paused = Program::start(&self.around, &self.session, cut.clone());
        let patience = Duration::from_secs(180);
        let mut work: Work<()> = Box::pin(paused.drain(patience));
        let outcome = until_cut(&mut work, &cut).await;
        if outcome.is_none() {
            self.tally.pauses += 1;
            let away = *self.dice.pick(&[10, 100, 400, 7_200]);
            self.note(&format!("one is paused for {away} s"));
            self.around.clock.advance(Duration::from_secs(away));
            if away > 10 {
                self.send().await;
            }
            cut.go_on();
            drop(work.await);
            self.note("and goes on");
        }
    }

    /// Two programs send from one queue.
    pub(super) async fn two_at_once(&mut self) {
        let patience = Duration::from_secs(180);
        let start = || Program::start(&self.around, &self.session, Cut::never());
        let (one, other) = (start().drain(patience), start().drain(patience));
        let outcomes = futures_util::future::join(one, other).await;
        self.note(&format!("two at once: {outcomes:?}"));
    }
}
