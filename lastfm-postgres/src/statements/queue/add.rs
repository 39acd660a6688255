//! Adds plays to the queue, one by one or as a job.

use std::collections::{BTreeMap, HashMap};

use lastfm_core::archive::StoreErrorKind;
use lastfm_core::scrobble::{
    Account, AddedJob, Enqueued, JobId, NewJob, PlayId, QueuedPlay, Repeats, Submission,
};
use lastfm_core::{NewPlay, Timestamp};
use tokio_postgres::types::Type;

use super::accounts::Open;
use super::rows::identity;
use super::stand::stand;
use crate::error::Failure;
use crate::statements::At;
use crate::statements::text::{Hash, Text, hash};
use crate::transaction::{Transaction, Value};

pub(crate) async fn enqueue(
    transaction: &Transaction,
    account: &Account,
    plays: &[Submission],
    repeats: Repeats,
    at: Timestamp,
) -> Result<Vec<Enqueued>, Failure> {
    let mut account = Open::of(transaction, account).await?;
    let added = add_all(&mut account, plays, None, repeats, at).await?;
    account.keep().await?;
    Ok(added)
}

const FIND_JOB: &str = "SELECT id FROM queue_job WHERE account_id = $1 AND key_hash = $2";

const ADD_JOB: &str = "
    INSERT INTO queue_job (account_id, id, key, key_hash, title, added_at)
    VALUES ($1, $2, $3, $4, $5, $6)";

