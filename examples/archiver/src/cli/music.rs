//! What can be said about release years.

use std::num::NonZeroUsize;
use std::time::Duration;

use clap::{Args, ValueEnum};
use lastfm_core::albums::PartialDate;
use lastfm_core::{Mbid, Username};
use terminal::dates::named_time;
use url::Url;

use super::Period;

/// How MusicBrainz is asked.
#[derive(Debug, Args)]
pub(crate) struct Asking {
    /// What is asked [default: what --mirror or --index names, or else web]
    #[arg(long, value_name = "SOURCE")]
    pub(crate) source: Option<SourceName>,
    /// Whom MusicBrainz can write to, a mail address or a page [default: $MUSICBRAINZ_CONTACT]
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) contact: Option<String>,
    /// A web service of your own [default: $MUSICBRAINZ_URL, or MusicBrainz itself]
    #[arg(long, value_name = "URL")]
    pub(crate) musicbrainz_url: Option<Url>,
    /// A mirror of MusicBrainz' database, as postgres://USER:PASSWORD@HOST/NAME; for --source mirror
    /// [default: $MUSICBRAINZ_MIRROR, where nobody sees the password]
    #[cfg(feature = "mirror")]
    #[arg(long, value_name = "ADDRESS", conflicts_with = "musicbrainz_url")]
    pub(crate) mirror: Option<String>,
    /// An index of MusicBrainz' dump; for --source offline [default: $MUSICBRAINZ_INDEX]
    #[cfg(feature = "offline")]
    #[arg(long, value_name = "FILE", conflicts_with = "musicbrainz_url")]
    pub(crate) index: Option<std::path::PathBuf>,
}

impl Asking {
    /// What is asked.
    pub(crate) fn source(&self) -> SourceName {
        #[cfg(feature = "mirror")]
        if self.source.is_none() && self.mirror.is_some() {
            return SourceName::Mirror;
        }
        #[cfg(feature = "offline")]
        if self.source.is_none() && self.index.is_some() {
            return SourceName::Offline;
        }
        self.source.unwrap_or(SourceName::Web)
    }
}

/// Something that knows when albums were released.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SourceName {
    /// MusicBrainz' web service, one request a second
    Web,
    /// A mirror of its database, in PostgreSQL: no rate
    #[cfg(feature = "mirror")]
    Mirror,
    /// An index of its dump, in a file: no network
    #[cfg(feature = "offline")]
    Offline,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Each album is looked up once, however many plays it has: by the identifiers that came with its plays,
a hundred a request, then by its names. What is found is kept, and shows in every play of the album;
what is not found is asked for again after 30 days. Ctrl-C ends it, and the same command goes on.

MusicBrainz is free for all, asks for one request a second from each machine, and wants to know whom
to write to: set MUSICBRAINZ_CONTACT to your mail address or page. A mirror and an index want neither.")]
pub(crate) struct Enrich {
    /// Whose albums [default: everyone's who is archived]
    #[arg(value_name = "USER")]
    pub(crate) users: Vec<Username>,
    /// Only by identifiers, which takes a hundredth of the requests; names are left for later
    #[arg(long)]
    pub(crate) quick: bool,
    /// By names as well: what is done without --quick
    #[arg(long, hide = true, conflicts_with = "quick")]
    pub(crate) fuzzy: bool,
    #[command(flatten)]
    pub(crate) period: Period,
    #[command(flatten)]
    pub(crate) asking: Asking,
    /// How long to go on without any answer of MusicBrainz, as in 90s, 15min or 2h
    #[arg(long, value_name = "TIME", default_value = "15min", value_parser = named_time)]
    pub(crate) patience: Duration,
    /// Needs no network: the made-up listener of `sync --demo`, in demo.db
    #[arg(long, conflicts_with = "users")]
    pub(crate) demo: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
The year of an album is the one in which it was first released, whatever edition was played. Shares
are of all plays, those without a year included. Nobody is asked: `archiver enrich` finds the years.")]
pub(crate) struct Decades {
    /// Whose plays [default: everyone's who is archived]
    #[arg(value_name = "USER")]
    pub(crate) user: Option<Username>,
    #[command(flatten)]
    pub(crate) period: Period,
    /// Every year instead of every decade
    #[arg(long)]
    pub(crate) by_year: bool,
    /// A line for each month of listening
    #[arg(long, conflicts_with = "by_year")]
    pub(crate) months: bool,
    /// Counts albums instead of plays: a record that is played over and over counts once
    #[arg(long)]
    pub(crate) albums: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
The number in front of an album is what `archiver correct` takes.")]
pub(crate) struct Albums {
    /// Whose albums [default: everyone's who is archived]
    #[arg(value_name = "USER")]
    pub(crate) user: Option<Username>,
    /// Only those without a year, with what they may be
    #[arg(long)]
    pub(crate) unmatched: bool,
    #[command(flatten)]
    pub(crate) period: Period,
    /// Albums to list
    #[arg(long, value_name = "ALBUMS", default_value = "20")]
    pub(crate) limit: NonZeroUsize,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Without anything else it shows the album. What you say stays, whatever is found later, and counts for
everyone who has played the album; --undo takes it back.")]
pub(crate) struct Correct {
    /// The album, by the number that `archiver albums` shows
    #[arg(value_name = "NUMBER")]
    pub(crate) album: i64,
    #[command(flatten)]
    pub(crate) said: CorrectionArgs,
    #[command(flatten)]
    pub(crate) asking: Asking,
}

/// What a person says of an album: one thing, if anything.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub(crate) struct CorrectionArgs {
    /// It was first released then: 1973, 1973-03 or 1973-03-24
    #[arg(long, value_name = "DATE")]
    pub(crate) released: Option<PartialDate>,
    /// It is the one of this number among those that it may be
    #[arg(long, value_name = "NUMBER")]
    pub(crate) near: Option<NonZeroUsize>,
    /// It is this release group, by its MBID or the address of its page; MusicBrainz is asked when it
    /// was first released
    #[arg(long, value_name = "MBID", value_parser = group)]
    pub(crate) group: Option<Mbid>,
    /// Nobody knows when it was released: it is not asked for again
    #[arg(long)]
    pub(crate) unknown: bool,
    /// What was said before is taken back
    #[arg(long)]
    pub(crate) undo: bool,
}

/// `f5093c06-23e3-404f-aeaa-40f72885ee3a`, or the page of that.
fn group(text: &str) -> Result<Mbid, String> {
    let last = text.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let known = Mbid::new(&last.to_ascii_lowercase()).filter(|mbid| mbid.to_u128().is_some());
    known.ok_or_else(|| format!("{text:?} is no MBID such as f5093c06-23e3-404f-aeaa-40f72885ee3a"))
}
