//! The fake keeps to what was recorded of the real service, and to its own seed.

mod account;
mod charts;
mod logins;
mod lying;
mod music;
mod recorded;
mod scrobbling;
mod through_a_transport;

use serde_json::Value;

use super::*;
use crate::{Play, Track};

const START: Timestamp = Timestamp::from_unix(1_780_000_000);

fn request(params: &str) -> Request {
    let url = "https://ws.audioscrobbler.com/2.0/".parse().unwrap();
    Request::post(url, format!("api_key=key&format=json&user=RJ&{params}"))
}

fn body(lastfm: &mut FakeLastfm, params: &str) -> Value {
    let answer = lastfm.answer(&request(params), lastfm.now()).unwrap();
    serde_json::from_slice(&answer.body).unwrap()
}

/// The plays of a page, and its total.
fn page(lastfm: &mut FakeLastfm, params: &str) -> (Vec<(i64, String)>, u64) {
    let body = body(lastfm, &format!("method=user.getRecentTracks&{params}"));
    let tracks = body["recenttracks"]["track"].as_array().unwrap();
    let dated = tracks.iter().filter_map(|item| {
        let play = Play::from_json(item.to_string()).ok()?;
        Some((play.played_at().as_unix(), play.track().name))
    });
    let total = &body["recenttracks"]["@attr"]["total"];
    (dated.collect(), total.as_str().unwrap().parse().unwrap())
}

fn seconds(lastfm: &mut FakeLastfm, params: &str) -> Vec<i64> {
    let (plays, _) = page(lastfm, params);
    plays.into_iter().map(|(at, _)| at).collect()
}

fn error(lastfm: &mut FakeLastfm, params: &str) -> (u16, u64) {
    let answer = lastfm.answer(&request(params), lastfm.now()).unwrap();
    let body: Value = serde_json::from_slice(&answer.body).unwrap();
    (answer.status.as_u16(), body["error"].as_u64().unwrap())
}

fn still(plays: usize) -> FakeLastfm {
    let mut scenario = Scenario::still(plays);
    scenario.history.hostile_names = 0.0; // `Value` holds only what text can.
    FakeLastfm::new(1, &scenario, START)
}

/// An account with one play at each of these seconds.
fn with_plays(scenario: &Scenario, plays: &[i64]) -> FakeLastfm {
    let mut lastfm = FakeLastfm::without_history(1, scenario, START);
    for at in plays {
        lastfm.insert(Timestamp::from_unix(*at), "Low", &format!("at {at}"), None);
    }
    lastfm
}

#[test]
fn the_same_seed_gives_the_same_log() {
    let run = |seed| {
        let mut lastfm = FakeLastfm::new(seed, &Scenario::random(seed), START);
        for step in 0..60 {
            let now = START.plus(step * 1_801);
            let to = now.plus(-step * 100_000).as_unix();
            let params = format!("method=user.getRecentTracks&limit=1000&to={to}");
            drop(lastfm.answer(&request(&params), now));
        }
        (lastfm.log_digest(), lastfm.truth(), lastfm.ever().len())
    };
    for seed in 0..6 {
        let (one, other) = (run(seed), run(seed));
        assert_eq!(one, other, "seed {seed}");
        assert_ne!(one.0, run(seed + 100).0, "seed {seed}");
    }
}

#[test]
fn an_item_has_the_shape_of_a_recorded_one() {
    let mut lastfm = still(500);
    let answer = body(&mut lastfm, "method=user.getrecenttracks&limit=200");
    let recent = answer["recenttracks"].as_object().unwrap();
    let attributes = recent["@attr"].as_object().unwrap();
    assert_eq!(attributes["user"], "rj");
    assert_eq!(attributes["total"], "500");
    assert_eq!(attributes["totalPages"], "3");
    assert_eq!(attributes["perPage"], "200");
    assert_eq!(attributes["page"], "1");
    let items = recent["track"].as_array().unwrap();
    assert_eq!(items.len(), 200);
    let mut bytes = 0;
    for item in items {
        bytes += item.to_string().len();
        let mut members: Vec<_> = item.as_object().unwrap().keys().collect();
        members.sort();
        let recorded = ["album", "artist", "date", "image", "mbid", "name", "streamable", "url"];
        assert_eq!(members, recorded);
        assert_eq!(item["image"].as_array().unwrap().len(), 4);
        assert!(item["artist"]["mbid"].is_string() && item["album"]["mbid"].is_string());
        assert!(item["date"]["#text"].is_string());
    }
    assert!((700..900).contains(&(bytes / 200)), "{bytes} bytes for 200");
}

