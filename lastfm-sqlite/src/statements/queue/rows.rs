//! A play of the queue as a row, and a row as a play.

use std::time::Duration;

use lastfm_core::archive::StoreErrorKind;
use lastfm_core::scrobble::{
    Attempt, JobId, PlayId, Proof, QueuedPlay, Receipt, Refusal, Standing, State,
};
use lastfm_core::{Mbid, NewPlay, PlayerTrack};
use rusqlite::types::Type;
use rusqlite::{Error, Row};

use crate::error::Failure;
use crate::statements::At;

/// What [`play`] reads, in its order.
pub(super) const COLUMNS: &str = "
    id, played_at, artist, track, album, album_artist, track_number, mbid, duration_ms,
    chosen_by_user, job_id, queued_at, due_at, attempt_count, since, reason,
    standing, attempt, lease_until, refusal, refusal_message,
    proof, accepted_artist, accepted_track, accepted_album, accepted_album_artist";

/// The play of a row that begins with [`COLUMNS`].
pub(super) fn play(row: &Row<'_>) -> rusqlite::Result<QueuedPlay> {
    let at = |column| row.get::<_, At>(column).map(|at| at.0);
    let mut track = PlayerTrack::new(row.get::<_, String>(2)?, row.get::<_, String>(3)?);
    track.album = row.get(4)?;
    track.album_artist = row.get(5)?;
    track.track_number = row.get(6)?;
    track.mbid = row.get_ref(7)?.as_str_or_null()?.and_then(Mbid::new);
    let duration: Option<i64> = row.get(8)?;
    track.duration = duration.map(|ms| Duration::from_millis(ms.unsigned_abs()));
    Ok(QueuedPlay {
        id: PlayId(row.get(0)?),
        play: NewPlay::new(track, at(1)?).chosen_by_user(row.get(9)?),
        job: row.get::<_, Option<i64>>(10)?.map(JobId),
        queued_at: at(11)?,
        due_at: at(12)?,
        attempt_count: row.get(13)?,
        since: at(14)?,
        reason: row.get(15)?,
        standing: standing(row)?,
    })
}

fn standing(row: &Row<'_>) -> rusqlite::Result<Standing> {
    let standing = match row.get_ref(16)?.as_str()? {
        "waiting" => Standing::Waiting,
        "paused" => Standing::Paused,
        "sending" => {
            Standing::Sending { attempt: Attempt(row.get(17)?), until: row.get::<_, At>(18)?.0 }
        }
        "unknown" => Standing::Unknown { attempt: Attempt(row.get(17)?) },
        "accepted" => Standing::Accepted(Receipt {
            artist: row.get(22)?,
            track: row.get(23)?,
            album: row.get(24)?,
            album_artist: row.get(25)?,
            proof: Proof::named(row.get_ref(21)?.as_str()?).ok_or_else(|| damaged(21, "proof"))?,
        }),
        "refused" => {
            let refusal = Refusal::named(row.get_ref(19)?.as_str()?, row.get(20)?);
            Standing::Refused(refusal.ok_or_else(|| damaged(19, "refusal"))?)
        }
        "cancelled" => Standing::Cancelled,
        _ => return Err(damaged(16, "standing")),
    };
    Ok(standing)
}

/// Where a play stands, as columns.
#[derive(Debug, Default)]
pub(super) struct Stands<'a> {
    pub(super) standing: &'static str,
    pub(super) attempt: Option<i64>,
    pub(super) lease_until: Option<At>,
    pub(super) refusal: Option<String>,
    pub(super) refusal_message: Option<&'a str>,
    pub(super) proof: Option<&'static str>,
    pub(super) accepted_as: [Option<&'a str>; 4],
}

impl<'a> Stands<'a> {
    pub(super) fn of(standing: &'a Standing) -> Result<Self, Failure> {
        let named = |standing| Self { standing, ..Self::default() };
        Ok(match standing {
            Standing::Waiting => named("waiting"),
            Standing::Paused => named("paused"),
            Standing::Sending { attempt, until } => {
                Self { attempt: Some(attempt.0), lease_until: Some(At(*until)), ..named("sending") }
            }
            Standing::Unknown { attempt } => Self { attempt: Some(attempt.0), ..named("unknown") },
            Standing::Accepted(receipt) => {
                let Receipt { artist, track, album, album_artist, proof } = receipt;
                Self {
                    proof: Some(proof.name()),
                    accepted_as: [artist, track, album, album_artist].map(Option::as_deref),
                    ..named("accepted")
                }
            }
            Standing::Refused(refusal) => Self {
                refusal: Some(refusal.name()),
                refusal_message: refusal.message(),
                ..named("refused")
            },
            Standing::Cancelled => named("cancelled"),
            // A newer core has one more, for which there are no columns.
            _ => return Err(StoreErrorKind::Failed.into()),
        })
    }
}

/// The state of this name in a column.
pub(super) fn state(row: &Row<'_>, column: usize) -> rusqlite::Result<State> {
    State::named(row.get_ref(column)?.as_str()?).ok_or_else(|| damaged(column, "state"))
}

/// A column that holds what nobody wrote there.
pub(super) fn damaged(column: usize, name: &str) -> Error {
    Error::InvalidColumnType(column, name.to_owned(), Type::Text)
}
