//! A small catalogue, and an engine over it.

use std::sync::Arc;

use futures_executor::block_on;
use lastfm_core::testing::VirtualClock;
use lastfm_core::{Mbid, Timestamp};
use mb_enrich::names::Kind;
use mb_enrich::{
    Album, CreditedArtist, Enricher, MemorySource, Outcome, PrimaryType, ReleaseGroup, Source,
};

/// When everything is asked.
pub(crate) const NOW: Timestamp = Timestamp::from_unix(1_776_000_000);

/// Tracks, and the group that they are on.
pub(crate) const TRACKS: [(&str, u32); 5] = [
    ("Moribund the Burgermeister", 6),
    ("Mother of Violence", 7),
    ("On the Air", 7),
    ("Special Rider Blues", 8),
    ("Nobody's Fault", 9),
];

/// An identifier that ends in this number.
pub(crate) fn mbid(number: u32) -> Mbid {
    Mbid::new(&format!("00000000-0000-4000-8000-{number:012x}")).unwrap()
}

pub(crate) fn group(number: u32, artist: &str, title: &str, date: &str) -> ReleaseGroup {
    let group = ReleaseGroup::new(mbid(number), artist, title).primary_type(PrimaryType::Album);
    match date.parse() {
        Ok(date) => group.first_release(date),
        Err(_) => group,
    }
}

/// What the tests look for things in. A group's releases have its number and 1000 or 2000 more; an
/// identifier with 9000 more was merged into the group.
pub(crate) fn catalogue() -> MemorySource {
    let mut source = MemorySource::new();
    let various =
        CreditedArtist::new("Various Artists").id(Mbid::new(CreditedArtist::VARIOUS).unwrap());
    let sheena = CreditedArtist::new("椎名林檎").id(mbid(700)).other_name("Sheena Ringo");
    let both = [CreditedArtist::new("Low").join(" & "), CreditedArtist::new("Dirty Three")];
    let groups = [
        group(1, "Low", "Things We Lost in the Fire", "2001-01-22").other_title("Things We Lost"),
        group(2, "Low", "Trust", "2002-09"),
        group(3, "Low", "Murderer", "2003").primary_type(PrimaryType::Single),
        group(4, "Low", "One More Reason to Forget", "1998").secondary_kinds(Kind::Live),
        group(5, "Low", "Owl", ""),
        group(6, "Peter Gabriel", "Peter Gabriel", "1977-02-25"),
        group(7, "Peter Gabriel", "Peter Gabriel", "1978-06"),
        group(8, "", "Trust in Blues", "1999").artists([various.clone()]),
        group(9, "", "Trust in Blues, Vol. 2", "2003").artists([various]),
        group(10, "", "三毒史", "2019-05-27").artists([sheena]),
        group(11, "", "In the Fishtank 7", "2001-11-19").artists(both),
        group(12, "A Tribute Band", "We Could Live in Hope: A Tribute to Low", "2004"),
    ];
    for (group, number) in groups.into_iter().zip(1_u32..) {
        let id = group.id.clone();
        source.add(group);
        for other in [1000, 2000, 9000] {
            source.add_id(mbid(number + other), &id);
        }
    }
    for (track, number) in TRACKS {
        source.add_track(track, &mbid(number));
    }
    source
}

pub(crate) fn engine(source: impl Source) -> Enricher {
    Enricher::new(Arc::new(source), Arc::new(VirtualClock::new(NOW)))
}

/// The outcome of one album.
pub(crate) fn outcome(album: Album) -> Outcome {
    block_on(engine(catalogue()).enrich(&[album])).remove(0)
}

/// The number of the group that was found.
pub(crate) fn found(outcome: &Outcome) -> Option<u32> {
    let id = &outcome.found.as_ref()?.group.id;
    Some(u32::try_from(id.to_u128().unwrap() & 0xFFFF).unwrap())
}

/// The numbers of the groups that a person may choose from.
pub(crate) fn near(outcome: &Outcome) -> Vec<u32> {
    let ids = outcome.near.iter().map(|near| near.group.id.to_u128().unwrap() & 0xFFFF);
    ids.map(|id| u32::try_from(id).unwrap()).collect()
}

/// Albums for every stage, and for none.
pub(crate) fn albums() -> Vec<Album> {
    vec![
        Album::new("Low", "Trust").mbid(mbid(1002)),
        Album::new("Low", "Trust").mbid(mbid(404)).mbid(mbid(9002)),
        Album::new("Low", "Trust").mbid(mbid(12)),
        Album::new("Low", "Songs for a Dead Pilot").mbid(mbid(12)),
        Album::new("Low", "Trust [2011 Remaster]"),
        Album::new("Low", "Things We Lost in the Fier"),
        Album::new("Low / Spring Heel Jack", "Trust"),
        Album::new("Sheena Ringo", "三毒史"),
        Album::new("Dirty Three", "In The Fishtank 7"),
        Album::new("VA", "Trust in Blues Volume Two"),
        Album::new("Skip James", "Trust in Blues").track("Special Rider Blues"),
        Album::new("Skip James", "Trust in Blues").track("Cherry Ball"),
        Album::new("Peter Gabriel", "Peter Gabriel").track("On the Air"),
        Album::new("Peter Gabriel", "Peter Gabriel"),
        Album::new("Low", "Owl"),
        Album::new("Low", "Nothing of the Kind"),
        Album::new("Nobody", "Nothing"),
    ]
}
