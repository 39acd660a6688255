//! Why something cannot be shown or done: one type, told to people as a page with one thing to do,
//! and to programs as `application/problem+json`.

use std::fmt::{Display, Write as _};
use std::time::Duration;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use lastfm_core::archive::{StoreError, StoreErrorKind};
use lastfm_core::{ErrorClass, Username};
use serde::Serialize;
use terminal::show;
use utoipa::ToSchema;

use crate::layout::address;
use crate::plan::LeftOut;

/// Plays that words name; a problem lists all.
const NAMED: usize = 3;
/// Characters of a name that somebody made up.
const LONGEST_NAME: usize = 100;

/// What went wrong.
#[derive(Debug, Clone)]
pub(crate) enum Failure {
    /// There is no such page.
    NotFound,
    /// Last.fm knows no such album.
    UnknownAlbum { artist: String, album: String },
    /// There is no such job in the queue of whoever asks.
    NoSuchJob,
    /// What was sent cannot be read.
    BadRequest(String),
    /// What was sent is understood, but none of it can be scrobbled.
    NothingToQueue { why: &'static str, left_out: Vec<LeftOut> },
    /// It is not for whoever asks, or comes from somewhere else.
    Forbidden(String),
    /// It is for those who have logged in.
    NotLoggedIn,
    /// A login did not come to its end.
    LoginFailed(&'static str),
    /// There is such a page, but not for this method.
    MethodNotAllowed,
    /// What was sent is too long.
    TooLarge,
    /// Nobody at Last.fm can have this name.
    BadName(String),
    /// Last.fm knows nobody of this name.
    UnknownUser(Username),
    /// The listening history is hidden.
    Hidden(Username),
    /// Whoever it is has paused their archive.
    Paused(Username),
    /// The account has no such year.
    NoSuchYear(Username, i16),
    /// Last.fm does not answer, or not now.
    Outage { retry_after: Duration },
    /// This client asks too often.
    TooMany { retry_after: Duration },
    /// There is no room for more, for anybody.
    Full { what: &'static str, retry_after: Duration },
    /// It took too long.
    Slow,
    /// Something here is broken. The words are for the log.
    Inside(String),
    /// A database does not answer. The words are for the log.
    Unready(String),
}

/// What a person can do about it.
pub(crate) struct Action {
    pub(crate) label: String,
    pub(crate) href: String,
}

/// What programs are told, as RFC 9457 has it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// A short name that never changes, as a relative address.
    #[serde(rename = "type")]
    kind: String,
    /// What happened.
    title: String,
    /// The status of the answer.
    status: u16,
    /// What it means, and what to do.
    detail: String,
    /// Seconds after which to ask again, if that can help.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<u64>,
    /// Plays that were left out, where that is why.
    #[serde(skip_serializing_if = "Option::is_none")]
    left_out: Option<Vec<LeftOut>>,
}

impl Failure {
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::NotFound
            | Self::UnknownAlbum { .. }
            | Self::NoSuchJob
            | Self::UnknownUser(_)
            | Self::NoSuchYear(..) => StatusCode::NOT_FOUND,
            Self::NothingToQueue { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            Self::BadRequest(_) | Self::BadName(_) | Self::LoginFailed(_) => {
                StatusCode::BAD_REQUEST
            }
            Self::NotLoggedIn => StatusCode::UNAUTHORIZED,
            Self::Forbidden(_) | Self::Hidden(_) | Self::Paused(_) => StatusCode::FORBIDDEN,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Inside(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Outage { .. } | Self::Full { .. } | Self::Slow | Self::Unready(_) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
        }
    }

    /// A short name that never changes.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "not-found",
            Self::UnknownAlbum { .. } => "unknown-album",
            Self::NoSuchJob => "no-such-job",
            Self::BadRequest(_) => "bad-request",
            Self::NothingToQueue { .. } => "nothing-to-queue",
            Self::Forbidden(_) => "forbidden",
            Self::NotLoggedIn => "not-logged-in",
            Self::LoginFailed(_) => "login-failed",
            Self::MethodNotAllowed => "method-not-allowed",
            Self::TooLarge => "too-large",
            Self::BadName(_) => "bad-name",
            Self::UnknownUser(_) => "unknown-user",
            Self::Hidden(_) => "hidden",
            Self::Paused(_) => "paused",
            Self::NoSuchYear(..) => "no-such-year",
            Self::Outage { .. } => "outage",
            Self::TooMany { .. } => "too-many",
            Self::Full { .. } => "full",
            Self::Slow => "slow",
            Self::Inside(_) => "failed",
            Self::Unready(_) => "unready",
        }
    }

