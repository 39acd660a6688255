//! `auth.getToken` — signed.
//!
//! Begins a login of a desktop app.

use crate::wire::Object;
use crate::{Authentication, DecodeError, LoginToken, Method, Params, Verb};

/// Begins a login of a desktop app: the token that its user is to approve in a browser.
///
/// [`DesktopLogin`](crate::auth_flow::DesktopLogin) does the whole login.
///
/// Service documentation: <https://www.last.fm/api/show/auth.getToken>.
///
/// ```
/// use lastfm_core::Method;
/// use lastfm_core::methods::auth::GetToken;
///
/// let token = GetToken::decode(r#"{"token":"d580d57f32848f5dcf574d1ce18d78b2"}"#)?;
/// assert_eq!(format!("{token:?}"), "LoginToken(***)");
/// # Ok::<(), lastfm_core::DecodeError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct GetToken;

impl GetToken {
    /// A new token.
    pub fn new() -> Self {
        Self
    }
}

impl Method for GetToken {
    const NAME: &'static str = "auth.getToken";
    const VERB: Verb = Verb::Read;
    const AUTHENTICATION: Authentication = Authentication::Signed;
    type Response = LoginToken;

    fn params(&self, _: &mut Params) {}

    fn decode(body: &str) -> Result<LoginToken, DecodeError> {
        let token = LoginToken::new(Object::read(body)?.required("token")?);
        token.map_err(|_| DecodeError::new("it holds no token"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::methods::harness;

    #[test]
    fn it_keeps_its_contract() {
        harness::method::<GetToken>()
            .sends(GetToken::new(), "")
            .reads(r#"{"token":"t"}"#, |token| assert_eq!(token.expose(), "t"))
            .rejects(["{}", r#"{"token":""}"#, r#"{"token":{}}"#]);
    }
}
