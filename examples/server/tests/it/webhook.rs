//! What another program is told of jobs.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use base64::prelude::{BASE64_STANDARD, Engine as _};
use hmac::{Hmac, KeyInit as _, Mac as _};
use server::Webhook;
use sha2::Sha256;

use crate::scene::{CANARY, SECRET, Scene, Setting, now};

const KEY: &str = "a secret that both sides know";

/// What was told, verified.
#[derive(Default)]
struct Heard {
    messages: Mutex<Vec<(String, serde_json::Value)>>,
    /// How many messages are not taken at first.
    refuses: Mutex<u32>,
}

async fn hear(State(heard): State<Arc<Heard>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let header = |name: &str| headers[name].to_str().unwrap().to_owned();
    let (id, at) = (header("webhook-id"), header("webhook-timestamp"));
    assert!(at.parse::<i64>().unwrap().abs_diff(now().as_unix()) < 60);
    let mac = Hmac::<Sha256>::new_from_slice(KEY.as_bytes()).unwrap();
    let mac = mac.chain_update(format!("{id}.{at}.")).chain_update(&body);
    let signature = header("webhook-signature");
    let signature = BASE64_STANDARD.decode(signature.strip_prefix("v1,").unwrap()).unwrap();
    let text = String::from_utf8(body.to_vec()).unwrap();
    assert!(!text.contains(CANARY) && !text.contains(SECRET) && !text.contains(KEY), "{text}");
    let mut refuses = heard.refuses.lock().unwrap();
    if *refuses > 0 {
        *refuses -= 1;
        return StatusCode::BAD_GATEWAY;
    }
    if mac.verify_slice(&signature).is_err() {
        return StatusCode::UNAUTHORIZED;
    }
    heard.messages.lock().unwrap().push((id, serde_json::from_str(&text).unwrap()));
    StatusCode::NO_CONTENT
}

/// Listens on a port of its own.
async fn listen(refuses: u32) -> (Arc<Heard>, Webhook) {
    let heard = Arc::new(Heard { refuses: refuses.into(), ..Heard::default() });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let router = Router::new().route("/hook", post(hear)).with_state(Arc::clone(&heard));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (heard, Webhook::new(url.parse().unwrap(), KEY).unwrap())
}

/// Waits for the end of both jobs of a year.
async fn until_the_end(heard: &Heard) -> Vec<(String, serde_json::Value)> {
    for _ in 0..600 {
        let messages = heard.messages.lock().unwrap().clone();
        let is_end = |kind: &str| {
            let mut data = messages.iter().map(|(_, message)| &message["data"]);
            data.any(|data| data["kind"] == kind && data["status"] == "finished")
        };
        if is_end("sync") && is_end("enrich") {
            return messages;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{:?}", heard.messages.lock().unwrap());
}

#[tokio::test]
async fn each_job_is_told_to_its_end_and_each_message_is_signed() {
    let (heard, webhook) = listen(0).await;
    let scene = Scene::new(Setting { webhook: Some(webhook), ..Setting::default() }).await;
    let year = now().year().unwrap() - 1;
    scene.until(&format!("/user/rj/{year}"), "complete").await;
    let messages = until_the_end(&heard).await;
    for (id, message) in &messages {
        assert_eq!(
            (&message["type"], &message["data"]["user"]),
            (&"job.changed".into(), &"rj".into())
        );
        assert_eq!(message["data"]["year"], year, "{id}");
    }
    // Of each job later news come later, and none twice.
    for kind in ["sync", "enrich"] {
        let of_kind = messages.iter().filter(|(_, message)| message["data"]["kind"] == kind);
        let changes: Vec<i64> =
            of_kind.map(|(_, message)| message["data"]["change"].as_i64().unwrap()).collect();
        assert!(changes.is_sorted_by(|one, other| one < other), "{kind}: {changes:?}");
    }
}

#[tokio::test]
async fn what_is_not_taken_is_told_again_and_keeps_nobody_waiting() {
    let (heard, webhook) = listen(2).await;
    let scene = Scene::new(Setting { webhook: Some(webhook), ..Setting::default() }).await;
    let path = format!("/user/rj/{}", now().year().unwrap() - 1);
    scene.until(&path, "complete").await;
    until_the_end(&heard).await;
    assert_eq!(*heard.refuses.lock().unwrap(), 0);
}
