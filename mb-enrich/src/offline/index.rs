//! Looking things up in an index.

use std::collections::HashMap;
use std::fs::File;
use std::ops::Range;
use std::rc::Rc;

use lastfm_core::Mbid;

use super::bytes::{Bytes, Odd};
use super::file::{Input, Section};
use super::header::Header;
use super::record::{Artist, Credit, Group};
use super::{About, OfflineError, keys};
use crate::ReleaseGroup;
use crate::names::{ArtistName, Title};
use crate::source::{Names, Tracks, Works};

/// Groups that are told of as an artist's: who has more has titles of every kind.
const MOST_WORKS: usize = 2_000;

/// Groups that are in memory together where nobody knows how many there are.
const SOME: usize = 1_000;

/// Artists that are remembered, and bytes of their names.
const MOST_ARTISTS: usize = 4_000;
const MOST_NAMES: usize = 16 << 20;

/// Bytes of groups, with all the names of their artists, that are in memory together. Those of an
/// artist of many groups and many names come to a tenth of it.
const MOST_TOLD: usize = 256 << 20;

/// An open file.
#[derive(Debug)]
pub(super) struct Index {
    input: Input,
    header: Header,
    groups: Section,
    artists: Section,
    works: Section,
    names: Section,
    titles: Section,
    releases: Section,
    group_ids: Section,
    tracks: Section,
}

impl Index {
    pub(super) fn open(file: File) -> Result<Self, OfflineError> {
        let (input, header): (_, Header) = Input::open(file)?;
        if header.about.byte_count != input.length()? {
            return Err(OfflineError::damaged("its end is missing, or is another's"));
        }
        header.check()?;
        let section = |place| Section::open(&input, place);
        let places = &header.places;
        let (groups, artists) = (section(&places.groups)?, section(&places.artists)?);
        let (works, names) = (section(&places.works)?, section(&places.names)?);
        let (titles, releases) = (section(&places.titles)?, section(&places.releases)?);
        let (group_ids, tracks) = (section(&places.group_ids)?, section(&places.tracks)?);
        Ok(Self {
            input,
            header,
            groups,
            artists,
            works,
            names,
            titles,
            releases,
            group_ids,
            tracks,
        })
    }

    pub(super) fn about(&self) -> &About {
        &self.header.about
    }

    pub(super) fn reader(&self) -> Reader<'_> {
        Reader { index: self, artists: HashMap::new(), names: 0 }
    }
}

/// Answers some questions, and remembers the artists that it met.
pub(super) struct Reader<'a> {
    index: &'a Index,
    artists: HashMap<u32, Rc<Artist>>,
    /// Bytes of the names of these artists.
    names: usize,
}

/// Which groups go by an artist's name.
#[derive(Debug, Default)]
struct ByName {
    /// Their titles are found by keys that were made with this very name.
    keyed: Vec<Range<u32>>,
    /// The name has the same key, but other words: "ACDC" of "AC/DC". Titles that name the artist
    /// come to other keys by it.
    others: Vec<Range<u32>>,
}

