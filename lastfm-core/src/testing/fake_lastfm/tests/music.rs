//! What the service knows of artists, albums and tracks, and how they are found.

use std::collections::BTreeSet;

use super::*;

fn names(pairs: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap()
}

/// The most played artist of the account.
fn favourite(lastfm: &mut FakeLastfm) -> String {
    let top = body(lastfm, "method=user.getTopArtists&limit=1");
    text(&top["topartists"]["artist"][0], "name").to_owned()
}

fn similar(lastfm: &mut FakeLastfm, artist: &str) -> Vec<(String, f64)> {
    let params = names(&[("method", "artist.getSimilar"), ("artist", artist)]);
    let answer = body(lastfm, &params);
    let items = answer["similarartists"]["artist"].as_array().unwrap();
    items
        .iter()
        .map(|item| (text(item, "name").to_owned(), text(item, "match").parse().unwrap()))
        .collect()
}

fn top_tracks(lastfm: &mut FakeLastfm, artist: &str) -> Vec<String> {
    let params = names(&[("method", "artist.getTopTracks"), ("artist", artist), ("limit", "1000")]);
    let answer = body(lastfm, &params);
    let items = answer["toptracks"]["track"].as_array().unwrap();
    items.iter().map(|item| text(item, "name").to_owned()).collect()
}

#[test]
fn similar_artists_are_the_same_every_time_and_similar_to_each_other() {
    let mut lastfm = still(2_000);
    let artist = favourite(&mut lastfm);
    let first = similar(&mut lastfm, &artist);
    assert!(first.len() > 10, "{} similar ones", first.len());
    assert!((first[0].1 - 1.0).abs() < f64::EPSILON && first[1].1 < 1.0);
    assert!(first.is_sorted_by(|(_, one), (_, other)| one >= other));
    lastfm.insert(START, "Nobody has heard of this one", "yet", None);
    let again = similar(&mut lastfm, &artist);
    let kept = again.iter().filter(|(name, _)| first.iter().any(|(known, _)| known == name));
    assert_eq!(kept.count(), first.len(), "what was similar stays it");
    for (other, _) in first.iter().take(3) {
        assert!(similar(&mut lastfm, other).iter().any(|(name, _)| *name == artist), "{other}");
    }
}

#[test]
fn there_is_something_that_nobody_has_heard() {
    let mut lastfm = still(2_000);
    let truth = lastfm.truth();
    let heard: BTreeSet<_> =
        truth.iter().map(|play| (play.artist.to_lowercase(), play.track.to_lowercase())).collect();
    let artist = favourite(&mut lastfm);
    let new = top_tracks(&mut lastfm, &artist).into_iter();
    let new = new.filter(|track| !heard.contains(&(artist.to_lowercase(), track.to_lowercase())));
    assert!(new.count() >= 1, "of the favourite artist");
    let similar = similar(&mut lastfm, &artist);
    let unheard = similar
        .iter()
        .filter(|(name, _)| !heard.iter().any(|(artist, _)| *artist == name.to_lowercase()));
    let unheard: Vec<_> = unheard.collect();
    assert!(unheard.len() >= 5, "{} artists", unheard.len());
    for (name, _) in unheard {
        assert!(top_tracks(&mut lastfm, name).len() >= 4, "{name}");
    }
}

#[test]
fn top_tracks_come_with_ranks_and_a_limit_is_moved_into_its_bounds() {
    let mut lastfm = still(2_000);
    let artist = favourite(&mut lastfm);
    let all = top_tracks(&mut lastfm, &artist);
    for (limit, expected) in [("0", 1), ("5000", all.len()), ("2", 2)] {
        let params =
            names(&[("method", "artist.getTopTracks"), ("artist", &artist), ("limit", limit)]);
        let answer = body(&mut lastfm, &params);
        let items = answer["toptracks"]["track"].as_array().unwrap();
        assert_eq!(items.len(), expected.min(all.len()), "limit={limit}");
        assert_eq!(items[0]["@attr"]["rank"], "1");
        assert_eq!(answer["toptracks"]["@attr"]["total"], all.len().to_string());
    }
    let params = names(&[("method", "artist.getTopTracks"), ("artist", &artist), ("page", "99")]);
    assert_eq!(body(&mut lastfm, &params)["toptracks"]["track"], serde_json::json!([]));
}

