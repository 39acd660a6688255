//! Attacks on the login: somebody else's, an old one, a made-up one.

use crate::browser::Browser;
use crate::scene::{Answer, Scene, Setting, generous};
use server::Caps;

/// What is not a login leaves nobody logged in, and tells nothing.
fn refused(answer: &Answer) {
    assert!(matches!(answer.status, 400 | 404 | 405), "{answer:?}");
    assert!(answer.headers.get_all("set-cookie").iter().next().is_none(), "{answer:?}");
}

#[tokio::test]
async fn somebody_logs_in_and_out() {
    let scene = Scene::usual().await;
    let mut browser = Browser::of(&scene, "rj").await;
    assert_eq!(browser.user().await.as_deref(), Some("rj"));
    assert!(browser.get("/").await.text.contains("Log out"));
    let out = browser.post("/api/auth/logout", &[]).await;
    assert_eq!((out.status, out.header("location")), (303, "/"));
    assert_eq!(browser.user().await, None);
    assert!(browser.get("/").await.text.contains("Log in with Last.fm"));
}

#[tokio::test]
async fn a_way_back_without_the_cookie_of_its_begin_logs_nobody_in() {
    let scene = Scene::usual().await;
    let mut attacker = Browser::new(&scene);
    let back = attacker.begin().await;
    let token = attacker.token("eve");
    let mut victim = Browser::new(&scene);
    refused(&victim.get(&format!("{back}?token={token}")).await);
    assert_eq!(victim.user().await, None);
}

#[tokio::test]
async fn a_way_back_of_another_browser_logs_nobody_in() {
    let scene = Scene::usual().await;
    let (mut attacker, mut victim) = (Browser::new(&scene), Browser::new(&scene));
    let back = attacker.begin().await;
    victim.begin().await;
    let token = attacker.token("eve");
    refused(&victim.get(&format!("{back}?token={token}")).await);
    assert_eq!(victim.user().await, None);
}

#[tokio::test]
async fn a_way_back_is_good_once() {
    let scene = Scene::usual().await;
    let mut browser = Browser::new(&scene);
    let back = browser.begin().await;
    let kept = browser.cookies.clone();
    let (first, second) = (browser.token("rj"), browser.token("rj"));
    assert_eq!(browser.get(&format!("{back}?token={first}")).await.status, 303);
    browser.cookies = kept;
    refused(&browser.get(&format!("{back}?token={second}")).await);
}

#[tokio::test]
async fn a_way_back_after_ten_minutes_logs_nobody_in() {
    let scene = Scene::usual().await;
    let mut browser = Browser::new(&scene);
    let back = browser.begin().await;
    let file = rusqlite::Connection::open(&scene.logins).unwrap();
    file.execute("UPDATE server_begun SET expires_at = expires_at - 601", ()).unwrap();
    let token = browser.token("rj");
    refused(&browser.get(&format!("{back}?token={token}")).await);
}

#[tokio::test]
async fn a_mark_that_was_changed_or_made_up_logs_nobody_in() {
    let scene = Scene::usual().await;
    let mut browser = Browser::new(&scene);
    let back = browser.begin().await;
    let token = browser.token("rj");
    let (path, mark) = back.rsplit_once('/').unwrap();
    let turned: String = mark.chars().rev().collect();
    for mark in [turned.as_str(), &"0".repeat(64), &mark[..63], "x", "%00", "%2e%2e"] {
        refused(&browser.get(&format!("{path}/{mark}?token={token}")).await);
    }
    assert_eq!(browser.get(&format!("{back}?token={token}")).await.status, 303, "it was not used");
}

#[tokio::test]
async fn of_two_logins_in_one_browser_the_later_one_counts() {
    let scene = Scene::usual().await;
    let mut browser = Browser::new(&scene);
    let first = browser.begin().await;
    let second = browser.begin().await;
    let token = browser.token("rj");
    refused(&browser.get(&format!("{first}?token={token}")).await);
    assert_eq!(browser.get(&format!("{second}?token={token}")).await.status, 303);
    assert_eq!(browser.user().await.as_deref(), Some("rj"));
}

