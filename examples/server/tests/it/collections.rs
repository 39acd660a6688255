//! Lists of albums and tracks, and plays that are scheduled, up to what Last.fm then shows.

use std::sync::Arc;

use jobs::{Kind, Status};
use lastfm_core::scrobble::{Account, Repeats, Submission};
use lastfm_core::testing::{FakeLastfm, Fault, RandomFault, Scenario};
use lastfm_core::{NewPlay, PlayerTrack, Service, Timestamp};
use serde_json::{Value, json};
use terminal::database::Place;

use crate::browser::Browser;
use crate::scene::{Answer, CANARY, SECRET, Scene, Setting, now};
use crate::scrobbles::{album, until};

const API: &str = "/api/scrobble/collection";

async fn idle() -> Scene {
    Scene::new(Setting { works: false, ..Setting::default() }).await
}

/// A form with a file, as a page sends it.
fn upload(browser: &Browser<'_>, file: &[u8], fields: &[(&str, &str)]) -> reqwest::RequestBuilder {
    let mut body = Vec::new();
    for (name, value) in fields {
        let part =
            format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        body.extend(part.into_bytes());
    }
    let part = "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"records.csv\"\r\n\
        Content-Type: text/csv\r\n\r\n";
    body.extend(part.as_bytes());
    body.extend(file);
    body.extend(b"\r\n--edge--\r\n");
    let kind = "multipart/form-data; boundary=edge";
    let request = browser.request("POST", "/collection");
    request.header("content-type", kind).header("accept", "text/html").body(body)
}

/// What the form of a plan would send if nobody changed it.
fn fields(page: &Answer) -> Vec<(String, String)> {
    let form = page.text.split_once("action=\"/collection\">").expect(&page.text).1;
    let form = form.split_once("</form>").unwrap().0;
    let plain = |text: &str| {
        let text = text.replace("&#60;", "<").replace("&#62;", ">").replace("&#34;", "\"");
        text.replace("&#39;", "'").replace("&#38;", "&")
    };
    let mut fields = Vec::new();
    for input in form.split("<input ").skip(1).filter(|input| !input.contains("checkbox")) {
        let of =
            |what: &str| input.split_once(what).map(|(_, rest)| rest.split('"').next().unwrap());
        fields.push((of("name=\"").unwrap().to_owned(), plain(of("value=\"").unwrap_or_default())));
    }
    let chosen = form.split_once("\" selected").unwrap().0.rsplit('"').next().unwrap();
    fields.push(("when".to_owned(), chosen.to_owned()));
    fields
}

fn borrowed(fields: &[(String, String)]) -> Vec<(&str, &str)> {
    fields.iter().map(|(name, value)| (&**name, &**value)).collect()
}

/// An order of a program.
async fn order(browser: &mut Browser<'_>, order: &Value) -> Answer {
    let request = browser.request("POST", API).header("content-type", "application/json");
    browser.send(request.body(order.to_string())).await
}

async fn jobs_of(browser: &mut Browser<'_>) -> usize {
    browser.get("/queue").await.text.matches("<li><a href=\"/queue/").count()
}

fn songs(count: usize) -> Vec<Value> {
    (0..count).map(|n| json!({"artist": "Low", "track": format!("Song {n}")})).collect()
}

fn shown(scene: &Scene, name: &str) -> usize {
    let plays = scene.fake.lastfm().truth_of("rj").unwrap();
    plays.iter().filter(|play| &*play.track == name).count()
}

