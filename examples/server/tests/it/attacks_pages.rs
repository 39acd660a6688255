//! Attacks by those who are logged in, on what is not theirs; and what must not get out.

use std::io::Write;
use std::sync::{Arc, Mutex};

use lastfm_core::testing::{ErrorBody, Fault};

use crate::browser::Browser;
use crate::scene::{Answer, CANARY, SECRET, Scene, Setting};

fn idle() -> Setting {
    Setting { works: false, ..Setting::default() }
}

/// Queues a track for a user, and says the number of the job.
pub(crate) async fn job_of(browser: &mut Browser<'_>) -> i64 {
    let queued =
        browser.post("/api/scrobble/track", &[("artist", "Low"), ("track", "Words")]).await;
    queued.header("location").strip_prefix("/queue/").unwrap().parse().unwrap()
}

#[tokio::test]
async fn what_others_have_queued_is_as_if_it_were_not_there() {
    let scene = Scene::new(idle()).await;
    let mut victim = Browser::of(&scene, "rj").await;
    let job = job_of(&mut victim).await;
    let play = victim.get(&format!("/api/scrobble/{job}")).await.json()["plays"][0]["play"].clone();
    let mut thief = Browser::of(&scene, "eve").await;
    let (json, page) = (format!("/api/scrobble/{job}"), format!("/queue/{job}"));
    for path in [format!("{json}/events"), json, page] {
        let theirs = thief.get(&path).await;
        let nothing = thief.get(&path.replace(&job.to_string(), "999999")).await;
        assert_eq!(theirs.status, 404, "{path}");
        assert_eq!(theirs.text, nothing.text, "there is no telling them apart");
        assert_eq!(scene.get(&path).await.status, 401, "{path}");
    }
    for what in ["cancel", "pause", "resume", "retry"] {
        let path = format!("/api/scrobble/{job}/{what}");
        assert_eq!(thief.post(&path, &[]).await.status, 404, "{path}");
        let path = format!("/api/scrobble/play/{play}/{what}");
        assert_eq!(thief.post(&path, &[]).await.status, 404, "{path}");
    }
    assert!(!thief.get("/queue").await.text.contains("Words"));
    let state = victim.get(&format!("/api/scrobble/{job}")).await.json();
    assert_eq!(state["plays"][0]["state"], "ready");
}

#[tokio::test]
async fn nobody_queues_or_owns_anything_in_the_name_of_another() {
    let scene = Scene::new(idle()).await;
    let mut thief = Browser::of(&scene, "eve").await;
    let form = [("artist", "Low"), ("track", "Words"), ("user", "rj"), ("username", "rj")];
    thief.post("/api/scrobble/track?user=rj", &form).await;
    let queue = scene.db.queue().await.unwrap();
    let accounts = queue.accounts().await.unwrap();
    assert_eq!(accounts.len(), 1);
    assert_eq!(accounts[0].user.as_str(), "eve");
    assert_eq!(thief.post("/account/delete?user=rj", &[("name", "rj")]).await.status, 400);
    for path in ["/account/pause", "/account/export/csv", "/account/delete", "/api/scrobble/album"]
    {
        let nobody = scene.request("POST", path).header("content-type", "application/json");
        assert_eq!(Answer::of(nobody.body("{}")).await.status, 401, "{path}");
    }
}

#[tokio::test]
async fn json_that_calls_itself_text_is_not_read() {
    let scene = Scene::new(idle()).await;
    let mut browser = Browser::of(&scene, "rj").await;
    let order = r#"{"artist":"Low","track":"Words"}"#;
    for kind in ["text/plain", "multipart/form-data", "", "application/jsonp"] {
        let request = browser.request("POST", "/api/scrobble/track").header("content-type", kind);
        let answer = browser.send(request.body(order)).await;
        assert_eq!(answer.status, 400, "{kind}");
    }
    assert!(browser.get("/queue").await.text.contains("Nothing was queued yet"));
}

#[tokio::test]
async fn a_client_orders_so_many_scrobbles_a_minute() {
    let caps = server::Caps { orders: 2, ..crate::scene::generous() };
    let scene = Scene::new(Setting { caps, ..idle() }).await;
    let mut browser = Browser::of(&scene, "rj").await;
    let mut statuses = Vec::new();
    for track in ["a", "b", "c"] {
        let form = [("artist", "Low"), ("track", track)];
        statuses.push(browser.post("/api/scrobble/track", &form).await.status);
    }
    assert_eq!(statuses, [303, 303, 429]);
}

#[tokio::test]
async fn names_of_music_are_text_wherever_they_are_shown() {
    let scene = Scene::new(idle()).await;
    let mut browser = Browser::of(&scene, "rj").await;
    let nasty = "<script>alert(1)</script>\"'&\u{202e}\r\nSet-Cookie: a=b";
    let queued = browser.post("/api/scrobble/track", &[("artist", nasty), ("track", nasty)]).await;
    assert_eq!(queued.status, 303, "{}", queued.text);
    assert!(queued.headers.get("set-cookie").is_none());
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("artist", nasty), ("track", nasty), ("album", nasty), ("q", nasty)])
        .finish();
    for path in [
        "/queue".to_owned(),
        queued.header("location").to_owned(),
        format!("/search?{query}"),
        format!("/scrobble?{query}"),
    ] {
        let page = browser.get(&path).await;
        assert!(!page.text.contains("<script>"), "{path}: {}", page.text);
        assert!(page.headers.get("set-cookie").is_none());
    }
}

