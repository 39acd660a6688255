//! What a user is listening to, as it happens.

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

use futures_core::Stream;
use futures_util::stream;

use crate::methods::user::{GetRecentTracks, Playing, RecentTracksPage};
use crate::recent_tracks::{Verdict, Window};
use crate::{Client, Error, Method as _, Play, Timestamp, Track, Username};

/// Something that happened in a user's listening.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LiveEvent {
    /// A track plays, where nothing played before.
    Started(Playing),
    /// Another track plays than before.
    Changed {
        /// What played before.
        from: Playing,
        /// What plays now.
        to: Playing,
    },
    /// The same track plays once more: it was scrobbled again while it went on playing.
    Repeated(Playing),
    /// Nothing plays any more.
    Stopped(Playing),
    /// A play has come into the history. Devices deliver late: it may be days old. One that was
    /// edited comes as a new one.
    Scrobbled(Play),
}

/// Watches what a user is listening to.
///
/// It asks for the newest plays again and again, and tells what is new. What was there when it
/// began is not told, but for the track that plays. It sees the newest 50 plays: of more that come
/// between two questions, and of late ones below these, it tells nothing. For the whole history
/// there is the [archive](crate::archive).
///
/// Not for Libre.fm and servers of GNU FM, where what plays looks like a play.
///
/// # Cancel safety
///
/// Dropping the future of [`next`](Self::next) loses nothing: called again, it goes on.
///
/// # Example
///
/// ```
/// # #[cfg(feature = "testing")] {
/// # use lastfm_core::testing::FakeTransport;
/// # let clock = std::sync::Arc::new(lastfm_core::testing::VirtualClock::new(lastfm_core::Timestamp::MIN));
/// # let transport = std::sync::Arc::new(FakeTransport::new().json(r##"{"recenttracks":{"track":[
/// #     {"artist":{"#text":"Low"},"name":"Words","@attr":{"nowplaying":"true"}}],"@attr":{}}}"##));
/// # futures_executor::block_on(async {
/// # let credentials = lastfm_core::Credentials::read_only(lastfm_core::ApiKey::new("k")?);
/// # let client = lastfm_core::Client::builder(credentials, transport, clock).build();
/// use lastfm_core::LiveEvent;
///
/// let mut live = client.live("RJ".parse()?);
/// match live.next().await? {
///     LiveEvent::Started(now) => println!("♪ {} – {}", now.track.artist, now.track.name),
///     other => println!("{other:?}"),
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap() }
/// ```
#[must_use = "nothing is asked before the first event is"]
pub struct Live {
    client: Client,
    user: Username,
    every: Duration,
    /// When to ask again, by the client's clock.
    due: Duration,
    /// What the last answer said, if there was one.
    seen: Option<Seen>,
    /// How many answers in a row could not be right.
    doubted: u32,
    ready: VecDeque<LiveEvent>,
}

/// What the last answer said.
#[derive(Debug)]
struct Seen {
    plays: Vec<Play>,
    playing: Option<Current>,
}

/// What plays.
#[derive(Debug, Clone)]
struct Current {
    playing: Playing,
    /// When it began, once it has been scrobbled.
    began: Option<Timestamp>,
}

impl Current {
    fn is(&self, track: &Track) -> bool {
        self.playing.track.is_same(track)
    }
}

/// How many plays one question asks for.
const NEWEST: u32 = 50;

/// An answer that could not be right is believed when it comes so often in a row.
const BELIEVED: u32 = 3;

impl Live {
    /// Watches this user, with a question every 15 seconds.
    pub fn new(client: Client, user: Username) -> Self {
        let (every, due) = (Duration::from_secs(15), Duration::ZERO);
        Self { client, user, every, due, seen: None, doubted: 0, ready: VecDeque::new() }
    }

    /// Asks this often instead, once a second at most.
    pub fn every(self, every: Duration) -> Self {
        Self { every: every.max(Duration::from_secs(1)), ..self }
    }

