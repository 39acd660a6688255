//! `enrich`: finds out when the albums of a history were first released.

use std::time::{Duration, Instant};

use lastfm_core::albums::ReleaseYears;
use lastfm_core::archive::{ArchivedUser, Span};
use lastfm_core::{Timestamp, Username};
use mb_enrich::{Effort, Progress, Status};
use terminal::database::{Database, Place};
use terminal::exit::{Exit, Trouble};
use terminal::musicbrainz::MusicBrainz;
use terminal::output::{self, Mode};
use terminal::settings::Environment;
use terminal::signals::Stop;
use terminal::{columns, dates, show};

use crate::cli::music;
use crate::demo::Demo;
use crate::json::{self, Line};
use crate::looking::{View, standing};
use crate::{archive, job, musicbrainz};

/// Looks up the albums of one user after the other.
pub(crate) async fn run(
    said: music::Enrich,
    db: Option<Place>,
    mode: Mode,
    environment: &Environment,
) -> Result<Exit, Trouble> {
    let span = said.period.checked()?.unwrap_or(Span::EVER);
    // Whom MusicBrainz can write to is asked for before anything else, also where nobody is archived.
    let named =
        if said.demo { None } else { Some(musicbrainz::open(&said.asking, environment).await?) };
    let (db, users) = if said.demo {
        let place = db.unwrap_or_else(|| Place::File("demo.db".into()));
        archive::must_exist(&place, "sync --demo")?;
        let db = Database::open(place).await?;
        let user = archive::user(&db, &Demo::user()).await?;
        (db, vec![user])
    } else {
        let db = archive::open_existing(environment.db(db)).await?;
        let users = users(&db, &said.users).await?;
        (db, users)
    };
    let mut stop = Stop::new();
    stop.listen(|| {}, Exit::NotNow);
    let effort = if said.quick { Effort::Identifiers } else { Effort::Names };
    let mut worst = Exit::Complete;
    for user in users {
        let source = match &named {
            Some(source) => source.clone(),
            None => musicbrainz::demo(&db, &user).await?,
        };
        let patience = said.patience;
        let lookup = Lookup { db: &db, source, effort, span, mode, stop: &stop, patience };
        let exit = lookup.run(&user).await.unwrap_or_else(|trouble| trouble.tell(mode));
        worst = worst.max(exit);
        // A source that does not answer keeps the others from being looked up, too.
        if matches!(exit, Exit::NotNow | Exit::NeedsPerson) {
            break;
        }
    }
    Ok(worst)
}

/// Everyone who is named, once; if nobody is, everyone in the archive.
pub(crate) async fn users(db: &Database, named: &[Username]) -> Result<Vec<ArchivedUser>, Trouble> {
    let mut users = Vec::with_capacity(named.len());
    for name in &job::distinct(named) {
        users.push(archive::user(db, name).await?);
    }
    if named.is_empty() {
        users = db.store.users().await?;
    }
    if users.is_empty() { Err(job::nobody(&db.place)) } else { Ok(users) }
}

/// How albums are looked up.
pub(crate) struct Lookup<'a> {
    pub(crate) db: &'a Database,
    pub(crate) source: MusicBrainz,
    pub(crate) effort: Effort,
    /// Of which plays.
    pub(crate) span: Span,
    pub(crate) mode: Mode,
    pub(crate) stop: &'a Stop,
    /// How long to go on without any answer.
    pub(crate) patience: Duration,
}

/// How far it came.
pub(crate) struct LookupReport {
    pub(crate) progress: Progress,
    pub(crate) end: LookupEnd,
}

#[derive(PartialEq, Eq)]
pub(crate) enum LookupEnd {
    Done,
    Stopped,
    /// The source cannot answer now.
    Outage,
}