impl Reader<'_> {
    pub(super) fn by_id(&mut self, id: &Mbid) -> Result<Option<ReleaseGroup>, OfflineError> {
        let Some(number) = self.number(id)? else { return Ok(None) };
        let groups = self.groups(&[number])?;
        let found = groups.into_iter().next().ok_or(OfflineError::damaged("an identifier"))?;
        Ok(Some(found))
    }

    pub(super) fn by_names(&mut self, names: &Names) -> Result<Vec<ReleaseGroup>, OfflineError> {
        let by = self.by_name(&names.artist)?;
        let mut found = Vec::new();
        if !by.keyed.is_empty() {
            for key in names.title.keys() {
                let titles = &self.index.titles;
                titles.of(&self.index.input, keys::name(key), |record| {
                    let number = number(record)?;
                    found.extend(is_in(&by.keyed, number).then_some(number));
                    Ok(())
                })?;
            }
        }
        let found = found.into_iter().map(|number| number..number.saturating_add(1));
        let mut found = joined(found.chain(by.others).collect()).into_iter().flatten();
        let mut groups = Vec::new();
        while let Some(some) = next_of(&mut found) {
            let some = self.groups(&some)?.into_iter();
            groups.extend(some.filter(|group| names.artist.is_of(group) && names.are_of(group)));
        }
        Ok(groups)
    }

    pub(super) fn of_artist(&mut self, works: &Works) -> Result<Vec<ReleaseGroup>, OfflineError> {
        let ByName { keyed, others } = self.by_name(&works.artist)?;
        let found = joined(keyed.into_iter().chain(others).collect());
        let count: usize = found.iter().map(ExactSizeIterator::len).sum();
        let found: Vec<u32> = if count > MOST_WORKS {
            self.likeliest(found, works)?
        } else {
            found.into_iter().flatten().collect()
        };
        let groups = self.groups(&found)?.into_iter();
        Ok(groups.filter(|group| works.artist.is_of(group)).collect())
    }

    pub(super) fn with_tracks(&mut self, wanted: &Tracks) -> Result<Vec<Mbid>, OfflineError> {
        let tracks: Vec<_> = wanted.tracks.iter().flat_map(keys::track).collect();
        let mut holding = Vec::new();
        for id in &wanted.groups {
            let Some(number) = self.number(id)? else { continue };
            let mut holds = false;
            self.index.tracks.of(&self.index.input, u64::from(number), |record| {
                holds |= record.chunks(keys::TRACK).any(|key| tracks.iter().any(|one| one == key));
                Ok(())
            })?;
            holding.extend(holds.then(|| id.clone()));
        }
        Ok(holding)
    }

    /// The number of the group that an identifier stands for.
    fn number(&self, id: &Mbid) -> Result<Option<u32>, OfflineError> {
        let Some(id) = id.to_u128() else { return Ok(None) };
        let Index { input, releases, group_ids, .. } = self.index;
        let (mut release, mut merged, mut groups) = (None, None, Vec::new());
        releases.of(input, keys::id(id), |record| {
            let value = long(record)?;
            let number = u32::try_from(value >> 1).map_err(|_| Odd)?;
            let place = if value & 1 == 0 { &mut release } else { &mut merged };
            place.get_or_insert(number);
            Ok(())
        })?;
        if release.is_some() {
            return Ok(release);
        }
        group_ids.of(input, keys::group_id(id), |record| {
            groups.push(number(record)?);
            Ok(())
        })?;
        groups.sort_unstable();
        let mut own = None;
        self.stored(&groups, |number, _, group| {
            own = own.or((group.id == id).then_some(number));
            Ok(())
        })?;
        Ok(own.or(merged))
    }

    fn by_name(&self, artist: &ArtistName) -> Result<ByName, OfflineError> {
        let Index { input, names, works, .. } = self.index;
        let mut by = ByName::default();
        // Each artist, and whether this is one of the names as they are written.
        let mut artists: Vec<(u32, bool)> = Vec::new();
        names.of(input, keys::name(artist.key()), |record| {
            let mut fields = Bytes(record);
            let same = fields.array()? == keys::words(artist);
            let value = fields.number()?;
            let number = u32::try_from(value >> 1).map_err(|_| Odd)?;
            if value & 1 == 0 {
                artists.push((number, same));
            } else {
                let groups = some_from(number, &mut fields)?;
                if same { &mut by.keyed } else { &mut by.others }.push(groups);
            }
            Ok(())
        })?;
        artists.sort_unstable_by_key(|(id, same)| (*id, !same));
        artists.dedup_by_key(|(id, _)| *id);
        for (id, same) in artists {
            works.of(input, u64::from(id), |record| {
                let (mut fields, mut end) = (Bytes(record), 0_u32);
                while !fields.is_empty() {
                    let first = end.checked_add(fields.small()?).ok_or(Odd)?;
                    let groups = some_from(first, &mut fields)?;
                    end = groups.end;
                    if same { &mut by.keyed } else { &mut by.others }.push(groups);
                }
                Ok(())
            })?;
        }
        by.keyed = joined(by.keyed);
        Ok(by)
    }

    /// Of many groups those whose titles share words with the titles that are wanted, then others.
    fn likeliest(&self, found: Vec<Range<u32>>, works: &Works) -> Result<Vec<u32>, OfflineError> {
        let (mut alike, mut rest) = (Vec::new(), Vec::new());
        let mut found = found.into_iter().flatten();
        while let Some(some) = next_of(&mut found) {
            self.stored(&some, |number, _, group| {
                let shares = |text: &String| {
                    let title = Title::new(text, &works.artist);
                    works.titles.iter().any(|one| one.shares_words(&title))
                };
                let is_alike = shares(&group.title) || group.other_titles.iter().any(shares);
                let list = if is_alike { &mut alike } else { &mut rest };
                if list.len() < MOST_WORKS {
                    list.push(number);
                }
                Ok(())
            })?;
        }
        alike.extend(rest);
        alike.truncate(MOST_WORKS);
        alike.sort_unstable();
        Ok(alike)
    }

    /// The groups of these numbers, which rise.
    fn groups(&mut self, numbers: &[u32]) -> Result<Vec<ReleaseGroup>, OfflineError> {
        let mut stored = Vec::with_capacity(numbers.len());
        let mut room = MOST_TOLD;
        self.stored(numbers, |_, credit, group| {
            room = room.checked_sub(group.byte_count()).ok_or(Odd)?;
            stored.push((Rc::clone(credit), group));
            Ok(())
        })?;
        let mut groups = Vec::with_capacity(stored.len());
        for (credit, group) in stored {
            let mut artists = Vec::with_capacity(credit.0.len());
            for credited in &credit.0 {
                let artist = self.artist(credited.artist)?;
                let byte_count = artist.byte_count() + credited.byte_count();
                let left = room.checked_sub(byte_count);
                room = left.ok_or(OfflineError::damaged("too many names"))?;
                artists.push(artist.credited(credited.name.as_deref(), &credited.join));
            }
            groups.extend(group.told(artists));
        }
        Ok(groups)
    }

    /// Visits the groups of these numbers, which rise.
    fn stored(
        &self,
        mut numbers: &[u32],
        mut visit: impl FnMut(u32, &Rc<Credit>, Group) -> Result<(), Odd>,
    ) -> Result<(), OfflineError> {
        let Index { input, groups, .. } = self.index;
        while let Some(first) = numbers.first() {
            let block = groups.last_block_of(u64::from(*first));
            let block = block.ok_or(OfflineError::damaged("a group's number"))?;
            let bytes = groups.block(input, block)?;
            let before = numbers.len();
            groups.each(block, &bytes, |key, record| {
                let mut fields = Bytes(record);
                let mut number = u32::try_from(key).map_err(|_| Odd)?;
                let credit = Rc::new(Credit::read(&mut fields)?);
                while !fields.is_empty() && !numbers.is_empty() {
                    let group = Group::read(&mut fields)?;
                    if numbers[0] == number {
                        visit(number, &credit, group)?;
                        numbers = &numbers[1..];
                    }
                    number = number.checked_add(1).ok_or(Odd)?;
                }
                Ok(!numbers.is_empty())
            })?;
            if numbers.len() == before {
                return Err(OfflineError::damaged("a group's number"));
            }
        }
        Ok(())
    }

    fn artist(&mut self, id: u32) -> Result<Rc<Artist>, OfflineError> {
        if let Some(known) = self.artists.get(&id) {
            return Ok(Rc::clone(known));
        }
        let mut found = Artist::default();
        self.index.artists.of(&self.index.input, u64::from(id), |record| {
            found = Artist::read(&mut Bytes(record))?;
            Ok(())
        })?;
        self.names += found.byte_count();
        if self.artists.len() >= MOST_ARTISTS || self.names > MOST_NAMES {
            self.artists.clear();
            self.names = found.byte_count();
        }
        let found = Rc::new(found);
        self.artists.insert(id, Rc::clone(&found));
        Ok(found)
    }
}

