//! The keys by which the service knows an app and a user, and how they are kept out of sight.

use std::fmt;

use url::Url;

/// The text is empty or blank, so that it cannot be a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the {0} is blank")]
pub struct BlankCredential(Credential);

/// One of the keys that a call can need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Credential {
    /// An [`ApiKey`].
    ApiKey,
    /// A [`LoginToken`].
    LoginToken,
    /// A [`Password`].
    Password,
    /// A [`SessionKey`].
    SessionKey,
    /// A [`SharedSecret`].
    SharedSecret,
}

impl fmt::Display for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ApiKey => "API key",
            Self::LoginToken => "login token",
            Self::Password => "password",
            Self::SessionKey => "session key",
            Self::SharedSecret => "shared secret",
        })
    }
}

macro_rules! secret {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        ///
        /// Its `Debug` does not show it, and it has no `Display`: only [`expose`](Self::expose)
        /// gives it out.
        #[derive(Clone, PartialEq, Eq)]
        pub struct $name(String);

        impl $name {
            /// The secret that this text is. Blanks around a key are no part of it; in a password
            /// they are.
            ///
            /// # Errors
            ///
            /// [`BlankCredential`] if the text is blank.
            pub fn new(text: impl AsRef<str>) -> Result<Self, BlankCredential> {
                let text = text.as_ref();
                match (text.trim(), Credential::$name) {
                    ("", kind) => Err(BlankCredential(kind)),
                    (_, Credential::Password) => Ok(Self(text.to_owned())),
                    (key, _) => Ok(Self(key.to_owned())),
                }
            }

            /// The secret itself, to be sent or stored, never to be printed.
            pub fn expose(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(***)"))
            }
        }
    };
}

secret! {
    /// Names an app to the service: <https://www.last.fm/api/accounts>.
    ApiKey
}

secret! {
    /// Stands for a login under way. Good for 60 minutes and for one [`SessionKey`].
    LoginToken
}

secret! {
    /// A user's own password, for a mobile login. Not to be kept.
    Password
}

secret! {
    /// Proves that a user has let this app act for them. Valid until they revoke it.
    SessionKey
}

secret! {
    /// Proves that a signed call comes from the app that its API key names.
    SharedSecret
}

impl LoginToken {
    /// The token in the address to which the service's login page has sent the user's browser:
    /// the `token` that it added at the end.
    ///
    /// ```
    /// use lastfm_core::LoginToken;
    ///
    /// let landed = "https://app.example.org/landed?next=%2F&token=d580d57f".parse()?;
    /// assert_eq!(LoginToken::from_callback(&landed).unwrap().expose(), "d580d57f");
    /// # Ok::<(), url::ParseError>(())
    /// ```
    pub fn from_callback(landed: &Url) -> Option<Self> {
        let (_, token) = landed.query_pairs().filter(|(name, _)| name == "token").last()?;
        Self::new(token).ok()
    }
}

/// What a client may call the service with.
///
/// ```
/// use lastfm_core::{ApiKey, Credentials, SharedSecret};
///
/// let credentials = Credentials::read_only(ApiKey::new("0123456789abcdef")?)
///     .with_secret(SharedSecret::new("fedcba9876543210")?);
/// assert!(!format!("{credentials:?}").contains("0123456789abcdef"));
/// # Ok::<(), lastfm_core::BlankCredential>(())
/// ```
#[derive(Debug, Clone)]
pub struct Credentials {
    pub(crate) api_key: ApiKey,
    pub(crate) secret: Option<SharedSecret>,
    pub(crate) session: Option<SessionKey>,
}

impl Credentials {
    /// Enough to read what is public.
    pub fn read_only(api_key: ApiKey) -> Self {
        Self { api_key, secret: None, session: None }
    }

    /// The same, able to sign: needed for logins and for everything that changes something.
    pub fn with_secret(self, secret: SharedSecret) -> Self {
        Self { secret: Some(secret), ..self }
    }

    /// The same, acting for the user of this session. Of use only together with a secret.
    pub fn with_session(self, session: SessionKey) -> Self {
        Self { session: Some(session), ..self }
    }

    /// Whether calls can be signed, and made for a user.
    pub fn has_session(&self) -> bool {
        self.secret.is_some() && self.session.is_some()
    }
}

/// What stands for a secret in a text.
const HIDDEN: &str = "***";

/// The text without these secrets, as they are or as a form, an address, HTML or JSON spells them,
/// whatever blanks are in them.
pub(crate) fn scrub<'a>(text: &str, secrets: impl IntoIterator<Item = &'a str>) -> String {
    let mut spellings: Vec<String> = secrets.into_iter().flat_map(spellings).collect();
    spellings.retain(|spelling| !spelling.trim().is_empty());
    // A secret may be part of another one: the longer one goes first.
    spellings.sort_unstable_by_key(|spelling| std::cmp::Reverse(spelling.len()));
    spellings.iter().fold(text.to_owned(), |text, spelling| text.replace(spelling, HIDDEN))
}

/// How a secret can come back.
fn spellings(secret: &str) -> Vec<String> {
    let html = |quote: &str| {
        let text = secret.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        text.replace('"', "&quot;").replace('\'', quote)
    };
    let form: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let json = serde_json::Value::from(secret).to_string();
    let words: Vec<&str> = secret.split_whitespace().collect();
    vec![
        secret.to_owned(),
        words.join(" "),
        form.replace('+', "%20"),
        form,
        html("&#39;"),
        html("&#x27;"),
        html("'"),
        json.trim_matches('"').to_owned(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blank_key_is_refused() {
        let error = ApiKey::new(" \n").unwrap_err();
        assert_eq!(error.to_string(), "the API key is blank");
        assert!(SessionKey::new("").is_err());
        assert_eq!(SharedSecret::new(" s \n").unwrap().expose(), "s");
    }

    #[test]
    fn no_key_is_printed() {
        let credentials = Credentials::read_only(ApiKey::new("canary-a").unwrap())
            .with_secret(SharedSecret::new("canary-b").unwrap())
            .with_session(SessionKey::new("canary-c").unwrap());
        let printed = format!("{credentials:?} {credentials:#?}");
        assert!(!printed.contains("canary"), "{printed}");
        assert!(printed.contains("SessionKey(***)"), "{printed}");
    }

    #[test]
    fn a_secret_is_hidden_however_it_comes_back() {
        let secret = "p &<\"'q";
        for echo in ["p &<\"'q", "p%20%26%3C%22%27q", "p+%26%3C%22%27q", "p &amp;&lt;&quot;&#39;q"]
        {
            assert_eq!(scrub(echo, [secret]), "***", "{echo}");
        }
        assert_eq!(scrub("a b", ["a\n b"]), "***");
    }

    #[test]
    fn a_secret_within_another_one_hides_neither() {
        let text = scrub("key=ab%2Fcd, ab/cd, ab", ["ab", "ab/cd"]);
        assert_eq!(text, "key=***, ***, ***");
    }
}
