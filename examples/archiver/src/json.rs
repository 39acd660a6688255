//! The lines of `--json`. Names and meanings are promised in the README: they may be added to,
//! never changed.

mod music;

use lastfm_core::albums::{Found, Near};
use lastfm_core::archive::{Hole, Report, Span};
use lastfm_core::{Timestamp, Track};
use serde::Serialize;
use terminal::exit::Exit;
pub(crate) use terminal::json::print;

pub(crate) use self::music::{Decade, ReleasedIn, Standing, TopAlbum, Undated};

/// One line. Moments are seconds since 1970 UTC, an open end is null.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(crate) enum Line<'a> {
    Waiting {
        user: &'a str,
        by: &'a str,
    },
    Started {
        user: &'a str,
        held: u64,
        total: Option<u64>,
        registered_at: Option<i64>,
    },
    Archived {
        user: &'a str,
        #[serde(flatten)]
        span: Ends,
        #[serde(flatten)]
        changes: Changes,
        held: u64,
        total: Option<u64>,
        read: u64,
        seconds_left: Option<u64>,
    },
    Retrying {
        user: &'a str,
        reason: &'a str,
        wait_seconds: f64,
    },
    Refused {
        user: &'a str,
        #[serde(flatten)]
        hole: Refused<'a>,
    },
    Comparing {
        user: &'a str,
        held: u64,
        total: u64,
    },
    Summary {
        #[serde(flatten)]
        outcome: Outcome<'a>,
        seconds: f64,
        first_played_at: Option<i64>,
        last_played_at: Option<i64>,
        refused: Vec<Refused<'a>>,
        missing: Vec<Ends>,
        db: &'a str,
        /// Null for a database.
        db_bytes: Option<u64>,
        exit_code: u8,
    },
    Year {
        user: &'a str,
        year: Option<i16>,
        #[serde(flatten)]
        span: Ends,
        counted: Option<u64>,
        held: u64,
        covered: bool,
        missing: Vec<Ends>,
    },
    Audited {
        #[serde(flatten)]
        outcome: Outcome<'a>,
        repaired: Vec<Repaired>,
        doubts: Vec<Doubted>,
        refused: Vec<Refused<'a>>,
        exit_code: u8,
    },
    ServiceStarted {
        at: i64,
        users: Vec<&'a str>,
        every_seconds: f64,
        next_round_at: i64,
        db: &'a str,
    },
    RoundStarted {
        round: u64,
        at: i64,
        users: Vec<&'a str>,
    },
    RoundFinished {
        round: u64,
        at: i64,
        up_to_date: u64,
        failed: u64,
        #[serde(flatten)]
        changes: Changes,
        next_round_at: i64,
    },
    Daily {
        at: i64,
        users: usize,
        up_to_date: usize,
        added: u64,
        behind: Vec<StaleUser<'a>>,
    },
    ServiceStopped {
        at: i64,
        exit_code: u8,
    },
    Status {
        user: &'a str,
        held: u64,
        in_doubt: u64,
        removed: u64,
        residual: i64,
        first_played_at: Option<i64>,
        last_played_at: Option<i64>,
        registered_at: Option<i64>,
        complete: bool,
        /// It is a copy that is not finished.
        half_copy: bool,
        /// Plays of albums that have a year; null if no album was looked up yet.
        dated_plays: Option<u64>,
        covered: Vec<Ends>,
        missing: Vec<Ends>,
        missing_requests: u64,
        missing_seconds: u64,
        doubts: Vec<Doubted>,
        refused: Vec<Refused<'a>>,
        last_success_at: Option<i64>,
        age_seconds: Option<u64>,
        too_old: bool,
        last_error_at: Option<i64>,
        last_error: Option<&'a str>,
        exit_code: u8,
    },
    RemovedPlay {
        user: &'a str,
        played_at: i64,
        #[serde(flatten)]
        song: Song,
        removed_at: i64,
        edited: bool,
        now: Option<Song>,
    },
    Forgotten {
        user: &'a str,
        held: u64,
        removed: u64,
        db: &'a str,
        exit_code: u8,
    },
    Copying {
        user: &'a str,
        done: u64,
        total: u64,
        comparing: bool,
    },
    Moved {
        user: &'a str,
        held: u64,
        in_doubt: u64,
        removed: u64,
        edited: u64,
        written: u64,
        was_there: bool,
        /// Of which anything is known.
        albums: u64,
        seconds: f64,
        from: &'a str,
        to: &'a str,
        exit_code: u8,
    },
    LookedUp {
        user: &'a str,
        due: u64,
        asked: u64,
        #[serde(flatten)]
        standing: Standing,
        seconds_left: Option<u64>,
    },
    Enriched {
        user: &'a str,
        due: u64,
        asked: u64,
        #[serde(flatten)]
        standing: Standing,
        plays: u64,
        /// Plays of albums that have a year.
        dated_plays: u64,
        stopped: bool,
        next_try_at: Option<i64>,
        exit_code: u8,
    },
    ReleaseYears {
        user: &'a str,
        #[serde(flatten)]
        span: Ends,
        plays: u64,
        albums: u64,
        /// Of albums that have a year.
        dated_plays: u64,
        dated_albums: u64,
        decades: Vec<Decade<'a>>,
        years: Vec<ReleasedIn>,
        undated: Undated,
        plays_without_album: u64,
    },
    Album {
        user: Option<&'a str>,
        album: i64,
        artist: &'a str,
        title: &'a str,
        plays: Option<u64>,
        status: &'a str,
        first_release: Option<String>,
        corrected: bool,
        found: Option<&'a Found>,
        near: &'a [Near],
        next_try_at: Option<i64>,
        reason: Option<&'a str>,
    },
    Discovery {
        user: &'a str,
        artist: &'a str,
        track: &'a str,
        url: &'a str,
        because: Vec<&'a str>,
        artist_plays: u64,
    },
    Discovered {
        user: &'a str,
        tracks: usize,
        request_count: u64,
        stopped: bool,
        exit_code: u8,
    },
}

