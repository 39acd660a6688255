//! Which plays of one second are of the same song, and in which order songs stand.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};

use lastfm_core::Timestamp;
use lastfm_core::archive::UserId;
use rusqlite::{Connection, OptionalExtension as _};

use crate::error::Failure;
use crate::variants::{self, Variant};

/// What is equal for plays of one second with the same artist, track and album, and orders them
/// by their names, so that every store takes the plays of a second in the same order.
pub(super) type Same = (usize, i64);

/// The songs of the variants in those seconds that need them.
///
/// Most seconds hold one variant, or nothing new: there the variant says it all, and its song
/// need not be looked up.
pub(super) struct Songs {
    seconds: HashSet<Timestamp>,
    by_variant: HashMap<i64, Same>,
}

const NAME: &str = "SELECT artist, track, album FROM song WHERE id = ?1";

impl Songs {
    pub(super) fn read<'a>(
        connection: &Connection,
        user: UserId,
        held: impl Iterator<Item = (Timestamp, i64)>,
        shown: impl Iterator<Item = (Timestamp, &'a Variant)>,
    ) -> Result<Self, Failure> {
        let mut songs = HashMap::new();
        let mut pairs: Vec<_> = held.collect();
        for (at, variant) in shown {
            songs.insert(variant.id, variant.song_id);
            pairs.push((at, variant.id));
        }
        pairs.sort_unstable();
        pairs.dedup();
        let seconds = pairs.chunk_by(|a, b| a.0 == b.0);
        let several: Vec<_> = seconds.filter(|second| second.len() > 1).collect();

        let mut by_song = BTreeMap::new();
        for (_, variant_id) in several.iter().copied().flatten() {
            let song_id = match songs.get(variant_id) {
                Some(song_id) => *song_id,
                None => match variants::by_id(connection, user, *variant_id)? {
                    Some(variant) => variant.song_id,
                    None => continue,
                },
            };
            songs.insert(*variant_id, song_id);
            if let Entry::Vacant(unnamed) = by_song.entry(song_id) {
                unnamed.insert(name(connection, song_id)?);
            }
        }
        let mut names: Vec<_> = by_song.into_iter().map(|(id, name)| (name, id)).collect();
        names.sort_unstable();
        let ranks = names.into_iter().map(|(_, song_id)| song_id).zip(0..);
        let ranks: HashMap<i64, usize> = ranks.collect();
        let ranked = songs.into_iter().filter_map(|(variant_id, song_id)| {
            let rank = ranks.get(&song_id)?;
            Some((variant_id, (*rank, song_id)))
        });
        Ok(Self {
            by_variant: ranked.collect(),
            seconds: several.iter().map(|second| second[0].0).collect(),
        })
    }

    pub(super) fn same(&self, at: Timestamp, variant_id: i64) -> Same {
        if !self.seconds.contains(&at) {
            return (0, variant_id);
        }
        let same = self.by_variant.get(&variant_id);
        // Every variant of such a second was looked up; one that is not there is the same as none.
        same.copied().unwrap_or((usize::MAX, variant_id))
    }
}

/// The names of a song; empty ones if someone has deleted it.
fn name(
    connection: &Connection,
    song_id: i64,
) -> Result<(String, String, Option<String>), Failure> {
    let mut statement = connection.prepare_cached(NAME)?;
    let name = statement.query_row([song_id], |row| row.try_into()).optional()?;
    Ok(name.unwrap_or_default())
}
