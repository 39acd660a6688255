//! Real answers, kept outside this repository: `LASTFM_RECORDED` names their folder.

use std::fmt::Debug;
use std::path::PathBuf;

use lastfm_core::methods::user::{GetInfo, GetRecentTracks, GetWeeklyChartList};
use lastfm_core::{Error, ErrorClass, Method};

use crate::support::answer;

/// The recorded answers whose names begin so, or nothing, said aloud.
fn recorded(prefix: &str) -> Vec<(String, String)> {
    let Ok(folder) = std::env::var("LASTFM_RECORDED") else {
        eprintln!("SKIPPED: LASTFM_RECORDED does not name the folder of recorded answers");
        return Vec::new();
    };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(PathBuf::from(folder).join("lastfm")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let is_read = path.extension().is_some_and(|kind| kind == "json" || kind == "html");
        if name.starts_with(prefix) && is_read {
            found.push((name, std::fs::read_to_string(path).unwrap()));
        }
    }
    assert!(!found.is_empty(), "none begins with {prefix}");
    found
}

#[test]
fn every_recorded_page_is_read() {
    let method = GetRecentTracks::new("RJ".parse().unwrap());
    for (name, body) in recorded("user.getRecentTracks.") {
        let items = serde_json::from_str::<serde_json::Value>(&body).unwrap();
        if items.get("error").is_some() {
            answer(&method, 200, body).expect_err(&name);
            continue;
        }
        let page = GetRecentTracks::decode(&body).expect(&name);
        let dated = match &items["recenttracks"]["track"] {
            serde_json::Value::Array(items) => {
                items.iter().filter(|item| item.get("date").is_some()).count()
            }
            serde_json::Value::Object(_) => 1,
            _ => 0,
        };
        let playing = !items["recenttracks"]["track"][0]["@attr"]["nowplaying"].is_null();
        assert_eq!(page.plays.len(), dated, "{name}");
        assert_eq!(page.undatable_count, 0, "{name}");
        assert_eq!(page.now_playing.is_some(), playing, "{name}");
        assert!(!page.user.is_empty() && page.total.is_some(), "{name}");
        assert!(page.plays.iter().all(|play| !play.track().name.is_empty()));
    }
}

#[test]
fn every_recorded_profile_and_chart_list_is_read() {
    for (name, body) in recorded("user.getInfo.") {
        let user = GetInfo::decode(&body).expect(&name);
        assert!(user.play_count > 0 && user.registered_at.is_some());
    }
    for (name, body) in recorded("user.getWeeklyChartList.") {
        assert_eq!(GetWeeklyChartList::decode(&body).expect(&name).len(), 2);
    }
}

#[test]
fn every_recorded_error_has_its_class() {
    let method = GetRecentTracks::new("RJ".parse().unwrap());
    for (name, body) in recorded("error.") {
        let error = answer(&method, 400, body).expect_err(&name);
        let number = name.split('.').nth(1).unwrap();
        let expected = match number {
            "html" | "8" => ErrorClass::Transient,
            "29" => ErrorClass::RateLimited,
            "17" => ErrorClass::LoginRequired,
            "9" => ErrorClass::SessionExpired,
            "4" => ErrorClass::Login,
            "10" | "13" => ErrorClass::Fatal,
            "6" if name.contains("not_found") || name.contains("artist") => ErrorClass::NotFound,
            _ => ErrorClass::Invalid,
        };
        assert_eq!(error.class(), expected, "{name}");
        if let Error::Api { code, .. } = error {
            assert_eq!(code.number().to_string(), number);
        }
    }
}

#[test]
fn whatever_a_recorded_answer_says_comes_out() {
    use lastfm_core::methods::{album, artist, chart, geo, library, tag};

    all_comes_out::<album::GetInfo>();
    all_comes_out::<album::Search>();
    all_comes_out::<artist::GetCorrection>();
    all_comes_out::<artist::GetInfo>();
    all_comes_out::<artist::GetSimilar>();
    all_comes_out::<artist::GetTopAlbums>();
    all_comes_out::<artist::GetTopTracks>();
    all_comes_out::<artist::Search>();
    all_comes_out::<chart::GetTopArtists>();
    all_comes_out::<chart::GetTopTags>();
    all_comes_out::<chart::GetTopTracks>();
    all_comes_out::<geo::GetTopArtists>();
    all_comes_out::<geo::GetTopTracks>();
    all_comes_out::<library::GetArtists>();
    all_comes_out::<tag::GetInfo>();
    all_comes_out::<tag::GetSimilar>();
    all_comes_out::<tag::GetTopAlbums>();
    all_comes_out::<tag::GetTopArtists>();
    all_comes_out::<tag::GetTopTags>();
    all_comes_out::<tag::GetTopTracks>();
    all_comes_out::<tag::GetWeeklyChartList>();
}

/// Looks in what came out of a method's recorded answers for every text and number in them.
fn all_comes_out<M: Method>()
where
    M::Response: Debug,
{
    use serde_json::Value;

    let left_out = ["streamable", "role", "rel", "index", "offset", "opensearch:startIndex"];
    // A moment, a yes or no, and what may be the size of no picture.
    let in_other_words = ["from", "to", "ontour", "size"];
    for (name, body) in recorded(&format!("{}.", M::NAME)) {
        let came_out = format!("{:?}", M::decode(&body).expect(&name));
        let mut values: Vec<Value> = vec![serde_json::from_str(&body).unwrap()];
        while let Some(value) = values.pop() {
            let said = match value {
                Value::Object(members) => {
                    let members = members.into_iter().filter(|(key, _)| {
                        let key = key.as_str();
                        !left_out.contains(&key) && !in_other_words.contains(&key)
                    });
                    values.extend(members.map(|(_, value)| value));
                    continue;
                }
                Value::Array(items) => {
                    values.extend(items);
                    continue;
                }
                Value::String(text) => format!("{text:?}").trim_matches('"').to_owned(),
                Value::Number(number) => number.to_string(),
                Value::Bool(_) | Value::Null => continue,
            };
            assert!(came_out.contains(&said), "{name}: {said} is not in {came_out}");
        }
    }
}
