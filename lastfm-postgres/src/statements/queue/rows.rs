//! A play of the queue as a row, and a row as a play.

use std::time::Duration;

use lastfm_core::archive::StoreErrorKind;
use lastfm_core::scrobble::{
    Attempt, JobId, PlayId, Proof, QueuedPlay, Receipt, Refusal, Standing, State,
};
use lastfm_core::{Mbid, NewPlay, PlayerTrack};
use tokio_postgres::Row;

use crate::error::Failure;
use crate::statements::text::{Hash, hash, maybe_text, text};
use crate::statements::{At, at};

/// What [`play`] reads, in its order.
pub(super) const COLUMNS: &str = "
    id, played_at, artist, track, album, album_artist, track_number, mbid, duration_ms,
    chosen_by_user, job_id, queued_at, due_at, attempt_count, since, reason,
    standing, attempt, lease_until, refusal, refusal_message,
    proof, accepted_artist, accepted_track, accepted_album, accepted_album_artist";

/// The play of a row that begins with [`COLUMNS`].
pub(super) fn play(row: &Row) -> Result<QueuedPlay, Failure> {
    let at = |column| at(row, column);
    let small = |number: i64| u32::try_from(number).map_err(|_| StoreErrorKind::Corrupt);
    let mut track = PlayerTrack::new(text(row, 2)?, text(row, 3)?);
    track.album = maybe_text(row, 4)?;
    track.album_artist = maybe_text(row, 5)?;
    track.track_number = row.try_get::<_, Option<i64>>(6)?.map(small).transpose()?;
    track.mbid = maybe_text(row, 7)?.and_then(|mbid| Mbid::new(&mbid));
    let duration: Option<i64> = row.try_get(8)?;
    track.duration = duration.map(|ms| Duration::from_millis(ms.unsigned_abs()));
    Ok(QueuedPlay {
        id: PlayId(row.try_get(0)?),
        play: NewPlay::new(track, at(1)?).chosen_by_user(row.try_get(9)?),
        job: row.try_get::<_, Option<i64>>(10)?.map(JobId),
        queued_at: at(11)?,
        due_at: at(12)?,
        attempt_count: small(row.try_get(13)?)?,
        since: at(14)?,
        reason: maybe_text(row, 15)?,
        standing: standing(row)?,
    })
}

fn standing(row: &Row) -> Result<Standing, Failure> {
    let attempt = || row.try_get(17).map(Attempt);
    let standing = match row.try_get(16)? {
        "waiting" => Standing::Waiting,
        "paused" => Standing::Paused,
        "sending" => Standing::Sending { attempt: attempt()?, until: at(row, 18)? },
        "unknown" => Standing::Unknown { attempt: attempt()? },
        "accepted" => Standing::Accepted(Receipt {
            artist: maybe_text(row, 22)?,
            track: maybe_text(row, 23)?,
            album: maybe_text(row, 24)?,
            album_artist: maybe_text(row, 25)?,
            proof: Proof::named(row.try_get(21)?).ok_or(StoreErrorKind::Corrupt)?,
        }),
        "refused" => {
            let refusal = Refusal::named(row.try_get(19)?, maybe_text(row, 20)?);
            Standing::Refused(refusal.ok_or(StoreErrorKind::Corrupt)?)
        }
        "cancelled" => Standing::Cancelled,
        _ => return Err(StoreErrorKind::Corrupt.into()),
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

/// By what repeats of a play are found.
pub(super) fn identity(play: &NewPlay) -> Hash {
    let (artist, track) = QueuedPlay::identity(play);
    hash(&[&artist, &track])
}

/// The state of this name in a column.
pub(super) fn state(row: &Row, column: usize) -> Result<State, Failure> {
    Ok(State::named(row.try_get(column)?).ok_or(StoreErrorKind::Corrupt)?)
}
