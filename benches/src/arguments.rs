//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use url::Url;

/// Measures the archive engine and its rivals in one run and prints one table.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) child: Option<Child>,
    #[command(flatten)]
    pub(crate) wanted: Wanted,
}

/// What to measure.
#[derive(Debug, Args)]
pub(crate) struct Wanted {
    /// What to measure. Default: everything.
    #[arg(value_enum)]
    pub(crate) parts: Vec<Part>,
    /// How many plays the history has.
    #[arg(long, default_value_t = 200_000)]
    pub(crate) plays: usize,
    /// How many plays are asked for at once.
    #[arg(long, default_value_t = 200)]
    pub(crate) page_size: u32,
    /// How often each is measured. One more round before them fills the service's memory and is
    /// not counted; with 0, it is the only one, and times mean little.
    #[arg(long, default_value_t = 3)]
    pub(crate) rounds: usize,
    /// How many plays there are in the archive that is asked for counts.
    #[arg(long, default_value_t = 1_000_000)]
    pub(crate) counted: usize,
}

impl Wanted {
    /// Whether anything is wanted that archives, reads or counts a history.
    pub(crate) fn wants_histories(&self) -> bool {
        self.parts.is_empty()
            || self.parts.iter().any(|part| !matches!(part, Part::Decode | Part::Queue))
    }

    pub(crate) fn wants(&self, part: Part) -> bool {
        self.parts.is_empty() || self.parts.contains(&part)
    }
}

/// A part of the bench.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// Archives a history over HTTP into a new file.
    Ingest,
    /// Reads all of it again into the same file.
    Again,
    /// The plain Python loop.
    Python,
    /// The published crate `lastfm`, which reads and stores nothing.
    Lastfm,
    /// Count, first and last play of an archive.
    Counts,
    /// Reading one page from its bytes, beside published crates.
    Decode,
    /// Plays into and out of the queue, beside a plain Python loop.
    Queue,
}

/// What runs in a process of its own.
#[derive(Debug, Subcommand)]
pub(crate) enum Child {
    /// One measured program, or the service.
    #[command(subcommand, hide = true)]
    Child(Role),
}

/// Which one.
#[derive(Debug, Subcommand)]
pub(crate) enum Role {
    /// Serves a history until its input ends.
    Service {
        #[arg(long)]
        plays: usize,
    },
    /// Archives all of it.
    Ingest(Job),
    /// Reads all of it again.
    Again(Job),
    /// Makes an archive without a service.
    Fill {
        #[arg(long)]
        plays: usize,
        #[arg(long)]
        db: PathBuf,
    },
    /// Asks an archive for counts.
    Counts {
        #[arg(long)]
        db: PathBuf,
    },
    /// Reads a page again and again.
    Decode(Page),
    /// Puts plays into a queue, or takes them out.
    Queue(Load),
}

/// What goes through a queue.
#[derive(Debug, Args)]
pub(crate) struct Load {
    #[arg(value_enum)]
    pub(crate) way: Way,
    pub(crate) plays: usize,
    pub(crate) db: PathBuf,
}

/// Which way plays go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Way {
    /// In, each acknowledged by itself.
    Single,
    /// In, fifty at a time.
    Batches,
    /// Out: fifty taken, then all of them settled.
    Drain,
}

/// Which page, and how often.
#[derive(Debug, Args)]
pub(crate) struct Page {
    #[arg(long)]
    pub(crate) file: PathBuf,
    #[arg(long)]
    pub(crate) times: u32,
}

/// From where to where.
#[derive(Debug, Args)]
pub(crate) struct Job {
    #[arg(long)]
    pub(crate) url: Url,
    #[arg(long)]
    pub(crate) db: PathBuf,
    #[arg(long)]
    pub(crate) page_size: u32,
}
