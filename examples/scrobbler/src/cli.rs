//! What can be said on the command line.
#![allow(clippy::doc_markdown)] // These docs are the help that is printed: no markup in it.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgGroup, Args, Parser, Subcommand};
use jiff::tz::TimeZone;
use lastfm_core::Username;
use terminal::dates::named_time;
use terminal::moments::{self, MomentInput};

/// Scrobbles plays, albums and collections to Last.fm. What cannot be sent yet is kept and sent later.
#[derive(Debug, Parser)]
#[command(name = "scrobbler", version, arg_required_else_help = true)]
#[command(after_help = "\
A TIME is now, 20:14 (the last time that it was), \"10min ago\",
\"2026-11-21 20:14\" or 2026-11-21T20:14:00Z.

The environment, or a .env file in the working directory, may hold
LASTFM_API_KEY, LASTFM_API_SECRET, LASTFM_SESSION_KEY, LASTFM_API_URL,
LASTFM_RATE, SCROBBLES_DB and SCROBBLER_SESSIONS.

Exit codes: 0 Last.fm has everything · 3 it refuses something · 4 something
waits, safe in the queue · 5 a person must act · 1 anything else.")]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// What every command takes.
#[derive(Debug, Args)]
pub(crate) struct Common {
    /// The file of the queue [default: $SCROBBLES_DB, scrobbles.db]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) db: Option<PathBuf>,
    /// Who scrobbles [default: who has logged in]
    #[arg(long, global = true, value_name = "USER")]
    pub(crate) user: Option<Username>,
    /// Of times, as in Europe/Berlin or +02:00 [default: this machine's]
    #[arg(long, global = true, value_name = "ZONE", value_parser = moments::zone)]
    pub(crate) zone: Option<TimeZone>,
    /// Needs no key: a made-up Last.fm, nothing is kept
    #[arg(long, global = true)]
    pub(crate) demo: bool,
    /// For machines: one JSON object a line
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Nothing but errors
    #[arg(long, global = true)]
    pub(crate) quiet: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Shows a track as playing now, and scrobbles it when enough of it was heard
    Play(Play),
    /// Scrobbles an album, track by track, each as long as Last.fm knows it (or 3 minutes)
    Album(Album),
    /// Scrobbles a list of albums and tracks (CSV, JSON), over days if need be
    Collection(Collection),
    /// Scrobbles what a portable player wrote into its .scrobbler.log
    Import(Import),
    /// Listens to a player, which says as JSON lines what it does
    #[command(after_help = WATCH_HELP)]
    Watch(Watch),
    /// Shows and changes what waits, was refused or is done
    #[command(subcommand)]
    Queue(Queue),
    /// Sends what is queued, also by others, until it is told to stop
    Run,
    /// Loved tracks: here, on Last.fm, and in a local library
    #[command(subcommand)]
    Loved(Loved),
    /// Tells how often each track of a local library was played
    Counts(Counts),
    /// Lets you allow it, in the browser, to scrobble for you
    Login(Login),
    /// Tells whose logins are kept, and whether they still hold
    Whoami(Whoami),
    /// Forgets logins
    Logout(Whoami),
}

/// How something is queued.
#[derive(Debug, Args)]
pub(crate) struct Queueing {
    /// Only say what would be done
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Do not ask
    #[arg(long)]
    pub(crate) yes: bool,
    /// How long to go on without success, then the queue has it
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = named_time)]
    pub(crate) patience: Duration,
}

impl Queueing {
    /// Whether questions may be asked: a dry run only says what it would do.
    pub(crate) fn may_ask(&self) -> bool {
        !self.yes && !self.dry_run
    }
}

#[derive(Debug, Args)]
#[command(after_help = "\
Without --at it begins now: it is shown as playing, and scrobbled once half of
it or 4 minutes were heard (of an unknown length: 4 minutes). Ctrl-C before
that means that it was not heard.")]
pub(crate) struct Play {
    /// Who plays it
    pub(crate) artist: String,
    /// What it is called
    pub(crate) track: String,
    /// The album
    #[arg(long)]
    pub(crate) album: Option<String>,
    /// Whose album it is, if not the artist's
    #[arg(long, value_name = "ARTIST")]
    pub(crate) album_artist: Option<String>,
    /// Its place on the album
    #[arg(long)]
    pub(crate) number: Option<u32>,
    /// How long it is, as in 3:45
    #[arg(long, value_name = "LENGTH", value_parser = moments::length)]
    pub(crate) length: Option<Duration>,
    /// It was played then: scrobbles it at once. A time to come: when it is over
    #[arg(long, value_name = "TIME", value_parser = moments::said)]
    pub(crate) at: Option<MomentInput>,
    /// Only show it as playing now
    #[arg(long, conflicts_with_all = ["at", "dry_run"])]
    pub(crate) now: bool,
    /// Also if it seems to be scrobbled already
    #[arg(long)]
    pub(crate) again: bool,
    #[command(flatten)]
    pub(crate) queueing: Queueing,
}

