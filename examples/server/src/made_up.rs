//! A MusicBrainz that makes up its answers, for demonstrations and tests: the same ones each time.

use std::time::Duration;

use async_trait::async_trait;
use lastfm_core::Mbid;
use lastfm_core::albums::PartialDate;
use mb_enrich::{Answers, Names, ReleaseGroup, Source, Tracks, Works};
use terminal::made_up::{dice, id};

/// Knows most albums, each with a year of its own; more of them are new than old.
#[derive(Debug, Default)]
pub struct MadeUp {
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
            questions.iter().map(|asked| groups(asked.artist.spelled(), asked.title.spelled())),
        )
    }

    async fn of_artists(&self, questions: &[Works]) -> Answers<Vec<ReleaseGroup>> {
        Answers::all(questions.iter().map(|_| Vec::new()))
    }

    async fn with_tracks(&self, questions: &[Tracks]) -> Answers<Vec<Mbid>> {
        Answers::all(questions.iter().map(|_| Vec::new()))
    }
}

/// One, seldom none, two, or one without a date.
fn groups(artist: &str, title: &str) -> Vec<ReleaseGroup> {
    let dice = dice(&(artist, title));
    let (one, other) = ((dice >> 8) % 65, (dice >> 20) % 65);
    let date = i16::try_from(2025 - one * other / 65).unwrap_or(2000);
    let date = PartialDate::new(date, None, None);
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
