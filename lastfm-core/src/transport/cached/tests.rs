//! What is answered from the cache, for how long, and to whom.

use futures_executor::block_on;
use http::StatusCode;

use super::*;
use crate::methods::user::GetInfo;
use crate::test_support::{Scripted, VirtualClock, client};
use crate::transport::{LocalPacer, RateLimited, TransportErrorKind};
use crate::{SessionKey, SharedSecret};

mod together;

const DAY: u64 = 24 * 60 * 60;
const USER: &str = r#"{"user":{"name":"RJ","playcount":"3"}}"#;
const NOT_FOUND: &str = r#"{"error":6,"message":"User not found"}"#;
const INFO: &str = "api_key=key&format=json&method=user.getInfo&user=RJ";
const DATE: &str = "Sun, 06 Nov 1994 08:49:37 GMT";

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn call(form: &str) -> Request {
    let mut request = Request::post("https://localhost/2.0/".parse().unwrap(), form.to_owned());
    let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
    request.headers.insert(header::CONTENT_TYPE, kind);
    request
}

fn response(status: u16, body: &str) -> Result<Response, TransportError> {
    let status = StatusCode::from_u16(status);
    let status = status.map_err(|_| TransportError::new(TransportErrorKind::Setup))?;
    let mut response = Response::new(status, body.to_owned());
    response.headers.insert(header::DATE, HeaderValue::from_static(DATE));
    response.headers.insert(header::SET_COOKIE, HeaderValue::from_static("id=7"));
    Ok(response)
}

fn failed(kind: TransportErrorKind) -> Result<Response, TransportError> {
    Err(TransportError::new(kind))
}

/// A cache in front of answers that are given one after the other, the last one for ever.
struct Scene {
    clock: Arc<VirtualClock>,
    service: Arc<Scripted>,
    cached: Cached,
}

impl Scene {
    fn new(answers: impl IntoIterator<Item = Result<Response, TransportError>>) -> Self {
        Self::with(answers, |cached| cached)
    }

    fn with(
        answers: impl IntoIterator<Item = Result<Response, TransportError>>,
        set: impl FnOnce(Cached) -> Cached,
    ) -> Self {
        let clock = Arc::new(VirtualClock::default());
        let service = Arc::new(Scripted::new(clock.clone(), answers));
        let cache = Arc::new(MemoryCache::default());
        let cached = set(Cached::new(service.clone(), cache, clock.clone()));
        Self { clock, service, cached }
    }

    fn ask(&self, form: &str) -> Result<Response, TransportError> {
        block_on(self.cached.send(call(form)))
    }

    /// The age of the answer to `INFO`, if it came from the cache.
    fn age(&self) -> Option<u64> {
        let response = self.ask(INFO).unwrap();
        assert_eq!(response.body, USER);
        assert_eq!(response.headers["date"], DATE);
        Some(response.headers.get("age")?.to_str().unwrap().parse().unwrap())
    }

    fn pass(&self, time: u64) {
        block_on(self.clock.sleep(seconds(time)));
    }

    fn requests(&self) -> usize {
        self.service.sent().len()
    }
}

#[test]
fn what_is_kept_is_not_asked_for_again_until_the_second_at_which_its_time_is_over() {
    let scene = Scene::new([response(200, USER)]);
    assert_eq!(scene.age(), None);
    assert_eq!(scene.age(), Some(0));
    scene.pass(DAY - 1);
    assert_eq!(scene.age(), Some(DAY - 1));
    assert_eq!(scene.requests(), 1);
    scene.pass(1);
    assert_eq!(scene.age(), None);
    assert_eq!(scene.requests(), 2);
    assert_eq!(scene.age(), Some(0));
}

#[test]
fn an_answer_keeps_its_date_and_its_kind_and_no_other_header() {
    let scene = Scene::new([response(200, USER)]);
    assert!(scene.ask(INFO).unwrap().headers.contains_key("set-cookie"));
    let kept = scene.ask(INFO).unwrap();
    let mut names: Vec<&str> = kept.headers.keys().map(header::HeaderName::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["age", "date"]);
}

#[test]
fn a_reply_from_the_cache_tells_when_the_service_gave_it() {
    let scene = Scene::new([response(200, USER)]);
    let client = client(Arc::new(scene.cached), scene.clock.clone());
    let method = GetInfo::new("RJ".parse().unwrap());
    for _ in 0..2 {
        let reply = block_on(client.call_once(&method)).unwrap();
        assert_eq!(reply.value.play_count, 3);
        assert_eq!(reply.at.unwrap().as_unix(), 784_111_777);
        block_on(scene.clock.sleep(seconds(100)));
    }
    assert_eq!(scene.service.sent().len(), 1);
}

