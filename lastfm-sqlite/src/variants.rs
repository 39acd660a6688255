//! What every play of a track repeats, kept once: finds or adds the row for it.

use std::collections::HashMap;

use lastfm_core::archive::{Span, UserId};
use lastfm_core::{Play, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::statements::number;

/// How the service usually writes a date, which is not spelled out in the table. The views of
/// `migrations/001_init.sql` say the same.
pub(crate) const USUAL_DATE: &str = r##","date":{"uts":"{uts}","#text":"{text}"}"##;

/// The moments that SQLite's own calendar has: the years 0 to 9999. Outside of them a view could
/// not write the date.
const CALENDAR: Span =
    Span::new(Timestamp::from_unix(-62_167_219_200), Timestamp::from_unix(253_402_300_800));

/// Bytes that the cache may hold, and what an entry takes beside its body.
const CACHE_BYTES: usize = 6 * 1024 * 1024;
const ENTRY_BYTES: usize = 120;

/// A row of `variant`, and the song it is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Variant {
    pub(crate) id: i64,
    pub(crate) song_id: i64,
}

/// The variants used lately, so that a repeat costs neither a query nor a decoding.
///
/// Two generations: when the younger one is full, the older one is forgotten. Whatever was used
/// in the meantime has moved to the younger one.
#[derive(Debug, Default)]
pub(crate) struct Variants {
    young: HashMap<u64, Known>,
    old: HashMap<u64, Known>,
    young_bytes: usize,
    /// The body of the play at hand.
    body: String,
}

#[derive(Debug)]
struct Known {
    variant: Variant,
    user: UserId,
    date_at: Option<i64>,
    date_form: Option<Box<str>>,
    body: Box<str>,
}

/// A play's object as it is kept, and the hash that it is looked up by.
#[derive(Debug, Clone, Copy)]
struct Kept<'a> {
    user: UserId,
    hash: u64,
    date_at: Option<i64>,
    date_form: Option<&'a str>,
    body: &'a str,
}

impl Variants {
    /// Forgets everything: what was added in a transaction that failed is not there.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// The variant of this play, added if it is new.
    pub(crate) fn of(
        &mut self,
        connection: &Connection,
        user: UserId,
        play: &Play,
    ) -> rusqlite::Result<Variant> {
        let mut body = std::mem::take(&mut self.body);
        let parts = play.parts();
        body.clear();
        let in_calendar = CALENDAR.contains(play.played_at());
        let (date_at, date_form) = match &parts.date {
            Some(form) if in_calendar => {
                body.push_str(parts.head);
                body.push_str(parts.tail);
                let date_at = number(parts.head.chars().count());
                (Some(date_at), (form != USUAL_DATE).then_some(&**form))
            }
            _ => {
                body.push_str(play.raw());
                (None, None)
            }
        };
        let kept = Kept {
            user,
            hash: xxh3_64_with_seed(body.as_bytes(), user.0.cast_unsigned()),
            date_at,
            date_form,
            body: &body,
        };
        let variant = if let Some(variant) = self.recall(kept) {
            variant
        } else {
            let variant = find_or_add(connection, kept, play)?;
            self.remember(kept, variant);
            variant
        };
        self.body = body;
        Ok(variant)
    }

    fn recall(&mut self, kept: Kept<'_>) -> Option<Variant> {
        if let Some(known) = self.young.get(&kept.hash) {
            return known.is(kept).then_some(known.variant);
        }
        let known = self.old.remove(&kept.hash)?;
        let variant = known.is(kept).then_some(known.variant);
        self.insert(kept.hash, known);
        variant
    }

    fn remember(&mut self, kept: Kept<'_>, variant: Variant) {
        let known = Known {
            variant,
            user: kept.user,
            date_at: kept.date_at,
            date_form: kept.date_form.map(Into::into),
            body: kept.body.into(),
        };
        self.insert(kept.hash, known);
    }

    fn insert(&mut self, hash: u64, known: Known) {
        self.young_bytes += ENTRY_BYTES + known.body.len();
        self.young.insert(hash, known);
        if self.young_bytes > CACHE_BYTES / 2 {
            self.old = std::mem::take(&mut self.young);
            self.young_bytes = 0;
        }
    }
}

impl Known {
    /// Compares byte for byte: equal hashes are not enough, names come from anyone.
    fn is(&self, kept: Kept<'_>) -> bool {
        self.user == kept.user
            && self.date_at == kept.date_at
            && self.date_form.as_deref() == kept.date_form
            && *self.body == *kept.body
    }
}

const FIND_VARIANT: &str = "
    SELECT id, song_id FROM variant
    WHERE hash = ?1 AND user_id = ?2 AND date_at IS ?3 AND date_form IS ?4 AND body = ?5";

const ADD_VARIANT: &str = "
    INSERT INTO variant (hash, user_id, date_at, date_form, body, song_id)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6)";

fn find_or_add(connection: &Connection, kept: Kept<'_>, play: &Play) -> rusqlite::Result<Variant> {
    let Kept { user, hash, date_at, date_form, body } = kept;
    let hash = hash.cast_signed();
    let found = connection
        .prepare_cached(FIND_VARIANT)?
        .query_row(params![hash, user.0, date_at, date_form, body], |row| {
            Ok(Variant { id: row.get(0)?, song_id: row.get(1)? })
        })
        .optional()?;
    if let Some(found) = found {
        return Ok(found);
    }
    let song_id = find_or_add_song(connection, user, play)?;
    connection
        .prepare_cached(ADD_VARIANT)?
        .execute(params![hash, user.0, date_at, date_form, body, song_id])?;
    let id = connection.last_insert_rowid();
    Ok(Variant { id, song_id })
}

const FIND_SONG: &str = "
    SELECT id FROM song
    WHERE user_id = ?1 AND artist = ?2 AND track = ?3 AND ifnull(album, '') = ifnull(?4, '')";

const ADD_SONG: &str = "INSERT INTO song (user_id, artist, track, album) VALUES (?1, ?2, ?3, ?4)";

fn find_or_add_song(connection: &Connection, user: UserId, play: &Play) -> rusqlite::Result<i64> {
    let track = play.track();
    let (artist, name, album) = track.key();
    let key = params![user.0, artist, name, album];
    let found =
        connection.prepare_cached(FIND_SONG)?.query_row(key, |row| row.get(0)).optional()?;
    if let Some(id) = found {
        return Ok(id);
    }
    connection.prepare_cached(ADD_SONG)?.execute(key)?;
    Ok(connection.last_insert_rowid())
}

/// The object of a row that begins with `date_at`, `date_form`, `body`: put together again.
pub(crate) fn object(row: &Row<'_>, played_at: Timestamp) -> rusqlite::Result<String> {
    use lastfm_core::PlayParts;
    let date_at: Option<u32> = row.get(0)?;
    let body = row.get_ref(2)?.as_str()?;
    let Some(date_at) = date_at else {
        return Ok(body.to_owned());
    };
    let form = row.get_ref(1)?.as_str_or_null()?.unwrap_or(USUAL_DATE);
    let bytes = body.char_indices().nth(date_at as usize).map_or(body.len(), |at| at.0);
    let (head, tail) = body.split_at(bytes);
    let parts = PlayParts { head, tail, date: Some(form.into()) };
    Ok(Play::assemble(&parts, played_at))
}
