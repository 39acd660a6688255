//! What can be said on the command line.
#![allow(clippy::doc_markdown)] // These docs are the help that is printed: no markup in it.

#[cfg(feature = "jobs")]
pub(crate) mod crew;
pub(crate) mod music;

use std::time::Duration;

use clap::builder::{PathBufValueParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use lastfm_core::Username;
use lastfm_core::archive::Span;
use terminal::database::Place;
use terminal::dates::{named_period, named_span, named_time, named_year};
use terminal::exit::{Exit, Trouble};

/// Keeps a complete copy of Last.fm listening histories in one SQLite file, or in PostgreSQL.
#[derive(Debug, Parser)]
#[command(name = "archiver", version, arg_required_else_help = true)]
#[command(after_help = "\
The environment, or a .env file in the working directory, may hold LASTFM_API_KEY,
LASTFM_API_SECRET, LASTFM_SESSION_KEY, LASTFM_API_URL, LASTFM_RATE, MUSICBRAINZ_CONTACT,
MUSICBRAINZ_URL, MUSICBRAINZ_RATE, MUSICBRAINZ_MIRROR, MUSICBRAINZ_INDEX, SCROBBLES_DB and
ARCHIVER_SESSIONS.

A database is named postgres://USER:PASSWORD@HOST/DATABASE. Others on this machine see what is said
on a command line: a password belongs into SCROBBLES_DB or .env.

Exit codes: 0 complete · 3 complete but for spans that Last.fm refuses · 4 not now, the same
command goes on later · 5 a person must act · 1 anything else.")]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// What every command takes.
#[derive(Debug, Args)]
pub(crate) struct Common {
    /// What keeps the archives [default: $SCROBBLES_DB, scrobbles.db; with --demo: demo.db]
    #[arg(long, global = true, value_name = PLACE, value_parser = place())]
    pub(crate) db: Option<Place>,
    /// For machines: one JSON object a line, the last one tells how it ended
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Nothing but errors
    #[arg(long, global = true)]
    pub(crate) quiet: bool,
}

/// A place is a file or a database.
const PLACE: &str = "FILE|postgres://…";

fn place() -> impl TypedValueParser<Value = Place> {
    PathBufValueParser::new().map(Place::from)
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Brings archives up to date: the first time everything, then what is new or has changed
    Sync(Sync),
    /// Compares archives with Last.fm, year by year or play by play, and repairs them
    Audit(Audit),
    /// Tells how many plays each year has, on Last.fm and here
    Years(Years),
    /// Tells what is archived, what is missing, and when it was last checked
    Status(Status),
    /// Writes plays to standard output, oldest first
    Export(Export),
    /// Lists the plays that Last.fm no longer has and that are kept here
    Removed(Removed),
    /// Finds out when the albums of an archive were first released
    Enrich(music::Enrich),
    /// Tells which decades an archive's music is from
    Decades(music::Decades),
    /// Lists the albums of an archive, those that are played most first
    Albums(music::Albums),
    /// Shows an album, or says when it was first released
    Correct(music::Correct),
    /// Finds tracks that are not in an archive, by artists who are like those played most
    Discover(Discover),
    /// Lets you allow this program, in the browser, to read what you hide from others
    Login(Login),
    /// Tells whose logins are kept, and whether Last.fm still accepts them
    Whoami(Whoami),
    /// Forgets logins
    Logout(Logout),
    /// Removes a user and everything that is kept about them
    Forget(Forget),
    /// Copies archives from one place to another, byte for byte, and compares both
    Move(Move),
    /// Works on jobs: keeps everyone up to date, beside any number of other workers
    #[cfg(feature = "jobs")]
    Worker(crew::Worker),
    /// Tells how jobs stand, orders and steers them
    #[cfg(feature = "jobs")]
    Jobs(crew::Jobs),
}

#[derive(Debug, Args)]
pub(crate) struct Sync {
    /// Whose history [default: everyone who is archived]
    #[arg(value_name = "USER")]
    pub(crate) users: Vec<Username>,
    #[command(flatten)]
    pub(crate) period: Period,
    /// Needs no key: archives 200,000 plays of a made-up listener into demo.db
    #[arg(long, conflicts_with = "users")]
    pub(crate) demo: bool,
    /// Again and again, as in 1h or 15min, until it is told to stop
    #[arg(long, value_name = "TIME", value_parser = named_period,
        conflicts_with_all = ["from", "to", "year"])]
    pub(crate) every: Option<Duration>,
    /// Looks up no release years afterwards, where $MUSICBRAINZ_CONTACT is set
    #[arg(long)]
    pub(crate) no_years: bool,
    #[command(flatten)]
    pub(crate) reading: Reading,
}

/// How Last.fm is asked.
#[derive(Debug, Args)]
pub(crate) struct Reading {
    /// Requests a second, shared by all who use the archive [default: $LASTFM_RATE, 1]
    #[arg(long, value_name = "NUMBER")]
    pub(crate) rate: Option<f64>,
    /// Plays asked for at once
    #[arg(long, value_name = "PLAYS", default_value_t = 1000,
        value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) page_size: u32,
    /// How long to go on without any answer of Last.fm, as in 90s, 15min or 2h
    #[arg(long, value_name = "TIME", default_value = "15min", value_parser = named_time)]
    pub(crate) patience: Duration,
}

#[derive(Debug, Args)]
pub(crate) struct Audit {
    /// Whose history [default: everyone who is archived]
    #[arg(value_name = "USER")]
    pub(crate) users: Vec<Username>,
    /// Read everything again, because an edit changes no count
    #[arg(long)]
    pub(crate) deep: bool,
    /// Believe Last.fm in what it no longer shows, however much that is
    #[arg(long)]
    pub(crate) accept_removals: bool,
    #[command(flatten)]
    pub(crate) reading: Reading,
}