#[derive(Debug, Args)]
pub(crate) struct Album {
    /// Whose album
    pub(crate) artist: String,
    /// What it is called
    #[arg(value_name = "ALBUM")]
    pub(crate) title: String,
    /// When its last track ended [default: now]
    #[arg(long, value_name = "TIME", value_parser = moments::said)]
    pub(crate) ending: Option<MomentInput>,
    /// When its first track began; what is still to come is scrobbled as it is heard
    #[arg(long, value_name = "TIME", value_parser = moments::said, conflicts_with = "ending")]
    pub(crate) starting: Option<MomentInput>,
    /// Also what seems to be scrobbled already
    #[arg(long)]
    pub(crate) again: bool,
    #[command(flatten)]
    pub(crate) queueing: Queueing,
}

#[derive(Debug, Args)]
#[command(after_help = "\
The file is CSV with a first line of column names, or JSON: a list of objects,
or an object a line. An entry with a track is a play, one without is all tracks
of an album, asked from Last.fm.

  artist        who plays it (needed)
  album         the album; without a track: all of it
  track         the track (or title)
  album_artist  whose album it is
  number        its place on the album
  length        3:45, or seconds; duration_ms: milliseconds
  played_at     when it was played, a TIME; without it a time is chosen
  mbid          its MusicBrainz identifier

An export of a Discogs collection is understood as it is. The same file again
goes on where it is: nothing is scrobbled twice.")]
pub(crate) struct Collection {
    /// The list
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Plays a day, 100 of them left to what you listen to
    #[arg(long, value_name = "PLAYS", default_value_t = 600,
        value_parser = clap::value_parser!(u32).range(1..=3000))]
    pub(crate) per_day: u32,
    /// Leave out albums that Last.fm does not know, for good
    #[arg(long)]
    pub(crate) skip_unknown: bool,
    /// Also tracks that were scrobbled in the last 24 hours, or are queued: the whole list, once more
    #[arg(long)]
    pub(crate) again: bool,
    #[command(flatten)]
    pub(crate) queueing: Queueing,
}

#[derive(Debug, Args)]
pub(crate) struct Import {
    /// The .scrobbler.log
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) queueing: Queueing,
}