/// So many groups from this one on, of which there is at least one.
fn some_from(first: u32, count: &mut Bytes<'_>) -> Result<Range<u32>, Odd> {
    let count = count.small()?;
    let end = first.checked_add(count).filter(|_| count > 0);
    Ok(first..end.ok_or(Odd)?)
}

/// The next numbers, as many as are looked at together; nothing at the end.
fn next_of(numbers: &mut impl Iterator<Item = u32>) -> Option<Vec<u32>> {
    let some: Vec<u32> = numbers.take(SOME).collect();
    (!some.is_empty()).then_some(some)
}

/// Ranges in order that do not touch.
fn joined(mut ranges: Vec<Range<u32>>) -> Vec<Range<u32>> {
    ranges.sort_unstable_by_key(|range| range.start);
    let mut joined: Vec<Range<u32>> = Vec::new();
    for range in ranges {
        match joined.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => joined.push(range),
        }
    }
    joined
}

/// Whether a number is in one of some ranges that are joined.
fn is_in(ranges: &[Range<u32>], number: u32) -> bool {
    let end = ranges.partition_point(|range| range.start <= number);
    ranges[..end].last().is_some_and(|range| range.contains(&number))
}

/// A number that was written without its empty bytes, the lowest first.
fn long(record: &[u8]) -> Result<u64, Odd> {
    let mut bytes = [0; 8];
    bytes.get_mut(..record.len()).ok_or(Odd)?.copy_from_slice(record);
    Ok(u64::from_le_bytes(bytes))
}

fn number(record: &[u8]) -> Result<u32, Odd> {
    u32::try_from(long(record)?).map_err(|_| Odd)
}
