//! Making the sections of an index out of what was gathered, all by merging what is sorted.

use std::io::{Seek, Write};
use std::ops::ControlFlow;
use std::path::Path;

use super::bytes::{Bytes, Odd, put};
use super::catalogue;
use super::file::{Open, Output, Place};
use super::gather::{Column, Gathered, Of, ROOM};
use super::header::{About, Header, Places, our_rules};
use super::keys::TRACK;
use super::sorter::{Runs, Sorter, Spool};
use super::{BuildError, BuildStep};
use crate::names::ArtistName;
use crate::offline::record::Artist;
use crate::{PartialDate, offline::keys};

/// Groups have numbers in the order in which they are written: below this.
const MOST_GROUPS: u32 = 1 << 27;

/// Who is told of each step, and may stop it.
pub(super) type Tell<'a> = dyn FnMut(BuildStep) -> ControlFlow<()> + 'a;

/// All artists, as they are written.
#[derive(Debug)]
pub(super) struct Artists {
    written: Vec<u8>,
    places: Column<(u32, u32)>,
    /// Whether a group is by the artist.
    used: Column<()>,
}

impl Artists {
    fn read(names: &Runs, various: Option<u32>) -> Result<Self, BuildError> {
        let (places, used) = (Column::new(), Column::new());
        let mut artists = Self { written: Vec::new(), places, used };
        let mut names = names.read()?;
        let mut open: Option<(u32, Vec<String>)> = None;
        while let Some(record) = names.next()? {
            let (artist, name) = record.split_at_checked(9).ok_or(BuildError::inner())?;
            let artist = number(artist, 0)?;
            let name = String::from_utf8(name.to_vec()).map_err(|_| BuildError::inner())?;
            match &mut open {
                Some((id, names)) if *id == artist => names.push(name),
                _ => {
                    artists.add(open.take(), various)?;
                    open = Some((artist, vec![name]));
                }
            }
        }
        artists.add(open, various)?;
        Ok(artists)
    }

    fn add(
        &mut self,
        artist: Option<(u32, Vec<String>)>,
        various: Option<u32>,
    ) -> Result<(), BuildError> {
        let Some((id, names)) = artist else { return Ok(()) };
        let artist = Artist::new(various == Some(id), names.iter().map(String::as_str));
        let begin = self.written.len();
        artist.write(&mut self.written);
        let too_many = |_| BuildError::TooMany("artists");
        let place = u32::try_from(begin).map_err(too_many)?;
        let length = u32::try_from(self.written.len() - begin).map_err(too_many)?;
        let at = self.places.place(id).ok_or(BuildError::TooMany("artists"))?;
        *at = Some((place, length));
        Ok(())
    }

    /// An artist as it is written; one without a name where the dump has none of this number.
    fn bytes(&self, id: u32) -> &[u8] {
        let place = self.places.get(id);
        place.map_or(&[0], |(at, length)| &self.written[at as usize..][..length as usize])
    }

    pub(super) fn get(&self, id: u32) -> Artist {
        Artist::read(&mut Bytes(self.bytes(id))).unwrap_or_default()
    }

    pub(super) fn is_used(&mut self, id: u32) {
        if let Some(used) = self.used.place(id) {
            *used = Some(());
        }
    }
}

/// What the catalogue lets be found by.
#[derive(Debug)]
pub(super) struct Finds {
    /// Artist, first group, how many.
    pub(super) works: Sorter,
    /// Key; words, artist or groups.
    pub(super) names: Sorter,
    /// Key; group.
    pub(super) titles: Sorter,
    /// Key; group.
    pub(super) group_ids: Sorter,
    /// Bytes of a group's number.
    width: usize,
}

impl Finds {
    fn new(folder: &Path, width: usize) -> Self {
        let sorter = || Sorter::new(folder, ROOM);
        let (works, names, titles, group_ids) = (sorter(), sorter(), sorter(), sorter());
        Self { works, names, titles, group_ids, width }
    }

    /// A key, and the group that is found by it.
    pub(super) fn keyed(&self, key: u64, group: u32) -> Vec<u8> {
        let mut record = key.to_be_bytes().to_vec();
        record.extend_from_slice(&u64::from(group).to_le_bytes()[..self.width]);
        record
    }
}

