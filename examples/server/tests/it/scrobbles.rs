//! Scrobbling from pages and for programs, up to what Last.fm then shows.

use std::time::Duration;

use lastfm_core::testing::TruePlay;
use url::form_urlencoded::Serializer;

use crate::browser::Browser;
use crate::scene::{Answer, Scene, Setting};

/// An album that the listener has played, as Last.fm spells it.
pub(crate) fn album(scene: &Scene) -> (String, String) {
    let truth = scene.fake.lastfm().truth_of("rj").unwrap();
    let play = truth.iter().find(|play| play.album.is_some()).unwrap();
    (play.artist.to_string(), play.album.as_deref().unwrap().to_owned())
}

fn address(path: &str, pairs: &[(&str, &str)]) -> String {
    format!("{path}?{}", Serializer::new(String::new()).extend_pairs(pairs).finish())
}

/// The fields of the form that is on a page.
fn fields(page: &Answer) -> Vec<(String, String)> {
    let form = page.text.split_once("<form method=\"post\" action=\"/api/scrobble/").unwrap().1;
    let form = form.split_once("</form>").unwrap().0;
    let fields = form.split("<input type=\"hidden\" name=\"").skip(1).map(|field| {
        let (name, rest) = field.split_once('"').unwrap();
        let value = rest.split_once("value=\"").unwrap().1.split('"').next().unwrap();
        let value = value.replace("&#38;", "&").replace("&#39;", "'").replace("&#34;", "\"");
        (name.to_owned(), value.replace("&#60;", "<").replace("&#62;", ">"))
    });
    fields.collect()
}

fn plays(scene: &Scene) -> Vec<TruePlay> {
    scene.fake.lastfm().truth_of("rj").unwrap()
}

