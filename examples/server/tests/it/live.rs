//! Streams of live changes.

use std::time::Duration;

use futures_util::future::join_all;
use server::Caps;

use crate::attacks_pages::job_of;
use crate::browser::Browser;
use crate::scene::{Answer, Scene, Setting, generous, now};

fn year() -> i16 {
    now().year().unwrap() - 1
}

fn events() -> String {
    format!("/api/user/rj/{}/events", year())
}

/// The events of a stream: names, identifiers and data.
fn read(text: &str) -> Vec<(String, String, serde_json::Value)> {
    let field = |event: &str, name: &str| {
        let line = event.lines().find_map(|line| line.strip_prefix(name).map(str::trim));
        line.unwrap_or_default().to_owned()
    };
    let events = text.split("\n\n").filter(|event| event.contains("data:"));
    events
        .map(|event| {
            let data = serde_json::from_str(&field(event, "data:")).unwrap();
            (field(event, "event:"), field(event, "id:"), data)
        })
        .collect()
}

async fn gauge(scene: &Scene) -> String {
    let metrics = scene.get("/metrics").await.text;
    metrics.lines().find(|line| line.starts_with("http_streams ")).unwrap().to_owned()
}

/// Waits until so many streams are open, as the server counts them.
async fn open(scene: &Scene, streams: usize) {
    let wanted = format!("http_streams {streams}");
    for _ in 0..200 {
        if gauge(scene).await == wanted {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{} where {wanted} should be", gauge(scene).await);
}

#[tokio::test]
async fn a_stream_begins_with_what_is_and_ends_when_all_is_done() {
    let scene = Scene::usual().await;
    scene.get(&format!("/user/rj/{}", year())).await;
    let answer = scene.get(&events()).await;
    assert_eq!(answer.header("content-type"), "text/event-stream");
    let heard = read(&answer.text);
    let (last, before) = heard.split_last().unwrap();
    assert_eq!(last.0, "end", "{heard:?}");
    assert_eq!(last.2["phase"], "done");
    assert_eq!(last.2["covered"], true);
    assert!(last.2["dated_plays"].as_u64().unwrap() > 0, "{last:?}");
    assert!(before.iter().all(|event| event.0 == "state"), "{heard:?}");
    // No state is told twice in a row.
    assert!(heard.windows(2).all(|pair| pair[0].1 != pair[1].1), "{heard:?}");
}

#[tokio::test]
async fn whoever_heard_the_end_is_not_told_again_and_others_are() {
    let scene = Scene::usual().await;
    scene.until(&format!("/user/rj/{}", year()), "complete").await;
    let heard = read(&scene.get(&events()).await.text);
    let [(name, id, _)] = &heard[..] else { panic!("{heard:?}") };
    assert_eq!(name, "end");
    let again = scene.request("GET", &events()).header("last-event-id", id);
    assert_eq!(Answer::of(again).await.status, 204);
    let other = scene.request("GET", &events()).header("last-event-id", "0");
    assert_eq!(read(&Answer::of(other).await.text).len(), 1);
}

#[tokio::test]
async fn a_stream_of_a_job_tells_each_change_and_ends_when_all_is_sent() {
    let scene = Scene::usual().await;
    let mut browser = Browser::of(&scene, "rj").await;
    let job = job_of(&mut browser).await;
    let path = format!("/api/scrobble/{job}/events");
    let answer = browser.get(&path).await;
    assert_eq!(answer.header("content-type"), "text/event-stream");
    let heard = read(&answer.text);
    let (last, before) = heard.split_last().unwrap();
    assert_eq!((last.0.as_str(), &last.2["is_open"]), ("end", &false.into()), "{heard:?}");
    assert_eq!(last.2["plays"][0]["state"], "accepted", "{heard:?}");
    assert!(before.iter().all(|event| event.0 == "state" && event.2["is_open"] == true));
    assert!(heard.windows(2).all(|pair| pair[0].1 != pair[1].1), "{heard:?}");
    let again = browser.request("GET", &path).header("last-event-id", &last.1);
    assert_eq!(Answer::of(again).await.status, 204);
}

#[tokio::test]
async fn a_stream_of_a_job_ends_with_the_login() {
    let scene = Scene::new(Setting { works: false, ..Setting::default() }).await;
    let mut browser = Browser::of(&scene, "rj").await;
    let job = job_of(&mut browser).await;
    let stream = browser.request("GET", &format!("/api/scrobble/{job}/events")).send();
    let mut stream = stream.await.unwrap();
    let first = String::from_utf8(stream.chunk().await.unwrap().unwrap().into()).unwrap();
    assert!(first.contains("event: state") && first.contains("ready"), "{first}");
    browser.post(&format!("/api/scrobble/{job}/pause"), &[]).await;
    let next = String::from_utf8(stream.chunk().await.unwrap().unwrap().into()).unwrap();
    assert!(next.contains("event: state") && next.contains("paused"), "{next}");
    browser.post("/api/auth/logout", &[]).await;
    let ended = tokio::time::timeout(Duration::from_secs(12), async {
        while stream.chunk().await.is_ok_and(|chunk| chunk.is_some()) {}
    });
    ended.await.expect("whoever has left is told nothing more");
}

#[tokio::test]
async fn a_client_has_so_many_streams_and_gets_them_back() {
    let caps = Caps { streams_each: 2, streams: 3, ..generous() };
    let trusted_proxies = vec![[127, 0, 0, 1].into()];
    let setting = Setting { caps, trusted_proxies, works: false, ..Setting::default() };
    let scene = Scene::new(setting).await;
    scene.get(&format!("/user/rj/{}", year())).await;
    let ask =
        |client: &str| scene.request("GET", &events()).header("x-forwarded-for", client).send();
    let first = ask("10.0.0.1").await.unwrap();
    let second = ask("10.0.0.1").await.unwrap();
    let refused = ask("10.0.0.1").await.unwrap();
    assert_eq!(refused.status(), 503);
    assert!(refused.headers().contains_key("retry-after"));
    let third = ask("10.0.0.2").await.unwrap();
    assert_eq!(third.status(), 200);
    assert_eq!(ask("10.0.0.3").await.unwrap().status(), 503, "no more in all");
    open(&scene, 3).await;
    drop((first, second, third));
    open(&scene, 0).await;
    assert_eq!(ask("10.0.0.1").await.unwrap().status(), 200);
}

#[tokio::test]
async fn ten_thousand_clients_come_and_go_and_no_place_is_lost() {
    let caps = Caps { streams_each: 50, streams: 50, ..generous() };
    let scene = Scene::new(Setting { caps, works: false, ..Setting::default() }).await;
    scene.get(&format!("/user/rj/{}", year())).await;
    let path = events();
    for round in 0..500 {
        let streams = (0..20).map(|_| async {
            let mut stream = scene.request("GET", &path).send().await.unwrap();
            // Some leave before the first event, some after it.
            if round % 2 == 0 {
                stream.chunk().await.unwrap();
            }
            stream.status()
        });
        let statuses = join_all(streams).await;
        assert!(statuses.iter().all(|status| *status == 200 || *status == 503), "{statuses:?}");
    }
    open(&scene, 0).await;
    let streams = join_all((0..50).map(|_| scene.request("GET", &path).send())).await;
    assert!(streams.iter().all(|stream| stream.as_ref().unwrap().status() == 200));
}

#[tokio::test]
async fn a_server_that_stops_ends_its_streams() {
    let scene = Scene::new(Setting { works: false, ..Setting::default() }).await;
    scene.get(&format!("/user/rj/{}", year())).await;
    let mut stream = scene.request("GET", &events()).send().await.unwrap();
    assert!(stream.chunk().await.unwrap().is_some());
    let Scene { server, .. } = scene;
    let stopped = tokio::time::timeout(Duration::from_secs(8), server.stop());
    stopped.await.expect("nobody is waited for who only listens");
    assert!(stream.chunk().await.is_ok_and(|rest| rest.is_none()));
}

#[tokio::test]
async fn a_year_that_nobody_has_ordered_is_told_as_such_and_goes_on_once_somebody_does() {
    let scene = Scene::usual().await;
    let mut stream = scene.request("GET", &events()).send().await.unwrap();
    assert_eq!(stream.status(), 200);
    let mut text = String::new();
    while read(&text).is_empty() {
        text.push_str(&String::from_utf8_lossy(&stream.chunk().await.unwrap().unwrap()));
    }
    assert_eq!(read(&text)[0].2["phase"], "unordered", "{text}");
    let ordered = scene.request("POST", &format!("/api/user/rj/{}/fetch", year()));
    assert_eq!(Answer::of(ordered).await.status, 202);
    while let Some(more) = stream.chunk().await.unwrap() {
        text.push_str(&String::from_utf8_lossy(&more));
    }
    assert_eq!(read(&text).last().unwrap().2["phase"], "done", "{text}");
    let nobody = scene.get(&format!("/api/user/nobody/{}/events", year())).await;
    assert_eq!(nobody.json()["type"], "/api#unknown-user");
}
