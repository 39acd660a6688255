//! `sync`: brings archives up to date, one user after the other.

use std::path::PathBuf;
use std::time::Instant;

use lastfm_core::Username;
use lastfm_core::archive::{Archiver, Span, SyncError};
use terminal::dates;
use terminal::exit::{Exit, Trouble};
use terminal::output::Mode;
use terminal::settings::Environment;

use crate::demo::Demo;
use crate::job::{self, Job};
use crate::progress::View;
use crate::summary::Summary;
use crate::{cli, service};

/// Brings the archives up to date, and says how that went.
pub(crate) async fn run(
    said: cli::Sync,
    db: Option<PathBuf>,
    mode: Mode,
    environment: &Environment,
) -> Result<Exit, Trouble> {
    let span = said.period.checked()?;
    // A clock that is some days behind is no reason to refuse.
    let soon = dates::now().plus(30 * 24 * 60 * 60);
    if span.is_some_and(|span| span.start > soon) {
        let what = "nothing of that has happened yet";
        return Err(Trouble::new(Exit::Failed, "bad_period", what).advice("Nothing was changed."));
    }
    // For a service that was told to stop, that is success.
    let at_once = if said.every.is_some() { Exit::Complete } else { Exit::NotNow };
    let mut named = said.users;
    let job = if said.demo {
        named = vec![Demo::user()];
        // Never $SCROBBLES_DB: nobody wants a made-up listener among the real ones.
        let path = db.unwrap_or_else(|| PathBuf::from("demo.db"));
        Job::demo(&said.reading, path, mode, environment, at_once).await?
    } else {
        let path = environment.db(db);
        // Without a key nobody can be asked about anyway.
        environment.credentials()?;
        job::somebody(&named, &path)?;
        Job::open(&said.reading, path, mode, environment, at_once).await?
    };
    if let Some(every) = said.every {
        return service::run(&job, &named, every).await;
    }
    let users = job.users(&named).await?;
    Ok(job.each(users, async |archiver, user| one(&job, &archiver, user, span).await).await)
}

async fn one(job: &Job, archiver: &Archiver, user: Username, span: Option<Span>) -> Exit {
    let began = Instant::now();
    let mut view = View::new(job.mode, job.plan, user.clone());
    let run = match span {
        Some(span) => archiver.sync_span(user.clone(), span),
        None => archiver.sync(user.clone()),
    };
    let outcome = job.follow(&user, run, &mut view).await;
    view.clear();
    match outcome {
        Ok(report) => {
            let summary = Summary {
                report,
                span,
                path: &job.path,
                took: began.elapsed(),
                reached: view.reached(),
                is_demo: job.demo.is_some(),
            };
            summary.tell(job.mode, &job.store).await
        }
        Err(SyncError::NotNow { .. }) if job.stop.is_asked() => {
            let stopped = Trouble::new(Exit::NotNow, "stopped", "stopped before anything was read");
            stopped.about(&user).advice("Nothing was changed.").tell(job.mode)
        }
        Err(error) => job.trouble(error, &user).await.tell(job.mode),
    }
}
