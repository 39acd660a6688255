//! What every play of a track repeats, kept once: finds the rows for plays, or numbers new ones.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::try_join;
use lastfm_core::Play;
use lastfm_core::archive::UserId;
use lastfm_core::archive::rows::{Body, Fingerprint, Known, SongKey, Variant, hash};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use crate::error::Failure;
use crate::statements::users::Kept;
use crate::statements::{get, number};
use crate::transaction::Transaction;

/// The variants used lately, by any user of this store.
///
/// The database may have forgotten them: a server that crashes loses its newest changes, a person
/// deletes rows. So what is remembered only spares sending and comparing objects, and is held
/// against the rows each time.
#[derive(Debug, Default)]
pub(crate) struct Variants(Mutex<Known<Remembered>>);

/// A row of `variant`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Remembered {
    variant: Variant,
    hash: i64,
}

impl Variants {
    fn known(&self) -> MutexGuard<'_, Known<Remembered>> {
        // Nothing below panics halfway through a change.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is remembered of the objects of these plays.
    pub(crate) fn recall(&self, user: UserId, plays: &[Play]) -> Recalled {
        let mut known = self.known();
        let prints = plays.iter().map(|play| known.fingerprint(user, &Body::of(play)));
        let prints: Vec<Fingerprint> = prints.collect();
        let mut rows = HashMap::new();
        for print in &prints {
            if !rows.contains_key(print)
                && let Some(row) = known.recall(*print)
            {
                rows.insert(*print, row);
            }
        }
        Recalled { prints, rows }
    }

    /// Remembers what a transaction found or added, once it is committed.
    pub(crate) fn learn(&self, learnt: Learnt) {
        let mut known = self.known();
        for (print, row) in learnt.0 {
            known.remember(print, row);
        }
    }

    /// Forgets everything: someone may have changed rows by hand.
    pub(crate) fn clear(&self) {
        self.known().clear();
    }
}

/// What a transaction found or added, and what is not remembered yet.
#[derive(Debug, Default)]
pub(crate) struct Learnt(Vec<(Fingerprint, Remembered)>);

/// The objects of some plays, and the rows that are remembered of them.
#[derive(Debug)]
pub(crate) struct Recalled {
    prints: Vec<Fingerprint>,
    rows: HashMap<Fingerprint, Remembered>,
}

const CONFIRM: &str = "
    SELECT found.* FROM unnest($2) AS wanted (id) CROSS JOIN LATERAL (
        SELECT variant_id, song_id, hash FROM variant
        WHERE user_id = $1 AND variant_id = wanted.id OFFSET 0) AS found";

impl Recalled {
    /// Keeps of the remembered rows those that are there.
    pub(crate) async fn confirmed(
        mut self,
        transaction: &Transaction,
        user: UserId,
    ) -> Result<Self, Failure> {
        if self.rows.is_empty() {
            return Ok(self);
        }
        let ids: Vec<i64> = self.rows.values().map(|row| row.variant.id).collect();
        let values = [(&user.0 as _, Type::INT8), (&ids as _, Type::INT8_ARRAY)];
        let rows = transaction.query(CONFIRM, &values).await?;
        let there = rows.iter().map(|row| Ok((variant(row)?.id, remembered(row)?)));
        let there = there.collect::<Result<HashMap<_, _>, Failure>>()?;
        self.rows.retain(|_, row| there.get(&row.variant.id) == Some(row));
        Ok(self)
    }

    /// The variant of each play. Those that are new have the next numbers, and are to be written.
    pub(crate) async fn find(
        mut self,
        transaction: &Transaction,
        user: UserId,
        plays: &[Play],
        kept: &mut Kept,
    ) -> Result<Found, Failure> {
        let mut wanted = HashSet::new();
        let missing = plays.iter().zip(&self.prints);
        let missing = missing.filter(|(_, print)| !self.rows.contains_key(print));
        let wanted: Vec<Wanted> = missing
            .filter(|(_, print)| wanted.insert(**print))
            .map(|(play, print)| Wanted::new(user, play, *print))
            .collect();
        let mut found = Found::default();
        if !wanted.is_empty() {
            let rows = Rows::read(transaction, user, &wanted).await?;
            for wanted in wanted {
                let print = wanted.print;
                let row = found.take(wanted, &rows, kept)?;
                self.rows.insert(print, row);
                found.learnt.0.push((print, row));
            }
        }
        let seen = self.prints.iter().filter_map(|print| self.rows.get(print));
        found.seen = seen.map(|row| row.variant).collect();
        Ok(found)
    }
}

/// An object that is looked for.
#[derive(Debug)]
struct Wanted {
    print: Fingerprint,
    hash: i64,
    date_at: Option<i64>,
    date_form: Option<String>,
    body: String,
    song_hash: i64,
    song: SongKey,
}

impl Wanted {
    fn new(user: UserId, play: &Play, print: Fingerprint) -> Self {
        let (parts, song) = (Body::of(play), SongKey::of(play));
        let body = parts.text();
        Self {
            print,
            hash: hash(user, &body),
            date_at: parts.date_at().map(number),
            date_form: parts.date_form().map(str::to_owned),
            body,
            song_hash: hash(user, &song.text()),
            song,
        }
    }

