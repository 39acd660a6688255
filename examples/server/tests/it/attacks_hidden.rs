//! Hidden histories, and all the ways to get at them.

use std::time::Duration;

use jobs::Status;
use lastfm_core::Timestamp;
use lastfm_core::archive::Span;
use lastfm_core::testing::{Happening, Scenario};

use crate::browser::Browser;
use crate::scene::{Scene, Setting, now};
use crate::standing::archive;

/// Somebody who hides what they listen to.
async fn hidden(works: bool) -> Scene {
    let mut scenario = Scenario::still(50);
    scenario.service.hidden = true;
    Scene::new(Setting { scenario, works, ..Setting::default() }).await
}

/// Everything that tells of somebody.
fn addresses(user: &str) -> Vec<String> {
    let year = now().year().unwrap();
    let of_year = ["", "/chart", "/1970s"].map(|rest| format!("/user/{user}/{year}{rest}"));
    let of_api = ["", "/1970s", "/events"].map(|rest| format!("/api/user/{user}/{year}{rest}"));
    [format!("/user/{user}"), format!("/api/user/{user}")]
        .into_iter()
        .chain(of_year)
        .chain(of_api)
        .collect()
}

async fn shown_to_nobody(scene: &Scene, user: &str) {
    let mut other = Browser::of(scene, "eve").await;
    for path in addresses(user) {
        for answer in [scene.get(&path).await, other.get(&path).await] {
            assert_eq!(answer.status, 403, "{path}: {}", answer.text);
            assert!(!answer.text.contains("archived"), "{path}: {}", answer.text);
        }
    }
    let year = now().year().unwrap();
    for path in ["/fetch".to_owned(), format!("/{year}/fetch")] {
        let path = format!("/user/{user}{path}");
        assert_eq!(other.post(&path, &[]).await.status, 403, "{path}");
    }
    assert_eq!(other.post(&format!("/api/user/{user}/{year}/fetch"), &[]).await.status, 403);
}

/// Has the owner's history archived.
async fn archive_own(browser: &mut Browser<'_>, user: &str) {
    assert_eq!(browser.post(&format!("/user/{user}/fetch"), &[]).await.status, 303);
    for _ in 0..300 {
        if browser.get(&format!("/user/{user}")).await.text.contains("50 plays archived") {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("it is never archived");
}

#[tokio::test]
async fn a_hidden_history_is_told_to_nobody_else_at_any_address() {
    let scene = hidden(true).await;
    let mut owner = Browser::of(&scene, "rj").await;
    archive_own(&mut owner, "rj").await;
    shown_to_nobody(&scene, "rj").await;
}

#[tokio::test]
async fn another_name_opens_no_hidden_history() {
    let scene = hidden(true).await;
    let mut owner = Browser::of(&scene, "rj").await;
    archive_own(&mut owner, "rj").await;
    shown_to_nobody(&scene, "rj").await;
    scene.fake.lastfm().happen(&Happening::Rename { to: "rj2".to_owned() });
    // Anybody may ask for somebody whom nobody knows here yet.
    let fetch = scene.request("POST", "/user/rj2/fetch").header("sec-fetch-site", "same-origin");
    fetch.send().await.unwrap();
    for _ in 0..200 {
        let states = scene.ordered().await;
        if states.iter().all(|state| !state.status.is_live() || state.status == Status::Resting) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    shown_to_nobody(&scene, "rj2").await;
    let mut owner = Browser::of(&scene, "rj2").await;
    assert_eq!(owner.get("/user/rj2").await.status, 200);
}

#[tokio::test]
async fn what_another_program_has_archived_of_a_hidden_history_is_shown_to_nobody() {
    let scene = hidden(false).await;
    archive(&scene, Span::new(Timestamp::from_unix(1_700_000_000), now())).await;
    shown_to_nobody(&scene, "rj").await;
}

#[tokio::test]
async fn a_stream_of_a_hidden_history_ends_with_the_login() {
    let scene = hidden(false).await;
    let mut owner = Browser::of(&scene, "rj").await;
    archive(&scene, Span::new(Timestamp::from_unix(1_700_000_000), now().plus(-86_400))).await;
    let year = now().year().unwrap() - 1;
    owner.get(&format!("/user/rj/{year}")).await;
    let mut stream =
        owner.request("GET", &format!("/api/user/rj/{year}/events")).send().await.unwrap();
    assert_eq!(stream.status(), 200);
    assert!(stream.chunk().await.unwrap().is_some());
    owner.post("/api/auth/logout", &[]).await;
    let ended = tokio::time::timeout(Duration::from_secs(12), async {
        while stream.chunk().await.is_ok_and(|chunk| chunk.is_some()) {}
    });
    ended.await.expect("whoever has left is told nothing more");
}
