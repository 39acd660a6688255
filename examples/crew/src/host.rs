//! What differs between the programs that work on jobs.

use async_trait::async_trait;
use jobs::Task;
use lastfm_core::archive::StoreResult;
use lastfm_core::{SessionKey, Username};
use serde::Serialize;

/// Whose session a user is read with.
#[async_trait]
pub trait Sessions: Send + Sync {
    /// The session of this user, as it is now; `None`: what is public is read, in nobody's name, and
    /// nothing is sent.
    ///
    /// # Errors
    ///
    /// Where sessions are kept cannot be read now: the slice fails, and is tried again.
    async fn session_of(&self, user: &Username) -> StoreResult<Option<SessionKey>>;
}

/// Who is told of what happens. Nothing here may take long.
pub trait Observer: Send + Sync {
    /// A job has ended, or failed and is tried again; the words say what came of it, or why.
    fn ended(&self, task: &Task, how: JobOutcome, words: &str);

    /// This service is not asked any more, for this reason.
    fn outage_began(&self, of: Upstream, reason: &str);

    /// It has answered again.
    fn outage_ended(&self, of: Upstream);
}

/// Who is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Upstream {
    /// Last.fm, for plays.
    Lastfm,
    /// MusicBrainz, for release years.
    MusicBrainz,
}

impl Upstream {
    /// As people know it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Lastfm => "Last.fm",
            Self::MusicBrainz => "MusicBrainz",
        }
    }
}

/// How a job ended, or that it is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum JobOutcome {
    /// It is done.
    Finished,
    /// It cannot go on until a person does something.
    GaveUp,
    /// Somebody did not want it any more.
    Cancelled,
    /// A slice failed, and is tried again later.
    FailedOnce,
}
