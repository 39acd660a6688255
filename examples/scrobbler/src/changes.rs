//! `queue pause`, `resume`, `retry`, `cancel` and `forget`: what a person does to plays.

use lastfm_core::scrobble::{Change, Filter, Hold, HoldReason, JobId, PlayId, Selection, State};
use terminal::exit::{Exit, Trouble};
use terminal::moments::MomentInput;
use terminal::output::{self, Mode};
use terminal::{dates, show};

use crate::ask;
use crate::cli::{Forget, Which};
use crate::context::AccountQueue;
use crate::json::{self, Line};
use crate::queue;

/// Everything, also what is queued later, until it is resumed; or these plays.
pub(crate) async fn pause(mine: &AccountQueue, which: &Which) -> Result<Exit, Trouble> {
    if !which.all {
        return change(mine, which, Change::Pause, "paused").await;
    }
    if !which.dry_run {
        let (reason, words) = (HoldReason::Person, "paused".to_owned());
        let hold = Hold { reason, until: None, since: dates::now(), words };
        mine.queue.hold(&mine.account, hold).await?;
    }
    let open = queue::open_count(mine).await? as u64;
    tell(mine, open, "paused, and what is queued later", which.dry_run);
    Ok(Exit::Complete)
}

/// What was paused as a whole waits again as a whole, also what was paused alone; or these plays.
pub(crate) async fn resume(mine: &AccountQueue, which: &Which) -> Result<Exit, Trouble> {
    let held = if which.all { mine.hold(dates::now()).await? } else { None };
    if held.is_none_or(|hold| hold.reason != HoldReason::Person) {
        return change(mine, which, Change::Resume, "resumed").await;
    }
    if !which.dry_run {
        mine.queue.lift(&mine.account, HoldReason::Person).await?;
        mine.queue.change(&mine.account, Selection::All, Change::Resume, dates::now()).await?;
    }
    let open = queue::open_count(mine).await? as u64;
    tell(mine, open, "resumed, and what is queued later", which.dry_run);
    Ok(Exit::Complete)
}

pub(crate) async fn retry(mine: &AccountQueue, which: &Which) -> Result<Exit, Trouble> {
    change(mine, which, Change::Retry, "queued again").await
}

pub(crate) async fn cancel(mine: &AccountQueue, which: &Which) -> Result<Exit, Trouble> {
    change(mine, which, Change::Cancel, "dropped").await
}

/// Forgets what is done, and how it came to that.
pub(crate) async fn forget(mine: &AccountQueue, said: &Forget) -> Result<Exit, Trouble> {
    let now = dates::now();
    let said_before = said.before.or(said.older.map(MomentInput::Ago)).unwrap_or(MomentInput::Now);
    let before = said_before.moment(now, &mine.zone);
    let done = Filter::states([State::Accepted, State::Cancelled]);
    let mut plays = 0;
    queue::each(mine, done, 1000, |play| plays += u64::from(play.since < before)).await?;
    if !said.dry_run && plays > 0 {
        let many = show::count(plays, "play");
        let what = format!(
            "{many}, accepted or dropped before {}, will be forgotten here (Last.fm keeps its own)",
            mine.shown(before)
        );
        ask::confirm(&what, said.yes, mine.mode, None).await?;
        plays = mine.queue.forget(&mine.account, before).await?;
    }
    tell(mine, plays, "forgotten", said.dry_run);
    Ok(Exit::Complete)
}

async fn change(
    mine: &AccountQueue,
    which: &Which,
    change: Change,
    done: &str,
) -> Result<Exit, Trouble> {
    let selections: Vec<Selection> = match (which.job, which.all) {
        (Some(job), _) => vec![Selection::Job(JobId(job))],
        (None, true) => vec![Selection::All],
        (None, false) => which.plays.iter().map(|id| Selection::Play(PlayId(*id))).collect(),
    };
    let mut plays = 0;
    for selection in &selections {
        plays += count(mine, *selection, change).await?;
    }
    if !which.dry_run && plays > 0 {
        if plays >= ask::MANY as u64 && change == Change::Cancel {
            let what = format!("{} will be dropped", show::count(plays, "play"));
            ask::confirm(&what, which.yes, mine.mode, None).await?;
        }
        plays = 0;
        for selection in selections {
            plays += mine.queue.change(&mine.account, selection, change, dates::now()).await?;
        }
    }
    tell(mine, plays, done, which.dry_run);
    Ok(Exit::Complete)
}

/// How many plays a change would change.
async fn count(mine: &AccountQueue, selection: Selection, change: Change) -> Result<u64, Trouble> {
    let states = change.changes(selection);
    let now = dates::now();
    let filter = Filter::states(states.iter().copied());
    let filter = match selection {
        Selection::Play(id) => {
            let play = mine.queue.play(&mine.account, id).await?;
            let Some(play) = play else { return Err(unknown(&format!("no play {}", id.0))) };
            return Ok(states.contains(&play.state(now)).into());
        }
        Selection::Job(id) => {
            let jobs = mine.queue.jobs(&mine.account, now).await?;
            if jobs.iter().all(|job| job.id != id) {
                return Err(unknown(&format!("no job {}", id.0)));
            }
            filter.job(id)
        }
        _ => filter,
    };
    let mut many = 0;
    queue::each(mine, filter, 1000, |_| many += 1).await?;
    Ok(many)
}

pub(crate) fn unknown(what: &str) -> Trouble {
    Trouble::new(Exit::Failed, "unknown_play", format!("there is {what} in this queue"))
        .advice(format!("Nothing was changed. The numbers: {} queue list", show::program()))
}

fn tell(mine: &AccountQueue, plays: u64, done: &str, dry_run: bool) {
    match mine.mode {
        Mode::Json => json::print(&Line::Changed {
            user: mine.account.user.as_str(),
            plays,
            exit_code: Exit::Complete.code(),
        }),
        Mode::Quiet => {}
        Mode::Terminal | Mode::Log if dry_run => {
            output::line(&format!("{} would be {done}; nothing was", show::count(plays, "play")));
        }
        Mode::Terminal | Mode::Log => {
            output::line(&format!("  {} {done}", show::count(plays, "play")));
        }
    }
}
