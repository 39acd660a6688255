//! What programs are told.

use crate::scene::{Answer, Scene, Setting, now};

fn year() -> i16 {
    now().year().unwrap() - 1
}

#[tokio::test]
async fn what_pages_show_is_there_as_json_and_adds_up() {
    let scene = Scene::usual().await;
    let path = format!("/user/rj/{}", year());
    scene.until(&path, "complete").await;
    let of = scene.get(&format!("/api{path}")).await.json();
    let sum = |list: &serde_json::Value| -> u64 {
        list.as_array().unwrap().iter().map(|one| one["plays"].as_u64().unwrap()).sum()
    };
    assert!(of["covered"].as_bool().unwrap() && of["plays"].as_u64().unwrap() > 0);
    assert_eq!(sum(&of["released"]) + sum(&of["undated"]), of["plays"].as_u64().unwrap());
    let first = &of["released"][0];
    let albums = scene.get(&format!("/api{path}/{}", first["year"])).await.json();
    assert_eq!(albums["plays"], first["plays"]);
    assert_eq!(albums["count"], first["albums"]);
    assert_eq!(sum(&albums["albums"]), first["plays"].as_u64().unwrap());
    let user = scene.get("/api/user/RJ").await.json();
    assert_eq!(user["name"], "rj");
    assert_eq!(user["archive"]["plays"], of["plays"]);
    assert_eq!(user["latest"].as_array().unwrap().len(), 10);
    let listed = user["years"].as_array().unwrap();
    let listed = listed.iter().find(|one| one["year"] == year()).unwrap();
    assert_eq!((&listed["plays"], &listed["covered"]), (&of["plays"], &true.into()));
}

#[tokio::test]
async fn an_answer_that_a_program_has_is_not_sent_again_until_it_changes() {
    let scene = Scene::usual().await;
    let path = format!("/api/user/rj/{}", year());
    scene.until(&format!("/user/rj/{}", year()), "complete").await;
    let first = scene.get(&path).await;
    let known = scene.request("GET", &path).header("if-none-match", first.header("etag"));
    let again = Answer::of(known).await;
    assert_eq!((again.status, again.text.len()), (304, 0));
    assert_eq!(again.header("etag"), first.header("etag"));
    // Another play of that year.
    let at = lastfm_core::archive::Span::year(year()).unwrap().start.plus(5);
    scene.fake.lastfm().insert(at, "Low", "Words", Some("I Could Live in Hope"));
    let ordered = Answer::of(scene.request("POST", &format!("{path}/fetch"))).await;
    assert_eq!(ordered.status, 202);
    assert_eq!(ordered.json()["user"], "rj");
    let more = format!("\"plays\":{}", first.json()["plays"].as_u64().unwrap() + 1);
    let changed = scene.until(&path, &more).await;
    assert_ne!(changed.header("etag"), first.header("etag"));
}

#[tokio::test]
async fn every_call_is_described_and_what_is_described_is_there() {
    let scene = Scene::new(Setting { works: false, ..Setting::default() }).await;
    let described = scene.get("/api/openapi.json").await.json();
    assert!(described["openapi"].as_str().unwrap().starts_with("3."));
    let paths = described["paths"].as_object().unwrap();
    let routes = include_str!("../../src/router.rs");
    for route in routes.split('"').filter(|text| text.starts_with("/api/")) {
        assert!(route.ends_with("openapi.json") || paths.contains_key(route), "{route}");
    }
    for (path, verbs) in paths {
        for verb in verbs.as_object().unwrap().keys() {
            let path = path.replace("{name}", "rj").replace("{year}", &year().to_string());
            let path = path.replace("{released}", "1970s");
            let answer = scene.request(&verb.to_uppercase(), &path).send().await.unwrap();
            let for_members = ["/api/auth/", "/api/scrobble"].iter().any(|of| path.starts_with(of));
            let is_there = matches!(answer.status().as_u16(), 200 | 303 | 400 | 401);
            assert!(
                answer.status().is_success()
                    || path.ends_with("/events")
                    || (for_members && is_there),
                "{verb} {path}: {answer:?}"
            );
        }
    }
    let viewer = scene.get("/api").await;
    assert!(paths.keys().all(|path| viewer.text.contains(path.as_str())), "{}", viewer.text);
    assert!(!viewer.text.contains("src=\"http"));
}

#[tokio::test]
async fn a_program_is_told_of_nobody_by_a_problem() {
    let scene = Scene::usual().await;
    for path in ["/api/user/nobody".to_owned(), format!("/api/user/nobody/{}", year())] {
        let problem = scene.get(&path).await;
        assert_eq!(
            (problem.status, problem.header("content-type")),
            (404, "application/problem+json")
        );
        assert_eq!(problem.json()["title"], "Last.fm knows nobody called nobody");
    }
}
