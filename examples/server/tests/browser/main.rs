//! What somebody at a browser goes through, from the first visit to the chart, on a wide and on a
//! narrow screen; and what axe has against the pages. Screenshots are kept in `target/screenshots`.
//!
//! Needs Chromium, which `.ci/test` installs.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod eyes;
#[path = "../it/scene.rs"]
#[allow(dead_code)] // Others use the rest of it.
mod scene;

use std::time::Duration;

use lastfm_core::testing::Scenario;

use crate::eyes::{Eyes, Screen};
use crate::scene::{Scene, Setting, now};

/// A listener whose years take a few seconds to be found.
async fn scene() -> Scene {
    let scenario = Scenario::still(8_000);
    let delay = Some(Duration::from_millis(12));
    Scene::new(Setting { scenario, delay, ..Setting::default() }).await
}

/// From the page that asks for a name to the albums behind a bar.
async fn first_visit(screen: Screen) {
    let scene = scene().await;
    let eyes = Eyes::open(screen).await;
    let year = now().year().unwrap() - 1;

    eyes.go(&scene.url("/")).await;
    eyes.look("home").await;
    eyes.type_into("#user", "RJ").await;
    eyes.press("#user", "Enter").await;
    eyes.wait_for("document.querySelector('h1')?.textContent === 'rj'").await;
    eyes.look("person").await;

    eyes.go(&scene.url(&format!("/user/rj/{year}"))).await;
    eyes.tell("window.theSamePage = true").await;
    let frame = "JSON.stringify((({x, y, width, height}) => [x, y, width, height])\
                 (document.querySelector('.plot svg').getBoundingClientRect()))";
    let before: String = eyes.ask(frame).await;
    eyes.wait_for("/release years · \\d/.test(document.getElementById('line').textContent)").await;
    eyes.wait_for("document.querySelectorAll('a[data-year]').length > 5").await;
    eyes.look("progress").await;
    let during: String = eyes.ask(frame).await;
    eyes.wait_for("document.getElementById('line').textContent === 'complete'").await;
    eyes.wait_for("document.getElementById('meter').hidden").await;
    // The last bars grow.
    tokio::time::sleep(Duration::from_secs(3)).await;
    eyes.look("chart").await;
    let after: String = eyes.ask(frame).await;
    assert_eq!((&during, &after), (&before, &before), "something jumped");
    assert!(eyes.ask::<bool>("window.theSamePage === true").await, "the page was loaded again");
    let share = "document.getElementById('readout').textContent";
    let shown: String = eyes.ask(share).await;
    assert!(shown.ends_with("have a year") && !shown.contains(" 0 %"), "{shown}");

    // What is there is what a new visit shows.
    eyes.go(&scene.url(&format!("/user/rj/{year}"))).await;
    assert_eq!(eyes.ask::<String>(share).await, shown);

    // With the keyboard alone.
    eyes.tell("document.querySelector('a[data-year]').focus()").await;
    let value: String = eyes.ask(share).await;
    assert!(value.contains(" play") && value.contains(" album"), "focus shows the value: {value}");
    eyes.look("focus").await;
    eyes.press("a[data-year]", "Enter").await;
    eyes.wait_for("document.querySelector('h1')?.textContent.startsWith('Albums released in')")
        .await;
    eyes.look("albums").await;
    eyes.go(&scene.url("/user/nobody-at-all")).await;
    eyes.look("nobody").await;
    eyes.go(&scene.url("/api")).await;
    eyes.look("api").await;
    eyes.close().await;
}

#[tokio::test]
async fn a_first_visit_leads_to_a_chart_on_a_wide_screen() {
    first_visit(Screen::Wide).await;
}

#[tokio::test]
async fn a_first_visit_leads_to_a_chart_on_a_narrow_screen_in_the_dark() {
    first_visit(Screen::NarrowAndDark).await;
}

