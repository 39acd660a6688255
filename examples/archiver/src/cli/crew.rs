//! What can be said to workers and about jobs.

use std::net::SocketAddr;

use clap::{Args, Subcommand};
use jobs::Kind;
use lastfm_core::Username;

#[derive(Debug, Args)]
#[command(after_help = "\
Everyone in the database is brought up to date every hour, and audited every night between 01:00 and
05:00 UTC; orders of people (archiver jobs order) come first. Start as many workers as you like, on
as many machines as you like, with one --db postgres://…: they share the jobs and the rate. With a
file, jobs are kept beside it (scrobbles.jobs.db for scrobbles.db).

Where MUSICBRAINZ_CONTACT is set, release years are found, too: by identifiers after each sync, by
names every night or when they are ordered (archiver jobs order enrich USER). What the scrobbler has
queued is sent when that is ordered (archiver jobs order scrobble USER).

SIGTERM and Ctrl-C end it after the pages in flight, within some seconds; a second one ends it at
once. Another worker goes on with its jobs.")]
pub(crate) struct Worker {
    /// Jobs of each kind worked on at a time. They share the rate: more are not faster
    #[arg(long, value_name = "NUMBER", default_value_t = 4,
        value_parser = clap::value_parser!(u16).range(1..=500))]
    pub(crate) jobs: u16,
    /// Requests a second, shared by all who use the database [default: $LASTFM_RATE, 1]
    #[arg(long, value_name = "NUMBER")]
    pub(crate) rate: Option<f64>,
    /// Plays asked for at once
    #[arg(long, value_name = "PLAYS", default_value_t = 1000,
        value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) page_size: u32,
    /// Where to answer /metrics (Prometheus) and /health, as in 127.0.0.1:9464
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) metrics: Option<SocketAddr>,
    /// Works on what was ordered; orders nothing by the clock
    #[arg(long)]
    pub(crate) no_schedule: bool,
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Jobs {
    #[command(subcommand)]
    pub(crate) command: Option<JobsCommand>,
    /// Only jobs of this user
    #[arg(value_name = "USER")]
    pub(crate) user: Option<Username>,
    /// Only jobs that are not over
    #[arg(long)]
    pub(crate) live: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum JobsCommand {
    /// Orders a job for each user; a live one of that kind becomes as urgent
    Order {
        /// sync, audit, enrich (release years) or scrobble (sends what the scrobbler has queued)
        #[arg(value_parser = kind)]
        kind: Kind,
        /// For whom; they need not be archived yet
        #[arg(value_name = "USER", required = true)]
        users: Vec<Username>,
        /// Only the plays of this year: sync archives it, again if it is archived; enrich looks up
        /// its albums
        #[arg(long, value_name = "YEAR", value_parser = clap::value_parser!(i16).range(1970..=9999))]
        year: Option<i16>,
        /// Nobody waits for it: after everything else
        #[arg(long)]
        nightly: bool,
    },
    /// Shows jobs as they change; of one user, until all are over
    Watch {
        /// Only jobs of this user
        user: Option<Username>,
    },
    /// Tells what happened to jobs of a user, newest first, for 90 days
    History {
        /// Whose
        user: Username,
    },
    /// Ends a live job
    Cancel {
        /// sync, audit, enrich or scrobble
        #[arg(value_parser = kind)]
        kind: Kind,
        /// Whose
        user: Username,
        /// The one of this year
        #[arg(long, value_name = "YEAR")]
        year: Option<i16>,
    },
    /// Lets a job go on now; one that is over is ordered anew
    Retry {
        /// sync, audit, enrich or scrobble
        #[arg(value_parser = kind)]
        kind: Kind,
        /// Whose
        user: Username,
        /// The one of this year
        #[arg(long, value_name = "YEAR")]
        year: Option<i16>,
    },
    /// Begins no more work, on any machine, until it is resumed; orders are still taken
    Pause {
        /// sync, audit, enrich or scrobble [default: all of them]
        #[arg(value_parser = kind)]
        kind: Option<Kind>,
    },
    /// Goes on after a pause
    Resume {
        /// sync, audit, enrich or scrobble [default: all of them]
        #[arg(value_parser = kind)]
        kind: Option<Kind>,
    },
}

fn kind(word: &str) -> Result<Kind, String> {
    word.parse().map_err(|_| "a job is one of sync, audit, enrich and scrobble".to_owned())
}
