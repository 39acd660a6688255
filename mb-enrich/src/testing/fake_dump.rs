//! A dump of MusicBrainz' database with a few groups in it, as the real one is written.

use std::collections::HashMap;
use std::io::{self, Write};

use lastfm_core::Mbid;

use super::FakeGroup;
use crate::names::Kind;
use crate::{CreditedArtist, PartialDate, PrimaryType};

/// The tables of a dump that an index is made of, and some others, with rows in the text format of
/// PostgreSQL's COPY.
///
/// ```
/// use lastfm_core::Mbid;
/// use mb_enrich::offline::IndexBuilder;
/// use mb_enrich::testing::{FakeDump, FakeGroup};
/// use mb_enrich::{OfflineSource, ReleaseGroup};
///
/// let id = Mbid::new("268d91a0-1a7f-4600-bfd4-74d738eb7de4").unwrap();
/// let trust = FakeGroup::new(ReleaseGroup::new(id, "Low", "Trust"));
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("small.index");
/// IndexBuilder::new(&path).build(FakeDump::new([trust]).packed()?.as_slice())?;
/// assert_eq!(OfflineSource::open(&path)?.about().group_count, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct FakeDump {
    tables: Vec<(&'static str, String)>,
    artists: HashMap<Identity, u32>,
    /// The numbers that were given last: of artists' aliases, groups, releases.
    aliases: u32,
    groups: u32,
    releases: u32,
    others: u32,
    tracks: u32,
}

/// What makes an artist of a record one artist.
type Identity = (Option<Mbid>, String, Vec<String>);

/// In the order of the real dump.
const TABLES: [&str; 16] = [
    "area",
    "artist",
    "artist_alias",
    "artist_credit",
    "artist_credit_name",
    "medium",
    "recording",
    "release",
    "release_country",
    "release_gid_redirect",
    "release_group",
    "release_group_alias",
    "release_group_gid_redirect",
    "release_group_secondary_type_join",
    "release_unknown_country",
    "track",
];

impl FakeDump {
    /// A dump with these groups. Their numbers are those of their places here, from 1, and so are
    /// those of releases.
    ///
    /// A group's date is that of its first release; what it has of titles beyond its releases are
    /// aliases.
    pub fn new(groups: impl IntoIterator<Item = FakeGroup>) -> Self {
        let tables = TABLES.map(|table| (table, String::new())).to_vec();
        let (artists, aliases, releases) = (HashMap::new(), 0, 0);
        let mut dump = Self { tables, artists, aliases, groups: 0, releases, others: 0, tracks: 0 };
        for group in groups {
            dump.add(&group);
        }
        dump
    }

    /// Adds a group.
    pub fn add(&mut self, fake: &FakeGroup) {
        let group = &fake.group;
        self.groups += 1;
        let number = self.groups;
        let id = number.to_string();
        for (credited, position) in group.artists.iter().zip(0_u32..) {
            let artist = self.artist(credited).to_string();
            let cells = [&id, &position.to_string(), &artist, &credited.name, &credited.join];
            self.row("artist_credit_name", &cells.map(|cell| Some(cell.as_str())));
        }
        let primary = group.primary_type.map(|primary| match primary {
            PrimaryType::Album => "1",
            PrimaryType::Single => "2",
            PrimaryType::Ep => "3",
            PrimaryType::Other => "11",
            PrimaryType::Broadcast => "12",
        });
        let (gid, title) = (group.id.as_str(), group.title.as_str());
        let row = [Some(&*id), Some(gid), Some(title), Some(&id), primary, Some(""), Some("0")];
        self.row("release_group", &row);
        let kinds = [
            (Kind::Compilation, "1"),
            (Kind::Soundtrack, "2"),
            (Kind::Live, "6"),
            (Kind::Remix, "7"),
            (Kind::Demo, "10"),
        ];
        for (_, kind) in kinds.iter().filter(|(kind, _)| group.secondary_kinds.contains(*kind)) {
            self.row("release_group_secondary_type_join", &[Some(&id), Some(kind)]);
        }
        for merged in &fake.merged_groups {
            self.row("release_group_gid_redirect", &[Some(merged.as_str()), Some(&id)]);
        }
        let mut titles = group.titles();
        // A date or a track needs a release.
        let needs_one = group.first_release.is_some() || !fake.tracks.is_empty();
        let nameless = (needs_one && fake.releases.is_empty()).then(|| self.some_id());
        let mut first = None;
        for gid in fake.releases.iter().chain(&nameless) {
            let title = titles.next().unwrap_or(&group.title);
            first.get_or_insert(self.release(gid, title, number));
        }
        // The group's own title is none of its aliases.
        let skipped = usize::from(first.is_none());
        for title in titles.skip(skipped) {
            self.aliases += 1;
            let alias = self.aliases.to_string();
            self.row("release_group_alias", &[Some(&alias), Some(&id), Some(title)]);
        }
        let Some(first) = first.map(|first: u32| first.to_string()) else { return };
        for merged in &fake.merged_releases {
            self.row("release_gid_redirect", &[Some(merged.as_str()), Some(&first)]);
        }
        if let Some(date) = group.first_release {
            self.date(&first, date);
        }
        self.tracks_of(&first, &fake.tracks);
    }

