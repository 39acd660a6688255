//! What a login ends with.

use crate::wire::Object;
use crate::{DecodeError, SessionKey, Username};

/// A user has let the app act for them, until they take it back on the service's site.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Session {
    /// Whose session it is. Last.fm always says; Maloja, which has a single user, does not: ask
    /// [`user.getInfo`](crate::methods::user::GetInfo::session) then.
    pub user: Option<Username>,
    /// What proves it: to be kept where only its owner can read it.
    pub key: SessionKey,
    /// Whether the user pays for the service.
    pub subscriber: bool,
}

impl Session {
    pub(super) fn read(body: &str) -> Result<Self, DecodeError> {
        let session = Object::read(body)?.object("session")?;
        let user = session.text("name").and_then(|name| name.parse().ok());
        let key = SessionKey::new(session.required("key")?);
        Ok(Self {
            user,
            key: key.map_err(|_| DecodeError::new("it holds no session key"))?,
            subscriber: session.flag("subscriber").unwrap_or(false),
        })
    }
}
