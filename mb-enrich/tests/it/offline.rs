//! An index that is built from a dump, and what it answers.

use std::ops::ControlFlow;
use std::path::PathBuf;

use futures_executor::block_on;
use lastfm_core::Mbid;
use mb_enrich::names::{ArtistName, Kind, Title};
use mb_enrich::offline::{BuildError, BuildStep, IndexBuilder, OfflineError};
use mb_enrich::testing::{FakeDump, FakeGroup};
use mb_enrich::{
    CreditedArtist, Names, OfflineSource, PrimaryType, ReleaseGroup, Source, Tracks, Works,
};
use tempfile::TempDir;

use crate::support::{group, mbid};

/// An index in a folder of its own.
pub(crate) struct Built {
    pub(crate) source: OfflineSource,
    pub(crate) path: PathBuf,
    _folder: TempDir,
}

/// Builds an index.
pub(crate) fn build(dump: &FakeDump) -> Result<Built, BuildError> {
    build_from(&dump.packed().unwrap())
}

pub(crate) fn build_from(dump: &[u8]) -> Result<Built, BuildError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.index");
    IndexBuilder::new(&path).build(dump)?;
    let source = OfflineSource::open(&path).unwrap();
    Ok(Built { source, path, _folder: folder })
}

fn id(source: &OfflineSource, number: u32) -> Option<ReleaseGroup> {
    block_on(source.by_ids(&[mbid(number)])).answers.remove(0).unwrap()
}

fn named(source: &OfflineSource, artist: &str, title: &str) -> Vec<ReleaseGroup> {
    let artist = ArtistName::new(artist);
    let title = Title::new(title, &artist);
    let names = Names { artist, title, is_last: true };
    block_on(source.by_names(&[names])).answers.remove(0).unwrap()
}

fn works(source: &OfflineSource, artist: &str) -> Vec<String> {
    let works = Works { artist: ArtistName::new(artist), titles: Vec::new() };
    let groups = block_on(source.of_artists(&[works])).answers.remove(0).unwrap();
    groups.into_iter().map(|group| group.title).collect()
}

/// A group with a release of number 1000 more.
fn fake(group: ReleaseGroup, number: u32) -> FakeGroup {
    let mut fake = FakeGroup::new(group);
    fake.releases = vec![mbid(number + 1000)];
    fake
}

fn full() -> (ReleaseGroup, FakeGroup) {
    let artists = [
        CreditedArtist::new("Low").other_name("ロウ").join(" & "),
        CreditedArtist::new("Dirty\tThree\\").id(mbid(700)),
    ];
    let full = group(1, "", "In the \"Fishtank\"\n7", "2001-11-19")
        .artists(artists)
        .other_title("In the \"Fishtank\"\n7 (Live)")
        .other_title("Fishtank")
        .primary_type(PrimaryType::Ep)
        .secondary_kinds(
            [Kind::Live, Kind::Remix].into_iter().collect::<mb_enrich::names::Kinds>(),
        );
    let mut fake = fake(full.clone(), 1);
    fake.releases.push(mbid(2001));
    fake.merged_releases = vec![mbid(9001)];
    fake.merged_groups = vec![mbid(9501)];
    fake.tracks = ["I Hear... Goodnight", "Down by the River"].map(str::to_owned).into();
    // Identifiers of artists are not kept.
    let mut told = full;
    told.artists[1].id = None;
    (told, fake)
}

#[test]
fn a_group_comes_back_as_it_went_in() {
    let (told, fake) = full();
    let built = build(&FakeDump::new([fake])).unwrap();
    for number in [1, 1001, 2001, 9001, 9501] {
        assert_eq!(id(&built.source, number).as_ref(), Some(&told), "{number}");
    }
    assert_eq!(id(&built.source, 2), None);
    for artist in ["low", "ロウ", "DIRTY THREE", "Low and Dirty Three"] {
        for title in ["in the fishtank 7", "Fishtank [Deluxe Edition]"] {
            let found = named(&built.source, artist, title);
            assert_eq!(found.as_slice(), std::slice::from_ref(&told), "{artist} {title}");
        }
        assert_eq!(works(&built.source, artist), ["In the \"Fishtank\"\n7"]);
    }
    assert_eq!(named(&built.source, "Low", "Trust"), []);
    assert_eq!(named(&built.source, "Nobody", "Fishtank"), []);
    assert_eq!(works(&built.source, "Three"), [] as [&str; 0]);
}

