//! The file: a header, sections of records by key, and for each section a directory of its blocks.
//!
//! ```text
//! header       4096 bytes: magic, format, length, checksum, what the index says of itself (JSON)
//! blocks       some 4 KiB each: records, sorted by key
//! directories  for each block its first key, its length and its checksum
//! ```
//!
//! The header holds the directories' checksums and a directory those of its blocks, so that a block
//! that was read is the one that was written with this header, or an error.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use super::OfflineError;
use super::bytes::{Bytes, Odd, put};

const MAGIC: [u8; 16] = *b"mb-enrich index\n";
const FORMAT: u32 = 1;
const HEADER: usize = 4096;
/// Magic, format, length, checksum.
const BEFORE_JSON: usize = 16 + 4 + 4 + 8;
/// A block is closed before it would be longer, unless one record is.
const BLOCK: usize = 4096;
/// No block is longer, however long a record is: what it takes to read one is known beforehand.
const LONGEST_BLOCK: u32 = 16 << 20;
/// Bytes of a block in its directory: key, length, checksum.
const ENTRY: usize = 8 + 4 + 8;
/// Bytes of a directory that are read at a time.
const SOME: usize = 3000 * ENTRY;

/// Where a section is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    pub(super) blocks_at: u64,
    pub(super) directory_at: u64,
    pub(super) block_count: u64,
    pub(super) record_count: u64,
    /// Bytes of each record, if all are as long.
    pub(super) width: Option<usize>,
    pub(super) directory_checksum: u64,
}

impl Place {
    /// Blocks and directory.
    pub(super) fn byte_count(&self) -> u64 {
        let directory = self.block_count.saturating_mul(ENTRY as u64);
        self.directory_at.saturating_sub(self.blocks_at).saturating_add(directory)
    }
}

/// Writes sections one after the other, the header last.
#[derive(Debug)]
pub(super) struct Output<W> {
    to: W,
    at: u64,
}

/// A section that is being written.
#[derive(Debug)]
pub(super) struct Open {
    place: Place,
    directory: Vec<u8>,
    block: Vec<u8>,
    first: u64,
    last: u64,
}

impl Open {
    /// A section whose records are of any length, or all of this one.
    pub(super) fn new(width: Option<usize>) -> Self {
        let place = Place { width, ..Place::default() };
        Self { place, directory: Vec::new(), block: Vec::new(), first: 0, last: 0 }
    }
}

impl<W: Write + Seek> Output<W> {
    pub(super) fn new(mut to: W) -> io::Result<Self> {
        to.seek(SeekFrom::Start(HEADER as u64))?;
        Ok(Self { to, at: HEADER as u64 })
    }

    /// Adds a record to the open section. Keys never fall.
    pub(super) fn push(&mut self, open: &mut Open, key: u64, record: &[u8]) -> io::Result<()> {
        if open.place.block_count == 0 && open.block.is_empty() {
            open.place.blocks_at = self.at;
        }
        if !open.block.is_empty() && open.block.len() + record.len() + 8 > BLOCK {
            self.end_block(open)?;
        }
        if open.block.is_empty() {
            (open.first, open.last) = (key, key);
        }
        put(&mut open.block, key - open.last);
        if open.place.width.is_none() {
            put(&mut open.block, record.len() as u64);
        }
        open.block.extend_from_slice(record);
        open.last = key;
        open.place.record_count += 1;
        Ok(())
    }

    fn end_block(&mut self, open: &mut Open) -> io::Result<()> {
        let length = u32::try_from(open.block.len()).ok();
        let length = length.filter(|length| *length <= LONGEST_BLOCK);
        let length = length.ok_or(io::ErrorKind::FileTooLarge)?;
        open.directory.extend_from_slice(&open.first.to_le_bytes());
        open.directory.extend_from_slice(&length.to_le_bytes());
        open.directory.extend_from_slice(&xxh3_64(&open.block).to_le_bytes());
        self.to.write_all(&open.block)?;
        self.at += u64::from(length);
        open.place.block_count += 1;
        open.block.clear();
        Ok(())
    }

