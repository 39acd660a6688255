//! Those who take their time, and those who come many at once.

use std::time::Duration;

use server::Caps;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::scene::{Scene, Setting, generous, now};

async fn idle(caps: Caps) -> Scene {
    Scene::new(Setting { caps, works: false, ..Setting::default() }).await
}

async fn connect(scene: &Scene) -> TcpStream {
    TcpStream::connect(scene.server.address()).await.unwrap()
}

/// All that comes until the connection is closed, within some seconds.
async fn read(stream: &mut TcpStream, seconds: u64) -> Option<String> {
    let mut rest = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(seconds), stream.read_to_end(&mut rest));
    // A connection that is reset is closed, too.
    let _ = read.await.ok()?;
    Some(String::from_utf8_lossy(&rest).into_owned())
}

#[tokio::test]
async fn a_body_that_trickles_is_cut_off() {
    let scene = idle(generous()).await;
    let mut slow = connect(&scene).await;
    let path = format!("/user/rj/{}/fetch", now().year().unwrap() - 1);
    for path in ["/api/scrobble/track", &path] {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: a\r\nSec-Fetch-Site: same-origin\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{{"
        );
        slow.write_all(head.as_bytes()).await.unwrap();
        let answer = read(&mut slow, 25).await.expect("it still waits");
        assert!(answer.starts_with("HTTP/1.1 "), "{answer}");
        assert!(!answer.starts_with("HTTP/1.1 2"), "{answer}");
        slow = connect(&scene).await;
    }
}

#[tokio::test]
async fn a_client_has_so_many_connections() {
    let scene = idle(Caps { connections_each: 2, ..generous() }).await;
    let (mut one, _other) = (connect(&scene).await, connect(&scene).await);
    one.write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    let mut some = [0; 12];
    one.read_exact(&mut some).await.unwrap();
    assert_eq!(&some, b"HTTP/1.1 200");
    let mut third = connect(&scene).await;
    assert_eq!(read(&mut third, 8).await.as_deref(), Some(""), "it is closed at once");
    drop(one);
    // Its place is free, soon.
    for _ in 0..100 {
        let mut next = connect(&scene).await;
        let asked =
            next.write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        if asked.await.is_ok()
            && read(&mut next, 8).await.is_some_and(|answer| answer.starts_with("HTTP/1.1 200"))
        {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("places are not given back");
}

#[tokio::test]
async fn whoever_reads_nothing_gives_the_place_to_others() {
    let caps = Caps { connections: 1, patience: 1, ..generous() };
    let scene = idle(caps).await;
    let mut deaf = connect(&scene).await;
    // More than buffers hold: each answer of some ten kilobytes.
    let many = "GET /api/openapi.json HTTP/1.1\r\nHost: a\r\n\r\n".repeat(2_000);
    // Nobody need take all of it.
    let _ = tokio::time::timeout(Duration::from_secs(5), deaf.write_all(many.as_bytes())).await;
    let mut other = connect(&scene).await;
    let asked = b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    other.write_all(asked).await.unwrap();
    let answer = read(&mut other, 30).await.expect("the place is held for ever");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}