#[tokio::test]
async fn a_token_that_was_used_or_never_was_logs_nobody_in() {
    let scene = Scene::usual().await;
    let mut browser = Browser::new(&scene);
    let back = browser.begin().await;
    let token = browser.token("rj");
    assert_eq!(browser.get(&format!("{back}?token={token}")).await.status, 303);
    browser.cookies.clear();
    for token in [token.as_str(), "0123456789abcdef0123456789abcdef"] {
        let back = browser.begin().await;
        refused(&browser.get(&format!("{back}?token={token}")).await);
    }
    assert_eq!(browser.user().await, None);
}

#[tokio::test]
async fn a_token_that_cannot_be_one_never_reaches_lastfm() {
    let scene = Scene::usual().await;
    let mut browser = Browser::new(&scene);
    let back = browser.begin().await;
    let asked = scene.fake.lastfm().log().len();
    let long = "a".repeat(10_000);
    for token in ["", long.as_str(), "a%0d%0aSet-Cookie:x", "a%00b", "%22%3E%3Cscript%3E", "a b"] {
        refused(&browser.get(&format!("{back}?token={token}")).await);
    }
    refused(&browser.get(&back).await);
    assert_eq!(scene.fake.lastfm().log().len(), asked);
}

#[tokio::test]
async fn looking_ahead_uses_nothing_up() {
    let scene = Scene::usual().await;
    let mut browser = Browser::new(&scene);
    let back = browser.begin().await;
    let path = format!("{back}?token={}", browser.token("rj"));
    let head = browser.send(browser.request("HEAD", &path)).await;
    refused(&head);
    for (name, value) in [("sec-purpose", "prefetch;prerender"), ("purpose", "prefetch")] {
        let ahead = browser.request("GET", &path).header(name, value);
        refused(&browser.send(ahead).await);
    }
    assert_eq!(browser.get(&path).await.status, 303);
}

#[tokio::test]
async fn who_it_is_lastfm_says_and_no_address() {
    let scene = Scene::usual().await;
    let mut browser = Browser::new(&scene);
    let back = browser.begin().await;
    let token = browser.token("eve");
    browser.get(&format!("{back}?user=rj&uid=rj&name=rj&token={token}")).await;
    assert_eq!(browser.user().await.as_deref(), Some("eve"));
    let status = browser.get("/api/auth/status?user=rj").await;
    assert_eq!(status.json()["user"], "eve");
}

#[tokio::test]
async fn a_second_account_takes_the_place_of_the_first() {
    let scene = Scene::usual().await;
    let mut browser = Browser::of(&scene, "rj").await;
    let before = browser.cookies.clone();
    browser.log_in("eve").await;
    assert_eq!(browser.user().await.as_deref(), Some("eve"));
    assert_ne!(browser.cookies, before, "the id is a new one");
    browser.cookies = before;
    assert_eq!(browser.user().await, None, "the older session is over");
}

#[tokio::test]
async fn wherever_somebody_wants_to_be_sent_after_a_login_is_not_read() {
    let scene = Scene::usual().await;
    for next in ["//evil.example", "/%5Cevil.example", "%2f%2fevil.example", "a%0d%0aX:y"] {
        let mut browser = Browser::new(&scene);
        let begun = browser.post(&format!("/api/auth/login?next={next}&cb={next}"), &[]).await;
        assert!(!begun.header("location").contains("evil"), "{begun:?}");
        let back = browser.begin().await;
        let token = browser.token("rj");
        let landed = browser.get(&format!("{back}?token={token}&next={next}")).await;
        assert_eq!((landed.status, landed.header("location")), (303, "/account"));
        let out = browser.post(&format!("/api/auth/logout?next={next}"), &[]).await;
        assert_eq!(out.header("location"), "/");
    }
}

#[tokio::test]
async fn a_client_begins_so_many_logins_a_minute() {
    let caps = Caps { logins: 3, ..generous() };
    let scene = Scene::new(Setting { caps, ..Setting::default() }).await;
    let mut statuses = Vec::new();
    for _ in 0..5 {
        statuses.push(Browser::new(&scene).post("/api/auth/login", &[]).await.status);
    }
    assert_eq!(statuses, [303, 303, 303, 429, 429]);
}

#[tokio::test]
async fn where_others_can_listen_nobody_logs_in() {
    let public_url = "http://app.example/";
    let scene = Scene::new(Setting { public_url, ..Setting::default() }).await;
    let mut browser = Browser::new(&scene);
    assert!(!browser.get("/").await.text.contains("Log in"));
    refused(&browser.post("/api/auth/login", &[]).await);
}
