//! Why a call came to nothing, in words for a person: what happened, what it means for what is kept,
//! what to do.

use lastfm_core::archive::{StoreError, StoreErrorKind};
use lastfm_core::transport::TransportErrorKind;
use lastfm_core::{ApiErrorCode, Error, Username};

use crate::exit::{Exit, Trouble};
use crate::file::chain;
use crate::show;

/// In whose name a call was made.
#[derive(Debug, Clone, Copy)]
pub enum InName<'a> {
    /// In nobody's.
    Nobodys,
    /// With the session that is kept of this user.
    Kept(&'a Username),
    /// With the session in the environment.
    Set,
}

/// A call failed. `safe` says what that means for what is kept.
pub fn of_call(error: Error, safe: &str, name: InName<'_>) -> Trouble {
    let error = match error {
        // Where the request rate is kept is the archive, too.
        Error::Transport { source, .. } if source.kind == TransportErrorKind::PacerFailed => {
            let failed = source.source.and_then(|source| source.downcast::<StoreError>().ok());
            let failed = failed
                .map_or_else(|| StoreError::new("take", StoreErrorKind::Failed), |error| *error);
            return Trouble::from(failed);
        }
        error if error.is_retryable() => {
            let what = format!("gave up for now: {}", show::complaint(&chain(&error)));
            let trouble = Trouble::new(Exit::NotNow, "not_now", what);
            return trouble.advice(format!("{safe} The same command may work later."));
        }
        error => error,
    };
    let (code, what, then) = refusal(&error, name);
    let trouble = Trouble::new(Exit::NeedsPerson, code, what).advice(safe);
    [error.advice().unwrap_or_default(), &then]
        .into_iter()
        .filter(|line| !line.is_empty())
        .fold(trouble, Trouble::advice)
}

/// What Last.fm has against a call: a name for machines, what happened, what to do here.
fn refusal(error: &Error, name: InName<'_>) -> (&'static str, String, String) {
    let Error::Api { code, message, .. } = error else {
        return ("refused", format!("Last.fm cannot be asked: {}", chain(error)), String::new());
    };
    let number = code.number();
    let login = format!("To log in again: {} login", show::program());
    match code {
        ApiErrorCode::InvalidApiKey => (
            "invalid_key",
            format!("Last.fm does not accept this API key (error {number})"),
            "Then set LASTFM_API_KEY and run again.".to_owned(),
        ),
        ApiErrorCode::SuspendedApiKey => (
            "suspended_key",
            format!("Last.fm has suspended this API key (error {number})"),
            String::new(),
        ),
        ApiErrorCode::InvalidSignature => (
            "invalid_secret",
            format!("Last.fm does not accept the signature (error {number})"),
            "Then set LASTFM_API_SECRET and run again.".to_owned(),
        ),
        ApiErrorCode::AuthenticationFailed | ApiErrorCode::InvalidSessionKey => (
            "invalid_session",
            match name {
                InName::Nobodys => format!("Last.fm does not accept the login (error {number})"),
                InName::Kept(user) => {
                    format!("Last.fm does not accept the session of {user} (error {number})")
                }
                InName::Set => {
                    format!("Last.fm does not accept LASTFM_SESSION_KEY (error {number})")
                }
            },
            match name {
                InName::Set => {
                    format!("Unset LASTFM_SESSION_KEY, which comes before all others. {login}")
                }
                InName::Nobodys | InName::Kept(_) => login,
            },
        ),
        _ => (
            "refused",
            format!("Last.fm refuses: {message} (error {number})"),
            "Its codes are listed at https://www.last.fm/api/errorcodes".to_owned(),
        ),
    }
}
