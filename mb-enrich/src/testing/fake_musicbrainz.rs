//! MusicBrainz' web service in process: searches, lookups, what was merged, and its faults.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use lastfm_core::testing::{Dice, SentRequest, yield_once};
use lastfm_core::transport::{Request, Response, Transport, TransportError, TransportErrorKind};
use lastfm_core::{Clock, Mbid};
use serde_json::{Value, json};

use super::lucene::{Query, value};
use crate::names::Kind;
use crate::{CreditedArtist, PrimaryType, ReleaseGroup};

/// The least time between two requests from one address.
const SECOND: Duration = Duration::from_secs(1);

const BUSY: &str = "The MusicBrainz web server is currently busy. Please try again later.";
const QUOTA: &str = "Your requests are exceeding the allowable rate limit. Please see \
                     https://wiki.musicbrainz.org/XMLWebService for more information.";

/// A release group and what belongs to it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct FakeGroup {
    /// The group; its other titles are those of its releases, in order.
    pub group: ReleaseGroup,
    /// The identifiers of its releases: the first has the group's own title.
    pub releases: Vec<Mbid>,
    /// Identifiers of releases that were merged into the first release.
    pub merged_releases: Vec<Mbid>,
    /// Identifiers of groups that were merged into this one.
    pub merged_groups: Vec<Mbid>,
    /// Titles of its tracks.
    pub tracks: Vec<String>,
}

impl FakeGroup {
    /// This group without releases.
    pub fn new(group: ReleaseGroup) -> Self {
        let (releases, merged_releases) = (Vec::new(), Vec::new());
        Self { group, releases, merged_releases, merged_groups: Vec::new(), tracks: Vec::new() }
    }
}

/// A MusicBrainz on this machine: a [`Transport`] that answers `/ws/2/` as the service does.
///
/// It refuses who has no contact, and who asks more than once a second by its clock. Searches find
/// only what is there under its own identifier, lookups follow what was merged, and artists' aliases
/// are found by searching for artists alone.
pub struct FakeMusicbrainz {
    clock: Arc<dyn Clock>,
    groups: Vec<FakeGroup>,
    /// What a search looks at, for each group.
    values: Vec<Values>,
    state: Mutex<State>,
}

/// Fields of a thing that can be found.
type Values = BTreeMap<&'static str, Vec<String>>;

#[derive(Debug)]
struct State {
    dice: Dice,
    fault_percent: u64,
    last: Option<Duration>,
    sent: Vec<SentRequest>,
    too_fast: usize,
}

impl FakeMusicbrainz {
    /// Holds these groups, and tells the time by this clock.
    pub fn new(clock: Arc<dyn Clock>, groups: impl IntoIterator<Item = FakeGroup>) -> Self {
        let dice = Dice::new(0);
        let state = State { dice, fault_percent: 0, last: None, sent: Vec::new(), too_fast: 0 };
        let groups: Vec<FakeGroup> = groups.into_iter().collect();
        let values = groups.iter().map(values_of_group).collect();
        Self { clock, groups, values, state: Mutex::new(state) }
    }

    /// From now on fails in every way it knows, in so many of a hundred requests.
    pub fn set_faults(&self, seed: u64, percent: u64) {
        let mut state = self.state();
        (state.dice, state.fault_percent) = (Dice::new(seed), percent);
    }

    /// The requests so far.
    pub fn sent(&self) -> Vec<SentRequest> {
        self.state().sent.clone()
    }

