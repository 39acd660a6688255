//! What people see.

use lastfm_core::archive::Span;
use lastfm_core::testing::{Happening, Scenario};

use crate::scene::{Scene, Setting, now};

/// The year before this one: a whole one.
fn last_year() -> i16 {
    now().year().unwrap() - 1
}

/// Every number behind `needle`, up to the next one that is no digit.
fn number_after(text: &str, needle: &str) -> u64 {
    let (_, rest) = text.split_once(needle).unwrap_or_else(|| panic!("no {needle:?} in {text}"));
    let digits: String =
        rest.chars().filter(|letter| *letter != ',').take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap_or_else(|_| panic!("no number after {needle:?}"))
}

#[tokio::test]
async fn a_name_in_another_case_leads_to_its_own_spelling() {
    let mut scenario = Scenario::still(50);
    "BigFan".clone_into(&mut scenario.user);
    let scene = Scene::new(Setting { scenario, ..Setting::default() }).await;
    let year = last_year();
    for (asked, found) in [
        ("/user/bigfan".to_owned(), "/user/BigFan".to_owned()),
        (format!("/user/BIGFAN/{year}"), format!("/user/BigFan/{year}")),
    ] {
        let answer = scene.get(&asked).await;
        assert_eq!((answer.status, answer.header("location")), (307, found.as_str()));
    }
    assert_eq!(scene.get("/user/BigFan").await.status, 200);
}

#[tokio::test]
async fn nobody_is_a_page_with_one_thing_to_do_and_orders_nothing() {
    let scene = Scene::usual().await;
    for path in ["/user/nobody".to_owned(), format!("/user/nobody/{}", last_year())] {
        let answer = scene.get(&path).await;
        assert_eq!(answer.status, 404, "{}", answer.text);
        assert!(answer.text.contains("Last.fm knows nobody called nobody"), "{}", answer.text);
        assert_eq!(answer.text.matches("class=\"button\"").count(), 1);
    }
    assert_eq!(scene.ordered().await, []);
}

#[tokio::test]
async fn a_hidden_history_is_told_of_before_anything_is_ordered() {
    let scene = Scene::usual().await;
    scene.fake.lastfm().happen(&Happening::Hide);
    let answer = scene.get(&format!("/user/rj/{}", last_year())).await;
    assert_eq!(answer.status, 403);
    assert!(answer.text.contains("rj hides what they listen to"), "{}", answer.text);
    assert!(answer.text.contains("https://www.last.fm/settings/privacy"));
    assert_eq!(scene.ordered().await, []);
}

#[tokio::test]
async fn lastfm_out_of_reach_is_a_page_of_its_own_for_whoever_is_not_archived() {
    let scene = Scene::usual().await;
    scene.fake.lastfm().service_mut().max_per_second = Some(0);
    let answer = scene.get("/user/rj").await;
    assert_eq!(answer.status, 503);
    assert!(answer.text.contains("<h1>Last.fm does not answer</h1>"), "{}", answer.text);
    assert!(!answer.header("retry-after").is_empty());
}

#[tokio::test]
async fn a_year_is_fetched_looked_up_and_shown() {
    let scene = Scene::usual().await;
    let (path, year) = (format!("/user/rj/{}", last_year()), last_year());
    let cold = scene.get(&path).await;
    assert_eq!(cold.status, 200);
    // A browser without scripts looks again by itself.
    assert!(cold.text.contains("<noscript><meta http-equiv=\"refresh\""), "{}", cold.text);
    assert!(cold.text.contains("data-events="));
    let warm = scene.until(&path, "complete").await;
    assert!(!warm.text.contains("http-equiv=\"refresh\"") && !warm.text.contains("data-events="));
    let user = scene.db.store.user(&"rj".parse().unwrap()).await.unwrap().unwrap();
    let held = scene.db.store.count(user.id, Span::year(year).unwrap()).await.unwrap().plays;
    assert_eq!(number_after(&warm.text, "id=\"readout\">"), held);
    assert!(held > 0 && warm.text.contains("have a year"));
    // The frame is of the same size before and after.
    let frame = |text: &str| text.split_once("viewBox=\"").unwrap().1[..20].to_owned();
    assert_eq!(frame(&cold.text), frame(&warm.text));
}

