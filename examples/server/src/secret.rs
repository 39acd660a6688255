//! Secrets that a browser keeps for this server, and what of them may be kept here.

use std::fmt::{self, Write as _};

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

use crate::failure::Failure;

/// 256 random bits, as hex. Shown nowhere but in the cookie.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(String);

/// What is kept here of a secret, and of a list: SHA-256. Nobody gets from it to the secret.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Digest(String);

impl Secret {
    /// A new one.
    pub(crate) fn new() -> Result<Self, Failure> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(Failure::inside)?;
        Ok(Self(hex(&bytes)))
    }

    /// What a browser says, if it can be one of ours.
    pub(crate) fn said(text: &str) -> Option<Self> {
        let is_ours =
            text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        is_ours.then(|| Self(text.to_owned()))
    }

    /// For the cookie alone.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    pub(crate) fn digest(&self) -> Digest {
        Digest::of(self.0.as_bytes())
    }

    /// Proves that an address was made for whoever has this secret, and tells nothing of it.
    pub(crate) fn mark(&self, what: &str) -> String {
        hex(&self.mac(what).finalize().into_bytes())
    }

    /// Whether this is the mark, found out in the same time whatever it is.
    pub(crate) fn is_marked(&self, what: &str, mark: &str) -> bool {
        // Only what is written here: no sign, no capital letter.
        let Some(mark) = Self::said(mark) else { return false };
        let pairs = mark.0.as_bytes().chunks(2);
        let bytes = pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
        let Some(bytes) = bytes.collect::<Option<Vec<u8>>>() else { return false };
        self.mac(what).verify_slice(&bytes).is_ok()
    }

    fn mac(&self, what: &str) -> Hmac<Sha256> {
        let mac = Hmac::<Sha256>::new_from_slice(self.0.as_bytes());
        mac.expect("a key of any length will do").chain_update(what)
    }
}

impl Digest {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self(hex(&Sha256::digest(bytes)))
    }

    pub(crate) fn hex(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a text does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_good_for_one_secret_and_one_purpose() {
        let (one, other) = (Secret::new().unwrap(), Secret::new().unwrap());
        assert_ne!(one, other);
        let mark = one.mark("callback");
        assert!(one.is_marked("callback", &mark));
        assert!(!other.is_marked("callback", &mark) && !one.is_marked("other", &mark));
        // A number may have a sign before it, and capital letters; a mark has neither.
        let signed = mark.replace("00", "+0").replace("0f", "+f").replace("0a", "+a");
        let others = [signed, mark.to_uppercase(), format!("{mark}00"), mark.replace('a', "b")];
        for wrong in others.iter().map(String::as_str).chain(["", "00", &mark[..62], "é"]) {
            assert!(wrong == mark || !one.is_marked("callback", wrong), "{wrong}");
        }
    }

    #[test]
    fn a_secret_is_shown_nowhere_and_nothing_else_is_taken_for_one() {
        let secret = Secret::new().unwrap();
        assert!(!format!("{secret:?}{:?}", secret.digest()).contains(secret.expose()));
        assert_eq!(Secret::said(secret.expose()), Some(secret.clone()));
        for text in ["", "x", &secret.expose().to_uppercase(), &"g".repeat(64)] {
            assert!(text == secret.expose() || Secret::said(text).is_none(), "{text}");
        }
    }
}
