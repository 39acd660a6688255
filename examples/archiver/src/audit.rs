//! `audit`: compares archives with Last.fm, and repairs them.

use std::cell::RefCell;

use futures_util::StreamExt;
use lastfm_core::Username;
use lastfm_core::archive::{Archiver, Audit, Doubt, Progress, Replaced, Report, Span, SyncError};
use terminal::database::Place;
use terminal::exit::{Exit, Trouble};
use terminal::output::{self, Mode};
use terminal::settings::Environment;
use terminal::show;

use crate::job::{self, Job};
use crate::json::{self, Line, Outcome};
use crate::progress::View;
use crate::{cli, summary};

/// Repaired spans that are listed; of more, the number is told.
const LISTED: usize = 20;

/// Audits one user after the other, and says how that went.
pub(crate) async fn run(
    said: cli::Audit,
    db: Option<Place>,
    mode: Mode,
    environment: &Environment,
) -> Result<Exit, Trouble> {
    let place = environment.db(db);
    environment.credentials()?;
    job::somebody(&said.users, &place)?;
    let job = Job::open(&said.reading, place, mode, environment, Exit::NotNow).await?;
    let audit = Audit { deep: said.deep, accept_removals: said.accept_removals };
    let users = job.users(&said.users).await?;
    Ok(job.each(users, async |archiver, user| one(&job, &archiver, user, audit).await).await)
}

async fn one(job: &Job, archiver: &Archiver, user: Username, audit: Audit) -> Exit {
    let mut view = View::new(job.mode, job.plan, user.clone());
    if audit.deep {
        view = view.of_reading_again();
    }
    let repaired = RefCell::new(Vec::new());
    let run = |archiver: &Archiver| {
        archiver.audit(user.clone(), audit).inspect(|step| {
            if let Ok(Progress::Archived { span, replaced, .. }) = step {
                note(&mut repaired.borrow_mut(), *span, *replaced);
            }
        })
    };
    let outcome = job.follow(&user, archiver, run, &mut view).await;
    let repaired = repaired.take();
    view.clear();
    match outcome {
        Ok(report) => {
            let doubts = doubts(job, &report.user).await;
            tell(job, &report, &repaired, &doubts)
        }
        Err(SyncError::NotNow { .. }) if job.stop.is_asked() => {
            let stopped =
                Trouble::new(Exit::NotNow, "stopped", "stopped before anything was compared");
            stopped.about(&user).advice("What is archived is safe.").tell(job.mode)
        }
        Err(error) => job.trouble(error, &user).await.tell(job.mode),
    }
}

/// Plays that are in doubt after the run.
async fn doubts(job: &Job, user: &Username) -> Vec<Doubt> {
    match job.db.store.user(user).await {
        // What cannot be read now is told by `status`.
        Ok(Some(user)) => job.db.store.doubts(user.id).await.unwrap_or_default(),
        _ => Vec::new(),
    }
}

/// Keeps what was repaired, newest first as it is read; neighbours are one. A doubt repairs
/// nothing: the run may have settled it a moment later.
fn note(repaired: &mut Vec<(Span, Replaced)>, span: Span, replaced: Replaced) {
    let replaced = Replaced { doubted: 0, ..replaced };
    if replaced == Replaced::default() {
        return;
    }
    match repaired.last_mut() {
        Some((last, sum)) if last.start == span.end => {
            last.start = span.start;
            *sum += replaced;
        }
        _ => repaired.push((span, replaced)),
    }
}

fn tell(job: &Job, report: &Report, repaired: &[(Span, Replaced)], doubts: &[Doubt]) -> Exit {
    let exit = summary::exit(report, None);
    let user = &report.user;
    if job.mode == Mode::Json {
        json::print(&Line::Audited {
            outcome: Outcome::new(report, exit),
            repaired: repaired.iter().map(|(span, replaced)| (*span, *replaced).into()).collect(),
            doubts: doubts.iter().map(Into::into).collect(),
            refused: report.holes.iter().map(Into::into).collect(),
            exit_code: exit.code(),
        });
        return exit;
    }
    if !job.mode.is_for_people() {
        return exit;
    }
    for (span, replaced) in repaired.iter().take(LISTED) {
        output::line(&format!("  {}: {}", show::span(*span), changes(*replaced)));
    }
    if let Some(more) = repaired.len().checked_sub(LISTED).filter(|more| *more > 0) {
        output::line(&format!("  {} more", show::count(more as u64, "span")));
    }
    let plays = show::count(report.held, "play");
    let sum = if repaired.is_empty() {
        String::new()
    } else {
        format!(" · repaired: {}", changes(report.replaced))
    };
    output::line(&if report.stopped {
        format!("■ {user}: stopped{sum}; the same command goes on from there")
    } else if report.residual != 0 {
        let residual = show::count(report.residual.unsigned_abs(), "play");
        let more = if report.residual > 0 { "more" } else { "fewer" };
        format!("✓ {user}: {plays}; Last.fm counts {residual} {more} than it shows anywhere{sum}")
    } else if report.doubted > 0 {
        let rest = show::count(report.held - report.doubted, "play");
        let doubted = show::count(report.doubted, "play");
        format!("! {user}: {rest} agree with Last.fm, {doubted} in doubt{sum}")
    } else {
        format!("✓ {user}: {plays} agree with Last.fm{sum}")
    });
    if report.doubted > 0 {
        let (program, db) = (show::program(), job.db.place.option());
        output::line("  in doubt are plays that are here, but no longer shown by Last.fm:");
        for doubt in doubts.iter().rev().take(LISTED) {
            let plays = show::count(doubt.count, "play");
            output::line(&format!("    {}: {plays}", show::span(doubt.span)));
        }
        output::line(&format!(
            "  were they deleted there? {program} audit {user} --accept-removals{db}"
        ));
    }
    for hole in report.holes.iter().take(LISTED) {
        let (span, again) = (show::span(hole.span), show::minute(hole.next_try_at));
        output::line(&format!("  refused: {span} · tried again from {again} on"));
    }
    exit
}

/// `12 added, 3 removed on Last.fm (kept here), 1 changed`
fn changes(replaced: Replaced) -> String {
    let told = [
        (replaced.added, "added"),
        (replaced.removed, "removed on Last.fm (kept here)"),
        (replaced.changed, "changed"),
    ];
    let told = told.into_iter().filter(|(many, _)| *many > 0);
    let told: Vec<_> = told.map(|(many, what)| format!("{} {what}", show::number(many))).collect();
    told.join(", ")
}

#[cfg(test)]
mod tests {
    use lastfm_core::Timestamp;

    use super::*;

    #[test]
    fn neighbours_that_were_repaired_are_one() {
        let span = |from, to| Span::new(Timestamp::from_unix(from), Timestamp::from_unix(to));
        let one = Replaced { added: 1, ..Replaced::default() };
        let mut repaired = Vec::new();
        for (from, to, replaced) in
            [(90, 99, one), (80, 90, one), (70, 80, Replaced::default()), (60, 70, one)]
        {
            note(&mut repaired, span(from, to), replaced);
        }
        let two = Replaced { added: 2, ..Replaced::default() };
        assert_eq!(repaired, [(span(80, 99), two), (span(60, 70), one)]);
    }
}