    /// Waits for the next event.
    ///
    /// # Errors
    ///
    /// What a call can fail with, after several attempts. Called again, it goes on watching: what
    /// happened in the meantime is told then. [`Error::Contradiction`] if the answers are about
    /// somebody else three times in a row, as after a user has changed their name.
    pub async fn next(&mut self) -> Result<LiveEvent, Error> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Ok(event);
            }
            let clock = self.client.clock();
            clock.sleep(self.due.saturating_sub(clock.elapsed())).await;
            // Whatever comes of it, the service is not asked more often.
            self.due = clock.elapsed().saturating_add(self.every);
            let page = self.client.call(&Window::NEWEST.request(&self.user, NEWEST)).await?;
            self.take_in(page)?;
        }
    }

    /// All events, until an error.
    ///
    /// # Errors
    ///
    /// As [`next`](Self::next) has; one ends the stream.
    pub fn events(self) -> impl Stream<Item = Result<LiveEvent, Error>> + Send {
        stream::try_unfold(self, |mut live| async move {
            let event = live.next().await?;
            Ok(Some((event, live)))
        })
    }

    /// Compares an answer with the one before, if it can be right: else the next may be.
    fn take_in(&mut self, mut page: RecentTracksPage) -> Result<(), Error> {
        let now_playing = page.now_playing.take();
        let is_readable = page.undatable_count == 0;
        let was_empty = self.seen.as_ref().is_none_or(|seen| seen.plays.is_empty());
        let verdict = Verdict::new(page, None, &self.user, Window::NEWEST, NEWEST);
        let is_sound = match &verdict {
            Verdict::Sound(_) => is_readable,
            Verdict::Empty(_) => was_empty,
            Verdict::Short(_) | Verdict::Wrong(_) => false,
        };
        self.doubted = if is_sound { 0 } else { self.doubted + 1 };
        if !is_sound && self.doubted < BELIEVED {
            return Ok(());
        }
        let mut plays = match verdict {
            Verdict::Sound(page) | Verdict::Short(page) | Verdict::Empty(page) => page.plays,
            Verdict::Wrong(what) => {
                let method = GetRecentTracks::NAME;
                return Err(Error::Contradiction { method, what, second: None });
            }
        };
        plays.truncate(NEWEST as usize);
        let mut current = None;
        if let Some(before) = self.seen.take() {
            current = before.playing;
            for play in new_plays(&before.plays, &plays) {
                if let Some(current) = current.as_mut().filter(|now| now.is(&play.track())) {
                    let began = current.began.replace(play.played_at());
                    if began.is_some_and(|began| began < play.played_at()) {
                        self.ready.push_back(LiveEvent::Repeated(current.playing.clone()));
                    }
                }
                self.ready.push_back(LiveEvent::Scrobbled(play));
            }
        }
        let playing = match (current, now_playing) {
            (Some(current), Some(now)) if current.is(&now.track) => Some(current),
            (current, now) => {
                self.ready.extend(match (current.map(|was| was.playing), now.clone()) {
                    (Some(from), Some(to)) => Some(LiveEvent::Changed { from, to }),
                    (Some(was), None) => Some(LiveEvent::Stopped(was)),
                    (None, Some(now)) => Some(LiveEvent::Started(now)),
                    (None, None) => None,
                });
                now.map(|playing| Current { playing, began: None })
            }
        };
        self.seen = Some(Seen { plays, playing });
        Ok(())
    }
}

/// The plays that have come since the answer before, oldest first.
///
/// Plays of one second are a multiset, and what lies at or below the last play of a full page may
/// only have been out of its reach.
fn new_plays(before: &[Play], now: &[Play]) -> Vec<Play> {
    let mut known: Vec<&Play> = before.iter().collect();
    let reached = before.last().map(Play::played_at);
    let is_all = before.len() < NEWEST as usize;
    let mut new: Vec<Play> = now
        .iter()
        .filter(|play| {
            let same = |known: &&Play| {
                known.played_at() == play.played_at() && known.track().is_same(&play.track())
            };
            match known.iter().position(same) {
                Some(place) => {
                    known.swap_remove(place);
                    false
                }
                None => is_all || reached.is_none_or(|reached| play.played_at() > reached),
            }
        })
        .cloned()
        .collect();
    new.reverse();
    new
}

impl fmt::Debug for Live {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Live")
            .field("user", &self.user)
            .field("every", &self.every)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use futures_executor::block_on;
    use futures_util::{StreamExt as _, TryStreamExt as _};
    use http::StatusCode;

    use super::*;
    use crate::Clock as _;
    use crate::test_support::{Scripted, VirtualClock, client};
    use crate::transport::Response;

