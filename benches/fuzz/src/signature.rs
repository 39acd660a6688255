//! How calls are signed.

use std::sync::Arc;

use futures_executor::block_on;
use lastfm_core::methods::track::Scrobble;
use lastfm_core::testing::{FakeTransport, VirtualClock};
use lastfm_core::{Client, NewPlay, Params, PlayerTrack, SharedSecret, Timestamp, sign};

use crate::client::{NOW, SECRET, credentials};

/// Texts, parted by bytes that stand in no text: a secret, then names and values in turn. They are
/// signed as another implementation signs them, by themselves and as plays that are sent.
pub fn signature(data: &[u8]) {
    let mut texts = data.split(|byte| *byte == 0xFF).map(String::from_utf8_lossy);
    let secret = texts.next().unwrap_or_default();
    let texts: Vec<_> = texts.collect();
    let mut params = Params::default();
    let mut pairs: Vec<(&str, &str)> = Vec::new();
    for pair in texts.chunks_exact(2) {
        params.set(pair[0].to_string(), &pair[1]);
        pairs.retain(|(name, _)| *name != pair[0]);
        pairs.push((&pair[0], &pair[1]));
    }
    if let Ok(known) = SharedSecret::new(&secret) {
        assert_eq!(sign(&params, &known), signed(pairs, secret.trim()));
    }
    check_sent(&texts);
}

/// What goes out is signed as it is: no letter is lost or changed between the two.
fn check_sent(texts: &[std::borrow::Cow<'_, str>]) {
    let plays = texts.chunks_exact(2).take(50).zip(1_795_000_000..).map(|(pair, second)| {
        let track = PlayerTrack::new(pair[0].clone(), pair[1].clone());
        let track = if second % 3 == 0 { track.album(pair[1].clone()) } else { track };
        NewPlay::new(track, Timestamp::from_unix(second))
    });
    let scrobble = Scrobble::new(plays);
    let transport = Arc::new(FakeTransport::new().json("{}"));
    let clock = Arc::new(VirtualClock::new(NOW));
    let client = Client::builder(credentials(), transport.clone(), clock).jitter_seed(1).build();
    // What is refused before it is sent is not signed.
    let _ = block_on(client.call_once(&scrobble));
    for sent in transport.sent() {
        assert_eq!(sent.url.query(), None, "a parameter stands in the address");
        let pairs = sent.params.iter().map(|(name, value)| (&**name, &**value));
        assert_eq!(sent.param("api_sig"), Some(&*signed(pairs.collect(), SECRET)));
    }
}

/// The signature, as <https://www.last.fm/api/authspec> has it.
fn signed(mut pairs: Vec<(&str, &str)>, secret: &str) -> String {
    pairs.retain(|(name, _)| !["api_sig", "callback", "format"].contains(name));
    pairs.sort_by_key(|(name, _)| name.as_bytes());
    let mut text: String = pairs.into_iter().flat_map(|(name, value)| [name, value]).collect();
    text.push_str(secret);
    format!("{:x}", md5::compute(text))
}
