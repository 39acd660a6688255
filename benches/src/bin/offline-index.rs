//! What an index of all of MusicBrainz costs: its size by parts, the time and memory that building
//! takes, and the time and memory of asking, measured on a dump that is made up and extrapolated.
//!
//! `cargo run --release -p benches --bin offline-index -- [GROUPS] [ALBUMS]`

#![allow(clippy::print_stdout, clippy::cast_precision_loss, reason = "it prints")]
#![allow(clippy::cast_possible_truncation, reason = "what is thrown fits")]

use std::error::Error;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{BufReader, BufWriter};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Instant;

use lastfm_core::testing::{Dice, VirtualClock};
use lastfm_core::{Mbid, Timestamp};
use mb_enrich::offline::{About, IndexBuilder};
use mb_enrich::{Album, Enricher, OfflineSource, Status};

type Trouble = Box<dyn Error + Send + Sync>;

/// What MusicBrainz has, by facts and estimates of 2026.
const ALL_GROUPS: f64 = 4e6;

/// Albums that are asked for at once.
const AT_ONCE: usize = 500;

fn main() -> Result<(), Trouble> {
    let said: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize, usual: u32| said.get(at).map_or(Ok(usual), |said| said.parse());
    match said.first().map(String::as_str) {
        Some("build") => return build(Path::new(&said[1]), Path::new(&said[2])),
        Some("ask") => return ask(Path::new(&said[1]), number(2, 0)?, number(3, 0)?),
        _ => {}
    }
    let (groups, albums) = (number(0, 1_000_000)?, number(1, 10_000)?);
    let folder = tempfile::tempdir_in("target")?;
    let (dump, index) = (folder.path().join("mbdump.tar"), folder.path().join("musicbrainz.index"));
    let began = Instant::now();
    let rows = World::new(groups).write(&dump)?;
    println!(
        "a dump of {groups} groups, {} releases, {} artists, {} tracks ({} MB, not packed): {:.0} s",
        rows.releases,
        rows.artists,
        rows.tracks,
        fs::metadata(&dump)?.len() / 1_000_000,
        began.elapsed().as_secs_f64()
    );
    child(&["build", &dump.to_string_lossy(), &index.to_string_lossy()])?;
    sizes(OfflineSource::open(&index)?.about(), groups);
    for _ in 0..3 {
        child(&["ask", &index.to_string_lossy(), &groups.to_string(), &albums.to_string()])?;
    }
    Ok(())
}

/// Runs this program in a part of its own, so that memory is that of the part.
fn child(arguments: &[&str]) -> Result<(), Trouble> {
    let status =
        Command::new(std::env::current_exe()?).args(arguments).stdin(Stdio::null()).status()?;
    if status.success() { Ok(()) } else { Err(format!("{} failed", arguments[0]).into()) }
}

fn build(dump: &Path, index: &Path) -> Result<(), Trouble> {
    let began = Instant::now();
    IndexBuilder::new(index).build(BufReader::new(File::open(dump)?))?;
    println!(
        "built in {:.1} s, {:.1} s of them at work; peak of memory {} MiB",
        began.elapsed().as_secs_f64(),
        worked_seconds()?,
        peak_mib()?
    );
    Ok(())
}

fn sizes(about: &About, groups: u32) {
    let each = |bytes: u64| bytes as f64 / f64::from(groups);
    println!("{:12}{:>14}{:>24}", "part", "bytes a group", "MB for 4 million groups");
    let all = [("all".to_owned(), about.byte_count)];
    for (name, bytes) in about.parts.iter().chain(&all) {
        println!("{name:12}{:>14.1}{:>24.0}", each(*bytes), each(*bytes) * ALL_GROUPS / 1e6);
    }
}

