//! What is written of a release group, and of an artist.

use lastfm_core::Mbid;

use super::bytes::{Bytes, Odd, put, put_text};
use crate::names::{ArtistName, Kind, Kinds};
use crate::{CreditedArtist, PartialDate, PrimaryType, ReleaseGroup};

/// Whose some groups are: part of what precedes them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Credit(pub(super) Vec<Credited>);

/// One of several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Credited {
    pub(super) artist: u32,
    /// The name on the record, if it is not the artist's.
    pub(super) name: Option<String>,
    pub(super) join: String,
}

/// A release group without its artists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) id: u128,
    pub(super) title: String,
    pub(super) other_titles: Vec<String>,
    /// MusicBrainz' number of the primary type; 0 for none.
    pub(super) primary: u8,
    /// A bit for each secondary type: that of its number.
    pub(super) secondary: u32,
    pub(super) date: Option<PartialDate>,
}

/// An artist's names, its own first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Artist {
    pub(super) is_various: bool,
    pub(super) names: Vec<String>,
}

impl Credit {
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        put(out, self.0.len() as u64);
        for credited in &self.0 {
            put(out, u64::from(credited.artist) << 1 | u64::from(credited.name.is_some()));
            if let Some(name) = &credited.name {
                put_text(out, name);
            }
            put_text(out, &credited.join);
        }
    }

    pub(super) fn read(bytes: &mut Bytes<'_>) -> Result<Self, Odd> {
        let count = bytes.small()?;
        let mut credit = Self::default();
        for _ in 0..count {
            let number = bytes.number()?;
            credit.0.push(Credited {
                artist: u32::try_from(number >> 1).map_err(|_| Odd)?,
                name: (number & 1 == 1).then(|| bytes.text().map(str::to_owned)).transpose()?,
                join: bytes.text()?.to_owned(),
            });
        }
        Ok(credit)
    }
}

impl Group {
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.id.to_be_bytes());
        put(out, u64::from(self.secondary) << 4 | u64::from(self.primary.min(15)));
        put(out, date_number(self.date));
        put_text(out, &self.title);
        put(out, self.other_titles.len() as u64);
        for other in &self.other_titles {
            // Mostly the title with something behind it.
            let shared = shared(&self.title, other);
            put(out, shared as u64);
            put_text(out, &other[shared..]);
        }
    }

    pub(super) fn read(bytes: &mut Bytes<'_>) -> Result<Self, Odd> {
        let id = u128::from_be_bytes(bytes.array()?);
        let types = bytes.number()?;
        let date = date_of(bytes.number()?)?;
        let title = bytes.text()?.to_owned();
        let mut other_titles = Vec::new();
        for _ in 0..bytes.small()? {
            let shared = title.get(..bytes.small()? as usize).ok_or(Odd)?;
            other_titles.push(format!("{shared}{}", bytes.text()?));
        }
        let primary = u8::try_from(types & 15).map_err(|_| Odd)?;
        let secondary = u32::try_from(types >> 4).map_err(|_| Odd)?;
        Ok(Self { id, title, other_titles, primary, secondary, date })
    }

    /// The group that a source tells of.
    pub(super) fn told(self, artists: Vec<CreditedArtist>) -> Option<ReleaseGroup> {
        let mut group = ReleaseGroup::new(mbid(self.id)?, "", self.title).artists(artists);
        group.other_titles = self.other_titles;
        group.primary_type = primary_type(self.primary);
        group.secondary_kinds = kinds(self.secondary);
        group.first_release = self.date;
        Some(group)
    }
}

impl Artist {
    /// An artist of these names, its own first. One that says the same as another in other letters
    /// is left out: with the same words it stands for the same artist, and for the same others.
    pub(super) fn new<'a>(is_various: bool, names: impl IntoIterator<Item = &'a str>) -> Self {
        let (mut kept, mut said) = (Vec::new(), Vec::new());
        for text in names.into_iter().filter(|text| !text.is_empty()) {
            let name = ArtistName::new(text);
            let others = name.others().iter().map(|other| other.key().to_owned()).collect();
            let says: (Vec<String>, Vec<String>) =
                (name.words().map(str::to_owned).collect(), others);
            if !said.contains(&says) {
                kept.push(text.to_owned());
                said.push(says);
            }
        }
        Self { is_various, names: kept }
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        put(out, u64::from(self.is_various));
        let Some((own, others)) = self.names.split_first() else { return };
        put_text(out, own);
        for name in others {
            // The one that lists are sorted by is mostly the name turned round at a blank.
            let turn = (0_u64..).zip(turned(own)).find(|(_, turned)| turned == name);
            if let Some((turn, _)) = turn {
                put(out, turn << 1 | 1);
            } else {
                put(out, (name.len() as u64) << 1);
                out.extend_from_slice(name.as_bytes());
            }
        }
    }

    pub(super) fn read(bytes: &mut Bytes<'_>) -> Result<Self, Odd> {
        let mut artist = Self { is_various: bytes.number()? == 1, names: Vec::new() };
        if bytes.is_empty() {
            return Ok(artist);
        }
        let own = bytes.text()?;
        artist.names.push(own.to_owned());
        while !bytes.is_empty() {
            let number = bytes.number()?;
            let half = usize::try_from(number >> 1).map_err(|_| Odd)?;
            let name = if number & 1 == 1 {
                turned(own).nth(half).ok_or(Odd)?
            } else {
                std::str::from_utf8(bytes.take(half)?).map_err(|_| Odd)?.to_owned()
            };
            artist.names.push(name);
        }
        Ok(artist)
    }

    /// The artist as one of a record's, under this name there.
    pub(super) fn credited(&self, name: Option<&str>, join: &str) -> CreditedArtist {
        let own = self.names.first().map_or("", String::as_str);
        let name = name.unwrap_or(own);
        let mut credited = CreditedArtist::new(name).join(join);
        credited.id = self.is_various.then(|| Mbid::new(CreditedArtist::VARIOUS)).flatten();
        let others = self.names.iter().filter(|other| other.as_str() != name);
        credited.other_names = others.cloned().collect();
        credited
    }
}

