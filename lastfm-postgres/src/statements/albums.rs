//! Albums: taking note of them, how often each was played, what is known of them.

use std::collections::HashMap;

use futures_util::try_join;
use lastfm_core::Mbid;
use lastfm_core::albums::{
    Album, AlbumId, Collected, Correction, KnownAlbum, Outcome, PlayedAlbum, PlayedAlbums, Status,
};
use lastfm_core::archive::{Span, StoreErrorKind, UserId};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::{get, number, users};
use crate::error::Failure;
use crate::transaction::Transaction;

/// The numbers of the user's objects that nobody has looked at: the first, the last of so many, and
/// how many.
const UNSEEN: &str = "
    SELECT min(variant_id), max(variant_id), count(*) FROM (
        SELECT variant_id FROM variant
        WHERE user_id = $1 AND variant_id > (
            SELECT coalesce(max(variant_id), 0) FROM variant_album WHERE user_id = $1)
        ORDER BY variant_id LIMIT $2
    ) AS unseen";

/// In one order, so that nobody waits for somebody who waits for them.
const ADD: &str = r"
    INSERT INTO album (identity, artist, title)
    SELECT DISTINCT
        sha256(convert_to(artist, 'UTF8') || '\x00'::bytea || convert_to(album, 'UTF8')) AS identity,
        artist, album
    FROM variant
    JOIN song ON song.user_id = variant.user_id AND song.song_id = variant.song_id
    WHERE variant.user_id = $1 AND variant.variant_id BETWEEN $2 AND $3 AND album IS NOT NULL
    ORDER BY identity
    ON CONFLICT (identity) DO NOTHING";

const LINK: &str = r"
    INSERT INTO variant_album (user_id, variant_id, album_id)
    SELECT variant.user_id, variant.variant_id, album.album_id
    FROM variant
    LEFT JOIN song ON song.user_id = variant.user_id AND song.song_id = variant.song_id
    LEFT JOIN album ON album.identity = sha256(
        convert_to(song.artist, 'UTF8') || '\x00'::bytea || convert_to(song.album, 'UTF8'))
    WHERE variant.user_id = $1 AND variant.variant_id BETWEEN $2 AND $3
    ON CONFLICT (user_id, variant_id) DO NOTHING";

pub(crate) async fn collect(
    transaction: &Transaction,
    user: UserId,
    limit: usize,
) -> Result<Collected, Failure> {
    let limit = number(limit.max(1));
    let values = [(&user.0 as _, Type::INT8), (&limit as _, Type::INT8)];
    // Nobody forgets the user meanwhile, nor puts objects right.
    users::lock(transaction, user).await?;
    let row = transaction.row(UNSEEN, &values).await?;
    let row = row.ok_or(StoreErrorKind::Failed)?;
    let (first, last): (Option<i32>, Option<i32>) = (get(&row, 0)?, get(&row, 1)?);
    let Some((first, last)) = first.zip(last) else {
        return Ok(Collected { new_albums: 0, is_whole: true });
    };
    let of = [(&user.0 as _, Type::INT8), (&first as _, Type::INT4), (&last as _, Type::INT4)];
    let new_albums = transaction.execute(ADD, &of).await?;
    transaction.execute(LINK, &of).await?;
    Ok(Collected { new_albums, is_whole: get::<i64>(&row, 2)? < limit })
}

/// Whether it was looked at, its album, what that shows, and how often it was played.
const PLAYED: &str = "
    SELECT heard.variant_id IS NOT NULL, heard.album_id, album.release_year,
        album.augmentation_status, sum(played.plays)::bigint
    FROM (
        SELECT variant_id, count(*) AS plays FROM play
        WHERE user_id = $1 AND played_at >= $2 AND played_at < $3 GROUP BY variant_id
    ) AS played
    LEFT JOIN variant_album AS heard
        ON heard.user_id = $1 AND heard.variant_id = played.variant_id
    LEFT JOIN album ON album.album_id = heard.album_id
    GROUP BY 1, 2, 3, 4 ORDER BY 2";

