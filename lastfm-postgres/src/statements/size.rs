//! How much room everything takes.

use super::get;
use crate::error::Failure;
use crate::transaction::Transaction;

/// Those of archives, albums, queues and loved tracks, with their indexes.
const SIZE: &str = "
    SELECT sum(pg_total_relation_size(to_regclass(name)))::bigint
    FROM unnest(ARRAY['listener_name', 'listener', 'song', 'variant', 'play', 'removed_play',
        'coverage', 'hole', 'work', 'rate', 'queue_account', 'queue_job', 'queued_play',
        'queue_step', 'loved_account', 'loved', 'loved_local', 'album', 'variant_album']) AS name";

/// The bytes of all tables.
pub(crate) async fn size(transaction: &Transaction) -> Result<u64, Failure> {
    let row = transaction.row(SIZE, &[]).await?;
    let bytes: Option<i64> = row.as_ref().map(|row| get(row, 0)).transpose()?.flatten();
    Ok(bytes.unwrap_or_default().unsigned_abs())
}
