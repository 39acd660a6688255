//! Records on disk, in the order in which they came or sorted, with bounded memory.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, Write};
use std::path::{Path, PathBuf};

use super::bytes::put;

/// Records in the order in which they came, in a file without a name.
#[derive(Debug)]
pub(super) struct Spool(BufWriter<File>);

impl Spool {
    pub(super) fn new(folder: &Path) -> io::Result<Self> {
        Ok(Self(BufWriter::with_capacity(1 << 16, tempfile::tempfile_in(folder)?)))
    }

    pub(super) fn push(&mut self, record: &[u8]) -> io::Result<()> {
        let mut length = Vec::with_capacity(4);
        put(&mut length, record.len() as u64);
        self.0.write_all(&length)?;
        self.0.write_all(record)
    }

    /// All of them, from the first.
    pub(super) fn read(mut self) -> io::Result<SpoolReader> {
        self.0.flush()?;
        let file = self.0.into_inner().map_err(io::IntoInnerError::into_error)?;
        SpoolReader::new(file)
    }
}

/// Reads a [`Spool`].
#[derive(Debug)]
pub(super) struct SpoolReader(BufReader<File>);

impl SpoolReader {
    fn new(mut file: File) -> io::Result<Self> {
        file.rewind()?;
        Ok(Self(BufReader::with_capacity(1 << 16, file)))
    }

    /// Reads the next record into this place; whether there was one.
    pub(super) fn next(&mut self, record: &mut Vec<u8>) -> io::Result<bool> {
        record.clear();
        if self.0.fill_buf()?.is_empty() {
            return Ok(false);
        }
        let (mut length, mut shift) = (0_usize, 0);
        loop {
            let mut byte = [0];
            self.0.read_exact(&mut byte)?;
            length |= usize::from(byte[0] & 0x7F) << shift;
            shift += 7;
            if byte[0] & 0x80 == 0 {
                break;
            }
        }
        record.resize(length, 0);
        self.0.read_exact(record)?;
        Ok(true)
    }
}

/// Sorts records by their bytes. What does not fit into its memory is sorted in runs on disk.
#[derive(Debug)]
pub(super) struct Sorter {
    folder: PathBuf,
    /// Bytes that it may hold.
    room: usize,
    arena: Vec<u8>,
    /// The first bytes of each record as a number, and where the record is.
    records: Vec<(u64, u32, u32)>,
    runs: Vec<File>,
}

impl Sorter {
    pub(super) fn new(folder: &Path, room: usize) -> Self {
        // Places are 32 bits.
        let room = room.min(1 << 30);
        let (arena, records, runs) = (Vec::new(), Vec::new(), Vec::new());
        Self { folder: folder.to_owned(), room, arena, records, runs }
    }

    pub(super) fn push(&mut self, record: &[u8]) -> io::Result<()> {
        let held = self.arena.len() + self.records.len() * size_of::<(u64, u32, u32)>();
        if held + record.len() > self.room && !self.records.is_empty() {
            self.spill()?;
        }
        let mut first = [0; 8];
        let count = record.len().min(8);
        first[..count].copy_from_slice(&record[..count]);
        let place = |at: usize| u32::try_from(at).map_err(|_| io::ErrorKind::FileTooLarge);
        let (at, length) = (place(self.arena.len())?, place(record.len())?);
        self.records.push((u64::from_be_bytes(first), at, length));
        self.arena.extend_from_slice(record);
        Ok(())
    }

    fn spill(&mut self) -> io::Result<()> {
        let arena = &self.arena;
        let bytes = |&(_, at, length): &(u64, u32, u32)| &arena[at as usize..][..length as usize];
        self.records.sort_unstable_by(|one, other| {
            one.0.cmp(&other.0).then_with(|| bytes(one).cmp(bytes(other)))
        });
        let mut run = Spool::new(&self.folder)?;
        for record in &self.records {
            run.push(bytes(record))?;
        }
        self.runs.push(run.read()?.0.into_inner());
        self.arena.clear();
        self.records.clear();
        Ok(())
    }