/// Asks for albums that are there in one spelling or another, and for some that are not.
fn ask(index: &Path, groups: u32, albums: u32) -> Result<(), Trouble> {
    let world = World::new(groups);
    let mut dice = Dice::new(7);
    let albums: Vec<Album> = (0..albums).map(|_| world.album(&mut dice)).collect();
    let (before, idle) = (peak_mib()?, worked_seconds()?);
    let began = Instant::now();
    let source = OfflineSource::open(index)?;
    let opened = began.elapsed();
    let enricher =
        Enricher::new(Arc::new(source), Arc::new(VirtualClock::new(Timestamp::from_unix(0))));
    let mut counts = std::collections::BTreeMap::<&str, usize>::new();
    for some in albums.chunks(AT_ONCE) {
        for outcome in futures_executor::block_on(enricher.enrich(some)) {
            if outcome.status == Status::Pending {
                return Err(outcome.trouble.unwrap_or_default().into());
            }
            *counts.entry(outcome.status.as_str()).or_default() += 1;
        }
    }
    let took = began.elapsed().as_secs_f64();
    println!(
        "{} albums, {AT_ONCE} at a time: {took:.2} s, {:.2} s of them at work (opened in {opened:?}); \
         peak of memory {} MiB ({before} before); {counts:?}",
        albums.len(),
        worked_seconds()? - idle,
        peak_mib()?
    );
    Ok(())
}

/// What this process has worked so far, as its only thread has.
fn worked_seconds() -> Result<f64, Trouble> {
    let text = fs::read_to_string("/proc/self/schedstat")?;
    let nanoseconds: f64 = text.split(' ').next().ok_or("no time is told")?.parse()?;
    Ok(nanoseconds / 1e9)
}

/// The most memory that this process ever had.
fn peak_mib() -> Result<u64, Trouble> {
    let status = fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.strip_suffix("kB"));
    Ok(peak.ok_or("the system does not tell the peak of memory")?.trim().parse::<u64>()? / 1024)
}

/// A catalogue that follows from its size alone: who asks knows what is in it.
struct World {
    groups: u32,
    artists: u32,
}

/// How many rows were written.
#[derive(Default)]
struct Rows {
    releases: u32,
    artists: u32,
    tracks: u32,
}

/// Syllables of which names are made.
const SYLLABLES: [&str; 48] = [
    "an", "bel", "cor", "da", "el", "fen", "gra", "hol", "in", "ja", "kel", "lu", "mo", "nar",
    "os", "pri", "qua", "ri", "sol", "ta", "ul", "vi", "wen", "xa", "yo", "ze", "ch", "st", "th",
    "ber", "light", "man", "son", "er", "ing", "black", "fire", "heart", "love", "night", "rain",
    "river", "song", "blue", "dead", "é", "ö", "ka",
];

fn word(dice: &mut Dice) -> String {
    let mut word = String::new();
    for _ in 0..=dice.below(3) {
        word.push_str(SYLLABLES[dice.below(SYLLABLES.len() as u64) as usize]);
    }
    let mut letters = word.chars();
    let first: Vec<char> = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    first.into_iter().chain(letters).collect()
}

/// A word that no other number has.
fn own_word(mut number: u32) -> String {
    let mut word = String::from("O");
    while number > 0 {
        word.push_str(SYLLABLES[number as usize % SYLLABLES.len()]);
        number /= SYLLABLES.len() as u32;
    }
    word
}

/// So many words.
fn words(dice: &mut Dice, least: u64, more: u64) -> String {
    let count = least + dice.below(more);
    (0..count).map(|_| word(dice)).collect::<Vec<_>>().join(" ")
}

impl World {
    fn new(groups: u32) -> Self {
        // As many artists with groups, to each group, as MusicBrainz is thought to have.
        Self { groups, artists: (groups / 10 * 4).max(1) }
    }

    fn artist(number: u32) -> String {
        let mut dice = Dice::new(u64::from(number) << 1);
        let name = words(&mut dice, 1, 3);
        // As in life, few share a name with others.
        if dice.below(50) == 0 { name } else { format!("{name} {}", own_word(number)) }
    }