pub(crate) async fn played(
    transaction: &Transaction,
    user: UserId,
    span: Span,
) -> Result<PlayedAlbums, Failure> {
    let (start, end) = (span.start.as_unix(), span.end.as_unix());
    let values = [(&user.0 as _, Type::INT8), (&start as _, Type::INT8), (&end as _, Type::INT8)];
    let mut played = PlayedAlbums::default();
    for row in transaction.query(PLAYED, &values).await? {
        let plays = get::<i64>(&row, 4)?.unsigned_abs();
        let (album, status): (Option<i64>, Option<&str>) = (get(&row, 1)?, get(&row, 3)?);
        match album.zip(status) {
            Some((id, status)) => {
                let status = Status::named(status).unwrap_or(Status::Pending);
                let year: Option<i32> = get(&row, 2)?;
                let year = year.and_then(|year| i16::try_from(year).ok());
                played.albums.push(PlayedAlbum::new(AlbumId(id), status, year, plays));
            }
            None if album.is_none() && get(&row, 0)? => played.without_album += plays,
            None => played.uncollected += plays,
        }
    }
    Ok(played)
}

const KNOWN: &str = "
    SELECT album.album_id, artist, title, outcome::text, correction::text
    FROM unnest($1) WITH ORDINALITY AS wanted (album_id, place)
    JOIN album ON album.album_id = wanted.album_id ORDER BY place";

pub(crate) async fn known(
    transaction: &Transaction,
    ids: &[AlbumId],
) -> Result<Vec<KnownAlbum>, Failure> {
    let ids = numbers(ids);
    let rows = transaction.query(KNOWN, &[(&ids, Type::INT8_ARRAY)]).await?;
    rows.iter().map(album).collect()
}

fn numbers(ids: &[AlbumId]) -> Vec<i64> {
    ids.iter().map(|id| id.0).collect()
}

fn album(row: &Row) -> Result<KnownAlbum, Failure> {
    let (artist, title): (&str, &str) = (get(row, 1)?, get(row, 2)?);
    let mut album = KnownAlbum::new(AlbumId(get(row, 0)?), artist, title);
    album.outcome = json(row, 3)?;
    album.correction = json(row, 4)?;
    Ok(album)
}

fn json<T: DeserializeOwned>(row: &Row, column: usize) -> Result<Option<T>, Failure> {
    let text: Option<&str> = get(row, column)?;
    let value = text.map(serde_json::from_str).transpose();
    Ok(value.map_err(|_| StoreErrorKind::Corrupt)?)
}

/// PostgreSQL cannot read U+0000 in it. No name has one; what an error says may.
fn text(value: &impl Serialize) -> Result<String, Failure> {
    // Nothing that an album is made of cannot be written.
    let text = serde_json::to_string(value).map_err(|_| StoreErrorKind::Failed)?;
    Ok(text.replace("\\u0000", "\\ufffd"))
}

/// A thousand objects of an album, at most, are asked for what they say.
const MBIDS: &str = r#"
    SELECT wanted.album_id, said.mbid
    FROM unnest($2) AS wanted (album_id)
    CROSS JOIN LATERAL (
        SELECT lastfm_text(variant.body, '{album,mbid}') COLLATE "C" AS mbid, count(*) AS objects
        FROM (
            SELECT variant_id FROM variant_album
            WHERE user_id = $1 AND album_id = wanted.album_id LIMIT 1000
        ) AS heard
        JOIN variant ON variant.user_id = $1 AND variant.variant_id = heard.variant_id
        GROUP BY 1
    ) AS said
    WHERE said.mbid IS NOT NULL
    ORDER BY said.objects DESC, said.mbid"#;

