//! What all commands work with: the queue, who scrobbles, and the sender.

use std::cell::{Cell, RefCell};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::tz::TimeZone;
use lastfm_core::archive::StoreResult;
use lastfm_core::methods::user::GetInfo;
use lastfm_core::scrobble::{Account, Hold, HoldReason, ScrobbleQueue, Sender};
use lastfm_core::{Client, Service, SessionKey, Timestamp, Username};

use lastfm_sqlite::{SqliteQueue, SqliteStore};
use terminal::database::Place;
use terminal::exit::{Exit, Trouble};
use terminal::output::Mode;
use terminal::sessions::{Session, Sessions};
use terminal::settings::{self, Environment};
use terminal::signals::Stop;
use terminal::trouble::{self, OnBehalfOf};
use terminal::{dates, file, moments, show};

use crate::ask;
use crate::cli::Common;
use crate::demo::Demo;

/// A queue and whose it is.
pub(crate) struct AccountQueue {
    pub(crate) queue: Arc<dyn ScrobbleQueue>,
    pub(crate) account: Account,
    pub(crate) mode: Mode,
    pub(crate) zone: TimeZone,
    pub(crate) path: PathBuf,
}

/// The same with all that it takes to send.
pub(crate) struct SendContext {
    pub(crate) mine: AccountQueue,
    pub(crate) client: Client,
    pub(crate) sender: Sender,
    pub(crate) stop: Stop,
    /// The same file, for what is loved and for the rate.
    pub(crate) store: Arc<SqliteStore>,
    /// Where logins are kept, unless the environment says one.
    sessions: Option<Sessions>,
    /// The session that is sent with.
    in_use: RefCell<SessionKey>,
    /// Whether it was told that logins cannot be looked for.
    has_told: Cell<bool>,
    pub(crate) demo: Option<Demo>,
}

impl AccountQueue {
    /// The queue in the file, if there is one: looking makes no files. `None` if nothing can be
    /// queued in it.
    pub(crate) async fn look(
        common: &Common,
        mode: Mode,
        environment: &Environment,
    ) -> Result<Option<Self>, Trouble> {
        if common.demo {
            return Ok(None);
        }
        let path = environment.db(common.db.clone().map(Place::from)).into_file()?;
        if !path.exists() {
            return Ok(None);
        }
        let url = environment.service()?;
        let sessions = environment.sessions(url.as_ref());
        let service = url.map_or_else(Service::last_fm, Service::from);
        let queue: Arc<dyn ScrobbleQueue> = Arc::new(open(&path).await?);
        let mut accounts = queue.accounts().await?;
        accounts.retain(|account| *account.service == *service.api().as_str());
        let user = match (&common.user, &accounts[..]) {
            (Some(user), _) => user.clone(),
            (None, []) => return Ok(None),
            (None, [account]) => account.user.clone(),
            (None, accounts) => {
                let kept = sessions.all()?;
                let users = accounts.iter().map(|account| account.user.clone());
                let mut users: Vec<_> = users.collect();
                if let [session] = &kept[..] {
                    users.retain(|user| *user == session.user);
                }
                one_of(users)?
            }
        };
        let account = Account::new(&service, user);
        Ok(Some(Self { queue, account, mode, zone: zone(common), path }))
    }

    /// Why nothing is sent at this moment, if that is so.
    pub(crate) async fn hold(&self, now: Timestamp) -> StoreResult<Option<Hold>> {
        Ok(self.queue.held(&self.account).await?.filter(|hold| hold.is_in_force(now)))
    }

    /// A moment on the clocks of the person.
    pub(crate) fn shown(&self, at: Timestamp) -> String {
        moments::shown(at, dates::now(), &self.zone)
    }
}