    /// Whose a group is: a few have very many, most have one or two. Artist 1 stands for many.
    fn artist_of(&self, group: u32) -> u32 {
        let mut dice = Dice::new(u64::from(group) << 20 | 3);
        match dice.below(100) {
            0..8 => 1,
            8..40 => 2 + dice.below(u64::from(self.artists / 100 + 1)) as u32,
            _ => 1 + dice.below(u64::from(self.artists)) as u32,
        }
    }

    fn title(group: u32) -> String {
        let mut dice = Dice::new(u64::from(group) << 1 | 1);
        match dice.below(200) {
            0 => "Greatest Hits".to_owned(),
            1 => "Live".to_owned(),
            _ => words(&mut dice, 1, 4),
        }
    }

    fn gid(kind: u32, number: u32) -> String {
        let mut dice = Dice::new(u64::from(kind) << 40 | u64::from(number));
        let (high, low) = (dice.below(u64::MAX), dice.below(u64::MAX));
        let digits = format!("{high:016x}{low:016x}");
        let (a, b, c, d) = (&digits[..8], &digits[8..12], &digits[13..16], &digits[17..20]);
        format!("{a}-{b}-4{c}-8{d}-{}", &digits[20..])
    }

    /// An album as a history has it: six of ten with an identifier of a release.
    fn album(&self, dice: &mut Dice) -> Album {
        let group = 1 + dice.below(u64::from(self.groups)) as u32;
        let artist = match self.artist_of(group) {
            1 => "Various Artists".to_owned(),
            artist => Self::artist(artist),
        };
        let mut title = Self::title(group);
        match dice.below(20) {
            0..4 => title.push_str(" (Deluxe Edition)"),
            4..6 => title.push_str(" [2011 Remaster]"),
            6 => title.push('x'),
            7..9 => title = words(dice, 2, 3),
            _ => title.make_ascii_uppercase(),
        }
        let album = Album::new(artist, title).track(format!("Track {}", word(dice)));
        match dice.below(10) {
            0..6 => album.mbid(Mbid::new(&Self::gid(2, group)).expect("not blank")),
            _ => album,
        }
    }

    /// Writes its dump. It is not packed: packing would take most of the time.
    fn write(&self, path: &Path) -> Result<Rows, Trouble> {
        let (mut rows, mut table) = (Rows::default(), Tables::default());
        for artist in 1..=self.artists {
            self.write_artist(artist, &mut table)?;
            rows.artists += 1;
        }
        for group in 1..=self.groups {
            self.write_group(group, &mut table, &mut rows)?;
        }
        table.finish(path)?;
        Ok(rows)
    }

    fn write_artist(&self, artist: u32, table: &mut Tables) -> Result<(), Trouble> {
        let various = "89ad4ac3-39f7-470e-963a-56509c546377".to_owned();
        let (gid, name) = match artist {
            1 => (various, "Various Artists".to_owned()),
            _ => (Self::gid(1, artist), Self::artist(artist)),
        };
        let sort = match name.split_once(' ') {
            Some((first, rest)) if artist.is_multiple_of(2) => format!("{rest}, {first}"),
            _ => name.clone(),
        };
        writeln!(table.artist, "{artist}\t{gid}\t{name}\t{sort}\t\\N")?;
        let mut dice = Dice::new(u64::from(artist) << 1 | 1);
        for alias in 0..dice.below(4).saturating_sub(2) {
            let id = artist * 4 + alias as u32;
            writeln!(table.artist_alias, "{id}\t{artist}\t{}\t\\N", words(&mut dice, 1, 3))?;
        }
        writeln!(table.credit, "{artist}\t0\t{artist}\t{name}\t")?;
        // One of ten also with somebody else.
        if artist.is_multiple_of(10) {
            let (credit, other) = (self.artists + artist, 1 + artist / 2);
            let second = Self::artist(other);
            writeln!(table.credit, "{credit}\t0\t{artist}\t{name}\t & ")?;
            writeln!(table.credit, "{credit}\t1\t{other}\t{second}\t")?;
        }
        Ok(())
    }

