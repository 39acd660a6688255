//! Adds plays to the queue, one by one or as a job.

use lastfm_core::scrobble::{
    Account, AddedJob, Enqueued, JobId, NewJob, PlayId, QueuedPlay, Repeats, Submission,
};
use lastfm_core::{Mbid, NewPlay, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::accounts::Open;
use super::rows::Stands;
use super::stand::step;
use crate::error::Failure;
use crate::statements::At;

pub(crate) fn enqueue(
    db: &Connection,
    account: &Account,
    plays: Vec<Submission>,
    repeats: Repeats,
    at: Timestamp,
) -> Result<Vec<Enqueued>, Failure> {
    let mut account = Open::of(db, account)?;
    let added = plays.into_iter().map(|new| add_new(&mut account, new, None, repeats, at));
    let added = added.collect::<Result<_, _>>()?;
    account.keep()?;
    Ok(added)
}

const FIND_JOB: &str = "SELECT id FROM queue_job WHERE account_id = ?1 AND key = ?2";

const ADD_JOB: &str = "
    INSERT INTO queue_job (account_id, id, key, title, added_at) VALUES (?1, ?2, ?3, ?4, ?5)";

pub(crate) fn add_job(
    db: &Connection,
    account: &Account,
    job: NewJob,
    at: Timestamp,
) -> Result<AddedJob, Failure> {
    let mut account = Open::of(db, account)?;
    let key = params![account.id, job.key];
    let found = db.prepare_cached(FIND_JOB)?.query_row(key, |row| row.get(0)).optional()?;
    if let Some(id) = found {
        return Ok(AddedJob::Exists(JobId(id)));
    }
    let id = account.next_job();
    db.prepare_cached(ADD_JOB)?.execute(params![account.id, id, job.key, job.title, At(at)])?;
    for new in job.plays {
        add_new(&mut account, new, Some(JobId(id)), Repeats::Shift, at)?;
    }
    account.keep()?;
    Ok(AddedJob::Added(JobId(id)))
}

fn add_new(
    account: &mut Open<'_>,
    mut new: Submission,
    job: Option<JobId>,
    repeats: Repeats,
    at: Timestamp,
) -> Result<Enqueued, Failure> {
    let identity = QueuedPlay::identity(&new.play);
    while let Some(id) = same(account, &new.play, &identity)? {
        let Some(next) = repeats.moved(new.play.played_at) else {
            return Ok(Enqueued::Repeats(id));
        };
        new.play.played_at = next;
    }
    add(account, new, &identity, job, at).map(Enqueued::Added)
}

pub(super) const SAME: &str = "
    SELECT id FROM queued_play
    WHERE account_id = ?1 AND played_at = ?2 AND folded_artist = ?3 AND folded_track = ?4";

/// The play that this one is or would be a repeat of. A cancelled one is none.
pub(super) fn same(
    account: &Open<'_>,
    play: &NewPlay,
    (artist, track): &(String, String),
) -> Result<Option<PlayId>, Failure> {
    let mut statement = account.db.prepare_cached(SAME)?;
    let values = params![account.id, At(play.played_at), artist, track];
    Ok(statement.query_row(values, |row| row.get(0).map(PlayId)).optional()?)
}

const ADD: &str = "
    INSERT INTO queued_play (
        account_id, id, job_id, played_at, artist, track, album, album_artist, track_number, mbid,
        duration_ms, chosen_by_user, folded_artist, folded_track, queued_at, due_at, standing,
        since, reason, refusal, refusal_message, last_step)
    VALUES (
        ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?15, ?18, ?19,
        ?20, ?21)";

fn add(
    account: &mut Open<'_>,
    new: Submission,
    (folded_artist, folded_track): &(String, String),
    job: Option<JobId>,
    at: Timestamp,
) -> Result<PlayId, Failure> {
    let play = QueuedPlay::new(PlayId(account.next_play()), new, job, at);
    let stands = Stands::of(&play.standing)?;
    let NewPlay { track, played_at, chosen_by_user, .. } = &play.play;
    let duration = track.duration.map(|long| i64::try_from(long.as_millis()).unwrap_or(i64::MAX));
    let step = step(account, &play, at)?;
    account.db.prepare_cached(ADD)?.execute(params![
        account.id,
        play.id.0,
        job.map(|job| job.0),
        At(*played_at),
        track.artist,
        track.name,
        track.album,
        track.album_artist,
        track.track_number,
        track.mbid.as_ref().map(Mbid::as_str),
        duration,
        chosen_by_user,
        folded_artist,
        folded_track,
        At(at),
        At(play.due_at),
        stands.standing,
        play.reason,
        stands.refusal,
        stands.refusal_message,
        step
    ])?;
    Ok(play.id)
}
