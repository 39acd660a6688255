//! Who looks at a page.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use lastfm_core::Username;
use terminal::dates;

use crate::app::App;
use crate::cookies::Cookie;
use crate::failure::Failure;
use crate::logins::Login;
use crate::secret::Digest;

/// Whoever looks at a page: somebody who has logged in, or anybody.
#[derive(Debug, Clone, Default)]
pub(crate) struct Visitor {
    login: Option<Login>,
    can_log_in: bool,
}

impl Visitor {
    /// Who has logged in.
    pub(crate) fn name(&self) -> Option<&str> {
        self.login.as_ref().map(|login| login.user.as_str())
    }

    pub(crate) fn login(&self) -> Option<&Login> {
        self.login.as_ref()
    }

    /// Whether it makes sense to offer a login.
    pub(crate) fn can_log_in(&self) -> bool {
        self.can_log_in
    }
}

impl App {
    /// What is kept of the session that a browser says it has.
    pub(crate) fn session_said(&self, headers: &HeaderMap) -> Option<Digest> {
        let said = self.gate.as_ref()?.jar.read(headers, Cookie::Session)?;
        Some(said.digest())
    }
}

impl FromRequestParts<Arc<App>> for Visitor {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Failure> {
        let login = match app.session_said(&parts.headers) {
            Some(session) => app.logins.look(&session, dates::now().as_unix()).await?,
            None => None,
        };
        Ok(Self { can_log_in: login.is_none() && app.gate.is_some(), login })
    }
}

/// Somebody who really goes there, where a look does something. A browser that only looks ahead is
/// refused, and asks again; so is a picture or a frame in somebody else's page.
#[derive(Debug)]
pub(crate) struct InPerson;

impl FromRequestParts<Arc<App>> for InPerson {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Failure> {
        let headers = &parts.headers;
        let is_ahead = ["sec-purpose", "purpose"].iter().any(|name| {
            let purpose = headers.get(*name);
            purpose.is_some_and(|purpose| purpose.as_bytes().starts_with(b"prefetch"))
        });
        if is_ahead {
            return Err(Failure::MethodNotAllowed);
        }
        let is_in_person = match headers.get("sec-fetch-dest").map(HeaderValue::as_bytes) {
            None | Some(b"document") => true,
            // A script.
            Some(b"empty") => app.allowed.takes(headers, true),
            Some(_) => false,
        };
        let why = "It is part of somebody else's page.";
        if is_in_person { Ok(Self) } else { Err(Failure::Forbidden(why.to_owned())) }
    }
}

/// Somebody who has logged in; anybody else is told so.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    pub(crate) user: Username,
    pub(crate) visitor: Visitor,
}

impl FromRequestParts<Arc<App>> for Member {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Failure> {
        let visitor = Visitor::from_request_parts(parts, app).await?;
        let login = visitor.login.as_ref().ok_or(Failure::NotLoggedIn)?;
        Ok(Self { user: login.user.clone(), visitor })
    }
}
