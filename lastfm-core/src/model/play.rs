//! One play of the history, exactly as the service sent it.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use super::{Image, Timestamp, Track};
use crate::wire::{self, Members, Object};

/// Stands for the seconds of a play in [`PlayParts::date`].
pub const DATE_UTS: &str = "{uts}";
/// Stands for the service's own wording of a play's time in [`PlayParts::date`].
pub const DATE_TEXT: &str = "{text}";

/// One play of the history: when, and the service's own object, byte for byte.
///
/// Cheap to clone: plays of one page share its text.
///
/// ```
/// use lastfm_core::Play;
///
/// let play = Play::from_json(
///     r##"{"artist":{"#text":"Low"},"name":"Will the Night","album":{"#text":"Secret Name"},
///         "date":{"uts":"922320000","#text":"25 Mar 1999, 00:00"}}"##,
/// )?;
/// assert_eq!(play.played_at().as_unix(), 922_320_000);
/// assert_eq!(play.track().artist, "Low");
/// # Ok::<(), lastfm_core::MalformedPlay>(())
/// ```
#[derive(Clone)]
pub struct Play {
    played_at: Timestamp,
    text: Arc<str>,
    object: Range<usize>,
    /// The `date` member with one comma of its own, within the object.
    date: Range<usize>,
}

/// The text is not an object with a date.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a play: {0}")]
pub struct MalformedPlay(String);

/// A play's object taken apart for keeping: what every play of the track repeats, and its date.
///
/// [`Play::assemble`] puts it together again, byte for byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlayParts<'a> {
    /// The object up to its date.
    pub head: &'a str,
    /// The object after its date. `head` and `tail` together are an object without a date.
    pub tail: &'a str,
    /// How the date is written, with [`DATE_UTS`] and [`DATE_TEXT`] in place of the moment.
    /// Nothing if it is written so oddly that it does not follow from the moment: `head` is then
    /// the whole object.
    pub date: Option<Cow<'a, str>>,
}

impl Play {
    /// Reads a play from the service's object for it.
    ///
    /// # Errors
    ///
    /// [`MalformedPlay`] if the text is no JSON object or has no date that is a number.
    pub fn from_json(object: impl Into<Arc<str>>) -> Result<Self, MalformedPlay> {
        let text: Arc<str> = object.into();
        let members: Result<Members<'_>, _> = serde_json::from_str(&text);
        let play = match members.map_err(|error| MalformedPlay(error.to_string()))?.date {
            Some(date) => Self::dated(&text, 0..text.len(), date)?,
            None => None,
        };
        play.ok_or_else(|| MalformedPlay("it has no date".to_owned()))
    }

    /// The play at `object` of a page's text, whose `date` has this value; `None` if that names no
    /// moment.
    pub(crate) fn dated(
        text: &Arc<str>,
        object: Range<usize>,
        date: &str,
    ) -> Result<Option<Self>, MalformedPlay> {
        let played_at = moment(date).map_err(|error| MalformedPlay(error.to_string()))?;
        let member = member(&text[object.clone()], date);
        let text = Arc::clone(text);
        Ok(played_at.map(|played_at| Self { played_at, text, object, date: member }))
    }

    /// When it was played: the start of the track.
    pub fn played_at(&self) -> Timestamp {
        self.played_at
    }

    /// The service's object, date included, byte for byte.
    pub fn raw(&self) -> &str {
        &self.text[self.object.clone()]
    }

    /// What was played. Whatever is odd about the object, this has an answer.
    pub fn track(&self) -> Track {
        // `raw` was read as an object before.
        Track::from_item(self.raw()).unwrap_or_default()
    }

    /// The pictures of its album in several sizes. Read anew each time.
    pub fn images(&self) -> Vec<Image> {
        Object::read(self.raw()).and_then(|play| play.images()).unwrap_or_default()
    }

    /// Whether the user loves the track; nothing if that was not asked for. Read anew each time.
    pub fn loved(&self) -> Option<bool> {
        Object::read(self.raw()).ok()?.flag("loved")
    }

