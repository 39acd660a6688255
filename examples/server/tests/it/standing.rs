//! How a year stands, as its page tells, where the archive has a part of it.

use jobs::{Kind, Order, Priority};
use lastfm_core::archive::{Observation, Removals, Span};
use lastfm_core::{Play, Timestamp};

use crate::browser::Browser;
use crate::scene::{Answer, Scene, Setting, now};

fn last_year() -> i16 {
    now().year().unwrap() - 1
}

async fn idle() -> Scene {
    Scene::new(Setting { works: false, ..Setting::default() }).await
}

/// Archives this span of rj's: a play at its begin.
pub(crate) async fn archive(scene: &Scene, span: Span) {
    let store = &scene.db.store;
    let start = Timestamp::start_of_year(last_year() - 2);
    let user = store.add_user(&"rj".parse().unwrap(), start).await.unwrap();
    let play = Play::from_json(format!(
        r##"{{"artist":{{"mbid":"","#text":"A"}},"name":"B","album":{{"mbid":"","#text":"C"}},"url":"https://www.last.fm/music/A/_/B","date":{{"uts":"{}","#text":""}}}}"##,
        span.start.as_unix()
    ));
    let revision = store.revision(user.id).await.unwrap();
    let observation = Observation { revision, at: now(), removals: Removals::Confirm };
    store.replace(user.id, span, vec![play.unwrap()], observation).await.unwrap();
}

fn year_of(year: i16) -> Span {
    Span::year(year).unwrap()
}

async fn order(scene: &Scene, kind: Kind, year: Option<i16>, priority: Priority) {
    let order = Order { kind, user: "rj".parse().unwrap(), year, priority };
    scene.jobs.order(&order).await.unwrap();
}

#[tokio::test]
async fn a_past_year_that_is_archived_up_to_its_middle_is_fetched_to_its_end() {
    let scene = idle().await;
    let year = last_year();
    let whole = year_of(year);
    archive(&scene, Span::new(whole.start, whole.start.plus(180 * 86_400))).await;
    let json = scene.get(&format!("/api/user/rj/{year}")).await.json();
    assert_eq!(json["covered"], false, "{json}");
    let page = scene.get(&format!("/user/rj/{year}")).await;
    assert!(page.text.contains("waiting in line") && !page.text.contains("complete"));
    let ordered = scene.ordered().await;
    assert_eq!((ordered.len(), ordered[0].year), (1, Some(year)));
}

#[tokio::test]
async fn the_year_that_goes_on_is_complete_up_to_the_last_look() {
    let scene = idle().await;
    let whole = year_of(last_year() + 1);
    archive(&scene, Span::new(whole.start, now().plus(-60))).await;
    let json = scene.get(&format!("/api/user/rj/{}", last_year() + 1)).await.json();
    assert_eq!(json["covered"], true, "{json}");
}

#[tokio::test]
async fn what_is_in_line_by_the_clock_keeps_nobody_waiting() {
    let scene = idle().await;
    order(&scene, Kind::Sync, None, Priority::Nightly).await;
    scene.get(&format!("/user/rj/{}", last_year())).await;
    let ordered = scene.ordered().await;
    let of_year = ordered.iter().find(|state| state.year == Some(last_year()));
    assert_eq!(of_year.map(|state| state.priority), Some(Priority::Waiting), "{ordered:?}");
    // A button makes the job of the clock as urgent as one of its own.
    let ours = scene.request("POST", "/user/rj/fetch").header("sec-fetch-site", "same-origin");
    assert_eq!(Answer::of(ours).await.status, 303);
    let ordered = scene.ordered().await;
    assert_eq!(ordered.len(), 2, "{ordered:?}");
    assert!(ordered.iter().all(|state| state.priority == Priority::Waiting), "{ordered:?}");
}

#[tokio::test]
async fn jobs_of_the_clock_do_not_fill_the_line() {
    let caps = server::Caps { line: 2, ..crate::scene::generous() };
    let scene = Scene::new(Setting { caps, works: false, ..Setting::default() }).await;
    for name in ["ann", "bob", "cid"] {
        let user = name.parse().unwrap();
        let order = Order { kind: Kind::Sync, user, year: None, priority: Priority::Scheduled };
        scene.jobs.order(&order).await.unwrap();
    }
    assert_eq!(scene.get(&format!("/user/rj/{}", last_year())).await.status, 200);
}