#[test]
fn figures_of_a_user_are_those_of_the_history() {
    let mut lastfm = still(2_000);
    let truth = lastfm.truth();
    let play = truth.iter().find(|play| play.album.is_some()).unwrap().clone();
    let (artist, track, album) = (&*play.artist, &*play.track, play.album.as_deref().unwrap());
    let count =
        |is_same: &dyn Fn(&TruePlay) -> bool| truth.iter().filter(|play| is_same(play)).count();
    let by = |other: &TruePlay| other.artist.to_lowercase() == artist.to_lowercase();

    let asked = [("method", "artist.getInfo"), ("artist", artist), ("username", "RJ")];
    let info = body(&mut lastfm, &names(&asked))["artist"].take();
    assert_eq!(info["stats"]["userplaycount"], count(&by).to_string());
    assert_eq!(info["similar"]["artist"].as_array().unwrap().len(), 5);

    let asked =
        [("method", "track.getInfo"), ("artist", artist), ("track", track), ("username", "RJ")];
    let info = body(&mut lastfm, &names(&asked))["track"].take();
    let same = |other: &TruePlay| by(other) && other.track.to_lowercase() == track.to_lowercase();
    assert_eq!(info["userplaycount"], count(&same).to_string());
    assert!(text(&info, "playcount").parse::<usize>().unwrap() > count(&same));
    assert_eq!(text(&info, "duration").parse::<u64>().unwrap() % 1_000, 0);

    let asked =
        [("method", "album.getInfo"), ("artist", artist), ("album", album), ("username", "RJ")];
    let info = body(&mut lastfm, &names(&asked))["album"].take();
    let same = |other: &TruePlay| {
        by(other)
            && other.album.as_ref().is_some_and(|on| on.to_lowercase() == album.to_lowercase())
    };
    assert_eq!(info["userplaycount"], count(&same), "a number here, a text elsewhere");
    assert_eq!(info["name"], album);

    let nobody = names(&[("method", "artist.getInfo"), ("artist", artist), ("username", "nobody")]);
    assert_eq!(error(&mut lastfm, &nobody), (404, 6));
    let plain = body(&mut lastfm, &names(&asked[..3]));
    assert_eq!(plain["album"].get("userplaycount"), None);
}

#[test]
fn the_same_number_and_the_same_list_are_written_in_several_ways() {
    let mut lastfm = still(3_000);
    let top = body(&mut lastfm, "method=user.getTopAlbums&limit=1000");
    let albums = top["topalbums"]["album"].as_array().unwrap();
    let mut seen = BTreeSet::new();
    for album in albums {
        let by = text(&album["artist"], "name");
        let asked = [("method", "album.getInfo"), ("artist", by), ("album", text(album, "name"))];
        let info = body(&mut lastfm, &names(&asked))["album"].take();
        seen.insert(match &info["tracks"]["track"] {
            Value::Array(tracks) if tracks.iter().any(|track| track["duration"].is_null()) => {
                "null"
            }
            Value::Array(_) => "list",
            Value::Object(_) => "object",
            _ => "none",
        });
        seen.insert(if info["tags"].is_string() { "empty text" } else { "tags" });
    }
    let ways = ["empty text", "list", "none", "null", "object", "tags"];
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), ways);
    let top = body(&mut lastfm, "method=user.getTopTracks&limit=300");
    let mut ids = BTreeSet::new();
    for track in top["toptracks"]["track"].as_array().unwrap() {
        let by = text(&track["artist"], "name");
        let asked = [("method", "track.getInfo"), ("artist", by), ("track", text(track, "name"))];
        let info = body(&mut lastfm, &names(&asked))["track"].take();
        ids.insert((info.get("mbid").is_some(), info.get("album").is_some()));
        assert_eq!(info.get("userloved"), None);
    }
    assert_eq!(ids.len(), 4, "an mbid or an album may be missing");
}

