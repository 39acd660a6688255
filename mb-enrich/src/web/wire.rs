//! Answers of the web service, read as far as they are needed. `null`, nothing and empty text are
//! the same to it.

use lastfm_core::Mbid;
use serde::Deserialize;

use crate::names::{Kind, Kinds};
use crate::{CreditedArtist, PartialDate, PrimaryType, ReleaseGroup};

/// Found groups.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Groups {
    /// How many there are, perhaps more than these.
    pub(super) count: usize,
    pub(super) release_groups: Vec<Group>,
}

/// Found artists.
#[derive(Debug, Deserialize)]
pub(super) struct Artists {
    /// How many there are, perhaps more than these.
    pub(super) count: usize,
    pub(super) artists: Vec<Artist>,
}

/// Found recordings.
#[derive(Debug, Deserialize)]
pub(super) struct Recordings {
    pub(super) recordings: Vec<Recording>,
}

/// A release that was looked up.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct LookedUp {
    pub(super) title: Option<String>,
    pub(super) release_group: Group,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Group {
    id: String,
    title: Option<String>,
    first_release_date: Option<String>,
    primary_type: Option<String>,
    secondary_types: Option<Vec<String>>,
    artist_credit: Option<Vec<Credit>>,
    aliases: Option<Vec<Named>>,
    releases: Option<Vec<Release>>,
}

