//! The parameters of one call, in the order of their names, which is the order of the signature.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

/// Parameters by name, in the byte order of the names. Its `Debug` shows no value.
///
/// ```
/// use lastfm_core::Params;
///
/// let mut params = Params::default();
/// params.set("user", "RJ").set("limit", 2).set_opt("page", None::<u32>);
/// assert_eq!(params.to_form(), "limit=2&user=RJ");
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Params(BTreeMap<Cow<'static, str>, String>);

impl Params {
    /// Sets a parameter, in place of an earlier one of that name.
    pub fn set(
        &mut self,
        name: impl Into<Cow<'static, str>>,
        value: impl fmt::Display,
    ) -> &mut Self {
        self.0.insert(name.into(), value.to_string());
        self
    }

    /// Sets a parameter if there is a value for it.
    pub fn set_opt(
        &mut self,
        name: impl Into<Cow<'static, str>>,
        value: Option<impl fmt::Display>,
    ) -> &mut Self {
        if let Some(value) = value {
            self.set(name, value);
        }
        self
    }

    /// The value of a parameter; nothing if it is not set.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Names and values, in the byte order of the names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }

    /// As the body of a form (`application/x-www-form-urlencoded`, UTF-8).
    pub fn to_form(&self) -> String {
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(self.iter()).finish()
    }
}

impl fmt::Debug for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_holds_every_character() {
        let mut params = Params::default();
        params.set("track", "a+b & c=é").set("sk", "canary");
        assert_eq!(params.to_form(), "sk=canary&track=a%2Bb+%26+c%3D%C3%A9");
        assert_eq!(format!("{params:?}"), r#"{"sk", "track"}"#);
    }
}
