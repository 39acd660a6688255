//! What all runs of one command share: the database, the client, the rate, and the wish to stop.

use std::time::Duration;

use futures_util::{Stream, StreamExt};
use lastfm_core::archive::{
    ArchivedUser, Archiver, Claim, Progress, Report, Span, SyncError, WorkerId,
};
use lastfm_core::{Client, Credentials, ErrorClass, Username};
use terminal::database::{Database, Place};
use terminal::exit::{Exit, Trouble};
use terminal::output::Mode;
use terminal::settings::{self, Environment};
use terminal::signals::Stop;
use terminal::{process, show, trouble};
use url::Url;

use crate::cli;
use crate::demo::Demo;
use crate::progress::{Plan, View};
use crate::signing::Signing;

/// After one user's run gave up, the next one gets this long: the service is most likely down.
const PATIENCE_IN_AN_OUTAGE: Duration = Duration::from_secs(60);
/// How long a place is taken to see whether it can be: the run that follows keeps it.
const ASKING: Duration = Duration::from_secs(1);

pub(crate) struct Job {
    pub(crate) client: Client,
    archiver: Archiver,
    signing: Signing,
    worker: WorkerId,
    patience: Duration,
    pub(crate) db: Database,
    pub(crate) mode: Mode,
    pub(crate) plan: Plan,
    /// Whether the service is Last.fm itself.
    pub(crate) is_real: bool,
    pub(crate) stop: Stop,
    /// Serves a made-up listener as long as the job lasts.
    pub(crate) demo: Option<Demo>,
}

impl Job {
    /// Opens the archives and sets everything up to ask Last.fm; `at_once` is how a second signal
    /// ends the process.
    pub(crate) async fn open(
        reading: &cli::Reading,
        place: Place,
        mode: Mode,
        environment: &Environment,
        at_once: Exit,
    ) -> Result<Self, Trouble> {
        let credentials = environment.credentials()?;
        let service = environment.service()?;
        let rate = Some(environment.rate(reading.rate, service.as_ref())?);
        let signing = Signing::new(environment, service.as_ref(), mode)?;
        let db = Database::open(place).await?;
        let settings = ServiceSettings { credentials, service, rate, signing, demo: None };
        Self::begin(settings, db, reading, mode, at_once)
    }

    /// The same with a made-up listener, as fast as it goes unless a rate is asked for.
    pub(crate) async fn demo(
        reading: &cli::Reading,
        place: Place,
        mode: Mode,
        environment: &Environment,
        at_once: Exit,
    ) -> Result<Self, Trouble> {
        let db = Database::open(place).await?;
        let demo = Demo::start(&*db.store).await?;
        let url = demo.url();
        let rate = match reading.rate {
            Some(_) => Some(environment.rate(reading.rate, Some(&url))?),
            None => None,
        };
        let (credentials, signing) = (Demo::credentials(), Signing::none(mode));
        let settings =
            ServiceSettings { credentials, service: Some(url), rate, signing, demo: Some(demo) };
        Self::begin(settings, db, reading, mode, at_once)
    }

    fn begin(
        settings: ServiceSettings,
        db: Database,
        reading: &cli::Reading,
        mode: Mode,
        at_once: Exit,
    ) -> Result<Self, Trouble> {
        let ServiceSettings { credentials, service, rate, signing, demo } = settings;
        let is_real = service.is_none();
        let pacer = rate.map(|rate| db.pacer(service.as_ref(), rate));
        let mut stop = Stop::new();
        let client = settings::client(credentials, service, pacer, &stop)?;
        let (worker, patience) = (process::this(), reading.patience);
        let archiver = Archiver::new(client.clone(), db.store.clone(), worker.clone())
            .with_page_size(reading.page_size);
        let running = archiver.clone();
        stop.listen(move || running.stop(), at_once);
        let plan = Plan { page_size: reading.page_size, rate };
        Ok(Self {
            client,
            archiver,
            signing,
            worker,
            patience,
            db,
            mode,
            plan,
            is_real,
            stop,
            demo,
        })
    }

