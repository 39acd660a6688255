//! Attacks on sessions and cookies, and from pages of others.

use crate::browser::Browser;
use crate::scene::{ALLOWED, Answer, Scene, Setting};

const SESSION: &str = "__Host-sid";

/// Makes every session of the file so many seconds older.
fn age(scene: &Scene, seconds: i64) {
    let file = rusqlite::Connection::open(&scene.logins).unwrap();
    let older = "UPDATE server_sessions SET since = since - ?1, seen_at = seen_at - ?1";
    assert!(file.execute(older, [seconds]).unwrap() > 0);
}

#[tokio::test]
async fn an_id_that_was_planted_is_not_taken_over_by_a_login() {
    let scene = Scene::usual().await;
    let planted = "ab".repeat(32);
    let mut browser = Browser::new(&scene);
    browser.cookies.insert(SESSION.to_owned(), planted.clone());
    browser.log_in("rj").await;
    assert_ne!(browser.cookies[SESSION], planted);
    let mut attacker = Browser::new(&scene);
    attacker.cookies.insert(SESSION.to_owned(), planted);
    assert_eq!(attacker.user().await, None);
}

#[tokio::test]
async fn each_login_has_an_id_of_its_own() {
    let scene = Scene::usual().await;
    let one = Browser::of(&scene, "rj").await;
    let two = Browser::of(&scene, "rj").await;
    assert_ne!(one.cookies[SESSION], two.cookies[SESSION]);
    assert_eq!(one.cookies[SESSION].len(), 64, "256 bits");
}

#[tokio::test]
async fn after_a_logout_the_id_is_worth_nothing() {
    let scene = Scene::usual().await;
    let mut browser = Browser::of(&scene, "rj").await;
    let kept = browser.cookies.clone();
    browser.post("/api/auth/logout", &[]).await;
    browser.cookies = kept;
    assert_eq!(browser.user().await, None);
}

#[tokio::test]
async fn a_session_is_over_after_a_day_however_busy() {
    let scene = Scene::usual().await;
    let mut browser = Browser::of(&scene, "rj").await;
    let file = rusqlite::Connection::open(&scene.logins).unwrap();
    file.execute("UPDATE server_sessions SET since = since - 86401", ()).unwrap();
    assert_eq!(browser.user().await, None);
}

#[tokio::test]
async fn a_session_is_over_after_two_hours_without_a_request() {
    let scene = Scene::usual().await;
    let mut browser = Browser::of(&scene, "rj").await;
    age(&scene, 3600);
    assert!(browser.user().await.is_some());
    age(&scene, 7201);
    assert_eq!(browser.user().await, None);
}

#[tokio::test]
async fn guessed_ids_and_what_stands_in_the_database_open_nothing() {
    let scene = Scene::usual().await;
    let browser = Browser::of(&scene, "rj").await;
    let file = rusqlite::Connection::open(&scene.logins).unwrap();
    let kept: String =
        file.query_row("SELECT session FROM server_sessions", (), |row| row.get(0)).unwrap();
    assert_ne!(kept, browser.cookies[SESSION]);
    for guess in [kept.as_str(), &"0".repeat(64), "1", "' OR 1=1 --", "%", ""] {
        let mut thief = Browser::new(&scene);
        thief.cookies.insert(SESSION.to_owned(), guess.to_owned());
        assert_eq!(thief.user().await, None, "{guess}");
    }
    // What is new stands in the file beside it.
    let beside = format!("{}-wal", scene.logins.display());
    let bytes = [std::fs::read(&scene.logins), std::fs::read(beside)];
    let bytes: Vec<u8> = bytes.into_iter().flat_map(Result::unwrap_or_default).collect();
    assert!(bytes.windows(kept.len()).any(|window| window == kept.as_bytes()));
    let cookie = browser.cookies[SESSION].as_bytes();
    assert!(!bytes.windows(cookie.len()).any(|window| window == cookie));
}

