//! A file that says it is an index of release groups.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::LazyLock;

use futures_executor::block_on;
use lastfm_core::Mbid;
use mb_enrich::names::{ArtistName, Title};
use mb_enrich::offline::IndexBuilder;
use mb_enrich::testing::{FakeDump, FakeGroup};
use mb_enrich::{
    Answers, CreditedArtist, Names, OfflineSource, ReleaseGroup, Source, Tracks, Works,
};
use serde_json::{Value, json};
use xxhash_rust::xxh3::xxh3_64;

/// The page at the beginning of a file.
const PAGE: usize = 4096;
/// What stands on it before its JSON.
const BEFORE_JSON: usize = 32;
/// A block in a directory: the first key, the length, the checksum.
const ENTRY: usize = 20;
/// No file is longer. The rest of one that is longer than what it holds is empty.
const LONGEST: u64 = 1 << 36;
/// Blocks that are longer have no checksum that is right.
const LONGEST_BLOCK: usize = 1 << 16;

/// What the header says, as JSON, and behind a byte that stands in no text all that follows the
/// header's page. All checksums are made right, as somebody would who means harm.
///
/// Each question has its answer, or a trouble that asking again will not end, in as much memory as
/// an index of that size may take.
pub fn offline_index(data: &[u8]) {
    let Some(end) = data.iter().position(|byte| *byte == 0xFF) else { return };
    let Ok(header) = serde_json::from_slice::<Value>(&data[..end]) else { return };
    let Some(file) = file(header, &data[end + 1..]) else { return };
    if let Ok(source) = OfflineSource::open(file.path()) {
        assert!(!format!("{source:?}").is_empty());
        check(&source);
    }
}

/// An index of a few groups, in the form that [`offline_index`] reads: one that is whole.
pub fn small_index() -> Vec<u8> {
    static SMALL: LazyLock<Vec<u8>> = LazyLock::new(|| {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let path = folder.path().join("small.index");
        let dump = small_dump().packed().expect("it is packed in memory");
        IndexBuilder::new(&path).build(dump.as_slice()).expect("the dump is whole");
        let file = std::fs::read(path).expect("it was written just now");
        let (page, rest) = file.split_at(PAGE);
        let json = page[BEFORE_JSON..].split(|byte| *byte == 0).next().unwrap_or_default();
        [json, rest].join(&0xFF)
    });
    SMALL.clone()
}

/// Groups of one artist, of two together, and of many.
fn small_dump() -> FakeDump {
    let various = CreditedArtist::new("Various Artists")
        .id(Mbid::new(CreditedArtist::VARIOUS).expect("it is one"));
    let low = CreditedArtist::new("Low").other_name("Low, The").other_name("ロウ");
    let groups = [
        ReleaseGroup::new(mbid(1), "", "Trust").artists([low.clone()]).other_title("Trust (LP)"),
        ReleaseGroup::new(mbid(2), "", "In the Fishtank 7")
            .artists([low.join(" & "), CreditedArtist::new("Dirty Three")]),
        ReleaseGroup::new(mbid(3), "", "Trust in Blues, Vol. 2").artists([various]),
    ];
    let fakes = groups.into_iter().zip(1_u32..).map(|(group, number)| {
        let mut fake = FakeGroup::new(match "2002-09-24".parse() {
            Ok(date) => group.first_release(date),
            Err(_) => group,
        });
        fake.releases = vec![mbid(number + 1000)];
        fake.merged_groups = vec![mbid(number + 9000)];
        fake.tracks = vec!["Canada".to_owned(), format!("Track {number}")];
        fake
    });
    FakeDump::new(fakes)
}

pub(crate) fn mbid(number: u32) -> Mbid {
    let text = format!("00000000-0000-4000-8000-{number:012x}");
    Mbid::new(&text).expect("it is not blank")
}

/// The rules that make keys today, as a header names them.
fn rules() -> Value {
    static RULES: LazyLock<Value> = LazyLock::new(|| {
        let small = small_index();
        let json = small.split(|byte| *byte == 0xFF).next().unwrap_or_default();
        serde_json::from_slice::<Value>(json).expect("a header is JSON")["rules"].take()
    });
    RULES.clone()
}

