//! What a client on the other end of a socket sees.
#![allow(clippy::unwrap_used)] // A test that fails shows where.

use std::io::Read as _;
use std::time::Duration;

use fake_lastfm::Server;
use lastfm_core::Timestamp;
use lastfm_core::testing::{FakeLastfm, Fault, Scenario};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const PAGE: &str = "method=user.getRecentTracks&user=rj&limit=200&api_key=key&format=json";

async fn server() -> Server {
    let mut scenario = Scenario::still(450);
    scenario.history.hostile_names = 0.0; // `Value` holds only what text can.
    let fake = FakeLastfm::new(1, &scenario, Timestamp::from_unix(1_780_000_000));
    fake_lastfm::serve(fake, 0).await.unwrap()
}

/// Sends a request and reads until the connection ends.
async fn exchange(server: &Server, start: &str, headers: &str, body: &str) -> Vec<u8> {
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    let length = body.len();
    let request = format!(
        "{start} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\
         Content-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // A connection that is reset ends with an error, after what came before.
    let _ = stream.read_to_end(&mut answer).await;
    answer
}

/// The head of an answer in small letters, and its body.
fn split(answer: &[u8]) -> (String, &[u8]) {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let head = String::from_utf8_lossy(&answer[..end]).to_ascii_lowercase();
    (head, &answer[end + 4..])
}

async fn control(server: &Server, start: &str, body: &str) -> String {
    let answer = exchange(server, start, "", body).await;
    let (head, body) = split(&answer);
    assert!(head.starts_with("http/1.1 200"), "{start}: {head}");
    String::from_utf8(body.to_vec()).unwrap()
}

fn tracks(body: &[u8]) -> usize {
    let page: Value = serde_json::from_slice(body).unwrap();
    page["recenttracks"]["track"].as_array().unwrap().len()
}

#[tokio::test]
async fn a_page_is_read_by_post_by_get_and_compressed() {
    let server = server().await;
    let posted = exchange(&server, "POST /2.0/", "", PAGE).await;
    let (head, body) = split(&posted);
    assert!(head.contains("application/json") && head.contains("\r\ndate: "), "{head}");
    assert_eq!(tracks(body), 200);

    let got = exchange(&server, &format!("GET /2.0/?{PAGE}&page=3"), "", "").await;
    assert_eq!(tracks(split(&got).1), 50);

    let packed = exchange(&server, "POST /2.0/", "Accept-Encoding: gzip, br\r\n", PAGE).await;
    let (head, packed_body) = split(&packed);
    assert!(head.contains("content-encoding: gzip"), "{head}");
    assert!(packed_body.len() * 3 < body.len());
    let mut unpacked = Vec::new();
    let mut decoder = flate2::read::GzDecoder::new(packed_body);
    decoder.read_to_end(&mut unpacked).unwrap();
    assert_eq!(unpacked, body);
    server.shutdown().await;
}

#[tokio::test]
async fn what_it_holds_and_what_was_asked_can_be_looked_at() {
    let server = server().await;
    exchange(&server, "POST /2.0/", "", PAGE).await;
    let truth = control(&server, "GET /_truth", "").await;
    assert_eq!(truth.lines().count(), 450);
    let first: Value = serde_json::from_str(truth.lines().next().unwrap()).unwrap();
    assert!(first["uts"].is_i64() && first["artist"].is_string() && first["track"].is_string());
    let log = control(&server, "GET /_log", "").await;
    let entry: Value = serde_json::from_str(log.trim()).unwrap();
    assert_eq!((&entry["plays"], &entry["status"]), (&200.into(), &200.into()));
    assert!(!log.contains(r#""key""#));
}

#[tokio::test]
async fn time_and_the_account_can_be_moved() {
    let server = server().await;
    let before = server.lastfm().now();
    control(&server, "POST /_advance?seconds=86400", "").await;
    assert!(server.lastfm().now() >= before.plus(86_400));
    control(&server, "POST /_happen", r#"{"delete_newest":{"plays":400}}"#).await;
    assert_eq!(control(&server, "GET /_truth", "").await.lines().count(), 50);
    assert_eq!(control(&server, "GET /_ever", "").await.lines().count(), 450);

    let newest = server.lastfm().truth().last().unwrap().at.as_unix();
    control(&server, &format!("POST /_poison?second={newest}"), "").await;
    let failed = exchange(&server, "POST /2.0/", "", PAGE).await;
    assert!(split(&failed).0.starts_with("http/1.1 500"));
    control(&server, "POST /_heal", "").await;
    assert_eq!(tracks(split(&exchange(&server, "POST /2.0/", "", PAGE).await).1), 50);

    let unknown = exchange(&server, "POST /_happen", "", "{}").await;
    assert!(split(&unknown).0.starts_with("http/1.1 400"));
    let unknown = exchange(&server, "GET /elsewhere", "", "").await;
    assert!(split(&unknown).0.starts_with("http/1.1 404"));
}

/// What the web service answers to a signed call: any signature will do.
async fn call(server: &Server, params: &str) -> Value {
    let form = format!("{params}&api_key=key&api_sig=any&format=json");
    let answer = exchange(server, "POST /2.0/", "", &form).await;
    serde_json::from_slice(split(&answer).1).unwrap()
}

#[tokio::test]
async fn a_person_lets_an_app_in_on_the_page() {
    let server = server().await;
    assert!(server.login_url().as_str().ends_with("/api/auth/"));
    let issued = call(&server, "method=auth.getToken").await;
    let token = issued["token"].as_str().unwrap();
    let asked = format!("GET /api/auth/?api_key=%3Ckey%3E&token={token}");
    let answer = exchange(&server, &asked, "", "").await;
    let (head, body) = split(&answer);
    let page = String::from_utf8(body.to_vec()).unwrap();
    assert!(head.starts_with("http/1.1 200") && head.contains("text/html"), "{head}");
    assert!(page.contains("Yes, allow access") && page.contains("<option>rj</option>"), "{page}");
    assert!(page.contains("&lt;key&gt;") && page.contains(token) && !page.contains("<key>"));
    let session = format!("method=auth.getSession&token={token}");
    assert_eq!(call(&server, &session).await["error"], 14, "looking is not pressing");

    let pressed = format!("api_key=key&token={token}&cb=&user=rj");
    let answer = exchange(&server, "POST /api/auth/", "", &pressed).await;
    assert!(split(&answer).0.starts_with("http/1.1 200"));
    assert_eq!(call(&server, &session).await["session"]["name"], "rj");
    let again = exchange(&server, "POST /api/auth/", "", &pressed).await;
    assert!(split(&again).0.starts_with("http/1.1 403"), "the token is used");
}

#[tokio::test]
async fn a_web_app_gets_its_token_behind_the_callback() {
    let server = server().await;
    let press = async |callback: &str| {
        let form = format!("api_key=key&token=&cb={callback}&user=rj");
        let answer = exchange(&server, "POST /api/auth", "", &form).await;
        let head = String::from_utf8(answer).unwrap();
        let location = head.lines().find_map(|line| line.strip_prefix("location: "));
        (head[9..12].to_owned(), location.unwrap_or_default().trim().to_owned())
    };
    let (status, location) = press("http%3A%2F%2Flocalhost%3A3000%2Fback").await;
    let token = location.strip_prefix("http://localhost:3000/back?token=").unwrap();
    assert_eq!(status, "303");
    let session = call(&server, &format!("method=auth.getSession&token={token}")).await;
    assert_eq!(session["session"]["name"], "rj");
    let (_, location) = press("https%3A%2F%2Fa.example%2F%3Fstate%3Dx%252By").await;
    assert!(location.starts_with("https://a.example/?state=x%2By&token="), "{location}");
    assert_eq!(press("nowhere").await.0, "400");
    for lacking in ["", "?api_key=key", "?token=x"] {
        let answer = exchange(&server, &format!("GET /api/auth/{lacking}"), "", "").await;
        assert!(split(&answer).0.starts_with("http/1.1 40"), "{lacking}");
    }
}

#[tokio::test]
async fn tokens_are_approved_and_sessions_revoked_without_a_browser() {
    let server = server().await;
    let issued = call(&server, "method=auth.getToken").await;
    let token = issued["token"].as_str().unwrap();
    control(&server, &format!("POST /_approve?token={token}"), "").await;
    let session = call(&server, &format!("method=auth.getSession&token={token}")).await;
    let key = session["session"]["key"].as_str().unwrap();
    let love = format!("method=track.love&artist=Low&track=Lullaby&sk={key}");
    assert_eq!(call(&server, &love).await, serde_json::json!({}));
    control(&server, "POST /_revoke?user=rj", "").await;
    assert_eq!(call(&server, &love).await["error"], 9);
    let unknown = exchange(&server, "POST /_approve?token=x", "", "").await;
    assert!(split(&unknown).0.starts_with("http/1.1 400"));
}

#[tokio::test]
async fn broken_connections_are_broken_on_the_socket() {
    let server = server().await;
    server.lastfm().fail_next(Fault::ResetBefore);
    assert_eq!(exchange(&server, "POST /2.0/", "", PAGE).await, b"");

    server.lastfm().fail_next(Fault::ResetAfter);
    let cut = exchange(&server, "POST /2.0/", "", PAGE).await;
    assert!(cut.len() > 1_000 && !cut.ends_with(b"}}"), "{} bytes", cut.len());

    server.lastfm().fail_next(Fault::Redirect { status: 307 });
    let away = exchange(&server, "POST /2.0/", "", PAGE).await;
    assert!(split(&away).0.contains("location: https://elsewhere.example/"));

    for fault in [Fault::Timeout, Fault::SlowDrip] {
        server.lastfm().fail_next(fault.clone());
        let exchange = exchange(&server, "POST /2.0/", "", PAGE);
        let waited = tokio::time::timeout(Duration::from_secs(1), exchange).await;
        assert!(waited.is_err(), "{fault:?} never ends");
    }
}

#[tokio::test]
async fn a_bomb_is_small_on_the_wire_and_half_a_gigabyte_unpacked() {
    let server = server().await;
    server.lastfm().fail_next(Fault::GzipBomb);
    let answer = exchange(&server, "POST /2.0/", "Accept-Encoding: gzip\r\n", PAGE).await;
    let (head, body) = split(&answer);
    assert!(head.contains("content-encoding: gzip"), "{head}");
    assert!(body.len() < 600_000, "{} bytes", body.len());
    // Its last four bytes are its length unpacked; a part of it shows that it can be.
    assert_eq!(body[body.len() - 4..], (512_u32 << 20).to_le_bytes());
    let mut part = flate2::read::GzDecoder::new(body).take(16 << 20);
    let unpacked = std::io::copy(&mut part, &mut std::io::sink()).unwrap();
    assert_eq!(unpacked, 16 << 20);
}

#[tokio::test]
async fn a_server_that_was_shut_down_answers_nobody() {
    let server = server().await;
    let address = server.address();
    server.shutdown().await;
    assert!(TcpStream::connect(address).await.is_err());
}
