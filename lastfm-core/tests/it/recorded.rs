//! Real answers, kept outside this repository: `LASTFM_RECORDED` names their folder. Each is read,
//! and what a type leaves out of it is left out for a reason.

use std::collections::BTreeSet;
use std::path::PathBuf;

use lastfm_core::methods::user::GetRecentTracks;
use lastfm_core::{Error, ErrorClass, Method};
use serde_json::Value;

use crate::methods::{Decode, Known, every};
use crate::support::answer;

/// What no type holds, by the end of its place (where `[]` makes no difference), and why.
const LEFT_OUT: [(&str, &str); 38] = [
    (".streamable", "the radio that it was about closed in 2014"),
    (".streamable.#text", "the same"),
    (".streamable.fulltrack", "the same"),
    (".bootstrap", "about a transfer of accounts in 2007"),
    (".playlists", "the service has no playlists any more: always 0"),
    (".age", "always 0"),
    (".gender", "always n"),
    (".id", "a number of the service's own, which no call takes"),
    (".links", "beside an error: always empty"),
    (".bio.placeformed", "not told any more"),
    (".bio.yearformed", "not told any more"),
    (".bio.formationlist.formation.yearfrom", "not told any more"),
    (".bio.formationlist.formation.yearto", "not told any more"),
    (".bandmembers.member.name", "not told any more"),
    (".bandmembers.member.yearfrom", "not told any more"),
    (".bandmembers.member.yearto", "not told any more"),
    (".registered.#text", "the moment is in `unixtime`"),
    (".date.#text", "the moment is in `uts`"),
    (".chart.#text", "always empty"),
    (".image.size", "the size of a picture that is nowhere"),
    (".recenttracks.track.artist.image.#text", "always the placeholder"),
    (".recenttracks.track.artist.url", "what the track's own address begins with"),
    (".toptags.@attr.offset", "where the list begins: always 0"),
    (".@attr.type", "the period that was asked about"),
    (".taggings.@attr.tag", "the tag that was asked about"),
    (".trackscrobbles.@attr.artist", "the artist who was asked about"),
    (".trackscrobbles.@attr.track", "the track that was asked about"),
    (".weeklychartlist.@attr.user", "the user who was asked about"),
    (".weeklychartlist.@attr.tag", "the tag that was asked about"),
    (".links.link.#text", "always empty"),
    (".links.link.rel", "always `original`"),
    (".correction.@attr.index", "the place of the only correction: always 0"),
    (".opensearch:Query.#text", "always empty"),
    (".opensearch:Query.role", "always `request`"),
    (".opensearch:startIndex", "follows from the page and its length"),
    (".results.@attr.for", "what was searched for, which stands in `searchTerms`, too"),
    (".session.key", "a secret: it is held, and never printed"),
    (".token", "a secret: it is held, and never printed"),
];

/// The recorded answers by name: a method's, or `error`, then the case.
fn recorded() -> Vec<(String, String)> {
    let Ok(folder) = std::env::var("LASTFM_RECORDED") else {
        eprintln!("SKIPPED: LASTFM_RECORDED does not name the folder of recorded answers");
        return Vec::new();
    };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(PathBuf::from(folder).join("lastfm")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.extension().is_some_and(|kind| kind == "json" || kind == "html") {
            found.push((name, String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned()));
        }
    }
    assert!(!found.is_empty(), "the folder holds no answers");
    found.sort();
    found
}

/// Whose answer this is.
fn method_of(file: &str, methods: &[Known]) -> Option<Decode> {
    let is_its = |method: &&Known| {
        let rest =
            file.get(..method.name.len()).filter(|name| name.eq_ignore_ascii_case(method.name));
        rest.is_some() && file[method.name.len()..].starts_with('.')
    };
    methods.iter().find(is_its).map(|method| method.decode)
}

#[test]
fn every_recorded_answer_is_read_and_nothing_of_substance_is_left_out() {
    let methods = every();
    let mut problems = Vec::new();
    for (file, body) in recorded() {
        if file.starts_with("error.") {
            continue;
        }
        let Some(decode) = method_of(&file, &methods) else {
            // A method that is missing here fails another test.
            eprintln!("{file}: not an answer to a method that the service documents");
            continue;
        };
        let Ok(value) = serde_json::from_str::<Value>(&body) else {
            // What is no JSON is no answer.
            assert!(decode(&body).is_err(), "{file}");
            eprintln!("{file}: not valid JSON, refused");
            continue;
        };
        if value.get("error").is_some() {
            continue;
        }
        match decode(&body) {
            Err(error) => problems.push(format!("{file}: {error}")),
            Ok(said) => {
                for place in left_out(&value, &said, decode) {
                    let plain = place.replace("[]", "");
                    if !LEFT_OUT.iter().any(|(known, _)| plain.ends_with(known)) {
                        problems.push(format!("{file}: {place} is left out"));
                    }
                }
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// The places whose values make no difference to what is read: each is changed, all over the
/// answer, and the answer is read again.
fn left_out(body: &Value, said: &str, decode: Decode) -> Vec<String> {
    let mut places = BTreeSet::new();
    collect("", body, &mut places);
    let makes_no_difference = |place: &String| {
        let mut changed = body.clone();
        change("", &mut changed, place);
        decode(&changed.to_string()).is_ok_and(|now| now == *said)
    };
    places.into_iter().filter(makes_no_difference).collect()
}

/// Where an item of this name stands.
fn inside(place: &str, name: &str) -> String {
    format!("{place}.{name}")
}

fn collect(place: &str, value: &Value, places: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                collect(&inside(place, name), value, places);
            }
        }
        Value::Array(items) => {
            for value in items {
                collect(&format!("{place}[]"), value, places);
            }
        }
        // Says nothing, and so cannot be left out.
        Value::Null => {}
        Value::String(text) if text.trim().is_empty() => {}
        Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            places.insert(place.to_owned());
        }
    }
}

