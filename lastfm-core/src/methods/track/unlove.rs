//! `track.unlove` — session.
//!
//! Marks a track as no longer loved by the session's user.

use crate::methods::arguments::Subject;
use crate::{Authentication, DecodeError, InvalidArgument, Method, Params, Verb, wire};

/// Marks a track as no longer loved by the session's user.
///
/// Service documentation: <https://www.last.fm/api/show/track.unlove>.
///
/// ```
/// use lastfm_core::methods::track::Unlove;
/// use lastfm_core::{Method, Params};
///
/// let mut params = Params::default();
/// Unlove::new("Low", "Words").params(&mut params);
/// assert_eq!(params.to_form(), "artist=Low&track=Words");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unlove {
    track: Subject,
}

impl Unlove {
    /// Loves the track of this artist and name no longer.
    pub fn new(artist: impl Into<String>, track: impl Into<String>) -> Self {
        Self { track: Subject::track(artist, track) }
    }
}

impl Method for Unlove {
    const NAME: &'static str = "track.unlove";
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
        harness::method::<Unlove>()
            .sends(Unlove::new("Low", "Words & more"), "artist=Low&track=Words+%26+more")
            .refuses(&Unlove::new(" ", "Words"), "artist")
            .refuses(&Unlove::new("Low", ""), "track")
            .reads("{}", |()| {})
            .reads(r#"{"lfm":{"status":"ok"}}"#, |()| {})
            .rejects(["", "[]", r#"{"lfm":{"status":"failed"}}"#]);
    }
}
