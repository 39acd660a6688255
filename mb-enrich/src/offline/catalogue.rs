//! Writing the groups, and everything that they are found by.

use std::io::{Seek, Write};

use super::assemble::{Artists, Finds, Tell, name_key, number, told};
use super::bytes::{Bytes, Odd, put};
use super::file::{Open, Output, Place};
use super::gather::Column;
use super::record::{Credit, Credited, Group, MOST_CREDITED, Sum};
use super::sorter::{Runs, Sorted};
use super::{BuildError, BuildStep, keys};
use crate::PartialDate;
use crate::names::ArtistName;

/// Groups of one credit are written together up to so many bytes.
const RUN: usize = 3500;

/// What groups are made of.
#[derive(Debug)]
pub(super) struct From<'a> {
    pub(super) groups: &'a Runs,
    pub(super) credits: &'a Runs,
    /// By the groups' numbers in the index.
    pub(super) titles: &'a Runs,
    /// By the groups' numbers in the index.
    pub(super) date_of: &'a [Option<PartialDate>],
    pub(super) secondary_of: &'a Column<u32>,
}

/// The groups of one credit.
struct Of {
    id: u32,
    credit: Vec<u8>,
    artists: Vec<u32>,
    /// The names on the record that are not the artists' own.
    others: Vec<ArtistName>,
    /// All names, each in the words in which titles are taken apart.
    names: Vec<ArtistName>,
    first: u32,
    next: u32,
    /// Groups that are not written yet, and the first of them.
    run: (u32, Vec<u8>),
}

/// Writes all groups.
pub(super) fn write<W: Write + Seek>(
    from: &From<'_>,
    artists: &mut Artists,
    finds: &mut Finds,
    output: &mut Output<W>,
    tell: &mut Tell<'_>,
) -> Result<Place, BuildError> {
    let mut section = Open::new(None);
    let (mut groups, mut credits) = (from.groups.read()?, from.credits.read()?);
    let mut titles = from.titles.read()?;
    let mut open: Option<Of> = None;
    let mut next = 0_u32;
    while let Some(record) = groups.next()? {
        let (credit, id) = (number(record, 0)?, number(record, 4)?);
        let mut fields = Bytes(&record[8..]);
        let inner = |Odd| BuildError::inner();
        let gid = u128::from_be_bytes(fields.array().map_err(inner)?);
        let [primary] = fields.array().map_err(inner)?;
        let title = std::str::from_utf8(fields.0).map_err(|_| BuildError::inner())?.to_owned();
        let other_titles = other_titles(next, &title, &mut titles)?;
        let date = from.date_of.get(next as usize).copied().flatten();
        let secondary = from.secondary_of.get(id).unwrap_or(0);
        let group = Group { id: gid, title, other_titles, primary, secondary, date };

        if let Some(mut done) = open.take_if(|open| open.id != credit) {
            done.end_run(&mut section, output)?;
            done.end(finds)?;
        }
        let of = match &mut open {
            Some(open) => open,
            None => open.insert(Of::new(credit, next, &mut credits, artists)?),
        };
        of.add(&group, next, finds)?;
        if of.run.1.len() > RUN {
            of.end_run(&mut section, output)?;
        }
        next += 1;
        if next.is_multiple_of(1 << 14) {
            told(tell, BuildStep::Writing { what: "groups", done: u64::from(next) })?;
        }
    }
    if let Some(mut done) = open {
        done.end_run(&mut section, output)?;
        done.end(finds)?;
    }
    Ok(output.end(section)?)
}

/// The titles of a group's releases and its aliases, each once whatever its case, as many as a
/// record may have.
fn other_titles(group: u32, own: &str, titles: &mut Sorted) -> Result<Vec<String>, BuildError> {
    let mut known = vec![own.to_lowercase()];
    let (mut others, mut sum) = (Vec::new(), Sum::default());
    while let Some(record) = titles.next_of(&group.to_be_bytes())? {
        let text = record.get(9..).and_then(|text| std::str::from_utf8(text).ok());
        let text = text.ok_or(BuildError::inner())?;
        // What comes first is the same to all rules.
        let small = text.to_lowercase();
        if !text.is_empty() && !known.contains(&small) && sum.takes(text) {
            known.push(small);
            others.push(text.to_owned());
        }
    }
    Ok(others)
}

