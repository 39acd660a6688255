//! What each table of a dump is worth: its rows, kept by their numbers until all are there.

use std::collections::HashSet;
use std::io;
use std::path::Path;

use super::BuildError;
use super::bytes::put_text;
use super::dump::Row;
use super::keys;
use super::sorter::{Sorter, Spool};
use crate::memory::track_title;
use crate::{CreditedArtist, PartialDate};

/// Bytes that each sorter may hold; at most five of them hold anything at a time.
pub(super) const ROOM: usize = 64 << 20;

/// A row's number is below this. The largest of MusicBrainz' tables that are kept by number has
/// some six million rows.
const MOST: u32 = 1 << 26;

/// MusicBrainz' number of the status of a release that was announced and never came.
const CANCELLED: u32 = 6;

/// Which release, a release that was merged, or a group that was merged an identifier is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Of {
    Release,
    MergedRelease,
    MergedGroup,
}

/// The tables that an index is made of: all are in the archive of the core, which is in the public
/// domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Table {
    Artist,
    ArtistAlias,
    ArtistCreditName,
    Medium,
    Release,
    ReleaseCountry,
    ReleaseGidRedirect,
    ReleaseGroup,
    ReleaseGroupAlias,
    ReleaseGroupGidRedirect,
    ReleaseGroupSecondaryTypeJoin,
    ReleaseUnknownCountry,
    Track,
}

/// All of them, by name.
pub(super) const TABLES: [(&str, Table); 13] = [
    ("artist", Table::Artist),
    ("artist_alias", Table::ArtistAlias),
    ("artist_credit_name", Table::ArtistCreditName),
    ("medium", Table::Medium),
    ("release", Table::Release),
    ("release_country", Table::ReleaseCountry),
    ("release_gid_redirect", Table::ReleaseGidRedirect),
    ("release_group", Table::ReleaseGroup),
    ("release_group_alias", Table::ReleaseGroupAlias),
    ("release_group_gid_redirect", Table::ReleaseGroupGidRedirect),
    ("release_group_secondary_type_join", Table::ReleaseGroupSecondaryTypeJoin),
    ("release_unknown_country", Table::ReleaseUnknownCountry),
    ("track", Table::Track),
];

/// Something for each row of a table, by the row's number.
#[derive(Debug)]
pub(super) struct Column<T>(Vec<Option<T>>);

impl<T: Copy> Column<T> {
    pub(super) fn new() -> Self {
        Self(Vec::new())
    }

    /// The place of a row; nothing for a number that no table has.
    pub(super) fn place(&mut self, id: u32) -> Option<&mut Option<T>> {
        if id >= MOST {
            return None;
        }
        let place = id as usize;
        if place >= self.0.len() {
            self.0.resize(place + 1, None);
        }
        self.0.get_mut(place)
    }

    pub(super) fn get(&self, id: u32) -> Option<T> {
        self.0.get(id as usize).copied().flatten()
    }

    /// All that are there, with their numbers.
    pub(super) fn all(&self) -> impl Iterator<Item = (u32, T)> {
        (0..).zip(&self.0).filter_map(|(id, one)| Some((id, (*one)?)))
    }
}

/// Everything that was read of a dump. Numbers at the beginning of records have their highest byte
/// first, so that sorted records are in the order of the numbers.
#[derive(Debug)]
pub(super) struct Gathered {
    /// Artist, which name (its own, the one that lists are sorted by, an alias), alias; name.
    pub(super) names: Sorter,
    /// Credit, position, artist; name, join.
    pub(super) credits: Sorter,
    /// Credit, group; identifier, primary type, title.
    pub(super) groups: Sorter,
    /// Group, whether it is an alias, release or alias; title.
    pub(super) titles: Spool,
    /// Identifier's key, whose, release or group.
    pub(super) ids: Spool,
    /// Medium; keys of a track.
    pub(super) tracks: Spool,
    pub(super) group_of: Column<u32>,
    pub(super) release_of: Column<u32>,
    pub(super) date_of: Column<PartialDate>,
    pub(super) secondary_of: Column<u32>,
    pub(super) cancelled: HashSet<u32>,
    /// The artist that stands for many.
    pub(super) various: Option<u32>,
    pub(super) artist_count: u64,
    pub(super) merged_count: u64,
    pub(super) release_count: u64,
    pub(super) track_count: u64,
}

impl Gathered {
    pub(super) fn new(folder: &Path) -> io::Result<Self> {
        Ok(Self {
            names: Sorter::new(folder, ROOM),
            credits: Sorter::new(folder, ROOM),
            groups: Sorter::new(folder, ROOM),
            titles: Spool::new(folder)?,
            ids: Spool::new(folder)?,
            tracks: Spool::new(folder)?,
            group_of: Column::new(),
            release_of: Column::new(),
            date_of: Column::new(),
            secondary_of: Column::new(),
            cancelled: HashSet::new(),
            various: None,
            artist_count: 0,
            merged_count: 0,
            release_count: 0,
            track_count: 0,
        })
    }

    /// Takes a row.
    pub(super) fn take(&mut self, table: Table, row: &Row<'_>) -> Result<(), BuildError> {
        match table {
            Table::Artist => self.artist(row),
            Table::ArtistAlias => self.name(row.id(1)?, 2, row.id(0)?, &row.text(2)?),
            Table::ArtistCreditName => self.credit(row),
            Table::Medium => keep(&mut self.release_of, row, row.id(0)?, row.id(1)?),
            Table::Release => self.release(row),
            Table::ReleaseCountry => self.date(row, 2),
            Table::ReleaseUnknownCountry => self.date(row, 1),
            Table::ReleaseGroup => self.group(row),
            Table::ReleaseGroupAlias => self.title(row.id(1)?, true, row.id(0)?, &row.text(2)?),
            Table::ReleaseGidRedirect => self.merged(row, Of::MergedRelease),
            Table::ReleaseGroupGidRedirect => self.merged(row, Of::MergedGroup),
            Table::ReleaseGroupSecondaryTypeJoin => self.secondary(row),
            Table::Track => self.track(row),
        }
    }

