//! A damaged index: an error, never a wrong answer.

use std::fs;

use futures_executor::block_on;
use mb_enrich::names::{ArtistName, Title};
use mb_enrich::offline::OfflineError;
use mb_enrich::testing::{FakeDump, FakeGroup};
use mb_enrich::{Names, OfflineSource, Source, SourceError, Tracks, Works};

use crate::offline::build;
use crate::support::{group, mbid};

/// Everything that can be asked of some groups, in words.
fn answers(source: &OfflineSource) -> Vec<Result<String, SourceError>> {
    fn said<T: std::fmt::Debug>(answers: mb_enrich::Answers<T>) -> Result<String, SourceError> {
        match answers.trouble {
            Some(trouble) => Err(trouble),
            None => Ok(format!("{:?}", answers.answers)),
        }
    }
    let mut told = Vec::new();
    for number in 1..=3 {
        let id = mbid(number);
        told.push(said(block_on(source.by_ids(&[id.clone(), mbid(number + 1000)]))));
        let artist = ArtistName::new("Low");
        let title = Title::new(&format!("Title {number}"), &artist);
        let works = Works { artist: artist.clone(), titles: vec![title.clone()] };
        let tracks = vec![Title::new(&format!("Track {number}"), &ArtistName::new(""))];
        told.push(said(block_on(source.by_names(&[Names { artist, title, is_last: true }]))));
        told.push(said(block_on(source.of_artists(&[works]))));
        told.push(said(block_on(source.with_tracks(&[Tracks { groups: vec![id], tracks }]))));
    }
    told
}

fn dump() -> FakeDump {
    FakeDump::new((1..=3).map(|number| {
        let mut fake = FakeGroup::new(group(number, "Low", &format!("Title {number}"), "2002-09"));
        fake.releases = vec![mbid(number + 1000)];
        fake.tracks = vec![format!("Track {number}")];
        fake
    }))
}

#[test]
fn no_byte_that_changed_makes_a_wrong_answer() {
    let built = build(&dump()).unwrap();
    let right: Vec<String> = answers(&built.source).into_iter().map(Result::unwrap).collect();
    assert!(right.iter().all(|answer| answer.contains("00000000-0000-4000")), "{right:#?}");
    let whole = fs::read(&built.path).unwrap();
    let (mut refused, mut failed) = (0, 0);
    for at in 0..whole.len() {
        // Any one bit in the header's page, where most is empty; else all of them by turns.
        let bits = if at < 4096 { 1 << (at % 8) } else { 0xFF };
        let mut flipped = whole.clone();
        flipped[at] ^= bits;
        fs::write(&built.path, &flipped).unwrap();
        let source = match OfflineSource::open(&built.path) {
            Ok(source) => source,
            Err(OfflineError::NotAnIndex | OfflineError::Damaged { .. }) => {
                refused += 1;
                continue;
            }
            Err(other) => panic!("{other} at {at}"),
        };
        let mut noticed = false;
        for (answer, right) in answers(&source).into_iter().zip(&right) {
            match answer {
                Ok(answer) => assert_eq!(&answer, right, "at {at}"),
                Err(trouble) => {
                    assert!(!trouble.is_retryable, "{trouble} at {at}");
                    noticed = true;
                }
            }
        }
        assert!(noticed, "nobody noticed the change at {at}");
        failed += 1;
    }
    assert!(refused >= 4096 && failed > 100, "{refused} refused, {failed} failed");
}

#[test]
fn no_length_but_its_own_is_opened() {
    let built = build(&dump()).unwrap();
    let whole = fs::read(&built.path).unwrap();
    for length in (0..whole.len()).chain([whole.len() + 1]) {
        let mut cut = whole.clone();
        cut.resize(length, 0);
        fs::write(&built.path, &cut).unwrap();
        let error = OfflineSource::open(&built.path).unwrap_err();
        let told = matches!(error, OfflineError::NotAnIndex | OfflineError::Damaged { .. });
        assert!(told, "{error} at {length}");
    }
}