impl Lookup<'_> {
    async fn run(&self, user: &ArchivedUser) -> Result<Exit, Trouble> {
        let mut view = View::new(self.mode, user.name.as_str(), self.source.spacing, self.effort);
        let looked = self.look_up(user, &mut view).await;
        view.clear();
        let looked = looked.map_err(|trouble| trouble.about(&user.name))?;
        let years = self.years(user).await?;
        match looked.end {
            LookupEnd::Outage => {
                let trouble = self.outage(user, &looked.progress);
                self.as_json(user, &looked, &years, trouble.exit);
                Err(trouble)
            }
            LookupEnd::Stopped => {
                self.as_json(user, &looked, &years, Exit::NotNow);
                if self.mode.is_for_people() {
                    let Progress { asked, due, .. } = looked.progress;
                    let (asked, due) = (show::number(asked), show::count(due, "album"));
                    output::line(&format!(
                        "■ {}: stopped; {asked} of {due} are looked up, and that is kept",
                        user.name
                    ));
                    output::line("  The same command goes on from there.");
                }
                Ok(Exit::NotNow)
            }
            LookupEnd::Done => {
                self.as_json(user, &looked, &years, Exit::Complete);
                if self.mode.is_for_people() {
                    self.in_words(user, &looked.progress, &years).await?;
                }
                Ok(Exit::Complete)
            }
        }
    }

    /// The same beside something else, told in one line if anything new was found out or if it
    /// could not be.
    pub(crate) async fn beside(&self, user: &ArchivedUser) {
        // One line in a log, not two.
        let mode = if self.mode == Mode::Log { Mode::Quiet } else { self.mode };
        let mut view = View::new(mode, user.name.as_str(), self.source.spacing, self.effort);
        let looked = self.look_up(user, &mut view).await;
        view.clear();
        let name = &user.name;
        let told = async {
            let looked = looked?;
            let years = self.years(user).await?;
            self.as_json(user, &looked, &years, Exit::Complete);
            let Progress { asked, trouble, .. } = looked.progress;
            if trouble.is_some() {
                // The next user need not wait for it, too.
                self.source.source.give_up();
            }
            Ok(match trouble {
                Some(trouble) => Some(format!("! {name}: no release years for now: {trouble}")),
                None if asked == 0 => None,
                None => Some(format!("  {name}: {}", show::share(&years))),
            })
        };
        let told: Result<_, Trouble> = told.await;
        let line = told.unwrap_or_else(|trouble| Some(format!("! {name}: {}", trouble.what)));
        if let Some(line) = line.filter(|_| self.mode.is_for_people()) {
            output::line(&line);
        }
    }

    /// Looks up what is due, and waits as long as there is patience while the source is silent.
    pub(crate) async fn look_up(
        &self,
        user: &ArchivedUser,
        view: &mut View,
    ) -> Result<LookupReport, Trouble> {
        let enricher = self.source.enricher(self.effort);
        let mut silent_since = None;
        let mut first = None;
        loop {
            let mut run = enricher.history(self.db.albums.clone(), user.id, self.span);
            let mut progress = Progress::default();
            let mut settled = 0;
            loop {
                let Some(step) = self.watch(run.next(), view).await else {
                    return Ok(LookupReport { progress, end: LookupEnd::Stopped });
                };
                let Some(step) = step? else { break };
                if step.trouble.is_none() && step.asked > 0 {
                    silent_since = None;
                }
                let before = progress.asked;
                progress = step;
                if progress.asked == 0 && progress.trouble.is_none() {
                    // What runs before this one have settled is no longer due, and does not wait for
                    // a time that is to come.
                    let waits = waiting(&progress).saturating_sub(progress.due);
                    let (due, waited) = *first.get_or_insert((progress.due, waits));
                    settled = due.saturating_sub(progress.due + waits.saturating_sub(waited));
                }
                progress.due += settled;
                progress.asked += settled;
                // Those that the source left without an answer have not been looked up.
                if progress.trouble.is_some() {
                    progress.asked = before;
                }
                view.step(&progress);
            }
            let Some(trouble) = progress.trouble.clone() else {
                return Ok(LookupReport { progress, end: LookupEnd::Done });
            };
            if self.source.source.broken().is_some() {
                return Ok(LookupReport { progress, end: LookupEnd::Outage });
            }
            let silent_since = *silent_since.get_or_insert_with(Instant::now);
            let again = progress.next_try.unwrap_or_else(dates::now);
            let wait = again.since(dates::now()) + Duration::from_secs(1);
            if silent_since.elapsed() + wait > self.patience {
                return Ok(LookupReport { progress, end: LookupEnd::Outage });
            }
            view.outage(&trouble, wait);
            if self.watch(tokio::time::sleep(wait), view).await.is_none() {
                return Ok(LookupReport { progress, end: LookupEnd::Stopped });
            }
        }
    }

    /// Waits for this, and shows that time passes; nothing if a stop is asked for.
    async fn watch<T>(&self, work: impl Future<Output = T>, view: &mut View) -> Option<T> {
        let mut work = std::pin::pin!(work);
        let mut second = tokio::time::interval(Duration::from_secs(1));
        loop {
            tokio::select! {
                biased;
                done = &mut work => return Some(done),
                () = self.stop.asked() => return None,
                _ = second.tick() => view.tick(),
            }
        }
    }

    pub(crate) async fn years(&self, user: &ArchivedUser) -> Result<ReleaseYears, Trouble> {
        Ok(ReleaseYears::of(&self.db.albums.played_albums(user.id, self.span).await?))
    }

    async fn in_words(
        &self,
        user: &ArchivedUser,
        progress: &Progress,
        years: &ReleaseYears,
    ) -> Result<(), Trouble> {
        let name = &user.name;
        let what = match progress.asked {
            0 => "nothing to look up".to_owned(),
            asked => format!("{} looked up", show::count(asked, "album")),
        };
        output::line(&format!("✓ {name}: {what} · {}", show::share(years)));
        let width = columns::width().saturating_sub(2);
        for line in columns::lines(&standing(&progress.standing), width) {
            output::line(&format!("  {line}"));
        }
        let (program, db) = (show::program(), self.db.place.option());
        if waiting(progress) > 0 && self.effort == Effort::Identifiers {
            output::line(&format!("  by their names: {program} enrich {name}{db}"));
        } else if let Some(at) = self.next_try(user).await? {
            output::line(&format!("  the rest is asked for again from {} on", show::minute(at)));
        }
        output::line(&format!("  next: {program} decades {name}{db}"));
        Ok(())
    }

    /// When the first of those that wait for an answer is to be asked for again.
    async fn next_try(&self, user: &ArchivedUser) -> Result<Option<Timestamp>, Trouble> {
        let played = self.db.albums.played_albums(user.id, self.span).await?.albums;
        let waiting = played.iter().filter(|album| album.status == Status::Pending);
        let ids: Vec<_> = waiting.map(|album| album.id).collect();
        let mut first = None;
        for ids in ids.chunks(1_000) {
            let albums = self.db.albums.albums(ids).await?;
            let tries = albums.iter().filter_map(|album| album.outcome.as_ref()?.next_try);
            first = first.into_iter().chain(tries).min();
        }
        Ok(first)
    }

    fn outage(&self, user: &ArchivedUser, progress: &Progress) -> Trouble {
        if let Some(what) = self.source.source.broken() {
            let trouble = Trouble::new(Exit::NeedsPerson, "refused", what).about(&user.name);
            return trouble
                .advice("What was found is kept; asking again does not help before something is")
                .advice("changed. Does MUSICBRAINZ_CONTACT tell whom to write to, and does a newer")
                .advice("version of this program get answers?");
        }
        let what = progress.trouble.as_deref().unwrap_or("there is no answer");
        let trouble = Trouble::new(Exit::NotNow, "not_now", format!("gave up for now: {what}"));
        let waiting = waiting(progress);
        let verb = if waiting == 1 { "waits" } else { "wait" };
        let again = progress
            .next_try
            .map_or_else(String::new, |at| format!(" from {} on", show::minute(at)));
        trouble
            .about(&user.name)
            .advice(format!(
                "What was found is kept; {} {verb}, to be asked for again{again}.",
                show::count(waiting, "album")
            ))
            .advice("The same command goes on from there.")
    }

    fn as_json(
        &self,
        user: &ArchivedUser,
        looked: &LookupReport,
        years: &ReleaseYears,
        exit: Exit,
    ) {
        if self.mode == Mode::Json {
            json::print(&Line::Enriched {
                user: user.name.as_str(),
                due: looked.progress.due,
                asked: looked.progress.asked,
                standing: (&looked.progress.standing).into(),
                plays: years.plays,
                dated_plays: years.dated().plays,
                stopped: looked.end == LookupEnd::Stopped,
                next_try_at: looked.progress.next_try.map(Timestamp::as_unix),
                exit_code: exit.code(),
            });
        }
    }
}

/// Albums without an answer.
fn waiting(progress: &Progress) -> u64 {
    progress.standing.get(&Status::Pending).copied().unwrap_or_default()
}
