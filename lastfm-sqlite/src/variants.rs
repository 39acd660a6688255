//! What every play of a track repeats, kept once: finds or adds the row for it.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::hash::{BuildHasher as _, RandomState};

use lastfm_core::archive::{Span, UserId};
use lastfm_core::{Play, PlayParts, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use xxhash_rust::xxh3::{xxh3_64_with_seed, xxh3_128_with_secret};

use crate::statements::number;

/// How the service usually writes a date, which is not spelled out in the table. The views of
/// `migrations/001_init.sql` say the same.
pub(crate) const USUAL_DATE: &str = r##","date":{"uts":"{uts}","#text":"{text}"}"##;

/// The moments that SQLite's own calendar has: the years 0 to 9999. Outside of them a view could
/// not write the date.
const CALENDAR: Span =
    Span::new(Timestamp::from_unix(-62_167_219_200), Timestamp::from_unix(253_402_300_800));

/// How many variants each of the two generations of the cache may hold: some 4 MiB together.
const GENERATION: usize = 57_000;

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
#[derive(Debug)]
pub(crate) struct Variants {
    young: HashMap<Fingerprint, Variant>,
    old: HashMap<Fingerprint, Variant>,
    /// The play at hand, and its fingerprint's text.
    scratch: String,
    secret: Vec<u8>,
    /// Which state of the file this is true of.
    data_version: Option<i64>,
}

/// 128 bits under a secret that no sender of plays can know, so that two different objects have
/// the same one about as often as a disk forgets a bit unnoticed: never. (The database compares
/// byte for byte.)
type Fingerprint = u128;

/// A play's object as it is kept.
#[derive(Debug, Clone, Copy)]
struct Kept<'a> {
    user: UserId,
    /// What of the body stands before the date; nothing if the body is the whole object.
    head: Option<&'a str>,
    date_form: Option<&'a str>,
    body: &'a str,
}

impl Default for Variants {
    fn default() -> Self {
        let random = RandomState::new();
        let words = (0_u64..24).map(|number| random.hash_one(number).to_le_bytes());
        Self {
            young: HashMap::new(),
            old: HashMap::new(),
            scratch: String::new(),
            secret: words.flatten().collect(),
            data_version: None,
        }
    }
}

impl Variants {
    /// Forgets everything if another connection has written since the last transaction: it may be
    /// a person's, who has deleted what is remembered here.
    pub(crate) fn catch_up(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let mut statement = connection.prepare_cached("PRAGMA data_version")?;
        let version = statement.query_row([], |row| row.get(0))?;
        if self.data_version.replace(version) != Some(version) {
            self.clear();
        }
        Ok(())
    }

    /// Forgets everything: what was added in a transaction that failed is not there.
    pub(crate) fn clear(&mut self) {
        self.young.clear();
        self.old.clear();
    }

    /// The variant of this play, added if it is new.
    pub(crate) fn of(
        &mut self,
        connection: &Connection,
        user: UserId,
        play: &Play,
    ) -> rusqlite::Result<Variant> {
        let mut parts = play.parts();
        if !CALENDAR.contains(play.played_at()) {
            parts = PlayParts { head: play.raw(), tail: "", date: None };
        }
        let head = parts.date.is_some().then_some(parts.head);
        let date_form = parts.date.as_deref().filter(|form| *form != USUAL_DATE);

        let mut scratch = std::mem::take(&mut self.scratch);
        scratch.clear();
        scratch.push_str(parts.head);
        scratch.push_str(parts.tail);
        let body_end = scratch.len();
        // No JSON text holds the character that stands between the body and the rest.
        let date = (head.map(str::len), date_form.unwrap_or_default());
        let written = write!(scratch, "\0{} {:?} {}", user.0, date.0, date.1);
        debug_assert!(written.is_ok(), "text grows as far as memory does");
        let fingerprint = xxh3_128_with_secret(scratch.as_bytes(), &self.secret);
        let kept = Kept { user, head, date_form, body: &scratch[..body_end] };
        let variant = if let Some(variant) = self.recall(fingerprint) {
            variant
        } else {
            let variant = find_or_add(connection, kept, play)?;
            self.remember(fingerprint, variant);
            variant
        };
        self.scratch = scratch;
        Ok(variant)
    }

    fn recall(&mut self, fingerprint: Fingerprint) -> Option<Variant> {
        if let Some(known) = self.young.get(&fingerprint) {
            return Some(*known);
        }
        let known = self.old.remove(&fingerprint)?;
        self.remember(fingerprint, known);
        Some(known)
    }

