//! A history as a service tells it that may be broken, or lie.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use futures_executor::block_on;
use http::{HeaderValue, StatusCode, header};
use lastfm_core::archive::{ArchiveStore, Archiver, Audit, MemoryStore, Span, WorkerId};
use lastfm_core::methods::user::GetRecentTracks;
use lastfm_core::testing::{FakeTransport, SentRequest, VirtualClock};
use lastfm_core::transport::{Response, TransportError};
use lastfm_core::{Client, Method, Play, Timestamp, Username};

use crate::client::{self, NOW, credentials};
use crate::recent_tracks;

/// Then the service is gone: who tells of new plays for ever is read for ever.
const MOST_REQUESTS: usize = 120;

/// What the service says of the account, where no answer is about that.
const ACCOUNT: &str =
    r#"{"user":{"name":"RJ","playcount":"9","registered":{"unixtime":"1037793040"}}}"#;

/// Answers that come in turn, parted by a byte that stands in no text: those that begin with
/// `{"user"` are about the account, all others pages of its history. Bytes 1 to 8 stand for moments
/// of the window that is asked for, and for how much of it.
///
/// The archive holds nothing that was not told, counts what it holds, and covers no moment that has
/// not come, unless a play was told of there.
pub fn archive(data: &[u8]) {
    let mut parts: Vec<Vec<u8>> = data.split(|byte| *byte == 0xFF).map(<[u8]>::to_vec).collect();
    let accounts: Vec<_> = parts.extract_if(.., |part| part.starts_with(br#"{"user""#)).collect();
    let told = Arc::new(Mutex::new(HashSet::new()));
    let clock = Arc::new(VirtualClock::new(NOW));
    let service =
        Service { accounts, pages: parts, asked: 0, told: told.clone(), clock: clock.clone() };
    let transport = Arc::new(FakeTransport::new().otherwise(service.answers()));
    let client = Client::builder(credentials(), transport, clock.clone()).jitter_seed(1).build();
    let store = Arc::new(MemoryStore::new(clock.clone()));
    let archiver = Archiver::new(client, store.clone(), WorkerId("fuzz".to_owned()));
    let user: Username = "RJ".parse().expect("it is a name");
    let outcome = block_on(archiver.sync(user.clone()).finish());
    if outcome.is_ok() {
        let audit = Audit { deep: false, accept_removals: true };
        // Whatever comes of it: what is archived is looked at below.
        let _ = block_on(archiver.audit(user.clone(), audit).finish());
    }
    let told = told.lock().unwrap_or_else(PoisonError::into_inner);
    block_on(check(&store, &user, &told, clock.now()));
}

struct Service {
    accounts: Vec<Vec<u8>>,
    pages: Vec<Vec<u8>>,
    asked: usize,
    /// Each play that was told of, byte for byte.
    told: Arc<Mutex<HashSet<String>>>,
    clock: Arc<VirtualClock>,
}

impl Service {
    fn answers(mut self) -> impl FnMut(&SentRequest) -> Result<Response, TransportError> {
        move |request| {
            self.asked += 1;
            let next = |answers: &[Vec<u8>], otherwise: &str| {
                let turn = self.asked % answers.len().max(1);
                answers.get(turn).cloned().unwrap_or_else(|| otherwise.into())
            };
            let answer = match request.param("method") {
                _ if self.asked > MOST_REQUESTS => br#"{"error":10}"#.to_vec(),
                Some("user.getInfo") => next(&self.accounts, ACCOUNT),
                _ => next(&self.pages, "{}"),
            };
            let answer = in_window(&answer, request, self.clock.now());
            let json = || Response::new(StatusCode::OK, answer.clone());
            let mut response = client::response(&answer).unwrap_or_else(json);
            let now = jiff::Timestamp::from_second(self.clock.now().as_unix());
            let date = now.ok().and_then(|now| {
                jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&now).ok()
            });
            if let Some(date) = date.and_then(|date| HeaderValue::try_from(date).ok()) {
                response.headers.entry(header::DATE).or_insert(date);
            }
            let text = String::from_utf8_lossy(&response.body);
            let text = text.trim_start_matches('\u{feff}').trim();
            if let Ok(page) = GetRecentTracks::decode(text) {
                let plays = page.plays.iter().map(|play| play.raw().to_owned());
                self.told.lock().unwrap_or_else(PoisonError::into_inner).extend(plays);
            }
            Ok(response)
        }
    }
}

/// The answer with what stands for moments and numbers of the request.
fn in_window(answer: &[u8], request: &SentRequest, now: Timestamp) -> Vec<u8> {
    let param = |name| request.param(name).and_then(|text| text.parse::<i64>().ok());
    let to = param("to").unwrap_or(now.as_unix());
    let from = param("from").unwrap_or(to.saturating_sub(1_000_000));
    let middle = from.midpoint(to);
    let limit = param("limit").unwrap_or(50);
    let numbers = [
        to.saturating_sub(1),
        to,
        from,
        from.saturating_add(1),
        middle,
        middle.saturating_add(1),
        limit,
        param("page").unwrap_or(1),
    ];
    let mut out = Vec::with_capacity(answer.len());
    for byte in answer {
        match byte.checked_sub(1).and_then(|number| numbers.get(usize::from(number))) {
            Some(number) => out.extend_from_slice(number.to_string().as_bytes()),
            None => out.push(*byte),
        }
    }
    out
}

async fn check(store: &MemoryStore, user: &Username, told: &HashSet<String>, now: Timestamp) {
    // A store in memory does not fail, and has the user once anything was believed.
    let Some(user) = store.user(user).await.expect("memory does not fail") else { return };
    let plays = store.plays(user.id, Span::EVER, None, usize::MAX).await;
    let plays = plays.expect("memory does not fail");
    for stored in &plays {
        assert!(told.contains(stored.play.raw()), "nobody told of {:?}", stored.play);
        recent_tracks::check_play(&stored.play);
    }
    let kept = store.count(user.id, Span::EVER).await.expect("memory does not fail");
    assert_eq!(kept.plays, plays.len() as u64);
    let counted = store.recount(user.id).await.expect("memory does not fail");
    assert_eq!(counted, kept);
    let coverage = store.coverage(user.id).await.expect("memory does not fail");
    assert!(coverage.windows(2).all(|pair| pair[0].span.end <= pair[1].span.start));
    // A play that is told of in the future may be one of a clock that is wrong by minutes. It may
    // have gone since.
    let told = told.iter().filter_map(|raw| Play::from_json(raw.as_str()).ok());
    let newest = told.map(|play| play.played_at().plus(1)).max().map_or(now, |end| end.max(now));
    for covered in &coverage {
        assert!(!covered.span.is_empty());
        assert!(covered.span.end <= newest, "{covered:?} at {now}");
    }
    for stored in &plays {
        let at = stored.play.played_at();
        assert!(coverage.iter().any(|covered| covered.span.contains(at)), "{at} is not covered");
    }
}
