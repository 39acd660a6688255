//! What the client sends, and what it makes of what comes back.

use futures_executor::block_on;
use http::StatusCode;

use super::*;
use crate::methods::track::UpdateNowPlaying;
use crate::methods::user::{GetInfo, GetRecentTracks};
use crate::test_support::{Scripted, VirtualClock, client, with_header};
use crate::transport::{TransportError, TransportErrorKind};
use crate::{ApiKey, DecodeError, ErrorClass, PlayerTrack, SharedSecret};

const USER: &str = r#"{"user":{"name":"RJ","playcount":"3"}}"#;

fn rj() -> GetInfo {
    GetInfo::new("RJ".parse().unwrap())
}

fn response(status: u16, body: &str) -> Result<Response, TransportError> {
    let status = StatusCode::from_u16(status);
    let status = status.map_err(|_| TransportError::new(TransportErrorKind::Setup))?;
    Ok(Response::new(status, body.to_owned()))
}

fn ok(body: &str) -> Result<Response, TransportError> {
    response(200, body)
}

fn failed(kind: TransportErrorKind) -> Result<Response, TransportError> {
    Err(TransportError::new(kind))
}

/// A call that changes something.
#[derive(Debug)]
struct Love;

impl Method for Love {
    const NAME: &'static str = "track.love";
    const VERB: Verb = Verb::Write;
    const AUTHENTICATION: Authentication = Authentication::Session;
    type Response = ();

    fn params(&self, params: &mut Params) {
        params.set("artist", "KITANO REM").set("track", "RAINSICK");
    }

    fn decode(_: &str) -> Result<(), DecodeError> {
        Ok(())
    }
}

fn full_client(transport: Arc<Scripted>, clock: Arc<VirtualClock>) -> Client {
    let credentials = Credentials::read_only(ApiKey::new("YOUR_API_KEY").unwrap())
        .with_secret(SharedSecret::new("YOUR_SECRET").unwrap())
        .with_session(SessionKey::new("YOUR_SESSION_KEY").unwrap());
    Client::builder(credentials, transport, clock).build()
}

/// What came of a call, what was sent, and how long it all took.
fn run<M: Method>(
    method: &M,
    answers: impl IntoIterator<Item = Result<Response, TransportError>>,
) -> (Result<M::Response, Error>, Vec<String>, Duration) {
    let clock = Arc::new(VirtualClock::default());
    let transport = Arc::new(Scripted::new(clock.clone(), answers));
    let client = full_client(transport.clone(), clock.clone());
    let result = block_on(client.call(method));
    (result, transport.sent(), clock.elapsed())
}

#[test]
fn a_public_call_sends_the_key_and_nothing_more() {
    let clock = Arc::new(VirtualClock::default());
    let mut response = with_header(StatusCode::OK, "date", "Sun, 06 Nov 1994 08:49:37 GMT");
    response.body = USER.into();
    let transport = Arc::new(Scripted::new(clock.clone(), [Ok(response)]));
    let client = client(transport.clone(), clock);
    let reply = block_on(client.call_once(&rj())).unwrap();
    assert_eq!(reply.value.play_count, 3);
    assert_eq!(reply.at.unwrap().as_unix(), 784_111_777);
    let form = "api_key=key&format=json&method=user.getInfo&user=RJ";
    assert_eq!(transport.sent(), [form]);
}

#[test]
fn with_a_session_reads_are_made_in_the_users_name() {
    let (result, sent, _) = run(&rj(), [ok(USER)]);
    result.unwrap();
    assert!(sent[0].contains("&sk=YOUR_SESSION_KEY&"), "{}", sent[0]);
    assert!(sent[0].contains("&api_sig="), "{}", sent[0]);
    let (result, sent, _) = run(&Love, [ok("{}")]);
    result.unwrap();
    // The published example.
    let signature = "api_sig=800b8884b00c9343d1d425ed271e0f42";
    assert!(sent[0].contains(signature), "{}", sent[0]);
}

#[test]
fn what_plays_now_is_said_once_or_never() {
    let now = UpdateNowPlaying::new(PlayerTrack::new("Low", "Words"));
    let busy = Response::new(StatusCode::TOO_MANY_REQUESTS, "");
    let (result, sent, took) = run(&now, [Ok(busy)]);
    assert_eq!(result.unwrap_err().class(), ErrorClass::RateLimited);
    assert_eq!((sent.len(), took), (1, Duration::ZERO));
}

#[test]
fn a_user_who_has_sent_too_many_plays_is_left_to_the_caller() {
    let many = r#"{"error":29,"message":"Too many scrobbles in a short period."}"#;
    let (result, sent, _) = run(&Love, [ok(many)]);
    assert!(result.unwrap_err().retry_after() > Some(LONGEST_WAIT));
    assert_eq!(sent.len(), 1);
}