#[derive(Debug, Args)]
pub(crate) struct Years {
    /// Whose history; it need not be archived
    #[arg(value_name = "USER")]
    pub(crate) user: Username,
    #[command(flatten)]
    pub(crate) reading: Reading,
}

#[derive(Debug, Args)]
pub(crate) struct Status {
    /// Whose archive [default: everyone who is archived]
    #[arg(value_name = "USER")]
    pub(crate) user: Option<Username>,
    /// Exit with 4 if the last success is longer ago than this, as in 2h or 1d
    #[arg(long, value_name = "TIME", value_parser = named_time)]
    pub(crate) max_age: Option<Duration>,
}

#[derive(Debug, Args)]
pub(crate) struct Export {
    /// Whose plays
    #[arg(value_name = "USER")]
    pub(crate) user: Username,
    /// jsonl: all columns of the view `scrobbles`, raw included; csv: all but raw
    #[arg(long)]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) period: Period,
}

#[derive(Debug, Args)]
pub(crate) struct Removed {
    /// Whose plays
    #[arg(value_name = "USER")]
    pub(crate) user: Username,
    #[command(flatten)]
    pub(crate) period: Period,
}

#[derive(Debug, Args)]
#[command(after_help = "\
A play counts half as much with every year between it and the newest one. Last.fm is asked who is
like the artists that come out on top, and what is played most of those; whoever is like several of
them comes first. Artists with 20 plays or more in the archive are left out, others who were played
are marked. Names compare without case. Ctrl-C ends it with what is found until then.")]
pub(crate) struct Discover {
    /// Whose archive; it is not changed
    #[arg(value_name = "USER", required_unless_present = "demo")]
    pub(crate) user: Option<Username>,
    /// Tracks to find
    #[arg(long, value_name = "TRACKS", default_value_t = 20,
        value_parser = clap::value_parser!(u16).range(1..=500))]
    pub(crate) limit: u16,
    /// Artists to ask about, a request for each
    #[arg(long, value_name = "ARTISTS", default_value_t = 15,
        value_parser = clap::value_parser!(u16).range(1..=200))]
    pub(crate) artists: u16,
    /// Requests a second, shared by all who use the archive [default: $LASTFM_RATE, 1]
    #[arg(long, value_name = "NUMBER")]
    pub(crate) rate: Option<f64>,
    /// Needs no key: the made-up listener of `sync --demo`, in demo.db
    #[arg(long, conflicts_with = "user")]
    pub(crate) demo: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Needs LASTFM_API_KEY and LASTFM_API_SECRET. The session that Last.fm gives is kept in a file that
only you can read: $ARCHIVER_SESSIONS, or archiver/sessions.json in the folder of your settings.
From then on sync, audit and years read this user in their name. Several users can log in.")]
pub(crate) struct Login {
    /// Only print the address
    #[arg(long)]
    pub(crate) no_browser: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Whoami {
    /// Whose login [default: all that are kept]
    #[arg(value_name = "USER")]
    pub(crate) user: Option<Username>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
What Last.fm allows can be taken back altogether at https://www.last.fm/settings/applications.")]
pub(crate) struct Logout {
    /// Whose login [default: all that are kept]
    #[arg(value_name = "USER")]
    pub(crate) user: Option<Username>,
}

#[derive(Debug, Args)]
pub(crate) struct Forget {
    /// Who
    #[arg(value_name = "USER")]
    pub(crate) user: Username,
    /// Do not ask
    #[arg(long)]
    pub(crate) yes: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Plays, what is covered, removed plays, doubts and all else that is kept about a user is the same
afterwards. What is there is never deleted, neither here nor there. Stopped or killed, the same
command goes on from there; until it has come to its end, nothing counts as covered in the copy.")]
pub(crate) struct Move {
    /// Whose archives [default: everyone's]
    #[arg(value_name = "USER")]
    pub(crate) users: Vec<Username>,
    /// From where [default: what --db says]
    #[arg(long, value_name = PLACE, value_parser = place())]
    pub(crate) from: Option<Place>,
    /// To where; the file is made if there is none
    #[arg(long, value_name = PLACE, value_parser = place())]
    pub(crate) to: Place,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Format {
    Jsonl,
    Csv,
}

/// A stretch of time; all of it if nothing is said. UTC, both ends included.
#[derive(Debug, Args)]
pub(crate) struct Period {
    /// The first day (or year, month, second): 2024-03-01, 2024-03, 2024, 2024-03-01T20:15:00Z
    #[arg(long, value_name = "DATE", value_parser = named_span)]
    pub(crate) from: Option<Span>,
    /// The last day (or year, month, second), itself included
    #[arg(long, value_name = "DATE", value_parser = named_span)]
    pub(crate) to: Option<Span>,
    /// One calendar year
    #[arg(long, value_name = "YEAR", value_parser = named_year, conflicts_with_all = ["from", "to"])]
    pub(crate) year: Option<Span>,
}

impl Period {
    /// What was said, if anything: a stretch of at least a second.
    pub(crate) fn checked(&self) -> Result<Option<Span>, Trouble> {
        let span = self.span();
        if span.is_some_and(Span::is_empty) {
            return Err(Trouble::new(Exit::Failed, "bad_period", "--from is later than --to")
                .advice("Nothing was changed."));
        }
        Ok(span)
    }

    /// What was said, if anything.
    fn span(&self) -> Option<Span> {
        match (self.year, self.from, self.to) {
            (Some(year), ..) => Some(year),
            (None, None, None) => None,
            (None, from, to) => Some(Span::new(
                from.map_or(Span::EVER.start, |from| from.start),
                to.map_or(Span::EVER.end, |to| to.end),
            )),
        }
    }
}
