//! `move`: copies archives from one place to another, byte for byte, and compares both. Nothing is
//! deleted.

use std::time::{Duration, Instant};

use lastfm_core::Username;
use lastfm_core::albums::copy_albums;
use lastfm_core::archive::{Copied, CopyError, Copying, Side, WorkerId, copy_user};
use terminal::database::{Database, Place};
use terminal::exit::{Exit, Trouble};
use terminal::output::{self, Mode};
use terminal::settings::Environment;
use terminal::signals::Stop;
use terminal::waiting::Waiting;
use terminal::{process, show};

use crate::json::{self, Line};
use crate::{archive, cli, job};

/// How often a log gets a line.
const LOG_EVERY: Duration = Duration::from_secs(60);
/// How soon to look again whether somebody else is done.
const NAP: Duration = Duration::from_secs(1);

/// Copies one user after the other, and says how that went.
pub(crate) async fn run(
    said: cli::Move,
    db: Option<Place>,
    mode: Mode,
    environment: &Environment,
) -> Result<Exit, Trouble> {
    let from = said.from.unwrap_or_else(|| environment.db(db));
    let is_one = from == said.to
        || from.identity().is_some_and(|identity| said.to.identity() == Some(identity));
    if is_one {
        return Err(same_place(&from));
    }
    let from = archive::open_existing(from).await?;
    let mut users = Vec::with_capacity(said.users.len());
    for name in &job::distinct(&said.users) {
        users.push(archive::user(&from, name).await?.name);
    }
    if said.users.is_empty() {
        users.extend(from.store.users().await?.into_iter().map(|user| user.name));
    }
    if users.is_empty() {
        return Err(job::nobody(&from.place));
    }
    let to = Database::open(said.to).await?;
    let mut stop = Stop::new();
    stop.listen(|| {}, Exit::NotNow);
    let mover = Mover { from, to, me: process::this(), mode, stop };
    let mut worst = Exit::Complete;
    for user in users {
        worst = worst.max(mover.one(&user).await);
        if mover.stop.is_asked() {
            break;
        }
    }
    Ok(worst)
}

fn same_place(place: &Place) -> Trouble {
    let what = format!("{place} is where it is already");
    Trouble::new(Exit::Failed, "same_place", what).advice("Nothing was changed.")
}

struct Mover {
    from: Database,
    to: Database,
    me: WorkerId,
    mode: Mode,
    stop: Stop,
}

impl Mover {
    async fn one(&self, user: &Username) -> Exit {
        let began = Instant::now();
        let mut view = View::new(self.mode, user);
        let outcome = tokio::select! {
            outcome = async {
                let copied = self.copy(user, &mut view).await;
                let copied = copied.map_err(|error| self.trouble(error, user))?;
                self.albums(user).await.map(|albums| (copied, albums))
            } => Some(outcome),
            () = self.stop.asked() => None,
        };
        drop(view);
        match outcome {
            Some(Ok((copied, albums))) => self.tell(user, copied, albums, began.elapsed()),
            Some(Err(trouble)) => trouble.tell(self.mode),
            None => {
                // The places are given back: the same command need not wait for the leases.
                for Database { store, .. } in [&self.from, &self.to] {
                    if let Ok(Some(user)) = store.user(user).await {
                        let _ = store.release(user.id, &self.me).await;
                    }
                }
                let stopped = Trouble::new(Exit::NotNow, "stopped", format!("{user}: stopped"));
                stopped.about(user).advice("The same command goes on from there.").tell(self.mode)
            }
        }
    }

    /// Waits for whoever is at work on the user, then copies.
    async fn copy(&self, user: &Username, view: &mut View<'_>) -> Result<Copied, CopyError> {
        let (from, to) = (&*self.from.store, &*self.to.store);
        let mut waits_for = None;
        loop {
            let copied = copy_user(from, to, user, &self.me, &mut |step| view.step(step)).await;
            let Err(CopyError::AtWork { side, by, .. }) = copied else { return copied };
            let store = if side == Side::From { from } else { to };
            if process::is_dead(&by)
                && let Ok(Some(user)) = store.user(user).await
                && store.release(user.id, &by).await.is_ok()
            {
                continue;
            }
            if waits_for.as_ref() != Some(&by) {
                view.waiting(&by);
            }
            waits_for = Some(by);
            tokio::time::sleep(NAP).await;
        }
    }

    /// Copies what is known of the user's albums, whose plays are there; how many are known.
    async fn albums(&self, name: &Username) -> Result<u64, Trouble> {
        let [ours, theirs] = [&self.from, &self.to];
        let user = archive::user(ours, name).await?.id;
        let copy = archive::user(theirs, name).await?.id;
        let copied = copy_albums((&*ours.albums, user), (&*theirs.albums, copy)).await;
        copied.map_err(|error| Trouble::from(error).about(name))
    }

