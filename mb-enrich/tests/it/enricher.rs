//! The stages, one after the other.

use futures_executor::block_on;
use mb_enrich::{Album, Because, Effort, Method, Status};

use crate::support::{self, NOW, catalogue, engine, found, mbid, near, outcome};

const DAY: i64 = 24 * 60 * 60;

#[test]
fn an_identifier_settles_it_whatever_it_stands_for() {
    // A group's, a release's, one that was merged.
    for id in [2, 1002, 9002] {
        let album = Album::new("Low", "Trust (Deluxe)").mbid(mbid(id));
        let outcome = outcome(album);
        assert_eq!((outcome.status, found(&outcome)), (Status::Matched, Some(2)), "{id}");
        let found = outcome.found.as_ref().unwrap();
        assert_eq!((found.method, found.confidence), (Method::Identifier, 1000));
        assert_eq!((outcome.year(), outcome.next_try), (Some(2002), None));
        assert_eq!(outcome.looked_up_at, NOW);
    }
}

#[test]
fn the_first_identifier_that_fits_counts() {
    let album = Album::new("Low", "Trust");
    let album = album.mbid(mbid(12)).mbid(mbid(404)).mbid(mbid(1002)).mbid(mbid(1));
    assert_eq!(found(&outcome(album)), Some(2));
}

#[test]
fn an_identifier_of_something_else_is_left_for_the_names() {
    let outcome = outcome(Album::new("Low", "Trust").mbid(mbid(12)));
    assert_eq!((outcome.status, found(&outcome)), (Status::Matched, Some(2)));
    assert_eq!(outcome.found.unwrap().method, Method::Names);
}

#[test]
fn where_names_find_nothing_a_person_decides_of_the_identifier() {
    let outcome = outcome(Album::new("Low", "Songs for a Dead Pilot").mbid(mbid(12)));
    assert_eq!((outcome.status, near(&outcome)), (Status::Ambiguous, vec![12]));
    assert_eq!(outcome.near[0].because, Because::Identifier);
    assert_eq!(outcome.next_try, None);
}

#[test]
fn text_that_is_no_identifier_is_not_asked_for() {
    let odd = lastfm_core::Mbid::new("not-an-mbid").unwrap();
    assert_eq!(found(&outcome(Album::new("Low", "Trust").mbid(odd))), Some(2));
}

#[test]
fn names_are_found_however_they_are_spelled() {
    for (artist, title, number, status, method) in [
        ("LOW", "TRUST", 2, Status::Matched, Method::Names),
        ("Low", "Things We Lost", 1, Status::Matched, Method::Names),
        ("Sheena Ringo", "三毒史", 10, Status::Matched, Method::Names),
        ("Low & Dirty Three", "In The Fishtank 7", 11, Status::Matched, Method::Names),
        ("Dirty Three", "In The Fishtank 7", 11, Status::Matched, Method::Names),
        ("Low", "Trust [2011 Remaster]", 2, Status::FuzzyMatched, Method::WithoutEdition),
        ("Low", "Low - Trust", 2, Status::FuzzyMatched, Method::WithoutEdition),
        ("Low", "Things We Lost in the Fier", 1, Status::FuzzyMatched, Method::Spelling),
        ("Low feat. Mimi Parker", "Trust", 2, Status::FuzzyMatched, Method::OtherArtist),
        ("Low / Spring Heel Jack", "Trust", 2, Status::FuzzyMatched, Method::OtherArtist),
        ("Various Artists", "Trust in Blues", 8, Status::Matched, Method::Names),
        ("VA", "Trust in Blues Volume Two", 9, Status::FuzzyMatched, Method::WithoutEdition),
    ] {
        let outcome = outcome(Album::new(artist, title));
        assert_eq!(found(&outcome), Some(number), "{artist} | {title}");
        assert_eq!(outcome.status, status, "{artist} | {title}");
        assert_eq!(outcome.found.unwrap().method, method, "{artist} | {title}");
    }
}

