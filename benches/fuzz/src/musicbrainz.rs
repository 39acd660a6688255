//! The answers of MusicBrainz' web service.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_executor::block_on;
use http::StatusCode;
use lastfm_core::Mbid;
use lastfm_core::testing::{FakeTransport, VirtualClock};
use lastfm_core::transport::{LocalPacer, Response, TransportError};
use mb_enrich::names::{ArtistName, Title};
use mb_enrich::{
    Album, Answers, Enricher, Names, Source, Status, Tracks, UserAgent, WebSource, Works,
};

use crate::client::{self, NOW};

/// No question costs more requests, however it is answered: most are asked five times.
const MOST_REQUESTS: usize = 500;

/// Answers that come in turn, parted by a byte that stands in no text: JSON, or a whole response
/// with its status.
///
/// Each question has its answer or none; what cannot have been looked up is never told to be
/// absent; what is asked for is what is told; and who has to wait is told for how long.
pub fn musicbrainz(data: &[u8]) {
    let responses: Vec<Response> = data.split(|byte| *byte == 0xFF).map(told).collect();
    // Only the service itself can say that it does not know.
    let is_mute = responses.iter().all(|response| {
        !matches!(response.status, StatusCode::OK | StatusCode::NOT_FOUND)
            || !response.body.starts_with(b"{")
    });
    check_answers(&responses, is_mute);
    check_outcomes(&responses, is_mute);
}

fn told(answer: &[u8]) -> Response {
    let json = || Response::new(StatusCode::OK, answer.to_vec());
    client::response(answer).unwrap_or_else(json)
}

/// A source that is told these in turn, for ever, and how many requests were made.
fn source(responses: &[Response]) -> (WebSource, Arc<VirtualClock>, Arc<AtomicUsize>) {
    let (responses, count) = (responses.to_vec(), Arc::new(AtomicUsize::new(0)));
    let asked = count.clone();
    let transport = FakeTransport::new().otherwise(move |_| {
        let number = asked.fetch_add(1, Ordering::Relaxed);
        assert!(number < MOST_REQUESTS, "there is no end of requests");
        Ok::<_, TransportError>(responses[number % responses.len()].clone())
    });
    let clock = Arc::new(VirtualClock::new(NOW));
    let pacer = Arc::new(LocalPacer::new(WebSource::SPACING, clock.clone()));
    let agent = UserAgent::new("fuzz", "1.0", "me@example.org").expect("it says who asks");
    let source = WebSource::builder(agent, Arc::new(transport), pacer, clock.clone()).build();
    (source, clock, count)
}

fn check_answers(responses: &[Response], is_mute: bool) {
    let id = |last: u8| Mbid::new(&format!("00000000-0000-4000-8000-0000000000{last:02x}"));
    let ids: Vec<Mbid> = (1..=3).filter_map(id).collect();
    let (source, ..) = source(responses);
    check(&block_on(source.by_ids(&ids)), 3, is_mute);

    let name = |artist, title| {
        let artist = ArtistName::new(artist);
        Names { title: Title::new(title, &artist), artist, is_last: true }
    };
    let names = [name("Low", "Trust"), name("Various Artists", "Trust in Blues, Vol. 2")];
    let answers = block_on(source.by_names(&names));
    check(&answers, 2, is_mute);
    for (asked, groups) in names.iter().zip(&answers.answers) {
        for group in groups.iter().flatten() {
            let is_theirs = group.artist_names().any(|name| name.key() == asked.artist.key());
            let title = |text| asked.title.shares_a_key(&Title::new(text, &asked.artist));
            assert!(is_theirs && group.titles().any(title), "{group:?} for {asked:?}");
        }
    }

    let works = |Names { artist, title, .. }: &Names| Works {
        artist: artist.clone(),
        titles: vec![title.clone()],
    };
    let works: Vec<Works> = names.iter().map(works).collect();
    // Whose they are is looked at by whoever asks.
    check(&block_on(source.of_artists(&works)), 2, is_mute);

    let tracks = vec![Title::new("Words", &ArtistName::new(""))];
    let asked = Tracks { groups: ids.clone(), tracks };
    let answers = block_on(source.with_tracks(&[asked]));
    check(&answers, 1, is_mute);
    let mut held = answers.answers.iter().flatten().flatten();
    assert!(held.all(|group| ids.contains(group)), "a group that nobody asked about");
}

fn check<T: std::fmt::Debug>(answers: &Answers<T>, count: usize, is_mute: bool) {
    const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);
    assert_eq!(answers.answers.len(), count);
    let is_whole = answers.answers.iter().all(Option::is_some);
    assert_eq!(is_whole, answers.trouble.is_none(), "{answers:?}");
    if let Some(trouble) = &answers.trouble {
        assert!(trouble.retry_after.is_none_or(|wait| wait <= YEAR), "{trouble:?}");
    }
    if is_mute {
        assert!(answers.answers.iter().all(Option::is_none), "{answers:?}");
    }
}

fn check_outcomes(responses: &[Response], is_mute: bool) {
    let albums = [
        Album::new("Low", "Trust").track("Canada"),
        Album::new("Various Artists", "Trust in Blues, Vol. 2"),
        Album::new("Low & Dirty Three", "In the Fishtank 7 (Deluxe Edition)"),
    ];
    let (source, clock, _) = source(responses);
    let enricher = Enricher::new(Arc::new(source), clock.clone());
    let outcomes = block_on(enricher.enrich(&albums));
    assert_eq!(outcomes.len(), albums.len());
    for outcome in outcomes {
        assert!(outcome.near.len() <= 5);
        let is_found =
            matches!(outcome.status, Status::Matched | Status::FuzzyMatched | Status::NoDate);
        assert_eq!(outcome.found.is_some(), is_found, "{outcome:?}");
        assert_eq!(
            outcome.year().is_some(),
            matches!(outcome.status, Status::Matched | Status::FuzzyMatched)
        );
        assert!(outcome.found.as_ref().is_none_or(|found| found.confidence <= 1000));
        if is_mute {
            assert_eq!(outcome.status, Status::Pending);
        }
        if outcome.status == Status::Pending {
            let wait = outcome.next_try.map(|next| next.since(outcome.looked_up_at).as_secs());
            assert!(wait.is_some_and(|wait| (60..=86_400).contains(&wait)), "{outcome:?}");
        }
    }
}