/// Writes all of an index.
pub(super) fn assemble<W: Write + Seek>(
    mut gathered: Gathered,
    mut about: About,
    folder: &Path,
    to: W,
    tell: &mut Tell<'_>,
) -> Result<(W, About), BuildError> {
    let mut output = Output::new(to)?;
    step(tell, "order")?;
    let groups = gathered.groups.finish()?;
    let credits = gathered.credits.finish()?;
    let order = order(&groups)?;
    let group_count = order.all().count();
    let width = width(group_count);
    let date_of = dates(&gathered.group_of, &gathered.date_of, &gathered.cancelled, &order);
    gathered.date_of = Column::new();

    step(tell, "artists")?;
    let mut artists = Artists::read(&gathered.names.finish()?, gathered.various)?;
    step(tell, "titles")?;
    let titles = by_group(gathered.titles, &order, folder)?;
    let mut finds = Finds::new(folder, width);
    let from = catalogue::From {
        groups: &groups,
        credits: &credits,
        titles: &titles,
        date_of: &date_of,
        secondary_of: &gathered.secondary_of,
    };
    let mut places = Places {
        groups: catalogue::write(&from, &mut artists, &mut finds, &mut output, tell)?,
        ..Places::default()
    };
    drop((groups, credits, titles, date_of));

    step(tell, "names")?;
    places.artists = write_artists(&artists, &mut finds.names, &mut output)?;
    drop(artists);
    places.works = write_works(&finds.works.finish()?, &mut output)?;
    places.names = write_keyed(&finds.names.finish()?, None, &mut output)?;
    places.titles = write_keyed(&finds.titles.finish()?, Some(width), &mut output)?;
    step(tell, "identifiers")?;
    let ids = identifiers(gathered.ids, &gathered.group_of, &order, width, folder)?;
    places.releases = write_keyed(&ids, Some(width), &mut output)?;
    places.group_ids = write_keyed(&finds.group_ids.finish()?, Some(width), &mut output)?;

    step(tell, "tracks")?;
    let group_of = |medium| {
        let release = gathered.release_of.get(medium)?;
        order.get(gathered.group_of.get(release)?)
    };
    let tracks = tracks(gathered.tracks, group_of, folder)?;
    (places.tracks, about.track_count) = write_tracks(&tracks, &mut output)?;

    about.group_count = group_count as u64;
    about.artist_count = places.artists.record_count;
    about.release_count = gathered.release_count;
    about.merged_count = gathered.merged_count;
    about.byte_count = output.length();
    about.parts = places.parts();
    let header = Header { rules: our_rules().clone(), about, width, places };
    let to = output.finish(&header)?;
    Ok((to, header.about))
}

fn step(tell: &mut Tell<'_>, what: &'static str) -> Result<(), BuildError> {
    told(tell, BuildStep::Writing { what, done: 0 })
}

pub(super) fn told(tell: &mut Tell<'_>, step: BuildStep) -> Result<(), BuildError> {
    if tell(step).is_break() { Err(BuildError::Stopped) } else { Ok(()) }
}

/// A number at this place of a record that was written here.
pub(super) fn number(record: &[u8], at: usize) -> Result<u32, BuildError> {
    let bytes = record.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
    bytes.map(u32::from_be_bytes).ok_or(BuildError::inner())
}

/// How many bytes hold a number of a group and one bit.
fn width(group_count: usize) -> usize {
    let most = (group_count as u64) << 1;
    (1..8).find(|bytes| most >> (8 * bytes) == 0).unwrap_or(8)
}

/// The number in the index of each group: by credits, so that what is by one artist is together.
fn order(groups: &Runs) -> Result<Column<u32>, BuildError> {
    let mut order = Column::new();
    let (mut groups, mut next) = (groups.read()?, 0);
    while let Some(record) = groups.next()? {
        let id = number(record, 4)?;
        *order.place(id).ok_or(BuildError::TooMany("groups"))? = Some(next);
        next += 1;
        if next == MOST_GROUPS {
            return Err(BuildError::TooMany("groups"));
        }
    }
    Ok(order)
}

/// The first date of each group: of all its releases but those that never came.
fn dates(
    group_of: &Column<u32>,
    date_of: &Column<PartialDate>,
    cancelled: &std::collections::HashSet<u32>,
    order: &Column<u32>,
) -> Vec<Option<PartialDate>> {
    let mut first = vec![None; order.all().count()];
    for (release, date) in date_of.all().filter(|(release, _)| !cancelled.contains(release)) {
        let group = group_of.get(release).and_then(|group| order.get(group));
        if let Some(place) = group.and_then(|group| first.get_mut(group as usize)) {
            *place = Some(place.map_or(date, |before: PartialDate| before.min(date)));
        }
    }
    first
}

/// Titles in the order of the groups in the index.
fn by_group(titles: Spool, order: &Column<u32>, folder: &Path) -> Result<Runs, BuildError> {
    let mut sorter = Sorter::new(folder, ROOM);
    let (mut titles, mut record) = (titles.read()?, Vec::new());
    while titles.next(&mut record)? {
        // One of a group that is not there is of no use.
        if let Some(group) = order.get(number(&record, 0)?) {
            record[..4].copy_from_slice(&group.to_be_bytes());
            sorter.push(&record)?;
        }
    }
    Ok(sorter.finish()?)
}