    /// What happened, in a few words.
    pub(crate) fn title(&self) -> String {
        match self {
            Self::NotFound => "There is no such page".to_owned(),
            Self::UnknownAlbum { .. } => "Last.fm knows no such album".to_owned(),
            Self::NoSuchJob => "There is no such job in your queue".to_owned(),
            Self::BadRequest(_) => "That cannot be read".to_owned(),
            Self::NothingToQueue { .. } => "There is nothing to be scrobbled".to_owned(),
            Self::Forbidden(_) => "That is not allowed".to_owned(),
            Self::NotLoggedIn => "That is for those who have logged in".to_owned(),
            Self::LoginFailed(_) => "The login did not work".to_owned(),
            Self::MethodNotAllowed => "That cannot be done here".to_owned(),
            Self::TooLarge => "That is too long".to_owned(),
            Self::BadName(_) => "That is no name".to_owned(),
            Self::UnknownUser(name) => format!("Last.fm knows nobody called {name}"),
            Self::Hidden(name) => format!("{name} hides what they listen to"),
            Self::Paused(name) => format!("{name} has paused their archive"),
            Self::NoSuchYear(name, year) => format!("{name} has no {year}"),
            Self::Outage { .. } => "Last.fm does not answer".to_owned(),
            Self::TooMany { .. } => "That was a lot at once".to_owned(),
            Self::Full { what, .. } => format!("{what} at the moment"),
            Self::Slow => "That took too long".to_owned(),
            Self::Inside(_) => "Something is broken here".to_owned(),
            Self::Unready(_) => "The archive does not answer".to_owned(),
        }
    }

    /// What it means, and what to do.
    pub(crate) fn detail(&self) -> String {
        let again = |wait: Duration| show::about(wait);
        match self {
            Self::NotFound => "The address may have a letter too many.".to_owned(),
            Self::UnknownAlbum { artist, album } => {
                format!("\"{album}\" by {artist} is not there, or is spelled in another way.")
            }
            Self::NoSuchJob => {
                "It may be of another login, or was deleted since. Nothing was changed.".to_owned()
            }
            Self::NothingToQueue { why, left_out } => {
                let mut detail = (*why).to_owned();
                for LeftOut { name, why, .. } in left_out.iter().take(NAMED) {
                    // Writing to a text does not fail.
                    let _ = write!(detail, " {name}: {why}.");
                }
                detail + " Nothing was queued."
            }
            Self::BadRequest(why) | Self::Forbidden(why) => why.clone(),
            Self::NotLoggedIn => {
                "Your login may have ended: it lasts for a day, and for two hours \
                without a visit. Nothing was lost."
                    .to_owned()
            }
            Self::LoginFailed(why) => format!("{why} Nothing was changed."),
            Self::MethodNotAllowed => "This address takes another kind of request.".to_owned(),
            Self::TooLarge => "What is sent may have 64 kB at most.".to_owned(),
            Self::BadName(text) if text.trim().is_empty() => {
                "Whose history? A name is missing.".to_owned()
            }
            Self::BadName(_) => {
                "Names at Last.fm have 64 characters at most, in one line.".to_owned()
            }
            Self::UnknownUser(_) => "Is it spelled as in the address of the profile page, \
                last.fm/user/…? Names that were changed are found under the new one only."
                .to_owned(),
            Self::Hidden(name) => format!(
                "Last.fm shows the plays of {name} to nobody else. Whoever it is can unhide them \
                 in the settings of Last.fm, under Privacy: \"Hide recent listening information\"."
            ),
            Self::Paused(_) => {
                "Nothing more is fetched until they resume it, on the page of their \
                account. What is archived stays."
                    .to_owned()
            }
            Self::NoSuchYear(name, _) => {
                format!("The account of {name} was made later, or the year is still to come.")
            }
            Self::Outage { retry_after } => format!(
                "What is archived here can be looked at all the same; what is new has to wait. \
                 It is worth another try in {}.",
                again(*retry_after)
            ),
            Self::TooMany { retry_after } => {
                format!("Please go on in {}.", again(*retry_after))
            }
            Self::Full { retry_after, .. } => {
                format!("It is worth another try in {}.", again(*retry_after))
            }
            Self::Slow => "Nothing was lost. It is worth another try.".to_owned(),
            Self::Inside(_) => {
                "It is not your fault, it was written down, and nothing was lost.".to_owned()
            }
            Self::Unready(_) => "Nothing was lost. It is worth another try in a minute.".to_owned(),
        }
    }

    /// The one thing to do.
    pub(crate) fn action(&self) -> Action {
        let (label, href) = match self {
            Self::Hidden(_) => {
                ("Privacy settings of Last.fm", "https://www.last.fm/settings/privacy")
            }
            Self::NoSuchYear(name, _) => {
                let href = format!("/user/{}", crate::layout::segment(name.as_str()));
                return Action { label: format!("The years of {name}"), href };
            }
            Self::UnknownAlbum { album, .. } => {
                let href = address("/search", &[("q", album)]);
                return Action { label: "Search for it".to_owned(), href };
            }
            Self::NoSuchJob => ("To the queue", "/queue"),
            Self::NothingToQueue { .. } => ("Scrobble something else", "/search"),
            Self::NotLoggedIn | Self::LoginFailed(_) | Self::Paused(_) => {
                ("To the account", "/account")
            }
            Self::Outage { .. } => ("How Last.fm is doing", "https://status.last.fm/"),
            Self::TooMany { .. } | Self::Full { .. } | Self::Slow | Self::Unready(_) => {
                ("Try again", "")
            }
            _ => ("Ask for somebody", "/"),
        };
        Action { label: label.to_owned(), href: href.to_owned() }
    }

