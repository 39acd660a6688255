//! `auth.getMobileSession` — signed.
//!
//! A login with name and password, for apps without a browser.

use super::Session;
use crate::methods::arguments::not_blank;
use crate::{Authentication, DecodeError, InvalidArgument, Method, Params, Password, Verb};

/// Exchanges a user's name and password for a session.
///
/// For apps whose users cannot open a browser: whoever can is not asked for a password, but logs
/// in [there](crate::auth_flow). The password goes in the body of one request, which is not repeated
/// whatever happens, and need not be kept.
///
/// Service documentation: <https://www.last.fm/api/show/auth.getMobileSession>.
///
/// ```
/// use lastfm_core::Password;
/// use lastfm_core::methods::auth::GetMobileSession;
///
/// let login = GetMobileSession::new("rj@example.org", Password::new("open sesame")?);
/// assert!(!format!("{login:?}").contains("sesame"));
/// # Ok::<(), lastfm_core::BlankCredential>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetMobileSession {
    username: String,
    password: Password,
}

impl GetMobileSession {
    /// The session of the user with this name, or this e-mail address, and this password.
    pub fn new(username: impl Into<String>, password: Password) -> Self {
        Self { username: username.into(), password }
    }
}

impl Method for GetMobileSession {
    const NAME: &'static str = "auth.getMobileSession";
    /// A password is not sent again and again.
    const VERB: Verb = Verb::Once;
    const AUTHENTICATION: Authentication = Authentication::Signed;
    type Response = Session;

    fn params(&self, params: &mut Params) {
        params.set("username", &self.username).set("password", self.password.expose());
    }

    fn check(&self) -> Result<(), InvalidArgument> {
        not_blank("username", &self.username)
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
        let password = || Password::new(" p&q ").unwrap();
        harness::method::<GetMobileSession>()
            .sends(GetMobileSession::new("RJ", password()), "password=+p%26q+&username=RJ")
            .refuses(&GetMobileSession::new(" ", password()), "username")
            .reads(r#"{"session":{"name":"RJ","key":"k","subscriber":0}}"#, |session| {
                assert_eq!(session.user.as_ref().unwrap().as_str(), "RJ");
            })
            .reads(r#"{"session":{"key":7}}"#, |session| {
                assert_eq!((session.user, session.key.expose()), (None, "7"));
            })
            .rejects(["{}", r#"{"session":""}"#]);
    }
}
