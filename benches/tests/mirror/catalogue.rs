//! One catalogue, in memory and in a database.

use std::fmt::Write as _;
use std::sync::Arc;

use benches::{MIRROR_INDEXES, MIRROR_TABLES};
use lastfm_core::testing::VirtualClock;
use lastfm_core::{Mbid, Timestamp};
use lastfm_postgres::testing::{Database, PrivateServer};
use mb_enrich::names::{Kind, Kinds};
use mb_enrich::{
    Album, CreditedArtist, Enricher, MemorySource, MirrorOptions, MirrorSource, Outcome,
    PartialDate, PrimaryType, ReleaseGroup, Source,
};

/// An artist of a catalogue.
#[derive(Debug, Clone, Default)]
pub(crate) struct Artist {
    pub(crate) name: String,
    pub(crate) sort_name: String,
    pub(crate) aliases: Vec<String>,
}

/// A group of a catalogue.
#[derive(Debug, Clone, Default)]
pub(crate) struct Group {
    pub(crate) title: String,
    /// Which artists, under which names, and what stands behind them.
    pub(crate) artists: Vec<(usize, String, String)>,
    pub(crate) primary_type: Option<PrimaryType>,
    pub(crate) kinds: Vec<Kind>,
    pub(crate) date: Option<PartialDate>,
    pub(crate) releases: Vec<String>,
    pub(crate) aliases: Vec<String>,
    /// On the first release.
    pub(crate) tracks: Vec<String>,
}

/// Artists and groups.
#[derive(Debug, Clone, Default)]
pub(crate) struct Catalogue {
    pub(crate) artists: Vec<Artist>,
    pub(crate) groups: Vec<Group>,
}

/// What an identifier stands for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Is {
    Artist = 1,
    Group,
    MergedGroup,
    Release,
    MergedRelease,
    Credit,
    Medium,
    Track,
}

/// The identifier of the thing of this number.
pub(crate) fn mbid(is: Is, number: usize) -> Mbid {
    Mbid::new(&format!("{:08x}-0000-4000-8000-{number:012x}", is as u32)).unwrap()
}

/// Of the `at`-th release of a group.
pub(crate) fn release_number(group: usize, at: usize) -> usize {
    group * 100 + at
}

impl Artist {
    pub(crate) fn new(name: &str) -> Self {
        Self { name: name.to_owned(), sort_name: name.to_owned(), aliases: Vec::new() }
    }
}

impl Catalogue {
    /// Adds an artist, and says which it is.
    pub(crate) fn artist(&mut self, artist: Artist) -> usize {
        self.artists.push(artist);
        self.artists.len() - 1
    }

    /// The same in memory.
    pub(crate) fn memory(&self) -> MemorySource {
        let mut source = MemorySource::new();
        for (number, group) in self.groups.iter().enumerate() {
            let id = mbid(Is::Group, number);
            source.add(self.release_group(number, group));
            source.add_id(mbid(Is::MergedGroup, number), &id);
            for at in 0..group.releases.len() {
                source.add_id(mbid(Is::Release, release_number(number, at)), &id);
                source.add_id(mbid(Is::MergedRelease, release_number(number, at)), &id);
            }
            for track in &group.tracks {
                source.add_track(track, &id);
            }
        }
        source
    }

    fn release_group(&self, number: usize, group: &Group) -> ReleaseGroup {
        let credited = |(artist, name, join): &(usize, String, String)| {
            let Artist { name: usual, sort_name, aliases } = &self.artists[*artist];
            let id = if is_various(usual) {
                Mbid::new(CreditedArtist::VARIOUS).unwrap()
            } else {
                mbid(Is::Artist, *artist)
            };
            let credited = CreditedArtist::new(name).id(id).join(join);
            let others = [usual, sort_name].into_iter().chain(aliases);
            others.fold(credited, CreditedArtist::other_name)
        };
        let mut made = ReleaseGroup::new(mbid(Is::Group, number), "", &group.title)
            .artists(group.artists.iter().map(credited))
            .secondary_kinds(group.kinds.iter().copied().collect::<Kinds>());
        made.primary_type = group.primary_type;
        made.first_release = group.date;
        let others = group.releases.iter().chain(&group.aliases);
        others.fold(made, ReleaseGroup::other_title)
    }

