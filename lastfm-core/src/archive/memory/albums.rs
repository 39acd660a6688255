//! The albums of all archives in memory.

use std::collections::{BTreeMap, HashMap};

use super::archive::{Archive, Row, places};
use crate::albums::{
    Album, AlbumId, Collected, Correction, KnownAlbum, Outcome, PartialDate, PlayedAlbum,
    PlayedAlbums,
};
use crate::archive::rows::Body;
use crate::archive::store::UserId;
use crate::{Mbid, Span};

/// Tracks of an album that are named.
const MOST_TRACKS: usize = 5;

/// All that is kept of albums.
#[derive(Debug, Default)]
pub(super) struct Albums {
    known: BTreeMap<AlbumId, KnownAlbum>,
    by_name: HashMap<(String, String), AlbumId>,
    heard: BTreeMap<UserId, HashMap<String, Heard>>,
}

/// What an object says, the same for every play of it.
#[derive(Debug)]
struct Heard {
    /// Nothing if it names none.
    album: Option<AlbumId>,
    mbid: Option<Mbid>,
    track: String,
}

impl Albums {
    pub(super) fn collect(&mut self, archive: &Archive, limit: usize) -> Collected {
        let mut collected = Collected { new_albums: 0, is_whole: true };
        let mut left = limit.max(1);
        for row in archive.rows.values() {
            let object = object(row);
            if self.of(archive.user.id, &object).is_some() {
                continue;
            }
            if left == 0 {
                collected.is_whole = false;
                break;
            }
            left -= 1;
            let track = row.play.track();
            let album = track.album.map(|title| {
                let (id, is_new) = self.find_or_add(track.artist, title);
                collected.new_albums += u64::from(is_new);
                id
            });
            let heard = Heard { album, mbid: track.album_mbid, track: track.name };
            self.heard.entry(archive.user.id).or_default().insert(object, heard);
        }
        collected
    }

    fn find_or_add(&mut self, artist: String, title: String) -> (AlbumId, bool) {
        let name = (artist, title);
        if let Some(id) = self.by_name.get(&name) {
            return (*id, false);
        }
        let last = self.known.keys().next_back().map_or(0, |id| id.0);
        let id = AlbumId(last + 1);
        self.known.insert(id, KnownAlbum::new(id, &name.0, &name.1));
        self.by_name.insert(name, id);
        (id, true)
    }

    fn of(&self, user: UserId, object: &str) -> Option<&Heard> {
        self.heard.get(&user)?.get(object)
    }

    pub(super) fn played(&self, archive: &Archive, span: Span) -> PlayedAlbums {
        let mut played = PlayedAlbums::default();
        let mut plays: BTreeMap<AlbumId, u64> = BTreeMap::new();
        for (_, row) in archive.held(places(span)) {
            match self.of(archive.user.id, &object(row)) {
                Some(Heard { album: Some(id), .. }) => *plays.entry(*id).or_default() += 1,
                Some(_) => played.without_album += 1,
                None => played.uncollected += 1,
            }
        }
        let albums = plays.into_iter().filter_map(|(id, plays)| {
            let album = self.known.get(&id)?;
            let year = album.first_release().map(PartialDate::year);
            Some(PlayedAlbum::new(id, album.status(), year, plays))
        });
        PlayedAlbums { albums: albums.collect(), ..played }
    }

    pub(super) fn albums(&self, ids: &[AlbumId]) -> Vec<KnownAlbum> {
        ids.iter().filter_map(|id| self.known.get(id).cloned()).collect()
    }

    pub(super) fn questions(&self, user: UserId, ids: &[AlbumId]) -> Vec<(AlbumId, Album)> {
        ids.iter().filter_map(|id| Some((*id, self.question(user, *id)?))).collect()
    }

    fn question(&self, user: UserId, id: AlbumId) -> Option<Album> {
        let known = self.known.get(&id)?;
        let all = self.heard.get(&user).into_iter().flat_map(HashMap::values);
        let heard: Vec<&Heard> = all.filter(|heard| heard.album == Some(id)).collect();
        let failure_count = known.outcome.as_ref().map_or(0, |outcome| outcome.failure_count);
        let mut album = Album::new(&known.artist, &known.title).failure_count(failure_count);
        album.mbids = most_frequent(heard.iter().filter_map(|heard| heard.mbid.clone()));
        album.tracks = most_frequent(heard.iter().map(|heard| heard.track.clone()));
        album.tracks.truncate(MOST_TRACKS);
        Some(album)
    }

    pub(super) fn record(&mut self, outcomes: Vec<(AlbumId, Outcome)>) {
        for (id, outcome) in outcomes {
            if let Some(album) = self.known.get_mut(&id)
                && album.outcome.as_ref().is_none_or(|before| outcome.takes_place_of(before))
            {
                album.outcome = Some(outcome);
            }
        }
    }

    pub(super) fn correct(
        &mut self,
        id: AlbumId,
        correction: Option<Correction>,
    ) -> Option<KnownAlbum> {
        let album = self.known.get_mut(&id)?;
        album.correction = correction;
        Some(album.clone())
    }

    pub(super) fn forget(&mut self, user: UserId) {
        self.heard.remove(&user);
    }
}

/// The object of a play, which all plays of it share.
fn object(row: &Row) -> String {
    Body::of(&row.play).text()
}

/// Each once: what was said most often first, equals in order.
fn most_frequent<T: Ord>(said: impl Iterator<Item = T>) -> Vec<T> {
    let mut counts: BTreeMap<T, usize> = BTreeMap::new();
    for one in said {
        *counts.entry(one).or_default() += 1;
    }
    let mut ordered: Vec<(T, usize)> = counts.into_iter().collect();
    ordered.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    ordered.into_iter().map(|(one, _)| one).collect()
}