#[tokio::test]
async fn a_list_is_uploaded_looked_at_confirmed_and_scrobbled_once() {
    let scene = Scene::usual().await;
    let (artist, title) = album(&scene);
    let recently = now().plus(-600);
    scene.fake.lastfm().insert(recently, "Low", "Fear", None);
    let mut browser = Browser::of(&scene, "rj").await;
    let list = format!(
        "artist,album,track,length\n\"{artist}\",\"{title}\",,\nLow,,Words,3:20\nLow,,Fear,\n\
         ,,Nothing,\nLow,No Such Album,,\nLow,,Lullaby,long\nUnknown Artist,,Track 01,\n"
    );
    let page = browser.send(upload(&browser, list.as_bytes(), &[("when", "ended")])).await;
    assert_eq!(page.status, 200, "{}", page.text);
    for words in [
        "Scrobble records.csv?",
        "Entry 4</span> <span class=\"many soft\">it names no artist",
        "Entry 6</span> <span class=\"many soft\">&#34;long&#34; is no length",
        "Low – No Such Album</span> <span class=\"many soft\">no tracks at Last.fm",
        "Low – Fear</span> <span class=\"many soft\">scrobbled 10 min ago",
        "Unknown Artist – Track 01</span> <span class=\"many soft\">Last.fm would refuse it",
        "Low – Words",
        "all of it is sent today",
    ] {
        assert!(page.text.contains(words), "{words}: {}", page.text);
    }
    assert!(scene.ordered().await.is_empty(), "looking queues nothing");
    let fields = fields(&page);
    let first = browser.post(API, &borrowed(&fields)).await;
    assert_eq!(first.status, 303, "{}", first.text);
    let again = browser.post(API, &borrowed(&fields)).await;
    assert_eq!(again.header("location"), first.header("location"), "the form was sent twice");
    let job = first.header("location").to_owned();
    let state = browser.get(&job.replace("/queue", "/api/scrobble")).await.json();
    let plays = state["plays"].as_array().unwrap().len();
    assert!(plays > 1, "{state}");
    until(&mut browser, &job, &format!("role=\"status\">{plays} accepted")).await;
    assert_eq!((shown(&scene, "Words"), shown(&scene, "Fear")), (1, 1));
    assert_eq!((shown(&scene, "Track 01"), jobs_of(&mut browser).await), (0, 1));
    // The same list another time: all of it looks as if it were there.
    let page = browser.send(upload(&browser, list.as_bytes(), &[])).await;
    assert!(page.text.contains("Nothing of it is left to be scrobbled"), "{}", page.text);
    assert!(page.text.contains("Also those that were scrobbled already"));
}

#[tokio::test]
async fn a_list_is_pasted_as_json_or_text_and_planned_again_without_a_script() {
    let scene = idle().await;
    let mut browser = Browser::of(&scene, "rj").await;
    assert!(browser.get("/search").await.text.contains("href=\"/collection\""));
    assert!(browser.get("/queue").await.text.contains("href=\"/collection\""));
    assert!(browser.get("/collection").await.text.contains("multipart/form-data"));
    let pasted = r#"[{"artist":"Low","track":"\"Words\" <3 & more"}]"#;
    let fields_of_paste = [("text", pasted), ("title", "Mine"), ("when", "now")];
    let page = browser.send(upload(&browser, b"", &fields_of_paste)).await;
    assert!(page.text.contains("Scrobble Mine?"), "{}", page.text);
    let first = fields(&page);
    assert!(first.contains(&("text".to_owned(), pasted.to_owned())), "{first:?}");
    let mut changed = first.clone();
    for (name, value) in &mut changed {
        match &**name {
            "when" => "from".clone_into(value),
            "at" => *value = now().plus(3600).as_unix().to_string(),
            _ => {}
        }
    }
    let page = browser.post("/collection", &borrowed(&changed)).await;
    assert_eq!(page.status, 200, "{}", page.text);
    let once = |fields: &[(String, String)]| {
        fields.iter().find(|(name, _)| name == "once").unwrap().1.clone()
    };
    assert_eq!(once(&fields(&page)), once(&first), "it is still the same order");
    let queued = browser.post(API, &borrowed(&fields(&page))).await;
    let page = browser.get(queued.header("location")).await;
    assert!(page.text.contains("1 scheduled · next"), "{}", page.text);
    assert!(page.text.contains("&#34;Words&#34; &#60;3 &#38; more"), "{}", page.text);
}