    /// How many requests came less than a second after the one before.
    pub fn too_fast_count(&self) -> usize {
        self.state().too_fast
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing that holds the lock can panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes a request down; whether it came too soon, and which fault meets it.
    fn note(&self, request: &SentRequest, now: Duration) -> (bool, Option<u64>) {
        let mut state = self.state();
        let too_fast = state.last.is_some_and(|last| now.saturating_sub(last) < SECOND);
        state.last = Some(now);
        state.too_fast += usize::from(too_fast);
        state.sent.push(request.clone());
        let fails = state.dice.below(100) < state.fault_percent;
        (too_fast, fails.then(|| state.dice.below(9)))
    }

    fn answer(&self, request: &SentRequest) -> Response {
        let path = request.url.path().trim_start_matches("/ws/2/");
        match path.split_once('/') {
            Some(("release", id)) => self.release(id),
            Some(("release-group", id)) => self.group(id),
            None => self.search(path, request),
            Some(_) => error(StatusCode::NOT_FOUND, "Not Found"),
        }
    }

    fn release(&self, id: &str) -> Response {
        let is_it = |known: &&Mbid| known.as_str() == id;
        for fake in &self.groups {
            let place = fake.releases.iter().position(|known| known.as_str() == id);
            let merged = fake.merged_releases.iter().find(is_it).map(|_| 0);
            if let Some(place) = place.or(merged) {
                let new = fake.releases.get(place).map_or(id, Mbid::as_str);
                let title = fake.group.titles().nth(place).unwrap_or(&fake.group.title);
                let group = group(&fake.group, &[]);
                return found(&json!({ "id": new, "title": title, "release-group": group }));
            }
        }
        error(StatusCode::NOT_FOUND, "Not Found")
    }

    fn group(&self, id: &str) -> Response {
        let stands_for = |fake: &&FakeGroup| {
            let ids = fake.merged_groups.iter().chain([&fake.group.id]);
            ids.map(Mbid::as_str).any(|known| known == id)
        };
        match self.groups.iter().find(stands_for) {
            Some(fake) => found(&group(&fake.group, &fake.releases)),
            None => error(StatusCode::NOT_FOUND, "Not Found"),
        }
    }

    fn search(&self, what: &str, request: &SentRequest) -> Response {
        let Some(query) = request.param("query").and_then(Query::parse) else {
            return error(StatusCode::BAD_REQUEST, "Unable to parse search.");
        };
        let number = |name: &str| request.param(name).and_then(|text| text.parse().ok());
        let limit = number("limit").filter(|limit| *limit <= 100).unwrap_or(25);
        let offset = number("offset").unwrap_or(0);
        let (list, hits) = match what {
            "release-group" => ("release-groups", self.groups_that_answer(&query)),
            "artist" => ("artists", self.artists_that_answer(&query)),
            "recording" => ("recordings", self.recordings_that_answer(&query)),
            _ => return error(StatusCode::NOT_FOUND, "Not Found"),
        };
        let count = hits.len();
        let shown: Vec<Value> = hits.into_iter().skip(offset).take(limit).collect();
        found(&json!({ "created": "", "count": count, "offset": offset, list: shown }))
    }

    fn groups_that_answer(&self, query: &Query) -> Vec<Value> {
        let mut hits = Vec::new();
        for (fake, values) in self.groups.iter().zip(&self.values) {
            hits.extend(query.score(values).map(|score| (score, &fake.group.id, fake)));
        }
        hits.sort_by(|one, other| other.0.cmp(&one.0).then(one.1.cmp(other.1)));
        hits.into_iter().map(|(_, _, fake)| group(&fake.group, &fake.releases)).collect()
    }

    fn artists_that_answer(&self, query: &Query) -> Vec<Value> {
        let mut hits = BTreeMap::new();
        for artist in self.groups.iter().flat_map(|fake| &fake.group.artists) {
            let Some(id) = &artist.id else { continue };
            let score = query.score(&BTreeMap::from([
                ("artist", vec![value(&artist.name)]),
                ("alias", artist.other_names.iter().map(|name| value(name)).collect()),
                ("arid", texts([id])),
            ]));
            if score.is_some() {
                hits.insert(id.clone(), named(artist, true));
            }
        }
        hits.into_values().collect()
    }

    fn recordings_that_answer(&self, query: &Query) -> Vec<Value> {
        let mut hits = Vec::new();
        for fake in &self.groups {
            for track in &fake.tracks {
                let score = query.score(&BTreeMap::from([
                    ("rgid", texts([&fake.group.id])),
                    ("recording", vec![value(track)]),
                ]));
                let release = json!({ "release-group": { "id": fake.group.id.as_str() } });
                hits.extend(score.map(|_| json!({ "title": track, "releases": [release] })));
            }
        }
        hits
    }
}

#[async_trait]
impl Transport for FakeMusicbrainz {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let request = SentRequest::new(&request);
        let now = self.clock.elapsed();
        yield_once().await;
        let is_search = request.param("query").is_some();
        let (too_fast, fault) = self.note(&request, now);
        let agent = request.headers.get(header::USER_AGENT);
        let agent = agent.and_then(|agent| agent.to_str().ok()).unwrap_or_default();
        if !agent.contains(" ( ") {
            return Ok(error(StatusCode::FORBIDDEN, "Please name yourself"));
        }
        if too_fast {
            return Ok(quota());
        }
        if request.url.as_str().len() > 8_000 {
            return Ok(Response::new(StatusCode::URI_TOO_LONG, "<html>414</html>"));
        }
        Ok(match fault {
            Some(0) => quota(),
            Some(1) if is_search => shed(),
            Some(2) => Response::new(StatusCode::BAD_GATEWAY, "<html>502 Bad Gateway</html>"),
            Some(3) => Response::new(StatusCode::OK, "<html>maintenance</html>"),
            Some(4) => {
                // As long as a client waits for an answer.
                self.clock.sleep(Duration::from_secs(30)).await;
                return Err(TransportError::new(TransportErrorKind::Timeout));
            }
            Some(5) => return Err(TransportError::new(TransportErrorKind::Interrupted)),
            Some(6) => {
                error(StatusCode::SERVICE_UNAVAILABLE, "Could not retrieve sub-document page")
            }
            Some(7) => Response::new(StatusCode::NOT_FOUND, "<html>404 nginx</html>"),
            Some(_) if is_heavy(&request) => cut_off(self.answer(&request)),
            Some(_) | None => self.answer(&request),
        })
    }
}

