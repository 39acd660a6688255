//! The service's habits, read in one place: numbers as text, one item for a list, text that no
//! string can hold.

mod members;
mod object;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, Visitor};
use serde_json::value::RawValue;

pub(crate) use self::members::Members;
pub(crate) use self::object::{Entry, Object, done};
use crate::DecodeError;

/// An answer without the byte order mark and the blanks around it.
pub(crate) fn bare(body: &str) -> &str {
    body.trim_start_matches('\u{feff}').trim()
}

/// The text of a value: a string, leniently; a number or boolean as it is spelled; else empty.
pub(crate) fn text(value: Option<&RawValue>) -> String {
    let Some(value) = value.map(RawValue::get) else {
        return String::new();
    };
    match value.as_bytes().first() {
        Some(b'"') => serde_json::from_str(value).map(|LenientText(text)| text).unwrap_or_default(),
        Some(b'{' | b'[' | b'n') | None => String::new(),
        Some(_) => value.to_owned(),
    }
}

/// A JSON string that may spell what Unicode text cannot hold; U+FFFD stands for it.
struct LenientText(String);

impl<'de> Deserialize<'de> for LenientText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;
        impl Visitor<'_> for Bytes {
            type Value = LenientText;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a string")
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<LenientText, E> {
                Ok(LenientText(replace_unspeakable(bytes)))
            }
        }
        deserializer.deserialize_bytes(Bytes)
    }
}

/// Text out of bytes that hold UTF-8 but for lone surrogates (three bytes from 0xED 0xA0 on).
fn replace_unspeakable(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    let mut rest = bytes;
    loop {
        match std::str::from_utf8(rest) {
            Ok(text) => {
                out.push_str(text);
                break;
            }
            Err(error) => {
                let (good, bad) = rest.split_at(error.valid_up_to());
                out.push_str(&String::from_utf8_lossy(good));
                out.push('\u{fffd}');
                let lone_surrogate = matches!(bad, [0xED, 0xA0..=0xBF, _, ..]);
                rest = &bad[if lone_surrogate { 3 } else { 1 }..];
            }
        }
    }
    out.replace('\0', "\u{fffd}")
}

/// A whole number, written as a number or as text. Empty text is none.
pub(crate) fn number<'de, D, N>(deserializer: D) -> Result<Option<N>, D::Error>
where
    D: Deserializer<'de>,
    N: std::str::FromStr,
{
    let value = Option::<&RawValue>::deserialize(deserializer)?;
    let text = text(value);
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| D::Error::custom(format!("{text:?} is not a whole number")))
}

/// The items of a list, which is an array, the only item itself, or blank text for none.
pub(crate) fn list(value: Option<&RawValue>) -> Result<Vec<&RawValue>, DecodeError> {
    let Some(value) = value else {
        return Ok(Vec::new());
    };
    match value.get().as_bytes().first() {
        Some(b'[') => serde_json::from_str(value.get()).map_err(|error| DecodeError::json(&error)),
        Some(b'{') => Ok(vec![value]),
        _ if text(Some(value)).trim().is_empty() => Ok(Vec::new()),
        _ => Err(DecodeError::new("what should be a list is none")),
    }
}