const TRACKS: &str = "
    SELECT wanted.album_id, said.track
    FROM unnest($2) AS wanted (album_id)
    CROSS JOIN LATERAL (
        SELECT song.track, count(*) AS objects
        FROM (
            SELECT variant_id FROM variant_album
            WHERE user_id = $1 AND album_id = wanted.album_id LIMIT 1000
        ) AS heard
        JOIN variant ON variant.user_id = $1 AND variant.variant_id = heard.variant_id
        JOIN song ON song.user_id = $1 AND song.song_id = variant.song_id
        GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 5
    ) AS said
    ORDER BY said.objects DESC, said.track";

pub(crate) async fn questions(
    transaction: &Transaction,
    user: UserId,
    ids: &[AlbumId],
) -> Result<Vec<(AlbumId, Album)>, Failure> {
    let numbers = numbers(ids);
    let of = [(&user.0 as _, Type::INT8), (&numbers as _, Type::INT8_ARRAY)];
    let known = known(transaction, ids);
    let (mbids, tracks) = (transaction.query(MBIDS, &of), transaction.query(TRACKS, &of));
    let (known, mbids, tracks) = try_join!(known, mbids, tracks)?;
    let (mut mbids, mut tracks) = (by_album(&mbids)?, by_album(&tracks)?);
    let question = |known: KnownAlbum| {
        let failure_count = known.outcome.map_or(0, |outcome| outcome.failure_count);
        let mut album = Album::new(known.artist, known.title).failure_count(failure_count);
        let said = mbids.remove(&known.id.0).unwrap_or_default();
        album.mbids = said.iter().filter_map(|mbid| Mbid::new(mbid)).collect();
        album.tracks = tracks.remove(&known.id.0).unwrap_or_default();
        (known.id, album)
    };
    Ok(known.into_iter().map(question).collect())
}

/// What was said of each album, in order.
fn by_album(rows: &[Row]) -> Result<HashMap<i64, Vec<String>>, Failure> {
    let mut said: HashMap<i64, Vec<String>> = HashMap::new();
    for row in rows {
        said.entry(get(row, 0)?).or_default().push(get(row, 1)?);
    }
    Ok(said)
}

/// As `Outcome::takes_place_of` has it.
const RECORD: &str = "
    UPDATE album SET outcome = found.outcome::json
    FROM unnest($1, $2) AS found (album_id, outcome)
    WHERE album.album_id = found.album_id
        AND CASE found.outcome::json ->> 'status'
            WHEN 'matched' THEN 2 WHEN 'fuzzy_matched' THEN 2 WHEN 'ambiguous' THEN 1 ELSE 0 END
        >= CASE album.outcome ->> 'status'
            WHEN 'matched' THEN 2 WHEN 'fuzzy_matched' THEN 2 WHEN 'ambiguous' THEN 1 ELSE 0 END";

pub(crate) async fn record(
    transaction: &Transaction,
    outcomes: &[(AlbumId, Outcome)],
) -> Result<(), Failure> {
    // In one order, so that nobody waits for somebody who waits for them.
    let mut outcomes: Vec<&(AlbumId, Outcome)> = outcomes.iter().collect();
    outcomes.sort_by_key(|(id, _)| *id);
    let ids: Vec<i64> = outcomes.iter().map(|(id, _)| id.0).collect();
    let texts = outcomes.iter().map(|(_, outcome)| text(outcome));
    let texts = texts.collect::<Result<Vec<_>, _>>()?;
    let values = [(&ids as _, Type::INT8_ARRAY), (&texts as _, Type::TEXT_ARRAY)];
    transaction.execute(RECORD, &values).await.map(drop)
}

const CORRECT: &str = "
    UPDATE album SET correction = $2::text::json WHERE album_id = $1
    RETURNING album_id, artist, title, outcome::text, correction::text";

pub(crate) async fn correct(
    transaction: &Transaction,
    id: AlbumId,
    correction: Option<&Correction>,
) -> Result<Option<KnownAlbum>, Failure> {
    let said = correction.map(text).transpose()?;
    let values = [(&id.0 as _, Type::INT8), (&said as _, Type::TEXT)];
    let row = transaction.row(CORRECT, &values).await?;
    row.as_ref().map(album).transpose()
}
