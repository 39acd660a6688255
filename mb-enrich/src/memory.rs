//! Release groups in memory: the source that the others are held against.

use std::collections::{BTreeSet, HashMap};

use async_trait::async_trait;
use lastfm_core::Mbid;

use crate::ReleaseGroup;
use crate::names::{ArtistName, Title};
use crate::source::{Answers, Names, Source, Tracks, Works};

/// A catalogue that is all in memory, and says exactly what the contract of [`Source`] promises.
///
/// ```
/// use lastfm_core::Mbid;
/// use mb_enrich::{MemorySource, ReleaseGroup, Source};
///
/// let id = Mbid::new("268d91a0-1a7f-4600-bfd4-74d738eb7de4").unwrap();
/// let mut source = MemorySource::new();
/// source.add(ReleaseGroup::new(id.clone(), "Low", "Trust"));
/// let found = futures_executor::block_on(source.by_ids(&[id]));
/// assert!(found.answers[0].as_ref().unwrap().is_some());
/// ```
#[derive(Debug, Default)]
pub struct MemorySource {
    groups: Vec<ReleaseGroup>,
    tracks: Vec<BTreeSet<String>>,
    by_id: HashMap<Mbid, usize>,
    by_artist: HashMap<String, Vec<usize>>,
}

impl MemorySource {
    /// A catalogue without groups.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a group. Where there is one of the same identifier, the identifier stands for the new one
    /// from now on, and both are found by their names.
    pub fn add(&mut self, group: ReleaseGroup) {
        let place = self.groups.len();
        self.by_id.insert(group.id.clone(), place);
        let keys: BTreeSet<String> =
            group.artist_names().map(|name| name.key().to_owned()).collect();
        for key in keys {
            self.by_artist.entry(key).or_default().push(place);
        }
        self.groups.push(group);
        self.tracks.push(BTreeSet::new());
    }

    /// Lets an identifier stand for a group that is here: of a release in it, or one that was
    /// merged. Does nothing if the group is not here.
    pub fn add_id(&mut self, id: Mbid, group: &Mbid) {
        if let Some(place) = self.by_id.get(group) {
            self.by_id.insert(id, *place);
        }
    }

    /// Puts a track on a release of a group that is here. Does nothing if the group is not.
    pub fn add_track(&mut self, track: &str, group: &Mbid) {
        if let Some(place) = self.by_id.get(group) {
            let keys = track_title(track);
            self.tracks[*place].extend(keys.keys().map(str::to_owned));
        }
    }

    /// All groups, in the order in which they were added.
    pub fn groups(&self) -> &[ReleaseGroup] {
        &self.groups
    }

    fn of_artist(&self, name: &ArtistName) -> impl Iterator<Item = &ReleaseGroup> {
        let places = self.by_artist.get(name.key()).map_or(&[][..], Vec::as_slice);
        places.iter().map(|place| &self.groups[*place])
    }

    fn named<'a>(&'a self, names: &'a Names) -> impl Iterator<Item = &'a ReleaseGroup> {
        self.of_artist(&names.artist).filter(|group| names.are_of(group))
    }
}

/// A track's title as it is compared: of nobody, since a track does not name its artist.
pub(crate) fn track_title(track: &str) -> Title {
    Title::new(track, &ArtistName::new(""))
}

#[async_trait]
impl Source for MemorySource {
    async fn by_ids(&self, ids: &[Mbid]) -> Answers<Option<ReleaseGroup>> {
        let group = |id| self.by_id.get(id).map(|place: &usize| self.groups[*place].clone());
        Answers::all(ids.iter().map(group))
    }

    async fn by_names(&self, questions: &[Names]) -> Answers<Vec<ReleaseGroup>> {
        Answers::all(questions.iter().map(|names| self.named(names).cloned().collect()))
    }

    async fn of_artists(&self, questions: &[Works]) -> Answers<Vec<ReleaseGroup>> {
        Answers::all(questions.iter().map(|works| self.of_artist(&works.artist).cloned().collect()))
    }

    async fn with_tracks(&self, questions: &[Tracks]) -> Answers<Vec<Mbid>> {
        let holds = |place: usize, wanted: &Tracks| {
            let mut keys = wanted.tracks.iter().flat_map(Title::keys);
            keys.any(|key| self.tracks[place].contains(key))
        };
        Answers::all(questions.iter().map(|wanted| {
            let groups = wanted.groups.iter();
            groups
                .filter(|id| self.by_id.get(id).is_some_and(|place| holds(*place, wanted)))
                .cloned()
                .collect()
        }))
    }
}