/// Changes every value at this place into another of its kind.
fn change(at: &str, value: &mut Value, place: &str) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                change(&inside(at, name), value, place);
            }
        }
        Value::Array(items) => {
            for value in items {
                change(&format!("{at}[]"), value, place);
            }
        }
        _ if at != place => {}
        Value::Null => {}
        Value::Bool(is_so) => *is_so = !*is_so,
        Value::Number(number) => {
            *value = number.as_i64().map_or_else(|| Value::from(0.25), |n| Value::from(n ^ 1));
        }
        Value::String(text) if text.trim().is_empty() => {}
        Value::String(text) => {
            *value = match text.parse::<i64>() {
                Ok(number) => Value::from((number ^ 1).to_string()),
                Err(_) => Value::from(format!("{text}x")),
            };
        }
    }
}

/// The habits of the service: a number comes as text and text as a number, the only item of a list
/// comes alone, a list without items as blank text.
#[test]
fn every_recorded_answer_says_the_same_in_every_habit_of_the_service() {
    let methods = every();
    for (file, body) in recorded() {
        let value = serde_json::from_str::<Value>(&body);
        let (Some(decode), Ok(value)) = (method_of(&file, &methods), value) else { continue };
        if value.get("error").is_some() {
            continue;
        }
        for habit in [numbers_as_text, text_as_numbers, single_items_alone, nothing_as_text] {
            let mut other = value.clone();
            habit(&mut other);
            let said = decode(&other.to_string()).unwrap_or_else(|error| panic!("{file}: {error}"));
            assert_eq!(said, decode(&body).unwrap(), "{file}");
        }
    }
}

fn each(value: &mut Value, act: &mut impl FnMut(&mut Value)) {
    match value {
        Value::Object(members) => members.values_mut().for_each(|value| each(value, act)),
        Value::Array(items) => items.iter_mut().for_each(|value| each(value, act)),
        _ => {}
    }
    act(value);
}

fn numbers_as_text(value: &mut Value) {
    each(value, &mut |value| {
        if let Value::Number(number) = value {
            *value = Value::from(number.to_string());
        }
    });
}

fn text_as_numbers(value: &mut Value) {
    each(value, &mut |value| {
        let number = value.as_str().and_then(|text| text.parse::<i64>().ok());
        // Only what is written so means the same.
        if let Some(number) = number.filter(|number| value.as_str() == Some(&number.to_string())) {
            *value = Value::from(number);
        }
    });
}

fn single_items_alone(value: &mut Value) {
    each(value, &mut |value| {
        if let Value::Array(items) = value
            && items.len() == 1
        {
            *value = items.remove(0);
        }
    });
}

fn nothing_as_text(value: &mut Value) {
    each(value, &mut |value| {
        if value.as_array().is_some_and(Vec::is_empty) || value.is_null() {
            *value = Value::from("\n  ");
        }
    });
}

#[test]
fn every_recorded_page_has_the_plays_that_it_shows() {
    for (name, body) in recorded() {
        let items = match serde_json::from_str::<Value>(&body) {
            Ok(items) if name.starts_with("user.getRecentTracks.") => items,
            _ => continue,
        };
        if items.get("error").is_some() {
            let method = GetRecentTracks::new("RJ".parse().unwrap());
            answer(&method, 200, body).expect_err(&name);
            continue;
        }
        let page = GetRecentTracks::decode(&body).expect(&name);
        let dated = match &items["recenttracks"]["track"] {
            Value::Array(items) => items.iter().filter(|item| item.get("date").is_some()).count(),
            Value::Object(_) => 1,
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
fn every_recorded_error_has_its_class() {
    let method = GetRecentTracks::new("RJ".parse().unwrap());
    for (name, body) in recorded() {
        if !name.starts_with("error.") {
            continue;
        }
        let number = name.split('.').nth(1).unwrap();
        let unknown = ["not found", "could not be found"];
        let expected = match number {
            "29" => ErrorClass::RateLimited,
            "17" => ErrorClass::LoginRequired,
            "9" => ErrorClass::SessionExpired,
            "4" | "14" | "15" => ErrorClass::Login,
            "10" | "13" | "26" => ErrorClass::Fatal,
            "7" => ErrorClass::NotFound,
            "6" if unknown.iter().any(|words| body.contains(words)) => ErrorClass::NotFound,
            "8" | "11" | "16" => ErrorClass::Transient,
            number if number.parse::<u32>().is_ok() => ErrorClass::Invalid,
            // A page of somebody between.
            _ => ErrorClass::Transient,
        };
        let error = answer(&method, 400, body).expect_err(&name);
        assert_eq!(error.class(), expected, "{name}");
        if let Error::Api { code, .. } = error {
            assert_eq!(code.number().to_string(), number);
        }
    }
}
