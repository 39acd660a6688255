//! Why a play will never be in the history as it is.

use std::fmt;

use crate::{ApiErrorCode, Ignored, IgnoredReason};

/// Why a play was not sent, or not taken. Nothing but a change of the play helps.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// The artist has no name.
    BlankArtist,
    /// The track has no name.
    BlankTrack,
    /// The artist's name stands for none: `Unknown Artist`, `Various Artists` and their like.
    PlaceholderArtist,
    /// The track's name stands for none.
    PlaceholderTrack,
    /// The album's artist is one that makes the service ignore the play: `VA`.
    PlaceholderAlbumArtist,
    /// A name has more than 1,000 characters.
    TooLong,
    /// The track is said to be not longer than 30 seconds.
    TooShort,
    /// It was played more than 14 days ago.
    TooOld,
    /// It would be played in the future.
    TooNew,
    /// The service ignored it, and says why.
    Ignored(Ignored),
    /// The service refused a request with nothing but this play.
    #[non_exhaustive]
    Rejected {
        /// What the service calls the error.
        code: ApiErrorCode,
        /// Its words.
        message: Box<str>,
    },
}

impl Refusal {
    /// Its name in a database or in JSON; with [`message`](Self::message) it can be
    /// [read back](Self::named).
    pub fn name(&self) -> String {
        let name = match self {
            Self::BlankArtist => "blank_artist",
            Self::BlankTrack => "blank_track",
            Self::PlaceholderArtist => "placeholder_artist",
            Self::PlaceholderTrack => "placeholder_track",
            Self::PlaceholderAlbumArtist => "placeholder_album_artist",
            Self::TooLong => "too_long",
            Self::TooShort => "too_short",
            Self::TooOld => "too_old",
            Self::TooNew => "too_new",
            Self::Ignored(ignored) => return format!("ignored:{}", ignored.reason.code()),
            Self::Rejected { code, .. } => return format!("rejected:{}", code.number()),
        };
        name.to_owned()
    }

    /// Whether it may be true at one time and not at another.
    pub(super) fn is_of_time(&self) -> bool {
        matches!(self, Self::TooOld | Self::TooNew)
    }

    /// The service's own words, if there are any.
    pub fn message(&self) -> Option<&str> {
        match self {
            Self::Ignored(ignored) => ignored.message.as_deref(),
            Self::Rejected { message, .. } => Some(message),
            _ => None,
        }
    }

    /// The refusal of this name; nothing if there is none.
    ///
    /// ```
    /// use lastfm_core::scrobble::Refusal;
    ///
    /// let refusal = Refusal::named("ignored:1", Some("Artist name failed filter".into())).unwrap();
    /// assert_eq!(refusal.name(), "ignored:1");
    /// assert_eq!(Refusal::named(&Refusal::TooOld.name(), None), Some(Refusal::TooOld));
    /// ```
    pub fn named(name: &str, message: Option<String>) -> Option<Self> {
        if let Some(code) = name.strip_prefix("ignored:") {
            let reason = IgnoredReason::of(code.parse().ok()?)?;
            return Some(Self::Ignored(Ignored { reason, message }));
        }
        if let Some(code) = name.strip_prefix("rejected:") {
            let code = ApiErrorCode::from(code.parse::<u32>().ok()?);
            let message = message.unwrap_or_default().into_boxed_str();
            return Some(Self::Rejected { code, message });
        }
        let plain = [
            Self::BlankArtist,
            Self::BlankTrack,
            Self::PlaceholderArtist,
            Self::PlaceholderTrack,
            Self::PlaceholderAlbumArtist,
            Self::TooLong,
            Self::TooShort,
            Self::TooOld,
            Self::TooNew,
        ];
        plain.into_iter().find(|refusal| refusal.name() == name)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BlankArtist => f.write_str("the artist has no name"),
            Self::BlankTrack => f.write_str("the track has no name"),
            Self::PlaceholderArtist => f.write_str("the artist's name stands for no artist"),
            Self::PlaceholderTrack => f.write_str("the track's name stands for no track"),
            Self::PlaceholderAlbumArtist => {
                f.write_str("the album's artist is one that makes the service ignore a play")
            }
            Self::TooLong => f.write_str("a name has more than 1,000 characters"),
            Self::TooShort => f.write_str("the track is not longer than 30 seconds"),
            Self::TooOld => f.write_str("it was played more than 14 days ago"),
            Self::TooNew => f.write_str("it would be played in the future"),
            Self::Ignored(ignored) => {
                write!(f, "ignored: {}", ignored.reason)?;
                let message = ignored.message.as_deref().filter(|words| !words.is_empty());
                message.map_or(Ok(()), |words| write!(f, " ({words})"))
            }
            Self::Rejected { code, message } => {
                write!(f, "rejected: {message} (error {code})")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_is_read_back_by_its_name() {
        let ignored = |code| Ignored {
            reason: IgnoredReason::of(code).unwrap(),
            message: Some("why".to_owned()),
        };
        let rejected = Refusal::Rejected { code: 6.into(), message: "no".into() };
        let refusals = [
            Refusal::BlankArtist,
            Refusal::BlankTrack,
            Refusal::PlaceholderArtist,
            Refusal::PlaceholderTrack,
            Refusal::PlaceholderAlbumArtist,
            Refusal::TooLong,
            Refusal::TooShort,
            Refusal::TooOld,
            Refusal::TooNew,
            Refusal::Ignored(ignored(1)),
            Refusal::Ignored(ignored(5)),
            Refusal::Ignored(ignored(77)),
            rejected,
        ];
        for refusal in refusals {
            let message = refusal.message().map(str::to_owned);
            assert_eq!(Refusal::named(&refusal.name(), message), Some(refusal));
        }
        for unknown in ["", "ignored:0", "ignored:x", "rejected:", "lost"] {
            assert_eq!(Refusal::named(unknown, None), None, "{unknown}");
        }
    }
}
