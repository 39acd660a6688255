//! Real lookups, kept outside this repository: `LASTFM_RECORDED` names their folder.

use std::path::PathBuf;
use std::sync::Arc;

use futures_executor::block_on;
use lastfm_core::Mbid;
use lastfm_core::testing::{FakeTransport, VirtualClock};
use lastfm_core::transport::LocalPacer;
use mb_enrich::{Source, UserAgent, WebSource};
use serde_json::Value;

use crate::support::{NOW, mbid};

/// The recorded answers by name.
fn recorded() -> Vec<(String, String)> {
    let Ok(folder) = std::env::var("LASTFM_RECORDED") else {
        eprintln!("SKIPPED: LASTFM_RECORDED does not name the folder of recorded answers");
        return Vec::new();
    };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(PathBuf::from(folder).join("musicbrainz")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|kind| kind == "json") {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            found.push((name, std::fs::read_to_string(path).unwrap()));
        }
    }
    assert!(!found.is_empty(), "the folder holds no answers");
    found
}

/// A source that gets these answers, one after the other.
fn source(answers: impl IntoIterator<Item = String>) -> WebSource {
    let clock = Arc::new(VirtualClock::new(NOW));
    let pacer = Arc::new(LocalPacer::new(WebSource::SPACING, clock.clone()));
    let script = answers.into_iter().fold(FakeTransport::new(), FakeTransport::json);
    let agent = UserAgent::new("tests", "1.0", "me@example.org").unwrap();
    WebSource::builder(agent, Arc::new(script), pacer, clock).build()
}

const NONE: &str = r#"{"count":0,"offset":0,"release-groups":[]}"#;

#[test]
fn every_recorded_lookup_says_what_its_group_is() {
    let mut read = 0;
    for (file, body) in recorded() {
        let value: Value = serde_json::from_str(&body).unwrap();
        let told = &value["release-group"];
        if told["id"].as_str().is_none() {
            continue;
        }
        // Neither search knows the identifier, the lookup does: as of one that was merged.
        let script = [NONE, NONE, NONE, &body].map(str::to_owned);
        let answers = block_on(source(script).by_ids(&[mbid(1)]));
        let group = answers.answers.into_iter().next().unwrap().unwrap().expect(&file);
        assert_eq!(Some(group.id.as_str()), told["id"].as_str(), "{file}");
        assert_eq!(Some(group.title.as_str()), told["title"].as_str(), "{file}");
        let date = group.first_release.map(|date| date.to_string()).unwrap_or_default();
        assert_eq!(Some(date.as_str()), told["first-release-date"].as_str(), "{file}");
        let credit = told["artist-credit"].as_array().map_or(0, Vec::len);
        assert_eq!(group.artists.len(), credit, "{file}");
        assert!(group.primary_type.is_some(), "{file}");
        read += 1;
    }
    assert!(read == 0 || read >= 38, "{read} lookups were read");
}

#[test]
fn a_recorded_search_is_read() {
    for (file, body) in recorded() {
        if file != "release-group-list.json" {
            continue;
        }
        let release = Mbid::new("871f12ec-6259-4e93-b440-9108559c38b1").unwrap();
        let answers = block_on(source([body]).by_ids(&[release]));
        let group = answers.answers.into_iter().next().unwrap().unwrap().unwrap();
        assert_eq!(group.title, r"Chiptunes = WIN \m|♥|m/");
        assert!(group.is_by_various() && group.first_release.is_none());
    }
}