#[tokio::test]
async fn the_table_says_what_the_bars_say_and_a_bar_leads_to_its_albums() {
    let scene = Scene::usual().await;
    let path = format!("/user/rj/{}", last_year());
    // All plays are there a moment before the first year is.
    scene.until(&path, "data-year=").await;
    let page = scene.until(&path, "complete").await;
    let bars: Vec<&str> = page.text.split("<a href=\"").skip(1).collect();
    let bars: Vec<&str> = bars
        .into_iter()
        .filter(|bar| bar.contains("data-year"))
        .map(|bar| bar.split('"').next().unwrap())
        .collect();
    assert!(bars.len() > 5, "{bars:?}");
    assert_eq!(page.text.matches("<tr><th scope=\"row\">").count(), bars.len());
    for bar in bars.iter().take(4) {
        let year = bar.rsplit('/').next().unwrap();
        let plays = number_after(&page.text, &format!("aria-label=\"{year}: "));
        let albums = scene.get(bar).await;
        assert_eq!(albums.status, 200);
        let of = albums.text.split_once("<p class=\"soft num\">").unwrap().1;
        assert_eq!(number_after(of, "· "), plays, "{of}");
        assert!(albums.text.contains("href=\"/album?artist="), "{}", albums.text);
    }
    let rest = scene.get(&format!("{path}/unknown")).await;
    assert!(rest.text.contains("Albums without a year"), "{}", rest.text);
    assert_eq!(scene.get(&format!("{path}/197x")).await.status, 404);
}

#[tokio::test]
async fn what_is_archived_is_shown_while_lastfm_is_gone() {
    let scene = Scene::usual().await;
    let path = format!("/user/rj/{}", last_year());
    scene.until(&path, "complete").await;
    scene.fake.lastfm().service_mut().max_per_second = Some(0);
    let asked = scene.fake.lastfm().log().len();
    let page = scene.get(&path).await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("complete") && page.text.contains("have a year"));
    let person = scene.get("/user/rj").await;
    assert_eq!(person.status, 200);
    assert!(person.text.contains("plays archived"), "{}", person.text);
    assert!(person.text.contains("<h2>Played last</h2>"));
    // A page that is covered needs nothing of Last.fm; its profile was kept.
    let log = scene.fake.lastfm().log().len();
    assert!(log <= asked + 8, "{log} {asked}");
}

#[tokio::test]
async fn a_profile_tells_years_what_was_played_and_how_the_archive_stands() {
    let scene = Scene::usual().await;
    let cold = scene.get("/user/rj").await;
    assert_eq!(cold.status, 200);
    assert!(cold.text.contains("500 plays since"), "{}", cold.text);
    assert!(cold.text.contains("not fetched yet") && cold.text.contains("Fetch everything"));
    assert_eq!(scene.ordered().await, [], "looking at a profile orders nothing");
    let ordered = scene.request("POST", "/user/rj/fetch").send().await.unwrap();
    assert_eq!(ordered.status(), 303);
    let warm = scene.until("/user/rj", "500 plays archived").await;
    assert!(!warm.text.contains("not fetched yet"), "{}", warm.text);
    let warm = scene.until("/user/rj", "Month by month").await;
    assert!(warm.text.contains("Most played in the last twelve months"));
    assert!(!warm.text.contains("Fetch everything"), "{}", warm.text);
}

#[tokio::test]
async fn a_year_in_which_there_was_no_account_is_told_of() {
    let scene = Scene::usual().await;
    for year in ["1999", "2999"] {
        let answer = scene.get(&format!("/user/rj/{year}")).await;
        assert_eq!(answer.status, 404);
        assert!(answer.text.contains(&format!("rj has no {year}")), "{}", answer.text);
    }
    assert_eq!(scene.get("/user/rj/twenty").await.status, 404);
    assert_eq!(scene.ordered().await, []);
}

#[tokio::test]
async fn every_page_says_where_the_data_comes_from() {
    let scene = Scene::usual().await;
    let year = last_year();
    for (path, at_lastfm) in [
        ("/".to_owned(), "https://www.last.fm/".to_owned()),
        ("/user/rj".to_owned(), "https://www.last.fm/user/rj".to_owned()),
        (
            format!("/user/rj/{year}"),
            format!("https://www.last.fm/user/rj/library?from={year}-01-01&amp;to={year}-12-31"),
        ),
        (format!("/user/rj/{year}/1970s"), "https://www.last.fm/user/rj".to_owned()),
    ] {
        let page = scene.get(&path).await;
        let link = page.text.replace("&#38;", "&amp;");
        assert!(link.contains(&format!("<a href=\"{at_lastfm}\">Last.fm</a>")), "{path}: {link}");
        assert!(page.text.contains("musicbrainz.org") && page.text.contains("noindex"));
    }
}

#[tokio::test]
async fn what_a_history_holds_is_text_and_nothing_else() {
    let scene = Scene::new(Setting { scenario: Scenario::still(20), ..Setting::default() }).await;
    let nasty = "<script>alert(1)</script>\"'&\u{202e}\r\ndata: x";
    scene.fake.lastfm().insert(now().plus(-3600), nasty, nasty, Some(nasty));
    let year = now().year().unwrap();
    let path = format!("/user/rj/{year}");
    scene.until(&path, "complete").await;
    for path in
        ["/user/rj".to_owned(), path.clone(), format!("{path}/unknown"), format!("{path}/2020s")]
    {
        let page = scene.get(&path).await;
        assert!(!page.text.contains("<script>"), "{path}: {}", page.text);
        assert!(!page.text.contains("alert(1)</script>"), "{path}");
    }
}