#[test]
fn every_play_is_served_once_and_as_it_is_true() {
    let mut scenario = Scenario::still(2_345);
    scenario.history.hostile_names = 0.5;
    let mut lastfm = FakeLastfm::new(1, &scenario, START);
    let mut served = Vec::new();
    for number in 1..=3 {
        let params = format!("method=user.getRecentTracks&limit=1000&page={number}");
        let answer = lastfm.answer(&request(&params), START).unwrap();
        let text = String::from_utf8(answer.body.to_vec()).unwrap();
        for raw in raw_items(&text) {
            let play = Play::from_json(raw.clone()).unwrap();
            let Track { artist, name, album, .. } = play.track();
            served.push((play.played_at(), artist, name, album, raw));
        }
    }
    served.reverse();
    let truth = lastfm.truth();
    let true_plays: Vec<_> = truth
        .iter()
        .map(|play| {
            let album = play.album.as_deref().map(str::to_owned);
            let (artist, track) = (play.artist.to_string(), play.track.to_string());
            (play.at, artist, track, album, lastfm.object(play))
        })
        .collect();
    assert_eq!(served, true_plays);
}

/// The objects of a page, byte for byte.
fn raw_items(text: &str) -> Vec<String> {
    use serde_json::value::RawValue;
    #[derive(serde::Deserialize)]
    struct Page<'a> {
        #[serde(borrow)]
        recenttracks: Tracks<'a>,
    }
    #[derive(serde::Deserialize)]
    struct Tracks<'a> {
        #[serde(borrow)]
        track: Vec<&'a RawValue>,
    }
    let page: Page<'_> = serde_json::from_str(text).unwrap();
    let tracks = page.recenttracks.track.iter();
    tracks.map(|raw| raw.get().to_owned()).collect()
}

#[test]
fn the_edges_of_a_window_read_as_they_are_set() {
    for (from, to, expected) in [
        (Edge::Inclusive, Edge::Exclusive, vec![20, 10]),
        (Edge::Inclusive, Edge::Inclusive, vec![30, 20, 10]),
        (Edge::Exclusive, Edge::Exclusive, vec![20]),
        (Edge::Exclusive, Edge::Inclusive, vec![30, 20]),
    ] {
        let mut scenario = Scenario::still(0);
        scenario.service.from_edge = from;
        scenario.service.to_edge = to;
        let mut lastfm = with_plays(&scenario, &[10, 20, 30, 40]);
        assert_eq!(seconds(&mut lastfm, "from=10&to=30"), expected);
    }
}

#[test]
fn a_zero_counts_as_not_given() {
    let mut scenario = Scenario::still(0);
    let mut lastfm = with_plays(&scenario, &[-5, 0, 5]);
    assert_eq!(seconds(&mut lastfm, "from=0"), [5, 0, -5]);
    assert_eq!(seconds(&mut lastfm, "to=0"), [5, 0, -5]);
    scenario.service.zero_is_unset = false;
    let mut lastfm = with_plays(&scenario, &[-5, 0, 5]);
    assert_eq!(seconds(&mut lastfm, "from=0"), [5, 0]);
    assert_eq!(seconds(&mut lastfm, "to=0"), [-5]);
}

#[test]
fn a_total_counts_the_window_and_pages_are_cut_to_the_longest() {
    let mut lastfm = still(900);
    lastfm.service_mut().max_per_page = 200;
    let truth = lastfm.truth();
    let from = truth[500].at.as_unix();
    let expected = truth.iter().filter(|play| play.at.as_unix() >= from).count();
    let (plays, total) = page(&mut lastfm, &format!("from={from}&limit=1000"));
    assert_eq!((plays.len(), total), (200, expected as u64));
    let (plays, total) = page(&mut lastfm, "limit=200&page=6");
    assert_eq!((plays.len(), total), (0, 900));
    for (params, name) in [("limit=1001", "limit"), ("limit=0", "limit"), ("page=0", "page")] {
        let params = format!("method=user.getRecentTracks&{params}");
        assert_eq!(error(&mut lastfm, &params), (400, 6), "{name}");
    }
}

#[test]
fn a_dense_second_is_read_by_page_number_whatever_the_order_of_its_plays() {
    for ties in [Ties::Stable, Ties::Random] {
        let mut scenario = Scenario::still(0);
        scenario.history.dense_seconds = vec![1_500];
        scenario.history.hostile_names = 0.0; // `Value` holds only what text can.
        scenario.service.ties = ties;
        let mut lastfm = FakeLastfm::new(3, &scenario, START);
        let at = lastfm.truth()[0].at.as_unix();
        let window = format!("from={at}&to={}&limit=1000", at + 1);
        let (first, total) = page(&mut lastfm, &window);
        let (second, _) = page(&mut lastfm, &format!("{window}&page=2"));
        assert_eq!((first.len(), second.len(), total), (1_000, 500, 1_500));
        let again = page(&mut lastfm, &window).0;
        assert_eq!(first == again, ties == Ties::Stable);
    }
}

#[test]
fn a_poisoned_second_fails_every_window_that_holds_it_until_it_heals() {
    let mut lastfm = with_plays(&Scenario::still(0), &[10, 20, 30]);
    lastfm.poison(Timestamp::from_unix(20));
    let failed = (500, 8);
    for window in ["", "to=21", "from=20", "limit=1", "from=15&to=25"] {
        let params = format!("method=user.getRecentTracks&{window}");
        assert_eq!(error(&mut lastfm, &params), failed, "{window}");
    }
    assert_eq!(seconds(&mut lastfm, "from=21"), [30]);
    assert_eq!(seconds(&mut lastfm, "to=20"), [10]);
    lastfm.poison_scope = PoisonScope::Page;
    assert_eq!(seconds(&mut lastfm, "limit=1"), [30]);
    lastfm.heal(Timestamp::from_unix(20));
    assert_eq!(seconds(&mut lastfm, "").len(), 3);
}

