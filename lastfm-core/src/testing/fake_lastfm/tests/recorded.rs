//! Answers have the shapes of real ones. The real ones are not part of this repository: these
//! tests read them from the folder that `LASTFM_RECORDED` names, and pass without it.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::*;

fn recorded(name: &str) -> Option<String> {
    let folder = PathBuf::from(std::env::var_os("LASTFM_RECORDED")?);
    Some(std::fs::read_to_string(folder.join("lastfm").join(name)).unwrap())
}

/// Every path of a value with the type at its end; the items of a list are one.
fn shape(value: &Value) -> BTreeSet<String> {
    fn walk(value: &Value, path: &str, shape: &mut BTreeSet<String>) {
        let kind = match value {
            Value::Null => "null",
            Value::Bool(_) => "bool",
            Value::Number(_) => "number",
            Value::String(_) => "text",
            Value::Array(items) => {
                for item in items {
                    walk(item, &format!("{path}[]"), shape);
                }
                "list"
            }
            Value::Object(members) => {
                for (name, member) in members {
                    walk(member, &format!("{path}.{name}"), shape);
                }
                "object"
            }
        };
        shape.insert(format!("{path}: {kind}"));
    }
    let mut paths = BTreeSet::new();
    walk(value, "", &mut paths);
    paths
}

fn assert_shaped_like(name: &str, answer: &Value) {
    if let Some(recorded) = recorded(name) {
        let recorded: Value = serde_json::from_str(&recorded).unwrap();
        assert_eq!(shape(answer), shape(&recorded), "{name}");
    }
}

#[test]
fn answers_have_the_shapes_of_recorded_ones() {
    let mut lastfm = still(500);
    let page = body(&mut lastfm, "method=user.getRecentTracks&limit=200");
    assert_shaped_like("user.getRecentTracks.normal.json", &page);
    let range = body(&mut lastfm, "method=user.getRecentTracks&from=1&to=2000000000");
    assert_shaped_like("user.getRecentTracks.range.from-inclusive.to-exclusive.json", &range);
    let profile = body(&mut lastfm, "method=user.getInfo");
    assert_shaped_like("user.getInfo.json", &profile);
    let charts = body(&mut lastfm, "method=user.getWeeklyChartList");
    assert_shaped_like("user.getWeeklyChartList.json", &charts);
    let empty = body(&mut lastfm, "method=user.getRecentTracks&to=1");
    assert_shaped_like("user.getRecentTracks.empty.json", &empty);
    lastfm.service_mut().empty_page = EmptyPage::Text2014;
    let empty = body(&mut lastfm, "method=user.getRecentTracks&to=1");
    assert_shaped_like("user.getRecentTracks.empty.2014-text-newline.json", &empty);
    lastfm.service_mut().now_playing = NowPlaying::Always;
    let page = body(&mut lastfm, "method=user.getRecentTracks&limit=1");
    assert_shaped_like("user.getRecentTracks.nowplaying.limit1.json", &page);
    let extended = body(&mut lastfm, "method=user.getRecentTracks&extended=1");
    assert_shaped_like("user.getRecentTracks.extended.nowplaying.201-items.json", &extended);
}

/// As above, but for members that real answers have or lack from one case to the next.
fn assert_shaped_within(name: &str, answer: &Value, more: &[&str]) {
    if let Some(recorded) = recorded(name) {
        let recorded = shape(&serde_json::from_str(&recorded).unwrap());
        let odd: Vec<_> = shape(answer).difference(&recorded).cloned().collect();
        assert_eq!(odd, more, "{name}");
    }
}

