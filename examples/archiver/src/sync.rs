//! `sync`: brings archives up to date, one user after the other.

use std::time::{Duration, Instant};

use lastfm_core::Username;
use lastfm_core::archive::{Archiver, Span, SyncError};
use mb_enrich::Effort;
use terminal::database::Place;
use terminal::dates;
use terminal::exit::{Exit, Trouble};
use terminal::musicbrainz::MusicBrainz;
use terminal::output::{self, Mode};
use terminal::settings::Environment;

use crate::demo::Demo;
use crate::enrich::Lookup;
use crate::job::{self, Job};
use crate::progress::View;
use crate::summary::Summary;
use crate::{cli, service};

/// Brings the archives up to date, and says how that went.
pub(crate) async fn run(
    said: cli::Sync,
    db: Option<Place>,
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
        let place = db.unwrap_or_else(|| Place::File("demo.db".into()));
        Job::demo(&said.reading, place, mode, environment, at_once).await?
    } else {
        let place = environment.db(db);
        // Without a key nobody can be asked about anyway.
        environment.credentials()?;
        job::somebody(&named, &place)?;
        Job::open(&said.reading, place, mode, environment, at_once).await?
    };
    // A made-up listener's albums are nobody's affair.
    let source =
        if said.no_years || job.demo.is_some() { None } else { usual(environment, job.mode) };
    if let Some(every) = said.every {
        return service::run(&job, &named, every, source).await;
    }
    let users = job.users(&named).await?;
    let sync =
        async |archiver: Archiver, user| one(&job, &archiver, user, span, source.as_ref()).await;
    Ok(job.each(users, sync).await)
}

async fn one(
    job: &Job,
    archiver: &Archiver,
    user: Username,
    span: Option<Span>,
    source: Option<&MusicBrainz>,
) -> Exit {
    let began = Instant::now();
    let mut view = View::new(job.mode, job.plan, user.clone());
    let run = |archiver: &Archiver| match span {
        Some(span) => archiver.sync_span(user.clone(), span),
        None => archiver.sync(user.clone()),
    };
    let outcome = job.follow(&user, archiver, run, &mut view).await;
    view.clear();
    match outcome {
        Ok(report) => {
            let summary = Summary {
                report,
                span,
                db: &job.db,
                took: began.elapsed(),
                reached: view.reached(),
                is_demo: job.demo.is_some(),
            };
            let source = source.filter(|_| !summary.report.stopped);
            // The summary is the last line that a machine reads.
            if job.mode == Mode::Json {
                look_up(job, &user, source).await;
                return summary.tell(job.mode).await;
            }
            let exit = summary.tell(job.mode).await;
            look_up(job, &user, source).await;
            exit
        }
        Err(SyncError::NotNow { .. }) if job.stop.is_asked() => {
            let stopped = Trouble::new(Exit::NotNow, "stopped", "stopped before anything was read");
            stopped.about(&user).advice("Nothing was changed.").tell(job.mode)
        }
        Err(error) => job.trouble(error, &user).await.tell(job.mode),
    }
}

/// Whoever is asked for years. Settings that are wrong are told, and keep no play from being archived.
pub(crate) fn usual(environment: &Environment, mode: Mode) -> Option<MusicBrainz> {
    MusicBrainz::usual(environment).unwrap_or_else(|trouble| {
        if mode.is_for_people() {
            output::line(&format!("! no release years: {}", trouble.what));
        }
        None
    })
}

/// Looks up what identifiers tell of the years of new albums. Whether it can is no part of how the
/// run ended.
async fn look_up(job: &Job, user: &Username, source: Option<&MusicBrainz>) {
    let Some(source) = source.filter(|source| !source.source.is_given_up()).cloned() else {
        return;
    };
    let Ok(Some(user)) = job.db.store.user(user).await else { return };
    let Job { db, mode, stop, .. } = job;
    let (effort, span, patience) = (Effort::Identifiers, Span::EVER, Duration::ZERO);
    Lookup { db, source, effort, span, mode: *mode, stop, patience }.beside(&user).await;
}