    /// An answer: `"a* b9 a7"` is a playing, and plays of b at 9 and of a at 7.
    fn answer(items: &str) -> String {
        let items: Vec<String> = items
            .split_whitespace()
            .map(|item| {
                let (name, rest) = item.split_at(1);
                let when = match rest {
                    "*" => r#""@attr":{"nowplaying":"true"}"#.to_owned(),
                    uts => format!(r#""date":{{"uts":"{uts}"}}"#),
                };
                format!(r##"{{"artist":{{"#text":"x"}},"name":"{name}",{when}}}"##)
            })
            .collect();
        format!(r#"{{"recenttracks":{{"track":[{}],"@attr":{{"user":"RJ"}}}}}}"#, items.join(","))
    }

    fn told(event: &LiveEvent) -> String {
        match event {
            LiveEvent::Started(now) => format!("+{}", now.track.name),
            LiveEvent::Changed { from, to } => format!("{}>{}", from.track.name, to.track.name),
            LiveEvent::Repeated(now) => format!("={}", now.track.name),
            LiveEvent::Stopped(was) => format!("-{}", was.track.name),
            LiveEvent::Scrobbled(play) => {
                format!("{}{}", play.track().name, play.played_at().as_unix())
            }
        }
    }

    /// What is told of these answers, which end with an error.
    fn events(answers: &[&str]) -> (String, Duration) {
        let clock = Arc::new(VirtualClock::default());
        let bodies = answers.iter().map(|items| answer(items));
        let bodies = bodies.chain([r#"{"error":10,"message":"over"}"#.to_owned()]);
        let service = Scripted::new(
            clock.clone(),
            bodies.map(|body| Ok(Response::new(StatusCode::OK, body))).collect::<Vec<_>>(),
        );
        let live = client(Arc::new(service), clock.clone()).live("RJ".parse().unwrap());
        let events = live.events().take_while(|event| std::future::ready(event.is_ok()));
        let events: Vec<LiveEvent> = block_on(events.try_collect()).unwrap();
        (events.iter().map(told).collect::<Vec<_>>().join(" "), clock.elapsed())
    }

    #[test]
    fn a_track_starts_changes_is_scrobbled_and_stops() {
        let (events, took) = events(&["b3", "a* b3", "a* a10 b3", "c* a10 b3", "a10 b3"]);
        assert_eq!(events, "+a a10 a>c -c");
        assert_eq!(took, Duration::from_secs(5 * 15));
    }

    #[test]
    fn what_was_there_before_is_not_told_but_for_what_plays() {
        assert_eq!(events(&["a* b9 c7"]).0, "+a");
        assert_eq!(events(&["", "b9 c7"]).0, "c7 b9");
    }

    #[test]
    fn a_track_that_is_scrobbled_again_while_it_plays_is_a_repeat() {
        let (events, _) = events(&["a*", "a* a10", "a* a10", "a* a20 a10", "b* a30 a20 a10"]);
        assert_eq!(events, "+a a10 =a a20 =a a30 a>b");
    }

    #[test]
    fn a_page_that_cannot_be_right_tells_nothing() {
        assert_eq!(events(&["b9 c7", "", "d10 b9 c7"]).0, "d10");
        let (clock, mut strange) = (Arc::new(VirtualClock::default()), answer("x* x8"));
        strange = strange.replace("RJ", "low");
        let bodies = [answer("a* b7"), strange, answer("a* b7"), answer("b7")];
        let answers = bodies.map(|body| Ok(Response::new(StatusCode::OK, body)));
        let service = Arc::new(Scripted::new(clock.clone(), answers));
        let mut live = client(service, clock).live("RJ".parse().unwrap());
        let events = block_on(async { [live.next().await.unwrap(), live.next().await.unwrap()] });
        assert_eq!(events.each_ref().map(told), ["+a", "-a"]);
    }

    #[test]
    fn what_is_odd_three_times_is_so() {
        let short =
            |items: &str| answer(items).replace(r#""user":"RJ""#, r#""user":"RJ","total":"9""#);
        let clock = Arc::new(VirtualClock::default());
        let mut bodies = vec![short("a* b7"); 3];
        bodies.extend(vec![answer("a* b7").replace("RJ", "low"); 3]);
        let answers: Vec<_> =
            bodies.into_iter().map(|body| Ok(Response::new(StatusCode::OK, body))).collect();
        let service = Arc::new(Scripted::new(clock.clone(), answers));
        let mut live = client(service.clone(), clock).live("RJ".parse().unwrap());
        assert_eq!(told(&block_on(live.next()).unwrap()), "+a");
        assert_eq!(service.sent().len(), 3);
        assert!(matches!(block_on(live.next()), Err(Error::Contradiction { .. })));
    }

    #[test]
    fn after_an_error_the_service_is_asked_no_sooner() {
        let clock = Arc::new(VirtualClock::default());
        let hidden = r#"{"error":17,"message":"Login: User required to be logged in"}"#;
        let service = Arc::new(Scripted::answering(clock.clone(), StatusCode::OK, hidden));
        let mut live = client(service.clone(), clock.clone()).live("RJ".parse().unwrap());
        for _ in 0..3 {
            block_on(live.next()).unwrap_err();
        }
        assert_eq!(service.sent_at(), [0, 15, 30].map(Duration::from_secs));
    }

    #[test]
    fn late_plays_are_told_and_those_that_were_out_of_reach_are_not() {
        assert_eq!(events(&["b9 c7", "b9 d8 c7"]).0, "d8");
        let full = (0..50).map(|at| format!("b{}", 100 - at)).collect::<Vec<_>>().join(" ");
        let (deleted, _) = full.split_once(' ').unwrap();
        let shifted = format!("{} d51 d50", full.replacen(deleted, "", 1));
        assert_eq!(events(&[&full, &shifted]).0, "");
        assert_eq!(events(&["b9 b9 c7", "b9 b9 b9 c7"]).0, "b9");
    }
}
