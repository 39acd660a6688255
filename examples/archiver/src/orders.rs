//! `jobs`: how jobs stand, and what people want of them.

use jobs::{Entry, Filter, JobEvent, Jobs, Kind, Order, Priority};
use lastfm_core::Username;
use terminal::database::Place;
use terminal::exit::{Exit, Trouble};
use terminal::output::{self, Mode};
use terminal::settings::Environment;
use terminal::show;

use crate::board::{self, Line};
use crate::cli::crew::{self, JobsCommand};
use crate::job::distinct;
use crate::worker::{self, failed};
use crate::{json, watching};

/// Entries of the history that are listed of each kind.
const LISTED: u32 = 100;

/// What all commands about jobs share.
pub(crate) struct JobsContext {
    pub(crate) jobs: Jobs,
    pub(crate) place: Place,
    pub(crate) mode: Mode,
}

pub(crate) async fn run(
    said: crew::Jobs,
    db: Option<Place>,
    mode: Mode,
    environment: &Environment,
) -> Result<Exit, Trouble> {
    let place = environment.db(db);
    let orders = matches!(said.command, Some(JobsCommand::Order { .. }));
    if let (Place::File(path), false) = (&place, orders)
        && !worker::beside(path).exists()
    {
        let program = show::program();
        let what = format!("there are no jobs for {place} yet");
        return Err(Trouble::new(Exit::Failed, "no_jobs", what)
            .advice(format!("To order one: {program} jobs order sync USER")));
    }
    let (_, jobs) = worker::open(&place).await?;
    let context = JobsContext { jobs, place, mode };
    let done = match said.command {
        None => context.list(said.user, said.live).await,
        Some(JobsCommand::Order { kind, users, year, nightly }) => {
            context.order(kind, &users, year, nightly).await
        }
        Some(JobsCommand::Watch { user }) => watching::watch(&context, user).await,
        Some(JobsCommand::History { user }) => context.history(&user).await,
        Some(JobsCommand::Cancel { kind, user, year }) => context.cancel(kind, &user, year).await,
        Some(JobsCommand::Retry { kind, user, year }) => context.retry(kind, &user, year).await,
        Some(JobsCommand::Pause { kind }) => context.pause(kind).await,
        Some(JobsCommand::Resume { kind }) => context.resume(kind).await,
    };
    done.map_err(|error| failed(&error))
}

impl JobsContext {
    async fn list(&self, user: Option<Username>, live: bool) -> Result<Exit, jobs::Error> {
        let filter = Filter { user, live, ..Filter::default() };
        let states = self.jobs.list(&filter).await?;
        if self.mode == Mode::Json {
            for state in &states {
                json::print(&Line::job(state));
            }
        } else if self.mode.is_for_people() {
            if states.is_empty() {
                output::line("no jobs");
            } else {
                board::print(&states);
            }
        }
        if states.iter().any(|state| state.status.is_live()) {
            self.tell_if_unattended().await?;
        }
        Ok(Exit::Complete)
    }

    async fn order(
        &self,
        kind: Kind,
        users: &[Username],
        year: Option<i16>,
        nightly: bool,
    ) -> Result<Exit, jobs::Error> {
        let priority = if nightly { Priority::Nightly } else { Priority::Waiting };
        for user in distinct(users) {
            let order = Order { kind, user: user.clone(), year, priority };
            let ordered = self.jobs.order(&order).await?;
            self.ordered((kind, year), &user, ordered, "ordered");
        }
        self.tell_if_unattended().await?;
        Ok(Exit::Complete)
    }

    async fn retry(
        &self,
        kind: Kind,
        user: &Username,
        year: Option<i16>,
    ) -> Result<Exit, jobs::Error> {
        let ordered = self.jobs.retry(kind, user, year).await?;
        self.ordered((kind, year), user, ordered, "ordered again");
        self.tell_if_unattended().await?;
        Ok(Exit::Complete)
    }