impl Of {
    fn new(
        id: u32,
        first: u32,
        credits: &mut Sorted,
        artists: &mut Artists,
    ) -> Result<Self, BuildError> {
        let (mut credit, mut each, mut names) = (Credit::default(), Vec::new(), Vec::new());
        let (mut others, mut whole) = (Vec::new(), String::new());
        while let Some(record) = credits.next_of(&id.to_be_bytes())? {
            let artist = number(record, 8)?;
            let mut fields = Bytes(&record[12..]);
            let inner = |Odd| BuildError::inner();
            let (name, join) = (fields.text().map_err(inner)?, fields.text().map_err(inner)?);
            let known = artists.get(artist);
            let own = known.names.first().map_or("", String::as_str);
            let name = Some(name).filter(|name| *name != own && !name.is_empty());
            others.extend(name.map(ArtistName::new));
            names.extend(known.names.iter().map(|name| ArtistName::new(name)));
            whole.push_str(name.unwrap_or(own));
            whole.push_str(join);
            artists.is_used(artist);
            each.push(artist);
            let (name, join) = (name.map(str::to_owned), join.to_owned());
            if credit.0.len() == MOST_CREDITED {
                return Err(BuildError::TooMany("artists in one credit"));
            }
            credit.0.push(Credited { artist, name, join });
        }
        if credit.0.len() > 1 {
            others.push(ArtistName::new(&whole));
        }
        each.sort_unstable();
        each.dedup();
        names.extend(others.iter().cloned());
        names.sort_by(|one, other| one.words().cmp(other.words()));
        names.dedup_by(|one, other| one.words().eq(other.words()));
        let mut written = Vec::new();
        credit.write(&mut written);
        let run = (first, Vec::new());
        Ok(Self { id, credit: written, artists: each, others, names, first, next: first, run })
    }

    fn add(&mut self, group: &Group, number: u32, finds: &mut Finds) -> Result<(), BuildError> {
        if self.run.1.is_empty() {
            self.run.0 = number;
            self.run.1.extend_from_slice(&self.credit);
        }
        group.write(&mut self.run.1);
        self.next = number + 1;
        let id = finds.keyed(keys::group_id(group.id), number);
        finds.group_ids.push(&id)?;
        let titles = std::iter::once(&group.title).chain(&group.other_titles);
        let mut found: Vec<u64> = titles.flat_map(|text| keys::titles(text, &self.names)).collect();
        found.sort_unstable();
        found.dedup();
        for key in found {
            let record = finds.keyed(key, number);
            finds.titles.push(&record)?;
        }
        Ok(())
    }

    fn end_run<W: Write + Seek>(
        &mut self,
        section: &mut Open,
        output: &mut Output<W>,
    ) -> Result<(), BuildError> {
        if !self.run.1.is_empty() {
            output.push(section, u64::from(self.run.0), &self.run.1)?;
            self.run.1.clear();
        }
        Ok(())
    }

    /// Lets its groups be found by its artists.
    fn end(&self, finds: &mut Finds) -> Result<(), BuildError> {
        let count = self.next - self.first;
        for artist in &self.artists {
            let mut record = [0; 12];
            for (place, number) in record.chunks_exact_mut(4).zip([*artist, self.first, count]) {
                place.copy_from_slice(&number.to_be_bytes());
            }
            finds.works.push(&record)?;
        }
        for name in &self.others {
            let mut record = name_key(name);
            put(&mut record, u64::from(self.first) << 1 | 1);
            put(&mut record, u64::from(count));
            finds.names.push(&record)?;
        }
        Ok(())
    }
}
