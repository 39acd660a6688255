//! Makes the archive hold exactly what was seen: loads what the span holds, asks
//! [`Rewrite`] what has to change, and writes that, in few round trips.

use futures_util::try_join;
use lastfm_core::Play;
use lastfm_core::archive::rows::{Rewrite, Row, Write};
use lastfm_core::archive::{
    Coverage, Hole, Observation, Place, Replaced, Revision, Span, Standing, StoreErrorKind, UserId,
};
use tokio_postgres::types::Type;

use super::{at, coverage, get, songs, users};
use crate::error::Failure;
use crate::transaction::{Transaction, Value};
use crate::variants::{Learnt, Variants};

pub(crate) async fn replace(
    transaction: &Transaction,
    variants: &Variants,
    user: UserId,
    span: Span,
    plays: &[Play],
    observation: Observation,
) -> Result<(Replaced, Learnt), Failure> {
    // Sent together, and answered in this order: what is read is read under the lock.
    let (mut kept, before, closed, rows, recalled) = try_join!(
        users::lock(transaction, user),
        coverage::touching(transaction, user, span),
        coverage::holes(transaction, user, span),
        rows(transaction, user, span),
        variants.recall(user, plays).confirmed(transaction, user),
    )?;
    if plays.iter().any(|play| !span.contains(play.played_at())) {
        return Err(StoreErrorKind::OutsideSpan.into());
    }
    if before.changed_since(span, observation.revision) {
        return Err(StoreErrorKind::Stale.into());
    }
    if span.is_empty() {
        return Ok((Replaced::default(), Learnt::default()));
    }

    let found = recalled.find(transaction, user, plays, &mut kept).await?;
    let unseen = Rewrite::unseen(&rows, &found.seen);
    let unseen = songs::of(transaction, user, &unseen).await?;
    let rewrite = Rewrite::new(rows, plays, &found.seen, &unseen, kept.tally, observation);

    kept.revision = Revision(kept.revision.0 + 1);
    kept.tally = rewrite.tally;
    let mut after = before.clone();
    let agreed = rewrite.replaced.doubted == 0;
    after.cover(span, observation.at, agreed, kept.revision);
    let open: Vec<Hole> = closed.iter().flat_map(|hole| hole.clone().without(span)).collect();
    try_join!(
        found.write(transaction, user),
        write(transaction, user, &rewrite.writes),
        users::keep(transaction, user, &kept),
        coverage::write(transaction, user, &before, &after),
        coverage::set_holes(transaction, user, &closed, &open),
    )?;
    if Coverage::is_merge_due(kept.revision) {
        coverage::merge_old(transaction, user, observation.at).await?;
    }
    Ok((rewrite.replaced, found.learnt))
}

const HELD: &str = "
    SELECT played_at, ordinal, variant_id, doubted_at IS NOT NULL FROM play
    WHERE user_id = $1 AND played_at >= $2 AND played_at < $3
    ORDER BY played_at, ordinal";

const REMOVED: &str = "
    SELECT played_at, ordinal, variant_id, edited FROM removed_play
    WHERE user_id = $1 AND played_at >= $2 AND played_at < $3
    ORDER BY played_at, ordinal";

/// What the span holds and held.
async fn rows(transaction: &Transaction, user: UserId, span: Span) -> Result<Vec<Row>, Failure> {
    let (start, end) = (span.start.as_unix(), span.end.as_unix());
    let values = [(&user.0 as _, Type::INT8), (&start as _, Type::INT8), (&end as _, Type::INT8)];
    let (held, removed) =
        try_join!(transaction.query(HELD, &values), transaction.query(REMOVED, &values))?;
    let held = held.iter().map(|row| row_of(row, false));
    held.chain(removed.iter().map(|row| row_of(row, true))).collect()
}

fn row_of(row: &tokio_postgres::Row, removed: bool) -> Result<Row, Failure> {
    let (ordinal, variant_id): (i32, i32) = (get(row, 1)?, get(row, 2)?);
    let flag: bool = get(row, 3)?;
    Ok(Row {
        place: Place { at: at(row, 0)?, ordinal: ordinal.into() },
        variant_id: variant_id.into(),
        standing: match (removed, flag) {
            (false, false) => Standing::Held,
            (false, true) => Standing::Doubted,
            (true, _) => Standing::Removed,
        },
        edited: removed && flag,
    })
}

const ADD: &str = "
    INSERT INTO play (user_id, played_at, ordinal, variant_id)
    SELECT $1, new.* FROM unnest($2, $3, $4) AS new";