/// From the login over an album that is to be scrobbled in two days to the logout.
async fn scrobbles_later(screen: Screen) {
    let scene = Scene::new(Setting { public_url: "", ..Setting::default() }).await;
    let eyes = Eyes::open(screen).await;
    let heading =
        |words: &str| format!("document.querySelector('h1')?.textContent.includes('{words}')");

    eyes.go(&scene.url("/")).await;
    eyes.click("form[action='/api/auth/login'] button").await;
    // At Last.fm.
    eyes.wait_for("document.querySelector('form[action=\"/api/auth/\"] button') !== null").await;
    eyes.click("form[action='/api/auth/'] button").await;
    eyes.wait_for(&heading("rj")).await;
    eyes.look("account").await;

    // Everything is fetched while one looks on.
    eyes.go(&scene.url("/user/rj")).await;
    eyes.click("form[action='/user/rj/fetch'] button").await;
    eyes.wait_for("document.querySelector('main[data-look]') !== null").await;
    eyes.tell("window.theSamePage = true").await;
    eyes.wait_for("document.body.textContent.includes('archived: everything up to')").await;
    assert!(eyes.ask::<bool>("window.theSamePage === true").await, "the page was loaded again");
    eyes.look("archived").await;

    eyes.go(&scene.url("/search")).await;
    eyes.type_into("#q", "a").await;
    eyes.press("#q", "Enter").await;
    eyes.wait_for("document.querySelectorAll('.list a').length > 0").await;
    eyes.look("search").await;
    eyes.click(".list a").await;
    eyes.wait_for("document.getElementById('when') !== null").await;
    eyes.look("album").await;
    let in_two_days = now().plus(2 * 86_400);
    let at = terminal::show::stamp(in_two_days).replace(' ', "T");
    eyes.tell(&format!(
        "document.getElementById('when').value = 'from';\
         document.getElementById('at').value = '{}'",
        &at[..16]
    ))
    .await;
    eyes.click("form.ask .row button").await;
    eyes.wait_for(&heading("Scrobble")).await;
    eyes.look("confirm").await;
    eyes.click("form[action='/api/scrobble/album'] button").await;
    eyes.wait_for("document.body.textContent.includes('scheduled')").await;
    eyes.look("job").await;
    eyes.go(&scene.url("/queue")).await;
    eyes.look("queue").await;
    eyes.click(".list a").await;
    eyes.wait_for("document.querySelector('form[action$=\"/cancel\"]') !== null").await;
    eyes.click(".acts form[action$='/cancel'] button").await;
    eyes.wait_for("/^\\d+ cancelled$/.test(document.querySelector('[role=status]').textContent)")
        .await;
    eyes.look("cancelled").await;
    assert_eq!(
        scene.fake.lastfm().log().iter().filter(|call| call.method == "track.scrobble").count(),
        0
    );

    // A list of its own, of which some cannot be scrobbled.
    eyes.go(&scene.url("/collection")).await;
    eyes.look("collection").await;
    eyes.tell(
        "document.querySelector('textarea').value = \
         'artist,album,track\\nLow,,Words\\nLow,,Sunflower\\nNobody,An Album of Nobody,\\n,,\\n'",
    )
    .await;
    eyes.click("form[action='/collection'] button").await;
    eyes.wait_for("document.querySelector('button[formaction]') !== null").await;
    eyes.look("collection-plan").await;

    eyes.click("form[action='/api/auth/logout'] button").await;
    eyes.wait_for("document.querySelector('form[action=\"/api/auth/login\"]') !== null").await;
    eyes.go(&scene.url("/queue")).await;
    assert!(!eyes.text().await.contains("cancelled"), "whoever has left sees no queue");
    eyes.look("left").await;
    eyes.close().await;
}

#[tokio::test]
async fn an_album_is_scheduled_and_cancelled_between_login_and_logout_on_a_wide_screen() {
    scrobbles_later(Screen::Wide).await;
}

#[tokio::test]
async fn an_album_is_scheduled_and_cancelled_on_a_narrow_screen_in_the_dark() {
    scrobbles_later(Screen::NarrowAndDark).await;
}

#[tokio::test]
async fn a_browser_without_scripts_gets_to_the_chart_too() {
    let scene = scene().await;
    let eyes = Eyes::open(Screen::WithoutScripts).await;
    let year = now().year().unwrap() - 1;
    eyes.go(&scene.url(&format!("/user/rj/{year}"))).await;
    // The page looks again by itself.
    scene.until(&format!("/user/rj/{year}"), "complete").await;
    for _ in 0..100 {
        if eyes.text().await.contains("have a year") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let text = eyes.text().await;
    assert!(text.contains("complete") && text.contains("data-year"), "{text}");
    eyes.close().await;
}