    /// Ends the open section.
    pub(super) fn end(&mut self, mut open: Open) -> io::Result<Place> {
        if !open.block.is_empty() {
            self.end_block(&mut open)?;
        }
        let Open { mut place, directory, .. } = open;
        if directory.is_empty() {
            place.blocks_at = self.at;
        }
        place.directory_at = self.at;
        place.directory_checksum = xxh3_64(&directory);
        self.to.write_all(&directory)?;
        self.at += directory.len() as u64;
        Ok(place)
    }

    /// Bytes so far.
    pub(super) fn length(&self) -> u64 {
        self.at
    }

    /// Writes the header, and with it all of the index.
    pub(super) fn finish<H: Serialize>(mut self, header: &H) -> io::Result<W> {
        let json = serde_json::to_vec(header)?;
        let length = u32::try_from(json.len()).map_err(|_| io::ErrorKind::FileTooLarge)?;
        if json.len() + BEFORE_JSON > HEADER {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let mut page = [0; HEADER];
        page[..16].copy_from_slice(&MAGIC);
        page[16..20].copy_from_slice(&FORMAT.to_le_bytes());
        page[20..24].copy_from_slice(&length.to_le_bytes());
        page[BEFORE_JSON..][..json.len()].copy_from_slice(&json);
        let checksum = xxh3_64(&page);
        page[24..32].copy_from_slice(&checksum.to_le_bytes());
        self.to.seek(SeekFrom::Start(0))?;
        self.to.write_all(&page)?;
        self.to.flush()?;
        Ok(self.to)
    }
}

/// A file that is read by position.
#[derive(Debug)]
pub(super) struct Input(File);

impl Input {
    /// The file, and what its header says.
    pub(super) fn open<H: for<'a> Deserialize<'a>>(file: File) -> Result<(Self, H), OfflineError> {
        let input = Self(file);
        let mut page = [0; HEADER];
        let length = usize::try_from(input.0.metadata()?.len()).unwrap_or(usize::MAX).min(HEADER);
        input.read(&mut page[..length], 0)?;
        if page[..16] != MAGIC {
            return Err(OfflineError::NotAnIndex);
        }
        let mut fields = Bytes(&page[16..]);
        let odd = |_| OfflineError::damaged("its header");
        let format = u32::from_le_bytes(fields.array().map_err(odd)?);
        let length = u32::from_le_bytes(fields.array().map_err(odd)?);
        let checksum = u64::from_le_bytes(fields.array().map_err(odd)?);
        page[24..32].fill(0);
        if xxh3_64(&page) != checksum {
            return Err(OfflineError::damaged("its header"));
        }
        if format != FORMAT {
            return Err(OfflineError::OtherFormat { found: format, read: FORMAT });
        }
        let end = BEFORE_JSON.saturating_add(length as usize);
        let json = page.get(BEFORE_JSON..end).ok_or(OfflineError::damaged("its header"))?;
        let header = serde_json::from_slice(json);
        Ok((input, header.map_err(|_| OfflineError::damaged("its header"))?))
    }

    pub(super) fn length(&self) -> Result<u64, OfflineError> {
        Ok(self.0.metadata()?.len())
    }

    fn read(&self, into: &mut [u8], at: u64) -> Result<(), OfflineError> {
        read_exact_at(&self.0, into, at).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => OfflineError::damaged("its end is missing"),
            _ => OfflineError::Read(error),
        })
    }
}

#[cfg(unix)]
fn read_exact_at(file: &File, into: &mut [u8], at: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, into, at)
}

