//! What an app sends comes into the history, or is ignored with the right code.

use super::*;

/// What the service says to a signed call of the account's own app.
fn send(lastfm: &mut FakeLastfm, params: &str) -> Value {
    let key = lastfm.log_in("rj").unwrap();
    body(lastfm, &format!("{params}&sk={key}&api_sig=any"))
}

pub(super) fn scrobble(lastfm: &mut FakeLastfm, params: &str) -> Value {
    send(lastfm, &format!("method=track.scrobble&{params}"))["scrobbles"].take()
}

/// A scrobble of one track at so many seconds after the start.
pub(super) fn play(after: i64) -> String {
    format!("artist=Low&track=Lullaby&timestamp={}", START.plus(after).as_unix())
}

pub(super) fn code(scrobbles: &Value) -> &Value {
    &scrobbles["scrobble"]["ignoredMessage"]["code"]
}

#[test]
fn a_scrobble_is_in_the_history_and_in_the_totals() {
    let mut lastfm = still(3);
    let answer = scrobble(&mut lastfm, &format!("{}&album=I+Could+Live+in+Hope", play(-60)));
    assert_eq!(answer["@attr"], serde_json::json!({"accepted": 1, "ignored": 0}));
    assert_eq!(answer["scrobble"]["artist"]["#text"], "Low");
    assert_eq!(answer["scrobble"]["timestamp"], START.plus(-60).as_unix().to_string());
    assert_eq!(code(&answer), "0");
    let (plays, total) = page(&mut lastfm, "");
    assert_eq!(plays[0], (START.plus(-60).as_unix(), "Lullaby".to_owned()));
    assert_eq!(total, 4);
    assert_eq!(body(&mut lastfm, "method=user.getInfo")["user"]["playcount"], "4");
    let truth = lastfm.truth();
    assert_eq!(truth[3].album.as_deref(), Some("I Could Live in Hope"));
    let top = body(&mut lastfm, "method=user.getTopArtists&period=7day");
    assert_eq!(top["topartists"]["artist"][0]["name"], "Low");
}

#[test]
fn a_batch_is_judged_one_by_one_and_one_alone_is_an_object() {
    let mut lastfm = still(0);
    lastfm.service_mut().filtered_tracks = vec!["[untitled]".to_owned()];
    let now = START.as_unix();
    let day = 86_400;
    let item = |number: usize, artist: &str, track: &str, at: i64| {
        format!("artist[{number}]={artist}&track[{number}]={track}&timestamp[{number}]={at}")
    };
    let batch = [
        item(0, "Low", "a", now - 14 * day),
        item(1, "various", "b", now),
        item(2, "Low", "[Untitled]", now),
        item(3, "Low", "c", now - 14 * day - 1),
        item(4, "Low", "d", now + day + 1),
        item(10, "Low", "e", now + day),
    ];
    let answer = scrobble(&mut lastfm, &batch.join("&"));
    let items = answer["scrobble"].as_array().unwrap();
    let codes: Vec<_> = items.iter().map(|item| &item["ignoredMessage"]["code"]).collect();
    assert_eq!(codes, ["0", "1", "2", "3", "4", "0"]);
    assert_eq!(answer["@attr"], serde_json::json!({"accepted": 2, "ignored": 4}));
    assert_eq!(items[1]["artist"], serde_json::json!({"corrected": "0"}), "without its text");
    assert_eq!(items[2]["track"], serde_json::json!({"corrected": "0"}), "without its text");
    assert_eq!(items[3]["artist"]["#text"], "Low");
    let tracks: Vec<_> = lastfm.truth().iter().map(|play| play.track.to_string()).collect();
    assert_eq!(tracks, ["a", "e"]);
    let alone = scrobble(&mut lastfm, &item(0, "Low", "f", now));
    assert!(alone["scrobble"].is_object());
}

#[test]
fn the_same_scrobble_again_is_accepted_and_not_stored() {
    let mut lastfm = still(0);
    lastfm.service_mut().scrobbles_per_day = 2;
    for _ in 0..5 {
        assert_eq!(scrobble(&mut lastfm, &play(0))["@attr"]["accepted"], 1);
    }
    assert_eq!(lastfm.truth().len(), 1);
    assert_eq!(code(&scrobble(&mut lastfm, &play(1))), "0", "repeats do not count");
    assert_eq!(lastfm.truth().len(), 2);
}

#[test]
fn a_day_has_its_limit_and_the_next_day_another() {
    let mut lastfm = still(0);
    lastfm.service_mut().scrobbles_per_day = 2;
    let codes: Vec<_> = (0..3)
        .map(|n| code(&scrobble(&mut lastfm, &play(n))).as_str().unwrap().to_owned())
        .collect();
    assert_eq!(codes, ["0", "0", "5"]);
    lastfm.advance_to(START.plus(86_400));
    assert_eq!(code(&scrobble(&mut lastfm, &play(2))), "0");
    assert_eq!(lastfm.truth().len(), 3);
}