#[tokio::test]
async fn more_than_a_day_takes_is_spread_over_days_and_said_so_first() {
    let scene = idle().await;
    let mut browser = Browser::of(&scene, "rj").await;
    let mut list = json!({"items": songs(1200), "title": "Songs", "once": "a", "dry_run": true});
    let told = order(&mut browser, &list).await;
    assert_eq!(told.status, 200, "{}", told.text);
    let told = told.json();
    assert_eq!(
        (&told["plays"], &told["days"], &told["job"]),
        (&1200.into(), &2.into(), &Value::Null)
    );
    assert_eq!((scene.ordered().await.len(), jobs_of(&mut browser).await), (0, 0));
    list["dry_run"] = false.into();
    let queued = order(&mut browser, &list).await;
    assert_eq!((queued.status, &queued.json()["plays"]), (202, &1200.into()), "{}", queued.text);
    let page = browser.get("/queue").await;
    assert!(page.text.contains("500 ready · 700 scheduled · next"), "{}", page.text);
    let page = browser.get(&format!("/queue/{}", queued.json()["job"])).await;
    assert!(page.text.contains("And 200 more"), "{}", page.text);
    // What comes next stands behind it.
    let more: Vec<Value> =
        (0..10).map(|n| json!({"artist": "Ida", "track": format!("B {n}")})).collect();
    let told = order(&mut browser, &json!({"items": more, "dry_run": true})).await.json();
    assert_eq!(told["days"], 2, "{told}");
    let ending =
        json!({"items": more, "when": "until", "at": now().plus(-60).as_unix().to_string()});
    let refused = order(&mut browser, &ending).await;
    assert_eq!(refused.status, 400, "{}", refused.text);
    assert!(refused.text.contains("does not fit"));
}

#[tokio::test]
async fn a_program_is_told_what_became_of_each_entry_and_the_same_order_is_one() {
    let scene = idle().await;
    let (artist, title) = album(&scene);
    let played_at = now().plus(-86_400).as_unix();
    let mut browser = Browser::of(&scene, "rj").await;
    let list = json!({
        "title": "Records", "once": "a",
        "items": [
            {"artist": artist, "album": title}, {"artist": "Low", "album": "No Such Album"},
            {"artist": "Low", "track": "Words", "album": "I Could Live in Hope", "at": played_at},
            {"artist": "Low", "track": "Words", "at": played_at}, {"track": "Fear"}, 7,
            {"artist": "Low", "track": "Old", "at": "2010-01-01 10:00"},
            {"artist": "Low", "track": "Later", "at": now().plus(7200).as_unix()},
        ],
    });
    let request = browser.request("POST", &format!("{API}?dry_run=true"));
    let request = request.header("content-type", "application/json").body(list.to_string());
    let told = browser.send(request).await;
    assert_eq!(told.status, 200, "{}", told.text);
    let queued = order(&mut browser, &list).await;
    assert_eq!(queued.status, 202, "{}", queued.text);
    let queued = queued.json();
    for of in ["plays", "left_out", "damaged", "unknown"] {
        assert_eq!(queued[of], told.json()[of], "{of}");
    }
    assert_eq!(queued["unknown"], json!([{"artist": "Low", "album": "No Such Album"}]));
    let entries: Vec<&Value> =
        queued["damaged"].as_array().unwrap().iter().map(|one| &one["entry"]).collect();
    assert_eq!(entries, [5, 6]);
    let left_out = queued["left_out"].as_array().unwrap();
    let why = |name: &str| {
        let of_name = left_out.iter().find(|left| left["name"] == name);
        of_name.unwrap_or_else(|| panic!("{left_out:?}"))["why"].as_str().unwrap().to_owned()
    };
    assert_eq!(why("Low – Words"), "it is in the list twice");
    assert!(why("Low – Old").contains("Last.fm would refuse it"));
    let job = browser.get(&format!("/api/scrobble/{}", queued["job"])).await.json();
    let plays = job["plays"].as_array().unwrap();
    assert_eq!(plays.len() as u64, queued["plays"].as_u64().unwrap());
    let play = |name: &str| plays.iter().find(|play| play["track"] == name).unwrap();
    assert_eq!(play("Words")["played_at"], played_at);
    assert_eq!(play("Later")["state"], "scheduled");
    let again = order(&mut browser, &list).await.json();
    assert_eq!((&again["job"], &again["already_there"]), (&queued["job"], &true.into()));
    // In another list its plays are known by their moments.
    let other = json!({"again": true, "items": [
        {"artist": "LOW", "track": "words", "at": played_at}, {"artist": "Low", "track": "Fear"},
    ]});
    let other = order(&mut browser, &other).await.json();
    assert_eq!((&other["plays"], jobs_of(&mut browser).await), (&1.into(), 2), "{other}");
}