/// A name with what stands behind a blank before the rest: `Gabriel, Peter`.
fn turned(name: &str) -> impl Iterator<Item = String> {
    name.match_indices(' ').map(|(at, _)| format!("{}, {}", &name[at + 1..], &name[..at]))
}

/// How many bytes two texts share at their beginning.
fn shared(one: &str, other: &str) -> usize {
    let same = one.char_indices().zip(other.chars()).take_while(|((_, a), b)| a == b);
    same.last().map_or(0, |((at, letter), _)| at + letter.len_utf8())
}

pub(super) fn mbid(number: u128) -> Option<Mbid> {
    let digits = format!("{number:032x}");
    let parts = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]];
    Mbid::new(&parts.join("-"))
}

/// A date in a number: 0 for none.
fn date_number(date: Option<PartialDate>) -> u64 {
    let part = |part: Option<i8>| part.and_then(|part| u64::try_from(part).ok()).unwrap_or(0);
    date.map_or(0, |date| {
        // Near our time the number is short.
        let year = i64::from(date.year()) - 2000;
        let year = year.unsigned_abs() * 2 - u64::from(year < 0);
        (year << 9 | part(date.month()) << 5 | part(date.day())) + 1
    })
}

fn date_of(number: u64) -> Result<Option<PartialDate>, Odd> {
    let Some(number) = number.checked_sub(1) else { return Ok(None) };
    let part = |part: u64| i8::try_from(part).ok().filter(|part| *part > 0);
    let half = i64::try_from(number >> 9).map_err(|_| Odd)?;
    let year = if half % 2 == 1 { -(half + 1) / 2 } else { half / 2 } + 2000;
    let year = i16::try_from(year).map_err(|_| Odd)?;
    PartialDate::new(year, part(number >> 5 & 15), part(number & 31)).map(Some).ok_or(Odd)
}

/// See <https://musicbrainz.org/doc/Release_Group/Type>; the numbers are those of the tables
/// `release_group_primary_type` and `release_group_secondary_type`.
fn primary_type(number: u8) -> Option<PrimaryType> {
    Some(match number {
        0 => return None,
        1 => PrimaryType::Album,
        2 => PrimaryType::Single,
        3 => PrimaryType::Ep,
        12 => PrimaryType::Broadcast,
        _ => PrimaryType::Other,
    })
}

/// What secondary types say of the kind; nothing where no title would say it.
fn kinds(secondary: u32) -> Kinds {
    const KINDS: [(u32, Kind); 6] = [
        (1, Kind::Compilation),
        (2, Kind::Soundtrack),
        (6, Kind::Live),
        (7, Kind::Remix),
        (8, Kind::Remix),
        (10, Kind::Demo),
    ];
    let said = KINDS.iter().filter(|(number, _)| secondary & 1 << number != 0);
    said.map(|(_, kind)| *kind).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn dates() -> impl Strategy<Value = Option<PartialDate>> {
        let part = |most| prop::option::of(1_i8..most);
        (-3000_i16..3000, part(13), part(29))
            .prop_map(|(year, month, day)| PartialDate::new(year, month, day))
    }

    proptest! {
        #[test]
        fn a_group_is_read_as_it_was_written(
            (id, primary, secondary) in (any::<u128>(), 0_u8..16, 0_u32..1 << 13),
            (title, date) in ("[aé ]{0,6}", dates()),
            other_titles in prop::collection::vec("[aé ]{0,8}", 0..4),
        ) {
            let group = Group { id, title, other_titles, primary, secondary, date };
            let mut out = Vec::new();
            group.write(&mut out);
            let mut bytes = Bytes(&out);
            prop_assert_eq!(Group::read(&mut bytes), Ok(group));
            prop_assert!(bytes.is_empty());
        }

        #[test]
        fn an_artist_is_read_as_it_was_written(
            is_various: bool,
            names in prop::collection::vec("[aé, ]{1,6}", 0..5),
        ) {
            let artist = Artist { is_various, names };
            let mut out = Vec::new();
            artist.write(&mut out);
            prop_assert_eq!(Artist::read(&mut Bytes(&out)), Ok(artist));
        }

        #[test]
        fn wild_bytes_are_read_or_refused(wild in prop::collection::vec(any::<u8>(), 0..60)) {
            let _ = Group::read(&mut Bytes(&wild));
            let _ = Credit::read(&mut Bytes(&wild));
            let _ = Artist::read(&mut Bytes(&wild));
        }
    }

    #[test]
    fn names_that_say_the_same_are_kept_once() {
        let names = |names: &[&str]| Artist::new(false, names.iter().copied()).names;
        assert_eq!(
            names(&[
                "Björk",
                "Bjork",
                "BJÖRK",
                "Björk Guðmundsdóttir",
                "Guðmundsdóttir, Björk",
                ""
            ]),
            ["Björk", "Björk Guðmundsdóttir", "Guðmundsdóttir, Björk"]
        );
        // The same key, but other words, by which titles are taken apart; and other others.
        assert_eq!(names(&["AC/DC", "ACDC", "AC DC"]), ["AC/DC", "ACDC", "AC DC"]);
    }
}
