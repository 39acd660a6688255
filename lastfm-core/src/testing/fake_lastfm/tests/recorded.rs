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
    ] {
        let url = "https://ws.audioscrobbler.com/2.0/".parse().unwrap();
        let request = Request::post(url, params.to_owned());
        let answer = lastfm.answer(&request, START).unwrap();
        if let Some(recorded) = recorded(name) {
            assert_eq!(answer.body, recorded.trim(), "{name}");
        }
    }
}