#[test]
fn keys_users_and_methods_are_checked_in_the_recorded_order() {
    let mut scenario = Scenario::still(3);
    scenario.service.api_key = Some("right".to_owned());
    let mut lastfm = FakeLastfm::new(1, &scenario, START);
    assert_eq!(error(&mut lastfm, "method=user.getNothing"), (400, 3));
    assert_eq!(error(&mut lastfm, "method=user.getInfo"), (403, 10));
    lastfm.service_mut().api_key = None;
    assert_eq!(body(&mut lastfm, "method=user.getInfo")["user"]["playcount"], "3");
    lastfm.happen(&Happening::Hide);
    assert_eq!(error(&mut lastfm, "method=user.getRecentTracks"), (403, 17));
    lastfm.service_mut().session_key = Some("mine".to_owned());
    assert_eq!(page(&mut lastfm, "sk=mine").1, 3);
    assert_eq!(error(&mut lastfm, "method=user.getInfo&sk=other"), (403, 9));
    lastfm.happen(&Happening::Rename { to: "RJ2".to_owned() });
    assert_eq!(error(&mut lastfm, "method=user.getInfo"), (404, 6));
    let charts = body(&mut still(1), "method=user.getWeeklyChartList");
    let weeks = charts["weeklychartlist"]["chart"].as_array().unwrap();
    assert_eq!(weeks[0]["from"], "1108296000");
    assert!(weeks.len() > 1_000);
}

#[test]
fn a_signature_is_checked_where_the_secret_is_known() {
    let mut lastfm = still(1);
    lastfm.service_mut().shared_secret = Some("secret".to_owned());
    // md5 of `api_keykeymethoduser.getInfouserRJsecret`
    let right = "method=user.getInfo&api_sig=216b70f9622c8610e2a5e7d92d1bcb23";
    let wrong = "method=user.getInfo&api_sig=00000000000000000000000000000000";
    assert_eq!(body(&mut lastfm, right)["user"]["name"], "rj");
    assert_eq!(error(&mut lastfm, wrong), (403, 13));
}

#[test]
fn every_fault_can_happen_to_a_request() {
    let mut lastfm = still(100);
    for fault in Fault::every_kind() {
        lastfm.fail_next(fault.clone());
        let params = "method=user.getRecentTracks&limit=50";
        let answer = lastfm.answer(&request(params), START);
        let right = answer.is_ok_and(|answer| {
            let body = String::from_utf8(answer.body.to_vec()).unwrap_or_default();
            let is_json = serde_json::from_str::<Value>(&body).is_ok();
            is_json && answer.status == 200 && raw_count(&body) == 50 && body.contains(r#""rj""#)
        });
        // A page that was the same an hour ago, or has only ASCII, is not told apart.
        let harmless = matches!(fault, Fault::StalePage { .. } | Fault::WrongCharset);
        assert!(!right || harmless, "{fault:?}");
        assert_eq!(lastfm.log().last().unwrap().fault, Some(fault));
    }
    assert_eq!(page(&mut lastfm, "").0.len(), 50, "and then it is over");
}

fn raw_count(body: &str) -> usize {
    body.matches(r#""uts""#).count()
}

#[test]
fn faults_end_when_they_are_told_to() {
    let mut scenario = Scenario::still(10);
    let fault = Fault::error(11, 503, ErrorBody::Json);
    scenario.faults.random = vec![RandomFault::new(1.0, fault)];
    scenario.faults.until = Some(60);
    scenario.service.retry_after = Some(7);
    let mut lastfm = FakeLastfm::new(1, &scenario, START);
    let params = request("method=user.getRecentTracks");
    let down = lastfm.answer(&params, START.plus(59)).unwrap();
    assert_eq!(down.status, 503);
    assert_eq!(down.headers["retry-after"], "7");
    assert_eq!(
        Timestamp::from_http_date(down.headers["date"].to_str().unwrap()),
        Some(START.plus(59))
    );
    assert_eq!(lastfm.answer(&params, START.plus(60)).unwrap().status, 200);
}

#[test]
fn the_log_keeps_no_key() {
    let mut lastfm = still(1);
    drop(lastfm.answer(&request("method=user.getInfo&sk=canary"), START));
    let shown = format!("{:?}{}", lastfm.log(), serde_json::to_string(lastfm.log()).unwrap());
    assert!(!shown.contains("canary") && !shown.contains("\"key\""), "{shown}");
    assert_eq!(lastfm.log()[0].param("user"), Some("RJ"));
}

#[test]
fn a_scenario_survives_its_file() {
    for seed in 0..50 {
        let scenario = Scenario::random(seed);
        let file = serde_json::to_string(&scenario).unwrap();
        assert_eq!(serde_json::from_str::<Scenario>(&file).unwrap(), scenario);
    }
    assert!(serde_json::from_str::<Scenario>(r#"{"histroy":{}}"#).is_err());
}
