//! What a source tells: a release group, which is an album with all its editions.

use lastfm_core::Mbid;

use crate::names::{ArtistName, Kind, Kinds, is_various};
use crate::{GroupName, PartialDate};

/// A release group of MusicBrainz: all editions of one album.
///
/// See <https://musicbrainz.org/doc/Release_Group>.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReleaseGroup {
    /// Its identifier today: never one that was merged.
    pub id: Mbid,
    /// Its title.
    pub title: String,
    /// Other titles that it goes by: its releases' and its aliases.
    pub other_titles: Vec<String>,
    /// Whose it is, in order; empty if nobody is named.
    pub artists: Vec<CreditedArtist>,
    /// What kind of record it is in the first place, where the source knows.
    pub primary_type: Option<PrimaryType>,
    /// What else it is: a live album, a soundtrack. Empty where the source does not know.
    pub secondary_kinds: Kinds,
    /// When its first release came out, as far as that is known.
    pub first_release: Option<PartialDate>,
}

/// An artist of a release group.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct CreditedArtist {
    /// The artist's identifier.
    pub id: Option<Mbid>,
    /// The name on the record.
    pub name: String,
    /// Other names of the artist: the usual one, aliases, the one that lists are sorted by.
    pub other_names: Vec<String>,
    /// What stands behind the name on the record: ` & `. Empty for the last one.
    pub join: String,
}

/// What a release group is in the first place.
///
/// See <https://musicbrainz.org/doc/Release_Group/Type>.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum PrimaryType {
    /// An album.
    Album,
    /// An EP.
    Ep,
    /// A single.
    Single,
    /// A broadcast.
    Broadcast,
    /// Anything else.
    Other,
}

impl ReleaseGroup {
    /// A group of this title by one artist of this name, of which nothing else is known.
    pub fn new(id: Mbid, artist: impl Into<String>, title: impl Into<String>) -> Self {
        Self {
            id,
            title: title.into(),
            other_titles: Vec::new(),
            artists: vec![CreditedArtist::new(artist)],
            primary_type: None,
            secondary_kinds: Kinds::NONE,
            first_release: None,
        }
    }

    /// When its first release came out. Default: not known.
    pub fn first_release(self, date: PartialDate) -> Self {
        Self { first_release: Some(date), ..self }
    }

    /// What it is in the first place. Default: not known.
    pub fn primary_type(self, primary_type: PrimaryType) -> Self {
        Self { primary_type: Some(primary_type), ..self }
    }

    /// What else it is. Default: nothing.
    pub fn secondary_kinds(self, kinds: impl Into<Kinds>) -> Self {
        Self { secondary_kinds: kinds.into(), ..self }
    }

    /// Another title that it goes by. May be called several times.
    pub fn other_title(mut self, title: impl Into<String>) -> Self {
        self.other_titles.push(title.into());
        self
    }

    /// Whose it is. Default: the one artist that it was made with.
    pub fn artists(self, artists: impl IntoIterator<Item = CreditedArtist>) -> Self {
        Self { artists: artists.into_iter().collect(), ..self }
    }

    /// Its artists as they stand on the record.
    pub fn credit(&self) -> String {
        self.artists
            .iter()
            .flat_map(|artist| [artist.name.as_str(), artist.join.as_str()])
            .collect()
    }

    /// All titles that it goes by, its own first.
    pub fn titles(&self) -> impl Iterator<Item = &str> {
        let others = self.other_titles.iter();
        std::iter::once(&self.title).chain(others).map(String::as_str)
    }

    /// The names that it is found under: of all its artists together, then of each of them.
    pub fn artist_names(&self) -> impl Iterator<Item = ArtistName> {
        let each = self.artists.iter().flat_map(CreditedArtist::names);
        let whole = (self.artists.len() > 1).then(|| ArtistName::new(&self.credit()));
        whole.into_iter().chain(each.map(ArtistName::new))
    }

    /// Whether it is by many artists, none of whom is named.
    pub fn is_by_various(&self) -> bool {
        self.artists.iter().any(CreditedArtist::is_various)
    }

    /// Whether it is known what kind of record it is.
    pub(crate) fn kind_is_known(&self) -> bool {
        self.primary_type.is_some() || !self.secondary_kinds.is_empty()
    }

    /// What kind of record the catalogue says it is.
    pub(crate) fn kinds(&self) -> Kinds {
        let primary = match self.primary_type {
            Some(PrimaryType::Ep) => Kind::Ep.into(),
            Some(PrimaryType::Single) => Kind::Single.into(),
            Some(PrimaryType::Album | PrimaryType::Broadcast | PrimaryType::Other) | None => {
                Kinds::NONE
            }
        };
        self.secondary_kinds.with(primary)
    }
}

impl CreditedArtist {
    /// The identifier under which MusicBrainz files records of many artists.
    pub const VARIOUS: &str = "89ad4ac3-39f7-470e-963a-56509c546377";

    /// An artist of this name.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// The artist's identifier. Default: not known.
    pub fn id(self, id: Mbid) -> Self {
        Self { id: Some(id), ..self }
    }

    /// Another name of the artist. May be called several times.
    pub fn other_name(mut self, name: impl Into<String>) -> Self {
        self.other_names.push(name.into());
        self
    }

    /// What stands behind the name on the record. Default: nothing.
    pub fn join(self, join: impl Into<String>) -> Self {
        Self { join: join.into(), ..self }
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.name).chain(&self.other_names).map(String::as_str)
    }

    fn is_various(&self) -> bool {
        let by_id = self.id.as_ref().is_some_and(|id| id.as_str() == Self::VARIOUS);
        by_id || is_various(&self.name)
    }
}

impl From<&ReleaseGroup> for GroupName {
    fn from(group: &ReleaseGroup) -> Self {
        Self::new(group.id.clone(), group.credit(), &group.title, group.first_release)
    }
}