#[test]
fn an_index_says_what_it_is_made_of() {
    let built = build(&FakeDump::new([full().1])).unwrap();
    let about = built.source.about();
    assert_eq!(about.dump_made_at.as_deref(), Some("2026-04-11 00:20:05.394812+00"));
    assert_eq!((about.schema_sequence, about.replication_sequence), (Some(31), Some(198_765)));
    assert_eq!((about.group_count, about.release_count, about.merged_count), (1, 2, 2));
    assert_eq!((about.artist_count, about.track_count), (2, 2));
    assert_eq!(about.byte_count, std::fs::metadata(&built.path).unwrap().len());
    // All but the page of the header.
    let parts: u64 = about.parts.iter().map(|(_, bytes)| bytes).sum();
    assert_eq!(about.byte_count, parts + 4096);
}

#[test]
fn the_year_is_that_of_the_first_release_that_came() {
    // For each group its releases: status, and dates in countries, or one of no country.
    type Dates = &'static [(&'static str, Option<&'static str>, [&'static str; 3])];
    let cases: [(&str, Dates); 12] = [
        (
            "1969-09-26",
            &[("1", Some("221"), ["1969", "", ""]), ("1", Some("1"), ["1969", "9", "26"])],
        ),
        ("1969-09-26", &[("1", Some("1"), ["1969", "9", "26"]), ("1", None, ["1969", "9", ""])]),
        ("1968", &[("1", None, ["1968", "", ""]), ("1", Some("1"), ["1969", "9", "26"])]),
        // Bootlegs and promotions count, what was cancelled does not.
        ("1966", &[("3", Some("1"), ["1966", "", ""]), ("2", Some("1"), ["1967", "", ""])]),
        ("1971", &[("6", Some("1"), ["1965", "1", "1"]), ("1", Some("1"), ["1971", "", ""])]),
        ("", &[("6", Some("1"), ["1965", "1", "1"])]),
        ("1972", &[("\\N", None, ["1972", "", ""])]),
        // Without a year, a date says nothing; nor does a day without its month.
        ("", &[("1", Some("1"), ["", "9", "26"])]),
        ("1973", &[("1", Some("1"), ["", "1", "1"]), ("1", Some("1"), ["1973", "", "7"])]),
        // As far as a calendar has it.
        ("1974-02", &[("1", Some("1"), ["1974", "2", "30"])]),
        ("1975", &[("1", Some("1"), ["1975", "13", "1"])]),
        ("", &[]),
    ];
    let groups = (1..).zip(&cases).map(|(number, _)| FakeGroup::new(group(number, "A", "B", "")));
    let mut dump = FakeDump::new(groups);
    let mut release = 0;
    for (number, (_, releases)) in (1_u32..).zip(cases) {
        for (status, country, date) in releases {
            release += 1;
            let (id, gid, of) = (release.to_string(), mbid(5000 + release), number.to_string());
            let status = Some(*status).filter(|status| *status != "\\N");
            let (gid, of) = (Some(gid.as_str()), Some(of.as_str()));
            dump.row("release", &[Some(&id), gid, Some("B"), of, of, status]);
            let [year, month, day] = date.map(|part| Some(part).filter(|part| !part.is_empty()));
            match country {
                Some(_) => dump.row("release_country", &[Some(&id), *country, year, month, day]),
                None => dump.row("release_unknown_country", &[Some(&id), year, month, day]),
            }
        }
    }
    // One release has several dates.
    let several = [Some("1"), Some("107"), Some("1969"), Some("9"), None];
    dump.row("release_country", &several);
    let built = build(&dump).unwrap();
    for (number, (date, releases)) in (1..).zip(cases) {
        let found = id(&built.source, number).unwrap().first_release;
        let found = found.map(|date| date.to_string()).unwrap_or_default();
        assert_eq!(found, date, "{releases:?}");
    }
}

#[test]
fn the_order_of_the_tables_does_not_matter() {
    let groups = (1..=30).map(|number| {
        let mut fake = fake(group(number, "A", &format!("Title {number}"), "1999"), number);
        fake.tracks = vec![format!("Track {number}")];
        fake
    });
    let mut dump = FakeDump::new(groups.chain([full().1]));
    let bytes = |dump: &FakeDump| std::fs::read(build(dump).unwrap().path).unwrap();
    let expected = bytes(&dump);
    let count = dump.tables().len();
    for turn in 0..count {
        dump.tables().rotate_left(1);
        assert_eq!(bytes(&dump), expected, "turned {turn}");
    }
    dump.tables().reverse();
    assert_eq!(bytes(&dump), expected);
}

