//! Several servers with one database.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jobs::{Kind, Order, Priority, Status};
use lastfm_core::testing::{FakeLastfm, Scenario};
use lastfm_postgres::testing::{Database, PrivateServer};
use terminal::database::Place;

use crate::browser::Browser;
use crate::scene::{CANARY, SECRET, Scene, Setting, now};

/// A PostgreSQL, and a Last.fm in front of which servers with it are started.
struct Shared {
    database: Database,
    fake: Arc<fake_lastfm::Server>,
}

impl Shared {
    async fn new(scenario: &Scenario) -> Self {
        let mut fake = FakeLastfm::new(7, scenario, now());
        fake.know_app(CANARY, SECRET);
        for name in ["ann", "bob", "cid"] {
            let mut other = scenario.clone();
            name.clone_into(&mut other.user);
            fake.add_account(&other);
        }
        let fake = Arc::new(fake_lastfm::serve(fake, 0).await.unwrap());
        Self { database: PrivateServer::shared().database(), fake }
    }

    async fn server(&self, setting: Setting) -> Scene {
        let place = Place::from(PathBuf::from(self.database.url()));
        let folder = tempfile::tempdir().unwrap();
        Scene::at(setting, place, self.database.url(), Arc::clone(&self.fake), folder).await
    }
}

#[tokio::test]
async fn two_servers_with_one_postgresql_share_jobs_and_their_progress() {
    let shared = Shared::new(&Scenario::still(500)).await;
    let shown = shared.server(Setting { works: false, ..Setting::default() }).await;
    let year = now().year().unwrap() - 1;
    let page = shown.get(&format!("/user/rj/{year}")).await;
    assert!(page.text.contains("waiting in line"), "{}", page.text);
    // Only then somebody begins to work, elsewhere.
    let working = shared.server(Setting::default()).await;
    let stream = shown.get(&format!("/api/user/rj/{year}/events")).await;
    assert!(stream.text.contains("event: end"), "{}", stream.text);
    let [here, there] = [&shown, &working].map(|scene| scene.get("/user/rj"));
    let page = |answer: &str| answer.split_once("<h2>Archive</h2>").unwrap().1[..200].to_owned();
    assert_eq!(page(&here.await.text), page(&there.await.text));
}

#[tokio::test]
async fn two_servers_with_one_postgresql_ask_lastfm_no_more_often_than_one() {
    const RATE: usize = 10;
    let shared = Shared::new(&Scenario::still(4_000)).await;
    let setting = || Setting { rate: 10.0, ..Setting::default() };
    let (one, other) = tokio::join!(shared.server(setting()), shared.server(setting()));
    let years = [1, 2].map(|ago| now().year().unwrap() - ago);
    for name in ["rj", "ann", "bob", "cid"] {
        for year in years {
            let user = name.parse().unwrap();
            let (kind, priority) = (Kind::Sync, Priority::Waiting);
            let order = Order { kind, user, year: Some(year), priority };
            one.jobs.order(&order).await.unwrap();
        }
    }
    // Pages would ask Last.fm, too.
    let mut states = Vec::new();
    for _ in 0..1200 {
        states = other.ordered().await;
        if states.iter().all(|state| state.status == Status::Finished) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(states.iter().all(|state| state.status == Status::Finished), "{states:?}");
    for server in [&one, &other] {
        let metrics = server.get("/metrics").await.text;
        let worked = metrics.lines().any(|line| line.starts_with("server_runs_total{"));
        assert!(worked, "both have worked: {metrics}");
    }
    let busiest = shared.fake.lastfm().busiest(Duration::from_secs(1));
    assert!(busiest <= RATE + RATE / 4, "{busiest} requests a second, {RATE} are allowed");
    assert!(busiest > RATE / 2, "{busiest} requests a second: nothing held them up");
}

#[tokio::test]
async fn who_has_logged_in_at_one_server_is_known_to_the_other() {
    let shared = Shared::new(&Scenario::still(50)).await;
    let idle = || Setting { works: false, ..Setting::default() };
    let (one, other) = (shared.server(idle()).await, shared.server(idle()).await);
    let cookies = Browser::of(&one, "rj").await.cookies;
    let mut there = Browser { scene: &other, cookies };
    assert_eq!(there.user().await.as_deref(), Some("rj"));
    assert_eq!(there.post("/api/auth/logout", &[]).await.status, 303);
    // The cookie that was stolen before is worth nothing any more, anywhere.
    let mut here = Browser::of(&one, "rj").await;
    let stolen = here.cookies.clone();
    here.post("/api/auth/logout", &[]).await;
    for scene in [&one, &other] {
        let mut thief = Browser { scene, cookies: stolen.clone() };
        assert_eq!(thief.user().await, None);
    }
}
