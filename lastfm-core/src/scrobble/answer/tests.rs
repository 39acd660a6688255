//! What each answer to a request with plays says of each of them.

use http::StatusCode;

use super::*;
use crate::methods::track::Scrobble;
use crate::scrobble::{Attempt, Standing};
use crate::transport::{TransportError, TransportErrorKind};
use crate::{Method as _, NewPlay, PlayerTrack};

const NOW: Timestamp = Timestamp::from_unix(1_780_000_000);

fn queued(id: i64, artist: &str, track: &str, ago: i64) -> QueuedPlay {
    QueuedPlay {
        id: PlayId(id),
        play: NewPlay::new(PlayerTrack::new(artist, track), NOW.plus(-ago)),
        job: None,
        queued_at: NOW,
        due_at: NOW,
        attempt_count: 1,
        standing: Standing::Sending { attempt: Attempt(1), until: NOW },
        since: NOW,
        reason: None,
    }
}

/// A verdict as the service writes it: names, seconds ago, code.
fn item(artist: &str, track: &str, ago: Option<i64>, code: i64) -> String {
    let at = ago.map_or(String::new(), |ago| NOW.plus(-ago).as_unix().to_string());
    let corrected = u8::from(artist == "Right");
    format!(
        r##"{{"artist":{{"corrected":"{corrected}","#text":"{artist}"}},
            "track":{{"corrected":"0","#text":"{track}"}},"timestamp":"{at}",
            "ignoredMessage":{{"code":"{code}","#text":""}}}}"##
    )
}

fn answer(items: &[String]) -> Scrobbled {
    let ignored = items.iter().filter(|item| !item.contains(r#""code":"0""#)).count();
    let accepted = items.len() - ignored;
    let items = items.join(",");
    let body = format!(
        r#"{{"scrobbles":{{"scrobble":[{items}],
            "@attr":{{"accepted":{accepted},"ignored":{ignored}}}}}}}"#
    );
    Scrobble::decode(&body).unwrap()
}

/// What was told of each play in one letter, by number.
fn letters(sent: &[QueuedPlay], items: &[String]) -> String {
    let Outcome::Told { verdicts, .. } = told(sent, &answer(items), NOW) else { panic!() };
    let ids: Vec<_> = verdicts.iter().map(|(id, _)| *id).collect();
    assert_eq!(ids, sent.iter().map(|play| play.id).collect::<Vec<_>>());
    let letter = |verdict: &Verdict| match verdict {
        Verdict::Accepted(receipt) if receipt.is_corrected() => 'c',
        Verdict::Accepted(_) => 'a',
        Verdict::Refused(_) => 'r',
        Verdict::Unknown { .. } => 'u',
        Verdict::Again { .. } => 'w',
    };
    verdicts.iter().map(|(_, verdict)| letter(verdict)).collect()
}

#[test]
fn a_verdict_belongs_to_the_play_of_its_second_and_names() {
    let sent = [queued(1, "Low", "A", 9), queued(2, "Low", "B", 9), queued(3, "Low", "C", 5)];
    let a = item("Low", "A", Some(9), 0);
    let b = item("Low", "B", Some(9), 1);
    let c = item("Low", "C", Some(5), 0);
    assert_eq!(letters(&sent, &[a.clone(), b.clone(), c.clone()]), "ara");
    assert_eq!(letters(&sent, &[c.clone(), b.clone(), a.clone()]), "ara");
    // Corrected: told by what is left of its second.
    let right = item("Right", "Name", Some(9), 0);
    assert_eq!(letters(&sent, &[c.clone(), b, right]), "cra");
    // Told of another play, or not at all.
    let stranger = item("Low", "C", Some(77), 0);
    assert_eq!(letters(&sent, &[a, stranger]), "auu");
    assert_eq!(letters(&sent, &[c]), "uua");
}

#[test]
fn verdicts_without_a_second_count_only_in_order_and_all_of_them() {
    let sent = [queued(1, "Low", "A", 9), queued(2, "Low", "B", 8)];
    let unsigned = |code| item("Low", "X", None, code);
    assert_eq!(letters(&sent, &[unsigned(0), unsigned(1)]), "ar");
    assert_eq!(letters(&sent, &[unsigned(0)]), "uu");
}