#[tokio::test]
async fn every_cookie_belongs_to_this_host_alone_and_to_no_script() {
    let scene = Scene::usual().await;
    let mut browser = Browser::new(&scene);
    let mut answers = vec![browser.post("/api/auth/login", &[]).await];
    answers.push(browser.log_in("rj").await);
    answers.push(browser.post("/api/auth/logout", &[]).await);
    let mut count = 0;
    for answer in &answers {
        for set in answer.headers.get_all("set-cookie") {
            let set = set.to_str().unwrap();
            assert!(set.starts_with("__Host-"), "{set}");
            for flag in ["; Path=/;", "; HttpOnly", "; Secure", "; SameSite=Lax"] {
                assert!(set.contains(flag), "{set}");
            }
            assert!(!set.contains("Domain"), "{set}");
            count += 1;
        }
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    assert_eq!(count, 4);
}

#[tokio::test]
async fn a_subdomain_cannot_plant_a_cookie() {
    let scene = Scene::usual().await;
    let eve = Browser::of(&scene, "eve").await;
    let session = &eve.cookies[SESSION];
    // A name without the prefix, and a second value beside the first.
    let mine = Browser::of(&scene, "rj").await.cookies[SESSION].clone();
    for cookies in [
        format!("sid={session}; loopback-sid={session}; __Secure-sid={session}"),
        format!("{SESSION}={session}; {SESSION}={mine}"),
    ] {
        let status = scene.request("GET", "/api/auth/status").header("cookie", cookies);
        assert_eq!(Answer::of(status).await.json()["logged_in"], false);
    }
}

/// What changes something, and needs a login.
const CHANGES: [&str; 10] = [
    "/api/auth/logout",
    "/api/scrobble/track",
    "/api/scrobble/album",
    "/api/scrobble/1/cancel",
    "/api/scrobble/play/1/retry",
    "/account/again",
    "/account/pause",
    "/account/resume",
    "/account/export/csv",
    "/account/delete",
];

#[tokio::test]
async fn a_form_on_somebody_elses_page_changes_nothing() {
    let scene = Scene::usual().await;
    let mut browser = Browser::of(&scene, "rj").await;
    let cookie = format!("{SESSION}={}", browser.cookies[SESSION]);
    for path in CHANGES.into_iter().chain(["/api/auth/login", "/user/rj/fetch"]) {
        for (name, value) in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("origin", "https://evil.example"),
            ("origin", "null"),
            ("origin", "https://app.example.evil"),
        ] {
            let forged = scene.request("POST", path).header("cookie", &cookie);
            let answer = Answer::of(forged.header(name, value)).await;
            assert_eq!(answer.status, 403, "{path} {name}: {value}");
        }
    }
    assert_eq!(browser.user().await.as_deref(), Some("rj"), "nobody was logged out");
    assert_eq!(scene.ordered().await, []);
}

#[tokio::test]
async fn a_program_that_says_nothing_of_itself_acts_in_nobodys_name() {
    let scene = Scene::new(Setting { works: false, ..Setting::default() }).await;
    let browser = Browser::of(&scene, "rj").await;
    let cookie = format!("{SESSION}={}", browser.cookies[SESSION]);
    let with = scene.request("POST", "/user/rj/fetch").header("cookie", cookie);
    assert_eq!(Answer::of(with).await.status, 403);
    let without = scene.request("POST", "/user/rj/fetch");
    assert_eq!(Answer::of(without).await.status, 303);
}

#[tokio::test]
async fn reading_changes_nothing() {
    let scene = Scene::usual().await;
    let mut browser = Browser::of(&scene, "rj").await;
    for path in CHANGES.into_iter().chain(["/api/auth/login"]) {
        for method in ["GET", "HEAD"] {
            let request = browser.request(method, path);
            let answer = browser.send(request).await;
            assert_eq!(answer.status, 405, "{method} {path}");
        }
    }
    assert!(browser.user().await.is_some());
}

