//! What is written of a release group, and of an artist.

use lastfm_core::Mbid;

use super::bytes::{Bytes, Odd, put, put_text};
use crate::names::{ArtistName, Kind, Kinds};
use crate::{CreditedArtist, PartialDate, PrimaryType, ReleaseGroup};

/// Artists of one credit: its positions are of 16 bits at MusicBrainz.
pub(super) const MOST_CREDITED: usize = 1 << 15;
/// Text of the names of one artist, or of the other titles of one group. Some are written in fewer
/// bytes than they have, so that a record says nothing of how much text it comes to.
const MOST_TEXT: usize = 1 << 20;

/// Adds up texts, as far as one record may have them.
#[derive(Debug, Default)]
pub(super) struct Sum(usize);

impl Sum {
    /// Whether there is room for this text, too. Many empty ones take room as well.
    pub(super) fn takes(&mut self, text: &str) -> bool {
        self.0 = self.0.saturating_add(text.len()).saturating_add(24);
        self.0 <= MOST_TEXT
    }

    /// The text, if there is room for it.
    fn take(&mut self, text: String) -> Result<String, Odd> {
        if self.takes(&text) { Ok(text) } else { Err(Odd) }
    }
}

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
        if count as usize > MOST_CREDITED {
            return Err(Odd);
        }
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

impl Credited {
    /// About how many bytes it takes in memory.
    pub(super) fn byte_count(&self) -> usize {
        size_of::<Self>()
            + self.name.as_ref().map_or(0, |name| byte_count(name))
            + byte_count(&self.join)
    }
}

impl Group {
    /// About how many bytes it takes in memory.
    pub(super) fn byte_count(&self) -> usize {
        let texts = self.other_titles.iter().chain([&self.title]);
        size_of::<Self>() + texts.map(|text| byte_count(text)).sum::<usize>()
    }

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
        if id == 0 {
            // Nobody's: nothing but empty bytes is no group.
            return Err(Odd);
        }
        let types = bytes.number()?;
        let date = date_of(bytes.number()?)?;
        let title = bytes.text()?.to_owned();
        let (mut other_titles, mut sum) = (Vec::new(), Sum::default());
        for _ in 0..bytes.small()? {
            let shared = title.get(..bytes.small()? as usize).ok_or(Odd)?;
            other_titles.push(sum.take(format!("{shared}{}", bytes.text()?))?);
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
        let (mut kept, mut said, mut sum) = (Vec::new(), Vec::new(), Sum::default());
        for text in names.into_iter().filter(|text| !text.is_empty()) {
            let name = ArtistName::new(text);
            let others = name.others().iter().map(|other| other.key().to_owned()).collect();
            let says: (Vec<String>, Vec<String>) =
                (name.words().map(str::to_owned).collect(), others);
            if !said.contains(&says) && sum.takes(text) {
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
            let turns = own.matches(' ').count();
            let turn = (0..turns).find(|turn| turned(own, *turn).as_ref() == Some(name));
            if let Some(turn) = turn {
                put(out, (turn as u64) << 1 | 1);
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
        let (own, mut sum) = (bytes.text()?, Sum::default());
        artist.names.push(sum.take(own.to_owned())?);
        while !bytes.is_empty() {
            let number = bytes.number()?;
            let half = usize::try_from(number >> 1).map_err(|_| Odd)?;
            let name = if number & 1 == 1 {
                turned(own, half).ok_or(Odd)?
            } else {
                std::str::from_utf8(bytes.take(half)?).map_err(|_| Odd)?.to_owned()
            };
            artist.names.push(sum.take(name)?);
        }
        Ok(artist)
    }

    /// About how many bytes it takes in memory.
    pub(super) fn byte_count(&self) -> usize {
        size_of::<Self>() + self.names.iter().map(|text| byte_count(text)).sum::<usize>()
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

/// A name with what stands behind one of its blanks before the rest: `Gabriel, Peter`.
fn turned(name: &str, blank: usize) -> Option<String> {
    let (at, _) = name.match_indices(' ').nth(blank)?;
    Some(format!("{}, {}", &name[at + 1..], &name[..at]))
}

/// Bytes of a text in memory, with what it takes to know where it is.
fn byte_count(text: &str) -> usize {
    text.len() + 2 * size_of::<String>()
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
            (id, primary, secondary) in (1_u128.., 0_u8..16, 0_u32..1 << 13),
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
    fn few_bytes_do_not_come_to_much_text() {
        // A long title that many others share all of, and a name that is turned round many times.
        let (long, many) = ("a ".repeat(2000), 2000);
        let mut group = vec![1; 16];
        group.extend([0, 0]);
        put_text(&mut group, &long);
        put(&mut group, many);
        let mut artist = vec![0];
        put_text(&mut artist, &long);
        for _ in 0..many {
            put(&mut group, long.len() as u64);
            group.push(0);
            artist.push(1);
        }
        assert_eq!(Group::read(&mut Bytes(&group)), Err(Odd));
        assert_eq!(Artist::read(&mut Bytes(&artist)), Err(Odd));
        // So many artists are in no credit, nor are so many empty bytes a group.
        let mut credit = Vec::new();
        put(&mut credit, MOST_CREDITED as u64 + 1);
        credit.resize(credit.len() + 2 * MOST_CREDITED + 2, 0);
        assert_eq!(Credit::read(&mut Bytes(&credit)), Err(Odd));
        assert_eq!(Group::read(&mut Bytes(&[0; 64])), Err(Odd));
    }

    #[test]
    fn of_too_many_names_the_first_are_kept() {
        let names: Vec<String> =
            (0..100).map(|name| format!("{name} {}", "x".repeat(20_000))).collect();
        let kept = Artist::new(false, names.iter().map(String::as_str));
        assert!((50..100).contains(&kept.names.len()) && names.starts_with(&kept.names));
        let read = |artist: &Artist| {
            let mut out = Vec::new();
            artist.write(&mut out);
            Artist::read(&mut Bytes(&out))
        };
        assert_eq!(read(&kept).as_ref(), Ok(&kept));
        assert_eq!(read(&Artist { is_various: false, names }), Err(Odd));
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
