//! A page of a listening history.

use http::StatusCode;
use lastfm_core::methods::user::{GetRecentTracks, RecentTracksPage};
use lastfm_core::transport::Response;
use lastfm_core::{Error, ErrorClass, Method, Play, Username};
use serde_json::Value;

use crate::client;

/// The body of an answer to `user.getRecentTracks`: each play of the page is an item of it, byte
/// for byte and in its order; none that names its moment is left out; what is no page is an error
/// of a type; and a play that is taken apart to be kept comes back as it was.
pub fn recent_tracks(data: &[u8]) {
    let called = client::answered(&newest(), Response::new(StatusCode::OK, data.to_vec()));
    let Ok(text) = std::str::from_utf8(data) else {
        assert!(called.is_err(), "letters were guessed at");
        return;
    };
    let text = text.trim_start_matches('\u{feff}').trim();
    let decoded = GetRecentTracks::decode(text);
    match called {
        Ok(reply) => assert_eq!(decoded.as_ref(), Ok(&reply.value)),
        Err(error) => {
            let as_expected = match &error {
                Error::Api { .. } => text.contains("error"),
                Error::Decode { .. } => decoded.is_err(),
                Error::Status { .. } => !text.starts_with('{'),
                _ => false,
            };
            assert!(as_expected, "{error:?}");
            assert!(matches!(&error, Error::Api { .. }) || error.class() == ErrorClass::Transient);
        }
    }
    if let Ok(page) = decoded {
        check(text, &page);
    }
}

fn newest() -> GetRecentTracks {
    let user: Username = "RJ".parse().expect("it is a name");
    GetRecentTracks::new(user)
}

fn check(text: &str, page: &RecentTracksPage) {
    for play in &page.plays {
        check_play(play);
    }
    assert!(!page.user.contains('\0'));
    // Text that no string can hold, and numbers that no computer can, are read by us alone.
    let Ok(answer) = serde_json::from_str::<Value>(text) else { return };
    let items = match &answer["recenttracks"]["track"] {
        Value::Array(items) => &items[..],
        item @ Value::Object(_) => std::slice::from_ref(item),
        _ => &[],
    };
    let told = page.plays.len() + page.undatable_count + usize::from(page.now_playing.is_some());
    assert!(told <= items.len(), "{told} of {} items", items.len());
    let mut rest = items.iter();
    for play in &page.plays {
        let raw: Value = serde_json::from_str(play.raw()).expect("an item is JSON");
        assert!(rest.any(|item| *item == raw), "{} is no item, or not in order", play.raw());
    }
    let dated: Vec<i64> = items.iter().filter_map(moment).collect();
    // What is said twice or spelled otherwise can be read in more than one way.
    let once = |name| text.matches(name).count() == dated.len();
    if once(r#""date""#) && once(r#""uts""#) && !text.contains("\\u") {
        let found: Vec<i64> = page.plays.iter().map(|play| play.played_at().as_unix()).collect();
        assert_eq!(found, dated);
    }
}

/// The moment of an item that names it as the service does.
fn moment(item: &Value) -> Option<i64> {
    let digits = item.get("date")?.get("uts")?.as_str()?;
    let is_plain = (1..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    digits.parse().ok().filter(|_| is_plain)
}

/// What is kept of a play is all of it.
pub(crate) fn check_play(play: &Play) {
    let raw = play.raw();
    let again = Play::from_json(raw).expect("a play is read again");
    assert_eq!((&again, again.played_at()), (play, play.played_at()));
    let parts = play.parts();
    assert_eq!(Play::assemble(&parts, play.played_at()), raw);
    if parts.date.is_some() {
        let rest = [parts.head, parts.tail].concat();
        let kept: Result<&serde_json::value::RawValue, _> = serde_json::from_str(&rest);
        assert!(kept.is_ok(), "without its date it is no JSON: {rest}");
        if let (Ok(Value::Object(mut whole)), Ok(Value::Object(rest))) =
            (serde_json::from_str(raw), serde_json::from_str(&rest))
            && raw.matches(r#""date""#).count() == 1
            && !raw.contains("\\u")
        {
            whole.remove("date");
            assert_eq!(whole, rest);
        }
    }
    let track = play.track();
    for name in [Some(&track.artist), Some(&track.name), track.album.as_ref(), track.url.as_ref()] {
        // No database keeps it.
        assert!(!name.is_some_and(|name| name.contains('\0')));
    }
    let _ = (play.images(), play.loved(), format!("{play:?}"));
}