#[cfg(windows)]
fn read_exact_at(file: &File, mut into: &mut [u8], mut at: u64) -> io::Result<()> {
    while !into.is_empty() {
        match std::os::windows::fs::FileExt::seek_read(file, into, at) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => {
                into = &mut into[count..];
                at += count as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// A block, as its directory tells of it.
#[derive(Debug, Clone, Copy)]
struct Block {
    first: u64,
    at: u64,
    length: u32,
    checksum: u64,
}

/// A section of a file: its directory is in memory, its blocks are not.
#[derive(Debug)]
pub(super) struct Section {
    blocks: Vec<Block>,
    width: Option<usize>,
}

impl Section {
    /// Reads a directory piece by piece. How long it is, is only what the file says: a file can be
    /// long and hold nothing, and every piece has to hold blocks before there is room for the next.
    pub(super) fn open(input: &Input, place: &Place) -> Result<Self, OfflineError> {
        let odd = || OfflineError::damaged("a directory");
        let mut left = place.block_count.checked_mul(ENTRY as u64).ok_or_else(odd)?;
        let (mut from, mut at) = (place.directory_at, place.blocks_at);
        let end = from.checked_add(left).ok_or_else(odd)?;
        if end > input.length()? {
            return Err(OfflineError::damaged("its end is missing"));
        }
        let (mut blocks, mut checksum, mut some) = (Vec::new(), Xxh3::new(), Vec::new());
        while left > 0 {
            some.resize(usize::try_from(left).unwrap_or(SOME).min(SOME), 0);
            input.read(&mut some, from)?;
            checksum.update(&some);
            let mut fields = Bytes(&some);
            while !fields.is_empty() {
                let block = Block {
                    first: u64::from_le_bytes(fields.array().map_err(|_| odd())?),
                    at,
                    length: u32::from_le_bytes(fields.array().map_err(|_| odd())?),
                    checksum: u64::from_le_bytes(fields.array().map_err(|_| odd())?),
                };
                if !(1..=LONGEST_BLOCK).contains(&block.length) {
                    return Err(odd());
                }
                at = at.checked_add(u64::from(block.length)).ok_or_else(odd)?;
                blocks.push(block);
            }
            (from, left) = (from + some.len() as u64, left - some.len() as u64);
        }
        if at != place.directory_at || checksum.digest() != place.directory_checksum {
            return Err(odd());
        }
        blocks.shrink_to_fit();
        Ok(Self { blocks, width: place.width })
    }

    /// The blocks in which this key may be, and the record that covers it: the last one whose key
    /// is not above.
    fn blocks_of(&self, key: u64) -> std::ops::Range<usize> {
        // Records of one key may go on in the next block, so that it may begin before its own.
        let begin = self.blocks.partition_point(|block| block.first < key).saturating_sub(1);
        begin..self.blocks.partition_point(|block| block.first <= key)
    }

    /// A block's bytes.
    pub(super) fn block(&self, input: &Input, number: usize) -> Result<Vec<u8>, OfflineError> {
        let block = self.blocks.get(number).ok_or(OfflineError::damaged("a directory"))?;
        let mut bytes = vec![0; block.length as usize];
        input.read(&mut bytes, block.at)?;
        if xxh3_64(&bytes) != block.checksum {
            return Err(OfflineError::damaged("a block"));
        }
        Ok(bytes)
    }

    /// Goes through a block's records, until told that it is enough.
    pub(super) fn each<'a>(
        &self,
        number: usize,
        bytes: &'a [u8],
        mut visit: impl FnMut(u64, &'a [u8]) -> Result<bool, Odd>,
    ) -> Result<(), OfflineError> {
        let odd = |Odd| OfflineError::damaged("a record");
        let mut key = self.blocks.get(number).map_or(0, |block| block.first);
        let mut rest = Bytes(bytes);
        while !rest.is_empty() {
            let step = rest.number().map_err(odd)?;
            key = key.checked_add(step).ok_or(Odd).map_err(odd)?;
            let length = match self.width {
                Some(width) => width,
                None => rest.small().map_err(odd)? as usize,
            };
            if !visit(key, rest.take(length).map_err(odd)?).map_err(odd)? {
                break;
            }
        }
        Ok(())
    }

    /// Goes through all records of this key. They rise: a file that holds little cannot say the
    /// same again and again.
    pub(super) fn of(
        &self,
        input: &Input,
        key: u64,
        mut visit: impl FnMut(&[u8]) -> Result<(), Odd>,
    ) -> Result<(), OfflineError> {
        let mut last: Option<Vec<u8>> = None;
        for number in self.blocks_of(key) {
            let bytes = self.block(input, number)?;
            self.each(number, &bytes, |found, record| {
                if found == key {
                    if last.as_deref().is_some_and(|last| last >= record) {
                        return Err(Odd);
                    }
                    visit(record)?;
                    let last = last.get_or_insert_default();
                    last.clear();
                    last.extend_from_slice(record);
                }
                Ok(found <= key)
            })?;
        }
        Ok(())
    }

    /// The number of the block that holds the last record whose key is not above this one.
    pub(super) fn last_block_of(&self, key: u64) -> Option<usize> {
        self.blocks_of(key).next_back()
    }
}
