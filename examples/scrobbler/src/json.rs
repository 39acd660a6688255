//! The lines of `--json`. Names and meanings are promised in the README: they may be added to,
//! never changed.

use lastfm_core::scrobble::{Counts, Hold, Job, QueuedPlay, Standing, State, Step};
use lastfm_core::{NewPlay, Timestamp};
use serde::Serialize;
pub(crate) use terminal::json::print;

/// One line. Moments are seconds since 1970 UTC.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(crate) enum Line<'a> {
    Planned {
        #[serde(flatten)]
        song: Song<'a>,
        due_at: Option<i64>,
        refusal: Option<String>,
    },
    Damaged {
        entry: usize,
        reason: &'a str,
    },
    UnknownAlbum {
        artist: &'a str,
        album: &'a str,
    },
    Queued {
        user: &'a str,
        job: Option<i64>,
        added: usize,
        already_there: usize,
    },
    NowPlaying {
        artist: &'a str,
        track: &'a str,
        ignored: Option<String>,
    },
    BadEvent {
        line: &'a str,
        message: &'a str,
    },
    Play(Play<'a>),
    Settled(Play<'a>),
    Job {
        id: i64,
        title: &'a str,
        added_at: i64,
        #[serde(flatten)]
        counts: Standings,
    },
    Step {
        id: i64,
        play: i64,
        at: i64,
        state: &'static str,
        reason: Option<&'a str>,
    },
    Held {
        reason: &'static str,
        until: Option<i64>,
        message: &'a str,
    },
    Queue {
        user: &'a str,
        #[serde(flatten)]
        counts: Standings,
        exit_code: u8,
    },
    Changed {
        user: &'a str,
        plays: u64,
        exit_code: u8,
    },
    Loved {
        artist: &'a str,
        track: &'a str,
        loved: bool,
        loved_at: Option<i64>,
        local: Vec<&'a str>,
    },
    LovedImported {
        user: &'a str,
        loved: u64,
        added: u64,
        unloved: usize,
        whole: bool,
        exit_code: u8,
    },
    LovedMatched {
        user: &'a str,
        matched: u64,
        unmatched: u64,
        exit_code: u8,
    },
    NotInLibrary {
        artist: &'a str,
        track: &'a str,
        near: Vec<&'a str>,
    },
    Count {
        id: &'a str,
        artist: &'a str,
        track: &'a str,
        plays: u64,
    },
    Counted {
        in_library: u64,
        elsewhere: u64,
        all: u64,
        whole: bool,
        exit_code: u8,
    },
    Summary {
        user: &'a str,
        accepted: usize,
        corrected: usize,
        refused: usize,
        waiting: usize,
        unknown: u64,
        stopped: bool,
        exit_code: u8,
    },
}

/// What was played, and when.
#[derive(Debug, Serialize)]
pub(crate) struct Song<'a> {
    artist: &'a str,
    track: &'a str,
    album: Option<&'a str>,
    played_at: i64,
}

impl<'a> From<&'a NewPlay> for Song<'a> {
    fn from(play: &'a NewPlay) -> Self {
        Self {
            artist: &play.track.artist,
            track: &play.track.name,
            album: play.track.album.as_deref(),
            played_at: play.played_at.as_unix(),
        }
    }
}

/// A play in the queue.
#[derive(Debug, Serialize)]
pub(crate) struct Play<'a> {
    id: i64,
    #[serde(flatten)]
    song: Song<'a>,
    job: Option<i64>,
    state: &'static str,
    since: i64,
    /// Nothing: at once.
    due_at: Option<i64>,
    attempts: u32,
    reason: Option<&'a str>,
    refusal: Option<String>,
    corrected_artist: Option<&'a str>,
    corrected_track: Option<&'a str>,
}

impl<'a> Play<'a> {
    pub(crate) fn new(play: &'a QueuedPlay, now: Timestamp) -> Self {
        let receipt = match &play.standing {
            Standing::Accepted(receipt) => Some(receipt),
            _ => None,
        };
        let refusal = match &play.standing {
            Standing::Refused(refusal) => Some(refusal.name()),
            _ => None,
        };
        Self {
            id: play.id.0,
            song: (&play.play).into(),
            job: play.job.map(|job| job.0),
            state: play.state(now).name(),
            since: play.since.as_unix(),
            due_at: Some(play.due_at.as_unix()).filter(|at| *at != i64::MIN),
            attempts: play.attempt_count,
            reason: play.reason.as_deref(),
            refusal,
            corrected_artist: receipt.and_then(|receipt| receipt.artist.as_deref()),
            corrected_track: receipt.and_then(|receipt| receipt.track.as_deref()),
        }
    }
}

/// How many plays stand where.
#[derive(Debug, Serialize)]
pub(crate) struct Standings(std::collections::BTreeMap<&'static str, u64>);

impl From<&Counts> for Standings {
    fn from(counts: &Counts) -> Self {
        Self(State::ALL.iter().map(|state| (state.name(), counts.of(*state))).collect())
    }
}

impl<'a> Line<'a> {
    pub(crate) fn job(job: &'a Job) -> Self {
        let added_at = job.added_at.as_unix();
        Self::Job { id: job.id.0, title: &job.title, added_at, counts: (&job.counts).into() }
    }

    pub(crate) fn step(step: &'a Step) -> Self {
        Self::Step {
            id: step.id.0,
            play: step.play.0,
            at: step.at.as_unix(),
            state: step.state.name(),
            reason: step.reason.as_deref(),
        }
    }

    pub(crate) fn held(hold: &'a Hold) -> Self {
        let until = hold.until.map(Timestamp::as_unix);
        Self::Held { reason: hold.reason.name(), until, message: &hold.words }
    }
}
