//! The mirror answers as the catalogue in memory does, whatever stands in both. `MIRROR_SEEDS` says
//! how many catalogues, `MIRROR_FIRST` which is the first.

use lastfm_core::testing::Dice;
use lastfm_postgres::testing::PrivateServer;
use mb_enrich::names::Kind;
use mb_enrich::{Album, PartialDate, PrimaryType};

use crate::catalogue::{
    Artist, Catalogue, Group, Is, assert_agreement, mbid, mirror, release_number,
};

const ARTISTS: [&str; 24] = [
    "Low",
    "The Low",
    "Simon & Garfunkel",
    "Florence + the Machine",
    "Guns N’ Roses",
    "AC/DC",
    "R.E.M.",
    "Jay‐Z",
    "Sigur Rós",
    "Röyksopp",
    "Кино",
    "椎名林檎",
    "The The",
    "!!!",
    "Mø",
    "M",
    "Crosby, Stills, Nash & Young",
    "Tyler, the Creator",
    "Sunn O)))",
    "N.W.A",
    "Godspeed You! Black Emperor",
    "Nick Cave & The Bad Seeds",
    "Earth, Wind & Fire",
    "Various Artists",
];

const TITLES: [&str; 16] = [
    "Low",
    "Trust",
    "The Great Destroyer",
    "Things We Lost in the Fire",
    "Greatest Hits",
    "Live at Leeds",
    "Volume Two",
    "Vol. 2",
    "÷",
    "( )",
    "Группа крови",
    "Don’t Stop",
    "1989",
    "Jazz",
    "Queen II",
    "E·MO·TION",
];

const EDITIONS: [&str; 6] =
    ["(Deluxe Edition)", "[2011 Remaster]", "(Live)", "- Single", "(The Remixes)", "EP"];

const TRACKS: [&str; 5] = ["Monkey", "On the Air", "Words", "Слово", "Interlude"];

/// One catalogue, and albums that are mostly in it.
struct World {
    dice: Dice,
    catalogue: Catalogue,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut world = Self { dice: Dice::stream(seed, 0x6D62), catalogue: Catalogue::default() };
        for _ in 0..12 {
            let artist = world.artist();
            // Two may have one name, but only one is Various Artists.
            let known = world.catalogue.artists.iter().any(|known| known.name == artist.name);
            if !(known && artist.name == "Various Artists") {
                world.catalogue.artist(artist);
            }
        }
        for _ in 0..60 {
            let group = world.group();
            world.catalogue.groups.push(group);
        }
        world
    }

    fn artist(&mut self) -> Artist {
        let dice = &mut self.dice;
        let mut artist = Artist::new(dice.pick::<&str>(&ARTISTS));
        if let Some((first, last)) = artist.name.split_once(' ')
            && dice.chance(0.5)
        {
            artist.sort_name = format!("{last}, {first}");
        }
        if dice.chance(0.3) {
            artist.aliases.push((*dice.pick(&ARTISTS)).to_owned());
        }
        artist
    }

    fn group(&mut self) -> Group {
        let dice = &mut self.dice;
        let title = (*dice.pick(&TITLES)).to_owned();
        let mut artists = Vec::new();
        let count = if dice.chance(0.2) { 2 } else { 1 };
        for place in 0..count {
            let artist = dice.index(self.catalogue.artists.len());
            let name = self.catalogue.artists[artist].name.clone();
            let join = if place + 1 < count { *dice.pick(&[" & ", " feat. ", ", "]) } else { "" };
            artists.push((artist, name, join.to_owned()));
        }
        let types =
            [None, Some(PrimaryType::Album), Some(PrimaryType::Single), Some(PrimaryType::Ep)];
        let year = i16::try_from(dice.between(1960, 2020)).unwrap();
        let month = dice.chance(0.5).then_some(6);
        let edition = *dice.pick(&EDITIONS);
        Group {
            primary_type: *dice.pick(&types),
            kinds: if dice.chance(0.2) { vec![Kind::Live] } else { Vec::new() },
            date: dice.chance(0.9).then(|| PartialDate::new(year, month, None).unwrap()),
            releases: vec![title.clone(), format!("{title} {edition}")],
            aliases: if dice.chance(0.2) { vec![(*dice.pick(&TITLES)).to_owned()] } else { vec![] },
            tracks: vec![(*dice.pick(&TRACKS)).to_owned()],
            title,
            artists,
        }
    }

    fn album(&mut self) -> Album {
        let dice = &mut self.dice;
        let group = dice.index(self.catalogue.groups.len());
        let whole = self.catalogue.groups[group].credit();
        let Group { title, artists, .. } = &self.catalogue.groups[group];
        let artist = match dice.below(4) {
            0 => artists[0].1.clone(),
            1 => whole,
            2 => (*dice.pick(&ARTISTS)).to_owned(),
            _ => {
                let known = &self.catalogue.artists[artists[0].0];
                known.aliases.first().unwrap_or(&known.name).clone()
            }
        };
        // A name for lists is found as it is.
        let artist = if dice.chance(0.1) {
            self.catalogue.artists[artists[0].0].sort_name.clone()
        } else {
            respelled(dice, &artist)
        };
        let title = match dice.below(5) {
            0 => format!("{title} {}", dice.pick(&EDITIONS)),
            1 => (*dice.pick(&TITLES)).to_owned(),
            2 => title.chars().filter(|letter| *letter != 'i').collect(),
            _ => title.clone(),
        };
        let mut album = Album::new(artist, respelled(dice, &title));
        if dice.chance(0.3) {
            let id = if dice.chance(0.3) { dice.index(self.catalogue.groups.len()) } else { group };
            let is = *dice.pick(&[Is::Release, Is::MergedRelease, Is::Group, Is::MergedGroup]);
            let number = match is {
                Is::Group | Is::MergedGroup => id,
                _ => release_number(id, dice.index(3)),
            };
            album = album.mbid(mbid(is, number));
        }
        if dice.chance(0.5) { album.track(*dice.pick(&TRACKS)) } else { album }
    }
}

/// As somebody else writes it.
fn respelled(dice: &mut Dice, text: &str) -> String {
    match dice.below(7) {
        0 => text.to_uppercase(),
        1 => text.to_lowercase(),
        2 => text.replace(" & ", " and "),
        3 => text.replace('’', "'").replace('‐', "-"),
        4 => text.replace(['ó', 'ö', 'ø'], "o"),
        5 => text.strip_prefix("The ").unwrap_or(text).to_owned(),
        _ => text.to_owned(),
    }
}

fn setting(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|said| said.parse().ok()).unwrap_or(otherwise)
}

#[tokio::test]
async fn it_answers_as_memory_does_whatever_is_in_the_catalogue() {
    let first = setting("MIRROR_FIRST", 0);
    let seeds = setting("MIRROR_SEEDS", 10);
    for seed in first..first + seeds {
        println!("seed {seed}");
        let mut world = World::new(seed);
        let albums: Vec<Album> = (0..100).map(|_| world.album()).collect();
        let database = world.catalogue.database(PrivateServer::shared());
        assert_agreement(&world.catalogue, mirror(&database), &albums).await;
    }
}