const RETEXT: &str = "
    UPDATE play SET variant_id = new.variant_id
    FROM unnest($2, $3, $4) AS new (played_at, ordinal, variant_id)
    WHERE play.user_id = $1 AND play.played_at = new.played_at AND play.ordinal = new.ordinal";

const DOUBT: &str = "
    UPDATE play SET doubted_at = $4 FROM unnest($2, $3) AS new (played_at, ordinal)
    WHERE play.user_id = $1 AND play.played_at = new.played_at AND play.ordinal = new.ordinal";

pub(super) const TAKE: &str = "
    DELETE FROM play USING unnest($2, $3) AS gone (played_at, ordinal)
    WHERE play.user_id = $1 AND play.played_at = gone.played_at AND play.ordinal = gone.ordinal";

pub(super) const ADD_REMOVED: &str = "
    INSERT INTO removed_play (user_id, played_at, ordinal, variant_id, removed_at, edited)
    SELECT $1, new.* FROM unnest($2, $3, $4, $5, $6) AS new";

pub(super) const TAKE_REMOVED: &str = "
    DELETE FROM removed_play USING unnest($2, $3) AS gone (played_at, ordinal)
    WHERE removed_play.user_id = $1 AND removed_play.played_at = gone.played_at
        AND removed_play.ordinal = gone.ordinal";

/// Rows of one kind, column by column.
#[derive(Debug, Default)]
struct Columns {
    played_at: Vec<i64>,
    ordinal: Vec<i64>,
    variant_id: Vec<i64>,
    removed_at: Vec<i64>,
    edited: Vec<bool>,
}

impl Columns {
    fn push(&mut self, place: Place) -> &mut Self {
        self.played_at.push(place.at.as_unix());
        self.ordinal.push(place.ordinal);
        self
    }

    fn push_with(&mut self, place: Place, variant_id: i64) -> &mut Self {
        self.push(place).variant_id.push(variant_id);
        self
    }
}

/// Writes all rows of a kind at once: the taken ones first and the new ones last.
async fn write(transaction: &Transaction, user: UserId, writes: &[Write]) -> Result<(), Failure> {
    let [mut add, mut retext, mut doubt, mut trust, mut take, mut add_removed, mut take_removed] =
        <[Columns; 7]>::default();
    let mut doubted_at = None;
    // Newest first, as the index of places is kept: an import goes back in time, so that each of its
    // plays comes to the index's end, and pages fill.
    for write in writes.iter().rev() {
        match *write {
            Write::Add { place, variant_id } => add.push_with(place, variant_id),
            Write::Retext { place, variant_id } => retext.push_with(place, variant_id),
            Write::Doubt { place, since: None } => trust.push(place),
            Write::Doubt { place, since: Some(since) } => {
                doubted_at = Some(since.as_unix());
                doubt.push(place)
            }
            Write::Take { place } => take.push(place),
            Write::AddRemoved { place, variant_id, removed_at, edited } => {
                let row = add_removed.push_with(place, variant_id);
                row.removed_at.push(removed_at.as_unix());
                row.edited.push(edited);
                row
            }
            Write::TakeRemoved { place } => take_removed.push(place),
        };
    }
    let statement = async |sql: &str, columns: &Columns, more: Vec<Value<'_>>| {
        if columns.played_at.is_empty() {
            return Ok(());
        }
        let mut values: Vec<Value<'_>> = vec![
            (&user.0, Type::INT8),
            (&columns.played_at, Type::INT8_ARRAY),
            (&columns.ordinal, Type::INT8_ARRAY),
        ];
        values.extend(more);
        transaction.execute(sql, &values).await.map(drop)
    };
    try_join!(
        statement(TAKE_REMOVED, &take_removed, Vec::new()),
        statement(TAKE, &take, Vec::new()),
        statement(RETEXT, &retext, vec![(&retext.variant_id, Type::INT8_ARRAY)]),
        statement(DOUBT, &doubt, vec![(&doubted_at, Type::INT8)]),
        statement(DOUBT, &trust, vec![(&None::<i64>, Type::INT8)]),
        statement(ADD, &add, vec![(&add.variant_id, Type::INT8_ARRAY)]),
        statement(
            ADD_REMOVED,
            &add_removed,
            vec![
                (&add_removed.variant_id, Type::INT8_ARRAY),
                (&add_removed.removed_at, Type::INT8_ARRAY),
                (&add_removed.edited, Type::BOOL_ARRAY),
            ],
        ),
    )
    .map(drop)
}