#[test]
fn every_user_and_every_app_has_answers_of_their_own() {
    let scene = Scene::new([response(200, USER)]);
    let clock = scene.clock.clone();
    let cached: Arc<dyn Transport> = Arc::new(scene.cached);
    let method = GetInfo::new("RJ".parse().unwrap());
    let app = |key: &str| {
        let key = crate::ApiKey::new(key).unwrap();
        let credentials = crate::Credentials::read_only(key);
        let credentials = credentials.with_secret(SharedSecret::new("secret").unwrap());
        crate::Client::builder(credentials, cached.clone(), clock.clone()).build()
    };
    let session = |name: &str| app("one").with_session(SessionKey::new(name).unwrap());
    for (number, client) in
        [app("one"), app("two"), session("here"), session("there")].iter().enumerate()
    {
        block_on(client.call(&method)).unwrap();
        block_on(client.call(&method)).unwrap();
        assert_eq!(scene.service.sent().len(), number + 1);
    }
}

#[test]
fn what_changes_something_is_neither_kept_nor_answered() {
    let scene = Scene::with([response(200, r#"{"scrobbles":{}}"#)], |cached| {
        cached
            .time_to_live("track.love", seconds(DAY))
            .time_to_live("auth.getSession", seconds(DAY))
            .time_to_live("user.getRecentTracks", seconds(DAY))
    });
    for (number, method) in
        ["track.love", "auth.getSession", "user.getRecentTracks", "user.getTopArtists"]
            .iter()
            .enumerate()
    {
        let form = format!("api_key=key&format=json&method={method}&user=RJ");
        for _ in 0..2 {
            assert!(!scene.ask(&form).unwrap().headers.contains_key("age"), "{method}");
        }
        assert_eq!(scene.requests(), 2 * (number + 1));
    }
}

#[test]
fn any_method_that_reads_is_kept_as_long_as_an_app_says() {
    let scene = Scene::with([response(200, USER)], |cached| {
        cached
            .time_to_live("USER.gettopartists", seconds(10))
            .time_to_live("user.getinfo", Duration::ZERO)
    });
    let form = "api_key=key&format=json&method=user.getTopArtists&user=RJ";
    scene.ask(form).unwrap();
    scene.pass(9);
    assert_eq!(scene.ask(form).unwrap().headers["age"], "9");
    scene.pass(1);
    assert!(!scene.ask(form).unwrap().headers.contains_key("age"));
    assert_eq!((scene.age(), scene.age()), (None, None));
}

#[test]
fn an_error_is_not_kept_nor_what_is_no_whole_object() {
    for (status, body) in [
        (200, r#"{"error":8,"message":"Operation failed"}"#),
        (403, r#"{"error":10,"message":"Invalid API key"}"#),
        (200, r#"{"error":17,"message":"Login required"}"#),
        (400, r#"{"error":6,"message":"no such page"}"#),
        (500, "<html>"),
        (502, USER),
        (200, "<html>"),
        (200, ""),
        (200, "{}"),
        (200, "[1]"),
        (200, r#"{"user":{"name":"RJ","pl"#),
        (200, "{\"user\":{}}\u{0}"),
        (302, ""),
        (429, ""),
    ] {
        let scene = Scene::new([response(status, body), response(200, USER)]);
        assert_eq!(scene.ask(INFO).unwrap().body, body, "{body}");
        assert_eq!(scene.age(), None, "{body}");
    }
    let mut torn = response(200, "").unwrap();
    torn.body = b"{\"user\":\"\xff\"}".as_slice().into();
    let scene = Scene::new([Ok(torn), response(200, USER)]);
    scene.ask(INFO).unwrap();
    assert_eq!(scene.age(), None);
    let scene = Scene::new([failed(TransportErrorKind::Timeout), response(200, USER)]);
    assert_eq!(scene.ask(INFO).unwrap_err().kind, TransportErrorKind::Timeout);
    assert_eq!(scene.age(), None);
}

#[test]
fn that_there_is_no_such_thing_is_kept_for_a_shorter_time() {
    let requests = |scene: &Scene, after: u64| {
        assert_eq!(scene.ask(INFO).unwrap().status, 404);
        scene.pass(after);
        assert_eq!(scene.ask(INFO).unwrap().body, NOT_FOUND);
        scene.requests()
    };
    let hour = 60 * 60;
    assert_eq!(requests(&Scene::new([response(404, NOT_FOUND)]), hour - 1), 1);
    assert_eq!(requests(&Scene::new([response(404, NOT_FOUND)]), hour), 2);
    let set = |time: u64, own: u64| {
        Scene::with([response(404, NOT_FOUND)], |cached| {
            cached.not_found(seconds(time)).time_to_live("user.getInfo", seconds(own))
        })
    };
    assert_eq!(requests(&set(0, DAY), 0), 2);
    assert_eq!(requests(&set(10, DAY), 9), 1);
    assert_eq!(requests(&set(10, DAY), 10), 2);
    assert_eq!(requests(&set(10, 5), 4), 1);
    assert_eq!(requests(&set(10, 5), 5), 2);
}

#[test]
fn in_an_outage_an_old_answer_is_given_only_if_asked_for_and_only_as_old_as_allowed() {
    let outages: [fn() -> Result<Response, TransportError>; 9] = [
        || failed(TransportErrorKind::Connect),
        || failed(TransportErrorKind::Timeout),
        || failed(TransportErrorKind::Paused(seconds(60))),
        || response(500, ""),
        || response(200, "<html>"),
        || response(200, r#"{"error":8,"message":"Operation failed"}"#),
        || response(400, r#"{"error":11,"message":"Service offline"}"#),
        || response(200, r#"{"error":29,"message":"Rate limit exceeded"}"#),
        || response(200, r#"{"user":{"na"#),
    ];
    let is_old = |after: u64, outage: fn() -> _, stale: u64| {
        let scene = Scene::with([response(200, USER), outage()], |cached| {
            cached.stale_on_outage(seconds(stale))
        });
        scene.ask(INFO).unwrap();
        scene.pass(after);
        let answer = scene.ask(INFO);
        assert_eq!(scene.requests(), 2);
        answer.is_ok_and(|answer| {
            answer.headers.get("age").is_some_and(|age| *age == after.to_string().as_str())
        })
    };
    for (number, outage) in outages.into_iter().enumerate() {
        assert!(!is_old(DAY, outage, 0), "{number}");
        assert!(is_old(DAY, outage, 3 * DAY), "{number}");
        assert!(is_old(3 * DAY - 1, outage, 3 * DAY), "{number}");
        assert!(!is_old(3 * DAY, outage, 3 * DAY), "{number}");
    }
    // What is no outage is told.
    assert!(!is_old(DAY, || response(403, r#"{"error":10,"message":"key"}"#), 3 * DAY));
    assert!(!is_old(DAY, || response(404, NOT_FOUND), 3 * DAY));
    assert!(!is_old(DAY, || failed(TransportErrorKind::Insecure), 3 * DAY));
}

#[test]
fn that_there_is_no_such_thing_is_no_answer_in_an_outage() {
    let answers = [response(404, NOT_FOUND), response(503, "")];
    let scene = Scene::with(answers, |cached| cached.stale_on_outage(seconds(3 * DAY)));
    scene.ask(INFO).unwrap();
    scene.pass(DAY);
    assert_eq!(scene.ask(INFO).unwrap().status, 503);
}

#[test]
fn an_answer_from_the_cache_costs_no_slot_and_is_given_in_a_pause() {
    let clock = Arc::new(VirtualClock::default());
    let slow = response(200, r#"{"error":29,"message":"slow"}"#);
    let service = Arc::new(Scripted::new(clock.clone(), [response(200, USER), slow]));
    let pacer = Arc::new(LocalPacer::new(seconds(1), clock.clone()));
    let limited = RateLimited::new(service.clone(), pacer, clock.clone());
    let cached = Cached::new(Arc::new(limited), Arc::new(MemoryCache::default()), clock.clone())
        .stale_on_outage(seconds(2 * DAY));
    let ask = |form: &str| block_on(cached.send(call(form)));
    for _ in 0..50 {
        ask(INFO).unwrap();
    }
    assert_eq!(clock.elapsed(), Duration::ZERO);
    block_on(clock.sleep(seconds(DAY)));
    ask(&INFO.replace("RJ", "other")).unwrap();
    // Paused now: nothing is sent, and what is kept is better than nothing.
    assert_eq!(ask(INFO).unwrap().headers["age"], DAY.to_string().as_str());
    assert!(ask(&INFO.replace("RJ", "third")).is_err());
    assert_eq!(service.sent().len(), 2);
}

/// A cache that does not work.
#[derive(Debug)]
struct Broken;

#[async_trait]
impl ResponseCache for Broken {
    async fn get(&self, _: &CacheKey) -> Result<Option<Kept>, CacheError> {
        Err("no disk".into())
    }

    async fn put(&self, _: CacheKey, _: Kept) -> Result<(), CacheError> {
        Err("no disk".into())
    }
}

#[test]
fn a_cache_that_does_not_work_fails_no_call() {
    let clock = Arc::new(VirtualClock::default());
    let service = Arc::new(Scripted::new(clock.clone(), [response(200, USER)]));
    let cached = Cached::new(service.clone(), Arc::new(Broken), clock);
    for number in 1..3 {
        assert_eq!(block_on(cached.send(call(INFO))).unwrap().body, USER);
        assert_eq!(service.sent().len(), number);
    }
}

#[test]
fn what_comes_from_another_clocks_future_is_not_believed() {
    let scene = Scene::new([response(200, USER)]);
    let cache = scene.cached.source.cache.clone();
    let key = Question::of(&call(INFO)).unwrap().key;
    let later = Kept::new(response(200, "{\"user\":1}").unwrap(), seconds(9), seconds(DAY));
    block_on(cache.put(key, later)).unwrap();
    assert_eq!(scene.age(), None);
}

#[test]
fn an_answer_that_cannot_be_right_is_asked_for_anew_and_replaced() {
    let bad = r#"{"user":{"name":"RJ"}}"#;
    let Scene { clock, service, cached } =
        Scene::new([response(200, bad), response(200, bad), response(200, USER)]);
    let client = client(Arc::new(cached), clock);
    let info = GetInfo::new("RJ".parse().unwrap());
    let plays = || block_on(client.call(&info)).unwrap().play_count;
    assert_eq!((plays(), service.sent().len()), (3, 3));
    assert_eq!((plays(), service.sent().len()), (3, 3));
}
