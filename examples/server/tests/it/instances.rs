//! Several servers with one database.

use std::path::PathBuf;
use std::sync::Arc;

use lastfm_core::testing::{FakeLastfm, Scenario};
use lastfm_postgres::testing::PrivateServer;
use terminal::database::Place;

use crate::scene::{Scene, Setting, now};

#[tokio::test]
async fn two_servers_with_one_postgresql_share_jobs_and_their_progress() {
    let database = PrivateServer::shared().database();
    let fake = FakeLastfm::new(7, &Scenario::still(500), now());
    let fake = Arc::new(fake_lastfm::serve(fake, 0).await.unwrap());
    let place = || Place::from(PathBuf::from(database.url()));
    let folder = || tempfile::tempdir().unwrap();
    let shown = Setting { works: false, ..Setting::default() };
    let shown = Scene::at(shown, place(), database.url(), Arc::clone(&fake), folder()).await;
    let year = now().year().unwrap() - 1;
    let page = shown.get(&format!("/user/rj/{year}")).await;
    assert!(page.text.contains("waiting in line"), "{}", page.text);
    // Only then somebody begins to work, elsewhere.
    let working =
        Scene::at(Setting::default(), place(), database.url(), Arc::clone(&fake), folder()).await;
    let stream = shown.get(&format!("/api/user/rj/{year}/events")).await;
    assert!(stream.text.contains("event: end"), "{}", stream.text);
    let [here, there] = [&shown, &working].map(|scene| scene.get("/user/rj"));
    let page = |answer: &str| answer.split_once("<h2>Archive</h2>").unwrap().1[..200].to_owned();
    assert_eq!(page(&here.await.text), page(&there.await.text));
}