#[tokio::test]
async fn no_address_that_somebody_gives_is_asked() {
    let scene = Scene::new(idle()).await;
    let mut browser = Browser::of(&scene, "rj").await;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let there = format!("http://{}/", listener.local_addr().unwrap());
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(
            ["url", "service", "q", "artist", "album", "user", "webhook"]
                .map(|name| (name, &there)),
        )
        .finish();
    for path in ["/search", "/album", "/scrobble", "/", "/api/auth/status", "/account"] {
        browser.get(&format!("{path}?{query}")).await;
    }
    browser.post("/api/auth/login", &[("cb", &there), ("service", &there)]).await;
    let asked = tokio::time::timeout(std::time::Duration::from_millis(300), listener.accept());
    assert!(asked.await.is_err(), "somebody was asked there");
}

/// Keeps what is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn no_log_line_page_or_address_holds_a_secret() {
    let log = Log::default();
    let writer = log.clone();
    let lines = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE);
    let lines = lines.with_writer(move || writer.clone()).finish();
    // Of all tests of this process: what is logged on another thread counts, too.
    tracing::subscriber::set_global_default(lines).unwrap();
    let scene = Scene::usual().await;
    let mut browser = Browser::new(&scene);
    let back = browser.begin().await;
    let nonce = browser.cookies["__Host-pre"].clone();
    let token = browser.token("rj");
    let landed = browser.get(&format!("{back}?token={token}")).await;
    assert_eq!(landed.header("referrer-policy"), "no-referrer");
    assert_eq!(landed.header("location"), "/account", "the token leaves the address");
    let session = browser.cookies["__Host-sid"].clone();
    let file = rusqlite::Connection::open(&scene.logins).unwrap();
    let key: String = file.query_row("SELECT key FROM server_keys", (), |row| row.get(0)).unwrap();
    // It is used once, fails once, and is looked at everywhere.
    let failed = browser.get(&format!("{back}?token={token}")).await;
    assert_eq!(failed.header("referrer-policy"), "no-referrer");
    // Another one comes back while Last.fm is out of order.
    let mut other = Browser::new(&scene);
    let back = other.begin().await;
    let unused = other.token("eve");
    scene.fake.lastfm().fail_next(Fault::Error {
        code: 16,
        status: 503,
        body: ErrorBody::default(),
    });
    let out = other.get(&format!("{back}?token={unused}")).await;
    assert_eq!((out.status, out.header("referrer-policy")), (503, "no-referrer"), "{}", out.text);
    let mut seen = vec![landed, failed, out];
    for path in ["/", "/account", "/queue", "/user/rj", "/api/auth/status", "/metrics", "/nowhere"]
    {
        seen.push(browser.get(path).await);
    }
    let logged = String::from_utf8_lossy(&log.0.lock().unwrap()).into_owned();
    assert!(logged.contains("/api/auth/callback/{mark}"), "{logged}");
    for secret in [&nonce, &token, &unused, &session, &key, CANARY, SECRET] {
        assert!(!logged.contains(secret), "in the log");
        for answer in &seen {
            assert!(!answer.text.contains(secret), "{}", answer.text);
        }
    }
}

#[tokio::test]
async fn without_the_secret_of_the_program_a_key_from_the_database_is_worth_nothing() {
    let scene = Scene::usual().await;
    Browser::of(&scene, "rj").await;
    let file = rusqlite::Connection::open(&scene.logins).unwrap();
    let key: String = file.query_row("SELECT key FROM server_keys", (), |row| row.get(0)).unwrap();
    let form = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs([
            ("method", "track.scrobble"),
            ("artist", "Low"),
            ("track", "Words"),
            ("timestamp", "1"),
            ("api_key", CANARY),
            ("sk", &key),
            ("api_sig", "00000000000000000000000000000000"),
            ("format", "json"),
        ])
        .finish();
    let kind = "application/x-www-form-urlencoded";
    let http = reqwest::Client::new();
    let request = http.post(scene.fake.url()).header("content-type", kind).body(form);
    let answer = request.send().await.unwrap().text().await.unwrap();
    assert!(answer.contains("\"error\":13"), "{answer}");
}

#[tokio::test]
async fn whoever_takes_their_time_to_say_what_they_want_is_cut_off() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let scene = Scene::new(idle()).await;
    let mut slow = tokio::net::TcpStream::connect(scene.server.address()).await.unwrap();
    slow.write_all(b"GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ").await.unwrap();
    let mut rest = Vec::new();
    let cut = tokio::time::timeout(std::time::Duration::from_secs(14), slow.read_to_end(&mut rest));
    assert!(cut.await.is_ok(), "it still waits");
}