    /// The same in a new database.
    pub(crate) fn database(&self, server: &PrivateServer) -> Database {
        let database = server.database();
        database.sql(MIRROR_TABLES);
        database.sql(&self.rows());
        database.sql(MIRROR_INDEXES);
        database
    }

    fn rows(&self) -> String {
        let mut tables = Tables::default();
        for (number, artist) in self.artists.iter().enumerate() {
            let gid = if is_various(&artist.name) {
                CreditedArtist::VARIOUS.to_owned()
            } else {
                mbid(Is::Artist, number).to_string()
            };
            let (name, sort_name) = (quoted(&artist.name), quoted(&artist.sort_name));
            tables.row(
                "artist (id, gid, name, sort_name)",
                &[&(number + 1).to_string(), &quoted(&gid), &name, &sort_name],
            );
            for alias in &artist.aliases {
                let alias = quoted(alias);
                tables.row(
                    "artist_alias (artist, name, sort_name)",
                    &[&(number + 1).to_string(), &alias, &alias],
                );
            }
        }
        for (number, group) in self.groups.iter().enumerate() {
            group.rows(number, &mut tables);
        }
        tables.sql()
    }
}

impl Group {
    /// Its artists, as they stand on the record.
    pub(crate) fn credit(&self) -> String {
        self.artists.iter().flat_map(|(_, name, join)| [name.as_str(), join]).collect()
    }

    fn rows(&self, number: usize, tables: &mut Tables) {
        let id = (number + 1).to_string();
        let gid = |is, number| quoted(mbid(is, number).as_str());
        let whole = self.credit();
        let count = self.artists.len().to_string();
        tables.row(
            "artist_credit (id, name, artist_count, gid)",
            &[&id, &quoted(&whole), &count, &gid(Is::Credit, number)],
        );
        for (position, (artist, name, join)) in self.artists.iter().enumerate() {
            tables.row(
                "artist_credit_name (artist_credit, position, artist, name, join_phrase)",
                &[
                    &id,
                    &position.to_string(),
                    &(artist + 1).to_string(),
                    &quoted(name),
                    &quoted(join),
                ],
            );
        }
        let primary = self.primary_type.map_or("NULL", |one| match one {
            PrimaryType::Album => "1",
            PrimaryType::Single => "2",
            PrimaryType::Ep => "3",
            PrimaryType::Broadcast => "12",
            _ => "11",
        });
        tables.row(
            "release_group (id, gid, name, artist_credit, type)",
            &[&id, &gid(Is::Group, number), &quoted(&self.title), &id, primary],
        );
        for kind in &self.kinds {
            let kind = match kind {
                Kind::Compilation => "1",
                Kind::Soundtrack => "2",
                Kind::Live => "6",
                Kind::Remix => "7",
                Kind::Demo => "10",
                _ => panic!("the schema has no {kind:?}"),
            };
            tables.row(
                "release_group_secondary_type_join (release_group, secondary_type)",
                &[&id, kind],
            );
        }
        for alias in &self.aliases {
            let alias = quoted(alias);
            tables.row(
                "release_group_alias (release_group, name, sort_name)",
                &[&id, &alias, &alias],
            );
        }
        let date = [
            self.date.map(|date| date.year().to_string()),
            self.date.and_then(PartialDate::month).map(|month| month.to_string()),
            self.date.and_then(PartialDate::day).map(|day| day.to_string()),
        ];
        let [year, month, day] = date.map(|part| part.unwrap_or_else(|| "NULL".to_owned()));
        tables.row(
            "release_group_meta (id, first_release_date_year, first_release_date_month, first_release_date_day)",
            &[&id, &year, &month, &day],
        );
        tables
            .row("release_group_gid_redirect (gid, new_id)", &[&gid(Is::MergedGroup, number), &id]);
        self.release_rows(number, [&year, &month, &day], tables);
    }