    /// The archiver that reads in the name of this user, if there is a session, with less patience
    /// while the service is likely to be down.
    pub(crate) fn archiver(&self, user: &Username, is_outage: bool) -> Archiver {
        let patience =
            if is_outage { self.patience.min(PATIENCE_IN_AN_OUTAGE) } else { self.patience };
        let archiver = self.archiver.clone().with_patience(patience);
        match self.signing.session_of(user) {
            Some(session) => archiver.with_session(session),
            None => archiver,
        }
    }

    /// Ends all runs after the page in flight.
    pub(crate) fn end_runs(&self) {
        self.archiver.stop();
    }

    /// Whether a run about this user can go on in nobody's name, because Last.fm no longer accepts
    /// the session that is kept: what to say of it then.
    pub(crate) fn without_session(&self, error: &SyncError, user: &Username) -> Option<String> {
        let SyncError::Refused { source, .. } = error else { return None };
        let is_over = source.class() == ErrorClass::SessionExpired;
        (is_over && self.signing.give_up(user)).then(|| {
            let program = show::program();
            format!(
                "note: Last.fm no longer accepts the session of {user} (error 9): only what is \
                 public is read. To log in again: {program} login; to forget it: {program} logout \
                 {user}"
            )
        })
    }

    /// Why a run about this user could not go on.
    pub(crate) async fn trouble(&self, error: SyncError, user: &Username) -> Trouble {
        // An archive that has just failed is not asked again: a database may keep one waiting.
        let is_asked = !matches!(error, SyncError::Store { .. });
        let held = if is_asked { self.held(user).await } else { 0 };
        let is_unknown = matches!(error, SyncError::UnknownUser { .. });
        let trouble = trouble::of_run(error, user, held, self.signing.is_set);
        if is_unknown && held > 0 {
            let (program, db) = (show::program(), self.db.place.option());
            return trouble.advice(format!("If {user} was renamed: {program} sync NEW-NAME{db}"));
        }
        trouble
    }

    /// Whether such a trouble is everybody's. The settings are read at the start: as long as the
    /// process runs, they stay wrong.
    pub(crate) fn is_everybodys(&self, trouble: &Trouble) -> bool {
        match trouble.code {
            "invalid_key" | "suspended_key" | "invalid_secret" => true,
            "invalid_session" => self.signing.is_set,
            _ => false,
        }
    }

    /// Everyone who is named, once; if nobody is, everyone in the file.
    pub(crate) async fn users(&self, named: &[Username]) -> Result<Vec<Username>, Trouble> {
        if !named.is_empty() {
            return Ok(distinct(named));
        }
        let users: Vec<_> =
            self.db.store.users().await?.into_iter().map(|user| user.name).collect();
        if users.is_empty() { Err(nobody(&self.db.place)) } else { Ok(users) }
    }

    /// Shows a run of this user while it works. If the session that is kept of the user is not
    /// accepted, it is begun once more in nobody's name.
    pub(crate) async fn follow<R>(
        &self,
        user: &Username,
        archiver: &Archiver,
        begin: impl Fn(&Archiver) -> R,
        view: &mut View,
    ) -> Result<Report, SyncError>
    where
        R: Stream<Item = Result<Progress, SyncError>> + Unpin,
    {
        let ended = self.follow_one(user, begin(archiver), view).await;
        let Err(error) = &ended else { return ended };
        let Some(note) = self.without_session(error, user) else { return ended };
        view.note_at_start("session_refused", note);
        match self.follow_one(user, begin(&self.archiver(user, false)), view).await {
            // Only the session shows it.
            Err(SyncError::Hidden { .. }) => ended,
            again => again,
        }
    }