impl SendContext {
    /// Opens the queue of who has logged in.
    pub(crate) async fn open(
        common: Common,
        mode: Mode,
        environment: &Environment,
    ) -> Result<Self, Trouble> {
        let demo = if common.demo { Some(Demo::start().await?) } else { None };
        let (credentials, url, path) = if let Some(demo) = &demo {
            let path = common.db.clone().unwrap_or_else(|| demo.folder.path().join("queue.db"));
            (Demo::credentials(), Some(demo.server.url()), path)
        } else {
            let path = environment.db(common.db.clone().map(Place::from)).into_file()?;
            (environment.signing_credentials()?, environment.service()?, path)
        };
        let rate = match demo {
            Some(_) => None,
            None => Some(environment.rate(None, url.as_ref())?),
        };
        // Before anything is made; only whose session the environment has may take Last.fm to say.
        let (sessions, session, user) = match (&demo, environment.session()) {
            (Some(_), _) => (None, Demo::session(), Some(Demo::user())),
            (None, Some(session)) => (None, session, common.user.clone()),
            (None, None) => {
                let sessions = environment.sessions(url.as_ref());
                let kept = kept(&sessions, common.user.as_ref())?;
                (Some(sessions), kept.key, Some(kept.user))
            }
        };
        let mut stop = Stop::new();
        stop.listen(|| {}, Exit::NotNow);
        let store = Arc::new(file::open(&path).await?);
        let pacer = rate.map(|rate| settings::pacer(&store, url.as_ref(), rate));
        let client = settings::client(credentials, url, pacer, &stop)?;
        let client = client.with_session(session.clone());
        let user = match user {
            Some(user) => user,
            None => owner(&client).await?,
        };
        let queue: Arc<dyn ScrobbleQueue> = Arc::new(open(&path).await?);
        let sender = Sender::new(client.clone(), Arc::clone(&queue), user);
        let account = sender.account().clone();
        // Another process may have had other keys: these are tried once.
        queue.lift(&account, HoldReason::App).await?;
        queue.lift(&account, HoldReason::Login).await?;
        let zone = zone(&common);
        let mine = AccountQueue { queue, account, mode, zone, path };
        let (in_use, has_told) = (RefCell::new(session), Cell::new(false));
        Ok(Self { mine, client, sender, stop, store, sessions, in_use, has_told, demo })
    }

    /// One with a made-up Last.fm.
    #[cfg(test)]
    pub(crate) async fn demo() -> Self {
        let common =
            Common { db: None, user: None, zone: None, demo: true, json: false, quiet: true };
        Self::open(common, Mode::Quiet, &Environment::read().unwrap()).await.unwrap()
    }

    pub(crate) fn user(&self) -> &Username {
        &self.mine.account.user
    }

    /// What comes of this, unless a stop is asked for before.
    pub(crate) async fn unless_stopped<T>(
        &self,
        act: impl Future<Output = T>,
    ) -> Result<T, Trouble> {
        tokio::select! {
            done = act => Ok(done),
            () = self.stop.asked() => Err(ask::stopped_before()),
        }
    }

    pub(crate) fn mode(&self) -> Mode {
        self.mine.mode
    }

    /// Sends again if somebody has logged in, in another program, since that was needed. That the
    /// queue cannot be read is told once, and is tried again the next time.
    pub(crate) async fn look_for_a_login(&self) {
        match self.take_up_a_login().await {
            Ok(()) => self.has_told.set(false),
            Err(trouble) if !self.has_told.replace(true) => {
                trouble.tell(self.mode());
            }
            Err(_) => {}
        }
    }

    async fn take_up_a_login(&self) -> Result<(), Trouble> {
        // The session of the environment stays the same.
        let Some(sessions) = &self.sessions else { return Ok(()) };
        let hold = self.mine.hold(dates::now()).await?;
        if hold.is_none_or(|hold| hold.reason != HoldReason::Login) {
            return Ok(());
        }
        let Some(session) = sessions.of(self.user()).ok().flatten() else { return Ok(()) };
        // The one in use was tried. Moments say nothing here: they are of several clocks.
        if session.key.expose() != self.in_use.borrow().expose() {
            self.sender.logged_in(session.key.clone()).await?;
            self.in_use.replace(session.key);
        }
        Ok(())
    }
}

async fn open(path: &Path) -> Result<SqliteQueue, Trouble> {
    SqliteQueue::open(path).await.map_err(|error| file::not_opened(path, &error))
}

