//! A dump of MusicBrainz' database.

use lastfm_core::Mbid;
use mb_enrich::offline::{BuildError, IndexBuilder};

use crate::offline_index;

/// The tables that an index is made of, by the letter that stands for each.
const TABLES: [(u8, &str); 13] = [
    (b'a', "artist"),
    (b'b', "artist_alias"),
    (b'c', "artist_credit_name"),
    (b'd', "medium"),
    (b'e', "release"),
    (b'f', "release_country"),
    (b'g', "release_gid_redirect"),
    (b'h', "release_group"),
    (b'i', "release_group_alias"),
    (b'j', "release_group_gid_redirect"),
    (b'k', "release_group_secondary_type_join"),
    (b'l', "release_unknown_country"),
    (b'm', "track"),
];

/// Rows, line by line, each behind the letter of its table; or else what is to be taken for a whole
/// dump.
///
/// A row that is none is told with its table; and what was built is opened, and has every group
/// that the dump has.
pub fn dump(data: &[u8]) {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join("built.index");
    let Some(rows) = data.strip_prefix(b"\n") else {
        assert!(IndexBuilder::new(&path).build(data).is_err(), "anything is a dump");
        return;
    };
    // What is kept by its number takes memory for each number below: a documented part of a GiB.
    if rows.split(|byte| !byte.is_ascii_digit()).any(|digits| digits.len() > 5) && has_large(rows) {
        return;
    }
    match IndexBuilder::new(&path).build(&*tar(rows)) {
        Ok(about) => {
            let source = offline_index::open(&path);
            assert_eq!(source.about(), &about);
            offline_index::check(&source);
            for id in groups(rows) {
                assert!(offline_index::has(&source, &id), "{id} is not found");
            }
        }
        Err(BuildError::Row { table, line, what }) => {
            assert!(TABLES.iter().any(|(_, name)| *name == table), "{table}");
            assert!(line > 0 && !what.is_empty());
        }
        Err(BuildError::TooMany(_)) => {}
        Err(error) => panic!("{error:?}"),
    }
}

/// Whether a column is a number that no small table has.
fn has_large(rows: &[u8]) -> bool {
    let columns = rows.split(|byte| matches!(byte, b'\t' | b'\n'));
    let number = |column: &[u8]| std::str::from_utf8(column).ok()?.parse::<u64>().ok();
    columns.filter_map(number).any(|number| number > 100_000)
}

fn tar(rows: &[u8]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (letter, table) in TABLES {
        let lines = rows.split_inclusive(|byte| *byte == b'\n');
        let of_table = lines.filter_map(|line| line.strip_prefix(&[letter]));
        let content: Vec<u8> = of_table.flatten().copied().collect();
        let mut header = tar::Header::new_ustar();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        let path = format!("mbdump/{table}");
        archive.append_data(&mut header, path, &*content).expect("it is written to memory");
    }
    archive.into_inner().expect("it is written to memory")
}

/// The groups of a dump that is fine.
fn groups(rows: &[u8]) -> impl Iterator<Item = Mbid> {
    let lines = rows.split(|byte| *byte == b'\n').take_while(|line| *line != br"\.");
    let rows = lines.filter_map(|line| line.strip_prefix(b"h"));
    // What stands behind such a line is never read.
    let rows = rows.take_while(|row| *row != br"\.");
    rows.filter_map(|row| {
        let gid = row.split(|byte| *byte == b'\t').nth(1)?;
        Mbid::new(std::str::from_utf8(gid).ok()?)
    })
}