    /// The number of an artist, who is added if new.
    fn artist(&mut self, credited: &CreditedArtist) -> u32 {
        let one = match &credited.id {
            Some(id) => (Some(id.clone()), String::new(), Vec::new()),
            None => (None, credited.name.clone(), credited.other_names.clone()),
        };
        if let Some(known) = self.artists.get(&one) {
            return *known;
        }
        let number = u32::try_from(self.artists.len()).unwrap_or(u32::MAX).saturating_add(1);
        self.artists.insert(one, number);
        let gid = credited.id.clone().unwrap_or_else(|| self.some_id());
        let (id, name) = (number.to_string(), credited.name.as_str());
        self.row("artist", &[Some(&id), Some(gid.as_str()), Some(name), Some(name)]);
        for other in &credited.other_names {
            self.aliases += 1;
            let alias = self.aliases.to_string();
            self.row("artist_alias", &[Some(&alias), Some(&id), Some(other)]);
        }
        number
    }

    fn release(&mut self, gid: &Mbid, title: &str, group: u32) -> u32 {
        self.releases += 1;
        let (id, group) = (self.releases.to_string(), group.to_string());
        let (gid, status) = (Some(gid.as_str()), Some("1"));
        self.row("release", &[Some(&id), gid, Some(title), Some(&group), Some(&group), status]);
        self.releases
    }

    fn date(&mut self, release: &str, date: PartialDate) {
        let year = date.year().to_string();
        let [month, day] = [date.month(), date.day()].map(|part| part.map(|part| part.to_string()));
        let (month, day) = (month.as_deref(), day.as_deref());
        self.row("release_country", &[Some(release), Some("221"), Some(&year), month, day]);
    }

    fn tracks_of(&mut self, release: &str, tracks: &[String]) {
        // One medium for each release, of its number.
        if !tracks.is_empty() {
            self.row("medium", &[Some(release), Some(release), Some("1"), Some("1"), None]);
        }
        for (title, position) in tracks.iter().zip(1_u32..) {
            self.tracks += 1;
            let (id, gid) = (self.tracks.to_string(), self.some_id());
            let position = position.to_string();
            let cells = [&id, gid.as_str(), &id, release, &position, &position, title];
            self.row("track", &cells.map(Some));
        }
    }

    /// An identifier that nothing else here has.
    fn some_id(&mut self) -> Mbid {
        self.others += 1;
        let text = format!("{:08x}-ffff-4fff-8fff-{:012x}", self.others, self.others);
        Mbid::new(&text).unwrap_or_else(|| unreachable!("it is not blank"))
    }

    /// Adds a row to a table: nothing is NULL. Columns that are left out at the end are not looked
    /// at by anybody.
    pub fn row(&mut self, table: &'static str, cells: &[Option<&str>]) {
        let known = self.tables.iter().position(|(name, _)| *name == table);
        let place = known.unwrap_or_else(|| {
            self.tables.push((table, String::new()));
            self.tables.len() - 1
        });
        let rows = &mut self.tables[place].1;
        for (cell, place) in cells.iter().zip(0..) {
            rows.push_str(if place > 0 { "\t" } else { "" });
            let Some(cell) = cell else {
                rows.push_str("\\N");
                continue;
            };
            for letter in cell.chars() {
                match letter {
                    '\\' => rows.push_str("\\\\"),
                    '\t' => rows.push_str("\\t"),
                    '\n' => rows.push_str("\\n"),
                    '\r' => rows.push_str("\\r"),
                    _ => rows.push(letter),
                }
            }
        }
        rows.push('\n');
    }

    /// The tables with their rows, to be put in another order, changed, or left out.
    pub fn tables(&mut self) -> &mut Vec<(&'static str, String)> {
        &mut self.tables
    }

    /// The archive, not packed.
    ///
    /// # Errors
    ///
    /// None that anybody has seen: it is written to memory.
    pub fn tar(&self) -> io::Result<Vec<u8>> {
        let mut archive = tar::Builder::new(Vec::new());
        self.append(&mut archive)?;
        archive.into_inner()
    }

    /// The archive as it is published: packed by bzip2.
    ///
    /// # Errors
    ///
    /// None that anybody has seen: it is written to memory.
    pub fn packed(&self) -> io::Result<Vec<u8>> {
        let packed = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
        let mut archive = tar::Builder::new(packed);
        self.append(&mut archive)?;
        archive.into_inner()?.finish()
    }

    fn append(&self, archive: &mut tar::Builder<impl Write>) -> io::Result<()> {
        let said = [
            ("TIMESTAMP", "2026-04-11 00:20:05.394812+00\n"),
            ("COPYING", "The data is in the public domain.\n"),
            ("REPLICATION_SEQUENCE", "198765\n"),
            ("SCHEMA_SEQUENCE", "31\n"),
        ];
        let said = said.map(|(name, text)| (name.to_owned(), text));
        let tables = self.tables.iter();
        let tables = tables.map(|(name, rows)| (format!("mbdump/{name}"), rows.as_str()));
        for (path, text) in said.into_iter().chain(tables) {
            let mut header = tar::Header::new_gnu();
            header.set_size(text.len() as u64);
            header.set_mode(0o644);
            archive.append_data(&mut header, path, text.as_bytes())?;
        }
        Ok(())
    }
}
