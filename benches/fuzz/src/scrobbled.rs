//! What the service made of plays that were sent to it.

use std::sync::Arc;
use std::time::Duration;

use futures_executor::block_on;
use http::StatusCode;
use lastfm_core::methods::track::Scrobble;
use lastfm_core::scrobble::{
    Filter, MemoryQueue, Proof, QueuedPlay, Refusal, Repeats, ScrobbleQueue, Sender, Standing,
};
use lastfm_core::testing::{FakeTransport, SentRequest, VirtualClock};
use lastfm_core::transport::{Response, TransportError};
use lastfm_core::{Client, Method, NewPlay, PlayerTrack};
use serde_json::Value;

use crate::client::{NOW, credentials};

/// The answer to three plays that are sent, two of them in one second; then, behind a byte that
/// stands in no text, the history that is looked into for those of which nobody knows.
///
/// No play is lost. One is accepted or refused only if something in the answer says so of this very
/// play, or the history shows it.
pub fn scrobbled(data: &[u8]) {
    let mut parts = data.splitn(2, |byte| *byte == 0xFF);
    let answer = parts.next().unwrap_or_default().to_vec();
    let history = parts.next();
    // Where there is no history, nobody waits for it.
    let patience = Duration::from_secs(if history.is_some() { 180 } else { 0 });
    let history = history.unwrap_or_default();
    if let Ok(text) = std::str::from_utf8(&answer)
        && let Ok(scrobbled) = Scrobble::decode(text)
    {
        let ignored = scrobbled.plays.iter().filter(|play| play.ignored.is_some()).count() as u64;
        assert!(
            scrobbled.ignored_count.is_none_or(|count| count == ignored)
                || scrobbled.plays.is_empty()
        );
    }
    let (plays, requests) = settled(answer.clone(), history.to_vec(), patience);
    assert_eq!(plays.len(), 3, "a play is lost");
    check(&answer, history, &plays, requests);
}

fn handed_over() -> [NewPlay; 3] {
    let play = |track, ago: i64| NewPlay::new(PlayerTrack::new("Low", track), NOW.plus(-ago));
    [play("Words", 900), play("Trust", 600), play("Canada", 600)]
}

/// Where the plays stand in the end, and how many requests were made with some of them.
fn settled(answer: Vec<u8>, history: Vec<u8>, patience: Duration) -> (Vec<QueuedPlay>, usize) {
    let mut scrobbles = 0;
    let transport = FakeTransport::new().otherwise(move |request: &SentRequest| {
        let body = match request.param("method") {
            Some("user.getInfo") => br#"{"user":{"name":"RJ","playcount":"9"}}"#.to_vec(),
            Some("track.scrobble") => {
                scrobbles += 1;
                // Who would go on for ever is asked to log in.
                if scrobbles > 4 { br#"{"error":9}"#.to_vec() } else { answer.clone() }
            }
            Some("user.getRecentTracks") => history.clone(),
            _ => b"{}".to_vec(),
        };
        Ok::<_, TransportError>(Response::new(StatusCode::OK, body))
    });
    let transport = Arc::new(transport);
    let clock = Arc::new(VirtualClock::new(NOW));
    let client = Client::builder(credentials(), transport.clone(), clock).jitter_seed(1).build();
    let queue = Arc::new(MemoryQueue::new());
    let user = "RJ".parse().expect("it is a name");
    let sender = Sender::new(client, queue.clone(), user);
    let plays = block_on(async {
        sender.enqueue(handed_over(), Repeats::Same).await?;
        sender.drain(patience).finish().await?;
        queue.plays(sender.account(), Filter::all(), None, 10, NOW).await
    });
    let scrobbles = transport
        .sent()
        .iter()
        .filter(|sent| sent.param("method") == Some("track.scrobble"))
        .count();
    (plays.expect("a queue in memory does not fail"), scrobbles)
}

fn check(answer: &[u8], history: &[u8], plays: &[QueuedPlay], requests: usize) {
    let text = String::from_utf8_lossy(answer);
    let is_json = serde_json::from_str::<&serde_json::value::RawValue>(
        text.trim_start_matches('\u{feff}').trim(),
    )
    .is_ok();
    let told: Option<Value> = serde_json::from_slice(answer).ok();
    let items = told.as_ref().map(|told| match &told["scrobbles"]["scrobble"] {
        Value::Array(items) => items.clone(),
        Value::Null => Vec::new(),
        item => vec![item.clone()],
    });
    let is_silent = told.as_ref().is_some_and(|told| {
        let counts = &told["scrobbles"]["@attr"];
        is_zero(&counts["ignored"]) && (counts["accepted"].is_null() || counts["accepted"] == "")
    });
    for play in plays {
        let by_answer = match &play.standing {
            Standing::Accepted(receipt) if receipt.proof == Proof::Answer => true,
            Standing::Accepted(_) => {
                let name = play.play.track.name.to_ascii_lowercase();
                let shown = String::from_utf8_lossy(history).to_ascii_lowercase();
                assert!(shown.contains(&name) || shown.contains("\\u"), "{play:?} is not shown");
                continue;
            }
            Standing::Refused(Refusal::Ignored(_) | Refusal::TooOld) => false,
            _ => continue,
        };
        assert!(is_json, "an answer that is no JSON was believed: {play:?}");
        let Some(items) = &items else { continue };
        let second = play.play.played_at.as_unix().to_string();
        let says = |item: &&Value| {
            let at = item["timestamp"].as_str().map(str::to_owned);
            let at = at.unwrap_or_else(|| item["timestamp"].to_string());
            let is_of = at.trim() == second || matches!(at.trim(), "" | "null");
            is_of && is_zero(&item["ignoredMessage"]["code"]) == by_answer
        };
        let same_second = plays.iter().filter(|other| other.play.played_at == play.play.played_at);
        let alike = same_second.filter(|other| match &other.standing {
            Standing::Accepted(receipt) => by_answer && receipt.proof == Proof::Answer,
            Standing::Refused(_) => !by_answer,
            _ => false,
        });
        let said = items.iter().filter(says).count() * requests;
        assert!(said >= alike.count() || (by_answer && is_silent), "{play:?} by {text}");
    }
}

/// Whether a code or a count is 0, or is not there.
fn is_zero(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty() || text.trim().parse() == Ok(0),
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::Bool(_) | Value::Array(_) | Value::Object(_) => false,
    }
}
