//! Real answers, kept outside this repository: `LASTFM_RECORDED` names their folder.

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
