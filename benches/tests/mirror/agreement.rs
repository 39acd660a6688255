//! The mirror answers as the catalogue in memory does: on a small one of all kinds of records, and on
//! the labelled albums, whose folder `LASTFM_EVAL` names.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use lastfm_core::Mbid;
use lastfm_postgres::testing::PrivateServer;
use mb_enrich::names::Kind;
use mb_enrich::{
    Album, Method, MirrorOptions, PartialDate, PrimaryType, ReleaseGroup, Source, Status,
};

use crate::catalogue::{
    Artist, Catalogue, Group, Is, assert_agreement, mbid, mirror, release_number,
};

/// A catalogue of all kinds of records.
pub(crate) fn small() -> Catalogue {
    let mut all = Catalogue::default();
    let low = all.artist(Artist::new("Low"));
    let peter = all
        .artist(Artist { sort_name: "Gabriel, Peter".to_owned(), ..Artist::new("Peter Gabriel") });
    let various = all.artist(Artist::new("Various Artists"));
    let sheena = all.artist(Artist {
        aliases: vec!["Sheena Ringo".to_owned(), "Ringo Sheena".to_owned()],
        ..Artist::new("椎名林檎")
    });
    let dirty = all.artist(Artist::new("Dirty Three"));
    let kino = all.artist(Artist::new("Кино"));
    let sigur = all.artist(Artist::new("Sigur Rós"));
    let knife =
        all.artist(Artist { sort_name: "Knife, The".to_owned(), ..Artist::new("The Knife") });
    let prince = all.artist(Artist::new("Prince"));
    let mut add = |artist: usize, title: &str, date: &str, primary_type| {
        let name = all.artists[artist].name.clone();
        let date = date.parse().ok();
        all.groups.push(Group {
            title: title.to_owned(),
            artists: vec![(artist, name, String::new())],
            primary_type,
            date,
            releases: vec![title.to_owned(), format!("{title} (Deluxe Edition)")],
            ..Group::default()
        });
        all.groups.len() - 1
    };
    let album = Some(PrimaryType::Album);
    let fire = add(low, "Things We Lost in the Fire", "2001-01-22", album);
    add(low, "Trust", "2002-09", album);
    add(low, "Murderer", "2003", Some(PrimaryType::Single));
    let live = add(low, "One More Reason to Forget", "1998", album);
    add(low, "Owl", "", album);
    let first = add(peter, "Peter Gabriel", "1977-02-25", album);
    let second = add(peter, "Peter Gabriel", "1978-06", album);
    let blues = add(various, "Trust in Blues", "1999", album);
    add(various, "Trust in Blues, Vol. 2", "2003", album);
    add(sheena, "三毒史", "2019-05-27", album);
    let both = add(low, "In the Fishtank 7", "2001-11-19", Some(PrimaryType::Ep));
    add(kino, "Группа крови", "1988", album);
    add(sigur, "( )", "2002-10-28", album);
    add(knife, "Silent Shout", "2006-03-17", None);
    let symbol = add(prince, "The Gold Experience", "1995-09", album);
    all.groups[fire].aliases.push("Things We Lost".to_owned());
    all.groups[live].kinds.push(Kind::Live);
    " & ".clone_into(&mut all.groups[both].artists[0].2);
    all.groups[both].artists.push((dirty, "Dirty Three".to_owned(), String::new()));
    "The Artist (Formerly Known as Prince)".clone_into(&mut all.groups[symbol].artists[0].1);
    for (group, track) in [
        (first, "Moribund the Burgermeister"),
        (second, "On the Air"),
        (second, "Mother of Violence"),
        (blues, "Special Rider Blues"),
    ] {
        all.groups[group].tracks.push(track.to_owned());
    }
    all
}

/// Albums for every stage, and for none.
pub(crate) fn albums() -> Vec<Album> {
    let group = |title: &str| small().groups.iter().position(|group| group.title == title).unwrap();
    let (trust, blues) = (group("Trust"), group("Trust in Blues"));
    let release = |is, group| mbid(is, release_number(group, 1));
    let low = |title: &str| Album::new("Low", title);
    vec![
        low("Trust").mbid(release(Is::Release, trust)),
        low("Trust").mbid(release(Is::MergedRelease, trust)),
        low("Trust").mbid(mbid(Is::Group, trust)),
        low("Trust").mbid(mbid(Is::MergedGroup, trust)),
        low("Trust").mbid(mbid(Is::Track, 404)).mbid(mbid(Is::MergedGroup, trust)),
        low("Trust").mbid(release(Is::Release, blues)),
        low("Songs for a Dead Pilot").mbid(release(Is::Release, blues)),
        low("Trust").mbid(Mbid::new("no identifier").unwrap()),
        low("TRUST [2011 Remaster]"),
        low("Things We Lost"),
        low("Things We Lost in the Fier"),
        low("One More Reason to Forget (Live)"),
        low("Murderer"),
        low("Owl"),
        low("Nothing of the Kind"),
        low("In the Fishtank 7"),
        Album::new("Dirty Three", "In The Fishtank 7"),
        Album::new("Low and Dirty Three", "In The Fishtank 7"),
        Album::new("LOW & DIRTY THREE", "In The Fishtank 7"),
        Album::new("Low / Spring Heel Jack", "Trust"),
        Album::new("Low feat. Somebody", "Trust"),
        Album::new("Sheena Ringo", "三毒史"),
        Album::new("Gabriel, Peter", "Peter Gabriel").track("On the Air"),
        Album::new("Peter Gabriel", "Peter Gabriel").track("On the Air"),
        Album::new("Peter Gabriel", "Peter Gabriel"),
        Album::new("VA", "Trust in Blues Volume Two"),
        Album::new("Various Artists", "Trust in Blues"),
        Album::new("Skip James", "Trust in Blues").track("Special Rider Blues"),
        Album::new("Skip James", "Trust in Blues").track("Cherry Ball"),
        Album::new("КИНО", "Группа Крови"),
        Album::new("Sigur Ros", "( )"),
        Album::new("Knife", "Silent Shout (Deluxe)"),
        Album::new("Knife, The", "Silent Shout"),
        Album::new("The Artist (formerly known as Prince)", "The Gold Experience"),
        Album::new("Nobody", "Nothing"),
        Album::new("", ""),
    ]
}

