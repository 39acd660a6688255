//! Why a run could not go on, in words for a person: what happened, what it means for the plays,
//! what to do.

use lastfm_core::archive::{StoreError, StoreErrorKind, SyncError};
use lastfm_core::transport::TransportErrorKind;
use lastfm_core::{ApiErrorCode, Error, Username};

use crate::archive::chain;
use crate::exit::{Exit, Trouble};
use crate::show;

/// `held` counts the plays that are in the archive after the run.
pub(crate) fn of_run(error: SyncError, asked: &Username, held: u64) -> Trouble {
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
            .advice("To archive the new account, use another file: --db FILE")
        }
        SyncError::Hidden { user, .. } => trouble(
            "hidden",
            format!("{user} hides the listening history"),
        )
        .advice(format!("{safe} {user} can unhide it at https://www.last.fm/settings/privacy,"))
        .advice(
            "or it can be read in the user's name: set LASTFM_API_SECRET and LASTFM_SESSION_KEY.",
        ),
        SyncError::NotNow { reason, .. } => {
            trouble("not_now", format!("gave up for now: {}", show::complaint(&reason)))
                .advice(format!("{safe} The same command goes on from there."))
        }
        // Where the request rate is kept is the archive, too.
        SyncError::Refused { source: Error::Transport { source, .. }, .. }
            if source.kind == TransportErrorKind::PacerFailed =>
        {
            let failed = source.source.and_then(|source| source.downcast::<StoreError>().ok());
            let failed = failed
                .map_or_else(|| StoreError::new("take", StoreErrorKind::Failed), |error| *error);
            Trouble::from(failed).about(asked)
        }
        SyncError::Refused { source, .. } => {
            let (code, what, advice) = refusal(&source);
            trouble(code, what).advice(format!("{safe} {advice}"))
        }
        SyncError::Store { source, .. } => Trouble::from(source).about(asked),
        SyncError::UnknownUser { user, .. } => {
            trouble("unknown_user", format!("Last.fm knows no user {user}"))
                .advice(format!("{safe} Names are spelled as in the address of the profile:"))
                .advice("https://www.last.fm/user/NAME")
        }
        other => Trouble::new(Exit::Failed, "failed", chain(&other)).about(asked).advice(safe),
    }
}

/// `112,000 plays are`
fn are(held: u64) -> String {
    let verb = if held == 1 { "is" } else { "are" };
    format!("{} {verb}", show::count(held, "play"))
}

/// What Last.fm has against the request: a name for machines, what happened, what to do.
fn refusal(error: &Error) -> (&'static str, String, String) {
    let keys = "Keys are listed at https://www.last.fm/api/accounts";
    let Error::Api { code, message, .. } = error else {
        return ("refused", format!("Last.fm cannot be asked: {}", chain(error)), String::new());
    };
    let number = code.number();
    match code {
        ApiErrorCode::InvalidApiKey => (
            "invalid_key",
            format!("Last.fm does not accept this API key (error {number})"),
            format!("{keys}; set LASTFM_API_KEY and run again."),
        ),
        ApiErrorCode::SuspendedApiKey => (
            "suspended_key",
            format!("Last.fm has suspended this API key (error {number})"),
            format!("Ask Last.fm why, or take another one. {keys}."),
        ),
        ApiErrorCode::InvalidSignature => (
            "invalid_secret",
            format!("Last.fm does not accept the signature (error {number})"),
            format!("Does LASTFM_API_SECRET belong to LASTFM_API_KEY? {keys}."),
        ),
        ApiErrorCode::AuthenticationFailed | ApiErrorCode::InvalidSessionKey => (
            "invalid_session",
            format!("Last.fm does not accept the session (error {number})"),
            "Log in again and set LASTFM_SESSION_KEY, or unset it to read what is public."
                .to_owned(),
        ),
        _ => (
            "refused",
            format!("Last.fm refuses: {message} (error {number})"),
            "Its codes are listed at https://www.last.fm/api/errorcodes".to_owned(),
        ),
    }
}
