//! `queue pause`, `resume`, `retry`, `cancel` and `forget`: what a person does to plays.

use lastfm_core::scrobble::{Change, Filter, Hold, HoldReason, JobId, PlayId, Selection, State};
use terminal::exit::{Exit, Trouble};
use terminal::moments::Said;
use terminal::output::{self, Mode};
use terminal::{dates, show};

use crate::ask;
use crate::cli::{Forget, Which};
use crate::desk::Shelf;
use crate::json::{self, Line};
use crate::queue;

/// Everything, also what is queued later, until it is resumed; or these plays.
pub(crate) async fn pause(shelf: &Shelf, which: &Which) -> Result<Exit, Trouble> {
    if !which.all {
        return change(shelf, which, Change::Pause, "paused").await;
    }
    if !which.dry_run {
        let (reason, words) = (HoldReason::Person, "paused".to_owned());
        let hold = Hold { reason, until: None, since: dates::now(), words };
        shelf.queue.hold(&shelf.account, hold).await?;
    }
    let open = queue::open_count(shelf).await? as u64;
    tell(shelf, open, "paused, and what is queued later", which.dry_run);
    Ok(Exit::Complete)
}

/// What was paused as a whole waits again as a whole, also what was paused alone; or these plays.
pub(crate) async fn resume(shelf: &Shelf, which: &Which) -> Result<Exit, Trouble> {
    let held = if which.all { shelf.hold(dates::now()).await? } else { None };
    if held.is_none_or(|hold| hold.reason != HoldReason::Person) {
        return change(shelf, which, Change::Resume, "resumed").await;
    }
    if !which.dry_run {
        shelf.queue.lift(&shelf.account, HoldReason::Person).await?;
        shelf.queue.change(&shelf.account, Selection::All, Change::Resume, dates::now()).await?;
    }
    let open = queue::open_count(shelf).await? as u64;
    tell(shelf, open, "resumed, and what is queued later", which.dry_run);
    Ok(Exit::Complete)
}

pub(crate) async fn retry(shelf: &Shelf, which: &Which) -> Result<Exit, Trouble> {
    change(shelf, which, Change::Retry, "queued again").await
}

pub(crate) async fn cancel(shelf: &Shelf, which: &Which) -> Result<Exit, Trouble> {
    change(shelf, which, Change::Cancel, "dropped").await
}

/// Forgets what is done, and how it came to that.
pub(crate) async fn forget(shelf: &Shelf, said: &Forget) -> Result<Exit, Trouble> {
    let now = dates::now();
    let said_before = said.before.or(said.older.map(Said::Ago)).unwrap_or(Said::Now);
    let before = said_before.moment(now, &shelf.zone);
    let done = Filter::states([State::Accepted, State::Cancelled]);
    let mut plays = 0;
    queue::each(shelf, done, 1000, |play| plays += u64::from(play.since < before)).await?;
    if !said.dry_run && plays > 0 {
        let many = show::count(plays, "play");
        let what = format!(
            "{many}, accepted or dropped before {}, will be forgotten here (Last.fm keeps its own)",
            shelf.shown(before)
        );
        ask::confirm(&what, said.yes, shelf.mode, None).await?;
        plays = shelf.queue.forget(&shelf.account, before).await?;
    }
    tell(shelf, plays, "forgotten", said.dry_run);
    Ok(Exit::Complete)
}

async fn change(shelf: &Shelf, which: &Which, change: Change, done: &str) -> Result<Exit, Trouble> {
    let selections: Vec<Selection> = match (which.job, which.all) {
        (Some(job), _) => vec![Selection::Job(JobId(job))],
        (None, true) => vec![Selection::All],
        (None, false) => which.plays.iter().map(|id| Selection::Play(PlayId(*id))).collect(),
    };
    let mut plays = 0;
    for selection in &selections {
        plays += count(shelf, *selection, change).await?;
    }
    if !which.dry_run && plays > 0 {
        if plays >= ask::MANY as u64 && change == Change::Cancel {
            let what = format!("{} will be dropped", show::count(plays, "play"));
            ask::confirm(&what, which.yes, shelf.mode, None).await?;
        }
        plays = 0;
        for selection in selections {
            plays += shelf.queue.change(&shelf.account, selection, change, dates::now()).await?;
        }
    }
    tell(shelf, plays, done, which.dry_run);
    Ok(Exit::Complete)
}

/// How many plays a change would change.
async fn count(shelf: &Shelf, selection: Selection, change: Change) -> Result<u64, Trouble> {
    let states = change.changes(selection);
    let now = dates::now();
    let filter = Filter::states(states.iter().copied());
    let filter = match selection {
        Selection::Play(id) => {
            let play = shelf.queue.play(&shelf.account, id).await?;
            let Some(play) = play else { return Err(unknown(&format!("no play {}", id.0))) };
            return Ok(states.contains(&play.state(now)).into());
        }
        Selection::Job(id) => {
            let jobs = shelf.queue.jobs(&shelf.account, now).await?;
            if jobs.iter().all(|job| job.id != id) {
                return Err(unknown(&format!("no job {}", id.0)));
            }
            filter.job(id)
        }
        _ => filter,
    };
    let mut many = 0;
    queue::each(shelf, filter, 1000, |_| many += 1).await?;
    Ok(many)
}

pub(crate) fn unknown(what: &str) -> Trouble {
    Trouble::new(Exit::Failed, "unknown_play", format!("there is {what} in this queue"))
        .advice(format!("Nothing was changed. The numbers: {} queue list", show::program()))
}

fn tell(shelf: &Shelf, plays: u64, done: &str, dry_run: bool) {
    match shelf.mode {
        Mode::Json => json::print(&Line::Changed {
            user: shelf.account.user.as_str(),
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