#[test]
fn an_archive_that_was_unpacked_already_is_read_as_well() {
    let dump = FakeDump::new([full().1]);
    assert_eq!(id(&build_from(&dump.tar().unwrap()).unwrap().source, 1), Some(full().0));
}

#[test]
fn tracks_are_found_by_their_keys() {
    let (_, fake) = full();
    let built =
        build(&FakeDump::new([fake, FakeGroup::new(group(2, "Low", "Trust", ""))])).unwrap();
    let nobody = ArtistName::new("");
    let with = |track: &str| {
        let tracks = vec![Title::new(track, &nobody)];
        let wanted = Tracks { groups: vec![mbid(1), mbid(2), mbid(3)], tracks };
        block_on(built.source.with_tracks(&[wanted])).answers.remove(0).unwrap()
    };
    assert_eq!(with("I Hear Goodnight"), [mbid(1)]);
    assert_eq!(with("Down By The River (Remastered)"), [mbid(1)]);
    assert_eq!(with("Cody"), [] as [Mbid; 0]);
}

#[test]
fn a_name_in_other_words_finds_titles_that_hold_the_artist() {
    let built = build(&FakeDump::new([fake(group(1, "AC/DC", "ACDC Live", "1992"), 1)])).unwrap();
    // By these words of the name the title is "live", by the catalogue's it is not.
    assert_eq!(named(&built.source, "ACDC", "Live").len(), 1);
    assert_eq!(named(&built.source, "AC/DC", "Live").len(), 0);
}

#[test]
fn an_artist_of_very_many_groups_is_told_of_by_title() {
    let groups = (1..=2100).map(|number| {
        let title = if number > 2090 { format!("Rare {number}") } else { format!("X{number}") };
        FakeGroup::new(group(number, "Bach", &title, ""))
    });
    let built = build(&FakeDump::new(groups)).unwrap();
    let artist = ArtistName::new("Bach");
    let titles = vec![Title::new("Rare 7", &artist)];
    let works = Works { artist, titles };
    let found = block_on(built.source.of_artists(&[works])).answers.remove(0).unwrap();
    assert_eq!(found.len(), 2000);
    assert_eq!(found.iter().filter(|group| group.title.starts_with("Rare")).count(), 10);
}

#[test]
fn what_is_malformed_is_refused_with_table_and_line() {
    for (table, row, what) in [
        ("release", "x\ty", "line 2 of table release: a column is not the number it should be"),
        ("release", "7", "line 2 of table release: it has too few columns"),
        (
            "track",
            "1\t\t\t67108864x\t\t\ta",
            "line 1 of table track: a column is not the number it should be",
        ),
        (
            "medium",
            "67108864\t1",
            "line 1 of table medium: its number is higher than any table has",
        ),
        ("release_group", "7\tx\ta\t1\t1", "line 2 of table release_group: an identifier is none"),
        ("artist_alias", "1\t1", "line 1 of table artist_alias: it has too few columns"),
    ] {
        let mut dump = FakeDump::new([FakeGroup::new(group(1, "A", "B", "1999"))]);
        let place = dump.tables().iter().position(|(name, _)| *name == table).unwrap();
        dump.tables()[place].1 += row;
        dump.tables()[place].1 += "\n";
        let error = build(&dump).err().unwrap();
        assert!(matches!(error, BuildError::Row { .. }), "{error:?}");
        assert_eq!(error.to_string(), what);
    }
}

#[test]
fn a_table_that_is_missing_is_named() {
    let mut dump = FakeDump::new([full().1]);
    dump.tables().retain(|(name, _)| *name != "release_country");
    let error = build(&dump).err().unwrap();
    assert!(matches!(error, BuildError::NoTable("release_country")), "{error}");
}

