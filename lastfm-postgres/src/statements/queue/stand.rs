//! Keeps where plays stand from now on, and writes down that they do.

use std::collections::BTreeMap;

use lastfm_core::scrobble::{PlayId, QueuedPlay, Standing, State};
use lastfm_core::{Mbid, Timestamp};
use tokio_postgres::types::Type;

use super::accounts::Open;
use super::rows::{Stands, identity};
use crate::error::Failure;
use crate::statements::At;
use crate::statements::text::Text;
use crate::transaction::Value;

/// A step that is to be written.
#[derive(Debug)]
pub(super) struct NewStep {
    id: i64,
    play: PlayId,
    at: Timestamp,
    state: State,
    reason: Option<String>,
}

/// Keeps a play as it is now, new or changed, with a step that says where it stands.
pub(super) fn stand(account: &mut Open<'_>, play: QueuedPlay, at: Timestamp) {
    let (id, reason) = (account.next_step(), play.reason.clone());
    account.steps.push(NewStep { id, play: play.id, at, state: play.state(at), reason });
    account.plays.insert(play.id, (play, id));
}

/// The step before is the one before it here, or else the last one of the play as it was.
pub(super) const STEPS: &str = "
    INSERT INTO queue_step (account_id, id, play_id, at, state, reason, before)
    SELECT $1, step.id, step.play_id, step.at, step.state, step.reason,
        coalesce(lag(step.id) OVER (PARTITION BY step.play_id ORDER BY step.id), play.last_step)
    FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::text[])
        AS step (id, play_id, at, state, reason)
    LEFT JOIN queued_play AS play ON play.account_id = $1 AND play.id = step.play_id";

pub(super) async fn write_steps(account: &Open<'_>, steps: &[NewStep]) -> Result<(), Failure> {
    if steps.is_empty() {
        return Ok(());
    }
    let id: Vec<_> = steps.iter().map(|step| step.id).collect();
    let play: Vec<_> = steps.iter().map(|step| step.play.0).collect();
    let at: Vec<_> = steps.iter().map(|step| At(step.at)).collect();
    let state: Vec<_> = steps.iter().map(|step| step.state.name()).collect();
    let reason: Vec<_> = steps.iter().map(|step| step.reason.as_ref().map(Text)).collect();
    let values: [Value<'_>; 6] = [
        (&account.id, Type::INT8),
        (&id, Type::INT8_ARRAY),
        (&play, Type::INT8_ARRAY),
        (&at, Type::INT8_ARRAY),
        (&state, Type::TEXT_ARRAY),
        (&reason, Type::TEXT_ARRAY),
    ];
    account.transaction.execute(STEPS, &values).await?;
    Ok(())
}

/// What is sent never changes.
const PLAYS: &str = "
    INSERT INTO queued_play AS play (
        account_id, id, job_id, played_at, artist, track, album, album_artist, track_number, mbid,
        duration_ms, chosen_by_user, queued_at, identity, due_at, attempt_count, last_step,
        standing, since, reason, attempt, lease_until, refusal, refusal_message, proof,
        accepted_artist, accepted_track, accepted_album, accepted_album_artist)
    SELECT $1, * FROM unnest(
        $2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[],
        $9::bigint[], $10::text[], $11::bigint[], $12::boolean[], $13::bigint[], $14::bytea[],
        $15::bigint[], $16::bigint[], $17::bigint[], $18::text[], $19::bigint[], $20::text[],
        $21::bigint[], $22::bigint[], $23::text[], $24::text[], $25::text[], $26::text[],
        $27::text[], $28::text[], $29::text[])
    ON CONFLICT (account_id, id) DO UPDATE
    SET identity = excluded.identity, due_at = excluded.due_at,
        attempt_count = excluded.attempt_count, last_step = excluded.last_step,
        standing = excluded.standing, since = excluded.since, reason = excluded.reason,
        attempt = excluded.attempt, lease_until = excluded.lease_until,
        refusal = excluded.refusal, refusal_message = excluded.refusal_message,
        proof = excluded.proof, accepted_artist = excluded.accepted_artist,
        accepted_track = excluded.accepted_track, accepted_album = excluded.accepted_album,
        accepted_album_artist = excluded.accepted_album_artist";

pub(super) async fn write_plays(
    account: &Open<'_>,
    plays: &BTreeMap<PlayId, (QueuedPlay, i64)>,
) -> Result<(), Failure> {
    if plays.is_empty() {
        return Ok(());
    }
    let mut columns = Columns::default();
    for (play, last_step) in plays.values() {
        columns.add(play, *last_step)?;
    }
    account.transaction.execute(PLAYS, &columns.values(&account.id)).await?;
    Ok(())
}