/// Keys of identifiers with the group that each stands for, and whether it was merged.
fn identifiers(
    ids: Spool,
    group_of: &Column<u32>,
    order: &Column<u32>,
    width: usize,
    folder: &Path,
) -> Result<Runs, BuildError> {
    let mut sorter = Sorter::new(folder, ROOM);
    let (mut ids, mut record) = (ids.read()?, Vec::new());
    while ids.next(&mut record)? {
        let (of, id) = (record.get(8).copied(), number(&record, 9)?);
        let group = if of == Some(Of::MergedGroup as u8) { Some(id) } else { group_of.get(id) };
        if let Some(group) = group.and_then(|group| order.get(group)) {
            let merged = of != Some(Of::Release as u8);
            let group = u64::from(group) << 1 | u64::from(merged);
            record.truncate(8);
            record.extend_from_slice(&group.to_le_bytes()[..width]);
            sorter.push(&record)?;
        }
    }
    Ok(sorter.finish()?)
}

fn tracks(
    tracks: Spool,
    group_of: impl Fn(u32) -> Option<u32>,
    folder: &Path,
) -> Result<Runs, BuildError> {
    let mut sorter = Sorter::new(folder, ROOM);
    let (mut tracks, mut record) = (tracks.read()?, Vec::new());
    while tracks.next(&mut record)? {
        if let Some(group) = group_of(number(&record, 0)?) {
            for key in record[4..].chunks_exact(TRACK) {
                let mut keyed = [0; 4 + TRACK];
                keyed[..4].copy_from_slice(&group.to_be_bytes());
                keyed[4..].copy_from_slice(key);
                sorter.push(&keyed)?;
            }
        }
    }
    Ok(sorter.finish()?)
}

/// Artists of groups, and their names among the keys.
fn write_artists<W: Write + Seek>(
    artists: &Artists,
    names: &mut Sorter,
    output: &mut Output<W>,
) -> Result<Place, BuildError> {
    let mut open = Open::new(None);
    for (id, ()) in artists.used.all() {
        output.push(&mut open, u64::from(id), artists.bytes(id))?;
        for name in &artists.get(id).names {
            let mut record = name_key(&ArtistName::new(name));
            put(&mut record, u64::from(id) << 1);
            names.push(&record)?;
        }
    }
    Ok(output.end(open)?)
}

/// How a record of a name begins.
pub(super) fn name_key(name: &ArtistName) -> Vec<u8> {
    let mut record = keys::name(name.key()).to_be_bytes().to_vec();
    record.extend_from_slice(&keys::words(name));
    record
}

fn write_works<W: Write + Seek>(works: &Runs, output: &mut Output<W>) -> Result<Place, BuildError> {
    let mut open = Open::new(None);
    let mut works = works.read()?;
    let mut artist: Option<(u32, u32, Vec<u8>)> = None;
    while let Some(record) = works.next()? {
        let (id, first, count) = (number(record, 0)?, number(record, 4)?, number(record, 8)?);
        if let Some((before, _, ranges)) = artist.take_if(|(before, ..)| *before != id) {
            output.push(&mut open, u64::from(before), &ranges)?;
        }
        let (_, end, ranges) = artist.get_or_insert((id, 0, Vec::new()));
        put(ranges, u64::from(first - *end));
        put(ranges, u64::from(count));
        *end = first + count;
    }
    if let Some((id, _, ranges)) = artist {
        output.push(&mut open, u64::from(id), &ranges)?;
    }
    Ok(output.end(open)?)
}

/// Records that begin with their keys, each once.
fn write_keyed<W: Write + Seek>(
    records: &Runs,
    width: Option<usize>,
    output: &mut Output<W>,
) -> Result<Place, BuildError> {
    let mut open = Open::new(width);
    let (mut records, mut last) = (records.read()?, Vec::new());
    while let Some(record) = records.next()? {
        if record != last {
            let key: [u8; 8] = Bytes(record).array().map_err(|Odd| BuildError::inner())?;
            output.push(&mut open, u64::from_be_bytes(key), &record[8..])?;
            last.clear();
            last.extend_from_slice(record);
        }
    }
    Ok(output.end(open)?)
}

/// The keys of each group's tracks, and how many they are.
fn write_tracks<W: Write + Seek>(
    tracks: &Runs,
    output: &mut Output<W>,
) -> Result<(Place, u64), BuildError> {
    let mut open = Open::new(None);
    let (mut tracks, mut count) = (tracks.read()?, 0);
    let mut group: Option<(u32, Vec<u8>)> = None;
    while let Some(record) = tracks.next()? {
        let (id, key) = (number(record, 0)?, &record[4..]);
        if let Some((before, keys)) = group.take_if(|(before, _)| *before != id) {
            output.push(&mut open, u64::from(before), &keys)?;
        }
        let (_, keys) = group.get_or_insert((id, Vec::new()));
        if !keys.ends_with(key) || keys.is_empty() {
            keys.extend_from_slice(key);
            count += 1;
        }
    }
    if let Some((id, keys)) = group {
        output.push(&mut open, u64::from(id), &keys)?;
    }
    Ok((output.end(open)?, count))
}