    /// Whether the row of `variant` is this one.
    fn is(&self, row: &Row) -> Result<bool, Failure> {
        let date_at: Option<i32> = get(row, 3)?;
        Ok(date_at.map(i64::from) == self.date_at
            && get::<Option<&str>>(row, 4)? == self.date_form.as_deref()
            && get::<&str>(row, 5)? == self.body)
    }

    /// Whether the row of `song` is the song of this one.
    fn is_of(&self, row: &Row) -> Result<bool, Failure> {
        Ok(get::<&str>(row, 2)? == self.song.artist
            && get::<&str>(row, 3)? == self.song.track
            && get::<Option<&str>>(row, 4)? == self.song.album.as_deref())
    }
}

/// The rows that may be what is looked for, by hash.
struct Rows {
    variants: HashMap<i64, Vec<Row>>,
    songs: HashMap<i64, Vec<Row>>,
}

/// `OFFSET 0` keeps them apart: else the planner, without statistics, goes through all that the user
/// has and looks for each of it among the wanted.
const FIND_VARIANTS: &str = "
    SELECT found.* FROM unnest($2) AS wanted (by) CROSS JOIN LATERAL (
        SELECT variant_id, song_id, hash, date_at, date_form, body FROM variant
        WHERE user_id = $1 AND hash = wanted.by OFFSET 0) AS found";

const FIND_SONGS: &str = "
    SELECT found.* FROM unnest($2) AS wanted (by) CROSS JOIN LATERAL (
        SELECT song_id, hash, artist, track, album FROM song
        WHERE user_id = $1 AND hash = wanted.by OFFSET 0) AS found";

impl Rows {
    async fn read(
        transaction: &Transaction,
        user: UserId,
        wanted: &[Wanted],
    ) -> Result<Self, Failure> {
        let hashes: HashSet<i64> = wanted.iter().map(|wanted| wanted.hash).collect();
        let hashes: Vec<i64> = hashes.into_iter().collect();
        let song_hashes: HashSet<i64> = wanted.iter().map(|wanted| wanted.song_hash).collect();
        let song_hashes: Vec<i64> = song_hashes.into_iter().collect();
        let variants = [(&user.0 as _, Type::INT8), (&hashes as _, Type::INT8_ARRAY)];
        let songs = [(&user.0 as _, Type::INT8), (&song_hashes as _, Type::INT8_ARRAY)];
        let (variants, songs) = try_join!(
            transaction.query(FIND_VARIANTS, &variants),
            transaction.query(FIND_SONGS, &songs),
        )?;
        Ok(Self { variants: by_hash(variants, 2)?, songs: by_hash(songs, 1)? })
    }
}

/// Rows that begin with their number, those of one hash in the order of numbers.
fn by_hash(mut rows: Vec<Row>, column: usize) -> Result<HashMap<i64, Vec<Row>>, Failure> {
    let mut by_hash: HashMap<i64, Vec<Row>> = HashMap::new();
    rows.sort_by_key(|row| row.try_get::<_, i32>(0).unwrap_or_default());
    for row in rows {
        by_hash.entry(get(&row, column)?).or_default().push(row);
    }
    Ok(by_hash)
}

/// The row that begins with `variant_id`, `song_id`.
fn variant(row: &Row) -> Result<Variant, Failure> {
    let (id, song_id): (i32, i32) = (get(row, 0)?, get(row, 1)?);
    Ok(Variant { id: id.into(), song_id: song_id.into() })
}

/// The row that begins with `variant_id`, `song_id`, `hash`.
fn remembered(row: &Row) -> Result<Remembered, Failure> {
    Ok(Remembered { variant: variant(row)?, hash: get(row, 2)? })
}

/// What was found, and what is to be written of it.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// The variant of each play.
    pub(crate) seen: Vec<Variant>,
    pub(crate) learnt: Learnt,
    /// With their songs.
    new: Vec<(Wanted, Variant)>,
    new_songs: HashMap<SongKey, i64>,
    /// What a person has changed: variants of another song.
    corrected: Vec<Variant>,
}

const ADD_SONGS: &str = "
    INSERT INTO song (user_id, song_id, hash, artist, track, album)
    SELECT $1, new.* FROM unnest($2, $3, $4, $5, $6) AS new";

const ADD_VARIANTS: &str = "
    INSERT INTO variant (user_id, variant_id, song_id, hash, date_at, date_form, body)
    SELECT $1, new.* FROM unnest($2, $3, $4, $5, $6, $7) AS new";

const CORRECT: &str = "
    UPDATE variant SET song_id = new.song_id FROM unnest($2, $3) AS new (variant_id, song_id)
    WHERE variant.user_id = $1 AND variant.variant_id = new.variant_id";

/// What is of another song may be of another album.
const LOOK_AGAIN: &str = "DELETE FROM variant_album WHERE user_id = $1 AND variant_id >= $2";

