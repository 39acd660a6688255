//! The walk against a small service that knows what is true.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use futures_executor::block_on;
use futures_util::{StreamExt as _, TryStreamExt as _};
use http::{HeaderMap, StatusCode};

use crate::test_support::{VirtualClock, client};
use crate::transport::{Request, Response, Transport, TransportError, TransportErrorKind};
use crate::{Clock as _, Error, Play, RecentTracks, Span, Timestamp};

/// What goes wrong with the answer to a request.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    None,
    Broken,
    Empty,
    Short,
    OtherUser,
    OutsideWindow,
    OperationFailed,
}

/// A service with one history.
#[derive(Debug)]
struct Service {
    /// Moment and name, in any order.
    plays: Mutex<Vec<(i64, String)>>,
    /// Which answers fail, by the number of the request.
    fault: fn(usize) -> Fault,
    /// Happens before each answer.
    meanwhile: fn(usize, &mut Vec<(i64, String)>),
    longest_page: usize,
    to_is_inclusive: bool,
    asked: Mutex<Vec<String>>,
}

impl Default for Service {
    fn default() -> Self {
        Self {
            plays: Mutex::default(),
            fault: |_| Fault::None,
            meanwhile: |_, _| {},
            longest_page: 5,
            to_is_inclusive: false,
            asked: Mutex::default(),
        }
    }
}

impl Service {
    fn with(moments: impl IntoIterator<Item = i64>) -> Self {
        let plays = moments.into_iter().enumerate();
        let plays = plays.map(|(number, at)| (at, format!("{number}"))).collect();
        Self { plays: Mutex::new(plays), ..Self::default() }
    }

    fn truth(&self, window: Span) -> Vec<(i64, String)> {
        let mut plays = self.plays.lock().unwrap().clone();
        plays.retain(|play| window.contains(Timestamp::from_unix(play.0)));
        plays.sort();
        plays
    }

    fn answer(&self, form: &str) -> Response {
        let number = {
            let mut asked = self.asked.lock().unwrap();
            asked.push(form.to_owned());
            asked.len() - 1
        };
        let mut plays = self.plays.lock().unwrap();
        (self.meanwhile)(number, &mut plays);
        let params: std::collections::HashMap<_, _> =
            url::form_urlencoded::parse(form.as_bytes()).into_owned().collect();
        if params["method"] == "user.getInfo" {
            let count = plays.len();
            let body = format!(r#"{{"user":{{"name":"RJ","playcount":"{count}"}}}}"#);
            return Response::new(StatusCode::OK, body);
        }
        let param = |name: &str| params.get(name).map(|value| value.parse::<i64>().unwrap());
        let (from, to) = (param("from").unwrap_or(i64::MIN), param("to"));
        let mut window: Vec<_> = plays
            .iter()
            .filter(|play| {
                from <= play.0
                    && to.is_none_or(|to| play.0 < to || (self.to_is_inclusive && play.0 == to))
            })
            .cloned()
            .collect();
        window.sort_by_key(|play| std::cmp::Reverse(play.0));
        let (mut total, mut user) = (window.len(), "rj");
        let per_page = usize::try_from(param("limit").unwrap()).unwrap().min(self.longest_page);
        let page = usize::try_from(param("page").unwrap_or(1)).unwrap();
        let first = ((page - 1) * per_page).min(total);
        let mut items = window[first..(first + per_page).min(total)].to_vec();
        match (self.fault)(number) {
            Fault::None => {}
            Fault::Broken => return Response::new(StatusCode::OK, r#"{"recenttracks":{"tr"#),
            Fault::Empty => (total, items) = (0, Vec::new()),
            Fault::Short => drop(items.pop()),
            Fault::OtherUser => user = "somebody",
            Fault::OutsideWindow => items.extend(to.map(|to| (to + 9, "x".to_owned()))),
            Fault::OperationFailed => {
                let body = r#"{"error":8,"message":"Operation failed"}"#;
                return Response::new(StatusCode::INTERNAL_SERVER_ERROR, body);
            }
        }
        let playing = r#"{"name":"now","@attr":{"nowplaying":"true"}}"#.to_owned();
        let items = items.iter().map(|(at, name)| {
            format!(r#"{{"artist":"a","name":"{name}","date":{{"uts":"{at}"}}}}"#)
        });
        let items: Vec<String> = std::iter::once(playing).chain(items).collect();
        let mut response = Response::new(
            StatusCode::OK,
            format!(
                r#"{{"recenttracks":{{"track":[{}],"@attr":{{"user":"{user}","page":"{page}",
                "perPage":"{per_page}","totalPages":"1","total":"{total}"}}}}}}"#,
                items.join(",")
            ),
        );
        let date = "Sun, 06 Nov 1994 08:49:37 GMT".parse().unwrap();
        response.headers = HeaderMap::from_iter([(http::header::DATE, date)]);
        response
    }
}