#[tokio::test]
async fn what_is_no_list_or_too_long_is_refused_with_words_and_queues_nothing() {
    let scene = idle().await;
    let mut browser = Browser::of(&scene, "rj").await;
    let too_long = "x".repeat(64 * 1024 + 1);
    for (file, words) in [
        (&b"artist,track\nMot\xf6rhead,Bomber\n"[..], "its text is not UTF-8"),
        (b"", "it is empty"),
        (b"title,year\nTrust,2002\n", "names no column"),
        (b"[{\"artist\":", "it is no JSON"),
        (too_long.as_bytes(), "scrobbler collection"),
    ] {
        let page = browser.send(upload(&browser, file, &[])).await;
        assert_eq!(page.status, 400, "{}", page.text);
        assert!(page.text.contains(words), "{words}: {}", page.text);
    }
    let far_too_long = "x".repeat(300 * 1024);
    let page = browser.send(upload(&browser, far_too_long.as_bytes(), &[])).await;
    assert_eq!(page.status, 413, "{}", page.text);
    let albums: Vec<Value> =
        (0..201).map(|n| json!({"artist": "Low", "album": format!("Album {n}")})).collect();
    let answer = order(&mut browser, &json!({ "items": albums })).await;
    assert_eq!(answer.status, 400);
    assert!(answer.text.contains("200 albums") && answer.text.contains("scrobbler collection"));
    for list in [
        json!({"items": songs(1), "text": "artist,track\nLow,Words\n"}),
        json!({"items": songs(1), "per_day": 0}),
        json!({"items": songs(1), "when": "from", "at": "2999-01-01T00:00"}),
        json!({"text": "artist,track\nMot\u{fffd}rhead,Bomber"}),
    ] {
        let answer = order(&mut browser, &list).await;
        assert_eq!(answer.status, 400, "{list} {}", answer.text);
        assert!(
            answer.text.contains("queued") || answer.text.contains("a year"),
            "{}",
            answer.text
        );
    }
    for list in [
        json!({"items": songs(1), "when": "from", "at": "2010-01-01T00:00"}),
        json!({"items": [{"artist": "Low"}]}),
    ] {
        let nothing = order(&mut browser, &list).await;
        assert_eq!(nothing.json()["type"], "/api#nothing-to-queue", "{}", nothing.text);
    }
    // What was pasted is still there, with what is wrong about it.
    let pasted = [("text", "title,year\nTrust,2002"), ("title", "Mine")];
    let page = browser.post("/collection", &pasted).await;
    assert_eq!(page.status, 400);
    for kept in ["title,year\nTrust,2002</textarea>", "value=\"Mine\"", "names no column"] {
        assert!(page.text.contains(kept), "{kept}: {}", page.text);
    }
    assert_eq!((jobs_of(&mut browser).await, scene.ordered().await.len()), (0, 0));
}

#[tokio::test]
async fn a_page_of_somebody_elses_and_whoever_is_not_logged_in_queue_nothing() {
    let scene = idle().await;
    let mut browser = Browser::of(&scene, "rj").await;
    let body = "text=artist%2Ctrack%0ALow%2CWords";
    for path in ["/collection", API] {
        let foreign = browser.scene.request("POST", path).header("sec-fetch-site", "cross-site");
        let cookies: Vec<String> =
            browser.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let foreign = foreign.header("cookie", cookies.join("; "));
        let foreign = foreign.header("content-type", "application/x-www-form-urlencoded");
        assert_eq!(Answer::of(foreign.body(body)).await.status, 403, "{path}");
        let nobody = Browser::new(&scene);
        let form = nobody.form(path, &[("text", "artist,track\nLow,Words")]);
        let page = Answer::of(form.header("accept", "text/html")).await;
        assert_eq!(page.status, 401, "{path}");
        assert!(page.text.contains("those who have logged in"), "{}", page.text);
        assert!(page.text.contains("href=\"/account\""));
    }
    assert_eq!(scene.get("/collection").await.status, 401);
    assert_eq!(jobs_of(&mut browser).await, 0);
}

