//! Answers to every other method.

use std::sync::Arc;

use futures_executor::block_on;
use http::StatusCode;
use lastfm_core::methods::{album, artist, auth, chart, geo, library, tag, track, user};
use lastfm_core::testing::{FakeTransport, VirtualClock};
use lastfm_core::transport::{Response, TransportError};
use lastfm_core::{Client, DecodeError, Method, Username};

use crate::client::{NOW, credentials};

/// What an error must not quote: an answer can hold a session's key.
const CANARY: &str = "canary";
/// Pages of a list that are read: who tells of more for ever is read for ever.
const MOST_PAGES: usize = 30;

/// Reads an answer, and says in words all that it says.
type Decode = fn(&str) -> Result<String, DecodeError>;

fn one<M: Method>() -> Decode
where
    M::Response: std::fmt::Debug,
{
    |body| M::decode(body).map(|answer| format!("{answer:?}"))
}

/// Everything that reads an answer.
fn every() -> [Decode; 47] {
    [
        one::<album::AddTags>(),
        one::<album::GetInfo>(),
        one::<album::GetTags>(),
        one::<album::GetTopTags>(),
        one::<album::Search>(),
        one::<artist::GetCorrection>(),
        one::<artist::GetInfo>(),
        one::<artist::GetSimilar>(),
        one::<artist::GetTags>(),
        one::<artist::GetTopAlbums>(),
        one::<artist::GetTopTags>(),
        one::<artist::GetTopTracks>(),
        one::<artist::Search>(),
        one::<auth::GetMobileSession>(),
        one::<auth::GetSession>(),
        one::<auth::GetToken>(),
        one::<chart::GetTopArtists>(),
        one::<chart::GetTopTags>(),
        one::<chart::GetTopTracks>(),
        one::<geo::GetTopArtists>(),
        one::<geo::GetTopTracks>(),
        one::<library::GetArtists>(),
        one::<tag::GetInfo>(),
        one::<tag::GetSimilar>(),
        one::<tag::GetTopAlbums>(),
        one::<tag::GetTopArtists>(),
        one::<tag::GetTopTracks>(),
        one::<tag::GetWeeklyChartList>(),
        one::<track::GetCorrection>(),
        one::<track::GetInfo>(),
        one::<track::GetSimilar>(),
        one::<track::Search>(),
        one::<track::UpdateNowPlaying>(),
        one::<user::GetFriends>(),
        one::<user::GetInfo>(),
        one::<user::GetLovedTracks>(),
        one::<user::GetTopAlbums>(),
        one::<user::GetTopArtists>(),
        one::<user::GetTopTags>(),
        one::<user::GetTopTracks>(),
        one::<user::GetTrackScrobbles>(),
        one::<user::GetWeeklyAlbumChart>(),
        one::<user::GetWeeklyArtistChart>(),
        one::<user::GetWeeklyChartList>(),
        one::<user::GetWeeklyTrackChart>(),
        one::<user::GetRecentTracks>(),
        one::<track::Scrobble>(),
    ]
}

/// Answers, parted by a byte that stands in no text: the first to any method, all in turn as the
/// pages of a list.
///
/// What is no answer is an error that quotes nothing of it; no name holds what no database keeps;
/// and pages of a list are asked for in their order, a few times at most.
pub fn methods(data: &[u8]) {
    let parts: Vec<&[u8]> = data.split(|byte| *byte == 0xFF).collect();
    if let Some(text) = parts.first().and_then(|part| std::str::from_utf8(part).ok()) {
        for decode in every() {
            match decode(text) {
                // A backslash is written as two.
                Ok(words) => assert!(!words.replace(r"\\", "").contains(r"\0"), "{words}"),
                Err(error) => assert!(!error.to_string().contains(CANARY), "{error}"),
            }
        }
    }
    read_to_the_end(&parts);
}

fn read_to_the_end(parts: &[&[u8]]) {
    let parts: Vec<Vec<u8>> = parts.iter().map(|part| part.to_vec()).collect();
    let mut asked = 0;
    let transport = FakeTransport::new().otherwise(move |_| {
        asked += 1;
        let body = parts[(asked - 1) % parts.len()].clone();
        Ok::<_, TransportError>(Response::new(StatusCode::OK, body))
    });
    let transport = Arc::new(transport);
    let clock = Arc::new(VirtualClock::new(NOW));
    let client = Client::builder(credentials(), transport.clone(), clock).jitter_seed(1).build();
    let user: Username = "RJ".parse().expect("it is a name");
    let mut pages = client.pages(user::GetTopTracks::new(user));
    let mut read = 0;
    while read < MOST_PAGES {
        match block_on(pages.next_page()) {
            Ok(Some(_)) => read += 1,
            Ok(None) | Err(_) => break,
        }
    }
    let sent = transport.sent();
    let numbers = sent.iter().filter_map(|request| request.param("page")?.parse::<u64>().ok());
    let numbers: Vec<u64> = numbers.collect();
    assert!(numbers.windows(2).all(|pair| pair[0] <= pair[1]), "{numbers:?}");
    // Each page is asked for six times at most, and doubted once.
    assert!(sent.len() <= (read + 1) * 12, "{} requests for {read} pages", sent.len());
}
