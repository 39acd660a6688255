//! What the service made of a track that was sent to it.

use std::fmt;

use crate::DecodeError;
use crate::wire::Object;

/// A name as the service took it, which may be another than was sent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct TakenName {
    /// The name; nothing if there is none, or if the service does not repeat what it ignores.
    pub name: Option<String>,
    /// Whether the service corrected it.
    pub corrected: bool,
}

impl TakenName {
    /// The name in the member `name` of an object.
    pub(crate) fn of(object: &Object<'_>, name: &str) -> Self {
        let taken = object.child(name);
        Self { name: taken.text("#text"), corrected: taken.flag("corrected").unwrap_or(false) }
    }
}

/// Why the service ignored a track that was sent to it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ignored {
    /// The reason.
    pub reason: IgnoredReason,
    /// The service's own words, which are mostly missing.
    pub message: Option<String>,
}

impl Ignored {
    /// What the member `ignoredMessage` of an object says; nothing if it was not ignored.
    pub(crate) fn of(object: &Object<'_>) -> Result<Option<Self>, DecodeError> {
        let ignored = object.child("ignoredMessage");
        let reason = ignored.number("code")?.and_then(IgnoredReason::of);
        Ok(reason.map(|reason| Self { reason, message: ignored.text("#text") }))
    }
}

/// The reasons that the service names for ignoring a track.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum IgnoredReason {
    /// The artist's name is on a list of names that are none (code 1). Old plays have been told
    /// so, too.
    ArtistFiltered,
    /// The track's name is on such a list (code 2).
    TrackFiltered,
    /// It was played too long ago (code 3).
    TooOld,
    /// It would be played in the future (code 4).
    TooNew,
    /// The user has sent too many today (code 5).
    DailyLimit,
    /// A code that the service does not document.
    Unknown(i64),
}

impl IgnoredReason {
    /// The reason that a code names. 0 names none.
    pub(crate) fn of(code: i64) -> Option<Self> {
        Some(match code {
            0 => return None,
            1 => Self::ArtistFiltered,
            2 => Self::TrackFiltered,
            3 => Self::TooOld,
            4 => Self::TooNew,
            5 => Self::DailyLimit,
            code => Self::Unknown(code),
        })
    }

    /// The service's number for it.
    pub fn code(self) -> i64 {
        match self {
            Self::ArtistFiltered => 1,
            Self::TrackFiltered => 2,
            Self::TooOld => 3,
            Self::TooNew => 4,
            Self::DailyLimit => 5,
            Self::Unknown(code) => code,
        }
    }
}

impl fmt::Display for IgnoredReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ArtistFiltered => f.write_str("the artist's name is filtered"),
            Self::TrackFiltered => f.write_str("the track's name is filtered"),
            Self::TooOld => f.write_str("it was played too long ago"),
            Self::TooNew => f.write_str("it is said to be played in the future"),
            Self::DailyLimit => f.write_str("the day's limit is reached"),
            Self::Unknown(code) => write!(f, "an unknown reason (code {code})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ignored(members: &str) -> Option<Ignored> {
        let text = format!("{{{members}}}");
        Ignored::of(&Object::read(&text).unwrap()).unwrap()
    }

    #[test]
    fn every_code_has_its_reason() {
        use IgnoredReason::{ArtistFiltered, DailyLimit, TooNew, TooOld, TrackFiltered, Unknown};
        let reasons =
            [ArtistFiltered, TrackFiltered, TooOld, TooNew, DailyLimit, Unknown(6)].map(Some);
        for (code, reason) in [None].into_iter().chain(reasons).enumerate() {
            for written in [code.to_string(), format!(r#""{code}""#)] {
                let told = ignored(&format!(r#""ignoredMessage":{{"code":{written}}}"#));
                assert_eq!(told.map(|told| told.reason), reason, "{written}");
            }
        }
    }

    #[test]
    fn nothing_said_is_nothing_ignored() {
        for nothing in ["", r#""ignoredMessage":"""#, r##""ignoredMessage":{"#text":""}"##] {
            assert_eq!(ignored(nothing), None, "{nothing}");
        }
        let words = ignored(r##""ignoredMessage":{"code":"1","#text":"Artist name failed"}"##);
        assert_eq!(words.unwrap().message.as_deref(), Some("Artist name failed"));
    }
}
