//! The same data in memory and in an index: the same outcomes, whatever is asked.

use futures_executor::block_on;
use lastfm_core::testing::Dice;
use mb_enrich::names::Kind;
use mb_enrich::testing::{FakeDump, FakeGroup};
use mb_enrich::{Album, CreditedArtist, Enricher, MemorySource, Outcome, PrimaryType};

use crate::offline::build;
use crate::support::{engine, group, mbid};

/// The same groups in memory.
pub(crate) fn memory(groups: &[FakeGroup]) -> MemorySource {
    let mut source = MemorySource::new();
    for fake in groups {
        let id = fake.group.id.clone();
        source.add(fake.group.clone());
        let others = [&fake.releases, &fake.merged_releases, &fake.merged_groups];
        for other in others.into_iter().flatten() {
            source.add_id(other.clone(), &id);
        }
        for track in &fake.tracks {
            source.add_track(track, &id);
        }
    }
    source
}

fn one<'a, T: ?Sized>(dice: &mut Dice, of: &[&'a T]) -> &'a T {
    of[usize::try_from(dice.below(of.len() as u64)).unwrap()]
}

fn artist(dice: &mut Dice) -> CreditedArtist {
    let name = one(
        dice,
        &[
            "Low",
            "AC/DC",
            "The Beatles",
            "Sigur Rós",
            "!!!",
            "Peter Gabriel",
            "Various Artists",
            "椎名林檎",
            "Simon & Garfunkel",
            "M",
            "Dirty Three",
            "Guns N' Roses",
        ],
    );
    // An artist is the same with the same names.
    let others: &[&str] = match name {
        "AC/DC" => &["ACDC", "Ac Dc"],
        "The Beatles" => &["Beatles, The", "Битлз"],
        "Peter Gabriel" => &["Gabriel, Peter"],
        "椎名林檎" => &["Sheena Ringo", "Ringo Sheena"],
        _ => &[],
    };
    others.iter().fold(CreditedArtist::new(name), |artist, other| artist.other_name(*other))
}

fn title(dice: &mut Dice) -> String {
    let work = one(
        dice,
        &[
            "Trust",
            "Live",
            "Low",
            "The Beatles",
            "Peter Gabriel",
            "Things We Lost in the Fire",
            "Things We Lost in the Fair",
            "Greatest Hits",
            "ACDC Live",
            "AC/DC",
            "( )",
            "+",
            "Trust in Blues, Vol. 2",
            "Trust in Blues Volume II",
            "三毒史",
            "III",
            "Part Two",
        ],
    );
    let edition = one(
        dice,
        &[
            "",
            "",
            "",
            " (Deluxe Edition)",
            " [2011 Remaster]",
            " - Single",
            " EP",
            " (Live)",
            " Wembley Edition",
            " (Wembley Edition)",
            ": Remastered",
            " (Remixes)",
            "s",
            " II",
        ],
    );
    let by = one(dice, &["", "", "", "Low: ", "AC/DC - ", "The "]);
    let title = format!("{by}{work}{edition}");
    if dice.below(6) == 0 { title.to_uppercase() } else { title }
}

fn track(dice: &mut Dice) -> String {
    one(dice, &["Cody", "On the Air", "Nobody's Fault", "Cody (Live)", "Trust"]).to_owned()
}

fn fake(dice: &mut Dice, number: u32) -> FakeGroup {
    let date = one(dice, &["", "1969", "1969-09", "1969-09-26", "1977", "1978-06"]);
    let mut made = group(number, "", &title(dice), date);
    let mut artists = vec![artist(dice)];
    if dice.below(4) == 0 {
        artists = vec![artist(dice).join(" & "), artist(dice)];
    }
    made = made.artists(artists);
    for _ in 0..dice.below(3) {
        let other = title(dice);
        // A source tells of each title once.
        if !made.titles().any(|known| known == other) {
            made = made.other_title(other);
        }
    }
    made = match dice.below(5) {
        0 => made.primary_type(PrimaryType::Single),
        1 => made.primary_type(PrimaryType::Ep),
        2 => made.secondary_kinds(Kind::Live),
        _ => made,
    };
    let mut fake = FakeGroup::new(made);
    fake.releases = (0..dice.below(3))
        .map(|one| mbid(number + 10_000 * (1 + u32::try_from(one).unwrap())))
        .collect();
    if !fake.releases.is_empty() && dice.below(2) == 0 {
        fake.merged_releases = vec![mbid(number + 50_000)];
    }
    if dice.below(3) == 0 {
        fake.merged_groups = vec![mbid(number + 60_000)];
    }
    fake.tracks = (0..dice.below(4)).map(|_| track(dice)).collect();
    fake
}

fn album(dice: &mut Dice, groups: &[FakeGroup]) -> Album {
    let known = &groups[dice.index(groups.len())].group;
    // Half of them are there in some spelling.
    let there = dice.below(2) == 0;
    let name = if there { known.artists[0].clone() } else { artist(dice) };
    let name = match dice.below(8) {
        0 => format!("{} feat. M", name.name),
        1 => format!("{} & Low", name.name),
        2 => name.other_names.first().unwrap_or(&name.name).to_lowercase(),
        3 => name.name.replace(['/', ' '], ""),
        _ => name.name,
    };
    let mut title = if there { known.title.clone() } else { title(dice) };
    if dice.below(5) == 0 && title.chars().count() > 6 {
        let at = title.char_indices().nth(4).unwrap().0;
        title.insert(at, 'x');
    }
    let mut album = Album::new(name, title);
    for _ in 0..dice.below(3) {
        album = album.track(track(dice));
    }
    if dice.below(3) == 0 {
        let number = 1 + dice.below(groups.len() as u64) + 10_000 * dice.below(7);
        album = album.mbid(mbid(u32::try_from(number).unwrap()));
    }
    album
}

fn outcomes(engine: &Enricher, albums: &[Album]) -> Vec<Outcome> {
    block_on(engine.enrich(albums))
}

#[test]
fn an_index_and_a_catalogue_in_memory_give_the_same_outcomes() {
    let seeds = std::env::var("OFFLINE_SEEDS").ok().and_then(|count| count.parse().ok());
    let mut found = 0;
    for seed in 0..seeds.unwrap_or(8) {
        let mut dice = Dice::new(seed);
        let count = 5 + dice.below(80);
        let groups: Vec<FakeGroup> =
            (1..=count).map(|number| fake(&mut dice, u32::try_from(number).unwrap())).collect();
        let albums: Vec<Album> = (0..80).map(|_| album(&mut dice, &groups)).collect();
        let built = build(&FakeDump::new(groups.iter().cloned())).unwrap();
        let expected = outcomes(&engine(memory(&groups)), &albums);
        let got = outcomes(&engine(built.source), &albums);
        for ((album, got), expected) in albums.iter().zip(&got).zip(&expected) {
            assert_eq!(got, expected, "seed {seed}: {album:#?}");
            found += usize::from(got.found.is_some());
        }
    }
    assert!(found > 100, "only {found} albums were found");
}
