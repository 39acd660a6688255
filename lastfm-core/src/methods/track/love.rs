//! `track.love` — session.
//!
//! Marks a track as loved by the session's user.

use crate::methods::arguments::Subject;
use crate::{Authentication, DecodeError, InvalidArgument, Method, Params, Verb, wire};

/// Marks a track as loved by the session's user.
///
/// Service documentation: <https://www.last.fm/api/show/track.love>.
///
/// ```
/// use lastfm_core::methods::track::Love;
/// use lastfm_core::{Method, Params};
///
/// let mut params = Params::default();
/// Love::new("Low", "Words").params(&mut params);
/// assert_eq!(params.to_form(), "artist=Low&track=Words");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Love {
    track: Subject,
}

impl Love {
    /// Loves the track of this artist and name.
    pub fn new(artist: impl Into<String>, track: impl Into<String>) -> Self {
        Self { track: Subject::track(artist, track) }
    }
}

impl Method for Love {
    const NAME: &'static str = "track.love";
    const VERB: Verb = Verb::Write;
    const AUTHENTICATION: Authentication = Authentication::Session;
    type Response = ();

    fn params(&self, params: &mut Params) {
        self.track.params(params);
    }

    fn check(&self) -> Result<(), InvalidArgument> {
        self.track.check()
    }

    fn decode(body: &str) -> Result<(), DecodeError> {
        wire::done(body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::methods::harness;

    #[test]
    fn it_keeps_its_contract() {
        harness::method::<Love>()
            .sends(Love::new("Low", "Words & more"), "artist=Low&track=Words+%26+more")
            .refuses(&Love::new(" ", "Words"), "artist")
            .refuses(&Love::new("Low", ""), "track")
            .reads("{}", |()| {})
            .reads(r#"{"lfm":{"status":"ok"}}"#, |()| {})
            .rejects(["", "[]", r#"{"lfm":{"status":"failed"}}"#]);
    }
}
