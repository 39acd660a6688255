//! An object of a page: where it stands and when it was played, found in one reading.

use std::fmt;
use std::ops::Range;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The members of an object, as far as a play needs them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Members<'a> {
    /// The first key and the last value, if there is any.
    ends: Option<(&'a str, &'a str)>,
    /// The value of `date`; of the last one, should there be several.
    pub(crate) date: Option<&'a str>,
}

impl Members<'_> {
    /// Where the object stands in the text that it was read from; nowhere if it is empty.
    pub(crate) fn place(&self, text: &str) -> Option<Range<usize>> {
        let (first, last) = self.ends?;
        // Both are slices of the text, and only blanks part them from the braces.
        let offset = |slice: &str| slice.as_ptr() as usize - text.as_ptr() as usize;
        let (first, last) = (offset(first), offset(last) + last.len());
        let start = text[..first].rfind('{')?;
        let end = last + text[last..].find('}')? + 1;
        Some(start..end)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Members::default();
                while let Some((key, value)) = map.next_entry::<&RawValue, &RawValue>()? {
                    let (key, value) = (key.get(), value.get());
                    let first = members.ends.map_or(key, |(first, _)| first);
                    members.ends = Some((first, value));
                    if key == r#""date""# {
                        members.date = Some(value);
                    }
                }
                Ok(members)
            }
        }
        deserializer.deserialize_map(Object)
    }
}
