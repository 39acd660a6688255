//! The albums of one user's objects, remembered from one histogram to the next.

use std::collections::HashMap;

use lastfm_core::albums::{AlbumId, PlayedAlbum, Status};
use lastfm_core::archive::UserId;
use rusqlite::{Connection, OptionalExtension as _};

/// What the objects of the user who was last asked for are of, and which state of the file that is
/// true of.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    user: Option<UserId>,
    data_version: Option<i64>,
    /// Where the album of each object stands among `albums`, if it names one.
    places: HashMap<i64, Option<u32>>,
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
        self.places.reserve(seen.len());
        for (variant, album) in seen {
            let Some(album) = album else {
                self.places.insert(variant, None);
                continue;
            };
            let place = self.albums.binary_search_by_key(&album, |album| album.id.0);
            if let Some(place) = place.ok().and_then(|place| u32::try_from(place).ok()) {
                self.places.insert(variant, Some(place));
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
        match self.places.get(&variant) {
            None => Of::Unseen,
            Some(None) => Of::None,
            Some(Some(place)) => usize::try_from(*place).map_or(Of::Unseen, Of::Album),
        }
    }
}
