//! What a person can do about an error, in words that every app can show.

use super::{Error, ErrorClass, is_scrobble_limit};
use crate::ApiErrorCode as Code;

const KEY: &str = "The API key is not one of Last.fm's: yours are listed at \
                   https://www.last.fm/api/accounts.";
const SECRET: &str = "The shared secret does not belong to the API key: both stand at \
                      https://www.last.fm/api/accounts.";
const SUSPENDED: &str = "Make no further calls with this API key, and ask Last.fm why.";
const HIDDEN: &str = "The privacy setting \"Hide recent listening information\" is on: turn it off \
                      at https://www.last.fm/settings/privacy, or log in as this user.";
const WITHDRAWN: &str = "The access was taken back, or was given to another API key: log in again.";
const NOT_AGREED: &str = "The user has to agree first, at the address that the login gave.";
const EXPIRED: &str = "A login has to be agreed to within 60 minutes: begin it anew.";
const NO_LOGIN: &str = "The login has failed, or does not allow this: log in again.";
const TOO_FAST: &str = "Too many calls: make none for a minute or more, and fewer from then on.";
const TOO_MANY: &str = "The user has sent as many plays as Last.fm takes for now: send the rest in \
                        some hours.";
const USER: &str = "A user's name is spelled as in the address of the profile, \
                    https://www.last.fm/user/NAME.";

impl Error {
    /// What a person can do about it, in English, in one or two whole sentences; nothing where
    /// only time helps or the program is wrong.
    ///
    /// It does not repeat what happened, and names nobody: an app shows it after its own words,
    /// and adds how to log in there. Last.fm's own pages are named, whatever service was asked.
    ///
    /// ```
    /// # #[cfg(feature = "testing")] {
    /// # let clock = std::sync::Arc::new(lastfm_core::testing::VirtualClock::new(lastfm_core::Timestamp::MIN));
    /// # let transport = std::sync::Arc::new(lastfm_core::testing::FakeTransport::new()
    /// #     .json(r#"{"error":17,"message":"Login: User required to be logged in"}"#));
    /// # futures_executor::block_on(async {
    /// # let credentials = lastfm_core::Credentials::read_only(lastfm_core::ApiKey::new("k")?);
    /// # let client = lastfm_core::Client::builder(credentials, transport, clock).build();
    /// let error = client.now_playing("RJ".parse()?).await.unwrap_err();
    /// assert!(error.advice().unwrap().contains("Hide recent listening information"));
    /// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap() }
    /// ```
    pub fn advice(&self) -> Option<&'static str> {
        let class = self.class();
        match (class, self) {
            (ErrorClass::RateLimited, Self::Api { message, .. }) if is_scrobble_limit(message) => {
                Some(TOO_MANY)
            }
            (ErrorClass::RateLimited, _) => Some(TOO_FAST),
            (ErrorClass::LoginRequired, _) => Some(HIDDEN),
            (ErrorClass::SessionExpired, _) => Some(WITHDRAWN),
            // Not of Libre.fm's error 7: it stands for a history without plays.
            (ErrorClass::NotFound, Self::Api { code: Code::InvalidParameters, message, .. }) => {
                message.to_ascii_lowercase().contains("user not found").then_some(USER)
            }
            (_, Self::Api { code, .. }) => match code {
                Code::AuthenticationFailed => Some(NO_LOGIN),
                Code::InvalidApiKey => Some(KEY),
                Code::InvalidSignature => Some(SECRET),
                Code::SuspendedApiKey => Some(SUSPENDED),
                Code::TokenExpired => Some(EXPIRED),
                Code::UnauthorizedToken => Some(NOT_AGREED),
                _ => None,
            },
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;

    fn advice(code: u32, status: u16, message: &str) -> Option<&'static str> {
        let status = StatusCode::from_u16(status).unwrap();
        let (method, retry_after) = ("user.getInfo", None);
        Error::Api { method, code: code.into(), status, message: message.into(), retry_after }
            .advice()
    }

    #[test]
    fn too_many_plays_are_not_too_many_calls() {
        let error = Error::Api {
            method: "track.scrobble",
            code: 29.into(),
            status: StatusCode::TOO_MANY_REQUESTS,
            message: "Rate Limit Exceeded - Too many scrobbles in a short period.".into(),
            retry_after: None,
        };
        assert_eq!(error.advice(), Some(TOO_MANY));
    }

    #[test]
    fn whoever_can_act_is_told_how() {
        let table = [
            (4, NO_LOGIN),
            (9, WITHDRAWN),
            (10, KEY),
            (13, SECRET),
            (14, NOT_AGREED),
            (15, EXPIRED),
            (17, HIDDEN),
            (26, SUSPENDED),
            (29, TOO_FAST),
        ];
        for code in 0..40 {
            let expected = table.iter().find(|(known, _)| *known == code).map(|(_, words)| *words);
            assert_eq!(advice(code, 403, ""), expected, "{code}");
            assert_eq!(advice(code, 429, ""), Some(TOO_FAST), "{code}");
        }
    }

    #[test]
    fn only_a_user_is_spelled_as_in_a_profile() {
        assert_eq!(advice(6, 404, "User not found"), Some(USER));
        assert_eq!(advice(6, 200, "user not found"), Some(USER));
        for other in ["", "Track not found", "The artist you supplied could not be found"] {
            assert_eq!(advice(6, 404, other), None, "{other}");
        }
        assert_eq!(advice(7, 404, "User not found"), None);
    }
}
