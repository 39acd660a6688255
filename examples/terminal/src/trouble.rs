//! Why a call or a run came to nothing, in words for a person: what happened, what it means for what
//! is kept, what to do.

use lastfm_core::archive::{StoreError, StoreErrorKind, SyncError};
use lastfm_core::transport::TransportErrorKind;
use lastfm_core::{ApiErrorCode, Error, Username};

use crate::exit::{Exit, Trouble};
use crate::file::chain;
use crate::show;

/// In whose name a call was made.
#[derive(Debug, Clone, Copy)]
pub enum OnBehalfOf<'a> {
    /// In nobody's.
    Nobodys,
    /// With the session that is kept of this user.
    Kept(&'a Username),
    /// With the session in the environment.
    Set,
}

/// A call failed. `safe` says what that means for what is kept.
pub fn of_call(error: Error, safe: &str, name: OnBehalfOf<'_>) -> Trouble {
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

/// A run could not go on. `held` counts the plays that are in the archive after the run; `is_set` says whether it read
/// with the session in the environment.
pub fn of_run(error: SyncError, asked: &Username, held: u64, is_set: bool) -> Trouble {
    let safe = match held {
        0 => "Nothing was changed.".to_owned(),
        held => format!("{} safe.", are(held)),
    };
    let exit = if error.needs_a_person() { Exit::NeedsPerson } else { Exit::NotNow };
    let trouble = |code, what: String| Trouble::new(exit, code, what).about(asked);
    match error {
        SyncError::AnotherAccount { name, registered_at, .. } => {
            let made = show::day(registered_at);
            trouble(
                "another_account",
                format!("the name {name} belongs to another account now, made on {made}"),
            )
            .advice(format!("{safe} Nothing was changed, so that two listeners are not mixed."))
            .advice("To archive the new account, keep it elsewhere: --db FILE|postgres://…")
        }
        SyncError::HalfCopy { user, .. } => {
            let (what, program) =
                (format!("the archive of {user} is a copy that is not finished"), show::program());
            trouble("half_copy", what).advice(format!(
                "Nothing was changed. It is finished by the same {program} move {user} as before; \
                 to begin anew: {program} forget {user}"
            ))
        }
        SyncError::Hidden { user, source, .. } => {
            trouble("hidden", format!("{user} hides the listening history (error 17)"))
                .advice(safe)
                .advice(source.advice().unwrap_or_default())
                .advice(format!("To log in as {user}: {} login", show::program()))
        }
        SyncError::NotNow { reason, .. } => {
            trouble("not_now", format!("gave up for now: {}", show::complaint(&reason)))
                .advice(format!("{safe} The same command goes on from there."))
        }
        SyncError::Refused { source, .. } => {
            let safe = match held {
                0 => safe,
                held => format!("{} safe; nothing was changed by this.", are(held)),
            };
            let name = if is_set { OnBehalfOf::Set } else { OnBehalfOf::Kept(asked) };
            of_call(source, &safe, name).about(asked)
        }
        SyncError::Store { source, .. } => Trouble::from(source).about(asked),
        SyncError::UnknownUser { user, source, .. } => {
            trouble("unknown_user", format!("Last.fm knows no user {user}"))
                .advice(safe)
                .advice(source.advice().unwrap_or_default())
        }
        other => Trouble::new(Exit::Failed, "failed", chain(&other)).about(asked).advice(safe),
    }
}

/// What Last.fm has against a call: a name for machines, what happened, what to do here.
fn refusal(error: &Error, name: OnBehalfOf<'_>) -> (&'static str, String, String) {
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
                OnBehalfOf::Nobodys => {
                    format!("Last.fm does not accept the login (error {number})")
                }
                OnBehalfOf::Kept(user) => {
                    format!("Last.fm does not accept the session of {user} (error {number})")
                }
                OnBehalfOf::Set => {
                    format!("Last.fm does not accept LASTFM_SESSION_KEY (error {number})")
                }
            },
            match name {
                OnBehalfOf::Set => {
                    format!("Unset LASTFM_SESSION_KEY, which comes before all others. {login}")
                }
                OnBehalfOf::Nobodys | OnBehalfOf::Kept(_) => login,
            },
        ),
        _ => (
            "refused",
            format!("Last.fm refuses: {message} (error {number})"),
            "Its codes are listed at https://www.last.fm/api/errorcodes".to_owned(),
        ),
    }
}

/// `112,000 plays are`
fn are(held: u64) -> String {
    let verb = if held == 1 { "is" } else { "are" };
    format!("{} {verb}", show::count(held, "play"))
}