/// Plays by column.
#[derive(Debug, Default)]
struct Columns<'a> {
    id: Vec<i64>,
    job: Vec<Option<i64>>,
    played_at: Vec<At>,
    names: [Vec<Option<Text<&'a str>>>; 4],
    track_number: Vec<Option<i64>>,
    mbid: Vec<Option<Text<&'a str>>>,
    duration: Vec<Option<i64>>,
    chosen_by_user: Vec<bool>,
    queued_at: Vec<At>,
    identity: Vec<Option<Vec<u8>>>,
    due_at: Vec<At>,
    attempt_count: Vec<i64>,
    last_step: Vec<i64>,
    standing: Vec<&'static str>,
    since: Vec<At>,
    reason: Vec<Option<Text<&'a str>>>,
    attempt: Vec<Option<i64>>,
    lease_until: Vec<Option<At>>,
    refusal: Vec<Option<String>>,
    refusal_message: Vec<Option<Text<&'a str>>>,
    proof: Vec<Option<&'static str>>,
    accepted_as: [Vec<Option<Text<&'a str>>>; 4],
}

impl<'a> Columns<'a> {
    fn add(&mut self, play: &'a QueuedPlay, last_step: i64) -> Result<(), Failure> {
        let track = &play.play.track;
        let names = [Some(&track.artist), Some(&track.name)];
        let names = [names[0], names[1], track.album.as_ref(), track.album_artist.as_ref()];
        let duration =
            track.duration.map(|long| i64::try_from(long.as_millis()).unwrap_or(i64::MAX));
        let is_identified = play.standing != Standing::Cancelled;
        self.id.push(play.id.0);
        self.job.push(play.job.map(|job| job.0));
        self.played_at.push(At(play.play.played_at));
        for (column, name) in self.names.iter_mut().zip(names) {
            column.push(name.map(|name| Text(name.as_str())));
        }
        self.track_number.push(track.track_number.map(i64::from));
        self.mbid.push(track.mbid.as_ref().map(Mbid::as_str).map(Text));
        self.duration.push(duration);
        self.chosen_by_user.push(play.play.chosen_by_user);
        self.queued_at.push(At(play.queued_at));
        self.identity.push(is_identified.then(|| identity(&play.play).to_vec()));
        self.due_at.push(At(play.due_at));
        self.attempt_count.push(play.attempt_count.into());
        self.last_step.push(last_step);
        self.since.push(At(play.since));
        self.reason.push(play.reason.as_deref().map(Text));
        let stands = Stands::of(&play.standing)?;
        self.standing.push(stands.standing);
        self.attempt.push(stands.attempt);
        self.lease_until.push(stands.lease_until);
        self.refusal.push(stands.refusal);
        self.refusal_message.push(stands.refusal_message.map(Text));
        self.proof.push(stands.proof);
        for (column, name) in self.accepted_as.iter_mut().zip(stands.accepted_as) {
            column.push(name.map(Text));
        }
        Ok(())
    }

    /// As [`PLAYS`] names them.
    fn values<'v>(&'v self, account: &'v i64) -> [Value<'v>; 29] {
        let [artist, track, album, album_artist] = &self.names;
        let [accepted_artist, accepted_track, accepted_album, accepted_album_artist] =
            &self.accepted_as;
        [
            (account, Type::INT8),
            (&self.id, Type::INT8_ARRAY),
            (&self.job, Type::INT8_ARRAY),
            (&self.played_at, Type::INT8_ARRAY),
            (artist, Type::TEXT_ARRAY),
            (track, Type::TEXT_ARRAY),
            (album, Type::TEXT_ARRAY),
            (album_artist, Type::TEXT_ARRAY),
            (&self.track_number, Type::INT8_ARRAY),
            (&self.mbid, Type::TEXT_ARRAY),
            (&self.duration, Type::INT8_ARRAY),
            (&self.chosen_by_user, Type::BOOL_ARRAY),
            (&self.queued_at, Type::INT8_ARRAY),
            (&self.identity, Type::BYTEA_ARRAY),
            (&self.due_at, Type::INT8_ARRAY),
            (&self.attempt_count, Type::INT8_ARRAY),
            (&self.last_step, Type::INT8_ARRAY),
            (&self.standing, Type::TEXT_ARRAY),
            (&self.since, Type::INT8_ARRAY),
            (&self.reason, Type::TEXT_ARRAY),
            (&self.attempt, Type::INT8_ARRAY),
            (&self.lease_until, Type::INT8_ARRAY),
            (&self.refusal, Type::TEXT_ARRAY),
            (&self.refusal_message, Type::TEXT_ARRAY),
            (&self.proof, Type::TEXT_ARRAY),
            (accepted_artist, Type::TEXT_ARRAY),
            (accepted_track, Type::TEXT_ARRAY),
            (accepted_album, Type::TEXT_ARRAY),
            (accepted_album_artist, Type::TEXT_ARRAY),
        ]
    }
}