pub(crate) async fn until(browser: &mut Browser<'_>, path: &str, words: &str) -> Answer {
    for _ in 0..600 {
        let page = browser.get(path).await;
        if page.text.contains(words) {
            return page;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{path} never says {words}: {}", browser.get(path).await.text);
}

#[tokio::test]
async fn a_search_finds_the_albums_of_an_artist_and_goes_on() {
    let scene = Scene::usual().await;
    let (artist, _) = album(&scene);
    let theirs = scene.get(&address("/search", &[("q", &artist.to_uppercase())])).await;
    let (_, theirs) = theirs.text.split_once("<h2>By ").expect(&theirs.text);
    assert!(theirs.contains(&address("/album", &[("artist", &artist)])), "{theirs}");

    let first = scene.get("/search?q=e").await;
    assert!(!first.text.contains("<h2>"), "nobody is called so: {}", first.text);
    let next = first.text.split("<a href=\"").find(|part| part.contains("rel=\"next\"")).unwrap();
    let next = next.split('"').next().unwrap().replace("&#38;", "&");
    let second = scene.get(&next).await;
    let shown = |page: &Answer| -> Vec<String> {
        let links = page.text.split('"').filter(|part| part.starts_with("/album?"));
        links.map(str::to_owned).collect()
    };
    let (first, second) = (shown(&first), shown(&second));
    assert_eq!(first.len(), 30);
    assert!(!second.is_empty() && second.iter().all(|album| !first.contains(album)), "{second:?}");
}

#[tokio::test]
async fn an_album_is_found_looked_at_confirmed_and_scrobbled_once() {
    let scene = Scene::usual().await;
    let (artist, title) = album(&scene);
    let mut browser = Browser::of(&scene, "rj").await;
    let found = browser.get(&address("/search", &[("q", &title)])).await;
    assert!(found.text.contains("/album?artist="), "{}", found.text);
    let names = [("artist", artist.as_str()), ("album", title.as_str())];
    let page = browser.get(&address("/album", &names)).await;
    assert!(page.text.contains("listener") && page.text.contains("Scrobble the album"));
    let before = plays(&scene).len();
    let asked = browser.get(&address("/scrobble", &names)).await;
    assert_eq!(asked.status, 200, "{}", asked.text);
    assert_eq!(scene.ordered().await.len(), 0, "looking queues nothing");
    let fields = fields(&asked);
    let fields: Vec<(&str, &str)> =
        fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let first = browser.post("/api/scrobble/album", &fields).await;
    assert_eq!(first.status, 303, "{}", first.text);
    let again = browser.post("/api/scrobble/album", &fields).await;
    assert_eq!(again.header("location"), first.header("location"), "the form was sent twice");
    let job = first.header("location").to_owned();
    let page = until(&mut browser, &job, "accepted").await;
    let state = browser.get(&job.replace("/queue", "/api/scrobble")).await.json();
    let count = state["plays"].as_array().unwrap().len();
    assert!(count > 0, "{}", page.text);
    for _ in 0..300 {
        if plays(&scene).len() >= before + count {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(plays(&scene).len(), before + count, "each is there once");
    // It is marked now, and a second order leaves it out.
    let page = browser.get(&address("/album", &names)).await;
    assert!(page.text.contains("scrobbled "), "{}", page.text);
    let asked = browser.get(&address("/scrobble", &names)).await;
    assert!(asked.text.contains("left out"), "{}", asked.text);
}

#[tokio::test]
async fn a_program_queues_a_track_for_later_and_pauses_resumes_and_cancels_it() {
    let scene = Scene::new(Setting { works: false, ..Setting::default() }).await;
    let mut browser = Browser::of(&scene, "rj").await;
    let later = (crate::scene::now().as_unix() + 600).to_string();
    let order = serde_json::json!({
        "artist": "Low", "track": "Words", "when": "from", "at": later, "once": "a",
    });
    let mut queued = Vec::new();
    for _ in 0..2 {
        let request = browser.request("POST", "/api/scrobble/track");
        let request = request.header("content-type", "application/json").body(order.to_string());
        let answer = browser.send(request).await;
        assert_eq!(answer.status, 202, "{}", answer.text);
        queued.push(answer.json());
    }
    assert_eq!((&queued[0]["plays"], &queued[0]["already_there"]), (&1.into(), &false.into()));
    assert_eq!((&queued[1]["job"], &queued[1]["already_there"]), (&queued[0]["job"], &true.into()));
    let path = format!("/api/scrobble/{}", queued[0]["job"]);
    for (what, state) in
        [("", "scheduled"), ("pause", "paused"), ("resume", "scheduled"), ("cancel", "cancelled")]
    {
        if !what.is_empty() {
            let changed = browser.send(browser.request("POST", &format!("{path}/{what}"))).await;
            assert_eq!(changed.status, 200, "{}", changed.text);
            assert_eq!(changed.json()["plays"][0]["state"], state, "{}", changed.text);
        }
        let job = browser.get(&path).await.json();
        assert_eq!(job["plays"][0]["state"], state, "{job}");
    }
    assert_eq!(browser.post(&format!("{path}/explode"), &[]).await.status, 404);
    // A form is answered with a page; what was cancelled can be sent again as a whole.
    let page = browser.get(&path.replace("/api/scrobble", "/queue")).await;
    assert!(page.text.contains("Send what was cancelled again"), "{}", page.text);
    assert_eq!(browser.post(&format!("{path}/retry"), &[]).await.status, 303);
    let play = browser.get(&path).await.json()["plays"][0].clone();
    assert_eq!(play["state"], "ready", "{play}");
    let cancel = format!("/api/scrobble/play/{}/cancel", play["play"]);
    let play = browser.send(browser.request("POST", &cancel)).await.json();
    assert_eq!(play["state"], "cancelled", "{play}");
}

#[tokio::test]
async fn a_program_is_told_how_the_queue_stands() {
    let scene = Scene::new(Setting { works: false, ..Setting::default() }).await;
    let mut browser = Browser::of(&scene, "rj").await;
    let empty = browser.get("/api/scrobble").await.json();
    assert_eq!(empty, serde_json::json!({ "counts": {}, "hold": null, "jobs": [], "more": 0 }));
    for once in ["a", "b"] {
        let form = [("artist", "Low"), ("track", once), ("once", once)];
        assert_eq!(browser.post("/api/scrobble/track", &form).await.status, 303);
    }
    let queue = browser.get("/api/scrobble").await.json();
    assert_eq!(queue["counts"], serde_json::json!({ "ready": 2 }), "{queue}");
    assert_eq!(queue["jobs"][0]["title"], "Low – b", "the newest first: {queue}");
    assert_eq!(scene.get("/api/scrobble").await.status, 401);
}

#[tokio::test]
async fn what_is_understood_but_cannot_be_sent_is_told_with_its_reasons() {
    let scene = Scene::new(Setting { works: false, ..Setting::default() }).await;
    let mut browser = Browser::of(&scene, "rj").await;
    let order = serde_json::json!({ "artist": "Unknown Artist", "track": "Words" });
    let request = browser.request("POST", "/api/scrobble/track");
    let request = request.header("content-type", "application/json").body(order.to_string());
    let answer = browser.send(request).await;
    assert_eq!(answer.status, 422, "{}", answer.text);
    let problem = answer.json();
    assert_eq!(problem["type"], "/api#nothing-to-queue");
    assert_eq!(problem["left_out"][0]["name"], "Unknown Artist – Words", "{problem}");
    let why = problem["left_out"][0]["why"].as_str().unwrap();
    assert!(why.starts_with("Last.fm would refuse it"), "{problem}");
    // The same of a page, with something to do about it.
    let form = [("artist", "Low"), ("track", "Words"), ("once", "a")];
    assert_eq!(browser.post("/api/scrobble/track", &form).await.status, 303);
    let asked = browser.get("/scrobble?artist=Low&track=Words").await;
    assert!(asked.text.contains("Scrobble again</button>"), "{}", asked.text);
    assert!(asked.text.contains("name=\"again\" value=\"true\" required"), "{}", asked.text);
    let again = [("artist", "Low"), ("track", "Words"), ("once", "b")];
    let page = browser.form("/api/scrobble/track", &again).header("accept", "text/html");
    let page = browser.send(page).await;
    assert_eq!(page.status, 422);
    assert!(page.text.contains("Scrobble something else"), "{}", page.text);
}

#[tokio::test]
async fn an_album_or_a_job_that_is_not_there_has_a_page_with_the_right_thing_to_do() {
    let scene = Scene::new(Setting { works: false, ..Setting::default() }).await;
    let mut browser = Browser::of(&scene, "rj").await;
    for (path, status, href) in [
        ("/album?artist=No&album=Such", 404, "/search?q=Such"),
        ("/scrobble?artist=No&album=Such", 404, "/search?q=Such"),
        ("/queue/99", 404, "/queue"),
    ] {
        let page = browser.get(path).await;
        assert_eq!(page.status, status, "{}", page.text);
        let button = format!("<a class=\"button\" href=\"{href}\">");
        assert!(page.text.contains(&button), "{path}: {}", page.text);
    }
    let problem = browser.get("/api/scrobble/99").await.json();
    assert_eq!(problem["type"], "/api#no-such-job");
}

#[tokio::test]
async fn a_job_says_how_many_plays_it_does_not_tell() {
    let scene = Scene::new(Setting { works: false, ..Setting::default() }).await;
    let mut browser = Browser::of(&scene, "rj").await;
    let song = |n| serde_json::json!({"artist": "Low", "track": format!("Song {n}")});
    let order = serde_json::json!({"items": (0..1_100).map(song).collect::<Vec<_>>()});
    let request = browser.request("POST", "/api/scrobble/collection");
    let request = request.header("content-type", "application/json").body(order.to_string());
    let queued = browser.send(request).await;
    assert_eq!(queued.status, 202, "{}", queued.text);
    let job = browser.get(&format!("/api/scrobble/{}", queued.json()["job"])).await.json();
    assert_eq!((job["plays"].as_array().unwrap().len(), &job["more"]), (1_000, &100.into()));
}

#[tokio::test]
async fn what_cannot_be_read_or_would_be_refused_queues_nothing() {
    let scene = Scene::new(Setting { works: false, ..Setting::default() }).await;
    let mut browser = Browser::of(&scene, "rj").await;
    for form in [
        &[("artist", "Low")][..],
        &[("artist", "Low"), ("track", "Words"), ("when", "from"), ("at", "yesterday")],
    ] {
        let answer = browser.post("/api/scrobble/track", form).await;
        assert_eq!(answer.status, 400, "{form:?} {}", answer.text);
    }
    for form in [
        &[("artist", "Low"), ("track", "Words"), ("when", "from"), ("at", "1000000000")][..],
        &[("artist", ""), ("track", "Words")],
    ] {
        let answer = browser.post("/api/scrobble/track", form).await;
        assert_eq!(answer.status, 422, "{form:?} {}", answer.text);
    }
    assert!(browser.get("/queue").await.text.contains("Nothing was queued yet"));
}

#[tokio::test]
async fn what_is_too_old_is_not_compared_with_all_that_was_ever_heard() {
    let scene = Scene::new(Setting { works: false, ..Setting::default() }).await;
    let mut browser = Browser::of(&scene, "rj").await;
    let form = [("artist", "Low"), ("track", "Words"), ("when", "from"), ("at", "0")];
    assert_eq!(browser.post("/api/scrobble/track", &form).await.status, 422);
    assert_eq!(browser.get(&address("/scrobble", &form)).await.status, 200);
    let fake = scene.fake.lastfm();
    let asked = fake.log().iter().filter(|call| call.method == "user.getRecentTracks");
    let asked = asked.flat_map(|call| &call.params).filter(|(name, _)| name == "from");
    let asked: Vec<i64> = asked.map(|(_, from)| from.parse().unwrap()).collect();
    let two_weeks = crate::scene::now().plus(-15 * 86_400).as_unix();
    assert!(!asked.is_empty() && asked.iter().all(|from| *from > two_weeks), "{asked:?}");
}

#[tokio::test]
async fn everything_about_somebody_goes_at_their_word_and_at_nothing_else() {
    let scene = Scene::usual().await;
    let mut browser = Browser::of(&scene, "rj").await;
    browser.post("/account/resume", &[]).await;
    until(&mut browser, "/account", "500 plays archived").await;
    let form = [("artist", "Low"), ("track", "Words")];
    let queued = browser.post("/api/scrobble/track", &form).await;
    until(&mut browser, queued.header("location"), "accepted").await;
    let csv = browser.post("/account/export/csv", &[]).await;
    assert_eq!((csv.status, csv.header("content-type")), (200, "text/csv; charset=utf-8"));
    assert!(csv.text.lines().count() >= 501, "{}", csv.text.len());
    let jsonl = browser.post("/account/export/jsonl", &[]).await;
    assert!(jsonl.text.lines().count() >= 500);
    for line in jsonl.text.lines() {
        lastfm_core::Play::from_json(line).unwrap();
    }
    for wrong in ["", "eve", "r j"] {
        assert_eq!(browser.post("/account/delete", &[("name", wrong)]).await.status, 400);
    }
    assert!(browser.user().await.is_some());
    let gone = browser.post("/account/delete", &[("name", "RJ")]).await;
    assert_eq!((gone.status, gone.header("location")), (303, "/"), "{}", gone.text);
    assert_eq!(browser.user().await, None);
    let name = "rj".parse().unwrap();
    assert!(scene.db.store.user(&name).await.unwrap().is_none());
    let file = rusqlite::Connection::open(&scene.logins).unwrap();
    for table in ["server_keys", "server_sessions"] {
        let count = format!("SELECT count(*) FROM {table}");
        assert_eq!(file.query_row(&count, (), |row| row.get::<_, i64>(0)).unwrap(), 0, "{table}");
    }
    let queue = scene.db.queue().await.unwrap();
    for account in queue.accounts().await.unwrap() {
        let plays = queue.counts(&account, crate::scene::now()).await.unwrap();
        assert_eq!(plays.total(), 0);
    }
}
