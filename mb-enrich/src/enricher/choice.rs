//! Which of the groups that a source tells of an album is: pure, and the same for every source.

use std::collections::BTreeMap;

use crate::names::{ArtistName, Kind, Kinds, Likeness, Title, is_various};
use crate::{Album, PrimaryType, ReleaseGroup};

/// An album as it is looked for.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub(super) artist: ArtistName,
    pub(super) title: Title,
}

/// A group by an artist, and what its titles come down to.
#[derive(Debug)]
pub(super) struct Read<'a> {
    group: &'a ReleaseGroup,
    /// Whether the artist is not the first who stands on it.
    by_part: bool,
    titles: Vec<Title>,
}

/// What of these groups is by an artist, taken apart once for all that is asked of it.
pub(super) fn read<'a>(artist: &ArtistName, groups: &'a [ReleaseGroup]) -> Vec<Read<'a>> {
    let read = |group: &'a ReleaseGroup| {
        let by = group.artist_names().position(|name| name.key() == artist.key())?;
        let titles = group.titles().map(|text| Title::new(text, artist)).collect();
        Some(Read { group, by_part: group.artists.len() > 1 && by > 0, titles })
    };
    groups.iter().filter_map(read).collect()
}

/// What the groups come to.
#[derive(Debug)]
pub(super) enum Choice<'a> {
    /// It is none of them.
    Nothing,
    /// It is this one.
    One(Chosen<'a>),
    /// It is one of these, which have different years or none, and names do not say which.
    Several(Vec<Chosen<'a>>),
}

/// A group that goes by the album's names.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chosen<'a> {
    pub(super) group: &'a ReleaseGroup,
    pub(super) likeness: Likeness,
    /// Whether others of these names were passed over for it.
    pub(super) preferred: bool,
    by_part: bool,
    names_edition: bool,
    /// Which of the group's titles it is; 0 is its own.
    title: usize,
}

impl Wanted {
    pub(super) fn of(album: &Album) -> Self {
        let name = if is_various(&album.artist) { "Various Artists" } else { &album.artist };
        let artist = ArtistName::new(name);
        Self { title: Title::new(&album.title, &artist), artist }
    }

    /// The same album by somebody else.
    pub(super) fn by(&self, artist: ArtistName) -> Self {
        Self { title: Title::new(self.title.spelled(), &artist), artist }
    }

    pub(super) fn is_blank(&self) -> bool {
        self.artist.key().is_empty() || self.title.keys().next().is_none()
    }