    fn write_group(&self, group: u32, table: &mut Tables, rows: &mut Rows) -> Result<(), Trouble> {
        let (artist, title) = (self.artist_of(group), Self::title(group));
        let shared = artist.is_multiple_of(10) && group.is_multiple_of(5);
        let credit = if shared { self.artists + artist } else { artist };
        let gid = Self::gid(3, group);
        let mut dice = Dice::new(u64::from(group) << 2 | 2);
        let kind = [1, 1, 1, 2, 3][dice.below(5) as usize];
        writeln!(table.group, "{group}\t{gid}\t{title}\t{credit}\t{kind}\t\t0\t\\N")?;
        if dice.below(4) == 0 {
            writeln!(table.secondary, "{group}\t{}\t\\N", 1 + dice.below(10))?;
        }
        let count = 1 + [0, 0, 0, 0, 0, 0, 0, 1, 1, 2][dice.below(10) as usize];
        for number in 0..count {
            rows.releases += 1;
            let release = rows.releases;
            let gid = if number == 0 { Self::gid(2, group) } else { Self::gid(4, release) };
            let edition = if number > 0 && dice.below(2) == 0 { " (Deluxe Edition)" } else { "" };
            let (year, month) = (1960 + dice.below(65), 1 + dice.below(12));
            writeln!(
                table.release,
                "{release}\t{gid}\t{title}{edition}\t{credit}\t{group}\t1\t\\N"
            )?;
            if dice.below(10) > 0 {
                writeln!(table.country, "{release}\t222\t{year}\t{month}\t{}", 1 + dice.below(28))?;
            }
            if dice.below(10) == 0 {
                writeln!(table.redirect, "{}\t{release}\t\\N", Self::gid(5, release))?;
            }
            writeln!(table.medium, "{release}\t{release}\t1\t1\t\\N")?;
            // The tracks of all releases of a group are the same ones.
            let mut dice = Dice::new(u64::from(group) << 3 | 5);
            for position in 0..if kind == 2 { 2 } else { 9 + dice.below(4) } {
                rows.tracks += 1;
                let (track, gid) = (rows.tracks, Self::gid(6, rows.tracks));
                let name = words(&mut dice, 1, 5);
                writeln!(
                    table.track,
                    "{track}\t{gid}\t{track}\t{release}\t{position}\t{position}\t{name}\t{credit}"
                )?;
            }
        }
        Ok(())
    }
}

/// Tables in memory, which become an archive.
#[derive(Default)]
struct Tables {
    artist: String,
    artist_alias: String,
    credit: String,
    group: String,
    secondary: String,
    release: String,
    country: String,
    redirect: String,
    medium: String,
    track: String,
}

impl Tables {
    /// Writes the archive, with the tables in the order of the real one.
    fn finish(self, path: &Path) -> Result<(), Trouble> {
        let mut archive = tar::Builder::new(BufWriter::new(File::create(path)?));
        for (name, rows) in [
            ("artist", self.artist),
            ("artist_alias", self.artist_alias),
            ("artist_credit_name", self.credit),
            ("medium", self.medium),
            ("release", self.release),
            ("release_country", self.country),
            ("release_gid_redirect", self.redirect),
            ("release_group", self.group),
            ("release_group_alias", String::new()),
            ("release_group_gid_redirect", String::new()),
            ("release_group_secondary_type_join", self.secondary),
            ("release_unknown_country", String::new()),
            ("track", self.track),
        ] {
            let mut header = tar::Header::new_gnu();
            header.set_size(rows.len() as u64);
            archive.append_data(&mut header, format!("mbdump/{name}"), rows.as_bytes())?;
        }
        archive.into_inner()?.into_inner()?.sync_all()?;
        Ok(())
    }
}