    fn remember(&mut self, fingerprint: Fingerprint, variant: Variant) {
        if self.young.len() >= GENERATION {
            std::mem::swap(&mut self.young, &mut self.old);
            self.young.clear();
        }
        self.young.insert(fingerprint, variant);
    }
}

const FIND_VARIANT: &str = "
    SELECT id, song_id FROM variant
    WHERE hash = ?1 AND user_id = ?2 AND date_at IS ?3 AND date_form IS ?4 AND body = ?5";

const ADD_VARIANT: &str = "
    INSERT INTO variant (hash, user_id, date_at, date_form, body, song_id)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6)";

const CORRECT_VARIANT: &str = "UPDATE variant SET song_id = ?2 WHERE id = ?1";

fn find_or_add(connection: &Connection, kept: Kept<'_>, play: &Play) -> rusqlite::Result<Variant> {
    let Kept { user, head, date_form, body } = kept;
    let date_at = head.map(|head| number(head.chars().count()));
    let hash = hash(user, body);
    let track = play.track();
    let key = track.key();
    let found = connection
        .prepare_cached(FIND_VARIANT)?
        .query_row(params![hash, user.0, date_at, date_form, body], |row| {
            Ok(Variant { id: row.get(0)?, song_id: row.get(1)? })
        })
        .optional()?;
    if let Some(variant) = found
        && is_song(connection, user, variant.song_id, key)?
    {
        return Ok(variant);
    }
    let song_id = find_or_add_song(connection, user, key)?;
    if let Some(Variant { id, .. }) = found {
        // A person has changed either.
        connection.prepare_cached(CORRECT_VARIANT)?.execute([id, song_id])?;
        return Ok(Variant { id, song_id });
    }
    connection
        .prepare_cached(ADD_VARIANT)?
        .execute(params![hash, user.0, date_at, date_form, body, song_id])?;
    let id = connection.last_insert_rowid();
    Ok(Variant { id, song_id })
}

const SONG: &str = "SELECT song_id FROM variant WHERE id = ?1 AND user_id = ?2";

/// The user's variant with this number; nothing if someone has deleted it.
pub(crate) fn by_id(
    connection: &Connection,
    user: UserId,
    id: i64,
) -> rusqlite::Result<Option<Variant>> {
    let mut statement = connection.prepare_cached(SONG)?;
    let variant = |row: &Row<'_>| Ok(Variant { id, song_id: row.get(0)? });
    statement.query_row([id, user.0], variant).optional()
}

/// A query of its own: joined with the variant, SQLite would prepare it anew for each play.
const IS_SONG: &str = "
    SELECT 1 FROM song
    WHERE id = ?1 AND user_id = ?2 AND artist = ?3 AND track = ?4 AND album IS ?5";

/// Whether the song with this number is the one of these names.
fn is_song(
    connection: &Connection,
    user: UserId,
    id: i64,
    (artist, name, album): (&str, &str, Option<&str>),
) -> rusqlite::Result<bool> {
    connection.prepare_cached(IS_SONG)?.exists(params![id, user.0, artist, name, album])
}

const FIND_SONG: &str = "
    SELECT id FROM song
    WHERE hash = ?1 AND user_id = ?2 AND artist = ?3 AND track = ?4 AND album IS ?5";

const ADD_SONG: &str =
    "INSERT INTO song (hash, user_id, artist, track, album) VALUES (?1, ?2, ?3, ?4, ?5)";

fn find_or_add_song(
    connection: &Connection,
    user: UserId,
    (artist, name, album): (&str, &str, Option<&str>),
) -> rusqlite::Result<i64> {
    // No name holds the character that ends it here.
    let text = [artist, name].into_iter().chain(album);
    let text: String = text.flat_map(|name| [name, "\0"]).collect();
    let hash = hash(user, &text);
    let key = params![hash, user.0, artist, name, album];
    let found =
        connection.prepare_cached(FIND_SONG)?.query_row(key, |row| row.get(0)).optional()?;
    if let Some(id) = found {
        return Ok(id);
    }
    connection.prepare_cached(ADD_SONG)?.execute(key)?;
    Ok(connection.last_insert_rowid())
}

/// What a row is looked up by before it is compared.
fn hash(user: UserId, text: &str) -> i64 {
    xxh3_64_with_seed(text.as_bytes(), user.0.cast_unsigned()).cast_signed()
}

/// The object of a row that begins with `date_at`, `date_form`, `body`: put together again.
pub(crate) fn object(row: &Row<'_>, played_at: Timestamp) -> rusqlite::Result<String> {
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