    /// When asking again can help.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Outage { retry_after }
            | Self::TooMany { retry_after }
            | Self::Full { retry_after, .. } => Some(*retry_after),
            Self::Slow => Some(Duration::from_secs(5)),
            Self::Unready(_) => Some(Duration::from_mins(1)),
            _ => None,
        }
    }

    /// What an answer of somebody else's making says: of the router, of an extractor.
    pub(crate) fn of_status(status: StatusCode) -> Option<Self> {
        match status {
            StatusCode::NOT_FOUND => Some(Self::NotFound),
            StatusCode::METHOD_NOT_ALLOWED => Some(Self::MethodNotAllowed),
            StatusCode::PAYLOAD_TOO_LARGE => Some(Self::TooLarge),
            status if status.is_client_error() => {
                Some(Self::BadRequest("What was sent is not what belongs here.".to_owned()))
            }
            status if status.is_server_error() => Some(Self::Inside(status.to_string())),
            _ => None,
        }
    }

    /// One of each kind, for whoever wants to know what there is.
    pub(crate) fn each(name: &Username, retry_after: Duration) -> Vec<Self> {
        let words = || "(why)".to_owned();
        vec![
            Self::NotFound,
            Self::UnknownAlbum { artist: "(artist)".to_owned(), album: "(album)".to_owned() },
            Self::NoSuchJob,
            Self::BadRequest(words()),
            Self::NothingToQueue { why: "(why)", left_out: Vec::new() },
            Self::Forbidden(words()),
            Self::NotLoggedIn,
            Self::LoginFailed("(why)"),
            Self::MethodNotAllowed,
            Self::TooLarge,
            Self::BadName("/".to_owned()),
            Self::UnknownUser(name.clone()),
            Self::Hidden(name.clone()),
            Self::Paused(name.clone()),
            Self::NoSuchYear(name.clone(), 1999),
            Self::Outage { retry_after },
            Self::TooMany { retry_after },
            Self::Full { what: "Too many are waiting", retry_after },
            Self::Slow,
            Self::Inside(words()),
            Self::Unready(words()),
        ]
    }

    /// Something here is broken, in words for the log.
    pub(crate) fn inside(error: impl Display) -> Self {
        Self::Inside(error.to_string())
    }

    pub(crate) fn unknown_album(artist: &str, album: &str) -> Self {
        let name = |name: &str| name.trim().chars().take(LONGEST_NAME).collect();
        Self::UnknownAlbum { artist: name(artist), album: name(album) }
    }

    pub(crate) fn problem(&self) -> Response {
        let retry_after = self.retry_after().map(|wait| wait.as_secs().max(1));
        let problem = Problem {
            kind: format!("/api#{}", self.code()),
            title: self.title(),
            status: self.status().as_u16(),
            detail: self.detail(),
            retry_after,
            left_out: match self {
                Self::NothingToQueue { left_out, .. } => Some(left_out.clone()),
                _ => None,
            },
        };
        let kind = HeaderValue::from_static("application/problem+json");
        (self.status(), [(header::CONTENT_TYPE, kind)], Json(problem)).into_response()
    }
}

/// The status, with the failure itself beside it: [`crate::noted`] knows who asked, and in which
/// words to tell it.
impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let words = terminal::file::chain(&error);
        match error.kind {
            StoreErrorKind::Busy => Self::Unready(words),
            _ => Self::Inside(words),
        }
    }
}

impl From<jobs::Error> for Failure {
    fn from(error: jobs::Error) -> Self {
        match error {
            jobs::Error::NoJob(_) => Self::NotFound,
            error if error.is_retryable() => Self::Unready(error.to_string()),
            error => Self::inside(error),
        }
    }
}

impl Failure {
    /// A call to Last.fm about somebody failed.
    pub(crate) fn of_call(error: &lastfm_core::Error, user: &Username) -> Self {
        match error.class() {
            ErrorClass::NotFound | ErrorClass::Invalid => Self::UnknownUser(user.clone()),
            ErrorClass::LoginRequired => Self::Hidden(user.clone()),
            ErrorClass::RateLimited | ErrorClass::Transient => {
                let wait = error.retry_after().unwrap_or(Duration::from_mins(1));
                Self::Outage { retry_after: wait }
            }
            _ => Self::Inside(terminal::file::chain(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_broken_here_is_told_to_nobody_else() {
        let failure = Failure::inside("the password is canary");
        assert!(!format!("{}{}", failure.title(), failure.detail()).contains("canary"));
    }
}
