//! A MusicBrainz that makes up its answers, for demonstrations and tests: the same ones each time.

use std::collections::HashMap;
use std::time::Duration;

use async_trait::async_trait;
use lastfm_core::Mbid;
use lastfm_core::albums::PartialDate;
use mb_enrich::{Answers, Names, ReleaseGroup, Source, Tracks, Works};
use terminal::made_up::{dice, id};

/// Nothing is older: so a chart keeps its frame.
const OLDEST: i16 = 1955;

/// Knows most albums, each with a year of its own; more of them are new than old.
#[derive(Debug, Default)]
pub struct MadeUp {
    /// The year in which each album, by artist and title, was first played by anybody: it came out in
    /// that year or before. Others are of 2025 or before.
    pub first_played: HashMap<(String, String), i16>,
    /// How long it thinks about an album.
    pub delay: Duration,
}

#[async_trait]
impl Source for MadeUp {
    async fn by_ids(&self, ids: &[Mbid]) -> Answers<Option<ReleaseGroup>> {
        Answers::all(ids.iter().map(|_| None))
    }

    async fn by_names(&self, questions: &[Names]) -> Answers<Vec<ReleaseGroup>> {
        let delay = self.delay * u32::try_from(questions.len()).unwrap_or(u32::MAX);
        tokio::time::sleep(delay).await;
        Answers::all(
            questions
                .iter()
                .map(|asked| self.groups(asked.artist.spelled(), asked.title.spelled())),
        )
    }

    async fn of_artists(&self, questions: &[Works]) -> Answers<Vec<ReleaseGroup>> {
        Answers::all(questions.iter().map(|_| Vec::new()))
    }

    async fn with_tracks(&self, questions: &[Tracks]) -> Answers<Vec<Mbid>> {
        Answers::all(questions.iter().map(|_| Vec::new()))
    }
}

impl MadeUp {
    /// One, seldom none, two, or one without a date.
    fn groups(&self, artist: &str, title: &str) -> Vec<ReleaseGroup> {
        let dice = dice(&(artist, title));
        let (one, other) = ((dice >> 8) % 65, (dice >> 20) % 65);
        let age = i16::try_from(one * other / 65).unwrap_or(0);
        let of_album = (artist.to_owned(), title.to_owned());
        let newest = self.first_played.get(&of_album).copied().unwrap_or(2025);
        let date = PartialDate::new((newest - age).max(OLDEST), None, None);
        let group = |salt: u8, date: Option<PartialDate>| {
            let group = ReleaseGroup::new(id(&(artist, title, salt)), artist, title);
            match date {
                Some(date) => group.first_release(date),
                None => group,
            }
        };
        match dice % 100 {
            0..4 => Vec::new(),
            4..6 => vec![group(0, None)],
            6..8 => vec![group(0, date), group(1, PartialDate::new(1961, Some(4), None))],
            _ => vec![group(0, date)],
        }
    }
}
