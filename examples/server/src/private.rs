//! Hidden histories: those who have logged in can have theirs archived, and see it, and nobody else
//! does.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{RawPathParams, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use lastfm_core::Username;
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

/// What was asked lately, by the name in lower case.
pub(crate) struct Hidden(Cache<String, bool>);

impl Hidden {
    pub(crate) fn new() -> Self {
        Self(Cache::builder().max_capacity(100_000).time_to_live(BELIEVED).build())
    }
}

impl App {
    /// Whether only its owner may see what is archived of a history. Those whose key is not here
    /// have nothing archived but what everybody could read.
    async fn is_private(&self, user: &Username) -> Result<bool, Failure> {
        let Some(was_hidden) = self.logins.is_hidden(user).await? else { return Ok(false) };
        let asked = async {
            // Without a session: as everybody asks.
            let recent = GetRecentTracks::new(user.clone()).limit(1);
            let asked = tokio::time::timeout(PATIENCE, self.lastfm.call(&recent)).await;
            let is_hidden = match asked {
                Ok(Ok(_)) => false,
                Ok(Err(error)) => match Failure::of_call(&error, user) {
                    Failure::Hidden(_) => true,
                    // As it was, until Last.fm says more.
                    _ => return Ok(was_hidden),
                },
                Err(_) => return Ok(was_hidden),
            };
            if is_hidden != was_hidden {
                self.logins.set_hidden(user, is_hidden).await?;
            }
            Ok::<_, Failure>(is_hidden)
        };
        let asked = self.hidden.0.try_get_with(user.folded(), asked).await;
        asked.map_err(|failure| (*failure).clone())
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
    match allowed(&app, &user, session).await {
        Ok(()) => next.run(request).await,
        Err(failure) => failure.into_response(),
    }
}

async fn allowed(app: &App, user: &Username, session: Option<Digest>) -> Result<(), Failure> {
    if !app.is_private(user).await? {
        return Ok(());
    }
    let login = match session {
        Some(session) => app.logins.look(&session, dates::now().as_unix()).await?,
        None => None,
    };
    match login {
        Some(login) if login.user.folded() == user.folded() => Ok(()),
        _ => Err(Failure::Hidden(user.clone())),
    }
}