#[tokio::test]
async fn names_of_a_list_are_text_wherever_they_are_shown() {
    let scene = idle().await;
    let mut browser = Browser::of(&scene, "rj").await;
    let hostile = "<img src=x onerror=alert(1)>";
    let list =
        format!("artist,track,length\n{hostile},\"\"\"'><script>\",\n{hostile},x,{hostile}\n");
    let fields_of_paste = [("text", &*list), ("title", "\"><script>alert(1)</script>")];
    let page = browser.send(upload(&browser, b"", &fields_of_paste)).await;
    assert_eq!(page.status, 200, "{}", page.text);
    let queued = browser.post(API, &borrowed(&fields(&page))).await;
    assert_eq!(queued.status, 303, "{}", queued.text);
    let job = browser.get(queued.header("location")).await;
    for page in [page, job, browser.get("/queue").await] {
        assert!(!page.text.contains("<img") && !page.text.contains("<script>"), "{}", page.text);
        assert!(page.text.contains("alert(1)"));
    }
}

#[tokio::test]
async fn albums_that_take_long_are_said_to_be_looked_up_and_the_page_goes_on() {
    let mut scenario = Scenario::still(500);
    scenario.faults.random.push(RandomFault::new(1.0, Fault::Timeout).of("album.getInfo"));
    let scene = Scene::new(Setting { works: false, scenario, ..Setting::default() }).await;
    let mut browser = Browser::of(&scene, "rj").await;
    let list = b"artist,album,track\nLow,Trust,\nLow,,Words\n";
    let page = browser.send(upload(&browser, list, &[])).await;
    assert_eq!(page.status, 200, "{}", page.text);
    assert!(page.text.contains("asked about 0 of 1 album so far"), "{}", page.text);
    assert!(page.text.contains("Go on") && !page.text.contains("formaction"), "{}", page.text);
    let text = String::from_utf8(list.to_vec()).unwrap();
    let answer = order(&mut browser, &json!({ "text": text })).await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, "15"), "{}", answer.text);
    assert_eq!(jobs_of(&mut browser).await, 0);
}

/// Queues one track that begins at this moment; nobody knows its length, so that it counts after 90 s.
async fn queue_track(browser: &mut Browser<'_>, name: &str, at: Timestamp) -> String {
    let at = at.as_unix().to_string();
    let form = [("artist", "Low"), ("track", name), ("when", "from"), ("at", &at)];
    let queued = browser.post("/api/scrobble/track", &form).await;
    assert_eq!(queued.status, 303, "{}", queued.text);
    queued.header("location").to_owned()
}

#[tokio::test]
async fn a_play_that_is_scheduled_is_sent_when_it_is_due_and_not_before() {
    let scene = Scene::usual().await;
    let mut browser = Browser::of(&scene, "rj").await;
    let began = now().plus(-84);
    let job = queue_track(&mut browser, "Words", began).await;
    until(&mut browser, &job, "1 accepted").await;
    let fake = scene.fake.lastfm();
    let sent = fake.log().iter().find(|entry| entry.method == "track.scrobble").unwrap();
    let sent_at = fake.start().plus(i64::try_from(sent.at_ms / 1000).unwrap());
    // The fake's clock began within a second of the other one.
    assert!(sent_at.plus(1) >= began.plus(90), "{sent_at} {began}");
}