#[test]
fn more_than_fifty_or_one_that_lacks_something_are_refused_as_a_whole() {
    let mut lastfm = still(0);
    let batch = |count: usize| -> String {
        let item = |n| format!("artist[{n}]=Low&track[{n}]={n}&timestamp[{n}]=1780000000");
        (0..count).map(item).collect::<Vec<_>>().join("&")
    };
    let key = lastfm.log_in("rj").unwrap();
    let scrobble = format!("method=track.scrobble&sk={key}&api_sig=any");
    assert_eq!(error(&mut lastfm, &format!("{scrobble}&{}", batch(51))), (400, 6));
    let lacking = format!("{scrobble}&{}&artist[7]=Low&track[7]=x", batch(3));
    assert_eq!(error(&mut lastfm, &lacking), (400, 6));
    assert_eq!(error(&mut lastfm, &scrobble), (400, 6));
    assert_eq!(lastfm.truth(), []);
    body(&mut lastfm, &format!("{scrobble}&{}", batch(50)));
    assert_eq!(lastfm.truth().len(), 50);
}

#[test]
fn writing_takes_a_signature_a_session_and_a_body() {
    let mut lastfm = still(0);
    let key = lastfm.log_in("rj").unwrap();
    for method in ["track.scrobble", "track.updateNowPlaying", "track.love", "track.unlove"] {
        let params = format!("method={method}&{}", play(0));
        assert_eq!(error(&mut lastfm, &format!("{params}&sk={key}")), (403, 13), "{method}");
        assert_eq!(error(&mut lastfm, &format!("{params}&api_sig=any")), (403, 9), "{method}");
        let url = format!(
            "https://ws.audioscrobbler.com/2.0/?format=json&api_key=k&sk={key}&api_sig=x&{params}"
        );
        let answer = lastfm.answer(&Request::get(url.parse().unwrap()), START).unwrap();
        assert_eq!(answer.status, 403, "{method}");
    }
    assert_eq!(lastfm.truth(), []);
}

#[test]
fn an_old_scrobble_is_called_filtered_or_lost_where_the_service_is_like_that() {
    let mut lastfm = still(0);
    let old = play(-15 * 86_400);
    lastfm.service_mut().old_scrobbles = OldScrobbles::Filtered;
    assert_eq!(code(&scrobble(&mut lastfm, &old)), "1");
    lastfm.service_mut().old_scrobbles = OldScrobbles::Lost;
    assert_eq!(code(&scrobble(&mut lastfm, &old)), "0");
    assert_eq!(lastfm.truth(), []);
}

#[test]
fn an_album_artist_that_is_nobody_and_a_length_that_is_none_are_ignored() {
    let mut lastfm = still(0);
    for odd in ["albumArtist=VA", "duration=29"] {
        assert_eq!(code(&scrobble(&mut lastfm, &format!("{}&{odd}", play(0)))), "1", "{odd}");
    }
    for fine in ["albumArtist=Various+Artists", "duration=30", "album=&mbid=&duration="] {
        assert_eq!(code(&scrobble(&mut lastfm, &format!("{}&{fine}", play(0)))), "0", "{fine}");
    }
}

#[test]
fn names_are_corrected_and_what_was_corrected_is_marked() {
    let mut lastfm = still(0);
    let at = START.as_unix();
    let params = format!("artist=guns+and+roses&track=Sweet+Child+Of+Mine&timestamp={at}");
    let scrobble = scrobble(&mut lastfm, &params)["scrobble"].take();
    assert_eq!(scrobble["artist"], serde_json::json!({"corrected": "1", "#text": "Guns N' Roses"}));
    assert_eq!(scrobble["track"]["#text"], "Sweet Child o' Mine");
    assert_eq!(scrobble["track"]["corrected"], "1");
    let truth = lastfm.truth();
    assert_eq!((&*truth[0].artist, &*truth[0].track), ("Guns N' Roses", "Sweet Child o' Mine"));
    let right = body(&mut lastfm, "method=artist.getCorrection&artist=Guns+and+Roses");
    assert_eq!(right["corrections"]["correction"]["artist"]["name"], "Guns N' Roses");
    let none = body(&mut lastfm, "method=artist.getCorrection&artist=Low");
    assert!(none["corrections"].is_string());
    let right = body(&mut lastfm, "method=track.getCorrection&artist=ACDC&track=TNT");
    let right = &right["corrections"]["correction"];
    assert_eq!(
        (&right["track"]["name"], &right["track"]["artist"]["name"]),
        (&"T.N.T.".into(), &"AC/DC".into())
    );
    assert_eq!(right["@attr"]["artistcorrected"], "1");
}

