//! What holds for every answer.

use crate::scene::{Answer, Scene, Setting, generous};
use server::Caps;

#[tokio::test]
async fn every_answer_forbids_what_a_browser_need_not_do() {
    let scene = Scene::usual().await;
    for path in ["/", "/nowhere", "/robots.txt", "/healthz", "/metrics", "/api/nowhere"] {
        let answer = scene.get(path).await;
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("default-src 'none'"), "{path}: {policy}");
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"), "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "same-origin", "{path}");
        assert_eq!(answer.header("x-robots-tag"), "noindex, nofollow", "{path}");
    }
}

#[tokio::test]
async fn a_page_holds_neither_script_nor_style_and_what_it_names_is_there() {
    let scene = Scene::usual().await;
    let home = scene.get("/").await;
    assert_eq!(home.status, 200);
    assert!(!home.text.contains("<style") && !home.text.contains(" style="), "{}", home.text);
    assert!(!home.text.contains("<script>") && !home.text.contains(" onclick"));
    for asset in home.text.split('"').filter(|part| part.starts_with("/assets/")) {
        let answer = scene.get(asset).await;
        assert_eq!(answer.status, 200, "{asset}");
        assert!(answer.header("cache-control").contains("immutable"));
    }
    assert_eq!(scene.get("/assets/style-0.css").await.status, 404);
    assert!(scene.get("/robots.txt").await.text.contains("Disallow: /"));
}

#[tokio::test]
async fn a_name_that_was_asked_for_leads_to_its_page() {
    let scene = Scene::usual().await;
    let answer = scene.get("/?user=Sigur+R%C3%B3s").await;
    assert_eq!((answer.status, answer.header("location")), (303, "/user/Sigur%20R%C3%B3s"));
    let answer = scene.get("/?user=%20").await;
    assert_eq!(answer.status, 400);
    assert!(answer.text.contains("That is no name"), "{}", answer.text);
    // Whatever somebody writes there, it stays a path of this server.
    let answer = scene.get("/?user=%2F%2Fevil.example").await;
    assert_eq!(answer.header("location"), "/user/%2F%2Fevil.example");
}

#[tokio::test]
async fn people_are_told_of_a_failure_by_a_page_and_programs_by_a_problem() {
    let scene = Scene::usual().await;
    let page = scene.get("/nowhere").await;
    assert_eq!(page.status, 404);
    assert!(page.text.contains("<h1>There is no such page</h1>"), "{}", page.text);
    let problem = scene.get("/api/nowhere").await;
    assert_eq!(problem.status, 404);
    assert_eq!(problem.header("content-type"), "application/problem+json");
    assert_eq!(problem.json()["type"], "/api#not-found");
    assert_eq!(problem.json()["status"], 404);
    let other = Answer::of(scene.request("DELETE", "/")).await;
    assert_eq!((other.status, other.header("allow")), (405, "GET,HEAD"));
}

#[tokio::test]
async fn a_page_that_a_browser_has_is_not_sent_again() {
    let scene = Scene::usual().await;
    let first = scene.get("/").await;
    let tag = first.header("etag").to_owned();
    assert!(!tag.is_empty());
    let again = Answer::of(scene.request("GET", "/").header("if-none-match", &tag)).await;
    assert_eq!((again.status, again.text.as_str()), (304, ""));
    let other = Answer::of(scene.request("GET", "/").header("if-none-match", "\"other\"")).await;
    assert_eq!(other.status, 200);
}

#[tokio::test]
async fn a_client_that_asks_too_often_is_told_when_to_go_on_and_others_are_served() {
    let caps = Caps { requests: 2, ..generous() };
    let trusted_proxies = vec![[127, 0, 0, 1].into()];
    let scene = Scene::new(Setting { caps, trusted_proxies, ..Setting::default() }).await;
    let mut statuses = Vec::new();
    for _ in 0..12 {
        let request = scene.request("GET", "/").header("x-forwarded-for", "10.0.0.1");
        let answer = Answer::of(request).await;
        if answer.status == 429 {
            assert_eq!(answer.header("retry-after"), "1");
        }
        statuses.push(answer.status);
    }
    assert_eq!(statuses[..6], [200; 6]);
    assert!(statuses.contains(&429), "{statuses:?}");
    let other = scene.request("GET", "/").header("x-forwarded-for", "10.0.0.2");
    assert_eq!(Answer::of(other).await.status, 200);
    let alive = scene.request("GET", "/healthz").header("x-forwarded-for", "10.0.0.1");
    assert_eq!(Answer::of(alive).await.status, 200);
}

#[tokio::test]
async fn whoever_runs_it_can_see_how_it_is() {
    let scene = Scene::usual().await;
    assert_eq!(scene.get("/healthz").await.text, "ok\n");
    assert_eq!(scene.get("/readyz").await.status, 200);
    scene.get("/?user=secretive").await;
    let metrics = scene.get("/metrics").await;
    let home = r#"http_requests_total{method="GET",route="/",status="303"} 1"#;
    assert!(metrics.text.contains(home), "{}", metrics.text);
    assert!(!metrics.text.contains("secretive"));
    scene.jobs.close().await;
    assert_eq!(scene.get("/readyz").await.status, 503);
    assert_eq!(scene.get("/healthz").await.status, 200);
}

#[tokio::test]
async fn every_alert_is_about_something_that_is_counted() {
    let scene = Scene::usual().await;
    scene.get("/").await;
    let counted = scene.get("/metrics").await.text;
    let rules = include_str!("../../alerts.yml");
    let words = rules.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    let is_name = |word: &&str| word.starts_with("server_") || word.starts_with("http_");
    let names: std::collections::BTreeSet<&str> = words.filter(is_name).collect();
    assert!(names.len() > 7, "{names:?}");
    for name in names {
        assert!(counted.contains(&format!("\n{name}")), "{name} is not in\n{counted}");
        // A worker counts the same.
        let of_jobs = name.strip_prefix("server_");
        assert!(of_jobs.is_none_or(|rest| rules.contains(&format!("archiver_{rest}"))), "{name}");
    }
}

#[tokio::test]
async fn a_server_that_is_told_to_stop_finishes_and_takes_no_more() {
    let scene = Scene::usual().await;
    let url = scene.url("/");
    assert_eq!(scene.get("/").await.status, 200);
    scene.server.stop().await;
    assert!(reqwest::get(url).await.is_err());
}