/// What was played.
#[derive(Debug, Serialize)]
pub(crate) struct Song {
    artist: String,
    track: String,
    album: Option<String>,
}

impl From<&Track> for Song {
    fn from(track: &Track) -> Self {
        let (artist, track, album) = track.key();
        Self { artist: artist.to_owned(), track: track.to_owned(), album: album.map(str::to_owned) }
    }
}

/// The ends of a span; the second one does not belong to it.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Ends {
    from: Option<i64>,
    to: Option<i64>,
}

impl From<Span> for Ends {
    fn from(span: Span) -> Self {
        let from = (span.start != Timestamp::MIN).then(|| span.start.as_unix());
        let to = (span.end != Timestamp::MAX).then(|| span.end.as_unix());
        Self { from, to }
    }
}

/// What came of a run about a user.
#[derive(Debug, Serialize)]
pub(crate) struct Outcome<'a> {
    user: &'a str,
    complete: bool,
    stopped: bool,
    #[serde(flatten)]
    changes: Changes,
    held: u64,
    in_doubt: u64,
    total: Option<u64>,
    residual: i64,
    request_count: u64,
}

impl<'a> Outcome<'a> {
    /// What came of a run that ends so.
    pub(crate) fn new(report: &'a Report, exit: Exit) -> Self {
        Self {
            user: report.user.as_str(),
            complete: matches!(exit, Exit::Complete | Exit::Refused),
            stopped: report.stopped,
            changes: report.replaced.into(),
            held: report.held,
            in_doubt: report.doubted,
            total: report.total,
            residual: report.residual,
            request_count: report.request_count,
        }
    }
}

/// What was changed.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Changes {
    added: u64,
    removed: u64,
    changed: u64,
    doubted: u64,
}

impl From<lastfm_core::archive::Replaced> for Changes {
    fn from(replaced: lastfm_core::archive::Replaced) -> Self {
        Self {
            added: replaced.added,
            removed: replaced.removed,
            changed: replaced.changed,
            doubted: replaced.doubted,
        }
    }
}

/// A span that Last.fm refuses.
#[derive(Debug, Serialize)]
pub(crate) struct Refused<'a> {
    #[serde(flatten)]
    span: Ends,
    reason: &'a str,
    tries: u32,
    next_try_at: i64,
}

impl<'a> From<&'a Hole> for Refused<'a> {
    fn from(hole: &'a Hole) -> Self {
        Self {
            span: hole.span.into(),
            reason: &hole.reason,
            tries: hole.tries,
            next_try_at: hole.next_try_at.as_unix(),
        }
    }
}

/// Plays in doubt, all within a span.
#[derive(Debug, Serialize)]
pub(crate) struct Doubted {
    #[serde(flatten)]
    span: Ends,
    count: u64,
    since: i64,
}

impl From<&lastfm_core::archive::Doubt> for Doubted {
    fn from(doubt: &lastfm_core::archive::Doubt) -> Self {
        Self { span: doubt.span.into(), count: doubt.count, since: doubt.since.as_unix() }
    }
}

/// What an audit changed in a span.
#[derive(Debug, Serialize)]
pub(crate) struct Repaired {
    #[serde(flatten)]
    span: Ends,
    #[serde(flatten)]
    changes: Changes,
}

impl From<(Span, lastfm_core::archive::Replaced)> for Repaired {
    fn from((span, replaced): (Span, lastfm_core::archive::Replaced)) -> Self {
        Self { span: span.into(), changes: replaced.into() }
    }
}

/// A user who is not up to date; without a code, because the first import is not over.
#[derive(Debug, Serialize)]
pub(crate) struct StaleUser<'a> {
    pub(crate) user: &'a str,
    pub(crate) code: Option<&'static str>,
    pub(crate) since: Option<i64>,
}
