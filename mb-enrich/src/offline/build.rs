//! Building an index out of a dump.

use std::fmt;
use std::fs::File;
use std::io::{self, BufWriter, Read};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use super::assemble::{Tell, assemble, told};
use super::dump::{Gauge, rows, unpacked};
use super::gather::{Gathered, TABLES};
use super::{About, BuildError};

/// Rows between two steps that are told of.
const ROWS: u64 = 1 << 16;

/// Builds the file that an [`OfflineSource`](super::OfflineSource) reads, out of MusicBrainz' dump.
///
/// What is needed is `mbdump.tar.bz2`, which is in the public domain (CC0); nothing is taken from
/// the other archives. The year of a group is that of its first release that was not cancelled.
///
/// The dump is read once from its beginning to its end, its tables in any order. What is sorted goes
/// to the disk by pieces of 64 MiB; in memory are some numbers for each release and group, and the
/// names of all artists: an estimated 1 GiB for all of MusicBrainz. Meanwhile the folder of the index
/// holds some gigabytes more, in files without names that nothing can leave behind.
/// The file is there once it is whole: an older one of the name is replaced then, and if anything
/// fails it stays as it was. A program that is killed leaves what it has written of the index beside
/// it, in a file whose name begins with `.index-`.
///
/// See <https://musicbrainz.org/doc/MusicBrainz_Database/Download>.
///
/// ```
/// use std::ops::ControlFlow;
///
/// use mb_enrich::offline::{BuildError, IndexBuilder};
///
/// let folder = tempfile::tempdir()?;
/// let builder = IndexBuilder::new(folder.path().join("musicbrainz.index"))
///     .on_step(|step| {
///         println!("{step}");
///         ControlFlow::Continue(())
///     });
/// let built = builder.build(&b"not a dump"[..]);
/// assert!(matches!(built, Err(BuildError::Dump(_))));
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct IndexBuilder<'a> {
    path: PathBuf,
    tell: Box<Tell<'a>>,
}

impl fmt::Debug for IndexBuilder<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IndexBuilder").field("path", &self.path).finish_non_exhaustive()
    }
}

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum BuildStep {
    /// The dump is being read.
    Reading {
        /// The table; nothing for one that is passed over.
        table: Option<&'static str>,
        /// Rows of it so far.
        row_count: u64,
        /// Bytes of the dump so far, as it is packed.
        byte_count: u64,
    },
    /// The index is being written.
    Writing {
        /// Which part of it.
        what: &'static str,
        /// Groups so far, where they are counted.
        done: u64,
    },
}

impl fmt::Display for BuildStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reading { table, row_count, byte_count } => {
                let megabytes = byte_count / 1_000_000;
                write!(f, "reading, {megabytes} MB so far: ")?;
                match table {
                    Some(table) => write!(f, "{table}, {row_count} rows"),
                    None => f.write_str("what is not needed"),
                }
            }
            Self::Writing { what, done: 0 } => write!(f, "writing: {what}"),
            Self::Writing { what, done } => write!(f, "writing: {what}, {done} so far"),
        }
    }
}

impl<'a> IndexBuilder<'a> {
    /// Builds a file at this path, in place of one that is there. What is sorted lies in the same folder
    /// meanwhile, in files without a name.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), tell: Box::new(|_| ControlFlow::Continue(())) }
    }

    /// Who is told of each step, some times a second, and may stop it. Default: nobody.
    pub fn on_step(self, tell: impl FnMut(BuildStep) -> ControlFlow<()> + 'a) -> Self {
        Self { tell: Box::new(tell), ..self }
    }

    /// Builds the file out of a dump: of `mbdump.tar.bz2`, or of the tar that is in it.
    ///
    /// # Errors
    ///
    /// [`BuildError::Dump`] if the dump cannot be read or is cut off; [`BuildError::Row`] with table
    /// and line if a row is not what the table holds; [`BuildError::NoTable`] if a table is missing;
    /// [`BuildError::Write`] if the disk is full; [`BuildError::Stopped`] if that was asked for.
    pub fn build(mut self, dump: impl Read) -> Result<About, BuildError> {
        let folder = match self.path.parent() {
            Some(folder) if folder != Path::new("") => folder.to_owned(),
            _ => PathBuf::from("."),
        };
        let mut about = About::default();
        let gathered = gather(dump, &folder, &mut about, &mut self.tell)?;
        let file = new_file(&folder)?;
        let to = BufWriter::with_capacity(1 << 18, file);
        let (to, about) = assemble(gathered, about, &folder, to, &mut self.tell)?;
        let file = to.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.as_file().sync_all()?;
        file.persist(&self.path).map_err(|error| error.error)?;
        sync_folder(&folder)?;
        Ok(about)
    }
}

/// A file that is removed unless it is kept, which everybody may read as far as the system allows.
fn new_file(folder: &Path) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".index-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    builder.tempfile_in(folder)
}

/// Keeps the name that a file got through a power cut.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

fn gather(
    dump: impl Read,
    folder: &Path,
    about: &mut About,
    tell: &mut Tell<'_>,
) -> Result<Gathered, BuildError> {
    let gauge = Gauge::default();
    let mut gathered = Gathered::new(folder)?;
    let mut missing: Vec<_> = TABLES.to_vec();
    let unpacked = unpacked(dump, gauge.clone()).map_err(BuildError::Dump)?;
    let mut archive = tar::Archive::new(unpacked);
    for member in archive.entries().map_err(BuildError::Dump)? {
        let mut member = member.map_err(BuildError::Dump)?;
        let path = member.path_bytes().into_owned();
        let name = path.strip_prefix(b"./").unwrap_or(&path);
        let table = name.strip_prefix(b"mbdump/").and_then(|name| {
            let known = missing.iter().position(|(table, _)| table.as_bytes() == name)?;
            Some(missing.swap_remove(known))
        });
        let mut row_count = 0_u64;
        let mut reading = |table, row_count| {
            let byte_count = gauge.bytes();
            told(tell, BuildStep::Reading { table, row_count, byte_count })
        };
        let Some((name, table)) = table else {
            about.take(name, &mut member)?;
            let mut some = vec![0; 1 << 20];
            while member.read(&mut some).map_err(BuildError::Dump)? > 0 {
                reading(None, 0)?;
            }
            continue;
        };
        rows(name, member, |row| {
            if row_count.is_multiple_of(ROWS) {
                reading(Some(name), row_count)?;
            }
            row_count += 1;
            gathered.take(table, row)
        })?;
    }
    // What stands behind the last table says whether the archive is whole.
    io::copy(&mut archive.into_inner(), &mut io::sink()).map_err(BuildError::Dump)?;
    match missing.first() {
        Some((table, _)) => Err(BuildError::NoTable(table)),
        None => Ok(gathered),
    }
}

impl About {
    /// Reads what a dump says of itself in files of one line.
    fn take(&mut self, name: &[u8], member: &mut impl Read) -> Result<(), BuildError> {
        let mut line = || {
            let mut text = Vec::new();
            member.take(100).read_to_end(&mut text).map_err(BuildError::Dump)?;
            Ok::<_, BuildError>(String::from_utf8_lossy(&text).trim().to_owned())
        };
        match name {
            b"TIMESTAMP" => self.dump_made_at = Some(line()?).filter(|line| !line.is_empty()),
            b"SCHEMA_SEQUENCE" => self.schema_sequence = line()?.parse().ok(),
            b"REPLICATION_SEQUENCE" => self.replication_sequence = line()?.parse().ok(),
            _ => {}
        }
        Ok(())
    }
}
