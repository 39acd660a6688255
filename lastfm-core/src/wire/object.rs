//! A JSON object of an answer, read member by member, whatever the service's habits that day.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{list, text};
use crate::{DecodeError, Image, Mbid, Timestamp};

/// The members of an object, to be asked for by name.
///
/// A member that is absent, `null` or blank text says nothing, and so does `[]` where an object
/// could stand: the service writes all of these for "none".
#[derive(Debug, Clone, Default)]
pub(crate) struct Object<'a>(BTreeMap<&'a str, &'a RawValue>);

/// What a list of an answer consists of. Public, so that public traits can build on it; nobody else
/// can name it.
pub trait Entry: Sized {
    /// Reads one item of a list from its text.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] if the item is none.
    fn read(item: &str) -> Result<Self, DecodeError>;
}

/// Reads the answer to a call that changes something: nothing, or that it is done.
pub(crate) fn done(body: &str) -> Result<(), DecodeError> {
    let answer = Object::read(body)?;
    let status = answer.child("lfm").text("status");
    if answer.is_empty() || status.is_some_and(|status| status == "ok") {
        return Ok(());
    }
    Err(DecodeError::new("it does not say that the change is made"))
}

impl<'a> Object<'a> {
    /// The object that this text is.
    pub(crate) fn read(text: &'a str) -> Result<Self, DecodeError> {
        serde_json::from_str(text).map_err(|error| DecodeError::json(&error))
    }

    /// The object of this name, which an answer cannot do without. One that says nothing has no
    /// members.
    pub(crate) fn object(&self, name: &str) -> Result<Self, DecodeError> {
        let absent = || DecodeError::new(format!("it holds no `{name}`"));
        let value = self.value(name).ok_or_else(absent)?;
        match value.get().as_bytes().first() {
            Some(b'{') => Self::read(value.get()),
            Some(b'n') => Err(absent()),
            _ if list(Some(value)).is_ok_and(|items| items.is_empty()) => Ok(Self::default()),
            _ => Err(DecodeError::new(format!("`{name}` is no object"))),
        }
    }

    /// The object of this name; without members if there is none.
    pub(crate) fn child(&self, name: &str) -> Self {
        self.value(name).and_then(|value| Self::read(value.get()).ok()).unwrap_or_default()
    }

    /// What a list says beside its items: within `@attr` or, as in answers of 2014, beside them.
    pub(crate) fn attributes(&self) -> Self {
        let attributes = self.child("@attr");
        if attributes.is_empty() { self.clone() } else { attributes }
    }

    /// Whether the object says nothing at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The items of the list of this name: an array, the only item itself, or blank for none.
    pub(crate) fn list<T: Entry>(&self, name: &str) -> Result<Vec<T>, DecodeError> {
        // Once, an empty list was its attributes beside blank text, one perhaps of the items' name.
        if self.value("#text").is_some() && self.text(name).is_some() {
            return Ok(Vec::new());
        }
        list(self.value(name))?.into_iter().map(|item| T::read(item.get())).collect()
    }