#[test]
fn a_dump_that_is_cut_off_makes_no_index() {
    let dump = FakeDump::new([full().1]);
    let (packed, plain) = (dump.packed().unwrap(), dump.tar().unwrap());
    let last = packed.len() - 30..packed.len();
    let cuts = (0..packed.len()).step_by(13).chain(last).map(|at| &packed[..at]);
    // A tar ends in two empty blocks; without them it is whole all the same.
    let plain_cuts = (0..plain.len() - 1024).step_by(97).map(|at| &plain[..at]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("old.index");
    std::fs::write(&path, "old").unwrap();
    for cut in cuts.chain(plain_cuts) {
        let error = IndexBuilder::new(&path).build(cut).unwrap_err();
        let told =
            matches!(error, BuildError::Dump(_) | BuildError::Row { .. } | BuildError::NoTable(_));
        assert!(told, "{error:?} at {}", cut.len());
    }
    // What was there is as it was, and nothing lies beside it.
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "old");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn building_tells_of_its_steps_and_can_be_stopped_at_each() {
    let dump = FakeDump::new([full().1]).packed().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new.index");
    let mut steps = Vec::new();
    let all = IndexBuilder::new(&path).on_step(|step| {
        steps.push(step);
        ControlFlow::Continue(())
    });
    all.build(dump.as_slice()).unwrap();
    std::fs::remove_file(&path).unwrap();
    assert!(
        steps.iter().any(|step| matches!(step, BuildStep::Reading { table: Some("release"), .. }))
    );
    assert!(steps.iter().any(|step| matches!(step, BuildStep::Writing { .. })));
    for stop in 0..steps.len() {
        let mut left = stop;
        let builder = IndexBuilder::new(&path).on_step(|_| {
            if left == 0 {
                return ControlFlow::Break(());
            }
            left -= 1;
            ControlFlow::Continue(())
        });
        let error = builder.build(dump.as_slice()).unwrap_err();
        assert!(matches!(error, BuildError::Stopped), "{error}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "after {stop} steps");
    }
}

#[test]
fn real_rows_are_read() {
    let Ok(folder) = std::env::var("LASTFM_RECORDED") else {
        eprintln!("SKIPPED: LASTFM_RECORDED does not name the folder of recorded rows");
        return;
    };
    let folder = PathBuf::from(folder).join("musicbrainz/mbdump");
    let mut dump = FakeDump::new([]);
    let mut read = 0;
    for (table, rows) in dump.tables() {
        // Tables of which no row was recorded stay empty.
        if let Ok(recorded) = std::fs::read_to_string(folder.join(table)) {
            *rows = recorded;
            read += 1;
        }
    }
    assert!(read >= 8, "only {read} tables were recorded");
    let built = build(&dump).unwrap();
    assert_eq!(built.source.about().group_count, 5);
    let id = Mbid::new("aaaa1111-1111-1111-1111-111111111111").unwrap();
    let found = block_on(built.source.by_ids(&[id])).answers.remove(0).unwrap().unwrap();
    assert_eq!((found.title.as_str(), found.credit().as_str()), ("Confield", "Autechre"));
    assert_eq!(found.primary_type, Some(PrimaryType::Album));
    assert_eq!(named(&built.source, "Stéréolab", "Dots & Loops").len(), 1);
    assert_eq!(works(&built.source, "Pratt, Jessica"), ["On Your Own Love Again"]);
}

#[test]
fn keys_by_other_rules_are_refused() {
    let built = build(&FakeDump::new([full().1])).unwrap();
    let mut bytes = std::fs::read(&built.path).unwrap();
    let rules = bytes.windows(7).position(|some| some == b"\"fold\",").unwrap();
    bytes[rules + 8] = if bytes[rules + 8] == b'0' { b'1' } else { b'0' };
    // As another version would have written it: its header is whole.
    bytes[24..32].fill(0);
    let checksum = xxhash_rust::xxh3::xxh3_64(&bytes[..4096]);
    bytes[24..32].copy_from_slice(&checksum.to_le_bytes());
    std::fs::write(&built.path, &bytes).unwrap();
    let error = OfflineSource::open(&built.path).unwrap_err();
    assert!(matches!(error, OfflineError::OtherKeys { .. }), "{error:?}");
    assert!(error.to_string().ends_with("build it again"), "{error}");
    // Another format, by a version to come.
    bytes[16] = 2;
    bytes[24..32].fill(0);
    let checksum = xxhash_rust::xxh3::xxh3_64(&bytes[..4096]);
    bytes[24..32].copy_from_slice(&checksum.to_le_bytes());
    std::fs::write(&built.path, &bytes).unwrap();
    let error = OfflineSource::open(&built.path).unwrap_err();
    assert!(matches!(error, OfflineError::OtherFormat { found: 2, .. }), "{error:?}");
}