#[async_trait]
impl Transport for Service {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        Ok(self.answer(std::str::from_utf8(&request.body).unwrap()))
    }
}

fn tracks(service: &Arc<Service>) -> RecentTracks {
    let client = client(service.clone(), Arc::new(VirtualClock::default()));
    client.recent_tracks("RJ".parse().unwrap())
}

fn sorted(plays: &[Play]) -> Vec<(i64, String)> {
    let mut plays: Vec<_> =
        plays.iter().map(|play| (play.played_at().as_unix(), play.track().name)).collect();
    plays.sort();
    plays
}

fn read(service: &Arc<Service>, window: Span) -> Result<Vec<Play>, Error> {
    block_on(tracks(service).within(window).try_collect())
}

/// Reads a window and compares it with the truth.
fn agrees(service: Service, window: Span) -> Arc<Service> {
    let service = Arc::new(service);
    let plays = read(&service, window).unwrap();
    assert_eq!(sorted(&plays), service.truth(window), "{window:?}");
    let newest_first = plays.windows(2).all(|pair| pair[0].played_at() >= pair[1].played_at());
    assert!(newest_first);
    service
}

fn span(start: i64, end: i64) -> Span {
    Span::new(Timestamp::from_unix(start), Timestamp::from_unix(end))
}

/// Seconds with many plays, one of them with more than a page, and second 0.
fn busy() -> Vec<i64> {
    let dense = [1_000; 13].into_iter().chain([990; 4]).chain([0; 7]);
    dense.chain((0..40).map(|n| 900 + 7 * n)).collect()
}

#[test]
fn every_play_is_read_once_wherever_the_window_lies() {
    for to_is_inclusive in [false, true] {
        for window in [
            Span::EVER,
            span(0, 10_000),
            span(1, 1_000),
            span(900, 1_000),
            span(900, 1_001),
            span(1_000, 1_001),
            span(1_001, 1_174),
            span(2, 899),
            span(0, 1),
            span(5, 5),
        ] {
            let service = Service { to_is_inclusive, ..Service::with(busy()) };
            agrees(service, window);
        }
    }
}

#[test]
fn any_length_of_page_gives_the_same_history() {
    for longest_page in 1..=70 {
        let service = Service { longest_page, ..Service::with(busy()) };
        agrees(service, Span::EVER);
    }
}

#[test]
fn a_small_history_takes_one_request() {
    let service = agrees(Service::with([5, 9, 9]), Span::EVER);
    assert_eq!(service.asked.lock().unwrap().len(), 1);
}

#[test]
fn a_full_page_is_not_the_end() {
    let service = agrees(Service::with([1, 2, 3, 4, 5]), Span::EVER);
    assert!(service.asked.lock().unwrap().len() > 1);
}

#[test]
fn faults_cost_requests_and_nothing_else() {
    for fault in [
        |n: usize| {
            if n % 3 == 1 { Fault::Broken } else { Fault::None }
        },
        |n: usize| {
            if n % 3 == 1 { Fault::Empty } else { Fault::None }
        },
        |n: usize| {
            if n % 3 == 1 { Fault::Short } else { Fault::None }
        },
        |n: usize| {
            if n.is_multiple_of(2) { Fault::OtherUser } else { Fault::None }
        },
        |n: usize| {
            if n.is_multiple_of(3) { Fault::OutsideWindow } else { Fault::None }
        },
        |n: usize| {
            if n % 5 > 1 { Fault::OperationFailed } else { Fault::None }
        },
    ] {
        let service = Service { fault, ..Service::with(busy()) };
        agrees(service, Span::EVER);
    }
}

#[test]
fn what_arrives_and_vanishes_above_shifts_nothing() {
    let service = Arc::new(Service {
        meanwhile: |number, plays| {
            let number = i64::try_from(number).unwrap();
            plays.push((50_000 + number, "new".to_owned()));
            plays.retain(|play| play.0 != 1_180 - number);
        },
        ..Service::with((0..200).map(|n| 500 + n))
    });
    let plays = read(&service, Span::EVER).unwrap();
    let old: Vec<_> = sorted(&plays).into_iter().filter(|play| play.0 < 1_000).collect();
    assert_eq!(old.len(), 200);
}