    fn release_rows(&self, number: usize, date: [&str; 3], tables: &mut Tables) {
        let id = (number + 1).to_string();
        let gid = |is, number| quoted(mbid(is, number).as_str());
        let [year, month, day] = date;
        for (at, title) in self.releases.iter().enumerate() {
            let number = release_number(number, at);
            let release = (number + 1).to_string();
            tables.row(
                "release (id, gid, name, artist_credit, release_group, status)",
                &[&release, &gid(Is::Release, number), &quoted(title), &id, &id, "1"],
            );
            tables.row(
                "release_gid_redirect (gid, new_id)",
                &[&gid(Is::MergedRelease, number), &release],
            );
            if at == 0 {
                // The first release is the first to come out.
                tables.row(
                    "release_country (release, country, date_year, date_month, date_day)",
                    &[&release, "221", year, month, day],
                );
                tables.row(
                    "medium (id, release, position, gid)",
                    &[&release, &release, "1", &gid(Is::Medium, number)],
                );
                for (position, track) in self.tracks.iter().enumerate() {
                    let position = (position + 1).to_string();
                    tables.row(
                        "track (gid, recording, medium, position, number, name, artist_credit)",
                        &[
                            "gen_random_uuid()",
                            "1",
                            &release,
                            &position,
                            &quoted(&position),
                            &quoted(track),
                            &id,
                        ],
                    );
                }
            } else if self.date.is_some() {
                // A later one.
                tables.row("release_unknown_country (release, date_year)", &[&release, "2025"]);
            }
        }
    }
}

fn is_various(name: &str) -> bool {
    name == "Various Artists"
}

/// Rows of tables, each inserted at once.
#[derive(Default)]
struct Tables(std::collections::BTreeMap<String, Vec<String>>);

impl Tables {
    fn row(&mut self, table: &str, values: &[&str]) {
        self.0.entry(table.to_owned()).or_default().push(format!("({})", values.join(", ")));
    }

    fn sql(&self) -> String {
        let mut sql = "SET search_path = musicbrainz, public;".to_owned();
        for (table, rows) in &self.0 {
            for rows in rows.chunks(1_000) {
                let _ = write!(sql, "INSERT INTO {table} VALUES {};", rows.join(","));
            }
        }
        sql
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// When everything is asked.
const NOW: Timestamp = Timestamp::from_unix(1_776_000_000);

pub(crate) fn engine(source: impl Source) -> Enricher {
    Enricher::new(Arc::new(source), Arc::new(VirtualClock::new(NOW)))
}

pub(crate) fn mirror(database: &Database) -> MirrorSource {
    MirrorOptions::new(database.url()).build().unwrap()
}

/// Asserts that the mirror says of each album what the catalogue in memory does.
pub(crate) async fn assert_agreement(
    catalogue: &Catalogue,
    source: impl Source,
    albums: &[Album],
) -> Vec<Outcome> {
    let expected = engine(catalogue.memory()).enrich(albums).await;
    let found = engine(source).enrich(albums).await;
    let differ = |place: &usize| expected[*place] != found[*place];
    let differ: Vec<usize> = (0..albums.len()).filter(differ).collect();
    if let Some(first) = differ.first() {
        let names: Vec<String> = differ
            .iter()
            .map(|place| format!("{} | {}", albums[*place].artist, albums[*place].title))
            .collect();
        panic!(
            "{} of {} albums differ: {names:#?}\nin memory {:#?}\nin the mirror {:#?}",
            differ.len(),
            albums.len(),
            expected[*first],
            found[*first],
        );
    }
    expected
}