pub(crate) async fn add_job(
    transaction: &Transaction,
    account: &Account,
    job: &NewJob,
    at: Timestamp,
) -> Result<AddedJob, Failure> {
    let mut account = Open::of(transaction, account).await?;
    let key_hash = hash(&[&job.key]);
    let key: [Value<'_>; 2] = [(&account.id, Type::INT8), (&&key_hash[..], Type::BYTEA)];
    if let Some(found) = transaction.row(FIND_JOB, &key).await? {
        return Ok(AddedJob::Exists(JobId(found.try_get(0)?)));
    }
    let id = account.next_job();
    let values: [Value<'_>; 6] = [
        (&account.id, Type::INT8),
        (&id, Type::INT8),
        (&Text(&job.key), Type::TEXT),
        (&&key_hash[..], Type::BYTEA),
        (&Text(&job.title), Type::TEXT),
        (&At(at), Type::INT8),
    ];
    transaction.execute(ADD_JOB, &values).await?;
    add_all(&mut account, &job.plays, Some(JobId(id)), Repeats::Shift, at).await?;
    account.keep().await?;
    Ok(AddedJob::Added(JobId(id)))
}

async fn add_all(
    account: &mut Open<'_>,
    plays: &[Submission],
    job: Option<JobId>,
    repeats: Repeats,
    at: Timestamp,
) -> Result<Vec<Enqueued>, Failure> {
    let identities: Vec<Hash> = plays.iter().map(|new| identity(&new.play)).collect();
    let mut seconds = Seconds::default();
    let placed = loop {
        let (placed, unknown) = seconds.place(account.last_play(), plays, &identities, repeats);
        if unknown.is_empty() {
            break placed;
        }
        seconds.ask(account, unknown).await?;
    };
    for (new, (enqueued, second)) in plays.iter().zip(&placed) {
        if let Enqueued::Added(_) = enqueued {
            let mut new = new.clone();
            new.play.played_at = *second;
            let id = PlayId(account.next_play());
            stand(account, QueuedPlay::new(id, new, job, at), at);
        }
    }
    Ok(placed.into_iter().map(|(enqueued, _)| enqueued).collect())
}

/// A track in a second.
type Place = (Hash, Timestamp);

/// In which seconds which tracks were played, as far as somebody asked.
#[derive(Debug, Default)]
struct Seconds {
    plays: HashMap<Place, PlayId>,
    /// From the first second that was asked for to the last one.
    asked: HashMap<Place, Timestamp>,
}

impl Seconds {
    /// Finds the second of each play, where the last number that was given is this one; and of
    /// which tracks, from which second on, more has to be known first.
    fn place(
        &self,
        mut last: i64,
        plays: &[Submission],
        identities: &[Hash],
        repeats: Repeats,
    ) -> (Vec<(Enqueued, Timestamp)>, BTreeMap<Place, Timestamp>) {
        let mut taken = self.plays.clone();
        let mut unknown = BTreeMap::new();
        let mut placed = Vec::with_capacity(plays.len());
        for (new, identity) in plays.iter().zip(identities) {
            let first = (*identity, new.play.played_at);
            let known = self.asked.get(&first);
            let mut second = new.play.played_at;
            let enqueued = loop {
                if known.is_none_or(|last| second > *last) {
                    unknown.insert(first, second);
                }
                let Some(there) = taken.get(&(*identity, second)) else {
                    last += 1;
                    taken.insert((*identity, second), PlayId(last));
                    break Enqueued::Added(PlayId(last));
                };
                let Some(next) = repeats.moved(second) else { break Enqueued::Repeats(*there) };
                second = next;
            };
            placed.push((enqueued, second));
        }
        (placed, unknown)
    }

    /// Asks for these tracks, up to these seconds and then some, the more the oftener.
    async fn ask(
        &mut self,
        account: &Open<'_>,
        unknown: BTreeMap<Place, Timestamp>,
    ) -> Result<(), Failure> {
        let (mut from, mut to, mut identities) = (Vec::new(), Vec::new(), Vec::new());
        for ((identity, first), wanted) in unknown {
            let length = wanted.as_unix().saturating_sub(first.as_unix());
            let last = first.plus(length.saturating_mul(4));
            let known = self.asked.insert((identity, first), last);
            from.push(known.map_or(first, |known| known.plus(1)));
            to.push(last);
            identities.push(identity);
        }
        for (place, id) in same(account, &from, &to, &identities).await? {
            self.plays.insert(place, id);
        }
        Ok(())
    }
}

pub(super) const SAME: &str = "
    SELECT play.identity, play.played_at, play.id
    FROM unnest($2::bigint[], $3::bigint[], $4::bytea[]) AS asked (first, last, identity)
    JOIN queued_play AS play ON play.account_id = $1
        AND play.played_at BETWEEN asked.first AND asked.last AND play.identity = asked.identity";

/// Which plays there are of these tracks, from these seconds to those. Cancelled ones are none.
async fn same(
    account: &Open<'_>,
    from: &[Timestamp],
    to: &[Timestamp],
    identities: &[Hash],
) -> Result<Vec<(Place, PlayId)>, Failure> {
    let [from, to] = [from, to].map(|all| all.iter().copied().map(At).collect::<Vec<_>>());
    let identities: Vec<&[u8]> = identities.iter().map(|hash| &hash[..]).collect();
    let values: [Value<'_>; 4] = [
        (&account.id, Type::INT8),
        (&from, Type::INT8_ARRAY),
        (&to, Type::INT8_ARRAY),
        (&identities, Type::BYTEA_ARRAY),
    ];
    let rows = account.transaction.query(SAME, &values).await?;
    let plays = rows.iter().map(|row| {
        let identity = row.try_get::<_, &[u8]>(0)?.try_into();
        let identity = identity.map_err(|_| StoreErrorKind::Corrupt)?;
        Ok(((identity, row.try_get::<_, At>(1)?.0), PlayId(row.try_get(2)?)))
    });
    plays.collect()
}

/// Whether there is a play of which this one is or would be a repeat. A cancelled one is none.
pub(super) async fn is_there(account: &Open<'_>, play: &NewPlay) -> Result<bool, Failure> {
    let second = [play.played_at];
    Ok(!same(account, &second, &second, &[identity(play)]).await?.is_empty())
}
