//! Puts a play where it stands from now on, and writes down that it does.

use lastfm_core::Timestamp;
use lastfm_core::scrobble::QueuedPlay;
use rusqlite::params;

use super::accounts::Open;
use super::rows::Stands;
use crate::error::Failure;
use crate::statements::At;

const STAND: &str = "
    UPDATE queued_play
    SET due_at = ?3, attempt_count = ?4, since = ?5, reason = ?6, standing = ?7, attempt = ?8,
        lease_until = ?9, refusal = ?10, refusal_message = ?11, proof = ?12, accepted_artist = ?13,
        accepted_track = ?14, accepted_album = ?15, accepted_album_artist = ?16, last_step = ?17
    WHERE account_id = ?1 AND id = ?2";

/// Keeps where a play stands, with everything else that was changed of it.
pub(super) fn stand(
    account: &mut Open<'_>,
    play: &QueuedPlay,
    at: Timestamp,
) -> Result<(), Failure> {
    let last_step = step(account, play, at)?;
    let stands = Stands::of(&play.standing)?;
    let [artist, track, album, album_artist] = stands.accepted_as;
    account.db.prepare_cached(STAND)?.execute(params![
        account.id,
        play.id.0,
        At(play.due_at),
        play.attempt_count,
        At(play.since),
        play.reason,
        stands.standing,
        stands.attempt,
        stands.lease_until,
        stands.refusal,
        stands.refusal_message,
        stands.proof,
        artist,
        track,
        album,
        album_artist,
        last_step
    ])?;
    Ok(())
}

const STEP: &str = "
    INSERT INTO queue_step (account_id, id, play_id, at, state, reason, before)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6,
        (SELECT last_step FROM queued_play WHERE account_id = ?1 AND id = ?3))";

/// Writes down where a play stands from now on: a step after its last one, to be kept as the last
/// one in the row of the play.
pub(super) fn step(
    account: &mut Open<'_>,
    play: &QueuedPlay,
    at: Timestamp,
) -> Result<i64, Failure> {
    let (id, state) = (account.next_step(), play.state(at).name());
    let values = params![account.id, id, play.id.0, At(at), state, play.reason];
    account.db.prepare_cached(STEP)?.execute(values)?;
    Ok(id)
}
