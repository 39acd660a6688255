//! What is found, what is not believed, and what is near.

use super::*;

const SONG: &str = "aaaaaaaa-0000-4000-8000-000000000001";
const OTHER: &str = "aaaaaaaa-0000-4000-8000-000000000002";

fn mbid(text: &str) -> Mbid {
    Mbid::new(text).unwrap()
}

/// A library of tracks whose ids are their names.
fn library(tracks: &[(&str, &str, &str)]) -> Library {
    Library::new(tracks.iter().enumerate().map(|(place, (artist, track, id))| {
        let track = LocalTrack::new(place.to_string(), *artist, *track);
        if id.is_empty() { track } else { track.mbid(mbid(id)) }
    }))
}

fn ids(found: &Match<'_>) -> (&'static str, Vec<String>) {
    let how = match found {
        Match::ById(_) => "id",
        Match::ByName(_) => "name",
        Match::None => "none",
    };
    (how, found.tracks().iter().map(|track| track.id.clone()).collect())
}

#[test]
fn all_local_copies_are_found() {
    let library = library(&[
        ("Low", "Words", ""),
        ("Low", "Sunflower", ""),
        ("LOW", "words", ""),
        ("Lowe", "Words", ""),
    ]);
    assert_eq!(ids(&library.find("low", "Words!", None)), ("name", vec!["0".into(), "2".into()]));
    assert_eq!(ids(&library.find("Low", "Silver Rider", None)), ("none", vec![]));
    assert_eq!((library.len(), library.get("1").unwrap().track.as_str()), (4, "Sunflower"));
}

#[test]
fn the_same_name_comes_before_another_edition_of_it() {
    let library = library(&[("Low", "Words", ""), ("Low", "Words (Remastered 2011)", "")]);
    assert_eq!(ids(&library.find("Low", "Words", None)).1, ["0"]);
    assert_eq!(ids(&library.find("Low", "Words - 2011 Remastered", None)).1, ["0", "1"]);
    assert_eq!(ids(&library.find("Low", "Words [Remastered 2011]", None)).1, ["1"]);
    assert_eq!(ids(&library.find("Low", "Words (Live)", None)).0, "none");
}

#[test]
fn an_identifier_finds_a_name_that_is_spelled_otherwise() {
    let library = library(&[("Sufjan Stephens", "Chicagoo", SONG), ("Low", "Words", OTHER)]);
    let found = library.find("Sufjan Stevens", "Chicago", Some(&mbid(SONG)));
    assert_eq!(ids(&found), ("id", vec!["0".into()]));
    assert_eq!(ids(&library.find("Sufjan Stevens", "Chicago", None)).0, "none");
    assert_eq!(ids(&library.find("Low", "Words", Some(&mbid(&OTHER.to_uppercase())))).0, "id");
}

#[test]
fn an_identifier_whose_names_disagree_is_not_believed() {
    let library = library(&[
        ("Low", "Words", SONG),
        ("Low", "Sunflower", ""),
        ("Bee Gees", "Words", OTHER),
        ("Low", "Monkey (Live)", "aaaaaaaa-0000-4000-8000-000000000003"),
    ]);
    // Another track of the artist, another artist's track of that name, another version.
    assert_eq!(ids(&library.find("Low", "Murderer", Some(&mbid(SONG)))).0, "none");
    assert_eq!(ids(&library.find("Boyzone", "Words", Some(&mbid(OTHER)))).0, "none");
    let live = mbid("aaaaaaaa-0000-4000-8000-000000000003");
    assert_eq!(ids(&library.find("Low", "Monkey", Some(&live))).0, "none");
    // And a name that fits is better than an identifier that does not.
    let found = library.find("Low", "Sunflower", Some(&mbid(SONG)));
    assert_eq!(ids(&found), ("name", vec!["1".into()]));
}

#[test]
fn what_is_no_identifier_or_no_name_finds_nothing() {
    let library = library(&[("Low", "Words", "x"), ("", "", ""), ("Low", " ", "")]);
    assert_eq!(ids(&library.find("Loo", "Wards", Some(&mbid("x")))).0, "none");
    assert_eq!(ids(&library.find("", "", None)).0, "none");
    assert_eq!(ids(&library.find("Low", "", None)).0, "none");
    assert!(Library::default().near("Low", "Words", 5).is_empty());
}

#[test]
fn near_matches_are_of_artists_with_like_names_the_likeliest_first() {
    let library = library(&[
        ("Sufjan Stevens", "Chicago", ""),
        ("Sufjan Stevens", "Chicago (Demo)", ""),
        ("Sufjan Stevens", "Casimir Pulaski Day", ""),
        ("Sufjan Stephens", "Chicago", ""),
        ("Frank Sinatra", "Chicago", ""),
        ("Sufjan Stevens & Angelo De Augustine", "Chicago", ""),
    ]);
    let near = library.near("Sufjan Stevens", "Chicagoo", 10);
    let places: Vec<&str> = near.iter().map(|near| near.track.id.as_str()).collect();
    assert_eq!(places, ["0", "1", "3", "5"], "{near:?}");
    assert!(near.is_sorted_by(|one, other| one.score >= other.score));
    assert!(near.iter().all(|near| (0.0..=1.0).contains(&near.score)));
    assert_eq!(library.near("Sufjan Stevens", "Chicagoo", 1).len(), 1);
    assert!(library.near("Sufjan Stevens", "Xylophone", 10).is_empty());
}
