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

/// Reads every recorded answer to a method; an answer that is cut short or misspelled is none.
fn answers<M: Method>() -> Vec<M::Response> {
    let bodies = recorded(&format!("{}.", M::NAME)).into_iter();
    let valid = bodies.filter(|(_, body)| serde_json::from_str::<serde_json::Value>(body).is_ok());
    valid.map(|(name, body)| M::decode(&body).expect(&name)).collect()
}

#[test]
fn every_recorded_list_of_a_user_is_read() {
    use lastfm_core::methods::user;

    for page in answers::<user::GetFriends>() {
        assert!(page.items.iter().all(|friend| friend.user.registered_at.is_some()));
        assert_eq!((page.items.len(), page.total), (2, Some(26)));
    }
    for page in answers::<user::GetLovedTracks>() {
        assert!(page.total.unwrap() >= 8 && page.items.len() >= 2);
        assert!(page.items.iter().all(|loved| !loved.track.artist.name.is_empty()));
    }
    for page in answers::<user::GetTopAlbums>() {
        assert_eq!((page.items.len(), page.items[4].rank), (5, Some(5)));
        assert!(page.items.iter().all(|album| album.mbid.is_some() || album.images.len() == 4));
    }
    for page in answers::<user::GetTopTracks>() {
        assert_eq!((page.items.len(), page.items[1].play_count), (2, Some(21)));
    }
    for chart in answers::<user::GetWeeklyAlbumChart>() {
        assert_eq!((chart.items.len(), chart.items[999].rank), (1000, Some(1000)));
    }
    for chart in answers::<user::GetWeeklyArtistChart>() {
        assert_eq!((chart.items.len(), chart.items[1].play_count), (2, Some(7610)));
    }
    for chart in answers::<user::GetWeeklyTrackChart>() {
        assert_eq!((chart.items.len(), chart.to.unwrap().as_unix()), (2, 1_697_379_092));
    }
}

#[test]
fn every_recorded_answer_about_a_track_is_read() {
    use lastfm_core::methods::track;

    for correction in answers::<track::GetCorrection>() {
        assert!(correction.unwrap().track_corrected);
    }
    for info in answers::<track::GetInfo>() {
        assert_eq!((info.listener_count, info.play_count), (Some(19), Some(136)));
        assert_eq!(info.user_loved.is_some(), info.user_play_count.is_some());
        assert!(info.album.is_none_or(|album| album.artist.name == info.artist.name));
    }
    for list in answers::<track::GetTags>() {
        assert_eq!((list.title.as_deref(), list.items.len()), (Some("Some Track"), 2));
    }
    for list in answers::<track::GetTopTags>() {
        assert_eq!(list.items[1].count, Some(63));
    }
    for page in answers::<track::Search>() {
        assert_eq!((page.total, page.total_pages, page.items.len()), (Some(2), Some(1), 2));
    }
    for scrobbled in answers::<track::Scrobble>() {
        let ignored = scrobbled.plays.iter().filter(|play| play.ignored.is_some()).count();
        assert_eq!(u64::try_from(ignored).unwrap(), scrobbled.ignored_count);
        let count = scrobbled.accepted_count + scrobbled.ignored_count;
        assert_eq!(u64::try_from(scrobbled.plays.len()).unwrap(), count);
    }
    for playing in answers::<track::UpdateNowPlaying>() {
        assert_eq!((playing.track.name.as_deref(), playing.ignored), (Some("Flaw"), None));
    }
}