#[tokio::test]
async fn it_answers_as_the_catalogue_in_memory_does() {
    let all = small();
    let database = all.database(PrivateServer::shared());
    let outcomes = assert_agreement(&all, mirror(&database), &albums()).await;
    let has = |method| {
        outcomes.iter().any(|one| one.found.as_ref().is_some_and(|found| found.method == method))
    };
    for method in [
        Method::Identifier,
        Method::Names,
        Method::WithoutEdition,
        Method::Spelling,
        Method::OtherArtist,
        Method::Various,
    ] {
        assert!(has(method), "no album was found by {method:?}");
    }
    for status in [Status::Ambiguous, Status::NotFound, Status::NoDate] {
        assert!(outcomes.iter().any(|one| one.status == status), "no album is {status:?}");
    }
}

#[tokio::test]
async fn an_artist_of_very_many_groups_is_searched_by_title() {
    let all = small();
    let database = all.database(PrivateServer::shared());
    let source = MirrorOptions::new(database.url()).most_groups(1).build().unwrap();
    // What nobody spells like the catalogue does is left to who reads it whole.
    let misspelled = |album: &Album| album.title.ends_with("Fier") || album.title.ends_with("Kind");
    let albums: Vec<Album> = albums().into_iter().filter(|album| !misspelled(album)).collect();
    assert_agreement(&all, source, &albums).await;
}

#[tokio::test]
async fn a_group_is_told_with_all_that_is_known_of_it() {
    let all = small();
    let database = all.database(PrivateServer::shared());
    let ids: Vec<Mbid> =
        (0..all.groups.len()).map(|number| mbid(Is::MergedGroup, number)).collect();
    let told = mirror(&database).by_ids(&ids).await;
    let known = all.memory().by_ids(&ids).await;
    assert!(told.trouble.is_none());
    let sorted = |group: Option<Option<ReleaseGroup>>| {
        let mut group = group.unwrap().unwrap();
        let own = group.title.clone();
        group.other_titles.retain(|title| *title != own);
        group.other_titles.sort();
        for artist in &mut group.artists {
            let name = artist.name.clone();
            artist.other_names.retain(|other| *other != name);
            artist.other_names.sort();
            artist.other_names.dedup();
        }
        group
    };
    for (told, known) in told.answers.into_iter().zip(known.answers) {
        assert_eq!(sorted(told), sorted(known));
    }
}

#[tokio::test]
async fn it_answers_as_memory_does_for_all_labelled_albums() {
    let Some(folder) = std::env::var_os("LASTFM_EVAL").map(PathBuf::from) else {
        eprintln!("SKIPPED: LASTFM_EVAL does not name the folder of labelled albums");
        return;
    };
    let mut all = Catalogue::default();
    let mut artists: HashMap<String, usize> = HashMap::new();
    for row in rows(&folder.join("candidates.tsv")) {
        let artist =
            *artists.entry(row[0].clone()).or_insert_with_key(|name| all.artist(Artist::new(name)));
        let year = row.get(2).and_then(|year| year.parse().ok());
        all.groups.push(Group {
            title: row[1].clone(),
            artists: vec![(artist, row[0].clone(), String::new())],
            date: year.and_then(|year| PartialDate::new(year, None, None)),
            ..Group::default()
        });
    }
    // Without any release a mirror is not filled yet.
    let releases = vec!["Nobody Asks for It".to_owned()];
    let artist = all.artist(Artist::new("Nobody Asks for Them"));
    all.groups.push(Group {
        title: releases[0].clone(),
        artists: vec![(artist, "Nobody Asks for Them".to_owned(), String::new())],
        releases,
        ..Group::default()
    });
    let mut albums = Vec::new();
    for file in fs::read_dir(&folder).unwrap() {
        let file = file.unwrap();
        let name = file.file_name().into_string().unwrap();
        let is_labelled = name.starts_with("albums_");
        if is_labelled || name.starts_with("absent_") {
            let at = usize::from(is_labelled);
            albums.extend(rows(&file.path()).iter().map(|row| {
                let album = Album::new(&row[at], &row[at + 1]);
                match row.get(at + 2).filter(|track| !track.is_empty()) {
                    Some(track) => album.track(track),
                    None => album,
                }
            }));
        }
    }
    assert!(albums.len() > 100, "the folder holds few albums");
    let database = all.database(PrivateServer::shared());
    assert_agreement(&all, mirror(&database), &albums).await;
}

/// The rows below the head.
fn rows(file: &Path) -> Vec<Vec<String>> {
    let text = fs::read_to_string(file).unwrap();
    text.lines().skip(1).map(|line| line.split('\t').map(str::to_owned).collect()).collect()
}