#[test]
fn an_empty_answer_is_believed_when_a_later_one_agrees() {
    let clock = Arc::new(VirtualClock::default());
    let service = Arc::new(Service::with([]));
    let client = client(service.clone(), clock.clone());
    let mut tracks = client.recent_tracks("RJ".parse().unwrap());
    let stretch = block_on(tracks.next_page()).unwrap().unwrap();
    assert_eq!(stretch.plays, []);
    assert_eq!(stretch.span.start, Timestamp::MIN);
    assert_eq!(stretch.span.end, Timestamp::from_unix(784_111_777));
    assert_eq!(clock.elapsed(), Duration::from_secs(20));
    assert_eq!(block_on(tracks.next_page()).unwrap(), None);
    assert_eq!(service.asked.lock().unwrap().len(), 3);
}

#[test]
fn an_empty_history_is_not_believed_against_the_profile() {
    let service = Arc::new(Service { fault: |_| Fault::Empty, ..Service::with([5, 6]) });
    let error = read(&service, Span::EVER).unwrap_err();
    assert!(matches!(error, Error::Contradiction { .. }), "{error}");
}

#[test]
fn stretches_lie_end_to_end() {
    let service = Arc::new(Service::with(busy()));
    let mut tracks = tracks(&service);
    let mut end = Timestamp::from_unix(784_111_777);
    while let Some(stretch) = block_on(tracks.next_page()).unwrap() {
        assert_eq!(stretch.span.end, end);
        assert!(stretch.span.start < end, "it stands still");
        end = stretch.span.start;
    }
    assert_eq!(end, Timestamp::MIN);
}

/// Fails from one request on, until told otherwise.
#[derive(Debug)]
struct Flaky(Arc<Service>, Mutex<u32>);

#[async_trait]
impl Transport for Flaky {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        // Gives way once, as a network does.
        let mut yielded = false;
        std::future::poll_fn(|cx| {
            if std::mem::replace(&mut yielded, true) {
                return std::task::Poll::Ready(());
            }
            cx.waker().wake_by_ref();
            std::task::Poll::Pending
        })
        .await;
        let left = {
            let mut left = self.1.lock().unwrap();
            *left = left.saturating_sub(1);
            *left
        };
        match left {
            1..=20 => Err(TransportError::new(TransportErrorKind::Timeout)),
            _ => self.0.send(request).await,
        }
    }
}

#[test]
fn an_error_leaves_the_position_where_it_was() {
    let service = Arc::new(Service::with(busy()));
    let flaky = Arc::new(Flaky(service.clone(), Mutex::new(24)));
    let client = client(flaky, Arc::new(VirtualClock::default()));
    let mut tracks = client.recent_tracks("RJ".parse().unwrap());
    let (mut plays, mut errors) = (Vec::new(), 0);
    loop {
        match block_on(tracks.next_page()) {
            Ok(Some(stretch)) => plays.extend(stretch.plays),
            Ok(None) => break,
            Err(_) => errors += 1,
        }
    }
    assert_eq!(errors, 2);
    assert_eq!(sorted(&plays), service.truth(Span::EVER));
}

#[test]
fn a_stream_ends_after_its_first_error() {
    let service = Arc::new(Service {
        fault: |n| if n > 2 { Fault::OtherUser } else { Fault::None },
        ..Service::with(busy())
    });
    let items: Vec<_> = block_on(tracks(&service).collect());
    assert_eq!(items.iter().filter(|item| item.is_err()).count(), 1);
    assert!(items.last().unwrap().is_err());
}

#[test]
fn dropping_a_step_loses_nothing() {
    let service = Arc::new(Service::with(busy()));
    let flaky = Arc::new(Flaky(service.clone(), Mutex::new(0)));
    let client = client(flaky, Arc::new(VirtualClock::default()));
    let mut tracks = client.recent_tracks("RJ".parse().unwrap());
    let mut plays = Vec::new();
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    loop {
        // Each future is polled once and dropped.
        let step = std::pin::pin!(tracks.next_page());
        match step.poll(&mut cx) {
            std::task::Poll::Ready(Ok(Some(stretch))) => plays.extend(stretch.plays),
            std::task::Poll::Ready(Ok(None)) => break,
            std::task::Poll::Ready(Err(error)) => panic!("{error}"),
            std::task::Poll::Pending => {}
        }
    }
    assert_eq!(sorted(&plays), service.truth(Span::EVER));
}