#[derive(Debug, Deserialize)]
struct Credit {
    name: Option<String>,
    joinphrase: Option<String>,
    artist: Artist,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Artist {
    pub(super) id: String,
    name: Option<String>,
    sort_name: Option<String>,
    aliases: Option<Vec<Named>>,
}

#[derive(Debug, Deserialize)]
struct Named {
    name: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Release {
    id: Option<String>,
    title: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Recording {
    pub(super) title: Option<String>,
    releases: Option<Vec<OfGroup>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct OfGroup {
    release_group: Option<OnlyId>,
}

#[derive(Debug, Deserialize)]
struct OnlyId {
    id: Option<String>,
}

impl Artist {
    /// All names that it has.
    pub(super) fn names(self) -> Vec<String> {
        let aliases = self.aliases.into_iter().flatten().map(|alias| alias.name);
        let names = [self.name, self.sort_name].into_iter().chain(aliases);
        names.flatten().filter(|name| !name.is_empty()).collect()
    }
}

impl Recording {
    /// The groups whose releases hold it.
    pub(super) fn groups(&self) -> impl Iterator<Item = &str> {
        let releases = self.releases.iter().flatten();
        releases.filter_map(|release| release.release_group.as_ref()?.id.as_deref())
    }
}

impl LookedUp {
    /// The release's group, with the release's title among its own.
    pub(super) fn group(self) -> Option<ReleaseGroup> {
        let group = self.release_group.group()?;
        let other = self.title.filter(|title| !title.is_empty() && *title != group.title);
        Some(match other {
            Some(title) => group.other_title(title),
            None => group,
        })
    }
}

impl Group {
    /// The identifiers of its releases.
    pub(super) fn releases(&self) -> impl Iterator<Item = &str> {
        self.releases.iter().flatten().filter_map(|release| release.id.as_deref())
    }

    /// What it says, if it names itself. A date that is none is not known.
    pub(super) fn group(self) -> Option<ReleaseGroup> {
        let (id, title) = (Mbid::new(&self.id)?, self.title.unwrap_or_default());
        let artists = self.artist_credit.into_iter().flatten().map(Credit::artist);
        let mut group = ReleaseGroup::new(id, "", title).artists(artists);
        let releases = self.releases.into_iter().flatten().map(|release| release.title);
        let aliases = self.aliases.into_iter().flatten().map(|alias| alias.name);
        for other in releases.chain(aliases).flatten() {
            let known = other.is_empty() || group.titles().any(|title| title == other);
            if !known {
                group = group.other_title(other);
            }
        }
        group.first_release =
            self.first_release_date.and_then(|date| PartialDate::known(&date).ok().flatten());
        group.primary_type = self.primary_type.as_deref().and_then(primary_type);
        let kinds = self.secondary_types.iter().flatten().filter_map(|name| kind(name));
        group.secondary_kinds = kinds.collect::<Kinds>();
        Some(group)
    }
}

impl Credit {
    fn artist(self) -> CreditedArtist {
        let id = Mbid::new(&self.artist.id);
        let mut names = self.artist.names();
        let name = self.name.filter(|name| !name.is_empty());
        let name = name.or_else(|| names.first().cloned()).unwrap_or_default();
        names.retain(|other| *other != name);
        names.dedup();
        CreditedArtist { id, name, other_names: names, join: self.joinphrase.unwrap_or_default() }
    }
}

fn primary_type(name: &str) -> Option<PrimaryType> {
    Some(match name.to_ascii_lowercase().as_str() {
        "album" => PrimaryType::Album,
        "ep" => PrimaryType::Ep,
        "single" => PrimaryType::Single,
        "broadcast" => PrimaryType::Broadcast,
        "" => return None,
        _ => PrimaryType::Other,
    })
}

/// What a secondary type says of the kind; nothing where no title would say it.
fn kind(name: &str) -> Option<Kind> {
    Some(match name.to_ascii_lowercase().as_str() {
        "compilation" => Kind::Compilation,
        "demo" => Kind::Demo,
        "live" => Kind::Live,
        "remix" | "dj-mix" => Kind::Remix,
        "soundtrack" => Kind::Soundtrack,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> ReleaseGroup {
        serde_json::from_str::<Group>(text).unwrap().group().unwrap()
    }

    #[test]
    fn a_group_is_read_as_far_as_it_is_told() {
        let group = read(
            r#"{"id":"a","title":"Low","first-release-date":"1977-01","primary-type":"Album",
                "secondary-types":["Live","Interview"],"score":100,
                "artist-credit":[
                    {"name":"Bowie","joinphrase":" & ","artist":{"id":"b","name":"David Bowie",
                        "sort-name":"Bowie, David","aliases":[{"name":"Ziggy","locale":null}]}},
                    {"artist":{"id":"c","name":"Eno"}}],
                "releases":[{"id":"r1","title":"Low"},{"id":"r2","title":"Low (Deluxe)"}]}"#,
        );
        assert_eq!(group.credit(), "Bowie & Eno");
        assert_eq!(group.artists[0].other_names, ["David Bowie", "Bowie, David", "Ziggy"]);
        assert_eq!(group.titles().collect::<Vec<_>>(), ["Low", "Low (Deluxe)"]);
        assert_eq!(group.first_release.unwrap().to_string(), "1977-01");
        assert_eq!(group.primary_type, Some(PrimaryType::Album));
        assert_eq!(group.secondary_kinds, Kind::Live.into());
    }

    #[test]
    fn nothing_is_written_in_many_ways() {
        for text in [
            r#"{"id":"a"}"#,
            r#"{"id":"a","title":null,"first-release-date":null,"primary-type":null,
                "secondary-types":null,"artist-credit":null,"releases":null,"aliases":null}"#,
            r#"{"id":"a","title":"","first-release-date":"","primary-type":"",
                "secondary-types":[],"artist-credit":[],"releases":[],"aliases":[]}"#,
            r#"{"id":"a","first-release-date":"soon","releases":[{"id":null,"title":null}]}"#,
        ] {
            let group = read(text);
            assert_eq!((group.first_release, group.primary_type), (None, None), "{text}");
            assert!(group.artists.is_empty() && group.other_titles.is_empty());
        }
        assert!(serde_json::from_str::<Group>(r#"{"error":"Not Found"}"#).is_err());
        assert!(serde_json::from_str::<Group>(r#"{"id":""}"#).unwrap().group().is_none());
    }
}