    /// The group that this album is, if it is no less alike than `furthest`.
    pub(super) fn choose<'a>(&self, groups: &[Read<'a>], furthest: Likeness) -> Choice<'a> {
        let mut alike: Vec<Chosen<'a>> =
            groups.iter().filter_map(|read| self.alike(read, furthest)).collect();
        alike.sort_by(|one, other| one.group.id.cmp(&other.group.id));
        alike.dedup_by(|one, other| one.group.id == other.group.id);
        let Some(nearest) = alike.iter().map(|one| class(one.likeness)).min() else {
            return Choice::Nothing;
        };
        alike.retain(|one| class(one.likeness) == nearest);
        // Who asks for an edition asks for the year of the work: a group that names none is it.
        least(&mut alike, |one| one.names_edition);
        least(&mut alike, |one| one.by_part);
        least(&mut alike, |one| self.strangeness(one.group));
        least(&mut alike, |one| one.title > 0);
        least(&mut alike, |one| one.likeness);
        let before = years(&alike).len();
        least(&mut alike, |one| one.group.first_release.is_none());
        least(&mut alike, |one| self.rank(one.group));
        let preferred = years(&alike).len() < before;
        let mut alike: Vec<Chosen<'a>> =
            alike.into_iter().map(|one| Chosen { preferred, ..one }).collect();
        alike.sort_by_key(|one| (one.group.first_release.is_none(), one.group.first_release));
        if years(&alike).len() > 1 { Choice::Several(alike) } else { Choice::One(alike[0]) }
    }

    fn alike<'a>(&self, read: &Read<'a>, furthest: Likeness) -> Option<Chosen<'a>> {
        let Read { group, by_part, titles } = read;
        if !self.edition_allows(group) {
            return None;
        }
        let liked = titles.iter().zip(0_usize..).filter_map(|(title, place)| {
            let likeness = self.title.likeness(title)?;
            Some((class(likeness), title.has_edition(), place, likeness))
        });
        let (_, names_edition, place, likeness) = liked.min()?;
        (likeness <= furthest).then_some(Chosen {
            group,
            likeness,
            preferred: false,
            by_part: *by_part,
            names_edition,
            title: place,
        })
    }

    /// Whether a group can be what the album's edition says it is. A catalogue that does not know
    /// kinds still has the music of a film under the film's name, but no singles.
    fn edition_allows(&self, group: &ReleaseGroup) -> bool {
        let said = self.title.edition_kinds();
        let left = said.without(group.kinds());
        left.is_empty() || (!group.kind_is_known() && left == Kind::Soundtrack.into())
    }

    /// Whether the catalogue says that a group is of another kind than the title does.
    fn strangeness(&self, group: &ReleaseGroup) -> bool {
        let said = self.title.kinds().with(self.title.edition_kinds());
        !group.secondary_kinds.without(said).is_empty()
    }

    /// An album before the EP and the single that are named after it, unless one of these is asked
    /// for.
    fn rank(&self, group: &ReleaseGroup) -> u8 {
        let said = self.title.kinds().with(self.title.edition_kinds());
        match group.primary_type {
            Some(PrimaryType::Single) if said.contains(Kind::Single) => 0,
            Some(PrimaryType::Ep) if said.contains(Kind::Ep) => 0,
            Some(PrimaryType::Album) | None => 1,
            Some(PrimaryType::Ep) => 2,
            Some(PrimaryType::Single) => 3,
            Some(PrimaryType::Broadcast | PrimaryType::Other) => 4,
        }
    }

    /// Whether a group that an identifier stands for may be this album, and how far to believe it.
    pub(super) fn believes(&self, group: &ReleaseGroup) -> Option<u16> {
        let keys: Vec<ArtistName> = group.artist_names().collect();
        let known = |name: &ArtistName| keys.iter().any(|key| key.key() == name.key());
        let same_artist = known(&self.artist)
            || group.is_by_various()
            || self.artist.others().iter().any(known)
            || keys.iter().any(|key| key.others().iter().any(|o| o.key() == self.artist.key()));
        let titles: Vec<Title> =
            group.titles().map(|text| Title::new(text, &self.artist)).collect();
        let nearest = titles.iter().filter_map(|title| self.title.likeness(title)).min();
        if let Some(likeness) = nearest {
            // Another artist's name is an alias, or in another script, if the title says much.
            let says_much = self.title.kinds() == Kinds::NONE && long(&self.title);
            let title_alone = likeness <= Likeness::Edition && says_much;
            let confidence = if same_artist { 1000 } else { 950 };
            return (same_artist || title_alone).then_some(confidence);
        }
        if !same_artist {
            return None;
        }
        let near = titles.iter().any(|title| self.title.resembles(title));
        let script = titles.iter().all(|title| self.title.is_in_another_script(title));
        match (near, script) {
            (true, _) => Some(950),
            (false, true) => Some(900),
            (false, false) => None,
        }
    }

    /// Groups of the artist that share half of the title's words, the nearest first.
    pub(super) fn near<'a>(&self, groups: &[Read<'a>]) -> Vec<&'a ReleaseGroup> {
        let mut near = BTreeMap::new();
        for Read { group, titles, .. } in groups {
            // The first is its own.
            if let Some(title) = titles.first().filter(|title| self.title.shares_words(title)) {
                let differ = strsim::osa_distance(self.title.bare(), title.bare());
                near.insert((differ, &group.id), *group);
            }
        }
        near.into_values().collect()
    }
}

/// Equal with or without an edition is one thing; then each further step is one.
fn class(likeness: Likeness) -> u8 {
    match likeness {
        Likeness::Exact | Likeness::Edition => 0,
        Likeness::Loose => 1,
        Likeness::Spelling(differ) => differ.saturating_add(1),
    }
}

/// Keeps those that have the least of something.
fn least<'a, K: Ord>(alike: &mut Vec<Chosen<'a>>, key: impl Fn(&Chosen<'a>) -> K) {
    if let Some(least) = alike.iter().map(&key).min() {
        alike.retain(|one| key(one) == least);
    }
}

