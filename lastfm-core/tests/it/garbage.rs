//! Whatever comes instead of an answer is an error, and never an answer that nobody gave.

use lastfm_core::methods::user::{GetInfo, GetRecentTracks, GetWeeklyChartList};
use lastfm_core::{ErrorClass, Method};

use crate::support::{answer, page};

/// Any call whose answer is a page.
fn tracks() -> GetRecentTracks {
    GetRecentTracks::new("RJ".parse().unwrap())
}

#[test]
fn no_beginning_of_a_page_is_a_page() {
    let whole = page(170);
    assert!(whole.len() > 60_000, "{}", whole.len());
    assert_eq!(GetRecentTracks::decode(&whole).unwrap().plays.len(), 170);
    // Every cut, also amid a character; without optimization, some of them.
    let step = if cfg!(debug_assertions) { 23 } else { 1 };
    for end in (0..whole.len()).step_by(step) {
        let cut = String::from_utf8_lossy(&whole.as_bytes()[..end]);
        assert!(GetRecentTracks::decode(&cut).is_err(), "{end}");
    }
}

#[test]
fn an_answer_cut_short_is_worth_another_try() {
    let whole = page(20);
    for end in 0..whole.len() {
        let error = answer(&tracks(), 200, &whole.as_bytes()[..end]).unwrap_err();
        assert_eq!(error.class(), ErrorClass::Transient, "{end}");
    }
    for whole in [
        r#"{"error":10,"message":"Invalid API key"}"#,
        r#"{"message":"User not found","error":6,"links":[]}"#,
        r##"{"error":{"code":"7","#text":"No listens"}}"##,
        r#"<?xml version="1.0"?><lfm status="failed"><error code="26">Suspended</error>"#,
    ] {
        for status in [200, 400, 403, 404, 500] {
            for end in 0..whole.len() {
                let error = answer(&tracks(), status, &whole.as_bytes()[..end]).unwrap_err();
                assert_eq!(error.class(), ErrorClass::Transient, "{}", &whole[..end]);
            }
            assert_ne!(
                answer(&tracks(), status, whole).unwrap_err().class(),
                ErrorClass::Transient,
                "{whole}"
            );
        }
    }
}

/// Texts that answer nothing.
const ODDITIES: &[&str] = &[
    "",
    " ",
    "\n",
    "null",
    "true",
    "0",
    "-1",
    "1e999",
    "\"\"",
    "\"x\"",
    "[]",
    "[[]]",
    "{}",
    "{",
    "}",
    "{]",
    "{}{}",
    "{\"\":\"\"}",
    "\0",
    "\u{feff}",
    "\u{feff}{}",
    "undefined",
    "NaN",
    "callback({})",
    "<",
    "<html>",
    "<html></html>",
    "<lfm>",
    "<lfm status=\"ok\"></lfm>",
    "<lfm status=\"failed\"></lfm>",
    "<lfm status=\"failed\"><error></error></lfm>",
    "<lfm status=\"failed\"><error code=\"x\"></error></lfm>",
    "<lfm status=\"failed\"><error code=\"99999999999\"></error></lfm>",
    "<lfm status=\"failed\"><error code=\"6></error></lfm>",
    "error=6&message=x",
    "Error 6",
    "{\"error\":}",
    "{\"error\":\"\"}",
    "{\"error\":null}",
    "{\"error\":false}",
    "{\"error\":[]}",
    "{\"error\":{}}",
    "{\"error\":{\"code\":null}}",
    "{\"error\":-1}",
    "{\"error\":1.5}",
    "{\"error\":99999999999999}",
    "{\"error\":\"six\"}",
    "{\"message\":\"User not found\"}",
    "{\"user\":null}",
    "{\"user\":[]}",
    "{\"user\":\"RJ\"}",
    "{\"user\":{\"name\":\"RJ\"}}",
    "{\"user\":{\"playcount\":\"1\"}}",
    "{\"user\":{\"name\":\"RJ\",\"playcount\":\"-1\"}}",
    "{\"user\":{\"name\":\"RJ\",\"playcount\":1.5}}",
    "{\"user\":{\"name\":\"RJ\",\"playcount\":{}}}",
    "{\"user\":{\"name\":\"RJ\",\"name\":\"RJ\",\"playcount\":1}}",
    "{\"user\":{\"name\":\"\\u0000\",\"playcount\":[]}}",
    "{\"recenttracks\":null}",
    "{\"recenttracks\":[]}",
    "{\"recenttracks\":{}}",
    "{\"recenttracks\":\"\\n\"}",
    "{\"recenttracks\":{\"track\":true}}",
    "{\"recenttracks\":{\"track\":5}}",
    "{\"recenttracks\":{\"track\":\"x\"}}",
    "{\"recenttracks\":{\"@attr\":[]}}",
    "{\"recenttracks\":{\"@attr\":\"x\",\"track\":[]}}",
    "{\"recenttracks\":{\"track\":[],\"@attr\":{\"total\":\"1e3\"}}}",
    "{\"recenttracks\":{\"track\":[],\"@attr\":{\"page\":\"99999999999999999999\"}}}",
    "{\"recenttracks\":{\"track\":[}}",
    "{\"recenttracks\":{\"track\":[,]}}",
    "{\"recenttracks\":{\"track\":[],\"track\":[]}}",
    "{\"RecentTracks\":{\"track\":[]}}",
    "{\"weeklychartlist\":null}",
    "{\"weeklychartlist\":{\"chart\":7}}",
    "{\"weeklychartlist\":{\"chart\":[7]}}",
    "{\"weeklychartlist\":{\"chart\":[{}]}}",
    "{\"weeklychartlist\":{\"chart\":[{\"from\":\"1\",\"to\":\"\"}]}}",
];