#[test]
fn a_key_that_is_lacking_is_named() {
    let clock = Arc::new(VirtualClock::default());
    let transport = Arc::new(Scripted::new(clock.clone(), []));
    let client = client(transport.clone(), clock);
    let error = block_on(client.call(&GetInfo::session())).unwrap_err();
    assert_eq!(error.class(), ErrorClass::Fatal);
    let expected = "user.getInfo: not sent: it needs a shared secret";
    assert_eq!(error.to_string(), expected);
    let wrong = GetRecentTracks::new("RJ".parse().unwrap()).limit(0);
    let error = block_on(client.call(&wrong)).unwrap_err();
    assert_eq!(error.class(), ErrorClass::Invalid);
    assert!(transport.sent().is_empty());
}

#[test]
fn a_read_is_tried_again_as_often_as_it_can_help() {
    let gone = |_| failed(TransportErrorKind::Interrupted);
    let (result, sent, _) = run(&rj(), (0..5).map(gone).chain([ok(USER)]));
    assert_eq!((result.unwrap().play_count, sent.len()), (3, 6));
    let (result, sent, took) = run(&rj(), (0..9).map(gone));
    assert_eq!((result.is_err(), sent.len()), (true, 6));
    assert!((15..=31).contains(&took.as_secs()), "{took:?}");
    let (result, sent, _) = run(&rj(), [ok(r#"{"error":6,"message":"User not found"}"#)]);
    assert_eq!(result.unwrap_err().class(), ErrorClass::NotFound);
    assert_eq!(sent.len(), 1);
}

#[test]
fn a_write_is_tried_again_only_if_it_was_not_done() {
    let slow = r#"{"error":29,"message":"slow"}"#;
    let pause = Duration::from_secs(30);
    for not_done in
        [failed(TransportErrorKind::Connect), failed(TransportErrorKind::Paused(pause)), ok(slow)]
    {
        let (result, sent, _) = run(&Love, [not_done, ok("{}")]);
        assert_eq!((result.is_ok(), sent.len()), (true, 2));
    }
    for unknown in [
        failed(TransportErrorKind::Interrupted),
        failed(TransportErrorKind::Timeout),
        ok(r#"{"error":8,"message":"Operation failed"}"#),
        ok("<html>"),
    ] {
        let (result, sent, _) = run(&Love, [unknown, ok("{}")]);
        assert_eq!((result.is_ok(), sent.len()), (false, 1));
    }
}

#[test]
fn a_long_pause_is_left_to_the_caller() {
    let pause = Duration::from_secs(3_600);
    let (result, sent, took) = run(&rj(), [failed(TransportErrorKind::Paused(pause))]);
    assert_eq!(result.unwrap_err().retry_after(), Some(pause));
    assert_eq!((sent.len(), took), (1, Duration::ZERO));
}

#[test]
fn the_body_decides_whatever_the_status() {
    let class = |status, body: &str| {
        let clock = Arc::new(VirtualClock::default());
        let transport = Arc::new(Scripted::new(clock.clone(), [response(status, body)]));
        block_on(client(transport, clock).call_once(&rj()))
            .map_or_else(|error| Some(error.class()), |_| None)
    };
    let unknown = r#"{"error":6,"message":"User not found"}"#;
    for (status, body, expected) in [
        (200, USER, None),
        (200, unknown, Some(ErrorClass::NotFound)),
        (500, unknown, Some(ErrorClass::NotFound)),
        (200, &unknown[..20], Some(ErrorClass::Transient)),
        (404, &unknown[..20], Some(ErrorClass::Transient)),
        (500, USER, Some(ErrorClass::Transient)),
        (200, &USER[..20], Some(ErrorClass::Transient)),
        (200, "", Some(ErrorClass::Transient)),
        (200, "<html></html>", Some(ErrorClass::Transient)),
        (502, "<html></html>", Some(ErrorClass::Transient)),
        (302, "", Some(ErrorClass::Transient)),
        (429, "<html></html>", Some(ErrorClass::RateLimited)),
    ] {
        assert_eq!(class(status, body), expected, "{status} {body}");
    }
}

#[test]
fn the_same_seed_gives_the_same_waits() {
    let jitters = |seed| {
        let clock = Arc::new(VirtualClock::default());
        let transport = Arc::new(Scripted::new(clock.clone(), []));
        let credentials = Credentials::read_only(ApiKey::new("key").unwrap());
        let builder = Client::builder(credentials, transport, clock);
        let client = builder.jitter_seed(seed).build();
        let jitters: Vec<f64> = (0..1_000).map(|_| client.jitter()).collect();
        jitters
    };
    assert_eq!(jitters(7), jitters(7));
    assert_ne!(jitters(7), jitters(8));
    let mean = jitters(7).iter().sum::<f64>() / 1_000.0;
    assert!((0.45..0.55).contains(&mean), "{mean}");
}
