//! What a call to the service is: a value that knows its parameters and how to read the answer.

use std::fmt::Debug;

use crate::Params;

/// One call of the web service.
///
/// The client adds the API key, the signature and the format, and sends everything as a form, so
/// that no key stands in an address. Any type can be a method:
///
/// ```
/// use lastfm_core::{Authentication, DecodeError, Method, Params, Verb};
///
/// #[derive(Debug)]
/// struct GetTopTags;
///
/// impl Method for GetTopTags {
///     const NAME: &'static str = "tag.getTopTags";
///     const VERB: Verb = Verb::Read;
///     const AUTHENTICATION: Authentication = Authentication::ApiKey;
///     type Response = String;
///
///     fn params(&self, _: &mut Params) {}
///
///     fn decode(body: &str) -> Result<String, DecodeError> {
///         Ok(body.to_owned())
///     }
/// }
/// ```
pub trait Method: Debug + Send + Sync {
    /// The service's name for it, as in `user.getRecentTracks`.
    const NAME: &'static str;
    /// Whether it changes something.
    const VERB: Verb;
    /// Which keys it needs.
    const AUTHENTICATION: Authentication;
    /// What a successful answer says.
    type Response: Send;

    /// Which keys this call needs, where that depends on its arguments.
    fn authentication(&self) -> Authentication {
        Self::AUTHENTICATION
    }

    /// Sets the parameters beside those that the client adds.
    fn params(&self, params: &mut Params);

    /// Whether the arguments lie within the service's limits, before anything is sent.
    ///
    /// # Errors
    ///
    /// [`InvalidArgument`] names the first one that does not.
    fn check(&self) -> Result<(), InvalidArgument> {
        Ok(())
    }

    /// Reads the body of an answer that carries no error.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] if it is anything but a whole answer to this call.
    fn decode(body: &str) -> Result<Self::Response, DecodeError>;
}

/// Whether a call changes something, and so whether it may be repeated when nobody knows if it
/// arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verb {
    /// Changes nothing: may be repeated.
    Read,
    /// Changes something: repeated only if it has certainly not been done.
    Write,
    /// Changes something, and is worth nothing later, or not to be said twice: never repeated.
    Once,
}

/// Which keys a call needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authentication {
    /// The API key. If the client has a session, the call is signed and made for its user, so
    /// that they see what they hide from others.
    ApiKey,
    /// The API key, the session key and a signature.
    Session,
    /// The API key and a signature, without a session.
    Signed,
}

/// An argument lies outside the service's limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` must be {expected}")]
#[non_exhaustive]
pub struct InvalidArgument {
    /// The service's name of the parameter.
    pub name: &'static str,
    /// What it must be.
    pub expected: &'static str,
}

impl InvalidArgument {
    /// This parameter is not what it must be.
    pub const fn new(name: &'static str, expected: &'static str) -> Self {
        Self { name, expected }
    }
}

/// The body is not an answer to the call: cut short, or of a shape that nobody has seen yet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct DecodeError(Box<str>);

impl DecodeError {
    /// What is wrong with the body. It must not quote the body, which can hold a session key.
    pub fn new(reason: impl Into<String>) -> Self {
        Self(reason.into().into_boxed_str())
    }

    /// What the JSON library says, without what it quotes from the body.
    pub(crate) fn json(error: &serde_json::Error) -> Self {
        let reason = error.to_string();
        let quoted = reason.find('"').zip(reason.rfind('"'));
        Self::new(match quoted {
            Some((start, end)) => [&reason[..start], "\u{2026}", &reason[end + 1..]].concat(),
            None => reason,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_body_says_is_not_quoted() {
        let error = serde_json::from_str::<u8>(r#""canary \" canary""#).unwrap_err();
        let printed = DecodeError::json(&error).to_string();
        assert!(printed.starts_with("invalid type: string \u{2026}, expected u8"));
        assert!(!printed.contains("canary"), "{printed}");
    }
}
