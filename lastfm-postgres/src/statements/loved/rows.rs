//! Some tracks of an account, looked for by name, changed, and written in one go.

use std::collections::BTreeMap;

use futures_util::future::try_join;
use lastfm_core::Mbid;
use lastfm_core::loved::{Loved, LovedId, NewLove};
use tokio_postgres::types::Type;

use super::find::{loved, select_rows};
use crate::error::Failure;
use crate::statements::At;
use crate::statements::text::{Hash, Text, hash};
use crate::transaction::{Transaction, Value};

/// A track, and what showed or changed it last.
pub(super) struct Seen {
    pub(super) loved: Loved,
    pub(super) seen: i64,
}

/// Those of some tracks that an account has, and those that are added.
pub(super) struct List {
    account: i64,
    last: i64,
    rows: BTreeMap<Hash, Seen>,
}

impl List {
    pub(super) async fn of(
        transaction: &Transaction,
        account: i64,
        tracks: &[NewLove],
    ) -> Result<Self, Failure> {
        const LAST: &str = "SELECT last_loved FROM loved_account WHERE id = $1";
        let hashes: Vec<_> =
            tracks.iter().map(|track| identity(&track.artist, &track.track).to_vec()).collect();
        let these: [Value<'_>; 2] = [(&account, Type::INT8), (&hashes, Type::BYTEA_ARRAY)];
        let (last, rows) = try_join(
            transaction.row(LAST, &these[..1]),
            select_rows(transaction, "identity = ANY($2)", &these),
        )
        .await?;
        let last = last.map_or(Ok(0), |row| row.try_get(0))?;
        let rows = rows.iter().map(|row| {
            let (loved, seen) = (loved(row)?, row.try_get(8)?);
            Ok((identity(&loved.artist, &loved.track), Seen { loved, seen }))
        });
        Ok(Self { account, last, rows: rows.collect::<Result<_, Failure>>()? })
    }

    /// The row of this track, and whether it was added now.
    pub(super) fn row(&mut self, track: &NewLove, seen: i64) -> (&mut Seen, bool) {
        let mut is_new = false;
        let row = self.rows.entry(identity(&track.artist, &track.track)).or_insert_with(|| {
            is_new = true;
            self.last += 1;
            Seen { loved: Loved::new(LovedId(self.last), track.clone()), seen }
        });
        (row, is_new)
    }

    /// Writes all that it has, but for local tracks.
    pub(super) async fn keep(&self, transaction: &Transaction) -> Result<(), Failure> {
        const NUMBER: &str = "UPDATE loved_account SET last_loved = $2 WHERE id = $1";
        const SQL: &str = "
            INSERT INTO loved (
                account_id, id, identity, artist, track, mbid, loved_at, unloved_at, seen)
            SELECT $1, * FROM unnest(
                $2::bigint[], $3::bytea[], $4::text[], $5::text[], $6::text[], $7::bigint[],
                $8::bigint[], $9::bigint[])
            ON CONFLICT (account_id, id) DO UPDATE
            SET artist = excluded.artist, track = excluded.track, mbid = excluded.mbid,
                loved_at = excluded.loved_at, unloved_at = excluded.unloved_at,
                seen = excluded.seen";
        let rows = || self.rows.values().map(|row| &row.loved);
        let id: Vec<_> = rows().map(|loved| loved.id.0).collect();
        let hashes: Vec<_> = self.rows.keys().map(Hash::as_slice).collect();
        let artist: Vec<_> = rows().map(|loved| Text(&loved.artist)).collect();
        let track: Vec<_> = rows().map(|loved| Text(&loved.track)).collect();
        let mbid: Vec<_> =
            rows().map(|loved| loved.mbid.as_ref().map(Mbid::as_str).map(Text)).collect();
        let loved_at: Vec<_> = rows().map(|loved| At(loved.loved_at)).collect();
        let unloved_at: Vec<_> = rows().map(|loved| loved.unloved_at.map(At)).collect();
        let seen: Vec<_> = self.rows.values().map(|row| row.seen).collect();
        let number: [Value<'_>; 2] = [(&self.account, Type::INT8), (&self.last, Type::INT8)];
        let values: [Value<'_>; 9] = [
            (&self.account, Type::INT8),
            (&id, Type::INT8_ARRAY),
            (&hashes, Type::BYTEA_ARRAY),
            (&artist, Type::TEXT_ARRAY),
            (&track, Type::TEXT_ARRAY),
            (&mbid, Type::TEXT_ARRAY),
            (&loved_at, Type::INT8_ARRAY),
            (&unloved_at, Type::INT8_ARRAY),
            (&seen, Type::INT8_ARRAY),
        ];
        let kept = transaction.execute(SQL, &values);
        try_join(kept, transaction.execute(NUMBER, &number)).await?;
        Ok(())
    }
}

/// By what a track is found.
pub(super) fn identity(artist: &str, track: &str) -> Hash {
    let (artist, track) = NewLove::identity(artist, track);
    hash(&[&artist, &track])
}