impl Found {
    fn take(
        &mut self,
        wanted: Wanted,
        rows: &Rows,
        kept: &mut Kept,
    ) -> Result<Remembered, Failure> {
        let mut songs = Vec::new();
        for row in rows.songs.get(&wanted.song_hash).into_iter().flatten() {
            if wanted.is_of(row)? {
                songs.push(i64::from(get::<i32>(row, 0)?));
            }
        }
        if songs.is_empty() {
            let song_id = self.new_songs.get(&wanted.song).copied().unwrap_or_else(|| {
                kept.last_song += 1;
                self.new_songs.insert(wanted.song.clone(), kept.last_song);
                kept.last_song
            });
            songs.push(song_id);
        }
        let song_id = songs[0];
        for row in rows.variants.get(&wanted.hash).into_iter().flatten() {
            if wanted.is(row)? {
                let mut found = remembered(row)?;
                if !songs.contains(&found.variant.song_id) {
                    found.variant.song_id = song_id;
                    self.corrected.push(found.variant);
                }
                return Ok(found);
            }
        }
        kept.last_variant += 1;
        let variant = Variant { id: kept.last_variant, song_id };
        let row = Remembered { variant, hash: wanted.hash };
        self.new.push((wanted, variant));
        Ok(row)
    }

    /// Writes what is new.
    pub(crate) async fn write(
        &self,
        transaction: &Transaction,
        user: UserId,
    ) -> Result<(), Failure> {
        let songs = self.write_songs(transaction, user);
        let variants = self.write_variants(transaction, user);
        try_join!(songs, variants, self.correct(transaction, user)).map(drop)
    }

    async fn write_songs(&self, transaction: &Transaction, user: UserId) -> Result<(), Failure> {
        if self.new_songs.is_empty() {
            return Ok(());
        }
        let mut songs: Vec<(i64, &SongKey)> =
            self.new_songs.iter().map(|(key, id)| (*id, key)).collect();
        songs.sort_unstable_by_key(|(id, _)| *id);
        let ids: Vec<i64> = songs.iter().map(|(id, _)| *id).collect();
        let hashes: Vec<i64> = songs.iter().map(|(_, key)| hash(user, &key.text())).collect();
        let artists: Vec<&str> = songs.iter().map(|(_, key)| key.artist.as_str()).collect();
        let tracks: Vec<&str> = songs.iter().map(|(_, key)| key.track.as_str()).collect();
        let albums: Vec<Option<&str>> = songs.iter().map(|(_, key)| key.album.as_deref()).collect();
        let values = [
            (&user.0 as _, Type::INT8),
            (&ids as _, Type::INT8_ARRAY),
            (&hashes as _, Type::INT8_ARRAY),
            (&artists as _, Type::TEXT_ARRAY),
            (&tracks as _, Type::TEXT_ARRAY),
            (&albums as _, Type::TEXT_ARRAY),
        ];
        transaction.execute(ADD_SONGS, &values).await.map(drop)
    }

    async fn write_variants(&self, transaction: &Transaction, user: UserId) -> Result<(), Failure> {
        if self.new.is_empty() {
            return Ok(());
        }
        let new = &self.new;
        let ids: Vec<i64> = new.iter().map(|(_, variant)| variant.id).collect();
        let songs: Vec<i64> = new.iter().map(|(_, variant)| variant.song_id).collect();
        let hashes: Vec<i64> = new.iter().map(|(wanted, _)| wanted.hash).collect();
        let dates: Vec<Option<i64>> = new.iter().map(|(wanted, _)| wanted.date_at).collect();
        let forms: Vec<Option<&str>> =
            new.iter().map(|(wanted, _)| wanted.date_form.as_deref()).collect();
        let bodies: Vec<&str> = new.iter().map(|(wanted, _)| wanted.body.as_str()).collect();
        let values = [
            (&user.0 as _, Type::INT8),
            (&ids as _, Type::INT8_ARRAY),
            (&songs as _, Type::INT8_ARRAY),
            (&hashes as _, Type::INT8_ARRAY),
            (&dates as _, Type::INT8_ARRAY),
            (&forms as _, Type::TEXT_ARRAY),
            (&bodies as _, Type::TEXT_ARRAY),
        ];
        transaction.execute(ADD_VARIANTS, &values).await.map(drop)
    }

    async fn correct(&self, transaction: &Transaction, user: UserId) -> Result<(), Failure> {
        if self.corrected.is_empty() {
            return Ok(());
        }
        let ids: Vec<i64> = self.corrected.iter().map(|variant| variant.id).collect();
        let songs: Vec<i64> = self.corrected.iter().map(|variant| variant.song_id).collect();
        let values = [
            (&user.0 as _, Type::INT8),
            (&ids as _, Type::INT8_ARRAY),
            (&songs as _, Type::INT8_ARRAY),
        ];
        transaction.execute(CORRECT, &values).await?;
        let first = ids.iter().min().copied().unwrap_or_default();
        let values = [(&user.0 as _, Type::INT8), (&first as _, Type::INT8)];
        transaction.execute(LOOK_AGAIN, &values).await.map(drop)
    }
}