#[test]
fn the_daily_limit_refuses_nothing() {
    let sent = [queued(1, "Low", "A", 9), queued(2, "Low", "B", 8)];
    let items = [item("Low", "A", Some(9), 0), item("Low", "B", Some(8), 5)];
    let Outcome::Told { is_full, .. } = told(&sent, &answer(&items), NOW) else { panic!() };
    assert!(is_full);
    assert_eq!(letters(&sent, &items), "aw");
}

#[test]
fn an_old_play_of_a_filtered_artist_is_too_old() {
    let days = 14 * 86_400;
    let sent = [queued(1, "Low", "A", days)];
    let items = [item("Low", "A", Some(days), 1)];
    let Outcome::Told { verdicts, .. } = told(&sent, &answer(&items), NOW) else { panic!() };
    assert_eq!(verdicts[0].1, Verdict::Refused(Refusal::TooOld));
}

#[test]
fn a_service_that_tells_of_none_and_ignores_none_took_them() {
    let silent = Scrobble::decode(r#"{"scrobbles":{"@attr":{"ignored":0}}}"#).unwrap();
    let sent = [queued(1, "Low", "A", 9)];
    let Outcome::Told { verdicts, .. } = told(&sent, &silent, NOW) else { panic!() };
    assert_eq!(verdicts[0].1, Verdict::Accepted(Receipt::default()));
    assert_eq!(letters(&sent, &[]), "u", "it counts, and took none");
}

fn api(code: u32, status: u16, message: &str) -> Error {
    Error::Api {
        method: "track.scrobble",
        code: code.into(),
        status: StatusCode::from_u16(status).unwrap(),
        message: message.into(),
        retry_after: None,
    }
}

fn no_response(kind: TransportErrorKind) -> Error {
    Error::Transport { method: "track.scrobble", source: TransportError::new(kind) }
}

#[test]
fn every_failure_has_its_meaning() {
    let reason = |error: &Error, count| match failed(error, count) {
        Outcome::Held { reason, .. } => Some(reason),
        _ => None,
    };
    for count in [1, 50] {
        for code in [4, 9, 14, 15, 17] {
            assert_eq!(reason(&api(code, 403, ""), count), Some(HoldReason::Login), "{code}");
        }
        for code in [10, 26] {
            assert_eq!(reason(&api(code, 403, ""), count), Some(HoldReason::App), "{code}");
        }
        let many = "Rate Limit Exceeded - Too many scrobbles in a short period.";
        assert_eq!(reason(&api(29, 429, many), count), Some(HoldReason::DailyLimit));
        assert_eq!(reason(&api(29, 429, "Your IP"), count), Some(HoldReason::RateLimit));
        let connect = no_response(TransportErrorKind::Connect);
        assert_eq!(reason(&connect, count), Some(HoldReason::Outage));
        for code in [8, 11, 16] {
            assert_eq!(failed(&api(code, 500, ""), count), Outcome::Unknown, "{code}");
        }
        for kind in [TransportErrorKind::Timeout, TransportErrorKind::Interrupted] {
            assert_eq!(failed(&no_response(kind), count), Outcome::Unknown);
        }
    }
    for code in [6, 7, 13] {
        assert_eq!(failed(&api(code, 400, "no"), 2), Outcome::TooMuch, "{code}");
    }
    for code in [6, 7, 13] {
        assert!(matches!(failed(&api(code, 400, "no"), 1), Outcome::Rejected(_)), "{code}");
    }
    for code in [2, 3, 5, 27, 77] {
        assert_eq!(reason(&api(code, 400, "no"), 50), Some(HoldReason::App), "{code}");
    }
    let status = StatusCode::PAYLOAD_TOO_LARGE;
    let too_large = Error::Status { method: "track.scrobble", status, retry_after: None };
    assert_eq!(failed(&too_large, 2), Outcome::TooMuch);
    assert!(matches!(failed(&too_large, 1), Outcome::Rejected(_)));
}