#[test]
fn what_is_playing_is_shown_until_it_is_over_or_scrobbled() {
    let mut lastfm = still(2);
    let playing = |lastfm: &mut FakeLastfm| {
        let page = body(lastfm, "method=user.getRecentTracks&limit=1");
        let first = page["recenttracks"]["track"][0].clone();
        (first["@attr"]["nowplaying"] == "true").then(|| first["name"].clone())
    };
    let update = "method=track.updateNowPlaying&artist=Low&track=Lullaby&duration=100";
    let answer = send(&mut lastfm, update);
    assert_eq!(answer["nowplaying"]["track"]["#text"], "Lullaby");
    assert_eq!(answer["nowplaying"].get("timestamp"), None);
    assert_eq!(playing(&mut lastfm), Some("Lullaby".into()));
    assert_eq!(page(&mut lastfm, "limit=1").1, 2, "it is not history");
    lastfm.advance_to(START.plus(99));
    assert_eq!(playing(&mut lastfm), Some("Lullaby".into()));
    lastfm.advance_to(START.plus(100));
    assert_eq!(playing(&mut lastfm), None);
    send(&mut lastfm, update);
    scrobble(&mut lastfm, "artist=Low&track=Else&timestamp=1780000000");
    assert_eq!(playing(&mut lastfm), Some("Lullaby".into()));
    scrobble(&mut lastfm, &play(0));
    assert_eq!(playing(&mut lastfm), None);
    send(&mut lastfm, "method=track.updateNowPlaying&artist=Various&track=x");
    assert_eq!(playing(&mut lastfm), None, "what is filtered is not playing");
}

#[test]
fn a_scrobble_whose_answer_is_lost_has_happened() {
    let mut lastfm = still(0);
    let key = lastfm.log_in("rj").unwrap();
    lastfm.fail_next(Fault::ResetAfter);
    let params = format!("method=track.scrobble&{}&sk={key}&api_sig=any", play(0));
    assert!(lastfm.answer(&request(&params), START).is_err());
    assert_eq!(lastfm.truth().len(), 1);
    lastfm.fail_next(Fault::ResetBefore);
    let params = format!("method=track.scrobble&{}&sk={key}&api_sig=any", play(1));
    assert!(lastfm.answer(&request(&params), START).is_err());
    assert_eq!(lastfm.truth().len(), 1);
}

#[test]
fn a_track_is_loved_until_it_is_unloved_heard_or_not() {
    let mut lastfm = still(200);
    let loved = |lastfm: &mut FakeLastfm| {
        let list = body(lastfm, "method=user.getLovedTracks&limit=1000")["lovedtracks"].take();
        let total: usize = list["@attr"]["total"].as_str().unwrap().parse().unwrap();
        let tracks = list["track"].as_array().unwrap().clone();
        assert_eq!(tracks.len(), total);
        tracks
    };
    let before = loved(&mut lastfm);
    assert!(before.len() > 2, "the history came with some");
    lastfm.advance_to(START.plus(7));
    let answer = send(&mut lastfm, "method=track.love&artist=Low&track=Lullaby");
    assert_eq!(answer, serde_json::json!({}));
    let after = loved(&mut lastfm);
    assert_eq!((after.len(), &after[0]["name"]), (before.len() + 1, &"Lullaby".into()));
    assert_eq!(after[0]["date"]["uts"], START.plus(7).as_unix().to_string());
    lastfm.advance_to(START.plus(9));
    send(&mut lastfm, "method=track.love&artist=low&track=LULLABY");
    assert_eq!(loved(&mut lastfm), after, "loving again changes nothing");

    let old = &before[0];
    let names = [&old["artist"]["name"], &old["name"]].map(|name| name.as_str().unwrap());
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    let params = form.append_pair("artist", names[0]).append_pair("track", names[1]).finish();
    send(&mut lastfm, &format!("method=track.unlove&{params}"));
    assert_eq!(loved(&mut lastfm).len(), before.len());
    let info = body(&mut lastfm, &format!("method=track.getInfo&{params}&username=rj"));
    assert_eq!(info["track"]["userloved"], "0");
    let page = body(&mut lastfm, "method=user.getRecentTracks&extended=1&limit=1000");
    let items = page["recenttracks"]["track"].as_array().unwrap();
    let same =
        items.iter().filter(|item| item["name"] == names[1] && item["artist"]["name"] == names[0]);
    assert!(same.clone().count() > 0 && same.clone().all(|item| item["loved"] == "0"));
}