/// The different years.
fn years(alike: &[Chosen<'_>]) -> Vec<Option<i16>> {
    let mut years: Vec<Option<i16>> =
        alike.iter().map(|one| one.group.first_release.map(crate::PartialDate::year)).collect();
    years.sort_unstable();
    years.dedup();
    years
}

fn long(title: &Title) -> bool {
    title.keys().all(|key| key.chars().count() >= 4)
}

#[cfg(test)]
mod tests {
    use lastfm_core::Mbid;

    use super::*;
    use crate::CreditedArtist;

    fn group(id: &str, artist: &str, title: &str, date: &str) -> ReleaseGroup {
        let group = ReleaseGroup::new(Mbid::new(id).unwrap(), artist, title);
        match date.parse() {
            Ok(date) => group.first_release(date),
            Err(_) => group,
        }
    }

    fn chosen(wanted: &Album, groups: &[ReleaseGroup]) -> Vec<String> {
        let wanted = Wanted::of(wanted);
        match wanted.choose(&read(&wanted.artist, groups), Likeness::Spelling(u8::MAX)) {
            Choice::Nothing => Vec::new(),
            Choice::One(one) => vec![one.group.id.to_string()],
            Choice::Several(several) => {
                several.iter().map(|one| one.group.id.to_string()).collect()
            }
        }
    }

    #[test]
    fn the_work_comes_before_its_edition_with_a_date_of_its_own() {
        let groups = [
            group("a", "Low", "Things We Lost (Deluxe Edition)", "2011"),
            group("b", "Low", "Things We Lost", "2001"),
        ];
        assert_eq!(chosen(&Album::new("Low", "Things We Lost (Deluxe Edition)"), &groups), ["b"]);
        assert_eq!(chosen(&Album::new("Low", "Things We Lost"), &groups), ["b"]);
    }

    #[test]
    fn an_album_comes_before_the_single_named_after_it() {
        let groups = [
            group("a", "Low", "Murderer", "2003-01").primary_type(PrimaryType::Single),
            group("b", "Low", "Murderer", "2004").primary_type(PrimaryType::Album),
        ];
        assert_eq!(chosen(&Album::new("Low", "Murderer"), &groups), ["b"]);
        assert_eq!(chosen(&Album::new("Low", "Murderer - Single"), &groups), ["a"]);
        assert_eq!(chosen(&Album::new("Low", "Murderer - EP"), &groups), [] as [&str; 0]);
    }

    #[test]
    fn a_live_album_of_the_same_name_is_passed_over() {
        let groups = [
            group("a", "Low", "Trust", "2002"),
            group("b", "Low", "Trust", "2001").secondary_kinds(Kind::Live),
        ];
        assert_eq!(chosen(&Album::new("Low", "Trust"), &groups), ["a"]);
        // But not one that is the only one.
        assert_eq!(chosen(&Album::new("Low", "Trust (Remastered)"), &groups[1..]), ["b"]);
    }

    #[test]
    fn several_of_one_name_are_not_guessed_at() {
        let groups = [
            group("a", "Peter Gabriel", "Peter Gabriel", "1977"),
            group("b", "Peter Gabriel", "Peter Gabriel", "1978"),
            group("c", "Peter Gabriel", "Peter Gabriel", ""),
        ];
        let album = Album::new("Peter Gabriel", "Peter Gabriel");
        assert_eq!(chosen(&album, &groups), ["a", "b"]);
        assert_eq!(chosen(&album, &groups[1..]), ["b"]);
    }

    #[test]
    fn the_nearest_spelling_is_taken() {
        let groups = [
            group("a", "Low", "Things We Lost in the Fire", "1994"),
            group("b", "Low", "Things We Lost in the Fair", "1995"),
        ];
        assert_eq!(chosen(&Album::new("Low", "Things We Lots in the Fire"), &groups), ["a"]);
    }

    #[test]
    fn an_artist_alone_comes_before_the_same_with_others() {
        let both = [CreditedArtist::new("Low").join(" & "), CreditedArtist::new("Dirty Three")];
        let groups = [
            group("a", "", "In the Fishtank 7", "2001").artists(both),
            group("b", "Low", "In the Fishtank 7", "1999"),
        ];
        let named = |name| chosen(&Album::new(name, "In The Fishtank 7"), &groups);
        assert_eq!(named("Low"), ["b"]);
        assert_eq!(named("Dirty Three"), ["a"]);
        assert_eq!(named("Low & Dirty Three"), ["a"]);
        assert_eq!(named("Somebody"), [] as [&str; 0]);
    }

    #[test]
    fn an_identifier_is_believed_if_the_names_do_not_say_otherwise() {
        let id = group("a", "椎名林檎", "三毒史", "2019");
        let believes =
            |artist, title, group| Wanted::of(&Album::new(artist, title)).believes(group);
        assert_eq!((believes("椎名林檎", "三毒史", &id)), Some(1000));
        assert_eq!((believes("椎名林檎", "Sandokushi", &id)), Some(900));
        assert_eq!((believes("Sheena Ringo", "Sandokushi", &id)), None);
        let tribute = group("b", "Somebody Else", "A Tribute to Low", "2004");
        assert_eq!((believes("Low", "Trust", &tribute)), None);
        let alias = group("c", "Кино", "Gruppa krovi", "1988");
        assert_eq!((believes("Kino", "Gruppa krovi", &alias)), Some(950));
        let hits = group("d", "Кино", "Greatest Hits", "1999");
        assert_eq!((believes("Kino", "Greatest Hits", &hits)), None);
        let live = group("e", "Low", "Trust (Live)", "2003");
        assert_eq!((believes("Low", "Trust", &live)), None);
        let various = group("f", "Various Artists", "Trust in Blues", "1999");
        assert_eq!((believes("Low", "Trust in Blues, Vol. 2", &various)), None);
        assert_eq!((believes("Low", "Trust in Blues", &various)), Some(1000));
    }
}