const WATCH_HELP: &str = "\
Each line is an object with an event:

  {\"event\":\"playing\",\"artist\":\"Low\",\"track\":\"Words\",\"album\":\"Trust\",\"length\":345}
  {\"event\":\"position\",\"position\":61.5}     every few seconds, and after a jump (or \"seek\")
  {\"event\":\"paused\"}  {\"event\":\"resumed\"}  {\"event\":\"stopped\"}  {\"event\":\"ended\"}
  {\"event\":\"played\",\"artist\":\"Low\",\"track\":\"Words\",\"played_at\":1795292047}

Lengths and positions are in seconds. `playing` may also have album_artist, number and mbid.
`played` is a whole play, as of a player that counts by itself. What is no such line is told and
left out.";

#[derive(Debug, Args)]
pub(crate) struct Watch {
    /// How much of a track has to be heard, 50 to 100, or 4 minutes
    #[arg(long, value_name = "PERCENT", default_value_t = 50,
        value_parser = clap::value_parser!(u8).range(50..=100))]
    pub(crate) percent: u8,
    /// 4 minutes of a long track are not enough
    #[arg(long)]
    pub(crate) no_limit: bool,
    /// Only say what would be done
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Queue {
    /// What is not done: waiting, refused, paused
    List(List),
    /// Sends nothing of it until it is resumed; --all: nor of what is queued later
    Pause(Which),
    /// Sends it again
    Resume(Which),
    /// Sends again what was refused; of a job also what was cancelled
    Retry(Which),
    /// Drops it
    Cancel(Which),
    /// Gives a play that was refused, or waits, other names
    Edit(Edit),
    /// Forgets what was accepted or dropped long ago
    Forget(Forget),
    /// What happened, the newest last
    History(History),
    /// Sends what can be sent now
    Send(Send),
}

#[derive(Debug, Args)]
pub(crate) struct List {
    /// Also what is done
    #[arg(long)]
    pub(crate) all: bool,
    /// Only plays of this job
    #[arg(long, value_name = "NUMBER")]
    pub(crate) job: Option<i64>,
    /// Lines at most of each kind
    #[arg(long, value_name = "LINES", default_value_t = 10)]
    pub(crate) limit: usize,
}

/// Which plays are meant.
#[derive(Debug, Args)]
pub(crate) struct Which {
    /// Plays, by their numbers in the list
    #[arg(value_name = "NUMBER", required_unless_present_any = ["job", "all"])]
    pub(crate) plays: Vec<i64>,
    /// All plays of this job
    #[arg(long, value_name = "NUMBER", conflicts_with = "plays")]
    pub(crate) job: Option<i64>,
    /// All plays
    #[arg(long, conflicts_with_all = ["plays", "job"])]
    pub(crate) all: bool,
    /// Only say what would be done
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Do not ask
    #[arg(long)]
    pub(crate) yes: bool,
}

/// What can be edited.
const NAMES: [&str; 5] = ["artist", "track", "album", "album_artist", "length"];

#[derive(Debug, Args)]
#[command(after_help = "\
The play is dropped, and one with these names queued for the same moment: alone,
also if the old one is of a job. What Last.fm has, or perhaps has, is not edited.")]
#[command(group(ArgGroup::new("names").required(true).multiple(true).args(NAMES)))]
pub(crate) struct Edit {
    /// The play, by its number in the list
    #[arg(value_name = "NUMBER")]
    pub(crate) play: i64,
    /// Who played it
    #[arg(long)]
    pub(crate) artist: Option<String>,
    /// What it is called
    #[arg(long)]
    pub(crate) track: Option<String>,
    /// The album; "" for none
    #[arg(long)]
    pub(crate) album: Option<String>,
    /// Whose album it is, if not the artist's; "" for the artist's
    #[arg(long, value_name = "ARTIST")]
    pub(crate) album_artist: Option<String>,
    /// How long it is, as in 3:45
    #[arg(long, value_name = "LENGTH", value_parser = moments::length)]
    pub(crate) length: Option<Duration>,
    /// Only say what would be done
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Forget {
    /// What was done before
    #[arg(long, value_name = "TIME", value_parser = moments::said,
        required_unless_present = "older", conflicts_with = "older")]
    pub(crate) before: Option<MomentInput>,
    /// What was done longer ago, as in 30d
    #[arg(long, value_name = "TIME", value_parser = named_time)]
    pub(crate) older: Option<Duration>,
    /// Only say what would be done
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Do not ask
    #[arg(long)]
    pub(crate) yes: bool,
}

#[derive(Debug, Args)]
pub(crate) struct History {
    /// Of this play
    #[arg(value_name = "NUMBER")]
    pub(crate) play: Option<i64>,
    /// Lines at most
    #[arg(long, value_name = "LINES", default_value_t = 50)]
    pub(crate) limit: usize,
}

#[derive(Debug, Args)]
pub(crate) struct Send {
    /// How long to go on without any success; a lost answer takes some minutes
    #[arg(long, value_name = "TIME", default_value = "5min", value_parser = named_time)]
    pub(crate) patience: Duration,
    /// Also what the daily limit or an outage holds back: one play is tried
    #[arg(long)]
    pub(crate) try_now: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Loved {
    /// Fetches what is loved on Last.fm
    Import,
    /// Finds what is loved in a local library, and lists what is not there
    Match(Matching),
    /// Lists what is loved
    List,
    /// Loves a track
    Love(Song),
    /// Ends the love of a track
    Unlove(Song),
}

#[derive(Debug, Args)]
pub(crate) struct Matching {
    /// The library: CSV or JSON with id (a path), artist, track, album, mbid
    #[arg(value_name = "FILE")]
    pub(crate) library: PathBuf,
    /// What might be meant, for each that is not there
    #[arg(long, value_name = "TRACKS", default_value_t = 3)]
    pub(crate) near: usize,
}

#[derive(Debug, Args)]
pub(crate) struct Song {
    /// Who plays it
    pub(crate) artist: String,
    /// What it is called
    pub(crate) track: String,
    /// Only say what would be done
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Counts {
    /// The library: CSV or JSON with id (a path), artist, track, album, mbid
    #[arg(value_name = "FILE")]
    pub(crate) library: PathBuf,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Needs LASTFM_API_KEY and LASTFM_API_SECRET. The session that Last.fm gives is
kept in a file that only you can read: $SCROBBLER_SESSIONS, or
scrobbler/sessions.json in the folder of your settings.")]
pub(crate) struct Login {
    /// Only print the address
    #[arg(long)]
    pub(crate) no_browser: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Whoami {
    /// Whose login [default: all that are kept]
    #[arg(value_name = "NAME")]
    pub(crate) whose: Option<Username>,
}