    fn ordered(
        &self,
        (kind, year): (Kind, Option<i16>),
        user: &Username,
        ordered: jobs::Ordered,
        words: &str,
    ) {
        let (job, new) = (ordered.job, ordered.new);
        if self.mode == Mode::Json {
            return json::print(&Line::Ordered { kind, user: user.as_str(), year, job, new });
        }
        let words = match (new, words) {
            (true, words) => words,
            (false, "ordered") => "is ordered already, and comes as soon as it can",
            (false, _) => "goes on as soon as it can",
        };
        self.say(&format!("{}: {words}", board::named(kind, user, year)));
    }

    async fn history(&self, user: &Username) -> Result<Exit, jobs::Error> {
        let mut all = Vec::new();
        for kind in Kind::ALL {
            let entries = self.jobs.history(*kind, user, LISTED).await?;
            all.extend(entries.into_iter().map(|entry| (*kind, entry)));
        }
        all.sort_by_key(|(_, entry)| std::cmp::Reverse(entry.at));
        if all.is_empty() {
            self.say(&format!("nothing has happened to jobs of {user} yet"));
        }
        let lengths = all.iter().map(|(kind, entry)| board::kind(*kind, entry.year).len());
        let width = lengths.chain([5]).max().unwrap_or_default();
        for (kind, entry) in &all {
            if self.mode == Mode::Json {
                json::print(&Line::History { kind: *kind, user: user.as_str(), entry });
            } else {
                let (at, job) = (show::stamp(entry.at), board::kind(*kind, entry.year));
                self.say(format!("{at}  {job:<width$}  {}", happened(entry)).trim_end());
            }
        }
        Ok(Exit::Complete)
    }

    async fn cancel(
        &self,
        kind: Kind,
        user: &Username,
        year: Option<i16>,
    ) -> Result<Exit, jobs::Error> {
        let state = self.jobs.cancel(kind, user, year).await?;
        if self.mode == Mode::Json {
            json::print(&Line::job(&state));
        } else if state.status.is_live() {
            let job = board::named(kind, user, year);
            self.say(&format!("{job}: its worker was told to end it"));
        } else {
            self.say(&board::line(&state));
        }
        Ok(Exit::Complete)
    }

    async fn pause(&self, kind: Option<Kind>) -> Result<Exit, jobs::Error> {
        self.jobs.pause(kind).await?;
        self.paused(kind, true, "paused: no further work begins, on any machine, until resumed");
        Ok(Exit::Complete)
    }

    async fn resume(&self, kind: Option<Kind>) -> Result<Exit, jobs::Error> {
        self.jobs.resume(kind).await?;
        self.paused(kind, false, "resumed");
        self.tell_if_unattended().await?;
        Ok(Exit::Complete)
    }

    fn paused(&self, kind: Option<Kind>, paused: bool, words: &str) {
        if self.mode == Mode::Json {
            let kinds = kind.map_or(Kind::ALL.to_vec(), |kind| vec![kind]);
            return json::print(&Line::Paused { kinds, paused });
        }
        let which = kind.map_or("all jobs".to_owned(), |kind| format!("jobs of kind {kind}"));
        self.say(&format!("{which}: {words}"));
    }

    /// Nobody is to wait in vain.
    async fn tell_if_unattended(&self) -> Result<(), jobs::Error> {
        if !self.jobs.is_attended().await? {
            self.tell_unattended();
        }
        Ok(())
    }

    pub(crate) fn tell_unattended(&self) {
        match self.mode {
            Mode::Json => json::print(&Line::Unattended),
            Mode::Quiet => {}
            Mode::Terminal | Mode::Log => {
                let (program, db) = (show::program(), show::db_option(&self.place));
                output::note(&format!(
                    "no worker is heard of, so nothing goes on until one runs: {program} worker{db}"
                ));
            }
        }
    }

    pub(crate) fn say(&self, text: &str) {
        if self.mode.is_for_people() {
            output::line(text);
        }
    }
}

fn happened(entry: &Entry) -> String {
    let what = match entry.happened {
        JobEvent::Finished => "finished",
        JobEvent::FailedOnce => "failed, tried again",
        JobEvent::Outage => "put off",
        JobEvent::Rescued => "rescued",
        JobEvent::Cancelled => "cancelled",
        JobEvent::GaveUp => "given up",
        _ => "",
    };
    if entry.words.is_empty() { what.to_owned() } else { format!("{what}: {}", entry.words) }
}