    fn tell(&self, user: &Username, copied: Copied, albums: u64, took: Duration) -> Exit {
        let (from, to, exit) = (&self.from.place, &self.to.place, Exit::Complete);
        match self.mode {
            Mode::Json => json::print(&Line::Moved {
                user: user.as_str(),
                held: copied.plays,
                in_doubt: copied.doubted,
                removed: copied.removed,
                edited: copied.edited,
                written: copied.written,
                was_there: copied.was_there,
                albums,
                seconds: took.as_secs_f64(),
                from: &from.to_string(),
                to: &to.to_string(),
                exit_code: exit.code(),
            }),
            Mode::Quiet => {}
            Mode::Terminal | Mode::Log => {
                let mut what = show::count(copied.plays, "play");
                let gone = copied.removed + copied.edited;
                if gone > 0 {
                    let gone = show::count(gone, "play");
                    what = format!("{what}, and {gone} that Last.fm no longer has");
                }
                if albums > 0 {
                    let known = show::count(albums, "album");
                    what = format!("{what}, what is known of {known}");
                }
                let done = if copied.was_there { "was there already" } else { "copied" };
                output::line(&format!(
                    "✓ {user}: {done} · {what}, in {to}; it holds the same as {from}"
                ));
            }
        }
        exit
    }

    /// Why a copy could not be made, in words for a person.
    fn trouble(&self, error: CopyError, user: &Username) -> Trouble {
        let (from, to) = (&self.from.place, &self.to.place);
        let forget = format!("{} forget {user}{}", show::program(), to.option());
        let trouble = match error {
            CopyError::Occupied { .. } => {
                let what = format!("{to} has an archive of {user} already, and not the same one");
                Trouble::new(Exit::NeedsPerson, "archive_there", what).advice(format!(
                    "Nothing was changed. To copy in its place, forget it first: {forget}"
                ))
            }
            CopyError::AnotherAccount { .. } => {
                let what = format!("{to} has another account of the name {user}");
                Trouble::new(Exit::NeedsPerson, "another_account", what).advice(format!(
                    "Nothing was changed. To copy in its place, forget it first: {forget}"
                ))
            }
            CopyError::Differs { count, .. } => {
                let differ = show::count(count, "difference");
                let what = format!("{user}: {differ} between {from} and {to} after the copy");
                Trouble::new(Exit::Failed, "differs", what).advice(format!(
                    "Somebody changed one of them meanwhile, or the copy of another archive was \
                     begun there. {from} was not changed. To begin anew: {forget}"
                ))
            }
            CopyError::HalfCopy { .. } => {
                let what = format!("{from} holds of {user} a copy that is not finished");
                Trouble::new(Exit::NeedsPerson, "half_copy", what)
                    .advice("Nothing was changed. Finish it first, from where it was copied.")
            }
            CopyError::SamePlace { .. } => same_place(from),
            CopyError::Store { side, source, .. } => {
                let place = if side == Side::From { from } else { to };
                let trouble = Trouble::from(source);
                let what = format!("{place}: {}", trouble.what);
                Trouble { what, ..trouble }
            }
            error => Trouble::new(Exit::Failed, "not_copied", error.to_string()),
        };
        trouble.about(user)
    }
}

/// Shows one user's copy while it works.
struct View<'a> {
    mode: Mode,
    user: &'a Username,
    line: Waiting,
    last_log: Instant,
}

impl<'a> View<'a> {
    fn new(mode: Mode, user: &'a Username) -> Self {
        Self { mode, user, line: Waiting::new(mode), last_log: Instant::now() }
    }

    fn step(&mut self, step: Copying) {
        let (done, total, is_comparing) = match step {
            Copying::Plays { done, total, .. } => (done, total, false),
            Copying::Comparing { done, total, .. } => (done, total, true),
            // Steps to come are no news yet.
            _ => return,
        };
        let doing = if is_comparing { "compared" } else { "copied" };
        let (far, all) = (show::number(done), show::count(total, "play"));
        let words = format!("{}: {far} of {all} {doing}", self.user);
        match self.mode {
            Mode::Terminal => self.line.say(words),
            Mode::Log if self.last_log.elapsed() >= LOG_EVERY => {
                self.last_log = Instant::now();
                output::note(&words);
            }
            Mode::Json => {
                let user = self.user.as_str();
                json::print(&Line::Copying { user, done, total, comparing: is_comparing });
            }
            Mode::Log | Mode::Quiet => {}
        }
    }

    fn waiting(&mut self, by: &WorkerId) {
        let words = format!(
            "{} is at work on {}; waiting for it (a minute at most, should it be dead)",
            process::in_words(by),
            self.user
        );
        match self.mode {
            Mode::Terminal => self.line.say(words),
            Mode::Log => output::note(&words),
            Mode::Json => json::print(&Line::Waiting { user: self.user.as_str(), by: &by.0 }),
            Mode::Quiet => {}
        }
    }
}