#[tokio::test]
async fn what_is_scheduled_waits_shows_when_lets_others_pass_and_can_be_cancelled() {
    let scene = Scene::usual().await;
    let mut browser = Browser::of(&scene, "rj").await;
    let later = now().plus(3600);
    let job = queue_track(&mut browser, "Words", later).await;
    let page = browser.get(&job).await;
    let due = terminal::show::minute(later.plus(90));
    assert!(
        page.text.contains("1 scheduled · next <time") && page.text.contains(&due),
        "{}",
        page.text
    );
    assert!(browser.get("/queue").await.text.contains(&due));
    let view = browser.get(&job.replace("/queue", "/api/scrobble")).await.json();
    assert_eq!(view["plays"][0]["due_at"], later.plus(90).as_unix());
    let user = "rj".parse().unwrap();
    let sleeps = async || {
        for _ in 0..600 {
            let job = scene.jobs.find(Kind::Scrobble, &user, None).await.unwrap().unwrap();
            if let (Status::Waiting, Some(at)) = (job.status, job.resume_at) {
                return at.as_unix();
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        panic!("it never goes to sleep");
    };
    assert!((later.plus(90).as_unix() - sleeps().await).abs() <= 5);
    // What is queued meanwhile does not wait for it.
    let other = queue_track(&mut browser, "Fear", now().plus(-600)).await;
    until(&mut browser, &other, "1 accepted").await;
    assert!((later.plus(90).as_unix() - sleeps().await).abs() <= 5);
    assert_eq!((shown(&scene, "Words"), shown(&scene, "Fear")), (0, 1));
    let path = job.replace("/queue", "/api/scrobble");
    assert_eq!(browser.post(&format!("{path}/cancel"), &[]).await.status, 303);
    assert!(browser.get(&job).await.text.contains("1 cancelled"));
    let queue = scene.db.queue().await.unwrap();
    let account = queue.accounts().await.unwrap().remove(0);
    assert_eq!(queue.next_due(&account).await.unwrap(), None);
}

#[tokio::test]
async fn an_album_and_a_list_begin_or_end_at_a_moment_to_come() {
    let scene = idle().await;
    let (artist, title) = album(&scene);
    let mut browser = Browser::of(&scene, "rj").await;
    let at = now().plus(86_400);
    for when in ["from", "until"] {
        let form = [("artist", &*artist), ("album", &*title), ("when", when), ("again", "true")];
        let moment = at.as_unix().to_string();
        let form = [&form[..], &[("at", &*moment)]].concat();
        let queued = browser.post("/api/scrobble/album", &form).await;
        assert_eq!(queued.status, 303, "{}", queued.text);
        let path = queued.header("location").replace("/queue", "/api/scrobble");
        let job = browser.get(&path).await.json();
        let plays = job["plays"].as_array().unwrap();
        assert!(plays.iter().all(|play| play["state"] == "scheduled"), "{job}");
        let first = plays[0]["played_at"].as_i64().unwrap();
        assert_eq!(
            (first == at.as_unix(), first < at.as_unix()),
            (when == "from", when == "until")
        );
        assert_eq!(browser.post(&format!("{path}/cancel"), &[]).await.status, 303);
    }
    // More than fits into today: nothing of it is played before.
    let list = json!({"items": songs(700), "when": "from", "at": at.as_unix().to_string()});
    let queued = order(&mut browser, &list).await;
    assert_eq!(queued.status, 202, "{}", queued.text);
    let queued = queued.json();
    assert!(queued["begins_at"].as_i64().unwrap() >= at.as_unix(), "{queued}");
    let job = browser.get(&format!("/api/scrobble/{}", queued["job"])).await.json();
    assert_eq!(job["counts"], json!({"scheduled": 700}));
}

#[tokio::test]
async fn what_is_due_though_nobody_has_ordered_its_sending_is_sent() {
    let kept = tempfile::tempdir().unwrap();
    let place = || Place::File(kept.path().join("scrobbles.db"));
    let jobs = kept.path().join("jobs.db").display().to_string();
    let mut fake = FakeLastfm::new(7, &Scenario::still(500), now());
    fake.know_app(CANARY, SECRET);
    let fake = Arc::new(fake_lastfm::serve(fake, 0).await.unwrap());
    let folder = || tempfile::tempdir().unwrap();
    let setting = Setting { works: false, ..Setting::default() };
    let first = Scene::at(setting, place(), &jobs, Arc::clone(&fake), folder()).await;
    Browser::of(&first, "rj").await;
    let account = Account::new(&Service::from(fake.url()), "rj".parse().unwrap());
    let play = NewPlay::new(PlayerTrack::new("Low", "Words"), now().plus(-600));
    let queue = first.db.queue().await.unwrap();
    let play = vec![Submission::new(play)];
    queue.enqueue(&account, play, Repeats::Same, now()).await.unwrap();
    assert!(first.ordered().await.is_empty());
    drop(first);
    let second = Scene::at(Setting::default(), place(), &jobs, Arc::clone(&fake), folder()).await;
    for _ in 0..600 {
        if shown(&second, "Words") == 1 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("it is never sent: {:?}", second.ordered().await);
}
