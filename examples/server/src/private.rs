//! Hidden histories: those who have logged in can have theirs archived, and see it, and nobody else
//! does.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{RawPathParams, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use lastfm_core::Username;
use lastfm_core::archive::UserId;
use lastfm_core::methods::user::GetRecentTracks;
use moka::future::Cache;
use terminal::dates;

use crate::app::App;
use crate::failure::Failure;
use crate::path;
use crate::secret::Digest;

/// How long it is believed that somebody hides their history, or does not.
const BELIEVED: Duration = Duration::from_mins(5);
/// How long a page waits for Last.fm to say so.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long the answer may take when nobody waits any more.
const LATE: Duration = Duration::from_mins(1);

/// What was asked lately, by the number of the archive.
pub(crate) struct Hidden(Cache<UserId, bool>);

impl Hidden {
    pub(crate) fn new() -> Self {
        Self(Cache::builder().max_capacity(100_000).time_to_live(BELIEVED).build())
    }
}

impl App {
    /// Whether only its owner may see what is archived of a history: Last.fm says so, whoever has
    /// archived it, and however its owner is called by now.
    async fn is_private(self: &Arc<Self>, user: &Username) -> Result<bool, Failure> {
        let Some(standing) = self.standing(user).await? else { return Ok(false) };
        let id = standing.status.user.id;
        if let Some(is_hidden) = self.hidden.0.get(&id).await {
            return Ok(is_hidden);
        }
        let known = self.logins.is_hidden(id).await?;
        let has_key = self.logins.has_key(user).await?;
        // Nobody has asked yet: without a key nothing is read here but what everybody can read.
        let was_hidden = known.unwrap_or(has_key);
        let (app, user) = (Arc::clone(self), user.clone());
        let asked = tokio::spawn(async move {
            let asked = app.ask_whether_hidden(id, &user, was_hidden);
            app.hidden.0.try_get_with(id, asked).await.map_err(|failure| (*failure).clone())
        });
        // What everybody could read, and no key of its owner's has read since, shows at once.
        if known == Some(false) && !has_key {
            return Ok(false);
        }
        match tokio::time::timeout(PATIENCE, asked).await {
            Ok(answered) => answered.map_err(Failure::inside)?,
            Err(_) => Ok(was_hidden),
        }
    }

    /// Forgets what was known of an archive that is about to be removed.
    pub(crate) async fn forget_hidden(&self, id: UserId) -> Result<(), Failure> {
        self.hidden.0.invalidate(&id).await;
        self.logins.forget_hidden(id).await
    }

    /// Asks Last.fm as everybody does, without a session. As long as it does not say, it is as it was.
    async fn ask_whether_hidden(
        &self,
        id: UserId,
        user: &Username,
        was_hidden: bool,
    ) -> Result<bool, Failure> {
        let recent = GetRecentTracks::new(user.clone()).limit(1);
        let is_hidden = match tokio::time::timeout(LATE, self.lastfm.call(&recent)).await {
            Ok(Ok(_)) => false,
            Ok(Err(error)) => match Failure::of_call(&error, user) {
                Failure::Hidden(_) => true,
                // The account is gone, has another name, or nobody answers.
                _ => return Ok(was_hidden),
            },
            Err(_) => return Ok(was_hidden),
        };
        self.logins.set_hidden(id, is_hidden).await?;
        Ok(is_hidden)
    }
}

/// Shows a hidden history to its owner alone.
pub(crate) async fn check(
    State(app): State<Arc<App>>,
    params: RawPathParams,
    request: Request,
    next: Next,
) -> Response {
    let name = params.iter().find(|(name, _)| *name == "name");
    let Some(user) = name.and_then(|(_, name)| path::name(name).ok()) else {
        return next.run(request).await;
    };
    let session = app.session_said(request.headers());
    match allowed(&app, &user, session.as_ref()).await {
        Ok(()) => next.run(request).await,
        Err(failure) => failure.into_response(),
    }
}

/// Whether what is archived of somebody may be shown to whoever has this session.
pub(crate) async fn allowed(
    app: &Arc<App>,
    user: &Username,
    session: Option<&Digest>,
) -> Result<(), Failure> {
    if !app.is_private(user).await? {
        return Ok(());
    }
    let login = match session {
        Some(session) => app.logins.look(session, dates::now().as_unix()).await?,
        None => None,
    };
    match login {
        Some(login) if login.user.folded() == user.folded() => Ok(()),
        _ => Err(Failure::Hidden(user.clone())),
    }
}
