//! How an object is kept so that every play of a track shares it.

use std::borrow::Cow;

use crate::{Play, PlayParts, Span, Timestamp};

/// How the service usually writes a date, which need not be spelled out for each object.
pub const USUAL_DATE: &str = r##","date":{"uts":"{uts}","#text":"{text}"}"##;

/// The moments that the calendars of databases have: the years 0 to 9999. Outside of them a view
/// could not write the date.
const CALENDAR: Span =
    Span::new(Timestamp::from_unix(-62_167_219_200), Timestamp::from_unix(253_402_300_800));

/// A play's object without its date, and how the date is written: the same for every play of a
/// track.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body<'a>(PlayParts<'a>);

impl<'a> Body<'a> {
    /// Takes a play's object apart.
    pub fn of(play: &'a Play) -> Self {
        if CALENDAR.contains(play.played_at()) {
            return Self(play.parts());
        }
        Self(PlayParts { head: play.raw(), tail: "", date: None })
    }

    /// After how many characters of the body the date stands. Nothing: it is written so oddly that
    /// it does not follow from the moment, and the body is the whole object.
    pub fn date_at(&self) -> Option<usize> {
        self.0.date.is_some().then(|| self.0.head.chars().count())
    }

    /// How the date is written; nothing if as in [`USUAL_DATE`], or if it is part of the body.
    pub fn date_form(&self) -> Option<&str> {
        self.0.date.as_deref().filter(|form| *form != USUAL_DATE)
    }

    /// What is kept of the object.
    pub fn text(&self) -> String {
        [self.0.head, self.0.tail].concat()
    }

    /// What the text is put together of, and, if it is not the whole object, that the date stands
    /// in between.
    pub(super) fn parts(&self) -> (&str, &str, bool) {
        (self.0.head, self.0.tail, self.0.date.is_some())
    }

    /// Puts the object of a play together again.
    pub fn object(
        date_at: Option<usize>,
        date_form: Option<&str>,
        body: &str,
        played_at: Timestamp,
    ) -> String {
        let Some(date_at) = date_at else {
            return body.to_owned();
        };
        let bytes = body.char_indices().nth(date_at).map_or(body.len(), |at| at.0);
        let (head, tail) = body.split_at(bytes);
        let date = Some(Cow::Borrowed(date_form.unwrap_or(USUAL_DATE)));
        Play::assemble(&PlayParts { head, tail, date }, played_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_comes_back_byte_for_byte() {
        for object in [
            r##"{"name":"日本","date":{"uts":"61","#text":"01 Jan 1970, 00:01"},"x":1}"##,
            r#"{"name":"odd","date":{"uts":"061"}}"#,
            r#"{"date":{"uts":61},"name":"first"}"#,
            r#"{"name":"beyond the calendar","date":{"uts":"-99999999999999"}}"#,
        ] {
            let play = Play::from_json(object).unwrap();
            let body = Body::of(&play);
            let (text, at) = (body.text(), play.played_at());
            assert_eq!(Body::object(body.date_at(), body.date_form(), &text, at), object);
        }
    }
}