fn zone(common: &Common) -> TimeZone {
    common.zone.clone().unwrap_or_else(TimeZone::system)
}

/// The login that is kept, of this user or of the only one.
fn kept(sessions: &Sessions, user: Option<&Username>) -> Result<Session, Trouble> {
    let mut found = sessions.named(user)?;
    if found.len() > 1 {
        one_of(found.iter().map(|session| session.user.clone()).collect())?;
    }
    Ok(found.remove(0))
}

/// Whose the session in the environment is.
async fn owner(client: &Client) -> Result<Username, Trouble> {
    let profile = client.call(&GetInfo::session()).await;
    let profile = profile.map_err(|error| {
        let trouble = trouble::of_call(error, "Nothing was queued.", OnBehalfOf::Set);
        trouble.advice("With --user USER plays are queued without asking whose session it is.")
    })?;
    Ok(profile.name)
}

/// The only user, if there is only one.
fn one_of(mut users: Vec<Username>) -> Result<Username, Trouble> {
    if users.len() == 1 {
        return Ok(users.remove(0));
    }
    let names: Vec<_> = users.iter().map(Username::as_str).collect();
    let what = format!("whose plays? There are {}", names.join(", "));
    Err(Trouble::new(Exit::NeedsPerson, "no_user", what)
        .advice(format!("Nothing was changed. Say it: {} … --user USER", show::program())))
}

#[cfg(test)]
mod tests {
    use lastfm_core::archive::StoreErrorKind;
    use lastfm_core::testing::{FailingQueue, Failure};

    use super::*;

    /// What sends, whose logins are kept in a file, and its queue, held for a login since so many
    /// seconds.
    async fn held(since: i64) -> (SendContext, Sessions, Arc<FailingQueue>) {
        let mut context = SendContext::demo().await;
        let path =
            context.demo.as_ref().unwrap().folder.path().join("logins").join("sessions.json");
        let sessions = Sessions::new(Some(path), "ws.audioscrobbler.com");
        context.sessions = Some(sessions.clone());
        let queue = Arc::new(FailingQueue::new(Arc::clone(&context.mine.queue)));
        context.mine.queue = queue.clone();
        let since = dates::now().plus(since);
        let hold = Hold { reason: HoldReason::Login, until: None, since, words: String::new() };
        queue.hold(&context.mine.account, hold).await.unwrap();
        (context, sessions, queue)
    }

    async fn is_held(context: &SendContext) -> bool {
        context.mine.hold(dates::now()).await.unwrap().is_some()
    }

    fn keep(sessions: &Sessions, key: &SessionKey, since: i64) {
        let since = dates::now().plus(since);
        sessions.keep(Demo::user(), key.clone(), since).unwrap();
    }

    #[tokio::test]
    async fn a_login_is_taken_up_by_its_key_whatever_the_clocks_say() {
        for (hold, login) in [(0, -3600), (0, 3600), (3600, 0), (0, 0)] {
            let (context, sessions, _) = held(hold).await;
            context.look_for_a_login().await;
            assert!(is_held(&context).await, "nobody has logged in");
            keep(&sessions, &Demo::session(), login);
            context.look_for_a_login().await;
            assert!(is_held(&context).await, "that one was refused");
            keep(&sessions, &SessionKey::new("another").unwrap(), login);
            context.look_for_a_login().await;
            assert!(!is_held(&context).await, "{hold} {login}");
        }
    }

    #[tokio::test]
    async fn a_queue_that_fails_for_a_moment_ends_nothing() {
        for method in ["held", "lift"] {
            let (mut context, sessions, queue) = held(0).await;
            let account = context.mine.account.clone();
            context.sender = Sender::new(context.client.clone(), queue.clone(), account.user);
            keep(&sessions, &SessionKey::new("another").unwrap(), 0);
            queue.fail_next(2, Failure::before(StoreErrorKind::Busy).of(method));
            for _ in 0..2 {
                context.look_for_a_login().await;
            }
            assert_eq!(queue.failed_count(), 2);
            assert!(is_held(&context).await);
            context.look_for_a_login().await;
            assert!(!is_held(&context).await, "{method}");
        }
    }
}