    /// Nothing more comes: its memory is free again.
    pub(super) fn finish(mut self) -> io::Result<Runs> {
        self.spill()?;
        Ok(Runs(self.runs))
    }
}

/// Sorted records, to be read as often as one likes.
#[derive(Debug)]
pub(super) struct Runs(Vec<File>);

impl Runs {
    pub(super) fn read(&self) -> io::Result<Sorted> {
        let mut sorted = Sorted { runs: Vec::new(), heads: BinaryHeap::new(), last: None };
        for run in &self.0 {
            let mut run = SpoolReader::new(run.try_clone()?)?;
            let mut head = Vec::new();
            if run.next(&mut head)? {
                sorted.heads.push(Reverse((head, sorted.runs.len())));
                sorted.runs.push(run);
            }
        }
        Ok(sorted)
    }
}

/// Records from the least to the greatest.
#[derive(Debug)]
pub(super) struct Sorted {
    runs: Vec<SpoolReader>,
    /// The next record of each run.
    heads: BinaryHeap<Reverse<(Vec<u8>, usize)>>,
    /// The record that was given last, and its run, which has to be read on.
    last: Option<(Vec<u8>, usize)>,
}

impl Sorted {
    /// The next one.
    pub(super) fn next(&mut self) -> io::Result<Option<&[u8]>> {
        if let Some((mut record, run)) = self.last.take()
            && self.runs[run].next(&mut record)?
        {
            self.heads.push(Reverse((record, run)));
        }
        self.last = self.heads.pop().map(|Reverse(head)| head);
        Ok(self.last.as_ref().map(|(record, _)| record.as_slice()))
    }

    /// The next one if it begins so. Who asks in the order of the records gets each at its turn.
    pub(super) fn next_of(&mut self, prefix: &[u8]) -> io::Result<Option<&[u8]>> {
        loop {
            if let Some((mut record, run)) = self.last.take()
                && self.runs[run].next(&mut record)?
            {
                self.heads.push(Reverse((record, run)));
            }
            let Some(Reverse((head, _))) = self.heads.peek() else { return Ok(None) };
            let before = head.get(..prefix.len()).unwrap_or(head);
            if before > prefix {
                return Ok(None);
            }
            let found = before == prefix;
            self.last = self.heads.pop().map(|Reverse(head)| head);
            if found {
                return Ok(self.last.as_ref().map(|(record, _)| record.as_slice()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn records_come_sorted_whatever_fits_into_memory(
            records in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..12), 0..60),
            room in 1_usize..600,
        ) {
            let folder = tempfile::tempdir().unwrap();
            let mut sorter = Sorter::new(folder.path(), room);
            for record in &records {
                sorter.push(record).unwrap();
            }
            let runs = sorter.finish().unwrap();
            let mut expected = records.clone();
            expected.sort();
            // Twice: a run can be read again.
            for _ in 0..2 {
                let (mut sorted, mut got) = (runs.read().unwrap(), Vec::new());
                while let Some(record) = sorted.next().unwrap() {
                    got.push(record.to_vec());
                }
                prop_assert_eq!(&got, &expected);
            }
        }

        #[test]
        fn records_are_found_by_how_they_begin(
            records in prop::collection::vec(prop::collection::vec(0_u8..4, 1..4), 0..40),
        ) {
            let folder = tempfile::tempdir().unwrap();
            let mut sorter = Sorter::new(folder.path(), 100);
            for record in &records {
                sorter.push(record).unwrap();
            }
            let mut sorted = sorter.finish().unwrap().read().unwrap();
            for first in [0, 2, 3] {
                let mut count = 0;
                while sorted.next_of(&[first]).unwrap().is_some() {
                    count += 1;
                }
                prop_assert_eq!(count, records.iter().filter(|one| one[0] == first).count());
            }
        }
    }
}