    /// The text of this name, or what else is written there, as it is spelled.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        Some(text(self.value(name))).filter(|text| !text.trim().is_empty())
    }

    /// The text of this name, which the thing itself cannot do without.
    pub(crate) fn required(&self, name: &str) -> Result<String, DecodeError> {
        self.text(name).ok_or_else(|| DecodeError::new(format!("it holds no `{name}`")))
    }

    /// The number of this name, written as a number or as text.
    pub(crate) fn number<N: FromStr>(&self, name: &str) -> Result<Option<N>, DecodeError> {
        let Some(text) = self.text(name) else { return Ok(None) };
        // A whole number can come with a point.
        let whole = text.trim().trim_end_matches('0').strip_suffix('.');
        let number = text.trim().parse().ok().or_else(|| whole?.parse().ok());
        let unreadable = || DecodeError::new(format!("`{name}` is not such a number"));
        number.ok_or_else(unreadable).map(Some)
    }

    /// Whether it is so: `1` or `true`, written as a number, as text or as what it is.
    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        self.text(name).map(|text| matches!(text.trim(), "1" | "true"))
    }

    /// The moment of this name, in seconds.
    pub(crate) fn moment(&self, name: &str) -> Result<Option<Timestamp>, DecodeError> {
        Ok(self.number(name)?.map(Timestamp::from_unix))
    }

    /// The length of this name, in seconds. 0 stands for one that nobody knows.
    pub(crate) fn seconds(&self, name: &str) -> Result<Option<Duration>, DecodeError> {
        Ok(self.number(name)?.filter(|length| *length > 0).map(Duration::from_secs))
    }

    /// The length of this name, in milliseconds. 0 stands for one that nobody knows.
    pub(crate) fn milliseconds(&self, name: &str) -> Result<Option<Duration>, DecodeError> {
        Ok(self.number(name)?.filter(|length| *length > 0).map(Duration::from_millis))
    }

    /// The MusicBrainz identifier of the thing.
    pub(crate) fn mbid(&self) -> Option<Mbid> {
        Mbid::new(&text(self.value("mbid")))
    }

    /// The pictures of the thing.
    pub(crate) fn images(&self) -> Result<Vec<Image>, DecodeError> {
        let mut images: Vec<Image> = self.list("image")?;
        images.retain(|image| !image.url.is_empty());
        Ok(images)
    }

    /// The value of this name, word for word.
    pub(crate) fn value(&self, name: &str) -> Option<&'a RawValue> {
        self.0.get(name).copied()
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Object<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Object<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = BTreeMap::new();
                while let Some((key, value)) = map.next_entry::<&RawValue, &RawValue>()? {
                    // As it is spelled: no name that is asked for has an escape in it.
                    let name = key.get().trim_matches('"');
                    // Which of two is meant, nobody knows.
                    if members.insert(name, value).is_some() {
                        return Err(A::Error::custom("a member comes twice"));
                    }
                }
                Ok(Object(members))
            }
        }
        deserializer.deserialize_map(Members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Object<'_> {
        Object::read(text).unwrap()
    }

    #[test]
    fn nothing_is_written_in_many_ways() {
        for nothing in ["null", r#""""#, r#"" \n ""#, "[]"] {
            let text = format!(r#"{{"x":{nothing}}}"#);
            let object = read(&text);
            assert_eq!(object.text("x"), None, "{nothing}");
            assert_eq!(object.number::<u64>("x").unwrap(), None);
            assert_eq!(object.flag("x"), None);
            assert!(object.list::<Image>("x").unwrap().is_empty());
            assert!(object.child("x").is_empty());
            assert_eq!(object.object("x").is_ok(), nothing != "null");
        }
        assert!(read("{}").object("x").is_err());
    }

    #[test]
    fn a_number_is_a_number_however_it_is_written() {
        let object =
            read(r#"{"a":7,"b":" 7 ","c":"0.5","d":1,"e":"many","f":"1","g":"302000","h":5.00}"#);
        assert_eq!(object.number("a").unwrap(), Some(7_u64));
        assert_eq!(object.number("b").unwrap(), Some(7_u64));
        assert_eq!(object.number("c").unwrap(), Some(0.5));
        assert_eq!(object.number("d").unwrap(), Some(1.0));
        assert_eq!(object.number("h").unwrap(), Some(5_u64));
        let error = object.number::<u64>("e").unwrap_err().to_string();
        assert_eq!(error, "`e` is not such a number");
        assert_eq!((object.flag("f"), object.flag("a")), (Some(true), Some(false)));
        assert_eq!(object.milliseconds("g").unwrap(), Some(Duration::from_secs(302)));
    }

    #[test]
    fn one_picture_alone_is_a_list_and_one_without_a_place_is_none() {
        let object = read(r##"{"image":{"size":"small","#text":"https://i/a.png"}}"##);
        assert_eq!(object.images().unwrap().len(), 1);
        let object = read(r##"{"image":[{"size":"small","#text":""}]}"##);
        assert_eq!(object.images().unwrap(), []);
    }

    #[test]
    fn a_list_tells_its_numbers_within_its_attributes_or_beside_its_items() {
        for list in
            [r#"{"page":9,"@attr":{"page":"2"}}"#, r#"{"page":2}"#, r#"{"page":2,"@attr":""}"#]
        {
            assert_eq!(read(list).attributes().number("page").unwrap(), Some(2), "{list}");
        }
    }

    #[test]
    fn a_list_without_items_can_have_an_attribute_of_their_name() {
        let object = read(r##"{"#text":"\n","image":"Low"}"##);
        assert!(object.list::<Image>("image").unwrap().is_empty());
        assert!(read(r#"{"image":"Low"}"#).list::<Image>("image").is_err());
    }

    #[test]
    fn a_change_is_made_if_nothing_is_said_of_it() {
        assert!(done("{}").is_ok() && done(r#"{"lfm":{"status":"ok"}}"#).is_ok());
        assert!(done(r#"{"lfm":{"status":"failed"}}"#).is_err() && done(r#"{"x":1}"#).is_err());
        assert!(done("").is_err() && done("[]").is_err());
    }

    #[test]
    fn a_member_that_comes_twice_is_no_answer() {
        assert!(Object::read(r#"{"x":1,"x":1}"#).is_err());
    }

    #[test]
    fn text_where_an_object_should_be_is_an_error() {
        let object = read(r#"{"x":"soon","y":7}"#);
        assert!(object.object("x").is_err() && object.object("y").is_err());
        assert!(object.list::<Image>("x").is_err());
    }
}
