//! `auth.getSession` — signed.
//!
//! Ends a login in a browser.
//!
//! # Observed
//!
//! * 2025: `subscriber` is a number, where the service writes text elsewhere.

use super::Session;
use crate::{Authentication, DecodeError, LoginToken, Method, Params, Verb};

/// Exchanges a token that its user has approved for a session.
///
/// A token is good for one session. Until it is approved the service answers with error 14, later
/// than 60 minutes with error 15, and for one that it does not know, or has exchanged already,
/// with error 4: [`LoginError`](crate::auth_flow::LoginError) tells them apart.
///
/// Service documentation: <https://www.last.fm/api/show/auth.getSession>.
///
/// ```
/// use lastfm_core::methods::auth::GetSession;
/// use lastfm_core::{LoginToken, Method, Params};
///
/// let mut params = Params::default();
/// GetSession::new(LoginToken::new("d580d57f")?).params(&mut params);
/// assert_eq!(params.to_form(), "token=d580d57f");
/// # Ok::<(), lastfm_core::BlankCredential>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetSession {
    token: LoginToken,
}

impl GetSession {
    /// The session for this token.
    pub fn new(token: LoginToken) -> Self {
        Self { token }
    }
}

impl Method for GetSession {
    const NAME: &'static str = "auth.getSession";
    /// The token is used up: asked again, the service would not know it.
    const VERB: Verb = Verb::Write;
    const AUTHENTICATION: Authentication = Authentication::Signed;
    type Response = Session;

    fn params(&self, params: &mut Params) {
        params.set("token", self.token.expose());
    }

    fn decode(body: &str) -> Result<Session, DecodeError> {
        Session::read(body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::methods::harness;

    #[test]
    fn it_keeps_its_contract() {
        harness::method::<GetSession>()
            .sends(GetSession::new(LoginToken::new("t").unwrap()), "token=t")
            .reads(r#"{"session":{"name":"RJ","key":"k","subscriber":1}}"#, |session| {
                assert_eq!(
                    (session.user.as_ref().unwrap().as_str(), session.key.expose()),
                    ("RJ", "k")
                );
                assert!(session.subscriber);
            })
            .reads(r#"{"session":{"name":"RJ","key":"k","subscriber":"0"}}"#, |session| {
                assert!(!session.subscriber);
                assert!(!format!("{session:?}").contains("\"k\""), "{session:?}");
            })
            .rejects([
                "{}",
                r#"{"session":{"name":"RJ"}}"#,
                r#"{"session":{"name":"RJ","key":" "}}"#,
            ]);
    }
}