#[tokio::test]
async fn only_pages_that_are_allowed_read_answers_of_the_api() {
    let scene = Scene::usual().await;
    let asked = async |origin: &str| {
        Answer::of(scene.request("GET", "/api/auth/status").header("origin", origin)).await
    };
    for origin in [
        "null",
        "https://evil.example",
        "https://front.example.evil",
        "https://evil-front.example",
        "https://front.example:444",
        "http://front.example",
        "https://FRONT.example.",
    ] {
        let answer = asked(origin).await;
        assert_eq!(answer.header("access-control-allow-origin"), "", "{origin}");
    }
    let answer = asked(ALLOWED).await;
    assert_eq!(answer.header("access-control-allow-origin"), ALLOWED);
    assert!(answer.header("vary").contains("origin"), "{answer:?}");
    let ask = |origin: &str| {
        scene
            .request("OPTIONS", "/api/auth/logout")
            .header("origin", origin.to_owned())
            .header("access-control-request-method", "POST")
    };
    assert_eq!(
        Answer::of(ask("https://evil.example")).await.header("access-control-allow-origin"),
        ""
    );
    assert_eq!(Answer::of(ask(ALLOWED)).await.header("access-control-allow-origin"), ALLOWED);
}

#[tokio::test]
async fn a_body_that_is_too_long_is_refused() {
    let scene = Scene::usual().await;
    let mut browser = Browser::of(&scene, "rj").await;
    let long = "a".repeat(70_000);
    for path in ["/api/scrobble/album", "/account/delete", "/account/again"] {
        let answer = browser.post(path, &[("name", &long)]).await;
        assert_eq!(answer.status, 413, "{path}");
    }
}

#[tokio::test]
async fn a_page_of_somebody_elses_logs_nobody_out_or_in() {
    let scene = Scene::usual().await;
    // Browsers hold cookies back there.
    for path in ["/api/auth/logout", "/api/auth/login"] {
        for origin in ["null", "https://evil.example"] {
            let answer = Answer::of(scene.request("POST", path).header("origin", origin)).await;
            assert_eq!((answer.status, answer.header("set-cookie")), (403, ""), "{path} {origin}");
        }
    }
    // One so old that it says nothing of itself.
    let answer = Answer::of(scene.request("POST", "/api/auth/logout")).await;
    assert_eq!(answer.header("set-cookie"), "");
}

#[tokio::test]
async fn no_header_of_a_request_leads_the_way_back_elsewhere() {
    let scene = Scene::usual().await;
    let browser = Browser::new(&scene);
    let request = browser
        .form("/api/auth/login", &[])
        .header("host", "evil.example")
        .header("x-forwarded-host", "evil.example")
        .header("forwarded", "host=evil.example");
    let answer = Answer::of(request).await;
    let there: url::Url = answer.header("location").parse().unwrap();
    let (_, back) = there.query_pairs().find(|(name, _)| name == "cb").unwrap();
    assert!(back.starts_with("https://app.example/api/auth/callback/"), "{back}");
}

#[tokio::test]
async fn a_cookie_of_somebody_elses_with_odd_letters_logs_nobody_out() {
    let scene = Scene::usual().await;
    let session = Browser::of(&scene, "rj").await.cookies[SESSION].clone();
    for odd in ["a=\u{e9}", "=", "a", ";;", "b=\u{1f3b5}"] {
        let cookies = format!("{odd}; {SESSION}={session}");
        let status =
            scene.request("GET", "/api/auth/status").header("cookie", cookies.into_bytes());
        assert_eq!(Answer::of(status).await.json()["logged_in"], true, "{odd}");
    }
}

#[tokio::test]
async fn a_picture_or_frame_in_somebody_elses_page_orders_nothing() {
    let scene = Scene::new(Setting { works: false, ..Setting::default() }).await;
    let year = crate::scene::now().year().unwrap() - 1;
    for dest in ["image", "iframe", "script", "style", "object", "empty"] {
        for path in [format!("/user/rj/{year}"), format!("/api/user/rj/{year}/events")] {
            let request = scene.request("GET", &path).header("sec-fetch-dest", dest);
            let answer = Answer::of(request.header("sec-fetch-site", "cross-site")).await;
            assert_eq!(answer.status, 403, "{dest} {path}");
        }
    }
    assert_eq!(scene.ordered().await, []);
}