#[test]
fn another_record_is_not_found() {
    for (artist, title) in [
        ("Low", "Trust (Live)"),
        ("Low", "Trust II"),
        ("Low", "Trust (The Remixes)"),
        ("Lowe", "Trust"),
        ("Low", "Owls"),
        ("Low", "Trust in Blues"),
        ("VA", "Trust in Blues, Vol. 3"),
        ("Low", ""),
        ("", "Trust"),
    ] {
        let outcome = outcome(Album::new(artist, title));
        assert_eq!(
            (outcome.status, found(&outcome)),
            (Status::NotFound, None),
            "{artist} | {title}"
        );
        assert_eq!(outcome.next_try, Some(NOW.plus(30 * DAY)));
    }
}

#[test]
fn what_comes_near_is_shown() {
    let outcome = outcome(Album::new("Low", "One More Reason to Remember"));
    assert_eq!((outcome.status, near(&outcome)), (Status::NotFound, vec![4]));
    assert_eq!(outcome.near[0].because, Because::Words);
}

#[test]
fn a_record_of_many_artists_is_believed_by_its_tracks() {
    let album = || Album::new("Skip James", "Trust in Blues");
    assert_eq!(outcome(album()).status, Status::NotFound);
    assert_eq!(outcome(album().track("Cherry Ball")).status, Status::NotFound);
    let outcome = outcome(album().track("Cherry Ball").track("special rider blues"));
    assert_eq!((outcome.status, found(&outcome)), (Status::FuzzyMatched, Some(8)));
    let found = outcome.found.unwrap();
    assert_eq!((found.method, found.track_confirmed), (Method::Various, true));
}

#[test]
fn tracks_tell_two_records_of_one_name_apart() {
    let album = || Album::new("Peter Gabriel", "Peter Gabriel");
    let outcomes = [
        outcome(album().track("On the Air (Remastered)")),
        outcome(album().track("Solsbury Hill")),
        outcome(album()),
    ];
    assert_eq!((outcomes[0].status, found(&outcomes[0])), (Status::Matched, Some(7)));
    for outcome in &outcomes[1..] {
        assert_eq!((outcome.status, near(outcome)), (Status::Ambiguous, vec![6, 7]));
        assert_eq!((outcome.near[0].because, outcome.next_try), (Because::Names, None));
    }
}

#[test]
fn a_group_without_a_date_is_asked_for_again() {
    let outcome = outcome(Album::new("Low", "Owl"));
    assert_eq!((outcome.status, found(&outcome), outcome.year()), (Status::NoDate, Some(5), None));
    assert_eq!(outcome.next_try, Some(NOW.plus(30 * DAY)));
}

#[test]
fn identifiers_alone_leave_the_rest_to_later() {
    let engine = engine(catalogue()).effort(Effort::Identifiers);
    let albums = [
        Album::new("Low", "Trust").mbid(mbid(1002)),
        Album::new("Low", "Trust"),
        Album::new("Low", "Trust").mbid(mbid(404)),
    ];
    let outcomes = block_on(engine.enrich(&albums));
    let statuses: Vec<Status> = outcomes.iter().map(|outcome| outcome.status).collect();
    assert_eq!(statuses, [Status::Matched, Status::Pending, Status::Pending]);
    assert_eq!((outcomes[1].next_try, &outcomes[1].trouble), (None, &None));
}

#[test]
fn no_albums_have_no_outcomes() {
    assert!(block_on(engine(catalogue()).enrich(&[])).is_empty());
}

#[test]
fn what_one_name_leaves_in_doubt_is_not_for_the_next_to_say() {
    let mut source = mb_enrich::MemorySource::new();
    source.add(support::group(1, "A Star & B Moon", "Tide", "1990"));
    source.add(support::group(2, "A Star & B Moon", "Tide", "1995"));
    source.add(support::group(3, "A Star", "Tide", "2001"));
    let album = Album::new("A Star & B Moon feat. C Sun", "Tide");
    let outcome = block_on(engine(source).enrich(&[album])).remove(0);
    assert_eq!((outcome.status, near(&outcome)), (Status::Ambiguous, vec![1, 2]));
}
