//! Arguments that many methods take, and their limits.

use crate::{InvalidArgument, Mbid, Params, Timestamp, Username};

/// What a call is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Subject {
    Artist(String),
    Album {
        artist: String,
        album: String,
    },
    Track {
        artist: String,
        track: String,
    },
    /// Whatever the method is about, by its MusicBrainz identifier.
    Mbid(Mbid),
}

impl Subject {
    pub(super) fn artist(artist: impl Into<String>) -> Self {
        Self::Artist(artist.into())
    }

    pub(super) fn album(artist: impl Into<String>, album: impl Into<String>) -> Self {
        Self::Album { artist: artist.into(), album: album.into() }
    }

    pub(super) fn track(artist: impl Into<String>, track: impl Into<String>) -> Self {
        Self::Track { artist: artist.into(), track: track.into() }
    }

    pub(super) fn params(&self, params: &mut Params) {
        match self {
            Self::Artist(artist) => params.set("artist", artist),
            Self::Album { artist, album } => params.set("artist", artist).set("album", album),
            Self::Track { artist, track } => params.set("artist", artist).set("track", track),
            Self::Mbid(mbid) => params.set("mbid", mbid),
        };
    }

    pub(super) fn check(&self) -> Result<(), InvalidArgument> {
        match self {
            Self::Artist(artist) => not_blank("artist", artist),
            Self::Album { artist, album } => {
                not_blank("artist", artist)?;
                not_blank("album", album)
            }
            Self::Track { artist, track } => {
                not_blank("artist", artist)?;
                not_blank("track", track)
            }
            Self::Mbid(_) => Ok(()),
        }
    }
}

/// Tags to be given to something: 1 to 10, sent with commas between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tags(Vec<String>);

impl Tags {
    pub(super) fn new(tags: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self(tags.into_iter().map(Into::into).collect())
    }

    pub(super) fn params(&self, params: &mut Params) {
        params.set("tags", self.0.join(","));
    }

    pub(super) fn check(&self) -> Result<(), InvalidArgument> {
        if !(1..=10).contains(&self.0.len()) {
            return Err(InvalidArgument::new("tags", "from 1 to 10 tags"));
        }
        if self.0.iter().any(|tag| tag.trim().is_empty() || tag.contains(',')) {
            return Err(InvalidArgument::new("tags", "tags that are not blank and hold no comma"));
        }
        Ok(())
    }
}

/// Refuses a blank text where the service needs one.
pub(super) fn not_blank(parameter: &'static str, text: &str) -> Result<(), InvalidArgument> {
    if text.trim().is_empty() {
        return Err(InvalidArgument::new(parameter, "not blank"));
    }
    Ok(())
}

/// Refuses a blank text that need not be given at all.
pub(super) fn not_blank_if_given(
    parameter: &'static str,
    text: Option<&String>,
) -> Result<(), InvalidArgument> {
    text.map_or(Ok(()), |text| not_blank(parameter, text))
}

/// How long a list is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Limit(pub(super) Option<u32>);

impl Limit {
    pub(super) fn params(self, params: &mut Params) {
        params.set_opt("limit", self.0);
    }

    pub(super) fn check(self) -> Result<(), InvalidArgument> {
        self.check_up_to(1000, "from 1 to 1000")
    }

    fn check_up_to(self, longest: u32, expected: &'static str) -> Result<(), InvalidArgument> {
        if (1..=longest).contains(&self.0.unwrap_or(1)) {
            return Ok(());
        }
        Err(InvalidArgument::new("limit", expected))
    }
}

/// Which part of a list: how long its pages are to be, and which of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Part {
    pub(super) limit: Limit,
    pub(super) page: Option<u32>,
}

impl Part {
    pub(super) fn limit(self, limit: u32) -> Self {
        Self { limit: Limit(Some(limit)), ..self }
    }

    pub(super) fn page(self, page: u32) -> Self {
        Self { page: Some(page), ..self }
    }

    /// The number of the page that is asked for.
    pub(super) fn number(self) -> u32 {
        self.page.unwrap_or(1)
    }

    pub(super) fn params(self, params: &mut Params) {
        self.limit.params(params);
        params.set_opt("page", self.page);
    }

    pub(super) fn check(self) -> Result<(), InvalidArgument> {
        self.limit.check()?;
        self.check_number()
    }

    /// For a list whose pages may be longer than others: up to this long, as the words say.
    pub(super) fn check_up_to(
        self,
        longest: u32,
        expected: &'static str,
    ) -> Result<(), InvalidArgument> {
        self.limit.check_up_to(longest, expected)?;
        self.check_number()
    }

    fn check_number(self) -> Result<(), InvalidArgument> {
        if (1..=1_000_000).contains(&self.number()) {
            return Ok(());
        }
        Err(InvalidArgument::new("page", "from 1 to 1000000"))
    }
}

/// Lets a method be read to the end of its list: one with a `part` that `page` sets, and this item.
macro_rules! paged {
    ($method:ty, $item:ty) => {
        impl crate::Paged for $method {
            type Item = $item;

            fn number(&self) -> u32 {
                self.part.number()
            }

            fn at(&self, number: u32) -> Self {
                self.clone().page(number)
            }
        }
    };
}
pub(super) use paged;

/// Whose chart of which time, and how long it is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Week {
    user: Username,
    ends: Option<(Timestamp, Timestamp)>,
    limit: Limit,
}

impl Week {
    pub(super) fn last_of(user: Username) -> Self {
        Self { user, ends: None, limit: Limit::default() }
    }

    pub(super) fn between(self, from: Timestamp, to: Timestamp) -> Self {
        Self { ends: Some((from, to)), ..self }
    }

    pub(super) fn limit(self, limit: u32) -> Self {
        Self { limit: Limit(Some(limit)), ..self }
    }

    pub(super) fn params(&self, params: &mut Params) {
        params
            .set("user", &self.user)
            .set_opt("from", self.ends.map(|(from, _)| from.as_unix()))
            .set_opt("to", self.ends.map(|(_, to)| to.as_unix()));
        self.limit.params(params);
    }

    pub(super) fn check(&self) -> Result<(), InvalidArgument> {
        let (from, to) = self.ends.unzip();
        in_order(from, to)?;
        self.limit.check()
    }
}

/// Refuses a stretch of time that ends before it begins. One without length is no mistake: where
/// its end belongs to it, it is a second.
pub(super) fn in_order(
    from: Option<Timestamp>,
    to: Option<Timestamp>,
) -> Result<(), InvalidArgument> {
    if from.zip(to).is_some_and(|(from, to)| from > to) {
        return Err(InvalidArgument::new("from", "not after `to`"));
    }
    Ok(())
}
