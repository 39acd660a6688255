//! What an answer to a batch of plays, or the lack of one, says about each of them.

use std::time::Duration;

use super::{AT_ONCE, HoldReason, PlayId, Proof, QueuedPlay, Receipt, Refusal, Verdict, rules};
use crate::methods::track::{Scrobbled, ScrobbledPlay};
use crate::{
    ApiErrorCode, Credential, Error, ErrorClass, Ignored, IgnoredReason, TakenName, Timestamp,
};

/// What a request with plays came to.
#[derive(Debug, PartialEq)]
pub(super) enum Outcome {
    /// The service told of each play, or of most of them.
    Told {
        verdicts: Vec<(PlayId, Verdict)>,
        /// It takes no more plays of this user for now.
        is_full: bool,
    },
    /// It certainly took none, and would take no others now.
    Held { reason: HoldReason, wait: Option<Duration> },
    /// It certainly took none: there are too many, or one of them is wrong.
    TooMuch,
    /// It refuses this one play.
    Rejected(Refusal),
    /// Nobody knows what it took.
    Unknown,
}

/// What the answer to `sent` says of each play, in the same order.
pub(super) fn told(sent: &[QueuedPlay], answer: &Scrobbled, now: Timestamp) -> Outcome {
    // Maloja tells of none, and counts nothing but what it ignored.
    let is_silent = answer.plays.is_empty()
        && answer.accepted_count.is_none()
        && answer.ignored_count == Some(0);
    let mut is_full = false;
    let verdicts = sent.iter().zip(assign(sent, &answer.plays)).map(|(play, told)| {
        let verdict = match told.map(|told| (told, &told.ignored)) {
            None if is_silent => Verdict::Accepted(Receipt::default()),
            None => Verdict::Unknown { reason: "the answer does not tell of it".to_owned() },
            Some((told, None)) => Verdict::Accepted(receipt(told)),
            Some((_, Some(ignored))) if ignored.reason == IgnoredReason::DailyLimit => {
                is_full = true;
                Verdict::Again { due_at: AT_ONCE, reason: ignored.reason.to_string() }
            }
            Some((_, Some(ignored))) => Verdict::Refused(refusal(play, ignored, now)),
        };
        (play.id, verdict)
    });
    let verdicts = verdicts.collect();
    Outcome::Told { verdicts, is_full }
}

/// Which verdict belongs to which play: told by the second, then by the names, then by the order.
/// A verdict without a second counts only if there is one for each play.
fn assign<'a>(sent: &[QueuedPlay], told: &'a [ScrobbledPlay]) -> Vec<Option<&'a ScrobbledPlay>> {
    let in_order = told.len() == sent.len()
        && sent
            .iter()
            .zip(told)
            .all(|(play, told)| told.played_at.is_none_or(|at| at == play.play.played_at));
    let mut left: Vec<Option<&ScrobbledPlay>> = told.iter().map(Some).collect();
    let mut assigned = vec![None; sent.len()];
    let mut take = |fits: &dyn Fn(&QueuedPlay, &ScrobbledPlay) -> bool| {
        for (play, place) in sent.iter().zip(&mut assigned).filter(|(_, place)| place.is_none()) {
            let found = left.iter_mut().find(|told| told.is_some_and(|told| fits(play, told)));
            *place = found.and_then(Option::take);
        }
    };
    let is_of =
        |play: &QueuedPlay, told: &ScrobbledPlay| told.played_at == Some(play.play.played_at);
    let is_named = |sent: &str, told: &TakenName| {
        told.name.as_deref().is_some_and(|told| told.trim().eq_ignore_ascii_case(sent.trim()))
    };
    take(&|play, told| {
        let track = &play.play.track;
        is_of(play, told)
            && is_named(&track.artist, &told.artist)
            && is_named(&track.name, &told.track)
    });
    take(&|play, told| {
        let track = &play.play.track;
        is_of(play, told)
            && (is_named(&track.artist, &told.artist) || is_named(&track.name, &told.track))
    });
    take(&is_of);
    if in_order {
        take(&|_, told| told.played_at.is_none());
    }
    assigned
}

/// What the service says it has a play as.
fn receipt(told: &ScrobbledPlay) -> Receipt {
    let corrected = |taken: &TakenName| taken.name.clone().filter(|_| taken.corrected);
    Receipt {
        artist: corrected(&told.artist),
        track: corrected(&told.track),
        album: corrected(&told.album),
        album_artist: corrected(&told.album_artist),
        proof: Proof::Answer,
    }
}

/// Plays that are too old are told at times to be of a filtered artist.
fn refusal(play: &QueuedPlay, ignored: &Ignored, now: Timestamp) -> Refusal {
    let is_old = play.play.played_at < rules::oldest(now);
    if ignored.reason == IgnoredReason::ArtistFiltered && is_old {
        return Refusal::TooOld;
    }
    Refusal::Ignored(ignored.clone())
}

/// What it means for a batch of `count` plays that the request failed.
pub(super) fn failed(error: &Error, count: usize) -> Outcome {
    use ApiErrorCode::{InvalidParameters, InvalidResource, InvalidSignature};
    let is_alone = count == 1;
    let held = |reason, wait| Outcome::Held { reason, wait };
    match (error.class(), error) {
        (ErrorClass::RateLimited, _) if error.is_scrobble_limit() => {
            held(HoldReason::DailyLimit, error.retry_after())
        }
        (ErrorClass::RateLimited, _) => held(HoldReason::RateLimit, error.retry_after()),
        (ErrorClass::SessionExpired | ErrorClass::Login | ErrorClass::LoginRequired, _)
        | (_, Error::MissingCredential { missing: Credential::SessionKey, .. }) => {
            held(HoldReason::Login, None)
        }
        // A form that was cut off on its way is signed wrongly, too. That the app signs rightly is
        // known before it sends a play.
        (_, Error::Api { code: InvalidSignature | InvalidParameters | InvalidResource, .. })
            if !is_alone =>
        {
            Outcome::TooMuch
        }
        (
            _,
            Error::Api {
                code: code @ (InvalidSignature | InvalidParameters | InvalidResource),
                message,
                ..
            },
        ) => Outcome::Rejected(Refusal::Rejected { code: *code, message: message.clone() }),
        (_, Error::InvalidArgument { .. }) if !is_alone => Outcome::TooMuch,
        (_, Error::InvalidArgument { .. }) => Outcome::Rejected(Refusal::BlankTrack),
        // Any other error says nothing about the plays, and will not go by itself.
        (ErrorClass::Fatal | ErrorClass::Invalid | ErrorClass::NotFound, _) => {
            held(HoldReason::App, None)
        }
        (ErrorClass::Transient, Error::Status { status, .. })
            if matches!(status.as_u16(), 413 | 414 | 431) =>
        {
            if !is_alone {
                return Outcome::TooMuch;
            }
            let code = ApiErrorCode::from(u32::from(status.as_u16()));
            let message = "the request is too large".into();
            Outcome::Rejected(Refusal::Rejected { code, message })
        }
        (ErrorClass::Transient, _) if error.was_not_done() => held(HoldReason::Outage, None),
        (ErrorClass::Transient, _) => Outcome::Unknown,
    }
}

#[cfg(test)]
mod tests;
