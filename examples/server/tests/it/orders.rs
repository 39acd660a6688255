//! What is ordered when somebody looks, and what is not.

use jobs::{Kind, Order, Priority};
use server::Caps;

use crate::scene::{Answer, Scene, Setting, generous, now};

fn year(ago: i16) -> i16 {
    now().year().unwrap() - ago
}

/// Nobody works.
fn idle(caps: Caps) -> Setting {
    Setting { caps, works: false, ..Setting::default() }
}

#[tokio::test]
async fn a_year_is_ordered_once_however_many_look() {
    let scene = Scene::new(idle(generous())).await;
    let path = format!("/user/rj/{}", year(1));
    let looks = (0..12).map(|_| scene.get(&path));
    let pages = futures_util::future::join_all(looks).await;
    assert!(pages.iter().all(|page| page.status == 200));
    let ordered = scene.ordered().await;
    assert_eq!(ordered.len(), 1, "{ordered:?}");
    assert_eq!((ordered[0].kind, ordered[0].year), (Kind::Sync, Some(year(1))));
    assert_eq!(ordered[0].priority, Priority::Waiting);
}

#[tokio::test]
async fn whoever_waits_is_told_how_many_come_before() {
    let scene = Scene::new(idle(generous())).await;
    for (number, name) in ["ann", "bob"].into_iter().enumerate() {
        let year = Some(2020 + i16::try_from(number).unwrap());
        let user = name.parse().unwrap();
        let order = Order { kind: Kind::Sync, user, year, priority: Priority::Waiting };
        scene.jobs.order(&order).await.unwrap();
    }
    let page = scene.get(&format!("/user/rj/{}", year(1))).await;
    assert!(page.text.contains("waiting in line · 2 jobs before it"), "{}", page.text);
}

#[tokio::test]
async fn a_client_orders_so_many_jobs_a_minute_and_others_are_not_held_up() {
    let caps = Caps { orders: 2, ..generous() };
    let trusted_proxies = vec![[127, 0, 0, 1].into()];
    let scene = Scene::new(Setting { trusted_proxies, ..idle(caps) }).await;
    let look = async |client: &str, ago: i16| {
        let request = scene.request("GET", &format!("/user/rj/{}", year(ago)));
        Answer::of(request.header("x-forwarded-for", client)).await
    };
    assert_eq!(look("10.0.0.1", 1).await.status, 200);
    assert_eq!(look("10.0.0.1", 2).await.status, 200);
    let refused = look("10.0.0.1", 3).await;
    assert_eq!(refused.status, 429);
    assert!(!refused.header("retry-after").is_empty());
    assert_eq!(look("10.0.0.1", 1).await.status, 200, "what is ordered can be looked at");
    assert_eq!(look("10.0.0.2", 3).await.status, 200);
    assert_eq!(scene.ordered().await.len(), 3);
}

#[tokio::test]
async fn a_client_has_so_many_names_looked_up_a_minute() {
    let scene = Scene::new(idle(Caps { lookups: 3, ..generous() })).await;
    let mut statuses = Vec::new();
    for name in ["a", "b", "c", "d", "a"] {
        statuses.push(scene.get(&format!("/user/{name}")).await.status);
    }
    // A name that was asked for before costs nothing.
    assert_eq!(statuses, [404, 404, 404, 429, 404]);
    let asked = scene.fake.lastfm().log().len();
    assert_eq!(asked, 3);
}

#[tokio::test]
async fn a_line_that_is_full_is_told_of() {
    let scene = Scene::new(idle(Caps { line: 1, ..generous() })).await;
    assert_eq!(scene.get(&format!("/user/rj/{}", year(1))).await.status, 200);
    let full = scene.get(&format!("/user/rj/{}", year(2))).await;
    assert_eq!(full.status, 503);
    assert!(full.text.contains("Too many are waiting"), "{}", full.text);
    assert!(!full.header("retry-after").is_empty());
}

#[tokio::test]
async fn only_a_page_of_a_year_orders_anything() {
    let scene = Scene::new(idle(generous())).await;
    let year = year(1);
    for path in [
        "/user/rj".to_owned(),
        format!("/user/rj/{year}/1970s"),
        format!("/user/rj/{year}/chart"),
        format!("/user/rj/{year}/fetch"),
    ] {
        scene.get(&path).await;
    }
    // It goes on until somebody orders the year.
    let events = scene.request("GET", &format!("/api/user/rj/{year}/events")).send();
    assert!(events.await.unwrap().chunk().await.unwrap().is_some());
    assert_eq!(scene.ordered().await, []);
}

#[tokio::test]
async fn a_page_of_another_site_orders_nothing() {
    let scene = Scene::new(idle(generous())).await;
    let path = format!("/user/rj/{}/fetch", year(1));
    for (name, value) in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")] {
        let refused = Answer::of(scene.request("POST", &path).header(name, value)).await;
        assert_eq!(refused.status, 403, "{}", refused.text);
    }
    assert_eq!(scene.ordered().await, []);
    let ours = scene.request("POST", &path).header("sec-fetch-site", "same-origin");
    assert_eq!(Answer::of(ours).await.status, 303);
    assert_eq!(scene.ordered().await.len(), 1);
}