    fn artist(&mut self, row: &Row<'_>) -> Result<(), BuildError> {
        let id = row.id(0)?;
        if row.text(1)? == CreditedArtist::VARIOUS {
            self.various = Some(id);
        }
        self.artist_count += 1;
        self.name(id, 0, 0, &row.text(2)?)?;
        self.name(id, 1, 0, &row.text(3)?)
    }

    fn name(&mut self, artist: u32, which: u8, alias: u32, name: &str) -> Result<(), BuildError> {
        let mut record = Vec::with_capacity(9 + name.len());
        record.extend_from_slice(&artist.to_be_bytes());
        record.push(which);
        record.extend_from_slice(&alias.to_be_bytes());
        record.extend_from_slice(name.as_bytes());
        Ok(self.names.push(&record)?)
    }

    fn credit(&mut self, row: &Row<'_>) -> Result<(), BuildError> {
        let mut record = Vec::with_capacity(40);
        for number in [row.id(0)?, row.id(1)?, row.id(2)?] {
            record.extend_from_slice(&number.to_be_bytes());
        }
        put_text(&mut record, &row.text(3)?);
        put_text(&mut record, &row.text(4)?);
        Ok(self.credits.push(&record)?)
    }

    fn group(&mut self, row: &Row<'_>) -> Result<(), BuildError> {
        let mut record = Vec::with_capacity(60);
        record.extend_from_slice(&row.id(3)?.to_be_bytes());
        record.extend_from_slice(&row.id(0)?.to_be_bytes());
        record.extend_from_slice(&row.gid(1)?.to_be_bytes());
        record.push(row.number::<u8>(4)?.unwrap_or(0));
        record.extend_from_slice(row.text(2)?.as_bytes());
        Ok(self.groups.push(&record)?)
    }

    fn title(&mut self, group: u32, alias: bool, of: u32, title: &str) -> Result<(), BuildError> {
        let mut record = Vec::with_capacity(9 + title.len());
        record.extend_from_slice(&group.to_be_bytes());
        record.push(u8::from(alias));
        record.extend_from_slice(&of.to_be_bytes());
        record.extend_from_slice(title.as_bytes());
        Ok(self.titles.push(&record)?)
    }

    fn release(&mut self, row: &Row<'_>) -> Result<(), BuildError> {
        let (id, group) = (row.id(0)?, row.id(4)?);
        keep(&mut self.group_of, row, id, group)?;
        if row.number::<u32>(5)? == Some(CANCELLED) {
            self.cancelled.insert(id);
        }
        self.release_count += 1;
        self.title(group, false, id, &row.text(2)?)?;
        self.identifier(row.gid(1)?, Of::Release, id)
    }

    fn merged(&mut self, row: &Row<'_>, of: Of) -> Result<(), BuildError> {
        self.merged_count += 1;
        self.identifier(row.gid(0)?, of, row.id(1)?)
    }

    fn identifier(&mut self, gid: u128, of: Of, id: u32) -> Result<(), BuildError> {
        let mut record = Vec::with_capacity(13);
        record.extend_from_slice(&keys::id(gid).to_be_bytes());
        record.push(of as u8);
        record.extend_from_slice(&id.to_be_bytes());
        Ok(self.ids.push(&record)?)
    }

    /// A date of a release: of all that it has, the first one of which at least the year is known.
    fn date(&mut self, row: &Row<'_>, column: usize) -> Result<(), BuildError> {
        let (year, month) = (row.number::<i16>(column)?, row.number::<i8>(column + 1)?);
        let (id, day) = (row.id(0)?, row.number::<i8>(column + 2)?);
        let date = year.and_then(|year| PartialDate::as_far_as_known(year, month, day));
        let place = self.date_of.place(id).ok_or_else(|| row.odd(NO_NUMBER))?;
        *place = (*place).into_iter().chain(date).min();
        Ok(())
    }

    fn secondary(&mut self, row: &Row<'_>) -> Result<(), BuildError> {
        let (group, kind) = (row.id(0)?, row.id(1)?);
        let place = self.secondary_of.place(group).ok_or_else(|| row.odd(NO_NUMBER))?;
        // One that is not known yet says nothing of the kind.
        *place = Some(place.unwrap_or(0) | 1_u32.checked_shl(kind).unwrap_or(0));
        Ok(())
    }

    fn track(&mut self, row: &Row<'_>) -> Result<(), BuildError> {
        self.track_count += 1;
        let mut record = Vec::with_capacity(16);
        record.extend_from_slice(&row.id(3)?.to_be_bytes());
        for key in keys::track(&track_title(&row.text(6)?)) {
            record.extend_from_slice(&key);
        }
        Ok(self.tracks.push(&record)?)
    }
}

const NO_NUMBER: &str = "its number is higher than any table has";

fn keep(column: &mut Column<u32>, row: &Row<'_>, id: u32, value: u32) -> Result<(), BuildError> {
    *column.place(id).ok_or_else(|| row.odd(NO_NUMBER))? = Some(value);
    Ok(())
}
