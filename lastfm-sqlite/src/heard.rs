//! The albums of one user's objects, remembered from one histogram to the next.

use lastfm_core::albums::{AlbumId, PlayedAlbum, Status};
use lastfm_core::archive::UserId;
use rusqlite::{Connection, OptionalExtension as _};

/// What the objects of the user who was last asked for are of, and which state of the file that is
/// true of.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    user: Option<UserId>,
    data_version: Option<i64>,
    /// Where the album of each object stands among `albums`.
    places: Places,
    /// Without plays, the lowest number first.
    albums: Vec<PlayedAlbum>,
}

/// What an object is of.
pub(crate) enum Of {
    /// The album that stands here.
    Album(usize),
    /// None.
    None,
    /// Nobody has looked at it yet.
    Unseen,
}

const OF_VARIANTS: &str = "
    SELECT variant_id, album_id FROM variant_album WHERE user_id = ?1";

const SHOWN: &str = "
    SELECT release_year, augmentation_status FROM album INDEXED BY album_shown WHERE id = ?1";

impl Heard {
    /// Reads it anew if it is another user's, or anybody has written to the file since.
    pub(crate) fn catch_up(
        &mut self,
        connection: &Connection,
        user: UserId,
    ) -> rusqlite::Result<()> {
        let mut statement = connection.prepare_cached("PRAGMA data_version")?;
        let version: i64 = statement.query_row([], |row| row.get(0))?;
        if (self.user, self.data_version) == (Some(user), Some(version)) {
            return Ok(());
        }
        *self = Self::default();
        self.read(connection, user)?;
        (self.user, self.data_version) = (Some(user), Some(version));
        Ok(())
    }

    fn read(&mut self, connection: &Connection, user: UserId) -> rusqlite::Result<()> {
        let mut numbers: Vec<i64> = Vec::new();
        let mut seen: Vec<(i64, Option<i64>)> = Vec::new();
        let mut statement = connection.prepare_cached(OF_VARIANTS)?;
        let mut rows = statement.query([user.0])?;
        while let Some(row) = rows.next()? {
            let (variant, album) = (row.get(0)?, row.get(1)?);
            seen.push((variant, album));
            numbers.extend(album);
        }
        numbers.sort_unstable();
        numbers.dedup();
        let mut shown = connection.prepare_cached(SHOWN)?;
        for number in numbers {
            let album = shown.query_row([number], |row| {
                let status = Status::named(row.get_ref(1)?.as_str()?).unwrap_or(Status::Pending);
                Ok(PlayedAlbum::new(AlbumId(number), status, row.get(0)?, 0))
            });
            self.albums.extend(album.optional()?);
        }
        self.places = Places::between(seen.iter().map(|(variant, _)| *variant));
        for (variant, album) in seen {
            let Some(album) = album else {
                self.places.put(variant, NONE);
                continue;
            };
            let place = self.albums.binary_search_by_key(&album, |album| album.id.0);
            if let Some(place) = place.ok().and_then(|place| u32::try_from(place).ok()) {
                self.places.put(variant, place);
            }
        }
        Ok(())
    }

    /// The albums of all objects, each without plays.
    pub(crate) fn albums(&self) -> &[PlayedAlbum] {
        &self.albums
    }

    /// What the object of this number is of.
    pub(crate) fn of(&self, variant: i64) -> Of {
        match self.places.get(variant) {
            UNSEEN => Of::Unseen,
            NONE => Of::None,
            place => usize::try_from(place).map_or(Of::Unseen, Of::Album),
        }
    }
}

/// In the place of an album: the object names none.
const NONE: u32 = u32::MAX;
/// In the place of an album: nobody has looked at the object yet.
const UNSEEN: u32 = u32::MAX - 1;
/// Objects of a page: four cache lines.
const PAGE: usize = 64;

/// A number for each object. It is looked into once for each play, and what is played in the same days
/// is numbered alike: pages by number stay in the cache, which a hash table does not, and took most of
/// a histogram's time waiting for memory.
#[derive(Debug, Default)]
struct Places {
    /// The lowest number of an object.
    first: i64,
    /// The page of each sixty-four objects, counted from one: others' objects need none.
    directory: Vec<u32>,
    pages: Vec<[u32; PAGE]>,
}

impl Places {
    /// Room for these objects.
    fn between(variants: impl Iterator<Item = i64> + Clone) -> Self {
        let (first, last) = (variants.clone().min().unwrap_or(0), variants.max().unwrap_or(0));
        let length = usize::try_from(last - first).unwrap_or(0) / PAGE + 1;
        Self { first, directory: vec![0; length], pages: Vec::new() }
    }

    fn at(&self, variant: i64) -> Option<(usize, usize)> {
        let at = usize::try_from(variant.checked_sub(self.first)?).ok()?;
        Some((at / PAGE, at % PAGE))
    }

    fn put(&mut self, variant: i64, place: u32) {
        let Some((entry, at)) = self.at(variant) else { return };
        if self.directory[entry] == 0 {
            self.pages.push([UNSEEN; PAGE]);
            self.directory[entry] = u32::try_from(self.pages.len()).unwrap_or(0);
        }
        let page = self.directory[entry] as usize - 1;
        self.pages[page][at] = place;
    }

    fn get(&self, variant: i64) -> u32 {
        let page = self.at(variant).and_then(|(entry, at)| {
            let page = (*self.directory.get(entry)? as usize).checked_sub(1)?;
            Some(self.pages.get(page)?[at])
        });
        page.unwrap_or(UNSEEN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_object_is_found_where_it_was_put_and_no_other() {
        let objects = [5, 6, 68, 69, 70, 133, 4_000, 1_000_000];
        let mut places = Places::between(objects.into_iter());
        for (place, object) in (0..).zip(objects) {
            assert_eq!(places.get(object), UNSEEN);
            places.put(object, place);
        }
        for (place, object) in (0..).zip(objects) {
            assert_eq!(places.get(object), place);
        }
        for other in [i64::MIN, -1, 0, 4, 7, 67, 134, 999_999, 1_000_001, 2_000_000, i64::MAX] {
            assert_eq!(places.get(other), UNSEEN, "{other}");
        }
        assert!(places.pages.len() < objects.len(), "neighbours share a page");
        assert_eq!(Places::default().get(1), UNSEEN);
    }
}