#[test]
fn answers_of_an_app_that_shows_charts_have_the_shapes_of_recorded_ones() {
    let mut lastfm = still(500);
    for (method, name) in [
        ("user.getTopArtists", "user.getTopArtists.swift"),
        ("user.getTopAlbums", "user.getTopAlbums.swift"),
        ("user.getTopTracks", "user.getTopTracks"),
        ("user.getLovedTracks", "user.getLovedTracks.page1"),
        ("library.getArtists", "library.getArtists.swift"),
        ("user.getWeeklyArtistChart&from=1&to=2000000000", "user.getWeeklyArtistChart.swift"),
        ("user.getWeeklyAlbumChart&from=1&to=2000000000", "user.getWeeklyAlbumChart.swift"),
        ("user.getWeeklyTrackChart&from=1&to=2000000000", "user.getWeeklyTrackChart.swift"),
        ("artist.search&artist=a", "artist.search.swift"),
        ("album.search&album=a", "album.search"),
        ("track.search&track=a", "track.search.swift"),
    ] {
        let answer = body(&mut lastfm, &format!("method={method}&limit=300"));
        assert_shaped_like(&format!("{name}.json"), &answer);
    }
    let top = body(&mut lastfm, "method=user.getTopAlbums&limit=1");
    let album = &top["topalbums"]["album"][0];
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    let artist = album["artist"]["name"].as_str().unwrap();
    let form = form.append_pair("artist", artist).append_pair("username", "rj");
    let names = form.append_pair("album", album["name"].as_str().unwrap()).finish();
    let similar = body(&mut lastfm, &format!("method=artist.getSimilar&{names}"));
    assert_shaped_like("artist.getSimilar.swift.json", &similar);
    let tracks = body(&mut lastfm, &format!("method=artist.getTopTracks&{names}"));
    assert_shaped_within("artist.getTopTracks.swift-corrected.json", &tracks, &[]);
    let info = body(&mut lastfm, &format!("method=artist.getInfo&{names}"));
    assert_shaped_like("artist.getInfo.swift-withUsername.json", &info);
    let info = body(&mut lastfm, &format!("method=album.getInfo&{names}"));
    assert_shaped_within("album.getInfo.json", &info, &[]);
    let position = [".track.album.@attr.position: text", ".track.album.@attr: object"].as_slice();
    let tracks = body(&mut lastfm, "method=user.getTopTracks&limit=30");
    for track in tracks["toptracks"]["track"].as_array().unwrap() {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        let form = form.append_pair("artist", track["artist"]["name"].as_str().unwrap());
        let names = form.append_pair("track", track["name"].as_str().unwrap()).finish();
        let info = body(&mut lastfm, &format!("method=track.getInfo&username=rj&{names}"));
        let album = info["track"].get("album").is_some();
        let more = if album { position } else { &[] };
        assert_shaped_within("track.getInfo.user.json", &info, more);
    }
}

#[test]
fn answers_of_an_app_that_logs_in_and_scrobbles_have_the_shapes_of_recorded_ones() {
    let mut lastfm = still(5);
    let token = body(&mut lastfm, "method=auth.getToken&api_sig=any");
    assert_shaped_like("auth.getToken.json", &token);
    let token = token["token"].as_str().unwrap();
    assert!(lastfm.approve(token, "rj"));
    let session = body(&mut lastfm, &format!("method=auth.getSession&token={token}&api_sig=any"));
    assert_shaped_like("auth.getSession.json", &session);
    let key = lastfm.log_in("rj").unwrap();
    let mut send = |params: &str| body(&mut lastfm, &format!("{params}&sk={key}&api_sig=any"));
    let names = "artist=a&track=b&album=c&albumArtist=d";
    let playing = send(&format!("method=track.updateNowPlaying&{names}"));
    assert_shaped_like("track.updateNowPlaying.json", &playing);
    let one = send(&format!("method=track.scrobble&{names}&timestamp=1780000000"));
    assert_shaped_like("track.scrobble.accepted.json", &one);
    let item = |n: usize| {
        let artist = if n == 0 { "Various" } else { "a" };
        format!(
            "artist[{n}]={artist}&track[{n}]=b&album[{n}]=c&albumArtist[{n}]=d&timestamp[{n}]=1780000000"
        )
    };
    let many = send(&format!("method=track.scrobble&{}&{}", item(0), item(1)));
    assert_shaped_like("track.scrobble.ignored-codes.json", &many);
    let artist = body(&mut lastfm, "method=artist.getCorrection&artist=acdc");
    assert_shaped_within("artist.getCorrection.swift.json", &artist, &[]);
    let track = body(&mut lastfm, "method=track.getCorrection&artist=acdc&track=tnt");
    assert_shaped_within("track.getCorrection.swift.json", &track, &[]);
}

#[test]
fn errors_are_spelled_like_recorded_ones() {
    let mut lastfm = still(5);
    lastfm.service_mut().api_key = Some("right".to_owned());
    let key = "api_key=right&format=json&method=user.getRecentTracks";
    for (name, params) in [
        ("error.10.invalid_api_key.json", "api_key=wrong&format=json&method=user.getInfo"),
        ("error.3.invalid_method.json", "format=json&method=tag.search"),
        ("error.6.missing_param.json", key),
        ("error.6.limit_bounds.json", &format!("{key}&user=rj&limit=1001")),
        ("error.6.page_bounds.json", &format!("{key}&user=rj&page=0")),
        ("error.6.user_not_found.json", &format!("{key}&user=nobody")),
        ("error.9.invalid_session.json", &format!("{key}&user=rj&sk=unknown")),
    ] {
        let url = "https://ws.audioscrobbler.com/2.0/".parse().unwrap();
        let request = Request::post(url, params.to_owned());
        let answer = lastfm.answer(&request, START).unwrap();
        if let Some(recorded) = recorded(name) {
            assert_eq!(answer.body, recorded.trim(), "{name}");
        }
    }
}