#[test]
fn what_is_no_answer_to_anything_is_an_error() {
    let deep = format!("{}{}", "[".repeat(20_000), "]".repeat(20_000));
    let deep_object =
        format!(r#"{{"recenttracks":{}1{}"#, r#"{"a":"#.repeat(20_000), "}".repeat(20_000));
    let corpus: Vec<Vec<u8>> = ODDITIES
        .iter()
        .map(|text| text.as_bytes().to_vec())
        .chain([
            deep.into_bytes(),
            deep_object.into_bytes(),
            vec![0xFF, 0xFE, b'{', 0],
            vec![0x1F, 0x8B, 8, 0],
            vec![0xFF; 100_000],
        ])
        .collect();
    assert!(corpus.len() >= 80, "{}", corpus.len());
    let name = || "RJ".parse().unwrap();
    for body in corpus {
        let shown = String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned();
        for status in [200, 400, 500] {
            let body = || body.clone();
            assert!(answer(&tracks(), status, body()).is_err(), "{shown}");
            assert!(answer(&GetInfo::new(name()), status, body()).is_err(), "{shown}");
            let weeks = GetWeeklyChartList::new(name());
            assert!(answer(&weeks, status, body()).is_err(), "{shown}");
        }
    }
}

#[test]
fn an_odd_item_spoils_nothing_but_itself() {
    for odd in [
        "null",
        "[]",
        "{}",
        "7",
        "\"x\"",
        "true",
        r#"{"date":null}"#,
        r#"{"date":[]}"#,
        r#"{"date":{"uts":"99999999999999999999"}}"#,
        r#"{"date":{"uts":"1.5"}}"#,
        r#"{"date":{"uts":{}}}"#,
        r#"{"date":{"uts":"1","uts":"2"}}"#,
        r#"{"@attr":{"nowplaying":"false"}}"#,
        r#"{"@attr":[]}"#,
        r#"{"name":"\ud800\u0000","artist":[[]],"@attr":{"nowplaying":"true"}}"#,
    ] {
        let body = format!(
            r#"{{"recenttracks":{{"track":[{odd},{{"name":"x","date":{{"uts":"5"}}}}],"@attr":{{"total":"2"}}}}}}"#
        );
        let page = answer(&tracks(), 200, body).expect(odd);
        assert_eq!(page.plays.len(), 1, "{odd}");
        assert_eq!(page.plays[0].played_at().as_unix(), 5);
    }
}

#[test]
fn a_page_in_the_wrong_letters_is_no_answer() {
    let mut body = page(3).into_bytes();
    let name = body.windows(5).position(|bytes| bytes == b"Track").unwrap();
    body[name] = 0xFF;
    // Read with U+FFFD, its names would be archived as if they were true.
    assert!(answer(&tracks(), 200, body).unwrap_err().is_retryable());
}