    async fn follow_one(
        &self,
        user: &Username,
        mut run: impl Stream<Item = Result<Progress, SyncError>> + Unpin,
        view: &mut View,
    ) -> Result<Report, SyncError> {
        self.look_for_the_dead(user).await;
        let others = self.others(user).await;
        let mut waits_for = None;
        let mut second = tokio::time::interval(Duration::from_secs(1));
        loop {
            tokio::select! {
                step = run.next() => match step {
                    Some(Ok(Progress::Finished(report))) => return Ok(report),
                    Some(Ok(step)) => {
                        if let Progress::Started { user: name, .. } = &step
                            && let Some(before) = self.renamed(&others, name).await
                        {
                            let what = format!("{before} is now {name}: the archive goes on");
                            view.note_at_start("renamed", what);
                        }
                        waits_for = match &step {
                            Progress::Waiting { by, .. } => Some(by.clone()),
                            _ => None,
                        };
                        view.step(&step);
                    }
                    Some(Err(error)) => return Err(error),
                    None => unreachable!("a run ends with a report or an error"),
                },
                _ = second.tick() => {
                    if self.stop.is_asked() {
                        view.stopping();
                    }
                    if let Some(worker) = &waits_for {
                        self.take_over_from(worker, user).await;
                    }
                    view.tick();
                }
            }
        }
    }

    /// Does something about one user after the other; how the worst of them ended.
    pub(crate) async fn each(
        &self,
        users: Vec<Username>,
        act: impl AsyncFn(Archiver, Username) -> Exit,
    ) -> Exit {
        let mut worst = Exit::Complete;
        let mut is_outage = false;
        for user in users {
            let exit = act(self.archiver(&user, is_outage), user).await;
            worst = worst.max(exit);
            if self.stop.is_asked() {
                break;
            }
            is_outage = exit == Exit::NotNow;
        }
        worst
    }

    /// Whoever was killed while at work on the user is not waited for.
    async fn look_for_the_dead(&self, user: &Username) {
        let Ok(Some(archived)) = self.db.store.user(user).await else { return };
        // If the place is free, the run takes it anyway. If this fails, the run says why.
        let claim = self.db.store.claim(archived.id, &self.worker, ASKING).await;
        if let Ok(Claim::Taken { by, .. }) = claim {
            self.take_over_from(&by, user).await;
        }
    }

    /// Gives the place of a worker back in its name, if it is dead: its lease would hold it for
    /// another minute.
    async fn take_over_from(&self, worker: &WorkerId, user: &Username) {
        if process::is_dead(worker)
            && let Ok(Some(user)) = self.db.store.user(user).await
        {
            // If this fails, the lease still passes.
            let _ = self.db.store.release(user.id, worker).await;
        }
    }

    /// Everybody in the archive, if this user is not: it may be one of them under another name.
    async fn others(&self, user: &Username) -> Vec<ArchivedUser> {
        match self.db.store.user(user).await {
            Ok(None) => self.db.store.users().await.unwrap_or_default(),
            _ => Vec::new(),
        }
    }

    /// The name that this user had among these before.
    async fn renamed(&self, before: &[ArchivedUser], user: &Username) -> Option<Username> {
        if before.is_empty() {
            return None;
        }
        let user = self.db.store.user(user).await.ok()??;
        let same = before.iter().find(|one| one.id == user.id);
        same.map(|one| one.name.clone())
    }

    /// Plays of this user that are archived.
    async fn held(&self, user: &Username) -> u64 {
        match self.db.store.user(user).await {
            Ok(Some(user)) => {
                self.db.store.count(user.id, Span::EVER).await.map_or(0, |count| count.plays)
            }
            _ => 0,
        }
    }
}

/// Whom to ask, and how.
struct ServiceSettings {
    credentials: Credentials,
    service: Option<Url>,
    /// Requests a second.
    rate: Option<f64>,
    signing: Signing,
    demo: Option<Demo>,
}

/// Nobody can be meant if nobody is named and there is no file.
pub(crate) fn somebody(named: &[Username], place: &Place) -> Result<(), Trouble> {
    if named.is_empty() && !place.exists() { Err(nobody(place)) } else { Ok(()) }
}

/// Every user once, in the order in which they were named.
pub(crate) fn distinct(users: &[Username]) -> Vec<Username> {
    let mut seen = Vec::with_capacity(users.len());
    for user in users {
        if !seen.contains(user) {
            seen.push(user.clone());
        }
    }
    seen
}

pub(crate) fn nobody(place: &Place) -> Trouble {
    let what = format!("whose history? Nobody is archived in {place} yet");
    Trouble::new(Exit::NeedsPerson, "no_user", what)
        .advice(format!("Nothing was changed. To begin: {} sync USER", show::program()))
}
