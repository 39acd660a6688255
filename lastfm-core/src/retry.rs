//! Whether and when to try again: pure decisions.

use std::time::Duration;

use crate::{Error, ErrorClass};

/// No wait is longer, unless the service asks for it.
const LONGEST: Duration = Duration::from_secs(120);

/// The part of a wait that chance has no say in grows up to this, so that an hour of outage costs
/// at most 60 requests.
const LONGEST_FIXED: Duration = Duration::from_secs(70);

/// After too many calls, nothing is sent for at least this long.
pub(crate) const SHORTEST_PAUSE: Duration = Duration::from_secs(60);

/// How long to wait before the next attempt; `None` if trying again cannot help.
///
/// `attempt` counts the attempts made so far, from 1. The wait is that of [`backoff`], or as long
/// as the service asks; after too many calls at least 60 s; in a pause, the rest of it.
pub fn decide(error: &Error, attempt: u32, jitter: f64) -> Option<Duration> {
    match error.class() {
        ErrorClass::Transient => {
            Some(error.retry_after().unwrap_or_default().max(backoff(attempt, jitter)))
        }
        ErrorClass::RateLimited => match error {
            // The pause as a whole was long enough already.
            Error::Transport { .. } => error.retry_after(),
            _ => Some(error.retry_after().unwrap_or_default().max(SHORTEST_PAUSE)),
        },
        ErrorClass::Fatal
        | ErrorClass::Invalid
        | ErrorClass::Login
        | ErrorClass::LoginRequired
        | ErrorClass::NotFound
        | ErrorClass::SessionExpired => None,
    }
}

/// How long to wait after so many attempts in a row that failed, from 1: 1 s, 2 s, 4 s and so on
/// up to 120 s, each less up to half of it as `jitter`, from 0 to 1, says.
///
/// `jitter` spreads those who failed together; half of the wait is fixed, so that it never comes
/// to nothing.
pub fn backoff(attempt: u32, jitter: f64) -> Duration {
    let doubled = 2_u32.saturating_pow(attempt.saturating_sub(1));
    let fixed = (Duration::from_millis(500).saturating_mul(doubled)).min(LONGEST_FIXED);
    let chance = fixed.min(LONGEST.saturating_sub(fixed));
    fixed + chance.mul_f64(jitter.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;
    use crate::transport::{TransportError, TransportErrorKind};

    fn status(status: u16, retry_after: Option<u64>) -> Error {
        Error::Status {
            method: "m",
            status: StatusCode::from_u16(status).unwrap(),
            retry_after: retry_after.map(Duration::from_secs),
        }
    }

    fn api(code: u32) -> Error {
        Error::Api {
            method: "m",
            code: code.into(),
            status: StatusCode::BAD_REQUEST,
            message: "".into(),
            retry_after: None,
        }
    }

    #[test]
    fn waits_double_and_half_of_each_is_fixed() {
        let error = status(502, None);
        for (attempt, shortest, longest) in [
            (1, 500, 1_000),
            (2, 1_000, 2_000),
            (3, 2_000, 4_000),
            (7, 32_000, 64_000),
            (8, 64_000, 120_000),
            (9, 70_000, 120_000),
            (u32::MAX, 70_000, 120_000),
        ] {
            let wait = |jitter| decide(&error, attempt, jitter).unwrap().as_millis();
            assert_eq!((wait(0.0), wait(1.0)), (shortest, longest), "{attempt}");
            assert_eq!((wait(-9.0), wait(9.0)), (shortest, longest), "{attempt}");
        }
    }

    #[test]
    fn an_hour_of_outage_costs_at_most_sixty_requests() {
        let error = status(500, None);
        let mut at = Duration::ZERO;
        let mut requests = 0;
        while at <= Duration::from_secs(3600) {
            requests += 1;
            at += decide(&error, requests, 0.0).unwrap();
        }
        assert!(requests <= 60, "{requests}");
    }

    #[test]
    fn too_many_calls_are_answered_with_patience() {
        let minute = Some(Duration::from_secs(60));
        assert_eq!(decide(&api(29), 1, 0.0), minute);
        assert_eq!(decide(&status(429, None), 1, 1.0), minute);
        assert_eq!(decide(&status(429, Some(5)), 1, 1.0), minute);
        let asked = Some(Duration::from_secs(600));
        assert_eq!(decide(&status(429, Some(600)), 1, 0.0), asked);
        assert_eq!(decide(&status(503, Some(600)), 1, 0.0), asked);
        let rest = Duration::from_secs(7);
        let source = TransportError::new(TransportErrorKind::Paused(rest));
        let paused = Error::Transport { method: "m", source };
        assert_eq!(decide(&paused, 1, 0.0), Some(rest));
    }

    #[test]
    fn what_trying_again_cannot_help_is_not_tried_again() {
        for code in [2, 3, 4, 5, 6, 7, 9, 10, 13, 14, 15, 17, 26, 27, 99] {
            assert_eq!(decide(&api(code), 1, 0.5), None, "{code}");
            assert!(!api(code).is_retryable(), "{code}");
        }
        for code in [8, 11, 16, 29] {
            assert!(decide(&api(code), 1, 0.5).is_some(), "{code}");
            assert!(api(code).is_retryable(), "{code}");
        }
    }
}