    /// The object taken apart, so that what repeats need be kept only once.
    pub fn parts(&self) -> PlayParts<'_> {
        let raw = self.raw();
        let written = &raw[self.date.clone()];
        match date_form(written, self.played_at) {
            Some(form) => PlayParts {
                head: &raw[..self.date.start],
                tail: &raw[self.date.end..],
                date: Some(form),
            },
            None => PlayParts { head: raw, tail: "", date: None },
        }
    }

    /// Puts together again what [`parts`](Self::parts) took apart.
    pub fn assemble(parts: &PlayParts<'_>, played_at: Timestamp) -> String {
        let date = parts.date.as_deref().map_or_else(String::new, |form| fill(form, played_at));
        [parts.head, &date, parts.tail].concat()
    }
}

impl PartialEq for Play {
    fn eq(&self, other: &Self) -> bool {
        self.raw() == other.raw()
    }
}

impl Eq for Play {}

impl fmt::Debug for Play {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let track = self.track();
        f.debug_struct("Play")
            .field("played_at", &self.played_at)
            .field("artist", &track.artist)
            .field("track", &track.name)
            .field("album", &track.album)
            .finish_non_exhaustive()
    }
}

/// The moment that a `date` value names; `None` if it names none.
fn moment(date: &str) -> Result<Option<Timestamp>, serde_json::Error> {
    #[derive(serde::Deserialize)]
    struct Date {
        #[serde(default, deserialize_with = "wire::number")]
        uts: Option<i64>,
    }
    if !date.starts_with('{') {
        return Ok(None);
    }
    Ok(serde_json::from_str::<Date>(date)?.uts.map(Timestamp::from_unix))
}

/// Where the member with this value stands in the object, with the comma before it, or, if it is
/// the first one, the comma after it.
fn member(object: &str, value: &str) -> Range<usize> {
    // `value` is a slice of `object`.
    let value_start = value.as_ptr() as usize - object.as_ptr() as usize;
    let value_end = value_start + value.len();
    let blank = [' ', '\t', '\n', '\r'];
    let before_colon = object[..value_start].trim_end_matches(blank).trim_end_matches(':');
    let key_start = before_colon.trim_end_matches(blank).len() - r#""date""#.len();
    let before = object[..key_start].trim_end_matches(blank);
    if before.ends_with(',') {
        return before.len() - 1..value_end;
    }
    let after = &object[value_end..];
    match after.trim_start_matches(blank).strip_prefix(',') {
        Some(rest) => key_start..object.len() - rest.len(),
        None => key_start..value_end,
    }
}

