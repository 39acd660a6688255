//! In whose name a run reads: with the session in the environment, or the one that is kept of the
//! user at work, or in nobody's.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use lastfm_core::{SessionKey, Username};
use terminal::exit::Trouble;
use terminal::json::{self, Line};
use terminal::output::{self, Mode};
use terminal::sessions::Sessions;
use terminal::settings::Environment;
use url::Url;

pub(crate) struct Signing {
    kept: Option<Sessions>,
    /// Whether there is a secret.
    can_sign: bool,
    /// Whether the environment has a session: it comes before those that are kept.
    pub(crate) is_set: bool,
    /// Whether a session was found that is of no use.
    is_told: AtomicBool,
    /// Sessions that Last.fm no longer accepts. A later login brings another one.
    refused: Mutex<Vec<SessionKey>>,
    mode: Mode,
}

impl Signing {
    /// Reads what is kept once, so that something wrong with it is told at the start.
    pub(crate) fn new(
        environment: &Environment,
        service: Option<&Url>,
        mode: Mode,
    ) -> Result<Self, Trouble> {
        let is_set = environment.session().is_some();
        let kept = if is_set { None } else { Some(environment.sessions(service)) };
        if let Some(kept) = &kept {
            kept.all()?;
        }
        let can_sign = environment.signing_credentials().is_ok();
        Ok(Self { kept, can_sign, is_set, ..Self::none(mode) })
    }

    /// In nobody's name.
    pub(crate) fn none(mode: Mode) -> Self {
        let (is_told, refused) = (AtomicBool::new(false), Mutex::default());
        Self { kept: None, can_sign: false, is_set: false, is_told, refused, mode }
    }

    /// The session that is kept of this user. It is looked up each time: who logs in while a
    /// service is at work is read in their name from the next round on.
    pub(crate) fn session_of(&self, user: &Username) -> Option<SessionKey> {
        // What was well at the start and cannot be read now is as good as none.
        let session = self.kept.as_ref()?.of(user).ok()??;
        if self.can_sign {
            return Some(session.key).filter(|key| !self.refused().contains(key));
        }
        if !self.is_told.swap(true, Ordering::Relaxed) {
            let what = "sessions are of no use without LASTFM_API_SECRET: only what is public is \
                        read";
            match self.mode {
                Mode::Json => json::print(&Line::Note { code: "no_secret", message: what }),
                Mode::Quiet => {}
                Mode::Terminal | Mode::Log => output::note(&format!("note: {what}")),
            }
        }
        None
    }

    /// Uses the session of this user no more; says whether it was used until now.
    pub(crate) fn give_up(&self, user: &Username) -> bool {
        let session = self.session_of(user);
        let is_used = session.is_some();
        self.refused().extend(session);
        is_used
    }

    fn refused(&self) -> MutexGuard<'_, Vec<SessionKey>> {
        // Nothing that holds the lock can panic.
        self.refused.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(feature = "jobs")]
#[async_trait::async_trait]
impl crew::Sessions for Signing {
    async fn session_of(
        &self,
        user: &Username,
    ) -> lastfm_core::archive::StoreResult<Option<SessionKey>> {
        Ok(Self::session_of(self, user))
    }
}
