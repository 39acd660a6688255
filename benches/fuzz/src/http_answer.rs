//! Whatever comes over HTTP in place of an answer, or as one.

use std::sync::Arc;
use std::time::Duration;

use futures_executor::block_on;
use http::StatusCode;
use lastfm_core::methods::auth::GetToken;
use lastfm_core::methods::track::{Love, Scrobble};
use lastfm_core::methods::user::{GetInfo, GetRecentTracks};
use lastfm_core::testing::{FakeTransport, VirtualClock};
use lastfm_core::transport::{LocalPacer, Pacer, RateLimited, Response, Slot};
use lastfm_core::{
    Client, Error, ErrorClass, Method, NewPlay, PlayerTrack, Timestamp, Username, retry,
};
use serde_json::Value;

use crate::client::{self, API_KEY, NOW, SECRET, SESSION};

/// A response as text: the status, headers line by line, an empty line, the body. Bytes 1 to 9 in
/// the body stand for keys in several spellings, as a service may echo them.
///
/// An error has a class, shows no key, and asks nobody to wait for longer than a year; an error of
/// the service is found whatever the status; what is no success is never an answer; and everybody
/// who shares the key waits when there were too many calls.
pub fn http_answer(data: &[u8]) {
    let Some(mut response) = client::response(data) else { return };
    response.body = echoed(&response.body).into();
    let user: Username = "RJ".parse().expect("it is a name");
    let play = NewPlay::new(PlayerTrack::new("Low", "Words"), Timestamp::from_unix(1_795_290_000));
    check(&GetRecentTracks::new(user.clone()), &response);
    check(&GetInfo::new(user), &response);
    check(&GetToken::new(), &response);
    check(&Love::new("Low", "Words"), &response);
    check(&Scrobble::new([play]), &response);
}

fn check<M: Method>(method: &M, response: &Response) {
    let clock = Arc::new(VirtualClock::new(NOW));
    let pacer = Arc::new(LocalPacer::new(Duration::from_secs(1), clock.clone()));
    let service = Arc::new(FakeTransport::new().answer(Ok(response.clone())));
    let transport = Arc::new(RateLimited::new(service, pacer.clone(), clock.clone()));
    let client = Client::builder(client::credentials(), transport, clock).jitter_seed(1).build();
    let called = block_on(client.call_once(method));
    let paused = match block_on(pacer.take()) {
        Ok(Slot::Paused(rest)) => Some(rest),
        Ok(Slot::In(_)) => None,
        Err(error) => panic!("the pacer fails: {error}"),
    };
    let code = error_code(response);
    let Err(error) = called else {
        assert!(response.status.is_success(), "HTTP {} was an answer", response.status);
        assert_eq!((code, paused), (None, None));
        return;
    };
    client::assert_clean(&client::printed(&error));
    if let (Some(code), Error::Api { code: found, .. }) = (code, &error) {
        assert_eq!(found.number(), code);
    }
    assert!(code.is_none() || matches!(error, Error::Api { .. }), "error {code:?} is {error:?}");
    check_class(&error, response, paused);
}

fn check_class(error: &Error, response: &Response, paused: Option<Duration>) {
    const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);
    let (class, asked) = (error.class(), error.retry_after());
    assert!(asked.is_none_or(|asked| asked <= YEAR));
    assert_eq!(error.is_retryable(), retry::decide(error, 1, 0.5).is_some());
    if response.status == StatusCode::TOO_MANY_REQUESTS {
        assert_eq!(class, ErrorClass::RateLimited);
    }
    assert!(paused.is_none() || class == ErrorClass::RateLimited, "a pause for {error}");
    // One user's limit is no reason for the others to wait.
    let is_of_one = error.to_string().to_ascii_lowercase().contains("too many scrobbles");
    // Of long words only a part is kept.
    if class == ErrorClass::RateLimited && !is_of_one && response.body.len() < 300 {
        assert!(paused >= Some(Duration::from_secs(60)), "no pause for {error}");
    }
}

/// The service's code in a body that says so plainly.
fn error_code(response: &Response) -> Option<u32> {
    let body = std::str::from_utf8(&response.body).ok()?;
    let body = body.trim_start_matches('\u{feff}').trim();
    let once = |name| body.matches(name).count() <= 1;
    let is_plain = once(r#""error""#) && once(r#""message""#) && once(r#""code""#) && once("#text");
    if !is_plain || body.contains("\\u") || body.len() > 64 * 1024 {
        return None;
    }
    let answer: Value = serde_json::from_str(body).ok()?;
    let error = answer.as_object()?.get("error")?;
    let code = error.get("code").unwrap_or(error);
    match code {
        Value::Number(code) => u32::try_from(code.as_u64()?).ok(),
        Value::String(code) => code.trim().parse().ok(),
        _ => None,
    }
}

/// The body, with keys where bytes stand for them.
fn echoed(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    for byte in body {
        let Some(number) = byte.checked_sub(1).filter(|number| *number < 9) else {
            out.push(*byte);
            continue;
        };
        let key = [API_KEY, SECRET, SESSION][usize::from(number % 3)];
        let spelled = match number / 3 {
            0 => key.to_owned(),
            1 => url::form_urlencoded::byte_serialize(key.as_bytes()).collect(),
            _ => Value::from(key).to_string().trim_matches('"').to_owned(),
        };
        out.extend_from_slice(spelled.as_bytes());
    }
    out
}