#[tokio::test]
async fn one_client_does_not_fill_the_line() {
    let caps = server::Caps { line_each: 1, ..crate::scene::generous() };
    let trusted_proxies = vec![[127, 0, 0, 1].into()];
    let setting = Setting { caps, trusted_proxies, works: false, ..Setting::default() };
    let scene = Scene::new(setting).await;
    let look = async |client: &str, year: i16| {
        let request = scene.request("GET", &format!("/user/rj/{year}"));
        Answer::of(request.header("x-forwarded-for", client)).await
    };
    assert_eq!(look("10.0.0.1", last_year()).await.status, 200);
    let refused = look("10.0.0.1", last_year() - 1).await;
    assert_eq!(refused.status, 503);
    assert!(refused.text.contains("You have ordered enough"), "{}", refused.text);
    assert_eq!(look("10.0.0.2", last_year() - 1).await.status, 200);
    // What has ended makes room.
    scene.jobs.cancel(Kind::Sync, &"rj".parse().unwrap(), Some(last_year())).await.unwrap();
    for _ in 0..200 {
        if look("10.0.0.1", last_year() + 1).await.status == 200 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("a job that was cancelled counts for ever");
}

#[tokio::test]
async fn a_browser_that_looks_ahead_orders_nothing() {
    let scene = idle().await;
    let path = format!("/user/rj/{}", last_year());
    for purpose in ["prefetch", "prefetch;prerender"] {
        let ahead = scene.request("GET", &path).header("sec-purpose", purpose);
        assert_eq!(Answer::of(ahead).await.status, 405);
    }
    assert_eq!(scene.ordered().await, []);
    assert_eq!(scene.get(&path).await.status, 200);
    assert_eq!(scene.ordered().await.len(), 1);
}

#[tokio::test]
async fn a_name_in_another_case_leads_to_the_same_albums() {
    let scene = idle().await;
    archive(&scene, year_of(last_year())).await;
    let answer = scene.get(&format!("/user/RJ/{}/1970s", last_year())).await;
    let location = format!("/user/rj/{}/1970s", last_year());
    assert_eq!((answer.status, answer.header("location")), (307, location.as_str()));
}

#[tokio::test]
async fn months_that_are_not_archived_are_no_months_without_plays() {
    let scene = idle().await;
    let this_year = year_of(last_year() + 1);
    archive(&scene, Span::new(this_year.start, now().plus(-60))).await;
    let json = scene.get("/api/user/rj").await.json();
    let months = json["months"].as_array().unwrap();
    assert_eq!(months.len(), 24);
    assert!(months[0]["plays"].is_null() && months[23]["plays"].is_u64(), "{months:?}");
    let page = scene.get("/user/rj").await;
    assert!(page.text.contains("Not all of the last twelve months are archived"), "{}", page.text);
}

#[tokio::test]
async fn where_nobody_can_be_asked_for_years_the_page_says_so() {
    let scene = Scene::new(Setting { delay: None, ..Setting::default() }).await;
    let path = format!("/user/rj/{}", last_year());
    let page = scene.until(&path, "this server does not look up release years").await;
    assert!(!page.text.contains("MUSICBRAINZ_CONTACT"), "{}", page.text);
    // No album is known one by one: there is nothing to lead to.
    assert!(page.text.contains("not looked up yet"), "{}", page.text);
    assert!(!page.text.contains("Which albums?"), "{}", page.text);
    let ordered = scene.ordered().await;
    assert!(ordered.iter().all(|job| job.kind == Kind::Sync), "{ordered:?}");
}

#[tokio::test]
async fn a_year_that_nobody_watches_is_looked_up_and_not_called_done_before() {
    let delay = Some(std::time::Duration::from_millis(50));
    let scene = Scene::new(Setting { delay, ..Setting::default() }).await;
    let path = format!("/api/user/rj/{}", last_year());
    let ordered = Answer::of(scene.request("POST", &format!("{path}/fetch"))).await;
    assert_eq!(ordered.status, 202, "{}", ordered.text);
    let done = scene.until(&path, "\"phase\":\"done\"").await.json();
    assert!(done["dated_plays"].as_u64().unwrap() > 0, "{done}");
    let is_pending = |why: &serde_json::Value| why["reason"] == "pending";
    assert!(!done["undated"].as_array().unwrap().iter().any(is_pending), "{done}");
}

#[tokio::test]
async fn a_year_that_was_archived_otherwise_is_not_called_done_before_it_is_looked_up() {
    let scene = idle().await;
    archive(&scene, year_of(last_year())).await;
    let of = scene.get(&format!("/api/user/rj/{}", last_year())).await.json();
    assert_eq!((&of["phase"], &of["covered"]), (&"not_looked_up".into(), &true.into()));
    assert_eq!(of["line"], "all plays are here · release years not looked up yet");
    let page = scene.get(&format!("/user/rj/{}", last_year())).await;
    assert!(page.text.contains("waiting in line"), "{}", page.text);
}

#[tokio::test]
async fn a_paused_archive_is_fetched_by_nobody_until_its_owner_resumes_it() {
    let scene = idle().await;
    let mut owner = Browser::of(&scene, "rj").await;
    assert_eq!(owner.post("/account/pause", &[]).await.status, 303);
    assert!(owner.get("/account").await.text.contains("Resume"));
    let page = scene.get(&format!("/user/rj/{}", last_year())).await;
    assert!(page.text.contains("rj has paused it"), "{}", page.text);
    let ours = scene.request("POST", "/user/rj/fetch").header("sec-fetch-site", "same-origin");
    let refused = Answer::of(ours).await;
    assert_eq!(refused.status, 403);
    assert!(refused.text.contains("rj has paused their archive"), "{}", refused.text);
    assert_eq!(scene.ordered().await, []);
    assert_eq!(owner.post("/account/resume", &[]).await.status, 303);
    assert_eq!(scene.ordered().await.len(), 1);
}