/// How `written` follows from the moment it names, if it does.
fn date_form(written: &str, at: Timestamp) -> Option<Cow<'static, str>> {
    /// How the service has written it for years, and how others write the same: what stands
    /// before the seconds, between them and the text, and after it.
    const USUAL: [(&str, [&str; 3]); 2] = [
        (
            r##","date":{"uts":"{uts}","#text":"{text}"}"##,
            [r#","date":{"uts":""#, r##"","#text":""##, r#""}"#],
        ),
        (
            r##", "date": {"uts": "{uts}", "#text": "{text}"}"##,
            [r#", "date": {"uts": ""#, r##"", "#text": ""##, r#""}"#],
        ),
    ];
    let uts = at.as_unix().to_string();
    let text = at.service_text()?;
    // Nearly every play comes this way: nothing is copied.
    let is_usual = |[before, between, after]: [&str; 3]| {
        let rest = written.strip_prefix(before)?.strip_prefix(uts.as_str())?;
        Some(rest.strip_prefix(between)?.strip_prefix(text.as_str())? == after)
    };
    if let Some((usual, _)) = USUAL.into_iter().find(|(_, parts)| is_usual(*parts) == Some(true)) {
        return Some(Cow::Borrowed(usual));
    }
    let follows = |form: &str| written == form.replace(DATE_UTS, &uts).replace(DATE_TEXT, &text);
    let form = written.replacen(&text, DATE_TEXT, 1).replacen(&uts, DATE_UTS, 1);
    follows(&form).then_some(Cow::Owned(form))
}

/// Writes a date as `form` says.
fn fill(form: &str, at: Timestamp) -> String {
    let text = at.service_text().unwrap_or_default();
    form.replace(DATE_UTS, &at.as_unix().to_string()).replace(DATE_TEXT, &text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken_apart(object: &str) -> (String, Option<String>) {
        let play = Play::from_json(object).unwrap();
        let parts = play.parts();
        assert_eq!(Play::assemble(&parts, play.played_at()), object, "not byte for byte");
        let body = [parts.head, parts.tail].concat();
        serde_json::from_str::<serde_json::Value>(&body).expect("what is kept is JSON");
        (body, parts.date.map(Cow::into_owned))
    }

    #[test]
    fn a_play_without_its_date_is_the_same_for_every_play_of_the_track() {
        let (one, form) = taken_apart(
            r##"{"name":"a","date":{"uts":"1776024459","#text":"12 Apr 2026, 20:07"},"x":1}"##,
        );
        let (two, _) =
            taken_apart(r##"{"name":"a","date":{"uts":"0","#text":"01 Jan 1970, 00:00"},"x":1}"##);
        assert_eq!(one, two);
        assert_eq!(one, r#"{"name":"a","x":1}"#);
        assert!(form.unwrap().contains(DATE_UTS));
    }

    #[test]
    fn a_date_comes_back_wherever_it_stands_and_however_it_is_written() {
        for object in [
            r##"{"date":{"uts":"61","#text":"01 Jan 1970, 00:01"},"name":"first"}"##,
            r##"{"name":"last","date":{"#text":"01 Jan 1970, 00:01","uts":61}}"##,
            r#"{"date":{"uts":"61"}}"#,
            "{ \"name\" : \"spaced\" ,\n \"date\" : { \"uts\" : \"61\" } , \"x\" : [1, 2] }",
            r##"{"name":"1","date":{"uts":"1","#text":"01 Jan 1970, 00:00"}}"##,
            r##"{"date":{"uts":"-5","#text":"31 Dec 1969, 23:59"}}"##,
        ] {
            assert!(taken_apart(object).1.is_some(), "{object}");
        }
    }

    #[test]
    fn an_odd_date_keeps_the_whole_object() {
        for object in [
            r##"{"date":{"uts":"61","#text":"{uts}"},"name":"x"}"##,
            r##"{"name":"x","date":{"uts":"061","#text":"1 Jan 1970, 1:01am"},"y":2}"##,
        ] {
            let (body, form) = taken_apart(object);
            match form {
                Some(form) => assert!(!body.contains("date"), "{form}"),
                None => assert_eq!(body, object),
            }
        }
    }

    #[test]
    fn a_play_tells_its_pictures_and_whether_it_is_loved() {
        let play = Play::from_json(
            r##"{"image":[{"size":"small","#text":"i"},{"size":"large","#text":""}],
                "loved":"1","date":{"uts":"7"}}"##,
        )
        .unwrap();
        assert_eq!((play.images()[0].url.as_str(), play.images().len()), ("i", 1));
        assert_eq!(play.loved(), Some(true));
        for odd in [r#""image":7,"loved":"0""#, r#""image":[7],"loved":"0""#] {
            let play = Play::from_json(format!(r#"{{{odd},"date":{{"uts":"7"}}}}"#)).unwrap();
            assert_eq!((play.images(), play.loved()), (vec![], Some(false)), "{odd}");
        }
        let plain = Play::from_json(r#"{"date":{"uts":"7"}}"#).unwrap();
        assert_eq!((plain.images(), plain.loved()), (vec![], None));
    }

    #[test]
    fn an_object_without_a_moment_is_no_play() {
        for object in ["{}", r#"{"date":""}"#, r#"{"date":{"uts":""}}"#, "[]", "", "{", "{}x"] {
            assert!(Play::from_json(object).is_err(), "{object:?}");
        }
    }
}