#[test]
fn what_does_not_exist_is_not_found() {
    let mut lastfm = still(10);
    let artist = "artist=Nobody+Has+Heard";
    for method in [
        "artist.getInfo",
        "artist.getSimilar",
        "artist.getTopTracks",
        "track.getInfo&track=x",
        "album.getInfo&album=x",
    ] {
        assert_eq!(error(&mut lastfm, &format!("method={method}&{artist}")), (404, 6), "{method}");
        assert_eq!(error(&mut lastfm, &format!("method={method}")), (400, 6), "{method}");
        assert_eq!(error(&mut lastfm, &format!("method={method}&mbid=00")), (404, 6), "{method}");
    }
}

#[test]
fn what_has_an_mbid_is_found_by_it_and_a_wrong_name_where_correcting_is_asked_for() {
    let mut lastfm = still(500);
    let top = body(&mut lastfm, "method=user.getTopArtists&limit=1000");
    let artists = top["topartists"]["artist"].as_array().unwrap();
    let artist = artists.iter().find(|artist| artist["mbid"] != "").unwrap();
    let by_id = format!("method=artist.getInfo&mbid={}", text(artist, "mbid"));
    assert_eq!(body(&mut lastfm, &by_id)["artist"]["name"], artist["name"]);
    lastfm.insert(START, "AC/DC", "T.N.T.", None);
    let wrong = "method=track.getInfo&artist=acdc&track=tnt";
    assert_eq!(error(&mut lastfm, wrong), (404, 6));
    let right = body(&mut lastfm, &format!("{wrong}&autocorrect=1"));
    assert_eq!(right["track"]["name"], "T.N.T.");
}

#[test]
fn a_plus_in_an_address_is_a_space_unless_it_is_encoded_twice() {
    let mut lastfm = still(0);
    lastfm.insert(START, "+44", "No, It Isn't", None);
    let mut get = |artist: &str| {
        let url = format!(
            "https://ws.audioscrobbler.com/2.0/?method=artist.getInfo&artist={artist}&api_key=k&format=json"
        );
        lastfm.answer(&Request::get(url.parse().unwrap()), START).unwrap().status.as_u16()
    };
    assert_eq!(get("%2B44"), 404);
    assert_eq!(get("%252B44"), 200);
    assert_eq!(body(&mut lastfm, "method=artist.getInfo&artist=%2B44")["artist"]["name"], "+44");
}

#[test]
fn a_search_finds_what_holds_the_text() {
    let mut lastfm = still(500);
    for (method, item) in [("artist", "artist"), ("album", "album"), ("track", "track")] {
        let params = format!("method={method}.search&{item}=HOUSE");
        let results = body(&mut lastfm, &format!("{params}&limit=1000"))["results"].take();
        let all = results[format!("{item}matches")][item].as_array().unwrap().clone();
        assert!(all.len() > 1, "{method}");
        assert!(all.iter().all(|found| text(found, "name").to_lowercase().contains("house")));
        assert_eq!(results["opensearch:totalResults"], all.len().to_string());
        let second = body(&mut lastfm, &format!("{params}&limit=1&page=2"))["results"].take();
        assert_eq!(second[format!("{item}matches")][item], serde_json::json!([all[1]]));
        assert_eq!(second["opensearch:startIndex"], "1");
        let none = body(&mut lastfm, &format!("method={method}.search&{item}=nothing+like+it"));
        assert_eq!(none["results"]["opensearch:totalResults"], "0");
    }
}
