//! Taking a part of a copy of an archive.

use futures_util::try_join;
use lastfm_core::archive::rows::Tally;
use lastfm_core::archive::{
    Coverage, Part, RemovedPlay, Rest, Revision, Span, StoreErrorKind, StoredPlay, UserId,
};
use lastfm_core::{Play, Timestamp};
use tokio_postgres::types::Type;

use super::replace::{ADD_REMOVED, TAKE, TAKE_REMOVED};
use super::users::{self, Kept};
use super::{books, coverage, get};
use crate::error::Failure;
use crate::transaction::Transaction;
use crate::variants::{Learnt, Variants};

pub(crate) async fn restore(
    transaction: &Transaction,
    variants: &Variants,
    user: UserId,
    part: &Part,
) -> Result<Learnt, Failure> {
    let (kept, covered) =
        try_join!(users::lock(transaction, user), coverage::all(transaction, user))?;
    if kept.revision != Revision::default() || !covered.covered().is_empty() {
        return Err(StoreErrorKind::Occupied.into());
    }
    match part {
        Part::Plays { held, removed } => {
            restore_plays(transaction, variants, user, held, removed, kept).await
        }
        Part::Rest(rest) => {
            restore_rest(transaction, user, rest, kept).await.map(|()| Learnt::default())
        }
    }
}

const HOLD: &str = "
    INSERT INTO play (user_id, played_at, ordinal, variant_id, doubted_at)
    SELECT $1, new.* FROM unnest($2, $3, $4, $5) AS new";

async fn restore_plays(
    transaction: &Transaction,
    variants: &Variants,
    user: UserId,
    held: &[StoredPlay],
    removed: &[RemovedPlay],
    mut kept: Kept,
) -> Result<Learnt, Failure> {
    let places = held.iter().map(|stored| (stored.place, &stored.play));
    let places = places.chain(removed.iter().map(|removed| (removed.place, &removed.play)));
    let (places, plays): (Vec<_>, Vec<&Play>) = places.unzip();
    if places.iter().zip(&plays).any(|(place, play)| place.at != play.played_at()) {
        return Err(StoreErrorKind::OutsideSpan.into());
    }
    let seconds = || places.iter().map(|place| place.at);
    let Some((first, last)) = seconds().min().zip(seconds().max()) else {
        return Ok(Learnt::default());
    };
    // Both ends are included: the last second there is has none after it.
    let ends = (first.as_unix(), last.as_unix());
    let plays: Vec<Play> = plays.into_iter().cloned().collect();
    let (before, recalled) = try_join!(
        counted(transaction, user, ends),
        variants.recall(user, &plays).confirmed(transaction, user)
    )?;
    let found = recalled.find(transaction, user, &plays, &mut kept).await?;

    let played_at: Vec<i64> = seconds().map(Timestamp::as_unix).collect();
    let ordinal: Vec<i64> = places.iter().map(|place| place.ordinal).collect();
    let variant_id: Vec<i64> = found.seen.iter().map(|variant| variant.id).collect();
    let doubted_at: Vec<Option<i64>> =
        held.iter().map(|stored| stored.doubted_at.map(Timestamp::as_unix)).collect();
    let removed_at: Vec<i64> = removed.iter().map(|play| play.removed_at.as_unix()).collect();
    let edited: Vec<bool> = removed.iter().map(|play| play.edited).collect();
    let part = |range: std::ops::Range<usize>| {
        (&played_at[range.clone()], &ordinal[range.clone()], &variant_id[range])
    };
    let (held_at, held_ordinal, held_variant) = part(0..held.len());
    let (gone_at, gone_ordinal, gone_variant) = part(held.len()..places.len());
    let all = [
        (&user.0 as _, Type::INT8),
        (&played_at as _, Type::INT8_ARRAY),
        (&ordinal as _, Type::INT8_ARRAY),
    ];
    let new_held = [
        (&user.0 as _, Type::INT8),
        (&held_at as _, Type::INT8_ARRAY),
        (&held_ordinal as _, Type::INT8_ARRAY),
        (&held_variant as _, Type::INT8_ARRAY),
        (&doubted_at as _, Type::INT8_ARRAY),
    ];
    let new_removed = [
        (&user.0 as _, Type::INT8),
        (&gone_at as _, Type::INT8_ARRAY),
        (&gone_ordinal as _, Type::INT8_ARRAY),
        (&gone_variant as _, Type::INT8_ARRAY),
        (&removed_at as _, Type::INT8_ARRAY),
        (&edited as _, Type::BOOL_ARRAY),
    ];
    let (_, _, (), _, _, after) = try_join!(
        transaction.execute(TAKE, &all),
        transaction.execute(TAKE_REMOVED, &all),
        found.write(transaction, user),
        transaction.execute(HOLD, &new_held),
        transaction.execute(ADD_REMOVED, &new_removed),
        counted(transaction, user, ends),
    )?;
    kept.tally.plays += after.plays - before.plays;
    kept.tally.doubted += after.doubted - before.doubted;
    kept.tally.removed += after.removed - before.removed;
    users::keep(transaction, user, &kept).await?;
    Ok(found.learnt)
}

const COUNTED: &str = "
    SELECT
        (SELECT count(*) FROM play
            WHERE user_id = $1 AND played_at >= $2 AND played_at <= $3),
        (SELECT count(*) FROM play
            WHERE user_id = $1 AND played_at >= $2 AND played_at <= $3 AND doubted_at IS NOT NULL),
        (SELECT count(*) FROM removed_play
            WHERE user_id = $1 AND played_at >= $2 AND played_at <= $3 AND NOT edited)";

/// What stands between two seconds, both included.
async fn counted(
    transaction: &Transaction,
    user: UserId,
    (first, last): (i64, i64),
) -> Result<Tally, Failure> {
    let values = [(&user.0 as _, Type::INT8), (&first as _, Type::INT8), (&last as _, Type::INT8)];
    let row = transaction.row(COUNTED, &values).await?.ok_or(StoreErrorKind::Failed)?;
    Ok(Tally { plays: get(&row, 0)?, doubted: get(&row, 1)?, removed: get(&row, 2)? })
}

async fn restore_rest(
    transaction: &Transaction,
    user: UserId,
    rest: &Rest,
    kept: Kept,
) -> Result<(), Failure> {
    let kept = Kept { revision: rest.revision, ..kept };
    let holes = coverage::holes(transaction, user, Span::EVER).await?;
    let (nothing, covered) = (Coverage::default(), Coverage::new(rest.coverage.clone()));
    try_join!(
        users::keep(transaction, user, &kept),
        coverage::write(transaction, user, &nothing, &covered),
        coverage::set_holes(transaction, user, &holes, &rest.holes),
        books::write(transaction, user, &rest.book),
    )?;
    Ok(())
}