/// A file of this header and this rest, with the right checksums everywhere.
fn file(mut header: Value, rest: &[u8]) -> Option<tempfile::NamedTempFile> {
    header.as_object_mut()?.insert("rules".to_owned(), rules());
    let about = header.get_mut("about")?.as_object_mut()?;
    let held = (PAGE + rest.len()) as u64;
    let said = about.get("byte_count").and_then(Value::as_u64).unwrap_or(0);
    let length = said.clamp(held, LONGEST);
    about.insert("byte_count".to_owned(), json!(length));
    let mut bytes = [&[0; PAGE], rest].concat();
    if let Some(places) = header.get_mut("places").and_then(Value::as_object_mut) {
        for place in places.values_mut() {
            // One that names places that are not there stays as it is.
            let _ = mend(place, &mut bytes);
        }
    }
    let json = serde_json::to_vec(&header).ok()?;
    let space = bytes.get_mut(BEFORE_JSON..PAGE)?;
    space.get_mut(..json.len())?.copy_from_slice(&json);
    bytes[..16].copy_from_slice(b"mb-enrich index\n");
    bytes[16..20].copy_from_slice(&1_u32.to_le_bytes());
    bytes[20..24].copy_from_slice(&u32::try_from(json.len()).ok()?.to_le_bytes());
    let checksum = xxh3_64(&bytes[..PAGE]);
    bytes[24..32].copy_from_slice(&checksum.to_le_bytes());
    let mut file = tempfile::NamedTempFile::new().expect("a file can be made");
    file.write_all(&bytes).expect("there is room");
    let sized: &File = file.as_file();
    sized.set_len(length).expect("what is empty takes no room");
    Some(file)
}

/// Makes the checksums of a section right, and lets its blocks end where its directory begins.
fn mend(place: &mut Value, bytes: &mut [u8]) -> Option<()> {
    let at = |name: &str| usize::try_from(place.get(name)?.as_u64()?).ok();
    let (directory_at, count) = (at("directory_at")?, at("block_count")?);
    let end = directory_at.checked_add(count.checked_mul(ENTRY)?)?;
    let lengths = bytes.get(directory_at..end)?.chunks_exact(ENTRY).map(|entry| {
        let length = entry[8..12].try_into().unwrap_or_default();
        u32::from_le_bytes(length) as usize
    });
    let lengths: Vec<usize> = lengths.collect();
    let mut block_at = directory_at.checked_sub(lengths.iter().sum())?;
    place["blocks_at"] = json!(block_at);
    for (number, length) in lengths.into_iter().enumerate() {
        let block = bytes.get(block_at..).unwrap_or_default();
        let mut block = block[..block.len().min(length)].to_vec();
        if length <= LONGEST_BLOCK {
            block.resize(length, 0);
        }
        let entry = directory_at + number * ENTRY;
        bytes[entry + 12..entry + ENTRY].copy_from_slice(&xxh3_64(&block).to_le_bytes());
        block_at += length;
    }
    place["directory_checksum"] = json!(xxh3_64(&bytes[directory_at..end]));
    Some(())
}

/// Asks everything of a source that has these groups, or says so.
pub(crate) fn check(source: &OfflineSource) {
    let ids: Vec<Mbid> = [1, 2, 3, 1001, 9002, 77].map(mbid).into();
    told(&block_on(source.by_ids(&ids)), ids.len());
    let names: Vec<Names> = [
        ("Low", "Trust"),
        ("Low & Dirty Three", "In the Fishtank 7 [Deluxe Edition]"),
        ("Various Artists", "Trust in Blues, Vol. 2"),
    ]
    .map(|(artist, title)| {
        let artist = ArtistName::new(artist);
        Names { title: Title::new(title, &artist), artist, is_last: true }
    })
    .into();
    told(&block_on(source.by_names(&names)), names.len());
    let works: Vec<Works> = names
        .iter()
        .map(|Names { artist, title, .. }| Works {
            artist: artist.clone(),
            titles: vec![title.clone()],
        })
        .collect();
    told(&block_on(source.of_artists(&works)), works.len());
    let tracks = vec![Title::new("Canada", &ArtistName::new(""))];
    let asked = Tracks { groups: ids.clone(), tracks };
    let answers = block_on(source.with_tracks(&[asked]));
    told(&answers, 1);
    assert!(answers.answers.iter().flatten().flatten().all(|group| ids.contains(group)));
}

fn told<T: std::fmt::Debug>(answers: &Answers<T>, count: usize) {
    assert_eq!(answers.answers.len(), count);
    let is_whole = answers.answers.iter().all(Option::is_some);
    assert_eq!(is_whole, answers.trouble.is_none());
    // The file will not get better.
    assert!(answers.trouble.as_ref().is_none_or(|trouble| !trouble.is_retryable), "{answers:?}");
}

/// Whether a source that was built just now has this group.
pub(crate) fn has(source: &OfflineSource, id: &Mbid) -> bool {
    let answers = block_on(source.by_ids(std::slice::from_ref(id)));
    assert!(answers.trouble.is_none(), "{:?}", answers.trouble);
    answers.answers.into_iter().flatten().flatten().next().is_some()
}

/// Opens what was built just now.
pub(crate) fn open(path: &Path) -> OfflineSource {
    OfflineSource::open(path).expect("what was built is opened")
}