#[test]
fn a_file_that_shrinks_while_it_is_open_is_noticed() {
    let built = build(&dump()).unwrap();
    let file = fs::OpenOptions::new().write(true).open(&built.path).unwrap();
    file.set_len(4200).unwrap();
    let answers = answers(&built.source);
    assert!(answers.iter().any(Result::is_err));
    assert!(answers.iter().flatten().count() < answers.len());
}

#[test]
fn blocks_of_another_index_are_not_believed() {
    // Two indexes that differ in one date, and a copy that was broken off behind the header.
    let mut earlier = dump();
    for (_, rows) in earlier.tables() {
        *rows = rows.replace("2002\t9", "2002\t8");
    }
    let (one, other) = (build(&dump()).unwrap(), build(&earlier).unwrap());
    let (mut mixed, new) = (fs::read(&other.path).unwrap(), fs::read(&one.path).unwrap());
    assert!(mixed != new && mixed.len() == new.len());
    mixed[..4096].copy_from_slice(&new[..4096]);
    fs::write(&other.path, &mixed).unwrap();
    let error = OfflineSource::open(&other.path).unwrap_err();
    assert!(matches!(error, OfflineError::Damaged { .. }), "{error}");
}

/// Changes what a header says, and makes its checksum right again.
fn forge(path: &std::path::Path, change: impl FnOnce(&mut serde_json::Value)) {
    let mut file = fs::read(path).unwrap();
    let length = u32::from_le_bytes(file[20..24].try_into().unwrap()) as usize;
    let mut header = serde_json::from_slice(&file[32..32 + length]).unwrap();
    change(&mut header);
    let json = serde_json::to_vec(&header).unwrap();
    file[20..24].copy_from_slice(&u32::try_from(json.len()).unwrap().to_le_bytes());
    file[24..4096].fill(0);
    file[32..][..json.len()].copy_from_slice(&json);
    let checksum = xxhash_rust::xxh3::xxh3_64(&file[..4096]);
    file[24..32].copy_from_slice(&checksum.to_le_bytes());
    fs::write(path, file).unwrap();
}

#[test]
fn a_long_file_that_holds_nothing_takes_no_memory() {
    let built = build(&dump()).unwrap();
    // More than any machine has, and all of it empty: it takes no room on the disk.
    let length: u64 = 1 << 40;
    forge(&built.path, |header| {
        let end = header["about"]["byte_count"].as_u64().unwrap();
        header["about"]["byte_count"] = length.into();
        let place = &mut header["places"]["titles"];
        place["blocks_at"] = end.into();
        place["directory_at"] = end.into();
        place["block_count"] = ((length - end) / 20).into();
    });
    let file = fs::OpenOptions::new().write(true).open(&built.path).unwrap();
    file.set_len(length).unwrap();
    let error = OfflineSource::open(&built.path).unwrap_err();
    assert!(matches!(error, OfflineError::Damaged { what: "a directory" }), "{error}");
}

#[test]
fn a_block_of_gigabytes_is_not_believed() {
    let built = build(&dump()).unwrap();
    let mut file = fs::read(&built.path).unwrap();
    let mut directory = 0..0;
    forge(&built.path, |header| {
        // The last section: its blocks may end anywhere behind the file.
        let place = &mut header["places"]["tracks"];
        let at = usize::try_from(place["directory_at"].as_u64().unwrap()).unwrap();
        assert_eq!(place["block_count"], 1);
        directory = at..at + 20;
        file[at + 8..at + 12].copy_from_slice(&u32::MAX.to_le_bytes());
        place["directory_checksum"] = xxhash_rust::xxh3::xxh3_64(&file[directory.clone()]).into();
    });
    let mut forged = fs::read(&built.path).unwrap();
    forged[directory.clone()].copy_from_slice(&file[directory]);
    fs::write(&built.path, forged).unwrap();
    let error = OfflineSource::open(&built.path).unwrap_err();
    assert!(matches!(error, OfflineError::Damaged { what: "a directory" }), "{error}");
}
