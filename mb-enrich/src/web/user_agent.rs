//! Who asks: MusicBrainz blocks programs that do not say how to reach their people.

use std::fmt;

use http::HeaderValue;

/// The name, version and contact of a program, as MusicBrainz asks for them.
///
/// See <https://musicbrainz.org/doc/MusicBrainz_API/Rate_Limiting>.
///
/// ```
/// use mb_enrich::UserAgent;
///
/// let agent = UserAgent::new("my-app", "1.2", "https://example.org/my-app")?;
/// assert_eq!(agent.to_string(), "my-app/1.2 ( https://example.org/my-app )");
/// assert!(UserAgent::new("my-app", "1.2", "me").is_err());
/// # Ok::<(), mb_enrich::NoContact>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserAgent(HeaderValue);

/// MusicBrainz would not know whom to write to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("MusicBrainz wants a program's name, its version, and a mail or web address of its people")]
pub struct NoContact;

impl UserAgent {
    /// A program, its version, and where its people are reached: a mail address, or a page.
    ///
    /// # Errors
    ///
    /// [`NoContact`] if one of them is missing, has characters that no header can, or is no such
    /// address.
    pub fn new(name: &str, version: &str, contact: &str) -> Result<Self, NoContact> {
        let is_word = |text: &str| {
            let odd = |byte: u8| !byte.is_ascii_graphic() || b"()/<>@,;:\\\"[]?={}".contains(&byte);
            !text.is_empty() && !text.bytes().any(odd)
        };
        let is_plain =
            contact.bytes().all(|byte| byte.is_ascii_graphic() && !b"()".contains(&byte));
        if !is_word(name) || !is_word(version) || !is_plain || !is_address(contact) {
            return Err(NoContact);
        }
        let text = format!("{name}/{version} ( {contact} )");
        HeaderValue::try_from(text).map(Self).map_err(|_| NoContact)
    }

    pub(super) fn header(&self) -> HeaderValue {
        self.0.clone()
    }
}

/// A mail address or a page, on a host that has a name.
fn is_address(contact: &str) -> bool {
    let is_host = |host: &str| host.contains('.') && !host.starts_with('.') && !host.ends_with('.');
    match contact.split_once("://") {
        Some(("http" | "https", rest)) => is_host(rest.split('/').next().unwrap_or_default()),
        Some(_) => false,
        None => contact.split_once('@').is_some_and(|(user, host)| {
            !user.is_empty() && is_host(host) && !host.contains(['@', '/'])
        }),
    }
}

impl fmt::Display for UserAgent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.to_str().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_without_a_contact_is_none() {
        for contact in ["me@example.org", "https://example.org", "http://example.org/a"] {
            assert!(UserAgent::new("app", "1.0", contact).is_ok(), "{contact}");
        }
        for contact in [
            "",
            "me",
            "me@localhost",
            "@example.org",
            "https://",
            "ftp://example.org",
            "me@example.org\r\nX: y",
            "me@example.org )",
        ] {
            assert!(UserAgent::new("app", "1.0", contact).is_err(), "{contact}");
        }
        for (name, version) in [("", "1"), ("app", ""), ("my app", "1"), ("app/", "1"), ("ä", "1")]
        {
            assert!(UserAgent::new(name, version, "me@example.org").is_err(), "{name} {version}");
        }
    }
}
