//! Charts say what the history says.

use std::collections::BTreeMap;

use super::*;

fn number(value: &Value) -> u64 {
    value.as_str().unwrap().parse().unwrap()
}

/// What is played how often, all pages of a chart.
fn whole(lastfm: &mut FakeLastfm, params: &str, root: &str, item: &str) -> Vec<(String, u64)> {
    let mut lines = Vec::new();
    for page in 1.. {
        let chart = body(lastfm, &format!("{params}&limit=70&page={page}"))[root].take();
        let items = chart[item].as_array().unwrap();
        let total = number(&chart["@attr"]["total"]);
        assert_eq!(number(&chart["@attr"]["totalPages"]), total.div_ceil(70));
        for line in items {
            lines.push((line["name"].as_str().unwrap().to_owned(), number(&line["playcount"])));
            if let Some(rank) = line.get("@attr") {
                assert_eq!(number(&rank["rank"]), lines.len() as u64);
            }
        }
        if items.is_empty() {
            assert_eq!(lines.len() as u64, total, "a page beyond the last one is empty");
            break;
        }
    }
    assert!(lines.is_sorted_by_key(|(_, plays)| std::cmp::Reverse(*plays)));
    lines
}

/// The same from the truth.
fn counted(plays: &[TruePlay], name: Line) -> Vec<u64> {
    let mut counts: BTreeMap<(String, String), u64> = BTreeMap::new();
    for play in plays {
        if let Some((by, name)) = name(play) {
            *counts.entry((by.to_lowercase(), name.to_lowercase())).or_default() += 1;
        }
    }
    let mut counts: Vec<u64> = counts.into_values().collect();
    counts.sort_unstable_by_key(|plays| std::cmp::Reverse(*plays));
    counts
}

/// What makes two plays one line of a chart.
type Line = fn(&TruePlay) -> Option<(String, String)>;

const BY_ARTIST: Line = |play| Some((play.artist.to_string(), String::new()));
const BY_ALBUM: Line = |play| Some((play.artist.to_string(), play.album.as_ref()?.to_string()));
const BY_TRACK: Line = |play| Some((play.artist.to_string(), play.track.to_string()));

fn plays(lines: &[(String, u64)]) -> Vec<u64> {
    lines.iter().map(|(_, plays)| *plays).collect()
}

#[test]
fn the_charts_of_all_time_count_every_play_once() {
    let mut lastfm = still(900);
    let truth = lastfm.truth();
    let artists = whole(&mut lastfm, "method=user.getTopArtists", "topartists", "artist");
    assert_eq!(plays(&artists), counted(&truth, BY_ARTIST));
    let albums = whole(&mut lastfm, "method=user.getTopAlbums", "topalbums", "album");
    assert_eq!(plays(&albums), counted(&truth, BY_ALBUM));
    let tracks = whole(&mut lastfm, "method=user.getTopTracks", "toptracks", "track");
    assert_eq!(plays(&tracks), counted(&truth, BY_TRACK));
    let library = whole(&mut lastfm, "method=library.getArtists", "artists", "artist");
    assert_eq!(library, artists);
}

#[test]
fn a_period_counts_what_was_played_in_it() {
    let mut scenario = Scenario::still(900);
    scenario.history.years = 2.0;
    scenario.history.hostile_names = 0.0;
    let mut lastfm = FakeLastfm::new(1, &scenario, START);
    let truth = lastfm.truth();
    for (period, days) in
        [("7day", 7), ("1month", 30), ("3month", 90), ("6month", 180), ("12month", 365)]
    {
        let from = START.plus(-days * 86_400);
        let recent: Vec<_> = truth.iter().filter(|play| play.at >= from).cloned().collect();
        let params = format!("method=user.getTopTracks&period={period}");
        let tracks = whole(&mut lastfm, &params, "toptracks", "track");
        assert_eq!(plays(&tracks), counted(&recent, BY_TRACK), "{period}");
    }
    assert_eq!(error(&mut lastfm, "method=user.getTopTracks&period=2day"), (400, 6));
}

#[test]
fn a_weekly_chart_counts_its_seconds_and_by_itself_the_last_whole_week() {
    let mut scenario = Scenario::still(900);
    scenario.history.years = 1.0;
    scenario.history.hostile_names = 0.0;
    let mut lastfm = FakeLastfm::new(1, &scenario, START);
    let truth = lastfm.truth();
    let (from, to) = (truth[300].at, truth[600].at);
    let within: Vec<_> =
        truth.iter().filter(|play| (from..to).contains(&play.at)).cloned().collect();
    for (kind, item, key) in [
        ("Artist", "artist", BY_ARTIST),
        ("Album", "album", BY_ALBUM),
        ("Track", "track", BY_TRACK),
    ] {
        let (first, last) = (from.as_unix(), to.as_unix());
        let params = format!("method=user.getWeekly{kind}Chart&from={first}&to={last}");
        let chart = body(&mut lastfm, &params)[format!("weekly{item}chart")].take();
        let lines = chart[item].as_array().unwrap().iter();
        let lines: Vec<u64> = lines.map(|line| number(&line["playcount"])).collect();
        assert_eq!(lines, counted(&within, key), "{kind}");
        assert_eq!(chart["@attr"]["from"], first.to_string());
    }
    let chart = body(&mut lastfm, "method=user.getWeeklyArtistChart")["weeklyartistchart"].take();
    let weeks = body(&mut lastfm, "method=user.getWeeklyChartList")["weeklychartlist"].take();
    let last = weeks["chart"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&chart["@attr"]["from"], &chart["@attr"]["to"]), (&last["from"], &last["to"]));
}

#[test]
fn every_play_of_a_track_is_found_newest_first() {
    let mut lastfm = still(900);
    let truth = lastfm.truth();
    let track = &truth[700];
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    let names =
        form.append_pair("artist", &track.artist).append_pair("track", &track.track).finish();
    let answer = body(&mut lastfm, &format!("method=user.getTrackScrobbles&{names}&limit=1000"));
    let items = answer["trackscrobbles"]["track"].as_array().unwrap();
    let seconds: Vec<_> =
        items.iter().map(|item| number(&item["date"]["uts"]).cast_signed()).collect();
    let same = truth.iter().rev().filter(|play| BY_TRACK(play) == BY_TRACK(track));
    assert_eq!(seconds, same.map(|play| play.at.as_unix()).collect::<Vec<_>>());
    assert_eq!(lastfm.log().last().unwrap().plays, seconds.len());
}

#[test]
fn limits_are_1_to_1000_but_where_the_service_has_its_own() {
    let mut lastfm = still(30);
    for method in [
        "user.getTopArtists",
        "user.getTopAlbums",
        "user.getTopTracks",
        "user.getLovedTracks",
        "user.getWeeklyTrackChart",
    ] {
        for limit in [0, 1_001] {
            let params = format!("method={method}&limit={limit}");
            assert_eq!(error(&mut lastfm, &params), (400, 6), "{params}");
        }
        body(&mut lastfm, &format!("method={method}&limit=1000"));
    }
    assert_eq!(error(&mut lastfm, "method=library.getArtists&limit=0"), (500, 8));
    assert_eq!(error(&mut lastfm, "method=library.getArtists&limit=2001"), (400, 6));
    body(&mut lastfm, "method=library.getArtists&limit=2000");
}