impl fmt::Debug for FakeMusicbrainz {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FakeMusicbrainz")
            .field("groups", &self.groups.len())
            .finish_non_exhaustive()
    }
}

fn texts<'a>(ids: impl IntoIterator<Item = &'a Mbid>) -> Vec<String> {
    ids.into_iter().map(|id| value(id.as_str())).collect()
}

fn values_of_group(fake: &FakeGroup) -> Values {
    let artists = || fake.group.artists.iter();
    let titles: Vec<String> = fake.group.titles().map(value).collect();
    let names: Vec<String> = artists().map(|artist| value(&artist.name)).collect();
    BTreeMap::from([
        ("reid", texts(&fake.releases)),
        ("rgid", texts([&fake.group.id])),
        ("arid", texts(artists().filter_map(|artist| artist.id.as_ref()))),
        ("releasegroup", titles[..1].to_vec()),
        ("release", titles),
        ("artist", vec![value(&fake.group.credit())]),
        ("artistname", names),
    ])
}

fn group(group: &ReleaseGroup, releases: &[Mbid]) -> Value {
    let credit = group.artists.iter().map(|artist| {
        json!({ "name": artist.name, "joinphrase": artist.join, "artist": named(artist, false) })
    });
    let titles = group.titles().chain(std::iter::repeat(group.title.as_str()));
    let releases = releases.iter().zip(titles);
    let releases = releases.map(|(id, title)| json!({ "id": id.as_str(), "title": title }));
    let date = group.first_release.map_or_else(String::new, |date| date.to_string());
    let kinds = [
        (Kind::Compilation, "Compilation"),
        (Kind::Live, "Live"),
        (Kind::Remix, "Remix"),
        (Kind::Soundtrack, "Soundtrack"),
        (Kind::Demo, "Demo"),
    ];
    let kinds = kinds.iter().filter(|(kind, _)| group.secondary_kinds.contains(*kind));
    json!({
        "id": group.id.as_str(),
        "title": group.title,
        "first-release-date": date,
        "primary-type": group.primary_type.map(|primary| match primary {
            PrimaryType::Album => "Album",
            PrimaryType::Ep => "EP",
            PrimaryType::Single => "Single",
            PrimaryType::Broadcast => "Broadcast",
            PrimaryType::Other => "Other",
        }),
        "secondary-types": kinds.map(|(_, name)| *name).collect::<Vec<_>>(),
        "artist-credit": credit.collect::<Vec<_>>(),
        "releases": releases.collect::<Vec<_>>(),
        "score": 100,
    })
}

fn named(artist: &CreditedArtist, with_aliases: bool) -> Value {
    let aliases = artist.other_names.iter().filter(|_| with_aliases);
    json!({
        "id": artist.id.as_ref().map_or("", Mbid::as_str),
        "name": artist.name,
        "sort-name": artist.name,
        "aliases": aliases.map(|name| json!({ "name": name })).collect::<Vec<_>>(),
    })
}

fn found(value: &Value) -> Response {
    Response::new(StatusCode::OK, value.to_string())
}

fn error(status: StatusCode, words: &str) -> Response {
    let help = "For usage, please see: https://musicbrainz.org/development/mmd";
    Response::new(status, json!({ "error": words, "help": help }).to_string())
}

/// This address has asked too often.
fn quota() -> Response {
    let mut response = error(StatusCode::SERVICE_UNAVAILABLE, QUOTA);
    response.headers.insert(header::RETRY_AFTER, HeaderValue::from_static("0"));
    response
}

/// Everybody together has searched too often.
fn shed() -> Response {
    let mut response = error(StatusCode::SERVICE_UNAVAILABLE, BUSY);
    response.headers = HeaderMap::from_iter([
        (header::RETRY_AFTER, HeaderValue::from_static("0")),
        (
            header::HeaderName::from_static("x-ratelimit-zone"),
            HeaderValue::from_static("search-global"),
        ),
        (
            header::HeaderName::from_static("x-ratelimit-who"),
            HeaderValue::from_static("search-shed"),
        ),
    ]);
    response
}

/// Whether a search has so many parts that it may run out of time.
fn is_heavy(request: &SentRequest) -> bool {
    request.param("query").is_some_and(|query| query.len() > 1_600)
}

/// A search that ran out of time: a part of what it found, as if that were all.
fn cut_off(response: Response) -> Response {
    let Ok(mut value) = serde_json::from_slice::<Value>(&response.body) else { return response };
    for list in ["release-groups", "artists", "recordings"] {
        if let Some(hits) = value[list].as_array_mut() {
            hits.truncate(hits.len() / 2);
            value["count"] = json!(value[list].as_array().map_or(0, Vec::len));
        }
    }
    Response::new(response.status, value.to_string())
}
